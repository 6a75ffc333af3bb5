//! Parties, keys, sites, products, mandates: what registry statements change, and reading it back.

use proto::v1::{self, AuthorityField, KeyUse, Role, statement::Body};
use statement::{
    Day, Kind, Statement, SubjectKey, SubjectKind, hex_text, registration_product, subject_key, within,
};

mod list;
mod party;
mod policy;
mod site;
mod standing;

pub use list::{MAX_LISTED, MAX_WHOLES, list_on, listed_on, listed_since, lists, named_list};
pub use policy::{MAX_POLICY_DAYS, codes_on, is_code_on, policies, policy_on};
pub use site::sites_of;
pub use standing::{
    MAX_COVERAGE, MAX_DESIGNATIONS, MAX_SUCCESSORS, coverage, coverage_on, designations, designations_on,
    succeeds, successor_on, successors,
};
pub(crate) use {list::full as list_full, policy::has_room as has_policy_room, site::licences_at};

use crate::{
    Table, View, ViewError,
    draft::Draft,
    tables::{
        CoverageRow, DesignationRow, KeyRow, LedgerRow, LicenceRow, MandateRow, PartyRow, PolicyRow,
        ProductRow, RegistrationRow, SiteRow, SuccessionRow, decode_row, name_of, short_hash, subject,
        subject_by_text,
    },
};
use merkle::Hash;
use prost::Message;

fn state<V: View + ?Sized, M: Message + Default>(
    view: &V,
    kind: SubjectKind,
    text: &str,
) -> Result<Option<M>, ViewError> {
    match subject_by_text(view, kind, text)? {
        Some(record) if !record.state.is_empty() => decode_row(&record.state, kind.as_str()).map(Some),
        _ => Ok(None),
    }
}

/// Rows of the register table under a prefix, from a key on, at most `limit`.
fn register_rows<V: View + ?Sized, M: Message + Default>(
    view: &V,
    prefix: &[u8],
    from: &[u8],
    limit: usize,
    what: &str,
) -> Result<Vec<M>, ViewError> {
    let mut rows = Vec::new();
    if limit > 0 {
        view.scan(Table::Register, prefix, from, &mut |_, value| {
            rows.push(decode_row(value, what)?);
            Ok(rows.len() < limit)
        })?;
    }
    Ok(rows)
}

/// A key that was ever enrolled.
///
/// # Errors
/// The view cannot be read.
pub fn key<V: View + ?Sized>(view: &V, id: &Hash) -> Result<Option<KeyRow>, ViewError> {
    state(view, SubjectKind::Key, &hex_text(id))
}

/// A registered party. Parties that statements merely name are not registered.
///
/// # Errors
/// The view cannot be read.
pub fn party<V: View + ?Sized>(view: &V, id: &str) -> Result<Option<PartyRow>, ViewError> {
    state(view, SubjectKind::Party, id)
}

/// A registered site with its licences.
///
/// # Errors
/// The view cannot be read.
pub fn site<V: View + ?Sized>(view: &V, site: &str) -> Result<Option<SiteRow>, ViewError> {
    Ok(state::<V, SiteRow>(view, SubjectKind::Site, site)?.filter(|row| row.site.is_some()))
}

/// Registrations of a product or number.
///
/// # Errors
/// The view cannot be read.
pub fn product<V: View + ?Sized>(view: &V, product: &str) -> Result<Option<ProductRow>, ViewError> {
    state(view, SubjectKind::Product, product)
}

/// Most keys, sites and granters of a party: its row is read and written whole.
pub const MAX_ROWS: usize = 1_024;
/// Most licences of a site.
pub const MAX_LICENCES: usize = 256;
/// How often a site becomes another party's.
pub const MAX_TENURES: usize = 32;
/// Most registrations of a product.
pub const MAX_REGISTRATIONS: usize = 64;
/// Most mandates of a principal; all are read when an agent acts for it. An ended one can be stated anew.
pub const MAX_MANDATES: usize = 256;

