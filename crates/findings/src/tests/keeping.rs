//! Hits by hand.

use std::collections::{BTreeMap, BTreeSet};

use merkle::Hash;
use proptest::prelude::*;
use rules::{Again, FindingKey, Hit, MAX_SAMPLES, Rule, Severity, State, Subject};

use super::{DAY, Keeper, LOT, PRODUCT, hit, item};
use crate::{Audience, Filter, Findings, Page, Shown, follow::Spot};

const ALL: Filter = Filter {
    rule: None,
    severity: None,
    state: None,
    party: String::new(),
    goods: String::new(),
    weeks: None,
};

fn open() -> Filter {
    Filter { state: Some(State::Open), ..ALL }
}

/// All pages of two.
fn list(findings: &Findings, audience: Audience<'_>, filter: &Filter) -> Vec<Shown> {
    let (mut all, mut before) = (Vec::new(), 0);
    loop {
        let Page { findings: page, next } = findings.list(audience, filter, before, 2).unwrap();
        all.extend(page);
        before = next;
        if next == 0 {
            return all;
        }
    }
}

/// What is open by the hits themselves.
fn model(hits: &BTreeMap<Subject, Vec<Hit>>, audience: Audience<'_>, now: i64) -> Vec<(Hash, u64, Severity)> {
    let told = |hit: &&Hit| match audience {
        Audience::Authority => true,
        Audience::Party(party) => crate::told::may_be_told(hit) && hit.party == party,
    };
    let found = rules::findings(hits.values().flatten().filter(told), now);
    let mut found: Vec<_> = found.into_values().map(|f| (f.key.id(), f.count, f.severity)).collect();
    found.sort_unstable();
    found
}

fn seen(shown: &[Shown]) -> Vec<(Hash, u64, Severity)> {
    let mut all: Vec<_> = shown.iter().map(|f| (f.id, f.count, f.severity)).collect();
    all.sort_unstable();
    all
}

/// A watcher: what it knows by changes alone.
#[derive(Default)]
struct Mirror {
    known: BTreeMap<Hash, Shown>,
    cursor: u64,
}

impl Mirror {
    fn follow(&mut self, findings: &Findings, audience: Audience<'_>) {
        loop {
            let changed = findings.changes(audience, &ALL, self.cursor, 3).unwrap();
            assert!(changed.upto >= self.cursor);
            self.cursor = changed.upto;
            self.known.extend(changed.findings.into_iter().map(|f| (f.id, f)));
            if !changed.more {
                return;
            }
        }
    }
}

const PARTIES: [&str; 3] = ["org:one", "org:two", ""];
const RULES: [Rule; 3] = [Rule::Expired, Rule::Diversion, Rule::UnknownItem];

/// Some hits of some subject, or time that passes.
#[derive(Clone, Debug)]
enum Act {
    Find(Vec<(usize, Vec<Hit>)>),
    Pass(i64),
}

fn some_hit() -> impl Strategy<Value = Hit> {
    (0..3_usize, 0..3_usize, 0..4_i64, 0..12_i64, 0..4_usize, 0..4_usize).prop_map(
        |(rule, party, week, day, severity, due)| {
            let at = 1_772_424_000_000_000 + week * 7 * DAY;
            let mut hit = hit(RULES[rule], PARTIES[party], &format!("line {day}"), at + day);
            hit.severity = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical][severity];
            hit.due = if due == 0 { 0 } else { 1_772_424_000_000_000 + (due as i64 - 2) * 2 * DAY };
            hit
        },
    )
}

