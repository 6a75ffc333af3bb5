//! Which lines of a shipment are answered by what its addressee's Receives name: the line itself, the same
//! thing under another code, or, of a container, all that was in it when it left.
//!
//! What was in a container is told by the Packs and Unpacks that name it, up to the Ship in fold order: the
//! word of who packed it. A unit that left it in another way, and is not named, keeps its line open.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use statement::{Kind, Relation, SubjectKey, SubjectKind};

use crate::{
    Content, View, ViewError,
    alias::codes_of,
    apply::reader::{Halt, Reading},
    control::{content, root_of},
    item::{
        Act, Acts, ItemState, acts_of,
        deeds::{Deed as _, FoldKey},
    },
    tables::{subject, subject_by_text, touches},
};

/// Most that is looked at for the lines of one shipment that is asked for: entries that name containers,
/// things packed. Lines beyond stay open.
const MAX_WORK: usize = 1 << 17;
/// Containers in containers that are followed.
const MAX_DEPTH: usize = 20;
/// What reading a statement costs.
const STATEMENT_WORK: usize = 8;

/// Reads statements within bounds of its own.
pub(crate) trait Source {
    /// What the original at `root` does to items, as it counts now; `None` where it does not count.
    fn acts(&mut self, root: u64) -> Result<Option<Rc<Acts>>, Halt>;
    /// Whether another entry that names a code may be looked at, after so many of them.
    fn look(&mut self, seen: usize) -> bool;
    /// Takes work off what is left.
    fn spend(&mut self, work: usize) -> Result<(), Halt>;
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
    let source = Plain { view, work: MAX_WORK };
    answered(view, source, &source_acts(view, ship)?, lines, named)
}

/// The same of a Ship as it is answered, within the allowance of a statement that is being recorded: lines
/// that it does not suffice for are left out.
pub(crate) fn answered_within<V: View + ?Sized>(
    reading: Reading<'_, '_, '_, V>,
    ship: &Acts,
    lines: &BTreeSet<SubjectKey>,
    named: &BTreeSet<SubjectKey>,
) -> Result<BTreeMap<SubjectKey, BTreeSet<SubjectKey>>, ViewError> {
    answered(reading.draft, reading, ship, lines, named)
}

fn answered<V: View + ?Sized, S: Source>(
    view: &V,
    source: S,
    ship: &Acts,
    lines: &BTreeSet<SubjectKey>,
    named: &BTreeSet<SubjectKey>,
) -> Result<BTreeMap<SubjectKey, BTreeSet<SubjectKey>>, ViewError> {
    let mut search = Search {
        view,
        source,
        before: ship.fold_key(),
        named: BTreeMap::new(),
        things: BTreeMap::new(),
        known: BTreeMap::new(),
    };
    let mut answered = BTreeMap::new();
    match search.answer(lines, named, &mut answered) {
        Ok(()) | Err(Halt::Spent) => Ok(answered),
        Err(Halt::View(e)) => Err(e),
    }
}

/// Reads for a question.
struct Plain<'v, V: ?Sized> {
    view: &'v V,
    work: usize,
}

impl<V: View + ?Sized> Source for Plain<'_, V> {
    fn acts(&mut self, root: u64) -> Result<Option<Rc<Acts>>, Halt> {
        self.spend(STATEMENT_WORK)?;
        let content = content(self.view, root)?;
        Ok(content.map(|content| source_acts(self.view, &content)).transpose()?.map(Rc::new))
    }

    fn look(&mut self, _: usize) -> bool {
        self.spend(1).is_ok()
    }

    fn spend(&mut self, work: usize) -> Result<(), Halt> {
        let left = self.work.checked_sub(work);
        self.work = left.unwrap_or(0);
        left.map(drop).ok_or(Halt::Spent)
    }
}

fn source_acts<V: View + ?Sized>(view: &V, content: &Content) -> Result<Acts, ViewError> {
    acts_of(content, &|kind: SubjectKind, text: &str| {
        Ok(subject_by_text(view, kind, text)?.map_or(0, |record| record.number))
    })
}

struct Search<'a, V: ?Sized, S> {
    view: &'a V,
    source: S,
    before: FoldKey<'a>,
    /// What is named, by the least of its codes.
    named: BTreeMap<SubjectKey, SubjectKey>,
    /// The least code of the thing that bears a code.
    things: BTreeMap<SubjectKey, SubjectKey>,
    /// What was in a thing, and whether it is answered; `None` while that is being worked out.
    known: BTreeMap<SubjectKey, (BTreeSet<SubjectKey>, Option<bool>)>,
}

