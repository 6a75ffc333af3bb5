//! A witness that audits: what it has cosigned is vouched for in evidence, and what differs is never cosigned.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use client::{EntryRange, KeyFile, Protection};
use merkle::{AddCheckpoint, Checkpoint, Hash, Leaves, Note, consistency_proof, leaf_hash, root_of};
use serde_json::Value;

use crate::{
    kit::{Dice, Server, SimLedger, run, run_in, yuanliu},
    witness::{Place, Witness},
};

const PATIENCE: Duration = Duration::from_secs(60);

/// An address that was free a moment ago: server and witness have to know each other's.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A server that seals often, and shows its checkpoints to this witness.
fn start(ledger: &SimLedger, at: SocketAddr, place: &Place, witness: &Witness, interval_ms: u64) -> Server {
    let file = ledger.data.join("watched.toml");
    let (key, address) = (&place.key, witness.address);
    let text = format!(
        "[ledger]\nseal_entries = 100\n[server.witness]\ninterval_ms = {interval_ms}\n\
         [[server.witness.at]]\nurl = \"http://{address}\"\nkey = \"{key}\"\n"
    );
    fs::write(&file, text).unwrap();
    let begin = Instant::now();
    loop {
        let mut command = yuanliu();
        command.env("YUANLIU_LEDGER__SEAL_INTERVAL_MS", "300").arg("serve").arg("--config").arg(&file);
        match Server::try_start(command, &ledger.data, at) {
            Ok(server) => return server,
            Err(why) if begin.elapsed() > PATIENCE => panic!("{why}"),
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
    }
}

fn settings(ledger: &SimLedger, at: SocketAddr, key: &Path) -> String {
    let (log, port, party) = (ledger.log.verifier().name(), at.port(), &ledger.reader.0);
    let (ca, key) = (ledger.data.join("tls/cert.pem"), key.display());
    format!(
        "[[audit]]\nlog = \"{log}\"\nserver = \"https://localhost:{port}\"\nca = \"{}\"\nparty = \"{party}\"\n\
         key = \"{key}\"\n",
        ca.display()
    )
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "{what}: not in time");
        thread::sleep(Duration::from_millis(50));
    }
}

/// The published checkpoint's size, once the witness has cosigned one of so many entries.
fn cosigned(server: &Server, place: &Place, entries: usize) -> u64 {
    until("a cosigned checkpoint", || {
        let answer = server.get("/checkpoint");
        let note = Note::parse(answer.split_once("\r\n\r\n")?.1.as_bytes()).ok()?;
        let (checkpoint, _) = place.key.open(&note).ok()?;
        (checkpoint.size() > entries as u64).then(|| checkpoint.size())
    })
}

fn standing(witness: &Witness) -> Value {
    let (status, body) = witness.get("/");
    assert_eq!(status, 200);
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(told["audits"], true);
    told["logs"][0].clone()
}

