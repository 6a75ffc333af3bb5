//! Access records: committed to, not due yet, or left out, and who can be convicted of that.

use std::{collections::BTreeMap, convert::Infallible};

use custody::View as _;
use evidence::{
    AnswerError, ShownDigest,
    access::{AccessSource, Judgement, judge},
    bundle::Part,
    check_answer,
    fraud::{Fraud, LeftOut, ShownGenesis, Undigested, verify_fraud},
};
use merkle::{Hash, Leaves, SignerKey, consistency_proof, inclusion_proof, leaf_hash, root_of};
use proto::v1::statement::Body;
use statement::{AccessDigest, AccessLeaf, AccessRecord, LEAF_LEN, MINUTE, SignedAccess};

use crate::{
    log::{Log, NOON, Say, key, log_key, org},
    story::{registers, ship, vial},
};

/// The minute in which the reads of these tests happen.
const READ: u64 = NOON / MINUTE + 10;

fn answer_key() -> SignerKey {
    SignerKey::new("log.example/answers", key("answers")).unwrap()
}

fn record(log: &Log, number: u8) -> AccessLeaf {
    let question = vec![10, number];
    AccessLeaf {
        salt: [number; 32],
        record: AccessRecord {
            ledger: log.ledger(),
            at: READ * MINUTE + u64::from(number),
            size: log.size(),
            key: [7; 32],
            party: org("drug"),
            method: "/yuanliu.v1.TraceService/GetItem".into(),
            purpose: "inspection 检查".into(),
            case: String::new(),
            question_hash: merkle::sha256(&[&question]),
            question,
        },
    }
}

fn signed(leaf: &AccessLeaf) -> SignedAccess {
    SignedAccess::sign(leaf.encode().unwrap(), &key("answers")).unwrap()
}

/// A log and the records that its operator shows.
struct Shown {
    log: Log,
    minutes: BTreeMap<u64, (u64, Vec<Hash>)>,
}

impl Shown {
    /// With the registers of a small trade, and nothing said since.
    fn new() -> Self {
        Self { log: registers(9), minutes: BTreeMap::new() }
    }

    /// A statement at so many seconds after the minute of the reads began.
    fn say(&mut self, seconds: u64) {
        self.log.set_clock(READ * MINUTE + seconds * 1_000_000);
        let bill = format!("B{seconds}");
        let say = Say::new("distributor", Body::Ship(ship(vec![vial(8)], "clinic", "")));
        self.log.say(&Say { bill, ..say });
    }

    /// The digest of a minute, recorded at so many seconds.
    fn record(&mut self, minute: u64, seconds: u64, records: &[&AccessLeaf]) {
        self.log.set_clock(READ * MINUTE + seconds * 1_000_000);
        let records: Vec<Hash> = records.iter().map(|leaf| leaf_hash(&leaf.encode().unwrap())).collect();
        let (count, root) = (records.len() as u32, root_of(&records));
        let index = self.log.push_digest(&AccessDigest { minute, count, root, nonce: [8; 32] });
        self.minutes.insert(minute, (index, records));
    }

    fn genesis(&self) -> ShownGenesis {
        let Ok((leaves, payload)) = self.leaves(0, 1, 1).and_then(|leaves| Ok((leaves, self.payload(0)?)));
        let Ok(inclusion) = self.inclusion(0, self.log.size());
        ShownGenesis { leaf: leaves[0], payload, inclusion }
    }

    /// The stretch from an entry up to another, said to lack the digest of a record's minute.
    fn silence(&self, leaf: &AccessLeaf, start: u64, end: u64) -> Undigested {
        let Ok(leaves) = self.leaves(start, end, usize::MAX);
        let digests = (start..end).zip(&leaves).filter(|(_, leaf)| leaf[1] == 3);
        let digests = digests.map(|(index, _)| self.payload(index).unwrap()).collect();
        let mut tree = merkle::CompactRange::new();
        self.log.leaves[..start as usize].iter().for_each(|leaf| tree.append(*leaf));
        Undigested {
            checkpoint: self.checkpoint().unwrap(),
            genesis: self.genesis(),
            record: signed(leaf).encode(),
            start,
            edge: tree.nodes().to_vec(),
            leaves,
            digests,
            consistency: self.consistency(end, self.log.size()).unwrap(),
        }
    }

