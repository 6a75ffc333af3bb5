//! Fields by what they hold: one check for each sort of value.

use std::fmt::Display;

use gs1::{DocumentKind, DocumentRef, ItemKind, ItemRef, LotRef, PartyRef, ProductRef, SiteRef};
use proto::v1::{Quantity, StatementRef, Temperature};

use super::{Check, MAX_ITEMS, personal::personal_number};
use crate::{Day, Reason, model::id_bytes};

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
pub(crate) fn is_nfc(text: &str) -> bool {
    text.is_ascii() || unicode_normalization::is_nfc(text)
}

/// What is wrong with a text of at most `max` bytes, if anything.
pub(crate) fn text_fault(text: &str, max: usize) -> Option<(Reason, String)> {
    if text.is_empty() {
        Some((Reason::MissingField, "not set".into()))
    } else if text.len() > max {
        Some((Reason::InvalidField, format!("{} bytes, at most {max}", text.len())))
    } else if text.chars().any(char::is_control) || text.trim() != text {
        Some((Reason::InvalidField, "control character, or white space at an end".into()))
    } else if !is_nfc(text) {
        Some((Reason::NotCanonical, "not in Unicode form NFC".into()))
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
            0 => self.fault(Reason::MissingField, field, "not set"),
            n => self.fault(Reason::InvalidField, field, format_args!("{n} bytes, must be {len}")),
        }
    }

    pub(super) fn id(&mut self, field: impl Display, id: &[u8]) {
        self.bytes(&field, id, 16);
        if id.len() == 16 {
            let id = id_bytes(id);
            if id[6] >> 4 != 7 || id[8] >> 6 != 0b10 {
                self.fault(Reason::InvalidField, field, "is not a UUIDv7");
            }
        }
    }

    pub(super) fn instant_or_none(&mut self, field: impl Display, us: i64) {
        if !(0..=MAX_INSTANT).contains(&us) {
            self.fault(Reason::InvalidField, field, "outside the years 1970 to 9999 (unit: µs)");
        }
    }

    /// An instant that must be set.
    pub(super) fn instant(&mut self, field: impl Display, us: i64) {
        match us {
            0 => self.fault(Reason::MissingField, field, "not set"),
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
            let text = format_args!("holds {what}; whatever names a person goes into an attachment");
            self.fault(Reason::PersonalData, field, text);
        }
    }

    /// A registration or approval number: text that a product can be named by.
    pub(super) fn registration(&mut self, field: impl Display, number: &str) {
        if let Some((reason, description)) = text_fault(number, 80) {
            self.fault(reason, field, description);
        } else if crate::registration_product(number).is_none() {
            self.fault(Reason::InvalidField, field, "holds characters that nobody sees");
        }
    }

    /// A short code of a policy list: lower-case letters, digits, hyphens; at most 40 bytes.
    pub(super) fn code(&mut self, field: impl Display, code: &str) {
        let fits = code.len() <= 40
            && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if code.is_empty() {
            self.fault(Reason::MissingField, field, "not set");
        } else if !fits {
            self.fault(
                Reason::InvalidField,
                field,
                "a code has lower-case letters, digits and hyphens, at most 40",
            );
        }
    }

    pub(super) fn count(&mut self, field: impl Display, count: usize, max: usize) {
        if count > max {
            self.fault(Reason::InvalidField, field, format_args!("{count} entries, at most {max}"));
        }
    }

    pub(super) fn canonical(&mut self, field: impl Display, text: &str, parsed: Result<(), gs1::Error>) {
        match parsed {
            _ if text.is_empty() => self.fault(Reason::MissingField, field, "not set"),
            Err(e) => self.fault(Reason::NotCanonical, field, e),
            Ok(()) if !is_nfc(text) => self.fault(Reason::NotCanonical, field, "not in Unicode form NFC"),
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
                self.fault(Reason::InvalidField, field, format_args!("must be a {}:", kind.as_str()));
            }
            parsed => self.canonical(field, text, parsed.map(drop)),
        }
    }

    /// Counts the naming of an item; false from [`MAX_ITEMS`] on, of which the first is a fault.
    pub(super) fn may_name(&mut self, field: impl Display) -> bool {
        self.item_count += 1;
        if self.item_count == MAX_ITEMS + 1 {
            self.fault(Reason::TooManyItems, field, format_args!("more than {MAX_ITEMS} items"));
        }
        self.item_count <= MAX_ITEMS
    }

    /// An item that the statement may name in this place only.
    pub(super) fn item(&mut self, field: impl Display, text: &'a str, accept: Accept) {
        if self.may_name(&field) && self.sound_item(&field, text, accept) && !self.items.insert(text) {
            self.fault(Reason::ItemTwice, field, format_args!("{text} is listed twice"));
        }
    }

    /// Whether a text is an item that may stand in this place.
    pub(super) fn sound_item(&mut self, field: impl Display, text: &str, accept: Accept) -> bool {
        match ItemRef::parse(text) {
            Ok(item) if !accepts(accept, item.kind()) => {
                let kind = item.kind().as_str();
                self.fault(Reason::InvalidField, field, format_args!("a {kind} cannot stand here"));
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
            self.fault(Reason::MissingField, field, "not set");
            return;
        };
        if q.amount == 0 || q.amount > MAX_AMOUNT {
            let description = "must be 1 to 1,000,000,000,000";
            self.fault(Reason::InvalidField, format_args!("{field}.amount"), description);
        }
        let fits = (1..=16).contains(&q.unit.len()) && q.unit.bytes().all(|b| b.is_ascii_alphanumeric());
        if !fits {
            let description = "a unit has 1 to 16 letters or digits";
            self.fault(Reason::InvalidField, format_args!("{field}.unit"), description);
        }
    }

    pub(super) fn temperature(&mut self, field: impl Display, temperature: Option<&Temperature>) {
        if temperature.is_some_and(|t| !(-273_150..=1_000_000).contains(&t.millicelsius)) {
            self.fault(Reason::InvalidField, field, "below absolute zero or above 1,000 °C (unit: m°C)");
        }
    }

    pub(super) fn day(&mut self, field: impl Display, text: &str) -> Option<Day> {
        let day = Day::parse(text);
        if text.is_empty() {
            self.fault(Reason::MissingField, field, "not set");
        } else if day.is_none() {
            self.fault(Reason::InvalidField, field, "not a day written YYYY-MM-DD");
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
            self.fault(Reason::InvalidField, format_args!("{path}.{}", last.0), "before the first day");
        }
    }

    pub(super) fn target(&mut self, field: impl Display, target: Option<&StatementRef>, with_digest: bool) {
        let Some(t) = target else {
            self.fault(Reason::MissingField, field, "not set");
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
