use std::time::Instant;

use axum::{
    body::{Body as Answer, Bytes},
    response::Response,
    routing::{get, post},
};
use hyper::body::{Body, Frame};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::JoinHandle,
};

use super::*;
use crate::http::body_of;

const PACE: Pace = Pace {
    head: Duration::from_millis(300),
    body: Duration::from_millis(900),
    piece: Duration::from_millis(300),
};
/// Bound of every wait: a busy machine is slow.
const SOON: Duration = Duration::from_secs(60);
/// Bytes of the long answer: more than any socket holds.
const LONG: usize = 64 << 20;

struct Door {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    answering: JoinHandle<()>,
    /// Permits: of a slow answer that is being made, of a long one that nobody holds any more.
    slow: Arc<Semaphore>,
    let_go: Arc<Semaphore>,
}

/// A long answer in pieces that says when it was let go: sent whole, or cut off.
struct Long {
    left: usize,
    let_go: Arc<Semaphore>,
}

impl Body for Long {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let size = self.left.min(64 << 10);
        self.left -= size;
        Poll::Ready((size > 0).then(|| Ok(Frame::data(Bytes::from(vec![b'x'; size])))))
    }
}

impl Drop for Long {
    fn drop(&mut self) {
        self.let_go.add_permits(1);
    }
}

async fn door() -> Door {
    door_at(PACE).await
}

async fn door_at(pace: Pace) -> Door {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let (slow, let_go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (making, letting) = (Arc::clone(&slow), Arc::clone(&let_go));
    let read = move |request: axum::extract::Request| async move {
        match body_of(request, 1_000, pace).await {
            Ok(bytes) => format!("{} bytes", bytes.len()),
            Err(late) => format!("{late:?}"),
        }
    };
    let app = Router::new()
        .route("/", get(|| async { "here" }))
        .route(
            "/long",
            get(move || async { Response::new(Answer::new(Long { left: LONG, let_go: letting })) }),
        )
        .route(
            "/slow",
            get(move || async move {
                making.add_permits(1);
                tokio::time::sleep(Duration::from_millis(300)).await;
                "late"
            }),
        )
        .route("/body", post(read));
    let answering = tokio::spawn(answer(listener, app, pace, stopped));
    Door { address, stop, answering, slow, let_go }
}

impl Door {
    async fn dial(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    async fn ask(&self, text: &str) -> String {
        end(self.dial(text).await).await
    }
}

/// Waits for a permit.
async fn told(permits: &Semaphore) {
    tokio::time::timeout(SOON, permits.acquire()).await.expect("in time").expect("never closed").forget();
}

/// What arrives until the other side ends it.
async fn end(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(SOON, stream.read_to_end(&mut bytes)).await;
    // Cut off with or without a word.
    let _ = read.expect("the connection is still held");
    String::from_utf8_lossy(&bytes).into_owned()
}

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn heads_that_drip_are_dropped_and_others_are_served_even_when_they_took_every_place() {
    let door = door().await;
    let mut dripping = Vec::new();
    let begin = Instant::now();
    for _ in 0..CONNECTIONS {
        dripping.push(door.dial("GET / HTTP/1.1\r\nX").await);
    }
    assert!(door.ask(GET).await.ends_with("here"), "a place became free");
    assert!(begin.elapsed() >= PACE.head, "there was none before the first was dropped");
    // One that goes on dripping is dropped all the same.
    let mut drip = door.dial("GET / HTTP/1.1\r\nX").await;
    let begin = Instant::now();
    while drip.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(begin.elapsed() < SOON, "dripped for ever");
    }
    for stream in dripping {
        assert!(!end(stream).await.contains("200 OK"));
    }
}

#[tokio::test]
async fn a_connection_that_stays_open_and_says_nothing_is_dropped() {
    let door = door().await;
    let begin = Instant::now();
    assert!(door.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.ends_with("here"));
    assert!(begin.elapsed() >= PACE.head, "it was kept open for the next request");
}

#[tokio::test]
async fn a_body_that_stalls_drips_or_is_too_large_is_not_waited_for() {
    let door = door().await;
    let head = |length: usize| {
        format!("POST /body HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")
    };
    assert!(door.ask(&format!("{}abc", head(3))).await.ends_with("3 bytes"));
    assert!(door.ask(&format!("{}abc", head(9))).await.ends_with("Late"), "stalls");
    assert!(door.ask(&format!("{}{}", head(2_000), "x".repeat(2_000))).await.ends_with("Broken"));
    // However slow this machine is, no piece is too late here.
    let door = door_at(Pace { piece: SOON, ..PACE }).await;
    let begin = Instant::now();
    let mut drip = door.dial(&head(900)).await;
    while drip.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(begin.elapsed() < SOON, "dripped for ever");
    }
    assert!(begin.elapsed() >= PACE.body, "each piece came in time, the whole did not");
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_cut_off() {
    let door = door().await;
    let lazy = door.dial("GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    // Nobody takes anything until it has been cut off.
    told(&door.let_go).await;
    assert!(end(lazy).await.len() < LONG, "the rest was not sent");
    assert!(door.ask(GET).await.ends_with("here"));
}

#[tokio::test]
async fn what_is_being_answered_when_told_to_stop_is_answered() {
    let door = door().await;
    let asked = door.dial("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
    told(&door.slow).await;
    door.stop.send(true).unwrap();
    assert!(end(asked).await.ends_with("late"));
    tokio::time::timeout(SOON, door.answering).await.unwrap().unwrap();
    assert!(TcpStream::connect(door.address).await.is_err(), "nobody listens any more");
}
