//! Reads statements and registers for rules, each once, within a bounded cache.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use custody::{
    Content, View, ViewError, content,
    registry::{self, coverage_on, listed_on, mandate_covers, mandates, policy_on, roles_on, succeeds},
    root_of,
    tables::{PartyRow, ProductRow, SiteRow, Touch, subject_by_text, touches},
};
use proto::v1::{AuthorityField, Role, statement::Body};
use statement::{Day, Kind, Leaf, Relation, SubjectKind, id_bytes, kind_row, may_lie_in, party_region};

use crate::{
    rule::{Rule, RuleRow},
    settings::{POLICY, Setting},
};

/// Entries in the history of one thing, lot, document or party that are looked at; beyond that no rule judges it.
pub const MAX_HISTORY: usize = 4_096;
/// Entries that name a party among which authorities' acts on it are looked for.
pub const MAX_SCANNED: usize = 65_536;
/// Bytes of statements that are kept at a time.
const MAX_KEPT: usize = 32 << 20;
/// Answers of registers that are kept at a time.
const MAX_ANSWERS: usize = 65_536;

/// A statement that counts, as rules read it.
#[derive(Debug)]
pub struct Told {
    /// Entry of the original.
    pub index: u64,
    /// Its kind.
    pub kind: Kind,
    /// When it happened, µs.
    pub at: i64,
    /// Who signed.
    pub party: String,
    /// Who acted: the principal where there is one.
    pub actor: String,
    /// Where; may be empty.
    pub site: String,
    /// What counts of it.
    pub body: Body,
    cause: u8,
    id: [u8; 16],
    /// Places of [`items`](Self::items), sorted by what stands there.
    sorted: OnceCell<Box<[u32]>>,
}

/// So many items are looked through faster than sorted.
const FEW_ITEMS: usize = 8;

impl Told {
    fn of(content: Content) -> Self {
        let header = content.root.header();
        let kind = content.root.kind();
        Self {
            index: content.root_index,
            kind,
            at: content.occurred_at,
            party: header.party.clone(),
            actor: content.root.actor().to_owned(),
            site: content.site,
            cause: kind_row(kind).map_or(0, |row| row.cause),
            id: id_bytes(&header.id),
            body: content.body,
            sorted: OnceCell::new(),
        }
    }

    /// The items that it makes, packs, ships or receives.
    pub(crate) fn items(&self) -> &[String] {
        match &self.body {
            Body::Commission(b) => &b.items,
            Body::Transform(b) => &b.outputs,
            Body::Pack(b) => &b.children,
            Body::Ship(b) => &b.items,
            Body::Receive(b) => &b.items,
            _ => &[],
        }
    }

    /// Whether one of these is one of the codes. Each of thousands of items is judged with the statement that made all
    /// of them, so those are sorted once and not looked through each time.
    pub(crate) fn names(&self, codes: &[String]) -> bool {
        let items = self.items();
        if items.len() <= FEW_ITEMS {
            return items.iter().any(|item| codes.contains(item));
        }
        let at = |place: &u32| items.get(*place as usize).map_or("", String::as_str);
        let sorted = self.sorted.get_or_init(|| {
            let mut sorted: Box<[u32]> = (0..).take(items.len()).collect();
            sorted.sort_unstable_by_key(|place| at(place));
            sorted
        });
        codes.iter().any(|code| sorted.binary_search_by_key(&code.as_str(), at).is_ok())
    }

    /// The day on which it happened.
    pub fn day(&self) -> Day {
        Day::of_instant(self.at)
    }

    /// How others name it.
    pub fn reference(&self) -> (&str, &[u8]) {
        (&self.party, &self.id)
    }

    /// Its place in fold order, which does not depend on when it came.
    pub(crate) fn order(&self) -> (i64, u8, &str, [u8; 16]) {
        (self.at, self.cause, &self.party, self.id)
    }
}

