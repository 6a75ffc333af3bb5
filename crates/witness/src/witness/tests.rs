#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Barrier;

use merkle::{AddCheckpoint, SignerKey, SigningKey, verify_consistency};
use proptest::prelude::*;

use super::*;
use crate::kit::{self, Log, NOW, open, witness_key};

const ORIGIN: &str = "log.example/a";

fn dir() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn the_published_example_is_read_and_its_log_is_not_known() {
    let published = "old 20852014\n\
        PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
        jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n\
        /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\
        \n\
        example.com/behind-the-sofa\n\
        20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
        \n\
        — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    let dir = dir();
    let witness = open(dir.path(), true, &[Log::new(ORIGIN, 0, 0).key()]).unwrap();
    assert!(matches!(witness.add_checkpoint(published.as_bytes()), Err(Refusal::UnknownOrigin)));
    drop(witness);
    // A log of that name with another key: the signatures are by nobody it knows.
    let witness = open(dir.path(), false, &[Log::new("example.com/behind-the-sofa", 0, 0).key()]).unwrap();
    assert!(matches!(witness.add_checkpoint(published.as_bytes()), Err(Refusal::Unsigned)));
}

#[test]
fn what_is_kept_bears_the_logs_and_the_own_signature_and_no_other() {
    let dir = dir();
    let log = Log::new(ORIGIN, 9, 99);
    let stranger = SignerKey::new("elsewhere.example/x", SigningKey::from_seed(&[7; 32])).unwrap();
    let witness = open(dir.path(), true, &[log.key()]).unwrap();
    let note = log.note(5).countersign(&stranger).unwrap();
    let request = AddCheckpoint { old: 0, proof: Vec::new(), note }.to_string();
    let cosigned = witness.add_checkpoint(request.as_bytes()).unwrap();
    assert_eq!(witness_key().open(&cosigned.note), Ok((log.checkpoint(5), NOW)));
    assert_eq!(Checkpoint::open(&cosigned.note, &log.key()), Ok(log.checkpoint(5)));
    assert_eq!(cosigned.note.signatures().len(), 2);
    assert_eq!(witness.latest(ORIGIN).unwrap(), Some(cosigned));
}

#[test]
fn any_key_of_a_log_will_do_and_a_false_signature_will_not() {
    let dir = dir();
    let log = Log::new(ORIGIN, 9, 99);
    let second = SignerKey::new(ORIGIN, SigningKey::from_seed(&[2; 32])).unwrap();
    let third = SignerKey::new(ORIGIN, SigningKey::from_seed(&[3; 32])).unwrap();
    let witness = open(dir.path(), true, &[log.key(), second.verifier().clone()]).unwrap();
    let ask = |old: u64, size: u64, note: Note| {
        let request = AddCheckpoint { old, proof: log.proof(old, size), note };
        witness.add_checkpoint(request.to_string().as_bytes())
    };
    let by = |signer: &SignerKey, size: u64| log.checkpoint(size).sign(signer).unwrap();
    assert!(ask(0, 3, by(&second, 3)).is_ok());
    assert!(ask(3, 5, log.note(5).countersign(&second).unwrap()).is_ok());
    assert_eq!(witness.latest(ORIGIN).unwrap().unwrap().note.signatures().len(), 3);
    assert!(matches!(ask(5, 7, by(&third, 7)), Err(Refusal::Unsigned)));
    // The second key's line, taken from another checkpoint.
    let line = by(&second, 3).signatures()[0].clone();
    let half = log.note(7).with(line.clone()).unwrap();
    assert!(ask(5, 7, half).is_ok(), "one good signature suffices");
    assert_eq!(
        witness.latest(ORIGIN).unwrap().unwrap().note.signatures().len(),
        2,
        "the false one is dropped"
    );
    let none = by(&third, 9).with(line).unwrap();
    assert!(matches!(ask(7, 9, none), Err(Refusal::Unsigned)));
}

#[test]
fn a_repeated_request_gets_a_new_cosignature_with_a_new_time() {
    let dir = dir();
    let log = Log::new(ORIGIN, 9, 99);
    let witness = open(dir.path(), true, &[log.key()]).unwrap();
    witness.add_checkpoint(log.request(0, 5).as_bytes()).unwrap();
    drop(witness);
    let witness = kit::at(dir.path(), false, &[log.key()], NOW + 60).unwrap();
    let again = witness.add_checkpoint(log.request(5, 5).as_bytes()).unwrap();
    assert_eq!(again.time, NOW + 60);
    assert_eq!(witness.latest(ORIGIN).unwrap().unwrap().time, NOW + 60);
}

