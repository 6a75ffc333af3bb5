//! What an entry may change: the subjects to be judged anew after it.
//!
//! | entry | subjects |
//! | --- | --- |
//! | any statement | itself, by its original |
//! | about goods | its items, as recorded, as corrected and as they count now, under each of their codes; of containers all that was ever packed into them; its lots, and their amounts at the parties it names |
//! | a side of a shipment | the other side's items and amounts |
//! | about a lot (Hold, Recall, Lift, Sample, Inspection, filings, customs, reports) | all items of the lot, and its amounts at everybody |
//! | Commission, Transform, Adjust, Alias | the lot's amounts at everybody; the statements and parcels that name its items |
//! | about goods | the containers into which they were packed |
//! | under a declaration or waybill | the items of what else stands under it |
//! | PostalCheck | the carrier's week |
//! | Licence with suspension or revocation, NamedList, Inspection or Hold of a party | what the party has stated since |
//! | RevokeKey with `compromised_since` | the party's statements since |
//!
//! Registers change what is found of much that they do not name. What has hits already is named by [`Again`]; what a
//! register would open retroactively beyond the rows above (Registration, Designation, a Hold of a whole product) is found when the
//! goods are next named; Coverage, Policy and lists as a whole ask for everything to be judged anew; UNDER_PURCHASE counts anew when its party next
//! receives goods. All of it is bounded by [`MAX_SUBJECTS`] and
//! [`MAX_HISTORY`](crate::MAX_HISTORY); where a bound is met, `whole` is false, and everything of the lot or
//! party should be judged anew at leisure.

use std::collections::BTreeSet;

use custody::{
    View, ViewError, content,
    response::{document, receives_of, ships_of},
    root_of,
    tables::{Touch, statement_index, subject_by_text, touches},
};
use proto::v1::statement::Body;
use statement::{
    Day, GoodsAct, Kind, Relation, Statement, SubjectKind, id_bytes, visit_act_subjects, visit_subjects,
};

use crate::{
    reader::{MAX_HISTORY, Reader},
    rule::Rule,
    subject::Subject,
    thing::codes,
    week::Week,
};

/// Subjects that one entry may name.
pub const MAX_SUBJECTS: usize = 16_384;

/// µs of a day, and of the offset of China.
const DAY_US: i64 = 86_400_000_000;
const CHINA_US: i64 = 8 * 3_600_000_000;

/// Most that a statement may be recorded ahead of when it happens, with room to spare.
const AHEAD_US: i64 = 600_000_000;

/// Hits that are kept and are to be judged anew: the subjects of those that are about this.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Again {
    /// Hits of a party, of these rules (none = all).
    Party(String, Vec<Rule>),
    /// Hits about a product, or lots of it.
    Product(String),
    /// All hits.
    Everything,
}

/// What an entry may change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affected {
    /// To be judged anew.
    pub subjects: BTreeSet<Subject>,
    /// Hits whose subjects are to be judged anew.
    pub again: BTreeSet<Again>,
    /// No bound was met.
    pub whole: bool,
}

/// What the entry at `index` may change, by the state of the view that holds it.
///
/// # Errors
/// The view cannot be read, or the entry is not in it.
pub fn affected(view: &dyn View, index: u64) -> Result<Affected, ViewError> {
    let entry = view.entry(index)?.ok_or_else(|| ViewError(format!("entry {index} is not in the log")))?;
    let mut search = Search {
        reader: Reader::new(view),
        found: Affected { whole: true, ..Affected::default() },
        items: BTreeSet::new(),
        lots: BTreeSet::new(),
        parties: BTreeSet::new(),
        made: BTreeSet::new(),
    };
    // Genesis, seals and access digests say nothing about goods.
    if entry.envelope.is_empty() {
        return Ok(search.found);
    }
    let Ok(statement) = Statement::recorded(entry.payload) else { return Ok(search.found) };
    let root = match statement.body() {
        Body::Endorse(b) => {
            let Some(target) = &b.target else { return Ok(search.found) };
            let target = statement_index(view, &target.party, &id_bytes(&target.id))?;
            target.map_or(Ok(index), |target| root_of(view, target))?
        }
        _ => root_of(view, index)?,
    };
    search.statement(&statement)?;
    if root != index {
        let original = view.entry(root)?.and_then(|e| Statement::recorded(e.payload).ok());
        if let Some(original) = original {
            search.statement(&original)?;
            search.original(root, &original)?;
        }
    } else {
        search.original(root, &statement)?;
    }
    search.finish()
}

