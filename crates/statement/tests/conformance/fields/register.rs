//! Faults and optional fields of the later registry statements.

use statement::{Kind as K, Reason::*};

use super::{Optional, Row};
use crate::samples::{MAKER, SITE, TRADER, body};

#[rustfmt::skip]
pub const FAULTS: &[Row] = &[
    (K::Succession, |s| body!(s, Succession).predecessor.clear(), MissingField, "succession.predecessor"),
    (K::Succession, |s| body!(s, Succession).successor.clear(), MissingField, "succession.successor"),
    (K::Succession, |s| body!(s, Succession).successor = MAKER.into(), InvalidField, "succession.successor"),
    (K::Succession, |s| body!(s, Succession).kind.clear(), MissingField, "succession.kind"),
    (K::Succession, |s| body!(s, Succession).effective_on.clear(), MissingField, "succession.effective_on"),
    (K::Succession, |s| body!(s, Succession).sites = (0..257).map(|i| format!("site:{MAKER}/{i}")).collect(), InvalidField, "succession.sites"),
    (K::Succession, |s| body!(s, Succession).sites.push(SITE.into()), InvalidField, "succession.sites[1]"),
    (K::Succession, |s| body!(s, Succession).number = "n".repeat(81), InvalidField, "succession.number"),

    (K::Designation, |s| body!(s, Designation).number.clear(), MissingField, "designation.number"),
    (K::Designation, |s| body!(s, Designation).registration.clear(), MissingField, "designation.registration"),
    (K::Designation, |s| body!(s, Designation).wholesalers = (0..257).map(|i| format!("org:W{i}")).collect(), InvalidField, "designation.wholesalers"),
    (K::Designation, |s| body!(s, Designation).wholesalers.push(TRADER.into()), InvalidField, "designation.wholesalers[1]"),
    (K::Designation, |s| body!(s, Designation).wholesalers[0] = "x".into(), NotCanonical, "designation.wholesalers[0]"),
    (K::Designation, |s| body!(s, Designation).region = "3".into(), InvalidField, "designation.region"),
    (K::Designation, |s| body!(s, Designation).valid_from.clear(), MissingField, "designation.valid_from"),
    (K::Designation, |s| body!(s, Designation).valid_to = "2025-12-31".into(), InvalidField, "designation.valid_to"),

    (K::Coverage, |s| body!(s, Coverage).register.clear(), MissingField, "coverage.register"),
    (K::Coverage, |s| body!(s, Coverage).region = "上海".into(), InvalidField, "coverage.region"),
    (K::Coverage, |s| body!(s, Coverage).product_class = "T".into(), InvalidField, "coverage.product_class"),
    (K::Coverage, |s| body!(s, Coverage).since.clear(), MissingField, "coverage.since"),
    (K::Coverage, |s| body!(s, Coverage).until = "2024-12-31".into(), InvalidField, "coverage.until"),
    (K::Coverage, |s| body!(s, Coverage).note = "n".repeat(501), InvalidField, "coverage.note"),

    (K::NamedList, |s| body!(s, NamedList).list.clear(), MissingField, "named_list.list"),
    (K::NamedList, |s| body!(s, NamedList).version = 0, MissingField, "named_list.version"),
    (K::NamedList, |s| body!(s, NamedList).title.clear(), MissingField, "named_list.title"),
    (K::NamedList, |s| { let b = body!(s, NamedList); b.entries.clear(); b.whole = false }, MissingField, "named_list.entries"),
    (K::NamedList, |s| { let b = body!(s, NamedList); let e = b.entries[0].clone();
        b.entries = (0..4_001).map(|i| proto::v1::ListEntry { subject: format!("brand:{i}"), ..e.clone() }).collect() },
        TooManyItems, "named_list.entries"),
    (K::NamedList, |s| body!(s, NamedList).entries[0].subject = "x".into(), NotCanonical, "named_list.entries[0].subject"),
    (K::NamedList, |s| body!(s, NamedList).entries[0].subject.clear(), MissingField, "named_list.entries[0].subject"),
    (K::NamedList, |s| body!(s, NamedList).entries[3].subject = "brand:".into(), MissingField, "named_list.entries[3].subject"),
    (K::NamedList, |s| body!(s, NamedList).entries[1].subject = "brand:Exampletox".into(), ItemTwice, "named_list.entries[3].subject"),
    (K::NamedList, |s| body!(s, NamedList).entries[0].reason = "r".repeat(501), InvalidField, "named_list.entries[0].reason"),
    (K::NamedList, |s| body!(s, NamedList).entries[0].legal_basis = " l".into(), InvalidField, "named_list.entries[0].legal_basis"),
    (K::NamedList, |s| body!(s, NamedList).entries[0].valid_from.clear(), MissingField, "named_list.entries[0].valid_from"),
    (K::NamedList, |s| body!(s, NamedList).entries[0].valid_to = "2025-12-31".into(), InvalidField, "named_list.entries[0].valid_to"),
    (K::NamedList, |s| body!(s, NamedList).entries[0].removed_on = "2025-12-31".into(), InvalidField, "named_list.entries[0].removed_on"),

    (K::Policy, |s| body!(s, Policy).policy.clear(), MissingField, "policy.policy"),
    (K::Policy, |s| body!(s, Policy).effective_on.clear(), MissingField, "policy.effective_on"),
    (K::Policy, |s| body!(s, Policy).codes.clear(), MissingField, "policy.codes"),
    (K::Policy, |s| { let c = body!(s, Policy).codes[0].clone();
        body!(s, Policy).codes = (0..257).map(|i| proto::v1::PolicyCode { code: format!("c{i}"), ..c.clone() }).collect() }, InvalidField, "policy.codes"),
    (K::Policy, |s| { let c = body!(s, Policy).codes[0].clone(); body!(s, Policy).codes.push(c) }, InvalidField, "policy.codes[1].code"),
    (K::Policy, |s| body!(s, Policy).codes[0].code = "für".into(), InvalidField, "policy.codes[0].code"),
    (K::Policy, |s| body!(s, Policy).codes[0].code.clear(), MissingField, "policy.codes[0].code"),
    (K::Policy, |s| body!(s, Policy).codes[0].name.clear(), MissingField, "policy.codes[0].name"),
    (K::Policy, |s| body!(s, Policy).codes[0].name_zh.clear(), MissingField, "policy.codes[0].name_zh"),
    (K::Policy, |s| { let b = body!(s, Policy); b.policy = "rules".into(); b.codes.clear(); b.settings.clear() }, MissingField, "policy.settings"),
    (K::Policy, |s| body!(s, Policy).settings = (0..257).map(|i| proto::v1::PolicySetting { key: format!("k{i}"), value: 1 }).collect(), InvalidField, "policy.settings"),
    (K::Policy, |s| { let k = body!(s, Policy).settings[0].clone(); body!(s, Policy).settings.push(k) }, InvalidField, "policy.settings[1].key"),
    (K::Policy, |s| body!(s, Policy).settings[0].key = "A".into(), InvalidField, "policy.settings[0].key"),
    (K::Policy, |s| body!(s, Policy).note = "n".repeat(2_001), InvalidField, "policy.note"),
];

