//! Putting a bill aside, and taking it up again: by people, and by nothing else.
//!
//! A bill that is put aside keeps its signed bytes and its business key. The ledger may have it already
//! (its answer may have got lost), so nothing is ever signed in its place, and what is taken up again is
//! the same bytes.

use serde::Deserialize;

use super::{
    Outbox, OutboxError, Work,
    moves::settle,
    rows::{ASIDE, QUEUE, count, fetch, put},
};
use crate::record::{Act, MAX_ACTS, MAX_REASON, Record, Refused, State};

/// Names a bill as people do: by its number, and by more where several have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// The bill's own number.
    pub number: String,
    /// Kind of statement; none = any.
    #[serde(default)]
    pub kind: Option<String>,
    /// Principal, empty = the signer itself; none = any.
    #[serde(default)]
    pub principal: Option<String>,
}

impl Outbox {
    /// Takes a bill that waits out of the queue, for good until somebody takes it up again.
    ///
    /// # Errors
    /// [`OutboxError::NoSuchBill`] where none of this name waits, [`OutboxError::Several`],
    /// [`OutboxError::Storage`].
    pub fn put_aside(&self, which: &Which, reason: &str, now: i64) -> Work<Record> {
        let seq = self.waiting(which)?;
        self.change(seq, now, |state| match state {
            State::Queued | State::Sending => {
                let reason = reason.chars().filter(|c| !c.is_control()).take(MAX_REASON).collect();
                let sent = *state == State::Sending;
                Some((State::Aside { reason, sent }, "put-aside"))
            }
            _ => None,
        })
    }

    /// Puts a bill back to its old place in the queue, with the bytes it had. One that waits keeps its place.
    ///
    /// # Errors
    /// As for [`Self::put_aside`].
    pub fn take_up(&self, which: &Which, now: i64) -> Work<Record> {
        let seq = self.the_one(which, "is put aside or waits", "已搁置或待发送", |s| {
            s.waits() || s.is_aside()
        })?;
        self.change(seq, now, |state| match state {
            State::Aside { sent: true, .. } => Some((State::Sending, "retry")),
            State::Aside { sent: false, .. } => Some((State::Queued, "retry")),
            _ => None,
        })
    }

    /// The place of a bill that waits.
    ///
    /// # Errors
    /// As for [`Self::put_aside`].
    pub(crate) fn waiting(&self, which: &Which) -> Work<u64> {
        self.the_one(which, "waits to be sent", "待发送", State::waits)
    }

    /// Refuses a bill that waits in the ledger's words, and writes down that somebody did.
    pub(crate) fn refuse(&self, seq: u64, said: Refused, now: i64) -> Work<Record> {
        self.write(|t| {
            let mut record = fetch(t, seq)?;
            if record.state.waits() {
                act(&mut record, "give-up", now, String::new());
                settle(t, &mut record, &State::Refused(said), now)?;
            }
            Ok(Ok(record))
        })
    }

    /// The only bill that is meant.
    fn the_one(&self, which: &Which, en: &str, zh: &str, fits: impl Fn(&State) -> bool) -> Work<u64> {
        let matches = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|w| w == is);
        let mut found = self.find(&which.number)?;
        found.retain(|r| matches(&which.kind, &r.key.kind) && matches(&which.principal, &r.key.principal));
        let (fitting, others): (Vec<_>, Vec<_>) = found.iter().partition(|r| fits(&r.state));
        match (fitting.as_slice(), others.as_slice()) {
            ([one], _) => Ok(one.seq),
            ([], []) => {
                let number = &which.number;
                Err(OutboxError::NoSuchBill(format!("no bill {number} is here; 没有单据 {number}")))
            }
            ([], [other, ..]) => Err(OutboxError::NoSuchBill(format!(
                "the bill {} is {}: no bill of this name {en}; 单据状态为{}，没有{zh}的单据",
                which.number,
                other.state.name(),
                other.state.chinese(),
            ))),
            (several, _) => {
                let names = several.iter().map(|r| format!("{} {}", r.key.kind, r.key.principal));
                let names = names.map(|n| n.trim().to_owned()).collect::<Vec<_>>().join(", ");
                Err(OutboxError::Several(which.number.clone(), names))
            }
        }
    }

    /// Moves a bill between queue and aside, and writes down that somebody did.
    fn change(
        &self,
        seq: u64,
        now: i64,
        to: impl Fn(&State) -> Option<(State, &'static str)>,
    ) -> Work<Record> {
        self.write(|t| {
            let mut record = fetch(t, seq)?;
            // It may have been settled since it was looked up: then it stays as it is.
            let Some((state, what)) = to(&record.state) else { return Ok(Ok(record)) };
            let (from, into) = if state.is_aside() { (QUEUE, ASIDE) } else { (ASIDE, QUEUE) };
            let bytes = t.open_table(from)?.remove(seq)?.map_or(0, |v| v.value());
            t.open_table(into)?.insert(seq, bytes)?;
            count(t, record.state.name(), -1)?;
            count(t, state.name(), 1)?;
            let reason =
                if let State::Aside { reason, .. } = &state { reason.clone() } else { String::new() };
            act(&mut record, what, now, reason);
            record.state = state;
            record.changed_at = now;
            put(t, &record)?;
            Ok(Ok(record))
        })
    }
}

/// Writes down what somebody did.
fn act(record: &mut Record, what: &str, at: i64, reason: String) {
    if record.acts.len() >= MAX_ACTS {
        record.acts.remove(0);
    }
    record.acts.push(Act { what: what.to_owned(), at, reason });
}
