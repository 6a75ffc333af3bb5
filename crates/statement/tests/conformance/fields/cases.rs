//! Fields of Lead, LeadStep, CaseOpen, CaseLink, CaseTransfer, TransferReply, CaseOutcome, CaseClose, Watch.

use proto::v1::{self, LeadAction, LeadStep, StatementRef, TransferDecision, TransferReply};
use statement::{
    Kind as K, Reason,
    Reason::{ConfidentialNeeded, InvalidField, ItemTwice, MissingField, NotCanonical, PersonalData},
    Secrecy, own_subjects, subject_key,
};

use super::{Optional, Row, h};
use crate::samples::{
    BAG, CASE_ID, ITEM, body, correct, parse, pseudonym, quantity, sample, target, uuid, with_body,
};

fn step(s: &mut v1::Statement, action: LeadAction) -> &mut LeadStep {
    let b = body!(s, LeadStep);
    b.action = action as i32;
    b
}

/// The step that assigns a lead.
fn assigned(s: &mut v1::Statement) -> &mut LeadStep {
    let b = step(s, LeadAction::Assigned);
    b.outcome.clear();
    b.officers.clear();
    b.assignee = "org:B".into();
    b.due_on = "2026-02-01".into();
    b
}

fn reply(s: &mut v1::Statement, decision: TransferDecision) -> &mut TransferReply {
    let b = body!(s, TransferReply);
    b.decision = decision as i32;
    b.forward_to.clear();
    b
}

fn many() -> Vec<String> {
    (0..65).map(|i| format!("{i:064x}")).collect()
}

fn entry(i: u8) -> StatementRef {
    StatementRef { id: uuid(i64::from(i) * 1_000, 3), ..target(true).unwrap() }
}

