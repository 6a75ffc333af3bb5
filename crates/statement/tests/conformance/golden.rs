//! Golden bytes: a small ledger from fixed keys and fields. Not one byte of it may ever change; a
//! change of the format is a new version with golden bytes of its own beside these.
//!
//! | entry | is | signed with seed |
//! | --- | --- | --- |
//! | 0 | genesis | |
//! | 1 | Party: the root authority registers a maker | 3 |
//! | 2 | EnrolKey: the root authority enrols the maker's key | 3 |
//! | 3 | Commission: the maker makes one item | 4 |

use std::collections::BTreeMap;

use merkle::{Checkpoint, SignerKey, leaf_hash, root_of, sha256};
use prost::Message as _;
use proto::v1::{self, Commission, EnrolKey, Header, KeyUse, Party, Role, RoleGrant, statement::Body};
use statement::{
    ALG_ED25519, AccessDigest, AccessLeaf, AccessRecord, Envelope, Leaf, LeafType, Link, Named,
    POSSESSION_TYPE, STATEMENT_TYPE, SignedAccess, Statement, SubjectKey, SubjectKind, attachment_digest,
    chain_hash, content_hash, genesis_scope, genesis_subjects, key_id, links_hash, own_subjects,
    possession_payload, secret, sign, subject_key,
};

use crate::{
    genesis,
    samples::{ITEM, LOT, MAKER, NOON, ROOT, enrolment, key, uuid},
};

/// The committed values, one `name hex` a line.
const COMMITTED: &str = include_str!("../golden/v1.txt");

/// Values by name, in order of their making.
#[derive(Default)]
struct Golden(Vec<(String, Vec<u8>)>);

impl Golden {
    fn put(&mut self, name: impl Into<String>, bytes: impl AsRef<[u8]>) {
        self.0.push((name.into(), bytes.as_ref().to_vec()));
    }
}

/// A ledger that is made entry by entry, and what is known of it.
#[derive(Default)]
struct Ledger {
    leaves: Vec<[u8; 32]>,
    chain: [u8; 32],
    heads: BTreeMap<SubjectKey, [u8; 32]>,
}

impl Ledger {
    /// Appends an entry; `committed` is its envelope, or the payload of a genesis.
    fn append(&mut self, golden: &mut Golden, leaf_type: LeafType, committed: &[u8], subjects: &[Named]) {
        let index = self.leaves.len() as u64;
        let secret = secret(committed);
        let previous = |s: &SubjectKey| self.heads.get(s).copied().unwrap_or_default();
        let links: Vec<Link> = subjects.iter().map(|n| Link::new(&secret, n.key, previous(&n.key))).collect();
        let recorded_at = u64::try_from(NOON).unwrap() + 1_000_000 * (index + 1);
        let leaf =
            Leaf { leaf_type, recorded_at, content: content_hash(committed), links: links_hash(&links) };
        let bytes = leaf.encode();
        assert_eq!(Leaf::decode(&bytes), Ok(leaf));
        let hash = leaf_hash(&bytes);
        self.chain = chain_hash(&self.chain, &bytes);
        self.leaves.push(hash);

        golden.put(format!("entry{index}.secret"), secret);
        for (i, link) in links.iter().enumerate() {
            let leaf = [link.subject.0, link.previous, link.blind].concat();
            assert_eq!(leaf_hash(&leaf), link.leaf_hash());
            golden.put(format!("entry{index}.link{i}"), leaf);
            let head = link.head(index, &hash);
            golden.put(format!("entry{index}.head{i}"), head);
            self.heads.insert(link.subject, head);
        }
        golden.put(format!("entry{index}.links"), leaf.links);
        golden.put(format!("entry{index}.leaf"), bytes);
        golden.put(format!("entry{index}.leaf-hash"), hash);
        golden.put(format!("entry{index}.chain"), self.chain);
        golden.put(format!("entry{index}.root"), root_of(&self.leaves));
    }

