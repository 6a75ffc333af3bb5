//! Arguments of the programs beside a ledger: gateway and witness.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Gateway {
    /// Run the gateway: REST, inbox and outbox.
    Run {
        #[command(flatten)]
        settings: GatewaySettings,
        /// Write the address that was bound to this file once it listens.
        #[arg(long)]
        ready_file: Option<PathBuf>,
    },
    /// Hand bills in: CSV, XLSX, XML or JSON. Without a running gateway they go into its outbox.
    Submit {
        #[command(flatten)]
        settings: GatewaySettings,
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Where bills are: those with a number, else those that wait or were refused.
    Status {
        #[command(flatten)]
        settings: GatewaySettings,
        /// The bill's own number.
        number: Option<String>,
    },
    /// Take a bill that waits out of the queue. It keeps its signed bytes and its number; others go on.
    PutAside {
        #[command(flatten)]
        settings: GatewaySettings,
        #[command(flatten)]
        bill: GatewayBill,
        /// Why; it is kept with the bill.
        #[arg(long)]
        reason: String,
    },
    /// Put a bill that was put aside back into the queue, or try one that waits now.
    Retry {
        #[command(flatten)]
        settings: GatewaySettings,
        #[command(flatten)]
        bill: GatewayBill,
    },
    /// Give up a bill that waits because the ledger refuses it for what is missing there: it counts as refused, and
    /// its number is free for a correction.
    GiveUp {
        #[command(flatten)]
        settings: GatewaySettings,
        #[command(flatten)]
        bill: GatewayBill,
    },
    /// Show the key that signs, and the enrolment statement (JSON) that a registrar signs for it.
    Key(GatewaySettings),
}

#[derive(Debug, Args)]
pub struct GatewayBill {
    /// The bill's own number.
    pub number: String,
    /// Kind of its statement, such as "ship", where several bills have the number.
    #[arg(long)]
    pub kind: Option<String>,
    /// Its principal, where that is not enough; empty = the signer itself.
    #[arg(long)]
    pub principal: Option<String>,
}

#[derive(Debug, Args)]
pub struct GatewaySettings {
    /// Settings of the gateway (TOML); see docs/GATEWAY.md.
    #[arg(long, env = "YUANLIU_GATEWAY")]
    pub settings: PathBuf,
}

#[derive(Debug, Args)]
pub struct Witness {
    /// Settings (TOML); flags go before them; see docs/WITNESS.md.
    #[arg(long, env = "YUANLIU_WITNESS_CONFIG")]
    pub config: Option<PathBuf>,
    /// Key file of the witness, as `yuanliu keygen --witness NAME` makes it.
    #[arg(long)]
    pub key: Option<PathBuf>,
    /// Verifier key of a log to witness, such as "log.example/a+1a2b3c4d+AX…". Repeat for several.
    #[arg(long = "log", value_name = "VKEY")]
    pub logs: Vec<String>,
    /// Directory of the witness's state.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Make the state: only for a witness that has never cosigned anything.
    #[arg(long)]
    pub new: bool,
    /// Address to listen on; port 0 takes a free one. By default 127.0.0.1:7490.
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// Path before all paths, such as "/w1".
    #[arg(long)]
    pub prefix: Option<String>,
    /// Certificate chain (PEM) to listen with TLS.
    #[arg(long, requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Private key (PEM) of the certificate.
    #[arg(long, requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Derive everything in the logs again before cosigning: the settings name for each log, under [[audit]], who
    /// reads it where.
    #[arg(long)]
    pub audit: bool,
    /// Listen without TLS: on this machine, or behind a proxy that does it.
    #[arg(long, conflicts_with = "tls_cert")]
    pub plain_http: bool,
    /// Write the address that was bound, as JSON, to this file once the witness listens.
    #[arg(long)]
    pub ready_file: Option<PathBuf>,
}
