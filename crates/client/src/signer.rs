//! Signing: a statement's header is completed, the message serialized once, and those bytes signed.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use merkle::{Hash, PublicKey, SIGNATURE_LEN, SigningKey};
use prost::Message as _;
use proto::v1::{self, Algorithm, EnrolKey, Header, KeyUse, RootAuthority, SignedStatement};
use statement::{ALG_ED25519, Envelope, POSSESSION_TYPE, Refusal, STATEMENT_TYPE, Statement};

/// Why a statement was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The header already names another ledger or signer. Correct it, or use the right signer.
    #[error("header.{field} is {found}, this signer signs for {expected}")]
    Contradiction {
        /// Field of the header.
        field: &'static str,
        /// What it holds.
        found: String,
        /// What the signer would have put there.
        expected: String,
    },
    /// The ledger would refuse it. Correct the fields named.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The system has no randomness for id and salt.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// The system clock stands before 1970 or after 9999.
    #[error("the system clock is wrong")]
    Clock,
    /// The key lies in a device that did not sign. Nothing is wrong with the statement.
    #[error("{0}")]
    Key(#[from] KeyFault),
}

/// A device that holds a key did not sign. Look after the device, then try again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signing key does not answer: {0}")]
pub struct KeyFault(pub String);

/// An Ed25519 key that signs where it lies: in memory, in a token.
pub trait PrivateKey {
    /// Its public half.
    fn public(&self) -> &PublicKey;

    /// Pure Ed25519 (RFC 8032 section 5.1.6) over the message.
    ///
    /// # Errors
    /// The key lies in a device that does not answer, or answers nonsense. Keys in memory always sign.
    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], KeyFault>;
}

impl PrivateKey for SigningKey {
    fn public(&self) -> &PublicKey {
        Self::public(self)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], KeyFault> {
        Ok(Self::sign(self, message))
    }
}

/// Signs as one party with one key, for one ledger.
#[derive(Clone, Debug)]
pub struct Signer<K = SigningKey> {
    party: String,
    key: K,
    key_id: Hash,
    ledger: Hash,
    on_behalf_of: String,
    site: String,
}

impl<K: PrivateKey> Signer<K> {
    /// A signer for `party` (canonical id; a wrong one is refused when signing).
    #[must_use]
    pub fn new(party: impl Into<String>, key: K, ledger: Hash) -> Self {
        let key_id = statement::key_id(ALG_ED25519, key.public().as_bytes());
        let (on_behalf_of, site) = (String::new(), String::new());
        Self { party: party.into(), key, key_id, ledger, on_behalf_of, site }
    }

    /// Signs for a principal wherever the header does not name one.
    #[must_use]
    pub fn on_behalf_of(self, principal: impl Into<String>) -> Self {
        Self { on_behalf_of: principal.into(), ..self }
    }

    /// Puts a site wherever the header does not name one.
    #[must_use]
    pub fn at_site(self, site: impl Into<String>) -> Self {
        Self { site: site.into(), ..self }
    }

    /// Who signs.
    #[must_use]
    pub fn party(&self) -> &str {
        &self.party
    }

    /// The ledger it signs for.
    #[must_use]
    pub const fn ledger(&self) -> &Hash {
        &self.ledger
    }

    /// Id of the signing key.
    #[must_use]
    pub const fn key_id(&self) -> &Hash {
        &self.key_id
    }

    /// Fills the empty fields of the header (ledger, id, salt, party, principal, site, and `occurred_at`
    /// with now), checks the statement as the ledger will, and signs it.
    ///
    /// Fields that are set stay as they are: with id, salt and `occurred_at` given the result is a
    /// function of the arguments. `offset_minutes` becomes the local zone's only together with now.
    ///
    /// # Errors
    /// See [`SignError`]; nothing has been signed.
    pub fn sign(&self, statement: v1::Statement) -> Result<SignedStatement, SignError> {
        let payload = self.draft(statement)?;
        Statement::parse(payload.clone())?;
        let message = statement::pre_authentication(STATEMENT_TYPE, &payload);
        let signature = self.key.sign(&message)?;
        Ok(self.with(payload, signature))
    }

    /// The payload that [`sign`](Self::sign) would sign, unsigned and unchecked: for
    /// [`Client::validate_statement`](crate::Client::validate_statement), which finds every fault at once.
    ///
    /// # Errors
    /// The header contradicts the signer, or the system gives no time or randomness.
    pub fn draft(&self, statement: v1::Statement) -> Result<Bytes, SignError> {
        let v1::Statement { header, body } = statement;
        let header = Some(self.complete(header.unwrap_or_default())?);
        Ok(Bytes::from(v1::Statement { header, body }.encode_to_vec()))
    }

    fn with(&self, payload: Bytes, signature: [u8; SIGNATURE_LEN]) -> SignedStatement {
        let (signature, algorithm) = (signature.to_vec(), Algorithm::Ed25519.into());
        SignedStatement { payload, key_id: self.key_id.to_vec(), signature, algorithm }
    }

