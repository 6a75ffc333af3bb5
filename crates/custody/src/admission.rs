//! Admission: whether a signed statement may be recorded. Format, key, party, role, mandate and, for
//! statements about statements, that these exist; never where goods are.

use merkle::PublicKey;
use proto::v1::{KeyUse, Role, statement::Body};
use statement::{
    Day, Envelope, Kind, KindRow, POSSESSION_TYPE, Reason, Refusal, STATEMENT_TYPE, Signers, Statement,
    SubjectKind, hex_text, id_bytes, id_millis, key_id, kind_row, possession_payload, verify,
};

use crate::{
    Admission, AdmitError, Limits, MAX_LINKS, Signed, Table, View,
    apply::target_subjects,
    control::{Effect, control_of, effect_of, entry, find, recorded, root_of, target_of},
    registry::{self, mandate_covers, mandates, party, roles_on},
    response::{document, named_ships},
    tables::{KeyRow, PartyRow, decode_u64, statement_key, subject_by_text},
};

/// Most Corrects of one original.
const MAX_CORRECTIONS: u32 = 64;
/// Business keys of one document: more cannot be told apart in time.
const MAX_SLOTS: usize = 256;

type Admit<T = ()> = Result<T, AdmitError>;

fn refuse<T>(reason: Reason) -> Admit<T> {
    Err(Refusal::new(reason).into())
}

fn refuse_at<T>(reason: Reason, field: &'static str, description: impl Into<String>) -> Admit<T> {
    Err(Refusal::at(reason, field, description).into())
}

/// Whether `signed` may be recorded at `now` (µs since the Unix epoch).
///
/// `verified` says that the signature has been checked under the key with id `signed.key_id`;
/// otherwise it is checked here.
///
/// # Errors
/// [`AdmitError::Refused`] with reason and field; [`AdmitError::View`] where the view fails.
pub fn admit<V: View + ?Sized>(
    view: &V,
    signed: &Signed,
    verified: bool,
    now: i64,
    limits: &Limits,
) -> Admit<Admission> {
    let statement = &signed.statement;
    let header = statement.header();
    if header.ledger != limits.ledger {
        return refuse_at(
            Reason::WrongLedger,
            "header.ledger",
            format!("this is {}", hex_text(&limits.ledger)),
        );
    }
    let Some(key) = registry::key(view, &signed.key_id)? else { return refuse(Reason::UnknownKey) };
    if key.party != header.party {
        return refuse_at(Reason::KeyOfAnotherParty, "header.party", "is not the party of the key");
    }
    if !verified && !signature_verifies(&key, signed) {
        return refuse(Reason::BadSignature);
    }
    if let Some(index) = recorded_index(view, statement)? {
        return Ok(Admission::Recorded(index));
    }
    check_times(statement, now, limits)?;
    check_key(&key, statement, now)?;
    if header.confidential {
        return refuse_at(
            Reason::ConfidentialRefused,
            "header.confidential",
            "must not be set for this kind",
        );
    }
    let Some(signer) = party(view, &header.party)? else { return refuse(Reason::UnknownParty) };
    let Some(row) = kind_row(statement.kind()) else { return refuse(Reason::InvalidField) };
    check_signer(view, statement, row, &signer, &key)?;
    check_business_key(view, statement)?;
    check_body(view, statement, limits)?;
    check_links(view, signed)?;
    Ok(Admission::New)
}

fn signature_verifies(key: &KeyRow, signed: &Signed) -> bool {
    let public = <&[u8; 32]>::try_from(key.public_key.as_slice()).ok();
    let public = public.and_then(|bytes| PublicKey::from_enrolled(bytes).ok());
    let envelope = Envelope::decode(&signed.envelope).ok();
    public.zip(envelope).is_some_and(|(key, envelope)| {
        verify(&key, STATEMENT_TYPE, signed.statement.payload(), &envelope.signature)
    })
}

/// Idempotency: the index under which exactly these bytes are recorded.
fn recorded_index<V: View + ?Sized>(view: &V, statement: &Statement) -> Admit<Option<u64>> {
    let header = statement.header();
    let Some(signer) = subject_by_text(view, SubjectKind::Activity, &header.party)? else { return Ok(None) };
    let row = view.get(Table::Statement, &statement_key(signer.number, &id_bytes(&header.id)))?;
    let Some(index) = row.map(|v| decode_u64(&v)).transpose()? else { return Ok(None) };
    let envelope = Envelope::decode(&entry(view, index)?.envelope)
        .map_err(|e| crate::ViewError(format!("entry {index}: {e}")))?;
    if envelope.digest == *statement.digest() {
        return Ok(Some(index));
    }
    refuse_at(Reason::IdTaken, "header.id", format!("entry {index} has this id and other bytes"))
}

