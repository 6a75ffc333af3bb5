//! Access records that the log does not commit to, although its answer key has signed them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use merkle::{Checkpoint, CompactRange, Hash, VerifierKey, leaf_hash, verify_consistency, verify_inclusion};
use serde::{Deserialize, Serialize};
use statement::{
    DIGEST_DUE, Genesis, LEAF_LEN, Leaf, LeafType, MAX_MINUTE_RECORDS, SignedAccess, Words, content_hash,
    hex_text, minute_end, words,
};

use super::{FraudVerdict, Wire, checkpoint_fault, nothing};
use crate::{
    ShownDigest, Standing,
    access::{digest_of, fault},
    bundle::{
        Defect, Part, read,
        wire::{Number, Table, number},
    },
    check_answer, open_checkpoint, standing,
};

/// Most leaves in an [`Undigested`].
pub const MAX_SILENT: usize = 1 << 18;
/// Most bytes of a record in a file.
const MAX_RECORD: usize = 8_192;

/// The genesis in its place: it names the answer key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownGenesis {
    /// Its public bytes.
    pub leaf: [u8; LEAF_LEN],
    /// Its payload.
    pub payload: Vec<u8>,
    /// Proof that it is under the checkpoint.
    pub inclusion: Vec<Hash>,
}

/// A record against the digest of its minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Checkpoint over all of it.
    pub checkpoint: String,
    /// The genesis.
    pub genesis: ShownGenesis,
    /// What the answer carried.
    pub record: Vec<u8>,
    /// The digest of its minute, with all records that it commits to.
    pub digest: ShownDigest,
}

