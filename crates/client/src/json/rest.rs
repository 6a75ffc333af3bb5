//! What the field checks say of a statement that nobody has signed yet, or of what could be read of one.

use prost::Message as _;
use proto::v1::{self, Header};
use serde_json::Value;
use statement::{Reason, Statement, Violation};

use super::{JsonFault, camel, implied, read::Found};

/// A moment that every check takes, µs since the Unix epoch.
const SOME_DAY: i64 = 1_700_000_000_000_000;
/// From so many faults on the checks may have left some out.
const MANY: usize = 100;
/// A version 7 UUID.
const SOME_ID: [u8; 16] = [1, 0x8b, 0xcf, 0xe5, 0x68, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1];

/// The faults of a statement, but for those that come of what is left out because it is at fault. `machine`: what
/// the statement was read from.
pub(super) fn faults(statement: &v1::Statement, found: &[Found], machine: Option<&Value>) -> Vec<JsonFault> {
    let mut rest = violations(statement);
    rest.retain(|v| !found.iter().any(|f| explains(f, v)));
    if let Some(machine) = machine.filter(|_| !rest.is_empty()) {
        for other in implied::filled(machine, found) {
            let others = violations(&other);
            // No check told all there is.
            let cut = others.len() >= MANY;
            rest.retain(|v| cut || others.iter().any(|o| (o.reason, &o.field) == (v.reason, &v.field)));
        }
    }
    let rest = rest.into_iter();
    rest.map(|v| JsonFault {
        path: v.field.split('.').map(camel).collect::<Vec<_>>().join("."),
        fault: v.description.english().to_owned(),
        chinese: v.description.chinese().to_owned(),
        reason: Some(v.reason),
    })
    .collect()
}

/// What the field checks say of a statement that a signer has filled in.
fn violations(statement: &v1::Statement) -> Vec<Violation> {
    let given = statement.header.clone().unwrap_or_default();
    let filled = v1::Statement { header: Some(fill(&given)), body: statement.body.clone() };
    let Err(refusal) = Statement::parse(filled.encode_to_vec().into()) else { return Vec::new() };
    // A possession is of one ledger.
    let ours = |v: &Violation| v.reason != Reason::BadPossession || !given.ledger.is_empty();
    refusal.violations.into_iter().filter(ours).collect()
}

/// What a signer would fill in.
fn fill(given: &Header) -> Header {
    let or = |bytes: &Vec<u8>, other: &[u8]| if bytes.is_empty() { other.to_vec() } else { bytes.clone() };
    Header {
        ledger: or(&given.ledger, &[1; 32]),
        id: or(&given.id, &SOME_ID),
        salt: or(&given.salt, &[1; 16]),
        party: if given.party.is_empty() { "org:-".into() } else { given.party.clone() },
        occurred_at: if given.occurred_at == 0 { SOME_DAY } else { given.occurred_at },
        ..given.clone()
    }
}

/// Whether a check may only complain because of a fault that is told already: it is about the field at fault,
/// about something in it or around it, or misses what stands beside under a misspelt name.
fn explains(found: &Found, violation: &Violation) -> bool {
    let field = violation.field.as_ref();
    if found.unknown {
        return violation.reason == Reason::MissingField && outer(field) == outer(&found.field);
    }
    is_in(field, &found.field) || is_in(&found.field, field)
}

/// Whether a path is another one, or leads into it.
fn is_in(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn outer(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(outer, _)| outer)
}
