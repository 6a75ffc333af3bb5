//! Admission: whether a signed statement may be recorded. Format, key, party, role, mandate and, for
//! statements about statements, that these exist; never where goods are.

mod change;
mod register;

use merkle::PublicKey;
use proto::v1::{KeyUse, Receive, Role, statement::Body};
use statement::{
    Day, Envelope, Kind, KindRow, Reason, Refusal, STATEMENT_TYPE, Signers, Statement, SubjectKind, hex_text,
    id_bytes, id_millis, kind_row, verify,
};

use crate::{
    Admission, AdmitError, Limits, MAX_LINKS, Signed, Table, View,
    apply::target_subjects,
    control::{entry, inherits_slot, recorded},
    registry::{self, mandate_covers, mandates, party, roles_on},
    response::{document, named_ships},
    tables::{KeyRow, PartyRow, decode_u64, statement_key, subject_by_text},
};

/// Business keys of one document: more cannot be told apart in time.
const MAX_SLOTS: usize = 256;

type Admit<T = ()> = Result<T, AdmitError>;

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
    let Some(key) = registry::key(view, &signed.key_id)? else {
        return refuse_at(Reason::UnknownKey, "key_id", hex_text(&signed.key_id));
    };
    if key.party != header.party {
        return refuse_at(Reason::KeyOfAnotherParty, "header.party", "is not the party of the key");
    }
    if !(envelope_fits(signed) && (verified || signature_verifies(&key, signed))) {
        return refuse_at(Reason::BadSignature, "signature", "does not verify under the key named");
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
    let Some(signer) = party(view, &header.party)? else {
        return refuse_at(Reason::UnknownParty, "header.party", "register it first");
    };
    let Some(row) = kind_row(statement.kind()) else {
        return refuse_at(Reason::InvalidField, "body", "is of no known kind");
    };
    check_signer(view, statement, row, &signer)?;
    check_business_key(view, statement)?;
    check_body(view, statement, limits)?;
    check_links(view, signed)?;
    Ok(Admission::New)
}

/// Whether the envelope, which is what gets recorded, says what `signed` says.
fn envelope_fits(signed: &Signed) -> bool {
    Envelope::decode(&signed.envelope)
        .is_ok_and(|e| e.key_id == signed.key_id && e.digest == *signed.statement.digest())
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
    if let Body::Correct(b) = statement.body()
        && b.replacement.as_ref().is_some_and(|r| r.occurred_at > now + limits.max_ahead)
    {
        let text = "lies after the time of recording";
        return refuse_at(Reason::OccurredAhead, "correct.replacement.occurred_at", text);
    }
    Ok(())
}

/// Revocation acts by index, expiry by time of recording; then what the key is enrolled for.
fn check_key(key: &KeyRow, statement: &Statement, now: i64) -> Admit {
    if key.revoked_index.is_some() {
        return refuse_at(Reason::KeyRevoked, "key_id", "has been revoked");
    }
    if key.expires_at != 0 && now > key.expires_at {
        return refuse_at(Reason::KeyExpired, "key_id", "has expired");
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
) -> Admit {
    let header = statement.header();
    let day = Day::of_instant(header.occurred_at);
    let own_roles = roles_on(signer, day);
    let authority = own_roles.iter().any(|(r, _)| *r == Role::Authority);
    if own_roles.is_empty() && row.signers != Signers::SelfOrAuthority {
        return refuse_at(Reason::RoleMissing, "header.party", "holds no role on the day it happened");
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
            let (field, named) = match statement.body() {
                Body::Site(b) => ("site.party", &b.party),
                Body::EnrolKey(b) => ("enrol_key.party", &b.party),
                Body::RevokeKey(b) => ("revoke_key.party", &b.party),
                _ => return refuse_at(Reason::NotYours, "header.party", "names no party concerned"),
            };
            if *named == header.party || authority {
                return Ok(());
            }
            refuse_at(Reason::NotYours, field, "is another party; itself or an authority signs")
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
    if inherits_slot(view, statement)? {
        return Ok(());
    }
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
    match statement.body() {
        Body::Party(b) => register::check_party(view, statement, b),
        Body::Site(b) => register::check_site(view, b),
        Body::Licence(b) => register::check_licence(view, b),
        Body::Registration(b) => register::check_registration(view, b),
        Body::EnrolKey(b) => register::check_enrolment(view, statement, b, limits),
        Body::RevokeKey(b) => register::check_revocation(view, statement, b),
        Body::Mandate(b) => register::check_mandate(view, statement, b),
        Body::Receive(b) => check_receive(view, statement, b, &RECEIVE),
        Body::Correct(_) | Body::Void(_) => change::check_change(view, statement),
        Body::Endorse(_) => change::check_endorse(view, statement),
        _ => Ok(()),
    }
}

/// Where a Receive stands: paths of its shipment and of the shipment's digest.
struct ReceivePath {
    shipment: &'static str,
    digest: &'static str,
}

const RECEIVE: ReceivePath = ReceivePath { shipment: "receive.shipment", digest: "receive.shipment.digest" };
const REPLACEMENT: ReceivePath = ReceivePath {
    shipment: "correct.replacement.receive.shipment",
    digest: "correct.replacement.receive.shipment.digest",
};

/// A Receive must name something that is or can become recorded: a Ship, or a document, or the goods.
fn check_receive<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
    receive: &Receive,
    path: &ReceivePath,
) -> Admit {
    let Some(shipment) = &receive.shipment else { return Ok(()) };
    let Some(&index) = named_ships(view, receive, statement.actor())?.first() else {
        let documents = [&receive.bill, &receive.waybill].iter().any(|d| !d.is_empty());
        if documents || !receive.items.is_empty() || !receive.lots.is_empty() {
            return Ok(());
        }
        return refuse_at(Reason::ShipmentUnknown, path.shipment, "is not recorded");
    };
    let ship = recorded(view, index)?;
    if ship.kind() != Kind::Ship {
        return refuse_at(Reason::TargetKind, path.shipment, "is not a Ship");
    }
    if !shipment.digest.is_empty() && shipment.digest != ship.digest() {
        return refuse_at(Reason::TargetDigest, path.digest, "differs from the record");
    }
    Ok(())
}

/// Statements about statements link what those link; bounded.
fn check_links<V: View + ?Sized>(view: &V, signed: &Signed) -> Admit {
    let targets = target_subjects(view, &signed.statement, MAX_LINKS)?;
    let own = signed.own.iter().filter(|n| targets.binary_search_by_key(&n.key, |t| t.key).is_err());
    if targets.len() + own.count() <= MAX_LINKS {
        return Ok(());
    }
    refuse_at(Reason::TooManySubjects, "body", format!("more than {MAX_LINKS}"))
}
