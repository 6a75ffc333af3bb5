//! Fields: each one at fault once, all faults at once, limits, and what may be left out.

mod goods;
mod papers;
mod register;
mod walk;

use std::collections::BTreeSet;

use proto::schema::{MESSAGES, STATEMENT};
use proto::v1::{
    self, AuthorityField, Commission, Header, LotAmount, Quantity, ReceiveException, Role, Temperature,
    UseLine, replacement,
};
use statement::{GoodsAct, Kind, MAX_ITEMS, MAX_LOTS, Reason};

use crate::samples::{
    CASE, ITEM, LOT, MAKER, TRADER, body, commission, correct, correct_by_line, enrolment, kinds, lot_amount,
    parse, sample, target, uuid, with_body,
};

type Change = fn(&mut v1::Statement);
/// Kind, what is done to its sample, the reason and the field.
type Row = (Kind, Change, Reason, &'static str);
/// Kind, and what is left out of its sample.
type Optional = (Kind, Change);

fn faults() -> impl Iterator<Item = &'static Row> {
    FAULTS.iter().chain(goods::FAULTS).chain(papers::FAULTS).chain(register::FAULTS)
}

/// What may be left out of a sample.
pub fn optional() -> impl Iterator<Item = &'static Optional> {
    OPTIONAL.iter().chain(goods::OPTIONAL).chain(papers::OPTIONAL).chain(register::OPTIONAL)
}

fn h(s: &mut v1::Statement) -> &mut Header {
    s.header.as_mut().unwrap()
}

