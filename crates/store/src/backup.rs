//! Backups: a copy of the log alone, in files of its own, from which the view is derived again.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::Path,
};

use crate::{
    StoreError,
    dir::{RUNS, locked, make_private, require_empty, require_ledger, sync_dir},
};

/// Folders of others that are copied with a log, so that a copy is whole or none.
pub struct Beside<'a, E> {
    /// What they are called.
    pub names: &'a [&'a str],
    /// Copies them below a directory.
    pub copy: &'a mut dyn FnMut(&Path) -> Result<(), E>,
}

/// Lets `make` put a consistent copy beside `log`, copies that to `to/log`, synced, and removes it.
///
/// RocksDB's own copy shares its files with the original by hard links: damage to one would be damage
/// to the other. What makes a ledger of the copy is written after what lies beside it.
pub(crate) fn copy_out<E: From<StoreError>>(
    log: &Path,
    to: &Path,
    beside: Beside<'_, E>,
    make: impl FnOnce(&Path) -> Result<(), StoreError>,
) -> Result<(), E> {
    require_outside(log, to)?;
    require_empty(to)?;
    let draft = log.with_file_name("backup.new");
    remove(&draft)?;
    let Beside { names, copy } = beside;
    let copied = make(&draft).map_err(E::from).and_then(|()| copy_log(&draft, to, || copy(to)));
    if copied.is_err() {
        // Half a copy helps nobody; what cannot be removed either is named by the next attempt.
        for name in names.iter().chain(&["log"]) {
            let _ = remove(&to.join(name));
        }
    }
    remove(&draft)?;
    copied
}

/// Refuses a target below the directory that holds `log`, whatever links lead there.
fn require_outside(log: &Path, to: &Path) -> Result<(), StoreError> {
    let dir = log.parent().unwrap_or(log);
    let real = dir.canonicalize().map_err(StoreError::io(dir))?;
    // The target need not be there yet: its nearest ancestor that is says where it will be.
    let whole = std::path::absolute(to).map_err(StoreError::io(to))?;
    let target = whole.ancestors().find_map(|ancestor| ancestor.canonicalize().ok());
    if target.is_some_and(|target| target.starts_with(&real)) {
        return Err(StoreError::Inside { to: to.to_owned(), dir: dir.to_owned() });
    }
    Ok(())
}

