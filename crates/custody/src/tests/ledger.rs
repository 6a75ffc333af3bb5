//! A ledger in memory: two of three root authorities, one drug authority, a few traders, each with one
//! seeded key. Everything recorded is checked against an independent model of heads and chain.

use std::collections::BTreeMap;

use merkle::{Cosigner, Hash, SignerKey, SigningKey, sha256};
use prost::{Message as _, bytes::Bytes};
use proto::v1::{self, statement::Body};
use statement::{
    ALG_ED25519, Envelope, Genesis, Leaf, Link, POSSESSION_TYPE, STATEMENT_TYPE, Statement, SubjectKey,
    chain_hash, genesis_scope, key_id, own_subjects, possession_payload, sign,
};

use crate::{
    Admission, AdmitError, Input, Limits, MemoryView, Outcome, RecordedEntry, Signed, Table, View as _,
    admit, apply, apply_genesis, item::ItemState, tables,
};

/// 2026-03-02T04:00:00Z, µs: noon in UTC+8; statements of stories happen from here on.
pub const NOON: i64 = 1_772_424_000_000_000;
/// When recording begins: five days later.
pub const LATER: i64 = NOON + 5 * 86_400_000_000;
pub const SECOND: i64 = 1_000_000;
pub const DAY: i64 = 86_400 * SECOND;

const ORIGIN: &str = "custody.test/ledger";
const RANDOM: [u8; 32] = [9; 32];
/// Parties that the bootstrap registers, with their roles.
const TRADERS: [(&str, v1::Role); 8] = [
    ("maker", v1::Role::Manufacturer),
    ("importer", v1::Role::Importer),
    ("trader", v1::Role::Distributor),
    ("firm", v1::Role::Logistics),
    ("carrier", v1::Role::Carrier),
    ("clinic", v1::Role::Clinic),
    ("clinic2", v1::Role::Clinic),
    ("lab", v1::Role::Laboratory),
];

/// The key that stands for a name.
pub fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(&sha256(&[b"seed of ", name.as_bytes()]))
}

/// Key id of the key that stands for a name.
pub fn id_of(name: &str) -> Hash {
    key_id(ALG_ED25519, key(name).public().as_bytes())
}

/// Canonical party id of a short name.
pub fn org(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("org:{name}") }
}

/// A statement in the making; times in µs.
#[derive(Clone, Debug)]
pub struct Say {
    pub by: String,
    pub principal: String,
    pub site: String,
    pub at: i64,
    pub bill: String,
    pub id: [u8; 16],
    pub confidential: bool,
    pub ledger: Option<[u8; 32]>,
    /// Digests of attachments.
    pub attached: Vec<[u8; 32]>,
    /// Name of the key that signs.
    pub key: String,
    pub body: Body,
}

/// A UUIDv7 of a time (µs) and a number that tells it apart.
pub fn uuid(us: i64, number: u32) -> [u8; 16] {
    let mut id = [0; 16];
    id[..6].copy_from_slice(&(us / 1_000).to_be_bytes()[2..]);
    id[6] = 0x70;
    id[8] = 0x80;
    id[12..].copy_from_slice(&number.to_be_bytes());
    id
}

impl Say {
    pub fn new(by: &str, number: u32, body: Body) -> Self {
        Self {
            by: by.into(),
            principal: String::new(),
            site: String::new(),
            at: NOON,
            bill: String::new(),
            id: uuid(LATER, number),
            confidential: false,
            ledger: None,
            attached: Vec::new(),
            key: by.into(),
            body,
        }
    }

    fn payload(&self, ledger: &Hash) -> Bytes {
        let header = v1::Header {
            ledger: self.ledger.unwrap_or(*ledger).to_vec(),
            id: self.id.to_vec(),
            salt: sha256(&[&self.id]).get(..16).unwrap().to_vec(),
            party: org(&self.by),
            on_behalf_of: org(&self.principal),
            site: self.site.clone(),
            occurred_at: self.at,
            offset_minutes: 480,
            business_key: self.bill.clone(),
            confidential: self.confidential,
            attachments: self.attached.iter().map(attachment).collect(),
        };
        v1::Statement { header: Some(header), body: Some(self.body.clone()) }.encode_to_vec().into()
    }
}

