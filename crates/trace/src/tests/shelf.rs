//! Holdings by site, and goods whose lot and expiry no Commission tells.

use proto::v1::{self, AdjustOutcome, statement::Body};

use super::{
    desk::TODAY,
    story::{MINUTE, NOON, Story, lot, sgtin, short},
};
use crate::desk::{self, Holding, HoldingsQuery, HoldingsStart, Line};

fn say(story: &mut Story, who: &str, site: &str, body: Body) -> u64 {
    let index = custody::View::size(&story.view);
    let site = if site.is_empty() { String::new() } else { format!("site:org:{who}/{site}") };
    story.say(who, format!("e{index}"), NOON + index as i64 * MINUTE, site, body)
}

fn boxes(lot: &str, amount: u64) -> v1::LotAmount {
    let quantity = Some(v1::Quantity { amount, unit: "box".into() });
    v1::LotAmount { lot: lot.into(), quantity }
}

/// A Commission of an amount without serials.
fn commission(lot: &str, amount: u64) -> Body {
    Body::Commission(v1::Commission {
        lot: lot.into(),
        quantity: boxes(lot, amount).quantity,
        registration: "国药准字SJ20171003".into(),
        made_on: "2025-06-01".into(),
        expires_on: "2027-05-31".into(),
        units_per_code: 1,
        ..v1::Commission::default()
    })
}

fn opening(lines: Vec<v1::AdjustLine>) -> Body {
    let lines = lines.into_iter().map(|line| v1::AdjustLine {
        outcome: AdjustOutcome::Opening as i32,
        made_on: "2024-01-01".into(),
        expires_on: if line.expires_on.is_empty() { "2026-12-31".into() } else { line.expires_on.clone() },
        ..line
    });
    Body::Adjust(v1::Adjust { lines: lines.collect(), reason: "opening".into() })
}

fn opening_item(name: &str, of: &str) -> v1::AdjustLine {
    v1::AdjustLine { item: sgtin(name), item_lot: of.into(), ..v1::AdjustLine::default() }
}

fn opening_lot(of: &str) -> v1::AdjustLine {
    v1::AdjustLine { lot: Some(boxes(of, 5)), ..v1::AdjustLine::default() }
}

/// Holdings of a party at a site, of a lot; in pages of two rows.
fn at(story: &Story, who: &str, site: &str, lot: &str) -> Vec<Holding> {
    let (party, mut all, mut start) = (format!("org:{who}"), Vec::new(), HoldingsStart::default());
    let site = if site.is_empty() { String::new() } else { format!("site:org:{who}/{site}") };
    for _ in 0..20 {
        let query =
            HoldingsQuery { party: &party, lot, site: &site, contents: false, start, limit: 2, today: TODAY };
        let page = desk::holdings(&story.view, &query, &crate::Everything).unwrap();
        assert!(!page.truncated);
        all.extend(page.holdings);
        match page.next {
            Some(next) => start = next,
            None => return all,
        }
    }
    panic!("pages do not end");
}

