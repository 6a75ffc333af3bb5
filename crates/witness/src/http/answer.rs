//! One table from outcomes to HTTP.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::Value;

use crate::{audit::Unaudited, judge::Objection, state::StateError, witness::Refusal};

/// Type of a body that is nothing but a size (C2SP `tlog-witness`).
const SIZE_TYPE: &str = "text/x.tlog.size";
const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is answered, and under which name it is counted.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) outcome: &'static str,
    status: StatusCode,
    kind: &'static str,
    body: String,
}

impl Answer {
    fn text(outcome: &'static str, status: StatusCode, body: String) -> Self {
        Self { outcome, status, kind: TEXT, body }
    }

    pub(super) fn cosigned(line: &str) -> Self {
        Self::text("cosigned", StatusCode::OK, format!("{line}\n"))
    }

    pub(super) fn too_large() -> Self {
        let body = "the request broke off or is longer than any can be\n";
        Self::text("too_large", StatusCode::PAYLOAD_TOO_LARGE, body.to_owned())
    }

    pub(super) fn too_slow() -> Self {
        let body = "the request did not arrive in time\n";
        Self::text("too_slow", StatusCode::REQUEST_TIMEOUT, body.to_owned())
    }

    pub(super) fn busy() -> Self {
        let body = "too many requests at a time; come again\n";
        Self::text("busy", StatusCode::SERVICE_UNAVAILABLE, body.to_owned())
    }

    /// A part of this program gave up.
    pub(super) fn broken() -> Self {
        let body = "the witness cannot answer\n";
        Self::text("broken", StatusCode::INTERNAL_SERVER_ERROR, body.to_owned())
    }

    pub(super) fn refused(refusal: &Refusal) -> Self {
        let (outcome, status) = match refusal {
            Refusal::Request(_) | Refusal::Checkpoint(_) => ("malformed", StatusCode::BAD_REQUEST),
            Refusal::UnknownOrigin => ("unknown_log", StatusCode::NOT_FOUND),
            Refusal::Unsigned => ("unsigned", StatusCode::FORBIDDEN),
            Refusal::Objection(Objection::OldAboveSize) => ("malformed", StatusCode::BAD_REQUEST),
            Refusal::Objection(Objection::Conflict { last }) => return Self::size("conflict", *last),
            Refusal::Objection(Objection::Fork { size }) => return Self::size(FORK, *size),
            Refusal::Objection(Objection::Proof(_)) => ("bad_proof", StatusCode::UNPROCESSABLE_ENTITY),
            Refusal::Unaudited { why: Unaudited::NotYet { .. }, last } => {
                return Self {
                    status: StatusCode::SERVICE_UNAVAILABLE,
                    ..Self::size("not_audited_yet", *last)
                };
            }
            Refusal::Unaudited { why: Unaudited::Difference { .. }, .. } => {
                ("difference", StatusCode::FORBIDDEN)
            }
            Refusal::Unaudited { why: Unaudited::Unreadable(error), .. } => {
                tracing::error!(%error, "nothing is cosigned");
                ("no_state", StatusCode::INTERNAL_SERVER_ERROR)
            }
            Refusal::Clock => ("no_clock", StatusCode::SERVICE_UNAVAILABLE),
            Refusal::State(error) => {
                tracing::error!(%error, "nothing is cosigned");
                ("no_state", StatusCode::INTERNAL_SERVER_ERROR)
            }
        };
        Self::text(outcome, status, format!("{refusal}\n"))
    }

    fn size(outcome: &'static str, size: u64) -> Self {
        Self { outcome, status: StatusCode::CONFLICT, kind: SIZE_TYPE, body: format!("{size}\n") }
    }

    pub(super) fn is_fork(&self) -> bool {
        self.outcome == FORK
    }

    pub(super) fn into_response(self) -> Response {
        let mut response = response(self.status, self.kind, self.body);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

const FORK: &str = "fork";

fn response(status: StatusCode, kind: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // All of it is public, and verifiers run in browsers too.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

pub(super) fn text_answer(status: StatusCode, body: String) -> Response {
    response(status, TEXT, body)
}

pub(super) fn metrics_page(body: String) -> Response {
    response(StatusCode::OK, OPENMETRICS, body)
}

pub(super) fn json_answer(value: &Result<Value, StateError>) -> Response {
    match value {
        Ok(value) => response(StatusCode::OK, JSON, format!("{value}\n")),
        Err(error) => {
            tracing::error!(%error, "the state cannot be read");
            text_answer(StatusCode::INTERNAL_SERVER_ERROR, "the witness cannot use its state\n".to_owned())
        }
    }
}