/// Reads for rules. Statements in `without` do not count.
pub struct Reader<'v> {
    /// The state of the view.
    pub view: &'v dyn View,
    pub(crate) without: Rc<BTreeSet<u64>>,
    told: BTreeMap<u64, Option<Rc<Told>>>,
    kept: usize,
    /// What statements do to items, for stories of all statements.
    pub(crate) kept_acts: trace::Kept,
    settings: BTreeMap<(&'static str, String, Day), i64>,
    versions: BTreeMap<(Rule, Day), i64>,
    covered: BTreeMap<(&'static str, String, String, Day), bool>,
    listed: BTreeMap<(&'static str, String, Day), Option<u64>>,
    parties: BTreeMap<String, Rc<Option<PartyRow>>>,
    sites: BTreeMap<String, Rc<Option<SiteRow>>>,
    products: BTreeMap<String, Rc<Option<ProductRow>>>,
    oversight: BTreeMap<String, Rc<[(i64, u64)]>>,
}

impl<'v> Reader<'v> {
    /// Over a state of the view.
    #[must_use]
    pub fn new(view: &'v dyn View) -> Self {
        Self {
            view,
            without: Rc::default(),
            told: BTreeMap::new(),
            kept: 0,
            kept_acts: trace::Kept::default(),
            settings: BTreeMap::new(),
            versions: BTreeMap::new(),
            covered: BTreeMap::new(),
            listed: BTreeMap::new(),
            parties: BTreeMap::new(),
            sites: BTreeMap::new(),
            products: BTreeMap::new(),
            oversight: BTreeMap::new(),
        }
    }

    /// What counts of an original; `None` where it does not.
    pub fn told(&mut self, root: u64) -> Result<Option<Rc<Told>>, ViewError> {
        if self.without.contains(&root) {
            return Ok(None);
        }
        if let Some(known) = self.told.get(&root) {
            return Ok(known.clone());
        }
        let found = content(self.view, root)?;
        self.kept += found.as_ref().map_or(64, |c| c.root.payload().len());
        if self.kept > MAX_KEPT {
            self.told.clear();
            self.kept = 0;
        }
        let told = found.map(|c| Rc::new(Told::of(c)));
        self.told.insert(root, told.clone());
        Ok(told)
    }

    /// The statements that name a subject and count, whose kind is wanted, in fold order; `None` where more
    /// than [`MAX_HISTORY`] entries name it.
    pub fn about(
        &mut self,
        kind: SubjectKind,
        text: &str,
        wanted: &dyn Fn(Kind) -> bool,
    ) -> Result<Option<Vec<Rc<Told>>>, ViewError> {
        let Some(record) = subject_by_text(self.view, kind, text)? else { return Ok(Some(Vec::new())) };
        if record.count > MAX_HISTORY as u64 {
            return Ok(None);
        }
        let mut found = Vec::new();
        touches(self.view, record.number, 0, &mut |touch| {
            found.push(touch);
            Ok(true)
        })?;
        self.of_touches(&found, wanted).map(Some)
    }

    /// The statements of these entries, Corrects by their originals, in fold order.
    pub(crate) fn of_touches(
        &mut self,
        touched: &[Touch],
        wanted: &dyn Fn(Kind) -> bool,
    ) -> Result<Vec<Rc<Told>>, ViewError> {
        let mut roots = BTreeSet::new();
        for touch in touched {
            match Kind::try_from(i32::from(touch.kind)).unwrap_or_default() {
                Kind::Correct => drop(roots.insert(root_of(self.view, touch.index)?)),
                kind if wanted(kind) => drop(roots.insert(touch.index)),
                _ => {}
            }
        }
        let mut all = Vec::new();
        for root in roots {
            all.extend(self.told(root)?.filter(|told| wanted(told.kind)));
        }
        all.sort_by(|a, b| a.order().cmp(&b.order()));
        Ok(all)
    }

    /// Inspections and Holds of a party by authorities, as when they happened and by which entry, ascending; of
    /// the first [`MAX_SCANNED`] entries that name the party.
    pub(crate) fn oversight(&mut self, party: &str) -> Result<Rc<[(i64, u64)]>, ViewError> {
        if let Some(known) = self.oversight.get(party) {
            return Ok(Rc::clone(known));
        }
        let (mut found, mut seen) = (Vec::new(), 0);
        if let Some(record) = subject_by_text(self.view, SubjectKind::Activity, party)? {
            touches(self.view, record.number, 0, &mut |touch| {
                seen += 1;
                let kind = Kind::try_from(i32::from(touch.kind)).unwrap_or_default();
                if touch.relation == Relation::Counterparty && matches!(kind, Kind::Inspection | Kind::Hold) {
                    found.push(touch);
                }
                Ok(seen < MAX_SCANNED)
            })?;
        }
        let mut acts = Vec::new();
        for told in self.of_touches(&found, &|k| matches!(k, Kind::Inspection | Kind::Hold))? {
            if told.party != party && self.has_role(&told.party, Role::Authority, told.day())? {
                acts.push((told.at, told.index));
            }
        }
        if self.oversight.len() >= MAX_HISTORY {
            self.oversight.clear();
        }
        let acts: Rc<[(i64, u64)]> = acts.into();
        self.oversight.insert(party.to_owned(), Rc::clone(&acts));
        Ok(acts)
    }

    /// When an entry was recorded, µs.
    pub(crate) fn recorded_at(&self, index: u64) -> Result<i64, ViewError> {
        let damaged = || ViewError(format!("entry {index} has no leaf"));
        let entry = self.view.entry(index)?.ok_or_else(damaged)?;
        let leaf = Leaf::decode(&entry.leaf).map_err(|_| damaged())?;
        Ok(i64::try_from(leaf.recorded_at).unwrap_or(i64::MAX))
    }

    /// The first entry recorded at an instant or later.
    pub(crate) fn entry_at(&self, at: i64) -> Result<u64, ViewError> {
        let (mut low, mut high) = (0, self.view.size());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.recorded_at(middle)? < at {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// A setting for a class of product on a day.
    pub fn setting(&mut self, setting: &'static Setting, class: &str, day: Day) -> Result<i64, ViewError> {
        let key = (setting.key, class.to_owned(), day);
        if let Some(known) = self.settings.get(&key) {
            return Ok(*known);
        }
        let names = [format!("{POLICY}-{class}"), POLICY.to_owned()];
        let mut value = setting.default_of(class);
        for name in names.iter().skip(usize::from(class.is_empty())) {
            let row = policy_on(self.view, name, day)?;
            let stated = row.and_then(|r| r.policy.settings.into_iter().find(|s| s.key == setting.key));
            if let Some(stated) = stated {
                value = stated.value;
                break;
            }
        }
        if self.settings.len() >= MAX_ANSWERS {
            self.settings.clear();
        }
        self.settings.insert(key, value);
        Ok(value)
    }

    /// The version of a rule in force on a day, by the setting `rule-NAME`; 0 = none.
    pub(crate) fn version(&mut self, row: &RuleRow, day: Day) -> Result<i64, ViewError> {
        if let Some(known) = self.versions.get(&(row.rule, day)) {
            return Ok(*known);
        }
        let stated = policy_on(self.view, POLICY, day)?;
        let key = row.switch();
        let version = stated.and_then(|r| r.policy.settings.into_iter().find(|s| s.key == key));
        let version = version.map_or(i64::from(row.version), |s| s.value);
        if self.versions.len() >= MAX_ANSWERS {
            self.versions.clear();
        }
        self.versions.insert((row.rule, day), version);
        Ok(version)
    }

    /// The same in µs, of a setting in hours.
    pub fn hours(&mut self, setting: &'static Setting, class: &str, at: i64) -> Result<i64, ViewError> {
        let hours = self.setting(setting, class, Day::of_instant(at))?;
        Ok(hours.clamp(0, 1 << 24) * 3_600_000_000)
    }

    /// The same of one in minutes.
    pub fn minutes(&mut self, setting: &'static Setting, class: &str, at: i64) -> Result<i64, ViewError> {
        let minutes = self.setting(setting, class, Day::of_instant(at))?;
        Ok(minutes.clamp(0, 1 << 30) * 60_000_000)
    }

    /// Whether a register is complete for a region and a class of product on a day.
    pub fn covered(
        &mut self,
        register: &'static str,
        region: &str,
        class: &str,
        day: Day,
    ) -> Result<bool, ViewError> {
        let key = (register, region.to_owned(), class.to_owned(), day);
        if let Some(known) = self.covered.get(&key) {
            return Ok(*known);
        }
        let covered = !coverage_on(self.view, register, region, class, day)?.is_empty();
        if self.covered.len() >= MAX_ANSWERS {
            self.covered.clear();
        }
        self.covered.insert(key, covered);
        Ok(covered)
    }

    /// Since when that is so without a break that a later statement closes: the earliest first day of those in
    /// force.
    pub(crate) fn covered_since(
        &self,
        register: &str,
        region: &str,
        class: &str,
        day: Day,
    ) -> Result<Option<Day>, ViewError> {
        let rows = coverage_on(self.view, register, region, class, day)?;
        Ok(rows.iter().filter_map(|row| Day::parse(&row.coverage.since)).min())
    }

    /// The entry by which a subject stands on a list on a day.
    pub fn listed(&mut self, list: &'static str, subject: &str, day: Day) -> Result<Option<u64>, ViewError> {
        let key = (list, subject.to_owned(), day);
        if let Some(known) = self.listed.get(&key) {
            return Ok(*known);
        }
        let found = listed_on(self.view, list, subject, day)?.map(|row| row.index);
        if self.listed.len() >= MAX_ANSWERS {
            self.listed.clear();
        }
        self.listed.insert(key, found);
        Ok(found)
    }

    /// A party's row, if it is registered.
    pub fn party(&mut self, id: &str) -> Result<Rc<Option<PartyRow>>, ViewError> {
        if let Some(known) = self.parties.get(id) {
            return Ok(Rc::clone(known));
        }
        let row = Rc::new(if id.is_empty() { None } else { registry::party(self.view, id)? });
        if self.parties.len() >= MAX_HISTORY {
            self.parties.clear();
        }
        self.parties.insert(id.to_owned(), Rc::clone(&row));
        Ok(row)
    }

    /// A site's row, if it is registered.
    pub fn site(&mut self, id: &str) -> Result<Rc<Option<SiteRow>>, ViewError> {
        if let Some(known) = self.sites.get(id) {
            return Ok(Rc::clone(known));
        }
        let row = Rc::new(if id.is_empty() { None } else { registry::site(self.view, id)? });
        if self.sites.len() >= MAX_HISTORY {
            self.sites.clear();
        }
        self.sites.insert(id.to_owned(), Rc::clone(&row));
        Ok(row)
    }

    /// Registrations of a product or number.
    pub fn product(&mut self, text: &str) -> Result<Rc<Option<ProductRow>>, ViewError> {
        if let Some(known) = self.products.get(text) {
            return Ok(Rc::clone(known));
        }
        let row = Rc::new(if text.is_empty() { None } else { registry::product(self.view, text)? });
        if self.products.len() >= MAX_HISTORY {
            self.products.clear();
        }
        self.products.insert(text.to_owned(), Rc::clone(&row));
        Ok(row)
    }

    /// Whether a party has a role on a day.
    pub fn has_role(&mut self, party: &str, role: Role, day: Day) -> Result<bool, ViewError> {
        let row = self.party(party)?;
        Ok(row.as_ref().as_ref().is_some_and(|row| roles_on(row, day).iter().any(|(r, _)| *r == role)))
    }

    /// Whether a party is an authority in a field on a day.
    pub fn is_authority(&mut self, party: &str, field: AuthorityField, day: Day) -> Result<bool, ViewError> {
        let row = self.party(party)?;
        Ok(row.as_ref().as_ref().is_some_and(|row| roles_on(row, day).contains(&(Role::Authority, field))))
    }

    /// Where a party is, as far as registers tell: GB/T 2260 of its code's register, else of its first site;
    /// empty where nothing tells.
    pub fn region(&mut self, party: &str) -> Result<String, ViewError> {
        if let Some(region) = party_region(party) {
            return Ok(region);
        }
        let row = self.party(party)?;
        let mut sites: Vec<&String> = row.iter().flat_map(|row| &row.sites).collect();
        sites.sort();
        for site in sites {
            let row = self.site(site)?;
            let region = row.as_ref().as_ref().and_then(|r| r.site.as_ref()).map(|s| s.region.clone());
            if let Some(region) = region.filter(|r| !r.is_empty()) {
                return Ok(region);
            }
        }
        Ok(String::new())
    }

    /// Whether a party is registered abroad.
    pub fn is_abroad(&mut self, party: &str) -> Result<bool, ViewError> {
        let row = self.party(party)?;
        let country = row.as_ref().as_ref().and_then(|r| r.facts.as_ref()).map(|f| f.country.clone());
        Ok(country.is_some_and(|c| !c.is_empty() && c != "CN"))
    }

    /// Whether a principal lets an agent do this on a day, or the agent has taken the principal's place.
    pub(crate) fn acts_for(
        &self,
        agent: &str,
        principal: &str,
        kind: Kind,
        site: &str,
        day: Day,
    ) -> Result<bool, ViewError> {
        let given = mandates(self.view, principal)?;
        Ok(given.iter().any(|m| mandate_covers(&m.mandate, agent, kind, site, day))
            || succeeds(self.view, agent, principal, site, day)?)
    }
}

/// Whether a place may lie in the region that a statement limits itself to; no limit holds everywhere.
pub(crate) fn lies_in(place: &str, region: &str) -> bool {
    region.is_empty() || (!place.is_empty() && may_lie_in(place, region))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proto::v1;

    use super::*;

    proptest! {
        #[test]
        fn a_list_of_items_names_what_is_in_it_however_long_it_is(
            items in prop::collection::vec("[a-d]{1,2}", 0..40),
            codes in prop::collection::vec("[a-d]{1,2}", 0..3),
        ) {
            let told = Told {
                index: 0,
                kind: Kind::Commission,
                at: 0,
                party: String::new(),
                actor: String::new(),
                site: String::new(),
                body: Body::Commission(v1::Commission { items: items.clone(), ..v1::Commission::default() }),
                cause: 0,
                id: [0; 16],
                sorted: OnceCell::new(),
            };
            let named = items.iter().any(|item| codes.contains(item));
            prop_assert_eq!((told.names(&codes), told.names(&codes)), (named, named));
        }
    }
}
