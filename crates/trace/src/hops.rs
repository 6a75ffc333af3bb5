//! Hops: a timeline told as steps of goods between parties, each with how sure it is.

use std::rc::Rc;

use custody::{View, ViewError, item::item_state};
use gs1::{ItemKind, ItemRef};

use crate::{
    Error,
    budget::Budget,
    path::{Leg, legs},
    reader::{Kept, Reader},
    scope::Scope,
};

/// What a hop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HopKind {
    /// Came into being.
    Origin,
    /// Went from one party to another.
    Transfer,
    /// Was used.
    Use,
    /// Was packed into something.
    Packing,
    /// Was taken out of something.
    Unpacking,
}

/// How sure a hop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Both sides signed; of what has one side only, that side.
    Confirmed,
    /// One side signed.
    OneSided,
    /// Nobody signed it: the chain breaks here.
    Gap,
    /// Statements contradict each other: shipped and not taken in, received by somebody else than the
    /// addressee, made twice, packed while in another container, moved after it was used up.
    Conflict,
}

/// Whose statements tell of a hop: what anybody may see of it follows from this, not from how well it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// Both sides': shipped and answered.
    Both,
    /// The giving side's only: shipped, not answered. An origin by Commission or Transform too: who may
    /// state those was checked.
    Giver,
    /// The arriving side's only: a Receive without a shipment, opening stock, a Sample, and whatever shows the
    /// goods to be at somebody's without a word of how they came there; of what happens at one place, that place's.
    Arriver,
}

/// A Pack by which goods came into a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packing {
    /// Its entry.
    pub entry: u64,
    /// Who packed.
    pub by: String,
}

/// One step of goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// What it is.
    pub kind: HopKind,
    /// How sure it is.
    pub certainty: Certainty,
    /// Who told of it.
    pub word: Word,
    /// The item.
    pub item: Rc<str>,
    /// The container through which it moved.
    pub via: Option<Rc<str>>,
    /// From whom; empty at an origin or where nobody told. Where only the arriving side told, who was last known
    /// to have it: that side need not know.
    pub from: String,
    /// To whom; at an origin, packing or use: where it was.
    pub to: String,
    /// When it left (came into being, was packed, was used), µs; 0 = not told.
    pub departed_at: i64,
    /// When it arrived, of a gap when it was next heard of, µs; 0 = not told.
    pub arrived_at: i64,
    /// Entries it rests on; of a gap the one behind it.
    pub entries: Vec<u64>,
    /// How the item came into the container through which it moved, innermost first.
    pub packings: Vec<Packing>,
    /// Of the entries those that name a container into which it came by other Packs than these: who is named
    /// in them has no part in the item by that.
    pub aside: Vec<u64>,
    /// The addressee has said that it did not take the goods in.
    pub declined: bool,
}

/// Back to every origin.
#[derive(Clone, Debug)]
pub struct Source {
    /// Newest first.
    pub hops: Vec<Hop>,
    /// Parties at which it began.
    pub origins: Vec<String>,
    /// More exists than was asked for or could be read.
    pub truncated: bool,
}

/// 追源头: the hops of an item from now back to its origin, at most `limit`; of a lot where its goods were made.
///
/// # Errors
/// [`Error::NotAnItem`], [`Error::Unknown`], or the view failed.
pub fn source<V: View + ?Sized>(view: &V, item: &str, limit: usize) -> Result<Source, Error> {
    source_in(view, item, limit, &Scope::all())
}

/// The same by the statements that count for a reader.
///
/// # Errors
/// [`Error::NotAnItem`], [`Error::Unknown`], or the view failed.
pub fn source_in<V: View + ?Sized>(
    view: &V,
    item: &str,
    limit: usize,
    scope: &Scope<'_>,
) -> Result<Source, Error> {
    source_within(view, item, limit, scope, Budget::default())
}

/// The same by all statements, with what was kept of earlier questions about this state of the view.
///
/// # Errors
/// As [`source_in`].
pub fn source_kept<V: View + ?Sized>(
    view: &V,
    item: &str,
    limit: usize,
    kept: &Kept,
) -> Result<Source, Error> {
    source_by(Reader::with(view, kept, Budget::default()), item, limit)
}

pub(crate) fn source_within<V: View + ?Sized>(
    view: &V,
    item: &str,
    limit: usize,
    scope: &Scope<'_>,
    budget: Budget,
) -> Result<Source, Error> {
    source_by(Reader::new(view, scope, budget), item, limit)
}

fn source_by<V: View + ?Sized>(mut reader: Reader<'_, V>, item: &str, limit: usize) -> Result<Source, Error> {
    let kind = ItemRef::parse(item).map_err(Error::NotAnItem)?.kind();
    item_state(reader.view, item)?.ok_or(Error::Unknown)?;
    let mut legs = match kind {
        ItemKind::Lot => reader.origins(item)?,
        _ => legs(&reader.timeline(item)?),
    };
    let begins = |at: usize, leg: &Leg| match leg.kind {
        HopKind::Origin => true,
        // A container begins at who first packs something into it.
        HopKind::Packing => at == 0 && leg.from == 0 && leg.via.is_none() && leg.arrived_at == 0,
        _ => false,
    };
    let mut origins = Vec::new();
    for (_, leg) in legs.iter().enumerate().filter(|(at, leg)| begins(*at, leg)) {
        origins.push(reader.party(leg.to)?.to_string());
    }
    legs.reverse();
    origins.sort();
    origins.dedup();
    let truncated = legs.len() > limit || reader.truncated();
    let item: Rc<str> = item.into();
    let hops = legs.into_iter().take(limit).map(|leg| reader.hop(&item, leg));
    Ok(Source { hops: hops.collect::<Result<_, _>>()?, origins, truncated })
}

impl<V: View + ?Sized> Reader<'_, V> {
    /// The hops of an item, oldest first; none where nothing is told of it.
    pub(crate) fn hops(&mut self, item: &str) -> Result<Vec<Hop>, ViewError> {
        let legs = legs(&self.timeline(item)?);
        self.hops_of(item, legs)
    }

    pub(crate) fn hops_of(&mut self, item: &str, legs: Vec<Leg>) -> Result<Vec<Hop>, ViewError> {
        let item: Rc<str> = item.into();
        legs.into_iter().map(|leg| self.hop(&item, leg)).collect()
    }

    /// A leg with names in place of numbers.
    pub(crate) fn hop(&mut self, item: &Rc<str>, leg: Leg) -> Result<Hop, ViewError> {
        let mut packings = Vec::new();
        for packed in leg.packings.as_deref().unwrap_or_default() {
            packings.push(Packing { entry: packed.index, by: self.party(packed.by)?.to_string() });
        }
        Ok(Hop {
            kind: leg.kind,
            certainty: leg.certainty,
            word: leg.word,
            item: item.clone(),
            via: leg.via,
            from: self.party(leg.from)?.to_string(),
            to: self.party(leg.to)?.to_string(),
            departed_at: leg.departed_at,
            arrived_at: leg.arrived_at,
            entries: leg.entries,
            packings,
            aside: leg.aside,
            declined: leg.declined,
        })
    }
}
