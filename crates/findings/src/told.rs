//! What a party is told of its own acts.
//!
//! Only what operational rules say, and only where the party may read all that it rests on: its own statements and
//! those that name it, what authorities state for everybody, and the beginnings of goods in whose chain it has a part.
//! Else who states things about codes would learn from the answer what others have.

use custody::{View, ViewError, confidential};
use rules::{Hit, Rule, Visibility};
use statement::{Kind, Statement};
use trace::Sees;

/// Whether those two speak, and which of them, depends on whether others have the goods.
const SILENT: [Rule; 2] = [Rule::UnknownItem, Rule::BrokenCustody];

/// Whether a hit is told to its party. `sees`: what that party may read.
pub(crate) fn is_told(view: &dyn View, hit: &Hit, sees: &dyn Sees) -> Result<bool, ViewError> {
    for &entry in &hit.evidence {
        if !may_read(view, hit, entry, sees)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a hit may be told at all; what it rests on decides.
pub(crate) fn may_be_told(hit: &Hit) -> bool {
    let operational = hit.rule.row().visibility == Visibility::Operational;
    operational && !hit.party.is_empty() && !hit.evidence.is_empty() && !SILENT.contains(&hit.rule)
}

fn may_read(view: &dyn View, hit: &Hit, entry: u64, sees: &dyn Sees) -> Result<bool, ViewError> {
    if confidential::readers(view, entry)?.is_some() {
        return Ok(false);
    }
    if sees.statement(entry)? {
        return Ok(true);
    }
    let Some(recorded) = view.entry(entry)? else { return Ok(false) };
    let Ok(statement) = Statement::recorded(recorded.payload) else { return Ok(false) };
    Ok(match statement.kind() {
        Kind::Recall | Kind::Hold | Kind::Lift | Kind::Registration | Kind::Licence | Kind::NamedList => true,
        Kind::Commission | Kind::Transform | Kind::Alias => has_part(view, &hit.line, sees)?,
        _ => false,
    })
}

/// Whether the party has a part in the chain of what the hit is about.
fn has_part(view: &dyn View, line: &str, sees: &dyn Sees) -> Result<bool, ViewError> {
    match trace::admit(view, line, sees) {
        Ok(admitted) => Ok(admitted.is_some_and(|admitted| admitted.scope.is_all())),
        Err(trace::Error::View(error)) => Err(error),
        Err(_) => Ok(false),
    }
}
