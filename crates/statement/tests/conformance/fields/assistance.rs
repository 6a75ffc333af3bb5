//! Faults and optional fields of requests for assistance, answers and opinions; what confidential ones hold.

use proto::v1::{self, GoodsLine, StatementRef, statement::Body};
use statement::{Kind as K, Reason::*, Secrecy, own_subjects, subject_key};

use super::{Optional, Row, h};
use crate::samples::{
    ITEM, LOT, MAKER, NOON, body, body_of, correct, lot_amount, parse, quantity, sample, uuid, with_body,
};

fn ground(number: u8) -> StatementRef {
    StatementRef { party: MAKER.into(), id: uuid(NOON, number), digest: Vec::new() }
}

#[rustfmt::skip]
pub const FAULTS: &[Row] = &[
    (K::AssistRequest, |s| body!(s, AssistRequest).number = "XC-1".into(), NotCanonical, "assist_request.number"),
    (K::AssistRequest, |s| body!(s, AssistRequest).addressee.clear(), MissingField, "assist_request.addressee"),
    (K::AssistRequest, |s| body!(s, AssistRequest).purpose.clear(), MissingField, "assist_request.purpose"),
    (K::AssistRequest, |s| body!(s, AssistRequest).question = "电话139-0000-0000".into(), PersonalData, "assist_request.question"),
    (K::AssistRequest, |s| body!(s, AssistRequest).lines[0].item = LOT.into(), InvalidField, "assist_request.lines[0].item"),
    (K::AssistRequest, |s| { let l = body!(s, AssistRequest).lines[0].clone(); body!(s, AssistRequest).lines.push(l) }, ItemTwice, "assist_request.lines[3].item"),
    (K::AssistRequest, |s| { let l = body!(s, AssistRequest).lines[1].clone(); body!(s, AssistRequest).lines.push(l) }, ItemTwice, "assist_request.lines[3].lot.lot"),
    (K::AssistRequest, |s| body!(s, AssistRequest).lines[0].lot = Some(lot_amount(LOT)), InvalidField, "assist_request.lines[0]"),
    (K::AssistRequest, |s| body!(s, AssistRequest).lines[0].quantity = quantity(1, "box"), InvalidField, "assist_request.lines[0].quantity"),
    (K::AssistRequest, |s| body!(s, AssistRequest).lines[1].description = "d".repeat(501), InvalidField, "assist_request.lines[1].description"),
    (K::AssistRequest, |s| body!(s, AssistRequest).lines[2].description.clear(), MissingField, "assist_request.lines[2].description"),
    (K::AssistRequest, |s| body!(s, AssistRequest).lines = vec![body!(s, AssistRequest).lines[2].clone(); 4_001], TooManyItems, "assist_request.lines"),
    (K::AssistRequest, |s| body!(s, AssistRequest).due_on.clear(), MissingField, "assist_request.due_on"),
    (K::AssistRequest, |s| body!(s, AssistRequest).legal_basis.clear(), MissingField, "assist_request.legal_basis"),
    (K::AssistRequest, |s| body!(s, AssistRequest).case_id = "2026-17".into(), InvalidField, "assist_request.case_id"),
    (K::AssistRequest, |s| body!(s, AssistRequest).case_id = "A".repeat(32), InvalidField, "assist_request.case_id"),

    (K::AssistReply, |s| body!(s, AssistReply).request = None, MissingField, "assist_reply.request"),
    (K::AssistReply, |s| body!(s, AssistReply).number = "XC-2".into(), NotCanonical, "assist_reply.number"),
    (K::AssistReply, |s| body!(s, AssistReply).outcome.clear(), MissingField, "assist_reply.outcome"),
    (K::AssistReply, |s| body!(s, AssistReply).findings.clear(), MissingField, "assist_reply.findings"),
    (K::AssistReply, |s| body!(s, AssistReply).lines[0].item = "A1".into(), NotCanonical, "assist_reply.lines[0].item"),
    (K::AssistReply, |s| body!(s, AssistReply).lines[2].description = "d\u{7}".into(), InvalidField, "assist_reply.lines[2].description"),
    (K::AssistReply, |s| body!(s, AssistReply).documents[1] = vec![7; 31], InvalidField, "assist_reply.documents[1]"),
    (K::AssistReply, |s| body!(s, AssistReply).documents[1] = vec![7; 32], InvalidField, "assist_reply.documents[1]"),
    (K::AssistReply, |s| body!(s, AssistReply).documents = (0..65).map(|i| vec![i; 32]).collect(), InvalidField, "assist_reply.documents"),
    (K::AssistReply, |s| body!(s, AssistReply).case_id = "x".into(), InvalidField, "assist_reply.case_id"),

    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).request = None, MissingField, "authenticity_reply.request"),
    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).number = "ZW-1".into(), NotCanonical, "authenticity_reply.number"),
    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).lines.clear(), MissingField, "authenticity_reply.lines"),
    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).lines = vec![body!(s, AuthenticityReply).lines[2].clone(); 4_001], TooManyItems, "authenticity_reply.lines"),
    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).lines[0].goods = None, MissingField, "authenticity_reply.lines[0].goods"),
    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).lines[3].goods.as_mut().unwrap().item = ITEM.into(), ItemTwice, "authenticity_reply.lines[3].goods.item"),
    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).lines[2].goods = Some(GoodsLine::default()), MissingField, "authenticity_reply.lines[2].goods.description"),
    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).lines[0].verdict = 0, MissingField, "authenticity_reply.lines[0].verdict"),
    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).lines[0].grounds = "g".repeat(501), InvalidField, "authenticity_reply.lines[0].grounds"),
    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).report = vec![7], InvalidField, "authenticity_reply.report"),
    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).method = "m".repeat(501), InvalidField, "authenticity_reply.method"),

    (K::Opinion, |s| body!(s, Opinion).number.clear(), MissingField, "opinion.number"),
    (K::Opinion, |s| body!(s, Opinion).request.as_mut().unwrap().id.clear(), MissingField, "opinion.request.id"),
    (K::Opinion, |s| body!(s, Opinion).lines.clear(), MissingField, "opinion.lines"),
    (K::Opinion, |s| body!(s, Opinion).lines[1].goods = None, MissingField, "opinion.lines[1].goods"),
    (K::Opinion, |s| body!(s, Opinion).lines[0].goods.as_mut().unwrap().item = "x".into(), NotCanonical, "opinion.lines[0].goods.item"),
    (K::Opinion, |s| body!(s, Opinion).lines[2].goods.as_mut().unwrap().description.clear(), MissingField, "opinion.lines[2].goods.description"),
    (K::Opinion, |s| body!(s, Opinion).lines[0].conclusion = "Fake".into(), InvalidField, "opinion.lines[0].conclusion"),
    (K::Opinion, |s| body!(s, Opinion).lines[0].note = "n".repeat(501), InvalidField, "opinion.lines[0].note"),
    (K::Opinion, |s| body!(s, Opinion).legal_basis.clear(), MissingField, "opinion.legal_basis"),
    (K::Opinion, |s| body!(s, Opinion).reasoning.clear(), MissingField, "opinion.reasoning"),
    (K::Opinion, |s| { let g = body!(s, Opinion).grounds[0].clone(); body!(s, Opinion).grounds.push(g) }, InvalidField, "opinion.grounds[2]"),
    (K::Opinion, |s| body!(s, Opinion).grounds = (0..65).map(ground).collect(), InvalidField, "opinion.grounds"),
    (K::Opinion, |s| body!(s, Opinion).document = vec![9; 33], InvalidField, "opinion.document"),
    (K::Opinion, |s| body!(s, Opinion).case_id = "x".into(), InvalidField, "opinion.case_id"),
];

