use std::collections::BTreeSet;

use super::*;
use crate::lane::means::Scope;

/// A bill as "number", "number/kind" or "number/kind/principal".
fn key(text: &str) -> BillKey {
    let mut parts = text.split('/').map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    BillKey { number: part(), kind: part(), principal: part() }
}

/// A queue of bills, some of which never get through, over a ledger that may be away.
struct Play {
    /// Seq and key, in order.
    queue: Vec<(u64, BillKey)>,
    poison: BTreeSet<u64>,
    /// These are refused for what is missing for bills of the scope.
    missing: BTreeSet<u64>,
    scope: Scope,
    away: bool,
    turns: Turns,
    now: Instant,
    landed: Vec<u64>,
    tried: Vec<u64>,
}

impl Play {
    fn new(numbers: &[&'static str], poison: &[u64]) -> Self {
        Self {
            queue: numbers.iter().enumerate().map(|(i, n)| (i as u64 + 1, key(n))).collect(),
            poison: poison.iter().copied().collect(),
            missing: BTreeSet::new(),
            scope: Scope::KindOfPrincipal,
            away: false,
            turns: Turns::default(),
            now: Instant::now(),
            landed: Vec::new(),
            tried: Vec::new(),
        }
    }

    /// What the outbox does.
    fn next(&self) -> Option<(u64, BillKey)> {
        let passing = self.turns.passing(self.now);
        let mut behind = BTreeSet::new();
        let found = self.queue.iter().find(|(seq, key)| {
            let passed = passing.holds(*seq, key) || behind.contains(&key.number);
            if passed {
                behind.insert(key.number.clone());
            }
            !passed
        });
        found.cloned()
    }

    fn step(&mut self) {
        let next = loop {
            let next = self.next();
            if next.is_some() || !self.turns.wrap() {
                break next;
            }
        };
        let Some((seq, key)) = next else {
            self.now += self.turns.rest(self.now).map(|rest| rest.wait).unwrap_or_default();
            return;
        };
        assert!(self.turns.sending(seq));
        self.tried.push(seq);
        let whom = if self.missing.contains(&seq) { alike(self.scope) } else { Whom::It };
        if self.away || self.poison.contains(&seq) || self.missing.contains(&seq) {
            let attention = whom != Whom::It;
            let failed = Failed { seq, key: &key, why: "x", asked: None, whom: &whom, attention };
            if let After::Wait(wait) = self.turns.failed(&failed, self.now, 255) {
                self.now += wait;
            }
        } else {
            self.turns.answered(seq, &key, self.now);
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

fn alike(scope: Scope) -> Whom {
    let said = Refused { reason: "NO_MANDATE".into(), message: String::new(), violations: Vec::new() };
    Whom::Alike(scope, Box::new(said))
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
    assert_eq!(play.next(), Some((1, key("a"))));
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
    let key = key("a");
    let whom = &Whom::Everybody;
    let failed = Failed { seq: 1, key: &key, why: "x", asked: None, whom, attention: false };
    for _ in 0..20 {
        assert!(matches!(turns.failed(&failed, now, 255), After::Wait(_)));
    }
    assert_eq!(turns.passing(now), Passing::default());
    let asked = Failed { asked: Some(Duration::from_secs(300)), ..failed };
    assert_eq!(turns.failed(&asked, now, 255), After::Wait(Duration::from_secs(300)));
}

#[test]
fn bills_that_lack_something_wait_in_order_while_others_go_and_follow_when_it_comes() {
    let mut play = Play::new(&["a/ship/P", "b/ship", "c/ship/P", "d/use", "e/ship/P", "a/pack"], &[]);
    play.missing = BTreeSet::from([1, 3, 5]);
    assert_eq!(play.run(60), [2, 4], "others go, but not those of a number that waits");
    let told: Vec<_> = play.turns.overtaken().into_iter().map(|o| (o.seq, o.number, o.why)).collect();
    assert_eq!(told, [(1, "a".to_owned(), "x".to_owned())], "the first is told, and why");
    assert!(play.turns.rest(play.now).is_some_and(|rest| rest.attention));
    while play.next().is_some() {
        play.step();
    }
    // The mandate is stated: nobody has to do anything here.
    play.missing.clear();
    assert_eq!(play.run(20), [2, 4, 1, 3, 5, 6], "in order");
    assert!(play.turns.overtaken().is_empty() && play.turns.said.is_empty());
}

#[test]
fn what_comes_between_two_tries_lets_at_most_one_bill_go_ahead() {
    let mut play = Play::new(&["a", "b", "c", "d"], &[]);
    play.missing = (1..=4).collect();
    while play.tried.len() < 4 || play.next().is_none_or(|(seq, _)| seq == 1) {
        play.step();
    }
    assert_eq!(play.next().map(|(seq, _)| seq), Some(2), "another one is tried behind the first");
    play.missing.clear();
    assert_eq!(play.run(20), [2, 1, 3, 4]);
}

#[test]
fn what_is_missing_is_asked_for_within_half_a_minute_for_ever_and_not_all_the_time() {
    let mut play = Play::new(&["a"], &[]);
    play.missing.insert(1);
    let waits = waits(&mut play, 400);
    assert!(waits.is_sorted() && waits.last() == Some(&30), "{waits:?}");
    play.missing.clear();
    let before = play.now;
    play.run(2);
    assert!(play.landed == [1] && play.now - before <= Duration::from_secs(30));
}

#[test]
fn one_mistyped_bill_does_not_hold_those_like_it() {
    // The first one's day is wrong, and the third one's: the role is there on the others'.
    let mut play = Play::new(&["a/ship", "b/ship", "c/ship", "d/ship"], &[]);
    play.scope = Scope::KindOfPrincipal;
    play.missing = BTreeSet::from([1, 3]);
    let begin = play.now;
    while play.landed.len() < 2 {
        play.step();
    }
    assert_eq!(play.landed, [2, 4]);
    assert!(play.now - begin < Duration::from_secs(20), "{:?}", play.now - begin);
    assert_eq!(play.turns.overtaken().iter().map(|o| o.seq).collect::<Vec<_>>(), [1, 3]);
    // It is tried again, ever more rarely, without holding anybody.
    play.queue.push((5, key("e/ship")));
    play.now += Duration::from_secs(120);
    play.run(3);
    assert_eq!(play.landed, [2, 4, 5]);
    play.missing.clear();
    let mut landed = play.run(20)[3..].to_vec();
    landed.sort_unstable();
    assert_eq!(landed, [1, 3]);
}

#[test]
fn bills_of_a_kind_that_has_its_mandate_do_not_wait_for_those_of_one_that_lacks_it() {
    let numbers: Vec<String> =
        (0..60).map(|i| format!("n{i}/{}/P", if i % 2 == 0 { "ship" } else { "receive" })).collect();
    let mut play = Play::new(&[], &[]);
    play.queue = numbers.iter().enumerate().map(|(i, n)| (i as u64 + 1, key(n))).collect();
    play.missing = (1..=60).filter(|seq| seq % 2 == 0).collect();
    let (begin, odd) = (play.now, (1..=60).step_by(2).collect::<Vec<u64>>());
    while play.landed.len() < 30 {
        play.step();
    }
    assert_eq!(play.landed, odd);
    assert!(play.now - begin < Duration::from_secs(1), "{:?}", play.now - begin);
    play.run(200);
    play.missing.clear();
    let stated = play.now;
    assert_eq!(play.run(40)[30..].len(), 30);
    // One was perhaps being tried behind the first.
    let late = play.landed[30..].windows(2).filter(|pair| pair[0] > pair[1]).count();
    assert!(late <= 1, "{:?}", play.landed);
    assert!(play.now - stated <= Duration::from_secs(31), "{:?}", play.now - stated);
}

#[test]
fn bills_set_apart_follow_in_order_as_soon_as_one_like_them_gets_through() {
    // A mandate for one site: those of another are refused, and others like them get through.
    let numbers: Vec<String> = (0..8).map(|i| format!("n{i}/ship/P")).collect();
    let mut play = Play::new(&[], &[]);
    play.queue = numbers.iter().enumerate().map(|(i, n)| (i as u64 + 1, key(n))).collect();
    play.missing = BTreeSet::from([1, 3, 5, 7]);
    while play.landed.len() < 4 {
        play.step();
    }
    for _ in 0..40 {
        play.step();
    }
    assert_eq!(play.landed, [2, 4, 6, 8]);
    // They have waited for long, each of them for minutes at a time; all but the second one are mended.
    play.missing = BTreeSet::from([3]);
    play.turns.held.values_mut().for_each(|held| held.until = play.now + LONGEST_APART);
    play.now += Duration::from_secs(2);
    let before = play.now;
    play.queue.extend([(9, key("n8/ship/P")), (10, key("n9/ship/P")), (11, key("n10/pack/P"))]);
    play.run(7);
    assert_eq!(play.landed[4..], [9, 1, 10, 5, 7, 11]);
    assert_eq!(play.now, before, "at once");
    // One that is wrong for ever is not sent with each of the others.
    let sent = play.tried.iter().filter(|seq| **seq == 3).count();
    play.queue.extend((12..40).map(|seq| (seq, key(&format!("m{seq}/ship/P")))));
    play.run(28);
    assert_eq!((play.now, play.landed.len()), (before, 38));
    assert_eq!(play.tried.iter().filter(|seq| **seq == 3).count(), sent);
}

#[test]
fn of_many_that_lack_something_one_that_does_not_is_found() {
    let numbers: Vec<String> = (0..12).map(|i| format!("n{i}/ship")).collect();
    let mut play = Play::new(&[], &[]);
    play.queue = numbers.iter().enumerate().map(|(i, n)| (i as u64 + 1, key(n))).collect();
    play.scope = Scope::Kind;
    play.missing = (1..12).collect();
    let mut steps = 0;
    while play.landed.is_empty() && steps < 1_000 {
        play.step();
        steps += 1;
    }
    assert_eq!(play.landed, [12]);
}

#[test]
fn a_bill_is_given_up_only_between_a_refusal_and_the_next_sending() {
    let mut play = Play::new(&["a", "b"], &[]);
    play.missing = BTreeSet::from([1, 2]);
    assert_eq!(play.turns.give_up(1), None, "nothing was said of it yet");
    play.step();
    let said = play.turns.give_up(1).unwrap();
    assert_eq!(said.reason, "NO_MANDATE");
    assert!(!play.turns.sending(1), "it is not sent while it is given up");
    assert_eq!(play.turns.give_up(1), None, "once");
    play.turns.gone(1);
    assert!(play.turns.overtaken().is_empty());
    // What is sent is not given up.
    play.queue.remove(0);
    play.step();
    assert!(play.turns.sending(2) && play.turns.give_up(2).is_none());
}

#[test]
fn a_refusal_for_what_is_missing_shows_that_the_ledger_answers() {
    let mut play = Play::new(&["a", "b/ship", "c/pack"], &[1]);
    play.scope = Scope::Kind;
    play.missing = BTreeSet::from([2]);
    assert_eq!(play.run(40), [3]);
    assert_eq!(play.turns.overtaken().iter().map(|o| o.seq).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn more_groups_than_are_kept_hold_everybody() {
    let (mut turns, now) = (Turns::default(), Instant::now());
    let whom = alike(Scope::KindOfPrincipal);
    for seq in 1..=64 {
        let key = key(&format!("n/k/P{seq}"));
        let failed = Failed { seq, key: &key, why: "x", asked: None, whom: &whom, attention: true };
        assert_eq!(turns.failed(&failed, now, 0), After::Another);
    }
    let key = key("n/k/Q");
    let failed = Failed { seq: 65, key: &key, why: "x", asked: None, whom: &whom, attention: true };
    assert!(matches!(turns.failed(&failed, now, 0), After::Wait(_)));
    assert!(turns.overtaken().len() <= MAX_TOLD);
}
