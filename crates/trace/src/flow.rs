//! Flow: where everything went that was the item, was inside the container, or is of the lot.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use custody::{
    View, ViewError,
    item::{Act, Status, item_state},
};
use gs1::{ItemKind, ItemRef};
use proto::v1::statement::Body;

use crate::{
    Error, MAX_DEPTH,
    budget::Budget,
    hops::Hop,
    path::{Leg, legs},
    place::Whereabouts,
    reader::{Reader, Step},
    scope::{Scope, has_part},
    standing::{Everything, Sees, maker},
    stay::{Timeline, alive},
};

/// Most units that one question follows.
const MAX_UNITS: usize = 100_000;

/// Where goods are now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Condition.
    pub status: Status,
    /// Who has them; in transit, missing or refused: who sent them.
    pub party: String,
    /// Number of items there.
    pub items: u64,
}

/// Forward to every place.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Oldest first. A hop of many items together stands once, under the first of them.
    pub hops: Vec<Hop>,
    /// How many items went each hop.
    pub counts: Vec<u64>,
    /// Where they are now; whatever the limit of hops.
    pub places: Vec<Place>,
    /// More exists than was asked for or could be read.
    pub truncated: bool,
}

/// 查流向: the hops of an item, of everything that was in a container, or of a lot's items; at most
/// `limit` of them. Their whole way is told, from before they came into the container.
///
/// # Errors
/// [`Error::NotAnItem`], [`Error::Unknown`], or the view failed.
pub fn flow<V: View + ?Sized>(view: &V, item: &str, limit: usize) -> Result<Flow, Error> {
    flow_in(view, item, limit, &Scope::all(), &Everything)
}

/// The same by the statements that count for a reader; of what was inside, where it has no part, by those that it may
/// see.
///
/// # Errors
/// [`Error::NotAnItem`], [`Error::Unknown`], or the view failed.
pub fn flow_in<'v, V: View + ?Sized>(
    view: &'v V,
    item: &str,
    limit: usize,
    scope: &Scope<'v>,
    sees: &'v dyn Sees,
) -> Result<Flow, Error> {
    flow_within(view, item, limit, (scope, sees), Budget::default())
}

pub(crate) fn flow_within<'v, V: View + ?Sized>(
    view: &'v V,
    item: &str,
    limit: usize,
    (scope, sees): (&Scope<'v>, &'v dyn Sees),
    budget: Budget,
) -> Result<Flow, Error> {
    let kind = ItemRef::parse(item).map_err(Error::NotAnItem)?.kind();
    item_state(view, item)?.ok_or(Error::Unknown)?;
    let mut ways = Ways::new(view, (scope, sees), budget);
    let units = ways.units(item, kind)?;
    let mut groups: BTreeMap<GroupKey, Group> = BTreeMap::new();
    let mut places: BTreeMap<(Status, u64), u64> = BTreeMap::new();
    for unit in units {
        let timeline = ways.of(&unit)?;
        if ways.all.budget.is_spent() && !groups.is_empty() {
            // Of a unit half read nobody can say where it is.
            ways.all.budget.exhausted = true;
            break;
        }
        let Some(timeline) = timeline else { continue };
        for leg in legs(&timeline) {
            let group = groups.entry(group_key(&leg)).or_insert_with(|| (unit.clone(), leg, 0));
            group.2 += 1;
        }
        let at = Whereabouts::after(&timeline.steps);
        *places.entry((at.status, at.holder)).or_default() += 1;
    }
    let truncated = groups.len() > limit || ways.truncated();
    let reader = &mut ways.all;
    let mut flow = Flow { hops: Vec::new(), counts: Vec::new(), places: Vec::new(), truncated };
    for (unit, leg, count) in groups.into_values().take(limit) {
        flow.hops.push(reader.hop(&unit, leg)?);
        flow.counts.push(count);
    }
    for ((status, party), items) in places {
        flow.places.push(Place { status, party: reader.party(party)?.to_string(), items });
    }
    flow.places.sort();
    Ok(flow)
}

/// The ways of units as far as a reader is told: of those in which it has a part by all statements, of others by those
/// that belong to its own chain of what they were in.
struct Ways<'v, V: ?Sized> {
    sees: &'v dyn Sees,
    all: Reader<'v, V>,
    /// Units by all statements, where the reader may ask for these.
    by_all: Option<BTreeSet<Rc<str>>>,
    own: Reader<'v, V>,
    by_own: BTreeSet<Rc<str>>,
}

impl<'v, V: View + ?Sized> Ways<'v, V> {
    fn new(view: &'v V, (scope, sees): (&Scope<'v>, &'v dyn Sees), budget: Budget) -> Self {
        let own = if scope.is_all() { Scope::seen_by(sees) } else { scope.clone() };
        Self {
            sees,
            all: Reader::new(view, &Scope::all(), budget),
            by_all: scope.is_all().then(BTreeSet::new),
            own: Reader::new(view, &own, budget),
            by_own: BTreeSet::new(),
        }
    }

