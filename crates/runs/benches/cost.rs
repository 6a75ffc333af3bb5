//! What runs cost in ledgers of many subjects: CPU per link for writing and merging, and size and time of subject proofs.
//!
//! ```text
//! cargo build --release -p runs --benches && target/release/deps/cost-… [subjects=16000000] [seal=65536]
//! ```
//!
//! Every entry names a new item, a new document and one of 2,048 parties, every fourth an earlier item as well. A run is
//! cut after so many entries as a ledger does, and runs are merged as it does, one merge after the other. The numbers are of
//! one core; files are in the page cache. At 16 M subjects it takes some minutes and 3 GB of disk (`TMPDIR`).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::{
    collections::HashMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use evidence::{PlacedRecord, RunProof, SubjectProof, check_subject};
use merkle::{Hash, sha256};
use runs::{Durability, RunFile, States, plan};
use statement::{RunRef, Seal, SubjectKey, SubjectState};

const PARTIES: u64 = 2_048;
/// Subjects of each sort that are asked for.
const ASKED: u64 = 2_000;

fn key(n: u64) -> SubjectKey {
    SubjectKey(sha256(&[b"subject", &n.to_be_bytes()]))
}

/// A fixed sequence that looks random.
fn scattered(n: u64) -> u64 {
    let mut x = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Seconds this thread has been on a processor: others on the machine do not count.
fn cpu() -> f64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e9
}

#[derive(Default)]
struct Ledger {
    entries: u64,
    links: u64,
    /// Count and last entry of every subject but parties: items are even, documents odd.
    subjects: Vec<(u32, u32)>,
    parties: HashMap<u64, (u32, u32)>,
    states: States,
    runs: Vec<RunFile>,
    write_s: f64,
    merge_s: f64,
    merged: u64,
}

impl Ledger {
    fn touch(&mut self, n: u64) {
        let last = self.entries as u32;
        let state = match n.checked_sub(PARTIES) {
            None => self.parties.entry(n).or_default(),
            Some(at) => {
                let at = at as usize;
                self.subjects.resize(self.subjects.len().max(at + 1), (0, 0));
                &mut self.subjects[at]
            }
        };
        *state = (state.0 + 1, last);
        let (count, last) = (u64::from(state.0), u64::from(last));
        let head = sha256(&[&n.to_be_bytes(), &last.to_be_bytes()]);
        self.states.insert(key(n), SubjectState { head, count, last });
        self.links += 1;
    }

    fn entry(&mut self) {
        let (new, any) = (PARTIES + self.subjects.len() as u64, scattered(self.entries));
        self.touch(any % PARTIES);
        self.touch(new);
        self.touch(new + 1);
        if self.entries.is_multiple_of(4) && new > PARTIES {
            self.touch(PARTIES + (any >> 16) % (new - PARTIES) / 2 * 2);
        }
        self.entries += 1;
    }

    fn cut(&mut self, dir: &Path) {
        let start = self.runs.last().map_or(0, |run| run.run().end);
        let begin = cpu();
        let states = std::mem::take(&mut self.states);
        self.runs.push(runs::write(dir, (start, self.entries), states, Durability::Later).unwrap());
        self.write_s += cpu() - begin;
    }

    fn merge(&mut self, dir: &Path) {
        let sizes = |runs: &[RunFile]| runs.iter().map(|run| Some(run.run().subjects)).collect::<Vec<_>>();
        while let Some(group) = plan(&sizes(&self.runs)) {
            let begin = cpu();
            let parts: Vec<&RunFile> = self.runs[group.clone()].iter().collect();
            let (start, end) = (parts[0].run().start, parts.last().unwrap().run().end);
            let path = runs::run_path(dir, start, end);
            let run = runs::merge(&parts, &path, Durability::Later, &mut || true).unwrap().unwrap();
            self.merge_s += cpu() - begin;
            self.merged += parts.iter().map(|part| part.run().subjects).sum::<u64>();
            parts.iter().for_each(|part| fs::remove_file(part.path()).unwrap());
            let merged = RunFile::open(&path).unwrap();
            assert_eq!(merged.run(), &run);
            self.runs.splice(group, [merged]);
        }
    }