fn check_times(statement: &Statement, now: i64, limits: &Limits) -> Admit {
    let header = statement.header();
    // 48 bits of milliseconds: far below i64 in µs.
    let id_time = id_millis(&id_bytes(&header.id)) as i64 * 1_000;
    if id_time < now - limits.max_id_age || id_time > now + limits.max_ahead {
        let days = limits.max_id_age / 86_400_000_000;
        let text = format!(
            "its time must lie within {days} days before and {} s after now",
            limits.max_ahead / 1_000_000
        );
        return refuse_at(Reason::IdOutOfWindow, "header.id", text);
    }
    if header.occurred_at > now + limits.max_ahead {
        return refuse_at(Reason::OccurredAhead, "header.occurred_at", "lies after the time of recording");
    }
    if let Body::Correct(b) = statement.body() {
        if b.replacement.as_ref().is_some_and(|r| r.occurred_at > now + limits.max_ahead) {
            let text = "lies after the time of recording";
            return refuse_at(Reason::OccurredAhead, "correct.replacement.occurred_at", text);
        }
    }
    Ok(())
}

/// Revocation acts by index, expiry by time of recording; then what the key is enrolled for.
fn check_key(key: &KeyRow, statement: &Statement, now: i64) -> Admit {
    if key.revoked_index.is_some() {
        return refuse(Reason::KeyRevoked);
    }
    if key.expires_at != 0 && now > key.expires_at {
        return refuse(Reason::KeyExpired);
    }
    let has = |wanted| key.uses().any(|u| u == wanted);
    let own_keys = match statement.body() {
        Body::EnrolKey(b) => b.party == key.party,
        Body::RevokeKey(b) => b.party == key.party,
        _ => false,
    };
    let wanted = if own_keys { KeyUse::Administer } else { KeyUse::Sign };
    if !has(wanted) {
        let text = format!("the key is not enrolled with {}", wanted.as_str_name());
        return refuse_at(Reason::KeyNotForThis, "key_id", text);
    }
    if !key.kinds.is_empty() && !key.kinds().any(|k| k == statement.kind()) {
        return refuse_at(Reason::KeyNotForThis, "key_id", "the key is not enrolled for this kind");
    }
    if !key.site.is_empty() && key.site != statement.header().site {
        return refuse_at(Reason::KeyNotForThis, "header.site", format!("the key is for {} only", key.site));
    }
    Ok(())
}

fn check_signer<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
    row: &KindRow,
    signer: &PartyRow,
    key: &KeyRow,
) -> Admit {
    let header = statement.header();
    let day = Day::of_instant(header.occurred_at);
    let own_roles = roles_on(signer, day);
    let authority = own_roles.iter().any(|(r, _)| *r == Role::Authority);
    if own_roles.is_empty() && row.signers != Signers::SelfOrAuthority {
        return refuse(Reason::RoleMissing);
    }
    let mut roles = own_roles;
    if !header.on_behalf_of.is_empty() && row.signers != Signers::TargetSigner {
        roles = check_mandate(view, statement, row, day)?;
    }
    match row.signers {
        Signers::Roles(wanted) if !roles.iter().any(|(r, _)| wanted.contains(r)) => {
            let names: Vec<&str> = wanted.iter().map(|r| r.as_str_name()).collect();
            refuse_at(Reason::RoleMissing, "header.party", format!("one of {} is needed", names.join(", ")))
        }
        Signers::SelfOrAuthority => {
            let named = match statement.body() {
                Body::Site(b) => &b.party,
                Body::EnrolKey(b) => &b.party,
                Body::RevokeKey(b) => &b.party,
                _ => &key.party,
            };
            if *named == header.party || authority { Ok(()) } else { refuse(Reason::NotYours) }
        }
        _ => Ok(()),
    }
}

/// The roles of the principal, if a mandate of it covers the act.
fn check_mandate<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
    row: &KindRow,
    day: Day,
) -> Admit<Vec<(Role, proto::v1::AuthorityField)>> {
    let header = statement.header();
    if !row.delegable {
        return refuse_at(
            Reason::NoMandate,
            "header.on_behalf_of",
            "this kind cannot be signed for somebody else",
        );
    }
    let Some(principal) = party(view, &header.on_behalf_of)? else {
        return refuse_at(Reason::NoMandate, "header.on_behalf_of", "the principal is not registered");
    };
    let covers = |m: &crate::tables::MandateRow| {
        mandate_covers(&m.mandate, &header.party, statement.kind(), &header.site, day)
    };
    if !mandates(view, &header.on_behalf_of)?.iter().any(covers) {
        return refuse_at(Reason::NoMandate, "header.on_behalf_of", "no mandate covers kind, site and day");
    }
    Ok(roles_on(&principal, day))
}

