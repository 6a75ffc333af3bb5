//! An item's timeline: its own statements, and those of its containers while it was inside.

use std::{cmp::Ordering, collections::BTreeMap, rc::Rc};

use custody::{
    Content, View, ViewError, content,
    item::{Act, Acts, acts_of, moves_items},
    response::{receives_of, ships_of},
    root_of,
    tables::{subject, subject_by_text, touches},
};
use proto::v1::{ReceiveOutcome, statement::Body};
use statement::{Kind, SubjectKey, SubjectKind, subject_key};

/// Deepest packing followed.
pub const MAX_DEPTH: usize = 20;
/// Most statements of one item.
const MAX_STEPS: usize = 10_000;

/// What one question may read.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Statements it may still read.
    pub statements: usize,
    /// Something was left out for lack of budget or depth.
    pub exhausted: bool,
}

impl Default for Budget {
    fn default() -> Self {
        Self { statements: 50_000, exhausted: false }
    }
}

/// One statement in an item's timeline.
#[derive(Clone, Debug)]
pub struct Step {
    /// What counts of the statement.
    pub content: Rc<Content>,
    /// What it does to items.
    pub acts: Rc<Acts>,
    /// What it does to the item, or to the container it is in.
    pub act: Act,
    /// The container; `None` where the statement acts on the item itself.
    pub via: Option<Rc<str>>,
}

impl Step {
    fn order(&self, other: &Self) -> Ordering {
        self.acts.fold_key().cmp(&other.acts.fold_key())
    }

    /// The container that a packing names.
    fn packed_into(&self) -> Option<&str> {
        match (&self.content.body, self.act) {
            (Body::Pack(b), Act::PackedInto(_)) => Some(&b.parent),
            _ => None,
        }
    }
}

/// All steps in order of occurrence, and the containers the item is inside at the end, innermost first.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Steps in order of occurrence.
    pub steps: Vec<Step>,
    /// Containers at the end, innermost first.
    pub containers: Vec<String>,
    /// A container lies inside itself, or packing is deeper than [`MAX_DEPTH`].
    pub tangled: bool,
}

type Read = (Rc<Content>, Rc<Acts>);

/// Reads statements once, within a budget.
pub(crate) struct Reader<'v, V: ?Sized> {
    pub(crate) view: &'v V,
    pub(crate) budget: Budget,
    read: BTreeMap<u64, Option<Read>>,
}

impl<'v, V: View + ?Sized> Reader<'v, V> {
    pub(crate) const fn new(view: &'v V, budget: Budget) -> Self {
        Self { view, budget, read: BTreeMap::new() }
    }

    /// What counts of an original and what it does; `None` where it does not count, or the budget is used up.
    pub(crate) fn statement(&mut self, root: u64) -> Result<Option<Read>, ViewError> {
        if let Some(known) = self.read.get(&root) {
            return Ok(known.clone());
        }
        if self.budget.statements == 0 {
            self.budget.exhausted = true;
            return Ok(None);
        }
        self.budget.statements -= 1;
        let found = match content(self.view, root)? {
            None => None,
            Some(content) => {
                let mut acts = acts_of(&content, &|kind, text| self.number(kind, text))?;
                if acts.takes_all {
                    self.take_all(&mut acts)?;
                }
                Some((Rc::new(content), Rc::new(acts)))
            }
        };
        self.read.insert(root, found.clone());
        Ok(found)
    }

    fn number(&self, kind: SubjectKind, text: &str) -> Result<u64, ViewError> {
        Ok(subject_by_text(self.view, kind, text)?.map_or(0, |r| r.number))
    }

    /// A Receive without lines takes in what the Ships it answers carry.
    fn take_all(&mut self, receive: &mut Acts) -> Result<(), ViewError> {
        for ship in ships_of(self.view, receive.index)? {
            let Some((_, ship)) = self.statement(ship)? else { continue };
            let shipped = ship.by_item.iter().filter(|(_, act)| matches!(act, Act::Ship(_)));
            let taken = shipped.map(|(item, _)| (*item, Act::Receive(ReceiveOutcome::Unspecified)));
            receive.by_item.extend(taken);
        }
        Ok(())
    }

