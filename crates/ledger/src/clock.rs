//! Time, as the writer sees it. Two clocks, so that a jump of one can be noticed.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the writer takes the time from.
pub trait Clock: Send + Sync + 'static {
    /// µs since the Unix epoch; may be stepped.
    fn wall_us(&self) -> u64;

    /// Time since some fixed point; never stepped, never backward.
    fn monotonic(&self) -> Duration;
}

/// The machine's clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// The machine's clocks.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn wall_us(&self) -> u64 {
        // A clock before 1970 reads as 0: recorded times never go back, so nothing gets worse by it.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}
