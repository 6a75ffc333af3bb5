//! The commit thread: makes batches durable, then tells everybody; signs checkpoints.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use custody::RecordedEntry;
use merkle::{Checkpoint, Hash, SignerKey, TailTree, sha256};
use statement::{AccessDigest, Envelope, Leaf, LeafType, chain_hash, content_hash};
use store::{LogBatch, StoreError, Watermark};

use crate::{
    Covering, Head, SignedCheckpoint, StopCause, access,
    apply::Batch,
    edge::Edge,
    overlay::Layer,
    sealer::{Committed, ToSealer},
    shared::{Files, Shared},
};

pub(crate) struct Committer<'s> {
    files: &'s Files,
    shared: &'s Shared,
    signer: &'s SignerKey,
    /// Least time between two checkpoints that stay kept.
    interval: Duration,
    batches: Receiver<Batch>,
    /// State after the last committed batch; after an error it is not used any more.
    edge: Edge,
    /// Size of the newest signed checkpoint.
    signed: u64,
    /// Whether that one stays kept, and when one was last signed that does.
    newest_stays: bool,
    stayed: Option<Instant>,
    /// The newest checkpoint with what proves its last entries.
    covering: Option<Arc<Covering>>,
    sealer: ToSealer,
}

impl<'s> Committer<'s> {
    /// Goes on after `edge`; the newest checkpoint kept is of the size given, and stays.
    pub(crate) fn new(
        files: &'s Files,
        shared: &'s Shared,
        signer: &'s SignerKey,
        interval: Duration,
        batches: Receiver<Batch>,
        sealer: ToSealer,
        (edge, signed): (Edge, u64),
    ) -> Self {
        let (newest_stays, stayed, covering) = (true, None, None);
        Self {
            files,
            shared,
            signer,
            interval,
            batches,
            edge,
            signed,
            newest_stays,
            stayed,
            covering,
            sealer,
        }
    }

    /// Runs until the apply thread has ended, then flushes; or until the writer must stop. Whoever waits is
    /// told after the status says why.
    pub(crate) fn run(mut self) {
        if let Err(cause) = self.sign_what_is_there() {
            return self.shared.stop(cause);
        }
        while let Ok(batch) = self.batches.recv() {
            let mut batch = batch;
            if let Err(cause) = self.commit(&mut batch) {
                return self.shared.stop(cause);
            }
            batch.answers.into_iter().for_each(|answer| answer.give(self.covering.clone()));
        }
        match self.files.view.flush() {
            Ok(()) => self.sealer.durable(),
            Err(error) => self.shared.stop(disk(error)),
        }
    }

    /// Makes a batch durable and shows it.
    fn commit(&mut self, batch: &mut Batch) -> Result<(), StopCause> {
        if !batch.layer.entries.is_empty() {
            self.write(batch)?;
            self.count(batch);
            let head = head(self.edge.mark());
            self.shared.head.send_replace(head);
            let touched = std::mem::take(&mut batch.touched);
            self.sealer.tell(Committed { head, touched, seal: seal_of(&batch.layer) });
        }
        Ok(())
    }

    /// One synced write holds the entries and the checkpoint that covers them: all of it is there or none, and
    /// neither is shown before.
    fn write(&mut self, batch: &Batch) -> Result<(), StopCause> {
        let mut rows = self.files.log.batch();
        for (index, entry) in (batch.layer.start..).zip(&batch.layer.entries) {
            rows.push(index, entry).map_err(disk)?;
        }
        let tail = self.check(&rows)?;
        let checkpoint = self.sign(&mut rows)?;
        let started = Instant::now();
        self.files.log.write(rows).map_err(disk)?;
        self.shared.counters.log_sync_us.record(micros(started));
        let started = Instant::now();
        let mut rows = batch.layer.batch();
        self.edge.write(&mut rows);
        self.files.view.write(rows, self.edge.mark()).map_err(disk)?;
        self.shared.counters.view_write_us.record(micros(started));
        // Now: whoever is shown a checkpoint can have its proofs from the view at once.
        self.signed(checkpoint.clone(), seal_of(&batch.layer).is_some());
        self.covering = Some(Arc::new(Covering { checkpoint, tail }));
        Ok(())
    }

    /// Derives chain and tree again from the very bytes that will be written: a flipped bit must stop the
    /// writer before it is signed.
    fn check(&mut self, rows: &LogBatch<'_>) -> Result<TailTree, StopCause> {
        let entries = rows.entries().map_err(disk)?;
        let (mut index, mut chain) = (self.edge.mark().size(), self.edge.mark().chain);
        let broken = |index, fault: String| StopCause::Inconsistent { index, fault };
        for entry in &entries {
            check_entry(entry, &chain).map_err(|fault| broken(index, fault.to_owned()))?;
            (index, chain) = (index + 1, entry.chain);
        }
        self.edge.extend(&entries).map_err(|e| broken(index, e.to_string()))
    }

