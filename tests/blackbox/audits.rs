//! `yuanliu audit`: what is published and what is served, against an operator who shows something else than before,
//! and against being killed half-way.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use client::{KeyFile, Protection};
use serde_json::Value;

use crate::{
    kit::{Dice, Done, Server, SimLedger, copy_dir, run, yuanliu},
    verify::{Raw, with_changes},
};

/// Somebody who may read everything, and knows what the log must be.
struct Office {
    key: PathBuf,
    party: String,
    known: [String; 4],
}

impl Office {
    fn of(ledger: &SimLedger) -> Self {
        let key = ledger.beside("office.pem");
        KeyFile::create(&key, &ledger.reader.1, Protection::Plain).unwrap();
        let (id, log_key) = (hex::encode(ledger.ledger), ledger.log.verifier().to_string());
        Self {
            key,
            party: ledger.reader.0.clone(),
            known: ["--ledger".into(), id, "--log-key".into(), log_key],
        }
    }

    /// Leaves and tiles only.
    fn leaves(&self, url: &str, more: &[&str]) -> Done {
        let args = ["audit", url].into_iter().map(str::to_owned);
        run(args.chain(self.known.clone()).chain(more.iter().map(|s| (*s).to_owned())))
    }

    /// Contents too.
    fn contents(&self, server: &Server, more: &[&str]) -> Done {
        let (url, ca) = (server.url(), server.ca.display().to_string());
        let key = self.key.display().to_string();
        // What was seen by others is not remembered here: the audit itself is to find it.
        let memory = tempfile::tempdir().unwrap();
        let memory = memory.path().to_str().unwrap();
        let reading =
            ["--server", &url, "--ca", &ca, "--key", &key, "--party", &self.party, "--memory", memory];
        self.leaves(&published(server), &reading.iter().chain(more).copied().collect::<Vec<_>>())
    }
}

fn published(server: &Server) -> String {
    format!("http://{}", server.http)
}

/// A server that seals every 60 entries.
fn sealing(data: &Path) -> Server {
    let file = data.join("sealing.toml");
    fs::write(&file, "[ledger]\nseal_entries = 60\n").unwrap();
    let mut command = yuanliu();
    command.env("YUANLIU_LEDGER__SEAL_INTERVAL_MS", "100").arg("serve").arg("--config").arg(file);
    Server::try_start(command, data, SocketAddr::from(([127, 0, 0, 1], 0))).unwrap()
}

