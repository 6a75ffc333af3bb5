//! Fields of the statements that belong to a case: Lead, LeadStep, CaseOpen, CaseLink, CaseTransfer, TransferReply,
//! CaseOutcome, CaseClose, Watch.

use std::{collections::BTreeSet, fmt::Display};

use gs1::DocumentKind;
use proto::v1::{
    CaseClose, CaseLink, CaseOpen, CaseOutcome, CaseTransfer, Lead, LeadAction, LeadStep, TransferDecision,
    TransferReply, Watch,
};

use super::{
    Accept, Check, End, MAX_LOTS,
    part::{ACCOUNT, NOTE},
};
use crate::{Reason, Words};

/// Most parties and sites of a lead; most cases, people, regions and kinds of goods of a statement.
const MAX_FEW: usize = 64;
/// Most authorities that get a copy.
const MAX_COPIES: usize = 16;

impl<'a> Check<'a> {
    pub(super) fn lead(&mut self, path: &'static str, b: &'a Lead) {
        self.case(format_args!("{path}.case_id"), &b.case_id);
        self.party(format_args!("{path}.addressee"), &b.addressee);
        self.code(format_args!("{path}.source"), &b.source);
        self.optional(&b.informant, |c, t| c.pseudonym(format_args!("{path}.informant"), t));
        self.prose(format_args!("{path}.summary"), &b.summary, ACCOUNT);
        self.all_goods(path, &b.lines);
        self.parties(format_args!("{path}.parties"), &b.parties, MAX_FEW);
        self.sites(format_args!("{path}.sites"), &b.sites, MAX_FEW);
        self.region_prefix(format_args!("{path}.region"), &b.region);
        self.references(format_args!("{path}.entries"), &b.entries);
    }

    fn parties(&mut self, field: impl Display, parties: &'a [String], max: usize) {
        self.each_once(field, parties, max, |c, field, text| c.party(field, text));
    }

    fn sites(&mut self, field: impl Display, sites: &'a [String], max: usize) {
        self.each_once(field, sites, max, |c, field, text| c.site(field, text));
    }

    pub(super) fn lead_step(&mut self, path: &'static str, b: &'a LeadStep) {
        self.case(format_args!("{path}.case_id"), &b.case_id);
        self.target(format_args!("{path}.lead"), b.lead.as_ref(), false);
        let action = b.action();
        self.said(format_args!("{path}.action"), action == LeadAction::Unspecified);
        let (assigned, verified) = (action == LeadAction::Assigned, action == LeadAction::Verified);
        let set = action != LeadAction::Unspecified;
        self.only_with(set && !assigned, format_args!("{path}.assignee"), &b.assignee);
        self.only_with(set && !assigned, format_args!("{path}.due_on"), &b.due_on);
        self.only_with(assigned, format_args!("{path}.outcome"), &b.outcome);
        if assigned {
            self.party(format_args!("{path}.assignee"), &b.assignee);
            self.day_or_none(format_args!("{path}.due_on"), &b.due_on);
            self.note(format_args!("{path}.note"), &b.note, ACCOUNT);
        } else if set {
            self.code(format_args!("{path}.outcome"), &b.outcome);
            self.prose(format_args!("{path}.note"), &b.note, ACCOUNT);
        }
        self.people(format_args!("{path}.officers"), &b.officers, if verified { 2 } else { 0 });
        if set && !verified && !b.officers.is_empty() {
            self.fault(Reason::InvalidField, format_args!("{path}.officers"), not_here());
        }
    }

    /// A text that has no place beside what the statement says otherwise.
    fn only_with(&mut self, misplaced: bool, field: impl Display, text: &str) {
        if misplaced && !text.is_empty() {
            self.fault(Reason::InvalidField, field, not_here());
        }
    }

    pub(super) fn case_open(&mut self, path: &'static str, b: &'a CaseOpen) {
        self.case(format_args!("{path}.case_id"), &b.case_id);
        self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.code(format_args!("{path}.kind"), &b.kind);
        self.code(format_args!("{path}.cause"), &b.cause);
        self.prose(format_args!("{path}.summary"), &b.summary, ACCOUNT);
        self.references(format_args!("{path}.leads"), &b.leads);
        self.people(format_args!("{path}.officers"), &b.officers, 2);
        self.prose(format_args!("{path}.legal_basis"), &b.legal_basis, NOTE);
    }

    pub(super) fn case_link(&mut self, path: &'static str, b: &'a CaseLink) {
        self.case(format_args!("{path}.case_id"), &b.case_id);
        self.code(format_args!("{path}.role"), &b.role);
        let lists = [&b.items, &b.lots, &b.parties, &b.sites, &b.bags, &b.papers, &b.cases, &b.people];
        if lists.iter().all(|list| list.is_empty()) && b.entries.is_empty() {
            self.missing(format_args!("{path}.items"), Words::of("nothing is named", "未列任何关联对象"));
        }
        self.items(format_args!("{path}.items"), &b.items, Accept::Goods);
        self.lots(format_args!("{path}.lots"), &b.lots);
        self.parties(format_args!("{path}.parties"), &b.parties, MAX_LOTS);
        self.sites(format_args!("{path}.sites"), &b.sites, MAX_LOTS);
        self.bags(format_args!("{path}.bags"), &b.bags);
        self.each_once(format_args!("{path}.papers"), &b.papers, MAX_LOTS, |c, field, text| {
            c.canonical(field, text, gs1::DocumentRef::parse(text).map(drop));
        });
        self.references(format_args!("{path}.entries"), &b.entries);
        self.each_once(format_args!("{path}.cases"), &b.cases, MAX_FEW, |c, field, text| {
            c.case(field, text);
            if !text.is_empty() && text == b.case_id {
                c.fault(Reason::InvalidField, field, Words::of("is the case itself", "即本案"));
            }
        });
        self.persons(format_args!("{path}.people"), &b.people);
        self.note(format_args!("{path}.note"), &b.note, ACCOUNT);
    }