/// A record against a stretch of the log in which the digest of its minute must stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undigested {
    /// Checkpoint over all of it.
    pub checkpoint: String,
    /// The genesis.
    pub genesis: ShownGenesis,
    /// What the answer carried.
    pub record: Vec<u8>,
    /// Index of the first leaf: 0, or one that was recorded before the minute ended.
    pub start: u64,
    /// Left edge of the tree over the entries before: roots of its full subtrees, from the left.
    pub edge: Vec<Hash>,
    /// All leaves from there up to a statement or seal that was recorded when the digest was overdue.
    pub leaves: Vec<[u8; LEAF_LEN]>,
    /// Payloads of the access digests among them, in order.
    pub digests: Vec<Vec<u8>>,
    /// Proof that the log up to there is the beginning of that under the checkpoint.
    pub consistency: Vec<Hash>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireGenesis {
    leaf: String,
    payload: String,
    inclusion: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireDigest {
    index: Number,
    leaf: String,
    payload: String,
    inclusion: Vec<u32>,
    records: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireSilence {
    start: Number,
    edge: Vec<u32>,
    leaves: String,
    digests: Vec<String>,
    consistency: Vec<u32>,
}

fn wire_genesis(genesis: &ShownGenesis, table: &Table) -> WireGenesis {
    WireGenesis {
        leaf: STANDARD.encode(genesis.leaf),
        payload: STANDARD.encode(&genesis.payload),
        inclusion: table.proof(&genesis.inclusion),
    }
}

fn read_genesis(nodes: &mut read::Nodes, wire: &WireGenesis) -> Result<ShownGenesis, Defect> {
    Ok(ShownGenesis {
        leaf: read::fixed("genesis.leaf", &wire.leaf)?,
        payload: read::bytes("genesis.payload", &wire.payload)?,
        inclusion: nodes.proof("genesis.inclusion", &wire.inclusion)?,
    })
}

fn read_record(text: &str) -> Result<Vec<u8>, Defect> {
    let record = read::bytes("record", text)?;
    read::at_most("record", record.len(), MAX_RECORD)?;
    Ok(record)
}

/// Values of one length, one after the other.
fn read_row<const N: usize>(field: &str, text: &str, most: usize) -> Result<Vec<[u8; N]>, Defect> {
    let bytes = read::bytes(field, text)?;
    let (values, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        return Err(Defect::format(field, "has another length", "长度不符"));
    }
    read::at_most(field, values.len(), most)?;
    Ok(values.to_vec())
}

impl LeftOut {
    pub(super) fn write(&self) -> Result<Wire, Defect> {
        let table = Table::of([&self.genesis.inclusion, &self.digest.inclusion].into_iter());
        let digest = &self.digest;
        Ok(Wire::LeftOut {
            version: 1,
            checkpoint: self.checkpoint.clone(),
            genesis: wire_genesis(&self.genesis, &table),
            record: STANDARD.encode(&self.record),
            digest: WireDigest {
                index: number(digest.index)?,
                leaf: STANDARD.encode(digest.leaf),
                payload: STANDARD.encode(&digest.payload),
                inclusion: table.proof(&digest.inclusion),
                records: STANDARD.encode(digest.records.as_flattened()),
            },
            nodes: table.nodes(),
        })
    }

    pub(super) fn read(
        checkpoint: String,
        genesis: &WireGenesis,
        record: &str,
        digest: &WireDigest,
        nodes: &[String],
    ) -> Result<Self, Defect> {
        let mut nodes = read::Nodes::of(nodes)?;
        Ok(Self {
            checkpoint,
            genesis: read_genesis(&mut nodes, genesis)?,
            record: read_record(record)?,
            digest: ShownDigest {
                index: digest.index.0,
                leaf: read::fixed("digest.leaf", &digest.leaf)?,
                payload: read::bytes("digest.payload", &digest.payload)?,
                inclusion: nodes.proof("digest.inclusion", &digest.inclusion)?,
                records: read_row("digest.records", &digest.records, MAX_MINUTE_RECORDS as usize)?,
            },
        })
    }

    pub(super) fn verdict(&self, log_key: &VerifierKey) -> Result<FraudVerdict, Defect> {
        let checkpoint = open_checkpoint(&self.checkpoint, log_key).map_err(checkpoint_fault)?;
        let signed = signed(&self.genesis, &self.record, &checkpoint, log_key)?;
        let Standing::LeftOut(index) = standing(&signed, &self.digest, &checkpoint)? else {
            return Err(nothing());
        };
        let record = signed.record();
        let (party, method, minute) = (&record.party, &record.method, record.minute());
        Ok(FraudVerdict {
            words: words!(
                "fraud: the answer key has signed that {method} by {party} was recorded in minute {minute}, and the \
                 digest of that minute, entry {index}, leaves it out",
                "欺诈成立：应答密钥签署了 {party} 的 {method} 已记入第 {minute} 分钟，而该分钟的访问摘要（条目 {index}）不含此记录"
            ),
            json: serde_json::json!({
                "verdict": "fraud", "kind": "left_out", "minute": minute, "digest": index, "party": party,
                "method": method, "record": hex_text(&signed.leaf_hash()),
            }),
        })
    }
}

impl Undigested {
    pub(super) fn write(&self) -> Result<Wire, Defect> {
        let table = Table::of([&self.genesis.inclusion, &self.edge, &self.consistency].into_iter());
        Ok(Wire::Undigested {
            version: 1,
            checkpoint: self.checkpoint.clone(),
            genesis: wire_genesis(&self.genesis, &table),
            record: STANDARD.encode(&self.record),
            log: WireSilence {
                start: number(self.start)?,
                edge: table.proof(&self.edge),
                leaves: STANDARD.encode(self.leaves.as_flattened()),
                digests: self.digests.iter().map(|digest| STANDARD.encode(digest)).collect(),
                consistency: table.proof(&self.consistency),
            },
            nodes: table.nodes(),
        })
    }

    pub(super) fn read(
        checkpoint: String,
        genesis: &WireGenesis,
        record: &str,
        log: &WireSilence,
        nodes: &[String],
    ) -> Result<Self, Defect> {
        let mut nodes = read::Nodes::of(nodes)?;
        Ok(Self {
            checkpoint,
            genesis: read_genesis(&mut nodes, genesis)?,
            record: read_record(record)?,
            start: log.start.0,
            edge: nodes.proof("log.edge", &log.edge)?,
            leaves: read_row("log.leaves", &log.leaves, MAX_SILENT)?,
            digests: log.digests.iter().map(|d| read::bytes("log.digests", d)).collect::<Result<_, _>>()?,
            consistency: nodes.proof("log.consistency", &log.consistency)?,
        })
    }

    pub(super) fn verdict(&self, log_key: &VerifierKey) -> Result<FraudVerdict, Defect> {
        let checkpoint = open_checkpoint(&self.checkpoint, log_key).map_err(checkpoint_fault)?;
        let signed = signed(&self.genesis, &self.record, &checkpoint, log_key)?;
        let record = signed.record();
        let end = self.under(&checkpoint)?;
        if !self.is_silent(record.minute())? {
            return Err(nothing());
        }
        let (party, method, minute) = (&record.party, &record.method, record.minute());
        Ok(FraudVerdict {
            words: words!(
                "fraud: the answer key has signed that {method} by {party} was recorded in minute {minute}, of which \
                 there is no digest below entry {end}, when it was overdue",
                "欺诈成立：应答密钥签署了 {party} 的 {method} 已记入第 {minute} 分钟，而至条目 {end}（已逾期）仍无该分钟的访问摘要"
            ),
            json: serde_json::json!({
                "verdict": "fraud", "kind": "undigested", "minute": minute, "end": end, "party": party,
                "method": method, "record": hex_text(&signed.leaf_hash()),
            }),
        })
    }

    /// Checks that the leaves stand where they are said to stand; gives the index after the last.
    fn under(&self, checkpoint: &Checkpoint) -> Result<u64, Defect> {
        let mut tree = CompactRange::from_nodes(self.start, self.edge.clone())
            .map_err(|_| entry("is not the left edge of a tree", "不是树的左缘"))?;
        self.leaves.iter().for_each(|leaf| tree.append(leaf_hash(leaf)));
        let (size, root) = (checkpoint.size(), checkpoint.root());
        verify_consistency(tree.size(), &tree.root(), size, root, &self.consistency)
            .map_err(|_| entry("is not shown to be the beginning of the log", "未能证明是日志的开头"))?;
        Ok(tree.size())
    }

    /// Whether the digest of the minute must be among the leaves, and is not.
    fn is_silent(&self, minute: u64) -> Result<bool, Defect> {
        let leaves: Result<Vec<Leaf>, _> = self.leaves.iter().map(|leaf| Leaf::decode(leaf)).collect();
        let leaves = leaves.map_err(|_| entry("has a malformed leaf", "含格式有误的叶节点"))?;
        let mut payloads = self.digests.iter();
        let mut there = false;
        for leaf in leaves.iter().filter(|leaf| leaf.leaf_type == LeafType::AccessDigest) {
            let payload = payloads.next().ok_or_else(|| fault("its payload is not shown", "未出示内容"))?;
            there |= digest_of(leaf, payload)?.minute == minute;
        }
        if payloads.next().is_some() {
            return Err(fault("more payloads than digests", "出示的内容多于访问摘要"));
        }
        let (Some(first), Some(last)) = (leaves.first(), leaves.last()) else { return Ok(false) };
        let end = minute_end(minute);
        let before = self.start == 0 || first.recorded_at < end;
        let overdue = matches!(last.leaf_type, LeafType::Statement | LeafType::Seal)
            && last.recorded_at > end.saturating_add(DIGEST_DUE);
        Ok(before && overdue && !there)
    }
}

fn entry(english: &str, chinese: &str) -> Defect {
    Defect::new(Part::Entry, Words::made(format!("the log: {english}"), format!("日志：{chinese}")))
}

/// The record, signed by the answer key that the genesis of the log names.
fn signed(
    genesis: &ShownGenesis,
    record: &[u8],
    checkpoint: &Checkpoint,
    log_key: &VerifierKey,
) -> Result<SignedAccess, Defect> {
    let fault = |english, chinese| Defect::new(Part::Ledger, Words::of(english, chinese));
    let leaf = Leaf::decode(&genesis.leaf)
        .map_err(|_| fault("the leaf of the genesis is malformed", "首条目的叶节点格式有误"))?;
    let id = leaf_hash(&genesis.leaf);
    verify_inclusion(&id, 0, checkpoint.size(), &genesis.inclusion, checkpoint.root()).map_err(|_| {
        fault("the genesis is not shown to be under the checkpoint", "未能证明首条目在检查点之下")
    })?;
    if leaf.leaf_type != LeafType::Genesis || leaf.content != content_hash(&genesis.payload) {
        return Err(fault("the leaf is not that of the genesis", "叶节点不是首条目的"));
    }
    let read = Genesis::parse(&genesis.payload).map_err(|_| fault("it is no genesis", "不是首条目"))?;
    if read.message().log_key != log_key.to_string() {
        return Err(fault("the genesis names another log key", "首条目所列日志公钥不符"));
    }
    let answer: VerifierKey =
        read.message().answer_key.parse().map_err(|_| fault("it is no genesis", "不是首条目"))?;
    check_answer(record, &id, &answer)
        .map_err(|e| Defect::new(Part::Record, words!("{e}", "访问记录并非由该账本的应答密钥签署")))
}
