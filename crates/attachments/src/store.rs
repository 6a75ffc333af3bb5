//! The directory: what is there, and how it changes.

use std::{
    collections::BTreeSet,
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io::Read as _,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use merkle::{Hash, sha256};

use crate::{
    Blob, Error, Limits, MasterKey, Refused, copy,
    damaged::{ToErase, waiting_file},
    files,
    format::{BLOCK, BODY, Block, SLOTS, file_len},
    waiting::{Waiting, Waits},
};

/// Locks that documents share by their first byte.
const STRIPES: usize = 16;

/// How far the log has been followed, and which log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Ledger id.
    pub ledger: Hash,
    /// First entry that has not been followed.
    pub next: u64,
}

/// What is known of a document under an owner.
#[derive(Debug)]
pub enum Found {
    /// It is here.
    Present(Box<Blob>),
    /// It was erased, by this entry.
    Erased(u64),
    /// This owner has none of that digest here.
    Missing,
}

/// An open directory. All methods block, and any thread may call them.
pub struct Store {
    pub(crate) dir: PathBuf,
    pub(crate) key: MasterKey,
    pub(crate) limits: Limits,
    /// Held while a document changes its state or is opened. Taken before `waiting`.
    stripes: [Mutex<()>; STRIPES],
    pub(crate) waiting: Mutex<Waiting>,
    /// Counts erasures, so that running reads notice.
    pub(crate) erasures: AtomicU64,
    // Held for its lock.
    _lock: File,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// Where a document lies and whose it is.
pub(crate) struct Place {
    pub path: PathBuf,
    pub block: Block,
    pub waits: bool,
}

impl Store {
    /// Opens a directory, making it and the key file where they are missing. What an interrupted upload
    /// left is removed.
    ///
    /// # Errors
    /// [`Error::InUse`], [`Error::KeyMissing`], [`Error::WrongKey`], [`Error::KeyFile`], or the disk.
    pub fn open(dir: &Path, key: &Path, limits: Limits) -> Result<Self, Error> {
        fs::create_dir_all(dir).map_err(Error::io(dir))?;
        files::make_dir(&dir.join(NEW))?;
        files::make_dir(&dir.join(WAITING))?;
        let lock = lock(dir)?;
        let master = open_key(dir, key)?;
        for left in files::list(&dir.join(NEW))? {
            files::remove(&left)?;
        }
        let this = Self {
            dir: dir.to_owned(),
            key: master,
            limits,
            stripes: [const { Mutex::new(()) }; STRIPES],
            waiting: Mutex::default(),
            erasures: AtomicU64::new(0),
            _lock: lock,
        };
        this.find_waiting()?;
        Ok(this)
    }

    fn find_waiting(&self) -> Result<(), Error> {
        for path in files::list(&self.dir.join(WAITING))? {
            let Some((digest, owner)) = waiting_file(&path)? else {
                self.set_aside(&path)?;
                continue;
            };
            if is_shredded(&path)? {
                // Its removal was interrupted.
                files::remove(&path)?;
                continue;
            }
            let meta = fs::metadata(&path).map_err(Error::io(&path))?;
            let since = meta.modified().map_err(Error::io(&path))?;
            // Slightly more than the document has: what lies around it counts too.
            self.waiting().found(digest, Waits { owner, size: meta.len(), since });
        }
        Ok(())
    }

    /// What of this owner is here under a digest.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn find(&self, digest: &Hash, owner: &str) -> Result<Found, Error> {
        let _held = self.hold(digest);
        match self.place(digest, owner)? {
            None => Ok(Found::Missing),
            Some(Place { block: Block::Tomb { by, .. }, .. }) => Ok(Found::Erased(by)),
            Some(place) => Ok(Found::Present(Box::new(Blob::open(self, digest, &place)?))),
        }
    }

