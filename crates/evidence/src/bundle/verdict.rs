//! What a bundle proves, in facts, in words, and as JSON.

use std::collections::{BTreeMap, BTreeSet};

use merkle::{Checkpoint, Hash};
use proto::v1::{Header, statement::Body};
use serde_json::{Value, json};
use statement::{Seal, Subject, SubjectKind, Words, hex_text, kind_row, visit_subjects, words};

use super::{
    Bundle, Extent, Extraction, Query, QueryKind,
    keys::Keys,
    order,
    shown::{Entries, Shown},
    verify::Chains,
};

/// Most that a recorded time may lie after a cosignature over it, µs.
const COSIGNED_LATER: u64 = 5_000_000;

/// A witness that cosigned the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// Its name.
    pub name: String,
    /// When, seconds since the Unix epoch, by its clock.
    pub at: u64,
    /// Whether it re-derived everything below before.
    pub auditing: bool,
}

/// A subject that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectFact {
    /// Kind and canonical text.
    pub subject: Subject<'static>,
    /// The entries that name it; none where it was never named.
    pub entries: Vec<u64>,
}

/// An entry that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryFact {
    /// Its index.
    pub index: u64,
    /// µs since the Unix epoch, by the ledger's clock.
    pub recorded_at: u64,
    /// What it says, unless it is the genesis or withheld.
    pub said: Option<Act>,
}

/// What a statement's header says: its signer's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Name of its kind.
    pub kind: &'static str,
    /// 中文名.
    pub chinese: &'static str,
    /// Signer.
    pub party: String,
    /// Principal, or empty.
    pub on_behalf_of: String,
    /// Where, or empty.
    pub site: String,
    /// µs since the Unix epoch.
    pub occurred_at: i64,
    /// Of a Ship its addressee, else empty. Not in the JSON.
    pub to: String,
    /// The entry that it corrects, voids, endorses or erases attachments of, if that is shown. Not in the JSON.
    pub target: Option<u64>,
}

impl Act {
    /// Who acts: the principal where there is one, else the signer.
    #[must_use]
    pub fn actor(&self) -> &str {
        if self.on_behalf_of.is_empty() { &self.party } else { &self.on_behalf_of }
    }
}

/// A key that signed what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFact {
    /// Its id.
    pub id: Hash,
    /// Its party.
    pub party: String,
    /// The entry that enrols it.
    pub enrolled: u64,
    /// The entry that revokes it.
    pub revoked: Option<u64>,
}

/// Goods that the answer names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoodsFact {
    /// Item or lot.
    pub item: String,
    /// The entries of the answer that name it.
    pub entries: Vec<u64>,
}

/// What a reader should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Entries were recorded later than a witness cosigned them: the ledger's clock or the witness's is wrong.
    RecordedAfterCosignature(Vec<u64>),
    /// Entries were signed with a key within the time for which its revocation calls it compromised.
    KeyCompromised(Vec<u64>),
}

/// What a bundle proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The ledger.
    pub ledger: Hash,
    /// The question.
    pub query: Query,
    /// How far the closure goes.
    pub extent: Extent,
    /// Entries whose contents are not shown: the closure is not followed through them.
    pub withheld: u64,
    /// Everything is shown as of so many entries.
    pub covered: u64,
    /// When the seal was recorded, µs since the Unix epoch, by the ledger's clock.
    pub sealed_at: u64,
    /// Size of the checkpoint.
    pub size: u64,
    /// Root of the checkpoint.
    pub root: Hash,
    /// Subjects, ascending by name of kind and text.
    pub subjects: Vec<SubjectFact>,
    /// Entries, ascending.
    pub entries: Vec<EntryFact>,
    /// Keys, ascending by id.
    pub keys: Vec<KeyFact>,
    /// Goods named by the entries of the answer, ascending.
    pub goods: Vec<GoodsFact>,
    /// Who cosigned.
    pub vouchers: Vec<Voucher>,
    /// Who took it out: the exporter's word.
    pub extraction: Extraction,
    /// RFC 3161 tokens in the file. They are not checked here.
    pub tokens: usize,
    /// What to look at.
    pub warnings: Vec<Warning>,
}

/// What a verdict is made from.
pub(super) struct Facts<'a> {
    pub bundle: &'a Bundle,
    pub checkpoint: &'a Checkpoint,
    pub seal: &'a Seal,
    pub sealed_at: u64,
    pub vouchers: Vec<Voucher>,
}

