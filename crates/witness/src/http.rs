//! The standard's call, and what monitors read.
//!
//! | path | gives |
//! | --- | --- |
//! | `POST PREFIX/add-checkpoint` | cosignature lines, or a refusal (C2SP `tlog-witness`) |
//! | `GET PREFIX/` | who this is: name, key, logs; JSON |
//! | `GET PREFIX/checkpoint/ID` | the note cosigned last; ID = SHA-256 of the origin in hex |
//! | `GET PREFIX/forks/ID` | forks of that log that were met; JSON |
//! | `GET /healthz`, `GET /metrics` | for machines that watch this one |

mod answer;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{DefaultBodyLimit, Path, Request, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use merkle::MAX_REQUEST_LEN;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::{logs::origin_id, metrics::Metrics, state::StateError, witness::Witness};
use answer::{Answer, json_answer, text_answer};

/// Most requests that work with the state at a time; further ones are asked to come again.
const AT_ONCE: usize = 32;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Desk {
    witness: Arc<Witness>,
    metrics: Metrics,
    room: Arc<Semaphore>,
    arrives_within: Duration,
}

impl Desk {
    pub(crate) fn new(witness: Arc<Witness>, arrives_within: Duration) -> Result<Self, StateError> {
        let metrics = Metrics::new(&witness)?;
        Ok(Self { witness, metrics, room: Arc::new(Semaphore::new(AT_ONCE)), arrives_within })
    }

    /// Works with the state off the asynchronous threads, unless too many do.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Witness) -> T + Send + 'static,
    ) -> Result<T, Answer> {
        let place = Arc::clone(&self.room).try_acquire_owned().map_err(|_| Answer::busy())?;
        let witness = Arc::clone(&self.witness);
        let working = tokio::task::spawn_blocking(move || {
            // A client that goes away does not end the work, so the work keeps its place.
            let _place = place;
            work(&witness)
        });
        working.await.map_err(|_| Answer::broken())
    }
}

type Shared = State<Arc<Desk>>;

/// All routes; `prefix` is empty or begins with a slash and does not end with one.
pub(crate) fn router(desk: Arc<Desk>, prefix: &str) -> Router {
    let at = |path: &str| format!("{prefix}{path}");
    Router::new()
        .route(&at("/add-checkpoint"), post(add_checkpoint))
        .route(&at("/"), get(who))
        .route(&at("/checkpoint/{id}"), get(checkpoint))
        .route(&at("/forks/{id}"), get(forks))
        .route("/healthz", get(async || "ok\n"))
        .route("/metrics", get(metrics))
        // The body is read by hand, with a bound of its own.
        .layer(DefaultBodyLimit::disable())
        .with_state(desk)
}

async fn add_checkpoint(State(desk): Shared, request: Request) -> Response {
    let answer = match body(&desk, request).await {
        Ok(body) => decide(&desk, body).await,
        Err(answer) => answer,
    };
    desk.metrics.request(answer.outcome);
    answer.into_response()
}

/// Reads a body of bounded size in bounded time.
async fn body(desk: &Desk, request: Request) -> Result<Bytes, Answer> {
    let arriving = to_bytes(request.into_body(), MAX_REQUEST_LEN);
    match tokio::time::timeout(desk.arrives_within, arriving).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(Answer::too_large()),
        Err(_) => Err(Answer::too_slow()),
    }
}

async fn decide(desk: &Desk, body: Bytes) -> Answer {
    if let Some(audits) = desk.witness.audits() {
        let asked = body.clone();
        match desk.blocking(move |witness| witness.asked(&asked)).await {
            Ok(Some((origin, size))) => audits.reach(&origin, size).await,
            Ok(None) => {}
            Err(answer) => return answer,
        }
    }
    let done = desk
        .blocking(move |witness| match witness.add_checkpoint(&body) {
            Ok(cosigned) => {
                let line = witness.line(&cosigned).map(ToString::to_string).unwrap_or_default();
                (Answer::cosigned(&line), Some(cosigned), None)
            }
            Err(refusal) => {
                let answer = Answer::refused(&refusal);
                // Counting the kept is cheap, and a fork is rare.
                let origin = answer.is_fork().then(|| forked(witness, &body)).flatten();
                (answer, None, origin)
            }
        })
        .await;
    let (answer, cosigned, fork) = match done {
        Ok(done) => done,
        Err(answer) => return answer,
    };
    if let Some(cosigned) = &cosigned {
        desk.metrics.cosigned(cosigned);
    }
    if let Some((origin, kept)) = &fork {
        desk.metrics.forked(origin, *kept);
    }
    answer
}

/// Of which log a fork was met, and how many are kept.
fn forked(witness: &Witness, body: &[u8]) -> Option<(String, usize)> {
    let request = merkle::AddCheckpoint::parse(body).ok()?;
    let origin = request.note.text().lines().next()?.to_owned();
    let kept = witness.forks(&origin).ok()?.len();
    Some((origin, kept))
}

async fn who(State(desk): Shared) -> Response {
    let told = desk
        .blocking(|witness| {
            let logs: Result<Vec<_>, StateError> =
                witness.logs().origins().map(|o| log(witness, o)).collect();
            let (name, key) = (witness.key().name(), witness.key().to_string());
            let audits = witness.audits().is_some();
            logs.map(|logs| json!({ "name": name, "key": key, "audits": audits, "logs": logs }))
        })
        .await;
    told.map_or_else(Answer::into_response, |told| json_answer(&told))
}

fn log(witness: &Witness, origin: &str) -> Result<serde_json::Value, StateError> {
    let keys = witness.logs().keys(origin).unwrap_or_default();
    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    let latest = witness.latest(origin)?;
    let mut told = json!({
        "origin": origin,
        "id": hex::encode(origin_id(origin)),
        "keys": keys,
        "size": latest.as_ref().map(|l| l.checkpoint.size()),
        "cosigned_at": latest.as_ref().map(|l| l.time),
    });
    if let Some(audits) = witness.audits() {
        told["audited"] = audits.audited(origin).into();
        told["difference"] = audits.difference(origin).into();
    }
    Ok(told)
}

async fn checkpoint(State(desk): Shared, Path(id): Path<String>) -> Response {
    let found = desk
        .blocking(move |witness| {
            let latest = witness.origin(&id).map(|origin| witness.latest(origin)).transpose();
            latest.map(|l| l.flatten().map(|l| l.note.to_string()))
        })
        .await;
    match found {
        Err(answer) => answer.into_response(),
        Ok(Ok(Some(note))) => text_answer(StatusCode::OK, note),
        Ok(Ok(None)) => nothing(),
        Ok(Err(error)) => Answer::refused(&error.into()).into_response(),
    }
}

async fn forks(State(desk): Shared, Path(id): Path<String>) -> Response {
    let found = desk.blocking(move |w| w.origin(&id).map(|origin| w.forks(origin)).transpose()).await;
    match found {
        Err(answer) => answer.into_response(),
        Ok(Ok(Some(forks))) => json_answer(&Ok(json!({ "forks": forks }))),
        Ok(Ok(None)) => nothing(),
        Ok(Err(error)) => Answer::refused(&error.into()).into_response(),
    }
}

fn nothing() -> Response {
    text_answer(StatusCode::NOT_FOUND, "nothing of such a log was cosigned here\n".to_owned())
}

async fn metrics(State(desk): Shared) -> Response {
    desk.metrics.page().map_or_else(|| Answer::broken().into_response(), answer::metrics_page)
}

#[cfg(test)]
mod tests;
