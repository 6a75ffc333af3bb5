//! Recorded times against moments at which others saw the log.

use crate::{MAX_AHEAD, MAX_LAG, Misfit, Seen, SeenAs, TimeCheck, TimeFindings};

/// A second, in µs.
const S: u64 = 1_000_000;

fn seen(size: u64, second: u64) -> Seen {
    Seen { size, at: second * S, accuracy: 0, as_what: SeenAs::Cosigned, by: "w".into() }
}

fn check(moments: &[Seen], times: &[u64]) -> TimeFindings {
    let mut check = TimeCheck::new(moments.to_vec(), MAX_LAG);
    (0..).zip(times).for_each(|(index, at)| check.entry(index, *at));
    check.finish()
}

fn misfit(seen: &Seen, first: (u64, u64), last: u64, count: u64) -> Misfit {
    Misfit { seen: seen.clone(), first, last, count }
}

#[test]
fn times_that_go_with_every_moment_pass_up_to_the_last_microsecond() {
    let moments = [seen(2, 1_000), seen(4, 2_000)];
    let last = 1_000 * S + MAX_AHEAD;
    let times = [900 * S, last, 1_000 * S - MAX_LAG, 2_000 * S + MAX_AHEAD, 2_000 * S - MAX_LAG];
    assert_eq!(check(&moments, &times), TimeFindings::default());
    assert_eq!(check(&[], &[0, u64::MAX]), TimeFindings::default());
}

#[test]
fn what_was_seen_before_its_time_is_found_with_the_moment_that_it_misses_by_most() {
    let (late, early) = (seen(3, 5_000), seen(5, 1_000));
    let at = 1_000 * S + MAX_AHEAD + 1;
    // Entries 1 to 4 were seen at 1,000 s, whatever the smaller checkpoint's later cosignature says.
    let found = check(&[late, early.clone()], &[900 * S, at, at, at, at, at]);
    assert_eq!(found.ahead, [misfit(&early, (1, at), 4, 4)]);
}

#[test]
fn what_came_after_a_moment_with_a_time_long_before_is_found() {
    let (first, second) = (seen(1, 1_000), seen(3, 2_000));
    let at = 2_000 * S - MAX_LAG - 1;
    let found = check(&[second.clone(), first], &[900 * S, at, at, at, 2_000 * S]);
    assert_eq!(found, TimeFindings { ahead: Vec::new(), behind: vec![misfit(&second, (3, at), 3, 1)] });
    let lax = |lag| {
        let mut check = TimeCheck::new(vec![seen(0, 1_000)], lag);
        check.entry(0, 0);
        check.finish().behind.len()
    };
    assert_eq!((lax(999 * S), lax(1_000 * S)), (1, 0));
}

#[test]
fn a_moment_is_no_sharper_than_its_accuracy() {
    let wide = Seen { accuracy: 60 * S, as_what: SeenAs::Stamped, ..seen(1, 1_000) };
    let last = 1_060 * S + MAX_AHEAD;
    assert_eq!(check(std::slice::from_ref(&wide), &[last, 940 * S - MAX_LAG]), TimeFindings::default());
    let found = check(std::slice::from_ref(&wide), &[last + 1, 940 * S - MAX_LAG - 1]);
    assert_eq!((found.ahead.len(), found.behind.len()), (1, 1));
}

/// The same by looking at every entry with every moment.
#[test]
fn it_finds_whatever_the_plain_comparison_finds() {
    let mut state = 7_u64;
    let mut roll = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..500 {
        let moments: Vec<Seen> =
            (0..roll(6)).map(|_| Seen { accuracy: roll(3) * S, ..seen(roll(9), 500 + roll(200)) }).collect();
        let times: Vec<u64> = (0..8).map(|_| (450 + roll(300)) * S).collect();
        let found = check(&moments, &times);
        let late =
            |(i, at): (u64, &u64)| moments.iter().any(|m| i < m.size && *at > m.at + m.accuracy + MAX_AHEAD);
        let back =
            |(i, at): (u64, &u64)| moments.iter().any(|m| i >= m.size && *at < m.at - m.accuracy - MAX_LAG);
        let count = |is: &dyn Fn((u64, &u64)) -> bool| (0..).zip(&times).filter(|e| is(*e)).count() as u64;
        assert_eq!(found.ahead.iter().map(|m| m.count).sum::<u64>(), count(&late), "{moments:?} {times:?}");
        assert_eq!(found.behind.iter().map(|m| m.count).sum::<u64>(), count(&back), "{moments:?} {times:?}");
    }
}
