//! A log in memory that its operator can write honestly or not.

use custody::{Input, MemoryView, Outcome, RecordedEntry, View as _, apply, apply_genesis};
use merkle::{Hash, SignerKey, SigningKey, leaf_hash, sha256};
use prost::{Message as _, bytes::Bytes};
use proto::v1::{self, statement::Body};
use statement::{
    ALG_ED25519, Envelope, Genesis, Leaf, POSSESSION_TYPE, STATEMENT_TYPE, Statement, chain_hash,
    genesis_scope, key_id, own_subjects, possession_payload, sign,
};

use crate::{Auditor, Defect};

pub(super) const NOON: i64 = 1_772_424_000_000_000;
const SECOND: i64 = 1_000_000;
const ORIGIN: &str = "audit.test/ledger";
const RANDOM: [u8; 32] = [9; 32];

pub(super) fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(&sha256(&[b"seed of ", name.as_bytes()]))
}

pub(super) fn id_of(name: &str) -> Hash {
    key_id(ALG_ED25519, key(name).public().as_bytes())
}

pub(super) fn org(name: &str) -> String {
    format!("org:{name}")
}

pub(super) fn unit(serial: u32) -> String {
    format!("sgtin:09521234543213.{serial}")
}

pub(super) fn signer(name: &str) -> SignerKey {
    SignerKey::new(name, key(name)).unwrap()
}

/// The log's own key.
pub(super) fn log_key() -> SignerKey {
    signer(ORIGIN)
}

fn possession(scope: &Hash, name: &str) -> Vec<u8> {
    let payload = possession_payload(scope, &id_of(name), &org(name));
    sign(&key(name), POSSESSION_TYPE, &payload).to_vec()
}

fn genesis() -> Genesis {
    let root = v1::RootAuthority {
        party: org("root"),
        name: "root".into(),
        algorithm: v1::Algorithm::Ed25519 as i32,
        public_key: key("root").public().as_bytes().to_vec(),
        possession: possession(&genesis_scope(ORIGIN, &RANDOM), "root"),
    };
    let message = v1::Genesis {
        origin: ORIGIN.into(),
        random: RANDOM.to_vec(),
        log_key: log_key().verifier().to_string(),
        answer_key: signer("audit.test/answers").verifier().to_string(),
        roots: vec![root],
        threshold: 1,
        ..v1::Genesis::default()
    };
    Genesis::parse(&message.encode_to_vec()).unwrap()
}

/// A statement as signed: payload and envelope.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) payload: Bytes,
    pub(super) envelope: Bytes,
}

/// Entries, and the view that they lead to by the rules.
#[derive(Clone)]
pub(super) struct Log {
    pub(super) entries: Vec<RecordedEntry>,
    view: MemoryView,
    chain: Hash,
    ledger: Hash,
    now: i64,
}

impl Log {
    pub(super) fn begun() -> Self {
        let genesis = genesis();
        let outcome = apply_genesis(&genesis, NOON.unsigned_abs()).unwrap();
        let mut log = Self {
            entries: Vec::new(),
            view: MemoryView::default(),
            chain: [0; 32],
            ledger: leaf_hash(&outcome.leaf.encode()),
            now: NOON,
        };
        let payload = Bytes::copy_from_slice(genesis.payload());
        log.keep(outcome, Signed { payload, envelope: Bytes::new() });
        log
    }

    /// Authority, maker and clinic are registered; a unit is made, shipped and received: entries 1 to 9.
    pub(super) fn small() -> Self {
        let mut log = Self::begun();
        let authority = v1::RoleGrant {
            role: v1::Role::Authority as i32,
            field: v1::AuthorityField::Drug as i32,
            ..v1::RoleGrant::default()
        };
        log.register("root", "drug", authority);
        for (name, role) in [("maker", v1::Role::Manufacturer), ("clinic", v1::Role::Clinic)] {
            log.register("drug", name, v1::RoleGrant { role: role as i32, ..v1::RoleGrant::default() });
        }
        log.record("maker", commission(&[1, 2]));
        let shipped = log.record("maker", ship(&[1]));
        let receive = v1::Receive { shipment: Some(shipped), ..v1::Receive::default() };
        log.record("clinic", Body::Receive(receive));
        log
    }

    fn register(&mut self, by: &str, name: &str, role: v1::RoleGrant) {
        self.record(
            by,
            Body::Party(v1::Party {
                party: org(name),
                name: name.into(),
                country: "CN".into(),
                roles: vec![role],
                ..v1::Party::default()
            }),
        );
        self.record(by, self.enrolment(name));
    }

    pub(super) fn enrolment(&self, name: &str) -> Body {
        let uses = [v1::KeyUse::Sign, v1::KeyUse::Administer];
        Body::EnrolKey(v1::EnrolKey {
            party: org(name),
            algorithm: v1::Algorithm::Ed25519 as i32,
            public_key: key(name).public().as_bytes().to_vec(),
            possession: possession(&self.ledger, name),
            uses: uses.map(|u| u as i32).to_vec(),
            ..v1::EnrolKey::default()
        })
    }

