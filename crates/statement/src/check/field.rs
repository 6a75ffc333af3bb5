//! Fields by what they hold: one check for each sort of value.

use std::fmt::Display;

use gs1::{DocumentKind, DocumentRef, ItemKind, ItemRef, LotRef, PartyRef, ProductRef, SiteRef};
use proto::v1::{Quantity, StatementRef, Temperature};

use super::{Check, MAX_ITEMS, personal::personal_number};
use crate::{Day, Reason, Words, model::id_bytes, words};

/// Last instant accepted anywhere: the end of the year 9999, µs.
const MAX_INSTANT: i64 = 253_402_300_799_999_999;

/// What kinds of item a field may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Accept {
    /// Units with a code of their own: no lots, no logistic units, no bags.
    Units,
    /// Units and containers: anything but lots and evidence bags.
    Goods,
}

/// Whether a text is in Unicode form NFC.
#[must_use]
pub fn is_nfc(text: &str) -> bool {
    text.is_ascii() || unicode_normalization::is_nfc(text)
}

/// What is wrong with a text of at most `max` bytes, if anything.
pub(crate) fn text_fault(text: &str, max: usize) -> Option<(Reason, Words)> {
    if text.is_empty() {
        Some((Reason::MissingField, Words::of("not set", "未填写")))
    } else if text.len() > max {
        Some((Reason::InvalidField, words!("{} bytes, at most {max}", "{} 字节，至多 {max}", text.len())))
    } else if text.chars().any(char::is_control) || text.trim() != text {
        Some((
            Reason::InvalidField,
            Words::of("control character, or white space at an end", "含控制字符，或首尾有空白"),
        ))
    } else if !is_nfc(text) {
        Some((Reason::NotCanonical, Words::of("not in Unicode form NFC", "不是 Unicode NFC 形式")))
    } else {
        None
    }
}

