//! Seized goods: what becomes of items, of bags, and of amounts of lots.

use proto::v1::{self, statement::Body};
use statement::{SubjectKind, subject_key};

use super::{
    ledger::{Say, TestLedger, org},
    story::{bag, check, check_on, item, lot_of},
};
use crate::{
    control_of,
    exhibit::{BagAct, Fate, GapKind, chain, exhibit_state},
    stock::{StockKind, balances, stock},
    tables,
};

#[test]
fn a_seizure_moves_goods_to_the_authority_and_a_return_gives_them_back() {
    check(
        "
        maker   commission A,B,C
        maker   ship A,B,C to clinic         key=1
        clinic  receive bill=maker/1         | A held clinic
        clinic  use B                        | B opened clinic
        drug    seize A,B from clinic bags=X | A seized drug; B seized drug; C held clinic; bag:X kept drug
        drug    keep X seals=1,2             | bag:X kept drug seals 1,2
     h: drug    handover A to lab bags=X seals=1,2 | pending 1; A seized drug; bag:X kept drug seals 1,2
        lab     endorse h                    | A seized lab; B seized drug; bag:X kept lab seals 1,2
        lab     keep X seals=3 cond=resealed | bag:X kept lab seals 3
     i: lab     handover A to drug bags=X seals=3 | pending 1
        drug    endorse i                    | A seized drug; bag:X kept drug seals 3
        drug    giveback A,B to clinic bags=X | A held clinic; B opened clinic; bag:X returned clinic seals 3
        clinic  finish B                     | B used clinic
    ",
    );
}

#[test]
fn what_is_seized_stays_where_the_authority_has_it_whatever_others_say() {
    check(
        "
        maker   commission A,B,C,D
        maker   ship A,B,C,D to clinic       key=1
        clinic  receive bill=maker/1
     s: drug    seize A,B,C,D from clinic bags=X
     u: clinic  use A                        | A seized drug !u
     t: clinic  ship B to clinic2            | B seized drug !t
     r: clinic2 receive of=t                 | B seized drug !t !r
     g: firm    handover C to lab            | pending 1
        lab     endorse g                    | C seized lab !g
     b: lab     sample D from drug           | D seized lab
     f: drug    burn A,B bags=X              | A destroyed drug !u; B destroyed drug !t !r; bag:X destroyed drug
     l: clinic  receive way=W9 A             | A destroyed drug !u !l
    ",
    );
}

#[test]
fn goods_are_seized_from_whom_the_ledger_knows_to_have_them_or_it_is_told() {
    check(
        "
        maker   commission A,B,C,D,E,F
        maker   ship B to clinic
     a: drug    seize A from clinic bags=X   | A seized drug !a
        drug    seize B from maker bags=X    | B seized drug
        maker   adjust stolen=C lost=D
        drug    seize C,D from clinic bags=X | C seized drug; D seized drug
        drug    seize U from - bags=X        | U seized drug
     e: drug    seize E from - bags=X        | E seized drug !e
        maker   pack P F
        drug    seize P from maker bags=Y    | P seized drug; F held maker in P
        drug    giveback P to - bags=Y       | P unknown; bag:Y returned
        drug    burn A from=clinic           | A destroyed drug !a
    ",
    );
}

#[test]
fn a_chain_of_custody_has_no_gap_that_is_not_told() {
    check(
        "
     k: firm    keep X seals=9               | bag:X kept firm seals 9 notseized!k
        drug    seize - from - bags=Y        | bag:Y kept drug
     l: lab     keep Y seals=7               | bag:Y kept drug notholder!l
        drug    keep Y seals=1               | bag:Y kept drug seals 1 notholder!l
     m: drug    keep Y seals=2               | bag:Y kept drug seals 2 notholder!l sealbroken!m
        drug    keep Y seals=3 cond=opened   | bag:Y kept drug seals 3 notholder!l sealbroken!m
     n: drug    keep Y seals=3 cond=broken-seal | bag:Y kept drug seals 3 notholder!l sealbroken!m sealbroken!n
     o: lab     handover - to firm bags=Y seals=3 | pending 1
        firm    endorse o                    | bag:Y kept firm seals 3 notholder!l sealbroken!m sealbroken!n notholder!o
        drug    seize - from - bags=Z        | bag:Z kept drug
        drug    giveback - to clinic bags=Z  | bag:Z returned clinic
     q: drug    keep Z                       | bag:Z returned clinic afterend!q
        drug    seize - from clinic bags=Z   | bag:Z kept drug afterend!q
        drug    burn - bags=Z                | bag:Z destroyed drug afterend!q
     p: drug    seize - from clinic bags=Z   | bag:Z destroyed drug afterend!q afterend!p
    ",
    );
}

