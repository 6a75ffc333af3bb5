//! Seals: they come by themselves, prove every subject, and come out again on every way to the view.

use std::{collections::BTreeMap, fs, time::Duration};

use custody::{View, links_of, tables::subject};
use evidence::{ChainedEntry, bundle::Source as _, check_chain, check_subject};
use merkle::{Hash, leaf_hash, root_of};
use statement::{Leaf, LeafType, Seal, SubjectKey, SubjectState};

use super::fixture::*;
use crate::{Config, Derivation, Error, Ledger, LogSource, ViewCheck, link_proof, rebuild, with_source};

/// Seals after every few entries.
fn sealing(seal_entries: u64) -> Config {
    Config { seal_entries, ..config() }
}

/// Waits until the newest seal covers all but fewer entries than make one due.
fn wait_for_seals(ledger: &Ledger, within: u64) {
    for _ in 0..2_000 {
        let covered = ledger.newest_seal().map_or(0, |(_, seal)| seal.covered);
        if ledger.head().size - covered < within {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("no seal in 10 s: {:?} of {:?}", ledger.newest_seal(), ledger.status());
}

/// Every subject with its state as of `covered`, from the links of every entry.
fn states(ledger: &Ledger, covered: u64) -> BTreeMap<SubjectKey, SubjectState> {
    let snapshot = ledger.snapshot().unwrap();
    let mut all: BTreeMap<SubjectKey, SubjectState> = BTreeMap::new();
    for index in 0..covered {
        let entry = snapshot.entry(index).unwrap().unwrap();
        for link in links_of(&snapshot, index).unwrap() {
            let count = all.get(&link.subject).map_or(0, |state| state.count) + 1;
            let head = link.head(index, &leaf_hash(&entry.leaf));
            all.insert(link.subject, SubjectState { head, count, last: index });
        }
    }
    all
}

fn seals(ledger: &Ledger) -> Vec<(u64, Seal)> {
    let snapshot = ledger.snapshot().unwrap();
    let sealed = |i| {
        let entry = snapshot.entry(i).unwrap().unwrap();
        let leaf = Leaf::decode(&entry.leaf).unwrap();
        (leaf.leaf_type == LeafType::Seal).then(|| (i, Seal::decode(&entry.payload).unwrap()))
    };
    (0..snapshot.size()).filter_map(sealed).collect()
}

/// Every subject is proven by the newest seal, its entries are shown to be all, and a stranger to be absent. Where a
/// seal comes meanwhile, once more.
fn check(ledger: &Ledger) {
    let (mut index, mut seal) = ledger.newest_seal().unwrap();
    while !check_by(ledger, &seal) {
        let newer = ledger.newest_seal().unwrap();
        assert!(newer.0 > index, "only a newer seal is a reason to begin again");
        (index, seal) = newer;
    }
}

/// Whether it was the same seal all the time.
fn check_by(ledger: &Ledger, seal: &Seal) -> bool {
    let snapshot = ledger.snapshot().unwrap();
    let all = states(ledger, seal.covered);
    for (key, state) in &all {
        let answer = ledger.subject_proof(key).unwrap();
        if answer.seal != *seal {
            return false;
        }
        assert_eq!(check_subject(seal, key, &answer.proof).unwrap(), Some(*state));
        assert_eq!(answer.state, Some(*state));
        let entries = ledger.subject_entries(key, 0, seal.covered, 10_000).unwrap();
        let chained: Vec<ChainedEntry> = entries
            .iter()
            .map(|index| {
                let leaf = snapshot.entry(*index).unwrap().unwrap().leaf;
                let link = link_proof(&ledger.links(*index).unwrap(), key).unwrap().unwrap();
                let links = Leaf::decode(&leaf).unwrap().links;
                ChainedEntry { index: *index, leaf_hash: leaf_hash(&leaf), links, link }
            })
            .collect();
        check_chain(key, state, &chained).unwrap();
    }
    let stranger = SubjectKey([77; 32]);
    let answer = ledger.subject_proof(&stranger).unwrap();
    assert_eq!((answer.state, check_subject(&answer.seal, &stranger, &answer.proof).unwrap()), (None, None));
    true
}

/// Each seal stands where and says what it must, and has its checkpoint.
fn check_seals(ledger: &Ledger) {
    let snapshot = ledger.snapshot().unwrap();
    let leaves: Vec<Hash> =
        (0..snapshot.size()).map(|i| leaf_hash(&snapshot.entry(i).unwrap().unwrap().leaf)).collect();
    let mut before = (0, 0);
    for (index, seal) in seals(ledger) {
        assert_eq!(seal.previous, before.0);
        assert!(seal.covered > before.1 && seal.covered <= index);
        assert_eq!(seal.root, root_of(&leaves[..seal.covered as usize]));
        assert_eq!(seal.chain, snapshot.entry(seal.covered - 1).unwrap().unwrap().chain);
        let kept = ledger.checkpoint(Some(index + 1)).unwrap();
        assert!(kept.is_some(), "the checkpoint just above the seal at {index} is kept");
        before = (index, seal.covered);
    }
}

#[test]
fn seals_come_by_themselves_and_prove_every_subject() {
    let (temp, mut trade) = create();
    let ledger = trade.open_with(temp.path(), sealing(12)).unwrap();
    assert!(matches!(ledger.subject_proof(&SubjectKey([1; 32])), Err(Error::NoSeal)));
    submit(&ledger, trade.setup());
    for i in 0..40 {
        submit(&ledger, trade.story(i % 11 * 4));
        if i % 3 == 0 {
            wait_for_seals(&ledger, 20);
        }
    }
    wait_for_seals(&ledger, 12);
    check(&ledger);
    check_seals(&ledger);
    let counted = ledger.counters().seals.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(counted, seals(&ledger).len() as u64);
    assert!(counted >= 5, "{counted}");
    let statements = ledger.counters().statements.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(statements + counted + 1, ledger.head().size);
}

#[test]
fn a_quiet_ledger_is_sealed_after_a_while_and_not_again_without_need() {
    let (temp, mut trade) = create();
    let quick = Config { seal_interval: Duration::from_millis(30), ..config() };
    let ledger = trade.open_with(temp.path(), quick.clone()).unwrap();
    submit(&ledger, trade.setup());
    wait_for_seals(&ledger, 2);
    std::thread::sleep(Duration::from_millis(200));
    let (size, found) = (ledger.head().size, seals(&ledger));
    assert_eq!(found.len() as u64 + 5, size, "genesis, four statements, seals");
    assert_eq!(found.last().map(|(index, _)| *index), Some(size - 1));
    check(&ledger);
    ledger.shutdown().unwrap();
    drop(ledger);
    // With nothing new, time alone brings a seal, with a run that has nobody in it.
    let idle = Config { seal_idle: Duration::from_millis(20), ..quick };
    let ledger = trade.open_with(temp.path(), idle).unwrap();
    for _ in 0..1_000 {
        if seals(&ledger).len() > found.len() + 2 {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let (_, seal) = ledger.newest_seal().unwrap();
    assert!(seals(&ledger).len() > found.len() + 2);
    assert!(seal.runs.iter().any(|run| run.subjects == 0), "{seal:?}");
    check(&ledger);
    check_seals(&ledger);
}

#[test]
fn it_goes_on_sealing_after_it_was_closed_or_killed() {
    let (temp, mut trade) = create();
    let mut ledger = trade.open_with(temp.path(), sealing(9)).unwrap();
    submit(&ledger, trade.setup());
    let mut images = Vec::new();
    for round in 0..6 {
        for i in 0..7 {
            submit(&ledger, trade.story((round * 7 + i) % 13 * 4));
        }
        if round % 2 == 0 {
            wait_for_seals(&ledger, 12);
            ledger.shutdown().unwrap();
            drop(ledger);
        } else {
            // As a crash leaves it: runs half written, a seal that is not in the log, a view behind.
            let image = crash_image(temp.path());
            drop(ledger);
            let copy = trade.open_with(image.path(), sealing(9)).unwrap();
            wait_for_seals(&copy, 12);
            check(&copy);
            check_seals(&copy);
            images.push((copy, image));
        }
        ledger = trade.open_with(temp.path(), sealing(9)).unwrap();
        if round > 0 {
            check(&ledger);
        }
    }
    wait_for_seals(&ledger, 12);
    check(&ledger);
    check_seals(&ledger);
}

#[test]
fn what_witnesses_have_vouched_for_is_proven_until_they_vouch_for_more() {
    fn vouch(ledger: &Ledger) {
        let newest = ledger.checkpoint(None).unwrap().unwrap();
        ledger.keep_cosigned(newest.size, newest.note).unwrap();
    }
    let (temp, mut trade) = create();
    let config = sealing(8);
    let ledger = trade.open_with(temp.path(), config.clone()).unwrap();
    submit(&ledger, trade.setup());
    submit(&ledger, trade.story(0));
    wait_for_seals(&ledger, 8);
    vouch(&ledger);
    let (vouched, seal) = ledger.newest_seal().unwrap();
    // So many runs and merges that what no seal in use names is removed.
    for i in 0..120 {
        submit(&ledger, trade.story(i % 11 * 4));
        wait_for_seals(&ledger, 16);
    }
    wait_for_seals(&ledger, 8);
    let (newest, newest_seal) = ledger.newest_seal().unwrap();
    let all = states(&ledger, seal.covered);
    let check = |source: &LogSource<'_>| {
        assert_eq!(source.seal().unwrap(), vouched);
        for (key, state) in &all {
            let proof = source.subject_proof(key).unwrap();
            assert_eq!(check_subject(&seal, key, &proof).unwrap(), Some(*state));
        }
    };
    check(&ledger.source(seal.covered).unwrap());
    assert_eq!(ledger.source(seal.covered + 1).unwrap().seal().unwrap(), newest, "what it does not cover");
    ledger.shutdown().unwrap();
    drop(ledger);

    let offline = |needed, ask: &dyn Fn(&LogSource<'_>)| {
        with_source(temp.path(), &config, needed, super::access::read("offline"), &mut |_, _| {}, |source| {
            ask(source)
        })
        .unwrap();
    };
    offline(0, &check);
    offline(newest_seal.covered, &|source| assert_eq!(source.seal().unwrap(), newest));
    let ledger = trade.open_with(temp.path(), sealing(1 << 20)).unwrap();
    check(&ledger.source(0).unwrap());
    vouch(&ledger);
    assert_eq!(ledger.source(0).unwrap().seal().unwrap(), newest);
}

/// The names of the runs of the view in use.
fn run_files(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let views = fs::read_dir(dir.join("runs")).unwrap().map(|view| view.unwrap().path());
    views.flat_map(|view| fs::read_dir(view).unwrap().map(|file| file.unwrap().path())).collect()
}

/// Seals that nobody but a checker has looked at: the ledger, closed.
fn sealed_ledger() -> (tempfile::TempDir, Trade, Vec<(u64, Seal)>) {
    let (temp, mut trade) = create();
    let ledger = trade.open_with(temp.path(), sealing(10)).unwrap();
    submit(&ledger, trade.setup());
    for i in 0..30 {
        submit(&ledger, trade.story(i * 4));
        wait_for_seals(&ledger, 20);
    }
    ledger.shutdown().unwrap();
    let found = seals(&ledger);
    assert!(found.iter().any(|(_, seal)| seal.runs.len() > 1), "{found:?}");
    (temp, trade, found)
}

fn digest(ledger: &Ledger) -> Hash {
    ledger.snapshot().unwrap().digest().unwrap()
}

#[test]
fn rebuilding_derives_every_run_again() {
    let (temp, trade, found) = sealed_ledger();
    let rebuilt = rebuild(temp.path(), &sealing(10), &mut |_, _| {}).unwrap();
    assert_eq!(Some(rebuilt.digest), rebuilt.digest_before);
    let named = found.last().unwrap().1.runs.len();
    assert_eq!(
        run_files(temp.path()).len(),
        named,
        "of {} seals only the last one's runs are left",
        found.len()
    );
    let ledger = trade.open_with(temp.path(), Config { seal_entries: 1 << 20, ..config() }).unwrap();
    assert_eq!(digest(&ledger), rebuilt.digest);
    assert_eq!(ledger.newest_seal(), found.last().cloned());
    check(&ledger);
}

#[test]
fn a_run_that_is_gone_or_another_is_named_and_rebuilding_mends_it() {
    for spoil in [
        |file: &std::path::Path| fs::remove_file(file).unwrap(),
        |file: &std::path::Path| {
            let mut bytes = fs::read(file).unwrap();
            bytes[40] ^= 1;
            fs::write(file, bytes).unwrap();
        },
    ] {
        let (temp, trade, _) = sealed_ledger();
        run_files(temp.path()).iter().for_each(|file| spoil(file));
        let error = trade.open_with(temp.path(), sealing(10)).unwrap_err().to_string();
        assert!(error.contains(".run") && error.contains("yuanliu rebuild"), "{error}");
        rebuild(temp.path(), &sealing(10), &mut |_, _| {}).unwrap();
        check(&trade.open_with(temp.path(), sealing(1 << 20)).unwrap());
    }
}

#[test]
fn a_walk_derives_what_seals_say_without_the_files_beside_the_view() {
    let (temp, _trade, found) = sealed_ledger();
    fs::remove_dir_all(temp.path().join("runs")).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let derivation = Derivation::beside(temp.path(), scratch.path(), &config()).unwrap();
    let (mut auditor, mut steps) = (audit::Auditor::default(), derivation.steps().unwrap());
    for entry in derivation.entries(0).unwrap().map(Result::unwrap) {
        let outcome = auditor.check(steps.view(), &entry).unwrap();
        steps.record(entry, outcome.into()).unwrap();
    }
    steps.flush().unwrap();
    assert_eq!(*steps.view_check(), ViewCheck::Same);
    let derived = fs::read_dir(scratch.path().join("runs")).unwrap().count();
    assert_eq!(derived, found.last().unwrap().1.runs.len(), "those of the last seal are left");
}

/// Stopped after every entry in turn and gone on with: the states as of a seal that covers less are still known.
#[test]
fn a_derivation_that_is_resumed_anywhere_comes_to_the_same() {
    let (temp, _trade, _) = sealed_ledger();
    fs::remove_dir_all(temp.path().join("runs")).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let size = Derivation::beside(temp.path(), scratch.path(), &config()).unwrap().log_size();
    let mut auditor = audit::Auditor::default();
    for index in 0..size {
        let derivation = Derivation::beside(temp.path(), scratch.path(), &config()).unwrap();
        assert_eq!(derivation.first_changed(&mut |_| {}).unwrap(), None);
        let mut steps = derivation.steps().unwrap();
        assert_eq!(steps.size(), index);
        let entry = derivation.entry(index).unwrap().unwrap();
        let outcome = auditor.check(steps.view(), &entry).unwrap();
        steps.record(entry, outcome.into()).unwrap();
        steps.flush().unwrap();
        if index + 1 == size {
            assert_eq!(*steps.view_check(), ViewCheck::Same);
        }
    }
}

/// What no seal covers lies in memory: a log that never seals ends at a bound, and seals let go of what they cover.
#[test]
fn a_derivation_holds_no_more_than_a_bound_of_what_no_seal_covers() {
    let (temp, _trade, found) = sealed_ledger();
    let walk = |most: u64| -> Result<u64, Error> {
        let scratch = tempfile::tempdir().unwrap();
        let derivation = Derivation::beside(temp.path(), scratch.path(), &config()).unwrap();
        let mut steps = derivation.steps().unwrap();
        steps.limit_unsealed(most);
        let (mut auditor, mut links) = (audit::Auditor::default(), 0);
        for entry in derivation.entries(0).unwrap().map(Result::unwrap) {
            let outcome = auditor.check(steps.view(), &entry).unwrap();
            links += outcome.links.len() as u64;
            steps.record(entry, outcome.into())?;
        }
        Ok(links)
    };
    let Err(Error::Unsealed { index, most: 8 }) = walk(8) else { panic!("not refused") };
    assert!(index > 0 && index < found[0].0, "{index}: before the first seal");
    let all = walk(crate::MAX_UNSEALED).unwrap();
    assert_eq!(walk(all - 1).unwrap(), all, "not all of them lie there at a time");
}

/// A log whose sequencer lies in a seal, signed and chained as it should be.
#[test]
fn a_seal_that_lies_is_found_by_whoever_replays() {
    let (temp, _trade, found) = sealed_ledger();
    let (at, seal) = found.last().cloned().unwrap();
    let lies: [fn(&mut Seal); 6] = [
        |seal| seal.root[0] ^= 1,
        |seal| seal.chain[0] ^= 1,
        |seal| seal.previous -= 1,
        |seal| seal.runs.last_mut().unwrap().root[0] ^= 1,
        |seal| seal.runs[0].root[0] ^= 1,
        |seal| {
            let run = seal.runs.last_mut().unwrap();
            run.subjects += 1;
        },
    ];
    for lie in lies {
        let mut told = seal.clone();
        lie(&mut told);
        let image = crash_image(temp.path());
        forge(image.path(), at, &told);
        let error = rebuild(image.path(), &config(), &mut |_, _| {}).unwrap_err();
        let named = matches!(&error, Error::Seal { index, .. } | Error::Entry { index, .. } if *index == at);
        assert!(named, "{error}");
    }
    // The forger's tools leave a true seal alone.
    let image = crash_image(temp.path());
    forge(image.path(), at, &seal);
    rebuild(image.path(), &config(), &mut |_, _| {}).unwrap();
}

/// Cuts the log before `at` and puts a seal there.
fn forge(dir: &std::path::Path, at: u64, seal: &Seal) {
    let files = store::Dir::open(dir, &store::Config::default()).unwrap();
    let log = files.open_log().unwrap();
    let old = log.entry(at).unwrap().unwrap();
    let chain = log.entry(at - 1).unwrap().unwrap().chain;
    let payload = seal.encode().unwrap();
    let mut leaf = Leaf::decode(&old.leaf).unwrap();
    leaf.content = statement::content_hash(&payload);
    let leaf = leaf.encode();
    let entry = custody::RecordedEntry {
        leaf,
        chain: statement::chain_hash(&chain, &leaf),
        envelope: Vec::new().into(),
        payload: payload.into(),
    };
    drop(log);
    drop(files);
    let db = raw_log(dir);
    let family = db.cf_handle("entry").unwrap();
    for index in at.. {
        if db.get_cf(family, index.to_be_bytes()).unwrap().is_none() {
            break;
        }
        db.delete_cf(family, index.to_be_bytes()).unwrap();
    }
    db.put_cf(family, at.to_be_bytes(), store::encode_entry(&entry).unwrap()).unwrap();
    let kept = db.cf_handle("checkpoint").unwrap();
    for size in at.. {
        db.delete_cf(kept, size.to_be_bytes()).unwrap();
        if size > at + 200 {
            break;
        }
    }
}

fn raw_log(dir: &std::path::Path) -> rocksdb::DB {
    let path = dir.join("log");
    let names = rocksdb::DB::list_cf(&rocksdb::Options::default(), &path).unwrap();
    rocksdb::DB::open_cf(&rocksdb::Options::default(), &path, names).unwrap()
}

#[test]
fn links_and_subjects_agree() {
    let (_temp, mut trade, ledger) = started();
    submit(&ledger, trade.story(0));
    let snapshot = ledger.snapshot().unwrap();
    let all = states(&ledger, ledger.head().size);
    assert!(all.len() > 10);
    for (key, state) in all {
        let row = subject(&snapshot, &key).unwrap().unwrap();
        assert_eq!((row.head, row.count, row.last), (state.head, state.count, state.last));
    }
}
