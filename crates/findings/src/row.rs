//! Values of rows, and what they mean.

use merkle::{Hash, sha256};
use prost::Message as _;
use rules::{Again, Facts, FindingKey, Hit, Rule, Severity, Subject, Week};
use statement::Words;

use crate::{FindingsError, follow::Spot, key};

/// Version of the rows. Another one is taken away and made again.
pub(crate) const VERSION: u32 = 1;

/// How far the keeper has come.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Meta {
    /// [`VERSION`], and the versions of all rules.
    #[prost(bytes = "vec", tag = "1")]
    pub version: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub ledger: Vec<u8>,
    /// Drawn when the rows were begun: numbers count within it.
    #[prost(fixed64, tag = "3")]
    pub epoch: u64,
    /// Entries judged.
    #[prost(uint64, tag = "4")]
    pub judged: u64,
    /// Last number of what is to be judged again.
    #[prost(uint64, tag = "5")]
    pub again: u64,
    /// Subjects, and entries, of which more is recorded than is judged.
    #[prost(uint64, tag = "6")]
    pub unjudged: u64,
    /// Entries from `again_low` on and below `again_high` are to be judged again, the last first; then those from
    /// `then_low` on and below `then_high`.
    #[prost(uint64, tag = "7")]
    pub again_low: u64,
    #[prost(uint64, tag = "8")]
    pub again_high: u64,
    #[prost(uint64, tag = "9")]
    pub then_low: u64,
    #[prost(uint64, tag = "10")]
    pub then_high: u64,
}

impl Meta {
    /// Whether entries are to be judged again.
    pub fn judges_again(&self) -> bool {
        self.again_low < self.again_high || self.then_low < self.then_high
    }

    /// All that have been judged are to be judged again. While that goes on already, those that it has passed by come
    /// once more when it is done: whoever keeps asking never begins it anew.
    pub fn judge_all_again(&mut self) {
        if self.again_low == self.again_high {
            (self.again_low, self.again_high) = (0, self.judged);
        } else {
            let from = if self.again_low == 0 { self.again_high } else { 0 };
            (self.then_low, self.then_high) = (from, self.judged);
        }
    }

    /// The next of them.
    pub fn next_again(&mut self) -> Option<u64> {
        if self.again_low == self.again_high {
            (self.again_low, self.again_high) = (self.then_low, self.then_high);
            (self.then_low, self.then_high) = (0, 0);
        }
        if self.again_low == self.again_high {
            return None;
        }
        self.again_high -= 1;
        Some(self.again_high)
    }
}

/// A hit.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct HitRow {
    #[prost(string, tag = "1")]
    rule: String,
    #[prost(string, tag = "2")]
    party: String,
    #[prost(string, tag = "3")]
    goods: String,
    #[prost(sint32, tag = "4")]
    week: i32,
    #[prost(sint64, tag = "5")]
    at: i64,
    #[prost(string, tag = "6")]
    line: String,
    #[prost(uint32, tag = "7")]
    severity: u32,
    #[prost(sint64, tag = "8")]
    due: i64,
    #[prost(string, tag = "9")]
    english: String,
    #[prost(string, tag = "10")]
    chinese: String,
    #[prost(uint64, repeated, tag = "11")]
    evidence: Vec<u64>,
}

/// Hits of a subject, ascending.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct HitRows {
    #[prost(message, repeated, tag = "1")]
    hits: Vec<HitRow>,
}

/// Where a hit of a finding stands, and as what it counts.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Member {
    /// The subject's bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub subject: Vec<u8>,
    /// Place among the four.
    #[prost(uint32, tag = "2")]
    pub severity: u32,
    /// Told to the party.
    #[prost(bool, tag = "3")]
    pub told: bool,
    /// µs since the Unix epoch; 0 = at once.
    #[prost(sint64, tag = "4")]
    pub due: i64,
    /// It is due, and counted.
    #[prost(bool, tag = "5")]
    pub counted: bool,
}

