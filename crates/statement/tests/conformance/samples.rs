//! One statement of each kind with every field set, and helpers to change it.

use merkle::SigningKey;
use prost::{Message as _, bytes::Bytes};
use proto::v1::{
    self, Algorithm, Attachment, AuthorityField, Commission, Correct, Endorse, EnrolKey, Header, KeyUse,
    Licence, LotAmount, Mandate, Pack, Party, PurchaseCheck, Quantity, Receive, ReceiveException,
    ReceiveOutcome, Registration, Replacement, RevokeKey, Role, RoleGrant, Ship, Site, StatementRef,
    Temperature, Unpack, Use, UseLine, Void, replacement, statement::Body,
};
use statement::{ALG_ED25519, Kind, POSSESSION_TYPE, Refusal, Statement, key_id, possession_payload, sign};

pub const ROOT: &str = "org:Example Root Authority";
pub const MAKER: &str = "gln:9521234567011";
pub const TRADER: &str = "gln:9521234567028";
pub const CLINIC: &str = "gln:9521234567035";
pub const CARRIER: &str = "gln:9521234567042";
pub const ITEM: &str = "sgtin:09521234543213.A1";
pub const OTHER_ITEM: &str = "sgtin:09521234543213.A2";
pub const CASE: &str = "sscc:095212340000000013";
pub const LOT: &str = "lot:gtin:09521234543213.L7";
pub const WAYBILL: &str = "waybill:gln:9521234567042/W-1";
pub const LEDGER: [u8; 32] = [0x11; 32];
/// 2026-01-15T00:00:00Z, µs.
pub const NOON: i64 = 1_768_435_200_000_000;

/// A seeded key: the same byte 32 times.
pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

/// A UUIDv7 of a time (µs) with a fixed random part.
pub fn uuid(us: i64, tail: u8) -> Vec<u8> {
    let mut id = [tail; 16];
    id[..6].copy_from_slice(&(us / 1_000).to_be_bytes()[2..]);
    id[6] = 0x70;
    id[8] = 0x80;
    id.to_vec()
}

pub fn target(with_digest: bool) -> Option<StatementRef> {
    let digest = if with_digest { vec![0x44; 32] } else { Vec::new() };
    Some(StatementRef { party: TRADER.into(), id: uuid(NOON, 9), digest })
}

fn quantity(amount: u64, unit: &str) -> Option<Quantity> {
    Some(Quantity { amount, unit: unit.into() })
}

pub fn lot_amount(lot: &str) -> LotAmount {
    LotAmount { lot: lot.into(), quantity: quantity(12, "box") }
}

/// A statement with every field of its header set that its kind may set.
pub fn with_body(body: Body) -> v1::Statement {
    let kind = statement::kind_of(&body);
    let row = statement::kind_row(kind).unwrap();
    let principal = row.delegable || matches!(kind, Kind::Correct | Kind::Void);
    let attachment = Attachment {
        digest: vec![7; 32],
        role: "invoice".into(),
        media_type: "application/pdf".into(),
        size: 9,
    };
    v1::Statement {
        header: Some(Header {
            ledger: LEDGER.to_vec(),
            id: uuid(NOON, 1),
            salt: vec![0x22; 16],
            party: MAKER.into(),
            on_behalf_of: if principal { TRADER.into() } else { String::new() },
            site: "site:gln:9521234567059".into(),
            occurred_at: NOON,
            offset_minutes: 480,
            business_key: "B-1".into(),
            confidential: false,
            attachments: vec![attachment],
        }),
        body: Some(body),
    }
}

pub fn party() -> Party {
    Party {
        party: MAKER.into(),
        name: "示例制药".into(),
        name_latin: "Example Pharma".into(),
        country: "CN".into(),
        roles: vec![RoleGrant {
            role: Role::Authority as i32,
            field: AuthorityField::Drug as i32,
            valid_from: "2024-01-01".into(),
            valid_to: "2030-12-31".into(),
            region: "3101".into(),
        }],
        closed_on: "2031-01-01".into(),
    }
}

