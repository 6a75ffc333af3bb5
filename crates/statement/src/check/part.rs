//! Patterns that several kinds share: lists of items, lots, parties; lines that name an item or a lot.

use std::{collections::BTreeSet, fmt::Display};

use gs1::DocumentKind;
use proto::v1::{LotAmount, StatementRef};

use super::{Accept, Check, MAX_ITEMS, MAX_LOTS, field::MAX_AMOUNT};
use crate::{Reason, Words, policy::is_currency, words};

/// Most bytes of a note in a line, of a reason, of a legal basis.
pub(super) const NOTE: usize = 500;
/// Most people of one side of an act.
const MAX_PEOPLE: usize = 16;
/// Most bytes of a longer account: what was found, what is to be done.
pub(super) const ACCOUNT: usize = 2_000;

impl<'a> Check<'a> {
    pub(super) fn missing(&mut self, field: impl Display, what: Words) {
        self.fault(Reason::MissingField, field, what);
    }

    /// Free text that may be empty.
    pub(super) fn note(&mut self, field: impl Display, text: &str, max: usize) {
        if !text.is_empty() {
            self.prose(field, text, max);
        }
    }

    /// Text that is no prose (a number as printed), which may be empty.
    pub(super) fn text_or_none(&mut self, field: impl Display, text: &str, max: usize) {
        if !text.is_empty() {
            self.text(field, text, max);
        }
    }

    pub(super) fn code_or_none(&mut self, field: impl Display, code: &str) {
        if !code.is_empty() {
            self.code(field, code);
        }
    }

    pub(super) fn party_or_none(&mut self, field: impl Display, party: &str) {
        if !party.is_empty() {
            self.party(field, party);
        }
    }

    pub(super) fn document_or_none(&mut self, field: impl Display, text: &str, kind: DocumentKind) {
        if !text.is_empty() {
            self.document(field, text, kind);
        }
    }

    pub(super) fn reference_or_none(&mut self, field: impl Display, reference: Option<&StatementRef>) {
        if reference.is_some() {
            self.target(field, reference, false);
        }
    }

    /// Whether an enum says something.
    pub(super) fn said(&mut self, field: impl Display, unspecified: bool) {
        if unspecified {
            self.missing(field, Words::of("not set", "未填写"));
        }
    }

    /// Items that the statement names nowhere else.
    pub(super) fn items(&mut self, field: impl Display, items: &'a [String], accept: Accept) {
        for (i, item) in items.iter().enumerate() {
            self.item(format_args!("{field}[{i}]"), item, accept);
        }
    }

    /// At most `max` texts, each sound and there once.
    pub(super) fn each_once(
        &mut self,
        field: impl Display,
        texts: &'a [String],
        max: usize,
        check: impl Fn(&mut Self, &dyn Display, &'a str),
    ) {
        self.count(&field, texts.len(), max);
        let mut seen = BTreeSet::new();
        for (i, text) in texts.iter().enumerate().take(max) {
            check(self, &format_args!("{field}[{i}]"), text);
            if !text.is_empty() && !seen.insert(text) {
                self.fault(
                    Reason::InvalidField,
                    format_args!("{field}[{i}]"),
                    Words::of("is listed twice", "重复列出"),
                );
            }
        }
    }

    /// Lots by themselves, each once.
    pub(super) fn lots(&mut self, field: impl Display, lots: &'a [String]) {
        self.count(&field, lots.len(), MAX_LOTS);
        let mut seen = BTreeSet::new();
        for (i, lot) in lots.iter().enumerate().take(MAX_LOTS) {
            self.lot(format_args!("{field}[{i}]"), lot);
            if !lot.is_empty() && !seen.insert(lot) {
                self.fault(
                    Reason::ItemTwice,
                    format_args!("{field}[{i}]"),
                    Words::of("the lot is listed twice", "批重复列出"),
                );
            }
        }
    }

    /// Amounts of lots, each lot once in one unit.
    pub(super) fn amounts(&mut self, field: impl Display, lots: &'a [LotAmount]) {
        self.count(&field, lots.len(), MAX_LOTS);
        let mut seen = BTreeSet::new();
        for (i, amount) in lots.iter().enumerate().take(MAX_LOTS) {
            self.lot_amount(format_args!("{field}[{i}]"), amount);
            if !amount.lot.is_empty() && !seen.insert((&amount.lot, unit(amount))) {
                let description =
                    Words::of("the lot is listed twice in one unit", "同一批以同一单位重复列出");
                self.fault(Reason::ItemTwice, format_args!("{field}[{i}].lot"), description);
            }
        }
    }

    pub(super) fn lot_amount(&mut self, path: impl Display, amount: &LotAmount) {
        self.lot(format_args!("{path}.lot"), &amount.lot);
        self.quantity(format_args!("{path}.quantity"), amount.quantity.as_ref());
    }

    /// Either an item or an amount of a lot.
    pub(super) fn item_or_lot(&mut self, path: impl Display, item: &'a str, lot: Option<&LotAmount>) {
        match (lot, item.is_empty()) {
            (None, false) => self.item(format_args!("{path}.item"), item, Accept::Goods),
            (Some(lot), true) => self.lot_amount(format_args!("{path}.lot"), lot),
            _ => self.fault(
                Reason::InvalidField,
                path,
                Words::of("names either an item or an amount of a lot", "物品与批量须二者填一"),
            ),
        }
    }

    /// At least one line and not more than items may be named.
    pub(super) fn line_count(&mut self, field: impl Display, count: usize, none: Words) {
        if count == 0 {
            self.missing(&field, none);
        }
        if count > MAX_ITEMS {
            self.fault(
                Reason::TooManyItems,
                field,
                words!("more than {MAX_ITEMS} lines", "超过 {MAX_ITEMS} 行"),
            );
        }
    }

    pub(super) fn units_per_code(&mut self, field: impl Display, units: u32) {
        if !(1..=100_000).contains(&units) {
            self.fault(Reason::InvalidField, field, Words::of("must be 1 to 100,000", "须为 1 至 100,000"));
        }
    }

    pub(super) fn country(&mut self, field: impl Display, country: &str) {
        if country.is_empty() {
            self.missing(field, Words::of("not set", "未填写"));
        } else if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
            self.fault(
                Reason::InvalidField,
                field,
                Words::of(
                    "must be two capital letters (ISO 3166-1 alpha-2)",
                    "须为两个大写字母（ISO 3166-1 alpha-2）",
                ),
            );
        }
    }

