//! What an authority may put into a register: what lies in its field, about whom lies in its region.
//!
//! Both must hold on the day it happened and on the day of recording, as for roles in registers.

use proto::v1::{AuthorityField, ListEntry, Registration, Role, RoleGrant, statement::Body};
use statement::{
    Day, Reason, Refusal, Signers, Violation, Words, may_lie_in, party_region, registration_product,
    registration_province, remit, visit_remits, words,
};

use super::{
    Admit, Ask,
    signer::{When, is_registry, party_concerned},
};
use crate::{
    View, ViewError,
    registry::{grants_on, product, site},
};

/// Where something is that a register statement is about.
enum Place {
    /// Somewhere in a region: its code, GB/T 2260, or the prefix of one.
    In(String),
    /// All over such a region.
    Throughout(String),
    /// The whole country.
    Everywhere,
}

impl Place {
    /// Whether it lies in a region, the prefix of codes, as far as it is known; empty = the whole country.
    fn is_within(&self, region: &str) -> bool {
        match self {
            _ if region.is_empty() => true,
            Self::In(code) => may_lie_in(code, region),
            Self::Throughout(code) => code.starts_with(region),
            Self::Everywhere => false,
        }
    }
}

/// Field and place; none for what is not known.
type Placed = (String, Place);

/// Field and region of an authority that signs for a register.
pub(super) fn check_remit<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let Some(signer) = ask.signer.as_ref().filter(|_| acts_as_authority(ask)) else { return Ok(()) };
    let mut violations: Vec<Violation> = Vec::new();
    for (day, when) in [(ask.day(), When::Happened), (Day::of_instant(ask.now), When::Recorded)] {
        let mut grants = grants_on(signer, day);
        grants.retain(|g| g.role() == Role::Authority && is_open(ask.row.fields, g.field()));
        if grants.is_empty() {
            // The check of roles tells.
            continue;
        }
        for violation in outside(ask, &grants, when)? {
            if violations.iter().all(|v| v.field != violation.field) && violations.len() < super::MAX_FAULTS {
                violations.push(violation);
            }
        }
    }
    if violations.is_empty() {
        return Ok(());
    }
    Err(Refusal { reason: Reason::RoleMissing, violations }.into())
}

/// Whether the statement is for a register, and the signer not the party itself that it is about.
fn acts_as_authority<V: ?Sized>(ask: &Ask<'_, V>) -> bool {
    let by_role = match ask.row.signers {
        Signers::Roles(roles) => roles.contains(&Role::Authority),
        Signers::SelfOrAuthority => party_concerned(ask.statement)
            .is_some_and(|(_, concerned)| *concerned != ask.statement.header().party),
        _ => false,
    };
    by_role && is_registry(ask.statement.kind())
}

fn is_open(fields: &[AuthorityField], field: AuthorityField) -> bool {
    fields.is_empty() || fields.contains(&field)
}

/// What these grants do not reach. Whatever the statement is about, one grant must reach field and region
/// of it together.
fn outside<V: View + ?Sized>(
    ask: &Ask<'_, V>,
    grants: &[RoleGrant],
    when: When,
) -> Result<Vec<Violation>, ViewError> {
    let mut found = Vec::new();
    // Of each place the grants that reach it.
    let mut reaching: Vec<Vec<&RoleGrant>> = Vec::new();
    if grants.iter().any(|g| !g.region.is_empty()) {
        for (field, place) in places(ask)? {
            let here: Vec<&RoleGrant> = grants.iter().filter(|g| place.is_within(&g.region)).collect();
            if here.is_empty() {
                found.push(violation(field, when.added(not_here(grants, &place))));
            } else {
                reaching.push(here);
            }
        }
    }
    if reaching.is_empty() {
        reaching.push(grants.iter().collect());
    }
    let mut tell = |path: String, fields: &[AuthorityField]| {
        let may = |g: &&RoleGrant| g.field() == AuthorityField::Root || fields.contains(&g.field());
        if !reaching.iter().all(|here| here.iter().any(may)) {
            found.push(violation(path, when.added(not_theirs(fields))));
        }
    };
    visit_remits(ask.statement.body(), &mut tell);
    if let Body::Site(b) = ask.statement.body()
        && site(ask.view, &b.site)?.and_then(|row| row.site).is_some_and(|known| known.party != b.party)
    {
        tell("site.party".into(), remit("site.party", ""));
    }
    Ok(found)
}

fn violation(field: String, description: Words) -> Violation {
    Violation { reason: Reason::RoleMissing, field: field.into(), description }
}