fn site() -> Site {
    Site {
        site: "site:gln:9521234567011/W1".into(),
        party: MAKER.into(),
        name: "Warehouse".into(),
        address: "1 Example Road".into(),
        region: "310115".into(),
        country: "CN".into(),
        latitude_e7: 312_000_000,
        longitude_e7: 1_215_000_000,
        bonded: true,
        closed_on: "2031-01-01".into(),
    }
}

fn licence() -> Licence {
    Licence {
        site: "site:gln:9521234567011/W1".into(),
        kind: "drug-wholesale".into(),
        number: "沪AA0210001".into(),
        issuer: ROOT.into(),
        valid_from: "2024-01-01".into(),
        valid_to: "2028-12-31".into(),
        scope: vec!["生物制品".into()],
        suspended_from: "2025-01-01".into(),
        suspended_to: "2025-02-01".into(),
        revoked_on: "2026-01-01".into(),
    }
}

fn registration() -> Registration {
    Registration {
        number: "国药准字SJ20171003".into(),
        products: vec!["gtin:09521234543213".into()],
        holder: MAKER.into(),
        agent: TRADER.into(),
        name: "Toxin".into(),
        model: "100 U".into(),
        product_class: "toxin".into(),
        device_class: 3,
        storage_min: Some(Temperature { millicelsius: 2_000 }),
        storage_max: Some(Temperature { millicelsius: 8_000 }),
        units_per_code: 3,
        label_content: quantity(100, "U"),
        single_use: true,
        maximum_uses: 1,
        valid_from: "2024-01-01".into(),
        valid_to: "2028-12-31".into(),
        origin: "IE".into(),
    }
}

/// Enrolment of a seeded key for a party in a ledger.
pub fn enrolment(ledger: &[u8; 32], party: &str, seed: u8) -> EnrolKey {
    let key = key(seed);
    let public = *key.public().as_bytes();
    let payload = possession_payload(ledger, &key_id(ALG_ED25519, &public), party);
    EnrolKey {
        party: party.into(),
        algorithm: Algorithm::Ed25519 as i32,
        public_key: public.to_vec(),
        possession: sign(&key, POSSESSION_TYPE, &payload).to_vec(),
        uses: vec![KeyUse::Sign as i32, KeyUse::Read as i32],
        kinds: vec![Kind::Ship as i32],
        site: "site:gln:9521234567059".into(),
        expires_at: NOON,
        label: "warehouse system".into(),
    }
}

fn mandate() -> Mandate {
    Mandate {
        number: "M-1".into(),
        agent: TRADER.into(),
        acts: vec![Kind::Ship as i32, Kind::Receive as i32],
        sites: vec!["site:gln:9521234567059".into()],
        valid_from: "2024-01-01".into(),
        valid_to: "2028-12-31".into(),
    }
}

pub fn commission() -> Commission {
    Commission {
        items: vec![ITEM.into(), OTHER_ITEM.into()],
        lot: LOT.into(),
        quantity: None,
        registration: "国药准字SJ20171003".into(),
        made_on: "2025-06-01".into(),
        expires_on: "2027-05-31".into(),
        units_per_code: 3,
        market: "CN".into(),
        opening_stock: true,
    }
}

fn ship() -> Ship {
    Ship {
        items: vec![ITEM.into(), CASE.into()],
        lots: vec![lot_amount(LOT)],
        addressee: CLINIC.into(),
        ship_to: "site:gln:9521234567059".into(),
        owner: TRADER.into(),
        bill_to: CLINIC.into(),
        reason: "sale".into(),
        carrier: CARRIER.into(),
        waybill: WAYBILL.into(),
    }
}

