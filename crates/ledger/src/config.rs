//! Settings of a ledger's process. None of them changes what is recorded.

use std::time::Duration;

use merkle::SignerKey;

use crate::sealer;

/// Most links that may be let wait.
pub const MAX_QUEUE_LINKS: u64 = 1 << 20;
/// Most links in a commit batch, but for a statement that has a batch of its own.
pub(crate) const MAX_BATCH_LINKS: u64 = 1 << 14;
/// Most links since a run was cut from which on appends are held back.
pub(crate) const MAX_SEAL_BACKLOG: u64 = 1 << 20;
/// Most links that are recorded and that no seal covers. Who derives a log holds them in memory (about 100 bytes each)
/// until the next seal comes.
pub const MAX_UNSEALED: u64 = 1 << 22;
// A run over one backlog is on its way while the next gathers; what was queued comes still, and what the sealer has not
// counted yet.
const _: () = assert!(
    2 * MAX_SEAL_BACKLOG + MAX_QUEUE_LINKS + sealer::BACKLOG as u64 * MAX_BATCH_LINKS <= MAX_UNSEALED
);

/// Secrets that the ledger holds in memory.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Signs checkpoints; its verifier key is the one in the genesis entry.
    pub log: SignerKey,
    /// Signs what privileged answers carry; its verifier key stands in the genesis entry too.
    pub answer: SignerKey,
}

/// Bounds and delays.
#[derive(Clone, Debug)]
pub struct Config {
    /// Memory of the databases.
    pub store: store::Config,
    /// Most links (subjects of statements) that may wait: 1 to 2^20. Default 65,536.
    pub queue_links: usize,
    /// Most statements in a commit batch. Default 1,024.
    pub batch_statements: usize,
    /// Most links in a commit batch; a statement with more has a batch of its own. Default 16,384, which is the most.
    pub batch_links: usize,
    /// Most bytes of payload in a commit batch, likewise. Default 4 MiB.
    pub batch_bytes: usize,
    /// Least time between two checkpoints that stay kept beside the newest. One is signed with every batch.
    /// Default 10 s.
    pub checkpoint_interval: Duration,
    /// Entries after which a seal is due. Default 65,536.
    pub seal_entries: u64,
    /// Links after which a seal is due. Default 2^18.
    pub seal_links: u64,
    /// Links since the last run was cut from which on appends are held back until the next is cut; at least
    /// `seal_links`. Default 2^20 (some 100 MB), which is the most.
    pub seal_backlog: u64,
    /// Time after which a seal is due where a subject has been named since the last. Default 60 s.
    pub seal_interval: Duration,
    /// Time after which a seal is due in any case. Default 1 h.
    pub seal_idle: Duration,
    /// Time from the end of a minute until the digest of its access records is recorded; below 100 s. Default 1 s.
    pub digest_delay: Duration,
    /// Time for which access records stay whole once their minute has ended; then only their hashes stay. Default: for
    /// ever.
    pub access_retention: Option<Duration>,
    /// Most that the last recorded time may lie ahead of the clock on open. Default 5 s.
    pub max_clock_jump: Duration,
    /// Most that the clock may be ahead of the last recorded time on open. A ledger may lie still over a
    /// holiday; a clock that leapt by a year, once recorded, holds all later times at its own for that
    /// year. Default 30 days.
    pub max_clock_leap: Duration,
    /// Open although the clock has been set back further (times recorded stand still until it has caught
    /// up), or has leapt further ahead. Default false.
    pub accept_clock_jump: bool,
    /// Public keys kept ready for checking signatures (about 250 bytes each). Default 16,384.
    pub cached_keys: usize,
    /// Bytes of view rows kept ready for the apply thread. Default 64 MiB.
    pub cached_rows: usize,
}

impl Default for Config {
    fn default() -> Self {
        const MIB: usize = 1 << 20;
        Self {
            store: store::Config::default(),
            queue_links: 65_536,
            batch_statements: 1_024,
            batch_links: 16_384,
            batch_bytes: 4 * MIB,
            checkpoint_interval: Duration::from_secs(10),
            seal_entries: 65_536,
            seal_links: 1 << 18,
            seal_backlog: 1 << 20,
            seal_interval: Duration::from_secs(60),
            seal_idle: Duration::from_secs(3_600),
            digest_delay: Duration::from_secs(1),
            access_retention: None,
            max_clock_jump: Duration::from_secs(5),
            max_clock_leap: Duration::from_secs(30 * 86_400),
            accept_clock_jump: false,
            cached_keys: 16_384,
            cached_rows: 64 * MIB,
        }
    }
}
