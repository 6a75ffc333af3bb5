//! What is wrong is noticed, named, and not made worse.

use std::{fs, path::Path, sync::atomic::Ordering::SeqCst};

use custody::View;
use merkle::{Checkpoint, SignerKey, SigningKey};
use statement::{LeafType, Reason};
use store::Dir;

use super::fixture::*;
use crate::{Config, Error, Keys, Ledger, StopCause, Writer, overlay::Overlay, rebuild, sequence::Sequence};

/// A closed ledger with parties and one story: nine entries.
fn closed() -> (tempfile::TempDir, Trade) {
    let (temp, mut trade, ledger) = started();
    submit(&ledger, trade.story(0));
    ledger.shutdown().unwrap();
    (temp, trade)
}

/// Changes a row behind the ledger's back.
fn tamper(log: &Path, index: u64, change: impl FnOnce(&mut Vec<u8>)) {
    let options = rocksdb::Options::default();
    let families = rocksdb::DB::list_cf(&options, log).unwrap();
    let db = rocksdb::DB::open_cf(&options, log, &families).unwrap();
    let family = db.cf_handle("entry").unwrap();
    let mut row = db.get_cf(family, index.to_be_bytes()).unwrap().unwrap();
    change(&mut row);
    db.put_cf(family, index.to_be_bytes(), row).unwrap();
}

fn entry_named(error: &Error) -> Option<u64> {
    match error {
        Error::Entry { index, .. } => Some(*index),
        Error::Store(store::StoreError::Damaged { table: "entry", key, .. }) => Some(*key),
        _ => None,
    }
}

#[test]
fn any_changed_byte_of_any_entry_is_noticed_at_that_entry() {
    let (temp, _trade) = closed();
    let dir = Dir::open(temp.path(), &store::Config::default()).unwrap();
    let (log, view) = (dir.open_log().unwrap(), dir.new_view().unwrap());
    let entries: Vec<_> = log.entries(0).unwrap().map(Result::unwrap).collect();
    // Replays the entries before `index` and then a row in its place, all in memory.
    let replay = |index: usize, row: Vec<u8>| {
        let mut sequence = Sequence::new(Overlay::new(&log, &view, 0, 1 << 20), [0; 32], 0);
        entries[..index].iter().for_each(|entry| sequence.replay(entry).unwrap());
        store::decode_entry(&row.into()).map(|entry| sequence.replay(&entry))
    };
    for (index, entry) in entries.iter().enumerate() {
        let row = store::encode_entry(entry).unwrap();
        assert!(matches!(replay(index, row.clone()), Some(Ok(()))));
        for at in 0..row.len() {
            let mut changed = row.clone();
            changed[at] ^= 1 << (at % 8);
            match replay(index, changed) {
                Some(Ok(())) => panic!("byte {at} of entry {index} may be changed"),
                Some(Err(error)) => assert_eq!(entry_named(&error), Some(index as u64), "byte {at}: {error}"),
                None => assert!((112..114).contains(&at), "only a wrong length makes it no row"),
            }
        }
    }
}

#[test]
fn a_rebuild_names_the_changed_entry_and_leaves_the_old_view() {
    let (temp, trade) = closed();
    for index in [0, 4, 8] {
        let flip = |row: &mut Vec<u8>| *row.last_mut().unwrap() ^= 1;
        tamper(&temp.path().join("log"), index, flip);
        let error = rebuild(temp.path(), &config(), &mut |_, _| {}).unwrap_err();
        assert_eq!(entry_named(&error), Some(index), "{error}");
        tamper(&temp.path().join("log"), index, flip);
    }
    assert_eq!(trade.open(temp.path()).unwrap().head().size, 9);
}

#[test]
fn a_tampered_tail_is_noticed_on_opening() {
    let (temp, trade) = closed();
    fs::remove_dir_all(temp.path().join("view")).unwrap();
    tamper(&temp.path().join("log"), 6, |row| *row.last_mut().unwrap() ^= 1);
    assert_eq!(entry_named(&trade.open(temp.path()).unwrap_err()), Some(6));
}

