//! Sealing and opening, and nothing else.

use aes_gcm::{Aes256Gcm, KeyInit as _, aead::AeadInOut as _};
use merkle::Hash;
use zeroize::Zeroizing;

use crate::{Error, format::TAG};

/// A key that is overwritten when it goes.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// A new key.
pub(crate) fn random_key() -> Result<Key, Error> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut()).map_err(Error::Random)?;
    Ok(key)
}

fn cipher(key: &[u8; 32]) -> Aes256Gcm {
    Aes256Gcm::new(key.into())
}

/// Seals and opens the segments of one document.
pub(crate) struct Sealer {
    cipher: Aes256Gcm,
    digest: Hash,
}

impl Sealer {
    pub(crate) fn new(key: &Key, digest: &Hash) -> Self {
        Self { cipher: cipher(key), digest: *digest }
    }

    /// Seals in place and appends the tag.
    pub(crate) fn seal(&self, segment: u32, last: bool, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let buffer = bytes.as_mut_slice().into();
        let tag = self.cipher.encrypt_inout_detached(&nonce(segment, last).into(), &self.digest, buffer);
        bytes.extend_from_slice(&tag.map_err(|_| Error::Cipher)?);
        Ok(())
    }

    /// Opens in place and takes the tag off; `None` where it is not what was sealed.
    pub(crate) fn open(&self, segment: u32, last: bool, bytes: &mut Vec<u8>) -> Option<()> {
        let tag: [u8; TAG] = *bytes.last_chunk()?;
        bytes.truncate(bytes.len() - TAG);
        let buffer = bytes.as_mut_slice().into();
        let nonce = nonce(segment, last).into();
        self.cipher.decrypt_inout_detached(&nonce, &self.digest, buffer, &tag.into()).ok()
    }
}

fn nonce(segment: u32, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[7..11].copy_from_slice(&segment.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}

/// Bytes of a wrapped key.
pub(crate) const WRAPPED: usize = 12 + 32 + TAG;

/// A data key, sealed by a master key for one digest and owner.
pub(crate) fn wrap(master: &Key, digest: &Hash, owner: &str, key: &Key) -> Result<[u8; WRAPPED], Error> {
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce).map_err(Error::Random)?;
    let mut wrapped = [0; WRAPPED];
    wrapped[..12].copy_from_slice(&nonce);
    wrapped[12..44].copy_from_slice(&key[..]);
    let body = (&mut wrapped[12..44]).into();
    let tag = cipher(master).encrypt_inout_detached(&nonce.into(), &bound(digest, owner), body);
    wrapped[44..].copy_from_slice(&tag.map_err(|_| Error::Cipher)?);
    Ok(wrapped)
}

/// The data key; `None` where it was not wrapped by this master key for this digest and owner.
pub(crate) fn unwrap(master: &Key, digest: &Hash, owner: &str, wrapped: &[u8; WRAPPED]) -> Option<Key> {
    let (nonce, rest) = wrapped.split_first_chunk::<12>()?;
    let (body, tag) = rest.split_first_chunk::<32>()?;
    let tag: [u8; TAG] = tag.try_into().ok()?;
    let mut key = Zeroizing::new(*body);
    let buffer = key.as_mut_slice().into();
    let opened =
        cipher(master).decrypt_inout_detached(&(*nonce).into(), &bound(digest, owner), buffer, &tag.into());
    opened.ok().map(|()| key)
}

fn bound(digest: &Hash, owner: &str) -> Vec<u8> {
    [b"yuanliu/attachment/key/v1\0", &digest[..], owner.as_bytes()].concat()
}
