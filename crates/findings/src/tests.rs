//! Findings as they come, change and go: against a model that keeps all hits in memory, and along a made-up trade.

mod keeping;
mod trade;

use std::collections::BTreeMap;

use rules::{Facts, Hit, Rule, Severity, Subject, Week};
use statement::Words;
use tempfile::TempDir;

use crate::{Findings, draft::Draft};

const DAY: i64 = 86_400_000_000;
const LOT: &str = "lot:gtin:09521234543213.L1";
const PRODUCT: &str = "gtin:09521234543213";

/// Findings of an empty ledger, hits by hand, and a model of both.
struct Keeper {
    _folder: TempDir,
    findings: Findings,
    hits: BTreeMap<Subject, Vec<Hit>>,
    now: i64,
}

fn hit(rule: Rule, party: &str, line: &str, at: i64) -> Hit {
    Hit {
        rule,
        party: party.into(),
        goods: LOT.into(),
        week: Week::of(at),
        at,
        line: line.into(),
        severity: Severity::Medium,
        due: 0,
        facts: Facts(Words::of("is so", "如此")),
        evidence: vec![7],
    }
}

fn item(n: usize) -> Subject {
    Subject::Item(format!("sgtin:09521234543213.{n}"))
}

impl Keeper {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let findings = Findings::open(&folder.path().join("findings"), &[1; 32], 0).unwrap();
        Self { _folder: folder, findings, hits: BTreeMap::new(), now: 1_772_424_000_000_000 }
    }

    /// Puts hits in place of those of subjects; told is what no rule keeps from the party.
    fn find(&mut self, found: &[(Subject, Vec<Hit>)]) {
        let mut draft = Draft::new(&self.findings.rows, self.now);
        for (subject, hits) in found {
            let mut hits = hits.clone();
            hits.sort();
            hits.dedup();
            draft.replace(subject, &hits, &mut |hit| Ok(crate::told::may_be_told(hit))).unwrap();
            self.hits.insert(subject.clone(), hits);
        }
        self.findings.rows.write(draft.finish().unwrap()).unwrap();
    }

    /// Lets time pass.
    fn pass(&mut self, time: i64) {
        self.now += time;
        let mut more = true;
        while more {
            let mut draft = Draft::new(&self.findings.rows, self.now);
            more = draft.sweep(2).unwrap();
            self.findings.rows.write(draft.finish().unwrap()).unwrap();
        }
    }
}