#[test]
fn another_log_key_is_refused() {
    let (temp, trade) = closed();
    let other = SignerKey::new("ledger.example/test", SigningKey::from_seed(&[9; 32])).unwrap();
    let opened = Ledger::open(temp.path(), Keys { log: other, ..keys() }, config(), trade.clock.clone());
    assert!(matches!(opened, Err(Error::WrongLogKey { .. })));
    let opened =
        Ledger::open(temp.path(), Keys { answer: log_key(), ..keys() }, config(), trade.clock.clone());
    assert!(matches!(opened, Err(Error::WrongAnswerKey { .. })));
}

#[test]
fn a_genesis_whose_log_key_is_not_named_after_its_origin_is_refused() {
    use prost::Message;
    let mut genesis = proto::v1::Genesis::decode(genesis().as_slice()).unwrap();
    let other = SignerKey::new("ledger.example/other", SigningKey::from_seed(&[1; 32])).unwrap();
    genesis.log_key = other.verifier().to_string();
    let temp = tempfile::tempdir().unwrap();
    let made = Ledger::create(temp.path(), &genesis.encode_to_vec(), START);
    assert!(matches!(made, Err(Error::Genesis(e)) if e.field == "log_key"));
}

fn keep_checkpoint(dir: &Path, size: u64, note: &str) {
    let dir = Dir::open(dir, &store::Config::default()).unwrap();
    dir.open_log().unwrap().put_checkpoint(size, note).unwrap();
}

#[test]
fn a_log_shorter_than_a_signed_checkpoint_is_not_continued() {
    let (temp, trade) = closed();
    keep_checkpoint(temp.path(), 10, "whatever");
    let opened = trade.open(temp.path());
    assert!(matches!(opened, Err(Error::LostEntries { entries: 9, signed: 10 })));
}

#[test]
fn a_checkpoint_with_another_root_is_not_continued() {
    let (temp, trade) = closed();
    let forged = Checkpoint::new("ledger.example/test", 9, [4; 32]).unwrap().sign(&log_key()).unwrap();
    keep_checkpoint(temp.path(), 9, &forged.to_string());
    assert!(matches!(trade.open(temp.path()), Err(Error::Fork { size: 9 })));
    // The view's watermark knows no older root; a replay comes past all of them.
    fs::remove_dir_all(temp.path().join("view")).unwrap();
    assert!(matches!(trade.open(temp.path()), Err(Error::Fork { size: 9 })));
}

#[test]
fn a_checkpoint_that_the_log_key_has_not_signed_is_not_believed() {
    let (temp, trade) = closed();
    let other = SignerKey::new("ledger.example/test", SigningKey::from_seed(&[9; 32])).unwrap();
    let forged = Checkpoint::new("ledger.example/test", 9, [4; 32]).unwrap().sign(&other).unwrap();
    keep_checkpoint(temp.path(), 9, &forged.to_string());
    let error = trade.open(temp.path()).unwrap_err();
    assert!(
        matches!(error, Error::Store(store::StoreError::Damaged { table: "checkpoint", key: 9, .. })),
        "{error}"
    );
}

#[test]
fn the_view_of_another_log_is_refused() {
    let (temp, trade) = closed();
    let (other, mut other_trade, ledger) = started();
    other_trade.clock.advance(1);
    submit(&ledger, other_trade.story(50));
    ledger.shutdown().unwrap();
    drop(ledger);
    fs::remove_dir_all(temp.path().join("view")).unwrap();
    fs::rename(other.path().join("view"), temp.path().join("view")).unwrap();
    assert!(matches!(trade.open(temp.path()), Err(Error::ForeignView { view: 9, log: 9 })));
}

#[test]
fn a_clock_set_back_is_noticed_on_opening_and_may_be_accepted() {
    let (temp, mut trade) = closed();
    trade.clock.wall.fetch_sub(60_000_000, SeqCst);
    assert!(matches!(trade.open(temp.path()), Err(Error::ClockJump { ahead_s: 60 })));
    let ledger = trade.open_with(temp.path(), Config { accept_clock_jump: true, ..config() }).unwrap();
    let receipt = submit(&ledger, vec![trade.commission(9..10)]).remove(0).unwrap();
    assert_eq!(receipt.recorded_at, START, "recorded times stand still meanwhile");
}

