#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    cell::RefCell,
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use merkle::{Cosigner, SigningKey};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;
use crate::{
    Server, Transport,
    kit::{self, Log, NOW, cosigner, open, witness_key},
};

const ORIGIN: &str = "log.example/a";

fn options(address: SocketAddr) -> FeederOptions {
    FeederOptions::new(format!("http://{address}/w1/"), witness_key())
}

fn feeder(address: SocketAddr) -> Feeder {
    Feeder::new(options(address)).unwrap()
}

async fn feed(feeder: &Feeder, log: &Log, size: u64) -> Result<Fed, FeedError> {
    feeder.feed(&log.note(size), async |old| Ok::<_, Infallible>(log.proof(old, size))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_are_cosigned_one_after_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::new(ORIGIN, 9, 99);
    let server = kit::start(open(dir.path(), true, &[log.key()]).unwrap()).await;
    let first = feeder(server.address);
    for size in [0, 0, 3, 3, 8, 9] {
        let fed = feed(&first, &log, size).await.unwrap();
        assert_eq!(fed.time, NOW);
        let note = log.note(size).with(fed.signature).unwrap();
        assert_eq!(witness_key().open(&note), Ok((log.checkpoint(size), NOW)));
    }
    // As a server does it: from a task of its own.
    let (feeder, again) = (feeder(server.address), log.note(9));
    let task =
        async move { feeder.feed(&again, |_| std::future::ready(Ok::<_, Infallible>(Vec::new()))).await };
    tokio::spawn(task).await.unwrap().unwrap();
    // Another process, which does not know how far the witness is, is told and asked for one proof.
    let asked = RefCell::new(Vec::new());
    let log = Log::new(ORIGIN, 12, 99);
    let prove = |old| {
        asked.borrow_mut().push(old);
        let proof = log.proof(old, 12);
        async move { Ok::<_, Infallible>(proof) }
    };
    self::feeder(server.address).feed(&log.note(12), prove).await.unwrap();
    assert_eq!(asked.into_inner(), [9]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_rolled_back_or_forked_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let (log, twisted) = (Log::new(ORIGIN, 9, 99), Log::new(ORIGIN, 9, 3));
    let server = kit::start(open(dir.path(), true, &[log.key()]).unwrap()).await;
    let known = feeder(server.address);
    feed(&known, &log, 7).await.unwrap();
    for feeder in [&known, &feeder(server.address)] {
        let error = feed(feeder, &log, 5).await.unwrap_err();
        assert!(matches!(error, FeedError::Ahead { theirs: 7, ours: 5, .. }), "{error}");
        let error = feed(feeder, &twisted, 7).await.unwrap_err();
        assert!(matches!(error, FeedError::Fork { size: 7, .. }), "{error}");
        let error = feed(feeder, &twisted, 9).await.unwrap_err();
        assert!(matches!(error, FeedError::Refused { status: 422, .. }), "{error}");
    }
    let other = Log::new("log.example/b", 1, 99);
    let error = feed(&known, &other, 1).await.unwrap_err();
    assert!(
        matches!(&error, FeedError::Refused { status: 404, excerpt, .. } if excerpt.contains("not known"))
    );
}

/// Answers every request with the next of these, and counts connections.
async fn scripted(answers: Vec<(u16, String)>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        let mut answers = answers.into_iter();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, SeqCst);
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                request.extend_from_slice(&buffer[..count]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head
                    .to_lowercase()
                    .lines()
                    .find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
                if body.len() < length.unwrap_or(0) {
                    continue;
                }
                let Some((status, body)) = answers.next() else { return };
                let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                stream.write_all(answer.as_bytes()).await.unwrap();
                request.clear();
            }
        }
    });
    (address, connections)
}

