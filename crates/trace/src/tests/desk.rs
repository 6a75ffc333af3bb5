use custody::View as _;
use proto::v1::{self, statement::Body};
use statement::{Day, Kind};

use super::story::{Counting, MINUTE, NOON, Story, lot, sgtin, short};
use crate::Everything;
use crate::budget::Budget;
use crate::desk::holdings::holdings_within;
use crate::desk::{self, Holding, HoldingsQuery, HoldingsStart, LineOutcome, Progress, Wanted};

pub(super) const TODAY: Day = Day(20_515);

pub(super) const fn query_of(party: &str, contents: bool, limit: usize) -> HoldingsQuery<'_> {
    HoldingsQuery {
        party,
        lot: "",
        site: "",
        contents,
        start: HoldingsStart { part: 0, number: 0 },
        limit,
        today: TODAY,
    }
}

/// All of a party's holdings, in pages of `limit` rows.
pub(super) fn all_holdings(story: &Story, party: &str, contents: bool, limit: usize) -> Vec<Holding> {
    let (mut all, mut start) = (Vec::new(), HoldingsStart::default());
    for _ in 0..100 {
        let query = HoldingsQuery { party, lot: "", site: "", contents, start, limit, today: TODAY };
        let page = desk::holdings(&story.view, &query, &Everything).unwrap();
        assert!(!page.truncated);
        all.extend(page.holdings);
        match page.next {
            Some(next) => start = next,
            None => return all,
        }
    }
    panic!("pages do not end");
}

