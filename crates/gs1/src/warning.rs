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

impl Caution {
    /// A word for it that stays the same: `"whole_month"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WholeMonth => "whole_month",
            Self::FarYear { .. } => "far_year",
            Self::RestrictedNumber => "restricted_number",
            Self::DemonstrationNumber => "demonstration_number",
            Self::CouponNumber => "coupon_number",
            Self::Pair(_) => "pair",
            Self::CheckUnverified => "check_unverified",
            Self::TraceCodeOrSscc => "trace_code_or_sscc",
            Self::UsccCheck => "uscc_check",
            Self::RegistrationNumber => "registration_number",
            Self::InstitutionLicenceNumber => "institution_licence_number",
        }
    }

    /// The same for people, in Chinese.
    pub fn chinese(self) -> String {
        match self {
            Self::WholeMonth => "日期只到月份（日为00），按当月最后一天计".into(),
            Self::FarYear { year } => format!("两位年份按{year}年理解，距参考年份较远，请核对"),
            Self::RestrictedNumber => "限域流通编码，出了本企业或本地区可能指另一种商品".into(),
            Self::DemonstrationNumber => "952开头的编码仅供演示".into(),
            Self::CouponNumber => "这是优惠券或退款凭证的编码，不是商品编码".into(),
            Self::Pair(fault) => fault.chinese(),
            Self::CheckUnverified => "带有无法核验的校验位".into(),
            Self::TraceCodeOrSscc => "20位数字按药品追溯码处理，也可能是带00前缀的SSCC".into(),
            Self::UsccCheck => "统一社会信用代码的校验位不符（少数早期代码如此）".into(),
            Self::RegistrationNumber => {
                "不符合已知的药品批准文号、医疗器械注册证编号或备案编号的格式，请与证书核对".into()
            }
            Self::InstitutionLicenceNumber => {
                "不符合医疗机构执业许可证登记号的格式（22位大写字母与数字，旧证为18位或12位）".into()
            }
        }
    }
}

impl fmt::Display for Caution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WholeMonth => f.write_str("day 00 names a month and counts as its last day"),
            Self::FarYear { year } => write!(f, "a year taken for {year} is far from the reference year"),
            Self::RestrictedNumber => f.write_str("is a number of restricted circulation"),
            Self::DemonstrationNumber => f.write_str("prefix 952 is for demonstrations"),
            Self::CouponNumber => f.write_str("is the number of a coupon or refund receipt"),
            Self::Pair(fault) => fault.fmt(f),
            Self::CheckUnverified => f.write_str("has a check character that nobody can verify"),
            Self::TraceCodeOrSscc => {
                f.write_str("was taken for a drug trace code, but may be (00) and an SSCC")
            }
            Self::UsccCheck => f.write_str("has a check character that does not fit, as some early codes do"),
            Self::RegistrationNumber => {
                f.write_str("has no known form of a drug approval, device registration or device filing")
            }
            Self::InstitutionLicenceNumber => f.write_str(
                "is not 22 capitals and digits (18 or 12 in older ones), as on licences of medical institutions",
            ),
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
