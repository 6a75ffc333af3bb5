//! Whether a statement is one that a Watch is about. Silent: nothing is recorded, and who signs does not learn of it.

use std::collections::BTreeSet;

use proto::v1::{Watch, statement::Body};
use statement::{Day, Relation, Statement, visit_subjects, within};

/// By what a statement is one that is watched for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hit {
    /// It names an item.
    Item(String),
    /// It names a lot.
    Lot(String),
    /// It names a product.
    Product(String),
    /// A party signs, is signed for, or is named.
    Party(String),
    /// It happened at a registered site, goes there or names it.
    Site(String),
    /// It happened in a region, or at a site there.
    Region(String),
    /// It names a person by a pseudonym.
    Person(String),
}

impl Hit {
    /// What the Watch names.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Item(text)
            | Self::Lot(text)
            | Self::Product(text)
            | Self::Party(text)
            | Self::Site(text)
            | Self::Region(text)
            | Self::Person(text) => text,
        }
    }
}

/// Gives the region of a registered site, empty where it has none.
pub type Regions<'r> = &'r dyn Fn(&str) -> String;

/// By what a statement, as it counts or was recorded, is one that is watched for, each once, ascending; none outside
/// the days of the watch. Nothing confidential is ever.
#[must_use]
pub fn hits(watch: &Watch, statement: &Statement, regions: Regions<'_>) -> Vec<Hit> {
    let header = statement.header();
    let day = Day::of_instant(header.occurred_at);
    if header.confidential || !within(day, &watch.valid_from, &watch.valid_to) {
        return Vec::new();
    }
    let mut found = BTreeSet::new();
    let mut look = |list: &[String], text: &str, hit: fn(String) -> Hit| {
        if list.iter().any(|watched| watched == text) {
            found.insert(hit(text.to_owned()));
        }
    };
    visit_subjects(statement, &mut |relation, text| match relation {
        Relation::Item | Relation::Parent | Relation::Child | Relation::Paired | Relation::Input => {
            look(&watch.items, text, Hit::Item);
        }
        Relation::Lot => look(&watch.lots, text, Hit::Lot),
        Relation::Product => look(&watch.products, text, Hit::Product),
        Relation::Signer | Relation::Principal | Relation::Counterparty | Relation::Party => {
            look(&watch.parties, text, Hit::Party);
        }
        Relation::Site => look(&watch.sites, text, Hit::Site),
        Relation::Key | Relation::Document | Relation::Target | Relation::Case | Relation::Exhibit => {}
    });
    let places = places(statement);
    places.sites.iter().for_each(|site| look(&watch.sites, site, Hit::Site));
    places.people.iter().for_each(|person| look(&watch.people, person, Hit::Person));
    let stated = places.region.into_iter().map(ToOwned::to_owned);
    let lies_in: Vec<String> = stated.chain(places.sites.iter().map(|site| regions(site))).collect();
    for prefix in &watch.regions {
        if lies_in.iter().any(|region| region.starts_with(prefix.as_str())) {
            found.insert(Hit::Region(prefix.clone()));
        }
    }
    found.into_iter().collect()
}

/// Where a statement says that something happened, and whom it names by a pseudonym.
struct Places<'s> {
    sites: Vec<&'s str>,
    region: Option<&'s str>,
    people: Vec<&'s str>,
}

fn places(statement: &Statement) -> Places<'_> {
    let mut sites = vec![statement.header().site.as_str()];
    let (mut region, mut people) = (None, Vec::new());
    match statement.body() {
        Body::Ship(b) => sites.push(&b.ship_to),
        Body::Inspection(b) => sites.push(&b.site),
        Body::Observation(b) => region = Some(b.region.as_str()),
        Body::PostalCheck(b) => people.push(b.sender.as_str()),
        Body::Seize(b) => {
            sites.push(&b.site);
            region = Some(b.region.as_str());
            people.push(&b.person);
        }
        _ => {}
    }
    sites.retain(|site| !site.is_empty());
    people.retain(|person| !person.is_empty());
    Places { sites, region: region.filter(|region| !region.is_empty()), people }
}
