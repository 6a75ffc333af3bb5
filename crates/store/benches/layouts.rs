//! CPU per one-item Ship for several layouts of the view: the measurement behind the store's defaults.
//!
//! ```text
//! cargo build --release -p store --benches && target/release/deps/layouts-… [key=value …]
//! ```
//!
//! Rows have the shape of real ones and nothing in them means anything. Prints one table row: µs of CPU
//! per event of the whole process, background threads included, split by phase of the writing thread.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
    time::Instant,
};

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DB, DBCompressionType as Compression, Options,
    ReadOptions, WaitForCompactOptions, WriteBatch, WriteOptions,
};

#[derive(Clone, Debug)]
struct Params {
    families: bool,
    memtable: usize,
    batch: usize,
    trigger: i32,
    bloom: f64,
    compression: Compression,
    blob: u64,
    block: usize,
    universal: bool,
    hash_index: bool,
    mmap: bool,
    cache: usize,
    sequential: bool,
    memtable_bloom: f64,
    items: u64,
    events: u64,
}

fn params() -> Params {
    let given: HashMap<String, String> = std::env::args()
        .skip(1)
        .filter_map(|a| a.split_once('=').map(|(k, v)| (k.to_string(), v.to_string())))
        .collect();
    let number = |key: &str, default: u64| given.get(key).map_or(default, |v| v.parse().unwrap());
    Params {
        families: number("families", 0) == 1,
        memtable: number("memtable", 16) as usize,
        batch: number("batch", 1024) as usize,
        trigger: number("trigger", 8) as i32,
        bloom: number("bloom", 10) as f64,
        compression: if number("lz4", 1) == 1 { Compression::Lz4 } else { Compression::None },
        blob: number("blob", 0),
        block: number("block", 4) as usize,
        universal: number("universal", 0) == 1,
        hash_index: number("hash", 0) == 1,
        mmap: number("mmap", 0) == 1,
        cache: number("cache", 192) as usize,
        sequential: number("sequential", 0) == 1,
        memtable_bloom: number("mbloom", 0) as f64 / 100.0,
        items: number("items", 1_000_000),
        events: number("events", 1_000_000),
    }
}

