//! Folding statements into the items they act on: one step where they arrive in order of occurrence, what
//! follows the last cut before them where they do not.
//!
//! A Receive that takes in everything acts on an item through the Ships it answers. Those are found from
//! the item's side, so that what such a Receive takes in is never spread out.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use statement::{Statement, SubjectKey, SubjectKind};

use super::{
    books,
    cuts::{Cut, Cuts, cut_every},
    history::Change,
    open,
    reader::{Reader, unless_spent},
};
use crate::{
    View, ViewError,
    alias::{self, codes_of},
    draft::Draft,
    item::{
        Act, Acts, Event, ItemState, Place, acts_from,
        deeds::{Doings, TAKEN},
    },
    stock,
};

/// Folds, keeping what was read so that a bill of many items is read once.
pub(super) struct Folder {
    pub(super) reader: Reader,
    /// Codes of things with several, folded already.
    folded: BTreeSet<SubjectKey>,
    /// By container: how many more codes were last packed into it.
    packed: BTreeMap<u64, i64>,
}

impl Default for Folder {
    fn default() -> Self {
        Self { reader: Reader::new(0), folded: BTreeSet::new(), packed: BTreeMap::new() }
    }
}

impl Folder {
    /// Folds a statement that is being recorded into its items. `answered`: it is a Ship that Receives
    /// answer which came before it, so it brings more than its own acts.
    pub(super) fn arrive<V: View + ?Sized>(
        &mut self,
        draft: &mut Draft<'_, V>,
        statement: &Statement,
        index: u64,
        answered: bool,
    ) -> Result<(), ViewError> {
        let place = Place::of(statement, index);
        let acts =
            acts_from(statement.body(), place, &|kind: SubjectKind, text: &str| draft.number(kind, text))?;
        let acts = Rc::new(acts);
        self.reader.know(acts.clone());
        let handled = open::handled(draft, statement.body(), &acts)?;
        let taken = if acts.takes_all { self.reader.taken(draft, index)? } else { BTreeSet::new() };
        let items = acts.by_item.len() + taken.len();
        self.reader.allow(items);
        let change = match answered {
            true => Change::of(&mut self.reader, draft, index)?,
            false => Change { root: index, first: Some(acts.clone()), anywhere: false },
        };
        let taken = taken.into_iter().map(|item| (item, TAKEN));
        for (item, act) in acts.by_item.iter().map(|(item, act)| (*item, *act)).chain(taken) {
            self.fold_in(draft, item, Event { acts: &acts, act }, &change, answered)?;
        }
        self.count_packed(draft)?;
        // What stands open is worked out whatever folding has cost.
        let linked = acts.by_item.len() + self.reader.shipped(draft, &acts)?;
        self.reader.allow(linked);
        books::arrive(&mut self.reader, draft, (statement.body(), &acts), answered)?;
        open::arrive(&mut self.reader, draft, &acts, answered)?;
        open::refill(&mut self.reader, draft, handled)
    }

    /// Writes what has come into containers and left them.
    fn count_packed<V: View + ?Sized>(&mut self, draft: &mut Draft<'_, V>) -> Result<(), ViewError> {
        for (container, change) in std::mem::take(&mut self.packed) {
            if change != 0 {
                stock::count(draft, container, change)?;
            }
        }
        Ok(())
    }

    /// Notes that `codes` codes were last packed into a container.
    fn pack(&mut self, container: u64, codes: i64) {
        if container != 0 {
            *self.packed.entry(container).or_default() += codes;
        }
    }

    fn fold_in<V: View + ?Sized>(
        &mut self,
        draft: &mut Draft<'_, V>,
        item: SubjectKey,
        event: Event<'_>,
        change: &Change,
        answered: bool,
    ) -> Result<(), ViewError> {
        if self.folded.contains(&item) {
            return Ok(());
        }
        let old = state_of(draft, item)?;
        let codes = codes(draft, item, &old)?;
        let again = answered || (old.aliased && event.act == Act::Commission);
        let in_order = !again && unless_spent(self.reader.follows(draft, &old, event.acts))? == Some(true);
        let state = match in_order {
            true => None,
            false => self.refolded(draft, &codes, &old, change)?,
        };
        let state = match state {
            Some(state) => state,
            None if in_order => {
                let mut state = old.clone();
                state.step(event);
                state
            }
            None => too_late(draft, &codes, &old, event)?,
        };
        self.put_state(draft, codes, &old, state)
    }

    /// Folds items anew after a change. Where that is too much, the state stays and is marked.
    pub(super) fn refold<V: View + ?Sized>(
        &mut self,
        draft: &mut Draft<'_, V>,
        items: &BTreeSet<SubjectKey>,
        change: &Change,
    ) -> Result<(), ViewError> {
        for &item in items {
            if self.folded.contains(&item) {
                continue;
            }
            let old = state_of(draft, item)?;
            let codes = codes(draft, item, &old)?;
            let state = self.refolded(draft, &codes, &old, change)?;
            let state = state.unwrap_or_else(|| ItemState { overflow: true, ..old.clone() });
            self.put_state(draft, codes, &old, state)?;
        }
        self.count_packed(draft)
    }