    fn count(&self, batch: &Batch) {
        let counters = &self.shared.counters;
        let entries = batch.layer.entries.iter().filter(|entry| !entry.envelope.is_empty()).count() as u64;
        let bytes: usize = batch.layer.entries.iter().map(|entry| entry.payload.len()).sum();
        counters.statements.fetch_add(entries, Relaxed);
        counters.batch_statements.record(entries);
        counters.links.fetch_add(batch.links as u64, Relaxed);
        counters.payload_bytes.fetch_add(bytes as u64, Relaxed);
        let digests = batch.layer.entries.iter().filter(|e| e.leaf[1] == LeafType::AccessDigest as u8);
        for digest in digests.filter_map(|entry| AccessDigest::decode(&entry.payload).ok()) {
            access::digested(self.shared, &digest);
        }
    }

    /// A log that was closed before its last entries were covered gets its checkpoint on opening.
    fn sign_what_is_there(&mut self) -> Result<(), StopCause> {
        if self.signed == self.edge.mark().size() {
            return Ok(());
        }
        let mut rows = self.files.log.batch();
        let checkpoint = self.sign(&mut rows)?;
        self.files.log.write(rows).map_err(disk)?;
        self.signed(checkpoint, false);
        Ok(())
    }

    /// Signs the state after the entries in `rows`, and keeps the note with them. The newest is always kept,
    /// and one in every interval stays.
    fn sign(&mut self, rows: &mut LogBatch<'_>) -> Result<SignedCheckpoint, StopCause> {
        let mark = self.edge.mark();
        let (size, root) = (mark.size(), mark.range.root());
        let signed =
            Checkpoint::new(self.signer.verifier().name(), size, root).and_then(|c| c.sign(self.signer));
        let note =
            signed.map_err(|e| StopCause::Inconsistent { index: size, fault: e.to_string() })?.to_string();
        let drop = (!self.newest_stays).then_some(self.signed);
        rows.checkpoint(size, &note, drop).map_err(disk)?;
        Ok(SignedCheckpoint { size, root, note })
    }

    /// Shows a checkpoint that is durable. One just above a seal stays.
    fn signed(&mut self, checkpoint: SignedCheckpoint, sealed: bool) {
        self.signed = checkpoint.size;
        self.newest_stays = sealed || self.stayed.is_none_or(|at| at.elapsed() >= self.interval);
        if self.newest_stays {
            self.stayed = Some(Instant::now());
        }
        self.shared.counters.checkpoints.fetch_add(1, Relaxed);
        self.shared.set_checkpoint(checkpoint);
    }
}

/// What can be seen of an entry without its links.
fn check_entry(entry: &RecordedEntry, chain_before: &Hash) -> Result<(), &'static str> {
    let leaf = Leaf::decode(&entry.leaf).map_err(|_| "the leaf is malformed")?;
    if entry.chain != chain_hash(chain_before, &entry.leaf) {
        return Err("the chain hash does not follow");
    }
    if matches!(leaf.leaf_type, LeafType::Seal | LeafType::AccessDigest) {
        let fits = entry.envelope.is_empty() && leaf.content == content_hash(&entry.payload);
        return fits.then_some(()).ok_or("the leaf does not commit to the seal or digest");
    }
    let envelope = Envelope::decode(&entry.envelope).map_err(|_| "the envelope is malformed")?;
    if leaf.leaf_type != LeafType::Statement || leaf.content != content_hash(&entry.envelope) {
        return Err("the leaf does not commit to the envelope");
    }
    if envelope.digest != sha256(&[&entry.payload]) {
        return Err("the envelope does not commit to the payload");
    }
    Ok(())
}

/// The index of a seal that a batch ends with, and when it was recorded.
fn seal_of(layer: &Layer) -> Option<(u64, u64)> {
    let last = layer.entries.last()?;
    let leaf = Leaf::decode(&last.leaf).ok()?;
    (leaf.leaf_type == LeafType::Seal)
        .then(|| (layer.start + layer.entries.len() as u64 - 1, leaf.recorded_at))
}

pub(crate) fn head(mark: &Watermark) -> Head {
    Head { size: mark.size(), root: mark.range.root(), chain: mark.chain }
}

fn disk(error: StoreError) -> StopCause {
    StopCause::Storage(error.to_string())
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn a_flipped_bit_anywhere_is_noticed_before_it_is_signed() {
        let payload = b"what was signed".to_vec();
        let envelope = Envelope { key_id: [1; 32], digest: sha256(&[&payload]), signature: [2; 64] }.encode();
        let leaf = Leaf {
            leaf_type: LeafType::Statement,
            recorded_at: 1_800_000_000_000_000,
            content: content_hash(&envelope),
            links: [3; 32],
        };
        let leaf = leaf.encode();
        let before = [4; 32];
        let chain = chain_hash(&before, &leaf);
        let row = [leaf.as_slice(), &chain, &[0, 132], &envelope, &payload].concat();
        let check = |row: Vec<u8>| {
            let entry = store::decode_entry(&row.into()).ok_or("no row")?;
            check_entry(&entry, &before)
        };
        assert_eq!(check(row.clone()), Ok(()));
        for bit in 0..row.len() * 8 {
            let mut flipped = row.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(check(flipped).is_err(), "bit {bit}");
        }
    }
}