#[test]
fn another_authority_takes_a_bag_only_with_a_gap() {
    let mut ledger = TestLedger::new();
    ledger.found_authority("police", v1::AuthorityField::Police);
    check_on(
        ledger,
        "
        drug    seize - from - bags=X        | bag:X kept drug
        drug    keep X seals=1               | bag:X kept drug seals 1
        drug    seize - from - bags=X        | bag:X kept drug seals 1
     p: police  seize - from drug bags=X     | bag:X kept police seals 1 seizedelsewhere!p
        police  burn - bags=X from=police    | bag:X destroyed police seals 1 seizedelsewhere!p
    ",
    );
}

#[test]
fn late_and_corrected_statements_are_folded_in_their_place() {
    check(
        "
     s: drug    seize - from - bags=X        @1
     h: drug    handover - to lab bags=X seals=2 @5 | pending 1
        lab     endorse h                    | bag:X kept lab seals 2
     k: drug    keep X seals=1               @3 | bag:X kept lab seals 2 sealbroken!h
     l: drug    keep X seals=2 cond=opened   @4 | bag:X kept lab seals 2
     c: drug    correct s seize - from - bags=Y @1 | bag:X kept lab seals 2 notseized!k; bag:Y kept drug
        drug    void c                       @1 | bag:X kept lab seals 2 notseized!k; bag:Y unheard
    ",
    );
}

#[test]
fn a_hand_over_counts_with_the_signature_of_who_takes_over() {
    let ledger = check(
        "
     s: drug    seize - from - bags=X
     h: drug    handover - to lab bags=X     | pending 1
        firm    endorse h                    | NOT_ASKED header.party
        drug    correct h handover - to lab bags=X | TARGET_BUSY correct.target
        lab     endorse h                    | bag:X kept lab
        drug    endorse h                    | NOT_PENDING endorse.target
     c: drug    correct h handover - to firm bags=X | pending 2
        firm    endorse c                    | bag:X kept lab
        lab     endorse c                    | bag:X kept firm
     v: drug    void c                       | pending 2
        lab     endorse v                    | bag:X kept firm
        firm    endorse v                    | bag:X kept drug
     j: drug    handover - to firm bags=X    | pending 1
        drug    void j                       | bag:X kept drug
        firm    endorse j                    | NOT_PENDING endorse.target
     m: drug    handover - to drug bags=X    | INVALID_FIELD hand_over.receiver
        drug    handover - to clinic bags=X  | ROLE_MISSING hand_over.receiver
        drug    handover - to ghost bags=X   | ROLE_MISSING hand_over.receiver
    ",
    );
    assert_eq!(control_of(&ledger.view, 0).unwrap().needed, 0);
}

#[test]
fn who_may_do_what_with_evidence() {
    let mut ledger = TestLedger::new();
    for (name, field) in [
        ("police", v1::AuthorityField::Police),
        ("court", v1::AuthorityField::Court),
        ("web", v1::AuthorityField::Cyberspace),
    ] {
        ledger.found_authority(name, field);
    }
    let refused = "ROLE_MISSING header.party";
    for (by, [seize, keep, hand_over, give_back, burn]) in [
        ("drug", [true; 5]),
        ("police", [true; 5]),
        ("court", [true; 5]),
        ("web", [false, true, true, false, false]),
        ("root1", [false, true, true, false, false]),
        ("lab", [false, true, true, false, false]),
        ("firm", [false, true, true, false, false]),
        ("clinic", [false; 5]),
        ("maker", [false; 5]),
    ] {
        for (said, may) in [
            ("seize A from clinic bags=X", seize),
            ("keep X", keep),
            ("handover - to carrier bags=X", hand_over),
            ("giveback A to clinic", give_back),
            ("burn A", burn),
        ] {
            let line = super::story::write(&ledger, &format!("{by} {said}")).remove(0);
            let verdict = ledger.verdict(&line.signed);
            let no_keeper = said.contains("carrier") && may;
            let expected = match may {
                _ if no_keeper => "ROLE_MISSING hand_over.receiver",
                true => "OK",
                false => refused,
            };
            assert_eq!(verdict, expected, "{by} {said}");
        }
    }
}

#[test]
fn amounts_of_lots_follow_the_goods() {
    let ledger = check(
        "
        maker   ship - to clinic lots=1      key=1
        clinic  receive bill=maker/1
        drug    seize - from clinic bags=X lots=1
     h: drug    handover - to lab lots=1     | pending 1
        lab     endorse h
     i: lab     handover - to drug lots=1    | pending 1
        drug    endorse i
        drug    seize - from clinic bags=Y lots=1
        drug    giveback - to clinic lots=1
        drug    burn - lots=1
    ",
    );
    let lot = subject_key(SubjectKind::Item, &lot_of("1"));
    let number = tables::subject(&ledger.view, &lot).unwrap().unwrap().number;
    let left = |party: &str| balances(&ledger.view, &org(party), number).unwrap().get("box").copied();
    // What was seized twice came in, went back and was given back in equal parts.
    assert_eq!([left("clinic"), left("drug"), left("lab")], [None; 3]);
    assert_eq!(left("maker"), Some(-5));
}

