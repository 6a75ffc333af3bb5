//! Keys of signed notes: a name, an Ed25519 key, and a short hash over both that picks them out
//! among a note's signatures (C2SP `signed-note`).
//!
//! | text | spelling |
//! | --- | --- |
//! | verifier key | `name+hhhhhhhh+base64(0x01 ‖ public key 32)` |
//! | signer key (secret) | `PRIVATE+KEY+name+hhhhhhhh+base64(0x01 ‖ seed 32)` |
//!
//! `hhhhhhhh` are the first four bytes of `SHA-256(name ‖ 0x0a ‖ 0x01 ‖ public key)` in lower-case
//! hex; a witness's key has 0x04 in place of 0x01. Both spellings are those of Go's `golang.org/x/mod/sumdb/note`.

use std::{fmt, hint, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::ed25519::{KeyError, PUBLIC_KEY_LEN, PublicKey, SEED_LEN, SigningKey};
use crate::hash::sha256;
use crate::note::NoteSignature;

/// Length of a key hash in bytes.
pub const KEY_HASH_LEN: usize = 4;

/// Longest key name, and longest origin of a checkpoint, in bytes of UTF-8.
pub const MAX_NAME_LEN: usize = 255;

/// Signature type of plain Ed25519 over a note's text.
const ED25519: u8 = 0x01;
/// Signature type of a timestamped cosignature.
pub(crate) const COSIGNATURE: u8 = 0x04;

/// What a signer key's text begins with.
const SECRET_PREFIX: &str = "PRIVATE+KEY+";

/// A signature type and 32 bytes of key.
const KEY_DATA_LEN: usize = 1 + PUBLIC_KEY_LEN;
const _: () = assert!(PUBLIC_KEY_LEN == SEED_LEN);

// A multiple of three bytes takes no padding in base64, so a buffer of that length is exact.
const _: () = assert!(KEY_DATA_LEN.is_multiple_of(3));

/// Why a verifier or signer key is refused. Whoever configured it has to correct it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteKeyError {
    /// Not of the form `name+hash+base64`, or base64 of another length.
    #[error("the note key is not spelled name+hash+base64")]
    Format,
    /// The name is empty, too long, or contains a space, a plus sign or a control character.
    #[error("the note key's name is empty, too long, or has a space, a plus or a control in it")]
    Name,
    /// The key is of another signature type than the one expected: a log's key is no witness's.
    #[error("the note key is of another signature type than is expected here")]
    Algorithm,
    /// The hash is not the one of name and key: one of the three was mistyped.
    #[error("the note key's hash does not match its name and key")]
    Hash,
    /// The public key itself is unfit.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Whether `name` may stand in a signature line: not empty, no space of any script, no plus, no
/// ASCII control. Foreign names are held to this only.
pub(crate) fn is_key_name(name: &str) -> bool {
    let banned = |c: char| c.is_whitespace() || c == '+' || c < ' ';
    !name.is_empty() && !name.contains(banned)
}

/// Whether `name` may be a key or an origin here: [`is_key_name`], bounded, and no control
/// character of any kind.
pub(crate) fn is_own_name(name: &str) -> bool {
    is_key_name(name) && name.len() <= MAX_NAME_LEN && !name.contains(char::is_control)
}

/// A name, an Ed25519 key and the signature type that both are used for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RawKey {
    name: String,
    algorithm: u8,
    hash: [u8; KEY_HASH_LEN],
    key: PublicKey,
}

impl RawKey {
    pub(crate) fn new(name: &str, key: PublicKey, algorithm: u8) -> Result<Self, NoteKeyError> {
        if !is_own_name(name) {
            return Err(NoteKeyError::Name);
        }
        let [a, b, c, d, ..] = sha256(&[name.as_bytes(), b"\n", &[algorithm], key.as_bytes()]);
        Ok(Self { name: name.to_owned(), algorithm, hash: [a, b, c, d], key })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn hash(&self) -> [u8; KEY_HASH_LEN] {
        self.hash
    }

    pub(crate) const fn public(&self) -> &PublicKey {
        &self.key
    }

    /// Whether a signature line claims to be by this key.
    pub(crate) fn is_named_by(&self, line: &NoteSignature) -> bool {
        self.name == line.name() && self.hash == line.key_hash()
    }

    pub(crate) fn parse(text: &str, algorithm: u8) -> Result<Self, NoteKeyError> {
        let fields = Fields::split(text)?;
        let this = Self::new(fields.name, PublicKey::enrol(&fields.key(algorithm)?)?, algorithm)?;
        fields.check_hash(&this)?;
        Ok(this)
    }

    /// Reads what [`expose_text`](Self::expose_text) wrote.
    pub(crate) fn parse_secret(text: &str, algorithm: u8) -> Result<(Self, SigningKey), NoteKeyError> {
        let text = text.strip_prefix(SECRET_PREFIX).ok_or(NoteKeyError::Format)?;
        let fields = Fields::split(text)?;
        let mut seed = fields.key(algorithm)?;
        let key = SigningKey::from_seed(&seed);
        wipe(&mut seed);
        let this = Self::new(fields.name, *key.public(), algorithm)?;
        fields.check_hash(&this)?;
        Ok((this, key))
    }

    /// The secret text of this key.
    pub(crate) fn expose_text(&self, key: &SigningKey) -> String {
        struct Secret<'a>(&'a RawKey, &'a SigningKey);
        impl fmt::Display for Secret<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(SECRET_PREFIX)?;
                write_key(f, self.0, self.1.expose_seed())
            }
        }
        Secret(self, key).to_string()
    }
}

