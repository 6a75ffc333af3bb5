//! Findings as they change, over broken connections.

use proto::v1::{WatchFindingsRequest, WatchFindingsResponse};
use rpc::finding_service_client::FindingServiceClient;
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Streaming};

use crate::{
    Client, ClientError, Failure,
    access::record_in,
    connect::MAX_ANSWER,
    error::reason,
    follow::{SOUND, TOKEN_EXPIRED},
    retry::Backoff,
};

/// Findings as they open, change and are resolved. A broken connection is resumed at the last cursor, and so is a
/// stream that the server ended with its read token.
#[derive(Debug)]
pub struct FindingChanges {
    client: Client,
    asked: WatchFindingsRequest,
    stream: Option<Streaming<WatchFindingsResponse>>,
    opened: Instant,
    backoff: Backoff,
}

impl Client {
    /// Watches findings from a cursor on. Nothing is sent before the first [`FindingChanges::next`].
    #[must_use]
    pub fn watch_findings(&self, request: WatchFindingsRequest) -> FindingChanges {
        FindingChanges {
            client: self.clone(),
            asked: request,
            stream: None,
            opened: Instant::now(),
            backoff: Backoff::new(self.retry()),
        }
    }
}

impl FindingChanges {
    /// The next message: it says at which cursor to go on, and may say that all comes again (`reset`).
    ///
    /// # Errors
    /// See [`ClientError`]. Calling it again after [`ClientError::Retry`] goes on at the same cursor.
    pub async fn next(&mut self) -> Result<WatchFindingsResponse, ClientError> {
        loop {
            match self.receive().await {
                Ok(Some(message)) => {
                    self.asked.cursor.clone_from(&message.cursor);
                    self.backoff.progress();
                    return Ok(message);
                }
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

    async fn receive(&mut self) -> Result<Option<WatchFindingsResponse>, ClientError> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let request = self.client.authorized(self.asked.clone())?;
                let mut service =
                    FindingServiceClient::new(self.client.channel()).max_decoding_message_size(MAX_ANSWER);
                let opened = timeout(self.client.request_timeout(), service.watch_findings(request));
                let opened = opened.await.map_err(|_| ended("no answer"))?;
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
