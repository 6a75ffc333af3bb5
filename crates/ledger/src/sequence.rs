//! One entry after another: the function that the live path, recovery and rebuild share.

use custody::{DigestError, Input, Outcome, RecordedEntry, SealError, View, ViewError};
use merkle::Hash;
use prost::bytes::Bytes;
use runs::Record;
use statement::{
    AccessDigest, Envelope, Genesis, LEAF_LEN, Leaf, LeafType, Named, Seal, Statement, chain_hash,
    own_subjects,
};

use crate::{Error, Receipt, overlay::Overlay};

/// The growing end of the log, not yet written.
pub(crate) struct Sequence<'s> {
    pub overlay: Overlay<'s>,
    /// Chain hash after the last entry.
    chain: Hash,
    /// When it was recorded.
    recorded_at: u64,
    /// What entries have named since this was last taken, with the states after each.
    pub touched: Vec<Record>,
}

/// A statement that is to be recorded.
pub(crate) struct Next<'a> {
    pub statement: &'a Statement,
    pub envelope: &'a Bytes,
    pub own: &'a [Named],
    pub recorded_at: u64,
}

impl<'s> Sequence<'s> {
    /// The end of a log after the entry with this chain hash and time.
    pub(crate) const fn new(overlay: Overlay<'s>, chain: Hash, recorded_at: u64) -> Self {
        Self { overlay, chain, recorded_at, touched: Vec::new() }
    }

    /// When the next entry is recorded: now, but never before the last.
    pub(crate) fn time(&self, now: u64) -> u64 {
        self.recorded_at.max(now)
    }

    /// Records an admitted statement. Gives its receipt, which holds once the entry is durable, and the
    /// number of its links.
    pub(crate) fn record(&mut self, next: &Next<'_>) -> Result<(Receipt, usize), ViewError> {
        let input = Input {
            index: self.overlay.size(),
            recorded_at: next.recorded_at,
            envelope: next.envelope,
            statement: next.statement,
            own: next.own,
        };
        let outcome = custody::apply(&self.overlay, &input)?;
        Ok(self.append(outcome, next.envelope.clone(), next.statement.payload().clone()))
    }

    /// Records a seal. Gives its receipt, which holds once the entry is durable.
    pub(crate) fn record_seal(&mut self, payload: &Bytes, recorded_at: u64) -> Result<Receipt, SealError> {
        let seal = Seal::decode(payload).map_err(|e| ViewError(e.to_string()))?;
        let outcome = custody::apply_seal(&self.overlay, &seal, payload, recorded_at)?;
        Ok(self.append(outcome, Bytes::new(), payload.clone()).0)
    }

    /// Records an access digest. Gives its receipt, which holds once the entry is durable.
    pub(crate) fn record_digest(
        &mut self,
        payload: &Bytes,
        recorded_at: u64,
    ) -> Result<Receipt, DigestError> {
        let digest = AccessDigest::decode(payload).map_err(|e| ViewError(e.to_string()))?;
        let outcome = custody::apply_digest(&self.overlay, &digest, payload, recorded_at)?;
        Ok(self.append(outcome, Bytes::new(), payload.clone()).0)
    }

    fn append(&mut self, outcome: Outcome, envelope: Bytes, payload: Bytes) -> (Receipt, usize) {
        let leaf = outcome.leaf.encode();
        let receipt = Receipt {
            index: self.overlay.size(),
            recorded_at: outcome.leaf.recorded_at,
            leaf,
            chain_before: self.chain,
            chain: chain_hash(&self.chain, &leaf),
            signatures_missing: outcome.signatures_missing,
            recorded_before: false,
        };
        (self.chain, self.recorded_at) = (receipt.chain, receipt.recorded_at);
        self.touched.extend(records(&outcome));
        self.overlay.record(RecordedEntry { leaf, chain: receipt.chain, envelope, payload }, outcome.puts);
        (receipt, outcome.links.len())
    }

    /// Records a stored entry again, and sees to it that the same comes out.
    pub(crate) fn replay(&mut self, stored: &RecordedEntry) -> Result<(), Error> {
        let index = self.overlay.size();
        let damaged = |fault: String| Error::Entry { index, fault };
        let leaf = Leaf::decode(&stored.leaf).map_err(|e| damaged(e.to_string()))?;
        if leaf.recorded_at < self.recorded_at {
            return Err(damaged("it is recorded before the entry before it".into()));
        }
        let receipt = match leaf.leaf_type {
            LeafType::Genesis if index == 0 => self.replay_genesis(stored, leaf.recorded_at)?,
            LeafType::Statement if index > 0 => {
                self.replay_statement(stored, leaf.recorded_at).map_err(damaged)?
            }
            LeafType::Seal if index > 0 && stored.envelope.is_empty() => {
                self.record_seal(&stored.payload, leaf.recorded_at).map_err(|e| damaged(e.to_string()))?
            }
            LeafType::AccessDigest if index > 0 && stored.envelope.is_empty() => {
                self.record_digest(&stored.payload, leaf.recorded_at).map_err(|e| damaged(e.to_string()))?
            }
            other => return Err(damaged(format!("an entry of type {other:?} cannot stand here"))),
        };
        if receipt.leaf != stored.leaf {
            return Err(damaged(format!(
                "its leaf is not the one that its contents give ({})",
                part(&receipt.leaf, &stored.leaf)
            )));
        }
        if receipt.chain != stored.chain {
            return Err(damaged("its chain hash does not follow from the entry before it".into()));
        }
        Ok(())
    }

    fn replay_genesis(&mut self, stored: &RecordedEntry, recorded_at: u64) -> Result<Receipt, Error> {
        if !stored.envelope.is_empty() {
            return Err(Error::Entry { index: 0, fault: "a genesis has no envelope".into() });
        }
        let genesis = Genesis::parse(&stored.payload);
        let genesis = genesis.map_err(|e| Error::Entry { index: 0, fault: e.to_string() })?;
        let outcome = custody::apply_genesis(&genesis, recorded_at)?;
        Ok(self.append(outcome, Bytes::new(), stored.payload.clone()).0)
    }

    fn replay_statement(&mut self, stored: &RecordedEntry, recorded_at: u64) -> Result<Receipt, String> {
        let statement = Statement::recorded(stored.payload.clone()).map_err(|e| e.to_string())?;
        let envelope = Envelope::decode(&stored.envelope).map_err(|e| e.to_string())?;
        if envelope.digest != *statement.digest() {
            return Err("its payload is not the one that its envelope names".into());
        }
        let own = own_subjects(&statement);
        let next = Next { statement: &statement, envelope: &stored.envelope, own: &own, recorded_at };
        self.record(&next).map(|(receipt, _)| receipt).map_err(|e| e.to_string())
    }
}

/// What an entry names, as runs have it.
pub(crate) fn records(outcome: &Outcome) -> impl Iterator<Item = Record> {
    outcome.links.iter().zip(&outcome.states).map(|(l, state)| Record { subject: l.subject, state: *state })
}

/// Names the first field in which two leaves differ.
fn part(a: &[u8; LEAF_LEN], b: &[u8; LEAF_LEN]) -> &'static str {
    match a.iter().zip(b).position(|(a, b)| a != b) {
        Some(0..4) => "version or type",
        Some(4..16) => "time",
        Some(16..48) => "envelope or payload",
        _ => "links",
    }
}
