//! Who may read what.
//!
//! | reader | entries | items |
//! | --- | --- | --- |
//! | authority or auditor in force today | all | all |
//! | other party | where it signed, is principal, counterparty or the party registered; what answers its shipment and tells so | those in whose chain of custody it has a part; of others what its own chain tells ([`trace::Scope`]) |
//! | no token | genesis; of all others the public leaf | none |
//!
//! A confidential statement is read by its two sides and by auditors, by no other authority.
//!
//! Of an item in whose chain a party has a part it sees where the item is only while that is one step away.
//!
//! What may not be seen looks the same as what does not exist.

#[cfg(test)]
mod tests;

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use custody::{View, ViewError, confidential, registry, response, tables};
use merkle::Hash;
use proto::v1::Role;
use statement::{Day, LeafType, Relation, SubjectKind};
use trace::{
    Hop, Sees, chain,
    desk::{LotPart, lot_part},
};

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
        Ok(Sight {
            reason: reader.reason,
            key: reader.key,
            ..Sight::of_party(view, reader.party, Day::of_instant(us))?
        })
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
    /// Id of the key by which it has shown who it is.
    pub(crate) key: Hash,
    everything: bool,
    /// An auditor in force today.
    auditor: bool,
    /// Why it reads.
    pub(crate) reason: ReadReason,
    /// Numbers of its subjects `activity` and `party`, where it has any.
    numbers: Vec<u64>,
}

impl Sight {
    fn public() -> Self {
        Self {
            party: String::new(),
            key: [0; 32],
            everything: false,
            auditor: false,
            reason: ReadReason::default(),
            numbers: Vec::new(),
        }
    }

    /// A party without what its roles show it.
    pub(crate) fn of_trader<V: View>(view: &V, party: String) -> Result<Self, ViewError> {
        let mut numbers = Vec::new();
        for kind in [SubjectKind::Activity, SubjectKind::Party] {
            numbers.extend(tables::subject_by_text(view, kind, &party)?.map(|record| record.number));
        }
        Ok(Self { party, numbers, ..Self::public() })
    }

    fn of_party<V: View>(view: &V, party: String, today: Day) -> Result<Self, Fault> {
        let row = registry::party(view, &party)?;
        let roles = row.map(|row| registry::roles_on(&row, today)).unwrap_or_default();
        let holds = |role| roles.iter().any(|(held, _)| *held == role);
        let auditor = holds(Role::Auditor);
        let everything = auditor || holds(Role::Authority);
        Ok(Self { everything, auditor, ..Self::of_trader(view, party)? })
    }

    /// Sees more than a trader does: what it reads is recorded before it is answered.
    pub(crate) const fn is_privileged(&self) -> bool {
        self.everything
    }

    /// Sees all there is.
    pub(crate) const fn is_everything(&self) -> bool {
        self.everything
    }

    /// An auditor in force today.
    pub(crate) const fn is_auditor(&self) -> bool {
        self.auditor
    }

    /// Whether the contents of an entry may be shown.
    pub(crate) fn entry<V: View>(&self, view: &V, index: u64, leaf_type: LeafType) -> Result<bool, Fault> {
        match leaf_type {
            LeafType::Genesis => Ok(true),
            LeafType::Statement => Ok(self.statement(view, index)?),
            LeafType::Seal | LeafType::AccessDigest => Ok(self.everything),
        }
    }

    /// Whether the contents of a statement's entry may be shown.
    pub(crate) fn statement<V: View>(&self, view: &V, index: u64) -> Result<bool, ViewError> {
        if let Some(sides) = confidential::readers(view, index)? {
            return Ok(self.auditor || sides.contains(&self.party));
        }
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
            if self.touches(view, ship)? && response::tells_sender(view, index, ship)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a statement is shown to this reader for its role alone, and not as one that it concerns.
    pub(crate) fn by_role_only<V: View>(&self, view: &V, index: u64) -> Result<bool, Fault> {
        let as_party = Self { everything: false, auditor: false, ..self.clone() };
        Ok(self.everything && !as_party.statement(view, index)?)
    }

    /// Whether questions about an item are answered, by its hops, oldest first: the reader gave or took it, or
    /// is named in a statement by which that was done.
    pub(crate) fn item<V: View>(&self, view: &V, hops: &[Hop]) -> Result<bool, ViewError> {
        if self.everything {
            return Ok(true);
        }
        for hop in chain(hops) {
            if hop.from == self.party || hop.to == self.party {
                return Ok(true);
            }
            // Named in it by who gave the goods; of an answer whose it is: that may be meant for another shipment,
            // of which the reader says that these goods were in it.
            for (at, &entry) in hop.entries.iter().enumerate() {
                let touch = if hop.aside.contains(&entry) { None } else { self.touch(view, entry)? };
                if touch.is_some_and(|relation| at == 0 || is_own(relation)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Whether a hop is shown.
    pub(crate) fn hop(&self, hop: &Hop) -> bool {
        self.everything || hop.is_shown_to(&self.party)
    }

    /// Whether a party is the reader, or one step up or down from it in the chain of custody.
    pub(crate) fn is_near(&self, hops: &[Hop], party: &str) -> bool {
        self.everything || party == self.party || trace::is_near(hops, &self.party, party)
    }

    /// The same for questions about many items.
    pub(crate) const fn over<'a, V: View>(&'a self, view: &'a V) -> Over<'a, V> {
        Over { sight: self, view }
    }

    /// Whether the entry names the reader.
    fn touches<V: View>(&self, view: &V, index: u64) -> Result<bool, ViewError> {
        Ok(self.touch(view, index)?.is_some())
    }

    /// As what the entry names the reader, if it does.
    fn touch<V: View>(&self, view: &V, index: u64) -> Result<Option<Relation>, ViewError> {
        for &number in &self.numbers {
            let mut found = None;
            // The first touch not before the entry tells.
            tables::touches(view, number, index, &mut |touch| {
                found = (touch.index == index).then_some(touch.relation);
                Ok(false)
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

const fn is_own(relation: Relation) -> bool {
    matches!(relation, Relation::Signer | Relation::Principal)
}

/// What a reader may see in a view.
pub(crate) struct Over<'a, V> {
    sight: &'a Sight,
    view: &'a V,
}

impl<V: View> Sees for Over<'_, V> {
    fn statement(&self, index: u64) -> Result<bool, ViewError> {
        self.sight.statement(self.view, index)
    }

    fn item(&self, hops: &[Hop]) -> Result<bool, ViewError> {
        self.sight.item(self.view, hops)
    }

    fn lot(&self, lot: &str) -> Result<LotPart, ViewError> {
        if self.sight.everything { Ok(LotPart::Whole) } else { lot_part(self.view, lot, &self.sight.party) }
    }

    fn is_party(&self, party: &str) -> bool {
        party == self.sight.party
    }

    fn is_everything(&self) -> bool {
        self.sight.everything
    }
}
