use proto::v1::SignedStatement;

use super::*;
use crate::record::{BillKey, Landed, Record, Refused, State};

fn bill(number: &str, kind: &str, content: &str) -> NewBill {
    let key = BillKey { number: number.into(), kind: kind.into(), principal: String::new() };
    let record = Record {
        seq: 0,
        key,
        title: "销售出库".into(),
        lines: 1,
        id: "id".into(),
        content: content.into(),
        source: "test".into(),
        accepted_at: 1,
        changed_at: 1,
        acts: Vec::new(),
        state: State::Queued,
    };
    let signed =
        SignedStatement { payload: format!("{number}/{content}").into_bytes().into(), ..Default::default() };
    NewBill { record, signed }
}

fn landed(entry: u64) -> State {
    State::Landed(Landed {
        entry,
        recorded_at: 1,
        leaf: String::new(),
        chain_before: String::new(),
        chain: String::new(),
        signatures_missing: 0,
    })
}

fn refused() -> State {
    State::Refused(Refused { reason: "X".into(), message: String::new(), violations: Vec::new() })
}

fn outbox(limits: Limits) -> (tempfile::TempDir, Outbox) {
    let temp = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(&temp.path().join("o"), limits).unwrap();
    (temp, outbox)
}

/// How each bill was answered, by first letter: n(ew), s(ame), c(onflict).
fn answers(outbox: &Outbox, bills: &[NewBill]) -> String {
    let letter = |answer: &Accepted| match answer {
        Accepted::New(_) => 'n',
        Accepted::Same(_) => 's',
        Accepted::Conflict(_) => 'c',
    };
    outbox.accept(bills).unwrap().iter().map(letter).collect()
}

#[test]
fn a_business_key_holds_one_bill_until_the_ledger_refuses_it() {
    let (_temp, outbox) = outbox(Limits::default());
    let (a, b, other) = (bill("1", "ship", "a"), bill("1", "ship", "b"), bill("1", "receive", "a"));
    assert_eq!(answers(&outbox, &[a.clone(), a.clone(), b.clone(), other]), "nscn");
    outbox.set(1, &State::Sending, 5).unwrap();
    assert_eq!(answers(&outbox, &[a.clone(), b.clone()]), "sc");
    outbox.set(1, &refused(), 6).unwrap();
    assert_eq!(answers(&outbox, &[b.clone(), a.clone()]), "nc", "a refused bill makes room, once");
    let found = outbox.find("1").unwrap();
    assert_eq!(
        found.iter().map(|r| (r.seq, r.key.kind.as_str())).collect::<Vec<_>>(),
        [(2, "receive"), (3, "ship")]
    );
    outbox.set(3, &landed(7), 7).unwrap();
    assert_eq!(answers(&outbox, &[a, b]), "cs");
}

#[test]
fn bills_leave_in_order_and_what_is_settled_stays_so() {
    let (_temp, outbox) = outbox(Limits::default());
    outbox.accept(&[bill("1", "ship", "a"), bill("2", "ship", "a"), bill("3", "ship", "a")]).unwrap();
    let next =
        || outbox.next().unwrap().map(|(r, s)| (r.seq, String::from_utf8(s.payload.to_vec()).unwrap()));
    assert_eq!(next(), Some((1, "1/a".into())));
    outbox.set(1, &landed(9), 2).unwrap();
    assert_eq!(outbox.set(1, &State::Queued, 3).unwrap().state, landed(9));
    assert_eq!(outbox.set(1, &refused(), 3).unwrap().changed_at, 2);
    assert_eq!(next().unwrap().0, 2);
    outbox.set(2, &refused(), 4).unwrap();
    let anew = SignedStatement { payload: b"anew".to_vec().into(), ..SignedStatement::default() };
    outbox.replace(3, "id2", &anew).unwrap();
    outbox.replace(1, "id2", &anew).unwrap();
    assert_eq!(next(), Some((3, "anew".into())));
    assert_eq!(outbox.find("1").unwrap()[0].id, "id", "a settled bill keeps its bytes");
    outbox.set(3, &landed(10), 5).unwrap();
    assert_eq!(next(), None);
    let counts = outbox.counts().unwrap();
    assert_eq!((counts.landed, counts.refused, counts.queued, counts.waiting_bytes), (2, 1, 0, 0));
}

