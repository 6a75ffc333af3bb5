//! What the operating system says of this process (Linux; elsewhere nothing is published).

use std::fs;

/// Clock ticks in a second, as `/proc` counts: 100 on every architecture this runs on (`USER_HZ`).
const TICKS: f64 = 100.0;

/// Processor time and memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Process {
    /// User and system time of all threads, s.
    pub(super) cpu_seconds: f64,
    /// Resident memory, bytes.
    pub(super) resident: u64,
}

/// Reads `/proc/self`.
pub(super) fn read() -> Option<Process> {
    parse(&fs::read_to_string("/proc/self/stat").ok()?, &fs::read_to_string("/proc/self/status").ok()?)
}

fn parse(stat: &str, status: &str) -> Option<Process> {
    // The second field is the program's name in parentheses and may hold anything, so count after it.
    let fields: Vec<&str> = stat.get(stat.rfind(')')? + 1..)?.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    let resident = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = resident.split_whitespace().next()?.parse().ok()?;
    Some(Process { cpu_seconds: ticks as f64 / TICKS, resident: kibibytes * 1_024 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_any_program_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 8 0 9 0 0";
        let process = parse(stat, "Name:\tx\nVmRSS:\t    2048 kB\n").unwrap();
        assert_eq!(process, Process { cpu_seconds: 3.0, resident: 2_048 * 1_024 });
        assert_eq!(parse("7 (a) S 1", "VmRSS: 1 kB"), None);
        assert_eq!(parse(stat, "Name: x"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_can_be_read() {
        let process = read().unwrap();
        assert!(process.resident > 1 << 20 && process.cpu_seconds < 1e6, "{process:?}");
    }
}
