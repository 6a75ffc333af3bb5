//! Where a witness that audits meets whoever derives its logs again.
//!
//! The witness says up to which size it is asked to cosign; who derives says how far it has come, and shows the roots
//! of what it has derived. A checkpoint is cosigned only if its root is one of these.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use merkle::{Checkpoint, EMPTY_ROOT, Hash};
use tokio::{sync::watch, time::timeout};

/// Longest that a request waits for what it asks about to be derived.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);

/// What has been derived of one log. Calls block on the disk.
pub trait Derived: Send + Sync {
    /// Root over the first `size` entries, which have been derived.
    ///
    /// # Errors
    /// It cannot be read.
    fn root_at(&self, size: u64) -> Result<Hash, String>;

    /// Keeps for ever that the log has signed what its entries do not give.
    fn differs(&self, size: u64, note: &str);
}

/// Why an auditing witness does not cosign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unaudited {
    /// It has not come so far. Come again.
    #[error("{audited} entries have been derived again so far: come again")]
    NotYet {
        /// Entries derived.
        audited: u64,
    },
    /// What the log has recorded or signed is not what its entries give. Nothing of it is cosigned any more.
    #[error("entry {index} is not what the log before it allows: nothing of this log is cosigned any more")]
    Difference {
        /// The first entry that differs.
        index: u64,
    },
    /// What was derived cannot be read. The operator has to look.
    #[error("what was derived cannot be read: {0}")]
    Unreadable(String),
}

#[derive(Clone, Default)]
struct Standing {
    audited: u64,
    derived: Option<Arc<dyn Derived>>,
    difference: Option<u64>,
}

struct Log {
    standing: watch::Sender<Standing>,
    wanted: watch::Sender<u64>,
}

/// How far the logs of a witness have been derived again.
pub struct Audits(BTreeMap<String, Log>);

impl fmt::Debug for Audits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl Audits {
    /// Of the logs with these origins nothing has been derived yet.
    pub fn new(origins: impl IntoIterator<Item = String>) -> Self {
        let log = || Log { standing: watch::Sender::default(), wanted: watch::Sender::default() };
        Self(origins.into_iter().map(|origin| (origin, log())).collect())
    }

    /// The largest size of a log that somebody wants cosigned.
    #[must_use]
    pub fn wanted(&self, origin: &str) -> Option<watch::Receiver<u64>> {
        Some(self.0.get(origin)?.wanted.subscribe())
    }

    /// So many entries have been derived, and nothing differs.
    pub fn reached(&self, origin: &str, size: u64, derived: &Arc<dyn Derived>) {
        if let Some(log) = self.0.get(origin) {
            log.standing.send_modify(|standing| {
                standing.audited = size;
                standing.derived = Some(Arc::clone(derived));
            });
        }
    }

    /// An entry differs: nothing of this log is cosigned from now on.
    pub fn differs(&self, origin: &str, index: u64) {
        if let Some(log) = self.0.get(origin) {
            log.standing.send_modify(|standing| standing.difference = Some(index));
        }
    }

    /// The first entry of a log that differs, if one does.
    #[must_use]
    pub fn difference(&self, origin: &str) -> Option<u64> {
        self.0.get(origin)?.standing.borrow().difference
    }

    /// Entries of a log that have been derived.
    #[must_use]
    pub fn audited(&self, origin: &str) -> u64 {
        self.0.get(origin).map_or(0, |log| log.standing.borrow().audited)
    }

    /// Asks for a size, and waits a while until it has been derived, or will not be.
    pub(crate) async fn reach(&self, origin: &str, size: u64) {
        let Some(log) = self.0.get(origin) else { return };
        log.wanted.send_if_modified(|wanted| {
            let more = size > *wanted;
            *wanted = size.max(*wanted);
            more
        });
        let mut standing = log.standing.subscribe();
        let there = standing.wait_for(|s| s.audited >= size || s.difference.is_some());
        // Late or not, the standing is asked again when it is decided.
        let _late = timeout(PATIENCE, there).await;
    }

    /// Whether a checkpoint says what was derived.
    pub(crate) fn judge(&self, checkpoint: &Checkpoint, note: &str) -> Result<(), Unaudited> {
        let (origin, size) = (checkpoint.origin(), checkpoint.size());
        let standing = self.0.get(origin).map(|log| log.standing.borrow().clone()).unwrap_or_default();
        if let Some(index) = standing.difference {
            return Err(Unaudited::Difference { index });
        }
        let root = match &standing.derived {
            Some(derived) if size <= standing.audited => {
                derived.root_at(size).map_err(Unaudited::Unreadable)?
            }
            None if size == 0 => EMPTY_ROOT,
            _ => return Err(Unaudited::NotYet { audited: standing.audited }),
        };
        if root == *checkpoint.root() {
            return Ok(());
        }
        let index = size.saturating_sub(1);
        if let Some(derived) = &standing.derived {
            derived.differs(size, note);
        }
        self.differs(origin, index);
        tracing::error!(
            origin,
            size,
            note,
            "DIFFERENCE: the log has signed another root than its entries give"
        );
        Err(Unaudited::Difference { index })
    }
}

#[cfg(test)]
mod tests;
