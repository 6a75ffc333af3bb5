//! What this client holds the log to: its key, and the largest checkpoint it has seen.
//!
//! The log key is taken from the genesis entry, whose hash is the ledger id: whoever knows the id needs no
//! other secret. The largest checkpoint seen is kept in a file where one is named, so that a log that was
//! rolled back or shows another history to others is caught by its next answer, even after months.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use evidence::{GrowthError, NoteFault, check_growth, open_checkpoint};
use merkle::{Checkpoint, Hash, VerifierKey};
use proto::v1;
use rpc::ledger_service_client::LedgerServiceClient;
use tonic::Code;

use crate::{BadCheckpoint, Client, ClientError, error::reason, read::broken};

#[cfg(test)]
mod tests;

/// A checkpoint that this client has verified.
#[derive(Clone, Debug)]
struct Seen {
    note: String,
    checkpoint: Checkpoint,
}

/// The largest checkpoint seen.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    directory: Option<PathBuf>,
    seen: tokio::sync::Mutex<Option<Seen>>,
}

/// Two checkpoints signed by the log's key that do not go together. Keep both: they are evidence against
/// the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadHistory {
    /// The note seen before.
    pub seen: String,
    /// The one that came now.
    pub given: String,
    /// Where both were saved.
    pub saved: Option<PathBuf>,
    /// What is wrong.
    pub fault: HistoryFault,
}

/// The server's reason for a request that cannot be.
const INVALID_REQUEST: &str = "INVALID_REQUEST";

/// How two checkpoints contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryFault {
    /// Two histories.
    #[error(transparent)]
    Growth(#[from] GrowthError),
    /// The newest checkpoint is smaller than one that was signed before.
    #[error(
        "the log was rolled back: its newest checkpoint is of {newest} entries, it had signed one of {seen}"
    )]
    RolledBack {
        /// Entries that the newest checkpoint covers.
        newest: u64,
        /// Entries that had been covered.
        seen: u64,
    },
}

impl Memory {
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        Self { directory, seen: tokio::sync::Mutex::default() }
    }

    fn file(&self, ledger: &Hash) -> Option<PathBuf> {
        Some(self.directory.as_ref()?.join(format!("{}.checkpoint", hex::encode(ledger))))
    }

    /// What was kept by an earlier process.
    async fn load(&self, ledger: &Hash, key: &VerifierKey) -> Result<Option<Seen>, ClientError> {
        let Some(file) = self.file(ledger) else { return Ok(None) };
        let read = {
            let file = file.clone();
            on_disk(move || fs::read_to_string(file)).await
        };
        let note = match read {
            Ok(note) => note,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(local(&file, &e)),
        };
        // A damaged memory is not silently begun anew: that is how a rolled-back log would be believed.
        let checkpoint = open_checkpoint(&note, key).map_err(|e| {
            local(&file, &format_args!("{e}; compare it with the operator's, then move it away"))
        })?;
        Ok(Some(Seen { note, checkpoint }))
    }

    async fn keep(&self, ledger: &Hash, note: &str) -> Result<(), ClientError> {
        let Some(file) = self.file(ledger) else { return Ok(()) };
        let (place, note) = (file.clone(), note.to_owned());
        on_disk(move || replace(&place, &note)).await.map_err(|e| local(&file, &e))
    }

    /// Saves both sides of a contradiction beside the memory.
    async fn save(&self, ledger: &Hash, seen: &str, given: &str) -> Option<PathBuf> {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
        let file = self.directory.as_ref()?.join(format!("{}.fork-{at}.txt", hex::encode(ledger)));
        let text = format!(
            "{seen}\n-- the checkpoint above had been seen, the one below was given later --\n\n{given}"
        );
        on_disk(move || fs::write(&file, text).map(|()| file)).await.ok()
    }
}

/// Reads or writes off the threads that serve connections: a disk may take its time.
async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    // Fails only where the runtime is ending.
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Writes a file beside its place and moves it there.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let draft = file.with_extension(format!("draft-{}", std::process::id()));
    fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
    fs::write(&draft, text)?;
    fs::rename(&draft, file)
}