impl<'a> Check<'a> {
    /// Runs a check on a text that may be unset.
    pub(super) fn optional(&mut self, text: &'a str, check: impl FnOnce(&mut Self, &'a str)) {
        if !text.is_empty() {
            check(self, text);
        }
    }

    pub(super) fn bytes(&mut self, field: impl Display, value: &[u8], len: usize) {
        match value.len() {
            n if n == len => {}
            0 => self.fault(Reason::MissingField, field, Words::of("not set", "未填写")),
            n => self.fault(
                Reason::InvalidField,
                field,
                words!("{n} bytes, must be {len}", "{n} 字节，须为 {len}"),
            ),
        }
    }

    pub(super) fn id(&mut self, field: impl Display, id: &[u8]) {
        self.bytes(&field, id, 16);
        if id.len() == 16 {
            let id = id_bytes(id);
            if id[6] >> 4 != 7 || id[8] >> 6 != 0b10 {
                self.fault(Reason::InvalidField, field, Words::of("is not a UUIDv7", "不是 UUIDv7"));
            }
        }
    }

    pub(super) fn instant_or_none(&mut self, field: impl Display, us: i64) {
        if !(0..=MAX_INSTANT).contains(&us) {
            self.fault(
                Reason::InvalidField,
                field,
                Words::of("outside the years 1970 to 9999 (unit: µs)", "超出 1970 至 9999 年（单位：µs）"),
            );
        }
    }

    /// An instant that must be set.
    pub(super) fn instant(&mut self, field: impl Display, us: i64) {
        match us {
            0 => self.fault(Reason::MissingField, field, Words::of("not set", "未填写")),
            us => self.instant_or_none(field, us),
        }
    }

    /// A text that must be set: NFC, no controls, no white space at the ends, at most `max` bytes.
    pub(super) fn text(&mut self, field: impl Display, text: &str, max: usize) {
        if let Some((reason, description)) = text_fault(text, max) {
            self.fault(reason, field, description);
        }
    }

    /// A text in somebody's own words: as [`text`](Self::text), and without numbers of people.
    pub(super) fn prose(&mut self, field: impl Display, text: &str, max: usize) {
        if let Some((reason, description)) = text_fault(text, max) {
            self.fault(reason, field, description);
        } else if let Some(what) = personal_number(text) {
            let (en, zh) = (what.english(), what.chinese());
            let text = Words::made(
                format!("holds {en}; whatever names a person goes into an attachment"),
                format!("含有{zh}；涉及个人的内容请放入附件"),
            );
            self.fault(Reason::PersonalData, field, text);
        }
    }

    /// A registration or approval number: text that a product can be named by.
    pub(super) fn registration(&mut self, field: impl Display, number: &str) {
        if let Some((reason, description)) = text_fault(number, 80) {
            self.fault(reason, field, description);
        } else if crate::registration_product(number).is_none() {
            self.fault(
                Reason::InvalidField,
                field,
                Words::of("holds characters that nobody sees", "含有不可见字符"),
            );
        }
    }

    /// A short code of a policy list: lower-case letters, digits, hyphens; at most 40 bytes.
    pub(super) fn code(&mut self, field: impl Display, code: &str) {
        let fits = code.len() <= 40
            && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if code.is_empty() {
            self.fault(Reason::MissingField, field, Words::of("not set", "未填写"));
        } else if !fits {
            self.fault(
                Reason::InvalidField,
                field,
                Words::of(
                    "a code has lower-case letters, digits and hyphens, at most 40",
                    "代码由小写字母、数字与连字符组成，至多 40 个",
                ),
            );
        }
    }

    pub(super) fn count(&mut self, field: impl Display, count: usize, max: usize) {
        if count > max {
            self.fault(
                Reason::InvalidField,
                field,
                words!("{count} entries, at most {max}", "{count} 项，至多 {max}"),
            );
        }
    }

    pub(super) fn canonical(&mut self, field: impl Display, text: &str, parsed: Result<(), gs1::Error>) {
        match parsed {
            _ if text.is_empty() => self.fault(Reason::MissingField, field, Words::of("not set", "未填写")),
            Err(e) => self.fault(Reason::NotCanonical, field, e.into()),
            Ok(()) if !is_nfc(text) => self.fault(
                Reason::NotCanonical,
                field,
                Words::of("not in Unicode form NFC", "不是 Unicode NFC 形式"),
            ),
            Ok(()) => {}
        }
    }

    pub(super) fn party(&mut self, field: impl Display, text: &str) {
        self.canonical(field, text, PartyRef::parse(text).map(drop));
    }

    pub(super) fn site(&mut self, field: impl Display, text: &str) {
        self.canonical(field, text, SiteRef::parse(text).map(drop));
    }

    pub(super) fn product(&mut self, field: impl Display, text: &str) {
        self.canonical(field, text, ProductRef::parse(text).map(drop));
    }

    pub(super) fn lot(&mut self, field: impl Display, text: &str) {
        self.canonical(field, text, LotRef::parse(text).map(drop));
    }

    pub(super) fn document(&mut self, field: impl Display, text: &str, kind: DocumentKind) {
        match DocumentRef::parse(text) {
            Ok(d) if d.kind() != kind => {
                self.fault(
                    Reason::InvalidField,
                    field,
                    words!("must be a {}:", "须以 {}: 开头", kind.as_str()),
                );
            }
            parsed => self.canonical(field, text, parsed.map(drop)),
        }
    }

    /// Counts the naming of an item; false from [`MAX_ITEMS`] on, of which the first is a fault.
    pub(super) fn may_name(&mut self, field: impl Display) -> bool {
        self.item_count += 1;
        if self.item_count == MAX_ITEMS + 1 {
            self.fault(
                Reason::TooManyItems,
                field,
                words!("more than {MAX_ITEMS} items", "超过 {MAX_ITEMS} 个物品"),
            );
        }
        self.item_count <= MAX_ITEMS
    }

    /// An item that the statement may name in this place only.
    pub(super) fn item(&mut self, field: impl Display, text: &'a str, accept: Accept) {
        if self.may_name(&field) && self.sound_item(&field, text, accept) && !self.items.insert(text) {
            self.fault(Reason::ItemTwice, field, words!("{text} is listed twice", "{text} 重复列出"));
        }
    }

    /// Whether a text is an item that may stand in this place.
    pub(super) fn sound_item(&mut self, field: impl Display, text: &str, accept: Accept) -> bool {
        match ItemRef::parse(text) {
            Ok(item) if !accepts(accept, item.kind()) => {
                let kind = item.kind().as_str();
                self.fault(
                    Reason::InvalidField,
                    field,
                    words!("a {kind} cannot stand here", "此处不能填 {kind}"),
                );
                false
            }
            Ok(_) if is_nfc(text) => true,
            parsed => {
                self.canonical(field, text, parsed.map(drop));
                false
            }
        }
    }

    pub(super) fn quantity(&mut self, field: impl Display, quantity: Option<&Quantity>) {
        let Some(q) = quantity else {
            self.fault(Reason::MissingField, field, Words::of("not set", "未填写"));
            return;
        };
        if q.amount == 0 || q.amount > MAX_AMOUNT {
            let description = Words::of("must be 1 to 1,000,000,000,000", "须为 1 至 1,000,000,000,000");
            self.fault(Reason::InvalidField, format_args!("{field}.amount"), description);
        }
        let fits = (1..=16).contains(&q.unit.len()) && q.unit.bytes().all(|b| b.is_ascii_alphanumeric());
        if !fits {
            let description =
                Words::of("a unit has 1 to 16 letters or digits", "单位由 1 至 16 个字母或数字组成");
            self.fault(Reason::InvalidField, format_args!("{field}.unit"), description);
        }
    }

    pub(super) fn temperature(&mut self, field: impl Display, temperature: Option<&Temperature>) {
        if temperature.is_some_and(|t| !(-273_150..=1_000_000).contains(&t.millicelsius)) {
            self.fault(
                Reason::InvalidField,
                field,
                Words::of(
                    "below absolute zero or above 1,000 °C (unit: m°C)",
                    "低于绝对零度或高于 1,000 °C（单位：m°C）",
                ),
            );
        }
    }

    pub(super) fn day(&mut self, field: impl Display, text: &str) -> Option<Day> {
        let day = Day::parse(text);
        if text.is_empty() {
            self.fault(Reason::MissingField, field, Words::of("not set", "未填写"));
        } else if day.is_none() {
            self.fault(
                Reason::InvalidField,
                field,
                Words::of("not a day written YYYY-MM-DD", "不是 YYYY-MM-DD 形式的日期"),
            );
        }
        day
    }

    pub(super) fn day_or_none(&mut self, field: impl Display, text: &str) -> Option<Day> {
        if text.is_empty() { None } else { self.day(field, text) }
    }

    /// A span of days; an end that is not required may be open.
    pub(super) fn span(&mut self, path: impl Display, first: (&str, &str, End), last: (&str, &str, End)) {
        let mut end = |(name, text, end): (&str, &str, End)| match end {
            End::Required => self.day(format_args!("{path}.{name}"), text),
            End::Open => self.day_or_none(format_args!("{path}.{name}"), text),
        };
        let (from, to) = (end(first), end(last));
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            self.fault(
                Reason::InvalidField,
                format_args!("{path}.{}", last.0),
                Words::of("before the first day", "早于起始日"),
            );
        }
    }

    pub(super) fn target(&mut self, field: impl Display, target: Option<&StatementRef>, with_digest: bool) {
        let Some(t) = target else {
            self.fault(Reason::MissingField, field, Words::of("not set", "未填写"));
            return;
        };
        self.party(format_args!("{field}.party"), &t.party);
        self.id(format_args!("{field}.id"), &t.id);
        if with_digest || !t.digest.is_empty() {
            self.bytes(format_args!("{field}.digest"), &t.digest, 32);
        }
    }
}

/// Whether an end of a span must be given.
#[derive(Clone, Copy)]
pub(super) enum End {
    Required,
    Open,
}

/// Most units in one quantity: sums of 4,000 of them stay far below 2^63.
pub(super) const MAX_AMOUNT: u64 = 1_000_000_000_000;

fn accepts(accept: Accept, kind: ItemKind) -> bool {
    match kind {
        ItemKind::Lot | ItemKind::Bag => false,
        ItemKind::Sscc => accept == Accept::Goods,
        _ => true,
    }
}
