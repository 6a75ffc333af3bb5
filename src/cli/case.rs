//! Flags of `yuanliu case`.

use clap::Subcommand;

use super::Connection;

#[derive(Debug, Subcommand)]
pub enum Case {
    /// A case: what was said in it, who has it, all duties and how they stand.
    Show {
        #[command(flatten)]
        connection: Connection,
        /// Number of the case, 32 hex digits; named in the read token too.
        case: String,
    },
    /// The cases that you have, or had.
    List {
        #[command(flatten)]
        connection: Connection,
        /// Without those that are closed, and those that you have no more.
        #[arg(long)]
        open: bool,
        /// Most cases; 0 = all.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// The summary table of your cases over a stretch of days.
    Summary {
        #[command(flatten)]
        connection: Connection,
        /// First day, YYYY-MM-DD.
        #[arg(long)]
        from: String,
        /// Last day.
        #[arg(long)]
        to: String,
        /// As CSV.
        #[arg(long)]
        csv: bool,
    },
    /// Statements that the watches of a case are about; nobody else learns of it.
    Watch {
        #[command(flatten)]
        connection: Connection,
        /// Number of the case, 32 hex digits; named in the read token too.
        case: String,
        /// First entry that is looked at.
        #[arg(long, default_value_t = 0)]
        start: u64,
        /// Wait for new entries, until ended.
        #[arg(long)]
        follow: bool,
    },
}