    /// The digest of the record's minute, said to lack it.
    fn omission(&self, leaf: &AccessLeaf) -> LeftOut {
        let (index, records) = self.minutes[&leaf.record.minute()].clone();
        let Ok(digest) = self.leaves(index, index + 1, 1);
        LeftOut {
            checkpoint: self.checkpoint().unwrap(),
            genesis: self.genesis(),
            record: signed(leaf).encode(),
            digest: ShownDigest {
                index,
                leaf: digest[0],
                payload: self.payload(index).unwrap(),
                inclusion: self.inclusion(index, self.log.size()).unwrap(),
                records,
            },
        }
    }

    fn judge(&self, leaf: &AccessLeaf) -> Judgement {
        judge(self, &signed(leaf), log_key().verifier()).unwrap()
    }
}

impl AccessSource for Shown {
    type Error = Infallible;

    fn checkpoint(&self) -> Result<String, Infallible> {
        Ok(self.log.note(self.log.size(), &[]))
    }

    fn leaves(&self, start: u64, end: u64, most: usize) -> Result<Vec<[u8; LEAF_LEN]>, Infallible> {
        let end = end.min(self.log.size());
        Ok((start..end).take(most).map(|i| self.log.view.entry(i).unwrap().unwrap().leaf).collect())
    }

    fn payload(&self, index: u64) -> Result<Vec<u8>, Infallible> {
        Ok(self.log.view.entry(index).unwrap().unwrap().payload.to_vec())
    }

    fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, Infallible> {
        Ok(inclusion_proof(&Leaves(&self.log.leaves), index, size).unwrap())
    }

    fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, Infallible> {
        Ok(consistency_proof(&Leaves(&self.log.leaves), old, new).unwrap())
    }

    fn digest(&self, minute: u64) -> Result<Option<(u64, Vec<Hash>)>, Infallible> {
        Ok(self.minutes.get(&minute).cloned())
    }
}

/// The minute of the reads has no digest, its neighbours have; the last entry came when it was overdue.
fn silent() -> Shown {
    let mut shown = Shown::new();
    shown.say(5);
    shown.record(READ - 1, 10, &[]);
    shown.say(61);
    shown.record(READ + 1, 125, &[&record(&shown.log, 3)]);
    shown.say(180);
    shown.record(READ + 2, 181, &[]);
    shown.say(182);
    shown
}

fn forged(leaf: &AccessLeaf) -> Vec<u8> {
    SignedAccess::sign(leaf.encode().unwrap(), &key("somebody")).unwrap().encode()
}

