//! When to try again: exponential backoff with jitter, bounded in number and time.

use std::time::{Duration, Instant};

/// How patient a call is. Counts and times run from the last progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries after the first; 0 = none.
    pub attempts: u32,
    /// Longest wait before the second try. Each further one waits up to twice as long.
    pub first_delay: Duration,
    /// Longest wait between two tries, unless the server asks for more.
    pub longest_delay: Duration,
    /// A try that could not begin within this time is not made.
    pub give_up_after: Duration,
}

impl Default for RetryPolicy {
    /// 16 tries: 0.1 s, 0.2 s, … up to 10 s apart, within two minutes. Enough for a restart.
    fn default() -> Self {
        Self {
            attempts: 16,
            first_delay: Duration::from_millis(100),
            longest_delay: Duration::from_secs(10),
            give_up_after: Duration::from_secs(120),
        }
    }
}

/// The tries made since the last progress.
#[derive(Debug)]
pub(crate) struct Backoff {
    policy: RetryPolicy,
    tries: u32,
    since: Instant,
}

impl Backoff {
    pub(crate) fn new(policy: RetryPolicy) -> Self {
        Self { policy, tries: 0, since: Instant::now() }
    }

    /// Something went well: patience is whole again.
    pub(crate) fn progress(&mut self) {
        self.tries = 0;
        self.since = Instant::now();
    }

    /// Tries since the last progress.
    pub(crate) const fn tries(&self) -> u32 {
        self.tries
    }

    /// How long to wait before the next try; `None` = give up. Never less than the server asks for.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        if self.tries >= self.policy.attempts {
            return None;
        }
        let delay = delay(&self.policy, self.tries, jitter()).max(asked.unwrap_or_default());
        self.tries += 1;
        let left = self.policy.give_up_after.checked_sub(self.since.elapsed())?;
        (delay <= left).then_some(delay)
    }
}

/// Between half of the full delay and all of it. `jitter` is 0 to 255.
fn delay(policy: &RetryPolicy, tries: u32, jitter: u8) -> Duration {
    let doubled = policy.first_delay.saturating_mul(1u32.checked_shl(tries).unwrap_or(u32::MAX));
    let full = doubled.min(policy.longest_delay);
    full / 2 + (full / 2) * u32::from(jitter) / 255
}

/// Spreads clients that were refused together. Without randomness the delay stays in the middle.
fn jitter() -> u8 {
    let mut byte = [0];
    getrandom::fill(&mut byte).map_or(128, |()| byte[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn delays_double_up_to_the_longest_and_spread_over_half() {
        let policy = RetryPolicy::default();
        let table = [
            (0, 50, 100),
            (1, 100, 200),
            (2, 200, 400),
            (7, 5_000, 10_000),
            (31, 5_000, 10_000),
            (99, 5_000, 10_000),
        ];
        for (tries, least, most) in table {
            assert_eq!(delay(&policy, tries, 0), ms(least), "try {tries}");
            assert_eq!(delay(&policy, tries, 255), ms(most), "try {tries}");
        }
    }

    #[test]
    fn the_server_is_left_alone_as_long_as_it_asks() {
        let mut backoff = Backoff::new(RetryPolicy::default());
        assert_eq!(backoff.next(Some(ms(60_000))), Some(ms(60_000)));
        assert!(backoff.next(Some(ms(1))).unwrap() >= ms(100));
    }

    #[test]
    fn patience_ends_by_count_and_by_time_and_comes_back_with_progress() {
        let mut backoff = Backoff::new(RetryPolicy { attempts: 2, ..RetryPolicy::default() });
        assert!(backoff.next(None).is_some() && backoff.next(None).is_some());
        assert_eq!(backoff.next(None), None);
        backoff.progress();
        assert!(backoff.next(None).is_some());
        assert_eq!(backoff.next(Some(ms(121_000))), None);
    }
}
