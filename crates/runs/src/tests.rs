#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use evidence::check_subject;
use merkle::{Hash, root_of, sha256};
use proptest::prelude::*;
use statement::{RunRef, Seal, SubjectKey, SubjectState};

use crate::{Book, Durability, Record, RunError, RunFile, RunWriter, spare};
use Durability::{Later, Now};

fn key(n: u64) -> SubjectKey {
    SubjectKey(sha256(&[b"subject", &n.to_be_bytes()]))
}

fn state(n: u64, last: u64) -> SubjectState {
    SubjectState {
        head: sha256(&[&n.to_be_bytes(), &last.to_be_bytes()]),
        count: 1 + n % (last + 1).min(5),
        last,
    }
}

fn merge(
    runs: &[&RunFile],
    path: &Path,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Option<RunRef>, RunError> {
    crate::merge(runs, path, Now, go_on)
}

/// A log in which entry `i` names these subjects.
type Log = Vec<Vec<u64>>;

/// The run over a range, from the definition.
fn defined(log: &Log, start: u64, end: u64) -> BTreeMap<Hash, Record> {
    let mut all = BTreeMap::new();
    for (i, named) in (start..end).zip(&log[start as usize..end as usize]) {
        for n in named {
            all.insert(key(*n).0, Record { subject: key(*n), state: state(*n, i) });
        }
    }
    all
}

fn write(dir: &tempfile::TempDir, log: &Log, start: u64, end: u64) -> RunFile {
    let path: PathBuf = dir.path().join(format!("{start}-{end}"));
    let mut writer = RunWriter::create(&path, (start, end), Now).unwrap();
    defined(log, start, end).values().for_each(|record| writer.push(record).unwrap());
    let run = writer.finish().unwrap();
    let file = RunFile::open(&path).unwrap();
    assert_eq!(file.run(), &run);
    file
}

fn seal(runs: &[&RunFile]) -> Seal {
    let runs: Vec<RunRef> = runs.iter().map(|run| *run.run()).collect();
    Seal { covered: runs.last().unwrap().end, root: [0; 32], chain: [0; 32], previous: 0, runs }
}

fn check(log: &Log, runs: &[&RunFile], subjects: impl Iterator<Item = u64>) {
    let seal = seal(runs);
    seal.encode().unwrap();
    let all = defined(log, 0, seal.covered);
    for n in subjects {
        let mut proof = Vec::new();
        for run in runs.iter().rev() {
            proof.push(run.prove(&key(n)).unwrap());
            if matches!(proof.last(), Some(evidence::RunProof::Present { .. })) {
                break;
            }
        }
        let found = check_subject(&seal, &key(n), &proof).unwrap();
        assert_eq!(found, all.get(&key(n).0).map(|record| record.state), "subject {n}");
    }
}

#[test]
fn a_large_run_proves_what_it_has_and_what_it_does_not() {
    let dir = tempfile::tempdir().unwrap();
    // More than 256² subjects, so that there are tiles of three levels.
    let log: Log = (0..700u64).map(|i| (i * 97..i * 97 + 100).collect()).collect();
    let run = write(&dir, &log, 0, 700);
    assert!(run.run().subjects > 65_536, "{}", run.run().subjects);
    run.check().unwrap();
    let hashes: Vec<Hash> = defined(&log, 0, 700).values().map(|r| r.committed().leaf_hash()).collect();
    assert_eq!(run.run().root, root_of(&hashes));
    check(&log, &[&run], (0..80_000).step_by(331));
    assert_eq!(run.get(&key(5)).unwrap().unwrap().state, state(5, 0));
    assert_eq!(run.get(&key(1 << 40)).unwrap(), None);
}

#[test]
fn an_empty_run_proves_absence() {
    let dir = tempfile::tempdir().unwrap();
    let log: Log = vec![vec![], vec![]];
    let run = write(&dir, &log, 0, 2);
    run.check().unwrap();
    check(&log, &[&run], 0..3);
}

#[test]
fn a_file_that_was_cut_lengthened_or_changed_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let log: Log = (0..30u64).map(|i| (i * 30..i * 30 + 20).collect()).collect();
    let run = write(&dir, &log, 0, 30);
    let bytes = fs::read(run.path()).unwrap();
    let path = dir.path().join("spoilt");
    for cut in [0, 7, 63, 64, 100, bytes.len() - 1] {
        fs::write(&path, &bytes[..cut]).unwrap();
        assert!(matches!(RunFile::open(&path), Err(RunError::Damaged { .. })), "cut to {cut}");
    }
    fs::write(&path, [bytes.as_slice(), &[0]].concat()).unwrap();
    assert!(matches!(RunFile::open(&path), Err(RunError::Damaged { .. })));
    for at in (0..64 + 600 * 80).step_by(37).filter(|at| !(8..24).contains(at)) {
        let mut changed = bytes.clone();
        changed[at] ^= 4;
        fs::write(&path, changed).unwrap();
        let found = RunFile::open(&path).and_then(|run| run.check());
        assert!(matches!(found, Err(RunError::Damaged { .. })), "byte {at}");
    }
}

