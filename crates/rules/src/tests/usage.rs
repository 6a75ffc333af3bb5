//! Rules about use, stock, sightings, figures, parcels and lists of makers and brands.

use super::story::{DAY, NOON, Told, fires, silent};
use crate::Rule;

#[test]
fn counters_that_go_back_worn_tips_and_two_consoles_at_once_are_told() {
    let rule = Rule::DeviceUsage;
    fires(
        rule,
        "maker commission c.A\n a: clinic use c.A counter=500\n b: clinic use c.A counter=400",
        "clinic c.A medium a,b",
    );
    fires(
        rule,
        "a: clinic use c.A counter=500\n s: maker service c.A action=inspection before=450",
        "maker c.A medium a,s",
    );
    fires(
        rule,
        "drug registration t. most=2 @-9d\n maker commission t.A\n a: clinic use t.A\n b: clinic use t.A\n c: clinic use t.A",
        "clinic t.A medium a,b,c",
    );
    fires(
        rule,
        "drug registration t. most=900 @-9d\n maker commission t.A\n a: clinic use t.A used=600shot\n b: clinic use t.A used=301shot",
        "clinic t.A medium a,b",
    );
    fires(
        rule,
        "maker commission t.A\n a: clinic use t.A with=c.A @0m\n b: clinic use t.A with=c.B @30m",
        "clinic t.A medium a,b",
    );
    fires(
        rule,
        "maker commission c.A\n a: clinic use c.A counter=5\n s: clinic ship c.A to clinic2",
        "clinic c.A medium a,s",
    );
}

#[test]
fn counters_after_service_and_tips_used_in_turn_are_lawful() {
    let rule = Rule::DeviceUsage;
    silent(rule, "clinic use c.A counter=500\n clinic use c.A counter=500\n clinic use c.A counter=600");
    silent(
        rule,
        "clinic use c.A counter=500\n maker service c.A action=board-swap before=520 after=0\n clinic use c.A counter=10",
    );
    silent(
        rule,
        "clinic use c.A counter=500\n maker service c.A action=counter-reset before=500 after=3\n clinic use c.A counter=10",
    );
    // Uploaded out of order.
    silent(rule, "clinic use c.A counter=600 @9m\n clinic use c.A counter=500 @3m");
    silent(
        rule,
        "drug registration t. most=900 @-9d\n maker commission t.A\n clinic use t.A used=600shot\n clinic use t.A used=300shot",
    );
    silent(rule, "maker commission t.A\n clinic use t.A with=c.A @0m\n clinic use t.A with=c.B @90m");
    silent(rule, "maker commission t.A\n clinic use t.A with=c.A @0m\n clinic use t.A with=c.A @9m");
    silent(rule, "maker commission c.A\n clinic use c.A counter=5\n clinic ship c.A to clinic2 reason=loan");
    silent(
        rule,
        "maker commission c.A\n clinic use c.A counter=5\n maker service c.A action=refurbishment before=5 after=5\n clinic ship c.A to clinic2",
    );
    silent(rule, "maker commission c.A\n maker ship c.A to clinic");
}

#[test]
fn more_vials_than_a_code_has_or_one_used_long_after_are_told() {
    let rule = Rule::UsageExcess;
    fires(rule, "m: maker commission A units=2\n u: clinic use A vial=3", "clinic A medium m,u");
    fires(
        rule,
        "m: maker commission A units=1\n a: clinic use A vial=1\n u: clinic use A vial=0",
        "clinic A medium m,u",
    );
    fires(
        rule,
        "drug registration . single=1 @-9d\n maker commission A units=2\n a: clinic use A vial=1\n b: clinic use A vial=1 @3d",
        "clinic A medium a,b",
    );
}

#[test]
fn vials_up_to_the_number_and_old_stock_are_lawful() {
    let rule = Rule::UsageExcess;
    silent(
        rule,
        "maker commission A units=3\n clinic use A vial=1\n clinic2 use A vial=2\n clinic use A vial=3",
    );
    silent(
        rule,
        "drug registration . single=1 @-9d\n maker commission A units=2\n clinic use A vial=1\n clinic use A vial=1 @5h",
    );
    silent(rule, "maker commission A units=2\n clinic use A vial=1\n clinic use A vial=1 @9d");
    silent(rule, "clinic adjust opening=A\n clinic use A vial=7");
    silent(rule, "maker commission A units=2\n u: clinic use A vial=3\n clinic correct u use A vial=2");
}

