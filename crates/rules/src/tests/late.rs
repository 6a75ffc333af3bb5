//! Rules about when something was signed.

use super::story::{fires, silent};
use crate::Rule;

#[test]
fn what_was_signed_with_a_lost_key_is_told() {
    let rule = Rule::CompromisedKey;
    let key = super::story::key_text("trader");
    let line = |label: &str| format!("trader {key} high r,{label}");
    let begin = "drug enrol trader @-300d\n";
    fires(
        rule,
        &format!("{begin} s: trader ship A to clinic @1d\n r: drug revoke trader since=0d @2d"),
        &line("s"),
    );
    silent(rule, &format!("{begin} trader ship A to clinic @1d\n drug revoke trader since=30h @2d\n"));
    silent(rule, &format!("{begin} trader ship A to clinic @1d\n drug revoke trader @2d"));
    silent(
        rule,
        &format!(
            "{begin} s: trader ship A to clinic @1d\n drug revoke trader since=0d @2d\n trader void s @3d"
        ),
    );
    silent(rule, &format!("{begin} clinic use A @1d\n drug revoke trader since=0d @2d"));
    // Happened before, signed within.
    fires(
        rule,
        &format!("{begin} s: trader ship A to clinic @-1d rec=1d\n r: drug revoke trader since=0d @2d"),
        &line("s"),
    );
}

const HAD: &str = "drug cover coding @-800d\n maker commission A @0h\n";

#[test]
fn what_is_made_up_after_an_inspection_resolves_nothing() {
    let (rule, broken) = (Rule::AfterTheFact, Rule::BrokenCustody);
    // The clinic uses goods that nobody sent it; after the inspection a shipment and its receipt appear.
    let late = "u: clinic use A @3h\n i: drug inspect clinic A @1d
        s: maker ship A to clinic @1h rec=2d\n r: clinic receive of=s @2h rec=2d";
    fires(rule, &format!("{HAD}{late}"), "maker A medium i,s\n clinic A medium i,r");
    fires(broken, &format!("{HAD}{late}"), "clinic A medium u");
    // The inspection itself is recorded last.
    let last =
        "u: clinic use A @3h\n s: maker ship A to clinic @1h rec=2d\n r: clinic receive of=s @2h rec=2d
        i: drug inspect clinic A @1d rec=3d";
    fires(rule, &format!("{HAD}{last}"), "maker A medium i,s\n clinic A medium i,r");
    fires(broken, &format!("{HAD}{last}"), "clinic A medium u");
    // The inspection names no goods; the clinic's word alone is late.
    let party =
        "s: maker ship A to clinic @1h\n i: drug inspect clinic B @20d\n r: clinic receive of=s @2h rec=21d";
    fires(rule, &format!("{HAD}{party}"), "clinic A medium i,r");
    fires(broken, &format!("{HAD}{party}"), "clinic A low s");
}

#[test]
fn what_was_recorded_in_time_or_explains_nothing_is_not_marked() {
    let rule = Rule::AfterTheFact;
    let inspected = "i: drug inspect clinic A @1d";
    silent(
        rule,
        &format!(
            "{HAD} s: maker ship A to clinic @1h\n clinic receive of=s @2h\n clinic use A @3h\n {inspected}"
        ),
    );
    // About a time after it.
    silent(
        rule,
        &format!("{HAD} s: maker ship A to clinic @1h\n {inspected}\n clinic receive of=s @2d rec=5d"),
    );
    // It explains nothing.
    silent(
        rule,
        &format!(
            "{HAD} s: maker ship A to clinic @1h\n clinic receive of=s @2h\n {inspected}\n clinic use A @3h rec=2d"
        ),
    );
    // No authority has acted.
    silent(
        rule,
        &format!(
            "{HAD} clinic use A @3h\n s: maker ship A to clinic @1h rec=2d\n clinic receive of=s @2h rec=2d"
        ),
    );
    // Long after.
    silent(
        rule,
        &format!(
            "drug policy findings set=after-the-fact-days:3 @-700d\n{HAD} clinic use A @3h\n {inspected}
            s: maker ship A to clinic @1h rec=9d\n clinic receive of=s @2h rec=9d"
        ),
    );
    // A release by customs lets goods go on.
    silent(
        rule,
        &format!(
            "{HAD} clinic use A @3h\n customs decide 1 released L1:1box @1d\n s: maker ship A to clinic @1h rec=2d\n clinic receive of=s @2h rec=2d"
        ),
    );
}
