//! One step of the fold: whether an event fits with what happened before, and what it changes.

use proto::v1::{AdjustOutcome, ReceiveOutcome};

use super::{Act, Acts, Event, ItemState, MAX_CONFLICTS, Status};

impl ItemState {
    /// Folds one event.
    pub fn step(&mut self, event: Event<'_>) {
        let Event { acts, act } = event;
        let fits = self.fits(acts, act);
        if !fits && self.conflicts.len() < MAX_CONFLICTS && !self.conflicts.contains(&acts.index) {
            self.conflicts.push(acts.index);
        }
        let place = self.place();
        self.last = (acts.at, acts.cause);
        self.last_index = acts.index;
        self.events += 1;
        if act == Act::Emptied {
            self.emptied_at = acts.at;
        }
        // What is seized is where the authority's word has it: whoever else says otherwise moves nothing.
        let counts = fits || !self.seized || matches!(act, Act::Seized(_) | Act::HandedOver(_));
        match self.status.is_final() {
            true => {}
            false if counts => self.advance(acts, act),
            false => self.remember(acts, act),
        }
        if !self.status.is_here() {
            self.since = 0;
        }
        if self.place() != place {
            self.moved_at = acts.at;
        }
    }

    /// Takes in an event that came too late to be folded in its place: everything folded so far may have
    /// happened after it. It moves the item where it fits with where the item is and happened since it came
    /// there, as if it had happened last. Of any other it is kept what stays true whatever happened next.
    ///
    /// So whoever floods an item with statements moves it no further than the last of them does alone, and
    /// what its holder says later is not lost behind them.
    pub fn step_late(&mut self, event: Event<'_>) {
        let Event { acts, act } = event;
        let before = self.clone();
        if acts.at > self.moved_at && self.fits(acts, act) {
            self.step(event);
        } else {
            self.events += 1;
            self.remember(acts, act);
        }
        if before.last > (acts.at, acts.cause) {
            (self.last, self.last_index) = (before.last, before.last_index);
        }
        self.emptied_at = self.emptied_at.max(before.emptied_at);
        self.overflow = true;
    }

    /// Keeps of a state that was folded further what came too late for this one.
    pub(crate) fn keep_late(&mut self, old: &Self) {
        if old.overflow {
            self.overflow = true;
            self.opened |= old.opened;
            self.damaged |= old.damaged;
            self.emptied_at = self.emptied_at.max(old.emptied_at);
            self.commissioned = if self.commissioned == 0 { old.commissioned } else { self.commissioned };
            self.show_opened();
        }
    }

    const fn show_opened(&mut self) {
        if self.opened && matches!(self.status, Status::Held) {
            self.status = Status::Opened;
        }
    }

    /// What is true of an item from an event on, whatever happens next.
    fn remember(&mut self, acts: &Acts, act: Act) {
        match act {
            Act::Commission if self.commissioned == 0 => self.commissioned = acts.index + 1,
            Act::Receive(ReceiveOutcome::Damaged) | Act::Adjusted(AdjustOutcome::Damaged) => {
                self.damaged = true;
            }
            Act::Use(_) => {
                self.opened = true;
                self.show_opened();
            }
            Act::Emptied => self.emptied_at = self.emptied_at.max(acts.at),
            _ => {}
        }
    }

    /// Where it is, as far as its own events tell.
    pub(crate) const fn place(&self) -> (Status, u64, u64, u64) {
        let status = if self.status.is_here() { Status::Held } else { self.status };
        (status, self.holder, self.addressee, self.container)
    }

    /// Whether the item's own whereabouts are known: named before, and not inside a container.
    const fn is_loose(&self) -> bool {
        self.container == 0 && !matches!(self.status, Status::Unknown)
    }

    /// Who holds it, and the entry + 1 since when, where it is at somebody's and in no container.
    #[must_use]
    pub fn held(&self) -> Option<(u64, u64)> {
        (self.status.is_here() && self.container == 0).then_some((self.holder, self.since))
    }

    /// Whether an event is possible after what happened before.
    fn fits(&self, acts: &Acts, act: Act) -> bool {
        match act {
            _ if self.status.is_final() => matches!(act, Act::Handled | Act::Emptied),
            Act::Commission => self.status == Status::Unknown,
            // Work on it is done wherever it stands; a further code moves nothing.
            Act::Serviced | Act::Recoded => true,
            Act::Adjusted(_) if self.is_gone() => self.holder == acts.actor,
            Act::Sampled(from) | Act::Destroyed(from) => {
                self.is_at(acts.actor) || (from != 0 && self.is_at(from))
            }
            Act::Seized(from) => self.is_seizable(acts.actor, from),
            // Its container may have been emptied as a whole, which is not among its own events.
            Act::TakenFrom(container) => self.container == container,
            _ => self.is_at(acts.actor),
        }
    }

    /// Whether an authority can have found it at `from`, or, where it says of nobody, somewhere.
    const fn is_seizable(&self, authority: u64, from: u64) -> bool {
        let under_way = matches!(self.status, Status::InTransit) && (from == 0 || self.holder == from);
        under_way || self.is_gone() || self.is_at(authority) || (from != 0 && self.is_at(from))
    }

    /// Whether its holder has missed it.
    const fn is_gone(&self) -> bool {
        matches!(self.status, Status::Lost | Status::Stolen)
    }

