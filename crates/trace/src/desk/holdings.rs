//! 库存: what a party has now.

use std::{collections::BTreeMap, rc::Rc};

use custody::{
    Content, View, ViewError, content,
    item::{ItemState, Status},
    root_of,
    stock::{Stock, StockKind, balances, stock, texts},
    tables::{SubjectRecord, subject, touches},
};
use proto::v1::statement::Body;
use statement::{Day, Kind, Relation, SubjectKind, subject_key};

use super::{
    facts::{Facts, ItemFacts, Told, by_own_chain, may_see, sees_way},
    restrictions::{Goods, Restraints, lot_facts},
};
use crate::{
    Error, MAX_DEPTH, budget::Budget, place::Whereabouts, reader::Reader, scope::Scope, standing::Sees,
    stay::Timeline,
};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct HoldingsQuery<'a> {
    /// Whose.
    pub party: &'a str,
    /// Only of this lot; empty = of all.
    pub lot: &'a str,
    /// Only at this site; empty = at all. Lots without serials are counted for the party and not by site: they
    /// are listed all the same.
    pub site: &'a str,
    /// What is inside containers instead of the containers.
    pub contents: bool,
    /// Where to begin: the default, or what the page before said.
    pub start: HoldingsStart,
    /// Rows looked at, at most.
    pub limit: usize,
    /// The day on which holds are judged.
    pub today: Day,
}

/// Balance of a lot by unit; below zero the books do not add up.
pub type Balances = BTreeMap<String, i64>;

/// One item, or what is left of a lot without serials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// The item; empty for a lot.
    pub item: String,
    /// Lot of the item, or the lot itself.
    pub lot: String,
    /// Balance of a lot without serials.
    pub balances: Balances,
    /// Registration or approval number.
    pub registration: String,
    /// "YYYY-MM-DD".
    pub expires_on: String,
    /// "held" or "opened".
    pub condition: &'static str,
    /// Where, if told; of a lot without serials it never is.
    pub site: String,
    /// The container it is in, where contents are shown.
    pub container: String,
    /// Items directly inside.
    pub contents: u32,
    /// Entry by which the party has it.
    pub since: u64,
    /// Holds and recalls over it, under any of its codes, its lot, its product, or a container it is shown in.
    pub held_by: Vec<u64>,
}

/// Goods packed by the reader that are looked at once more for one page.
const MAX_LOOKS: usize = 256;
/// Holdings after which a page ends.
const MAX_FOUND: usize = 2_000;

/// Where a page begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HoldingsStart {
    /// 0 items, 1 lots without serials, 2 what was in emptied containers.
    pub part: u8,
    /// Subject number within it.
    pub number: u64,
}

/// The parts of a party's stock, in the order in which they are listed.
const PARTS: [StockKind; 3] = [StockKind::Item, StockKind::Lot, StockKind::Emptied];

/// One page.
#[derive(Clone, Debug, Default)]
pub struct HoldingsPage {
    /// By entry of first naming; the items of one entry in no particular order.
    pub holdings: Vec<Holding>,
    /// Where to go on; `None` at the end.
    pub next: Option<HoldingsStart>,
    /// Something was left out of what a container holds.
    pub truncated: bool,
}

/// What a party has, as far as its own and its suppliers' statements tell. A page may be short, or empty,
/// and go on all the same: what it looks at is bounded. `sees`: of what the reader may not see nothing is told but what the party has
/// said of it itself.
///
/// # Errors
/// The view failed.
pub fn holdings<V: View + ?Sized>(
    view: &V,
    query: &HoldingsQuery<'_>,
    sees: &dyn Sees,
) -> Result<HoldingsPage, Error> {
    holdings_within(view, query, sees, Budget::default())
}

