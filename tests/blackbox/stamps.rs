//! Time stamps: a ledger with an RFC 3161 authority, what it keeps of it, what that proves, and that nothing waits
//! for it.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    exports::{Office, wait_for_seal},
    kit::{Authority, Dice, Done, Manner, Server, SimLedger, run_in, yuanliu},
};

const PATIENCE: Duration = Duration::from_secs(60);

fn settings(url: &str, roots: &Path) -> String {
    format!(
        "[server.timestamp]\nurls = [\"{url}\"]\nroots = \"{}\"\ninterval_ms = 200\ntimeout_ms = 3000\n",
        roots.display()
    )
}

fn start(data: &Path, settings: &str) -> Result<Server, String> {
    let file = data.join("stamped.toml");
    fs::write(&file, settings).unwrap();
    let mut command = yuanliu();
    command.arg("serve").arg("--config").arg(file);
    Server::try_start(command, data, SocketAddr::from(([127, 0, 0, 1], 0)))
}

fn metric(server: &Server, name: &str) -> Option<f64> {
    let metrics = server.get("/metrics");
    metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

/// Waits until a counter is above a number.
fn wait_above(server: &Server, name: &str, least: f64) -> f64 {
    let begin = Instant::now();
    loop {
        let found = metric(server, &format!("yuanliu_{name}_total ")).unwrap();
        if found > least {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "{name} is {found}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until the server's log holds a word. On a busy machine openssl may be too slow at first.
fn wait_for_word(data: &Path, what: &str, word: &str) {
    let begin = Instant::now();
    while !log_of(data).contains(word) {
        assert!(begin.elapsed() < PATIENCE, "{what}: no {word} in {}", log_of(data));
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until a checkpoint of more entries has been stamped.
fn wait_for_stamp_above(data: &Path, size: u64) {
    let begin = Instant::now();
    let stamped = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        (line["message"] == "a checkpoint was stamped").then(|| line["size"].as_u64())?
    };
    while !log_of(data).lines().filter_map(stamped).any(|found| found > size) {
        assert!(begin.elapsed() < PATIENCE, "no stamp above {size}: {}", log_of(data));
        thread::sleep(Duration::from_millis(20));
    }
}

fn log_of(data: &Path) -> String {
    fs::read_to_string(data.join("serve.log")).unwrap()
}

fn verify(ledger: &SimLedger, more: &[&str]) -> Done {
    run_in(yuanliu().args(["verify", "--json", "--data"]).arg(&ledger.data).args(more))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_are_stamped_and_the_stamps_are_kept_and_checked() {
    let mut dice = Dice::new("stamps");
    let ledger = SimLedger::create(dice.roll(), 400);
    let authority = Authority::start();
    let server = start(&ledger.data, &settings(&authority.url(), &authority.root())).unwrap();
    ledger.submit(&ledger.client(&server).await, 0..200).await;
    let first = wait_above(&server, "stamps", 0.0);
    ledger.submit(&ledger.client(&server).await, 200..400).await;
    wait_above(&server, "stamps", first);
    assert!(metric(&server, "yuanliu_stamp_age_seconds ").unwrap() < 60.0);
    assert_eq!(metric(&server, "yuanliu_stamp_failures_total "), Some(0.0));
    assert_eq!(server.stop(), 0);

    let (root, other) = (authority.root(), authority.other_root());
    let report = verify(&ledger, &["--tsa-root", text(&root)]).ok();
    let times = &report["times"];
    assert!(times["moments"].as_u64().unwrap() >= 2 && times["stamps_not_checked"] == 0, "{report}");
    assert_eq!((&times["ahead"], &times["behind"]), (&Value::Array(vec![]), &Value::Array(vec![])));
    let carried = verify(&ledger, &[]).ok();
    assert_eq!(carried["times"]["stamps_not_checked"], times["moments"]);
    let told = run_in(yuanliu().args(["verify", "--data"]).arg(&ledger.data));
    assert!(told.code == Some(0) && told.stdout.contains("carried, not checked"), "{told:?}");
    // Whoever trusts another authority does not take this one's word.
    let refused = verify(&ledger, &["--tsa-root", text(&other)]);
    assert_eq!(
        (refused.code, &refused.json()["error"]["reason"]),
        (Some(1), &"DEFECT".into()),
        "{refused:?}"
    );
    assert!(refused.stdout.contains("none of those that are trusted"), "{refused:?}");
    verify(&ledger, &["--tsa-root", text(&other), "--tsa-root", text(&root)]).ok();
    // After a restart the newest stamp is known before there is another.
    let asked = authority.asked();
    let slow =
        settings(&authority.url(), &authority.root()).replace("interval_ms = 200", "interval_ms = 3600000");
    let server = start(&ledger.data, &slow).unwrap();
    let begin = Instant::now();
    while metric(&server, "yuanliu_stamp_age_seconds ").is_none() {
        assert!(begin.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.stop(), 0);
    assert_eq!(authority.asked(), asked, "the hour is not over");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bad_answer_is_kept_and_no_statement_waits_for_the_authority() {
    let mut dice = Dice::new("bad stamps");
    let manners = [
        (Manner::OtherImprint, "something else"),
        (Manner::Repeating, ""),
        (Manner::Expired, "not valid at the time"),
        (Manner::OtherPurpose, "time stamping and nothing else"),
        (Manner::OtherRoot, "none of those that are trusted"),
        (Manner::Refusing, "refuses"),
        (Manner::Failing, "status 500"),
        (Manner::Garbage, "malformed"),
        (Manner::Silent, "no answer in time"),
    ];
    let ledger = SimLedger::create(dice.roll(), 30 * (manners.len() + 2));
    let authority = Authority::start();
    let server = start(&ledger.data, &settings(&authority.url(), &authority.root())).unwrap();
    let client = ledger.client(&server).await;
    ledger.submit(&client, 0..30).await;
    wait_above(&server, "stamps", 0.0);
    // What was still being asked when the manner changed may be stamped yet.
    thread::sleep(Duration::from_millis(500));
    let kept = metric(&server, "yuanliu_stamps_total ");
    for (n, (manner, why)) in manners.into_iter().enumerate() {
        authority.behave(manner);
        let failures = metric(&server, "yuanliu_stamp_failures_total ").unwrap();
        let begin = Instant::now();
        ledger.submit(&client, 30 * (n + 1)..30 * (n + 2)).await;
        assert!(begin.elapsed() < Duration::from_secs(20), "{manner:?} delays statements");
        wait_above(&server, "stamp_failures", failures);
        wait_for_word(&ledger.data, &format!("{manner:?}"), why);
        assert_eq!(metric(&server, "yuanliu_stamps_total "), kept, "{manner:?}");
    }
    // It is there again, and so are stamps; then it is gone for good, and the ledger goes on and ends in order.
    authority.behave(Manner::Honest);
    wait_above(&server, "stamps", kept.unwrap());
    drop(authority);
    let all = ledger.statements.len();
    ledger.submit(&client, all - 30..all).await;
    let failures = metric(&server, "yuanliu_stamp_failures_total ").unwrap();
    wait_above(&server, "stamp_failures", failures);
    assert_eq!(server.stop(), 0);
    assert_eq!(ledger.verify()["entries"], all as u64 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_carry_stamps_that_say_before_when_it_existed() {
    let mut dice = Dice::new("stamped bundles");
    let ledger = SimLedger::create(dice.roll(), 500);
    let office = Office::of(&ledger);
    let authority = Authority::start();
    let config = settings(&authority.url(), &authority.root())
        + "[ledger]\nseal_entries = 100\nseal_interval_ms = 100\n";
    let file = ledger.data.join("stamped.toml");
    fs::write(&file, config).unwrap();
    let mut command = yuanliu();
    // The settings of the test's environment would override the file's.
    command.env("YUANLIU_LEDGER__SEAL_INTERVAL_MS", "100").arg("serve").arg("--config").arg(file);
    let server = Server::try_start(command, &ledger.data, SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    ledger.submit(&ledger.client(&server).await, 0..ledger.statements.len()).await;
    wait_for_seal(&server, ledger.statements.len());
    wait_for_stamp_above(&ledger.data, 7);
    let (url, ca) = (server.url(), server.ca.display().to_string());
    let check = |place: &[&str], name: &str| {
        let file = ledger.beside(name);
        office.export(place, ["--entry", "7"], &file).ok();
        let root = authority.root();
        let verdict = office.verify_with(&file, &["--tsa-root", text(&root)]).ok();
        let stamp = &verdict["stamps"][0];
        assert_eq!(stamp["authority"], "Test TSA honest", "{verdict}");
        assert!(stamp["size"].as_u64().unwrap() > 7 && verdict["tokens_not_checked"] == 0, "{verdict}");
        let told = run_in(yuanliu().args(office.arguments(&file, &["--tsa-root", text(&root)])));
        assert!(told.stdout.contains("entries existed before"), "{told:?}");
        assert!(told.stdout.contains("vouched by the time-stamping authority Test TSA honest"), "{told:?}");
        let carried = office.verify(&file).ok();
        assert!(carried["tokens_not_checked"] == 1 && carried["stamps"].is_null(), "{carried}");
        let told = run_in(yuanliu().args(office.arguments(&file, &["--lang", "zh"])));
        assert!(told.stdout.contains("仅附带，未核验"), "{told:?}");
        let other = office.verify_with(&file, &["--tsa-root", text(&authority.other_root())]);
        assert_eq!((other.code, &other.json()["part"]), (Some(1), &"stamp".into()), "{other:?}");
        stamp["at"].as_u64().unwrap()
    };
    let online = check(&["--server", &url, "--ca", &ca], "online.json");
    assert_eq!(server.stop(), 0);
    // The earliest stamp that covers the entry, whoever asks, and however often it was stamped since.
    let data = ledger.data.display().to_string();
    assert_eq!(check(&["--data", &data], "offline.json"), online);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_that_a_stamp_contradicts_are_found_by_verify() {
    let mut dice = Dice::new("stamped times");
    let ledger = SimLedger::create(dice.roll(), 120);
    let authority = Authority::start();
    // As if the ledger's clock were an hour behind: what comes after has times long before.
    authority.behave(Manner::Ahead(3_600));
    let server = start(&ledger.data, &settings(&authority.url(), &authority.root())).unwrap();
    let client = ledger.client(&server).await;
    ledger.submit(&client, 0..60).await;
    let stamps = wait_above(&server, "stamps", 0.0);
    ledger.submit(&client, 60..90).await;
    wait_above(&server, "stamps", stamps);
    assert!(log_of(&ledger.data).contains("differ widely"));
    assert_eq!(server.stop(), 0);
    let root = authority.root();
    let roots = ["--tsa-root", text(&root)];
    let report = verify(&ledger, &roots);
    let behind = report.ok()["times"]["behind"].clone();
    assert_eq!((&behind[0]["seen"], &behind[0]["by"]), (&"stamped".into(), &"Test TSA honest".into()));
    assert!(report.stderr.contains("backdated, or the clock stood still"), "{report:?}");
    let lax = verify(&ledger, &[&roots[..], &["--max-time-lag", "7200"]].concat()).ok();
    assert_eq!(lax["times"]["behind"], Value::Array(vec![]));

    // An hour ahead of the authority: entries say that they came after they had been seen.
    authority.behave(Manner::Ahead(-3_600));
    let server = start(&ledger.data, &settings(&authority.url(), &authority.root())).unwrap();
    let client = ledger.client(&server).await;
    ledger.submit(&client, 90..120).await;
    wait_above(&server, "stamps", 0.0);
    assert_eq!(server.stop(), 0);
    let report = verify(&ledger, &roots);
    assert_eq!(
        (report.code, &report.json()["error"]["reason"]),
        (Some(1), &"TIMES_DIFFER".into()),
        "{report:?}"
    );
    assert!(report.json()["times"]["ahead"][0]["count"].as_u64().unwrap() >= 1, "{report:?}");
    verify(&ledger, &[]).ok();
    let told = run_in(yuanliu().args(["verify", "--lang", "zh", "--data"]).arg(&ledger.data).args(roots));
    assert!(told.code == Some(1) && told.stdout.contains("已见到它们"), "{told:?}");
}

#[test]
fn settings_that_cannot_be_are_refused_with_what_to_do() {
    let mut dice = Dice::new("stamp settings");
    let ledger = SimLedger::create(dice.roll(), 1);
    let refused = |settings: &str, words: &str| {
        let why = start(&ledger.data, settings).err().expect("must not start");
        assert!(why.contains(words), "{words}: {why}");
    };
    refused("[server.timestamp]\nurls = [\"http://127.0.0.1:9/\"]\n", "server.timestamp.roots is needed");
    let file = ledger.beside("root.pem");
    refused(&settings("http://127.0.0.1:9/", &file), "cannot read");
    fs::write(&file, "none").unwrap();
    refused(&settings("http://127.0.0.1:9/", &file), "holds no certificate in PEM");
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/vectors/timestamps/root.pem");
    refused(&settings("ftp://127.0.0.1/", &vectors), "neither https nor http");
    let zero = settings("http://127.0.0.1:9/", &vectors).replace("interval_ms = 200", "interval_ms = 0");
    refused(&zero, "server.timestamp.interval_ms = 0");
    // Off without an address, whatever else is set.
    let off = settings("", &vectors).replace("urls = [\"\"]", "urls = []");
    let server = start(&ledger.data, &off).unwrap();
    assert_eq!(metric(&server, "yuanliu_stamp_age_seconds "), None);
    assert_eq!(server.stop(), 0);

    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/vectors/evidence/item.json");
    let office = Office::of(&ledger);
    let wrong = office.verify_with(&bundle, &["--tsa-root", text(&file)]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("holds no certificate"), "{wrong:?}");
    let missing = office.verify_with(&bundle, &["--tsa-root", "none.pem", "--lang", "zh"]);
    assert!(missing.code == Some(4) && missing.stderr.contains("无法读取"), "{missing:?}");
}
