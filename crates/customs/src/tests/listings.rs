//! Declarations by office, port, state and age.

use proto::v1::{self, CustomsOutcome, statement::Body};

use super::story::{DAY, NOON, Story, declaration, edit, line, ours};
use crate::{Listing, MAX_LOOKED, Page, State, list};

/// Ours, cleared; one at the same office that is only declared; one inland, released; one in bond.
fn several() -> Story {
    let mut story = Story::sound();
    let released = story.verify().draft.unwrap();
    for (label, number, name, at) in [
        ("young", declaration("2248", 2), "L2", NOON),
        ("inland", declaration("7901", 1), "L3", NOON - 9 * DAY),
        ("bonded", declaration("2249", 5), "L4", NOON - 4 * DAY),
    ] {
        story.declare(label, &number, vec![line(1, name, &[], 5)]).at = at;
    }
    edit!(story, "bonded", DeclareImport, |b| b.bonded = true);
    for (label, number, outcome) in [
        ("inland decided", declaration("7901", 1), CustomsOutcome::Released),
        ("bonded decided", declaration("2249", 5), CustomsOutcome::BondedEntry),
    ] {
        let outcome = outcome as i32;
        story.decide(label, v1::CustomsDecision { declaration: number, outcome, ..released.clone() });
    }
    // Named by who samples, declared by nobody.
    let sample = v1::Sample {
        number: "cert:org:lab/S-9".into(),
        purpose: "port-test".into(),
        lots: vec![super::story::boxes("L5", 1)],
        holder: super::story::org("importer"),
        declaration: declaration("2248", 9),
        ..v1::Sample::default()
    };
    story.say("sampled", "lab", NOON, Body::Sample(sample));
    story
}

fn numbers(page: &Page) -> Vec<String> {
    page.declarations.iter().map(|listed| listed.declaration.clone()).collect()
}

const ALL: Listing<'_> =
    Listing { office: "", port: "", states: &[], until: i64::MAX, after: None, limit: 100 };

#[test]
fn declarations_are_listed_with_how_far_they_have_come() {
    let told = several().tell();
    let page = list(&told.view, &ALL).unwrap();
    assert_eq!(page.next, None);
    let rows: Vec<(String, State, bool, usize)> =
        page.declarations.iter().map(|l| (l.declaration.clone(), l.state, l.bonded, l.lot_count)).collect();
    assert_eq!(
        rows,
        [
            (ours(), State::Cleared, false, 1),
            (declaration("2248", 2), State::Declared, false, 1),
            (declaration("2249", 5), State::Bonded, true, 1),
            (declaration("7901", 1), State::Released, false, 1),
        ]
    );
    let [first, .., last] = &page.declarations[..] else { panic!() };
    assert_eq!(
        (first.office.as_str(), first.ports[..].as_ref(), first.decided_at),
        ("2248", &["CNSHA".to_owned()][..], 0)
    );
    assert_eq!((first.index, first.declared_at), (told.entries["declared"], NOON - DAY));
    assert_eq!((first.importer.as_str(), last.decided_at), ("org:importer", NOON));
}

#[test]
fn office_port_state_and_age_choose() {
    let told = several().tell();
    let found = |asked: Listing<'_>| numbers(&list(&told.view, &asked).unwrap());
    let [mine, young, bonded, inland] =
        [ours(), declaration("2248", 2), declaration("2249", 5), declaration("7901", 1)];
    assert_eq!(found(Listing { office: "2248", ..ALL }), [mine.clone(), young.clone()]);
    assert_eq!(found(Listing { office: "22", ..ALL }), [mine.clone(), young, bonded.clone()]);
    assert_eq!(found(Listing { port: "CNSHA", ..ALL }), std::slice::from_ref(&mine));
    assert_eq!(
        found(Listing { states: &[State::Released, State::Bonded], ..ALL }),
        [bonded.clone(), inland.clone()]
    );
    assert_eq!(found(Listing { until: NOON - 3 * DAY, ..ALL }), [bonded, inland]);
    assert_eq!(found(Listing { office: "9", ..ALL }), Vec::<String>::new());
}

#[test]
fn lots_filed_at_two_ports_are_listed_at_either() {
    let mut story = several();
    let declared = story.line("declared");
    let Body::DeclareImport(b) = &mut declared.body else { panic!() };
    b.lines.push(line(2, "L2", &[], 5));
    story.clear("L2", 5);
    edit!(story, "cleared L2", ImportFiling, |b| b.port = "CNTSN".into());
    let told = story.tell();
    for port in ["CNSHA", "CNTSN"] {
        let page = list(&told.view, &Listing { port, office: "2248", ..ALL }).unwrap();
        let first = page.declarations.first().unwrap_or_else(|| panic!("nothing at {port}"));
        assert_eq!(first.declaration, ours());
        assert_eq!(first.ports, ["CNSHA", "CNTSN"]);
    }
}

#[test]
fn pages_join_to_the_whole_and_stay_in_place_when_more_is_declared() {
    let mut story = several();
    let all = numbers(&list(&story.tell().view, &ALL).unwrap());
    let (mut seen, mut after) = (Vec::new(), None::<String>);
    for page in 0.. {
        if page == 1 {
            // What is declared meanwhile has its own place.
            story.declare("new", &declaration("0100", 1), vec![line(1, "L6", &[], 1)]);
        }
        let told = story.tell();
        let asked = Listing { after: after.as_deref(), limit: 1, ..ALL };
        let page = list(&told.view, &asked).unwrap();
        assert!(page.declarations.len() <= 1);
        seen.extend(numbers(&page));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);
}

#[test]
fn a_page_that_has_looked_at_enough_ends_without_being_the_last() {
    let mut story = Story(Vec::new());
    let count = u32::try_from(MAX_LOOKED).unwrap() + 5;
    for serial in 0..count {
        story.declare(&format!("d{serial}"), &declaration("2248", serial), vec![line(1, "L1", &[], 1)]);
    }
    let told = story.tell();
    let asked = Listing { states: &[State::Released], ..ALL };
    let first = list(&told.view, &asked).unwrap();
    assert_eq!((first.declarations.len(), first.next.clone()), (0, Some(declaration("2248", count - 6))));
    let rest = list(&told.view, &Listing { after: first.next.as_deref(), ..asked }).unwrap();
    assert_eq!(rest, Page::default());
    let young = list(&told.view, &Listing { after: first.next.as_deref(), ..ALL }).unwrap();
    assert_eq!((young.declarations.len(), young.next), (5, None));
}
