//! Numbers that rules go by: settings of the policy `findings`, and of `findings-CLASS` for one class of
//! product, which goes before. A setting that neither states is the default here.

/// A number that a policy may set.
#[derive(Debug)]
pub struct Setting {
    /// Its key in `Policy.settings`.
    pub key: &'static str,
    /// What holds until a policy states it.
    pub default: i64,
    /// The same for some classes of product.
    pub classes: &'static [(&'static str, i64)],
    /// What it is.
    pub english: &'static str,
    /// 含义.
    pub chinese: &'static str,
}

/// Name of the policy whose settings these are; `findings-CLASS` for those of one class.
pub const POLICY: &str = "findings";

macro_rules! settings {
    ($($name:ident $key:literal $default:literal $([$($class:literal $of_class:literal),*])?
        $english:literal $chinese:literal,)*) => {
        $(#[doc = $english] pub const $name: Setting = Setting {
            key: $key,
            default: $default,
            classes: &[$($(($class, $of_class)),*)?],
            english: $english,
            chinese: $chinese,
        };)*

        /// All settings, in the order of docs/RULES.md.
        pub static SETTINGS: &[&Setting] = &[$(&$name,)*];
    };
}

impl Setting {
    /// What holds for a class until a policy states it.
    #[must_use]
    pub fn default_of(&self, class: &str) -> i64 {
        self.classes.iter().find(|(of, _)| *of == class).map_or(self.default, |(_, value)| *value)
    }
}

/// A day written as the number YYYYMMDD; `None` of any other number.
pub(crate) fn day_of_number(number: i64) -> Option<statement::Day> {
    let (year, rest) = (number / 10_000, number % 10_000);
    statement::Day::parse(&format!("{year:04}-{:02}-{:02}", rest / 100, rest % 100))
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
    REGISTRATION_FROM "registration-required-from" 0
        "day (YYYYMMDD) from which goods must be registered when they are made; 0 = always"
        "自该日（YYYYMMDD）起生产的产品须已注册；0 表示始终",
    LICENCE_RENEWAL "licence-renewal-days" 30
        "days after its last day in which a licence may still be renewed"
        "许可证到期后允许补录换证的天数",
    RESTRICTED "restricted-channel" 0 ["toxin" 1]
        "1 = may only go by designated wholesalers to medical institutions"
        "1 表示只能经指定批发企业销售至医疗机构",
    DESIGNATION_GRACE "designation-grace-days" 30
        "days after the end of a designation in which stock may still be sold"
        "指定经营终止后允许销售存货的天数",
    CLEARANCE_REQUIRED "clearance-required" 0 ["toxin" 1]
        "1 = imports of the class need a clearance note"
        "1 表示该类进口产品须有进口通关单",
    TEST_REQUIRED "test-release-required" 0 ["toxin" 1]
        "1 = imports of the class need a port test or lot release"
        "1 表示该类进口产品须经口岸检验或批签发",
    SHORT_DATED "short-dated-months" 12
        "months of life that goods must have left when their import is filed; 0 = none"
        "进口备案时最少剩余有效期（月）；0 表示不作要求",
    SHORT_DATED_SHORT "short-dated-months-short" 6
        "the same for goods with a whole life of less than 12 months"
        "总有效期不足 12 个月的产品进口备案时最少剩余有效期（月）",
    COLD_BELOW "cold-below-millicelsius" 10000
        "highest storage temperature up to which goods must be kept cold on the way, thousandths of a degree"
        "储存上限不高于该温度（千分之一摄氏度）的产品须冷链运输",
    EXCURSION_MINUTES "excursion-minutes" 0
        "minutes outside of the range that are tolerated on the way"
        "在途允许超温的分钟数",
    LOGGER_SKEW "logger-skew-hours" 24
        "hours by which the clock of a logger may differ"
        "温湿度记录仪时钟允许偏差的小时数",
    PAIRING_MINUTES "pairing-minutes" 60
        "minutes within which a tip cannot be used with two consoles"
        "同一治疗头不可与两台主机配对使用的时间间隔（分钟）",
    OPENED_VIAL "opened-vial-hours" 24
        "hours in which a vial for single use may be used after it was opened"
        "一次性使用产品开启后允许使用的小时数",
    USE_WITHIN "use-within-days" 365 ["rf-console" 0, "ultrasound-console" 0, "laser" 0]
        "days within which a medical institution is to use, return or write off what it took in; 0 = not asked"
        "医疗机构购进后应使用、退回或报损的期限（天）；0 表示不作要求",
    TRAVEL_KMH "travel-kmh" 1000
        "fastest that a unit can travel between two sightings, km/h"
        "两次出现之间可能的最高速度（公里/小时）",
    TRAVEL_NEAR "travel-near-km" 50
        "distance below which two sightings are of one place, km"
        "视为同一地点的距离（公里）",
    PURCHASE_LOOKBACK "purchase-lookback-days" 180
        "days before a figure's period from which purchases count"
        "业务量统计期之前计入采购的天数",
    UNDER_PURCHASE_PERCENT "under-purchase-percent" 50
        "per cent of a figure below which purchases are far too few"
        "采购量低于业务量的该百分比时提示",
    TREATMENTS_PER_UNIT "treatments-per-unit" 1 ["toxin" 4, "rf-tip" 10, "ultrasound-tip" 10]
        "treatments that one vial or piece may serve"
        "一支（件）产品可服务的治疗人次",
    POSTAL_PARCELS "postal-parcels" 5
        "parcels of one sender or lot in a week from which a pattern is seen"
        "一周内同一寄件人或批次的包裹数达到该值时提示",
    AFTER_DAYS "after-the-fact-days" 365
        "days after an authority's act in which what is recorded about a time before it is marked"
        "主管部门措施之后，补报此前事项予以标记的天数",
}