const HAD: &str =
    "drug cover usage @-800d\n maker commission A\n s: maker ship A to clinic\n r: clinic receive of=s\n";

#[test]
fn what_a_clinic_took_in_and_does_not_use_is_told_in_a_year() {
    let rule = Rule::NoUse;
    fires(rule, HAD, "clinic A low r,s");
    let told = Told::of(HAD);
    assert!(told.hits(rule, NOON + 360 * DAY).is_empty());
    assert_eq!(told.hits(rule, NOON + 366 * DAY).len(), 1);
}

#[test]
fn what_is_used_sent_back_written_off_or_comes_from_a_branch_is_not() {
    let rule = Rule::NoUse;
    silent(rule, &format!("{HAD} clinic use A"));
    silent(rule, &format!("{HAD} clinic ship A to maker reason=return"));
    silent(rule, &format!("{HAD} clinic adjust destroyed=A"));
    silent(rule, &format!("{HAD} clinic adjust lost=A"));
    silent(rule, "drug cover usage @-800d\n clinic adjust opening=A");
    silent(
        rule,
        "drug cover usage @-800d\n maker commission A\n s: clinic2 ship A to clinic reason=transfer\n clinic receive of=s",
    );
    silent(
        rule,
        "drug cover usage @-800d\n maker commission A\n s: maker ship A to trader\n trader receive of=s",
    );
    silent(
        rule,
        "drug cover usage @-800d\n maker commission c.A\n s: maker ship c.A to clinic\n clinic receive of=s",
    );
    silent(rule, "maker commission A\n s: maker ship A to clinic\n clinic receive of=s");
}

#[test]
fn shelves_that_differ_from_the_books_are_told() {
    let rule = Rule::StockMismatch;
    let had = "m: maker commission A\n s: maker ship A to clinic @1h\n r: clinic receive of=s @2h\n";
    fires(rule, &format!("{had} i: drug inspect clinic2 A @1d"), "clinic2 A medium i,s");
    fires(
        rule,
        &format!("{had} u: clinic finish A @3h\n i: drug inspect clinic A @1d"),
        "clinic A medium i,u",
    );
    fires(rule, &format!("{had} i: drug inspect clinic empty=A @1d"), "clinic A medium i,s");
    fires(
        rule,
        "maker commissionlot 10 box\n s: maker ship - to trader lots=L1:4box\n trader receive of=s\n i: drug inspect trader lots=L1:3box",
        "trader L1 medium i",
    );
}

#[test]
fn shelves_that_agree_by_what_had_happened_by_then_are_silent() {
    let rule = Rule::StockMismatch;
    let had = "m: maker commission A\n s: maker ship A to clinic @1h\n r: clinic receive of=s @2h\n";
    silent(rule, &format!("{had} drug inspect clinic A @1d\n clinic ship A to clinic2 @2d"));
    silent(rule, &format!("{had} clinic use A @3h\n drug inspect clinic empty=A @1d"));
    // On its way, at either end.
    silent(rule, "maker commission A\n maker ship A to clinic @1h\n drug inspect clinic A @1d");
    // The receipt is uploaded after the inspection.
    silent(
        rule,
        "maker commission A\n s: maker ship A to clinic @1h\n drug inspect clinic A @1d\n clinic receive of=s @2h",
    );
    silent(
        rule,
        "clinic mandate firm @-100d\n maker commission A\n s: maker ship A to clinic @1h\n clinic receive of=s @2h\n drug inspect firm A @1d",
    );
    silent(rule, "drug inspect clinic A");
    silent(
        rule,
        "maker commissionlot 10 box\n s: maker ship - to trader lots=L1:4box\n trader receive of=s\n drug inspect trader lots=L1:4box
         trader ship - to clinic lots=L1:1box @1d",
    );
}

#[test]
fn one_unit_at_two_places_faster_than_anything_travels_is_told() {
    let rule = Rule::ImpossibleTravel;
    let beijing = "channel=counter place=39.9042,116.4074";
    let shanghai = "channel=counter place=31.2304,121.4737";
    fires(
        rule,
        &format!("a: clinic observe A {beijing} @0m\n b: clinic2 observe A {shanghai} @20m"),
        "clinic2 A medium a,b",
    );
    fires(
        rule,
        &format!(
            "clinic site clinic X place=39.9042,116.4074 @-9d\n a: clinic use A site=X @0m\n b: clinic2 observe A {shanghai} @20m"
        ),
        "clinic2 A medium a,b",
    );
    fires(
        rule,
        &format!("a: clinic observe A {beijing} @0m\n b: clinic2 observe A place=31.2304,121.4737 @20m"),
        "clinic2 A low a,b",
    );
}

