//! Flow: where everything went that was the item, was inside the container, or is of the lot.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use custody::{
    View, ViewError,
    item::{Act, Status, item_state},
    root_of,
};
use gs1::{ItemKind, ItemRef};
use proto::v1::statement::Body;
use statement::{Kind, SubjectKind, subject_key};

use crate::{
    Error, MAX_DEPTH,
    budget::Budget,
    hops::Hop,
    path::{Leg, legs},
    place::Whereabouts,
    reader::{Reader, Step},
    stay::alive,
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
    flow_within(view, item, limit, Budget::default())
}

pub(crate) fn flow_within<V: View + ?Sized>(
    view: &V,
    item: &str,
    limit: usize,
    budget: Budget,
) -> Result<Flow, Error> {
    let kind = ItemRef::parse(item).map_err(Error::NotAnItem)?.kind();
    item_state(view, item)?.ok_or(Error::Unknown)?;
    let mut reader = Reader::new(view, budget);
    let units = match kind {
        ItemKind::Lot => reader.lot_items(item)?,
        _ => reader.contents(item)?,
    };
    let mut groups: BTreeMap<GroupKey, Group> = BTreeMap::new();
    let mut places: BTreeMap<(Status, u64), u64> = BTreeMap::new();
    for unit in units {
        let timeline = reader.timeline(&unit)?;
        if reader.budget.is_spent() && !groups.is_empty() {
            // Of a unit half read nobody can say where it is.
            reader.budget.exhausted = true;
            break;
        }
        for leg in legs(&timeline) {
            let group = groups.entry(group_key(&leg)).or_insert_with(|| (unit.clone(), leg, 0));
            group.2 += 1;
        }
        let at = Whereabouts::after(&timeline.steps);
        *places.entry((at.status, at.holder)).or_default() += 1;
    }
    let truncated = groups.len() > limit || reader.truncated();
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

/// The first unit of a hop, the hop, and how many units went it.
type Group = (Rc<str>, Leg, u64);

/// Hops of one shipment (or other statement) between the same two parties belong together, in whatever
/// boxes they went.
type GroupKey = (i64, Leg);

fn group_key(leg: &Leg) -> GroupKey {
    (leg.began(), Leg { via: None, ..leg.clone() })
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

    /// The items made under a lot, as the Commissions and Transforms count now.
    fn lot_items(&mut self, lot: &str) -> Result<BTreeSet<Rc<str>>, ViewError> {
        let mut commissions = BTreeSet::new();
        for touch in self.touches(&subject_key(SubjectKind::Item, lot))? {
            match Kind::try_from(i32::from(touch.kind)) {
                Ok(Kind::Commission | Kind::Transform) => commissions.insert(touch.index),
                Ok(Kind::Correct) => commissions.insert(root_of(self.view, touch.index)?),
                _ => false,
            };
        }
        let mut units = BTreeSet::new();
        for index in commissions {
            let Some(content) = self.content(index)? else { continue };
            let (of, made) = match content.body {
                Body::Commission(b) => (b.lot, b.items),
                Body::Transform(b) => (b.lot, b.outputs),
                _ => continue,
            };
            if of == lot && self.budget.spend(made.len()) {
                units.extend(made.into_iter().map(Rc::from));
            }
            if units.len() >= MAX_UNITS {
                self.budget.exhausted = true;
            }
        }
        Ok(units)
    }
}
