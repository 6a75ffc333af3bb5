//! Settings of attachments.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where documents lie, and how much is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttachmentSettings {
    /// Their directory; unset = `attachments` in the ledger's.
    pub directory: Option<PathBuf>,
    /// Master key of what lies there, made on the first run; unset = `keys/attachments.key` in the
    /// ledger's directory.
    pub key: Option<PathBuf>,
    /// Largest document, MiB.
    pub max_mib: u64,
    /// Media types that are taken.
    pub media_types: Vec<String>,
    /// How long a document waits for a statement that names it, h.
    pub waiting_hours: u64,
    /// How much of one party may wait, MiB; small documents count as 64 KiB.
    pub waiting_per_party_mib: u64,
    /// How much of all parties together may wait, MiB.
    pub waiting_in_all_mib: u64,
    /// Uploads at a time; one party gets at most a quarter of them.
    pub uploads: usize,
    /// Downloads at a time.
    pub downloads: usize,
    /// Longest time of one transfer, s.
    pub transfer_s: u64,
}

impl Default for AttachmentSettings {
    fn default() -> Self {
        let limits = attachments::Limits::default();
        Self {
            directory: None,
            key: None,
            max_mib: limits.max_bytes >> 20,
            media_types: limits.media_types,
            waiting_hours: limits.keep.as_secs() / 3_600,
            waiting_per_party_mib: limits.waiting_per_party >> 20,
            waiting_in_all_mib: limits.waiting_in_all >> 20,
            uploads: 16,
            downloads: 64,
            transfer_s: 300,
        }
    }
}
