//! The contents of a server's log, which it gives to whoever may read them: copied, and derived from the copy.

use std::path::Path;

use anyhow::Result;
use audit::{Auditor, Defect, Fault};
use client::{Client, ClientError, EntryRange};
use custody::{MemoryView, RecordedEntry};
use ledger::Derivation;
use merkle::{Checkpoint, VerifierKey};
use proto::v1::{Entry, GetEntryRequest};
use statement::LeafType;
use tokio::{runtime::Handle, sync::mpsc};

use super::engine::{Engine, Found, Notes};
use crate::exit;

/// Entries that go from the network to the checks at a time, bytes of payload after which they do, and how often that
/// may be ahead.
const CHUNK: (usize, usize, usize) = (256, 1 << 20, 8);

/// The log of a server, as one reader may see it.
pub struct Remote {
    client: Client,
    log_key: VerifierKey,
    runtime: Handle,
}

/// A copy of the log in a folder, and what is derived from it.
pub struct Mirror(Derivation);

impl Mirror {
    /// For reading what was derived.
    pub const fn derivation(&self) -> &Derivation {
        &self.0
    }
}

/// A checkpoint up to which a log is to be checked.
pub struct Target {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The same as signed.
    pub note: String,
    /// Other signed checkpoints, by size.
    pub more: Vec<(u64, String)>,
}

impl Remote {
    /// Must be made in a runtime, and used outside of its threads.
    pub async fn new(client: Client) -> Result<Self> {
        let log_key = client.ledger().await?.log_key;
        Ok(Self { client, log_key, runtime: Handle::current() })
    }

    /// The newest checkpoint.
    pub fn newest(&self) -> Result<Target> {
        let (checkpoint, note) = self.runtime.block_on(self.client.checkpoint(0, &self.log_key))?;
        Ok(Target { checkpoint, note, more: Vec::new() })
    }

