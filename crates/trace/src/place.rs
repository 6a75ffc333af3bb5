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
    /// An authority has seized it, or what it is in, and has not given it back.
    seized: bool,
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
        if self.seized && !self.counts(step) {
            self.opened |= !inherited && matches!(step.act, Act::Use(_));
            return;
        }
        match step.act {
            Act::TakenFrom(_) | Act::PackedInto(_) | Act::Sampled(_) => self.hold(step),
            Act::Emptied if inherited => self.hold(step),
            Act::Serviced => {}
            Act::Transformed => self.end(step, Status::Transformed),
            Act::Seized(_) => {
                self.seized = true;
                self.hold(step);
            }
            Act::HandedOver(to) => self.hold_at(to, None),
            Act::Returned(to) => {
                self.seized = false;
                self.hold_at(to, None);
                if to == 0 {
                    self.status = Status::Unknown;
                }
            }
            Act::Destroyed(_) => self.end(step, Status::Destroyed),
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

    /// Whether a step moves what is seized: it is by who has it, or takes it from there; or by an authority.
    fn counts(&self, step: &Step) -> bool {
        match step.act {
            Act::Seized(_) | Act::HandedOver(_) => true,
            Act::Sampled(from) | Act::Destroyed(from) if from != 0 && from == self.holder => true,
            _ => !self.status.is_here() || self.holder == step.told.actor,
        }
    }

    fn hold(&mut self, step: &Step) {
        let site = if step.told.site.is_empty() { None } else { Some(step.told.clone()) };
        self.hold_at(step.told.actor, site);
    }

    /// Somebody has it now, at the site that a statement tells, if it does.
    fn hold_at(&mut self, holder: u64, site: Option<Rc<Told>>) {
        self.status = match (self.seized, self.opened) {
            (true, _) => Status::Seized,
            (false, true) => Status::Opened,
            (false, false) => Status::Held,
        };
        if site.is_some() {
            self.site = site;
        } else if self.holder != holder {
            self.site = None;
        }
        self.holder = holder;
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
            Status::Held | Status::Opened | Status::Seized => self.holder == actor,
            Status::InTransit | Status::Missing | Status::Refused => self.addressee == actor,
            Status::Unknown | Status::Lost | Status::Stolen => false,
            Status::Used | Status::Destroyed | Status::Transformed => false,
        }
    }
}
