//! A log derived anew: view, tree and runs made step by step out of entries that the caller has checked, beside
//! whatever keeps the entries.

use std::{
    fs,
    path::{Path, PathBuf},
};

use custody::{Outcome, Put, RecordedEntry, Table, View};
use merkle::{CompactRange, Hash, TILE_WIDTH, TiledTree, leaf_hash, sha256, tree_root};
use runs::{Book, Durability, Record, RunError};
use statement::{Envelope, Leaf, LeafType, SubjectKey, chain_hash, content_hash};
use store::{Dir, Log, ReadOnlyDir, Snapshot, StoredView};

use crate::{
    Config, Error, MAX_UNSEALED,
    access::Follower,
    edge::Edge,
    overlay::Overlay,
    recover::{STEP, check_watermark, follow, open_book},
    seen::notes,
    sequence::records,
    tiles::Tiles,
};

/// What an entry leads to.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Rows of the view.
    pub puts: Vec<Put>,
    /// What it names, with the states after it.
    pub records: Vec<Record>,
}

impl From<Outcome> for Changes {
    fn from(outcome: Outcome) -> Self {
        Self { records: records(&outcome).collect(), puts: outcome.puts }
    }
}

/// The view in use, compared with the one that was derived from the same entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewCheck {
    /// There is none, or it holds nothing yet: it is made when the ledger is opened.
    Absent,
    /// What was derived is not of as many entries.
    NotReached,
    /// The same keys and values.
    Same,
    /// It differs, is of other entries, or cannot be read: why.
    Differs(String),
}

/// Where a derivation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// Chain hash after the last entry.
    pub chain: Hash,
    /// The tree over the leaves.
    pub tree: CompactRange,
}

/// A log, and what is derived from it. What was written lasts, but for the newest of it after a crash: opened again it
/// stands where it stood then, or at an earlier step.
///
/// One thread takes [`steps`](Self::steps); any thread reads.
pub struct Derivation {
    log: Log,
    view: StoredView,
    runs: PathBuf,
    cached_rows: usize,
    place: Place,
    durability: Durability,
}

/// How an entry differs from what it was when it was derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is another one, or gone.
    Replaced,
    /// It has the same leaf, but not the chain hash, envelope or payload that this commits to.
    Damaged,
}

/// Whether an entry has the chain hash, envelope and payload that its leaf commits to.
fn is_whole(entry: &RecordedEntry, chain_before: &Hash) -> bool {
    let Ok(leaf) = Leaf::decode(&entry.leaf) else { return false };
    let content = match entry.envelope.is_empty() {
        true => leaf.leaf_type != LeafType::Statement && leaf.content == content_hash(&entry.payload),
        false => {
            let signed = Envelope::decode(&entry.envelope).map(|envelope| envelope.digest);
            leaf.leaf_type == LeafType::Statement
                && leaf.content == content_hash(&entry.envelope)
                && signed.is_ok_and(|digest| digest == sha256(&[&entry.payload]))
        }
    };
    content && entry.chain == chain_hash(chain_before, &entry.leaf)
}

/// Whose directory the log lies in; held for its lock.
enum Place {
    /// A ledger's, in which nothing is written.
    Elsewhere(ReadOnlyDir),
    /// One of our own.
    Own { _dir: Dir },
}

impl std::fmt::Debug for Derivation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Derivation").field("ledger", &hex_of(self.log.ledger())).finish_non_exhaustive()
    }
}

