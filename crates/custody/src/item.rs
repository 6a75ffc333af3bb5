//! Item state: the fold of an item's events in order of occurrence.
//!
//! An item's own events tell where it is while it is not in a container; inside one, it is where the
//! container is. The fold therefore keeps the container with the moment of packing, and readers walk up
//! (crate `trace`). "Unpack everything" touches only the container: a child is inside exactly while no
//! such Unpack of its container lies behind its packing.

mod acts;

use proto::v1::ReceiveOutcome;
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
}

impl Status {
    /// All conditions.
    pub const ALL: [Self; 7] =
        [Self::Unknown, Self::Held, Self::InTransit, Self::Opened, Self::Used, Self::Missing, Self::Refused];

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
    /// Number of the activity of who has it (in transit: who sent it); 0 = unknown.
    pub holder: u64,
    /// In transit, missing or refused: number of the addressee's activity.
    pub addressee: u64,
    /// Subject number of the container it was last packed into; 0 = none.
    pub container: u64,
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
    /// It has been used before and something is left, wherever it is.
    pub opened: bool,
    /// Something came late into a history too long to be folded anew: from there on, events stand in
    /// order of arrival, and corrections do not show.
    pub overflow: bool,
    /// Entries that do not fit with what happened before them, at most 8.
    pub conflicts: Vec<u64>,
}

impl ItemState {
    /// Its bytes in a subject record.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        let flags = u8::from(self.overflow) | u8::from(self.opened) << 1;
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
            overflow: flags & 1 != 0,
            opened: flags & 2 != 0,
            conflicts: Vec::new(),
        };
        while !rest.is_empty() {
            state.conflicts.push(take_varint(&mut rest)?);
        }
        (flags < 4 && state.conflicts.len() <= MAX_CONFLICTS).then_some(state)
    }

    /// Whether an event follows everything folded so far.
    #[must_use]
    pub fn precedes(&self, acts: &Acts) -> bool {
        self.events == 0 || self.last < (acts.at, acts.cause)
    }

    /// Folds one event.
    pub fn step(&mut self, event: Event<'_>) {
        let Event { acts, act } = event;
        if !self.fits(acts, act)
            && self.conflicts.len() < MAX_CONFLICTS
            && !self.conflicts.contains(&acts.index)
        {
            self.conflicts.push(acts.index);
        }
        self.last = (acts.at, acts.cause);
        self.last_index = acts.index;
        self.events += 1;
        if act == Act::Emptied {
            self.emptied_at = acts.at;
        }
        if self.status != Status::Used {
            self.advance(acts, act);
        }
    }

    /// Whether the item's own whereabouts are known: named before, and not inside a container.
    const fn is_loose(&self) -> bool {
        self.container == 0 && !matches!(self.status, Status::Unknown)
    }

    /// Whether an event is possible after what happened before.
    fn fits(&self, acts: &Acts, act: Act) -> bool {
        match act {
            _ if self.status == Status::Used => matches!(act, Act::Handled | Act::Emptied),
            Act::Commission => self.status == Status::Unknown,
            // Its container may have been emptied as a whole, which is not among its own events.
            Act::TakenFrom(container) => self.container == container,
            _ => self.is_at(acts.actor),
        }
    }

    /// Whether the item can be with `actor`, as far as its own events tell.
    const fn is_at(&self, actor: u64) -> bool {
        if !self.is_loose() {
            return true;
        }
        match self.status {
            Status::Unknown | Status::Used => true,
            Status::Held | Status::Opened => self.holder == actor,
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
            Act::Handled | Act::Emptied | Act::Paired => {
                if self.status == Status::Unknown {
                    self.hold(acts);
                }
            }
            Act::Ship(to) => {
                self.status = Status::InTransit;
                self.holder = acts.actor;
                self.addressee = to;
                self.container = 0;
                self.shipped_by = entry;
                self.site_by = 0;
            }
            Act::Receive(ReceiveOutcome::Short) => self.not_taken_in(acts, Status::Missing),
            Act::Receive(ReceiveOutcome::Refused) => self.not_taken_in(acts, Status::Refused),
            Act::Receive(_) => self.hold(acts),
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

    /// The actor has it now.
    const fn hold(&mut self, acts: &Acts) {
        self.status = if self.opened { Status::Opened } else { Status::Held };
        if acts.has_site {
            self.site_by = acts.index + 1;
        } else if self.holder != acts.actor {
            self.site_by = 0;
        }
        self.holder = acts.actor;
        self.addressee = 0;
    }

    /// The addressee says that it did not take the item in. Of goods in a container nobody but the
    /// container's events knows whether they are under way: it is out of it then. Of goods under way to
    /// somebody else, or at their holder, the word of others changes nothing.
    const fn not_taken_in(&mut self, acts: &Acts, status: Status) {
        if self.container != 0 {
            self.container = 0;
            self.addressee = acts.actor;
            self.status = status;
        } else if matches!(self.status, Status::InTransit) && self.addressee == acts.actor {
            self.status = status;
        }
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
    matches!(kind, Kind::Commission | Kind::Pack | Kind::Unpack | Kind::Ship | Kind::Receive | Kind::Use)
}
