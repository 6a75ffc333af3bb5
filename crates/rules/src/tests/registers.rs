//! Rules that ask registers and lists.

use super::story::{fires, silent};
use crate::Rule;

#[test]
fn goods_made_or_filed_without_a_valid_registration_are_told() {
    let rule = Rule::UnregisteredProduct;
    let cover = "drug cover registrations since=2010-01-01 @-800d\n";
    fires(rule, &format!("{cover} m: maker commission A no=国药准字S20990001"), "maker A high m");
    fires(rule, &format!("{cover} m: maker commission A made=2019-12-31"), "maker A high m");
    fires(
        rule,
        &format!("{cover} m: maker commission A made=2031-01-01 expires=2032-01-01"),
        "maker A high m",
    );
    fires(
        rule,
        &format!(
            "{cover} drug registration i. until=2026-02-28 @-1d
             m: agent commission i.A made=2026-02-01\n d: importer declare 1 i.L1:5box"
        ),
        "importer i.A high d,m",
    );
    // An amount of a lot.
    fires(rule, &format!("{cover} m: maker commissionlot 5 box made=2019-12-31"), "maker L1 high m");
}

#[test]
fn goods_made_within_validity_or_before_it_was_required_are_lawful() {
    let rule = Rule::UnregisteredProduct;
    let cover = "drug cover registrations since=2010-01-01 @-800d\n";
    silent(rule, &format!("{cover} maker commission A"));
    // Over since.
    silent(
        rule,
        &format!(
            "{cover} drug registration . until=2026-01-31 @-1d\n maker commission A made=2026-01-31\n clinic use A"
        ),
    );
    silent(
        rule,
        &format!(
            "{cover} drug policy findings-rf-console set=registration-required-from:20260401 @-700d
             maker commission c.A made=2019-01-01 no=国械注准20193090003"
        ),
    );
    silent(rule, &format!("{cover} maker commission A made=2019-12-31 opening=1"));
    silent(rule, &format!("{cover} m: maker commission A made=2019-12-31\n maker correct m commission A"));
    silent(rule, "maker commission A made=2019-12-31");
    silent(rule, "drug cover registrations class=filler @-800d\n maker commission A made=2019-12-31");
}

const PLACES: &str = "drug cover licences @-800d
    maker site maker W @-900d\n trader site trader W @-900d\n clinic site clinic W @-900d\n";

#[test]
fn who_makes_sells_or_uses_without_a_licence_is_told() {
    let rule = Rule::UnlicensedParty;
    let with = |story: &str| format!("{PLACES}{story}");
    let licensed = "drug licence maker W drug-making @-900d\n drug licence trader W drug-wholesale @-900d
        health licence clinic W medical-institution @-900d\n";
    fires(rule, &with("m: maker commission A"), "maker A high m");
    fires(rule, &with("s: trader ship A to trader2"), "trader A high s");
    fires(rule, &with("u: clinic use A"), "clinic A high u");
    fires(
        rule,
        &with(
            "drug licence maker W drug-making\n m: maker commission A\n s: maker ship A to clinic\n r: clinic receive of=s",
        ),
        "clinic A high r",
    );
    // Expired, suspended, revoked, of another scope.
    fires(
        rule,
        &with("drug licence trader W drug-wholesale until=2025-12-31\n s: trader ship A to trader2"),
        "trader A high s",
    );
    fires(
        rule,
        &with("drug licence trader W drug-wholesale suspended=2026-01-01\n s: trader ship A to trader2"),
        "trader A high s",
    );
    fires(
        rule,
        &with("drug licence trader W drug-wholesale revoked=2026-03-01\n s: trader ship A to trader2"),
        "trader A high s",
    );
    fires(
        rule,
        &with("drug licence trader W drug-wholesale scope=生物制品\n s: trader ship f.A to trader2"),
        "trader f.A high s",
    );
    fires(rule, &with("drug licence trader W device-trade\n s: trader ship A to trader2"), "trader A high s");
    // A clinic sells on.
    fires(rule, &format!("{PLACES}{licensed} s: clinic ship A to clinic2"), "clinic A high s");
    // At another place than the licence is for.
    fires(
        rule,
        &format!("{PLACES}{licensed} trader site trader X @-900d\n s: trader ship A to trader2 site=X"),
        "trader A high s",
    );
    // An amount of a lot.
    fires(rule, &with("s: trader ship - to trader2 lots=L1:5box"), "trader L1 high s");
}

