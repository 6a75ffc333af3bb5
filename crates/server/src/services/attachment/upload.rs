//! A document on its way in: sealed and written in the pool, as it comes.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use attachments::{Begun, Kept, NewDocument, Upload};
use futures::{Stream, StreamExt as _};
use merkle::Hash;
use proto::v1::{
    AttachmentHead, StatementRef, UploadAttachmentRequest, UploadAttachmentResponse,
    upload_attachment_request::Part,
};
use statement::{Words, words};
use tokio::time::{Instant, timeout_at};
use tonic::{Request, Status, Streaming};

use super::{Named, hash};
use crate::{
    access::Credentials,
    language::Language,
    observe::Note,
    services::Shared,
    status::{Fault, Kind},
};

/// Most bytes of a message.
const MAX_CHUNK: usize = 1 << 20;
/// Longest time between two messages.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes a document in.
pub(crate) async fn take(
    shared: &Arc<Shared>,
    request: Request<Streaming<UploadAttachmentRequest>>,
) -> Result<UploadAttachmentResponse, Status> {
    let language = Language::of(request.metadata());
    let told = async {
        let (credentials, note) = (Credentials::of(&request)?, Note::of(&request));
        shared.documents.ready()?;
        run(shared, credentials, note, request.into_inner()).await
    };
    told.await.map_err(|failure: Failure| match failure {
        Failure::Fault(fault) => fault.status(language),
        Failure::Transport(status) => *status,
    })
}

/// Why an upload ended: by us, or by what lies between.
enum Failure {
    Fault(Fault),
    Transport(Box<Status>),
}

impl<F: Into<Fault>> From<F> for Failure {
    fn from(fault: F) -> Self {
        Self::Fault(fault.into())
    }
}

/// The messages of an upload, each waited for so long.
struct Messages<S> {
    messages: S,
    deadline: Instant,
    stop: tokio::sync::watch::Receiver<bool>,
}

impl<S: Stream<Item = Result<UploadAttachmentRequest, Status>> + Unpin> Messages<S> {
    async fn next(&mut self) -> Result<Option<UploadAttachmentRequest>, Failure> {
        let until = self.deadline.min(Instant::now() + PATIENCE);
        let stopped = async { self.stop.wait_for(|stop| *stop).await.is_ok() };
        tokio::select! {
            message = timeout_at(until, self.messages.next()) => match message {
                Ok(message) => message.transpose().map_err(|status| Failure::Transport(Box::new(status))),
                Err(_) => Err(Kind::Deadline.into()),
            },
            // An error means that the server is gone.
            _ = stopped => Err(Kind::Stopping.into()),
        }
    }
}

async fn run<S>(
    shared: &Arc<Shared>,
    credentials: Credentials,
    note: Note,
    messages: S,
) -> Result<UploadAttachmentResponse, Failure>
where
    S: Stream<Item = Result<UploadAttachmentRequest, Status>> + Unpin,
{
    let deadline = Instant::now() + shared.documents.transfer;
    let mut messages = Messages { messages, deadline, stop: shared.stop.clone() };
    let first = messages.next().await?;
    let Some(UploadAttachmentRequest { part: Some(Part::Head(head)), statement }) = first else {
        return Err(Fault::field(
            "head",
            Words::of("the first message must hold it", "须在第一条消息中给出"),
        )
        .into());
    };
    let what = announced(head)?;
    let (party, named) = admit(shared, credentials, note, what.digest, statement).await?;
    let _slot = shared.documents.uploads.take(&party).ok_or(Kind::TooManyTransfers)?;
    let what = NewDocument { owner: party.clone(), ..what };
    let digest = what.digest;
    let store = Arc::clone(&shared.documents.store);
    let begun = shared.readers.read(move || Ok(store.begin(what, SystemTime::now())?)).await?;
    let kept = match begun {
        Begun::Known(kept) => kept,
        Begun::Fresh(upload) => receive(shared, upload, &mut messages).await?,
    };
    let kept = if named { name(shared, digest, party, kept).await? } else { kept };
    Ok(UploadAttachmentResponse {
        digest: digest.to_vec(),
        known: kept.known,
        expires_at: kept.expires_at.unwrap_or(0),
    })
}

/// What the head says; its owner is not known yet.
fn announced(head: AttachmentHead) -> Result<NewDocument, Fault> {
    Ok(NewDocument {
        owner: String::new(),
        salt: hash("head.salt", &head.salt)?,
        digest: hash("head.digest", &head.digest)?,
        size: head.size,
        media_type: head.media_type,
    })
}

/// Who uploads, and whether a recorded statement of theirs names the document.
async fn admit(
    shared: &Arc<Shared>,
    credentials: Credentials,
    note: Note,
    digest: Hash,
    statement: Option<StatementRef>,
) -> Result<(String, bool), Fault> {
    let worker = Arc::clone(shared);
    let read = shared.readers.read(move || {
        let view = worker.ledger.snapshot()?;
        let sight = credentials.party_sight(&view, &worker.ledger.id())?;
        note.party(&sight.party);
        if let Some(statement) = &statement {
            let named = Named::find(&view, &sight, Some(statement), &digest)?;
            if named.signer != sight.party {
                return Err(Fault::field(
                    "statement",
                    Words::of("is signed by another party than uploads", "签署者并非上传者"),
                ));
            }
        }
        Ok((sight.party, statement.is_some()))
    });
    read.await
}

async fn receive<S>(
    shared: &Arc<Shared>,
    mut upload: Box<Upload>,
    messages: &mut Messages<S>,
) -> Result<Kept, Failure>
where
    S: Stream<Item = Result<UploadAttachmentRequest, Status>> + Unpin,
{
    while let Some(message) = messages.next().await? {
        let chunk = match message.part {
            Some(Part::Chunk(chunk)) if (1..=MAX_CHUNK).contains(&chunk.len()) => chunk,
            Some(Part::Chunk(chunk)) => {
                let text = words!(
                    "{} bytes, must be 1 to {MAX_CHUNK}",
                    "{} 字节，应为 1 至 {MAX_CHUNK}",
                    chunk.len()
                );
                return Err(Fault::field("chunk", text).into());
            }
            Some(Part::Head(_)) => {
                return Err(
                    Fault::field("head", Words::of("comes once, first", "只能出现一次，且在最前")).into()
                );
            }
            None => return Err(Fault::field("part", Words::of("not set", "未填写")).into()),
        };
        let written = shared.readers.read(move || {
            upload.write(&chunk)?;
            Ok(upload)
        });
        upload = written.await?;
    }
    Ok(shared.readers.read(move || Ok(upload.finish(SystemTime::now())?)).await?)
}

/// Keeps for good what a recorded statement names.
async fn name(shared: &Arc<Shared>, digest: Hash, party: String, kept: Kept) -> Result<Kept, Fault> {
    let store = Arc::clone(&shared.documents.store);
    let named = shared.readers.read(move || Ok(store.name(&digest, &party)?)).await?;
    Ok(if named { Kept { expires_at: None, ..kept } } else { kept })
}
