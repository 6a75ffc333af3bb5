//! What all tests share: the program as processes, ledgers to play on, parties that sign, dice.

mod authority;
mod dice;
mod erp;
mod party;
mod process;
mod raw;
mod stage;

pub use authority::{Authority, Manner};
pub use dice::Dice;
pub use erp::{Gateway, Place, raw};
pub use party::{Actor, commission, lot, now_us, reference, ship, unit};
pub use process::{Done, Server, run, run_in, yuanliu};
pub use raw::call;
pub use stage::{SimLedger, Stage, channel, copy_dir, error_reason, violated_fields};
