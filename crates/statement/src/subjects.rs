//! Which subjects a statement names by itself. Subjects that follow from a statement it names
//! (`Relation::Target`) are added by `custody`, which can look that statement up.

use proto::v1::{
    Adjust, BagCheck, Commission, Condition, CustomsDecision, DeclareImport, GoodsLine, Hold, ImportFiling,
    Inspection, LotAmount, Opinion, Pack, Recall, RecallResponse, Receive, Sample, Seize, Service, Ship,
    StatementRef, TestReport, Transform, Unpack, Use, statement::Body,
};

use crate::{
    GoodsAct, Relation, Statement, SubjectKey,
    subject::{hex_text, subject_key},
};

/// A subject with the relation in which it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// The subject.
    pub key: SubjectKey,
    /// How it is named.
    pub relation: Relation,
}

/// Receives each (relation, canonical text) that a statement names.
pub type Visit<'v> = &'v mut dyn FnMut(Relation, &str);

/// Calls `visit` for every subject the statement names by itself, in the order of its fields: of a confidential
/// one its case alone.
///
/// Texts may come more than once; empty (unset) texts never come.
pub fn visit_subjects(statement: &Statement, visit: Visit<'_>) {
    let header = statement.header();
    let mut named = |relation, text: &str| {
        if !text.is_empty() {
            visit(relation, text);
        }
    };
    if header.confidential {
        return named(Relation::Case, case_of(statement.body()));
    }
    named(Relation::Signer, &header.party);
    named(Relation::Principal, &header.on_behalf_of);
    if let Some(bill) = statement.bill() {
        named(Relation::Document, bill);
    }
    visit_body(statement.body(), &header.party, &mut named);
}

/// The case that a body says it belongs to, or what a Correct puts in the place of another; empty = none.
fn case_of(body: &Body) -> &str {
    let act = match body {
        Body::Correct(b) => b.replacement.as_ref().and_then(|r| r.body.as_ref()).map(GoodsAct::replacing),
        body => GoodsAct::of(body),
    };
    act.and_then(GoodsAct::case).unwrap_or_default()
}

fn visit_body(body: &Body, signer: &str, named: Visit<'_>) {
    match body {
        Body::Party(b) => named(Relation::Party, &b.party),
        Body::Site(b) => {
            named(Relation::Site, &b.site);
            named(Relation::Party, &b.party);
        }
        Body::Licence(b) => {
            named(Relation::Site, &b.site);
            named(Relation::Party, &b.issuer);
        }
        Body::Registration(b) => {
            named(Relation::Party, &b.holder);
            named(Relation::Party, &b.agent);
            named(Relation::Product, &registration_product(&b.number).unwrap_or_default());
            b.products.iter().for_each(|p| named(Relation::Product, p));
        }
        Body::EnrolKey(b) => {
            named(Relation::Party, &b.party);
            named(Relation::Key, &hex_text(&crate::key_id(crate::ALG_ED25519, &b.public_key)));
        }
        Body::RevokeKey(b) => {
            named(Relation::Party, &b.party);
            named(Relation::Key, &hex_text(&b.key_id));
        }
        Body::Mandate(b) => {
            named(Relation::Party, signer);
            named(Relation::Party, &b.agent);
        }
        Body::Succession(b) => {
            named(Relation::Party, &b.predecessor);
            named(Relation::Party, &b.successor);
            b.sites.iter().for_each(|s| named(Relation::Site, s));
        }
        Body::Designation(b) => {
            named(Relation::Product, &registration_product(&b.registration).unwrap_or_default());
            b.wholesalers.iter().for_each(|w| named(Relation::Party, w));
        }
        Body::NamedList(b) => b.entries.iter().for_each(|e| listed(&e.subject, named)),
        Body::Coverage(_) | Body::Policy(_) => {}
        Body::Correct(b) => {
            if let Some(r) = b.replacement.as_ref().and_then(|r| r.body.as_ref()) {
                visit_act(GoodsAct::replacing(r), named);
            }
        }
        Body::Void(_) | Body::Endorse(_) | Body::Erase(_) => {}
        _ => {
            if let Some(act) = GoodsAct::of(body) {
                visit_act(act, named);
            }
        }
    }
}

/// Canonical product text of a registration number; `None` where it cannot be one.
#[must_use]
pub fn registration_product(number: &str) -> Option<String> {
    gs1::Product::reg(number).ok().map(String::from)
}