    /// The statements that act on the item itself, in order of occurrence.
    pub(crate) fn own_steps(&mut self, item: &SubjectKey) -> Result<Vec<Step>, ViewError> {
        let Some(record) = subject(self.view, item)? else { return Ok(Vec::new()) };
        let mut roots = Vec::new();
        let mut room = MAX_STEPS;
        let mut touched = Vec::new();
        touches(self.view, record.number, 0, &mut |touch| {
            touched.push(touch);
            room -= 1;
            Ok(room > 0)
        })?;
        self.budget.exhausted |= room == 0;
        for touch in touched {
            let kind = Kind::try_from(i32::from(touch.kind)).unwrap_or_default();
            if kind == Kind::Correct {
                roots.push(root_of(self.view, touch.index)?);
            } else if moves_items(kind) {
                roots.push(touch.index);
            }
            if kind == Kind::Ship {
                roots.extend(receives_of(self.view, touch.index)?);
            }
        }
        roots.sort_unstable();
        roots.dedup();
        let mut steps = Vec::new();
        for root in roots {
            let Some((content, acts)) = self.statement(root)? else { continue };
            if let Some(&act) = acts.by_item.get(item) {
                steps.push(Step { content, acts, act, via: None });
            }
        }
        steps.sort_by(Step::order);
        Ok(steps)
    }

    /// The timeline of an item.
    pub(crate) fn timeline(&mut self, item: &str) -> Result<Timeline, ViewError> {
        let mut timeline = Timeline::default();
        let mut path = vec![item.to_string()];
        self.extend(item, None, None, &mut path, &mut timeline)?;
        timeline.steps.sort_by(Step::order);
        // A container reached over two ways would repeat its statements.
        timeline.steps.dedup_by(|a, b| a.acts.index == b.acts.index && a.via == b.via);
        Ok(timeline)
    }

    /// Adds the steps of `path`'s last item that lie after `from` and before `to`, and of its containers.
    fn extend(
        &mut self,
        item: &str,
        from: Option<&Step>,
        to: Option<&Step>,
        path: &mut Vec<String>,
        out: &mut Timeline,
    ) -> Result<(), ViewError> {
        let own = self.own_steps(&subject_key(SubjectKind::Item, item))?;
        let inside = |step: &Step| {
            from.is_none_or(|f| step.order(f) == Ordering::Greater)
                && to.is_none_or(|t| step.order(t) != Ordering::Greater)
        };
        let via: Option<Rc<str>> = (path.len() > 1).then(|| Rc::from(item));
        let seen = own.iter().filter(|s| inside(s)).cloned();
        out.steps.extend(seen.map(|step| Step { via: via.clone(), ..step }));
        for (i, packing) in own.iter().enumerate() {
            let Some(container) = packing.packed_into() else { continue };
            // What the item does next by itself ends the packing; so does emptying the container.
            let leaves = own[i + 1..].iter().find(|s| ends_packing(s.act));
            let begin = later(from, packing);
            let end = earlier(to, leaves);
            if end.is_some_and(|end| begin.order(end) != Ordering::Less) {
                continue;
            }
            self.inside(container.to_string(), begin, end, to.is_none(), path, out)?;
        }
        Ok(())
    }

    /// Adds what happened to a container between two steps; `open`: nothing bounds the end from outside.
    fn inside(
        &mut self,
        container: String,
        begin: &Step,
        end: Option<&Step>,
        open: bool,
        path: &mut Vec<String>,
        out: &mut Timeline,
    ) -> Result<(), ViewError> {
        if path.contains(&container) || path.len() > MAX_DEPTH {
            out.tangled = true;
            return Ok(());
        }
        let own = self.own_steps(&subject_key(SubjectKind::Item, &container))?;
        let emptied = own.iter().find(|s| s.act == Act::Emptied && s.order(begin) == Ordering::Greater);
        let end = earlier(end, emptied);
        if open && end.is_none() {
            out.containers.push(container.clone());
        }
        path.push(container.clone());
        let result = self.extend(&container, Some(begin), end, path, out);
        path.pop();
        result
    }
}

/// Whether an act of the item itself takes it out of the container it is in.
const fn ends_packing(act: Act) -> bool {
    matches!(act, Act::TakenFrom(_) | Act::Ship(_) | Act::Use(_) | Act::PackedInto(_))
}

fn later<'s>(a: Option<&'s Step>, b: &'s Step) -> &'s Step {
    a.filter(|a| a.order(b) == Ordering::Greater).unwrap_or(b)
}

fn earlier<'s>(a: Option<&'s Step>, b: Option<&'s Step>) -> Option<&'s Step> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if a.order(b) == Ordering::Less { a } else { b }),
        (a, b) => a.or(b),
    }
}

/// The timeline of an item, within a budget.
///
/// # Errors
/// The view cannot be read.
pub fn timeline<V: View + ?Sized>(
    view: &V,
    item: &str,
    budget: Budget,
) -> Result<(Timeline, Budget), ViewError> {
    let mut reader = Reader::new(view, budget);
    let timeline = reader.timeline(item)?;
    Ok((timeline, reader.budget))
}