impl<V: View + ?Sized, S: Source> Search<'_, V, S> {
    fn answer(
        &mut self,
        lines: &BTreeSet<SubjectKey>,
        named: &BTreeSet<SubjectKey>,
        answered: &mut BTreeMap<SubjectKey, BTreeSet<SubjectKey>>,
    ) -> Result<(), Halt> {
        for name in named {
            let thing = self.thing(*name)?;
            self.named.entry(thing).or_insert(*name);
        }
        for line in lines {
            match self.is_answered(*line, 0) {
                Ok(false) => {}
                Ok(true) => drop(answered.insert(*line, self.names(*line)?)),
                // What takes less may still be told.
                Err(Halt::Spent) => self.known.retain(|_, (_, known)| known.is_some()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn thing(&mut self, code: SubjectKey) -> Result<SubjectKey, Halt> {
        if let Some(known) = self.things.get(&code) {
            return Ok(*known);
        }
        self.source.spend(1)?;
        let thing = thing_of(self.view, &code)?;
        self.things.insert(code, thing);
        Ok(thing)
    }

    fn is_answered(&mut self, code: SubjectKey, depth: usize) -> Result<bool, Halt> {
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
    fn names(&mut self, code: SubjectKey) -> Result<BTreeSet<SubjectKey>, Halt> {
        let mut names = BTreeSet::new();
        let mut next = vec![self.thing(code)?];
        while let Some(thing) = next.pop() {
            if let Some(name) = self.named.get(&thing) {
                names.insert(*name);
            } else if self.source.spend(1).is_ok()
                && let Some((inside, _)) = self.known.get(&thing)
            {
                next.extend(inside);
            }
        }
        Ok(names)
    }

    /// What was in a container when it was shipped.
    fn inside(&mut self, container: &SubjectKey) -> Result<BTreeSet<SubjectKey>, Halt> {
        let codes = codes(self.view, container)?;
        let (numbers, roots) = self.handlings(&codes)?;
        let mut doings = Vec::new();
        for root in roots {
            let acts = self.source.acts(root)?;
            doings.extend(acts.filter(|acts| acts.fold_key() < self.before));
        }
        doings.sort_by(|a, b| a.fold_key().cmp(&b.fold_key()));
        let mut inside = BTreeSet::new();
        for acts in doings {
            if !matches!(acts.kind, Kind::Pack | Kind::Unpack) {
                continue;
            }
            for (item, act) in &acts.by_item {
                let gone = match act {
                    Act::PackedInto(into) if numbers.contains(into) => false,
                    Act::TakenFrom(from) if numbers.contains(from) => true,
                    Act::Emptied if codes.contains(item) => {
                        inside.clear();
                        continue;
                    }
                    _ => continue,
                };
                let thing = self.thing(*item)?;
                if gone {
                    inside.remove(&thing)
                } else {
                    inside.insert(thing)
                };
            }
            self.source.spend(acts.by_item.len())?;
        }
        Ok(inside)
    }

    /// Numbers of the codes of a container, and originals of Packs and Unpacks that may be of it.
    fn handlings(&mut self, codes: &BTreeSet<SubjectKey>) -> Result<(BTreeSet<u64>, BTreeSet<u64>), Halt> {
        let (mut numbers, mut roots) = (BTreeSet::new(), BTreeSet::new());
        let mut corrects = Vec::new();
        for code in codes {
            let Some(record) = subject(self.view, code)? else { continue };
            numbers.insert(record.number);
            let (mut seen, mut may) = (0, true);
            touches(self.view, record.number, 0, &mut |touch| {
                match Kind::try_from(i32::from(touch.kind)) {
                    _ if touch.relation == Relation::Child => {}
                    Ok(Kind::Pack | Kind::Unpack) => drop(roots.insert(touch.index)),
                    Ok(Kind::Correct) => corrects.push(touch.index),
                    _ => {}
                }
                seen += 1;
                may = self.source.look(seen);
                Ok(may)
            })?;
            if !may {
                return Err(Halt::Spent);
            }
        }
        for correct in corrects {
            roots.insert(root_of(self.view, correct)?);
        }
        Ok((numbers, roots))
    }
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
