//! Places for uploads: so many in all, and of these a quarter for one party.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The places.
pub(crate) struct Slots {
    most: usize,
    taken: Mutex<BTreeMap<String, usize>>,
}

/// A place, until it is dropped.
pub(crate) struct Slot {
    slots: Arc<Slots>,
    party: String,
}

impl Slots {
    pub(crate) const fn new(most: usize) -> Self {
        Self { most: if most == 0 { 1 } else { most }, taken: Mutex::new(BTreeMap::new()) }
    }

    /// A place for a party, if there is one now.
    pub(crate) fn take(self: &Arc<Self>, party: &str) -> Option<Slot> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(party).copied().unwrap_or(0);
        if taken.values().sum::<usize>() >= self.most || own >= self.most.div_ceil(4) {
            return None;
        }
        taken.insert(party.to_owned(), own + 1);
        Some(Slot { slots: Arc::clone(self), party: party.to_owned() })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.party) {
            Some(own) if *own > 1 => *own -= 1,
            _ => _ = taken.remove(&self.party),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_party_leaves_room_for_others() {
        let slots = Arc::new(Slots::new(8));
        let a = [slots.take("a").unwrap(), slots.take("a").unwrap()];
        assert!(slots.take("a").is_none());
        let _others: Vec<Slot> =
            ["b", "b", "c", "c", "d", "e"].map(|p| slots.take(p).unwrap()).into_iter().collect();
        assert!(slots.take("f").is_none(), "all are taken");
        drop(a);
        assert!(slots.take("f").is_some() && slots.take("a").is_some());
        assert!(Arc::new(Slots::new(0)).take("a").is_some(), "there is always one");
    }
}
