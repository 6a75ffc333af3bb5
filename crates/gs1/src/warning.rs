//! What is odd about a code, though no error.

use core::fmt;

use crate::dictionary::Ai;
use crate::fault::Fault;

/// Something odd about a code that was read: to be told to people, not to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Warning {
    /// What is odd.
    pub caution: Caution,
    /// The application identifier of the element it is about, if it is one.
    pub ai: Option<Ai>,
    /// Offset in bytes of what it is about, from the start of the text that was passed in.
    pub at: usize,
}

/// What is odd about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Caution {
    /// Day 00: the label names a month, which counts as its last day.
    WholeMonth,
    /// The century of a two-digit year is doubtful: far from the reference year either way.
    FarYear {
        /// The year it was taken for.
        year: u16,
    },
    /// The number is of restricted circulation: in one company or region it names one thing, elsewhere
    /// another.
    RestrictedNumber,
    /// The number has the prefix 952, which is for demonstrations and examples.
    DemonstrationNumber,
    /// The number has the prefix of a refund receipt or a coupon, not of goods.
    CouponNumber,
    /// Elements exclude each other, or lack what must be beside them: on this carrier at least.
    Pair(Fault),
    /// It carries a check character that nobody can verify.
    CheckUnverified,
    /// Twenty digits that begin with 00 were taken for a drug trace code; they would also be an SSCC.
    TraceCodeOrSscc,
    /// The check character of a unified social credit code does not fit. Some early codes of lawful
    /// bodies miss it.
    UsccCheck,
    /// The number of a registration, filing or approval has none of the forms of such numbers.
    RegistrationNumber,
    /// The number of a medical institution's practice licence does not have the form of one.
    InstitutionLicenceNumber,
}

impl Warning {
    pub(crate) const fn new(caution: Caution, ai: Option<Ai>, at: usize) -> Self {
        Self { caution, ai, at }
    }
}

/// What is said of a caution, whatever its particulars: for manuals, and beside a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CautionRow {
    /// A word for it that stays the same: `"whole_month"`.
    pub name: &'static str,
    /// What is odd, in English.
    pub cause: &'static str,
    /// What to do, in English.
    pub remedy: &'static str,
    /// What is odd, in Chinese.
    pub cause_chinese: &'static str,
    /// What to do, in Chinese.
    pub remedy_chinese: &'static str,
    /// It can be said of a text in a statement.
    pub canonical: bool,
    /// It can be said of what a scanner or a label gave.
    pub scanned: bool,
}

const WHOLE_MONTH: CautionRow = CautionRow {
    name: "whole_month",
    cause: "day 00 names a month and counts as its last day",
    remedy: "nothing, where the label names no day",
    cause_chinese: "日期只到月份（日为00），按当月最后一天计",
    remedy_chinese: "标签未印日期时无须处理",
    canonical: false,
    scanned: true,
};
const FAR_YEAR: CautionRow = CautionRow {
    name: "far_year",
    cause: "a year of two digits was taken for one far from the reference year",
    remedy: "compare it with the label",
    cause_chinese: "两位年份按距参考年份较远的年份理解",
    remedy_chinese: "请与标签核对",
    canonical: false,
    scanned: true,
};
const RESTRICTED_NUMBER: CautionRow = CautionRow {
    name: "restricted_number",
    cause: "is a number of restricted circulation",
    remedy: "use the number that the product has everywhere, where there is one",
    cause_chinese: "限域流通编码，出了本企业或本地区可能指另一种商品",
    remedy_chinese: "如有通用编码，请改用",
    canonical: true,
    scanned: true,
};
const DEMONSTRATION_NUMBER: CautionRow = CautionRow {
    name: "demonstration_number",
    cause: "prefix 952 is for demonstrations",
    remedy: "use the real number, except in tests",
    cause_chinese: "952开头的编码仅供演示",
    remedy_chinese: "除测试外请使用真实编码",
    canonical: true,
    scanned: true,
};
const COUPON_NUMBER: CautionRow = CautionRow {
    name: "coupon_number",
    cause: "is the number of a coupon or refund receipt",
    remedy: "scan the goods themselves",
    cause_chinese: "这是优惠券或退款凭证的编码，不是商品编码",
    remedy_chinese: "请扫描商品本身的编码",
    canonical: true,
    scanned: true,
};
const PAIR: CautionRow = CautionRow {
    name: "pair",
    cause: "elements exclude each other, or lack what must be beside them",
    remedy: "compare it with the label, and tell whoever prints it",
    cause_chinese: "各数据单元相互排斥，或缺少必须同时出现的单元",
    remedy_chinese: "请与标签核对，并告知印制方",
    canonical: false,
    scanned: true,
};
const CHECK_UNVERIFIED: CautionRow = CautionRow {
    name: "check_unverified",
    cause: "has a check character that nobody can verify",
    remedy: "compare it with the label or the register",
    cause_chinese: "带有无法核验的校验位",
    remedy_chinese: "请与标签或登记核对",
    canonical: true,
    scanned: true,
};
const TRACE_CODE_OR_SSCC: CautionRow = CautionRow {
    name: "trace_code_or_sscc",
    cause: "was taken for a drug trace code, but may be (00) and an SSCC",
    remedy: "where it is a pallet or parcel, write sscc: and the last 18 digits",
    cause_chinese: "20位数字按药品追溯码处理，也可能是带00前缀的SSCC",
    remedy_chinese: "若为托盘或箱，请写 sscc: 加后18位",
    canonical: true,
    scanned: true,
};
const USCC_CHECK: CautionRow = CautionRow {
    name: "uscc_check",
    cause: "has a check character that does not fit, as some early codes do",
    remedy: "compare it with the business licence or the register",
    cause_chinese: "统一社会信用代码的校验位不符（少数早期代码如此）",
    remedy_chinese: "请与营业执照或登记核对",
    canonical: true,
    scanned: false,
};

