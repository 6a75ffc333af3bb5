//! The command line.

use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf};

use clap::{Args, Parser, Subcommand, builder::RangedU64ValueParser};

use crate::lang::Lang;

/// Yuanliu 源流: a supply-chain traceability ledger that proves its answers.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXIT_CODES)]
pub struct Cli {
    /// One JSON value (or JSON Lines) on standard output instead of text for people.
    #[arg(long, global = true)]
    pub json: bool,
    /// Language of what people read; by default that of the locale.
    #[arg(long, global = true, value_enum, env = "YUANLIU_LANG")]
    pub lang: Option<Lang>,
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 refused, or a check failed; 2 wrong use: an argument, a setting, or what it names;
3 the server cannot be reached or is busy; 4 a file or the machine failed; 130 asked to end before it was done.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a ledger: its keys, its root authorities, its first entry.
    Init(Init),
    /// Run the server.
    Serve(Serve),
    /// Make a key file.
    Keygen(Keygen),
    /// Show the configuration in effect and where it was read.
    Config(Serve),
    /// Sign statements (JSON or JSON Lines) and print them as JSON Lines, without sending them.
    Sign(Sign),
    /// Say everything that is wrong with statements (JSON or JSON Lines), by line and field; nothing is recorded.
    Validate(Sign),
    /// Submit statements (JSON, JSON Lines, or signed JSON Lines).
    Submit(Submit),
    /// Where an item is.
    Item(Question),
    /// Every statement about an item.
    History(History),
    /// Follow goods back to their source or forward to every place.
    #[command(subcommand)]
    Trace(Trace),
    /// A trader's desk: inbound shipments, stock, what was submitted, the papers of a lot.
    #[command(subcommand)]
    Desk(Desk),
    /// Public facts of a ledger: id, key, size, newest checkpoint.
    Ledger(Connection),
    /// The newest signed checkpoint of a ledger (C2SP note), or with --vkey the key that verifies it.
    Checkpoint(Checkpoint),
    /// Evidence bundles and fraud proofs, checked offline.
    #[command(subcommand)]
    Evidence(crate::cmd::Evidence),
    /// Documents beside the ledger, which statements name.
    #[command(subcommand)]
    Attach(Attach),
    /// Read a scan (GS1 element string, FNC1 as <GS>; brackets; Digital Link; UDI; trace code) and say what it names.
    Scan {
        /// The scan.
        text: String,
    },
    /// Check a whole ledger in DIR from its bytes; nothing in DIR is changed.
    Verify(Verify),
    /// Make the view anew from the log.
    Rebuild(Data),
    /// Copy log and attachments of a stopped ledger to a new directory.
    Backup {
        #[command(flatten)]
        data: Data,
        /// Where to; must not exist or be empty, nor lie inside the ledger's directory.
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Make a ledger from a backup.
    Restore {
        /// The backup.
        backup: PathBuf,
        #[command(flatten)]
        data: Data,
    },
    /// 网关: take bills of an ERP system, sign them, and bring each to the ledger exactly once.
    #[command(subcommand)]
    Gateway(Gateway),
    /// 见证: cosign the checkpoints of logs, each once it is shown to continue the last.
    Witness(Witness),
    /// See it work: a made-up trade, a crash, and every acknowledged statement still there.
    Demo(Demo),
    /// Measure this machine.
    Bench(Bench),
}

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
pub struct Data {
    /// Directory of the ledger.
    #[arg(long, env = "YUANLIU_DATA")]
    pub data: PathBuf,
}

#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    pub data: Data,
    /// Where to make the scratch view; by default the system's temporary directory (TMPDIR). Takes about
    /// as much room as the view.
    #[arg(long)]
    pub scratch: Option<PathBuf>,
    /// The ledger that this must be (64 hex digits), as you were told it by somebody you trust.
    #[arg(long)]
    pub ledger: Option<String>,
    /// The log's key that checkpoints must be signed with, as `yuanliu init` printed it.
    #[arg(long)]
    pub log_key: Option<String>,
    /// A signed checkpoint that you keep or got elsewhere; the log must lead up to it. Repeat for several.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Init {
    #[command(flatten)]
    pub data: Data,
    /// Name of the log in checkpoints, such as "example.com/yuanliu".
    #[arg(long)]
    pub origin: String,
    /// A root authority: PARTY (a key file is made in DIR/keys) or PARTY=KEYFILE. Repeat for several.
    #[arg(long = "root", required = true)]
    pub roots: Vec<String>,
    /// How many root authorities a root act needs; by default more than half.
    #[arg(long)]
    pub threshold: Option<u32>,
    /// Leave key files that are made here without a passphrase.
    #[arg(long)]
    pub no_passphrase: bool,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Directory of the ledger.
    #[arg(long, env = "YUANLIU_DATA")]
    pub data: Option<PathBuf>,
    /// Configuration file (TOML). Environment (YUANLIU_…) and flags override it.
    #[arg(long, env = "YUANLIU_CONFIG")]
    pub config: Option<PathBuf>,
    /// Address of the gRPC service, such as "0.0.0.0:7443"; port 0 takes a free one.
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// Address of metrics and health over HTTP.
    #[arg(long)]
    pub http: Option<SocketAddr>,
    /// Write the addresses that were bound, as JSON, to this file once the server is ready.
    #[arg(long)]
    pub ready_file: Option<PathBuf>,
    /// Start although the clock and the time of the last entry are too far apart.
    #[arg(long)]
    pub accept_clock_jump: bool,
    /// Stop when standard input ends: a server that its parent shall not outlive.
    #[arg(long, hide = true)]
    pub until_eof: bool,
}

