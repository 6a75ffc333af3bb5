//! Answers of the desk as messages.

use ::ledger::Receipt;
use custody::View as _;
use proto::v1::{
    AssistanceAsked, Attachment, Balance, DossierAttachment, DossierLicence, DossierPaper,
    DossierRegistration, GetLotDossierResponse, Holding, LotAmount, Quantity, ReceiveOutcome, Shipment,
    ShipmentLine, ShipmentState, StatementRef, Submitted, TestVerdict, statement::Body,
};
use statement::{Leaf, Statement};
use trace::desk;

use super::compromised;
use crate::{
    access::Sight,
    services::{Snapshot, submit::receipt_message, trace::effect_message},
    status::{Fault, Kind},
};

fn reference(statement: &Statement) -> StatementRef {
    let header = statement.header();
    StatementRef { party: header.party.clone(), id: header.id.clone(), digest: statement.digest().to_vec() }
}

fn recorded_at(view: &Snapshot<'_>, index: u64) -> Result<i64, Fault> {
    let entry = view.entry(index)?.ok_or(Kind::NotFound)?;
    let leaf = Leaf::decode(&entry.leaf).map_err(|e| Fault::internal(&e))?;
    Ok(i64::try_from(leaf.recorded_at).unwrap_or(i64::MAX))
}

pub(super) fn shipment(view: &Snapshot<'_>, s: &desk::Shipment) -> Result<Shipment, Fault> {
    let ship = s.ship().ok_or(Kind::NotFound)?;
    let (root, index) = (&s.content.root, s.content.root_index);
    let state = match s.progress {
        desk::Progress::Open => ShipmentState::Open,
        desk::Progress::Partly => ShipmentState::PartlyReceived,
        desk::Progress::Wholly => ShipmentState::Received,
    };
    Ok(Shipment {
        statement: Some(reference(root)),
        index,
        recorded_at: recorded_at(view, index)?,
        occurred_at: s.content.occurred_at,
        sender: root.actor().to_owned(),
        addressee: ship.addressee.clone(),
        ship_to: ship.ship_to.clone(),
        carrier: ship.carrier.clone(),
        bill: root.bill().unwrap_or_default().to_owned(),
        waybill: ship.waybill.clone(),
        reason: ship.reason.clone(),
        item_count: u32::try_from(ship.items.len()).unwrap_or(u32::MAX),
        lot_count: u32::try_from(ship.lots.len()).unwrap_or(u32::MAX),
        state: state as i32,
        received_by: s.received_by.clone(),
    })
}

pub(super) fn asked(view: &Snapshot<'_>, a: &desk::Asked) -> Result<AssistanceAsked, Fault> {
    let request = a.request().ok_or(Kind::NotFound)?;
    let (root, index) = (&a.content.root, a.content.root_index);
    Ok(AssistanceAsked {
        statement: Some(reference(root)),
        index,
        recorded_at: recorded_at(view, index)?,
        occurred_at: a.content.occurred_at,
        asked_by: root.header().party.clone(),
        number: request.number.clone(),
        purpose: request.purpose.clone(),
        question: request.question.clone(),
        line_count: u32::try_from(request.lines.len()).unwrap_or(u32::MAX),
        due_on: request.due_on.clone(),
        legal_basis: request.legal_basis.clone(),
        case_id: request.case_id.clone(),
        confidential: root.header().confidential,
        answered_by: a.answered_by.clone(),
    })
}

pub(super) fn line(l: desk::ShipmentLine) -> ShipmentLine {
    let (item, lot) = match l.line {
        desk::Line::Item(item) => (item, None),
        desk::Line::Lot(lot) => (String::new(), Some(lot)),
    };
    let outcome = match l.outcome {
        None => "",
        Some(desk::LineOutcome::Received) => "received",
        Some(desk::LineOutcome::Exception(outcome)) => exception(outcome),
    };
    ShipmentLine {
        item,
        lot,
        received_by: l.received_by,
        outcome: outcome.to_owned(),
        item_lot: l.facts.lot,
        expires_on: l.facts.expires_on,
        registration: l.facts.registration,
    }
}

const fn exception(outcome: ReceiveOutcome) -> &'static str {
    match outcome {
        ReceiveOutcome::Unspecified => "received",
        ReceiveOutcome::Short => "short",
        ReceiveOutcome::Over => "over",
        ReceiveOutcome::Damaged => "damaged",
        ReceiveOutcome::Refused => "refused",
    }
}

