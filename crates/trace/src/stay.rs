//! Stays: an item's time inside a container, and what happened to the container meanwhile. An item's
//! timeline is its own steps and those of its stays.

use std::rc::Rc;

use custody::{View, ViewError, item::Act};
use statement::{SubjectKind, subject_key};

use crate::{
    MAX_DEPTH,
    place::Whereabouts,
    reader::{Own, Packed, Packings, Reader, Step},
};

/// One time inside one container.
#[derive(Debug)]
pub(crate) struct Stay {
    /// The step that began it.
    pub(crate) begin: Step,
    /// The step that ended it: of the item, or of the container when everything was taken out.
    pub(crate) end: Option<Step>,
    /// Steps of the container and of what it was inside, after the beginning and up to the end.
    steps: Vec<Step>,
    /// The container, and what it is inside, where nothing has ended it.
    containers: Vec<Rc<str>>,
}

impl Stay {
    /// The part of a stretch of time that the stay shares, if any.
    pub(crate) fn within(
        &self,
        (from, to): &(Option<Step>, Option<Step>),
    ) -> Option<(Option<Step>, Option<Step>)> {
        if !self.overlaps(from.as_ref().unwrap_or(&self.begin), to.as_ref()) {
            return None;
        }
        let begin = from.as_ref().filter(|from| from.is_after(&self.begin)).unwrap_or(&self.begin);
        let end = match (to, &self.end) {
            (Some(to), Some(end)) => Some(if to.is_after(end) { end } else { to }),
            (to, end) => to.as_ref().or(end.as_ref()),
        };
        Some((Some(begin.clone()), end.cloned()))
    }

    fn overlaps(&self, from: &Step, to: Option<&Step>) -> bool {
        self.end.as_ref().is_none_or(|end| end.is_after(from)) && to.is_none_or(|to| to.is_after(&self.begin))
    }
}

/// All steps in order of occurrence, and the containers the item is inside at the end, innermost first.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    pub(crate) steps: Vec<Step>,
    pub(crate) containers: Vec<Rc<str>>,
}

/// An item's own steps until it is no more: what comes later moves it no more.
pub(crate) fn alive(own: &[Step]) -> &[Step] {
    let end = own.iter().position(|s| s.act.is_final()).map_or(own.len(), |last| last + 1);
    own.get(..end).unwrap_or_default()
}

fn before_or_emptying(step: &Step, end: Option<&Step>) -> bool {
    end.is_none_or(|end| end.is_after(step) || (!step.is_after(end) && step.act == Act::Emptied))
}

impl<V: View + ?Sized> Reader<'_, V> {
    /// The timeline of an item.
    pub(crate) fn timeline(&mut self, item: &str) -> Result<Timeline, ViewError> {
        let own = self.own(item)?;
        let mut path = vec![Rc::from(item)];
        let mut stays = Vec::new();
        for i in packings(&own) {
            stays.push(self.stay(item, &own, i, &mut path)?);
        }
        let mut timeline = Timeline { steps: own.to_vec(), containers: Vec::new() };
        mark_lost(&mut timeline.steps, &stays);
        for stay in stays {
            timeline.steps.extend_from_slice(&stay.steps);
            timeline.containers.extend_from_slice(&stay.containers);
        }
        self.budget.spend(timeline.steps.len());
        sort(&mut timeline.steps);
        Ok(timeline)
    }

    /// The stay that the `i`th of an item's own steps, a packing, begins. `path`: the items on the way
    /// here, the item itself last.
    pub(crate) fn stay(
        &mut self,
        item: &str,
        own: &Own,
        i: usize,
        path: &mut Vec<Rc<str>>,
    ) -> Result<Rc<Stay>, ViewError> {
        let begin = own[i].clone();
        let key = (subject_key(SubjectKind::Item, item), begin.told.index);
        if let Some(known) = self.stays.get(&key) {
            return Ok(known.clone());
        }
        let later = &alive(own)[i + 1..];
        let leaves = later.iter().position(|s| s.act.leaves_container());
        let Some(container) = self.enter(&begin, path) else {
            let end = leaves.map(|j| later[j].clone());
            return Ok(Rc::new(Stay { begin, end, steps: Vec::new(), containers: Vec::new() }));
        };
        let mut stay =
            Stay { end: leaves.map(|j| later[j].clone()), begin, steps: vec![], containers: vec![] };
        path.push(container.clone());
        self.fill(&mut stay, &container, path)?;
        path.pop();
        cut_short(&mut stay, &later[..leaves.unwrap_or(later.len())]);
        self.budget.spend(stay.steps.len());
        let stay = Rc::new(stay);
        self.stays.insert(key, stay.clone());
        Ok(stay)
    }

    /// The container that is packed into, unless that leads round in a circle or too deep.
    fn enter(&mut self, packing: &Step, path: &[Rc<str>]) -> Option<Rc<str>> {
        let container = packing.told.container.clone()?;
        let tangled = path.contains(&container) || path.len() > MAX_DEPTH;
        self.tangled |= tangled;
        (!tangled).then_some(container)
    }

    /// Fills in what happened to the container between beginning and end.
    fn fill(
        &mut self,
        stay: &mut Stay,
        container: &Rc<str>,
        path: &mut Vec<Rc<str>>,
    ) -> Result<(), ViewError> {
        let own = self.own(container)?;
        let emptied = own.iter().find(|s| s.act == Act::Emptied && s.is_after(&stay.begin));
        if let Some(emptied) = emptied.filter(|e| stay.end.as_ref().is_none_or(|end| end.is_after(e))) {
            stay.end = Some(emptied.clone());
        }
        let mut outer = Vec::new();
        for k in packings(&own) {
            let overlaps = stay.overlaps(&own[k], stay.end.as_ref());
            // The next step that certainly ends it tells without reading on.
            let left = alive(&own)[k + 1..].iter().find(|s| s.act.leaves_container());
            if !overlaps || left.is_some_and(|left| !left.is_after(&stay.begin)) || !self.budget.spend(1) {
                continue;
            }
            let found = self.stay(container, &own, k, path)?;
            if found.overlaps(&stay.begin, stay.end.as_ref()) {
                outer.push(found);
            }
        }
        let living = alive(&own).len();
        // Who has used a container up can still take out what is in it.
        let counts = |i: usize, s: &Step| i < living || matches!(s.act, Act::Emptied | Act::Handled);
        let steps = own.iter().enumerate().filter(|(i, s)| counts(*i, s)).map(|(_, s)| s);
        stay.steps = steps.map(|s| Step { via: Some(container.clone()), ..s.clone() }).collect();
        mark_lost(&mut stay.steps, &outer);
        for found in &outer {
            stay.steps.extend_from_slice(&found.steps);
        }
        let begun = Packed { index: stay.begin.told.index, by: stay.begin.told.actor };
        lead_through(begun, &mut stay.steps);
        let Stay { begin, end, steps, .. } = stay;
        steps.retain(|s| s.is_after(begin) && before_or_emptying(s, end.as_ref()));
        sort(steps);
        if stay.end.is_none() {
            stay.containers.push(container.clone());
            stay.containers.extend(outer.iter().flat_map(|s| s.containers.iter().cloned()));
        }
        Ok(())
    }
}

