//! Which lines of a shipment are answered by what its addressee's Receives name: the line itself, the same
//! thing under another code, or, of a container, all that was in it when it left.
//!
//! What was in a container is told by the Packs and Unpacks that name it, up to the Ship in fold order: the
//! word of who packed it. A unit that left it in another way, and is not named, keeps its line open.

use std::collections::{BTreeMap, BTreeSet};

use proto::v1::statement::Body;
use statement::{Kind, Relation, SubjectKey, SubjectKind, kind_row, subject_key};

use crate::{
    Content, View, ViewError,
    alias::codes_of,
    control::{content, root_of},
    item::ItemState,
    tables::{subject, touches},
};

/// Most that is looked at for the lines of one shipment: entries that name containers, things packed. Lines
/// beyond stay open.
const MAX_WORK: usize = 1 << 17;
/// Containers in containers that are followed.
const MAX_DEPTH: usize = 20;
/// What reading a statement costs.
const STATEMENT_WORK: usize = 8;

/// Place in fold order.
type Place = (i64, u8, String, [u8; 16]);

fn place_of(content: &Content) -> Place {
    let cause = kind_row(statement::kind_of(&content.body)).map_or(0, |row| row.cause);
    (content.occurred_at, cause, content.root.header().party.clone(), content.root.reference().id)
}

/// The names, out of `named`, by which each of the `lines` (items) of a Ship is answered; lines that are not
/// answered, or not wholly, are left out. A function of what counts, whatever came first.
///
/// # Errors
/// The view cannot be read.
pub fn answered_by<V: View + ?Sized>(
    view: &V,
    ship: &Content,
    lines: &BTreeSet<SubjectKey>,
    named: &BTreeSet<SubjectKey>,
) -> Result<BTreeMap<SubjectKey, BTreeSet<SubjectKey>>, ViewError> {
    let mut search = Search {
        view,
        before: place_of(ship),
        named: BTreeMap::new(),
        things: BTreeMap::new(),
        known: BTreeMap::new(),
        work: MAX_WORK,
    };
    for name in named {
        let thing = search.thing(*name)?;
        search.named.entry(thing).or_insert(*name);
    }
    let mut answered = BTreeMap::new();
    for line in lines {
        let mut by = BTreeSet::new();
        if search.is_answered(*line, 0)? {
            search.collect(*line, &mut by)?;
            answered.insert(*line, by);
        }
    }
    Ok(answered)
}

struct Search<'v, V: ?Sized> {
    view: &'v V,
    before: Place,
    /// What is named, by the least of its codes.
    named: BTreeMap<SubjectKey, SubjectKey>,
    /// The least code of the thing that bears a code.
    things: BTreeMap<SubjectKey, SubjectKey>,
    /// What was in a thing, and whether it is answered; `None` while that is being worked out.
    known: BTreeMap<SubjectKey, (BTreeSet<SubjectKey>, Option<bool>)>,
    work: usize,
}

impl<V: View + ?Sized> Search<'_, V> {
    /// False once nothing more is looked at.
    const fn spend(&mut self, work: usize) -> bool {
        self.work = self.work.saturating_sub(work);
        self.work > 0
    }

    fn thing(&mut self, code: SubjectKey) -> Result<SubjectKey, ViewError> {
        if let Some(known) = self.things.get(&code) {
            return Ok(*known);
        }
        let thing = thing_of(self.view, &code)?;
        self.things.insert(code, thing);
        Ok(thing)
    }

    fn is_answered(&mut self, code: SubjectKey, depth: usize) -> Result<bool, ViewError> {
        let thing = self.thing(code)?;
        if self.named.contains_key(&thing) {
            return Ok(true);
        }
        if let Some((_, known)) = self.known.get(&thing) {
            // What lies in itself is not answered by that.
            return Ok(known.unwrap_or(false));
        }
        if depth == MAX_DEPTH {
            return Ok(false);
        }
        let inside = self.inside(&thing)?;
        self.known.insert(thing, (inside.clone(), None));
        let mut all = !inside.is_empty();
        for child in &inside {
            all = all && self.is_answered(*child, depth + 1)?;
        }
        self.known.insert(thing, (inside, Some(all)));
        Ok(all)
    }

    /// The names by which what is answered is answered.
    fn collect(&mut self, code: SubjectKey, by: &mut BTreeSet<SubjectKey>) -> Result<(), ViewError> {
        let mut next = vec![self.thing(code)?];
        while let Some(thing) = next.pop() {
            if let Some(name) = self.named.get(&thing) {
                by.insert(*name);
            } else if self.spend(1)
                && let Some((inside, _)) = self.known.get(&thing)
            {
                next.extend(inside);
            }
        }
        Ok(())
    }

    /// What was in a container when it was shipped; nothing where that is too much to find out.
    fn inside(&mut self, container: &SubjectKey) -> Result<BTreeSet<SubjectKey>, ViewError> {
        let codes = codes(self.view, container)?;
        let mut doings = BTreeMap::new();
        for root in self.handlings(&codes)? {
            if !self.spend(STATEMENT_WORK) {
                return Ok(BTreeSet::new());
            }
            let Some(content) = content(self.view, root)? else { continue };
            let place = place_of(&content);
            if place < self.before {
                doings.insert(place, content.body);
            }
        }
        let mut inside = BTreeSet::new();
        for body in doings.into_values() {
            let (parent, children, packs) = match body {
                Body::Pack(b) => (b.parent, b.children, true),
                Body::Unpack(b) => (b.parent, b.children, false),
                _ => continue,
            };
            if !codes.contains(&item(&parent)) {
                continue;
            }
            if !packs && children.is_empty() {
                inside.clear();
            }
            for child in children {
                let child = self.thing(item(&child))?;
                if !self.spend(1) {
                    return Ok(BTreeSet::new());
                }
                if packs {
                    inside.insert(child)
                } else {
                    inside.remove(&child)
                };
            }
        }
        Ok(inside)
    }

    /// Originals of Packs and Unpacks that may be of a container.
    fn handlings(&mut self, codes: &BTreeSet<SubjectKey>) -> Result<BTreeSet<u64>, ViewError> {
        let mut roots = BTreeSet::new();
        let mut corrects = Vec::new();
        for code in codes {
            let Some(record) = subject(self.view, code)? else { continue };
            let view = self.view;
            touches(view, record.number, 0, &mut |touch| {
                match Kind::try_from(i32::from(touch.kind)) {
                    _ if touch.relation == Relation::Child => {}
                    Ok(Kind::Pack | Kind::Unpack) => drop(roots.insert(touch.index)),
                    Ok(Kind::Correct) => corrects.push(touch.index),
                    _ => {}
                }
                Ok(self.spend(1))
            })?;
        }
        for correct in corrects {
            roots.insert(root_of(self.view, correct)?);
        }
        Ok(roots)
    }
}

fn item(text: &str) -> SubjectKey {
    subject_key(SubjectKind::Item, text)
}

/// The codes of the thing that bears `code`.
pub(crate) fn codes<V: View + ?Sized>(
    view: &V,
    code: &SubjectKey,
) -> Result<BTreeSet<SubjectKey>, ViewError> {
    let state = subject(view, code)?.map(|r| ItemState::decode(&r.state)).transpose()?.unwrap_or_default();
    if state.aliased { codes_of(view, code) } else { Ok([*code].into()) }
}

fn thing_of<V: View + ?Sized>(view: &V, code: &SubjectKey) -> Result<SubjectKey, ViewError> {
    Ok(codes(view, code)?.first().copied().unwrap_or(*code))
}
