//! Statements for the registers: who may say what about whom, and how much a register holds.

use merkle::PublicKey;
use proto::v1::{
    Coverage, Designation, EnrolKey, Licence, Mandate, NamedList, Party, Policy, Registration, RevokeKey,
    Site, Succession,
};
use statement::{
    ALG_ED25519, POSSESSION_TYPE, Reason, Statement, Words, hex_text, key_id, possession_payload,
    registration_product, verify, words,
};

use super::{Admit, Ask, all, refuse_at};
use crate::{
    Limits, View,
    registry::{
        self, MAX_COVERAGE, MAX_DESIGNATIONS, MAX_LICENCES, MAX_MANDATES, MAX_POLICY_DAYS, MAX_REGISTRATIONS,
        MAX_ROWS, MAX_SUCCESSORS, MAX_TENURES, is_root_act, mandates, party, product,
    },
};

fn registered<V: View + ?Sized>(view: &V, field: &'static str, id: &str) -> Admit {
    match party(view, id)? {
        Some(_) => Ok(()),
        None => refuse_at(
            Reason::TargetUnknown,
            field,
            words!("{id} is not registered; register it first", "{id} 未登记；请先登记"),
        ),
    }
}

fn room(field: &'static str, count: usize, most: usize) -> Admit {
    if count < most {
        Ok(())
    } else {
        refuse_at(Reason::RegisterFull, field, words!("at most {most}", "至多 {most} 条"))
    }
}

/// A root act is the roots' to sign.
pub(super) fn check_party<V: View + ?Sized>(view: &V, statement: &Statement, facts: &Party) -> Admit {
    let signer = &statement.header().party;
    if is_root_act(view, facts)? && !registry::ledger(view)?.roots.contains(signer) {
        let text = Words::of(
            "only root authorities register authorities and auditors",
            "仅根主管部门可登记主管部门与审计方",
        );
        return refuse_at(Reason::RoleMissing, "party.roles", text);
    }
    match party(view, &facts.party)? {
        Some(row) if row.grants.iter().all(|g| g.granter != *signer) => {
            room("party.party", row.grants.len(), MAX_ROWS)
        }
        _ => Ok(()),
    }
}

/// A site is one party's. An authority may move it to another, as its remit says; so may who has taken the place of
/// the party that had it.
pub(super) fn check_site<V: View + ?Sized>(ask: &Ask<'_, V>, site: &Site) -> Admit {
    let view = ask.view;
    registered(view, "site.party", &site.party)?;
    let known = registry::site(view, &site.site)?.unwrap_or_default();
    let owner = known.site.map(|s| s.party);
    if owner.as_ref() == Some(&site.party) {
        return Ok(());
    }
    if let Some(owner) = owner.filter(|_| ask.statement.header().party == site.party)
        && !registry::succeeds(view, &site.party, &owner, &site.site, ask.day())?
    {
        let text = Words::of(
            "belongs to another party; an authority moves it, or a Succession that passes it on",
            "属于另一主体；须由主管部门变更，或以主体承继声明移转",
        );
        return refuse_at(Reason::NotYours, "site.site", text);
    }
    room("site.site", known.before.len(), MAX_TENURES)?;
    room("site.party", party(view, &site.party)?.map_or(0, |row| row.sites.len()), MAX_ROWS)
}