    /// The fold of all that acts on a thing, after a change; `None` where that is too much.
    fn refolded<V: View + ?Sized>(
        &mut self,
        draft: &mut Draft<'_, V>,
        codes: &BTreeSet<SubjectKey>,
        old: &ItemState,
        change: &Change,
    ) -> Result<Option<ItemState>, ViewError> {
        let Some((number, count)) = single(draft, codes)? else {
            let whole = unless_spent(self.reader.whole(draft, codes))?;
            return Ok(whole.map(|events| folded(start(codes), &events).0));
        };
        let mut cuts = Cuts::load(draft, number, count)?;
        let usable = unless_spent(self.reader.usable(draft, &cuts, change))?.unwrap_or(0);
        let found = match usable.checked_sub(1).and_then(|i| cuts.cuts.get(i)) {
            Some(cut) => {
                let events = unless_spent(self.reader.behind(draft, codes, number, &cuts, cut, change.root))?;
                events.map(|events| (cut.begin, cut.state.clone(), events))
            }
            None => {
                let events = unless_spent(self.reader.whole(draft, codes))?;
                events.map(|events| (0, start(codes), events))
            }
        };
        let Some((begin, from, events)) = found else { return Ok(None) };
        let (mut state, new) = folded(from, &events);
        cuts.cuts.truncate(usable);
        cuts.order.truncate(begin);
        cuts.cuts.extend(new.into_iter().map(|(at, state)| Cut { begin: begin + at, state }));
        cuts.order.extend(events.iter().map(|(acts, _)| acts.index));
        (cuts.count, cuts.upto) = (count, draft.size() - 1);
        if count >= cut_every() as u64 {
            cuts.trim();
            cuts.put(draft, number);
        }
        if usable > 0 {
            state.keep_late(old);
        }
        Ok(Some(state))
    }

    /// The one place where item states are written: every code of the thing bears the state, and the row
    /// of its holder follows it.
    fn put_state<V: View + ?Sized>(
        &mut self,
        draft: &mut Draft<'_, V>,
        codes: BTreeSet<SubjectKey>,
        old: &ItemState,
        new: ItemState,
    ) -> Result<(), ViewError> {
        if let Some(found) = single(draft, &codes)? {
            Cuts::grow(draft, found, &new)?;
        }
        let mut listed: Option<(u64, SubjectKey)> = None;
        if old.last_container() != new.last_container() {
            // At most 32 codes.
            self.pack(old.last_container(), -(codes.len() as i64));
            self.pack(new.last_container(), codes.len() as i64);
        }
        for &code in &codes {
            let number = draft.load(code)?.0.number;
            listed = listed.filter(|(least, _)| *least < number).or(Some((number, code)));
            draft.set_state(code, new.encode())?;
        }
        if let Some((number, code)) = listed {
            stock::move_item(draft, (number, &code), old, &new);
        }
        if codes.len() > 1 {
            self.folded.extend(codes);
        }
        Ok(())
    }

    /// An Alias joins these codes now, and joined those before: the things concerned are folded anew.
    pub(super) fn join<V: View + ?Sized>(
        &mut self,
        draft: &mut Draft<'_, V>,
        root: u64,
        before: &[String],
        after: &[String],
    ) -> Result<(), ViewError> {
        let affected = alias::replace(draft, root, before, after)?;
        self.reader.allow(affected.len());
        for &code in &affected {
            let number = draft.load(code)?.0.number;
            let old = state_of(draft, code)?;
            stock::leave(draft, number, &old);
            self.pack(old.last_container(), -1);
            Cuts::clear(draft, number)?;
        }
        for code in affected.iter().copied() {
            if self.folded.contains(&code) {
                continue;
            }
            // Whatever was too long before may be short enough without the codes that have left.
            let codes = codes_of(draft, &code)?;
            let last = state_of(draft, code)?;
            let nothing = start(&codes);
            let state = match unless_spent(self.reader.whole(draft, &codes))? {
                Some(events) => folded(start(&codes), &events).0,
                None => ItemState { overflow: true, aliased: codes.len() > 1, ..last },
            };
            self.put_state(draft, codes, &nothing, state)?;
        }
        self.count_packed(draft)?;
        self.reader.allow(affected.len());
        open::rename(&mut self.reader, draft, &affected)
    }
}

/// The state after an event that came too late to be folded in its place. Where it moves the item all the
/// same, that stands behind everything folded before, and so does the next cut.
fn too_late<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    codes: &BTreeSet<SubjectKey>,
    old: &ItemState,
    event: Event<'_>,
) -> Result<ItemState, ViewError> {
    let mut state = old.clone();
    state.step_late(event);
    if let Some((number, count)) = single(draft, codes)?.filter(|_| state.place() != old.place()) {
        Cuts::restart(draft, (number, count), &state);
    }
    Ok(state)
}

/// The fold of events on top of a state, and what it was between them every so often.
fn folded(mut state: ItemState, events: &Doings<Acts>) -> (ItemState, BTreeMap<usize, ItemState>) {
    let mut between = BTreeMap::new();
    for (at, (acts, act)) in (1..).zip(events) {
        state.step(Event { acts, act: *act });
        if at % cut_every() == 0 {
            between.insert(at, state.clone());
        }
    }
    (state, between)
}

/// The state of a thing nothing has happened to.
fn start(codes: &BTreeSet<SubjectKey>) -> ItemState {
    ItemState { aliased: codes.len() > 1, ..ItemState::default() }
}

/// Number of a thing with one code, and how many entries name it. Things with several have no cuts.
fn single<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    codes: &BTreeSet<SubjectKey>,
) -> Result<Option<(u64, u64)>, ViewError> {
    let Some(code) = codes.first().filter(|_| codes.len() == 1) else { return Ok(None) };
    let (record, _) = draft.load(*code)?;
    Ok(Some((record.number, record.count)))
}

fn state_of<V: View + ?Sized>(draft: &mut Draft<'_, V>, item: SubjectKey) -> Result<ItemState, ViewError> {
    draft.load(item)?;
    ItemState::decode(&draft.state(&item))
}

fn codes<V: View + ?Sized>(
    view: &V,
    item: SubjectKey,
    state: &ItemState,
) -> Result<BTreeSet<SubjectKey>, ViewError> {
    if state.aliased { codes_of(view, &item) } else { Ok([item].into()) }
}
