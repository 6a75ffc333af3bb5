//! An ERP system's side: a gateway as a process, and plain HTTP to it.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use client::{KeyFile, Protection};
use serde_json::Value;

use super::{Actor, Stage, yuanliu};

const PATIENCE: Duration = Duration::from_secs(60);

/// Where a gateway lives, whether it runs or not.
pub struct Place {
    pub dir: PathBuf,
    pub settings: PathBuf,
    /// Further environment of its process.
    pub env: Vec<(String, String)>,
}

impl Place {
    /// A gateway that signs as an actor with its key, from a file. `more` is added to `[bills]`.
    pub fn make(dir: &Path, stage: &Stage, actor: &Actor, more: &str) -> Self {
        fs::create_dir_all(dir).unwrap();
        KeyFile::create(&dir.join("signer.pem"), &actor.key, Protection::Plain).unwrap();
        Self::with_key(dir, stage, actor, "file = \"signer.pem\"", more)
    }

    /// The same with another key.
    pub fn with_key(dir: &Path, stage: &Stage, actor: &Actor, key: &str, more: &str) -> Self {
        fs::create_dir_all(dir).unwrap();
        let settings = dir.join("gateway.toml");
        let text = format!(
            "data = \"data\"\nlisten = \"127.0.0.1:0\"\ninbox = \"inbox\"\n\
             [ledger]\nserver = \"{}\"\nca = \"{}\"\nid = \"{}\"\n[key]\n{key}\n[bills]\nparty = \"{}\"\n{more}\n",
            stage.server.url(),
            stage.server.ca.display(),
            hex::encode(stage.ledger()),
            actor.party,
        );
        fs::write(&settings, text).unwrap();
        Self { dir: dir.to_owned(), settings, env: Vec::new() }
    }

    pub fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// A command of the gateway.
    pub fn command(&self, name: &str) -> Command {
        let mut command = yuanliu();
        command.args(["gateway", name, "--settings"]).arg(&self.settings);
        command.envs(self.env.iter().cloned());
        command
    }

    /// Starts it and waits until it listens.
    pub fn start(&self) -> Gateway {
        self.start_by(self.command("run"))
    }

    /// By any command that ends in `gateway run`.
    pub fn start_by(&self, mut command: Command) -> Gateway {
        let (ready, log) = (self.dir.join("ready"), self.dir.join("gateway.log"));
        let _ = fs::remove_file(&ready);
        let stderr = fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        command.arg("--ready-file").arg(&ready).stdout(Stdio::null()).stderr(stderr);
        let mut child = command.spawn().unwrap();
        let begin = Instant::now();
        loop {
            if let Ok(text) = fs::read_to_string(&ready) {
                let address = text.trim().parse().unwrap();
                let secret = fs::read_to_string(self.data().join("secret")).unwrap();
                return Gateway { child, address, secret };
            }
            if let Some(status) = child.try_wait().unwrap() {
                panic!("no gateway: {status}: {}", fs::read_to_string(&log).unwrap());
            }
            assert!(begin.elapsed() < PATIENCE, "not ready in time");
            thread::sleep(Duration::from_millis(3));
        }
    }
}

/// A running gateway; killed when dropped.
pub struct Gateway {
    child: Child,
    pub address: SocketAddr,
    pub secret: String,
}

impl Gateway {
    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGKILL after a while, from another thread: in the middle of whatever it does then.
    pub fn kill_in(&self, wait: Duration) -> thread::JoinHandle<()> {
        let id = self.child.id().to_string();
        thread::spawn(move || {
            thread::sleep(wait);
            // Not yet waited for, so the id is still its own.
            assert!(Command::new("kill").args(["-s", "KILL", "--", &id]).status().unwrap().success());
        })
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
        panic!("the gateway did not end in time");
    }

    /// Status and JSON, with the secret shown.
    pub fn call(&self, method: &str, path: &str, body: &[u8]) -> Result<(u16, Value), std::io::Error> {
        let head = format!("Host: {}\r\nAuthorization: Bearer {}\r\n", self.address, self.secret);
        let (status, text) = raw(self.address, method, path, &head, body)?;
        Ok((status, serde_json::from_str(&text).map_err(std::io::Error::other)?))
    }

    /// The same, of a gateway that must answer.
    pub fn post(&self, path: &str, body: &[u8]) -> (u16, Value) {
        self.call("POST", path, body).unwrap()
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, b"").unwrap()
    }

    /// The only bill of a number.
    pub fn bill(&self, number: &str) -> Value {
        let (status, answer) = self.get(&format!("/v1/bills/{number}"));
        assert_eq!(status, 200, "{answer}");
        let bills = answer["bills"].as_array().unwrap();
        assert_eq!(bills.len(), 1, "{answer}");
        bills[0].clone()
    }

    /// Waits until bills of a number (one) are in a state.
    pub fn wait_for(&self, number: &str, state: &str) -> Value {
        let begin = Instant::now();
        loop {
            let bill = self.bill(number);
            if bill["state"] == state {
                return bill;
            }
            assert!(
                begin.elapsed() < PATIENCE,
                "{number} is not {state}: {bill} {:?}",
                self.get("/v1/health")
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Has ended already where it was stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One exchange of HTTP/1.1: status and body.
pub fn raw(
    address: SocketAddr,
    method: &str,
    path: &str,
    head: &str,
    body: &[u8],
) -> Result<(u16, String), std::io::Error> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\n{head}Connection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let broken = || std::io::Error::other(format!("no answer: {answer}"));
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(broken)?;
    Ok((status, body.to_owned()))
}
