//! Admission: whether a signed statement may be recorded. Format, key, party, role, mandate, codes and, for
//! statements about statements, that these exist; never where goods are.
//!
//! The checks stand in one list. Admission stops at the first that refuses; [`review`] asks all of them.

mod assistance;
mod cases;
mod change;
mod code;
mod evidence;
mod goods;
mod register;
mod remit;
mod signer;

use std::borrow::Cow;

use merkle::PublicKey;
use proto::v1::{AuthorityField, KeyUse, Receive, Role, statement::Body};
use statement::{
    Day, Envelope, Kind, KindRow, Named, Reason, Refusal, STATEMENT_TYPE, Statement, SubjectKind, Violation,
    Words, hex_text, id_bytes, id_millis, kind_row, own_subjects, verify, words,
};

use crate::{
    Admission, AdmitError, Limits, MAX_LINKS, Signed, Table, View, ViewError,
    apply::{MAX_NAMED_THROUGH, target_subjects},
    control::{entry, inherits_slot, recorded},
    registry::{self, party, roles_on},
    response::{document, named_ships},
    tables::{KeyRow, PartyRow, decode_u64, statement_index, statement_key, subject_by_text},
};

/// Business keys of one document: more cannot be told apart in time.
const MAX_SLOTS: usize = 256;
/// Most faults that a review tells.
const MAX_FAULTS: usize = 100;

type Admit<T = ()> = Result<T, AdmitError>;

fn refuse_at<T>(reason: Reason, field: impl Into<Cow<'static, str>>, description: Words) -> Admit<T> {
    Err(Refusal::at(reason, field, description).into())
}

/// All that is refused of questions that do not depend on each other.
fn all(answers: impl IntoIterator<Item = Admit>) -> Admit {
    let mut violations = Vec::new();
    for answer in answers {
        match answer {
            Ok(()) => {}
            Err(AdmitError::Refused(refusal)) => violations.extend(refusal.violations),
            Err(e) => return Err(e),
        }
    }
    match violations.first() {
        None => Ok(()),
        Some(first) => Err(Refusal { reason: first.reason, violations }.into()),
    }
}

/// A statement that asks for admission.
struct Ask<'a, V: ?Sized> {
    view: &'a V,
    statement: &'a Statement,
    own: &'a [Named],
    now: i64,
    limits: &'a Limits,
    row: &'static KindRow,
    /// `None` where it is to be signed yet.
    key: Option<KeyRow>,
    /// `None` where the party is not registered.
    signer: Option<PartyRow>,
    /// Roles of the signer on the day it happened.
    roles: Vec<(Role, AuthorityField)>,
}

impl<'a, V: View + ?Sized> Ask<'a, V> {
    fn new(
        view: &'a V,
        (statement, own): (&'a Statement, &'a [Named]),
        key: Option<KeyRow>,
        now: i64,
        limits: &'a Limits,
    ) -> Admit<Self> {
        let Some(row) = kind_row(statement.kind()) else {
            return refuse_at(
                Reason::InvalidField,
                "body",
                Words::of("is of no known kind", "不属于任何已知类型"),
            );
        };
        let signer = party(view, &statement.header().party)?;
        let day = Day::of_instant(statement.header().occurred_at);
        let roles = signer.as_ref().map(|signer| roles_on(signer, day)).unwrap_or_default();
        Ok(Self { view, statement, own, now, limits, row, key, signer, roles })
    }

    fn day(&self) -> Day {
        Day::of_instant(self.statement.header().occurred_at)
    }

    fn is_authority(&self) -> bool {
        self.roles.iter().any(|(role, _)| *role == Role::Authority)
    }
}

type Check<V> = fn(&Ask<'_, V>) -> Admit;

/// Everything that is asked of a statement once its key and signature are known, in the order in which
/// admission asks. No check relies on another having passed.
const fn checks<V: View + ?Sized>() -> [Check<V>; 18] {
    [
        check_times,
        check_key,
        assistance::check_confidential,
        signer::check_registered,
        signer::check_own_role,
        signer::check_mandate,
        signer::check_roles,
        signer::check_roles_now,
        remit::check_remit,
        check_business_key,
        check_body,
        goods::check_content,
        assistance::check_assistance,
        cases::check_case,
        evidence::check_hand_over,
        goods::check_named,
        code::check_codes,
        check_links,
    ]
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
    check_ledger(statement, limits)?;
    let key = signing_key(view, signed)?;
    if !(envelope_fits(signed) && (verified || signature_verifies(&key, signed))) {
        return refuse_at(
            Reason::BadSignature,
            "signature",
            Words::of("does not verify under the key named", "用所列密钥验签失败"),
        );
    }
    if let Some(index) = recorded_index(view, statement)? {
        return Ok(Admission::Recorded(index));
    }
    let ask = Ask::new(view, (statement, &signed.own), Some(key), now, limits)?;
    checks().iter().try_for_each(|check| check(&ask))?;
    Ok(Admission::New)
}

/// Every fault for which admission would refuse the statement at `now`, as far as one does not hide
/// another; none where it would be admitted or is recorded already. At most 100. `signed`: with its key and
/// signature, which count then too.
///
/// # Errors
/// The view fails.
pub fn review<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
    signed: Option<&Signed>,
    now: i64,
    limits: &Limits,
) -> Result<Vec<Violation>, ViewError> {
    let mut faults = Faults::default();
    faults.note(check_ledger(statement, limits))?;
    let key = match signed {
        None => None,
        Some(signed) => {
            let key = faults.note(signing_key(view, signed))?;
            let verifies = |key| envelope_fits(signed) && signature_verifies(key, signed);
            if key.as_ref().is_some_and(|key| !verifies(key)) {
                let text = Words::of("does not verify under the key named", "用所列密钥验签失败");
                faults.note(refuse_at::<()>(Reason::BadSignature, "signature", text))?;
            }
            key
        }
    };
    if faults.note(recorded_index(view, statement))?.flatten().is_some() {
        return Ok(faults.0);
    }
    let own = own_subjects(statement);
    if let Some(ask) = faults.note(Ask::new(view, (statement, &own), key, now, limits))? {
        for check in checks() {
            faults.note(check(&ask))?;
        }
    }
    Ok(faults.0)
}

