//! What a witness remembers: of each log the checkpoint that it cosigned last, and every fork it met.
//!
//! | table | key | value | invariant |
//! | --- | --- | --- | --- |
//! | `meta` | `version`, `witness`, `meaning` | text | written once, when the state is made; no meaning = continued |
//! | `latest` | origin | [`Cosigned`] as a note | its cosignature is this witness's own |
//! | `fork` | origin id ‖ size u64 ‖ root of the second | [`Fork`] as JSON | at most [`MAX_FORKS`] an origin |
//! | `count` | `stored`, `settled` | u64 | equal but for a crash between two commits |
//!
//! A witness that forgets is worse than one that is silent: it would cosign a second history. So every change
//! is committed in two phases (redb then never falls back to an older commit), and once more with nothing in
//! it but a number: both commit slots of the file then know the change, and damage to the byte that chooses
//! between them cannot bring an old state back. Every opening checks the whole file.

mod commit;
mod error;
mod record;

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use merkle::WitnessKey;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use crate::logs::origin_id;
use commit::{begin, settle, write};
use error::trouble;

pub use error::StateError;
pub use record::{Cosigned, Fork};

/// Name of the file in the data directory.
pub const STATE_FILE: &str = "witness.redb";
/// Most forks that are kept of one log. One suffices to convict it.
pub const MAX_FORKS: usize = 64;

/// Version of the tables above.
const VERSION: &str = "1";
/// Memory for pages of the file, in bytes.
const CACHE: usize = 8 << 20;

const META: TableDefinition<'_, &str, &str> = TableDefinition::new("meta");
const LATEST: TableDefinition<'_, &str, &str> = TableDefinition::new("latest");
const FORK: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("fork");
const COUNT: TableDefinition<'_, &str, u64> = TableDefinition::new("count");

/// What a decision changes.
pub(crate) enum Change {
    Nothing,
    /// This note is the last cosigned now.
    Latest(String),
    /// This fork was met; `root` is that of the second checkpoint.
    Fork(Fork, merkle::Hash),
}

/// What the witness's cosignatures mean. It is part of the state: a key that stands for audits never stands for less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The log continues what was cosigned before.
    Continued,
    /// And everything in it was derived again.
    Audited,
}

impl Meaning {
    const fn text(self) -> &'static str {
        match self {
            Self::Continued => "continued",
            Self::Audited => "audited",
        }
    }
}

/// The state. Calls block on the disk; one at a time.
pub struct State {
    path: PathBuf,
    key: WitnessKey,
    meaning: Meaning,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// `None` before the first call and after a failure: the next call opens and checks the file.
    database: Option<Database>,
    /// Sizes cosigned in this process: no file that is opened again may know less.
    floor: BTreeMap<String, u64>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("path", &self.path).finish_non_exhaustive()
    }
}

type Work<T> = Result<T, redb::Error>;

impl State {
    /// Makes an empty state in a directory, which is made too, for its owner only.
    ///
    /// # Errors
    /// [`StateError::Exists`], [`StateError::InUse`], [`StateError::Storage`].
    pub fn create(directory: &Path, key: &WitnessKey, meaning: Meaning) -> Result<(), StateError> {
        let path = directory.join(STATE_FILE);
        let failed = |e: io::Error| StateError::Storage { path: path.clone(), fault: e.to_string() };
        private_dir(directory).map_err(failed)?;
        if path.try_exists().map_err(failed)? {
            return Err(StateError::Exists(directory.to_path_buf()));
        }
        // Made aside: a crash half-way leaves no state, rather than one without a key.
        let aside = directory.join("witness.new");
        let made = (|| {
            let database = Database::create(&aside)?;
            let t = begin(&database)?;
            {
                let mut meta = t.open_table(META)?;
                meta.insert("version", VERSION)?;
                meta.insert("witness", key.to_string().as_str())?;
                meta.insert("meaning", meaning.text())?;
            }
            t.open_table(LATEST)?;
            t.open_table(FORK)?;
            t.open_table(COUNT)?;
            t.commit()?;
            database.close()?;
            Ok(())
        })();
        made.map_err(|e| trouble(&aside, &e))?;
        fs::rename(&aside, &path).and_then(|()| sync_dir(directory)).map_err(failed)
    }

