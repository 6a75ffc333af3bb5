//! Whose holds and recalls count, and over what.

use proto::v1::{self, AuthorityField, Role, statement::Body};

use super::{
    desk::{TODAY, all_holdings},
    story::{MINUTE, NOON, Story, lot, sgtin},
};
use crate::desk;

const PRODUCT: &str = "gtin:09521234543213";

fn say(story: &mut Story, who: &str, body: Body) -> u64 {
    let index = custody::View::size(&story.view);
    story.say(who, format!("e{index}"), NOON + index as i64 * MINUTE, String::new(), body)
}

fn hold(items: &[&str], products: &[&str], party: &str) -> Body {
    Body::Hold(v1::Hold {
        items: items.iter().map(|i| sgtin(i)).collect(),
        products: products.iter().map(ToString::to_string).collect(),
        party: party.into(),
        legal_basis: "basis".into(),
        reason: "suspected".into(),
        ..v1::Hold::default()
    })
}

fn recall(name: &str) -> Body {
    Body::Recall(v1::Recall {
        number: format!("cert:org:{name}/ZH-1"),
        lots: vec![lot("L1")],
        level: 1,
        reason: "too strong".into(),
        instruction: "send back".into(),
        ..v1::Recall::default()
    })
}

/// `A: 3,4; B` …: what is held by which entries.
fn held(story: &Story, who: &str, contents: bool) -> String {
    let one = |h: desk::Holding| {
        let entries: Vec<String> = h.held_by.iter().map(u64::to_string).collect();
        format!("{}: {}", super::story::short(&h.item), entries.join(",")).trim().to_owned()
    };
    let all = all_holdings(story, &format!("org:{who}"), contents, 10);
    all.into_iter().map(one).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_hold_on_the_goods_of_one_party_is_no_matter_of_others() {
    let mut story = Story::of("maker commission A,B\n s: maker ship B to trader\n trader receive of=s @3");
    let ours = say(&mut story, "maker", hold(&["A", "B"], &[], "org:maker"));
    assert_eq!(held(&story, "maker", false), format!("A: {ours}"));
    assert_eq!(held(&story, "trader", false), "B:");
    let whose = |party| {
        let mut story = story.clone();
        let body = Body::Hold(v1::Hold { lots: vec![lot("L1")], ..hold_of(hold(&[], &[], "org:maker")) });
        let over = say(&mut story, "maker", body);
        let found = desk::restrictions(&story.view, &lot("L1"), TODAY, party).unwrap();
        found == [over]
    };
    assert_eq!([whose(Some("org:maker")), whose(Some("org:trader")), whose(None)], [true, false, true]);
}

fn hold_of(body: Body) -> v1::Hold {
    match body {
        Body::Hold(b) => b,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hold_on_a_product_holds_its_items_and_lots() {
    let mut story = Story::of("maker commission A");
    let first = say(&mut story, "office", hold(&[], &[PRODUCT], ""));
    let second = say(&mut story, "office", hold(&[], &["reg:国药准字SJ20171003"], ""));
    say(&mut story, "office", hold(&[], &["gtin:09521234543220"], ""));
    assert_eq!(held(&story, "maker", false), format!("A: {first},{second}"));
    let of_lot = |story: &Story| desk::restrictions(&story.view, &lot("L1"), TODAY, None).unwrap();
    assert_eq!(of_lot(&story), [first, second]);
    // In part, for one lot of it.
    let hold = Some(story.reference(&format!("e{first}")));
    let lift = v1::Lift { hold, lots: vec![lot("L1")], reason: "tested".into(), ..v1::Lift::default() };
    say(&mut story, "office", Body::Lift(lift));
    assert_eq!((held(&story, "maker", false), of_lot(&story)), (format!("A: {second}"), vec![second]));
}

#[test]
fn a_hold_on_a_container_or_another_code_is_over_the_goods() {
    let mut story = Story::of(
        "maker commission A,B,C
         maker pack P A,B
         maker pack Q P
         maker alias C,C2",
    );
    let outer = say(&mut story, "office", hold(&["Q"], &[], ""));
    let code = say(&mut story, "office", hold(&["C2"], &[], ""));
    assert_eq!(held(&story, "maker", false), format!("C: {code}; Q: {outer}"));
    assert_eq!(held(&story, "maker", true), format!("C: {code}; A: {outer}; B: {outer}"));
}

fn registered(name: &str, role: Role, field: AuthorityField) -> Body {
    Body::Party(v1::Party {
        party: format!("org:{name}"),
        name: name.into(),
        country: "CN".into(),
        roles: vec![v1::RoleGrant { role: role as i32, field: field as i32, ..v1::RoleGrant::default() }],
        ..v1::Party::default()
    })
}

#[test]
fn a_recall_counts_when_its_signer_answers_for_the_lot() {
    let registration = Body::Registration(v1::Registration {
        number: "国药准字SJ20171003".into(),
        products: vec![PRODUCT.into()],
        holder: "org:Holder".into(),
        agent: "org:Agent".into(),
        name: "Sample toxin".into(),
        product_class: "toxin".into(),
        units_per_code: 1,
        valid_from: "2025-01-01".into(),
        valid_to: "2030-01-01".into(),
        origin: "KR".into(),
        ..v1::Registration::default()
    });
    let filing = Body::ImportFiling(v1::ImportFiling {
        number: "cert:org:Office/TG-1".into(),
        outcome: v1::FilingOutcome::Cleared as i32,
        importer: "org:Importer".into(),
        registration: "国药准字SJ20171003".into(),
        lots: vec![v1::LotAmount {
            lot: lot("L1"),
            quantity: Some(v1::Quantity { amount: 9, unit: "box".into() }),
        }],
        ..v1::ImportFiling::default()
    });
    for (name, counts) in [
        ("maker", true),
        ("Holder", true),
        ("Agent", true),
        ("Importer", true),
        ("Office", true),
        ("Customs", false),
        ("stranger", false),
        // It says that it made the lot too, after who did.
        ("forger", false),
    ] {
        let mut story = Story::of("maker commission A\n forger commission X");
        say(&mut story, "Root", registered("Office", Role::Authority, AuthorityField::Drug));
        say(&mut story, "Root", registered("Customs", Role::Authority, AuthorityField::Customs));
        say(&mut story, "Root", registered("stranger", Role::Manufacturer, AuthorityField::Unspecified));
        say(&mut story, "Office", registration.clone());
        say(&mut story, "Office", filing.clone());
        let entry = say(&mut story, name, recall(name));
        let expected: Vec<u64> = counts.then_some(entry).into_iter().collect();
        let found = desk::restrictions(&story.view, &lot("L1"), TODAY, Some("org:trader")).unwrap();
        assert_eq!(found, expected, "{name}");
        let held: Vec<Vec<u64>> =
            all_holdings(&story, "org:maker", false, 9).into_iter().map(|h| h.held_by).collect();
        assert_eq!(held, [expected], "{name}");
    }
}
