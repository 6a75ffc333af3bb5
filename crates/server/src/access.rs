//! Who may read what.
//!
//! | reader | entries | items |
//! | --- | --- | --- |
//! | authority or auditor in force today | all | all |
//! | other party | where it signed, is principal, counterparty or the party registered, or whose shipment it answers | those in whose chain of custody it has a part |
//! | no token | genesis; of all others the public leaf | none |
//!
//! Of an item in whose chain a party has a part it sees where the item is only while that is one step away.
//!
//! What may not be seen looks the same as what does not exist.

mod chain;
#[cfg(test)]
mod tests;

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use custody::{View, registry, response, tables};
use merkle::Hash;
use proto::v1::Role;
use statement::{Day, LeafType, SubjectKind};
use trace::{Certainty, Hop};

use crate::{
    status::{Fault, Kind},
    token::{self, ReadReason},
};

/// What a caller brought along to be let in.
#[derive(Clone)]
pub(crate) struct Credentials {
    token: Option<Arc<str>>,
}

impl Credentials {
    /// Of a call.
    pub(crate) fn of<T>(request: &tonic::Request<T>) -> Result<Self, Fault> {
        Ok(Self { token: token::bearer(request.metadata())?.map(Arc::from) })
    }

    /// What they show in this view; nothing but public things without a token.
    pub(crate) fn sight<V: View>(&self, view: &V, ledger: &Hash) -> Result<Sight, Fault> {
        let Some(token) = &self.token else { return Ok(Sight::public()) };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let reader = token::reader(view, token, ledger, now.as_secs())?;
        let us = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
        Ok(Sight { reason: reader.reason, ..Sight::of_party(view, reader.party, Day::of_instant(us))? })
    }

    /// The same where a token is needed.
    pub(crate) fn party_sight<V: View>(&self, view: &V, ledger: &Hash) -> Result<Sight, Fault> {
        match &self.token {
            None => Err(Kind::TokenMissing.into()),
            Some(_) => self.sight(view, ledger),
        }
    }
}

/// What a reader may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Canonical party id; empty for the public.
    pub(crate) party: String,
    everything: bool,
    /// Why it reads.
    pub(crate) reason: ReadReason,
    /// Numbers of its subjects `activity` and `party`, where it has any.
    numbers: Vec<u64>,
}

impl Sight {
    fn public() -> Self {
        Self { party: String::new(), everything: false, reason: ReadReason::default(), numbers: Vec::new() }
    }

    fn of_party<V: View>(view: &V, party: String, today: Day) -> Result<Self, Fault> {
        let row = registry::party(view, &party)?;
        let everything = row.is_some_and(|row| {
            registry::roles_on(&row, today).iter().any(|(r, _)| matches!(r, Role::Authority | Role::Auditor))
        });
        let mut numbers = Vec::new();
        for kind in [SubjectKind::Activity, SubjectKind::Party] {
            numbers.extend(tables::subject_by_text(view, kind, &party)?.map(|record| record.number));
        }
        Ok(Self { party, everything, reason: ReadReason::default(), numbers })
    }

    /// Numbers of the reader's subjects `activity` and `party`.
    pub(crate) fn numbers(&self) -> &[u64] {
        &self.numbers
    }

    /// Sees all there is.
    pub(crate) const fn is_everything(&self) -> bool {
        self.everything
    }

    /// Whether the contents of an entry may be shown.
    pub(crate) fn entry<V: View>(&self, view: &V, index: u64, leaf_type: LeafType) -> Result<bool, Fault> {
        match leaf_type {
            LeafType::Genesis => Ok(true),
            LeafType::Statement => self.statement(view, index),
            LeafType::Seal | LeafType::AccessDigest => Ok(self.everything),
        }
    }

    /// Whether the contents of a statement's entry may be shown.
    pub(crate) fn statement<V: View>(&self, view: &V, index: u64) -> Result<bool, Fault> {
        if self.everything {
            return Ok(true);
        }
        if self.touches(view, index)? {
            return Ok(true);
        }
        if self.numbers.is_empty() {
            return Ok(false);
        }
        // A Receive that names a bill or waybill only: the sender is known by the Ship that it answers.
        for ship in response::ships_of(view, index)? {
            if self.touches(view, ship)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a statement is shown to this reader for its role alone, and not as one that it concerns.
    pub(crate) fn by_role_only<V: View>(&self, view: &V, index: u64) -> Result<bool, Fault> {
        let as_party = Self { everything: false, ..self.clone() };
        Ok(self.everything && !as_party.statement(view, index)?)
    }

    /// Whether questions about an item are answered: the reader gave or took it, or may see a statement
    /// by which that was done.
    pub(crate) fn item<V: View>(&self, view: &V, hops: &[Hop]) -> Result<bool, Fault> {
        if self.everything {
            return Ok(true);
        }
        for hop in chain::chain(hops) {
            if hop.from == self.party || hop.to == self.party {
                return Ok(true);
            }
            if hop.certainty == Certainty::Conflict {
                continue;
            }
            for &entry in &hop.entries {
                if self.statement(view, entry)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Whether a hop is shown: one step up and one down. Of a gap only that nobody has told of any step
    /// before it: who had the goods last is not for whoever claims them.
    pub(crate) fn hop(&self, hop: &Hop) -> bool {
        let ours = hop.from == self.party || hop.to == self.party;
        self.everything || (ours && (hop.certainty != Certainty::Gap || hop.from.is_empty()))
    }

    /// Whether a party is the reader, or one step up or down from it in the chain of custody. A step that
    /// the reader alone has signed brings nobody nearer.
    pub(crate) fn is_near(&self, hops: &[Hop], party: &str) -> bool {
        let signed_by_other =
            |hop: &Hop| (hop.from == party && hop.departed_at != 0) || hop.entries.len() > 1;
        self.everything
            || party == self.party
            || chain::chain(hops).into_iter().any(|hop| {
                let between = (hop.from == party && hop.to == self.party)
                    || (hop.from == self.party && hop.to == party);
                between && self.hop(hop) && signed_by_other(hop)
            })
    }

    /// Whether the entry names the reader.
    fn touches<V: View>(&self, view: &V, index: u64) -> Result<bool, Fault> {
        for &number in &self.numbers {
            let mut found = false;
            // The first touch not before the entry tells.
            tables::touches(view, number, index, &mut |touch| {
                found = touch.index == index;
                Ok(false)
            })?;
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
