//! Checking a bundle: pure, from bytes and what the reader trusts.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use merkle::{
    Checkpoint, EMPTY_ROOT, Hash, Note, NoteError, VerifierKey, WitnessKey, leaf_hash, verify_consistency,
    verify_inclusion,
};
use statement::{
    Leaf, LeafType, Link, Seal, Subject, SubjectKey, SubjectKind, SubjectState, Words, content_hash,
    hex_text, links_hash_of, words,
};

use super::{
    Authorities, Bundle, Defect, Extent, PAYLOAD_TYPE, Part, QueryKind, ShownSeal, ShownSubject,
    closure::{Follows, Graph, Seeds, members},
    file::{self, File},
    keys::{self, Keys},
    shown::{Entries, Said, Shown},
    stamps,
    verdict::{self, Verdict, Voucher},
};
use crate::{ChainedEntry, LinkProof, check_chain, check_subject};

/// Most that a bundle's times may lie ahead of the reader's clock, µs.
pub(super) const MAX_AHEAD: u64 = 300_000_000;

/// A witness that the reader trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Its key.
    pub key: WitnessKey,
    /// Whether it replays everything before it cosigns: its word then covers completeness.
    pub auditing: bool,
}

/// What the reader knows beforehand, from elsewhere than the bundle.
#[derive(Clone, Debug)]
pub struct Trust {
    /// Ledger id.
    pub ledger: Hash,
    /// The log's key.
    pub log_key: VerifierKey,
    /// Witnesses, each once.
    pub witnesses: Vec<Witness>,
    /// How many of them must have cosigned.
    pub quorum: usize,
    /// Time-stamping authorities; `None` = tokens are carried, not checked.
    pub authorities: Option<Arc<dyn Authorities>>,
    /// Most that the seal may lie before `now`, µs.
    pub max_age: Option<u64>,
    /// µs since the Unix epoch.
    pub now: u64,
}

/// Checks a file, and says what it proves.
///
/// # Errors
/// The first [`Part`] of the check, in their order, that fails; then nothing in the file is to be believed.
pub fn verify(file: &[u8], trust: &Trust) -> Result<Verdict, Defect> {
    let file = file::decode(file)?;
    let bundle = &file.bundle;
    check_ledger(bundle, trust)?;
    let (note, checkpoint) = open_checkpoint(bundle, trust)?;
    let vouchers = check_witnesses(&note, trust)?;
    let authorities = trust.authorities.as_ref();
    let stamps = stamps::check(bundle, (&note, &checkpoint), &trust.log_key, authorities, trust.now)?;
    let (seal, sealed_at) = check_seal(&bundle.seal, &checkpoint)?;
    let mut entries = Entries::default();
    for entry in &bundle.entries {
        entries.add(entry, &bundle.ledger, seal.covered, &checkpoint)?;
    }
    check_sealed_after(&entries, sealed_at)?;
    let chains = check_subjects(&bundle.subjects, &seal, &entries)?;
    let keys = check_keys(bundle, &chains, &entries)?;
    let members = check_closure(bundle, &chains, &entries)?;
    check_query(bundle, &seal, &chains, &entries)?;
    check_exporter(&file, &keys)?;
    check_time(bundle, sealed_at, trust)?;
    let facts = verdict::Facts { bundle, checkpoint: &checkpoint, seal: &seal, sealed_at, vouchers, stamps };
    Ok(verdict::verdict(facts, &members, &chains, &entries, &keys))
}

/// The chain of each subject shown.
pub(super) struct Chain {
    pub state: Option<SubjectState>,
    pub entries: Vec<u64>,
}

/// Chains by subject.
pub(super) type Chains = BTreeMap<Subject<'static>, Chain>;

fn fault(part: Part, english: &'static str, chinese: &'static str) -> Defect {
    Defect::new(part, Words::of(english, chinese))
}