fn hex_of(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Derivation {
    /// Of the log of a stopped ledger, in whose directory nothing is written. `scratch` is new or empty, or was used
    /// for the same log before.
    ///
    /// # Errors
    /// The directory is in use or holds no ledger; `scratch` is of another log, or cannot be written.
    pub fn beside(dir: &Path, scratch: &Path, config: &Config) -> Result<Self, Error> {
        let dir = ReadOnlyDir::open(dir, &config.store)?;
        let log = dir.open_log()?;
        let view = dir.scratch_view(&scratch.join("view"))?;
        let runs = dir.scratch_runs(&scratch.join("runs"))?;
        let place = Place::Elsewhere(dir);
        Ok(Self { log, view, runs, cached_rows: config.cached_rows, place, durability: Durability::Now })
    }

    /// For once: what is derived need not outlast this, so runs are not synced.
    #[must_use]
    pub const fn passing(mut self) -> Self {
        self.durability = Durability::Later;
        self
    }

    /// Of a copy of a log that lies in a directory of its own, which grows with what is recorded.
    ///
    /// # Errors
    /// The directory is in use or holds none.
    pub fn open(dir: &Path, config: &Config) -> Result<Self, Error> {
        let dir = Dir::open(dir, &config.store)?;
        let (log, view) = (dir.open_log()?, dir.open_view()?);
        let runs = dir.runs(&view)?;
        let place = Place::Own { _dir: dir };
        Ok(Self { log, view, runs, cached_rows: config.cached_rows, place, durability: Durability::Now })
    }

    /// Begins such a copy with entry 0, in a new or empty directory.
    ///
    /// # Errors
    /// It is not empty, or cannot be written.
    pub fn create(dir: &Path, genesis: &RecordedEntry, config: &Config) -> Result<(), Error> {
        Ok(Dir::create(dir, &config.store, &leaf_hash(&genesis.leaf), genesis)?)
    }

    /// The ledger id that is kept beside the log.
    #[must_use]
    pub const fn ledger(&self) -> &Hash {
        self.log.ledger()
    }

    /// Entries in the log; more than were derived, maybe.
    #[must_use]
    pub fn log_size(&self) -> u64 {
        self.log.size()
    }

    /// An entry of the log.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn entry(&self, index: u64) -> Result<Option<RecordedEntry>, Error> {
        Ok(self.log.entry(index)?)
    }

    /// Entries of the log from an index on.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn entries(
        &self,
        start: u64,
    ) -> Result<impl Iterator<Item = Result<RecordedEntry, Error>> + '_, Error> {
        Ok(self.log.entries(start)?.map(|entry| Ok(entry?)))
    }

    /// Checkpoints kept with the log, cosigned and time-stamped ones too, ascending by size.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn checkpoints(&self) -> Result<impl Iterator<Item = Result<(u64, String), Error>> + '_, Error> {
        Ok(notes(&self.log)?.map(|row| Ok(row?)))
    }

    /// Keeps a checkpoint with a copy, durably.
    ///
    /// # Errors
    /// It cannot be written, or the log is not a copy of our own.
    pub fn keep_checkpoint(&self, size: u64, note: &str) -> Result<(), Error> {
        self.require_own()?;
        Ok(self.log.put_checkpoint(size, note)?)
    }

    /// Whether the log is a copy of our own.
    #[must_use]
    pub const fn is_copy(&self) -> bool {
        matches!(self.place, Place::Own { .. })
    }

    fn require_own(&self) -> Result<(), Error> {
        match self.place {
            Place::Own { .. } => Ok(()),
            Place::Elsewhere(_) => Err(Error::Setting("asks to write to a log that is only read")),
        }
    }

    /// How far it has come.
    ///
    /// # Errors
    /// The view cannot be read.
    pub fn derived(&self) -> Result<Derived, Error> {
        let mark = self.view.watermark()?;
        Ok(Derived { chain: mark.chain, tree: mark.range })
    }

    /// Root over the first `size` leaves derived.
    ///
    /// # Errors
    /// [`Error::NoSuchProof`] where there are not as many; reading failed.
    pub fn root_at(&self, size: u64) -> Result<Hash, Error> {
        let snapshot = Snapshot::new(&self.view, &self.log)?;
        let entries = snapshot.watermark().size();
        if size > entries {
            return Err(Error::NoSuchProof { size, entries });
        }
        Ok(tree_root(&TiledTree::new(Tiles(&snapshot), entries), size)?)
    }

    /// Reads every entry again that was derived, and compares: the first that is another one, gone, or not whole any
    /// more. Its leaf must be the one of then, and chain hash, envelope and payload those that the leaf commits to.
    ///
    /// # Errors
    /// The view cannot be read, or the log.
    pub fn first_changed(&self, progress: &mut dyn FnMut(u64)) -> Result<Option<(u64, Change)>, Error> {
        let derived = Snapshot::new(&self.view, &self.log)?;
        let (size, mut tree) = (derived.watermark().size(), CompactRange::new());
        let (mut chain, mut damaged) = ([0; 32], None);
        for entry in self.log.entries(0)?.take(usize::try_from(size).unwrap_or(usize::MAX)) {
            let entry = entry?;
            if damaged.is_none() && !is_whole(&entry, &chain) {
                damaged = Some(tree.size());
            }
            chain = entry.chain;
            tree.append(leaf_hash(&entry.leaf));
            if tree.size().is_multiple_of(STEP as u64) {
                progress(tree.size());
            }
        }
        let damaged = damaged.map(|index| (index, Change::Damaged));
        let replaced = self.first_replaced(&derived, &tree)?.map(|index| (index, Change::Replaced));
        // Of a bundle that is not full only the tree is known: there it is the first that differs from itself.
        let is_exact = |index: u64| index < size - size % TILE_WIDTH;
        Ok(match (damaged, replaced) {
            (Some(damaged), Some(replaced)) if damaged.0 < replaced.0 || !is_exact(replaced.0) => {
                Some(damaged)
            }
            // The chain hash of one whose leaf was replaced does not follow either.
            (damaged, replaced) => replaced.or(damaged),
        })
    }

    /// The first entry that has another leaf than was derived, or is gone; `tree` is over those that the log has now.
    fn first_replaced(&self, derived: &Snapshot<'_>, tree: &CompactRange) -> Result<Option<u64>, Error> {
        if *tree == derived.watermark().range {
            return Ok(None);
        }
        let tiles = Tiles(derived);
        for index in 0..tree.size() {
            // The leaves of what is not yet a full bundle are those of the log; one of them differs.
            let (Some(leaf), Some(entry)) = (tiles.leaf(index)?, self.log.entry(index)?) else {
                return Ok(Some(index));
            };
            if leaf != entry.leaf {
                return Ok(Some(index));
            }
        }
        Ok(Some(tree.size()))
    }

    /// Begins, or goes on.
    ///
    /// # Errors
    /// The view is not of this log, or cannot be read; runs are missing or damaged.
    pub fn steps(&self) -> Result<Steps<'_>, Error> {
        let mark = self.view.watermark()?;
        check_watermark(&self.log, &mark)?;
        let edge = Edge::load(&self.log, &self.view)?;
        let overlay = Overlay::new(&self.log, &self.view, mark.size(), self.cached_rows);
        let book = open_book(&overlay, (&self.runs, self.durability))?;
        // Whoever copies a log has no access records.
        let accesses = match &self.place {
            Place::Own { .. } => None,
            Place::Elsewhere(_) => {
                Some(Follower::after(custody::digested(&overlay)?.map(|newest| newest.minute)))
            }
        };
        let live = match &self.place {
            Place::Own { .. } => Live { view: None, found: ViewCheck::Absent, digest: None },
            Place::Elsewhere(dir) => Live::open(dir, &self.log),
        };
        let (fresh, sealed, max_unsealed) = (Vec::new(), false, MAX_UNSEALED);
        let mut steps =
            Steps { derivation: self, overlay, edge, book, accesses, live, fresh, sealed, max_unsealed };
        steps.compare()?;
        Ok(steps)
    }
}