#[test]
fn records_that_cannot_be_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run");
    let record = |n: u8, last, count| Record {
        subject: SubjectKey([n; 32]),
        state: SubjectState { head: [n; 32], count, last },
    };
    let mut writer = RunWriter::create(&path, (10, 20), Now).unwrap();
    writer.push(&record(5, 10, 1)).unwrap();
    for bad in [record(5, 11, 1), record(4, 11, 1), record(6, 9, 1), record(6, 20, 1), record(6, 15, 0)] {
        assert!(matches!(writer.push(&bad), Err(RunError::Input(_))), "{bad:?}");
    }
    writer.push(&record(6, 19, 1)).unwrap();
    assert_eq!(writer.finish().unwrap().subjects, 2);
    assert!(matches!(RunWriter::create(&path, (5, 5), Now), Err(RunError::Input(_))));
    let far = write(&dir, &vec![vec![1]; 40], 30, 40);
    let run = RunFile::open(&path).unwrap();
    assert!(matches!(merge(&[&run, &far], &path, &mut || true), Err(RunError::Input(_))));
    assert!(matches!(merge(&[], &path, &mut || true), Err(RunError::Input(_))));
}

#[test]
fn a_merge_that_is_told_to_stop_leaves_nothing_under_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let log: Log = (0..100u64).map(|i| (i * 100..i * 100 + 100).collect()).collect();
    let (a, b) = (write(&dir, &log, 0, 50), write(&dir, &log, 50, 100));
    let path = dir.path().join("merged");
    assert_eq!(merge(&[&a, &b], &path, &mut || false).unwrap(), None);
    assert!(!path.exists());
    assert!(merge(&[&a, &b], &path, &mut || true).unwrap().is_some());
    RunFile::open(&path).unwrap().check().unwrap();
}

#[test]
fn what_a_disk_changed_goes_into_no_merged_run() {
    let dir = tempfile::tempdir().unwrap();
    // The first run's states of half of its subjects are overtaken by the second's.
    let log: Log = (0..20u64).map(|i| (i % 10 * 4..i % 10 * 4 + 6).collect()).collect();
    let (a, b) = (write(&dir, &log, 0, 10), write(&dir, &log, 10, 20));
    let (path, spoilt) = (dir.path().join("merged"), dir.path().join("spoilt"));
    for (run, other) in [(&a, &b), (&b, &a)] {
        let bytes = fs::read(run.path()).unwrap();
        for at in (32..64 + run.run().subjects as usize * 80).step_by(13) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            fs::write(&spoilt, changed).unwrap();
            let changed = RunFile::open(&spoilt).unwrap();
            let pair = if run.run().start == 0 { [&changed, other] } else { [other, &changed] };
            let merged = merge(&pair, &path, &mut || true);
            assert!(
                matches!(&merged, Err(RunError::Damaged { path, .. }) if *path == spoilt),
                "{at}: {merged:?}"
            );
            assert!(!path.exists(), "byte {at}");
        }
    }
    assert!(merge(&[&a, &b], &path, &mut || true).unwrap().is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever runs a range is made of: the same bytes; and every set of runs says the same of every subject.
    #[test]
    fn merging_gives_the_run_of_the_joined_range(
        log in prop::collection::vec(prop::collection::vec(0u64..60, 0..8), 4..60),
        cuts in prop::collection::btree_set(1usize..60, 0..5),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let end = log.len() as u64;
        let bounds: Vec<u64> =
            [0].into_iter().chain(cuts.into_iter().map(|c| c as u64).filter(|c| *c < end)).chain([end]).collect();
        let parts: Vec<RunFile> = bounds.windows(2).map(|w| write(&dir, &log, w[0], w[1])).collect();
        let parts: Vec<&RunFile> = parts.iter().collect();
        check(&log, &parts, 0..70);
        let path = dir.path().join("merged");
        let run = merge(&parts, &path, &mut || true).unwrap().unwrap();
        let direct = dir.path().join("direct");
        let mut writer = RunWriter::create(&direct, (0, end), Now).unwrap();
        defined(&log, 0, end).values().for_each(|record| writer.push(record).unwrap());
        prop_assert_eq!(writer.finish().unwrap(), run);
        prop_assert_eq!(fs::read(&path).unwrap(), fs::read(&direct).unwrap());
        let merged = RunFile::open(&path).unwrap();
        check(&log, &[&merged], 0..70);
    }
}

