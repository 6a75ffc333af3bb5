//! The few things that are done to files, each durable when it returns. Tests end the process, as it were,
//! before any one of them.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use crate::Error;

/// A folder of its owner's, with its name made durable; nothing happens where it is there.
pub(crate) fn make_dir(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    point(path)?;
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(Error::io(path)(e)),
        _ => path.parent().map_or(Ok(()), sync_dir),
    }
}

/// A new file of its owner's.
pub(crate) fn create(path: &Path) -> Result<File, Error> {
    point(path)?;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(Error::io(path))
}

/// Bytes at the end of a file that is being written.
pub(crate) fn append(file: &mut File, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    point(path)?;
    file.write_all(bytes).map_err(Error::io(path))
}

/// What was written is on disk.
pub(crate) fn sync(file: &File, path: &Path) -> Result<(), Error> {
    point(path)?;
    file.sync_all().map_err(Error::io(path))
}

/// Bytes in place of others, on disk when it returns.
pub(crate) fn overwrite(path: &Path, at: u64, bytes: &[u8]) -> Result<(), Error> {
    point(path)?;
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(Error::io(path))
}

/// Gives a file another name, in place of what had it; both folders are synced.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    point(to)?;
    fs::rename(from, to).map_err(Error::io(to))?;
    let (old, new) = (from.parent(), to.parent());
    if let Some(new) = new {
        sync_dir(new)?;
    }
    match old.filter(|old| Some(*old) != new) {
        Some(old) => sync_dir(old),
        None => Ok(()),
    }
}

/// Takes a file away; nothing happens where it is not there.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    point(path)?;
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::io(path)(e)),
        _ => path.parent().map_or(Ok(()), sync_dir),
    }
}

fn sync_dir(path: &Path) -> Result<(), Error> {
    point(path)?;
    File::open(path).and_then(|dir| dir.sync_all()).map_err(Error::io(path))
}

/// Opens a file if it is there.
pub(crate) fn open(path: &Path) -> Result<Option<File>, Error> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io(path)(e)),
    }
}

/// A whole small file in place of what had its name: written beside it, synced, renamed.
pub(crate) fn replace(draft: &Path, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    // Left by an attempt that was interrupted.
    remove(draft)?;
    let mut file = create(draft)?;
    append(&mut file, draft, bytes)?;
    sync(&file, draft)?;
    rename(draft, path)
}

/// Paths in a folder, sorted.
pub(crate) fn list(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(Error::io(dir))? {
        paths.push(entry.map_err(Error::io(dir))?.path());
    }
    paths.sort();
    Ok(paths)
}

#[cfg(not(test))]
#[allow(clippy::unnecessary_wraps)]
const fn point(_: &Path) -> Result<(), Error> {
    Ok(())
}

#[cfg(test)]
fn point(path: &Path) -> Result<(), Error> {
    crate::tests::crash::point().map_err(Error::io(path))
}
