//! The connection: TLS always, one HTTP/2 connection that mends itself.

use std::{fs, future::Future, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use merkle::{Hash, VerifierKey};
use tokio::sync::OnceCell;
use tonic::{
    Code, Request, Response, Status,
    metadata::MetadataValue,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

use crate::{
    ClientError, ReadSigner, RetryPolicy, access::record_in, error::reason, history::Memory, read::broken,
    retry::Backoff, token::Tokens,
};

/// Largest answer that is read, in bytes.
pub(crate) const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// A connection that carries calls and stays silent this long is asked whether it lives.
const PING_AFTER: Duration = Duration::from_secs(15);
/// A connection that does not answer within this time is dead.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Which certificates a server may show: those given, and no others.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Certificates in a PEM file: a server's own (the development certificate), a private authority's, or
    /// a bundle such as the system's.
    File(PathBuf),
    /// The same, from memory.
    Pem(Vec<u8>),
}

/// How to reach a ledger.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// `https://HOST:PORT`. There is no unencrypted form.
    pub url: String,
    /// Which certificates to trust.
    pub trust: Trust,
    /// Name to look for in the certificate, where it is not the URL's host.
    pub server_name: Option<String>,
    /// Longest wait for a connection, and again for its encryption. Default 10 s.
    pub connect_timeout: Duration,
    /// Longest wait for the answer to one call. Default 30 s.
    pub request_timeout: Duration,
    /// Patience of calls that are safe to repeat: all reads, and submitting.
    pub retry: RetryPolicy,
    /// Who reads. Without it only what is public can be read.
    pub reader: Option<ReadSigner>,
    /// The ledger that has to be there. Where known, receipts and facts of another one are refused.
    pub ledger: Option<Hash>,
    /// Folder in which the largest checkpoint seen of each ledger is kept, so that a log that was rolled back
    /// or forked is noticed. Without it that holds while this client lives.
    pub memory: Option<PathBuf>,
    /// File to which what privileged answers carry is added, a line each in base64: whoever keeps it can show later
    /// that a read was left out of the log. Checked in any case.
    pub access_records: Option<PathBuf>,
    /// Refuse answers without an access record: for readers with a role that shows them more than a trader, whose every
    /// read has to be on record. A reader without such a role gets no answer at all.
    pub insist_on_records: bool,
    /// Language of the server's messages, as in `accept-language`: "zh" or "en". Default: the server's.
    pub language: Option<&'static str>,
}

impl ConnectOptions {
    /// Options with default times, without reader and ledger.
    #[must_use]
    pub fn new(url: impl Into<String>, trust: Trust) -> Self {
        Self {
            url: url.into(),
            trust,
            server_name: None,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            reader: None,
            ledger: None,
            memory: None,
            access_records: None,
            insist_on_records: false,
            language: None,
        }
    }
}

/// A connection to a ledger. Clones share it.
#[derive(Clone, Debug)]
pub struct Client {
    channel: Channel,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    tokens: Option<Tokens>,
    request_timeout: Duration,
    retry: RetryPolicy,
    ledger: Option<Hash>,
    language: Option<&'static str>,
    memory: Memory,
    access_records: Option<PathBuf>,
    insist_on_records: bool,
    /// Checks what privileged answers carry, once asked.
    answer_key: OnceCell<(Hash, VerifierKey)>,
    /// Id and log key, once asked.
    facts: OnceCell<(Hash, VerifierKey)>,
}

