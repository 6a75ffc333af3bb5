//! What a Party statement changes: roles by granter, closings by field, and the facts that all granters share.

use std::collections::BTreeSet;

use proto::v1::{self, AuthorityField, Role};
use statement::{Day, may_lie_in, party_region, remit};

use super::{edit_party, grants_on, grants_power, ledger, party, supersede};
use crate::{
    View, ViewError,
    draft::Draft,
    tables::{ClosingRow, GrantRow, PartyRow},
};

/// Writes roles, closings and facts, each by who may state it: an authority that merely grants a role of its own, and
/// knows of the party what it needs for that, takes nothing back that others have said.
pub(super) fn apply<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    facts: &v1::Party,
    granter: &str,
    at: i64,
    index: u64,
) -> Result<(), ViewError> {
    let roots = ledger(draft)?.roots;
    let fields = fields_of(draft, &facts.party, granter, at)?;
    edit_party(draft, &facts.party, index, |row| {
        set_closing(row, facts, &fields, at);
        set_facts(row, facts, &fields, at);
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

/// Whether authorities in one of these fields may state a value whatever others have said, as the remits have it.
fn may_state(fields: &BTreeSet<AuthorityField>, value: &str) -> bool {
    fields.iter().any(|field| *field == AuthorityField::Root || remit(value, "").contains(field))
}

/// Name and country are kept by whose remit they are. Where nobody of these has spoken, they are those that were
/// recorded first, as authorities in the same field correct them.
fn set_facts(row: &mut PartyRow, facts: &v1::Party, fields: &BTreeSet<AuthorityField>, at: i64) {
    let known: BTreeSet<AuthorityField> = row.facts_by().collect();
    let holds = match (&row.facts, may_state(fields, "party.name"), may_state(&known, "party.name")) {
        (None, ..) => true,
        (Some(_), true, kept) => !kept || row.facts_at <= at,
        (Some(_), false, kept) => !kept && row.facts_at <= at && !known.is_disjoint(fields),
    };
    if holds {
        row.facts = Some(v1::Party { roles: Vec::new(), ..facts.clone() });
        row.facts_at = at;
        row.facts_by = fields.iter().map(|field| *field as i32).collect();
    }
    // The first of all days counts.
    let days = row.closings.iter().map(|closing| &closing.closed_on).filter(|day| !day.is_empty());
    let closed_on = days.min().cloned().unwrap_or_default();
    if let Some(known) = &mut row.facts {
        known.closed_on = closed_on;
    }
}

/// Each field says for itself whether a party is closed, and takes back what it has said itself; the root authorities
/// speak for all.
fn set_closing(row: &mut PartyRow, facts: &v1::Party, fields: &BTreeSet<AuthorityField>, at: i64) {
    let root = AuthorityField::Root;
    let speaking: Vec<AuthorityField> =
        fields.iter().copied().filter(|field| may_state(&[*field].into(), "party.closed_on")).collect();
    let spoken = |row: &PartyRow, field: AuthorityField| {
        row.closings.iter().find(|closing| closing.field() == field).map(|closing| closing.at)
    };
    for field in speaking {
        let later = |at_known: Option<i64>| at_known.is_some_and(|known| known > at);
        if later(spoken(row, field)) || later(spoken(row, root)) {
            continue;
        }
        row.closings.retain(|closing| closing.field() != field && (field != root || closing.at > at));
        row.closings.push(ClosingRow { field: field as i32, closed_on: facts.closed_on.clone(), at });
        row.closings.sort_by_key(|closing| closing.field);
    }
}

/// Fields in which an authority speaks of a party: its roles reach the place, on the day it happened and on the day
/// of recording.
fn fields_of<V: View + ?Sized>(
    draft: &Draft<'_, V>,
    concerned: &str,
    granter: &str,
    at: i64,
) -> Result<BTreeSet<AuthorityField>, ViewError> {
    let Some(row) = party(draft, granter)? else { return Ok(BTreeSet::new()) };
    let place = party_region(concerned);
    let reaches = |g: &v1::RoleGrant| {
        g.role() == Role::Authority && place.as_ref().is_none_or(|place| may_lie_in(place, &g.region))
    };
    let on = |day| -> BTreeSet<AuthorityField> {
        grants_on(&row, day).iter().filter(|g| reaches(g)).map(v1::RoleGrant::field).collect()
    };
    Ok(&on(Day::of_instant(at)) & &on(Day::of_instant(draft.recorded_at()?)))
}
