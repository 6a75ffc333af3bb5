//! The kind table against the schema and against what is extracted from statements.

use std::collections::BTreeSet;

use proto::schema::{self, Kind as Type, MESSAGES, Message, STATEMENT};
use statement::{
    KINDS, Kind, Relation, Secrecy, Signers, Statement, kind_row, own_subjects, subject_key, visit_subjects,
};

use crate::samples::{
    CASE, ITEM, MAKER, TRADER, body, correct, kinds, parse, replacement, sample, with_body,
};

fn message(name: &str) -> &'static Message {
    MESSAGES.iter().find(|m| m.name == name).unwrap()
}

/// Members of the only oneof of a message: name and number.
fn members(message: &Message) -> Vec<(&'static str, u32)> {
    message.fields.iter().filter(|f| f.oneof.is_some()).map(|f| (f.name, f.number)).collect()
}

/// Values of the enum of a field.
fn values(message: &Message, field: &str) -> &'static [i32] {
    match message.fields.iter().find(|f| f.name == field).unwrap().kind {
        Type::Enum(values) => values,
        other => unreachable!("{field} is {other:?}"),
    }
}

#[test]
fn every_kind_has_one_row_named_and_numbered_as_its_body() {
    let declared: Vec<i32> = values(message("Mandate"), "acts").iter().copied().filter(|k| *k != 0).collect();
    let rows: Vec<i32> = KINDS.iter().map(|row| row.kind as i32).collect();
    assert_eq!(rows, declared, "ascending, each once");
    let bodies: Vec<_> = KINDS.iter().map(|row| (row.name, row.kind as u32)).collect();
    assert_eq!(bodies, members(&MESSAGES[STATEMENT]));
    for row in KINDS {
        assert_eq!(kind_row(row.kind).map(|r| r.name), Some(row.name));
        assert!(!row.chinese.is_empty());
    }
    assert!(kind_row(Kind::Unspecified).is_none());
}

#[test]
fn a_sample_is_of_the_kind_of_its_body() {
    for kind in kinds() {
        let statement = parse(&sample(kind)).unwrap();
        assert_eq!(statement.kind(), kind);
    }
}

#[test]
fn causes_are_told_apart_and_come_before_their_effects() {
    let causes: BTreeSet<u8> = KINDS.iter().map(|row| row.cause).collect();
    assert_eq!(causes.len(), KINDS.len());
    let order = [
        Kind::Party,
        Kind::Site,
        Kind::Licence,
        Kind::Registration,
        Kind::EnrolKey,
        Kind::RevokeKey,
        Kind::Mandate,
        Kind::Succession,
        Kind::Designation,
        Kind::Commission,
        Kind::Alias,
        Kind::Adjust,
        Kind::Transform,
        Kind::Pack,
        Kind::Ship,
        Kind::PostalCheck,
        Kind::Condition,
        Kind::ImportFiling,
        Kind::DeclareImport,
        Kind::CustomsDecision,
        Kind::Receive,
        Kind::Sample,
        Kind::TestReport,
        Kind::Unpack,
        Kind::Service,
        Kind::Use,
        Kind::Hold,
        Kind::Recall,
        Kind::RecallResponse,
        Kind::Lift,
        Kind::Inspection,
        Kind::SelfInspection,
        Kind::AdverseEvent,
        Kind::Listing,
        Kind::Correct,
        Kind::Void,
        Kind::Endorse,
        Kind::ActivityFigure,
        Kind::Observation,
        Kind::Coverage,
        Kind::NamedList,
        Kind::Policy,
        Kind::Erase,
        Kind::AssistRequest,
        Kind::AuthenticityReply,
        Kind::AssistReply,
        Kind::Opinion,
        Kind::Seize,
        Kind::Keep,
        Kind::HandOver,
        Kind::EvidenceReturn,
        Kind::Destroy,
        Kind::Lead,
        Kind::LeadStep,
        Kind::CaseOpen,
        Kind::CaseLink,
        Kind::CaseTransfer,
        Kind::TransferReply,
        Kind::CaseOutcome,
        Kind::CaseClose,
        Kind::Watch,
    ];
    let mut rows: Vec<_> = KINDS.iter().collect();
    rows.sort_by_key(|row| row.cause);
    assert_eq!(rows.iter().map(|row| row.kind).collect::<Vec<_>>(), order);
}

