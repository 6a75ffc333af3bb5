//! What answers cost, and that hostile graphs end.

use custody::item::Status;
use proto::v1::{self, statement::Body};

use super::story::{Counting, MINUTE, NOON, Story, lot, sgtin};
use crate::{
    Everything, MAX_DEPTH, budget::Budget, flow, flow::flow_within, history::history_within,
    hops::source_within, item, item::item_within, scope::Scope, source,
};

/// An item that goes over `hops` parties in three levels of packing, in bills of `beside` other items.
fn journey(hops: usize, beside: usize) -> Story {
    let mut story = Story::new();
    let others: Vec<String> = (0..beside).map(|i| format!("X{i}")).collect();
    let all = |name: &str| [&[name.to_string()][..], &others].concat().join(",");
    story.tell(&format!("p0 commission {}", all("A")));
    for i in 0..hops {
        story.tell(&format!("p{i} pack C{i} A"));
        story.tell(&format!("p{i} pack D{i} C{i}"));
        story.tell(&format!("p{i} pack E{i} D{i}"));
        story.tell(&format!("s{i}: p{i} ship {} to p{}", all(&format!("E{i}")), i + 1));
        story.tell(&format!("p{} receive of=s{i}", i + 1));
        story.tell(&format!("p{} unpack C{i} A", i + 1));
        // Other people's business with the other goods.
        for other in others.iter().take(3) {
            story.tell(&format!("p{} use {other}", i + 1));
        }
    }
    story
}

#[test]
fn reads_follow_the_answer() {
    let [small, large] = [0, 40].map(|beside| {
        let story = journey(30, beside);
        let view = Counting::new(&story.view);
        let found = source(&view, &sgtin("A"), 1_000).unwrap();
        assert!(!found.truncated);
        // Per hop: three packings, one transfer, one unpacking.
        assert_eq!(found.hops.len(), 1 + 30 * 5);
        *view.reads.borrow()
    });
    // One read for every statement that is in the answer, and none for those that are not.
    assert_eq!(small[0], 1 + 30 * 6);
    assert_eq!(large[0], small[0]);
    assert!(large[1] <= 20 * small[0] && large[2] <= 20 * small[0], "{large:?}");
}

#[test]
fn a_state_costs_no_more_than_its_history() {
    let story = journey(30, 0);
    let view = Counting::new(&story.view);
    assert_eq!(item(&view, &sgtin("A")).unwrap().holder, "org:p30");
    // The Commission is read again for what it says of the goods.
    assert_eq!(view.reads.borrow()[0], 2 + 30 * 6);
}

#[test]
fn a_lot_in_one_pallet_reads_each_statement_once() {
    let mut story = Story::new();
    let units: Vec<String> = (0..200).map(|i| format!("U{i}")).collect();
    story.tell(&format!("maker commission {}", units.join(",")));
    for (i, some) in units.chunks(20).enumerate() {
        story.tell(&format!("maker pack C{i} {}", some.join(",")));
    }
    story.tell("maker pack P C0,C1,C2,C3,C4,C5,C6,C7,C8,C9");
    story.tell("s: maker ship P to trader");
    story.tell("trader receive of=s");
    for question in [lot("L1"), sgtin("P")] {
        let view = Counting::new(&story.view);
        let found = flow(&view, &question, 100).unwrap();
        assert_eq!((found.places.len(), found.places[0].items), (1, 200));
        assert_eq!(found.hops.len(), 1 + 10 + 1 + 1, "{:?}", found.hops);
        let entries = view.reads.borrow()[0];
        assert!(entries <= 2 * 14, "{question}: {entries} entries read");
    }
}

#[test]
fn a_deep_chain_of_containers_is_followed_so_far() {
    let mut story = Story::of("maker commission A");
    let name = |i: usize| if i == 0 { "A".to_string() } else { format!("C{i}") };
    for i in 0..MAX_DEPTH {
        story.tell(&format!("maker pack {} {}", name(i + 1), name(i)));
    }
    let report = story.report("A");
    assert_eq!((report.containers.len(), report.truncated), (MAX_DEPTH, false));
    assert!(!flow(&story.view, &sgtin(&name(MAX_DEPTH)), 100).unwrap().truncated);
    story.tell(&format!("maker pack TOP C{MAX_DEPTH}"));
    let report = story.report("A");
    assert_eq!((report.containers.len(), report.truncated), (MAX_DEPTH, true));
    assert!(flow(&story.view, &sgtin("TOP"), 100).unwrap().truncated);
}

/// Everything packed into everything, over and over.
fn clique(size: usize, rounds: usize) -> Story {
    let mut story = Story::new();
    for round in 0..rounds {
        for parent in 0..size {
            let children: Vec<String> = (0..size).filter(|c| *c != parent).map(|c| format!("N{c}")).collect();
            story.tell(&format!("p{round} pack N{parent} {}", children.join(",")));
        }
    }
    story
}

#[test]
fn a_clique_ends() {
    let story = clique(24, 4);
    let view = Counting::new(&story.view);
    assert!(source(&view, &sgtin("N0"), 10).unwrap().truncated);
    flow(&view, &sgtin("N0"), 10).unwrap();
    item(&view, &sgtin("N0")).unwrap();
    assert!(view.reads.borrow()[0] <= 1_000, "{:?}", view.reads);
}