fn check_business_key<V: View + ?Sized>(view: &V, statement: &Statement) -> Admit {
    let Some(bill) = statement.bill() else { return Ok(()) };
    let header = statement.header();
    let slots = document(view, bill)?.slots;
    let taken = slots.iter().find(|slot| {
        !slot.freed
            && slot.party == header.party
            && slot.principal == header.on_behalf_of
            && slot.kind == statement.kind() as u32
    });
    match taken {
        Some(slot) => {
            let text = format!("taken by entry {}", slot.index);
            refuse_at(Reason::BusinessKeyTaken, "header.business_key", text)
        }
        None if slots.len() >= MAX_SLOTS => {
            refuse_at(Reason::BusinessKeyTaken, "header.business_key", "used too often")
        }
        None => Ok(()),
    }
}

fn check_body<V: View + ?Sized>(view: &V, statement: &Statement, limits: &Limits) -> Admit {
    let registered = |field, id: &str| -> Admit {
        match party(view, id)? {
            Some(_) => Ok(()),
            None => {
                refuse_at(Reason::TargetUnknown, field, format!("{id} is not registered; register it first"))
            }
        }
    };
    match statement.body() {
        Body::Party(b) => check_party(view, statement, b),
        Body::Site(b) => {
            registered("site.party", &b.party)?;
            let owner = registry::site(view, &b.site)?.and_then(|row| row.site).map(|s| s.party);
            if owner.is_some_and(|owner| owner != b.party) {
                return refuse_at(Reason::NotYours, "site.site", "belongs to another party");
            }
            Ok(())
        }
        Body::Licence(b) => match registry::site(view, &b.site)? {
            Some(_) => Ok(()),
            None => refuse_at(Reason::TargetUnknown, "licence.site", "is not registered; register it first"),
        },
        Body::EnrolKey(b) => {
            registered("enrol_key.party", &b.party)?;
            check_enrolment(view, statement, b, limits)
        }
        Body::RevokeKey(b) => check_revocation(view, statement, b),
        Body::Mandate(b) => registered("mandate.agent", &b.agent),
        Body::Receive(b) => check_receive(view, statement, b),
        Body::Correct(_) | Body::Void(_) => check_change(view, statement),
        Body::Endorse(_) => check_endorse(view, statement),
        _ => Ok(()),
    }
}

/// A root act, or a change to the facts of a root authority or of an authority, is the roots' to sign.
fn check_party<V: View + ?Sized>(view: &V, statement: &Statement, facts: &proto::v1::Party) -> Admit {
    let ledger = registry::ledger(view)?;
    let signer_is_root = ledger.roots.contains(&statement.header().party);
    let about_authority = party(view, &facts.party)?.is_some_and(|row| is_guarded(&row));
    if (registry::is_root_act(facts) || about_authority) && !signer_is_root {
        let text = "only root authorities register authorities and auditors";
        return refuse_at(Reason::RoleMissing, "party.roles", text);
    }
    Ok(())
}

/// Whether a party has ever been made an authority or auditor: only itself and the roots touch its keys.
fn is_guarded(row: &PartyRow) -> bool {
    let granted = row.grants.iter().flat_map(|g| &g.roles);
    row.root_name.is_some()
        || granted.into_iter().any(|r| matches!(r.role(), Role::Authority | Role::Auditor))
}

/// Keys of authorities and auditors are enrolled and revoked by themselves or a root authority.
fn check_registrar<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
    field: &'static str,
    of: &str,
) -> Admit {
    let signer = &statement.header().party;
    let guarded = party(view, of)?.is_some_and(|row| is_guarded(&row));
    let allowed = signer == of || !guarded || {
        let is_root_party = party(view, of)?.is_some_and(|row| row.root_name.is_some());
        !is_root_party && registry::ledger(view)?.roots.contains(signer)
    };
    if allowed {
        Ok(())
    } else {
        refuse_at(Reason::NotYours, field, "is an authority: itself or a root authority signs")
    }
}

fn check_enrolment<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
    b: &proto::v1::EnrolKey,
    limits: &Limits,
) -> Admit {
    check_registrar(view, statement, "enrol_key.party", &b.party)?;
    let id = key_id(statement::ALG_ED25519, &b.public_key);
    let reserved = registry::ledger(view)?.reserved_keys.iter().any(|k| *k == id);
    if reserved || registry::key(view, &id)?.is_some() {
        return refuse_at(Reason::KeyTaken, "enrol_key.public_key", hex_text(&id));
    }
    let bytes = <&[u8; 32]>::try_from(b.public_key.as_slice()).ok();
    let Some(key) = bytes.and_then(|bytes| PublicKey::enrol(bytes).ok()) else {
        return refuse_at(Reason::WeakKey, "enrol_key.public_key", "not an acceptable point");
    };
    let payload = possession_payload(&limits.ledger, &id, &b.party);
    if verify(&key, POSSESSION_TYPE, &payload, &b.possession) {
        Ok(())
    } else {
        refuse_at(
            Reason::BadPossession,
            "enrol_key.possession",
            "is not the key's own signature for this ledger and party",
        )
    }
}

