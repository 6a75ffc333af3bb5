//! Streams that are resumed where they broke: findings as they change, alerts of a case.

use proto::v1::{WatchCaseRequest, WatchCaseResponse, WatchFindingsRequest, WatchFindingsResponse};
use rpc::{case_service_client::CaseServiceClient, finding_service_client::FindingServiceClient};
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Response, Status, Streaming, transport::Channel};

use crate::{
    Client, ClientError, Failure,
    access::record_in,
    connect::MAX_ANSWER,
    error::reason,
    follow::{SOUND, TOKEN_EXPIRED},
    retry::Backoff,
};

/// A question that is answered by a stream, and how it is put again.
pub trait Watched: prost::Message + Clone + 'static {
    /// What comes.
    type Message;

    /// Sends it.
    #[doc(hidden)]
    fn open(
        channel: Channel,
        request: tonic::Request<Self>,
    ) -> impl Future<Output = Result<Response<Streaming<Self::Message>>, Status>> + Send;

    /// Goes on behind a message.
    #[doc(hidden)]
    fn behind(&mut self, message: &Self::Message);

    /// Whether the stream ends by itself.
    #[doc(hidden)]
    fn ends(&self) -> bool;
}

impl Watched for WatchFindingsRequest {
    type Message = WatchFindingsResponse;

    async fn open(
        channel: Channel,
        request: tonic::Request<Self>,
    ) -> Result<Response<Streaming<WatchFindingsResponse>>, Status> {
        let service = FindingServiceClient::new(channel);
        service.max_decoding_message_size(MAX_ANSWER).watch_findings(request).await
    }

    fn behind(&mut self, message: &WatchFindingsResponse) {
        self.cursor.clone_from(&message.cursor);
    }

    fn ends(&self) -> bool {
        false
    }
}

impl Watched for WatchCaseRequest {
    type Message = WatchCaseResponse;

    async fn open(
        channel: Channel,
        request: tonic::Request<Self>,
    ) -> Result<Response<Streaming<WatchCaseResponse>>, Status> {
        let service = CaseServiceClient::new(channel);
        service.max_decoding_message_size(MAX_ANSWER).watch_case(request).await
    }

    fn behind(&mut self, message: &WatchCaseResponse) {
        self.start = message.next;
    }

    fn ends(&self) -> bool {
        !self.follow
    }
}

/// Messages of a stream. A broken connection is resumed behind the last message, and so is a stream that the server
/// ended with its read token.
#[derive(Debug)]
pub struct Watching<Q: Watched> {
    client: Client,
    asked: Q,
    stream: Option<Streaming<Q::Message>>,
    opened: Instant,
    backoff: Backoff,
}

impl Client {
    /// Findings as they open, change and are resolved, from a cursor on. Nothing is sent before the first
    /// [`Watching::next`].
    #[must_use]
    pub fn watch_findings(&self, request: WatchFindingsRequest) -> Watching<WatchFindingsRequest> {
        self.watching(request)
    }

    /// Statements that the watches of a case are about, from an entry on; in the same way.
    #[must_use]
    pub fn watch_case(&self, request: WatchCaseRequest) -> Watching<WatchCaseRequest> {
        self.watching(request)
    }

    fn watching<Q: Watched>(&self, asked: Q) -> Watching<Q> {
        Watching {
            client: self.clone(),
            asked,
            stream: None,
            opened: Instant::now(),
            backoff: Backoff::new(self.retry()),
        }
    }
}

impl<Q: Watched> Watching<Q> {
    /// The next message; `None` where the stream has come to its end.
    ///
    /// # Errors
    /// See [`ClientError`]. Calling it again after [`ClientError::Retry`] goes on behind the last message.
    pub async fn next(&mut self) -> Result<Option<Q::Message>, ClientError> {
        loop {
            match self.receive().await {
                Ok(Some(message)) => {
                    self.asked.behind(&message);
                    self.backoff.progress();
                    return Ok(Some(message));
                }
                Ok(None) if self.asked.ends() => return Ok(None),
                // A server that stops ends its streams; whoever watches waits for its return.
                Ok(None) => self.wait(ended("the stream ended")).await?,
                Err(error @ ClientError::Retry(_)) => self.wait(error).await?,
                Err(ClientError::Fix(failure)) if failure.reason == TOKEN_EXPIRED => {
                    self.client.renew_token();
                    self.wait(ClientError::Fix(failure)).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn receive(&mut self) -> Result<Option<Q::Message>, ClientError> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let request = self.client.authorized(self.asked.clone())?;
                let opening = Q::open(self.client.channel(), request);
                let opened = timeout(self.client.request_timeout(), opening).await;
                let opened = opened.map_err(|_| ended("no answer"))?;
                self.opened = Instant::now();
                let opened = opened?;
                let record = record_in(opened.metadata());
                self.client.saw_answer(record.as_deref(), &self.asked).await?;
                self.stream.insert(opened.into_inner())
            }
        };
        Ok(stream.message().await?)
    }

    /// Lets go of the stream and waits before the next is opened; `error` where patience is at its end.
    async fn wait(&mut self, error: ClientError) -> Result<(), ClientError> {
        if self.stream.take().is_some() && self.opened.elapsed() >= SOUND {
            self.backoff.progress();
        }
        let asked = match &error {
            ClientError::Retry(failure) => failure.retry_after,
            _ => None,
        };
        let Some(delay) = self.backoff.next(asked) else {
            // The next call begins with new patience.
            self.backoff.progress();
            return Err(error);
        };
        sleep(delay).await;
        Ok(())
    }
}

fn ended(how: &str) -> ClientError {
    ClientError::Retry(Box::new(Failure::new(Code::Unavailable, reason::UNREACHABLE, how)))
}
