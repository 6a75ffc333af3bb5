//! The program as child processes, each bounded in time and ended by its own id.

use std::{
    io::Read,
    net::SocketAddr,
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// Longest wait for anything a process has to do.
const PATIENCE: Duration = Duration::from_secs(90);

/// The program, in English, without settings from the environment of the test.
pub fn yuanliu() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yuanliu"));
    clean(&mut command);
    command
}

fn clean(command: &mut Command) {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("YUANLIU_")) {
        command.env_remove(name);
    }
    // Not in the home of whoever runs the tests; ledgers are told apart by their ids.
    command.env("YUANLIU_MEMORY", concat!(env!("CARGO_TARGET_TMPDIR"), "/memory"));
    // Tests count entries: a seal comes only where a test has said so, however slow the machine is, and an access
    // digest as late as may be.
    for (name, value) in [
        ("YUANLIU_LEDGER__SEAL_INTERVAL_MS", "86400000"),
        ("YUANLIU_LEDGER__ACCESS_DIGEST_DELAY_MS", "90000"),
    ] {
        if !command.get_envs().any(|(set, _)| set == name) {
            command.env(name, value);
        }
    }
    command.env("LC_ALL", "C").stdin(Stdio::null());
}

/// What a process left behind.
#[derive(Debug)]
pub struct Done {
    /// Exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    /// The JSON value on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(self.stdout.trim()).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The same, of a command that must have succeeded.
    pub fn ok(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        if self.stdout.trim().is_empty() { Value::Null } else { self.json() }
    }
}

/// Runs the program with arguments and `--json` to its end.
pub fn run<A: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = A>) -> Done {
    run_in(yuanliu().args(args).arg("--json"))
}

/// Runs a command to its end; kills its process group if that takes too long.
pub fn run_in(command: &mut Command) -> Done {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .expect("the command starts");
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begin.elapsed() > PATIENCE {
            signal(&format!("-{}", child.id()), "KILL");
            panic!("{command:?} did not end in time");
        }
        thread::sleep(Duration::from_millis(2));
    };
    Done { code: status.code(), stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.expect("piped").read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn signal(target: &str, name: &str) {
    let sent = Command::new("kill").args(["-s", name, "--", target]).status().unwrap();
    assert!(sent.success(), "kill -s {name} -- {target}");
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub data: PathBuf,
    pub address: SocketAddr,
    pub http: SocketAddr,
    pub ca: PathBuf,
}

impl Server {
    /// On a free port.
    pub fn start(data: &Path) -> Self {
        Self::start_at(data, SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// On a given port, which may take a moment to be free again.
    pub fn start_at(data: &Path, address: SocketAddr) -> Self {
        let begin = Instant::now();
        loop {
            let mut command = yuanliu();
            command.arg("serve");
            match Self::try_start(command, data, address) {
                Ok(server) => return server,
                Err(why) if begin.elapsed() > Duration::from_secs(20) => panic!("no server: {why}"),
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// By any command that ends in `serve`, or takes the arguments of it.
    pub fn try_start(mut command: Command, data: &Path, address: SocketAddr) -> Result<Self, String> {
        let (ready, log) = (data.join("ready.json"), data.join("serve.log"));
        let _ = std::fs::remove_file(&ready);
        let stderr = std::fs::File::create(&log).unwrap();
        command.args(["--data".as_ref(), data.as_os_str(), "--ready-file".as_ref(), ready.as_os_str()]);
        command.args(["--listen", &address.to_string(), "--http", "127.0.0.1:0"]);
        clean(&mut command);
        let mut child = command.stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
        let begin = Instant::now();
        let facts: Value = loop {
            if let Ok(text) = std::fs::read_to_string(&ready) {
                break serde_json::from_str(&text).unwrap();
            }
            if let Some(status) = child.try_wait().unwrap() {
                return Err(format!("{status}: {}", std::fs::read_to_string(&log).unwrap()));
            }
            if begin.elapsed() > PATIENCE {
                child.kill().unwrap();
                child.wait().unwrap();
                return Err("not ready in time".into());
            }
            thread::sleep(Duration::from_millis(3));
        };
        let address = |name: &str| facts[name].as_str().unwrap().parse().unwrap();
        let (grpc, http) = (address("address"), address("http"));
        let ca = facts["ca"].as_str().unwrap().into();
        Ok(Self { child, data: data.to_owned(), address: grpc, http, ca })
    }

    /// For commands and clients.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn terminate(&self) {
        signal(&self.child.id().to_string(), "TERM");
    }

    /// SIGTERM, then its exit code.
    pub fn stop(mut self) -> i32 {
        self.terminate();
        self.wait()
    }

    /// Its exit code; it must have been asked to end.
    pub fn wait(&mut self) -> i32 {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or_else(|| -status.signal().unwrap_or(0));
            }
            thread::sleep(Duration::from_millis(3));
        }
        panic!("the server did not end in time");
    }

    /// `GET path` from the HTTP port: the whole answer, head and body.
    pub fn get(&self, path: &str) -> String {
        use std::io::Write as _;
        let mut stream = std::net::TcpStream::connect(self.http).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Has ended already where it was stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
