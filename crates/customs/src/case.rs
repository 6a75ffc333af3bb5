//! A declaration with all that its checks are asked about.

use std::{collections::BTreeSet, rc::Rc};

use custody::{View, ViewError, tables::RegistrationRow};
use proto::v1::{
    CustomsDecision, CustomsLine, DeclarationLine, DeclareImport, ImportFiling, Watch, statement::Body,
};
use rules::read::{Facts, Reader, Told, outcome_of};
use statement::{Day, Kind, SubjectKind, registration_product};

use crate::{
    Error,
    answer::{Check, Verdict},
    check, decision,
    source::{self, Legs, Source},
    state::State,
};

/// Packages of a declaration that are looked at one by one; no statement names more.
pub const MAX_PACKAGES: usize = 4_000;
const _: () = assert!(MAX_PACKAGES == statement::MAX_ITEMS);
/// Subjects over which rules are asked, packages and what is in them included.
pub const MAX_EXAMINED: usize = 4_096;

/// A Watch that who asks may read.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its entry.
    pub entry: u64,
    /// What is watched for, and in which case.
    pub watch: Watch,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// "decl:NO".
    pub declaration: &'q str,
    /// µs since the Unix epoch: by which findings are due, holds over, lists in force.
    pub as_of: i64,
    /// Watches that who asks may read; nothing of them shows to anybody else.
    pub watches: &'q [Watched],
}

/// The officer's page.
#[derive(Clone, Debug)]
pub struct ImportLot {
    /// "decl:NO".
    pub declaration: String,
    /// Customs office, four digits.
    pub office: String,
    /// How far it has come.
    pub state: State,
    /// Entry of the declaration; `None` where customs decided without one.
    pub declared: Option<u64>,
    /// When it was declared, else decided, µs.
    pub declared_at: i64,
    /// Goods go into bond.
    pub bonded: bool,
    /// Its lines, as declared, else as customs have them.
    pub lines: Vec<DeclarationLine>,
    /// Its lots, in order of the lines.
    pub lots: Vec<LotFacts>,
    /// Entries of customs' decisions, in order of occurrence.
    pub decisions: Vec<u64>,
    /// Who made, sent, declared and moved the goods.
    pub source: Source,
    /// In the order of [`CheckKind`](crate::CheckKind).
    pub checks: Vec<Check>,
    /// What they come to.
    pub verdict: Verdict,
    /// What the officer may sign; `None` once customs have decided for good.
    pub draft: Option<CustomsDecision>,
    /// False where more is recorded than one answer reads.
    pub whole: bool,
}

/// What is known of a lot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LotFacts {
    /// "lot:…".
    pub lot: String,
    /// "gtin:…" and the like; may be empty.
    pub product: String,
    /// Registration or approval number; may be empty.
    pub registration: String,
    /// Name of the product as registered.
    pub name: String,
    /// Class of product as registered.
    pub class: String,
    /// Day of manufacture.
    pub made_on: Option<Day>,
    /// Last day of use.
    pub expires_on: Option<Day>,
}

/// A lot of the declaration.
pub(crate) struct Lot {
    pub(crate) lot: String,
    pub(crate) lines: Vec<DeclarationLine>,
    pub(crate) facts: Facts,
    /// Number by which it is registered, by its maker, else its importer, else the port's drug authority.
    pub(crate) number: String,
    /// Under that number.
    pub(crate) registration: Option<RegistrationRow>,
    /// Statements that name the lot and count, in fold order.
    pub(crate) told: Vec<Rc<Told>>,
    /// Its shipments, whoever's.
    pub(crate) legs: Legs,
}

impl Lot {
    pub(crate) fn class(&self) -> &str {
        self.registration.as_ref().map_or_else(|| self.facts.class(), |row| &row.registration.product_class)
    }

    /// Whether it is a device; drugs have no class.
    pub(crate) fn device_class(&self) -> u32 {
        self.registration.as_ref().map_or(0, |row| row.registration.device_class)
    }

    pub(crate) fn packages(&self) -> impl Iterator<Item = &String> {
        self.lines.iter().flat_map(|line| &line.items)
    }

    /// Filings of the lot, in fold order.
    pub(crate) fn filings(&self) -> impl DoubleEndedIterator<Item = (&Rc<Told>, &ImportFiling)> {
        self.told.iter().filter_map(|told| match &told.body {
            Body::ImportFiling(b) if b.lots.iter().any(|l| l.lot == self.lot) => Some((told, b)),
            _ => None,
        })
    }

    /// Entries of the statements by which it was made.
    pub(crate) fn origin(&self) -> impl Iterator<Item = u64> {
        self.facts.origin.into_iter()
    }

