//! Whose turn it is, when a bill does not get through.
//!
//! Bills go in order of acceptance. One that does not get through is tried alone for a while: mostly the
//! network is away, and then nothing overtakes anything. After that another one is tried in its place each
//! time. If that one gets through, the trouble is the first one's own: the others go on without it, except
//! those of its number, and it is tried again now and then. If it does not, the trouble is everybody's, and
//! the next round tries the next other one: so that two bills with trouble of their own do not pass for a
//! ledger that is away. Bills that are refused for what is missing on the ledger wait in groups (`blocks`).

mod blocks;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use serde::Serialize;

use super::{Patience, Whom, means::Alike};
use crate::{BillKey, Refused, outbox::Passing};
use blocks::{Blocks, Head};

/// How often a bill is tried before another one is in its place: about three seconds.
const ALONE: u32 = 4;
/// First wait of a bill that others have overtaken; it doubles…
const APART: Duration = Duration::from_secs(30);
/// …up to this.
const LONGEST_APART: Duration = Duration::from_secs(900);
/// Those of its group that are set apart are tried again when one like them gets through, each at most so often.
const AGAIN: Duration = Duration::from_secs(1);
/// Most bills that are waited for one by one; with more the trouble is everybody's.
const MAX_HELD: usize = 1_000;
/// Most bills told as overtaken.
const MAX_TOLD: usize = 20;

/// A bill that others go past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overtaken {
    /// Its place in the order of acceptance.
    pub seq: u64,
    /// Its number.
    pub number: String,
    /// Why it did not get through.
    pub why: String,
}

/// How a try ended that settled nothing.
#[derive(Clone, Debug)]
pub(crate) struct Failed<'a> {
    pub(crate) seq: u64,
    pub(crate) key: &'a BillKey,
    pub(crate) why: &'a str,
    /// How long the ledger asks to be left alone.
    pub(crate) asked: Option<Duration>,
    /// Whom it concerns, as far as is known.
    pub(crate) whom: &'a Whom,
    /// Somebody has to look.
    pub(crate) attention: bool,
}

/// Why nothing goes now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    pub(crate) wait: Duration,
    pub(crate) why: String,
    pub(crate) attention: bool,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// Another bill, at once.
    Another,
    /// Nothing for so long.
    Wait(Duration),
}

#[derive(Debug)]
struct Held {
    number: String,
    why: String,
    attention: bool,
    tries: u32,
    /// While it may be everybody's trouble.
    patience: Patience,
    /// Another one got through in its place, and it failed so many times since.
    apart: Option<u32>,
    /// The group that it was set apart from.
    alike: Option<Alike>,
    /// When it was last refused as one of that group; at first, when it was set apart.
    refused: Instant,
    until: Instant,
}

impl Held {
    fn new(number: String, why: String, until: Instant) -> Self {
        let patience = Patience::default();
        let refused = until;
        Self { number, why, attention: false, tries: 0, patience, apart: None, alike: None, refused, until }
    }

    /// The wait after a failure.
    fn wait(&mut self, asked: Option<Duration>, random: u8) -> Duration {
        let Some(failures) = &mut self.apart else { return self.patience.next(asked, random) };
        *failures += 1;
        let doubled = APART.saturating_mul(1 << (*failures).min(10)).min(LONGEST_APART);
        doubled.max(asked.unwrap_or_default().min(LONGEST_APART))
    }
}

/// The bills that did not get through, and what that says.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    held: BTreeMap<u64, Held>,
    /// The bill that failed first in this round, while others are tried in its place.
    first: Option<u64>,
    /// The last one that was tried in its place and failed.
    tried: u64,
    everybody: Patience,
    blocks: Blocks,
    /// The ledger's last word on bills that it would not take, as long as they are not sent again.
    said: BTreeMap<u64, Refused>,
    /// Bills that somebody is giving up just now.
    going: BTreeSet<u64>,
}

impl Turns {
    /// What is not taken now.
    pub(crate) fn passing(&self, now: Instant) -> Passing {
        let bills = self.held.iter().filter(|(_, held)| held.until > now).map(|(seq, _)| *seq).collect();
        let up_to = if self.first.is_some() { self.tried } else { 0 };
        Passing { bills, up_to, alike: self.blocks.passing(now) }
    }

    /// No other one was found: whether it is worth while to look again, from the beginning.
    pub(crate) fn wrap(&mut self) -> bool {
        self.first.is_some() && std::mem::take(&mut self.tried) > 0
    }

    /// Nothing can go now: how long until something can, and why. `None` = nothing waits.
    pub(crate) fn rest(&mut self, now: Instant) -> Option<Rest> {
        self.first = None;
        let held = self.held.values().min_by_key(|held| held.until).map(|held| Rest {
            wait: held.until.saturating_duration_since(now),
            why: held.why.clone(),
            attention: held.attention,
        });
        held.into_iter().chain(self.blocks.rest(now)).min_by_key(|rest| rest.wait)
    }

    /// A bill reached its end, so the ledger answers: those tried before it have trouble of their own.
    pub(crate) fn answered(&mut self, seq: u64, key: &BillKey, now: Instant) {
        self.held.remove(&seq);
        self.said.remove(&seq);
        self.again(key, now);
        for (alike, head) in self.blocks.answered(seq, key) {
            if self.held.len() < MAX_HELD {
                // Tried at once: what it lacked may have come just now.
                let apart = Held { attention: true, ..Held::new(head.number, head.why, now) };
                let apart = Held { tries: ALONE, apart: Some(0), alike: Some(alike), ..apart };
                self.held.insert(head.seq, apart);
            }
        }
        self.answers(now);
    }

