//! What is known of an item now.

use std::collections::{BTreeMap, BTreeSet};

use custody::{
    View, ViewError,
    item::{Act, ItemState, Status, item_state},
};
use gs1::ItemRef;
use proto::v1::{AdjustOutcome, Commission, statement::Body};

use crate::{
    Error,
    budget::Budget,
    hops::Certainty,
    path::{Leg, legs},
    place::Whereabouts,
    reader::{Reader, Step},
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
    item_within(view, text, Budget::default())
}

pub(crate) fn item_within<V: View + ?Sized>(
    view: &V,
    text: &str,
    budget: Budget,
) -> Result<ItemReport, Error> {
    ItemRef::parse(text).map_err(Error::NotAnItem)?;
    let (record, state) = item_state(view, text)?.ok_or(Error::Unknown)?;
    let mut reader = Reader::new(view, budget);
    let timeline = reader.timeline(text)?;
    let at = Whereabouts::after(&timeline.steps);
    let mut report = ItemReport {
        item: text.to_string(),
        status: at.status,
        holder: reader.party(at.holder)?.to_string(),
        addressee: reader.party(at.addressee)?.to_string(),
        site: at.site.map(|told| told.site.clone()).unwrap_or_default(),
        containers: timeline.containers.iter().map(ToString::to_string).collect(),
        events: record.count,
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
        report.add(&mut reader, step)?;
    }
    report.truncated = reader.truncated();
    if reader.budget.exhausted {
        report.fall_back(&mut reader, &state)?;
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