/// Files for verifiers in other languages.
pub fn golden() -> Vec<(&'static str, Vec<u8>)> {
    let mut cheat = Shown::new();
    let [one, two, three] = [1, 2, 3].map(|number| record(&cheat.log, number));
    cheat.record(READ, 61, &[&two, &three]);
    cheat.say(62);
    let changed = |change: &dyn Fn(&mut LeftOut)| {
        let mut fraud = cheat.omission(&one);
        change(&mut fraud);
        Fraud::LeftOut(Box::new(fraud)).encode().unwrap()
    };
    let mut later = one.clone();
    later.record.at += MINUTE;
    let mut elsewhere = one.clone();
    elsewhere.record.ledger = [7; 32];
    let mut spoiled = signed(&one).encode();
    spoiled.push(0);
    let left_out = vec![
        ("fraud-left-out", changed(&|_| ())),
        ("bad-fraud-recorded", changed(&|f| f.record = signed(&two).encode())),
        ("bad-fraud-other-minute", changed(&|f| f.record = signed(&later).encode())),
        ("bad-fraud-forged-record", changed(&|f| f.record = forged(&one))),
        ("bad-fraud-foreign-record", changed(&|f| f.record = signed(&elsewhere).encode())),
        ("bad-fraud-spoiled-record", changed(&|f| f.record = spoiled.clone())),
        ("bad-fraud-records-withheld", changed(&|f| f.digest.records.truncate(1))),
        ("bad-fraud-no-digest", changed(&|f| f.digest.leaf = f.genesis.leaf)),
        ("bad-fraud-other-genesis", changed(&|f| f.genesis.payload[40] ^= 1)),
    ];
    let shown = silent();
    let (first, size) = (shown.log.size() - 7, shown.log.size());
    let silence = |start, end, change: &dyn Fn(&mut Undigested)| {
        let mut fraud = shown.silence(&one, start, end);
        change(&mut fraud);
        Fraud::Undigested(Box::new(fraud)).encode().unwrap()
    };
    let mut answered = Shown::new();
    answered.say(5);
    answered.record(READ, 3_700, &[&one]);
    answered.say(3_701);
    let start = answered.log.size() - 3;
    let digested = answered.silence(&one, start, answered.log.size());
    let undigested = vec![
        ("fraud-undigested", silence(first, size, &|_| ())),
        ("fraud-undigested-whole", silence(0, size, &|_| ())),
        ("bad-fraud-not-overdue", silence(first, size - 2, &|_| ())),
        ("bad-fraud-begins-late", silence(first + 2, size, &|_| ())),
        ("bad-fraud-ends-in-digest", silence(first, size - 1, &|_| ())),
        ("bad-fraud-digested", Fraud::Undigested(Box::new(digested)).encode().unwrap()),
        ("bad-fraud-payload-withheld", silence(first, size, &|f| drop(f.digests.pop()))),
        ("bad-fraud-payloads-swapped", silence(first, size, &|f| f.digests.swap(0, 1))),
        ("bad-fraud-leaf-left-out", silence(first, size, &|f| _ = f.leaves.remove(2))),
        ("bad-fraud-no-edge", silence(first, size, &|f| f.edge.truncate(f.edge.len() - 1))),
        ("bad-fraud-elsewhere", silence(first, size, &|f| f.start -= 1)),
    ];
    [left_out, undigested].concat()
}

fn convicted(judgement: Judgement) -> Fraud {
    let Judgement::LeftOut(fraud) = judgement else { panic!("{judgement:?}") };
    *fraud
}

fn part(fraud: &Fraud) -> Option<Part> {
    verify_fraud(&fraud.encode().unwrap(), log_key().verifier()).err().map(|defect| defect.part)
}

#[test]
fn a_record_is_committed_to_or_not_due_yet() {
    let mut shown = Shown::new();
    let (one, two) = (record(&shown.log, 1), record(&shown.log, 2));
    assert_eq!(shown.judge(&one), Judgement::NotYetDue);
    shown.say(179);
    shown.say(180);
    assert_eq!(
        shown.judge(&one),
        Judgement::NotYetDue,
        "two minutes after its end it is due, and not before"
    );
    shown.record(READ, 200, &[&one, &two]);
    let entry = shown.log.size() - 1;
    shown.say(400);
    assert_eq!(shown.judge(&one), Judgement::Recorded { entry });
    assert_eq!(shown.judge(&two), Judgement::Recorded { entry });
}

#[test]
fn a_digest_without_the_record_is_convicted_and_one_byte_less_convicts_nobody() {
    let mut shown = Shown::new();
    let (one, two) = (record(&shown.log, 1), record(&shown.log, 2));
    shown.record(READ, 61, &[&two]);
    shown.say(62);
    assert!(matches!(shown.judge(&two), Judgement::Recorded { .. }));
    let fraud = convicted(shown.judge(&one));
    let file = fraud.encode().unwrap();
    assert_eq!(Fraud::decode(&file).as_ref(), Ok(&fraud));
    let verdict = verify_fraud(&file, log_key().verifier()).unwrap().json;
    assert_eq!((&verdict["kind"], &verdict["minute"]), (&"left_out".into(), &READ.into()));
    every_byte_counts(&file);
    assert!(verify_fraud(&file, answer_key().verifier()).is_err(), "another log key");

    let Fraud::LeftOut(left_out) = fraud else { panic!("another kind") };
    let changed = |change: &dyn Fn(&mut LeftOut)| {
        let mut fraud = left_out.clone();
        change(&mut fraud);
        part(&Fraud::LeftOut(fraud))
    };
    let forged = SignedAccess::sign(one.encode().unwrap(), &key("somebody")).unwrap().encode();
    assert_eq!(changed(&|f| f.record = forged.clone()), Some(Part::Record), "a record that nobody signed");
    assert_eq!(changed(&|f| f.record = signed(&two).encode()), Some(Part::Query), "one that is there");
    let mut later = one.clone();
    later.record.at += MINUTE;
    assert_eq!(changed(&|f| f.record = signed(&later).encode()), Some(Part::Digest), "of another minute");
    assert_eq!(changed(&|f| f.digest.records.clear()), Some(Part::Digest), "records withheld");
    assert_eq!(changed(&|f| f.digest.records.push([1; 32])), Some(Part::Digest), "records made up");
    let foreign = registers(8);
    let mut elsewhere = one.clone();
    elsewhere.record.ledger = foreign.ledger();
    assert_eq!(changed(&|f| f.record = signed(&elsewhere).encode()), Some(Part::Record), "of another ledger");
}