/// Steps of a derivation. What was recorded is written now and then, by [`write`](Self::write) at once, and not when
/// this is dropped.
pub struct Steps<'d> {
    derivation: &'d Derivation,
    overlay: Overlay<'d>,
    edge: Edge,
    book: Book,
    accesses: Option<Follower>,
    live: Live,
    /// Entries that the log does not have yet.
    fresh: Vec<RecordedEntry>,
    /// A seal was recorded since the view was flushed.
    sealed: bool,
    max_unsealed: u64,
}

impl std::fmt::Debug for Steps<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Steps").field("size", &self.size()).finish_non_exhaustive()
    }
}

impl Steps<'_> {
    /// The view made from the entries before the next.
    #[must_use]
    pub const fn view(&self) -> &(impl View + use<'_>) {
        &self.overlay
    }

    #[cfg(test)]
    pub(crate) const fn limit_unsealed(&mut self, most: u64) {
        self.max_unsealed = most;
    }

    /// Reads the rows of subjects together that the next entries will ask for, which costs less than one by one.
    ///
    /// # Errors
    /// The view cannot be read.
    pub fn prefetch<'k>(&self, subjects: impl Iterator<Item = &'k SubjectKey>) -> Result<(), Error> {
        let keys = subjects.map(|key| key.0.as_slice()).collect();
        Ok(self.overlay.prefetch(Table::Subject, keys)?)
    }

    /// Number of entries recorded.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.edge.mark().size()
    }

    /// Takes in the next entry, which the caller has checked, with what it leads to. Of a seal it derives what that
    /// says of tree and subjects; of an access digest what it says of the records kept, where the log lies in a
    /// ledger's directory.
    ///
    /// # Errors
    /// [`Error::Seal`]; [`Error::Access`]; [`Error::Unsealed`]; reading or writing failed.
    pub fn record(&mut self, entry: RecordedEntry, changes: Changes) -> Result<(), Error> {
        let index = self.size();
        if entry.leaf[1] == LeafType::Seal as u8 {
            self.write()?;
            follow(&mut self.book, &self.overlay, &entry)?;
            self.sealed = true;
        }
        if entry.leaf[1] == LeafType::AccessDigest as u8
            && let Some(accesses) = &mut self.accesses
        {
            accesses.follow(&self.derivation.log, index, &entry.payload)?;
        }
        if (self.book.apart() + changes.records.len()) as u64 > self.max_unsealed {
            return Err(Error::Unsealed { index, most: self.max_unsealed });
        }
        self.book.note(index, changes.records);
        self.edge.append(&entry);
        if index >= self.derivation.log.size() {
            self.fresh.push(entry.clone());
        }
        self.overlay.record(entry, changes.puts);
        if self.live.is_due(self.size()) {
            self.write()?;
            self.compare()?;
        } else if self.overlay.pending() >= STEP {
            self.write()?;
        }
        Ok(())
    }

    /// Writes what was recorded: the log first, durably.
    ///
    /// # Errors
    /// Writing failed: open the derivation anew.
    pub fn write(&mut self) -> Result<(), Error> {
        let Derivation { log, view, runs, .. } = self.derivation;
        if self.overlay.pending() == 0 {
            return Ok(());
        }
        if !self.fresh.is_empty() {
            self.derivation.require_own()?;
            let mut batch = log.batch();
            let first = log.size();
            for (index, entry) in (first..).zip(&self.fresh) {
                batch.push(index, entry)?;
            }
            log.write(batch)?;
            self.fresh.clear();
        }
        let (layer, written) = self.overlay.hand_over();
        self.overlay.retire(written);
        let mut rows = layer.batch();
        self.edge.write(&mut rows);
        view.write(rows, self.edge.mark())?;
        if self.sealed {
            // What a crash leaves of the view finds the runs that it names.
            view.flush()?;
            self.sealed = false;
            let kept = self.book.runs().iter().map(|run| &**run);
            let io = |source| RunError::Io { path: runs.clone(), source };
            for spare in runs::spare(runs, kept, &[]).map_err(io)? {
                fs::remove_file(&spare).map_err(|source| RunError::Io { path: spare.clone(), source })?;
            }
        }
        Ok(())
    }

    /// Makes what was recorded durable.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn flush(&mut self) -> Result<(), Error> {
        self.write()?;
        Ok(self.derivation.view.flush()?)
    }

    /// Digest over all rows of the view derived; everything recorded must be written.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn digest(&self) -> Result<Hash, Error> {
        match self.live.digest {
            Some((size, digest)) if size == self.size() => Ok(digest),
            _ => Ok(Snapshot::new(&self.derivation.view, &self.derivation.log)?.digest()?),
        }
    }

    /// How the view in use compares with what was derived.
    #[must_use]
    pub const fn view_check(&self) -> &ViewCheck {
        &self.live.found
    }

    fn compare(&mut self) -> Result<(), Error> {
        if self.live.is_due(self.size()) {
            self.live.compare(&self.derivation.log, &self.derivation.view)?;
        }
        Ok(())
    }
}

