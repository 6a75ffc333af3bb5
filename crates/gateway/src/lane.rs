//! The one lane to the ledger: bills leave in order of acceptance, one at a time. Those of one number never
//! overtake each other; one with trouble of its own is overtaken by the others (`turns`).
//!
//! | the ledger says | the bill | the lane |
//! | --- | --- | --- |
//! | receipt | landed | goes on |
//! | refused for what it says | refused | goes on |
//! | its business key is taken | duplicate | goes on |
//! | refused for the age of its id, or a key that is no longer ours | signed anew: same number, same content | sends it |
//! | refused for the signer (unknown key, wrong ledger …) | waits | waits, and asks for attention |
//! | refused for what is missing for some bills (role, mandate, use of the key) | waits | goes on without those that it concerns, which keep their order, and asks for attention |
//! | nothing, or: later | waits | waits, and sends the same bytes again; after a while others go past it |
//!
//! Which reason is which stands in `means`. Signing anew is safe: the ledger looks for recorded bytes first,
//! so a refusal says that the old ones are not recorded; and should they be, the business key stops the new
//! ones.

pub(crate) mod means;
pub(crate) mod turns;

use std::time::Duration;

use client::ClientError;
use proto::v1::{Receipt, SignedStatement};
use tonic::Code;

use crate::{Landed, Record, Refused, State, record::FieldFault};
use means::{CALLS, Means, Scope, row_of};

/// A wait is at least this long…
const SHORTEST: Duration = Duration::from_millis(200);
/// …and at most this long, unless the ledger asks for more.
const LONGEST: Duration = Duration::from_secs(30);
/// Longest wait that a ledger may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(600);

/// Ids older than this by our own clock are not sent again before they are made anew; the ledger's own
/// bound is 30 days unless its genesis says otherwise.
pub(crate) const OLD_ID_MS: u64 = 24 * 3_600 * 1_000;

/// What to do after an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The bill has reached its end.
    Settled(State),
    /// Sign the bill anew and send that.
    SignAnew,
    /// The same bytes again, later.
    Later {
        /// What happened.
        why: String,
        /// How long the ledger asks to be left alone.
        asked: Option<Duration>,
    },
    /// The same, but waiting alone will hardly help: somebody has to look.
    Attention {
        /// What happened, and what to do.
        why: String,
        /// Which other bills would meet it.
        whom: Whom,
    },
}

/// Whom a trouble concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    /// This bill, as far as is known.
    It,
    /// All bills.
    Everybody,
    /// All bills like it. The ledger has said so of this one, and so has not recorded it.
    Alike(Scope, Box<Refused>),
}

/// What the lane knows when it judges a refusal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation {
    /// How far the statement's id lies from now by our own clock, in ms, before or behind: a clock that was
    /// wrong and has been set makes ids of the future.
    pub(crate) id_age_ms: u64,
    /// It was signed with the key that the gateway has now.
    pub(crate) our_key: bool,
    /// Its kind can be signed for somebody else.
    pub(crate) delegable: bool,
}

/// Judges an answer.
pub(crate) fn judge(answer: Result<Receipt, ClientError>, situation: Situation) -> Verdict {
    match answer {
        Ok(receipt) => Verdict::Settled(State::Landed(Landed::from(&receipt))),
        Err(ClientError::Fix(failure)) => refusal(&failure, situation),
        Err(ClientError::Retry(failure)) => {
            Verdict::Later { why: failure.to_string(), asked: failure.retry_after }
        }
        Err(error @ (ClientError::BadHistory(_) | ClientError::BadCheckpoint(_))) => {
            let advice = "nothing more is sent to it: bills that had landed may be missing from it; ask its operator, keep the \
                          files named, and hand in what is missing under a new data directory; \
                          账本历史与此前所见不符，已停止发送：已入账的单据可能缺失，请联系账本运营方并保留所指文件";
            Verdict::Attention { why: format!("{error}; {advice}"), whom: Whom::Everybody }
        }
        Err(error) => Verdict::Attention { why: error.to_string(), whom: Whom::It },
    }
}

