//! Reads what statements do to items, each statement once and within an allowance, so that what one
//! statement costs to record does not follow from what was recorded before.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use statement::{Kind, SubjectKey};

use super::cuts::MAX_LOOK;
use crate::{
    View, ViewError,
    control::{Content, MAX_CORRECTIONS, content, control_of},
    draft::Draft,
    item::{Act, Acts, acts_of, deeds::Deeds},
    response::{receives_of, ships_met, ships_of},
    stock::Source,
};

/// Entries that may be read to fold one item anew; also how far back, in entries that act on it, a late
/// statement finds its place.
pub(super) const MAX_READS: usize = 512;
/// Entries that may be read besides for each item that the statement names: less than its links cost.
const READS_PER_ITEM: usize = 8;
/// What may be done with what was read: acts of statements on items, entries in the histories of items. 16
/// bills of the largest kind.
const MAX_WORK: usize = 1 << 16;
/// The same for each item that the statement names.
const WORK_PER_ITEM: usize = 64;
/// The most for all items together.
const WORK_LIMIT: usize = 1 << 19;
/// Entries in the history of a code that are looked at for one unit of work: of most the kind is all that is
/// read.
pub(super) const LOOKS_PER_WORK: usize = 4;

/// Why reading ended.
pub(crate) enum Halt {
    /// The allowance is spent.
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

/// What was read for one statement, and what may still be.
pub(crate) struct Reader {
    acts: BTreeMap<u64, Option<Rc<Acts>>>,
    receives: BTreeMap<u64, Rc<[u64]>>,
    ships: BTreeMap<u64, Rc<[u64]>>,
    reads: usize,
    work: usize,
}

impl Reader {
    /// With the allowance of a statement that names `items` items.
    pub(super) fn new(items: usize) -> Self {
        let mut reader = Self {
            acts: BTreeMap::new(),
            receives: BTreeMap::new(),
            ships: BTreeMap::new(),
            reads: 0,
            work: 0,
        };
        reader.allow(items);
        reader
    }

    /// A new allowance; what is known stays known.
    pub(super) fn allow(&mut self, items: usize) {
        self.reads = MAX_READS.saturating_add(items.saturating_mul(READS_PER_ITEM));
        self.work = MAX_WORK.saturating_add(items.saturating_mul(WORK_PER_ITEM)).min(WORK_LIMIT);
    }

    /// Takes work off the allowance.
    pub(super) fn spend(&mut self, work: usize) -> Result<(), Halt> {
        let left = self.work.checked_sub(work);
        self.work = left.unwrap_or(0);
        left.map(drop).ok_or(Halt::Spent)
    }

    /// Whether this many statements that are not known yet may still be read.
    pub(super) fn affords<'r>(&self, roots: impl IntoIterator<Item = &'r u64>) -> bool {
        let unknown = roots.into_iter().filter(|root| !self.acts.contains_key(root));
        unknown.take(self.reads.saturating_add(1)).count() <= self.reads
    }

    /// Notes what a statement does that is being recorded.
    pub(super) fn know(&mut self, acts: Rc<Acts>) {
        self.acts.insert(acts.index, Some(acts));
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
        self.pay(draft, root)?;
        let acts = self.read(draft, root)?;
        // Spent or not, this one has been read.
        let _ = self.spend(acts.as_ref().map_or(0, |a| a.by_item.len()));
        Ok(acts)
    }

    /// Takes the reading of a statement off the allowance.
    fn pay<V: View + ?Sized>(&mut self, draft: &Draft<'_, V>, root: u64) -> Result<(), Halt> {
        // A content by line is worked out from a chain of Corrects.
        let corrections = control_of(draft, root)?.corrections.min(MAX_CORRECTIONS);
        let reads = 1 + corrections as usize;
        self.reads = self.reads.checked_sub(reads).filter(|_| self.work > 0).ok_or(Halt::Spent)?;
        Ok(())
    }