/// What a list names: a party, a product or a site; brands are names and no subjects.
fn listed(subject: &str, named: Visit<'_>) {
    if gs1::PartyRef::parse(subject).is_ok() {
        named(Relation::Party, subject);
    } else if gs1::SiteRef::parse(subject).is_ok() {
        named(Relation::Site, subject);
    } else if gs1::ProductRef::parse(subject).is_ok() {
        named(Relation::Product, subject);
    }
}

/// Calls `visit` for every subject that an act about goods names, in the order of its fields; empty (unset)
/// texts never come.
pub fn visit_act_subjects(act: GoodsAct<'_>, visit: Visit<'_>) {
    visit_act(act, &mut |relation, text| {
        if !text.is_empty() {
            visit(relation, text);
        }
    });
}

fn visit_act(act: GoodsAct<'_>, named: Visit<'_>) {
    match act {
        GoodsAct::Commission(b) => commission(b, named),
        GoodsAct::Pack(b) => pack(b, named),
        GoodsAct::Unpack(b) => unpack(b, named),
        GoodsAct::Ship(b) => ship(b, named),
        GoodsAct::Receive(b) => receive(b, named),
        GoodsAct::Use(b) => using(b, named),
        GoodsAct::Alias(b) => items(&b.codes, named),
        GoodsAct::Transform(b) => transform(b, named),
        GoodsAct::Adjust(b) => adjust(b, named),
        GoodsAct::Service(b) => service(b, named),
        GoodsAct::Condition(b) => condition(b, named),
        GoodsAct::ImportFiling(b) => import_filing(b, named),
        GoodsAct::DeclareImport(b) => declare_import(b, named),
        GoodsAct::CustomsDecision(b) => customs_decision(b, named),
        GoodsAct::Sample(b) => sample(b, named),
        GoodsAct::TestReport(b) => test_report(b, named),
        GoodsAct::Recall(b) => recall(b, named),
        GoodsAct::RecallResponse(b) => recall_response(b, named),
        GoodsAct::Hold(b) => hold(b, named),
        GoodsAct::Lift(b) => {
            counterparty(b.hold.as_ref(), named);
            items(&b.items, named);
            lots(&b.lots, named);
        }
        GoodsAct::Inspection(b) => inspection(b, named),
        GoodsAct::SelfInspection(_) => {}
        GoodsAct::AdverseEvent(b) => {
            items(&b.items, named);
            lots(&b.lots, named);
        }
        GoodsAct::Listing(b) => {
            named(Relation::Counterparty, &b.platform);
            named(Relation::Counterparty, &b.seller);
            b.products.iter().for_each(|p| named(Relation::Product, p));
        }
        GoodsAct::ActivityFigure(b) => named(Relation::Counterparty, &b.party),
        GoodsAct::PostalCheck(b) => {
            named(Relation::Document, &b.waybill);
            items(&b.items, named);
        }
        GoodsAct::Observation(b) => {
            named(Relation::Item, &b.item);
            named(Relation::Counterparty, &b.named);
        }
        GoodsAct::Opinion(b) => opinion(b, named),
        GoodsAct::AuthenticityReply(b) => {
            counterparty(b.request.as_ref(), named);
            named(Relation::Document, &b.number);
            b.lines.iter().filter_map(|l| l.goods.as_ref()).for_each(|goods| goods_line(goods, named));
        }
        GoodsAct::AssistRequest(b) => {
            named(Relation::Counterparty, &b.addressee);
            named(Relation::Document, &b.number);
            b.lines.iter().for_each(|goods| goods_line(goods, named));
            named(Relation::Case, &b.case_id);
        }
        GoodsAct::AssistReply(b) => {
            counterparty(b.request.as_ref(), named);
            named(Relation::Document, &b.number);
            b.lines.iter().for_each(|goods| goods_line(goods, named));
            named(Relation::Case, &b.case_id);
        }
        // Statements of cases name nothing else.
        GoodsAct::Lead(_)
        | GoodsAct::LeadStep(_)
        | GoodsAct::CaseOpen(_)
        | GoodsAct::CaseLink(_)
        | GoodsAct::CaseTransfer(_)
        | GoodsAct::TransferReply(_)
        | GoodsAct::CaseOutcome(_)
        | GoodsAct::CaseClose(_)
        | GoodsAct::Watch(_) => named(Relation::Case, act.case().unwrap_or_default()),
        GoodsAct::Seize(b) => seize(b, named),
        GoodsAct::Keep(b) => {
            named(Relation::Document, &b.number);
            named(Relation::Site, &b.site);
            checked_bags(&b.bags, named);
        }
        GoodsAct::HandOver(b) => {
            named(Relation::Document, &b.number);
            named(Relation::Counterparty, &b.receiver);
            checked_bags(&b.bags, named);
            items(&b.items, named);
            amounts(&b.lots, named);
        }
        GoodsAct::EvidenceReturn(b) => {
            named(Relation::Document, &b.number);
            named(Relation::Counterparty, &b.to);
            bags(&b.bags, named);
            items(&b.items, named);
            amounts(&b.lots, named);
        }
        GoodsAct::Destroy(b) => {
            named(Relation::Document, &b.number);
            named(Relation::Counterparty, &b.holder);
            named(Relation::Site, &b.site);
            bags(&b.bags, named);
            items(&b.items, named);
            amounts(&b.lots, named);
        }
    }
}

