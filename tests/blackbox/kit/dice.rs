//! Random choices that can be repeated.

/// SplitMix64; good enough to spread tests, and the same everywhere.
pub struct Dice(u64);

impl Dice {
    /// Dice of a seed that is printed with the test's name, taken from `YUANLIU_TEST_SEED` if set.
    pub fn new(test: &str) -> Self {
        let given = std::env::var("YUANLIU_TEST_SEED").ok().and_then(|s| s.parse().ok());
        let seed = given.unwrap_or_else(super::now_us);
        println!("{test}: YUANLIU_TEST_SEED={seed}");
        Self(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `low` to below `high`.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + (self.roll() % (high - low) as u64) as usize
    }
}
