//! The one table from what went wrong to `tonic::Status` and [`Rejection`].
//!
//! Reasons of refused statements stand in `statement`; what can go wrong with a call besides stands
//! in `kind`, in the same form.

use std::{collections::HashMap, time::Duration};

use proto::v1::{FieldViolation, Rejection};
use statement::{Class, Reason, Refusal, Words, words};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::language::Language;

mod kind;
#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;

pub(crate) use kind::Kind;
use kind::{RETRY, RETRY_STOPPED};

/// `google.rpc.ErrorInfo.domain`.
pub const DOMAIN: &str = "yuanliu";
/// Most bytes of field violations in a status: it travels in headers, for which clients keep 16 KiB.
const MAX_VIOLATION_BYTES: usize = 4_096;

/// A [`Kind`] with the field it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    field: Option<(&'static str, Words)>,
    /// The entry that is the reason.
    entry: Option<u64>,
}

impl Fault {
    /// A field of the request is at fault.
    pub(crate) fn field(field: &'static str, description: Words) -> Self {
        Self::at(Kind::InvalidRequest, field, description)
    }

    /// A field of the request is at fault in a way of its own.
    pub(crate) fn at(kind: Kind, field: &'static str, description: Words) -> Self {
        Self { kind, field: Some((field, description)), entry: None }
    }

    /// What is asked for was erased by an entry.
    pub(crate) fn erased(by: u64) -> Self {
        let told =
            Self::at(Kind::AttachmentErased, "digest", words!("erased by entry {by}", "已由条目 {by} 删除"));
        Self { entry: Some(by), ..told }
    }

    /// The store failed: said in the log, not to the caller.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a read failed");
        Kind::Internal.into()
    }

    /// As a status.
    pub(crate) fn status(&self, language: Language) -> Status {
        let row = self.kind.row();
        let entry = self.entry.map(|entry| ("entry".to_owned(), entry.to_string()));
        let mut details = ErrorDetails::new();
        details.set_error_info(row.reason, DOMAIN, entry.into_iter().collect::<HashMap<_, _>>());
        if let Some((field, description)) = &self.field {
            details.add_bad_request_violation(*field, language.of_words(description));
        }
        if let Some(delay) = self.kind.retry() {
            details.set_retry_info(Some(delay));
        }
        Status::with_error_details(row.code, language.pick(row.english, row.chinese), details)
    }
}

/// What is said of a field that must be there.
pub(crate) const fn not_set() -> Words {
    Words::of("not set", "未填写")
}

impl From<Kind> for Fault {
    fn from(kind: Kind) -> Self {
        Self { kind, field: None, entry: None }
    }
}

impl From<custody::ViewError> for Fault {
    fn from(error: custody::ViewError) -> Self {
        Self::internal(&error)
    }
}

impl From<findings::FindingsError> for Fault {
    fn from(error: findings::FindingsError) -> Self {
        tracing::error!(%error, "findings cannot be read");
        Kind::FindingsBroken.into()
    }
}

impl From<ledger::Error> for Fault {
    fn from(error: ledger::Error) -> Self {
        Self::internal(&error)
    }
}

fn info(reason: &str) -> ErrorDetails {
    let mut details = ErrorDetails::new();
    details.set_error_info(reason, DOMAIN, HashMap::new());
    details
}

/// `google.rpc.Code` of a class.
const fn code(class: Class) -> Code {
    match class {
        Class::InvalidArgument => Code::InvalidArgument,
        Class::FailedPrecondition => Code::FailedPrecondition,
        Class::AlreadyExists => Code::AlreadyExists,
        Class::Unauthenticated => Code::Unauthenticated,
        Class::PermissionDenied => Code::PermissionDenied,
        Class::ResourceExhausted => Code::ResourceExhausted,
        Class::Unavailable => Code::Unavailable,
    }
}

/// When the same bytes may be tried again; `None` = they will be refused again.
const fn retry(class: Class) -> Option<Duration> {
    match class {
        Class::ResourceExhausted => Some(RETRY),
        Class::Unavailable => Some(RETRY_STOPPED),
        _ => None,
    }
}

const fn message(reason: Reason, language: Language) -> &'static str {
    language.pick(reason.english(), reason.chinese())
}

/// A refused statement as a status, with the wait the queue asked for if it did.
pub(crate) fn refused(refusal: &Refusal, after: Option<Duration>, language: Language) -> Status {
    let class = refusal.reason.class();
    let mut details = info(refusal.reason.as_str());
    let mut room = MAX_VIOLATION_BYTES;
    for v in &refusal.violations {
        // 8: tags and lengths around the two texts.
        let description = language.of_words(&v.description);
        let Some(left) = room.checked_sub(v.field.len() + description.len() + 8) else { break };
        room = left;
        details.add_bad_request_violation(v.field.as_ref(), description);
    }
    if let Some(delay) = after.or(retry(class)) {
        details.set_retry_info(Some(delay));
    }
    Status::with_error_details(code(class), message(refusal.reason, language), details)
}

/// A fault as it is told, with its reason and what to do about it.
pub(crate) fn violation(v: &statement::Violation, language: Language) -> FieldViolation {
    FieldViolation {
        field: v.field.clone().into_owned(),
        description: language.of_words(&v.description).to_owned(),
        reason: v.reason.as_str().to_owned(),
        remedy: language.pick(v.reason.remedy_en(), v.reason.remedy_zh()).to_owned(),
    }
}

/// A refused statement within a batch.
pub(crate) fn rejection(refusal: &Refusal, language: Language) -> Rejection {
    let class = refusal.reason.class();
    Rejection {
        code: code(class) as i32,
        reason: refusal.reason.as_str().to_owned(),
        message: message(refusal.reason, language).to_owned(),
        violations: refusal.violations.iter().map(|v| violation(v, language)).collect(),
        retry_after_ms: retry(class).map_or(0, |d| u32::try_from(d.as_millis()).unwrap_or(u32::MAX)),
    }
}
