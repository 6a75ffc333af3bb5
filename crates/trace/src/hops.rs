//! Hops: a timeline told as steps of goods between parties, each with how sure it is.

use std::rc::Rc;

use custody::{
    View, ViewError,
    item::{Act, item_state},
    registry::party_by_number,
};
use gs1::ItemRef;
use proto::v1::ReceiveOutcome;

use crate::{
    Error,
    timeline::{Budget, Reader, Step, Timeline},
};

/// What a hop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HopKind {
    /// Came into being.
    Origin,
    /// Went from one party to another.
    Transfer,
    /// Was used.
    Use,
    /// Was packed or unpacked.
    Packing,
}

/// How sure a hop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Both sides signed.
    Confirmed,
    /// One side signed.
    OneSided,
    /// Nobody signed it: the chain breaks here.
    Gap,
    /// Statements contradict each other.
    Conflict,
}

/// One step of goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// What it is.
    pub kind: HopKind,
    /// How sure it is.
    pub certainty: Certainty,
    /// The item.
    pub item: Rc<str>,
    /// The container through which it moved.
    pub via: Option<Rc<str>>,
    /// From whom; empty at an origin or where nobody told.
    pub from: String,
    /// To whom; at an origin, packing or use: where it was.
    pub to: String,
    /// When it left (came into being, was packed, was used), µs; 0 = not told.
    pub departed_at: i64,
    /// When it arrived, µs; 0 = not told.
    pub arrived_at: i64,
    /// Entries it rests on.
    pub entries: Vec<u64>,
}

/// Back to every origin.
#[derive(Clone, Debug)]
pub struct Source {
    /// Newest first.
    pub hops: Vec<Hop>,
    /// Parties at which it began.
    pub origins: Vec<String>,
    /// More exists than was asked for or could be read.
    pub truncated: bool,
}

/// 追源头: the hops of an item from now back to its origin, at most `limit`.
///
/// # Errors
/// [`Error::NotAnItem`], [`Error::Unknown`], or the view failed.
pub fn source<V: View + ?Sized>(view: &V, item: &str, limit: usize) -> Result<Source, Error> {
    ItemRef::parse(item).map_err(Error::NotAnItem)?;
    item_state(view, item)?.ok_or(Error::Unknown)?;
    let mut reader = Reader::new(view, Budget::default());
    let timeline = reader.timeline(item)?;
    let mut hops = hops(view, item, &timeline)?;
    hops.reverse();
    let mut origins: Vec<String> =
        hops.iter().filter(|h| h.kind == HopKind::Origin).map(|h| h.to.clone()).collect();
    origins.sort();
    origins.dedup();
    let truncated = hops.len() > limit || reader.budget.exhausted || timeline.tangled;
    hops.truncate(limit);
    Ok(Source { hops, origins, truncated })
}

/// The hops of a timeline, oldest first.
pub(crate) fn hops<V: View + ?Sized>(
    view: &V,
    item: &str,
    timeline: &Timeline,
) -> Result<Vec<Hop>, ViewError> {
    let mut path = Path { item: Rc::from(item), hops: Vec::new(), holder: String::new(), open: None };
    for step in &timeline.steps {
        path.step(view, step)?;
    }
    Ok(path.hops)
}

/// The hops so far, who has the goods, and the transfer under way.
struct Path {
    item: Rc<str>,
    hops: Vec<Hop>,
    holder: String,
    open: Option<usize>,
}

impl Path {
    fn step<V: View + ?Sized>(&mut self, view: &V, step: &Step) -> Result<(), ViewError> {
        let actor = step.content.root.actor().to_string();
        match step.act {
            Act::Commission => {
                let sure = if self.holder.is_empty() { Certainty::Confirmed } else { Certainty::Conflict };
                self.push(step, HopKind::Origin, sure, String::new(), actor.clone());
                self.holder = actor;
            }
            Act::PackedInto(_) | Act::TakenFrom(_) => self.here(step, HopKind::Packing, actor),
            Act::Emptied if step.via.is_some() => self.here(step, HopKind::Packing, actor),
            Act::Use(_) => self.here(step, HopKind::Use, actor),
            Act::Handled | Act::Emptied | Act::Paired => {}
            Act::Ship(to) => {
                self.bridge(step, &actor);
                let to = party_by_number(view, to)?;
                self.push(step, HopKind::Transfer, Certainty::OneSided, actor, to.clone());
                self.open = Some(self.hops.len() - 1);
                self.holder = to;
            }
            Act::Receive(outcome) => self.receive(step, outcome, actor),
        }
        Ok(())
    }

    fn push(&mut self, step: &Step, kind: HopKind, certainty: Certainty, from: String, to: String) {
        self.hops.push(Hop {
            kind,
            certainty,
            item: self.item.clone(),
            via: step.via.clone(),
            from,
            to,
            departed_at: step.acts.at,
            arrived_at: 0,
            entries: vec![step.acts.index],
        });
        self.open = None;
    }

    /// Something happens at the actor's: if the goods were last elsewhere, the way there is a gap.
    fn here(&mut self, step: &Step, kind: HopKind, actor: String) {
        self.bridge(step, &actor);
        self.push(step, kind, Certainty::Confirmed, String::new(), actor);
    }

    fn bridge(&mut self, step: &Step, actor: &str) {
        if self.holder != actor {
            let from = std::mem::replace(&mut self.holder, actor.to_string());
            self.push(step, HopKind::Transfer, Certainty::Gap, from, actor.to_string());
            if let Some(gap) = self.hops.last_mut() {
                gap.departed_at = 0;
            }
        }
    }

    fn receive(&mut self, step: &Step, outcome: ReceiveOutcome, actor: String) {
        let arrived = !matches!(outcome, ReceiveOutcome::Short | ReceiveOutcome::Refused);
        let open = self.open.take().and_then(|i| self.hops.get_mut(i));
        match open {
            Some(hop) => {
                hop.entries.push(step.acts.index);
                hop.certainty =
                    if hop.to == actor && arrived { Certainty::Confirmed } else { Certainty::Conflict };
                if arrived {
                    hop.arrived_at = step.acts.at;
                    self.holder = actor;
                } else {
                    self.holder = hop.from.clone();
                }
            }
            None if arrived && self.holder != actor => {
                let from = std::mem::replace(&mut self.holder, actor.clone());
                self.push(step, HopKind::Transfer, Certainty::OneSided, from, actor);
                if let Some(hop) = self.hops.last_mut() {
                    hop.arrived_at = hop.departed_at;
                    hop.departed_at = 0;
                }
            }
            // A second confirmation of what is known.
            None => {}
        }
    }
}