pub(crate) fn holdings_within<V: View + ?Sized>(
    view: &V,
    query: &HoldingsQuery<'_>,
    sees: &dyn Sees,
    budget: Budget,
) -> Result<HoldingsPage, Error> {
    let mut desk = Desk::new(view, (query, sees), budget);
    let mut next = None;
    let mut looked = false;
    let (mut part, mut from, mut left) = (usize::from(query.start.part), query.start.number, query.limit);
    while let Some(kind) = PARTS.get(part) {
        let (rows, more) = stock(view, query.party, *kind, from, left)?;
        left -= rows.len();
        for (row, text) in rows.iter().zip(texts(view, &rows)?) {
            // Enough for one answer: the next page goes on here, with a budget of its own.
            if looked && (desk.found.len() >= MAX_FOUND || desk.reader.budget.is_half_spent()) {
                let next = Some(HoldingsStart { part: part as u8, number: row.number });
                let truncated = desk.truncated();
                return Ok(HoldingsPage { holdings: desk.found, next, truncated });
            }
            looked = true;
            match kind {
                StockKind::Item => desk.item(&text, "", (&[], 0))?,
                StockKind::Lot => desk.lot(text, row)?,
                StockKind::Emptied => desk.emptied(&text, row.number)?,
            }
        }
        if let Some(number) = more {
            // At most 2.
            next = Some(HoldingsStart { part: part as u8, number });
            break;
        }
        (part, from) = (part + 1, 0);
    }
    let truncated = desk.truncated();
    Ok(HoldingsPage { holdings: desk.found, next, truncated })
}

/// Reads for one page.
struct Desk<'a, V: ?Sized> {
    view: &'a V,
    query: &'a HoldingsQuery<'a>,
    sees: &'a dyn Sees,
    reader: Reader<'a, V>,
    /// Reads what the reader may see only.
    own: Reader<'a, V>,
    /// Goods that may yet be looked at of which others say that they have left their container.
    looks: usize,
    facts: Facts,
    sites: BTreeMap<u64, Rc<str>>,
    restraints: Restraints<'a, V>,
    found: Vec<Holding>,
}

