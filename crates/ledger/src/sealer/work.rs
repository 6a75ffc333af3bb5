//! What the sealer has done elsewhere: runs written and merged, the view flushed.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::Sender;
use runs::{Durability, RunError, RunFile, States};
use rustix::{process::setpriority_process, time::ClockId};

use super::Message;
use crate::{
    StopCause,
    shared::{Files, Shared},
};

/// How far workers stand back behind the threads that people wait for (see `nice`(2)).
const NICE: i32 = 10;

/// Threads that end with what they have to say.
pub(super) struct Workers {
    dir: PathBuf,
    shared: Arc<Shared>,
    outbox: Sender<Message>,
    told: Arc<Told>,
    threads: Vec<JoinHandle<()>>,
}

/// What merges are told on their way.
#[derive(Default)]
struct Told {
    ending: AtomicBool,
    urgent: AtomicBool,
}

impl Workers {
    /// Runs lie in `dir`; what comes of it goes to `outbox`.
    pub(super) fn new(dir: PathBuf, shared: Arc<Shared>, outbox: Sender<Message>) -> Self {
        Self { dir, shared, outbox, told: Arc::default(), threads: Vec::new() }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes the run over a range.
    pub(super) fn write(&mut self, range: (u64, u64), states: States) -> Result<(), StopCause> {
        let (dir, shared) = (self.dir.clone(), Arc::clone(&self.shared));
        self.spawn(move || {
            let (started, subjects) = (cpu(), states.len() as u64);
            let run = runs::write(&dir, range, states, Durability::Now);
            shared.counters.run_records.fetch_add(subjects, Relaxed);
            shared.counters.run_us.fetch_add(micros(cpu().saturating_sub(started)), Relaxed);
            Message::Written(run)
        })
    }

    /// Merges adjoining runs into the run over `range`.
    pub(super) fn merge(&mut self, range: (u64, u64), parts: Vec<Arc<RunFile>>) -> Result<(), StopCause> {
        let path = runs::run_path(&self.dir, range.0, range.1);
        let (told, shared) = (Arc::clone(&self.told), Arc::clone(&self.shared));
        self.spawn(move || {
            let started = cpu();
            let records: u64 = parts.iter().map(|part| part.run().subjects).sum();
            let run = merge(&parts, &path, &told);
            shared.counters.merge_records.fetch_add(records, Relaxed);
            shared.counters.merge_us.fetch_add(micros(cpu().saturating_sub(started)), Relaxed);
            Message::Merged(range, run)
        })
    }

    /// Flushes the view, so that what no newer view asks for may go.
    pub(super) fn flush(&mut self, files: &Arc<Files>) -> Result<(), StopCause> {
        let files = Arc::clone(files);
        self.spawn(move || Message::Flushed(files.view.flush()))
    }

    /// Whether merges take what they need of the machine, those under way included.
    pub(super) fn hurry(&self, urgent: bool) {
        self.told.urgent.store(urgent, Relaxed);
    }

    /// Waits for all; merges stop halfway.
    pub(super) fn end(&mut self) {
        self.told.ending.store(true, Relaxed);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                self.shared.stop(StopCause::ThreadLost);
            }
        }
    }

    fn spawn(&mut self, body: impl FnOnce() -> Message + Send + 'static) -> Result<(), StopCause> {
        self.threads.retain(|thread| !thread.is_finished());
        let outbox = self.outbox.clone();
        let spawned = thread::Builder::new().name("runs".into()).spawn(move || {
            stand_back();
            let _gone = outbox.send(body());
        });
        let thread = spawned.map_err(|e| StopCause::Storage(format!("no thread for a run: {e}")))?;
        self.threads.push(thread);
        Ok(())
    }
}

fn merge(parts: &[Arc<RunFile>], path: &Path, told: &Told) -> Result<Option<RunFile>, RunError> {
    let parts: Vec<&RunFile> = parts.iter().map(|part| &**part).collect();
    let mut pace = Pace { told, since: Instant::now() };
    let merged = runs::merge(&parts, path, Durability::Now, &mut || pace.go_on())?;
    merged.map(|_| RunFile::open(path)).transpose()
}

/// How fast a merge goes: at rest as long as at work, unless it is urgent.
struct Pace<'p> {
    told: &'p Told,
    since: Instant,
}

impl Pace<'_> {
    fn go_on(&mut self) -> bool {
        /// A disk that stood still is no reason to rest as long.
        const LONGEST: Duration = Duration::from_millis(50);
        if !self.told.urgent.load(Relaxed) {
            thread::sleep(self.since.elapsed().min(LONGEST));
        }
        self.since = Instant::now();
        !self.told.ending.load(Relaxed)
    }
}

/// Lowers the priority of this thread. On Linux that is a thread's own; elsewhere it would be the process's.
fn stand_back() {
    if cfg!(target_os = "linux") {
        // It matters for speed alone.
        let _unchanged = setpriority_process(None, NICE);
    }
}

/// Time that this thread has been on a processor.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(ClockId::ThreadCPUTime);
    time.try_into().unwrap_or_default()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_rests_as_long_as_it_works_until_it_is_told_to_hurry() {
        const WORKED: Duration = Duration::from_millis(30);
        let told = Told::default();
        let rest = || {
            let begin = Instant::now();
            let Some(since) = begin.checked_sub(WORKED) else { return Duration::ZERO };
            assert!(Pace { told: &told, since }.go_on());
            begin.elapsed()
        };
        assert!(rest() >= WORKED);
        told.urgent.store(true, Relaxed);
        // On a busy machine one of them may be late.
        assert!((0..20).any(|_| rest() < WORKED));
        told.ending.store(true, Relaxed);
        assert!(!Pace { told: &told, since: Instant::now() }.go_on());
    }
}
