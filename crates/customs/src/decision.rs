//! A draft of the one decision that the officer signs.

use proto::v1::{CustomsDecision, CustomsLine, CustomsOutcome};

use crate::{
    answer::{Answer, Check, CheckKind},
    case::{Case, went_into_bond},
    state::State,
};

/// What the checks come to, over the importer's own lines: released, or into or out of bond; where a check of single
/// lots holds some of them back, in part; held where all are, or the declaration itself is. `None` once customs have
/// decided for good. A watch is silent: it changes nothing in a statement that others read, and what to do about it is the
/// officer's to decide. The legal basis is left to the officer, who alone knows it: a draft that holds something cannot be
/// signed without.
pub(crate) fn draft(case: &Case, checks: &[Check], state: State) -> Option<CustomsDecision> {
    if state.is_final() || case.body.lines.is_empty() {
        return None;
    }
    let counts = |check: &&Check| check.answer.holds_back() && check.kind != CheckKind::Watch;
    let open = checks.iter().filter(counts);
    let notes = || open.clone().flat_map(|check| &check.notes).filter(|note| note.answer.holds_back());
    let left_out = open.clone().any(|check| check.left_out > 0);
    let all = !case.whole || left_out || notes().any(|note| note.lot.is_empty());
    let is_held = |lot: &str| all || notes().any(|note| note.lot == lot);
    let held = case.body.lines.iter().filter(|line| is_held(&line.lot)).count();
    let good = good(case);
    let outcome = match held {
        0 => good,
        n if n == case.body.lines.len() => CustomsOutcome::Held,
        _ => CustomsOutcome::Partial,
    };
    let of_line = |lot: &str| match (outcome, is_held(lot)) {
        (CustomsOutcome::Partial, true) => CustomsOutcome::Held,
        (CustomsOutcome::Partial, false) => good,
        _ => CustomsOutcome::Unspecified,
    };
    let lines = case.body.lines.iter().map(|line| CustomsLine {
        number: line.number,
        lot: line.lot.clone(),
        items: line.items.clone(),
        quantity: line.quantity.clone(),
        hs: line.hs.clone(),
        origin: line.origin.clone(),
        outcome: of_line(&line.lot) as i32,
    });
    Some(CustomsDecision {
        declaration: case.declaration.clone(),
        outcome: outcome as i32,
        lines: lines.collect(),
        note: note(checks),
        ..CustomsDecision::default()
    })
}

/// What becomes of goods that nothing holds back.
fn good(case: &Case) -> CustomsOutcome {
    let came_out = || case.lots.iter().any(|lot| went_into_bond(case, lot).next().is_some());
    if case.body.bonded {
        CustomsOutcome::BondedEntry
    } else if came_out() {
        CustomsOutcome::BondedExit
    } else {
        CustomsOutcome::Released
    }
}

/// Which checks hold something back, by their names. The importer reads the decision: findings and watches are not told.
fn note(checks: &[Check]) -> String {
    let named = |answer: Answer| {
        let open = checks.iter().filter(|c| c.answer == answer && c.kind.is_told());
        let ids: Vec<&str> = open.map(|c| c.kind.id()).collect();
        if ids.is_empty() { None } else { Some(format!("{}: {}", answer.as_str(), ids.join(", "))) }
    };
    let open: Vec<String> = [Answer::Fail, Answer::Missing].into_iter().filter_map(named).collect();
    open.join("; ")
}