fn is_defect(done: &Done, index: u64, words: &str) {
    let told = done.json();
    let fits = done.code == Some(1) && told["ok"] == false && told["index"] == index;
    assert!(fits && told["fault"].as_str().unwrap().contains(words), "{index} {words}: {done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_served_log_audits_clean_from_both_doors_and_goes_on_where_it_was() {
    let mut dice = Dice::new("audit served");
    let ledger = SimLedger::create(dice.roll(), 900);
    let office = Office::of(&ledger);
    let state = ledger.beside("state").display().to_string();
    let server = sealing(&ledger.data);
    let client = ledger.client(&server).await;
    let half = ledger.statements.len() / 2;
    ledger.submit(&client, 0..half).await;

    let leaves = office.leaves(&published(&server), &[]).ok();
    assert!(
        leaves["contents_checked"] == false && leaves["entries"].as_u64().unwrap() > half as u64,
        "{leaves}"
    );
    let first = office.contents(&server, &["--state", &state]).ok();
    let seen = first["entries"].as_u64().unwrap();
    assert!(first["resumed"] == 0 && seen > half as u64, "{first}");
    assert_eq!(first["published"]["contents_checked"], true);

    ledger.submit(&client, half..ledger.statements.len()).await;
    let second = office.contents(&server, &["--state", &state]).ok();
    assert_eq!(
        (&second["resumed"], &second["published"]["resumed"]),
        (&first["entries"], &first["published"]["entries"])
    );
    let entries = second["entries"].as_u64().unwrap();
    assert!(entries > ledger.statements.len() as u64);
    let again = office.contents(&server, &["--state", &state]).ok();
    assert!(again["entries"].as_u64().unwrap() >= entries);
    assert_eq!(again["resumed"], second["entries"]);
    let whole = office.contents(&server, &[]).ok();
    assert_eq!(whole["resumed"], 0);
    assert!(whole["checkpoints"].as_u64().unwrap() > 1, "those behind seals too: {whole}");

    // Whoever may not read everything is told so, and not that something is wrong.
    let mut stranger = Office { key: ledger.beside("stranger.pem"), ..Office::of_other(&office) };
    stranger.party = office.party.clone();
    KeyFile::create(&stranger.key, &client::generate_key().unwrap(), Protection::Plain).unwrap();
    let refused = stranger.contents(&server, &[]);
    assert!(refused.code == Some(1) && refused.json()["index"].is_null(), "{refused:?}");
    // What the log must be is asked for, and counts.
    assert_eq!(run(["audit", &published(&server)]).code, Some(2));
    let other = ["audit", &published(&server), "--ledger", &"ab".repeat(32), "--log-key", &office.known[3]];
    is_defect(&run(other), 0, "another ledger");
    assert_eq!(server.stop(), 0);

    // The directory says the same, from a state of its own too, and `verify` as well.
    let (data, place) = (ledger.data.display().to_string(), ledger.beside("dir").display().to_string());
    let verified = run(["verify", "--data", &data]).ok();
    for resumed in [&Value::from(0), &verified["entries"]] {
        let audited = run(["audit", &data, "--state", &place]).ok();
        assert_eq!(audited["resumed"], *resumed);
        for field in ["entries", "root", "chain", "view", "ledger", "log_key", "view_ok"] {
            assert_eq!(audited[field], verified[field], "{field}");
        }
    }
    if whole["entries"] == verified["entries"] {
        assert_eq!(whole["view"], verified["view"]);
    }
}

impl Office {
    fn of_other(other: &Self) -> Self {
        Self { key: PathBuf::new(), party: String::new(), known: other.known.clone() }
    }
}

/// Two histories that part after the first 200 statements: the operator goes back to a copy.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_cut_or_rewritten_since_is_found_at_its_first_difference() {
    let mut dice = Dice::new("audit rewritten");
    let ledger = SimLedger::create(dice.roll(), 620);
    let office = Office::of(&ledger);
    let (state, copy) = (ledger.beside("state").display().to_string(), ledger.beside("copy"));
    let (in_place, backup) = (ledger.beside("dir").display().to_string(), ledger.beside("backup"));
    let (cut, total) = (200, ledger.statements.len());
    let server = Server::start(&ledger.data);
    ledger.submit(&ledger.client(&server).await, 0..cut).await;
    assert_eq!(server.stop(), 0);
    copy_dir(&ledger.data, &backup);
    let server = Server::start(&ledger.data);
    ledger.submit(&ledger.client(&server).await, cut..total - 20).await;
    office.contents(&server, &["--state", &state]).ok();
    let leaves = ledger.beside("leaves").display().to_string();
    office.leaves(&published(&server), &["--state", &leaves]).ok();
    assert_eq!(server.stop(), 0);
    run(["audit", &ledger.data.display().to_string(), "--state", &in_place]).ok();

    copy_dir(&backup, &copy);
    let server = Server::start(&copy);
    let size = cut as u64 + 1;
    is_defect(&office.leaves(&published(&server), &["--state", &leaves]), size, "audited before");
    fs::remove_file(Path::new(&state).join("leaves.json")).unwrap();
    is_defect(&office.contents(&server, &["--state", &state]), size, "audited before");
    // Recorded anew, at other times, and longer than before.
    ledger.submit(&ledger.client(&server).await, cut..total).await;
    is_defect(&office.contents(&server, &["--state", &state]), size, "history was rewritten");
    let done = office.leaves(&published(&server), &["--state", &leaves]);
    let told = done.json();
    assert!(done.code == Some(1) && told["index"].as_u64().unwrap() <= size, "{done:?}");
    assert!(told["fault"].as_str().unwrap().contains("rewritten"), "{done:?}");
    assert_eq!(server.stop(), 0);
    let done = run(["audit", &copy.display().to_string(), "--state", &in_place]);
    is_defect(&done, size, "history was rewritten");
    // In itself either is whole.
    run(["audit", &copy.display().to_string()]).ok();
}