#[test]
fn what_can_be_corrected_is_what_a_correct_can_hold() {
    let correctable: Vec<_> =
        KINDS.iter().filter(|row| row.correctable).map(|row| (row.name, row.kind as u32)).collect();
    assert_eq!(correctable, members(message("Replacement")));
    for row in KINDS {
        assert_eq!(replacement(row.kind).is_some(), row.correctable, "{}", row.name);
        assert!(!row.delegable || row.correctable, "{}: an agent can correct what it signed", row.name);
    }
}

#[test]
fn roles_that_sign_are_declared_and_each_once() {
    for row in KINDS {
        let Signers::Roles(roles) = row.signers else { continue };
        let distinct: BTreeSet<i32> = roles.iter().map(|r| *r as i32).collect();
        assert_eq!(distinct.len(), roles.len(), "{}", row.name);
        assert!(!roles.is_empty() && !distinct.contains(&0), "{}", row.name);
    }
}

fn relations(statement: &Statement) -> BTreeSet<Relation> {
    let mut found = BTreeSet::new();
    visit_subjects(statement, &mut |relation, text| {
        assert!(!text.is_empty());
        found.insert(relation);
    });
    found
}

/// Samples of a kind; a Correct of every kind that can be corrected.
fn samples(kind: Kind) -> Vec<Statement> {
    match kind {
        Kind::Correct => kinds()
            .filter(|k| kind_row(*k).unwrap().correctable)
            .map(|k| parse(&with_body(correct(k))).unwrap())
            .collect(),
        kind => vec![parse(&sample(kind)).unwrap()],
    }
}

#[test]
fn a_statement_names_subjects_in_all_relations_of_its_row_and_no_others() {
    for row in KINDS {
        let mut columns: Vec<Relation> = row.subjects.iter().map(|(r, _)| *r).collect();
        assert!(columns.is_sorted_by(|a, b| a < b), "{}", row.name);
        columns.retain(|r| *r != Relation::Target);
        let found: BTreeSet<Relation> = samples(row.kind).iter().flat_map(relations).collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), columns, "{}", row.name);
    }
}

#[test]
fn statements_that_name_statements_link_their_subjects() {
    for row in KINDS {
        let body = MESSAGES[STATEMENT].fields.iter().find(|f| f.number == row.kind as u32).unwrap();
        let Type::Message(inner) = body.kind else { unreachable!("{} is a message", row.name) };
        let names_one = MESSAGES[inner].fields.iter().any(|f| match f.kind {
            Type::Message(i) => MESSAGES[i].name == "StatementRef",
            _ => false,
        });
        let links = row.subjects.iter().any(|(r, _)| *r == Relation::Target);
        // Statements of cases link their case alone.
        assert_eq!(names_one && row.confidential != Secrecy::Always, links, "{}", row.name);
    }
}

#[test]
fn closure_holds_what_leads_back_and_never_who_traded_or_what_is_inside() {
    for row in KINDS.iter().filter(|row| row.kind != Kind::Correct) {
        for (relation, closure) in row.subjects {
            let expected = match relation {
                Relation::Document | Relation::Parent | Relation::Key | Relation::Input => true,
                // Where the bag was that an item lay in, its own chain tells.
                Relation::Exhibit => true,
                // Amounts of a lot that are shipped say nothing of one item of it.
                Relation::Lot => matches!(row.kind, Kind::Commission | Kind::Transform | Kind::Adjust),
                // The codes of one thing.
                Relation::Item => row.kind == Kind::Alias,
                _ => false,
            };
            assert_eq!(*closure, expected, "{} {relation:?}", row.name);
            assert_eq!(statement::in_closure(row.kind, None, *relation), expected);
        }
    }
}

