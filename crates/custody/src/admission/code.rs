//! Codes of policy lists: each must be in the list in force on the day it is about.

use std::collections::BTreeMap;

use proto::v1::statement::Body;
use statement::{Day, Reason, Refusal, Violation, Words, policy::visit_codes, words};

use super::{Admit, Ask};
use crate::{
    View, ViewError,
    registry::{codes_on, is_code_on},
};

/// Codes that a refusal names.
const MAX_NAMED: usize = 8;
/// Codes with more edits between them are not near.
const MAX_EDITS: usize = 2;

/// The day that the codes of a statement go by: for a Correct that of the content it leads to.
fn day_of_codes<V: View + ?Sized>(ask: &Ask<'_, V>) -> Result<Day, ViewError> {
    let Body::Correct(correct) = ask.statement.body() else { return Ok(ask.day()) };
    let stated = correct.replacement.as_ref().map_or(0, |r| r.occurred_at);
    if stated != 0 {
        return Ok(Day::of_instant(stated));
    }
    let before = super::change::content_named(ask.view, ask.statement)?;
    Ok(before.map_or_else(|| ask.day(), |content| Day::of_instant(content.occurred_at)))
}

/// Every code is in its list; all that are not are told.
pub(super) fn check_codes<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let day = day_of_codes(ask)?;
    let mut known: BTreeMap<(&'static str, String), bool> = BTreeMap::new();
    let mut violations: Vec<Violation> = Vec::new();
    let mut failed = None;
    visit_codes(ask.statement, &mut |path, list, code| {
        let key = (list, code.to_string());
        let found = known.get(&key).copied().map_or_else(|| is_code_on(ask.view, list, code, day), Ok);
        match found {
            Ok(true) => {}
            Ok(false) if violations.len() < super::MAX_FAULTS => match describe(ask.view, list, code, day) {
                Ok(description) => violations.push(Violation {
                    reason: Reason::UnknownCode,
                    field: path.to_string().into(),
                    description,
                }),
                Err(e) => failed = Some(e),
            },
            Ok(false) => {}
            Err(e) => {
                failed = Some(e);
                return;
            }
        }
        known.insert(key, matches!(found, Ok(true)));
    });
    match (failed, violations.is_empty()) {
        (Some(e), _) => Err(e.into()),
        (None, true) => Ok(()),
        (None, false) => Err(Refusal { reason: Reason::UnknownCode, violations }.into()),
    }
}

/// What is wrong with a code, the list, and codes like it or else some of the list's.
fn describe<V: View + ?Sized>(view: &V, list: &str, code: &str, day: Day) -> Result<Words, ViewError> {
    let codes = codes_on(view, list, day)?;
    let retired = codes.iter().any(|c| c.code == code && c.retired);
    let mut near: Vec<(usize, &str)> =
        codes.iter().filter(|c| !c.retired).map(|c| (edits(code, &c.code), c.code.as_str())).collect();
    near.sort_unstable();
    let likely = near.iter().take_while(|(edits, _)| *edits <= MAX_EDITS).count();
    let named = if likely > 0 { likely.min(MAX_NAMED) } else { near.len().min(MAX_NAMED) };
    let names: Vec<&str> = near.iter().take(named).map(|(_, code)| *code).collect();
    let more = if likely == 0 && near.len() > named { ", …" } else { "" };
    let names = names.join(", ");
    Ok(if retired {
        words!(
            "{code:?} has been retired from the list {list}; {names}{more}",
            "{code:?} 已从代码表 {list} 停用；可用：{names}{more}"
        )
    } else {
        words!(
            "{code:?} is not in the list {list}; {names}{more}",
            "{code:?} 不在代码表 {list} 中；可用：{names}{more}"
        )
    })
}

/// Insertions, deletions and replacements that make one text of another; texts of more than 64 bytes count
/// as having nothing in common.
fn edits(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().max(b.len()) > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::edits;

    #[test]
    fn edits_are_counted() {
        let cases = [
            ("sale", "sale", 0),
            ("sael", "sale", 2),
            ("sal", "sale", 1),
            ("", "abc", 3),
            ("gift", "rental", 5),
        ];
        for (a, b, count) in cases {
            assert_eq!((edits(a, b), edits(b, a)), (count, count), "{a} {b}");
        }
    }
}
