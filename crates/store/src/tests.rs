#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::Path};

use custody::{RecordedEntry, Table, View};
use merkle::{CompactRange, Hash, leaf_hash};
use proptest::prelude::*;
use prost::bytes::Bytes;
use tempfile::{TempDir, tempdir};

use crate::{
    Beside, Config, Dir, ReadOnlyDir, Snapshot, Stamped, StoreError, StoredView, ViewBatch, Watermark,
    decode_entry, encode_entry, restore, restore_beside, row::VIEW_VERSION,
};

const LEDGER: Hash = [7; 32];

fn config() -> Config {
    Config { block_cache: 1 << 20, view_memtable: 1 << 20, log_memtable: 1 << 20, background_jobs: 1 }
}

/// An entry whose bytes tell its index apart; large ones go to blob files.
fn entry(index: u64) -> RecordedEntry {
    let n = index as u8;
    let payload = if index % 5 == 4 { vec![n; 100_000] } else { vec![n; 10 + index as usize] };
    RecordedEntry { leaf: [n; 80], chain: [n; 32], envelope: vec![n; 132].into(), payload: payload.into() }
}

/// A ledger with entries 0 to `size` − 1.
fn filled(size: u64) -> (TempDir, Dir) {
    let temp = tempdir().unwrap();
    Dir::create(temp.path(), &config(), &LEDGER, &entry(0)).unwrap();
    let dir = Dir::open(temp.path(), &config()).unwrap();
    let log = dir.open_log().unwrap();
    let mut batch = log.batch();
    (1..size).for_each(|i| batch.push(i, &entry(i)).unwrap());
    assert_eq!(batch.entries().unwrap(), (1..size).map(entry).collect::<Vec<_>>());
    log.write(batch).unwrap();
    drop(log);
    (temp, dir)
}

fn mark(size: u64) -> Watermark {
    let mut range = CompactRange::new();
    (0..size).for_each(|i| range.append(leaf_hash(&i.to_be_bytes())));
    Watermark { chain: [size as u8; 32], range }
}

fn put(view: &StoredView, key: &[u8], value: &[u8], size: u64) {
    let mut batch = ViewBatch::default();
    batch.put(Table::Touch, key, value);
    view.write(batch, &mark(size)).unwrap();
}

#[test]
fn entries_come_back_after_reopening() {
    let (_temp, dir) = filled(12);
    let log = dir.open_log().unwrap();
    assert_eq!((log.size(), log.ledger()), (12, &LEDGER));
    for i in 0..12 {
        assert_eq!(log.entry(i).unwrap(), Some(entry(i)));
    }
    assert_eq!(log.entry(12).unwrap(), None);
    let tail: Vec<_> = log.entries(9).unwrap().map(Result::unwrap).collect();
    assert_eq!(tail, [entry(9), entry(10), entry(11)]);
    assert_eq!(log.entries(12).unwrap().count(), 0);
}

#[test]
fn a_batch_refuses_an_index_out_of_turn() {
    let (_temp, dir) = filled(3);
    let log = dir.open_log().unwrap();
    for wrong in [0, 2, 4] {
        let error = log.batch().push(wrong, &entry(wrong)).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { key, .. } if key == wrong), "{error}");
    }
}

#[test]
fn checkpoints_are_kept_by_size_and_the_newest_is_the_largest() {
    let (_temp, dir) = filled(1);
    let log = dir.open_log().unwrap();
    assert_eq!(log.newest_checkpoint().unwrap(), None);
    for size in [3, 300, 20] {
        log.put_checkpoint(size, &format!("note {size}")).unwrap();
    }
    drop(log);
    let log = dir.open_log().unwrap();
    assert_eq!(log.newest_checkpoint().unwrap(), Some((300, "note 300".into())));
    assert_eq!(log.checkpoint(20).unwrap(), Some("note 20".into()));
    assert_eq!(log.checkpoint(21).unwrap(), None);
}

#[test]
fn a_missing_or_broken_row_is_named_by_index() {
    for (index, row) in [(2, None), (2, Some([0; 113].as_slice())), (0, None)] {
        let (temp, dir) = filled(4);
        drop(dir);
        damage(&temp.path().join("log"), index, row);
        let dir = Dir::open(temp.path(), &config()).unwrap();
        let log = dir.open_log().unwrap();
        let named =
            |e: StoreError| matches!(e, StoreError::Damaged { table: "entry", key, .. } if key == index);
        assert!(named(log.entry(index).unwrap_err()));
        let read: Vec<_> = log.entries(0).unwrap().collect();
        assert_eq!(read.len() as u64, index + 1, "reading ends at the damage");
        assert!(named(read.into_iter().last().unwrap().unwrap_err()));
    }
}

