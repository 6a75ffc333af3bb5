//! What of an entry can be checked without the entries before it.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use custody::{RecordedEntry, Signed};
use merkle::{Hash, PublicKey};
use prost::bytes::Bytes;
use statement::{
    AccessDigest, Envelope, Genesis, Leaf, LeafType, STATEMENT_TYPE, Seal, Statement, SubjectKey,
    own_subjects, verify,
};

use crate::Fault;

/// Most keys that are known at a time (about 250 bytes each). Beyond, all are forgotten: learning one again costs
/// a signature checked in turn.
const MAX_KEYS: usize = 16_384;

/// Public keys that entries checked so far have been signed with, by id. An id commits to its key, so nothing in
/// here goes stale; whether the key may sign at some index is not asked here.
#[derive(Debug, Default)]
pub struct KnownKeys(RwLock<HashMap<Hash, PublicKey>>);

impl KnownKeys {
    fn find(&self, id: &Hash) -> Option<PublicKey> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).copied()
    }

    pub(crate) fn learn(&self, id: &Hash, key: PublicKey) {
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MAX_KEYS {
            keys.clear();
        }
        keys.insert(*id, key);
    }
}

/// An entry with what was found of it by itself. Faults wait in here until its turn comes.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) entry: RecordedEntry,
    pub(crate) leaf: Result<Leaf, Fault>,
    pub(crate) content: Result<Content, Fault>,
}

impl Prepared {
    /// The entry.
    #[must_use]
    pub const fn entry(&self) -> &RecordedEntry {
        &self.entry
    }

    /// Subjects that it names by itself, which checking it asks the view for.
    pub fn subjects(&self) -> impl Iterator<Item = &SubjectKey> {
        let named = match &self.content {
            Ok(Content::Statement(statement)) => statement.signed.own.as_slice(),
            _ => &[],
        };
        named.iter().map(|named| &named.key)
    }

    /// The same, to be kept.
    #[must_use]
    pub fn into_entry(self) -> RecordedEntry {
        self.entry
    }
}

/// What an entry holds.
#[derive(Debug)]
pub(crate) enum Content {
    Genesis(Box<Genesis>),
    Statement(Box<SignedStatement>),
    Seal(Seal),
    Digest(AccessDigest),
}

#[derive(Debug)]
pub(crate) struct SignedStatement {
    pub(crate) signed: Signed,
    pub(crate) signature: [u8; 64],
    /// Whether the signature verifies; `None` where its key was not known yet.
    pub(crate) verified: Option<bool>,
}

impl SignedStatement {
    pub(crate) fn verifies(&self, key: &PublicKey) -> bool {
        verify(key, STATEMENT_TYPE, self.signed.statement.payload(), &self.signature)
    }
}

/// Checks what can be checked of an entry by itself. Any thread may, at any time.
#[must_use]
pub fn prepare(keys: &KnownKeys, entry: RecordedEntry) -> Prepared {
    let leaf = Leaf::decode(&entry.leaf).map_err(|_| Fault::Leaf);
    let content = leaf.clone().and_then(|leaf| content(keys, &entry, leaf.leaf_type));
    Prepared { entry, leaf, content }
}

fn content(keys: &KnownKeys, entry: &RecordedEntry, leaf_type: LeafType) -> Result<Content, Fault> {
    if leaf_type != LeafType::Statement && !entry.envelope.is_empty() {
        return Err(Fault::Envelope);
    }
    match leaf_type {
        LeafType::Genesis => {
            let genesis = Genesis::parse(&entry.payload).map_err(|e| Fault::Genesis(e.to_string()))?;
            Ok(Content::Genesis(Box::new(genesis)))
        }
        LeafType::Statement => Ok(Content::Statement(Box::new(statement(keys, entry)?))),
        LeafType::Seal => {
            Seal::decode(&entry.payload).map(Content::Seal).map_err(|e| Fault::Seal(e.to_string()))
        }
        LeafType::AccessDigest => {
            let digest = AccessDigest::decode(&entry.payload);
            digest.map(Content::Digest).map_err(|e| Fault::Digest(e.to_string()))
        }
    }
}

fn statement(keys: &KnownKeys, entry: &RecordedEntry) -> Result<SignedStatement, Fault> {
    let envelope = Envelope::decode(&entry.envelope).map_err(|_| Fault::Envelope)?;
    let statement = parse(&entry.payload, &envelope.digest)?;
    let own = own_subjects(&statement);
    let key_id = envelope.key_id;
    let signed = Signed { statement, key_id, envelope: entry.envelope.clone(), own };
    let mut this = SignedStatement { signed, signature: envelope.signature, verified: None };
    this.verified = keys.find(&key_id).map(|key| this.verifies(&key));
    Ok(this)
}

/// Validates a payload as admission does: an operator may have recorded what no signer could submit.
fn parse(payload: &Bytes, digest: &Hash) -> Result<Statement, Fault> {
    let parsed = Statement::parse(payload.clone());
    let is_signed = match &parsed {
        Ok(statement) => statement.digest() == digest,
        Err(_) => merkle::sha256(&[payload]) == *digest,
    };
    if !is_signed {
        return Err(Fault::Payload);
    }
    parsed.map_err(|refusal| match Statement::recorded(payload.clone()) {
        Ok(_) => Fault::Inadmissible(refusal),
        Err(broken) => Fault::Statement(broken),
    })
}
