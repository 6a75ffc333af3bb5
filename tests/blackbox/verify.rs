//! `yuanliu verify` notices every change of what is stored, and names the entry.

use std::path::Path;

use merkle::{Checkpoint, SignerKey};
use rocksdb::{DB, Options, WriteOptions};
use serde_json::Value;
use statement::Kind;

use crate::kit::{Dice, Done, SimLedger, run};

/// Parts of a row: leaf, chain hash, length of the envelope, envelope, payload.
const LEAF: std::ops::Range<usize> = 0..80;
const CHAIN: std::ops::Range<usize> = 80..112;
const LENGTH: std::ops::Range<usize> = 112..114;

/// The log opened by RocksDB itself, behind the program's back.
pub struct Raw(DB);

impl Raw {
    /// Indices of the seals.
    pub fn seals(&self) -> Vec<u64> {
        let rows = self.0.iterator_cf(self.0.cf_handle("entry").unwrap(), rocksdb::IteratorMode::Start);
        let seals = rows.map(Result::unwrap).filter(|(_, value)| value[1] == 2);
        seals.map(|(key, _)| u64::from_be_bytes(key[..].try_into().unwrap())).collect()
    }

    pub fn open(data: &Path) -> Self {
        let families = DB::list_cf(&Options::default(), data.join("log")).unwrap();
        Self(DB::open_cf(&Options::default(), data.join("log"), families).unwrap())
    }

    pub fn get(&self, family: &str, key: u64) -> Vec<u8> {
        let family = self.0.cf_handle(family).unwrap();
        self.0.get_cf(family, key.to_be_bytes()).unwrap().unwrap()
    }

    fn put(&self, family: &str, key: u64, value: Option<&[u8]>) {
        let family = self.0.cf_handle(family).unwrap();
        let mut options = WriteOptions::default();
        options.set_sync(true);
        match value {
            Some(value) => self.0.put_cf_opt(family, key.to_be_bytes(), value, &options).unwrap(),
            None => self.0.delete_cf_opt(family, key.to_be_bytes(), &options).unwrap(),
        }
    }

    fn checkpoints(&self) -> Vec<u64> {
        let rows = self.0.iterator_cf(self.0.cf_handle("checkpoint").unwrap(), rocksdb::IteratorMode::Start);
        rows.map(|row| u64::from_be_bytes(row.unwrap().0[..].try_into().unwrap())).collect()
    }
}