/// The ledger, and what the model knows of it.
#[derive(Clone)]
pub struct TestLedger {
    pub view: MemoryView,
    pub limits: Limits,
    /// µs; moves on by a second with every entry.
    pub now: i64,
    pub heads: BTreeMap<SubjectKey, (Hash, u64, u64)>,
    chain: Hash,
    numbers: u32,
}

fn root(name: &str) -> v1::RootAuthority {
    let public = *key(name).public().as_bytes();
    let payload =
        possession_payload(&genesis_scope(ORIGIN, &RANDOM), &key_id(ALG_ED25519, &public), &org(name));
    v1::RootAuthority {
        party: org(name),
        name: name.into(),
        algorithm: v1::Algorithm::Ed25519 as i32,
        public_key: public.to_vec(),
        possession: sign(&key(name), POSSESSION_TYPE, &payload).to_vec(),
    }
}

pub fn genesis() -> Genesis {
    let verifier = |name: &str, seed: &str| SignerKey::new(name, key(seed)).unwrap().verifier().to_string();
    let message = v1::Genesis {
        origin: ORIGIN.into(),
        random: RANDOM.to_vec(),
        log_key: verifier(ORIGIN, "log"),
        answer_key: verifier("custody.test/answers", "answers"),
        witness_keys: vec![
            verifier("witness.test/w", "witness"),
            Cosigner::new("witness.test/c", key("cosigner")).unwrap().witness().to_string(),
        ],
        roots: vec![root("root1"), root("root2"), root("root3")],
        threshold: 2,
        settings: None,
        predecessor: None,
    };
    Genesis::parse(&message.encode_to_vec()).unwrap()
}

impl TestLedger {
    /// With the genesis only.
    pub fn empty() -> Self {
        let genesis = genesis();
        let outcome = apply_genesis(&genesis, (LATER - SECOND) as u64).unwrap();
        let leaf = outcome.leaf.encode();
        let mut ledger = Self {
            view: MemoryView::default(),
            limits: Limits {
                ledger: merkle::leaf_hash(&leaf),
                max_id_age: genesis.max_id_age(),
                max_ahead: genesis.max_ahead(),
            },
            now: LATER,
            heads: BTreeMap::new(),
            chain: [0; 32],
            numbers: 1_000_000,
        };
        let payload = Bytes::copy_from_slice(genesis.payload());
        ledger.keep(&outcome, Bytes::new(), payload);
        ledger
    }

    /// With the traders registered.
    pub fn new() -> Self {
        let mut ledger = Self::empty();
        ledger.found_authority("drug", v1::AuthorityField::Drug);
        for (name, role) in TRADERS {
            ledger.register("drug", name, &[role]);
        }
        ledger
    }

    /// Two roots make an authority, and the first enrols its key.
    pub fn found_authority(&mut self, name: &str, field: v1::AuthorityField) {
        self.found_authority_with(name, &[(field, "")]);
    }

    /// The same with fields, each limited to a region.
    pub fn found_authority_with(&mut self, name: &str, fields: &[(v1::AuthorityField, &str)]) {
        let grant = |(field, region): &(v1::AuthorityField, &str)| v1::RoleGrant {
            role: v1::Role::Authority as i32,
            field: *field as i32,
            region: (*region).into(),
            ..v1::RoleGrant::default()
        };
        let grants = fields.iter().map(grant).collect();
        let party = self.say("root1", Body::Party(facts(name, grants)));
        let signed = self.signed(&party);
        self.record(&signed);
        let endorse = self.say("root2", endorse_of(&signed.statement));
        self.must(&endorse);
        self.enrol("root1", name, name);
    }

    pub fn register(&mut self, by: &str, name: &str, roles: &[v1::Role]) {
        let grants =
            roles.iter().map(|r| v1::RoleGrant { role: *r as i32, ..v1::RoleGrant::default() }).collect();
        let party = self.say(by, Body::Party(facts(name, grants)));
        self.must(&party);
        self.enrol(by, name, name);
    }

    pub fn enrol(&mut self, by: &str, party: &str, key_name: &str) {
        let body = Body::EnrolKey(self.enrolment(party, key_name));
        let say = self.say(by, body);
        self.must(&say);
    }

