//! A quick hash for keys of rows, most of which begin with 32 bytes of SHA-256.

use std::hash::{BuildHasher, Hasher, RandomState};

/// An odd constant with its bits well spread: 2^64 divided by the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Seeded, so that nobody outside can choose keys that collide. Orders derived from it are never shown.
#[derive(Clone, Debug)]
pub(crate) struct KeyHash {
    seed: u64,
}

impl Default for KeyHash {
    fn default() -> Self {
        Self { seed: RandomState::new().hash_one(SPREAD) }
    }
}

impl BuildHasher for KeyHash {
    type Hasher = KeyHasher;

    fn build_hasher(&self) -> KeyHasher {
        KeyHasher(self.seed)
    }
}

/// Folds eight bytes at a time.
pub(crate) struct KeyHasher(u64);

impl KeyHasher {
    const fn fold(&mut self, word: u64) {
        let wide = (self.0 ^ word) as u128 * SPREAD as u128;
        self.0 = (wide as u64) ^ (wide >> 64) as u64;
    }
}

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.fold(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.fold(u64::from_le_bytes(word));
        }
    }

    fn write_usize(&mut self, length: usize) {
        self.fold(length as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn similar_keys_spread_over_high_and_low_bits() {
        let build = KeyHash::default();
        let keys = (0u64..4_096).flat_map(|n| [n.to_be_bytes().to_vec(), [n.to_be_bytes(), [0; 8]].concat()]);
        let hashes: Vec<u64> = keys.map(|key| build.hash_one(key)).collect();
        let low: HashSet<u64> = hashes.iter().map(|h| h & 0xffff).collect();
        let high: HashSet<u64> = hashes.iter().map(|h| h >> 48).collect();
        // 8,192 balls in 65,536 urns hit about 7,700 of them.
        assert!(low.len() > 7_000 && high.len() > 7_000, "{} and {}", low.len(), high.len());
    }

    #[test]
    fn length_and_trailing_zeros_count() {
        let build = KeyHash::default();
        let hashes: HashSet<u64> = (0..20).map(|n| build.hash_one(vec![0u8; n])).collect();
        assert_eq!(hashes.len(), 20);
    }
}
