//! What is recorded, and what the signer is told.

use std::thread;

use merkle::{Checkpoint, CompactRange, Note, leaf_hash};
use statement::{Reason, Refusal, chain_hash};

use super::fixture::*;
use crate::{Ledger, Receipt, StopCause, Writer};

fn reason(result: &Result<Receipt, Refusal>) -> Option<Reason> {
    result.as_ref().err().map(|refusal| refusal.reason)
}

/// Checks every receipt's claim, chain and tree against the entries; gives the number of entries.
fn check_log(ledger: &Ledger) -> u64 {
    let (mut chain, mut range) = ([0; 32], CompactRange::new());
    for entry in ledger.entries(0, usize::MAX, usize::MAX).unwrap() {
        let receipt = ledger.receipt(range.size()).unwrap().unwrap();
        assert_eq!((receipt.leaf, receipt.chain_before, receipt.chain), (entry.leaf, chain, entry.chain));
        chain = chain_hash(&chain, &entry.leaf);
        range.append(leaf_hash(&entry.leaf));
    }
    let head = ledger.head();
    assert_eq!((head.size, head.root, head.chain), (range.size(), range.root(), chain));
    head.size
}

#[test]
fn statements_are_recorded_in_order_with_receipts_that_chain() {
    let (_temp, mut trade, ledger) = started();
    let results = submit(&ledger, trade.story(0));
    let receipts: Vec<Receipt> = results.into_iter().map(Result::unwrap).collect();
    assert_eq!(receipts.iter().map(|r| r.index).collect::<Vec<_>>(), [5, 6, 7, 8]);
    for pair in receipts.windows(2) {
        assert_eq!(pair[0].chain, pair[1].chain_before);
    }
    for receipt in &receipts {
        assert_eq!(receipt.chain, chain_hash(&receipt.chain_before, &receipt.leaf));
        let later = ledger.receipt(receipt.index).unwrap().unwrap();
        assert_eq!(later, Receipt { recorded_before: true, ..receipt.clone() });
    }
    assert_eq!(check_log(&ledger), 9);
}

#[test]
fn the_same_bytes_again_give_the_first_receipt_in_the_same_batch_and_later() {
    let (_temp, mut trade, ledger) = started();
    let commission = trade.commission(0..2);
    let results = submit(&ledger, vec![commission.clone(), commission.clone()]);
    let again = submit(&ledger, vec![commission.clone()]);
    ledger.shutdown().unwrap();
    let first = results[0].clone().unwrap();
    let repeated = Receipt { recorded_before: true, ..first.clone() };
    assert!(!first.recorded_before);
    assert_eq!(results[1], Ok(repeated.clone()));
    assert_eq!(again, [Ok(repeated.clone())]);

    let dir = ledger.dir().to_owned();
    drop(ledger);
    let ledger = trade.open(&dir).unwrap();
    assert_eq!(submit(&ledger, vec![commission]), [Ok(repeated)]);
    assert_eq!(ledger.head().size, 6);
}

#[test]
fn the_same_id_with_other_bytes_is_refused() {
    let (_temp, mut trade, ledger) = started();
    let header = trade.header(MAKER);
    let ships = [item(1), item(2)].map(|item| {
        let body = proto::v1::Ship {
            items: vec![item],
            addressee: CLINIC.into(),
            reason: "sale".into(),
            ..Default::default()
        };
        let body = Some(proto::v1::statement::Body::Ship(body));
        submission(MAKER, &proto::v1::Statement { header: Some(header.clone()), body })
    });
    let results = submit(&ledger, ships.into());
    assert_eq!(results.iter().map(reason).collect::<Vec<_>>(), [None, Some(Reason::IdTaken)]);
    assert_eq!(ledger.counters().refused(Reason::IdTaken), 1);
    assert_eq!(check_log(&ledger), 6);
}

