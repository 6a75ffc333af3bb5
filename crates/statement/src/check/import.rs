//! Fields of ImportFiling, DeclareImport and CustomsDecision.

use std::{collections::BTreeSet, fmt::Display};

use gs1::DocumentKind;
use proto::v1::{
    CustomsDecision, CustomsLine, CustomsOutcome, DeclarationLine, DeclareImport, FilingOutcome,
    ImportFiling, StatementRef,
};

use super::{Accept, Check, MAX_ATTACHMENTS, MAX_LOTS, Stage, part::NOTE};
use crate::{Reason, Words};

impl<'a> Check<'a> {
    pub(super) fn import_filing(&mut self, path: &'static str, b: &'a ImportFiling) {
        self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.said(format_args!("{path}.outcome"), b.outcome() == FilingOutcome::Unspecified);
        self.registration(format_args!("{path}.registration"), &b.registration);
        if b.lots.is_empty() {
            self.missing(format_args!("{path}.lots"), Words::of("no lot is filed", "未列备案的批"));
        }
        self.amounts(format_args!("{path}.lots"), &b.lots);
        self.party(format_args!("{path}.importer"), &b.importer);
        if !b.port.is_empty() && !is_port(&b.port) {
            let description = Words::of(
                "must be a UN/LOCODE of five capitals or a customs office of four digits",
                "须为五位大写的 UN/LOCODE 或四位数字的关区代码",
            );
            self.fault(Reason::InvalidField, format_args!("{path}.port"), description);
        }
        self.references(format_args!("{path}.reports"), &b.reports);
        self.day_or_none(format_args!("{path}.valid_to"), &b.valid_to);
        match (b.outcome(), b.reason.is_empty()) {
            (FilingOutcome::Cleared, false) => {
                let description = Words::of("goes only with a refusal", "仅在不予通关时填写");
                self.fault(Reason::InvalidField, format_args!("{path}.reason"), description);
            }
            (FilingOutcome::Refused, _) => self.prose(format_args!("{path}.reason"), &b.reason, NOTE),
            _ => self.note(format_args!("{path}.reason"), &b.reason, NOTE),
        }
    }

    pub(super) fn references(&mut self, field: impl Display, references: &'a [StatementRef]) {
        self.count(&field, references.len(), MAX_ATTACHMENTS);
        let mut seen = BTreeSet::new();
        for (i, r) in references.iter().enumerate().take(MAX_ATTACHMENTS) {
            self.target(format_args!("{field}[{i}]"), Some(r), false);
            if !seen.insert((&r.party, &r.id)) {
                self.fault(
                    Reason::InvalidField,
                    format_args!("{field}[{i}]"),
                    Words::of("is listed twice", "重复列出"),
                );
            }
        }
    }

    pub(super) fn declare_import(&mut self, path: &'static str, b: &'a DeclareImport) {
        self.document(format_args!("{path}.declaration"), &b.declaration, DocumentKind::Declaration);
        if b.lines.is_empty() {
            self.missing(format_args!("{path}.lines"), Words::of("nothing is declared", "未列申报的行"));
        }
        self.count(format_args!("{path}.lines"), b.lines.len(), MAX_LOTS);
        self.numbers(path, b.lines.iter().map(|l| l.number));
        for (i, line) in b.lines.iter().enumerate().take(MAX_LOTS) {
            self.declaration_line(format_args!("{path}.lines[{i}]"), line);
        }
        self.document_or_none(format_args!("{path}.waybill"), &b.waybill, DocumentKind::Waybill);
        self.party_or_none(format_args!("{path}.consignor"), &b.consignor);
        for (name, text) in [("clearance", &b.clearance), ("permit", &b.permit)] {
            self.document_or_none(format_args!("{path}.{name}"), text, DocumentKind::Certificate);
        }
        self.country_or_none(format_args!("{path}.dispatched_from"), &b.dispatched_from);
    }

    /// Item numbers of a declaration: ascending; after a correction by line, which adds at the end, each
    /// at least once only.
    fn numbers(&mut self, path: &'static str, numbers: impl Iterator<Item = u32>) {
        let (mut last, mut seen) = (0, BTreeSet::new());
        for (i, number) in numbers.enumerate().take(MAX_LOTS) {
            let field = format_args!("{path}.lines[{i}].number");
            if !(1..=999).contains(&number) {
                self.fault(Reason::InvalidField, field, Words::of("must be 1 to 999", "须为 1 至 999"));
            } else if !seen.insert(number) {
                self.fault(
                    Reason::InvalidField,
                    field,
                    Words::of("the item number is used twice", "项号重复"),
                );
            } else if number < last && self.stage != Stage::Amended {
                self.fault(Reason::InvalidField, field, Words::of("item numbers ascend", "项号须递增"));
            }
            last = last.max(number);
        }
    }