fn not_here(grants: &[RoleGrant], place: &Place) -> Words {
    let regions: Vec<&str> = grants.iter().map(|g| g.region.as_str()).collect();
    let regions = regions.join(", ");
    match place {
        Place::In(region) | Place::Throughout(region) => words!(
            "is in region {region}; the authority's role is limited to {regions}",
            "位于地区 {region}；该主管部门的角色限于 {regions}"
        ),
        Place::Everywhere => words!(
            "holds for the whole country; the authority's role is limited to {regions}",
            "适用于全国；该主管部门的角色限于 {regions}"
        ),
    }
}

fn not_theirs(fields: &[AuthorityField]) -> Words {
    let names: Vec<&str> = fields.iter().map(|f| f.as_str_name()).collect();
    let names = names.join(", ");
    words!("an authority states this in the field {names} only", "主管部门仅可在领域 {names} 内作此登记")
}

/// Where everything is that the statement puts into a register, as far as that is known.
fn places<V: View + ?Sized>(ask: &Ask<'_, V>) -> Result<Vec<Placed>, ViewError> {
    let mut places = Vec::new();
    let everywhere = |field: &str| Some((field.to_owned(), Place::Everywhere));
    match ask.statement.body() {
        Body::Party(b) => places.extend(of_party("party.party".into(), &b.party)),
        Body::Site(b) => {
            places.extend(region("site.region".into(), &b.region));
            places.extend(of_site(ask.view, "site.site".into(), &b.site)?);
        }
        Body::Licence(b) => places.extend(of_site(ask.view, "licence.site".into(), &b.site)?),
        Body::Registration(b) => places.extend(of_registration(ask.view, b)?),
        Body::EnrolKey(b) => places.extend(of_party("enrol_key.party".into(), &b.party)),
        Body::RevokeKey(b) => places.extend(of_party("revoke_key.party".into(), &b.party)),
        Body::Succession(b) => places.extend(of_party("succession.predecessor".into(), &b.predecessor)),
        Body::Coverage(b) if b.region.is_empty() => places.extend(everywhere("coverage.region")),
        Body::Coverage(b) => {
            places.push(("coverage.region".into(), Place::Throughout(b.region.clone())));
        }
        // A whole list takes the place of what others have put into it.
        Body::NamedList(b) if b.whole => places.extend(everywhere("named_list.whole")),
        Body::NamedList(b) => {
            for (i, entry) in b.entries.iter().enumerate() {
                places.extend(of_entry(ask.view, i, entry)?);
            }
        }
        Body::Policy(_) => places.extend(everywhere("policy.policy")),
        _ => {}
    }
    Ok(places)
}

fn region(field: String, region: &str) -> Option<Placed> {
    (!region.is_empty()).then(|| (field, Place::In(region.to_owned())))
}

/// A party is where its credit code was given; codes of the national register, and other ids, do not tell.
fn of_party(field: String, party: &str) -> Option<Placed> {
    party_region(party).map(|region| (field, Place::In(region)))
}

/// A site is where it was registered.
fn of_site<V: View + ?Sized>(view: &V, field: String, name: &str) -> Result<Option<Placed>, ViewError> {
    let registered = site(view, name)?.and_then(|row| row.site);
    Ok(registered.and_then(|site| region(field, &site.region)))
}

/// Provincial authorities register devices of class 2 and file those of class 1, of the firms in their province
/// and under their own numbers. Everything else is national. What stands under a number is replaced by who may
/// have put it there only.
fn of_registration<V: View + ?Sized>(view: &V, b: &Registration) -> Result<Vec<Placed>, ViewError> {
    let number = || "registration.number".to_owned();
    let Some(province) = registration_province(&b.number) else {
        return Ok(vec![(number(), Place::Everywhere)]);
    };
    let mut places = vec![(number(), Place::In(province.to_owned()))];
    places.extend(of_party("registration.holder".into(), &b.holder));
    let recorded = registration_product(&b.number).map(|p| product(view, &p)).transpose()?.flatten();
    let recorded = recorded.into_iter().flat_map(|row| row.registrations).map(|r| r.registration);
    for known in recorded.filter(|r| r.number == b.number) {
        places.extend(of_party(number(), &known.holder));
    }
    Ok(places)
}

fn of_entry<V: View + ?Sized>(view: &V, i: usize, entry: &ListEntry) -> Result<Option<Placed>, ViewError> {
    let field = format!("named_list.entries[{i}].subject");
    if entry.subject.starts_with("site:") {
        return of_site(view, field, &entry.subject);
    }
    Ok(of_party(field, &entry.subject))
}
