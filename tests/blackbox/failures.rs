//! How the program fails: exit codes, one shape for programs, each cause told once.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use client::SubmitOptions;
use proto::v1::statement::Body;
use serde_json::Value;

use crate::kit::{
    Dice, Done, Server, SimLedger, Stage, commission, now_us, run, run_in, ship, unit, yuanliu,
};

/// The failure at the end of standard output, which must be of the one shape.
fn failure(done: &Done, code: i32) -> Value {
    assert_eq!(done.code, Some(code), "{done:?}");
    let last = done.stdout.lines().last().unwrap_or_else(|| panic!("nothing for programs: {done:?}"));
    let report: Value = serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {done:?}"));
    let error = &report["error"];
    assert_eq!((&report["ok"], &error["exit"]), (&false.into(), &code.into()), "{report}");
    assert!(error["reason"].as_str().is_some_and(|r| !r.is_empty()), "{report}");
    assert!(error["message"].as_str().is_some_and(|m| !m.is_empty()), "{report}");
    error.clone()
}

fn serve(data: &Path, more: &[&str], env: &[(&str, &str)]) -> Done {
    let mut command = yuanliu();
    command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data"]);
    run_in(command.arg(data).args(more).envs(env.iter().copied()))
}

/// A file of a test.
fn write(temp: &Path, name: &str, text: &str) -> std::path::PathBuf {
    fs::write(temp.join(name), text).unwrap();
    temp.join(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_caller_named_wrongly_is_wrong_use_and_told_once() {
    let stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let (server, ca) = (stage.server.url(), stage.server.ca.clone());
    let key = temp.path().join("key.pem");
    run_in(yuanliu().args(["keygen", "-o"]).arg(&key).env("YUANLIU_PASSPHRASE", "right"));
    let ask = |ca: &Path, more: &[&str]| {
        let mut command = yuanliu();
        command.args(["ledger", "--json", "--server", &server, "--ca"]).arg(ca).args(more);
        run_in(&mut command)
    };
    let item = |more: &[&str]| {
        let mut command = yuanliu();
        command.args(["item", "--json", &unit(1), "--server", &server, "--party", "org:Maker", "--ca"]);
        command.arg(&ca).arg("--key").arg(&key).args(more).env("YUANLIU_PASSPHRASE", "wrong");
        run_in(&mut command)
    };
    let other = "00".repeat(32);
    let stranger = rcgen_certificate(temp.path());
    let config = |text: &str| {
        let file = write(temp.path(), "yuanliu.toml", text);
        serve(&temp.path().join("none"), &["--config", file.to_str().unwrap()], &[])
    };
    let full = write(temp.path(), "occupied", "");
    let backup = run([
        "restore".as_ref(),
        temp.path().as_os_str(),
        "--data".as_ref(),
        full.parent().unwrap().as_os_str(),
    ]);
    let table = [
        ("another ledger", ask(&ca, &["--ledger", &other]), "OTHER_LEDGER", other.as_str()),
        ("no ledger id", ask(&ca, &["--ledger", "00"]), "WRONG_USE", "64 hex digits"),
        ("untrusted", ask(&stranger, &[]), "CERTIFICATE_UNTRUSTED", "certificate"),
        ("no certificates", ask(&temp.path().join("no.pem"), &[]), "SETTINGS", "no.pem"),
        ("passphrase", item(&[]), "WRONG_USE", "does not open"),
        ("unknown setting", config("[server]\nlistenn = \"x\"\n"), "WRONG_USE", "listenn"),
        ("no TOML", config("server = ["), "WRONG_USE", "yuanliu.toml"),
        ("cache", config("[ledger]\nblock_cache_mib = 99999999999\n"), "WRONG_USE", "ledger.block_cache_mib"),
        ("no batches", config("[ledger]\nbatch_statements = 0\n"), "WRONG_USE", "must be 1 to 65536"),
        ("calls", config("[server.limits]\ncalls = 0\n"), "WRONG_USE", "server.limits.calls"),
        ("log filter", config("[logs]\nfilter = \"a=b=c\"\n"), "WRONG_USE", "logs.filter"),
        ("no backup", backup, "WRONG_USE", "holds no ledger"),
        ("no such flag", run(["verify", "--nonsense"]), "WRONG_USE", "--nonsense"),
        ("no ledger", run(["verify", "--data", temp.path().to_str().unwrap()]), "WRONG_USE", "no ledger"),
        ("too few for a demo", run(["demo", "--once", "--statements", "1"]), "WRONG_USE", "300"),
        ("too few to measure", run(["bench", "--quick", "--statements", "0"]), "WRONG_USE", "1000"),
        ("no lines", run(["history", "i", "--limit", "0"]), "WRONG_USE", "--limit"),
    ];
    for (name, done, reason, told) in table {
        let error = failure(&done, 2);
        assert_eq!(error["reason"], reason, "{name}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(told) || done.stderr.contains(told), "{name}: {done:?}");
        assert!(done.stderr.matches(told).count() <= 2, "{name}: said again and again: {done:?}");
        let mut parts: Vec<&str> = message.split(": ").filter(|p| p.len() > 12).collect();
        let all = parts.len();
        parts.sort_unstable();
        parts.dedup();
        assert_eq!(parts.len(), all, "{name}: said twice: {message}");
    }
    assert!(!temp.path().join("none").exists(), "nothing was made");
    let size = stage.size().await;
    stage.end(size);
}

/// A certificate that no server here has.
fn rcgen_certificate(temp: &Path) -> std::path::PathBuf {
    let data = temp.join("stranger");
    run([
        "init",
        "--data",
        data.to_str().unwrap(),
        "--origin",
        "b.example",
        "--root",
        "org:B",
        "--no-passphrase",
    ])
    .ok();
    let server = Server::start(&data);
    let ca = server.ca.clone();
    assert_eq!(server.stop(), 0);
    ca
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_statements_end_with_a_failure_for_programs() {
    let stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let mandate =
        r#"{"mandate":{"number":"1","agent":"org:Nobody","acts":["ship"],"validFrom":"2026-01-01"}}"#;
    let site =
        r#"{"site":{"site":"site:org:Maker/A","party":"org:Maker","name":"A","address":"B","country":"KR"}}"#;
    let submit = |file: &Path| {
        let mut command = yuanliu();
        command.args(["submit", "--server", &stage.server.url(), "--party", "org:Root Authority", "--json"]);
        command.arg("--ca").arg(&stage.server.ca).arg(file);
        run_in(command.arg("--key").arg(stage.server.data.join("keys/root-1.pem")))
    };
    let done = submit(&write(temp.path(), "two.jsonl", &format!("{site}\n{mandate}\n")));
    let lines: Vec<Value> = done.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 3, "{done:?}");
    assert!(lines[0]["index"].is_u64() && lines[1]["refused"] == "TARGET_UNKNOWN", "{done:?}");
    assert!(failure(&done, 1)["message"].as_str().unwrap().contains("1 / 2"), "{done:?}");

    let invalid = submit(&write(temp.path(), "bad.json", &site.replace("KR", "Korea")));
    failure(&invalid, 1);
    let told: Value = serde_json::from_str(invalid.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(told["refused"], "INVALID_FIELD", "{invalid:?}");
    assert_eq!(told["violations"][0]["field"], "site.country", "{invalid:?}");

    // As spreadsheets and some editors write UTF-8, in each kind of file.
    for (name, text) in [
        ("marked.json", format!("\u{feff}{}", site.replace("/A", "/B"))),
        ("marked.jsonl", format!("\u{feff}{}\r\n", site.replace("/A", "/C"))),
    ] {
        let done = submit(&write(temp.path(), name, &text));
        assert_eq!(done.code, Some(0), "{name}: {done:?}");
    }
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_told_whole_over_all_its_pages() {
    let stage = Stage::set().await;
    stage.submit(&stage.maker.sign(Body::Commission(commission(vec![unit(1)])))).await;
    // More than a page of the program, and of the server's default.
    let many = 1_030;
    let ships = (0..many).map(|_| stage.maker.sign(Body::Ship(ship(vec![unit(1)], &stage.dealer))));
    let client = stage.client(&stage.office).await;
    client.submit_many(ships, SubmitOptions::default(), |_| {}).await.unwrap();
    let temp = tempfile::tempdir().unwrap();
    let key = temp.path().join("office.pem");
    client::KeyFile::create(&key, &stage.office.key, client::Protection::Plain).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let history = |more: &[&str]| {
        let mut command = yuanliu();
        command.args(["history", &unit(1), "--server", &stage.server.url(), "--party", &stage.office.party]);
        command
            .args(["--purpose", "lead\n17", "--ca"])
            .arg(&stage.server.ca)
            .arg("--key")
            .arg(&key)
            .args(more);
        run_in(&mut command)
    };
    let done = history(&["--json"]);
    let whole = done.ok();
    let events = |answer: &Value| answer["events"].as_array().unwrap().len();
    assert_eq!((events(&whole), &whole["nextPageToken"]), (many + 1, &Value::Null));
    let said = format!("(0644); chmod 600 {}", key.display());
    assert!(done.stderr.contains(&said), "open to others: {done:?}");
    let part = history(&["--json", "--limit", "1010"]).ok();
    assert_eq!(events(&part), 1_010);
    assert!(part["nextPageToken"].is_string());
    let text = history(&["--limit", "3"]);
    assert!(text.stderr.contains("There is more; raise --limit."), "{text:?}");
    assert!(!history(&[]).stderr.contains("There is more"));

    // Who reads everything is in the log with its purpose, on one line.
    let log = stage.server.data.join("serve.log");
    let read = || fs::read_to_string(&log).unwrap();
    for _ in 0..100 {
        if read().contains("GetItemHistory") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let log = read();
    let line = log.lines().find(|l| l.contains("GetItemHistory")).unwrap_or_else(|| panic!("{log}"));
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["purpose"], &line["party"]), (&"lead\\n17".into(), &stage.office.party.clone().into()));
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_leapt_ahead_needs_a_word_from_the_operator() {
    let mut dice = Dice::new("clock");
    let (ledger, world) = SimLedger::empty(dice.roll(), 300);
    let day = 86_400_000_000;
    let old = ledger.beside("old");
    fs::create_dir_all(old.join("keys")).unwrap();
    fs::copy(ledger.data.join("keys/log.key"), old.join("keys/log.key")).unwrap();
    let (log, answer) = (&ledger.log, client::generate_key().unwrap());
    let answer = merkle::SignerKey::new(log.verifier().name(), answer).unwrap();
    fs::write(old.join("keys/answer.key"), answer.expose_text().as_bytes()).unwrap();
    let origin = log.verifier().name();
    let genesis = world.genesis(origin, &log.verifier().to_string(), &answer.verifier().to_string());
    ledger::Ledger::create(&old, &genesis, now_us() - 40 * day).unwrap();

    let error = failure(&serve(&old, &[], &[]), 4);
    assert!(error["message"].as_str().unwrap().contains("--accept-clock-jump"), "{error}");
    let anywhere = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    for (args, env) in [
        (vec!["serve", "--accept-clock-jump"], None),
        (vec!["serve"], Some(("YUANLIU_LEDGER__MAX_CLOCK_LEAP_H", "1000"))),
    ] {
        let mut command = std::process::Command::new("env");
        command.args(env.map(|(k, v)| format!("{k}={v}"))).arg(env!("CARGO_BIN_EXE_yuanliu")).args(args);
        let server = Server::try_start(command, &old, anywhere).unwrap();
        let log = fs::read_to_string(old.join("serve.log")).unwrap();
        let named = log.contains("chmod 600") && log.contains("log.key");
        let mode = fs::metadata(old.join("keys/log.key")).unwrap().permissions().mode() & 0o777;
        assert_eq!(named, mode & 0o077 != 0, "a log key that is open to others is named: {log}");
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn wrong_use_is_named_in_full() {
    let temp = tempfile::tempdir().unwrap();
    let nowhere = temp.path().join("nowhere");
    let config = |file: &str, text: &str| {
        let file = write(temp.path(), file, text);
        run_in(yuanliu().args(["config", "--json", "--config"]).arg(file))
    };
    let with = |name: &str| run_in(yuanliu().args(["config", "--json"]).env(name, "1"));
    let scan = run(["item", "(01)09521234543213(21)U000001"]);
    let backup_to_file = {
        let data = temp.path().join("ledger");
        let data = data.to_str().unwrap();
        run(["init", "--data", data, "--origin", "a.example", "--root", "org:A", "--no-passphrase"]).ok();
        run(["backup", "--data", data, "-o", "/etc/hosts"])
    };
    let table = [
        ("arguments", run(["submit"]), "the following required arguments were not provided: <FILES>..."),
        ("half a certificate", config("a.toml", "[server.tls]\ncert = \"x.pem\"\n"), "tls.key"),
        (
            "cut",
            config("c.toml", "[server.limits]\ncals = 1\n"),
            "c.toml): server.limits.cals: no such setting",
        ),
        (
            "type",
            config("d.toml", "[server.limits]\ncalls = \"x\"\n"),
            "server.limits.calls: is string \"x\"",
        ),
        (
            "no file",
            run(["config", "--config", "/no.toml"]),
            "cannot read the configuration /no.toml: No such",
        ),
        ("filter", config("e.toml", "[logs]\nfilter = \"a=b=c\"\n"), "logs.filter"),
        ("variable", with("YUANLIU_SERVR__LISTEN"), "YUANLIU_SERVR__LISTEN: no such setting"),
        ("no ledger", serve(&nowhere, &[], &[]), "holds no ledger"),
        ("backup to a file", backup_to_file, "/etc/hosts is not a directory"),
        ("scan", scan, "is sgtin:09521234543213.U000001 (see `yuanliu scan`)"),
    ];
    for (name, done, told) in table {
        let error = failure(&done, 2);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(told), "{name}: {message}");
        assert!(!message.contains("default."), "{name}: {message}");
    }
    let misspelt = with("YUANLIU_SERVR");
    assert!(misspelt.code == Some(0) && misspelt.stderr.contains("YUANLIU_SERVR"), "{misspelt:?}");
    let known = with("YUANLIU_PIN");
    assert!(known.code == Some(0) && known.stderr.is_empty(), "{known:?}");
    let nothing = run_in(yuanliu().args(["scan", "(99)x"]));
    assert_eq!(nothing.code, Some(0), "{nothing:?}");
    assert!(nothing.stdout.contains("names neither") && nothing.stdout.contains("(99)x"), "{nothing:?}");
}