/// `A,B in P` …, in order of the list.
fn holdings(story: &Story, who: &str, contents: bool) -> String {
    let one = |h: &Holding| {
        let mut text = if h.item.is_empty() { h.lot.clone() } else { short(&h.item).to_owned() };
        if !h.container.is_empty() {
            text += &format!("<{}", short(&h.container));
        }
        if h.contents > 0 {
            text += &format!("[{}]", h.contents);
        }
        if h.condition != "held" {
            text += &format!("!{}", h.condition);
        }
        for (unit, amount) in &h.balances {
            text += &format!("={amount}{unit}");
        }
        text
    };
    let all = all_holdings(story, &format!("org:{who}"), contents, 3);
    all.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn holdings_are_what_is_at_a_party_and_in_no_container() {
    let mut story = Story::of(
        "maker commission A,B,C,D
         maker pack P A,B
         maker pack Q P,C",
    );
    assert_eq!(holdings(&story, "maker", false), "D Q[2]");
    assert_eq!(holdings(&story, "maker", true), "D C<Q A<P B<P");
    story.tell("e4: maker ship Q to trader");
    assert_eq!(holdings(&story, "maker", false), "D");
    assert_eq!(holdings(&story, "trader", false), "");
    story.tell("trader receive of=e4 @5");
    assert_eq!(holdings(&story, "trader", false), "Q[2]");
    story.tell("trader unpack Q @6");
    assert_eq!(holdings(&story, "trader", false), "Q C P[2]");
    story.tell("trader use C @7");
    story.tell("trader ship Q to maker @8");
    assert_eq!(holdings(&story, "trader", false), "C!opened P[2]");
    story.tell("maker finish D @9");
    assert_eq!(holdings(&story, "maker", false), "");
}

#[test]
fn a_void_gives_back_what_was_shipped() {
    let mut story = Story::of("maker commission A\n maker ship A to trader");
    assert_eq!(holdings(&story, "maker", false), "");
    story.tell("maker void e2");
    assert_eq!(holdings(&story, "maker", false), "A");
}

fn amounts(amount: u64) -> Vec<v1::LotAmount> {
    vec![v1::LotAmount { lot: lot("L9"), quantity: Some(v1::Quantity { amount, unit: "box".into() }) }]
}

fn ship(amount: u64, to: &str) -> Body {
    Body::Ship(v1::Ship {
        lots: amounts(amount),
        addressee: format!("org:{to}"),
        reason: "sale".into(),
        waybill: format!("waybill:CN/{amount}"),
        ..v1::Ship::default()
    })
}

#[test]
fn the_balance_of_a_lot_is_the_sum_of_what_its_statements_say() {
    let mut story = Story::new();
    let mut minute = 0;
    let mut say = |story: &mut Story, who: &str, body| {
        minute += 1;
        story.say(who, format!("s{minute}"), NOON + minute * MINUTE, String::new(), body)
    };
    let commission = Body::Commission(v1::Commission {
        lot: lot("L9"),
        quantity: amounts(100)[0].quantity.clone(),
        registration: "国药准字SJ20171003".into(),
        made_on: "2025-06-01".into(),
        expires_on: "2027-05-31".into(),
        units_per_code: 1,
        ..v1::Commission::default()
    });
    say(&mut story, "maker", commission);
    let line = format!("{}=100box", lot("L9"));
    assert_eq!(holdings(&story, "maker", false), line);
    say(&mut story, "maker", ship(30, "trader"));
    assert_eq!(holdings(&story, "maker", false), line.replace("100", "70"));
    assert_eq!(holdings(&story, "trader", false), "");
    // Takes in everything.
    let whole = v1::Receive { waybill: "waybill:CN/30".into(), ..v1::Receive::default() };
    say(&mut story, "trader", Body::Receive(whole.clone()));
    assert_eq!(holdings(&story, "trader", false), line.replace("100", "30"));
    // The same goods are not taken in twice.
    say(&mut story, "trader", Body::Receive(whole));
    assert_eq!(holdings(&story, "trader", false), line.replace("100", "30"));
    let exception = |outcome: v1::ReceiveOutcome, amount: u64| v1::ReceiveException {
        outcome: outcome as i32,
        lot: amounts(amount).pop(),
        ..v1::ReceiveException::default()
    };
    say(&mut story, "maker", ship(20, "trader"));
    let partly = v1::Receive {
        waybill: "waybill:CN/20".into(),
        lots: amounts(15),
        exceptions: vec![exception(v1::ReceiveOutcome::Damaged, 2), exception(v1::ReceiveOutcome::Short, 3)],
        ..v1::Receive::default()
    };
    say(&mut story, "trader", Body::Receive(partly));
    assert_eq!(holdings(&story, "trader", false), line.replace("100", "47"));
    let adjust = |outcome: v1::AdjustOutcome, amount: u64| {
        let lot = amounts(amount).pop();
        let line = v1::AdjustLine { outcome: outcome as i32, lot, ..v1::AdjustLine::default() };
        Body::Adjust(v1::Adjust { lines: vec![line], reason: "stock-taking".into() })
    };
    say(&mut story, "trader", adjust(v1::AdjustOutcome::Lost, 7));
    say(&mut story, "trader", adjust(v1::AdjustOutcome::Found, 1));
    say(&mut story, "trader", adjust(v1::AdjustOutcome::Damaged, 1));
    assert_eq!(holdings(&story, "trader", false), line.replace("100", "41"));
    say(&mut story, "trader", ship(41, "clinic"));
    assert_eq!(holdings(&story, "trader", false), "");
}

fn progress(story: &Story, ship: u64) -> Progress {
    desk::shipment(&story.view, ship).unwrap().unwrap().progress
}

fn inbound(story: &Story, who: &str, sender: &str, limit: usize) -> Vec<u64> {
    let (mut all, mut start) = (Vec::new(), 0);
    loop {
        let (page, next) = desk::inbound(&story.view, &format!("org:{who}"), sender, start, limit).unwrap();
        all.extend(page.iter().map(|s| s.content.root_index));
        match next {
            Some(next) => start = next,
            None => return all,
        }
    }
}

#[test]
fn a_shipment_is_inbound_until_every_line_is_answered_by_its_addressee() {
    let mut story = Story::of(
        "maker commission A,B,C,D
         maker ship A,B to trader way=W1
         maker ship C to trader way=W2
         other ship D to trader way=W3",
    );
    assert_eq!(inbound(&story, "trader", "", 1), [2, 3, 4]);
    assert_eq!(inbound(&story, "trader", "org:other", 1), [4]);
    assert_eq!((inbound(&story, "maker", "", 1), progress(&story, 2)), (vec![], Progress::Open));
    // A stranger answers nothing.
    story.tell("thief receive way=W1 @6");
    story.tell("thief receive of=e2 A,B @6");
    assert_eq!((progress(&story, 2), inbound(&story, "trader", "", 10)), (Progress::Open, vec![2, 3, 4]));
    story.tell("trader receive way=W1 A @7");
    assert_eq!((progress(&story, 2), inbound(&story, "trader", "", 10)), (Progress::Partly, vec![2, 3, 4]));
    let last = story.tell("trader receive way=W1 short=B @8");
    assert_eq!((progress(&story, 2), inbound(&story, "trader", "", 10)), (Progress::Wholly, vec![3, 4]));
    let (shipment, lines) = desk::shipment_lines(&story.view, 2, &Everything).unwrap().unwrap();
    assert_eq!(shipment.received_by, [last - 1, last]);
    let outcomes: Vec<_> = lines.iter().map(|l| (l.outcome, l.received_by.clone())).collect();
    let missing = Some(LineOutcome::Exception(v1::ReceiveOutcome::Short));
    let expected = [(Some(LineOutcome::Received), vec![last - 1]), (missing, vec![last])];
    assert_eq!(outcomes, expected);
    assert_eq!(
        (lines[0].facts.lot.as_str(), lines[0].facts.expires_on.as_str()),
        (&*lot("L1"), "2027-05-31")
    );
    story.tell("trader receive of=e3 @9");
    assert_eq!(inbound(&story, "trader", "", 10), [4]);
    let (shipment, _) = desk::shipment_lines(&story.view, 3, &Everything).unwrap().unwrap();
    assert_eq!(shipment.progress, Progress::Wholly);
    story.tell(&format!("trader void e{last}"));
    assert_eq!(inbound(&story, "trader", "", 10), [4], "a counter-signed Receive waits for the other side");
}

#[test]
fn what_a_party_submitted_comes_newest_first_by_pages() {
    let mut story = Story::of("maker commission A,B,C\n other commission D");
    for n in 0..5 {
        story.tell(&format!("maker ship A to trader @{}", 3 + n));
    }
    story.tell("trader receive A @9");
    story.tell("maker void e4");
    let wanted = |before, limit, kind| Wanted { kind, business_key: "", before, limit };
    let list = |kind, limit| {
        let (mut all, mut before) = (Vec::new(), u64::MAX);
        loop {
            let (page, next) =
                desk::submitted(&story.view, "org:maker", &wanted(before, limit, kind)).unwrap();
            all.extend(page.iter().map(|s| (s.index, s.changed_by)));
            match next {
                Some(next) => before = next,
                None => return all,
            }
        }
    };
    let ships = [(7, None), (6, None), (5, None), (4, Some(9)), (3, None)];
    for limit in [1, 2, 5, 100] {
        assert_eq!(list(Some(Kind::Ship), limit), ships, "{limit} a page");
        assert_eq!(list(None, limit).len(), 7);
    }
    let (none, next) = desk::submitted(&story.view, "org:nobody", &wanted(u64::MAX, 5, None)).unwrap();
    assert!(none.is_empty() && next.is_none());
}

/// Records a Ship under a business key, for somebody.
fn keyed(story: &mut Story, who: &str, principal: &str, key: &str) -> u64 {
    let at = NOON + story.view.size() as i64 * MINUTE;
    story.say_with(who, String::new(), at, ship(1, "trader"), |header| {
        header.business_key = key.into();
        header.on_behalf_of = principal.into();
    })
}

fn mandate(story: &mut Story, principal: &str, agent: &str) {
    let body = Body::Mandate(v1::Mandate {
        number: "M1".into(),
        agent: format!("org:{agent}"),
        acts: vec![Kind::Ship as i32],
        valid_from: "2026-01-01".into(),
        valid_to: "2028-01-01".into(),
        ..v1::Mandate::default()
    });
    story.say(principal, String::new(), NOON, String::new(), body);
}

/// Entries with a business key, by pages, and how many entries were read for them.
fn by_key(story: &Story, party: &str, key: &str, limit: usize) -> (Vec<u64>, usize) {
    let view = Counting::new(&story.view);
    let (mut all, mut before) = (Vec::new(), u64::MAX);
    for _ in 0..100 {
        let wanted = Wanted { kind: None, business_key: key, before, limit };
        let (page, next) = desk::submitted(&view, &format!("org:{party}"), &wanted).unwrap();
        all.extend(page.iter().map(|s| s.index));
        match next {
            Some(next) => before = next,
            None => {
                let [entries, ..] = *view.reads.borrow();
                return (all, entries);
            }
        }
    }
    panic!("pages do not end");
}

#[test]
fn a_business_key_is_looked_up_and_not_searched_for() {
    let mut story = Story::new();
    let mut mine = vec![keyed(&mut story, "maker", "", "XS.1/2")];
    for n in 0..200 {
        keyed(&mut story, "maker", "", &format!("other-{n}"));
    }
    mine.push(keyed(&mut story, "maker", "", "XS.1/2"));
    // Anybody may use the same key, and name the bill.
    keyed(&mut story, "other", "", "XS.1/2");
    let bill = statement::bill_text("org:maker", "XS.1/2").unwrap();
    let names = v1::Receive { bill, ..v1::Receive::default() };
    story.say("trader", String::new(), NOON, String::new(), Body::Receive(names));
    mine.reverse();
    for limit in [1, 2, 100] {
        let (found, read) = by_key(&story, "maker", "XS.1/2", limit);
        assert_eq!(found, mine, "{limit} a page");
        assert!(read < 20, "{read} entries read for two");
    }
    assert_eq!(by_key(&story, "maker", "nothing", 5), (vec![], 0));
    assert_eq!(by_key(&story, "trader", "XS.1/2", 5).0, [] as [u64; 0]);
}

#[test]
fn a_business_key_is_found_whoever_acted_for_whom() {
    let mut story = Story::new();
    mandate(&mut story, "maker", "agent");
    mandate(&mut story, "dealer", "agent");
    let own = keyed(&mut story, "agent", "", "K1");
    let makers = keyed(&mut story, "agent", "org:maker", "K1");
    let dealers = keyed(&mut story, "agent", "org:dealer", "K1");
    for limit in [1, 2, 9] {
        assert_eq!(by_key(&story, "agent", "K1", limit).0, [dealers, makers, own], "{limit} a page");
        assert_eq!(by_key(&story, "maker", "K1", limit).0, [makers]);
    }
    // Who took another's place may correct what that one's agent said: then all is looked through.
    let body = Body::Succession(v1::Succession {
        predecessor: "org:agent".into(),
        successor: "org:heir".into(),
        kind: "merger".into(),
        effective_on: "2026-03-01".into(),
        ..v1::Succession::default()
    });
    story.say("office", String::new(), NOON, String::new(), body);
    let corrected = keyed(&mut story, "heir", "org:dealer", "K1");
    assert_eq!(by_key(&story, "heir", "K1", 5).0, [corrected]);
}

#[test]
fn holds_and_recalls_restrict_until_they_are_lifted_or_over() {
    let mut story = Story::of("maker commission A,B");
    let hold = |items: Vec<String>, lots: Vec<String>, until: &str| {
        Body::Hold(v1::Hold {
            items,
            lots,
            legal_basis: "basis".into(),
            reason: "suspected".into(),
            until: until.into(),
            ..v1::Hold::default()
        })
    };
    let at = |n: i64| NOON + n * MINUTE;
    let both = vec![sgtin("A"), sgtin("B")];
    let first = story.say("office", "h1".into(), at(2), String::new(), hold(both, vec![], ""));
    let second = story.say("office", "h2".into(), at(3), String::new(), hold(vec![], vec![lot("L1")], ""));
    let over =
        story.say("office", "h3".into(), at(4), String::new(), hold(vec![], vec![lot("L1")], "2026-03-01"));
    let of = |story: &Story, name: &str| {
        let all = all_holdings(story, "org:maker", false, 10);
        all.into_iter().find(|h| h.item == sgtin(name)).unwrap().held_by
    };
    let of_lot = |story: &Story| desk::restrictions(&story.view, &lot("L1"), TODAY, None).unwrap();
    assert_eq!((of(&story, "A"), of_lot(&story)), (vec![first, second], vec![second]));
    let before = desk::restrictions(&story.view, &lot("L1"), Day(20_512), None).unwrap();
    assert_eq!(before, [second, over], "its last day counts");
    let lift = |items: Vec<String>, label: &str, story: &Story| {
        let hold = Some(story.reference(label));
        Body::Lift(v1::Lift { hold, items, reason: "cleared".into(), ..v1::Lift::default() })
    };
    let body = lift(vec![sgtin("A")], "h1", &story);
    story.say("office", "l1".into(), at(5), String::new(), body);
    assert_eq!((of(&story, "A"), of(&story, "B")), (vec![second], vec![first, second]));
    let body = lift(vec![], "h2", &story);
    story.say("office", "l2".into(), at(6), String::new(), body);
    assert_eq!((of(&story, "A"), of(&story, "B"), of_lot(&story)), (vec![], vec![first], vec![]));
    // A Lift taken back is none.
    story.tell("office void l1 @7");
    assert_eq!(of(&story, "A"), [first]);
}

#[test]
fn a_case_answered_by_what_is_in_it_is_told_line_by_line() {
    let mut story = Story::of(
        "maker commission A,B,C
         maker pack P A,B
         s: maker ship P,C to trader @5
         trader receive of=s A,C @6",
    );
    assert_eq!((progress(&story, 3), inbound(&story, "trader", "", 9)), (Progress::Partly, vec![3]));
    story.tell("maker alias B,B2 @7");
    story.tell("trader receive of=s short=B2 @8");
    assert_eq!((progress(&story, 3), inbound(&story, "trader", "", 9)), (Progress::Wholly, vec![]));
    let (_, lines) = desk::shipment_lines(&story.view, 3, &Everything).unwrap().unwrap();
    let told: Vec<_> = lines.iter().map(|l| (l.outcome, l.received_by.clone())).collect();
    let missing = Some(LineOutcome::Exception(v1::ReceiveOutcome::Short));
    assert_eq!(told, [(missing, vec![4, 6]), (Some(LineOutcome::Received), vec![4])]);
}

#[test]
fn a_page_of_holdings_ends_when_it_is_long_or_has_read_much() {
    let mut story = Story::new();
    for case in 0..3 {
        let units: Vec<String> = (0..1_500).map(|n| format!("U{case}X{n}")).collect();
        story.tell(&format!("maker commission {}", units.join(",")));
        story.tell(&format!("maker pack P{case} {}", units.join(",")));
    }
    let query = |start, contents| HoldingsQuery {
        party: "org:maker",
        lot: "",
        site: "",
        contents,
        start,
        limit: 1_000,
        today: TODAY,
    };
    let first = desk::holdings(&story.view, &query(HoldingsStart::default(), true), &Everything).unwrap();
    assert_eq!((first.holdings.len(), first.truncated), (3_000, false), "two cases are more than 2,000");
    let last = desk::holdings(&story.view, &query(first.next.unwrap(), true), &Everything).unwrap();
    assert_eq!((last.holdings.len(), last.next), (1_500, None));
    // With less than half of the budget left, one row is a page.
    let budget = || Budget { statements: 24_000, ..Budget::default() };
    let (mut pages, mut start) = (0, Some(HoldingsStart::default()));
    while let Some(at) = start {
        let page = holdings_within(&story.view, &query(at, false), &Everything, budget()).unwrap();
        assert_eq!((page.holdings.len(), page.truncated), (1, false));
        (pages, start) = (pages + 1, page.next);
    }
    assert_eq!(pages, 3);
}
