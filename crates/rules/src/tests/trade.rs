//! The lawful trade of the simulator under all rules: what they say about honest people.

use std::collections::{BTreeMap, BTreeSet};

use custody::{Input, MemoryView, RecordedEntry, View as _, apply, apply_genesis};
use merkle::{SignerKey, SigningKey};
use prost::{Message as _, bytes::Bytes};
use proto::v1::{self, statement::Body};
use sim::{Crime, Crimes, Plan, World};
use statement::{Envelope, Genesis, Statement, id_millis, own_subjects};

use crate::{Examiner, Hit, Rule, Severity, Subject, affected};

const END: i64 = 1_772_424_000_000_000;
/// Registers that the trade of the simulator fills.
const FILLED: [&str; 6] = ["parties", "licences", "registrations", "coding", "cold-chain", "usage"];

struct Ledger {
    view: MemoryView,
    subjects: BTreeSet<Subject>,
}

impl Ledger {
    fn record(&mut self, payload: Bytes, key_id: &[u8], recorded_at: i64) {
        let statement = Statement::parse(payload).unwrap();
        let key_id = key_id.try_into().unwrap();
        let envelope = Envelope { key_id, digest: *statement.digest(), signature: [0; 64] }.encode();
        let envelope = Bytes::copy_from_slice(&envelope);
        let own = own_subjects(&statement);
        let index = self.view.size();
        let recorded_at = recorded_at.unsigned_abs();
        let input = Input { index, recorded_at, envelope: &envelope, statement: &statement, own: &own };
        let outcome = apply(&self.view, &input).unwrap();
        let (leaf, payload) = (outcome.leaf.encode(), statement.payload().clone());
        self.view.record(RecordedEntry { leaf, chain: [0; 32], envelope, payload }, outcome.puts);
        statement::visit_subjects(&statement, &mut |relation, text| {
            if relation.subject_kind() == Some(statement::SubjectKind::Item) {
                self.note(text, &statement);
            }
        });
        self.subjects.insert(Subject::Act(index));
    }

    fn note(&mut self, item: &str, statement: &Statement) {
        if !item.starts_with("lot:") {
            self.subjects.insert(Subject::Item(item.into()));
            return;
        }
        self.subjects.insert(Subject::Lot(item.into()));
        let mut parties = vec![statement.actor().to_owned()];
        if let Body::Ship(b) = statement.body() {
            parties.push(b.addressee.clone());
        }
        self.subjects.extend(parties.into_iter().map(|party| Subject::Stock { lot: item.into(), party }));
    }
}

fn verifier(name: &str, seed: u8) -> String {
    SignerKey::new(name, SigningKey::from_seed(&[seed; 32])).unwrap().verifier().to_string()
}

/// The trade, with what its authorities might say of the registers it fills.
fn lawful(seed: u64, statements: usize) -> Ledger {
    trade(seed, statements, false).0
}

/// The same; then crimes, if wanted, and the truth about them.
fn trade(seed: u64, statements: usize, crimes: bool) -> (Ledger, Vec<Crime>) {
    let world = World::new(Plan { seed, statements, end_at: END });
    let origin = "sim.example/trade";
    let genesis = world.genesis(origin, &verifier(origin, 1), &verifier("answers.example", 2));
    let genesis = Genesis::parse(&genesis).unwrap();
    let outcome = apply_genesis(&genesis, 1).unwrap();
    let leaf = outcome.leaf.encode();
    let id = merkle::leaf_hash(&leaf);
    let mut view = MemoryView::default();
    let payload = genesis.payload().to_vec().into();
    view.record(RecordedEntry { leaf, chain: [0; 32], envelope: Bytes::new(), payload }, outcome.puts);
    let mut ledger = Ledger { view, subjects: BTreeSet::new() };
    let (drug, _) = world.reader();
    for (n, register) in (0..).zip(FILLED) {
        let mut uuid = [0; 16];
        (uuid[6], uuid[8], uuid[15]) = (0x70, 0x80, n);
        let header = v1::Header {
            ledger: id.to_vec(),
            id: uuid.to_vec(),
            salt: vec![8; 16],
            party: drug.clone(),
            occurred_at: END - 90 * 86_400_000_000,
            ..v1::Header::default()
        };
        let coverage =
            v1::Coverage { register: register.into(), since: "2020-01-01".into(), ..v1::Coverage::default() };
        let payload = v1::Statement { header: Some(header), body: Some(Body::Coverage(coverage)) };
        ledger.record(payload.encode_to_vec().into(), &[0; 32], 1);
    }
    let after = if crimes { world.crimes(id) } else { Crimes::default() };
    let first = world.statements(id);
    let mut size = 0;
    for signed in first {
        let statement = &signed.statement;
        let parsed = Statement::recorded(statement.payload.clone()).unwrap();
        let millis = id_millis(&statement::id_bytes(&parsed.header().id));
        ledger.record(statement.payload.clone(), &statement.key_id, millis as i64 * 1_000);
        size = ledger.view.size();
    }
    for signed in &after.statements {
        ledger.record(signed.statement.payload.clone(), &signed.statement.key_id, END);
    }
    for index in size..ledger.view.size() {
        ledger.subjects.extend(affected(&ledger.view, index).unwrap().subjects);
    }
    (ledger, after.truth)
}

