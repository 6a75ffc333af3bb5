//! Item state: the fold of an item's events in order of occurrence.
//!
//! An item's own events tell where it is while it is not in a container; inside one, it is where the
//! container is. The fold therefore keeps the container with the moment of packing, and readers walk up
//! (crate `trace`). "Unpack everything" touches only the container: a child is inside exactly while no
//! such Unpack of its container lies behind its packing.

use std::collections::{BTreeMap, BTreeSet};

use proto::v1::{ReceiveOutcome, UseLine, statement::Body};
use statement::{Kind, Statement, SubjectKey, SubjectKind, kind_row, subject_key};

use crate::{
    View, ViewError,
    control::Content,
    response::takes_all,
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

/// What one statement does to one item. Numbers are subject numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Comes into being.
    Commission,
    /// Goes into a container.
    PackedInto(u64),
    /// Comes out of a container.
    TakenFrom(u64),
    /// Something is packed into it, or taken out of it.
    Handled,
    /// Everything is taken out of it.
    Emptied,
    /// Leaves for an addressee.
    Ship(u64),
    /// Arrives, or does not.
    Receive(ReceiveOutcome),
    /// Is used; `true` = nothing is left.
    Use(bool),
    /// Is used together with another item.
    Paired,
}

/// A statement as items see it.
#[derive(Clone, Debug)]
pub struct Acts {
    /// When it happened, µs.
    pub at: i64,
    /// Cause ordinal of its kind.
    pub cause: u8,
    /// Signer.
    pub party: String,
    /// Its id.
    pub id: [u8; 16],
    /// Entry of the original.
    pub index: u64,
    /// Number of the activity of who acts.
    pub actor: u64,
    /// It says at which site.
    pub has_site: bool,
    /// What it does to which item.
    pub by_item: BTreeMap<SubjectKey, Act>,
    /// A Receive of everything that was shipped; what that was stands in the Ships it answers.
    pub takes_all: bool,
}

/// One act at its place in the order of occurrence.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The statement.
    pub acts: &'a Acts,
    /// What it does.
    pub act: Act,
}

impl Acts {
    /// Place in fold order.
    #[must_use]
    pub fn fold_key(&self) -> (i64, u8, &str, [u8; 16]) {
        (self.at, self.cause, &self.party, self.id)
    }
}

/// Gives the subject number of a text, 0 where it has none.
pub type Numbers<'n> = &'n dyn Fn(SubjectKind, &str) -> Result<u64, ViewError>;

/// What a statement's content does to items.
///
/// # Errors
/// A number cannot be read.
pub fn acts_of(content: &Content, numbers: Numbers<'_>) -> Result<Acts, ViewError> {
    let header = content.root.header();
    acts_from(
        &content.body,
        Place {
            at: content.occurred_at,
            party: &header.party,
            id: content.root.reference().id,
            actor: content.root.actor(),
            index: content.root_index,
            has_site: !content.site.is_empty(),
        },
        numbers,
    )
}

/// Where a content stands.
pub(crate) struct Place<'a> {
    pub at: i64,
    pub party: &'a str,
    pub id: [u8; 16],
    pub actor: &'a str,
    pub index: u64,
    pub has_site: bool,
}

impl<'a> Place<'a> {
    /// Of a statement nothing has been done to.
    pub(crate) fn of(statement: &'a Statement, index: u64) -> Self {
        let header = statement.header();
        Self {
            at: header.occurred_at,
            party: &header.party,
            id: statement.reference().id,
            actor: statement.actor(),
            index,
            has_site: !header.site.is_empty(),
        }
    }
}

pub(crate) fn acts_from(body: &Body, place: Place<'_>, numbers: Numbers<'_>) -> Result<Acts, ViewError> {
    let kind = statement::kind_of(body);
    let mut acts = Acts {
        at: place.at,
        cause: kind_row(kind).map_or(0, |row| row.cause),
        party: place.party.to_string(),
        id: place.id,
        index: place.index,
        actor: numbers(SubjectKind::Activity, place.actor)?,
        has_site: place.has_site,
        by_item: BTreeMap::new(),
        takes_all: false,
    };
    let mut add = |item: &str, act| {
        if !item.is_empty() {
            acts.by_item.insert(subject_key(SubjectKind::Item, item), act);
        }
    };
    match body {
        Body::Commission(b) => b.items.iter().for_each(|i| add(i, Act::Commission)),
        Body::Pack(b) => {
            let container = numbers(SubjectKind::Item, &b.parent)?;
            add(&b.parent, Act::Handled);
            b.children.iter().for_each(|c| add(c, Act::PackedInto(container)));
        }
        Body::Unpack(b) => {
            let container = numbers(SubjectKind::Item, &b.parent)?;
            add(&b.parent, if b.children.is_empty() { Act::Emptied } else { Act::Handled });
            b.children.iter().for_each(|c| add(c, Act::TakenFrom(container)));
        }
        Body::Ship(b) => {
            let to = numbers(SubjectKind::Activity, &b.addressee)?;
            b.items.iter().for_each(|i| add(i, Act::Ship(to)));
        }
        Body::Receive(b) => {
            acts.takes_all = takes_all(b);
            b.items.iter().for_each(|i| add(i, Act::Receive(ReceiveOutcome::Unspecified)));
            b.exceptions.iter().for_each(|e| add(&e.item, Act::Receive(e.outcome())));
        }
        Body::Use(b) => {
            b.lines.iter().for_each(|l| add(&l.paired, Act::Paired));
            let finished = finished(&b.lines);
            b.lines.iter().for_each(|l| add(&l.item, Act::Use(finished.contains(l.item.as_str()))));
        }
        _ => {}
    }
    Ok(acts)
}

/// Items that are used up: a box of several vials if any of its lines says so.
fn finished(lines: &[UseLine]) -> BTreeSet<&str> {
    lines.iter().filter(|l| l.finished).map(|l| l.item.as_str()).collect()
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
