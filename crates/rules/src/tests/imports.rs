//! Rules about amounts, imports and what happens on the way.

use super::story::{fires, silent};
use crate::Rule;

#[test]
fn more_out_than_in_received_than_shipped_declared_than_made_used_than_held_is_told() {
    let rule = Rule::QuantityExcess;
    fires(
        rule,
        "maker commissionlot 10 box\n s: maker ship - to trader lots=L1:12box\n trader receive of=s",
        "maker L1 medium s",
    );
    fires(
        rule,
        "maker commissionlot 10 box\n s: maker ship - to trader lots=L1:10box\n r: trader receive of=s lots=L1:11box",
        "trader L1 medium r,s",
    );
    fires(
        rule,
        "foreign commissionlot 10 box lot=i.L1\n d: importer declare 1 i.L1:6box\n e: importer declare 2 i.L1:5box",
        "importer i.L1 high d,e",
    );
    // Codes of three vials each.
    fires(
        rule,
        "foreign commission i.A,i.B units=3\n d: importer declare 1 i.L1:7vial",
        "importer i.L1 high d",
    );
    fires(
        rule,
        "maker commission A units=2\n u: clinic use A used=150U vial=1\n v: clinic use A used=40U wasted=20U vial=2",
        "clinic A medium u,v",
    );
}

#[test]
fn amounts_that_fit_or_cannot_be_compared_are_lawful() {
    let rule = Rule::QuantityExcess;
    silent(
        rule,
        "maker commissionlot 10 box\n s: maker ship - to trader lots=L1:4box\n trader receive of=s
         t: maker ship - to trader2 lots=L1:6box\n trader2 receive of=t lots=L1:6box",
    );
    // The commission comes late.
    silent(
        rule,
        "s: maker ship - to trader lots=L1:4box @2d\n maker commissionlot 10 box @1d\n trader receive of=s @3d",
    );
    // Partial release, several declarations, one sent back, one into bond first.
    silent(
        rule,
        "foreign commissionlot 10 box lot=i.L1\n importer declare 1 i.L1:6box\n importer declare 2 i.L1:4box",
    );
    silent(
        rule,
        "foreign commissionlot 10 box lot=i.L1\n importer declare 1 i.L1:6box\n customs decide 1 returned i.L1:6box
         importer declare 2 i.L1:10box",
    );
    silent(
        rule,
        "foreign commissionlot 10 box lot=i.L1\n importer declare 1 i.L1:10box bonded=1\n importer declare 2 i.L1:10box",
    );
    silent(rule, "foreign commissionlot 10 box lot=i.L1\n importer declare 1 i.L1:60vial");
    silent(
        rule,
        "maker commission A units=2\n clinic use A used=100U vial=1\n clinic use A used=90U wasted=10U vial=2",
    );
    silent(rule, "maker commission A\n clinic use A used=500uL");
    silent(rule, "foreign ship - to importer lots=i.L1:5box");
}

const COVER: &str =
    "drug cover clearance @-800d\n drug cover test-release @-800d\n customs cover customs @-800d
    m: agent commission i.A\n";
const INLAND: &str = "s: importer ship i.A to clinic @2d\n r: clinic receive of=s @2d\n";

#[test]
fn imports_that_customs_have_not_released_are_told() {
    let rule = Rule::NoCustomsRelease;
    let with = |story: &str| format!("{COVER}{story}");
    fires(rule, &with(INLAND), "importer i.A high s");
    fires(rule, &with(&format!("{INLAND} u: clinic use i.A @3d")), "importer i.A high s\n clinic i.A high u");
    fires(rule, &with(&format!("customs decide 1 held i.L1:1box\n{INLAND}")), "importer i.A high s");
    fires(rule, &with(&format!("customs decide 1 released i.L2:1box\n{INLAND}")), "importer i.A high s");
    fires(rule, &with(&format!("customs decide 1 released i.L1:1box+i.B\n{INLAND}")), "importer i.A high s");
    // Taken back before it left.
    fires(
        rule,
        &with(&format!(
            "customs decide 1 released i.L1:1box\n customs decide 1 returned i.L1:1box @1d\n{INLAND}"
        )),
        "importer i.A high s",
    );
    fires(rule, &with(&format!("{INLAND} customs decide 1 released i.L1:1box @3d")), "importer i.A high s");
    // One package, two declarations.
    fires(
        rule,
        "d: importer declare 1 i.L1:1box+P1\n e: importer declare 2 i.L1:1box+P1",
        "importer P1 high d,e",
    );
    // More than was released.
    fires(
        rule,
        &with(
            "importer declare 1 i.L2:10box\n customs decide 1 released i.L2:4box
             s: importer ship - to trader lots=i.L2:3box\n t: importer ship - to trader lots=i.L2:2box",
        ),
        "importer i.L2 high s,t",
    );
}