#[rustfmt::skip]
const FAULTS: &[Row] = {
    use Kind as K;
    use Reason::*;
    &[
    (K::Ship, |s| s.header = None, MissingField, "header"),
    (K::Ship, |s| s.body = None, MissingField, "body"),
    (K::Ship, |s| h(s).ledger.clear(), MissingField, "header.ledger"),
    (K::Ship, |s| h(s).ledger.push(0), InvalidField, "header.ledger"),
    (K::Ship, |s| h(s).id.clear(), MissingField, "header.id"),
    (K::Ship, |s| h(s).id[6] = 0x40, InvalidField, "header.id"),
    (K::Ship, |s| h(s).id[8] = 0xc0, InvalidField, "header.id"),
    (K::Ship, |s| h(s).salt.truncate(15), InvalidField, "header.salt"),
    (K::Ship, |s| h(s).party = "MAKER".into(), NotCanonical, "header.party"),
    (K::Ship, |s| h(s).party = "org:Cafe\u{301}".into(), NotCanonical, "header.party"),
    (K::Ship, |s| h(s).on_behalf_of = "gln:1".into(), NotCanonical, "header.on_behalf_of"),
    (K::Ship, |s| h(s).on_behalf_of = MAKER.into(), InvalidField, "header.on_behalf_of"),
    (K::Mandate, |s| h(s).on_behalf_of = TRADER.into(), NoMandate, "header.on_behalf_of"),
    (K::Endorse, |s| h(s).on_behalf_of = TRADER.into(), NoMandate, "header.on_behalf_of"),
    (K::Ship, |s| h(s).site = "site:x".into(), NotCanonical, "header.site"),
    (K::Ship, |s| h(s).occurred_at = 0, MissingField, "header.occurred_at"),
    (K::Ship, |s| h(s).occurred_at = -1, InvalidField, "header.occurred_at"),
    (K::Ship, |s| h(s).occurred_at = 253_402_300_800_000_000, InvalidField, "header.occurred_at"),
    (K::Ship, |s| h(s).offset_minutes = 841, InvalidField, "header.offset_minutes"),
    (K::Ship, |s| h(s).offset_minutes = i32::MIN, InvalidField, "header.offset_minutes"),
    (K::Ship, |s| h(s).business_key = " B".into(), InvalidField, "header.business_key"),
    (K::Ship, |s| h(s).business_key = "b".repeat(81), InvalidField, "header.business_key"),
    (K::Ship, |s| { h(s).on_behalf_of = format!("org:{}", "n".repeat(200)); h(s).business_key = "b".repeat(60) },
        InvalidField, "header.business_key"),
    (K::Ship, |s| h(s).confidential = true, ConfidentialRefused, "header.confidential"),
    (K::Ship, |s| { let a = h(s).attachments[0].clone(); h(s).attachments = vec![a; 65] }, InvalidField, "header.attachments"),
    (K::Ship, |s| h(s).attachments[0].digest.clear(), MissingField, "header.attachments[0].digest"),
    (K::Ship, |s| h(s).attachments[0].role = "Invoice".into(), InvalidField, "header.attachments[0].role"),
    (K::Ship, |s| h(s).attachments[0].media_type.clear(), MissingField, "header.attachments[0].media_type"),
    (K::Ship, |s| h(s).attachments[0].size = (1 << 40) + 1, InvalidField, "header.attachments[0].size"),

    (K::Party, |s| body!(s, Party).party.clear(), MissingField, "party.party"),
    (K::Party, |s| body!(s, Party).name.clear(), MissingField, "party.name"),
    (K::Party, |s| body!(s, Party).name = "a\u{301}".into(), NotCanonical, "party.name"),
    (K::Party, |s| body!(s, Party).name_latin = "a\tb".into(), InvalidField, "party.name_latin"),
    (K::Party, |s| body!(s, Party).country = "cn".into(), InvalidField, "party.country"),
    (K::Party, |s| body!(s, Party).country.clear(), MissingField, "party.country"),
    (K::Party, |s| { let r = body!(s, Party).roles[0].clone(); body!(s, Party).roles = vec![r; 17] }, InvalidField, "party.roles"),
    (K::Party, |s| { let r = &mut body!(s, Party).roles[0]; r.role = 0; r.field = 0 }, MissingField, "party.roles[0].role"),
    (K::Party, |s| body!(s, Party).roles[0].field = 0, InvalidField, "party.roles[0].field"),
    (K::Party, |s| body!(s, Party).roles[0].role = Role::Clinic as i32, InvalidField, "party.roles[0].field"),
    (K::Party, |s| body!(s, Party).roles[0].field = AuthorityField::Root as i32, InvalidField, "party.roles[0].field"),
    (K::Party, |s| body!(s, Party).roles[0].valid_from = "2024-02-30".into(), InvalidField, "party.roles[0].valid_from"),
    (K::Party, |s| body!(s, Party).roles[0].valid_to = "2023-12-31".into(), InvalidField, "party.roles[0].valid_to"),
    (K::Party, |s| body!(s, Party).roles[0].region = "310".into(), InvalidField, "party.roles[0].region"),
    (K::Party, |s| body!(s, Party).closed_on = "soon".into(), InvalidField, "party.closed_on"),

    (K::Site, |s| body!(s, Site).site.clear(), MissingField, "site.site"),
    (K::Site, |s| body!(s, Site).site = "site:gln:9521234567028/W1".into(), InvalidField, "site.site"),
    (K::Site, |s| { body!(s, Site).party.clear(); body!(s, Site).site = "site:gln:9521234567059".into() }, MissingField, "site.party"),
    (K::Site, |s| body!(s, Site).name.clear(), MissingField, "site.name"),
    (K::Site, |s| body!(s, Site).address = "a".repeat(501), InvalidField, "site.address"),
    (K::Site, |s| body!(s, Site).region.clear(), InvalidField, "site.region"),
    (K::Site, |s| body!(s, Site).region = "3101".into(), InvalidField, "site.region"),
    (K::Site, |s| body!(s, Site).country = "CHN".into(), InvalidField, "site.country"),
    (K::Site, |s| body!(s, Site).latitude_e7 = 900_000_001, InvalidField, "site.latitude_e7"),
    (K::Site, |s| body!(s, Site).longitude_e7 = -1_800_000_001, InvalidField, "site.longitude_e7"),
    (K::Site, |s| body!(s, Site).closed_on = "2026-1-1".into(), InvalidField, "site.closed_on"),

    (K::Licence, |s| body!(s, Licence).site.clear(), MissingField, "licence.site"),
    (K::Licence, |s| body!(s, Licence).kind = "a_b".into(), InvalidField, "licence.kind"),
    (K::Licence, |s| body!(s, Licence).number.clear(), MissingField, "licence.number"),
    (K::Licence, |s| body!(s, Licence).issuer.clear(), MissingField, "licence.issuer"),
    (K::Licence, |s| body!(s, Licence).valid_from.clear(), MissingField, "licence.valid_from"),
    (K::Licence, |s| body!(s, Licence).valid_from = "2024-00-01".into(), InvalidField, "licence.valid_from"),
    (K::Licence, |s| body!(s, Licence).valid_to = "2023-12-31".into(), InvalidField, "licence.valid_to"),
    (K::Licence, |s| body!(s, Licence).scope = vec!["s".into(); 65], InvalidField, "licence.scope"),
    (K::Licence, |s| body!(s, Licence).scope[0].clear(), MissingField, "licence.scope[0]"),
    (K::Licence, |s| body!(s, Licence).suspended_from.clear(), MissingField, "licence.suspended_from"),
    (K::Licence, |s| body!(s, Licence).suspended_to = "2024-12-31".into(), InvalidField, "licence.suspended_to"),
    (K::Licence, |s| body!(s, Licence).revoked_on = "-".into(), InvalidField, "licence.revoked_on"),

    (K::Registration, |s| body!(s, Registration).number.clear(), MissingField, "registration.number"),
    (K::Registration, |s| body!(s, Registration).number = "a\u{200b}b".into(), InvalidField, "registration.number"),
    (K::Registration, |s| body!(s, Registration).products = vec!["gtin:09521234543213".into(); 257], InvalidField, "registration.products"),
    (K::Registration, |s| body!(s, Registration).products[0] = "09521234543213".into(), NotCanonical, "registration.products[0]"),
    (K::Registration, |s| body!(s, Registration).holder.clear(), MissingField, "registration.holder"),
    (K::Registration, |s| body!(s, Registration).agent = "x".into(), NotCanonical, "registration.agent"),
    (K::Registration, |s| body!(s, Registration).name.clear(), MissingField, "registration.name"),
    (K::Registration, |s| body!(s, Registration).model = "m".repeat(201), InvalidField, "registration.model"),
    (K::Registration, |s| body!(s, Registration).product_class.clear(), MissingField, "registration.product_class"),
    (K::Registration, |s| body!(s, Registration).device_class = 4, InvalidField, "registration.device_class"),
    (K::Registration, |s| body!(s, Registration).storage_min = Some(Temperature { millicelsius: -273_151 }), InvalidField, "registration.storage_min"),
    (K::Registration, |s| body!(s, Registration).storage_max = Some(Temperature { millicelsius: 1_999 }), InvalidField, "registration.storage_max"),
    (K::Registration, |s| body!(s, Registration).units_per_code = 0, InvalidField, "registration.units_per_code"),
    (K::Registration, |s| body!(s, Registration).label_content.as_mut().unwrap().amount = 0, InvalidField, "registration.label_content.amount"),
    (K::Registration, |s| body!(s, Registration).label_content.as_mut().unwrap().unit = "百".into(), InvalidField, "registration.label_content.unit"),
    (K::Registration, |s| body!(s, Registration).valid_from.clear(), MissingField, "registration.valid_from"),
    (K::Registration, |s| body!(s, Registration).valid_to.clear(), MissingField, "registration.valid_to"),
    (K::Registration, |s| body!(s, Registration).origin = "Ireland".into(), InvalidField, "registration.origin"),

    (K::EnrolKey, |s| { body!(s, EnrolKey).party = MAKER.into() }, BadPossession, "enrol_key.possession"),
    (K::EnrolKey, |s| h(s).ledger = vec![0x12; 32], BadPossession, "enrol_key.possession"),
    (K::EnrolKey, |s| body!(s, EnrolKey).possession[63] ^= 1, BadPossession, "enrol_key.possession"),
    (K::EnrolKey, |s| body!(s, EnrolKey).possession.clear(), MissingField, "enrol_key.possession"),
    (K::EnrolKey, |s| { let b = body!(s, EnrolKey); b.party.clear(); b.possession = enrolment(&[0x11; 32], "", 8).possession },
        MissingField, "enrol_key.party"),
    (K::EnrolKey, |s| body!(s, EnrolKey).algorithm = 0, MissingField, "enrol_key.algorithm"),
    (K::EnrolKey, |s| body!(s, EnrolKey).public_key.truncate(31), InvalidField, "enrol_key.public_key"),
    (K::EnrolKey, |s| body!(s, EnrolKey).public_key = vec![0; 32], WeakKey, "enrol_key.public_key"),
    (K::EnrolKey, |s| body!(s, EnrolKey).uses.clear(), MissingField, "enrol_key.uses"),
    (K::EnrolKey, |s| body!(s, EnrolKey).uses[0] = 0, InvalidField, "enrol_key.uses"),
    (K::EnrolKey, |s| body!(s, EnrolKey).uses[1] = 1, InvalidField, "enrol_key.uses"),
    (K::EnrolKey, |s| body!(s, EnrolKey).kinds.push(0), InvalidField, "enrol_key.kinds"),
    (K::EnrolKey, |s| body!(s, EnrolKey).site = "site:".into(), NotCanonical, "enrol_key.site"),
    (K::EnrolKey, |s| body!(s, EnrolKey).expires_at = -1, InvalidField, "enrol_key.expires_at"),
    (K::EnrolKey, |s| body!(s, EnrolKey).label = "l".repeat(101), InvalidField, "enrol_key.label"),

    (K::RevokeKey, |s| body!(s, RevokeKey).party.clear(), MissingField, "revoke_key.party"),
    (K::RevokeKey, |s| body!(s, RevokeKey).key_id.clear(), MissingField, "revoke_key.key_id"),
    (K::RevokeKey, |s| body!(s, RevokeKey).compromised_since = -1, InvalidField, "revoke_key.compromised_since"),
    (K::RevokeKey, |s| body!(s, RevokeKey).reason.clear(), MissingField, "revoke_key.reason"),

    (K::Mandate, |s| body!(s, Mandate).number.clear(), MissingField, "mandate.number"),
    (K::Mandate, |s| body!(s, Mandate).agent.clear(), MissingField, "mandate.agent"),
    (K::Mandate, |s| body!(s, Mandate).agent = MAKER.into(), InvalidField, "mandate.agent"),
    (K::Mandate, |s| body!(s, Mandate).acts.clear(), MissingField, "mandate.acts"),
    (K::Mandate, |s| body!(s, Mandate).acts.push(0), InvalidField, "mandate.acts"),
    (K::Mandate, |s| body!(s, Mandate).acts.push(43), InvalidField, "mandate.acts"),
    (K::Mandate, |s| body!(s, Mandate).acts.push(16), InvalidField, "mandate.acts"),
    (K::Mandate, |s| body!(s, Mandate).sites = vec!["site:gln:9521234567059".into(); 257], InvalidField, "mandate.sites"),
    (K::Mandate, |s| body!(s, Mandate).sites[0] = "here".into(), NotCanonical, "mandate.sites[0]"),
    (K::Mandate, |s| body!(s, Mandate).valid_from.clear(), MissingField, "mandate.valid_from"),
    (K::Mandate, |s| body!(s, Mandate).valid_to = "2023-01-01".into(), InvalidField, "mandate.valid_to"),

    (K::Commission, |s| body!(s, Commission).items.clear(), MissingField, "commission.items"),
    (K::Commission, |s| body!(s, Commission).items[1] = ITEM.into(), ItemTwice, "commission.items[1]"),
    (K::Commission, |s| body!(s, Commission).items[1] = CASE.into(), InvalidField, "commission.items[1]"),
    (K::Commission, |s| body!(s, Commission).items[1] = LOT.into(), InvalidField, "commission.items[1]"),
    (K::Commission, |s| body!(s, Commission).items[1].clear(), MissingField, "commission.items[1]"),
    (K::Commission, |s| body!(s, Commission).lot.clear(), MissingField, "commission.lot"),
    (K::Commission, |s| body!(s, Commission).lot = ITEM.into(), NotCanonical, "commission.lot"),
    (K::Commission, |s| body!(s, Commission).quantity = lot_amount(LOT).quantity, InvalidField, "commission.quantity"),
    (K::Commission, |s| { let b = body!(s, Commission); b.items.clear(); b.quantity = Some(Quantity { amount: 0, unit: "box".into() }) },
        InvalidField, "commission.quantity.amount"),
    (K::Commission, |s| { let b = body!(s, Commission); b.items.clear(); b.quantity = Some(Quantity { amount: 1, unit: "b".repeat(17) }) },
        InvalidField, "commission.quantity.unit"),
    (K::Commission, |s| body!(s, Commission).registration.clear(), MissingField, "commission.registration"),
    (K::Commission, |s| body!(s, Commission).made_on.clear(), MissingField, "commission.made_on"),
    (K::Commission, |s| body!(s, Commission).expires_on = "2025-05-31".into(), InvalidField, "commission.expires_on"),
    (K::Commission, |s| body!(s, Commission).units_per_code = 100_001, InvalidField, "commission.units_per_code"),
    (K::Commission, |s| body!(s, Commission).market = "m".repeat(41), InvalidField, "commission.market"),

    (K::Pack, |s| body!(s, Pack).parent.clear(), MissingField, "pack.parent"),
    (K::Pack, |s| body!(s, Pack).children.clear(), MissingField, "pack.children"),
    (K::Pack, |s| body!(s, Pack).children[0] = CASE.into(), ItemTwice, "pack.children[0]"),
    (K::Pack, |s| body!(s, Pack).children[0] = "bag:7".into(), InvalidField, "pack.children[0]"),
    (K::Unpack, |s| body!(s, Unpack).parent = LOT.into(), InvalidField, "unpack.parent"),
    (K::Unpack, |s| body!(s, Unpack).children[0] = CASE.into(), ItemTwice, "unpack.children[0]"),

    (K::Ship, |s| { body!(s, Ship).items.clear(); body!(s, Ship).lots.clear() }, MissingField, "ship.items"),
    (K::Ship, |s| body!(s, Ship).items[1] = ITEM.into(), ItemTwice, "ship.items[1]"),
    (K::Ship, |s| body!(s, Ship).items[1] = "sgtin:9521234543213.A".into(), NotCanonical, "ship.items[1]"),
    (K::Ship, |s| body!(s, Ship).lots.push(lot_amount(LOT)), ItemTwice, "ship.lots[1].lot"),
    (K::Ship, |s| body!(s, Ship).lots[0].lot.clear(), MissingField, "ship.lots[0].lot"),
    (K::Ship, |s| body!(s, Ship).lots[0].quantity = None, MissingField, "ship.lots[0].quantity"),
    (K::Ship, |s| body!(s, Ship).lots[0].quantity.as_mut().unwrap().amount = 1_000_000_000_001, InvalidField, "ship.lots[0].quantity.amount"),
    (K::Ship, |s| body!(s, Ship).lots[0].quantity.as_mut().unwrap().unit = "fl oz".into(), InvalidField, "ship.lots[0].quantity.unit"),
    (K::Ship, |s| body!(s, Ship).addressee.clear(), MissingField, "ship.addressee"),
    (K::Ship, |s| body!(s, Ship).ship_to = "x".into(), NotCanonical, "ship.ship_to"),
    (K::Ship, |s| body!(s, Ship).owner = "x".into(), NotCanonical, "ship.owner"),
    (K::Ship, |s| body!(s, Ship).bill_to = "x".into(), NotCanonical, "ship.bill_to"),
    (K::Ship, |s| body!(s, Ship).reason.clear(), MissingField, "ship.reason"),
    (K::Ship, |s| body!(s, Ship).carrier = "SF".into(), NotCanonical, "ship.carrier"),
    (K::Ship, |s| body!(s, Ship).waybill = "bill:gln:9521234567028/1".into(), InvalidField, "ship.waybill"),

    (K::Receive, |s| { let b = body!(s, Receive); b.shipment = None; b.bill.clear(); b.waybill.clear() }, MissingField, "receive.shipment"),
    (K::Receive, |s| body!(s, Receive).shipment.as_mut().unwrap().party.clear(), MissingField, "receive.shipment.party"),
    (K::Receive, |s| body!(s, Receive).shipment.as_mut().unwrap().id.clear(), MissingField, "receive.shipment.id"),
    (K::Receive, |s| body!(s, Receive).shipment.as_mut().unwrap().digest.push(0), InvalidField, "receive.shipment.digest"),
    (K::Receive, |s| body!(s, Receive).bill = "B-1".into(), NotCanonical, "receive.bill"),
    (K::Receive, |s| body!(s, Receive).waybill = "decl:010120251000000001".into(), InvalidField, "receive.waybill"),
    (K::Receive, |s| body!(s, Receive).items.push(ITEM.into()), ItemTwice, "receive.items[1]"),
    (K::Receive, |s| body!(s, Receive).lots[0].lot = "L7".into(), NotCanonical, "receive.lots[0].lot"),
    (K::Receive, |s| body!(s, Receive).exceptions[0].outcome = 0, MissingField, "receive.exceptions[0].outcome"),
    (K::Receive, |s| body!(s, Receive).exceptions[0].item = ITEM.into(), ItemTwice, "receive.exceptions[0].item"),
    (K::Receive, |s| body!(s, Receive).exceptions[0].item.clear(), InvalidField, "receive.exceptions[0]"),
    (K::Receive, |s| body!(s, Receive).exceptions[0].lot = Some(lot_amount("lot:gtin:09521234543213.L8")), InvalidField, "receive.exceptions[0]"),
    (K::Receive, |s| body!(s, Receive).exceptions[0].note = "\n".into(), InvalidField, "receive.exceptions[0].note"),
    (K::Receive, |s| body!(s, Receive).exceptions[1].lot.as_mut().unwrap().quantity = None, MissingField, "receive.exceptions[1].lot.quantity"),
    (K::Receive, |s| { let e = body!(s, Receive).exceptions[1].clone(); body!(s, Receive).exceptions.push(e) }, ItemTwice, "receive.exceptions[2].lot.lot"),
    (K::Receive, |s| body!(s, Receive).arrival = Some(Temperature { millicelsius: 1_000_001 }), InvalidField, "receive.arrival"),

    (K::Use, |s| body!(s, Use).lines.clear(), MissingField, "use.lines"),
    (K::Use, |s| body!(s, Use).lines[0].item = CASE.into(), InvalidField, "use.lines[0].item"),
    (K::Use, |s| { let l = body!(s, Use).lines[0].clone(); body!(s, Use).lines.push(l) }, ItemTwice, "use.lines[1].item"),
    (K::Use, |s| body!(s, Use).lines[0].vial = 100_001, InvalidField, "use.lines[0].vial"),
    (K::Use, |s| body!(s, Use).lines[0].used.as_mut().unwrap().unit.clear(), InvalidField, "use.lines[0].used.unit"),
    (K::Use, |s| body!(s, Use).lines[0].used.as_mut().unwrap().amount = 0, InvalidField, "use.lines[0].used.amount"),
    (K::Use, |s| body!(s, Use).lines[0].wasted.as_mut().unwrap().unit.push('.'), InvalidField, "use.lines[0].wasted.unit"),
    (K::Use, |s| body!(s, Use).lines[0].wasted.as_mut().unwrap().amount = 0, InvalidField, "use.lines[0].wasted.amount"),
    (K::Use, |s| { let l = &mut body!(s, Use).lines[0]; l.used = None; l.wasted = None; l.finished = false; l.counter = 0 },
        MissingField, "use.lines[0].used"),
    (K::Use, |s| body!(s, Use).lines[0].opened_at = -1, InvalidField, "use.lines[0].opened_at"),
    (K::Use, |s| body!(s, Use).lines[0].paired = LOT.into(), InvalidField, "use.lines[0].paired"),
    (K::Use, |s| body!(s, Use).lines[0].paired = ITEM.into(), ItemTwice, "use.lines[0].paired"),

    (K::Correct, |s| body!(s, Correct).target = None, MissingField, "correct.target"),
    (K::Correct, |s| body!(s, Correct).reason.clear(), MissingField, "correct.reason"),
    (K::Correct, |s| body!(s, Correct).replacement = None, MissingField, "correct.replacement"),
    (K::Correct, |s| body!(s, Correct).replacement.as_mut().unwrap().site = "x".into(), NotCanonical, "correct.replacement.site"),
    (K::Correct, |s| body!(s, Correct).replacement.as_mut().unwrap().occurred_at = -1, InvalidField, "correct.replacement.occurred_at"),
    (K::Correct, |s| body!(s, Correct).replacement.as_mut().unwrap().body = None, MissingField, "correct.replacement.body"),
    (K::Correct, |s| body!(s, Correct).removed.push(v1::LineRef::default()), InvalidField, "correct.removed"),
    (K::Correct, |s| { s.body = Some(correct_by_line()); body!(s, Correct).removed[0].field = "waybill".into() }, InvalidField, "correct.removed[0].field"),
    (K::Correct, |s| { s.body = Some(correct_by_line()); body!(s, Correct).removed[1] = body!(s, Correct).removed[0].clone() }, InvalidField, "correct.removed[1]"),
    (K::Void, |s| body!(s, Void).target = None, MissingField, "void.target"),
    (K::Void, |s| body!(s, Void).reason = "r".repeat(501), InvalidField, "void.reason"),
    (K::Endorse, |s| body!(s, Endorse).target = None, MissingField, "endorse.target"),
    (K::Endorse, |s| body!(s, Endorse).target.as_mut().unwrap().party.clear(), MissingField, "endorse.target.party"),
    (K::Endorse, |s| body!(s, Endorse).target.as_mut().unwrap().id.push(0), InvalidField, "endorse.target.id"),
    (K::Endorse, |s| body!(s, Endorse).target = target(false), MissingField, "endorse.target.digest"),
    ]
};

