use super::*;
use crate::{
    ConnectOptions,
    fake::{Fake, options, signed},
};
use std::net::SocketAddr;

async fn client(fake: &Fake, memory: &Path) -> Client {
    let address = fake.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await;
    Client::connect(ConnectOptions { memory: Some(memory.to_owned()), ..options(address) }).await.unwrap()
}

fn bad_history(error: ClientError) -> BadHistory {
    match error {
        ClientError::BadHistory(bad) => *bad,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_log_that_grows_is_followed_over_many_clients() {
    let (fake, memory) = (Fake::new(), tempfile::tempdir().unwrap());
    for i in 0..4 {
        let client = client(&fake, memory.path()).await;
        client.submit(&signed(&format!("statement {i}"))).await.unwrap();
        assert_eq!(client.check_log().await.unwrap().size(), i + 2);
    }
    assert_eq!(fs::read_dir(memory.path()).unwrap().count(), 1, "one file a ledger, no drafts left");
}

#[tokio::test]
async fn a_log_that_was_rolled_back_is_caught_by_the_next_client_and_both_sides_are_kept() {
    let (fake, memory) = (Fake::new(), tempfile::tempdir().unwrap());
    let first = client(&fake, memory.path()).await;
    for i in 0..3 {
        first.submit(&signed(&format!("statement {i}"))).await.unwrap();
    }
    let restored = Fake::new();
    let later = client(&restored, memory.path()).await;
    let bad = bad_history(later.check_log().await.unwrap_err());
    assert_eq!(bad.fault, HistoryFault::RolledBack { newest: 1, seen: 4 });
    let saved = fs::read_to_string(bad.saved.unwrap()).unwrap();
    assert!(saved.contains(&bad.seen) && saved.contains(&bad.given));
    let again = client(&restored, memory.path()).await;
    bad_history(again.check_log().await.unwrap_err());
}

#[tokio::test]
async fn a_second_history_is_caught_at_the_same_size_and_beyond() {
    let (fake, memory) = (Fake::new(), tempfile::tempdir().unwrap());
    client(&fake, memory.path()).await.submit(&signed("statement 1")).await.unwrap();
    let other = Fake::new();
    let deceived = client(&other, memory.path()).await;
    let bad = bad_history(deceived.submit(&signed("something else")).await.unwrap_err());
    assert_eq!(bad.fault, HistoryFault::Growth(GrowthError::Fork { size: 2 }));
    let fork = evidence::Fork { one: bad.seen, other: bad.given };
    assert_eq!(evidence::is_fork(&fork, &crate::fake::log_key().verifier().clone()), Ok(true));
    let bad = bad_history(deceived.submit(&signed("and more")).await.unwrap_err());
    let beyond =
        HistoryFault::Growth(GrowthError::Inconsistent { old: 2, new: 3, fault: merkle::ProofError::Root });
    assert_eq!(bad.fault, beyond);
}

#[tokio::test]
async fn a_damaged_memory_is_not_begun_anew() {
    let (fake, memory) = (Fake::new(), tempfile::tempdir().unwrap());
    client(&fake, memory.path()).await.check_log().await.unwrap();
    let file = fs::read_dir(memory.path()).unwrap().next().unwrap().unwrap().path();
    fs::write(&file, "spoilt").unwrap();
    let error = client(&fake, memory.path()).await.check_log().await.unwrap_err();
    let failure = error.failure().unwrap();
    assert!(failure.message.contains(&file.display().to_string()), "{}", failure.message);
}
