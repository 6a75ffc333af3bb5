//! The statements in an item's history, those that do not count included.

use std::collections::BTreeMap;

use custody::{
    Effect, View, ViewError, effect_of,
    item::item_state,
    response::receives_of,
    root_of,
    tables::{Touch, statement_index},
};
use gs1::ItemRef;
use proto::v1::statement::Body;
use statement::{Kind, Leaf, Relation as Names, Statement, SubjectKind, id_bytes, kind_row, subject_key};

use crate::{Error, budget::Budget, reader::Reader, scope::Scope};

/// How a statement came to be in an item's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Names the item, or a statement that does.
    Item,
    /// Answers a shipment of the item without listing it.
    Shipment,
    /// Names a container the item was in.
    Container,
}

/// One statement of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEvent {
    /// Its entry.
    pub index: u64,
    /// Its kind.
    pub kind: Kind,
    /// Why it is here.
    pub relation: Relation,
    /// The item or container named.
    pub subject: String,
    /// When it happened, µs; for a Correct, Void or Endorse: when the original it is about happened.
    pub occurred_at: i64,
    /// When it was recorded, µs.
    pub recorded_at: u64,
    /// Signer.
    pub party: String,
    /// Whether it counts.
    pub effect: Effect,
}

/// One page of a history.
#[derive(Clone, Debug)]
pub struct HistoryPage {
    /// In order of occurrence, what happened at one instant in order of cause; what is about a statement
    /// after it.
    pub events: Vec<HistoryEvent>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<PageStart>,
    /// The budget did not suffice to read everything.
    pub truncated: bool,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageStart {
    /// Events before it.
    pub skip: usize,
    /// Entries the first page was taken from: what has been recorded since is left out.
    pub size: u64,
}

/// The statements about an item and, as far as they count, about its containers while it was inside.
///
/// # Errors
/// [`Error::NotAnItem`], [`Error::Unknown`], [`Error::PageToken`], or the view failed.
pub fn history<V: View + ?Sized>(
    view: &V,
    item: &str,
    start: Option<PageStart>,
    limit: usize,
) -> Result<HistoryPage, Error> {
    history_in(view, item, start, limit, &Scope::all())
}

/// The same by the statements that count for a reader.
///
/// # Errors
/// [`Error::NotAnItem`], [`Error::Unknown`], [`Error::PageToken`], or the view failed.
pub fn history_in<V: View + ?Sized>(
    view: &V,
    item: &str,
    start: Option<PageStart>,
    limit: usize,
    scope: &Scope<'_>,
) -> Result<HistoryPage, Error> {
    history_within(view, item, start, limit, scope, Budget::default())
}

pub(crate) fn history_within<V: View + ?Sized>(
    view: &V,
    item: &str,
    start: Option<PageStart>,
    limit: usize,
    scope: &Scope<'_>,
    budget: Budget,
) -> Result<HistoryPage, Error> {
    ItemRef::parse(item).map_err(Error::NotAnItem)?;
    item_state(view, item)?.ok_or(Error::Unknown)?;
    let PageStart { skip, size } = start.unwrap_or(PageStart { skip: 0, size: view.size() });
    let mut reader = Reader::new(view, scope, budget);
    let mut found: BTreeMap<u64, (Relation, String)> = BTreeMap::new();
    for step in reader.timeline(item)?.steps {
        if let Some(container) = &step.via {
            found.entry(step.told.index).or_insert((Relation::Container, container.to_string()));
        }
    }
    own_touches(&mut reader, item, &mut found)?;
    found.retain(|index, _| *index < size);
    let mut events = Vec::with_capacity(found.len());
    for (index, (relation, subject)) in found {
        if !scope.has(view, index)? {
            continue;
        }
        if !reader.budget.read() {
            break;
        }
        events.push(event(view, index, relation, subject)?);
    }
    events.sort_by(|(a, _), (b, _)| a.cmp(b));
    if skip > events.len() || size > view.size() {
        return Err(Error::PageToken);
    }
    let end = skip.saturating_add(limit).min(events.len());
    let next = (end < events.len()).then_some(PageStart { skip: end, size });
    let events = events.drain(skip..end).map(|(_, event)| event).collect();
    Ok(HistoryPage { events, next, truncated: reader.truncated() })
}

/// Everything that names the item itself, under any of its codes, and the Receives that answer its Ships.
fn own_touches<V: View + ?Sized>(
    reader: &mut Reader<'_, V>,
    item: &str,
    found: &mut BTreeMap<u64, (Relation, String)>,
) -> Result<(), ViewError> {
    for code in reader.names(item)? {
        for touch in reader.touches(&subject_key(SubjectKind::Item, &code))? {
            found.insert(touch.index, (relation(&touch), code.clone()));
            let ship = match Kind::try_from(i32::from(touch.kind)) {
                Ok(Kind::Ship) => touch.index,
                Ok(Kind::Correct) => root_of(reader.view, touch.index)?,
                _ => continue,
            };
            for receive in receives_of(reader.view, ship)? {
                found.entry(receive).or_insert((Relation::Shipment, code.clone()));
            }
        }
    }
    Ok(())
}

/// A Receive links the items of the Ships that it answers whether or not it lists them.
fn relation(touch: &Touch) -> Relation {
    if touch.relation == Names::Target && i32::from(touch.kind) == Kind::Receive as i32 {
        Relation::Shipment
    } else {
        Relation::Item
    }
}

/// Fold order of the original, then the entry.
type Order = (i64, u8, String, [u8; 16], u64);

fn event<V: View + ?Sized>(
    view: &V,
    index: u64,
    relation: Relation,
    subject: String,
) -> Result<(Order, HistoryEvent), ViewError> {
    let damaged = |what: String| ViewError(format!("entry {index}: {what}"));
    let entry = view.entry(index)?.ok_or_else(|| damaged("is not in the log".into()))?;
    let leaf = Leaf::decode(&entry.leaf).map_err(|e| damaged(e.to_string()))?;
    let statement = Statement::recorded(entry.payload).map_err(|e| damaged(e.to_string()))?;
    let root = original_of(view, &statement, index)?;
    let about = if root == index { None } else { view.entry(root)? };
    let about =
        about.map(|e| Statement::recorded(e.payload)).transpose().map_err(|e| damaged(e.to_string()))?;
    let original = about.as_ref().unwrap_or(&statement);
    let header = original.header();
    let cause = kind_row(original.kind()).map_or(0, |row| row.cause);
    let order = (header.occurred_at, cause, header.party.clone(), original.reference().id, index);
    let event = HistoryEvent {
        index,
        kind: statement.kind(),
        relation,
        subject,
        occurred_at: header.occurred_at,
        recorded_at: leaf.recorded_at,
        party: statement.header().party.clone(),
        effect: effect_of(view, index, statement.kind())?,
    };
    Ok((order, event))
}

/// The original that a statement is about: itself, unless it is a Correct, Void or Endorse.
fn original_of<V: View + ?Sized>(view: &V, statement: &Statement, index: u64) -> Result<u64, ViewError> {
    let Body::Endorse(endorse) = statement.body() else { return root_of(view, index) };
    let Some(target) = &endorse.target else { return Ok(index) };
    match statement_index(view, &target.party, &id_bytes(&target.id))? {
        Some(target) => root_of(view, target),
        None => Ok(index),
    }
}
