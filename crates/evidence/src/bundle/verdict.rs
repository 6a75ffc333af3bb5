//! What a bundle proves, in facts, in words, and as JSON.

mod tell;

use std::collections::{BTreeMap, BTreeSet};

use merkle::{Checkpoint, Hash};
use proto::v1::{Header, statement::Body};
use statement::{Seal, Subject, SubjectKind, kind_row, visit_subjects};

pub(crate) use self::tell::instant;
use super::{
    Bundle, Extent, Extraction, Query, Stamp, Stamps,
    keys::Keys,
    order,
    shown::{Entries, Shown},
    verify::Chains,
};

/// Most that a recorded time may lie after a cosignature or time stamp over it, µs.
const SEEN_LATER: u64 = 5_000_000;

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
    /// Entries were recorded later than an authority stamped them: the ledger's clock or the authority's is wrong.
    RecordedAfterStamp(Vec<u64>),
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
    /// RFC 3161 time stamps.
    pub stamps: Stamps,
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
    pub stamps: Stamps,
}

pub(super) fn verdict(
    facts: Facts<'_>,
    members: &BTreeSet<Subject<'static>>,
    chains: &Chains,
    entries: &Entries,
    keys: &Keys,
) -> Verdict {
    let Facts { bundle, checkpoint, seal, sealed_at, vouchers, stamps } = facts;
    let mut subjects: Vec<SubjectFact> = members
        .iter()
        .filter_map(|s| Some(SubjectFact { subject: s.clone(), entries: chains.get(s)?.entries.clone() }))
        .collect();
    subjects.sort_by(|a, b| order(&a.subject).cmp(&order(&b.subject)));
    let warnings = warnings(bundle, sealed_at, (&vouchers, &stamps), entries, keys);
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
        stamps,
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
    (vouchers, stamps): (&[Voucher], &Stamps),
    entries: &Entries,
    keys: &Keys,
) -> Vec<Warning> {
    let recorded = entries.by_index.iter().map(|(index, shown)| (*index, shown.recorded_at));
    let recorded: Vec<(u64, u64)> = recorded.chain([(bundle.seal.index, sealed_at)]).collect();
    let after = |seen: Option<u64>, below: u64| -> Vec<u64> {
        let late = |at: u64| seen.is_some_and(|seen| at > seen.saturating_add(SEEN_LATER));
        recorded.iter().filter(|(index, at)| *index < below && late(*at)).map(|(index, _)| *index).collect()
    };
    let cosigned = vouchers.iter().map(|v| v.at.saturating_mul(1_000_000)).min();
    let stamped = stamps.checked.iter().flatten().map(Stamp::existed_before).min();
    let (late, late_for_stamp) = (after(cosigned, u64::MAX), after(stamped, stamps.size));
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
    if !late_for_stamp.is_empty() {
        warnings.push(Warning::RecordedAfterStamp(late_for_stamp));
    }
    if !doubtful.is_empty() {
        warnings.push(Warning::KeyCompromised(doubtful));
    }
    warnings
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
}
