//! Answers in JSON, with English and Chinese side by side.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde::Serialize;
use serde_json::json;

use crate::{OutboxError, fault::Reason, gateway::GatewayError};

/// A value as JSON.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let text = serde_json::to_vec(value).unwrap_or_else(|_| b"{}".to_vec());
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A refusal; its status is that of its reason.
pub(super) fn fault(reason: Reason, en: &str, zh: &str) -> Response {
    let status = StatusCode::from_u16(reason.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let error = json!({ "reason": reason.as_str(), "message": en, "message_zh": zh });
    let mut response = json(status, &json!({ "error": error }));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
    }
    response
}

/// A refusal of which there is no more to say than the table does.
pub(super) fn plain(reason: Reason) -> Response {
    fault(reason, reason.english(), reason.chinese())
}

/// What is wrong on our side: disk, key, queue.
pub(super) fn trouble(error: &GatewayError) -> Response {
    let reason = match error {
        GatewayError::Outbox(OutboxError::Full { .. }) => Reason::OutboxFull,
        GatewayError::Outbox(OutboxError::Storage(_)) => Reason::OutboxBroken,
        GatewayError::Outbox(OutboxError::NoSuchBill(_)) => Reason::UnknownBill,
        GatewayError::Outbox(OutboxError::NotRefused(_)) => Reason::NotRefused,
        GatewayError::Outbox(OutboxError::Several(..)) => Reason::SeveralBills,
        GatewayError::Outbox(_) | GatewayError::Machine(_) => Reason::Machine,
        GatewayError::Key(_) => Reason::KeySilent,
    };
    fault(reason, &error.to_string(), reason.chinese())
}
