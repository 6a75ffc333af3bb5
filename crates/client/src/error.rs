//! Errors of calls, sorted by what the caller can do about them.

use std::{error::Error, fmt, io, time::Duration};

use evidence::{NoteFault, ReceiptError};
use proto::v1::{FieldViolation, Receipt, Rejection, SignedStatement};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::BadHistory;

/// Reasons of failures that were found on this side, in the form of the server's.
pub mod reason {
    /// Nobody answers there, or the connection broke.
    pub const UNREACHABLE: &str = "UNREACHABLE";
    /// The server's certificate does not verify against those trusted.
    pub const CERTIFICATE: &str = "CERTIFICATE_UNTRUSTED";
    /// The server keeps another ledger than the one expected.
    pub const OTHER_LEDGER: &str = "OTHER_LEDGER";
    /// The options of the connection cannot be.
    pub const SETTINGS: &str = "SETTINGS";
    /// The server does not keep to the protocol.
    pub const PROTOCOL: &str = "PROTOCOL";
    /// What an answer carries is not the ledger's word that the read was recorded.
    pub const ACCESS_RECORD: &str = "ACCESS_RECORD";
    /// An answer carries no access record where the reader insists on one.
    pub const ACCESS_RECORD_MISSING: &str = "ACCESS_RECORD_MISSING";
    /// A read token could not be made, or a statement is none.
    pub const LOCAL: &str = "LOCAL";
}

/// Why a call failed, and so what to do now.
#[derive(Debug)]
pub enum ClientError {
    /// Try the same again later: nobody is at fault, and attempts within this call are used up. Submitting
    /// the same bytes again is safe; whether they have been recorded is not known.
    Retry(Box<Failure>),
    /// The request is at fault: correct it by reason and violations. Nothing was recorded.
    Fix(Box<Failure>),
    /// Neither waiting nor another request helps: a fault of the server, of the settings or of what lies
    /// between. Tell the operator.
    Stop(Box<Failure>),
    /// The server gave a receipt that does not hold. Keep both sides, use this server no more.
    BadReceipt(Box<BadReceipt>),
    /// The server gave a checkpoint that does not hold. Keep its text, use this server no more.
    BadCheckpoint(Box<BadCheckpoint>),
    /// The log's key signed two checkpoints that do not go together. Keep both, use this server no more.
    BadHistory(Box<BadHistory>),
}

/// What went wrong, in the server's words where it gave any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// gRPC code.
    pub code: Code,
    /// Stable reason, such as "BAD_SIGNATURE": the server's, or one of [`reason`](crate::reason) for what
    /// was found on this side; empty where there is none.
    pub reason: String,
    /// For people.
    pub message: String,
    /// Fields at fault.
    pub violations: Vec<FieldViolation>,
    /// How long the server asks to be left alone.
    pub retry_after: Option<Duration>,
}

/// A receipt that does not hold, with what it was given for.
#[derive(Clone, Debug, PartialEq)]
pub struct BadReceipt {
    /// What was sent, byte for byte.
    pub statement: SignedStatement,
    /// What came back.
    pub receipt: Receipt,
    /// What is wrong; `None` where the statement cannot be recorded at all, for its signature has
    /// not the form of one.
    pub fault: Option<ReceiptError>,
}

/// A checkpoint that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadCheckpoint {
    /// The note as it came.
    pub note: String,
    /// What is wrong.
    pub fault: NoteFault,
}

impl ClientError {
    /// The failure, for the three variants that have one.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Retry(f) | Self::Fix(f) | Self::Stop(f) => Some(f),
            Self::BadReceipt(_) | Self::BadCheckpoint(_) | Self::BadHistory(_) => None,
        }
    }

    pub(crate) fn stop(code: Code, reason: &str, message: impl fmt::Display) -> Self {
        Self::Stop(Box::new(Failure::new(code, reason, message)))
    }

    /// What could not be connected to.
    pub(crate) fn connect(url: &str, error: &(dyn Error + 'static)) -> Self {
        lost(Code::Unavailable, error, format!("{url}: {}", chain(error)))
    }
}

impl Failure {
    pub(crate) fn new(code: Code, reason: &str, message: impl fmt::Display) -> Self {
        Self {
            code,
            reason: reason.to_owned(),
            message: message.to_string(),
            violations: Vec::new(),
            retry_after: None,
        }
    }
}

impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        let source = status.source();
        if let Some(source) = source {
            // Made on this side: the server's answer did not arrive.
            return lost(status.code(), source, chain(source));
        }
        let failure = Box::new(Failure {
            reason: status.get_details_error_info().map(|i| i.reason).unwrap_or_default(),
            violations: violations(&status),
            retry_after: status.get_details_retry_info().and_then(|r| r.retry_delay),
            ..Failure::new(status.code(), "", status.message())
        });
        match status.code() {
            code if is_passing(code) => Self::Retry(failure),
            Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::OutOfRange
            | Code::Unauthenticated => Self::Fix(failure),
            _ => Self::Stop(failure),
        }
    }
}

