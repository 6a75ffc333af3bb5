//! What a Party statement changes: roles by granter, and the facts that all granters share.

use proto::v1::{self, AuthorityField, Role};
use statement::{Day, may_lie_in, party_region, remit};

use super::{edit_party, grants_on, grants_power, ledger, party, supersede};
use crate::{
    View, ViewError,
    draft::Draft,
    tables::{GrantRow, PartyRow},
};

/// Writes roles and facts. Whether a party is closed changes only by who may close it, so that an authority
/// that merely grants a role of its own, and does not know of the closing, does not undo it.
pub(super) fn apply<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    facts: &v1::Party,
    granter: &str,
    at: i64,
    index: u64,
) -> Result<(), ViewError> {
    let roots = ledger(draft)?.roots;
    let closes = may_close(draft, &facts.party, granter, at)?;
    edit_party(draft, &facts.party, index, |row| {
        set_facts(row, facts, closes, at);
        row.guarded |= grants_power(facts);
        // Towards authorities and auditors the root authorities are one granter: what two of them grant,
        // the other two can take back.
        let together = row.guarded && roots.iter().any(|r| r == granter);
        let same = |g: &GrantRow| g.granter == granter || (together && roots.contains(&g.granter));
        let new =
            GrantRow { granter: granter.to_string(), roles: facts.roles.clone(), occurred_at: at, index };
        supersede(&mut row.grants, new, same, |g| g.occurred_at);
    })
}

fn set_facts(row: &mut PartyRow, facts: &v1::Party, closes: bool, at: i64) {
    let mut closed_on = row.facts.as_ref().map(|f| f.closed_on.clone()).unwrap_or_default();
    if closes && row.closed_at <= at {
        closed_on.clone_from(&facts.closed_on);
        row.closed_at = at;
    }
    if row.facts.is_none() || row.facts_at <= at {
        row.facts = Some(v1::Party { roles: Vec::new(), ..facts.clone() });
        row.facts_at = at;
    }
    if let Some(known) = &mut row.facts {
        known.closed_on = closed_on;
    }
}

/// Whether an authority may say of a party that it is closed or not: by one role that reaches field and
/// place, on the day it happened and on the day of recording.
fn may_close<V: View + ?Sized>(
    draft: &Draft<'_, V>,
    concerned: &str,
    granter: &str,
    at: i64,
) -> Result<bool, ViewError> {
    let Some(row) = party(draft, granter)? else { return Ok(false) };
    let (fields, place) = (remit("party.closed_on", ""), party_region(concerned));
    let reaches = |g: &v1::RoleGrant| {
        g.role() == Role::Authority
            && (g.field() == AuthorityField::Root || fields.contains(&g.field()))
            && place.as_ref().is_none_or(|place| may_lie_in(place, &g.region))
    };
    let days = [Day::of_instant(at), Day::of_instant(draft.recorded_at()?)];
    Ok(days.into_iter().all(|day| grants_on(&row, day).iter().any(reaches)))
}
