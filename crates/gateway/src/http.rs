//! REST and the state page, for the ERP system and the people beside it.
//!
//! Two doors keep browsers out that a foreign page drives: the `Host` header has to be one of ours (a
//! foreign name that resolves to this machine is refused), and a request that says it comes from a page
//! (`Origin`) is refused. Then the secret decides.

mod answer;
mod desk;
mod guard;
mod listen;
mod page;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Request, State},
    http::StatusCode,
    middleware,
    response::Response,
    routing::{get, post},
};
use http_body_util::{BodyExt as _, Limited};
use percent_encoding::percent_decode_str;
use tokio::sync::Semaphore;

use crate::{
    Fault, Gateway, Input, Outbox, Report, State as BillState, fault::Reason, gateway::GatewayError,
    statement_bill,
};
use answer::{fault, json, plain, trouble};

pub use guard::{Hosts, Secret};
pub(crate) use listen::{Pace, answer as answer_all};

/// Most requests worked on at a time; further ones are asked to come again.
const AT_ONCE: usize = 32;
/// Most bills on a page of answers.
const MAX_PAGE: usize = 1_000;
/// Bills on a page of answers where nothing is said.
const PAGE: usize = 100;

/// What all requests share.
#[derive(Debug)]
pub struct Desk {
    gateway: Arc<Gateway>,
    secret: Secret,
    hosts: Hosts,
    room: Semaphore,
}

type Shared = State<Arc<Desk>>;

/// All routes.
pub fn router(gateway: Arc<Gateway>, secret: Secret, hosts: Hosts) -> Router {
    let desk = Arc::new(Desk { gateway, secret, hosts, room: Semaphore::new(AT_ONCE) });
    Router::new()
        .route("/", get(page::show))
        .route("/v1/bills", post(bill).get(list))
        .route("/v1/bills/{*number}", get(find))
        .route("/v1/statements", post(statement))
        .route("/v1/files", post(file))
        .route("/v1/put-aside", post(desk::put_aside))
        .route("/v1/retry", post(desk::retry))
        .route("/v1/give-up", post(desk::give_up))
        .route("/v1/health", get(health))
        .fallback(nowhere)
        .layer(middleware::from_fn_with_state(Arc::clone(&desk), guard::check))
        .with_state(desk)
}

async fn nowhere() -> Response {
    plain(Reason::NoSuchPath)
}

async fn bill(State(desk): Shared, request: Request) -> Response {
    take(&desk, request, |gateway, bytes, _| Ok(gateway.reading().json(bytes))).await
}

async fn statement(State(desk): Shared, request: Request) -> Response {
    take(&desk, request, |_, bytes, _| {
        let not_utf8 = |_| {
            vec![Fault::whole(Reason::Encoding, "a statement is JSON in UTF-8", "声明应为 UTF-8 编码的 JSON")]
        };
        Ok(match std::str::from_utf8(bytes).map_err(not_utf8).and_then(statement_bill) {
            Ok(bill) => Input { bills: vec![bill], ..Input::default() },
            Err(faults) => Input { faults, ..Input::default() },
        })
    })
    .await
}

async fn file(State(desk): Shared, request: Request) -> Response {
    take(&desk, request, |gateway, bytes, _| Ok(gateway.reading().file(bytes))).await
}

/// Reads a body of bounded size in bounded time, then takes in what it holds.
async fn take(
    desk: &Arc<Desk>,
    request: Request,
    read: impl FnOnce(&Gateway, &[u8], &str) -> Result<Input, GatewayError> + Send + 'static,
) -> Response {
    let Ok(_permit) = desk.room.try_acquire() else {
        return plain(Reason::Busy);
    };
    let source = query(&request).remove("name").unwrap_or_else(|| "rest".to_owned());
    let source: String = source.chars().filter(|c| !c.is_control()).take(100).collect();
    let bytes = match body(desk, request).await {
        Ok(bytes) => bytes,
        Err(response) => return *response,
    };
    let done = desk
        .gateway
        .blocking(move |gateway| {
            let input = read(gateway, &bytes, &source)?;
            gateway.take(input, &source)
        })
        .await;
    match done {
        Ok(report) => json(status(&report), &report),
        Err(error) => trouble(&error),
    }
}

