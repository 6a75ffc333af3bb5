//! Fields of Alias, Transform, Adjust and Service.

use std::{collections::BTreeSet, fmt::Display};

use proto::v1::{Adjust, AdjustLine, AdjustOutcome, Alias, Service, ServiceLine, Transform};

use super::{
    Accept, Check, End, MAX_ITEMS,
    part::{NOTE, unit},
};
use crate::{Reason, Words};

impl<'a> Check<'a> {
    pub(super) fn alias(&mut self, path: &'static str, b: &'a Alias) {
        if b.codes.len() < 2 {
            self.missing(format_args!("{path}.codes"), Words::of("fewer than two codes", "少于两个码"));
        }
        self.count(format_args!("{path}.codes"), b.codes.len(), 8);
        self.items(format_args!("{path}.codes"), &b.codes, Accept::Goods);
        self.code_or_none(format_args!("{path}.reason"), &b.reason);
    }

    pub(super) fn transform(&mut self, path: &'static str, b: &'a Transform) {
        if b.inputs.is_empty() && b.input_lots.is_empty() {
            self.missing(
                format_args!("{path}.inputs"),
                Words::of("nothing is used up", "未列投入的物品或批"),
            );
        }
        self.items(format_args!("{path}.inputs"), &b.inputs, Accept::Units);
        self.amounts(format_args!("{path}.input_lots"), &b.input_lots);
        if b.outputs.is_empty() && b.output_lots.is_empty() {
            self.missing(
                format_args!("{path}.outputs"),
                Words::of("nothing comes into being", "未列产出的物品或批"),
            );
        }
        self.items(format_args!("{path}.outputs"), &b.outputs, Accept::Units);
        self.amounts(format_args!("{path}.output_lots"), &b.output_lots);
        let end = if b.outputs.is_empty() { End::Open } else { End::Required };
        self.outputs(path, b);
        if !b.registration.is_empty() {
            self.registration(format_args!("{path}.registration"), &b.registration);
        }
        self.span(path, ("made_on", &b.made_on, End::Open), ("expires_on", &b.expires_on, end));
        self.code(format_args!("{path}.reason"), &b.reason);
    }

    /// What goes with output items, and only with them.
    fn outputs(&mut self, path: &'static str, b: &Transform) {
        if !b.outputs.is_empty() {
            self.lot(format_args!("{path}.lot"), &b.lot);
            self.units_per_code(format_args!("{path}.units_per_code"), b.units_per_code);
            return;
        }
        if !b.lot.is_empty() {
            self.fault(
                Reason::InvalidField,
                format_args!("{path}.lot"),
                Words::of("goes only with outputs", "有产出物品时才可填写"),
            );
        }
        if b.units_per_code != 0 {
            let description = Words::of("goes only with outputs", "有产出物品时才可填写");
            self.fault(Reason::InvalidField, format_args!("{path}.units_per_code"), description);
        }
    }

    pub(super) fn adjust(&mut self, path: &'static str, b: &'a Adjust) {
        self.line_count(
            format_args!("{path}.lines"),
            b.lines.len(),
            Words::of("nothing is adjusted", "未列调整的行"),
        );
        let mut seen = BTreeSet::new();
        for (i, line) in b.lines.iter().enumerate().take(MAX_ITEMS) {
            self.adjust_line(format_args!("{path}.lines[{i}]"), line);
            if let Some(lot) = &line.lot
                && !lot.lot.is_empty()
                && !seen.insert((line.outcome, &lot.lot, unit(lot)))
            {
                let description = Words::of(
                    "the lot is listed twice with one outcome and unit",
                    "同一批以相同结果与单位重复列出",
                );
                self.fault(Reason::ItemTwice, format_args!("{path}.lines[{i}].lot.lot"), description);
            }
        }
        self.code_or_none(format_args!("{path}.reason"), &b.reason);
    }

    fn adjust_line(&mut self, path: impl Display, line: &'a AdjustLine) {
        self.said(format_args!("{path}.outcome"), line.outcome() == AdjustOutcome::Unspecified);
        self.item_or_lot(&path, &line.item, line.lot.as_ref());
        if !line.item_lot.is_empty() {
            self.lot(format_args!("{path}.item_lot"), &line.item_lot);
            if line.item.is_empty() {
                self.fault(
                    Reason::InvalidField,
                    format_args!("{path}.item_lot"),
                    Words::of("goes only with an item", "填写物品时才可填写"),
                );
            }
        }
        self.span(&path, ("made_on", &line.made_on, End::Open), ("expires_on", &line.expires_on, End::Open));
        if !matches!(line.outcome(), AdjustOutcome::Opening | AdjustOutcome::Unspecified) {
            let printed =
                [("item_lot", &line.item_lot), ("made_on", &line.made_on), ("expires_on", &line.expires_on)];
            for (name, _) in printed.into_iter().filter(|(_, text)| !text.is_empty()) {
                let description = Words::of("goes only with opening stock", "仅用于期初库存");
                self.fault(Reason::InvalidField, format_args!("{path}.{name}"), description);
            }
        }
        self.note(format_args!("{path}.note"), &line.note, NOTE);
    }

    pub(super) fn service(&mut self, path: &'static str, b: &'a Service) {
        self.line_count(
            format_args!("{path}.lines"),
            b.lines.len(),
            Words::of("no work is told", "未列所做的工作"),
        );
        let mut seen = BTreeSet::new();
        for (i, line) in b.lines.iter().enumerate().take(MAX_ITEMS) {
            self.service_line(format_args!("{path}.lines[{i}]"), line);
            // One device may have had several kinds of work done: a line is device and work.
            if !line.item.is_empty() && !seen.insert((&line.item, &line.action)) {
                let description =
                    Words::of("the device is listed twice for one action", "同一设备的同一工作重复列出");
                self.fault(Reason::ItemTwice, format_args!("{path}.lines[{i}].item"), description);
            }
        }
    }

    fn service_line(&mut self, path: impl Display, line: &'a ServiceLine) {
        if self.may_name(format_args!("{path}.item")) {
            self.sound_item(format_args!("{path}.item"), &line.item, Accept::Units);
        }
        self.code(format_args!("{path}.action"), &line.action);
        for (name, part) in [("removed", &line.removed), ("fitted", &line.fitted)] {
            let field = format_args!("{path}.{name}");
            if !part.is_empty() && self.may_name(field) {
                self.sound_item(field, part, Accept::Units);
                if *part == line.item {
                    self.fault(Reason::ItemTwice, field, Words::of("is the device itself", "即该设备自身"));
                }
            }
        }
        if !line.fitted.is_empty() && line.fitted == line.removed {
            self.fault(
                Reason::ItemTwice,
                format_args!("{path}.fitted"),
                Words::of("is what was taken off", "即所拆下之物"),
            );
        }
        self.note(format_args!("{path}.note"), &line.note, NOTE);
    }
}