fn every_byte_counts(file: &[u8]) {
    for at in 0..file.len() {
        let mut flipped = file.to_vec();
        flipped[at] ^= 1;
        assert!(verify_fraud(&flipped, log_key().verifier()).is_err(), "byte {at}");
    }
}

#[test]
fn a_minute_without_digest_is_convicted_once_it_is_overdue() {
    let mut shown = Shown::new();
    let one = record(&shown.log, 1);
    shown.say(5);
    shown.record(READ - 1, 10, &[]);
    shown.say(61);
    shown.record(READ + 1, 125, &[&record(&shown.log, 3)]);
    shown.say(150);
    assert_eq!(shown.judge(&one), Judgement::NotYetDue);
    shown.record(READ + 2, 181, &[]);
    assert_eq!(shown.judge(&one), Judgement::NotYetDue, "a digest may come late, after a crash");
    shown.say(182);
    shown.say(183);
    let fraud = convicted(shown.judge(&one));
    let file = fraud.encode().unwrap();
    assert_eq!(Fraud::decode(&file).as_ref(), Ok(&fraud));
    let verdict = verify_fraud(&file, log_key().verifier()).unwrap().json;
    assert_eq!((&verdict["kind"], &verdict["end"]), (&"undigested".into(), &(shown.log.size() - 1).into()));
    every_byte_counts(&file);

    let Fraud::Undigested(undigested) = fraud else { panic!("another kind") };
    let changed = |change: &dyn Fn(&mut Undigested)| {
        let mut fraud = undigested.clone();
        change(&mut fraud);
        part(&Fraud::Undigested(fraud))
    };
    assert_eq!(changed(&|f| drop(f.digests.pop())), Some(Part::Digest), "a payload withheld");
    assert_eq!(changed(&|f| f.digests.swap(0, 1)), Some(Part::Digest), "payloads swapped");
    assert_eq!(changed(&|f| f.leaves.truncate(2)), Some(Part::Entry), "a leaf left out");
    assert_eq!(changed(&|f| f.start += 1), Some(Part::Entry), "at another place");
}

/// Whatever stretch of an honest log is shown, it convicts nobody.
#[test]
fn an_honest_log_is_never_convicted_of_silence() {
    let mut shown = Shown::new();
    let one = record(&shown.log, 1);
    shown.say(5);
    // A crash, and a start an hour later: the digest comes before anything else.
    shown.record(READ, 3_700, &[&one]);
    for seconds in 3_701..3_706 {
        shown.say(seconds);
    }
    assert!(matches!(shown.judge(&one), Judgement::Recorded { .. }));
    let size = shown.log.size();
    for start in 0..size {
        for end in start + 1..=size {
            let fraud = Fraud::Undigested(Box::new(shown.silence(&one, start, end)));
            assert_eq!(part(&fraud), Some(Part::Query), "{start} to {end}");
        }
    }
}

#[test]
fn what_an_answer_carries_must_be_the_ledgers_own_word() {
    let log = registers(9);
    let bytes = signed(&record(&log, 1)).encode();
    let check = |bytes: &[u8], ledger: Hash, key: &SignerKey| check_answer(bytes, &ledger, key.verifier());
    assert!(check(&bytes, log.ledger(), &answer_key()).is_ok());
    assert_eq!(check(&bytes, [1; 32], &answer_key()), Err(AnswerError::Ledger));
    assert_eq!(check(&bytes, log.ledger(), &log_key()), Err(AnswerError::Signature));
    assert_eq!(check(&bytes[1..], log.ledger(), &answer_key()), Err(AnswerError::Format));
}
