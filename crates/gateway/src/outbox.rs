//! The outbox: every accepted bill, its signed bytes and its state, in one file that survives crashes.
//!
//! | table | key | value | invariant |
//! | --- | --- | --- | --- |
//! | `bill` | seq | [`Record`] as JSON | one a bill accepted |
//! | `signed` | seq | `SignedStatement`, serialized | what is sent, byte for byte |
//! | `queue` | seq | length of the signed bytes | exactly the bills that wait |
//! | `key` | number NUL kind NUL principal | seq | the newest bill of a business key |
//! | `count` | state name, or `bytes` | how many, or bytes that wait | sums over the other tables |
//! | `meta` | name | text | ledger, party, version |
//!
//! Every change is one transaction that is synced before the call returns. A file that cannot be written
//! (disk full, medium broken) makes the call fail and the next call open the file again: redb gives
//! nothing more through a handle whose write failed, and the file itself is whole.

mod query;
mod rows;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use prost::Message as _;
use proto::v1::SignedStatement;
use redb::{Database, Durability, ReadableDatabase as _, ReadableTable as _, WriteTransaction};

use crate::{
    record::{Record, State},
    settings::Limits,
};

pub use query::{Counts, Page};
use rows::{BILL, COUNT, KEY, META, QUEUE, SIGNED, count, current, damaged, decode, fetch, insert, put};

/// Version of the tables above.
const VERSION: &str = "1";
/// Name of the count of bytes that wait.
const BYTES: &str = "bytes";

/// Why the outbox cannot do it.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// Another process has it open.
    #[error("{0} is in use by another process; 该发件箱正被另一进程使用")]
    InUse(PathBuf),
    /// The file cannot be read or written. Free space or mend the disk, then try again: what was kept
    /// nevertheless is known again.
    #[error(
        "the outbox cannot be read or written ({0}): free disk space or mend the disk, then send the same again; \
         发件箱无法读写：请释放磁盘空间或修复磁盘，然后重新发送"
    )]
    Storage(String),
    /// It belongs to another ledger or party. Use another directory.
    #[error("this outbox belongs to {name} {found}, the settings say {expected}; use another data directory")]
    Foreign {
        /// "ledger" or "party".
        name: &'static str,
        /// What it was made for.
        found: String,
        /// What the settings say.
        expected: String,
    },
    /// As many bills or bytes wait as the settings allow. Wait until some have left, or raise the bound.
    #[error(
        "{waiting} {what} wait to be sent, the bound is {most}: wait until the ledger can be reached again, or \
         raise limits.waiting-{what}; 待发送已达上限，请待账本恢复连接或调高上限"
    )]
    Full {
        /// "bills" or "bytes".
        what: &'static str,
        /// How many wait, with the new ones.
        waiting: u64,
        /// How many may.
        most: u64,
    },
}

type Opener = Box<dyn Fn() -> Result<Database, redb::DatabaseError> + Send + Sync>;
type Work<T> = Result<T, OutboxError>;

/// The outbox. Calls block on the disk.
pub struct Outbox {
    path: PathBuf,
    open: Opener,
    /// `None` after a failure, until the next call opens it again.
    database: Mutex<Option<Arc<Database>>>,
    limits: Limits,
}

/// A signed bill on its way into the outbox.
#[derive(Clone, Debug)]
pub struct NewBill {
    /// All but `seq`, which the outbox gives.
    pub record: Record,
    /// What is sent.
    pub signed: SignedStatement,
}