fn bags(texts: &[String], named: Visit<'_>) {
    texts.iter().for_each(|bag| named(Relation::Exhibit, bag));
}

fn checked_bags(bags: &[BagCheck], named: Visit<'_>) {
    bags.iter().for_each(|check| named(Relation::Exhibit, &check.bag));
}

fn seize(b: &Seize, named: Visit<'_>) {
    for document in [&b.number, &b.waybill, &b.declaration] {
        named(Relation::Document, document);
    }
    counterparty(b.follows.as_ref(), named);
    named(Relation::Counterparty, &b.holder);
    named(Relation::Site, &b.site);
    for line in &b.lines {
        named(Relation::Exhibit, &line.bag);
        items(&line.items, named);
        amounts(line.lot.as_slice(), named);
    }
}

fn items(texts: &[String], named: Visit<'_>) {
    texts.iter().for_each(|i| named(Relation::Item, i));
}

fn lots(texts: &[String], named: Visit<'_>) {
    texts.iter().for_each(|l| named(Relation::Lot, l));
}

fn amounts(amounts: &[LotAmount], named: Visit<'_>) {
    amounts.iter().for_each(|a| named(Relation::Lot, &a.lot));
}

fn counterparty(reference: Option<&StatementRef>, named: Visit<'_>) {
    if let Some(reference) = reference {
        named(Relation::Counterparty, &reference.party);
    }
}

fn registration(number: &str, named: Visit<'_>) {
    named(Relation::Product, &registration_product(number).unwrap_or_default());
}

fn commission(b: &Commission, named: Visit<'_>) {
    b.items.iter().for_each(|i| named(Relation::Item, i));
    named(Relation::Lot, &b.lot);
}

fn pack(b: &Pack, named: Visit<'_>) {
    named(Relation::Parent, &b.parent);
    b.children.iter().for_each(|c| named(Relation::Child, c));
}

fn unpack(b: &Unpack, named: Visit<'_>) {
    named(Relation::Parent, &b.parent);
    b.children.iter().for_each(|c| named(Relation::Child, c));
}

fn ship(b: &Ship, named: Visit<'_>) {
    b.items.iter().for_each(|i| named(Relation::Item, i));
    b.lots.iter().for_each(|l| named(Relation::Lot, &l.lot));
    for party in [&b.addressee, &b.owner, &b.bill_to, &b.carrier] {
        named(Relation::Counterparty, party);
    }
    named(Relation::Document, &b.waybill);
}

fn receive(b: &Receive, named: Visit<'_>) {
    b.items.iter().for_each(|i| named(Relation::Item, i));
    b.lots.iter().for_each(|l| named(Relation::Lot, &l.lot));
    for e in &b.exceptions {
        named(Relation::Item, &e.item);
        if let Some(lot) = &e.lot {
            named(Relation::Lot, &lot.lot);
        }
    }
    if let Some(shipment) = &b.shipment {
        named(Relation::Counterparty, &shipment.party);
    }
    named(Relation::Document, &b.bill);
    named(Relation::Document, &b.waybill);
}

fn using(b: &Use, named: Visit<'_>) {
    for line in &b.lines {
        named(Relation::Item, &line.item);
        named(Relation::Paired, &line.paired);
    }
}

fn transform(b: &Transform, named: Visit<'_>) {
    b.inputs.iter().for_each(|i| named(Relation::Input, i));
    items(&b.outputs, named);
    amounts(&b.input_lots, named);
    amounts(&b.output_lots, named);
    named(Relation::Lot, &b.lot);
    registration(&b.registration, named);
}