pub(super) fn verdict(
    facts: Facts<'_>,
    members: &BTreeSet<Subject<'static>>,
    chains: &Chains,
    entries: &Entries,
    keys: &Keys,
) -> Verdict {
    let Facts { bundle, checkpoint, seal, sealed_at, vouchers } = facts;
    let mut subjects: Vec<SubjectFact> = members
        .iter()
        .filter_map(|s| Some(SubjectFact { subject: s.clone(), entries: chains.get(s)?.entries.clone() }))
        .collect();
    subjects.sort_by(|a, b| order(&a.subject).cmp(&order(&b.subject)));
    let warnings = warnings(bundle, sealed_at, &vouchers, entries, keys);
    Verdict {
        ledger: bundle.ledger,
        query: bundle.query.clone(),
        extent: bundle.extent,
        withheld: bundle.withheld(),
        covered: seal.covered,
        sealed_at,
        size: checkpoint.size(),
        root: *checkpoint.root(),
        subjects,
        entries: entries.by_index.iter().map(|(index, shown)| entry_fact(*index, entries, shown)).collect(),
        keys: keys.iter().map(|(id, key)| key_fact(id, key)).collect(),
        goods: goods(&bundle.query, chains, entries),
        vouchers,
        extraction: bundle.extraction.clone(),
        tokens: bundle.tokens.len(),
        warnings,
    }
}

fn entry_fact(index: u64, entries: &Entries, shown: &Shown) -> EntryFact {
    let said = shown.statement().and_then(|(statement, _)| {
        let row = kind_row(statement.kind())?;
        let Header { party, on_behalf_of, site, occurred_at, .. } = statement.header().clone();
        let to = match statement.body() {
            Body::Ship(ship) => ship.addressee.clone(),
            _ => String::new(),
        };
        let target = entries.target(index);
        let (kind, chinese) = (row.name, row.chinese);
        Some(Act { kind, chinese, party, on_behalf_of, site, occurred_at, to, target })
    });
    EntryFact { index, recorded_at: shown.recorded_at, said }
}

fn key_fact(id: &Hash, key: &super::keys::EnrolledKey) -> KeyFact {
    KeyFact { id: *id, party: key.party.clone(), enrolled: key.enrolled, revoked: key.revoked }
}

/// The entries that answer the question: those of the subjects asked for, as far as it asks.
fn answer(query: &Query, chains: &Chains) -> BTreeSet<u64> {
    let roots = query.roots().unwrap_or_default();
    let of_roots = roots.iter().filter_map(|r| chains.get(r)).flat_map(|c| &c.entries).copied();
    of_roots.chain(query.entry()).filter(|index| *index < query.as_of).collect()
}

fn goods(query: &Query, chains: &Chains, entries: &Entries) -> Vec<GoodsFact> {
    let mut goods: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for index in answer(query, chains) {
        let Some((statement, _)) = entries.get(index).and_then(Shown::statement) else { continue };
        visit_subjects(statement, &mut |relation, text| {
            if relation.subject_kind() == Some(SubjectKind::Item) {
                goods.entry(text.to_owned()).or_default().insert(index);
            }
        });
    }
    goods
        .into_iter()
        .map(|(item, entries)| GoodsFact { item, entries: entries.into_iter().collect() })
        .collect()
}

fn warnings(
    bundle: &Bundle,
    sealed_at: u64,
    vouchers: &[Voucher],
    entries: &Entries,
    keys: &Keys,
) -> Vec<Warning> {
    let earliest =
        vouchers.iter().map(|v| v.at.saturating_mul(1_000_000).saturating_add(COSIGNED_LATER)).min();
    let recorded = entries.by_index.iter().map(|(index, shown)| (*index, shown.recorded_at));
    let late = recorded.chain([(bundle.seal.index, sealed_at)]);
    let late: Vec<u64> =
        late.filter(|(_, at)| earliest.is_some_and(|e| *at > e)).map(|(index, _)| index).collect();
    let doubtful = |shown: &Shown| {
        let key = shown.statement().and_then(|(_, envelope)| keys.get(&envelope.key_id));
        key.is_some_and(|key| key.is_doubtful(shown.recorded_at))
    };
    let doubtful: Vec<u64> =
        entries.by_index.iter().filter(|(_, shown)| doubtful(shown)).map(|(index, _)| *index).collect();
    let mut warnings = Vec::new();
    if !late.is_empty() {
        warnings.push(Warning::RecordedAfterCosignature(late));
    }
    if !doubtful.is_empty() {
        warnings.push(Warning::KeyCompromised(doubtful));
    }
    warnings
}

