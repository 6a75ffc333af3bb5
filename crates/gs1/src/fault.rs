//! What can be wrong with a text.

use crate::dictionary::Ai;

/// What should stand in a place, in English and in Chinese, made together so that neither can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Form {
    english: &'static str,
    chinese: &'static str,
}

impl Form {
    /// Both texts.
    pub const fn of(english: &'static str, chinese: &'static str) -> Self {
        Self { english, chinese }
    }

    /// What is written the same in both: characters that must stand there.
    pub const fn same(text: &'static str) -> Self {
        Self { english: text, chinese: text }
    }

    /// In English.
    pub const fn english(self) -> &'static str {
        self.english
    }

    /// 中文.
    pub const fn chinese(self) -> &'static str {
        self.chinese
    }
}

/// In English.
impl core::fmt::Display for Form {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.english)
    }
}

/// What is wrong at the place an [`Error`](crate::Error) names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing where something must stand.
    #[error("is empty")]
    Empty,
    /// More characters than the part may have.
    #[error("is longer than {max} characters")]
    TooManyChars {
        /// The most it may have.
        max: usize,
    },
    /// Fewer characters than the part must have.
    #[error("is shorter than {min} characters")]
    TooFewChars {
        /// The fewest it must have.
        min: usize,
    },
    /// More bytes than the part may have.
    #[error("is longer than {max} bytes")]
    TooManyBytes {
        /// The most it may have.
        max: usize,
    },
    /// A fixed-length part has another length.
    #[error("must have {allowed}")]
    Length {
        /// The lengths that exist, in words.
        allowed: Form,
    },
    /// Something other than an ASCII digit.
    #[error("holds something other than a digit")]
    NotADigit,
    /// A character outside the part's alphabet.
    #[error("holds a character that may not stand here")]
    Character,
    /// White space before the first or after the last character.
    #[error("begins or ends with white space")]
    Surrounded,
    /// The check digit does not fit what it guards.
    #[error("has a wrong check digit")]
    CheckDigit,
    /// The pair of check characters does not fit what it guards.
    #[error("has a wrong pair of check characters")]
    CheckPair,
    /// Something particular must stand here.
    #[error("needs {0}")]
    Expected(Form),
    /// A code that its list does not have.
    #[error("is not {0}")]
    NotListed(Form),
    /// Zero where that makes no sense.
    #[error("is zero")]
    Zero,
    /// Something other than zeros.
    #[error("is not zero")]
    NotZero,
    /// A number that begins with 0.
    #[error("begins with zero")]
    LeadingZero,
    /// A number beyond the greatest that makes sense.
    #[error("is more than {max}")]
    TooGreat {
        /// The greatest.
        max: u64,
    },
    /// Piece 3 of 2.
    #[error("counts beyond the total")]
    BeyondTotal,
    /// Too short to begin with a GS1 Company Prefix, or not digits there.
    #[error("does not begin with a GS1 Company Prefix")]
    CompanyPrefix,
    /// A `%` that two hexadecimal digits do not follow.
    #[error("holds a % without two hexadecimal digits after it")]
    PercentSequence,
    /// A field of a coupon code is missing, cut short or not valid.
    #[error("has no valid {0}")]
    Coupon(Form),
    /// The text goes on where it must end.
    #[error("goes on where it must end")]
    Trailing,
    /// `%`, `.`, `/` or a control stands here as itself instead of as `%XX`.
    #[error("holds a character that must be written %XX")]
    Unescaped,
    /// `%` without two upper-case hexadecimal digits after it.
    #[error("holds a % without two upper-case hexadecimal digits")]
    BrokenEscape,
    /// `%XX` of a character that must stand as itself.
    #[error("escapes a character that must stand as itself")]
    NeedlessEscape,
    /// No month of the calendar.
    #[error("has no such month")]
    Month,
    /// No day of its month.
    #[error("has no such day")]
    Day,
    /// No hour of a day.
    #[error("has no such hour")]
    Hour,
    /// No minute of an hour.
    #[error("has no such minute")]
    Minute,
    /// No second of a minute.
    #[error("has no such second")]
    Second,
    /// An application identifier that does not exist.
    #[error("is no application identifier")]
    UnknownAi,
    /// An application identifier that came before: with another value, or at all where each may
    /// come once.
    #[error("comes twice")]
    Repeated,
    /// More elements than any carrier holds.
    #[error("is one element more than {max}")]
    TooManyElements {
        /// The most there may be.
        max: usize,
    },
    /// Two elements that contradict each other.
    #[error("may not stand beside ({0})")]
    Excluded(Ai),
    /// An element that says nothing without another.
    #[error("needs one of {0} beside it")]
    Requires(&'static str),
    /// A digital signature beside a key without its serial part.
    #[error("needs the serial part of ({0})")]
    Unserialised(Ai),
    /// An element that a Digital Link may not carry as an attribute.
    #[error("may not be an attribute of this Digital Link")]
    NotAnAttribute,
    /// The qualifiers of a Digital Link are not those of its key, or not in order.
    #[error("is not a qualifier that may stand here")]
    Qualifier,
    /// No key of a Digital Link among the elements, or in the path.
    #[error("holds no key of a Digital Link")]
    NoKey,
    /// A symbology identifier of a code that carries none of what is read here.
    #[error("is not one that is read here")]
    Symbology,
    /// A scan that is neither an element string nor a code known by its shape.
    #[error("is of no known form")]
    Unrecognised,
}

