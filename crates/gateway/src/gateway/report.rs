//! What is told of an input, and of how sending fares.

use client::KeyFault;
use serde::Serialize;

use crate::{Accepted, Fault, OutboxError, Record, lane::turns::Overtaken};

/// Why an input was not taken in. Nothing of it was accepted, or it is not known; sending the same again
/// does no harm.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The key.
    #[error("{0}; nothing was accepted; 签名密钥无应答，未接收任何内容")]
    Key(#[from] KeyFault),
    /// This machine.
    #[error("{0}")]
    Machine(String),
}

/// What became of the bills of one input.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Bills without fault.
    pub bills: Vec<Told>,
    /// What is wrong with the others; nothing of those was accepted.
    pub faults: Vec<Fault>,
}

/// What became of one bill.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// `new`: will be sent. `same`: was here already. `conflict`: its number is taken by a bill with other
    /// content, which follows.
    pub outcome: &'static str,
    /// The bill as it is known here.
    #[serde(flatten)]
    pub record: Record,
}

impl Report {
    /// Whether some bill has the outcome.
    #[must_use]
    pub fn has(&self, outcome: &str) -> bool {
        self.bills.iter().any(|b| b.outcome == outcome)
    }

    /// Whether every bill of the input is, or will be, in the ledger.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.faults.is_empty() && !self.has("conflict")
    }
}

impl From<Accepted> for Told {
    fn from(answer: Accepted) -> Self {
        let (outcome, record) = match answer {
            Accepted::New(record) => ("new", record),
            Accepted::Same(record) => ("same", record),
            Accepted::Conflict(record) => ("conflict", record),
        };
        Self { outcome, record }
    }
}

/// How the lane fares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LaneStatus {
    /// When the ledger last answered, µs since the Unix epoch; 0 = not since the start.
    pub answered_at: i64,
    /// Why the bill at the head waits; empty = it does not.
    pub waiting_for: String,
    /// Waiting alone will hardly help: somebody has to look.
    pub attention: bool,
    /// When it tries again, µs since the Unix epoch; 0 = now.
    pub next_try_at: i64,
    /// Bills with trouble of their own, which others go past: mend it, or put them aside.
    pub overtaken: Vec<Overtaken>,
}

impl LaneStatus {
    /// Nothing is waited for.
    pub(crate) fn relax(&mut self) {
        *self = Self { answered_at: self.answered_at, ..Self::default() };
    }
}