#[rustfmt::skip]
pub const OPTIONAL: &[Optional] = &[
    (K::AssistRequest, |s| body!(s, AssistRequest).lines.clear()),
    (K::AssistRequest, |s| body!(s, AssistRequest).lines[0].description.clear()),
    (K::AssistRequest, |s| body!(s, AssistRequest).lines[2].quantity = None),
    (K::AssistRequest, |s| body!(s, AssistRequest).case_id.clear()),
    (K::AssistReply, |s| body!(s, AssistReply).number.clear()),
    (K::AssistReply, |s| body!(s, AssistReply).lines.clear()),
    (K::AssistReply, |s| body!(s, AssistReply).documents.clear()),
    (K::AssistReply, |s| body!(s, AssistReply).case_id.clear()),
    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).number.clear()),
    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).lines[0].grounds.clear()),
    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).report.clear()),
    (K::AuthenticityReply, |s| body!(s, AuthenticityReply).method.clear()),
    (K::Opinion, |s| body!(s, Opinion).request = None),
    (K::Opinion, |s| body!(s, Opinion).lines[0].note.clear()),
    (K::Opinion, |s| body!(s, Opinion).grounds.clear()),
    (K::Opinion, |s| body!(s, Opinion).document.clear()),
    (K::Opinion, |s| body!(s, Opinion).case_id.clear()),
];