    /// One got through: of those like it that were set apart, one is tried again, the oldest that was not
    /// tried just now. Should it get through too, the next one follows, so that they go in order; and one
    /// that never does costs no more than a try a second.
    fn again(&mut self, key: &BillKey, now: Instant) {
        let apart = self.held.iter_mut().filter(|(_, held)| held.alike.as_ref().is_some_and(|a| a.fits(key)));
        if let Some((_, held)) = apart.min_by_key(|(seq, held)| (held.refused + AGAIN > now, **seq)) {
            held.until = held.until.min(now.max(held.refused + AGAIN));
        }
    }

    /// The ledger answers: those tried before have trouble of their own.
    fn answers(&mut self, now: Instant) {
        for held in self.held.values_mut().filter(|held| held.tries >= ALONE && held.apart.is_none()) {
            held.apart = Some(0);
            held.until = now + APART;
        }
        self.first = None;
        self.tried = 0;
        self.everybody.reset();
    }

    /// A bill did not get through. `random` is 0 to 255.
    pub(crate) fn failed(&mut self, failed: &Failed<'_>, now: Instant, random: u8) -> After {
        let seq = failed.seq;
        if let Whom::Alike(scope, said) = failed.whom
            && let Some(alike) = Alike::of(*scope, failed.key)
            && self.blocks.takes(&alike)
        {
            return self.refused(alike, said, failed, now, random);
        }
        self.blocks.forget(seq);
        let second = self.first.is_some_and(|first| first != seq);
        let crowded = self.held.len() >= MAX_HELD && !self.held.contains_key(&seq);
        if second {
            self.tried = seq;
        }
        if *failed.whom != Whom::It && !self.is_apart(seq) || second || crowded {
            return After::Wait(self.everybody(failed.asked, now, random));
        }
        let number = &failed.key.number;
        let held = self.held.entry(seq).or_insert_with(|| Held::new(number.clone(), String::new(), now));
        failed.why.clone_into(&mut held.why);
        held.attention = failed.attention;
        held.tries = held.tries.saturating_add(1);
        let wait = held.wait(failed.asked, random);
        held.until = now + wait;
        if held.tries < ALONE && held.apart.is_none() {
            self.first = None;
            return After::Wait(wait);
        }
        self.first = Some(seq);
        After::Another
    }

    fn is_apart(&self, seq: u64) -> bool {
        self.held.get(&seq).is_some_and(|held| held.apart.is_some())
    }

    /// A bill was refused for what is missing for all like it: those wait, and the others go on.
    fn refused(
        &mut self,
        alike: Alike,
        said: &Refused,
        failed: &Failed<'_>,
        now: Instant,
        random: u8,
    ) -> After {
        let seq = failed.seq;
        if self.said.len() >= MAX_HELD {
            self.said.pop_first();
        }
        self.said.insert(seq, said.clone());
        match self.held.get_mut(&seq).filter(|held| held.apart.is_some()) {
            // One like it got through, so it is its own trouble.
            Some(held) => {
                failed.why.clone_into(&mut held.why);
                held.alike = Some(alike);
                held.refused = now;
                held.until = now + held.wait(None, random);
            }
            None => {
                self.held.remove(&seq);
                let (number, why) = (failed.key.number.clone(), failed.why.to_owned());
                self.blocks.refused(alike, Head { seq, number, why }, now, random);
            }
        }
        self.answers(now);
        After::Another
    }

    /// A bill is about to be sent; `false` = somebody is giving it up just now.
    pub(crate) fn sending(&mut self, seq: u64) -> bool {
        self.said.remove(&seq);
        !self.going.contains(&seq)
    }

    /// Somebody gives a bill up: why the ledger did not take it, and it is not sent until [`Self::gone`].
    /// `None` where that is not known, because it was not refused or is being sent.
    pub(crate) fn give_up(&mut self, seq: u64) -> Option<Refused> {
        let said = self.said.remove(&seq)?;
        self.going.insert(seq);
        Some(said)
    }

    /// A bill was given up, or that failed.
    pub(crate) fn gone(&mut self, seq: u64) {
        self.going.remove(&seq);
        self.forget(seq);
    }

    /// Waits for everybody's sake; then the oldest goes first again.
    pub(crate) fn everybody(&mut self, asked: Option<Duration>, now: Instant, random: u8) -> Duration {
        let wait = self.everybody.next(asked, random);
        for held in self.held.values_mut() {
            held.until = now + wait;
            held.apart = held.apart.map(|_| 0);
        }
        self.first = None;
        wait
    }

    /// Somebody put a bill aside, or wants it tried now.
    pub(crate) fn forget(&mut self, seq: u64) {
        self.held.remove(&seq);
        self.said.remove(&seq);
        self.blocks.forget(seq);
        self.first = None;
    }

    /// The bills that others go past.
    pub(crate) fn overtaken(&self) -> Vec<Overtaken> {
        let apart = self.held.iter().filter(|(_, held)| held.apart.is_some());
        let apart = apart.map(|(seq, held)| Overtaken {
            seq: *seq,
            number: held.number.clone(),
            why: held.why.clone(),
        });
        let heads = self.blocks.heads().cloned();
        let heads = heads.map(|Head { seq, number, why }| Overtaken { seq, number, why });
        heads.chain(apart).take(MAX_TOLD).collect()
    }
}

#[cfg(test)]
mod tests;
