//! A histogram of times that many threads add to without a lock.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Upper bounds of the buckets, µs.
const BOUNDS: [u64; 17] = [
    50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 50_000, 100_000, 200_000, 500_000,
    1_000_000, 5_000_000, 30_000_000,
];

/// Counts of times by upper bound; the last count is of those above all bounds.
#[derive(Debug)]
pub(crate) struct Histogram {
    counts: [AtomicU64; BOUNDS.len() + 1],
    sum: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: [const { AtomicU64::new(0) }; BOUNDS.len() + 1], sum: AtomicU64::new(0) }
    }
}

impl Histogram {
    /// Adds `times` occurrences of `micros`.
    pub(crate) fn observe(&self, micros: u64, times: u64) {
        let bucket = BOUNDS.partition_point(|bound| *bound < micros);
        self.counts[bucket].fetch_add(times, Relaxed);
        self.sum.fetch_add(micros.saturating_mul(times), Relaxed);
    }

    /// How many were added.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().map(|c| c.load(Relaxed)).sum()
    }

    /// Sum in seconds.
    pub(super) fn sum_seconds(&self) -> f64 {
        self.sum.load(Relaxed) as f64 / 1e6
    }

    /// (upper bound in seconds, occurrences in this bucket alone), the last without a bound.
    pub(super) fn buckets(&self) -> Vec<(f64, u64)> {
        let bounds = BOUNDS.iter().map(|b| *b as f64 / 1e6).chain([f64::INFINITY]);
        bounds.zip(self.counts.iter().map(|c| c.load(Relaxed))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_falls_into_the_first_bucket_that_reaches_it() {
        let histogram = Histogram::default();
        for (micros, times) in [(0, 1), (50, 2), (51, 4), (30_000_000, 8), (30_000_001, 16)] {
            histogram.observe(micros, times);
        }
        let counts: Vec<u64> = histogram.buckets().into_iter().map(|(_, n)| n).collect();
        let mut expect = [0; BOUNDS.len() + 1];
        (expect[0], expect[1], expect[BOUNDS.len() - 1], expect[BOUNDS.len()]) = (3, 4, 8, 16);
        assert_eq!(counts, expect);
        assert_eq!(histogram.count(), 31);
        assert!((histogram.sum_seconds() - 720.000_32).abs() < 1e-3, "{}", histogram.sum_seconds());
    }
}
