//! Read tokens: short-lived JWTs that a party signs for itself (RFC 7519, RFC 8037).
//!
//! ```text
//! header  {"alg":"EdDSA","typ":"yuanliu-read+jwt","kid":<key id, hex>}
//! claims  {"iss":<party id>,"aud":<ledger id, hex>,"iat":<s>,"exp":<iat + 240>,"jti":<uuid>,
//!          "purpose":<text>}          or "case" in place of "purpose"
//! ```

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use merkle::{Hash, SigningKey};
use serde::Serialize;
use tonic::{
    Code,
    metadata::{Ascii, MetadataValue},
};

use crate::{ClientError, error::reason, public_key_id};

/// Longest life of a token that servers accept, in seconds.
const LONGEST_LIFE: u64 = 300;
/// Life of a token, in seconds: clocks may differ by a minute.
const LIFE: u64 = 240;
/// A token is not used in its last seconds: the call has to arrive.
const REST: u64 = 60;
const _: () = assert!(REST < LIFE && LIFE + 60 <= LONGEST_LIFE);

/// Why somebody reads. It is recorded where the law asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// In words or as a code, such as "stock-check".
    Purpose(String),
    /// The case that the reading belongs to.
    Case(String),
    /// Both.
    Of {
        /// As of a purpose.
        purpose: String,
        /// As of a case.
        case: String,
    },
}

/// Signs read tokens as one party with a key enrolled for reading.
#[derive(Clone)]
pub struct ReadSigner {
    party: String,
    key: SigningKey,
    ledger: Hash,
    purpose: Purpose,
}

#[derive(Serialize)]
struct Header {
    alg: &'static str,
    typ: &'static str,
    kid: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: String,
    iat: u64,
    exp: u64,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<&'a str>,
}

impl ReadSigner {
    /// A signer of read tokens for one ledger.
    #[must_use]
    pub fn new(party: impl Into<String>, key: SigningKey, ledger: Hash, purpose: Purpose) -> Self {
        Self { party: party.into(), key, ledger, purpose }
    }

    /// A token that begins at `iat` (seconds since the Unix epoch) with the id `jti`.
    fn mint(&self, iat: u64, jti: [u8; 16]) -> Result<String, serde_json::Error> {
        let header =
            Header { alg: "EdDSA", typ: "yuanliu-read+jwt", kid: hex::encode(public_key_id(&self.key)) };
        let (purpose, case) = match &self.purpose {
            Purpose::Purpose(text) => (Some(text.as_str()), None),
            Purpose::Case(text) => (None, Some(text.as_str())),
            Purpose::Of { purpose, case } => (Some(purpose.as_str()), Some(case.as_str())),
        };
        let claims = Claims {
            iss: &self.party,
            aud: hex::encode(self.ledger),
            iat,
            exp: iat.saturating_add(LIFE),
            jti: uuid::Uuid::from_bytes(jti).to_string(),
            purpose,
            case,
        };
        let signed = format!("{}.{}", part(&header)?, part(&claims)?);
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()));
        Ok(format!("{signed}.{signature}"))
    }
}

impl fmt::Debug for ReadSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { party, purpose, ledger: _, key: _ } = self;
        f.debug_struct("ReadSigner").field("party", party).field("purpose", purpose).finish_non_exhaustive()
    }
}

fn part(json: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(json)?))
}

/// Mints tokens and hands each out until shortly before its end.
#[derive(Debug)]
pub(crate) struct Tokens {
    signer: ReadSigner,
    /// Held for as long as it takes to sign.
    current: Mutex<Option<Token>>,
}

#[derive(Clone, Debug)]
struct Token {
    iat: u64,
    bearer: MetadataValue<Ascii>,
}

impl Tokens {
    pub(crate) const fn new(signer: ReadSigner) -> Self {
        Self { signer, current: Mutex::new(None) }
    }

