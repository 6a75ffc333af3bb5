//! Hits: one thing that one rule says about one line of what is recorded.

use statement::Words;

use crate::{
    rule::{Rule, RuleRow, Severity},
    week::Week,
};

/// Entries that a hit rests on, at most.
pub const MAX_EVIDENCE: usize = 8;

/// What a rule says about one line. Hits order by what they say, never by when it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Which rule.
    pub rule: Rule,
    /// Whose act it is about; empty where nobody's.
    pub party: String,
    /// Lot, else product, else empty.
    pub goods: String,
    /// Week of the occurrence.
    pub week: Week,
    /// When it happened, µs since the Unix epoch.
    pub at: i64,
    /// Item, lot, document, or what else the line is about.
    pub line: String,
    /// How grave; never above the rule's.
    pub severity: Severity,
    /// Not to be shown before this instant, µs: what depends on passing time, and what a late upload may
    /// still explain. 0 = at once.
    pub due: i64,
    /// What was found, without a judgement.
    pub facts: Facts,
    /// Entries of the originals it rests on, ascending, at most [`MAX_EVIDENCE`].
    pub evidence: Vec<u64>,
}

/// Wording, ordered by its English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts(pub Words);

impl PartialOrd for Facts {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Facts {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let texts = |f: &Self| (f.0.english().to_owned(), f.0.chinese().to_owned());
        texts(self).cmp(&texts(other))
    }
}

impl Hit {
    /// A hit of a rule at its full severity, about what happened at an instant.
    pub(crate) fn of(row: &RuleRow, party: &str, goods: &str, at: i64, facts: Words) -> Self {
        Self {
            rule: row.rule,
            party: party.to_owned(),
            goods: goods.to_owned(),
            week: Week::of(at),
            at,
            line: String::new(),
            severity: row.severity,
            due: 0,
            facts: Facts(facts),
            evidence: Vec::new(),
        }
    }

    pub(crate) fn line(mut self, line: &str) -> Self {
        line.clone_into(&mut self.line);
        self
    }

    /// Rests on entries, of which the first are kept in the order given: an order that does not depend on when they
    /// came.
    pub(crate) fn on(mut self, entries: impl IntoIterator<Item = u64>) -> Self {
        for entry in entries {
            if self.evidence.len() < MAX_EVIDENCE && !self.evidence.contains(&entry) {
                self.evidence.push(entry);
            }
        }
        self.evidence.sort_unstable();
        self
    }

    pub(crate) const fn due(mut self, due: i64) -> Self {
        self.due = due;
        self
    }

    /// Lowers the severity.
    pub(crate) fn at_most(mut self, severity: Severity) -> Self {
        self.severity = self.severity.min(severity);
        self
    }

    /// Whether it is to be shown at an instant.
    #[must_use]
    pub const fn is_due(&self, as_of: i64) -> bool {
        self.due <= as_of
    }
}