/// Mandates that a principal has given, at most [`MAX_MANDATES`].
///
/// # Errors
/// The view cannot be read.
pub fn mandates<V: View + ?Sized>(view: &V, principal: &str) -> Result<Vec<MandateRow>, ViewError> {
    let prefix = subject_key(SubjectKind::Party, principal).0;
    let mut rows = Vec::new();
    view.scan(Table::Mandate, &prefix, &prefix, &mut |_, value| {
        rows.push(decode_row(value, "mandate")?);
        Ok(rows.len() < MAX_MANDATES)
    })?;
    Ok(rows)
}

/// Registered parties in order of first naming, from a subject number on, with the number to go on from.
///
/// # Errors
/// The view cannot be read.
pub fn parties<V: View + ?Sized>(
    view: &V,
    from: u64,
    limit: usize,
) -> Result<(Vec<PartyRow>, Option<u64>), ViewError> {
    let mut ids = Vec::new();
    let mut next = None;
    view.scan(Table::Name, &[], &from.to_be_bytes(), &mut |key, value| {
        if value.first() != Some(&SubjectKind::Party.code()) {
            return Ok(true);
        }
        if ids.len() == limit {
            next = Some(crate::tables::decode_u64(key)?);
            return Ok(false);
        }
        ids.push(String::from_utf8_lossy(&value[1..]).into_owned());
        Ok(true)
    })?;
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        rows.extend(party(view, &id)?);
    }
    Ok((rows, next))
}

/// Facts of the genesis.
///
/// # Errors
/// The view cannot be read.
pub fn ledger<V: View + ?Sized>(view: &V) -> Result<LedgerRow, ViewError> {
    let row = view.get(Table::Meta, b"ledger")?;
    Ok(row.map(|r| decode_row(&r, "ledger")).transpose()?.unwrap_or_default())
}

/// Roles a party holds on a day, with the field of an authority.
#[must_use]
pub fn roles_on(party: &PartyRow, day: Day) -> Vec<(Role, AuthorityField)> {
    grants_on(party, day).iter().map(|grant| (grant.role(), grant.field())).collect()
}

/// The same with what limits them; a root authority's is limited to nothing.
#[must_use]
pub fn grants_on(party: &PartyRow, day: Day) -> Vec<v1::RoleGrant> {
    let mut held = Vec::new();
    if party.root_name.is_some() {
        let (role, field) = (Role::Authority as i32, AuthorityField::Root as i32);
        held.push(v1::RoleGrant { role, field, ..v1::RoleGrant::default() });
    }
    let open = party.facts.as_ref().is_none_or(|f| within(day, "", &f.closed_on));
    if open {
        let grants = party.grants.iter().flat_map(|g| &g.roles);
        held.extend(grants.filter(|r| within(day, &r.valid_from, &r.valid_to)).cloned());
    }
    held
}

/// Whether a Party statement is the root authorities' to make: it grants what only they may grant, or it
/// is about a party that once was granted that, or about one of themselves.
pub(crate) fn is_root_act<V: View + ?Sized>(view: &V, facts: &v1::Party) -> Result<bool, ViewError> {
    Ok(grants_power(facts) || party(view, &facts.party)?.is_some_and(|row| row.guarded))
}

fn grants_power(facts: &v1::Party) -> bool {
    facts.roles.iter().any(|r| matches!(r.role(), Role::Authority | Role::Auditor))
}

/// The signatures a Party statement still needs: k − 1 of the other root authorities for a root act.
pub(crate) fn root_signatures<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
) -> Result<(Vec<String>, u32), ViewError> {
    let Body::Party(facts) = statement.body() else { return Ok((Vec::new(), 0)) };
    if !is_root_act(view, facts)? {
        return Ok((Vec::new(), 0));
    }
    let row = ledger(view)?;
    let others: Vec<String> = row.roots.into_iter().filter(|r| *r != statement.header().party).collect();
    let needed = row.threshold.saturating_sub(1);
    Ok(if needed == 0 { (Vec::new(), 0) } else { (others, needed) })
}

