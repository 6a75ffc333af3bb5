//! Reads what counts of statements, each once and within a budget.

use std::{
    cell::RefCell,
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use custody::{
    Content, View, ViewError,
    alias::{code_texts_joined, codes_joined, codes_of},
    item::{
        Act, Acts, ItemState, acts_of,
        deeds::{Deed, Deeds, FoldKey, roots, timeline},
    },
    registry::party_by_number,
    response::receives_of,
    tables::{Touch, subject, subject_by_text, touches},
};
use proto::v1::statement::Body;
use statement::{SubjectKey, SubjectKind, subject_key};

use crate::{budget::Budget, scope::Scope, stay::Stay};

/// Most entries read of the history of one item; the earliest recorded.
pub(crate) const MAX_TOUCHES: usize = 10_000;

/// What an answer needs of a statement that counts.
#[derive(Debug)]
pub(crate) struct Told {
    /// Entry of the original.
    pub(crate) index: u64,
    /// When it happened, µs.
    pub(crate) at: i64,
    /// Number of the activity of who acts.
    pub(crate) actor: u64,
    /// Where; may be empty.
    pub(crate) site: String,
    /// The container that something is packed into.
    pub(crate) container: Option<Rc<str>>,
    /// It makes goods out of others, as whoever had those may say.
    pub(crate) transforms: bool,
    cause: u8,
    party: String,
    id: [u8; 16],
    takes_all: bool,
    by_item: Vec<(SubjectKey, Act)>,
}

impl Told {
    fn of(content: Content, acts: Acts) -> Self {
        let transforms = matches!(content.body, Body::Transform(_));
        let container = match content.body {
            Body::Pack(b) => Some(b.parent.into()),
            _ => None,
        };
        Self {
            index: acts.index,
            at: acts.at,
            actor: acts.actor,
            site: content.site,
            container,
            transforms,
            cause: acts.cause,
            party: acts.party,
            id: acts.id,
            takes_all: acts.takes_all,
            by_item: acts.by_item.into_iter().collect(),
        }
    }
}

impl Deed for Told {
    fn act_on(&self, item: &SubjectKey) -> Option<Act> {
        let found = self.by_item.binary_search_by_key(item, |(key, _)| *key);
        found.ok().and_then(|i| self.by_item.get(i)).map(|(_, act)| *act)
    }

    fn takes_all(&self) -> bool {
        self.takes_all
    }

    fn fold_key(&self) -> FoldKey<'_> {
        (self.at, self.cause, &self.party, self.id)
    }
}

/// A Pack by which an item came into a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Packed {
    /// Its entry.
    pub(crate) index: u64,
    /// Number of the activity of who packed.
    pub(crate) by: u64,
}

/// The Packs that lead from an item to the container around it, innermost first; none for the item itself.
pub(crate) type Packings = Option<Rc<[Packed]>>;

/// One statement in an item's timeline.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The statement.
    pub(crate) told: Rc<Told>,
    /// What it does to the item, or to the container it is in.
    pub(crate) act: Act,
    /// The container; `None` where the statement acts on the item itself.
    pub(crate) via: Option<Rc<str>>,
    /// How the item came into that container.
    pub(crate) packings: Packings,
    /// It says that the item was not in its container, and who says so should know.
    pub(crate) lost: bool,
}

impl Step {
    /// Order of occurrence; equal for one statement only.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.told.fold_key().cmp(&other.told.fold_key())
    }

    pub(crate) fn is_after(&self, other: &Self) -> bool {
        self.order(other) == Ordering::Greater
    }
}

/// The steps of one item by itself, in order of occurrence.
pub(crate) type Own = Rc<[Step]>;

impl<V: View + ?Sized> Deeds for Reader<'_, V> {
    type Deed = Told;
    type Error = ViewError;

    fn deed(&mut self, root: u64) -> Result<Option<Rc<Told>>, ViewError> {
        self.told(root)
    }

    fn answers(&mut self, ship: u64) -> Result<Rc<[u64]>, ViewError> {
        Ok(receives_of(self.view, ship)?.into())
    }
}

/// What statements do to items, kept from one question to the next: over one state of the view, of all statements.
/// Bounded; what it knows changes no answer, nor what an answer may cost.
#[derive(Default)]
pub struct Kept(RefCell<KeptTold>);

#[derive(Default)]
struct KeptTold {
    told: BTreeMap<u64, Option<Rc<Told>>>,
    acts: usize,
}

/// Acts on items that are kept at a time, of 48 bytes each.
const MAX_KEPT: usize = 500_000;

impl Kept {
    fn get(&self, root: u64) -> Option<Option<Rc<Told>>> {
        self.0.borrow().told.get(&root).cloned()
    }

    fn keep(&self, root: u64, told: &Option<Rc<Told>>) {
        let mut kept = self.0.borrow_mut();
        kept.acts += told.as_ref().map_or(1, |told| 1 + told.by_item.len());
        if kept.acts > MAX_KEPT {
            *kept = KeptTold::default();
            return;
        }
        kept.told.insert(root, told.clone());
    }
}

/// Reads for one question.
pub(crate) struct Reader<'v, V: ?Sized> {
    pub(crate) view: &'v V,
    pub(crate) scope: Scope<'v>,
    pub(crate) budget: Budget,
    told: BTreeMap<u64, Option<Rc<Told>>>,
    kept: Option<&'v Kept>,
    own: BTreeMap<SubjectKey, Own>,
    names: BTreeMap<u64, Rc<str>>,
    pub(crate) stays: BTreeMap<(SubjectKey, u64), Rc<Stay>>,
    /// Containers lie inside themselves, or deeper than is followed.
    pub(crate) tangled: bool,
}

