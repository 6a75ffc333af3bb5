//! Evidence bags: who has which, since when and under which seals, and where that chain breaks.
//!
//! A bag's state is the fold of the Seizes, Keeps, HandOvers, EvidenceReturns and Destroys that name it, in order of
//! occurrence, whether or not the ledger knows what is inside. Nobody's word but that of who has a bag moves it on:
//! what others say of it stands in its chain as a gap. A Seize and a HandOver, which its receiver has signed too, move
//! it all the same, and the gap tells that nobody knows how it came there.

use std::collections::BTreeSet;

use prost::Message;
use proto::v1::{BagCheck, statement::Body};
use statement::{Kind, SubjectKind, kind_row};

use crate::{
    Content, View, ViewError,
    control::{content, root_of},
    tables::{SubjectRecord, decode_row, subject_by_text, touches},
};

/// Most entries in the history of a bag that are looked at.
pub const MAX_EVENTS: usize = 512;
/// Most gaps remembered of a bag.
const MAX_GAPS: usize = 16;
/// Conditions in which seals may be others than before.
const OPENED: [&str; 2] = ["opened", "resealed"];
/// Conditions that tell of seals that are not as they were left.
const BROKEN: [&str; 2] = ["broken-seal", "wrong-seal"];

/// What has become of a bag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Fate {
    /// Nothing is told of it.
    Unheard = 0,
    /// Somebody keeps it.
    Kept = 1,
    /// Given back.
    Returned = 2,
    /// Destroyed: final.
    Destroyed = 3,
}

/// Why a chain of custody breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum GapKind {
    /// The first word of it is no Seize.
    NotSeized = 0,
    /// Somebody acts who does not have it.
    NotHolder = 1,
    /// Seized by an authority while another keeps it.
    SeizedElsewhere = 2,
    /// Other seals than told before, and nobody has said that it was opened; or its seal was found broken.
    SealBroken = 3,
    /// It had been given back or destroyed before.
    AfterEnd = 4,
}

/// A break in a chain of custody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Message)]
pub struct Gap {
    /// Why.
    #[prost(enumeration = "GapKind", tag = "1")]
    pub kind: i32,
    /// The entry that does not fit with what is told to have happened before.
    #[prost(uint64, tag = "2")]
    pub entry: u64,
}

/// State of a bag. Entry references are indices plus one; 0 = none.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ExhibitState {
    /// What has become of it.
    #[prost(enumeration = "Fate", tag = "1")]
    pub fate: i32,
    /// Who has it (given back: to whom; destroyed: who had it last); empty = not known by a party id.
    #[prost(string, tag = "2")]
    pub holder: String,
    /// Entry + 1 by which it came there.
    #[prost(uint64, tag = "3")]
    pub since: u64,
    /// When that was, µs.
    #[prost(int64, tag = "4")]
    pub since_at: i64,
    /// Entry + 1 of the Seize whose measure it is under.
    #[prost(uint64, tag = "5")]
    pub measure: u64,
    /// Seals on it, ascending, as last told.
    #[prost(string, repeated, tag = "6")]
    pub seals: Vec<String>,
    /// Entry + 1 that told of them.
    #[prost(uint64, tag = "7")]
    pub sealed_by: u64,
    /// Entry + 1 of the last Keep or Seize: it says where the bag lies, until it is handed over.
    #[prost(uint64, tag = "8")]
    pub placed_by: u64,
    /// Place of the last event in order of occurrence: µs and cause.
    #[prost(int64, tag = "9")]
    pub last_at: i64,
    /// Cause of its kind.
    #[prost(uint32, tag = "10")]
    pub last_cause: u32,
    /// Entry of that event.
    #[prost(uint64, tag = "11")]
    pub last_index: u64,
    /// Events folded.
    #[prost(uint64, tag = "12")]
    pub events: u64,
    /// In order of occurrence, at most 16.
    #[prost(message, repeated, tag = "13")]
    pub gaps: Vec<Gap>,
    /// There is more than is folded for one statement: this is not all.
    #[prost(bool, tag = "14")]
    pub overflow: bool,
}

/// What a statement does to one bag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BagAct {
    /// Is taken by an authority.
    Seized,
    /// Lies somewhere, in a condition.
    Kept(BagCheck),
    /// Goes to somebody, who has signed for it.
    HandedOver(String, BagCheck),
    /// Is given back to somebody; empty = nobody known by a party id.
    Returned(String),
    /// Is destroyed at somebody's; empty = at who says so.
    Destroyed(String),
}

/// A statement that counts, as a bag sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BagEvent {
    /// When it happened, µs.
    pub at: i64,
    /// Cause ordinal of its kind.
    pub cause: u8,
    /// Who says so.
    pub party: String,
    /// Id of the statement.
    pub id: [u8; 16],
    /// Entry of the original.
    pub index: u64,
    /// Its kind.
    pub kind: Kind,
    /// What it does.
    pub act: BagAct,
}

impl BagEvent {
    fn fold_key(&self) -> (i64, u8, &str, [u8; 16]) {
        (self.at, self.cause, &self.party, self.id)
    }
}

