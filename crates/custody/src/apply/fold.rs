//! Folding statements into the items they act on: one step where they arrive in order of occurrence,
//! the item's whole history where they do not.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use proto::v1::ReceiveOutcome;
use statement::{Kind, SubjectKey, SubjectKind};

use crate::{
    View, ViewError,
    control::{content, root_of},
    draft::Draft,
    item::{Act, Acts, Event, ItemState, acts_of, decode_state, moves_items},
    response::{receives_of, ships_of},
    tables::{subject, touches},
};

/// Most statements folded for one item when something arrives late; beyond, order of arrival counts.
const MAX_REFOLD: usize = 4_096;

/// Folds, keeping each statement's acts so that a bill of many items is read once.
#[derive(Default)]
pub(super) struct Folder {
    acts: BTreeMap<u64, Option<Rc<Acts>>>,
}

impl Folder {
    /// What the original at `root` does to items, as it counts now; `None` where it does not count.
    fn acts<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        root: u64,
    ) -> Result<Option<Rc<Acts>>, ViewError> {
        if let Some(known) = self.acts.get(&root) {
            return Ok(known.clone());
        }
        let acts = match content(draft, root)? {
            None => None,
            Some(content) => {
                let mut acts = acts_of(&content, &|kind: SubjectKind, text: &str| draft.number(kind, text))?;
                if acts.takes_all {
                    self.take_all(draft, &mut acts)?;
                }
                Some(Rc::new(acts))
            }
        };
        self.acts.insert(root, acts.clone());
        Ok(acts)
    }

    /// A Receive without lines takes in what the Ships it answers carry.
    fn take_all<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        receive: &mut Acts,
    ) -> Result<(), ViewError> {
        for ship in ships_of(draft, receive.index)? {
            let Some(ship) = self.acts(draft, root_of(draft, ship)?)? else { continue };
            let shipped = ship.by_item.iter().filter(|(_, act)| matches!(act, Act::Ship(_)));
            let taken = shipped.map(|(item, _)| (*item, Act::Receive(ReceiveOutcome::Unspecified)));
            receive.by_item.extend(taken);
        }
        Ok(())
    }

    /// The items that the original at `root` acts on, through the Receives that answer it as well.
    pub(super) fn items<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        root: u64,
    ) -> Result<Vec<SubjectKey>, ViewError> {
        let acts = self.acts(draft, root)?;
        Ok(acts.map(|a| a.by_item.keys().copied().collect()).unwrap_or_default())
    }

    /// Folds the entry at `index` into its items. `late_match`: it answers to Receives that came before.
    pub(super) fn arrive<V: View + ?Sized>(
        &mut self,
        draft: &mut Draft<'_, V>,
        index: u64,
        late_match: bool,
    ) -> Result<(), ViewError> {
        let Some(acts) = self.acts(draft, index)? else { return Ok(()) };
        for (&item, &act) in &acts.by_item {
            draft.load(item)?;
            let mut state = decode_state(&draft.state(&item))?;
            if !late_match && (state.precedes(&acts) || state.overflow) {
                state.step(Event { acts: &acts, act });
                draft.set_state(item, state.encode())?;
            } else {
                self.refold(draft, item)?;
            }
        }
        Ok(())
    }

    /// Folds an item's whole history anew.
    pub(super) fn refold<V: View + ?Sized>(
        &mut self,
        draft: &mut Draft<'_, V>,
        item: SubjectKey,
    ) -> Result<(), ViewError> {
        let Some(record) = subject(draft, &item)? else { return Ok(()) };
        let (roots, overflow) = roots(draft, record.number)?;
        let mut history = Vec::new();
        for root in roots {
            if let Some(acts) = self.acts(draft, root)? {
                if let Some(&act) = acts.by_item.get(&item) {
                    history.push((acts, act));
                }
            }
        }
        history.sort_by(|(a, _), (b, _)| a.fold_key().cmp(&b.fold_key()));
        let mut state = ItemState { overflow, ..ItemState::default() };
        for (acts, act) in &history {
            state.step(Event { acts, act: *act });
        }
        draft.load(item)?;
        draft.set_state(item, state.encode())
    }
}

/// Originals that may act on the item with this number, and whether there are more than are folded.
fn roots<V: View + ?Sized>(view: &V, number: u64) -> Result<(BTreeSet<u64>, bool), ViewError> {
    let mut touched = Vec::new();
    touches(view, number, 0, &mut |touch| {
        touched.push(touch);
        Ok(touched.len() <= MAX_REFOLD)
    })?;
    let overflow = touched.len() > MAX_REFOLD;
    let mut roots = BTreeSet::new();
    for touch in touched.into_iter().take(MAX_REFOLD) {
        let kind = Kind::try_from(i32::from(touch.kind)).unwrap_or_default();
        if kind == Kind::Correct {
            roots.insert(root_of(view, touch.index)?);
        } else if moves_items(kind) {
            roots.insert(touch.index);
        }
        if kind == Kind::Ship {
            roots.extend(receives_of(view, touch.index)?);
        }
    }
    Ok((roots, overflow))
}
