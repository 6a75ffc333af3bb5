//! Which runs to merge.

use std::ops::Range;

/// Runs of about one size that become one.
const FAN_IN: usize = 4;
/// Subjects up to which runs count as equally small.
const SMALL: u64 = 1_024;

/// Runs from which on some are merged in any case.
const MANY: usize = 40;

/// How large a run is, in steps of [`FAN_IN`].
const fn tier(subjects: u64) -> u32 {
    let small = subjects / SMALL;
    if small == 0 { 0 } else { small.ilog2() / FAN_IN.ilog2() + 1 }
}

/// The runs to merge next, given the subjects of each from the oldest on (`None` = being merged): the smallest
/// tier of which enough lie side by side, with whatever smaller ones lie between. Where runs of many sizes lie so
/// that this finds none and they have become many, the adjoining ones that cost least.
///
/// A subject is written again about once a tier, and once all has been merged at most [`MANY`] runs are left.
#[must_use]
pub fn plan(sizes: &[Option<u64>]) -> Option<Range<usize>> {
    let highest = sizes.iter().flatten().map(|subjects| tier(*subjects)).max()?;
    (0..=highest).find_map(|highest| of_tier(sizes, highest)).or_else(|| cheapest(sizes))
}

fn of_tier(sizes: &[Option<u64>], highest: u32) -> Option<Range<usize>> {
    let fits = |size: &Option<u64>| size.is_some_and(|subjects| tier(subjects) <= highest);
    let is_of = |size: &&Option<u64>| size.is_some_and(|subjects| tier(subjects) == highest);
    let mut start = 0;
    sizes.chunk_by(|a, b| fits(a) == fits(b)).find_map(|group| {
        let range = start..start + group.len();
        start = range.end;
        (group.iter().filter(is_of).count() >= FAN_IN && group.first().is_some_and(fits)).then_some(range)
    })
}

fn cheapest(sizes: &[Option<u64>]) -> Option<Range<usize>> {
    if sizes.len() <= MANY {
        return None;
    }
    let cost = |group: &[Option<u64>]| group.iter().copied().sum::<Option<u64>>();
    let costs = sizes.windows(FAN_IN).enumerate().filter_map(|(i, group)| Some((cost(group)?, i)));
    costs.min().map(|(_, i)| i..i + FAN_IN)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn runs_of_one_size_are_merged_and_larger_ones_left() {
        let some = |sizes: &[u64]| sizes.iter().map(|s| Some(*s)).collect::<Vec<_>>();
        assert_eq!(plan(&[]), None);
        assert_eq!(plan(&some(&[9_000_000, 5, 5, 5])), None);
        assert_eq!(plan(&some(&[9_000_000, 5, 700, 0, 5])), Some(1..5));
        assert_eq!(plan(&some(&[5, 5, 9_000_000, 5, 5, 5, 5])), Some(3..7));
        assert_eq!(plan(&some(&[9_000_000, 60_000, 5, 60_000, 60_000])), None);
        assert_eq!(plan(&some(&[9_000_000, 60_000, 5, 60_000, 60_000, 50_000])), Some(1..6));
        assert_eq!(plan(&some(&[9_000_000, 5].repeat(2))), None);
        assert_eq!(plan(&[Some(5), Some(5), None, Some(5), Some(5)]), None);
    }

    proptest! {
        /// However large new runs are, few are left when all has been merged, and the work is of the order of
        /// what was written times the tiers there are.
        #[test]
        fn there_are_never_many_runs_nor_is_anything_written_often(
            sizes in proptest::collection::vec((0..=18u32).prop_map(|bits| 1u64 << bits), 1..3_000),
        ) {
            let (mut runs, mut work) = (Vec::new(), 0u64);
            for size in &sizes {
                runs.push(Some(*size));
                while let Some(group) = plan(&runs) {
                    let merged: u64 = runs[group.clone()].iter().flatten().sum();
                    work += merged;
                    runs.splice(group, [Some(merged)]);
                }
                prop_assert!(runs.len() <= MANY, "{}", runs.len());
            }
            let written: u64 = sizes.iter().sum();
            prop_assert!(work <= written * u64::from(tier(written) + 2), "{work} for {written}");
        }
    }
}