/// Whether a kind of statement is about bags.
#[must_use]
pub const fn handles_bags(kind: Kind) -> bool {
    matches!(kind, Kind::Seize | Kind::Keep | Kind::HandOver | Kind::EvidenceReturn | Kind::Destroy)
}

/// The bags that a body names, each once, ascending, with what it does to them.
#[must_use]
pub fn acts_on_bags(body: &Body) -> Vec<(String, BagAct)> {
    let mut acts: Vec<(String, BagAct)> = match body {
        Body::Seize(b) => b.lines.iter().map(|l| (l.bag.clone(), BagAct::Seized)).collect(),
        Body::Keep(b) => b.bags.iter().map(|c| (c.bag.clone(), BagAct::Kept(c.clone()))).collect(),
        Body::HandOver(b) => {
            let to = |c: &BagCheck| BagAct::HandedOver(b.receiver.clone(), c.clone());
            b.bags.iter().map(|c| (c.bag.clone(), to(c))).collect()
        }
        Body::EvidenceReturn(b) => {
            b.bags.iter().map(|bag| (bag.clone(), BagAct::Returned(b.to.clone()))).collect()
        }
        Body::Destroy(b) => {
            b.bags.iter().map(|bag| (bag.clone(), BagAct::Destroyed(b.holder.clone()))).collect()
        }
        _ => Vec::new(),
    };
    acts.sort_by(|(a, _), (b, _)| a.cmp(b));
    acts.dedup_by(|(a, _), (b, _)| a == b);
    acts
}

/// What a content does to bags.
pub(crate) fn events_of(content: &Content) -> Vec<(String, BagEvent)> {
    let kind = statement::kind_of(&content.body);
    let header = content.root.header();
    let event = |act| BagEvent {
        at: content.occurred_at,
        cause: kind_row(kind).map_or(0, |row| row.cause),
        party: header.party.clone(),
        id: content.root.reference().id,
        index: content.root_index,
        kind,
        act,
    };
    acts_on_bags(&content.body).into_iter().map(|(bag, act)| (bag, event(act))).collect()
}

impl ExhibitState {
    /// Reads it from a subject record; the empty state where there is none.
    ///
    /// # Errors
    /// The bytes are not such a state.
    pub fn decode(bytes: &[u8]) -> Result<Self, ViewError> {
        decode_row(bytes, "exhibit")
    }

    /// Whether an event certainly follows everything folded so far.
    #[must_use]
    pub fn precedes(&self, event: &BagEvent) -> bool {
        self.events == 0 || (self.last_at, self.last_cause) < (event.at, u32::from(event.cause))
    }

    /// Folds one event; the gaps that it opens.
    pub fn step(&mut self, event: &BagEvent) -> Vec<GapKind> {
        let gaps = self.gaps_of(event);
        for &kind in &gaps {
            let gap = Gap { kind: kind as i32, entry: event.index };
            if self.gaps.len() < MAX_GAPS && !self.gaps.contains(&gap) {
                self.gaps.push(gap);
            }
        }
        let stranger = gaps.iter().any(|kind| matches!(kind, GapKind::NotHolder | GapKind::AfterEnd));
        let moves = matches!(event.act, BagAct::Seized | BagAct::HandedOver(..));
        if self.fate() != Fate::Destroyed && (moves || !stranger) {
            self.advance(event);
        }
        (self.last_at, self.last_cause) = (event.at, u32::from(event.cause));
        self.last_index = event.index;
        self.events += 1;
        gaps
    }

    fn gaps_of(&self, event: &BagEvent) -> Vec<GapKind> {
        let mut gaps = Vec::new();
        let seized = event.act == BagAct::Seized;
        match self.fate() {
            Fate::Unheard if !seized => gaps.push(GapKind::NotSeized),
            Fate::Kept if seized && self.holder != event.party => gaps.push(GapKind::SeizedElsewhere),
            Fate::Kept if !seized && !self.is_at(event) => gaps.push(GapKind::NotHolder),
            Fate::Returned if !seized => gaps.push(GapKind::AfterEnd),
            Fate::Destroyed => gaps.push(GapKind::AfterEnd),
            _ => {}
        }
        if let BagAct::Kept(check) | BagAct::HandedOver(_, check) = &event.act
            && self.is_broken(check)
        {
            gaps.push(GapKind::SealBroken);
        }
        gaps
    }

    /// Whether who acts has the bag, or names who has.
    fn is_at(&self, event: &BagEvent) -> bool {
        let at_holder = matches!(&event.act, BagAct::Destroyed(holder) if *holder == self.holder);
        self.holder == event.party || at_holder
    }

    fn is_broken(&self, check: &BagCheck) -> bool {
        let condition = check.condition.as_str();
        let others = self.sealed_by != 0 && self.seals != seals(check) && !OPENED.contains(&condition);
        others || BROKEN.contains(&condition)
    }

