//! What is known of an item now.

use std::collections::{BTreeMap, BTreeSet};

use custody::{
    View, ViewError,
    item::{Act, Event, ItemState, Status, item_state},
};
use gs1::ItemRef;
use proto::v1::{AdjustOutcome, Commission, statement::Body};
use statement::{SubjectKind, subject_key};

use crate::{
    Error,
    budget::Budget,
    hops::Certainty,
    path::{Leg, legs},
    place::Whereabouts,
    reader::{Reader, Step},
    scope::Scope,
    stay::Timeline,
    stored::Stored,
};

/// Entries that do not fit, of one item, that are told.
const MAX_CONFLICTS: usize = 100;

/// What is known of an item now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemReport {
    /// Canonical text.
    pub item: String,
    /// Condition, by its own statements and those of its containers.
    pub status: Status,
    /// Who has it (in transit: who sent it); empty while unknown.
    pub holder: String,
    /// In transit, missing or refused: the addressee.
    pub addressee: String,
    /// Where its holder has it, if told.
    pub site: String,
    /// Containers it is inside, innermost first.
    pub containers: Vec<String>,
    /// Its first Commission, as it counts now, without the items.
    pub commission: Option<Commission>,
    /// Who commissioned it.
    pub maker: String,
    /// Occurrence of the last statement in its timeline, µs.
    pub last_occurred_at: i64,
    /// Entry of that statement.
    pub last_index: u64,
    /// Entries that name the item itself.
    pub events: u64,
    /// Used so far, by unit.
    pub used: BTreeMap<String, u64>,
    /// Somebody who had it said that it is damaged.
    pub damaged: bool,
    /// All codes of the thing, ascending; `item` among them.
    pub codes: Vec<String>,
    /// Entries that do not fit with what happened before them, by the item's own statements.
    pub conflicts: Vec<u64>,
    /// The budget did not suffice to read everything: condition and place, conflicts and last statement are
    /// those that were folded when statements were recorded.
    pub truncated: bool,
    /// Then: something came too late to be folded in its place, so these may be out of step.
    pub late: bool,
}

/// The state of one item.
///
/// # Errors
/// [`Error::NotAnItem`], [`Error::Unknown`], or the view failed.
pub fn item<V: View + ?Sized>(view: &V, text: &str) -> Result<ItemReport, Error> {
    item_in(view, text, &Scope::all())
}

/// The same by the statements that count for a reader.
///
/// # Errors
/// [`Error::NotAnItem`], [`Error::Unknown`], or the view failed.
pub fn item_in<V: View + ?Sized>(view: &V, text: &str, scope: &Scope<'_>) -> Result<ItemReport, Error> {
    item_within(view, text, scope, Budget::default())
}

pub(crate) fn item_within<V: View + ?Sized>(
    view: &V,
    text: &str,
    scope: &Scope<'_>,
    budget: Budget,
) -> Result<ItemReport, Error> {
    ItemRef::parse(text).map_err(Error::NotAnItem)?;
    Reader::new(view, scope, budget).report(text)
}

/// What is known of an item by the statements that count for a reader.
fn report<V: View + ?Sized>(reader: &mut Reader<'_, V>, text: &str) -> Result<ItemReport, Error> {
    let (record, kept) = item_state(reader.view, text)?.ok_or(Error::Unknown)?;
    let timeline = reader.timeline(text)?;
    // The state that is kept is made of everything.
    let (state, events) = match reader.scope.is_all() {
        true => (kept, record.count),
        false => (reader.folded(&timeline)?, reader.seen(text)?),
    };
    let at = Whereabouts::after(&timeline.steps);
    let mut report = ItemReport {
        item: text.to_string(),
        status: at.status,
        holder: reader.party(at.holder)?.to_string(),
        addressee: reader.party(at.addressee)?.to_string(),
        site: at.site.map(|told| told.site.clone()).unwrap_or_default(),
        containers: timeline.containers.iter().map(ToString::to_string).collect(),
        events,
        damaged: state.damaged,
        codes: reader.names(text)?,
        conflicts: misfits(&state.conflicts, &timeline),
        ..ItemReport::default()
    };
    if let Some(last) = timeline.steps.last() {
        report.last_occurred_at = last.told.at;
        report.last_index = last.told.index;
    }
    for step in timeline.steps.iter().filter(|s| s.via.is_none()) {
        report.add(reader, step)?;
    }
    report.truncated = reader.truncated();
    if reader.budget.exhausted && reader.scope.is_all() {
        report.fall_back(reader, &state)?;
    }
    Ok(report)
}