/// Makes a ledger's directory out of a backup: the log is copied to a draft below `dir`, `derive` makes
/// the view there, and both are moved into place when they are whole. The log comes last: without it `dir`
/// holds no ledger.
///
/// The draft lies below `dir` and not beside it, so that a move never crosses file systems where `dir` is
/// a mount point. After an error nothing of it is left; what a restore left that was killed goes when the
/// next one begins.
///
/// # Errors
/// `backup` holds no ledger, `dir` is not empty, the disk failed, or `derive` did.
pub fn restore<T, E: From<StoreError>>(
    backup: &Path,
    dir: &Path,
    derive: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<T, E> {
    restore_beside(backup, dir, Beside { names: &[], copy: &mut |_| Ok(()) }, derive)
}

/// The same with what lies beside the log: it is copied to the draft, and moved into place before the log.
///
/// # Errors
/// As [`restore`], or that could not be copied.
pub fn restore_beside<T, E: From<StoreError>>(
    backup: &Path,
    dir: &Path,
    beside: Beside<'_, E>,
    derive: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<T, E> {
    let Beside { names, copy } = beside;
    require_ledger(backup)?;
    let made = !dir.exists();
    let draft = dir.join("restoring");
    remove_leftover(&draft, dir, names)?;
    require_empty(dir)?;
    let make = || {
        make_private(&draft)?;
        let _mark = mark(&draft, MARK)?;
        copy_log(&backup.join("log"), &draft, || Ok::<(), E>(()))?;
        copy(&draft)?;
        let derived = derive(&draft)?;
        put_in_place(&draft, dir, names)?;
        Ok(derived)
    };
    make().inspect_err(|_: &E| {
        // What cannot be removed either is named by the next attempt.
        let _ = remove(&draft);
        if made {
            let _ = fs::remove_dir(dir);
        }
    })
}

/// In a draft from its first moment to its last: it says that the draft is a restore's, and its lock that
/// the restore still runs.
const MARK: &str = "yuanliu-restore";

/// Marks a draft as that of this process.
pub(crate) fn mark(draft: &Path, mark: &str) -> Result<File, StoreError> {
    let name = draft.join(mark);
    let mut file = File::create_new(&name).map_err(StoreError::io(&name))?;
    file.try_lock().map_err(|e| StoreError::io(&name)(e.into()))?;
    writeln!(file, "process {}", std::process::id()).map_err(StoreError::io(&name))?;
    Ok(file)
}

/// Removes what a restore left that was killed, and nothing else: not what anybody else calls so, and not
/// the draft of a restore that still runs.
fn remove_leftover(draft: &Path, dir: &Path, names: &[&str]) -> Result<(), StoreError> {
    let file = match File::open(draft.join(MARK)) {
        Ok(file) => file,
        // Killed before it could mark it: empty. Else it is not ours, and in the way.
        Err(_) => return fs::remove_dir(draft).or(Ok(())),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(locked(dir, file)),
        Err(TryLockError::Error(e)) => return Err(StoreError::io(draft)(e)),
    }
    if require_ledger(dir).is_err() {
        // Killed between the moves: what came is of a log that never did.
        for name in names.iter().chain(&[RUNS, "view"]) {
            remove(&dir.join(name))?;
        }
    }
    remove(draft)
}

/// The log last, and synced before it what belongs to it.
fn put_in_place(draft: &Path, dir: &Path, names: &[&str]) -> Result<(), StoreError> {
    let into_place = |name: &str| {
        let place = dir.join(name);
        fs::rename(draft.join(name), &place).map_err(StoreError::io(&place))
    };
    let there: Vec<&str> =
        names.iter().chain(&[RUNS]).copied().filter(|name| draft.join(name).exists()).collect();
    let first = there.iter().chain(&["view"]);
    let moved = first.clone().try_for_each(|name| into_place(name));
    let moved = moved.and_then(|()| sync_dir(dir)).and_then(|()| into_place("log"));
    if moved.is_err() {
        for name in first {
            remove(&dir.join(name))?;
        }
    }
    moved?;
    remove(draft)?;
    sync_dir(dir)
}

/// Copies the files of `from` to `to/log`. The file that makes a database of them comes last, after what
/// `beside` writes.
fn copy_log<E: From<StoreError>>(
    from: &Path,
    to: &Path,
    beside: impl FnOnce() -> Result<(), E>,
) -> Result<(), E> {
    let log = to.join("log");
    make_private(&log)?;
    for entry in fs::read_dir(from).map_err(StoreError::io(from))? {
        let entry = entry.map_err(StoreError::io(from))?;
        let name = entry.file_name();
        if entry.path().is_file() && name != "CURRENT" && name != "LOCK" {
            copy_synced(&entry.path(), &log.join(name))?;
        }
    }
    sync_dir(&log)?;
    beside()?;
    sync_dir(to)?;
    copy_synced(&from.join("CURRENT"), &log.join("CURRENT"))?;
    sync_dir(&log)?;
    Ok(sync_dir(to)?)
}

fn copy_synced(from: &Path, to: &Path) -> Result<(), StoreError> {
    let copy = || -> io::Result<()> {
        let mut target = File::create_new(to)?;
        io::copy(&mut File::open(from)?, &mut target)?;
        target.sync_all()
    };
    copy().map_err(StoreError::io(to))
}

pub(crate) fn remove(dir: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(StoreError::io(dir)(e)),
        _ => Ok(()),
    }
}