pub(super) fn holding(h: desk::Holding) -> Holding {
    Holding {
        item: h.item,
        lot: h.lot,
        balances: h.balances.into_iter().map(|(unit, amount)| Balance { amount, unit }).collect(),
        registration: h.registration,
        expires_on: h.expires_on,
        condition: h.condition.to_owned(),
        site: h.site,
        container: h.container,
        contents: h.contents,
        since: h.since,
        held_by: h.held_by,
    }
}

pub(super) fn submitted(
    view: &Snapshot<'_>,
    s: desk::Submitted,
    receipt: Receipt,
) -> Result<Submitted, Fault> {
    let entry = view.entry(s.index)?.ok_or(Kind::NotFound)?;
    let receipt = receipt_message(receipt);
    let header = s.statement.header();
    Ok(Submitted {
        statement: Some(reference(&s.statement)),
        kind: s.statement.kind() as i32,
        occurred_at: header.occurred_at,
        business_key: header.business_key.clone(),
        on_behalf_of: header.on_behalf_of.clone(),
        effect: effect_message(s.effect) as i32,
        key_compromised: compromised(view, &entry.envelope, receipt.recorded_at)?,
        receipt: Some(receipt),
        changed_by: s.changed_by.unwrap_or_default(),
    })
}

/// For readers that do not see everything: what suppliers hand over, without quantities, and without
/// declarations, which are between importer and customs.
pub(super) fn dossier(
    view: &Snapshot<'_>,
    sight: &Sight,
    d: desk::Dossier,
) -> Result<GetLotDossierResponse, Fault> {
    let mut papers = Vec::with_capacity(d.papers.len());
    for paper in &d.papers {
        let own = sight.is_everything() || sight.statement(view, paper.content.root_index)?;
        if own || paper.is_handed_over() {
            papers.push(dossier_paper(paper, &d.lot, own));
        }
    }
    let registrations = d.registrations.into_iter().map(|r| DossierRegistration {
        registration: Some(r.registration),
        index: r.index,
        valid_when_made: r.valid_when_made,
    });
    let licences = d.licences.into_iter();
    let licences =
        licences.map(|l| DossierLicence { party: l.party, licence: Some(l.licence), index: l.index });
    Ok(GetLotDossierResponse {
        product: gs1::LotRef::parse(&d.lot).map(|l| l.product().to_string()).unwrap_or_default(),
        lot: d.lot,
        maker: d.facts.maker,
        made_on: d.facts.made_on,
        expires_on: d.facts.expires_on,
        registrations: registrations.collect(),
        licences: licences.collect(),
        papers,
        truncated: d.truncated,
        ..GetLotDossierResponse::default()
    })
}

fn dossier_paper(paper: &desk::Paper, lot: &str, own: bool) -> DossierPaper {
    let (root, body) = (&paper.content.root, &paper.content.body);
    let (mut document, outcome) = paper.summary();
    if !own && paper.kind == statement::Kind::CustomsDecision {
        // It is the number of the declaration.
        document.clear();
    }
    let attachment = |a: &Attachment| DossierAttachment { digest: a.digest.clone(), downloadable: own };
    let verdict = match body {
        Body::TestReport(b) => b.verdict(),
        _ => TestVerdict::Unspecified,
    };
    DossierPaper {
        kind: paper.kind as i32,
        index: paper.content.root_index,
        statement: Some(reference(root)),
        document,
        issuer: root.actor().to_owned(),
        occurred_at: paper.content.occurred_at,
        outcome,
        attachments: root.header().attachments.iter().map(attachment).collect(),
        quantities: if own { quantities(body, lot) } else { Vec::new() },
        verdict: verdict as i32,
    }
}

/// Amounts of a lot on a paper.
fn quantities(body: &Body, lot: &str) -> Vec<Quantity> {
    let of = |amounts: &[LotAmount]| {
        let same = amounts.iter().filter(|a| a.lot == lot);
        same.filter_map(|a| a.quantity.clone()).collect::<Vec<_>>()
    };
    match body {
        Body::ImportFiling(b) => of(&b.lots),
        Body::Sample(b) => of(&b.lots),
        Body::DeclareImport(b) => {
            b.lines.iter().filter(|l| l.lot == lot).filter_map(|l| l.quantity.clone()).collect()
        }
        Body::CustomsDecision(b) => {
            b.lines.iter().filter(|l| l.lot == lot).filter_map(|l| l.quantity.clone()).collect()
        }
        _ => Vec::new(),
    }
}
