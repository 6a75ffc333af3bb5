//! Witnesses: asked before anything is signed, fed while the ledger grows.
//!
//! A log that was put back to an older state would sign a second history without knowing. Its witnesses know: on
//! start the newest kept checkpoint is shown to them, and nothing is signed until so many have answered that no
//! quorum can have seen more. While it runs, the newest checkpoint goes to all of them now and then, and what a
//! quorum has cosigned is kept and published.

use std::{path::PathBuf, time::Duration};

use futures::future::join_all;
use ledger::{Ledger, SignedCheckpoint};
use merkle::{Hash, Note, WitnessKey};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use witness::feed::{Fed, FeedError, Feeder, FeederError, FeederOptions};

use crate::pool::Pool;

/// Wait between two rounds of asking on start.
const AGAIN: Duration = Duration::from_secs(2);
/// A cosignature is renewed after this many intervals even if nothing is new: its time shows that the log is alive.
const RENEW: u32 = 60;

/// Who watches the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WitnessSettings {
    /// Cosignatures that make a checkpoint a cosigned one; 0 = as many as there are witnesses.
    pub quorum: usize,
    /// Time between two checkpoints that are shown to witnesses, ms.
    pub interval_ms: u64,
    /// The witnesses.
    pub at: Vec<WitnessAddress>,
}

/// Where a witness is, and its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessAddress {
    /// Submission prefix, `https://HOST[:PORT][/PATH]`, or `http://…`.
    pub url: String,
    /// Verifier key, `NAME+HASH+BASE64` (signature type 4).
    pub key: String,
    /// Certificates (PEM) to believe; unset = those of the system.
    #[serde(default)]
    pub ca: Option<PathBuf>,
}

impl Default for WitnessSettings {
    fn default() -> Self {
        Self { quorum: 0, interval_ms: 10_000, at: Vec::new() }
    }
}

/// Why the witnesses cannot be asked, or why nothing may be signed.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// A key is none.
    #[error("server.witness.at[{at}].key: {fault}; take it from `keygen --witness`")]
    Key {
        /// Which, from 0.
        at: usize,
        /// What is wrong.
        fault: String,
    },
    /// Two entries are one witness.
    #[error("server.witness.at[{0}] has the key of another entry: one witness counts once")]
    Twice(usize),
    /// No such quorum.
    #[error("server.witness.quorum is {quorum}, and there are {witnesses} witnesses")]
    Quorum {
        /// As set.
        quorum: usize,
        /// How many there are.
        witnesses: usize,
    },
    /// An address.
    #[error("server.witness: {0}")]
    Feeder(#[from] FeederError),
    /// A witness has seen more, or something else.
    #[error(
        "{0}. Nothing has been signed. Recover the missing entries from a follower or a newer backup; else end this \
         ledger, and begin one that names it as its predecessor"
    )]
    History(FeedError),
    /// The kept checkpoint cannot be shown.
    #[error("the newest checkpoint kept is no signed note; restore from a backup")]
    Note,
}

/// All witnesses of a log.
#[derive(Debug)]
pub struct Witnesses {
    feeders: Vec<Feeder>,
    quorum: usize,
    interval: Duration,
}

impl Witnesses {
    /// Those of the settings; nothing is connected yet.
    ///
    /// # Errors
    /// Settings that cannot be.
    pub fn new(settings: &WitnessSettings) -> Result<Self, WitnessError> {
        let mut feeders: Vec<Feeder> = Vec::new();
        for (at, address) in settings.at.iter().enumerate() {
            let key: WitnessKey = address
                .key
                .parse()
                .map_err(|e: merkle::NoteKeyError| WitnessError::Key { at, fault: e.to_string() })?;
            if feeders.iter().any(|feeder| feeder.key() == &key) {
                return Err(WitnessError::Twice(at));
            }
            let ca = address.ca.clone();
            feeders.push(Feeder::new(FeederOptions { ca, ..FeederOptions::new(&address.url, key) })?);
        }
        let witnesses = feeders.len();
        if settings.quorum > witnesses {
            return Err(WitnessError::Quorum { quorum: settings.quorum, witnesses });
        }
        let quorum = if settings.quorum == 0 { witnesses } else { settings.quorum };
        Ok(Self { feeders, quorum, interval: Duration::from_millis(settings.interval_ms) })
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.feeders.is_empty()
    }

