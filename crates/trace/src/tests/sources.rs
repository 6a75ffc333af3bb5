use super::story::{Story, expect, lot, sgtin};
use crate::{Certainty, Error, HopKind, source};

fn check(story: &str, item: &str, table: &str) {
    expect(&Story::of(story).hops(item), table);
}

#[test]
fn three_packings_lead_back_from_the_clinic_to_the_maker() {
    let story = "maker commission A,B
         maker pack C A,B
         maker pack D C
         maker pack E D
         maker ship E to trader
         trader receive E
         trader unpack E
         trader ship D to dealer
         dealer receive of=e8
         dealer unpack D
         dealer unpack C A
         dealer ship A to clinic
         clinic receive A
         clinic finish A";
    check(
        story,
        "A",
        "origin   maker          confirmed 1      1-
         packing  maker          confirmed 2      2-
         packing  maker          confirmed 3      3-     in C
         packing  maker          confirmed 4      4-     in D
         transfer maker>trader   confirmed 5,6    5-6    in E
         unpacking trader        confirmed 7      7-     in E
         transfer trader>dealer  confirmed 8,9    8-9    in D
         unpacking dealer        confirmed 10     10-    in D
         unpacking dealer        confirmed 11     11-
         transfer dealer>clinic  confirmed 12,13  12-13
         use      clinic         confirmed 14     14-",
    );
    let view = Story::of(story).view;
    let found = source(&view, &sgtin("A"), 3).unwrap();
    assert!(found.truncated);
    assert_eq!(found.origins, ["org:maker"], "whatever the limit");
    assert_eq!(found.hops.iter().map(|h| h.entries[0]).collect::<Vec<_>>(), [14, 12, 11], "newest first");
    assert!(!source(&view, &sgtin("A"), 11).unwrap().truncated);
}

#[test]
fn a_container_begins_where_something_is_first_packed_into_it() {
    let story = "maker commission A,B
         maker pack P A
         maker pack P B
         maker ship P to trader
         trader receive P";
    check(
        story,
        "P",
        "packing  maker         confirmed 2   2-
         transfer maker>trader  confirmed 4,5 4-5",
    );
    let view = Story::of(story).view;
    assert_eq!(source(&view, &sgtin("P"), 9).unwrap().origins, ["org:maker"]);
    // Once it is on its way, who packs something into it has not made it.
    check(
        "maker commission A
         maker ship P to trader
         trader receive P
         trader pack P A",
        "P",
        "transfer >maker        gap       2   -2
         transfer maker>trader  confirmed 2,3 2-3",
    );
}

#[test]
fn a_lot_is_led_back_to_where_its_goods_were_made() {
    let story = Story::of(
        "maker commission A lot=L1
         maker commission B lot=L2
         maker commission C lot=L1
         maker ship A to trader",
    );
    let found = source(&story.view, &lot("L1"), 9).unwrap();
    let told: Vec<_> =
        found.hops.iter().map(|h| (h.kind, h.certainty, h.to.as_str(), h.entries[0])).collect();
    let origin = |entry| (HopKind::Origin, Certainty::Confirmed, "org:maker", entry);
    assert_eq!(told, [origin(3), origin(1)], "newest first");
    assert_eq!((found.origins, found.truncated), (vec!["org:maker".to_owned()], false));
    let cut = source(&story.view, &lot("L1"), 1).unwrap();
    assert!(cut.truncated && cut.hops.len() == 1);
    assert!(matches!(source(&story.view, &lot("L9"), 9), Err(Error::Unknown)));
}

#[test]
fn a_late_upload_confirms_the_hop() {
    let story = "maker commission A      @10
         clinic receive A              @50
         maker ship A to trader        @20";
    check(
        story,
        "A",
        "origin   maker         confirmed 1   10-
         transfer maker>trader  one-sided 3   20-
         transfer >clinic       conflict  2   -50",
    );
    check(
        &format!("{story}\n trader ship A to clinic @40"),
        "A",
        "origin   maker         confirmed 1   10-
         transfer maker>trader  one-sided 3   20-
         transfer trader>clinic confirmed 4,2 40-50",
    );
    // The trader's Receive is dated after it sent the goods on.
    check(
        "maker commission A
         maker ship A to trader
         trader ship A to clinic
         trader receive A
         clinic receive A",
        "A",
        "origin   maker         confirmed 1   1-
         transfer maker>trader  confirmed 2,4 2-4
         transfer trader>clinic confirmed 3,5 3-5",
    );
}

