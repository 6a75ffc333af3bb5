use merkle::{Checkpoint, EMPTY_ROOT, Hash, SignerKey};

use super::log::{Log, audit, log_key, signer, states};
use crate::{Auditor, Fault};

fn note(origin: &str, size: u64, root: Hash, key: &SignerKey) -> String {
    Checkpoint::new(origin, size, root).unwrap().sign(key).unwrap().to_string()
}

#[test]
fn a_kept_checkpoint_is_the_logs_own_for_this_size_and_root() {
    let log = Log::small();
    let auditor = audit(&log.entries).unwrap();
    let (key, root) = (log_key(), auditor.root());
    let origin = key.verifier().name().to_string();
    let good = note(&origin, 10, root, &key);
    assert_eq!(auditor.checkpoint(10, &good), Ok(()));

    let stranger = signer("stranger.test/log");
    let table = [
        ("another root", 10, note(&origin, 10, [1; 32], &key)),
        ("another size", 10, note(&origin, 9, root, &key)),
        ("kept for another size", 9, good.clone()),
        ("of another log", 10, note("stranger.test/log", 10, root, &stranger)),
        ("no note", 10, String::new()),
        ("nothing signed yet", 0, note(&origin, 0, EMPTY_ROOT, &key)),
    ];
    for (what, size, text) in table {
        let defect = auditor.checkpoint(size, &text).unwrap_err();
        assert_eq!(defect.index, size.saturating_sub(1), "{what}");
        assert!(matches!(defect.fault, Fault::Checkpoint(_)), "{what}: {defect}");
    }
    let defect = Auditor::default().checkpoint(10, &good).unwrap_err();
    assert!(matches!(defect.fault, Fault::Checkpoint(_)), "without a genesis there is no key");
}

#[test]
fn a_checkpoint_of_more_entries_than_there_are_shows_that_some_are_missing() {
    let log = Log::small();
    let (key, whole) = (log_key(), audit(&log.entries).unwrap());
    let kept = note(key.verifier().name(), 10, whole.root(), &key);
    let cut = audit(&log.entries[..8]).unwrap();
    let defect = cut.checkpoint(10, &kept).unwrap_err();
    assert_eq!((defect.index, defect.fault), (8, Fault::Missing(10)));
}

#[test]
fn a_checkpoint_that_comes_too_late_does_not_pass() {
    let log = Log::small();
    let states = states(&log.entries).unwrap();
    let (key, at) = (log_key(), &states[5].0);
    let kept = note(key.verifier().name(), 5, at.root(), &key);
    assert_eq!(at.checkpoint(5, &kept), Ok(()));
    let defect = states[6].0.checkpoint(5, &kept).unwrap_err();
    assert!(matches!((defect.index, defect.fault), (4, Fault::Checkpoint(_))));
}
