//! A trade from the maker to the clinic, over three runs.
//!
//! The roots make a drug authority and customs; the drug authority registers maker, importer, distributor and
//! clinic. Six vials of a lot, four of them in a case, go abroad to the clinic; the distributor's second key is
//! revoked, one of its shipments corrected.

use proto::v1::{self, AuthorityField, Role, replacement, statement::Body};
use statement::{ALG_ED25519, POSSESSION_TYPE, key_id, possession_payload, sign};

use crate::log::{Log, NOON, Say, id_of, key, org};

/// The trade, and where in it what stands.
pub struct Trade {
    pub log: Log,
    pub commission: u64,
    pub pack: u64,
    pub received: u64,
    pub use_of_1: u64,
    pub doubtful: u64,
    pub revocation: u64,
    pub correction: u64,
}

/// A vial.
pub fn vial(number: u32) -> String {
    format!("sgtin:09521234543213.V{number}")
}

pub const CASE: &str = "sscc:095212345000000018";
pub const BAG: &str = "bag:drug-1";
pub const LOT: &str = "lot:gtin:09521234543213.L7";
pub const DECLARATION: &str = "decl:220120261000000001";
pub const AIR: &str = "waybill:org:carrier/AWB-1";

fn vials(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|n| vial(*n)).collect()
}

pub fn enrolment(log: &Log, party: &str, key_name: &str) -> v1::EnrolKey {
    let public = *key(key_name).public().as_bytes();
    let payload = possession_payload(&log.ledger(), &key_id(ALG_ED25519, &public), &org(party));
    v1::EnrolKey {
        party: org(party),
        algorithm: v1::Algorithm::Ed25519 as i32,
        public_key: public.to_vec(),
        possession: sign(&key(key_name), POSSESSION_TYPE, &payload).to_vec(),
        uses: [v1::KeyUse::Sign, v1::KeyUse::Read, v1::KeyUse::Administer].map(|u| u as i32).to_vec(),
        ..v1::EnrolKey::default()
    }
}

fn party(name: &str, grant: v1::RoleGrant) -> Body {
    let (party, country) = (org(name), "CN".into());
    Body::Party(v1::Party { party, name: name.into(), country, roles: vec![grant], ..v1::Party::default() })
}

fn found(log: &mut Log, name: &str, field: AuthorityField) {
    let grant =
        v1::RoleGrant { role: Role::Authority as i32, field: field as i32, ..v1::RoleGrant::default() };
    let index = log.say(&Say::new("root1", party(name, grant)));
    let endorse = v1::Endorse { target: Some(log.reference(index)) };
    log.say(&Say::new("root2", Body::Endorse(endorse)));
    let enrol = enrolment(log, name, name);
    log.say(&Say::new("root1", Body::EnrolKey(enrol)));
}

fn register(log: &mut Log, name: &str, role: Role) {
    let grant = v1::RoleGrant { role: role as i32, ..v1::RoleGrant::default() };
    log.say(&Say::new("drug", party(name, grant)));
    let enrol = enrolment(log, name, name);
    log.say(&Say::new("drug", Body::EnrolKey(enrol)));
}

pub fn ship(items: Vec<String>, to: &str, waybill: &str) -> v1::Ship {
    let (addressee, reason, waybill) = (org(to), "sale".into(), waybill.into());
    v1::Ship { items, addressee, reason, waybill, ..v1::Ship::default() }
}

/// What the drug authority takes away in a bag that has a history of its own.
pub fn seized() -> Log {
    let mut log = registers(9);
    let line = v1::SeizedLine {
        bag: BAG.into(),
        description: "loose vial".into(),
        mask: "sgtin:09521234543213.V?".into(),
        quantity: Some(v1::Quantity { amount: 1, unit: "vial".into() }),
        ..v1::SeizedLine::default()
    };
    let seize = v1::Seize {
        number: "cert:org:drug/2026-1".into(),
        kind: "seizure".into(),
        witness: "3".repeat(64),
        officers: ["1".repeat(64), "2".repeat(64)].into(),
        place: "treatment room".into(),
        channel: "premises".into(),
        legal_basis: "药品管理法第一百条".into(),
        reason: "no record".into(),
        lines: vec![line],
        ..v1::Seize::default()
    };
    log.say(&Say::new("drug", Body::Seize(seize)));
    log.seal_up(None);
    log
}

fn receive(log: &mut Log, who: &str, shipment: u64) -> u64 {
    let shipment = Some(log.reference(shipment));
    log.say(&Say::new(who, Body::Receive(v1::Receive { shipment, ..v1::Receive::default() })))
}

fn billed(by: &str, bill: &str, body: Body) -> Say {
    Say { bill: bill.into(), ..Say::new(by, body) }
}

/// Everybody registered, nothing traded.
pub fn registers(random: u8) -> Log {
    let mut log = Log::new(random);
    found(&mut log, "drug", AuthorityField::Drug);
    found(&mut log, "customs", AuthorityField::Customs);
    register(&mut log, "maker", Role::Manufacturer);
    register(&mut log, "importer", Role::Importer);
    register(&mut log, "distributor", Role::Distributor);
    register(&mut log, "clinic", Role::Clinic);
    log
}

