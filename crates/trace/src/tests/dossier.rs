//! Papers of a lot: which belong to it, which are handed over, who may ask.

use std::collections::BTreeSet;

use proto::v1::{self, replacement, statement::Body};
use statement::Kind;

use super::story::{MINUTE, NOON, Story, lot, sgtin};
use crate::{
    Everything,
    desk::{self, Dossier, dossier::dossier_within},
};

fn say(story: &mut Story, who: &str, body: Body) -> u64 {
    let index = custody::View::size(&story.view);
    story.say(who, format!("e{index}"), NOON + index as i64 * MINUTE, String::new(), body)
}

fn report(purpose: &str, lots: &[&str]) -> v1::TestReport {
    v1::TestReport {
        number: "cert:org:Lab/JY-1".into(),
        lots: lots.iter().map(|l| lot(l)).collect(),
        items: if lots.is_empty() { vec![sgtin("A")] } else { vec![] },
        purpose: purpose.into(),
        verdict: v1::TestVerdict::Pass as i32,
        method: "pharmacopoeia".into(),
        issued_on: "2026-02-01".into(),
        ..v1::TestReport::default()
    }
}

fn declaration() -> Body {
    Body::DeclareImport(v1::DeclareImport {
        declaration: "decl:220120201000000001".into(),
        lines: vec![v1::DeclarationLine {
            number: 1,
            lot: lot("L1"),
            quantity: Some(v1::Quantity { amount: 9, unit: "box".into() }),
            hs: "3002490000".into(),
            origin: "KR".into(),
            ..v1::DeclarationLine::default()
        }],
        ..v1::DeclareImport::default()
    })
}

fn adjust(l: &str) -> Body {
    let line = v1::AdjustLine {
        outcome: v1::AdjustOutcome::Found as i32,
        lot: Some(v1::LotAmount {
            lot: lot(l),
            quantity: Some(v1::Quantity { amount: 1, unit: "box".into() }),
        }),
        ..v1::AdjustLine::default()
    };
    Body::Adjust(v1::Adjust { lines: vec![line], reason: "stock-taking".into() })
}

fn ship(to: &str, l: &str) -> Body {
    Body::Ship(v1::Ship {
        lots: vec![v1::LotAmount {
            lot: lot(l),
            quantity: Some(v1::Quantity { amount: 1, unit: "box".into() }),
        }],
        addressee: format!("org:{to}"),
        reason: "sale".into(),
        ..v1::Ship::default()
    })
}

fn correct(story: &Story, label: &str, body: replacement::Body) -> Body {
    Body::Correct(v1::Correct {
        target: Some(story.reference(label)),
        reason: "mistake".into(),
        replacement: Some(v1::Replacement { body: Some(body), ..v1::Replacement::default() }),
        ..v1::Correct::default()
    })
}

fn of(story: &Story, l: &str) -> Dossier {
    desk::dossier(&story.view, &lot(l), &BTreeSet::new()).unwrap()
}

fn papers(story: &Story, l: &str) -> Vec<(u64, Kind)> {
    of(story, l).papers.iter().map(|p| (p.content.root_index, p.kind)).collect()
}

#[test]
fn a_lot_that_a_correct_adds_to_a_paper_has_that_paper() {
    let mut story = Story::of("maker commission A lot=L1\n maker commission B lot=L2");
    let first = say(&mut story, "Lab", Body::TestReport(report("lot-release", &["L1"])));
    assert_eq!((papers(&story, "L1"), papers(&story, "L2")), (vec![(first, Kind::TestReport)], vec![]));
    let both = correct(
        &story,
        &format!("e{first}"),
        replacement::Body::TestReport(report("lot-release", &["L1", "L2"])),
    );
    let newest = say(&mut story, "Lab", both);
    assert_eq!(papers(&story, "L2"), [(first, Kind::TestReport)]);
    // And one that a Correct takes from it has it no longer.
    let other =
        correct(&story, &format!("e{newest}"), replacement::Body::TestReport(report("lot-release", &["L2"])));
    say(&mut story, "Lab", other);
    assert_eq!((papers(&story, "L1"), papers(&story, "L2")), (vec![], vec![(first, Kind::TestReport)]));
}

#[test]
fn a_lot_that_a_correct_gives_to_a_commission_has_its_facts() {
    let mut story = Story::of("maker commission A lot=L1\n maker correct e1 commission A lot=L2");
    assert_eq!(of(&story, "L2").facts.maker, "org:maker");
    assert_eq!(of(&story, "L1").facts.maker, "");
    // A Correct of something else is none.
    say(&mut story, "trader", ship("clinic", "L2"));
    assert_eq!(papers(&story, "L2"), []);
}

