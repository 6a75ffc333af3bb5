//! Backups: a copy of the log alone, in files of its own, from which the view is derived again.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use crate::{
    StoreError,
    dir::{require_empty, sync_dir},
};

/// Lets `make` put a consistent copy beside `log`, copies that to `to/log`, synced, and removes it.
///
/// RocksDB's own copy shares its files with the original by hard links: damage to one would be damage
/// to the other.
pub(crate) fn copy_out(
    log: &Path,
    to: &Path,
    make: impl FnOnce(&Path) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    require_empty(to)?;
    let draft = log.with_file_name("backup.new");
    remove(&draft)?;
    let copied = make(&draft).and_then(|()| copy_log(&draft, to));
    remove(&draft)?;
    copied
}

/// Makes a ledger's directory, without a view, out of a backup.
///
/// # Errors
/// `backup` holds no ledger, `dir` is not empty, or the disk failed.
pub fn restore_log(backup: &Path, dir: &Path) -> Result<(), StoreError> {
    let log = backup.join("log");
    if !log.join("CURRENT").is_file() {
        return Err(StoreError::NoLedger(backup.to_owned()));
    }
    require_empty(dir)?;
    copy_log(&log, dir)
}

/// Copies the files of `from` to `to/log`. The file that makes a database of them comes last.
fn copy_log(from: &Path, to: &Path) -> Result<(), StoreError> {
    let log = to.join("log");
    fs::create_dir(&log).map_err(StoreError::io(&log))?;
    for entry in fs::read_dir(from).map_err(StoreError::io(from))? {
        let entry = entry.map_err(StoreError::io(from))?;
        let name = entry.file_name();
        if entry.path().is_file() && name != "CURRENT" && name != "LOCK" {
            copy_synced(&entry.path(), &log.join(name))?;
        }
    }
    sync_dir(&log)?;
    copy_synced(&from.join("CURRENT"), &log.join("CURRENT"))?;
    sync_dir(&log)?;
    sync_dir(to)
}

fn copy_synced(from: &Path, to: &Path) -> Result<(), StoreError> {
    let copy = || -> io::Result<()> {
        let mut target = File::create_new(to)?;
        io::copy(&mut File::open(from)?, &mut target)?;
        target.sync_all()
    };
    copy().map_err(StoreError::io(to))
}

fn remove(dir: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(StoreError::io(dir)(e)),
        _ => Ok(()),
    }
}