    fn advance(&mut self, event: &BagEvent) {
        let entry = event.index + 1;
        match &event.act {
            BagAct::Seized => {
                if self.fate() != Fate::Kept {
                    (self.sealed_by, self.seals) = (0, Vec::new());
                }
                self.come_to(&event.party, event);
                self.measure = entry;
                self.placed_by = entry;
            }
            BagAct::Kept(check) => {
                self.come_to(&event.party, event);
                self.placed_by = entry;
                self.seal(check, entry);
            }
            BagAct::HandedOver(to, check) => {
                self.come_to(to, event);
                self.placed_by = 0;
                self.seal(check, entry);
            }
            BagAct::Returned(to) => {
                self.come_to(to, event);
                self.fate = Fate::Returned as i32;
                (self.measure, self.placed_by) = (0, 0);
            }
            BagAct::Destroyed(_) => self.fate = Fate::Destroyed as i32,
        }
    }

    fn come_to(&mut self, holder: &str, event: &BagEvent) {
        if self.fate() != Fate::Kept || self.holder != holder {
            self.since = event.index + 1;
            self.since_at = event.at;
        }
        self.fate = Fate::Kept as i32;
        holder.clone_into(&mut self.holder);
    }

    fn seal(&mut self, check: &BagCheck, entry: u64) {
        self.seals = seals(check);
        self.sealed_by = entry;
    }
}

fn seals(check: &BagCheck) -> Vec<String> {
    let mut seals = check.seals.clone();
    seals.sort();
    seals
}

/// The record of a bag with its state; `None` where no entry names it.
///
/// # Errors
/// The view cannot be read.
pub fn exhibit_state<V: View + ?Sized>(
    view: &V,
    bag: &str,
) -> Result<Option<(SubjectRecord, ExhibitState)>, ViewError> {
    let Some(record) = subject_by_text(view, SubjectKind::Exhibit, bag)? else { return Ok(None) };
    let state = ExhibitState::decode(&record.state)?;
    Ok(Some((record, state)))
}

/// Originals that may say something of the bag with this subject number; `None` where more than [`MAX_EVENTS`]
/// entries name it.
///
/// # Errors
/// The view cannot be read.
pub(crate) fn roots_of<V: View + ?Sized>(view: &V, number: u64) -> Result<Option<BTreeSet<u64>>, ViewError> {
    let (mut found, mut looked) = (Vec::new(), 0);
    touches(view, number, 0, &mut |touch| {
        looked += 1;
        found.push(touch);
        Ok(looked <= MAX_EVENTS)
    })?;
    if looked > MAX_EVENTS {
        return Ok(None);
    }
    let mut roots = BTreeSet::new();
    for touch in found {
        let kind = Kind::try_from(i32::from(touch.kind)).unwrap_or_default();
        if kind == Kind::Correct {
            roots.insert(root_of(view, touch.index)?);
        } else if handles_bags(kind) {
            roots.insert(touch.index);
        }
    }
    Ok(Some(roots))
}

/// Brings events into order of occurrence.
pub(crate) fn sort(events: &mut [BagEvent]) {
    events.sort_by(|a, b| a.fold_key().cmp(&b.fold_key()));
}

/// One link of a bag's chain of custody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainLink {
    /// The statement.
    pub event: BagEvent,
    /// Who has the bag after it; empty = nobody known by a party id.
    pub holder: String,
    /// Where, as the statement says: its site, else its place in words; may be empty.
    pub place: String,
    /// Where it does not fit with what happened before.
    pub gaps: Vec<GapKind>,
}

/// A bag's chain of custody in order of occurrence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// The statements that count.
    pub links: Vec<ChainLink>,
    /// What they come to.
    pub state: ExhibitState,
    /// More entries name the bag than one answer reads: nothing else is told.
    pub truncated: bool,
}

/// The chain of custody of a bag; `None` where no entry names it.
///
/// # Errors
/// The view cannot be read.
pub fn chain<V: View + ?Sized>(view: &V, bag: &str) -> Result<Option<Chain>, ViewError> {
    let Some((record, state)) = exhibit_state(view, bag)? else { return Ok(None) };
    let Some(roots) = roots_of(view, record.number)? else {
        return Ok(Some(Chain { state, truncated: true, ..Chain::default() }));
    };
    let mut told = Vec::new();
    for root in roots {
        let Some(content) = content(view, root)? else { continue };
        let place = place_of(&content);
        let of_bag = events_of(&content).into_iter().filter(|(named, _)| named == bag);
        told.extend(of_bag.map(|(_, event)| (event, place.clone())));
    }
    told.sort_by(|(a, _), (b, _)| a.fold_key().cmp(&b.fold_key()));
    let mut chain = Chain::default();
    for (event, place) in told {
        let gaps = chain.state.step(&event);
        let holder = chain.state.holder.clone();
        chain.links.push(ChainLink { event, holder, place, gaps });
    }
    Ok(Some(chain))
}

fn place_of(content: &Content) -> String {
    let (site, place) = match &content.body {
        Body::Seize(b) => (&b.site, &b.place),
        Body::Keep(b) => (&b.site, &b.place),
        Body::Destroy(b) => (&b.site, &b.place),
        _ => (&content.site, &content.site),
    };
    if site.is_empty() { place.clone() } else { site.clone() }
}
