//! What becomes of goods, told in order.

use super::story::check;

#[test]
fn goods_go_from_maker_to_patient() {
    check(
        "maker    commission A,B,C                  | A held maker; C held maker
         maker    pack P A,B                        | A held maker in P; P held maker
      s: maker    ship P,C to trader key=1          | P transit maker>trader; C transit maker>trader; A held maker in P
         trader   receive of=s                      | P held trader; C held trader; A held maker in P
         trader   unpack P                          | A held maker ex P; P held trader
      t: trader   ship A,B to clinic                | A transit trader>clinic; B transit trader>clinic
         clinic   receive of=t A short=B            | A held clinic; B missing trader>clinic
         clinic   use A                             | A opened clinic
         clinic   finish A                          | A used clinic
         clinic   finish A                          | A used clinic !e10",
    );
}

#[test]
fn a_statement_that_does_not_fit_is_recorded_and_marked() {
    check(
        "maker    commission A,B      | A held maker
         maker    commission A        | A held maker !e2
         trader   ship A to clinic    | A transit trader>clinic !e2 !e3
         clinic2  receive bill=trader/9 A | A held clinic2 !e2 !e3 !e4
         clinic   ship B to clinic2   | B transit clinic>clinic2 !e5
         clinic   use D               | D opened clinic",
    );
}

#[test]
fn refused_and_missing_goods_can_come_back() {
    check(
        "maker    commission A,B,C             | A held maker
      s: maker    ship A,B,C to clinic         | A transit maker>clinic
         clinic   receive of=s C short=A refused=B | A missing maker>clinic; B refused maker>clinic; C held clinic
         clinic   ship B to maker              | B transit clinic>maker
         maker    receive of=e4                | B held maker
         maker    ship A to clinic             | A transit maker>clinic",
    );
}

#[test]
fn what_strangers_say_is_missing_is_not() {
    check(
        "maker    commission A           | A held maker
      s: maker    ship A to clinic       | A transit maker>clinic
         clinic2  receive of=s short=A   | A transit maker>clinic !e3
         clinic   receive of=s           | A held clinic !e3",
    );
}

#[test]
fn an_opened_item_stays_opened_on_its_way_back() {
    check(
        "maker    commission A           | A held maker
         clinic   receive bill=maker/1 A | A held clinic !e2
         clinic   use A                  | A opened clinic !e2
         clinic   ship A to maker key=5  | A transit clinic>maker !e2
         maker    receive bill=clinic/5  | A opened maker !e2",
    );
}

#[test]
fn packing_tells_where_goods_are_unless_they_were_elsewhere() {
    check(
        "maker    commission A,B,C     | A held maker
         maker    pack P A             | A held maker in P
         trader   pack Q B             | B held trader in Q !e3
         maker    unpack P A           | A held maker; P held maker
         maker    unpack P C           | C held maker !e5
         maker    ship A to clinic     | A transit maker>clinic
         clinic   pack R A             | A held clinic in R
         clinic   unpack R             | A held clinic ex R; R held clinic
         clinic   finish A             | A used clinic; R held clinic",
    );
}

#[test]
fn goods_missing_from_a_container_are_out_of_it() {
    check(
        "maker    commission A,B        | A held maker
         maker    pack P A,B            | A held maker in P
      s: maker    ship P to clinic      | P transit maker>clinic
         clinic   receive of=s P short=A refused=B | P held clinic; A missing maker>clinic; B refused maker>clinic",
    );
}

#[test]
fn a_device_stays_where_it_is_while_its_tips_are_used_up() {
    check(
        "maker    commission D,T        | D held maker
      s: maker    ship D,T to clinic    | D transit maker>clinic
         clinic   receive of=s          | D held clinic
         clinic   finish T with D       | T used clinic; D held clinic
         clinic2  finish U with D       | U used clinic2; D held clinic !e5",
    );
}

#[test]
fn late_statements_find_their_place() {
    check(
        "clinic   finish A @50             | A used clinic
         clinic   receive bill=maker/1 @40 | A used clinic
         maker    ship A to clinic key=1 @30 | A used clinic
         maker    commission A @10         | A used clinic
         maker    commission A @60         | A used clinic !e5",
    );
}

#[test]
fn agents_act_for_their_principal() {
    let mut ledger = super::ledger::TestLedger::new();
    super::keys::mandate(&mut ledger, "maker", "firm", &[proto::v1::StatementKind::Ship]);
    super::story::check_on(
        ledger,
        "maker       commission A           | A held maker
         firm>maker  ship A to clinic key=1 | A transit maker>clinic
         clinic      receive bill=maker/1   | A held clinic",
    );
}