    /// What may have been in an item, or is of a lot.
    fn units(&mut self, item: &str, kind: ItemKind) -> Result<BTreeSet<Rc<str>>, ViewError> {
        if let Some(by_all) = &mut self.by_all {
            *by_all = self.all.units(item, kind)?;
        }
        if !self.sees.is_everything() {
            self.by_own = self.own.units(item, kind)?;
        }
        Ok(self.by_all.iter().flatten().chain(&self.by_own).cloned().collect())
    }

    /// The way of one of them; `None` where the reader is not told that it was inside.
    fn of(&mut self, unit: &Rc<str>) -> Result<Option<Timeline>, ViewError> {
        let timeline = self.all.timeline(unit)?;
        if self.sees.is_everything() {
            return Ok(Some(timeline));
        }
        let hops = self.all.hops_of(unit, legs(&timeline))?;
        // As in `admit`: where nobody vouches for the beginning, only what belongs to its own chain counts.
        if maker(&hops).is_some() && has_part(&hops, self.sees)? {
            let inside = self.by_all.as_ref().is_none_or(|by_all| by_all.contains(unit));
            return Ok(inside.then_some(timeline));
        }
        if self.by_own.contains(unit) { self.own.timeline(unit).map(Some) } else { Ok(None) }
    }

    const fn truncated(&self) -> bool {
        self.all.truncated() || self.own.truncated()
    }
}

/// The first unit of a hop, the hop, and how many units went it.
type Group = (Rc<str>, Leg, u64);

/// Hops of one shipment (or other statement) between the same two parties belong together, in whatever
/// boxes they went.
type GroupKey = (i64, Leg);

fn group_key(leg: &Leg) -> GroupKey {
    (leg.began(), Leg { via: None, packings: None, aside: Vec::new(), ..leg.clone() })
}

/// What is asked for, and what led there.
#[derive(Default)]
struct Found {
    units: BTreeSet<Rc<str>>,
    /// Packings followed, by child and entry.
    seen: BTreeSet<(Rc<str>, u64)>,
}

/// The time between two steps; `None` = open.
type Window = (Option<Step>, Option<Step>);

impl<V: View + ?Sized> Reader<'_, V> {
    fn units(&mut self, item: &str, kind: ItemKind) -> Result<BTreeSet<Rc<str>>, ViewError> {
        match kind {
            ItemKind::Lot => self.lot_items(item, MAX_UNITS),
            _ => self.contents(item),
        }
    }

    /// Everything that was in `item` at any time, down to what holds nothing itself; `item`, where
    /// nothing ever was.
    fn contents(&mut self, item: &str) -> Result<BTreeSet<Rc<str>>, ViewError> {
        let mut found = Found::default();
        self.inside(&item.into(), &(None, None), 0, &mut found)?;
        Ok(found.units)
    }

    /// Adds what was in `item` within a window, or `item` where nothing was.
    fn inside(
        &mut self,
        item: &Rc<str>,
        window: &Window,
        depth: usize,
        found: &mut Found,
    ) -> Result<(), ViewError> {
        let own = self.own(item)?;
        let early = |s: &Step| window.0.as_ref().is_some_and(|from| !s.is_after(from));
        let late = |s: &Step| window.1.as_ref().is_some_and(|to| !to.is_after(s));
        // What was inside when everything was taken out before the window, is not in it.
        let first = own.iter().rposition(|s| s.act == Act::Emptied && early(s)).map_or(0, |i| i + 1);
        let names = self.names(item)?;
        let mut empty = true;
        for packing in own.iter().skip(first).filter(|s| s.act == Act::Handled && !late(s)) {
            if packing.told.container.as_ref().is_none_or(|c| !names.iter().any(|n| **n == **c)) {
                continue;
            }
            if depth >= MAX_DEPTH {
                self.tangled = true;
                break;
            }
            let Some(content) = self.content(packing.told.index)? else { break };
            let Body::Pack(pack) = content.body else { continue };
            for child in pack.children {
                empty &= !self.child(child.into(), packing.told.index, window, depth, found)?;
            }
        }
        if empty {
            found.units.insert(item.clone());
            self.budget.exhausted |= found.units.len() >= MAX_UNITS;
        }
        Ok(())
    }

    /// Adds what was in a child while it was in its parent; whether it was there within the window.
    fn child(
        &mut self,
        child: Rc<str>,
        packing: u64,
        window: &Window,
        depth: usize,
        found: &mut Found,
    ) -> Result<bool, ViewError> {
        if !self.budget.spend(1) {
            return Ok(false);
        }
        let own = self.own(&child)?;
        let begins = |s: &Step| s.told.index == packing && matches!(s.act, Act::PackedInto(_));
        let Some(i) = alive(&own).iter().position(begins) else { return Ok(false) };
        let stay = self.stay(&child, &own, i, &mut vec![child.clone()])?;
        let Some(shared) = stay.within(window) else { return Ok(false) };
        if found.seen.insert((child.clone(), packing)) {
            self.inside(&child, &shared, depth + 1, found)?;
        }
        Ok(true)
    }
}
