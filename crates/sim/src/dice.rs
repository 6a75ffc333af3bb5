//! Chance, from a seed alone.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// A stream of chance: the same seed and stream number give the same throws on every machine.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Below `n`; 0 where `n` is 0. The bias of the multiplication, under 2⁻³² for the small `n` of a
    /// trade, does not matter here.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.0.next_u64()) * n as u128;
        // The product is below n · 2^64.
        (wide >> 64) as usize
    }

    /// From `low` on and below `high`; `low` where nothing lies between.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = usize::try_from(high.saturating_sub(low)).unwrap_or(0);
        // Below the span, which is an i64.
        low + self.below(span) as i64
    }

    /// True in `n` of 1,000 throws.
    pub(crate) fn permille(&mut self, n: usize) -> bool {
        self.below(1_000) < n
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A random order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
