//! The thread that has entries judged as they come, and what services ask of it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use custody::{View, ViewError};
use findings::{Findings, FindingsError, Step};
use ledger::Ledger;
use tokio::{runtime::Handle, sync::watch, task::JoinHandle, time::timeout};
use trace::{Hop, Sees, desk::LotPart};

use crate::access::Sight;

/// Folder of the findings in the ledger's directory.
pub(crate) const FOLDER: &str = "findings";

/// Niceness of the thread that judges.
const NICE: i32 = 10;
/// Time between two looks at what has come due while no entry comes.
const TICK: Duration = Duration::from_secs(1);
/// Wait after a step that failed; it doubles up to the longest.
const PATIENCE: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];

/// The findings of a server, and how far they have come.
#[derive(Clone, Debug)]
pub(crate) struct Finder {
    kept: Arc<Findings>,
    steps: watch::Receiver<Step>,
    failures: Arc<AtomicU64>,
}

/// Now, µs since the Unix epoch.
pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_micros()).unwrap_or(i64::MAX)
}

impl Finder {
    /// Begins to follow the ledger, until told to stop.
    pub fn start(kept: Arc<Findings>, ledger: Ledger, stop: watch::Receiver<bool>) -> (Self, JoinHandle<()>) {
        let first = Step { judged: kept.judged(), ..Step::default() };
        let (tell, steps) = watch::channel(first);
        let failures = Arc::new(AtomicU64::new(0));
        let finder = Self { kept: Arc::clone(&kept), steps, failures: Arc::clone(&failures) };
        let following = Following { kept, ledger, tell, failures };
        let runtime = Handle::current();
        let thread = tokio::task::spawn_blocking(move || {
            let followed = std::thread::Builder::new().name("findings".into()).spawn(move || {
                give_way();
                runtime.block_on(following.run(stop));
            });
            match followed.map(std::thread::JoinHandle::join) {
                Ok(Ok(())) => {}
                Ok(Err(_)) => tracing::error!("findings stand still: their thread has panicked"),
                Err(error) => tracing::error!(%error, "findings stand still: no thread for them"),
            }
        });
        (finder, thread)
    }

    pub fn kept(&self) -> &Findings {
        &self.kept
    }

    /// The last step done.
    pub fn step(&self) -> Step {
        *self.steps.borrow()
    }

    /// Steps that failed.
    pub fn failures(&self) -> u64 {
        self.failures.load(Relaxed)
    }

    /// Follows the steps.
    pub fn steps(&self) -> watch::Receiver<Step> {
        self.steps.clone()
    }

    /// Waits until an entry has been judged, not longer than `patience`; whether it has.
    pub async fn has_judged(&self, index: u64, patience: Duration) -> bool {
        let mut steps = self.steps.clone();
        // It fails where following has ended.
        let judged = steps.wait_for(|step| step.judged > index);
        timeout(patience, judged).await.is_ok_and(|step| step.is_ok())
    }
}

/// Lets threads that answer somebody go first: on Linux the priority of a thread is its own.
fn give_way() {
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "judging keeps its priority");
    }
}

/// The thread that follows. It blocks on the disk, and waits by the runtime's clock.
struct Following {
    kept: Arc<Findings>,
    ledger: Ledger,
    tell: watch::Sender<Step>,
    failures: Arc<AtomicU64>,
}

impl Following {
    async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut head = self.ledger.watch();
        let mut patience = PATIENCE[0];
        while !*stop.borrow() {
            head.borrow_and_update();
            match self.step() {
                Ok(step) => {
                    patience = PATIENCE[0];
                    self.tell.send_if_modified(|last| std::mem::replace(last, step) != step);
                    if step.more {
                        continue;
                    }
                    tokio::select! {
                        _ = stop.wait_for(|stop| *stop) => {}
                        // Either outcome means: look again.
                        _ = timeout(TICK, head.changed()) => {}
                    }
                }
                Err(error) => {
                    self.failures.fetch_add(1, Relaxed);
                    tracing::error!(%error, "findings stand still; what is recorded is not touched by it");
                    let _ = timeout(patience, stop.wait_for(|stop| *stop)).await;
                    patience = (patience * 2).min(PATIENCE[1]);
                }
            }
        }
    }

    fn step(&self) -> Result<Step, StepError> {
        let (kept, ledger) = (&self.kept, &self.ledger);
        // A panic of a rule is a failure like any other; nothing of the step is kept.
        let step = catch_unwind(AssertUnwindSafe(|| {
            let view = ledger.snapshot()?;
            let sees = |party: &str| reader(&view, party);
            Ok(kept.step(&view, now(), &sees)?)
        }));
        step.unwrap_or(Err(StepError::Panic))
    }
}

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    #[error(transparent)]
    Findings(#[from] FindingsError),
    #[error("judging panicked")]
    Panic,
}

/// What a party may read as a trader.
fn reader<'v, V: View>(view: &'v V, party: &str) -> Result<Box<dyn Sees + 'v>, ViewError> {
    let sight = Sight::of_trader(view, party.to_owned())?;
    Ok(Box::new(Own { sight, view }))
}

/// A reader with the view that it reads.
struct Own<'v, V> {
    sight: Sight,
    view: &'v V,
}

impl<V: View> Sees for Own<'_, V> {
    fn statement(&self, index: u64) -> Result<bool, ViewError> {
        self.sight.over(self.view).statement(index)
    }

    fn item(&self, hops: &[Hop]) -> Result<bool, ViewError> {
        self.sight.over(self.view).item(hops)
    }

    fn lot(&self, lot: &str) -> Result<LotPart, ViewError> {
        self.sight.over(self.view).lot(lot)
    }

    fn is_party(&self, party: &str) -> bool {
        party == self.sight.party
    }

    fn is_everything(&self) -> bool {
        self.sight.is_everything()
    }
}