impl fmt::Display for RawKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_key(f, self, self.key.as_bytes())
    }
}

/// What checks a note's signatures by one name and key: public, and configured by hand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey(RawKey);

impl VerifierKey {
    /// Gives `key` a name.
    ///
    /// # Errors
    ///
    /// [`NoteKeyError::Name`] if the name is not 1 to [`MAX_NAME_LEN`] bytes long or contains a
    /// space, a plus sign or a control character.
    pub fn new(name: &str, key: PublicKey) -> Result<Self, NoteKeyError> {
        RawKey::new(name, key, ED25519).map(Self)
    }

    /// The key's name; for a log key, the log's origin.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The four bytes that stand before each of its signatures.
    #[must_use]
    pub const fn hash(&self) -> [u8; KEY_HASH_LEN] {
        self.0.hash()
    }

    /// The key itself.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        self.0.public()
    }
}

impl FromStr for VerifierKey {
    type Err = NoteKeyError;

    fn from_str(text: &str) -> Result<Self, NoteKeyError> {
        RawKey::parse(text, ED25519).map(Self)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What signs notes: secret. `Debug` does not show the seed, and there is no `Display`.
#[derive(Debug, Clone)]
pub struct SignerKey {
    verifier: VerifierKey,
    key: SigningKey,
}

impl SignerKey {
    /// Gives `key` a name.
    ///
    /// # Errors
    ///
    /// As [`VerifierKey::new`].
    pub fn new(name: &str, key: SigningKey) -> Result<Self, NoteKeyError> {
        let verifier = VerifierKey::new(name, *key.public())?;
        Ok(Self { verifier, key })
    }

    /// The public half, with the same name.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The private key.
    #[must_use]
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The secret text that [`FromStr`] reads, for a key file. The caller keeps it secret and
    /// wipes it.
    #[must_use]
    pub fn expose_text(&self) -> String {
        self.verifier.0.expose_text(&self.key)
    }
}

impl FromStr for SignerKey {
    type Err = NoteKeyError;

    fn from_str(text: &str) -> Result<Self, NoteKeyError> {
        let (raw, key) = RawKey::parse_secret(text, ED25519)?;
        Ok(Self { verifier: VerifierKey(raw), key })
    }
}

/// A key text cut at its first two plus signs; base64 may contain more.
struct Fields<'a> {
    name: &'a str,
    hash: &'a str,
    data: &'a str,
}

impl<'a> Fields<'a> {
    fn split(text: &'a str) -> Result<Self, NoteKeyError> {
        let (name, rest) = text.split_once('+').ok_or(NoteKeyError::Format)?;
        let (hash, data) = rest.split_once('+').ok_or(NoteKeyError::Format)?;
        Ok(Self { name, hash, data })
    }

    /// The 32 bytes after the signature type.
    fn key(&self, algorithm: u8) -> Result<[u8; PUBLIC_KEY_LEN], NoteKeyError> {
        let mut data = [0; KEY_DATA_LEN];
        let decoded = STANDARD.decode_slice(self.data, &mut data);
        let [found, key @ ..] = data;
        wipe(&mut data);
        match decoded {
            Ok(KEY_DATA_LEN) if found == algorithm => Ok(key),
            Ok(KEY_DATA_LEN) => Err(NoteKeyError::Algorithm),
            _ => Err(NoteKeyError::Format),
        }
    }

    fn check_hash(&self, key: &RawKey) -> Result<(), NoteKeyError> {
        if self.hash != hash_text(key) {
            return Err(NoteKeyError::Hash);
        }
        Ok(())
    }
}

fn hash_text(key: &RawKey) -> String {
    format!("{:08x}", u32::from_be_bytes(key.hash))
}

/// Writes `name+hash+base64(type ‖ key)`.
fn write_key(f: &mut fmt::Formatter<'_>, raw: &RawKey, key: &[u8; PUBLIC_KEY_LEN]) -> fmt::Result {
    let mut data = [raw.algorithm; KEY_DATA_LEN];
    data[1..].copy_from_slice(key);
    let text = STANDARD.encode(data);
    wipe(&mut data);
    write!(f, "{}+{}+{text}", raw.name, hash_text(raw))
}

/// Overwrites a buffer that may have held a seed, in a way the optimizer has to keep.
fn wipe(buffer: &mut [u8]) {
    buffer.fill(0);
    hint::black_box(buffer);
}

#[cfg(test)]
mod tests;