#[test]
fn papers_end_when_they_are_many_bytes_and_say_so() {
    let mut story = Story::of("maker commission A");
    for _ in 0..10 {
        say(&mut story, "Lab", Body::TestReport(report("lot-release", &["L1"])));
    }
    let all = of(&story, "L1");
    assert_eq!((all.papers.len(), all.truncated), (10, false));
    let some = dossier_within(&story.view, &lot("L1"), &BTreeSet::new(), &Everything, 1_000).unwrap();
    assert!((2..9).contains(&some.papers.len()) && some.truncated, "{}", some.papers.len());
}

#[test]
fn papers_of_a_case_and_declarations_are_not_handed_over() {
    let mut story = Story::of("maker commission A");
    let hold = |party: &str| {
        Body::Hold(v1::Hold {
            lots: vec![lot("L1")],
            party: party.into(),
            legal_basis: "basis".into(),
            reason: "suspected".into(),
            ..v1::Hold::default()
        })
    };
    let sample = |purpose: &str| {
        Body::Sample(v1::Sample {
            number: "cert:org:Lab/CY-1".into(),
            purpose: purpose.into(),
            holder: "org:maker".into(),
            lots: vec![v1::LotAmount {
                lot: lot("L1"),
                quantity: Some(v1::Quantity { amount: 2, unit: "box".into() }),
            }],
            ..v1::Sample::default()
        })
    };
    let table = [
        (Body::TestReport(report("lot-release", &["L1"])), true),
        (Body::TestReport(report("case", &["L1"])), false),
        (sample("port-test"), true),
        (sample("case"), false),
        (declaration(), false),
        (hold(""), true),
        (hold("org:clinic"), false),
    ];
    let expected: Vec<bool> = table.iter().map(|(_, handed)| *handed).collect();
    for (body, _) in table {
        say(&mut story, "office", body);
    }
    let told: Vec<bool> = of(&story, "L1").papers.iter().map(desk::Paper::is_handed_over).collect();
    assert_eq!(told, expected);
}

fn named(story: &Story, who: &str) -> bool {
    desk::lot_part(&story.view, &lot("L1"), &format!("org:{who}")).unwrap().is_whole()
}

/// A party as an authority in the field of drugs.
fn authority(story: &mut Story, who: &str) {
    let grant = v1::RoleGrant {
        role: v1::Role::Authority as i32,
        field: v1::AuthorityField::Drug as i32,
        ..v1::RoleGrant::default()
    };
    let facts = v1::Party {
        party: format!("org:{who}"),
        name: who.into(),
        country: "CN".into(),
        roles: vec![grant],
        ..v1::Party::default()
    };
    say(story, "root", Body::Party(facts));
}

fn transform(input: &str, output: &str) -> Body {
    let amount = |l: &str| v1::LotAmount {
        lot: lot(l),
        quantity: Some(v1::Quantity { amount: 1, unit: "box".into() }),
    };
    Body::Transform(v1::Transform {
        input_lots: vec![amount(input)],
        outputs: vec![sgtin("Y")],
        lot: lot(output),
        expires_on: "2027-05-31".into(),
        units_per_code: 1,
        reason: "repack".into(),
        ..v1::Transform::default()
    })
}

fn decision(number: &str, l: &str) -> Body {
    let line = v1::CustomsLine {
        number: 1,
        lot: lot(l),
        quantity: Some(v1::Quantity { amount: 9, unit: "box".into() }),
        ..v1::CustomsLine::default()
    };
    Body::CustomsDecision(v1::CustomsDecision {
        declaration: number.into(),
        outcome: v1::CustomsOutcome::Released as i32,
        lines: vec![line],
        ..v1::CustomsDecision::default()
    })
}

fn sampled(from: &str) -> Body {
    Body::Sample(v1::Sample {
        number: "cert:org:Lab/S1".into(),
        purpose: "inspection".into(),
        lots: vec![v1::LotAmount {
            lot: lot("L1"),
            quantity: Some(v1::Quantity { amount: 1, unit: "box".into() }),
        }],
        holder: format!("org:{from}"),
        ..v1::Sample::default()
    })
}