    /// The payload of a statement that happens and is signed now.
    pub(super) fn payload(&self, by: &str, body: Body) -> Bytes {
        let mut id = [0; 16];
        id[..6].copy_from_slice(&(self.now / 1_000).to_be_bytes()[2..]);
        (id[6], id[8]) = (0x70, 0x80);
        let header = v1::Header {
            ledger: self.ledger.to_vec(),
            id: id.to_vec(),
            salt: sha256(&[&id])[..16].to_vec(),
            party: org(by),
            occurred_at: self.now,
            offset_minutes: 480,
            ..v1::Header::default()
        };
        v1::Statement { header: Some(header), body: Some(body) }.encode_to_vec().into()
    }

    /// Signed with the key that bears `with`'s name.
    pub(super) fn signed(&self, by: &str, with: &str, body: Body) -> Signed {
        sealed(self.payload(by, body), with)
    }

    pub(super) fn record(&mut self, by: &str, body: Body) -> v1::StatementRef {
        let signed = self.signed(by, by, body);
        self.force(signed)
    }

    /// Records whatever there is, with the leaf and chain that follow from it: what an operator can do who
    /// asks nobody for admission.
    pub(super) fn force(&mut self, signed: Signed) -> v1::StatementRef {
        let statement = Statement::recorded(signed.payload.clone()).unwrap();
        let own = own_subjects(&statement);
        let input = Input {
            index: self.view.size(),
            recorded_at: self.now.unsigned_abs(),
            envelope: &signed.envelope,
            statement: &statement,
            own: &own,
        };
        let outcome = apply(&self.view, &input).unwrap();
        self.keep(outcome, signed);
        let header = statement.header();
        v1::StatementRef { party: header.party.clone(), id: header.id.clone(), digest: vec![] }
    }

    /// As if the last entry had never been; time goes on.
    pub(super) fn forget_last(&mut self) {
        self.entries.pop();
        let states = states(&self.entries).unwrap();
        let (auditor, view) = states.last().cloned().unwrap();
        (self.chain, self.view) = (*auditor.chain(), view);
    }

    fn keep(&mut self, outcome: Outcome, Signed { payload, envelope }: Signed) {
        let leaf = outcome.leaf.encode();
        self.chain = chain_hash(&self.chain, &leaf);
        let entry = RecordedEntry { leaf, chain: self.chain, envelope, payload };
        self.entries.push(entry.clone());
        self.view.record(entry, outcome.puts);
        self.now += SECOND;
    }
}

pub(super) fn sealed(payload: Bytes, with: &str) -> Signed {
    let signature = sign(&key(with), STATEMENT_TYPE, &payload);
    let envelope = Envelope { key_id: id_of(with), digest: sha256(&[&payload]), signature }.encode();
    Signed { payload, envelope: Bytes::copy_from_slice(&envelope) }
}

pub(super) fn commission(serials: &[u32]) -> Body {
    Body::Commission(v1::Commission {
        items: serials.iter().copied().map(unit).collect(),
        lot: "lot:gtin:09521234543213.L7".into(),
        registration: "国药准字SJ20171003".into(),
        made_on: "2025-06-01".into(),
        expires_on: "2027-05-31".into(),
        units_per_code: 1,
        ..v1::Commission::default()
    })
}

pub(super) fn ship(serials: &[u32]) -> Body {
    Body::Ship(v1::Ship {
        items: serials.iter().copied().map(unit).collect(),
        addressee: org("clinic"),
        reason: "sale".into(),
        ..v1::Ship::default()
    })
}

/// Chain hashes that fit the leaves again, so that a change shows elsewhere.
pub(super) fn rechained(mut entries: Vec<RecordedEntry>) -> Vec<RecordedEntry> {
    let mut chain = [0; 32];
    for entry in &mut entries {
        chain = chain_hash(&chain, &entry.leaf);
        entry.chain = chain;
    }
    entries
}

/// Changes the leaf of an entry.
pub(super) fn releaf(entry: &mut RecordedEntry, change: impl FnOnce(&mut Leaf)) {
    let mut leaf = Leaf::decode(&entry.leaf).unwrap();
    change(&mut leaf);
    entry.leaf = leaf.encode();
}

/// Auditor and view before each entry, and after the last.
pub(super) fn states(entries: &[RecordedEntry]) -> Result<Vec<(Auditor, MemoryView)>, Defect> {
    let mut states = vec![(Auditor::default(), MemoryView::default())];
    for entry in entries {
        let (mut auditor, mut view) = states.last().cloned().unwrap();
        let outcome = auditor.check(&view, entry)?;
        view.record(entry.clone(), outcome.puts);
        states.push((auditor, view));
    }
    Ok(states)
}

/// Audits everything: index and name of the first fault.
pub(super) fn audit(entries: &[RecordedEntry]) -> Result<Auditor, (u64, String)> {
    let states = states(entries).map_err(|d| (d.index, name(&d)))?;
    Ok(states.last().cloned().unwrap().0)
}

/// What a fault is called; of one that an admission rule found, its reason.
pub(super) fn name(defect: &Defect) -> String {
    match &defect.fault {
        crate::Fault::Inadmissible(refusal) => format!("Inadmissible {}", refusal.reason),
        fault => {
            let text = format!("{fault:?}");
            text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_string()
        }
    }
}
