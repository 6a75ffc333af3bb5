//! Time stamps (RFC 3161): now and then the newest published checkpoint is shown to time-stamping authorities, and what
//! they sign is kept with it.
//!
//! Nothing waits for that: a task of its own asks, and an authority that is away costs the ledger a stamp and no
//! statement. A token is checked before it is kept.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures::future::join_all;
use ledger::{Ledger, SignedCheckpoint, Stamped};
use merkle::{Note, sha256};
use serde::{Deserialize, Serialize};
use timestamp::{AnswerError, REQUEST_TYPE, Roots, RootsError, Stamp};
use tokio::sync::watch;
use witness::feed::{FeederError, Link, LinkOptions};

use crate::pool::Pool;

/// Longest wait for a connection to an authority.
const CONNECT: Duration = Duration::from_secs(10);
/// Wait after a first failure; each further one doubles it, up to the interval.
const AGAIN: Duration = Duration::from_secs(10);
/// How long to wait where nothing is there to be stamped yet.
const IDLE: Duration = Duration::from_secs(1);
/// Most authorities: as many tokens as an evidence bundle holds.
const MAX_AUTHORITIES: usize = evidence::bundle::MAX_TOKENS.0;
/// An authority's clock that is this much away from ours is told of, µs.
const ODD: u64 = 60_000_000;

/// Who stamps checkpoints, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimestampSettings {
    /// Time-stamping authorities, `https://HOST[:PORT][/PATH]` or `http://…`; all are asked. None = no time stamps.
    pub urls: Vec<String>,
    /// Certificates (PEM) of who issues to these authorities; a token that does not lead there is not kept.
    pub roots: Option<PathBuf>,
    /// Certificates (PEM) to believe for https; unset = those of the system.
    pub ca: Option<PathBuf>,
    /// Time from one stamp to the next, ms.
    pub interval_ms: u64,
    /// Longest wait for an authority's answer, ms.
    pub timeout_ms: u64,
}

impl Default for TimestampSettings {
    fn default() -> Self {
        Self { urls: Vec::new(), roots: None, ca: None, interval_ms: 3_600_000, timeout_ms: 30_000 }
    }
}

impl TimestampSettings {
    /// Every number by its name in the configuration, with the values it may have.
    #[must_use]
    pub const fn numbers(&self) -> [(&'static str, u64, std::ops::RangeInclusive<u64>); 2] {
        [
            ("server.timestamp.interval_ms", self.interval_ms, 100..=604_800_000),
            ("server.timestamp.timeout_ms", self.timeout_ms, 100..=300_000),
        ]
    }
}

/// Why authorities cannot be asked. Correct the settings.
#[derive(Debug, thiserror::Error)]
pub enum TimestampError {
    /// Tokens could not be checked.
    #[error(
        "server.timestamp.roots is needed with urls: certificates (PEM) of who issues to the authorities"
    )]
    NoRoots,
    /// More than a bundle holds tokens.
    #[error("server.timestamp.urls has more than {0} authorities")]
    TooMany(usize),
    /// The roots cannot be read.
    #[error("server.timestamp.roots: cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// They are none.
    #[error("server.timestamp.roots: {}: {source}", path.display())]
    Roots {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: RootsError,
    },
    /// An address, or the certificates for https.
    #[error("server.timestamp: {0}")]
    Link(#[from] FeederError),
}

/// What is counted.
#[derive(Debug, Default)]
pub(crate) struct StampCounters {
    /// Tokens kept.
    pub stamps: AtomicU64,
    /// Askings that gave none.
    pub failures: AtomicU64,
    /// When the newest was made, µs since the Unix epoch, by its authority; 0 = none is known.
    pub newest: AtomicU64,
}

