//! What each reason of the ledger means for the lane: one table.
//!
//! A reason is *set-up* where nothing that the bill says has to change for the ledger to take it: somebody
//! has to enrol a key, grant a role, state a mandate, set a clock. Refusing bills for it would refuse a
//! day's work one by one, each to be handed in again. They wait instead, and go on by themselves.

use statement::Reason as R;

use crate::BillKey;

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// What the bill says cannot be recorded: it is refused, and its number is free for a correction.
    Bill,
    /// Another installation has recorded its business key.
    Taken,
    /// The ledger is busy or stands still: the same bytes again, later.
    Later,
    /// A clock is wrong, or the id has become too old: then it is signed anew.
    Clock,
    /// The key does not count: signed anew where it is not the gateway's present one, else set-up.
    Key,
    /// Set-up, which all bills of this scope would meet.
    SetUp(Scope),
    /// Set-up where this kind can be signed for somebody else at all, else as [`Means::Bill`].
    Mandate,
}

/// Which bills something that is missing concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them.
    Everybody,
    /// Those of its kind.
    Kind,
    /// Those of its kind for its principal.
    KindOfPrincipal,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) means: Means,
    /// What the operator has to mend, in English and in Chinese; empty where nothing waits for that.
    pub(crate) mend: (&'static str, &'static str),
}

/// The row of a reason by its name; `None` for one that this version does not know.
pub(crate) fn row_of(name: &str) -> Option<Row> {
    R::ALL.iter().find(|reason| reason.as_str() == name).map(|reason| row(*reason))
}

/// The row of a reason.
pub(crate) const fn row(reason: R) -> Row {
    match reason {
        R::UnknownKey | R::KeyRevoked | R::KeyExpired | R::KeyOfAnotherParty => mend(
            Means::Key,
            "have the key of this gateway enrolled for its party, or give it another one in the settings",
            "请为本单位登记本网关的密钥，或在配置中更换密钥",
        ),
        R::UnknownParty => mend(
            Means::SetUp(Scope::Everybody),
            "have the party of this gateway registered by an authority",
            "请由主管部门登记本网关的主体",
        ),
        R::WrongLedger => mend(
            Means::SetUp(Scope::Everybody),
            "the server keeps another ledger than this gateway was set up for: correct the server in the settings",
            "服务器账本与配置不符，请更正配置中的服务器",
        ),
        R::UnknownAlgorithm => mend(
            Means::SetUp(Scope::Everybody),
            "the server does not take Ed25519: bring server and gateway to versions that go together",
            "服务器不支持 Ed25519，请使用相互匹配的版本",
        ),
        // Without the use SIGN no kind passes; with a wrong site no kind of that site: each kind says so itself.
        R::KeyNotForThis => mend(
            Means::SetUp(Scope::Kind),
            "enrol a key for this kind of statement and site, and give this gateway that key",
            "请登记可签署此类声明与场所的密钥，或为本网关更换密钥",
        ),
        R::RoleMissing => mend(
            Means::SetUp(Scope::KindOfPrincipal),
            "have the role granted from the day of the bill on, or give the bill up where day or type are wrong",
            "请补登自单据当日起的角色；若日期或类型填错，请放弃该单据",
        ),
        R::NoMandate => mend(
            Means::Mandate,
            "have the principal state a mandate that covers kind, site and day, or give the bill up where the \
             principal is wrong",
            "请委托人作出覆盖该类型、场所与日期的授权声明；若委托方填错，请放弃该单据",
        ),
        // Bills that lie ahead of our own clock are not taken in: it is the clock.
        R::OccurredAhead => {
            mend(Means::SetUp(Scope::Everybody), "set the clock of this machine", "请校准本机时钟")
        }
        R::IdOutOfWindow => mend(Means::Clock, "set the clock of this machine", "请校准本机时钟"),
        R::BusinessKeyTaken => plain(Means::Taken),
        R::QueueFull | R::WriterStopped => plain(Means::Later),
        // A signature that was damaged after it was made does not mend: handed in again it is made again.
        R::BadSignature | R::IdTaken => plain(Means::Bill),
        // The party itself may never sign this, whoever grants what.
        R::NotYours | R::NotAsked | R::NotAddressed | R::NotYourCase => plain(Means::Bill),
        // What other statements say: the bill names the wrong one, or comes before the one it is about.
        R::TargetUnknown
        | R::TargetKind
        | R::TargetDigest
        | R::TargetNotNewest
        | R::TargetVoided
        | R::TargetBusy
        | R::LineUnknown
        | R::NotPending
        | R::EndorsedAlready
        | R::ShipmentUnknown
        | R::TooManySubjects
        | R::TooManyCorrections
        | R::RegisterFull
        | R::UnknownCode
        | R::ConfidentialNeeded
        | R::OtherCase
        | R::KeyTaken => plain(Means::Bill),
        // What it says itself.
        R::Malformed
        | R::UnknownField
        | R::FieldTwice
        | R::UnknownEnumValue
        | R::InvalidUtf8
        | R::PayloadTooLarge
        | R::TooManyItems
        | R::ItemTwice
        | R::MissingField
        | R::InvalidField
        | R::PersonalData
        | R::NotCanonical
        | R::WeakKey
        | R::BadPossession
        | R::ConfidentialRefused
        | R::BatchTooLarge => plain(Means::Bill),
    }
}

