//! The command line.

mod access;
mod beside;
mod case;
mod evidence;
mod finding;
mod import;
mod operate;
mod trade;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use self::{
    access::{Access, AccessCheck, AccessList},
    beside::{Gateway, GatewayBill, GatewaySettings, Witness},
    case::Case,
    evidence::{Evidence, EvidenceExport, EvidenceVerify},
    finding::{Finding, FindingFlags, FindingStates},
    import::{ImportLot, ImportLots, ImportState},
    operate::{Audit, Bench, Checkpoint, Demo, Expected, Init, Keygen, Serve, Verify},
    trade::{
        Attach, AttachGet, AttachInfo, AttachPut, Desk, History, Question, Sign, Submit, Trace, VerifyItem,
    },
};
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
    /// Whether what was scanned can be what its code says, within your rights; ends with 1 where something is suspected or unknown.
    VerifyItem(VerifyItem),
    /// Every statement about an item.
    History(History),
    /// Follow goods back to their source or forward to every place.
    #[command(subcommand)]
    Trace(Trace),
    /// A trader's desk: inbound shipments, stock, what was submitted, the papers of a lot.
    #[command(subcommand)]
    Desk(Desk),
    /// What rules find in what is recorded: leads, never verdicts.
    #[command(subcommand)]
    Finding(Finding),
    /// Cases, their duties, summary and alerts, for who has them.
    #[command(subcommand)]
    Case(Case),
    /// What customs ask of an import: each check, what keeps it from release, and a draft of the decision.
    ImportLot(ImportLot),
    /// Declarations of an office or port, with how far each has come and how old it is.
    ImportLots(ImportLots),
    /// Public facts of a ledger: id, key, size, newest checkpoint.
    Ledger(Connection),
    /// The newest signed checkpoint of a ledger (C2SP note), or with --vkey the key that verifies it.
    Checkpoint(Checkpoint),
    /// Documents beside the ledger, which statements name.
    #[command(subcommand)]
    Attach(Attach),
    /// Read a scan (GS1 element string, FNC1 as <GS>; brackets; Digital Link; UDI; trace code) and say what it names.
    Scan {
        /// The scan.
        text: String,
    },
    /// Derive a whole log again from its bytes: of a stopped ledger's DIR, or of a server; names the first difference.
    Audit(Audit),
    /// The operator's quick word for `audit DIR`, without a state to go on from: nothing in DIR is changed.
    Verify(Verify),
    /// Evidence bundles, taken out and checked offline; fraud proofs.
    #[command(subcommand)]
    Evidence(Evidence),
    /// Who read what: records that answers carried, held against the log; for auditors, all of a minute.
    #[command(subcommand)]
    Access(Access),
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

#[derive(Debug, Args)]
pub struct Data {
    /// Directory of the ledger.
    #[arg(long, env = "YUANLIU_DATA")]
    pub data: PathBuf,
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
    /// Add to this file what answers to privileged reads carry, a line each: with it you can show later that a read was
    /// left out of the log (`yuanliu access check`). An answer without a record is refused: this is for parties with a
    /// role of authority or auditor.
    #[arg(long, value_name = "FILE", env = "YUANLIU_ACCESS_RECORDS")]
    pub access_records: Option<PathBuf>,
    /// Keep no checkpoint, and hold the log to none seen before.
    #[arg(long, conflicts_with = "memory")]
    pub no_memory: bool,
}
