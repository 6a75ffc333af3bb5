//! The gateway: a small process beside an ERP system that turns its bills into signed statements and brings
//! each to the ledger, exactly once.
//!
//! ```text
//! CSV, XLSX, XML, JSON ─▶ lines ─▶ bills ─▶ signed once ─▶ outbox (synced) ─▶ answer to the ERP system
//!   REST, inbox, command  input    bill     key              │
//!                                                            └─▶ lane, in order ─▶ ledger ─▶ receipt
//! ```
//!
//! # Invariants
//!
//! - A bill is signed when it is accepted, and the signed bytes are on disk before anybody is told so.
//! - A bill that has a receipt is never sent again. One whose answer got lost is sent again byte for byte,
//!   which the ledger answers with the first receipt.
//! - Bills leave in order of acceptance, one at a time; those of one number never overtake each other. One
//!   with trouble of its own is overtaken by those of other numbers, or put aside by people: kept, not sent.
//! - A bill is refused only for what it says. What the ledger lacks (a key, a role, a mandate) makes the bills
//!   wait that it concerns.
//! - Of one business key (number, kind, principal) at most one bill waits, lies aside or has landed; a
//!   refused one makes room for its correction.
//! - Nothing of a bill with a fault is accepted; every fault names line and column.
//! - Every queue, file, line, wait and answer is bounded.
//!
//! # Deliberately absent
//!
//! The server's storage and rules (crates `ledger`, `store`, `server`, `custody`): what the ledger decides
//! is learnt from its answers. Reading back from the ledger. TLS for REST: it listens on loopback. Prompts
//! and flags: the binary has them.

mod bill;
mod columns;
mod fault;
mod gateway;
mod http;
mod inbox;
mod input;
mod key;
mod kinds;
mod lane;
mod outbox;
mod record;
mod remote;
mod send;
mod serve;
mod settings;
mod wire;

pub use bill::{Bill, Input, TimeOfDay};
pub use columns::{COLUMNS, Column, ColumnRow, Scope};
pub use fault::{Fault, MAX_FAULTS};
pub use gateway::{Gateway, GatewayError, LaneStatus, Report, Told, private_dir, public_key_text};
pub use http::{Hosts, Secret, router};
pub use input::{Reading, statement_bill};
pub use key::{Key, KeyError, TokenKey, read_pin};
pub use kinds::{BILL_TYPES, BillType, Makes};
pub use lane::{Wire, turns::Overtaken};
pub use outbox::{Accepted, Counts, NewBill, Outbox, OutboxError, Page, Which};
pub use record::{Act, BillKey, FieldFault, Landed, Record, Refused, State};
pub use remote::{Order, Remote, RemoteError, encode};
pub use serve::{ADDRESS_FILE, OUTBOX_FILE, SECRET_FILE, serve};
pub use settings::{
    DEFAULT_LISTEN, DayMeans, KeySettings, LedgerSettings, Limits, Mapping, Product, Settings, SettingsError,
    TokenSettings,
};
pub use wire::LedgerWire;