#[test]
fn a_wide_and_deep_graph_ends_within_its_budget() {
    // Twenty levels, every container of one packed into every one of the next, for a moment each.
    let mut story = Story::new();
    let mut at = NOON;
    let level = |l: usize| (0..12).map(|i| format!("L{l}N{i}")).collect::<Vec<_>>();
    for l in 0..MAX_DEPTH {
        for parent in level(l + 1) {
            at += MINUTE;
            let children = level(l).iter().map(|c| sgtin(c)).collect();
            let pack = Body::Pack(v1::Pack { parent: sgtin(&parent), children });
            story.say("maker", parent, at, String::new(), pack);
        }
    }
    let work = 20_000;
    let budget = Budget { statements: 100, work, exhausted: false };
    let top = sgtin("L20N11");
    for question in [top.clone(), sgtin("L0N0")] {
        let view = Counting::new(&story.view);
        flow_within(&view, &question, 10, (&Scope::all(), &Everything), budget).unwrap();
        source_within(&view, &question, 10, &Scope::all(), budget).unwrap();
        item_within(&view, &question, &Scope::all(), budget).unwrap();
        history_within(&view, &question, None, 10, &Scope::all(), budget).unwrap();
        let reads = *view.reads.borrow();
        assert!(reads[0] <= 5 * 100 + 10, "{reads:?}");
        assert!(reads[1] <= 8 * work, "{reads:?}");
    }
    assert!(flow_within(&story.view, &top, 10, (&Scope::all(), &Everything), budget).unwrap().truncated);
}

#[test]
fn a_container_named_ten_thousand_times_is_read_so_far_and_says_so() {
    let mut story = Story::of("maker commission A");
    story.tell("maker pack P A");
    for i in 0..300 {
        story.tell(&format!("x use P @{}", 3 + i));
    }
    let budget = Budget { statements: 100, work: 1_000_000, exhausted: false };
    let view = Counting::new(&story.view);
    let report = item_within(&view, &sgtin("A"), &Scope::all(), budget).unwrap();
    assert!(report.truncated);
    assert!(view.reads.borrow()[0] <= 100 + 2, "and where it was packed, and its site");
    let work = Budget { statements: 1_000, work: 200, exhausted: false };
    assert!(item_within(&story.view, &sgtin("A"), &Scope::all(), work).unwrap().truncated);
    assert!(!item_within(&story.view, &sgtin("A"), &Scope::all(), Budget::default()).unwrap().truncated);
}

#[test]
fn the_most_entries_of_one_item_are_read() {
    let mut story = Story::of("maker commission A");
    for i in 0..super::super::reader::MAX_TOUCHES {
        story.tell(&format!("clinic use A @{}", 2 + i));
    }
    let report = item(&story.view, &sgtin("A")).unwrap();
    assert!(report.truncated);
    assert_eq!(report.last_index, 10_001, "whatever was read: the last");
    // What is recorded behind all that shows.
    story.tell("s: clinic ship A to trader @20000");
    let report = item(&story.view, &sgtin("A")).unwrap();
    assert_eq!((report.status, report.holder.as_str()), (Status::InTransit, "org:clinic"));
    assert_eq!((report.addressee.as_str(), report.last_index), ("org:trader", 10_002));
    assert!(report.truncated && !report.late);
    // What comes too late to be folded in is no secret.
    story.tell("other use A @3");
    let report = item(&story.view, &sgtin("A")).unwrap();
    assert_eq!((report.status, report.late), (Status::InTransit, true));
}

#[test]
fn kept_states_tell_the_same_place_as_everything_read() {
    let stories = [
        "maker commission A",
        "maker commission A
         maker pack P A
         maker pack Q P
         maker ship Q to trader",
        "maker commission A
         maker pack P A
         s: maker ship P to trader
         trader receive of=s",
        "maker commission A
         maker pack P A
         s: maker ship P to trader
         trader receive of=s
         trader unpack P A
         t: trader ship A to clinic
         clinic receive of=t short=A",
        "maker commission A
         clinic use A",
    ];
    for told in stories {
        let story = Story::of(told);
        let whole = item(&story.view, &sgtin("A")).unwrap();
        assert!(!whole.truncated);
        let budget = Budget { statements: 0, work: 1_000, exhausted: false };
        let kept = item_within(&story.view, &sgtin("A"), &Scope::all(), budget).unwrap();
        assert!(kept.truncated && !kept.late);
        let place = |r: crate::ItemReport| {
            (r.status, r.holder, r.addressee, r.site, r.containers, (r.last_occurred_at, r.last_index))
        };
        assert_eq!(place(kept), place(whole), "{told}");
    }
    // Emptied as a whole, it is where nobody has told by itself: no longer in the container.
    let story = Story::of("maker commission A\n maker pack P A\n maker unpack P\n maker ship P to trader");
    let budget = Budget { statements: 0, work: 1_000, exhausted: false };
    let kept = item_within(&story.view, &sgtin("A"), &Scope::all(), budget).unwrap();
    assert_eq!((kept.status, kept.holder.as_str(), kept.containers.len()), (Status::Held, "org:maker", 0));
}