/// Behind every seal a checkpoint is kept for ever; and a run that goes on looks at it, and at the bytes, again.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_missing_behind_a_seal_and_bytes_changed_since_are_found() {
    let mut dice = Dice::new("audit seals");
    let ledger = SimLedger::create(dice.roll(), 600);
    let office = Office::of(&ledger);
    let server = sealing(&ledger.data);
    let client = ledger.client(&server).await;
    let begin = Instant::now();
    for part in 0..4 {
        let before = client.ledger().await.unwrap().size;
        ledger.submit(&client, part * 150..(part + 1) * 150).await;
        // A seal of its own for each part.
        while client.ledger().await.unwrap().size == before + 150 {
            assert!(begin.elapsed() < Duration::from_secs(60), "no seal");
            thread::sleep(Duration::from_millis(20));
        }
    }
    let copied = ledger.beside("copied").display().to_string();
    office.contents(&server, &["--state", &copied]).ok();
    assert_eq!(server.stop(), 0);
    let (data, state) = (ledger.data.display().to_string(), ledger.beside("dir").display().to_string());
    let whole = run(["audit", &data, "--state", &state]).ok();
    assert_eq!(whole["resumed"], 0);

    let seals = Raw::open(&ledger.data).seals();
    assert!(seals.len() >= 3, "{seals:?}");
    for seal in [seals[0], seals[seals.len() / 2]] {
        let gone = [("checkpoint", seal + 1, None)];
        with_changes(&ledger.data, &gone, || {
            is_defect(&run(["audit", &data]), seal, "no checkpoint is kept");
            is_defect(&run(["verify", "--data", &data]), seal, "no checkpoint is kept");
            is_defect(&run(["audit", &data, "--state", &state]), seal, "no checkpoint is kept");
            let server = Server::start(&ledger.data);
            is_defect(&office.contents(&server, &[]), seal, "no checkpoint is kept");
            // What was kept when it was still there suffices.
            office.contents(&server, &["--state", &copied]).ok();
            assert_eq!(server.stop(), 0);
        });
    }

    // Whatever lies on disk of what was audited before is read again: leaf, chain hash, envelope, payload.
    let size = whole["entries"].as_u64().unwrap();
    for index in [0, 1, seals[0], size / 2, size - 1] {
        let row = Raw::open(&ledger.data).get("entry", index);
        let envelope = 114 + usize::from(u16::from_be_bytes([row[112], row[113]]));
        for at in [30, 100, envelope - 1, row.len() - 1] {
            let mut changed = row.clone();
            changed[at] ^= 1;
            with_changes(&ledger.data, &[("entry", index, Some(changed))], || {
                let done = run(["audit", &data, "--state", &state]);
                let told = done.json();
                assert!(done.code == Some(1) && told["index"] == index, "{index} byte {at}: {done:?}");
                let words = told["fault"].as_str().unwrap();
                let said =
                    words.contains("no longer those") || words.contains("rewritten") || at == envelope - 1;
                assert!(said, "{index} byte {at}: {words}");
            });
        }
    }
    let again = run(["audit", &data, "--state", &state]).ok();
    assert!(again["resumed"].as_u64().unwrap() >= size);
    assert!(run(["verify", "--data", &data]).ok()["ok"] == true);
}

/// What a real server has published, given by one that can be told to lie.
struct Fake {
    address: SocketAddr,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl Fake {
    fn of(files: BTreeMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let files = Arc::new(Mutex::new(files));
        let served = Arc::clone(&files);
        // Ends with the process.
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default();
                let file = served.lock().unwrap().get(path).cloned();
                let (status, body) = file.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
                let length = body.len();
                let head =
                    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
                let _ = stream.write_all(&[head.into_bytes(), body].concat());
            }
        });
        Self { address, files }
    }

    fn with(&self, path: &str, body: Option<Vec<u8>>, office: &Office) -> Done {
        let put = |body: Option<Vec<u8>>| {
            let mut files = self.files.lock().unwrap();
            match body {
                Some(body) => files.insert(path.to_owned(), body),
                None => files.remove(path),
            }
        };
        let before = put(body);
        let done = office.leaves(&format!("http://{}", self.address), &[]);
        put(before);
        done
    }
}

/// A file that a server publishes.
fn get(server: &Server, path: &str) -> Vec<u8> {
    let mut stream = std::net::TcpStream::connect(server.http).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{path}");
    let head = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    answer.split_off(head + 4)
}

