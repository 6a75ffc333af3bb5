//! Cuts through the fold of an item with a long history: its state at some points of fold order, so that a
//! statement that arrives late folds anew only what follows the cut before it.
//!
//! For every cut holds: its state is the fold of all events of the item up to its last one; every event
//! after that stands in `order` from the cut on, or comes from an entry after `upto`. What may break that
//! takes the cut away: an event that arrives, changes or goes before its end.
//!
//! Which cuts there are depends on the order of arrival, what they are folded to does not.

use std::collections::BTreeSet;

use super::reader::MAX_READS;
use crate::{
    Table, View, ViewError,
    draft::Draft,
    item::{ItemState, deeds::roots},
    tables::{damaged, put_varint, take_varint, touches},
};

/// Entries, or events in fold order, between two cuts.
const CUT_EVERY: usize = 64;
/// Most cuts of one item.
const MAX_CUTS: usize = 8;
const _: () = assert!(CUT_EVERY * MAX_CUTS == MAX_READS, "cuts reach as far as may be read");
/// Most entries that are looked through for those that act on an item; few of them need to be read.
pub(super) const MAX_LOOK: usize = 4_096;

/// [`CUT_EVERY`]; tests cut more often, so that short stories cross cuts.
#[cfg(not(test))]
pub(super) const fn cut_every() -> usize {
    CUT_EVERY
}
#[cfg(test)]
pub(crate) use spacing::{cut_every, cut_every_so_often};

#[cfg(test)]
mod spacing {
    use std::cell::Cell;

    thread_local!(static EVERY: Cell<usize> = const { Cell::new(super::CUT_EVERY) });

    pub fn cut_every() -> usize {
        EVERY.get()
    }

    /// On this thread, from now on.
    pub fn cut_every_so_often(entries: usize) {
        EVERY.set(entries);
    }
}

/// The state up to a point of fold order.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// Where in `order` what follows begins.
    pub begin: usize,
    pub state: ItemState,
}

/// The cuts of one item.
#[derive(Clone, Debug, Default)]
pub(super) struct Cuts {
    /// Entries that name the item, when the row was written.
    pub count: u64,
    /// Events of later entries are not in `order`.
    pub upto: u64,
    /// In fold order.
    pub cuts: Vec<Cut>,
    /// Originals that act on the item after the first cut: in fold order what was folded anew, behind it
    /// what came since.
    pub order: Vec<u64>,
}

impl Cuts {
    /// The cuts of an item that `count` entries name.
    pub(super) fn load<V: View + ?Sized>(view: &V, number: u64, count: u64) -> Result<Self, ViewError> {
        if count < cut_every() as u64 {
            return Ok(Self::default());
        }
        match view.get(Table::Cut, &number.to_be_bytes())? {
            Some(row) => Self::decode(&row).ok_or_else(|| damaged("cut")),
            None => Ok(Self::default()),
        }
    }

    pub(super) fn put<V: View + ?Sized>(&self, draft: &mut Draft<'_, V>, number: u64) {
        let value = if self.cuts.is_empty() { Vec::new() } else { self.encode() };
        draft.put(Table::Cut, number.to_be_bytes().to_vec(), value);
    }

    /// Takes all cuts of an item away.
    pub(super) fn clear<V: View + ?Sized>(draft: &mut Draft<'_, V>, number: u64) -> Result<(), ViewError> {
        if draft.get(Table::Cut, &number.to_be_bytes())?.is_some() {
            Self::default().put(draft, number);
        }
        Ok(())
    }

    /// Adds a cut behind everything folded so far, where the last lies far enough back. What has come
    /// since the row was written came in order: else it would have been written anew.
    pub(super) fn grow<V: View + ?Sized>(
        draft: &mut Draft<'_, V>,
        (number, count): (u64, u64),
        state: &ItemState,
    ) -> Result<(), ViewError> {
        let mut cuts = Self::load(draft, number, count)?;
        let since = count.saturating_sub(cuts.count);
        if since < cut_every() as u64 || state.events == 0 {
            return Ok(());
        }
        let came = match cuts.cuts.is_empty() || since > MAX_LOOK as u64 {
            true => None,
            false => acting(draft, number, cuts.upto + 1, usize::MAX)?,
        };
        let Some(came) = came else {
            Self::restart(draft, (number, count), state);
            return Ok(());
        };
        cuts.order.extend(came);
        cuts.cuts.push(Cut { begin: cuts.order.len(), state: state.clone() });
        (cuts.count, cuts.upto) = (count, draft.size() - 1);
        cuts.trim();
        cuts.put(draft, number);
        Ok(())
    }

