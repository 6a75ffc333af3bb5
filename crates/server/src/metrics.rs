//! What is counted, and its publication for Prometheus. Counting is a few atomic additions; everything
//! the ledger counts by itself is read when somebody asks.

mod collect;
mod histogram;
mod process;

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use statement::Reason;
use tonic::Code;

pub(crate) use collect::{code_name, registry};
pub(crate) use histogram::Histogram;

use crate::stamping::StampCounters;

/// Calls that are counted by name; all others are counted together.
pub(crate) const METHODS: [&str; 52] = [
    "/yuanliu.v1.LedgerService/SubmitStatement",
    SUBMIT_STREAM,
    "/yuanliu.v1.LedgerService/ValidateStatement",
    "/yuanliu.v1.LedgerService/GetLedger",
    "/yuanliu.v1.LedgerService/GetEntry",
    ENTRIES,
    "/yuanliu.v1.LedgerService/GetReceipt",
    "/yuanliu.v1.LedgerService/GetCheckpoint",
    "/yuanliu.v1.LedgerService/GetInclusionProof",
    "/yuanliu.v1.LedgerService/GetConsistencyProof",
    "/yuanliu.v1.LedgerService/GetSubjectProof",
    "/yuanliu.v1.CaseService/ExportEvidence",
    "/yuanliu.v1.CaseService/GetCase",
    "/yuanliu.v1.CaseService/ListCases",
    "/yuanliu.v1.CaseService/GetCaseSummary",
    ALERTS,
    "/yuanliu.v1.FindingService/ListFindings",
    FINDINGS,
    "/yuanliu.v1.AccessService/GetAccessDigest",
    "/yuanliu.v1.AccessService/ListAccessRecords",
    "/yuanliu.v1.CustomsService/VerifyImportLot",
    "/yuanliu.v1.CustomsService/ListImportLots",
    "/yuanliu.v1.DeskService/ListInbound",
    "/yuanliu.v1.DeskService/GetShipment",
    "/yuanliu.v1.DeskService/ListHoldings",
    "/yuanliu.v1.DeskService/ListSubmitted",
    "/yuanliu.v1.DeskService/ListRequests",
    "/yuanliu.v1.DeskService/GetLotDossier",
    "/yuanliu.v1.RegistryService/GetParty",
    "/yuanliu.v1.RegistryService/ListParties",
    "/yuanliu.v1.RegistryService/GetSite",
    "/yuanliu.v1.RegistryService/GetProduct",
    "/yuanliu.v1.RegistryService/GetKey",
    "/yuanliu.v1.RegistryService/ListMandates",
    "/yuanliu.v1.RegistryService/GetPolicy",
    "/yuanliu.v1.RegistryService/ListPolicies",
    "/yuanliu.v1.RegistryService/GetNamedList",
    "/yuanliu.v1.RegistryService/ListDesignations",
    "/yuanliu.v1.RegistryService/ListCoverage",
    "/yuanliu.v1.RegistryService/ListSuccessions",
    "/yuanliu.v1.TraceService/VerifyItem",
    "/yuanliu.v1.TraceService/VerifyItems",
    "/yuanliu.v1.TraceService/GetItem",
    "/yuanliu.v1.TraceService/GetItemHistory",
    "/yuanliu.v1.TraceService/TraceSource",
    "/yuanliu.v1.TraceService/TraceFlow",
    UPLOAD,
    "/yuanliu.v1.AttachmentService/DownloadAttachment",
    "/yuanliu.v1.AttachmentService/GetAttachment",
    "/grpc.health.v1.Health/Check",
    WATCH,
    OTHER,
];
const SUBMIT_STREAM: &str = "/yuanliu.v1.LedgerService/SubmitStatements";
const ENTRIES: &str = "/yuanliu.v1.LedgerService/ListEntries";
const ALERTS: &str = "/yuanliu.v1.CaseService/WatchCase";
const FINDINGS: &str = "/yuanliu.v1.FindingService/WatchFindings";
const WATCH: &str = "/grpc.health.v1.Health/Watch";
const UPLOAD: &str = "/yuanliu.v1.AttachmentService/UploadAttachment";
const OTHER: &str = "other";
const CODES: usize = Code::Unauthenticated as usize + 1;

static PLACES: LazyLock<HashMap<&'static str, usize>> =
    LazyLock::new(|| METHODS.iter().enumerate().map(|(i, m)| (*m, i)).collect());

/// A call's place in [`METHODS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Method(usize);

impl Method {
    /// The method of a path; unknown ones are all alike, so that callers cannot invent labels.
    pub(crate) fn of(path: &str) -> Self {
        Self(PLACES.get(path).copied().unwrap_or(METHODS.len() - 1))
    }

    /// Whether its answer begins only when a whole document has come.
    pub(crate) fn is_upload(self) -> bool {
        self.path() == UPLOAD
    }

