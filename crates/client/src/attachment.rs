//! Documents beside the ledger: naming, uploading, downloading.

use std::{
    fmt,
    fs::File,
    io::{self, Read as _, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use merkle::Hash;
use proto::v1::{
    self, Attachment, AttachmentHead, DownloadAttachmentRequest, DownloadAttachmentResponse, StatementRef,
    UploadAttachmentRequest, download_attachment_response::Part as Down,
    upload_attachment_request::Part as Up,
};
use rpc::attachment_service_client::AttachmentServiceClient;
use statement::AttachmentHasher;
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming};

use crate::{Client, ClientError, Failure, connect::MAX_ANSWER, read::broken, retry::Backoff};

/// Bytes of a message.
const CHUNK: usize = 256 << 10;
/// Messages read ahead of the connection.
const AHEAD: usize = 2;
/// Longest wait for the upload of one document.
const TRANSFER: Duration = Duration::from_secs(300);

/// Media types by the end of a file's name.
const TYPES: &[(&str, &str)] = &[
    ("pdf", "application/pdf"),
    ("json", "application/json"),
    ("xml", "application/xml"),
    ("ofd", "application/ofd"),
    ("cer", "application/pkix-cert"),
    ("pem", "application/pem-certificate-chain"),
    ("mp4", "video/mp4"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("webp", "image/webp"),
    ("csv", "text/csv"),
    ("txt", "text/plain"),
];

/// Why a file cannot become an attachment.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// The disk.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What.
        source: io::Error,
    },
    /// A document has at least one byte.
    #[error("{path} is empty", path = .0.display())]
    Empty(PathBuf),
    /// Neither told nor known by its name.
    #[error("{path}: its media type is not known by its name; name the type, or let the name end as usual (.pdf, .jpg, …)", path = .0.display())]
    MediaType(PathBuf),
    /// No salt.
    #[error("the operating system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

/// A file with a salt of its own, ready to be named by a statement and uploaded.
#[derive(Clone)]
pub struct AttachmentFile {
    path: PathBuf,
    head: AttachmentHead,
}

impl fmt::Debug for AttachmentFile {
    /// Without the salt.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachmentFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl AttachmentFile {
    /// Reads a file once for its size and digest, under a new random salt. Without a media type the end
    /// of its name tells.
    ///
    /// # Errors
    /// See [`AttachmentError`].
    pub fn read(path: &Path, media_type: Option<&str>) -> Result<Self, AttachmentError> {
        let media_type = match media_type {
            Some(told) => told.to_owned(),
            None => by_name(path).ok_or_else(|| AttachmentError::MediaType(path.to_owned()))?.to_owned(),
        };
        let mut salt = Hash::default();
        getrandom::fill(&mut salt).map_err(AttachmentError::Random)?;
        let mut hasher = AttachmentHasher::new(&salt);
        let io = |source| AttachmentError::Io { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(io)?;
        let mut size = 0;
        let mut buffer = vec![0; CHUNK];
        loop {
            let n = file.read(&mut buffer).map_err(io)?;
            if n == 0 {
                break;
            }
            hasher.update(&buffer[..n]);
            size += n as u64;
        }
        if size == 0 {
            return Err(AttachmentError::Empty(path.to_owned()));
        }
        let (salt, digest) = (salt.to_vec(), hasher.finish().to_vec());
        Ok(Self { path: path.to_owned(), head: AttachmentHead { salt, digest, size, media_type } })
    }

    /// How a statement's header names it. `role` says what it is: "invoice", "test-report", "photo", …
    #[must_use]
    pub fn named(&self, role: &str) -> Attachment {
        Attachment {
            digest: self.head.digest.clone(),
            role: role.to_owned(),
            media_type: self.head.media_type.clone(),
            size: self.head.size,
        }
    }
}

fn by_name(path: &Path) -> Option<&'static str> {
    let end = path.extension()?.to_str()?.to_ascii_lowercase();
    TYPES.iter().find(|(name, _)| *name == end).map(|(_, media_type)| *media_type)
}

impl Client {
    /// Uploads a document. Do so before the statement that names it is submitted, as the party that signs
    /// it: the server keeps what no statement names for a day only. `statement` is for a document that was
    /// lost: the recorded statement that names it. Repeated while that may help.
    ///
    /// # Errors
    /// [`ClientError::Fix`] where the document is refused; else see [`ClientError`].
    pub async fn upload(
        &self,
        file: &AttachmentFile,
        statement: Option<StatementRef>,
    ) -> Result<v1::UploadAttachmentResponse, ClientError> {
        let mut backoff = Backoff::new(self.retry());
        loop {
            let failure = match self.upload_once(file, statement.clone()).await {
                Err(ClientError::Retry(failure)) => failure,
                settled => return settled,
            };
            let Some(delay) = backoff.next(failure.retry_after) else {
                return Err(ClientError::Retry(failure));
            };
            tokio::time::sleep(delay).await;
        }
    }

    async fn upload_once(
        &self,
        file: &AttachmentFile,
        statement: Option<StatementRef>,
    ) -> Result<v1::UploadAttachmentResponse, ClientError> {
        let (send, receive) = mpsc::channel(AHEAD);
        let first = UploadAttachmentRequest { part: Some(Up::Head(file.head.clone())), statement };
        let path = file.path.clone();
        let reader = tokio::task::spawn_blocking(move || feed(&path, first, &send));
        let mut request = self.authorized(ReceiverStream::new(receive))?;
        request.set_timeout(TRANSFER);
        let answer = AttachmentServiceClient::new(self.channel()).upload_attachment(request).await;
        // The stream is gone by now, so the reader has ended or ends at once.
        if let Ok(Err(error)) = reader.await {
            return Err(local(&file.path, &error));
        }
        let answer = answer?.into_inner();
        if answer.digest != file.head.digest {
            return Err(broken("another digest than was uploaded"));
        }
        Ok(answer)
    }

    /// Downloads a document that a statement names, and checks it: once this returns, what was written to
    /// `into` is whole and unaltered. What was written before an error is to be thrown away.
    ///
    /// # Errors
    /// See [`ClientError`]; [`ClientError::Stop`] where the bytes do not have the digest, or cannot be
    /// written.
    pub async fn download(
        &self,
        statement: StatementRef,
        digest: &Hash,
        into: &mut (impl Write + Send),
    ) -> Result<AttachmentHead, ClientError> {
        let request = DownloadAttachmentRequest { statement: Some(statement), digest: digest.to_vec() };
        let call = self.read(request, |channel, request| async move {
            let client = AttachmentServiceClient::new(channel);
            client.max_decoding_message_size(MAX_ANSWER).download_attachment(request).await
        });
        let mut pieces = call.await?;
        let Some(Down::Head(head)) = self.piece(&mut pieces).await? else {
            return Err(broken("a document without a head"));
        };
        let salt = head.salt.as_slice().try_into().map_err(|_| broken("a salt that is not 32 bytes"))?;
        let mut hasher = AttachmentHasher::new(salt);
        let mut size = 0;
        while let Some(piece) = self.piece(&mut pieces).await? {
            let Down::Chunk(bytes) = piece else { return Err(broken("a second head")) };
            size += bytes.len() as u64;
            if size > head.size {
                return Err(broken("more bytes than announced"));
            }
            hasher.update(&bytes);
            into.write_all(&bytes).map_err(|e| local(Path::new("the document's target"), &e))?;
        }
        if size != head.size || hasher.finish() != *digest {
            return Err(broken("the document does not have the digest that the statement names"));
        }
        Ok(head)
    }

    async fn piece(
        &self,
        pieces: &mut Streaming<DownloadAttachmentResponse>,
    ) -> Result<Option<Down>, ClientError> {
        let silent = |_| {
            let text = "the server has stopped sending the document";
            ClientError::Retry(Box::new(Failure::new(
                Code::DeadlineExceeded,
                crate::reason::UNREACHABLE,
                text,
            )))
        };
        match timeout(self.request_timeout(), pieces.message()).await.map_err(silent)?? {
            None => Ok(None),
            Some(message) => message.part.map(Some).ok_or_else(|| broken("a message without a part")),
        }
    }
}

/// Reads a file into messages, until nobody takes them any more.
fn feed(
    path: &Path,
    first: UploadAttachmentRequest,
    send: &mpsc::Sender<UploadAttachmentRequest>,
) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut next = first;
    loop {
        if send.blocking_send(next).is_err() {
            return Ok(());
        }
        let mut chunk = Vec::with_capacity(CHUNK);
        (&mut file).take(CHUNK as u64).read_to_end(&mut chunk)?;
        if chunk.is_empty() {
            return Ok(());
        }
        next = UploadAttachmentRequest { part: Some(Up::Chunk(chunk.into())), statement: None };
    }
}