    pub fn enrolment(&self, party: &str, key_name: &str) -> v1::EnrolKey {
        let public = *key(key_name).public().as_bytes();
        let payload = possession_payload(&self.limits.ledger, &id_of(key_name), &org(party));
        let uses = [v1::KeyUse::Sign, v1::KeyUse::Read, v1::KeyUse::Administer];
        v1::EnrolKey {
            party: org(party),
            algorithm: v1::Algorithm::Ed25519 as i32,
            public_key: public.to_vec(),
            possession: sign(&key(key_name), POSSESSION_TYPE, &payload).to_vec(),
            uses: uses.map(|u| u as i32).to_vec(),
            ..v1::EnrolKey::default()
        }
    }

    /// A statement with an id of its own.
    pub fn say(&mut self, by: &str, body: Body) -> Say {
        self.numbers += 1;
        Say::new(by, self.numbers, body)
    }

    pub fn signed(&self, say: &Say) -> Signed {
        let payload = say.payload(&self.limits.ledger);
        let statement = Statement::parse(payload.clone()).unwrap_or_else(|e| panic!("{say:?}: {e}"));
        self.sealed(statement, say)
    }

    /// The same without validation, as if an earlier version had let it pass.
    pub fn unchecked(&self, say: &Say) -> Signed {
        let statement = Statement::recorded(say.payload(&self.limits.ledger)).unwrap();
        self.sealed(statement, say)
    }

    fn sealed(&self, statement: Statement, say: &Say) -> Signed {
        let signature = sign(&key(&say.key), STATEMENT_TYPE, statement.payload());
        let key_id = id_of(&say.key);
        let envelope = Envelope { key_id, digest: *statement.digest(), signature }.encode();
        let own = own_subjects(&statement);
        Signed { statement, key_id, envelope: Bytes::copy_from_slice(&envelope), own }
    }

    /// Asks for admission and checks the signature on the way.
    pub fn ask(&self, signed: &Signed) -> Result<Admission, AdmitError> {
        admit(&self.view, signed, false, self.now, &self.limits)
    }

    /// "OK", or reason and field of the refusal.
    pub fn verdict(&self, signed: &Signed) -> String {
        match self.ask(signed) {
            Ok(Admission::New) => "OK".into(),
            Ok(Admission::Recorded(index)) => format!("RECORDED {index}"),
            Err(AdmitError::Refused(refusal)) => {
                let fields: Vec<&str> = refusal.violations.iter().map(|v| v.field.as_ref()).collect();
                format!("{} {}", refusal.reason, fields.join(" "))
            }
            Err(AdmitError::View(e)) => panic!("{e}"),
        }
    }

    /// The verdict about a statement that is not recorded.
    pub fn verdict_of(&self, say: &Say) -> String {
        self.verdict(&self.signed(say))
    }

    /// Records a statement that must be admitted; its index.
    pub fn must(&mut self, say: &Say) -> u64 {
        let signed = self.signed(say);
        self.record(&signed)
    }

    pub fn record(&mut self, signed: &Signed) -> u64 {
        assert_eq!(self.verdict(signed), "OK", "{:?}", signed.statement);
        let index = self.view.size();
        self.apply(signed);
        index
    }

    /// Applies without asking, checks the outcome against the model, and keeps it.
    pub fn apply(&mut self, signed: &Signed) -> Outcome {
        let outcome = apply(&self.view, &self.input(signed)).unwrap();
        let own: Vec<SubjectKey> = signed.own.iter().map(|n| n.key).collect();
        let linked: Vec<SubjectKey> = outcome.links.iter().map(|l| l.subject).collect();
        assert!(own.iter().all(|k| linked.binary_search(k).is_ok()), "own subjects are linked");
        self.keep(&outcome, signed.envelope.clone(), signed.statement.payload().clone());
        outcome
    }

    /// The entry of a recorded statement.
    pub fn view_index(&self, named: &v1::StatementRef) -> u64 {
        crate::control::find(&self.view, named).unwrap().unwrap()
    }

