//! Which subjects a bundle must show: the least set closed under the kind table.
//!
//! Collecting and verifying run the same walk. It knows a log only by two questions: which entries name a
//! subject, and what follows from an entry.

use std::collections::BTreeSet;

use merkle::Hash;
use proto::v1::statement::Body;
use statement::{Envelope, GoodsAct, Statement, Subject, in_closure, visit_subjects};

use super::Extent;

/// What follows from an entry.
#[derive(Default)]
pub(super) struct Follows {
    /// The key that signed it.
    pub key: Option<Subject<'static>>,
    /// Subjects that it names and the table puts in the closure.
    pub subjects: Vec<Subject<'static>>,
}

impl Follows {
    /// Of a statement.
    pub fn of(statement: &Statement, envelope: &Envelope) -> Self {
        let replaced = match statement.body() {
            Body::Correct(b) => b.replacement.as_ref().and_then(|r| r.body.as_ref()),
            _ => None,
        };
        let replaced = replaced.map(|body| GoodsAct::replacing(body).kind());
        let mut subjects = Vec::new();
        visit_subjects(statement, &mut |relation, text| {
            if let Some(kind) = relation.subject_kind()
                && in_closure(statement.kind(), replaced, relation)
            {
                subjects.push(Subject::new(kind, text.to_owned()));
            }
        });
        Self { key: Some(Subject::of_key(&envelope.key_id)), subjects }
    }
}

/// What the walk asks of a log.
pub(super) trait Graph {
    /// Why there is no answer.
    type Error;

    /// The entries that name a subject, ascending.
    fn chain(&mut self, subject: &Subject<'static>) -> Result<Vec<u64>, Self::Error>;

    /// What follows from one of them; nothing where it is withheld.
    fn follows(&mut self, entry: u64) -> Result<Follows, Self::Error>;
}

/// Where a walk begins.
pub(super) struct Seeds {
    /// The subjects asked for.
    pub roots: Vec<Subject<'static>>,
    /// The entry asked for.
    pub entry: Option<u64>,
    /// The exporter's key. What follows from its enrolment other than keys is not followed: it has nothing to
    /// do with the question.
    pub exporter: Hash,
}

/// The subjects of a closure.
pub(super) fn members<G: Graph>(
    graph: &mut G,
    seeds: &Seeds,
    extent: Extent,
) -> Result<BTreeSet<Subject<'static>>, G::Error> {
    let mut walk = Walk { graph, found: BTreeSet::new(), passed: BTreeSet::new(), queue: Vec::new() };
    walk.queue.extend(seeds.roots.iter().cloned());
    if let Some(entry) = seeds.entry {
        // An entry by itself claims nothing but who signed it.
        walk.pass(entry, Extent::Named)?;
    }
    walk.run(extent)?;
    walk.queue.push(Subject::of_key(&seeds.exporter));
    walk.run(Extent::Named)?;
    Ok(walk.found)
}

struct Walk<'g, G> {
    graph: &'g mut G,
    found: BTreeSet<Subject<'static>>,
    /// Entries looked at: what follows from one is the same whichever chain leads to it.
    passed: BTreeSet<u64>,
    queue: Vec<Subject<'static>>,
}

impl<G: Graph> Walk<'_, G> {
    fn run(&mut self, extent: Extent) -> Result<(), G::Error> {
        while let Some(subject) = self.queue.pop() {
            if self.found.contains(&subject) {
                continue;
            }
            let chain = self.graph.chain(&subject)?;
            self.found.insert(subject);
            for entry in chain {
                self.pass(entry, extent)?;
            }
        }
        Ok(())
    }

    fn pass(&mut self, entry: u64, extent: Extent) -> Result<(), G::Error> {
        if !self.passed.insert(entry) {
            return Ok(());
        }
        let follows = self.graph.follows(entry)?;
        self.queue.extend(follows.key);
        if extent == Extent::Whole {
            self.queue.extend(follows.subjects);
        }
        Ok(())
    }
}
