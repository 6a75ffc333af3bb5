//! Entries shown in a bundle, each checked by itself and read.

use std::collections::BTreeMap;

use merkle::{Checkpoint, Hash, leaf_hash, verify_inclusion};
use prost::bytes::Bytes;
use proto::v1::{StatementRef, statement::Body};
use statement::{
    Envelope, Genesis, Leaf, LeafType, Statement, SubjectKey, Words, content_hash, genesis_subjects,
    own_subjects, secret,
};

use super::{Content, Defect, Part, ShownEntry};

/// What an entry says.
pub(super) enum Said {
    /// The genesis.
    Genesis(Genesis),
    /// A statement.
    Statement { statement: Box<Statement>, envelope: Envelope },
    /// Not shown.
    Withheld,
}

/// An entry that is in the log as its leaf says.
pub(super) struct Shown {
    pub recorded_at: u64,
    pub leaf_hash: Hash,
    /// Bytes 48 to 79 of the leaf.
    pub links: Hash,
    /// What blinds its links.
    pub secret: Option<Hash>,
    pub said: Said,
}

impl Shown {
    pub fn statement(&self) -> Option<(&Statement, &Envelope)> {
        match &self.said {
            Said::Statement { statement, envelope } => Some((statement, envelope)),
            _ => None,
        }
    }

    /// Subjects that it names by itself.
    fn own(&self) -> Vec<SubjectKey> {
        let named = match &self.said {
            Said::Genesis(genesis) => genesis_subjects(genesis.message()),
            Said::Statement { statement, .. } => own_subjects(statement),
            Said::Withheld => Vec::new(),
        };
        named.into_iter().map(|n| n.key).collect()
    }
}

/// The entries of a bundle by index.
#[derive(Default)]
pub(super) struct Entries {
    pub by_index: BTreeMap<u64, Shown>,
    /// Statements by signer and id.
    references: BTreeMap<(String, Vec<u8>), u64>,
}

fn entry_fault(index: u64, english: &str, chinese: &str) -> Defect {
    let words = Words::made(format!("entry {index}: {english}"), format!("条目 {index}：{chinese}"));
    Defect::new(Part::Entry, words)
}

impl Entries {
    pub fn get(&self, index: u64) -> Option<&Shown> {
        self.by_index.get(&index)
    }

    /// Checks an entry by itself, and adds it. Entries come in ascending order.
    pub fn add(
        &mut self,
        entry: &ShownEntry,
        ledger: &Hash,
        covered: u64,
        checkpoint: &Checkpoint,
    ) -> Result<(), Defect> {
        let index = entry.index;
        let fault = |english, chinese| entry_fault(index, english, chinese);
        if index >= covered {
            return Err(fault("the seal does not cover it", "未被封存条目覆盖"));
        }
        let leaf = Leaf::decode(&entry.leaf).map_err(|_| fault("its leaf is malformed", "叶节点格式有误"))?;
        let hash = leaf_hash(&entry.leaf);
        verify_inclusion(&hash, index, checkpoint.size(), &entry.inclusion, checkpoint.root())
            .map_err(|_| fault("it is not shown to be under the checkpoint", "未能证明在检查点之下"))?;
        let last = self.by_index.last_key_value().map_or(0, |(_, before)| before.recorded_at);
        if leaf.recorded_at < last {
            return Err(fault("it was recorded before the entry before it", "记录时间早于前一条目"));
        }
        let (secret, said) = read(entry, &leaf, ledger)?;
        if let Said::Statement { statement, .. } = &said {
            let reference = (statement.header().party.clone(), statement.header().id.clone());
            self.references.insert(reference, index);
        }
        let shown = Shown { recorded_at: leaf.recorded_at, leaf_hash: hash, links: leaf.links, secret, said };
        self.by_index.insert(index, shown);
        Ok(())
    }

    /// Subjects that an entry must link, as far as the bundle shows why: those it names by itself, and all that
    /// the statement links which it corrects, voids, endorses or erases attachments of.
    pub fn linked(&self, index: u64) -> Vec<SubjectKey> {
        let mut keys = Vec::new();
        let mut next = self.by_index.get_key_value(&index);
        while let Some((at, shown)) = next {
            keys.extend(shown.own());
            next = self.target(*at).and_then(|found| self.by_index.get_key_value(&found));
        }
        keys
    }

    /// The entry whose statement this one names as its target, if that is shown. It stands before it.
    pub fn target(&self, index: u64) -> Option<u64> {
        let (statement, _) = self.by_index.get(&index)?.statement()?;
        let target = target(statement.body())?;
        let found = self.references.get(&(target.party.clone(), target.id.clone()))?;
        Some(*found).filter(|found| *found < index)
    }
}

const fn target(body: &Body) -> Option<&StatementRef> {
    match body {
        Body::Correct(b) => b.target.as_ref(),
        Body::Void(b) => b.target.as_ref(),
        Body::Endorse(b) => b.target.as_ref(),
        Body::Erase(b) => b.target.as_ref(),
        _ => None,
    }
}

/// What the leaf commits to, read.
fn read(entry: &ShownEntry, leaf: &Leaf, ledger: &Hash) -> Result<(Option<Hash>, Said), Defect> {
    let fault = |english: &str, chinese: &str| entry_fault(entry.index, english, chinese);
    let expected = if entry.index == 0 { LeafType::Genesis } else { LeafType::Statement };
    if leaf.leaf_type != expected {
        return Err(fault("its leaf is not that of a statement", "叶节点不是声明类型"));
    }
    let other = || fault("its leaf commits to other contents", "叶节点承诺的内容不同");
    match &entry.content {
        Content::Withheld => Ok((None, Said::Withheld)),
        Content::Genesis { payload } => {
            if leaf.content != content_hash(payload) {
                return Err(other());
            }
            let genesis =
                Genesis::parse(payload).map_err(|e| fault(&e.to_string(), &format!("创世载荷有误：{e}")))?;
            Ok((Some(secret(payload)), Said::Genesis(genesis)))
        }
        Content::Statement { envelope: bytes, payload } => {
            if leaf.content != content_hash(bytes) {
                return Err(other());
            }
            let envelope =
                Envelope::decode(bytes).map_err(|_| fault("its envelope is malformed", "信封有误"))?;
            let statement = Statement::recorded(Bytes::copy_from_slice(payload))
                .map_err(|e| fault(&e.to_string(), &format!("载荷有误：{e}")))?;
            if *statement.digest() != envelope.digest {
                return Err(other());
            }
            if statement.header().ledger != ledger {
                return Err(fault("it was signed for another ledger", "系为其他账本签署"));
            }
            Ok((Some(secret(bytes)), Said::Statement { statement: Box::new(statement), envelope }))
        }
    }
}
