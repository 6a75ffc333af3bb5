//! Settings of the server. Every field has a default; names end in their unit.

use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{documents::AttachmentSettings, stamping::TimestampSettings, witnesses::WitnessSettings};

/// What the server is told by file, environment or flags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address of the gRPC port (TLS always). Port 0 picks a free one.
    pub listen: SocketAddr,
    /// Address of the HTTP port: the public log (`/checkpoint`, `/tile/…`, C2SP tlog-tiles), which may be
    /// published, and `/metrics`, `/healthz`, `/readyz`, which may not. It is not encrypted: leave it on
    /// loopback, behind something that is and that passes on the first two only. Unset = no HTTP port.
    pub http_listen: Option<SocketAddr>,
    /// Certificates.
    pub tls: TlsConfig,
    /// Bounds on what clients may ask for.
    pub limits: Limits,
    /// Who watches the log.
    pub witness: WitnessSettings,
    /// Who stamps its checkpoints.
    pub timestamp: TimestampSettings,
    /// Documents beside the ledger.
    pub attachments: AttachmentSettings,
    /// What rules find.
    pub findings: FindingSettings,
    /// Origins whose pages may call by gRPC-Web, such as `https://console.example.cn`; empty = only pages
    /// of the same origin.
    pub cors_origins: Vec<String>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7443)),
            http_listen: Some(SocketAddr::from(([127, 0, 0, 1], 7480))),
            tls: TlsConfig::default(),
            limits: Limits::default(),
            witness: WitnessSettings::default(),
            timestamp: TimestampSettings::default(),
            attachments: AttachmentSettings::default(),
            findings: FindingSettings::default(),
            cors_origins: Vec::new(),
        }
    }
}

/// Whether the server judges what is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FindingSettings {
    /// Keeps findings in the folder `findings` of the ledger, and answers questions about them. Switched on again, it goes
    /// on where it was.
    pub enabled: bool,
}

impl Default for FindingSettings {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// Where certificate and key come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// Folder of the development certificate, which is made on the first run where `cert` and `key` are
    /// unset.
    pub directory: PathBuf,
    /// Certificate chain in PEM, leaf first. Goes with `key`.
    pub cert: Option<PathBuf>,
    /// Private key in PEM. Goes with `cert`.
    pub key: Option<PathBuf>,
    /// Further names and addresses of the development certificate; localhost, 127.0.0.1 and ::1 are in it
    /// anyway.
    pub names: Vec<String>,
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self { directory: PathBuf::from("tls"), cert: None, key: None, names: Vec::new() }
    }
}

/// Bounds on clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections at a time; more wait in the operating system's queue.
    pub connections: usize,
    /// Calls at a time, further ones are refused; half of them may be streams, which last as long as callers like.
    pub calls: u64,
    /// Calls at a time on one connection.
    pub streams_per_connection: u32,
    /// Longest time a unary call may take, ms; a shorter `grpc-timeout` is honoured.
    pub deadline_ms: u64,
    /// Longest TLS handshake, ms.
    pub handshake_ms: u64,
    /// Quiet time after which a connection is asked whether it lives, s.
    pub keepalive_s: u64,
    /// Age at which a connection is asked to end after its running calls, s; 0 = never.
    pub connection_age_s: u64,
    /// Time running calls get on stop, ms.
    pub drain_ms: u64,
    /// Longest time that a `SubmitStatements` stream may send nothing, or leave a result untaken, s.
    pub stream_idle_s: u64,
    /// Batches of one `SubmitStatements` stream that are verified, queued or synced at a time; 1 to 64.
    pub batches_per_stream: usize,
    /// Statements or batches verified at a time; 0 = as many as there are processors.
    pub verifiers: usize,
    /// Reads of the store at a time; 0 = four for each processor.
    pub readers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            calls: 2_048,
            streams_per_connection: 128,
            deadline_ms: 30_000,
            handshake_ms: 10_000,
            keepalive_s: 30,
            connection_age_s: 0,
            drain_ms: 10_000,
            stream_idle_s: 300,
            batches_per_stream: 4,
            verifiers: 0,
            readers: 0,
        }
    }
}

/// Most bytes of a request message.
pub(crate) const MAX_MESSAGE: usize = 4 * 1024 * 1024;
/// Most bytes of a response message: a page of entries, one of which may be a full payload.
pub(crate) const MAX_ANSWER: usize = 8 * 1024 * 1024;
/// Most statements of a batch.
pub(crate) const MAX_BATCH: usize = 1_024;

/// Flow-control windows: what a client may send before anybody reads it, on a stream and on a connection with all its
/// streams. A batch passes through in pieces; it is put together as it comes.
pub(crate) const STREAM_WINDOW: u32 = 512 * 1024;
pub(crate) const CONNECTION_WINDOW: u32 = 2 * STREAM_WINDOW;

// The reason MESSAGE_TOO_LARGE names it.
const _: () = assert!(MAX_MESSAGE == 4 << 20);
// A full payload fits into a request and, beside a page that was just not full, into an answer.
const _: () = assert!(statement::MAX_PAYLOAD < MAX_MESSAGE && 2 * MAX_MESSAGE <= MAX_ANSWER);

impl Limits {
    /// Every number by its name in the configuration, with the values it may have.
    #[must_use]
    pub const fn numbers(&self) -> [(&'static str, u64, RangeInclusive<u64>); 12] {
        [
            ("server.limits.connections", self.connections as u64, 1..=1_000_000),
            ("server.limits.calls", self.calls, 1..=1_000_000),
            ("server.limits.streams_per_connection", self.streams_per_connection as u64, 1..=100_000),
            ("server.limits.deadline_ms", self.deadline_ms, 100..=3_600_000),
            ("server.limits.handshake_ms", self.handshake_ms, 100..=600_000),
            ("server.limits.keepalive_s", self.keepalive_s, 1..=86_400),
            ("server.limits.connection_age_s", self.connection_age_s, 0..=31_536_000),
            ("server.limits.drain_ms", self.drain_ms, 0..=3_600_000),
            ("server.limits.stream_idle_s", self.stream_idle_s, 1..=86_400),
            ("server.limits.batches_per_stream", self.batches_per_stream as u64, 1..=64),
            ("server.limits.verifiers", self.verifiers as u64, 0..=1_024),
            ("server.limits.readers", self.readers as u64, 0..=4_096),
        ]
    }

    /// How much work of a kind is done at a time.
    pub(crate) fn or_per_processor(setting: usize, each: usize) -> usize {
        match setting {
            0 => std::thread::available_parallelism().map_or(1, usize::from) * each,
            n => n,
        }
    }
}
