//! Entries in order, for as long as wanted, over broken connections.

use std::{collections::VecDeque, time::Duration};

use proto::v1::{Entry, ListEntriesRequest, ListEntriesResponse};
use rpc::ledger_service_client::LedgerServiceClient;
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Streaming};

use crate::{
    Client, ClientError, Failure, access::record_in, connect::MAX_ANSWER, error::reason, read::broken,
    retry::Backoff,
};

/// The server's reason for ending what a token allowed.
pub(crate) const TOKEN_EXPIRED: &str = "TOKEN_EXPIRED";

/// What [`Client::entries`] reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryRange {
    /// First index.
    pub start: u64,
    /// Most entries; 0 = no limit.
    pub limit: u64,
    /// Wait for new entries at the end of the log.
    pub follow: bool,
}

/// A stream that has lived this long has made progress, with or without entries.
pub(crate) const SOUND: Duration = Duration::from_secs(20);

/// Entries from an index on. A broken connection is resumed at the next index, and so is a stream that
/// the server ended with its read token: a token lives for 300 s at the most, a listing for as long as it
/// is wanted.
#[derive(Debug)]
pub struct Entries {
    client: Client,
    next: u64,
    /// Entries still wanted; `None` = no limit.
    left: Option<u64>,
    follow: bool,
    stream: Option<Streaming<ListEntriesResponse>>,
    opened: Instant,
    arrived: VecDeque<Entry>,
    backoff: Backoff,
}

impl Client {
    /// Reads entries in order. Nothing is sent before the first [`Entries::next`].
    #[must_use]
    pub fn entries(&self, range: EntryRange) -> Entries {
        Entries {
            client: self.clone(),
            next: range.start,
            left: (range.limit > 0).then_some(range.limit),
            follow: range.follow,
            stream: None,
            opened: Instant::now(),
            arrived: VecDeque::new(),
            backoff: Backoff::new(self.retry()),
        }
    }
}

impl Entries {
    /// The next entry; `None` after the last one (never while following, unless a limit was set).
    ///
    /// # Errors
    /// See [`ClientError`]; [`ClientError::Stop`] too where entries do not come in order. Calling it
    /// again after [`ClientError::Retry`] goes on at the same entry.
    pub async fn next(&mut self) -> Result<Option<Entry>, ClientError> {
        loop {
            if self.left == Some(0) {
                return Ok(None);
            }
            if let Some(entry) = self.arrived.pop_front() {
                return self.accept(entry).map(Some);
            }
            match self.receive().await {
                Ok(Some(answer)) => self.arrived = answer.entries.into(),
                Ok(None) if !self.follow => return Ok(None),
                // A server that stops ends its streams; whoever follows waits for its return.
                Ok(None) => self.wait(None).await?,
                Err(ClientError::Retry(failure)) => {
                    let asked = failure.retry_after;
                    self.wait(asked).await.map_err(|_| ClientError::Retry(failure))?;
                }
                Err(ClientError::Fix(failure)) if failure.reason == TOKEN_EXPIRED => {
                    self.client.renew_token();
                    self.wait(None).await.map_err(|_| ClientError::Fix(failure))?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn accept(&mut self, entry: Entry) -> Result<Entry, ClientError> {
        if entry.index != self.next {
            return Err(broken(format_args!("entry {} where {} was due", entry.index, self.next)));
        }
        self.next += 1;
        self.left = self.left.map(|n| n - 1);
        self.backoff.progress();
        Ok(entry)
    }

    async fn receive(&mut self) -> Result<Option<ListEntriesResponse>, ClientError> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let (start, limit, follow) = (self.next, self.left.unwrap_or(0), self.follow);
                let request = self.client.authorized(ListEntriesRequest { start, limit, follow })?;
                let mut service =
                    LedgerServiceClient::new(self.client.channel()).max_decoding_message_size(MAX_ANSWER);
                let opened = timeout(self.client.request_timeout(), service.list_entries(request));
                let opened = opened.await.map_err(|_| ended("no answer"))?;
                self.opened = Instant::now();
                let opened = opened?;
                let (record, asked) =
                    (record_in(opened.metadata()), ListEntriesRequest { start, limit, follow });
                self.client.saw_answer(record.as_deref(), &asked).await?;
                self.stream.insert(opened.into_inner())
            }
        };
        Ok(stream.message().await?)
    }

    /// Lets go of the stream and waits before the next is opened.
    async fn wait(&mut self, asked: Option<Duration>) -> Result<(), ClientError> {
        if self.stream.take().is_some() && self.opened.elapsed() >= SOUND {
            self.backoff.progress();
        }
        let Some(delay) = self.backoff.next(asked) else {
            // The next call begins with new patience.
            self.backoff.progress();
            return Err(ended("the stream ended"));
        };
        sleep(delay).await;
        Ok(())
    }
}

fn ended(how: &str) -> ClientError {
    ClientError::Retry(Box::new(Failure::new(Code::Unavailable, reason::UNREACHABLE, how)))
}
