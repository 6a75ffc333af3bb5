//! Which Ed25519 keys and signatures count.
//!
//! RFC 8032 leaves room: implementations differ over points with a small-order part, over points
//! and scalars spelled in two ways, and over whether the cofactor is multiplied in. A record whose
//! validity depends on the reader's library is no evidence, so there is one rule here.
//!
//! | | accepted iff |
//! | --- | --- |
//! | key `A` | a point, spelled canonically, not the identity, and `[L]A` is the identity |
//! | signature `R ‖ S` | `S < L`; `R` is not the identity; `encode([S]B − [k]A)` is `R` byte for byte, `k = SHA-512(R ‖ A ‖ M) mod L` |
//!
//! For such keys this accepts what `ed25519-dalek`'s `verify_strict` accepts. That function also
//! decompresses `R` to see whether its order is small. Here `[S]B − [k]A` lies in the group of prime
//! order `L`, whose only point of small order is the identity, so comparing bytes answers the
//! question for the price of the lax check.

use std::{fmt, hash};

use curve25519_dalek::{
    edwards::{CompressedEdwardsY, EdwardsPoint},
    scalar::Scalar,
    traits::IsIdentity,
};
use ed25519_dalek::ed25519::signature::MultipartSigner;
use sha2::{Digest, Sha512};

#[cfg(test)]
mod tests;

/// Length of a public key in bytes.
pub const PUBLIC_KEY_LEN: usize = 32;
/// Length of a private key's seed in bytes (RFC 8032 section 5.1.5).
pub const SEED_LEN: usize = 32;
/// Length of a signature in bytes.
pub const SIGNATURE_LEN: usize = 64;

/// Length of `R`, a point, and of `S`, a scalar.
const HALF_LEN: usize = 32;
const _: () = assert!(SIGNATURE_LEN == 2 * HALF_LEN);

/// The canonical encoding of the identity, `(x, y) = (0, 1)`.
const IDENTITY: [u8; HALF_LEN] = {
    let mut bytes = [0; HALF_LEN];
    bytes[0] = 1;
    bytes
};

/// Why a public key is refused, for good: its owner has to make another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The bytes are not the encoding of a point on the curve.
    #[error("the public key is not a point on the curve")]
    NotAPoint,
    /// A point, spelled in a way its encoder would not choose.
    #[error("the public key is not canonically encoded")]
    NonCanonical,
    /// The identity, for which anybody can sign.
    #[error("the public key is the identity")]
    Identity,
    /// A point outside the group of prime order: small order, or a sum with a small-order part.
    #[error("the public key is outside the prime-order group")]
    Torsion,
}

/// Why a signature does not count. None of them goes away by trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not [`SIGNATURE_LEN`] bytes.
    #[error("the signature is not 64 bytes long")]
    Length,
    /// `S` is not below the group order `L`.
    #[error("the signature's scalar is not reduced")]
    Scalar,
    /// `R` is the identity.
    #[error("the signature's point is the identity")]
    Identity,
    /// Made by another key, or over another message.
    #[error("the signature does not match key and message")]
    Mismatch,
}

/// An Ed25519 public key that generates the prime-order group; 192 bytes, no heap.
///
/// Equality and hash are those of the 32 bytes.
#[derive(Clone, Copy)]
pub struct PublicKey {
    bytes: [u8; PUBLIC_KEY_LEN],
    /// `−A`, decompressed once: each check computes `[S]B + [k](−A)`.
    minus_a: EdwardsPoint,
}

impl PublicKey {
    /// Admits a key that has never been seen before, by the table above. Costs about as much as
    /// one signature check.
    ///
    /// # Errors
    ///
    /// The first condition the key fails.
    pub fn enrol(bytes: &[u8; PUBLIC_KEY_LEN]) -> Result<Self, KeyError> {
        let point = decompress(bytes)?;
        if point.compress().to_bytes() != *bytes {
            return Err(KeyError::NonCanonical);
        }
        if point.is_identity() {
            return Err(KeyError::Identity);
        }
        if !point.is_torsion_free() {
            return Err(KeyError::Torsion);
        }
        Ok(Self::from_parts(*bytes, point))
    }