#[test]
fn a_clock_that_leapt_ahead_is_noticed_on_opening_and_may_be_accepted() {
    let (temp, mut trade) = closed();
    let days = |n: u64| n * 86_400_000_000;
    trade.clock.wall.fetch_add(days(29), SeqCst);
    // That records the access digest of the minute in which it was closed: the new measure.
    drop(trade.open(temp.path()).unwrap());
    trade.clock.wall.fetch_add(days(31), SeqCst);
    let error = trade.open(temp.path()).unwrap_err();
    let (late, most) = (31 * 86_400, 30 * 86_400);
    assert!(
        matches!(error, Error::ClockLeap { behind_s, most_s } if behind_s.abs_diff(late) < 60 && most_s == most),
        "{error}"
    );
    let ledger = trade.open_with(temp.path(), Config { accept_clock_jump: true, ..config() }).unwrap();
    submit(&ledger, vec![trade.commission(9..10)]).remove(0).unwrap();
    drop(ledger);
    drop(trade.open(temp.path()).expect("the time of that entry is the new measure"));
}

#[test]
fn the_writer_stops_when_the_clocks_part_and_reading_goes_on() {
    for (jump, parted_ms) in [(5_001_000_i64, 5_001), (-5_001_000, -5_001)] {
        let (_temp, mut trade, ledger) = started();
        trade.clock.advance(3_600_000_000);
        submit(&ledger, vec![trade.commission(0..1)]).remove(0).unwrap();
        trade.clock.wall.fetch_add(4_999_000, SeqCst);
        submit(&ledger, vec![trade.commission(1..2)]).remove(0).unwrap();
        trade.clock.wall.fetch_sub(4_999_000, SeqCst);
        trade.clock.wall.store(trade.clock.wall.load(SeqCst).wrapping_add_signed(jump), SeqCst);
        let refused = submit(&ledger, vec![trade.commission(2..3)]).remove(0).unwrap_err();
        assert_eq!(refused.reason, Reason::WriterStopped);
        assert_eq!(ledger.status().writer, Writer::Stopped(StopCause::Clock { parted_ms }));
        // An hour has its access digests too.
        let entries = ledger.entries(0, 99, usize::MAX).unwrap();
        assert_eq!(entries.iter().filter(|entry| entry.leaf[1] != LeafType::AccessDigest as u8).count(), 7);
        assert!(matches!(ledger.shutdown(), Err(Error::Stopped(StopCause::Clock { .. }))));
    }
}

#[test]
fn a_view_that_cannot_be_read_stops_the_writer_and_nothing_is_guessed() {
    let (temp, mut trade) = closed();
    // The next subject's number: needed for whatever is new.
    let view = rocksdb::DB::open_default(temp.path().join("view/1")).unwrap();
    let key = [&[custody::Table::Meta as u8], b"next".as_slice()].concat();
    assert!(view.get(&key).unwrap().is_some());
    view.put(&key, b"odd").unwrap();
    drop(view);
    let ledger = trade.open(temp.path()).unwrap();
    let story = trade.story(200);
    let results = submit(&ledger, story);
    assert!(
        results.iter().all(|r| r.as_ref().is_err_and(|e| e.reason == Reason::WriterStopped)),
        "{results:?}"
    );
    assert!(matches!(ledger.status().writer, Writer::Stopped(StopCause::Storage(_))));
    let later = submit(&ledger, vec![trade.commission(0..1)]);
    assert_eq!(later[0].as_ref().unwrap_err().reason, Reason::WriterStopped);
    assert_eq!(ledger.snapshot().unwrap().size(), 9);
    assert!(ledger.shutdown().is_err());
    drop(ledger);
    rebuild(temp.path(), &config(), &mut |_, _| {}).unwrap();
    let ledger = trade.open(temp.path()).unwrap();
    assert!(submit(&ledger, trade.story(300)).iter().all(Result::is_ok));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let (temp, trade) = closed();
    for bad in [Config { queue_links: 0, ..config() }, Config { batch_statements: 0, ..config() }] {
        assert!(matches!(trade.open_with(temp.path(), bad), Err(Error::Setting(_))));
    }
}

#[test]
fn a_ledger_is_open_once() {
    let (temp, trade) = closed();
    let ledger = trade.open(temp.path()).unwrap();
    assert!(matches!(trade.open(temp.path()), Err(Error::Store(store::StoreError::Locked { .. }))));
    assert!(matches!(
        rebuild(temp.path(), &config(), &mut |_, _| {}),
        Err(Error::Store(store::StoreError::Locked { .. }))
    ));
    drop(ledger);
    trade.open(temp.path()).unwrap();
}
