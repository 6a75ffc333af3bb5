//! Which subjects a statement names by itself. Subjects that follow from a statement it names
//! (`Relation::Target`) are added by `custody`, which can look that statement up.

use proto::v1::{
    Commission, Pack, Receive, Replacement, Ship, Unpack, Use, replacement as r, statement::Body,
};

use crate::{
    Relation, Statement, SubjectKey,
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

/// Calls `visit` for every subject the statement names by itself, in the order of its fields.
///
/// Texts may come more than once; empty (unset) texts never come.
pub fn visit_subjects(statement: &Statement, visit: Visit<'_>) {
    let header = statement.header();
    let mut named = |relation, text: &str| {
        if !text.is_empty() {
            visit(relation, text);
        }
    };
    named(Relation::Signer, &header.party);
    named(Relation::Principal, &header.on_behalf_of);
    if let Some(bill) = statement.bill() {
        named(Relation::Document, bill);
    }
    visit_body(statement.body(), &header.party, &mut named);
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
        Body::Commission(b) => commission(b, named),
        Body::Pack(b) => pack(b, named),
        Body::Unpack(b) => unpack(b, named),
        Body::Ship(b) => ship(b, named),
        Body::Receive(b) => receive(b, named),
        Body::Use(b) => using(b, named),
        Body::Correct(b) => {
            if let Some(r) = &b.replacement {
                replacement(r, named);
            }
        }
        Body::Void(_) | Body::Endorse(_) => {}
    }
}

/// Canonical product text of a registration number; `None` where it cannot be one.
#[must_use]
pub fn registration_product(number: &str) -> Option<String> {
    gs1::Product::reg(number).ok().map(String::from)
}

fn replacement(r: &Replacement, named: Visit<'_>) {
    match &r.body {
        Some(r::Body::Commission(b)) => commission(b, named),
        Some(r::Body::Pack(b)) => pack(b, named),
        Some(r::Body::Unpack(b)) => unpack(b, named),
        Some(r::Body::Ship(b)) => ship(b, named),
        Some(r::Body::Receive(b)) => receive(b, named),
        Some(r::Body::Use(b)) => using(b, named),
        None => {}
    }
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
