//! The commit thread: makes batches durable, then tells everybody; signs checkpoints.

use std::{
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use custody::RecordedEntry;
use merkle::{Checkpoint, SignerKey, leaf_hash, sha256};
use statement::{Envelope, Leaf, LeafType, chain_hash, content_hash};
use store::{LogBatch, StoreError, Watermark};

use crate::{
    Head, SignedCheckpoint, StopCause,
    apply::Batch,
    shared::{Files, Shared},
};

pub(crate) struct Committer<'s> {
    pub files: &'s Files,
    pub shared: &'s Shared,
    pub signer: &'s SignerKey,
    pub interval: Duration,
    pub batches: Receiver<Batch>,
    /// State after the last committed batch.
    pub mark: Watermark,
    /// Size of the newest signed checkpoint, and when it was signed.
    pub signed: (u64, Option<Instant>),
}

impl Committer<'_> {
    /// Runs until the apply thread has ended, then signs and flushes what is left; or until the writer
    /// must stop. Whoever waits is told after the status says why.
    pub(crate) fn run(mut self) {
        loop {
            let done = match self.batches.recv_timeout(self.until_checkpoint()) {
                Ok(batch) => match self.commit(&batch) {
                    Ok(()) => {
                        batch.answers.into_iter().for_each(crate::intake::Answer::give);
                        self.checkpoint_if_due()
                    }
                    Err(cause) => return self.shared.stop(cause),
                },
                Err(RecvTimeoutError::Timeout) => self.checkpoint_if_due(),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if let Err(cause) = done {
                return self.shared.stop(cause);
            }
        }
        if let Err(cause) = self.finish() {
            self.shared.stop(cause);
        }
    }

    fn finish(&mut self) -> Result<(), StopCause> {
        if self.signed.0 < self.mark.size() {
            self.checkpoint()?;
        }
        self.files.view.flush().map_err(disk)
    }

    fn checkpoint_if_due(&mut self) -> Result<(), StopCause> {
        if self.until_checkpoint().is_zero() { self.checkpoint() } else { Ok(()) }
    }

    /// How long until a checkpoint is due.
    fn until_checkpoint(&self) -> Duration {
        /// While nothing is due: any long time.
        const IDLE: Duration = Duration::from_secs(3_600);
        match self.signed {
            (size, _) if size == self.mark.size() => IDLE,
            (_, None) => Duration::ZERO,
            (_, Some(at)) => self.interval.saturating_sub(at.elapsed()),
        }
    }

    /// Makes a batch durable and shows it.
    fn commit(&mut self, batch: &Batch) -> Result<(), StopCause> {
        if !batch.layer.entries.is_empty() {
            self.write(batch)?;
            self.count(batch);
            self.shared.head.send_replace(head(&self.mark));
        }
        Ok(())
    }

    fn write(&mut self, batch: &Batch) -> Result<(), StopCause> {
        let mut rows = self.files.log.batch();
        for (index, entry) in (batch.layer.start..).zip(&batch.layer.entries) {
            rows.push(index, entry).map_err(disk)?;
        }
        let mark = self.check(&rows)?;
        let started = Instant::now();
        self.files.log.write(rows).map_err(disk)?;
        self.shared.counters.log_sync_us.record(micros(started));

        let started = Instant::now();
        let rows = batch.layer.batch();
        self.shared.counters.rows.fetch_add(rows.len() as u64, Relaxed);
        self.files.view.write(rows, &mark).map_err(disk)?;
        self.shared.counters.view_write_us.record(micros(started));
        self.mark = mark;
        Ok(())
    }

    /// Derives chain and tree again from the very bytes that will be written: a flipped bit must stop the
    /// writer before it is signed.
    fn check(&self, rows: &LogBatch<'_>) -> Result<Watermark, StopCause> {
        let mut mark = self.mark.clone();
        for entry in rows.entries().map_err(disk)? {
            let index = mark.size();
            check_entry(&entry, &mark)
                .map_err(|fault| StopCause::Inconsistent { index, fault: fault.to_owned() })?;
            mark.chain = entry.chain;
            mark.range.append(leaf_hash(&entry.leaf));
        }
        Ok(mark)
    }

    fn count(&self, batch: &Batch) {
        let counters = &self.shared.counters;
        let entries = batch.layer.entries.len() as u64;
        let bytes: usize = batch.layer.entries.iter().map(|entry| entry.payload.len()).sum();
        counters.statements.fetch_add(entries, Relaxed);
        counters.batch_statements.record(entries);
        counters.links.fetch_add(batch.links as u64, Relaxed);
        counters.payload_bytes.fetch_add(bytes as u64, Relaxed);
    }

    /// Signs the present state and keeps the note, synced, before anybody sees it.
    fn checkpoint(&mut self) -> Result<(), StopCause> {
        let (size, root) = (self.mark.size(), self.mark.range.root());
        let signed =
            Checkpoint::new(self.signer.verifier().name(), size, root).and_then(|c| c.sign(self.signer));
        let note =
            signed.map_err(|e| StopCause::Inconsistent { index: size, fault: e.to_string() })?.to_string();
        self.files.log.put_checkpoint(size, &note).map_err(disk)?;
        self.shared.set_checkpoint(SignedCheckpoint { size, root, note });
        self.shared.counters.checkpoints.fetch_add(1, Relaxed);
        self.signed = (size, Some(Instant::now()));
        Ok(())
    }
}

/// What can be seen of an entry without its links.
fn check_entry(entry: &RecordedEntry, before: &Watermark) -> Result<(), &'static str> {
    let leaf = Leaf::decode(&entry.leaf).map_err(|_| "the leaf is malformed")?;
    let envelope = Envelope::decode(&entry.envelope).map_err(|_| "the envelope is malformed")?;
    if leaf.leaf_type != LeafType::Statement || leaf.content != content_hash(&entry.envelope) {
        return Err("the leaf does not commit to the envelope");
    }
    if envelope.digest != sha256(&[&entry.payload]) {
        return Err("the envelope does not commit to the payload");
    }
    if entry.chain != chain_hash(&before.chain, &entry.leaf) {
        return Err("the chain hash does not follow");
    }
    Ok(())
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
        let before = Watermark { chain: [4; 32], ..Watermark::default() };
        let chain = chain_hash(&before.chain, &leaf);
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
