//! Bringing a view up to its log: on open for the tail that a crash left, on rebuild for everything.

use std::{collections::BTreeMap, path::Path};

use custody::{RecordedEntry, View, ViewError, sealed, tables::subject};
use merkle::{Checkpoint, CompactRange, Note, TiledTree, VerifierKey, leaf_hash, tree_root};
use runs::{Book, Durability, Record, RunError};
use statement::{Leaf, LeafType, Seal, SubjectKey, SubjectState};
use store::{Log, StoreError, StoredView, Watermark};

use crate::{
    Error, Progress, SignedCheckpoint, access::Follower, edge::Edge, overlay::Overlay, sequence::Sequence,
    tiles::Tiles,
};

/// Entries between two writes of the view, and two calls of progress.
pub(crate) const STEP: usize = 1_024;

/// Replays what the view lacks. The entries come from the log, so only the view is written, and in `runs` what
/// seals name; not durable there, and only what the newest names, where the view is a new one.
pub(crate) fn catch_up(
    log: &Log,
    view: &StoredView,
    runs: (&Path, Durability),
    cached_rows: usize,
    kept: Option<&SignedCheckpoint>,
    progress: Progress<'_>,
) -> Result<(Edge, Book), Error> {
    let mark = view.watermark()?;
    let recorded_at = check_watermark(log, &mark)?;
    let mut edge = Edge::load(log, view)?;
    let overlay = Overlay::new(log, view, mark.size(), cached_rows);
    let mut book = open_book(&overlay, runs)?;
    let mut accesses = Follower::after(custody::digested(&overlay)?.map(|newest| newest.minute));
    let mut sequence = Sequence::new(overlay, mark.chain, recorded_at);
    check_root(&mark.range, kept)?;
    for entry in log.entries(mark.size())? {
        let entry = entry?;
        if entry.leaf[1] == LeafType::Seal as u8 {
            write(view, &mut sequence, &mut edge)?;
            follow(&mut book, &sequence.overlay, &entry)?;
        }
        let index = edge.mark().size();
        sequence.replay(&entry)?;
        if entry.leaf[1] == LeafType::AccessDigest as u8 {
            accesses.follow(log, index, &entry.payload)?;
        }
        book.note(index, std::mem::take(&mut sequence.touched));
        edge.append(&entry);
        check_root(&edge.mark().range, kept)?;
        if sequence.overlay.pending() >= STEP {
            write(view, &mut sequence, &mut edge)?;
            progress(edge.mark().size(), log.size());
        }
    }
    write(view, &mut sequence, &mut edge)?;
    progress(edge.mark().size(), log.size());
    Ok((edge, book))
}

/// The runs of the newest seal of a view, and what its later entries name, with the states after each of them: worked
/// out backwards from what the view says of the subjects now.
pub(crate) fn open_book<V: View>(view: &V, (runs, durability): (&Path, Durability)) -> Result<Book, Error> {
    let newest = sealed(view)?;
    if newest.index == 0 && view.size() == 0 {
        return Ok(Book::new(runs, durability));
    }
    let mut book = match newest.index {
        0 => Book::new(runs, durability),
        index => Book::open(runs, &seal_at(view, index)?)?,
    };
    let missing = || ViewError("a subject is missing; run `yuanliu rebuild`".into());
    let (mut later, mut noted) = (BTreeMap::<SubjectKey, u64>::new(), Vec::new());
    for index in (newest.covered..view.size()).rev() {
        let mut records = Vec::new();
        let entry = view.entry(index)?.ok_or_else(missing)?;
        for link in custody::links_of(view, index)? {
            let later = later.entry(link.subject).or_default();
            let row = subject(view, &link.subject)?.ok_or_else(missing)?;
            let count = row.count.checked_sub(*later).ok_or_else(missing)?;
            *later += 1;
            let state = SubjectState { head: link.head(index, &leaf_hash(&entry.leaf)), count, last: index };
            records.push(Record { subject: link.subject, state });
        }
        noted.push((index, records));
    }
    noted.into_iter().rev().for_each(|(index, records)| book.note(index, records));
    Ok(book)
}

pub(crate) fn seal_at<V: View>(view: &V, index: u64) -> Result<Seal, Error> {
    let damaged = |fault: String| Error::Seal { index, fault };
    let entry = view.entry(index)?.ok_or_else(|| damaged("it is missing".into()))?;
    Seal::decode(&entry.payload).map_err(|e| damaged(e.to_string()))
}

/// Derives what a seal that stands next says of the tree and of subjects, and compares. All entries before it
/// must be in the view.
pub(crate) fn follow<V: View>(book: &mut Book, view: &V, entry: &RecordedEntry) -> Result<(), Error> {
    let index = view.size();
    let wrong = |fault: String| Error::Seal { index, fault };
    let seal = Seal::decode(&entry.payload).map_err(|e| wrong(e.to_string()))?;
    if seal.covered <= book.covered() || seal.covered > index {
        return Err(wrong(format!("it covers {} entries", seal.covered)));
    }
    let root = tree_root(&TiledTree::new(Tiles(view), index), seal.covered)?;
    if root != seal.root {
        return Err(wrong("its root is not that of the entries it covers".into()));
    }
    book.follow(&seal).map_err(|e| match e {
        RunError::Root { .. } | RunError::Input(_) => wrong(e.to_string()),
        e => e.into(),
    })
}

fn write(view: &StoredView, sequence: &mut Sequence<'_>, edge: &mut Edge) -> Result<(), Error> {
    if sequence.overlay.pending() == 0 {
        return Ok(());
    }
    let (layer, written) = sequence.overlay.hand_over();
    sequence.overlay.retire(written);
    let mut rows = layer.batch();
    edge.write(&mut rows);
    Ok(view.write(rows, edge.mark())?)
}

/// Sees to it that the view was made from this log. Gives the time of its last entry.
pub(crate) fn check_watermark(log: &Log, mark: &Watermark) -> Result<u64, Error> {
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