#[test]
fn each_field_at_fault_is_the_only_one_named() {
    for (kind, change, reason, field) in faults() {
        let mut message = sample(*kind);
        change(&mut message);
        let refusal = parse(&message).expect_err(field);
        let found: Vec<_> = refusal.violations.iter().map(|v| (v.reason, &*v.field)).collect();
        assert_eq!(found, [(*reason, *field)], "{kind:?}");
        assert_eq!(refusal.reason, *reason, "{field}");
    }
}

#[test]
fn samples_are_accepted() {
    for kind in kinds() {
        assert_eq!(parse(&sample(kind)).map(|s| s.kind()), Ok(kind));
    }
}

/// Fields that hold what their type holds: nothing in them can be wrong.
const FREE: &[&str] = &[
    "site.bonded",
    "registration.single_use",
    "registration.maximum_uses",
    "commission.opening_stock",
    "receive.check.supplier_licence",
    "receive.check.registration",
    "receive.check.invoice",
    "receive.check.passed",
    "use.lines.finished",
    "use.lines.empties_destroyed",
    "use.lines.counter",
    "correct.by_line",
    "correct.removed.index",
    "service.lines.counter_before",
    "service.lines.counter_after",
    "condition.readings",
    "declare_import.bonded",
    "test_report.urgent",
    "test_report.results.passed",
    "recall_response.stopped",
    "inspection.shelf.empty",
    "self_inspection.passed",
    "postal_check.identified",
    "postal_check.opened",
    "postal_check.scanned",
    "postal_check.hit",
    "named_list.whole",
    "policy.codes.retired",
    "policy.settings.value",
];