    pub(super) fn country_or_none(&mut self, field: impl Display, country: &str) {
        if !country.is_empty() {
            self.country(field, country);
        }
    }

    pub(super) fn currency(&mut self, field: impl Display, currency: &str) {
        if currency.is_empty() {
            self.missing(field, Words::of("not set", "未填写"));
        } else if !is_currency(currency) {
            self.fault(
                Reason::InvalidField,
                field,
                Words::of("must be three capital letters (ISO 4217)", "须为三个大写字母（ISO 4217）"),
            );
        }
    }

    /// A prefix of a region; empty = everywhere.
    pub(super) fn region_prefix(&mut self, field: impl Display, region: &str) {
        if !matches!(region.len(), 0 | 2 | 4 | 6) || !region.bytes().all(|b| b.is_ascii_digit()) {
            self.fault(
                Reason::InvalidField,
                field,
                Words::of("must be 2, 4 or 6 digits (GB/T 2260)", "须为 2、4 或 6 位数字（GB/T 2260）"),
            );
        }
    }

    pub(super) fn point(&mut self, path: impl Display, latitude_e7: i32, longitude_e7: i32) {
        if !(-900_000_000..=900_000_000).contains(&latitude_e7) {
            let description =
                Words::of("beyond ±90 degrees (unit: 1e-7 degree)", "超出 ±90 度（单位：1e-7 度）");
            self.fault(Reason::InvalidField, format_args!("{path}.latitude_e7"), description);
        }
        if !(-1_800_000_000..=1_800_000_000).contains(&longitude_e7) {
            let description =
                Words::of("beyond ±180 degrees (unit: 1e-7 degree)", "超出 ±180 度（单位：1e-7 度）");
            self.fault(Reason::InvalidField, format_args!("{path}.longitude_e7"), description);
        }
    }

    /// Different people, at least so many and at most 16.
    pub(super) fn people(&mut self, field: impl Display, people: &'a [String], least: usize) {
        if people.len() < least {
            let text = words!("fewer than {least}", "少于 {least} 人");
            self.missing(&field, text);
        }
        self.each_once(field, people, MAX_PEOPLE, |c, field, text| c.pseudonym(field, text));
    }

    /// Salted hashes, each once, at most `max`.
    pub(super) fn digests(&mut self, field: impl Display, digests: &'a [Vec<u8>], max: usize) {
        self.count(&field, digests.len(), max);
        let mut seen = BTreeSet::new();
        for (i, digest) in digests.iter().enumerate().take(max) {
            self.bytes(format_args!("{field}[{i}]"), digest, 32);
            if !seen.insert(digest) {
                let text = Words::of("the document is named twice", "文件重复列出");
                self.fault(Reason::InvalidField, format_args!("{field}[{i}]"), text);
            }
        }
    }

    /// Money in hundredths of a currency, 0 = not told; the currency goes with it.
    pub(super) fn money(&mut self, path: impl Display, amount: (&str, u64), currency: &str) {
        self.amounts_of_money(path, &[amount], currency);
    }

    /// The same of several amounts.
    pub(super) fn amounts_of_money(&mut self, path: impl Display, amounts: &[(&str, u64)], currency: &str) {
        for (name, _) in amounts.iter().filter(|(_, value)| *value > MAX_AMOUNT) {
            let text = Words::of("above 1,000,000,000,000", "超过 1,000,000,000,000");
            self.fault(Reason::InvalidField, format_args!("{path}.{name}"), text);
        }
        if amounts.iter().any(|(_, value)| *value > 0) {
            self.currency(format_args!("{path}.currency"), currency);
        } else if !currency.is_empty() {
            let text = Words::of("goes only with an amount", "填写金额时才可填写");
            self.fault(Reason::InvalidField, format_args!("{path}.currency"), text);
        }
    }

    /// A person under an agency's key: 64 lower-case hexadecimal digits (docs/FORMAT.md §1.9).
    pub(super) fn pseudonym(&mut self, field: impl Display, text: &str) {
        let fits = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if text.is_empty() {
            self.missing(field, Words::of("not set", "未填写"));
        } else if !fits {
            let description = Words::of(
                "a pseudonym has 64 lower-case hexadecimal digits; never a name or number",
                "化名为 64 位小写十六进制；不得填姓名或证号",
            );
            self.fault(Reason::InvalidField, field, description);
        }
    }
}

/// The unit of an amount; empty where none is given.
pub(super) fn unit(amount: &LotAmount) -> &str {
    amount.quantity.as_ref().map_or("", |q| &q.unit)
}
