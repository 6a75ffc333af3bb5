//! The witness as a process: its key, its doors, and what a SIGKILL leaves behind.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use merkle::{
    AddCheckpoint, Checkpoint, Hash, Leaves, Note, SignerKey, SigningKey, WitnessKey, consistency_proof,
    leaf_hash, parse_conflict, parse_signatures, root_of,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::kit::{Dice, raw, run_in, yuanliu};

const ORIGIN: &str = "log.example/a";
const PATIENCE: Duration = Duration::from_secs(60);

struct Log {
    signer: SignerKey,
    leaves: Vec<Hash>,
}

impl Log {
    fn new(entries: u64) -> Self {
        let signer = SignerKey::new(ORIGIN, SigningKey::from_seed(&[1; 32])).unwrap();
        Self { signer, leaves: (0..entries).map(|i| leaf_hash(&i.to_be_bytes())).collect() }
    }

    fn note(&self, size: u64) -> Note {
        let root = root_of(&self.leaves[..size as usize]);
        Checkpoint::new(ORIGIN, size, root).unwrap().sign(&self.signer).unwrap()
    }

    fn request(&self, old: u64, size: u64) -> String {
        let proof = consistency_proof(&Leaves(&self.leaves), old, size).unwrap();
        AddCheckpoint { old, proof, note: self.note(size) }.to_string()
    }
}

/// Where a witness lives, whether it runs or not.
pub struct Place {
    dir: TempDir,
    pub key: WitnessKey,
    log: String,
}

impl Place {
    fn make() -> Self {
        Self::of("witness.example/1", &Log::new(0).signer.verifier().to_string())
    }

    /// Makes the key of a witness of this log; nothing runs yet.
    pub fn of(name: &str, log: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut keygen = yuanliu();
        keygen.args(["keygen", "--witness", name, "--json", "-o"]).arg(dir.path().join("w.pem"));
        let made = run_in(keygen.env("YUANLIU_PASSPHRASE", "correct horse")).ok();
        assert_eq!(made["witness"], name);
        let key = made["witness_key"].as_str().unwrap().parse().unwrap();
        Self { dir, key, log: log.to_owned() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = yuanliu();
        command.args(["witness", "--listen", "127.0.0.1:0", "--plain-http", "--key"]).arg(self.path("w.pem"));
        command.arg("--log").arg(&self.log);
        command.arg("--data").arg(self.path("data")).args(more).env("YUANLIU_PASSPHRASE", "correct horse");
        command
    }

    pub fn start(&self, more: &[&str]) -> Witness {
        Witness::start(self.command(more), &self.path("ready"), &self.path("log"))
    }

    /// The command of one that audits, by these settings.
    pub fn auditing(&self, settings: &str, more: &[&str]) -> Command {
        let file = self.path("witness.toml");
        fs::write(&file, settings).unwrap();
        let mut command = self.command(more);
        command.arg("--audit").arg("--config").arg(file);
        command
    }

    pub fn start_auditing(&self, settings: &str, more: &[&str]) -> Witness {
        Witness::start(self.auditing(settings, more), &self.path("ready"), &self.path("log"))
    }
}

/// A running witness; killed when dropped.
pub struct Witness {
    child: Child,
    pub address: SocketAddr,
}

impl Witness {
    fn start(mut command: Command, ready: &Path, log: &Path) -> Self {
        let _ = fs::remove_file(ready);
        let stderr = fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut child =
            command.arg("--ready-file").arg(ready).stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
        let begin = Instant::now();
        loop {
            if let Ok(text) = fs::read_to_string(ready) {
                let told: Value = serde_json::from_str(&text).unwrap();
                return Self { child, address: told["address"].as_str().unwrap().parse().unwrap() };
            }
            if let Some(status) = child.try_wait().unwrap() {
                panic!("no witness: {status}: {}", fs::read_to_string(log).unwrap());
            }
            assert!(begin.elapsed() < PATIENCE, "not ready in time");
            thread::sleep(Duration::from_millis(3));
        }
    }

