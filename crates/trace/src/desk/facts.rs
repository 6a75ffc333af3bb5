//! What an item's Commission says of it; of goods in stock before there was one, what the count of opening
//! stock says.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use custody::{
    View, ViewError,
    alias::code_texts,
    content,
    item::{ItemState, item_state},
    root_of,
    tables::{subject_by_text, touches},
};
use gs1::LotRef;
use proto::v1::{Adjust, AdjustOutcome, Commission, statement::Body};
use statement::{Kind, SubjectKind};

/// Counts of opening stock that are read for one thing.
const MAX_OPENINGS: usize = 64;
/// Lines of opening stock kept for one answer, some 300 bytes each.
const MAX_KEPT: usize = 32_768;

use crate::{
    Error,
    budget::Budget,
    item::ItemReport,
    path::legs,
    reader::Reader,
    scope::{Scope, has_part, local},
    standing::{Everything, Sees},
    stay::Timeline,
};

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

impl ItemFacts {
    /// A lot that is named by a registration number tells it.
    fn with_number_of_lot(mut self) -> Self {
        if self.registration.is_empty() {
            let lot = LotRef::parse(&self.lot).ok();
            let number = lot.and_then(|lot| lot.product().registration().map(Into::into));
            self.registration = number.unwrap_or_default();
        }
        self
    }
}

/// A count of opening stock.
#[derive(Debug, Default)]
struct Opening {
    /// Whose.
    actor: String,
    /// By item or lot.
    lines: BTreeMap<String, Rc<ItemFacts>>,
}

/// Whose statements a reader is told of.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    /// What it may see.
    pub(super) sees: &'a dyn Sees,
    /// Parties whose statements it is told of besides.
    pub(super) trusted: &'a BTreeSet<String>,
}

impl Told<'_> {
    /// All statements.
    pub(super) const fn all() -> Self {
        static NOBODY: BTreeSet<String> = BTreeSet::new();
        Self { sees: &Everything, trusted: &NOBODY }
    }
}

/// Reads each Commission once: the items of a bill mostly come from few.
#[derive(Debug, Default)]
pub(super) struct Facts {
    known: BTreeMap<u64, Rc<ItemFacts>>,
    openings: BTreeMap<u64, Rc<Opening>>,
    /// Lines in `openings`.
    kept: usize,
}

impl Facts {
    pub(super) const fn new() -> Self {
        Self { known: BTreeMap::new(), openings: BTreeMap::new(), kept: 0 }
    }

    /// Of an item that the reader may see: its Commission's, else those of counts of opening stock, of which
    /// `whose` count speaks first. Of another the same by the statements of the reader's own chain of it: who claims
    /// a code must not learn from them whether it exists.
    pub(super) fn of<V: View + ?Sized>(
        &mut self,
        reader: &mut Reader<'_, V>,
        item: &str,
        whose: &str,
        sees: &dyn Sees,
    ) -> Result<Rc<ItemFacts>, ViewError> {
        let Some((_, state)) = item_state(reader.view, item)? else { return Ok(Rc::default()) };
        if !may_see(reader, item, &state, sees)? {
            let (report, scope) = by_own_chain(reader, item, sees)?;
            return self.of_report(reader, &report, whose, (sees, &scope));
        }
        if state.commissioned != 0 {
            return self.commission(reader.view, state.commissioned);
        }
        let codes = code_texts(reader.view, item)?;
        self.opening(reader.view, &codes, (whose, Told::all()), &mut reader.budget)
    }

