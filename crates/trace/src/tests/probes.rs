//! Who makes statements about a code learns nothing of what others have said of it: whatever it asks, the answer is
//! the one about a code that nobody else has ever named.

use super::{
    desk::query_of,
    standing::Trader,
    story::{Story, sgtin},
};
use crate::{
    admit,
    desk::{self, Line},
    flow_in, history_in, item_in, source_in,
};

/// The goods of others: a vial on its way to a clinic.
const OTHERS: &str = "maker commission A @1
     s: maker ship A to dealer @2
     dealer receive of=s @3
     t: dealer ship A to clinic @4
     clinic receive of=t @5";

/// In the clinic's hands it is used up, in a case of the dealer's, or made with a second code.
const MORE: [&str; 4] =
    ["", "clinic finish A @6", "clinic pack K A @6\nclinic ship K to other @7", "maker alias A,A2 @6"];

/// All that the services tell `who` of an item: traces, history and state.
fn told_of(story: &Story, who: &str, item: &str) -> String {
    let sees = Trader::new(&story.view, who);
    let Some(admitted) = admit(&story.view, &sgtin(item), &sees).unwrap() else { return "nothing".into() };
    let (view, item, scope) = (&story.view, &sgtin(item), &admitted.scope);
    let report = item_in(view, item, scope).unwrap();
    let source = source_in(view, item, 100, scope).unwrap();
    let flow = flow_in(view, item, 100, scope, &sees).unwrap();
    let history = history_in(view, item, None, 100, scope).unwrap();
    format!("{:?}\n{report:?}\n{source:?}\n{flow:?}\n{history:?}", admitted.hops)
}

/// What the desk tells of its shipments, and what of its stock where `stock` is asked for.
fn desk_told(story: &Story, who: &str, stock: bool) -> String {
    let sees = Trader::new(&story.view, who);
    let mut told = String::new();
    for entry in 1..custody::View::size(&story.view) {
        let lines = desk::shipment_lines(&story.view, entry, &sees).unwrap();
        if let Some((shipment, lines)) = lines.filter(|(s, _)| s.content.root.actor() == sees.party()) {
            told += &format!("{:?} {:?} {lines:?}\n", shipment.received_by, shipment.progress);
        }
    }
    for contents in [false, true].into_iter().filter(|_| stock) {
        let page = desk::holdings(&story.view, &query_of(sees.party(), contents, 100), &sees).unwrap();
        let mut rows: Vec<String> = page.holdings.iter().map(|h| format!("{h:?}")).collect();
        rows.sort();
        told += &rows.join("\n");
    }
    told
}

/// The same of goods that others have, and of a code that only the thief and its friends have named.
fn compare(others: &str, said: &str, stock: bool, wrong: &mut Vec<String>) {
    let said = said.replace('|', "\n");
    let named = Story::of(&format!("{others}\n{said}"));
    // As many statements, about something else.
    let elsewhere: String = others.replace(" A", " Z").replace(",A2", ",Z2").replace("t K", "t K9");
    let unnamed = Story::of(&format!("{}\n{said}", elsewhere.replace("ck K ", "ck K9 ")));
    for who in ["thief", "friend", "other2"] {
        let of = |story: &Story| {
            // What was in the box that it was sent, or is joined to it, the friend knows from the thief at most: where
            // the two conspire, an answer about that tells whether others speak of it.
            let joined = said.contains("alias") || said.contains("pack");
            let codes = if joined && who != "thief" { &["Q", "T"][..] } else { &["A", "Q", "T"] };
            let items: Vec<String> = codes.iter().map(|item| told_of(story, who, item)).collect();
            format!("{}\n{}", items.join("\n"), desk_told(story, who, stock))
        };
        let (first, second) = (of(&named), of(&unnamed));
        if first != second {
            let differs = first.lines().zip(second.lines()).find(|(a, b)| a != b);
            wrong.push(format!("{said}: {who}: {differs:?}"));
        }
    }
}

