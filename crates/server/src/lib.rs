//! The server: gRPC services over a [`ledger::Ledger`], and an HTTP port for those who watch it.
//!
//! ```text
//! connection   places, TLS, HTTP/2 limits        connection, tls, serve
//! every call   deadline, metrics, log line       observe; pages of other origins: cors; privileged ones: record
//! who asks     read token, access                token, access
//! what         translate, call, translate        services
//! findings     a thread that has entries judged      finder
//! documents    their store, and what the log     documents
//!              does to them
//! what failed  one table of reasons              status
//! ```
//!
//! Invariants: TLS always. RocksDB is never touched on an async thread: blocking work goes through
//! `pool`, which bounds it. A slow or vanished caller never delays the writer: results wait in its
//! own stream, and its stream is not read while they do. What a reader may not see is answered like
//! what does not exist. Nothing secret and no payload is logged.
//!
//! Deliberately absent: rules of the field (`custody`), storage (`store`), making tokens (`client`),
//! setting up the log subscriber (the program).

mod access;
mod config;
mod connection;
mod cors;
mod documents;
mod finder;
mod http;
mod language;
mod metrics;
mod observe;
mod pool;
mod record;
mod serve;
mod services;
mod stamping;
mod status;
mod tiles;
mod tls;
mod token;
mod witnesses;

pub use config::{FindingSettings, Limits, ServerConfig, TlsConfig};
pub use documents::{AttachmentSettings, AttachmentsPlace, DocumentsError, attachments_place};
pub use observe::ACCESS_LOG;
pub use record::ACCESS_RECORD;
pub use serve::{ServeError, Server, asked_to_end, bind, serve};
pub use stamping::{TimestampError, TimestampSettings};
pub use status::DOMAIN;
pub use tls::{DEVELOPMENT_CERT, DEVELOPMENT_KEY, ServerIdentity, TlsError};
pub use token::{MAX_LIFETIME_S, TOKEN_TYPE};
pub use witnesses::{WitnessAddress, WitnessError, WitnessSettings, Witnesses};
