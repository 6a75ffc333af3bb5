//! Bringing a view up to its log: on open for the tail that a crash left, on rebuild for everything.

use merkle::{Checkpoint, CompactRange, Note, VerifierKey};
use statement::Leaf;
use store::{Log, StoreError, StoredView, Watermark};

use crate::{Error, Progress, SignedCheckpoint, edge::Edge, overlay::Overlay, sequence::Sequence};

/// Entries between two writes of the view, and two calls of progress.
pub(crate) const STEP: usize = 1_024;

/// Replays what the view lacks. The entries come from the log, so only the view is written.
pub(crate) fn catch_up(
    log: &Log,
    view: &StoredView,
    cached_rows: usize,
    kept: Option<&SignedCheckpoint>,
    progress: Progress<'_>,
) -> Result<Edge, Error> {
    let mark = view.watermark()?;
    let recorded_at = check_watermark(log, &mark)?;
    let mut edge = Edge::load(log, view)?;
    let overlay = Overlay::new(log, view, mark.size(), cached_rows);
    let mut sequence = Sequence::new(overlay, mark.chain, recorded_at);
    check_root(&mark.range, kept)?;
    for entry in log.entries(mark.size())? {
        let entry = entry?;
        sequence.replay(&entry)?;
        edge.append(&entry);
        check_root(&edge.mark().range, kept)?;
        if sequence.overlay.pending() >= STEP {
            write(view, &mut sequence, &mut edge)?;
            progress(edge.mark().size(), log.size());
        }
    }
    write(view, &mut sequence, &mut edge)?;
    progress(edge.mark().size(), log.size());
    Ok(edge)
}

fn write(view: &StoredView, sequence: &mut Sequence<'_>, edge: &mut Edge) -> Result<(), Error> {
    if sequence.overlay.pending() == 0 {
        return Ok(());
    }
    let (layer, written) = sequence.overlay.seal();
    sequence.overlay.retire(written);
    let mut rows = layer.batch();
    edge.write(&mut rows);
    Ok(view.write(rows, edge.mark())?)
}

/// Sees to it that the view was made from this log. Gives the time of its last entry.
fn check_watermark(log: &Log, mark: &Watermark) -> Result<u64, Error> {
    let foreign = || Error::ForeignView { view: mark.size(), log: log.size() };
    let Some(last) = mark.size().checked_sub(1) else { return Ok(0) };
    let entry = log.entry(last)?.ok_or_else(foreign)?;
    if entry.chain != mark.chain {
        return Err(foreign());
    }
    let leaf = Leaf::decode(&entry.leaf);
    leaf.map(|leaf| leaf.recorded_at).map_err(|e| Error::Entry { index: last, fault: e.to_string() })
}

fn check_root(range: &CompactRange, kept: Option<&SignedCheckpoint>) -> Result<(), Error> {
    match kept {
        Some(kept) if kept.size == range.size() && kept.root != range.root() => {
            Err(Error::Fork { size: kept.size })
        }
        _ => Ok(()),
    }
}

/// Reads a kept checkpoint, which the log's key must have signed for that size.
pub(crate) fn read_checkpoint(size: u64, note: String, key: &VerifierKey) -> Result<SignedCheckpoint, Error> {
    let damaged = |fault| StoreError::Damaged { table: "checkpoint", key: size, fault };
    let parsed = Note::parse(note.as_bytes()).map_err(|_| damaged("it is not a signed note"))?;
    let checkpoint =
        Checkpoint::open(&parsed, key).map_err(|_| damaged("the log's key has not signed it"))?;
    if checkpoint.size() != size {
        return Err(damaged("it is for another size").into());
    }
    Ok(SignedCheckpoint { size, root: *checkpoint.root(), note })
}

/// The newest kept checkpoint. It must not speak of more entries than there are: signing on would
/// contradict it.
pub(crate) fn newest_checkpoint(log: &Log, key: &VerifierKey) -> Result<Option<SignedCheckpoint>, Error> {
    let Some((size, note)) = log.newest_checkpoint()? else { return Ok(None) };
    if size > log.size() {
        return Err(Error::LostEntries { entries: log.size(), signed: size });
    }
    read_checkpoint(size, note, key).map(Some)
}
