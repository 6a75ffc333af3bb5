//! From a timeline to hops: who has the goods, which shipments are under way, what does not fit.

use std::rc::Rc;

use custody::item::Act;
use proto::v1::{AdjustOutcome, ReceiveOutcome};

use crate::{
    hops::{Certainty, HopKind, Word},
    reader::{Packings, Step},
    stay::Timeline,
};

/// A hop with parties by the numbers of their activities; 0 = nobody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Leg {
    pub(crate) departed_at: i64,
    pub(crate) arrived_at: i64,
    pub(crate) entries: Vec<u64>,
    pub(crate) kind: HopKind,
    pub(crate) certainty: Certainty,
    pub(crate) word: Word,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) via: Option<Rc<str>>,
    /// How it came into that.
    pub(crate) packings: Packings,
    /// Of the entries those that name a container into which the item came by other Packs than these.
    pub(crate) aside: Vec<u64>,
    /// The addressee has said that it did not take it in.
    pub(crate) declined: bool,
}

impl Leg {
    /// Takes in an answer of the addressee.
    fn answered_by(&mut self, step: &Step) {
        self.entries.push(step.told.index);
        let known = self.packings.as_deref().unwrap_or_default();
        let through = step.packings.as_deref().unwrap_or_default();
        if through.iter().any(|packing| !known.contains(packing)) {
            self.aside.push(step.told.index);
        }
    }

    /// When it began, as far as that is known.
    pub(crate) const fn began(&self) -> i64 {
        if self.departed_at == 0 { self.arrived_at } else { self.departed_at }
    }
}

/// The legs of a timeline, oldest first.
pub(crate) fn legs(timeline: &Timeline) -> Vec<Leg> {
    let mut path = Path::default();
    timeline.steps.iter().for_each(|step| path.step(step));
    path.legs
}

/// Whether a stock-taking says where the goods are, or were.
const fn act_moves(outcome: AdjustOutcome) -> bool {
    Act::Adjusted(outcome).leaves_container()
}

#[derive(Default)]
struct Path {
    legs: Vec<Leg>,
    /// Who has the goods or, while they are under way, is to have them; 0 = nobody has told.
    holder: u64,
    /// Who did not take them in, and may yet have them.
    declined: u64,
    /// Shipments that nobody has answered, by their legs.
    open: Vec<usize>,
    /// The container it was itself packed into, by number and text.
    inside: Option<(u64, Rc<str>)>,
    /// It is no more.
    ended: bool,
}

