//! Damaged inputs, the same in every run: what a test on stable Rust feeds to the bodies of fuzz targets.

/// SplitMix64: numbers that look random and are the same in every run.
pub struct Numbers(pub u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if `end` is 0.
    fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end.max(1)
    }
}

/// One of the seeds after one to three blows: a byte put in, taken out or replaced, a bit turned, a
/// stretch doubled, the end cut off or taken from another seed.
pub fn mutated(seeds: &[Vec<u8>], telling: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = seeds[numbers.below(seeds.len())].clone();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(bytes.len() + 1);
        let end = (at + 1 + numbers.below(12)).min(bytes.len());
        let byte = telling[numbers.below(telling.len())];
        match numbers.below(7) {
            0 => bytes.insert(at, byte),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 if at < bytes.len() => bytes[at] = byte,
            3 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
            4 => {
                let stretch = bytes[at.min(end)..end].to_vec();
                bytes.splice(at..at, stretch);
            }
            5 => {
                let other = &seeds[numbers.below(seeds.len())];
                bytes.truncate(at);
                bytes.extend_from_slice(&other[numbers.below(other.len() + 1)..]);
            }
            _ => bytes.truncate(end),
        }
    }
    bytes
}
