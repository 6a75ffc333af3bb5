//! The server as a process of its own, for `demo` and `bench`.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use anyhow::Result;
use serde::Deserialize;

use crate::exit;

/// Longest wait for a server to be ready, or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes of a log in which the last words are looked for.
const LAST_WORDS: u64 = 4_096;

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    /// Address of the gRPC service.
    pub address: SocketAddr,
    /// Address of its HTTP side.
    pub http: SocketAddr,
    /// Its certificate.
    pub ca: PathBuf,
}

#[derive(Deserialize)]
struct Ready {
    address: SocketAddr,
    http: SocketAddr,
    ca: PathBuf,
}

impl ServerProcess {
    /// Starts a server on a ledger's directory and waits until it is ready; port 0 takes a free one.
    /// What it records by itself it records as late as may be: its entries are counted.
    pub fn start(data: &Path, listen: SocketAddr) -> Result<Self> {
        Self::start_set(data, listen, &[])
    }

    /// The same with further settings, by the names of their environment variables.
    pub fn start_set(data: &Path, listen: SocketAddr, settings: &[(&str, &str)]) -> Result<Self> {
        let late = ("YUANLIU_LEDGER__ACCESS_DIGEST_DELAY_MS", "90000");
        Self::spawn(data, listen, &[], &[&[late], settings].concat())
    }

    /// One for longer, with more arguments.
    pub fn start_with(data: &Path, listen: SocketAddr, more: &[&str]) -> Result<Self> {
        Self::spawn(data, listen, more, &[])
    }

    fn spawn(data: &Path, listen: SocketAddr, more: &[&str], settings: &[(&str, &str)]) -> Result<Self> {
        let ready = data.join("ready.json");
        let _ = std::fs::remove_file(&ready);
        let log = data.join("serve.log");
        let logs = File::options().create(true).append(true).open(&log)?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .arg("--data")
            .arg(data)
            .arg("--ready-file")
            .arg(&ready)
            .args(["--listen", &listen.to_string(), "--http", "127.0.0.1:0"])
            .arg("--until-eof")
            .args(more)
            .envs(settings.iter().filter(|(name, _)| std::env::var_os(name).is_none()).copied())
            // Held open by the child handle: it ends with this process, however that ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(logs)
            .spawn()
            .map_err(|e| exit::machine("cannot start the server", "无法启动服务端", e))?;
        let begin = Instant::now();
        let facts: Ready = loop {
            if let Ok(text) = std::fs::read_to_string(&ready) {
                break serde_json::from_str(&text)?;
            }
            if let Some(status) = child.try_wait()? {
                return Err(ended(status, &format!("; {}{}", log.display(), last_words(&log))));
            }
            if begin.elapsed() > PATIENCE {
                let _ = child.kill();
                return Err(exit::machine(
                    "the server was not ready in time",
                    "服务端未及时就绪",
                    log.display(),
                ));
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        Ok(Self { child, address: facts.address, http: facts.http, ca: facts.ca })
    }

    /// Process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The address as a URL that the development certificate is good for.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// SIGKILL, as a power cut would: nothing is flushed, nobody is told.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end and waits.
    pub fn stop(mut self) -> Result<()> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        if !asked.is_ok_and(|s| s.success()) {
            return self.kill();
        }
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                return Err(ended(status, ""));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.kill()?;
        Err(exit::machine("the server did not end in time", "服务端未及时结束", "SIGKILL"))
    }
}

/// What a server that would not start said last: that a port is taken, or a directory open.
fn last_words(log: &Path) -> String {
    let mut end = Vec::new();
    // A sandbox's log grows for as long as it is used.
    if let Ok(mut file) = File::open(log) {
        let from = file.metadata().map_or(0, |found| found.len().saturating_sub(LAST_WORDS));
        let _ = file.seek(SeekFrom::Start(from)).and_then(|_| file.read_to_end(&mut end));
    }
    let text = String::from_utf8_lossy(&end);
    let said = text.lines().rfind(|line| !line.trim().is_empty() && !line.starts_with('{'));
    said.map(|line| format!(": {}", line.trim())).unwrap_or_default()
}

fn ended(status: ExitStatus, more: &str) -> anyhow::Error {
    exit::machine("the server ended by itself", "服务端自行结束", format_args!("{status}{more}"))
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Ended already where stop() or kill() came before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
