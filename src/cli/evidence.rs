//! Arguments of `yuanliu evidence`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Connection;

#[derive(Debug, Subcommand)]
pub enum Evidence {
    /// Take an evidence bundle out of a ledger: one file that answers a question and proves the answer.
    Export(Box<EvidenceExport>),
    /// Check an evidence bundle or a fraud proof, without a network: what it proves, as of when, by whose word.
    Verify(EvidenceVerify),
}

#[derive(Debug, Args)]
pub struct EvidenceExport {
    #[command(flatten)]
    pub connection: Connection,
    /// Directory of a stopped ledger to read, instead of asking a server.
    #[arg(long)]
    pub data: Option<PathBuf>,
    #[command(flatten)]
    pub about: EvidenceAbout,
    /// As of how many entries; by default all that the newest seal covers.
    #[arg(long, value_name = "SIZE", default_value_t = 0, hide_default_value = true)]
    pub as_of: u64,
    /// Only the histories asked for, not everything that belongs to them: containers, lots, documents.
    #[arg(long)]
    pub named_only: bool,
    /// The case it is for; stands in the file.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub case: String,
    /// The file; must not exist.
    #[arg(short, long)]
    pub output: PathBuf,
}

/// What is asked; exactly one.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct EvidenceAbout {
    /// The history of a unit or container: "sgtin:…", "sscc:…", "cdtc:…", "ma:…", "ahm:…".
    #[arg(long, value_name = "ITEM")]
    pub item: Option<String>,
    /// The history of a lot: "lot:…".
    #[arg(long, value_name = "LOT")]
    pub lot: Option<String>,
    /// What the registers say of a party, and what it signed or was named in. (Who asks goes by --party.)
    #[arg(long, value_name = "PARTY")]
    pub about_party: Option<String>,
    /// The statements under a document: "bill:…", "declaration:…", …
    #[arg(long, value_name = "DOCUMENT")]
    pub document: Option<String>,
    /// One entry, by its index.
    #[arg(long, value_name = "INDEX")]
    pub entry: Option<u64>,
    /// That an item, document or party was never named.
    #[arg(long, value_name = "TEXT")]
    pub absent: Option<String>,
}

#[derive(Debug, Args)]
pub struct EvidenceVerify {
    /// The file.
    pub file: PathBuf,
    /// The ledger that it must be of (64 hex digits), as you were told it by somebody you trust. A fraud proof needs
    /// the log's key alone.
    #[arg(long)]
    pub ledger: Option<String>,
    /// The log's key, as `yuanliu init` and `yuanliu checkpoint --vkey` print it.
    #[arg(long)]
    pub log_key: String,
    /// Key of a witness that you trust. Repeat for several.
    #[arg(long, value_name = "KEY")]
    pub witness_key: Vec<String>,
    /// Key of a witness that replays everything before it cosigns, which you trust to do so. Repeat for several.
    #[arg(long, value_name = "KEY")]
    pub auditor_key: Vec<String>,
    /// How many of these witnesses must have cosigned; by default all.
    #[arg(long, value_name = "N")]
    pub quorum: Option<usize>,
    /// Certificates (PEM) of who issues to time-stamping authorities that you trust: every time stamp in the file is
    /// checked, and must hold. Repeat for several. Without it they are carried, not checked.
    #[arg(long, value_name = "FILE")]
    pub tsa_root: Vec<PathBuf>,
    /// Refuse a bundle whose seal is older than so many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub max_age: Option<u64>,
    /// Write a page for print (HTML, Chinese and English) about a bundle that is proven; must not exist.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}