/// Faults collected, each once.
#[derive(Default)]
struct Faults(Vec<Violation>);

impl Faults {
    fn note<T>(&mut self, answer: Admit<T>) -> Result<Option<T>, ViewError> {
        let refusal = match answer {
            Ok(value) => return Ok(Some(value)),
            Err(AdmitError::View(e)) => return Err(e),
            Err(AdmitError::Refused(refusal)) => refusal,
        };
        for violation in refusal.violations {
            if self.0.len() < MAX_FAULTS && !self.0.contains(&violation) {
                self.0.push(violation);
            }
        }
        Ok(None)
    }
}

fn check_ledger(statement: &Statement, limits: &Limits) -> Admit {
    if statement.header().ledger == limits.ledger {
        return Ok(());
    }
    refuse_at(
        Reason::WrongLedger,
        "header.ledger",
        words!("this is {}", "本账本为 {}", hex_text(&limits.ledger)),
    )
}

/// The key named, which must be enrolled for the party named.
fn signing_key<V: View + ?Sized>(view: &V, signed: &Signed) -> Admit<KeyRow> {
    let Some(key) = registry::key(view, &signed.key_id)? else {
        return refuse_at(Reason::UnknownKey, "key_id", Words::same(hex_text(&signed.key_id)));
    };
    if key.party != signed.statement.header().party {
        return refuse_at(
            Reason::KeyOfAnotherParty,
            "header.party",
            Words::of("is not the party of the key", "不是该密钥所属的主体"),
        );
    }
    Ok(key)
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
    let Some(index) = index_of_id(view, statement)? else { return Ok(None) };
    let envelope = Envelope::decode(&entry(view, index)?.envelope)
        .map_err(|e| ViewError(format!("entry {index}: {e}")))?;
    if envelope.digest == *statement.digest() {
        return Ok(Some(index));
    }
    refuse_at(
        Reason::IdTaken,
        "header.id",
        words!("entry {index} has this id and other bytes", "条目 {index} 已用此 id，且内容不同"),
    )
}

/// The entry that has the statement's id. Ids of confidential statements are looked for where it may be one; of
/// all others a check asks that knows the signer.
fn index_of_id<V: View + ?Sized>(view: &V, statement: &Statement) -> Result<Option<u64>, ViewError> {
    let header = statement.header();
    let id = id_bytes(&header.id);
    if header.confidential {
        return statement_index(view, &header.party, &id);
    }
    let Some(signer) = subject_by_text(view, SubjectKind::Activity, &header.party)? else { return Ok(None) };
    let row = view.get(Table::Statement, &statement_key(signer.number, &id))?;
    row.map(|v| decode_u64(&v)).transpose()
}

fn check_times<V: ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let Ask { statement, now, limits, .. } = *ask;
    let header = statement.header();
    // 48 bits of milliseconds: far below i64 in µs.
    let id_time = id_millis(&id_bytes(&header.id)) as i64 * 1_000;
    let id = if id_time < now - limits.max_id_age || id_time > now + limits.max_ahead {
        let days = limits.max_id_age / 86_400_000_000;
        let text = words!(
            "its time must lie within {days} days before and {} s after now",
            "其时间须在此刻之前 {days} 天至之后 {} 秒之内",
            limits.max_ahead / 1_000_000
        );
        refuse_at(Reason::IdOutOfWindow, "header.id", text)
    } else {
        Ok(())
    };
    let not_ahead = |at: i64, field: &'static str| {
        let text = Words::of("lies after the time of recording", "晚于记录时间");
        if at > now + limits.max_ahead { refuse_at(Reason::OccurredAhead, field, text) } else { Ok(()) }
    };
    let replaced = match statement.body() {
        Body::Correct(b) => b.replacement.as_ref().map_or(0, |r| r.occurred_at),
        _ => 0,
    };
    all([
        id,
        not_ahead(header.occurred_at, "header.occurred_at"),
        not_ahead(replaced, "correct.replacement.occurred_at"),
    ])
}