impl Client {
    /// Connects, once. Later the connection is made anew whenever a call needs it.
    ///
    /// # Errors
    /// [`ClientError::Retry`] where nobody answers; [`ClientError::Stop`] where the options are wrong or
    /// the server's certificate is not trusted.
    pub async fn connect(options: ConnectOptions) -> Result<Self, ClientError> {
        let endpoint = endpoint(&options)?;
        let channel = endpoint.connect().await.map_err(|e| ClientError::connect(&options.url, &e))?;
        let shared = Shared {
            tokens: options.reader.map(Tokens::new),
            request_timeout: options.request_timeout,
            retry: options.retry,
            ledger: options.ledger,
            language: options.language,
            memory: Memory::new(options.memory),
            access_records: options.access_records,
            insist_on_records: options.insist_on_records,
            answer_key: OnceCell::new(),
            facts: OnceCell::new(),
        };
        Ok(Self { channel, shared: Arc::new(shared) })
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The ledger that has to be there, where it was told.
    #[must_use]
    pub fn expected_ledger(&self) -> Option<&Hash> {
        self.shared.ledger.as_ref()
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.shared.memory
    }

    pub(crate) fn tokens(&self) -> Option<&Tokens> {
        self.shared.tokens.as_ref()
    }

    pub(crate) fn access_records(&self) -> Option<&PathBuf> {
        self.shared.access_records.as_ref()
    }

    /// Whether an answer to this reader has to carry a record.
    pub(crate) fn insists_on_records(&self) -> bool {
        self.shared.insist_on_records && self.shared.tokens.is_some()
    }

    /// Id and answer key of the ledger.
    pub(crate) async fn answer_key(&self) -> Result<&(Hash, VerifierKey), ClientError> {
        let ask = || async {
            let info = self.ledger().await?;
            let key = info.answer_key.parse().map_err(|e| broken(format_args!("answer_key: {e}")))?;
            Ok((info.id, key))
        };
        self.shared.answer_key.get_or_try_init(ask).await
    }

    /// Id and log key of the ledger.
    pub(crate) async fn facts(&self) -> Result<&(Hash, VerifierKey), ClientError> {
        let ask = || async { self.ledger().await.map(|info| (info.id, info.log_key)) };
        self.shared.facts.get_or_try_init(ask).await
    }

    pub(crate) fn retry(&self) -> RetryPolicy {
        self.shared.retry
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        self.shared.request_timeout
    }

    /// A request in the language of the caller.
    pub(crate) fn request<Q>(&self, message: Q) -> Request<Q> {
        let mut request = Request::new(message);
        if let Some(language) = self.shared.language {
            request.metadata_mut().insert("accept-language", MetadataValue::from_static(language));
        }
        request
    }

    /// A request with the read token, if there is a reader.
    pub(crate) fn authorized<Q>(&self, message: Q) -> Result<Request<Q>, ClientError> {
        let mut request = self.request(message);
        if let Some(tokens) = &self.shared.tokens {
            request.metadata_mut().insert("authorization", tokens.bearer()?);
        }
        Ok(request)
    }

    /// The server calls the present token expired: the next request gets another, whatever the clock
    /// here says.
    pub(crate) fn renew_token(&self) {
        if let Some(tokens) = &self.shared.tokens {
            tokens.renew();
        }
    }

    /// A read that the ledger records where its reader has a role: with a read token, repeated while that may help.
    pub(crate) async fn read<Q: Clone + prost::Message, A, F>(
        &self,
        message: Q,
        call: impl Fn(Channel, Request<Q>) -> F,
    ) -> Result<A, ClientError>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let (answer, carried) = self.repeat(|| self.authorized(message.clone()), call).await;
        for record in &carried {
            self.saw_access(record, &message).await?;
        }
        let (answer, record) = answer?;
        self.saw_answer(record.as_deref(), &message).await?;
        Ok(answer)
    }

    /// A call with a read token that nobody's role makes a read of.
    pub(crate) async fn ask<Q: Clone, A, F>(
        &self,
        message: Q,
        call: impl Fn(Channel, Request<Q>) -> F,
    ) -> Result<A, ClientError>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        Ok(self.repeat(|| self.authorized(message.clone()), call).await.0?.0)
    }

    /// A call without a token, repeated while that may help.
    pub(crate) async fn call<Q: Clone, A, F>(
        &self,
        message: Q,
        call: impl Fn(Channel, Request<Q>) -> F,
    ) -> Result<A, ClientError>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        Ok(self.repeat(|| Ok(self.request(message.clone())), call).await.0?.0)
    }

    /// Gives also the access records that the answer and the refusals before it have carried.
    async fn repeat<Q, A, F>(
        &self,
        request: impl Fn() -> Result<Request<Q>, ClientError>,
        call: impl Fn(Channel, Request<Q>) -> F,
    ) -> (Result<(A, Option<Bytes>), ClientError>, Vec<Bytes>)
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let mut backoff = Backoff::new(self.shared.retry);
        let mut carried = Vec::new();
        loop {
            let mut request = match request() {
                Ok(request) => request,
                Err(error) => return (Err(error), carried),
            };
            request.set_timeout(self.shared.request_timeout);
            let error = match call(self.channel(), request).await {
                Ok(answer) => {
                    let record = record_in(answer.metadata());
                    return (Ok((answer.into_inner(), record)), carried);
                }
                Err(status) => {
                    carried.extend(record_in(status.metadata()));
                    ClientError::from(status)
                }
            };
            let ClientError::Retry(failure) = error else { return (Err(error), carried) };
            let Some(delay) = backoff.next(failure.retry_after) else {
                return (Err(ClientError::Retry(failure)), carried);
            };
            tokio::time::sleep(delay).await;
        }
    }
}

fn endpoint(options: &ConnectOptions) -> Result<Endpoint, ClientError> {
    if !options.url.starts_with("https://") {
        return Err(settings(format_args!("{}: the address has to begin with https://", options.url)));
    }
    let pem = match &options.trust {
        Trust::Pem(pem) => pem.clone(),
        Trust::File(path) => fs::read(path)
            .map_err(|e| settings(format_args!("cannot read the certificates in {}: {e}", path.display())))?,
    };
    if !pem.windows(27).any(|w| w == b"-----BEGIN CERTIFICATE-----") {
        return Err(settings("the trusted certificates hold no certificate in PEM form"));
    }
    let mut tls =
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)).timeout(options.connect_timeout);
    if let Some(name) = &options.server_name {
        tls = tls.domain_name(name);
    }
    let endpoint = Endpoint::from_shared(options.url.clone())
        .and_then(|e| e.tls_config(tls))
        .map_err(|e| settings(format_args!("{}: {e}", options.url)))?;
    Ok(endpoint
        .connect_timeout(options.connect_timeout)
        .http2_keep_alive_interval(PING_AFTER)
        .keep_alive_timeout(PING_TIMEOUT))
}

fn settings(message: impl std::fmt::Display) -> ClientError {
    ClientError::stop(Code::InvalidArgument, reason::SETTINGS, message)
}
