//! Talks to a running gateway, for the command line.

use std::{fs, io, net::SocketAddr, path::Path, time::Duration};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Method, Request, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use crate::{
    Which,
    serve::{ADDRESS_FILE, SECRET_FILE},
};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// Largest answer in bytes.
const MAX_ANSWER: usize = 64 << 20;

/// Why the gateway did not answer.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// None runs on this data directory.
    #[error("no gateway runs on {0}; start it with `yuanliu gateway run`")]
    NotRunning(String),
    /// It did not answer as one does.
    #[error("the gateway on {0} did not answer: {1}")]
    Silent(SocketAddr, String),
}

/// What people do to single bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order<'a> {
    /// Puts one aside, for a reason.
    PutAside(&'a str),
    /// Takes one up again, or has one that waits tried now.
    TakeUp,
    /// Gives up one that waits for something the ledger lacks.
    GiveUp,
}

/// A running gateway.
#[derive(Debug)]
pub struct Remote {
    address: SocketAddr,
    secret: Zeroizing<String>,
}

impl Remote {
    /// Finds the gateway that runs on a data directory.
    ///
    /// # Errors
    /// [`RemoteError::NotRunning`].
    pub fn find(data: &Path) -> Result<Self, RemoteError> {
        let none = || RemoteError::NotRunning(data.display().to_string());
        let text = fs::read_to_string(data.join(ADDRESS_FILE)).map_err(|_| none())?;
        let address = text.trim().parse().map_err(|_| none())?;
        let secret = Zeroizing::new(fs::read_to_string(data.join(SECRET_FILE)).map_err(|_| none())?);
        Ok(Self { address, secret })
    }

    /// Hands in a file; the answer's status and JSON.
    ///
    /// # Errors
    /// See [`RemoteError`].
    pub async fn file(&self, name: &str, bytes: Vec<u8>, json: bool) -> Result<(u16, Value), RemoteError> {
        let path = if json { "/v1/bills" } else { "/v1/files" };
        self.call(Method::POST, &format!("{path}?name={}", encode(name)), bytes).await
    }

    /// Asks for bills: of one number, or of one state after a place.
    ///
    /// # Errors
    /// See [`RemoteError`].
    pub async fn bills(&self, query: &str) -> Result<(u16, Value), RemoteError> {
        self.call(Method::GET, &format!("/v1/bills{query}"), Vec::new()).await
    }

    /// Has something done with a bill.
    ///
    /// # Errors
    /// See [`RemoteError`].
    pub async fn order(&self, which: &Which, order: Order<'_>) -> Result<(u16, Value), RemoteError> {
        let Which { number, kind, principal } = which;
        let mut body = json!({ "number": number, "kind": kind, "principal": principal });
        let path = match order {
            Order::TakeUp => "/v1/retry",
            Order::GiveUp => "/v1/give-up",
            Order::PutAside(reason) => {
                body["reason"] = reason.into();
                "/v1/put-aside"
            }
        };
        self.call(Method::POST, path, body.to_string().into_bytes()).await
    }

    /// Asks how it fares.
    ///
    /// # Errors
    /// See [`RemoteError`].
    pub async fn health(&self) -> Result<(u16, Value), RemoteError> {
        self.call(Method::GET, "/v1/health", Vec::new()).await
    }

    async fn call(&self, method: Method, path: &str, body: Vec<u8>) -> Result<(u16, Value), RemoteError> {
        let answer = tokio::time::timeout(PATIENCE, self.exchange(method, path, body)).await;
        let answer = answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        answer.map_err(|error| match error.kind() {
            io::ErrorKind::ConnectionRefused => RemoteError::NotRunning(self.address.to_string()),
            _ => RemoteError::Silent(self.address, error.to_string()),
        })
    }

    async fn exchange(&self, method: Method, path: &str, body: Vec<u8>) -> io::Result<(u16, Value)> {
        let stream = TokioIo::new(TcpStream::connect(self.address).await?);
        let (mut sender, connection) = http1::handshake(stream).await.map_err(io::Error::other)?;
        let driver = tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.address.to_string())
            .header(header::AUTHORIZATION, format!("Bearer {}", self.secret.trim()))
            .body(Full::new(Bytes::from(body)))
            .map_err(io::Error::other)?;
        let answer = sender.send_request(request).await.map_err(io::Error::other)?;
        let status = answer.status().as_u16();
        let bytes = Limited::new(answer.into_body(), MAX_ANSWER).collect().await.map_err(io::Error::other)?;
        driver.abort();
        let value = serde_json::from_slice(&bytes.to_bytes()).map_err(io::Error::other)?;
        Ok((status, value))
    }
}

/// A text as a part of a path or query.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