fn refusal(failure: &client::Failure, situation: Situation) -> Verdict {
    // Not an answer of the ledger: something between.
    if failure.reason.is_empty() {
        let advice = "the answer is not a ledger's: check the server's address; 应答并非来自账本，请检查地址";
        return Verdict::Attention { why: format!("{failure}; {advice}"), whom: Whom::It };
    }
    if CALLS.contains(&failure.reason.as_str()) {
        let advice = "the server did not come to the statement: server and gateway do not go together; \
                      服务器未处理该声明，请检查版本是否匹配";
        return Verdict::Attention { why: format!("{failure}; {advice}"), whom: Whom::It };
    }
    let Some(row) = row_of(&failure.reason) else { return Verdict::Settled(State::Refused(said(failure))) };
    let (en, zh) = row.mend;
    let attention = |whom| Verdict::Attention { why: format!("{failure}; {en}; {zh}"), whom };
    match row.means {
        Means::Taken => {
            Verdict::Settled(State::Duplicate { entry: taken_by(failure), message: failure.message.clone() })
        }
        Means::Later => Verdict::Later { why: failure.to_string(), asked: failure.retry_after },
        Means::Clock if situation.id_age_ms >= OLD_ID_MS => Verdict::SignAnew,
        Means::Key if !situation.our_key => Verdict::SignAnew,
        Means::Clock | Means::Key | Means::SetUp(Scope::Everybody) => attention(Whom::Everybody),
        Means::SetUp(scope) => attention(Whom::Alike(scope, Box::new(said(failure)))),
        Means::Mandate if situation.delegable => {
            attention(Whom::Alike(Scope::KindOfPrincipal, Box::new(said(failure))))
        }
        Means::Mandate | Means::Bill => Verdict::Settled(State::Refused(said(failure))),
    }
}

fn said(failure: &client::Failure) -> Refused {
    let fault = |v: &proto::v1::FieldViolation| FieldFault {
        field: v.field.clone(),
        description: v.description.clone(),
    };
    Refused {
        reason: failure.reason.clone(),
        message: failure.message.clone(),
        violations: failure.violations.iter().map(fault).collect(),
    }
}

/// The entry that has the business key: the ledger says "taken by entry N".
fn taken_by(failure: &client::Failure) -> Option<u64> {
    let violation = failure.violations.iter().find(|v| v.field == "header.business_key")?;
    violation.description.rsplit(' ').next()?.parse().ok()
}

/// Waits that double from [`SHORTEST`] to [`LONGEST`], each shortened by up to half at random so that
/// gateways which lost one server do not come back together.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    tries: u32,
}

impl Patience {
    pub(crate) fn reset(&mut self) {
        self.tries = 0;
    }

    /// The next wait. `random` is 0 to 255.
    pub(crate) fn next(&mut self, asked: Option<Duration>, random: u8) -> Duration {
        let doubled = SHORTEST.saturating_mul(1u32.checked_shl(self.tries.min(31)).unwrap_or(u32::MAX));
        self.tries = self.tries.saturating_add(1);
        let full = doubled.min(LONGEST);
        let wait = full / 2 + (full / 2) * u32::from(random) / 255;
        wait.max(asked.unwrap_or_default().min(LONGEST_ASKED))
    }
}

/// Sends one statement and brings its answer.
pub trait Wire: Send + Sync {
    /// Once, without repeating.
    fn submit(&self, signed: &SignedStatement) -> impl Future<Output = Result<Receipt, ClientError>> + Send;
}

/// Whether a record may be sent at all: the rule that nothing settled is ever sent again, in one place.
pub(crate) const fn may_send(record: &Record) -> bool {
    record.state.waits()
}

/// A failure made here, in the client's terms.
pub(crate) fn unavailable(message: String) -> ClientError {
    ClientError::Retry(Box::new(client::Failure {
        code: Code::Unavailable,
        reason: String::new(),
        message,
        violations: Vec::new(),
        retry_after: None,
    }))
}

#[cfg(test)]
mod tests;