#[rustfmt::skip]
pub const FAULTS: &[Row] = &[
    (K::Lead, |s| h(s).confidential = false, ConfidentialNeeded, "header.confidential"),
    (K::Lead, |s| body!(s, Lead).case_id.clear(), MissingField, "lead.case_id"),
    (K::Lead, |s| body!(s, Lead).case_id.push('0'), InvalidField, "lead.case_id"),
    (K::Lead, |s| body!(s, Lead).addressee.clear(), MissingField, "lead.addressee"),
    (K::Lead, |s| body!(s, Lead).source = "举报".into(), InvalidField, "lead.source"),
    (K::Lead, |s| body!(s, Lead).informant = "Wang".into(), InvalidField, "lead.informant"),
    (K::Lead, |s| body!(s, Lead).summary = "call 13800000000".into(), PersonalData, "lead.summary"),
    (K::Lead, |s| body!(s, Lead).lines[0].item = "x".into(), NotCanonical, "lead.lines[0].item"),
    (K::Lead, |s| body!(s, Lead).lines[2].description.clear(), MissingField, "lead.lines[2].description"),
    (K::Lead, |s| body!(s, Lead).parties.push("x".into()), NotCanonical, "lead.parties[2]"),
    (K::Lead, |s| body!(s, Lead).parties = (0..65).map(|i| format!("org:{i}")).collect(), InvalidField, "lead.parties"),
    (K::Lead, |s| body!(s, Lead).sites.push("x".into()), NotCanonical, "lead.sites[1]"),
    (K::Lead, |s| body!(s, Lead).region = "1".into(), InvalidField, "lead.region"),
    (K::Lead, |s| body!(s, Lead).entries[1].party = "x".into(), NotCanonical, "lead.entries[1].party"),
    (K::Lead, |s| body!(s, Lead).entries[1].id.clear(), MissingField, "lead.entries[1].id"),
    (K::Lead, |s| body!(s, Lead).entries[1].digest = vec![1], InvalidField, "lead.entries[1].digest"),
    (K::Lead, |s| body!(s, Lead).entries = (0..65).map(entry).collect(), InvalidField, "lead.entries"),
    (K::LeadStep, |s| body!(s, LeadStep).case_id.clear(), MissingField, "lead_step.case_id"),
    (K::LeadStep, |s| body!(s, LeadStep).lead = None, MissingField, "lead_step.lead"),
    (K::LeadStep, |s| body!(s, LeadStep).lead.as_mut().unwrap().party = "x".into(), NotCanonical, "lead_step.lead.party"),
    (K::LeadStep, |s| body!(s, LeadStep).lead.as_mut().unwrap().id = vec![1; 16], InvalidField, "lead_step.lead.id"),
    (K::LeadStep, |s| body!(s, LeadStep).lead.as_mut().unwrap().digest = vec![1], InvalidField, "lead_step.lead.digest"),
    (K::LeadStep, |s| body!(s, LeadStep).action = 0, MissingField, "lead_step.action"),
    (K::LeadStep, |s| body!(s, LeadStep).assignee = "org:B".into(), InvalidField, "lead_step.assignee"),
    (K::LeadStep, |s| assigned(s).assignee.clear(), MissingField, "lead_step.assignee"),
    (K::LeadStep, |s| body!(s, LeadStep).due_on = "2026-02-01".into(), InvalidField, "lead_step.due_on"),
    (K::LeadStep, |s| assigned(s).due_on = "soon".into(), InvalidField, "lead_step.due_on"),
    (K::LeadStep, |s| body!(s, LeadStep).outcome.clear(), MissingField, "lead_step.outcome"),
    (K::LeadStep, |s| assigned(s).outcome = "confirmed".into(), InvalidField, "lead_step.outcome"),
    (K::LeadStep, |s| body!(s, LeadStep).note.clear(), MissingField, "lead_step.note"),
    (K::LeadStep, |s| body!(s, LeadStep).officers.truncate(1), MissingField, "lead_step.officers"),
    (K::LeadStep, |s| { step(s, LeadAction::Answered); }, InvalidField, "lead_step.officers"),
    (K::LeadStep, |s| assigned(s).officers = vec![pseudonym('a')], InvalidField, "lead_step.officers"),
    (K::CaseOpen, |s| body!(s, CaseOpen).case_id = "x".into(), InvalidField, "case_open.case_id"),
    (K::CaseOpen, |s| body!(s, CaseOpen).number.clear(), MissingField, "case_open.number"),
    (K::CaseOpen, |s| body!(s, CaseOpen).kind.clear(), MissingField, "case_open.kind"),
    (K::CaseOpen, |s| body!(s, CaseOpen).cause.clear(), MissingField, "case_open.cause"),
    (K::CaseOpen, |s| body!(s, CaseOpen).summary.clear(), MissingField, "case_open.summary"),
    (K::CaseOpen, |s| body!(s, CaseOpen).leads[0].party.clear(), MissingField, "case_open.leads[0].party"),
    (K::CaseOpen, |s| body!(s, CaseOpen).leads[0].id.clear(), MissingField, "case_open.leads[0].id"),
    (K::CaseOpen, |s| body!(s, CaseOpen).leads[0].digest = vec![1], InvalidField, "case_open.leads[0].digest"),
    (K::CaseOpen, |s| { let l = body!(s, CaseOpen).leads[0].clone(); body!(s, CaseOpen).leads.push(l) }, InvalidField, "case_open.leads[2]"),
    (K::CaseOpen, |s| body!(s, CaseOpen).officers.truncate(1), MissingField, "case_open.officers"),
    (K::CaseOpen, |s| body!(s, CaseOpen).legal_basis.clear(), MissingField, "case_open.legal_basis"),
    (K::CaseLink, |s| body!(s, CaseLink).case_id.clear(), MissingField, "case_link.case_id"),
    (K::CaseLink, |s| body!(s, CaseLink).role.clear(), MissingField, "case_link.role"),
    (K::CaseLink, |s| { let b = body!(s, CaseLink); *b = v1::CaseLink { case_id: CASE_ID.into(), role: "goods".into(), ..v1::CaseLink::default() } }, MissingField, "case_link.items"),
    (K::CaseLink, |s| body!(s, CaseLink).items[1] = ITEM.into(), ItemTwice, "case_link.items[1]"),
    (K::CaseLink, |s| body!(s, CaseLink).lots[0] = "x".into(), NotCanonical, "case_link.lots[0]"),
    (K::CaseLink, |s| body!(s, CaseLink).parties[0] = "x".into(), NotCanonical, "case_link.parties[0]"),
    (K::CaseLink, |s| body!(s, CaseLink).sites[0] = "x".into(), NotCanonical, "case_link.sites[0]"),
    (K::CaseLink, |s| body!(s, CaseLink).bags[1] = BAG.into(), InvalidField, "case_link.bags[1]"),
    (K::CaseLink, |s| body!(s, CaseLink).papers[0] = "W-1".into(), NotCanonical, "case_link.papers[0]"),
    (K::CaseLink, |s| body!(s, CaseLink).papers = (0..257).map(|i| format!("cert:A/{i}")).collect(), InvalidField, "case_link.papers"),
    (K::CaseLink, |s| body!(s, CaseLink).entries[1].party.clear(), MissingField, "case_link.entries[1].party"),
    (K::CaseLink, |s| body!(s, CaseLink).entries[1].id.clear(), MissingField, "case_link.entries[1].id"),
    (K::CaseLink, |s| body!(s, CaseLink).entries[1].digest = vec![1], InvalidField, "case_link.entries[1].digest"),
    (K::CaseLink, |s| body!(s, CaseLink).cases[0] = CASE_ID.into(), InvalidField, "case_link.cases[0]"),
    (K::CaseLink, |s| body!(s, CaseLink).cases[0] = "x".into(), InvalidField, "case_link.cases[0]"),
    (K::CaseLink, |s| body!(s, CaseLink).people = many(), InvalidField, "case_link.people"),
    (K::CaseLink, |s| body!(s, CaseLink).people[0] = "Li".into(), InvalidField, "case_link.people[0]"),
    (K::CaseLink, |s| body!(s, CaseLink).note = "n".repeat(2_001), InvalidField, "case_link.note"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).case_id.clear(), MissingField, "case_transfer.case_id"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).number.clear(), MissingField, "case_transfer.number"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).addressee.clear(), MissingField, "case_transfer.addressee"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).copies[0] = "x".into(), NotCanonical, "case_transfer.copies[0]"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).copies = (0..17).map(|i| format!("org:{i}")).collect(), InvalidField, "case_transfer.copies"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).basis.clear(), MissingField, "case_transfer.basis"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).proposed_at = -1, InvalidField, "case_transfer.proposed_at"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).proposed_at = body!(s, CaseTransfer).decided_at + 1, InvalidField, "case_transfer.proposed_at"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).decided_at = 0, MissingField, "case_transfer.decided_at"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).officers.truncate(1), MissingField, "case_transfer.officers"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).summary.clear(), MissingField, "case_transfer.summary"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).bags[1] = BAG.into(), InvalidField, "case_transfer.bags[1]"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).entries[0].party.clear(), MissingField, "case_transfer.entries[0].party"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).entries[0].id.clear(), MissingField, "case_transfer.entries[0].id"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).entries[0].digest = vec![1], InvalidField, "case_transfer.entries[0].digest"),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).legal_basis.clear(), MissingField, "case_transfer.legal_basis"),
    (K::TransferReply, |s| body!(s, TransferReply).case_id.clear(), MissingField, "transfer_reply.case_id"),
    (K::TransferReply, |s| body!(s, TransferReply).transfer = None, MissingField, "transfer_reply.transfer"),
    (K::TransferReply, |s| body!(s, TransferReply).transfer.as_mut().unwrap().party.clear(), MissingField, "transfer_reply.transfer.party"),
    (K::TransferReply, |s| body!(s, TransferReply).transfer.as_mut().unwrap().id.clear(), MissingField, "transfer_reply.transfer.id"),
    (K::TransferReply, |s| body!(s, TransferReply).transfer.as_mut().unwrap().digest = vec![1], InvalidField, "transfer_reply.transfer.digest"),
    (K::TransferReply, |s| body!(s, TransferReply).decision = 0, MissingField, "transfer_reply.decision"),
    (K::TransferReply, |s| reply(s, TransferDecision::Accepted).number.clear(), MissingField, "transfer_reply.number"),
    (K::TransferReply, |s| reply(s, TransferDecision::Received).number = "ZS".into(), NotCanonical, "transfer_reply.number"),
    (K::TransferReply, |s| body!(s, TransferReply).forward_to.clear(), MissingField, "transfer_reply.forward_to"),
    (K::TransferReply, |s| reply(s, TransferDecision::Accepted).forward_to = "org:B".into(), InvalidField, "transfer_reply.forward_to"),
    (K::TransferReply, |s| reply(s, TransferDecision::Declined).reason.clear(), MissingField, "transfer_reply.reason"),
    (K::TransferReply, |s| body!(s, TransferReply).officers[0] = "Li".into(), InvalidField, "transfer_reply.officers[0]"),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).case_id.clear(), MissingField, "case_outcome.case_id"),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).kind.clear(), MissingField, "case_outcome.kind"),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).number = "CF".into(), NotCanonical, "case_outcome.number"),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).decided_on.clear(), MissingField, "case_outcome.decided_on"),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).goods_value = 1_000_000_000_001, InvalidField, "case_outcome.goods_value"),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).fines = 1_000_000_000_001, InvalidField, "case_outcome.fines"),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).confiscated = 1_000_000_000_001, InvalidField, "case_outcome.confiscated"),
    (K::CaseOutcome, |s| { let b = body!(s, CaseOutcome); b.goods_value = 0; b.fines = 0; b.confiscated = 0 }, InvalidField, "case_outcome.currency"),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).currency.clear(), MissingField, "case_outcome.currency"),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).goods[1].unit = "vial".into(), ItemTwice, "case_outcome.goods[1].unit"),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).goods[1] = quantity(0, "box").unwrap(), InvalidField, "case_outcome.goods[1].amount"),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).goods = (0..65).map(|i| quantity(1, &format!("u{i}")).unwrap()).collect(), InvalidField, "case_outcome.goods"),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).note = " n".into(), InvalidField, "case_outcome.note"),
    (K::CaseClose, |s| body!(s, CaseClose).case_id.clear(), MissingField, "case_close.case_id"),
    (K::CaseClose, |s| body!(s, CaseClose).number.clear(), MissingField, "case_close.number"),
    (K::CaseClose, |s| body!(s, CaseClose).reason.clear(), MissingField, "case_close.reason"),
    (K::CaseClose, |s| body!(s, CaseClose).summary.clear(), MissingField, "case_close.summary"),
    (K::Watch, |s| body!(s, Watch).case_id.clear(), MissingField, "watch.case_id"),
    (K::Watch, |s| { let b = body!(s, Watch); *b = v1::Watch { items: vec![], lots: vec![], products: vec![], parties: vec![], sites: vec![], regions: vec![], people: vec![], ..b.clone() } }, MissingField, "watch.items"),
    (K::Watch, |s| body!(s, Watch).items[1] = ITEM.into(), ItemTwice, "watch.items[1]"),
    (K::Watch, |s| body!(s, Watch).lots[0] = "x".into(), NotCanonical, "watch.lots[0]"),
    (K::Watch, |s| body!(s, Watch).products[0] = "x".into(), NotCanonical, "watch.products[0]"),
    (K::Watch, |s| body!(s, Watch).parties[0] = "x".into(), NotCanonical, "watch.parties[0]"),
    (K::Watch, |s| body!(s, Watch).sites[0] = "x".into(), NotCanonical, "watch.sites[0]"),
    (K::Watch, |s| body!(s, Watch).regions[1].clear(), MissingField, "watch.regions[1]"),
    (K::Watch, |s| body!(s, Watch).regions[1] = "3".into(), InvalidField, "watch.regions[1]"),
    (K::Watch, |s| body!(s, Watch).people[0] = "Li".into(), InvalidField, "watch.people[0]"),
    (K::Watch, |s| body!(s, Watch).valid_from.clear(), MissingField, "watch.valid_from"),
    (K::Watch, |s| body!(s, Watch).valid_to = "2026-01-14".into(), InvalidField, "watch.valid_to"),
    (K::Watch, |s| body!(s, Watch).reason.clear(), MissingField, "watch.reason"),
];