    /// A statement signed by `owner` names the document: it stays. Says whether it is here.
    ///
    /// # Errors
    /// The disk; call again.
    pub fn name(&self, digest: &Hash, owner: &str) -> Result<bool, Error> {
        let _held = self.hold(digest);
        match self.place(digest, owner)? {
            None | Some(Place { block: Block::Tomb { .. }, .. }) => Ok(false),
            Some(Place { waits: false, .. }) => Ok(true),
            Some(Place { path, .. }) => {
                files::rename(&path, &self.make_named(digest)?)?;
                self.waiting().remove(digest);
                Ok(true)
            }
        }
    }

    /// Erases a document for good: the entry `by` says so of a statement signed by `owner`. Nothing
    /// happens to a document of anybody else. Where none is here, none will be taken. A damaged file goes
    /// too, if its key slots say that it is the owner's.
    ///
    /// # Errors
    /// Damage that leaves open whose the document is; or the disk. Hand it out to nobody, and call again.
    pub fn erase(&self, digest: &Hash, owner: &str, by: u64) -> Result<(), Error> {
        let _held = self.hold(digest);
        self.erase_aside(digest, owner)?;
        match &self.place_to_erase(digest, owner)? {
            // One that waits may be left where an erasure was interrupted.
            ToErase::Place(Some(Place { block: Block::Tomb { .. }, .. })) => {
                return self.drop_waiting(digest, owner);
            }
            ToErase::Place(Some(Place { path, .. })) | ToErase::Damaged(path) => shred(path)?,
            ToErase::Place(None) if read_block(&self.named(digest))?.is_some() => return Ok(()),
            ToErase::Place(None) => {}
        }
        // Those who are reading it look again from here on.
        self.erasures.fetch_add(1, Ordering::SeqCst);
        let named = self.make_named(digest)?;
        let tomb = Block::Tomb { owner: owner.to_owned(), by }.encode();
        let tomb = tomb.ok_or_else(|| Error::damaged(&named, "the owner's name is too long"))?;
        files::replace(&self.dir.join(NEW).join(format!("{}.tomb", hex::encode(digest))), &named, &tomb)?;
        self.drop_waiting(digest, owner)
    }

    /// Removes what waits of this owner under a digest.
    fn drop_waiting(&self, digest: &Hash, owner: &str) -> Result<(), Error> {
        let path = self.waits_at(digest);
        let theirs = match read_block(&path) {
            Ok(block) => block.is_some_and(|block| block.owner() == owner),
            // Just shredded for this owner, or damaged beyond telling: then it is a fault.
            Err(Error::Damaged { .. }) if is_shredded(&path)? => true,
            Err(error) => return Err(error),
        };
        if theirs {
            shred(&path)?;
            files::remove(&path)?;
            self.waiting().remove(digest);
        }
        Ok(())
    }

    /// Drops what has waited too long, but for what is to be `kept`; gives their number. What cannot be
    /// dropped holds nothing else up.
    ///
    /// # Errors
    /// The disk, the first of several faults; call again.
    pub fn sweep(&self, now: SystemTime, kept: &BTreeSet<Hash>) -> Result<usize, Error> {
        let mut expired = self.waiting().expired(self.limits.keep, now);
        expired.retain(|digest| !kept.contains(digest));
        let (mut dropped, mut fault) = (0, None);
        for digest in expired {
            match self.drop_expired(&digest, now) {
                Ok(gone) => dropped += usize::from(gone),
                Err(error) => _ = fault.get_or_insert(error),
            }
        }
        fault.map_or(Ok(dropped), Err)
    }

    fn drop_expired(&self, digest: &Hash, now: SystemTime) -> Result<bool, Error> {
        let _held = self.hold(digest);
        // It may have been named or refreshed since.
        if !self.waiting().expired(self.limits.keep, now).contains(digest) {
            return Ok(false);
        }
        let path = self.waits_at(digest);
        // Whoever took the file away has done the work.
        if path.exists() {
            shred(&path)?;
        }
        files::remove(&path)?;
        self.waiting().remove(digest);
        Ok(true)
    }

    /// Documents that wait to be named; uploads under way are not among them.
    #[must_use]
    pub fn waiting_count(&self) -> usize {
        self.waiting().count()
    }

