//! What surrounds every call: its deadline, its place in the metrics, its line in the log.
//!
//! A line says request id, method, party, code and µs; never a payload, a token or a key. Calls that
//! went well are logged at level `debug`, all others at `info`; so are reads by those who see everything,
//! with the purpose and the case that their token names.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use axum::body::HttpBody;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tonic::{
    Code,
    body::Body,
    codegen::{BoxFuture, Service, http},
};

use crate::{
    access::Sight,
    language::Language,
    metrics::{Method, Metrics, code_name},
    record,
    status::{Fault, Kind},
    token::ReadReason,
};

type Request = http::Request<Body>;
type Response = http::Response<Body>;

/// Target of the lines that say who read what by its role alone: not to be filtered away.
pub const ACCESS_LOG: &str = "yuanliu::access";
/// Most characters of a caller's own request id.
const MAX_ID: usize = 64;

/// What a handler tells about its call: the party concerned, and why a privileged one reads.
#[derive(Clone, Default)]
pub(crate) struct Note {
    told: Arc<OnceLock<Told>>,
    /// The record of a privileged read; empty where the answer has begun without.
    record: Arc<OnceLock<Vec<u8>>>,
    method: Option<Method>,
}

struct Told {
    party: Box<str>,
    /// Only of a party that sees everything.
    privileged: Option<ReadReason>,
}

impl Note {
    /// Names the party; the first one stays.
    pub(crate) fn party(&self, party: &str) {
        self.set(|| Told { party: party.into(), privileged: None });
    }

    /// Names the party that reads and, where it sees everything, why.
    pub(crate) fn reader(&self, sight: &Sight) {
        let privileged = || sight.is_everything().then(|| sight.reason.clone());
        self.set(|| Told { party: sight.party.as_str().into(), privileged: privileged() });
    }

    fn set(&self, told: impl FnOnce() -> Told) {
        if self.told.get().is_none() {
            // Whoever comes second is not needed.
            let _ = self.told.set(told());
        }
    }

    /// What is called.
    pub(crate) fn method(&self) -> &'static str {
        self.method.map_or("", Method::path)
    }

    /// The record that goes with the answer, where there is one; empty once that has begun without.
    pub(crate) fn record(&self) -> Option<&[u8]> {
        self.record.get().map(Vec::as_slice)
    }

    /// Sends a record with the answer.
    pub(crate) fn set_record(&self, record: Vec<u8>) {
        // Whoever comes second is not needed.
        let _ = self.record.set(record);
    }

    /// The note of a call.
    pub(crate) fn of<T>(request: &tonic::Request<T>) -> Self {
        request.extensions().get().cloned().unwrap_or_default()
    }
}

/// Wraps services.
#[derive(Clone)]
pub(crate) struct ObserveLayer {
    pub(crate) metrics: Arc<Metrics>,
    /// Longest time until an answer begins.
    pub(crate) deadline: Duration,
    /// The same of an upload, whose answer begins at its end.
    pub(crate) transfer: Duration,
    /// Most calls at a time; half of them may be streams.
    pub(crate) most: u64,
}

impl<S> tower::Layer<S> for ObserveLayer {
    type Service = Observe<S>;

    fn layer(&self, inner: S) -> Observe<S> {
        Observe { inner, layer: self.clone() }
    }
}

/// A service under observation.
#[derive(Clone)]
pub(crate) struct Observe<S> {
    inner: S,
    layer: ObserveLayer,
}

impl<S> Service<Request> for Observe<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<Response, Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let call = Call::begun(&self.layer.metrics, &request);
        let one_too_many = self.layer.metrics.begin(call.method, self.layer.most);
        let language = call.language;
        let refusal = move |kind: Kind| Fault::from(kind).status(language).into_http();
        if one_too_many {
            return Box::pin(async move { Ok(call.answered(refusal(Kind::TooManyCalls))) });
        }
        let longest = if call.method.is_upload() { self.layer.transfer } else { self.layer.deadline };
        let deadline = deadline(request.headers(), longest);
        request.extensions_mut().insert(call.note.clone());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let response = match tokio::time::timeout(deadline, answer).await {
                Ok(Ok(response)) => response,
                Err(_) => refusal(Kind::Deadline),
            };
            Ok(call.answered(response))
        })
    }
}

/// The shorter one of the caller's `grpc-timeout` and ours.
fn deadline(headers: &http::HeaderMap, ours: Duration) -> Duration {
    let theirs = headers.get("grpc-timeout").and_then(|v| v.to_str().ok()).and_then(grpc_timeout);
    theirs.map_or(ours, |t| t.min(ours))
}

/// 1 to 8 digits and a unit (gRPC over HTTP/2, "Timeout").
fn grpc_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let n: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(n * 3_600),
        "M" => Duration::from_secs(n * 60),
        "S" => Duration::from_secs(n),
        "m" => Duration::from_millis(n),
        "u" => Duration::from_micros(n),
        "n" => Duration::from_nanos(n),
        _ => return None,
    })
}

/// One call, from its arrival to the last byte of its answer; counted once, when dropped.
struct Call {
    metrics: Arc<Metrics>,
    method: Method,
    note: Note,
    id: Id,
    begin: Instant,
    head: Option<Duration>,
    code: Option<Code>,
    language: Language,
}

