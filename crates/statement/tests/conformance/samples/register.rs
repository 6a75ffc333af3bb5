//! Samples of registry statements.

use ::statement::{ALG_ED25519, Kind, POSSESSION_TYPE, key_id, possession_payload, sign};
use proto::v1::*;

use super::{CLINIC, MAKER, NOON, ROOT, SITE, TRADER, key, quantity};

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

pub fn site() -> Site {
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

pub fn licence() -> Licence {
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

pub fn registration() -> Registration {
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
        site: SITE.into(),
        expires_at: NOON,
        label: "warehouse system".into(),
    }
}

pub fn mandate() -> Mandate {
    Mandate {
        number: "M-1".into(),
        agent: TRADER.into(),
        acts: vec![Kind::Ship as i32, Kind::Receive as i32],
        sites: vec![SITE.into()],
        valid_from: "2024-01-01".into(),
        valid_to: "2028-12-31".into(),
    }
}

pub fn succession() -> Succession {
    Succession {
        predecessor: MAKER.into(),
        successor: TRADER.into(),
        kind: "merger".into(),
        effective_on: "2026-01-01".into(),
        sites: vec![SITE.into()],
        number: "GS-1".into(),
    }
}

pub fn designation() -> Designation {
    Designation {
        number: "ZD-1".into(),
        registration: "国药准字SJ20171003".into(),
        wholesalers: vec![TRADER.into()],
        region: "3101".into(),
        valid_from: "2026-01-01".into(),
        valid_to: "2026-12-31".into(),
    }
}

pub fn coverage() -> Coverage {
    Coverage {
        register: "licences".into(),
        region: "31".into(),
        product_class: "toxin".into(),
        since: "2025-01-01".into(),
        until: "2026-12-31".into(),
        note: "clinics that are filed since 2025".into(),
    }
}

pub fn named_list() -> NamedList {
    let entry = |subject: &str| ListEntry {
        subject: subject.into(),
        reason: "sold without licence".into(),
        legal_basis: "decision 7".into(),
        valid_from: "2026-01-01".into(),
        valid_to: "2028-12-31".into(),
        removed_on: "2027-01-01".into(),
    };
    NamedList {
        list: "blacklist".into(),
        version: 3,
        title: "黑名单".into(),
        whole: true,
        entries: [CLINIC, SITE, "gtin:09521234543213", "brand:Exampletox"].map(entry).to_vec(),
    }
}

pub fn policy() -> Policy {
    Policy {
        policy: "ship-reason".into(),
        effective_on: "2026-02-01".into(),
        codes: vec![PolicyCode {
            code: "sale".into(),
            name: "sale".into(),
            name_zh: "销售出库".into(),
            retired: true,
        }],
        settings: vec![PolicySetting { key: "receive-within-hours".into(), value: -1 }],
        note: "shorter list".into(),
    }
}