#[rustfmt::skip]
pub const OPTIONAL: &[Optional] = &[
    (K::Lead, |s| body!(s, Lead).informant.clear()),
    (K::Lead, |s| body!(s, Lead).lines.clear()),
    (K::Lead, |s| body!(s, Lead).parties.clear()),
    (K::Lead, |s| body!(s, Lead).sites.clear()),
    (K::Lead, |s| body!(s, Lead).region.clear()),
    (K::Lead, |s| body!(s, Lead).entries.clear()),
    (K::LeadStep, |s| { assigned(s); }),
    (K::LeadStep, |s| assigned(s).due_on.clear()),
    (K::LeadStep, |s| assigned(s).note.clear()),
    (K::LeadStep, |s| step(s, LeadAction::Answered).officers.clear()),
    (K::CaseOpen, |s| body!(s, CaseOpen).leads.clear()),
    (K::CaseLink, |s| body!(s, CaseLink).items.clear()),
    (K::CaseLink, |s| body!(s, CaseLink).lots.clear()),
    (K::CaseLink, |s| body!(s, CaseLink).parties.clear()),
    (K::CaseLink, |s| body!(s, CaseLink).sites.clear()),
    (K::CaseLink, |s| body!(s, CaseLink).bags.clear()),
    (K::CaseLink, |s| body!(s, CaseLink).papers.clear()),
    (K::CaseLink, |s| body!(s, CaseLink).entries.clear()),
    (K::CaseLink, |s| body!(s, CaseLink).cases.clear()),
    (K::CaseLink, |s| body!(s, CaseLink).people.clear()),
    (K::CaseLink, |s| body!(s, CaseLink).note.clear()),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).copies.clear()),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).proposed_at = 0),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).bags.clear()),
    (K::CaseTransfer, |s| body!(s, CaseTransfer).entries.clear()),
    (K::TransferReply, |s| { reply(s, TransferDecision::Accepted); }),
    (K::TransferReply, |s| { reply(s, TransferDecision::Declined); }),
    (K::TransferReply, |s| reply(s, TransferDecision::Received).number.clear()),
    (K::TransferReply, |s| reply(s, TransferDecision::Accepted).reason.clear()),
    (K::TransferReply, |s| body!(s, TransferReply).officers.clear()),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).number.clear()),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).fines = 0),
    (K::CaseOutcome, |s| { let b = body!(s, CaseOutcome); b.goods_value = 0; b.fines = 0; b.confiscated = 0; b.currency.clear() }),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).goods.clear()),
    (K::CaseOutcome, |s| body!(s, CaseOutcome).note.clear()),
    (K::Watch, |s| body!(s, Watch).items.clear()),
    (K::Watch, |s| body!(s, Watch).lots.clear()),
    (K::Watch, |s| body!(s, Watch).products.clear()),
    (K::Watch, |s| body!(s, Watch).parties.clear()),
    (K::Watch, |s| body!(s, Watch).sites.clear()),
    (K::Watch, |s| body!(s, Watch).regions.clear()),
    (K::Watch, |s| body!(s, Watch).people.clear()),
];

/// Kinds that belong to a case.
fn of_cases() -> impl Iterator<Item = K> {
    statement::KINDS.iter().filter(|row| row.confidential == Secrecy::Always).map(|row| row.kind)
}

#[test]
fn statements_of_cases_are_confidential_and_link_their_case_alone() {
    let case = subject_key(statement::SubjectKind::Case, CASE_ID);
    assert_eq!(of_cases().count(), 9);
    for kind in of_cases() {
        for mut message in [sample(kind), with_body(correct(kind))] {
            let named = own_subjects(&parse(&message).unwrap());
            assert_eq!(named.iter().map(|n| n.key).collect::<Vec<_>>(), [case], "{kind:?}");
            h(&mut message).confidential = false;
            let refusal = parse(&message).unwrap_err();
            assert_eq!(refusal.reason, ConfidentialNeeded, "{kind:?}");
            assert_eq!(refusal.violations.len(), 1);
            h(&mut message).confidential = true;
            h(&mut message).business_key = "B-1".into();
            assert_eq!(parse(&message).unwrap_err().reason, Reason::ConfidentialRefused, "{kind:?}");
        }
    }
}