#[test]
fn units_that_could_have_travelled_and_public_rescans_are_silent() {
    let rule = Rule::ImpossibleTravel;
    let beijing = "channel=counter place=39.9042,116.4074";
    silent(
        rule,
        &format!(
            "clinic observe A {beijing} @0m\n clinic2 observe A channel=counter place=31.2304,121.4737 @2h"
        ),
    );
    silent(
        rule,
        &format!("clinic observe A {beijing} @0m\n clinic2 observe A channel=counter place=39.9,116.8 @0m"),
    );
    silent(
        rule,
        "clinic observe A place=39.9042,116.4074 @0m\n clinic2 observe A place=31.2304,121.4737 @1m",
    );
    silent(rule, &format!("clinic observe A {beijing} @0m\n clinic2 observe A channel=counter @1m"));
    silent(
        rule,
        &format!(
            "clinic observe A {beijing} @0m\n clinic2 observe B channel=counter place=31.2304,121.4737 @1m"
        ),
    );
}

#[test]
fn a_scan_that_names_another_clinic_is_told_low() {
    let rule = Rule::ScanPlaceMismatch;
    let had = "m: maker commission A\n s: maker ship A to clinic @1h\n r: clinic receive of=s @2h\n";
    fires(rule, &format!("{had} o: police observe A named=clinic2 @1d"), "clinic2 A low o,s");
    silent(rule, &format!("{had} police observe A named=clinic @1d"));
    silent(rule, &format!("{had} police observe A @1d"));
    silent(rule, "maker commission A\n maker ship A to clinic @1h\n police observe A named=clinic @1d");
    silent(rule, "police observe A named=clinic");
    silent(rule, &format!("clinic mandate clinic3 @-100d\n{had} police observe A named=clinic3 @1d"));
    // The transfer is uploaded after the scan.
    silent(
        rule,
        &format!(
            "{had} o: police observe A named=clinic2 @1d\n t: clinic ship A to clinic2 @3h\n clinic2 receive of=t @4h"
        ),
    );
}

#[test]
fn far_more_treatments_than_purchases_are_told() {
    let rule = Rule::UnderPurchase;
    let had = "drug cover coding @-800d\n maker commission A,B units=3\n s: maker ship A,B to clinic @0h\n clinic receive of=s @1h\n";
    // Six vials of four treatments each, against half of what is stated.
    fires(rule, &format!("{had} f: tax figure clinic 49treatment"), "clinic tax medium f");
    silent(rule, &format!("{had} tax figure clinic 48treatment"));
    fires(rule, "drug cover coding @-800d\n f: tax figure clinic 1treatment", "clinic tax medium f");
    fires(rule, &format!("{had} f: tax figure clinic 13vial measure=sales"), "clinic tax medium f");
    // In a case, and of an amount.
    silent(
        rule,
        "drug cover coding @-800d\n maker commission A,B units=3\n maker pack P1 A,B\n s: maker ship P1 to clinic @0h\n clinic receive of=s @1h
         tax figure clinic 48treatment",
    );
    silent(
        rule,
        "drug cover coding @-800d\n maker commissionlot 10 vial\n s: maker ship - to clinic lots=L1:6vial @0h\n clinic receive of=s @1h
         tax figure clinic 48treatment",
    );
    // Bought months before; not so long before.
    silent(
        rule,
        "drug cover coding @-800d\n maker commission A,B units=3 @-101d\n s: maker ship A,B to clinic @-100d\n clinic receive of=s @-99d
         tax figure clinic 48treatment",
    );
    fires(
        rule,
        "drug cover coding @-800d\n maker commission A,B units=3 @-301d\n s: maker ship A,B to clinic @-300d\n clinic receive of=s @-299d
         f: tax figure clinic 48treatment",
        "clinic tax medium f",
    );
    silent(rule, &format!("{had} tax figure clinic 900000CNY measure=sales"));
    silent(rule, "tax figure clinic 49treatment");
    silent(rule, "drug cover coding class=filler @-800d\n tax figure clinic 49treatment");
}