#[test]
fn bounds_refuse_all_of_an_input_that_does_not_fit() {
    let limits = Limits { waiting_bills: 2, ..Limits::default() };
    let (_temp, full) = outbox(limits);
    full.accept(&[bill("1", "ship", "a")]).unwrap();
    let error = full.accept(&[bill("2", "ship", "a"), bill("3", "ship", "a")]).unwrap_err();
    assert!(matches!(error, OutboxError::Full { what: "bills", waiting: 3, most: 2 }), "{error}");
    assert_eq!(full.find("2").unwrap(), [], "none of it was kept");
    full.accept(&[bill("2", "ship", "a")]).unwrap();
    full.set(1, &landed(1), 1).unwrap();
    full.accept(&[bill("3", "ship", "a")]).unwrap();

    let (_temp, full) = outbox(Limits { waiting_bytes: 20, ..Limits::default() });
    full.accept(&[bill("1", "ship", "a")]).unwrap();
    let error = full.accept(&[bill("22", "ship", &"x".repeat(40))]).unwrap_err();
    assert!(matches!(error, OutboxError::Full { what: "bytes", .. }), "{error}");
}

#[test]
fn everything_is_there_after_opening_again_and_only_for_its_own_ledger() {
    let (temp, first) = outbox(Limits::default());
    first.belong("ledger", "aa").unwrap();
    first.accept(&[bill("1", "ship", "a"), bill("2", "ship", "a")]).unwrap();
    first.set(1, &landed(3), 3).unwrap();
    let path = temp.path().join("o");
    assert!(matches!(Outbox::open(&path, Limits::default()), Err(OutboxError::InUse(_))));
    drop(first);
    let again = Outbox::open(&path, Limits::default()).unwrap();
    assert_eq!(again.next().unwrap().unwrap().0.seq, 2);
    assert_eq!(again.find("1").unwrap()[0].state, landed(3));
    again.belong("ledger", "aa").unwrap();
    assert!(matches!(again.belong("ledger", "bb"), Err(OutboxError::Foreign { name: "ledger", .. })));
}

#[test]
fn pages_go_on_where_the_last_one_ended() {
    let (_temp, outbox) = outbox(Limits::default());
    let bills: Vec<NewBill> = (0..10).map(|i| bill(&format!("{i}"), "ship", "a")).collect();
    outbox.accept(&bills).unwrap();
    for seq in [2, 5, 8] {
        outbox.set(seq, &landed(seq), 1).unwrap();
    }
    let seqs = |page: &Page| page.bills.iter().map(|r| r.seq).collect::<Vec<_>>();
    let first = outbox.list(None, 0, 4).unwrap();
    assert_eq!((seqs(&first), first.next), (vec![1, 2, 3, 4], Some(4)));
    let rest = outbox.list(None, 4, 100).unwrap();
    assert_eq!((seqs(&rest), rest.next), ((5..=10).collect(), None));
    let some = outbox.list(Some("landed"), 2, 1).unwrap();
    assert_eq!((seqs(&some), some.next), (vec![5], Some(5)));
    assert_eq!(seqs(&outbox.list(Some("landed"), 5, 9).unwrap()), [8]);
    assert_eq!(outbox.newest(3).unwrap().iter().map(|r| r.seq).collect::<Vec<_>>(), [10, 9, 8]);
    // A number that begins like another is another.
    assert_eq!(outbox.find("").unwrap(), []);
}

#[test]
fn long_settled_bills_are_forgotten_and_their_numbers_of_order_never_given_again() {
    let (_temp, outbox) = outbox(Limits::default());
    outbox.accept(&[bill("1", "ship", "a"), bill("2", "ship", "a"), bill("3", "ship", "a")]).unwrap();
    outbox.set(1, &landed(1), 10).unwrap();
    outbox.set(3, &landed(2), 30).unwrap();
    assert_eq!(outbox.forget(20).unwrap(), 1);
    assert_eq!((outbox.find("1").unwrap().len(), outbox.find("2").unwrap().len()), (0, 1));
    assert_eq!(outbox.counts().unwrap().landed, 1);
    assert_eq!(outbox.forget(20).unwrap(), 0, "what waits is never forgotten");
    outbox.accept(&[bill("4", "ship", "a")]).unwrap();
    assert_eq!(outbox.find("4").unwrap()[0].seq, 4);
}

fn which(number: &str) -> Which {
    Which { number: number.into(), ..Which::default() }
}

