//! The ledger as evidence bundles are taken from it: one state, with its newest seal and a checkpoint above it.

use std::{path::Path, sync::Arc};

use custody::{
    View, links_of,
    tables::{subject, touches},
};
use evidence::{
    RunProof, SubjectProof,
    bundle::{Source, SourceEntry, StampedNote},
};
use merkle::{Hash, TiledTree, consistency_proof, inclusion_proof};
use runs::Durability;
use statement::{Link, SubjectKey};
use store::{Dir, Log, Snapshot};

use crate::{
    Access, Config, Error, Ledger, Progress, SignedCheckpoint,
    access::keep_offline,
    open::{last_time, log_key, read_genesis},
    recover::{catch_up, newest_checkpoint, read_checkpoint},
    seals::{SealedRuns, vouched_before},
    tiles::Tiles,
};

/// One state of a ledger. Keep it for one bundle only: it holds back the disposal of old rows and runs.
pub struct LogSource<'l> {
    snapshot: Snapshot<'l>,
    sealed: Arc<SealedRuns>,
    checkpoint: SignedCheckpoint,
    log: &'l Log,
}

impl std::fmt::Debug for LogSource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogSource").field("checkpoint", &self.checkpoint.size).finish_non_exhaustive()
    }
}

impl Ledger {
    /// The present state, for a question that needs the first so many entries. Its seal is the newest that a quorum of
    /// witnesses has vouched for, where there is one that covers them and is not hours old, under the newest checkpoint
    /// that they have cosigned; else the newest.
    ///
    /// # Errors
    /// [`Error::NoSeal`]; reading failed.
    pub fn source(&self, needed: u64) -> Result<LogSource<'_>, Error> {
        let sealed = self.inner.shared.seals.covering(needed).ok_or(Error::NoSeal)?;
        let newest = self.checkpoint(None)?.ok_or(Error::NoSeal)?;
        let checkpoint = above(&sealed, self.cosigned()?, newest);
        // Last: it must hold everything that the checkpoint covers.
        Ok(LogSource { snapshot: self.snapshot()?, sealed, checkpoint, log: &self.inner.files.log })
    }
}

fn above(
    sealed: &SealedRuns,
    cosigned: Option<SignedCheckpoint>,
    newest: SignedCheckpoint,
) -> SignedCheckpoint {
    cosigned.filter(|cosigned| cosigned.size > sealed.index).unwrap_or(newest)
}

/// Opens a ledger that no server has open, brings its view up to the log, signs nothing, makes a record of the read
/// durable (the next start of the server digests it), and hands it to `ask`. Which seal: as [`Ledger::source`].
///
/// # Errors
/// The directory is in use or holds no ledger; [`Error::NoSeal`]; an entry is damaged; reading or writing failed.
pub fn with_source<T>(
    dir: &Path,
    config: &Config,
    needed: u64,
    access: Access,
    progress: Progress<'_>,
    ask: impl FnOnce(&LogSource<'_>) -> T,
) -> Result<T, Error> {
    let dir = Dir::open(dir, &config.store)?;
    let (log, view) = (dir.open_log()?, dir.open_view()?);
    let (_, genesis) = read_genesis(&log)?;
    let key = log_key(&genesis)?;
    let kept = newest_checkpoint(&log, &key)?;
    let folder = dir.runs(&view)?;
    let place = (&*folder, Durability::Now);
    let (_, book) = catch_up(&log, &view, place, config.cached_rows, kept.as_ref(), progress)?;
    let snapshot = Snapshot::new(&view, &log)?;
    let newest = custody::sealed(&snapshot)?;
    if newest.index == 0 {
        return Err(Error::NoSeal);
    }
    let (runs, _, _) = book.finish();
    let mut sealed = SealedRuns::read(&snapshot, newest.index, runs)?;
    let cosigned = log.cosigned()?;
    let cosigned = cosigned.map(|(size, note)| read_checkpoint(size, note, &key)).transpose()?;
    if let Some(cosigned) = &cosigned {
        let older = vouched_before(&snapshot, &folder, &sealed, cosigned.size)?;
        sealed = older.filter(|older| older.seal.covered >= needed).unwrap_or(sealed);
    }
    let checkpoint = above(&sealed, cosigned, kept.ok_or(Error::NoSeal)?);
    keep_offline(&log, last_time(&log)?, access)?;
    Ok(ask(&LogSource { snapshot, sealed: Arc::new(sealed), checkpoint, log: &log }))
}

impl Source for LogSource<'_> {
    type Error = Error;

    fn checkpoint(&self) -> Result<String, Error> {
        Ok(self.checkpoint.note.clone())
    }

    fn stamped(&self, size: u64) -> Result<Option<StampedNote>, Error> {
        let most = self.checkpoint.size;
        let covering = self.log.stamped_from(size)?.filter(|stamped| stamped.size <= most);
        let found = match covering {
            Some(stamped) => Some(stamped),
            None => self.log.stamped_up_to(size.min(most))?,
        };
        Ok(found.map(|stamped| StampedNote { note: stamped.note, tokens: stamped.tokens }))
    }

    fn seal(&self) -> Result<u64, Error> {
        Ok(self.sealed.index)
    }

    fn entry(&self, index: u64) -> Result<SourceEntry, Error> {
        let missing = || Error::Entry { index, fault: "it is missing".into() };
        let entry = self.snapshot.entry(index)?.ok_or_else(missing)?;
        Ok(SourceEntry { leaf: entry.leaf, envelope: entry.envelope, payload: Some(entry.payload) })
    }

    fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
        Ok(inclusion_proof(&TiledTree::new(Tiles(&self.snapshot), size), index, size)?)
    }

    fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
        Ok(consistency_proof(&TiledTree::new(Tiles(&self.snapshot), new), old, new)?)
    }

    fn links(&self, index: u64) -> Result<Vec<Link>, Error> {
        Ok(links_of(&self.snapshot, index)?)
    }

    fn subject_entries(&self, key: &SubjectKey, below: u64, limit: usize) -> Result<Vec<u64>, Error> {
        entries(&self.snapshot, key, 0, below, limit)
    }

    fn subject_proof(&self, key: &SubjectKey) -> Result<SubjectProof, Error> {
        prove(&self.sealed, key)
    }
}

/// Indices of entries that name a subject, ascending, from `start` on and below `end`; at most `max`.
pub(crate) fn entries<V: View>(
    view: &V,
    key: &SubjectKey,
    start: u64,
    end: u64,
    max: usize,
) -> Result<Vec<u64>, Error> {
    let mut found = Vec::new();
    let Some(record) = subject(view, key)? else { return Ok(found) };
    touches(view, record.number, start, &mut |touch| {
        let more = found.len() < max && touch.index < end;
        if more {
            found.push(touch.index);
        }
        Ok(more)
    })?;
    Ok(found)
}

/// What the runs say of a subject: from the newest back, until one has it.
pub(crate) fn prove(sealed: &SealedRuns, key: &SubjectKey) -> Result<SubjectProof, Error> {
    let mut proof = Vec::new();
    for run in sealed.runs.iter().rev() {
        let shown = run.prove(key)?;
        let found = matches!(shown, RunProof::Present { .. });
        proof.push(shown);
        if found {
            break;
        }
    }
    Ok(proof)
}
