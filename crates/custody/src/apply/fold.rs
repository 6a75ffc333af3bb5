//! Folding statements into the items they act on: one step where they arrive in order of occurrence,
//! the item's whole history where they do not.
//!
//! A Receive that takes in everything acts on an item through the Ships it answers. Those are found from
//! the item's side, so that what such a Receive takes in is never spread out.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use statement::{Statement, SubjectKey, SubjectKind};

use super::open;
use crate::{
    View, ViewError,
    alias::{self, codes_of},
    control::content,
    draft::Draft,
    item::{
        Act, Acts, Event, ItemState, Place, acts_from, acts_of,
        deeds::{Deeds, TAKEN, roots, timeline},
    },
    response::{receives_of, ships_of},
    stock,
    tables::{subject, touches},
};

/// Most entries read for one item when something arrives late.
const MAX_REFOLD: usize = 4_096;
/// Most that is read for all items of one statement together: acts of statements on items, entries in the
/// histories of items. Items beyond are folded in order of arrival and marked (`ItemState::overflow`).
const MAX_WORK: usize = 1 << 19;
/// What reading a statement costs beside its items.
const STATEMENT_WORK: usize = 8;

/// Folds, keeping what was read so that a bill of many items is read once.
#[derive(Default)]
pub(super) struct Folder {
    acts: BTreeMap<u64, Option<Rc<Acts>>>,
    receives: BTreeMap<u64, Rc<[u64]>>,
    ships: BTreeMap<u64, Rc<[u64]>>,
    /// Codes of things with several, folded already.
    folded: BTreeSet<SubjectKey>,
    /// By container: how many more codes were last packed into it.
    packed: BTreeMap<u64, i64>,
    work: usize,
}

/// Why reading ended.
pub(super) enum Halt {
    /// Nothing more is read: [`MAX_WORK`] is spent.
    Spent,
    View(ViewError),
}

impl From<ViewError> for Halt {
    fn from(e: ViewError) -> Self {
        Self::View(e)
    }
}

/// Turns "spent" into `None`.
pub(super) fn unless_spent<T>(result: Result<T, Halt>) -> Result<Option<T>, ViewError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Halt::Spent) => Ok(None),
        Err(Halt::View(e)) => Err(e),
    }
}

/// The folder over the view as it is read for one history.
struct Reading<'f, 'd, 'v, V: ?Sized> {
    folder: &'f mut Folder,
    draft: &'d Draft<'v, V>,
}

impl<V: View + ?Sized> Deeds for Reading<'_, '_, '_, V> {
    type Deed = Acts;
    type Error = Halt;

    fn deed(&mut self, root: u64) -> Result<Option<Rc<Acts>>, Halt> {
        self.folder.acts(self.draft, root)
    }

    fn answers(&mut self, ship: u64) -> Result<Rc<[u64]>, Halt> {
        let receives = self.folder.receives(self.draft, ship)?;
        self.folder.spend(receives.len())?;
        Ok(receives)
    }
}

impl Folder {
    fn spend(&mut self, work: usize) -> Result<(), Halt> {
        self.work = self.work.saturating_add(work);
        if self.work <= MAX_WORK { Ok(()) } else { Err(Halt::Spent) }
    }

