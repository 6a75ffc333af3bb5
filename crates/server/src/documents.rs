//! Documents beside the ledger: their store, who uploads how much at a time, and what the log does to
//! them. The service over it is `services::attachment`.

mod follow;
mod mentions;
mod settings;
mod slots;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use attachments::{Cursor, Limits, Store};
use ledger::Ledger;
use tokio::sync::Semaphore;

use crate::status::{Fault, Kind};

pub(crate) use follow::follow;
pub use settings::AttachmentSettings;
use slots::Slots;

/// Why there is no store of documents.
#[derive(Debug, thiserror::Error)]
pub enum DocumentsError {
    /// Directory or key.
    #[error("attachments: {0}")]
    Store(#[from] attachments::Error),
    /// The directory was written for another log.
    #[error("{path} holds the attachments of ledger {ledger}", path = path.display())]
    OtherLedger {
        /// The directory.
        path: PathBuf,
        /// Whose it is, 64 hex digits.
        ledger: String,
    },
}

/// What services and the follower share.
pub(crate) struct Documents {
    pub(crate) store: Arc<Store>,
    pub(crate) uploads: Arc<Slots>,
    pub(crate) downloads: Arc<Semaphore>,
    /// Longest time of one transfer.
    pub(crate) transfer: Duration,
    /// First entry that is not followed yet, as kept.
    start: u64,
    /// The log says things that have not been done: a document may still be here that it has erased.
    behind: AtomicBool,
}

impl Documents {
    /// Opens the store of a ledger. Blocks.
    pub(crate) fn open(ledger: &Ledger, settings: &AttachmentSettings) -> Result<Self, DocumentsError> {
        let path = settings.directory.clone().unwrap_or_else(|| ledger.dir().join("attachments"));
        let key = settings.key.clone().unwrap_or_else(|| ledger.dir().join("keys").join("attachments.key"));
        let store = Store::open(&path, &key, limits(settings))?;
        let start = claim(&store, &path, ledger)?;
        Ok(Self {
            store: Arc::new(store),
            uploads: Arc::new(Slots::new(settings.uploads)),
            downloads: Arc::new(Semaphore::new(settings.downloads.clamp(1, Semaphore::MAX_PERMITS))),
            transfer: Duration::from_secs(settings.transfer_s.max(1)),
            start,
            behind: AtomicBool::new(true),
        })
    }

    /// Nothing is handed out or taken in until all that the log says has been done.
    pub(crate) fn ready(&self) -> Result<(), Fault> {
        if self.behind.load(SeqCst) { Err(Kind::AttachmentsBehind.into()) } else { Ok(()) }
    }
}

fn limits(settings: &AttachmentSettings) -> Limits {
    const MIB: u64 = 1 << 20;
    Limits {
        max_bytes: settings.max_mib.saturating_mul(MIB),
        media_types: settings.media_types.clone(),
        waiting_per_party: settings.waiting_per_party_mib.saturating_mul(MIB),
        waiting_in_all: settings.waiting_in_all_mib.saturating_mul(MIB),
        keep: Duration::from_secs(settings.waiting_hours.saturating_mul(3_600)),
    }
}

/// Where to go on following, and the directory marked as this ledger's.
fn claim(store: &Store, path: &Path, ledger: &Ledger) -> Result<u64, DocumentsError> {
    let next = match store.cursor()? {
        Some(kept) if kept.ledger != ledger.id() => {
            let ledger = statement::hex_text(&kept.ledger);
            return Err(DocumentsError::OtherLedger { path: path.to_owned(), ledger });
        }
        // A log that is shorter than what was followed came from a backup: all of it counts anew.
        Some(kept) if kept.next <= ledger.head().size => kept.next,
        _ => 0,
    };
    store.keep_cursor(&Cursor { ledger: ledger.id(), next })?;
    Ok(next)
}