#[test]
fn a_correct_leads_where_what_it_replaces_would() {
    let correct = kind_row(Kind::Correct).unwrap();
    let replaced = || KINDS.iter().filter(|row| row.correctable);
    for (relation, closure) in correct.subjects {
        let may = replaced().any(|row| row.subjects.contains(&(*relation, true)));
        assert_eq!(*closure, may, "{relation:?}");
        for row in replaced() {
            let leads = statement::in_closure(Kind::Correct, Some(row.kind), *relation);
            assert_eq!(leads, row.subjects.contains(&(*relation, true)), "{} {relation:?}", row.name);
        }
        let by_line_only = statement::in_closure(Kind::Correct, None, *relation);
        assert_eq!(by_line_only, *relation == Relation::Document);
    }
    for row in replaced() {
        for (relation, _) in row.subjects {
            assert!(correct.subjects.iter().any(|(r, _)| r == relation), "{} {relation:?}", row.name);
        }
    }
}

#[test]
fn subjects_come_ascending_each_once_with_the_first_relation() {
    let mut message = sample(Kind::Ship);
    // The trader is principal, addressee and owner; one lot comes in two units.
    body!(message, Ship).addressee = TRADER.into();
    let mut vials = body!(message, Ship).lots[0].clone();
    vials.quantity.as_mut().unwrap().unit = "vial".into();
    body!(message, Ship).lots.push(vials);
    let statement = parse(&message).unwrap();
    let subjects = own_subjects(&statement);
    assert!(subjects.is_sorted_by(|a, b| a.key < b.key));
    let relation = |kind, text| {
        let key = subject_key(kind, text);
        subjects.iter().find(|n| n.key == key).map(|n| n.relation)
    };
    use statement::SubjectKind as S;
    assert_eq!(relation(S::Activity, MAKER), Some(Relation::Signer));
    assert_eq!(relation(S::Activity, TRADER), Some(Relation::Principal));
    assert_eq!(relation(S::Item, ITEM), Some(Relation::Item));
    assert_eq!(relation(S::Item, CASE), Some(Relation::Item));
    assert_eq!(relation(S::Document, "bill:gln:9521234567028/B-1"), Some(Relation::Document));
    assert_eq!(relation(S::Party, MAKER), None, "signing states no registry fact");
    assert_eq!(subjects.len(), 9);
}

#[test]
fn the_bill_belongs_to_the_principal_else_to_the_signer() {
    let mut message = sample(Kind::Ship);
    message.header.as_mut().unwrap().business_key = "25/7.1%".into();
    assert_eq!(parse(&message).unwrap().bill(), Some("bill:gln:9521234567028/25%2F7%2E1%25"));
    message.header.as_mut().unwrap().on_behalf_of.clear();
    assert_eq!(parse(&message).unwrap().bill(), Some("bill:gln:9521234567011/25%2F7%2E1%25"));
    message.header.as_mut().unwrap().business_key.clear();
    assert_eq!(parse(&message).unwrap().bill(), None);
}

#[test]
fn codes_of_relations_and_subject_kinds_lead_back() {
    for (i, relation) in Relation::ALL.into_iter().enumerate() {
        assert_eq!(usize::from(relation.code()), i);
        assert_eq!(Relation::from_code(relation.code()), Some(relation));
    }
    assert_eq!(Relation::from_code(Relation::ALL.len() as u8), None);
    for (i, kind) in statement::SubjectKind::ALL.into_iter().enumerate() {
        assert_eq!(usize::from(kind.code()), i);
        assert_eq!(statement::SubjectKind::from_code(kind.code()), Some(kind));
    }
    assert_eq!(statement::SubjectKind::from_code(9), None);
}

#[test]
fn repeated_scalars_of_a_statement_are_enums_only() {
    // docs/FORMAT.md says so: packed fields hold kinds and uses of keys.
    for message in MESSAGES {
        for field in message.fields.iter().filter(|f| f.repeated) {
            let scalar =
                matches!(field.kind, Type::Bool | Type::Uint32 | Type::Int64 | Type::Sint32 | Type::Int32);
            assert!(!scalar, "{}.{}", message.name, field.name);
        }
    }
    assert_eq!(MESSAGES[schema::GENESIS].name, "Genesis");
}