    /// Opens the state in a directory and checks all of it.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn open(directory: &Path, key: &WitnessKey, meaning: Meaning) -> Result<Self, StateError> {
        let path = directory.join(STATE_FILE);
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Err(StateError::Absent(directory.to_path_buf())),
            Err(e) => return Err(StateError::Storage { path, fault: e.to_string() }),
        }
        let this = Self { path, key: key.clone(), meaning, inner: Mutex::default() };
        this.with(|_, _| Ok(()))?;
        Ok(this)
    }

    /// The checkpoint of a log that was cosigned last.
    ///
    /// # Errors
    /// [`StateError::Damaged`], [`StateError::Storage`].
    pub fn latest(&self, origin: &str) -> Result<Option<Cosigned>, StateError> {
        self.with(|database, _| self.read_latest(database, origin))
    }

    /// Forks of a log that were met, in order of size.
    ///
    /// # Errors
    /// [`StateError::Damaged`], [`StateError::Storage`].
    pub fn forks(&self, origin: &str) -> Result<Vec<Fork>, StateError> {
        self.with(|database, _| {
            let table = database.begin_read()?.open_table(FORK)?;
            let id = origin_id(origin);
            let mut forks = Vec::new();
            for row in table.range(id.as_slice()..)?.take(MAX_FORKS) {
                let (key, value) = row?;
                if !key.value().starts_with(&id) {
                    break;
                }
                let fork = serde_json::from_slice(value.value());
                forks.push(fork.map_err(|e| redb::Error::Corrupted(format!("a fork of {origin}: {e}")))?);
            }
            Ok(forks)
        })
    }

    /// Lets `decide` look at the checkpoint that was cosigned last and say what changes. The change is on
    /// disk when this returns. Nothing else is decided meanwhile.
    ///
    /// # Errors
    /// [`StateError::Damaged`], [`StateError::Storage`]: the decision is void.
    pub(crate) fn decide<T>(
        &self,
        origin: &str,
        decide: impl FnOnce(Option<&Cosigned>) -> (Change, T),
    ) -> Result<T, StateError> {
        self.with(|database, floor| {
            let last = self.read_latest(database, origin)?;
            let (change, answer) = decide(last.as_ref());
            match change {
                Change::Nothing => {}
                Change::Latest(note) => {
                    // As whoever reads it will check it.
                    let size = Cosigned::parse(&note, origin, &self.key)?.checkpoint.size();
                    write(database, |t| {
                        t.open_table(LATEST)?.insert(origin, note.as_str())?;
                        Ok(())
                    })?;
                    floor.insert(origin.to_owned(), size);
                }
                Change::Fork(fork, root) => keep_fork(database, &fork, &root)?,
            }
            Ok(answer)
        })
    }

    #[cfg(test)]
    pub(crate) fn forget_handle(&self) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).database = None;
    }

    fn read_latest(&self, database: &Database, origin: &str) -> Work<Option<Cosigned>> {
        let table = database.begin_read()?.open_table(LATEST)?;
        let row = table.get(origin)?;
        row.map(|row| Cosigned::parse(row.value(), origin, &self.key)).transpose()
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&Database, &mut BTreeMap<String, u64>) -> Work<T>,
    ) -> Result<T, StateError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { database, floor } = &mut *inner;
        let opened = match database.take() {
            Some(opened) => opened,
            None => self.load(floor)?,
        };
        let done = work(&opened, floor);
        // After a failure the handle is not believed any more, whatever the disk has kept.
        if done.is_ok() {
            *database = Some(opened);
        }
        done.map_err(|e| trouble(&self.path, &e))
    }

    /// Opens the file and reads every row.
    fn load(&self, floor: &mut BTreeMap<String, u64>) -> Result<Database, StateError> {
        let opened = Database::builder()
            .set_cache_size(CACHE)
            .set_check_integrity_on_open(true)
            .open(&self.path)
            .map_err(|e| trouble(&self.path, &e.into()))?;
        let meta = |name| required_meta(&opened, name).map_err(|e| trouble(&self.path, &e));
        let version = meta("version")?;
        if version != VERSION {
            return Err(StateError::Version { path: self.path.clone(), found: version });
        }
        let (found, expected) = (meta("witness")?, self.key.to_string());
        if found != expected {
            return Err(StateError::Foreign { path: self.path.clone(), found, expected });
        }
        let meaning = read_meta(&opened, "meaning").map_err(|e| trouble(&self.path, &e))?;
        let audits = meaning.is_some_and(|meaning| meaning == Meaning::Audited.text());
        if audits != (self.meaning == Meaning::Audited) {
            return Err(StateError::Meaning { path: self.path.clone(), audits });
        }
        self.check_rows(&opened, floor)
            .and_then(|()| settle(&opened))
            .map_err(|e| trouble(&self.path, &e))?;
        Ok(opened)
    }

    fn check_rows(&self, database: &Database, floor: &mut BTreeMap<String, u64>) -> Work<()> {
        let table = database.begin_read()?.open_table(LATEST)?;
        let mut sizes = BTreeMap::new();
        for row in table.iter()? {
            let (origin, note) = row?;
            let cosigned = Cosigned::parse(note.value(), origin.value(), &self.key)?;
            sizes.insert(origin.value().to_owned(), cosigned.checkpoint.size());
        }
        for (origin, cosigned) in &*floor {
            if sizes.get(origin).is_none_or(|size| size < cosigned) {
                let fault = format!("size {cosigned} of {origin} was cosigned and is not there any more");
                return Err(redb::Error::Corrupted(fault));
            }
        }
        *floor = sizes;
        Ok(())
    }
}

fn read_meta(database: &Database, name: &str) -> Work<Option<String>> {
    let table = database.begin_read()?.open_table(META)?;
    Ok(table.get(name)?.map(|v| v.value().to_owned()))
}

fn required_meta(database: &Database, name: &str) -> Work<String> {
    read_meta(database, name)?.ok_or_else(|| redb::Error::Corrupted(format!("it does not say its {name}")))
}

/// Keeps a fork and tells of it, unless it is known or there are enough: anybody may send it again.
fn keep_fork(database: &Database, fork: &Fork, root: &merkle::Hash) -> Work<()> {
    let id = origin_id(&fork.origin);
    let key = [id.as_slice(), &fork.size.to_be_bytes(), root].concat();
    let table = database.begin_read()?.open_table(FORK)?;
    let mut kept = 0;
    for row in table.range(id.as_slice()..)?.take(MAX_FORKS) {
        if !row?.0.value().starts_with(&id) {
            break;
        }
        kept += 1;
    }
    if kept == MAX_FORKS || table.get(key.as_slice())?.is_some() {
        return Ok(());
    }
    drop(table);
    let value = serde_json::to_vec(fork).map_err(|e| redb::Error::Corrupted(e.to_string()))?;
    write(database, |t| {
        t.open_table(FORK)?.insert(key.as_slice(), value.as_slice())?;
        Ok(())
    })?;
    let Fork { origin, size, cosigned, other, .. } = fork;
    tracing::error!(origin, size, cosigned, other, "FORK: the log has signed two histories");
    Ok(())
}

fn private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A new name is there after a power loss only once its directory is synced.
fn sync_dir(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests;
