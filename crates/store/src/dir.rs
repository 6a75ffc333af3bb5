//! The directory: who has it open, and which view is in use.

use std::{
    fmt,
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

use custody::RecordedEntry;
use merkle::Hash;
use rocksdb::Cache;

use crate::{Config, Log, StoreError, StoredView};

/// Folder of the runs, by number of the view that they go with.
pub(crate) const RUNS: &str = "runs";

/// A ledger's directory, locked: no other process opens it until this is dropped.
pub struct Dir {
    path: PathBuf,
    config: Config,
    cache: Cache,
    // Held for its lock.
    _lock: File,
}

impl fmt::Debug for Dir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dir").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Dir {
    /// Makes a log with this entry 0 in a new or empty directory.
    ///
    /// # Errors
    /// The directory is not empty, or cannot be written.
    pub fn create(
        path: &Path,
        config: &Config,
        ledger: &Hash,
        genesis: &RecordedEntry,
    ) -> Result<(), StoreError> {
        require_empty(path)?;
        let this = Self::lock(path, config)?;
        make_private(&this.log_path())?;
        Log::create(&this.log_path(), &this.config, &this.cache, ledger, genesis)?;
        sync_dir(path)
    }

    /// Locks an existing ledger's directory.
    ///
    /// # Errors
    /// There is no ledger, or another process has it open.
    pub fn open(path: &Path, config: &Config) -> Result<Self, StoreError> {
        require_ledger(path)?;
        Self::lock(path, config)
    }

    fn lock(path: &Path, config: &Config) -> Result<Self, StoreError> {
        let name = path.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&name)
            .map_err(StoreError::io(&name))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(locked(path, file)),
            Err(TryLockError::Error(e)) => return Err(StoreError::io(&name)(e)),
        }
        let owner = format!("process {}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(owner.as_bytes()))
            .map_err(StoreError::io(&name))?;
        let cache = Cache::new_lru_cache(config.block_cache);
        Ok(Self { path: path.to_owned(), config: config.clone(), cache, _lock: file })
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn log_path(&self) -> PathBuf {
        self.path.join("log")
    }

    fn view_path(&self, number: u64) -> PathBuf {
        self.path.join("view").join(number.to_string())
    }

    /// Where the runs that go with a view lie; made if it is missing.
    ///
    /// # Errors
    /// The disk.
    pub fn runs(&self, view: &StoredView) -> Result<PathBuf, StoreError> {
        let path = self.path.join(RUNS).join(view.number().to_string());
        make_private(&path)?;
        Ok(path)
    }

    /// Opens the log.
    ///
    /// # Errors
    /// It is of another version, damaged, or cannot be read.
    pub fn open_log(&self) -> Result<Log, StoreError> {
        Log::open(&self.log_path(), &self.config, &self.cache)
    }

    /// Opens the view in use; where there is none, an empty one is made.
    ///
    /// # Errors
    /// It is of another version, damaged, or cannot be read.
    pub fn open_view(&self) -> Result<StoredView, StoreError> {
        match current_view(&self.path)? {
            Some(number) => StoredView::open(&self.view_path(number), number, &self.config, &self.cache),
            None => {
                let view = self.new_view()?;
                self.use_view(&view)?;
                Ok(view)
            }
        }
    }

    /// Makes an empty view beside the one in use, in place of what an interrupted attempt left.
    ///
    /// # Errors
    /// The disk.
    pub fn new_view(&self) -> Result<StoredView, StoreError> {
        // By the names of the folders: a damaged CURRENT is a reason to rebuild, not to refuse to.
        let number = self.view_numbers()?.max().map_or(1, |n| n.saturating_add(1));
        let path = self.view_path(number);
        if path.exists() {
            fs::remove_dir_all(&path).map_err(StoreError::io(&path))?;
        }
        let runs = self.path.join(RUNS).join(number.to_string());
        if runs.exists() {
            fs::remove_dir_all(&runs).map_err(StoreError::io(&runs))?;
        }
        make_private(&path)?;
        StoredView::open(&path, number, &self.config, &self.cache)
    }

    fn view_numbers(&self) -> Result<impl Iterator<Item = u64>, StoreError> {
        let views = self.path.join("view");
        let names = match fs::read_dir(&views) {
            Ok(entries) => entries.flatten().map(|e| e.file_name()).collect(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(StoreError::io(&views)(e)),
        };
        Ok(names.into_iter().filter_map(|name| name.to_str()?.parse().ok()))
    }

    /// Makes `view` the one in use. It must have been flushed if it has rows. Others are removed; that may
    /// be interrupted.
    ///
    /// # Errors
    /// The disk; then the view in use is the old one, or this.
    pub fn use_view(&self, view: &StoredView) -> Result<(), StoreError> {
        let views = self.path.join("view");
        let (name, draft) = (views.join("CURRENT"), views.join("CURRENT.new"));
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&draft)?;
            writeln!(file, "{}", view.number())?;
            file.sync_all()?;
            fs::rename(&draft, &name)
        };
        write().map_err(StoreError::io(&name))?;
        sync_dir(&views)?;
        sync_dir(&self.path)?;
        remove_others(&views, &self.view_path(view.number()))?;
        let runs = self.path.join(RUNS);
        if runs.exists() {
            remove_others(&runs, &runs.join(view.number().to_string()))?;
        }
        Ok(())
    }
}

