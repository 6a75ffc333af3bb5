//! The master key: a file of 64 hex digits that nobody but its owner reads.

use std::{
    fmt, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use merkle::sha256;
use zeroize::Zeroizing;

use crate::{
    Error, files,
    seal::{Key, random_key},
};

/// Wraps the keys of all documents of a directory.
pub struct MasterKey {
    pub(crate) key: Key,
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").finish_non_exhaustive()
    }
}

impl MasterKey {
    /// Reads a key file; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::KeyFile`], or the disk.
    pub fn read(path: &Path) -> Result<Option<Self>, Error> {
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::io(path)(e)),
        };
        let mut key = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim_end(), key.as_mut()).map_err(|_| Error::KeyFile(path.to_owned()))?;
        Ok(Some(Self { key }))
    }

    /// Makes a key and its file, which must not exist; the folder is made where it is missing.
    ///
    /// # Errors
    /// No random numbers, or the disk.
    pub fn create(path: &Path) -> Result<Self, Error> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::io(folder))?;
        }
        let key = random_key()?;
        let mut text = Zeroizing::new(vec![b'\n'; 65]);
        hex::encode_to_slice(&key[..], &mut text[..64]).map_err(|_| Error::KeyFile(path.to_owned()))?;
        if path.exists() {
            return Err(Error::Exists(path.to_owned()));
        }
        files::replace(&draft(path), path, &text)?;
        Ok(Self { key })
    }

    /// Tells keys apart without telling what they are: 16 bytes of a hash, in hex.
    pub(crate) fn id(&self) -> String {
        hex::encode(&sha256(&[b"yuanliu/attachment/master/v1\0", &self.key[..]])[..16])
    }
}

fn draft(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}
