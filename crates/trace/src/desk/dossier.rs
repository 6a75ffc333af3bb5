//! 随货资料: the papers of a lot, which suppliers hand over as stamped copies.

use std::collections::BTreeSet;

use custody::{
    Content, View, ViewError, content,
    registry::{party, product, site, sites_of},
    root_of,
    tables::{subject_by_text, touches},
};
use gs1::LotRef;
use proto::v1::{Licence, Registration, statement::Body};
use statement::{
    Day, GoodsAct, Kind, Relation, SubjectKind, registration_product, visit_act_subjects, within,
};

use super::{
    facts::{Facts, ItemFacts},
    paper::Paper,
};
use crate::{
    Error,
    budget::Budget,
    standing::{Everything, Sees},
};

/// Papers of one lot that are told, and Commissions that are read.
const MAX_PAPERS: usize = 1_000;
/// Bytes of papers after which no more are told.
const MAX_BYTES: usize = 32 << 20;
/// Licences that are told.
const MAX_LICENCES: usize = 256;

/// The papers of a lot.
#[derive(Clone, Debug, Default)]
pub struct Dossier {
    /// Canonical lot.
    pub lot: String,
    /// What its first Commission says.
    pub facts: ItemFacts,
    /// Registrations under the number its Commissions name.
    pub registrations: Vec<RegistrationPaper>,
    /// Licences of makers, importers and suppliers.
    pub licences: Vec<PartyLicence>,
    /// Papers about the lot, in order of recording.
    pub papers: Vec<Paper>,
    /// Something was left out.
    pub truncated: bool,
}

/// A registration with its entry.
#[derive(Clone, Debug)]
pub struct RegistrationPaper {
    /// As stated.
    pub registration: Registration,
    /// Entry.
    pub index: u64,
    /// Valid on the day of manufacture; false where that is unknown.
    pub valid_when_made: bool,
}

/// A licence with the party whose site it is for.
#[derive(Clone, Debug)]
pub struct PartyLicence {
    /// The party.
    pub party: String,
    /// As stated.
    pub licence: Licence,
    /// Entry.
    pub index: u64,
}

/// Whether a kind is a paper of a lot.
const fn is_paper(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ImportFiling
            | Kind::DeclareImport
            | Kind::CustomsDecision
            | Kind::Sample
            | Kind::TestReport
            | Kind::Recall
            | Kind::Hold
            | Kind::Lift
    )
}

const fn makes(kind: Kind) -> bool {
    matches!(kind, Kind::Commission | Kind::Transform)
}

/// Whether a paper as it counts now is about the lot: it names it, or a statement that does.
fn is_about(body: &Body, lot: &str) -> bool {
    let through = match body {
        Body::TestReport(b) => b.sample.is_some() || b.retest_of.is_some(),
        Body::Lift(_) => true,
        _ => false,
    };
    let mut named = through;
    if let Some(act) = GoodsAct::of(body) {
        visit_act_subjects(act, &mut |relation, text| named |= relation == Relation::Lot && text == lot);
    }
    named
}

/// The papers of a lot. `suppliers`: parties whose licences belong to it beside those of makers and
/// importers.
///
/// # Errors
/// [`Error::NotAnItem`] where the text is no canonical lot, [`Error::Unknown`] where no entry names it, or
/// the view failed.
pub fn dossier<V: View + ?Sized>(
    view: &V,
    lot: &str,
    suppliers: &BTreeSet<String>,
) -> Result<Dossier, Error> {
    dossier_within(view, lot, suppliers, &Everything, MAX_BYTES)
}

/// The same by the statements that a reader may see, for who has no part in the lot.
///
/// # Errors
/// As [`dossier`].
pub fn dossier_seen<V: View + ?Sized>(view: &V, lot: &str, sees: &dyn Sees) -> Result<Dossier, Error> {
    dossier_within(view, lot, &BTreeSet::new(), sees, MAX_BYTES)
}

pub(crate) fn dossier_within<V: View + ?Sized>(
    view: &V,
    lot: &str,
    suppliers: &BTreeSet<String>,
    sees: &dyn Sees,
    max_bytes: usize,
) -> Result<Dossier, Error> {
    LotRef::parse(lot).map_err(Error::NotAnItem)?;
    let record = subject_by_text(view, SubjectKind::Item, lot)?.ok_or(Error::Unknown)?;
    let mut dossier = Dossier { lot: lot.to_owned(), ..Dossier::default() };
    let mut roots = Roots::of(view, record.number)?;
    roots.keep(sees)?;
    dossier.truncated = roots.truncated;
    let mut parties = dossier.origin(view, &roots.commissions)?;
    parties.extend(dossier.read_papers(view, &roots.papers, max_bytes)?);
    parties.extend(suppliers.iter().cloned());
    for id in parties {
        dossier.licences_of(view, &id)?;
    }
    Ok(dossier)
}

