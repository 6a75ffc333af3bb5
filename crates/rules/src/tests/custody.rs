//! Rules about the way of one thing.

use super::story::{DAY, NOON, Told, fires, silent};
use crate::Rule;

const COVER: &str = "drug cover coding @-800d\n";

fn with(story: &str) -> String {
    format!("{COVER}{story}")
}

#[test]
fn a_code_that_nobody_has_made_is_told_where_it_is_first_heard_of() {
    let rule = Rule::UnknownItem;
    fires(rule, &with("s: trader ship A to clinic\n clinic receive of=s"), "trader A medium s");
    fires(rule, &with("clinic use A,B"), "clinic A medium e2\n clinic B medium e2");
    fires(rule, &with("clinic observe A"), "clinic A low e2");
    fires(rule, &with("clinic observe A channel=counter"), "clinic A medium e2");
    fires(rule, &with("clinic observe A\n u: clinic use A"), "clinic A medium u");
    // Coded after it was on its way.
    fires(rule, &with("s: trader ship A to clinic @-5d\n c: maker commission A"), "trader A medium c,s");
}

#[test]
fn a_code_is_known_by_its_commission_alias_or_count_as_old_stock() {
    let rule = Rule::UnknownItem;
    silent(rule, &with("maker commission A\n maker ship A to clinic"));
    silent(rule, &with("clinic use A @2d\n maker commission A @-2d"));
    silent(rule, &with("maker commission A\n maker alias A,A2\n clinic use A2"));
    silent(rule, &with("clinic adjust opening=A\n clinic use A"));
    silent(rule, &with("maker commission B\n maker transform B into A\n clinic use A"));
    silent(rule, &with("trader ship P1 to clinic"));
    // Clocks differ a little.
    silent(rule, &with("maker ship A to trader @0m\n maker commission A @10m"));
    // Outside of the register, or in the transition after it began.
    silent(rule, "clinic use A");
    silent(rule, "drug cover coding class=filler @-800d\n clinic use A");
    silent(rule, "drug cover coding since=2026-06-01 @-800d\n clinic use A");
    silent(rule, &with("drug policy findings set=coding-transition-days:2000 @-700d\n clinic use A"));
    silent(rule, &with("drug policy findings-toxin set=coding-transition-days:2000 @-700d\n clinic use A"));
    // Switched off.
    silent(rule, &with("drug policy findings set=rule-unknown-item:0 @-700d\n clinic use A"));
}

#[test]
fn a_late_commission_takes_the_finding_back_and_until_then_it_waits() {
    let told = Told::of(&with("clinic use A"));
    assert!(told.hits(Rule::UnknownItem, NOON + DAY).is_empty());
    assert_eq!(told.hits(Rule::UnknownItem, NOON + 4 * DAY).len(), 1);
}

#[test]
fn a_code_made_twice_moved_after_its_end_or_at_two_places_is_a_copy() {
    let rule = Rule::DuplicateItem;
    fires(rule, "a: maker commission A\n b: foreign commission A", "foreign A high a,b");
    fires(rule, "maker commission A\n f: maker finish A\n s: maker ship A to clinic", "maker A high f,s");
    fires(rule, "maker commission A\n d: maker adjust destroyed=A\n u: clinic use A", "clinic A high d,u");
    fires(rule, "maker commission A\n t: maker transform A into B\n u: clinic use A", "clinic A high t,u");
    // A third vial of a box of two.
    fires(
        rule,
        "maker commission A units=2\n maker use A vial=1\n f: maker finish A vial=2\n u: maker use A vial=3",
        "maker A high f,u",
    );
    // The trader goes on though the clinic has it, too.
    fires(
        rule,
        "maker commission A\n s: maker ship A to trader\n trader receive of=s
         u: clinic use A @2d\n t: trader ship A to clinic2 @3d",
        "clinic A high t,u",
    );
    // The addressee takes in what another has taken in before.
    fires(
        rule,
        "maker commission A\n s: maker ship A to trader
         x: clinic receive A\n r: trader receive of=s",
        "clinic A high r,s,x",
    );
}

