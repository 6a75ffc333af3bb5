//! The genesis entry (docs/FORMAT.md §4): what a ledger is, said once.

use std::collections::BTreeSet;

use merkle::{Hash, NoteKeyError, PublicKey, VerifierKey, WitnessKey};
use prost::Message as _;
use proto::v1;

use crate::{
    ALG_ED25519, MAX_PAYLOAD, Relation,
    check::{is_nfc, text_fault},
    dsse,
    scan::scan,
    subject::{hex_text, subject_key},
    subjects::{Named, sort_named},
};

/// Oldest id time accepted, µs before recording: 30 days.
pub const DEFAULT_MAX_ID_AGE: i64 = 30 * 86_400_000_000;
/// Most that times may lie ahead of recording, µs: 5 minutes.
pub const DEFAULT_MAX_AHEAD: i64 = 5 * 60_000_000;
/// Most that a ledger may set as age of an id, µs: ten years of 365 days.
const MAX_ID_AGE: i64 = 3_650 * 86_400_000_000;
/// Most that a ledger may set as time ahead, µs: one day.
const MAX_AHEAD: i64 = 86_400_000_000;
/// Most root authorities.
const MAX_ROOTS: usize = 16;

/// Why a genesis payload is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("genesis: {field}: {fault}")]
pub struct GenesisError {
    /// Field at fault.
    pub field: String,
    /// What is wrong.
    pub fault: String,
}

fn error(field: impl Into<String>, fault: impl Into<String>) -> GenesisError {
    GenesisError { field: field.into(), fault: fault.into() }
}

/// A validated genesis.
#[derive(Clone, Debug)]
pub struct Genesis {
    payload: Vec<u8>,
    message: v1::Genesis,
}

impl Genesis {
    /// Scans, decodes and validates a genesis payload, possessions included.
    ///
    /// # Errors
    /// The first field that does not hold what it must.
    pub fn parse(payload: &[u8]) -> Result<Self, GenesisError> {
        if payload.len() > MAX_PAYLOAD {
            return Err(error("payload", format!("{} bytes, at most {MAX_PAYLOAD}", payload.len())));
        }
        scan(payload, proto::schema::GENESIS)
            .map_err(|e| error(if e.path.is_empty() { "payload" } else { &e.path }, e.fault.to_string()))?;
        let message = v1::Genesis::decode(payload).map_err(|e| error("payload", e.to_string()))?;
        check_origin(&message.origin)?;
        if message.random.len() != 32 {
            return Err(error("random", "must be 32 bytes"));
        }
        let mut keys = check_verifiers(&message)?;
        check_roots(&message, &mut keys)?;
        check_settings(&message.settings.unwrap_or_default())?;
        message.predecessor.as_ref().map_or(Ok(()), check_predecessor)?;
        Ok(Self { payload: payload.to_vec(), message })
    }

    /// The bytes.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The fields.
    #[must_use]
    pub const fn message(&self) -> &v1::Genesis {
        &self.message
    }

    /// Oldest id time accepted, µs before recording.
    #[must_use]
    pub fn max_id_age(&self) -> i64 {
        self.message.settings.map(|s| s.max_id_age).filter(|v| *v > 0).unwrap_or(DEFAULT_MAX_ID_AGE)
    }

    /// Most that times may lie ahead of recording, µs.
    #[must_use]
    pub fn max_ahead(&self) -> i64 {
        self.message.settings.map(|s| s.max_ahead).filter(|v| *v > 0).unwrap_or(DEFAULT_MAX_AHEAD)
    }
}

fn check_origin(origin: &str) -> Result<(), GenesisError> {
    let clean = !origin.chars().any(|c| c.is_control() || c.is_whitespace() || c == '+');
    if (1..=255).contains(&origin.len()) && clean {
        return Ok(());
    }
    Err(error("origin", "1 to 255 bytes without spaces, \"+\" or control characters"))
}

/// Public keys named so far: a key has one task in a ledger.
type Keys = BTreeSet<[u8; 32]>;

fn check_verifiers(message: &v1::Genesis) -> Result<Keys, GenesisError> {
    let mut keys = Keys::new();
    let log = verifier("log_key", &message.log_key, &mut keys)?;
    if log.name() != message.origin {
        return Err(error("log_key", "its name must be the origin"));
    }
    verifier("answer_key", &message.answer_key, &mut keys)?;
    if message.witness_keys.len() > 64 {
        return Err(error("witness_keys", "at most 64"));
    }
    for (i, key) in message.witness_keys.iter().enumerate() {
        let field = format!("witness_keys[{i}]");
        let public = witness_key(key).map_err(|e| error(field.as_str(), e.to_string()))?;
        if !keys.insert(*public.as_bytes()) {
            return Err(error(field, "the key is named twice"));
        }
    }
    Ok(keys)
}