    /// Whether a call may last as long as its caller likes: streams, and whatever is not known by name.
    pub(crate) fn may_last(self) -> bool {
        matches!(self.path(), SUBMIT_STREAM | ENTRIES | FINDINGS | ALERTS | WATCH | OTHER)
    }

    /// Its path.
    pub(crate) const fn path(self) -> &'static str {
        METHODS[self.0]
    }
}

/// Counters of one method.
struct Calls {
    by_code: [AtomicU64; CODES],
    /// µs until the first answer was there (for streams: until they were opened).
    latency: Histogram,
}

/// Everything the server counts.
pub(crate) struct Metrics {
    calls: [Calls; METHODS.len()],
    running: AtomicU64,
    /// Those of them that may last.
    lasting: AtomicU64,
    /// Statements refused before the ledger saw them.
    refused: Vec<AtomicU64>,
    /// µs from the arrival of a statement to its receipt.
    pub(crate) ack: Histogram,
    /// Connections taken.
    pub(crate) connections: AtomicU64,
    /// Time stamps.
    pub(crate) stamps: Arc<StampCounters>,
}

impl Default for Metrics {
    fn default() -> Self {
        let calls = || Calls { by_code: [const { AtomicU64::new(0) }; CODES], latency: Histogram::default() };
        Self {
            calls: std::array::from_fn(|_| calls()),
            running: AtomicU64::new(0),
            lasting: AtomicU64::new(0),
            refused: Reason::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
            ack: Histogram::default(),
            connections: AtomicU64::new(0),
            stamps: Arc::default(),
        }
    }
}

impl Metrics {
    /// A call began; whether it is one too many, where `most` may run at a time. Those that may last get half of the
    /// places: silent streams, which cost their callers nothing, then shut nobody out who asks.
    pub(crate) fn begin(&self, method: Method, most: u64) -> bool {
        let running = self.running.fetch_add(1, Relaxed) + 1;
        let lasting = if method.may_last() { self.lasting.fetch_add(1, Relaxed) + 1 } else { 0 };
        running > most || lasting > most.div_ceil(2)
    }

    /// A statement was refused before the ledger saw it.
    pub(crate) fn refuse(&self, reason: Reason) {
        if let Some(count) = self.refused.get(reason as usize) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// A call ended; `head` is the time until its answer began.
    pub(crate) fn end(&self, method: Method, code: Code, head: Duration) {
        self.running.fetch_sub(1, Relaxed);
        if method.may_last() {
            self.lasting.fetch_sub(1, Relaxed);
        }
        let calls = &self.calls[method.0];
        // A Code is one of 0 to 16.
        calls.by_code[code as usize].fetch_add(1, Relaxed);
        calls.latency.observe(micros(head), 1);
    }
}

/// Whole µs.
pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn every_declared_method_has_a_place_of_its_own() {
        let set = prost_types::FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap();
        let mut count = 0;
        for file in set.file {
            for service in &file.service {
                for method in &service.method {
                    let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                    assert_eq!(Method::of(&path).path(), path);
                    count += 1;
                }
            }
        }
        assert_eq!(count, METHODS.iter().filter(|m| m.starts_with("/yuanliu.v1.")).count());
        assert_eq!(Method::of("/made.up/Name").path(), OTHER);
    }

    #[test]
    fn silent_streams_leave_half_of_the_places_to_those_who_ask() {
        let metrics = Metrics::default();
        let (stream, unary) = (Method::of(SUBMIT_STREAM), Method::of("/yuanliu.v1.LedgerService/GetLedger"));
        assert!(!metrics.begin(stream, 4) && !metrics.begin(stream, 4));
        assert!(metrics.begin(stream, 4), "the third stream of four places is one too many");
        metrics.end(stream, Code::ResourceExhausted, Duration::ZERO);
        assert!(!metrics.begin(unary, 4) && !metrics.begin(unary, 4));
        assert!(metrics.begin(unary, 4), "a fifth call is one too many");
        metrics.end(unary, Code::ResourceExhausted, Duration::ZERO);
        metrics.end(stream, Code::Ok, Duration::ZERO);
        assert!(!metrics.begin(stream, 4), "a place that was given back is free");
    }

    #[test]
    fn a_call_is_counted_once_under_its_code() {
        let metrics = Metrics::default();
        let method = Method::of(METHODS[0]);
        assert!(!metrics.begin(method, 1));
        metrics.end(method, Code::NotFound, Duration::from_micros(120));
        let calls = &metrics.calls[0];
        assert_eq!(calls.by_code[Code::NotFound as usize].load(Relaxed), 1);
        assert_eq!(calls.latency.count(), 1);
        assert_eq!(metrics.running.load(Relaxed), 0);
    }
}
