//! One HTTP/1.1 connection, to a witness, another service that takes what is posted, or where a log is published, kept while it lives.

use std::{
    fmt, io,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, Uri,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
    header,
};
use hyper_util::rt::TokioIo;
use merkle::MAX_NOTE_LEN;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{FeederError, SYSTEM_TRUST};
use crate::net;

/// Longest answer in bytes: a note with as many signature lines as it may have. A tile is shorter.
const MAX_ANSWER: usize = MAX_NOTE_LEN;

/// Where to connect, and for how long to wait.
#[derive(Clone, Debug)]
pub struct LinkOptions {
    /// `https://HOST[:PORT][/PATH]`, or `http://…` for what is public and signed.
    pub url: String,
    /// Certificates (PEM) to believe; none = [`SYSTEM_TRUST`].
    pub ca: Option<PathBuf>,
    /// Longest wait for a connection, TLS included.
    pub connect: Duration,
    /// Longest wait for an answer.
    pub answer: Duration,
}

impl LinkOptions {
    /// With the system's certificates, 10 s for a connection and 30 s for an answer.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        let (connect, answer) = (Duration::from_secs(10), Duration::from_secs(30));
        Self { url: url.into(), ca: None, connect, answer }
    }
}

type Sender = SendRequest<Full<Bytes>>;

/// Where it is, and the connection to it.
pub struct Link {
    /// What goes into the `Host` header.
    authority: String,
    host: String,
    port: u16,
    /// Path of the URL.
    path: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    connect: Duration,
    answer: Duration,
    /// A connection that may still live.
    idle: Mutex<Option<Sender>>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("host", &self.authority)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Link {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// See [`FeederError`].
    pub fn new(options: &LinkOptions) -> Result<Self, FeederError> {
        let wrong = |fault: &str| FeederError::Url { url: options.url.clone(), fault: fault.to_owned() };
        let uri: Uri = options.url.parse().map_err(|_| wrong("not a URL"))?;
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(wrong("it has a user or a query in it"));
        }
        // An IPv6 address stands in brackets in a URL and nowhere else.
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let (tls, port) = match uri.scheme_str() {
            Some("https") => {
                let ca = options.ca.clone().unwrap_or_else(|| SYSTEM_TRUST.into());
                let name = ServerName::try_from(host.clone()).map_err(|_| wrong("its host is none"))?;
                (Some((TlsConnector::from(net::client(&ca)?), name)), 443)
            }
            Some("http") => (None, 80),
            _ => return Err(wrong("neither https nor http")),
        };
        Ok(Self {
            authority: authority.as_str().to_owned(),
            host,
            port: authority.port_u16().unwrap_or(port),
            path: uri.path().to_owned(),
            tls,
            connect: options.connect,
            answer: options.answer,
            idle: Mutex::new(None),
        })
    }

    /// Asks for a path below the URL's own, which begins with a slash; status and body of the answer.
    ///
    /// # Errors
    /// No connection or answer in time, or not one as HTTP has them.
    pub async fn get(&self, path: &str) -> io::Result<(u16, Bytes)> {
        self.ask((Method::GET, "text/plain"), path, Bytes::new()).await
    }

    /// Posts a body of a media type to the URL's own path, or below it where `below` is not empty; status and body of
    /// the answer.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn post(&self, below: &str, media: &'static str, body: Bytes) -> io::Result<(u16, Bytes)> {
        self.ask((Method::POST, media), below, body).await
    }

    async fn ask(
        &self,
        (method, media): (Method, &'static str),
        below: &str,
        body: Bytes,
    ) -> io::Result<(u16, Bytes)> {
        // In a statement of its own: the lock must not be held while the witness answers.
        let kept = self.idle().take();
        if let Some(sender) = kept
            && let Ok(answer) = self.exchange(sender, (method.clone(), media), below, body.clone()).await
        {
            return Ok(answer);
        }
        // A kept connection may have ended meanwhile. To ask twice does no harm.
        let sender = within(self.connect, self.open(), "no connection in time").await?;
        self.exchange(sender, (method, media), below, body).await
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Option<Sender>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open(&self) -> io::Result<Sender> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            None => handshake(stream).await,
            Some((connector, name)) => handshake(connector.connect(name.clone(), stream).await?).await,
        }
    }

    async fn exchange(
        &self,
        mut sender: Sender,
        (method, media): (Method, &'static str),
        below: &str,
        body: Bytes,
    ) -> io::Result<(u16, Bytes)> {
        let path = match below {
            "" => self.path.clone(),
            below => format!("{}{below}", self.path.trim_end_matches('/')),
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, media)
            .body(Full::new(body))
            .map_err(io::Error::other)?;
        let asking = async {
            // Just after an answer a kept connection may not have noticed yet that it is free again.
            sender.ready().await.map_err(io::Error::other)?;
            let answer = sender.send_request(request).await.map_err(io::Error::other)?;
            let status = answer.status().as_u16();
            let body =
                Limited::new(answer.into_body(), MAX_ANSWER).collect().await.map_err(io::Error::other)?;
            Ok((status, body.to_bytes()))
        };
        let answer = within(self.answer, asking, "no answer in time").await?;
        *self.idle() = Some(sender);
        Ok(answer)
    }
}

async fn within<T>(
    time: Duration,
    work: impl Future<Output = io::Result<T>>,
    what: &'static str,
) -> io::Result<T> {
    timeout(time, work).await.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, what)))
}

async fn handshake<S>(stream: S) -> io::Result<Sender>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // Ends when the sender is dropped or the other side closes.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke off");
        }
    });
    Ok(sender)
}