    /// Appends a statement that the key with `seed` signs.
    fn record(&mut self, golden: &mut Golden, seed: u8, message: &v1::Statement) {
        let index = self.leaves.len();
        let payload = message.encode_to_vec();
        let statement = Statement::parse(payload.clone().into()).unwrap();
        let key = key(seed);
        let envelope = Envelope {
            key_id: key_id(ALG_ED25519, key.public().as_bytes()),
            digest: *statement.digest(),
            signature: sign(&key, STATEMENT_TYPE, &payload),
        };
        golden.put(format!("entry{index}.payload"), &payload);
        golden.put(format!("entry{index}.envelope"), envelope.encode());
        self.append(golden, LeafType::Statement, &envelope.encode(), &own_subjects(&statement));
    }
}

fn header(ledger: [u8; 32], party: &str, tail: u8, business_key: &str) -> Option<Header> {
    Some(Header {
        ledger: ledger.to_vec(),
        id: uuid(NOON, tail),
        salt: vec![tail; 16],
        party: party.into(),
        occurred_at: NOON,
        offset_minutes: 480,
        business_key: business_key.into(),
        ..Header::default()
    })
}

fn party() -> Party {
    let role = RoleGrant { role: Role::Manufacturer as i32, ..RoleGrant::default() };
    Party {
        party: MAKER.into(),
        name: "示例制药".into(),
        country: "CN".into(),
        roles: vec![role],
        ..Party::default()
    }
}

fn commission() -> Commission {
    Commission {
        items: vec![ITEM.into()],
        lot: LOT.into(),
        registration: "国药准字SJ20171003".into(),
        made_on: "2025-06-01".into(),
        expires_on: "2027-05-31".into(),
        units_per_code: 3,
        ..Commission::default()
    }
}

fn subjects(golden: &mut Golden) {
    let id = statement::hex_text(&key_id(ALG_ED25519, key(4).public().as_bytes()));
    let texts = [
        (SubjectKind::Item, ITEM),
        (SubjectKind::Document, "bill:gln:9521234567011/B-1"),
        (SubjectKind::Key, &id),
        (SubjectKind::Party, MAKER),
        (SubjectKind::Activity, MAKER),
        (SubjectKind::Site, "site:gln:9521234567059"),
        (SubjectKind::Product, "gtin:09521234543213"),
        (SubjectKind::Exhibit, "bag:7"),
        (SubjectKind::Case, "00112233445566778899aabbccddeeff"),
    ];
    for (kind, text) in texts {
        golden.put(format!("subject.{}", kind.as_str()), subject_key(kind, text).0);
    }
}

/// Everything, made anew.
fn made() -> Golden {
    let mut golden = Golden::default();
    let mut ledger = Ledger::default();
    let message = genesis::sample();
    let payload = message.encode_to_vec();
    statement::Genesis::parse(&payload).unwrap();
    golden.put("genesis.scope", genesis_scope(&message.origin, &message.random));
    golden.put("entry0.payload", &payload);
    ledger.append(&mut golden, LeafType::Genesis, &payload, &genesis_subjects(&message));
    let id = ledger.leaves[0];
    golden.put("ledger-id", id);

    let maker = key(4);
    let maker_id = key_id(ALG_ED25519, maker.public().as_bytes());
    golden.put("key.seed", [4; 32]);
    golden.put("key.public", maker.public().as_bytes());
    golden.put("key.id", maker_id);
    let possession = possession_payload(&id, &maker_id, MAKER);
    golden.put("possession.payload", &possession);
    golden.put("possession.signature", sign(&maker, POSSESSION_TYPE, &possession));

    let enrol = EnrolKey {
        uses: vec![KeyUse::Sign as i32, KeyUse::Administer as i32],
        kinds: Vec::new(),
        site: String::new(),
        expires_at: 0,
        ..enrolment(&id, MAKER, 4)
    };
    let say =
        |party, tail, key, body| v1::Statement { header: header(id, party, tail, key), body: Some(body) };
    ledger.record(&mut golden, 3, &say(ROOT, 0xa1, "", Body::Party(party())));
    ledger.record(&mut golden, 3, &say(ROOT, 0xa2, "", Body::EnrolKey(enrol)));
    let commission = say(MAKER, 0xa3, "B-1", Body::Commission(commission()));
    golden.put("pae", pae(&commission.encode_to_vec()));
    ledger.record(&mut golden, 4, &commission);

    subjects(&mut golden);
    golden.put("attachment", attachment_digest(&[0x66; 32], b"a document"));
    golden.put("checkpoint", checkpoint(&ledger));
    access(&mut golden, &id);
    golden
}

