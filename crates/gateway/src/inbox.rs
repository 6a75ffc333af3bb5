//! The inbox: a directory in which files are dropped.
//!
//! A file counts once it has been the same for some looks (size and time of change), many where it does not
//! end as a whole file does, so that one which is still being written is left alone; moving it in by rename
//! is better still. It is put away only if it is still what was read. A file that was read goes to
//! `done/`, or to `failed/` where anything in it was wrong, with a report beside it. A crash in between
//! only has the file read again, and all its bills recognised.

mod report;

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::sync::watch;

use crate::{Gateway, Input, Report, gateway::GatewayError};
use report::text;

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How long it is left alone when outbox or key do not work.
const AFTER_TROUBLE: Duration = Duration::from_secs(10);
/// Most files of one look.
const MAX_FILES: usize = 1_000;
/// Most entries of the directory that are looked at.
const MAX_ENTRIES: usize = 200_000;
/// Endings of files that are read; others are left where they are.
const ENDINGS: [&str; 4] = ["csv", "xlsx", "xml", "json"];

/// Looks at which a file has to be the same before it is read…
const RESTED: u32 = 3;
/// …and where it ends like one that is still being written.
const RESTED_UNENDED: u32 = 20;
/// Longest name under which a file is put away, in bytes: a report's name is longer, and 255 is the bound.
const MAX_NAME: usize = 180;

/// Size, time of change, and looks since it had both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sight {
    size: u64,
    changed: SystemTime,
    looks: u32,
}

type Seen = BTreeMap<PathBuf, Sight>;

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

    /// One look: takes in every file that has come to rest, in order of names. A file with trouble of its
    /// own stays where it is and holds back no other.
    fn look(&mut self, gateway: &Gateway) -> Result<(), GatewayError> {
        let mut found = self.files().map_err(|e| machine(&self.dir, &e))?;
        for (path, sight) in &mut found {
            let before = self.seen.get(path).filter(|b| (b.size, b.changed) == (sight.size, sight.changed));
            sight.looks = before.map_or(1, |b| b.looks.saturating_add(1));
        }
        self.seen = found;
        let rested: Vec<_> = self.seen.iter().filter(|(_, s)| s.looks >= RESTED).collect();
        let (mut gone, mut trouble) = (Vec::new(), Ok(()));
        for (path, sight) in rested {
            match self.take(gateway, path, *sight) {
                Ok(true) => gone.push(path.clone()),
                Ok(false) => {}
                Err(error @ GatewayError::Machine(_)) => {
                    tracing::error!(file = %path.display(), %error, "a file cannot be read or put away");
                    trouble = Err(error);
                }
                Err(error) => return Err(error),
            }
        }
        self.seen.retain(|path, _| !gone.contains(path));
        trouble
    }

    fn files(&self) -> io::Result<Seen> {
        let mut found = Seen::new();
        for entry in fs::read_dir(&self.dir)?.take(MAX_ENTRIES) {
            let entry = entry?;
            let path = entry.path();
            let hidden = entry.file_name().to_string_lossy().starts_with(['.', '~']);
            let ending =
                path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
            if hidden || !ENDINGS.contains(&ending.as_str()) {
                continue;
            }
            // Symbolic links are not followed. A file may have gone since it was listed.
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_file() {
                found.insert(path, Sight { size: meta.len(), changed: meta.modified()?, looks: 0 });
            }
            if found.len() >= MAX_FILES {
                break;
            }
        }
        Ok(found)
    }

    /// Reads a file and puts it away; whether it was time for that.
    fn take(&self, gateway: &Gateway, path: &Path, sight: Sight) -> Result<bool, GatewayError> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let name: String = name.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
        let most = gateway.settings().limits.file_bytes;
        let bytes = read(path, most).map_err(|e| machine(path, &e))?;
        let unended = bytes.len() <= most && !has_end(&bytes);
        if (unended && sight.looks < RESTED_UNENDED) || !unchanged(path, sight) {
            return Ok(false);
        }
        let report = gateway.take(parse(gateway, path, &bytes), &name)?;
        tracing::info!(file = name, bills = report.bills.len(), faults = report.faults.len(), "file read");
        if !unchanged(path, sight) {
            // What was added is read next time; what was read is recognised then.
            return Ok(false);
        }
        self.put_away(path, &name, &report).map_err(|e| machine(path, &e))?;
        Ok(true)
    }

    /// Report first, then the file itself: a file that has gone has a report.
    fn put_away(&self, path: &Path, name: &str, report: &Report) -> io::Result<()> {
        let to = self.dir.join(if report.is_good() { "done" } else { "failed" });
        let name = free_name(&to, name);
        let mut file = File::create_new(to.join(format!("{name}.report.txt")))?;
        file.write_all(text(report).as_bytes())?;
        file.sync_all()?;
        fs::rename(path, to.join(&name))?;
        File::open(&to)?.sync_all()
    }
}

fn parse(gateway: &Gateway, path: &Path, bytes: &[u8]) -> Input {
    let json = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    if json { gateway.reading().json(bytes) } else { gateway.reading().file(bytes) }
}

/// Whether a file still is what was seen.
fn unchanged(path: &Path, sight: Sight) -> bool {
    let now = fs::symlink_metadata(path).and_then(|meta| Ok((meta.is_file(), meta.len(), meta.modified()?)));
    now.is_ok_and(|now| now == (true, sight.size, sight.changed))
}

/// Whether bytes end as a whole file does: a line, an element, an object, the directory of an archive.
fn has_end(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"PK") {
        let tail = &bytes[bytes.len().saturating_sub(22 + 65_535)..];
        return tail.windows(4).any(|w| w == b"PK\x05\x06");
    }
    let first = bytes.iter().find(|b| b.is_ascii_graphic());
    let last = bytes.trim_ascii_end().last();
    match first {
        Some(b'<') => last == Some(&b'>'),
        Some(b'{') => last == Some(&b'}'),
        // UTF-16 ends in a line feed and a zero.
        _ => bytes.ends_with(b"\n") || bytes.ends_with(b"\r") || bytes.ends_with(b"\n\0"),
    }
}

/// At most one byte more than a file may have, so that the reader says it is too large. What became a
/// symbolic link, or a pipe that would never end, since it was seen is not read.
fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a plain file"));
    }
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A name that is not taken: the same file may be dropped many times.
fn free_name(dir: &Path, name: &str) -> String {
    // The end of a long name has its ending.
    let name = &name[name.ceil_char_boundary(name.len().saturating_sub(MAX_NAME))..];
    let there = |name: &str| fs::symlink_metadata(dir.join(name)).is_ok();
    let taken = |name: &str| there(name) || there(&format!("{name}.report.txt"));
    let numbered = (1..=u32::MAX).map(|i| format!("{i}-{name}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|n| !taken(n)).unwrap_or_default()
}

fn machine(path: &Path, error: &io::Error) -> GatewayError {
    GatewayError::Machine(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