impl<'a, V: View + ?Sized> Desk<'a, V> {
    fn new(view: &'a V, (query, sees): (&'a HoldingsQuery<'a>, &'a dyn Sees), budget: Budget) -> Self {
        Self {
            view,
            query,
            sees,
            reader: Reader::new(view, &Scope::all(), budget),
            own: Reader::new(view, &Scope::seen_by(sees), budget),
            looks: MAX_LOOKS,
            facts: Facts::new(),
            sites: BTreeMap::new(),
            restraints: Restraints::new(view, query.today, Some(query.party)),
            found: Vec::new(),
        }
    }

    const fn truncated(&self) -> bool {
        self.reader.truncated() || self.own.truncated()
    }

    /// What is left of a lot without serials: at the party, wherever that is.
    fn lot(&mut self, lot: String, row: &Stock) -> Result<(), Error> {
        if !self.query.lot.is_empty() && self.query.lot != lot {
            return Ok(());
        }
        let balances = balances(self.view, self.query.party, row.number)?;
        let budget = &mut self.reader.budget;
        let whose = (self.query.party, self.sees);
        let made = lot_facts(self.view, &lot, whose, &mut self.facts, budget)?;
        let held = self.restraints.over(&Goods::of_lot(&lot, &made), budget)?;
        self.found.push(Holding {
            lot,
            balances,
            registration: made.registration.clone(),
            expires_on: made.expires_on.clone(),
            condition: "held",
            since: row.since,
            held_by: held.into_iter().collect(),
            ..Holding::default()
        });
        Ok(())
    }

    /// One item; where contents are shown, what is in it instead, if anything. `held`: what restricts the
    /// container it is in, at a depth.
    fn item(&mut self, text: &str, container: &str, (held, depth): (&[u64], usize)) -> Result<(), Error> {
        let key = subject_key(SubjectKind::Item, text);
        let Some(record) = subject(self.view, &key)?.filter(|_| self.reader.budget.spend(1)) else {
            return Ok(());
        };
        let state = ItemState::decode(&record.state)?;
        let inside = self.inside(text, &record)?;
        let shown = may_see(&mut self.reader, text, &state, self.sees)?;
        let Known { facts, condition, site } =
            if shown { self.known(text, &state)? } else { self.told(text)? };
        if self.query.contents && !inside.is_empty() && depth < MAX_DEPTH {
            let held = self.held_by((text, shown), &facts, held)?;
            for child in inside {
                self.item(&child, text, (&held, depth + 1))?;
            }
            return Ok(());
        }
        let other = |wanted: &str, is: &str| !wanted.is_empty() && wanted != is;
        if other(self.query.lot, &facts.lot) || other(self.query.site, &site) {
            return Ok(());
        }
        let held_by = self.held_by((text, shown), &facts, held)?;
        self.found.push(Holding {
            item: text.to_owned(),
            lot: facts.lot.clone(),
            registration: facts.registration.clone(),
            expires_on: facts.expires_on.clone(),
            condition,
            site: site.to_string(),
            container: container.to_owned(),
            contents: u32::try_from(inside.len()).unwrap_or(u32::MAX),
            since: state.since.saturating_sub(1),
            held_by,
            ..Holding::default()
        });
        Ok(())
    }

    /// What is known of an item that the reader may see.
    fn known(&mut self, item: &str, state: &ItemState) -> Result<Known, ViewError> {
        let facts = match state.commissioned {
            0 => {
                let codes = self.reader.names(item)?;
                let by = (self.query.party, Told::all());
                self.facts.opening(self.view, &codes, by, &mut self.reader.budget)?
            }
            made => self.facts.commission(self.view, made)?,
        };
        let condition = condition(state.damaged, state.status);
        Ok(Known { facts, condition, site: self.site(state.site_by)? })
    }

    /// The same of one in which it has no part: by the statements of its own chain.
    fn told(&mut self, item: &str) -> Result<Known, ViewError> {
        let (report, scope) = by_own_chain(&mut self.reader, item, self.sees)?;
        let by = (self.sees, &scope);
        let facts = self.facts.of_report(&mut self.reader, &report, self.query.party, by)?;
        let condition = condition(report.damaged, report.status);
        Ok(Known { facts, condition, site: report.site.into() })
    }

    /// What restricts an item, and the container it is in. Of one that the reader may not see, what restricts
    /// this code or its product: whoever has the goods must know that.
    fn held_by(
        &mut self,
        (item, shown): (&str, bool),
        made: &ItemFacts,
        container: &[u64],
    ) -> Result<Vec<u64>, ViewError> {
        let codes = if shown { self.reader.names(item)? } else { vec![item.to_owned()] };
        let mut held = self.restraints.over(&Goods::of_item(&codes, made), &mut self.reader.budget)?;
        held.extend(container);
        Ok(held.into_iter().collect())
    }

    /// What was in a container when the party took everything out, and is still there. Containers are used
    /// again: who emptied it after a child was packed is told by the child's timeline.
    fn emptied(&mut self, container: &str, number: u64) -> Result<(), Error> {
        let key = subject_key(SubjectKind::Item, container);
        let Some(record) = subject(self.view, &key)? else { return Ok(()) };
        for (child, Packed { state, seen }) in self.packed(&record)? {
            let Some(timeline) = self.way(&child, left_by_itself(&state, number), seen)? else { continue };
            let at = Whereabouts::after(&timeline.steps);
            if at.status.is_here()
                && timeline.containers.is_empty()
                && *self.reader.party(at.holder)? == *self.query.party
            {
                self.item(&child, "", (&[], 0))?;
            }
        }
        Ok(())
    }

    /// What is in a container now, as far as the reader may see it: who claims to have a container, or to have
    /// emptied it, must not learn from that what is in it.
    fn inside(&mut self, container: &str, record: &SubjectRecord) -> Result<Vec<String>, ViewError> {
        let mut inside = Vec::new();
        for (child, Packed { state, seen }) in self.packed(record)? {
            let left = left_by_itself(&state, record.number);
            let Some(timeline) = self.way(&child, left, seen)? else { continue };
            let within = timeline.containers.first().is_some_and(|c| **c == *container);
            if within && Whereabouts::after(&timeline.steps).status.is_here() {
                inside.push(child);
            }
        }
        Ok(inside)
    }

    /// The way of what was packed into a container, as far as the reader is told: all of it, where it has a part in the
    /// goods; else what it may see, where that is how they came in. `left`: an act of somebody's has taken them out.
    fn way(&mut self, child: &str, left: bool, seen: bool) -> Result<Option<Timeline>, ViewError> {
        if left {
            // Who has no part in the goods must not learn that from it. Of its own there may be very many.
            self.looks = self.looks.saturating_sub(usize::from(seen));
            if !seen || self.looks == 0 || self.sees.is_everything() {
                return Ok(None);
            }
        }
        let timeline = self.reader.timeline(child)?;
        if sees_way(&mut self.reader, child, &timeline, self.sees)? {
            return Ok((!left).then_some(timeline));
        }
        if seen { self.own.timeline(child).map(Some) } else { Ok(None) }
    }

    /// What was ever packed into a container.
    fn packed(&mut self, record: &SubjectRecord) -> Result<BTreeMap<String, Packed>, ViewError> {
        let mut packs = BTreeMap::new();
        let budget = &mut self.reader.budget;
        touches(self.view, record.number, 0, &mut |touch| {
            let kind = Kind::try_from(i32::from(touch.kind)).unwrap_or_default();
            if matches!(kind, Kind::Pack | Kind::Correct) && touch.relation != Relation::Child {
                packs.insert(touch.index, kind);
            }
            Ok(budget.spend(1))
        })?;
        let mut packed: BTreeMap<String, Packed> = BTreeMap::new();
        for (index, kind) in packs {
            let root = if kind == Kind::Correct { root_of(self.view, index)? } else { index };
            if !self.reader.budget.read() {
                break;
            }
            let Some(Content { body: Body::Pack(b), .. }) = content(self.view, root)? else { continue };
            let seen = self.sees.statement(root)?;
            for child in b.children {
                if let Some(known) = packed.get_mut(&child) {
                    known.seen |= seen;
                    continue;
                }
                let key = subject_key(SubjectKind::Item, &child);
                let Some(found) = subject(self.view, &key)?.filter(|_| self.reader.budget.spend(1)) else {
                    continue;
                };
                packed.insert(child, Packed { state: ItemState::decode(&found.state)?, seen });
            }
        }
        Ok(packed)
    }

    fn site(&mut self, site_by: u64) -> Result<Rc<str>, ViewError> {
        let Some(entry) = site_by.checked_sub(1) else { return Ok("".into()) };
        if let Some(known) = self.sites.get(&entry) {
            return Ok(Rc::clone(known));
        }
        let site: Rc<str> = content(self.view, entry)?.map_or_else(String::new, |c| c.site).into();
        self.sites.insert(entry, Rc::clone(&site));
        Ok(site)
    }
}

/// What was packed into a container.
struct Packed {
    state: ItemState,
    /// The reader may see a statement by which it was.
    seen: bool,
}

/// Whether an act of its own has taken a child out of the container it was packed into. Who says that it
/// was not inside may be wrong: its timeline tells.
const fn left_by_itself(own: &ItemState, container: u64) -> bool {
    own.status.is_final() || own.last_container() != container
}

/// What a row tells of an item.
struct Known {
    facts: Rc<ItemFacts>,
    condition: &'static str,
    site: Rc<str>,
}

const fn condition(damaged: bool, status: Status) -> &'static str {
    match status {
        _ if damaged => "damaged",
        Status::Opened => "opened",
        _ => "held",
    }
}