/// Paths of all fields that are no messages, without indices; `correct.replacement` not entered.
fn leaves(message: usize, path: &str, into: &mut BTreeSet<String>) {
    for field in MESSAGES[message].fields {
        let path = if path.is_empty() { field.name.to_string() } else { format!("{path}.{}", field.name) };
        match field.kind {
            proto::schema::Kind::Message(inner) if !path.starts_with("correct.replacement.") => {
                leaves(inner, &path, into);
            }
            _ => drop(into.insert(path)),
        }
    }
}

#[test]
fn no_field_is_left_without_a_row() {
    let mut all = BTreeSet::new();
    leaves(STATEMENT, "", &mut all);
    let mut faulted: BTreeSet<String> = faults().map(|(_, _, _, field)| without_indices(field)).collect();
    faulted.extend(FREE.iter().map(ToString::to_string));
    let missing = all.iter().filter(|path| !faulted.contains(path.trim_end_matches(".millicelsius")));
    // Shared messages (references, quantities, amounts of lots) are faulted once, where they first stand;
    // `walk` looks at every one of their texts in every place. Bodies inside a Correct below.
    let shared = ["correct.replacement.", "void.target.", "correct.target.", "erase.target."];
    let nested =
        [".quantity.", ".lots.", ".lot.", ".shipment.", ".sample.", ".recall.", ".hold.", ".reports."];
    let nested = nested.iter().chain(&[".retest_of.", ".on_hand.", ".used.", ".passed_on.", "_lots."]);
    let missing: Vec<_> = missing
        .filter(|p| !shared.iter().any(|s| p.starts_with(s)) && !nested.clone().any(|n| p.contains(n)))
        .collect();
    assert_eq!(missing, Vec::<&String>::new());
    for path in FREE {
        assert!(all.contains(*path), "{path} is no field");
    }
}