#[test]
fn who_has_a_licence_or_needs_none_is_not_told() {
    let rule = Rule::UnlicensedParty;
    let with = |story: &str| format!("{PLACES}{story}");
    silent(
        rule,
        &with(
            "drug licence maker W drug-making\n drug licence trader W drug-wholesale
             health licence clinic W medical-institution
             m: maker commission A\n s: maker ship A to trader\n trader receive of=s
             t: trader ship A to clinic\n clinic receive of=t\n clinic use A",
        ),
    );
    silent(rule, &with("health licence clinic W clinic-filing\n clinic use A"));
    silent(rule, &with("drug licence trader W device-trade\n trader ship f.A to trader2"));
    silent(
        rule,
        &with("drug licence trader W drug-wholesale scope=第三类医疗器械\n trader ship f.A to trader2"),
    );
    // Renewed late, resumed, suspended later.
    silent(rule, &with("drug licence trader W drug-wholesale until=2026-02-20\n trader ship A to trader2"));
    silent(
        rule,
        &with(
            "drug licence trader W drug-wholesale suspended=2026-01-01 resumed=2026-02-01\n trader ship A to trader2",
        ),
    );
    silent(
        rule,
        &with("drug licence trader W drug-wholesale suspended=2026-03-05\n trader ship A to trader2"),
    );
    silent(rule, &with("foreign commission i.A\n agent commission i.B"));
    silent(rule, &with("trader ship A to maker reason=return"));
    silent(rule, &with("drug ship A to police reason=evidence"));
    silent(rule, "trader ship A to trader2\n clinic use A");
    silent(
        rule,
        "drug cover licences region=31 @-800d\n trader site trader W @-900d\n trader ship A to trader2",
    );
}

#[test]
fn toxin_goes_by_designated_wholesalers_to_institutions_only() {
    let rule = Rule::RestrictedChannel;
    let with =
        |story: &str| format!("drug cover designations @-800d\n maker designate . trader @-800d\n{story}");
    fires(rule, &with("s: maker ship A to trader2"), "maker A high s");
    fires(rule, &with("s: maker ship A to clinic"), "maker A high s");
    fires(rule, &with("s: trader ship A to trader2"), "trader A high s");
    fires(rule, &with("s: trader2 ship A to clinic"), "trader2 A high s");
    fires(rule, &with("s: clinic ship A to clinic2"), "clinic A high s");
    fires(rule, &with("s: trader ship - to trader2 lots=L1:5box"), "trader L1 high s");
    fires(rule, "l: post listing seller=trader product=-", "trader N1 high l");
    // The designation is long over.
    fires(
        rule,
        &with("maker designate . trader until=2025-12-31\n s: trader ship A to clinic"),
        "trader A high s",
    );
}

#[test]
fn the_channel_its_returns_and_who_keeps_goods_in_it_are_lawful() {
    let rule = Rule::RestrictedChannel;
    let with =
        |story: &str| format!("drug cover designations @-800d\n maker designate . trader @-800d\n{story}");
    silent(
        rule,
        &with(
            "maker ship A to trader\n trader ship A to clinic\n clinic ship A to trader reason=return
             trader ship A to maker reason=return\n clinic ship B to maker reason=recall",
        ),
    );
    silent(
        rule,
        &with("trader mandate firm @-100d\n trader ship A to firm reason=transfer\n firm ship A to trader"),
    );
    silent(
        rule,
        &with(
            "clinic ship A to drug reason=evidence\n clinic ship A to lab reason=sample\n drug ship A to maker",
        ),
    );
    silent(rule, &with("clinic ship A to trader2 reason=disposal"));
    silent(rule, &with("maker ship A to trader reason=sale\n maker ship A to maker reason=transfer"));
    // Not long over.
    silent(rule, &with("maker designate . trader until=2026-02-20\n trader ship A to clinic"));
    silent(rule, &with("maker ship f.A to clinic"));
    silent(
        rule,
        &with("drug policy findings-toxin set=restricted-channel:0 @-700d\n maker ship A to clinic"),
    );
    silent(rule, "maker ship A to clinic\n post listing seller=trader product=f");
}

#[test]
fn a_party_on_the_blacklist_that_takes_part_is_told() {
    let rule = Rule::BlacklistedParty;
    let b = "b: drug list blacklist trader @-100d\n";
    fires(rule, &format!("{b} s: maker ship A to trader"), "trader A high b,s");
    fires(rule, &format!("{b} s: trader ship A to clinic"), "trader A high b,s");
    fires(rule, "b: drug list blacklist clinic @-100d\n u: clinic use A", "clinic A high b,u");
    fires(rule, &format!("{b} s: trader ship - to clinic lots=L1:5box"), "trader L1 high b,s");
    // The list is recorded later than the shipment.
    fires(rule, "s: maker ship A to trader\n b: drug list blacklist trader @-1d", "trader A high b,s");
}

#[test]
fn before_it_is_listed_and_from_its_removal_on_a_party_is_free() {
    let rule = Rule::BlacklistedParty;
    silent(rule, "drug list blacklist trader from=2026-03-03 @-100d\n maker ship A to trader");
    silent(rule, "drug list blacklist trader until=2026-03-01 @-100d\n maker ship A to trader");
    silent(rule, "drug list blacklist trader removed=2026-03-01 @-100d\n maker ship A to trader");
    silent(
        rule,
        "drug list blacklist trader @-100d\n drug list blacklist trader2 version=2 whole=1 @-50d\n maker ship A to trader",
    );
    silent(rule, "drug list blacklist trader @-100d\n trader ship A to maker reason=return");
    silent(rule, "maker ship A to trader\n drug list blacklist trader @1d");
    silent(rule, "drug list key-parties trader @-100d\n maker ship A to trader");
}