impl Call {
    /// A call that is counted as running before anything else.
    fn begun(metrics: &Arc<Metrics>, request: &Request) -> Self {
        let method = Method::of(request.uri().path());
        Self {
            metrics: Arc::clone(metrics),
            method,
            note: Note { method: Some(method), ..Note::default() },
            id: Id::of(request.headers()),
            begin: Instant::now(),
            head: None,
            code: None,
            language: Language::of_header(request.headers().get("accept-language")),
        }
    }

    /// The answer has begun. A refusal ends with its head, which then names the request; anything else
    /// ends with its trailers.
    fn answered(mut self, mut response: Response) -> Response {
        self.head = Some(self.begin.elapsed());
        match self.note.record() {
            Some(record) => record::put(response.headers_mut(), record),
            None => self.note.set_record(Vec::new()),
        }
        name_too_large(response.headers_mut(), self.language);
        if let Some(code) = code_in(response.headers()) {
            self.code = Some(code);
            if code != Code::Ok
                && let Ok(id) = self.id.to_string().parse()
            {
                response.headers_mut().insert("x-request-id", id);
            }
            return response;
        }
        response.map(|body| Body::new(Watched { body, call: self }))
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // Without a status the caller went away.
        let code = self.code.unwrap_or(Code::Cancelled);
        let head = self.head.unwrap_or_else(|| self.begin.elapsed());
        self.metrics.end(self.method, code, head);
        let told = self.note.told.get();
        macro_rules! line {
            ($level:ident $(, $field:ident = $value:expr)*) => {
                tracing::$level!(
                    request = %self.id,
                    method = self.method.path(),
                    party = told.map_or("", |t| &t.party),
                    $($field = $value,)*
                    code = code_name(code),
                    micros = crate::metrics::micros(self.begin.elapsed()),
                    "call"
                )
            };
        }
        match told.and_then(|t| t.privileged.as_ref()) {
            // Escaped: whoever reads chose these words.
            Some(ReadReason { purpose, case }) => {
                line!(info, purpose = purpose.as_deref().map(escaped), case = case.as_deref().map(escaped));
            }
            None if code == Code::Ok => line!(debug),
            None => line!(info),
        }
    }
}

/// One line, whatever is in the text: no control character, no escape sequence of a terminal.
pub(crate) fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn code_in(headers: &http::HeaderMap) -> Option<Code> {
    headers.get("grpc-status").map(|v| Code::from_bytes(v.as_bytes()))
}

/// A message above the limit is refused by the transport, in its words and without a reason: this puts ours in place.
/// Nothing else here answers with that code.
fn name_too_large(headers: &mut http::HeaderMap, language: Language) {
    if code_in(headers) == Some(Code::OutOfRange) && !headers.contains_key("grpc-status-details-bin") {
        let status = Fault::from(Kind::TooLarge).status(language);
        if let Err(error) = status.add_header(headers) {
            tracing::error!(%error, "a status cannot be sent");
        }
    }
}

/// An answer's body, watched for its trailers.
struct Watched {
    body: Body,
    call: Call,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        let mut frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &mut frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_mut() {
                    name_too_large(trailers, self.call.language);
                    self.call.code = code_in(trailers);
                }
            }
            Some(Err(status)) => self.call.code = Some(status.code()),
            None => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Names a call: the caller's `x-request-id`, or the server's start and a running number.
enum Id {
    Given(http::HeaderValue),
    Number(u64),
}

impl Id {
    fn of(headers: &http::HeaderMap) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let plain = |v: &&http::HeaderValue| {
            (1..=MAX_ID).contains(&v.len())
                && v.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
        };
        match headers.get("x-request-id").filter(plain) {
            Some(given) => Self::Given(given.clone()),
            None => Self::Number(NEXT.fetch_add(1, Relaxed)),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        static START: OnceLock<u64> = OnceLock::new();
        match self {
            Self::Given(value) => f.write_str(value.to_str().unwrap_or_default()),
            Self::Number(n) => {
                let start = START.get_or_init(|| {
                    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
                });
                write!(f, "{start:x}-{n:x}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_deadline_counts_and_malformed_ones_do_not() {
        let ours = Duration::from_secs(30);
        let table = [
            ("500m", 500_000),
            ("1S", 1_000_000),
            ("7u", 7),
            ("99999999H", 30_000_000),
            ("123456789m", 30_000_000),
            ("", 30_000_000),
            ("S", 30_000_000),
            ("5", 30_000_000),
            ("-5S", 30_000_000),
            ("+5S", 30_000_000),
        ];
        for (text, expect) in table {
            let mut headers = http::HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().unwrap());
            assert_eq!(deadline(&headers, ours).as_micros(), expect, "{text:?}");
        }
    }

    #[test]
    fn a_purpose_stays_on_its_line() {
        assert_eq!(escaped("查流向\nparty=\u{1b}[2J"), "查流向\\nparty=\\u{1b}[2J");
    }

    #[test]
    fn only_plain_request_ids_are_taken_over() {
        let id = |text: &str| {
            let mut headers = http::HeaderMap::new();
            headers.insert("x-request-id", text.parse().unwrap());
            matches!(Id::of(&headers), Id::Given(_))
        };
        assert!(id("018f2f6e-0000-7000-8000-000000000001"));
        for text in ["", "a b", "a\"b", &"x".repeat(65)] {
            assert!(!id(text), "{text:?}");
        }
    }
}