    fn declaration_line(&mut self, path: impl Display, line: &'a DeclarationLine) {
        self.lot(format_args!("{path}.lot"), &line.lot);
        self.items(format_args!("{path}.items"), &line.items, Accept::Goods);
        self.quantity(format_args!("{path}.quantity"), line.quantity.as_ref());
        if line.hs.is_empty() {
            self.missing(format_args!("{path}.hs"), Words::of("not set", "未填写"));
        } else {
            self.hs(format_args!("{path}.hs"), &line.hs);
        }
        self.country(format_args!("{path}.origin"), &line.origin);
        if !line.registration.is_empty() {
            self.registration(format_args!("{path}.registration"), &line.registration);
        }
    }

    /// A commodity code of the Harmonized System; empty is sound.
    fn hs(&mut self, field: impl Display, code: &str) {
        if !matches!(code.len(), 0 | 8 | 10) || !code.bytes().all(|b| b.is_ascii_digit()) {
            self.fault(
                Reason::InvalidField,
                field,
                Words::of("a commodity code has 8 or 10 digits", "商品编码为 8 或 10 位数字"),
            );
        }
    }

    pub(super) fn customs_decision(&mut self, path: &'static str, b: &'a CustomsDecision) {
        self.document(format_args!("{path}.declaration"), &b.declaration, DocumentKind::Declaration);
        self.said(format_args!("{path}.outcome"), b.outcome() == CustomsOutcome::Unspecified);
        if b.lines.is_empty() {
            self.missing(
                format_args!("{path}.lines"),
                Words::of("customs' own copy of the lines", "请填写海关自存的各行"),
            );
        }
        self.count(format_args!("{path}.lines"), b.lines.len(), MAX_LOTS);
        self.numbers(path, b.lines.iter().map(|l| l.number));
        for (i, line) in b.lines.iter().enumerate().take(MAX_LOTS) {
            self.customs_line(format_args!("{path}.lines[{i}]"), line, b.outcome());
        }
        self.text_or_none(format_args!("{path}.number"), &b.number, 80);
        let against = b.lines.iter().map(CustomsLine::outcome).chain([b.outcome()]).any(is_against);
        if against {
            self.prose(format_args!("{path}.legal_basis"), &b.legal_basis, NOTE);
        } else {
            self.note(format_args!("{path}.legal_basis"), &b.legal_basis, NOTE);
        }
        self.note(format_args!("{path}.note"), &b.note, NOTE);
    }

    fn customs_line(&mut self, path: impl Display, line: &'a CustomsLine, decision: CustomsOutcome) {
        self.lot(format_args!("{path}.lot"), &line.lot);
        self.items(format_args!("{path}.items"), &line.items, Accept::Goods);
        self.quantity(format_args!("{path}.quantity"), line.quantity.as_ref());
        self.hs(format_args!("{path}.hs"), &line.hs);
        self.country_or_none(format_args!("{path}.origin"), &line.origin);
        let field = format_args!("{path}.outcome");
        match (decision, line.outcome()) {
            (_, CustomsOutcome::Partial) => {
                self.fault(
                    Reason::InvalidField,
                    field,
                    Words::of("one line is not decided in part", "单行不能作部分决定"),
                );
            }
            (CustomsOutcome::Partial, CustomsOutcome::Unspecified) => {
                self.missing(
                    field,
                    Words::of("a partial decision says for each line what holds", "部分决定须逐行写明结果"),
                );
            }
            // Of lines alone, and without a decision, nothing is known.
            (CustomsOutcome::Partial | CustomsOutcome::Unspecified, _) | (_, CustomsOutcome::Unspecified) => {
            }
            _ => self.fault(
                Reason::InvalidField,
                field,
                Words::of("goes only with a partial decision", "仅在部分决定时填写"),
            ),
        }
    }
}

/// Whether an outcome takes something from the importer.
const fn is_against(outcome: CustomsOutcome) -> bool {
    use CustomsOutcome::{Destroyed, Held, Refused, Returned, Seized};
    matches!(outcome, Held | Refused | Returned | Seized | Destroyed)
}

/// Country and place of UN/LOCODE, or a Chinese customs office.
fn is_port(text: &str) -> bool {
    let b = text.as_bytes();
    match b.len() {
        4 => b.iter().all(u8::is_ascii_digit),
        5 => {
            b[..2].iter().all(u8::is_ascii_uppercase)
                && b[2..].iter().all(|b| b.is_ascii_uppercase() || (b'2'..=b'9').contains(b))
        }
        _ => false,
    }
}