/// `A@W1 L1:5` …: items with their site, lots with their boxes.
fn told(found: &[Holding]) -> String {
    let one = |h: &Holding| {
        let site = h.site.rsplit('/').next().unwrap_or_default();
        match h.balances.get("box") {
            Some(amount) => format!("{}:{amount}@{site}", h.lot.rsplit('.').next().unwrap_or_default()),
            None => format!("{}@{site}", short(&h.item)),
        }
    };
    found.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn at_a_site_are_its_items_and_all_lots_without_serials() {
    let mut story = Story::of(
        "maker commission A,B site=W1
         maker commission C,D site=W2
         maker commission E",
    );
    say(&mut story, "maker", "W2", commission(&lot("L7"), 9));
    story.tell("maker commission F lot=L2 site=W1");
    assert_eq!(told(&at(&story, "maker", "", "")), "A@W1 B@W1 C@W2 D@W2 E@ F@W1 L7:9@");
    // An amount is the party's: it is not said where, and not left out either.
    assert_eq!(told(&at(&story, "maker", "W1", "")), "A@W1 B@W1 F@W1 L7:9@");
    assert_eq!(told(&at(&story, "maker", "W2", "")), "C@W2 D@W2 L7:9@");
    assert_eq!(told(&at(&story, "maker", "W2", &lot("L7"))), "L7:9@");
    assert_eq!(told(&at(&story, "maker", "W1", &lot("L2"))), "F@W1");
    story.tell("s: maker ship A,C to trader");
    story.tell("trader receive of=s site=W1");
    assert_eq!(told(&at(&story, "maker", "W1", "")), "B@W1 F@W1 L7:9@");
    assert_eq!(told(&at(&story, "trader", "W1", "")), "A@W1 C@W1");
    assert_eq!(told(&at(&story, "trader", "W2", "")), "");
}

/// Lot, expiry and registration of one holding.
fn facts(h: &Holding) -> (&str, &str, &str) {
    (&h.lot, &h.expires_on, &h.registration)
}

#[test]
fn a_lot_without_serials_has_the_registration_and_expiry_of_its_commission() {
    let mut story = Story::new();
    let name = lot("L7");
    say(&mut story, "maker", "", commission(&name, 9));
    let found = at(&story, "maker", "", "");
    assert_eq!(found.iter().map(facts).collect::<Vec<_>>(), [(&*name, "2027-05-31", "国药准字SJ20171003")]);
}

#[test]
fn opening_stock_has_the_lot_and_expiry_of_its_count() {
    let mut story = Story::new();
    let (old, by_number) = (lot("OLD"), "lot:reg:国械注进20153131313.N1");
    let lines = vec![opening_item("A", &old), opening_item("B", by_number), opening_item("C", "")];
    say(&mut story, "trader", "W1", opening(lines));
    say(&mut story, "trader", "W1", opening(vec![opening_lot(&lot("L9")), opening_lot(by_number)]));
    let l9 = lot("L9");
    let expected = [
        (&*old, "2026-12-31", ""),
        (by_number, "2026-12-31", "国械注进20153131313"),
        ("", "2026-12-31", ""),
        // Named first as the lot of an item.
        (by_number, "2026-12-31", "国械注进20153131313"),
        (&*l9, "2026-12-31", ""),
    ];
    let all = at(&story, "trader", "W1", "");
    assert_eq!(all.iter().map(facts).collect::<Vec<_>>(), expected);
    assert_eq!(told(&at(&story, "trader", "", &old)), "A@W1", "found by its lot");
    // A Hold on the lot is over the item that was never commissioned.
    let hold = v1::Hold {
        lots: vec![old],
        reason: "suspected".into(),
        legal_basis: "decision 1".into(),
        ..v1::Hold::default()
    };
    let hold = say(&mut story, "office", "", Body::Hold(hold));
    assert_eq!(at(&story, "trader", "", "")[0].held_by, [hold]);
}

#[test]
fn a_count_of_opening_stock_counts_as_corrected_and_a_commission_before_it() {
    let mut story = Story::of("maker commission M");
    let count = say(&mut story, "trader", "", opening(vec![opening_item("A", &lot("OLD"))]));
    say(&mut story, "maker", "", opening(vec![opening_item("M", &lot("OLD"))]));
    assert_eq!(facts(&at(&story, "maker", "", "")[0]), (&*lot("L1"), "2027-05-31", "国药准字SJ20171003"));
    let Body::Adjust(right) = opening(vec![opening_item("A", &lot("NEW"))]) else { unreachable!() };
    let replacement = Some(v1::Replacement {
        body: Some(v1::replacement::Body::Adjust(right)),
        ..v1::Replacement::default()
    });
    let correct = Body::Correct(v1::Correct {
        target: Some(story.reference(&format!("e{count}"))),
        reason: "typo".into(),
        replacement,
        ..v1::Correct::default()
    });
    say(&mut story, "trader", "", correct);
    assert_eq!(at(&story, "trader", "", "")[0].lot, lot("NEW"));
}

#[test]
fn of_opening_stock_the_holders_own_count_speaks_first() {
    let mut story = Story::new();
    say(&mut story, "stranger", "", opening(vec![opening_item("A", &lot("X"))]));
    story.tell("trader find A @5");
    let found = |story: &Story| at(story, "trader", "", "").iter().map(|h| h.lot.clone()).collect::<Vec<_>>();
    assert_eq!(found(&story), [lot("X")], "nobody else tells");
    say(&mut story, "trader", "", opening(vec![opening_item("A", &lot("OLD"))]));
    assert_eq!(found(&story), [lot("OLD")]);
    // Under another code of the thing, too.
    story.tell("maker alias A,A2");
    assert_eq!(found(&story), [lot("OLD")]);
}

#[test]
fn who_is_sent_opening_stock_or_lots_is_told_what_they_are() {
    let mut story = Story::new();
    let (old, plain) = (lot("OLD"), lot("L7"));
    say(&mut story, "maker", "", opening(vec![opening_item("A", &old)]));
    say(&mut story, "maker", "", commission(&plain, 9));
    let ship = v1::Ship {
        items: vec![sgtin("A")],
        lots: vec![boxes(&plain, 3)],
        addressee: "org:trader".into(),
        reason: "sale".into(),
        ..v1::Ship::default()
    };
    let ship = say(&mut story, "maker", "", Body::Ship(ship));
    let (_, lines) = desk::shipment_lines(&story.view, ship, &crate::Everything).unwrap().unwrap();
    let told: Vec<(bool, &str, &str)> = lines
        .iter()
        .map(|l| (matches!(l.line, Line::Lot(_)), l.facts.lot.as_str(), l.facts.expires_on.as_str()))
        .collect();
    assert_eq!(told, [(false, &*old, "2026-12-31"), (true, "", "2027-05-31")]);
}

/// A trader that sees its own statements and asks about what it has a part in.
struct Trader<'s>(&'s str, &'s [u64]);

impl crate::Sees for Trader<'_> {
    fn statement(&self, index: u64) -> Result<bool, custody::ViewError> {
        Ok(self.1.contains(&index))
    }

    fn item(&self, hops: &[crate::Hop]) -> Result<bool, custody::ViewError> {
        Ok(crate::chain(hops).iter().any(|hop| hop.from == self.0 || hop.to == self.0))
    }

    fn lot(&self, _: &str) -> Result<desk::LotPart, custody::ViewError> {
        Ok(desk::LotPart::From(std::collections::BTreeSet::new()))
    }

    fn is_party(&self, party: &str) -> bool {
        party == self.0
    }
}