#[test]
fn one_sender_or_lot_in_many_parcels_of_a_week_is_told() {
    let rule = Rule::PostalPattern;
    let parcels = |n: std::ops::Range<u32>, rest: &str| -> String {
        n.map(|i| format!("p{i}: carrier parcel W{i} {rest} @{i}h\n")).collect()
    };
    let sender = format!("{:0>64}", 7);
    fires(rule, &parcels(1..6, "sender=7"), &format!("carrier {sender} medium p1,p2,p3,p4,p5"));
    silent(rule, &parcels(1..5, "sender=7"));
    silent(rule, &format!("{} {}", parcels(1..4, "sender=7"), parcels(4..6, "sender=8")));
    silent(rule, &parcels(1..6, "sender=7 reason=medical-shipper"));
    fires(
        rule,
        &parcels(1..6, "sender=7 reason=medical-shipper hit=1"),
        &format!("carrier {sender} medium p1,p2,p3,p4,p5"),
    );
    // Goods of one lot.
    let goods: String = (1..6).map(|i| format!("p{i}: carrier parcel W{i} A{i} @{i}h\n")).collect();
    fires(rule, &format!("maker commission A1,A2,A3,A4,A5\n{goods}"), "carrier L1 medium p1,p2,p3,p4,p5");
    // Over two weeks; one waybill reported twice.
    silent(
        rule,
        &format!(
            "{}{}",
            parcels(1..4, "sender=7"),
            "carrier parcel W8 sender=7 @7d\n carrier parcel W9 sender=7 @7d\n"
        ),
    );
    silent(rule, &format!("{} carrier parcel W1 sender=7 @9h", parcels(1..5, "sender=7")));
}

#[test]
fn goods_made_while_their_maker_was_suspended_are_told() {
    let rule = Rule::MakerSuspended;
    let list = |rest: &str| format!("l: drug list foreign-suspensions foreign {rest} @1d\n");
    let made = "m: foreign commission i.A made=2025-06-01\n";
    // The list is stated after the goods were made.
    fires(rule, &format!("{made}{}", list("from=2025-05-01")), "foreign i.A high l,m");
    // Coded by the agent; the maker holds the registration.
    fires(
        rule,
        &format!("m: agent commission i.A made=2025-06-01\n{}", list("from=2025-05-01 until=2025-07-01")),
        "agent i.A high l,m",
    );
    fires(
        rule,
        "maker site maker W @-900d\n l: drug licence maker W drug-making suspended=2025-05-01 resumed=2025-07-01 @-9d\n m: maker commission A made=2025-06-01",
        "maker A high l,m",
    );
    silent(rule, &format!("{made}{}", list("from=2025-06-02")));
    silent(rule, &format!("{made}{}", list("from=2025-01-01 until=2025-05-31")));
    silent(rule, &format!("{made}{}", list("from=2025-01-01 removed=2025-05-31")));
    silent(rule, &format!("{made} drug list blacklist foreign from=2025-05-01 @1d"));
    silent(
        rule,
        "maker site maker W @-900d\n drug licence maker W drug-making suspended=2025-07-01 @-9d\n maker commission A made=2025-06-01",
    );
}

#[test]
fn goods_and_offers_of_unapproved_brands_are_told() {
    let rule = Rule::UnapprovedBrand;
    let list = "l: drug list unapproved-brands product:f,brand:Glow @-9d\n";
    fires(rule, &format!("{list} u: clinic use f.A"), "clinic f.A high l,u");
    fires(rule, &format!("{list} o: police observe f.A"), "police f.A low l,o");
    fires(rule, &format!("{list} i: drug inspect clinic f.A"), "drug f.A high i,l");
    fires(rule, &format!("{list} x: post listing seller=trader brand=Glow"), "trader N1 high l,x");
    fires(rule, &format!("{list} x: post listing seller=trader product=f"), "trader N1 high l,x");
    silent(rule, &format!("{list} clinic use A\n post listing seller=trader brand=Other"));
    silent(rule, "drug list unapproved-brands product:f from=2026-03-03 @-9d\n clinic use f.A");
    silent(rule, "drug list unapproved-brands product:f removed=2026-03-01 @-9d\n clinic use f.A");
    silent(rule, &format!("{list} clinic ship f.A to police reason=evidence"));
}
