#![allow(clippy::unwrap_used, clippy::expect_used)]

use merkle::{AddCheckpoint, Note, SignerKey, SigningKey, WitnessKey, parse_signatures};
use serde_json::Value;

use crate::{
    STATE_FILE,
    kit::{self, Answered, Log, NOW, add, call, open, start, witness_key},
    logs::origin_id,
};

const ORIGIN: &str = "log.example/a";

fn refused(answer: &Answered, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(!answer.body.contains('—'), "no signature: {answer:?}");
}

/// The size that a 409 tells, in the form that the standard prescribes.
fn conflict(answer: &Answered) -> u64 {
    refused(answer, 409);
    assert!(answer.head.contains("content-type: text/x.tlog.size"), "{answer:?}");
    merkle::parse_conflict(&answer.body).unwrap()
}

fn cosignature(answer: &Answered, note: &Note) -> u64 {
    assert_eq!(answer.status, 200, "{answer:?}");
    let lines = parse_signatures(&answer.body).unwrap();
    assert_eq!(lines.len(), 1);
    witness_key().cosigned_at(&note.clone().with(lines[0].clone()).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_status_of_the_standard_is_met() {
    let dir = tempfile::tempdir().unwrap();
    let (log, other) = (Log::new(ORIGIN, 9, 99), Log::new("log.example/b", 9, 99));
    let server = start(open(dir.path(), true, &[log.key()]).unwrap()).await;
    let at = server.address;
    let by_another = SignerKey::new(ORIGIN, SigningKey::from_seed(&[4; 32])).unwrap();

    refused(&add(at, &other.request(0, 5)).await, 404);
    let unsigned =
        AddCheckpoint { old: 0, proof: Vec::new(), note: log.checkpoint(5).sign(&by_another).unwrap() };
    refused(&add(at, &unsigned.to_string()).await, 403);
    for malformed in ["", "old 0\n", "old x\n\n", &log.request(0, 5).replace("old 0", "old 00")] {
        refused(&add(at, malformed).await, 400);
    }
    let extended = Note::sign(&format!("{}extension\n", log.checkpoint(5)), &log.signer).unwrap();
    let extended = AddCheckpoint { old: 0, proof: Vec::new(), note: extended };
    refused(&add(at, &extended.to_string()).await, 400);
    refused(&add(at, &log.request(6, 5)).await, 400);

    // Nothing was cosigned yet, so whoever says otherwise is told 0.
    assert_eq!(conflict(&add(at, &log.request(5, 9)).await), 0);
    assert_eq!(cosignature(&add(at, &log.request(0, 5)).await, &log.note(5)), NOW);
    assert_eq!(conflict(&add(at, &log.request(0, 9)).await), 5);
    assert_eq!(conflict(&add(at, &log.request(3, 3)).await), 5);

    let forged = AddCheckpoint { old: 5, proof: vec![[7; 32]; 4], note: log.note(9) };
    refused(&add(at, &forged.to_string()).await, 422);
    let missing = AddCheckpoint { old: 5, proof: Vec::new(), note: log.note(9) };
    refused(&add(at, &missing.to_string()).await, 422);
    let twisted = Log::new(ORIGIN, 9, 3);
    refused(&add(at, &twisted.request(5, 9)).await, 422);
    assert_eq!(conflict(&add(at, &twisted.request(5, 5)).await), 5);

    cosignature(&add(at, &log.request(5, 5)).await, &log.note(5));
    cosignature(&add(at, &log.request(5, 9)).await, &log.note(9));
    cosignature(&add(at, &log.request(9, 9)).await, &log.note(9));

    refused(&call(at, "GET", "/w1/add-checkpoint", b"").await, 405);
    refused(&call(at, "POST", "/add-checkpoint", log.request(9, 9).as_bytes()).await, 404);
    refused(&add(at, &"x".repeat(merkle::MAX_REQUEST_LEN + 1)).await, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn monitors_read_who_it_is_what_was_cosigned_and_what_forks_there_were() {
    let dir = tempfile::tempdir().unwrap();
    let (log, twisted, idle) =
        (Log::new(ORIGIN, 9, 99), Log::new(ORIGIN, 9, 3), Log::new("log.example/b", 0, 0));
    let server = start(open(dir.path(), true, &[log.key(), idle.key()]).unwrap()).await;
    let at = server.address;
    add(at, &log.request(0, 5)).await;
    add(at, &twisted.request(0, 5)).await;

    let who: Value = serde_json::from_str(&call(at, "GET", "/w1/", b"").await.body).unwrap();
    assert_eq!(who["name"], "witness.example/1");
    assert_eq!(who["key"].as_str().unwrap().parse::<WitnessKey>().unwrap(), witness_key());
    assert_eq!((&who["logs"][0]["origin"], &who["logs"][0]["size"]), (&ORIGIN.into(), &5.into()));
    assert_eq!(
        (&who["logs"][0]["keys"][0], &who["logs"][0]["cosigned_at"]),
        (&log.key().to_string().into(), &NOW.into())
    );
    assert_eq!(who["logs"][1]["size"], Value::Null);

    let id = hex::encode(origin_id(ORIGIN));
    assert_eq!(who["logs"][0]["id"], id);
    let answer = call(at, "GET", &format!("/w1/checkpoint/{id}"), b"").await;
    assert!(answer.head.contains("access-control-allow-origin: *"), "{answer:?}");
    let note = Note::parse(answer.body.as_bytes()).unwrap();
    assert_eq!(witness_key().open(&note).unwrap(), (log.checkpoint(5), NOW));
    note.verify(&log.key()).unwrap();
    let idle = hex::encode(origin_id("log.example/b"));
    for path in
        [format!("/w1/checkpoint/{idle}"), "/w1/checkpoint/zz".into(), "/w1/forks/00".into(), "/w1".into()]
    {
        assert_eq!(call(at, "GET", &path, b"").await.status, 404, "{path}");
    }

    let forks: Value =
        serde_json::from_str(&call(at, "GET", &format!("/w1/forks/{id}"), b"").await.body).unwrap();
    assert_eq!((&forks["forks"][0]["size"], forks["forks"].as_array().unwrap().len()), (&5.into(), 1));
    let other = Note::parse(forks["forks"][0]["other"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(other.text(), twisted.checkpoint(5).to_string());

    assert_eq!(call(at, "GET", "/healthz", b"").await.body, "ok\n");
    let metrics = call(at, "GET", "/metrics", b"").await.body;
    for line in [
        "yuanliu_witness_requests_total{outcome=\"cosigned\"} 1",
        "yuanliu_witness_requests_total{outcome=\"fork\"} 1",
        "yuanliu_witness_size{origin=\"log.example/a\"} 5",
        "yuanliu_witness_forks{origin=\"log.example/a\"} 1",
        "yuanliu_witness_forks{origin=\"log.example/b\"} 0",
    ] {
        assert!(metrics.lines().any(|l| l == line), "{line}:\n{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_cosigned_without_a_state_or_a_clock() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::new(ORIGIN, 9, 99);
    let witness = kit::at(dir.path(), true, &[log.key()], 1_000).unwrap();
    let server = start(witness).await;
    let answer = add(server.address, &log.request(0, 5)).await;
    refused(&answer, 503);
    assert!(answer.head.contains("retry-after: 1"), "{answer:?}");

    // Whoever opens the file while it is not in use may have anything in it.
    let dir = tempfile::tempdir().unwrap();
    let witness = open(dir.path(), true, &[log.key()]).unwrap();
    witness.add_checkpoint(log.request(0, 5).as_bytes()).unwrap();
    witness.forget_handle();
    std::fs::write(dir.path().join(STATE_FILE), b"something else").unwrap();
    let desk = std::sync::Arc::new(witness);
    assert!(matches!(desk.add_checkpoint(log.request(5, 9).as_bytes()), Err(crate::Refusal::State(_))));
    let refusal = desk.add_checkpoint(log.request(5, 9).as_bytes()).unwrap_err();
    assert_eq!(super::Answer::refused(&refusal).into_response().status(), 500);
}
