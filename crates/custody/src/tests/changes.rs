//! Correct, Void, Endorse: chains, counter-signatures, withdrawals, business keys.

use proto::v1::StatementKind;

use super::{
    keys::mandate,
    ledger::TestLedger,
    story::{Recorded, check, check_on, write},
};
use crate::{Effect, View as _, control::Content, effect_of};

#[test]
fn a_correct_replaces_what_was_said() {
    check(
        "c: maker  commission A,B            | A held maker; B held maker
         d: maker  correct c commission B,C  | A unknown; B held maker; C held maker
            maker  correct c commission A    | TARGET_NOT_NEWEST correct.target
            maker  void c                    | TARGET_NOT_NEWEST void.target
         e: maker  correct d commission A    | A held maker; B unknown; C unknown
            maker  correct d commission A    | TARGET_NOT_NEWEST correct.target
            maker  void e                    | A unknown
            maker  void e                    | TARGET_VOIDED void.target
            maker  void c                    | TARGET_VOIDED void.target
            maker  correct e commission A    | TARGET_VOIDED correct.target",
    );
}

#[test]
fn a_correct_moves_an_event_in_time() {
    check(
        "c: maker   commission A @10                 | A held maker
            maker   ship A to clinic key=1 @20       | A transit maker>clinic
            clinic  receive bill=maker/1 @30         | A held clinic
         d: maker   correct c commission A at=25     | A held clinic !c
            maker   correct d commission A at=5      | A held clinic",
    );
}

#[test]
fn single_lines_are_corrected() {
    check(
        "c: maker  commission A,B,C                  | A held maker
         d: maker  lines c drop=items.1              | A held maker; B unknown; C held maker
            maker  lines d drop=items.2              | LINE_UNKNOWN correct.removed[0].index
            maker  lines d commission A              | ITEM_TWICE correct.replacement.commission.items[0]
            maker  lines d drop=items.0,items.1      | MISSING_FIELD correct.replacement.commission.items
            maker  lines d drop=items.0 ship D to clinic | TARGET_KIND correct.replacement
            maker  lines c drop=items.0              | TARGET_NOT_NEWEST correct.target
         e: maker  lines d drop=items.0 commission B,D | A unknown; B held maker; C held maker; D held maker
         f: maker  correct e commission A            | A held maker; B unknown; C unknown; D unknown
         g: maker  lines f commission E              | A held maker; E held maker
            maker  void g                            | A unknown; E unknown",
    );
}

#[test]
fn a_line_corrected_keeps_the_time_in_effect() {
    check(
        "c: maker   commission A @10                 | A held maker
            maker   ship A,B to clinic key=1 @20     | A transit maker>clinic
         d: maker   correct c commission A at=25     | A transit maker>clinic !c
         e: maker   lines d commission B             | B transit maker>clinic !c",
    );
}

#[test]
fn lines_the_other_side_has_signed_for_need_that_side() {
    check(
        "   maker   commission A,B                   | A held maker
         s: maker   ship A to clinic key=1 lots=1    | A transit maker>clinic
         r: clinic  receive bill=maker/1 A           | A held clinic
         c: maker   lines s ship B to clinic         | pending 1; B held maker
            clinic  endorse c                        | B transit maker>clinic
         d: clinic  lines r receive of=s B           | pending 1; B transit maker>clinic
            maker   endorse d                        | B held clinic",
    );
}

#[test]
fn a_statement_the_other_side_has_signed_for_needs_that_side() {
    check(
        "   maker   commission A,B                | A held maker
         s: maker   ship A to clinic key=1        | A transit maker>clinic
         r: clinic  receive bill=maker/1          | A held clinic
         c: maker   correct s ship B to clinic    | pending 1; A held clinic; B held maker
            maker   correct s ship A to trader    | TARGET_BUSY correct.target
            maker   correct c ship A to trader    | TARGET_BUSY correct.target
            maker   void s                        | TARGET_BUSY void.target
            trader  endorse c                     | NOT_ASKED header.party
            maker   endorse c                     | NOT_ASKED header.party
            clinic  endorse c                     | A held maker; B held clinic
            clinic  endorse c                     | NOT_PENDING endorse.target
         d: clinic  void r                        | pending 1; B held clinic
            maker   endorse d                     | B transit maker>clinic
            maker   void c                        | B held maker",
    );
}

#[test]
fn what_waits_can_be_withdrawn() {
    check(
        "   maker   commission A                  | A held maker
         s: maker   ship A to clinic key=1        | A transit maker>clinic
            clinic  receive bill=maker/1          | A held clinic
         c: maker   correct s ship A to trader    | pending 1
            trader  void c                        | NOT_YOURS void.target.party
         w: maker   void c                        | A held clinic
            clinic  endorse c                     | NOT_PENDING endorse.target
            maker   void c                        | TARGET_VOIDED void.target
            maker   void w                        | TARGET_KIND void.target
         v: maker   void s                        | pending 1; A held clinic
         x: maker   void v                        | A held clinic
            clinic  endorse v                     | NOT_PENDING endorse.target
         d: maker   correct s ship A to clinic2   | pending 1
            clinic  endorse d                     | A transit maker>clinic2",
    );
}

