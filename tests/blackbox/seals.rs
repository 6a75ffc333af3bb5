//! Seals of a running server: what they prove to those who may ask, and that they survive what a server survives.

use std::{collections::BTreeSet, time::Duration};

use merkle::VerifierKey;
use proto::v1::{GetSubjectProofRequest, statement::Body};
use statement::SubjectKind;

use crate::kit::{Dice, Server, SimLedger, Stage, copy_dir, error_reason, now_us, run, yuanliu};

fn sealing(data: &std::path::Path) -> Server {
    let mut command = yuanliu();
    command.arg("serve");
    let file = data.join("config.toml");
    std::fs::write(&file, "[ledger]\nseal_entries = 60\n").unwrap();
    command.env("YUANLIU_LEDGER__SEAL_INTERVAL_MS", "200");
    command.arg("--config").arg(file);
    Server::try_start(command, data, std::net::SocketAddr::from(([127, 0, 0, 1], 0))).unwrap()
}

/// Waits until the newest seal covers the statements recorded so far.
async fn sealed(
    client: &client::Client,
    log_key: &VerifierKey,
    item: &str,
    entries: usize,
) -> client::SubjectFound {
    let begin = now_us();
    loop {
        let found = client.subject(SubjectKind::Item, item, log_key).await;
        match found {
            Ok(found) if found.covered > entries as u64 => return found,
            Ok(_) => {}
            Err(e) => assert!(e.to_string().contains("NOT_SEALED_YET"), "{e}"),
        }
        assert!(now_us() - begin < 20_000_000, "no seal in 20 s");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Every item that the statements name by themselves, in the field `items`.
fn shipped(ledger: &SimLedger) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for signed in &ledger.statements {
        let statement: proto::v1::Statement =
            prost::Message::decode(signed.statement.payload.as_ref()).unwrap();
        if let Some(Body::Ship(ship)) = statement.body {
            all.extend(ship.items);
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_histories_and_absence_are_proven_before_and_after_a_crash() {
    let mut dice = Dice::new("seals");
    let ledger = SimLedger::create(dice.roll(), 900);
    let log_key = ledger.log.verifier().clone();
    let items: Vec<String> = shipped(&ledger).into_iter().collect();
    let mut server = sealing(&ledger.data);
    let client = ledger.client(&server).await;
    let half = ledger.statements.len() / 2;
    ledger.submit(&client, 0..half).await;
    sealed(&client, &log_key, &items[0], half - 60).await;
    server.kill();
    let server = sealing(&ledger.data);
    let client = ledger.client(&server).await;
    ledger.submit(&client, half..ledger.statements.len()).await;
    sealed(&client, &log_key, &items[0], ledger.statements.len()).await;

    for _ in 0..10 {
        let item = &items[dice.between(0, items.len())];
        let found = client.subject(SubjectKind::Item, item, &log_key).await.unwrap();
        let state = found.state.unwrap();
        assert_eq!(state.count, found.entries.len() as u64);
        assert!(state.count > 0 && found.entries.last() == Some(&state.last), "{item}: {found:?}");
    }
    let stranger = "sgtin:09521234567899.NEVER-SEEN";
    let found = client.subject(SubjectKind::Item, stranger, &log_key).await.unwrap();
    assert_eq!((found.state, found.entries), (None, Vec::new()));
    // Of another spelling nothing is proven: it would be absent, and believed.
    for (kind, text) in
        [(SubjectKind::Item, "09521234567899"), (SubjectKind::Key, "AB"), (SubjectKind::Party, "")]
    {
        let refused = client.subject(kind, text, &log_key).await.unwrap_err();
        assert!(refused.to_string().contains("INVALID_REQUEST"), "{refused}");
    }
    let other = merkle::SignerKey::new(log_key.name(), client::generate_key().unwrap()).unwrap();
    let forged = client.subject(SubjectKind::Item, stranger, other.verifier()).await.unwrap_err();
    assert!(matches!(forged, client::ClientError::BadCheckpoint(_)), "{forged}");
    let metrics = server.get("/metrics");
    assert!(
        metrics.contains("yuanliu_seals_total") && metrics.contains("yuanliu_seal_lag_entries"),
        "{metrics}"
    );
    assert_eq!(server.stop(), 0);
    // Replaying everything comes to the same view and the same runs.
    let report = run(["verify".as_ref(), "--data".as_ref(), ledger.data.as_os_str()]).ok();
    assert_eq!((&report["ok"], &report["view_ok"]), (&true.into(), &true.into()), "{report}");
    let report = run(["rebuild".as_ref(), "--data".as_ref(), ledger.data.as_os_str()]).ok();
    assert_eq!(report["same"], true, "{report}");

    // A backup brings the log alone; what is restored of it has its runs again, and serves.
    let (copy, restored) = (ledger.beside("copy"), ledger.beside("restored"));
    run(["backup".as_ref(), "--data".as_ref(), ledger.data.as_os_str(), "-o".as_ref(), copy.as_os_str()])
        .ok();
    run(["restore".as_ref(), copy.as_os_str(), "--data".as_ref(), restored.as_os_str()]).ok();
    copy_dir(&ledger.data.join("keys"), &restored.join("keys"));
    let server = sealing(&restored);
    let client = ledger.client(&server).await;
    let found = client.subject(SubjectKind::Item, &items[0], &log_key).await.unwrap();
    assert!(found.covered >= ledger.statements.len() as u64 && found.state.is_some(), "{found:?}");
    assert_eq!(server.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn traders_and_strangers_are_told_nothing_about_subjects() {
    let stage = Stage::set().await;
    for subject in ["sgtin:09521234567899.NEVER-SEEN", "no item at all"] {
        let query =
            GetSubjectProofRequest { kind: "item".into(), subject: subject.into(), ..Default::default() };
        let trader = stage.log().get_subject_proof(stage.maker.ask(query.clone())).await.unwrap_err();
        assert_eq!(error_reason(&trader), "SEES_ALL_ONLY", "{subject}");
        let nobody = stage.log().get_subject_proof(query).await.unwrap_err();
        assert_eq!(error_reason(&nobody), "TOKEN_MISSING", "{subject}");
    }
    let size = stage.size().await;
    stage.end(size);
}
