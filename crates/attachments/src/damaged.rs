//! Files that are not as they were written: set aside, and erased all the same where they are told to be.
//!
//! One such file must not keep all others from being followed. Whose it was is told by its key slots: the
//! owner is sealed into them, whatever has become of the block that names it.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use merkle::Hash;

use crate::{
    Error, Store, files,
    format::{BODY, Block, file_len},
    read::slots,
    seal::unwrap,
    store::{DAMAGED, Place, digest_of, is_shredded, read_block, shred},
};

impl Store {
    /// Moves a file to where nothing looks for documents.
    pub(crate) fn set_aside(&self, path: &Path) -> Result<(), Error> {
        let aside = self.dir.join(DAMAGED);
        files::make_dir(&aside)?;
        let name = path.file_name().unwrap_or_default();
        files::rename(path, &aside.join(name))
    }

    /// Files that were found damaged where documents wait, and set aside on opening. They are never handed
    /// out; remove them when nobody needs them any more.
    ///
    /// # Errors
    /// The disk.
    pub fn set_aside_files(&self) -> Result<Vec<PathBuf>, Error> {
        let aside = self.dir.join(DAMAGED);
        if aside.is_dir() { files::list(&aside) } else { Ok(Vec::new()) }
    }

    /// As [`place`](Self::place); and where the file is damaged, but its key slots say that it is this
    /// owner's: it can be erased though it cannot be read.
    pub(crate) fn place_to_erase(&self, digest: &Hash, owner: &str) -> Result<ToErase, Error> {
        match self.place(digest, owner) {
            Ok(place) => Ok(ToErase::Place(place)),
            Err(Error::Damaged { path, fault }) => {
                // Shredded already: an erasure was interrupted.
                if self.opens(&path, digest, owner)? || is_shredded(&path).unwrap_or(false) {
                    Ok(ToErase::Damaged(path))
                } else {
                    Err(Error::Damaged { path, fault })
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Destroys what was set aside of this owner.
    pub(crate) fn erase_aside(&self, digest: &Hash, owner: &str) -> Result<(), Error> {
        let path = self.dir.join(DAMAGED).join(hex::encode(digest));
        if path.is_file() && self.opens(&path, digest, owner)? {
            shred(&path)?;
            files::remove(&path)?;
        }
        Ok(())
    }

    /// Whether a key slot of the file is this owner's.
    fn opens(&self, path: &Path, digest: &Hash, owner: &str) -> Result<bool, Error> {
        let Some(mut file) = files::open(path)? else { return Ok(false) };
        let mut front = vec![0; BODY as usize];
        if file.read_exact(&mut front).is_err() {
            return Ok(false);
        }
        Ok(slots(&front).any(|slot| unwrap(&self.key.key, digest, owner, slot).is_some()))
    }
}

/// What there is to erase.
pub(crate) enum ToErase {
    /// As it was written, or nothing.
    Place(Option<Place>),
    /// Damaged, and the owner's.
    Damaged(PathBuf),
}

/// Digest and owner of a file where documents wait; `None` where it is not a document as it was written.
pub(crate) fn waiting_file(path: &Path) -> Result<Option<(Hash, String)>, Error> {
    let Some(digest) = digest_of(path).filter(|_| path.is_file()) else { return Ok(None) };
    let owner = match read_block(path) {
        Ok(Some(Block::Blob { owner })) => owner,
        Ok(_) | Err(Error::Damaged { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = fs::metadata(path).map_err(Error::io(path))?.len();
    Ok((length >= file_len(1)).then_some((digest, owner)))
}