#[test]
fn what_was_not_taken_in_is_a_conflict_and_no_gap_on_its_way_back() {
    check(
        "maker commission A,B,C
         maker pack P A,B,C
         e3: maker ship P to trader
         trader receive of=e3 P refused=A short=B
         trader ship A to maker
         maker receive A
         maker use B",
        "A",
        "origin   maker         confirmed 1   1-
         packing  maker         confirmed 2   2-
         transfer maker>trader  conflict  3,4 3-   in P
         transfer trader>maker  confirmed 5,6 5-6",
    );
    check(
        "maker commission B
         maker ship B to trader
         trader receive short=B
         maker ship B to dealer",
        "B",
        "origin   maker         confirmed 1   1-
         transfer maker>trader  conflict  2,3 2-
         transfer maker>dealer  one-sided 4   4-",
    );
    check(
        "maker commission C
         maker pack P C
         maker ship P to trader
         trader receive P
         trader receive short=C",
        "C",
        "origin   maker         confirmed 1     1-
         packing  maker         confirmed 2     2-
         transfer maker>trader  conflict  3,4,5 3-4  in P",
    );
}

#[test]
fn where_nobody_signed_the_chain_breaks() {
    check(
        "maker commission A
         dealer ship A to clinic
         clinic receive A",
        "A",
        "origin   maker         confirmed 1   1-
         transfer maker>dealer  gap       2   -2
         transfer dealer>clinic confirmed 2,3 2-3",
    );
    // Without an origin.
    check(
        "dealer pack P A
         dealer ship P to clinic",
        "A",
        "transfer >dealer       gap       1   -1
         packing  dealer        confirmed 1   1-
         transfer dealer>clinic one-sided 2   2-  in P",
    );
}

#[test]
fn a_receipt_alone_makes_nobody_a_sender() {
    let story = Story::of(
        "maker commission A
         thief receive A
         maker ship A to trader
         thief receive A
         trader receive A",
    );
    expect(
        &story.hops("A"),
        "origin   maker         confirmed 1   1-
         transfer >thief        one-sided 2   -2
         transfer thief>maker   gap       3   -3
         transfer maker>trader  confirmed 3,5 3-5
         transfer >thief        conflict  4   -4",
    );
}

#[test]
fn a_clone_in_two_places_shows() {
    check(
        "maker commission A
         maker ship A to trader
         trader receive A
         forger commission A
         forger ship A to den
         trader ship A to clinic
         clinic finish A
         den use A",
        "A",
        "origin   maker         confirmed 1   1-
         transfer maker>trader  confirmed 2,3 2-3
         origin   forger        conflict  4   4-
         transfer trader>forger gap       5   -5
         transfer forger>den    one-sided 5   5-
         transfer den>trader    gap       6   -6
         transfer trader>clinic one-sided 6   6-
         use      clinic        confirmed 7   7-
         transfer clinic>den    conflict  8   -8
         use      den           conflict  8   8-",
    );
}

#[test]
fn a_child_in_two_parents_is_a_conflict() {
    check(
        "maker commission A
         maker pack P A
         maker pack Q A
         maker unpack P A
         maker pack P A
         maker unpack P
         maker pack Q A",
        "A",
        "origin  maker confirmed 1 1-
         packing maker confirmed 2 2-
         packing maker conflict  3 3-
         unpacking maker conflict  4 4-
         packing maker confirmed 5 5-
         unpacking maker confirmed 6 6- in P
         packing maker confirmed 7 7-",
    );
}

#[test]
fn the_origin_of_a_box_is_not_that_of_what_lies_in_it() {
    let story = Story::of(
        "maker commission A
         packer pack P A
         packer commission P",
    );
    let found = source(&story.view, &sgtin("A"), 10).unwrap();
    assert_eq!(found.origins, ["org:maker"]);
    assert!(matches!(source(&story.view, &sgtin("Z"), 10), Err(Error::Unknown)));
}
