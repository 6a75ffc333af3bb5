#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::kit::{Answered, Log, Running, add, open, run};

const SOON: Duration = Duration::from_millis(150);
/// Longer than any wait that is tested, shorter than any that is not set.
const PATIENCE: Duration = Duration::from_secs(8);

fn short() -> Limits {
    Limits { connections: 2, handshake: SOON, head: SOON, body: SOON, life: PATIENCE, grace: SOON }
}

async fn start(limits: Limits, directory: &std::path::Path, log: &Log) -> Running {
    let witness = open(directory, true, &[log.key()]).unwrap();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::bind_within(Arc::new(witness), listen, &Transport::Plain, "/w1", limits);
    run(server.await.unwrap())
}

/// Sends the beginning of a request and reads until the server closes.
async fn stall(address: SocketAddr, beginning: &str) -> (String, Duration) {
    let begin = Instant::now();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(beginning.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the server gives up first");
    (String::from_utf8(answer).unwrap(), begin.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_heads_and_bodies_and_idle_connections_are_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::new("log.example/a", 9, 99);
    let server = start(short(), dir.path(), &log).await;
    for beginning in ["", "POST /w1/add-check", "POST /w1/add-checkpoint HTTP/1.1\r\nhost: w\r\n"] {
        let (_, took) = stall(server.address, beginning).await;
        assert!(took >= SOON && took < PATIENCE, "{beginning:?}: {took:?}");
    }
    let head = "POST /w1/add-checkpoint HTTP/1.1\r\nhost: w\r\ncontent-length: 100\r\n\r\nold 0\n";
    let (answer, _) = stall(server.address, head).await;
    assert_eq!(Answered::of(&answer).status, 408);
    // Kept alive after an answer, and then silent.
    let (answer, took) = stall(server.address, "GET /healthz HTTP/1.1\r\nhost: w\r\n\r\n").await;
    assert!(answer.ends_with("ok\n") && took >= SOON, "{answer:?} {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_too_many_waits_and_one_that_lives_on_and_on_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::new("log.example/a", 9, 99);
    let limits = Limits { head: PATIENCE, life: 4 * SOON, ..short() };
    let server = start(limits, dir.path(), &log).await;
    let mut held = Vec::new();
    for _ in 0..limits.connections {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: w\r\n\r\n").await.unwrap();
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        held.push(stream);
    }
    let begin = Instant::now();
    let answer = add(server.address, &log.request(0, 5)).await;
    assert_eq!(answer.status, 200, "once the others had to go");
    assert!(begin.elapsed() >= SOON, "{:?}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_it_answers_what_runs_and_takes_nothing_more() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::new("log.example/a", 9, 99);
    let limits = Limits { head: PATIENCE, body: PATIENCE, grace: PATIENCE, ..short() };
    let mut server = start(limits, dir.path(), &log).await;
    let request = log.request(0, 5);
    let (first, rest) = request.split_at(20);
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let length = request.len();
    let head =
        format!("POST /w1/add-checkpoint HTTP/1.1\r\nhost: w\r\ncontent-length: {length}\r\n\r\n{first}");
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(SOON).await;
    server.stop.take().unwrap().send(()).unwrap();
    tokio::time::sleep(SOON).await;
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
    stream.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert_eq!(Answered::of(&String::from_utf8(answer).unwrap()).status, 200);
    timeout(PATIENCE, server.ended).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_it_does_not_wait_for_the_idle() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { head: 2 * PATIENCE, ..short() };
    let mut server = start(limits, dir.path(), &Log::new("log.example/a", 9, 99)).await;
    let _idle = TcpStream::connect(server.address).await.unwrap();
    tokio::time::sleep(SOON).await;
    server.stop.take().unwrap().send(()).unwrap();
    timeout(PATIENCE, server.ended).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_it_cannot_listen_on_or_show_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::new("log.example/a", 0, 0);
    let witness = Arc::new(open(dir.path(), true, &[log.key()]).unwrap());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = Server::bind(Arc::clone(&witness), address, &Transport::Plain, "").await.unwrap_err();
    assert!(matches!(error, ServeError::Bind { .. }), "{error}");
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    let tls = Transport::Tls { cert: cert.clone(), key };
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let error = Server::bind(Arc::clone(&witness), listen, &tls, "").await.unwrap_err();
    assert!(matches!(error, ServeError::Tls(TlsFileError::Read { .. })), "{error}");
    std::fs::write(cert, "no certificate").unwrap();
    let error = Server::bind(witness, listen, &tls, "").await.unwrap_err();
    assert!(matches!(error, ServeError::Tls(TlsFileError::Content { .. })), "{error}");
}
