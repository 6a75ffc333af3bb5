//! The HTTP port: metrics and health for machines that watch this one. The public log is beside it
//! (`tiles.rs`).

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use ledger::{Ledger, Writer};
use prometheus_client::{encoding::text::encode, registry::Registry};
use tokio::sync::watch;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct Watched {
    registry: Arc<Registry>,
    ledger: Ledger,
    stop: watch::Receiver<bool>,
}

/// `/metrics`, `/healthz` (the process answers) and `/readyz` (it can record).
pub(crate) fn router(registry: Registry, ledger: Ledger, stop: watch::Receiver<bool>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(Watched { registry: Arc::new(registry), ledger, stop })
}

async fn metrics(State(watched): State<Watched>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &watched.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot write the metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn ready(State(watched): State<Watched>) -> (StatusCode, String) {
    let unready = |why: String| (StatusCode::SERVICE_UNAVAILABLE, why);
    if *watched.stop.borrow() {
        return unready("the server is stopping\n".into());
    }
    match watched.ledger.status().writer {
        Writer::Running => (StatusCode::OK, "ready\n".into()),
        Writer::Stopped(cause) => unready(format!("the writer has stopped: {cause}\n")),
    }
}
