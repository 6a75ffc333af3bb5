//! RocksDB: the log, which is the truth, and the view, which is derived from it.
//!
//! ```text
//! DIR/lock          locked while a process has the ledger open; names that process
//! DIR/log/          RocksDB with a write-ahead log, every write synced
//! DIR/view/CURRENT  name of the view in use
//! DIR/view/N/       RocksDB without a write-ahead log
//! DIR/NAME/         a projection: what a follower of the log keeps for itself
//! ```
//!
//! # Invariants
//!
//! - What [`Log::write`], [`Log::put_checkpoint`] and [`Log::put_access`] returned for survives `kill -9` and power loss. Rows
//!   of the log are never rewritten.
//! - Whatever is left of the view after a crash is the state after some prefix of its batches: a batch
//!   and its [`Watermark`] are one write into one column family. A view is therefore never ahead of the
//!   rows it claims, and replaying the log from its watermark completes it.
//! - A row is decoded strictly or refused with its place. Nothing is repaired by guessing.
//! - A [`ReadOnlyDir`] leaves every file as it is.
//! - A new view is derived beside the old one and swapped in by renaming one small file.
//!
//! # Deliberately absent
//!
//! What rows mean and which are written (`custody`, `ledger`), threads, clocks, deletion. RocksDB blocks:
//! nothing here is for async threads.

mod backup;
mod config;
mod dir;
mod error;
mod founding;
mod log;
mod options;
mod projection;
mod read_only;
mod row;
mod snapshot;
mod view;

#[cfg(test)]
mod tests;

pub use backup::{Beside, restore, restore_beside};
pub use config::Config;
pub use dir::Dir;
pub use error::StoreError;
pub use founding::found;
pub use log::{AccessRow, AccessRows, Checkpoints, Log, LogBatch, Stamped, Stamps};
pub use projection::{Projection, ProjectionBatch, ProjectionSnapshot, Row};
pub use read_only::ReadOnlyDir;
pub use row::{VIEW_VERSION, Watermark, decode_entry, encode_entry};
pub use snapshot::Snapshot;
pub use view::{StoredView, ViewBatch};