/// Revocation acts by index, expiry by time of recording; then what the key is enrolled for.
fn check_key<V: ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let Ask { key: Some(key), statement, now, .. } = ask else { return Ok(()) };
    if key.revoked_index.is_some() {
        return refuse_at(Reason::KeyRevoked, "key_id", Words::of("has been revoked", "已吊销"));
    }
    if key.expires_at != 0 && *now > key.expires_at {
        return refuse_at(Reason::KeyExpired, "key_id", Words::of("has expired", "已过期"));
    }
    let has = |wanted| key.uses().any(|u| u == wanted);
    let own_keys = match statement.body() {
        Body::EnrolKey(b) => b.party == key.party,
        Body::RevokeKey(b) => b.party == key.party,
        _ => false,
    };
    let wanted = if own_keys { KeyUse::Administer } else { KeyUse::Sign };
    if !has(wanted) {
        let text = words!("the key is not enrolled with {}", "该密钥未登记用途 {}", wanted.as_str_name());
        return refuse_at(Reason::KeyNotForThis, "key_id", text);
    }
    if !key.kinds.is_empty() && !key.kinds().any(|k| k == statement.kind()) {
        return refuse_at(
            Reason::KeyNotForThis,
            "key_id",
            Words::of("the key is not enrolled for this kind", "该密钥未获准签署此类声明"),
        );
    }
    if !key.site.is_empty() && key.site != statement.header().site {
        return refuse_at(
            Reason::KeyNotForThis,
            "header.site",
            words!("the key is for {} only", "该密钥仅限 {}", key.site),
        );
    }
    Ok(())
}

fn check_business_key<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let Ask { view, statement, .. } = *ask;
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
            let text = words!("taken by entry {}", "已被占用，见条目 {}", slot.index);
            refuse_at(Reason::BusinessKeyTaken, "header.business_key", text)
        }
        None if slots.len() >= MAX_SLOTS => refuse_at(
            Reason::BusinessKeyTaken,
            "header.business_key",
            Words::of("used too often", "使用次数过多"),
        ),
        None => Ok(()),
    }
}

fn check_body<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let Ask { view, statement, limits, .. } = *ask;
    match statement.body() {
        Body::Party(b) => register::check_party(view, statement, b),
        Body::Site(b) => register::check_site(view, b),
        Body::Licence(b) => register::check_licence(view, b),
        Body::Registration(b) => register::check_registration(view, b),
        Body::EnrolKey(b) => register::check_enrolment(view, statement, b, limits),
        Body::RevokeKey(b) => register::check_revocation(view, statement, b),
        Body::Mandate(b) => register::check_mandate(view, statement, b),
        Body::Succession(b) => register::check_succession(view, b),
        Body::Designation(b) => register::check_designation(view, statement, b),
        Body::Coverage(b) => register::check_coverage(view, statement, b),
        Body::NamedList(b) => register::check_list(view, b),
        Body::Policy(b) => register::check_policy(view, b),
        Body::Receive(b) => check_receive(view, statement, b, &RECEIVE),
        Body::Correct(_) | Body::Void(_) => change::check_change(ask),
        Body::Endorse(_) => change::check_endorse(view, statement),
        Body::Erase(b) => change::check_erase(ask, b),
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
        return refuse_at(Reason::ShipmentUnknown, path.shipment, Words::of("is not recorded", "尚未记录"));
    };
    let ship = recorded(view, index)?;
    if ship.kind() != Kind::Ship {
        return refuse_at(Reason::TargetKind, path.shipment, Words::of("is not a Ship", "不是发货声明"));
    }
    if !shipment.digest.is_empty() && shipment.digest != ship.digest() {
        return refuse_at(
            Reason::TargetDigest,
            path.digest,
            Words::of("differs from the record", "与记录不符"),
        );
    }
    Ok(())
}

/// Statements about statements link what those link; bounded. What they name and is not recorded, other
/// checks tell.
fn check_links<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    if !change::target_is_recorded(ask.view, ask.statement)? {
        return Ok(());
    }
    let Some(targets) = target_subjects(ask.view, ask.statement, MAX_LINKS)? else {
        let text = words!(
            "names more than {MAX_NAMED_THROUGH} statements, each through the one before",
            "逐层引用的声明超过 {MAX_NAMED_THROUGH} 条"
        );
        return refuse_at(Reason::TooManySubjects, "body", text);
    };
    let own = ask.own.iter().filter(|n| targets.binary_search_by_key(&n.key, |t| t.key).is_err());
    if targets.len() + own.count() <= MAX_LINKS {
        return Ok(());
    }
    refuse_at(Reason::TooManySubjects, "body", words!("more than {MAX_LINKS}", "超过 {MAX_LINKS} 个"))
}