struct Search<'v> {
    reader: Reader<'v>,
    found: Affected,
    items: BTreeSet<String>,
    lots: BTreeSet<String>,
    parties: BTreeSet<String>,
    /// Items of which is told anew where they were made.
    made: BTreeSet<String>,
}

impl Search<'_> {
    /// What a statement names by itself, or a Correct in place of another.
    fn statement(&mut self, statement: &Statement) -> Result<(), ViewError> {
        let mut documents = Vec::new();
        visit_subjects(statement, &mut |relation, text| self.note(relation, text, &mut documents));
        self.documents(documents)?;
        self.register(statement)
    }

    fn note(&mut self, relation: Relation, text: &str, documents: &mut Vec<String>) {
        match relation.subject_kind() {
            Some(SubjectKind::Item) if text.starts_with("lot:") => drop(self.lots.insert(text.into())),
            Some(SubjectKind::Item) => drop(self.items.insert(text.into())),
            Some(SubjectKind::Document) => documents.push(text.into()),
            Some(SubjectKind::Activity) => drop(self.parties.insert(text.into())),
            _ => {}
        }
    }

    fn body(&mut self, body: &Body) -> Result<(), ViewError> {
        let mut documents = Vec::new();
        if let Some(act) = GoodsAct::of(body) {
            visit_act_subjects(act, &mut |relation, text| self.note(relation, text, &mut documents));
        }
        self.documents(documents)
    }

    /// What else stands under a declaration or waybill.
    fn documents(&mut self, documents: Vec<String>) -> Result<(), ViewError> {
        for text in documents {
            if text.starts_with("decl:") {
                self.found.subjects.insert(Subject::Declaration(text.clone()));
                let wanted = |k| matches!(k, Kind::DeclareImport | Kind::CustomsDecision);
                let told = self.reader.about(SubjectKind::Document, &text, &wanted)?;
                self.found.whole &= told.is_some();
                for told in told.unwrap_or_default() {
                    if let Some(act) = GoodsAct::of(&told.body) {
                        visit_act_subjects(act, &mut |relation, text| {
                            self.note(relation, text, &mut Vec::new());
                        });
                    }
                }
            } else if text.starts_with("waybill:") {
                for ship in document(self.reader.view, &text)?.ships {
                    self.ship(ship.index)?;
                }
            }
        }
        Ok(())
    }

    /// The goods of a statement as it counts now, without following it further.
    fn ship(&mut self, root: u64) -> Result<(), ViewError> {
        let Some(told) = self.reader.told(root)? else { return Ok(()) };
        self.parties.insert(told.actor.clone());
        if let Some(act) = GoodsAct::of(&told.body) {
            visit_act_subjects(act, &mut |relation, text| self.note(relation, text, &mut Vec::new()));
        }
        Ok(())
    }

    /// The original with what counts of it, what answers it, and what hangs on it.
    fn original(&mut self, root: u64, original: &Statement) -> Result<(), ViewError> {
        self.found.subjects.insert(Subject::Act(root));
        self.parties.insert(original.actor().to_owned());
        let now = content(self.reader.view, root)?;
        if let Some(now) = &now {
            self.body(&now.body)?;
        }
        let party = original.actor().to_owned();
        match original.kind() {
            Kind::Ship => {
                for receive in receives_of(self.reader.view, root)? {
                    self.ship(receive)?;
                }
            }
            Kind::Receive => {
                for ship in ships_of(self.reader.view, root)? {
                    self.ship(ship)?;
                }
                self.found.again.insert(Again::Party(party, vec![Rule::UnderPurchase]));
            }
            Kind::Commission | Kind::Transform | Kind::Adjust | Kind::Alias => {
                self.made.clone_from(&self.items)
            }
            Kind::PostalCheck => {
                let instants = [Some(original.header().occurred_at), now.map(|c| c.occurred_at)];
                for at in instants.into_iter().flatten() {
                    let (party, week) = (party.clone(), Week::of(at));
                    self.found.subjects.insert(Subject::PartyWeek { party, week });
                }
            }
            _ => {}
        }
        self.named(original)?;
        let lots = self.lots.clone();
        for lot in lots {
            self.lot(&lot, reaches_items(original.kind()))?;
        }
        Ok(())
    }

    /// Goods of the statement that one about goods names: a shipment, a Hold.
    fn named(&mut self, original: &Statement) -> Result<(), ViewError> {
        let named = match original.body() {
            Body::Condition(b) => b.shipment.as_ref(),
            Body::Lift(b) => b.hold.as_ref(),
            Body::TestReport(b) => b.sample.as_ref(),
            _ => None,
        };
        let Some(named) = named else { return Ok(()) };
        match statement_index(self.reader.view, &named.party, &id_bytes(&named.id))? {
            Some(index) => self.ship(index),
            None => Ok(()),
        }
    }

    /// A lot as a whole: its amounts at everybody, and where that is asked for its items.
    fn lot(&mut self, lot: &str, items: bool) -> Result<(), ViewError> {
        let Some(record) = subject_by_text(self.reader.view, SubjectKind::Item, lot)? else { return Ok(()) };
        let found = self.touched(record.number, 0)?;
        for told in self.reader.of_touches(&found, &|_| true)? {
            self.stock(lot, &told.actor);
            match &told.body {
                Body::Ship(b) => self.stock(lot, &b.addressee),
                Body::Commission(b) if items && b.lot == lot => self.items.extend(b.items.iter().cloned()),
                Body::Transform(b) if items && b.lot == lot => self.items.extend(b.outputs.iter().cloned()),
                Body::Adjust(b) if items => {
                    let ours = b.lines.iter().filter(|l| l.item_lot == lot && !l.item.is_empty());
                    self.items.extend(ours.map(|l| l.item.clone()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn stock(&mut self, lot: &str, party: &str) {
        if !party.is_empty() {
            self.found.subjects.insert(Subject::Stock { lot: lot.into(), party: party.into() });
        }
    }

    /// What registers and authorities say about parties and products.
    fn register(&mut self, statement: &Statement) -> Result<(), ViewError> {
        let party = |party: &str| Again::Party(party.to_owned(), Vec::new());
        let at = statement.header().occurred_at;
        match statement.body() {
            Body::Party(b) => drop(self.found.again.insert(party(&b.party))),
            Body::Site(b) => drop(self.found.again.insert(party(&b.party))),
            Body::Mandate(b) => {
                self.found.again.extend([party(&statement.header().party), party(&b.agent)]);
            }
            Body::Succession(b) => self.found.again.extend([party(&b.predecessor), party(&b.successor)]),
            Body::Licence(b) => {
                let site = self.reader.site(&b.site)?;
                let owner = site.as_ref().as_ref().and_then(|s| s.site.as_ref()).map(|s| s.party.clone());
                if let Some(owner) = owner {
                    self.found.again.insert(party(&owner));
                    let days = [&b.suspended_from, &b.revoked_on].into_iter().filter_map(|d| Day::parse(d));
                    if let Some(from) = days.min() {
                        self.since(&owner, instant(from))?;
                    }
                }
            }
            Body::Registration(b) => {
                self.found.again.extend(b.products.iter().cloned().map(Again::Product));
                let number = statement::registration_product(&b.number);
                self.found.again.extend(number.map(Again::Product));
            }
            Body::Designation(b) => {
                let row = self.reader.registration(&b.registration, "")?;
                self.found.again.extend(row.iter().flat_map(|r| r.products.clone()).map(Again::Product));
                self.found.again.extend(b.wholesalers.iter().map(|w| party(w)));
            }
            Body::NamedList(b) => {
                for entry in &b.entries {
                    self.found.again.insert(party(&entry.subject));
                    self.found.again.insert(Again::Product(entry.subject.clone()));
                    if let Some(from) = Day::parse(&entry.valid_from) {
                        let stated = Day::of_instant(at);
                        self.since(&entry.subject, instant(from.max(stated)))?;
                    }
                }
                if b.whole {
                    self.found.again.insert(Again::Everything);
                }
            }
            Body::Coverage(_) | Body::Policy(_) => drop(self.found.again.insert(Again::Everything)),
            Body::RevokeKey(b) => {
                self.found.again.insert(party(&b.party));
                if b.compromised_since > 0 {
                    self.since(&b.party, b.compromised_since)?;
                }
            }
            Body::Inspection(b) => self.since(&b.party, at)?,
            Body::Hold(b) => {
                self.found.again.extend(b.products.iter().cloned().map(Again::Product));
                if !b.party.is_empty() {
                    self.since(&b.party, at)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Entries from one on that name a subject, as many as are judged; where there are more, not everything is found.
    fn touched(&mut self, number: u64, from: u64) -> Result<Vec<Touch>, ViewError> {
        let mut found = Vec::new();
        touches(self.reader.view, number, from, &mut |touch| {
            found.push(touch);
            Ok(found.len() <= MAX_HISTORY)
        })?;
        self.found.whole &= found.len() <= MAX_HISTORY;
        Ok(found)
    }

    /// What a party has stated that was recorded since an instant.
    fn since(&mut self, party: &str, at: i64) -> Result<(), ViewError> {
        let Some(record) = subject_by_text(self.reader.view, SubjectKind::Activity, party)? else {
            return Ok(());
        };
        // What happens is recorded afterwards, or a little ahead of its time.
        let first = self.reader.entry_at(at.saturating_sub(AHEAD_US))?;
        let found = self.touched(record.number, first)?;
        for told in self.reader.of_touches(&found, &|_| true)? {
            self.found.subjects.insert(Subject::Act(told.index));
            if let Some(act) = GoodsAct::of(&told.body) {
                visit_act_subjects(act, &mut |relation, text| self.note(relation, text, &mut Vec::new()));
            }
            if let Body::Receive(_) = &told.body {
                for ship in ships_of(self.reader.view, told.index)? {
                    self.ship(ship)?;
                }
            }
        }
        Ok(())
    }

    /// What is judged by the lot of an item that it names: statements under a lost key, parcels.
    fn named_by(&mut self, item: &str) -> Result<(), ViewError> {
        let Some(record) = subject_by_text(self.reader.view, SubjectKind::Item, item)? else { return Ok(()) };
        // Most are named for the first time.
        if record.count < 2 {
            return Ok(());
        }
        let found = self.touched(record.number, 0)?;
        for told in self.reader.of_touches(&found, &|_| true)? {
            self.found.subjects.insert(Subject::Act(told.index));
            if told.kind == Kind::PostalCheck {
                let (party, week) = (told.actor.clone(), Week::of(told.at));
                self.found.subjects.insert(Subject::PartyWeek { party, week });
            }
        }
        Ok(())
    }

    /// Containers into which things were packed, at any depth: findings about them are about the lots inside.
    fn containers(&mut self) -> Result<(), ViewError> {
        let mut next: Vec<String> = self.items.iter().cloned().collect();
        let mut known = BTreeSet::new();
        while let Some(item) = next.pop() {
            let Some(record) = subject_by_text(self.reader.view, SubjectKind::Item, &item)? else { continue };
            let mut found = self.touched(record.number, 0)?;
            found.retain(|touch| {
                let kind = Kind::try_from(i32::from(touch.kind)).unwrap_or_default();
                matches!(touch.relation, Relation::Child | Relation::Target)
                    && matches!(kind, Kind::Pack | Kind::Correct)
            });
            for told in self.reader.of_touches(&found, &|k| k == Kind::Pack)? {
                let Body::Pack(b) = &told.body else { continue };
                if known.len() == MAX_SUBJECTS {
                    self.found.whole &= known.contains(&b.parent);
                } else if known.insert(b.parent.clone()) {
                    self.found.subjects.insert(Subject::Item(b.parent.clone()));
                    next.push(b.parent.clone());
                }
            }
        }
        Ok(())
    }

    /// Turns what was gathered into subjects.
    fn finish(mut self) -> Result<Affected, ViewError> {
        for item in std::mem::take(&mut self.made) {
            self.named_by(&item)?;
        }
        self.containers()?;
        for lot in std::mem::take(&mut self.lots) {
            self.found.subjects.insert(Subject::Lot(lot.clone()));
            for party in self.parties.clone() {
                self.stock(&lot, &party);
            }
        }
        let mut next: Vec<String> = self.items.iter().cloned().collect();
        while let Some(item) = next.pop() {
            if self.found.subjects.len() >= MAX_SUBJECTS {
                self.found.whole = false;
                break;
            }
            for code in codes(self.reader.view, &item)? {
                self.found.subjects.insert(Subject::Item(code));
            }
            self.found.subjects.insert(Subject::Item(item.clone()));
            let inside = self.reader.packed_into(&item)?;
            next.extend(inside.into_iter().filter(|child| self.items.insert(child.clone())));
        }
        Ok(self.found)
    }
}

/// First instant of a day in China.
fn instant(day: Day) -> i64 {
    i64::from(day.0) * DAY_US - CHINA_US
}

/// Whether what a kind says of a lot is said of each of its items.
const fn reaches_items(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Hold
            | Kind::Recall
            | Kind::Lift
            | Kind::Sample
            | Kind::Inspection
            | Kind::Opinion
            | Kind::ImportFiling
            | Kind::DeclareImport
            | Kind::CustomsDecision
            | Kind::TestReport
            | Kind::Condition
    )
}
