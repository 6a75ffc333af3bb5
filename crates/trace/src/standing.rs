//! Who stands in an item's chain of custody, and how far that lets it see.
//!
//! Anybody may sign a statement about any code, and it is recorded and flagged. So a signature alone
//! opens nothing: who reads about an item must stand in its chain of custody, and sees a neighbour in it only
//! where the neighbour's own statement says so: its Ship to the reader, its answer to the reader's.
//!
//! How well a hop fits with others says nothing about that: a stranger can make any of them fit ill. What
//! counts is whose word it is ([`Word`]).

use std::collections::BTreeSet;

use custody::ViewError;

use crate::hops::{Hop, HopKind, Word};

/// What a reader may see, for answers about many items at once.
pub trait Sees {
    /// Whether it may see a statement, by its entry.
    ///
    /// # Errors
    /// The view failed.
    fn statement(&self, index: u64) -> Result<bool, ViewError>;

    /// Whether it may ask about an item with these hops, oldest first.
    ///
    /// # Errors
    /// The view failed.
    fn item(&self, hops: &[Hop]) -> Result<bool, ViewError>;
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
/// chain is the giving side of, by its own word.
#[must_use]
pub fn chain(hops: &[Hop]) -> Vec<&Hop> {
    let first = |counts: &dyn Fn(&Hop) -> bool| {
        let of = hops.iter().enumerate().filter(|(_, hop)| counts(hop));
        of.min_by_key(|(_, hop)| hop.entries.iter().min().copied()).map(|(at, _)| at)
    };
    let origin = |hop: &Hop| hop.kind == HopKind::Origin;
    let begin = first(&|hop| origin(hop) && hop.word != Word::Arriver)
        .or_else(|| first(&origin))
        .or_else(|| first(&|_| true))
        .unwrap_or(0);
    let mut holders: BTreeSet<&str> = BTreeSet::new();
    let mut chain = Vec::new();
    for hop in hops.get(begin..).unwrap_or_default() {
        let giver = match hop.kind {
            HopKind::Transfer => hop.supplier(),
            HopKind::Use | HopKind::Packing | HopKind::Unpacking => Some(hop.to.as_str()),
            HopKind::Origin => None,
        };
        if chain.is_empty() || giver.is_some_and(|g| holders.contains(g)) {
            holders.insert(&hop.to);
            chain.push(hop);
        }
    }
    chain
}