/// The genesis is that of the ledger trusted, and names the log key trusted.
fn check_ledger(bundle: &Bundle, trust: &Trust) -> Result<(), Defect> {
    let other = || fault(Part::Ledger, "it is of another ledger", "属于其他账本");
    let genesis = bundle.entries.first().ok_or_else(other)?;
    if bundle.ledger != trust.ledger || leaf_hash(&genesis.leaf) != trust.ledger {
        return Err(other());
    }
    let super::Content::Genesis { payload } = &genesis.content else { return Err(other()) };
    let leaf = Leaf::decode(&genesis.leaf).map_err(|_| other())?;
    if leaf.content != content_hash(payload) {
        return Err(other());
    }
    let genesis = statement::Genesis::parse(payload).map_err(|_| other())?;
    if genesis.message().log_key != trust.log_key.to_string() {
        return Err(fault(Part::Ledger, "its genesis names another log key", "创世条目所列日志密钥不同"));
    }
    Ok(())
}

fn open_checkpoint(bundle: &Bundle, trust: &Trust) -> Result<(Note, Checkpoint), Defect> {
    let fault =
        |e: merkle::CheckpointError| Defect::new(Part::Checkpoint, words!("{e}", "检查点不可信：{e}"));
    let note = Note::parse(bundle.checkpoint.as_bytes()).map_err(|e| fault(e.into()))?;
    let checkpoint = Checkpoint::open(&note, &trust.log_key).map_err(fault)?;
    Ok((note, checkpoint))
}

fn check_witnesses(note: &Note, trust: &Trust) -> Result<Vec<Voucher>, Defect> {
    let mut vouchers = Vec::new();
    for witness in &trust.witnesses {
        let name = witness.key.name();
        match witness.key.cosigned_at(note) {
            Ok(at) => vouchers.push(Voucher { name: name.to_owned(), at, auditing: witness.auditing }),
            Err(NoteError::Unsigned) => {}
            Err(_) => {
                let words = words!("a false cosignature in the name of {name}", "冒用 {name} 的会签有误");
                return Err(Defect::new(Part::Witness, words));
            }
        }
    }
    let (given, wanted) = (vouchers.len(), trust.quorum);
    if given < wanted {
        let words = words!(
            "{given} witnesses cosigned, {wanted} are wanted",
            "{given} 个见证方会签，须有 {wanted} 个"
        );
        return Err(Defect::new(Part::Witness, words));
    }
    Ok(vouchers)
}

/// Checks that a seal is under a checkpoint, and reads it; with when it was recorded.
pub(crate) fn check_seal(shown: &ShownSeal, checkpoint: &Checkpoint) -> Result<(Seal, u64), Defect> {
    let fault = |english, chinese| fault(Part::Seal, english, chinese);
    let leaf = Leaf::decode(&shown.leaf).map_err(|_| fault("its leaf is malformed", "叶节点格式有误"))?;
    let (size, root) = (checkpoint.size(), checkpoint.root());
    verify_inclusion(&leaf_hash(&shown.leaf), shown.index, size, &shown.inclusion, root)
        .map_err(|_| fault("it is not shown to be under the checkpoint", "未能证明在检查点之下"))?;
    let sealed = leaf.leaf_type == LeafType::Seal
        && leaf.content == content_hash(&shown.payload)
        && leaf.links == links_hash_of(0, &EMPTY_ROOT);
    if !sealed {
        return Err(fault("its leaf is not that of this seal", "叶节点不是该封存条目的"));
    }
    let seal = Seal::decode(&shown.payload).map_err(|_| fault("it is malformed", "格式有误"))?;
    if seal.covered > shown.index {
        return Err(fault("it covers entries that come after it", "覆盖了其后的条目"));
    }
    verify_consistency(seal.covered, &seal.root, size, root, &shown.consistency)
        .map_err(|_| fault("what it covers is not the beginning of the log", "所覆盖部分不是日志的开头"))?;
    Ok((seal, leaf.recorded_at))
}

fn check_sealed_after(entries: &Entries, sealed_at: u64) -> Result<(), Defect> {
    let last = entries.by_index.last_key_value().map_or(0, |(_, entry)| entry.recorded_at);
    if last > sealed_at {
        return Err(fault(
            Part::Entry,
            "the seal was recorded before an entry it covers",
            "封存时间早于所覆盖条目",
        ));
    }
    Ok(())
}