/// What became of a bill at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It was stored and will be sent.
    New(Record),
    /// The same bill is here already.
    Same(Record),
    /// A bill with the same business key and other content is here already.
    Conflict(Record),
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
        Self::with(path, Box::new(move || Database::create(&file)), limits)
    }

    /// The same over any storage; for tests of crashes and full disks.
    pub(crate) fn with(path: &Path, open: Opener, limits: Limits) -> Work<Self> {
        let this = Self { path: path.to_path_buf(), open, database: Mutex::new(None), limits };
        this.write(|t| {
            for table in [BILL, SIGNED] {
                t.open_table(table)?;
            }
            t.open_table(QUEUE)?;
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

    /// Stores bills in order, all in one synced transaction: either the answer is given and they are there,
    /// or none is. A bill whose business key is here already is not stored again, unless the ledger refused
    /// the earlier one.
    ///
    /// # Errors
    /// [`OutboxError::Full`] where not all new ones fit, [`OutboxError::Storage`].
    pub fn accept(&self, bills: &[NewBill]) -> Work<Vec<Accepted>> {
        self.write(|t| {
            let mut answers = Vec::with_capacity(bills.len());
            for bill in bills {
                let first = current(t, &bill.record.key)?;
                answers.push(match first {
                    Some(first) if !matches!(first.state, State::Refused(_)) => {
                        Accepted::known(first, &bill.record.content)
                    }
                    _ => Accepted::New(insert(t, bill)?),
                });
            }
            Ok(self.bounded(t)?.map(|()| answers))
        })
    }

    /// Whether what would wait now is within the bounds.
    fn bounded(&self, t: &WriteTransaction) -> Result<Work<()>, redb::Error> {
        let counts = t.open_table(COUNT)?;
        let get = |name| Ok::<_, redb::Error>(counts.get(name)?.map_or(0, |v| v.value()));
        let (bills, bytes) = (get("queued")? + get("sending")?, get(BYTES)?);
        let full = |what, waiting, most| Ok(Err(OutboxError::Full { what, waiting, most }));
        if bills > self.limits.waiting_bills {
            return full("bills", bills, self.limits.waiting_bills);
        }
        if bytes > self.limits.waiting_bytes {
            return full("bytes", bytes, self.limits.waiting_bytes);
        }
        Ok(Ok(()))
    }

    /// The bill that is next in order, with its bytes.
    ///
    /// # Errors
    /// [`OutboxError::Storage`].
    pub fn next(&self) -> Work<Option<(Record, SignedStatement)>> {
        self.read(|db| {
            let t = db.begin_read()?;
            let Some(seq) = t.open_table(QUEUE)?.first()?.map(|(seq, _)| seq.value()) else {
                return Ok(None);
            };
            let record = t.open_table(BILL)?.get(seq)?.map(|v| decode(v.value())).transpose()?;
            let signed = t.open_table(SIGNED)?.get(seq)?.map(|v| SignedStatement::decode(v.value()));
            match (record, signed) {
                (Some(record), Some(Ok(signed))) => Ok(Some((record, signed))),
                _ => Err(damaged(format!("bill {seq} is queued and its bytes cannot be read"))),
            }
        })
    }

    /// Gives a bill that waits another state. One that no longer waits keeps its own, so that nothing
    /// settled is ever unsettled.
    ///
    /// # Errors
    /// [`OutboxError::Storage`].
    pub fn set(&self, seq: u64, state: &State, now: i64) -> Work<Record> {
        self.write(|t| {
            let mut record = fetch(t, seq)?;
            if record.state.waits() && record.state != *state {
                count(t, record.state.name(), -1)?;
                count(t, state.name(), 1)?;
                record.state = state.clone();
                record.changed_at = now;
                put(t, &record)?;
                if !state.waits() {
                    let bytes = t.open_table(QUEUE)?.remove(seq)?.map_or(0, |v| v.value());
                    count(t, BYTES, -i64::try_from(bytes).unwrap_or(i64::MAX))?;
                }
            }
            Ok(Ok(record))
        })
    }

    /// Replaces the bytes of a bill that waits, which the ledger has refused for their age or their key.
    ///
    /// # Errors
    /// [`OutboxError::Storage`].
    pub fn replace(&self, seq: u64, id: &str, signed: &SignedStatement) -> Work<()> {
        self.write(|t| {
            let mut record = fetch(t, seq)?;
            if record.state.waits() {
                record.id = id.to_owned();
                put(t, &record)?;
                t.open_table(SIGNED)?.insert(seq, signed.encode_to_vec().as_slice())?;
            }
            Ok(Ok(()))
        })
    }

    fn database(&self) -> Work<Arc<Database>> {
        let mut slot = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = &*slot {
            return Ok(Arc::clone(database));
        }
        let opened = (self.open)().map_err(|error| match error {
            redb::DatabaseError::DatabaseAlreadyOpen => OutboxError::InUse(self.path.clone()),
            other => OutboxError::Storage(format!("{}: {other}", self.path.display())),
        })?;
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

impl Accepted {
    /// What a bill is beside the one that is here under its business key.
    pub(crate) fn known(first: Record, content: &str) -> Self {
        if first.content == content { Self::Same(first) } else { Self::Conflict(first) }
    }
}

#[cfg(test)]
mod crash;
#[cfg(test)]
mod tests;
