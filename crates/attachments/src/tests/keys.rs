//! The master key.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::{MasterKey, format::BLOCK};

#[test]
fn it_is_made_once_for_its_owner_only_and_missed_when_it_is_gone() {
    let play = Play::new();
    assert!(put(&play.open(), b"abc").is_ok());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&play.key()), 0o600);
    for file in files_in(&play.dir()) {
        assert!(mode(&file) & 0o077 == 0 || file.ends_with("lock"), "{file:?}");
    }
    assert_eq!(fs::read_to_string(play.key()).unwrap().len(), 65);
    let kept = fs::read(play.key()).unwrap();
    fs::remove_file(play.key()).unwrap();
    assert!(matches!(play.try_open(), Err(Error::KeyMissing(_))));
    assert!(!play.key().exists(), "no other one is made in its place");
    MasterKey::create(&play.key()).unwrap();
    assert!(matches!(play.try_open(), Err(Error::WrongKey { .. })));
    assert!(matches!(MasterKey::create(&play.key()), Err(Error::Exists(_))));
    fs::write(play.key(), "not hex").unwrap();
    assert!(matches!(play.try_open(), Err(Error::KeyFile(_))));
    fs::write(play.key(), kept).unwrap();
    assert_eq!(get(&play.open(), b"abc").unwrap(), b"abc");
}

#[test]
fn while_nothing_is_sealed_any_key_will_do() {
    let play = Play::new();
    let store = play.open();
    store.erase(&[3; 32], MAKER, 1).unwrap();
    drop(store);
    fs::remove_file(play.key()).unwrap();
    drop(play.open());
    fs::remove_file(play.key()).unwrap();
    MasterKey::create(&play.key()).unwrap();
    let store = play.open();
    put(&store, b"abc").unwrap();
    drop(store);
    assert_eq!(get(&play.open(), b"abc").unwrap(), b"abc");
}

#[test]
fn one_process_at_a_time_has_it_open() {
    let play = Play::new();
    let first = play.open();
    assert!(matches!(play.try_open(), Err(Error::InUse(_))));
    assert!(matches!(crate::rewrap(&play.dir(), &play.key()), Err(Error::InUse(_))));
    drop(first);
    play.open();
}

#[test]
fn after_an_exchange_the_old_key_opens_nothing() {
    let play = Play::new();
    let store = play.open();
    let bytes = text(1_000);
    let digest = attachment_digest(&SALT, &bytes);
    put(&store, &bytes).unwrap();
    store.name(&digest, MAKER).unwrap();
    put(&store, b"to be erased").unwrap();
    store.erase(&attachment_digest(&SALT, b"to be erased"), MAKER, 1).unwrap();
    let path = store.named(&digest);
    drop(store);
    let old = fs::read(play.key()).unwrap();
    let before = fs::read(&path).unwrap();
    for round in 0..3 {
        assert_eq!(crate::rewrap(&play.dir(), &play.key()).unwrap(), 1);
        let after = fs::read(&path).unwrap();
        assert!(after[3 * BLOCK..] == before[3 * BLOCK..], "the document itself is not touched");
        let zero = |slot: &[u8]| slot.iter().all(|b| *b == 0);
        let empty = [&after[BLOCK..2 * BLOCK], &after[2 * BLOCK..3 * BLOCK]].map(zero);
        assert_eq!(empty, [round % 2 == 0, round % 2 == 1], "one slot each time");
        assert_eq!(get(&play.open(), &bytes).unwrap(), bytes);
    }
    fs::write(play.key(), old).unwrap();
    assert!(matches!(play.try_open(), Err(Error::WrongKey { .. })));
    assert!(!play.key().with_extension("next").exists());
}