/// Originals that name a lot, by themselves or as corrected, ascending.
#[derive(Default)]
struct Roots {
    papers: BTreeSet<u64>,
    commissions: BTreeSet<u64>,
    truncated: bool,
}

impl Roots {
    fn of<V: View + ?Sized>(view: &V, number: u64) -> Result<Self, ViewError> {
        let mut roots = Self::default();
        let mut budget = Budget::default();
        let mut corrected = BTreeSet::new();
        touches(view, number, 0, &mut |touch| {
            match Kind::try_from(i32::from(touch.kind)) {
                Ok(kind) if makes(kind) => drop(roots.commissions.insert(touch.index)),
                Ok(kind) if is_paper(kind) => drop(roots.papers.insert(touch.index)),
                Ok(Kind::Correct) => drop(corrected.insert(root_of(view, touch.index)?)),
                _ => {}
            }
            Ok(budget.spend(1))
        })?;
        // What a Correct has added the lot to: its kind is the original's.
        for root in corrected {
            if roots.commissions.contains(&root) || roots.papers.contains(&root) {
                continue;
            }
            if !budget.read() {
                break;
            }
            match content(view, root)?.map(|c| c.root.kind()) {
                Some(kind) if makes(kind) => drop(roots.commissions.insert(root)),
                Some(kind) if is_paper(kind) => drop(roots.papers.insert(root)),
                _ => {}
            }
        }
        roots.truncated = budget.exhausted;
        Ok(roots)
    }
}

impl Roots {
    /// Leaves out what a reader may not see.
    fn keep(&mut self, sees: &dyn Sees) -> Result<(), ViewError> {
        if sees.is_everything() {
            return Ok(());
        }
        for roots in [&mut self.papers, &mut self.commissions] {
            for root in roots.clone() {
                if !sees.statement(root)? {
                    roots.remove(&root);
                }
            }
        }
        Ok(())
    }
}

impl Dossier {
    /// The papers that count, until there are enough; returns who has declared the lot.
    fn read_papers<V: View + ?Sized>(
        &mut self,
        view: &V,
        roots: &BTreeSet<u64>,
        max_bytes: usize,
    ) -> Result<BTreeSet<String>, ViewError> {
        let mut declarants = BTreeSet::new();
        let mut bytes = 0;
        for &root in roots {
            if self.papers.len() == MAX_PAPERS || bytes > max_bytes {
                self.truncated = true;
                break;
            }
            let Some(content) = content(view, root)?.filter(|c| is_about(&c.body, &self.lot)) else {
                continue;
            };
            bytes += weight(&content);
            let kind = content.root.kind();
            if kind == Kind::DeclareImport {
                declarants.insert(content.root.actor().to_owned());
            }
            self.papers.push(Paper { content, kind });
        }
        Ok(declarants)
    }

    /// Facts and registrations by the lot's Commissions that count; returns who commissioned.
    fn origin<V: View + ?Sized>(
        &mut self,
        view: &V,
        commissions: &BTreeSet<u64>,
    ) -> Result<BTreeSet<String>, ViewError> {
        let mut facts = Facts::new();
        let (mut makers, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        self.truncated |= commissions.len() > MAX_PAPERS;
        for &entry in commissions.iter().take(MAX_PAPERS) {
            let told = facts.commission(view, entry + 1)?;
            if told.lot != self.lot {
                continue;
            }
            if self.facts == ItemFacts::default() {
                self.facts = (*told).clone();
            }
            makers.insert(told.maker.clone());
            numbers.insert(told.registration.clone());
        }
        for number in numbers.iter().filter(|n| !n.is_empty()) {
            self.registrations_of(view, number)?;
        }
        Ok(makers)
    }

    fn registrations_of<V: View + ?Sized>(&mut self, view: &V, number: &str) -> Result<(), ViewError> {
        let Some(text) = registration_product(number) else { return Ok(()) };
        let made = Day::parse(&self.facts.made_on);
        for row in product(view, &text)?.into_iter().flat_map(|p| p.registrations) {
            let r = row.registration;
            let valid_when_made = made.is_some_and(|day| within(day, &r.valid_from, &r.valid_to));
            self.registrations.push(RegistrationPaper { registration: r, index: row.index, valid_when_made });
        }
        Ok(())
    }

    fn licences_of<V: View + ?Sized>(&mut self, view: &V, id: &str) -> Result<(), ViewError> {
        let sites = party(view, id)?.map(|row| sites_of(view, &row)).transpose()?;
        for text in sites.unwrap_or_default() {
            for row in site(view, &text)?.into_iter().flat_map(|s| s.licences) {
                if self.licences.len() == MAX_LICENCES {
                    self.truncated = true;
                    return Ok(());
                }
                let (party, licence) = (id.to_owned(), row.licence);
                self.licences.push(PartyLicence { party, licence, index: row.index });
            }
        }
        Ok(())
    }
}

/// Bytes that a content holds in memory, about.
fn weight(content: &Content) -> usize {
    content.root.payload().len() + content.body.encoded_len()
}
