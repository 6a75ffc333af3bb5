//! The statements in an item's history, those that do not count included.

use std::collections::BTreeMap;

use custody::{
    Effect, View, ViewError, effect_of,
    item::item_state,
    response::receives_of,
    root_of,
    tables::{subject_by_text, touches},
};
use gs1::ItemRef;
use statement::{Kind, Leaf, Statement, SubjectKind};

use crate::{
    Error,
    timeline::{Budget, Reader},
};

/// How a statement came to be in an item's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Names the item.
    Item,
    /// Answers a shipment of the item without listing it.
    Shipment,
    /// Names a container the item was in.
    Container,
}

/// One statement of a history.
#[derive(Clone, Debug)]
pub struct HistoryEvent {
    /// Its entry.
    pub index: u64,
    /// Its kind.
    pub kind: Kind,
    /// Why it is here.
    pub relation: Relation,
    /// The item or container named.
    pub subject: String,
    /// When it happened, µs; for a Correct, Void or Endorse: when the statement it is about happened.
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
    /// In order of occurrence.
    pub events: Vec<HistoryEvent>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<usize>,
    /// The budget did not suffice to read everything.
    pub truncated: bool,
}

/// The statements about an item and, while it was inside, its containers; `from` is where a page begins.
///
/// # Errors
/// [`Error::NotAnItem`], [`Error::Unknown`], [`Error::PageToken`], or the view failed.
pub fn history<V: View + ?Sized>(
    view: &V,
    item: &str,
    from: usize,
    limit: usize,
) -> Result<HistoryPage, Error> {
    ItemRef::parse(item).map_err(Error::NotAnItem)?;
    item_state(view, item)?.ok_or(Error::Unknown)?;
    let mut reader = Reader::new(view, Budget::default());
    let timeline = reader.timeline(item)?;
    let mut found: BTreeMap<u64, (Relation, String)> = BTreeMap::new();
    for step in &timeline.steps {
        if let Some(container) = &step.via {
            found.entry(step.acts.index).or_insert((Relation::Container, container.to_string()));
        }
    }
    let truncated = own_touches(view, item, &mut found)? || reader.budget.exhausted || timeline.tangled;
    let mut events = Vec::with_capacity(found.len());
    for (index, (relation, subject)) in found {
        events.push(event(view, index, relation, subject)?);
    }
    events.sort_by_key(|e| (e.occurred_at, e.index));
    if from > events.len() {
        return Err(Error::PageToken);
    }
    let end = from.saturating_add(limit).min(events.len());
    let next = (end < events.len()).then_some(end);
    let events = events.drain(from..end).collect();
    Ok(HistoryPage { events, next, truncated })
}

/// Everything that names the item itself, and the Receives that answer its Ships.
fn own_touches<V: View + ?Sized>(
    view: &V,
    item: &str,
    found: &mut BTreeMap<u64, (Relation, String)>,
) -> Result<bool, ViewError> {
    const MAX: usize = 100_000;
    let Some(record) = subject_by_text(view, SubjectKind::Item, item)? else { return Ok(false) };
    let mut touched = Vec::new();
    touches(view, record.number, 0, &mut |touch| {
        touched.push(touch);
        Ok(touched.len() < MAX)
    })?;
    for touch in &touched {
        if i32::from(touch.kind) == Kind::Ship as i32 {
            for receive in receives_of(view, touch.index)? {
                found.entry(receive).or_insert((Relation::Shipment, item.to_string()));
            }
        }
    }
    for touch in &touched {
        found.insert(touch.index, (Relation::Item, item.to_string()));
    }
    Ok(touched.len() == MAX)
}

fn event<V: View + ?Sized>(
    view: &V,
    index: u64,
    relation: Relation,
    subject: String,
) -> Result<HistoryEvent, ViewError> {
    let damaged = |what: String| ViewError(format!("entry {index}: {what}"));
    let entry = view.entry(index)?.ok_or_else(|| damaged("is not in the log".into()))?;
    let leaf = Leaf::decode(&entry.leaf).map_err(|e| damaged(e.to_string()))?;
    let statement = Statement::recorded(entry.payload).map_err(|e| damaged(e.to_string()))?;
    let root = root_of(view, index)?;
    let about = if root == index { None } else { view.entry(root)? };
    let about = about.and_then(|e| Statement::recorded(e.payload).ok());
    let occurred_at = about.as_ref().unwrap_or(&statement).header().occurred_at;
    Ok(HistoryEvent {
        index,
        kind: statement.kind(),
        relation,
        subject,
        occurred_at,
        recorded_at: leaf.recorded_at,
        party: statement.header().party.clone(),
        effect: effect_of(view, index, statement.kind())?,
    })
}
