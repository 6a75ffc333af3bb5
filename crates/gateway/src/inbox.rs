//! The inbox: a directory in which files are dropped.
//!
//! A file counts once it has been the same for two looks (size and time of change), so that one which is
//! still being written is left alone; moving it in by rename is better still. A file that was read goes to
//! `done/`, or to `failed/` where anything in it was wrong, with a report beside it. A crash in between
//! only has the file read again, and all its bills recognised.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::sync::watch;

use crate::{Fault, Gateway, Input, Report, fault::MAX_FAULTS, gateway::GatewayError};

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How long it is left alone when outbox or key do not work.
const AFTER_TROUBLE: Duration = Duration::from_secs(10);
/// Most files of one look.
const MAX_FILES: usize = 1_000;
/// Endings of files that are read; others are left where they are.
const ENDINGS: [&str; 4] = ["csv", "xlsx", "xml", "json"];

type Seen = BTreeMap<PathBuf, (u64, SystemTime)>;

/// A watched directory.
#[derive(Debug)]
pub struct Inbox {
    dir: PathBuf,
    seen: Seen,
}

impl Inbox {
    /// Makes the directory with its `done` and `failed` where they are missing.
    ///
    /// # Errors
    /// The file system refused.
    pub fn open(dir: &Path) -> io::Result<Self> {
        for part in [dir.to_path_buf(), dir.join("done"), dir.join("failed")] {
            fs::create_dir_all(part)?;
        }
        Ok(Self { dir: dir.to_path_buf(), seen: Seen::new() })
    }

    /// Looks until told to stop.
    pub async fn watch(mut self, gateway: Arc<Gateway>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let (dir, seen) = (self.dir.clone(), std::mem::take(&mut self.seen));
            let looked = gateway
                .blocking(move |g| {
                    let mut inbox = Self { dir, seen };
                    let done = inbox.look(g);
                    Ok((inbox.seen, done))
                })
                .await;
            let wait = match looked {
                Ok((seen, Ok(()))) => {
                    self.seen = seen;
                    EVERY
                }
                Ok((seen, Err(error))) => {
                    self.seen = seen;
                    tracing::error!(%error, "files wait in the inbox");
                    AFTER_TROUBLE
                }
                Err(error) => {
                    tracing::error!(%error, "the inbox cannot be looked at");
                    AFTER_TROUBLE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// One look: takes in every file that has come to rest, in order of names.
    fn look(&mut self, gateway: &Gateway) -> Result<(), GatewayError> {
        let found = self.files().map_err(|e| machine(&self.dir, &e))?;
        let rested: Vec<PathBuf> = found
            .iter()
            .filter(|(path, is)| self.seen.get(*path) == Some(*is))
            .map(|(path, _)| path.clone())
            .collect();
        self.seen = found;
        for path in rested {
            self.take(gateway, &path)?;
            self.seen.remove(&path);
        }
        Ok(())
    }

    fn files(&self) -> io::Result<Seen> {
        let mut found = Seen::new();
        for entry in fs::read_dir(&self.dir)?.take(10 * MAX_FILES) {
            let entry = entry?;
            let path = entry.path();
            let hidden = entry.file_name().to_string_lossy().starts_with(['.', '~']);
            let ending =
                path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
            if hidden || !ENDINGS.contains(&ending.as_str()) {
                continue;
            }
            // Symbolic links are not followed.
            let meta = entry.metadata()?;
            if meta.is_file() {
                found.insert(path, (meta.len(), meta.modified()?));
            }
            if found.len() >= MAX_FILES {
                break;
            }
        }
        Ok(found)
    }

    fn take(&self, gateway: &Gateway, path: &Path) -> Result<(), GatewayError> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let input = match read(path, gateway.settings().limits.file_bytes) {
            Ok(bytes) => parse(gateway, path, &bytes),
            Err(error) => return Err(machine(path, &error)),
        };
        let report = gateway.take(input, &name)?;
        tracing::info!(file = name, bills = report.bills.len(), faults = report.faults.len(), "file read");
        self.put_away(path, &name, &report).map_err(|e| machine(path, &e))
    }

    /// Report first, then the file itself: a file that has gone has a report.
    fn put_away(&self, path: &Path, name: &str, report: &Report) -> io::Result<()> {
        let to = self.dir.join(if report.is_good() { "done" } else { "failed" });
        let name = free_name(&to, name);
        let mut file = File::create(to.join(format!("{name}.report.txt")))?;
        file.write_all(text(report).as_bytes())?;
        file.sync_all()?;
        fs::rename(path, to.join(&name))?;
        File::open(&to)?.sync_all()
    }
}

fn parse(gateway: &Gateway, path: &Path, bytes: &[u8]) -> Input {
    let json = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    if json && bytes.len() <= gateway.settings().limits.file_bytes {
        gateway.reading().json(bytes)
    } else {
        gateway.reading().file(bytes)
    }
}

/// At most one byte more than a file may have, so that the reader says it is too large.
fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A name that is not taken: the same file may be dropped many times.
fn free_name(dir: &Path, name: &str) -> String {
    let taken = |name: &str| dir.join(name).exists() || dir.join(format!("{name}.report.txt")).exists();
    let numbered = (1..=u32::MAX).map(|i| format!("{i}-{name}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|n| !taken(n)).unwrap_or_default()
}

fn machine(path: &Path, error: &io::Error) -> GatewayError {
    GatewayError::Machine(format!("{}: {error}", path.display()))
}

/// A report for people.
pub(crate) fn text(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "{} bills without fault, {} faults\n{} 张单据无误，{} 处错误\n",
        report.bills.len(),
        report.faults.len(),
        report.bills.len(),
        report.faults.len()
    );
    for told in &report.bills {
        let (en, zh) = match told.outcome {
            "new" => ("accepted, will be sent", "已接收，将发送"),
            "same" => ("was here already", "先前已接收"),
            _ => (
                "NOT accepted: its number is taken by a bill with other content",
                "未接收：单号已被内容不同的单据占用",
            ),
        };
        let r = &told.record;
        let state = r.state.name();
        let _ = writeln!(
            out,
            "{} ({}, {}): {en}; {zh} [{state}, seq {}]",
            r.key.number, r.title, r.key.kind, r.seq
        );
    }
    if report.faults.len() >= MAX_FAULTS {
        let _ = writeln!(out, "\nonly the first {MAX_FAULTS} faults are listed; 仅列出前 {MAX_FAULTS} 处");
    }
    for (i, fault) in report.faults.iter().enumerate() {
        let gap = if i == 0 { "\n" } else { "" };
        let _ = writeln!(out, "{gap}{}", line(fault));
    }
    out
}

fn line(fault: &Fault) -> String {
    let place = match (fault.line, fault.column.as_str()) {
        (0, "") => String::new(),
        (0, column) => format!("{column}: "),
        (line, "") => format!("line 第 {line} 行: "),
        (line, column) => format!("line 第 {line} 行, {column}: "),
    };
    format!("{place}{} {} [{}]", fault.message, fault.message_zh, fault.reason)
}

#[cfg(test)]
mod tests;
