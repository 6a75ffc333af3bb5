use super::story::{Story, sgtin};
use crate::{Error, item};

/// Records line by line; beside each, where items are after it, joined by `;`.
fn check(table: &str) -> Story {
    let mut story = Story::new();
    for line in table.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (told, expected) = line.split_once('|').unwrap_or((line, ""));
        story.tell(told);
        for expected in expected.split(';').map(str::trim).filter(|e| !e.is_empty()) {
            let (name, place) = expected.split_once(' ').unwrap();
            assert_eq!(story.place(name), place, "{name} after: {told}");
        }
    }
    story
}

#[test]
fn what_is_in_a_container_goes_where_the_container_goes() {
    check(
        "maker commission A,B,C        | A held maker
         maker pack P A,B              | A held maker in P
         maker pack Q P                | A held maker in P Q; P held maker in Q
         e4: maker ship Q to trader    | A transit maker>trader in P Q; B transit maker>trader in P Q; C held maker
         trader receive of=e4          | A held trader in P Q
         trader unpack Q               | A held trader in P; P held trader
         trader unpack P A             | A held trader; B held trader in P
         e8: trader ship P to clinic   | A held trader; B transit trader>clinic in P
         clinic receive of=e8          | B held clinic in P
         clinic use B                  | B opened clinic; P held clinic
         clinic finish B               | B used clinic",
    );
}

#[test]
fn a_packing_ends_with_the_items_own_act() {
    check(
        "maker commission A,B,C
         maker pack P A,B,C
         maker ship A to trader        | A transit maker>trader
         maker ship P to clinic        | A transit maker>trader; B transit maker>clinic in P
         clinic receive P              | A transit maker>trader; B held clinic in P
         clinic pack Q B               | B held clinic in Q
         clinic ship Q,P to lab        | B transit clinic>lab in Q; C transit clinic>lab in P
         lab receive Q                 | B held lab in Q; C transit clinic>lab in P",
    );
}

#[test]
fn a_container_used_again_takes_only_its_new_contents_along() {
    check(
        "maker commission A,B
         maker pack P A
         maker unpack P                | A held maker
         maker pack P B
         maker ship P to trader        | A held maker; B transit maker>trader in P",
    );
    // Its way inside another container, too, ends when that is emptied, whatever was packed meanwhile.
    check(
        "maker commission A,B
         maker pack P A
         maker pack Q P
         maker unpack Q                | A held maker in P
         maker pack P B                | B held maker in P
         maker ship Q to trader        | A held maker in P; B held maker in P",
    );
}

#[test]
fn what_was_not_in_the_container_stays_behind() {
    check(
        "maker commission A,B,C
         maker pack P A,B,C
         e3: maker ship P to trader
         trader receive of=e3 P short=A refused=B | A missing maker>trader; B refused maker>trader; C held trader in P
         e5: trader ship P to clinic              | A missing maker>trader; C transit trader>clinic in P
         clinic receive of=e5
         clinic receive short=C                   | C missing clinic>clinic; P held clinic",
    );
    // Who neither has the container nor is to have it, knows nothing of what is inside.
    check(
        "maker commission A
         maker pack P A
         thief receive short=A                    | A held maker in P
         maker ship P to trader
         thief receive refused=A                  | A transit maker>trader in P
         trader receive P                         | A held trader in P",
    );
}

#[test]
fn nobody_but_the_addressee_says_that_goods_did_not_arrive() {
    check(
        "maker commission A
         maker ship A to trader
         thief receive short=A          | A transit maker>trader
         trader receive refused=A       | A refused maker>trader
         trader ship A to maker         | A transit trader>maker
         maker receive A                | A held maker",
    );
}

#[test]
fn order_is_by_occurrence_whenever_statements_arrive() {
    check(
        "maker commission A             @10
         clinic receive A               @50 | A held clinic
         trader ship A to clinic        @40 | A held clinic
         trader receive A               @30
         maker ship A to trader         @20 | A held clinic
         clinic finish A                @60 | A used clinic
         clinic use A                   @55 | A used clinic",
    );
    // Pack and Ship of one minute: the cause stands first.
    check(
        "maker commission A             @1
         maker ship P to trader         @5
         maker pack P A                 @5 | A transit maker>trader in P",
    );
}

#[test]
fn corrections_and_voids_count() {
    check(
        "maker commission A,B
         p: maker pack P A              | A held maker in P
         s: maker ship P to trader      | A transit maker>trader in P; B held maker
         maker correct p pack P B       | A held maker; B transit maker>trader in P
         maker void s                   | B held maker in P
         t: maker ship A to trader
         maker correct t ship B to clinic | A held maker; B transit maker>clinic",
    );
    // What an earlier Receive of everything took in follows the correction of the Ship.
    check(
        "maker commission A,B
         s: maker ship A to trader
         trader receive of=s            | A held trader
         c: maker correct s ship B to trader
         trader endorse c               | A held maker; B held trader",
    );
}

#[test]
fn nothing_moves_after_it_is_used_up() {
    check(
        "maker commission A,B
         maker pack P A,B
         clinic finish P                | A used clinic in P; B used clinic in P
         clinic unpack P A              | A held clinic; B used clinic in P
         thief ship P to friend         | A held clinic; B used clinic in P; P used clinic
         clinic finish A                | A used clinic
         thief pack Q A                 | A used clinic
         thief ship Q to friend         | A used clinic",
    );
}

#[test]
fn the_site_is_the_holders() {
    let mut story = Story::of("maker commission A site=WORKS");
    assert_eq!(story.report("A").site, "site:org:maker/WORKS");
    story.tell("maker pack P A");
    assert_eq!(story.report("A").site, "site:org:maker/WORKS", "where it was");
    story.tell("maker ship P to trader");
    assert_eq!(story.report("A").site, "");
    story.tell("trader receive P site=STORE");
    assert_eq!(story.report("A").site, "site:org:trader/STORE");
    story.tell("clinic unpack P A");
    assert_eq!(story.report("A").site, "", "somebody else's");
}

#[test]
fn a_report_tells_what_is_known() {
    let story = Story::of(
        "maker commission A,B lot=L9
         maker pack P A
         clinic use A
         clinic use A,B
         thief ship A to friend @3",
    );
    let report = story.report("A");
    assert_eq!((report.maker.as_str(), report.events, report.last_index), ("org:maker", 5, 4));
    assert_eq!(report.last_occurred_at, super::story::NOON + 4 * super::story::MINUTE);
    let commission = report.commission.unwrap();
    assert_eq!((commission.lot.as_str(), commission.items.len()), (super::story::lot("L9").as_str(), 0));
    assert_eq!(report.used.into_iter().collect::<Vec<_>>(), [("U".to_string(), 40)]);
    assert!(!report.conflicts.is_empty() && !report.truncated);
    assert_eq!(item(&story.view, &sgtin("Z")), Err(Error::Unknown));
    assert!(matches!(item(&story.view, "sgtin:1.2"), Err(Error::NotAnItem(_))));
}

#[test]
fn containers_inside_themselves_end() {
    let story = Story::of(
        "maker commission A
         maker pack P A
         maker pack Q P
         maker pack P Q
         maker ship Q to trader",
    );
    let report = story.report("A");
    assert!(report.truncated, "says that something does not add up");
    assert_eq!(report.containers.len(), 2);
}
