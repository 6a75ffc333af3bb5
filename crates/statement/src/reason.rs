//! Every reason for which a statement is refused: one table, from which status codes, messages and the
//! error page are made.

use std::{borrow::Cow, fmt};

use crate::Words;

/// What kind of failure a reason is; maps one to one to a `google.rpc.Code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The statement itself is wrong: correct it and sign anew.
    InvalidArgument,
    /// It does not fit what is recorded.
    FailedPrecondition,
    /// The place is taken.
    AlreadyExists,
    /// The key or signature does not count.
    Unauthenticated,
    /// The signer may not say this.
    PermissionDenied,
    /// Try again later.
    ResourceExhausted,
    /// The ledger cannot write now.
    Unavailable,
}

impl Class {
    /// Its name among the codes of gRPC (`google.rpc.Code`).
    #[must_use]
    pub const fn code_name(self) -> &'static str {
        match self {
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal, $class:ident,
        $en:literal => $en_do:literal, $zh:literal => $zh_do:literal;)*) => {
        /// Why a statement was refused. The text form is stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Reason { $($(#[doc = $doc])* $name,)* }

        impl Reason {
            /// All reasons, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable name, as in `google.rpc.ErrorInfo.reason`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What kind of failure it is.
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class,)* }
            }

            /// What happened, in English.
            #[must_use]
            pub const fn cause_en(self) -> &'static str {
                match self { $(Self::$name => $en,)* }
            }

            /// What to do, in English.
            #[must_use]
            pub const fn remedy_en(self) -> &'static str {
                match self { $(Self::$name => $en_do,)* }
            }

            /// 原因.
            #[must_use]
            pub const fn cause_zh(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }

            /// 处理办法.
            #[must_use]
            pub const fn remedy_zh(self) -> &'static str {
                match self { $(Self::$name => $zh_do,)* }
            }

            /// What happened and what to do, in English.
            #[must_use]
            pub const fn english(self) -> &'static str {
                match self { $(Self::$name => concat!($en, "; ", $en_do),)* }
            }

            /// The same in Chinese.
            #[must_use]
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$name => concat!($zh, "；", $zh_do),)* }
            }
        }
    };
}

