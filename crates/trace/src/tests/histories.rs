use custody::Effect;

use super::story::{Story, expect, sgtin, short};
use crate::{Error, HistoryEvent, PageStart, Relation, history};

fn line(e: &HistoryEvent) -> String {
    let relation = match e.relation {
        Relation::Item => "item",
        Relation::Shipment => "shipment",
        Relation::Container => "container",
    };
    let effect = match e.effect {
        Effect::Effective => "counts",
        Effect::Pending => "pending",
        Effect::Corrected => "corrected",
        Effect::Voided => "voided",
    };
    let minute = (e.occurred_at - super::story::NOON) / super::story::MINUTE;
    format!(
        "{} {:?} @{minute} {} {relation} {} {effect}",
        e.index,
        e.kind,
        short(&e.party),
        short(&e.subject)
    )
}

fn all(story: &Story, item: &str) -> Vec<String> {
    let page = history(&story.view, &sgtin(item), None, 100).unwrap();
    assert!(page.next.is_none() && !page.truncated);
    page.events.iter().map(line).collect()
}

#[test]
fn a_history_holds_what_counts_and_what_does_not() {
    let story = Story::of(
        "maker commission A,B
         p: maker pack P A
         s: maker ship P to trader
         trader receive of=s
         x: maker ship A to clinic
         maker void x
         c: maker correct s ship P,B to trader
         d: maker correct p pack P A,B
         trader unpack P A
         t: trader ship A to clinic
         clinic receive of=t
         v: trader void t",
    );
    expect(
        &all(&story, "A"),
        "1  Commission @1  maker  item      A counts
         2  Pack       @2  maker  item      A corrected
         8  Correct    @2  maker  item      A counts
         3  Ship       @3  maker  container P counts
         4  Receive    @4  trader container P counts
         5  Ship       @5  maker  item      A voided
         6  Void       @5  maker  item      A counts
         9  Unpack     @9  trader item      A counts
         10 Ship       @10 trader item      A counts
         12 Void       @10 trader item      A pending
         11 Receive    @11 clinic shipment  A counts",
    );
    // The endorsement brings the Void into effect, and stands by what it is about.
    let mut story = story;
    story.tell("clinic endorse v");
    let lines = all(&story, "A");
    assert_eq!(lines[8..].iter().filter(|l| l.contains("@10")).count(), 3, "{lines:?}");
    assert!(lines.contains(&"10 Ship @10 trader item A voided".to_string()), "{lines:?}");
}

#[test]
fn what_happened_at_one_instant_stands_in_order_of_cause() {
    let story = Story::of(
        "maker receive A  @5
         maker ship A to clinic @5
         clinic finish A @5
         maker commission A @5
         maker pack P A @5",
    );
    let kinds: Vec<String> = all(&story, "A").iter().map(|l| l.split(' ').nth(1).unwrap().into()).collect();
    assert_eq!(kinds[0], "Commission");
    let at = |kind: &str| kinds.iter().position(|k| k == kind).unwrap();
    assert!(at("Pack") < at("Ship") && at("Ship") < at("Use"), "{kinds:?}");
}

#[test]
fn pages_go_on_where_the_last_ended_whatever_is_recorded_meanwhile() {
    let mut story = Story::of(
        "maker commission A
         maker pack P A
         maker ship P to trader
         trader receive P
         trader use A",
    );
    let whole = history(&story.view, &sgtin("A"), None, 100).unwrap().events;
    let (mut start, mut events) = (None, Vec::new());
    loop {
        let page = history(&story.view, &sgtin("A"), start, 2).unwrap();
        assert!(page.events.len() <= 2);
        events.extend(page.events);
        // Something late, before all that has been shown.
        story.tell("thief use A @0");
        start = page.next;
        if start.is_none() {
            break;
        }
    }
    assert_eq!(events, whole);
    for start in [PageStart { skip: 6, size: 6 }, PageStart { skip: 0, size: 1_000 }] {
        let page = history(&story.view, &sgtin("A"), Some(start), 2);
        assert!(matches!(page, Err(Error::PageToken)), "{start:?}");
    }
}
