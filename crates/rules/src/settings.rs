//! Numbers that rules go by: settings of the policy `findings`, and of `findings-CLASS` for one class of
//! product, which goes before. A setting that neither states is the default here.

/// A number that a policy may set.
#[derive(Debug)]
pub struct Setting {
    /// Its key in `Policy.settings`.
    pub key: &'static str,
    /// What holds until a policy states it.
    pub default: i64,
    /// What it is.
    pub english: &'static str,
    /// 含义.
    pub chinese: &'static str,
}

/// Name of the policy whose settings these are; `findings-CLASS` for those of one class.
pub const POLICY: &str = "findings";

macro_rules! settings {
    ($($name:ident $key:literal $default:literal $english:literal $chinese:literal,)*) => {
        $(pub(crate) const $name: Setting =
            Setting { key: $key, default: $default, english: $english, chinese: $chinese };)*

        /// All settings, in the order of docs/RULES.md.
        pub static SETTINGS: &[&Setting] = &[$(&$name,)*];
    };
}

settings! {
    UPLOAD_LAG "upload-lag-hours" 72
        "hours in which a missing statement of the other side may still come before a gap is shown"
        "允许补传的小时数，期间断链不显示",
    CLOCK_SKEW "clock-skew-minutes" 15
        "minutes by which clocks of two parties may differ"
        "各方时钟允许偏差的分钟数",
    RECEIVE_WITHIN "receive-within-hours" 336
        "hours within which a shipment is to be answered"
        "收货确认期限（小时）",
    CODING_TRANSITION "coding-transition-days" 0
        "days after the coding register became complete in which older stock without a Commission may appear"
        "赋码登记完整后，允许旧库存无赋码记录出现的天数",
}