    fn persons(&mut self, field: impl Display, people: &'a [String]) {
        self.each_once(field, people, MAX_FEW, |c, field, text| c.pseudonym(field, text));
    }

    pub(super) fn case_transfer(&mut self, path: &'static str, b: &'a CaseTransfer) {
        self.case(format_args!("{path}.case_id"), &b.case_id);
        self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.party(format_args!("{path}.addressee"), &b.addressee);
        self.parties(format_args!("{path}.copies"), &b.copies, MAX_COPIES);
        self.code(format_args!("{path}.basis"), &b.basis);
        self.instant_or_none(format_args!("{path}.proposed_at"), b.proposed_at);
        self.instant(format_args!("{path}.decided_at"), b.decided_at);
        if b.decided_at > 0 && b.proposed_at > b.decided_at {
            let text = Words::of("after it was decided", "晚于批准时间");
            self.fault(Reason::InvalidField, format_args!("{path}.proposed_at"), text);
        }
        self.people(format_args!("{path}.officers"), &b.officers, 2);
        self.prose(format_args!("{path}.summary"), &b.summary, ACCOUNT);
        self.bags(format_args!("{path}.bags"), &b.bags);
        self.references(format_args!("{path}.entries"), &b.entries);
        self.prose(format_args!("{path}.legal_basis"), &b.legal_basis, NOTE);
    }

    pub(super) fn transfer_reply(&mut self, path: &'static str, b: &'a TransferReply) {
        self.case(format_args!("{path}.case_id"), &b.case_id);
        self.target(format_args!("{path}.transfer"), b.transfer.as_ref(), false);
        let decision = b.decision();
        self.said(format_args!("{path}.decision"), decision == TransferDecision::Unspecified);
        let decided = !matches!(decision, TransferDecision::Unspecified | TransferDecision::Received);
        let forwarded = decision == TransferDecision::Forwarded;
        if decided {
            self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        } else {
            self.document_or_none(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        }
        if forwarded {
            self.party(format_args!("{path}.forward_to"), &b.forward_to);
        } else if decision != TransferDecision::Unspecified {
            self.only_with(true, format_args!("{path}.forward_to"), &b.forward_to);
        }
        if forwarded || decision == TransferDecision::Declined {
            self.prose(format_args!("{path}.reason"), &b.reason, ACCOUNT);
        } else {
            self.note(format_args!("{path}.reason"), &b.reason, ACCOUNT);
        }
        self.people(format_args!("{path}.officers"), &b.officers, 0);
    }

    pub(super) fn case_outcome(&mut self, path: &'static str, b: &'a CaseOutcome) {
        self.case(format_args!("{path}.case_id"), &b.case_id);
        self.code(format_args!("{path}.kind"), &b.kind);
        self.document_or_none(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.day(format_args!("{path}.decided_on"), &b.decided_on);
        let amounts = [("goods_value", b.goods_value), ("fines", b.fines), ("confiscated", b.confiscated)];
        self.amounts_of_money(path, &amounts, &b.currency);
        self.count(format_args!("{path}.goods"), b.goods.len(), MAX_FEW);
        let mut units = BTreeSet::new();
        for (i, goods) in b.goods.iter().enumerate().take(MAX_FEW) {
            self.quantity(format_args!("{path}.goods[{i}]"), Some(goods));
            if !goods.unit.is_empty() && !units.insert(&goods.unit) {
                let text = Words::of("the unit is listed twice", "单位重复列出");
                self.fault(Reason::ItemTwice, format_args!("{path}.goods[{i}].unit"), text);
            }
        }
        self.note(format_args!("{path}.note"), &b.note, ACCOUNT);
    }

    pub(super) fn case_close(&mut self, path: &'static str, b: &'a CaseClose) {
        self.case(format_args!("{path}.case_id"), &b.case_id);
        self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.code(format_args!("{path}.reason"), &b.reason);
        self.prose(format_args!("{path}.summary"), &b.summary, ACCOUNT);
    }

    pub(super) fn watch(&mut self, path: &'static str, b: &'a Watch) {
        self.case(format_args!("{path}.case_id"), &b.case_id);
        let lists = [&b.items, &b.lots, &b.products, &b.parties, &b.sites, &b.regions, &b.people];
        if lists.iter().all(|list| list.is_empty()) {
            self.missing(format_args!("{path}.items"), Words::of("nothing is watched", "未列布控对象"));
        }
        self.items(format_args!("{path}.items"), &b.items, Accept::Goods);
        self.lots(format_args!("{path}.lots"), &b.lots);
        self.each_once(format_args!("{path}.products"), &b.products, MAX_LOTS, |c, field, text| {
            c.product(field, text);
        });
        self.parties(format_args!("{path}.parties"), &b.parties, MAX_LOTS);
        self.sites(format_args!("{path}.sites"), &b.sites, MAX_LOTS);
        self.each_once(format_args!("{path}.regions"), &b.regions, MAX_FEW, |c, field, text| {
            if text.is_empty() {
                c.missing(field, Words::of("not set", "未填写"));
            }
            c.region_prefix(field, text);
        });
        self.persons(format_args!("{path}.people"), &b.people);
        self.span(
            path,
            ("valid_from", &b.valid_from, End::Required),
            ("valid_to", &b.valid_to, End::Required),
        );
        self.prose(format_args!("{path}.reason"), &b.reason, ACCOUNT);
    }
}

const fn not_here() -> Words {
    Words::of("has no place beside what is said", "与所述内容不符，不应填写")
}
