//! Policy lists: codes that fields go by (reasons, units, kinds, …). They are data, not enums: a policy
//! statement changes them for what happens from its day on; until one does, the defaults here hold.
//!
//! Which field of which kind goes by which list is said by [`visit_codes`]. Whether a code is in the list
//! in force on the day is for `custody` to say, which knows what the ledger holds.

mod lists;
mod settings;

use std::fmt::{self, Display};

use proto::v1::{BagCheck, GoodsLine, LotAmount, Quantity, statement::Body};

pub use self::{
    lists::LISTS,
    settings::{SETTINGS, Setting, Settings, setting},
};
use crate::{GoodsAct, Statement};

/// A list of codes, as a ledger starts with it.
#[derive(Debug)]
pub struct List {
    /// Its name, in `Policy.policy`.
    pub name: &'static str,
    /// What it is for.
    pub english: &'static str,
    /// 用途.
    pub chinese: &'static str,
    /// Its codes.
    pub codes: &'static [Code],
}

/// A code of a list.
#[derive(Debug)]
pub struct Code {
    /// As it stands in statements.
    pub code: &'static str,
    /// English name.
    pub english: &'static str,
    /// 中文名.
    pub chinese: &'static str,
}

impl List {
    /// Whether the default list holds a code.
    #[must_use]
    pub fn holds(&self, code: &str) -> bool {
        self.codes.iter().any(|c| c.code == code)
    }
}

/// A list by its name.
#[must_use]
pub fn list(name: &str) -> Option<&'static List> {
    LISTS.iter().find(|list| list.name == name)
}

/// Receives path, name of the list and code, for each code that a statement uses. The path costs
/// nothing until it is displayed.
pub type VisitCode<'v> = &'v mut dyn FnMut(fmt::Arguments<'_>, &'static str, &str);

/// Calls `visit` for every code of a policy list that the statement uses, in the order of its fields;
/// for a Correct, those of its replacement. Fields that are not set never come.
pub fn visit_codes(statement: &Statement, visit: VisitCode<'_>) {
    let mut codes = Codes(visit);
    for (i, a) in statement.header().attachments.iter().enumerate() {
        codes.put(format_args!("header.attachments[{i}].role"), "attachment-role", &a.role);
    }
    match statement.body() {
        Body::Licence(b) => codes.put("licence.kind", "licence-kind", &b.kind),
        Body::Registration(b) => {
            codes.put("registration.product_class", "product-class", &b.product_class);
            codes.unit("registration.label_content", b.label_content.as_ref());
        }
        Body::Succession(b) => codes.put("succession.kind", "succession-kind", &b.kind),
        Body::Coverage(b) => {
            codes.put("coverage.register", "register", &b.register);
            codes.put("coverage.product_class", "product-class", &b.product_class);
        }
        Body::NamedList(b) => codes.put("named_list.list", "named-list", &b.list),
        Body::Correct(b) => {
            if let Some(r) = b.replacement.as_ref().and_then(|r| r.body.as_ref()) {
                let act = GoodsAct::replacing(r);
                codes.act(act, act.path(true));
            }
        }
        body => {
            if let Some(act) = GoodsAct::of(body) {
                codes.act(act, act.path(false));
            }
        }
    }
}

/// As [`visit_codes`], for one act about goods: what a correction by line led to, say. `path` is where it
/// stands.
pub fn visit_act_codes(act: GoodsAct<'_>, path: &'static str, visit: VisitCode<'_>) {
    Codes(visit).act(act, path);
}

struct Codes<'v>(VisitCode<'v>);

