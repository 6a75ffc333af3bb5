//! Reading a document back, piece by piece.

use std::{
    fmt,
    fs::File,
    io::Read as _,
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
};

use merkle::Hash;
use zeroize::Zeroizing;

use crate::{
    Error, Store,
    format::{BLOCK, BODY, Block, HEAD, Head, SEGMENT, TAG, file_len, segments},
    seal::{Key, Sealer, WRAPPED, unwrap},
    store::{Place, read_block},
};

/// A document that is here, opened for reading.
pub struct Blob {
    head: Head,
    path: PathBuf,
    file: File,
    sealer: Sealer,
    owner: String,
    /// Next segment, from 1.
    next: u64,
    /// Erasures of the store when it was last known to be there.
    seen: u64,
    waits: bool,
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blob").field("path", &self.path).field("next", &self.next).finish_non_exhaustive()
    }
}

impl Blob {
    /// Its state is held by the caller.
    pub(crate) fn open(store: &Store, digest: &Hash, place: &Place) -> Result<Self, Error> {
        let path = &place.path;
        let short = |_| Error::damaged(path, "it is too short");
        let mut file = File::open(path).map_err(Error::io(path))?;
        let mut front = vec![0; BODY as usize];
        file.read_exact(&mut front).map_err(short)?;
        let owner = place.block.owner().to_owned();
        let key = slots(&front).find_map(|slot| unwrap(&store.key.key, digest, &owner, slot));
        let key: Key = key.ok_or_else(|| Error::damaged(path, "no key slot opens with the master key"))?;
        let sealer = Sealer::new(&key, digest);
        let mut head = Zeroizing::new(vec![0; HEAD + TAG]);
        file.read_exact(&mut head).map_err(short)?;
        let head = sealer.open(0, false, &mut head).and_then(|()| Head::decode(&head));
        let head = head.ok_or_else(|| Error::damaged(path, "its head is altered"))?;
        if file.metadata().map_err(Error::io(path))?.len() != file_len(head.size) {
            return Err(Error::damaged(path, "its length is not that of its document"));
        }
        let seen = store.erasures.load(Ordering::SeqCst);
        Ok(Self { head, path: path.clone(), file, sealer, owner, next: 1, seen, waits: place.waits })
    }

    /// The salt of its digest.
    #[must_use]
    pub const fn salt(&self) -> &Hash {
        &self.head.salt
    }

    /// Bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.head.size
    }

    /// As its uploader said.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.head.media_type
    }

    /// No statement has named it yet.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.waits
    }

    /// The next 1 to 65,536 bytes; `None` after the last. Every piece is authentic and in its place.
    ///
    /// # Errors
    /// [`Error::Gone`] where it has been erased meanwhile; damage; the disk.
    pub fn next(&mut self, store: &Arc<Store>) -> Result<Option<Vec<u8>>, Error> {
        let all = segments(self.head.size);
        if self.next > all {
            return Ok(None);
        }
        self.check_there(store)?;
        let last = self.next == all;
        let before = (self.next - 1) * SEGMENT as u64;
        // At most SEGMENT: fits.
        let length = (self.head.size - before).min(SEGMENT as u64) as usize;
        let mut bytes = vec![0; length + TAG];
        self.file.read_exact(&mut bytes).map_err(|_| Error::damaged(&self.path, "it is too short"))?;
        let segment = u32::try_from(self.next).map_err(|_| Error::Cipher)?;
        let opened = self.sealer.open(segment, last, &mut bytes);
        opened.ok_or_else(|| Error::damaged(&self.path, "its bytes are altered"))?;
        self.next += 1;
        Ok(Some(bytes))
    }

    /// Looks again where something has been erased since.
    fn check_there(&mut self, store: &Store) -> Result<(), Error> {
        let now = store.erasures.load(Ordering::SeqCst);
        if now == self.seen {
            return Ok(());
        }
        // It may have been named meanwhile, and so have moved.
        for path in [&self.path, &store.named_of(&self.path)] {
            if matches!(read_block(path)?, Some(Block::Blob { owner }) if owner == self.owner) {
                self.seen = now;
                return Ok(());
            }
        }
        Err(Error::Gone)
    }
}

/// The key slots of a file that begins like this.
pub(crate) fn slots(front: &[u8]) -> impl Iterator<Item = &[u8; WRAPPED]> {
    front.chunks_exact(BLOCK).skip(1).take(2).filter_map(|block| block.first_chunk())
}
