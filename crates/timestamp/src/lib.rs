//! RFC 3161 time stamps: what is sent to an authority, and what its tokens prove.
//!
//! A token says that somebody had shown a digest (the *imprint*) to the authority by a time. [`Roots::check`] believes
//! that if the token is the authority's: CMS SignedData (RFC 5652) with signed attributes that name the signer's
//! certificate (RFC 2634, RFC 5035), a certificate for time stamping and nothing else, and a chain to a root that the
//! caller trusts, all of it valid at the time that the token tells.
//!
//! Signatures: RSA of 2,048 to 8,192 bits, PKCS #1 v1.5 with SHA-256, SHA-384 or SHA-512; ECDSA over P-256 and P-384
//! with SHA-256 or SHA-384. Imprints are SHA-256.
//!
//! Invariants: pure; input is bounded by [`MAX_TOKEN`]; DER only; any other token that passes for one that passed
//! differs from it in certificates that its chain does not use, and nowhere else. Deliberately absent: HTTP, clocks,
//! nonces' randomness, and revocation of an authority's certificate, for which one would have to ask the network.

mod check;
mod elements;
mod error;
mod info;
mod request;
mod roots;
mod signed;

pub use check::Stamp;
pub use error::{AnswerError, RootsError, TokenFault};
pub use request::{REPLY_TYPE, REQUEST_TYPE, request};
pub use roots::Roots;

/// Most bytes of a token, and of an authority's answer.
pub const MAX_TOKEN: usize = 65_536;

#[cfg(test)]
mod tests;
