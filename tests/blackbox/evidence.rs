//! Evidence and copies: checking leaves everything as it is, backups and restores leave nothing by halves.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rocksdb::{DB, IteratorMode, Options};

use crate::kit::{Dice, Done, Server, SimLedger, copy_dir, run, run_in, yuanliu};

/// Every file and folder below a directory with size and time of its last change.
fn state(dir: &Path) -> Vec<(PathBuf, u64, SystemTime)> {
    let (mut all, mut left) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = left.pop() {
        let meta = fs::metadata(&dir).unwrap();
        all.push((dir.clone(), 0, meta.modified().unwrap()));
        for entry in fs::read_dir(&dir).unwrap().map(Result::unwrap) {
            let meta = entry.metadata().unwrap();
            if meta.is_dir() {
                left.push(entry.path());
            } else {
                all.push((entry.path(), meta.len(), meta.modified().unwrap()));
            }
        }
    }
    all.sort();
    all
}

fn verify(data: &Path) -> Done {
    run(["verify".as_ref(), "--data".as_ref(), data.as_os_str()])
}

fn rebuild(data: &Path) -> Done {
    run(["rebuild".as_ref(), "--data".as_ref(), data.as_os_str()])
}

async fn recorded(dice: &mut Dice, statements: usize) -> SimLedger {
    let ledger = SimLedger::create(dice.roll(), statements);
    ledger.record_all().await;
    ledger
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_leaves_every_file_as_it_is_even_after_a_crash() {
    let mut dice = Dice::new("evidence");
    let ledger = SimLedger::create(dice.roll(), 700);
    let mut server = Server::start(&ledger.data);
    ledger.submit(&ledger.client(&server).await, 0..ledger.statements.len()).await;
    // Entries are in the write-ahead file only, the view is behind the log.
    server.kill();
    let before = state(&ledger.data);
    let temp = tempfile::tempdir().unwrap();
    let (tmp, scratch) = (temp.path().join("tmp"), temp.path().join("scratch"));
    fs::create_dir_all(&tmp).unwrap();
    fs::create_dir_all(&scratch).unwrap();
    let report =
        run_in(yuanliu().args(["verify", "--json", "--data"]).arg(&ledger.data).env("TMPDIR", &tmp)).ok();
    assert_eq!(report["entries"], ledger.statements.len() as u64 + 1);
    assert_eq!(state(&ledger.data), before);
    let nowhere = temp.path().join("none");
    let elsewhere = run_in(
        yuanliu()
            .args(["verify", "--json", "--data"])
            .arg(&ledger.data)
            .env("TMPDIR", &nowhere)
            .arg("--scratch")
            .arg(&scratch),
    );
    assert_eq!(elsewhere.ok(), report);
    let homeless = run_in(yuanliu().args(["verify", "--data"]).arg(&ledger.data).env("TMPDIR", &nowhere));
    assert!(homeless.code == Some(4) && homeless.stderr.contains("--scratch"), "{homeless:?}");
    for dir in [&tmp, &scratch] {
        assert_eq!(fs::read_dir(dir).unwrap().count(), 0, "the scratch view is gone");
    }
    // A copy without lock file and view, as a backup is.
    fs::remove_file(ledger.data.join("lock")).unwrap();
    fs::remove_dir_all(ledger.data.join("view")).unwrap();
    let before = state(&ledger.data);
    let bare = verify(&ledger.data).ok();
    assert_eq!((&bare["root"], &bare["view_ok"]), (&report["root"], &serde_json::Value::Null));
    assert_eq!(state(&ledger.data), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tampered_view_is_noticed_and_rebuilding_mends_it() {
    let mut dice = Dice::new("tampered view");
    let ledger = recorded(&mut dice, 420).await;
    assert_eq!(verify(&ledger.data).ok()["view_ok"], true);
    let name = fs::read_to_string(ledger.data.join("view/CURRENT")).unwrap();
    let path = ledger.data.join("view").join(name.trim());
    let db = DB::open(&Options::default(), &path).unwrap();
    let rows: Vec<_> = db.iterator(IteratorMode::Start).map(Result::unwrap).collect();
    let (key, value) = &rows[dice.between(1, rows.len())];
    let mut changed = value.to_vec();
    match changed.last_mut() {
        Some(last) => *last ^= 1,
        None => changed.push(1),
    }
    db.put(key, changed).unwrap();
    drop(db);
    let done = verify(&ledger.data);
    let report = done.json();
    assert_eq!(done.code, Some(1), "{done:?}");
    assert_eq!((&report["ok"], &report["view_ok"]), (&false.into(), &false.into()), "{report}");
    assert_eq!(report["error"]["reason"], "VIEW_DIFFERS");
    assert!(report["error"]["message"].as_str().unwrap().contains("yuanliu rebuild"), "{report}");
    assert!(report.get("index").is_none(), "no entry is at fault");

    let rebuilt = rebuild(&ledger.data);
    let told = rebuilt.json();
    assert_eq!((rebuilt.code, &told["same"], &told["ok"]), (Some(1), &false.into(), &false.into()));
    assert_eq!(verify(&ledger.data).ok()["view_ok"], true);

    // A row more, a row less, and a view that cannot be opened are noticed as well.
    let view = || {
        let name = fs::read_to_string(ledger.data.join("view/CURRENT")).unwrap();
        ledger.data.join("view").join(name.trim())
    };
    let db = DB::open(&Options::default(), view()).unwrap();
    db.put([200, 1, 2], "more").unwrap();
    drop(db);
    assert_eq!(verify(&ledger.data).json()["view_ok"], false);
    fs::remove_file(view().join("CURRENT")).unwrap();
    assert_eq!(verify(&ledger.data).json()["view_ok"], false);
    rebuild(&ledger.data);
    assert_eq!(verify(&ledger.data).ok()["view_ok"], true);
}

/// The table files of a log, largest first.
fn tables(data: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data.join("log")).unwrap().map(|e| e.unwrap().path());
    let mut tables: Vec<PathBuf> = entries.filter(|p| p.extension().is_some_and(|e| e == "sst")).collect();
    tables.sort_by_key(|p| std::cmp::Reverse(fs::metadata(p).unwrap().len()));
    tables
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_files_are_told_of_in_the_one_shape() {
    let mut dice = Dice::new("damaged files");
    let ledger = recorded(&mut dice, 900).await;
    // Opening for writing moves what the write-ahead file holds into a table.
    rebuild(&ledger.data).ok();
    let table = tables(&ledger.data).into_iter().next().expect("a table");
    let sound = fs::read(&table).unwrap();
    let spoil = |from: usize, to: usize| {
        let mut bytes = sound.clone();
        bytes[from..to].fill(0xa5);
        fs::write(&table, bytes).unwrap();
    };
    let shape = |done: &Done, codes: &[i32]| {
        assert!(codes.contains(&done.code.unwrap()), "{done:?}");
        let report = done.json();
        assert_eq!(report["ok"], false, "{report}");
        assert_eq!(report["error"]["exit"], done.code.unwrap());
        assert!(report["error"]["message"].as_str().is_some_and(|m| !m.is_empty()), "{report}");
        report
    };
    // Within the data of the first blocks: entries that cannot be read.
    spoil(64, 400);
    let report = shape(&verify(&ledger.data), &[1]);
    assert!(report["index"].is_u64() && report["fault"].is_string(), "{report}");
    // The end of the file: the log cannot be opened at all.
    spoil(sound.len() - 60, sound.len());
    shape(&verify(&ledger.data), &[1, 4]);
    fs::remove_file(&table).unwrap();
    shape(&verify(&ledger.data), &[1, 4]);
    fs::write(&table, &sound).unwrap();
    assert_eq!(verify(&ledger.data).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_and_restores_leave_nothing_by_halves() {
    let mut dice = Dice::new("halves");
    let ledger = recorded(&mut dice, 900).await;
    let backup = |to: &Path| {
        run(["backup".as_ref(), "--data".as_ref(), ledger.data.as_os_str(), "-o".as_ref(), to.as_os_str()])
    };
    for inside in [ledger.data.join("backup"), ledger.data.join("keys/../a/b")] {
        let done = backup(&inside);
        assert!(done.code == Some(2) && done.stderr.contains("inside the ledger's directory"), "{done:?}");
        assert!(!inside.exists());
    }

    let copy = ledger.beside("copy");
    backup(&copy).ok();
    let restore = |to: &Path| run(["restore".as_ref(), copy.as_os_str(), "--data".as_ref(), to.as_os_str()]);
    let (good, bad) = (ledger.beside("good"), ledger.beside("bad"));
    restore(&good).ok();
    assert!(!good.join("restoring").exists());
    assert_eq!(verify(&good).ok()["view_ok"], true);

    // Killed half-way, it leaves nothing that blocks the next; what only looks alike is not touched.
    let (killed, alike) = (ledger.beside("killed"), ledger.beside("alike"));
    let mut interrupted = 0;
    for round in 0..20 {
        let mut child = yuanliu().arg("restore").arg(&copy).arg("--data").arg(&killed).spawn().unwrap();
        while child.try_wait().unwrap().is_none() && !killed.join("restoring/log/CURRENT").exists() {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_millis(round));
        child.kill().unwrap();
        child.wait().unwrap();
        interrupted += u32::from(killed.join("restoring").exists() && !killed.join("log").exists());
        if killed.join("log").exists() {
            fs::remove_dir_all(&killed).unwrap();
        }
    }
    assert!(interrupted > 0, "never in the middle");
    restore(&killed).ok();
    assert!(!killed.join("restoring").exists());
    assert_eq!(verify(&killed).ok()["view_ok"], true);
    fs::create_dir_all(alike.join("restoring")).unwrap();
    fs::write(alike.join("restoring/novel.txt"), "Chapter 1").unwrap();
    assert_eq!(restore(&alike).code, Some(2));
    assert!(alike.join("restoring/novel.txt").exists());

    // A backup with a hole fails, and the directory is as it was.
    let table = tables(&copy).into_iter().next().expect("a table");
    let mut bytes = fs::read(&table).unwrap();
    let middle = bytes.len() / 4;
    bytes[middle..middle + 300].fill(0xa5);
    fs::write(&table, bytes).unwrap();
    assert_ne!(restore(&bad).code, Some(0));
    assert!(!bad.exists());
    fs::create_dir_all(bad.join("keys")).unwrap();
    assert_ne!(restore(&bad).code, Some(0));
    let left: Vec<_> = fs::read_dir(&bad).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["keys"]);
    let unused = ledger.beside("unused");
    copy_dir(&good, &unused);
    assert_eq!(restore(&unused).code, Some(2), "a ledger is not overwritten");
}
