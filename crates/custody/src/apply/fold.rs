//! Folding statements into the items they act on: one step where they arrive in order of occurrence,
//! the item's whole history where they do not.
//!
//! A Receive that takes in everything acts on an item through the Ships it answers. Those are found from
//! the item's side, so that what such a Receive takes in is never spread out.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use proto::v1::ReceiveOutcome;
use statement::{Kind, Statement, SubjectKey, SubjectKind};

use crate::{
    View, ViewError,
    control::{content, root_of},
    draft::Draft,
    item::{Act, Acts, Event, ItemState, Place, acts_from, acts_of, moves_items},
    response::{receives_of, ships_of},
    tables::{Touch, subject, touches},
};

/// Most entries read for one item when something arrives late.
const MAX_REFOLD: usize = 4_096;
/// Most that is read for all items of one statement together: acts of statements on items, entries in the
/// histories of items. Items beyond are folded in order of arrival and marked (`ItemState::overflow`).
const MAX_WORK: usize = 1 << 19;
/// What reading a statement costs beside its items.
const STATEMENT_WORK: usize = 8;

/// What an item takes part in when a Receive says nothing of single goods.
const TAKEN: Act = Act::Receive(ReceiveOutcome::Unspecified);

/// Folds, keeping what was read so that a bill of many items is read once.
#[derive(Default)]
pub(super) struct Folder {
    acts: BTreeMap<u64, Option<Rc<Acts>>>,
    receives: BTreeMap<u64, Rc<[u64]>>,
    work: usize,
}

/// Nothing more is read: [`MAX_WORK`] is spent.
struct Spent;

type Read<T> = Result<Result<T, Spent>, ViewError>;

impl Folder {
    fn spend(&mut self, work: usize) -> Result<(), Spent> {
        self.work = self.work.saturating_add(work);
        if self.work <= MAX_WORK { Ok(()) } else { Err(Spent) }
    }

    /// What the original at `root` does to items, as it counts now; `None` where it does not count.
    fn acts<V: View + ?Sized>(&mut self, draft: &Draft<'_, V>, root: u64) -> Read<Option<Rc<Acts>>> {
        if let Some(known) = self.acts.get(&root) {
            return Ok(Ok(known.clone()));
        }
        if self.spend(STATEMENT_WORK).is_err() {
            return Ok(Err(Spent));
        }
        let acts = match content(draft, root)? {
            None => None,
            Some(content) => Some(Rc::new(acts_of(&content, &|kind, text| draft.number(kind, text))?)),
        };
        // Spent or not, this one has been read.
        let _ = self.spend(acts.as_ref().map_or(0, |a| a.by_item.len()));
        self.acts.insert(root, acts.clone());
        Ok(Ok(acts))
    }

    fn receives<V: View + ?Sized>(
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

    /// The items that the original at `root` acts on.
    pub(super) fn items<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        root: u64,
    ) -> Result<BTreeSet<SubjectKey>, ViewError> {
        let Ok(Some(acts)) = self.acts(draft, root)? else { return Ok(BTreeSet::new()) };
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
        for ship in ships_of(draft, receive)? {
            if let Ok(Some(ship)) = self.acts(draft, ship)? {
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
        for (&item, &act) in &acts.by_item {
            self.fold_in(draft, item, &acts, act, answered)?;
        }
        if acts.takes_all {
            for item in self.taken(draft, index)? {
                self.fold_in(draft, item, &acts, TAKEN, false)?;
            }
        }
        Ok(())
    }

    fn fold_in<V: View + ?Sized>(
        &mut self,
        draft: &mut Draft<'_, V>,
        item: SubjectKey,
        acts: &Acts,
        act: Act,
        answered: bool,
    ) -> Result<(), ViewError> {
        draft.load(item)?;
        let mut state = ItemState::decode(&draft.state(&item))?;
        if (answered || !state.precedes(acts)) && !state.overflow {
            match self.history(draft, item)? {
                Ok(folded) => return draft.set_state(item, folded.encode()),
                Err(Spent) => state.overflow = true,
            }
        }
        state.step(Event { acts, act });
        draft.set_state(item, state.encode())
    }

    /// Folds an item's whole history anew. Where it is too long, the state stays and is marked.
    pub(super) fn refold<V: View + ?Sized>(
        &mut self,
        draft: &mut Draft<'_, V>,
        item: SubjectKey,
    ) -> Result<(), ViewError> {
        draft.load(item)?;
        let mut state = ItemState::decode(&draft.state(&item))?;
        if !state.overflow {
            match self.history(draft, item)? {
                Ok(folded) => state = folded,
                Err(Spent) => state.overflow = true,
            }
        }
        draft.set_state(item, state.encode())
    }

    /// The fold of all that acts on an item.
    fn history<V: View + ?Sized>(&mut self, draft: &Draft<'_, V>, item: SubjectKey) -> Read<ItemState> {
        let Some(record) = subject(draft, &item)? else { return Ok(Ok(ItemState::default())) };
        let mut touched = Vec::new();
        touches(draft, record.number, 0, &mut |touch| {
            touched.push(touch);
            Ok(touched.len() <= MAX_REFOLD)
        })?;
        if touched.len() > MAX_REFOLD || self.spend(touched.len()).is_err() {
            return Ok(Err(Spent));
        }
        let mut events = BTreeMap::new();
        for root in roots(draft, &touched)? {
            let Ok(acts) = self.acts(draft, root)? else { return Ok(Err(Spent)) };
            let Some(acts) = acts else { continue };
            let Some(&act) = acts.by_item.get(&item) else { continue };
            if matches!(act, Act::Ship(_)) && self.answers(draft, root, &mut events)?.is_err() {
                return Ok(Err(Spent));
            }
            events.insert(root, (acts, act));
        }
        let mut events: Vec<_> = events.into_values().collect();
        events.sort_by(|(a, _), (b, _)| a.fold_key().cmp(&b.fold_key()));
        let mut state = ItemState::default();
        for (acts, act) in &events {
            state.step(Event { acts, act: *act });
        }
        Ok(Ok(state))
    }

    /// Adds the Receives that take in all of a Ship.
    fn answers<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        ship: u64,
        events: &mut BTreeMap<u64, (Rc<Acts>, Act)>,
    ) -> Read<()> {
        let receives = self.receives(draft, ship)?;
        if self.spend(receives.len()).is_err() {
            return Ok(Err(Spent));
        }
        for &receive in receives.iter() {
            let Ok(acts) = self.acts(draft, receive)? else { return Ok(Err(Spent)) };
            if let Some(acts) = acts.filter(|a| a.takes_all) {
                events.insert(receive, (acts, TAKEN));
            }
        }
        Ok(Ok(()))
    }
}

/// Originals that may act by themselves on what these entries name.
fn roots<V: View + ?Sized>(view: &V, touched: &[Touch]) -> Result<BTreeSet<u64>, ViewError> {
    let mut roots = BTreeSet::new();
    for touch in touched {
        let kind = Kind::try_from(i32::from(touch.kind)).unwrap_or_default();
        if kind == Kind::Correct {
            roots.insert(root_of(view, touch.index)?);
        } else if moves_items(kind) {
            roots.insert(touch.index);
        }
    }
    Ok(roots)
}
