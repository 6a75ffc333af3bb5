//! The table of rules. Each rule has a file of its own, which says when it opens and when it stays silent.

use std::fmt;

use statement::Words;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// To be looked at when there is time.
    Low,
    /// To be explained.
    Medium,
    /// To be followed up.
    High,
    /// To be stopped.
    Critical,
}

impl Severity {
    /// As it stands in files and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Who is told of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Visibility {
    /// Who has stated it, too: it may be a slip that it can put right.
    Operational,
    /// Authorities only.
    Investigative,
}

impl Visibility {
    /// As it stands in files and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operational => "operational",
            Self::Investigative => "investigative",
        }
    }
}

/// What is known of a rule without running it.
#[derive(Debug)]
pub struct RuleRow {
    /// The rule.
    pub rule: Rule,
    /// Its name for ever, as in "UNKNOWN_ITEM".
    pub id: &'static str,
    /// Raised when what it finds changes.
    pub version: u32,
    /// The most that one of its findings can be.
    pub severity: Severity,
    /// Who is told.
    pub visibility: Visibility,
    /// The register outside of whose Coverage the rule is silent; empty: it rests on no register being complete.
    pub register: &'static str,
    /// What is suspected.
    pub title: Words,
}

macro_rules! rules {
    ($($module:ident $rule:ident,)*) => {
        $(pub(crate) mod $module;)*

        /// A rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "each is described in a file of its own, and by its row")]
        pub enum Rule { $($rule,)* }

        /// All rules, in the order of docs/RULES.md.
        pub static RULES: &[&RuleRow] = &[$(&$module::ROW,)*];

        /// Their files, which say in words what they do.
        #[cfg(test)]
        pub(crate) static SOURCES: &[&str] = &[$(include_str!(concat!("rule/", stringify!($module), ".rs")),)*];
    };
}

rules! {
    unknown_item UnknownItem,
    duplicate_item DuplicateItem,
    broken_custody BrokenCustody,
    expired Expired,
    relabelled Relabelled,
    recalled_or_held RecalledOrHeld,
    unregistered_product UnregisteredProduct,
    unlicensed_party UnlicensedParty,
    restricted_channel RestrictedChannel,
    blacklisted_party BlacklistedParty,
    quantity_excess QuantityExcess,
    no_customs_release NoCustomsRelease,
    customs_mismatch CustomsMismatch,
    no_clearance NoClearance,
    no_test_release NoTestRelease,
    short_dated_import ShortDatedImport,
    cold_chain ColdChain,
    diversion Diversion,
    device_usage DeviceUsage,
    usage_excess UsageExcess,
    no_use NoUse,
    stock_mismatch StockMismatch,
    impossible_travel ImpossibleTravel,
    scan_place_mismatch ScanPlaceMismatch,
    under_purchase UnderPurchase,
    postal_pattern PostalPattern,
    maker_suspended MakerSuspended,
    unapproved_brand UnapprovedBrand,
    compromised_key CompromisedKey,
    after_the_fact AfterTheFact,
}

impl RuleRow {
    /// The setting of the policy `findings` that says which version of the rule is in force; 0 = none.
    #[must_use]
    pub fn switch(&self) -> String {
        format!("rule-{}", self.id.to_ascii_lowercase().replace('_', "-"))
    }
}

impl Rule {
    /// What is known of it without running it.
    #[must_use]
    pub fn row(self) -> &'static RuleRow {
        RULES[self as usize]
    }

    /// Its name for ever.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// The rule of that name.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        RULES.iter().find(|row| row.id == id).map(|row| row.rule)
    }
}

/// By its name.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
