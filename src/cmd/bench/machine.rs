//! What this machine says of time, memory and disk.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use proto::v1::SignedStatement;

/// µs of one `verify_strict`, the yardstick, over real statements.
pub(super) fn verify_strict_us(sample: &[SignedStatement]) -> Result<f64> {
    const ROUNDS: usize = 50;
    let key = client::generate_key()?;
    let public = ed25519_dalek::VerifyingKey::from_bytes(key.public().as_bytes())?;
    let signed: Vec<(Vec<u8>, ed25519_dalek::Signature)> = sample
        .iter()
        .map(|s| (s.payload.to_vec(), ed25519_dalek::Signature::from_bytes(&key.sign(&s.payload))))
        .collect();
    let before = thread_cpu_us()?;
    for _ in 0..ROUNDS {
        for (payload, signature) in &signed {
            public.verify_strict(payload, signature)?;
        }
    }
    Ok((thread_cpu_us()? - before) / (ROUNDS * signed.len()) as f64)
}

/// µs this thread has been on a processor: others on the machine do not count.
fn thread_cpu_us() -> Result<f64> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").context("bench needs /proc")?;
    let nanoseconds: f64 = stat.split_whitespace().next().context("unexpected schedstat")?.parse()?;
    Ok(nanoseconds / 1e3)
}

/// CPU seconds a process has used, all threads, user and system.
pub(super) fn cpu_seconds(pid: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("bench needs /proc")?;
    // Fields after the command in parentheses: state is 3, utime 14, stime 15 (proc(5)).
    let after = stat.rsplit_once(')').map(|(_, rest)| rest).context("unexpected /proc/PID/stat")?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks =
        |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).context("unexpected /proc/PID/stat");
    // 100 ticks a second on every Linux that reports through /proc.
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

pub(super) fn peak_rss_mib(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")).context("unexpected /proc/PID/status")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}

/// Bytes of all files below a directory.
pub(super) fn disk_bytes(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => disk_bytes(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}