fn without_indices(path: &str) -> String {
    let mut inside = false;
    path.chars()
        .filter(|c| {
            let keep = !inside && *c != '[';
            inside = *c == '[' || (inside && *c != ']');
            keep
        })
        .collect()
}

#[test]
fn faults_inside_a_correct_carry_its_path() {
    for (kind, change, reason, field) in faults() {
        let mut plain = sample(*kind);
        if statement::kind_row(*kind).is_none_or(|row| !row.correctable)
            || !field.contains('.')
            || field.starts_with("header")
        {
            continue;
        }
        change(&mut plain);
        let mut message = with_body(correct(*kind));
        let replacement = body!(message, Correct).replacement.as_mut().unwrap();
        replacement.body = plain.body.as_ref().and_then(GoodsAct::of).map(GoodsAct::to_replacement);
        let refusal = parse(&message).expect_err(field);
        let found: Vec<_> = refusal.violations.iter().map(|v| (v.reason, v.field.to_string())).collect();
        assert_eq!(found, [(*reason, format!("correct.replacement.{field}"))]);
    }
}

#[test]
fn all_faults_are_reported_at_once_in_the_order_of_the_fields() {
    let mut message = sample(Kind::Ship);
    h(&mut message).salt.clear();
    h(&mut message).site = "x".into();
    h(&mut message).occurred_at = 0;
    let b = body!(message, Ship);
    b.items = vec!["x".into(), ITEM.into(), ITEM.into()];
    b.addressee.clear();
    b.reason = "SALE".into();
    let refusal = parse(&message).unwrap_err();
    let found: Vec<_> = refusal.violations.iter().map(|v| &*v.field).collect();
    let expected = [
        "header.salt",
        "header.site",
        "header.occurred_at",
        "ship.items[0]",
        "ship.items[2]",
        "ship.addressee",
        "ship.reason",
    ];
    assert_eq!(found, expected);
    assert_eq!(refusal.reason, Reason::MissingField, "that of the first");
}

