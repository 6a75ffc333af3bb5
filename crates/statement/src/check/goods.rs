//! Fields of Alias, Transform, Adjust and Service.

use std::{collections::BTreeSet, fmt::Display};

use proto::v1::{Adjust, AdjustLine, AdjustOutcome, Alias, Service, ServiceLine, Transform};

use super::{
    Accept, Check, End, MAX_ITEMS,
    part::{NOTE, unit},
};
use crate::Reason;

impl<'a> Check<'a> {
    pub(super) fn alias(&mut self, path: &'static str, b: &'a Alias) {
        if b.codes.len() < 2 {
            self.missing(format_args!("{path}.codes"), "fewer than two codes");
        }
        self.count(format_args!("{path}.codes"), b.codes.len(), 8);
        self.items(format_args!("{path}.codes"), &b.codes, Accept::Goods);
        self.code_or_none(format_args!("{path}.reason"), &b.reason);
    }

    pub(super) fn transform(&mut self, path: &'static str, b: &'a Transform) {
        if b.inputs.is_empty() && b.input_lots.is_empty() {
            self.missing(format_args!("{path}.inputs"), "nothing is used up");
        }
        self.items(format_args!("{path}.inputs"), &b.inputs, Accept::Units);
        self.amounts(format_args!("{path}.input_lots"), &b.input_lots);
        if b.outputs.is_empty() && b.output_lots.is_empty() {
            self.missing(format_args!("{path}.outputs"), "nothing comes into being");
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
            self.fault(Reason::InvalidField, format_args!("{path}.lot"), "goes only with outputs");
        }
        if b.units_per_code != 0 {
            let description = "goes only with outputs";
            self.fault(Reason::InvalidField, format_args!("{path}.units_per_code"), description);
        }
    }

    pub(super) fn adjust(&mut self, path: &'static str, b: &'a Adjust) {
        self.line_count(format_args!("{path}.lines"), b.lines.len(), "nothing is adjusted");
        let mut seen = BTreeSet::new();
        for (i, line) in b.lines.iter().enumerate().take(MAX_ITEMS) {
            self.adjust_line(format_args!("{path}.lines[{i}]"), line);
            if let Some(lot) = &line.lot
                && !lot.lot.is_empty()
                && !seen.insert((line.outcome, &lot.lot, unit(lot)))
            {
                let description = "the lot is listed twice with one outcome and unit";
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
                self.fault(Reason::InvalidField, format_args!("{path}.item_lot"), "goes only with an item");
            }
        }
        self.span(&path, ("made_on", &line.made_on, End::Open), ("expires_on", &line.expires_on, End::Open));
        if !matches!(line.outcome(), AdjustOutcome::Opening | AdjustOutcome::Unspecified) {
            let printed =
                [("item_lot", &line.item_lot), ("made_on", &line.made_on), ("expires_on", &line.expires_on)];
            for (name, _) in printed.into_iter().filter(|(_, text)| !text.is_empty()) {
                let description = "goes only with opening stock";
                self.fault(Reason::InvalidField, format_args!("{path}.{name}"), description);
            }
        }
        self.note(format_args!("{path}.note"), &line.note, NOTE);
    }

    pub(super) fn service(&mut self, path: &'static str, b: &'a Service) {
        self.line_count(format_args!("{path}.lines"), b.lines.len(), "no work is told");
        let mut seen = BTreeSet::new();
        for (i, line) in b.lines.iter().enumerate().take(MAX_ITEMS) {
            self.service_line(format_args!("{path}.lines[{i}]"), line);
            // One device may have had several kinds of work done: a line is device and work.
            if !line.item.is_empty() && !seen.insert((&line.item, &line.action)) {
                let description = "the device is listed twice for one action";
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
                    self.fault(Reason::ItemTwice, field, "is the device itself");
                }
            }
        }
        if !line.fitted.is_empty() && line.fitted == line.removed {
            self.fault(Reason::ItemTwice, format_args!("{path}.fitted"), "is what was taken off");
        }
        self.note(format_args!("{path}.note"), &line.note, NOTE);
    }
}