/// A sample made confidential: without business key and principal, which lead to it from elsewhere.
fn confidential(mut statement: v1::Statement) -> v1::Statement {
    let header = h(&mut statement);
    header.confidential = true;
    header.business_key.clear();
    header.on_behalf_of.clear();
    statement
}

/// Reasons and fields at fault.
fn found(statement: &v1::Statement) -> Vec<(statement::Reason, String)> {
    let refusal = parse(statement).err();
    let violations = refusal.map(|r| r.violations).unwrap_or_default();
    violations.into_iter().map(|v| (v.reason, v.field.into_owned())).collect()
}

#[test]
fn confidential_are_requests_answers_opinions_and_what_is_said_of_them() {
    for row in statement::KINDS {
        let by_itself = confidential(sample(row.kind));
        let expect = match row.kind {
            // The sample corrects a Ship.
            K::Correct => vec![(ConfidentialRefused, "header.confidential".to_owned())],
            _ if row.confidential != Secrecy::Never => vec![],
            _ => vec![(ConfidentialRefused, "header.confidential".to_owned())],
        };
        assert_eq!(found(&by_itself), expect, "{}", row.name);
        if row.correctable {
            let expect = if row.confidential == Secrecy::Never { expect } else { vec![] };
            assert_eq!(found(&confidential(with_body(correct(row.kind)))), expect, "{}", row.name);
        }
    }
}

#[test]
fn a_confidential_statement_links_its_case_alone() {
    let case = subject_key(statement::SubjectKind::Case, crate::samples::CASE_ID);
    for kind in [K::AssistRequest, K::AssistReply, K::Opinion] {
        for message in [sample(kind), with_body(correct(kind))] {
            let named = own_subjects(&parse(&message).unwrap());
            assert!(named.len() > 4 && named.iter().any(|n| n.key == case), "{kind:?}");
            let named = own_subjects(&parse(&confidential(message)).unwrap());
            assert_eq!(named.iter().map(|n| n.key).collect::<Vec<_>>(), [case], "{kind:?}");
        }
    }
    for kind in [K::Void, K::Erase] {
        assert_eq!(own_subjects(&parse(&confidential(sample(kind))).unwrap()), [], "{kind:?}");
    }
}

#[test]
fn a_confidential_statement_names_its_case_and_nothing_that_leads_to_it_from_elsewhere() {
    for kind in [K::AssistRequest, K::AssistReply, K::Opinion] {
        let name = statement::kind_row(kind).unwrap().name;
        let without_case = || match body_of(kind) {
            Body::AssistRequest(b) => Body::AssistRequest(v1::AssistRequest { case_id: String::new(), ..b }),
            Body::AssistReply(b) => Body::AssistReply(v1::AssistReply { case_id: String::new(), ..b }),
            Body::Opinion(b) => Body::Opinion(v1::Opinion { case_id: String::new(), ..b }),
            other => other,
        };
        let message = confidential(with_body(without_case()));
        assert_eq!(found(&message), [(MissingField, format!("{name}.case_id"))]);
        let mut message = sample(kind);
        h(&mut message).confidential = true;
        let principal = (ConfidentialRefused, "header.on_behalf_of".to_owned());
        let mut expect = vec![(ConfidentialRefused, "header.business_key".to_owned())];
        expect.extend((kind == K::AssistReply).then_some(principal));
        assert_eq!(found(&message), expect);
    }
}
