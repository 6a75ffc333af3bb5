//! Samples of requests for assistance, answers and opinions.

use proto::v1::*;

use super::{CASE, ITEM, LOT, MAKER, OTHER_ITEM, certificate, lot_amount, quantity, target};

/// A case, 32 hexadecimal digits.
pub const CASE_ID: &str = "00112233445566778899aabbccddeeff";

fn coded(item: &str) -> GoodsLine {
    GoodsLine { item: item.into(), description: "seal broken".into(), ..GoodsLine::default() }
}

/// One line of each form.
pub fn lines() -> Vec<GoodsLine> {
    let described = GoodsLine {
        description: "white vials printed \"Exampletox 100\"".into(),
        quantity: quantity(40, "vial"),
        ..GoodsLine::default()
    };
    vec![coded(ITEM), GoodsLine { lot: Some(lot_amount(LOT)), ..GoodsLine::default() }, described]
}

pub fn assist_request() -> AssistRequest {
    AssistRequest {
        number: certificate("XC-1"),
        addressee: MAKER.into(),
        purpose: "authenticity".into(),
        question: "are these boxes yours?".into(),
        lines: lines(),
        due_on: "2026-01-30".into(),
        legal_basis: "Drug Administration Law, article 100".into(),
        case_id: CASE_ID.into(),
    }
}

pub fn assist_reply() -> AssistReply {
    AssistReply {
        request: target(true),
        number: certificate("XC-2"),
        outcome: "partly".into(),
        findings: "one box was sold to a clinic".into(),
        lines: lines(),
        documents: vec![vec![7; 32], vec![8; 32]],
        case_id: CASE_ID.into(),
    }
}

pub fn authenticity_reply() -> AuthenticityReply {
    let line = |goods, verdict: Authenticity| AuthenticityLine {
        goods: Some(goods),
        verdict: verdict as i32,
        grounds: "print differs".into(),
    };
    let [first, second, third] = lines().try_into().unwrap();
    AuthenticityReply {
        request: target(true),
        number: certificate("ZW-1"),
        lines: vec![
            line(first, Authenticity::Genuine),
            line(second, Authenticity::NotOurs),
            line(third, Authenticity::CannotTell),
            line(coded(CASE), Authenticity::Altered),
        ],
        report: vec![7; 32],
        method: "print and seal under the microscope".into(),
    }
}

pub fn opinion() -> Opinion {
    let line = |goods, conclusion: &str| OpinionLine {
        goods: Some(goods),
        conclusion: conclusion.into(),
        note: "as listed in the report".into(),
    };
    let [first, second, third] = lines().try_into().unwrap();
    let other = StatementRef { party: MAKER.into(), digest: Vec::new(), ..target(false).unwrap() };
    Opinion {
        number: certificate("RD-1"),
        request: target(true),
        lines: vec![
            line(first, "relabelled"),
            line(second, "unapproved"),
            line(third, "counterfeit"),
            line(coded(OTHER_ITEM), "as-stated"),
        ],
        legal_basis: "Drug Administration Law, article 98".into(),
        reasoning: "the maker disowns them, the test found no toxin".into(),
        grounds: vec![target(true).unwrap(), other],
        document: vec![9; 32],
        case_id: CASE_ID.into(),
    }
}