#[test]
fn what_a_party_says_by_itself_of_a_lot_opens_nothing_nor_what_its_friends_say() {
    let decl = "decl:220120201000000001";
    let commission = |l: &str| {
        Body::Commission(v1::Commission {
            items: vec![sgtin("Z")],
            lot: lot(l),
            registration: "国药准字SJ20171003".into(),
            made_on: "2025-06-01".into(),
            expires_on: "2027-05-31".into(),
            units_per_code: 1,
            ..v1::Commission::default()
        })
    };
    type Said<'a> = &'a [(&'a str, Body)];
    let table: [(Said<'_>, &str); 13] = [
        (&[], "maker"),
        (&[("maker", ship("trader", "L1"))], "maker trader"),
        (&[("maker", ship("trader", "L1")), ("trader", ship("friend", "L1"))], "maker trader friend"),
        (&[("thief", adjust("L1"))], "maker"),
        (&[("thief", ship("friend", "L1"))], "maker"),
        (&[("thief", ship("friend", "L1")), ("friend", ship("thief", "L1"))], "maker"),
        (&[("thief", transform("L1", "L9"))], "maker"),
        (&[("thief", transform("L9", "L1"))], "maker"),
        (&[("thief", commission("L1"))], "maker"),
        (&[("thief", declaration())], "maker"),
        (&[("thief", declaration()), ("customs", decision(decl, "L9"))], "maker"),
        (
            &[("trader", declaration()), ("thief", declaration()), ("customs", decision(decl, "L1"))],
            "maker trader",
        ),
        (&[("lab", sampled("thief")), ("office", sampled("trader"))], "maker trader"),
    ];
    for (said, expect) in table {
        let mut story = Story::of("maker commission A");
        authority(&mut story, "office");
        for (who, body) in said {
            say(&mut story, who, body.clone());
        }
        let who: Vec<&str> = ["maker", "trader", "thief", "friend", "lab", "nobody"]
            .into_iter()
            .filter(|who| named(&story, who))
            .collect();
        assert_eq!(who.join(" "), expect, "{said:?}");
    }
}

#[test]
fn a_lot_made_out_of_others_is_its_makers_until_somebody_commissions_it() {
    let mut story = Story::of("maker commission A");
    say(&mut story, "packer", transform("L1", "L2"));
    say(&mut story, "packer", ship("dealer", "L2"));
    let part = |story: &Story, who: &str| desk::lot_part(&story.view, &lot("L2"), who).unwrap();
    assert!(part(&story, "org:packer").is_whole() && part(&story, "org:dealer").is_whole());
    story.tell("maker commission B lot=L2");
    assert_eq!(part(&story, "org:packer"), desk::LotPart::From(BTreeSet::new()));
    assert_eq!(part(&story, "org:dealer"), desk::LotPart::From(BTreeSet::from(["org:packer".to_owned()])));
    assert!(part(&story, "org:maker").is_whole());
}

#[test]
fn who_had_part_in_a_busy_lot_long_ago_is_found() {
    let mut story = Story::of("maker commission A");
    for n in 0..50 {
        say(&mut story, "other", ship(&format!("buyer{}", n % 7), "L1"));
        say(&mut story, "trader", adjust("L2"));
    }
    assert!(!named(&story, "trader"));
    for _ in 0..10_000 {
        say(&mut story, "other", adjust("L1"));
    }
    say(&mut story, "maker", ship("trader", "L1"));
    assert!(named(&story, "trader"), "beyond the first 10,000 entries");
}

#[test]
fn suppliers_are_who_shipped_the_lot_to_who_asks() {
    let mut story = Story::of("maker commission A");
    say(&mut story, "maker", ship("dealer", "L1"));
    let wrong = say(&mut story, "dealer2", ship("clinic", "L1"));
    say(&mut story, "dealer", ship("clinic", "L1"));
    say(&mut story, "other", ship("clinic", "L2"));
    story.tell(&format!("dealer2 void e{wrong}"));
    let of = |who: &str| desk::suppliers(&story.view, &lot("L1"), &format!("org:{who}")).unwrap();
    assert_eq!(of("clinic"), (BTreeSet::from(["org:dealer".to_owned()]), true));
    assert_eq!(of("dealer"), (BTreeSet::from(["org:maker".to_owned()]), true));
    assert_eq!(of("maker"), (BTreeSet::new(), true));
}

#[test]
fn licences_of_suppliers_are_told_beside_those_of_the_maker() {
    let mut story = Story::of("maker commission A");
    for who in ["maker", "dealer", "stranger"] {
        let site = format!("site:org:{who}/W1");
        let facts = v1::Site {
            site: site.clone(),
            party: format!("org:{who}"),
            name: "store".into(),
            address: "1 Main Street".into(),
            country: "KR".into(),
            ..v1::Site::default()
        };
        say(&mut story, who, Body::Site(facts));
        let licence = v1::Licence {
            site,
            kind: "drug-wholesale".into(),
            number: format!("XK-{who}"),
            issuer: "org:office".into(),
            valid_from: "2025-01-01".into(),
            ..v1::Licence::default()
        };
        say(&mut story, "office", Body::Licence(licence));
    }
    let suppliers = BTreeSet::from(["org:dealer".to_owned()]);
    let told = desk::dossier(&story.view, &lot("L1"), &suppliers).unwrap();
    let numbers: Vec<&str> = told.licences.iter().map(|l| l.licence.number.as_str()).collect();
    assert_eq!(numbers, ["XK-dealer", "XK-maker"]);
}
