#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, panic};

use merkle::{Cosigner, SigningKey};
use tempfile::TempDir;

use super::*;
use crate::kit::{Log, NOW, cosigner, witness_key};

const ORIGIN: &str = "log.example/a";

fn dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The note that a witness with the tests' key would keep.
fn cosigned(size: u64) -> String {
    let log = Log::new(ORIGIN, size, 99);
    let line = cosigner().cosign(&log.checkpoint(size), NOW).unwrap();
    log.note(size).with(line).unwrap().to_string()
}

fn store(state: &State, size: u64) {
    state.decide(ORIGIN, |_| (Change::Latest(cosigned(size)), ())).unwrap();
}

fn made() -> (TempDir, State) {
    let dir = dir();
    State::create(dir.path(), &witness_key(), Meaning::Continued).unwrap();
    let state = State::open(dir.path(), &witness_key(), Meaning::Continued).unwrap();
    (dir, state)
}

fn size(state: &State) -> Option<u64> {
    state.latest(ORIGIN).unwrap().map(|c| c.checkpoint.size())
}

#[test]
fn no_state_is_not_taken_for_an_empty_one() {
    let dir = dir();
    let missing = dir.path().join("elsewhere");
    for dir in [dir.path(), &missing] {
        assert!(matches!(State::open(dir, &witness_key(), Meaning::Continued), Err(StateError::Absent(_))));
    }
    State::create(&missing, &witness_key(), Meaning::Continued).unwrap();
    assert_eq!(size(&State::open(&missing, &witness_key(), Meaning::Continued).unwrap()), None);
    assert!(matches!(
        State::create(&missing, &witness_key(), Meaning::Continued),
        Err(StateError::Exists(_))
    ));
}

#[test]
fn what_was_stored_is_there_when_opened_again() {
    let (dir, state) = made();
    store(&state, 3);
    store(&state, 7);
    drop(state);
    let state = State::open(dir.path(), &witness_key(), Meaning::Continued).unwrap();
    assert_eq!(size(&state), Some(7));
    assert_eq!(state.latest(ORIGIN).unwrap().unwrap().note.to_string(), cosigned(7));
    assert_eq!(state.latest("log.example/b").unwrap(), None);
}

#[test]
fn the_state_of_another_key_version_or_process_is_refused() {
    let (dir, state) = made();
    assert!(matches!(State::open(dir.path(), &witness_key(), Meaning::Continued), Err(StateError::InUse(_))));
    drop(state);
    for (name, seed) in [("witness.example/2", 9), ("witness.example/1", 8)] {
        let other = Cosigner::new(name, SigningKey::from_seed(&[seed; 32])).unwrap();
        let error = State::open(dir.path(), other.witness(), Meaning::Continued).unwrap_err();
        assert!(matches!(&error, StateError::Foreign { found, .. } if *found == witness_key().to_string()));
    }
    let database = Database::open(dir.path().join(STATE_FILE)).unwrap();
    let t = database.begin_write().unwrap();
    t.open_table(META).unwrap().insert("version", "2").unwrap();
    t.commit().unwrap();
    drop(database);
    let error = State::open(dir.path(), &witness_key(), Meaning::Continued).unwrap_err();
    assert!(matches!(error, StateError::Version { found, .. } if found == "2"));
}

/// Puts a row into the file behind the state's back.
fn tamper(dir: &TempDir, origin: &str, note: &str) {
    let database = Database::open(dir.path().join(STATE_FILE)).unwrap();
    let t = database.begin_write().unwrap();
    t.open_table(LATEST).unwrap().insert(origin, note).unwrap();
    t.commit().unwrap();
}

#[test]
fn rows_that_this_witness_did_not_sign_are_damage() {
    let other = Cosigner::new("witness.example/1", SigningKey::from_seed(&[8; 32])).unwrap();
    let log = Log::new(ORIGIN, 5, 99);
    let line = other.cosign(&log.checkpoint(5), NOW).unwrap();
    let foreign = log.note(5).with(line).unwrap().to_string();
    let rows = [
        (ORIGIN, String::new()),
        (ORIGIN, log.note(5).to_string()),
        (ORIGIN, foreign),
        (ORIGIN, cosigned(5).replace("\n5\n", "\n4\n")),
        ("log.example/b", cosigned(5)),
    ];
    for (origin, note) in rows {
        let (dir, state) = made();
        drop(state);
        tamper(&dir, origin, &note);
        let error = State::open(dir.path(), &witness_key(), Meaning::Continued).unwrap_err();
        assert!(matches!(error, StateError::Damaged { .. }), "{note:?}: {error}");
    }
}