    /// Shows the newest kept checkpoint until n - k + 1 witnesses have answered: then no quorum of k can have
    /// cosigned a larger one. Says on the log whom it waits for.
    ///
    /// # Errors
    /// [`WitnessError::History`] as soon as one knows more or something else.
    pub async fn ask(&self, newest: &SignedCheckpoint) -> Result<(), WitnessError> {
        let note = Note::parse(newest.note.as_bytes()).map_err(|_| WitnessError::Note)?;
        let needed = self.feeders.len() + 1 - self.quorum;
        let mut answered = vec![false; self.feeders.len()];
        loop {
            let left = self.feeders.iter().zip(&answered).filter(|(_, answered)| !**answered);
            let asked = left.map(|(feeder, _)| feeder.feed(&note, no_proof));
            let answers = join_all(asked).await;
            let open: Vec<usize> = (0..answered.len()).filter(|i| !answered[*i]).collect();
            for (i, answer) in open.into_iter().zip(answers) {
                match answer {
                    // Behind, it wants a proof, for which the ledger has to be open; or it audits, and wants the
                    // entries.
                    Ok(_) | Err(FeedError::Proof { .. } | FeedError::NotYet { .. }) => answered[i] = true,
                    Err(error @ (FeedError::Ahead { .. } | FeedError::Fork { .. })) => {
                        return Err(WitnessError::History(error));
                    }
                    Err(error) => tracing::warn!(%error, "a witness has not told what it has seen"),
                }
            }
            let told = answered.iter().filter(|answered| **answered).count();
            if told >= needed {
                tracing::info!(size = newest.size, told, "no quorum of witnesses has seen more");
                return Ok(());
            }
            tracing::warn!(told, needed, "nothing is signed before enough witnesses have answered");
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Feeds until the server ends.
    pub(crate) async fn feed(self, ledger: Ledger, readers: Pool, mut stop: watch::Receiver<bool>) {
        if self.is_empty() {
            return;
        }
        let (mut last, mut quiet) = (0, 0);
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(self.interval) => {}
            }
            let read = {
                let ledger = ledger.clone();
                readers.read(move || Ok(ledger.checkpoint(None)?)).await
            };
            let Ok(Some(newest)) = read else { continue };
            quiet += 1;
            if newest.size == last && quiet < RENEW {
                continue;
            }
            if self.round(&ledger, &readers, &newest).await {
                (last, quiet) = (newest.size, 0);
            }
        }
    }

    /// Shows one checkpoint to all; keeps it if a quorum has cosigned it. Whether it was kept.
    async fn round(&self, ledger: &Ledger, readers: &Pool, newest: &SignedCheckpoint) -> bool {
        let Ok(note) = Note::parse(newest.note.as_bytes()) else { return false };
        let size = newest.size;
        let prove = |old| {
            let (ledger, readers) = (ledger.clone(), readers.clone());
            async move {
                let proof = readers.read(move || Ok(ledger.consistency_proof(old, size)?)).await;
                proof.map_err(|fault| format!("{fault:?}"))
            }
        };
        let answers = join_all(self.feeders.iter().map(|feeder| feeder.feed(&note, prove))).await;
        let mut cosigned = note.clone();
        let mut count = 0;
        for answer in answers {
            match answer {
                Ok(Fed { signature, .. }) => match cosigned.clone().with(signature) {
                    Ok(with) => (cosigned, count) = (with, count + 1),
                    Err(error) => tracing::error!(%error, "a cosignature does not fit into the note"),
                },
                Err(error @ (FeedError::Ahead { .. } | FeedError::Fork { .. })) => {
                    ledger.halt(error.to_string());
                    return false;
                }
                Err(error) => tracing::warn!(%error, size, "a witness did not cosign"),
            }
        }
        ledger.counters().cosignatures.fetch_add(count as u64, std::sync::atomic::Ordering::Relaxed);
        if count < self.quorum {
            return false;
        }
        let (ledger, text) = (ledger.clone(), cosigned.to_string());
        match readers.read(move || Ok(ledger.keep_cosigned(size, text)?)).await {
            Ok(()) => true,
            Err(fault) => {
                tracing::error!(?fault, "a cosigned checkpoint could not be kept");
                false
            }
        }
    }
}

/// On start there is nothing to prove with yet.
async fn no_proof(_: u64) -> Result<Vec<Hash>, &'static str> {
    Err("the ledger is not open yet")
}