/// Changes a stored row behind the store's back.
fn damage(log: &Path, index: u64, row: Option<&[u8]>) {
    let options = rocksdb::Options::default();
    let families = rocksdb::DB::list_cf(&options, log).unwrap();
    let db = rocksdb::DB::open_cf(&options, log, &families).unwrap();
    let family = db.cf_handle("entry").unwrap();
    match row {
        Some(row) => db.put_cf(family, index.to_be_bytes(), row).unwrap(),
        None => db.delete_cf(family, index.to_be_bytes()).unwrap(),
    }
}

#[test]
fn a_directory_is_open_once_and_the_message_says_where() {
    let (temp, dir) = filled(1);
    let error = Dir::open(temp.path(), &config()).unwrap_err();
    assert!(
        matches!(&error, StoreError::Locked { owner, .. } if *owner == format!("process {}", std::process::id()))
    );
    drop(dir);
    Dir::open(temp.path(), &config()).unwrap();
}

#[test]
fn a_ledger_is_made_in_an_empty_directory_only_and_opened_where_there_is_one() {
    let temp = tempdir().unwrap();
    assert!(matches!(Dir::open(temp.path(), &config()), Err(StoreError::NoLedger(_))));
    fs::write(temp.path().join("file"), "").unwrap();
    let made = Dir::create(temp.path(), &config(), &LEDGER, &entry(0));
    assert!(matches!(made, Err(StoreError::NotEmpty(_))));
}

#[test]
fn a_log_of_another_version_is_refused() {
    let (temp, dir) = filled(1);
    drop(dir);
    let log = temp.path().join("log");
    let families = rocksdb::DB::list_cf(&rocksdb::Options::default(), &log).unwrap();
    let db = rocksdb::DB::open_cf(&rocksdb::Options::default(), &log, &families).unwrap();
    db.put_cf(db.cf_handle("meta").unwrap(), "format", 9u32.to_be_bytes()).unwrap();
    drop(db);
    let error = Dir::open(temp.path(), &config()).unwrap().open_log().unwrap_err();
    assert!(matches!(error, StoreError::Version { what: "the log", found: 9, .. }), "{error}");
}

#[test]
fn what_a_crash_leaves_of_the_view_is_an_earlier_state_with_its_own_watermark() {
    let (_temp, dir) = filled(1);
    let view = dir.open_view().unwrap();
    assert_eq!(view.watermark().unwrap(), Watermark::default());
    put(&view, b"k", b"1", 1);
    view.flush().unwrap();
    put(&view, b"k", b"2", 2);
    assert_eq!((view.watermark().unwrap(), value(&view)), (mark(2), "2".into()));

    // The files as a crash would leave them now.
    let crashed = tempdir().unwrap();
    copy(dir.path(), crashed.path());
    let dir = Dir::open(crashed.path(), &config()).unwrap();
    let view = dir.open_view().unwrap();
    assert_eq!((view.watermark().unwrap(), value(&view)), (mark(1), "1".into()));
}

fn value(view: &StoredView) -> Bytes {
    view.get(Table::Touch, b"k").unwrap().unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => fs::copy(entry.path(), to).map(drop).unwrap(),
        }
    }
}

#[test]
fn a_snapshot_does_not_move() {
    let (_temp, dir) = filled(5);
    let (log, view) = (dir.open_log().unwrap(), dir.open_view().unwrap());
    put(&view, b"a", b"1", 2);
    let old = Snapshot::new(&view, &log).unwrap();
    put(&view, b"a", b"2", 4);
    put(&view, b"ab", b"3", 4);
    let new = Snapshot::new(&view, &log).unwrap();
    let read = |s: &Snapshot<'_>| (s.size(), s.get(Table::Touch, b"a").unwrap(), rows(s, b"", b""));
    assert_eq!(read(&old), (2, Some("1".into()), vec!["a".into()]));
    assert_eq!(read(&new), (4, Some("2".into()), vec!["a".into(), "ab".into()]));
    assert_eq!(old.entry(1).unwrap(), Some(entry(1)));
    assert_eq!(old.entry(2).unwrap(), None, "an entry that this state was not made from");
    assert_ne!(old.digest().unwrap(), new.digest().unwrap());
}