    pub fn input<'a>(&self, signed: &'a Signed) -> Input<'a> {
        Input {
            index: self.view.size(),
            recorded_at: self.now as u64,
            envelope: &signed.envelope,
            statement: &signed.statement,
            own: &signed.own,
        }
    }

    fn keep(&mut self, outcome: &Outcome, envelope: Bytes, payload: Bytes) {
        let index = self.view.size();
        self.check_rows(outcome);
        let leaf = outcome.leaf.encode();
        let committed = if envelope.is_empty() { &payload } else { &envelope };
        self.check_leaf(outcome, index, &leaf, committed);
        self.chain = chain_hash(&self.chain, &leaf);
        let entry = RecordedEntry { leaf, chain: self.chain, envelope, payload };
        self.view.record(entry, outcome.puts.clone());
        assert_eq!(crate::links_of(&self.view, index).unwrap(), outcome.links, "links can be told again");
        assert_eq!(outcome.states.len(), outcome.links.len());
        for (link, state) in outcome.links.iter().zip(&outcome.states) {
            assert_eq!((state.head, state.count, state.last), self.heads[&link.subject]);
            let record = tables::subject(&self.view, &link.subject).unwrap().unwrap();
            assert_eq!((record.head, record.count, record.last), self.heads[&link.subject]);
        }
        self.now += SECOND;
    }

    /// Rows ascend, each key once. Of subjects that are not linked, nothing changes but the state that they
    /// share as codes of one thing.
    fn check_rows(&self, outcome: &Outcome) {
        let keys: Vec<_> = outcome.puts.iter().map(|p| (p.table, &p.key)).collect();
        assert!(keys.windows(2).all(|w| w[0] < w[1]), "rows ascend");
        let changed = outcome.puts.iter().filter(|p| p.table == Table::Subject);
        let (linked, shared): (Vec<_>, Vec<_>) = changed
            .partition(|p| outcome.links.binary_search_by(|l| l.subject.0.as_slice().cmp(&p.key)).is_ok());
        assert_eq!(linked.len(), outcome.links.len(), "subjects linked are changed");
        for put in shared {
            let new = tables::SubjectRecord::decode(&put.value.clone().into()).unwrap();
            let key = SubjectKey(put.key.as_slice().try_into().unwrap());
            let old = tables::subject(&self.view, &key).unwrap().unwrap();
            assert!(
                ItemState::decode(&new.state).unwrap().aliased
                    || ItemState::decode(&old.state).unwrap().aliased
            );
            assert_eq!(
                (new.number, new.head, new.count, new.last),
                (old.number, old.head, old.count, old.last)
            );
        }
    }

    /// Recomputes links, leaf and heads from docs/FORMAT.md §4 and §5 alone.
    fn check_leaf(&mut self, outcome: &Outcome, index: u64, leaf: &[u8; 80], committed: &[u8]) {
        let secret = sha256(&[&[0x14], committed]);
        let mut leaves = Vec::new();
        let leaf_hash = merkle::leaf_hash(leaf);
        for Link { subject, previous, blind } in &outcome.links {
            let known = self.heads.get(subject).map_or(([0; 32], 0), |(head, count, _)| (*head, *count));
            assert_eq!(*previous, known.0, "a link holds the head before");
            assert_eq!(*blind, sha256(&[&[0x18], &secret, &subject.0]));
            leaves.push(sha256(&[&[0], &subject.0, previous, blind]));
            let head = sha256(&[&[0x12], previous, &index.to_be_bytes(), &leaf_hash, blind]);
            self.heads.insert(*subject, (head, known.1 + 1, index));
        }
        assert!(outcome.links.windows(2).all(|w| w[0].subject < w[1].subject), "links ascend");
        let decoded = Leaf::decode(leaf).unwrap();
        assert_eq!(decoded.content, sha256(&[&[0x13], committed]));
        let count = (leaves.len() as u32).to_be_bytes();
        assert_eq!(decoded.links, sha256(&[&[0x15], &count, &merkle::root_of(&leaves)]));
    }
}

fn attachment(digest: &[u8; 32]) -> v1::Attachment {
    v1::Attachment { digest: digest.to_vec(), role: "photo".into(), media_type: "image/png".into(), size: 9 }
}

/// Registry facts of a party.
pub fn facts(name: &str, roles: Vec<v1::RoleGrant>) -> v1::Party {
    v1::Party { party: org(name), name: name.into(), country: "CN".into(), roles, ..v1::Party::default() }
}

/// A reference to a statement, with its digest.
pub fn reference_to(statement: &Statement) -> v1::StatementRef {
    v1::StatementRef {
        party: statement.header().party.clone(),
        id: statement.header().id.clone(),
        digest: statement.digest().to_vec(),
    }
}

pub fn endorse_of(statement: &Statement) -> Body {
    Body::Endorse(v1::Endorse { target: Some(reference_to(statement)) })
}

pub fn void_of(statement: &Statement) -> Body {
    Body::Void(v1::Void { target: Some(reference_to(statement)), reason: "mistake".into() })
}
