//! Work on a ledger's directory while no server has it open.

use std::path::Path;

use custody::{Outcome, Put, RecordedEntry, View};
use merkle::{Hash, VerifierKey};
use runs::{Book, Durability, Record};
use statement::LeafType;
use store::{Beside, Dir, Log, ReadOnlyDir, Snapshot, StoreError, StoredView};

use crate::{
    Config, Error, SignedCheckpoint,
    access::Follower,
    edge::Edge,
    open::{log_key, read_genesis},
    overlay::Overlay,
    recover::{STEP, catch_up, follow, newest_checkpoint},
    seen::notes,
    sequence::records,
};

/// Called now and then with the number of entries done and in all.
pub type Progress<'p> = &'p mut dyn FnMut(u64, u64);

/// What the log of a stopped ledger says of itself.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Ledger id.
    pub ledger: Hash,
    /// Verifies its checkpoints.
    pub log_key: VerifierKey,
    /// The newest checkpoint.
    pub checkpoint: Option<SignedCheckpoint>,
}

/// Reads id, log key and newest checkpoint; nothing in `dir` is written.
///
/// # Errors
/// The directory is in use or holds no ledger, or what is read is damaged.
pub fn facts(dir: &Path, config: &Config) -> Result<Facts, Error> {
    let log = ReadOnlyDir::open(dir, &config.store)?.open_log()?;
    let (_, genesis) = read_genesis(&log)?;
    let log_key = log_key(&genesis)?;
    let checkpoint = newest_checkpoint(&log, &log_key)?;
    Ok(Facts { ledger: *log.ledger(), log_key, checkpoint })
}

/// What deriving a view anew gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Entries replayed.
    pub entries: u64,
    /// Digest over all keys and values of the new view.
    pub digest: Hash,
    /// The same of the view that was there before, where it could be read and was of the same size.
    pub digest_before: Option<Hash>,
}

/// Derives the view anew from the log and puts it in the old one's place. Interrupted at any moment, the
/// old one stays.
///
/// # Errors
/// The directory is in use or holds no ledger, an entry is damaged, or writing failed.
pub fn rebuild(dir: &Path, config: &Config, progress: Progress<'_>) -> Result<Rebuilt, Error> {
    let dir = Dir::open(dir, &config.store)?;
    let log = dir.open_log()?;
    // A view that cannot be read is a reason to rebuild, not to refuse to.
    let before = dir.open_view().ok().and_then(|view| digest(&log, &view).ok());
    let view = dir.new_view()?;
    let runs = dir.runs(&view)?;
    let (edge, book) = catch_up(&log, &view, (&runs, Durability::Later), config.cached_rows, None, progress)?;
    view.flush()?;
    book.keep()?;
    let (entries, digest) = digest(&log, &view)?;
    debug_assert_eq!(entries, edge.mark().size());
    dir.use_view(&view)?;
    let digest_before = before.and_then(|(size, digest)| (size == entries).then_some(digest));
    Ok(Rebuilt { entries, digest, digest_before })
}

fn digest(log: &Log, view: &StoredView) -> Result<(u64, Hash), Error> {
    let snapshot = Snapshot::new(view, log)?;
    Ok((snapshot.watermark().size(), snapshot.digest()?))
}

/// Makes a ledger in an empty or new directory out of a backup, and derives its view. After an error the
/// directory is as it was.
///
/// # Errors
/// As [`rebuild`]; the directory is not empty; the backup is none.
pub fn restore(backup: &Path, dir: &Path, config: &Config, progress: Progress<'_>) -> Result<Rebuilt, Error> {
    restore_beside(backup, dir, config, Beside { names: &[], copy: &mut |_| Ok(()) }, progress)
}

/// The same with what lies beside the log, such as documents: the directory holds a ledger when all of it is
/// there, and not before.
///
/// # Errors
/// As [`restore`], or that could not be copied.
pub fn restore_beside<E: From<Error>>(
    backup: &Path,
    dir: &Path,
    config: &Config,
    beside: Beside<'_, E>,
    progress: Progress<'_>,
) -> Result<Rebuilt, E> {
    let mut copy = |to: &Path| (beside.copy)(to).map_err(Failed::Beside);
    let beside = Beside { names: beside.names, copy: &mut copy };
    let restored = store::restore_beside(backup, dir, beside, |draft| {
        rebuild(draft, config, progress).map_err(Failed::Ours)
    });
    restored.map_err(Failed::into_error)
}

/// Why a copy of a ledger with what lies beside it failed.
enum Failed<E> {
    Ours(Error),
    Beside(E),
}

impl<E: From<Error>> Failed<E> {
    fn into_error(self) -> E {
        match self {
            Self::Ours(error) => error.into(),
            Self::Beside(error) => error,
        }
    }
}

impl<E> From<StoreError> for Failed<E> {
    fn from(error: StoreError) -> Self {
        Self::Ours(error.into())
    }
}

/// What a walk comes to.
#[derive(Clone, Copy, Debug)]
pub enum Step<'w> {
    /// The next entry.
    Entry(&'w RecordedEntry),
    /// A kept checkpoint, or one that was cosigned or stamped: after the last entry that it covers, or after all
    /// entries where it speaks of more than there are.
    Checkpoint {
        /// Size that it is kept for.
        size: u64,
        /// The note, as stored.
        note: &'w str,
    },
}

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

/// Decides over a step while the log is walked, with the view made from the entries before it: what an entry
/// leads to (nothing for a checkpoint), or `None` to stop.
pub type Walk<'w> = &'w mut dyn FnMut(&dyn View, Step<'_>) -> Option<Changes>;

/// What a walk came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// The ledger id that is kept beside the log.
    pub ledger: Hash,
    /// How the view in use compares.
    pub view: ViewCheck,
}

