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

use crate::documents::{Documents, DocumentsStatus};

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct Watched {
    registry: Arc<Registry>,
    ledger: Ledger,
    documents: Arc<Documents>,
    stop: watch::Receiver<bool>,
}

/// `/metrics`, `/healthz` (the process answers) and `/readyz` (it can record; and how documents are).
pub(crate) fn router(
    registry: Registry,
    ledger: Ledger,
    documents: Arc<Documents>,
    stop: watch::Receiver<bool>,
) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(Watched { registry: Arc::new(registry), ledger, documents, stop })
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
        Writer::Running => (StatusCode::OK, format!("ready\n{}", of_documents(&watched.documents.status()))),
        Writer::Stopped(cause) => unready(format!("the writer has stopped: {cause}\n")),
    }
}

/// What is wrong with documents; the ledger records all the same. Entries are named, files only in the log.
fn of_documents(status: &DocumentsStatus) -> String {
    let mut text = String::new();
    if status.behind {
        text += "attachments: the log is still being followed; none is taken in or handed out\n";
    }
    if let Some(first) = status.first_undone {
        let count = status.undone;
        text += &format!(
            "attachments: {count} entries could not be done, the first is {first}; see the server's log\n"
        );
    }
    if status.set_aside > 0 {
        text += &format!(
            "attachments: {} damaged files were set aside; see the server's log\n",
            status.set_aside
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_tells_what_is_wrong_with_documents() {
        assert_eq!(of_documents(&DocumentsStatus::default()), "");
        let undone = DocumentsStatus { undone: 2, first_undone: Some(17), ..DocumentsStatus::default() };
        assert!(of_documents(&undone).contains("2 entries could not be done, the first is 17"));
        let behind = DocumentsStatus { behind: true, set_aside: 3, ..DocumentsStatus::default() };
        let text = of_documents(&behind);
        assert!(text.contains("still being followed") && text.contains("3 damaged files"), "{text}");
    }
}