/// What an audience sees of a finding.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Tally {
    /// Hits that are due, by severity from low to critical.
    #[prost(uint64, repeated, tag = "1")]
    counts: Vec<u64>,
    /// Number in the audience's list; 0 = never shown.
    #[prost(uint64, tag = "2")]
    pub opened: u64,
    /// Number of the last change.
    #[prost(uint64, tag = "3")]
    pub changed: u64,
    /// µs since the Unix epoch.
    #[prost(sint64, tag = "4")]
    pub opened_at: i64,
    #[prost(sint64, tag = "5")]
    pub changed_at: i64,
    /// 0 while it is open.
    #[prost(sint64, tag = "6")]
    pub resolved_at: i64,
}

/// A finding.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Record {
    #[prost(string, tag = "1")]
    rule: String,
    #[prost(string, tag = "2")]
    pub party: String,
    #[prost(string, tag = "3")]
    pub goods: String,
    #[prost(sint32, tag = "4")]
    week: i32,
    /// Hits, due or not.
    #[prost(uint64, tag = "5")]
    pub members: u64,
    /// As authorities see it.
    #[prost(message, required, tag = "6")]
    pub all: Tally,
    /// As the party sees it.
    #[prost(message, required, tag = "7")]
    pub told: Tally,
}

/// Hits whose subjects are to be judged again.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Todo {
    /// About a party.
    #[prost(string, tag = "1")]
    party: String,
    /// By these rules only; none = all.
    #[prost(string, repeated, tag = "2")]
    rules: Vec<String>,
    /// About a product.
    #[prost(string, tag = "3")]
    product: String,
    /// Row of the finding to go on from.
    #[prost(bytes = "vec", tag = "4")]
    pub from: Vec<u8>,
    /// Place among its members.
    #[prost(bytes = "vec", tag = "5")]
    pub place: Vec<u8>,
}