/// Hits by rule and severity as of an instant, and the gravest with their words.
fn tally(ledger: &Ledger, as_of: i64) -> (BTreeMap<(Rule, Severity), usize>, Vec<String>) {
    let mut examiner = Examiner::new(&ledger.view);
    let (mut counts, mut grave) = (BTreeMap::new(), Vec::new());
    for subject in &ledger.subjects {
        let examined = examiner.examine(subject).unwrap();
        assert!(examined.whole, "{subject:?}");
        for hit in examined.hits.iter().filter(|h| h.is_due(as_of)) {
            *counts.entry((hit.rule, hit.severity)).or_default() += 1;
            if hit.severity >= Severity::Medium {
                grave.push(format!("{} {:?} {:?}", hit.rule, hit.facts.0.english(), hit.evidence));
            }
        }
    }
    (counts, grave)
}

#[test]
fn the_lawful_trade_gives_no_grave_findings() {
    for (seed, statements) in [(1, 400), (7, 3_000), (5, 12_000)] {
        let ledger = lawful(seed, statements);
        let (counts, grave) = tally(&ledger, END + 86_400_000_000);
        println!("{seed} {statements} now: {counts:?}\n{:#?}", grave.iter().take(40).collect::<Vec<_>>());
        assert!(counts.keys().all(|(_, severity)| *severity < Severity::High), "{counts:?}");
        let (counts, _) = tally(&ledger, i64::MAX);
        println!("{seed} {statements} at the end of time: {counts:?}");
        assert!(counts.keys().all(|(_, severity)| *severity < Severity::High), "{counts:?}");
    }
}

/// All hits that are due, each with its severity.
fn hits(ledger: &Ledger, as_of: i64) -> Vec<Hit> {
    let mut examiner = Examiner::new(&ledger.view);
    let all = ledger.subjects.iter().flat_map(|subject| examiner.examine(subject).unwrap().hits);
    all.filter(|hit| hit.is_due(as_of)).collect()
}

#[test]
fn every_crime_is_found_and_no_honest_trader_is_accused_of_one() {
    for (seed, statements) in [(1, 600), (2, 3_000), (9, 6_000)] {
        let (ledger, truth) = trade(seed, statements, true);
        assert_eq!(truth.len(), 14, "every story is told in a trade of {statements}");
        let hits = hits(&ledger, END + 3 * 86_400_000_000);
        let is_of = |hit: &Hit, crime: &Crime| {
            crime.lines.iter().any(|line| [&hit.line, &hit.goods].into_iter().any(|text| text == line))
        };
        for crime in &truth {
            let found: BTreeSet<&str> =
                hits.iter().filter(|hit| is_of(hit, crime)).map(|hit| hit.rule.id()).collect();
            let missing: Vec<_> = crime.rules.iter().filter(|rule| !found.contains(*rule)).collect();
            assert!(missing.is_empty(), "seed {seed}: {}: not {missing:?} but {found:?}", crime.name);
        }
        let wrong: Vec<&Hit> = hits
            .iter()
            .filter(|hit| hit.severity >= Severity::High && !truth.iter().any(|crime| is_of(hit, crime)))
            .collect();
        assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}");
    }
}
