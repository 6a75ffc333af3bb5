//! Taking a document in.

use std::{
    fmt,
    fs::File,
    mem,
    path::PathBuf,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use merkle::Hash;
use statement::AttachmentHasher;
use zeroize::Zeroizing;

use crate::{
    Error, Refused, Store, UploadError, files,
    format::{BLOCK, BODY, Block, HEAD, Head, MAX_OWNER, MAX_SIZE, SEGMENT, SLOTS, TAG},
    media,
    seal::{Sealer, random_key, wrap},
    store::Place,
    waiting::Waits,
};

/// What an uploader says of a document before its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDocument {
    /// Canonical id of the party that uploads it.
    pub owner: String,
    /// 32 random bytes.
    pub salt: Hash,
    /// `H(0x19 ‖ salt ‖ bytes)`.
    pub digest: Hash,
    /// Bytes that will come.
    pub size: u64,
    /// What they are.
    pub media_type: String,
}

/// A document that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The same owner had uploaded it before.
    pub known: bool,
    /// When it is dropped unless a statement names it; `None` = one does. µs since the Unix epoch.
    pub expires_at: Option<i64>,
}

/// How an upload begins.
#[derive(Debug)]
pub enum Begun {
    /// Send the bytes.
    Fresh(Box<Upload>),
    /// It is here already; no bytes are needed.
    Known(Kept),
}

/// A document that is coming in. Dropped before it is finished, nothing of it stays.
pub struct Upload {
    store: Arc<Store>,
    what: NewDocument,
    path: PathBuf,
    file: File,
    sealer: Sealer,
    hasher: AttachmentHasher,
    /// Bytes that are not sealed yet; at most a segment.
    buffer: Zeroizing<Vec<u8>>,
    /// The first bytes, until their type has been looked at.
    first: Option<Zeroizing<Vec<u8>>>,
    /// Bytes that have come.
    size: u64,
    /// Next segment.
    segment: u32,
    /// It waits now; its room is accounted for there.
    done: bool,
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("path", &self.path).field("size", &self.size).finish_non_exhaustive()
    }
}

impl Store {
    /// Begins an upload.
    ///
    /// # Errors
    /// [`Refused`], or the disk.
    pub fn begin(self: &Arc<Self>, what: NewDocument, now: SystemTime) -> Result<Begun, UploadError> {
        self.check(&what)?;
        if let Some(kept) = self.known(&what, now)? {
            return Ok(Begun::Known(kept));
        }
        self.waiting().reserve(&what.owner, what.size, &self.limits)?;
        match self.create(&what) {
            Ok((path, file, sealer)) => Ok(Begun::Fresh(Box::new(Upload {
                hasher: AttachmentHasher::new(&what.salt),
                store: Arc::clone(self),
                what,
                path,
                file,
                sealer,
                buffer: Zeroizing::default(),
                first: Some(Zeroizing::default()),
                size: 0,
                segment: 1,
                done: false,
            }))),
            Err(error) => {
                self.waiting().release(&what.owner, what.size);
                Err(error.into())
            }
        }
    }

    fn check(&self, what: &NewDocument) -> Result<(), Refused> {
        if what.size == 0 {
            return Err(Refused::Empty);
        }
        let most = self.limits.max_bytes.min(MAX_SIZE);
        if what.size > most {
            return Err(Refused::TooLarge(most));
        }
        self.check_media_type(&what.media_type)
    }

    /// What there is of it already, its time begun anew.
    fn known(&self, what: &NewDocument, now: SystemTime) -> Result<Option<Kept>, UploadError> {
        let _held = self.hold(&what.digest);
        match self.place(&what.digest, &what.owner)? {
            None => Ok(None),
            Some(Place { block: Block::Tomb { by, .. }, .. }) => Err(Refused::Erased(by).into()),
            Some(Place { waits: false, .. }) => Ok(Some(Kept { known: true, expires_at: None })),
            Some(Place { path, .. }) => {
                self.refresh(&what.digest, &path, now)?;
                Ok(Some(Kept { known: true, expires_at: Some(self.expiry(now)) }))
            }
        }
    }

    fn expiry(&self, since: SystemTime) -> i64 {
        let end = since.checked_add(self.limits.keep).and_then(|t| t.duration_since(UNIX_EPOCH).ok());
        end.and_then(|t| i64::try_from(t.as_micros()).ok()).unwrap_or(i64::MAX)
    }