#[tokio::test(flavor = "multi_thread")]
async fn published_bytes_that_are_others_are_found_at_their_entry() {
    let mut dice = Dice::new("audit published");
    let ledger = SimLedger::create(dice.roll(), 600);
    let office = Office::of(&ledger);
    let server = Server::start(&ledger.data);
    ledger.submit(&ledger.client(&server).await, 0..ledger.statements.len()).await;
    let size = ledger.statements.len() as u64 + 1;
    let full = size / 256;
    let mut paths = vec!["/checkpoint".to_owned(), format!("/tile/1/000.p/{full}")];
    for n in 0..full {
        paths.extend([format!("/tile/entries/{n:03}"), format!("/tile/0/{n:03}")]);
    }
    if !size.is_multiple_of(256) {
        let (n, width) = (full, size % 256);
        paths.extend([format!("/tile/entries/{n:03}.p/{width}"), format!("/tile/0/{n:03}.p/{width}")]);
    }
    let files: BTreeMap<_, _> = paths.iter().map(|path| (path.clone(), get(&server, path))).collect();
    assert_eq!(server.stop(), 0);
    let fake = Fake::of(files.clone());
    let sound = office.leaves(&format!("http://{}", fake.address), &[]).ok();
    assert_eq!(sound["entries"], size);

    for (path, body) in &files {
        for _ in 0..8 {
            let at = dice.between(0, body.len());
            let mut spoilt = body.clone();
            spoilt[at] ^= 1 << dice.between(0, 8);
            let done = fake.with(path, Some(spoilt), &office);
            assert_eq!(done.code, Some(1), "{path} byte {at}: {done:?}");
            let number: u64 = path.rsplit('/').find_map(|p| p.get(..3)?.parse().ok()).unwrap_or(0);
            let width = match path.as_str() {
                "/checkpoint" => continue,
                entries if entries.starts_with("/tile/entries") => 82,
                _ => 32,
            };
            let number = if path.contains(".p/") { full } else { number };
            let (at, told) = (at as u64 / width, done.json()["index"].as_u64());
            let index = if path.starts_with("/tile/1/") { at * 256 } else { number * 256 + at };
            // A time that is later shows at the next.
            assert!(
                told == Some(index) || width == 82 && told == Some(index + 1),
                "{path} {index}: {done:?}"
            );
        }
        let missing = fake.with(path, None, &office);
        assert_eq!(missing.code, Some(1), "{path}: {missing:?}");
        let short = fake.with(path, Some(body[..body.len() - 1].to_vec()), &office);
        assert_eq!(short.code, Some(1), "{path}: {short:?}");
    }
    // Leaf, tile and everything above it changed alike: only the signed root tells.
    let mut alike = files.clone();
    let (bundle, tile) = ("/tile/entries/000", "/tile/0/000");
    alike.get_mut(bundle).unwrap()[2 + 60] ^= 1;
    let leaf = merkle::leaf_hash(&alike[bundle][2..82]);
    alike.get_mut(tile).unwrap()[..32].copy_from_slice(&leaf);
    let hashes: Vec<[u8; 32]> = alike[tile].as_chunks().0.to_vec();
    let above = alike.iter_mut().find(|(path, _)| path.starts_with("/tile/1/")).unwrap().1;
    above[..32].copy_from_slice(&merkle::root_of(&hashes));
    let fake = Fake::of(alike);
    let known = ["--log-key".to_owned(), office.known[3].clone()];
    let done = run(["audit".to_owned(), format!("http://{}", fake.address)].into_iter().chain(known));
    is_defect(&done, size - 1, "another root");
    let nobody = office.leaves("http://127.0.0.1:9", &[]);
    assert_eq!(nobody.code, Some(3), "{nobody:?}");
}

/// Killed at any moment, it goes on and comes to the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_audit_that_is_killed_again_and_again_comes_to_the_same() {
    let mut dice = Dice::new("audit killed");
    let ledger = SimLedger::create(dice.roll(), 6_000);
    let office = Office::of(&ledger);
    let server = sealing(&ledger.data);
    ledger.submit(&ledger.client(&server).await, 0..ledger.statements.len()).await;
    assert_eq!(server.stop(), 0);
    let (data, state) = (ledger.data.display().to_string(), ledger.beside("dir").display().to_string());
    let expected = run(["audit", &data]).ok();
    let kill = |dice: &mut Dice, args: &[String]| {
        let mut command = yuanliu();
        command.args(args).arg("--json").stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        thread::sleep(Duration::from_millis(dice.between(20, 900) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
    };
    let args = ["audit", &data, "--state", &state].map(str::to_owned);
    for _ in 0..6 {
        kill(&mut dice, &args);
    }
    let found = run(&args).ok();
    for field in ["entries", "root", "chain", "view", "view_ok"] {
        assert_eq!(found[field], expected[field], "{field}");
    }
    // Over the network, into a copy; a server that goes away meanwhile is waited for.
    let server = Server::start(&ledger.data);
    let (url, ca, key) = (server.url(), server.ca.display().to_string(), office.key.display().to_string());
    let copied = ledger.beside("state").display().to_string();
    let http = published(&server);
    let args = [
        "audit",
        &http,
        "--server",
        &url,
        "--ca",
        &ca,
        "--key",
        &key,
        "--party",
        &office.party,
        "--state",
        &copied,
        "--log-key",
        &office.known[3],
    ]
    .map(str::to_owned);
    for _ in 0..6 {
        kill(&mut dice, &args);
    }
    let found = run(&args).ok();
    for field in ["entries", "root", "chain", "view"] {
        assert_eq!(found[field], expected[field], "{field}");
    }
    assert_eq!(server.stop(), 0);
}