    /// Bytes that wait to be named, uploads under way included; small documents count as 64 KiB.
    #[must_use]
    pub fn waiting_bytes(&self) -> u64 {
        self.waiting().in_all()
    }

    /// What it takes.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The cursor as kept last; `None` where there is none that can be relied on: begin at entry 0.
    ///
    /// # Errors
    /// The disk.
    pub fn cursor(&self) -> Result<Option<Cursor>, Error> {
        let path = self.dir.join(CURSOR);
        let Some(mut file) = files::open(&path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.by_ref().take(128).read_to_end(&mut bytes).map_err(Error::io(&path))?;
        let Ok(bytes) = <[u8; 72]>::try_from(bytes) else { return Ok(None) };
        let (body, sum) = bytes.split_at(40);
        if sha256(&[body]) != *sum {
            return Ok(None);
        }
        let (ledger, next) = body.split_at(32);
        let (Ok(ledger), Ok(next)) = (ledger.try_into(), next.try_into()) else { return Ok(None) };
        Ok(Some(Cursor { ledger, next: u64::from_be_bytes(next) }))
    }

    /// Keeps a cursor: all that entries before it say has been done.
    ///
    /// # Errors
    /// The disk.
    pub fn keep_cursor(&self, cursor: &Cursor) -> Result<(), Error> {
        let body = [&cursor.ledger[..], &cursor.next.to_be_bytes()].concat();
        let bytes = [&body[..], &sha256(&[&body])].concat();
        files::replace(&self.dir.join(NEW).join(CURSOR), &self.dir.join(CURSOR), &bytes)
    }

    /// Where a document of this owner lies.
    pub(crate) fn place(&self, digest: &Hash, owner: &str) -> Result<Option<Place>, Error> {
        for (path, waits) in [(self.named(digest), false), (self.waits_at(digest), true)] {
            if let Some(block) = read_block(&path)?
                && block.owner() == owner
            {
                return Ok(Some(Place { path, block, waits }));
            }
        }
        Ok(None)
    }

    /// Whether somebody else has a document of this digest here.
    pub(crate) fn is_of_another(&self, digest: &Hash, owner: &str) -> Result<bool, Error> {
        for path in [self.named(digest), self.waits_at(digest)] {
            if matches!(read_block(&path)?, Some(Block::Blob { owner: found }) if found != owner) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Begins the time of a waiting document anew.
    pub(crate) fn refresh(&self, digest: &Hash, path: &Path, now: SystemTime) -> Result<(), Error> {
        let file = OpenOptions::new().write(true).open(path).map_err(Error::io(path))?;
        file.set_modified(now).map_err(Error::io(path))?;
        files::sync(&file, path)?;
        self.waiting().refresh(digest, now);
        Ok(())
    }

    pub(crate) fn check_media_type(&self, media_type: &str) -> Result<(), Refused> {
        let taken = self.limits.media_types.iter().any(|t| t == media_type);
        if taken && media_type.len() <= crate::format::MAX_MEDIA_TYPE {
            Ok(())
        } else {
            Err(Refused::MediaType)
        }
    }

    /// Nobody else changes or opens documents like this one meanwhile.
    pub(crate) fn hold(&self, digest: &Hash) -> MutexGuard<'_, ()> {
        // A thread that panicked while it held the lock left whole files: they change by renaming.
        self.stripes[usize::from(digest[0]) % STRIPES].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn new_path(&self) -> Result<PathBuf, Error> {
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(Error::Random)?;
        Ok(self.dir.join(NEW).join(hex::encode(name)))
    }

    pub(crate) fn waits_at(&self, digest: &Hash) -> PathBuf {
        self.dir.join(WAITING).join(hex::encode(digest))
    }

    pub(crate) fn named(&self, digest: &Hash) -> PathBuf {
        named(&self.dir, digest)
    }

    /// Where a document of this path lies once it is named.
    pub(crate) fn named_of(&self, path: &Path) -> PathBuf {
        digest_of(path).map_or_else(|| path.to_owned(), |digest| self.named(&digest))
    }

    fn make_named(&self, digest: &Hash) -> Result<PathBuf, Error> {
        let path = self.named(digest);
        if let Some(folder) = path.parent() {
            if let Some(above) = folder.parent() {
                files::make_dir(above)?;
            }
            files::make_dir(folder)?;
        }
        Ok(path)
    }
}

pub(crate) const NEW: &str = "new";
pub(crate) const WAITING: &str = "waiting";
pub(crate) const DAMAGED: &str = "damaged";
pub(crate) const CURSOR: &str = "cursor";
pub(crate) const KEY_ID: &str = "key-id";

pub(crate) fn named(dir: &Path, digest: &Hash) -> PathBuf {
    let name = hex::encode(digest);
    dir.join(&name[..2]).join(&name[2..4]).join(name)
}

/// The digest that a file is named by.
pub(crate) fn digest_of(path: &Path) -> Option<Hash> {
    let mut digest = Hash::default();
    hex::decode_to_slice(path.file_name()?.to_str()?, &mut digest).ok().map(|()| digest)
}

/// What a file is; `None` where there is none.
pub(crate) fn read_block(path: &Path) -> Result<Option<Block>, Error> {
    let Some(mut file) = files::open(path)? else { return Ok(None) };
    let mut block = [0; BLOCK];
    file.read_exact(&mut block).map_err(|_| Error::damaged(path, "it is too short"))?;
    let block = Block::decode(&block).ok_or_else(|| Error::damaged(path, "its first block is altered"))?;
    Ok(Some(block))
}

/// Destroys the wrapped key of a document: what is left of it cannot be read by anybody any more.
pub(crate) fn shred(path: &Path) -> Result<(), Error> {
    // Both slots at once.
    const _: () = assert!(SLOTS[1] == SLOTS[0] + BLOCK as u64 && file_len(1) > SLOTS[1] + BLOCK as u64);
    files::overwrite(path, SLOTS[0], &[0; 2 * BLOCK])
}

/// Whether a document's key has been destroyed.
pub(crate) fn is_shredded(path: &Path) -> Result<bool, Error> {
    let Some(mut file) = files::open(path)? else { return Ok(false) };
    let mut front = vec![0; BODY as usize];
    file.read_exact(&mut front).map_err(|_| Error::damaged(path, "it is too short"))?;
    Ok(front[SLOTS[0] as usize..].iter().all(|b| *b == 0))
}

/// Keeps others out for as long as the file is held.
pub(crate) fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join("lock");
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).open(&path).map_err(Error::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(dir.to_owned())),
        Err(TryLockError::Error(e)) => Err(Error::io(&path)(e)),
    }
}

