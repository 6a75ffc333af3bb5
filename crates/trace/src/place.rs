//! Where an item is at a step of its timeline.

use std::rc::Rc;

use custody::item::{Act, Status};
use proto::v1::{AdjustOutcome, ReceiveOutcome};

use crate::reader::{Step, Told};

/// Condition and place; parties by the numbers of their activities, 0 = none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Whereabouts {
    pub(crate) status: Status,
    /// Who has it; in transit: who sent it.
    pub(crate) holder: u64,
    /// In transit, missing or refused: the addressee.
    pub(crate) addressee: u64,
    /// The statement that tells its site.
    pub(crate) site: Option<Rc<Told>>,
    /// It has been used before and something is left.
    opened: bool,
    /// It is itself no more: used up, destroyed, made into something else.
    ended: bool,
}

impl Whereabouts {
    pub(crate) fn after(steps: &[Step]) -> Self {
        let mut at = Self::default();
        steps.iter().for_each(|step| at.advance(step));
        at
    }

    pub(crate) fn advance(&mut self, step: &Step) {
        let inherited = step.via.is_some();
        // What was in something that is no more went with it, unless it is heard of again by itself.
        if self.ended || (self.status.is_final() && inherited) {
            return;
        }
        match step.act {
            Act::TakenFrom(_) | Act::PackedInto(_) | Act::Sampled(_) => self.hold(step),
            Act::Emptied if inherited => self.hold(step),
            Act::Serviced => {}
            Act::Transformed => self.end(step, Status::Transformed),
            Act::Adjusted(AdjustOutcome::Lost) => self.end(step, Status::Lost),
            Act::Adjusted(AdjustOutcome::Stolen) => self.end(step, Status::Stolen),
            Act::Adjusted(AdjustOutcome::Destroyed) => self.end(step, Status::Destroyed),
            Act::Commission
            | Act::Handled
            | Act::Emptied
            | Act::Paired
            | Act::Recoded
            | Act::Adjusted(AdjustOutcome::Damaged) => {
                if self.status == Status::Unknown {
                    self.hold(step);
                }
            }
            Act::Ship(to) => {
                self.status = Status::InTransit;
                self.holder = step.told.actor;
                self.addressee = to;
                self.site = None;
            }
            Act::Receive(ReceiveOutcome::Short) => self.not_taken_in(step, Status::Missing),
            Act::Receive(ReceiveOutcome::Refused) => self.not_taken_in(step, Status::Refused),
            Act::Receive(_) | Act::Adjusted(_) => self.hold(step),
            Act::Use(done) => {
                self.opened |= !inherited;
                self.hold(step);
                if done {
                    self.end(step, Status::Used);
                }
            }
        }
    }

    /// The actor had it last.
    fn end(&mut self, step: &Step, status: Status) {
        self.hold(step);
        self.status = status;
        self.ended = status.is_final() && step.via.is_none();
    }

    fn hold(&mut self, step: &Step) {
        self.status = if self.opened { Status::Opened } else { Status::Held };
        if !step.told.site.is_empty() {
            self.site = Some(step.told.clone());
        } else if self.holder != step.told.actor {
            self.site = None;
        }
        self.holder = step.told.actor;
        self.addressee = 0;
    }

    /// Nobody but the addressee can say that goods did not arrive.
    fn not_taken_in(&mut self, step: &Step, status: Status) {
        if step.lost || (self.status == Status::InTransit && self.addressee == step.told.actor) {
            self.status = status;
            self.addressee = step.told.actor;
        }
    }

    /// Whether `actor` has, or is to have, the container that the item is in: then it can say that the
    /// item was not inside.
    pub(crate) const fn may_be_lost_by(&self, actor: u64) -> bool {
        match self.status {
            Status::Held | Status::Opened => self.holder == actor,
            Status::InTransit | Status::Missing | Status::Refused => self.addressee == actor,
            Status::Unknown | Status::Lost | Status::Stolen => false,
            Status::Used | Status::Destroyed | Status::Transformed => false,
        }
    }
}
