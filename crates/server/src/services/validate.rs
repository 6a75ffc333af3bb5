//! `ValidateStatement`: every fault of a statement at once; nothing is recorded.
//!
//! What the form of a statement says is told to anybody. What the ledger says about it (who is registered,
//! which mandates there are, which bill numbers are taken) is told to its signer only: by the signature, or
//! by a read token of the party in the header.

use std::time::{SystemTime, UNIX_EPOCH};

use custody::{Signed, review};
use ledger::{Ledger, Submission};
use proto::{
    schema::STATEMENT,
    v1::{FieldViolation, SignedStatement, ValidateStatementRequest, ValidateStatementResponse},
};
use statement::{Envelope, Reason, Statement, Violation, Words, own_subjects, scan::texts};

use super::{Snapshot, submit::submission};
use crate::{access::Credentials, language::Language, status::Fault};

/// Most faults told.
const MAX_VIOLATIONS: usize = 100;

pub(super) fn validate(
    ledger: &Ledger,
    credentials: &Credentials,
    language: Language,
    request: ValidateStatementRequest,
) -> Result<ValidateStatementResponse, Fault> {
    let signed =
        request.statement.ok_or_else(|| Fault::field("statement", Words::of("not set", "未填写")))?;
    let (statement, mut faults) = match Statement::parse(signed.payload.clone()) {
        Ok(statement) => (Some(statement), Vec::new()),
        // Where single fields are at fault, the rest can be looked at all the same.
        Err(refusal) => (Statement::recorded(signed.payload.clone()).ok(), refusal.violations),
    };
    let Some(statement) = statement else { return Ok(answer(faults, Vec::new(), false, language)) };
    let view = ledger.snapshot()?;
    let sight = credentials.sight(&view, &ledger.id())?;
    let by_token = !sight.party.is_empty() && sight.party == statement.header().party;
    let (found, reviewed) = examine(ledger, &view, &statement, signed, by_token)?;
    for fault in found {
        // The form of a field has told already why its content cannot be.
        if !faults.iter().any(|f| f.field == fault.field) {
            faults.push(fault);
        }
    }
    Ok(answer(faults, warnings(&statement, language), reviewed, language))
}

/// What the ledger has against a statement, and whether the asker may know.
fn examine(
    ledger: &Ledger,
    view: &Snapshot<'_>,
    statement: &Statement,
    signed: SignedStatement,
    by_token: bool,
) -> Result<(Vec<Violation>, bool), Fault> {
    let unsigned = signed.signature.is_empty() && signed.key_id.is_empty();
    let (now, limits) = (now(), ledger.limits());
    if unsigned {
        let found = if by_token { review(view, statement, None, now, limits)? } else { Vec::new() };
        return Ok((found, by_token));
    }
    let submission = match submission(signed) {
        Ok(submission) => submission,
        Err(refusal) if by_token => {
            let mut found = refusal.violations;
            found.extend(review(view, statement, None, now, limits)?);
            return Ok((found, true));
        }
        Err(refusal) => return Ok((refusal.violations, false)),
    };
    let signed = as_signed(statement, &submission);
    let mut found = review(view, statement, Some(&signed), now, limits)?;
    let not_the_signer = |v: &Violation| {
        matches!(v.reason, Reason::UnknownKey | Reason::KeyOfAnotherParty | Reason::BadSignature)
    };
    let reviewed = by_token || !found.iter().any(not_the_signer);
    if !reviewed {
        found.retain(not_the_signer);
    }
    Ok((found, reviewed))
}

fn as_signed(statement: &Statement, submission: &Submission) -> Signed {
    let envelope =
        Envelope { key_id: submission.key_id, digest: *statement.digest(), signature: submission.signature };
    Signed {
        statement: statement.clone(),
        key_id: submission.key_id,
        envelope: envelope.encode().to_vec().into(),
        own: own_subjects(statement),
    }
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_micros()).unwrap_or(i64::MAX)
}

/// Allowed, and unusual: what `gs1` has to say of every identifier, each with its field.
fn warnings(statement: &Statement, language: Language) -> Vec<FieldViolation> {
    let mut found = Vec::new();
    texts(statement.payload(), STATEMENT, &mut |path, text| {
        if let Some(caution) = gs1::caution(text) {
            let (english, chinese) = (format!("{text}: {caution}"), format!("{text}：{}", caution.chinese()));
            found.push(FieldViolation {
                field: path.to_string(),
                description: match language {
                    Language::English => english,
                    Language::Chinese => chinese,
                },
                reason: caution.as_str().to_ascii_uppercase(),
                remedy: language
                    .pick("compare it with the label or the register", "请与标签或登记核对")
                    .into(),
            });
        }
        found.len() < MAX_VIOLATIONS
    });
    found
}

fn answer(
    mut faults: Vec<Violation>,
    warnings: Vec<FieldViolation>,
    reviewed: bool,
    language: Language,
) -> ValidateStatementResponse {
    let truncated = faults.len() >= MAX_VIOLATIONS;
    faults.truncate(MAX_VIOLATIONS);
    ValidateStatementResponse {
        admissible: faults.is_empty() && reviewed,
        violations: faults.into_iter().map(|v| crate::status::violation(&v, language)).collect(),
        truncated,
        warnings,
        reviewed,
    }
}
