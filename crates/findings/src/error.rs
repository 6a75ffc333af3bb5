//! Why findings cannot be kept or read.

use custody::ViewError;
use store::StoreError;

/// Why findings cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum FindingsError {
    /// The rows of findings.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger's view.
    #[error("the view cannot be read: {0}")]
    View(#[from] ViewError),
    /// A row is not what this program writes. Take the directory of findings away: it is made again.
    #[error(
        "a row of findings is damaged ({0}): stop the server, remove the folder `findings`, and start it again"
    )]
    Damaged(&'static str),
    /// The machine gives no random bytes.
    #[error("no random bytes: {0}")]
    Random(getrandom::Error),
}
