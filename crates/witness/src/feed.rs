//! The log's side: brings a checkpoint to a witness and comes back with its cosignature.
//!
//! Nothing of the server is used here. A witness may be anybody's (C2SP `tlog-witness`).

mod link;

use std::{
    error::Error,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use merkle::{
    AddCheckpoint, Checkpoint, CheckpointError, Hash, Note, NoteError, NoteSignature, WitnessKey,
    parse_conflict, parse_signatures,
};

use crate::net::TlsFileError;
pub use link::{Link, LinkOptions};

/// Certificates that are believed where no other file is named: where Debian and its kin keep them.
pub const SYSTEM_TRUST: &str = "/etc/ssl/certs/ca-certificates.crt";
/// Media type of what a witness is sent.
const MEDIA: &str = "text/plain; charset=utf-8";
/// Most characters of an answer in a [`FeedError::Refused`].
const EXCERPT: usize = 200;

/// How to reach a witness.
#[derive(Clone, Debug)]
pub struct FeederOptions {
    /// Its submission prefix, `https://HOST[:PORT][/PATH]`, or `http://…`: what goes over it is public and
    /// signed at both ends.
    pub url: String,
    /// Its key. Nothing else is believed.
    pub key: WitnessKey,
    /// Certificates (PEM) to believe; none = [`SYSTEM_TRUST`].
    pub ca: Option<PathBuf>,
    /// Longest wait for a connection, TLS included.
    pub connect: Duration,
    /// Longest wait for an answer.
    pub answer: Duration,
}

impl FeederOptions {
    /// With the system's certificates, 10 s for a connection and 30 s for an answer.
    #[must_use]
    pub fn new(url: impl Into<String>, key: WitnessKey) -> Self {
        let (connect, answer) = (Duration::from_secs(10), Duration::from_secs(30));
        Self { url: url.into(), key, ca: None, connect, answer }
    }
}

/// Why a witness or another service cannot be reached at all. Correct the settings.
#[derive(Debug, thiserror::Error)]
pub enum FeederError {
    /// The address is none.
    #[error("{url}: {fault}; write https://HOST[:PORT][/PATH]")]
    Url {
        /// As given.
        url: String,
        /// What is wrong with it.
        fault: String,
    },
    /// The certificates to believe.
    #[error(transparent)]
    Ca(#[from] TlsFileError),
}

/// A witness's answer that has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fed {
    /// Its line, for [`Note::with`].
    pub signature: NoteSignature,
    /// When it cosigned, in seconds since the Unix epoch, by its own clock.
    pub time: u64,
}

/// Why there is no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// It cannot be reached, or did not answer as HTTP does. Try again later.
    #[error("the witness {url} cannot be reached: {fault}")]
    Unreachable {
        /// Where it should be.
        url: String,
        /// What went wrong.
        fault: String,
    },
    /// It answered and did not cosign. 5xx: try again later. 404: it does not know the log. 403: it knows other
    /// keys of it. 409: others feed it at the same time. 400, 422: one side is at fault.
    #[error("the witness {url} does not cosign (status {status}): {excerpt}")]
    Refused {
        /// Where it is.
        url: String,
        /// HTTP status.
        status: u16,
        /// Beginning of its answer.
        excerpt: String,
    },
    /// It audits, and has not derived so much yet. Nothing larger was cosigned. Come again.
    #[error(
        "the witness {url} has not yet derived again what it is to cosign; it has cosigned {last} entries"
    )]
    NotYet {
        /// Where it is.
        url: String,
        /// Size that it has cosigned last.
        last: u64,
    },
    /// It has cosigned a larger checkpoint. Whoever feeds has lost entries: stop signing.
    #[error(
        "the witness {url} has cosigned {theirs} entries, of which only {ours} are here: entries were lost"
    )]
    Ahead {
        /// Where it is.
        url: String,
        /// Size that it knows.
        theirs: u64,
        /// Size that was offered.
        ours: u64,
    },
    /// It has cosigned another checkpoint of the same size. Stop signing.
    #[error("the witness {url} has cosigned another checkpoint with {size} entries: there are two histories")]
    Fork {
        /// Where it is.
        url: String,
        /// Size of both.
        size: u64,
    },
    /// What it gave is not its signature under this checkpoint. Do not use it; look at the settings.
    #[error("what the witness {url} answers is not its cosignature: {fault}")]
    Forged {
        /// Where it is.
        url: String,
        /// What does not fit.
        fault: NoteError,
    },
    /// What was to be cosigned is no checkpoint. A mistake of the caller.
    #[error("what is to be cosigned is no checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The proof could not be made.
    #[error("the consistency proof from size {old} cannot be made: {source}")]
    Proof {
        /// From where.
        old: u64,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Feeds one witness with the checkpoints of one log. Keeps its connection.
#[derive(Debug)]
pub struct Feeder {
    url: String,
    key: WitnessKey,
    link: Link,
    /// Size that it is thought to have cosigned last; a wrong guess costs one more round.
    known: AtomicU64,
}

/// What an answer means for the next step.
enum Step {
    Done(Fed),
    From(u64),
}

impl Feeder {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// See [`FeederError`].
    pub fn new(options: FeederOptions) -> Result<Self, FeederError> {
        let FeederOptions { url, key, ca, connect, answer } = options;
        let link = Link::new(&LinkOptions { url: url.clone(), ca, connect, answer })?;
        Ok(Self { url, key, link, known: AtomicU64::new(0) })
    }

    /// The witness's key.
    #[must_use]
    pub const fn key(&self) -> &WitnessKey {
        &self.key
    }

    /// Has a checkpoint cosigned, which its log has signed. `prove` gives the consistency proof from a size
    /// to the checkpoint's; it is asked at most twice, and never for an empty proof.
    ///
    /// Again for the checkpoint that was cosigned last, it gives a new cosignature with a new time.
    ///
    /// # Errors
    /// See [`FeedError`].
    pub async fn feed<F, P, E>(&self, note: &Note, mut prove: F) -> Result<Fed, FeedError>
    where
        F: FnMut(u64) -> P,
        P: Future<Output = Result<Vec<Hash>, E>>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let size = Checkpoint::parse(note.text())?.size();
        let mut old = self.known.load(Relaxed).min(size);
        for again in [true, false] {
            let proof = if old == 0 || old == size { Ok(Vec::new()) } else { prove(old).await };
            let proof = proof.map_err(|e| FeedError::Proof { old, source: e.into() })?;
            let request = AddCheckpoint { old, proof, note: note.clone() }.to_string();
            let answer = self.link.post("/add-checkpoint", MEDIA, request.into()).await;
            let (status, body) = answer.map_err(|fault| FeedError::Unreachable {
                url: self.url.clone(),
                fault: fault.to_string(),
            })?;
            match self.read(note, old, size, status, &body)? {
                Step::Done(fed) => {
                    self.known.store(size, Relaxed);
                    return Ok(fed);
                }
                Step::From(last) if again => old = last,
                Step::From(_) => return Err(self.refused(status, &body)),
            }
        }
        // The second round never asks for a third.
        Err(self.refused(409, b""))
    }

    fn read(&self, note: &Note, old: u64, size: u64, status: u16, body: &[u8]) -> Result<Step, FeedError> {
        let text = str::from_utf8(body).unwrap_or_default();
        match (status, parse_conflict(text)) {
            (200, _) => self.check(note, text).map(Step::Done),
            (409, Some(theirs)) if theirs > size => {
                Err(FeedError::Ahead { url: self.url.clone(), theirs, ours: size })
            }
            // Where the old size is the checkpoint's own, nothing but another root is left to object to. The
            // standard does not say what body goes with that.
            (409, theirs) if old == size && theirs.is_none_or(|theirs| theirs == size) => {
                Err(FeedError::Fork { url: self.url.clone(), size })
            }
            (409, Some(theirs)) if theirs != old => Ok(Step::From(theirs)),
            (503, Some(last)) if last <= size => Err(FeedError::NotYet { url: self.url.clone(), last }),
            _ => Err(self.refused(status, body)),
        }
    }

    /// The witness's own line in an answer, if it is good. Lines of others are passed over.
    fn check(&self, note: &Note, answer: &str) -> Result<Fed, FeedError> {
        let own = |line: &NoteSignature| line.name() == self.key.name() && line.key_hash() == self.key.hash();
        let check = || {
            let lines = parse_signatures(answer)?;
            let signature = lines.into_iter().find(own).ok_or(NoteError::Unsigned)?;
            let time = self.key.cosigned_at(&note.clone().with(signature.clone())?)?;
            Ok(Fed { signature, time })
        };
        check().map_err(|fault| FeedError::Forged { url: self.url.clone(), fault })
    }

    fn refused(&self, status: u16, body: &[u8]) -> FeedError {
        let text = String::from_utf8_lossy(body);
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let excerpt: String = text.chars().map(plain).take(EXCERPT).collect();
        FeedError::Refused { url: self.url.clone(), status, excerpt: excerpt.trim().to_owned() }
    }
}

#[cfg(test)]
mod tests;
