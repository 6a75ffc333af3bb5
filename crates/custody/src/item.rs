//! Item state: the fold of an item's events in order of occurrence.
//!
//! An item's own events tell where it is while it is not in a container; inside one, it is where the
//! container is. The fold therefore keeps the container with the moment of packing, and readers walk up
//! (crate `trace`). "Unpack everything" touches only the container: a child is inside exactly while no
//! such Unpack of its container lies behind its packing.

mod acts;
pub mod deeds;
mod step;

use statement::{Kind, SubjectKind};

pub use acts::{Act, Acts, Event, Numbers, acts_of};
pub(crate) use acts::{Place, acts_from};

use crate::{
    View, ViewError,
    tables::{MAX_INDEX, SubjectRecord, damaged, put_varint, subject_by_text, take_varint},
};

/// Condition of an item by its own events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Status {
    /// Named, and nobody has said where it is.
    #[default]
    Unknown = 1,
    /// At its holder.
    Held = 2,
    /// Shipped, not yet received.
    InTransit = 3,
    /// At its holder, opened.
    Opened = 4,
    /// Used up: final.
    Used = 5,
    /// Shipped, and the addressee says it was not there.
    Missing = 6,
    /// Shipped, and refused by the addressee.
    Refused = 7,
    /// In its holder's books, and not on its shelf.
    Lost = 8,
    /// Stolen from its holder.
    Stolen = 9,
    /// Destroyed: final.
    Destroyed = 10,
    /// Made into something else: final.
    Transformed = 11,
    /// Under an authority's measure, at who keeps it.
    Seized = 12,
}

impl Status {
    /// All conditions.
    pub const ALL: [Self; 12] = [
        Self::Unknown,
        Self::Held,
        Self::InTransit,
        Self::Opened,
        Self::Used,
        Self::Missing,
        Self::Refused,
        Self::Lost,
        Self::Stolen,
        Self::Destroyed,
        Self::Transformed,
        Self::Seized,
    ];

    /// Whether the item is no more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Used | Self::Destroyed | Self::Transformed)
    }

    /// Whether the item is at its holder.
    #[must_use]
    pub const fn is_here(self) -> bool {
        matches!(self, Self::Held | Self::Opened | Self::Seized)
    }

    fn from_code(code: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|s| *s as u64 == code)
    }
}

/// Entries remembered as not fitting together.
const MAX_CONFLICTS: usize = 8;

/// State of an item by its own events. Entry references are indices plus one; 0 = none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemState {
    /// Condition.
    pub status: Status,
    /// Number of the activity of who has it (in transit: who sent it; lost, stolen or no more: who had it
    /// last); 0 = unknown.
    pub holder: u64,
    /// In transit, missing or refused: number of the addressee's activity.
    pub addressee: u64,
    /// Subject number of the container it was last packed into; 0 = none.
    pub container: u64,
    /// Its addressee says that it was not in the container with this number, where it was last known to be;
    /// 0 = nobody has, or it has been heard of since.
    pub missed_from: u64,
    /// Time (µs) and cause of that packing.
    pub packed: (i64, u8),
    /// Entry + 1 of that packing.
    pub packed_by: u64,
    /// Last time (µs) everything was taken out of it; 0 = never.
    pub emptied_at: i64,
    /// Entry + 1 of its Commission.
    pub commissioned: u64,
    /// Entry + 1 of the Ship under way or last answered.
    pub shipped_by: u64,
    /// Entry + 1 that told its site.
    pub site_by: u64,
    /// Place of the last event in order of occurrence: time (µs) and cause.
    pub last: (i64, u8),
    /// Entry of that event.
    pub last_index: u64,
    /// Events folded.
    pub events: u64,
    /// Time (µs) of the event that brought it to where it is: to its holder, addressee, container.
    pub moved_at: i64,
    /// At its holder: entry + 1 by which it came there; else 0.
    pub since: u64,
    /// It has been used before and something is left, wherever it is.
    pub opened: bool,
    /// Somebody who had it said that it is damaged.
    pub damaged: bool,
    /// An authority has seized it and nobody has given it back: it is where the last of those says that had it by
    /// the authority's word, whatever others say.
    pub seized: bool,
    /// It bears several codes; all of them carry the state of the one thing they are.
    pub aliased: bool,
    /// Something came too late to be folded in its place, or was corrected too late: more stands behind
    /// it than is folded anew for one statement. [`ItemState::step_late`] says what such a statement does.
    pub overflow: bool,
    /// Entries that do not fit with what happened before them, at most 8.
    pub conflicts: Vec<u64>,
}