/// The public key of a witness: as its own verifier key says it (signature type 4, a timestamped cosignature), or
/// in the form of a note's verifier key (type 1).
///
/// # Errors
/// The text is neither.
pub fn witness_key(text: &str) -> Result<PublicKey, NoteKeyError> {
    match text.parse::<WitnessKey>() {
        Ok(key) => Ok(*key.public()),
        Err(NoteKeyError::Algorithm) => text.parse::<VerifierKey>().map(|key| *key.public()),
        Err(e) => Err(e),
    }
}

fn verifier(field: &str, text: &str, keys: &mut Keys) -> Result<VerifierKey, GenesisError> {
    let key: VerifierKey = text.parse().map_err(|e: NoteKeyError| error(field, e.to_string()))?;
    if keys.insert(*key.public().as_bytes()) { Ok(key) } else { Err(error(field, "the key is named twice")) }
}

fn check_roots(message: &v1::Genesis, keys: &mut Keys) -> Result<(), GenesisError> {
    let n = message.roots.len();
    let threshold = usize::try_from(message.threshold).unwrap_or(usize::MAX);
    if !(1..=MAX_ROOTS).contains(&n) || !(1..=n).contains(&threshold) {
        return Err(error("roots", "1 to 16 root authorities, and a threshold of 1 to their number"));
    }
    let scope = dsse::genesis_scope(&message.origin, &message.random);
    let mut parties = BTreeSet::new();
    for (i, root) in message.roots.iter().enumerate() {
        check_root(&scope, root, keys).map_err(|(name, fault)| error(format!("roots[{i}].{name}"), fault))?;
        if !parties.insert(&root.party) {
            return Err(error(format!("roots[{i}].party"), "the party is named twice"));
        }
    }
    Ok(())
}

fn check_root(scope: &Hash, root: &v1::RootAuthority, keys: &mut Keys) -> Result<(), (&'static str, String)> {
    gs1::PartyRef::parse(&root.party).map_err(|e| ("party", e.to_string()))?;
    if !is_nfc(&root.party) {
        return Err(("party", "not in Unicode form NFC".into()));
    }
    if let Some((_, fault)) = text_fault(&root.name, 200) {
        return Err(("name", fault.to_string()));
    }
    if root.algorithm() != v1::Algorithm::Ed25519 {
        return Err(("algorithm", "must be Ed25519".into()));
    }
    let bytes: [u8; 32] =
        root.public_key.as_slice().try_into().map_err(|_| ("public_key", "must be 32 bytes".into()))?;
    let key = PublicKey::enrol(&bytes).map_err(|e| ("public_key", e.to_string()))?;
    if !keys.insert(bytes) {
        return Err(("public_key", "the key is named twice".into()));
    }
    let payload = dsse::possession_payload(scope, &dsse::key_id(ALG_ED25519, &bytes), &root.party);
    if !dsse::verify(&key, dsse::POSSESSION_TYPE, &payload, &root.possession) {
        return Err(("possession", "does not verify for this key, party and genesis".into()));
    }
    Ok(())
}

fn check_settings(settings: &v1::Settings) -> Result<(), GenesisError> {
    if !(0..=MAX_ID_AGE).contains(&settings.max_id_age) {
        return Err(error("settings.max_id_age", "must be 0 (default) to ten years, in µs"));
    }
    if !(0..=MAX_AHEAD).contains(&settings.max_ahead) {
        return Err(error("settings.max_ahead", "must be 0 (default) to one day, in µs"));
    }
    Ok(())
}

fn check_predecessor(p: &v1::Predecessor) -> Result<(), GenesisError> {
    if p.ledger.len() != 32 || p.root.len() != 32 {
        return Err(error("predecessor", "ledger and root must be 32 bytes"));
    }
    // It has at least its own genesis.
    if !(1..=merkle::MAX_TREE_SIZE).contains(&p.size) {
        return Err(error("predecessor.size", "must be 1 to 2^63 − 1"));
    }
    Ok(())
}

/// The subjects that a genesis links: party and key of every root authority.
#[must_use]
pub fn genesis_subjects(message: &v1::Genesis) -> Vec<Named> {
    let mut all = Vec::new();
    for root in &message.roots {
        let id: Hash = dsse::key_id(ALG_ED25519, &root.public_key);
        for (relation, text) in [(Relation::Party, root.party.clone()), (Relation::Key, hex_text(&id))] {
            if let Some(kind) = relation.subject_kind() {
                all.push(Named { key: subject_key(kind, &text), relation });
            }
        }
    }
    sort_named(&mut all);
    all
}
