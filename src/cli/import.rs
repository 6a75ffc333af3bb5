//! Arguments of customs' questions.

use clap::{Args, ValueEnum};

use super::Connection;

#[derive(Debug, Args)]
pub struct ImportLot {
    #[command(flatten)]
    pub connection: Connection,
    /// The declaration: 18 digits, with or without "decl:" before them.
    pub declaration: String,
    /// Print only the draft of the decision, as `yuanliu sign` and `submit` take it.
    #[arg(long)]
    pub draft: bool,
}

#[derive(Debug, Args)]
pub struct ImportLots {
    #[command(flatten)]
    pub connection: Connection,
    /// Only of this customs office, by its code of four digits or how that begins.
    #[arg(long, default_value = "")]
    pub office: String,
    /// Only where a lot is filed at this port.
    #[arg(long, default_value = "")]
    pub port: String,
    /// Only in this state; repeat for several.
    #[arg(long, value_enum)]
    pub state: Vec<ImportState>,
    /// Only what was declared at least so many days ago.
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    pub older_than: u32,
    /// Most rows; 0 = all.
    #[arg(long, default_value_t = 0)]
    pub limit: u32,
}

/// How far a declaration has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportState {
    Declared,
    Filed,
    Cleared,
    ClearanceRefused,
    Released,
    Partial,
    Held,
    Refused,
    Returned,
    Seized,
    Destroyed,
    Bonded,
    BondedExit,
}