/// Notes of steps of containers that a packing leads to them.
fn lead_through(packing: Packed, steps: &mut [Step]) {
    // Steps of one stay stand together and share theirs.
    let (mut known, mut led): (Packings, Packings) = (None, Some([packing].into()));
    for step in steps {
        let same = match (&known, &step.packings) {
            (Some(known), Some(outer)) => Rc::ptr_eq(known, outer),
            (known, outer) => known.is_none() && outer.is_none(),
        };
        if !same {
            known.clone_from(&step.packings);
            let outer = known.iter().flat_map(|outer| outer.iter().copied());
            led = Some(std::iter::once(packing).chain(outer).collect());
        }
        step.packings.clone_from(&led);
    }
}

/// Brings steps in order of occurrence. Where a statement moves something inside, what it does to the
/// container does not count for that; the innermost stands first.
fn sort(steps: &mut Vec<Step>) {
    steps.sort_by(Step::order);
    steps.dedup_by(|outer, inner| outer.told.index == inner.told.index && moves(inner));
}

/// Whether a step brings its item somewhere. That something was not there, nobody has to believe.
fn moves(step: &Step) -> bool {
    match step.act {
        Act::Receive(_) => step.lost || !step.act.declines(),
        act => act.leaves_container(),
    }
}

fn packings(own: &Own) -> Vec<usize> {
    let alive = alive(own).iter().enumerate();
    alive.filter(|(_, s)| matches!(s.act, Act::PackedInto(_))).map(|(i, _)| i).collect()
}

/// Ends a stay where somebody who should know says that the item was not there. `own`: the steps of the
/// item itself during the stay.
fn cut_short(stay: &mut Stay, own: &[Step]) {
    if !own.iter().any(|s| s.act.declines()) {
        return;
    }
    let mut at = Whereabouts::default();
    at.advance(&stay.begin);
    let mut around = stay.steps.iter().peekable();
    for step in own {
        while let Some(happened) = around.next_if(|s| step.is_after(s)) {
            at.advance(happened);
        }
        if stay.end.as_ref().is_some_and(|end| !end.is_after(step)) {
            return;
        }
        if step.act.declines() && at.may_be_lost_by(step.told.actor) {
            let end = step.clone();
            stay.steps.retain(|s| end.is_after(s));
            stay.containers.clear();
            stay.end = Some(end);
            return;
        }
        at.advance(step);
        around.next_if(|s| s.told.index == step.told.index && moves(step));
    }
}

/// Marks the item's steps by which stays were cut short.
fn mark_lost(steps: &mut [Step], stays: &[Rc<Stay>]) {
    let ends = stays.iter().filter_map(|s| s.end.as_ref()).filter(|end| end.act.declines());
    let ends: Vec<u64> = ends.map(|end| end.told.index).collect();
    for step in steps {
        step.lost |= step.act.declines() && ends.contains(&step.told.index);
    }
}