    pub fn add(&self, request: &str) -> Result<(u16, String), std::io::Error> {
        raw(self.address, "POST", "/add-checkpoint", "Host: w\r\n", request.as_bytes())
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        raw(self.address, "GET", path, "Host: w\r\n", b"").unwrap()
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, then its exit code.
    pub fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", "--", &id]).status().unwrap().success());
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(3));
        }
        panic!("the witness did not end in time");
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// When the witness says that it cosigned this.
fn cosigned(place: &Place, answer: &str, note: &Note) -> u64 {
    let line = parse_signatures(answer).unwrap().remove(0);
    place.key.cosigned_at(&note.clone().with(line).unwrap()).unwrap()
}

#[test]
fn a_witness_killed_at_any_moment_never_forgets_what_it_cosigned() {
    let mut dice = Dice::new("witness-kill");
    let place = Place::make();
    let log = Log::new(400);
    let (mut known, mut killed) = (0, 0);
    let mut witness = place.start(&["--new"]);
    while killed < 12 {
        let size = known + dice.between(1, 9) as u64;
        let kill = dice.between(0, 3) == 0;
        let killer = kill.then(|| {
            let id = witness.child.id().to_string();
            let wait = Duration::from_micros(dice.between(0, 4_000) as u64);
            thread::spawn(move || {
                thread::sleep(wait);
                // Not yet waited for, so the id is still its own.
                assert!(Command::new("kill").args(["-s", "KILL", "--", &id]).status().unwrap().success());
            })
        });
        let answer = witness.add(&log.request(known, size));
        if let Some(killer) = killer {
            killer.join().unwrap();
            witness.kill();
            witness = place.start(&[]);
            killed += 1;
        }
        // What it told before it died it still knows; what it did not get to tell it may know.
        let (status, body) = witness.add(&log.request(0, 1)).unwrap();
        let last = match status {
            409 => parse_conflict(&body).unwrap(),
            200 => 1,
            _ => panic!("{status} {body}"),
        };
        match answer {
            Ok((200, body)) => {
                cosigned(&place, &body, &log.note(size));
                assert_eq!(last, size, "was cosigned and forgotten");
            }
            Ok(other) => panic!("{other:?}"),
            Err(_) => assert!(last == size || last == known.max(1), "{known} to {size}, and now {last}"),
        }
        known = last;
    }
    assert_eq!(witness.stop(), Some(0));
}

#[test]
fn a_witness_starts_only_with_its_own_state() {
    let place = Place::make();
    let refused = |command: &mut Command, code: i32, word: &str| {
        let done = run_in(command.arg("--json"));
        assert_eq!(done.code, Some(code), "{done:?}");
        assert!(done.stderr.contains(word), "{word}: {done:?}");
    };
    refused(&mut place.command(&[]), 2, "--new");
    let witness = place.start(&["--new"]);
    refused(&mut place.command(&[]), 4, "another process");
    let log = Log::new(9);
    let (status, answer) = witness.add(&log.request(0, 5)).unwrap();
    assert_eq!(status, 200, "{answer}");
    let at = cosigned(&place, &answer, &log.note(5));
    let who: Value = serde_json::from_str(&witness.get("/").1).unwrap();
    assert_eq!((&who["key"], &who["logs"][0]["size"]), (&place.key.to_string().into(), &5.into()));
    let id = who["logs"][0]["id"].as_str().unwrap().to_owned();
    let note = Note::parse(witness.get(&format!("/checkpoint/{id}")).1.as_bytes()).unwrap();
    assert_eq!(place.key.cosigned_at(&note), Ok(at));
    assert_eq!(witness.stop(), Some(0));

    refused(&mut place.command(&["--new"]), 2, "without --new");
    refused(&mut place.command(&["--lang", "zh", "--new"]), 2, "请去掉 --new");
    let other = Place::make();
    refused(&mut place.command(&["--prefix", "w1"]), 2, "slash");
    // Another key over this state.
    fs::remove_file(place.path("w.pem")).unwrap();
    fs::copy(other.path("w.pem"), place.path("w.pem")).unwrap();
    refused(&mut place.command(&[]), 2, "use its key");
    // A damaged state.
    fs::write(place.path("data/witness.redb"), b"something else").unwrap();
    refused(&mut place.command(&[]), 4, "damaged");
}

#[test]
fn keys_of_witnesses_and_of_parties_do_not_stand_in_for_each_other() {
    let place = Place::make();
    let mut sign = yuanliu();
    sign.args(["sign", "none.json", "--party", "org:X", "--json", "--key"]).arg(place.path("w.pem"));
    let sign = run_in(&mut sign);
    assert_eq!(sign.code, Some(2), "{sign:?}");
    assert!(sign.stderr.contains("witness.example/1"), "{sign:?}");
    let party = place.path("party.pem");
    run_in(yuanliu().args(["keygen", "--no-passphrase", "--json", "-o"]).arg(&party)).ok();
    fs::copy(&party, place.path("w.pem")).unwrap();
    let done = run_in(&mut place.command(&["--new", "--json"]));
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("keygen --witness"), "{done:?}");
    assert!(!place.path("data").exists(), "nothing was made");

    let bad = run_in(
        yuanliu()
            .args(["keygen", "--witness", "two words", "--no-passphrase", "-o"])
            .arg(place.path("x.pem")),
    );
    assert_eq!(bad.code, Some(2), "{bad:?}");
    assert!(!place.path("x.pem").exists());
}

#[test]
fn a_settings_file_serves_and_how_to_listen_has_to_be_said() {
    let place = Place::make();
    let vkey = Log::new(0).signer.verifier().to_string();
    let text = format!(
        "key = \"w.pem\"\ndata = \"data\"\nlisten = \"127.0.0.1:0\"\nprefix = \"/w1\"\nlogs = [\"{vkey}\"]\n"
    );
    let file = place.path("witness.toml");
    fs::write(&file, text).unwrap();
    let command = |more: &[&str]| {
        let mut command = yuanliu();
        command
            .args(["witness", "--config"])
            .arg(&file)
            .args(more)
            .env("YUANLIU_PASSPHRASE", "correct horse");
        command
    };
    let done = run_in(command(&["--new"]).arg("--json"));
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("--tls-cert") && done.stderr.contains("--plain-http"), "{done:?}");
    let witness =
        Witness::start(command(&["--new", "--plain-http"]), &place.path("ready"), &place.path("log"));
    assert_eq!(witness.get("/w1/").0, 200);
    assert_eq!(witness.get("/healthz").0, 200);
    assert_eq!(witness.stop(), Some(0));
    fs::write(&file, "logz = []\n").unwrap();
    assert_eq!(run_in(command(&[]).arg("--json")).code, Some(2));
}
