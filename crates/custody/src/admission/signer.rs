//! Who signs: registered, in a role, in the field of an authority, under a mandate.

use proto::v1::{AuthorityField, Role, statement::Body};
use statement::{Day, Kind, Reason, Signers};

use super::{Admit, Ask, refuse_at};
use crate::{
    View,
    registry::{mandate_covers, mandates, party, roles_on},
    tables::MandateRow,
};

pub(super) fn check_registered<V: ?Sized>(ask: &Ask<'_, V>) -> Admit {
    match ask.signer {
        Some(_) => Ok(()),
        None => refuse_at(Reason::UnknownParty, "header.party", "register it first"),
    }
}

pub(super) fn check_own_role<V: ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let unregistered = ask.signer.is_none();
    if unregistered || !ask.roles.is_empty() || ask.row.signers == Signers::SelfOrAuthority {
        return Ok(());
    }
    refuse_at(Reason::RoleMissing, "header.party", "holds no role on the day it happened")
}

/// Whether the statement is an act for somebody else; a Correct, Void or Erase only repeats whose act it is
/// about.
fn is_delegated<V: ?Sized>(ask: &Ask<'_, V>) -> bool {
    let repeats = matches!(ask.row.signers, Signers::TargetSigner | Signers::TargetSignerOrAuthority);
    !ask.statement.header().on_behalf_of.is_empty() && !repeats
}

/// A mandate of the principal covers the act.
pub(super) fn check_mandate<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    if !is_delegated(ask) {
        return Ok(());
    }
    let header = ask.statement.header();
    let field = "header.on_behalf_of";
    if !ask.row.delegable {
        return refuse_at(Reason::NoMandate, field, "this kind cannot be signed for somebody else");
    }
    if party(ask.view, &header.on_behalf_of)?.is_none() {
        return refuse_at(Reason::NoMandate, field, "the principal is not registered");
    }
    let covers = |m: &MandateRow| {
        mandate_covers(&m.mandate, &header.party, ask.statement.kind(), &header.site, ask.day())
    };
    if !mandates(ask.view, &header.on_behalf_of)?.iter().any(covers) {
        return refuse_at(Reason::NoMandate, field, "no mandate covers kind, site and day");
    }
    Ok(())
}

/// The kind's signers, by the roles on the day it happened: the principal's, where there is one.
pub(super) fn check_roles<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    if ask.signer.is_none() {
        return Ok(());
    }
    if !is_delegated(ask) {
        return may_sign(ask, &ask.roles, "");
    }
    match party(ask.view, &ask.statement.header().on_behalf_of)? {
        Some(principal) => may_sign(ask, &roles_on(&principal, ask.day()), ""),
        None => Ok(()),
    }
}

/// Registry statements need the role on the day of recording too.
///
/// Elsewhere the day it happened alone decides, so that a firm that has closed since can still tell its late
/// bills. A register is different: what it says decides from then on who may sign what, and the day it
/// happened is the signer's own word. An authority whose role has ended could go on filling registers by
/// dating its statements back, for good, since nothing it signs would look any different.
pub(super) fn check_roles_now<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let Some(signer) = ask.signer.as_ref().filter(|_| is_registry(ask.statement.kind())) else {
        return Ok(());
    };
    let roles = roles_on(signer, Day::of_instant(ask.now));
    let text = "; for a register, on the day of recording too";
    if roles.is_empty() && ask.row.signers != Signers::SelfOrAuthority {
        return refuse_at(Reason::RoleMissing, "header.party", format!("holds no role any longer{text}"));
    }
    may_sign(ask, &roles, text)
}

const fn is_registry(kind: Kind) -> bool {
    (kind as i32) < Kind::Commission as i32
}

fn may_sign<V: ?Sized>(ask: &Ask<'_, V>, roles: &[(Role, AuthorityField)], when: &str) -> Admit {
    match ask.row.signers {
        Signers::Roles(wanted) => check_wanted(ask, wanted, roles, when),
        Signers::SelfOrAuthority => check_concerned(ask, roles, when),
        _ => Ok(()),
    }
}

/// One of the roles wanted; an authority signs in the fields of the kind only.
fn check_wanted<V: ?Sized>(
    ask: &Ask<'_, V>,
    wanted: &[Role],
    roles: &[(Role, AuthorityField)],
    when: &str,
) -> Admit {
    let held = || roles.iter().filter(|(role, _)| wanted.contains(role));
    let fields = ask.row.fields;
    if held().any(|(role, field)| *role != Role::Authority || fields.is_empty() || fields.contains(field)) {
        return Ok(());
    }
    let text = if held().next().is_some() {
        let names: Vec<&str> = fields.iter().map(|f| f.as_str_name()).collect();
        format!("an authority signs this in the field {} only{when}", names.join(", "))
    } else {
        let names: Vec<&str> = wanted.iter().map(|r| r.as_str_name()).collect();
        format!("one of {} is needed{when}", names.join(", "))
    };
    refuse_at(Reason::RoleMissing, "header.party", text)
}

/// The party that the body names, or an authority.
fn check_concerned<V: ?Sized>(ask: &Ask<'_, V>, roles: &[(Role, AuthorityField)], when: &str) -> Admit {
    let (field, named) = match ask.statement.body() {
        Body::Site(b) => ("site.party", &b.party),
        Body::EnrolKey(b) => ("enrol_key.party", &b.party),
        Body::RevokeKey(b) => ("revoke_key.party", &b.party),
        _ => return refuse_at(Reason::NotYours, "header.party", "names no party concerned"),
    };
    if *named == ask.statement.header().party || roles.iter().any(|(r, _)| *r == Role::Authority) {
        return Ok(());
    }
    refuse_at(Reason::NotYours, field, format!("is another party; itself or an authority signs{when}"))
}