#[test]
fn no_more_than_a_hundred_faults_are_reported() {
    let mut message = sample(Kind::Ship);
    body!(message, Ship).items = (0..1_000).map(|_| "x".to_string()).collect();
    assert_eq!(parse(&message).unwrap_err().violations.len(), 100);
}

/// `n` units, each different.
fn units(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("sgtin:09521234543213.S{i}")).collect()
}

#[test]
fn four_thousand_namings_are_accepted_and_one_more_is_not() {
    // Statement of a kind that names `n` items, and the field of the last.
    type Make = fn(usize) -> (v1::Statement, String);
    let makers: [Make; 7] = [
        |n| {
            let mut s = sample(Kind::Commission);
            body!(s, Commission).items = units(n);
            (s, format!("commission.items[{}]", n - 1))
        },
        |n| {
            let mut s = sample(Kind::Pack);
            body!(s, Pack).children = units(n - 1);
            (s, format!("pack.children[{}]", n - 2))
        },
        |n| {
            let mut s = sample(Kind::Unpack);
            body!(s, Unpack).children = units(n - 1);
            (s, format!("unpack.children[{}]", n - 2))
        },
        |n| {
            let mut s = sample(Kind::Ship);
            body!(s, Ship).items = units(n);
            (s, format!("ship.items[{}]", n - 1))
        },
        |n| {
            let mut s = sample(Kind::Receive);
            body!(s, Receive).items = units(n - 1);
            (s, "receive.exceptions[0].item".to_string())
        },
        |n| {
            let mut s = sample(Kind::Use);
            let line = UseLine { paired: String::new(), ..body!(s, Use).lines[0].clone() };
            body!(s, Use).lines = units(n).into_iter().map(|item| UseLine { item, ..line.clone() }).collect();
            (s, format!("use.lines[{}].item", n - 1))
        },
        |n| {
            let mut s = with_body(correct(Kind::Ship));
            let replacement = body!(s, Correct).replacement.as_mut().unwrap();
            let Some(replacement::Body::Ship(ship)) = &mut replacement.body else { unreachable!() };
            ship.items = units(n);
            (s, format!("correct.replacement.ship.items[{}]", n - 1))
        },
    ];
    for make in makers {
        let (full, field) = make(MAX_ITEMS);
        assert_eq!(parse(&full).map(drop), Ok(()), "{field}");
        let (over, field) = make(MAX_ITEMS + 1);
        let refusal = parse(&over).unwrap_err();
        let found: Vec<_> = refusal.violations.iter().map(|v| (v.reason, v.field.to_string())).collect();
        assert_eq!(found, [(Reason::TooManyItems, field)]);
    }
}

