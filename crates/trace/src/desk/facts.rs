//! What an item's Commission says of it.

use std::{collections::BTreeMap, rc::Rc};

use custody::{View, ViewError, content, item::item_state};
use proto::v1::{Commission, statement::Body};

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

    pub(super) fn of<V: View + ?Sized>(&mut self, view: &V, item: &str) -> Result<ItemFacts, ViewError> {
        let Some((_, state)) = item_state(view, item)? else { return Ok(ItemFacts::default()) };
        self.commission(view, state.commissioned).map(|facts| (*facts).clone())
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

fn facts_of(b: Commission, maker: &str) -> ItemFacts {
    ItemFacts {
        lot: b.lot,
        made_on: b.made_on,
        expires_on: b.expires_on,
        registration: b.registration,
        maker: maker.to_owned(),
    }
}
