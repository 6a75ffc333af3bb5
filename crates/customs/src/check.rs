//! The checks, one after the other, in the order of the officer's page.

mod cold;
mod documents;
mod filing;
mod open;
mod parties;
mod quantity;
mod registration;
mod watch;

use custody::ViewError;
use rules::read::Reader;
use statement::{Words, words};

use crate::{
    Error,
    answer::{Answer, Check, CheckKind, Note},
    case::{Case, Lot, Watched},
};

/// A check of one lot.
type OfLot = fn(&mut Reader<'_>, &Case, &Lot) -> Result<Note, ViewError>;
/// A check of the declaration as a whole; whether all of it could be looked at.
type OfCase = fn(&mut Reader<'_>, &Case) -> Result<(Vec<Note>, bool), Error>;

/// How a check is asked.
enum Asked {
    OfLot(OfLot),
    OfCase(OfCase),
    /// Asked with what the reader may know.
    Watch,
}

/// Every kind meets exactly one row.
const fn asked(kind: CheckKind) -> Asked {
    match kind {
        CheckKind::Declared => Asked::OfCase(declared),
        CheckKind::RegistrationWhenMade => Asked::OfLot(registration::when_made),
        CheckKind::RegistrationWhenFiled => Asked::OfLot(registration::when_filed),
        CheckKind::Agent => Asked::OfLot(registration::agent),
        CheckKind::ImporterLicence => Asked::OfLot(parties::importer_licence),
        CheckKind::Origin => Asked::OfLot(registration::origin),
        CheckKind::Port => Asked::OfLot(filing::port),
        CheckKind::ShelfLife => Asked::OfLot(filing::shelf_life),
        CheckKind::DeclaredQuantity => Asked::OfLot(quantity::declared),
        CheckKind::ShippedQuantity => Asked::OfLot(quantity::shipped),
        CheckKind::Packages => Asked::OfCase(quantity::packages),
        CheckKind::Documents => Asked::OfCase(documents::present),
        CheckKind::PortTest => Asked::OfLot(filing::port_test),
        CheckKind::Clearance => Asked::OfLot(filing::clearance),
        CheckKind::ColdChain => Asked::OfLot(cold::chain),
        CheckKind::Lines => Asked::OfCase(open::lines),
        CheckKind::Findings => Asked::OfCase(open::findings),
        CheckKind::Restrictions => Asked::OfCase(open::restrictions),
        CheckKind::Blacklist => Asked::OfCase(parties::blacklist),
        CheckKind::Watch => Asked::Watch,
    }
}

/// All answers, and whether they rest on everything that is recorded.
pub(crate) fn all(
    reader: &mut Reader<'_>,
    case: &Case,
    watches: &[Watched],
) -> Result<(Vec<Check>, bool), Error> {
    let (mut checks, mut whole) = (Vec::with_capacity(CheckKind::ALL.len()), true);
    for &kind in CheckKind::ALL {
        let notes = match asked(kind) {
            Asked::OfLot(check) => {
                let mut notes = Vec::with_capacity(case.lots.len());
                for lot in &case.lots {
                    notes.push(check(reader, case, lot)?.about(&lot.lot));
                }
                notes
            }
            Asked::OfCase(check) => {
                let (notes, all) = check(reader, case)?;
                whole &= all;
                notes
            }
            Asked::Watch => {
                let notes = watch::hits(reader, case, watches)?;
                // Where nothing shows there is nothing to tell, not even that there was something to ask.
                if notes.is_empty() {
                    continue;
                }
                notes
            }
        };
        checks.push(Check::of(kind, notes));
    }
    Ok((checks, whole))
}

/// What stands in no register: fails where the register is complete, else is unknown.
fn absent(
    reader: &mut Reader<'_>,
    case: &Case,
    lot: &Lot,
    register: &'static str,
    facts: Words,
) -> Result<Note, ViewError> {
    let covered = reader.covered(register, &case.region, lot.class(), case.today())?;
    Ok(Note::of(if covered { Answer::Fail } else { Answer::Missing }, facts))
}

/// Somebody has declared it: customs may have decided on goods that nobody has.
fn declared(_: &mut Reader<'_>, case: &Case) -> Result<(Vec<Note>, bool), Error> {
    let note = match &case.declared {
        Some(told) => {
            let by = &told.actor;
            Note::pass(words!("declared by {by} on {}", "{by} 于 {} 申报", told.day())).on([told.index])
        }
        None => Note::missing(Words::of(
            "customs have decided; the importer has declared nothing here",
            "海关已作决定，但进口单位未在此申报",
        ))
        .on(case.decisions.iter().map(|told| told.index)),
    };
    Ok((vec![note], true))
}

/// A policy list, that of the class of product before that of all; `None` where neither states codes on the day.
fn policy_list(
    reader: &Reader<'_>,
    case: &Case,
    name: &str,
    class: &str,
) -> Result<Option<Vec<String>>, ViewError> {
    let of_class = format!("{name}-{class}");
    for name in [of_class.as_str(), name].into_iter().skip(usize::from(class.is_empty())) {
        let codes = custody::registry::codes_on(reader.view, name, case.day())?;
        if !codes.is_empty() {
            return Ok(Some(codes.into_iter().filter(|c| !c.retired).map(|c| c.code).collect()));
        }
    }
    Ok(None)
}
