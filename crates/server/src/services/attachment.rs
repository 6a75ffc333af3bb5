//! `AttachmentService`: documents in and out.

mod download;
mod upload;

use std::sync::Arc;

use attachments::{Error, Found, Refused, UploadError};
use custody::View as _;
use merkle::Hash;
use proto::v1::{
    Attachment, AttachmentState, DownloadAttachmentRequest, GetAttachmentRequest, GetAttachmentResponse,
    StatementRef, UploadAttachmentRequest, UploadAttachmentResponse,
};
use rpc::attachment_service_server::AttachmentService;
use statement::{LeafType, Statement, Words, id_bytes, words};
use tonic::{Request, Response, Status, Streaming};

use super::{Shared, Snapshot};
use crate::{
    access::Sight,
    status::{Fault, Kind},
};

/// The service.
pub(crate) struct AttachmentApi(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl AttachmentService for AttachmentApi {
    type DownloadAttachmentStream = download::Pieces;

    async fn upload_attachment(
        &self,
        request: Request<Streaming<UploadAttachmentRequest>>,
    ) -> Result<Response<UploadAttachmentResponse>, Status> {
        upload::take(&self.0, request).await.map(Response::new)
    }

    async fn download_attachment(
        &self,
        request: Request<DownloadAttachmentRequest>,
    ) -> Result<Response<Self::DownloadAttachmentStream>, Status> {
        download::give(&self.0, request).await.map(Response::new)
    }

    async fn get_attachment(
        &self,
        request: Request<GetAttachmentRequest>,
    ) -> Result<Response<GetAttachmentResponse>, Status> {
        let documents = Arc::clone(&self.0.documents);
        let read = self.0.read(request, move |_, view, sight, query| {
            documents.ready()?;
            let named = Named::find(view, sight, query.statement.as_ref(), &query.digest)?;
            documents.may_hand_out(view, &named.digest, &named.signer)?;
            let found = documents.store.find(&named.digest, &named.signer)?;
            Ok(described(&named.attachment, &found))
        });
        read.await
    }
}

fn described(named: &Attachment, found: &Found) -> GetAttachmentResponse {
    let (state, erased_by) = match found {
        Found::Present(_) => (AttachmentState::Present, None),
        Found::Missing => (AttachmentState::Missing, None),
        Found::Erased(by) => (AttachmentState::Erased, Some(*by)),
    };
    let (media_type, size) = match found {
        Found::Present(blob) => (blob.media_type().to_owned(), blob.size()),
        _ => (named.media_type.clone(), named.size),
    };
    GetAttachmentResponse { state: state as i32, media_type, size, erased_by }
}

/// A document as a recorded statement names it.
struct Named {
    digest: Hash,
    /// The statement's entry.
    entry: u64,
    /// Who signed the statement: only what it has uploaded is meant.
    signer: String,
    attachment: Attachment,
}

impl Named {
    /// Of a statement that the reader may see.
    fn find(
        view: &Snapshot<'_>,
        sight: &Sight,
        statement: Option<&StatementRef>,
        digest: &[u8],
    ) -> Result<Self, Fault> {
        let digest = hash("digest", digest)?;
        let named = statement.ok_or_else(|| Fault::field("statement", Words::of("not set", "未填写")))?;
        if named.id.len() != 16 {
            return Err(Fault::field(
                "statement.id",
                words!("{} bytes, must be 16", "{} 字节，应为 16", named.id.len()),
            ));
        }
        let index = custody::tables::statement_index(view, &named.party, &id_bytes(&named.id))?;
        let index = index.ok_or(Kind::NotFound)?;
        if !sight.entry(view, index, LeafType::Statement)? {
            return Err(Kind::NotFound.into());
        }
        let entry = view.entry(index)?.ok_or(Kind::NotFound)?;
        let statement = Statement::recorded(entry.payload).map_err(|e| Fault::internal(&e))?;
        let header = statement.header();
        let attachment = header.attachments.iter().find(|a| a.digest == digest).ok_or(Kind::NotFound)?;
        Ok(Self { digest, entry: index, signer: header.party.clone(), attachment: attachment.clone() })
    }
}

fn hash(field: &'static str, bytes: &[u8]) -> Result<Hash, Fault> {
    bytes
        .try_into()
        .map_err(|_| Fault::field(field, words!("{} bytes, must be 32", "{} 字节，应为 32", bytes.len())))
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Gone => Kind::AttachmentErased.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<UploadError> for Fault {
    fn from(error: UploadError) -> Self {
        let refused = match error {
            UploadError::Store(error) => return error.into(),
            UploadError::Refused(refused) => refused,
        };
        let (kind, field) = match refused {
            Refused::Empty => (Kind::InvalidRequest, "head.size"),
            Refused::TooLarge(_) => (Kind::AttachmentTooLarge, "head.size"),
            Refused::MediaType | Refused::Contradiction(_) => (Kind::AttachmentType, "head.media_type"),
            Refused::WrongSize => (Kind::AttachmentMismatch, "head.size"),
            Refused::WrongDigest => (Kind::AttachmentMismatch, "head.digest"),
            Refused::Taken => (Kind::AttachmentTaken, "head.digest"),
            Refused::Erased(_) => (Kind::AttachmentErasedBefore, "head.digest"),
            Refused::PartyFull => (Kind::AttachmentQuota, "head.size"),
            Refused::Full => (Kind::AttachmentsFull, "head.size"),
        };
        Self::at(kind, field, Words::made(refused.to_string(), chinese(refused)))
    }
}

/// Why a document is not taken, in Chinese.
fn chinese(refused: Refused) -> String {
    match refused {
        Refused::Empty => "附件至少一个字节".into(),
        Refused::TooLarge(most) => format!("附件在此至多 {most} 字节"),
        Refused::MediaType => "本服务不接受此媒体类型".into(),
        Refused::Contradiction(actual) => format!("内容显然不是所称的媒体类型，而是 {actual}"),
        Refused::WrongSize => "大小与所报不符".into(),
        Refused::WrongDigest => "盐与内容的摘要与所报不符".into(),
        Refused::Taken => "该摘要已由另一方上传；请换一个盐".into(),
        Refused::Erased(by) => format!("已由条目 {by} 删除"),
        Refused::PartyFull => "该主体有过多附件尚未被声明提及".into(),
        Refused::Full => "有过多附件尚未被声明提及".into(),
    }
}
