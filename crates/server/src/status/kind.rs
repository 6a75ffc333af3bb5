//! What can go wrong with a call besides a refused statement: one table, from which status codes, messages
//! and the second half of docs/ERRORS.md are made.

use std::time::Duration;

use tonic::Code;

/// Wait before another try where the queue did not name one.
pub(super) const RETRY: Duration = Duration::from_millis(100);
/// Wait for a place to send a document.
const RETRY_TRANSFER: Duration = Duration::from_secs(1);
/// Wait for a stopped writer: somebody has to start it.
pub(super) const RETRY_STOPPED: Duration = Duration::from_secs(5);

macro_rules! faults {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal, $code:ident,
        $en:literal => $en_do:literal, $zh:literal => $zh_do:literal;)*) => {
        /// What went wrong with a call, other than a refused statement.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind { $($(#[doc = $doc])* $name,)* }

        impl Kind {
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$name,)*];

            pub(super) const fn row(self) -> Row {
                match self {
                    $(Self::$name => Row {
                        reason: $text,
                        code: Code::$code,
                        english: concat!($en, "; ", $en_do),
                        chinese: concat!($zh, "；", $zh_do),
                        #[cfg(test)]
                        parts: [$en, $en_do, $zh, $zh_do],
                    },)*
                }
            }
        }
    };
}

