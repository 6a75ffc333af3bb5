//! Cosignatures (C2SP `tlog-cosignature`, Ed25519): a witness says when it saw a checkpoint, and that
//! everything it saw of that log before was the beginning of it.
//!
//! ```text
//! signed       "cosignature/v1\n" ‖ "time " ‖ seconds ‖ "\n" ‖ text of the checkpoint
//! signature    seconds u64 ‖ Ed25519 64
//! key hash     first four bytes of SHA-256(name ‖ 0x0a ‖ 0x04 ‖ public key)
//! ```
//!
//! The keys are types of their own: a witness key never verifies a log's signature, nor the other way round.

use std::{fmt, str::FromStr};

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::ed25519::{PublicKey, SIGNATURE_LEN, SigningKey};
use crate::note::{Note, NoteError, NoteSignature};
use crate::note_key::{COSIGNATURE, KEY_HASH_LEN, NoteKeyError, RawKey};

#[cfg(test)]
mod tests;

/// First line of what is signed.
const HEADER: &str = "cosignature/v1";

/// Latest time in a cosignature, seconds since the Unix epoch: what the standard allows.
pub const MAX_COSIGNATURE_TIME: u64 = i64::MAX as u64;

/// What checks a witness's cosignatures: public, and configured by hand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WitnessKey(RawKey);

impl WitnessKey {
    /// Gives `key` a name.
    ///
    /// # Errors
    /// As for [`VerifierKey::new`](crate::VerifierKey::new).
    pub fn new(name: &str, key: PublicKey) -> Result<Self, NoteKeyError> {
        RawKey::new(name, key, COSIGNATURE).map(Self)
    }

    /// The witness's name.
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

    /// When the witness last cosigned this note, in seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`] if no line claims to be by the key; [`NoteError::Forged`] if one does and is
    /// false.
    pub fn cosigned_at(&self, note: &Note) -> Result<u64, NoteError> {
        let mut newest = None;
        for line in note.signatures().iter().filter(|line| self.0.is_named_by(line)) {
            newest = newest.max(Some(self.check(note.text(), line.signature()).ok_or(NoteError::Forged)?));
        }
        newest.ok_or(NoteError::Unsigned)
    }

    /// The checkpoint in a note that this witness cosigned, and when.
    ///
    /// Whether the log signed it too is another question: [`Checkpoint::open`].
    ///
    /// # Errors
    /// As [`cosigned_at`](Self::cosigned_at); or what was cosigned is no checkpoint.
    pub fn open(&self, note: &Note) -> Result<(Checkpoint, u64), CheckpointError> {
        let at = self.cosigned_at(note)?;
        Ok((Checkpoint::parse(note.text())?, at))
    }

    fn check(&self, text: &str, signature: &[u8]) -> Option<u64> {
        let (time, signature) = signature.split_first_chunk::<8>()?;
        let time = u64::from_be_bytes(*time);
        if time > MAX_COSIGNATURE_TIME || signature.len() != SIGNATURE_LEN {
            return None;
        }
        self.public().verify(message(time, text).as_bytes(), signature).ok()?;
        Some(time)
    }
}

impl FromStr for WitnessKey {
    type Err = NoteKeyError;

    fn from_str(text: &str) -> Result<Self, NoteKeyError> {
        RawKey::parse(text, COSIGNATURE).map(Self)
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What cosigns checkpoints: secret.
#[derive(Clone, Debug)]
pub struct Cosigner {
    witness: WitnessKey,
    key: SigningKey,
}

impl Cosigner {
    /// Gives `key` a name. Use the key for nothing else: what is signed does not say the name.
    ///
    /// # Errors
    /// As [`WitnessKey::new`].
    pub fn new(name: &str, key: SigningKey) -> Result<Self, NoteKeyError> {
        Ok(Self { witness: WitnessKey::new(name, *key.public())?, key })
    }

    /// The public half, with the same name.
    #[must_use]
    pub const fn witness(&self) -> &WitnessKey {
        &self.witness
    }

    /// The signature line for a checkpoint, as of `time` in seconds since the Unix epoch.
    ///
    /// That it is consistent with everything cosigned before is the caller's to see to.
    ///
    /// # Errors
    /// [`NoteError::Text`] if the time is above [`MAX_COSIGNATURE_TIME`].
    pub fn cosign(&self, checkpoint: &Checkpoint, time: u64) -> Result<NoteSignature, NoteError> {
        if time > MAX_COSIGNATURE_TIME {
            return Err(NoteError::Text);
        }
        let signature = self.key.sign(message(time, &checkpoint.to_string()).as_bytes());
        let signature = [time.to_be_bytes().as_slice(), &signature].concat();
        Ok(NoteSignature::new(self.witness.name(), self.witness.hash(), signature))
    }

    /// The secret text that [`FromStr`] reads, for a key file. The caller keeps it secret and wipes it.
    #[must_use]
    pub fn expose_text(&self) -> String {
        self.witness.0.expose_text(&self.key)
    }
}

impl FromStr for Cosigner {
    type Err = NoteKeyError;

    fn from_str(text: &str) -> Result<Self, NoteKeyError> {
        let (raw, key) = RawKey::parse_secret(text, COSIGNATURE)?;
        Ok(Self { witness: WitnessKey(raw), key })
    }
}

fn message(time: u64, text: &str) -> String {
    format!("{HEADER}\ntime {time}\n{text}")
}