/// The four, ascending.
pub(crate) const SEVERITIES: [Severity; 4] =
    [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

impl Tally {
    /// Hits that are due.
    pub fn due(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The gravest that is due.
    pub fn severity(&self) -> Option<Severity> {
        SEVERITIES.into_iter().zip(&self.counts).rev().find(|(_, count)| **count > 0).map(|(s, _)| s)
    }

    /// Counts one more or one less.
    pub fn count(&mut self, severity: u32, more: bool) -> Result<(), FindingsError> {
        self.counts.resize(SEVERITIES.len(), 0);
        let count = self.counts.get_mut(severity as usize).ok_or(FindingsError::Damaged("severity"))?;
        let next = if more { count.checked_add(1) } else { count.checked_sub(1) };
        *count = next.ok_or(FindingsError::Damaged("count"))?;
        Ok(())
    }
}

impl Record {
    pub fn new(key: &FindingKey) -> Self {
        Self {
            rule: key.rule.id().into(),
            party: key.party.clone(),
            goods: key.goods.clone(),
            week: key.week.0,
            ..Self::default()
        }
    }

    /// What its hits have in common.
    pub fn key(&self) -> Result<FindingKey, FindingsError> {
        Ok(FindingKey {
            rule: rule(&self.rule)?,
            party: self.party.clone(),
            goods: self.goods.clone(),
            week: Week(self.week),
        })
    }
}

impl Todo {
    pub fn new(again: &Again, spot: Spot) -> Self {
        let Spot { row: from, place } = spot;
        match again {
            Again::Party(party, rules) => {
                let rules = rules.iter().map(|rule| rule.id().to_owned()).collect();
                Self { party: party.clone(), rules, from, place, ..Self::default() }
            }
            Again::Product(product) => Self { product: product.clone(), from, place, ..Self::default() },
            Again::Everything => Self { from, place, ..Self::default() },
        }
    }

    pub fn again(&self) -> Result<Again, FindingsError> {
        Ok(if !self.party.is_empty() {
            let rules = self.rules.iter().map(|id| rule(id)).collect::<Result<_, _>>()?;
            Again::Party(self.party.clone(), rules)
        } else if !self.product.is_empty() {
            Again::Product(self.product.clone())
        } else {
            Again::Everything
        })
    }
}

fn rule(id: &str) -> Result<Rule, FindingsError> {
    Rule::of_id(id).ok_or(FindingsError::Damaged("rule"))
}

fn to_row(hit: &Hit) -> HitRow {
    HitRow {
        rule: hit.rule.id().into(),
        party: hit.party.clone(),
        goods: hit.goods.clone(),
        week: hit.week.0,
        at: hit.at,
        line: hit.line.clone(),
        severity: hit.severity as u32,
        due: hit.due,
        english: hit.facts.0.english().into(),
        chinese: hit.facts.0.chinese().into(),
        evidence: hit.evidence.clone(),
    }
}

fn of_row(row: HitRow) -> Result<Hit, FindingsError> {
    let severity = SEVERITIES.get(row.severity as usize).ok_or(FindingsError::Damaged("severity"))?;
    Ok(Hit {
        rule: rule(&row.rule)?,
        party: row.party,
        goods: row.goods,
        week: Week(row.week),
        at: row.at,
        line: row.line,
        severity: *severity,
        due: row.due,
        facts: Facts(Words::made(row.english, row.chinese)),
        evidence: row.evidence,
    })
}

/// Hits as bytes.
pub(crate) fn encode_hits(hits: &[Hit]) -> Vec<u8> {
    HitRows { hits: hits.iter().map(to_row).collect() }.encode_to_vec()
}

/// Hits of such bytes.
pub(crate) fn decode_hits(bytes: &[u8]) -> Result<Vec<Hit>, FindingsError> {
    let rows: HitRows = decode(bytes, "hits")?;
    rows.hits.into_iter().map(of_row).collect()
}

/// Tells a hit of a subject from all others.
pub(crate) fn digest(subject: &[u8], hit: &Hit) -> Hash {
    sha256(&[&(subject.len() as u64).to_be_bytes(), subject, &to_row(hit).encode_to_vec()])
}

/// A row of a kind.
pub(crate) fn decode<M: prost::Message + Default>(
    bytes: &[u8],
    what: &'static str,
) -> Result<M, FindingsError> {
    M::decode(bytes).map_err(|_| FindingsError::Damaged(what))
}

/// What the rows go by: this program's version of them and of the view, and which rules there are.
pub(crate) fn version() -> Vec<u8> {
    let mut all = [VERSION.to_be_bytes(), store::VIEW_VERSION.to_be_bytes()].concat();
    for row in rules::RULES {
        all.extend_from_slice(row.id.as_bytes());
        all.extend_from_slice(&row.version.to_be_bytes());
    }
    sha256(&[&all]).to_vec()
}

/// A subject of stored bytes.
pub(crate) fn subject(bytes: &[u8]) -> Result<Subject, FindingsError> {
    key::read_subject(bytes).ok_or(FindingsError::Damaged("subject"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_judged_again_once_after_each_word_however_often_it_comes() {
        for words in [vec![0], vec![0, 3], vec![0, 3, 5], vec![0, 9, 12], vec![0, 0, 1]] {
            let mut meta = Meta { judged: 10, ..Meta::default() };
            let (mut seen, mut step) = (vec![0; 40], 0);
            loop {
                for _ in words.iter().filter(|at| **at == step) {
                    meta.judge_all_again();
                    seen.iter_mut().for_each(|last| *last = 0);
                }
                let Some(index) = meta.next_again() else { break };
                seen[index as usize] += 1;
                // Others come meanwhile, and are judged by what is said by then.
                meta.judged += u64::from(step % 3 == 0);
                step += 1;
                assert!(step < 100, "{words:?}");
            }
            assert!(!meta.judges_again() && step >= *words.last().unwrap());
            assert!(seen[..10].iter().all(|times| *times > 0), "{words:?} {seen:?}");
        }
    }
}
