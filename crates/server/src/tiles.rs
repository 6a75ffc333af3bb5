//! The log over HTTP as C2SP `tlog-tiles` says: the checkpoint, tiles of hashes, bundles of entries.
//!
//! All of it is public: leaves are opaque. It is served on the HTTP port, to be put behind whatever the
//! operator publishes with; tiles never change, so caches may keep them for ever.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use ledger::Ledger;
use merkle::TileId;

use crate::{pool::Pool, status::Fault};

/// A checkpoint is replaced within moments.
const FRESH: [(HeaderName, &str); 2] =
    [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
/// A tile is what its name says, for ever.
const FOR_EVER: [(HeaderName, &str); 2] = [
    (header::CONTENT_TYPE, "application/octet-stream"),
    (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
];

#[derive(Clone)]
struct Log {
    ledger: Ledger,
    readers: Pool,
    /// There are witnesses.
    watched: bool,
}

/// `/checkpoint` and `/tile/…`, each read within the bound of `readers`.
pub(crate) fn router(ledger: Ledger, readers: Pool, watched: bool) -> Router {
    Router::new()
        .route("/checkpoint", get(checkpoint))
        .route("/tile/{*path}", get(tile))
        .with_state(Arc::new(Log { ledger, readers, watched }))
}

async fn checkpoint(State(log): State<Arc<Log>>) -> Response {
    let (ledger, watched) = (log.ledger.clone(), log.watched);
    // Where there are witnesses, what they have cosigned is what the public is shown.
    let newest = move || match ledger.cosigned()? {
        Some(cosigned) if watched => Ok(Some(cosigned)),
        _ => Ok(ledger.checkpoint(None)?),
    };
    match log.readers.read(newest).await {
        Ok(Some(checkpoint)) => (FRESH, checkpoint.note).into_response(),
        Ok(None) => absent(),
        Err(fault) => failed(&fault),
    }
}

async fn tile(State(log): State<Arc<Log>>, Path(path): Path<String>) -> Response {
    let Ok(tile) = format!("tile/{path}").parse::<TileId>() else { return absent() };
    let ledger = log.ledger.clone();
    match log.readers.read(move || Ok(ledger.tile(tile)?)).await {
        Ok(Some(bytes)) => (FOR_EVER, bytes).into_response(),
        Ok(None) => absent(),
        Err(fault) => failed(&fault),
    }
}

/// May be there in a moment, so nobody should remember that it is not.
fn absent() -> Response {
    let text = "no such tile in the log's newest checkpoint\n";
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], text).into_response()
}

fn failed(fault: &Fault) -> Response {
    tracing::error!(?fault, "a tile could not be read");
    (StatusCode::INTERNAL_SERVER_ERROR, [(header::CACHE_CONTROL, "no-store")]).into_response()
}
