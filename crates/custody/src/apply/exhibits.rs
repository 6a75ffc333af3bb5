//! Folding statements into the evidence bags they name.

use std::{collections::BTreeMap, rc::Rc};

use prost::Message as _;
use proto::v1::statement::Body;
use statement::{Statement, SubjectKind, subject_key};

use crate::{
    View, ViewError,
    control::content,
    draft::Draft,
    exhibit::{BagEvent, ExhibitState, MAX_EVENTS, acts_on_bags, events_of, roots_of, sort},
};

/// Statements that may be read besides for each bag that a statement names.
const READS_PER_BAG: usize = 8;

/// What a statement that counts does to bags.
type Told = Rc<BTreeMap<String, BagEvent>>;

/// Reads each statement once, and no more of them than one statement may cost.
struct Reader {
    told: BTreeMap<u64, Told>,
    reads: usize,
}

impl Reader {
    fn new(bags: usize) -> Self {
        Self { told: BTreeMap::new(), reads: MAX_EVENTS + bags * READS_PER_BAG }
    }

    /// `None` where the allowance is spent.
    fn told<V: View + ?Sized>(&mut self, draft: &Draft<'_, V>, root: u64) -> Result<Option<Told>, ViewError> {
        if let Some(told) = self.told.get(&root) {
            return Ok(Some(told.clone()));
        }
        let Some(left) = self.reads.checked_sub(1) else { return Ok(None) };
        self.reads = left;
        let events = content(draft, root)?.map(|content| events_of(&content)).unwrap_or_default();
        let told: Told = Rc::new(events.into_iter().collect());
        self.told.insert(root, told.clone());
        Ok(Some(told))
    }

    /// The fold of all that counts of a bag; `None` where that is too much.
    fn folded<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        bag: &str,
        number: u64,
    ) -> Result<Option<ExhibitState>, ViewError> {
        let Some(roots) = roots_of(draft, number)? else { return Ok(None) };
        let mut events = Vec::new();
        for root in roots {
            let Some(told) = self.told(draft, root)? else { return Ok(None) };
            events.extend(told.get(bag).cloned());
        }
        sort(&mut events);
        let mut state = ExhibitState::default();
        for event in &events {
            state.step(event);
        }
        Ok(Some(state))
    }
}

/// Of a statement that takes effect at entry `at`.
pub(super) fn arrive<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
    at: u64,
) -> Result<(), ViewError> {
    if acts_on_bags(statement.body()).is_empty() {
        return Ok(());
    }
    let Some(content) = content(draft, index)? else { return Ok(()) };
    let events = events_of(&content);
    let mut reader = Reader::new(events.len());
    for (bag, event) in events {
        let old = state_of(draft, &bag)?;
        let state = if at == index && old.precedes(&event) {
            let mut state = old;
            state.step(&event);
            state
        } else {
            refolded(&mut reader, draft, &bag, old)?
        };
        draft.set_state(subject_key(SubjectKind::Exhibit, &bag), state.encode_to_vec())?;
    }
    Ok(())
}

/// Of an original whose content was `before` and is `after` by a Correct or Void.
pub(super) fn change<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    before: Option<&Body>,
    after: Option<&Body>,
) -> Result<(), ViewError> {
    let named = [before, after].into_iter().flatten().flat_map(acts_on_bags);
    let mut bags: Vec<String> = named.map(|(bag, _)| bag).collect();
    bags.sort();
    bags.dedup();
    let mut reader = Reader::new(bags.len());
    for bag in bags {
        let old = state_of(draft, &bag)?;
        let state = refolded(&mut reader, draft, &bag, old)?;
        draft.set_state(subject_key(SubjectKind::Exhibit, &bag), state.encode_to_vec())?;
    }
    Ok(())
}

/// The state of a bag folded anew. Where that is too much, it stays and is marked.
fn refolded<V: View + ?Sized>(
    reader: &mut Reader,
    draft: &mut Draft<'_, V>,
    bag: &str,
    old: ExhibitState,
) -> Result<ExhibitState, ViewError> {
    let number = draft.load(subject_key(SubjectKind::Exhibit, bag))?.0.number;
    let state = reader.folded(draft, bag, number)?;
    Ok(state.unwrap_or(ExhibitState { overflow: true, ..old }))
}

fn state_of<V: View + ?Sized>(draft: &mut Draft<'_, V>, bag: &str) -> Result<ExhibitState, ViewError> {
    let key = subject_key(SubjectKind::Exhibit, bag);
    draft.load(key)?;
    ExhibitState::decode(&draft.state(&key))
}