fn local(file: &Path, fault: &dyn std::fmt::Display) -> ClientError {
    ClientError::stop(Code::FailedPrecondition, reason::LOCAL, format_args!("{}: {fault}", file.display()))
}

impl Client {
    /// The key that signs this log's checkpoints: out of the genesis entry that the ledger id commits to,
    /// where the id is known; else as the server says. Asked once.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn log_key(&self) -> Result<&VerifierKey, ClientError> {
        self.facts().await.map(|facts| &facts.1)
    }

    /// Checks that the log's newest checkpoint goes on from the largest that this client has seen, and keeps
    /// it.
    ///
    /// # Errors
    /// [`ClientError::BadHistory`] where it does not; else see [`ClientError`].
    pub async fn check_log(&self) -> Result<Checkpoint, ClientError> {
        let key = self.log_key().await?;
        let (checkpoint, note) = self.checkpoint(0, key).await?;
        self.saw(note, checkpoint.clone(), true).await?;
        Ok(checkpoint)
    }

    /// Opens a note with the log's key.
    pub(crate) fn open_note(&self, note: &str, key: &VerifierKey) -> Result<Checkpoint, ClientError> {
        open_checkpoint(note, key).map_err(|fault: NoteFault| {
            ClientError::BadCheckpoint(Box::new(BadCheckpoint { note: note.to_owned(), fault }))
        })
    }

    /// Holds a checkpoint against the largest one seen. `newest` says that the log claims to have no larger.
    pub(crate) async fn saw(
        &self,
        note: String,
        checkpoint: Checkpoint,
        newest: bool,
    ) -> Result<(), ClientError> {
        let (ledger, key) = self.facts().await?;
        let memory = self.memory();
        let mut seen = memory.seen.lock().await;
        if seen.is_none() {
            *seen = memory.load(ledger, key).await?;
        }
        if let Some(seen) = seen.as_ref() {
            let fault = match self.compare(&seen.checkpoint, &checkpoint, newest).await? {
                None if checkpoint.size() <= seen.checkpoint.size() => return Ok(()),
                None => None,
                Some(fault) => Some(fault),
            };
            if let Some(fault) = fault {
                let saved = memory.save(ledger, &seen.note, &note).await;
                let bad = BadHistory { seen: seen.note.clone(), given: note, saved, fault };
                return Err(ClientError::BadHistory(Box::new(bad)));
            }
        }
        memory.keep(ledger, &note).await?;
        *seen = Some(Seen { note, checkpoint });
        Ok(())
    }

    async fn compare(
        &self,
        seen: &Checkpoint,
        given: &Checkpoint,
        newest: bool,
    ) -> Result<Option<HistoryFault>, ClientError> {
        let (old, new) = (seen.size().min(given.size()), seen.size().max(given.size()));
        if newest && given.size() < seen.size() {
            return Ok(Some(HistoryFault::RolledBack { newest: given.size(), seen: seen.size() }));
        }
        let proof = match old == new {
            true => Ok(Vec::new()),
            false => self.consistency_proof(old, new).await,
        };
        let proof = match proof {
            // It had signed so many entries, and has no tree of them any more.
            Err(ClientError::Fix(failure))
                if given.size() < seen.size() && failure.reason == INVALID_REQUEST =>
            {
                return Ok(Some(HistoryFault::RolledBack { newest: given.size(), seen: seen.size() }));
            }
            proof => proof?,
        };
        Ok(check_growth(seen, given, &proof).err().map(HistoryFault::from))
    }

    /// The proof that the tree of one size is the beginning of the tree of another; unchecked.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn consistency_proof(&self, old_size: u64, new_size: u64) -> Result<Vec<Hash>, ClientError> {
        let answer = self
            .call(v1::GetConsistencyProofRequest { old_size, new_size }, |channel, request| async move {
                LedgerServiceClient::new(channel).get_consistency_proof(request).await
            })
            .await?;
        let hash = |bytes: &Vec<u8>| bytes.as_slice().try_into();
        let hashes: Result<_, _> = answer.hashes.iter().map(hash).collect();
        hashes.map_err(|_| broken("a proof with a hash that is not of 32 bytes"))
    }
}