/// Something on this machine.
fn local(path: &Path, error: &io::Error) -> ClientError {
    ClientError::stop(Code::DataLoss, crate::reason::LOCAL, format_args!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_its_salted_digest_and_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("Invoice 7.PDF");
        std::fs::write(&path, "%PDF-1.7 and so on").unwrap();
        let [a, b] = [(); 2].map(|()| AttachmentFile::read(&path, None).unwrap());
        assert_ne!(a.head.digest, b.head.digest, "a salt of its own each time");
        let salt = a.head.salt.as_slice().try_into().unwrap();
        assert_eq!(a.head.digest, statement::attachment_digest(salt, b"%PDF-1.7 and so on"));
        let named = a.named("invoice");
        assert_eq!((named.media_type.as_str(), named.size), ("application/pdf", 18));
        assert!(!format!("{a:?}").contains(&format!("{:?}", a.head.salt)));

        let odd = dir.path().join("invoice.odd");
        std::fs::write(&odd, "x").unwrap();
        assert!(matches!(AttachmentFile::read(&odd, None), Err(AttachmentError::MediaType(_))));
        assert_eq!(AttachmentFile::read(&odd, Some("text/plain")).unwrap().head.media_type, "text/plain");
        std::fs::write(&odd, "").unwrap();
        assert!(matches!(AttachmentFile::read(&odd, Some("text/plain")), Err(AttachmentError::Empty(_))));
        let nowhere = AttachmentFile::read(&dir.path().join("a.pdf"), None);
        assert!(matches!(nowhere, Err(AttachmentError::Io { .. })));
    }
}
