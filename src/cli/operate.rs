//! Arguments of those who run a ledger, or try one out.

use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf};

use clap::{Args, builder::RangedU64ValueParser};

use super::{Connection, Data};

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
    #[command(flatten)]
    pub expected: Expected,
}

/// What is known of a log from elsewhere.
#[derive(Debug, Args)]
pub struct Expected {
    /// The log's key that checkpoints must be signed with, as `yuanliu init` printed it.
    #[arg(long)]
    pub log_key: Option<String>,
    /// A signed checkpoint that you keep or got elsewhere; the log must lead up to it. Repeat for several.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
    /// Certificates (PEM) of who issues to time-stamping authorities that you trust: every time stamp that is kept is
    /// checked, and recorded times are held against them. Repeat for several.
    #[arg(long, value_name = "FILE")]
    pub tsa_root: Vec<PathBuf>,
    /// Key of a witness that you trust, beside those that the genesis names: recorded times are held against its
    /// cosignatures. Repeat for several.
    #[arg(long, value_name = "KEY")]
    pub witness_key: Vec<String>,
    /// Warn of entries whose time lies more than so many seconds before a cosignature or time stamp that they came
    /// after.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub max_time_lag: u64,
}

#[derive(Debug, Args)]
pub struct Audit {
    /// Directory of a stopped ledger, or URL where a log is published (C2SP tlog-tiles): without --key and --party
    /// leaves, tiles and checkpoint are checked; with them also all contents, which --server gives.
    #[arg(value_name = "URL|DIR")]
    pub target: String,
    #[command(flatten)]
    pub connection: Connection,
    #[command(flatten)]
    pub expected: Expected,
    /// Keep here what was derived, so that the next audit of the same log goes on from there, also after this one was
    /// killed. Takes about as much room as the view; of a server also as the log.
    #[arg(long, value_name = "STATE")]
    pub state: Option<PathBuf>,
    /// Without --state: where to make the scratch view; by default the system's temporary directory (TMPDIR).
    #[arg(long, conflicts_with = "state")]
    pub scratch: Option<PathBuf>,
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
    /// Where to leave the ledger; by default a temporary directory that is removed. A sandbox that lies there
    /// goes on, with its ledger, keys and counterparties.
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
    /// What sealing and the disk cost instead, in some two minutes: CPU a link, acknowledgements with and without a merge
    /// of runs under way, bytes by what they hold once all is compacted.
    #[arg(long, conflicts_with = "quick")]
    pub costs: bool,
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