    fn facts(&self) -> LotFacts {
        let registered = self.registration.as_ref().map(|row| &row.registration);
        LotFacts {
            lot: self.lot.clone(),
            product: self.facts.product.clone(),
            registration: self.number.clone(),
            name: registered.map(|r| r.name.clone()).unwrap_or_default(),
            class: self.class().to_owned(),
            made_on: self.facts.made_on,
            expires_on: self.facts.expires_on,
        }
    }
}

/// What checks are asked about.
pub(crate) struct Case {
    pub(crate) declaration: String,
    pub(crate) as_of: i64,
    pub(crate) declared: Option<Rc<Told>>,
    /// As declared; where nobody has declared, made of customs' own lines.
    pub(crate) body: DeclareImport,
    pub(crate) importer: String,
    /// Where the importer is; empty where registers do not tell.
    pub(crate) region: String,
    /// When it was declared, else decided.
    pub(crate) at: i64,
    /// Customs' decisions on it, in fold order.
    pub(crate) decisions: Vec<Rc<Told>>,
    pub(crate) lots: Vec<Lot>,
    pub(crate) whole: bool,
}

impl Case {
    pub(crate) fn day(&self) -> Day {
        Day::of_instant(self.at)
    }

    pub(crate) fn today(&self) -> Day {
        Day::of_instant(self.as_of)
    }

    /// The customs office, four digits.
    pub(crate) fn office(&self) -> &str {
        office_of(&self.declaration)
    }

    /// The filing of a lot that the declaration rests on: the one it names, else the importer's last, else the last.
    pub(crate) fn filing<'l>(&self, lot: &'l Lot) -> Option<(&'l Rc<Told>, &'l ImportFiling)> {
        let named = lot.filings().rfind(|(_, b)| !b.number.is_empty() && b.number == self.body.clearance);
        named
            .or_else(|| lot.filings().rfind(|(_, b)| b.importer == self.importer))
            .or_else(|| lot.filings().next_back())
    }

    /// When a lot was filed; where nobody has filed it, when it was declared.
    pub(crate) fn filed_on(&self, lot: &Lot) -> Day {
        self.filing(lot).map_or_else(|| self.day(), |(told, _)| told.day())
    }

    /// Entry of the declaration.
    pub(crate) fn entry(&self) -> impl Iterator<Item = u64> {
        self.declared.iter().map(|told| told.index)
    }

    /// Parties that have a part in the import.
    pub(crate) fn parties(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::from([self.importer.clone(), self.body.consignor.clone()]);
        all.extend(self.declared.iter().map(|told| told.party.clone()));
        for lot in &self.lots {
            all.insert(lot.facts.maker.clone());
            if let Some(row) = &lot.registration {
                all.extend([row.registration.holder.clone(), row.registration.agent.clone()]);
            }
            all.extend(lot.legs.parties());
        }
        all.remove("");
        all
    }
}

/// Office of a declaration: the first four digits of its number.
pub(crate) fn office_of(declaration: &str) -> &str {
    declaration.strip_prefix("decl:").and_then(|number| number.get(..4)).unwrap_or("")
}

/// Statements that are read of each lot.
const fn is_wanted(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Commission
            | Kind::Transform
            | Kind::Adjust
            | Kind::Ship
            | Kind::ImportFiling
            | Kind::DeclareImport
            | Kind::CustomsDecision
            | Kind::Sample
            | Kind::TestReport
            | Kind::Condition
    )
}

/// What an importer declared last, and what customs decided.
type DeclaredAndDecided = (Option<Rc<Told>>, Vec<Rc<Told>>);

/// What customs found, as the importer would have declared it.
fn as_declared(line: &CustomsLine) -> DeclarationLine {
    DeclarationLine {
        number: line.number,
        lot: line.lot.clone(),
        items: line.items.clone(),
        quantity: line.quantity.clone(),
        hs: line.hs.clone(),
        origin: line.origin.clone(),
        registration: String::new(),
    }
}

/// Declaration and decisions under a number, in fold order; `None` where more names it than is read.
pub(crate) fn under(
    reader: &mut Reader<'_>,
    declaration: &str,
) -> Result<Option<DeclaredAndDecided>, ViewError> {
    let wanted = |k| matches!(k, Kind::DeclareImport | Kind::CustomsDecision);
    let Some(told) = reader.about(SubjectKind::Document, declaration, &wanted)? else { return Ok(None) };
    let is_ours = |t: &Rc<Told>| match &t.body {
        Body::DeclareImport(b) => b.declaration == declaration,
        Body::CustomsDecision(b) => b.declaration == declaration,
        _ => false,
    };
    let (declared, decisions): (Vec<_>, Vec<_>) =
        told.into_iter().filter(is_ours).partition(|t| t.kind == Kind::DeclareImport);
    Ok(Some((declared.into_iter().next_back(), decisions)))
}

