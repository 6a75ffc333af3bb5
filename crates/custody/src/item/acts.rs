//! What statements do to items.

use std::collections::{BTreeMap, BTreeSet};

use proto::v1::{ReceiveOutcome, UseLine, statement::Body};
use statement::{Statement, SubjectKey, SubjectKind, kind_row, subject_key};

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