#[test]
fn released_bonded_returned_and_excepted_imports_are_lawful() {
    let rule = Rule::NoCustomsRelease;
    let with = |story: &str| format!("{COVER}{story}");
    silent(rule, &with(&format!("customs decide 1 released i.L1:1box\n{INLAND}")));
    silent(rule, &with(&format!("customs decide 1 released i.L1:1box+i.A\n{INLAND}")));
    silent(rule, &with(&format!("customs decide 1 partial i.L1:1box line=released\n{INLAND}")));
    silent(
        rule,
        &with(&format!(
            "customs decide 1 bonded-in i.L1:1box\n customs decide 2 bonded-out i.L1:1box\n{INLAND}"
        )),
    );
    // Listed by the pallet.
    silent(rule, &with(&format!("agent pack P1 i.A\n customs decide 1 released i.L1:1box+P1 @1d\n{INLAND}")));
    // The decision is recorded later than the shipment.
    silent(rule, &with(&format!("{INLAND} customs decide 1 released i.L1:1box @1d")));
    silent(rule, &with("importer ship i.A to trader reason=bonded-move"));
    silent(rule, &with("trader site trader B bonded=1\n importer ship i.A to trader goes=site:org:trader/B"));
    silent(rule, &with("importer ship i.A to foreign reason=return\n lab sample i.A from importer"));
    silent(rule, &format!("{COVER} agent commission i.B market=pilot-zone\n importer ship i.B to clinic"));
    silent(rule, "agent commission i.A\n importer ship i.A to clinic");
    silent(rule, &with("foreign ship i.A to importer\n maker commission A\n maker ship A to trader"));
    silent(rule, &with("importer adjust opening=i.C\n importer ship i.C to clinic"));
    silent(rule, "importer declare 1 i.L1:1box+P1 bonded=1\n importer declare 2 i.L1:1box+P1");
    silent(
        rule,
        "importer declare 1 i.L1:1box+P1\n customs decide 1 returned i.L1:1box+P1\n importer declare 2 i.L1:1box+P1",
    );
}

#[test]
fn customs_that_find_other_goods_than_declared_are_told() {
    let rule = Rule::CustomsMismatch;
    let declared = "d: importer declare 1 i.L1:5box+P1,i.L2:3box\n";
    let found = |lines: &str, what: &str| {
        fires(rule, &format!("{declared} c: customs decide 1 released {lines}"), what);
    };
    let line = |n: u32| format!("importer decl:224820261000000001#{n} high c,d");
    let line = |n: u32| line(n).replace("decl:224820261000000001", &super::story::declaration("1"));
    found("i.L3:5box+P1,i.L2:3box", &line(1));
    found("i.L1:6box+P1,i.L2:3box", &line(1));
    found("i.L1:5box+P2,i.L2:3box", &line(1));
    found("i.L1:5box+P1,i.L2:3vial", &line(2));
    found("i.L1:5box+P1", &line(2));
    found("i.L1:5box+P1,i.L2:3box,i.L4:1box", &line(3));
    found("i.L1:5box+P1,i.L2:3box hs=9018909919", &format!("{}\n{}", line(1), line(2)));
    found("i.L1:5box+P1,i.L2:3box origin=CN", &format!("{}\n{}", line(1), line(2)));
}

