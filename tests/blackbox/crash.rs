//! SIGKILL at random moments under load: nothing acknowledged is lost, nothing is there twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use client::{
    ConnectOptions, EntryRange, Outcome, Purpose, ReadSigner, RetryPolicy, SubmitEvent, SubmitOptions, Trust,
};
use futures::{StreamExt as _, stream};
use merkle::sha256;
use prost::Message as _;
use proto::v1::{Receipt, Statement};
use sim::load::Load;

use crate::kit::{Dice, Server, SimLedger};

const ROUNDS: usize = 20;
/// Statements of the load; they come again from the beginning if the rounds take longer.
const SHIPS: u32 = 40_000;

/// Impatient enough for many short outages.
const RETRY: RetryPolicy = RetryPolicy {
    attempts: 1_000,
    first_delay: Duration::from_millis(10),
    longest_delay: Duration::from_millis(100),
    give_up_after: Duration::from_secs(60),
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_by_twenty_kills_under_load() {
    let mut dice = Dice::new("kill");
    let (ledger, world) = SimLedger::empty(dice.roll(), 100);
    let load = Load::new(world, ledger.ledger, SHIPS);
    let mut server = Server::start(&ledger.data);
    let mut options = ConnectOptions::new(server.url(), Trust::File(server.ca.clone()));
    let (party, key) = ledger.reader.clone();
    options.ledger = Some(ledger.ledger);
    options.reader = Some(ReadSigner::new(party, key, ledger.ledger, Purpose::Purpose("test".into())));
    options.retry = RETRY;
    let client = client::Client::connect(options).await.unwrap();
    let options = SubmitOptions { batch: 64, retry: RETRY, ..SubmitOptions::default() };

    let setup: Vec<_> = load.setup().map(|s| s.statement).collect();
    let outcomes = client.submit_many(setup, options, |_| {}).await.unwrap();
    assert!(outcomes.iter().all(|o| matches!(o, Outcome::Recorded(_))));

    let over = Arc::new(AtomicBool::new(false));
    let rounds = {
        let over = Arc::clone(&over);
        let data = ledger.data.clone();
        tokio::task::spawn_blocking(move || {
            for round in 0..ROUNDS {
                let delay = dice.between(20, 400);
                println!("round {round}: killed after {delay} ms");
                std::thread::sleep(Duration::from_millis(delay as u64));
                server.kill();
                server = Server::start_at(&data, server.address);
            }
            over.store(true, Relaxed);
            server
        })
    };
    // About 4,000 statements a second, so that there is load in every round on any machine.
    let source =
        stream::iter(0..).take_while(|_| std::future::ready(!over.load(Relaxed))).then(async |i: u32| {
            if i.is_multiple_of(64) {
                tokio::time::sleep(Duration::from_millis(16)).await;
            }
            load.ship(i).unwrap()
        });
    let mut acknowledged: BTreeMap<u64, (Receipt, [u8; 32])> = BTreeMap::new();
    let summary = client
        .submit_stream(source, options, |event| {
            let SubmitEvent::Settled(settled) = event else { return };
            let Outcome::Recorded(receipt) = settled.outcome else { panic!("{:?}", settled.outcome) };
            let digest = sha256(&[&settled.statement.payload]);
            let receipt = Receipt { recorded_before: false, ..receipt };
            let first = acknowledged.entry(receipt.index).or_insert_with(|| (receipt.clone(), digest));
            assert_eq!((&first.0, first.1), (&receipt, digest), "one entry, one statement, one receipt");
        })
        .await
        .unwrap();
    let server = rounds.await.unwrap();
    println!("{summary:?}");
    assert!(summary.waits >= 5, "the load has noticed the kills: {summary:?}");
    assert!(acknowledged.len() > 1_000, "{summary:?}");

    let (mut references, mut matched, mut size) = (BTreeSet::new(), 0, 0);
    let mut entries = client.entries(EntryRange { start: 0, limit: 0, follow: false });
    while let Some(entry) = entries.next().await.unwrap() {
        size += 1;
        if entry.index > 0 {
            let header = Statement::decode(entry.payload.clone()).unwrap().header.unwrap();
            assert!(references.insert((header.party, header.id)), "entry {} is there twice", entry.index);
        }
        if let Some((receipt, digest)) = acknowledged.get(&entry.index) {
            assert_eq!((&receipt.leaf, &receipt.chain), (&entry.leaf, &entry.chain), "entry {}", entry.index);
            assert_eq!(*digest, sha256(&[&entry.payload]), "entry {}", entry.index);
            matched += 1;
        }
    }
    assert_eq!(matched, acknowledged.len(), "acknowledged and not there");
    assert_eq!(server.stop(), 0);
    assert_eq!(ledger.verify()["entries"], size);
}
