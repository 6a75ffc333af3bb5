//! Fields of Condition, Sample, TestReport, Recall, RecallResponse, Hold and Lift.

use std::fmt::Display;

use gs1::DocumentKind;
use proto::v1::{Condition, Hold, Lift, Recall, RecallResponse, Sample, TestReport, TestResult, TestVerdict};

use super::{
    Accept, Check, MAX_LOTS,
    part::{ACCOUNT, NOTE},
};
use crate::{Reason, Words};

/// Most results of a test report.
const MAX_RESULTS: usize = 64;
const MINUTE_US: i64 = 60_000_000;

impl<'a> Check<'a> {
    pub(super) fn condition(&mut self, path: &'static str, b: &'a Condition) {
        self.reference_or_none(format_args!("{path}.shipment"), b.shipment.as_ref());
        if b.shipment.is_none() && b.waybill.is_empty() && b.items.is_empty() && b.lots.is_empty() {
            self.missing(
                format_args!("{path}.shipment"),
                Words::of("name a shipment, a waybill, items or lots", "请写明发货声明、运单、物品或批"),
            );
        }
        self.document_or_none(format_args!("{path}.waybill"), &b.waybill, DocumentKind::Waybill);
        self.items(format_args!("{path}.items"), &b.items, Accept::Goods);
        self.lots(format_args!("{path}.lots"), &b.lots);
        self.stretch(path, b);
        self.temperatures(path, b);
        self.humidity(path, b);
        self.text_or_none(format_args!("{path}.logger"), &b.logger, 80);
    }

    fn stretch(&mut self, path: &'static str, b: &Condition) {
        for (name, us) in [("started_at", b.started_at), ("ended_at", b.ended_at)] {
            self.instant(format_args!("{path}.{name}"), us);
        }
        if b.started_at <= 0 || b.ended_at <= 0 {
            return;
        }
        if b.ended_at < b.started_at {
            self.fault(
                Reason::InvalidField,
                format_args!("{path}.ended_at"),
                Words::of("before the first instant", "早于起始时刻"),
            );
        } else if i64::from(b.excursion_minutes) > (b.ended_at - b.started_at) / MINUTE_US + 1 {
            let description = Words::of("more minutes than the stretch has", "分钟数超过该时段");
            self.fault(Reason::InvalidField, format_args!("{path}.excursion_minutes"), description);
        }
    }

    fn temperatures(&mut self, path: &'static str, b: &Condition) {
        for (name, t) in [("min", &b.min), ("max", &b.max), ("mean", &b.mean)] {
            self.temperature(format_args!("{path}.{name}"), t.as_ref());
        }
        if b.min.is_none() && (b.max.is_some() || b.mean.is_some() || b.humidity_max == 0) {
            self.missing(format_args!("{path}.min"), Words::of("not set", "未填写"));
        }
        if b.max.is_none() && b.min.is_some() {
            self.missing(format_args!("{path}.max"), Words::of("not set", "未填写"));
        }
        let (Some(min), Some(max)) = (b.min, b.max) else { return };
        if max.millicelsius < min.millicelsius {
            self.fault(
                Reason::InvalidField,
                format_args!("{path}.max"),
                Words::of("below the lowest temperature", "低于最低温度"),
            );
        } else if b.mean.is_some_and(|m| !(min.millicelsius..=max.millicelsius).contains(&m.millicelsius)) {
            self.fault(
                Reason::InvalidField,
                format_args!("{path}.mean"),
                Words::of("outside lowest and highest", "超出最低至最高的范围"),
            );
        }
    }

    fn humidity(&mut self, path: &'static str, b: &Condition) {
        if b.humidity_max > 1_000 {
            let description = Words::of("above 1,000 (unit: thousandths)", "超过 1,000（单位：千分之一）");
            self.fault(Reason::InvalidField, format_args!("{path}.humidity_max"), description);
        }
        if b.humidity_min > b.humidity_max {
            let description = Words::of("above the highest humidity", "高于最高湿度");
            self.fault(Reason::InvalidField, format_args!("{path}.humidity_min"), description);
        }
    }

    pub(super) fn sample(&mut self, path: &'static str, b: &'a Sample) {
        self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.code(format_args!("{path}.purpose"), &b.purpose);
        if b.items.is_empty() && b.lots.is_empty() {
            self.missing(
                format_args!("{path}.items"),
                Words::of("neither items nor lots are taken", "未列抽取的物品或批"),
            );
        }
        self.items(format_args!("{path}.items"), &b.items, Accept::Goods);
        self.amounts(format_args!("{path}.lots"), &b.lots);
        self.party(format_args!("{path}.holder"), &b.holder);
        self.party_or_none(format_args!("{path}.laboratory"), &b.laboratory);
        self.document_or_none(format_args!("{path}.declaration"), &b.declaration, DocumentKind::Declaration);
    }