    /// What the original at `root` does to items, as it counts now; `None` where it does not count.
    pub(super) fn acts<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        root: u64,
    ) -> Result<Option<Rc<Acts>>, Halt> {
        if let Some(known) = self.acts.get(&root) {
            return Ok(known.clone());
        }
        self.spend(STATEMENT_WORK)?;
        let acts = match content(draft, root)? {
            None => None,
            Some(content) => Some(Rc::new(acts_of(&content, &|kind, text| draft.number(kind, text))?)),
        };
        // Spent or not, this one has been read.
        let _ = self.spend(acts.as_ref().map_or(0, |a| a.by_item.len()));
        self.acts.insert(root, acts.clone());
        Ok(acts)
    }

    /// Receives that answer a Ship.
    pub(super) fn receives<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        ship: u64,
    ) -> Result<Rc<[u64]>, ViewError> {
        if let Some(known) = self.receives.get(&ship) {
            return Ok(known.clone());
        }
        let receives: Rc<[u64]> = receives_of(draft, ship)?.into();
        self.receives.insert(ship, receives.clone());
        Ok(receives)
    }

    /// Ships that a Receive answers.
    pub(super) fn ships<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        receive: u64,
    ) -> Result<Rc<[u64]>, ViewError> {
        if let Some(known) = self.ships.get(&receive) {
            return Ok(known.clone());
        }
        let ships: Rc<[u64]> = ships_of(draft, receive)?.into();
        self.ships.insert(receive, ships.clone());
        Ok(ships)
    }

    /// The items that the original at `root` acts on.
    pub(super) fn items<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        root: u64,
    ) -> Result<BTreeSet<SubjectKey>, ViewError> {
        let Some(Some(acts)) = unless_spent(self.acts(draft, root))? else { return Ok(BTreeSet::new()) };
        let mut items: BTreeSet<SubjectKey> = acts.by_item.keys().copied().collect();
        if acts.takes_all {
            items.extend(self.taken(draft, root)?);
        }
        Ok(items)
    }

    /// The items that a Receive of everything takes in.
    fn taken<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        receive: u64,
    ) -> Result<BTreeSet<SubjectKey>, ViewError> {
        let mut items = BTreeSet::new();
        for &ship in self.ships(draft, receive)?.iter() {
            if let Some(Some(ship)) = unless_spent(self.acts(draft, ship))? {
                let shipped = ship.by_item.iter().filter(|(_, act)| matches!(act, Act::Ship(_)));
                items.extend(shipped.map(|(item, _)| *item));
            }
        }
        Ok(items)
    }

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
        self.acts.insert(index, Some(acts.clone()));
        let handled = open::handled(draft, statement.body(), &acts)?;
        for (&item, &act) in &acts.by_item {
            self.fold_in(draft, item, &acts, act, answered)?;
        }
        if acts.takes_all {
            for item in self.taken(draft, index)? {
                self.fold_in(draft, item, &acts, TAKEN, false)?;
            }
        }
        self.count_packed(draft)?;
        open::arrive(self, draft, (statement.body(), &acts), answered)?;
        open::refill(self, draft, handled)
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
        acts: &Acts,
        act: Act,
        answered: bool,
    ) -> Result<(), ViewError> {
        if self.folded.contains(&item) {
            return Ok(());
        }
        let old = state_of(draft, item)?;
        let codes = codes(draft, item, &old)?;
        let late = answered || !old.precedes(acts) || (old.aliased && act == Act::Commission);
        let mut state = old.clone();
        if late && !old.overflow {
            match unless_spent(self.history(draft, &codes))? {
                Some(folded) => return self.put_state(draft, codes, &old, folded),
                None => state.overflow = true,
            }
        }
        state.step(Event { acts, act });
        self.put_state(draft, codes, &old, state)
    }

    /// Folds the whole histories of items anew. Where one is too long, the state stays and is marked.
    pub(super) fn refold<V: View + ?Sized>(
        &mut self,
        draft: &mut Draft<'_, V>,
        items: impl IntoIterator<Item = SubjectKey>,
    ) -> Result<(), ViewError> {
        for item in items {
            if self.folded.contains(&item) {
                continue;
            }
            let old = state_of(draft, item)?;
            let codes = codes(draft, item, &old)?;
            let state = self.folded(draft, &codes, &old)?;
            self.put_state(draft, codes, &old, state)?;
        }
        self.count_packed(draft)
    }

    /// The fold of all that acts on a thing, or its state marked where that is too much.
    fn folded<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        codes: &BTreeSet<SubjectKey>,
        old: &ItemState,
    ) -> Result<ItemState, ViewError> {
        if old.overflow {
            return Ok(old.clone());
        }
        let folded = unless_spent(self.history(draft, codes))?;
        Ok(folded.unwrap_or_else(|| ItemState { overflow: true, ..old.clone() }))
    }

    /// The fold of all that acts on a thing.
    fn history<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        codes: &BTreeSet<SubjectKey>,
    ) -> Result<ItemState, Halt> {
        let mut touched = Vec::new();
        for code in codes {
            let Some(record) = subject(draft, code)? else { continue };
            touches(draft, record.number, 0, &mut |touch| {
                touched.push(touch);
                Ok(touched.len() <= MAX_REFOLD)
            })?;
        }
        if touched.len() > MAX_REFOLD {
            return Err(Halt::Spent);
        }
        self.spend(touched.len())?;
        let roots = roots(draft, &touched)?;
        let mut state = ItemState { aliased: codes.len() > 1, ..ItemState::default() };
        for (acts, act) in timeline(&mut Reading { folder: self, draft }, codes, &roots)? {
            state.step(Event { acts: &acts, act });
        }
        Ok(state)
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
        for &code in &affected {
            let number = draft.load(code)?.0.number;
            let old = state_of(draft, code)?;
            stock::leave(draft, number, &old);
            self.pack(old.last_container(), -1);
        }
        for code in affected.iter().copied() {
            if self.folded.contains(&code) {
                continue;
            }
            // Whatever was too long before may be short enough without the codes that have left.
            let codes = codes_of(draft, &code)?;
            let last = state_of(draft, code)?;
            let nothing = ItemState { aliased: codes.len() > 1, ..ItemState::default() };
            let state = match unless_spent(self.history(draft, &codes))? {
                Some(folded) => folded,
                None => ItemState { overflow: true, aliased: codes.len() > 1, ..last },
            };
            self.put_state(draft, codes, &nothing, state)?;
        }
        self.count_packed(draft)?;
        open::rename(self, draft, &affected)
    }
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
