use std::collections::BTreeSet;

use super::*;

/// A queue of bills, some of which never get through, over a ledger that may be away.
struct Play {
    /// Seq and number, in order.
    queue: Vec<(u64, &'static str)>,
    poison: BTreeSet<u64>,
    away: bool,
    turns: Turns,
    now: Instant,
    landed: Vec<u64>,
    tried: Vec<u64>,
}

impl Play {
    fn new(numbers: &[&'static str], poison: &[u64]) -> Self {
        Self {
            queue: numbers.iter().enumerate().map(|(i, n)| (i as u64 + 1, *n)).collect(),
            poison: poison.iter().copied().collect(),
            away: false,
            turns: Turns::default(),
            now: Instant::now(),
            landed: Vec::new(),
            tried: Vec::new(),
        }
    }

    /// What the outbox does.
    fn next(&self) -> Option<(u64, &'static str)> {
        let passing = self.turns.passing(self.now);
        let mut behind = BTreeSet::new();
        self.queue.iter().copied().find(|(seq, number)| {
            let passed = *seq <= passing.up_to || passing.bills.contains(seq) || behind.contains(number);
            if passed {
                behind.insert(*number);
            }
            !passed
        })
    }

    fn step(&mut self) {
        let next = loop {
            let next = self.next();
            if next.is_some() || !self.turns.wrap() {
                break next;
            }
        };
        let Some((seq, number)) = next else {
            self.now += self.turns.rest(self.now).map(|rest| rest.wait).unwrap_or_default();
            return;
        };
        self.tried.push(seq);
        if self.away || self.poison.contains(&seq) {
            let failed = Failed { seq, number, why: "x", asked: None, everybody: false, attention: false };
            if let After::Wait(wait) = self.turns.failed(&failed, self.now, 255) {
                self.now += wait;
            }
        } else {
            self.turns.answered(seq, self.now);
            self.queue.retain(|(s, _)| *s != seq);
            self.landed.push(seq);
        }
    }

    fn run(&mut self, steps: usize) -> &[u64] {
        for _ in 0..steps {
            self.step();
        }
        &self.landed
    }
}

#[test]
fn a_bill_that_never_gets_through_holds_back_its_own_number_and_nobody_else() {
    let begin = Instant::now();
    let mut play = Play::new(&["a", "b", "a", "c", "b"], &[1]);
    play.now = begin;
    assert_eq!(play.run(30), [2, 4, 5]);
    assert_eq!(play.turns.overtaken().iter().map(|o| (o.seq, &*o.number)).collect::<Vec<_>>(), [(1, "a")]);
    assert_eq!(play.tried[..5], [1, 1, 1, 1, 2], "tried alone for a while first");
    // What it waited for has come: the rest follows in order.
    play.poison.clear();
    assert_eq!(play.run(10), [2, 4, 5, 1, 3]);
    assert!(play.turns.overtaken().is_empty() && play.turns.held.is_empty());
}

#[test]
fn many_bills_with_trouble_of_their_own_do_not_pass_for_a_ledger_that_is_away() {
    let numbers = ["a", "b", "c", "d", "e", "f", "g"];
    let mut play = Play::new(&numbers, &[1, 2, 3, 5]);
    let begin = play.now;
    let mut steps = 0;
    while play.landed.len() < 3 && steps < 1_000 {
        play.step();
        steps += 1;
    }
    assert_eq!(play.landed, [4, 6, 7]);
    assert!(play.now - begin < Duration::from_secs(60), "{:?}", play.now - begin);
}

#[test]
fn a_ledger_that_is_away_changes_no_order_however_long_it_is() {
    let mut play = Play::new(&["a", "b", "c", "d"], &[]);
    play.away = true;
    let begin = play.now;
    assert!(play.run(400).is_empty());
    assert!(play.now - begin > Duration::from_secs(3_600), "it is not asked all the time");
    assert!(play.turns.overtaken().is_empty(), "nobody is overtaken");
    // It comes back between two rounds.
    while play.turns.first.is_some() {
        play.step();
    }
    play.away = false;
    assert_eq!(play.run(10), [1, 2, 3, 4]);
}

/// Waits between the tries of the only bill that waits.
fn waits(play: &mut Play, tries: usize) -> Vec<u64> {
    let mut at = Vec::new();
    while at.len() < tries {
        let before = play.tried.len();
        play.step();
        if play.tried.len() > before {
            at.push(play.now);
        }
    }
    at.windows(2).map(|w| (w[1] - w[0]).as_secs()).collect()
}

#[test]
fn an_overtaken_bill_is_tried_ever_more_rarely_and_at_once_when_somebody_asks() {
    let mut play = Play::new(&["a", "b"], &[1]);
    while play.landed.is_empty() {
        play.step();
    }
    let waits = waits(&mut play, 9);
    assert_eq!(waits[..6], [60, 120, 240, 480, 900, 900][..], "{waits:?}");
    assert_eq!(play.next(), None);
    play.turns.forget(1);
    assert_eq!(play.next(), Some((1, "a")));
}

#[test]
fn a_bill_that_waits_alone_is_tried_as_often_as_a_ledger_that_is_away() {
    let mut play = Play::new(&["a"], &[1]);
    let waits = waits(&mut play, 20);
    assert!(waits.is_sorted() && waits.last() == Some(&30), "{waits:?}");
    assert!(play.turns.overtaken().is_empty(), "nobody went past it");
    assert_eq!(play.turns.rest(play.now).map(|rest| rest.why), Some("x".to_owned()));
}

#[test]
fn trouble_that_is_known_to_be_everybodys_holds_all_in_order() {
    let mut turns = Turns::default();
    let now = Instant::now();
    let failed = Failed { seq: 1, number: "a", why: "x", asked: None, everybody: true, attention: false };
    for _ in 0..20 {
        assert!(matches!(turns.failed(&failed, now, 255), After::Wait(_)));
    }
    assert_eq!(turns.passing(now), Passing::default());
    let asked = Failed { asked: Some(Duration::from_secs(300)), ..failed };
    assert_eq!(turns.failed(&asked, now, 255), After::Wait(Duration::from_secs(300)));
}