/// Writes what a registry statement says; `index` is the entry at which it takes effect.
pub(crate) fn apply<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
) -> Result<(), ViewError> {
    let at = statement.header().occurred_at;
    let signer = &statement.header().party;
    match statement.body() {
        Body::Party(b) => party::apply(draft, b, signer, at, index),
        Body::Site(b) => site::apply(draft, b, at, index),
        Body::Licence(b) => {
            site::apply_licence(draft, LicenceRow { licence: b.clone(), occurred_at: at, index })
        }
        Body::Registration(b) => {
            let number = registration_product(&b.number);
            for product in number.iter().chain(&b.products) {
                edit(draft, SubjectKind::Product, product, |row: &mut ProductRow| {
                    let new = RegistrationRow { registration: b.clone(), occurred_at: at, index };
                    let same = |r: &RegistrationRow| r.registration.number == b.number;
                    supersede(&mut row.registrations, new, same, |r| r.occurred_at);
                })?;
            }
            Ok(())
        }
        Body::EnrolKey(b) => {
            let id = statement::key_id(statement::ALG_ED25519, &b.public_key);
            let row = KeyRow {
                party: b.party.clone(),
                public_key: b.public_key.clone(),
                uses: b.uses.clone(),
                kinds: b.kinds.clone(),
                site: b.site.clone(),
                expires_at: b.expires_at,
                label: b.label.clone(),
                enrolled_index: index,
                revoked_index: None,
                compromised_since: 0,
            };
            put_key(draft, &id, &row)?;
            edit_party(draft, &b.party, index, |row| row.keys.push(id.to_vec()))
        }
        Body::RevokeKey(b) => {
            edit_party(draft, &b.party, index, |_| {})?;
            edit(draft, SubjectKind::Key, &hex_text(&b.key_id), |row: &mut KeyRow| {
                row.revoked_index = Some(index);
                row.compromised_since = b.compromised_since;
            })
        }
        Body::Mandate(b) => apply_mandate(draft, b, signer, at, index),
        Body::NamedList(b) => list::apply(draft, b, signer, at, index),
        Body::Policy(b) => {
            let (policy, signer) = (b.clone(), signer.clone());
            policy::apply(draft, PolicyRow { policy, signer, occurred_at: at, index })
        }
        Body::Coverage(b) => {
            let (coverage, signer) = (b.clone(), signer.clone());
            standing::apply_coverage(draft, &CoverageRow { coverage, signer, occurred_at: at, index })
        }
        Body::Designation(b) => {
            let (designation, signer) = (b.clone(), signer.clone());
            standing::apply_designation(
                draft,
                &DesignationRow { designation, signer, occurred_at: at, index },
            )
        }
        Body::Succession(b) => {
            let (succession, signer) = (b.clone(), signer.clone());
            standing::apply_succession(draft, &SuccessionRow { succession, signer, occurred_at: at, index })
        }
        _ => Ok(()),
    }
}

fn put_key<V: View + ?Sized>(draft: &mut Draft<'_, V>, id: &Hash, row: &KeyRow) -> Result<(), ViewError> {
    draft.set_state(subject_key(SubjectKind::Key, &hex_text(id)), row.encode_to_vec())
}

fn apply_mandate<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    mandate: &v1::Mandate,
    principal: &str,
    at: i64,
    index: u64,
) -> Result<(), ViewError> {
    let principal = subject_key(SubjectKind::Party, principal);
    let key = [&principal.0[..], &short_hash(&[mandate.number.as_bytes()])].concat();
    let old: Option<MandateRow> =
        draft.get(Table::Mandate, &key)?.map(|r| decode_row(&r, "mandate")).transpose()?;
    if old.is_none_or(|old| old.occurred_at <= at) {
        let row = MandateRow { mandate: mandate.clone(), occurred_at: at, index };
        draft.put(Table::Mandate, key, row.encode_to_vec());
    }
    Ok(())
}

