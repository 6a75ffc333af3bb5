//! Work on the directory of a stopped server: copies for backups, and another master key.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use crate::{
    Error, MasterKey, files,
    format::{BODY, Block, SLOTS},
    read::slots,
    seal::{unwrap, wrap},
    store::{CURSOR, DAMAGED, KEY_ID, NEW, WAITING, digest_of, keep_key_ids, lock, read_block},
};

/// Copies all documents to a new directory, still sealed, and gives their number; 0 where there is no
/// directory of documents. The cursor is not copied: whoever opens the copy follows the log from its
/// beginning, and so repeats every erasure that came after the copy was made.
///
/// # Errors
/// [`Error::InUse`], [`Error::Exists`], or the disk.
pub fn copy(from: &Path, to: &Path) -> Result<u64, Error> {
    if !from.is_dir() {
        return Ok(0);
    }
    let _lock = lock(from)?;
    if to.exists() {
        return Err(Error::Exists(to.to_owned()));
    }
    for dir in [to, &to.join(NEW), &to.join(WAITING)] {
        files::make_dir(dir)?;
    }
    let mut copied = 0;
    for path in documents(from)? {
        let target = to.join(path.strip_prefix(from).unwrap_or(&path));
        for above in target.ancestors().skip(1).take_while(|a| *a != to).collect::<Vec<_>>().into_iter().rev()
        {
            files::make_dir(above)?;
        }
        copy_file(&path, &target)?;
        copied += 1;
    }
    if from.join(KEY_ID).exists() {
        copy_file(&from.join(KEY_ID), &to.join(KEY_ID))?;
    }
    debug_assert!(!to.join(CURSOR).exists());
    Ok(copied)
}

fn copy_file(from: &Path, to: &Path) -> Result<(), Error> {
    let mut target = files::create(to)?;
    let copy = |target: &mut File| -> io::Result<()> {
        let mut source = File::open(from)?;
        io::copy(&mut source, target)?;
        // How long a document has waited stays known.
        target.set_modified(source.metadata()?.modified()?)
    };
    copy(&mut target).map_err(Error::io(to))?;
    files::sync(&target, to)
}

/// Documents and tombstones, sorted.
fn documents(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut all = Vec::new();
    // DIR/waiting/DIGEST and DIR/ab/cd/DIGEST; what was set aside is no document any more.
    for folder in files::list(dir)?.into_iter().filter(|p| p.is_dir() && !p.ends_with(DAMAGED)) {
        for path in files::list(&folder)? {
            let below = if path.is_dir() { files::list(&path)? } else { vec![path] };
            all.extend(below.into_iter().filter(|p| digest_of(p).is_some()));
        }
    }
    Ok(all)
}

/// Whether there is any document that only its master key opens.
pub(crate) fn any_sealed(dir: &Path) -> Result<bool, Error> {
    for path in documents(dir)? {
        if matches!(read_block(&path)?, Some(Block::Blob { .. })) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Wraps the keys of all documents by a new master key, which takes the place of the one in `key`; gives
/// the number of documents. Their bytes are not touched. Interrupted, the directory still opens with the
/// key file that is there, and calling it again completes it.
///
/// # Errors
/// [`Error::InUse`], [`Error::KeyMissing`]; a document that the old key does not open; the disk.
pub fn rewrap(dir: &Path, key: &Path) -> Result<u64, Error> {
    let _lock = lock(dir)?;
    let old = MasterKey::read(key)?.ok_or_else(|| Error::KeyMissing(key.to_owned()))?;
    let next = key.with_extension("next");
    let new = match MasterKey::read(&next)? {
        Some(new) => new,
        None => MasterKey::create(&next)?,
    };
    let all = documents(dir)?;
    let mut done = 0;
    for path in &all {
        done += u64::from(exchange(path, &old, &new)?);
    }
    // From here to the end either key opens every document.
    keep_key_ids(dir, &[&old, &new])?;
    files::rename(&next, key)?;
    keep_key_ids(dir, &[&new])?;
    for path in &all {
        forget_others(path, &new)?;
    }
    Ok(done)
}

/// Adds a slot for the new key; false for a tombstone.
fn exchange(path: &Path, old: &MasterKey, new: &MasterKey) -> Result<bool, Error> {
    let Some((digest, owner, front)) = front(path)? else { return Ok(false) };
    if slots(&front).any(|slot| unwrap(&new.key, &digest, &owner, slot).is_some()) {
        return Ok(true);
    }
    let mut found = slots(&front).enumerate();
    let found = found.find_map(|(i, slot)| Some((i, unwrap(&old.key, &digest, &owner, slot)?)));
    let (used, data_key) = found.ok_or_else(|| Error::damaged(path, "no key slot opens with the old key"))?;
    let wrapped = wrap(&new.key, &digest, &owner, &data_key)?;
    files::overwrite(path, SLOTS[1 - used], &wrapped)?;
    Ok(true)
}

/// Empties the slots that the key does not open.
fn forget_others(path: &Path, key: &MasterKey) -> Result<(), Error> {
    let Some((digest, owner, front)) = front(path)? else { return Ok(()) };
    for (slot, at) in slots(&front).zip(SLOTS) {
        if slot.iter().any(|b| *b != 0) && unwrap(&key.key, &digest, &owner, slot).is_none() {
            files::overwrite(path, at, &[0; crate::format::BLOCK])?;
        }
    }
    Ok(())
}

type Front = ([u8; 32], String, Vec<u8>);

/// Digest, owner and beginning of a document; `None` for a tombstone.
fn front(path: &Path) -> Result<Option<Front>, Error> {
    let Some(Block::Blob { owner }) = read_block(path)? else { return Ok(None) };
    let digest = digest_of(path).ok_or_else(|| Error::damaged(path, "its name is not a digest"))?;
    let mut front = vec![0; BODY as usize];
    let mut file = File::open(path).map_err(Error::io(path))?;
    file.read_exact(&mut front).map_err(|_| Error::damaged(path, "it is too short"))?;
    Ok(Some((digest, owner, front)))
}
