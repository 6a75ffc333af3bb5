//! Settings of RocksDB. The figures behind them stand in docs/ARCHITECTURE.md (the spike).

use rocksdb::{
    BlockBasedOptions, BottommostLevelCompaction, Cache, CompactOptions, DBCompressionType, DBRecoveryMode,
    LogLevel, Options, WriteOptions,
};

use crate::Config;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// What both databases share.
fn base(config: &Config) -> Options {
    let mut options = Options::default();
    options.set_max_background_jobs(config.background_jobs);
    // Two databases, sockets and attachments fit under the usual limit of 1,024 descriptors.
    options.set_max_open_files(384);
    options.set_bytes_per_sync(MIB as u64);
    options.set_log_level(LogLevel::Warn);
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(4 * MIB);
    options.set_stats_dump_period_sec(0);
    options
}

fn table(cache: &Cache, block: usize) -> BlockBasedOptions {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_block_size(block);
    table.set_format_version(6);
    table
}

/// The log as a whole.
pub(crate) fn log(config: &Config) -> Options {
    let mut options = base(config);
    // A record cut off at the very end was never acknowledged. Anything else that does not fit is damage
    // and must be seen: the milder modes would drop acknowledged entries in silence.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_max_total_wal_size(64 * MIB as u64);
    options
}

/// Entries arrive in ascending order and are never rewritten: files only move down, whole.
pub(crate) fn entries(config: &Config, cache: &Cache) -> Options {
    let mut options = base(config);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size(config.log_memtable);
    options.set_max_write_buffer_number(3);
    options.set_target_file_size_base(64 * MIB as u64);
    options.set_block_based_table_factory(&table(cache, 16 * KIB));
    // Large bills would fill memory with their payloads when a neighbour is read.
    options.set_enable_blob_files(true);
    options.set_min_blob_size(32 * KIB as u64);
    options.set_blob_compression_type(DBCompressionType::Lz4);
    options
}

/// Checkpoints and single values of the log.
pub(crate) fn small(config: &Config, cache: &Cache) -> Options {
    let mut options = base(config);
    options.set_write_buffer_size(2 * MIB);
    options.set_block_based_table_factory(&table(cache, 4 * KIB));
    options
}

/// The view: random keys, small rows, frequent replacement. Compressed at every level that would cost an eighth of the
/// CPU of a statement; at the last one alone it spares a sixth of the space and no cost was seen.
pub(crate) fn view(config: &Config, cache: &Cache) -> Options {
    let mut options = base(config);
    options.create_if_missing(true);
    options.set_compression_type(DBCompressionType::None);
    options.set_bottommost_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size(config.view_memtable);
    options.set_max_write_buffer_number(4);
    options.set_level_zero_file_num_compaction_trigger(8);
    options.set_max_bytes_for_level_base(8 * config.view_memtable as u64);
    options.set_target_file_size_base(32 * MIB as u64);
    // Every new subject is asked for before it is written: absence should be cheap to see.
    options.set_memtable_prefix_bloom_ratio(0.1);
    options.set_memtable_whole_key_filtering(true);
    let mut table = table(cache, 4 * KIB);
    table.set_bloom_filter(10.0, false);
    table.set_optimize_filters_for_memory(true);
    options.set_block_based_table_factory(&table);
    options
}

/// What a follower keeps: random keys, small rows, many of them taken away again.
pub(crate) fn projection(config: &Config, cache: &Cache) -> Options {
    let mut options = base(config);
    options.create_if_missing(true);
    options.set_max_open_files(64);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size(8 * MIB);
    options.set_max_write_buffer_number(2);
    options.set_max_total_wal_size(32 * MIB as u64);
    options.set_target_file_size_base(16 * MIB as u64);
    let mut table = table(cache, 4 * KIB);
    table.set_bloom_filter(10.0, false);
    options.set_block_based_table_factory(&table);
    options
}

/// Survives power loss once it returns.
pub(crate) fn synced() -> WriteOptions {
    let mut options = WriteOptions::default();
    options.set_sync(true);
    options
}

/// Everything is written anew, down to the last level.
pub(crate) fn whole() -> CompactOptions {
    let mut options = CompactOptions::default();
    options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
    options
}

/// May be lost in a crash; a flush makes it durable.
pub(crate) fn without_wal() -> WriteOptions {
    let mut options = WriteOptions::default();
    options.disable_wal(true);
    options
}
