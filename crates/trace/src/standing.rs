//! Who stands in an item's chain of custody, and how far that lets it see.
//!
//! Anybody may sign a statement about any code, and it is recorded and flagged. So a signature alone
//! opens nothing: who reads about an item must stand in its chain of custody, and sees a neighbour in it only
//! where the neighbour's own statement says so: its Ship to the reader, its answer to the reader's.
//!
//! How well a hop fits with others says nothing about that: a stranger can make any of them fit ill. What
//! counts is whose word it is ([`Word`]).

use std::collections::{BTreeMap, BTreeSet};

use custody::ViewError;

use crate::{
    desk::LotPart,
    hops::{Hop, HopKind, Packing, Word},
};

/// What a reader may see, for answers about many items at once.
pub trait Sees {
    /// Whether it may see a statement, by its entry.
    ///
    /// # Errors
    /// The view failed.
    fn statement(&self, index: u64) -> Result<bool, ViewError>;

    /// Whether it has a part in an item with these hops, oldest first.
    ///
    /// # Errors
    /// The view failed.
    fn item(&self, hops: &[Hop]) -> Result<bool, ViewError>;

    /// What part it has in a lot.
    ///
    /// # Errors
    /// The view failed.
    fn lot(&self, lot: &str) -> Result<LotPart, ViewError>;

    /// Whether it is this party.
    fn is_party(&self, party: &str) -> bool;

    /// Whether nothing is hidden from it.
    fn is_everything(&self) -> bool {
        false
    }
}

/// A reader from whom nothing is hidden.
#[derive(Clone, Copy, Debug)]
pub struct Everything;

impl Sees for Everything {
    fn statement(&self, _: u64) -> Result<bool, ViewError> {
        Ok(true)
    }

    fn item(&self, _: &[Hop]) -> Result<bool, ViewError> {
        Ok(true)
    }

    fn lot(&self, _: &str) -> Result<LotPart, ViewError> {
        Ok(LotPart::Whole)
    }

    fn is_party(&self, _: &str) -> bool {
        false
    }

    fn is_everything(&self) -> bool {
        true
    }
}

impl Hop {
    /// Whether a trader is shown it: one step up and one down. Of a hop that the arriving side alone has told
    /// only that nobody is known before it: who had the goods last is not for whoever claims them, nor who
    /// claims them for whoever had them.
    #[must_use]
    pub fn is_shown_to(&self, party: &str) -> bool {
        let ours = self.from == party || self.to == party;
        ours && (self.word != Word::Arriver || self.from.is_empty())
    }

    /// Whether the goods went between the two, and `other` says so itself.
    fn is_told_by(&self, other: &str, party: &str) -> bool {
        match self.word {
            _ if self.kind != HopKind::Transfer => false,
            Word::Both => {
                (self.from == other && self.to == party) || (self.from == party && self.to == other)
            }
            Word::Giver => self.from == other && self.to == party,
            Word::Arriver => false,
        }
    }

    /// Whether the goods went to somebody else, by both sides' word.
    #[must_use]
    pub fn is_passed_on(&self) -> bool {
        self.kind == HopKind::Transfer && self.word == Word::Both && !self.declined
    }

    /// Who passed the goods on to a party, by its own word.
    #[must_use]
    pub fn supplier(&self) -> Option<&str> {
        (self.kind == HopKind::Transfer && self.word != Word::Arriver).then_some(&*self.from)
    }
}

/// Whether `other` is one step up or down from a party in the chain of custody.
#[must_use]
pub fn is_near(hops: &[Hop], party: &str, other: &str) -> bool {
    chain(hops).into_iter().any(|hop| hop.is_told_by(other, party))
}

/// Of hops in order of time those that continue the chain: from the Commission on; where nobody has made it, from
/// another origin (opening stock, made out of others); where nobody has told of one, from a hop. Of several, that
/// which was recorded first: what somebody dates back later takes nothing over. Then each that a holder of the
/// chain is the giving side of, by its own word. Who has passed the goods on, and is answered, holds them no more.
///
/// What happened to a container happened to what is in it only if who packed held the item then: anybody may say
/// that somebody else's goods are in a case that went to it.
#[must_use]
pub fn chain(hops: &[Hop]) -> Vec<&Hop> {
    let Some(begin) = beginning(hops) else { return Vec::new() };
    let mut walk = Walk::default();
    let mut chain = Vec::new();
    for (at, hop) in hops.iter().enumerate().skip(begin) {
        if at == begin || walk.goes_on_by(hop) {
            walk.take(hop);
            chain.push(hop);
        } else {
            walk.pass_over(hop);
        }
    }
    chain
}

fn is_made(hop: &Hop) -> bool {
    hop.kind == HopKind::Origin && hop.word != Word::Arriver
}

/// Where the chain begins, if it does.
fn beginning(hops: &[Hop]) -> Option<usize> {
    let first = |counts: &dyn Fn(&Hop) -> bool| {
        let of = hops.iter().enumerate().filter(|(_, hop)| counts(hop));
        of.min_by_key(|(_, hop)| hop.entries.iter().min().copied()).map(|(at, _)| at)
    };
    first(&is_made)
        .or_else(|| first(&|hop| hop.kind == HopKind::Origin))
        // Who packs something into a container need not be who has it: its chain begins with its first way.
        .or_else(|| first(&|hop| hop.packings.is_empty() && hop.kind != HopKind::Packing))
}

/// Who has made an item, as far as nobody else says that it has: then what is told of it is of one thing.
#[must_use]
pub fn maker(hops: &[Hop]) -> Option<&str> {
    let mut makers = hops.iter().filter(|hop| is_made(hop)).map(|hop| hop.to.as_str());
    let first = makers.next()?;
    makers.all(|other| other == first).then_some(first)
}

/// A walk along the chain.
#[derive(Default)]
struct Walk<'h> {
    /// Who has the goods by its word, or is to have them.
    holders: BTreeSet<&'h str>,
    /// Who has ever been one of them.
    known: BTreeSet<&'h str>,
    /// Packs of the item and its containers met on the way, with whether who packed was one of them.
    packs: BTreeMap<u64, bool>,
}

impl<'h> Walk<'h> {
    /// Whether a hop continues the chain.
    fn goes_on_by(&self, hop: &Hop) -> bool {
        let giver = match hop.kind {
            HopKind::Transfer => hop.supplier(),
            HopKind::Use | HopKind::Packing | HopKind::Unpacking => Some(hop.to.as_str()),
            HopKind::Origin => None,
        };
        giver.is_some_and(|giver| self.holders.contains(giver)) && hop.packings.iter().all(|p| self.packed(p))
    }

    /// Whether somebody packed who had the goods. A container may have been packed before the item came into it:
    /// then by one of those who have had the item.
    fn packed(&self, packing: &Packing) -> bool {
        self.packs.get(&packing.entry).copied().unwrap_or_else(|| self.known.contains(packing.by.as_str()))
    }

    fn take(&mut self, hop: &'h Hop) {
        if hop.is_passed_on() {
            self.holders.remove(hop.from.as_str());
        }
        self.holders.insert(&hop.to);
        self.known.insert(&hop.to);
        self.note(hop, true);
    }

    fn pass_over(&mut self, hop: &Hop) {
        self.note(hop, false);
    }

    fn note(&mut self, hop: &Hop, counts: bool) {
        if hop.kind == HopKind::Packing {
            self.packs.extend(hop.entries.iter().map(|entry| (*entry, counts)));
        }
    }
}
