//! What a bill is known by, what it says, and what is wrong with it before it is signed.

use merkle::{Hash, sha256};
use prost::Message as _;
use proto::v1::{self, Header, SignedStatement, statement::Body};
use statement::{Reason, Refusal, kind_of, kind_row};

use crate::{Bill, BillKey, Fault};

/// Most that a bill may lie in the future, µs: what the ledger allows too.
const AHEAD: i64 = 5 * 60 * 1_000_000;

/// What a bill says, whoever signs it when: its statement without id and salt.
pub(super) fn content(statement: &v1::Statement, party: &str) -> Hash {
    let mut plain = statement.clone();
    if let Some(header) = &mut plain.header {
        header.id.clear();
        header.salt.clear();
        header.ledger.clear();
        party.clone_into(&mut header.party);
    }
    sha256(&[&plain.encode_to_vec()])
}

pub(super) fn key_of(bill: &Bill) -> Option<BillKey> {
    let kind = kind_row(kind_of(bill.statement.body.as_ref()?))?;
    let principal = bill.statement.header.as_ref().map(|h| h.on_behalf_of.clone()).unwrap_or_default();
    Some(BillKey { number: bill.number.clone(), kind: kind.name.to_owned(), principal })
}

pub(super) fn title(bill: &Bill) -> String {
    let kind = || bill.statement.body.as_ref().and_then(|b| kind_row(kind_of(b))).map(|row| row.chinese);
    bill.bill_type.map(|t| t.chinese).or_else(kind).unwrap_or_default().to_owned()
}

pub(super) fn ahead(bill: &Bill, now: i64) -> Option<Fault> {
    let path = ahead_path(&bill.statement, now.saturating_add(AHEAD))?;
    let (line, column) = bill.places.find(path);
    let (en, zh) = if bill.day_alone {
        (
            "is a day alone, and the time of day that it means by [bills.day-means] is still to come; write the time of \
             day, or hand it in after that",
            "只有日期，而按 [bills.day-means] 所指的时刻尚未到来；请写明时刻，或在该时刻之后提交",
        )
    } else {
        (
            "lies in the future; check the bill, and the clock of this machine",
            "发生时间在未来；请检查单据与本机时钟",
        )
    };
    Some(Fault::of_ledger(line, column, Reason::OccurredAhead, en, zh))
}

/// The field that lies after a time: what happened, or what a Correct says happened.
fn ahead_path(statement: &v1::Statement, latest: i64) -> Option<&'static str> {
    let replaced = match &statement.body {
        Some(Body::Correct(b)) => b.replacement.as_ref().map_or(0, |r| r.occurred_at),
        _ => 0,
    };
    let occurred = statement.header.as_ref().map_or(0, |h| h.occurred_at);
    let paths = [("header.occurred_at", occurred), ("correct.replacement.occurred_at", replaced)];
    paths.into_iter().find(|(_, at)| *at > latest).map(|(path, _)| path)
}

/// The ledger's own rules, applied here before anything is signed, in terms of the input.
pub(super) fn faults_of(bill: &Bill, refusal: &Refusal) -> Vec<Fault> {
    if refusal.violations.is_empty() {
        let reason = refusal.reason;
        return vec![Fault::of_ledger(0, "", reason, reason.english(), reason.chinese())];
    }
    let fault = |v: &statement::Violation| {
        let (line, column) = bill.places.find(&v.field);
        let column = if column.is_empty() { v.field.clone().into_owned() } else { column };
        Fault::of_ledger(line, column, v.reason, v.description.english(), v.description.chinese())
    };
    refusal.violations.iter().map(fault).collect()
}

fn header_of(signed: &SignedStatement) -> Header {
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