/// The view in use, compared with the one that a walk made from the same entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewCheck {
    /// There is none, or it holds nothing yet: it is made when the ledger is opened.
    Absent,
    /// The walk ended before it had come as far as the view.
    NotReached,
    /// The same keys and values.
    Same,
    /// It differs, is of other entries, or cannot be read: why.
    Differs(String),
}

/// Shows every entry and every kept checkpoint in order to `visit`, derives what every seal says of tree and
/// subjects and what every access digest says of the records kept, and compares the view in use with what the entries give. Nothing in `dir` is written; the scratch
/// view and runs are made in `scratch`, an empty or new directory elsewhere, which is the caller's to remove.
///
/// # Errors
/// The directory is in use or holds no ledger, a row of the log cannot be read, [`Error::Seal`], or writing in
/// `scratch` failed; [`Error::Access`].
pub fn walk(
    dir: &Path,
    scratch: &Path,
    config: &Config,
    visit: Walk<'_>,
    progress: Progress<'_>,
) -> Result<Walked, Error> {
    let dir = ReadOnlyDir::open(dir, &config.store)?;
    let log = dir.open_log()?;
    let view = dir.scratch_view(&scratch.join("view"))?;
    let book = Book::new(&dir.scratch_runs(&scratch.join("runs"))?, Durability::Later);
    let mut live = Live::open(&dir, &log);
    walk_over(&log, (&view, book), config, visit, progress, &mut live)?;
    Ok(Walked { ledger: *log.ledger(), view: live.found })
}

/// The view in use, until it has been compared.
struct Live {
    view: Option<(u64, StoredView)>,
    found: ViewCheck,
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
        Self { view, found }
    }

    /// Whether the scratch view is now as far as the one in use.
    fn is_due(&self, size: u64) -> bool {
        self.view.as_ref().is_some_and(|(due, _)| *due == size)
    }

    /// Compares both, key by key and value by value.
    fn compare(&mut self, log: &Log, scratch: &StoredView) -> Result<(), Error> {
        let Some((size, view)) = self.view.take() else { return Ok(()) };
        let (_, made) = digest(log, scratch)?;
        self.found = match digest(log, &view) {
            Ok((_, live)) if live == made => ViewCheck::Same,
            Ok(_) => ViewCheck::Differs(format!("its rows are not those that {size} entries give")),
            Err(e) => ViewCheck::Differs(e.to_string()),
        };
        Ok(())
    }
}

fn walk_over(
    log: &Log,
    (scratch, mut book): (&StoredView, Book),
    config: &Config,
    visit: Walk<'_>,
    progress: Progress<'_>,
    live: &mut Live,
) -> Result<(), Error> {
    let mut edge = Edge::load(log, scratch)?;
    let mut overlay = Overlay::new(log, scratch, 0, config.cached_rows);
    let mut kept = notes(log)?.peekable();
    let mut accesses = Follower::after(None);
    for entry in log.entries(0)? {
        let entry = entry?;
        let Some(Changes { puts, records }) = visit(&overlay, Step::Entry(&entry)) else { return Ok(()) };
        if entry.leaf[1] == LeafType::Seal as u8 {
            write(scratch, &mut overlay, &mut edge)?;
            follow(&mut book, &overlay, &entry)?;
        }
        if entry.leaf[1] == LeafType::AccessDigest as u8 {
            accesses.follow(log, edge.mark().size(), &entry.payload)?;
        }
        book.note(edge.mark().size(), records);
        edge.append(&entry);
        let size = edge.mark().size();
        overlay.record(entry, puts);
        while let Some(row) = kept.next_if(|row| row.as_ref().map_or(true, |(kept, _)| *kept <= size)) {
            let (size, note) = row?;
            if visit(&overlay, Step::Checkpoint { size, note: &note }).is_none() {
                return Ok(());
            }
        }
        let due = live.is_due(size);
        if due || overlay.pending() >= STEP {
            write(scratch, &mut overlay, &mut edge)?;
            progress(size, log.size());
        }
        if due {
            live.compare(log, scratch)?;
        }
    }
    for row in kept {
        let (size, note) = row?;
        if visit(&overlay, Step::Checkpoint { size, note: &note }).is_none() {
            return Ok(());
        }
    }
    progress(edge.mark().size(), log.size());
    Ok(())
}

fn write(scratch: &StoredView, overlay: &mut Overlay<'_>, edge: &mut Edge) -> Result<(), Error> {
    let (layer, written) = overlay.hand_over();
    overlay.retire(written);
    let mut rows = layer.batch();
    edge.write(&mut rows);
    Ok(scratch.write(rows, edge.mark())?)
}

/// Copies the log of a ledger into a new or empty directory; gives the number of entries copied.
///
/// # Errors
/// The directory is in use or holds no ledger; the target is not empty; the disk failed.
pub fn backup(dir: &Path, to: &Path, config: &Config) -> Result<u64, Error> {
    backup_beside(dir, to, config, Beside { names: &[], copy: &mut |_| Ok(()) })
}

/// The same with what lies beside the log: the copy is a backup when all of it is there, and not before.
///
/// # Errors
/// As [`backup`], or that could not be copied.
pub fn backup_beside<E: From<Error>>(
    dir: &Path,
    to: &Path,
    config: &Config,
    beside: Beside<'_, E>,
) -> Result<u64, E> {
    let dir = Dir::open(dir, &config.store).map_err(Error::from)?;
    let log = dir.open_log().map_err(Error::from)?;
    let mut copy = |to: &Path| (beside.copy)(to).map_err(Failed::Beside);
    log.backup_beside(to, Beside { names: beside.names, copy: &mut copy }).map_err(Failed::into_error)?;
    Ok(log.size())
}