/// What broke on the way. A certificate that does not verify will not do so later.
fn lost(code: Code, error: &(dyn Error + 'static), message: String) -> ClientError {
    if code == Code::Unavailable && is_tls_fault(error) {
        return ClientError::stop(code, reason::CERTIFICATE, message);
    }
    ClientError::Retry(Box::new(Failure::new(code, reason::UNREACHABLE, message)))
}

/// Codes that say: later.
fn is_passing(code: Code) -> bool {
    use Code::{Aborted, Cancelled, DeadlineExceeded, ResourceExhausted, Unavailable};
    matches!(code, Unavailable | ResourceExhausted | DeadlineExceeded | Aborted | Cancelled)
}

/// Whether a refusal says: later.
pub(crate) fn is_passing_rejection(rejection: &Rejection) -> bool {
    is_passing(Code::from_i32(rejection.code))
}

impl From<&Rejection> for Failure {
    fn from(r: &Rejection) -> Self {
        let wait = u64::from(r.retry_after_ms);
        Self {
            code: Code::from_i32(r.code),
            reason: r.reason.clone(),
            message: r.message.clone(),
            violations: r.violations.clone(),
            retry_after: (wait > 0).then(|| Duration::from_millis(wait)),
        }
    }
}

fn violations(status: &Status) -> Vec<FieldViolation> {
    let details = status.get_details_bad_request().map(|b| b.field_violations).unwrap_or_default();
    details
        .into_iter()
        .map(|v| FieldViolation { field: v.field, description: v.description, ..FieldViolation::default() })
        .collect()
}

/// An error and its causes; tonic's own words for the outermost say little.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}

/// rustls reports what it refuses as an I/O error of kind `InvalidData`.
fn is_tls_fault(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::InvalidData) {
            return true;
        }
        next = error.source();
    }
    false
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason.as_str() {
            "" => write!(f, "{:?}: {}", self.code, self.message)?,
            reason => write!(f, "{reason}: {}", self.message)?,
        }
        self.violations.iter().try_for_each(|v| write!(f, "; {}: {}", v.field, v.description))
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry(failure) => write!(f, "{failure} (try again later)"),
            Self::Fix(failure) | Self::Stop(failure) => failure.fmt(f),
            Self::BadReceipt(bad) => match &bad.fault {
                Some(fault) => write!(f, "the server gave a false receipt: {fault}"),
                None => f.write_str("the server gave a receipt for a malformed signature"),
            },
            Self::BadCheckpoint(bad) => bad.fault.fmt(f),
            Self::BadHistory(bad) => match &bad.saved {
                Some(file) => write!(f, "{}; both checkpoints are in {}", bad.fault, file.display()),
                None => bad.fault.fmt(f),
            },
        }
    }
}

impl Error for ClientError {}

#[cfg(test)]
mod tests {
    use tonic_types::{ErrorDetails, FieldViolation as Detail};

    use super::*;

    #[test]
    fn details_of_a_status_are_carried_over() {
        let mut details = ErrorDetails::new();
        details.set_error_info("QUEUE_FULL", "yuanliu", std::collections::HashMap::new());
        details.set_retry_info(Some(Duration::from_millis(250)));
        details.set_bad_request(vec![Detail::new("ship.items[3]", "listed twice")]);
        let status = Status::with_error_details(Code::ResourceExhausted, "busy", details);
        let ClientError::Retry(failure) = ClientError::from(status) else { panic!("not for later") };
        assert_eq!(failure.reason, "QUEUE_FULL");
        assert_eq!(failure.retry_after, Some(Duration::from_millis(250)));
        assert_eq!(failure.to_string(), "QUEUE_FULL: busy; ship.items[3]: listed twice");
    }

    #[test]
    fn every_code_tells_the_caller_what_to_do() {
        let table = [
            ("retry", vec![1, 4, 8, 10, 14]),
            ("fix", vec![3, 5, 6, 7, 9, 11, 16]),
            ("stop", vec![2, 12, 13, 15]),
        ];
        for (what, codes) in table {
            for code in codes {
                let said = match ClientError::from(Status::new(Code::from_i32(code), "")) {
                    ClientError::Retry(_) => "retry",
                    ClientError::Fix(_) => "fix",
                    ClientError::Stop(_) => "stop",
                    other => panic!("{other}"),
                };
                assert_eq!(said, what, "{:?}", Code::from_i32(code));
            }
        }
    }

    #[test]
    fn what_broke_on_the_way_is_for_later_unless_the_certificate_was_refused() {
        let broken = io::Error::from(io::ErrorKind::ConnectionReset);
        assert!(matches!(ClientError::from(Status::from_error(Box::new(broken))), ClientError::Retry(_)));
        let refused = io::Error::new(io::ErrorKind::InvalidData, "invalid peer certificate");
        assert!(matches!(ClientError::connect("https://localhost", &refused), ClientError::Stop(_)));
    }
}
