//! Statements for the registers: who may say what about whom, and how much a register holds.

use merkle::PublicKey;
use proto::v1::{EnrolKey, Licence, Mandate, Party, Registration, RevokeKey, Site};
use statement::{
    ALG_ED25519, POSSESSION_TYPE, Reason, Statement, hex_text, key_id, possession_payload,
    registration_product, verify,
};

use super::{Admit, refuse_at};
use crate::{
    Limits, View,
    registry::{
        self, MAX_LICENCES, MAX_MANDATES, MAX_REGISTRATIONS, MAX_ROWS, is_root_act, mandates, party, product,
    },
};

fn registered<V: View + ?Sized>(view: &V, field: &'static str, id: &str) -> Admit {
    match party(view, id)? {
        Some(_) => Ok(()),
        None => refuse_at(Reason::TargetUnknown, field, format!("{id} is not registered; register it first")),
    }
}

fn room(field: &'static str, count: usize, most: usize) -> Admit {
    if count < most { Ok(()) } else { refuse_at(Reason::RegisterFull, field, format!("at most {most}")) }
}

/// A root act is the roots' to sign.
pub(super) fn check_party<V: View + ?Sized>(view: &V, statement: &Statement, facts: &Party) -> Admit {
    let signer = &statement.header().party;
    if is_root_act(view, facts)? && !registry::ledger(view)?.roots.contains(signer) {
        let text = "only root authorities register authorities and auditors";
        return refuse_at(Reason::RoleMissing, "party.roles", text);
    }
    match party(view, &facts.party)? {
        Some(row) if row.grants.iter().all(|g| g.granter != *signer) => {
            room("party.party", row.grants.len(), MAX_ROWS)
        }
        _ => Ok(()),
    }
}

pub(super) fn check_site<V: View + ?Sized>(view: &V, site: &Site) -> Admit {
    registered(view, "site.party", &site.party)?;
    let owner = registry::site(view, &site.site)?.and_then(|row| row.site).map(|s| s.party);
    match owner {
        Some(owner) if owner != site.party => {
            refuse_at(Reason::NotYours, "site.site", "belongs to another party")
        }
        Some(_) => Ok(()),
        None => room("site.party", party(view, &site.party)?.map_or(0, |row| row.sites.len()), MAX_ROWS),
    }
}

pub(super) fn check_licence<V: View + ?Sized>(view: &V, licence: &Licence) -> Admit {
    let Some(row) = registry::site(view, &licence.site)? else {
        return refuse_at(Reason::TargetUnknown, "licence.site", "is not registered; register it first");
    };
    let same = |l: &Licence| (&l.kind, &l.number) == (&licence.kind, &licence.number);
    if row.licences.iter().any(|l| same(&l.licence)) {
        return Ok(());
    }
    room("licence.site", row.licences.len(), MAX_LICENCES)
}

pub(super) fn check_registration<V: View + ?Sized>(view: &V, registration: &Registration) -> Admit {
    let number = registration_product(&registration.number);
    for text in number.iter().chain(&registration.products) {
        let Some(row) = product(view, text)? else { continue };
        if row.registrations.iter().all(|r| r.registration.number != registration.number) {
            room("registration.products", row.registrations.len(), MAX_REGISTRATIONS)?;
        }
    }
    Ok(())
}

pub(super) fn check_mandate<V: View + ?Sized>(view: &V, statement: &Statement, mandate: &Mandate) -> Admit {
    registered(view, "mandate.agent", &mandate.agent)?;
    let given = mandates(view, &statement.header().party)?;
    if given.iter().any(|m| m.mandate.number == mandate.number) {
        return Ok(());
    }
    room("mandate.number", given.len(), MAX_MANDATES)
}

/// Keys of authorities and auditors are enrolled and revoked by themselves or a root authority; keys of
/// root authorities by themselves only.
fn check_registrar<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
    field: &'static str,
    of: &str,
) -> Admit {
    let signer = &statement.header().party;
    let Some(row) = party(view, of)?.filter(|row| row.guarded && signer != of) else { return Ok(()) };
    if row.root_name.is_none() && registry::ledger(view)?.roots.contains(signer) {
        return Ok(());
    }
    refuse_at(Reason::NotYours, field, "is an authority: itself or a root authority signs")
}

pub(super) fn check_enrolment<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
    b: &EnrolKey,
    limits: &Limits,
) -> Admit {
    registered(view, "enrol_key.party", &b.party)?;
    check_registrar(view, statement, "enrol_key.party", &b.party)?;
    let id = key_id(ALG_ED25519, &b.public_key);
    let reserved = registry::ledger(view)?.reserved_keys.iter().any(|k| *k == id);
    if reserved || registry::key(view, &id)?.is_some() {
        return refuse_at(Reason::KeyTaken, "enrol_key.public_key", hex_text(&id));
    }
    let bytes = <&[u8; 32]>::try_from(b.public_key.as_slice()).ok();
    let Some(key) = bytes.and_then(|bytes| PublicKey::enrol(bytes).ok()) else {
        return refuse_at(Reason::WeakKey, "enrol_key.public_key", "not an acceptable point");
    };
    let payload = possession_payload(&limits.ledger, &id, &b.party);
    if !verify(&key, POSSESSION_TYPE, &payload, &b.possession) {
        let text = "is not the key's own signature for this ledger and party";
        return refuse_at(Reason::BadPossession, "enrol_key.possession", text);
    }
    room("enrol_key.party", party(view, &b.party)?.map_or(0, |row| row.keys.len()), MAX_ROWS)
}

pub(super) fn check_revocation<V: View + ?Sized>(view: &V, statement: &Statement, b: &RevokeKey) -> Admit {
    check_registrar(view, statement, "revoke_key.party", &b.party)?;
    let id = b.key_id.as_slice().try_into().unwrap_or_default();
    match registry::key(view, &id)? {
        Some(key) if key.party == b.party && key.revoked_index.is_none() => Ok(()),
        Some(key) if key.party == b.party => {
            refuse_at(Reason::KeyRevoked, "revoke_key.key_id", "is revoked already")
        }
        _ => refuse_at(Reason::TargetUnknown, "revoke_key.key_id", "is no key of this party"),
    }
}