fn check_subjects(shown: &[ShownSubject], seal: &Seal, entries: &Entries) -> Result<Chains, Defect> {
    let mut chains = Chains::new();
    for subject in shown {
        let fault = |english: &str, chinese: &str| {
            let (kind, text) = super::order(&subject.subject);
            let words = Words::made(format!("{kind} {text}: {english}"), format!("{kind} {text}：{chinese}"));
            Defect::new(Part::Subject, words)
        };
        let key = subject.subject.key();
        let state =
            check_subject(seal, &key, &subject.proof).map_err(|e| fault(&e.to_string(), "封存证明不成立"))?;
        let chained = chained(subject, &key, entries).ok_or_else(|| {
            fault("an entry is not shown, or its link is malformed", "条目未出示或链接有误")
        })?;
        match &state {
            Some(state) => check_chain(&key, state, &chained)
                .map_err(|e| fault(&e.to_string(), "条目链不完整或被改动"))?,
            None if chained.is_empty() => {}
            None => return Err(fault("entries of a subject that was never named", "从未出现却附有条目")),
        }
        let entries = chained.iter().map(|c| c.index).collect();
        chains.insert(subject.subject.clone(), Chain { state, entries });
    }
    Ok(chains)
}

/// The entries of a subject with their links. What a link says is computed as far as the entry is shown.
fn chained(shown: &ShownSubject, key: &SubjectKey, entries: &Entries) -> Option<Vec<ChainedEntry>> {
    let mut head = [0; 32];
    let mut chained = Vec::with_capacity(shown.links.len());
    for link in &shown.links {
        let entry = entries.get(link.entry)?;
        let computed = match (&entry.secret, link.blind) {
            (Some(secret), None) => Link::new(secret, *key, head),
            (None, Some(blind)) => Link { subject: *key, previous: head, blind },
            _ => return None,
        };
        let (previous, blind) = (computed.previous, computed.blind);
        let proof = LinkProof { previous, blind, at: link.at, count: link.count, proof: link.proof.clone() };
        let Shown { leaf_hash, links, .. } = *entry;
        chained.push(ChainedEntry { index: link.entry, leaf_hash, links, link: proof });
        head = computed.head(link.entry, &leaf_hash);
    }
    Some(chained)
}

/// Reads every key shown, and checks the signature of every statement.
fn check_keys(bundle: &Bundle, chains: &Chains, entries: &Entries) -> Result<Keys, Defect> {
    let mut found = Keys::new();
    for (subject, chain) in chains.iter().filter(|(s, _)| s.kind == SubjectKind::Key) {
        let id = super::read::hex("key", &subject.text)
            .map_err(|_| fault(Part::Key, "a key id is malformed", "密钥标识有误"))?;
        found.insert(id, keys::read(&id, &chain.entries, entries, &bundle.ledger)?);
    }
    for (index, shown) in &entries.by_index {
        if let Said::Statement { statement, envelope } = &shown.said {
            keys::check_signature(*index, shown.recorded_at, statement, envelope, &found)?;
        }
    }
    Ok(found)
}

/// A bundle as a log.
struct InBundle<'a> {
    chains: &'a Chains,
    entries: &'a Entries,
}

impl Graph for InBundle<'_> {
    type Error = Defect;

    fn chain(&mut self, subject: &Subject<'static>) -> Result<Vec<u64>, Defect> {
        let chain = self.chains.get(subject).ok_or_else(|| {
            let (kind, text) = super::order(subject);
            Defect::new(Part::Closure, words!("{kind} {text} is not shown", "未出示 {kind} {text}"))
        })?;
        Ok(chain.entries.clone())
    }

    fn follows(&mut self, entry: u64) -> Result<Follows, Defect> {
        let shown = self.entries.get(entry).ok_or_else(|| {
            Defect::new(Part::Closure, words!("entry {entry} is not shown", "未出示条目 {entry}"))
        })?;
        Ok(shown.statement().map(|(s, e)| Follows::of(s, e)).unwrap_or_default())
    }
}