reasons! {
    /// Wire form broken.
    Malformed = "MALFORMED", InvalidArgument,
        "the payload is not a strictly encoded Statement" => "serialize it with a protobuf library and sign those bytes",
        "载荷不是严格编码的 Statement" => "请用 protobuf 库序列化后再签名";
    /// Undeclared field.
    UnknownField = "UNKNOWN_FIELD", InvalidArgument,
        "the payload has a field this ledger does not know" => "use the ledger's version of the protos",
        "载荷含有本账本未定义的字段" => "请使用账本对应版本的 proto";
    /// Singular field twice.
    FieldTwice = "FIELD_TWICE", InvalidArgument,
        "a field, or two members of one choice, occur twice in the payload" => "serialize the statement once, in one piece",
        "载荷中某字段重复出现，或同一选项出现两个成员" => "请将声明一次性整体序列化";
    /// Undeclared enum value.
    UnknownEnumValue = "UNKNOWN_ENUM_VALUE", InvalidArgument,
        "an enum value is not declared in the ledger's protos" => "use one of the values listed there",
        "枚举值未在账本 proto 中定义" => "请使用其中列出的取值";
    /// Text not UTF-8.
    InvalidUtf8 = "INVALID_UTF8", InvalidArgument,
        "a text field is not UTF-8" => "convert it before the statement is made",
        "文本字段不是 UTF-8" => "请先转换编码再生成声明";
    /// Payload over the limit.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", InvalidArgument,
        "the payload is over 512 KiB" => "split the bill",
        "载荷超过 512 KiB" => "请拆分单据";
    /// More items than allowed.
    TooManyItems = "TOO_MANY_ITEMS", InvalidArgument,
        "a statement names at most 4,000 items" => "split the bill",
        "一条声明至多 4,000 个物品" => "请拆分单据";
    /// One item named twice.
    ItemTwice = "ITEM_TWICE", InvalidArgument,
        "an item is listed twice" => "leave one of the two lines out",
        "物品重复列出" => "请删去其中一行";
    /// Required field not set.
    MissingField = "MISSING_FIELD", InvalidArgument,
        "a required field is not set" => "fill it in; docs/FORMAT.md says what it holds",
        "缺少必填字段" => "请补填，取值见 docs/FORMAT.md";
    /// Field value not acceptable.
    InvalidField = "INVALID_FIELD", InvalidArgument,
        "a field has a value that cannot be" => "correct it as the description says",
        "字段值无效" => "请按说明更正";
    /// Number of a person in free text.
    PersonalData = "PERSONAL_DATA", InvalidArgument,
        "a free text holds an identity-card or mobile number" => "leave it out, or put it into an attachment",
        "自由文本含有身份证号或手机号" => "请删去，或改放附件";
    /// Text not in canonical form.
    NotCanonical = "NOT_CANONICAL", InvalidArgument,
        "an identifier is not in canonical form" => "write it as docs/FORMAT.md section 2 says; the description names the character",
        "标识不是规范形式" => "请按 docs/FORMAT.md 第 2 节书写，说明中指出了出错字符";
    /// Key not acceptable.
    WeakKey = "WEAK_KEY", InvalidArgument,
        "the public key is not a canonical point of prime order" => "make a new key",
        "公钥不合格" => "请重新生成密钥";
    /// Possession signature fails.
    BadPossession = "BAD_POSSESSION", InvalidArgument,
        "the possession signature does not verify" => "sign the possession payload with the new key itself",
        "持有证明验签失败" => "请用新密钥对持有证明签名";
    /// Meant for another ledger.
    WrongLedger = "WRONG_LEDGER", InvalidArgument,
        "the statement names another ledger" => "take the id from GetLedger and sign anew",
        "声明属于另一账本" => "请取本账本 id 重新签名";
    /// Id outside the window.
    IdOutOfWindow = "ID_OUT_OF_WINDOW", InvalidArgument,
        "the time in the statement's id is too old or ahead" => "sign anew with a new id, the same business key and occurred_at",
        "声明 id 的时间过旧或超前" => "请换新 id，以相同业务单号与发生时间重新签名";
    /// Happened in the future.
    OccurredAhead = "OCCURRED_AHEAD", InvalidArgument,
        "occurred_at lies in the future" => "check the clock",
        "发生时间在未来" => "请检查时钟";
    /// Kind may not be confidential.
    ConfidentialRefused = "CONFIDENTIAL_REFUSED", InvalidArgument,
        "this statement cannot be confidential, or not with what it says" => "change what the description names, or leave the field unset; leads and statements of cases are confidential, requests, answers and opinions between authorities may be",
        "该声明不能设为保密，或其内容与保密不符" => "请更正说明所指之处，或不设置该字段；线索与案件类声明须保密，主管部门之间的协查、答复与认定意见可保密";
    /// Must be confidential.
    ConfidentialNeeded = "CONFIDENTIAL_NEEDED", FailedPrecondition,
        "statements of cases, and what is said of a confidential statement, must be confidential" => "set header.confidential, and name the same case",
        "案件类声明、以及对保密声明所作的声明均须保密" => "请设置 header.confidential，并填写同一案件编号";
    /// The request is addressed to somebody else.
    NotAddressed = "NOT_ADDRESSED", PermissionDenied,
        "the request is addressed to another party" => "let its addressee answer, by itself or through a mandate",
        "该协查请求并非发给本主体" => "请由其收件主体答复，或由其授权代办";
    /// The case is somebody else's.
    NotYourCase = "NOT_YOUR_CASE", PermissionDenied,
        "the signer does not have this case" => "have it assigned or transferred by an authority that has it, or name the case that is meant",
        "签署方未承办该案件" => "请由承办机关分办或移送，或填写正确的案件编号";
    /// The case is another one.
    OtherCase = "OTHER_CASE", FailedPrecondition,
        "the statement named belongs to another case" => "name its case",
        "所引用的声明属于另一案件" => "请填写其案件编号";
    /// Key never enrolled.
    UnknownKey = "UNKNOWN_KEY", Unauthenticated,
        "the signing key is not enrolled" => "have it enrolled first",
        "签名密钥未登记" => "请先登记";
    /// Key revoked.
    KeyRevoked = "KEY_REVOKED", Unauthenticated,
        "the signing key has been revoked" => "sign with another key of the party, or enrol a new one",
        "签名密钥已吊销" => "请使用该主体的其他密钥，或登记新密钥";
    /// Key expired.
    KeyExpired = "KEY_EXPIRED", Unauthenticated,
        "the signing key has expired" => "enrol a new one",
        "签名密钥已过期" => "请登记新密钥";
    /// Key of somebody else.
    KeyOfAnotherParty = "KEY_OF_ANOTHER_PARTY", Unauthenticated,
        "the signing key belongs to another party than the header names" => "sign with a key of that party, or name the party of this key",
        "签名密钥属于另一主体" => "请使用该主体的密钥签名，或在声明头写明本密钥所属主体";
    /// Signature fails.
    BadSignature = "BAD_SIGNATURE", Unauthenticated,
        "the signature does not verify" => "sign the exact payload bytes in their DSSE encoding",
        "验签失败" => "请对载荷原始字节的 DSSE 编码签名";
    /// Algorithm not supported.
    UnknownAlgorithm = "UNKNOWN_ALGORITHM", InvalidArgument,
        "the signature algorithm is not supported" => "use Ed25519",
        "不支持该签名算法" => "请使用 Ed25519";
    /// Key not enrolled for this.
    KeyNotForThis = "KEY_NOT_FOR_THIS", PermissionDenied,
        "the key is not enrolled for this kind of statement or site" => "sign with a key that is, or enrol one",
        "该密钥未获准签署此类声明或此场所" => "请使用获准的密钥，或另行登记";
    /// Party unknown.
    UnknownParty = "UNKNOWN_PARTY", PermissionDenied,
        "the signing party is not registered" => "have an authority register it first",
        "签名主体未登记" => "请先由主管部门登记";
    /// Role missing.
    RoleMissing = "ROLE_MISSING", PermissionDenied,
        "the party holds no role that may sign this on the day it happened" => "have the role granted for that day, or let the right party sign",
        "该主体当日无签署此类声明的角色" => "请补登该日的角色，或由有权主体签署";
    /// Not the party concerned.
    NotYours = "NOT_YOURS", PermissionDenied,
        "only the party concerned or an authority may sign this" => "let one of them sign",
        "仅当事主体或主管部门可签署" => "请由其签署";
    /// Mandate missing.
    NoMandate = "NO_MANDATE", PermissionDenied,
        "no mandate of the principal covers this act, site and day" => "have the principal state one, or sign for yourself",
        "无委托人授权覆盖此行为、场所与日期" => "请由委托人先作授权声明，或以自身名义签署";
    /// Same id, other bytes.
    IdTaken = "ID_TAKEN", AlreadyExists,
        "another statement of this party has this id" => "use a new id",
        "该主体已有同 id 的另一声明" => "请用新 id";
    /// Business key taken.
    BusinessKeyTaken = "BUSINESS_KEY_TAKEN", AlreadyExists,
        "the business key is taken by an earlier statement, which may be the same bill" => "look that one up; correct it, or use another key",
        "业务单号已被先前声明占用，可能是同一单据" => "请查询该声明，予以更正或改用其他单号";
    /// Key enrolled already.
    KeyTaken = "KEY_TAKEN", AlreadyExists,
        "the key has been enrolled before, and a key belongs to one party for ever" => "make a new key",
        "密钥已登记过，且永久归属一个主体" => "请生成新密钥";
    /// Target not recorded.
    TargetUnknown = "TARGET_UNKNOWN", FailedPrecondition,
        "the statement named is not recorded here" => "submit it first",
        "所引用的声明尚未记录" => "请先提交";
    /// Target of a wrong kind.
    TargetKind = "TARGET_KIND", FailedPrecondition,
        "the statement named is of a kind that this cannot apply to" => "name the statement that is meant",
        "所引用声明的类型不适用" => "请引用正确的声明";
    /// Digest of the target differs.
    TargetDigest = "TARGET_DIGEST", FailedPrecondition,
        "the statement named is recorded with other bytes" => "take the digest from its receipt",
        "所引用声明的字节与记录不符" => "请从其回执取摘要";
    /// Not the newest correction.
    TargetNotNewest = "TARGET_NOT_NEWEST", FailedPrecondition,
        "the statement has been corrected since" => "name its newest Correct",
        "该声明已被更正" => "请引用最新的更正";
    /// Void already.
    TargetVoided = "TARGET_VOIDED", FailedPrecondition,
        "the statement has been voided" => "submit a new one",
        "该声明已作废" => "请另行提交";
    /// A Correct or Void waits already.
    TargetBusy = "TARGET_BUSY", FailedPrecondition,
        "a Correct or Void of the statement waits for endorsement" => "wait, have it endorsed, or void it",
        "已有更正或作废待会签" => "请等待、催促会签，或将其作废";
    /// A line to remove is not there.
    LineUnknown = "LINE_UNKNOWN", FailedPrecondition,
        "the content in effect has no such line" => "look up what it holds now and count from 0",
        "现行内容中没有该行" => "请先查询现行内容，行号从 0 起";
    /// A code that no policy list holds.
    UnknownCode = "UNKNOWN_CODE", InvalidArgument,
        "a code is not in the policy list in force on the day" => "use one of the codes of the list named",
        "代码不在当日有效的代码表中" => "请使用所列代码表中的代码";
    /// Nothing to endorse.
    NotPending = "NOT_PENDING", FailedPrecondition,
        "the statement named does not wait for signatures" => "nothing is left to do",
        "所引用声明不待会签" => "无须会签";
    /// Not asked to endorse.
    NotAsked = "NOT_ASKED", PermissionDenied,
        "the statement does not wait for this party's signature" => "let a party sign that is asked; the description names them",
        "该声明不需本主体会签" => "请由说明中列出的主体会签";
    /// Endorsed already.
    EndorsedAlready = "ENDORSED_ALREADY", AlreadyExists,
        "this party has signed it already" => "nothing is left to do",
        "本主体已会签" => "无须再签";
    /// Shipment unknown and no document.
    ShipmentUnknown = "SHIPMENT_UNKNOWN", FailedPrecondition,
        "the shipment is not recorded" => "name its bill, waybill or the items",
        "发货声明尚未记录" => "请写明单号、运单或物品";
    /// Too many subjects.
    TooManySubjects = "TOO_MANY_SUBJECTS", FailedPrecondition,
        "with the statements it names, it concerns too many subjects" => "split it",
        "连同所引用声明涉及的对象过多" => "请拆分";
    /// Correction chain too long.
    TooManyCorrections = "TOO_MANY_CORRECTIONS", FailedPrecondition,
        "the statement has been corrected too often" => "void it and submit a new one",
        "更正次数过多" => "请作废后重新提交";
    /// A register row is full.
    RegisterFull = "REGISTER_FULL", FailedPrecondition,
        "the register holds as many of these as it takes for one party, site or product" => "end or replace an entry that is there",
        "该主体、场所或产品的登记条目已达上限" => "请终止或替换已有条目";
    /// Queue full.
    QueueFull = "QUEUE_FULL", ResourceExhausted,
        "the ledger is busy" => "try again after the delay given",
        "账本繁忙" => "请按给出的延时稍后重试";
    /// Batch larger than allowed.
    BatchTooLarge = "BATCH_TOO_LARGE", InvalidArgument,
        "a message holds at most 1,024 statements" => "send several",
        "每条消息至多 1,024 条声明" => "请分多条发送";
    /// Writer stopped.
    WriterStopped = "WRITER_STOPPED", Unavailable,
        "the ledger writes no more until its operator has mended the cause and started it again, and whether the statement was recorded is not known" => "submit the same bytes again later",
        "账本已停止写入，须由运维方排除故障并重新启动；声明是否已记录未知" => "请稍后原样重新提交";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A field at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Why.
    pub reason: Reason,
    /// Path, such as `ship.items[3]`.
    pub field: Cow<'static, str>,
    /// What is wrong with it.
    pub description: Words,
}

/// A refused statement: nothing of it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The first fault.
    pub reason: Reason,
    /// All faults found, in order of the fields; may be empty.
    pub violations: Vec<Violation>,
}

impl Refusal {
    /// A refusal without a field.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self { reason, violations: Vec::new() }
    }

    /// A refusal for one field.
    pub fn at(reason: Reason, field: impl Into<Cow<'static, str>>, description: Words) -> Self {
        Self { reason, violations: vec![Violation { reason, field: field.into(), description }] }
    }
}

impl Refusal {
    /// In Chinese, as `Display` is in English.
    #[must_use]
    pub fn to_chinese(&self) -> String {
        let faults = self.violations.iter().map(|v| format!("；{}：{}", v.field, v.description.chinese()));
        format!("{}：{}{}", self.reason, self.reason.chinese(), faults.collect::<String>())
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.reason.english())?;
        for v in &self.violations {
            write!(f, "; {}: {}", v.field, v.description)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
