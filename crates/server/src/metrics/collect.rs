//! Publication: one pass over all counters for each scrape.

use std::{
    fmt::{self, Error},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{SystemTime, UNIX_EPOCH},
};

use ledger::{Ledger, StopCause, Writer};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue},
    metrics::MetricType,
    registry::Registry,
};
use statement::Reason;
use tonic::Code;

use super::{CODES, Histogram, METHODS, Metrics, process};
use crate::{
    documents::{Documents, DocumentsStatus},
    finder::Finder,
};

/// A registry that publishes server and ledger.
pub(crate) fn registry(
    metrics: Arc<Metrics>,
    ledger: Ledger,
    documents: Arc<Documents>,
    finder: Option<Finder>,
) -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(All { metrics, ledger, documents, finder }));
    registry
}

struct All {
    metrics: Arc<Metrics>,
    ledger: Ledger,
    documents: Arc<Documents>,
    finder: Option<Finder>,
}

impl fmt::Debug for All {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("All").finish_non_exhaustive()
    }
}

impl Collector for All {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), Error> {
        let mut page = Page(&mut encoder);
        ledger_page(&mut page, &self.ledger)?;
        stamps_page(&mut page, &self.metrics)?;
        refused(&mut page, &self.ledger, &self.metrics)?;
        calls_page(&mut page, &self.metrics)?;
        documents_page(&mut page, &self.documents.status())?;
        if let Some(finder) = &self.finder {
            findings_page(&mut page, finder)?;
        }
        process_page(&mut page)
    }
}

/// Encodes one metric after the other.
struct Page<'p, 'e>(&'p mut DescriptorEncoder<'e>);

type NoLabels = [(&'static str, &'static str); 0];

impl Page<'_, '_> {
    fn counter<V: EncodeCounterValue>(&mut self, name: &str, help: &str, value: V) -> Result<(), Error> {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        metric.encode_counter::<NoLabels, _, u64>(&value, None)
    }

    fn gauge<V: EncodeGaugeValue>(&mut self, name: &str, help: &str, value: V) -> Result<(), Error> {
        self.0.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)
    }

    fn histogram(&mut self, name: &str, help: &str, sum: f64, buckets: &[(f64, u64)]) -> Result<(), Error> {
        let count = buckets.iter().map(|(_, n)| n).sum();
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        metric.encode_histogram::<NoLabels>(sum, count, buckets, None)
    }

    /// A histogram of the ledger, its values divided by `unit`.
    fn ledgers<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        histogram: &ledger::Histogram<N>,
        unit: f64,
    ) -> Result<(), Error> {
        let bounds = histogram.bounds().iter().map(|b| *b as f64 / unit).chain([f64::INFINITY]);
        let counts = histogram.counts().into_iter().chain([histogram.above()]);
        let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
        self.histogram(name, help, histogram.sum() as f64 / unit, &buckets)
    }
}

fn ledger_page(page: &mut Page<'_, '_>, ledger: &Ledger) -> Result<(), Error> {
    let (counters, status) = (ledger.counters(), ledger.status());
    let seconds = |ns: &std::sync::atomic::AtomicU64| ns.load(Relaxed) as f64 / 1e9;
    page.counter("yuanliu_statements_recorded", "Statements recorded", counters.statements.load(Relaxed))?;
    page.counter(
        "yuanliu_statements_repeated",
        "Statements answered with their first receipt",
        counters.duplicates.load(Relaxed),
    )?;
    page.counter("yuanliu_links", "Links recorded", counters.links.load(Relaxed))?;
    page.counter("yuanliu_payload_bytes", "Bytes of payload recorded", counters.payload_bytes.load(Relaxed))?;
    page.counter("yuanliu_checkpoints", "Checkpoints signed", counters.checkpoints.load(Relaxed))?;
    page.counter(
        "yuanliu_cosignatures",
        "Cosignatures of witnesses received",
        counters.cosignatures.load(Relaxed),
    )?;
    seals_page(page, ledger)?;
    access_page(page, ledger)?;
    page.counter("yuanliu_apply_seconds", "Time of the apply thread", seconds(&counters.apply_ns))?;
    page.counter(
        "yuanliu_prepare_seconds",
        "Time spent on parsing and signatures",
        seconds(&counters.prepare_ns),
    )?;
    page.ledgers(
        "yuanliu_batch_statements",
        "Statements in a commit batch",
        &counters.batch_statements,
        1.0,
    )?;
    page.ledgers(
        "yuanliu_log_sync_seconds",
        "Write and sync of the log, per batch",
        &counters.log_sync_us,
        1e6,
    )?;
    page.ledgers("yuanliu_view_write_seconds", "Write of the view, per batch", &counters.view_write_us, 1e6)?;
    page.gauge("yuanliu_log_size", "Durable entries", status.size)?;
    page.gauge("yuanliu_queue_links", "Links waiting or being recorded", status.queue_links as u64)?;
    page.gauge("yuanliu_queue_capacity_links", "Most links that may wait", status.queue_capacity as u64)?;
    let running = u64::from(status.writer == Writer::Running);
    page.gauge("yuanliu_writer_running", "1 while statements can be recorded", running)?;
    stopped(page, &status.writer)
}