/// Entries that do not fit: those the item's own fold has marked, and those that find it where its
/// containers did not bring it.
fn misfits(marked: &[u64], timeline: &Timeline) -> Vec<u64> {
    let odd = |leg: &Leg| matches!(leg.certainty, Certainty::Gap | Certainty::Conflict);
    let told = legs(timeline).into_iter().filter(odd).filter_map(|leg| leg.entries.last().copied());
    let all: BTreeSet<u64> = marked.iter().copied().chain(told).collect();
    all.into_iter().take(MAX_CONFLICTS).collect()
}

impl<V: View + ?Sized> Reader<'_, V> {
    /// What is known of an item by the statements that count here.
    pub(crate) fn report(&mut self, item: &str) -> Result<ItemReport, Error> {
        report(self, item)
    }

    /// The state that an item's own statements make, of those that count here.
    fn folded(&mut self, timeline: &Timeline) -> Result<ItemState, ViewError> {
        let mut state = ItemState::default();
        for step in timeline.steps.iter().filter(|s| s.via.is_none()) {
            let Some(content) = self.content(step.told.index)? else { continue };
            let acts = self.acts(&content)?;
            state.step(Event { acts: &acts, act: step.act });
        }
        Ok(state)
    }

    /// How many of the entries that name an item belong here.
    fn seen(&mut self, item: &str) -> Result<u64, ViewError> {
        let mut seen = 0;
        for touch in self.touches(&subject_key(SubjectKind::Item, item))? {
            seen += u64::from(self.scope.has(self.view, touch.index)?);
        }
        Ok(seen)
    }
}

impl ItemReport {
    /// What was read ends somewhere in its history: the state that is kept tells what is now.
    fn fall_back<V: View + ?Sized>(
        &mut self,
        reader: &mut Reader<'_, V>,
        state: &ItemState,
    ) -> Result<(), ViewError> {
        let stored = Stored::of(reader.view, &self.item, state)?;
        self.status = stored.status;
        self.holder = reader.party(stored.holder)?.to_string();
        self.addressee = reader.party(stored.addressee)?.to_string();
        self.site = stored.site;
        self.containers = stored.containers;
        self.last_occurred_at = stored.last_occurred_at;
        self.last_index = stored.last_index;
        self.conflicts.clone_from(&state.conflicts);
        self.late = stored.late;
        Ok(())
    }

    /// Adds what only the content of one of the item's own statements tells.
    fn add<V: View + ?Sized>(&mut self, reader: &mut Reader<'_, V>, step: &Step) -> Result<(), ViewError> {
        let wanted = match step.act {
            Act::Commission | Act::Adjusted(AdjustOutcome::Opening) => self.commission.is_none(),
            Act::Use(_) => true,
            _ => false,
        };
        if !wanted {
            return Ok(());
        }
        match reader.content(step.told.index)?.map(|content| content.body) {
            Some(Body::Commission(b)) => {
                self.commission = Some(Commission { items: Vec::new(), ..b });
                self.maker = reader.party(step.told.actor)?.to_string();
            }
            Some(Body::Transform(b)) => {
                self.commission = Some(Commission {
                    lot: b.lot,
                    registration: b.registration,
                    made_on: b.made_on,
                    expires_on: b.expires_on,
                    units_per_code: b.units_per_code,
                    ..Commission::default()
                });
                self.maker = reader.party(step.told.actor)?.to_string();
            }
            Some(Body::Adjust(b)) => {
                // What is printed on it; who made it, the holder does not say.
                let line = b.lines.into_iter().find(|l| self.codes.contains(&l.item));
                self.commission = line.map(|l| Commission {
                    lot: l.item_lot,
                    made_on: l.made_on,
                    expires_on: l.expires_on,
                    opening_stock: true,
                    ..Commission::default()
                });
            }
            Some(Body::Use(b)) => {
                let lines =
                    b.lines.iter().filter(|l| self.codes.contains(&l.item)).filter_map(|l| l.used.as_ref());
                for used in lines {
                    let sum = self.used.entry(used.unit.clone()).or_default();
                    *sum = sum.saturating_add(used.amount);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
