//! From a ledger and settings to a server that answers, and back down in order.

use std::{convert::Infallible, future::Future, net::SocketAddr, sync::Arc, time::Duration};

use findings::{Findings, FindingsError};
use ledger::{Ledger, Writer};
use rpc::{
    access_service_server::AccessServiceServer, attachment_service_server::AttachmentServiceServer,
    case_service_server::CaseServiceServer, customs_service_server::CustomsServiceServer,
    desk_service_server::DeskServiceServer, finding_service_server::FindingServiceServer,
    ledger_service_server::LedgerServiceServer, registry_service_server::RegistryServiceServer,
    trace_service_server::TraceServiceServer,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tonic::{
    service::{Routes, RoutesBuilder},
    transport::Server as Transport,
};
use tonic_health::{ServingStatus, server::HealthReporter};

use crate::{
    config::{CONNECTION_WINDOW, Limits, MAX_ANSWER, MAX_MESSAGE, STREAM_WINDOW, ServerConfig},
    connection,
    cors::CorsLayer,
    documents::{Documents, DocumentsError, follow},
    finder::{FOLDER, Finder},
    http,
    metrics::{self, Metrics},
    observe::ObserveLayer,
    pool::Pool,
    services::{
        AccessApi, AttachmentApi, CaseApi, CustomsApi, DeskApi, FindingApi, LedgerApi, RegistryApi, Shared,
        TraceApi,
    },
    stamping::{Stamping, TimestampError},
    tiles,
    tls::{ServerIdentity, TlsError},
    token,
    witnesses::{WitnessError, Witnesses},
};

/// How often the writer's state is looked at for the health service.
const HEALTH_INTERVAL: Duration = Duration::from_millis(500);
/// Services whose health is that of the writer; the empty one is the server as a whole.
const WRITING: [&str; 2] = ["", "yuanliu.v1.LedgerService"];
/// Services that go on when the writer has stopped.
const READING: [&str; 6] = [
    "yuanliu.v1.RegistryService",
    "yuanliu.v1.TraceService",
    "yuanliu.v1.CaseService",
    "yuanliu.v1.AccessService",
    "yuanliu.v1.FindingService",
    "yuanliu.v1.CustomsService",
];

/// Why a server does not come up, or did not go down in order.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// An address cannot be taken.
    #[error("cannot listen on {address}: {source}; choose another address, or end what uses it")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The directory of attachments.
    #[error(transparent)]
    Documents(#[from] DocumentsError),
    /// The folder of findings.
    #[error(transparent)]
    Findings(#[from] FindingsError),
    /// Witnesses.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// Time-stamping authorities.
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
    /// An entry of `cors_origins` is not an origin.
    #[error("cors_origins: \"{0}\" is not an origin such as https://console.example.cn")]
    Origin(String),
    /// The transport failed.
    #[error("the gRPC transport failed: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// The descriptors built into the program are damaged.
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The ledger did not end in order.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// A task of the server ended by a panic.
    #[error("a part of the server failed: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// A server that holds its addresses and does not answer yet.
pub struct Server {
    ledger: Ledger,
    config: ServerConfig,
    identity: ServerIdentity,
    documents: Arc<Documents>,
    cors: CorsLayer,
    witnesses: Witnesses,
    stamping: Option<Stamping>,
    findings: Option<Arc<Findings>>,
    grpc: (TcpListener, SocketAddr),
    http: Option<(TcpListener, SocketAddr)>,
}

/// Takes the addresses and loads the certificate.
///
/// # Errors
/// Anything but [`ServeError::Ledger`]; nothing is left running.
pub async fn bind(ledger: Ledger, config: ServerConfig) -> Result<Server, ServeError> {
    // An error means that the process has chosen a provider already; it serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    token::install();
    let cors = CorsLayer::new(&config.cors_origins).map_err(ServeError::Origin)?;
    let witnesses = Witnesses::new(&config.witness)?;
    let stamping = Stamping::new(&config.timestamp)?;
    let identity = ServerIdentity::load(&config.tls)?;
    let documents = Arc::new(Documents::open(&ledger, &config.attachments)?);
    let findings = if config.findings.enabled {
        let (path, id, size) = (ledger.dir().join(FOLDER), ledger.id(), ledger.head().size);
        let opened = tokio::task::spawn_blocking(move || Findings::open(&path, &id, size)).await?;
        Some(Arc::new(opened?))
    } else {
        None
    };
    let grpc = listen(config.listen).await?;
    let http = match config.http_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    if let Some((_, address)) = &http
        && !address.ip().is_loopback()
    {
        tracing::warn!(%address, "the HTTP port is not encrypted and not on loopback");
    }
    Ok(Server { ledger, config, identity, documents, cors, witnesses, stamping, findings, grpc, http })
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let bind = |source| ServeError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(bind)?;
    let bound = listener.local_addr().map_err(bind)?;
    Ok((listener, bound))
}

/// Binds and runs: until `shutdown` resolves, then down in order, the ledger last.
///
/// # Errors
/// As [`bind`] and [`Server::run`].
pub async fn serve(
    ledger: Ledger,
    config: ServerConfig,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    bind(ledger, config).await?.run(shutdown).await
}

/// Resolves when the process is asked to end (SIGTERM or SIGINT). Signals are caught from the call on, so
/// one that comes before anybody waits is not lost. Needs a runtime.
pub fn asked_to_end() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let catch = |kind| match signal(kind) {
            Ok(caught) => Some(caught),
            Err(error) => {
                tracing::warn!(%error, "cannot wait for a signal");
                None
            }
        };
        let terminate = catch(SignalKind::terminate());
        let interrupt = catch(SignalKind::interrupt());
        async move {
            tokio::select! {
                () = came(terminate) => {}
                () = came(interrupt) => {}
            }
        }
    }
    #[cfg(not(unix))]
    async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "cannot wait for an interrupt");
            std::future::pending::<()>().await;
        }
    }
}