#[test]
fn a_key_enrolled_earlier_in_the_same_batch_counts() {
    let (temp, mut trade) = create();
    let ledger = trade.open(temp.path()).unwrap();
    let mut all = trade.setup();
    all.push(trade.commission(0..1));
    let mut forged = trade.commission(1..2);
    forged.signature[0] ^= 1;
    all.push(forged);
    let results = submit(&ledger, all);
    let reasons: Vec<_> = results.iter().map(reason).collect();
    assert_eq!(reasons, [None, None, None, None, None, Some(Reason::BadSignature)]);
}

#[test]
fn preparing_refuses_what_needs_no_place_in_the_log() {
    let (_temp, mut trade, ledger) = started();
    let check = |submission, expected| {
        assert_eq!(ledger.prepare(submission).unwrap_err().reason, expected);
        assert_eq!(ledger.counters().refused(expected), 1);
    };
    let mut forged = trade.commission(0..1);
    forged.signature[40] ^= 4;
    check(forged, Reason::BadSignature);
    let mut cut = trade.commission(0..1);
    cut.payload = cut.payload.slice(..cut.payload.len() - 1);
    check(cut, Reason::Malformed);
    trade.ledger[0] ^= 1;
    check(trade.commission(0..1), Reason::WrongLedger);
    assert_eq!(ledger.head().size, 5);
}

#[test]
fn a_refused_statement_does_not_stop_the_others() {
    let (_temp, mut trade, ledger) = started();
    let unknown = trade.signed("org:Stranger", trade_body());
    let results = submit(&ledger, vec![trade.commission(0..1), unknown, trade.commission(1..2)]);
    let reasons: Vec<_> = results.iter().map(reason).collect();
    assert_eq!(reasons, [None, Some(Reason::UnknownKey), None]);
    assert_eq!(check_log(&ledger), 7);
}

fn trade_body() -> proto::v1::statement::Body {
    let body = proto::v1::Ship {
        items: vec![item(1)],
        addressee: CLINIC.into(),
        reason: "sale".into(),
        ..Default::default()
    };
    proto::v1::statement::Body::Ship(body)
}

#[test]
fn batches_keep_to_their_bounds_and_nothing_is_lost_at_their_edges() {
    let (temp, mut trade) = create();
    let bounds = [(1, 1_000, 1 << 20), (3, 1_000, 1 << 20), (100, 7, 1 << 20), (100, 1_000, 900)];
    let mut size = 1;
    for (batch_statements, batch_links, batch_bytes) in bounds {
        let config = crate::Config { batch_statements, batch_links, batch_bytes, ..config() };
        let ledger = trade.open_with(temp.path(), config).unwrap();
        let mut all = if size == 1 { trade.setup() } else { Vec::new() };
        (0..10).for_each(|i| all.extend(trade.story(i * 4)));
        size += all.len() as u64;
        assert_eq!(submit(&ledger, all).iter().filter_map(reason).count(), 0);
        let counts = ledger.counters().batch_statements.counts();
        if batch_statements == 1 {
            assert_eq!(counts.iter().skip(1).sum::<u64>(), 0, "a batch has more than one statement");
        }
        assert!(counts.iter().sum::<u64>() >= 10, "bounds are not kept: {counts:?}");
        assert_eq!(check_log(&ledger), size);
    }
}

#[test]
fn many_submit_at_once_and_each_gets_its_own_place() {
    let (_temp, mut trade, ledger) = started();
    let work: Vec<Vec<_>> = (0..4).map(|_| (0..50).map(|i| trade.commission(i..i + 1)).collect()).collect();
    let threads: Vec<_> = work
        .into_iter()
        .map(|all| {
            let ledger = ledger.clone();
            thread::spawn(move || {
                let one = |s| submit(&ledger, vec![s]).remove(0).unwrap().index;
                all.into_iter().map(one).collect::<Vec<u64>>()
            })
        })
        .collect();
    let mut places: Vec<u64> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
    places.sort_unstable();
    assert_eq!(places, (5..205).collect::<Vec<_>>());
    assert_eq!(check_log(&ledger), 205);
}