#[derive(Debug, Args)]
pub struct Keygen {
    /// Where to write the key (PKCS#8 PEM); must not exist.
    #[arg(short, long)]
    pub output: PathBuf,
    /// Leave the file without a passphrase.
    #[arg(long)]
    pub no_passphrase: bool,
    /// Also print the enrolment statement (JSON) that a registrar signs for this party…
    #[arg(long, requires = "ledger")]
    pub party: Option<String>,
    /// …on the ledger with this id (64 hex digits; see `yuanliu ledger`).
    #[arg(long)]
    pub ledger: Option<String>,
    /// The key of a witness with this name instead, such as "witness.example/1"; prints its verifier key.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["party", "ledger", "uses"])]
    pub witness: Option<String>,
    /// What the key is for: sign, read, administer.
    #[arg(long, value_delimiter = ',', default_value = "sign,read")]
    pub uses: Vec<String>,
}

/// How to reach a server and as whom.
#[derive(Debug, Args)]
pub struct Connection {
    /// Address of the server.
    #[arg(long, env = "YUANLIU_SERVER", default_value = "https://localhost:7443")]
    pub server: String,
    /// Certificate (PEM) to trust instead of the system's, such as DIR/tls/cert.pem.
    #[arg(long, env = "YUANLIU_CA")]
    pub ca: Option<PathBuf>,
    /// Key file of the party.
    #[arg(long, env = "YUANLIU_KEY")]
    pub key: Option<PathBuf>,
    /// The party that signs or asks.
    #[arg(long, env = "YUANLIU_PARTY")]
    pub party: Option<String>,
    /// Why you ask; stands in every read token.
    #[arg(long, env = "YUANLIU_PURPOSE", default_value = "command line")]
    pub purpose: String,
    /// Expect this ledger (64 hex digits); by default the server's is believed.
    #[arg(long, env = "YUANLIU_LEDGER")]
    pub ledger: Option<String>,
    /// Keep here the largest checkpoint seen of each ledger, so that a log that was rolled back or shows two
    /// histories is noticed; by default $XDG_STATE_HOME/yuanliu or ~/.local/state/yuanliu.
    #[arg(long, value_name = "DIR", env = "YUANLIU_MEMORY")]
    pub memory: Option<PathBuf>,
    /// Keep no checkpoint, and hold the log to none seen before.
    #[arg(long, conflicts_with = "memory")]
    pub no_memory: bool,
}

#[derive(Debug, Args)]
pub struct Checkpoint {
    #[command(flatten)]
    pub connection: Connection,
    /// Directory of a stopped ledger to read, instead of asking a server.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Print the log's verifier key instead.
    #[arg(long)]
    pub vkey: bool,
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
pub struct Submit {
    #[command(flatten)]
    pub sign: Sign,
    /// The files hold signed statements, as `yuanliu sign` prints them.
    #[arg(long)]
    pub signed: bool,
    /// Upload this document first; every statement submitted names it. Repeat for several.
    #[arg(long, value_name = "FILE[:ROLE]", conflicts_with = "signed")]
    pub attach: Vec<String>,
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
    #[arg(long, default_value = "document")]
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
    /// Listen without TLS: on this machine, or behind a proxy that does it.
    #[arg(long, conflicts_with = "tls_cert")]
    pub plain_http: bool,
    /// Write the address that was bound, as JSON, to this file once the witness listens.
    #[arg(long)]
    pub ready_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// Do it and exit; otherwise the server goes on until Ctrl-C.
    #[arg(long)]
    pub once: bool,
    /// A sandbox instead: a ledger with counterparties that ship to you and confirm what you ship.
    #[arg(long, conflicts_with = "once")]
    pub serve: bool,
    /// Where the sandbox listens; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:7443", requires = "serve")]
    pub listen: SocketAddr,
    /// Seconds between two deliveries to you in the sandbox.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=86_400), requires = "serve")]
    pub every: u32,
    /// Where to leave the ledger; by default a temporary directory that is removed.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Seed of the trade: the same seed gives the same trade.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Statements of the trade, about.
    #[arg(long, default_value_t = 24_000, value_parser = statements(300..=10_000_000))]
    pub statements: usize,
}

#[derive(Debug, Args)]
pub struct Bench {
    /// Within 45 seconds.
    #[arg(long)]
    pub quick: bool,
    /// Where to put the ledger; by default a temporary directory that is removed.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Statements to measure; by default as many as fit the time.
    #[arg(long, value_parser = statements(1_000..=10_000_000))]
    pub statements: Option<usize>,
}

/// A number of statements: enough to show what is to be shown, and no more than fit into memory.
fn statements(range: RangeInclusive<u64>) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(range)
}