#[test]
fn what_an_item_is_paired_with_counts_as_named() {
    let mut message = sample(Kind::Use);
    let line = body!(message, Use).lines[0].clone();
    let lines = |n| units(n).into_iter().map(|item| UseLine { item, ..line.clone() }).collect();
    body!(message, Use).lines = lines(MAX_ITEMS / 2);
    assert_eq!(parse(&message).map(drop), Ok(()));
    body!(message, Use).lines = lines(MAX_ITEMS / 2 + 1);
    let refusal = parse(&message).unwrap_err();
    assert_eq!(
        (refusal.reason, &*refusal.violations[0].field),
        (Reason::TooManyItems, "use.lines[2000].item")
    );
}

#[test]
fn lots_are_limited_and_told_apart_by_unit() {
    let lots = |n: usize| (0..n).map(|i| lot_amount(&format!("lot:gtin:09521234543213.L{i}"))).collect();
    let mut message = sample(Kind::Ship);
    body!(message, Ship).lots = lots(MAX_LOTS);
    assert_eq!(parse(&message).map(drop), Ok(()));
    body!(message, Ship).lots = lots(MAX_LOTS + 1);
    assert_eq!(parse(&message).unwrap_err().violations[0].field, "ship.lots");
    let vials = LotAmount { quantity: Some(Quantity { amount: 1, unit: "vial".into() }), ..lot_amount(LOT) };
    body!(message, Ship).lots = vec![lot_amount(LOT), vials];
    assert_eq!(parse(&message).map(drop), Ok(()));
}

#[test]
fn receive_exceptions_are_limited() {
    let mut message = sample(Kind::Receive);
    let line = body!(message, Receive).exceptions[1].clone();
    let lines = |n: usize| {
        let lot = |i| Some(lot_amount(&format!("lot:gtin:09521234543213.L{i}")));
        (0..n).map(|i| ReceiveException { lot: lot(i), ..line.clone() }).collect()
    };
    body!(message, Receive).exceptions = lines(MAX_ITEMS);
    assert_eq!(parse(&message).map(drop), Ok(()));
    body!(message, Receive).exceptions = lines(MAX_ITEMS + 1);
    let refusal = parse(&message).unwrap_err();
    assert_eq!((refusal.reason, &*refusal.violations[0].field), (Reason::TooManyItems, "receive.exceptions"));
}