impl Path {
    fn step(&mut self, step: &Step) {
        let inherited = step.via.is_some();
        let actor = step.told.actor;
        match step.act {
            Act::Commission if !inherited => self.origin(step),
            // A container begins where something is first packed into it: nobody commissions one.
            Act::Handled if !inherited && self.legs.is_empty() && step.told.container.is_some() => {
                self.push(step, HopKind::Packing, (Certainty::Confirmed, Word::Arriver), 0, actor);
                self.holder = actor;
            }
            // Somebody else says that it had made the thing before, under another code, and was heard of later.
            Act::Recoded if !inherited && self.is_made_by_another_since(step) => {
                self.push(step, HopKind::Origin, (Certainty::OneSided, Word::Giver), 0, actor);
            }
            Act::PackedInto(container) => {
                let elsewhere = !inherited && self.inside.as_ref().is_some_and(|(c, _)| *c != container);
                self.here(step, HopKind::Packing, elsewhere);
                if !inherited {
                    self.inside = step.told.container.clone().map(|text| (container, text));
                }
            }
            Act::TakenFrom(container) => {
                let elsewhere = !inherited && self.inside.as_ref().is_some_and(|(c, _)| *c != container);
                self.here(step, HopKind::Unpacking, elsewhere);
                self.inside = self.inside.take().filter(|_| inherited);
            }
            Act::Emptied if inherited => {
                self.here(step, HopKind::Unpacking, false);
                self.inside = self.inside.take().filter(|(_, text)| step.via.as_ref() != Some(text));
            }
            Act::Use(done) => {
                self.here(step, HopKind::Use, false);
                self.inside = self.inside.take().filter(|_| inherited);
                self.ended |= done && !inherited;
            }
            Act::Transformed => {
                self.here(step, HopKind::Use, false);
                self.inside = self.inside.take().filter(|_| inherited);
                self.ended |= !inherited;
            }
            Act::Adjusted(AdjustOutcome::Opening) if self.holder == 0 => {
                // Nobody else has signed that it was there.
                self.push(step, HopKind::Origin, (Certainty::OneSided, Word::Arriver), 0, actor);
                self.holder = actor;
            }
            Act::Adjusted(outcome) if act_moves(outcome) => {
                self.bridge(step);
                self.inside = self.inside.take().filter(|_| inherited);
                self.ended |= outcome == AdjustOutcome::Destroyed && !inherited;
            }
            Act::Sampled(from) => {
                if self.holder != actor {
                    // Taken from somebody else than had it last, the way from there to here is a gap.
                    let known = self.holder == 0 || self.holder == from;
                    let sure = if known { Certainty::OneSided } else { Certainty::Gap };
                    self.push_arrival(step, sure, self.holder);
                }
                self.inside = self.inside.take().filter(|_| inherited);
            }
            Act::Seized(from) => self.seized(step, from),
            Act::HandedOver(to) => {
                self.bridge(step);
                self.push(step, HopKind::Transfer, (Certainty::Confirmed, Word::Both), actor, to);
                self.arrived(step, to);
            }
            Act::Returned(to) => {
                self.bridge(step);
                self.push(step, HopKind::Transfer, (Certainty::OneSided, Word::Giver), actor, to);
                self.arrived(step, to);
            }
            Act::Destroyed(from) => {
                if from == 0 || self.holder != from {
                    self.bridge(step);
                }
                self.inside = self.inside.take().filter(|_| inherited);
                self.ended |= !inherited;
            }
            Act::Commission
            | Act::Handled
            | Act::Emptied
            | Act::Paired
            | Act::Recoded
            | Act::Serviced
            | Act::Adjusted(_) => {}
            Act::Ship(to) => {
                self.bridge(step);
                self.push(step, HopKind::Transfer, (Certainty::OneSided, Word::Giver), actor, to);
                self.open.push(self.legs.len() - 1);
                self.inside = self.inside.take().filter(|_| inherited);
                self.holder = to;
            }
            Act::Receive(ReceiveOutcome::Short | ReceiveOutcome::Refused) => self.declined(step),
            Act::Receive(_) => self.received(step),
        }
    }

    fn push(&mut self, step: &Step, kind: HopKind, (sure, word): (Certainty, Word), from: u64, to: u64) {
        self.legs.push(Leg {
            departed_at: step.told.at,
            arrived_at: 0,
            entries: vec![step.told.index],
            kind,
            certainty: if self.ended { Certainty::Conflict } else { sure },
            word,
            from,
            to,
            via: step.via.clone(),
            packings: step.packings.clone(),
            aside: Vec::new(),
            declined: false,
        });
    }

    /// An authority has taken the goods: from somebody else than had them last, the way from there is a gap.
    fn seized(&mut self, step: &Step, from: u64) {
        if self.holder != step.told.actor {
            let known = self.holder == 0 || self.holder == from;
            let sure = if known { Certainty::OneSided } else { Certainty::Gap };
            self.push_arrival(step, sure, self.holder);
        }
        self.inside = self.inside.take().filter(|_| step.via.is_some());
    }

    /// What was pushed last has arrived with the word that tells of it.
    fn arrived(&mut self, step: &Step, to: u64) {
        if let Some(leg) = self.legs.last_mut() {
            leg.arrived_at = step.told.at;
        }
        self.inside = self.inside.take().filter(|_| step.via.is_some());
        self.holder = to;
        self.declined = 0;
    }

