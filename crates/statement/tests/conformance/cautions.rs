//! What is told though it is allowed.

use std::collections::BTreeSet;

use gs1::Caution::{self, InstitutionLicenceNumber, RegistrationNumber};
use prost::Message as _;
use proto::v1::{Commission, Correct, Licence, Replacement, replacement, statement::Body};
use statement::{Statement, visit_cautions};

use crate::samples::{body_of, commission, kinds, parse, sample, with_body};

const NUMBER: &[u8] = "国药准字SJ20171003".as_bytes();
/// As long, so that the message around it stays whole.
const ODD: &[u8] = "国药准字QQ20171003".as_bytes();

/// Paths of what is odd in one way.
fn paths(statement: &Statement, wanted: Caution) -> Vec<String> {
    let mut found = Vec::new();
    visit_cautions(statement, &mut |path, _, caution| {
        found.extend((caution == wanted).then(|| path.to_string()));
        true
    });
    found
}

fn spoilt(payload: &[u8]) -> Vec<u8> {
    let mut bytes = payload.to_vec();
    let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(NUMBER)).collect();
    for at in places {
        bytes[at..at + ODD.len()].copy_from_slice(ODD);
    }
    bytes
}

#[test]
fn a_registration_number_without_a_known_form_is_told_wherever_it_stands() {
    let mut found = BTreeSet::new();
    for kind in kinds() {
        let sound = parse(&sample(kind)).unwrap();
        assert_eq!(paths(&sound, RegistrationNumber), Vec::<String>::new(), "{kind:?}");
        // Odd, and yet no fault.
        let odd =
            Statement::parse(spoilt(sound.payload()).into()).unwrap_or_else(|e| panic!("{kind:?}: {e}"));
        found.extend(paths(&odd, RegistrationNumber));
    }
    let expected = [
        "commission.registration",
        "declare_import.lines[0].registration",
        "designation.registration",
        "import_filing.registration",
        "registration.number",
        "transform.registration",
    ];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn content_that_replaces_other_content_is_looked_at_too() {
    let wrong = Commission { registration: "MFDS 12-345".into(), ..commission() };
    let replacement =
        Replacement { body: Some(replacement::Body::Commission(wrong)), ..Replacement::default() };
    let body = Body::Correct(Correct { replacement: Some(replacement), ..Correct::default() });
    let statement = Statement::recorded(with_body(body).encode_to_vec().into()).unwrap();
    assert_eq!(paths(&statement, RegistrationNumber), ["correct.replacement.commission.registration"]);
}

#[test]
fn the_number_of_a_medical_institutions_licence_is_looked_at_and_no_other() {
    let Body::Licence(licence) = body_of(statement::Kind::Licence) else { panic!() };
    for (kind, number, odd) in [
        ("medical-institution", "MAYL90082320508D154201", false),
        ("medical-institution", "备2024-001", true),
        ("clinic-filing", "备2024-001", false),
        ("drug-wholesale", "浙AA5710042", false),
    ] {
        let body = Licence { kind: kind.into(), number: number.into(), ..licence.clone() };
        let payload = with_body(Body::Licence(body)).encode_to_vec();
        let statement = Statement::parse(payload.into()).unwrap();
        let expected: Vec<String> = odd.then(|| "licence.number".to_owned()).into_iter().collect();
        assert_eq!(paths(&statement, InstitutionLicenceNumber), expected, "{kind} {number}");
    }
}

#[test]
fn a_visit_of_cautions_ends_where_it_is_told_to() {
    let statement = parse(&sample(statement::Kind::Pack)).unwrap();
    let mut told = 0;
    visit_cautions(&statement, &mut |_, _, caution| {
        assert_eq!(caution, Caution::DemonstrationNumber);
        told += 1;
        false
    });
    assert_eq!(told, 1);
}