#[test]
fn time_stands_still_for_seconds_goes_back_for_more_and_is_needed() {
    let log = Log::new(ORIGIN, 9, 99);
    let after = |now: u64| {
        let dir = dir();
        open(dir.path(), true, &[log.key()]).unwrap().add_checkpoint(log.request(0, 5).as_bytes()).unwrap();
        let witness = kit::at(dir.path(), false, &[log.key()], now).unwrap();
        let answer = witness.add_checkpoint(log.request(5, 9).as_bytes());
        (answer.map(|c| c.time), witness.latest(ORIGIN).unwrap().unwrap().checkpoint.size())
    };
    assert!(matches!(after(NOW - 5), (Ok(NOW), 9)));
    assert!(matches!(after(NOW - 6), (Ok(time), 9) if time == NOW - 6));
    assert!(matches!(after(EARLIEST - 1), (Err(Refusal::Clock), 5)));
}

#[test]
fn a_log_that_grows_from_nothing_is_followed() {
    let dir = dir();
    let log = Log::new(ORIGIN, 9, 99);
    let witness = open(dir.path(), true, &[log.key()]).unwrap();
    for (old, size) in [(0, 0), (0, 0), (0, 1), (1, 1), (1, 8), (8, 9)] {
        let cosigned = witness.add_checkpoint(log.request(old, size).as_bytes()).unwrap();
        assert_eq!(cosigned.checkpoint, log.checkpoint(size), "{old} to {size}");
    }
}

#[test]
fn a_fork_is_refused_and_kept_with_both_notes_across_a_restart() {
    let dir = dir();
    let (ours, theirs) = (Log::new(ORIGIN, 9, 99), Log::new(ORIGIN, 9, 3));
    let witness = open(dir.path(), true, &[ours.key()]).unwrap();
    witness.add_checkpoint(ours.request(0, 5).as_bytes()).unwrap();
    for old in [5, 0, 4, 5] {
        let refused = witness.add_checkpoint(theirs.request(old, 5).as_bytes());
        assert!(matches!(refused, Err(Refusal::Objection(Objection::Fork { size: 5 }))), "{old}");
    }
    drop(witness);
    let witness = open(dir.path(), false, &[ours.key()]).unwrap();
    let forks = witness.forks(ORIGIN).unwrap();
    assert_eq!(forks.len(), 1, "the same fork is kept once");
    let open = |text: &str| Checkpoint::open(&Note::parse(text.as_bytes()).unwrap(), &ours.key()).unwrap();
    assert_eq!((open(&forks[0].cosigned), open(&forks[0].other)), (ours.checkpoint(5), theirs.checkpoint(5)));
    assert_eq!(witness.latest(ORIGIN).unwrap().unwrap().checkpoint, ours.checkpoint(5));
}

