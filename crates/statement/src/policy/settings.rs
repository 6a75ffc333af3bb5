//! Numbers that deadlines go by. A policy statement that names one of these groups sets all its numbers anew from a
//! day on (`policy.settings`); what it leaves out keeps the default.

/// Numbers of one kind, as a ledger starts with them.
#[derive(Debug)]
pub struct Settings {
    /// Its name, in `Policy.policy`.
    pub name: &'static str,
    /// What they are for.
    pub english: &'static str,
    /// 用途.
    pub chinese: &'static str,
    /// The numbers.
    pub settings: &'static [Setting],
}

/// One number. 0 = there is no such term.
#[derive(Debug)]
pub struct Setting {
    /// As it stands in statements.
    pub key: &'static str,
    /// Until a Policy sets it.
    pub default: i64,
    /// Unit.
    pub english: &'static str,
    /// 单位与含义.
    pub chinese: &'static str,
}

macro_rules! settings {
    ($($name:literal, $en:literal, $zh:literal: [$($key:literal $default:literal $k_en:literal $k_zh:literal,)*];)*) => {
        /// All groups, in the order of docs/POLICY.md.
        pub static SETTINGS: &[Settings] = &[$(Settings {
            name: $name,
            english: $en,
            chinese: $zh,
            settings: &[$(Setting { key: $key, default: $default, english: $k_en, chinese: $k_zh },)*],
        },)*];
    };
}

settings! {
    "measure-days", "How long a measure lasts where its document does not say", "措施期限（文书未载明时）": [
        "preservation" 7 "days" "日",
        "sealing" 30 "days" "日",
        "seizure" 30 "days" "日",
        "customs-detention" 365 "days" "日",
        "criminal-seizure" 0 "days; until the case ends" "日；至案件终结",
        "confiscation" 0 "days; for good" "日；长期",
        "surrender" 0 "days; for good" "日；长期",
    ];
    "transfer-terms", "How long each step of a transfer may take, by its basis", "案件移送各环节期限（按移送依据）": [
        "suspected-crime-decide-days" 3 "days from proposal to decision" "日；自报告至批准",
        "suspected-crime-transfer-hours" 24 "hours from decision to transfer" "小时；自批准至移送",
        "suspected-crime-reply-days" 3 "days from arrival to the receiver's decision" "日；自受理至决定",
        "suspected-crime-forward-hours" 24 "hours from arrival to forwarding" "小时；自接收至转送",
        "suspected-crime-goods-days" 3 "days from filing to handing the goods over" "日；自立案至移交涉案物品",
        "no-crime-decide-days" 3 "days from proposal to decision" "日；自报告至批准",
        "no-crime-transfer-hours" 24 "hours from decision to transfer" "小时；自批准至移送",
        "no-crime-reply-days" 3 "days from arrival to the receiver's decision" "日；自受理至决定",
        "no-crime-forward-hours" 24 "hours from arrival to forwarding" "小时；自接收至转送",
        "no-crime-goods-days" 3 "days from filing to handing the goods over" "日；自立案至移交涉案物品",
        "jurisdiction-decide-days" 0 "days from proposal to decision" "日；自报告至批准",
        "jurisdiction-transfer-hours" 24 "hours from decision to transfer" "小时；自批准至移送",
        "jurisdiction-reply-days" 0 "days from arrival to the receiver's decision" "日；自受理至决定",
        "jurisdiction-forward-hours" 24 "hours from arrival to forwarding" "小时；自接收至转送",
        "jurisdiction-goods-days" 3 "days from filing to handing the goods over" "日；自立案至移交涉案物品",
    ];
    "lead-days", "How long each step of a lead may take", "线索办理期限": [
        "assign" 7 "days until somebody is to look into it" "日；分办",
        "verify" 30 "days from assignment until it is verified" "日；自分办至核查",
        "answer" 60 "days until it is answered" "日；答复",
    ];
}

/// The default of a number; `None` where the ledger starts without it.
#[must_use]
pub fn setting(name: &str, key: &str) -> Option<i64> {
    let group = SETTINGS.iter().find(|group| group.name == name)?;
    group.settings.iter().find(|setting| setting.key == key).map(|setting| setting.default)
}
