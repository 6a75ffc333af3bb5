//! The queue, with nobody at its other end but the test.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use prost::Message as _;
use proto::v1::{self, statement::Body};
use statement::Reason;

use super::fixture::*;
use crate::{
    Head,
    intake::{Answer, Intake, Work},
    shared::Shared,
};

fn queue(capacity: u32) -> (Intake, crossbeam_channel::Receiver<Work>, Arc<Shared>) {
    let head = Head { size: 0, root: [0; 32], chain: [0; 32] };
    let shared = Arc::new(Shared::new(head, capacity));
    let (sender, receiver) = crossbeam_channel::unbounded();
    (Intake::new(sender, Arc::clone(&shared)), receiver, shared)
}

fn answer(work: Work) {
    let results = work.statements.iter().map(|_| Err(Reason::Malformed.into())).collect();
    Answer { results, reply: work.reply, room: work.room }.give(None);
}

#[test]
fn a_full_queue_refuses_at_once_or_makes_wait_until_an_answer_makes_room() {
    let (_temp, mut trade, ledger) = started();
    // Signer, three items, lot.
    let statement = prepare(&ledger, vec![trade.commission(0..3)]);
    assert_eq!(statement[0].links(), 5);
    let (intake, work, shared) = queue(7);
    let first = intake.try_submit(statement.clone()).unwrap();
    assert!(intake.try_submit(statement.clone()).unwrap_err().retry_after.as_millis() > 0);
    assert_eq!(shared.counters.refused(Reason::QueueFull), 1);

    let mut waiting = pin!(intake.enqueue(statement));
    let mut context = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    assert_eq!(work.len(), 1, "nothing is queued while waiting");
    answer(work.recv().unwrap());
    let Poll::Ready(second) = waiting.as_mut().poll(&mut context) else { panic!("there is room") };
    answer(work.recv().unwrap());
    assert_eq!((block_on(first).results.len(), block_on(second).results.len()), (1, 1));
    assert_eq!(shared.room.available_permits(), 7);
}

/// A few bytes that name a large bill take as long to record as the bill, so they take up as much room.
#[test]
fn what_is_linked_through_others_takes_up_room_too() {
    let (_temp, mut trade, ledger) = started();
    let items: Vec<u32> = (0..300).collect();
    let ship = trade.ship(&items);
    assert!(submit(&ledger, vec![ship.clone()])[0].is_ok());
    let receive = trade.receive(&ship);
    let before = v1::Statement::decode(ship.payload).unwrap().header.unwrap();
    let target = Some(v1::StatementRef { party: before.party, id: before.id, digest: Vec::new() });
    let void = trade.signed(MAKER, Body::Void(v1::Void { target, reason: "test".into() }));
    for prepared in prepare(&ledger, vec![receive, void]) {
        assert!((300..310).contains(&prepared.links()), "{}", prepared.links());
    }
    let unknown = trade.ship(&[1]);
    let unknown = trade.receive(&unknown);
    assert!(prepare(&ledger, vec![unknown])[0].links() < 5, "what is not recorded yet is not known");
}

#[test]
fn while_appends_are_held_back_nothing_is_queued_whatever_room_there_is() {
    let (_temp, mut trade, ledger) = started();
    let statement = prepare(&ledger, vec![trade.commission(0..3)]);
    let (intake, work, shared) = queue(7);
    let _first = intake.try_submit(statement.clone()).unwrap();
    let mut for_room = pin!(intake.enqueue(statement.clone()));
    let mut context = Context::from_waker(Waker::noop());
    assert!(for_room.as_mut().poll(&mut context).is_pending());

    shared.hold(true);
    assert!(intake.try_submit(statement.clone()).unwrap_err().retry_after.as_secs() > 0);
    assert_eq!(shared.counters.refused(Reason::QueueFull), 1);
    let mut late = pin!(intake.enqueue(statement.clone()));
    answer(work.recv().unwrap());
    assert!(for_room.as_mut().poll(&mut context).is_pending());
    assert!(late.as_mut().poll(&mut context).is_pending());
    assert_eq!((work.len(), shared.room.available_permits()), (0, 7), "who waits takes no room");

    shared.hold(false);
    let Poll::Ready(second) = for_room.as_mut().poll(&mut context) else { panic!("not held any more") };
    answer(work.recv().unwrap());
    let Poll::Ready(third) = late.as_mut().poll(&mut context) else { panic!("not held any more") };
    answer(work.recv().unwrap());
    assert_eq!((block_on(second).results.len(), block_on(third).results.len()), (1, 1));

    shared.hold(true);
    let mut last = pin!(intake.enqueue(statement.clone()));
    assert!(last.as_mut().poll(&mut context).is_pending());
    intake.close();
    let Poll::Ready(last) = last.as_mut().poll(&mut context) else { panic!("nobody will let it in") };
    assert_eq!(block_on(last).results[0].as_ref().unwrap_err().reason, Reason::WriterStopped);
    shared.hold(true);
    assert!(!shared.is_held(), "once it is closed nobody waits");
}

#[test]
fn a_batch_larger_than_the_queue_waits_for_an_empty_one() {
    let (_temp, mut trade, ledger) = started();
    let large = prepare(&ledger, vec![trade.commission(0..20)]);
    let (intake, work, shared) = queue(3);
    let pending = intake.try_submit(large).unwrap();
    assert_eq!(shared.room.available_permits(), 0);
    answer(work.recv().unwrap());
    assert_eq!(block_on(pending).results.len(), 1);
}

#[test]
fn when_the_writer_is_gone_every_statement_is_answered() {
    let (_temp, mut trade, ledger) = started();
    let two = prepare(&ledger, vec![trade.commission(0..1), trade.commission(1..2)]);
    let (intake, work, _shared) = queue(100);
    let queued = intake.try_submit(two.clone()).unwrap();
    drop(work);
    let later = intake.try_submit(two.clone()).unwrap();
    intake.close();
    let closed = block_on(intake.enqueue(two));
    for pending in [queued, later, closed] {
        let reasons: Vec<_> = block_on(pending).results.into_iter().map(|r| r.unwrap_err().reason).collect();
        assert_eq!(reasons, [Reason::WriterStopped; 2]);
    }
}

#[test]
fn an_empty_batch_is_answered_with_nothing() {
    let (_temp, _trade, ledger) = started();
    assert_eq!(block_on(ledger.submit(Vec::new())), []);
}
