//! What a sandbox leaves in its directory: the plan of its world, for the next start, and while it runs
//! the facts that programs read.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Result;
use merkle::Hash;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sim::Plan;
use store::{Dir, StoreError};

use crate::{exit, keys, out::Out};

/// Longest wait for the server of a sandbox that was killed: it ends by itself, once it notices.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest wait for an answer of a server that may be gone.
const KNOCK: Duration = Duration::from_secs(1);

/// From what the world of a sandbox is made again. All its keys follow from it, so it lies among the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    seed: u64,
    statements: usize,
    /// End of the trade that lies behind, µs since the Unix epoch.
    end_at: i64,
    /// Size of the log when all of that trade was on it; 0 before.
    pub trade_end: u64,
}

impl Kept {
    /// A plan of which nothing is recorded yet.
    pub const fn new(plan: Plan) -> Self {
        let Plan { seed, statements, end_at } = plan;
        Self { seed, statements, end_at, trade_end: 0 }
    }

    pub const fn plan(&self) -> Plan {
        Plan { seed: self.seed, statements: self.statements, end_at: self.end_at }
    }

    /// That of a directory; nothing where there is none.
    pub fn read(data: &Path) -> Result<Option<Self>> {
        let path = Self::path(data);
        let name = path.display();
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => {
                return Err(exit::machine(format!("cannot read {name}"), format!("无法读取 {name}"), e));
            }
        };
        let kept = serde_json::from_slice(&text).map_err(|e| {
            exit::machine(
                format!("{name} is not the plan of a sandbox; begin anew with another --data"),
                format!("{name} 不是沙盒的计划；请换用其他 --data 目录重新开始"),
                e,
            )
        })?;
        Ok(Some(kept))
    }

    /// Keeps it, whole or not at all.
    pub fn write(&self, data: &Path) -> Result<()> {
        replace(&Self::path(data), &serde_json::to_vec(self)?)
    }

    fn path(data: &Path) -> PathBuf {
        keys::folder(data).join("plan.json")
    }
}

/// The facts that programs read; the file goes when this does.
#[derive(Debug)]
pub struct Facts(PathBuf);

impl Facts {
    pub fn path_in(data: &Path) -> PathBuf {
        data.join("sandbox.json")
    }

    pub fn publish(data: &Path, facts: &Value) -> Result<Self> {
        let path = Self::path_in(data);
        replace(&path, facts.to_string().as_bytes())?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Facts {
    fn drop(&mut self) {
        // What is left behind is recognised at the next start.
        let _ = fs::remove_file(&self.0);
    }
}

/// Takes away the facts of a sandbox that has ended without doing so. Refuses where it still runs.
pub fn clear_stale(data: &Path, out: Out) -> Result<()> {
    let path = Facts::path_in(data);
    let Ok(text) = fs::read(&path) else { return Ok(()) };
    let facts: Value = serde_json::from_slice(&text).unwrap_or_default();
    let url = facts["server"].as_str().unwrap_or_default();
    if is_process(facts["pid"].as_u64()) && answers(url) {
        let name = data.display();
        return Err(exit::usage(
            format!("a sandbox runs in {name} already: {url}"),
            format!("{name} 中的沙盒已在运行：{url}"),
        ));
    }
    out.note(format!(
        "{}: {}",
        out.pick("removed what a sandbox that was killed has left", "已清除被强制终止的沙盒的遗留文件"),
        path.display()
    ));
    fs::remove_file(&path).map_err(|e| {
        let name = path.display();
        exit::machine(format!("cannot remove {name}"), format!("无法删除 {name}"), e)
    })
}

/// The id of the ledger in a directory, once nobody else has it open.
pub fn ledger_of(data: &Path) -> Result<Hash> {
    let begin = Instant::now();
    loop {
        match Dir::open(data, &store::Config::default()) {
            Ok(dir) => return Ok(*dir.open_log()?.ledger()),
            Err(StoreError::Locked { .. }) if begin.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(e) => return Err(e.into()),
        }
    }
}

/// Whether a process with this id is there; where that cannot be told, it may be.
fn is_process(id: Option<u64>) -> bool {
    let processes = Path::new("/proc");
    id.is_some_and(|id| !processes.join("self").exists() || processes.join(id.to_string()).exists())
}

/// Whether something listens where this URL on this machine points.
fn answers(url: &str) -> bool {
    let port = url.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let address = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    port.is_some_and(|port| TcpStream::connect_timeout(&address(port), KNOCK).is_ok())
}

/// Writes a file beside its place and moves it there.
fn replace(path: &Path, text: &[u8]) -> Result<()> {
    let draft = path.with_extension("new");
    fs::write(&draft, text).and_then(|()| fs::rename(&draft, path)).map_err(|e| {
        let name = path.display();
        exit::machine(format!("cannot write {name}"), format!("无法写入 {name}"), e)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lang::Lang;

    const OUT: Out = Out { json: true, lang: Lang::En };

    #[test]
    fn a_plan_is_read_as_it_was_kept() {
        let temp = tempfile::tempdir().unwrap();
        assert_eq!(Kept::read(temp.path()).unwrap(), None);
        keys::make_folder(&keys::folder(temp.path())).unwrap();
        let mut kept = Kept::new(Plan { seed: 7, statements: 300, end_at: 1_800_000_000_000_000 });
        kept.write(temp.path()).unwrap();
        kept.trade_end = 301;
        kept.write(temp.path()).unwrap();
        assert_eq!(Kept::read(temp.path()).unwrap(), Some(kept));
        fs::write(keys::folder(temp.path()).join("plan.json"), "{}").unwrap();
        assert_eq!(exit::code(&Kept::read(temp.path()).unwrap_err()), exit::MACHINE);
    }

    #[test]
    fn facts_go_with_their_sandbox() {
        let temp = tempfile::tempdir().unwrap();
        let facts = Facts::publish(temp.path(), &json!({ "pid": 1 })).unwrap();
        let path = facts.path().to_owned();
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"pid\":1}");
        drop(facts);
        assert!(!path.exists());
    }

    #[test]
    fn facts_are_stale_unless_their_process_lives_and_their_port_answers() {
        let temp = tempfile::tempdir().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listening = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let (alive, gone) = (u64::from(std::process::id()), u64::from(u32::MAX));
        let left = |pid: u64, url: &str| {
            let path = Facts::path_in(temp.path());
            fs::write(&path, json!({ "pid": pid, "server": url }).to_string()).unwrap();
            clear_stale(temp.path(), OUT).map(|()| path.exists()).map_err(|e| exit::code(&e))
        };
        assert_eq!(left(alive, &listening), Err(exit::USAGE));
        assert_eq!(left(gone, &listening), Ok(false));
        assert_eq!(left(alive, "nowhere"), Ok(false));
        drop(listener);
        assert_eq!(left(alive, &listening), Ok(false));
        fs::write(Facts::path_in(temp.path()), "half a fi").unwrap();
        clear_stale(temp.path(), OUT).unwrap();
        assert!(!Facts::path_in(temp.path()).exists());
    }
}
