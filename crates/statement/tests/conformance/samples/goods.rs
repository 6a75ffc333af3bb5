//! Samples of what holders, makers and importers say.

use proto::v1::*;

use super::{
    CARRIER, CASE, CLINIC, DECLARATION, ITEM, LOT, MAKER, NOON, OTHER_ITEM, OTHER_LOT, TIP, TRADER, WAYBILL,
    certificate, lot_amount, quantity, target,
};

pub fn alias() -> Alias {
    Alias { codes: vec![ITEM.into(), "cdtc:81234567890123456789".into()], reason: "second-code".into() }
}

pub fn transform() -> Transform {
    Transform {
        inputs: vec![ITEM.into()],
        input_lots: vec![lot_amount(LOT)],
        outputs: vec![OTHER_ITEM.into()],
        output_lots: vec![lot_amount(OTHER_LOT)],
        lot: OTHER_LOT.into(),
        registration: "国药准字SJ20171003".into(),
        made_on: "2025-06-01".into(),
        expires_on: "2027-05-31".into(),
        units_per_code: 1,
        reason: "repack".into(),
    }
}

pub fn adjust() -> Adjust {
    let opening = AdjustLine {
        outcome: AdjustOutcome::Opening as i32,
        item: ITEM.into(),
        lot: None,
        item_lot: LOT.into(),
        made_on: "2023-06-01".into(),
        expires_on: "2026-05-31".into(),
        note: "no box".into(),
    };
    let lost = AdjustLine {
        outcome: AdjustOutcome::Lost as i32,
        lot: Some(lot_amount(LOT)),
        ..AdjustLine::default()
    };
    Adjust { lines: vec![opening, lost], reason: "stock-taking".into() }
}

pub fn service() -> Service {
    Service {
        lines: vec![ServiceLine {
            item: ITEM.into(),
            action: "tip-exchange".into(),
            counter_before: 900,
            counter_after: 900,
            removed: OTHER_ITEM.into(),
            fitted: TIP.into(),
            note: "tip worn out".into(),
        }],
    }
}

pub fn condition() -> Condition {
    Condition {
        shipment: target(true),
        waybill: WAYBILL.into(),
        items: vec![CASE.into()],
        lots: vec![LOT.into()],
        started_at: NOON,
        ended_at: NOON + 3_600_000_000,
        min: Some(Temperature { millicelsius: 2_400 }),
        max: Some(Temperature { millicelsius: 8_600 }),
        mean: Some(Temperature { millicelsius: 4_900 }),
        excursion_minutes: 7,
        humidity_min: 410,
        humidity_max: 560,
        readings: 12,
        logger: "TL-0042".into(),
    }
}

pub fn import_filing() -> ImportFiling {
    ImportFiling {
        number: certificate("TG-1"),
        outcome: FilingOutcome::Refused as i32,
        registration: "国药准字SJ20171003".into(),
        lots: vec![lot_amount(LOT)],
        importer: TRADER.into(),
        port: "CNSHA".into(),
        reports: vec![target(true).expect("a reference")],
        valid_to: "2026-12-31".into(),
        reason: "the sample failed".into(),
    }
}

pub fn declare_import() -> DeclareImport {
    DeclareImport {
        declaration: DECLARATION.into(),
        lines: vec![DeclarationLine {
            number: 1,
            lot: LOT.into(),
            items: vec![CASE.into(), ITEM.into()],
            quantity: quantity(400, "box"),
            hs: "3002491000".into(),
            origin: "IE".into(),
            registration: "国药准字SJ20171003".into(),
        }],
        waybill: WAYBILL.into(),
        consignor: MAKER.into(),
        clearance: certificate("TG-1"),
        permit: certificate("TS-1"),
        dispatched_from: "IE".into(),
        bonded: true,
    }
}

pub fn customs_decision() -> CustomsDecision {
    CustomsDecision {
        declaration: DECLARATION.into(),
        outcome: CustomsOutcome::Partial as i32,
        lines: vec![CustomsLine {
            number: 1,
            lot: LOT.into(),
            items: vec![CASE.into()],
            quantity: quantity(400, "box"),
            hs: "30024910".into(),
            origin: "IE".into(),
            outcome: CustomsOutcome::Held as i32,
        }],
        number: "HG-7".into(),
        legal_basis: "Customs Law, article 6".into(),
        note: "labels differ".into(),
    }
}

pub fn ship() -> Ship {
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

pub fn receive() -> Receive {
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

pub fn using() -> Use {
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
