#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use merkle::{Hash, VerifierKey};

use super::{Audits, Derived};
use crate::{
    Logs, Refusal, StateError, Unaudited, Witness,
    kit::{Log, NOW, add, cosigner, open, start},
};

const ORIGIN: &str = "log.example/a";

/// What an honest auditor derives of a log.
struct Honest {
    log: Log,
    kept: Mutex<Vec<u64>>,
}

impl Derived for Honest {
    fn root_at(&self, size: u64) -> Result<Hash, String> {
        Ok(*self.log.checkpoint(size).root())
    }

    fn differs(&self, size: u64, note: &str) {
        assert!(note.starts_with(ORIGIN), "{note}");
        self.kept.lock().unwrap().push(size);
    }
}

fn audits() -> Arc<Audits> {
    Arc::new(Audits::new([ORIGIN.to_owned()]))
}

fn derived() -> (Arc<Honest>, Arc<dyn Derived>) {
    let honest = Arc::new(Honest { log: Log::new(ORIGIN, 20, 99), kept: Mutex::default() });
    let derived: Arc<dyn Derived> = honest.clone();
    (honest, derived)
}

fn auditing(
    dir: &std::path::Path,
    new: bool,
    keys: &[VerifierKey],
    audits: &Arc<Audits>,
) -> Result<Witness, StateError> {
    let logs = Logs::new(keys.iter().cloned()).unwrap();
    Witness::open_auditing(dir, new, cosigner(), logs, Box::new(|| NOW), Arc::clone(audits))
}

#[test]
fn nothing_is_cosigned_beyond_what_was_derived_nor_with_another_root_nor_after_that() {
    let (dir, log, other) = (tempfile::tempdir().unwrap(), Log::new(ORIGIN, 20, 99), Log::new(ORIGIN, 20, 7));
    let audits = audits();
    let witness = auditing(dir.path(), true, &[log.key()], &audits).unwrap();
    let ask = |log: &Log, old, size| match witness.add_checkpoint(log.request(old, size).as_bytes()) {
        Ok(cosigned) => Ok(cosigned.checkpoint.size()),
        Err(Refusal::Unaudited { why, last }) => Err((why, last)),
        Err(other) => panic!("{other}"),
    };
    let not_yet = |audited, last| Err((Unaudited::NotYet { audited }, last));
    assert_eq!(ask(&log, 0, 5), not_yet(0, 0));
    let (honest, derived) = derived();
    audits.reached(ORIGIN, 5, &derived);
    assert_eq!(ask(&log, 0, 5), Ok(5));
    assert_eq!(ask(&log, 5, 6), not_yet(5, 5));
    audits.reached(ORIGIN, 12, &derived);
    assert_eq!(ask(&log, 5, 9), Ok(9), "of a size before the newest derived");
    assert_eq!(ask(&log, 9, 12), Ok(12));
    assert_eq!((audits.audited(ORIGIN), audits.difference(ORIGIN)), (12, None));

    // The log signs what its entries do not give: the two histories part behind what was cosigned.
    let late = Log::new(ORIGIN, 20, 13);
    audits.reached(ORIGIN, 16, &derived);
    let difference = |index| Err((Unaudited::Difference { index }, 12));
    assert_eq!(ask(&late, 12, 15), difference(14));
    assert_eq!(*honest.kept.lock().unwrap(), [15]);
    assert_eq!(ask(&log, 12, 16), difference(14), "never again, for the true one neither");
    assert_eq!(*honest.kept.lock().unwrap(), [15], "and it is kept once");
    // What contradicts the last cosigned is told as by any witness.
    let fork = witness.add_checkpoint(other.request(9, 12).as_bytes());
    assert!(matches!(fork, Err(Refusal::Objection(_))), "{fork:?}");
}

#[test]
fn a_difference_in_an_entry_ends_it() {
    let (dir, log, audits) = (tempfile::tempdir().unwrap(), Log::new(ORIGIN, 20, 99), audits());
    let witness = auditing(dir.path(), true, &[log.key()], &audits).unwrap();
    audits.reached(ORIGIN, 7, &derived().1);
    audits.differs(ORIGIN, 7);
    let refused = witness.add_checkpoint(log.request(0, 5).as_bytes()).unwrap_err();
    let why = Unaudited::Difference { index: 7 };
    assert!(matches!(refused, Refusal::Unaudited { why: found, last: 0 } if found == why));
}

/// What a key stands for is part of its state.
#[test]
fn an_auditing_witness_is_never_opened_as_another_nor_the_other_way_round() {
    let (dir, log) = (tempfile::tempdir().unwrap(), Log::new(ORIGIN, 1, 99));
    drop(auditing(dir.path(), true, &[log.key()], &audits()).unwrap());
    let error = open(dir.path(), false, &[log.key()]).unwrap_err();
    assert!(matches!(error, StateError::Meaning { audits: true, .. }), "{error}");
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path(), true, &[log.key()]).unwrap());
    let error = auditing(dir.path(), false, &[log.key()], &audits()).unwrap_err();
    assert!(matches!(error, StateError::Meaning { audits: false, .. }), "{error}");
}

#[tokio::test]
async fn a_request_waits_for_the_audit_and_is_told_to_come_again() {
    let (dir, log, audits) = (tempfile::tempdir().unwrap(), Log::new(ORIGIN, 20, 99), audits());
    let witness = auditing(dir.path(), true, &[log.key()], &audits).unwrap();
    let running = start(witness).await;
    let mut wanted = audits.wanted(ORIGIN).unwrap();
    // The audit begins when somebody asks, and gets there in time.
    let auditor = {
        let (audits, derived) = (Arc::clone(&audits), derived().1);
        tokio::spawn(async move {
            let size = *wanted.wait_for(|size| *size > 0).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
            audits.reached(ORIGIN, size, &derived);
        })
    };
    assert_eq!(add(running.address, &log.request(0, 5)).await.status, 200);
    auditor.await.unwrap();
    // From another size than the last it does not wait.
    let begin = Instant::now();
    assert_eq!(add(running.address, &log.request(0, 9)).await.status, 409);
    assert!(begin.elapsed() < super::PATIENCE);
    // Nobody audits any more: the size cosigned last, as with a conflict, and when to come again.
    let answer = add(running.address, &log.request(5, 9)).await;
    assert_eq!((answer.status, answer.body.as_str()), (503, "5\n"));
    assert!(answer.head.contains("retry-after") && answer.head.contains("text/x.tlog.size"), "{answer:?}");
    audits.differs(ORIGIN, 6);
    let answer = add(running.address, &log.request(5, 9)).await;
    assert!(answer.status == 403 && answer.body.contains("entry 6"), "{answer:?}");
}