fn random(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn fill(out: &mut Vec<u8>, seed: u64, len: usize) {
    for i in 0..len.div_ceil(8) as u64 {
        out.extend_from_slice(&random(seed.wrapping_mul(977).wrapping_add(i)).to_be_bytes());
    }
    out.truncate(out.len() - (len.div_ceil(8) * 8 - len));
}

const SUBJECT: u8 = 1;
const TOUCH: u8 = 2;
const STATEMENT: u8 = 3;

struct Bench {
    p: Params,
    log: DB,
    view: DB,
    phases: [u64; 4],
    key: Vec<u8>,
    value: Vec<u8>,
}

fn table(p: &Params, cache: &Cache) -> BlockBasedOptions {
    let mut t = BlockBasedOptions::default();
    t.set_block_cache(cache);
    t.set_block_size(p.block * 1024);
    t.set_format_version(6);
    if p.hash_index {
        t.set_data_block_index_type(rocksdb::DataBlockIndexType::BinaryAndHash);
    }
    if p.bloom > 0.0 {
        t.set_bloom_filter(p.bloom, false);
        t.set_optimize_filters_for_memory(true);
    }
    t
}

impl Bench {
    fn open(dir: &Path, p: Params) -> Self {
        let cache = Cache::new_lru_cache(p.cache << 20);
        let mut log = Options::default();
        log.create_if_missing(true);
        log.set_write_buffer_size(8 << 20);
        log.set_compression_type(Compression::Lz4);
        log.set_block_based_table_factory(&table(&Params { bloom: 0.0, block: 16, ..p.clone() }, &cache));
        if p.blob > 0 {
            log.set_enable_blob_files(true);
            log.set_min_blob_size(p.blob);
        }
        let mut view = Options::default();
        view.create_if_missing(true);
        view.create_missing_column_families(true);
        view.set_write_buffer_size(p.memtable << 20);
        view.set_max_write_buffer_number(4);
        view.set_level_zero_file_num_compaction_trigger(p.trigger);
        view.set_max_bytes_for_level_base((p.memtable as u64) << 23);
        view.set_target_file_size_base(32 << 20);
        view.set_compression_type(p.compression);
        view.set_block_based_table_factory(&table(&p, &cache));
        view.set_atomic_flush(p.families);
        view.set_allow_mmap_reads(p.mmap);
        if p.universal {
            view.set_compaction_style(rocksdb::DBCompactionStyle::Universal);
        }
        if p.memtable_bloom > 0.0 {
            view.set_memtable_prefix_bloom_ratio(p.memtable_bloom);
            view.set_memtable_whole_key_filtering(true);
        }
        let names: &[&str] =
            if p.families { &["default", "subject", "touch", "statement"] } else { &["default"] };
        let families = names.iter().map(|n| ColumnFamilyDescriptor::new(*n, view.clone()));
        Self {
            log: DB::open(&log, dir.join("log")).unwrap(),
            view: DB::open_cf_descriptors(&view, dir.join("view"), families).unwrap(),
            p,
            phases: [0; 4],
            key: Vec::new(),
            value: Vec::new(),
        }
    }

    fn put(&mut self, batch: &mut WriteBatch, kind: u8) {
        if self.p.families {
            let name = ["", "subject", "touch", "statement"][usize::from(kind)];
            batch.put_cf(self.view.cf_handle(name).unwrap(), &self.key[1..], &self.value);
        } else {
            batch.put(&self.key, &self.value);
        }
    }

    fn subject_key(&mut self, kind: u64, n: u64) {
        self.key.clear();
        self.key.push(SUBJECT);
        fill(&mut self.key, kind << 56 | n, 32);
    }

    /// number 8, head 32, count 4, last 8, kind, state with one or two numbers, some of it repetitive.
    fn subject_value(&mut self, n: u64, event: u64) {
        self.value.clear();
        self.value.extend_from_slice(&n.to_be_bytes());
        fill(&mut self.value, event, 32);
        self.value.extend_from_slice(&event.to_be_bytes());
        self.value.extend_from_slice(&[0; 30]);
        fill(&mut self.value, event / 7, 32);
    }

    fn touch(&mut self, batch: &mut WriteBatch, number: u64, event: u64) {
        self.key.clear();
        self.key.push(TOUCH);
        self.key.extend_from_slice(&number.to_be_bytes());
        self.key.extend_from_slice(&(event >> 10).to_be_bytes());
        self.value.clear();
        self.value.extend_from_slice(&(event as u32).to_be_bytes());
        self.put(batch, TOUCH);
    }

    fn log_row(&mut self, batch: &mut WriteBatch, event: u64) {
        self.value.clear();
        fill(&mut self.value, event, 80 + 32 + 2 + 132);
        fill(&mut self.value, 1, 32);
        fill(&mut self.value, event, 40);
        for n in [event % 300, event % 299, event % 7] {
            self.value.extend_from_slice(b"uscc:91310000MA1K");
            self.value.extend_from_slice(format!("{n:06}").as_bytes());
        }
        self.value
            .extend_from_slice(format!("sgtin:09521234567892.{:020}", random(event) % 9_999_999).as_bytes());
        self.value
            .extend_from_slice(b"site:gln:9521234567892 sale waybill: 2026-11-22 business key of the bill");
        self.value.resize(620, b'0');
        batch.put(event.to_be_bytes(), &self.value);
    }

    fn read(&mut self, keys: &[Vec<u8>]) -> usize {
        let family = if self.p.families { "subject" } else { "default" };
        let skip = usize::from(self.p.families);
        let mut keys: Vec<&[u8]> = keys.iter().map(|k| &k[skip..]).collect();
        keys.sort_unstable();
        let family = self.view.cf_handle(family).unwrap();
        let rows = self.view.batched_multi_get_cf_opt(family, keys, true, &ReadOptions::default());
        rows.into_iter().filter_map(Result::unwrap).map(|row| row.len().min(1)).sum()
    }

    fn write(&self, log: WriteBatch, view: WriteBatch) -> [u64; 2] {
        let t0 = thread_ns();
        let mut synced = WriteOptions::default();
        synced.set_sync(true);
        self.log.write_opt(log, &synced).unwrap();
        let t1 = thread_ns();
        let mut unlogged = WriteOptions::default();
        unlogged.disable_wal(true);
        self.view.write_opt(view, &unlogged).unwrap();
        [t1 - t0, thread_ns() - t1]
    }

    /// Commissions: fills the view with items.
    fn load(&mut self) {
        for start in (0..self.p.items).step_by(4096) {
            let mut batch = WriteBatch::default();
            for n in start..(start + 4096).min(self.p.items) {
                self.subject_key(1, n);
                self.subject_value(n, n);
                self.put(&mut batch, SUBJECT);
                self.touch(&mut batch, n, n >> 8);
            }
            self.write(WriteBatch::default(), batch);
        }
        self.settle();
    }

    fn settle(&self) {
        self.view.flush().unwrap();
        self.view.wait_for_compact(&WaitForCompactOptions::default()).unwrap();
        self.log.wait_for_compact(&WaitForCompactOptions::default()).unwrap();
    }

    fn ships(&mut self, from: u64, to: u64) {
        let mut keys = Vec::new();
        let sequential = self.p.sequential;
        let item = |e: u64, items: u64| if sequential { e % items } else { random(e) % items };
        for e in from..to {
            self.subject_key(1, item(e, self.p.items));
            keys.push(self.key.clone());
            self.subject_key(2, e);
            keys.push(self.key.clone());
        }
        let t0 = thread_ns();
        assert!(self.read(&keys) as u64 <= to - from);
        let t1 = thread_ns();
        let (mut log, mut view) = (WriteBatch::default(), WriteBatch::default());
        let mut hot: BTreeMap<u64, u64> = BTreeMap::new();
        for e in from..to {
            let n = item(e, self.p.items);
            self.subject_key(1, n);
            self.subject_value(n, e);
            self.put(&mut view, SUBJECT);
            self.subject_key(2, e);
            self.subject_value(self.p.items + e, e);
            self.put(&mut view, SUBJECT);
            self.touch(&mut view, n, e);
            self.touch(&mut view, self.p.items + e, e);
            for party in [random(e * 3) % 300, random(e * 3 + 1) % 300] {
                *hot.entry(party).or_default() += 1;
            }
            self.key.clear();
            self.key.push(STATEMENT);
            self.key.extend_from_slice(&(random(e * 3) % 300).to_be_bytes());
            self.key.extend_from_slice(&(e / 64).to_be_bytes());
            self.key.extend_from_slice(&random(e * 5).to_be_bytes());
            self.value.clear();
            self.value.extend_from_slice(&e.to_be_bytes());
            self.put(&mut view, STATEMENT);
            self.log_row(&mut log, e);
        }
        for (party, count) in hot {
            self.subject_key(3, party);
            self.subject_value(party, from);
            self.put(&mut view, SUBJECT);
            self.touch(&mut view, party, from);
            self.value.resize(4 * count as usize, 1);
            self.put(&mut view, TOUCH);
        }
        let t2 = thread_ns();
        let [log, view] = self.write(log, view);
        for (sum, part) in self.phases.iter_mut().zip([t1 - t0, t2 - t1, log, view]) {
            *sum += part;
        }
    }
}

/// ns this thread has run.
fn thread_ns() -> u64 {
    ran("/proc/thread-self/schedstat").unwrap()
}

fn ran(path: impl AsRef<Path>) -> Option<u64> {
    fs::read_to_string(path).ok()?.split(' ').next()?.parse().ok()
}

/// ns all threads have run.
fn process_ns() -> u64 {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    tasks.filter_map(|t| ran(t.unwrap().path().join("schedstat"))).sum()
}

fn bytes_below(dir: &Path) -> u64 {
    let size = |e: fs::DirEntry| e.metadata().map_or(0, |m| m.len());
    fs::read_dir(dir).unwrap().map(|e| size(e.unwrap())).sum()
}

fn main() {
    let p = params();
    let dir = tempfile::tempdir_in(std::env::var("BENCH_DIR").unwrap_or_else(|_| "/tmp".into())).unwrap();
    let mut bench = Bench::open(dir.path(), p.clone());
    bench.load();
    let (start, cpu) = (Instant::now(), process_ns());
    for from in (0..p.events).step_by(p.batch) {
        bench.ships(from, (from + p.batch as u64).min(p.events));
    }
    let wall = start.elapsed();
    bench.settle();
    let cpu = process_ns() - cpu;
    let per = |ns: u64| ns as f64 / 1000.0 / p.events as f64;
    let [get, make, log, view] = bench.phases.map(per);
    println!(
        "| {} | {} | {} | {} | {} | {:?} | {} | {} | {:.1} | {get:.1} | {log:.1} | {view:.1} | {:.1} | {:.0} | {:.0} | {:.0} |",
        if p.families { "families" } else { "prefix" },
        p.memtable,
        p.batch,
        p.trigger,
        p.bloom,
        p.compression,
        p.block,
        p.blob,
        per(cpu) - make,
        per(cpu) - make - get - log - view,
        p.events as f64 / wall.as_secs_f64(),
        bytes_below(&dir.path().join("log")) as f64 / p.events as f64,
        bytes_below(&dir.path().join("view")) as f64 / (p.events + p.items) as f64,
    );
}
