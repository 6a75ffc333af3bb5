//! A document on its way out: read and opened in the pool, a few pieces ahead of the reader.

use std::{pin::Pin, sync::Arc};

use attachments::{Blob, Found};
use futures::{Stream, StreamExt as _, stream};
use merkle::Hash;
use proto::v1::{
    AttachmentHead, DownloadAttachmentRequest, DownloadAttachmentResponse, download_attachment_response::Part,
};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{Instant, timeout_at},
};
use tonic::{Request, Status};

use super::Named;
use crate::{
    access::{Credentials, Sight},
    language::Language,
    observe::{ACCESS_LOG, Note, escaped},
    services::Shared,
    status::{Fault, Kind},
    token::ReadReason,
};

/// Bytes after which a message is sent.
const PIECE: usize = 256 << 10;
/// Messages that wait for the reader.
const AHEAD: usize = 2;

/// The answer to `DownloadAttachment`.
pub(crate) type Pieces = Pin<Box<dyn Stream<Item = Result<DownloadAttachmentResponse, Status>> + Send>>;

/// A document that is being sent.
struct Sending {
    blob: Box<Blob>,
    digest: Hash,
    /// Its place among the downloads.
    _permit: OwnedSemaphorePermit,
}

/// Opens the document and begins to send it.
pub(crate) async fn give(
    shared: &Arc<Shared>,
    request: Request<DownloadAttachmentRequest>,
) -> Result<Pieces, Status> {
    let language = Language::of(request.metadata());
    let sending = open(shared, request).await.map_err(|fault| fault.status(language))?;
    let (send, receive) = mpsc::channel(AHEAD);
    tokio::spawn(run(Arc::clone(shared), sending, send));
    let pieces = stream::unfold(receive, |mut receive| async move {
        receive.recv().await.map(|piece: Result<_, Fault>| (piece, receive))
    });
    Ok(Box::pin(pieces.map(move |piece| piece.map_err(|fault| fault.status(language)))))
}

async fn open(shared: &Arc<Shared>, request: Request<DownloadAttachmentRequest>) -> Result<Sending, Fault> {
    let (credentials, note) = (Credentials::of(&request)?, Note::of(&request));
    let documents = Arc::clone(&shared.documents);
    documents.ready()?;
    let permit = Arc::clone(&documents.downloads).try_acquire_owned();
    let permit = permit.map_err(|_| Kind::TooManyTransfers)?;
    let (worker, query) = (Arc::clone(shared), request.into_inner());
    let read = shared.readers.read(move || {
        let view = worker.ledger.snapshot()?;
        let sight = credentials.party_sight(&view, &worker.ledger.id())?;
        note.reads(&worker.ledger, &sight, &query)?;
        let named = Named::find(&view, &sight, query.statement.as_ref(), &query.digest)?;
        documents.may_hand_out(&view, &named.digest, &named.signer)?;
        match documents.store.find(&named.digest, &named.signer)? {
            Found::Present(blob) => {
                if sight.by_role_only(&view, named.entry)? {
                    privileged(&sight, &named);
                }
                Ok((blob, named.digest))
            }
            Found::Missing => Err(Kind::AttachmentMissing.into()),
            Found::Erased(by) => Err(Fault::erased(by)),
        }
    });
    let (blob, digest) = read.await?;
    Ok(Sending { blob, digest, _permit: permit })
}

/// Says, before the first byte is sent, who reads a document by its role alone, and why. The program lets
/// this target through whatever the filter of its log is.
fn privileged(sight: &Sight, named: &Named) {
    let ReadReason { purpose, case } = &sight.reason;
    tracing::info!(
        target: ACCESS_LOG,
        party = %sight.party,
        purpose = purpose.as_deref().map(escaped),
        case = case.as_deref().map(escaped),
        entry = named.entry,
        digest = %statement::hex_text(&named.digest),
        "privileged download"
    );
}

/// Sends until the end, a fault, the deadline, or until nobody listens any more.
async fn run(
    shared: Arc<Shared>,
    mut sending: Sending,
    send: mpsc::Sender<Result<DownloadAttachmentResponse, Fault>>,
) {
    let deadline = Instant::now() + shared.documents.transfer;
    let head = AttachmentHead {
        salt: sending.blob.salt().to_vec(),
        digest: sending.digest.to_vec(),
        size: sending.blob.size(),
        media_type: sending.blob.media_type().to_owned(),
    };
    let mut next = Ok(Some(Part::Head(head)));
    loop {
        let (piece, done) = match next {
            Ok(Some(part)) => (Ok(DownloadAttachmentResponse { part: Some(part) }), false),
            Ok(None) => return,
            Err(fault) => (Err(fault), true),
        };
        match timeout_at(deadline, send.send(piece)).await {
            Ok(Ok(())) if !done => {}
            // Told, or gone, or too slow: the stream ends.
            _ => return,
        }
        let documents = Arc::clone(&shared.documents);
        let read = shared.readers.run(move || {
            let piece = documents
                .check_withheld(&sending.digest)
                .and_then(|()| piece_of(&mut sending.blob, &documents.store));
            (sending, piece)
        });
        next = match timeout_at(deadline, read).await {
            Ok(Ok((back, piece))) => {
                sending = back;
                piece
            }
            Ok(Err(fault)) => return told(&send, fault),
            Err(_) => return told(&send, Kind::Deadline.into()),
        };
    }
}

/// The last word, if there is room for it.
fn told(send: &mpsc::Sender<Result<DownloadAttachmentResponse, Fault>>, fault: Fault) {
    // Who does not read gets no reason.
    let _ = send.try_send(Err(fault));
}

fn piece_of(blob: &mut Blob, store: &Arc<attachments::Store>) -> Result<Option<Part>, Fault> {
    let mut bytes = Vec::new();
    while bytes.len() < PIECE {
        match blob.next(store)? {
            Some(more) if bytes.is_empty() => bytes = more,
            Some(more) => bytes.extend(more),
            None => break,
        }
    }
    Ok((!bytes.is_empty()).then(|| Part::Chunk(bytes.into())))
}
