//! The outbox: every accepted bill, its signed bytes and its state, in one file that survives crashes.
//!
//! | table | key | value | invariant |
//! | --- | --- | --- | --- |
//! | `bill` | seq | [`Record`] as JSON | one a bill accepted |
//! | `signed` | seq | `SignedStatement`, serialized | what is sent, byte for byte |
//! | `queue` | seq | length of the signed bytes | exactly the bills that wait |
//! | `aside` | seq | length of the signed bytes | exactly the bills that somebody put aside |
//! | `key` | number NUL kind NUL principal | seq | the newest bill of a business key |
//! | `count` | state name, or `bytes` | how many, or bytes not settled | sums over the other tables |
//! | `meta` | name | text | ledger, party, version |
//!
//! Every change is one transaction that is synced before the call returns. A file that cannot be written
//! (disk full, medium broken) makes the call fail and the next call open the file again: redb gives
//! nothing more through a handle whose write failed, and the file itself is whole.

mod accept;
mod aside;
mod error;
mod moves;
mod query;
mod rows;

use std::{
    fmt,
    fs::OpenOptions,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use redb::{Database, Durability, ReadableDatabase as _, ReadableTable as _, WriteTransaction};

use crate::settings::Limits;

pub use accept::{Accepted, NewBill};
pub use aside::Which;
pub use error::OutboxError;
pub(crate) use moves::Passing;
pub use query::{Counts, Page};
use rows::{ASIDE, BILL, COUNT, KEY, META, QUEUE, SIGNED};

/// Version of the tables above.
const VERSION: &str = "1";
/// Name of the count of bytes that wait.
const BYTES: &str = "bytes";

type Opener = Box<dyn Fn() -> Result<Database, redb::DatabaseError> + Send + Sync>;
type Work<T> = Result<T, OutboxError>;

/// The outbox. Calls block on the disk.
pub struct Outbox {
    path: PathBuf,
    open: Opener,
    /// `None` after a failure, until the next call opens it again.
    database: Mutex<Option<Arc<Database>>>,
    /// It was open in this process, so it is ours.
    ours: AtomicBool,
    limits: Limits,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Outbox {
    /// Opens or makes the outbox in a file. Only one process can have it open.
    ///
    /// # Errors
    /// [`OutboxError::InUse`], [`OutboxError::Storage`].
    pub fn open(path: &Path, limits: Limits) -> Work<Self> {
        let file = path.to_path_buf();
        // Bills are a firm's secrets: the file is its owner's from the first byte.
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(|e| OutboxError::Storage(format!("{}: {e}", path.display())))?;
        Self::with(path, Box::new(move || Database::create(&file)), limits)
    }

    /// The same over any storage; for tests of crashes and full disks.
    pub(crate) fn with(path: &Path, open: Opener, limits: Limits) -> Work<Self> {
        let this = Self {
            path: path.to_path_buf(),
            open,
            database: Mutex::new(None),
            ours: AtomicBool::new(false),
            limits,
        };
        this.write(|t| {
            for table in [BILL, SIGNED] {
                t.open_table(table)?;
            }
            for table in [QUEUE, ASIDE] {
                t.open_table(table)?;
            }
            t.open_table(KEY)?;
            t.open_table(COUNT)?;
            let mut meta = t.open_table(META)?;
            if meta.get("version")?.is_none() {
                meta.insert("version", VERSION)?;
            }
            Ok(Ok(()))
        })?;
        match this.meta("version")? {
            Some(version) if version == VERSION => Ok(this),
            version => {
                Err(OutboxError::Storage(format!("its version is {version:?}, this program reads {VERSION}")))
            }
        }
    }

    /// A word about the outbox itself.
    ///
    /// # Errors
    /// [`OutboxError::Storage`].
    pub fn meta(&self, name: &str) -> Work<Option<String>> {
        self.read(|db| Ok(db.begin_read()?.open_table(META)?.get(name)?.map(|v| v.value().to_owned())))
    }

    /// Says once and for ever for which ledger (or party) this outbox is.
    ///
    /// # Errors
    /// [`OutboxError::Foreign`] where it is for another one.
    pub fn belong(&self, name: &'static str, expected: &str) -> Work<()> {
        self.write(|t| {
            let mut meta = t.open_table(META)?;
            let found = meta.get(name)?.map(|v| v.value().to_owned());
            match found {
                Some(found) if found == expected => Ok(Ok(())),
                Some(found) => Ok(Err(OutboxError::Foreign { name, found, expected: expected.to_owned() })),
                None => {
                    meta.insert(name, expected)?;
                    Ok(Ok(()))
                }
            }
        })
    }

    fn database(&self) -> Work<Arc<Database>> {
        let mut slot = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = &*slot {
            return Ok(Arc::clone(database));
        }
        let opened = (self.open)().map_err(|error| match error {
            redb::DatabaseError::DatabaseAlreadyOpen if self.ours.load(Ordering::Relaxed) => {
                // Another call of ours still holds the handle that failed.
                OutboxError::Storage("it is being opened again after a failure".to_owned())
            }
            redb::DatabaseError::DatabaseAlreadyOpen => OutboxError::InUse(self.path.clone()),
            other => OutboxError::Storage(format!("{}: {other}", self.path.display())),
        })?;
        self.ours.store(true, Ordering::Relaxed);
        Ok(Arc::clone(slot.insert(Arc::new(opened))))
    }

    /// After a failure the handle gives nothing more; the file is opened again by the next call.
    fn give_up(&self, error: &redb::Error) -> OutboxError {
        *self.database.lock().unwrap_or_else(PoisonError::into_inner) = None;
        OutboxError::Storage(error.to_string())
    }

    pub(crate) fn read<T>(&self, work: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Work<T> {
        let database = self.database()?;
        work(&database).map_err(|e| {
            drop(database);
            self.give_up(&e)
        })
    }

    /// One transaction, synced. Work that answers with an error of its own leaves no trace.
    fn write<T>(&self, work: impl FnOnce(&WriteTransaction) -> Result<Work<T>, redb::Error>) -> Work<T> {
        let database = self.database()?;
        let done = (|| {
            let mut transaction = database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            let answer = work(&transaction)?;
            if answer.is_ok() {
                transaction.commit()?;
            } else {
                transaction.abort()?;
            }
            Ok(answer)
        })();
        drop(database);
        done.unwrap_or_else(|e| Err(self.give_up(&e)))
    }
}

#[cfg(test)]
mod crash;
#[cfg(test)]
mod tests;