fn check_revocation<V: View + ?Sized>(view: &V, statement: &Statement, b: &proto::v1::RevokeKey) -> Admit {
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

/// A Receive must name something that is or can become recorded: a Ship, or a document, or the goods.
fn check_receive<V: View + ?Sized>(view: &V, statement: &Statement, b: &proto::v1::Receive) -> Admit {
    let ships = named_ships(view, b, statement.actor())?;
    if let Some(shipment) = &b.shipment {
        match ships.first() {
            Some(&index) => {
                let ship = recorded(view, index)?;
                if ship.kind() != Kind::Ship {
                    return refuse_at(Reason::TargetKind, "receive.shipment", "is not a Ship");
                }
                if !shipment.digest.is_empty() && shipment.digest != ship.digest() {
                    return refuse_at(
                        Reason::TargetDigest,
                        "receive.shipment.digest",
                        "differs from the record",
                    );
                }
            }
            None if b.bill.is_empty() && b.waybill.is_empty() && b.items.is_empty() && b.lots.is_empty() => {
                return refuse_at(Reason::ShipmentUnknown, "receive.shipment", "is not recorded");
            }
            None => {}
        }
    }
    Ok(())
}

/// Correct and Void: the target exists, is the signer's, and nothing newer or pending stands before it.
fn check_change<V: View + ?Sized>(view: &V, statement: &Statement) -> Admit {
    let (index, target) = target(view, statement)?;
    let header = statement.header();
    let theirs = target.header();
    if (&theirs.party, &theirs.on_behalf_of) != (&header.party, &header.on_behalf_of) {
        return refuse_at(
            Reason::NotYours,
            "target.party",
            "signer and principal must be those of the statement named",
        );
    }
    let own = control_of(view, index)?;
    if own.needed > 0 {
        let withdraws = statement.kind() == Kind::Void;
        return if withdraws { Ok(()) } else { refuse(Reason::TargetBusy) };
    }
    let about =
        matches!(target.kind(), Kind::Correct) || kind_row(target.kind()).is_some_and(|r| r.correctable);
    if !about {
        return refuse_at(Reason::TargetKind, "target", "cannot be corrected or voided");
    }
    match effect_of(view, index, target.kind())? {
        Effect::Voided => return refuse(Reason::TargetVoided),
        Effect::Corrected => return refuse(Reason::TargetNotNewest),
        _ => {}
    }
    let root_index = root_of(view, index)?;
    let root_control = control_of(view, root_index)?;
    if root_control.waiting.is_some() {
        return refuse(Reason::TargetBusy);
    }
    let Body::Correct(b) = statement.body() else { return Ok(()) };
    if root_control.corrections >= MAX_CORRECTIONS {
        return refuse(Reason::TooManyCorrections);
    }
    let root_kind = recorded(view, root_index)?.kind();
    let replacement = b.replacement.as_ref().and_then(|r| r.body.as_ref()).map(crate::control::body_of);
    if replacement.is_some_and(|body| statement::kind_of(&body) != root_kind) {
        return refuse_at(
            Reason::TargetKind,
            "correct.replacement",
            format!("must be a {}", root_kind.as_str_name()),
        );
    }
    Ok(())
}

/// Statements about statements link what those link; bounded.
fn check_links<V: View + ?Sized>(view: &V, signed: &Signed) -> Admit {
    let links = signed.own.len() + target_subjects(view, &signed.statement, u64::MAX, 0)?.len();
    if links <= MAX_LINKS { Ok(()) } else { refuse(Reason::TooManySubjects) }
}

/// The statement that a Correct, Void or Endorse names.
fn target<V: View + ?Sized>(view: &V, statement: &Statement) -> Admit<(u64, Statement)> {
    let Some(named) = target_of(statement) else { return refuse(Reason::TargetUnknown) };
    let Some(index) = find(view, named)? else {
        return refuse_at(Reason::TargetUnknown, "target", "is not recorded here");
    };
    let target = recorded(view, index)?;
    if !named.digest.is_empty() && named.digest != target.digest() {
        return refuse_at(Reason::TargetDigest, "target.digest", "differs from the record");
    }
    Ok((index, target))
}

fn check_endorse<V: View + ?Sized>(view: &V, statement: &Statement) -> Admit {
    let (index, _) = target(view, statement)?;
    let control = control_of(view, index)?;
    let signer = &statement.header().party;
    if control.needed == 0 || control.withdrawn {
        return refuse(Reason::NotPending);
    }
    if control.signed.contains(signer) {
        return refuse(Reason::EndorsedAlready);
    }
    if !control.asked.contains(signer) {
        return refuse(Reason::NotAsked);
    }
    Ok(())
}