#[test]
fn customs_that_find_what_was_declared_or_less_detail_are_silent() {
    let rule = Rule::CustomsMismatch;
    let declared = "d: importer declare 1 i.L1:5box+P1,i.L2:3box\n";
    for lines in [
        "released i.L1:5box+P1,i.L2:3box",
        "released i.L1:5box,i.L2:3box",
        "released i.L1:5box+P1,i.L2:3box hs=3002491099",
        "partial i.L1:5box+P1 line=released",
    ] {
        silent(rule, &format!("{declared} customs decide 1 {lines}"));
    }
    silent(rule, "customs decide 1 released i.L1:5box");
    silent(
        rule,
        &format!(
            "{declared} c: customs decide 1 released i.L1:6box,i.L2:3box\n customs correct c decide 1 released i.L1:5box,i.L2:3box"
        ),
    );
}

#[test]
fn toxin_from_abroad_needs_a_clearance_note_and_a_test() {
    let with = |story: &str| format!("{COVER}{story}");
    for (rule, yes, no) in [
        (Rule::NoClearance, "drug clear lots=i.L1:5box", "n: drug refuse lots=i.L1:5box"),
        (Rule::NoTestRelease, "lab report lots=i.L1", "n: lab report lots=i.L1 verdict=fail"),
    ] {
        fires(rule, &with(INLAND), "importer i.A high s");
        fires(rule, &with(&format!("{no} @1d\n{INLAND}")), "importer i.A high n,s");
        fires(rule, &with(&format!("{yes}\n {no} @1d\n{INLAND}")), "importer i.A high n,s");
        fires(rule, &with(&format!("{INLAND} {yes} @4d")), "importer i.A high s");
        silent(rule, &with(&format!("{yes}\n{INLAND}")));
        silent(rule, &with(&format!("{no}\n {yes} @1d\n{INLAND}")));
        silent(rule, &with(&format!("{INLAND} {yes} @1d")));
        let off = "drug policy findings-toxin set=clearance-required:0,test-release-required:0 @-700d";
        silent(rule, &with(&format!("{off}\n{INLAND}")));
        silent(rule, &with("importer ship i.A to trader reason=bonded-move"));
        silent(rule, &format!("m: agent commission i.A\n{INLAND}"));
        silent(rule, &with("maker commission A\n maker ship A to clinic"));
    }
}

#[test]
fn lots_filed_with_little_life_left_are_told() {
    let rule = Rule::ShortDatedImport;
    let made = |expires: &str| format!("m: agent commission i.A made=2025-06-01 expires={expires}\n");
    let short = |expires: &str| format!("m: agent commission i.A made=2025-12-01 expires={expires}\n");
    fires(rule, &format!("{} f: drug clear lots=i.L1:5box", made("2027-03-01")), "importer i.L1 medium f,m");
    fires(rule, &format!("{} f: drug refuse lots=i.L1:5box", made("2026-03-01")), "importer i.L1 medium f,m");
    fires(rule, &format!("{} f: drug clear lots=i.L1:5box", short("2026-09-01")), "importer i.L1 medium f,m");
    fires(
        rule,
        &format!("{} d: importer declare 1 i.L1:5box", made("2027-03-01")),
        "importer i.L1 medium d,m",
    );
    silent(rule, &format!("{} drug clear lots=i.L1:5box", made("2027-03-02")));
    silent(rule, &format!("{} drug clear lots=i.L1:5box", short("2026-09-02")));
    // Filed in time, declared later.
    silent(
        rule,
        &format!("{} drug clear lots=i.L1:5box @-9d\n importer declare 1 i.L1:5box", made("2027-02-25")),
    );
    silent(
        rule,
        &format!(
            "drug policy findings-toxin set=short-dated-months:0 @-700d\n {} drug clear lots=i.L1:5box",
            made("2027-03-01")
        ),
    );
    silent(rule, "drug clear lots=i.L1:5box");
}

const COLD: &str =
    "drug cover cold-chain @-800d\n maker commission A\n s: maker ship A to clinic way=W @0h\n";