/// Removes every folder in `parent` but `kept`.
fn remove_others(parent: &Path, kept: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(parent).map_err(StoreError::io(parent))? {
        let path = entry.map_err(StoreError::io(parent))?.path();
        if path.is_dir() && path != kept {
            fs::remove_dir_all(&path).map_err(StoreError::io(&path))?;
        }
    }
    Ok(())
}

/// The number of the view in use; `None` where there is none.
pub(crate) fn current_view(dir: &Path) -> Result<Option<u64>, StoreError> {
    let name = dir.join("view").join("CURRENT");
    match fs::read_to_string(&name) {
        Ok(text) => match text.trim_end().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(StoreError::View(format!("{} does not name a view", name.display()))),
        },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(StoreError::io(name)(e)),
    }
}

/// Refuses a directory without a log, and says so where it cannot even be looked into.
pub(crate) fn require_ledger(dir: &Path) -> Result<(), StoreError> {
    let name = dir.join("log").join("CURRENT");
    match fs::metadata(&name) {
        Ok(meta) if meta.is_file() => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => Err(StoreError::io(name)(e)),
        _ => Err(StoreError::NoLedger(dir.to_owned())),
    }
}

pub(crate) fn locked(path: &Path, mut file: File) -> StoreError {
    let mut owner = String::new();
    // Best effort: it only tells people whom to stop.
    let read = file.read_to_string(&mut owner);
    let owner = match owner.trim() {
        text if read.is_ok() && !text.is_empty() && text.len() < 100 && !is_gone(text) => text.to_owned(),
        // Whoever only reads, such as `verify`, leaves the name of the last writer there.
        _ => "another process".to_owned(),
    };
    StoreError::Locked { dir: path.to_owned(), owner }
}

/// Whether the process named is known to have ended.
fn is_gone(owner: &str) -> bool {
    let processes = Path::new("/proc");
    let id = owner.strip_prefix("process ").and_then(|id| id.parse::<u32>().ok());
    id.is_some_and(|id| processes.join("self").exists() && !processes.join(id.to_string()).exists())
}

/// Makes the directory if it is missing, and refuses one that holds anything but keys and certificates.
pub(crate) fn require_empty(path: &Path) -> Result<(), StoreError> {
    const BESIDE: [&str; 2] = ["keys", "tls"];
    if fs::metadata(path).is_ok_and(|found| !found.is_dir()) {
        return Err(StoreError::NotADirectory(path.to_owned()));
    }
    make_private(path)?;
    for entry in fs::read_dir(path).map_err(StoreError::io(path))? {
        let name = entry.map_err(StoreError::io(path))?.file_name();
        if !BESIDE.iter().any(|beside| name == *beside) {
            return Err(StoreError::NotEmpty(path.to_owned()));
        }
    }
    Ok(())
}

/// Makes a directory, and those above it that are missing, for its owner only: what everybody has traded
/// with everybody lies there. One that exists keeps the permissions it was given.
pub(crate) fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(StoreError::io(path))
}

/// Makes names in a directory durable.
pub(crate) fn sync_dir(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(StoreError::io(path))
}
