//! Samples of what becomes of seized goods.

use proto::v1::*;

use super::{
    CLINIC, DECLARATION, ITEM, LOT, OTHER_ITEM, SITE, TRADER, WAYBILL, certificate, lot_amount, pseudonym,
    quantity, target,
};

pub const BAG: &str = "bag:YJ-2026-0001";
pub const OTHER_BAG: &str = "bag:YJ-2026-0002";

fn officers() -> Vec<String> {
    vec![pseudonym('a'), pseudonym('b')]
}

/// One line of each form.
pub fn seize() -> Seize {
    let line = |bag: &str, description: &str| SeizedLine {
        bag: bag.into(),
        description: description.into(),
        ..SeizedLine::default()
    };
    Seize {
        number: certificate("KY-1"),
        kind: "seizure".into(),
        until: "2026-02-13".into(),
        follows: target(true),
        holder: TRADER.into(),
        person: pseudonym('c'),
        witness: pseudonym('d'),
        officers: officers(),
        site: SITE.into(),
        place: "cold store, second shelf".into(),
        region: "110105".into(),
        channel: "premises".into(),
        waybill: WAYBILL.into(),
        declaration: DECLARATION.into(),
        legal_basis: "Drug Administration Law, article 100".into(),
        reason: "no purchase records".into(),
        lines: vec![
            SeizedLine {
                items: vec![ITEM.into(), OTHER_ITEM.into()],
                value: 1_200_000,
                currency: "CNY".into(),
                ..line(BAG, "two boxes of toxin")
            },
            SeizedLine { lot: Some(lot_amount(LOT)), ..line(BAG, "boxes without serials") },
            SeizedLine {
                printed: "Exampletox 100 U, lot A?".into(),
                mask: "sgtin:09521234543213.A?9".into(),
                quantity: quantity(40, "vial"),
                photos: vec![vec![7; 32], vec![8; 32]],
                ..line(OTHER_BAG, "white vials, label scratched")
            },
        ],
    }
}

fn bags() -> Vec<BagCheck> {
    let check = |bag: &str, condition: &str| BagCheck {
        bag: bag.into(),
        seals: vec!["FQ 0017".into(), "FQ 0018".into()],
        condition: condition.into(),
        note: "corner dented".into(),
    };
    vec![check(BAG, "intact"), check(OTHER_BAG, "resealed")]
}

pub fn keep() -> Keep {
    Keep {
        number: certificate("BG-1"),
        bags: bags(),
        site: SITE.into(),
        place: "evidence room 2, cold shelf".into(),
        keeper: pseudonym('e'),
        temperature: Some(Temperature { millicelsius: 4_500 }),
    }
}

pub fn hand_over() -> HandOver {
    HandOver {
        number: certificate("YJ-1"),
        receiver: CLINIC.into(),
        purpose: "test".into(),
        bags: bags(),
        items: vec![ITEM.into()],
        lots: vec![lot_amount(LOT)],
        officers: officers(),
        takers: vec![pseudonym('f')],
        legal_basis: "transfer rules, article 12".into(),
    }
}

pub fn evidence_return() -> EvidenceReturn {
    EvidenceReturn {
        number: certificate("FH-1"),
        to: TRADER.into(),
        person: pseudonym('c'),
        reason: "unfounded".into(),
        bags: vec![BAG.into(), OTHER_BAG.into()],
        items: vec![ITEM.into()],
        lots: vec![lot_amount(LOT)],
        officers: officers(),
        legal_basis: "Administrative Coercion Law, article 28".into(),
    }
}

pub fn destroy() -> Destroy {
    Destroy {
        number: certificate("XH-1"),
        holder: TRADER.into(),
        reason: "confiscated".into(),
        method: "incineration".into(),
        site: SITE.into(),
        place: "waste plant, furnace 2".into(),
        bags: vec![BAG.into(), OTHER_BAG.into()],
        items: vec![ITEM.into()],
        lots: vec![lot_amount(LOT)],
        officers: officers(),
        witness: pseudonym('d'),
        legal_basis: "Administrative Penalty Law, article 74".into(),
        photos: vec![vec![7; 32]],
    }
}
