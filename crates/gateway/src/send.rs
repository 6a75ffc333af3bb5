//! Sending: the lane takes the bills that wait to the ledger, one at a time, and writes down what became
//! of each. Whose turn it is stands in `lane::turns`.

use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use prost::Message as _;
use proto::v1::{self, SignedStatement};
use tokio::sync::watch;

use crate::{
    Gateway, LaneStatus, Record, State,
    gateway::{GatewayError, id_text, now_us},
    lane::{
        Patience, Situation, Verdict, Whom, Wire, judge, may_send,
        turns::{After, Failed, Turns},
    },
};

/// A day in µs.
const DAY: i64 = 86_400_000_000;
/// How often long settled bills are forgotten.
const TIDY_EVERY: Duration = Duration::from_secs(3_600);
/// How long a bill that somebody is giving up is waited for.
const GIVING_UP: Duration = Duration::from_millis(50);
/// Most transactions that forget, each time.
const TIDY_ROUNDS: usize = 100;

impl Gateway {
    /// Sends what is stored until told to stop.
    pub async fn run_lane(self: Arc<Self>, wire: impl Wire, mut stop: watch::Receiver<bool>) {
        let mut tidied: Option<Instant> = None;
        while !*stop.borrow() {
            if tidied.is_none_or(|at| at.elapsed() >= TIDY_EVERY) {
                tidied = Some(Instant::now());
                self.tidy().await;
            }
            let (wait, hears) = match self.step(&wire, &mut stop, Instant::now()).await {
                Step::Went => continue,
                Step::Idle => (TIDY_EVERY, true),
                Step::Rest(wait) => (wait, true),
                Step::Wait(wait) => (wait, false),
                Step::Stopped => return,
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.wake.notified(), if hears => {}
                () = self.nudge.notified() => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// One bill further, or why not.
    pub(crate) async fn step(
        self: &Arc<Self>,
        wire: &impl Wire,
        stop: &mut watch::Receiver<bool>,
        now: Instant,
    ) -> Step {
        let (record, signed) = match self.pick(now).await {
            Ok(Some(next)) => next,
            Ok(None) => return self.nothing_goes(now),
            Err(error) => return self.trouble(&error, now),
        };
        let seq = record.seq;
        if !may_send(&record) {
            let what = format!("the outbox is damaged: bill {seq} is {} and queued", record.state.name());
            return self.trouble(&GatewayError::Machine(what), now);
        }
        if !self.with_turns(|turns| turns.sending(seq)) {
            // Given up just now; it takes one transaction.
            return Step::Wait(GIVING_UP);
        }
        if record.state == State::Queued {
            match self.blocking(move |g| g.settle(seq, &State::Sending)).await {
                Ok(record) if may_send(&record) => {}
                // Somebody put it aside just now.
                Ok(_) => return Step::Went,
                Err(error) => return self.trouble(&error, now),
            }
        }
        let answer = tokio::select! {
            answer = wire.submit(&signed) => answer,
            // The answer is not waited for: the same bytes bring the same receipt after the next start.
            _ = stop.changed() => return Step::Stopped,
        };
        match judge(answer, self.situation(&signed)) {
            Verdict::Settled(state) => {
                tracing::info!(seq, number = record.key.number, state = state.name(), "bill settled");
                self.keep(seq, state, stop).await
            }
            Verdict::SignAnew => self.sign_anew(seq, signed, now).await,
            Verdict::Later { why, asked } => {
                let failed =
                    Failed { seq, key: &record.key, why: &why, asked, whom: &Whom::It, attention: false };
                self.missed(&failed, now)
            }
            Verdict::Attention { why, whom } => {
                tracing::warn!(seq, number = record.key.number, why, "the lane needs attention");
                let failed =
                    Failed { seq, key: &record.key, why: &why, asked: None, whom: &whom, attention: true };
                self.missed(&failed, now)
            }
        }
    }

    /// The bill whose turn it is.
    async fn pick(self: &Arc<Self>, now: Instant) -> Result<Option<(Record, SignedStatement)>, GatewayError> {
        loop {
            let passing = self.with_turns(|turns| turns.passing(now));
            let found = self.blocking(move |g| Ok(g.outbox().next_passing(&passing)?)).await?;
            if found.is_some() || !self.with_turns(Turns::wrap) {
                return Ok(found);
            }
        }
    }

    fn nothing_goes(&self, now: Instant) -> Step {
        let Some(rest) = self.with_turns(|turns| turns.rest(now)) else {
            self.with_lane(LaneStatus::relax);
            return Step::Idle;
        };
        self.waits(rest.why, rest.attention, rest.wait);
        Step::Rest(rest.wait)
    }

    /// A bill did not get through.
    fn missed(&self, failed: &Failed<'_>, now: Instant) -> Step {
        let Failed { seq, why, attention, .. } = *failed;
        match self.with_turns(|turns| turns.failed(failed, now, random())) {
            After::Another => {
                tracing::warn!(seq, number = failed.key.number, why, "others are tried first");
                self.tell_overtaken();
                Step::Went
            }
            After::Wait(wait) => {
                self.waits(why.to_owned(), attention, wait);
                Step::Wait(wait)
            }
        }
    }

    fn trouble(&self, error: &GatewayError, now: Instant) -> Step {
        tracing::error!(%error, "the outbox or the key does not work");
        let wait = self.with_turns(|turns| turns.everybody(None, now, random()));
        self.waits(error.to_string(), true, wait);
        Step::Wait(wait)
    }

    /// Writes the end of a bill. While that fails the bill is not sent again: its end is known.
    async fn keep(self: &Arc<Self>, seq: u64, state: State, stop: &mut watch::Receiver<bool>) -> Step {
        let mut patience = Patience::default();
        loop {
            let copy = state.clone();
            let error = match self.blocking(move |g| g.settle(seq, &copy)).await {
                Err(error) => error,
                Ok(record) => {
                    self.with_turns(|turns| turns.answered(seq, &record.key, Instant::now()));
                    self.with_lane(|lane| {
                        lane.relax();
                        lane.answered_at = now_us().unwrap_or(0);
                    });
                    self.tell_overtaken();
                    return Step::Went;
                }
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

    fn settle(&self, seq: u64, state: &State) -> Result<Record, GatewayError> {
        Ok(self.outbox().set(seq, state, now_us()?)?)
    }

    /// New id, new salt, our present key; everything that was said stays.
    async fn sign_anew(self: &Arc<Self>, seq: u64, old: SignedStatement, now: Instant) -> Step {
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
            Err(error) => self.trouble(&error, now),
        }
    }

    fn situation(&self, signed: &SignedStatement) -> Situation {
        let now = now_us().map_or(0, |us| u64::try_from(us / 1_000).unwrap_or(0));
        let statement = v1::Statement::decode(signed.payload.clone()).unwrap_or_default();
        let kind = statement.body.as_ref().map(statement::kind_of).and_then(statement::kind_row);
        let header = statement.header.unwrap_or_default();
        let made = statement::id_millis(&statement::id_bytes(&header.id));
        Situation {
            id_age_ms: now.abs_diff(made),
            our_key: signed.key_id == self.signer().key_id().as_slice(),
            delegable: kind.is_some_and(|row| row.delegable),
        }
    }

    /// Forgets what is long settled, a thousand bills at a time, as long as there is more.
    async fn tidy(self: &Arc<Self>) {
        let keep = i64::from(self.settings().limits.keep_days).saturating_mul(DAY);
        for _ in 0..TIDY_ROUNDS {
            let forgotten =
                self.blocking(move |g| Ok(g.outbox().forget(now_us()?.saturating_sub(keep))?)).await;
            match forgotten {
                Ok(0) => return,
                Ok(count) => tracing::info!(count, "long settled bills forgotten"),
                Err(error) => {
                    tracing::warn!(%error, "long settled bills cannot be forgotten");
                    return;
                }
            }
        }
    }

    fn with_lane(&self, change: impl FnOnce(&mut LaneStatus)) {
        change(&mut self.lane.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn with_turns<T>(&self, change: impl FnOnce(&mut Turns) -> T) -> T {
        change(&mut self.turns.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn waits(&self, why: String, attention: bool, wait: Duration) {
        let next = now_us().unwrap_or(0).saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX));
        self.with_lane(|lane| {
            lane.waiting_for = why;
            lane.attention = attention;
            lane.next_try_at = next;
        });
        self.tell_overtaken();
    }

    /// What others go past will hardly mend itself.
    fn tell_overtaken(&self) {
        let overtaken = self.with_turns(|turns| turns.overtaken());
        self.with_lane(|lane| {
            lane.attention |= !overtaken.is_empty();
            lane.overtaken = overtaken;
        });
    }
}

pub(crate) enum Step {
    /// A bill went one state further, or another one is to be tried.
    Went,
    /// Nothing waits.
    Idle,
    /// Nothing that waits can go for so long, unless something new comes.
    Rest(Duration),
    /// Nothing goes for so long.
    Wait(Duration),
    /// Told to stop.
    Stopped,
}

/// Without randomness waits stay in the middle.
fn random() -> u8 {
    let mut byte = [0];
    getrandom::fill(&mut byte).map_or(128, |()| byte[0])
}