/// Resolves with the signal; never where it cannot be caught.
#[cfg(unix)]
async fn came(signal: Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(mut signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

impl Server {
    /// Address of the gRPC port.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.grpc.1
    }

    /// Address of the HTTP port.
    #[must_use]
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(|(_, address)| *address)
    }

    /// Certificate of the gRPC port.
    #[must_use]
    pub const fn identity(&self) -> &ServerIdentity {
        &self.identity
    }

    /// Answers until `shutdown` resolves. Then takes no more connections, gives running calls
    /// `drain_ms`, and shuts the ledger down.
    ///
    /// # Errors
    /// The transport failed, or the ledger did not end in order.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { ledger, config, identity, documents, cors, witnesses, stamping, findings, grpc, http } =
            self;
        let (listener, address) = grpc;
        let limits = config.limits.clone();
        let (stop, stopped) = watch::channel(false);
        let metrics = Arc::new(Metrics::default());
        let transfer = documents.transfer;
        let follower = tokio::spawn(follow(Arc::clone(&documents), ledger.clone(), stopped.clone()));
        let (finder, finding) = match findings {
            Some(kept) => {
                let (finder, finding) = Finder::start(kept, ledger.clone(), stopped.clone());
                (Some(finder), Some(finding))
            }
            None => (None, None),
        };
        let shared = Shared {
            finder: finder.clone(),
            ..shared(&ledger, &metrics, &documents, stopped.clone(), limits.clone())
        };
        let shared = Arc::new(shared);
        let (reporter, health) = tonic_health::server::health_reporter();
        let routes = routes(&shared, health)?;
        let health = tokio::spawn(watch_writer(ledger.clone(), reporter, stopped.clone()));
        let http = http.map(|(listener, _)| {
            let registry = metrics::registry(
                Arc::clone(&metrics),
                ledger.clone(),
                Arc::clone(&documents),
                finder.clone(),
            );
            let router = http::router(registry, ledger.clone(), Arc::clone(&documents), stopped.clone())
                .merge(tiles::router(ledger.clone(), shared.readers.clone(), !witnesses.is_empty()));
            spawn_http(listener, router, stopped.clone())
        });

        let stamping = stamping.map(|stamping| {
            let (log, counters) = ((ledger.clone(), !witnesses.is_empty()), Arc::clone(&metrics.stamps));
            tokio::spawn(stamping.run(log, shared.readers.clone(), counters, stopped.clone()))
        });
        let feeding = tokio::spawn(witnesses.feed(ledger.clone(), shared.readers.clone(), stopped.clone()));
        let mut transport = transport(&limits)
            .tls_config(identity.tonic(Duration::from_millis(limits.handshake_ms)))?
            .layer(cors)
            .layer(tonic_web::GrpcWebLayer::new())
            .layer(ObserveLayer {
                metrics: Arc::clone(&metrics),
                deadline: Duration::from_millis(limits.deadline_ms),
                transfer,
                most: limits.calls,
            });
        let incoming = connection::incoming(listener, limits.connections, metrics);
        let ends = until(stopped);
        let mut serving =
            tokio::spawn(transport.add_routes(routes).serve_with_incoming_shutdown(incoming, ends));
        tracing::info!(%address, ledger = %statement::hex_text(&ledger.id()), "serving");

        let early = tokio::select! {
            () = shutdown => None,
            ended = &mut serving => Some(ended),
        };
        tracing::info!("stopping");
        // The receivers may all be gone, which is what is wanted.
        let _ = stop.send(true);
        let transport = match early {
            Some(ended) => ended.map_err(ServeError::from).and_then(|r| r.map_err(ServeError::from)),
            None => drain(serving, Duration::from_millis(limits.drain_ms)).await,
        };
        // It holds a state of the view for as long as a step takes.
        if let Some(finding) = finding {
            finding.await?;
        }
        let closed = tokio::task::spawn_blocking(move || ledger.shutdown()).await;
        if let Some(http) = http {
            http.abort();
        }
        health.await?;
        feeding.await?;
        if let Some(stamping) = stamping {
            stamping.await?;
        }
        follower.await?;
        closed??;
        transport
    }
}

