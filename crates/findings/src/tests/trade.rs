//! The simulator's trade, followed: whatever is judged along the way comes to what judging all at the end finds.

use std::collections::{BTreeMap, BTreeSet};

use custody::{Input, MemoryView, RecordedEntry, View, ViewError, apply, apply_genesis};
use merkle::{Hash, SignerKey, SigningKey};
use prost::{Message as _, bytes::Bytes};
use proto::v1::{Coverage, Header};
use rules::{Examiner, Severity, Subject, affected};
use sim::{Plan, World};
use statement::{Envelope, Genesis, Kind, Statement, id_millis, own_subjects};
use trace::{Hop, Sees, desk::LotPart};

use crate::{Audience, Filter, Findings};

const END: i64 = 1_772_424_000_000_000;

/// Nobody may read anything.
struct Blind;

impl Sees for Blind {
    fn statement(&self, _: u64) -> Result<bool, ViewError> {
        Ok(false)
    }

    fn item(&self, _: &[Hop]) -> Result<bool, ViewError> {
        Ok(false)
    }

    fn lot(&self, _: &str) -> Result<LotPart, ViewError> {
        Ok(LotPart::From(BTreeSet::new()))
    }

    fn is_party(&self, _: &str) -> bool {
        false
    }

    fn is_everything(&self) -> bool {
        false
    }
}

struct Ledger {
    id: Hash,
    view: MemoryView,
}

fn verifier(name: &str, seed: u8) -> String {
    SignerKey::new(name, SigningKey::from_seed(&[seed; 32])).unwrap().verifier().to_string()
}

impl Ledger {
    fn new(world: &World) -> Self {
        let origin = "sim.example/trade";
        let genesis = world.genesis(origin, &verifier(origin, 1), &verifier("answers.example", 2));
        let genesis = Genesis::parse(&genesis).unwrap();
        let outcome = apply_genesis(&genesis, 1).unwrap();
        let leaf = outcome.leaf.encode();
        let mut view = MemoryView::default();
        let payload = genesis.payload().to_vec().into();
        view.record(RecordedEntry { leaf, chain: [0; 32], envelope: Bytes::new(), payload }, outcome.puts);
        Self { id: merkle::leaf_hash(&leaf), view }
    }

    fn record(&mut self, payload: Bytes, key_id: Hash, signature: [u8; 64]) {
        let statement = Statement::parse(payload).unwrap();
        let envelope = Envelope { key_id, digest: *statement.digest(), signature }.encode();
        let envelope = Bytes::copy_from_slice(&envelope);
        let own = own_subjects(&statement);
        let recorded_at = id_millis(&statement::id_bytes(&statement.header().id)) * 1_000;
        let index = self.view.size();
        let input = Input { index, recorded_at, envelope: &envelope, statement: &statement, own: &own };
        let outcome = apply(&self.view, &input).unwrap();
        let (leaf, payload) = (outcome.leaf.encode(), statement.payload().clone());
        self.view.record(RecordedEntry { leaf, chain: [0; 32], envelope, payload }, outcome.puts);
    }
}

/// Registers that the trade fills.
const FILLED: [&str; 5] = ["parties", "licences", "coding", "cold-chain", "usage"];

/// That a register is complete, by the word of the drug authority.
fn coverage(party: &str, ledger: Hash, register: &str, n: u8) -> Bytes {
    let mut id = vec![0; 16];
    (id[6], id[8], id[15]) = (0x70, 0x80, n);
    let header = Header {
        ledger: ledger.to_vec(),
        id,
        salt: vec![8; 16],
        party: party.to_owned(),
        occurred_at: END - 90 * 86_400_000_000,
        ..Header::default()
    };
    let body = Coverage { register: register.into(), since: "2020-01-01".into(), ..Coverage::default() };
    let body = Some(proto::v1::statement::Body::Coverage(body));
    proto::v1::Statement { header: Some(header), body }.encode_to_vec().into()
}

type Open = BTreeMap<Hash, (u64, Severity)>;

/// What judging every subject that an entry ever affected finds at the end.
fn at_the_end(view: &MemoryView, now: i64) -> Open {
    let mut subjects: BTreeSet<Subject> = BTreeSet::new();
    for index in 0..view.size() {
        subjects.extend(affected(view, index).unwrap().subjects);
    }
    let mut examiner = Examiner::new(view);
    let mut hits = Vec::new();
    for subject in &subjects {
        hits.extend(examiner.examine(subject).unwrap().hits);
    }
    let found = rules::findings(&hits, now);
    found.into_values().map(|f| (f.key.id(), (f.count, f.severity))).collect()
}

fn open(findings: &Findings) -> Open {
    let (mut all, mut before) = (Open::new(), 0);
    let filter = Filter { state: Some(rules::State::Open), ..Filter::default() };
    loop {
        let page = findings.list(Audience::Authority, &filter, before, 100).unwrap();
        all.extend(page.findings.iter().map(|f| (f.id, (f.count, f.severity))));
        before = page.next;
        if before == 0 {
            return all;
        }
    }
}

fn catch_up(findings: &Findings, view: &MemoryView, now: i64, stretch: u64) {
    let sees = |_: &str| Ok(Box::new(Blind) as Box<dyn Sees>);
    while findings.stretch(view, now, &sees, stretch).unwrap().more {}
    assert_eq!(findings.judged(), view.size());
}

#[test]
fn a_follower_comes_to_what_judging_everything_at_the_end_finds() {
    let world = World::new(Plan { seed: 11, statements: 2_000, end_at: END });
    let mut ledger = Ledger::new(&world);
    let (drug, _) = world.reader();
    let folder = tempfile::tempdir().unwrap();
    let keep = |name: &str| Findings::open(&folder.path().join(name), &ledger.id, u64::MAX).unwrap();
    let (close, loose, late) = (keep("close"), keep("loose"), keep("late"));
    let far = END + 400 * 86_400_000_000;
    for (n, signed) in world.statements(ledger.id).enumerate() {
        let statement = signed.statement;
        // Half-way the registers are declared to be complete, which judges everything anew; some uploads never come.
        if n == 900 {
            for (n, register) in (0..).zip(FILLED) {
                ledger.record(coverage(&drug, ledger.id, register, n), [0; 32], [0; 64]);
            }
        }
        let kind = Statement::recorded(statement.payload.clone()).unwrap().kind();
        if n % 13 == 0 && matches!(kind, Kind::Receive | Kind::Commission) {
            continue;
        }
        let key_id = statement.key_id.as_slice().try_into().unwrap();
        let signature = statement.signature.as_slice().try_into().unwrap();
        ledger.record(statement.payload, key_id, signature);
        if n % 3 == 0 {
            catch_up(&close, &ledger.view, END, 1);
        }
        if n % 97 == 0 {
            catch_up(&loose, &ledger.view, END, 64);
        }
    }
    for now in [END, far] {
        let expected = at_the_end(&ledger.view, now);
        for (findings, stretch) in [(&close, 1), (&loose, 64), (&late, 1_024)] {
            catch_up(findings, &ledger.view, now, stretch);
            let found = open(findings);
            assert_eq!(found, expected, "judged {stretch} at a time");
        }
        assert!(expected.len() > 20, "{} found", expected.len());
    }
}
