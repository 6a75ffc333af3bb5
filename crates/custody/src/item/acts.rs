//! What statements do to items.

use std::collections::{BTreeMap, BTreeSet};

use proto::v1::{AdjustOutcome, LotAmount, ReceiveOutcome, UseLine, statement::Body};
use statement::{Kind, Statement, SubjectKey, SubjectKind, kind_row, subject_key};

use crate::{ViewError, control::Content, response::takes_all};

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
    /// Is commissioned under a further code, after another of its codes was.
    Recoded,
    /// Is made into something else.
    Transformed,
    /// A stock-taking has found something about it.
    Adjusted(AdjustOutcome),
    /// Is worked on, wherever it is.
    Serviced,
    /// Is taken as a sample from somebody (number of the activity, 0 = not told).
    Sampled(u64),
    /// Is seized from somebody (number of the activity, 0 = not told).
    Seized(u64),
    /// Goes as evidence to somebody, who has signed for it.
    HandedOver(u64),
    /// Is given back to somebody, 0 = nobody that is known.
    Returned(u64),
    /// Is destroyed by an authority at somebody's (0 = its own).
    Destroyed(u64),
}

impl Act {
    /// Whether the item is no more after it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Use(true)
                | Self::Transformed
                | Self::Adjusted(AdjustOutcome::Destroyed)
                | Self::Destroyed(_)
        )
    }

    /// Whether it certainly takes the item out of the container it is in.
    #[must_use]
    pub const fn leaves_container(self) -> bool {
        match self {
            Self::TakenFrom(_)
            | Self::Ship(_)
            | Self::Use(_)
            | Self::PackedInto(_)
            | Self::Transformed
            | Self::Sampled(_)
            | Self::Seized(_)
            | Self::HandedOver(_)
            | Self::Returned(_)
            | Self::Destroyed(_) => true,
            Self::Adjusted(outcome) => !matches!(outcome, AdjustOutcome::Damaged),
            Self::Commission
            | Self::Handled
            | Self::Emptied
            | Self::Receive(_)
            | Self::Paired
            | Self::Recoded
            | Self::Serviced => false,
        }
    }

    /// Whether the addressee says by it that it has not taken the item in.
    #[must_use]
    pub const fn declines(self) -> bool {
        matches!(self, Self::Receive(ReceiveOutcome::Short | ReceiveOutcome::Refused))
    }
}

/// A statement as items see it.
#[derive(Clone, Debug)]
pub struct Acts {
    /// Kind of the statement.
    pub kind: Kind,
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
    /// Of a Ship: number of the addressee's activity; else 0.
    pub addressee: u64,
    /// Lots of which it moves, makes or ends amounts without serials, ascending.
    pub lots: Vec<SubjectKey>,
}

/// One act at its place in the order of occurrence.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The statement.
    pub acts: &'a Acts,
    /// What it does.
    pub act: Act,
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

pub(crate) fn acts_from<'b>(
    body: &'b Body,
    place: Place<'_>,
    numbers: Numbers<'_>,
) -> Result<Acts, ViewError> {
    let kind = statement::kind_of(body);
    let mut acts = Acts {
        kind,
        at: place.at,
        cause: kind_row(kind).map_or(0, |row| row.cause),
        party: place.party.to_string(),
        id: place.id,
        index: place.index,
        actor: numbers(SubjectKind::Activity, place.actor)?,
        has_site: place.has_site,
        by_item: BTreeMap::new(),
        takes_all: false,
        addressee: 0,
        lots: Vec::new(),
    };
    let mut lots: Vec<&str> = Vec::new();
    let mut amounts = |amounts: &'b [LotAmount]| lots.extend(amounts.iter().map(|a| a.lot.as_str()));
    let mut add = |item: &str, act| {
        if !item.is_empty() {
            acts.by_item.insert(subject_key(SubjectKind::Item, item), act);
        }
    };
    match body {
        Body::Commission(b) => {
            b.items.iter().for_each(|i| add(i, Act::Commission));
            lots.extend(b.quantity.as_ref().map(|_| b.lot.as_str()));
        }
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
            acts.addressee = to;
            amounts(&b.lots);
        }
        Body::Receive(b) => {
            acts.takes_all = takes_all(b);
            b.items.iter().for_each(|i| add(i, Act::Receive(ReceiveOutcome::Unspecified)));
            b.exceptions.iter().for_each(|e| add(&e.item, Act::Receive(e.outcome())));
            amounts(&b.lots);
            b.exceptions.iter().for_each(|e| amounts(e.lot.as_slice()));
        }
        Body::Use(b) => {
            b.lines.iter().for_each(|l| add(&l.paired, Act::Paired));
            let finished = finished(&b.lines);
            b.lines.iter().for_each(|l| add(&l.item, Act::Use(finished.contains(l.item.as_str()))));
        }
        Body::Transform(b) => {
            b.outputs.iter().for_each(|i| add(i, Act::Commission));
            b.inputs.iter().for_each(|i| add(i, Act::Transformed));
            amounts(&b.input_lots);
            amounts(&b.output_lots);
        }
        Body::Adjust(b) => {
            b.lines.iter().for_each(|l| add(&l.item, Act::Adjusted(l.outcome())));
            b.lines.iter().for_each(|l| amounts(l.lot.as_slice()));
        }
        Body::Service(b) => {
            let named = b.lines.iter().flat_map(|l| [&l.removed, &l.fitted, &l.item]);
            named.for_each(|i| add(i, Act::Serviced));
        }
        Body::Sample(b) => {
            let from = numbers(SubjectKind::Activity, &b.holder)?;
            b.items.iter().for_each(|i| add(i, Act::Sampled(from)));
            amounts(&b.lots);
        }
        Body::Seize(b) => {
            let from = numbers(SubjectKind::Activity, &b.holder)?;
            b.lines.iter().flat_map(|l| &l.items).for_each(|i| add(i, Act::Seized(from)));
            b.lines.iter().for_each(|l| amounts(l.lot.as_slice()));
        }
        Body::HandOver(b) => {
            let to = numbers(SubjectKind::Activity, &b.receiver)?;
            b.items.iter().for_each(|i| add(i, Act::HandedOver(to)));
            amounts(&b.lots);
        }
        Body::EvidenceReturn(b) => {
            let to = numbers(SubjectKind::Activity, &b.to)?;
            b.items.iter().for_each(|i| add(i, Act::Returned(to)));
            amounts(&b.lots);
        }
        Body::Destroy(b) => {
            let from = numbers(SubjectKind::Activity, &b.holder)?;
            b.items.iter().for_each(|i| add(i, Act::Destroyed(from)));
            amounts(&b.lots);
        }
        _ => {}
    }
    acts.lots = lots.into_iter().map(|lot| subject_key(SubjectKind::Item, lot)).collect();
    acts.lots.sort_unstable();
    acts.lots.dedup();
    Ok(acts)
}

/// Items that are used up: a box of several vials if any of its lines says so.
fn finished(lines: &[UseLine]) -> BTreeSet<&str> {
    lines.iter().filter(|l| l.finished).map(|l| l.item.as_str()).collect()
}