#[test]
fn requests_at_the_same_time_never_roll_a_log_back() {
    let dir = dir();
    let log = Log::new(ORIGIN, 64, 99);
    let witness = open(dir.path(), true, &[log.key()]).unwrap();
    let (threads, rounds) = (8, 6);
    let barrier = Barrier::new(threads);
    let mut granted: Vec<(u64, u64)> = std::thread::scope(|scope| {
        let ask = |i: usize| {
            let (mut got, (witness, log, barrier)) = (Vec::new(), (&witness, &log, &barrier));
            move || {
                for round in 0..rounds {
                    barrier.wait();
                    // Everybody starts from the same size and wants another one.
                    let old = witness.latest(ORIGIN).unwrap().map_or(0, |l| l.checkpoint.size());
                    barrier.wait();
                    let size = old + 1 + (i as u64 + round) % threads as u64;
                    match witness.add_checkpoint(log.request(old, size).as_bytes()) {
                        Ok(_) => got.push((old, size)),
                        Err(Refusal::Objection(Objection::Conflict { last })) => assert!(last > old),
                        other => panic!("{other:?}"),
                    }
                }
                got
            }
        };
        let asking: Vec<_> = (0..threads).map(|i| scope.spawn(ask(i))).collect();
        asking.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    granted.sort_unstable();
    assert_eq!(granted.len(), rounds as usize, "one of each round is granted");
    assert!(
        granted.windows(2).all(|pair| pair[0].1 == pair[1].0),
        "each starts where the last ended: {granted:?}"
    );
}

/// What somebody asks: an old size, a size, of which history, and what is wrong with the proof.
#[derive(Clone, Debug)]
struct Ask {
    old: Option<u64>,
    size: u64,
    forked: bool,
    spoil: u8,
    restart: bool,
}

const ENTRIES: u64 = 12;
const TWIST: u64 = 5;

fn asks() -> impl Strategy<Value = Vec<Ask>> {
    let ask = (prop::option::weighted(0.3, 0..=ENTRIES), 0..=ENTRIES, any::<bool>(), 0u8..4, 0u8..12);
    let ask = ask.prop_map(|(old, size, forked, spoil, restart)| Ask {
        old,
        size,
        forked,
        spoil,
        restart: restart == 0,
    });
    prop::collection::vec(ask, 1..30)
}

fn body(ask: &Ask, last: u64, honest: &Log, twisted: &Log) -> String {
    let log = if ask.forked { twisted } else { honest };
    // Mostly from where the witness stands: else nearly everything would be a conflict.
    let old = ask.old.unwrap_or(last);
    let mut request = AddCheckpoint {
        old,
        proof: if old <= ask.size { log.proof(old, ask.size) } else { Vec::new() },
        note: log.note(ask.size),
    };
    match ask.spoil {
        0 => request.proof.push([0; 32]),
        // The proof of the other history.
        1 if old <= ask.size => {
            request.proof = if ask.forked { honest } else { twisted }.proof(old, ask.size);
        }
        _ => {}
    }
    request.to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// The law of a witness. Histories agree up to an entry, so that either may win; the model checks what was
    /// cosigned against whole trees, not against proofs.
    #[test]
    fn whatever_is_asked_no_two_cosigned_checkpoints_contradict_each_other(asks in asks()) {
        let dir = dir();
        let (honest, twisted) = (Log::new(ORIGIN, ENTRIES, 99), Log::new(ORIGIN, ENTRIES, TWIST));
        let mut witness = open(dir.path(), true, &[honest.key()]).unwrap();
        let mut cosigned: Vec<Checkpoint> = Vec::new();
        for ask in &asks {
            if ask.restart {
                drop(witness);
                witness = open(dir.path(), false, &[honest.key()]).unwrap();
            }
            let last = cosigned.last().map_or(0, Checkpoint::size);
            let body = body(ask, last, &honest, &twisted);
            let good = ask.old.is_none_or(|old| old == last) && ask.size >= last && ask.spoil > 1;
            match witness.add_checkpoint(body.as_bytes()) {
                Ok(answer) => cosigned.push(answer.checkpoint),
                Err(refusal) => {
                    let same = cosigned.iter().all(|c| {
                        let log = if ask.forked { &twisted } else { &honest };
                        log.checkpoint(c.size()) == *c
                    });
                    prop_assert!(!(good && same), "an honest request was refused: {ask:?} after {last}: {refusal}");
                }
            }
        }
        let one_history = [&honest, &twisted]
            .into_iter()
            .any(|log| cosigned.iter().all(|c| log.checkpoint(c.size()) == *c));
        prop_assert!(one_history, "{cosigned:?}");
        prop_assert!(cosigned.is_sorted_by_key(Checkpoint::size));
        let kept = witness.latest(ORIGIN).unwrap().map(|l| l.checkpoint);
        prop_assert_eq!(kept.as_ref(), cosigned.last());
    }
}

#[test]
fn the_models_histories_are_really_two() {
    let (honest, twisted) = (Log::new(ORIGIN, ENTRIES, 99), Log::new(ORIGIN, ENTRIES, TWIST));
    assert_eq!(honest.checkpoint(TWIST), twisted.checkpoint(TWIST));
    assert_ne!(honest.checkpoint(TWIST + 1), twisted.checkpoint(TWIST + 1));
    let (old, new) = (honest.checkpoint(6), twisted.checkpoint(9));
    let proof = twisted.proof(6, 9);
    assert!(verify_consistency(6, old.root(), 9, new.root(), &proof).is_err());
}
