//! Samples of what laboratories, authorities, carriers and platforms say.

use proto::v1::*;

use super::{
    CASE, CLINIC, DECLARATION, ITEM, LOT, NOON, OTHER_ITEM, ROOT, SITE, TRADER, WAYBILL, certificate,
    lot_amount, pseudonym, quantity, target,
};

const PRODUCT: &str = "gtin:09521234543213";

pub fn sample() -> Sample {
    Sample {
        number: certificate("CY-1"),
        purpose: "port-test".into(),
        items: vec![ITEM.into()],
        lots: vec![lot_amount(LOT)],
        holder: TRADER.into(),
        laboratory: CLINIC.into(),
        declaration: DECLARATION.into(),
    }
}

pub fn test_report() -> TestReport {
    TestReport {
        number: certificate("JY-1"),
        sample: target(true),
        items: vec![ITEM.into()],
        lots: vec![LOT.into()],
        purpose: "port-test".into(),
        verdict: TestVerdict::Pass as i32,
        method: "药典三部".into(),
        results: vec![TestResult {
            property: "potency".into(),
            value: "103 %".into(),
            limit: "80–125 %".into(),
            passed: true,
        }],
        urgent: true,
        retest_of: target(true),
        issued_on: "2026-01-14".into(),
    }
}

pub fn recall() -> Recall {
    Recall {
        number: certificate("ZH-1"),
        lots: vec![LOT.into()],
        items: vec![ITEM.into()],
        level: 1,
        reason: "glass particles".into(),
        instruction: "stop use, send back".into(),
        respond_by: NOON + 86_400_000_000,
        complete_by: NOON + 2 * 86_400_000_000,
    }
}

pub fn recall_response() -> RecallResponse {
    RecallResponse {
        recall: target(true),
        stopped: true,
        stock: vec![RecallStock {
            lot: LOT.into(),
            on_hand: quantity(3, "box"),
            used: quantity(4, "box"),
            passed_on: quantity(5, "box"),
        }],
        items: vec![ITEM.into()],
        note: "in quarantine".into(),
    }
}

pub fn hold() -> Hold {
    Hold {
        items: vec![ITEM.into()],
        lots: vec![LOT.into()],
        products: vec![PRODUCT.into()],
        party: TRADER.into(),
        legal_basis: "Drug Administration Law, article 99".into(),
        reason: "suspected relabelling".into(),
        until: "2026-02-28".into(),
    }
}

pub fn lift() -> Lift {
    Lift {
        hold: target(true),
        items: vec![ITEM.into()],
        lots: vec![LOT.into()],
        reason: "test passed".into(),
    }
}

pub fn inspection() -> Inspection {
    Inspection {
        number: certificate("JC-1"),
        kind: "unannounced".into(),
        party: CLINIC.into(),
        site: SITE.into(),
        shelf: vec![
            ShelfLine { item: ITEM.into(), lot: None, empty: true, note: "label torn".into() },
            ShelfLine { lot: Some(lot_amount(LOT)), ..ShelfLine::default() },
        ],
        orders: vec![Order { text: "keep purchase records".into(), due_on: "2026-02-01".into() }],
        officers: vec![pseudonym('a'), pseudonym('b')],
        result: "three boxes without records".into(),
    }
}

pub fn self_inspection() -> SelfInspection {
    SelfInspection {
        from: "2026-01-01".into(),
        to: "2026-01-14".into(),
        passed: true,
        points: vec!["thermometer calibrated".into()],
    }
}

pub fn adverse_event() -> AdverseEvent {
    AdverseEvent {
        number: "AE-1".into(),
        items: vec![ITEM.into()],
        lots: vec![LOT.into()],
        severity: "serious".into(),
        event: "ptosis".into(),
        fault: "needle blocked".into(),
        noticed_on: "2026-01-10".into(),
    }
}

pub fn listing() -> Listing {
    Listing {
        platform: ROOT.into(),
        number: "L-1".into(),
        url: "https://shop.example/l/1".into(),
        seller: CLINIC.into(),
        products: vec![PRODUCT.into()],
        brand: "Exampletox".into(),
        price: 99_900,
        currency: "CNY".into(),
        seen_from: "2026-01-01".into(),
        removed_on: "2026-01-09".into(),
    }
}

pub fn activity_figure() -> ActivityFigure {
    ActivityFigure {
        party: CLINIC.into(),
        source: "platform".into(),
        measure: "treatments".into(),
        from: "2025-10-01".into(),
        to: "2025-12-31".into(),
        quantity: quantity(812, "treatment"),
        product_class: "toxin".into(),
    }
}

pub fn postal_check() -> PostalCheck {
    PostalCheck {
        waybill: WAYBILL.into(),
        identified: true,
        opened: true,
        scanned: true,
        hit: true,
        reason: "hit".into(),
        sender: pseudonym('c'),
        items: vec![ITEM.into(), CASE.into()],
        contents: "ten boxes without labels".into(),
    }
}

pub fn observation() -> Observation {
    Observation {
        item: OTHER_ITEM.into(),
        scan: "]d20109521234543213\u{1d}21A2".into(),
        named: CLINIC.into(),
        region: "310115".into(),
        latitude_e7: 312_000_000,
        longitude_e7: 1_215_000_000,
        channel: "consumer".into(),
    }
}