#[test]
fn a_bill_put_aside_keeps_its_bytes_its_key_and_its_place_until_it_is_taken_up() {
    let (temp, first) = outbox(Limits { waiting_bills: 3, ..Limits::default() });
    first.accept(&[bill("1", "ship", "a"), bill("2", "ship", "a"), bill("3", "ship", "a")]).unwrap();
    let before = first.counts().unwrap().waiting_bytes;
    first.set(1, &State::Sending, 2).unwrap();
    let aside = first.put_aside(&which("1"), "stuck", 3).unwrap();
    assert_eq!(aside.state, State::Aside { reason: "stuck".into(), sent: true });
    assert_eq!(first.next().unwrap().unwrap().0.seq, 2, "the next one goes");
    assert_eq!(answers(&first, &[bill("1", "ship", "a"), bill("1", "ship", "b")]), "sc", "its key is taken");
    assert!(
        matches!(first.accept(&[bill("4", "ship", "a")]), Err(OutboxError::Full { .. })),
        "it takes room"
    );
    assert_eq!(first.forget(i64::MAX).unwrap(), 0, "it is never forgotten");
    // Nothing but a person or its end brings it back.
    assert!(first.set(1, &State::Sending, 4).unwrap().state.is_aside());
    let anew = SignedStatement { payload: b"anew".to_vec().into(), ..SignedStatement::default() };
    first.replace(1, "id2", &anew).unwrap();
    drop(first);
    let again = Outbox::open(&temp.path().join("o"), Limits::default()).unwrap();
    let counts = again.counts().unwrap();
    assert_eq!((counts.aside, counts.sending, counts.queued, counts.waiting_bytes), (1, 0, 2, before));
    let back = again.take_up(&which("1"), 5).unwrap();
    assert_eq!((back.state, back.seq), (State::Sending, 1), "it was sent before");
    let acts: Vec<(&str, i64, &str)> = back.acts.iter().map(|a| (&*a.what, a.at, &*a.reason)).collect();
    assert_eq!(acts, [("put-aside", 3, "stuck"), ("retry", 5, "")]);
    let (record, signed) = again.next().unwrap().unwrap();
    assert_eq!((record.seq, &signed.payload[..]), (1, &b"1/a"[..]), "first in order, with its own bytes");
}

#[test]
fn an_answer_that_was_on_its_way_settles_a_bill_put_aside_meanwhile() {
    let (_temp, outbox) = outbox(Limits::default());
    outbox.accept(&[bill("1", "ship", "a"), bill("2", "ship", "a")]).unwrap();
    outbox.put_aside(&which("1"), "x", 2).unwrap();
    outbox.put_aside(&which("2"), "x", 2).unwrap();
    assert_eq!(outbox.set(1, &landed(7), 3).unwrap().state, landed(7));
    let counts = outbox.counts().unwrap();
    assert_eq!((counts.aside, counts.landed), (1, 1));
    let error = outbox.take_up(&which("1"), 4).unwrap_err().to_string();
    assert!(error.contains("is landed") && error.contains("已入账"), "{error}");
    outbox.set(2, &refused(), 5).unwrap();
    assert_eq!(outbox.counts().unwrap().waiting_bytes, 0);
}

#[test]
fn acts_and_reasons_stay_bounded() {
    let (_temp, outbox) = outbox(Limits::default());
    outbox.accept(&[bill("1", "ship", "a")]).unwrap();
    for now in 0..40 {
        outbox.put_aside(&which("1"), &"长".repeat(2_000), now).unwrap();
        outbox.take_up(&which("1"), now).unwrap();
    }
    let acts = outbox.find("1").unwrap()[0].acts.clone();
    assert_eq!((acts.len(), acts[0].reason.chars().count(), acts.last().unwrap().at), (16, 500, 39));
}

#[test]
fn whatever_is_passed_over_keeps_the_rest_of_its_number_behind_it() {
    let (_temp, outbox) = outbox(Limits::default());
    let bills = [("1", "ship"), ("2", "ship"), ("1", "receive"), ("3", "ship")];
    outbox.accept(&bills.map(|(number, kind)| bill(number, kind, "a"))).unwrap();
    let next = |bills: &[u64], up_to| {
        let passing = Passing { bills: bills.iter().copied().collect(), up_to, ..Passing::default() };
        outbox.next_passing(&passing).unwrap().map(|(record, _)| record.seq)
    };
    assert_eq!(next(&[], 0), Some(1));
    assert_eq!(next(&[1], 0), Some(2));
    assert_eq!(next(&[1, 2], 0), Some(4));
    assert_eq!(next(&[2], 2), Some(4));
    assert_eq!(next(&[1, 2, 4], 0), None);
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (temp, _outbox) = outbox(Limits::default());
    assert_eq!(std::fs::metadata(temp.path().join("o")).unwrap().permissions().mode() & 0o077, 0);
}
