//! Running it: one server a directory, an orderly end, backups, configuration, keys.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use client::{Outcome, SubmitEvent, SubmitOptions};
use futures::stream;
use proto::v1::{GetItemRequest, statement::Body};

use crate::kit::{Dice, Done, Server, SimLedger, Stage, commission, run, run_in, unit, yuanliu};

fn on(command: &str, data: &Path) -> Done {
    run([command.as_ref(), "--data".as_ref(), data.as_os_str()])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_in_use_is_refused_to_everybody_else() {
    let stage = Stage::set().await;
    let data = stage.server.data.clone();
    let target = tempfile::tempdir().unwrap();
    let target = target.path().join("copy");
    let second = run_in(
        yuanliu().args(["serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data"]).arg(&data),
    );
    let backup = run([
        "backup".as_ref(),
        "--data".as_ref(),
        data.as_os_str(),
        "--output".as_ref(),
        target.as_os_str(),
    ]);
    let others = ["verify", "rebuild"].map(|command| on(command, &data));
    for done in others.iter().chain([&second, &backup]) {
        assert_eq!(done.code, Some(4), "{done:?}");
        assert!(done.stderr.contains("is in use by process"), "{done:?}");
    }
    let made = run([
        "init",
        "--data",
        data.to_str().unwrap(),
        "--origin",
        "a.example",
        "--root",
        "org:A",
        "--no-passphrase",
    ]);
    assert_eq!(made.code, Some(2), "{made:?}");
    assert!(made.stderr.contains("holds a ledger already"), "{made:?}");
    // It goes on as if nothing had been.
    stage.submit(&stage.maker.sign(Body::Commission(commission(vec![unit(1)])))).await;
    let size = stage.size().await;
    stage.end(size);
    assert_eq!(on("verify", target.parent().unwrap()).code, Some(2), "no ledger there");
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_end_it_answers_what_it_has_taken_and_ends_well() {
    let mut dice = Dice::new("terminate");
    let ledger = SimLedger::create(dice.roll(), 4_000);
    let mut server = Server::start(&ledger.data);
    let client = ledger.client(&server).await;
    let all: Vec<_> = ledger.statements.iter().map(|s| s.statement.clone()).collect();
    let mut receipts = Vec::new();
    let mut options = SubmitOptions { batch: 16, ..SubmitOptions::default() };
    options.retry.attempts = 0;
    let ended = client
        .submit_stream(stream::iter(all), options, |event| {
            let SubmitEvent::Settled(settled) = event else { return };
            let Outcome::Recorded(receipt) = settled.outcome else { panic!("{:?}", settled.outcome) };
            receipts.push(receipt);
            if receipts.len() == 500 {
                server.terminate();
            }
        })
        .await;
    assert_eq!(server.wait(), 0);
    assert!(receipts.len() >= 500);
    if let Err(ended) = ended {
        assert!(matches!(ended.error, client::ClientError::Retry(_)), "{ended}");
    }
    let report = ledger.verify();
    assert!(report["entries"].as_u64().unwrap() > receipts.len() as u64);
    let rebuilt = on("rebuild", &ledger.data).ok();
    assert_eq!(rebuilt["same"], true, "the view was flushed whole: {rebuilt}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_is_the_same_ledger_and_serves() {
    let mut dice = Dice::new("backup");
    let ledger = SimLedger::create(dice.roll(), 500);
    ledger.record_all().await;
    let report = ledger.verify();
    let (backup, restored) = (ledger.beside("backup"), ledger.beside("restored"));
    let copy = |from: &Path, to: &Path| {
        run(["backup".as_ref(), "--data".as_ref(), from.as_os_str(), "--output".as_ref(), to.as_os_str()])
    };
    let made = copy(&ledger.data, &backup).ok();
    assert_eq!(made["entries"], report["entries"]);
    assert_ne!(copy(&ledger.data, &backup).code, Some(0), "a backup is not overwritten");
    assert!(!backup.join("keys").exists(), "keys stay where they are");
    let restore = || run(["restore".as_ref(), backup.as_os_str(), "--data".as_ref(), restored.as_os_str()]);
    assert_eq!(restore().ok()["entries"], report["entries"]);
    assert_ne!(restore().code, Some(0), "a ledger is not overwritten");
    assert_eq!(on("verify", &restored).ok(), report, "the same root and chain");
    assert_eq!(on("rebuild", &restored).ok()["digest"], on("rebuild", &ledger.data).ok()["digest"]);

    // Without its key it does not serve; with it, it answers and records.
    let keyless = run_in(
        yuanliu()
            .args(["serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data"])
            .arg(&restored),
    );
    assert_eq!(keyless.code, Some(4), "{keyless:?}");
    assert!(keyless.stderr.contains("log.key: put DIR/keys back"), "{keyless:?}");
    fs::create_dir_all(restored.join("keys")).unwrap();
    for key in ["keys/log.key", "keys/answer.key"] {
        fs::copy(ledger.data.join(key), restored.join(key)).unwrap();
    }
    let server = Server::start(&restored);
    let client = ledger.client(&server).await;
    let item = GetItemRequest { item: ledger.example.clone() };
    assert!(client.get_item(item).await.unwrap().item.unwrap().events > 0);
    // All of it again: known already.
    ledger.submit(&client, 0..ledger.statements.len()).await;
    assert_eq!(server.stop(), 0);
    assert_eq!(on("verify", &restored).ok(), report);
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("yuanliu.toml");
    fs::write(
        &file,
        "data = \"/from/file\"\n[server]\nlisten = \"127.0.0.1:1001\"\nhttp_listen = \"127.0.0.1:1002\"\n\
         [server.limits]\ncalls = 77\n[ledger]\nbatch_statements = 5\n",
    )
    .unwrap();
    let config = |args: &[&str], env: &[(&str, &str)]| {
        let mut command = yuanliu();
        command.args(["config", "--json"]).args(args).envs(env.iter().copied());
        run_in(&mut command)
    };
    let defaults = config(&[], &[]).ok();
    assert_eq!(defaults["server"]["listen"], "127.0.0.1:7443");
    assert_eq!(defaults["data"], serde_json::Value::Null);

    let with_file = ["--config", file.to_str().unwrap()];
    let env = [
        ("YUANLIU_SERVER__LISTEN", "127.0.0.1:2001"),
        ("YUANLIU_LEDGER__BATCH_STATEMENTS", "6"),
        // Settings of client commands, which have no say here.
        ("YUANLIU_SERVER", "https://elsewhere.example"),
        ("YUANLIU_LEDGER", "00"),
    ];
    let from_file = config(&with_file, &[]).ok();
    assert_eq!(
        (&from_file["data"], &from_file["server"]["limits"]["calls"]),
        (&"/from/file".into(), &77.into())
    );
    assert_eq!(
        (&from_file["server"]["listen"], &from_file["ledger"]["batch_statements"]),
        (&"127.0.0.1:1001".into(), &5.into())
    );
    let from_env = config(&with_file, &env).ok();
    assert_eq!(
        (&from_env["server"]["listen"], &from_env["ledger"]["batch_statements"]),
        (&"127.0.0.1:2001".into(), &6.into())
    );
    assert_eq!(from_env["server"]["http_listen"], "127.0.0.1:1002");
    let flags = [&with_file[..], &["--listen", "127.0.0.1:3001", "--data", "/from/flag"]].concat();
    let from_flags = config(&flags, &env).ok();
    assert_eq!(
        (&from_flags["server"]["listen"], &from_flags["data"]),
        (&"127.0.0.1:3001".into(), &"/from/flag".into())
    );
    assert_eq!(from_flags["ledger"]["batch_statements"], 6);

    let unknown = config(&with_file, &[("YUANLIU_SERVER__LISTENN", "127.0.0.1:1")]);
    assert!(unknown.code != Some(0) && unknown.stderr.contains("listenn"), "{unknown:?}");
    let missing = config(&["--config", "/nowhere/yuanliu.toml"], &[]);
    assert!(missing.code != Some(0) && missing.stderr.contains("/nowhere/yuanliu.toml"), "{missing:?}");

    // What is printed for people can be read back.
    let printed = run_in(yuanliu().args(["config"]).args(flags));
    assert_eq!(printed.code, Some(0), "{printed:?}");
    fs::write(&file, &printed.stdout).unwrap();
    let again = config(&with_file, &[]).ok();
    assert_eq!(again["server"]["listen"], "127.0.0.1:3001");
}

#[test]
fn keys_are_made_for_their_owner_only_and_never_overwritten() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("a.pem");
    let keygen = |passphrase: Option<&str>, file: &Path| {
        let mut command = yuanliu();
        command.args(["keygen", "--json", "-o"]).arg(file);
        match passphrase {
            Some(text) => command.env("YUANLIU_PASSPHRASE", text),
            None => command.arg("--no-passphrase"),
        };
        run_in(&mut command)
    };
    let made = keygen(None, &file).ok();
    assert_eq!(made["key_id"].as_str().unwrap().len(), 64);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("-----BEGIN PRIVATE KEY-----"));
    let again = keygen(None, &file);
    assert!(again.code != Some(0) && again.stderr.contains("never overwritten"), "{again:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);

    let sealed = temp.path().join("b.pem");
    keygen(Some("correct horse"), &sealed).ok();
    assert!(fs::read_to_string(&sealed).unwrap().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    for file in [&file, &sealed] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let nowhere = run_in(yuanliu().args(["keygen", "-o"]).arg(temp.path().join("c.pem")));
    assert_eq!(nowhere.code, Some(2), "no terminal to ask for a passphrase: {nowhere:?}");
    assert!(!temp.path().join("c.pem").exists());
}

#[test]
fn a_new_ledger_keeps_its_keys_to_itself_and_is_made_once() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("ledger");
    let init = || {
        run([
            "init",
            "--data",
            data.to_str().unwrap(),
            "--origin",
            "a.example/log",
            "--no-passphrase",
            "--root",
            "org:One",
            "--root",
            "org:Two",
            "--root",
            "org:Three",
        ])
    };
    let made = init().ok();
    assert_eq!(made["threshold"], 2, "more than half");
    assert!(made["log_key"].as_str().unwrap().starts_with("a.example/log+"));
    for key in ["log.key", "answer.key", "root-1.pem", "root-2.pem", "root-3.pem"] {
        let mode = fs::metadata(data.join("keys").join(key)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
    let again = init();
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.stderr.contains("holds a ledger already"), "{again:?}");
    let report = on("verify", &data).ok();
    assert_eq!((&report["ok"], &report["entries"]), (&true.into(), &1.into()));
    let never = temp.path().join("never");
    for (origin, root) in [("a.example", "uscc:1"), ("a b", "org:A")] {
        let never = never.to_str().unwrap();
        let bad = run(["init", "--data", never, "--origin", origin, "--root", root, "--no-passphrase"]);
        assert_eq!(bad.code, Some(2), "{bad:?}");
    }
    assert!(!never.join("log").exists());
}

#[test]
fn a_ledger_is_made_whole_or_not_at_all() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("ledger");
    let init = |more: &[&str]| {
        let mut command = yuanliu();
        command
            .args(["init", "--json", "--origin", "a.example/log", "--root", "org:One", "--data"])
            .arg(&data);
        command.args(more).env_remove("YUANLIU_PASSPHRASE").stdin(std::process::Stdio::null());
        command
    };
    let asked = run_in(&mut init(&[]));
    assert_eq!(asked.code, Some(2), "nobody to ask for a passphrase: {asked:?}");
    assert!(!data.exists(), "{asked:?}");
    let missing = format!("org:Two={}", temp.path().join("none.pem").display());
    let missing = run_in(&mut init(&["--no-passphrase", "--root", &missing]));
    assert_eq!(missing.code, Some(2), "a key file that is not there: {missing:?}");
    assert!(!data.exists() && missing.stderr.contains("none.pem"), "{missing:?}");

    // Killed while it waits for the second key, the first of which it has made.
    let pipe = temp.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let root = format!("org:Two={}", pipe.display());
    let mut waiting = init(&["--no-passphrase", "--root", &root]).spawn().unwrap();
    let first = data.join("founding/ledger/keys/root-1.pem");
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while !first.exists() {
        assert!(std::time::Instant::now() < deadline, "no key was made");
        std::thread::sleep(Duration::from_millis(10));
    }
    let second = run_in(&mut init(&["--no-passphrase"]));
    assert_ne!(second.code, Some(0), "one is at it already: {second:?}");
    waiting.kill().unwrap();
    waiting.wait().unwrap();
    run_in(&mut init(&["--no-passphrase"])).ok();
    let mut left: Vec<_> = fs::read_dir(&data).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["keys", "log"]);
    assert_eq!(on("verify", &data).ok()["ok"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_say_what_a_caller_can_do() {
    let stage = Stage::set().await;
    let (temp, server) = (tempfile::tempdir().unwrap(), stage.server.url());
    let key = stage.server.data.join("keys/root-1.pem");
    let file = |name: &str, text: &str| {
        fs::write(temp.path().join(name), text).unwrap();
        temp.path().join(name)
    };
    let site =
        r#"{"site":{"site":"site:org:Maker/A","party":"org:Maker","name":"A","address":"B","country":"KR"}}"#;
    let sound = file("sound.json", site);
    let foreign = file("foreign.json", &site.replacen('{', r#"{"header":{"party":"org:Maker"},"#, 1));
    let refused = file(
        "refused.json",
        r#"{"mandate":{"number":"1","agent":"org:Nobody","acts":["ship"],"validFrom":"2026-01-01"}}"#,
    );
    let invalid = file("invalid.json", &site.replace("KR", "Korea"));
    let no_json = file("text.json", "site: A");
    let submit = |server: &str, file: &Path, more: &[&str]| {
        let mut command = yuanliu();
        command.args(["submit", "--server", server, "--party", "org:Root Authority", "--json", "--ca"]);
        command.arg(&stage.server.ca).arg("--key").arg(&key).arg(file).args(more);
        run_in(&mut command)
    };
    let nobody = "https://localhost:1";
    let missing = temp.path().join("missing.json");
    let odd = file("paper.odd", "what is this");
    let table = [
        ("recorded", submit(&server, &sound, &[]), 0, "\"index\""),
        ("of another party", submit(&server, &foreign, &[]), 1, "org:Maker"),
        ("refused by the server", submit(&server, &refused, &[]), 1, "TARGET_UNKNOWN"),
        ("refused before signing", submit(&server, &invalid, &[]), 1, "site.country"),
        ("no statement", submit(&server, &no_json, &[]), 1, "text.json"),
        ("no such flag", submit(&server, &sound, &["--nonsense"]), 2, "--nonsense"),
        ("nobody there", submit(nobody, &sound, &[]), 3, "localhost"),
        ("no such file", submit(&server, &missing, &[]), 4, "missing.json"),
        ("no such type", submit(&server, &sound, &["--attach", odd.to_str().unwrap()]), 2, "paper.odd"),
        ("no such paper", submit(&server, &sound, &["--attach", "none.pdf"]), 4, "none.pdf"),
    ];
    for (name, done, code, told) in table {
        assert_eq!(done.code, Some(code), "{name}: {done:?}");
        assert!(done.stdout.contains(told) || done.stderr.contains(told), "{name}: {done:?}");
    }
    let size = stage.size().await;
    stage.end(size);
}

/// Runs the program with files of at most 2 MiB, which ends it or, where that signal is ignored, is an error of
/// the disk.
fn run_small(ignored: bool, args: &[&std::ffi::OsStr]) -> Done {
    let trap = if ignored { "trap '' XFSZ; " } else { "" };
    let script = format!("{trap}ulimit -c 0; ulimit -f 4096; exec \"$@\"");
    let mut command = std::process::Command::new("sh");
    run_in(command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_yuanliu")]).args(args))
}

#[test]
fn a_copy_that_fails_or_is_killed_among_the_documents_is_none_and_is_made_again() {
    let temp = tempfile::tempdir().unwrap();
    let place = |name: &str| temp.path().join(name);
    let (data, backup, restored) = (place("ledger"), place("backup"), place("restored"));
    let init =
        "init --origin a.example --root org:A --no-passphrase --data".split(' ').map(std::ffi::OsStr::new);
    run(init.chain([data.as_os_str()])).ok();
    let documents = ["ab", "cd"].map(|n| format!("attachments/{n}/{n}/{}", n.repeat(32)));
    for (name, size) in documents.iter().zip([6 << 20, 1_000]) {
        fs::create_dir_all(data.join(name).parent().unwrap()).unwrap();
        fs::write(data.join(name), vec![7; size]).unwrap();
    }
    let whole = |dir: &Path| {
        documents.iter().all(|name| fs::read(dir.join(name)).unwrap() == fs::read(data.join(name)).unwrap())
    };

    let back_up = ["backup".as_ref(), "--data".as_ref(), data.as_os_str(), "-o".as_ref(), backup.as_os_str()];
    assert_eq!(run_small(true, &back_up).code, Some(4));
    assert!(!backup.join("log").exists() && !backup.join("attachments").exists());
    // One that was killed cannot clean up; nobody takes it for a backup.
    assert_eq!(run_small(false, &back_up).code, None);
    let restore = ["restore".as_ref(), backup.as_os_str(), "--data".as_ref(), restored.as_os_str()];
    assert_eq!(run(restore).code, Some(2));
    fs::remove_dir_all(&backup).unwrap();
    run(back_up).ok();
    assert!(whole(&backup));

    for ignored in [true, false, true] {
        let done = run_small(ignored, &restore);
        assert_eq!(done.code, ignored.then_some(4), "{done:?}");
        assert!(!restored.join("log").exists() && !restored.join("attachments").exists());
    }
    run(restore).ok();
    assert!(
        whole(&restored) && restored.join("log/CURRENT").exists() && !restored.join("restoring").exists()
    );
}

#[test]
fn records_and_backups_are_for_their_owner_only() {
    let temp = tempfile::tempdir().unwrap();
    let (data, backup, restored) =
        (temp.path().join("ledger"), temp.path().join("backup"), temp.path().join("restored"));
    let open = |args: &[&std::ffi::OsStr]| {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "umask 022; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_yuanliu")]).args(args);
        let done = run_in(&mut command);
        assert_eq!(done.code, Some(0), "{done:?}");
    };
    let words = |text: &'static str| text.split(' ').map(std::ffi::OsStr::new).collect::<Vec<_>>();
    let init = words("init --origin a.example --root org:A --no-passphrase --data");
    open(&[&init[..], &[data.as_os_str()]].concat());
    open(&[&words("rebuild --data")[..], &[data.as_os_str()]].concat());
    open(&[&words("backup --data")[..], &[data.as_os_str(), "-o".as_ref(), backup.as_os_str()]].concat());
    open(&["restore".as_ref(), backup.as_os_str(), "--data".as_ref(), restored.as_os_str()]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for dir in [&data, &backup, &restored] {
        for name in ["", "log", "view", "keys"] {
            let path = dir.join(name);
            assert!(!path.exists() || mode(&path) == 0o700, "{}: {:04o}", path.display(), mode(&path));
        }
    }
    assert!(restored.join("view").exists() && backup.join("log").exists());

    // A ledger of an earlier version is served, and named.
    for path in [&data, &data.join("log")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    assert_eq!(Server::start(&data).stop(), 0);
    let warned = || fs::read_to_string(data.join("serve.log")).unwrap().contains("chmod 700");
    assert!(warned());
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(Server::start(&data).stop(), 0);
    assert!(!warned());
}

#[test]
fn a_demo_whose_server_does_not_come_back_ends_with_why() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("demo");
    let (ready, log) = (data.join("ready.json"), data.join("serve.log"));
    let spoil = std::thread::spawn(move || {
        let served = || fs::read_to_string(&log).is_ok_and(|text| text.contains("\"serving\""));
        while !served() || !ready.is_file() {
            std::thread::sleep(Duration::from_millis(5));
        }
        // The first server has been found; the next cannot say where it is.
        std::thread::sleep(Duration::from_millis(300));
        fs::remove_file(&ready).unwrap();
        fs::create_dir_all(ready.join("in the way")).unwrap();
    });
    let begin = std::time::Instant::now();
    let done =
        run_in(yuanliu().args(["demo", "--once", "--json", "--statements", "60000", "--data"]).arg(&data));
    spoil.join().unwrap();
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(done.stderr.contains("the server ended by itself"), "{done:?}");
    assert!(!done.stderr.contains("refused;"), "it did not ask a dead server again and again: {done:?}");
    // It waits for a server for half a minute, and would ask a dead one for many.
    assert!(begin.elapsed() < Duration::from_secs(240), "{:?}", begin.elapsed());
}
