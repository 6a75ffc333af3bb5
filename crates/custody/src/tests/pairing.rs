//! Which Receive answers which Ship, in whatever order and whatever is corrected.

use proto::v1::{self, statement::Body};

use super::{
    ledger::{Say, TestLedger, reference_to, uuid},
    story::{Line, check, check_on, item, write},
};
use crate::{
    View as _,
    item::{Status, item_state},
    response::{receives_of, ships_of, tells_sender},
};

#[test]
fn a_receive_by_waybill_takes_in_all_ships_of_it_to_the_receiver() {
    check(
        "maker   ship A to clinic way=W     | A transit maker>clinic
         trader  ship B to clinic way=W     | B transit trader>clinic
         trader  ship C to clinic2 way=W    | C transit trader>clinic2
         clinic  receive way=W              | A held clinic; B held clinic; C transit trader>clinic2",
    );
}

#[test]
fn what_comes_under_a_waybill_after_the_receive_is_not_taken_in_unless_it_names_that() {
    check(
        "   clinic  receive way=W @9                     | A unheard-of
            trader  ship A to clinic way=W @3            | A transit trader>clinic
         l: clinic  receive way=V B bill=maker/none @9   | B held clinic
            trader  ship C to clinic way=V @3            | C transit trader>clinic
            maker   ship B,D to clinic way=V @3          | B held clinic; D transit maker>clinic
         e: clinic  receive way=U bill=maker/none @9     | E unheard-of
            trader  ship F to clinic way=U @3            | F transit trader>clinic
            maker   ship E to clinic way=U key=7 @3      | E held clinic
         z: trader  ship G to trader way=Z               | G transit trader>trader
            trader  correct z ship G to clinic way=U at=3 | G transit trader>clinic",
    );
}

#[test]
fn who_corrects_a_receive_takes_in_nothing_that_has_come_under_the_waybill_since() {
    check(
        "   maker   ship A to clinic way=W               | A transit maker>clinic
         r: clinic  receive way=W @9                     | A held clinic
            trader  ship B to clinic way=W @3            | B transit trader>clinic
         c: clinic  correct r receive way=W at=8         | pending 1
            maker   endorse c                            | A held clinic; B transit trader>clinic
         d: clinic  correct c receive way=W B            | pending 1
            maker   endorse d                            | A transit maker>clinic; B held clinic",
    );
}

/// Who else must sign when the last statement but one is taken back by the last.
#[test]
fn who_has_laid_a_ship_under_the_waybill_is_not_asked_when_a_receive_is_taken_back() {
    check(
        "   maker   ship A to clinic way=W               | A transit maker>clinic
            trader  ship X to clinic way=W               | X transit trader>clinic
         r: clinic  receive way=W A @9                   | A held clinic
            importer ship A,Y to clinic way=W @3         | Y transit importer>clinic
         v: clinic  void r                               | pending 1
            maker   endorse v                            | X transit trader>clinic",
    );
    // Nobody had shipped any of it: nobody is asked.
    check(
        "   trader  ship X to clinic way=W               | X transit trader>clinic
         r: clinic  receive way=W A @9                   | A held clinic
            maker   ship A to clinic way=W @3            | A held clinic
         v: clinic  void r                               | A transit maker>clinic; X transit trader>clinic",
    );
    // Whom the Receive names has to sign, whenever its Ship came.
    check(
        "r: clinic  receive way=W bill=maker/none @9     | A unheard-of
            maker   ship A to clinic way=W @3            | A held clinic
         v: clinic  void r                               | pending 1
            maker   endorse v                            | A transit maker>clinic",
    );
    // The first under the waybill, not the first of the log.
    check(
        "z: trader  ship X to trader way=Z               | X transit trader>trader
            maker   ship A to clinic way=W               | A transit maker>clinic
            trader  correct z ship X to clinic way=W     | X transit trader>clinic
         r: clinic  receive way=W @9                     | A held clinic; X held clinic
         v: clinic  void r                               | pending 1
            maker   endorse v                            | A transit maker>clinic; X transit trader>clinic",
    );
}