#[test]
fn a_file_that_is_cut_emptied_or_something_else_is_refused() {
    let (dir, state) = made();
    store(&state, 7);
    drop(state);
    let path = dir.path().join(STATE_FILE);
    let whole = fs::read(&path).unwrap();
    let mut longer = whole.clone();
    longer.extend_from_slice(&[0; 100]);
    let half = whole[..whole.len() / 2].to_vec();
    for bytes in [Vec::new(), vec![0; whole.len()], b"something else".to_vec(), half, longer] {
        fs::write(&path, &bytes).unwrap();
        let error = State::open(dir.path(), &witness_key(), Meaning::Continued).unwrap_err();
        assert!(matches!(error, StateError::Damaged { .. }), "{} bytes: {error}", bytes.len());
    }
}

/// Every bit of what says where things are, and samples of the header and of the rest: whatever one of them becomes, the newest checkpoint is still known, or nothing is.
#[test]
fn a_flipped_byte_never_brings_an_older_checkpoint_back() {
    let (dir, state) = made();
    for last in [3, 5, 7] {
        store(&state, last);
    }
    // As a crash leaves it: not closed.
    let path = dir.path().join(STATE_FILE);
    let open = fs::read(&path).unwrap();
    drop(state);
    let closed = fs::read(&path).unwrap();
    let other = dir.path().join("flipped");
    fs::create_dir(&other).unwrap();
    let (mut refused, mut unharmed) = (0, 0);
    // What redb says to some of them is a panic, which ends a process as well as an error does.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let mut older = Vec::new();
    for whole in [open, closed] {
        for i in (0..32).chain((32..512).step_by(3)).chain((512..whole.len()).step_by(509)) {
            for bit in if i < 32 { 0..8 } else { 3..4 } {
                let mut bytes = whole.clone();
                bytes[i] ^= 1 << bit;
                fs::write(other.join(STATE_FILE), &bytes).unwrap();
                let found = panic::catch_unwind(|| {
                    State::open(&other, &witness_key(), Meaning::Continued)
                        .and_then(|state| state.latest(ORIGIN))
                });
                match found {
                    Ok(Ok(Some(latest))) if latest.checkpoint.size() == 7 => unharmed += 1,
                    Ok(Ok(latest)) => older.push((i, bit, latest.map(|l| l.checkpoint.size()))),
                    Ok(Err(_)) | Err(_) => refused += 1,
                }
            }
        }
    }
    panic::set_hook(hook);
    assert_eq!(older, []);
    assert!(refused > 100 && unharmed > 100, "{refused} refused, {unharmed} unharmed");
}

#[test]
fn a_file_that_is_replaced_by_an_older_one_while_in_use_is_refused() {
    let (dir, state) = made();
    store(&state, 3);
    let path = dir.path().join(STATE_FILE);
    let older = fs::read(&path).unwrap();
    store(&state, 7);
    // A failure makes the next call open the file again, and the file has become another one.
    state.forget_handle();
    fs::write(&path, older).unwrap();
    assert!(matches!(state.latest(ORIGIN), Err(StateError::Damaged { .. })));
}

#[test]
fn what_was_decided_and_not_stored_is_no_answer() {
    let (dir, state) = made();
    store(&state, 3);
    let bad = cosigned(7).replace("log.example/a", "log.example/b");
    let answer: Result<(), _> = state.decide(ORIGIN, |_| (Change::Latest(bad), ()));
    assert!(matches!(answer, Err(StateError::Damaged { .. })));
    assert_eq!(size(&state), Some(3), "the file is opened again and as before");
    drop(dir);
}

#[test]
fn forks_are_kept_once_and_up_to_a_bound() {
    let (_dir, state) = made();
    let keep = |origin: &str, size: u64, root: u8| {
        let fork = Fork {
            origin: origin.to_owned(),
            size,
            seen_at: NOW,
            cosigned: "a".into(),
            other: format!("{root}"),
        };
        state.decide(origin, |_| (Change::Fork(fork, [root; 32]), ())).unwrap();
    };
    for root in [1, 2, 1] {
        keep(ORIGIN, 5, root);
    }
    keep("log.example/b", 5, 1);
    keep(ORIGIN, 4, 9);
    let others = |origin: &str| state.forks(origin).unwrap().into_iter().map(|f| f.other).collect::<Vec<_>>();
    assert_eq!(
        (others(ORIGIN), others("log.example/b")),
        (vec!["9".into(), "1".into(), "2".into()], vec!["1".into()])
    );
    for size in 0..100 {
        keep(ORIGIN, 100 + size, 1);
    }
    assert_eq!(others(ORIGIN).len(), MAX_FORKS);
    assert_eq!(others("log.example/b").len(), 1);
}
