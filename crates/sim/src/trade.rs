//! The trade as a stream: registration first, then the acts of all lots in the order of their uploads.

use std::{cmp::Reverse, collections::BinaryHeap};

use merkle::Hash;

use crate::{act::Act, pen::Signed, planner::plan, register::registrations, world::World};

/// All statements of a [`World`], made as they are asked for.
///
/// Holds the acts still to come of the lots that have begun, never statements: about 80 MiB where a
/// million statements are spread over the 60 days, in proportion otherwise.
#[derive(Debug)]
pub struct Trade {
    world: World,
    ledger: Hash,
    registrations: std::vec::IntoIter<Signed>,
    /// Lots that have not begun, the next one last.
    waiting: Vec<(i64, u32)>,
    under_way: BinaryHeap<Reverse<Act>>,
    left: usize,
}

impl Trade {
    pub(crate) fn new(world: World, ledger: Hash) -> Self {
        let registrations = registrations(&world, &ledger);
        let mut waiting: Vec<(i64, u32)> = world.lots().iter().map(|lot| (lot.start, lot.number)).collect();
        waiting.sort_unstable_by_key(|lot| Reverse(*lot));
        let left = world.plan().statements.saturating_sub(registrations.len());
        let registrations = registrations.into_iter();
        Self { world, ledger, registrations, waiting, under_way: BinaryHeap::new(), left }
    }

    /// The world it takes place in.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The next act to reach the ledger. No act of a lot is uploaded before the lot begins.
    fn next_act(&mut self) -> Option<Act> {
        let end = self.world.span().end;
        while let Some((start, number)) = self.waiting.last().copied() {
            if self.under_way.peek().is_some_and(|Reverse(act)| act.upload < start) {
                break;
            }
            self.waiting.pop();
            let acts = plan(&self.world, &self.world.lots()[number as usize]);
            self.under_way.extend(acts.into_iter().filter(|act| act.upload <= end).map(Reverse));
        }
        self.under_way.pop().map(|Reverse(act)| act)
    }
}

impl Iterator for Trade {
    type Item = Signed;

    fn next(&mut self) -> Option<Signed> {
        if let Some(registration) = self.registrations.next() {
            return Some(registration);
        }
        self.left = self.left.checked_sub(1)?;
        let act = self.next_act()?;
        self.world.pen(&self.ledger).write(&act)
    }
}