pub(super) fn check_licence<V: View + ?Sized>(ask: &Ask<'_, V>, licence: &Licence) -> Admit {
    let Some(mut row) = registry::site(ask.view, &licence.site)? else {
        return refuse_at(
            Reason::TargetUnknown,
            "licence.site",
            Words::of("is not registered; register it first", "未登记；请先登记"),
        );
    };
    let same = |l: &Licence| (&l.kind, &l.number) == (&licence.kind, &licence.number);
    let licences = registry::licences_at(&mut row, ask.statement.header().occurred_at);
    if licences.iter().any(|l| same(&l.licence)) {
        return Ok(());
    }
    room("licence.site", licences.len(), MAX_LICENCES)
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

pub(super) fn check_succession<V: View + ?Sized>(view: &V, b: &Succession) -> Admit {
    let known = registry::successors(view, &b.predecessor)?;
    let again = known.iter().any(|s| s.succession.successor == b.successor);
    let mut answers = vec![
        registered(view, "succession.predecessor", &b.predecessor),
        registered(view, "succession.successor", &b.successor),
        if again { Ok(()) } else { room("succession.predecessor", known.len(), MAX_SUCCESSORS) },
    ];
    for (i, site) in b.sites.iter().enumerate() {
        let owner = registry::site(view, site)?.and_then(|row| row.site).map(|s| s.party);
        if owner.as_ref() != Some(&b.predecessor) {
            let text = Words::of("is no registered site of the predecessor", "不是前任主体已登记的场所");
            answers.push(refuse_at(Reason::TargetUnknown, format!("succession.sites[{i}]"), text));
        }
    }
    all(answers)
}

/// Only holder or agent of the registration designates.
pub(super) fn check_designation<V: View + ?Sized>(view: &V, statement: &Statement, b: &Designation) -> Admit {
    let signer = &statement.header().party;
    let product_of = registration_product(&b.registration).unwrap_or_default();
    let rows = product(view, &product_of)?.map(|row| row.registrations).unwrap_or_default();
    let of = rows.iter().map(|r| &r.registration).find(|r| r.number == b.registration);
    let right = match of {
        None => refuse_at(
            Reason::TargetUnknown,
            "designation.registration",
            Words::of("is not registered; register it first", "未登记；请先登记"),
        ),
        Some(of) if of.holder == *signer || of.agent == *signer => Ok(()),
        Some(_) => refuse_at(
            Reason::NotYours,
            "designation.registration",
            Words::of("its holder or agent designates", "仅其持有人或代理人可指定"),
        ),
    };
    let known = registry::designations(view, &b.registration)?;
    let again = known.iter().any(|d| d.designation.number == b.number);
    let space = if again { Ok(()) } else { room("designation.number", known.len(), MAX_DESIGNATIONS) };
    let mut answers = vec![right, space];
    for (i, wholesaler) in b.wholesalers.iter().enumerate() {
        if party(view, wholesaler)?.is_none() {
            let text =
                words!("{wholesaler} is not registered; register it first", "{wholesaler} 未登记；请先登记");
            answers.push(refuse_at(Reason::TargetUnknown, format!("designation.wholesalers[{i}]"), text));
        }
    }
    all(answers)
}

pub(super) fn check_coverage<V: View + ?Sized>(view: &V, statement: &Statement, b: &Coverage) -> Admit {
    let known = registry::coverage(view, &b.register)?;
    let again = known.iter().any(|row| {
        let c = &row.coverage;
        (&row.signer, &c.region, &c.product_class) == (&statement.header().party, &b.region, &b.product_class)
    });
    if again { Ok(()) } else { room("coverage.register", known.len(), MAX_COVERAGE) }
}

/// Versions follow each other without a gap: who states one has seen the last.
pub(super) fn check_list<V: View + ?Sized>(view: &V, b: &NamedList) -> Admit {
    let next = registry::named_list(view, &b.list)?.version.saturating_add(1);
    let version = if b.version == next {
        Ok(())
    } else {
        refuse_at(
            Reason::InvalidField,
            "named_list.version",
            words!("the next version is {next}", "下一版本为 {next}"),
        )
    };
    let space = match registry::list_full(view, b)? {
        None => Ok(()),
        Some(text) => refuse_at(Reason::RegisterFull, "named_list.entries", text),
    };
    all([version, space])
}

pub(super) fn check_policy<V: View + ?Sized>(view: &V, b: &Policy) -> Admit {
    if registry::has_policy_room(view, b)? {
        return Ok(());
    }
    room("policy.effective_on", MAX_POLICY_DAYS, MAX_POLICY_DAYS)
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
    refuse_at(
        Reason::NotYours,
        field,
        Words::of(
            "is an authority: itself or a root authority signs",
            "为主管部门：须由其自身或根主管部门签署",
        ),
    )
}

/// Whoever enrols a key can sign in the party's name. So where the roots act together, one of them alone enrols only the
/// first key of an authority or auditor, which then knows; further ones it enrols itself.
fn check_first_key<V: View + ?Sized>(view: &V, statement: &Statement, of: &str) -> Admit {
    let Some(row) = party(view, of)?.filter(|row| row.guarded && statement.header().party != of) else {
        return Ok(());
    };
    if row.keys.is_empty() || registry::ledger(view)?.threshold <= 1 {
        return Ok(());
    }
    refuse_at(
        Reason::NotYours,
        "enrol_key.party",
        Words::of(
            "is an authority with a key: it enrols further ones itself",
            "为已有密钥的主管部门：其余密钥须由其自身登记",
        ),
    )
}

pub(super) fn check_enrolment<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
    b: &EnrolKey,
    limits: &Limits,
) -> Admit {
    registered(view, "enrol_key.party", &b.party)?;
    check_registrar(view, statement, "enrol_key.party", &b.party)?;
    check_first_key(view, statement, &b.party)?;
    let id = key_id(ALG_ED25519, &b.public_key);
    let reserved = registry::ledger(view)?.reserved_keys.iter().any(|k| *k == id);
    if reserved || registry::key(view, &id)?.is_some() {
        return refuse_at(Reason::KeyTaken, "enrol_key.public_key", Words::same(hex_text(&id)));
    }
    let bytes = <&[u8; 32]>::try_from(b.public_key.as_slice()).ok();
    let Some(key) = bytes.and_then(|bytes| PublicKey::enrol(bytes).ok()) else {
        return refuse_at(
            Reason::WeakKey,
            "enrol_key.public_key",
            Words::of("not an acceptable point", "不是可接受的曲线点"),
        );
    };
    let payload = possession_payload(&limits.ledger, &id, &b.party);
    if !verify(&key, POSSESSION_TYPE, &payload, &b.possession) {
        let text = Words::of(
            "is not the key's own signature for this ledger and party",
            "不是该密钥为此账本与主体所作的签名",
        );
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
            refuse_at(Reason::KeyRevoked, "revoke_key.key_id", Words::of("is revoked already", "已经吊销"))
        }
        _ => refuse_at(
            Reason::TargetUnknown,
            "revoke_key.key_id",
            Words::of("is no key of this party", "不是此主体的密钥"),
        ),
    }
}
