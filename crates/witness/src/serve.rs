//! From a witness and settings to a server that answers, and back down in order.

use std::{future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    http::{Desk, router},
    net::{self, TlsFileError},
    settings::Transport,
    state::StateError,
    witness::Witness,
};

/// Most bytes of the head of a request.
const MAX_HEAD: usize = 16 << 10;
/// Rest after the operating system refused to hand over a connection (mostly: no file handle left).
const REST: Duration = Duration::from_millis(100);

/// Why a witness does not come up.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Certificate or key.
    #[error(transparent)]
    Tls(#[from] TlsFileError),
    /// The address cannot be taken.
    #[error("cannot listen on {address}: {source}; choose another address, or end what uses it")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Bounds on clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections at a time; further ones wait in the system's own short queue.
    connections: usize,
    /// Longest TLS handshake.
    handshake: Duration,
    /// Longest wait for the head of a request, the first one or the next.
    head: Duration,
    /// Longest wait for a body.
    body: Duration,
    /// Longest life of a connection: a client that reads nothing keeps its place no longer.
    life: Duration,
    /// Longest wait for running requests when told to stop.
    grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
            life: Duration::from_secs(600),
            grace: Duration::from_secs(10),
        }
    }
}

/// A server that holds its address and does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    limits: Limits,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Takes the address and loads the certificate. `prefix` as of [`Settings::prefix`](crate::Settings::prefix).
    ///
    /// # Errors
    /// See [`ServeError`].
    pub async fn bind(
        witness: Arc<Witness>,
        listen: SocketAddr,
        transport: &Transport,
        prefix: &str,
    ) -> Result<Self, ServeError> {
        Self::bind_within(witness, listen, transport, prefix, Limits::default()).await
    }

    async fn bind_within(
        witness: Arc<Witness>,
        listen: SocketAddr,
        transport: &Transport,
        prefix: &str,
        limits: Limits,
    ) -> Result<Self, ServeError> {
        let tls = match transport {
            Transport::Tls { cert, key } => Some(TlsAcceptor::from(net::server(cert, key)?)),
            Transport::Plain => None,
        };
        let bind = |source| ServeError::Bind { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        if tls.is_none() && !address.ip().is_loopback() {
            tracing::warn!(%address, "listening without TLS where others can reach it");
        }
        let router = router(Arc::new(Desk::new(witness, limits.body)?), prefix);
        Ok(Self { listener, address, tls, router, limits })
    }

    /// The address that was taken.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` resolves; then takes no more connections and ends those there are, at the latest
    /// after ten seconds. What was cosigned is on disk in any case.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, tls, router, limits, .. } = self;
        let (tell, told) = watch::channel(false);
        let places = Arc::new(Semaphore::new(limits.connections));
        let mut connections = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            let (stream, place) = tokio::select! {
                () = &mut stop => break,
                accepted = accept(&listener, &places) => accepted,
            };
            while connections.try_join_next().is_some() {}
            let (tls, router, told) = (tls.clone(), router.clone(), told.clone());
            connections.spawn(async move {
                connection(stream, tls, router, limits, told).await;
                drop(place);
            });
        }
        drop(listener);
        let _ = tell.send(true);
        let ended = timeout(limits.grace, async { while connections.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::warn!("connections still open are cut off");
            connections.shutdown().await;
        }
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so there is always a place to wait for.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection was gone at once");
                }
                return (stream, place);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection; check the limit of open files");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    limits: Limits,
    told: watch::Receiver<bool>,
) {
    match tls {
        None => requests(stream, router, limits, told).await,
        Some(acceptor) => match timeout(limits.handshake, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => requests(stream, router, limits, told).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        },
    }
}

/// Answers the requests of a connection until it ends, has lived long enough, or the server stops.
async fn requests<S>(stream: S, router: Router, limits: Limits, mut told: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut serving = pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => Some(ended),
        _ = told.wait_for(|stop| *stop) => None,
        () = tokio::time::sleep(limits.life) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            // The request that runs is answered, and no other is taken.
            serving.as_mut().graceful_shutdown();
            timeout(limits.grace, serving).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

#[cfg(test)]
mod tests;
