//! `yuanliu demo --serve`: counterparties that deliver and confirm, also after an end and after SIGKILL.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::kit::{Done, run, yuanliu};

/// Longest wait for anything a sandbox or its counterparties have to do.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_sandbox_delivers_and_confirms_and_takes_its_facts_away_when_it_ends() {
    let temp = tempfile::tempdir().unwrap();
    let mut sandbox = Sandbox::start(&temp.path().join("sandbox"));
    assert_eq!(sandbox.facts["players"][0]["role"], "distributor");
    let case = sandbox.take_delivery(&[]);
    let buyer = sandbox.ship(&case);
    sandbox.wait_until_held_by(&case, &buyer);
    let published = sandbox.data.join("sandbox.json");
    assert!(published.exists());
    sandbox.terminate();
    assert!(!published.exists(), "left behind");
}

#[test]
fn a_sandbox_goes_on_after_an_end_and_after_sigkill() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("sandbox");
    let mut first = Sandbox::start(&data);
    let case = first.take_delivery(&[]);
    // Nobody has the time to confirm it before the end.
    let buyer = first.ship(&case);
    first.terminate();

    let mut second = Sandbox::start(&data);
    for same in ["ledger", "players", "customers", "regulator", "ca"] {
        assert_eq!(first.facts[same], second.facts[same], "{same}");
    }
    second.wait_until_held_by(&case, &buyer);
    let another = second.take_delivery(&[&case]);
    let buyer = second.ship(&another);
    second.kill();
    assert!(data.join("sandbox.json").exists(), "nobody could take it away");

    // Its server may be ending yet; what it left is recognised.
    let mut third = Sandbox::start(&data);
    assert_eq!(second.facts["ledger"], third.facts["ledger"]);
    assert_ne!(second.facts["pid"], third.facts["pid"]);
    third.wait_until_held_by(&another, &buyer);
    third.take_delivery(&[&case, &another]);
    for item in [&case, &another] {
        let received = third.received(item, &buyer);
        assert_eq!(received.len(), 1, "{item} is confirmed once: {received:?}");
    }
    let refused = run(["demo", "--serve", "--data", data.to_str().unwrap()]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("runs in"), "{refused:?}");
    assert!(data.join("sandbox.json").exists(), "another start took away the facts of the one that runs");
    third.terminate();
    let verified = run(["verify", "--data", data.to_str().unwrap()]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[test]
fn a_ledger_that_is_no_sandbox_is_left_alone() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().to_str().unwrap();
    let root = "uscc:11110105MAYL900070";
    run(["init", "--data", data, "--origin", "example.com/x", "--root", root, "--no-passphrase"]).ok();
    let refused = run(["demo", "--serve", "--data", data]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The values of JSON Lines, of a command that must have succeeded.
fn rows(done: &Done) -> Vec<Value> {
    assert_eq!(done.code, Some(0), "{done:?}");
    done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A running sandbox; killed when dropped. Its server ends with it.
struct Sandbox {
    child: Child,
    data: PathBuf,
    facts: Value,
}

impl Sandbox {
    fn start(data: &Path) -> Self {
        let mut child = yuanliu()
            .args(["demo", "--serve", "--listen", "127.0.0.1:0", "--every", "2", "--data"])
            .arg(data)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            let facts = std::fs::read_to_string(data.join("sandbox.json"));
            let facts: Option<Value> = facts.ok().and_then(|text| serde_json::from_str(&text).ok());
            // Not those that a killed one has left.
            if let Some(facts) = facts.filter(|facts| facts["pid"] == child.id()) {
                return Self { child, data: data.to_owned(), facts };
            }
            assert_eq!(child.try_wait().unwrap(), None, "the sandbox has ended");
            thread::sleep(Duration::from_millis(20));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("the sandbox was not ready in time");
    }

    /// SIGTERM; it must end well.
    fn terminate(&mut self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begin.elapsed() < PATIENCE, "the sandbox did not end in time");
            thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(status.code(), Some(0));
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn ask(&self, who: &Value, command: &[&str]) -> Done {
        let (server, ca) = (text(&self.facts["server"]), text(&self.facts["ca"]));
        let (key, party) = (text(&who["key"]), text(&who["party"]));
        let who = ["--server", &server, "--ca", &ca, "--key", &key, "--party", &party];
        run(command.iter().chain(&who).copied().collect::<Vec<_>>())
    }

    fn play(&self, command: &[&str]) -> Done {
        self.ask(&self.facts["players"][0], command)
    }

    fn state(&self, body: &Value) {
        let file = self.data.parent().unwrap().join("statement.json");
        std::fs::write(&file, body.to_string()).unwrap();
        self.play(&["submit", file.to_str().unwrap()]).ok();
    }

    /// Waits for a delivery to the player and takes it in: a case of ten that is none of those known.
    fn take_delivery(&self, known: &[&str]) -> String {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            let inbound = rows(&self.play(&["desk", "inbound"]));
            let delivery = inbound.iter().find(|s| s["bill"].as_str().is_some_and(|b| b.contains("-S0")));
            if let Some(delivery) = delivery {
                self.state(&json!({ "receive": { "bill": delivery["bill"] } }));
                let holdings = rows(&self.play(&["desk", "holdings"]));
                let case = holdings
                    .iter()
                    .find(|h| h["contents"] == 10 && known.iter().all(|known| h["item"] != *known));
                return text(&case.expect("the case of ten is in stock")["item"]);
            }
            thread::sleep(Duration::from_millis(200));
        }
        panic!("nothing was delivered");
    }

    /// Ships to a customer, who is returned.
    fn ship(&self, item: &str) -> String {
        let buyer = text(&self.facts["customers"][0]["party"]);
        self.state(&json!({ "ship": { "items": [item], "addressee": buyer, "reason": "sale" } }));
        buyer
    }

    fn wait_until_held_by(&self, item: &str, party: &str) {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if self.play(&["item", item]).ok()["item"]["holder"] == party {
                return;
            }
            thread::sleep(Duration::from_millis(200));
        }
        panic!("the shipment was not confirmed");
    }

    /// What a party has stated about an item.
    fn received(&self, item: &str, party: &str) -> Vec<Value> {
        let history = self.ask(&self.facts["regulator"], &["history", item]).ok();
        let events = history["events"].as_array().unwrap().iter().filter(|e| e["party"] == party);
        events.cloned().collect()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Has ended already where it was told to.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