    fn prove(&self, key: &SubjectKey) -> SubjectProof {
        let mut proof = Vec::new();
        for run in self.runs.iter().rev() {
            proof.push(run.prove(key).unwrap());
            if matches!(proof.last(), Some(RunProof::Present { .. })) {
                break;
            }
        }
        proof
    }

    /// One row: size and times of proofs of these subjects.
    fn measure(&self, sort: &str, asked: impl Iterator<Item = SubjectKey>, present: bool) {
        let runs: Vec<RunRef> = self.runs.iter().map(|run| *run.run()).collect();
        let seal = Seal { covered: self.entries, root: [0; 32], chain: [0; 32], previous: 0, runs };
        let (mut bytes, mut made, mut checked) = (Vec::new(), Vec::new(), Vec::new());
        for key in asked {
            let begin = Instant::now();
            let proof = self.prove(&key);
            made.push(begin.elapsed());
            let begin = Instant::now();
            let found = check_subject(&seal, &key, &proof).unwrap();
            checked.push(begin.elapsed());
            assert_eq!(found.is_some(), present);
            bytes.push(proof.iter().map(size).sum::<usize>());
        }
        let us = |times: &mut Vec<Duration>, part: usize| {
            times.sort_unstable();
            times[times.len() * part / 100].as_secs_f64() * 1e6
        };
        bytes.sort_unstable();
        println!(
            "| {} | {} | {sort} | {} | {} | {:.0} | {:.0} | {:.0} |",
            self.subjects.len() as u64 + PARTIES,
            self.runs.len(),
            bytes[bytes.len() / 2],
            bytes[bytes.len() - 1],
            us(&mut made, 50),
            us(&mut checked, 50),
            us(&mut checked, 99),
        );
    }

    fn report(&self) {
        let per_link = |seconds: f64| seconds * 1e6 / self.links as f64;
        let (write, merge) = (per_link(self.write_s), per_link(self.merge_s));
        let times = self.merged as f64 / (self.subjects.len() as f64 + PARTIES as f64);
        println!(
            "{} entries, {} links: {write:.2} µs of CPU a link for writing runs, {merge:.2} for merging them \
             ({times:.1} records read a subject); runs of {:?} subjects",
            self.entries,
            self.links,
            self.runs.iter().map(|run| run.run().subjects).collect::<Vec<_>>(),
        );
        let any = |n| scattered(n + self.entries);
        let items = (0..ASKED).map(|n| key(PARTIES + any(n) % self.subjects.len() as u64));
        self.measure("an item or document", items, true);
        self.measure("a party", (0..ASKED).map(|n| key(any(n) % PARTIES)), true);
        self.measure("absent", (0..ASKED).map(|n| SubjectKey(sha256(&[b"absent", &n.to_be_bytes()]))), false);
    }
}

/// Bytes of a part of a proof: hashes, records and numbers.
fn size(part: &RunProof) -> usize {
    let path = |proof: &[Hash]| proof.len() * 32;
    let placed = |record: &Option<PlacedRecord>| record.as_ref().map_or(0, |r| 8 + 64 + path(&r.proof));
    match part {
        RunProof::Absent { left, right } => placed(left) + placed(right),
        RunProof::Present { proof, .. } => 32 + 8 + 8 + 8 + path(proof),
    }
}

fn main() {
    let given: HashMap<String, u64> = std::env::args()
        .skip(1)
        .filter_map(|a| a.split_once('=').map(|(k, v)| (k.to_string(), v.parse().unwrap())))
        .collect();
    let subjects = given.get("subjects").copied().unwrap_or(16_000_000).min(64_000_000);
    let seal = given.get("seal").copied().unwrap_or(65_536);
    let dir = tempfile::tempdir().unwrap();
    println!("| subjects | runs | proof of | bytes, median | bytes, most | µs to make | µs to check | p99 |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut due = vec![subjects, subjects / 4, subjects / 16];
    let mut ledger = Ledger::default();
    while let Some(next) = due.last() {
        ledger.entry();
        if !ledger.entries.is_multiple_of(seal) {
            continue;
        }
        ledger.cut(dir.path());
        let is_due = ledger.subjects.len() as u64 + PARTIES >= *next;
        if is_due {
            // As it is just after a seal, before what that lets merge has been merged.
            ledger.report();
            due.pop();
        }
        ledger.merge(dir.path());
        if is_due {
            ledger.report();
        }
    }
}