fn findings_page(page: &mut Page<'_, '_>, finder: &Finder) -> Result<(), Error> {
    let step = finder.step();
    page.gauge("yuanliu_findings_judged_entries", "Entries that rules have judged", step.judged)?;
    page.counter("yuanliu_findings_changes", "Findings opened, changed or resolved", step.changed)?;
    page.counter(
        "yuanliu_findings_unjudged",
        "Subjects and entries of which more is recorded than rules judge",
        step.unjudged,
    )?;
    page.counter("yuanliu_findings_failures", "Steps of judging that failed", finder.failures())?;
    page.gauge("yuanliu_findings_bytes", "Bytes of the files of findings", step.bytes)
}

fn seals_page(page: &mut Page<'_, '_>, ledger: &Ledger) -> Result<(), Error> {
    let counters = ledger.counters();
    let seconds = |us: &std::sync::atomic::AtomicU64| us.load(Relaxed) as f64 / 1e6;
    page.counter("yuanliu_seals", "Seals recorded", counters.seals.load(Relaxed))?;
    let (records, merged) = (&counters.run_records, &counters.merge_records);
    page.counter("yuanliu_run_records", "Subjects written in runs of new entries", records.load(Relaxed))?;
    page.counter("yuanliu_run_seconds", "CPU time for that", seconds(&counters.run_us))?;
    page.counter("yuanliu_merge_records", "Subjects read in merging runs", merged.load(Relaxed))?;
    page.counter("yuanliu_merge_seconds", "CPU time for that", seconds(&counters.merge_us))?;
    page.gauge("yuanliu_merges", "Merges under way", counters.merges.load(Relaxed))?;
    let unsealed = counters.unsealed_links.load(Relaxed);
    page.gauge("yuanliu_unsealed_links", "Links since a run was last cut, which lie in memory", unsealed)?;
    let held = u64::from(ledger.status().held);
    page.gauge("yuanliu_appends_held", "1 while nothing is taken in until more is sealed", held)?;
    let newest = ledger.newest_seal();
    let (covered, runs) = newest.map_or((0, 0), |(_, seal)| (seal.covered, seal.runs.len()));
    let lag = ledger.head().size.saturating_sub(covered);
    page.gauge("yuanliu_seal_lag_entries", "Entries that the newest seal does not cover", lag)?;
    page.gauge("yuanliu_runs", "Runs that the newest seal names", runs as u64)
}

fn stamps_page(page: &mut Page<'_, '_>, metrics: &Metrics) -> Result<(), Error> {
    let stamps = &metrics.stamps;
    page.counter("yuanliu_stamps", "Time stamps kept", stamps.stamps.load(Relaxed))?;
    let help = "Askings of a time-stamping authority that gave no stamp";
    page.counter("yuanliu_stamp_failures", help, stamps.failures.load(Relaxed))?;
    match stamps.age() {
        Some(age) => page.gauge("yuanliu_stamp_age_seconds", "Age of the newest time stamp", age),
        None => Ok(()),
    }
}

fn access_page(page: &mut Page<'_, '_>, ledger: &Ledger) -> Result<(), Error> {
    let counters = ledger.counters();
    page.counter("yuanliu_access_records", "Privileged reads recorded", counters.accesses.load(Relaxed))?;
    let help = "Privileged reads refused because they could not be recorded";
    page.counter("yuanliu_access_refused", help, counters.accesses_refused.load(Relaxed))?;
    page.counter("yuanliu_access_digests", "Access digests recorded", counters.digests.load(Relaxed))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let lag = now - counters.digested_until.load(Relaxed) as f64 / 1e6;
    let help = "Time since the end of the newest minute that has its access digest: above 180 it is overdue";
    page.gauge("yuanliu_access_digest_lag_seconds", help, lag.max(0.0))
}