fn rows(view: &impl View, prefix: &[u8], from: &[u8]) -> Vec<Bytes> {
    let mut keys = Vec::new();
    let collect = &mut |key: &[u8], _: &[u8]| {
        keys.push(Bytes::copy_from_slice(key));
        Ok(true)
    };
    view.scan(Table::Touch, prefix, from, collect).unwrap();
    keys
}

#[test]
fn a_scan_stays_within_its_table_and_prefix() {
    let (_temp, dir) = filled(1);
    let (log, view) = (dir.open_log().unwrap(), dir.open_view().unwrap());
    let mut batch = ViewBatch::default();
    for key in [&b"a"[..], b"b", b"b\xff", b"b\xff\xff", b"c"] {
        batch.put(Table::Touch, key, b"v");
        batch.put(Table::Subject, key, b"v");
        batch.put(Table::Statement, key, b"v");
    }
    view.write(batch, &mark(1)).unwrap();
    let snapshot = Snapshot::new(&view, &log).unwrap();
    assert_eq!(rows(&snapshot, b"b", b""), [&b"b"[..], b"b\xff", b"b\xff\xff"]);
    assert_eq!(rows(&snapshot, b"b", b"b\xff"), [&b"b\xff"[..], b"b\xff\xff"]);
    assert_eq!(rows(&snapshot, b"", b"b\xff\xff"), [&b"b\xff\xff"[..], b"c"]);
    let keys: Vec<&[u8]> = vec![b"a", b"aa", b"c"];
    let found = view.multi_get(Table::Touch, &keys).unwrap();
    assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn an_empty_value_takes_a_row_away() {
    let (_temp, dir) = filled(1);
    let (log, view) = (dir.open_log().unwrap(), dir.open_view().unwrap());
    let digest = |view: &StoredView| Snapshot::new(view, &log).unwrap().digest().unwrap();
    put(&view, b"a", b"1", 1);
    let before = digest(&view);
    put(&view, b"b", b"2", 1);
    assert_ne!(digest(&view), before);
    put(&view, b"b", b"", 1);
    assert_eq!(view.get(Table::Touch, b"b").unwrap(), None);
    assert_eq!(rows(&Snapshot::new(&view, &log).unwrap(), b"", b""), [&b"a"[..]]);
    assert_eq!(digest(&view), before, "no trace of it is left");
    put(&view, b"nothing", b"", 1);
    assert_eq!(digest(&view), before, "nothing to take away");
}

#[test]
fn a_new_view_takes_over_only_when_it_is_put_into_use() {
    let (_temp, dir) = filled(1);
    let old = dir.open_view().unwrap();
    put(&old, b"k", b"old", 1);
    old.flush().unwrap();
    let new = dir.new_view().unwrap();
    put(&new, b"k", b"new", 1);
    new.flush().unwrap();
    drop((old, new));
    let old = dir.open_view().unwrap();
    assert_eq!(value(&old), "old", "the attempt was interrupted");
    drop(old);

    let new = dir.new_view().unwrap();
    assert_eq!(new.watermark().unwrap().size(), 0, "what the interrupted attempt left is gone");
    put(&new, b"k", b"newer", 1);
    new.flush().unwrap();
    dir.use_view(&new).unwrap();
    drop(new);
    assert_eq!(value(&dir.open_view().unwrap()), "newer");
    assert_eq!(fs::read_dir(dir.path().join("view")).unwrap().count(), 2, "CURRENT and one view");
}

#[test]
fn a_view_of_another_version_says_that_it_must_be_rebuilt() {
    let (_temp, dir) = filled(1);
    let view = dir.open_view().unwrap();
    view.db().put([0], [9u32.to_be_bytes().as_slice(), &[0; 40]].concat()).unwrap();
    let error = view.watermark().unwrap_err();
    assert!(matches!(error, StoreError::Version { what: "the view", found: 9, .. }), "{error}");
    view.db().put([0], [VIEW_VERSION.to_be_bytes().as_slice(), &[0; 39]].concat()).unwrap();
    assert!(matches!(view.watermark(), Err(StoreError::View(_))));
}

#[test]
fn a_backup_taken_while_the_log_is_open_restores_to_the_same_entries() {
    let (_temp, dir) = filled(12);
    let (backup, restored) = (tempdir().unwrap(), tempdir().unwrap());
    let log = dir.open_log().unwrap();
    log.put_checkpoint(12, "note").unwrap();
    log.backup(backup.path()).unwrap();
    let mut batch = log.batch();
    batch.push(12, &entry(12)).unwrap();
    log.write(batch).unwrap();
    assert!(matches!(log.backup(backup.path()), Err(StoreError::NotEmpty(_))));

    restore(backup.path(), restored.path(), derive).unwrap();
    assert_eq!(names(restored.path()), ["log", "view"]);
    let dir = Dir::open(restored.path(), &config()).unwrap();
    let log = dir.open_log().unwrap();
    let entries: Vec<_> = log.entries(0).unwrap().map(Result::unwrap).collect();
    assert_eq!(entries, (0..12).map(entry).collect::<Vec<_>>());
    assert_eq!(log.checkpoint(12).unwrap(), Some("note".into()));
    assert_eq!(dir.open_view().unwrap().watermark().unwrap().size(), 0);
}

#[test]
fn only_a_backup_is_restored() {
    let (empty, target) = (tempdir().unwrap(), tempdir().unwrap());
    assert!(matches!(restore(empty.path(), target.path(), derive), Err(StoreError::NoLedger(_))));
}

/// A view of a restored log, as good as empty.
fn derive(draft: &Path) -> Result<(), StoreError> {
    Dir::open(draft, &config())?.open_view()?.flush()
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

#[test]
fn a_failed_restore_leaves_the_directory_as_it_was() {
    let (_temp, dir) = filled(12);
    let (backup, parent) = (tempdir().unwrap(), tempdir().unwrap());
    dir.open_log().unwrap().backup(backup.path()).unwrap();
    let fails = |draft: &Path| {
        assert!(draft.join("log/CURRENT").is_file(), "the log has been copied by then");
        Err::<(), _>(StoreError::View("made up".into()))
    };
    let new = parent.path().join("new");
    assert!(matches!(restore(backup.path(), &new, fails), Err(StoreError::View(_))));
    assert!(!new.exists());
    let kept = parent.path().join("kept");
    fs::create_dir_all(kept.join("keys")).unwrap();
    assert!(restore(backup.path(), &kept, fails).is_err());
    assert_eq!(names(&kept), ["keys"]);
    // A derivation that makes no view is no restored ledger either.
    assert!(restore(backup.path(), &kept, |_| Ok::<_, StoreError>(())).is_err());
    assert_eq!(names(&kept), ["keys"]);
    restore(backup.path(), &kept, derive).unwrap();
    assert_eq!(names(&kept), ["keys", "log", "view"]);
}

/// Documents beside a log: two, or one and then no more.
fn documents(to: &Path, broken: bool) -> Result<(), StoreError> {
    fs::create_dir(to.join("papers")).unwrap();
    fs::write(to.join("papers/one"), "1").unwrap();
    if broken {
        return Err(StoreError::View("made up".into()));
    }
    fs::write(to.join("papers/two"), "2").unwrap();
    Ok(())
}

const PAPERS: &[&str] = &["papers"];

#[test]
fn what_lies_beside_a_log_is_restored_with_it_or_neither_is() {
    let (_temp, dir) = filled(12);
    let (backup, parent) = (tempdir().unwrap(), tempdir().unwrap());
    let log = dir.open_log().unwrap();
    let mut breaks = |to: &Path| {
        assert!(!to.join("log/CURRENT").exists(), "the copy is no ledger before all of it is there");
        documents(to, true)
    };
    let failed = log.backup_beside(backup.path(), Beside { names: PAPERS, copy: &mut breaks });
    assert!(matches!(failed, Err(StoreError::View(_))));
    assert_eq!(names(backup.path()), [] as [&str; 0], "and can be made again at the same place");
    log.backup_beside(backup.path(), Beside { names: PAPERS, copy: &mut |to: &Path| documents(to, false) })
        .unwrap();
    assert_eq!(names(backup.path()), ["log", "papers"]);

    let new = parent.path().join("new");
    let failed = restore_beside(
        backup.path(),
        &new,
        Beside { names: PAPERS, copy: &mut |to: &Path| documents(to, true) },
        derive,
    );
    assert!(matches!(failed, Err(StoreError::View(_))) && !new.exists());
    restore_beside(
        backup.path(),
        &new,
        Beside { names: PAPERS, copy: &mut |to: &Path| documents(to, false) },
        derive,
    )
    .unwrap();
    assert_eq!((names(&new), names(&new.join("papers"))), (words("log papers view"), words("one two")));
    // Nothing beside it is nothing to move.
    restore_beside(
        backup.path(),
        &parent.path().join("bare"),
        Beside { names: PAPERS, copy: &mut |_: &Path| Ok(()) },
        derive,
    )
    .unwrap();
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(ToOwned::to_owned).collect()
}

#[test]
fn a_restore_that_was_killed_among_the_documents_or_the_moves_is_run_again() {
    let (_temp, dir) = filled(12);
    let (backup, new) = (tempdir().unwrap(), tempdir().unwrap());
    dir.open_log().unwrap().backup(backup.path()).unwrap();
    let draft = new.path().join("restoring");
    for moved in [&[][..], &["papers"], &["papers", "view"]] {
        // What a kill leaves: the mark without its lock, and what had been done by then.
        fs::create_dir(&draft).unwrap();
        fs::write(draft.join("yuanliu-restore"), "process 1\n").unwrap();
        let _ = documents(&draft, true);
        for name in moved {
            fs::create_dir_all(draft.join(name)).unwrap();
            fs::rename(draft.join(name), new.path().join(name)).unwrap();
        }
        let beside = Beside { names: PAPERS, copy: &mut |to: &Path| documents(to, false) };
        restore_beside(backup.path(), new.path(), beside, derive).unwrap();
        assert_eq!(names(new.path()), ["log", "papers", "view"], "{moved:?}");
        assert_eq!(names(&new.path().join("papers")), ["one", "two"]);
        for name in names(new.path()) {
            fs::remove_dir_all(new.path().join(name)).unwrap();
        }
    }
}

#[test]
fn a_backup_does_not_go_into_the_ledger_that_it_is_of() {
    let (_temp, dir) = filled(3);
    let log = dir.open_log().unwrap();
    let inside = dir.path().join("a/b");
    assert!(matches!(log.backup(&inside), Err(StoreError::Inside { .. })));
    assert!(matches!(log.backup(dir.path()), Err(StoreError::Inside { .. })));
    assert!(!dir.path().join("a").exists());
    let link = tempdir().unwrap();
    let link = link.path().join("link");
    std::os::unix::fs::symlink(dir.path(), &link).unwrap();
    assert!(matches!(log.backup(&link.join("copy")), Err(StoreError::Inside { .. })));
}

#[test]
fn looking_at_a_ledger_changes_no_file_and_sees_what_was_not_yet_flushed() {
    let (temp, dir) = filled(12);
    let view = dir.open_view().unwrap();
    put(&view, b"k", b"flushed", 3);
    view.flush().unwrap();
    drop((view, dir));
    let state = |path: &Path| {
        let mut all: Vec<(String, u64, std::time::SystemTime)> = Vec::new();
        let mut left = vec![path.to_owned()];
        while let Some(dir) = left.pop() {
            for entry in fs::read_dir(&dir).unwrap().map(Result::unwrap) {
                let meta = entry.metadata().unwrap();
                if meta.is_dir() {
                    left.push(entry.path());
                }
                let name = entry.path().display().to_string();
                all.push((name, meta.len(), meta.modified().unwrap()));
            }
        }
        all.sort();
        all
    };
    let before = state(temp.path());
    let elsewhere = tempdir().unwrap();
    {
        let dir = ReadOnlyDir::open(temp.path(), &config()).unwrap();
        assert!(
            matches!(Dir::open(temp.path(), &config()), Err(StoreError::Locked { .. })),
            "shared with readers"
        );
        let also = ReadOnlyDir::open(temp.path(), &config()).unwrap();
        let log = dir.open_log().unwrap();
        let entries: Vec<_> = log.entries(0).unwrap().map(Result::unwrap).collect();
        assert_eq!(entries, (0..12).map(entry).collect::<Vec<_>>());
        assert!(log.write(log.batch()).is_err() || log.size() == 12);
        assert!(log.put_checkpoint(12, "note").is_err(), "it cannot be written to");
        let view = also.open_view().unwrap().unwrap();
        assert_eq!(view.watermark().unwrap().size(), 3);
        assert_eq!(view.get(Table::Touch, b"k").unwrap().unwrap(), "flushed");
        let digest = Snapshot::new(&view, &log).unwrap().digest().unwrap();
        let scratch = dir.scratch_view(&elsewhere.path().join("view")).unwrap();
        put(&scratch, b"k", b"flushed", 3);
        assert_eq!(Snapshot::new(&scratch, &log).unwrap().digest().unwrap(), digest);
    }
    assert_eq!(state(temp.path()), before);
    let dir = Dir::open(temp.path(), &config()).unwrap();
    assert!(matches!(ReadOnlyDir::open(temp.path(), &config()), Err(StoreError::Locked { .. })));
    drop(dir);
    fs::remove_file(temp.path().join("lock")).unwrap();
    assert!(ReadOnlyDir::open(temp.path(), &config()).is_ok(), "a copy without a lock file");
}

proptest! {
    #[test]
    fn rows_of_entries_are_read_back_exactly_and_any_cut_is_noticed_or_shortens_the_payload(
        leaf in any::<[u8; 40]>(), chain: Hash,
        envelope in proptest::collection::vec(any::<u8>(), 0..200),
        payload in proptest::collection::vec(any::<u8>(), 0..200),
        cut in 0usize..400,
    ) {
        let leaf: [u8; 80] = [leaf, leaf].concat().try_into().unwrap();
        let entry = RecordedEntry { leaf, chain, envelope: envelope.into(), payload: payload.into() };
        let row = Bytes::from(encode_entry(&entry).unwrap());
        prop_assert_eq!(decode_entry(&row), Some(entry.clone()));
        let cut = cut.min(row.len());
        match decode_entry(&row.slice(..cut)) {
            None => prop_assert!(cut < 114 + entry.envelope.len()),
            Some(short) => prop_assert_eq!(short.payload, entry.payload.slice(..cut - 114 - entry.envelope.len())),
        }
    }

    #[test]
    fn watermarks_are_read_back_exactly(size in 0u64..200) {
        prop_assert_eq!(Watermark::decode(&mark(size).encode()), Some((VIEW_VERSION, Some(mark(size)))));
    }
}

#[test]
fn stamped_checkpoints_are_found_from_either_side_and_are_in_backups() {
    let (_temp, dir) = filled(3);
    let log = dir.open_log().unwrap();
    assert_eq!((log.stamped_from(0).unwrap(), log.stamped_up_to(u64::MAX).unwrap()), (None, None));
    let stamped = |size: u64, tokens: u8| Stamped {
        size,
        note: format!("note {size}"),
        tokens: (0..tokens).map(|token| vec![token; 300]).collect(),
    };
    for (size, tokens) in [(300, 1), (3, 2), (20, 1), (20, 3)] {
        log.put_stamped(&stamped(size, tokens)).unwrap();
    }
    log.put_cosigned(7, "cosigned").unwrap();
    let (three, twenty, most) = (stamped(3, 2), stamped(20, 3), stamped(300, 1));
    let (backup, restored) = (tempdir().unwrap(), tempdir().unwrap());
    log.backup(backup.path()).unwrap();
    restore(backup.path(), restored.path(), derive).unwrap();
    drop(log);
    let copy = Dir::open(restored.path(), &config()).unwrap();
    for log in [dir.open_log().unwrap(), copy.open_log().unwrap()] {
        let all: Vec<Stamped> = log.stamps().unwrap().map(Result::unwrap).collect();
        assert_eq!(all, [three.clone(), twenty.clone(), most.clone()]);
        assert_eq!(log.stamped_from(4).unwrap(), Some(twenty.clone()));
        assert_eq!(log.stamped_from(20).unwrap(), Some(twenty.clone()));
        assert_eq!(log.stamped_from(301).unwrap(), None);
        assert_eq!(log.stamped_up_to(2).unwrap(), None);
        assert_eq!(log.stamped_up_to(299).unwrap(), Some(twenty.clone()));
        assert_eq!(log.stamped_up_to(u64::MAX).unwrap(), Some(most.clone()));
    }
}

#[test]
fn a_damaged_stamp_is_named_by_its_size() {
    let (_temp, dir) = filled(3);
    let log = dir.open_log().unwrap();
    log.put_stamped(&Stamped { size: 3, note: "note".into(), tokens: Vec::new() }).unwrap();
    let named = |e: &StoreError| matches!(e, StoreError::Damaged { table: "checkpoint", key: 3, .. });
    assert!(named(&log.stamped_from(0).unwrap_err()), "a note without tokens");
    let mut all = log.stamps().unwrap();
    assert!(named(&all.next().unwrap().unwrap_err()) && all.next().is_none());
}