fn adjust(b: &Adjust, named: Visit<'_>) {
    for line in &b.lines {
        named(Relation::Item, &line.item);
        amounts(line.lot.as_slice(), named);
        named(Relation::Lot, &line.item_lot);
    }
}

fn service(b: &Service, named: Visit<'_>) {
    for line in &b.lines {
        named(Relation::Item, &line.item);
        named(Relation::Paired, &line.removed);
        named(Relation::Paired, &line.fitted);
    }
}

fn condition(b: &Condition, named: Visit<'_>) {
    counterparty(b.shipment.as_ref(), named);
    named(Relation::Document, &b.waybill);
    items(&b.items, named);
    lots(&b.lots, named);
}

fn import_filing(b: &ImportFiling, named: Visit<'_>) {
    named(Relation::Document, &b.number);
    named(Relation::Counterparty, &b.importer);
    registration(&b.registration, named);
    amounts(&b.lots, named);
}

fn declare_import(b: &DeclareImport, named: Visit<'_>) {
    for document in [&b.declaration, &b.waybill, &b.clearance, &b.permit] {
        named(Relation::Document, document);
    }
    named(Relation::Counterparty, &b.consignor);
    for line in &b.lines {
        named(Relation::Lot, &line.lot);
        items(&line.items, named);
        registration(&line.registration, named);
    }
}

fn customs_decision(b: &CustomsDecision, named: Visit<'_>) {
    named(Relation::Document, &b.declaration);
    for line in &b.lines {
        named(Relation::Lot, &line.lot);
        items(&line.items, named);
    }
}

fn sample(b: &Sample, named: Visit<'_>) {
    for document in [&b.number, &b.declaration] {
        named(Relation::Document, document);
    }
    named(Relation::Counterparty, &b.holder);
    named(Relation::Counterparty, &b.laboratory);
    items(&b.items, named);
    amounts(&b.lots, named);
}

fn test_report(b: &TestReport, named: Visit<'_>) {
    named(Relation::Document, &b.number);
    counterparty(b.sample.as_ref(), named);
    counterparty(b.retest_of.as_ref(), named);
    items(&b.items, named);
    lots(&b.lots, named);
}

fn recall(b: &Recall, named: Visit<'_>) {
    named(Relation::Document, &b.number);
    lots(&b.lots, named);
    items(&b.items, named);
}

fn recall_response(b: &RecallResponse, named: Visit<'_>) {
    counterparty(b.recall.as_ref(), named);
    b.stock.iter().for_each(|s| named(Relation::Lot, &s.lot));
    items(&b.items, named);
}

fn hold(b: &Hold, named: Visit<'_>) {
    items(&b.items, named);
    lots(&b.lots, named);
    b.products.iter().for_each(|p| named(Relation::Product, p));
    named(Relation::Counterparty, &b.party);
}

fn opinion(b: &Opinion, named: Visit<'_>) {
    counterparty(b.request.as_ref(), named);
    named(Relation::Document, &b.number);
    b.lines.iter().filter_map(|l| l.goods.as_ref()).for_each(|goods| goods_line(goods, named));
    named(Relation::Case, &b.case_id);
}

fn goods_line(goods: &GoodsLine, named: Visit<'_>) {
    named(Relation::Item, &goods.item);
    amounts(goods.lot.as_slice(), named);
}

fn inspection(b: &Inspection, named: Visit<'_>) {
    named(Relation::Document, &b.number);
    named(Relation::Counterparty, &b.party);
    named(Relation::Site, &b.site);
    for line in &b.shelf {
        named(Relation::Item, &line.item);
        amounts(line.lot.as_slice(), named);
    }
}

/// The subjects a statement names by itself: ascending by key, each once, with its first relation.
#[must_use]
pub fn own_subjects(statement: &Statement) -> Vec<Named> {
    // Enough for a statement about one item.
    let mut all = Vec::with_capacity(8);
    visit_subjects(statement, &mut |relation, text| {
        if let Some(kind) = relation.subject_kind() {
            all.push(Named { key: subject_key(kind, text), relation });
        }
    });
    sort_named(&mut all);
    all
}

/// Brings subjects into the order of links: ascending by key, each once, first relation kept.
pub fn sort_named(all: &mut Vec<Named>) {
    all.sort_unstable();
    all.dedup_by_key(|n| n.key);
}
