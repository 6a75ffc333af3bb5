//! Sending: the lane takes the bills that wait to the ledger, one at a time, and writes down what became
//! of each.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use prost::Message as _;
use proto::v1::{self, SignedStatement};
use tokio::sync::watch;

use crate::{
    Gateway, LaneStatus, State,
    gateway::{GatewayError, header_of, id_text, now_us},
    lane::{Patience, Situation, Verdict, Wire, judge, may_send},
};

/// A day in µs.
const DAY: i64 = 86_400_000_000;
/// How often long settled bills are forgotten.
const TIDY_EVERY: Duration = Duration::from_secs(3_600);

impl Gateway {
    /// Sends what is stored until told to stop.
    pub async fn run_lane(self: Arc<Self>, wire: impl Wire, mut stop: watch::Receiver<bool>) {
        let mut patience = Patience::default();
        let mut tidied: Option<tokio::time::Instant> = None;
        while !*stop.borrow() {
            if tidied.is_none_or(|at| at.elapsed() >= TIDY_EVERY) {
                tidied = Some(tokio::time::Instant::now());
                self.tidy().await;
            }
            let wait = match self.step(&wire, &mut stop).await {
                Step::Went => {
                    patience.reset();
                    continue;
                }
                Step::Idle => None,
                Step::Wait { why, attention, asked } => {
                    let wait = patience.next(asked, random());
                    self.waits(why, attention, wait);
                    Some(wait)
                }
                Step::Stopped => return,
            };
            let pause = tokio::time::sleep(wait.unwrap_or(TIDY_EVERY));
            tokio::select! {
                () = pause => {}
                () = self.wake.notified(), if wait.is_none() => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// One bill further, or why not.
    pub(crate) async fn step(self: &Arc<Self>, wire: &impl Wire, stop: &mut watch::Receiver<bool>) -> Step {
        let next = match self.blocking(|g| Ok(g.outbox().next()?)).await {
            Ok(Some(next)) => next,
            Ok(None) => {
                self.relax();
                return Step::Idle;
            }
            Err(error) => return Step::trouble(&error),
        };
        let (record, signed) = next;
        let seq = record.seq;
        if !may_send(&record) {
            let what = format!("the outbox is damaged: bill {seq} is {} and queued", record.state.name());
            return Step::trouble(&GatewayError::Machine(what));
        }
        if record.state == State::Queued
            && let Err(error) = self.blocking(move |g| g.settle(seq, &State::Sending)).await
        {
            return Step::trouble(&error);
        }
        let answer = tokio::select! {
            answer = wire.submit(&signed) => answer,
            // The answer is not waited for: the same bytes bring the same receipt after the next start.
            _ = stop.changed() => return Step::Stopped,
        };
        let situation = self.situation(&signed);
        match judge(answer, situation) {
            Verdict::Settled(state) => {
                tracing::info!(seq, number = record.key.number, state = state.name(), "bill settled");
                self.keep(seq, state, stop).await
            }
            Verdict::SignAnew => self.sign_anew(seq, signed).await,
            Verdict::Later { why, asked } => Step::Wait { why, attention: false, asked },
            Verdict::Attention { why } => {
                tracing::warn!(seq, number = record.key.number, why, "the lane needs attention");
                Step::Wait { why, attention: true, asked: None }
            }
        }
    }

    /// Writes the end of a bill. While that fails the bill is not sent again: its end is known.
    async fn keep(self: &Arc<Self>, seq: u64, state: State, stop: &mut watch::Receiver<bool>) -> Step {
        let mut patience = Patience::default();
        loop {
            let copy = state.clone();
            let Err(error) = self.blocking(move |g| g.settle(seq, &copy)).await else {
                self.answered();
                return Step::Went;
            };
            tracing::error!(seq, %error, "an answer of the ledger cannot be stored");
            let wait = patience.next(None, random());
            self.waits(error.to_string(), true, wait);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stop.changed() => return Step::Stopped,
            }
        }
    }

    fn settle(&self, seq: u64, state: &State) -> Result<(), GatewayError> {
        self.outbox().set(seq, state, now_us()?)?;
        Ok(())
    }

    /// New id, new salt, our present key; everything that was said stays.
    async fn sign_anew(self: &Arc<Self>, seq: u64, old: SignedStatement) -> Step {
        let done = self
            .blocking(move |g| {
                let damaged = |e: &dyn std::fmt::Display| GatewayError::Machine(format!("bill {seq}: {e}"));
                let mut statement = v1::Statement::decode(old.payload).map_err(|e| damaged(&e))?;
                if let Some(header) = &mut statement.header {
                    header.id = Vec::new();
                    header.salt = Vec::new();
                }
                let signed = g.signer().sign(statement).map_err(|e| damaged(&e))?;
                tracing::info!(seq, "signed anew: the ledger refused the old bytes for their age or key");
                Ok(g.outbox().replace(seq, &id_text(&signed), &signed)?)
            })
            .await;
        match done {
            Ok(()) => Step::Went,
            Err(error) => Step::trouble(&error),
        }
    }

    fn situation(&self, signed: &SignedStatement) -> Situation {
        let now = now_us().map_or(0, |us| u64::try_from(us / 1_000).unwrap_or(0));
        let header = header_of(signed);
        let made = statement::id_millis(&statement::id_bytes(&header.id));
        Situation {
            id_age_ms: now.saturating_sub(made),
            our_key: signed.key_id == self.signer().key_id().as_slice(),
        }
    }

    async fn tidy(self: &Arc<Self>) {
        let days = i64::from(self.settings().limits.keep_days);
        let forgotten = self.blocking(move |g| Ok(g.outbox().forget(now_us()? - days * DAY)?)).await;
        match forgotten {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "long settled bills forgotten"),
            Err(error) => tracing::warn!(%error, "long settled bills cannot be forgotten"),
        }
    }

    fn with_lane(&self, change: impl FnOnce(&mut LaneStatus)) {
        change(&mut self.lane.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn waits(&self, why: String, attention: bool, wait: Duration) {
        let next = now_us().unwrap_or(0).saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX));
        self.with_lane(|lane| {
            lane.waiting_for = why;
            lane.attention = attention;
            lane.next_try_at = next;
        });
    }

    fn relax(&self) {
        self.with_lane(|lane| *lane = LaneStatus { answered_at: lane.answered_at, ..LaneStatus::default() });
    }

    fn answered(&self) {
        let answered_at = now_us().unwrap_or(0);
        self.with_lane(|lane| *lane = LaneStatus { answered_at, ..LaneStatus::default() });
    }
}

pub(crate) enum Step {
    /// A bill went one state further.
    Went,
    /// Nothing waits.
    Idle,
    /// The head of the queue waits.
    Wait { why: String, attention: bool, asked: Option<Duration> },
    /// Told to stop.
    Stopped,
}

impl Step {
    fn trouble(error: &GatewayError) -> Self {
        tracing::error!(%error, "the outbox or the key does not work");
        Self::Wait { why: error.to_string(), attention: true, asked: None }
    }
}

/// Without randomness waits stay in the middle.
fn random() -> u8 {
    let mut byte = [0];
    getrandom::fill(&mut byte).map_or(128, |()| byte[0])
}