async fn body(desk: &Desk, request: Request) -> Result<Bytes, Box<Response>> {
    let most = desk.gateway.settings().limits.file_bytes;
    body_of(request, most, Pace::default()).await.map_err(|why| {
        Box::new(match why {
            Unread::Broken => {
                let en = format!("the request broke off, or has more than {most} bytes; split it");
                let zh = format!("请求中断，或超过 {most} 字节；请拆分");
                fault(Reason::TooLarge, &en, &zh)
            }
            Unread::Late => plain(Reason::TooSlow),
        })
    })
}

/// Why a body was not read.
#[derive(Debug)]
enum Unread {
    Late,
    /// Or too large.
    Broken,
}

/// A body of bounded size, the whole and each piece of which arrives in time.
async fn body_of(request: Request, most: usize, pace: Pace) -> Result<Bytes, Unread> {
    let arriving = async {
        let (mut body, mut bytes) = (Limited::new(request.into_body(), most), Vec::new());
        loop {
            match tokio::time::timeout(pace.piece, body.frame()).await {
                Err(_) => return Err(Unread::Late),
                Ok(None) => return Ok(bytes.into()),
                Ok(Some(Err(_))) => return Err(Unread::Broken),
                Ok(Some(Ok(frame))) => bytes.extend(frame.into_data().unwrap_or_default()),
            }
        }
    };
    tokio::time::timeout(pace.body, arriving).await.unwrap_or(Err(Unread::Late))
}

/// 202 something will be sent; 200 everything was here; 409 a number is taken; 422 something is wrong.
fn status(report: &Report) -> StatusCode {
    if !report.faults.is_empty() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else if report.has("conflict") {
        StatusCode::CONFLICT
    } else if report.has("new") {
        StatusCode::ACCEPTED
    } else {
        StatusCode::OK
    }
}

async fn list(State(desk): Shared, request: Request) -> Response {
    let query = query(&request);
    let state = query.get("state").cloned();
    let number = |name: &str, default: u64| query.get(name).map_or(Some(default), |text| text.parse().ok());
    let (Some(after), Some(limit)) = (number("after", 0), number("limit", PAGE as u64)) else {
        return fault(Reason::BadQuery, "after and limit are numbers", "after 与 limit 应为数字");
    };
    if state.as_deref().is_some_and(|name| !Outbox::is_state(name)) {
        let states = BillState::NAMES.join(", ");
        let (en, zh) = (format!("state is one of: {states}"), format!("state 应为下列之一：{states}"));
        return fault(Reason::BadQuery, &en, &zh);
    }
    let limit = usize::try_from(limit).unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
    let page = desk.gateway.blocking(move |g| Ok(g.outbox().list(state.as_deref(), after, limit)?)).await;
    match page {
        Ok(page) => json(StatusCode::OK, &page),
        Err(error) => trouble(&error),
    }
}

async fn find(State(desk): Shared, Path(number): Path<String>, request: Request) -> Response {
    let query = query(&request);
    let found = desk.gateway.blocking(move |g| Ok(g.outbox().find(&number)?)).await;
    let matches = |name: &str, value: &str| query.get(name).is_none_or(|wanted| wanted == value);
    match found {
        Ok(mut bills) => {
            bills.retain(|b| matches("kind", &b.key.kind) && matches("principal", &b.key.principal));
            if bills.is_empty() {
                let en = "no bill with this number is here";
                return fault(Reason::UnknownBill, en, "没有该单号的单据");
            }
            json(StatusCode::OK, &serde_json::json!({ "bills": bills }))
        }
        Err(error) => trouble(&error),
    }
}

async fn health(State(desk): Shared) -> Response {
    match desk.gateway.blocking(|g| Ok((g.outbox().counts()?, g.lane()))).await {
        Ok((counts, lane)) => {
            let ok = !lane.attention;
            let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            json(status, &serde_json::json!({ "ok": ok, "bills": counts, "lane": lane }))
        }
        Err(error) => trouble(&error),
    }
}

/// The query of a request, decoded; of a name that comes twice the last value.
fn query(request: &Request) -> BTreeMap<String, String> {
    let text = request.uri().query().unwrap_or_default();
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .take(32)
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
