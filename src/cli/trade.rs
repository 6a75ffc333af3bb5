//! Arguments of traders and readers: stating, asking, documents.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Connection, Data};

#[derive(Debug, Subcommand)]
pub enum Desk {
    /// Shipments addressed to you that you have not received wholly.
    Inbound {
        #[command(flatten)]
        connection: Connection,
        /// Only from this party.
        #[arg(long, default_value = "")]
        sender: String,
        /// Most rows; 0 = all.
        #[arg(long, default_value_t = 0)]
        limit: u32,
    },
    /// One shipment, line by line.
    Shipment {
        #[command(flatten)]
        connection: Connection,
        /// The Ship, as PARTY#UUID; `desk inbound` shows it.
        statement: String,
    },
    /// Requests for assistance that are addressed to you.
    Requests {
        #[command(flatten)]
        connection: Connection,
        /// Only those that nobody has answered yet.
        #[arg(long)]
        open: bool,
        /// Most rows; 0 = all.
        #[arg(long, default_value_t = 0)]
        limit: u32,
    },
    /// What you have now.
    Holdings {
        #[command(flatten)]
        connection: Connection,
        /// Only of this lot.
        #[arg(long, default_value = "")]
        lot: String,
        /// Only at this site.
        #[arg(long, default_value = "")]
        site: String,
        /// What is inside containers instead of the containers.
        #[arg(long)]
        contents: bool,
        /// Most rows; 0 = all.
        #[arg(long, default_value_t = 0)]
        limit: u32,
    },
    /// What you have submitted, newest first.
    Submitted {
        #[command(flatten)]
        connection: Connection,
        /// Only of this kind, such as "ship".
        #[arg(long, default_value = "")]
        kind: String,
        /// Only with this business key.
        #[arg(long, default_value = "")]
        business_key: String,
        /// Most rows; 0 = all.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// The papers of a lot: registration, licences, clearance, test reports.
    Dossier {
        #[command(flatten)]
        connection: Connection,
        /// The lot.
        #[arg(long, default_value = "", required_unless_present = "item")]
        lot: String,
        /// An item of the lot.
        #[arg(long, default_value = "")]
        item: String,
    },
}

#[derive(Debug, Args)]
pub struct Sign {
    #[command(flatten)]
    pub who: Connection,
    /// Files of statements; "-" is standard input.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Sign for this principal, under its mandate.
    #[arg(long)]
    pub on_behalf_of: Option<String>,
    /// Site, where a statement does not name one.
    #[arg(long)]
    pub site: Option<String>,
}

#[derive(Debug, Args)]
pub struct VerifyItem {
    #[command(flatten)]
    pub connection: Connection,
    /// Scans (FNC1 as <GS>) or canonical codes.
    #[arg(required = true)]
    pub scans: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Submit {
    #[command(flatten)]
    pub sign: Sign,
    /// The files hold signed statements, as `yuanliu sign` prints them.
    #[arg(long)]
    pub signed: bool,
    /// Upload this document first; every statement submitted names it. Repeat for several.
    #[arg(long, value_name = "FILE[:ROLE]", conflicts_with = "signed")]
    pub attach: Vec<String>,
    /// Wait up to so many milliseconds for what rules say to you about what was just recorded; 0 = do not wait. Once
    /// an answer comes without, no further one is waited for.
    #[arg(long, value_name = "MS", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub findings_wait: u32,
}

#[derive(Debug, Subcommand)]
pub enum Attach {
    /// Upload documents, before the statement that names them; prints how its header does.
    Put(AttachPut),
    /// Download a document that the statement at an entry names, and check it.
    Get(AttachGet),
    /// The documents that the statement at an entry names, and whether they are there.
    Info(AttachInfo),
    /// Give all attachments of a stopped ledger a new master key.
    Rewrap(Data),
}

#[derive(Debug, Args)]
pub struct AttachPut {
    #[command(flatten)]
    pub connection: Connection,
    /// The documents.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// What they are: "invoice", "packing-list", "test-report", "photo", …
    #[arg(long, default_value = "other")]
    pub role: String,
    /// Their media type, where the end of the name does not tell.
    #[arg(long)]
    pub media_type: Option<String>,
    /// The entry of your statement that names them already, for documents that were lost.
    #[arg(long)]
    pub entry: Option<u64>,
}

#[derive(Debug, Args)]
pub struct AttachGet {
    #[command(flatten)]
    pub connection: Connection,
    /// Entry of the statement.
    pub entry: u64,
    /// Digest of the document, or its beginning; may be left out where there is one document.
    pub digest: Option<String>,
    /// Where to write it; must not exist.
    #[arg(short, long)]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
pub struct AttachInfo {
    #[command(flatten)]
    pub connection: Connection,
    /// Entry of the statement.
    pub entry: u64,
}

#[derive(Debug, Args)]
pub struct Question {
    /// The item: "sgtin:…", "sscc:…", "cdtc:…", "ma:…", "ahm:…" or "lot:…".
    pub item: String,
    #[command(flatten)]
    pub connection: Connection,
    /// Most lines of the answer.
    #[arg(long, default_value_t = 1_000)]
    pub limit: u32,
}

#[derive(Debug, Args)]
pub struct History {
    /// The item: "sgtin:…", "sscc:…", "cdtc:…", "ma:…", "ahm:…" or "lot:…".
    pub item: String,
    #[command(flatten)]
    pub connection: Connection,
    /// Most statements; by default all.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
}

#[derive(Debug, Subcommand)]
pub enum Trace {
    /// 追源头: back to every origin.
    Source(Question),
    /// 查流向: forward to every place, from an item, a container or a lot.
    Flow(Question),
}
