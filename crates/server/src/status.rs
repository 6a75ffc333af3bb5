//! The one table from what went wrong to `tonic::Status` and [`Rejection`].
//!
//! Reasons of refused statements stand in `statement`; what can go wrong with a call besides stands
//! here, in the same form.

use std::{collections::HashMap, time::Duration};

use proto::v1::{FieldViolation, Rejection};
use statement::{Class, Reason, Refusal};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::language::Language;

#[cfg(test)]
mod tests;

/// `google.rpc.ErrorInfo.domain`.
pub const DOMAIN: &str = "yuanliu";
/// Most bytes of field violations in a status: it travels in headers, for which clients keep 16 KiB.
const MAX_VIOLATION_BYTES: usize = 4_096;
/// Wait before another try where the queue did not name one.
const RETRY: Duration = Duration::from_millis(100);
/// Wait for a place to send a document.
const RETRY_TRANSFER: Duration = Duration::from_secs(1);
/// Wait for a stopped writer: somebody has to start it.
const RETRY_STOPPED: Duration = Duration::from_secs(5);

macro_rules! faults {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal, $code:ident, $en:literal, $zh:literal;)*) => {
        /// What went wrong with a call, other than a refused statement.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind { $($(#[doc = $doc])* $name,)* }

        impl Kind {
            #[cfg(test)]
            const ALL: &'static [Self] = &[$(Self::$name,)*];

            const fn row(self) -> Row {
                match self {
                    $(Self::$name => Row { reason: $text, code: Code::$code, english: $en, chinese: $zh },)*
                }
            }
        }
    };
}

struct Row {
    reason: &'static str,
    code: Code,
    english: &'static str,
    chinese: &'static str,
}

