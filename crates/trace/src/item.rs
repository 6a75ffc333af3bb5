//! Where an item is.

use std::collections::BTreeMap;

use custody::{
    View, ViewError,
    item::{Act, Status, item_state},
    registry::party_by_number,
};
use gs1::ItemRef;
use proto::v1::{Commission, ReceiveOutcome, statement::Body};

use crate::{
    Error,
    timeline::{Budget, Reader, Step, Timeline},
};

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
    /// Its Commission, as it counts now.
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
    /// Entries that do not fit with what happened before them.
    pub conflicts: Vec<u64>,
    /// The budget did not suffice to read everything.
    pub truncated: bool,
}

/// The state of one item.
///
/// # Errors
/// [`Error::NotAnItem`], [`Error::Unknown`], or the view failed.
pub fn item<V: View + ?Sized>(view: &V, text: &str) -> Result<ItemReport, Error> {
    ItemRef::parse(text).map_err(Error::NotAnItem)?;
    let (record, state) = item_state(view, text)?.ok_or(Error::Unknown)?;
    let mut reader = Reader::new(view, Budget::default());
    let timeline = reader.timeline(text)?;
    let mut report = ItemReport {
        item: text.to_string(),
        events: record.count,
        conflicts: state.conflicts,
        containers: timeline.containers.clone(),
        truncated: reader.budget.exhausted || timeline.tangled,
        ..ItemReport::default()
    };
    let place = place(view, &timeline)?;
    report.status = place.status;
    report.holder = place.holder;
    report.addressee = place.addressee;
    report.site = place.site;
    if let Some(last) = timeline.steps.last() {
        report.last_occurred_at = last.acts.at;
        report.last_index = last.acts.index;
    }
    for step in timeline.steps.iter().filter(|s| s.via.is_none()) {
        match &step.content.body {
            Body::Commission(b) if step.act == Act::Commission && report.commission.is_none() => {
                report.commission = Some(Commission { items: Vec::new(), ..b.clone() });
                report.maker = step.content.root.actor().to_string();
            }
            Body::Use(b) => {
                let lines = b.lines.iter().filter(|l| l.item == text).filter_map(|l| l.used.as_ref());
                for used in lines {
                    *report.used.entry(used.unit.clone()).or_default() += used.amount;
                }
            }
            _ => {}
        }
    }
    Ok(report)
}

/// Condition and place at the end of a timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Whereabouts {
    pub(crate) status: Status,
    pub(crate) holder: String,
    pub(crate) addressee: String,
    pub(crate) site: String,
}

pub(crate) fn place<V: View + ?Sized>(view: &V, timeline: &Timeline) -> Result<Whereabouts, ViewError> {
    let mut at = Whereabouts::default();
    for step in &timeline.steps {
        at.advance(view, step)?;
    }
    Ok(at)
}

impl Whereabouts {
    fn advance<V: View + ?Sized>(&mut self, view: &V, step: &Step) -> Result<(), ViewError> {
        if self.status == Status::Used {
            return Ok(());
        }
        let held = if self.status == Status::Opened { Status::Opened } else { Status::Held };
        match step.act {
            Act::Commission | Act::TakenFrom(_) => self.hold(step, held),
            Act::Emptied if step.via.is_some() => self.hold(step, held),
            Act::PackedInto(_) | Act::Handled | Act::Emptied | Act::Paired => {
                if self.status == Status::Unknown {
                    self.hold(step, Status::Held);
                }
            }
            Act::Ship(to) => {
                self.status = Status::InTransit;
                self.holder = step.content.root.actor().to_string();
                self.addressee = party_by_number(view, to)?;
                self.site.clear();
            }
            Act::Receive(ReceiveOutcome::Short) => self.unless_arrived(Status::Missing),
            Act::Receive(ReceiveOutcome::Refused) => self.unless_arrived(Status::Refused),
            Act::Receive(_) => self.hold(step, Status::Held),
            Act::Use(done) => self.hold(step, if done { Status::Used } else { Status::Opened }),
        }
        Ok(())
    }

    fn hold(&mut self, step: &Step, status: Status) {
        self.status = status;
        self.holder = step.content.root.actor().to_string();
        self.addressee.clear();
        if !step.content.site.is_empty() {
            self.site.clone_from(&step.content.site);
        }
    }

    fn unless_arrived(&mut self, status: Status) {
        if self.status == Status::InTransit {
            self.status = status;
        }
    }
}
