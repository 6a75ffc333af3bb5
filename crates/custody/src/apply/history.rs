//! Histories of items, whole or from a cut on: what a change may have moved in them, and what stands there
//! now.

use std::{collections::BTreeSet, rc::Rc};

use statement::SubjectKey;

use super::{
    cuts::{Cut, Cuts, acting},
    reader::{Halt, MAX_READS, Reader, Reading, earlier, unless_spent},
};
use crate::{
    View, ViewError,
    draft::Draft,
    item::{
        Acts, ItemState,
        deeds::{Doings, timeline},
    },
    tables::subject,
};

/// What an entry changes in the histories of items.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// The original that comes or changes.
    pub root: u64,
    /// Of what it brings, brought or takes away, the first in fold order; `None` = nothing at all.
    pub first: Option<Rc<Acts>>,
    /// That was too much to work out: it may be anywhere.
    pub anywhere: bool,
}

impl Change {
    /// Of what `reader` knows of an original.
    pub(super) fn of<V: View + ?Sized>(
        reader: &mut Reader,
        draft: &Draft<'_, V>,
        root: u64,
    ) -> Result<Self, ViewError> {
        let found = unless_spent(reader.first(draft, root))?;
        Ok(Self { root, anywhere: found.is_none(), first: found.flatten() })
    }

    /// This before, and `after`.
    pub(super) fn and(self, after: Self) -> Self {
        let first = match (self.first, after.first) {
            (Some(a), Some(b)) => Some(earlier(a, b)),
            (a, b) => a.or(b),
        };
        Self { first, anywhere: self.anywhere || after.anywhere, ..self }
    }
}

impl Reader {
    /// Whether an event follows, in fold order, everything that a state was folded from.
    pub(super) fn follows<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        state: &ItemState,
        acts: &Acts,
    ) -> Result<bool, Halt> {
        if state.events == 0 || state.last != (acts.at, acts.cause) {
            return Ok(state.precedes(acts));
        }
        let last = self.acts(draft, state.last_index)?;
        Ok(last.is_some_and(|last| (&last.party, last.id) < (&acts.party, acts.id)))
    }

    /// How many of the cuts lie before everything that changes.
    pub(super) fn usable<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        cuts: &Cuts,
        change: &Change,
    ) -> Result<usize, Halt> {
        if change.anywhere {
            return Ok(0);
        }
        let Some(first) = &change.first else { return Ok(cuts.cuts.len()) };
        for (i, cut) in cuts.cuts.iter().enumerate().rev() {
            if self.follows(draft, &cut.state, first)? {
                return Ok(i + 1);
            }
        }
        Ok(0)
    }

    /// What follows a cut, in fold order.
    pub(super) fn behind<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        codes: &BTreeSet<SubjectKey>,
        number: u64,
        cuts: &Cuts,
        cut: &Cut,
        root: u64,
    ) -> Result<Doings<Acts>, Halt> {
        let mut roots = acting(draft, number, cuts.upto + 1, MAX_READS)?.ok_or(Halt::Spent)?;
        roots.extend(cuts.order.get(cut.begin..).unwrap_or_default());
        roots.insert(root);
        self.spend(roots.len())?;
        self.afford(&roots)?;
        // A Receive that takes in everything shows in the history of the item only by the Ship it answers,
        // which may lie before the cut.
        let mut ships = BTreeSet::new();
        for &root in &roots {
            if self.acts(draft, root)?.is_some_and(|acts| acts.takes_all) {
                ships.extend(self.ships(draft, root)?.iter());
            }
        }
        roots.append(&mut ships);
        let mut behind = Vec::new();
        for (acts, act) in timeline(&mut Reading { reader: self, draft }, codes, &roots)? {
            if self.follows(draft, &cut.state, &acts)? {
                behind.push((acts, act));
            }
        }
        Ok(behind)
    }

    /// All that acts on a thing, in fold order.
    pub(super) fn whole<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        codes: &BTreeSet<SubjectKey>,
    ) -> Result<Doings<Acts>, Halt> {
        let mut roots = BTreeSet::new();
        for code in codes {
            let Some(record) = subject(draft, code)? else { continue };
            let mut found = acting(draft, record.number, 0, MAX_READS)?.ok_or(Halt::Spent)?;
            self.spend(found.len())?;
            roots.append(&mut found);
        }
        self.afford(&roots)?;
        timeline(&mut Reading { reader: self, draft }, codes, &roots)
    }

    /// What is not folded is not read.
    fn afford(&self, roots: &BTreeSet<u64>) -> Result<(), Halt> {
        if roots.len() <= MAX_READS && self.affords(roots) { Ok(()) } else { Err(Halt::Spent) }
    }
}