#[test]
fn goods_too_warm_on_the_way_or_not_measured_at_all_are_told() {
    let rule = Rule::ColdChain;
    fires(rule, &format!("{COLD} r: clinic receive of=s @3h"), "maker A low r,s");
    fires(rule, &format!("{COLD} r: clinic receive of=s temp=9000 @3h"), "maker A medium r,s");
    fires(
        rule,
        &format!("{COLD} r: clinic receive of=s temp=5000 @3h\n c: carrier condition of=s max=9000"),
        "maker A medium c,s",
    );
    fires(
        rule,
        &format!("{COLD} r: clinic receive of=s temp=5000 @3h\n c: carrier condition way=W over=7"),
        "maker A medium c,s",
    );
    fires(
        rule,
        &format!("{COLD} r: clinic receive of=s temp=5000 @3h\n c: carrier condition A min=-1000"),
        "maker A medium c,s",
    );
    // In a case.
    fires(
        rule,
        "drug cover cold-chain @-800d\n maker commission A\n maker pack P1 A\n s: maker ship P1 to clinic\n r: clinic receive of=s",
        "maker A low r,s",
    );
}

#[test]
fn measured_warm_or_undelivered_goods_break_no_cold_chain() {
    let rule = Rule::ColdChain;
    silent(rule, COLD);
    silent(rule, &format!("{COLD} clinic receive of=s temp=5000 @3h"));
    silent(rule, &format!("{COLD} clinic receive of=s @3h\n carrier condition of=s"));
    // The logger's clock is off by months.
    silent(
        rule,
        &format!("{COLD} clinic receive of=s @3h\n carrier condition of=s started=-90d ended=-89d @4h"),
    );
    silent(
        rule,
        &format!("{COLD} clinic receive of=s @3h\n carrier condition A started=-20h ended=-18h @4h"),
    );
    // Another shipment's readings.
    silent(rule, &format!("{COLD} clinic receive of=s temp=5000 @3h\n carrier condition way=V max=30000 A"));
    silent(
        rule,
        &format!(
            "{COLD} clinic receive of=s temp=5000 @3h\n carrier condition A max=30000 started=5d ended=6d @6d"
        ),
    );
    silent(
        rule,
        &format!(
            "drug policy findings set=excursion-minutes:30 @-700d\n{COLD} clinic receive of=s temp=5000 @3h\n carrier condition of=s max=9000 over=20"
        ),
    );
    silent(
        rule,
        "drug cover cold-chain @-800d\n maker commission f.A\n s: maker ship f.A to clinic\n clinic receive of=s",
    );
    silent(rule, "maker commission A\n s: maker ship A to clinic\n clinic receive of=s");
}

#[test]
fn goods_of_another_market_or_region_inside_are_told() {
    let rule = Rule::Diversion;
    let made = "m: foreign commission i.A market=HK\n";
    fires(rule, &format!("{made} u: clinic use i.A"), "clinic i.A medium m,u");
    fires(rule, &format!("{made} s: foreign ship i.A to trader"), "foreign i.A medium m,s");
    fires(rule, "m: maker commission A market=export\n s: maker ship A to trader", "maker A medium m,s");
    fires(
        rule,
        "clinic site clinic X region=440103\n maker designate . trader region=31 @-300d\n m: maker commission A\n s: trader ship A to clinic",
        "trader A medium m,s",
    );
}

#[test]
fn goods_on_their_way_out_let_in_by_customs_or_in_their_region_are_lawful() {
    let rule = Rule::Diversion;
    let made = "m: foreign commission i.A market=HK\n";
    silent(rule, "maker commission A market=CN\n clinic use A");
    silent(rule, "maker commission A market=export\n maker ship A to foreign reason=export");
    silent(
        rule,
        "maker commission A market=export\n maker ship A to trader reason=export\n trader ship A to foreign",
    );
    silent(
        rule,
        &format!("{made} customs decide 1 released i.L1:1box\n foreign ship i.A to trader\n clinic use i.A"),
    );
    silent(
        rule,
        &format!(
            "{made} foreign ship i.A to trader reason=bonded-move\n trader ship i.A to foreign reason=return"
        ),
    );
    silent(
        rule,
        "clinic site clinic X region=310101\n maker designate . trader region=31 @-300d\n maker commission A\n trader ship A to clinic",
    );
    silent(
        rule,
        "clinic site clinic X region=440103\n maker designate . trader region=31 @-300d
         maker designate . trader region=44 number=D2 @-300d\n maker commission A\n trader ship A to clinic",
    );
    silent(rule, "maker designate . trader region=31 @-300d\n maker commission A\n trader ship A to clinic");
}