#[rustfmt::skip]
pub const OPTIONAL: &[Optional] = &[
    (K::Succession, |s| body!(s, Succession).sites.clear()),
    (K::Succession, |s| body!(s, Succession).number.clear()),
    (K::Designation, |s| body!(s, Designation).wholesalers.clear()),
    (K::Designation, |s| body!(s, Designation).region.clear()),
    (K::Designation, |s| body!(s, Designation).valid_to.clear()),
    (K::Coverage, |s| body!(s, Coverage).region.clear()),
    (K::Coverage, |s| body!(s, Coverage).product_class.clear()),
    (K::Coverage, |s| body!(s, Coverage).until.clear()),
    (K::Coverage, |s| body!(s, Coverage).note.clear()),
    (K::NamedList, |s| body!(s, NamedList).entries.clear()),
    (K::NamedList, |s| body!(s, NamedList).whole = false),
    (K::NamedList, |s| { let e = &mut body!(s, NamedList).entries[0]; e.reason.clear(); e.legal_basis.clear() }),
    (K::NamedList, |s| { let e = &mut body!(s, NamedList).entries[0]; e.valid_to.clear(); e.removed_on.clear() }),
    (K::Policy, |s| body!(s, Policy).settings.clear()),
    (K::Policy, |s| { let b = body!(s, Policy); b.policy = "rules".into(); b.codes.clear() }),
    (K::Policy, |s| body!(s, Policy).note.clear()),
];
