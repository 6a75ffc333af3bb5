//! What people do to single bills: put aside, take up again.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    Shared,
    answer::{fault, json, trouble},
    body_of,
    listen::Pace,
};
use crate::{Record, Which, fault::Reason, gateway::GatewayError};

/// Largest request in bytes.
const MAX_REQUEST: usize = 16 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    number: String,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    principal: Option<String>,
    #[serde(default)]
    reason: String,
}

pub(super) async fn put_aside(State(desk): Shared, request: Request) -> Response {
    let (which, reason) = match order(request).await {
        Ok(order) => order,
        Err(response) => return *response,
    };
    if reason.trim().is_empty() {
        return bad("a reason is needed: it stands beside the bill", "请填写 reason：它将与单据一同显示");
    }
    done(desk.gateway.blocking(move |g| g.put_aside(&which, reason.trim())).await)
}

pub(super) async fn retry(State(desk): Shared, request: Request) -> Response {
    match order(request).await {
        Ok((which, _)) => done(desk.gateway.blocking(move |g| g.take_up(&which)).await),
        Err(response) => *response,
    }
}

pub(super) async fn give_up(State(desk): Shared, request: Request) -> Response {
    match order(request).await {
        Ok((which, _)) => done(desk.gateway.blocking(move |g| g.give_up(&which)).await),
        Err(response) => *response,
    }
}

async fn order(request: Request) -> Result<(Which, String), Box<Response>> {
    let wrong = |why: String| {
        let en = format!("write {{\"number\": …, \"reason\": …}}, where needed kind and principal: {why}");
        Box::new(bad(&en, "请提交 {\"number\": …, \"reason\": …}，必要时加 kind 与 principal"))
    };
    let bytes = body_of(request, MAX_REQUEST, Pace::default()).await.map_err(|e| wrong(format!("{e:?}")))?;
    let order: Order = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
    Ok((Which { number: order.number, kind: order.kind, principal: order.principal }, order.reason))
}

fn bad(en: &str, zh: &str) -> Response {
    fault(Reason::BadRequest, en, zh)
}

fn done(done: Result<Record, GatewayError>) -> Response {
    match done {
        Ok(record) => json(StatusCode::OK, &json!({ "bills": [record] })),
        Err(error) => trouble(&error),
    }
}

#[cfg(test)]
mod tests;