/// Puts `new` in place of the rows that are the `same`, unless one of them was stated to hold later.
fn supersede<T>(rows: &mut Vec<T>, new: T, same: impl Fn(&T) -> bool, at: impl Fn(&T) -> i64) {
    if rows.iter().any(|r| same(r) && at(r) > at(&new)) {
        return;
    }
    match rows.iter().position(&same) {
        None => rows.push(new),
        Some(first) => {
            rows[first] = new;
            let mut place = 0..;
            rows.retain(|r| place.next() == Some(first) || !same(r));
        }
    }
}

fn edit<V: View + ?Sized, M: Message + Default>(
    draft: &mut Draft<'_, V>,
    kind: SubjectKind,
    text: &str,
    change: impl FnOnce(&mut M),
) -> Result<(), ViewError> {
    let key: SubjectKey = subject_key(kind, text);
    draft.load(key)?;
    let mut row = decode_row::<M>(&draft.state(&key), kind.as_str())?;
    change(&mut row);
    draft.set_state(key, row.encode_to_vec())
}

fn edit_party<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    party: &str,
    index: u64,
    change: impl FnOnce(&mut PartyRow),
) -> Result<(), ViewError> {
    edit(draft, SubjectKind::Party, party, |row: &mut PartyRow| {
        row.party = party.to_string();
        row.last_index = index;
        change(row);
    })
}

/// Registers a root authority and its key, as entry 0 states them.
pub(crate) fn apply_root<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    root: &v1::RootAuthority,
) -> Result<(), ViewError> {
    let id = statement::key_id(statement::ALG_ED25519, &root.public_key);
    let uses = [KeyUse::Sign, KeyUse::Read, KeyUse::Administer];
    let key = KeyRow {
        party: root.party.clone(),
        public_key: root.public_key.clone(),
        uses: uses.map(|u| u as i32).to_vec(),
        label: "root".into(),
        ..KeyRow::default()
    };
    put_key(draft, &id, &key)?;
    edit_party(draft, &root.party, 0, |row| {
        row.root_name = Some(root.name.clone());
        row.guarded = true;
        row.keys.push(id.to_vec());
    })
}

/// Whether a mandate covers an act.
#[must_use]
pub fn mandate_covers(mandate: &v1::Mandate, agent: &str, kind: Kind, site: &str, day: Day) -> bool {
    mandate.agent == agent
        && mandate.acts().any(|k| k == kind)
        && (mandate.sites.is_empty() || mandate.sites.iter().any(|s| s == site))
        && within(day, &mandate.valid_from, &mandate.valid_to)
}

/// The name of a party for people: as registered, else its id.
///
/// # Errors
/// The view cannot be read.
pub fn display_name<V: View + ?Sized>(view: &V, id: &str) -> Result<String, ViewError> {
    let row = party(view, id)?;
    let name = row.and_then(|r| r.facts.map(|f| f.name).or(r.root_name));
    Ok(name.filter(|n| !n.is_empty()).unwrap_or_else(|| id.to_string()))
}

/// Canonical id of the party with this subject number.
///
/// # Errors
/// The view cannot be read.
pub fn party_by_number<V: View + ?Sized>(view: &V, number: u64) -> Result<String, ViewError> {
    Ok(if number == 0 { String::new() } else { name_of(view, number)?.unwrap_or_default() })
}

/// Whether the subject was ever named.
///
/// # Errors
/// The view cannot be read.
pub fn is_known<V: View + ?Sized>(view: &V, key: &SubjectKey) -> Result<bool, ViewError> {
    Ok(subject(view, key)?.is_some())
}
