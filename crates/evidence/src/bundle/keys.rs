//! Keys, from their own chains: who holds one, from which entry on, until which.

use std::collections::BTreeMap;

use merkle::{Hash, PublicKey};
use proto::v1::{EnrolKey, Genesis as GenesisMessage, KeyUse, RevokeKey, StatementKind, statement::Body};
use statement::{
    ALG_ED25519, Envelope, POSSESSION_TYPE, STATEMENT_TYPE, Statement, Words, hex_text, key_id,
    possession_payload, verify,
};

use super::{
    Defect, Part,
    shown::{Entries, Said, Shown},
};

/// A key as its chain shows it.
pub(super) struct EnrolledKey {
    pub party: String,
    public: PublicKey,
    /// Entry that enrols it.
    pub enrolled: u64,
    /// Entry that revokes it.
    pub revoked: Option<u64>,
    /// µs; 0 = not said.
    pub compromised_since: i64,
    /// µs; 0 = never.
    expires_at: i64,
    uses: Vec<KeyUse>,
    /// Empty = all.
    kinds: Vec<i32>,
    /// Empty = all.
    site: String,
}

/// Keys by id.
pub(super) type Keys = BTreeMap<Hash, EnrolledKey>;

fn key_fault(id: &Hash, english: &str, chinese: &str) -> Defect {
    let id = hex_text(id);
    Defect::new(Part::Key, Words::made(format!("key {id}: {english}"), format!("密钥 {id}：{chinese}")))
}

fn entry_fault(index: u64, english: &str, chinese: &str) -> Defect {
    let words = Words::made(format!("entry {index}: {english}"), format!("条目 {index}：{chinese}"));
    Defect::new(Part::Key, words)
}

/// Reads a key from the whole chain of its subject.
pub(super) fn read(
    id: &Hash,
    chain: &[u64],
    entries: &Entries,
    ledger: &Hash,
) -> Result<EnrolledKey, Defect> {
    let mut key: Option<EnrolledKey> = None;
    for index in chain {
        let Some(shown) = entries.get(*index) else { continue };
        match (step(id, shown, *index, ledger)?, &mut key) {
            (Step::Enrolled(new), key @ None) => *key = Some(*new),
            (Step::Enrolled(_), Some(_)) => {
                return Err(key_fault(id, "is enrolled twice", "被重复登记"));
            }
            (Step::Revoked(_), None) => {
                return Err(key_fault(id, "is revoked before it is enrolled", "在登记之前被吊销"));
            }
            (Step::Revoked(revocation), Some(key)) => revoke(id, key, *index, &revocation)?,
            (Step::None, _) => {}
        }
    }
    key.ok_or_else(|| key_fault(id, "is not enrolled", "未登记"))
}

fn revoke(id: &Hash, key: &mut EnrolledKey, index: u64, revocation: &RevokeKey) -> Result<(), Defect> {
    if revocation.party != key.party {
        return Err(key_fault(id, "is revoked for another party", "以其他主体的名义被吊销"));
    }
    if key.revoked.is_none() {
        key.revoked = Some(index);
        key.compromised_since = revocation.compromised_since;
    }
    Ok(())
}

/// What an entry does to a key.
enum Step {
    Enrolled(Box<EnrolledKey>),
    Revoked(RevokeKey),
    None,
}

fn step(id: &Hash, shown: &Shown, index: u64, ledger: &Hash) -> Result<Step, Defect> {
    match &shown.said {
        Said::Genesis(genesis) => of_genesis(id, genesis.message()),
        Said::Withheld => Err(key_fault(
            id,
            "an entry about it is withheld: it may be revoked",
            "有关条目未出示，可能已吊销",
        )),
        Said::Statement { statement, .. } => match statement.body() {
            Body::EnrolKey(b) if key_id(ALG_ED25519, &b.public_key) == *id => enrolled(id, b, index, ledger),
            Body::RevokeKey(b) if b.key_id == id => Ok(Step::Revoked(b.clone())),
            _ => Ok(Step::None),
        },
    }
}