    fn checkpoint(&self, size: u64) -> Result<Option<String>> {
        match self.runtime.block_on(self.client.checkpoint(size, &self.log_key)) {
            Ok((_, note)) => Ok(Some(note)),
            // What is given for it is held against the entries like any other.
            Err(ClientError::BadCheckpoint(bad)) => Ok(Some(bad.note)),
            Err(ClientError::Fix(failure)) if failure.reason == "NOT_FOUND" => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn entry(&self, index: u64) -> Result<Option<RecordedEntry>> {
        let answer = self.runtime.block_on(self.client.get_entry(GetEntryRequest { index }));
        match answer {
            Ok(answer) => answer.entry.map(recorded).transpose(),
            Err(ClientError::Fix(failure)) if failure.reason == "NOT_FOUND" => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The copy in a folder; where there is none it is begun with the server's first entry, or that is no genesis.
    pub fn copy(&self, folder: &Path) -> Result<Result<Mirror, Defect>> {
        let (dir, config) = (folder.join("copy"), ledger::Config::default());
        if !dir.join("log").join("CURRENT").exists() {
            let missing = Defect { index: 0, fault: Fault::Missing(1) };
            let Some(genesis) = self.entry(0)? else { return Ok(Err(missing)) };
            if let Err(defect) = Auditor::default().check(&MemoryView::default(), &genesis) {
                return Ok(Err(defect));
            }
            Derivation::create(&dir, &genesis, &config)?;
        }
        Ok(Ok(Mirror(Derivation::open(&dir, &config)?)))
    }

    /// Checks the log up to a checkpoint, from where an engine over the copy stands.
    pub fn advance(
        &self,
        engine: &mut Engine<'_>,
        copy: &Mirror,
        target: &Target,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Option<Found>> {
        let derivation = copy.derivation();
        let size = target.checkpoint.size();
        derivation.keep_checkpoint(size, &target.note)?;
        let mut notes = Signed::new(self, derivation, target, engine)?;
        let own = derivation.entries(engine.size())?.map(|entry| Ok(entry?));
        let start = derivation.log_size().max(engine.size());
        let entries = own.chain(self.entries(start, size));
        engine.advance(entries, &mut notes, progress)
    }

    /// Whether what the server shows does not go on from the copy: the first entry that does not.
    pub fn no_longer(&self, copy: &Mirror, size: u64) -> Result<Option<Defect>> {
        let derivation = copy.derivation();
        let copied = derivation.log_size();
        let kept = derivation.checkpoints()?.map(|row| row.map(|(size, _)| size));
        let signed = kept.collect::<Result<Vec<_>, _>>()?.last().copied().unwrap_or(0);
        if size < copied {
            return Ok(Some(Defect { index: size, fault: Fault::Cut(copied) }));
        }
        if size < signed {
            return Ok(Some(Defect { index: size, fault: Fault::Missing(signed) }));
        }
        let same = |index: u64| -> Result<bool> {
            let (ours, theirs) = (derivation.entry(index)?, self.entry(index)?);
            Ok(ours
                .zip(theirs)
                .is_some_and(|(ours, theirs)| ours.chain == theirs.chain && ours.leaf == theirs.leaf))
        };
        if same(copied - 1)? {
            return Ok(None);
        }
        // A chain hash tells of all entries before it, so the first that differs can be halved down to.
        let (mut low, mut high) = (0, copied - 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if same(middle)? { low = middle + 1 } else { high = middle }
        }
        Ok(Some(Defect { index: low, fault: Fault::Replaced }))
    }

    /// Entries from an index on, read ahead on the runtime.
    fn entries(&self, start: u64, end: u64) -> impl Iterator<Item = Result<RecordedEntry>> + use<> {
        let (most, bytes, ahead) = CHUNK;
        let (sender, mut receiver) = mpsc::channel::<Result<Vec<RecordedEntry>>>(ahead);
        let client = self.client.clone();
        self.runtime.spawn(async move {
            if start >= end {
                return;
            }
            let mut listed = client.entries(EntryRange { start, limit: end - start, follow: false });
            let (mut chunk, mut size, mut more) = (Vec::new(), 0, true);
            while more {
                match listed
                    .next()
                    .await
                    .map_err(anyhow::Error::from)
                    .and_then(|e| e.map(recorded).transpose())
                {
                    Ok(Some(entry)) => {
                        size += entry.payload.len();
                        chunk.push(entry);
                    }
                    Ok(None) => more = false,
                    Err(error) => {
                        let _ = sender.send(Ok(std::mem::take(&mut chunk))).await;
                        let _ = sender.send(Err(error)).await;
                        return;
                    }
                }
                if !more || chunk.len() >= most || size >= bytes {
                    size = 0;
                    // Whoever reads may have stopped at a fault.
                    if sender.send(Ok(std::mem::take(&mut chunk))).await.is_err() {
                        return;
                    }
                }
            }
        });
        let mut ready = Vec::new().into_iter();
        std::iter::from_fn(move || {
            loop {
                if let Some(entry) = ready.next() {
                    return Some(Ok(entry));
                }
                match receiver.blocking_recv()? {
                    Ok(chunk) => ready = chunk.into_iter(),
                    Err(error) => return Some(Err(error)),
                }
            }
        })
    }
}

/// An entry as the server gives it.
fn recorded(entry: Entry) -> Result<RecordedEntry> {
    let index = entry.index;
    if entry.withheld {
        return Err(exit::refused(
            format!(
                "entry {index} is withheld from this reader: the role of an auditor or authority is needed"
            ),
            format!("条目 {index} 不向此读取方显示：须有审计方或主管部门的角色"),
        ));
    }
    let odd = || exit::refused(format!("entry {index} has another form"), format!("条目 {index} 的格式有误"));
    Ok(RecordedEntry {
        leaf: entry.leaf.try_into().map_err(|_| odd())?,
        chain: entry.chain.try_into().map_err(|_| odd())?,
        envelope: entry.envelope.into(),
        payload: entry.payload,
    })
}

/// Checkpoints of a served log: those known, and those that are kept behind its seals.
struct Signed<'r> {
    remote: &'r Remote,
    derivation: &'r Derivation,
    known: Vec<(u64, String)>,
    /// Those before are given.
    next: usize,
    target: u64,
}

impl<'r> Signed<'r> {
    fn new(
        remote: &'r Remote,
        derivation: &'r Derivation,
        target: &Target,
        engine: &Engine<'_>,
    ) -> Result<Self> {
        let mut known = derivation.checkpoints()?.collect::<Result<Vec<_>, _>>()?;
        known.extend(target.more.iter().cloned());
        if engine.has_begun() {
            known.retain(|(size, _)| *size > engine.size());
        }
        known.sort_unstable();
        known.dedup();
        Ok(Self { remote, derivation, known, next: 0, target: target.checkpoint.size() })
    }
}

impl Notes for Signed<'_> {
    fn up_to(&mut self, size: u64, entry: LeafType) -> Result<Vec<(u64, String)>> {
        let begin = self.next;
        self.next += self.known[begin..].iter().take_while(|(of, _)| *of <= size).count();
        let mut found = self.known[begin..self.next].to_vec();
        // A checkpoint is kept behind every seal.
        let is_due = entry == LeafType::Seal && size < self.target && found.iter().all(|(of, _)| *of != size);
        if is_due && let Some(note) = self.behind(size)? {
            found.push((size, note));
        }
        Ok(found)
    }

    fn behind(&mut self, size: u64) -> Result<Option<String>> {
        let Some(note) = self.remote.checkpoint(size)? else { return Ok(None) };
        self.derivation.keep_checkpoint(size, &note)?;
        Ok(Some(note))
    }

    fn rest(&mut self) -> Result<Vec<(u64, String)>> {
        Ok(self.known.get(self.next).cloned().into_iter().collect())
    }
}