    /// The value of the `authorization` header now.
    pub(crate) fn bearer(&self) -> Result<MetadataValue<Ascii>, ClientError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|e| failed(&e))?.as_secs();
        self.bearer_at(now)
    }

    /// Party and key id.
    pub(crate) fn identity(&self) -> (&str, Hash) {
        (&self.signer.party, public_key_id(&self.signer.key))
    }

    /// Forgets the present token.
    pub(crate) fn renew(&self) {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn bearer_at(&self, now: u64) -> Result<MetadataValue<Ascii>, ClientError> {
        // A token is written whole or not at all, so a poisoned lock still holds a good one.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = current.as_ref().filter(|t| (t.iat..t.iat + LIFE - REST).contains(&now)) {
            return Ok(token.bearer.clone());
        }
        let mut jti = [0; 16];
        getrandom::fill(&mut jti).map_err(|e| failed(&e))?;
        let jti = uuid::Builder::from_random_bytes(jti).into_uuid().into_bytes();
        let text = self.signer.mint(now, jti).map_err(|e| failed(&e))?;
        let mut bearer: MetadataValue<Ascii> = format!("Bearer {text}").parse().map_err(|e| failed(&e))?;
        bearer.set_sensitive(true);
        Ok(current.insert(Token { iat: now, bearer }).bearer.clone())
    }
}

fn failed(error: &dyn fmt::Display) -> ClientError {
    ClientError::stop(Code::Internal, reason::LOCAL, format_args!("cannot make a read token: {error}"))
}

#[cfg(test)]
mod tests {
    use merkle::PublicKey;
    use serde_json::{Value, json};

    use super::*;

    fn signer(purpose: Purpose) -> ReadSigner {
        ReadSigner::new("org:演示", SigningKey::from_seed(&[1; 32]), [0xab; 32], purpose)
    }

    fn decode(part: &str) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn a_token_has_exactly_the_documented_parts_and_a_valid_signature() {
        let key = SigningKey::from_seed(&[1; 32]);
        let token = signer(Purpose::Purpose("stock-check".into())).mint(1_700_000_000, [0x11; 16]).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let kid = hex::encode(statement::key_id(1, key.public().as_bytes()));
        assert_eq!(decode(header), json!({"alg": "EdDSA", "typ": "yuanliu-read+jwt", "kid": kid}));
        let expect = json!({
            "iss": "org:演示",
            "aud": "ab".repeat(32),
            "iat": 1_700_000_000,
            "exp": 1_700_000_240,
            "jti": "11111111-1111-1111-1111-111111111111",
            "purpose": "stock-check",
        });
        assert_eq!(decode(claims), expect);
        let public = PublicKey::enrol(key.public().as_bytes()).unwrap();
        public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    }

    #[test]
    fn a_case_stands_in_place_of_a_purpose() {
        let token = signer(Purpose::Case("c".repeat(32))).mint(1, [0; 16]).unwrap();
        let claims = decode(token.split('.').nth(1).unwrap());
        assert_eq!(claims["case"], "c".repeat(32));
        assert!(claims.get("purpose").is_none());
    }

    #[test]
    fn a_token_is_reused_until_a_minute_before_its_end_and_never_before_its_beginning() {
        let tokens = Tokens::new(signer(Purpose::Purpose("p".into())));
        let at = |now| tokens.bearer_at(now).unwrap();
        let first = at(1_000);
        assert!(first.to_str().unwrap().starts_with("Bearer "));
        assert_eq!(at(1_179), first);
        let second = at(1_180);
        assert_ne!(second, first);
        assert_ne!(at(1_179), second, "the clock was set back");
    }

    #[test]
    fn debug_shows_neither_key_nor_token() {
        let tokens = Tokens::new(signer(Purpose::Purpose("p".into())));
        let bearer = tokens.bearer_at(1).unwrap();
        let text = format!("{tokens:?}");
        assert!(!text.contains(bearer.to_str().unwrap()) && !text.contains("key"), "{text}");
    }
}