    /// The same by what a reader is told of an item in which it has no part.
    pub(super) fn of_report<V: View + ?Sized>(
        &mut self,
        reader: &mut Reader<'_, V>,
        report: &ItemReport,
        whose: &str,
        (sees, scope): (&dyn Sees, &Scope<'_>),
    ) -> Result<Rc<ItemFacts>, ViewError> {
        if let Some(made) = report.commission.as_ref().filter(|made| !made.opening_stock) {
            return Ok(facts_of(made.clone(), &report.maker).into());
        }
        let trusted = scope.trusted();
        let told = Told { sees, trusted: &trusted };
        self.opening(reader.view, &report.codes, (whose, told), &mut reader.budget)
    }

    /// What is said of a thing with these codes, or of a lot, where it is counted as opening stock: by `whose`
    /// count, else by the first.
    pub(super) fn opening<V: View + ?Sized>(
        &mut self,
        view: &V,
        codes: &[String],
        (whose, told): (&str, Told<'_>),
        budget: &mut Budget,
    ) -> Result<Rc<ItemFacts>, ViewError> {
        let mut roots = BTreeSet::new();
        for code in codes {
            let Some(record) = subject_by_text(view, SubjectKind::Item, code)? else { continue };
            touches(view, record.number, 0, &mut |touch| {
                match Kind::try_from(i32::from(touch.kind)) {
                    Ok(Kind::Adjust) => drop(roots.insert(touch.index)),
                    Ok(Kind::Correct) => drop(roots.insert(root_of(view, touch.index)?)),
                    _ => {}
                }
                Ok(roots.len() < MAX_OPENINGS && budget.spend(1))
            })?;
        }
        let mut first = None;
        for root in roots {
            let seen = told.sees.statement(root)?;
            if !seen && told.trusted.is_empty() {
                continue;
            }
            let opening = self.count(view, root, budget)?;
            if !seen && !told.trusted.contains(&opening.actor) {
                continue;
            }
            let Some(facts) = codes.iter().find_map(|code| opening.lines.get(code)) else { continue };
            if opening.actor == whose {
                return Ok(Rc::clone(facts));
            }
            first.get_or_insert_with(|| Rc::clone(facts));
        }
        Ok(first.unwrap_or_default())
    }

    /// The count of opening stock at an entry; nothing where it is none.
    fn count<V: View + ?Sized>(
        &mut self,
        view: &V,
        root: u64,
        budget: &mut Budget,
    ) -> Result<Rc<Opening>, ViewError> {
        if let Some(known) = self.openings.get(&root) {
            return Ok(Rc::clone(known));
        }
        let found = if budget.read() { content(view, root)? } else { None };
        let opening = match found.map(|c| (c.root.actor().to_owned(), c.body)) {
            Some((actor, Body::Adjust(b))) => Opening { actor, lines: opening_lines(b) },
            _ => Opening::default(),
        };
        self.kept += opening.lines.len();
        if self.kept > MAX_KEPT {
            self.openings.clear();
            self.kept = opening.lines.len();
        }
        let opening = Rc::new(opening);
        self.openings.insert(root, Rc::clone(&opening));
        Ok(opening)
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
    if sees.is_everything() {
        return Ok(true);
    }
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
    if sees.is_everything() {
        return Ok(true);
    }
    let hops = reader.hops_of(item, legs(timeline))?;
    has_part(&hops, sees)
}

/// What a reader is told of an item in which it has no part, and by which statements.
pub(super) fn by_own_chain<'a, V: View + ?Sized>(
    reader: &mut Reader<'_, V>,
    item: &str,
    sees: &'a dyn Sees,
) -> Result<(ItemReport, Scope<'a>), ViewError> {
    let all = reader.hops(item)?;
    let (scope, _) = local(reader.view, (item, &all), sees, &mut reader.budget)?;
    let mut own = Reader::new(reader.view, &scope, reader.budget);
    let report = own.report(item);
    reader.budget = own.budget;
    match report {
        Ok(report) => Ok((report, scope)),
        Err(Error::View(e)) => Err(e),
        Err(_) => Ok((ItemReport::default(), scope)),
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

fn opening_lines(b: Adjust) -> BTreeMap<String, Rc<ItemFacts>> {
    let opened = b.lines.into_iter().filter(|line| line.outcome() == AdjustOutcome::Opening);
    let facts = opened.map(|line| {
        let of_lot = line.lot.map(|amount| amount.lot).unwrap_or_default();
        let (key, lot) =
            if line.item.is_empty() { (of_lot.clone(), of_lot) } else { (line.item, line.item_lot) };
        let (made_on, expires_on) = (line.made_on, line.expires_on);
        let facts = ItemFacts { lot, made_on, expires_on, ..ItemFacts::default() };
        (key, Rc::new(facts.with_number_of_lot()))
    });
    facts.collect()
}