fn made(log: &mut Log) -> (u64, u64) {
    let commission = v1::Commission {
        items: vials(&[1, 2, 3, 4, 5, 6]),
        lot: LOT.into(),
        registration: "国药准字SJ20171003".into(),
        made_on: "2025-06-01".into(),
        expires_on: "2027-05-31".into(),
        units_per_code: 1,
        ..v1::Commission::default()
    };
    let commission = log.say(&billed("maker", "M-1", Body::Commission(commission)));
    let pack = v1::Pack { parent: CASE.into(), children: vials(&[1, 2, 3, 4]) };
    let pack = log.say(&billed("maker", "M-2", Body::Pack(pack)));
    (commission, pack)
}

fn imported(log: &mut Log) -> u64 {
    let quantity = Some(v1::Quantity { amount: 4, unit: "box".into() });
    let shipped = log.say(&billed("maker", "M-3", Body::Ship(ship(vec![CASE.into()], "importer", AIR))));
    let line = v1::DeclarationLine {
        number: 1,
        lot: LOT.into(),
        items: vec![CASE.into()],
        quantity: quantity.clone(),
        hs: "3002490090".into(),
        origin: "FR".into(),
        registration: "国药准字SJ20171003".into(),
    };
    let declared = v1::DeclareImport {
        declaration: DECLARATION.into(),
        lines: vec![line],
        waybill: AIR.into(),
        consignor: org("maker"),
        ..v1::DeclareImport::default()
    };
    log.say(&Say::new("importer", Body::DeclareImport(declared)));
    let line = v1::CustomsLine { number: 1, lot: LOT.into(), quantity, ..v1::CustomsLine::default() };
    let released = v1::CustomsDecision {
        declaration: DECLARATION.into(),
        outcome: v1::CustomsOutcome::Released as i32,
        lines: vec![line],
        ..v1::CustomsDecision::default()
    };
    log.say(&Say::new("customs", Body::CustomsDecision(released)));
    shipped
}

/// The whole trade. Three runs, three seals, two entries after the last.
pub fn trade() -> Trade {
    let mut log = registers(9);
    let (commission, pack) = made(&mut log);
    let air = imported(&mut log);
    log.seal_up(None);

    receive(&mut log, "importer", air);
    let inland = log.say(&billed("importer", "I-1", Body::Ship(ship(vec![CASE.into()], "distributor", ""))));
    receive(&mut log, "distributor", inland);
    log.say(&Say::new("distributor", Body::Unpack(v1::Unpack { parent: CASE.into(), children: vec![] })));
    let sold = log.say(&billed("distributor", "D-1", Body::Ship(ship(vials(&[1, 2]), "clinic", ""))));
    let received = receive(&mut log, "clinic", sold);
    let used = Some(v1::Quantity { amount: 100, unit: "U".into() });
    let line = v1::UseLine { item: vial(1), used, finished: true, ..v1::UseLine::default() };
    let use_of_1 = log.say(&Say::new("clinic", Body::Use(v1::Use { lines: vec![line] })));
    log.seal_up(None);

    let (doubtful, revocation) = second_key(&mut log);
    let target = log.say(&billed("distributor", "D-3", Body::Ship(ship(vials(&[4]), "clinic", ""))));
    let replacement = v1::Replacement {
        body: Some(replacement::Body::Ship(ship(vials(&[4]), "importer", ""))),
        ..v1::Replacement::default()
    };
    let correct = v1::Correct {
        target: Some(log.reference(target)),
        reason: "wrong addressee".into(),
        replacement: Some(replacement),
        ..v1::Correct::default()
    };
    let correction = log.say(&Say::new("distributor", Body::Correct(correct)));
    log.seal_up(None);
    log.say(&Say::new("clinic", Body::Pack(v1::Pack { parent: vial(9), children: vials(&[2]) })));
    Trade { log, commission, pack, received, use_of_1, doubtful, revocation, correction }
}

/// The distributor ships with its second key, and revokes it.
fn second_key(log: &mut Log) -> (u64, u64) {
    let enrol = enrolment(log, "distributor", "distributor-2");
    log.say(&Say::new("distributor", Body::EnrolKey(enrol)));
    let say = Say {
        key: "distributor-2".into(),
        ..billed("distributor", "D-2", Body::Ship(ship(vials(&[3]), "clinic", "")))
    };
    let doubtful = log.say(&say);
    let revocation =
        log.say(&Say::new("distributor", Body::RevokeKey(revoke("distributor", "distributor-2"))));
    (doubtful, revocation)
}

pub fn revoke(party: &str, key_name: &str) -> v1::RevokeKey {
    v1::RevokeKey {
        party: org(party),
        key_id: id_of(key_name).to_vec(),
        compromised_since: NOON as i64,
        reason: "lost".into(),
    }
}