impl Case {
    fn read(reader: &mut Reader<'_>, question: &Question<'_>) -> Result<Self, Error> {
        let declaration = question.declaration;
        let found = under(reader, declaration)?;
        let mut whole = found.is_some();
        let (declared, decisions) = found.unwrap_or_default();
        let body = match declared.as_ref().map(|told| &told.body) {
            Some(Body::DeclareImport(b)) => b.clone(),
            _ => decided(&decisions).ok_or(Error::Unknown)?,
        };
        let at = declared.as_ref().or_else(|| decisions.first()).map_or(0, |told| told.at);
        let importer = declared.as_ref().map(|told| told.actor.clone()).unwrap_or_default();
        let region = if importer.is_empty() { String::new() } else { reader.region(&importer)? };
        let mut names: Vec<&String> = Vec::new();
        for line in &body.lines {
            if !names.contains(&&line.lot) {
                names.push(&line.lot);
            }
        }
        let mut lots = Vec::with_capacity(names.len());
        for name in names {
            let lines = body.lines.iter().filter(|line| line.lot == *name).cloned().collect();
            let (lot, all) = lot(reader, name, lines)?;
            whole &= all;
            lots.push(lot);
        }
        Ok(Self {
            declaration: declaration.to_owned(),
            as_of: question.as_of,
            declared,
            body,
            importer,
            region,
            at,
            decisions,
            lots,
            whole,
        })
    }
}

/// The lines of customs' last decision, as a declaration.
fn decided(decisions: &[Rc<Told>]) -> Option<DeclareImport> {
    let Body::CustomsDecision(b) = &decisions.last()?.body else { return None };
    let lines = b.lines.iter().map(as_declared).collect();
    Some(DeclareImport { declaration: b.declaration.clone(), lines, ..DeclareImport::default() })
}

/// A lot with what is recorded about it, and whether that is all.
fn lot(reader: &mut Reader<'_>, name: &str, lines: Vec<DeclarationLine>) -> Result<(Lot, bool), Error> {
    let told = reader.about(SubjectKind::Item, name, &is_wanted)?;
    let mut whole = told.is_some();
    let told = told.unwrap_or_default();
    let facts = reader.lot_facts(name)?;
    let declared = lines.iter().map(|line| line.registration.clone());
    let filed = told.iter().filter_map(|t| match &t.body {
        Body::ImportFiling(b) => Some(b.registration.clone()),
        _ => None,
    });
    let mut numbers = [facts.number.clone()].into_iter().chain(declared).chain(filed);
    let number = numbers.find(|number| !number.is_empty()).unwrap_or_default();
    let row = reader.product(&registration_product(&number).unwrap_or_default())?;
    let row =
        row.iter().flat_map(|row| &row.registrations).find(|r| r.registration.number == number).cloned();
    let (legs, all) = source::legs(reader, name, &told)?;
    whole &= all;
    Ok((Lot { lot: name.to_owned(), lines, facts, number, registration: row, told, legs }, whole))
}

/// What customs ask of a declaration.
///
/// # Errors
/// [`Error::Unknown`] where nobody has declared or decided under the number, or the view failed.
pub fn verify(view: &dyn View, question: &Question<'_>) -> Result<ImportLot, Error> {
    let mut reader = Reader::new(view);
    let mut case = Case::read(&mut reader, question)?;
    let (checks, whole) = check::all(&mut reader, &case, question.watches)?;
    case.whole &= whole;
    let state = State::of(&case);
    let verdict = Verdict::of(&checks, case.whole);
    let draft = decision::draft(&case, &checks, state);
    Ok(ImportLot {
        office: case.office().to_owned(),
        state,
        declared: case.declared.as_ref().map(|told| told.index),
        declared_at: case.at,
        bonded: case.body.bonded,
        lots: case.lots.iter().map(Lot::facts).collect(),
        decisions: case.decisions.iter().map(|told| told.index).collect(),
        source: source::of(&mut reader, &case)?,
        checks,
        verdict,
        draft,
        whole: case.whole,
        lines: case.body.lines.clone(),
        declaration: case.declaration,
    })
}

/// What customs decided last.
pub(crate) fn last_outcome(decisions: &[Rc<Told>]) -> Option<proto::v1::CustomsOutcome> {
    let Body::CustomsDecision(b) = &decisions.last()?.body else { return None };
    Some(b.outcome())
}

/// What other declarations of a lot went into bond, by their last decision that names it.
pub(crate) fn went_into_bond<'c>(case: &'c Case, lot: &'c Lot) -> impl Iterator<Item = &'c CustomsDecision> {
    lot.told.iter().filter_map(move |told| match &told.body {
        Body::CustomsDecision(b) if b.declaration != case.declaration => {
            let ours = b.lines.iter().filter(|line| line.lot == lot.lot);
            let entered = |line: &CustomsLine| outcome_of(b, line) == proto::v1::CustomsOutcome::BondedEntry;
            ours.into_iter().any(entered).then_some(b)
        }
        _ => None,
    })
}