#[test]
fn vials_of_a_box_returns_and_direct_deliveries_are_no_copies() {
    let rule = Rule::DuplicateItem;
    silent(
        rule,
        "maker commission A units=3\n s: maker ship A to clinic\n clinic receive of=s
         clinic use A vial=1\n clinic finish A vial=3\n clinic use A vial=2",
    );
    // Two clinics share a box.
    silent(
        rule,
        "maker commission A units=3\n s: maker ship A to clinic\n clinic receive of=s
         clinic use A vial=1\n clinic2 use A vial=2\n clinic use A vial=3",
    );
    // Empties.
    silent(
        rule,
        "maker commission A\n maker finish A\n s: maker ship A to trader reason=disposal\n trader receive of=s",
    );
    // A return between the two, uploaded late.
    silent(
        rule,
        "maker commission A\n s: maker ship A to trader\n trader receive of=s
         t: trader ship A to clinic @1d\n clinic receive of=t @2d
         clinic use A @3d
         trader ship A to clinic2 @5d
         r: clinic ship A to trader reason=return @4d\n trader receive of=r @4d",
    );
    // Ordered from the trader, delivered by the maker.
    silent(
        rule,
        "maker commission A\n s: maker ship A to clinic reason=drop-shipment
         trader ship A to clinic reason=drop-shipment\n clinic receive of=s\n clinic use A",
    );
    // Who keeps the goods acts for who has them.
    silent(
        rule,
        "trader mandate firm @-100d\n maker commission A\n s: maker ship A to trader\n trader receive of=s
         firm use A @1d\n trader ship A to clinic @2d",
    );
    silent(rule, "a: maker commission A\n b: maker commission A\n maker void b");
}

#[test]
fn who_does_not_have_the_goods_breaks_the_chain() {
    let rule = Rule::BrokenCustody;
    fires(
        rule,
        &with("maker commission A\n s: trader ship A to clinic\n clinic receive of=s"),
        "trader A medium s",
    );
    fires(rule, &with("maker commission A\n r: clinic receive A"), "clinic A medium r");
    fires(
        rule,
        &with(
            "maker commission A\n s: maker ship A to trader\n r: clinic receive A\n x: trader receive of=s",
        ),
        "clinic A medium r",
    );
    fires(rule, &with("maker commission A\n u: clinic use A"), "clinic A medium u");
    fires(rule, &with("maker commission A\n s: maker ship A to clinic"), "clinic A low s");
    // The case has a chain of its own, which breaks; its units do not break again.
    fires(
        rule,
        &with("maker commission A\n maker pack P1 A\n s: trader ship P1 to clinic\n clinic receive of=s"),
        "trader P1 medium s",
    );
}

#[test]
fn a_shipment_is_answered_in_time_or_told_as_soon_as_it_is_late() {
    let told = Told::of(&with("maker commission A\n maker ship A to clinic"));
    assert!(told.hits(Rule::BrokenCustody, NOON + 13 * DAY).is_empty());
    assert_eq!(told.hits(Rule::BrokenCustody, NOON + 15 * DAY).len(), 1);
}

#[test]
fn late_uploads_mandates_loans_and_declined_goods_break_no_chain() {
    let rule = Rule::BrokenCustody;
    silent(
        rule,
        &with("maker commission A\n s: maker ship A to clinic\n clinic receive of=s\n clinic use A"),
    );
    // The shipment comes last.
    silent(
        rule,
        &with(
            "maker commission A\n clinic receive A way=W @3h\n clinic use A @4h\n maker ship A to clinic way=W @1h",
        ),
    );
    silent(
        rule,
        &with(
            "maker mandate firm @-100d\n maker commission A\n s: firm ship A to clinic\n clinic receive of=s",
        ),
    );
    silent(
        rule,
        &with(
            "maker mandate firm @-100d\n maker commission A\n s: firm>maker ship A to clinic\n clinic receive of=s",
        ),
    );
    // Lent, and back.
    silent(
        rule,
        &with(
            "maker commission c.A\n s: maker ship c.A to clinic reason=loan\n clinic receive of=s
             t: maker ship c.A to clinic2 @9d\n clinic2 receive of=t @10d",
        ),
    );
    silent(rule, &with("maker commission A\n s: maker ship A to clinic\n clinic receive of=s refused=A"));
    silent(rule, &with("maker commission A\n maker ship A to foreign reason=export"));
    silent(rule, &with("maker commission A\n maker ship A to trader reason=disposal"));
    silent(rule, &with("maker commission A\n maker ship A to drug reason=evidence"));
    silent(rule, &with("maker commission A\n lab sample A from maker"));
    silent(
        rule,
        &with(
            "maker commission A\n s: maker ship A to clinic reason=drop-shipment
             trader ship A to clinic reason=drop-shipment\n clinic receive of=s",
        ),
    );
    // Outside of the register.
    silent(rule, "maker commission A\n clinic use A");
}