#[test]
fn an_answer_about_a_code_does_not_tell_whether_it_is_somebodys_goods() {
    let mut wrong = Vec::new();
    for more in MORE {
        for said in [
            "thief receive A @9",
            "thief ship A to friend @9",
            "x: thief ship A to friend @9 | friend receive of=x @10",
            "x: thief ship A to friend @9 | friend receive of=x @10 | y: friend ship A to other2 @11",
            "thief open-with A @9 | thief ship A to friend @10",
            "thief open-with A @0 | thief ship A to friend @9",
            "thief commission A @9 | thief ship A to friend @10",
            "thief commission A @0 | x: thief ship A to friend @9 | friend receive of=x @10",
            "thief commission T @9 | thief alias T,A @10 | thief ship T to friend @11",
            "thief pack Q A @9",
            "thief pack Q A @9 | x: thief ship Q to friend @10 | friend receive of=x @11 | friend unpack Q @12",
            "thief pack Q A @0 | thief ship Q to friend @9",
            "thief use A @9",
            "thief finish A @9",
            "thief finish A @0 | thief ship A to friend @9",
            "thief lose A @9 | thief find A @10",
            "thief service A @9",
            "thief transform A into T @9 | thief ship T to friend @10",
            "thief transform T into A @9 | thief ship A to friend @10",
            "lab sample A from=thief @9 | thief ship A to friend @10",
            "x: thief ship A to friend @9 | thief correct x ship A,T to friend @10",
            "x: thief ship A to friend @9 | thief void x @10",
            "thief receive short=A @9",
        ] {
            compare(&format!("{OTHERS}\n{more}"), said, false, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Who has a thing last is one for all: where the code is somebody's goods in use, what the thief says moves them, as it
/// moves what nobody else has named.
#[test]
fn nor_does_what_the_stock_tells_of_a_code() {
    let mut wrong = Vec::new();
    for said in [
        "thief receive A @9",
        "thief use A @9",
        "thief open-with A @9",
        "thief commission T @9 | thief receive A @10",
        "thief pack Q A @9",
        "thief receive A @9 | thief ship A to friend @10",
    ] {
        compare(OTHERS, said, true, &mut wrong);
        compare(&format!("{OTHERS}\nclinic use A @6"), said, true, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Under a waybill that it has read off a parcel the thief says that it shipped something.
#[test]
fn a_shipment_under_a_waybill_of_others_tells_nothing_of_what_was_received() {
    let others = "maker commission A,B @1
         s: maker ship A,B to dealer way=W @2
         dealer receive way=W @4";
    let mut wrong = Vec::new();
    for said in [
        "thief ship A to dealer way=W @3",
        "thief ship T to dealer way=W @3",
        "thief ship A,T to dealer way=W @3",
        "x: thief ship T to dealer way=W @3 | thief correct x ship A to dealer way=W @3",
    ] {
        compare(others, said, true, &mut wrong);
        compare(&others.replace("way=W @4", "way=W A,B @4"), said, true, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let story = Story::of(&format!("{others}\nthief ship A to dealer way=W @3"));
    let lines = |who: &str, entry| {
        let (_, lines) =
            desk::shipment_lines(&story.view, entry, &Trader::new(&story.view, who)).unwrap().unwrap();
        lines.into_iter().map(|l| (matches!(l.line, Line::Item(_)), l.received_by)).collect::<Vec<_>>()
    };
    assert_eq!(lines("maker", 2), [(true, vec![3]), (true, vec![3])], "whose the shipment is");
    assert_eq!(lines("thief", 4), [(true, vec![])]);
}

#[test]
fn who_has_a_part_in_goods_is_told_of_them_though_somebody_else_says_that_it_made_them() {
    for told in [
        "",
        "thief commission A @9",
        "thief commission A @0",
        "thief commission T @9\nthief alias T,A @10",
        "thief commission T @0\nthief alias T,A @9",
        "thief commission A lot=L9 @0\nthief ship A to clinic @3",
    ] {
        let story = Story::of(&format!("{OTHERS}\n{told}"));
        for (who, beside) in [("maker", 1), ("dealer", 2), ("clinic", 1)] {
            let sees = Trader::new(&story.view, who);
            let admitted = admit(&story.view, &sgtin("A"), &sees).unwrap();
            let admitted = admitted.unwrap_or_else(|| panic!("{who}: {told}"));
            let report = item_in(&story.view, &sgtin("A"), &admitted.scope).unwrap();
            let lot = report.commission.map(|made| made.lot).unwrap_or_default();
            assert_eq!((report.maker.as_str(), lot), ("org:maker", super::story::lot("L1")), "{who}: {told}");
            let ours =
                |hop: &&crate::Hop| hop.kind == crate::HopKind::Transfer && hop.is_shown_to(sees.party());
            let near = crate::chain(&admitted.hops).into_iter().filter(|hop| ours(hop)).count();
            assert_eq!(near, beside, "{who}: {told}");
        }
    }
}
