//! Samples of statements that belong to a case.

use proto::v1::*;

use super::{
    BAG, CASE_ID, CLINIC, ITEM, LOT, MAKER, NOON, OTHER_BAG, OTHER_ITEM, SITE, TRADER, WAYBILL,
    assistance::lines, certificate, pseudonym, quantity, target,
};

const OTHER_CASE: &str = "ffeeddccbbaa99887766554433221100";
const PRODUCT: &str = "gtin:09521234543213";

fn officers() -> Vec<String> {
    vec![pseudonym('a'), pseudonym('b')]
}

fn entries() -> Vec<StatementRef> {
    let other = StatementRef { party: MAKER.into(), digest: Vec::new(), ..target(false).unwrap() };
    vec![target(true).unwrap(), other]
}

pub fn lead() -> Lead {
    Lead {
        case_id: CASE_ID.into(),
        addressee: TRADER.into(),
        source: "report".into(),
        informant: pseudonym('c'),
        summary: "vials without boxes are injected".into(),
        lines: lines(),
        parties: vec![CLINIC.into(), MAKER.into()],
        sites: vec![SITE.into()],
        region: "110105".into(),
        entries: entries(),
    }
}

/// Verified; what goes with the other actions is tested by itself.
pub fn lead_step() -> LeadStep {
    LeadStep {
        case_id: CASE_ID.into(),
        lead: target(true),
        action: LeadAction::Verified as i32,
        outcome: "confirmed".into(),
        note: "forty vials without records".into(),
        officers: officers(),
        ..LeadStep::default()
    }
}

pub fn case_open() -> CaseOpen {
    CaseOpen {
        case_id: CASE_ID.into(),
        number: certificate("LA-1"),
        kind: "administrative".into(),
        cause: "counterfeit".into(),
        summary: "vials of unknown make at a clinic".into(),
        leads: entries(),
        officers: officers(),
        legal_basis: "Administrative Penalty Law, article 54".into(),
    }
}

pub fn case_link() -> CaseLink {
    CaseLink {
        case_id: CASE_ID.into(),
        role: "goods".into(),
        items: vec![ITEM.into(), OTHER_ITEM.into()],
        lots: vec![LOT.into()],
        parties: vec![CLINIC.into()],
        sites: vec![SITE.into()],
        bags: vec![BAG.into(), OTHER_BAG.into()],
        papers: vec![WAYBILL.into()],
        entries: entries(),
        cases: vec![OTHER_CASE.into()],
        people: vec![pseudonym('c')],
        note: "came in one parcel".into(),
    }
}

pub fn case_transfer() -> CaseTransfer {
    CaseTransfer {
        case_id: CASE_ID.into(),
        number: certificate("YS-1"),
        addressee: TRADER.into(),
        copies: vec![CLINIC.into()],
        basis: "suspected-crime".into(),
        proposed_at: NOON - 86_400_000_000,
        decided_at: NOON,
        officers: officers(),
        summary: "more than forty vials, value above the threshold".into(),
        bags: vec![BAG.into(), OTHER_BAG.into()],
        entries: entries(),
        legal_basis: "transfer rules, article 5".into(),
    }
}

pub fn transfer_reply() -> TransferReply {
    TransferReply {
        case_id: CASE_ID.into(),
        transfer: target(true),
        decision: TransferDecision::Forwarded as i32,
        number: certificate("ZS-1"),
        forward_to: CLINIC.into(),
        reason: "the place lies in another district".into(),
        officers: officers(),
    }
}

pub fn case_outcome() -> CaseOutcome {
    CaseOutcome {
        case_id: CASE_ID.into(),
        kind: "penalty".into(),
        number: certificate("CF-1"),
        decided_on: "2026-01-14".into(),
        goods_value: 4_000_000,
        fines: 60_000_000,
        confiscated: 1_000_000,
        currency: "CNY".into(),
        goods: vec![Quantity { amount: 40, unit: "vial".into() }, quantity(2, "box").unwrap()],
        arrested: 3,
        charged: 2,
        convicted: 1,
        dens: 1,
        note: "the rest is destroyed".into(),
    }
}

pub fn case_close() -> CaseClose {
    CaseClose {
        case_id: CASE_ID.into(),
        number: certificate("JA-1"),
        reason: "punished".into(),
        summary: "fine paid, goods destroyed".into(),
    }
}

pub fn watch() -> Watch {
    Watch {
        case_id: CASE_ID.into(),
        items: vec![ITEM.into(), OTHER_ITEM.into()],
        lots: vec![LOT.into()],
        products: vec![PRODUCT.into()],
        parties: vec![CLINIC.into()],
        sites: vec![SITE.into()],
        regions: vec!["1101".into(), "310115".into()],
        people: vec![pseudonym('c')],
        valid_from: "2026-01-15".into(),
        valid_to: "2026-04-14".into(),
        reason: "the rest of the parcel is still about".into(),
    }
}