    /// A file with all that goes before the bytes.
    fn create(&self, what: &NewDocument) -> Result<(PathBuf, File, Sealer), Error> {
        let path = self.new_path()?;
        let too_long = |path| Error::damaged(path, "owner or media type is too long");
        let block = Block::Blob { owner: what.owner.clone() }.encode().ok_or_else(|| too_long(&path))?;
        let key = random_key()?;
        let wrapped = wrap(&self.key.key, &what.digest, &what.owner, &key)?;
        let sealer = Sealer::new(&key, &what.digest);
        let head = Head { salt: what.salt, size: what.size, media_type: what.media_type.clone() };
        let mut head = Zeroizing::new(head.encode().ok_or_else(|| too_long(&path))?);
        sealer.seal(0, false, &mut head)?;
        let mut front = vec![0; BODY as usize];
        front[..BLOCK].copy_from_slice(&block);
        let slot = SLOTS[0] as usize;
        front[slot..slot + wrapped.len()].copy_from_slice(&wrapped);
        front.extend_from_slice(&head);
        debug_assert_eq!(front.len(), BODY as usize + HEAD + TAG);
        let mut file = files::create(&path)?;
        if let Err(error) = files::append(&mut file, &path, &front) {
            // Whatever cannot be removed now is removed on opening.
            let _ = files::remove(&path);
            return Err(error);
        }
        Ok((path, file, sealer))
    }
}

const _: () = assert!(MAX_OWNER < BLOCK);

impl Upload {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Refused::WrongSize`] where more come than were announced, [`Refused::Contradiction`]; the disk.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), UploadError> {
        self.size = self.size.saturating_add(bytes.len() as u64);
        if self.size > self.what.size {
            return Err(Refused::WrongSize.into());
        }
        self.hasher.update(bytes);
        self.look(bytes)?;
        while !bytes.is_empty() {
            if self.buffer.len() == SEGMENT {
                self.flush(false)?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(SEGMENT - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Gathers the first bytes, and judges them when there are enough or no more will come.
    fn look(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let Some(first) = &mut self.first else { return Ok(()) };
        let wanted = media::LOOK - first.len();
        first.extend_from_slice(&bytes[..bytes.len().min(wanted)]);
        if first.len() < media::LOOK && self.size < self.what.size {
            return Ok(());
        }
        media::check(&self.what.media_type, first)?;
        self.first = None;
        Ok(())
    }

    fn flush(&mut self, last: bool) -> Result<(), Error> {
        self.buffer.reserve_exact(TAG);
        self.sealer.seal(self.segment, last, &mut self.buffer)?;
        files::append(&mut self.file, &self.path, &self.buffer)?;
        self.buffer.clear();
        self.segment = self.segment.checked_add(1).ok_or(Error::Cipher)?;
        Ok(())
    }

    /// Keeps the document, if it is the one announced: synced, and waiting to be named.
    ///
    /// # Errors
    /// [`Refused`] where it is another, or was erased or uploaded by somebody else meanwhile; the disk.
    pub fn finish(mut self: Box<Self>, now: SystemTime) -> Result<Kept, UploadError> {
        if self.size != self.what.size {
            return Err(Refused::WrongSize.into());
        }
        let hasher = mem::replace(&mut self.hasher, AttachmentHasher::new(&self.what.salt));
        if hasher.finish() != self.what.digest {
            return Err(Refused::WrongDigest.into());
        }
        self.flush(true)?;
        self.file.set_modified(now).map_err(Error::io(&self.path))?;
        files::sync(&self.file, &self.path)?;
        if let Some(kept) = self.store.known(&self.what, now)? {
            return Ok(kept);
        }
        self.keep(now)
    }

    fn keep(&mut self, now: SystemTime) -> Result<Kept, UploadError> {
        let (store, what) = (&self.store, &self.what);
        let _held = store.hold(&what.digest);
        // Between the look before and this lock an erasure may have come, or the same upload twice.
        match store.place(&what.digest, &what.owner)? {
            Some(Place { block: Block::Tomb { by, .. }, .. }) => return Err(Refused::Erased(by).into()),
            Some(Place { waits: false, .. }) => return Ok(Kept { known: true, expires_at: None }),
            _ if store.is_of_another(&what.digest, &what.owner)? => return Err(Refused::Taken.into()),
            _ => {}
        }
        files::rename(&self.path, &store.waits_at(&what.digest))?;
        store.waiting().put(what.digest, Waits { owner: what.owner.clone(), size: what.size, since: now });
        self.done = true;
        Ok(Kept { known: false, expires_at: Some(store.expiry(now)) })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        self.store.waiting().release(&self.what.owner, self.what.size);
        // Whatever cannot be removed now is removed on opening.
        let _ = files::remove(&self.path);
    }
}
