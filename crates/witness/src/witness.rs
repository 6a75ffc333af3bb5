//! The witness itself: request in, cosignature or refusal out.

use std::{fmt, path::Path, sync::Arc, time::SystemTime};

use merkle::{
    AddCheckpoint, AddCheckpointError, Checkpoint, CheckpointError, Cosigner, Hash, Note, NoteError,
    NoteSignature, VerifierKey,
};

use crate::{
    audit::{Audits, Unaudited},
    judge::{Objection, judge},
    logs::Logs,
    state::{Change, Cosigned, Fork, Meaning, State, StateError},
};

/// Seconds since the Unix epoch.
pub type Clock = Box<dyn Fn() -> u64 + Send + Sync>;

/// Earliest time that is believed, 2026-01-01 in seconds since the Unix epoch: a machine whose clock says less
/// has none.
const EARLIEST: u64 = 1_767_225_600;
/// A clock that was set back by no more than this many seconds stands still until it has caught up.
const SET_BACK: u64 = 5;

/// The system's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Box::new(|| SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// Why there is no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The request cannot be read. Correct it.
    #[error("malformed request: {0}")]
    Request(#[from] AddCheckpointError),
    /// What the log has signed is not a checkpoint as it is read here.
    #[error("malformed checkpoint: {0}")]
    Checkpoint(CheckpointError),
    /// The log is not one of those that are witnessed. Its key has to be configured here.
    #[error("the log is not known to this witness")]
    UnknownOrigin,
    /// No key that is known of the log has signed.
    #[error("no known key of the log has signed the checkpoint")]
    Unsigned,
    /// The checkpoint does not continue what was cosigned.
    #[error(transparent)]
    Objection(#[from] Objection),
    /// What is cosigned bears a time, and there is none.
    #[error("the clock of this witness is not set")]
    Clock,
    /// An auditing witness has not derived this, or otherwise.
    #[error("{why}")]
    Unaudited {
        /// Why.
        why: Unaudited,
        /// Size of the checkpoint that was cosigned last; 0 for none.
        last: u64,
    },
    /// The state cannot be used. The operator has to look.
    #[error("the witness cannot use its state")]
    State(#[from] StateError),
}

/// A witness. Calls block on the disk.
pub struct Witness {
    cosigner: Cosigner,
    logs: Logs,
    state: State,
    clock: Clock,
    /// Of one that audits.
    audits: Option<Arc<Audits>>,
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness").field("key", &self.cosigner.witness().to_string()).finish_non_exhaustive()
    }
}

impl Witness {
    /// Opens the state in a directory, or makes it where `new` says that there was none before.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn open(
        directory: &Path,
        new: bool,
        cosigner: Cosigner,
        logs: Logs,
        clock: Clock,
    ) -> Result<Self, StateError> {
        Self::make(directory, new, cosigner, logs, clock, None)
    }

    /// The same for a witness that cosigns only what has been derived again. Its state says so: it never cosigns
    /// otherwise.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn open_auditing(
        directory: &Path,
        new: bool,
        cosigner: Cosigner,
        logs: Logs,
        clock: Clock,
        audits: Arc<Audits>,
    ) -> Result<Self, StateError> {
        Self::make(directory, new, cosigner, logs, clock, Some(audits))
    }

    fn make(
        directory: &Path,
        new: bool,
        cosigner: Cosigner,
        logs: Logs,
        clock: Clock,
        audits: Option<Arc<Audits>>,
    ) -> Result<Self, StateError> {
        let meaning = if audits.is_some() { Meaning::Audited } else { Meaning::Continued };
        if new {
            State::create(directory, cosigner.witness(), meaning)?;
        }
        let state = State::open(directory, cosigner.witness(), meaning)?;
        Ok(Self { cosigner, logs, state, clock, audits })
    }

    /// How far its logs have been derived again, if it audits.
    #[must_use]
    pub fn audits(&self) -> Option<&Arc<Audits>> {
        self.audits.as_ref()
    }

    /// Which log and size the body of an `add-checkpoint` request asks about, if nothing else stands against a
    /// cosignature.
    pub(crate) fn asked(&self, body: &[u8]) -> Option<(String, u64)> {
        let request = AddCheckpoint::parse(body).ok()?;
        let (checkpoint, _) = self.authenticate(&request.note).ok()?;
        let last = self.state.latest(checkpoint.origin()).ok()?;
        judge(last.as_ref().map(|l| &l.checkpoint), request.old, &request.proof, &checkpoint).ok()?;
        Some((checkpoint.origin().to_owned(), checkpoint.size()))
    }

    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &merkle::WitnessKey {
        self.cosigner.witness()
    }

    /// The logs that it witnesses.
    #[must_use]
    pub const fn logs(&self) -> &Logs {
        &self.logs
    }

    /// The checkpoint of a log that was cosigned last.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn latest(&self, origin: &str) -> Result<Option<Cosigned>, StateError> {
        self.state.latest(origin)
    }

    /// Forks of a log that were met.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn forks(&self, origin: &str) -> Result<Vec<Fork>, StateError> {
        self.state.forks(origin)
    }

    /// Answers the body of an `add-checkpoint` request. What was cosigned is on disk when this returns.
    ///
    /// # Errors
    /// See [`Refusal`]; in the order of the standard.
    pub fn add_checkpoint(&self, body: &[u8]) -> Result<Cosigned, Refusal> {
        let request = AddCheckpoint::parse(body)?;
        let (checkpoint, signed) = self.authenticate(&request.note)?;
        let origin = checkpoint.origin();
        let answer = self.state.decide(origin, |last| {
            match judge(last.map(|l| &l.checkpoint), request.old, &request.proof, &checkpoint) {
                Ok(()) => match self.audited(last, &checkpoint, &signed) {
                    Ok(()) => self.cosign(last, &checkpoint, &signed),
                    Err(refusal) => (Change::Nothing, Err(refusal)),
                },
                Err(objection) => (self.keep(last, objection, &checkpoint, &signed), Err(objection.into())),
            }
        })?;
        if let Err(Refusal::Objection(objection)) = &answer {
            tracing::warn!(origin, size = checkpoint.size(), %objection, "not cosigned");
        }
        answer
    }

    /// The checkpoint, if a known key of its log has signed it, and the note without what others signed.
    fn authenticate(&self, note: &Note) -> Result<(Checkpoint, String), Refusal> {
        let origin = note.text().lines().next().unwrap_or_default();
        let keys = self.logs.keys(origin).ok_or(Refusal::UnknownOrigin)?;
        let good: Vec<&VerifierKey> = keys.iter().filter(|key| note.verify(key).is_ok()).collect();
        let Some(first) = good.first() else { return Err(Refusal::Unsigned) };
        let checkpoint = Checkpoint::open(note, first).map_err(Refusal::Checkpoint)?;
        let mut signed = format!("{}\n", note.text());
        for key in good {
            if let Some(line) = note.signatures().iter().find(|line| line.names(key)) {
                signed.push_str(&format!("{line}\n"));
            }
        }
        Ok((checkpoint, signed))
    }

    fn audited(&self, last: Option<&Cosigned>, checkpoint: &Checkpoint, signed: &str) -> Result<(), Refusal> {
        let Some(audits) = &self.audits else { return Ok(()) };
        let last = last.map_or(0, |last| last.checkpoint.size());
        audits.judge(checkpoint, signed).map_err(|why| Refusal::Unaudited { why, last })
    }

    fn cosign(
        &self,
        last: Option<&Cosigned>,
        checkpoint: &Checkpoint,
        signed: &str,
    ) -> (Change, Result<Cosigned, Refusal>) {
        let made = self.time(last).and_then(|time| {
            let note = |line: NoteSignature| Note::parse(format!("{signed}{line}\n").as_bytes());
            let note = self.cosigner.cosign(checkpoint, time).and_then(note);
            let note = note.map_err(|e| Refusal::Checkpoint(e.into()))?;
            Ok(Cosigned { note, checkpoint: checkpoint.clone(), time })
        });
        let change = made.as_ref().map_or(Change::Nothing, |c| Change::Latest(c.note.to_string()));
        (change, made)
    }

    fn time(&self, last: Option<&Cosigned>) -> Result<u64, Refusal> {
        let now = (self.clock)();
        if now < EARLIEST {
            tracing::error!(now, "the clock is not set: nothing is cosigned");
            return Err(Refusal::Clock);
        }
        let before = last.map_or(0, |l| l.time);
        if before > now.saturating_add(SET_BACK) {
            tracing::warn!(now, before, "the clock was set back: a later time was cosigned before");
            return Ok(now);
        }
        Ok(now.max(before))
    }

    /// Two roots of one size are kept.
    fn keep(&self, last: Option<&Cosigned>, why: Objection, other: &Checkpoint, signed: &str) -> Change {
        let (Objection::Fork { size }, Some(last)) = (why, last) else { return Change::Nothing };
        let fork = Fork {
            origin: other.origin().to_owned(),
            size,
            seen_at: (self.clock)(),
            cosigned: last.note.to_string(),
            other: signed.to_owned(),
        };
        Change::Fork(fork, *other.root())
    }

    /// The own signature line of a checkpoint that was cosigned.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`], which only a note of another witness can cause.
    pub(crate) fn line<'n>(&self, cosigned: &'n Cosigned) -> Result<&'n NoteSignature, NoteError> {
        let key = self.key();
        let own = |line: &&NoteSignature| line.name() == key.name() && line.key_hash() == key.hash();
        cosigned.note.signatures().iter().find(own).ok_or(NoteError::Unsigned)
    }

    /// The origin that a path names, as 64 hex digits.
    pub(crate) fn origin(&self, id: &str) -> Option<&str> {
        let id: Hash = hex::decode(id).ok()?.try_into().ok()?;
        self.logs.by_id(&id)
    }

    /// The next call opens the state's file again.
    #[cfg(test)]
    pub(crate) fn forget_handle(&self) {
        self.state.forget_handle();
    }
}

#[cfg(test)]
mod tests;