#[test]
fn a_flood_under_the_waybill_does_not_keep_a_receive_from_being_taken_back_or_corrected() {
    let mut ledger = TestLedger::new();
    let way = |body: Body| match body {
        Body::Ship(b) => Body::Ship(v1::Ship { waybill: super::story::waybill("W"), ..b }),
        other => other,
    };
    let receive = v1::Receive { waybill: super::story::waybill("W"), ..v1::Receive::default() };
    let say = ledger.say("clinic", Body::Receive(receive.clone()));
    let received = ledger.signed(&say).statement;
    ledger.must(&say);
    for n in 0..5 {
        let names: Vec<String> = (0..4_000).map(|i| format!("F{n}x{i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let say = ledger.say("trader", way(super::admission::ship(&names, "clinic")));
        ledger.must(&say);
    }
    let replacement = v1::replacement::Body::Receive(receive.clone());
    let correct = Body::Correct(v1::Correct {
        target: Some(reference_to(&received)),
        reason: "mistake".into(),
        replacement: Some(v1::Replacement { body: Some(replacement), ..v1::Replacement::default() }),
        ..v1::Correct::default()
    });
    let say = ledger.say("clinic", correct);
    let corrected = ledger.signed(&say).statement;
    ledger.must(&say);
    let say = ledger.say("clinic", super::ledger::void_of(&corrected));
    ledger.must(&say);
    // One that says so now means all of it.
    let say = ledger.say("clinic", Body::Receive(receive));
    assert_eq!(ledger.verdict_of(&say), "TOO_MANY_SUBJECTS body");
}

#[test]
fn a_ship_that_comes_late_is_met_by_the_receive() {
    check(
        "clinic  receive bill=maker/1 @9            | A unheard-of
         maker   ship A to clinic key=1 @5          | A held clinic
         maker   ship B to clinic2 key=2 @5         | B transit maker>clinic2
         clinic  receive bill=maker/2 @9            | B transit maker>clinic2",
    );
}

#[test]
fn a_corrected_addressee_receives() {
    check(
        "   maker   commission A @1                         | A held maker
         s: maker   ship A to clinic key=1 @5               | A transit maker>clinic
         r: trader  receive bill=maker/1 @9                 | A transit maker>clinic
         c: maker   correct s ship A to trader              | A held trader
         d: maker   correct c ship A,B to clinic way=W      | pending 1
            trader  endorse d                               | A transit maker>clinic; B transit maker>clinic
            clinic  receive way=W @9                        | A held clinic; B held clinic",
    );
}

#[test]
fn a_corrected_receive_takes_in_another_ship() {
    check(
        "s: maker   ship A to clinic key=1         | A transit maker>clinic
         t: maker   ship B to clinic key=2         | B transit maker>clinic
         r: clinic  receive bill=maker/1 @9        | A held clinic
         c: clinic  correct r receive of=t         | pending 1
            maker   endorse c                      | A transit maker>clinic; B held clinic
         d: clinic  correct c receive of=t bill=maker/3 short=B | pending 1
            maker   endorse d                      | B missing maker>clinic",
    );
}

#[test]
fn what_a_correct_adds_to_a_ship_is_received_with_it() {
    check(
        "s: maker   ship A to clinic key=1             | A transit maker>clinic
         c: maker   correct s ship A,B to clinic       | B transit maker>clinic
            clinic  receive of=s                       | A held clinic; B held clinic
            maker   commission B @1                    | B held clinic",
    );
}

#[test]
fn a_void_ship_brings_nothing() {
    check(
        "s: maker   ship A to clinic key=1  | A transit maker>clinic
            maker   void s                  | A unknown
            clinic  receive of=s            | A unknown
            clinic  receive bill=maker/1    | A unknown",
    );
}

#[test]
fn a_receive_that_names_itself_takes_in_nothing() {
    let mut ledger = TestLedger::new();
    let id = uuid(super::ledger::LATER, 4_711);
    let own = v1::StatementRef { party: super::ledger::org("clinic"), id: id.to_vec(), digest: Vec::new() };
    let body = Body::Receive(v1::Receive {
        shipment: Some(own),
        bill: super::story::bill("maker", "1"),
        ..v1::Receive::default()
    });
    let say = Say { id, ..ledger.say("clinic", body) };
    let index = ledger.must(&say);
    assert_eq!(ships_of(&ledger.view, index).unwrap(), []);
    check_on(ledger, "maker ship A to clinic key=1 | A transit maker>clinic");
}

#[test]
fn a_receive_waits_for_the_very_bytes_it_names() {
    let mut ledger = TestLedger::new();
    let say = ledger.say("maker", super::admission::ship(&["A"], "clinic"));
    let ship = ledger.signed(&say);
    let receive = |digest: Vec<u8>| {
        let shipment = Some(v1::StatementRef { digest, ..reference_to(&ship.statement) });
        let bill = super::story::bill("maker", "none");
        Body::Receive(v1::Receive { shipment, bill, ..v1::Receive::default() })
    };
    let other = ledger.say("clinic", receive(vec![1; 32]));
    ledger.must(&other);
    let meant = ledger.say("clinic", receive(ship.statement.digest().to_vec()));
    let meant = ledger.must(&meant);
    let index = ledger.record(&ship);
    assert_eq!(receives_of(&ledger.view, index).unwrap(), [meant]);
    let (_, state) = item_state(&ledger.view, &item("A")).unwrap().unwrap();
    // Both are of one instant: a Ship stands before a Receive.
    assert_eq!(state.status, Status::Held);
}

#[test]
fn strangers_cannot_shut_the_addressee_out() {
    let mut ledger = TestLedger::new();
    let say = ledger.say("maker", super::admission::ship(&["A"], "clinic"));
    let ship = ledger.signed(&say);
    let index = ledger.record(&ship);
    let receive = Body::Receive(v1::Receive {
        shipment: Some(reference_to(&ship.statement)),
        ..v1::Receive::default()
    });
    for _ in 0..300 {
        let say = ledger.say("clinic2", receive.clone());
        let signed = ledger.signed(&say);
        ledger.apply(&signed);
    }
    let say = ledger.say("clinic", receive);
    let own = ledger.must(&say);
    let answers = receives_of(&ledger.view, index).unwrap();
    assert_eq!(answers.len(), crate::tables::MAX_STRANGERS + 1);
    assert_eq!(answers.last(), Some(&own));
    assert_eq!(ledger.view.size(), own + 1);
}

#[test]
fn a_document_with_many_ships_is_matched_up_to_its_limit() {
    let mut ledger = TestLedger::new();
    let way = |names: &[&str], to: &str| match super::admission::ship(names, to) {
        Body::Ship(b) => Body::Ship(v1::Ship { waybill: super::story::waybill("W"), ..b }),
        other => other,
    };
    let most = crate::tables::MAX_PER_RECEIVER;
    let names: Vec<String> = (0..=most).map(|n| format!("A{n}")).collect();
    for name in &names {
        let say = ledger.say("maker", way(&[name], "clinic"));
        ledger.must(&say);
    }
    let receive =
        Body::Receive(v1::Receive { waybill: super::story::waybill("W"), ..v1::Receive::default() });
    let say = Say { at: super::ledger::NOON + 1, ..ledger.say("clinic", receive.clone()) };
    let index = ledger.must(&say);
    assert_eq!(ships_of(&ledger.view, index).unwrap().len(), most);
    // Another receiver has places of its own.
    let say = ledger.say("maker", way(&["B"], "clinic2"));
    ledger.must(&say);
    let say = Say { at: super::ledger::NOON + 1, ..ledger.say("clinic2", receive) };
    ledger.must(&say);
    let status = |name: &str| item_state(&ledger.view, &item(name)).unwrap().unwrap().1.status;
    assert_eq!((status("A0"), status("B")), (Status::Held, Status::Held));
    assert_eq!(status(&names[most]), Status::InTransit, "the receiver names it by reference");
}

/// Which of the Ships that a story's one Receive answers are told so, by their labels.
fn told(story: &str) -> String {
    let mut ledger = TestLedger::new();
    let lines = write(&ledger, &story.replace(';', "\n"));
    let entries: Vec<u64> = lines.iter().map(|line| ledger.record(&line.signed)).collect();
    let is_receive = |line: &Line| matches!(line.signed.statement.body(), Body::Receive(_));
    let receive = entries[lines.iter().position(is_receive).unwrap()];
    let answered = ships_of(&ledger.view, receive).unwrap();
    let told = lines.iter().zip(&entries).filter(|(_, entry)| answered.contains(entry));
    let told = told.filter(|(_, entry)| tells_sender(&ledger.view, receive, **entry).unwrap());
    told.map(|(line, _)| line.label.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn over_a_waybill_alone_a_receive_tells_who_shipped_what_was_taken_in() {
    let table = [
        ("s: maker ship A to clinic way=W; clinic receive of=s", "s"),
        ("s: maker ship A to clinic key=1; clinic receive bill=maker/1", "s"),
        // Everything that came under the waybill: whose it was first.
        ("s: maker ship A to clinic way=W; clinic receive way=W", "s"),
        ("s: maker ship A to clinic way=W; t: trader ship B to clinic way=W; clinic receive way=W", "s"),
        // Single goods: who shipped one of them, and was the first to say so.
        ("s: maker ship A to clinic way=W; t: trader ship B to clinic way=W; clinic receive way=W A", "s"),
        (
            "s: maker ship A to clinic way=W; t: trader ship B to clinic way=W; clinic receive way=W A,B",
            "s t",
        ),
        ("s: maker ship A to clinic way=W; t: trader ship A to clinic way=W; clinic receive way=W A", "s"),
        (
            "s: maker ship A to clinic way=W; t: trader ship A,B to clinic way=W; clinic receive way=W A,B",
            "s t",
        ),
        (
            "s: maker ship A to clinic way=W; t: trader ship A to clinic way=W; clinic receive way=W short=A",
            "s",
        ),
        (
            "s: maker ship A to clinic way=W; t: trader ship B to clinic way=W; clinic receive way=W over=C",
            "",
        ),
        // What has come since.
        ("clinic receive way=W; s: maker ship A to clinic way=W", ""),
        ("clinic receive way=W A; s: maker ship A to clinic way=W", ""),
        ("clinic receive way=W A bill=maker/none; s: maker ship A to clinic way=W", "s"),
        ("clinic receive bill=maker/1; s: maker ship A to clinic key=1", "s"),
        // The first to have come under it.
        (
            "s: maker ship A to trader; t: trader ship A to clinic way=W; maker correct s ship A to clinic way=W;
             clinic receive way=W A",
            "t",
        ),
        // What a Correct adds does not count.
        (
            "s: maker ship A to clinic way=W; t: trader ship B to clinic way=W;
             trader correct t ship A,B to clinic way=W; clinic receive way=W A",
            "s",
        ),
        // The bill of one is not the waybill of the other.
        (
            "s: maker ship A to clinic key=1 way=W; t: trader ship A to clinic key=1 way=W;
             clinic receive bill=maker/1 way=W",
            "s",
        ),
    ];
    for (story, expect) in table {
        assert_eq!(told(story), expect, "{story}");
    }
}