    /// Whether the item can be with `actor`, as far as its own events tell.
    const fn is_at(&self, actor: u64) -> bool {
        if !self.is_loose() {
            return true;
        }
        match self.status {
            Status::Unknown => true,
            Status::Used | Status::Destroyed | Status::Transformed => true,
            // Somebody has to find it first.
            Status::Lost | Status::Stolen => false,
            Status::Held | Status::Opened | Status::Seized => self.holder == actor,
            // The addressee's Receive may be late.
            Status::InTransit => self.addressee == actor,
            // It never left, it turned up, or it came back.
            Status::Missing | Status::Refused => self.holder == actor || self.addressee == actor,
        }
    }

    fn advance(&mut self, acts: &Acts, act: Act) {
        let entry = acts.index + 1;
        match act {
            Act::Commission => {
                if self.status == Status::Unknown {
                    self.hold(acts);
                }
                if self.commissioned == 0 {
                    self.commissioned = entry;
                }
            }
            Act::PackedInto(container) => {
                self.hold(acts);
                self.container = container;
                self.packed = (acts.at, acts.cause);
                self.packed_by = entry;
            }
            Act::TakenFrom(_) => {
                self.container = 0;
                self.hold(acts);
            }
            Act::Handled | Act::Emptied | Act::Paired | Act::Recoded => {
                if self.status == Status::Unknown {
                    self.hold(acts);
                }
            }
            Act::Serviced => {}
            Act::Transformed => self.end(acts, Status::Transformed),
            Act::Adjusted(outcome) => self.adjust(acts, outcome),
            Act::Sampled(_) => {
                self.container = 0;
                self.hold(acts);
            }
            Act::Seized(_) => {
                self.container = 0;
                self.seized = true;
                self.hold(acts);
            }
            Act::HandedOver(to) => {
                self.container = 0;
                self.hold_at(to, acts, false);
            }
            Act::Returned(to) => self.give_back(acts, to),
            Act::Destroyed(_) => self.end(acts, Status::Destroyed),
            Act::Ship(to) => {
                self.status = Status::InTransit;
                self.holder = acts.actor;
                self.addressee = to;
                self.container = 0;
                self.missed_from = 0;
                self.shipped_by = entry;
                self.site_by = 0;
            }
            Act::Receive(ReceiveOutcome::Short) => self.not_taken_in(acts, Status::Missing),
            Act::Receive(ReceiveOutcome::Refused) => self.not_taken_in(acts, Status::Refused),
            Act::Receive(outcome) => {
                self.damaged |= outcome == ReceiveOutcome::Damaged;
                self.hold(acts);
            }
            Act::Use(done) => {
                self.opened = true;
                self.container = 0;
                self.hold(acts);
                if done {
                    self.status = Status::Used;
                }
            }
        }
    }

    /// The actor's shelf says something else than its books.
    fn adjust(&mut self, acts: &Acts, outcome: AdjustOutcome) {
        match outcome {
            AdjustOutcome::Damaged => {
                self.damaged = true;
                if self.status == Status::Unknown {
                    self.hold(acts);
                }
            }
            AdjustOutcome::Lost => self.end(acts, Status::Lost),
            AdjustOutcome::Stolen => self.end(acts, Status::Stolen),
            AdjustOutcome::Destroyed => self.end(acts, Status::Destroyed),
            AdjustOutcome::Found | AdjustOutcome::Opening | AdjustOutcome::Unspecified => {
                self.container = 0;
                self.hold(acts);
            }
        }
    }

    /// The actor had it last.
    const fn end(&mut self, acts: &Acts, status: Status) {
        self.container = 0;
        self.hold(acts);
        self.status = status;
    }

    /// An authority lets go of it.
    const fn give_back(&mut self, acts: &Acts, to: u64) {
        self.container = 0;
        self.seized = false;
        self.hold_at(to, acts, false);
        if to == 0 {
            self.status = Status::Unknown;
        }
    }

    /// The actor has it now.
    const fn hold(&mut self, acts: &Acts) {
        self.hold_at(acts.actor, acts, acts.has_site);
    }

    /// Somebody has it now; `at_site`: at the site that the statement names.
    const fn hold_at(&mut self, holder: u64, acts: &Acts, at_site: bool) {
        if !self.status.is_here() || self.holder != holder {
            self.since = acts.index + 1;
        }
        self.status = match (self.seized, self.opened) {
            (true, _) => Status::Seized,
            (false, true) => Status::Opened,
            (false, false) => Status::Held,
        };
        if at_site {
            self.site_by = acts.index + 1;
        } else if self.holder != holder {
            self.site_by = 0;
        }
        self.holder = holder;
        self.addressee = 0;
        self.missed_from = 0;
    }

    /// The addressee says that it did not take the item in. Of goods in a container nobody but the
    /// container's events knows whether they are under way: it is out of it then. Of goods under way to
    /// somebody else, or at their holder, the word of others changes nothing.
    const fn not_taken_in(&mut self, acts: &Acts, status: Status) {
        if self.container != 0 {
            self.missed_from = self.container;
            self.container = 0;
            self.addressee = acts.actor;
            self.status = status;
        } else if matches!(self.status, Status::InTransit) && self.addressee == acts.actor {
            self.status = status;
        }
    }
}