const REGISTRATION_NUMBER: CautionRow = CautionRow {
    name: "registration_number",
    cause: "has no known form of a drug approval, device registration or device filing",
    remedy: "compare it with the certificate",
    cause_chinese: "不符合已知的药品批准文号、医疗器械注册证编号或备案编号的格式",
    remedy_chinese: "请与证书核对",
    canonical: true,
    scanned: false,
};
const INSTITUTION_LICENCE_NUMBER: CautionRow = CautionRow {
    name: "institution_licence_number",
    cause: "is not 22 capitals and digits (18 or 12 in older ones), as on licences of medical institutions",
    remedy: "compare it with the licence",
    cause_chinese: "不符合医疗机构执业许可证登记号的格式（22位大写字母与数字，旧证为18位或12位）",
    remedy_chinese: "请与许可证核对",
    canonical: true,
    scanned: false,
};

/// Everything that can be odd about a code, in the order of [`Caution`].
pub const CAUTIONS: &[CautionRow] = &[
    WHOLE_MONTH,
    FAR_YEAR,
    RESTRICTED_NUMBER,
    DEMONSTRATION_NUMBER,
    COUPON_NUMBER,
    PAIR,
    CHECK_UNVERIFIED,
    TRACE_CODE_OR_SSCC,
    USCC_CHECK,
    REGISTRATION_NUMBER,
    INSTITUTION_LICENCE_NUMBER,
];

impl Caution {
    /// What is said of it, whatever its particulars.
    pub const fn row(self) -> CautionRow {
        match self {
            Self::WholeMonth => WHOLE_MONTH,
            Self::FarYear { .. } => FAR_YEAR,
            Self::RestrictedNumber => RESTRICTED_NUMBER,
            Self::DemonstrationNumber => DEMONSTRATION_NUMBER,
            Self::CouponNumber => COUPON_NUMBER,
            Self::Pair(_) => PAIR,
            Self::CheckUnverified => CHECK_UNVERIFIED,
            Self::TraceCodeOrSscc => TRACE_CODE_OR_SSCC,
            Self::UsccCheck => USCC_CHECK,
            Self::RegistrationNumber => REGISTRATION_NUMBER,
            Self::InstitutionLicenceNumber => INSTITUTION_LICENCE_NUMBER,
        }
    }

    /// A word for it that stays the same: `"whole_month"`.
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The same for people, in Chinese.
    pub fn chinese(self) -> String {
        match self {
            Self::FarYear { year } => format!("两位年份按{year}年理解，距参考年份较远，请核对"),
            Self::Pair(fault) => fault.chinese(),
            plain => plain.row().cause_chinese.into(),
        }
    }
}

impl fmt::Display for Caution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FarYear { year } => write!(f, "a year taken for {year} is far from the reference year"),
            Self::Pair(fault) => fault.fmt(f),
            plain => f.write_str(plain.row().cause),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ai {
            Some(ai) => write!(f, "{}: {}", ai.label(), self.caution),
            None => self.caution.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What follows a caution; the last one is followed by nothing. A new one does not compile until it stands
    /// here.
    const fn next(caution: Caution) -> Option<Caution> {
        Some(match caution {
            Caution::WholeMonth => Caution::FarYear { year: 2076 },
            Caution::FarYear { .. } => Caution::RestrictedNumber,
            Caution::RestrictedNumber => Caution::DemonstrationNumber,
            Caution::DemonstrationNumber => Caution::CouponNumber,
            Caution::CouponNumber => Caution::Pair(Fault::Empty),
            Caution::Pair(_) => Caution::CheckUnverified,
            Caution::CheckUnverified => Caution::TraceCodeOrSscc,
            Caution::TraceCodeOrSscc => Caution::UsccCheck,
            Caution::UsccCheck => Caution::RegistrationNumber,
            Caution::RegistrationNumber => Caution::InstitutionLicenceNumber,
            Caution::InstitutionLicenceNumber => return None,
        })
    }

    #[test]
    fn the_table_holds_every_caution_once_in_order() {
        let all: Vec<Caution> =
            core::iter::successors(Some(Caution::WholeMonth), |caution| next(*caution)).collect();
        assert_eq!(all.iter().map(|c| c.row()).collect::<Vec<_>>(), CAUTIONS);
        for (i, row) in CAUTIONS.iter().enumerate() {
            assert!(row.canonical || row.scanned, "{} is said of nothing", row.name);
            assert!(CAUTIONS[..i].iter().all(|other| other.name != row.name), "{}", row.name);
        }
        for caution in all {
            let (english, chinese) = (caution.to_string(), caution.chinese());
            assert!(english.is_ascii() && !english.is_empty() && !chinese.is_ascii(), "{english} {chinese}");
        }
    }

    #[test]
    fn causes_and_remedies_are_in_two_languages() {
        for row in CAUTIONS {
            let english = [row.cause, row.remedy];
            assert!(english.iter().all(|text| text.is_ascii() && text.len() > 10), "{}", row.name);
            assert!(!row.cause_chinese.is_ascii() && !row.remedy_chinese.is_ascii(), "{}", row.name);
        }
    }
}