const fn mend(means: Means, english: &'static str, chinese: &'static str) -> Row {
    Row { means, mend: (english, chinese) }
}

const fn plain(means: Means) -> Row {
    Row { means, mend: ("", "") }
}

/// Reasons of a call that has failed for other things than the statement, which is not refused by them:
/// docs/ERRORS.md, second part.
pub(crate) const CALLS: &[&str] = &[
    "INVALID_REQUEST",
    "FINDINGS_OFF",
    "FINDINGS_BROKEN",
    "TOKEN_MISSING",
    "TOKEN_MALFORMED",
    "TOKEN_LIFETIME",
    "TOKEN_EXPIRED",
    "TOKEN_AUDIENCE",
    "TOKEN_PURPOSE",
    "TOKEN_KEY",
    "TOKEN_SIGNATURE",
    "NOT_FOUND",
    "SEES_ALL_ONLY",
    "AUDITORS_ONLY",
    "ACCESS_NOT_RECORDED",
    "ACCESS_BUSY",
    "BUNDLE_TOO_LARGE",
    "NOT_SEALED_YET",
    "ATTACHMENT_ERASED",
    "ATTACHMENT_MISSING",
    "ATTACHMENT_ERASED_BEFORE",
    "ATTACHMENT_TAKEN",
    "ATTACHMENT_MISMATCH",
    "ATTACHMENT_TYPE",
    "ATTACHMENT_TOO_LARGE",
    "ATTACHMENT_QUOTA",
    "ATTACHMENTS_FULL",
    "TOO_MANY_TRANSFERS",
    "ATTACHMENTS_BEHIND",
    "ATTACHMENT_WITHHELD",
    "DEADLINE",
    "TOO_MANY_CALLS",
    "MESSAGE_TOO_LARGE",
    "STREAM_IDLE",
    "STOPPING",
    "INTERNAL",
];

/// The bills that something missing concerns alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Alike {
    kind: Option<String>,
    principal: Option<String>,
}

impl Alike {
    /// Those like a bill; `None` = all of them.
    pub(crate) fn of(scope: Scope, key: &BillKey) -> Option<Self> {
        let (kind, principal) = (Some(key.kind.clone()), Some(key.principal.clone()));
        match scope {
            Scope::Everybody => None,
            Scope::Kind => Some(Self { kind, principal: None }),
            Scope::KindOfPrincipal => Some(Self { kind, principal }),
        }
    }

    pub(crate) fn fits(&self, key: &BillKey) -> bool {
        self.kind.as_ref().is_none_or(|kind| *kind == key.kind)
            && self.principal.as_ref().is_none_or(|principal| *principal == key.principal)
    }
}

#[cfg(test)]
mod tests;