/// What comes of feeding 5 entries to a witness that answers like this.
async fn against(answers: &[(u16, &str)]) -> Result<Fed, FeedError> {
    let answers = answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
    let (address, _) = scripted(answers).await;
    feed(&feeder(address), &Log::new(ORIGIN, 9, 99), 5).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_lies_or_talks_nonsense_gives_no_cosignature() {
    let log = Log::new(ORIGIN, 9, 99);
    let line = |by: &Cosigner, size: u64| format!("{}\n", by.cosign(&log.checkpoint(size), NOW).unwrap());
    let stranger = Cosigner::new("witness.example/2", SigningKey::from_seed(&[3; 32])).unwrap();
    let liar = Cosigner::new("witness.example/1", SigningKey::from_seed(&[3; 32])).unwrap();
    let (good, strange) = (line(&cosigner(), 5), line(&stranger, 5));
    let mut bytes = cosigner().cosign(&log.checkpoint(5), NOW).unwrap().signature().to_vec();
    bytes[20] ^= 1;

    let both = against(&[(200, &format!("{strange}{good}"))]).await.unwrap();
    assert_eq!((both.time, both.signature.to_string()), (NOW, good.trim_end().to_owned()));
    for answer in [String::new(), "ok\n".into(), strange.clone(), line(&liar, 5), line(&cosigner(), 6)] {
        let error = against(&[(200, &answer)]).await.unwrap_err();
        assert!(matches!(error, FeedError::Forged { .. }), "{answer:?}: {error}");
    }
    // Conflicts that lead nowhere end after one more try.
    for answers in [[(409, "3\n"), (409, "2\n")], [(409, "3\n"), (409, "3\n")], [(409, "3\n"), (500, "")]] {
        let error = against(&answers).await.unwrap_err();
        assert!(matches!(error, FeedError::Refused { .. }), "{answers:?}: {error}");
    }
    for answer in [(409, "0\n"), (409, "x\n"), (302, ""), (503, "later\n")] {
        let error = against(&[answer]).await.unwrap_err();
        assert!(
            matches!(error, FeedError::Refused { status, .. } if status == answer.0),
            "{answer:?}: {error}"
        );
    }
    let error = against(&[(409, "5\n"), (409, "")]).await.unwrap_err();
    assert!(matches!(error, FeedError::Fork { size: 5, .. }), "no size goes with it elsewhere: {error}");
    let error = against(&[(409, "6\n")]).await.unwrap_err();
    assert!(matches!(error, FeedError::Ahead { theirs: 6, ours: 5, .. }), "{error}");
    let error = against(&[(418, &format!("a\u{7}{}", "b".repeat(500)))]).await.unwrap_err();
    let FeedError::Refused { excerpt, .. } = error else { panic!("{error}") };
    assert_eq!((excerpt.len(), excerpt.contains(char::is_control)), (EXCERPT, false));
    let error = against(&[(200, &"x".repeat(merkle::MAX_NOTE_LEN + 1))]).await.unwrap_err();
    assert!(matches!(error, FeedError::Unreachable { .. }), "an endless answer: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_kept_and_made_anew_when_it_has_ended() {
    let log = Log::new(ORIGIN, 9, 99);
    let line = |size| (200, format!("{}\n", cosigner().cosign(&log.checkpoint(size), NOW).unwrap()));
    let (address, connections) = scripted(vec![line(3), line(5), line(7)]).await;
    let feeder = feeder(address);
    for size in [3, 5, 7] {
        feed(&feeder, &log, size).await.unwrap();
    }
    assert_eq!(connections.load(SeqCst), 1);

    let dir = tempfile::tempdir().unwrap();
    let server = kit::start(open(dir.path(), true, &[log.key()]).unwrap()).await;
    let address = server.address;
    let other = self::feeder(address);
    feed(&other, &log, 3).await.unwrap();
    drop(server.stop);
    server.ended.await.unwrap();
    let witness = Arc::new(open(dir.path(), false, &[log.key()]).unwrap());
    let again = Server::bind(witness, address, &Transport::Plain, "/w1").await.unwrap();
    let _again = kit::run(again);
    feed(&other, &log, 9).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_no_answer_and_no_proof_are_told_apart() {
    let log = Log::new(ORIGIN, 9, 99);
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let patience = Duration::from_millis(100);
    let short = FeederOptions { connect: patience, answer: patience, ..options(address) };
    let error = feed(&Feeder::new(short).unwrap(), &log, 5).await.unwrap_err();
    assert!(matches!(&error, FeedError::Unreachable { fault, .. } if fault.contains("in time")), "{error}");
    drop(silent);
    let error = feed(&feeder(address), &log, 5).await.unwrap_err();
    assert!(matches!(error, FeedError::Unreachable { .. }), "{error}");

    let (address, _) = scripted(vec![(409, "3\n".into())]).await;
    let failing = async |_| Err::<Vec<Hash>, _>("the disk is gone");
    let error = feeder(address).feed(&log.note(5), failing).await.unwrap_err();
    assert!(matches!(error, FeedError::Proof { old: 3, .. }), "{error}");
    let signer = &log.signer;
    let note = Note::sign("no checkpoint\n", signer).unwrap();
    let error = feeder(address).feed(&note, failing).await.unwrap_err();
    assert!(matches!(error, FeedError::Checkpoint(_)), "{error}");
}

#[test]
fn only_urls_of_witnesses_are_taken() {
    let of = |url: &str| Feeder::new(FeederOptions::new(url, witness_key())).map(drop);
    for url in ["", "w.example", "ftp://w.example/", "http://u@w.example/", "http://w.example/?q=1", "/path"]
    {
        assert!(matches!(of(url), Err(FeederError::Url { .. })), "{url}");
    }
    for url in ["http://w.example", "http://[::1]:80/a", "http://127.0.0.1:1/"] {
        assert!(of(url).is_ok(), "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_certificate_decides() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let make = |name: &str| {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(path(name), made.cert.pem()).unwrap();
        std::fs::write(path(&format!("{name}.key")), made.signing_key.serialize_pem()).unwrap();
    };
    make("ours");
    make("other");
    let log = Log::new(ORIGIN, 9, 99);
    let witness = Arc::new(open(dir.path(), true, &[log.key()]).unwrap());
    let tls = Transport::Tls { cert: path("ours"), key: path("ours.key") };
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = kit::run(Server::bind(witness, listen, &tls, "").await.unwrap());
    let with = |ca: &str| FeederOptions {
        url: format!("https://{}", server.address),
        ca: Some(path(ca)),
        ..options(server.address)
    };
    feed(&Feeder::new(with("ours")).unwrap(), &log, 5).await.unwrap();
    let error = feed(&Feeder::new(with("other")).unwrap(), &log, 9).await.unwrap_err();
    assert!(matches!(error, FeedError::Unreachable { .. }), "{error}");
    assert!(matches!(Feeder::new(with("missing")), Err(FeederError::Ca(TlsFileError::Read { .. }))));
    assert!(matches!(Feeder::new(with("ours.key")), Err(FeederError::Ca(TlsFileError::Content { .. }))));
}