faults! {
    /// A field of the request cannot be.
    InvalidRequest = "INVALID_REQUEST", InvalidArgument,
        "a field of the request has a value that cannot be", "请求字段的值无效";
    /// No token where one is needed.
    TokenMissing = "TOKEN_MISSING", Unauthenticated,
        "this call needs a read token: send `authorization: Bearer TOKEN`, a JWT with alg EdDSA, typ yuanliu-read+jwt, kid = key id in hex, claims iss (party), aud (ledger id in hex), iat, exp (at most 300 s later), jti (UUID) and purpose or case, signed by a key enrolled for reading",
        "此调用需要读取令牌：请发送 `authorization: Bearer TOKEN`，即由已登记读取用途的密钥签名的 JWT（alg EdDSA，typ yuanliu-read+jwt，kid 为密钥 id，声明含 iss、aud、iat、exp、jti 及 purpose 或 case）";
    /// Not a JWT of the form asked for.
    TokenMalformed = "TOKEN_MALFORMED", Unauthenticated,
        "the read token is not a JWT with alg EdDSA, typ yuanliu-read+jwt, a kid of 64 hex digits and the claims iss, aud, iat, exp and jti (UUID)",
        "读取令牌格式不符：须为 alg EdDSA、typ yuanliu-read+jwt、含 64 位十六进制 kid 及 iss、aud、iat、exp、jti 的 JWT";
    /// No time, or too much of it.
    TokenLifetime = "TOKEN_LIFETIME", Unauthenticated,
        "the read token is issued in the future, or lives longer than 300 s; check the clock and sign a new one",
        "读取令牌签发时间在未来或有效期超过 300 秒；请检查时钟并重新签发";
    /// Over.
    TokenExpired = "TOKEN_EXPIRED", Unauthenticated,
        "the read token has expired; sign a new one", "读取令牌已过期；请重新签发";
    /// For somebody else.
    TokenAudience = "TOKEN_AUDIENCE", Unauthenticated,
        "the read token is for another ledger; its aud must be this ledger's id in hex (GetLedger)",
        "读取令牌用于另一账本；aud 须为本账本 id 的十六进制（GetLedger）";
    /// Why the caller reads is not told.
    TokenPurpose = "TOKEN_PURPOSE", Unauthenticated,
        "the read token names neither purpose nor case (1 to 200 characters)", "读取令牌未写明 purpose 或 case（1 至 200 字）";
    /// The key does not count.
    TokenKey = "TOKEN_KEY", Unauthenticated,
        "the read token's key is not in force for reading: not enrolled, of another party than iss, without the use READ, revoked or expired",
        "读取令牌的密钥无效：未登记、不属于 iss、无读取用途、已吊销或已过期";
    /// Signature fails.
    TokenSignature = "TOKEN_SIGNATURE", Unauthenticated,
        "the read token's signature does not verify", "读取令牌验签失败";
    /// Not there, or not for this reader.
    NotFound = "NOT_FOUND", NotFound,
        "there is nothing of that name that you may see", "没有您可查看的该名称的记录";
    /// Erased.
    AttachmentErased = "ATTACHMENT_ERASED", NotFound,
        "the attachment has been erased; its bytes and salt are gone, the entry given says by whom and why",
        "附件已抹除：内容与盐均已销毁；由谁、为何抹除见所给条目";
    /// Named and not there.
    AttachmentMissing = "ATTACHMENT_MISSING", NotFound,
        "the attachment is named by the statement, but its signer has not uploaded it, or too early; the signer uploads it again with the field `statement` set",
        "声明引用了该附件，但签署方未上传，或上传过早已被清理；请签署方带 `statement` 字段重新上传";
    /// Not to be uploaded again.
    AttachmentErasedBefore = "ATTACHMENT_ERASED_BEFORE", FailedPrecondition,
        "the attachment was erased by a statement and is not taken again", "该附件已被声明抹除，不再接收";
    /// Digest of somebody else's.
    AttachmentTaken = "ATTACHMENT_TAKEN", AlreadyExists,
        "another party has uploaded an attachment of this digest; take a new random salt", "另一主体已上传同一摘要的附件；请换用新的随机盐";
    /// Not what was announced.
    AttachmentMismatch = "ATTACHMENT_MISMATCH", InvalidArgument,
        "the bytes that came do not have the size or the digest announced; compute H(0x19, salt, bytes) anew and upload again",
        "收到的内容与所报大小或摘要不符；请重新计算 H(0x19, 盐, 内容) 后上传";
    /// Type not taken.
    AttachmentType = "ATTACHMENT_TYPE", InvalidArgument,
        "the media type is not taken here, or the bytes are evidently of another type", "不接收该媒体类型，或内容显然为其他类型";
    /// Too large.
    AttachmentTooLarge = "ATTACHMENT_TOO_LARGE", InvalidArgument,
        "the attachment is larger than this server takes", "附件超过本服务端允许的大小";
    /// The party has too much waiting.
    AttachmentQuota = "ATTACHMENT_QUOTA", FailedPrecondition,
        "too many attachments of this party wait for a statement that names them; submit the statements, or wait until they are dropped",
        "该主体待引用的附件过多；请先提交引用它们的声明，或等待其过期清理";
    /// Everybody has.
    AttachmentsFull = "ATTACHMENTS_FULL", ResourceExhausted,
        "too many attachments wait for statements; try again after the delay given", "待引用的附件已达上限；请按所给延迟后重试";
    /// Too many uploads or downloads.
    TooManyTransfers = "TOO_MANY_TRANSFERS", ResourceExhausted,
        "as many attachments are being transferred as may be; try again after the delay given", "附件传输数已达上限；请按所给延迟后重试";
    /// The log says more than has been done.
    AttachmentsBehind = "ATTACHMENTS_BEHIND", Unavailable,
        "the server is still doing to attachments what the log says; try again after the delay given", "服务端正按日志处理附件；请按所给延迟后重试";
    /// Took too long.
    Deadline = "DEADLINE", DeadlineExceeded,
        "the call took longer than its deadline; a statement may have been recorded: submit the same bytes again",
        "调用超时；声明可能已记录：请原样重新提交";
    /// More calls at a time than allowed.
    TooManyCalls = "TOO_MANY_CALLS", ResourceExhausted,
        "the server answers as many calls as it may; try again after the delay given", "服务器并发调用已达上限；请按所给延迟后重试";
    /// The server ends.
    Stopping = "STOPPING", Unavailable,
        "the server is stopping; call again, streams resume where they ended", "服务正在停止；请重新调用，流可从中断处继续";
    /// The server's own fault.
    Internal = "INTERNAL", Internal,
        "the server could not read its store; the operator's log says why", "服务器读取存储失败；原因见运维日志";
}

/// A [`Kind`] with the field it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    field: Option<(&'static str, String)>,
    /// The entry that is the reason.
    entry: Option<u64>,
}

impl Fault {
    /// A field of the request is at fault.
    pub(crate) fn field(field: &'static str, description: impl Into<String>) -> Self {
        Self::at(Kind::InvalidRequest, field, description)
    }

    /// A field of the request is at fault in a way of its own.
    pub(crate) fn at(kind: Kind, field: &'static str, description: impl Into<String>) -> Self {
        Self { kind, field: Some((field, description.into())), entry: None }
    }

    /// What is asked for was erased by an entry.
    pub(crate) fn erased(by: u64) -> Self {
        let told = Self::at(Kind::AttachmentErased, "digest", format!("erased by entry {by}"));
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
            details.add_bad_request_violation(*field, description);
        }
        match self.kind {
            Kind::AttachmentsFull | Kind::TooManyTransfers | Kind::AttachmentsBehind => {
                _ = details.set_retry_info(Some(RETRY_TRANSFER));
            }
            Kind::TooManyCalls => _ = details.set_retry_info(Some(RETRY)),
            Kind::Stopping => _ = details.set_retry_info(Some(RETRY_STOPPED)),
            _ => {}
        }
        Status::with_error_details(row.code, language.pick(row.english, row.chinese), details)
    }
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