impl Codes<'_> {
    fn put(&mut self, path: impl Display, list: &'static str, code: &str) {
        if !code.is_empty() {
            (self.0)(format_args!("{path}"), list, code);
        }
    }

    fn unit(&mut self, path: impl Display, quantity: Option<&Quantity>) {
        if let Some(q) = quantity {
            self.put(format_args!("{path}.unit"), "unit", &q.unit);
        }
    }

    fn lots(&mut self, path: impl Display, lots: &[LotAmount]) {
        for (i, lot) in lots.iter().enumerate() {
            self.unit(format_args!("{path}[{i}].quantity"), lot.quantity.as_ref());
        }
    }

    fn lot(&mut self, path: impl Display, lot: Option<&LotAmount>) {
        self.unit(format_args!("{path}.lot.quantity"), lot.and_then(|l| l.quantity.as_ref()));
    }

    fn act(&mut self, act: GoodsAct<'_>, path: &'static str) {
        match act {
            GoodsAct::Commission(b) => {
                self.unit(format_args!("{path}.quantity"), b.quantity.as_ref());
                self.put(format_args!("{path}.market"), "market", &b.market);
            }
            GoodsAct::Ship(b) => {
                self.lots(format_args!("{path}.lots"), &b.lots);
                self.put(format_args!("{path}.reason"), "ship-reason", &b.reason);
            }
            GoodsAct::Receive(b) => {
                self.lots(format_args!("{path}.lots"), &b.lots);
                for (i, e) in b.exceptions.iter().enumerate() {
                    self.lot(format_args!("{path}.exceptions[{i}]"), e.lot.as_ref());
                }
            }
            GoodsAct::Use(b) => {
                for (i, line) in b.lines.iter().enumerate() {
                    self.unit(format_args!("{path}.lines[{i}].used"), line.used.as_ref());
                    self.unit(format_args!("{path}.lines[{i}].wasted"), line.wasted.as_ref());
                }
            }
            GoodsAct::Alias(b) => self.put(format_args!("{path}.reason"), "alias-reason", &b.reason),
            GoodsAct::Transform(b) => {
                self.lots(format_args!("{path}.input_lots"), &b.input_lots);
                self.lots(format_args!("{path}.output_lots"), &b.output_lots);
                self.put(format_args!("{path}.reason"), "transform-reason", &b.reason);
            }
            GoodsAct::Adjust(b) => {
                for (i, line) in b.lines.iter().enumerate() {
                    self.lot(format_args!("{path}.lines[{i}]"), line.lot.as_ref());
                }
                self.put(format_args!("{path}.reason"), "adjust-reason", &b.reason);
            }
            GoodsAct::Service(b) => {
                for (i, line) in b.lines.iter().enumerate() {
                    self.put(format_args!("{path}.lines[{i}].action"), "service-action", &line.action);
                }
            }
            other => self.paper(other, path),
        }
    }

    /// Requests, answers and opinions.
    fn assistance(&mut self, act: GoodsAct<'_>, path: &'static str) {
        match act {
            GoodsAct::Opinion(b) => {
                for (i, line) in b.lines.iter().enumerate() {
                    self.goods(format_args!("{path}.lines[{i}].goods"), line.goods.as_ref());
                    let conclusion = format_args!("{path}.lines[{i}].conclusion");
                    self.put(conclusion, "opinion-conclusion", &line.conclusion);
                }
            }
            GoodsAct::AuthenticityReply(b) => {
                for (i, line) in b.lines.iter().enumerate() {
                    self.goods(format_args!("{path}.lines[{i}].goods"), line.goods.as_ref());
                }
            }
            GoodsAct::AssistRequest(b) => {
                self.put(format_args!("{path}.purpose"), "assist-purpose", &b.purpose);
                for (i, goods) in b.lines.iter().enumerate() {
                    self.goods(format_args!("{path}.lines[{i}]"), Some(goods));
                }
            }
            GoodsAct::AssistReply(b) => {
                self.put(format_args!("{path}.outcome"), "assist-outcome", &b.outcome);
                for (i, goods) in b.lines.iter().enumerate() {
                    self.goods(format_args!("{path}.lines[{i}]"), Some(goods));
                }
            }
            _ => {}
        }
    }

    /// What becomes of seized goods.
    fn seizure(&mut self, act: GoodsAct<'_>, path: &'static str) {
        match act {
            GoodsAct::Seize(b) => {
                self.put(format_args!("{path}.kind"), "measure", &b.kind);
                self.put(format_args!("{path}.channel"), "seizure-channel", &b.channel);
                for (i, line) in b.lines.iter().enumerate() {
                    self.lot(format_args!("{path}.lines[{i}]"), line.lot.as_ref());
                    self.unit(format_args!("{path}.lines[{i}].quantity"), line.quantity.as_ref());
                }
            }
            GoodsAct::Keep(b) => self.checked(path, &b.bags),
            GoodsAct::HandOver(b) => {
                self.put(format_args!("{path}.purpose"), "hand-over-purpose", &b.purpose);
                self.checked(path, &b.bags);
                self.lots(format_args!("{path}.lots"), &b.lots);
            }
            GoodsAct::EvidenceReturn(b) => {
                self.put(format_args!("{path}.reason"), "return-reason", &b.reason);
                self.lots(format_args!("{path}.lots"), &b.lots);
            }
            GoodsAct::Destroy(b) => {
                self.put(format_args!("{path}.reason"), "destroy-reason", &b.reason);
                self.put(format_args!("{path}.method"), "destroy-method", &b.method);
                self.lots(format_args!("{path}.lots"), &b.lots);
            }
            _ => {}
        }
    }

    /// Statements of cases.
    fn case(&mut self, act: GoodsAct<'_>, path: &'static str) {
        match act {
            GoodsAct::Lead(b) => {
                self.put(format_args!("{path}.source"), "lead-source", &b.source);
                for (i, goods) in b.lines.iter().enumerate() {
                    self.goods(format_args!("{path}.lines[{i}]"), Some(goods));
                }
            }
            GoodsAct::LeadStep(b) => self.put(format_args!("{path}.outcome"), "lead-outcome", &b.outcome),
            GoodsAct::CaseOpen(b) => {
                self.put(format_args!("{path}.kind"), "case-kind", &b.kind);
                self.put(format_args!("{path}.cause"), "case-cause", &b.cause);
            }
            GoodsAct::CaseLink(b) => self.put(format_args!("{path}.role"), "link-role", &b.role),
            GoodsAct::CaseTransfer(b) => self.put(format_args!("{path}.basis"), "transfer-basis", &b.basis),
            GoodsAct::CaseOutcome(b) => {
                self.put(format_args!("{path}.kind"), "outcome-kind", &b.kind);
                for (i, goods) in b.goods.iter().enumerate() {
                    self.unit(format_args!("{path}.goods[{i}]"), Some(goods));
                }
            }
            GoodsAct::CaseClose(b) => self.put(format_args!("{path}.reason"), "close-reason", &b.reason),
            _ => {}
        }
    }

    fn checked(&mut self, path: &'static str, bags: &[BagCheck]) {
        for (i, bag) in bags.iter().enumerate() {
            self.put(format_args!("{path}.bags[{i}].condition"), "bag-condition", &bag.condition);
        }
    }

    fn goods(&mut self, path: impl Display, goods: Option<&GoodsLine>) {
        let Some(goods) = goods else { return };
        self.lot(&path, goods.lot.as_ref());
        self.unit(format_args!("{path}.quantity"), goods.quantity.as_ref());
    }

    /// Statements of authorities, laboratories, carriers and platforms.
    fn paper(&mut self, act: GoodsAct<'_>, path: &'static str) {
        match act {
            GoodsAct::ImportFiling(b) => self.lots(format_args!("{path}.lots"), &b.lots),
            GoodsAct::DeclareImport(b) => {
                for (i, line) in b.lines.iter().enumerate() {
                    self.unit(format_args!("{path}.lines[{i}].quantity"), line.quantity.as_ref());
                }
            }
            GoodsAct::CustomsDecision(b) => {
                for (i, line) in b.lines.iter().enumerate() {
                    self.unit(format_args!("{path}.lines[{i}].quantity"), line.quantity.as_ref());
                }
            }
            GoodsAct::Sample(b) => {
                self.put(format_args!("{path}.purpose"), "sample-purpose", &b.purpose);
                self.lots(format_args!("{path}.lots"), &b.lots);
            }
            GoodsAct::TestReport(b) => {
                self.put(format_args!("{path}.purpose"), "sample-purpose", &b.purpose);
            }
            GoodsAct::RecallResponse(b) => {
                for (i, stock) in b.stock.iter().enumerate() {
                    let three =
                        [("on_hand", &stock.on_hand), ("used", &stock.used), ("passed_on", &stock.passed_on)];
                    for (name, quantity) in three {
                        self.unit(format_args!("{path}.stock[{i}].{name}"), quantity.as_ref());
                    }
                }
            }
            GoodsAct::Inspection(b) => {
                self.put(format_args!("{path}.kind"), "inspection-kind", &b.kind);
                for (i, line) in b.shelf.iter().enumerate() {
                    self.lot(format_args!("{path}.shelf[{i}]"), line.lot.as_ref());
                }
            }
            GoodsAct::AdverseEvent(b) => {
                self.put(format_args!("{path}.severity"), "adverse-severity", &b.severity);
            }
            GoodsAct::ActivityFigure(b) => {
                self.put(format_args!("{path}.source"), "figure-source", &b.source);
                self.put(format_args!("{path}.measure"), "figure-measure", &b.measure);
                // Money has its currency as unit, which no list holds.
                if !b.quantity.as_ref().is_some_and(|q| is_currency(&q.unit)) {
                    self.unit(format_args!("{path}.quantity"), b.quantity.as_ref());
                }
                self.put(format_args!("{path}.product_class"), "product-class", &b.product_class);
            }
            GoodsAct::Opinion(_)
            | GoodsAct::AuthenticityReply(_)
            | GoodsAct::AssistRequest(_)
            | GoodsAct::AssistReply(_) => self.assistance(act, path),
            GoodsAct::Seize(_)
            | GoodsAct::Keep(_)
            | GoodsAct::HandOver(_)
            | GoodsAct::EvidenceReturn(_)
            | GoodsAct::Destroy(_) => self.seizure(act, path),
            GoodsAct::Lead(_)
            | GoodsAct::LeadStep(_)
            | GoodsAct::CaseOpen(_)
            | GoodsAct::CaseLink(_)
            | GoodsAct::CaseTransfer(_)
            | GoodsAct::CaseOutcome(_)
            | GoodsAct::CaseClose(_) => self.case(act, path),
            GoodsAct::PostalCheck(b) => self.put(format_args!("{path}.reason"), "postal-reason", &b.reason),
            GoodsAct::Observation(b) => {
                self.put(format_args!("{path}.channel"), "observation-channel", &b.channel);
            }
            _ => {}
        }
    }
}

/// Whether a text looks like a currency of ISO 4217.
pub(crate) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests;
