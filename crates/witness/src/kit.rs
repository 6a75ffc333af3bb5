//! What the tests share: logs with one or two histories, a witness in a directory, plain HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{net::SocketAddr, path::Path, sync::Arc};

use merkle::{
    AddCheckpoint, Checkpoint, Cosigner, Hash, Leaves, Note, SignerKey, SigningKey, VerifierKey, WitnessKey,
    consistency_proof, leaf_hash, root_of,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{Logs, StateError, Witness};

/// Time of the tests' clock.
pub(crate) const NOW: u64 = 1_795_000_000;

/// A log whose entries differ from another history of the same log from some place on.
pub(crate) struct Log {
    pub(crate) signer: SignerKey,
    leaves: Vec<Hash>,
}

impl Log {
    /// Entries up to `twist` are those of every history.
    pub(crate) fn new(origin: &str, entries: u64, twist: u64) -> Self {
        let signer = SignerKey::new(origin, SigningKey::from_seed(&[1; 32])).unwrap();
        let leaf = |i: u64| leaf_hash(&(2 * i + u64::from(i >= twist)).to_be_bytes());
        Self { signer, leaves: (0..entries).map(leaf).collect() }
    }

    pub(crate) fn key(&self) -> VerifierKey {
        self.signer.verifier().clone()
    }

    pub(crate) fn checkpoint(&self, size: u64) -> Checkpoint {
        let root = root_of(&self.leaves[..size as usize]);
        Checkpoint::new(self.signer.verifier().name(), size, root).unwrap()
    }

    pub(crate) fn note(&self, size: u64) -> Note {
        self.checkpoint(size).sign(&self.signer).unwrap()
    }

    pub(crate) fn proof(&self, old: u64, size: u64) -> Vec<Hash> {
        consistency_proof(&Leaves(&self.leaves), old, size).unwrap()
    }

    /// What the log asks to have `size` cosigned after `old`.
    pub(crate) fn request(&self, old: u64, size: u64) -> String {
        let proof = if old <= size { self.proof(old, size) } else { Vec::new() };
        AddCheckpoint { old, proof, note: self.note(size) }.to_string()
    }
}

pub(crate) fn cosigner() -> Cosigner {
    Cosigner::new("witness.example/1", SigningKey::from_seed(&[9; 32])).unwrap()
}

pub(crate) fn witness_key() -> WitnessKey {
    cosigner().witness().clone()
}

/// Opens a witness whose clock stands still.
pub(crate) fn open(directory: &Path, new: bool, keys: &[VerifierKey]) -> Result<Witness, StateError> {
    at(directory, new, keys, NOW)
}

pub(crate) fn at(directory: &Path, new: bool, keys: &[VerifierKey], now: u64) -> Result<Witness, StateError> {
    let logs = Logs::new(keys.iter().cloned()).unwrap();
    Witness::open(directory, new, cosigner(), logs, Box::new(move || now))
}

/// A running server; ends when dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) stop: Option<tokio::sync::oneshot::Sender<()>>,
    pub(crate) ended: tokio::task::JoinHandle<()>,
}

/// Starts a witness on a free port, without TLS.
pub(crate) async fn start(witness: Witness) -> Running {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let server =
        crate::Server::bind(Arc::new(witness), listen, &crate::Transport::Plain, "/w1").await.unwrap();
    run(server)
}

pub(crate) fn run(server: crate::Server) -> Running {
    let address = server.address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let ended = tokio::spawn(server.run(async move {
        let _ = stopped.await;
    }));
    Running { address, stop: Some(stop), ended }
}

/// An answer over HTTP.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answered {
    pub(crate) fn of(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }
}

/// One request on a connection of its own.
pub(crate) async fn call(address: SocketAddr, method: &str, path: &str, body: &[u8]) -> Answered {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: w\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // A server that refuses at once may have closed its side before it has read everything.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    Answered::of(&String::from_utf8(answer).unwrap())
}

pub(crate) async fn add(address: SocketAddr, request: &str) -> Answered {
    call(address, "POST", "/w1/add-checkpoint", request.as_bytes()).await
}