    /// Loads a key that [`enrol`](Self::enrol) admitted earlier, at the price of one
    /// decompression: an eighth of enrolling.
    ///
    /// Only for bytes from a store that holds nothing but enrolled keys. Given others, the result
    /// may accept signatures that `verify_strict` refuses.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotAPoint`] if the bytes cannot be a key at all: the store is damaged.
    pub fn from_enrolled(bytes: &[u8; PUBLIC_KEY_LEN]) -> Result<Self, KeyError> {
        Ok(Self::from_parts(*bytes, decompress(bytes)?))
    }

    fn from_parts(bytes: [u8; PUBLIC_KEY_LEN], point: EdwardsPoint) -> Self {
        Self { bytes, minus_a: -point }
    }

    /// The key's canonical encoding (RFC 8032 section 5.1.2).
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; PUBLIC_KEY_LEN] {
        &self.bytes
    }

    /// Checks a signature over `message`, by the table above, in variable time.
    ///
    /// # Errors
    ///
    /// The first condition the signature fails.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        self.verify_parts(&[message], signature)
    }

    /// As [`verify`](Self::verify), over the concatenation of `parts`, which is never built.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_parts(&self, parts: &[&[u8]], signature: &[u8]) -> Result<(), SignatureError> {
        let (r, s) = split(signature).ok_or(SignatureError::Length)?;
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(*s)).ok_or(SignatureError::Scalar)?;
        if *r == IDENTITY {
            return Err(SignatureError::Identity);
        }
        let k = self.challenge(r, parts);
        let expected = EdwardsPoint::vartime_double_scalar_mul_basepoint(&k, &self.minus_a, &s);
        if expected.compress().as_bytes() != r {
            return Err(SignatureError::Mismatch);
        }
        Ok(())
    }

    /// `SHA-512(R ‖ A ‖ M) mod L`.
    fn challenge(&self, r: &[u8; HALF_LEN], parts: &[&[u8]]) -> Scalar {
        let mut hasher = Sha512::new();
        hasher.update(r);
        hasher.update(self.bytes);
        for part in parts {
            hasher.update(part);
        }
        Scalar::from_bytes_mod_order_wide(&hasher.finalize().into())
    }
}

fn decompress(bytes: &[u8; PUBLIC_KEY_LEN]) -> Result<EdwardsPoint, KeyError> {
    CompressedEdwardsY(*bytes).decompress().ok_or(KeyError::NotAPoint)
}

/// `R` and `S` of a signature; nothing if it is too short or too long.
fn split(signature: &[u8]) -> Option<(&[u8; HALF_LEN], &[u8; HALF_LEN])> {
    let (r, rest) = signature.split_first_chunk()?;
    Some((r, rest.try_into().ok()?))
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for PublicKey {}

impl hash::Hash for PublicKey {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(")?;
        for byte in self.bytes {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

/// An Ed25519 private key with its public half.
///
/// Every copy overwrites its seed when dropped. `Debug` shows the public half only, and there is no
/// comparison.
#[derive(Clone)]
pub struct SigningKey {
    secret: ed25519_dalek::SigningKey,
    public: PublicKey,
}

impl SigningKey {
    /// The key that grows from 32 secret random bytes (RFC 8032 section 5.1.5).
    ///
    /// Its public half would pass [`PublicKey::enrol`]: a multiple of the base point has no
    /// small-order part, and a clamped scalar is a multiple of 8 below 2^255 < 8·L, so not of `L`
    /// too, hence the product is not the identity.
    #[must_use]
    pub fn from_seed(seed: &[u8; SEED_LEN]) -> Self {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = secret.verifying_key();
        Self { public: PublicKey::from_parts(public.to_bytes(), public.to_edwards()), secret }
    }

    /// The seed, for writing it to a key file. The caller keeps it secret.
    #[must_use]
    pub fn expose_seed(&self) -> &[u8; SEED_LEN] {
        self.secret.as_bytes()
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `message`; the same key and message always give the same signature.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        self.sign_parts(&[message])
    }

    /// As [`sign`](Self::sign), over the concatenation of `parts`, which is never built.
    #[must_use]
    pub fn sign_parts(&self, parts: &[&[u8]]) -> [u8; SIGNATURE_LEN] {
        self.secret.multipart_sign(parts).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}
