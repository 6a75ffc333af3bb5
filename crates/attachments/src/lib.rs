//! Documents beside the ledger: kept encrypted, named by salted hash, erasable for good.
//!
//! ```text
//! DIR/new/…            being uploaded; emptied on open
//! DIR/waiting/DIGEST   whole, and no statement has named it yet
//! DIR/ab/cd/DIGEST     named by a statement, or the tombstone of one that was erased
//! DIR/damaged/…        found damaged where documents wait, and set aside
//! DIR/cursor           how far the log has been followed
//! DIR/key-id           which master key goes with this directory
//! DIR/lock             held while somebody has it open
//! ```
//!
//! A document is one file; `format` draws it. Its bytes are sealed with a key of their own, which lies in
//! the file wrapped by the master key, which lies elsewhere. Erasing overwrites the wrapped key and puts a
//! tombstone in the file's place.
//!
//! # Invariants
//!
//! - No byte, salt or media type of a document is ever on disk in the clear.
//! - A digest belongs to the party that uploaded it. A statement of anybody else that names it neither
//!   opens nor erases it: knowing a digest gives no right.
//! - What [`Upload::finish`], [`Store::name`] and [`Store::erase`] report as done is synced. Interrupted at
//!   any moment, a document is there as before or as after, and repeating the call completes it.
//! - Whatever was altered, cut, extended, reordered or exchanged is refused, not returned.
//! - What waits for a statement is bounded: for each party, in all, and in time.
//! - Memory does not grow with the size of a document.
//!
//! # Deliberately absent
//!
//! Which statement names what, and who may read it: the server follows the log and decides. Clocks: time is
//! an argument. Async: all of this blocks.

mod copy;
mod damaged;
mod error;
mod files;
mod format;
mod key;
mod limits;
mod media;
mod read;
mod seal;
mod store;
mod upload;
mod waiting;

#[cfg(test)]
mod tests;

pub use copy::{copy, rewrap};
pub use error::{Error, Refused, UploadError};
pub use key::MasterKey;
pub use limits::Limits;
pub use read::Blob;
pub use store::{Cursor, Found, Store};
pub use upload::{Begun, Kept, NewDocument, Upload};