async fn leaves(ledger: &SimLedger, server: &Server) -> Vec<Hash> {
    let client = ledger.client(server).await;
    let mut entries = client.entries(EntryRange { start: 0, limit: 0, follow: false });
    let mut leaves = Vec::new();
    while let Some(entry) = entries.next().await.unwrap() {
        leaves.push(leaf_hash(&entry.leaf));
    }
    leaves
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_vouched_for_by_who_has_derived_everything_again() {
    let mut dice = Dice::new("witness audit");
    let ledger = SimLedger::create(dice.roll(), 900);
    let (log_key, at) = (ledger.log.verifier().to_string(), free());
    let office = ledger.beside("office.pem");
    KeyFile::create(&office, &ledger.reader.1, Protection::Plain).unwrap();
    let place = Place::of("auditor.example/1", &log_key);
    let settings = settings(&ledger, at, &office);
    // The server makes its certificate on its first start.
    assert_eq!(Server::start_at(&ledger.data, at).stop(), 0);
    let mut witness = place.start_auditing(&settings, &["--new"]);
    // Behind, and not able to audit before the server is there: that is no reason not to start.
    let server = start(&ledger, at, &place, &witness, 100);
    let third = ledger.statements.len() / 3;
    ledger.submit(&ledger.client(&server).await, 0..third).await;
    cosigned(&server, &place, third);

    // Killed, it goes on; what it had derived it has not to derive again.
    witness.kill();
    ledger.submit(&ledger.client(&server).await, third..2 * third).await;
    witness = place.start_auditing(&settings, &[]);
    assert_eq!(server.stop(), 0);
    let server = start(&ledger, at, &place, &witness, 100);
    ledger.submit(&ledger.client(&server).await, 2 * third..ledger.statements.len()).await;
    let size = cosigned(&server, &place, ledger.statements.len());
    assert!(standing(&witness)["audited"].as_u64().unwrap() >= size, "{}", standing(&witness));

    // A bundle says so to whoever trusts that witness to audit.
    let file = ledger.beside("bundle");
    let (url, ca) = (server.url(), server.ca.display().to_string());
    let (key, witness_key) = (office.display().to_string(), place.key.to_string());
    let verdict = until("a bundle that is vouched for", || {
        let _ = fs::remove_file(&file);
        let bundle = file.display().to_string();
        let export = [
            "evidence",
            "export",
            "--server",
            &url,
            "--ca",
            &ca,
            "--key",
            &key,
            "--party",
            &ledger.reader.0,
            "--item",
            &ledger.example,
            "-o",
            &bundle,
        ];
        run(export).ok();
        let ledger_id = hex::encode(ledger.ledger);
        let trust = ["--ledger", &ledger_id, "--log-key", &log_key, "--auditor-key", &witness_key];
        let done = run(["evidence", "verify", &bundle].into_iter().chain(trust));
        (done.code == Some(0)).then(|| done.json())
    });
    assert_eq!(verdict["completeness"], "audited", "{verdict}");
    assert_eq!(verdict["vouchers"][0]["name"], "auditor.example/1");
    assert_eq!(server.stop(), 0);
    assert_eq!(witness.stop(), Some(0));
    ledger.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_signs_against_its_own_entries_is_never_cosigned() {
    let mut dice = Dice::new("witness difference");
    let ledger = SimLedger::create(dice.roll(), 500);
    let (log_key, at) = (ledger.log.verifier().to_string(), free());
    let office = ledger.beside("office.pem");
    KeyFile::create(&office, &ledger.reader.1, Protection::Plain).unwrap();
    let place = Place::of("auditor.example/1", &log_key);
    let settings = settings(&ledger, at, &office);
    let server = Server::start_at(&ledger.data, at);
    ledger.submit(&ledger.client(&server).await, 0..ledger.statements.len()).await;
    let leaves = leaves(&ledger, &server).await;
    let size = leaves.len() as u64;
    let witness = place.start_auditing(&settings, &["--new"]);
    let ask = |witness: &Witness, leaves: &[Hash], old: u64| {
        let (size, root) = (leaves.len() as u64, root_of(leaves));
        let checkpoint = Checkpoint::new(ledger.log.verifier().name(), size, root).unwrap();
        let note = checkpoint.sign(&ledger.log).unwrap();
        let proof = consistency_proof(&Leaves(leaves), old, size).unwrap();
        witness.add(&AddCheckpoint { old, proof, note }.to_string()).unwrap()
    };
    let early = &leaves[..leaves.len() / 2];
    until("the first cosignature", || (ask(&witness, early, 0).0 == 200).then_some(()));
    until("all audited", || (standing(&witness)["audited"] == size).then_some(()));
    // The true log up to the last entry, and there another one than was served.
    let mut forged = leaves[..leaves.len() - 3].to_vec();
    forged.push(leaf_hash(b"another"));
    let (status, told) = ask(&witness, &forged, early.len() as u64);
    assert!(status == 403 && told.contains(&format!("entry {}", forged.len() - 1)), "{status} {told}");
    // It has seen enough of this log, today and after a restart.
    let (status, _) = ask(&witness, &leaves, early.len() as u64);
    assert_eq!(status, 403);
    assert_eq!(witness.stop(), Some(0));
    let witness = place.start_auditing(&settings, &[]);
    assert_eq!(standing(&witness)["difference"], forged.len() as u64 - 1);
    assert_eq!(ask(&witness, &leaves, early.len() as u64).0, 403);
    assert_eq!(witness.stop(), Some(0));
    assert_eq!(server.stop(), 0);
}

#[test]
fn what_an_auditing_witness_needs_is_asked_for() {
    let mut dice = Dice::new("witness audit settings");
    let ledger = SimLedger::create(dice.roll(), 1);
    let office = ledger.beside("office.pem");
    KeyFile::create(&office, &ledger.reader.1, Protection::Plain).unwrap();
    let place = Place::of("auditor.example/1", &ledger.log.verifier().to_string());
    let good = settings(&ledger, free(), &office);
    let refused = |settings: &str, code: i32, word: &str| {
        let done = run_in(place.auditing(settings, &["--new"]).arg("--json"));
        assert!(done.code == Some(code) && done.stderr.contains(word), "{word}: {done:?}");
    };
    refused("", 2, "[[audit]]");
    refused(&format!("{good}{good}"), 2, "more than one");
    refused(&good.replace("office.pem", "nowhere.pem"), 2, "nowhere.pem");
    refused(&good.replace("party", "partei"), 2, "partei");
    // What a key stands for does not change.
    assert_eq!(place.start_auditing(&good, &["--new"]).stop(), Some(0));
    let mut plain = place.auditing("", &[]);
    let args: Vec<_> =
        plain.get_args().filter(|arg| *arg != "--audit").map(Into::into).collect::<Vec<std::ffi::OsString>>();
    plain = yuanliu();
    let done = run_in(plain.args(args).env("YUANLIU_PASSPHRASE", "correct horse").arg("--json"));
    assert!(done.code == Some(2) && done.stderr.contains("audits (--audit)"), "{done:?}");
}
