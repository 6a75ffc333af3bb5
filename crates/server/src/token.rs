//! Read tokens: short-lived JWTs that a party signs with a key enrolled for reading.
//!
//! ```text
//! header  {"alg":"EdDSA","typ":"yuanliu-read+jwt","kid":KEY ID, 64 hex digits}
//! claims  {"iss":PARTY,"aud":LEDGER ID, 64 hex digits,"iat":s,"exp":s ≤ iat + 300,"jti":UUID,
//!          "purpose":TEXT and/or "case":TEXT}
//! ```
//! A token may be used until it expires, so there is no memory of those seen. That its key is still in
//! force is looked up at every call: revoking works at once.

mod provider;
#[cfg(test)]
pub(crate) mod tests;

use custody::{View, tables::KeyRow};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, errors::ErrorKind};
use merkle::Hash;
use proto::v1::KeyUse;
use serde::Deserialize;
use tonic::metadata::MetadataMap;

use crate::status::{Fault, Kind};

pub(crate) use provider::install;

/// `typ` of the header.
pub const TOKEN_TYPE: &str = "yuanliu-read+jwt";
/// Longest life of a token, s.
pub const MAX_LIFETIME_S: u64 = 300;
/// How far ahead of this machine's clock a token may be issued, s.
const MAX_AHEAD_S: u64 = 30;
/// Most bytes of a token.
const MAX_TOKEN: usize = 4_096;
/// Most characters of purpose or case.
const MAX_PURPOSE: usize = 200;

/// Who reads, as a valid token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reader {
    /// Canonical party id.
    pub(crate) party: String,
    /// Id of the key that signed the token.
    pub(crate) key: Hash,
    /// Why it reads: purpose, case, or both.
    pub(crate) reason: ReadReason,
}

/// Why somebody reads, as the token says it: at most 200 characters each, of any kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadReason {
    pub(crate) purpose: Option<String>,
    pub(crate) case: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    iat: u64,
    exp: u64,
    nbf: Option<u64>,
    jti: String,
    purpose: Option<String>,
    case: Option<String>,
}

/// The bearer token of a call; `None` where there is none.
pub(crate) fn bearer(metadata: &MetadataMap) -> Result<Option<Box<str>>, Fault> {
    let mut values = metadata.get_all("authorization").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|t| values.next().is_none() && t.len() <= MAX_TOKEN);
    let (scheme, token) = text.and_then(|t| t.split_once(' ')).ok_or(Kind::TokenMalformed)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Kind::TokenMalformed.into());
    }
    Ok(Some(token.trim().into()))
}

/// Validates a token against the keys as they are now; `now` in s since the Unix epoch.
pub(crate) fn reader<V: View>(view: &V, token: &str, ledger: &Hash, now: u64) -> Result<Reader, Fault> {
    let id = key_id(token)?;
    let key = custody::key(view, &id)?.ok_or(Kind::TokenKey)?;
    let claims = verified(token, &key)?;
    check_times(&claims, now)?;
    check_key(&key, &claims.iss, now)?;
    if claims.aud != statement::hex_text(ledger) {
        return Err(Kind::TokenAudience.into());
    }
    if !is_uuid(&claims.jti) {
        return Err(Kind::TokenMalformed.into());
    }
    if !named(claims.purpose.as_ref(), claims.case.as_ref()) {
        return Err(Kind::TokenPurpose.into());
    }
    let reason = ReadReason { purpose: claims.purpose, case: claims.case };
    Ok(Reader { party: claims.iss, key: id, reason })
}

/// The key id in the header, which must have the one form there is.
fn key_id(token: &str) -> Result<Hash, Fault> {
    let header = decode_header(token).map_err(|_| Kind::TokenMalformed)?;
    let plain = header.alg == Algorithm::EdDSA && header.crit.is_none();
    if !plain || header.typ.as_deref() != Some(TOKEN_TYPE) {
        return Err(Kind::TokenMalformed.into());
    }
    let kid = header.kid.filter(|k| k.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
    let mut id = Hash::default();
    hex::decode_to_slice(kid.unwrap_or_default(), &mut id).map_err(|_| Kind::TokenMalformed)?;
    Ok(id)
}

fn verified(token: &str, key: &KeyRow) -> Result<Claims, Fault> {
    let mut validation = Validation::new(Algorithm::EdDSA);
    // Times and audience are checked here, against one clock reading and with reasons of their own.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = decode(token, &DecodingKey::from_ed_der(&key.public_key), &validation);
    decoded.map(|token| token.claims).map_err(|e| {
        let kind = match e.kind() {
            ErrorKind::InvalidSignature => Kind::TokenSignature,
            _ => Kind::TokenMalformed,
        };
        kind.into()
    })
}

fn check_times(claims: &Claims, now: u64) -> Result<(), Fault> {
    let latest = now.saturating_add(MAX_AHEAD_S);
    let life = claims.exp.checked_sub(claims.iat);
    if claims.iat > latest
        || claims.nbf.is_some_and(|nbf| nbf > latest)
        || !life.is_some_and(|life| (1..=MAX_LIFETIME_S).contains(&life))
    {
        return Err(Kind::TokenLifetime.into());
    }
    if claims.exp <= now {
        return Err(Kind::TokenExpired.into());
    }
    Ok(())
}

fn check_key(key: &KeyRow, issuer: &str, now: u64) -> Result<(), Fault> {
    let now_us = i64::try_from(now.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
    let in_force = key.revoked_index.is_none() && (key.expires_at == 0 || now_us <= key.expires_at);
    if !in_force || key.party != issuer || !key.uses().any(|u| u == KeyUse::Read) {
        return Err(Kind::TokenKey.into());
    }
    Ok(())
}

/// 8-4-4-4-12 hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Whether at least one of the two is told, and neither is empty or overlong.
fn named(purpose: Option<&String>, case: Option<&String>) -> bool {
    let mut told = [purpose, case].into_iter().flatten().peekable();
    let fits = |text: &String| !text.trim().is_empty() && text.chars().count() <= MAX_PURPOSE;
    told.peek().is_some() && told.all(fits)
}
