use super::story::{Story, expect, hop, lot, sgtin, short, status};
use crate::{Flow, flow};

fn table(flow: &Flow) -> Vec<String> {
    let hops = flow.hops.iter().zip(&flow.counts).map(|(h, n)| format!("{n} {}", hop(h)));
    let places = flow.places.iter().map(|p| format!("{} {} {}", p.items, status(p.status), short(&p.party)));
    hops.chain(places).collect()
}

const STORY: &str = "maker commission A,B,C,D
     maker pack P A,B
     maker pack Q C
     maker pack T P,Q
     maker ship T,D to trader
     trader receive of=e5
     trader unpack T
     trader ship P,Q to clinic
     clinic receive of=e8 P short=Q
     clinic finish A";

#[test]
fn a_pallet_flows_as_what_is_in_it() {
    let view = Story::of(STORY).view;
    let found = flow(&view, &sgtin("T"), 100).unwrap();
    assert!(!found.truncated);
    expect(
        &table(&found),
        "3 origin   maker         confirmed 1   1-
         2 packing  maker         confirmed 2   2-
         1 packing  maker         confirmed 3   3-
         3 packing  maker         confirmed 4   4-    in P
         3 transfer maker>trader  confirmed 5,6 5-6   in T
         3 unpacking trader       confirmed 7   7-    in T
         1 transfer trader>clinic conflict  8,9 8-    in Q
         2 transfer trader>clinic confirmed 8,9 8-9   in P
         1 use      clinic        confirmed 10  10-
         1 held     clinic
         1 used     clinic
         1 missing  trader",
    );
}

#[test]
fn a_lot_flows_as_its_items() {
    let mut story = Story::of(STORY);
    let found = flow(&story.view, &lot("L1"), 100).unwrap();
    assert_eq!((found.hops.len(), found.counts[0]), (9, 4));
    assert_eq!(found.places.iter().map(|p| p.items).sum::<u64>(), 4);
    // A Commission moved to another lot by a Correct, and one moved in.
    let made = story.tell("maker commission E lot=L2");
    story.tell(&format!("maker correct e{made} commission E,F lot=L1"));
    let count = |name: &str| flow(&story.view, &lot(name), 100).unwrap().places.iter().map(|p| p.items).sum();
    let counts: [u64; 2] = [count("L1"), count("L2")];
    assert_eq!(counts, [6, 0]);
}

#[test]
fn a_container_flows_as_what_was_in_it_at_the_time() {
    let story = Story::of(
        "maker commission A,B,C
         maker pack P A
         maker pack T P
         maker unpack T
         maker unpack P
         maker pack P B
         maker pack U P
         maker ship U to trader
         trader unpack U
         trader pack P C",
    );
    for (container, units) in
        [("T", vec!["A"]), ("U", vec!["B"]), ("P", vec!["A", "B", "C"]), ("A", vec!["A"])]
    {
        let found = flow(&story.view, &sgtin(container), 100).unwrap();
        let mut seen: Vec<&str> = found.hops.iter().map(|h| short(&h.item)).collect();
        seen.sort_unstable();
        seen.dedup();
        let total: u64 = found.places.iter().map(|p| p.items).sum();
        assert_eq!(total, units.len() as u64, "{container}");
        // A hop of several stands under the first of them.
        assert!(seen.iter().all(|s| units.contains(s)), "{container}: {seen:?}");
    }
}

#[test]
fn a_limit_cuts_hops_and_never_places() {
    let view = Story::of(STORY).view;
    let found = flow(&view, &lot("L1"), 2).unwrap();
    assert!(found.truncated);
    expect(
        &table(&found),
        "4 origin  maker  confirmed 1 1-
         2 packing maker  confirmed 2 2-
         1 held    clinic
         1 held    trader
         1 used    clinic
         1 missing trader",
    );
    assert!(!flow(&view, &lot("L1"), 9).unwrap().truncated);
}