#[test]
fn an_authority_has_in_stock_what_it_has_seized() {
    let ledger = check(
        "
        maker   commission A,B
        drug    seize A from maker bags=X
    ",
    );
    let of = |party: &str| stock(&ledger.view, &org(party), StockKind::Item, 0, 10).unwrap().0.len();
    assert_eq!([of("maker"), of("drug")], [1, 1]);
}

#[test]
fn the_chain_of_a_bag_is_told_link_by_link() {
    let ledger = check(
        "
        drug    seize A from clinic bags=X,Y
        drug    keep X seals=1
     h: drug    handover A to lab bags=X seals=1 | pending 1
        lab     endorse h
     k: firm    keep X seals=1
        lab     keep X seals=2
    ",
    );
    let told = chain(&ledger.view, &bag("X")).unwrap().unwrap();
    let holders: Vec<_> = told.links.iter().map(|l| (l.holder.as_str(), l.place.as_str())).collect();
    let [drug, lab] = ["org:drug", "org:lab"];
    assert_eq!(holders, [(drug, "shop"), (drug, "store"), (lab, ""), (lab, "store"), (lab, "store")]);
    let gaps: Vec<_> = told.links.iter().map(|l| l.gaps.clone()).collect();
    assert_eq!(gaps, [vec![], vec![], vec![], vec![GapKind::NotHolder], vec![GapKind::SealBroken]],);
    assert!(matches!(&told.links[2].event.act, BagAct::HandedOver(to, _) if to == lab));
    assert_eq!(told.state, exhibit_state(&ledger.view, &bag("X")).unwrap().unwrap().1);
    assert_eq!(told.state.fate(), Fate::Kept);
    assert_eq!(chain(&ledger.view, &bag("Y")).unwrap().unwrap().links.len(), 1);
    assert_eq!(chain(&ledger.view, &bag("Z")).unwrap(), None);
}

#[test]
fn a_seizure_that_follows_another_links_its_goods_and_names_no_other_kind() {
    let mut ledger = TestLedger::new();
    let mut tell = |follows: Option<v1::StatementRef>, names: &str| {
        let line = super::story::write(&ledger, &format!("drug seize {names} from clinic bags=X")).remove(0);
        let Body::Seize(mut b) = line.signed.statement.body().clone() else { unreachable!() };
        b.follows = follows;
        let say = ledger.say("drug", Body::Seize(b));
        (ledger.verdict_of(&say), ledger.must(&say), ledger.clone())
    };
    let (_, first, at) = tell(None, "A");
    let named = super::ledger::reference_to(&super::tables::statement_at(&at, first));
    let (verdict, second, at) = tell(Some(named.clone()), "B");
    assert_eq!(verdict, "OK");
    let record = tables::subject_by_text(&at.view, SubjectKind::Item, &item("A")).unwrap().unwrap();
    assert_eq!((record.count, record.last), (2, second));
    let shipped = ledger.say("maker", super::admission::ship(&["A"], "clinic"));
    let shipped = ledger.must(&shipped);
    let shipped = super::ledger::reference_to(&super::tables::statement_at(&ledger, shipped));
    let line = super::story::write(&ledger, "drug seize C from clinic bags=X").remove(0);
    let Body::Seize(b) = line.signed.statement.body().clone() else { unreachable!() };
    let say = Say { ..ledger.say("drug", Body::Seize(v1::Seize { follows: Some(shipped), ..b })) };
    assert_eq!(ledger.verdict_of(&say), "TARGET_KIND seize.follows");
}

#[test]
fn a_bag_with_too_long_a_history_is_marked_and_keeps_its_state() {
    let mut ledger = TestLedger::new();
    let seized = super::story::write(&ledger, "drug seize - from - bags=X @1").remove(0);
    ledger.record(&seized.signed);
    let keep = |ledger: &mut TestLedger, by: &str, minute: i64| {
        let line = super::story::write(ledger, &format!("{by} keep X seals=1")).remove(0);
        let at = super::ledger::NOON + minute * 60_000_000;
        let say = Say { at, ..ledger.say(by, line.signed.statement.body().clone()) };
        ledger.must(&say);
    };
    for minute in 10..600 {
        keep(&mut ledger, "drug", minute);
    }
    let state = |ledger: &TestLedger| exhibit_state(&ledger.view, &bag("X")).unwrap().unwrap().1;
    assert_eq!((state(&ledger).overflow, state(&ledger).events), (false, 591));
    assert!(chain(&ledger.view, &bag("X")).unwrap().unwrap().truncated);
    let before = state(&ledger);
    keep(&mut ledger, "firm", 5);
    assert_eq!(state(&ledger), crate::exhibit::ExhibitState { overflow: true, ..before });
}
