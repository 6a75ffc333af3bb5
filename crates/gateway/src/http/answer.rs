//! Answers in JSON, with English and Chinese side by side.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde::Serialize;
use serde_json::json;

use crate::{OutboxError, gateway::GatewayError};

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

/// A refusal.
pub(super) fn fault(status: StatusCode, reason: &str, en: &str, zh: &str) -> Response {
    json(status, &json!({ "error": { "reason": reason, "message": en, "message_zh": zh } }))
}

/// Come again.
pub(super) fn busy(reason: &str, en: &str, zh: &str) -> Response {
    let mut response = fault(StatusCode::SERVICE_UNAVAILABLE, reason, en, zh);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
    response
}

/// What is wrong on our side: disk, key, queue.
pub(super) fn trouble(error: &GatewayError) -> Response {
    let text = error.to_string();
    match error {
        GatewayError::Outbox(OutboxError::Full { .. }) => {
            busy("OUTBOX_FULL", &text, "待发送单据已达上限，请待账本恢复连接后重发")
        }
        GatewayError::Outbox(OutboxError::Storage(_)) => fault(
            StatusCode::INSUFFICIENT_STORAGE,
            "OUTBOX_BROKEN",
            &text,
            "发件箱无法读写，请检查磁盘后重发",
        ),
        GatewayError::Outbox(OutboxError::NoSuchBill(_)) => {
            fault(StatusCode::NOT_FOUND, "UNKNOWN_BILL", &text, "没有这样的单据，详见英文说明")
        }
        GatewayError::Outbox(OutboxError::NotRefused(_)) => {
            fault(StatusCode::CONFLICT, "NOT_REFUSED", &text, "该单据并非因账本缺少登记而等待，或正在重试")
        }
        GatewayError::Outbox(OutboxError::Several(..)) => {
            fault(StatusCode::CONFLICT, "SEVERAL_BILLS", &text, "该单号有多张单据，请指明 kind 与 principal")
        }
        GatewayError::Outbox(_) | GatewayError::Machine(_) => {
            fault(StatusCode::INTERNAL_SERVER_ERROR, "MACHINE", &text, "本机故障")
        }
        GatewayError::Key(_) => busy("KEY_SILENT", &text, "签名密钥无应答，未接收任何内容"),
    }
}
