//! Work on a ledger's directory while no server has it open.

use std::path::Path;

use custody::{Put, RecordedEntry, View};
use merkle::{Hash, leaf_hash};
use store::{Dir, Log, Snapshot, StoredView};

use crate::{
    Config, Error,
    overlay::Overlay,
    recover::{STEP, catch_up},
};

/// Called now and then with the number of entries done and in all.
pub type Progress<'p> = &'p mut dyn FnMut(u64, u64);

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
    let mark = catch_up(&log, &view, config.cached_rows, None, progress)?;
    view.flush()?;
    let (entries, digest) = digest(&log, &view)?;
    debug_assert_eq!(entries, mark.size());
    dir.use_view(&view)?;
    let digest_before = before.and_then(|(size, digest)| (size == entries).then_some(digest));
    Ok(Rebuilt { entries, digest, digest_before })
}

fn digest(log: &Log, view: &StoredView) -> Result<(u64, Hash), Error> {
    let snapshot = Snapshot::new(view, log)?;
    Ok((snapshot.watermark().size(), snapshot.digest()?))
}

/// Makes a ledger in an empty or new directory out of a backup, and derives its view.
///
/// # Errors
/// As [`rebuild`]; the directory is not empty; the backup is none.
pub fn restore(backup: &Path, dir: &Path, config: &Config, progress: Progress<'_>) -> Result<Rebuilt, Error> {
    store::restore_log(backup, dir)?;
    rebuild(dir, config, progress)
}

/// What a walk comes to.
#[derive(Clone, Copy, Debug)]
pub enum Step<'w> {
    /// The next entry.
    Entry(&'w RecordedEntry),
    /// A kept checkpoint: after the last entry that it covers, or after all entries where it speaks of
    /// more than there are.
    Checkpoint {
        /// Size that it is kept for.
        size: u64,
        /// The note, as stored.
        note: &'w str,
    },
}

/// Decides over a step while the log is walked, with the view made from the entries before it: the rows
/// that an entry leads to (none for a checkpoint), or `None` to stop.
pub type Walk<'w> = &'w mut dyn FnMut(&dyn View, Step<'_>) -> Option<Vec<Put>>;

/// Shows every entry and every kept checkpoint in order to `visit`, and gives the ledger id that is kept
/// beside the log. The view is a scratch one beside the one in use; no entry, checkpoint or view is changed.
///
/// # Errors
/// The directory is in use or holds no ledger, a row of the log cannot be read, or writing failed.
pub fn walk(dir: &Path, config: &Config, visit: Walk<'_>, progress: Progress<'_>) -> Result<Hash, Error> {
    let dir = Dir::open(dir, &config.store)?;
    let log = dir.open_log()?;
    let scratch = dir.new_view()?;
    let walked = walk_over(&log, &scratch, config, visit, progress);
    // A damaged row ends the walk; the scratch view goes all the same.
    dir.drop_view(scratch)?;
    walked.map(|()| *log.ledger())
}

fn walk_over(
    log: &Log,
    scratch: &StoredView,
    config: &Config,
    visit: Walk<'_>,
    progress: Progress<'_>,
) -> Result<(), Error> {
    let mut mark = scratch.watermark()?;
    let mut overlay = Overlay::new(log, scratch, 0, config.cached_rows);
    let mut kept = log.checkpoints()?.peekable();
    for entry in log.entries(0)? {
        let entry = entry?;
        let Some(puts) = visit(&overlay, Step::Entry(&entry)) else { return Ok(()) };
        mark.range.append(leaf_hash(&entry.leaf));
        mark.chain = entry.chain;
        overlay.record(entry, puts);
        while let Some(row) = kept.next_if(|row| row.as_ref().map_or(true, |(size, _)| *size <= mark.size()))
        {
            let (size, note) = row?;
            if visit(&overlay, Step::Checkpoint { size, note: &note }).is_none() {
                return Ok(());
            }
        }
        if overlay.pending() >= STEP {
            let (layer, written) = overlay.seal();
            overlay.retire(written);
            scratch.write(layer.batch(), &mark)?;
            progress(mark.size(), log.size());
        }
    }
    for row in kept {
        let (size, note) = row?;
        if visit(&overlay, Step::Checkpoint { size, note: &note }).is_none() {
            return Ok(());
        }
    }
    progress(mark.size(), log.size());
    Ok(())
}

/// Copies the log of a ledger into a new or empty directory; gives the number of entries copied.
///
/// # Errors
/// The directory is in use or holds no ledger; the target is not empty; the disk failed.
pub fn backup(dir: &Path, to: &Path, config: &Config) -> Result<u64, Error> {
    let dir = Dir::open(dir, &config.store)?;
    let log = dir.open_log()?;
    log.backup(to)?;
    Ok(log.size())
}