impl Warning {
    /// Its name, and the entries it is about.
    #[must_use]
    pub fn parts(&self) -> (&'static str, &[u64]) {
        match self {
            Self::RecordedAfterCosignature(entries) => ("recorded_after_cosignature", entries),
            Self::KeyCompromised(entries) => ("key_compromised", entries),
        }
    }

    fn words(&self) -> Words {
        let (_, entries) = self.parts();
        match self {
            Self::RecordedAfterCosignature(_) => words!(
                "look: recorded later than a witness cosigned it, so one of the clocks is wrong: {entries:?}",
                "注意：以下条目的记录时间晚于见证方会签时间，必有一方时钟有误：{entries:?}"
            ),
            Self::KeyCompromised(_) => words!(
                "look: signed with a key while, as its revocation says, it was compromised: {entries:?}",
                "注意：以下条目由其时已泄露（见吊销声明）的密钥签署：{entries:?}"
            ),
        }
    }
}

impl Verdict {
    /// Whether an auditing witness vouches that what the seal says is complete; else it is the operator's word.
    #[must_use]
    pub fn is_audited(&self) -> bool {
        self.vouchers.iter().any(|v| v.auditing)
    }

    /// The entries that answer the question.
    #[must_use]
    pub fn answer(&self) -> Vec<&EntryFact> {
        let roots = self.query.roots().unwrap_or_default();
        let of_roots = self.subjects.iter().filter(|s| roots.contains(&s.subject)).flat_map(|s| &s.entries);
        let wanted: BTreeSet<u64> =
            of_roots.copied().chain(self.query.entry()).filter(|i| *i < self.query.as_of).collect();
        self.entries.iter().filter(|e| wanted.contains(&e.index)).collect()
    }

    /// What is proven, by whose word, and what is only claimed: one sentence a line.
    #[must_use]
    pub fn lines(&self) -> Vec<Words> {
        let mut lines =
            vec![self.answer_words(), self.point_words(), self.vouch_words(), self.closure_words()];
        if self.withheld > 0 {
            let n = self.withheld;
            lines.push(words!(
                "{n} entries are withheld: the closure is not derivable through them",
                "{n} 个条目未出示内容：闭包无法经由它们推导"
            ));
        }
        lines.extend(self.warnings.iter().map(Warning::words));
        if self.tokens > 0 {
            let n = self.tokens;
            lines.push(words!(
                "{n} time stamps (RFC 3161) are in the file; they are not checked here",
                "文件含 {n} 个 RFC 3161 时间戳，此处未核验"
            ));
        }
        lines.push(self.exporter_words());
        lines.push(Words::of(
            "only claimed: what statements say happened is their signers' word; that signers held the roles they \
             acted in is the ledger's admission; confidential statements are outside of all this",
            "仅为声称：声明所述事实由签署方负责；签署方当时具备相应角色由账本准入审查负责；保密声明不在本证明范围内",
        ));
        lines
    }

    fn answer_words(&self) -> Words {
        let (text, n, covered) = (&self.query.text, self.answer().len(), self.covered);
        match self.query.kind {
            QueryKind::Absent => words!(
                "proven: {text} is named by none of the first {covered} entries",
                "已证明：前 {covered} 个条目从未提及 {text}"
            ),
            QueryKind::Entry => words!(
                "proven: entry {text} is in the log, signed with a key valid at its place",
                "已证明：条目 {text} 在日志中，且由当时有效的密钥签署"
            ),
            _ => words!(
                "proven: {n} entries name {text}, and among the first {} no others do",
                "已证明：{n} 个条目提及 {text}，前 {} 个条目中再无其他",
                self.query.as_of
            ),
        }
    }

    fn point_words(&self) -> Words {
        let (covered, size, at) = (self.covered, self.size, instant(self.sealed_at));
        words!(
            "as of: {covered} entries, sealed at {at}; checkpoint of {size} entries",
            "截至：{covered} 个条目，封存于 {at}；检查点含 {size} 个条目"
        )
    }