    pub(super) fn test_report(&mut self, path: &'static str, b: &'a TestReport) {
        self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.reference_or_none(format_args!("{path}.sample"), b.sample.as_ref());
        if b.sample.is_none() && b.items.is_empty() && b.lots.is_empty() {
            self.missing(
                format_args!("{path}.sample"),
                Words::of("name a sample, items or lots", "请写明抽样声明、物品或批"),
            );
        }
        self.items(format_args!("{path}.items"), &b.items, Accept::Goods);
        self.lots(format_args!("{path}.lots"), &b.lots);
        self.code(format_args!("{path}.purpose"), &b.purpose);
        self.said(format_args!("{path}.verdict"), b.verdict() == TestVerdict::Unspecified);
        self.prose(format_args!("{path}.method"), &b.method, NOTE);
        self.count(format_args!("{path}.results"), b.results.len(), MAX_RESULTS);
        for (i, result) in b.results.iter().enumerate().take(MAX_RESULTS) {
            self.result(format_args!("{path}.results[{i}]"), result);
        }
        self.reference_or_none(format_args!("{path}.retest_of"), b.retest_of.as_ref());
        self.day(format_args!("{path}.issued_on"), &b.issued_on);
    }

    fn result(&mut self, path: impl Display, result: &TestResult) {
        self.prose(format_args!("{path}.property"), &result.property, 200);
        self.prose(format_args!("{path}.value"), &result.value, 200);
        self.note(format_args!("{path}.limit"), &result.limit, 200);
    }

    pub(super) fn recall(&mut self, path: &'static str, b: &'a Recall) {
        self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        if b.lots.is_empty() && b.items.is_empty() {
            self.missing(
                format_args!("{path}.lots"),
                Words::of("neither lots nor items are recalled", "未列召回的批或物品"),
            );
        }
        self.lots(format_args!("{path}.lots"), &b.lots);
        self.items(format_args!("{path}.items"), &b.items, Accept::Goods);
        if !(1..=3).contains(&b.level) {
            self.fault(
                Reason::InvalidField,
                format_args!("{path}.level"),
                Words::of("must be 1 (gravest) to 3", "须为 1（最严重）至 3"),
            );
        }
        self.prose(format_args!("{path}.reason"), &b.reason, ACCOUNT);
        self.prose(format_args!("{path}.instruction"), &b.instruction, ACCOUNT);
        self.instant_or_none(format_args!("{path}.respond_by"), b.respond_by);
        self.instant_or_none(format_args!("{path}.complete_by"), b.complete_by);
        if b.complete_by > 0 && b.complete_by < b.respond_by {
            let description = Words::of("before holders must have answered", "早于持有方的答复期限");
            self.fault(Reason::InvalidField, format_args!("{path}.complete_by"), description);
        }
    }

    pub(super) fn recall_response(&mut self, path: &'static str, b: &'a RecallResponse) {
        self.target(format_args!("{path}.recall"), b.recall.as_ref(), false);
        self.count(format_args!("{path}.stock"), b.stock.len(), MAX_LOTS);
        let mut seen = std::collections::BTreeSet::new();
        for (i, stock) in b.stock.iter().enumerate().take(MAX_LOTS) {
            self.lot(format_args!("{path}.stock[{i}].lot"), &stock.lot);
            if !stock.lot.is_empty() && !seen.insert(&stock.lot) {
                let description = Words::of("the lot is listed twice", "批重复列出");
                self.fault(Reason::ItemTwice, format_args!("{path}.stock[{i}].lot"), description);
            }
            let three = [("on_hand", &stock.on_hand), ("used", &stock.used), ("passed_on", &stock.passed_on)];
            for (name, quantity) in three.into_iter().filter(|(_, q)| q.is_some()) {
                self.quantity(format_args!("{path}.stock[{i}].{name}"), quantity.as_ref());
            }
        }
        self.items(format_args!("{path}.items"), &b.items, Accept::Goods);
        self.note(format_args!("{path}.note"), &b.note, NOTE);
    }

    pub(super) fn hold(&mut self, path: &'static str, b: &'a Hold) {
        if b.items.is_empty() && b.lots.is_empty() && b.products.is_empty() {
            self.missing(
                format_args!("{path}.items"),
                Words::of("neither items, lots nor products are held", "未列扣留的物品、批或产品"),
            );
        }
        self.items(format_args!("{path}.items"), &b.items, Accept::Goods);
        self.lots(format_args!("{path}.lots"), &b.lots);
        self.each_once(format_args!("{path}.products"), &b.products, MAX_LOTS, |c, field, text| {
            c.product(field, text);
        });
        self.party_or_none(format_args!("{path}.party"), &b.party);
        self.note(format_args!("{path}.legal_basis"), &b.legal_basis, NOTE);
        self.prose(format_args!("{path}.reason"), &b.reason, ACCOUNT);
        self.day_or_none(format_args!("{path}.until"), &b.until);
    }

    pub(super) fn lift(&mut self, path: &'static str, b: &'a Lift) {
        self.target(format_args!("{path}.hold"), b.hold.as_ref(), false);
        self.items(format_args!("{path}.items"), &b.items, Accept::Goods);
        self.lots(format_args!("{path}.lots"), &b.lots);
        self.prose(format_args!("{path}.reason"), &b.reason, ACCOUNT);
    }
}
