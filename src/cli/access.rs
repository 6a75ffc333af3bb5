//! Arguments of `yuanliu access`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Connection;

#[derive(Debug, Subcommand)]
pub enum Access {
    /// What became of the records that answers carried: whether the log commits to each.
    Check(Box<AccessCheck>),
    /// Who read what in a minute; only for auditors.
    List(Box<AccessList>),
}

#[derive(Debug, Args)]
pub struct AccessCheck {
    #[command(flatten)]
    pub connection: Connection,
    /// Directory of a stopped ledger to read, instead of asking a server.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Records as --access-records keeps them.
    pub file: PathBuf,
    /// Folder for proofs of what was left out.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub proofs: PathBuf,
}

#[derive(Debug, Args)]
pub struct AccessList {
    #[command(flatten)]
    pub connection: Connection,
    /// Directory of a stopped ledger to read, instead of asking a server.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// The minute: an instant in it (RFC 3339), or its number since 1970.
    #[arg(long)]
    pub minute: String,
    /// How many minutes, from that one on.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_440))]
    pub minutes: u64,
}
