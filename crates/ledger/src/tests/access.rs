//! Access records: durable before they are answered, and one digest a minute, whatever happens in between.

use std::{path::Path, sync::atomic::Ordering::SeqCst, time::Duration};

use audit::Auditor;
use evidence::access::{Judgement, judge};
use merkle::{Hash, leaf_hash, root_of};
use statement::{AccessDigest, KeptAccess, Leaf, LeafType, MINUTE, SignedAccess};
use store::{Dir, Log};

use super::fixture::*;
use crate::{
    Access, Clock as _, Config, Derivation, Error, Ledger, SystemClock, rebuild, with_access_log, with_source,
};

/// The minute in which ledgers of these tests are made.
const FIRST: u64 = START / MINUTE;

pub(super) fn read(question: &str) -> Access {
    Access {
        party: ROOT.into(),
        key: party_key_id(ROOT),
        method: "/yuanliu.v1.TraceService/GetItem".into(),
        purpose: "inspection".into(),
        case: String::new(),
        question: question.as_bytes().to_vec(),
    }
}

fn record(ledger: &Ledger, question: &str) -> SignedAccess {
    let signed = ledger.record_access(read(question)).unwrap();
    assert!(signed.verify(answer_key().verifier().public()));
    assert_eq!(signed.record().question, question.as_bytes());
    signed
}

/// Index, digest and time of every access digest.
fn digests(ledger: &Ledger) -> Vec<(u64, AccessDigest, u64)> {
    let entries = ledger.entries(0, usize::MAX, usize::MAX).unwrap();
    let digest = |(index, entry): (u64, custody::RecordedEntry)| {
        let leaf = Leaf::decode(&entry.leaf).unwrap();
        let of = || AccessDigest::decode(&entry.payload).unwrap();
        (leaf.leaf_type == LeafType::AccessDigest).then(|| (index, of(), leaf.recorded_at))
    };
    (0..).zip(entries).filter_map(digest).collect()
}

fn minutes(ledger: &Ledger) -> Vec<u64> {
    digests(ledger).iter().map(|(_, digest, _)| digest.minute).collect()
}

