//! What is allowed in a statement, and unusual: to be told to people, never refused.

use std::fmt;

use gs1::{Caution, institution_licence_caution, registration_caution};
use proto::{schema::STATEMENT, v1::statement::Body};

use crate::{
    Statement,
    scan::{TextPath, texts},
};

/// Receives path, text and what is odd about it; false ends the visit. The path costs nothing until it is
/// displayed.
pub type VisitCaution<'v> = &'v mut dyn FnMut(&dyn fmt::Display, &str, Caution) -> bool;

/// Calls `visit` for every text of a statement that is odd, in the order of its bytes: canonical texts as
/// [`gs1::caution`] sees them, and numbers of papers without a form that such numbers are known to have.
pub fn visit_cautions(statement: &Statement, visit: VisitCaution<'_>) {
    let institution = matches!(statement.body(), Body::Licence(b) if b.kind == MEDICAL_INSTITUTION);
    texts(statement.payload(), STATEMENT, &mut |path, text| {
        let caution = match number(path) {
            _ if text.is_empty() => None,
            Some(Number::Registration) => registration_caution(text),
            Some(Number::Licence) if institution => institution_licence_caution(text),
            Some(Number::Licence) => None,
            None => gs1::caution(text),
        };
        caution.is_none_or(|caution| visit(path, text, caution))
    });
}

/// The kind of licence whose numbers have one form everywhere. A filing of a clinic has none.
const MEDICAL_INSTITUTION: &str = "medical-institution";

enum Number {
    /// Of a registration, filing or approval.
    Registration,
    /// Of a licence.
    Licence,
}

/// What number of a paper a field holds. Texts named `registration` are such numbers wherever they stand
/// (a test walks all kinds).
fn number(path: &TextPath<'_>) -> Option<Number> {
    match path.last_two() {
        (_, "registration") | ("registration", "number") => Some(Number::Registration),
        ("licence", "number") => Some(Number::Licence),
        _ => None,
    }
}