fn receive() -> Receive {
    let short = ReceiveOutcome::Short as i32;
    Receive {
        shipment: target(true),
        bill: "bill:gln:9521234567028/B-1".into(),
        waybill: WAYBILL.into(),
        items: vec![ITEM.into()],
        lots: vec![lot_amount(LOT)],
        exceptions: vec![
            ReceiveException { outcome: short, item: OTHER_ITEM.into(), lot: None, note: "missing".into() },
            ReceiveException {
                outcome: short,
                item: String::new(),
                lot: Some(lot_amount(LOT)),
                note: String::new(),
            },
        ],
        arrival: Some(Temperature { millicelsius: 5_000 }),
        check: Some(PurchaseCheck {
            supplier_licence: true,
            registration: true,
            invoice: true,
            passed: true,
        }),
    }
}

fn using() -> Use {
    Use {
        lines: vec![UseLine {
            item: ITEM.into(),
            vial: 1,
            used: quantity(60, "U"),
            wasted: quantity(40, "U"),
            opened_at: NOON,
            finished: true,
            empties_destroyed: true,
            counter: 7,
            paired: OTHER_ITEM.into(),
        }],
    }
}

/// The body of each kind that can stand in a Correct.
pub fn replacement(kind: Kind) -> Option<replacement::Body> {
    Some(match kind {
        Kind::Commission => replacement::Body::Commission(commission()),
        Kind::Pack => replacement::Body::Pack(Pack { parent: CASE.into(), children: vec![ITEM.into()] }),
        Kind::Unpack => {
            replacement::Body::Unpack(Unpack { parent: CASE.into(), children: vec![ITEM.into()] })
        }
        Kind::Ship => replacement::Body::Ship(ship()),
        Kind::Receive => replacement::Body::Receive(receive()),
        Kind::Use => replacement::Body::Use(using()),
        _ => return None,
    })
}

pub fn correct(kind: Kind) -> Body {
    Body::Correct(Correct {
        target: target(true),
        reason: "typing error".into(),
        replacement: Some(Replacement {
            site: "site:gln:9521234567059".into(),
            occurred_at: NOON,
            body: replacement(kind),
        }),
        ..Correct::default()
    })
}

/// The sample of a kind: every field set that can be set together.
pub fn sample(kind: Kind) -> v1::Statement {
    with_body(match kind {
        Kind::Unspecified => unreachable!("no statement is of no kind"),
        Kind::Party => Body::Party(party()),
        Kind::Site => Body::Site(site()),
        Kind::Licence => Body::Licence(licence()),
        Kind::Registration => Body::Registration(registration()),
        Kind::EnrolKey => Body::EnrolKey(enrolment(&LEDGER, TRADER, 8)),
        Kind::RevokeKey => Body::RevokeKey(RevokeKey {
            party: TRADER.into(),
            key_id: vec![0x33; 32],
            compromised_since: NOON,
            reason: "lost".into(),
        }),
        Kind::Mandate => Body::Mandate(mandate()),
        Kind::Commission => Body::Commission(commission()),
        Kind::Pack => {
            Body::Pack(Pack { parent: CASE.into(), children: vec![ITEM.into(), OTHER_ITEM.into()] })
        }
        Kind::Unpack => Body::Unpack(Unpack { parent: CASE.into(), children: vec![ITEM.into()] }),
        Kind::Ship => Body::Ship(ship()),
        Kind::Receive => Body::Receive(receive()),
        Kind::Use => Body::Use(using()),
        Kind::Correct => correct(Kind::Ship),
        Kind::Void => Body::Void(Void { target: target(true), reason: "wrong lot".into() }),
        Kind::Endorse => Body::Endorse(Endorse { target: target(true) }),
    })
}

/// All kinds, from the table.
pub fn kinds() -> impl Iterator<Item = Kind> {
    statement::KINDS.iter().map(|row| row.kind)
}

pub fn encode(message: &v1::Statement) -> Bytes {
    message.encode_to_vec().into()
}

pub fn parse(message: &v1::Statement) -> Result<Statement, Refusal> {
    Statement::parse(encode(message))
}

/// Mutable access to a body of a known kind.
macro_rules! body {
    ($statement:expr, $kind:ident) => {
        match $statement.body.as_mut() {
            Some(proto::v1::statement::Body::$kind(body)) => body,
            other => unreachable!("sample of another kind: {other:?}"),
        }
    };
}
pub(crate) use body;
