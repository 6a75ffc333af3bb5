//! Fraud proofs: files that show, to whoever knows the log's key, that the ledger has signed what cannot both be
//! true (docs/FORMAT.md §10). They need nobody's signature but the log's own.
//!
//! - A [`Fork`]: two checkpoints of one size with other roots.
//! - A [`LeftOut`]: an access record that the answer key has signed, against the digest of its minute without it.
//! - An [`Undigested`]: such a record of a minute that has no digest when that is overdue.
//! - A [`Contradiction`]: entries of the log that link a subject, against a seal of the log that covers them and
//!   whose runs do not know them.

mod access;

use merkle::{Checkpoint, Hash, Note, VerifierKey, leaf_hash, verify_inclusion};
use serde::{Deserialize, Serialize};
use statement::{LEAF_LEN, Leaf, Link, Subject, SubjectKey, SubjectState, Words, links_hash_of, words};

use crate::{
    Fork, LinkProof, SubjectProof,
    bundle::{
        Defect, MAX_FILE, Part, ShownSeal, check_seal, read,
        wire::{Number, Table, WireRun, WireSeal, number, run_proofs},
    },
    check_subject, is_fork,
};

pub use access::{LeftOut, MAX_SILENT, ShownGenesis, Undigested};
use access::{WireDigest, WireGenesis, WireSilence};

/// Most entries in a contradiction.
pub const MAX_CONTRADICTING: usize = 1_024;

/// An entry that links a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkingEntry {
    /// Its index.
    pub index: u64,
    /// Its public bytes.
    pub leaf: [u8; LEAF_LEN],
    /// Proof that it is under the checkpoint.
    pub inclusion: Vec<Hash>,
    /// Its link to the subject.
    pub link: LinkProof,
}

/// Entries against a seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// Checkpoint over all of it.
    pub checkpoint: String,
    /// The seal.
    pub seal: ShownSeal,
    /// The subject.
    pub subject: Subject<'static>,
    /// What the seal says of it.
    pub proof: SubjectProof,
    /// Entries below `covered` that link it, ascending; not all are needed.
    pub entries: Vec<LinkingEntry>,
}

/// A fraud proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fraud {
    /// Two histories.
    Fork(Fork),
    /// A seal that leaves entries out.
    Contradiction(Box<Contradiction>),
    /// A digest without a record.
    LeftOut(Box<LeftOut>),
    /// A record without a digest.
    Undigested(Box<Undigested>),
}