    /// Leaves one cut, behind everything folded so far.
    pub(super) fn restart<V: View + ?Sized>(
        draft: &mut Draft<'_, V>,
        (number, count): (u64, u64),
        state: &ItemState,
    ) {
        let cut = Cut { begin: 0, state: state.clone() };
        let cuts = Self { count, upto: draft.size() - 1, cuts: vec![cut], order: Vec::new() };
        cuts.put(draft, number);
    }

    /// Forgets the oldest cuts, as far as there are too many, or too much follows them.
    pub(super) fn trim(&mut self) {
        let last = self.cuts.len().saturating_sub(1);
        let far = |cut: &Cut| self.order.len() - cut.begin > MAX_READS;
        let first = self.cuts.len().saturating_sub(MAX_CUTS);
        let first = (first..last).find(|i| !far(&self.cuts[*i])).unwrap_or(last);
        self.cuts.drain(..first);
        let begin = self.cuts.first().map_or(self.order.len(), |cut| cut.begin);
        self.order.drain(..begin);
        self.cuts.iter_mut().for_each(|cut| cut.begin -= begin);
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 * self.cuts.len() + 3 * self.order.len());
        for value in [self.count, self.upto, self.cuts.len() as u64] {
            put_varint(&mut out, value);
        }
        for cut in &self.cuts {
            let state = cut.state.encode();
            put_varint(&mut out, cut.begin as u64);
            put_varint(&mut out, state.len() as u64);
            out.extend_from_slice(&state);
        }
        self.order.iter().for_each(|root| put_varint(&mut out, *root));
        out
    }

    fn decode(mut rest: &[u8]) -> Option<Self> {
        let rest = &mut rest;
        let mut cuts = Self { count: take_varint(rest)?, upto: take_varint(rest)?, ..Self::default() };
        let many = usize::try_from(take_varint(rest)?).ok().filter(|n| (1..=MAX_CUTS).contains(n))?;
        for _ in 0..many {
            let begin = usize::try_from(take_varint(rest)?).ok()?;
            let len = usize::try_from(take_varint(rest)?).ok()?;
            let (state, tail) = rest.split_at_checked(len)?;
            *rest = tail;
            cuts.cuts.push(Cut { begin, state: ItemState::decode(state).ok()? });
        }
        while !rest.is_empty() {
            cuts.order.push(take_varint(rest)?);
        }
        let ascends = cuts.cuts.is_sorted_by_key(|cut| cut.begin);
        let fits = cuts.cuts.iter().all(|cut| cut.begin <= cuts.order.len());
        (ascends && fits && cuts.upto < crate::tables::MAX_INDEX).then_some(cuts)
    }
}

/// Originals that may act on an item by themselves, of the entries from `from` on that name it; `None` where
/// more than `limit` originals are found, or too many entries are to be looked through.
pub(super) fn acting<V: View + ?Sized>(
    view: &V,
    number: u64,
    from: u64,
    limit: usize,
) -> Result<Option<BTreeSet<u64>>, ViewError> {
    let (mut found, mut batch, mut looked) = (BTreeSet::new(), Vec::new(), 0);
    touches(view, number, from, &mut |touch| {
        batch.push(touch);
        looked += 1;
        if batch.len() >= 256 {
            found.append(&mut roots(view, &batch)?);
            batch.clear();
        }
        Ok(found.len() <= limit && looked <= MAX_LOOK)
    })?;
    found.append(&mut roots(view, &batch)?);
    Ok((found.len() <= limit && looked <= MAX_LOOK).then_some(found))
}
