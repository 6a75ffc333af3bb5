//! The gateway itself: takes inputs in, signs each bill once, stores it, and sends what is stored.

use std::{
    fs, io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use client::{KeyFault, PrivateKey as _, SignError, Signer};
use merkle::{Hash, sha256};
use prost::Message as _;
use proto::v1::{self, Header, SignedStatement};
use serde::Serialize;
use statement::{Refusal, kind_of, kind_row};
use tokio::sync::Notify;

use crate::{
    Accepted, Bill, BillKey, Fault, Input, NewBill, Outbox, OutboxError, Reading, Record, Settings, State,
    key::Key,
};

/// Most that a bill may lie in the future, µs: what the ledger allows too.
const AHEAD: i64 = 5 * 60 * 1_000_000;

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
}

/// A gateway of one party to one ledger.
#[derive(Debug)]
pub struct Gateway {
    settings: Settings,
    signer: Signer<Key>,
    outbox: Outbox,
    pub(crate) wake: Notify,
    pub(crate) lane: Mutex<LaneStatus>,
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
        Ok(Self { settings, signer, outbox, wake: Notify::new(), lane: Mutex::default() })
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
            return Ok(Prepared::Faulty(vec![Fault::whole(
                "MISSING",
                "the statement has no body",
                "声明没有内容",
            )]));
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
                let fault = Fault::at(0, format!("header.{field}"), "NOT_OURS", en, zh);
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
            state: State::Queued,
        };
        Ok(Prepared::Signed(Box::new(NewBill { record, signed })))
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

/// What a bill says, whoever signs it when: its statement without id and salt.
fn content(statement: &v1::Statement, party: &str) -> Hash {
    let mut plain = statement.clone();
    if let Some(header) = &mut plain.header {
        header.id.clear();
        header.salt.clear();
        header.ledger.clear();
        party.clone_into(&mut header.party);
    }
    sha256(&[&plain.encode_to_vec()])
}

fn key_of(bill: &Bill) -> Option<BillKey> {
    let kind = kind_row(kind_of(bill.statement.body.as_ref()?))?;
    let principal = bill.statement.header.as_ref().map(|h| h.on_behalf_of.clone()).unwrap_or_default();
    Some(BillKey { number: bill.number.clone(), kind: kind.name.to_owned(), principal })
}

fn title(bill: &Bill) -> String {
    let kind = || bill.statement.body.as_ref().and_then(|b| kind_row(kind_of(b))).map(|row| row.chinese);
    bill.bill_type.map(|t| t.chinese).or_else(kind).unwrap_or_default().to_owned()
}

fn ahead(bill: &Bill, now: i64) -> Option<Fault> {
    let occurred = bill.statement.header.as_ref().map_or(0, |h| h.occurred_at);
    if occurred <= now.saturating_add(AHEAD) {
        return None;
    }
    let (line, column) = bill.places.find("header.occurred_at");
    let en = "lies in the future; check the bill, and the clock of this machine";
    Some(Fault::at(line, column, "OCCURRED_AHEAD", en, "发生时间在未来；请检查单据与本机时钟"))
}

/// The ledger's own rules, applied here before anything is signed, in terms of the input.
fn faults_of(bill: &Bill, refusal: &Refusal) -> Vec<Fault> {
    if refusal.violations.is_empty() {
        let reason = refusal.reason;
        return vec![Fault::whole(reason.as_str(), reason.english(), reason.chinese())];
    }
    let fault = |v: &statement::Violation| {
        let (line, column) = bill.places.find(&v.field);
        let column = if column.is_empty() { v.field.clone().into_owned() } else { column };
        Fault::at(line, column, v.reason.as_str(), v.description.english(), v.description.chinese())
    };
    refusal.violations.iter().map(fault).collect()
}

pub(crate) fn header_of(signed: &SignedStatement) -> Header {
    v1::Statement::decode(signed.payload.clone()).ok().and_then(|s| s.header).unwrap_or_default()
}

/// The id of a signed statement as a UUID.
pub(crate) fn id_text(signed: &SignedStatement) -> String {
    let digits = hex::encode(header_of(signed).id);
    let mut text = String::with_capacity(36);
    for (i, digit) in digits.chars().enumerate() {
        if matches!(i, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

/// µs since the Unix epoch.
pub(crate) fn now_us() -> Result<i64, GatewayError> {
    let wrong = || GatewayError::Machine("the system clock is wrong; 系统时钟有误".into());
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| wrong())?;
    i64::try_from(since.as_micros()).map_err(|_| wrong())
}

/// Makes a directory that only its owner can look into.
///
/// # Errors
/// The file system refused.
pub fn private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Public half of the key that signs, hex.
#[must_use]
pub fn public_key_text(key: &Key) -> String {
    hex::encode(key.public().as_bytes())
}
