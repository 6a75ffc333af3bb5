//! Rust SDK of the ledger: keys, signing, statements as JSON for people, submitting, reading.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use client::{Client, ConnectOptions, KeyFile, Signer, Trust, statement_from_json};
//!
//! let trust = Trust::File("tls/cert.pem".into());
//! let client = Client::connect(ConnectOptions::new("https://localhost:7443", trust)).await?;
//! let ledger = client.ledger().await?;
//!
//! let key = KeyFile::read("clinic.key".as_ref())?.open(Some("passphrase"))?;
//! let signer = Signer::new("org:Demo Clinic", key, ledger.id);
//! let statement = statement_from_json(r#"{"use":{"lines":[{"item":"sgtin:…"}]}}"#)?;
//! let receipt = client.submit(&signer.sign(statement)?).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Invariants
//!
//! - A statement is serialized once, by its [`Signer`]; whatever happens on the way, the same bytes are
//!   sent again.
//! - No receipt reaches the caller unchecked, down to the signed checkpoint that covers it; none is lost: many
//!   statements are settled in the order given, each once.
//! - What a privileged answer carries of itself is checked, and kept where asked.
//! - A log that forks or is rolled back behind what this client has seen is noticed, and both sides are kept.
//! - Private keys and tokens are overwritten or marked sensitive, and no `Debug` shows them.
//! - Every wait is bounded: attempts, time, statements in memory.
//!
//! # Deliberately absent
//!
//! The server's storage and rules (crates `ledger`, `store`, `custody`): what can be known of a ledger
//! from outside is all that is used here. An unencrypted connection. Settings from files or the
//! environment, and prompts: the binary has them.

mod access;
mod attachment;
mod case;
mod connect;
mod error;
#[cfg(test)]
mod fake;
mod follow;
mod history;
mod json;
mod key_file;
mod read;
mod retry;
mod signer;
mod subject;
mod submit;
mod token;
mod watch;

pub use access::{AccessMinute, read_access_records};
pub use attachment::{AttachmentError, AttachmentFile};
pub use case::EvidenceQuery;
pub use connect::{Client, ConnectOptions, Trust};
pub use error::{BadCheckpoint, BadReceipt, ClientError, Failure, reason};
pub use follow::{Entries, EntryRange};
pub use history::{BadHistory, HistoryFault};
pub use json::{
    JsonError, JsonFault, JsonLines, MAX_FAULTS, MAX_LINE, field_faults, message_to_json, signed_from_json,
    statement_from_json, statement_to_json,
};
pub use key_file::{KeyFile, KeyFileError, Protection, generate_key};
pub use read::LedgerInfo;
pub use retry::RetryPolicy;
pub use signer::{
    KeyFault, PrivateKey, SignError, Signer, enrolment, envelope, possession, public_key_id, root_authority,
};
pub use subject::SubjectFound;
pub use submit::{
    MAX_BATCH, MAX_BATCH_BYTES, MAX_IN_FLIGHT, Outcome, Settled, SubmitError, SubmitEvent, SubmitManyError,
    SubmitOptions, Summary, Unsettled,
};
pub use token::{Purpose, ReadSigner};
pub use watch::{Watched, Watching};
