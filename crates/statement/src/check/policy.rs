//! Fields of Succession, Designation, Coverage, NamedList and Policy.

use std::{collections::BTreeSet, fmt::Display};

use gs1::{PartyRef, ProductRef, SiteRef};
use proto::v1::{Coverage, Designation, ListEntry, NamedList, Policy, PolicyCode, Succession};

use super::{
    Check, End, MAX_ITEMS, MAX_LOTS,
    field::{is_nfc, text_fault},
    part::{ACCOUNT, NOTE},
};
use crate::{Reason, Words, policy, words};

/// What the name of a brand stands behind in a list.
const BRAND: &str = "brand:";

impl<'a> Check<'a> {
    pub(super) fn succession(&mut self, b: &'a Succession) {
        self.party("succession.predecessor", &b.predecessor);
        self.party("succession.successor", &b.successor);
        if !b.successor.is_empty() && b.successor == b.predecessor {
            self.fault(
                Reason::InvalidField,
                "succession.successor",
                Words::of("is the predecessor itself", "即前任主体自身"),
            );
        }
        self.code("succession.kind", &b.kind);
        self.day("succession.effective_on", &b.effective_on);
        self.each_once("succession.sites", &b.sites, MAX_LOTS, |c, field, text| c.site(field, text));
        self.text_or_none("succession.number", &b.number, 80);
    }

    pub(super) fn designation(&mut self, b: &'a Designation) {
        self.text("designation.number", &b.number, 80);
        self.registration("designation.registration", &b.registration);
        self.each_once("designation.wholesalers", &b.wholesalers, MAX_LOTS, |c, field, text| {
            c.party(field, text);
        });
        self.region_prefix("designation.region", &b.region);
        self.span(
            "designation",
            ("valid_from", &b.valid_from, End::Required),
            ("valid_to", &b.valid_to, End::Open),
        );
    }

    pub(super) fn coverage(&mut self, b: &'a Coverage) {
        self.code("coverage.register", &b.register);
        self.region_prefix("coverage.region", &b.region);
        self.code_or_none("coverage.product_class", &b.product_class);
        self.span("coverage", ("since", &b.since, End::Required), ("until", &b.until, End::Open));
        self.note("coverage.note", &b.note, NOTE);
    }

    pub(super) fn named_list(&mut self, b: &'a NamedList) {
        self.code("named_list.list", &b.list);
        if b.version == 0 {
            self.missing(
                "named_list.version",
                Words::of("not set; the first version is 1", "未填写；首个版本为 1"),
            );
        }
        self.prose("named_list.title", &b.title, 200);
        if b.entries.is_empty() && !b.whole {
            self.missing(
                "named_list.entries",
                Words::of("nothing is added or changed", "未增加或改动任何条目"),
            );
        }
        if b.entries.len() > MAX_ITEMS {
            let description = words!("more than {MAX_ITEMS} lines", "超过 {MAX_ITEMS} 行");
            self.fault(Reason::TooManyItems, "named_list.entries", description);
        }
        let mut seen = BTreeSet::new();
        for (i, entry) in b.entries.iter().enumerate().take(MAX_ITEMS) {
            self.list_entry(format_args!("named_list.entries[{i}]"), entry);
            if !entry.subject.is_empty() && !seen.insert(&entry.subject) {
                let field = format_args!("named_list.entries[{i}].subject");
                self.fault(Reason::ItemTwice, field, Words::of("is listed twice", "重复列出"));
            }
        }
    }

    fn list_entry(&mut self, path: impl Display, entry: &ListEntry) {
        self.listed(format_args!("{path}.subject"), &entry.subject);
        self.note(format_args!("{path}.reason"), &entry.reason, NOTE);
        self.note(format_args!("{path}.legal_basis"), &entry.legal_basis, NOTE);
        let first = ("valid_from", entry.valid_from.as_str(), End::Required);
        self.span(&path, first, ("valid_to", &entry.valid_to, End::Open));
        let removed = self.day_or_none(format_args!("{path}.removed_on"), &entry.removed_on);
        if removed.zip(crate::Day::parse(&entry.valid_from)).is_some_and(|(removed, from)| removed < from) {
            let description = Words::of("before the first day", "早于起始日");
            self.fault(Reason::InvalidField, format_args!("{path}.removed_on"), description);
        }
    }

    /// A party, product, site or brand.
    fn listed(&mut self, field: impl Display, subject: &str) {
        if let Some(brand) = subject.strip_prefix(BRAND) {
            if let Some((reason, description)) = text_fault(brand, 200) {
                self.fault(reason, field, description);
            }
            return;
        }
        let known = PartyRef::parse(subject).is_ok()
            || SiteRef::parse(subject).is_ok()
            || ProductRef::parse(subject).is_ok();
        if subject.is_empty() {
            self.missing(field, Words::of("not set", "未填写"));
        } else if !known || !is_nfc(subject) {
            let description = Words::of(
                "must be a canonical party, product or site, or brand:NAME",
                "须为规范的主体、产品或场所标识，或 brand:品牌名",
            );
            self.fault(Reason::NotCanonical, field, description);
        }
    }

    pub(super) fn policy(&mut self, b: &'a Policy) {
        self.code("policy.policy", &b.policy);
        self.day("policy.effective_on", &b.effective_on);
        self.count("policy.codes", b.codes.len(), MAX_LOTS);
        if policy::list(&b.policy).is_some() && b.codes.is_empty() {
            self.missing("policy.codes", Words::of("a list states all its codes", "代码表须列出全部代码"));
        } else if b.codes.is_empty() && b.settings.is_empty() {
            self.missing("policy.settings", Words::of("neither codes nor settings", "代码与设置均未填写"));
        }
        let mut seen = BTreeSet::new();
        for (i, code) in b.codes.iter().enumerate().take(MAX_LOTS) {
            self.policy_code(format_args!("policy.codes[{i}]"), code);
            if !code.code.is_empty() && !seen.insert(&code.code) {
                let description = Words::of("the code is listed twice", "代码重复列出");
                self.fault(Reason::InvalidField, format_args!("policy.codes[{i}].code"), description);
            }
        }
        self.settings(b);
        self.note("policy.note", &b.note, ACCOUNT);
    }

    fn policy_code(&mut self, path: impl Display, code: &PolicyCode) {
        let field = format_args!("{path}.code");
        let fits = code.code.len() <= 40 && code.code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if code.code.is_empty() {
            self.missing(field, Words::of("not set", "未填写"));
        } else if !fits {
            // Units and markets have capitals.
            self.fault(
                Reason::InvalidField,
                field,
                Words::of(
                    "a code has letters, digits and hyphens, at most 40",
                    "代码由字母、数字与连字符组成，至多 40 个",
                ),
            );
        }
        self.prose(format_args!("{path}.name"), &code.name, 200);
        self.prose(format_args!("{path}.name_zh"), &code.name_zh, 200);
    }

    fn settings(&mut self, b: &'a Policy) {
        self.count("policy.settings", b.settings.len(), MAX_LOTS);
        let mut seen = BTreeSet::new();
        for (i, setting) in b.settings.iter().enumerate().take(MAX_LOTS) {
            self.code(format_args!("policy.settings[{i}].key"), &setting.key);
            if !setting.key.is_empty() && !seen.insert(&setting.key) {
                let description = Words::of("the setting is listed twice", "设置重复列出");
                self.fault(Reason::InvalidField, format_args!("policy.settings[{i}].key"), description);
            }
        }
    }
}
