//! Statements of a party, newest first; those with a business key by the document that the key makes.

use std::collections::{BTreeMap, BTreeSet};

use custody::{
    Effect, View, ViewError, control_of, effect_of, root_of,
    tables::{SubjectRecord, Touch, subject_by_text, touches},
};
use statement::{Kind, Relation, Statement, SubjectKind, bill_text};

use crate::Error;

/// Entries looked at first when reading backwards: one row of touches.
const FIRST_SPAN: u64 = 1 << 10;
/// Statements read for one page, those that do not match included; a large one counts for several.
const MAX_READ: usize = 10_000;
/// Mandates of a party that are read to learn whom it acts for.
const MAX_MANDATES: usize = 256;

/// A statement that a party signed, or that was signed for it.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// Its entry.
    pub index: u64,
    /// The statement.
    pub statement: Statement,
    /// Whether it counts.
    pub effect: Effect,
    /// The entry that corrected or voided it.
    pub changed_by: Option<u64>,
}

/// What a page is to hold.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only with this business key; empty = with any.
    pub business_key: &'a str,
    /// Only below this entry.
    pub before: u64,
    /// At most this many.
    pub limit: usize,
}

/// Statements of `party`, newest first, and the entry below which to go on; `None` at the end. A page may
/// be short, or empty, and go on all the same: what it looks at is bounded.
///
/// # Errors
/// The view failed.
pub fn submitted<V: View + ?Sized>(
    view: &V,
    party: &str,
    wanted: &Wanted<'_>,
) -> Result<(Vec<Submitted>, Option<u64>), Error> {
    let Some(activity) = subject_by_text(view, SubjectKind::Activity, party)? else {
        return Ok((Vec::new(), None));
    };
    if !wanted.business_key.is_empty()
        && let Some(actors) = actors(view, party)?
    {
        return by_key(view, &Keyed { number: activity.number, actors }, wanted);
    }
    let mut back = Backwards::new(&activity, wanted.before);
    let (mut found, mut read) = (Vec::new(), 0);
    while let Some(touch) = back.next(view)? {
        let kind = Kind::try_from(i32::from(touch.kind)).unwrap_or_default();
        let own = matches!(touch.relation, Relation::Signer | Relation::Principal);
        if !own || wanted.kind.is_some_and(|k| k != kind) {
            continue;
        }
        if found.len() == wanted.limit || read >= MAX_READ {
            return Ok((found, Some(touch.index + 1)));
        }
        let statement = recorded(view, touch.index)?;
        read += 1 + statement.payload().len() / 4_096;
        if wanted.business_key.is_empty() || statement.header().business_key == wanted.business_key {
            found.push(one(view, touch.index, statement)?);
        }
    }
    Ok((found, None))
}

/// Whose bills a party signs.
struct Keyed {
    /// Of its subject `activity`.
    number: u64,
    /// Itself, and those who mandated it.
    actors: BTreeSet<String>,
}

/// Whom a party acts for: itself, and whoever gave it a mandate. `None` where that does not tell all, or not
/// cheaply: it took another party's place, or has had a great many mandates.
fn actors<V: View + ?Sized>(view: &V, party: &str) -> Result<Option<BTreeSet<String>>, ViewError> {
    let mut actors = BTreeSet::from([party.to_owned()]);
    let Some(facts) = subject_by_text(view, SubjectKind::Party, party)? else { return Ok(Some(actors)) };
    let (mut mandates, mut all, mut looked) = (Vec::new(), true, 0);
    touches(view, facts.number, 0, &mut |touch| {
        looked += 1;
        match Kind::try_from(i32::from(touch.kind)) {
            Ok(Kind::Mandate) => mandates.push(touch.index),
            Ok(Kind::Succession) => all = false,
            _ => {}
        }
        all &= mandates.len() <= MAX_MANDATES && looked <= MAX_READ;
        Ok(all)
    })?;
    if !all {
        return Ok(None);
    }
    for index in mandates {
        actors.insert(recorded(view, index)?.header().party.clone());
    }
    Ok(Some(actors))
}

