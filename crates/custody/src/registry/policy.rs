//! Policies: codes and settings in force on a day. Until a Policy states codes for a list, those that the
//! ledger starts with hold (`statement::policy`).

use prost::Message;
use proto::v1::{Policy, PolicyCode};
use statement::{Day, policy};

use super::register_rows;
use crate::{
    Table, View, ViewError,
    draft::Draft,
    tables::{PolicyDayRow, PolicyDaysRow, PolicyRow, decode_row},
};

/// Most days from which one policy is set.
pub const MAX_POLICY_DAYS: usize = 256;

const DAYS: u8 = 1;
const STATED: u8 = 2;
const CODE: u8 = 3;

const IN_USE: u8 = 1;
const RETIRED: u8 = 2;

fn days_key(name: &str) -> Vec<u8> {
    [&[DAYS], name.as_bytes()].concat()
}

fn stated_key(name: &str, day: &str) -> Vec<u8> {
    [&[STATED], name.as_bytes(), &[0], day.as_bytes()].concat()
}

fn code_key(name: &str, day: &str, code: &str) -> Vec<u8> {
    [&[CODE], name.as_bytes(), &[0], day.as_bytes(), &[0], code.as_bytes()].concat()
}

fn days<V: View + ?Sized>(view: &V, name: &str) -> Result<PolicyDaysRow, ViewError> {
    let row = view.get(Table::Register, &days_key(name))?;
    Ok(row.map(|r| decode_row(&r, "policy")).transpose()?.unwrap_or_default())
}

fn stated<V: View + ?Sized>(view: &V, name: &str, day: &str) -> Result<Option<PolicyRow>, ViewError> {
    let row = view.get(Table::Register, &stated_key(name, day))?;
    row.map(|r| decode_row(&r, "policy")).transpose()
}

/// The newest day up to `day` that `wanted` takes.
fn in_force(days: &PolicyDaysRow, day: Day, wanted: impl Fn(&PolicyDayRow) -> bool) -> Option<&str> {
    let until = |d: &&PolicyDayRow| Day::parse(&d.day).is_some_and(|from| from <= day);
    days.days.iter().rev().filter(until).find(|d| wanted(d)).map(|d| d.day.as_str())
}

/// The policy in force on a day; `None` where none has been stated by then.
///
/// # Errors
/// The view cannot be read.
pub fn policy_on<V: View + ?Sized>(view: &V, name: &str, day: Day) -> Result<Option<PolicyRow>, ViewError> {
    let days = days(view, name)?;
    in_force(&days, day, |_| true).map_or(Ok(None), |from| stated(view, name, from))
}

/// The codes of a list in force on a day, as stated or as the ledger starts with them.
///
/// # Errors
/// The view cannot be read.
pub fn codes_on<V: View + ?Sized>(view: &V, name: &str, day: Day) -> Result<Vec<PolicyCode>, ViewError> {
    let days = days(view, name)?;
    if let Some(from) = in_force(&days, day, |d| d.coded) {
        return Ok(stated(view, name, from)?.map(|row| row.policy.codes).unwrap_or_default());
    }
    let defaults = policy::list(name).map_or(&[][..], |list| list.codes);
    Ok(defaults
        .iter()
        .map(|c| PolicyCode {
            code: c.code.into(),
            name: c.english.into(),
            name_zh: c.chinese.into(),
            retired: false,
        })
        .collect())
}

/// Whether a code may be used for what happened on a day. Reads no more than two rows. A list that neither
/// the ledger starts with nor a Policy has stated holds nothing.
///
/// # Errors
/// The view cannot be read.
pub fn is_code_on<V: View + ?Sized>(view: &V, name: &str, code: &str, day: Day) -> Result<bool, ViewError> {
    let days = days(view, name)?;
    match in_force(&days, day, |d| d.coded) {
        Some(from) => {
            let row = view.get(Table::Register, &code_key(name, from, code))?;
            Ok(row.as_deref() == Some(&[IN_USE]))
        }
        None => Ok(policy::list(name).is_some_and(|list| list.holds(code))),
    }
}

/// All policies stated, by name and day, after `after`, at most `limit`.
///
/// # Errors
/// The view cannot be read.
pub fn policies<V: View + ?Sized>(
    view: &V,
    after: Option<(&str, &str)>,
    limit: usize,
) -> Result<Vec<PolicyRow>, ViewError> {
    let from = after.map_or_else(|| vec![STATED], |(name, day)| [&stated_key(name, day)[..], &[0]].concat());
    register_rows(view, &[STATED], &from, limit, "policy")
}

/// Whether one more day can be kept for the policy.
pub(crate) fn has_room<V: View + ?Sized>(view: &V, policy: &Policy) -> Result<bool, ViewError> {
    let days = days(view, &policy.policy)?.days;
    Ok(days.len() < MAX_POLICY_DAYS || days.iter().any(|d| d.day == policy.effective_on))
}

/// Of two policies from one day, the one stated to hold later counts.
pub(super) fn apply<V: View + ?Sized>(draft: &mut Draft<'_, V>, row: PolicyRow) -> Result<(), ViewError> {
    let (name, day) = (row.policy.policy.clone(), row.policy.effective_on.clone());
    let old = stated(draft, &name, &day)?;
    if old.as_ref().is_some_and(|old| old.occurred_at > row.occurred_at) {
        return Ok(());
    }
    for code in old.iter().flat_map(|old| &old.policy.codes) {
        draft.delete(Table::Register, code_key(&name, &day, &code.code));
    }
    for code in &row.policy.codes {
        let value = if code.retired { RETIRED } else { IN_USE };
        draft.put(Table::Register, code_key(&name, &day, &code.code), vec![value]);
    }
    let mut all = days(draft, &name)?;
    all.days.retain(|d| d.day != day);
    all.days.push(PolicyDayRow { day: day.clone(), coded: !row.policy.codes.is_empty() });
    all.days.sort_by(|a, b| a.day.cmp(&b.day));
    draft.put(Table::Register, days_key(&name), all.encode_to_vec());
    draft.put(Table::Register, stated_key(&name, &day), row.encode_to_vec());
    Ok(())
}
