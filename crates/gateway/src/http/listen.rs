//! Connections: so many at a time, and none that is held by dripping.
//!
//! A head has to arrive in time, a body has to go on arriving, and whoever does not take its answer is cut
//! off. What is over waits in the system's own short queue until a place is free.

use std::{
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{Router, serve::Listener};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{Instant, Sleep},
};

/// Most connections at a time; further ones wait in the system's own short queue.
pub(super) const CONNECTIONS: usize = 64;
/// Most bytes of a request's head.
const MAX_HEAD: usize = 64 << 10;

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// For the head of a request, also the next one of a connection that stays open.
    pub head: Duration,
    /// For a whole body.
    pub body: Duration,
    /// Between two pieces of a body, and between two takings of an answer.
    pub piece: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { head: seconds(10), body: seconds(60), piece: seconds(10) }
    }
}

/// Answers connections until told to stop, then lets those that are being answered finish.
pub(crate) async fn answer(
    mut listener: TcpListener,
    app: Router,
    pace: Pace,
    mut stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut open = JoinSet::new();
    loop {
        let held = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = open.join_next(), if !open.is_empty() => continue,
            held = accept(&mut listener, &room, pace) => held,
        };
        open.spawn(connection(held, app.clone(), pace, stop.clone()));
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

async fn accept(listener: &mut TcpListener, room: &Arc<Semaphore>, pace: Pace) -> Held {
    // The semaphore is never closed, so there is always a place to wait for.
    let place = Arc::clone(room).acquire_owned().await.ok();
    // Waits a moment by itself where the system has no descriptor left.
    let (stream, _): (_, SocketAddr) = Listener::accept(listener).await;
    Held { stream, piece: pace.piece, stalled: None, _place: place }
}

async fn connection(held: Held, app: Router, pace: Pace, mut stop: watch::Receiver<bool>) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(pace.head)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(held), TowerToHyperService::new(app));
    let mut connection = pin!(connection);
    // How a connection ends is the client's affair: what was accepted is on disk.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// A connection with its place among those that may be.
struct Held {
    stream: TcpStream,
    piece: Duration,
    /// Runs while an answer is not taken.
    stalled: Option<Pin<Box<Sleep>>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl AsyncRead for Held {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Held {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(done) = Pin::new(&mut self.stream).poll_write(context, bytes) {
            self.stalled = None;
            return Poll::Ready(done);
        }
        let until = Instant::now() + self.piece;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