    fn complete(&self, mut h: Header) -> Result<Header, SignError> {
        if !h.ledger.is_empty() && h.ledger != self.ledger {
            return Err(contradiction("ledger", hex::encode(&h.ledger), hex::encode(self.ledger)));
        }
        if !h.party.is_empty() && h.party != self.party {
            return Err(contradiction("party", h.party, self.party.clone()));
        }
        h.ledger = self.ledger.to_vec();
        h.party.clone_from(&self.party);
        if h.on_behalf_of.is_empty() {
            h.on_behalf_of.clone_from(&self.on_behalf_of);
        }
        if h.site.is_empty() {
            h.site.clone_from(&self.site);
        }
        let now = now_micros()?;
        if h.occurred_at == 0 {
            h.occurred_at = now;
            h.offset_minutes = jiff::Zoned::now().offset().seconds() / 60;
        }
        if h.id.is_empty() {
            h.id = new_id(now)?.to_vec();
        }
        if h.salt.is_empty() {
            h.salt = random::<16>()?.to_vec();
        }
        Ok(h)
    }
}

impl Signer {
    /// Signs bytes as they are, unchecked: for payloads that were serialized before.
    #[must_use]
    pub fn sign_payload(&self, payload: Bytes) -> SignedStatement {
        let signature = statement::sign(&self.key, STATEMENT_TYPE, &payload);
        self.with(payload, signature)
    }

    /// The body of an `EnrolKey` for `key` of `party`: with the key's possession for this ledger, and
    /// neither expiry nor limits, which the caller may add.
    #[must_use]
    pub fn enrol(&self, party: impl Into<String>, key: &SigningKey, uses: &[KeyUse]) -> EnrolKey {
        let party = party.into();
        EnrolKey {
            algorithm: Algorithm::Ed25519.into(),
            public_key: key.public().as_bytes().to_vec(),
            possession: possession(key, &self.ledger, &party).to_vec(),
            uses: uses.iter().map(|u| (*u).into()).collect(),
            party,
            ..EnrolKey::default()
        }
    }
}

/// The body of an `EnrolKey` for a key that may lie in a device: like [`Signer::enrol`], with the key's
/// possession for `ledger`.
///
/// # Errors
/// The key does not sign.
pub fn enrolment(
    key: &impl PrivateKey,
    ledger: &Hash,
    party: impl Into<String>,
    uses: &[KeyUse],
) -> Result<EnrolKey, KeyFault> {
    let party = party.into();
    let public = key.public().as_bytes();
    let payload = statement::possession_payload(ledger, &statement::key_id(ALG_ED25519, public), &party);
    let possession = key.sign(&statement::pre_authentication(POSSESSION_TYPE, &payload))?;
    Ok(EnrolKey {
        algorithm: Algorithm::Ed25519.into(),
        public_key: public.to_vec(),
        possession: possession.to_vec(),
        uses: uses.iter().map(|u| (*u).into()).collect(),
        party,
        ..EnrolKey::default()
    })
}

/// Id of a key's public half.
#[must_use]
pub fn public_key_id(key: &SigningKey) -> Hash {
    statement::key_id(ALG_ED25519, key.public().as_bytes())
}

/// A key's signature that shows its holder has it: for the ledger `scope` (in a genesis:
/// [`statement::genesis_scope`]) and the party that is to own it.
#[must_use]
pub fn possession(key: &SigningKey, scope: &Hash, party: &str) -> [u8; SIGNATURE_LEN] {
    let payload = statement::possession_payload(scope, &public_key_id(key), party);
    statement::sign(key, POSSESSION_TYPE, &payload)
}

/// A root authority for the genesis of `origin` with these random bytes.
#[must_use]
pub fn root_authority(
    party: impl Into<String>,
    name: impl Into<String>,
    key: &SigningKey,
    origin: &str,
    random: &[u8; 32],
) -> RootAuthority {
    let party = party.into();
    RootAuthority {
        possession: possession(key, &statement::genesis_scope(origin, random), &party).to_vec(),
        party,
        name: name.into(),
        algorithm: Algorithm::Ed25519.into(),
        public_key: key.public().as_bytes().to_vec(),
    }
}

/// The envelope that a ledger makes of a signed statement; `None` where key id or signature have
/// another length than Ed25519's, or the algorithm is another.
#[must_use]
pub fn envelope(signed: &SignedStatement) -> Option<Envelope> {
    if signed.algorithm() != Algorithm::Ed25519 {
        return None;
    }
    Some(Envelope {
        key_id: signed.key_id.as_slice().try_into().ok()?,
        digest: merkle::sha256(&[&signed.payload]),
        signature: signed.signature.as_slice().try_into().ok()?,
    })
}

fn contradiction(field: &'static str, found: String, expected: String) -> SignError {
    SignError::Contradiction { field, found, expected }
}

/// µs since the Unix epoch.
fn now_micros() -> Result<i64, SignError> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| SignError::Clock)?;
    i64::try_from(since.as_micros()).map_err(|_| SignError::Clock)
}

/// A UUIDv7 at `micros` since the Unix epoch.
fn new_id(micros: i64) -> Result<[u8; 16], SignError> {
    let millis = u64::try_from(micros / 1_000).map_err(|_| SignError::Clock)?;
    Ok(uuid::Builder::from_unix_timestamp_millis(millis, &random()?).into_uuid().into_bytes())
}

fn random<const N: usize>() -> Result<[u8; N], SignError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(SignError::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