/// The view in use, until it has been compared.
struct Live {
    view: Option<(u64, StoredView)>,
    found: ViewCheck,
    /// Digest of what was derived, at the size at which they were compared.
    digest: Option<(u64, Hash)>,
}

impl Live {
    /// A view that cannot be opened is a finding, no failure.
    fn open(dir: &ReadOnlyDir, log: &Log) -> Self {
        let opened = dir.open_view().and_then(|view| match view {
            None => Ok(None),
            Some(view) => Ok(Some((view.watermark()?.size(), view))),
        });
        let (view, found) = match opened {
            Ok(None | Some((0, _))) => (None, ViewCheck::Absent),
            Ok(Some((size, _))) if size > log.size() => {
                let foreign = Error::ForeignView { view: size, log: log.size() };
                (None, ViewCheck::Differs(foreign.to_string()))
            }
            Ok(view) => (view, ViewCheck::NotReached),
            Err(e) => (None, ViewCheck::Differs(e.to_string())),
        };
        Self { view, found, digest: None }
    }

    /// Whether the scratch view is now as far as the one in use.
    fn is_due(&self, size: u64) -> bool {
        self.view.as_ref().is_some_and(|(due, _)| *due == size)
    }

    /// Compares both, key by key and value by value.
    fn compare(&mut self, log: &Log, scratch: &StoredView) -> Result<(), Error> {
        let Some((size, view)) = self.view.take() else { return Ok(()) };
        let derived = Snapshot::new(scratch, log)?;
        self.found = match Snapshot::new(&view, log) {
            Ok(live) => {
                let (digest, same) = derived.digest_beside(&live)?;
                self.digest = Some((size, digest));
                match same {
                    Ok(true) => ViewCheck::Same,
                    Ok(false) => {
                        ViewCheck::Differs(format!("its rows are not those that {size} entries give"))
                    }
                    Err(e) => ViewCheck::Differs(e.to_string()),
                }
            }
            Err(e) => ViewCheck::Differs(e.to_string()),
        };
        Ok(())
    }
}