impl ItemState {
    /// Its bytes in a subject record.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        let flags = [self.overflow, self.opened, self.damaged, self.aliased, self.seized];
        let flags = (0..).zip(flags).fold(0, |all, (bit, flag)| all | u8::from(flag) << bit);
        out.extend([self.status as u8, self.packed.1, self.last.1, flags]);
        // Times of statements are never negative (validated).
        let [packed, emptied, last] = [self.packed.0, self.emptied_at, self.last.0].map(|t| t.max(0) as u64);
        for value in [
            self.holder,
            self.addressee,
            self.container,
            packed,
            self.packed_by,
            emptied,
            self.commissioned,
            self.shipped_by,
            self.site_by,
            last,
            self.last_index,
            self.events,
            self.since,
            self.missed_from,
            // Mostly 0: what happened last brought it there.
            self.last.0.saturating_sub(self.moved_at).max(0) as u64,
        ] {
            put_varint(&mut out, value);
        }
        self.conflicts.iter().for_each(|c| put_varint(&mut out, *c));
        out
    }

    /// Reads it back; the empty state where `bytes` is empty.
    ///
    /// # Errors
    /// The bytes are not an item state.
    pub fn decode(bytes: &[u8]) -> Result<Self, ViewError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        Self::decode_some(bytes).ok_or_else(|| damaged("item"))
    }

    fn decode_some(bytes: &[u8]) -> Option<Self> {
        let (&[status, packed_cause, last_cause, flags], mut rest) = bytes.split_first_chunk::<4>()?;
        // Numbers, indices and times alike.
        let mut next = || take_varint(&mut rest).filter(|v| *v < MAX_INDEX);
        let time = |v: u64| i64::try_from(v).ok();
        let mut state = Self {
            status: Status::from_code(u64::from(status))?,
            holder: next()?,
            addressee: next()?,
            container: next()?,
            packed: (time(next()?)?, packed_cause),
            packed_by: next()?,
            emptied_at: time(next()?)?,
            commissioned: next()?,
            shipped_by: next()?,
            site_by: next()?,
            last: (time(next()?)?, last_cause),
            last_index: next()?,
            events: next()?,
            since: next()?,
            missed_from: next()?,
            moved_at: time(next()?)?,
            overflow: flags & 1 != 0,
            opened: flags & 2 != 0,
            damaged: flags & 4 != 0,
            aliased: flags & 8 != 0,
            seized: flags & 16 != 0,
            conflicts: Vec::new(),
        };
        while !rest.is_empty() {
            state.conflicts.push(take_varint(&mut rest)?);
        }
        state.moved_at = state.last.0.checked_sub(state.moved_at).filter(|t| *t >= 0)?;
        (flags < 32 && state.conflicts.len() <= MAX_CONFLICTS).then_some(state)
    }

    /// The container that it was last put into by what names it, whoever says that it was not inside; 0 =
    /// none. Its containers' own events may have taken it out.
    #[must_use]
    pub const fn last_container(&self) -> u64 {
        if self.container == 0 { self.missed_from } else { self.container }
    }

    /// Whether an event follows everything folded so far.
    #[must_use]
    pub fn precedes(&self, acts: &Acts) -> bool {
        self.events == 0 || self.last < (acts.at, acts.cause)
    }
}

/// An item's record with its state by its own events; `None` where no entry names it.
///
/// # Errors
/// The view cannot be read.
pub fn item_state<V: View + ?Sized>(
    view: &V,
    item: &str,
) -> Result<Option<(SubjectRecord, ItemState)>, ViewError> {
    let Some(record) = subject_by_text(view, SubjectKind::Item, item)? else { return Ok(None) };
    let state = ItemState::decode(&record.state)?;
    Ok(Some((record, state)))
}

/// Whether a kind of statement acts on items.
#[must_use]
pub const fn moves_items(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Commission
            | Kind::Pack
            | Kind::Unpack
            | Kind::Ship
            | Kind::Receive
            | Kind::Use
            | Kind::Transform
            | Kind::Adjust
            | Kind::Service
            | Kind::Sample
            | Kind::Seize
            | Kind::HandOver
            | Kind::EvidenceReturn
            | Kind::Destroy
    )
}
