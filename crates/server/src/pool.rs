//! Blocking work off the async threads, so much of it at a time.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::status::{Fault, Kind};

/// A bound on blocking work of one kind. Who waits for a place waits in turn.
#[derive(Clone)]
pub(crate) struct Pool {
    permits: Arc<Semaphore>,
}

impl Pool {
    /// At most `places` pieces of work at a time (at least one).
    pub(crate) fn new(places: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(places.clamp(1, Semaphore::MAX_PERMITS))) }
    }

    /// Does a piece of work. Work that has begun is finished even if nobody waits for it any more, and
    /// keeps its place until then.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        // The semaphore is never closed, so there is a permit.
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Kind::Stopping)?;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(|e| Fault::internal(&e))
    }

    /// The same for work that may fail.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.run(work).await?
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
        thread,
        time::Duration,
    };

    use super::*;

    #[tokio::test]
    async fn no_more_work_at_a_time_than_places_even_when_callers_give_up() {
        let (pool, now, most) = (Pool::new(2), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = |now: Arc<AtomicUsize>, most: Arc<AtomicUsize>| {
            move || {
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                thread::sleep(Duration::from_millis(20));
                now.fetch_sub(1, SeqCst);
            }
        };
        for _ in 0..2 {
            let given_up = pool.run(work(now.clone(), most.clone()));
            tokio::time::timeout(Duration::from_millis(1), given_up).await.unwrap_err();
        }
        let all = (0..6).map(|_| pool.run(work(now.clone(), most.clone())));
        futures::future::join_all(all).await.into_iter().for_each(|r| r.unwrap());
        assert_eq!(most.load(SeqCst), 2);
    }

    #[tokio::test]
    async fn work_that_panics_is_an_internal_fault() {
        let fault: Fault = Pool::new(1).run::<()>(|| panic!("a bug")).await.unwrap_err();
        assert_eq!(fault.kind, Kind::Internal);
    }
}
