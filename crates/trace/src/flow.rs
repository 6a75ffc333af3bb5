//! Flow: where everything went that was the item, was inside the container, or is of the lot.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use custody::{
    View, ViewError,
    item::{Act, Status, item_state},
    tables::{subject_by_text, touches},
};
use gs1::{ItemKind, ItemRef};
use proto::v1::statement::Body;
use statement::{Kind, SubjectKind, subject_key};

use crate::{
    Error,
    hops::{Hop, HopKind, hops},
    item::place,
    timeline::{Budget, MAX_DEPTH, Reader},
};

/// Where goods are now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Condition.
    pub status: Status,
    /// Who has them.
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
    /// Where they are now.
    pub places: Vec<Place>,
    /// More exists than was asked for or could be read.
    pub truncated: bool,
}

/// 查流向: the hops of an item, of everything that was in a container, or of a lot's items; at most
/// `limit` of them.
///
/// # Errors
/// [`Error::NotAnItem`], [`Error::Unknown`], or the view failed.
pub fn flow<V: View + ?Sized>(view: &V, item: &str, limit: usize) -> Result<Flow, Error> {
    let kind = ItemRef::parse(item).map_err(Error::NotAnItem)?.kind();
    item_state(view, item)?.ok_or(Error::Unknown)?;
    let mut reader = Reader::new(view, Budget::default());
    let mut units = BTreeSet::new();
    if kind == ItemKind::Lot {
        lot_items(&mut reader, item, &mut units)?;
    } else {
        contents(&mut reader, item, 0, &mut BTreeSet::new(), &mut units)?;
    }
    let mut tangled = false;
    let mut grouped: BTreeMap<GroupKey, (Hop, u64)> = BTreeMap::new();
    let mut places: BTreeMap<(Status, String), u64> = BTreeMap::new();
    for unit in &units {
        let timeline = reader.timeline(unit)?;
        tangled |= timeline.tangled;
        for hop in hops(view, unit, &timeline)? {
            let group = grouped.entry(group_key(&hop)).or_insert((hop, 0));
            group.1 += 1;
        }
        let at = place(view, &timeline)?;
        *places.entry((at.status, at.holder)).or_default() += 1;
    }
    let truncated = grouped.len() > limit || reader.budget.exhausted || tangled;
    let (hops, counts) = grouped.into_values().take(limit).unzip();
    let places = places.into_iter().map(|((status, party), items)| Place { status, party, items }).collect();
    Ok(Flow { hops, counts, places, truncated })
}

/// Hops of one shipment (or other statement) between the same two parties belong together.
type GroupKey = (i64, i64, Vec<u64>, HopKind, String, String, Option<Rc<str>>);

fn group_key(hop: &Hop) -> GroupKey {
    let first = if hop.departed_at == 0 { hop.arrived_at } else { hop.departed_at };
    (
        first,
        hop.arrived_at,
        hop.entries.clone(),
        hop.kind,
        hop.from.clone(),
        hop.to.clone(),
        // Packed into different boxes by one statement, they still went together.
        hop.via.clone(),
    )
}

/// Everything that was ever packed into `item`, down to what holds nothing itself.
fn contents<V: View + ?Sized>(
    reader: &mut Reader<'_, V>,
    item: &str,
    depth: usize,
    seen: &mut BTreeSet<String>,
    units: &mut BTreeSet<String>,
) -> Result<(), ViewError> {
    if depth > MAX_DEPTH || !seen.insert(item.to_string()) {
        return Ok(());
    }
    let mut children = BTreeSet::new();
    for step in reader.own_steps(&subject_key(SubjectKind::Item, item))? {
        if let (Body::Pack(b), Act::Handled) = (&step.content.body, step.act) {
            children.extend(b.children.iter().cloned());
        }
    }
    if children.is_empty() {
        units.insert(item.to_string());
    }
    children.iter().try_for_each(|child| contents(reader, child, depth + 1, seen, units))
}

/// The items commissioned under a lot.
fn lot_items<V: View + ?Sized>(
    reader: &mut Reader<'_, V>,
    lot: &str,
    units: &mut BTreeSet<String>,
) -> Result<(), ViewError> {
    const MAX_ITEMS: usize = 100_000;
    let Some(record) = subject_by_text(reader.view, SubjectKind::Item, lot)? else { return Ok(()) };
    let mut commissions = Vec::new();
    touches(reader.view, record.number, 0, &mut |touch| {
        if i32::from(touch.kind) == Kind::Commission as i32 {
            commissions.push(touch.index);
        }
        Ok(commissions.len() < MAX_ITEMS)
    })?;
    for index in commissions {
        let Some((content, _)) = reader.statement(index)? else { continue };
        if let Body::Commission(b) = &content.body {
            units.extend(b.items.iter().cloned());
        }
        if units.len() > MAX_ITEMS {
            reader.budget.exhausted = true;
            break;
        }
    }
    Ok(())
}