impl Fault {
    /// The same for people, in Chinese.
    pub fn chinese(self) -> String {
        let fixed = match self {
            Self::TooManyChars { max } => return format!("超过{max}个字符"),
            Self::TooFewChars { min } => return format!("少于{min}个字符"),
            Self::TooManyBytes { max } => return format!("超过{max}字节"),
            Self::TooGreat { max } => return format!("大于{max}"),
            Self::TooManyElements { max } => return format!("标识符超过{max}个"),
            Self::Length { allowed } => return format!("长度不对，应为：{}", allowed.chinese),
            Self::Expected(wanted) => return format!("此处应为：{}", wanted.chinese),
            Self::NotListed(list) => return format!("不在代码表中：{}", list.chinese),
            Self::Coupon(field) => return format!("优惠券字段无效：{}", field.chinese),
            Self::Excluded(other) => return format!("不应与({other})同时出现"),
            Self::Requires(needs) => return format!("还应有以下标识符之一：{needs}"),
            Self::Unserialised(key) => return format!("缺少({key})的序列部分"),
            Self::Empty => "为空",
            Self::NotADigit => "含有非数字字符",
            Self::Character => "含有不允许的字符",
            Self::Surrounded => "首尾有空白",
            Self::CheckDigit => "校验位错误",
            Self::CheckPair => "校验字符对错误",
            Self::Zero => "不应为零",
            Self::NotZero => "应为零",
            Self::LeadingZero => "不应以零开头",
            Self::BeyondTotal => "序号超过总数",
            Self::CompanyPrefix => "开头不是GS1厂商识别代码",
            Self::PercentSequence => "%后面不是两位十六进制数",
            Self::Trailing => "应在此结束",
            Self::Unescaped => "此字符应写作%XX",
            Self::BrokenEscape => "%后面不是两位大写十六进制数",
            Self::NeedlessEscape => "此字符不应写作%XX",
            Self::Month => "没有这个月份",
            Self::Day => "没有这一天",
            Self::Hour => "没有这个小时",
            Self::Minute => "没有这一分钟",
            Self::Second => "没有这一秒",
            Self::UnknownAi => "不是GS1应用标识符",
            Self::Repeated => "重复出现",
            Self::NotAnAttribute => "不能作为此Digital Link的属性",
            Self::Qualifier => "不是此处允许的限定符",
            Self::NoKey => "没有Digital Link主键",
            Self::Symbology => "不支持此码制标识",
            Self::Unrecognised => "无法识别其形式",
        };
        fixed.to_owned()
    }
}
