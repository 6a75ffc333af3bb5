//! Documents beside the ledger: their store, who uploads how much at a time, and what the log does to
//! them. The service over it is `services::attachment`.

mod follow;
mod mentions;
mod place;
mod settings;
mod slots;
mod undone;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use attachments::{Cursor, Limits, Store};
use custody::View;
use ledger::Ledger;
use merkle::Hash;
use tokio::sync::Semaphore;

use crate::status::{Fault, Kind};

pub(crate) use follow::follow;
pub use place::{AttachmentsPlace, attachments_place};
pub use settings::AttachmentSettings;
use slots::Slots;
use undone::UndoneEntries;

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
    /// The note of where documents lie cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Place {
        /// The note.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
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
    /// What could not be done while all else was.
    undone: Mutex<UndoneEntries>,
    /// Files that were set aside on opening.
    set_aside: usize,
}

/// How documents are, for those who watch the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DocumentsStatus {
    /// The log is not followed to its end.
    pub(crate) behind: bool,
    /// Entries that could not be done.
    pub(crate) undone: usize,
    /// The first of them.
    pub(crate) first_undone: Option<u64>,
    /// Files set aside.
    pub(crate) set_aside: usize,
    /// Documents that wait to be named.
    pub(crate) waiting: usize,
    /// Their bytes as they count against the quota, uploads under way included.
    pub(crate) waiting_bytes: u64,
}

impl Documents {
    /// Opens the store of a ledger. Blocks.
    pub(crate) fn open(ledger: &Ledger, settings: &AttachmentSettings) -> Result<Self, DocumentsError> {
        let AttachmentsPlace { directory: path, key } = AttachmentsPlace::of(ledger.dir(), settings);
        let store = Store::open(&path, &key, limits(settings))?;
        let start = claim(&store, &path, ledger)?;
        place::keep(ledger.dir(), settings)?;
        let set_aside = store.set_aside_files()?;
        for file in &set_aside {
            let text =
                "an attachment that waited was found damaged and set aside; remove it when nobody needs it";
            tracing::error!(file = %file.display(), "{text}");
        }
        Ok(Self {
            store: Arc::new(store),
            uploads: Arc::new(Slots::new(settings.uploads)),
            downloads: Arc::new(Semaphore::new(settings.downloads.clamp(1, Semaphore::MAX_PERMITS))),
            transfer: Duration::from_secs(settings.transfer_s.max(1)),
            start,
            behind: AtomicBool::new(true),
            undone: Mutex::default(),
            set_aside: set_aside.len(),
        })
    }

    /// Nothing is handed out or taken in until all that the log says has been done.
    pub(crate) fn ready(&self) -> Result<(), Fault> {
        if self.behind.load(SeqCst) { Err(Kind::AttachmentsBehind.into()) } else { Ok(()) }
    }

    /// A document of a statement of `signer` may be handed out: nothing that could not be done erases it.
    pub(crate) fn may_hand_out<V: View>(&self, view: &V, digest: &Hash, signer: &str) -> Result<(), Fault> {
        self.check_withheld(digest)?;
        let unread = self.undone().unread();
        if undone::may_erase(view, signer, &unread)? { Err(Kind::AttachmentWithheld.into()) } else { Ok(()) }
    }

    /// No erasure of this document is known that could not be done.
    pub(crate) fn check_withheld(&self, digest: &Hash) -> Result<(), Fault> {
        if self.undone().withholds(digest) { Err(Kind::AttachmentWithheld.into()) } else { Ok(()) }
    }

    fn undone(&self) -> MutexGuard<'_, UndoneEntries> {
        // One map, changed by single calls.
        self.undone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self) -> DocumentsStatus {
        let undone = self.undone();
        DocumentsStatus {
            behind: self.behind.load(SeqCst),
            undone: undone.len(),
            first_undone: undone.first(),
            set_aside: self.set_aside,
            waiting: self.store.waiting_count(),
            waiting_bytes: self.store.waiting_bytes(),
        }
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
