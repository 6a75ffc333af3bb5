//! Successions, designations, coverage: what stands between parties, products and registers.

use prost::Message;
use proto::v1::{Coverage, Designation};
use statement::{Day, SubjectKind, registration_product, subject_key, within};

use super::register_rows;
use crate::{
    Table, View, ViewError,
    draft::Draft,
    tables::{CoverageRow, DesignationRow, SuccessionRow, decode_row, short_hash},
};

/// Most statements of coverage about one register.
pub const MAX_COVERAGE: usize = 1_024;
/// Most designations of one registration; an ended one can be stated anew.
pub const MAX_DESIGNATIONS: usize = 256;
/// Most successors of one party.
pub const MAX_SUCCESSORS: usize = 64;
/// How many successions in a row are followed.
const MAX_GENERATIONS: usize = 8;

const COVERAGE: u8 = 6;
const DESIGNATION: u8 = 7;
const SUCCESSION: u8 = 8;

fn coverage_prefix(register: &str) -> Vec<u8> {
    [&[COVERAGE], register.as_bytes(), &[0]].concat()
}

fn coverage_key(row: &CoverageRow) -> Vec<u8> {
    let Coverage { register, region, product_class, .. } = &row.coverage;
    let parts = [row.signer.as_bytes(), &[0], region.as_bytes(), &[0], product_class.as_bytes()];
    [&coverage_prefix(register)[..], &short_hash(&parts)].concat()
}

fn designation_prefix(registration: &str) -> Vec<u8> {
    let product = registration_product(registration).unwrap_or_default();
    [&[DESIGNATION], &subject_key(SubjectKind::Product, &product).0[..]].concat()
}

fn designation_key(registration: &str, number: &str) -> Vec<u8> {
    [&designation_prefix(registration)[..], &short_hash(&[number.as_bytes()])].concat()
}

fn succession_prefix(predecessor: &str) -> Vec<u8> {
    [&[SUCCESSION], &subject_key(SubjectKind::Party, predecessor).0[..]].concat()
}

fn succession_key(predecessor: &str, successor: &str) -> Vec<u8> {
    [&succession_prefix(predecessor)[..], &short_hash(&[successor.as_bytes()])].concat()
}

/// What has been stated about the completeness of a register, newest per (signer, region, class).
///
/// # Errors
/// The view cannot be read.
pub fn coverage<V: View + ?Sized>(view: &V, register: &str) -> Result<Vec<CoverageRow>, ViewError> {
    let prefix = coverage_prefix(register);
    register_rows(view, &prefix, &prefix, MAX_COVERAGE, "coverage")
}

/// The statements by which a register is complete on a day for a region (GB/T 2260; a prefix covers what is
/// inside) and a product class; none: absence from it means unknown, not illegal.
///
/// # Errors
/// The view cannot be read.
pub fn coverage_on<V: View + ?Sized>(
    view: &V,
    register: &str,
    region: &str,
    product_class: &str,
    day: Day,
) -> Result<Vec<CoverageRow>, ViewError> {
    let mut rows = coverage(view, register)?;
    rows.retain(|row| {
        let c = &row.coverage;
        region.starts_with(&c.region)
            && (c.product_class.is_empty() || c.product_class == product_class)
            && within(day, &c.since, &c.until)
    });
    Ok(rows)
}

/// The designations of a registration, newest per number, whatever their dates.
///
/// # Errors
/// The view cannot be read.
pub fn designations<V: View + ?Sized>(
    view: &V,
    registration: &str,
) -> Result<Vec<DesignationRow>, ViewError> {
    let prefix = designation_prefix(registration);
    register_rows(view, &prefix, &prefix, MAX_DESIGNATIONS, "designation")
}

/// The designations of a registration in force on a day that name anybody.
///
/// # Errors
/// The view cannot be read.
pub fn designations_on<V: View + ?Sized>(
    view: &V,
    registration: &str,
    day: Day,
) -> Result<Vec<DesignationRow>, ViewError> {
    let mut rows = designations(view, registration)?;
    rows.retain(|row| {
        let d = &row.designation;
        !d.wholesalers.is_empty() && within(day, &d.valid_from, &d.valid_to)
    });
    Ok(rows)
}

/// Who takes a party's place, newest per successor, whatever the day.
///
/// # Errors
/// The view cannot be read.
pub fn successors<V: View + ?Sized>(view: &V, predecessor: &str) -> Result<Vec<SuccessionRow>, ViewError> {
    let prefix = succession_prefix(predecessor);
    register_rows(view, &prefix, &prefix, MAX_SUCCESSORS, "succession")
}

/// Who has taken a party's place on a day.
///
/// # Errors
/// The view cannot be read.
pub fn successor_on<V: View + ?Sized>(
    view: &V,
    predecessor: &str,
    day: Day,
) -> Result<Vec<SuccessionRow>, ViewError> {
    let mut rows = successors(view, predecessor)?;
    rows.retain(|row| within(day, &row.succession.effective_on, ""));
    Ok(rows)
}

/// Whether `party` has taken the place of `predecessor` by a day, through at most 8 successions, for what
/// happened at `site` (empty: only what passed on as a whole counts).
///
/// # Errors
/// The view cannot be read.
pub fn succeeds<V: View + ?Sized>(
    view: &V,
    party: &str,
    predecessor: &str,
    site: &str,
    day: Day,
) -> Result<bool, ViewError> {
    let mut seen = vec![predecessor.to_string()];
    let mut from = 0;
    for _ in 0..MAX_GENERATIONS {
        let generation = from..seen.len();
        from = seen.len();
        for at in generation {
            for row in successor_on(view, &seen[at], day)? {
                let next = row.succession;
                let passes = next.sites.is_empty() || next.sites.iter().any(|s| s == site);
                if passes && next.successor == party {
                    return Ok(true);
                }
                if passes && seen.len() < MAX_SUCCESSORS && !seen.contains(&next.successor) {
                    seen.push(next.successor);
                }
            }
        }
    }
    Ok(false)
}

/// Puts a row in place of one that was not stated to hold later.
fn put_newest<V: View + ?Sized, M: Message + Default>(
    draft: &mut Draft<'_, V>,
    key: Vec<u8>,
    row: &M,
    at: impl Fn(&M) -> i64,
) -> Result<(), ViewError> {
    let old = draft.get(Table::Register, &key)?;
    let old: Option<M> = old.map(|r| decode_row(&r, "register")).transpose()?;
    if old.is_none_or(|old| at(&old) <= at(row)) {
        draft.put(Table::Register, key, row.encode_to_vec());
    }
    Ok(())
}

pub(super) fn apply_coverage<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    row: &CoverageRow,
) -> Result<(), ViewError> {
    put_newest(draft, coverage_key(row), row, |r| r.occurred_at)
}

pub(super) fn apply_designation<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    row: &DesignationRow,
) -> Result<(), ViewError> {
    let Designation { registration, number, .. } = &row.designation;
    put_newest(draft, designation_key(registration, number), row, |r| r.occurred_at)
}

pub(super) fn apply_succession<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    row: &SuccessionRow,
) -> Result<(), ViewError> {
    let key = succession_key(&row.succession.predecessor, &row.succession.successor);
    put_newest(draft, key, row, |r| r.occurred_at)
}
