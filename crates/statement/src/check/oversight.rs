//! Fields of Inspection, SelfInspection, AdverseEvent, Listing, ActivityFigure, PostalCheck, Observation.

use std::{collections::BTreeSet, fmt::Display};

use gs1::DocumentKind;
use proto::v1::{
    ActivityFigure, AdverseEvent, Inspection, Listing, Observation, PostalCheck, SelfInspection, ShelfLine,
};

use super::{
    Accept, Check, End, MAX_ITEMS,
    part::{ACCOUNT, NOTE, unit},
};
use crate::{Reason, Words, words};

/// Most orders of an inspection, points of a report, products of an offer.
const MAX_POINTS: usize = 64;
/// Most bytes of what a scanner read.
const MAX_SCAN: usize = 512;
/// Separates fields in a scan (GS1 General Specifications, FNC1 as transmitted).
const GROUP_SEPARATOR: char = '\u{1d}';

impl<'a> Check<'a> {
    pub(super) fn inspection(&mut self, path: &'static str, b: &'a Inspection) {
        self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.code(format_args!("{path}.kind"), &b.kind);
        self.party(format_args!("{path}.party"), &b.party);
        self.optional(&b.site, |c, s| c.site(format_args!("{path}.site"), s));
        if b.shelf.len() > MAX_ITEMS {
            let description = words!("more than {MAX_ITEMS} lines", "超过 {MAX_ITEMS} 行");
            self.fault(Reason::TooManyItems, format_args!("{path}.shelf"), description);
        }
        self.shelf(path, &b.shelf);
        self.count(format_args!("{path}.orders"), b.orders.len(), MAX_POINTS);
        for (i, order) in b.orders.iter().enumerate().take(MAX_POINTS) {
            self.prose(format_args!("{path}.orders[{i}].text"), &order.text, ACCOUNT);
            self.day(format_args!("{path}.orders[{i}].due_on"), &order.due_on);
        }
        self.people(format_args!("{path}.officers"), &b.officers, 2);
        self.prose(format_args!("{path}.result"), &b.result, ACCOUNT);
    }

    fn shelf(&mut self, path: &'static str, shelf: &'a [ShelfLine]) {
        let mut seen = BTreeSet::new();
        for (i, line) in shelf.iter().enumerate().take(MAX_ITEMS) {
            self.item_or_lot(format_args!("{path}.shelf[{i}]"), &line.item, line.lot.as_ref());
            if let Some(lot) = &line.lot
                && !lot.lot.is_empty()
                && !seen.insert((line.empty, &lot.lot, unit(lot)))
            {
                let description =
                    Words::of("the lot is listed twice in one unit", "同一批以同一单位重复列出");
                self.fault(Reason::ItemTwice, format_args!("{path}.shelf[{i}].lot.lot"), description);
            }
            self.note(format_args!("{path}.shelf[{i}].note"), &line.note, NOTE);
        }
    }

    pub(super) fn self_inspection(&mut self, path: &'static str, b: &'a SelfInspection) {
        self.span(path, ("from", &b.from, End::Required), ("to", &b.to, End::Required));
        self.count(format_args!("{path}.points"), b.points.len(), MAX_POINTS);
        for (i, point) in b.points.iter().enumerate().take(MAX_POINTS) {
            self.prose(format_args!("{path}.points[{i}]"), point, ACCOUNT);
        }
    }

    pub(super) fn adverse_event(&mut self, path: &'static str, b: &'a AdverseEvent) {
        self.text_or_none(format_args!("{path}.number"), &b.number, 80);
        if b.items.is_empty() && b.lots.is_empty() {
            self.missing(
                format_args!("{path}.items"),
                Words::of("neither items nor lots are named", "未列物品或批"),
            );
        }
        self.items(format_args!("{path}.items"), &b.items, Accept::Units);
        self.lots(format_args!("{path}.lots"), &b.lots);
        self.code(format_args!("{path}.severity"), &b.severity);
        self.prose(format_args!("{path}.event"), &b.event, ACCOUNT);
        self.note(format_args!("{path}.fault"), &b.fault, ACCOUNT);
        self.day(format_args!("{path}.noticed_on"), &b.noticed_on);
    }

    pub(super) fn listing(&mut self, path: &'static str, b: &'a Listing) {
        self.party(format_args!("{path}.platform"), &b.platform);
        self.text(format_args!("{path}.number"), &b.number, 200);
        self.url(format_args!("{path}.url"), &b.url);
        self.party_or_none(format_args!("{path}.seller"), &b.seller);
        self.each_once(format_args!("{path}.products"), &b.products, MAX_POINTS, |c, field, text| {
            c.product(field, text);
        });
        if b.brand.is_empty() && b.products.is_empty() {
            self.missing(
                format_args!("{path}.brand"),
                Words::of("neither a brand nor a product", "品牌与产品均未填写"),
            );
        }
        self.note(format_args!("{path}.brand"), &b.brand, 200);
        self.money(path, ("price", b.price), &b.currency);
        self.span(path, ("seen_from", &b.seen_from, End::Required), ("removed_on", &b.removed_on, End::Open));
    }

    fn url(&mut self, field: impl Display, url: &str) {
        if url.is_empty() {
            return;
        }
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if host.is_none_or(|h| h.is_empty() || h.starts_with('/')) || url.contains(char::is_whitespace) {
            self.fault(
                Reason::InvalidField,
                field,
                Words::of(
                    "must be an address beginning with https:// or http://",
                    "须为以 https:// 或 http:// 开头的网址",
                ),
            );
        } else {
            self.text(field, url, 2_000);
        }
    }

    pub(super) fn activity_figure(&mut self, path: &'static str, b: &'a ActivityFigure) {
        self.party(format_args!("{path}.party"), &b.party);
        self.code(format_args!("{path}.source"), &b.source);
        self.code(format_args!("{path}.measure"), &b.measure);
        self.span(path, ("from", &b.from, End::Required), ("to", &b.to, End::Required));
        self.quantity(format_args!("{path}.quantity"), b.quantity.as_ref());
        self.code_or_none(format_args!("{path}.product_class"), &b.product_class);
    }

    pub(super) fn postal_check(&mut self, path: &'static str, b: &'a PostalCheck) {
        self.document(format_args!("{path}.waybill"), &b.waybill, DocumentKind::Waybill);
        self.code(format_args!("{path}.reason"), &b.reason);
        self.optional(&b.sender, |c, s| c.pseudonym(format_args!("{path}.sender"), s));
        self.items(format_args!("{path}.items"), &b.items, Accept::Goods);
        self.note(format_args!("{path}.contents"), &b.contents, ACCOUNT);
    }

    pub(super) fn observation(&mut self, path: &'static str, b: &'a Observation) {
        self.item(format_args!("{path}.item"), &b.item, Accept::Goods);
        // The separator may begin or end a scan, where it is white space to nobody.
        let shown = b.scan.replace(GROUP_SEPARATOR, "|");
        self.note(format_args!("{path}.scan"), &shown, MAX_SCAN);
        self.party_or_none(format_args!("{path}.named"), &b.named);
        self.region_prefix(format_args!("{path}.region"), &b.region);
        self.point(path, b.latitude_e7, b.longitude_e7);
        self.code(format_args!("{path}.channel"), &b.channel);
    }
}