/// The master key, made where neither it nor anything sealed by one is there yet.
fn open_key(dir: &Path, path: &Path) -> Result<MasterKey, Error> {
    let (key, ids) = (MasterKey::read(path)?, key_ids(dir)?);
    if let (Some(key), Some(ids)) = (&key, &ids)
        && !ids.contains(&key.id())
        && copy::any_sealed(dir)?
    {
        return Err(Error::WrongKey { key: path.to_owned(), dir: dir.to_owned() });
    }
    let key = match key {
        Some(key) => key,
        None if ids.is_some() && copy::any_sealed(dir)? => return Err(Error::KeyMissing(path.to_owned())),
        None => MasterKey::create(path)?,
    };
    if !ids.is_some_and(|ids| ids.contains(&key.id())) {
        keep_key_ids(dir, &[&key])?;
    }
    Ok(key)
}

/// Ids of the keys that a directory may be opened with: one, or two while keys are exchanged.
fn key_ids(dir: &Path) -> Result<Option<Vec<String>>, Error> {
    let path = dir.join(KEY_ID);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.split_whitespace().map(str::to_owned).collect())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io(&path)(e)),
    }
}

pub(crate) fn keep_key_ids(dir: &Path, keys: &[&MasterKey]) -> Result<(), Error> {
    let text: String = keys.iter().map(|k| k.id() + "\n").collect();
    files::replace(&dir.join(NEW).join(KEY_ID), &dir.join(KEY_ID), text.as_bytes())
}