/// The subjects shown are those of the closure, no fewer and no more; the entries those of their chains; and what
/// an entry shown names is linked by it.
fn check_closure(
    bundle: &Bundle,
    chains: &Chains,
    entries: &Entries,
) -> Result<BTreeSet<Subject<'static>>, Defect> {
    let entry = bundle.query.entry();
    let roots = bundle.query.roots().unwrap_or_default();
    let seeds = Seeds { roots, entry, exporter: bundle.extraction.key };
    let members = members(&mut InBundle { chains, entries }, &seeds, bundle.extent)?;
    if members.len() != chains.len() {
        return Err(fault(Part::Closure, "a subject is shown for nothing", "出示了无关对象"));
    }
    let named: BTreeSet<u64> =
        chains.values().flat_map(|c| &c.entries).copied().chain(entry).chain([0]).collect();
    if named.len() != entries.by_index.len() {
        return Err(fault(Part::Closure, "an entry is shown for nothing", "出示了无关条目"));
    }
    check_linked(chains, entries)?;
    Ok(members)
}

/// An entry that names a subject and does not link it is not in the subject's chain: the ledger has left it out.
fn check_linked(chains: &Chains, entries: &Entries) -> Result<(), Defect> {
    let by_key: BTreeMap<SubjectKey, &Vec<u64>> = chains.iter().map(|(s, c)| (s.key(), &c.entries)).collect();
    for index in entries.by_index.keys() {
        let left_out =
            |key: &SubjectKey| by_key.get(key).is_some_and(|chain| chain.binary_search(index).is_err());
        if entries.linked(*index).iter().any(left_out) {
            let words = words!(
                "entry {index} names a subject that it does not link",
                "条目 {index} 未链接其所述对象"
            );
            return Err(Defect::new(Part::Closure, words));
        }
    }
    Ok(())
}

fn check_query(bundle: &Bundle, seal: &Seal, chains: &Chains, entries: &Entries) -> Result<(), Defect> {
    let fault = |english, chinese| Err(fault(Part::Query, english, chinese));
    let query = &bundle.query;
    let roots = query.roots().unwrap_or_default();
    if query.as_of == 0 || query.as_of > seal.covered {
        return fault("it asks for a time that the seal does not cover", "所问时点不在封存范围内");
    }
    let named = roots.iter().filter(|r| chains.get(*r).is_some_and(|c| c.state.is_some())).count();
    match query.kind {
        QueryKind::Absent if named > 0 => {
            fault("what is said to be absent was named", "声称不存在的对象曾出现")
        }
        QueryKind::Absent => Ok(()),
        QueryKind::Entry if bundle.extent != Extent::Named => {
            fault("an entry by itself has no whole closure", "单个条目没有完整闭包")
        }
        QueryKind::Entry => match query.entry().and_then(|index| entries.get(index)) {
            Some(shown) if shown.statement().is_some() => Ok(()),
            _ => fault("the entry asked for is not shown", "未出示所问条目"),
        },
        _ if named == 0 => fault("what is asked for was never named", "所问对象从未出现"),
        _ => Ok(()),
    }
}

fn check_exporter(file: &File, keys: &Keys) -> Result<(), Defect> {
    let fault = |english, chinese| Err(fault(Part::Exporter, english, chinese));
    let extraction = &file.bundle.extraction;
    let Some(key) = keys.get(&extraction.key).filter(|_| file.key == hex_text(&extraction.key)) else {
        return fault("another key signed than the one it names", "签名密钥与所列不符");
    };
    if key.party != extraction.party {
        return fault("its key belongs to another party", "密钥属于其他主体");
    }
    if key.revoked.is_some() {
        return fault("its key has been revoked", "密钥已吊销");
    }
    if key.has_expired(extraction.at) {
        return fault("its key had expired", "密钥已过期");
    }
    if !key.signed(PAYLOAD_TYPE, &file.json, &file.signature) {
        return fault("its signature does not verify", "签名验证失败");
    }
    Ok(())
}

fn check_time(bundle: &Bundle, sealed_at: u64, trust: &Trust) -> Result<(), Defect> {
    let latest = trust.now.saturating_add(MAX_AHEAD);
    if sealed_at > latest || bundle.extraction.at > latest {
        return Err(fault(Part::Time, "it lies ahead of the clock", "时间超前于本机时钟"));
    }
    if trust.max_age.is_some_and(|most| trust.now.saturating_sub(sealed_at) > most) {
        return Err(fault(Part::Time, "its seal is older than allowed", "封存条目超过允许的时限"));
    }
    Ok(())
}