#[test]
fn a_trader_is_told_what_the_opening_stock_is_that_it_was_sent_and_not_what_strangers_have() {
    let mut story = Story::new();
    let old = lot("OLD");
    let count = say(&mut story, "maker", "", opening(vec![opening_item("A", &old), opening_item("B", &old)]));
    let own = [story.tell("maker ship A to trader @5"), story.tell("trader receive A @6")];
    // It claims B, which is the maker's.
    let claim = story.tell("trader receive B @7");
    let found = |sees: &Trader<'_>| -> Vec<(String, String)> {
        let query = HoldingsQuery {
            party: "org:trader",
            lot: "",
            site: "",
            contents: false,
            start: HoldingsStart::default(),
            limit: 9,
            today: TODAY,
        };
        let page = desk::holdings(&story.view, &query, sees).unwrap();
        let mut all: Vec<_> = page.holdings.into_iter().map(|h| (h.item, h.expires_on)).collect();
        all.sort();
        all
    };
    let (a, b) = (sgtin("A"), sgtin("B"));
    let expected = [(a.clone(), "2026-12-31".to_owned()), (b.clone(), String::new())];
    let own = [own[0], own[1], claim];
    assert_eq!(found(&Trader("org:trader", &own)), expected);
    let all = found(&Trader("org:trader", &[own[0], own[1], claim, count]));
    assert_eq!(all, [(a, "2026-12-31".to_owned()), (b, "2026-12-31".to_owned())], "who may see the count");
}