    fn vouch_words(&self) -> Words {
        let names = |auditing| {
            let of = self.vouchers.iter().filter(|v| v.auditing == auditing);
            of.map(|v| format!("{} ({})", v.name, instant(v.at.saturating_mul(1_000_000))))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (auditors, witnesses) = (names(true), names(false));
        if self.is_audited() {
            return words!(
                "vouched by: auditing witnesses {auditors}, who re-derived every signature, link and seal below \
                 the checkpoint; witnesses {witnesses}",
                "担保：审计见证方 {auditors} 已重新推导检查点以下全部签名、链接与封存；见证方 {witnesses}"
            );
        }
        if witnesses.is_empty() {
            return Words::of(
                "vouched by: the operator's word alone, for completeness and for there being one history only",
                "担保：完整性与历史唯一性均仅凭运营方之言",
            );
        }
        words!(
            "vouched by: completeness by the operator's word; one history only, by witnesses {witnesses}",
            "担保：完整性仅凭运营方之言；历史唯一性由见证方 {witnesses} 担保"
        )
    }

    fn closure_words(&self) -> Words {
        let n = self.subjects.len();
        match self.extent {
            Extent::Whole => words!(
                "complete: for {n} subjects: all that follows from the entries, containers, inputs, aliases, lots, \
                 documents and keys",
                "完整：共 {n} 个对象，含由条目推及的容器、投入物、关联码、批次、单据与密钥"
            ),
            Extent::Named => words!(
                "NOT the whole closure: complete only for what is asked for and for the keys that signed ({n} \
                 subjects); containers, lots and documents are not followed",
                "并非完整闭包：仅对所问对象及签名密钥（共 {n} 个对象）完整；未追溯容器、批次与单据"
            ),
        }
    }

    fn exporter_words(&self) -> Words {
        let Extraction { party, at, purpose, case, .. } = &self.extraction;
        let at = instant(*at);
        words!(
            "taken out by {party}, by its own clock at {at}, purpose \"{purpose}\", case \"{case}\"",
            "提取：{party}，自述时间 {at}，用途“{purpose}”，案件“{case}”"
        )
    }

    /// The facts as JSON; every verifier gives the same.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "verdict": "proven",
            "ledger": hex_text(&self.ledger),
            "query": {"kind": self.query.kind.as_str(), "text": self.query.text, "as_of": self.query.as_of},
            "closure": self.extent.as_str(),
            "withheld": self.withheld,
            "covered": self.covered,
            "sealed_at": self.sealed_at,
            "checkpoint": {"size": self.size, "root": hex_text(&self.root)},
            "answer": self.answer().iter().map(|e| e.index).collect::<Vec<_>>(),
            "subjects": self.subjects.iter().map(SubjectFact::to_json).collect::<Vec<_>>(),
            "entries": self.entries.iter().map(EntryFact::to_json).collect::<Vec<_>>(),
            "keys": self.keys.iter().map(KeyFact::to_json).collect::<Vec<_>>(),
            "goods": self.goods.iter().map(|g| json!({"item": g.item, "entries": g.entries})).collect::<Vec<_>>(),
            "completeness": if self.is_audited() { "audited" } else { "operator" },
            "vouchers": self.vouchers.iter().map(Voucher::to_json).collect::<Vec<_>>(),
            "extraction": {
                "party": self.extraction.party,
                "key": hex_text(&self.extraction.key),
                "at": self.extraction.at,
                "purpose": self.extraction.purpose,
                "case": self.extraction.case,
            },
            "tokens_not_checked": self.tokens,
            "warnings": self.warnings.iter().map(|w| {
                let (code, entries) = w.parts();
                json!({"code": code, "entries": entries})
            }).collect::<Vec<_>>(),
        })
    }
}

impl SubjectFact {
    fn to_json(&self) -> Value {
        let (kind, text) = order(&self.subject);
        json!({"kind": kind, "text": text, "entries": self.entries})
    }
}

impl EntryFact {
    fn to_json(&self) -> Value {
        let Self { index, recorded_at, said } = self;
        match said {
            None => json!({"index": index, "recorded_at": recorded_at}),
            Some(a) => json!({
                "index": index, "recorded_at": recorded_at, "kind": a.kind, "party": a.party,
                "on_behalf_of": a.on_behalf_of, "site": a.site, "occurred_at": a.occurred_at,
            }),
        }
    }
}

impl KeyFact {
    fn to_json(&self) -> Value {
        json!({"key": hex_text(&self.id), "party": self.party, "enrolled": self.enrolled, "revoked": self.revoked})
    }
}

impl Voucher {
    fn to_json(&self) -> Value {
        json!({"name": self.name, "at": self.at, "auditing": self.auditing})
    }
}

/// µs since the Unix epoch as RFC 3339 in UTC, to the second.
pub(crate) fn instant(us: u64) -> String {
    let seconds = us / 1_000_000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01, in eras of 400 years (Howard Hinnant's civil calendar).
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
}