fn shared(
    ledger: &Ledger,
    metrics: &Arc<Metrics>,
    documents: &Arc<Documents>,
    stop: watch::Receiver<bool>,
    limits: Limits,
) -> Shared {
    Shared {
        ledger: ledger.clone(),
        metrics: Arc::clone(metrics),
        documents: Arc::clone(documents),
        finder: None,
        verifiers: Pool::new(Limits::or_per_processor(limits.verifiers, 1)),
        readers: Pool::new(Limits::or_per_processor(limits.readers, 4)),
        stop,
        limits,
    }
}

fn transport(limits: &Limits) -> Transport {
    let age = (limits.connection_age_s > 0).then(|| Duration::from_secs(limits.connection_age_s));
    let transport = Transport::builder()
        .max_concurrent_streams(limits.streams_per_connection)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keepalive_interval(Some(Duration::from_secs(limits.keepalive_s.max(1))))
        .http2_keepalive_timeout(Some(Duration::from_secs(20)))
        .http2_max_header_list_size(16 * 1_024);
    match age {
        Some(age) => transport.max_connection_age(age),
        None => transport,
    }
}

fn routes<H>(shared: &Arc<Shared>, health: H) -> Result<Routes, ServeError>
where
    H: tonic::codegen::Service<tonic::codegen::http::Request<tonic::body::Body>, Error = Infallible>
        + tonic::server::NamedService
        + Clone
        + Send
        + Sync
        + 'static,
    H::Response: axum::response::IntoResponse,
    H::Future: Send + 'static,
{
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let mut routes = RoutesBuilder::default();
    routes
        .add_service(
            LedgerServiceServer::new(LedgerApi(Arc::clone(shared)))
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(
            CaseServiceServer::new(CaseApi(Arc::clone(shared))).max_decoding_message_size(MAX_MESSAGE),
        )
        .add_service(
            AccessServiceServer::new(AccessApi(Arc::clone(shared))).max_decoding_message_size(MAX_MESSAGE),
        )
        .add_service(
            FindingServiceServer::new(FindingApi(Arc::clone(shared)))
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(
            CustomsServiceServer::new(CustomsApi(Arc::clone(shared)))
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(
            DeskServiceServer::new(DeskApi(Arc::clone(shared)))
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(
            RegistryServiceServer::new(RegistryApi(Arc::clone(shared)))
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(
            TraceServiceServer::new(TraceApi(Arc::clone(shared)))
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(
            AttachmentServiceServer::new(AttachmentApi(Arc::clone(shared)))
                .max_decoding_message_size(MAX_MESSAGE)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(health)
        .add_service(reflection);
    Ok(routes.routes())
}

/// Tells the health service how the writer is, until the server stops; then that it does not serve.
async fn watch_writer(ledger: Ledger, mut reporter: HealthReporter, mut stop: watch::Receiver<bool>) {
    // Whoever watches is told of changes only.
    let (mut writing, mut reading) = (None, None);
    loop {
        let stopping = *stop.borrow();
        let writes = !stopping && ledger.status().writer == Writer::Running;
        if writing.replace(writes) != Some(writes) {
            tell(&mut reporter, &WRITING, writes).await;
        }
        if reading.replace(!stopping) != Some(!stopping) {
            tell(&mut reporter, &READING, !stopping).await;
        }
        if stopping {
            // Whoever watches has been told; without this its stream would outlast the server.
            for name in WRITING.iter().chain(&READING) {
                reporter.clear_service_status(name).await;
            }
            return;
        }
        // Either outcome means: look again.
        let _ = tokio::time::timeout(HEALTH_INTERVAL, stop.changed()).await;
    }
}

async fn tell(reporter: &mut HealthReporter, names: &[&str], serving: bool) {
    let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
    for name in names {
        reporter.set_service_status(name, status).await;
    }
}

async fn until(mut stop: watch::Receiver<bool>) {
    // An error means that the server is gone.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn spawn_http(listener: TcpListener, router: axum::Router, stop: watch::Receiver<bool>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let serving = axum::serve(listener, router).with_graceful_shutdown(until(stop));
        if let Err(error) = serving.await {
            tracing::error!(%error, "the HTTP port failed");
        }
    })
}

/// Waits for running calls, not longer than `patience`.
async fn drain(
    mut serving: JoinHandle<Result<(), tonic::transport::Error>>,
    patience: Duration,
) -> Result<(), ServeError> {
    match tokio::time::timeout(patience, &mut serving).await {
        Ok(ended) => Ok(ended??),
        Err(_) => {
            tracing::warn!("calls still running are cut off");
            serving.abort();
            Ok(())
        }
    }
}