/// Waits for so many digests.
fn wait_for(ledger: &Ledger, count: usize) -> Vec<(u64, AccessDigest, u64)> {
    for _ in 0..2_000 {
        let found = digests(ledger);
        if found.len() >= count {
            return found;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("no {count} digests in 10 s: {:?}, {:?}", digests(ledger), ledger.status());
}

fn hashes(records: &[&SignedAccess]) -> Vec<Hash> {
    records.iter().map(|signed| signed.leaf_hash()).collect()
}

/// Derives the log of a directory again, and holds its checkpoints against it.
fn derive(dir: &Path) -> Result<(), Error> {
    let scratch = tempfile::tempdir().unwrap();
    let derivation = Derivation::beside(dir, scratch.path(), &config())?.passing();
    let (mut auditor, mut steps) = (Auditor::default(), derivation.steps()?);
    let mut notes = derivation.checkpoints()?.map(Result::unwrap).peekable();
    for entry in derivation.entries(0)? {
        let entry = entry?;
        let outcome = auditor.check(steps.view(), &entry).unwrap();
        steps.record(entry, outcome.into())?;
        while let Some((size, note)) = notes.next_if(|(size, _)| *size <= steps.size()) {
            auditor.checkpoint(size, &note).unwrap();
        }
    }
    assert!(notes.next().is_none());
    steps.flush()
}

/// Sees to it that the log is whole by every rule, and comes out the same again.
fn check(dir: &Path) -> Result<(), Error> {
    derive(dir)?;
    let rebuilt = rebuild(dir, &config(), &mut |_, _| {})?;
    assert!(rebuilt.digest_before.is_none_or(|before| before == rebuilt.digest));
    Ok(())
}

#[test]
fn every_minute_has_one_digest_of_its_records_also_an_empty_one() {
    let (temp, mut trade, ledger) = started();
    let (one, two) = (record(&ledger, "one"), record(&ledger, "two"));
    assert_eq!((one.record().minute(), one.record().size), (FIRST, 5));
    trade.clock.advance(MINUTE);
    assert_eq!(minutes(&ledger), Vec::<u64>::new(), "a second after its end, and not before");
    let three = record(&ledger, "three");
    trade.clock.advance(MINUTE + 1_000_000);
    wait_for(&ledger, 2);
    trade.clock.advance(MINUTE);
    let found = wait_for(&ledger, 3);
    let of = |at: usize| (found[at].1.minute, found[at].1.count, found[at].1.root);
    assert_eq!(of(0), (FIRST, 2, root_of(&hashes(&[&one, &two]))));
    assert_eq!(of(1), (FIRST + 1, 1, root_of(&hashes(&[&three]))));
    assert_eq!(of(2), (FIRST + 2, 0, merkle::EMPTY_ROOT));
    assert_ne!(found[1].1.nonce, found[2].1.nonce);
    let (index, entry) = ledger.access_digest(FIRST + 1).unwrap().unwrap();
    assert_eq!((index, &entry.payload[..]), (found[1].0, &found[1].1.encode()[..]));
    assert!(ledger.access_digest(FIRST + 3).unwrap().is_none());
    submit(&ledger, vec![trade.commission(0..2)]).remove(0).unwrap();
    drop(ledger);
    check(temp.path()).unwrap();
}

#[test]
fn what_was_answered_is_in_the_digest_that_comes_first_after_a_crash() {
    let (temp, mut trade, ledger) = started();
    let one = record(&ledger, "one");
    let crashed = crash_image(temp.path());
    drop(ledger);
    // An hour later: of the time between there is nothing to digest.
    trade.clock.advance(60 * MINUTE);
    let ledger = trade.open(crashed.path()).unwrap();
    submit(&ledger, vec![trade.commission(0..2)]).remove(0).unwrap();
    let found = wait_for(&ledger, 1);
    assert_eq!((found[0].0, found[0].1.minute, found[0].1.count), (5, FIRST, 1), "before the statement");
    assert_eq!(found[0].1.root, root_of(&hashes(&[&one])));
    trade.clock.advance(MINUTE + 1_000_000);
    wait_for(&ledger, 2);
    assert_eq!(minutes(&ledger), [FIRST, FIRST + 60]);
    drop(ledger);
    check(crashed.path()).unwrap();
}

#[test]
fn a_minute_in_which_the_ledger_was_up_has_its_digest_also_if_nobody_read() {
    let (temp, mut trade, ledger) = started();
    let crashed = crash_image(temp.path());
    drop(ledger);
    trade.clock.advance(5 * MINUTE);
    let ledger = trade.open(crashed.path()).unwrap();
    let again = crash_image(crashed.path());
    drop(ledger);
    // It is forgotten by no crash before the digest either.
    trade.clock.advance(5 * MINUTE);
    let ledger = trade.open(again.path()).unwrap();
    submit(&ledger, vec![trade.commission(0..2)]).remove(0).unwrap();
    wait_for(&ledger, 2);
    assert_eq!(minutes(&ledger), [FIRST, FIRST + 5]);
    drop(ledger);
    check(again.path()).unwrap();
}

#[test]
fn started_again_in_the_same_minute_the_ledger_goes_on_with_it() {
    let (temp, trade, ledger) = started();
    let one = record(&ledger, "one");
    drop(ledger);
    let ledger = trade.open(temp.path()).unwrap();
    let two = record(&ledger, "two");
    drop(ledger);
    trade.clock.advance(MINUTE + 1_000_000);
    let ledger = trade.open(temp.path()).unwrap();
    let found = wait_for(&ledger, 1);
    assert_eq!((found[0].1.minute, found[0].1.root), (FIRST, root_of(&hashes(&[&one, &two]))));
    drop(ledger);
    let ledger = trade.open(temp.path()).unwrap();
    record(&ledger, "three");
    assert_eq!(minutes(&ledger), [FIRST], "one digest a minute");
    drop(ledger);
    check(temp.path()).unwrap();
}

#[test]
fn nothing_is_recorded_before_a_digest_that_is_overdue() {
    let (temp, mut trade) = create();
    let config = Config { digest_delay: Duration::from_secs(90), ..config() };
    let ledger = trade.open_with(temp.path(), config).unwrap();
    for receipt in submit(&ledger, trade.setup()) {
        receipt.unwrap();
    }
    record(&ledger, "one");
    for minute in 1..4 {
        trade.clock.advance(MINUTE);
        submit(&ledger, vec![trade.commission(minute * 2..minute * 2 + 2)]).remove(0).unwrap();
    }
    assert_eq!(minutes(&ledger), [FIRST], "the first is overdue, the second is not");
    drop(ledger);
    check(temp.path()).unwrap();
}

/// A process that was held up for a quarter of an hour: of the time in which it did nothing there is nothing.
#[test]
fn minutes_in_which_the_process_stood_still_have_no_digest() {
    let (temp, mut trade, ledger) = started();
    record(&ledger, "one");
    trade.clock.advance(15 * MINUTE);
    submit(&ledger, vec![trade.commission(0..2)]).remove(0).unwrap();
    record(&ledger, "two");
    trade.clock.advance(MINUTE + 1_000_000);
    wait_for(&ledger, 4);
    assert_eq!(minutes(&ledger), [FIRST, FIRST + 1, FIRST + 2, FIRST + 15]);
    drop(ledger);
    check(temp.path()).unwrap();
}

fn offline(dir: &Path) -> Result<(), Error> {
    with_source(dir, &config(), 0, read("offline"), &mut |_, _| {}, |_| ())
}

#[test]
fn a_read_from_the_directory_is_digested_at_the_next_start() {
    let (temp, mut trade) = create();
    let sealing = Config { seal_entries: 2, ..config() };
    let ledger = trade.open_with(temp.path(), sealing).unwrap();
    for receipt in submit(&ledger, trade.setup()) {
        receipt.unwrap();
    }
    for _ in 0..2_000 {
        if ledger.newest_seal().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(ledger);
    // That goes by the machine's clock, or by the last entry where that is later.
    offline(temp.path()).unwrap();
    let minute = START.max(SystemClock::default().wall_us()) / MINUTE;
    let kept = |minute| {
        with_access_log(temp.path(), &config(), &mut |_, _| {}, |log| log.records(minute).unwrap()).unwrap()
    };
    let (before, now) = (kept(minute - 1), kept(minute));
    assert_eq!((before.0, now.0, before.1.len() + now.1.len()), (None, None, 1), "in the minute that it was");
    trade.clock.wall.store((minute + 2) * MINUTE, SeqCst);
    let ledger = trade.open_with(temp.path(), Config { accept_clock_jump: true, ..config() }).unwrap();
    wait_for(&ledger, 1);
    assert_eq!(digests(&ledger).iter().map(|(_, digest, _)| digest.count).sum::<u32>(), 1);
    drop(ledger);
    check(temp.path()).unwrap();
}

/// Changes a record, adds one to a minute that has its digest, and one to a minute that has none.
#[test]
fn records_that_are_not_those_of_the_digests_are_found() {
    type Tamper = fn(&Log);
    let tampers: [Tamper; 3] = [
        |log| {
            let mut row = log.access(FIRST, 0).unwrap().next().unwrap().unwrap();
            let mut leaf = row.leaf.to_vec();
            leaf[0] ^= 1;
            row.leaf = leaf.into();
            log.put_access(&[row]).unwrap();
        },
        |log| {
            let mut row = log.access(FIRST, 0).unwrap().next().unwrap().unwrap();
            row.number = 2;
            log.put_access(&[row]).unwrap();
        },
        |log| {
            let mut row = log.access(FIRST, 0).unwrap().next().unwrap().unwrap();
            row.minute -= 1;
            log.put_access(&[row]).unwrap();
        },
    ];
    for (i, tamper) in tampers.iter().enumerate() {
        let (temp, trade, ledger) = started();
        record(&ledger, "one");
        record(&ledger, "two");
        trade.clock.advance(MINUTE + 1_000_000);
        wait_for(&ledger, 1);
        drop(ledger);
        let dir = Dir::open(temp.path(), &config().store).unwrap();
        tamper(&dir.open_log().unwrap());
        drop(dir);
        let derived = derive(temp.path());
        assert!(matches!(derived, Err(Error::Access { index: 5, .. })), "tamper {i}: {derived:?}");
        let rebuilt = rebuild(temp.path(), &config(), &mut |_, _| {});
        assert!(matches!(rebuilt, Err(Error::Access { index: 5, .. })), "tamper {i}: {rebuilt:?}");
    }
}

/// The contents go, the hashes stay: the log is whole by every rule, and a record is still found in its digest.
#[test]
fn past_the_retention_a_records_hash_alone_is_kept_and_checks_go_on() {
    let (temp, mut trade, ledger) = started();
    let (one, two) = (record(&ledger, "one"), record(&ledger, "two"));
    trade.clock.advance(MINUTE + 1_000_000);
    wait_for(&ledger, 1);
    drop(ledger);
    let keeping = Config { access_retention: Some(Duration::from_micros(10 * MINUTE)), ..config() };
    let ledger = trade.open_with(temp.path(), keeping.clone()).unwrap();
    let kept = |ledger: &Ledger, minute| -> Vec<KeptAccess> {
        let rows = ledger.access_rows(minute, 0, 1_000).unwrap();
        rows.iter().map(|row| KeptAccess::decode(&row.leaf).unwrap()).collect()
    };
    let young = record(&ledger, "young");
    assert!(kept(&ledger, FIRST).iter().all(|kept| matches!(kept, KeptAccess::Whole(_))), "not old enough");
    trade.clock.advance(11 * MINUTE);
    let gone = || kept(&ledger, FIRST) == [one.leaf_hash(), two.leaf_hash()].map(KeptAccess::Pruned);
    for _ in 0..2_000 {
        if gone() {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(gone(), "{:?}", kept(&ledger, FIRST));
    let late = record(&ledger, "late");
    submit(&ledger, vec![trade.commission(0..2)]).remove(0).unwrap();
    ledger.shutdown().unwrap();
    drop(ledger);
    assert!(late.record().minute() > young.record().minute() + 9);
    check(temp.path()).unwrap();
    let log_key = log_key().verifier().clone();
    let judged = |signed: &SignedAccess| {
        let config = config();
        with_access_log(temp.path(), &config, &mut |_, _| {}, |log| judge(log, signed, &log_key).unwrap())
            .unwrap()
    };
    for signed in [&one, &two] {
        assert!(matches!(judged(signed), Judgement::Recorded { .. }));
    }
    // What was never there is convicted as ever.
    let mut other = one.record().clone();
    other.question = b"none".to_vec();
    other.question_hash = merkle::sha256(&[&other.question]);
    let leaf = statement::AccessLeaf { salt: [3; 32], record: other }.encode().unwrap();
    let forged = SignedAccess::sign(leaf, answer_key().key()).unwrap();
    assert!(matches!(judged(&forged), Judgement::LeftOut(_)));
}

#[test]
fn many_readers_at_a_time_are_each_recorded_once() {
    let (_temp, trade, ledger) = started();
    std::thread::scope(|scope| {
        for reader in 0..8 {
            let ledger = &ledger;
            scope.spawn(move || (0..25).for_each(|i| drop(record(ledger, &format!("{reader}/{i}")))));
        }
    });
    trade.clock.advance(MINUTE + 1_000_000);
    assert_eq!(wait_for(&ledger, 1)[0].1.count, 200);
    let rows = ledger.access_rows(FIRST, 0, 1_000).unwrap();
    let records: Vec<_> = rows.iter().map(|row| statement::AccessLeaf::decode(&row.leaf).unwrap()).collect();
    let mut questions: Vec<_> = records.iter().map(|leaf| leaf.record.question.clone()).collect();
    questions.sort_unstable();
    questions.dedup();
    assert_eq!(questions.len(), 200);
    let hashes: Vec<Hash> = rows.iter().map(|row| leaf_hash(&row.leaf)).collect();
    assert_eq!(digests(&ledger)[0].1.root, root_of(&hashes));
    ledger.shutdown().unwrap();
    assert!(ledger.record_access(read("too late")).is_err(), "a closed ledger answers nobody");
}