/// What is said of a fault.
pub(super) struct Row {
    pub(super) reason: &'static str,
    pub(super) code: Code,
    pub(super) english: &'static str,
    pub(super) chinese: &'static str,
    /// Cause and remedy in English, and in Chinese.
    #[cfg(test)]
    pub(super) parts: [&'static str; 4],
}

impl Kind {
    /// When the same call may be tried again; `None` = it will fail again.
    pub(super) const fn retry(self) -> Option<Duration> {
        match self {
            Self::AttachmentsFull | Self::TooManyTransfers | Self::AttachmentsBehind => Some(RETRY_TRANSFER),
            Self::TooManyCalls => Some(RETRY),
            Self::AccessBusy => Some(RETRY_TRANSFER),
            Self::Stopping | Self::AccessNotRecorded => Some(RETRY_STOPPED),
            _ => None,
        }
    }
}

faults! {
    /// A field of the request cannot be.
    InvalidRequest = "INVALID_REQUEST", InvalidArgument,
        "a field of the request has a value that cannot be" => "correct the field that is named, as its description says",
        "请求字段的值无效" => "请按字段说明更正所指字段";
    /// Findings are switched off.
    FindingsOff = "FINDINGS_OFF", FailedPrecondition,
        "this server keeps no findings" => "ask its operator, who has switched them off by findings.enabled in the configuration",
        "本服务端未启用规则发现" => "请联系运维（配置项 findings.enabled）";
    /// Findings cannot be kept or read.
    FindingsBroken = "FINDINGS_BROKEN", Internal,
        "findings cannot be read" => "the operator finds why in the server's log; what is recorded is not touched by it",
        "无法读取规则发现" => "请运维查看服务端日志；已记录的内容不受影响";
    /// No token where one is needed.
    TokenMissing = "TOKEN_MISSING", Unauthenticated,
        "this call needs a read token" => "send `authorization: Bearer TOKEN`, a JWT with alg EdDSA, typ yuanliu-read+jwt, kid = key id in hex, claims iss (party), aud (ledger id in hex), iat, exp (at most 300 s later), jti (UUID) and purpose or case, signed by a key enrolled for reading",
        "此调用需要读取令牌" => "请发送 `authorization: Bearer TOKEN`，即由已登记读取用途的密钥签名的 JWT（alg EdDSA，typ yuanliu-read+jwt，kid 为密钥 id，声明含 iss、aud、iat、exp、jti 及 purpose 或 case）";
    /// Not a JWT of the form asked for.
    TokenMalformed = "TOKEN_MALFORMED", Unauthenticated,
        "the read token is not a JWT of the form asked for" => "make it with alg EdDSA, typ yuanliu-read+jwt, a kid of 64 hex digits and the claims iss, aud, iat, exp and jti (UUID)",
        "读取令牌格式不符" => "须为 alg EdDSA、typ yuanliu-read+jwt、含 64 位十六进制 kid 及 iss、aud、iat、exp、jti 的 JWT";
    /// No time, or too much of it.
    TokenLifetime = "TOKEN_LIFETIME", Unauthenticated,
        "the read token is issued in the future, or lives longer than 300 s" => "check the clock and sign a new one",
        "读取令牌签发时间在未来或有效期超过 300 秒" => "请检查时钟并重新签发";
    /// Over.
    TokenExpired = "TOKEN_EXPIRED", Unauthenticated,
        "the read token has expired" => "sign a new one",
        "读取令牌已过期" => "请重新签发";
    /// For somebody else.
    TokenAudience = "TOKEN_AUDIENCE", Unauthenticated,
        "the read token is for another ledger" => "set aud to this ledger's id in hex (GetLedger) and sign a new one",
        "读取令牌用于另一账本" => "aud 须为本账本 id 的十六进制（GetLedger）";
    /// Why the caller reads is not told.
    TokenPurpose = "TOKEN_PURPOSE", Unauthenticated,
        "the read token names neither purpose nor case" => "put one of them in (1 to 200 characters) and sign a new one",
        "读取令牌未写明 purpose 或 case" => "请写明其一（1 至 200 字）并重新签发";
    /// The key does not count.
    TokenKey = "TOKEN_KEY", Unauthenticated,
        "the read token's key is not in force for reading: not enrolled, of another party than iss, without the use READ, revoked or expired" => "sign with a key that is, or have this one enrolled for reading",
        "读取令牌的密钥无效：未登记、不属于 iss、无读取用途、已吊销或已过期" => "请使用有效密钥签发，或为该密钥登记读取用途";
    /// Signature fails.
    TokenSignature = "TOKEN_SIGNATURE", Unauthenticated,
        "the read token's signature does not verify" => "sign the exact text HEADER.CLAIMS with the key that kid names",
        "读取令牌验签失败" => "请用 kid 所指密钥对 HEADER.CLAIMS 原文签名";
    /// Not there, or not for this reader.
    NotFound = "NOT_FOUND", NotFound,
        "there is nothing of that name that you may see" => "check the name; what concerns others only looks the same as what is not there",
        "没有您可查看的该名称的记录" => "请核对名称；仅涉及他人的记录与不存在的记录应答相同";
    /// Not for this reader.
    SeesAllOnly = "SEES_ALL_ONLY", PermissionDenied,
        "proofs about subjects go only to authorities and auditors: they tell what exists" => "ask an authority for an evidence bundle, or GetItemHistory for what concerns you",
        "主题证明会泄露记录是否存在，仅向监管机关与审计方提供" => "请向监管机关索取证据包，或用 GetItemHistory 查询与您有关的记录";
    /// Not for this reader.
    AuditorsOnly = "AUDITORS_ONLY", PermissionDenied,
        "who read what is told only to auditors" => "check your own reads with GetAccessDigest and the records that your answers carried",
        "读取记录仅向审计方提供" => "请用 GetAccessDigest 与应答所附记录核对自己的读取";
    /// A privileged read that could not be recorded.
    AccessNotRecorded = "ACCESS_NOT_RECORDED", Unavailable,
        "a privileged read is answered only once it is recorded, and it could not be recorded" => "tell the operator, whose log says why, and try again after the delay given",
        "特权读取须先记录方可应答，而记录未能写入" => "请联系运维（原因见其日志），并按所给延迟后重试";
    /// Too many privileged reads.
    AccessBusy = "ACCESS_BUSY", ResourceExhausted,
        "as many privileged reads are being recorded as may be, or were in this minute" => "try again after the delay given",
        "正在记录的特权读取过多，或本分钟已达上限" => "请按所给延迟后重试";
    /// More than a bundle holds.
    BundleTooLarge = "BUNDLE_TOO_LARGE", ResourceExhausted,
        "what is asked for has more entries than an evidence bundle holds" => "ask for less: one item or one document instead of a party or lot",
        "所查内容的条目数超出证据包容量" => "请缩小范围：以单件货品或单份单证代替主体或批次";
    /// No seal yet.
    NotSealedYet = "NOT_SEALED_YET", FailedPrecondition,
        "no seal has been recorded yet, so nothing can be proven about a subject" => "try again a minute after the first statement",
        "尚无封印，无法出具主题证明" => "请在首条声明一分钟后再试";
    /// Erased.
    AttachmentErased = "ATTACHMENT_ERASED", NotFound,
        "the attachment has been erased, its bytes and salt are gone" => "read the entry that is given: it says by whom and why",
        "附件已抹除，内容与盐均已销毁" => "由谁、为何抹除见所给条目";
    /// Named and not there.
    AttachmentMissing = "ATTACHMENT_MISSING", NotFound,
        "the attachment is named by the statement, but its signer has not uploaded it, or too early" => "let the signer upload it again with the field `statement` set",
        "声明引用了该附件，但签署方未上传，或上传过早已被清理" => "请签署方带 `statement` 字段重新上传";
    /// Not to be uploaded again.
    AttachmentErasedBefore = "ATTACHMENT_ERASED_BEFORE", FailedPrecondition,
        "the attachment was erased by a statement and is not taken again" => "where it must be there, name it in a new statement under a new salt",
        "该附件已被声明抹除，不再接收" => "确需保存时，请换新盐并由新声明引用";
    /// Digest of somebody else's.
    AttachmentTaken = "ATTACHMENT_TAKEN", AlreadyExists,
        "another party has uploaded an attachment of this digest" => "take a new random salt",
        "另一主体已上传同一摘要的附件" => "请换用新的随机盐";
    /// Not what was announced.
    AttachmentMismatch = "ATTACHMENT_MISMATCH", InvalidArgument,
        "the bytes that came do not have the size or the digest announced" => "compute H(0x19, salt, bytes) anew and upload again",
        "收到的内容与所报大小或摘要不符" => "请重新计算 H(0x19, 盐, 内容) 后上传";
    /// Type not taken.
    AttachmentType = "ATTACHMENT_TYPE", InvalidArgument,
        "the media type is not taken here, or the bytes are evidently of another type" => "name the type that they are, or convert the document",
        "不接收该媒体类型，或内容显然为其他类型" => "请如实填写类型，或转换文件格式";
    /// Too large.
    AttachmentTooLarge = "ATTACHMENT_TOO_LARGE", InvalidArgument,
        "the attachment is larger than this server takes" => "make it smaller, or split it; the description tells the limit",
        "附件超过本服务端允许的大小" => "请压缩或拆分，上限见说明";
    /// The party has too much waiting.
    AttachmentQuota = "ATTACHMENT_QUOTA", FailedPrecondition,
        "too many attachments of this party wait for a statement that names them" => "submit the statements, or wait until they are dropped",
        "该主体待引用的附件过多" => "请先提交引用它们的声明，或等待其过期清理";
    /// Everybody has.
    AttachmentsFull = "ATTACHMENTS_FULL", ResourceExhausted,
        "too many attachments wait for statements" => "try again after the delay given",
        "待引用的附件已达上限" => "请按所给延迟后重试";
    /// Too many uploads or downloads.
    TooManyTransfers = "TOO_MANY_TRANSFERS", ResourceExhausted,
        "as many attachments are being transferred as may be" => "try again after the delay given",
        "附件传输数已达上限" => "请按所给延迟后重试";
    /// The log says more than has been done.
    AttachmentsBehind = "ATTACHMENTS_BEHIND", Unavailable,
        "the server is still doing to attachments what the log says" => "try again after the delay given",
        "服务端正按日志处理附件" => "请按所给延迟后重试";
    /// The log may say that it is erased, and that could not be done.
    AttachmentWithheld = "ATTACHMENT_WITHHELD", FailedPrecondition,
        "the server could not do what the log says of this attachment, which may be that it is erased" => "tell the operator, whose log says what is damaged; until that is mended nobody gets it",
        "服务端未能按日志处理该附件（可能应予抹除）" => "请联系运维，损坏之处见其日志；修复之前不予提供";
    /// Took too long.
    Deadline = "DEADLINE", DeadlineExceeded,
        "the call took longer than its deadline, and a statement may have been recorded" => "submit the same bytes again, or allow more time",
        "调用超时，声明可能已记录" => "请原样重新提交，或放宽时限";
    /// More calls at a time than allowed.
    TooManyCalls = "TOO_MANY_CALLS", ResourceExhausted,
        "the server answers as many calls as it may" => "try again after the delay given",
        "服务器并发调用已达上限" => "请按所给延迟后重试";
    /// Larger than is read.
    TooLarge = "MESSAGE_TOO_LARGE", OutOfRange,
        "a message is larger than the 4 MiB that this server reads" => "put fewer statements, or less of a document, into each message",
        "消息超过本服务端读取的上限 4 MiB" => "请减少每条消息中的声明数或文件内容";
    /// Nothing was sent, or nothing read, for too long.
    StreamIdle = "STREAM_IDLE", Unavailable,
        "the stream was ended because nothing was sent on it, or no result taken from it, for longer than the server waits" => "open another when there is something to send; what has no result yet is sent again, byte for byte the same",
        "流已结束：超过服务端等待时限未收到数据或未取走结果" => "有内容待发时请重新打开流；尚无结果的声明请原样重发";
    /// The server ends.
    Stopping = "STOPPING", Unavailable,
        "the server is stopping" => "call again, streams resume where they ended",
        "服务正在停止" => "请重新调用，流可从中断处继续";
    /// The server's own fault.
    Internal = "INTERNAL", Internal,
        "the server could not read its store" => "tell the operator, whose log says why",
        "服务器读取存储失败" => "请联系运维，原因见其日志";
}