/// Rows put in place of others, `None` = deleted; put back when that has been looked at.
pub type Change = (&'static str, u64, Option<Vec<u8>>);

pub fn with_changes<T>(data: &Path, changes: &[Change], look: impl FnOnce() -> T) -> T {
    let raw = Raw::open(data);
    let before: Vec<Option<Vec<u8>>> = changes
        .iter()
        .map(|(family, key, _)| raw.0.get_cf(raw.0.cf_handle(family).unwrap(), key.to_be_bytes()).unwrap())
        .collect();
    for (family, key, value) in changes {
        raw.put(family, *key, value.as_deref());
    }
    drop(raw);
    let seen = look();
    let raw = Raw::open(data);
    for ((family, key, _), value) in changes.iter().zip(before) {
        raw.put(family, *key, value.as_deref());
    }
    seen
}

fn verify(data: &Path) -> Done {
    run(["verify".as_ref(), "--data".as_ref(), data.as_os_str()])
}

/// What a change was, and whether it was reported as it must be.
fn judge(what: &str, done: &Done, index: Option<u64>) -> Option<String> {
    let report: Value = serde_json::from_str(done.stdout.trim()).unwrap_or(Value::Null);
    let named = index.is_none_or(|index| report["index"] == index);
    let noticed = done.code == Some(1) && report["ok"] == false && report["fault"].is_string() && named;
    (!noticed).then(|| format!("{what}: expected {index:?}, got {done:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_id_that_is_not_that_of_entry_0_is_noticed() {
    let ledger = ledger(&mut Dice::new("ledger id")).await;
    let raw = Raw::open(&ledger.data);
    let meta = raw.0.cf_handle("meta").unwrap();
    assert_eq!(raw.0.get_cf(meta, "ledger").unwrap().unwrap().len(), 32);
    raw.0.put_cf(meta, "ledger", [1; 32]).unwrap();
    drop(raw);
    assert_eq!(judge("ledger id", &verify(&ledger.data), Some(0)), None);
}

/// A ledger of a few hundred statements, stopped.
async fn ledger(dice: &mut Dice) -> SimLedger {
    let ledger = SimLedger::create(dice.roll(), 420);
    ledger.record_all().await;
    ledger
}

/// Index of the first statement of a kind.
fn first(ledger: &SimLedger, kind: Kind) -> Option<u64> {
    ledger.statements.iter().position(|s| s.kind == kind).map(|i| i as u64 + 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_anywhere_is_noticed_and_its_entry_named() {
    let mut dice = Dice::new("changed byte");
    let ledger = ledger(&mut dice).await;
    let entries = ledger.statements.len() as u64 + 1;
    let report = verify(&ledger.data).ok();
    assert_eq!((&report["ok"], report["entries"].as_u64()), (&true.into(), Some(entries)));
    assert!(["root", "chain"].iter().all(|f| report[f].as_str().is_some_and(|h| h.len() == 64)));

    let last = entries - 1;
    let kinds = [Kind::Endorse, Kind::EnrolKey, Kind::Correct, Kind::Void, Kind::Receive];
    let of_kinds = kinds.iter().filter_map(|kind| first(&ledger, *kind));
    let mut sample: Vec<u64> = [0, 1, entries / 2, last].into_iter().chain(of_kinds).collect();
    sample.sort_unstable();
    sample.dedup();
    assert!(sample.len() >= 6, "{sample:?}");
    let mut wrong = Vec::new();
    for index in sample {
        let row = Raw::open(&ledger.data).get("entry", index);
        let envelope = 114 + usize::from(u16::from_be_bytes([row[112], row[113]]));
        let regions = [LEAF, CHAIN, LENGTH, 114..envelope, envelope..row.len()];
        let mut places: Vec<(usize, u8)> = regions
            .into_iter()
            .filter(|region| !region.is_empty())
            .map(|region| (dice.between(region.start, region.end), 1 << dice.between(0, 8)))
            .collect();
        if index == entries / 2 {
            // Corners: version, type, reserved bytes, time, both ends of every part.
            let corners =
                [0, 1, 2, 4, 11, 12, 79, 80, 111, 112, 113, 114, envelope - 1, envelope, row.len() - 1];
            places.extend(corners.map(|at| (at, 1)));
        }
        for (at, flip) in places {
            let mut changed = row.clone();
            changed[at] ^= flip;
            let change = [("entry", index, Some(changed))];
            let done = with_changes(&ledger.data, &change, || verify(&ledger.data));
            wrong.extend(judge(&format!("entry {index} byte {at} flip {flip:#04x}"), &done, Some(index)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(verify(&ledger.data).ok(), report, "all bytes are back");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_exchanged_added_entries_and_false_checkpoints_are_noticed() {
    let mut dice = Dice::new("missing entries");
    let ledger = ledger(&mut dice).await;
    let entries = ledger.statements.len() as u64 + 1;
    let report = verify(&ledger.data).ok();
    let raw = Raw::open(&ledger.data);
    let (middle, last) = (entries / 2, entries - 1);
    let row = |index| Some(raw.get("entry", index));
    let newest = *raw.checkpoints().last().unwrap();
    assert_eq!(newest, entries, "a server that ends signs what it has");
    let note = raw.get("checkpoint", newest);
    let (short, long) = (row(middle).unwrap()[..113].to_vec(), [row(last).unwrap(), vec![0]].concat());
    let other_root = forged(&ledger.log, entries, [7; 32]);
    let larger = forged(&ledger.log, entries + 5, [7; 32]);
    let stranger = SignerKey::new(ledger.log.verifier().name(), client::generate_key().unwrap()).unwrap();
    let by_stranger = forged(
        &stranger,
        entries,
        hex::decode(report["root"].as_str().unwrap()).unwrap().try_into().unwrap(),
    );
    let mut cut = note.clone();
    cut.truncate(note.len() / 2);
    let cases: Vec<(&str, Vec<Change>, u64)> = vec![
        ("last entry deleted", vec![("entry", last, None)], last),
        ("last three deleted", (last - 2..=last).map(|i| ("entry", i, None)).collect(), last - 2),
        ("middle entry deleted", vec![("entry", middle, None)], middle),
        ("genesis deleted", vec![("entry", 0, None)], 0),
        (
            "two exchanged",
            vec![("entry", middle, row(middle + 1)), ("entry", middle + 1, row(middle))],
            middle,
        ),
        ("last repeated", vec![("entry", entries, row(last))], entries),
        ("row cut short", vec![("entry", middle, Some(short))], middle),
        ("row empty", vec![("entry", middle, Some(vec![]))], middle),
        ("row with a byte behind", vec![("entry", last, Some(long))], last),
        ("checkpoint with another root", vec![("checkpoint", newest, Some(other_root.clone().into()))], last),
        ("checkpoint under another size", vec![("checkpoint", newest - 1, Some(note.clone()))], last - 1),
        ("checkpoint of more entries", vec![("checkpoint", entries + 5, Some(larger.into()))], entries),
        ("checkpoint by another key", vec![("checkpoint", newest, Some(by_stranger.into()))], last),
        ("checkpoint cut short", vec![("checkpoint", newest, Some(cut))], last),
        ("checkpoint that is no text", vec![("checkpoint", newest, Some(vec![0xff; 9]))], last),
        (
            "an earlier checkpoint with another root",
            vec![("checkpoint", middle, Some(forged(&ledger.log, middle, [9; 32]).into()))],
            middle - 1,
        ),
    ];
    drop(raw);
    let mut wrong = Vec::new();
    for (what, changes, index) in cases {
        let done = with_changes(&ledger.data, &changes, || verify(&ledger.data));
        wrong.extend(judge(what, &done, Some(index)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(verify(&ledger.data).ok(), report, "everything is back");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_log_than_the_one_expected_is_noticed() {
    let mut dice = Dice::new("expected");
    let ledger = ledger(&mut dice).await;
    let entries = ledger.statements.len() as u64 + 1;
    let plain = verify(&ledger.data).ok();
    let text = |field: &str| plain[field].as_str().unwrap().to_owned();
    assert_eq!(
        (text("ledger"), text("log_key")),
        (hex::encode(ledger.ledger), ledger.log.verifier().to_string())
    );

    // Roots as anybody computes them who has the leaves.
    let raw = Raw::open(&ledger.data);
    let middle = entries / 2;
    let (mut range, mut at_middle) = (merkle::CompactRange::new(), [0; 32]);
    for index in 0..entries {
        range.append(merkle::leaf_hash(&raw.get("entry", index)[LEAF]));
        if index + 1 == middle {
            at_middle = range.root();
        }
    }
    drop(raw);
    let stranger = SignerKey::new(ledger.log.verifier().name(), client::generate_key().unwrap()).unwrap();
    let note = |name: &str, key: &SignerKey, size: u64, root: [u8; 32]| {
        let file = ledger.beside(name);
        std::fs::write(&file, forged(key, size, root)).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let early = note("early", &ledger.log, middle, at_middle);
    let late = note("late", &ledger.log, entries, range.root());
    let check = |more: &[&str]| {
        let args = ["verify", "--data", ledger.data.to_str().unwrap()];
        run(args.into_iter().chain(more.iter().copied()))
    };
    let (id, key) = (text("ledger"), text("log_key"));
    let all = ["--ledger", &id, "--log-key", &key, "--checkpoint", &early, "--checkpoint", &late];
    assert_eq!(check(&all).ok(), plain);
    let (other_id, other_key) = ("ab".repeat(32), stranger.verifier().to_string());
    let table = [
        ("ledger", vec!["--ledger", &other_id], "OTHER_LEDGER"),
        ("log key", vec!["--log-key", &other_key], "OTHER_LOG_KEY"),
        ("root", vec!["--checkpoint", &note("a", &ledger.log, middle, [7; 32])], "CHECKPOINT_DIFFERS"),
        ("size", vec!["--checkpoint", &note("b", &ledger.log, entries + 1, [7; 32])], "CHECKPOINT_DIFFERS"),
        ("signature", vec!["--checkpoint", &note("c", &stranger, middle, at_middle)], "CHECKPOINT_DIFFERS"),
    ]
    .map(|(what, args, reason)| (what, args.into_iter().map(str::to_owned).collect::<Vec<_>>(), reason));
    for (what, args, reason) in table {
        let done = check(&args.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(
            (done.code, &done.json()["error"]["reason"]),
            (Some(1), &reason.into()),
            "{what}: {done:?}"
        );
    }
    for (flag, value) in [("--ledger", "00"), ("--log-key", "x"), ("--checkpoint", file!())] {
        assert_eq!(check(&[flag, value]).code, Some(2), "{flag}");
    }

    // Cut together with its checkpoints, the log is whole in itself; a checkpoint kept elsewhere tells.
    let sizes = Raw::open(&ledger.data).checkpoints();
    let mut cut: Vec<Change> = sizes.into_iter().map(|size| ("checkpoint", size, None)).collect();
    cut.push(("entry", entries - 1, None));
    std::fs::remove_dir_all(ledger.data.join("view")).unwrap();
    let (alone, told) =
        with_changes(&ledger.data, &cut, || (verify(&ledger.data), check(&["--checkpoint", &late])));
    assert_eq!(alone.ok()["entries"], entries - 1);
    assert_eq!(
        (told.code, &told.json()["error"]["reason"]),
        (Some(1), &"CHECKPOINT_DIFFERS".into()),
        "{told:?}"
    );
}

fn forged(key: &SignerKey, size: u64, root: [u8; 32]) -> String {
    Checkpoint::new(key.verifier().name(), size, root).unwrap().sign(key).unwrap().to_string()
}