/// Why the writer stopped, as a label: an alarm should say whom to call.
fn stopped(page: &mut Page<'_, '_>, writer: &Writer) -> Result<(), Error> {
    let help = "1 for the cause for which statements are recorded no more, until a restart";
    let mut family = page.0.encode_descriptor("yuanliu_writer_stopped", help, None, MetricType::Gauge)?;
    let cause = match writer {
        Writer::Running => None,
        Writer::Stopped(cause) => Some(cause_name(cause)),
    };
    for name in CAUSES {
        let value = u64::from(cause == Some(name));
        family.encode_family(&[("cause", name)])?.encode_gauge(&value)?;
    }
    Ok(())
}

const CAUSES: [&str; 6] = ["shutdown", "storage", "clock", "inconsistent", "thread_lost", "witness"];

const fn cause_name(cause: &StopCause) -> &'static str {
    match cause {
        StopCause::Shutdown => CAUSES[0],
        StopCause::Storage(_) => CAUSES[1],
        StopCause::Clock { .. } => CAUSES[2],
        StopCause::Inconsistent { .. } => CAUSES[3],
        StopCause::ThreadLost => CAUSES[4],
        StopCause::Witness(_) => CAUSES[5],
    }
}

fn refused(page: &mut Page<'_, '_>, ledger: &Ledger, metrics: &Metrics) -> Result<(), Error> {
    let help = "Statements refused";
    let mut family =
        page.0.encode_descriptor("yuanliu_statements_refused", help, None, MetricType::Counter)?;
    for (&reason, early) in Reason::ALL.iter().zip(&metrics.refused) {
        let labels = [("reason", reason.as_str())];
        let count = ledger.counters().refused(reason) + early.load(Relaxed);
        family.encode_family(&labels)?.encode_counter::<NoLabels, _, u64>(&count, None)?;
    }
    Ok(())
}

fn calls_page(page: &mut Page<'_, '_>, metrics: &Metrics) -> Result<(), Error> {
    page.gauge("yuanliu_rpc_running", "Calls being answered", metrics.running.load(Relaxed))?;
    page.counter("yuanliu_connections", "Connections taken", metrics.connections.load(Relaxed))?;
    let ack = &metrics.ack;
    let help = "From the arrival of a statement to its receipt";
    page.histogram("yuanliu_ack_seconds", help, ack.sum_seconds(), &ack.buckets())?;

    let mut counts = page.0.encode_descriptor("yuanliu_rpc", "Calls answered", None, MetricType::Counter)?;
    for (calls, method) in metrics.calls.iter().zip(METHODS) {
        for code in 0..CODES {
            let count = calls.by_code[code].load(Relaxed);
            if count > 0 {
                let code = code_name(Code::from_i32(i32::try_from(code).unwrap_or(2)));
                let labels = [("method", method), ("code", code)];
                counts.encode_family(&labels)?.encode_counter::<NoLabels, _, u64>(&count, None)?;
            }
        }
    }
    let help = "Time until the answer began";
    let mut times = page.0.encode_descriptor("yuanliu_rpc_seconds", help, None, MetricType::Histogram)?;
    for (calls, method) in metrics.calls.iter().zip(METHODS) {
        let latency: &Histogram = &calls.latency;
        if latency.count() > 0 {
            let labels = [("method", method)];
            let (sum, buckets) = (latency.sum_seconds(), latency.buckets());
            let count = buckets.iter().map(|(_, n)| n).sum();
            times.encode_family(&labels)?.encode_histogram::<NoLabels>(sum, count, &buckets, None)?;
        }
    }
    Ok(())
}

fn documents_page(page: &mut Page<'_, '_>, status: &DocumentsStatus) -> Result<(), Error> {
    let help = "Attachments that wait for a statement to name them";
    page.gauge("yuanliu_attachments_waiting", help, status.waiting as u64)?;
    let help = "Their bytes as they count against the quota, uploads under way included";
    page.gauge("yuanliu_attachments_waiting_bytes", help, status.waiting_bytes)?;
    let help = "1 while the log is not followed to its end: no attachment is taken in or handed out";
    page.gauge("yuanliu_attachments_behind", help, u64::from(status.behind))?;
    let help = "Entries whose word on attachments could not be done; what they may erase is withheld";
    page.gauge("yuanliu_attachments_undone", help, status.undone as u64)?;
    let help = "Damaged files that were set aside at the start";
    page.gauge("yuanliu_attachments_set_aside", help, status.set_aside as u64)
}

fn process_page(page: &mut Page<'_, '_>) -> Result<(), Error> {
    let Some(process) = process::read() else { return Ok(()) };
    page.counter("process_cpu_seconds", "Processor time of all threads", process.cpu_seconds)?;
    page.gauge("process_resident_memory_bytes", "Resident memory", process.resident)
}

/// The name of a code as gRPC writes it.
pub(crate) const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