#[test]
fn strangers_do_not_keep_a_ship_from_being_corrected() {
    check(
        "   maker    commission A                 | A held maker
         s: maker    ship A to clinic key=1       | A transit maker>clinic
         r: clinic2  receive of=s                 | A held clinic2 !r
            maker    correct s ship A to trader   | A held clinic2 !r
            clinic2  void r                       | A transit maker>trader",
    );
}

#[test]
fn a_void_receive_signs_for_nothing() {
    check(
        "   maker   commission A                | A held maker
         s: maker   ship A to clinic key=1      | A transit maker>clinic
         r: clinic  receive bill=maker/1        | A held clinic
         v: clinic  void r                      | pending 1
            maker   endorse v                   | A transit maker>clinic
            maker   void s                      | A held maker",
    );
}

#[test]
fn a_business_key_belongs_to_signer_principal_and_kind() {
    let mut ledger = TestLedger::new();
    mandate(&mut ledger, "maker", "firm", &[StatementKind::Ship]);
    check_on(
        ledger,
        "   maker       ship A to clinic key=1         | A transit maker>clinic
            maker       ship B to clinic key=1         | BUSINESS_KEY_TAKEN header.business_key
            maker       ship B to clinic key=2         | B transit maker>clinic
            maker       commission C key=1             | C held maker
            trader      ship D to clinic key=1         | D transit trader>clinic
         f: firm>maker  ship E to clinic key=1         | E transit maker>clinic
            firm>maker  ship F to clinic key=1         | BUSINESS_KEY_TAKEN header.business_key
            firm        ship F to clinic key=1         | F transit firm>clinic
            firm        void f                         | NOT_YOURS void.target.party
            firm>maker  void f                         | E unknown",
    );
}

#[test]
fn a_correct_inherits_the_business_key_and_a_void_frees_it() {
    check(
        "s: maker  ship A to clinic key=1              | A transit maker>clinic
         c: maker  correct s ship B to clinic key=1    | B transit maker>clinic
         d: maker  correct c ship C to clinic key=1    | C transit maker>clinic
            maker  ship D to clinic key=1              | BUSINESS_KEY_TAKEN header.business_key
         e: maker  correct d ship E to clinic key=9    | E transit maker>clinic
         x: maker  ship X to clinic key=3              | X transit maker>clinic
            maker  correct x ship Y to clinic key=9    | BUSINESS_KEY_TAKEN header.business_key
            maker  void e key=1                        | E unknown
            maker  ship D to clinic key=1              | D transit maker>clinic
            maker  correct x ship Y to clinic key=9    | Y transit maker>clinic",
    );
}

#[test]
fn a_void_that_waits_frees_nothing_yet() {
    check(
        "s: maker   ship A to clinic key=1     | A transit maker>clinic
            clinic  receive bill=maker/1       | A held clinic
         v: maker   void s                     | pending 1
            maker   ship B to clinic key=1     | BUSINESS_KEY_TAKEN header.business_key
            clinic  endorse v                  | A unknown
            maker   ship B to clinic key=1 @1  | B held clinic",
    );
}

#[test]
fn kinds_stay_what_they_are() {
    check(
        "s: maker   ship A to clinic           | A transit maker>clinic
            maker   correct s pack P A         | TARGET_KIND correct.replacement
         r: clinic  receive of=s               | A held clinic
         c: clinic  correct r receive of=r     | TARGET_KIND correct.replacement.receive.shipment
         e: clinic  use B                      | B opened clinic
         v: clinic  void e                     | B unknown
            clinic  void v                     | TARGET_KIND void.target",
    );
}

#[test]
fn sixty_four_corrects_are_the_most() {
    let mut story = String::from("c0: maker commission A | A held maker\n");
    for n in 1..=64 {
        story += &format!("c{n}: maker correct c{} commission A | A held maker\n", n - 1);
    }
    story += "maker correct c64 commission A | TOO_MANY_CORRECTIONS correct.target\n";
    story += "maker void c64 | A unknown\n";
    check(&story);
}

#[test]
fn what_counts_can_be_read_back() {
    let mut ledger = TestLedger::new();
    let lines = write(
        &ledger,
        "s: maker  ship A to clinic
         c: maker  correct s ship B to clinic
         d: maker  correct c ship C to clinic
         u: clinic use D
         v: clinic void u",
    );
    let mut recorded = Recorded::default();
    let mut at = Vec::new();
    for line in &lines {
        at.push(ledger.view.size());
        recorded.note(ledger.view.size(), line);
        ledger.record(&line.signed);
    }
    let effects: Vec<Effect> = at
        .iter()
        .zip(&lines)
        .map(|(i, line)| effect_of(&ledger.view, *i, line.signed.statement.kind()).unwrap())
        .collect();
    use Effect::{Corrected, Effective, Voided};
    assert_eq!(effects, [Corrected, Corrected, Effective, Voided, Effective]);
    let Content { root_index, body, .. } = crate::content(&ledger.view, at[0]).unwrap().unwrap();
    assert_eq!(root_index, at[0]);
    assert_eq!(crate::root_of(&ledger.view, at[2]).unwrap(), at[0]);
    let proto::v1::statement::Body::Ship(ship) = body else { panic!("a Ship stays a Ship") };
    assert_eq!(ship.items, [super::story::item("C")]);
    assert!(crate::content(&ledger.view, at[3]).unwrap().is_none());
}
