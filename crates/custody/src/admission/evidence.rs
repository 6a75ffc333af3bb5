//! Seized goods: who may take evidence over.

use proto::v1::{HandOver, Role, replacement, statement::Body};
use statement::{Reason, Words};

use super::{Admit, Ask, refuse_at};
use crate::{
    View,
    registry::{party, roles_on},
};

/// Roles that may have evidence.
const KEEPERS: [Role; 3] = [Role::Logistics, Role::Laboratory, Role::Authority];

/// Evidence goes to somebody else who may have it.
pub(super) fn check_hand_over<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let Some((hand_over, field)) = hand_over_in(ask.statement.body()) else { return Ok(()) };
    let receiver = &hand_over.receiver;
    if *receiver == ask.statement.header().party {
        return refuse_at(Reason::InvalidField, field, Words::of("is the signer itself", "即签署方自身"));
    }
    let row = party(ask.view, receiver)?;
    let roles = row.map(|row| roles_on(&row, ask.day())).unwrap_or_default();
    if roles.iter().any(|(role, _)| KEEPERS.contains(role)) {
        return Ok(());
    }
    let text = Words::of(
        "is no authority, laboratory or logistics firm on the day it happened",
        "发生当日不是主管部门、药检机构或第三方物流",
    );
    refuse_at(Reason::RoleMissing, field, text)
}

/// The HandOver that a statement is or puts in place of another as a whole.
fn hand_over_in(body: &Body) -> Option<(&HandOver, &'static str)> {
    match body {
        Body::HandOver(b) => Some((b, "hand_over.receiver")),
        Body::Correct(b) if !b.by_line => match b.replacement.as_ref()?.body.as_ref()? {
            replacement::Body::HandOver(b) => Some((b, "correct.replacement.hand_over.receiver")),
            _ => None,
        },
        _ => None,
    }
}