fn some_act() -> impl Strategy<Value = Act> {
    let found = (0..4_usize, prop::collection::vec(some_hit(), 0..4));
    let found = prop::collection::btree_map(0..4_usize, found.prop_map(|(_, hits)| hits), 1..3);
    prop_oneof![
        4 => found.prop_map(|found| Act::Find(found.into_iter().collect())),
        1 => (0..3_i64).prop_map(|days| Act::Pass(days * DAY)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn lists_and_changes_show_what_the_hits_say(acts in prop::collection::vec(some_act(), 1..14)) {
        let mut keeper = Keeper::new();
        let audiences = [Audience::Authority, Audience::Party("org:one"), Audience::Party("org:two")];
        let mut mirrors: [Mirror; 3] = Default::default();
        let mut ever: [BTreeSet<Hash>; 3] = Default::default();
        for act in acts {
            match act {
                Act::Find(found) => {
                    let found: Vec<_> = found.into_iter().map(|(n, hits)| (item(n), hits)).collect();
                    keeper.find(&found);
                }
                Act::Pass(time) => keeper.pass(time),
            }
            for ((audience, mirror), ever) in audiences.into_iter().zip(&mut mirrors).zip(&mut ever) {
                let expected = model(&keeper.hits, audience, keeper.now);
                let all = list(&keeper.findings, audience, &ALL);
                let (open, resolved): (Vec<Shown>, Vec<Shown>) =
                    all.iter().cloned().partition(|f| f.state == State::Open);
                prop_assert_eq!(seen(&open), expected);
                ever.extend(open.iter().map(|f| f.id));
                let gone: BTreeSet<Hash> = ever.iter().copied().filter(|id| open.iter().all(|f| f.id != *id)).collect();
                prop_assert_eq!(resolved.iter().map(|f| f.id).collect::<BTreeSet<_>>(), gone);
                prop_assert!(all.windows(2).all(|pair| pair[0].number > pair[1].number));
                for finding in &all {
                    let samples = finding.samples.len() as u64;
                    prop_assert_eq!(samples, finding.count.min(MAX_SAMPLES as u64));
                    prop_assert!(finding.samples.iter().all(|hit| FindingKey::of(hit) == finding.key));
                    prop_assert_eq!(finding.resolved_at == 0, finding.state == State::Open);
                }
                mirror.follow(&keeper.findings, audience);
                let mut known: Vec<Shown> = mirror.known.values().cloned().collect();
                known.sort_by_key(|f| std::cmp::Reverse(f.number));
                prop_assert_eq!(known, all);
            }
        }
    }
}

#[test]
fn filters_find_by_rule_party_goods_severity_and_week() {
    let mut keeper = Keeper::new();
    let (now, mut grave) = (keeper.now, hit(Rule::Diversion, "org:two", "B", keeper.now));
    grave.severity = Severity::High;
    let other =
        Hit { goods: "gtin:09521234567899".into(), ..hit(Rule::Expired, "org:two", "C", now - 14 * DAY) };
    let found = [hit(Rule::Expired, "org:one", "A", now), grave, other];
    keeper.find(&found.iter().cloned().enumerate().map(|(n, hit)| (item(n), vec![hit])).collect::<Vec<_>>());
    let week = |at| {
        let week = rules::Week::of(at).0;
        week..=week
    };
    let table: [(Filter, &[&str]); 9] = [
        (open(), &["A", "B", "C"]),
        (Filter { rule: Some(Rule::Expired), ..open() }, &["A", "C"]),
        (Filter { party: "org:two".into(), ..open() }, &["B", "C"]),
        (Filter { party: "org:two".into(), goods: LOT.into(), ..open() }, &["B"]),
        (Filter { goods: LOT.into(), ..open() }, &["A", "B"]),
        (Filter { goods: PRODUCT.into(), ..open() }, &["A", "B"]),
        (Filter { severity: Some(Severity::High), ..open() }, &["B"]),
        (Filter { weeks: Some(week(now)), ..open() }, &["A", "B"]),
        (Filter { state: Some(State::Resolved), ..ALL }, &[]),
    ];
    for (filter, lines) in table {
        let found = list(&keeper.findings, Audience::Authority, &filter);
        let mut shown: Vec<&str> = found.iter().map(|f| f.samples[0].line.as_str()).collect();
        shown.sort_unstable();
        assert_eq!(shown, lines, "{filter:?}");
    }
    // Nobody is told what is another's, or for authorities alone, whatever it asks for.
    for filter in [open(), Filter { party: "org:two".into(), ..open() }] {
        let told = list(&keeper.findings, Audience::Party("org:one"), &filter);
        assert_eq!(told.len(), usize::from(filter.party.is_empty()), "{filter:?}");
        assert!(told.iter().all(|f| f.key.party == "org:one" && f.number == 1));
    }
}

#[test]
fn what_waits_is_not_shown_and_what_never_was_leaves_nothing() {
    let mut keeper = Keeper::new();
    let waits = Hit { due: keeper.now + DAY, ..hit(Rule::Expired, "org:one", "A", keeper.now) };
    keeper.find(&[(item(0), vec![waits.clone()])]);
    assert!(list(&keeper.findings, Audience::Authority, &ALL).is_empty());
    let subjects = [item(0)];
    let of = |findings: &Findings| findings.of_subjects(Audience::Authority, &subjects, &|_| true).unwrap();
    assert!(of(&keeper.findings).is_empty());
    keeper.find(&[(item(0), vec![])]);
    let mut rows = Vec::new();
    keeper
        .findings
        .rows
        .scan(&[], &[], &mut |row, _| {
            rows.push(row.to_vec());
            true
        })
        .unwrap();
    assert_eq!(rows, [vec![0]], "nothing but how far it has come");
    keeper.find(&[(item(0), vec![waits])]);
    keeper.pass(DAY);
    assert_eq!(of(&keeper.findings).len(), 1);
    assert_eq!(list(&keeper.findings, Audience::Authority, &open())[0].opened_at, keeper.now);
}

#[test]
fn findings_that_do_not_fit_the_ledger_are_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("findings");
    let epoch = |ledger: [u8; 32], size| Findings::open(&path, &ledger, size).unwrap().epoch();
    let first = epoch([1; 32], 0);
    assert_eq!(epoch([1; 32], 9), first);
    let second = epoch([2; 32], 9);
    assert_ne!(second, first);
    assert_eq!(epoch([2; 32], 9), second);
    std::fs::write(path.join("CURRENT"), "spoilt").unwrap();
    assert_ne!(epoch([2; 32], 9), second, "damaged ones too");
}

#[test]
fn a_finding_with_more_hits_than_a_step_judges_is_judged_again_in_parts() {
    let mut keeper = Keeper::new();
    let count = 2 * crate::MAX_JUDGED + 7;
    let of = |n: usize| vec![hit(Rule::Expired, "org:one", &format!("line {n}"), keeper.now)];
    let all: Vec<_> = (0..count).map(|n| (item(n), of(n))).collect();
    let other = (item(count), vec![hit(Rule::Diversion, "org:one", "other", keeper.now)]);
    keeper.find(&[all, vec![other]].concat());
    for again in [
        Again::Party("org:one".into(), Vec::new()),
        Again::Party("org:one".into(), vec![Rule::Diversion, Rule::Expired]),
        Again::Product(PRODUCT.into()),
    ] {
        let (mut seen, mut spot, mut steps) = (BTreeSet::new(), Some(Spot::default()), 0);
        while let Some(at) = spot {
            let mut subjects = BTreeSet::new();
            spot = keeper.findings.slice(&again, at, crate::MAX_JUDGED, &mut subjects).unwrap();
            assert!(subjects.len() <= crate::MAX_JUDGED && steps < 4);
            seen.extend(subjects);
            steps += 1;
        }
        assert_eq!((seen.len(), steps), (count + 1, 3), "{again:?}");
    }
}