#[test]
fn shutting_down_records_what_is_queued_and_takes_nothing_more() {
    let (temp, mut trade, ledger) = started();
    let story = trade.story(0);
    let queued = prepare(&ledger, story[..2].to_vec());
    let late = prepare(&ledger, story[..1].to_vec());
    let pending = ledger.try_submit(queued).unwrap();
    ledger.shutdown().unwrap();
    assert!(block_on(pending).results.iter().all(Result::is_ok));
    let refused = block_on(ledger.submit(late.clone()));
    assert_eq!(reason(&refused[0]), Some(Reason::WriterStopped));
    assert_eq!(reason(&block_on(ledger.try_submit(late).unwrap()).results[0]), Some(Reason::WriterStopped));
    assert_eq!(ledger.status().writer, Writer::Stopped(StopCause::Shutdown));
    ledger.shutdown().unwrap();
    assert_eq!(check_log(&ledger), 7, "reads go on");
    drop(ledger);
    assert_eq!(check_log(&trade.open(temp.path()).unwrap()), 7);
}

#[test]
fn checkpoints_are_signed_for_what_is_durable_and_kept() {
    let (temp, mut trade, ledger) = started();
    submit(&ledger, trade.story(0));
    ledger.shutdown().unwrap();
    let newest = ledger.checkpoint(None).unwrap().unwrap();
    assert_eq!((newest.size, newest.root), (9, ledger.head().root));
    let note = Note::parse(newest.note.as_bytes()).unwrap();
    let opened = Checkpoint::open(&note, log_key().verifier()).unwrap();
    assert_eq!((opened.size(), *opened.root()), (9, newest.root));
    assert_eq!(ledger.checkpoint(Some(9)).unwrap().as_ref(), Some(&newest));
    assert_eq!(ledger.checkpoint(Some(10)).unwrap(), None);
    drop(ledger);
    let ledger = trade.open(temp.path()).unwrap();
    assert_eq!(ledger.checkpoint(None).unwrap(), Some(newest), "an unchanged log is not signed again");
}

#[test]
fn what_has_a_receipt_is_under_a_signed_checkpoint_at_once() {
    let (_temp, mut trade, ledger) = started();
    for results in [submit(&ledger, trade.story(0)), submit(&ledger, trade.story(1))] {
        let last = results.into_iter().map(|r| r.unwrap().index).max().unwrap();
        let signed = ledger.checkpoint(None).unwrap().unwrap();
        assert!(signed.size > last, "{} does not cover {last}", signed.size);
        assert_eq!(ledger.checkpoint(Some(signed.size)).unwrap(), Some(signed), "it is kept");
    }
}

#[test]
fn the_head_can_be_followed() {
    let (_temp, mut trade, ledger) = started();
    let mut follower = ledger.watch();
    assert_eq!(follower.borrow_and_update().size, 5);
    submit(&ledger, trade.story(0));
    block_on(follower.changed()).unwrap();
    assert!(follower.borrow().size > 5);
    assert_eq!(ledger.entries(5, 2, usize::MAX).unwrap().len(), 2);
    assert_eq!(ledger.entries(5, 9, 1).unwrap().len(), 1, "one entry fills the bytes");
    assert_eq!(ledger.entries(9, 9, 9).unwrap(), []);
    assert_eq!(ledger.entry(9).unwrap(), None);
}

#[test]
fn recorded_time_never_goes_back() {
    let (_temp, mut trade, ledger) = started();
    trade.clock.advance(1_000_000);
    let later = submit(&ledger, vec![trade.commission(0..1)]).remove(0).unwrap().recorded_at;
    trade.clock.wall.fetch_sub(2_000_000, std::sync::atomic::Ordering::SeqCst);
    let then = submit(&ledger, vec![trade.commission(1..2)]).remove(0).unwrap().recorded_at;
    assert_eq!((later, then), (START + 1_000_000, START + 1_000_000));
}
