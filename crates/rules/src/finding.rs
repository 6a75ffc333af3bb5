//! Findings: hits of one rule, party, lot or product, and week, put together.
//!
//! ```text
//! id = H("yuanliu/finding/v1" ‖ 0x00 ‖ rule id ‖ 0x00 ‖ party ‖ 0x00 ‖ goods ‖ 0x00 ‖ week i32)
//! ```
//! `H` = SHA-256; the texts are canonical and hold no zero byte; `week` counts from the week of Monday 1969-12-29,
//! big-endian. The id does not depend on what the finding says at a time, so a follower can watch it.

use std::collections::BTreeMap;

use merkle::{Hash, sha256};

use crate::{
    hit::Hit,
    rule::{Rule, Severity, Visibility},
    week::Week,
};

/// Hits shown with a finding, at most: the first.
pub const MAX_SAMPLES: usize = 8;

/// What hits of one finding have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FindingKey {
    /// Which rule.
    pub rule: Rule,
    /// Whose act; may be empty.
    pub party: String,
    /// Lot or product; may be empty.
    pub goods: String,
    /// When.
    pub week: Week,
}

impl FindingKey {
    /// The finding that a hit belongs to.
    #[must_use]
    pub fn of(hit: &Hit) -> Self {
        Self { rule: hit.rule, party: hit.party.clone(), goods: hit.goods.clone(), week: hit.week }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Hash {
        sha256(&[
            b"yuanliu/finding/v1\0",
            self.rule.id().as_bytes(),
            &[0],
            self.party.as_bytes(),
            &[0],
            self.goods.as_bytes(),
            &[0],
            &self.week.0.to_be_bytes(),
        ])
    }
}

/// Whether a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has hits that are due.
    Open,
    /// It was shown, and has none any more.
    Resolved,
}

impl State {
    /// By hits that are due, and whether it was ever shown; `None`: not to be shown.
    ///
    /// | hits due | shown before | state |
    /// | --- | --- | --- |
    /// | some | | open |
    /// | none | yes | resolved |
    /// | none | no | not shown |
    #[must_use]
    pub const fn of(due: u64, shown: bool) -> Option<Self> {
        match (due, shown) {
            (1.., _) => Some(Self::Open),
            (0, true) => Some(Self::Resolved),
            (0, false) => None,
        }
    }
}

/// An open finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What its hits have in common.
    pub key: FindingKey,
    /// The gravest of its hits.
    pub severity: Severity,
    /// How many lines.
    pub count: u64,
    /// The first of them, at most [`MAX_SAMPLES`].
    pub samples: Vec<Hit>,
}

impl Finding {
    /// Who is told.
    #[must_use]
    pub fn visibility(&self) -> Visibility {
        self.key.rule.row().visibility
    }
}

/// The findings that hits make which are due at an instant, by what they have in common. In order of what they say,
/// whatever the order of the hits.
#[must_use]
pub fn findings<'h>(hits: impl IntoIterator<Item = &'h Hit>, as_of: i64) -> BTreeMap<FindingKey, Finding> {
    let mut found: BTreeMap<FindingKey, Finding> = BTreeMap::new();
    for hit in hits.into_iter().filter(|hit| hit.is_due(as_of)) {
        let key = FindingKey::of(hit);
        let finding = found.entry(key).or_insert_with_key(|key| Finding {
            key: key.clone(),
            severity: hit.severity,
            count: 0,
            samples: Vec::new(),
        });
        finding.severity = finding.severity.max(hit.severity);
        finding.count += 1;
        let place = finding.samples.partition_point(|s| (s.at, s) < (hit.at, hit));
        if place < MAX_SAMPLES {
            finding.samples.insert(place, hit.clone());
            finding.samples.truncate(MAX_SAMPLES);
        }
    }
    found
}

/// What an examination changes of the hits kept of a subject; both ascending, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// To be kept.
    pub come: Vec<Hit>,
    /// To be dropped.
    pub gone: Vec<Hit>,
}

/// Compares the hits kept of a subject with those found now.
#[must_use]
pub fn diff(kept: &[Hit], found: &[Hit]) -> Changes {
    let not_in = |all: &[Hit], others: &[Hit]| -> Vec<Hit> {
        all.iter().filter(|hit| others.binary_search(hit).is_err()).cloned().collect()
    };
    Changes { come: not_in(found, kept), gone: not_in(kept, found) }
}

#[cfg(test)]
mod tests {
    use statement::words;

    use super::*;
    use crate::rule::expired;

    fn hit(line: &str, at: i64) -> Hit {
        Hit::of(&expired::ROW, "org:clinic", "lot:gtin:09521234543213.L1", at, words!("{line}", "{line}"))
            .line(line)
    }

    #[test]
    fn five_thousand_lines_are_one_finding_with_the_first_as_samples() {
        let hits: Vec<Hit> = (0..5_000).rev().map(|n| hit(&format!("{n:04}"), 1_000_000 + n)).collect();
        let found = findings(&hits, i64::MAX);
        let one = found.values().next().unwrap();
        assert_eq!((found.len(), one.count, one.samples.len()), (1, 5_000, MAX_SAMPLES));
        let lines: Vec<&str> = one.samples.iter().map(|s| s.line.as_str()).collect();
        assert_eq!(lines, ["0000", "0001", "0002", "0003", "0004", "0005", "0006", "0007"]);
        let mut forward = hits;
        forward.reverse();
        assert_eq!(findings(&forward, i64::MAX), found);
    }

    #[test]
    fn the_id_is_that_of_rule_party_goods_and_week() {
        let key = FindingKey::of(&hit("A", 1_772_424_000_000_000));
        let id = statement::hex_text(&key.id());
        let preimage = [
            b"yuanliu/finding/v1\0EXPIRED\0org:clinic\0lot:gtin:09521234543213.L1\0".as_slice(),
            &[0, 0, 0x0b, 0x73],
        ]
        .concat();
        assert_eq!(
            (key.week.to_string().as_str(), id),
            ("2026-W10", statement::hex_text(&sha256(&[&preimage])))
        );
        let other = FindingKey { week: Week(key.week.0 + 1), ..key.clone() };
        assert_ne!(other.id(), key.id());
    }

    #[test]
    fn findings_wait_until_a_hit_is_due_and_are_resolved_without() {
        let waits = hit("A", 5).due(9);
        assert!(findings([&waits], 8).is_empty());
        assert_eq!(findings([&waits], 9).len(), 1);
        assert_eq!(
            [State::of(1, false), State::of(1, true), State::of(0, true), State::of(0, false)],
            [Some(State::Open), Some(State::Open), Some(State::Resolved), None]
        );
    }

    #[test]
    fn an_examination_that_finds_the_same_changes_nothing() {
        let (a, b, c) = (hit("A", 5), hit("B", 5), hit("C", 5));
        let kept = [a.clone(), b.clone()];
        assert_eq!(diff(&kept, &kept), Changes::default());
        assert_eq!(diff(&kept, &[b, c.clone()]), Changes { come: vec![c], gone: vec![a] });
    }
}