/// Seals over a log, each by where it ends and how many of the newest runs it joins with what is new.
fn seals(log: &Log, steps: &[(u64, usize)], dir: &tempfile::TempDir) -> Vec<Seal> {
    let mut bounds = vec![0];
    let mut all = Vec::new();
    for (covered, joined) in steps {
        bounds.truncate(bounds.len().saturating_sub(*joined).max(1));
        bounds.push(*covered);
        let files: Vec<RunFile> = bounds.windows(2).map(|b| write(dir, log, b[0], b[1])).collect();
        all.push(seal(&files.iter().collect::<Vec<_>>()));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a log says and however its seals join runs: the book derives the same, and refuses a seal that
    /// says otherwise. Each seal comes some entries after those that it covers.
    #[test]
    fn a_book_follows_every_seal_and_no_other(
        log in proptest::collection::vec(proptest::collection::vec(0..30u64, 0..4), 3..60),
        steps in proptest::collection::vec((1..20u64, 0..3usize, 0..4u64), 1..8),
        (spoilt, how) in (0..8usize, 0..4u8),
        is_scratch: bool,
    ) {
        let mut covered = 0;
        let mut at: Vec<(u64, usize, u64)> = Vec::new();
        for (further, joined, late) in steps {
            covered += further;
            if covered > log.len() as u64 {
                break;
            }
            at.push((covered, joined, late));
        }
        let scratch = tempfile::tempdir().unwrap();
        let all = seals(&log, &at.iter().map(|(c, j, _)| (*c, *j)).collect::<Vec<_>>(), &scratch);
        let dir = tempfile::tempdir().unwrap();
        let durability = if is_scratch { Later } else { Now };
        let mut book = Book::new(dir.path(), durability);
        let mut noted = 0;
        let mut note = |book: &mut Book, until: u64| {
            while noted < until.min(log.len() as u64) {
                let named: std::collections::BTreeSet<u64> = log[noted as usize].iter().copied().collect();
                let records = named.iter().map(|n| Record { subject: key(*n), state: state(*n, noted) });
                book.note(noted, records.collect());
                noted += 1;
            }
        };
        for (i, (seal, (covered, _, late))) in all.iter().zip(&at).enumerate() {
            note(&mut book, covered + late);
            if i == spoilt {
                let mut other = seal.clone();
                let last = other.runs.last_mut().unwrap();
                match how {
                    0 => last.root[5] ^= 1,
                    1 => last.subjects += 1,
                    2 if last.end - last.start > 1 => last.start += 1,
                    _ => other.runs.iter_mut().for_each(|run| run.root[0] ^= 1),
                }
                // What is no seal at all is refused before it comes here.
                if other.encode().is_err() {
                    return Ok(());
                }
                let fault = book.follow(&other).unwrap_err();
                prop_assert!(matches!(fault, RunError::Root { .. } | RunError::Input(_)), "{fault}");
                return Ok(());
            }
            book.follow(seal).unwrap();
            let files: Vec<&RunFile> = book.runs().iter().map(|run| &**run).collect();
            check(&log[..*covered as usize].to_vec(), &files, 0..31);
            for file in spare(dir.path(), files.iter().copied(), &[]).unwrap() {
                assert!(!is_scratch, "a scratch directory is tidy by itself");
                fs::remove_file(file).unwrap();
            }
            prop_assert_eq!(fs::read_dir(dir.path()).unwrap().count(), seal.runs.len());
            // Opened anew, it goes on where it was.
            book.keep().unwrap();
            let again = Book::open(dir.path(), seal).unwrap();
            prop_assert_eq!(again.covered(), *covered);
        }
        note(&mut book, log.len() as u64);
        let (_, covered, states) = book.finish();
        let rest = defined(&log, covered, log.len() as u64);
        let found: BTreeMap<Hash, Record> =
            states.into_iter().map(|(subject, state)| (subject.0, Record { subject, state })).collect();
        prop_assert_eq!(found, rest);
    }
}
