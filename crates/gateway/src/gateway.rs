//! The gateway itself: takes inputs in, signs each bill once, stores it, and sends what is stored.

mod facts;
mod machine;
mod report;

use std::sync::{Arc, Mutex, PoisonError};

use client::{SignError, Signer};
use merkle::Hash;
use tokio::sync::Notify;

use crate::{
    Accepted, Bill, Fault, Input, NewBill, Outbox, OutboxError, Reading, Record, Settings, State, Which,
    fault::Reason, key::Key, lane::turns::Turns,
};
use facts::{ahead, content, faults_of, key_of, title};

pub(crate) use facts::id_text;
pub(crate) use machine::now_us;
pub use machine::{private_dir, public_key_text};
pub use report::{GatewayError, LaneStatus, Report, Told};

/// A gateway of one party to one ledger.
#[derive(Debug)]
pub struct Gateway {
    settings: Settings,
    signer: Signer<Key>,
    outbox: Outbox,
    /// Something new waits.
    pub(crate) wake: Notify,
    /// Somebody wants it tried now.
    pub(crate) nudge: Notify,
    pub(crate) lane: Mutex<LaneStatus>,
    pub(crate) turns: Mutex<Turns>,
}

impl Gateway {
    /// Opens the outbox and takes the key.
    ///
    /// # Errors
    /// [`OutboxError::InUse`] where another gateway runs on the directory, [`OutboxError::Foreign`] where
    /// it belongs to another ledger or party.
    pub fn new(settings: Settings, outbox: Outbox, key: Key, ledger: Hash) -> Result<Self, OutboxError> {
        let bills = &settings.bills;
        outbox.belong("ledger", &hex::encode(ledger))?;
        outbox.belong("party", &bills.party)?;
        let signer = Signer::new(bills.party.as_str(), key, ledger);
        let (wake, nudge) = (Notify::new(), Notify::new());
        Ok(Self { settings, signer, outbox, wake, nudge, lane: Mutex::default(), turns: Mutex::default() })
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The outbox.
    #[must_use]
    pub const fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The signer.
    #[must_use]
    pub const fn signer(&self) -> &Signer<Key> {
        &self.signer
    }

    /// How the lane fares.
    #[must_use]
    pub fn lane(&self) -> LaneStatus {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How inputs are read.
    #[must_use]
    pub const fn reading(&self) -> Reading<'_> {
        Reading { mapping: &self.settings.bills, limits: &self.settings.limits }
    }

    /// Takes in what was read: each bill without fault is signed and stored. Blocks on key and disk.
    ///
    /// # Errors
    /// See [`GatewayError`].
    pub fn take(&self, input: Input, source: &str) -> Result<Report, GatewayError> {
        let mut report = Report { bills: Vec::new(), faults: input.faults };
        let (mut plan, mut ready) = (Vec::new(), Vec::new());
        for bill in input.bills {
            match self.prepare(&bill, source)? {
                Prepared::Known(answer) => plan.push(Some(*answer)),
                Prepared::Signed(new) => {
                    plan.push(None);
                    ready.push(*new);
                }
                Prepared::Faulty(faults) => report.faults.extend(faults),
            }
        }
        let mut stored = self.outbox.accept(&ready)?.into_iter();
        report.bills =
            plan.into_iter().filter_map(|known| known.or_else(|| stored.next())).map(Told::from).collect();
        if report.has("new") {
            self.wake.notify_one();
        }
        Ok(report)
    }

    /// Signs a bill, unless it is here already.
    fn prepare(&self, bill: &Bill, source: &str) -> Result<Prepared, GatewayError> {
        let now = now_us()?;
        let Some(key) = key_of(bill) else {
            let fault = Fault::whole(Reason::Missing, "the statement has no body", "声明没有内容");
            return Ok(Prepared::Faulty(vec![fault]));
        };
        if let Some(fault) = ahead(bill, now) {
            return Ok(Prepared::Faulty(vec![fault]));
        }
        let content = hex::encode(content(&bill.statement, &self.settings.bills.party));
        let here = self.outbox.find(&key.number)?.into_iter().find(|r| r.key == key);
        if let Some(first) = here.filter(|r| !matches!(r.state, State::Refused(_))) {
            return Ok(Prepared::Known(Box::new(Accepted::known(first, &content))));
        }
        let signed = match self.signer.sign(bill.statement.clone()) {
            Ok(signed) => signed,
            Err(SignError::Refused(refusal)) => return Ok(Prepared::Faulty(faults_of(bill, &refusal))),
            Err(SignError::Contradiction { field, found, expected }) => {
                let en = format!("is {found}, this gateway signs for {expected}");
                let zh = format!("为 {found}，而本网关代表 {expected} 签名");
                let fault = Fault::at(0, format!("header.{field}"), Reason::NotOurs, en, zh);
                return Ok(Prepared::Faulty(vec![fault]));
            }
            Err(SignError::Key(fault)) => return Err(fault.into()),
            Err(other) => return Err(GatewayError::Machine(other.to_string())),
        };
        let record = Record {
            seq: 0,
            key,
            title: title(bill),
            lines: bill.lines as u64,
            id: id_text(&signed),
            content,
            source: source.to_owned(),
            accepted_at: now,
            changed_at: now,
            acts: Vec::new(),
            state: State::Queued,
        };
        Ok(Prepared::Signed(Box::new(NewBill { record, signed })))
    }

    /// Takes a bill that waits out of the queue, until [`Self::take_up`]. It keeps its signed bytes and its
    /// business key, and the other bills of its number go on.
    ///
    /// # Errors
    /// See [`Outbox::put_aside`].
    pub fn put_aside(&self, which: &Which, reason: &str) -> Result<Record, GatewayError> {
        let record = self.outbox.put_aside(which, reason, now_us()?)?;
        let (seq, number) = (record.seq, &record.key.number);
        tracing::warn!(seq, number, state = record.state.name(), reason, "bill put aside");
        self.by_hand(seq);
        Ok(record)
    }

    /// Puts a bill that was put aside back to its place; one that waits is tried now.
    ///
    /// # Errors
    /// See [`Outbox::take_up`].
    pub fn take_up(&self, which: &Which) -> Result<Record, GatewayError> {
        let record = self.outbox.take_up(which, now_us()?)?;
        let (seq, number) = (record.seq, &record.key.number);
        tracing::warn!(seq, number, state = record.state.name(), "bill taken up again");
        self.by_hand(seq);
        Ok(record)
    }

    /// Gives up a bill that waits because the ledger refuses it for what is missing there: it is refused, with
    /// the ledger's reason, and its number is free for a correction.
    ///
    /// # Errors
    /// [`OutboxError::NotRefused`] where the ledger has not said so, or the bill is being tried; else as for
    /// [`Outbox::put_aside`].
    pub fn give_up(&self, which: &Which) -> Result<Record, GatewayError> {
        let seq = self.outbox.waiting(which)?;
        let Some(said) = self.with_turns(|turns| turns.give_up(seq)) else {
            return Err(OutboxError::NotRefused(which.number.clone()).into());
        };
        let done = self.outbox.refuse(seq, said, now_us()?);
        self.with_turns(|turns| turns.gone(seq));
        self.nudge.notify_one();
        let record = done?;
        let (number, state) = (&record.key.number, record.state.name());
        tracing::warn!(seq, number, state, "bill given up");
        Ok(record)
    }

    fn by_hand(&self, seq: u64) {
        self.with_turns(|turns| turns.forget(seq));
        self.nudge.notify_one();
    }

    /// Runs work that blocks on key or disk.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, GatewayError> + Send + 'static,
    ) -> Result<T, GatewayError> {
        let this = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&this)).await;
        done.unwrap_or_else(|e| Err(GatewayError::Machine(format!("a worker died: {e}"))))
    }
}

/// A bill on its way into the outbox.
enum Prepared {
    /// It is here already, or another one with its number is.
    Known(Box<Accepted>),
    Signed(Box<NewBill>),
    Faulty(Vec<Fault>),
}