/// Possession was checked with the genesis.
fn of_genesis(id: &Hash, message: &GenesisMessage) -> Result<Step, Defect> {
    let root = message.roots.iter().find(|root| key_id(ALG_ED25519, &root.public_key) == *id);
    let Some(root) = root else { return Ok(Step::None) };
    Ok(Step::Enrolled(Box::new(EnrolledKey {
        party: root.party.clone(),
        public: public_key(id, &root.public_key)?,
        enrolled: 0,
        revoked: None,
        compromised_since: 0,
        expires_at: 0,
        uses: vec![KeyUse::Sign, KeyUse::Read, KeyUse::Administer],
        kinds: Vec::new(),
        site: String::new(),
    })))
}

fn public_key(id: &Hash, bytes: &[u8]) -> Result<PublicKey, Defect> {
    let key = <&[u8; 32]>::try_from(bytes).ok().and_then(|bytes| PublicKey::enrol(bytes).ok());
    key.ok_or_else(|| key_fault(id, "is no key that may be enrolled", "不是可登记的公钥"))
}

fn enrolled(id: &Hash, b: &EnrolKey, index: u64, ledger: &Hash) -> Result<Step, Defect> {
    let public = public_key(id, &b.public_key)?;
    let payload = possession_payload(ledger, id, &b.party);
    if !verify(&public, POSSESSION_TYPE, &payload, &b.possession) {
        return Err(key_fault(id, "its possession is not shown", "未证明持有该密钥"));
    }
    Ok(Step::Enrolled(Box::new(EnrolledKey {
        party: b.party.clone(),
        public,
        enrolled: index,
        revoked: None,
        compromised_since: 0,
        expires_at: b.expires_at,
        uses: b.uses().collect(),
        kinds: b.kinds.clone(),
        site: b.site.clone(),
    })))
}

impl EnrolledKey {
    /// Whether the key lay in the window that its revocation calls compromised.
    pub fn is_doubtful(&self, recorded_at: u64) -> bool {
        u64::try_from(self.compromised_since).is_ok_and(|since| since != 0 && recorded_at >= since)
    }

    /// Whether it has expired by then, µs.
    pub fn has_expired(&self, at: u64) -> bool {
        u64::try_from(self.expires_at).is_ok_and(|end| end != 0 && at > end)
    }

    /// Whether the key signed these bytes.
    pub fn signed(&self, payload_type: &str, payload: &[u8], signature: &[u8]) -> bool {
        verify(&self.public, payload_type, payload, signature)
    }
}

/// Checks the signature of an entry, and that its key was entitled to it at that place.
pub(super) fn check_signature(
    index: u64,
    recorded_at: u64,
    statement: &Statement,
    envelope: &Envelope,
    keys: &Keys,
) -> Result<(), Defect> {
    let fault = |english, chinese| Err(entry_fault(index, english, chinese));
    let Some(key) = keys.get(&envelope.key_id) else {
        return fault("the key that signed it is not shown", "未出示其签名密钥");
    };
    if key.enrolled >= index {
        return fault("the key that signed it was enrolled later", "签名密钥在其后才登记");
    }
    if key.revoked.is_some_and(|revoked| revoked < index) {
        return fault("the key that signed it had been revoked", "签名密钥当时已吊销");
    }
    if key.has_expired(recorded_at) {
        return fault("the key that signed it had expired", "签名密钥当时已过期");
    }
    if key.party != statement.header().party {
        return fault("the key that signed it is another party's", "签名密钥属于其他主体");
    }
    if !is_for(key, statement) {
        return fault("the key that signed it is not enrolled for this", "签名密钥的登记用途不含此类");
    }
    if !key.signed(STATEMENT_TYPE, statement.payload(), &envelope.signature) {
        return fault("its signature does not verify", "签名验证失败");
    }
    Ok(())
}

/// Uses, kinds and site that the key is enrolled for.
fn is_for(key: &EnrolledKey, statement: &Statement) -> bool {
    let own_keys = match statement.body() {
        Body::EnrolKey(b) => b.party == key.party,
        Body::RevokeKey(b) => b.party == key.party,
        _ => false,
    };
    let wanted = if own_keys { KeyUse::Administer } else { KeyUse::Sign };
    let kind: StatementKind = statement.kind();
    key.uses.contains(&wanted)
        && (key.kinds.is_empty() || key.kinds.contains(&(kind as i32)))
        && (key.site.is_empty() || key.site == statement.header().site)
}
