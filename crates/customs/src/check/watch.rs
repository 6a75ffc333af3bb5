//! 布控: watches of cases, as far as who asks may read them. They are brought along, never looked up here.

use std::{cell::Cell, collections::BTreeSet};

use custody::{
    ViewError,
    case::{Hit, hits as watched_for},
    content, registry,
};
use rules::read::Reader;
use statement::{registration_product, within, words};

use crate::{
    answer::Note,
    case::{Case, Watched},
};

/// What watches say of the import: one note a watch.
pub(super) fn hits(
    reader: &mut Reader<'_>,
    case: &Case,
    watches: &[Watched],
) -> Result<Vec<Note>, ViewError> {
    let mut notes = Vec::new();
    if watches.is_empty() {
        return Ok(notes);
    }
    let names = Names::of(case);
    for watched in watches {
        let watch = &watched.watch;
        if !within(case.today(), &watch.valid_from, &watch.valid_to) {
            continue;
        }
        let mut found = names.hits(watched);
        found.extend(by_place(reader, case, watched)?);
        let Some(first) = found.iter().next() else { continue };
        let (id, count) = (&watch.case_id, found.len());
        let facts = words!(
            "case {id} watches for {first} ({count} in all)",
            "案件 {id} 对 {first} 布控（共 {count} 项）"
        );
        notes.push(Note::fail(facts).on([watched.entry].into_iter().chain(case.entry())));
    }
    Ok(notes)
}

/// What the import names, as it counts now.
struct Names {
    all: [BTreeSet<String>; 4],
}

impl Names {
    fn of(case: &Case) -> Self {
        let items = case.body.lines.iter().flat_map(|line| line.items.clone()).collect();
        let lots = case.lots.iter().map(|lot| lot.lot.clone()).collect();
        let registered = case.lots.iter().filter_map(|lot| registration_product(&lot.number));
        let products = case.lots.iter().map(|lot| lot.facts.product.clone()).chain(registered).collect();
        Self { all: [items, lots, products, case.parties()] }
    }

    fn hits(&self, watched: &Watched) -> BTreeSet<String> {
        let watch = &watched.watch;
        let lists = [&watch.items, &watch.lots, &watch.products, &watch.parties];
        let both = lists.into_iter().zip(&self.all);
        both.flat_map(|(list, names)| list.iter().filter(|text| names.contains(*text))).cloned().collect()
    }
}

/// Sites and regions at which it was declared or shipped, and whom these statements name by a pseudonym.
fn by_place(reader: &mut Reader<'_>, case: &Case, watched: &Watched) -> Result<BTreeSet<String>, ViewError> {
    let ships = case.lots.iter().flat_map(|lot| &lot.legs.0).map(|leg| leg.entry);
    let entries: BTreeSet<u64> = case.entry().chain(ships).collect();
    let view = reader.view;
    let failed = Cell::new(None);
    let region = |site: &str| match registry::site(view, site) {
        Ok(row) => row.and_then(|row| row.site).map(|site| site.region).unwrap_or_default(),
        Err(error) => {
            failed.set(Some(error));
            String::new()
        }
    };
    let mut found = BTreeSet::new();
    for entry in entries {
        let Some(content) = content(view, entry)? else { continue };
        // A watch that is in force now looks at what led here, whenever that was.
        let open = proto::v1::Watch { valid_from: String::new(), ..watched.watch.clone() };
        found.extend(watched_for(&open, &content.root, &region).into_iter().filter_map(|hit| match hit {
            Hit::Site(text) | Hit::Region(text) | Hit::Person(text) => Some(text),
            _ => None,
        }));
    }
    failed.take().map_or(Ok(found), Err)
}
