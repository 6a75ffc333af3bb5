//! Rules about goods, wherever they are.

use super::story::{fires, silent};
use crate::Rule;

#[test]
fn goods_moved_or_used_after_their_last_day_are_expired() {
    let rule = Rule::Expired;
    let made = "m: maker commission A expires=2026-03-03\n s: maker ship A to clinic @0d\n r: clinic receive of=s @0d\n";
    fires(rule, &format!("{made} u: clinic use A @3d"), "clinic A high m,u");
    fires(rule, &format!("{made} t: clinic ship A to clinic2 @3d"), "clinic A medium m,t");
    // In a case.
    fires(
        rule,
        "m: maker commission A expires=2026-03-03\n maker pack P1 A\n s: maker ship P1 to clinic @9d",
        "maker A medium m,s",
    );
    fires(rule, "m: clinic adjust opening=A expires=2026-03-03\n u: clinic use A @3d", "clinic A high m,u");
}

#[test]
fn the_last_day_counts_and_expired_goods_may_go_back() {
    let rule = Rule::Expired;
    let made = "m: maker commission A expires=2026-03-03\n s: maker ship A to clinic @0d\n r: clinic receive of=s @0d\n";
    silent(rule, &format!("{made} clinic use A @1d"));
    silent(rule, &format!("{made} clinic ship A to maker @5d reason=return"));
    silent(rule, &format!("{made} clinic ship A to trader @5d reason=disposal"));
    silent(rule, &format!("{made} u: clinic use A @3d\n clinic void u"));
    silent(rule, &format!("{made} clinic use A @3d\n maker correct m commission A expires=2026-05-03"));
    silent(rule, "clinic use A @3d");
}

#[test]
fn a_label_with_another_lot_or_last_day_is_told() {
    let rule = Rule::Relabelled;
    let made = "m: maker commission A expires=2027-05-31\n";
    let scan = |text: &str| format!("{made} o: clinic observe A channel=counter scan={text}");
    fires(rule, &scan("(01)09521234543213(17)280531(10)L1(21)A"), "clinic A high m,o");
    fires(rule, &scan("(01)09521234543213(17)270531(10)L2(21)A"), "clinic A high m,o");
    fires(
        rule,
        &format!("{made} o: clinic observe A scan=(01)09521234543213(17)280531(10)L1(21)A"),
        "clinic A low m,o",
    );
    fires(rule, &format!("{made} a: clinic adjust opening=A lot=L2"), "clinic A high a,m");
}

#[test]
fn a_label_that_says_the_same_or_less_or_a_second_label_is_silent() {
    let rule = Rule::Relabelled;
    let made = "m: maker commission A expires=2027-05-31\n";
    let scan = |text: &str| format!("{made} o: clinic observe A channel=counter scan={text}");
    silent(rule, &scan("(01)09521234543213(17)270531(10)L1(21)A"));
    silent(rule, &scan("(01)09521234543213(17)270500(10)L1(21)A"));
    silent(rule, &scan("(01)09521234543213(21)A"));
    silent(rule, &scan("nonsense"));
    // The Chinese label of an import, coded by the agent.
    silent(
        rule,
        "foreign commission i.A lot=i.X9 expires=2027-05-31\n agent commission i.B lot=i.C1 expires=2027-04-30
         agent alias i.A,i.B reason=chinese-label
         clinic observe i.B channel=counter scan=(01)09521234543220(17)270430(10)C1(21)B",
    );
    silent(rule, "clinic observe A channel=counter scan=(01)09521234543213(17)270531(10)L1(21)A");
}

#[test]
fn recalled_or_held_goods_do_not_move_on() {
    let rule = Rule::RecalledOrHeld;
    let made = "m: maker commission A\n s: maker ship A to clinic @0h\n r: clinic receive of=s @1h\n";
    fires(rule, &format!("{made} x: maker recall lots=L1 @1d\n u: clinic use A @2d"), "clinic A high u,x");
    fires(
        rule,
        &format!("{made} x: drug recall A @1d\n t: clinic ship A to clinic2 @2d"),
        "clinic A high t,x",
    );
    fires(rule, &format!("{made} x: drug hold A @1d\n u: clinic use A @2d"), "clinic A high u,x");
    fires(rule, &format!("{made} x: drug hold product=- @1d\n u: clinic use A @2d"), "clinic A high u,x");
    fires(
        rule,
        &format!("{made} x: drug hold lots=L1 party=clinic @1d\n u: clinic use A @2d"),
        "clinic A high u,x",
    );
    // In a case that is held.
    fires(
        rule,
        "maker commission A\n maker pack P1 A\n x: drug hold P1 @1d\n s: maker ship P1 to clinic @2d",
        "maker A high s,x",
    );
    // The recall is recorded after the use.
    fires(rule, &format!("{made} u: clinic use A @2d\n x: maker recall lots=L1 @1d"), "clinic A high u,x");
}

#[test]
fn goods_may_go_back_before_a_hold_after_a_lift_or_if_it_is_not_theirs() {
    let rule = Rule::RecalledOrHeld;
    let made = "m: maker commission A\n s: maker ship A to clinic @0h\n r: clinic receive of=s @1h\n";
    silent(
        rule,
        &format!(
            "{made} maker recall lots=L1 @1d\n t: clinic ship A to maker reason=recall @2d\n maker receive of=t @3d"
        ),
    );
    silent(rule, &format!("{made} maker recall lots=L1 @1d\n clinic ship A to drug reason=other @2d"));
    silent(rule, &format!("{made} clinic use A @1d\n maker recall lots=L1 @2d"));
    silent(rule, &format!("{made} trader recall lots=L1 @1d\n clinic use A @2d"));
    silent(rule, &format!("{made} x: drug hold A @1d\n drug lift x @2d\n clinic use A @3d"));
    silent(rule, &format!("{made} x: drug hold lots=L1 @1d\n drug lift x A @2d\n clinic use A @3d"));
    silent(rule, &format!("{made} drug hold A until=2026-03-03 @1d\n clinic use A @3d"));
    silent(rule, &format!("{made} drug hold lots=L1 party=trader @1d\n clinic use A @2d"));
    silent(rule, &format!("{made} x: drug hold A @1d\n clinic use A @2d\n drug void x"));
}