/// What a fraud proof shows. Whoever holds the log's key has to answer for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FraudVerdict {
    /// In words.
    pub words: Words,
    /// `{"verdict":"fraud",…}`.
    pub json: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Wire {
    Fork {
        version: u32,
        one: String,
        other: String,
    },
    Contradiction {
        version: u32,
        checkpoint: String,
        seal: WireSeal,
        subject: WireName,
        runs: Vec<WireRun>,
        entries: Vec<WireEntry>,
        nodes: Vec<String>,
    },
    #[serde(rename = "left_out")]
    LeftOut {
        version: u32,
        checkpoint: String,
        genesis: WireGenesis,
        record: String,
        digest: WireDigest,
        nodes: Vec<String>,
    },
    Undigested {
        version: u32,
        checkpoint: String,
        genesis: WireGenesis,
        record: String,
        log: WireSilence,
        nodes: Vec<String>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireName {
    kind: String,
    text: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEntry {
    index: Number,
    leaf: String,
    inclusion: Vec<u32>,
    previous: String,
    blind: String,
    at: Number,
    count: u32,
    proof: Vec<u32>,
}

impl Fraud {
    /// The file.
    ///
    /// # Errors
    /// A number is beyond what a file holds.
    pub fn encode(&self) -> Result<Vec<u8>, Defect> {
        let wire = match self {
            Self::Fork(Fork { one, other }) => {
                Wire::Fork { version: 1, one: one.clone(), other: other.clone() }
            }
            Self::Contradiction(c) => write(c)?,
            Self::LeftOut(left_out) => left_out.write()?,
            Self::Undigested(undigested) => undigested.write()?,
        };
        serde_json::to_vec(&wire).map_err(|e| Defect::format("file", &e.to_string(), "无法编码"))
    }

    /// Reads a file; nothing of it is believed yet.
    ///
    /// # Errors
    /// It is not the one byte form of a fraud proof, or too large.
    pub fn decode(file: &[u8]) -> Result<Self, Defect> {
        if file.len() > MAX_FILE {
            return Err(Defect::format("file", "is too large", "过大"));
        }
        let wire: Wire = serde_json::from_slice(file)
            .map_err(|e| Defect::format("file", &e.to_string(), &format!("无法解码：{e}")))?;
        let fraud = match wire {
            Wire::Fork { one, other, .. } => Self::Fork(Fork { one, other }),
            Wire::Contradiction { checkpoint, seal, subject, runs, entries, nodes, .. } => {
                let mut nodes = read::Nodes::of(&nodes)?;
                read::at_most("entries", entries.len(), MAX_CONTRADICTING)?;
                Self::Contradiction(Box::new(Contradiction {
                    checkpoint,
                    seal: nodes.seal(&seal)?,
                    subject: read::subject(&subject.kind, &subject.text)?,
                    proof: nodes.runs(&runs)?,
                    entries: entries.iter().map(|e| read_entry(&mut nodes, e)).collect::<Result<_, _>>()?,
                }))
            }
            Wire::LeftOut { checkpoint, genesis, record, digest, nodes, .. } => {
                Self::LeftOut(Box::new(LeftOut::read(checkpoint, &genesis, &record, &digest, &nodes)?))
            }
            Wire::Undigested { checkpoint, genesis, record, log, nodes, .. } => {
                Self::Undigested(Box::new(Undigested::read(checkpoint, &genesis, &record, &log, &nodes)?))
            }
        };
        // Another version than 1 is not what encoding gives.
        if fraud.encode()? != file {
            return Err(Defect::format("file", "is not in its one byte form", "不是唯一规定的字节形式"));
        }
        Ok(fraud)
    }
}

fn write(c: &Contradiction) -> Result<Wire, Defect> {
    let runs = c.proof.iter().flat_map(run_proofs);
    let entries = c.entries.iter().flat_map(|e| [&e.inclusion, &e.link.proof]);
    let table = Table::of([&c.seal.inclusion, &c.seal.consistency].into_iter().chain(runs).chain(entries));
    let base64 = |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    let entry = |e: &LinkingEntry| {
        Ok(WireEntry {
            index: number(e.index)?,
            leaf: base64(&e.leaf),
            inclusion: table.proof(&e.inclusion),
            previous: base64(&e.link.previous),
            blind: base64(&e.link.blind),
            at: number(e.link.at)?,
            count: e.link.count,
            proof: table.proof(&e.link.proof),
        })
    };
    Ok(Wire::Contradiction {
        version: 1,
        checkpoint: c.checkpoint.clone(),
        seal: table.seal(&c.seal)?,
        subject: WireName { kind: c.subject.kind.as_str().into(), text: c.subject.text.to_string() },
        runs: c.proof.iter().map(|r| table.run(r)).collect::<Result<_, _>>()?,
        entries: c.entries.iter().map(entry).collect::<Result<_, Defect>>()?,
        nodes: table.nodes(),
    })
}

fn read_entry(nodes: &mut read::Nodes, wire: &WireEntry) -> Result<LinkingEntry, Defect> {
    Ok(LinkingEntry {
        index: wire.index.0,
        leaf: read::fixed("leaf", &wire.leaf)?,
        inclusion: nodes.proof("inclusion", &wire.inclusion)?,
        link: LinkProof {
            previous: read::fixed("previous", &wire.previous)?,
            blind: read::fixed("blind", &wire.blind)?,
            at: wire.at.0,
            count: wire.count,
            proof: nodes.proof("proof", &wire.proof)?,
        },
    })
}

/// Checks a fraud proof against the log's key.
///
/// # Errors
/// It proves nothing: the first [`Part`] that does not hold; [`Part::Query`] where all holds and nothing
/// contradicts.
pub fn verify_fraud(file: &[u8], log_key: &VerifierKey) -> Result<FraudVerdict, Defect> {
    match Fraud::decode(file)? {
        Fraud::Fork(fork) => fork_verdict(&fork, log_key),
        Fraud::Contradiction(contradiction) => contradiction_verdict(&contradiction, log_key),
        Fraud::LeftOut(left_out) => left_out.verdict(log_key),
        Fraud::Undigested(undigested) => undigested.verdict(log_key),
    }
}

fn checkpoint_fault(e: impl std::fmt::Display) -> Defect {
    Defect::new(Part::Checkpoint, words!("{e}", "检查点不可信：{e}"))
}

fn fork_verdict(fork: &Fork, log_key: &VerifierKey) -> Result<FraudVerdict, Defect> {
    if !is_fork(fork, log_key).map_err(checkpoint_fault)? {
        return Err(nothing());
    }
    let size = crate::open_checkpoint(&fork.one, log_key).map_err(checkpoint_fault)?.size();
    Ok(FraudVerdict {
        words: words!(
            "fraud: the log's key has signed two histories of {size} entries",
            "欺诈成立：日志密钥对 {size} 个条目签署了两份不同历史"
        ),
        json: serde_json::json!({"verdict": "fraud", "kind": "fork", "size": size}),
    })
}

fn nothing() -> Defect {
    Defect::new(Part::Query, Words::of("all of it can be true together", "所示内容并不矛盾"))
}

fn contradiction_verdict(c: &Contradiction, log_key: &VerifierKey) -> Result<FraudVerdict, Defect> {
    let note = Note::parse(c.checkpoint.as_bytes()).map_err(checkpoint_fault)?;
    let checkpoint = Checkpoint::open(&note, log_key).map_err(checkpoint_fault)?;
    let (seal, _) = check_seal(&c.seal, &checkpoint)?;
    let key = c.subject.key();
    let mut head = None;
    for (at, entry) in c.entries.iter().enumerate() {
        let ascends =
            at.checked_sub(1).and_then(|before| c.entries.get(before)).is_none_or(|b| b.index < entry.index);
        if !ascends || entry.index >= seal.covered {
            return Err(entry_fault(
                entry.index,
                "does not ascend, or is not covered",
                "未按升序排列或未被覆盖",
            ));
        }
        head = Some((entry.index, check_entry(entry, &key, &checkpoint)?));
    }
    let state = check_subject(&seal, &key, &c.proof)
        .map_err(|e| Defect::new(Part::Subject, words!("{e}", "封存证明不成立：{e}")))?;
    if !contradicts(state.as_ref(), head, c.entries.len() as u64) {
        return Err(nothing());
    }
    let (kind, text) = (c.subject.kind.as_str(), &c.subject.text);
    let indices: Vec<u64> = c.entries.iter().map(|e| e.index).collect();
    Ok(FraudVerdict {
        words: words!(
            "fraud: entries {indices:?} name {kind} {text}, and the seal of entry {} that covers them does not know it",
            "欺诈成立：条目 {indices:?} 提及 {kind} {text}，而覆盖它们的封存条目 {} 与之矛盾",
            c.seal.index
        ),
        json: serde_json::json!({
            "verdict": "fraud", "kind": "contradiction", "seal": c.seal.index, "covered": seal.covered,
            "subject": {"kind": kind, "text": text}, "entries": indices,
        }),
    })
}

/// Absent, too few, ended before, or another head after the same entry.
fn contradicts(state: Option<&SubjectState>, newest: Option<(u64, Hash)>, entries: u64) -> bool {
    match (state, newest) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(state), Some((index, head))) => {
            entries > state.count || index > state.last || (index == state.last && head != state.head)
        }
    }
}

fn entry_fault(index: u64, english: &str, chinese: &str) -> Defect {
    Defect::new(
        Part::Entry,
        Words::made(format!("entry {index} {english}"), format!("条目 {index} {chinese}")),
    )
}

/// The head of the subject after an entry that is under the checkpoint and links it.
fn check_entry(entry: &LinkingEntry, key: &SubjectKey, checkpoint: &Checkpoint) -> Result<Hash, Defect> {
    let index = entry.index;
    let leaf =
        Leaf::decode(&entry.leaf).map_err(|_| entry_fault(index, "has a malformed leaf", "叶节点有误"))?;
    let hash = leaf_hash(&entry.leaf);
    verify_inclusion(&hash, index, checkpoint.size(), &entry.inclusion, checkpoint.root())
        .map_err(|_| entry_fault(index, "is not shown to be under the checkpoint", "未能证明在检查点之下"))?;
    let LinkProof { previous, blind, at, count, proof } = &entry.link;
    let link = Link { subject: *key, previous: *previous, blind: *blind };
    let root = merkle::root_from_inclusion(&link.leaf_hash(), *at, (*count).into(), proof).ok();
    if root.is_none_or(|root| links_hash_of(*count, &root) != leaf.links) {
        return Err(entry_fault(index, "is not shown to link the subject", "未能证明链接该对象"));
    }
    Ok(link.head(index, &hash))
}