impl<'v, V: View + ?Sized> Reader<'v, V> {
    pub(crate) fn new(view: &'v V, scope: &Scope<'v>, budget: Budget) -> Self {
        Self {
            view,
            scope: scope.clone(),
            budget,
            told: BTreeMap::new(),
            kept: None,
            own: BTreeMap::new(),
            names: BTreeMap::new(),
            stays: BTreeMap::new(),
            tangled: false,
        }
    }

    /// The same, with what was kept of earlier questions about this state of the view.
    pub(crate) fn with(view: &'v V, kept: &'v Kept, budget: Budget) -> Self {
        Self { kept: Some(kept), ..Self::new(view, &Scope::all(), budget) }
    }

    /// Whether something was left out.
    pub(crate) const fn truncated(&self) -> bool {
        self.budget.exhausted || self.tangled
    }

    /// All that counts of an original; `None` where it does not count, or the budget is used up.
    pub(crate) fn content(&mut self, root: u64) -> Result<Option<Content>, ViewError> {
        if self.budget.read() { self.scope.content(self.view, root) } else { Ok(None) }
    }

    /// What an original does; `None` where it does not count, or the budget is used up.
    fn told(&mut self, root: u64) -> Result<Option<Rc<Told>>, ViewError> {
        if let Some(known) = self.told.get(&root) {
            return Ok(known.clone());
        }
        let told = self.told_by(root)?;
        let told = told.filter(|told| self.budget.spend(told.by_item.len()));
        self.told.insert(root, told.clone());
        Ok(told)
    }

    /// The same whatever the budget has left, once it allows to read.
    fn told_by(&mut self, root: u64) -> Result<Option<Rc<Told>>, ViewError> {
        if let Some(told) = self.kept.and_then(|kept| kept.get(root)) {
            return Ok(if self.budget.read() { told } else { None });
        }
        if !self.budget.read() {
            return Ok(None);
        }
        let told = match self.scope.content(self.view, root)? {
            None => None,
            Some(content) => {
                let acts = self.acts(&content)?;
                Some(Rc::new(Told::of(content, acts)))
            }
        };
        if let Some(kept) = self.kept {
            kept.keep(root, &told);
        }
        Ok(told)
    }

    /// What a content does to items.
    pub(crate) fn acts(&self, content: &Content) -> Result<Acts, ViewError> {
        acts_of(content, &|kind, text: &str| self.number(kind, text))
    }

    /// The number of a subject; 0 where nothing names it.
    pub(crate) fn number(&self, kind: SubjectKind, text: &str) -> Result<u64, ViewError> {
        Ok(subject_by_text(self.view, kind, text)?.map_or(0, |r| r.number))
    }

    /// The text of an activity's number; empty for none.
    pub(crate) fn party(&mut self, number: u64) -> Result<Rc<str>, ViewError> {
        if let Some(known) = self.names.get(&number) {
            return Ok(known.clone());
        }
        let name: Rc<str> = party_by_number(self.view, number)?.into();
        self.names.insert(number, name.clone());
        Ok(name)
    }

    /// The entries that name an item, ascending.
    pub(crate) fn touches(&mut self, item: &SubjectKey) -> Result<Vec<Touch>, ViewError> {
        let Some(record) = subject(self.view, item)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        let mut full = false;
        let budget = &mut self.budget;
        touches(self.view, record.number, 0, &mut |touch| {
            full = found.len() == MAX_TOUCHES;
            let more = !full && budget.spend(1);
            if more {
                found.push(touch);
            }
            Ok(more)
        })?;
        self.budget.exhausted |= full;
        Ok(found)
    }

    /// The keys of all codes of the thing that bears the code with this key.
    fn codes(&self, code: &SubjectKey) -> Result<BTreeSet<SubjectKey>, ViewError> {
        let record = subject(self.view, code)?;
        let state = record.map(|r| ItemState::decode(&r.state)).transpose()?.unwrap_or_default();
        let counts = &mut |alias| Ok(self.scope.content(self.view, alias)?.is_some());
        match (state.aliased, self.scope.is_all()) {
            (false, _) => Ok([*code].into()),
            (true, true) => codes_of(self.view, code),
            (true, false) => codes_joined(self.view, code, counts),
        }
    }

    /// The codes of the thing that bears `code`, as texts.
    pub(crate) fn names(&self, code: &str) -> Result<Vec<String>, ViewError> {
        let alone = self.codes(&subject_key(SubjectKind::Item, code))?.len() == 1;
        if alone {
            return Ok(vec![code.to_string()]);
        }
        code_texts_joined(self.view, code, &mut |alias| Ok(self.scope.content(self.view, alias)?.is_some()))
    }

    /// The statements that act on the item itself, under any of its codes, in order of occurrence.
    pub(crate) fn own(&mut self, item: &str) -> Result<Own, ViewError> {
        let key = subject_key(SubjectKind::Item, item);
        if let Some(known) = self.own.get(&key) {
            return Ok(known.clone());
        }
        let codes = self.codes(&key)?;
        let mut touched = Vec::new();
        for code in &codes {
            touched.extend(self.touches(code)?);
        }
        let roots = roots(self.view, &touched)?;
        let steps: Vec<Step> = timeline(self, &codes, &roots)?
            .into_iter()
            .map(|(told, act)| Step { told, act, via: None, packings: None, lost: false })
            .collect();
        self.budget.spend(steps.len());
        let own: Own = steps.into();
        self.own.insert(key, own.clone());
        Ok(own)
    }
}
