//! The sealer, with the test in place of the commit and the apply thread.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, atomic::Ordering::Relaxed},
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::Receiver;
use merkle::sha256;
use runs::{Record, States};
use statement::{MAX_RUNS, Seal, SubjectKey, SubjectState};

use super::fixture::*;
use crate::{
    Config, Head, Writer,
    sealer::{Committed, Sealer, Since, ToSealer},
    shared::{Files, Shared},
};

struct Stage {
    to: Option<ToSealer>,
    seals: Receiver<Seal>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    runs: PathBuf,
    size: u64,
    named: u64,
    _temp: tempfile::TempDir,
}

impl Stage {
    /// Seals when so many links are there, and for nothing else.
    fn new(seal_links: u64, seal_backlog: u64) -> Self {
        let long = Duration::from_secs(3_600);
        let config = Config {
            seal_links,
            seal_backlog,
            seal_entries: u64::MAX,
            seal_interval: long,
            seal_idle: long,
            ..config()
        };
        let (temp, _trade) = create();
        let dir = store::Dir::open(temp.path(), &config.store).unwrap();
        let (log, view) = (dir.open_log().unwrap(), dir.open_view().unwrap());
        let runs = dir.runs(&view).unwrap();
        let head = Head { size: 1, root: [0; 32], chain: [0; 32] };
        let shared = Arc::new(Shared::new(head, 100));
        let (ask, seals) = crossbeam_channel::bounded(1);
        let since = Since { seal: 0, covered: 0, runs: Vec::new(), states: States::new(), head };
        let files = Arc::new(Files { log, view, dir });
        let (sealer, to) = Sealer::new(runs.clone(), config, files, Arc::clone(&shared), ask, since);
        let thread = Some(thread::spawn(move || sealer.run()));
        Self { to: Some(to), seals, shared, thread, runs, size: 1, named: 0, _temp: temp }
    }

    /// An entry that names so many new subjects is durable; with a seal behind it or not.
    fn commit(&mut self, links: u64, sealed: bool) {
        let (index, first) = (self.size, self.named);
        let record = |n: u64| Record {
            subject: SubjectKey(sha256(&[&n.to_be_bytes()])),
            state: SubjectState { head: [1; 32], count: 1, last: index },
        };
        let touched = (first..first + links).map(record).collect();
        self.size += 1 + u64::from(sealed);
        self.named += links;
        let head = Head { size: self.size, root: [0; 32], chain: [0; 32] };
        self.to.as_ref().unwrap().tell(Committed {
            head,
            touched,
            seal: sealed.then_some((index + 1, index)),
        });
    }

    fn seal(&self) -> Seal {
        self.seals.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    fn wait(&self, what: &str, done: impl Fn(&Shared) -> bool) {
        for _ in 0..4_000 {
            if done(&self.shared) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("{what} did not come in 20 s; the writer is {:?}", self.shared.writer());
    }

    fn waiting(&self, links: u64) {
        self.wait("the batch", |shared| shared.counters.unsealed_links.load(Relaxed) == links);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.to.take();
        self.thread.take().unwrap().join().unwrap();
    }
}

#[test]
fn appends_are_held_back_while_too_much_waits_for_a_seal() {
    let mut stage = Stage::new(10, 30);
    stage.commit(10, false);
    assert_eq!(stage.seal().covered, 2);
    // Its seal does not come into the log, so no other run is cut.
    stage.commit(29, false);
    stage.waiting(29);
    assert!(!stage.shared.is_held());
    stage.commit(1, false);
    stage.wait("holding", Shared::is_held);
    stage.commit(5, false);
    stage.waiting(35);
    assert!(stage.shared.is_held());
    stage.commit(0, true);
    assert_eq!(stage.seal().covered, 7);
    stage.wait("letting in", |shared| !shared.is_held());
    stage.waiting(0);
    assert_eq!(stage.shared.writer(), Writer::Running);
}

#[test]
fn files_that_no_seal_names_any_more_go_while_it_seals_on() {
    let mut stage = Stage::new(1, 1 << 20);
    let mut most = 0;
    for _ in 0..200 {
        stage.commit(3, false);
        let seal = stage.seal();
        assert!(seal.runs.len() <= MAX_RUNS);
        for run in &seal.runs {
            assert!(
                runs::run_path(&stage.runs, run.start, run.end).exists(),
                "a seal names a run that is gone"
            );
        }
        most = fs::read_dir(&stage.runs).unwrap().count().max(most);
        stage.commit(0, true);
    }
    assert!(most <= 100, "{most} files");
    stage.wait("the last seal", |shared| shared.counters.seals.load(Relaxed) == 200);
    // Closed in order, it leaves what the last seal names, and what was being merged.
    stage.to.as_ref().unwrap().durable();
    let named = stage.shared.seals.newest().unwrap().runs.len();
    stage.wait("tidying", |_| fs::read_dir(&stage.runs).unwrap().count() <= named + 4);
}