    /// The goods are seen arriving, without a word of when they left.
    fn push_arrival(&mut self, step: &Step, certainty: Certainty, from: u64) {
        self.push(step, HopKind::Transfer, (certainty, Word::Arriver), from, step.told.actor);
        if let Some(leg) = self.legs.last_mut() {
            leg.arrived_at = std::mem::take(&mut leg.departed_at);
        }
        self.holder = step.told.actor;
        self.declined = 0;
    }

    fn origin(&mut self, step: &Step) {
        let actor = step.told.actor;
        let sure = if self.holder == 0 { Certainty::Confirmed } else { Certainty::Conflict };
        // Who may commission was checked; who makes goods out of others only says so itself.
        let word = if step.told.transforms { Word::Arriver } else { Word::Giver };
        self.push(step, HopKind::Origin, (sure, word), 0, actor);
        if self.holder == 0 {
            self.holder = actor;
        }
    }

    /// Whether the first origin is somebody else's than who makes this step, and was recorded after it.
    fn is_made_by_another_since(&self, step: &Step) -> bool {
        let first = self.legs.iter().find(|leg| leg.kind == HopKind::Origin);
        first.is_some_and(|leg| leg.to != step.told.actor && leg.entries.first() > Some(&step.told.index))
    }

    /// Something happens at the actor's.
    fn here(&mut self, step: &Step, kind: HopKind, contradicts: bool) {
        self.bridge(step);
        let sure = if contradicts { Certainty::Conflict } else { Certainty::Confirmed };
        self.push(step, kind, (sure, Word::Arriver), 0, step.told.actor);
    }

    /// Where the goods were last elsewhere, the way to the actor is a gap.
    fn bridge(&mut self, step: &Step) {
        let actor = step.told.actor;
        if self.holder != actor && self.declined != actor {
            self.push_arrival(step, Certainty::Gap, self.holder);
        }
        self.holder = actor;
        self.declined = 0;
    }

    /// Takes the last unanswered shipment to a party off the list.
    fn answer(&mut self, party: u64) -> Option<&mut Leg> {
        let found = self.open.iter().rposition(|i| self.legs.get(*i).is_some_and(|leg| leg.to == party));
        let leg = found.map(|at| self.open.remove(at));
        leg.and_then(|i| self.legs.get_mut(i))
    }

    fn received(&mut self, step: &Step) {
        let actor = step.told.actor;
        if let Some(leg) = self.answer(actor) {
            leg.answered_by(step);
            leg.arrived_at = step.told.at;
            leg.word = Word::Both;
            if leg.certainty == Certainty::OneSided {
                leg.certainty = Certainty::Confirmed;
            }
            self.holder = actor;
            self.declined = 0;
        } else if self.holder != actor {
            // From whom, nobody has told; least of all may who receives make others senders.
            let sure = if self.open.is_empty() { Certainty::OneSided } else { Certainty::Conflict };
            self.push_arrival(step, sure, 0);
        }
    }

    fn declined(&mut self, step: &Step) {
        let actor = step.told.actor;
        let known = self.legs.iter().rposition(|leg| leg.kind == HopKind::Transfer && leg.to == actor);
        let (leg, under_way) = match self.answer(actor) {
            Some(leg) => (leg, true),
            // It was taken in with its container, and then not found.
            None if step.lost => match known.and_then(|i| self.legs.get_mut(i)) {
                Some(leg) => (leg, false),
                None => return,
            },
            // The word of others changes nothing.
            None => return,
        };
        leg.answered_by(step);
        leg.declined = true;
        leg.certainty = Certainty::Conflict;
        if leg.word == Word::Giver {
            leg.word = Word::Both;
        }
        let from = leg.from;
        if under_way && self.holder == actor {
            self.holder = from;
            self.declined = actor;
        }
        self.inside = self.inside.take().filter(|_| step.via.is_some());
    }
}
