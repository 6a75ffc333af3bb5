//! What an item's Commission says of it.

use std::{collections::BTreeMap, rc::Rc};

use custody::{
    View, ViewError, content,
    item::{ItemState, item_state},
};
use proto::v1::{Commission, statement::Body};

use crate::{hops::Hop, path::legs, reader::Reader, standing::Sees, stay::Timeline};

/// Lot, expiry and registration of an item, where known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemFacts {
    /// "lot:…".
    pub lot: String,
    /// "YYYY-MM-DD".
    pub made_on: String,
    /// "YYYY-MM-DD".
    pub expires_on: String,
    /// Registration or approval number.
    pub registration: String,
    /// Who commissioned it.
    pub maker: String,
}

/// Reads each Commission once: the items of a bill mostly come from few.
#[derive(Debug, Default)]
pub(super) struct Facts {
    known: BTreeMap<u64, Rc<ItemFacts>>,
}

impl Facts {
    pub(super) const fn new() -> Self {
        Self { known: BTreeMap::new() }
    }

    /// Of an item, where the reader may see it or has stated them itself: who claims a code must not learn
    /// from them whether it exists.
    pub(super) fn of<V: View + ?Sized>(
        &mut self,
        reader: &mut Reader<'_, V>,
        item: &str,
        sees: &dyn Sees,
    ) -> Result<Rc<ItemFacts>, ViewError> {
        let Some((_, state)) = item_state(reader.view, item)? else { return Ok(Rc::default()) };
        let shown = state.commissioned != 0 && may_see(reader, item, &state, sees)?;
        self.commission(reader.view, if shown { state.commissioned } else { 0 })
    }

    /// Of the Commission at an entry + 1; 0 = none.
    pub(super) fn commission<V: View + ?Sized>(
        &mut self,
        view: &V,
        commissioned: u64,
    ) -> Result<Rc<ItemFacts>, ViewError> {
        let Some(entry) = commissioned.checked_sub(1) else { return Ok(Rc::default()) };
        if let Some(known) = self.known.get(&entry) {
            return Ok(Rc::clone(known));
        }
        let facts = match content(view, entry)? {
            Some(content) => match content.body {
                Body::Commission(b) => facts_of(b, content.root.actor()),
                Body::Transform(b) => ItemFacts {
                    lot: b.lot,
                    made_on: b.made_on,
                    expires_on: b.expires_on,
                    registration: b.registration,
                    maker: content.root.actor().to_owned(),
                },
                _ => ItemFacts::default(),
            },
            None => ItemFacts::default(),
        };
        let facts = Rc::new(facts);
        self.known.insert(entry, Rc::clone(&facts));
        Ok(facts)
    }
}

/// Whether the reader may see an item: it may see its Commission, or ask about the item. Not where the budget
/// has left out some of its history.
pub(super) fn may_see<V: View + ?Sized>(
    reader: &mut Reader<'_, V>,
    item: &str,
    state: &ItemState,
    sees: &dyn Sees,
) -> Result<bool, ViewError> {
    if let Some(commission) = state.commissioned.checked_sub(1)
        && sees.statement(commission)?
    {
        return Ok(true);
    }
    let timeline = reader.timeline(item)?;
    sees_way(reader, item, &timeline, sees)
}

/// Whether the reader may ask about an item that went this way.
pub(super) fn sees_way<V: View + ?Sized>(
    reader: &mut Reader<'_, V>,
    item: &str,
    timeline: &Timeline,
    sees: &dyn Sees,
) -> Result<bool, ViewError> {
    if reader.budget.exhausted {
        return Ok(false);
    }
    let item: Rc<str> = item.into();
    let hops: Vec<Hop> =
        legs(timeline).into_iter().map(|leg| reader.hop(&item, leg)).collect::<Result<_, _>>()?;
    sees.item(&hops)
}

fn facts_of(b: Commission, maker: &str) -> ItemFacts {
    ItemFacts {
        lot: b.lot,
        made_on: b.made_on,
        expires_on: b.expires_on,
        registration: b.registration,
        maker: maker.to_owned(),
    }
}