/// The same by the documents `bill:ACTOR/KEY`: what is read follows from how often the key was used, not
/// from how much the party has submitted.
fn by_key<V: View + ?Sized>(
    view: &V,
    keyed: &Keyed,
    wanted: &Wanted<'_>,
) -> Result<(Vec<Submitted>, Option<u64>), Error> {
    // Entries from `floor` on have been looked at, those below it perhaps not.
    let (mut found, mut floor) = (BTreeMap::new(), 0);
    // Each document has a share of its own, so that every page gets further in all of them.
    let share = MAX_READ / keyed.actors.len().max(1);
    for actor in &keyed.actors {
        let bill = bill_text(actor, wanted.business_key);
        let record = bill.map(|bill| subject_by_text(view, SubjectKind::Document, &bill)).transpose()?;
        let Some(record) = record.flatten() else { continue };
        let mut back = Backwards::new(&record, wanted.before);
        let (mut own, mut read) = (0, 0);
        while let Some(touch) = back.next(view)?.filter(|touch| touch.index >= floor) {
            if own == wanted.limit || read >= share {
                floor = touch.index + 1;
                break;
            }
            read += 1;
            let other_kind = wanted.kind.is_some_and(|k| k as i32 != i32::from(touch.kind));
            // Anybody may name the bill: its own statements are those that the party signed.
            if other_kind || !is_own(view, keyed.number, touch.index)? {
                continue;
            }
            let statement = recorded(view, touch.index)?;
            read += statement.payload().len() / 4_096;
            if statement.header().business_key == wanted.business_key {
                own += 1;
                found.insert(touch.index, statement);
            }
        }
    }
    let mut page = Vec::new();
    for (index, statement) in found.into_iter().rev().take_while(|(index, _)| *index >= floor) {
        if page.len() == wanted.limit {
            return Ok((page, Some(index + 1)));
        }
        page.push(one(view, index, statement)?);
    }
    Ok((page, (floor > 0).then_some(floor)))
}

/// Whether a party signed the entry, or it was signed for it.
fn is_own<V: View + ?Sized>(view: &V, number: u64, index: u64) -> Result<bool, ViewError> {
    let mut own = false;
    // The first touch not before the entry tells.
    touches(view, number, index, &mut |touch| {
        own = touch.index == index && matches!(touch.relation, Relation::Signer | Relation::Principal);
        Ok(false)
    })?;
    Ok(own)
}

fn one<V: View + ?Sized>(view: &V, index: u64, statement: Statement) -> Result<Submitted, ViewError> {
    let effect = effect_of(view, index, statement.kind())?;
    let root = control_of(view, root_of(view, index)?)?;
    let changed_by = root.voided.or(root.newest).filter(|by| *by != index);
    Ok(Submitted { index, statement, effect, changed_by })
}

/// A recorded statement that must be there.
pub(super) fn recorded<V: View + ?Sized>(view: &V, index: u64) -> Result<Statement, ViewError> {
    let damaged = |what: String| ViewError(format!("entry {index}: {what}"));
    let entry = view.entry(index)?.ok_or_else(|| damaged("is not in the log".into()))?;
    Statement::recorded(entry.payload).map_err(|e| damaged(e.to_string()))
}

/// The touches of a subject from the newest on. The view is read forwards only, so it is read in spans
/// that grow where nothing is found: the cost follows from the touches, not from the size of the log.
struct Backwards {
    number: u64,
    end: u64,
    span: u64,
    found: Vec<Touch>,
}

impl Backwards {
    fn new(record: &SubjectRecord, before: u64) -> Self {
        let end = before.min(record.last.saturating_add(1));
        Self { number: record.number, end, span: FIRST_SPAN, found: Vec::new() }
    }

    fn next<V: View + ?Sized>(&mut self, view: &V) -> Result<Option<Touch>, ViewError> {
        while self.found.is_empty() && self.end > 0 {
            let start = self.end.saturating_sub(self.span);
            let (end, found) = (self.end, &mut self.found);
            touches(view, self.number, start, &mut |touch| {
                let more = touch.index < end;
                if more {
                    found.push(touch);
                }
                Ok(more)
            })?;
            self.end = start;
            self.span = if self.found.is_empty() { self.span.saturating_mul(2) } else { FIRST_SPAN };
        }
        Ok(self.found.pop())
    }
}