/// The root authority asks about the item.
fn access(golden: &mut Golden, ledger: &[u8; 32]) {
    let question = v1::GetItemRequest { item: ITEM.into() }.encode_to_vec();
    let at = u64::try_from(NOON).unwrap() + 5_000_000;
    let record = AccessRecord {
        ledger: *ledger,
        at,
        size: 4,
        key: key_id(ALG_ED25519, key(3).public().as_bytes()),
        party: ROOT.into(),
        method: "/yuanliu.v1.TraceService/GetItem".into(),
        purpose: "inspection".into(),
        case: "2026-17".into(),
        question_hash: sha256(&[&question]),
        question,
    };
    golden.put("access.record", record.encode().unwrap());
    let leaf = AccessLeaf { salt: [0x77; 32], record }.encode().unwrap();
    let signed = SignedAccess::sign(leaf, &key(2)).unwrap();
    golden.put("access.signed", signed.encode());
    golden.put("access.leaf-hash", signed.leaf_hash());
    let root = root_of(&[signed.leaf_hash()]);
    let digest = AccessDigest { minute: signed.record().minute(), count: 1, root, nonce: [0x88; 32] };
    golden.put("access.digest", digest.encode());
}

/// What the maker's key signs, put together by hand.
fn pae(payload: &[u8]) -> Vec<u8> {
    let prefix = format!("DSSEv1 {} {STATEMENT_TYPE} {} ", STATEMENT_TYPE.len(), payload.len());
    [prefix.as_bytes(), payload].concat()
}

fn checkpoint(ledger: &Ledger) -> String {
    let signer = SignerKey::new(genesis::ORIGIN, key(1)).unwrap();
    let checkpoint =
        Checkpoint::new(genesis::ORIGIN, ledger.leaves.len() as u64, root_of(&ledger.leaves)).unwrap();
    checkpoint.sign(&signer).unwrap().to_string()
}

fn line((name, bytes): &(String, Vec<u8>)) -> String {
    format!("{name} {}\n", hex::encode(bytes))
}

/// The committed values: name and hexadecimal.
pub fn committed() -> Vec<(&'static str, &'static str)> {
    COMMITTED.lines().map(|line| line.split_once(' ').unwrap()).collect()
}

#[test]
fn no_byte_of_the_format_has_changed() {
    let made: Vec<String> = made().0.iter().map(line).collect();
    let committed: Vec<String> = COMMITTED.split_inclusive('\n').map(String::from).collect();
    for (made, committed) in made.iter().zip(&committed) {
        assert_eq!(made, committed);
    }
    assert_eq!(made.concat(), committed.concat(), "values were added or left out");
}

#[test]
fn a_golden_value_has_one_name() {
    let mut names: Vec<&str> = committed().into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|w| w[0] != w[1]));
}

#[test]
fn a_leaf_that_is_none_is_refused() {
    let leaf = hex::decode(committed().iter().find(|(n, _)| *n == "entry3.leaf").unwrap().1).unwrap();
    assert!(Leaf::decode(&leaf).is_ok());
    assert!(Leaf::decode(&leaf[1..]).is_err());
    // Version, type 4 (reserved), and each reserved byte.
    for (at, value) in [(0, 2), (1, 4), (2, 1), (3, 1), (12, 1), (13, 1), (14, 1), (15, 1)] {
        let mut other = leaf.clone();
        other[at] = value;
        assert!(Leaf::decode(&other).is_err(), "byte {at}");
    }
}
