//! Who signs: registered, in a role, in the field of an authority, under a mandate.

use proto::v1::{AuthorityField, Role, statement::Body};
use statement::{Day, Kind, Reason, Signers, Statement, Words, words};

use super::{Admit, Ask, refuse_at};
use crate::{
    View,
    registry::{mandate_covers, mandates, party, roles_on},
    tables::MandateRow,
};

pub(super) fn check_registered<V: ?Sized>(ask: &Ask<'_, V>) -> Admit {
    match ask.signer {
        Some(_) => Ok(()),
        None => refuse_at(Reason::UnknownParty, "header.party", Words::of("register it first", "请先登记")),
    }
}

pub(super) fn check_own_role<V: ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let unregistered = ask.signer.is_none();
    if unregistered || !ask.roles.is_empty() || ask.row.signers == Signers::SelfOrAuthority {
        return Ok(());
    }
    refuse_at(
        Reason::RoleMissing,
        "header.party",
        Words::of("holds no role on the day it happened", "发生当日没有任何角色"),
    )
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
        return refuse_at(
            Reason::NoMandate,
            field,
            Words::of("this kind cannot be signed for somebody else", "此类声明不能代他人签署"),
        );
    }
    if party(ask.view, &header.on_behalf_of)?.is_none() {
        return refuse_at(
            Reason::NoMandate,
            field,
            Words::of("the principal is not registered", "委托人未登记"),
        );
    }
    let covers = |m: &MandateRow| {
        mandate_covers(&m.mandate, &header.party, ask.statement.kind(), &header.site, ask.day())
    };
    if !mandates(ask.view, &header.on_behalf_of)?.iter().any(covers) {
        return refuse_at(
            Reason::NoMandate,
            field,
            Words::of("no mandate covers kind, site and day", "没有授权覆盖此类型、场所与日期"),
        );
    }
    Ok(())
}

/// The kind's signers, by the roles on the day it happened: the principal's, where there is one.
pub(super) fn check_roles<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    if ask.signer.is_none() {
        return Ok(());
    }
    if !is_delegated(ask) {
        return may_sign(ask, &ask.roles, When::Happened);
    }
    match party(ask.view, &ask.statement.header().on_behalf_of)? {
        Some(principal) => may_sign(ask, &roles_on(&principal, ask.day()), When::Happened),
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
    if roles.is_empty() && ask.row.signers != Signers::SelfOrAuthority {
        let text = Words::of("holds no role any longer", "已不再有任何角色");
        return refuse_at(Reason::RoleMissing, "header.party", When::Recorded.added(text));
    }
    may_sign(ask, &roles, When::Recorded)
}

pub(super) const fn is_registry(kind: Kind) -> bool {
    (kind as i32) < Kind::Commission as i32
}

/// Which day a role is asked of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Happened,
    Recorded,
}

impl When {
    /// Says so where it is not the day that one would think of.
    pub(super) fn added(self, text: Words) -> Words {
        match self {
            Self::Happened => text,
            Self::Recorded => Words::made(
                format!("{text}; for a register, on the day of recording too"),
                format!("{}；登记类声明于记录当日亦须具备", text.chinese()),
            ),
        }
    }
}

fn may_sign<V: ?Sized>(ask: &Ask<'_, V>, roles: &[(Role, AuthorityField)], when: When) -> Admit {
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
    when: When,
) -> Admit {
    let held = || roles.iter().filter(|(role, _)| wanted.contains(role));
    let fields = ask.row.fields;
    if held().any(|(role, field)| *role != Role::Authority || fields.is_empty() || fields.contains(field)) {
        return Ok(());
    }
    let text = if held().next().is_some() {
        let names: Vec<&str> = fields.iter().map(|f| f.as_str_name()).collect();
        let names = names.join(", ");
        words!(
            "an authority signs this in the field {names} only",
            "主管部门仅可在领域 {names} 内签署此类声明"
        )
    } else {
        let names: Vec<&str> = wanted.iter().map(|r| r.as_str_name()).collect();
        let names = names.join(", ");
        words!("one of {names} is needed", "须有以下角色之一：{names}")
    };
    refuse_at(Reason::RoleMissing, "header.party", when.added(text))
}

/// The party whose register entry a statement is, where that party may sign it too, and the field that says so.
pub(super) fn party_concerned(statement: &Statement) -> Option<(&'static str, &String)> {
    Some(match statement.body() {
        Body::Site(b) => ("site.party", &b.party),
        Body::EnrolKey(b) => ("enrol_key.party", &b.party),
        Body::RevokeKey(b) => ("revoke_key.party", &b.party),
        _ => return None,
    })
}

/// The party that the body names, or an authority in a field of the kind.
fn check_concerned<V: ?Sized>(ask: &Ask<'_, V>, roles: &[(Role, AuthorityField)], when: When) -> Admit {
    let Some((field, named)) = party_concerned(ask.statement) else {
        return refuse_at(
            Reason::NotYours,
            "header.party",
            Words::of("names no party concerned", "未写明当事主体"),
        );
    };
    let may = |(role, of): &(Role, AuthorityField)| {
        *role == Role::Authority && (ask.row.fields.is_empty() || ask.row.fields.contains(of))
    };
    if *named == ask.statement.header().party || roles.iter().any(may) {
        return Ok(());
    }
    let text = Words::of(
        "is another party; itself or an authority that keeps registers signs",
        "为另一主体；须由其自身或负责登记的主管部门签署",
    );
    refuse_at(Reason::NotYours, field, when.added(text))
}