    /// What counts of the original at `root`, within the allowance; it is not kept.
    pub(super) fn content<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        root: u64,
    ) -> Result<Option<Content>, Halt> {
        self.pay(draft, root)?;
        Ok(content(draft, root)?)
    }

    /// Whether it is known what a statement does.
    pub(super) fn knows(&self, root: u64) -> bool {
        self.acts.contains_key(&root)
    }

    /// The same as [`Self::acts`] beside the allowance: for statements that the one being recorded names itself, the links
    /// of which it pays for.
    fn read<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        root: u64,
    ) -> Result<Option<Rc<Acts>>, ViewError> {
        if let Some(known) = self.acts.get(&root) {
            return Ok(known.clone());
        }
        let acts = match content(draft, root)? {
            None => None,
            Some(content) => Some(Rc::new(acts_of(&content, &|kind, text| draft.number(kind, text))?)),
        };
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

    /// The items that the original at `root` acts on: as many as it links.
    pub(super) fn items<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        root: u64,
    ) -> Result<BTreeSet<SubjectKey>, ViewError> {
        let Some(acts) = self.read(draft, root)? else { return Ok(BTreeSet::new()) };
        let mut items: BTreeSet<SubjectKey> = acts.by_item.keys().copied().collect();
        if acts.takes_all {
            items.extend(self.taken(draft, root)?);
        }
        Ok(items)
    }

    /// The items that a Receive of everything takes in.
    pub(super) fn taken<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        receive: u64,
    ) -> Result<BTreeSet<SubjectKey>, ViewError> {
        let mut items = BTreeSet::new();
        for &ship in self.ships(draft, receive)?.iter() {
            if let Some(ship) = self.read(draft, ship)? {
                let shipped = ship.by_item.iter().filter(|(_, act)| matches!(act, Act::Ship(_)));
                items.extend(shipped.map(|(item, _)| *item));
            }
        }
        Ok(items)
    }

    /// Items of the Ships that a Receive answers: it links them, whatever it names itself.
    pub(super) fn shipped<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        acts: &Acts,
    ) -> Result<usize, ViewError> {
        if acts.kind == Kind::Receive { self.lines_met(draft, acts.index) } else { Ok(0) }
    }

    /// Items of the Ships that the original at `root` has met; none but Receives have.
    pub(super) fn lines_met<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        root: u64,
    ) -> Result<usize, ViewError> {
        let mut lines = 0;
        for answer in ships_met(draft, root)? {
            lines += self.read(draft, answer.index)?.map_or(0, |ship| ship.by_item.len());
        }
        Ok(lines)
    }

    /// Of what the original at `root` brings into the histories of its items, the first in fold order: its
    /// own act, or that of a Receive that takes in all of it.
    pub(super) fn first<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        root: u64,
    ) -> Result<Option<Rc<Acts>>, Halt> {
        let Some(mut first) = self.read(draft, root)? else { return Ok(None) };
        if first.addressee != 0 {
            for &receive in self.receives(draft, root)?.iter() {
                let taken = self.acts(draft, receive)?.filter(|r| r.takes_all);
                first = taken.into_iter().fold(first, earlier);
            }
        }
        Ok(Some(first))
    }
}

/// The one of two that comes first in fold order.
pub(super) fn earlier(a: Rc<Acts>, b: Rc<Acts>) -> Rc<Acts> {
    use crate::item::deeds::Deed as _;
    if b.fold_key() < a.fold_key() { b } else { a }
}

/// The reader over the view as it reads one history.
pub(crate) struct Reading<'f, 'd, 'v, V: ?Sized> {
    pub(super) reader: &'f mut Reader,
    pub(crate) draft: &'d Draft<'v, V>,
}

impl<V: View + ?Sized> Deeds for Reading<'_, '_, '_, V> {
    type Deed = Acts;
    type Error = Halt;

    fn deed(&mut self, root: u64) -> Result<Option<Rc<Acts>>, Halt> {
        self.reader.acts(self.draft, root)
    }

    fn answers(&mut self, ship: u64) -> Result<Rc<[u64]>, Halt> {
        let receives = self.reader.receives(self.draft, ship)?;
        self.reader.spend(receives.len())?;
        Ok(receives)
    }
}

impl<V: View + ?Sized> Source for Reading<'_, '_, '_, V> {
    fn acts(&mut self, root: u64) -> Result<Option<Rc<Acts>>, Halt> {
        self.reader.acts(self.draft, root)
    }

    fn look(&mut self, seen: usize) -> bool {
        seen < MAX_LOOK && (!seen.is_multiple_of(LOOKS_PER_WORK) || self.reader.spend(1).is_ok())
    }

    fn spend(&mut self, work: usize) -> Result<(), Halt> {
        self.reader.spend(work)
    }
}