#[rustfmt::skip]
const OPTIONAL: &[Optional] = {
    use Kind as K;
    &[
    (K::Ship, |s| h(s).on_behalf_of.clear()),
    (K::Ship, |s| h(s).site.clear()),
    (K::Ship, |s| h(s).offset_minutes = 0),
    (K::Ship, |s| h(s).business_key.clear()),
    (K::Ship, |s| h(s).attachments.clear()),
    (K::Ship, |s| h(s).attachments[0].size = 0),
    (K::Party, |s| body!(s, Party).name_latin.clear()),
    (K::Party, |s| body!(s, Party).roles.clear()),
    (K::Party, |s| body!(s, Party).roles[0].valid_from.clear()),
    (K::Party, |s| body!(s, Party).roles[0].valid_to.clear()),
    (K::Party, |s| body!(s, Party).roles[0].region.clear()),
    (K::Party, |s| body!(s, Party).closed_on.clear()),
    (K::Site, |s| { body!(s, Site).region.clear(); body!(s, Site).country = "IE".into() }),
    (K::Site, |s| { body!(s, Site).latitude_e7 = 0; body!(s, Site).longitude_e7 = 0 }),
    (K::Site, |s| body!(s, Site).closed_on.clear()),
    (K::Licence, |s| body!(s, Licence).valid_to.clear()),
    (K::Licence, |s| body!(s, Licence).scope.clear()),
    (K::Licence, |s| body!(s, Licence).suspended_to.clear()),
    (K::Licence, |s| { body!(s, Licence).suspended_from.clear(); body!(s, Licence).suspended_to.clear() }),
    (K::Licence, |s| body!(s, Licence).revoked_on.clear()),
    (K::Registration, |s| body!(s, Registration).products.clear()),
    (K::Registration, |s| body!(s, Registration).agent.clear()),
    (K::Registration, |s| body!(s, Registration).model.clear()),
    (K::Registration, |s| body!(s, Registration).device_class = 0),
    (K::Registration, |s| body!(s, Registration).storage_min = None),
    (K::Registration, |s| body!(s, Registration).storage_max = None),
    (K::Registration, |s| body!(s, Registration).label_content = None),
    (K::EnrolKey, |s| body!(s, EnrolKey).kinds.clear()),
    (K::EnrolKey, |s| body!(s, EnrolKey).site.clear()),
    (K::EnrolKey, |s| body!(s, EnrolKey).expires_at = 0),
    (K::EnrolKey, |s| body!(s, EnrolKey).label.clear()),
    (K::RevokeKey, |s| body!(s, RevokeKey).compromised_since = 0),
    (K::Mandate, |s| body!(s, Mandate).sites.clear()),
    (K::Mandate, |s| body!(s, Mandate).valid_to.clear()),
    (K::Commission, |s| { body!(s, Commission).quantity = lot_amount(LOT).quantity; body!(s, Commission).items.clear() }),
    (K::Commission, |s| body!(s, Commission).market.clear()),
    (K::Unpack, |s| body!(s, Unpack).children.clear()),
    (K::Ship, |s| body!(s, Ship).items.clear()),
    (K::Ship, |s| body!(s, Ship).lots.clear()),
    (K::Ship, |s| body!(s, Ship).ship_to.clear()),
    (K::Ship, |s| body!(s, Ship).owner.clear()),
    (K::Ship, |s| body!(s, Ship).bill_to.clear()),
    (K::Ship, |s| body!(s, Ship).carrier.clear()),
    (K::Ship, |s| body!(s, Ship).waybill.clear()),
    (K::Receive, |s| body!(s, Receive).shipment = None),
    (K::Receive, |s| body!(s, Receive).shipment.as_mut().unwrap().digest.clear()),
    (K::Receive, |s| body!(s, Receive).bill.clear()),
    (K::Receive, |s| body!(s, Receive).waybill.clear()),
    (K::Receive, |s| { let b = body!(s, Receive); b.items.clear(); b.lots.clear(); b.exceptions.clear() }),
    (K::Receive, |s| body!(s, Receive).exceptions[0].note.clear()),
    (K::Receive, |s| body!(s, Receive).arrival = None),
    (K::Receive, |s| body!(s, Receive).check = None),
    (K::Use, |s| body!(s, Use).lines[0].vial = 0),
    (K::Use, |s| body!(s, Use).lines[0].used = None),
    (K::Use, |s| body!(s, Use).lines[0].wasted = None),
    (K::Use, |s| body!(s, Use).lines[0].opened_at = 0),
    (K::Use, |s| body!(s, Use).lines[0].finished = false),
    (K::Use, |s| body!(s, Use).lines[0].counter = 0),
    (K::Use, |s| body!(s, Use).lines[0].paired.clear()),
    (K::Correct, |s| body!(s, Correct).target = target(false)),
    (K::Correct, |s| body!(s, Correct).replacement.as_mut().unwrap().site.clear()),
    (K::Correct, |s| body!(s, Correct).replacement.as_mut().unwrap().occurred_at = 0),
    (K::Void, |s| body!(s, Void).target = target(false)),
    ]
};

#[test]
fn what_may_be_left_out_may() {
    for (i, (kind, change)) in optional().enumerate() {
        let mut message = sample(*kind);
        change(&mut message);
        assert_eq!(parse(&message).map(drop), Ok(()), "row {i}: {kind:?}");
    }
}

#[test]
fn one_box_may_be_used_vial_by_vial() {
    let mut message = sample(Kind::Use);
    let line = body!(message, Use).lines[0].clone();
    body!(message, Use).lines = (1..4).map(|vial| UseLine { vial, ..line.clone() }).collect();
    assert_eq!(parse(&message).map(drop), Ok(()));
}

#[test]
fn a_recorded_payload_is_read_though_its_fields_would_be_refused_today() {
    let mut message = sample(Kind::Commission);
    *body!(message, Commission) = Commission { lot: String::new(), ..commission() };
    h(&mut message).id = uuid(0, 3);
    assert!(parse(&message).is_err());
    let recorded = statement::Statement::recorded(crate::samples::encode(&message)).unwrap();
    assert_eq!(recorded.kind(), Kind::Commission);
    assert_eq!(recorded.header(), message.header.as_ref().unwrap());
    assert_eq!(recorded.digest(), &merkle::sha256(&[recorded.payload()]));
}

#[test]
fn a_record_without_header_or_body_is_damaged() {
    for message in [
        v1::Statement { header: None, ..sample(Kind::Ship) },
        v1::Statement { body: None, ..sample(Kind::Ship) },
    ] {
        let refusal = statement::Statement::recorded(crate::samples::encode(&message)).unwrap_err();
        assert_eq!(refusal.reason, Reason::MissingField);
    }
}

#[test]
fn weak_keys_are_refused_before_possession_is_looked_at() {
    let mut message = sample(Kind::EnrolKey);
    let mut identity = vec![0; 32];
    identity[0] = 1;
    for weak in [identity, Vec::new(), vec![0xff; 32]] {
        let expected = if weak.is_empty() { Reason::MissingField } else { Reason::WeakKey };
        body!(message, EnrolKey).public_key = weak;
        assert_eq!(parse(&message).unwrap_err().reason, expected);
    }
}
