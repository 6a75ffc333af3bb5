//! Whose turn it is, when a bill does not get through.
//!
//! Bills go in order of acceptance. One that does not get through is tried alone for a while: mostly the
//! network is away, and then nothing overtakes anything. After that another one is tried in its place each
//! time. If that one gets through, the trouble is the first one's own: the others go on without it, except
//! those of its number, and it is tried again now and then. If it does not, the trouble is everybody's, and
//! the next round tries the next other one: so that two bills with trouble of their own do not pass for a
//! ledger that is away.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde::Serialize;

use super::Patience;
use crate::outbox::Passing;

/// How often a bill is tried before another one is in its place: about three seconds.
const ALONE: u32 = 4;
/// First wait of a bill that others have overtaken; it doubles…
const APART: Duration = Duration::from_secs(30);
/// …up to this.
const LONGEST_APART: Duration = Duration::from_secs(900);
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
    pub(crate) number: &'a str,
    pub(crate) why: &'a str,
    /// How long the ledger asks to be left alone.
    pub(crate) asked: Option<Duration>,
    /// It is known to concern every bill.
    pub(crate) everybody: bool,
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
    until: Instant,
}

impl Held {
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
}

impl Turns {
    /// What is not taken now.
    pub(crate) fn passing(&self, now: Instant) -> Passing {
        let bills = self.held.iter().filter(|(_, held)| held.until > now).map(|(seq, _)| *seq).collect();
        Passing { bills, up_to: if self.first.is_some() { self.tried } else { 0 } }
    }

    /// No other one was found: whether it is worth while to look again, from the beginning.
    pub(crate) fn wrap(&mut self) -> bool {
        self.first.is_some() && std::mem::take(&mut self.tried) > 0
    }

    /// Nothing can go now: how long until something can, and why. `None` = nothing waits.
    pub(crate) fn rest(&mut self, now: Instant) -> Option<Rest> {
        self.first = None;
        let held = self.held.values().min_by_key(|held| held.until)?;
        let wait = held.until.saturating_duration_since(now);
        Some(Rest { wait, why: held.why.clone(), attention: held.attention })
    }

    /// A bill reached its end, so the ledger answers: those tried before it have trouble of their own.
    pub(crate) fn answered(&mut self, seq: u64, now: Instant) {
        self.held.remove(&seq);
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
        let second = self.first.is_some_and(|first| first != seq);
        let crowded = self.held.len() >= MAX_HELD && !self.held.contains_key(&seq);
        if second {
            self.tried = seq;
        }
        if failed.everybody || second || crowded {
            return After::Wait(self.everybody(failed.asked, now, random));
        }
        let held = self.held.entry(seq).or_insert_with(|| Held {
            number: failed.number.to_owned(),
            why: String::new(),
            attention: false,
            tries: 0,
            patience: Patience::default(),
            apart: None,
            until: now,
        });
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
        self.first = None;
    }

    /// The bills that others go past.
    pub(crate) fn overtaken(&self) -> Vec<Overtaken> {
        let apart = self.held.iter().filter(|(_, held)| held.apart.is_some()).take(MAX_TOLD);
        apart
            .map(|(seq, held)| Overtaken { seq: *seq, number: held.number.clone(), why: held.why.clone() })
            .collect()
    }
}

#[cfg(test)]
mod tests;
