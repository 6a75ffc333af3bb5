//! Sizes that trade memory for speed. None of them changes what is stored.

/// Memory and file sizes of both databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Cache of uncompressed blocks, shared by log and view, bytes. Default 192 MiB.
    pub block_cache: usize,
    /// One memtable of the view, bytes; up to four exist. Default 16 MiB.
    pub view_memtable: usize,
    /// One memtable of the log, bytes; up to three exist. Default 8 MiB.
    pub log_memtable: usize,
    /// Threads for flush and compaction, both databases together. Default 2.
    pub background_jobs: i32,
}

impl Default for Config {
    fn default() -> Self {
        const MIB: usize = 1 << 20;
        Self { block_cache: 192 * MIB, view_memtable: 16 * MIB, log_memtable: 8 * MIB, background_jobs: 2 }
    }
}