impl StampCounters {
    /// Seconds since the newest stamp.
    pub(crate) fn age(&self) -> Option<f64> {
        let newest = self.newest.load(Relaxed);
        (newest > 0).then(|| now().saturating_sub(newest) as f64 / 1e6)
    }
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

/// The authorities of a log.
#[derive(Debug)]
pub(crate) struct Stamping {
    authorities: Vec<(String, Link)>,
    roots: Roots,
    interval: Duration,
}

/// Why an authority gave no token.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("cannot be reached: {0}")]
    Unreachable(#[from] std::io::Error),
    #[error("answers with status {0}")]
    Status(u16),
    #[error(transparent)]
    Answer(#[from] AnswerError),
    #[error("no random number: {0}")]
    Random(getrandom::Error),
}

impl Stamping {
    /// Those of the settings, if there are any; nothing is connected yet.
    ///
    /// # Errors
    /// Settings that cannot be.
    pub(crate) fn new(settings: &TimestampSettings) -> Result<Option<Self>, TimestampError> {
        if settings.urls.is_empty() {
            return Ok(None);
        }
        if settings.urls.len() > MAX_AUTHORITIES {
            return Err(TimestampError::TooMany(MAX_AUTHORITIES));
        }
        let path = settings.roots.clone().ok_or(TimestampError::NoRoots)?;
        let pem = fs::read(&path).map_err(|source| TimestampError::Read { path: path.clone(), source })?;
        let roots = Roots::from_pem(&pem).map_err(|source| TimestampError::Roots { path, source })?;
        let answer = Duration::from_millis(settings.timeout_ms);
        let link = |url: &String| {
            let options = LinkOptions { url: url.clone(), ca: settings.ca.clone(), connect: CONNECT, answer };
            Ok((url.clone(), Link::new(&options)?))
        };
        let authorities = settings.urls.iter().map(link).collect::<Result<_, FeederError>>()?;
        Ok(Some(Self { authorities, roots, interval: Duration::from_millis(settings.interval_ms) }))
    }

    /// Asks until the server ends. Of a log with witnesses the newest cosigned checkpoint is stamped, which is what
    /// is published.
    pub(crate) async fn run(
        self,
        (ledger, watched): (Ledger, bool),
        readers: Pool,
        counters: Arc<StampCounters>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut last = self.resume(&ledger, &readers, &counters).await;
        let mut wait = self.until_due(&counters);
        let mut failed = 0;
        loop {
            let step = async {
                tokio::time::sleep(wait).await;
                self.step((&ledger, watched), &readers, &counters, last).await
            };
            let stepped = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                stepped = step => stepped,
            };
            (last, wait, failed) = match stepped {
                Step::Stamped(size) => (size, self.interval, 0),
                Step::Nothing => (last, IDLE.min(self.interval), 0),
                Step::Failed => (last, self.backoff(failed), failed + 1),
            };
        }
    }

    fn backoff(&self, failed: u32) -> Duration {
        AGAIN.saturating_mul(1 << failed.min(16)).min(self.interval)
    }

    /// Size of the newest stamped checkpoint; its time is what age is counted from.
    async fn resume(&self, ledger: &Ledger, readers: &Pool, counters: &StampCounters) -> u64 {
        let ledger = ledger.clone();
        let Ok(Some(kept)) = readers.read(move || Ok(ledger.newest_stamped()?)).await else { return 0 };
        let Ok(note) = Note::parse(kept.note.as_bytes()) else { return 0 };
        let imprint = sha256(&[note.text().as_bytes()]);
        let stamps = kept.tokens.iter().filter_map(|token| self.roots.check(token, &imprint).ok());
        counters.newest.store(stamps.map(|stamp| stamp.at).max().unwrap_or(0), Relaxed);
        kept.size
    }

    /// What is left of the interval since the newest stamp.
    fn until_due(&self, counters: &StampCounters) -> Duration {
        let age = counters.age().map_or(self.interval, Duration::from_secs_f64);
        self.interval.saturating_sub(age)
    }

    async fn step(
        &self,
        (ledger, watched): (&Ledger, bool),
        readers: &Pool,
        counters: &StampCounters,
        last: u64,
    ) -> Step {
        let published = {
            let ledger = ledger.clone();
            let newest = move || Ok(if watched { ledger.cosigned()? } else { ledger.checkpoint(None)? });
            readers.read(newest).await
        };
        match published {
            Ok(Some(checkpoint)) if checkpoint.size > last => {
                self.stamp(ledger, readers, counters, checkpoint).await
            }
            Ok(_) => Step::Nothing,
            Err(fault) => {
                tracing::warn!(?fault, "no checkpoint could be read to be stamped");
                Step::Failed
            }
        }
    }

    /// Has one checkpoint stamped by all, and keeps what they gave.
    async fn stamp(
        &self,
        ledger: &Ledger,
        readers: &Pool,
        counters: &StampCounters,
        checkpoint: SignedCheckpoint,
    ) -> Step {
        let SignedCheckpoint { size, note, .. } = checkpoint;
        let Ok(parsed) = Note::parse(note.as_bytes()) else { return Step::Failed };
        let imprint = sha256(&[parsed.text().as_bytes()]);
        let asked = self.authorities.iter().map(|(_, link)| self.ask(link, &imprint));
        let mut tokens = Vec::new();
        let mut newest = 0;
        for ((url, _), answer) in self.authorities.iter().zip(join_all(asked).await) {
            match answer {
                Ok((token, stamp)) => {
                    compare_clocks(url, &stamp);
                    newest = stamp.at.max(newest);
                    tokens.push(token);
                }
                Err(failure) => {
                    counters.failures.fetch_add(1, Relaxed);
                    tracing::warn!(url, %failure, size, "a time-stamping authority gave no stamp");
                }
            }
        }
        if tokens.is_empty() {
            return Step::Failed;
        }
        let given = tokens.len() as u64;
        let (ledger, stamped) = (ledger.clone(), Stamped { size, note, tokens });
        if let Err(fault) = readers.read(move || Ok(ledger.keep_stamped(&stamped)?)).await {
            tracing::error!(?fault, "a time stamp could not be kept");
            return Step::Failed;
        }
        counters.stamps.fetch_add(given, Relaxed);
        counters.newest.store(newest, Relaxed);
        tracing::info!(size, stamps = given, "a checkpoint was stamped");
        Step::Stamped(size)
    }

    async fn ask(&self, link: &Link, imprint: &[u8; 32]) -> Result<(Vec<u8>, Stamp), Failure> {
        let mut nonce = [0; 8];
        getrandom::fill(&mut nonce).map_err(Failure::Random)?;
        let nonce = u64::from_be_bytes(nonce);
        let request = Bytes::from(timestamp::request(imprint, nonce));
        match link.post("", REQUEST_TYPE, request).await? {
            (200, answer) => Ok(self.roots.check_answer(&answer, imprint, nonce)?),
            (status, _) => Err(Failure::Status(status)),
        }
    }
}

/// What one asking came to.
enum Step {
    /// A checkpoint of this size is stamped.
    Stamped(u64),
    /// There is nothing new.
    Nothing,
    /// Nobody gave a stamp, or it could not be kept.
    Failed,
}

/// Which of the two is wrong nobody here can tell; `verify` and auditors will.
fn compare_clocks(url: &str, stamp: &Stamp) {
    if stamp.at.abs_diff(now()) > ODD.saturating_add(stamp.accuracy) {
        let (authority, at) = (&stamp.authority, stamp.at);
        tracing::warn!(url, authority, at, "the clocks of this machine and of the authority differ widely");
    }
}
