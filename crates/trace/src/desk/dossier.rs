//! 随货资料: the papers of a lot, which suppliers hand over as stamped copies.

use std::collections::BTreeSet;

use custody::{
    Content, View, ViewError, content,
    registry::{party, product, site},
    tables::{subject_by_text, touches},
};
use gs1::LotRef;
use proto::v1::{Licence, Registration, statement::Body};
use statement::{Day, Kind, SubjectKind, registration_product, within};

use super::facts::{Facts, ItemFacts};
use crate::{Error, budget::Budget};

/// Papers of one lot that are told.
const MAX_PAPERS: usize = 1_000;
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
    /// Licences of maker and importers.
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

/// A statement about the lot that counts.
#[derive(Clone, Debug)]
pub struct Paper {
    /// Its content.
    pub content: Content,
    /// Its kind.
    pub kind: Kind,
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

/// The papers of a lot.
///
/// # Errors
/// [`Error::NotAnItem`] where the text is no canonical lot, [`Error::Unknown`] where no entry names it, or
/// the view failed.
pub fn dossier<V: View + ?Sized>(view: &V, lot: &str) -> Result<Dossier, Error> {
    LotRef::parse(lot).map_err(Error::NotAnItem)?;
    let record = subject_by_text(view, SubjectKind::Item, lot)?.ok_or(Error::Unknown)?;
    let mut dossier = Dossier { lot: lot.to_owned(), ..Dossier::default() };
    let mut budget = Budget::default();
    let (mut papers, mut commissions) = (Vec::new(), Vec::new());
    touches(view, record.number, 0, &mut |touch| {
        match Kind::try_from(i32::from(touch.kind)) {
            Ok(Kind::Commission | Kind::Transform) => commissions.push(touch.index),
            Ok(kind) if is_paper(kind) => papers.push((touch.index, kind)),
            _ => {}
        }
        Ok(budget.spend(1))
    })?;
    dossier.truncated = budget.exhausted || papers.len() > MAX_PAPERS;
    let mut parties = dossier.origin(view, &commissions)?;
    for (index, kind) in papers.into_iter().take(MAX_PAPERS) {
        let Some(content) = content(view, index)? else { continue };
        if kind == Kind::DeclareImport {
            parties.insert(content.root.actor().to_owned());
        }
        dossier.papers.push(Paper { content, kind });
    }
    for id in parties {
        dossier.licences_of(view, &id)?;
    }
    Ok(dossier)
}

impl Dossier {
    /// Facts and registrations by the lot's Commissions that count; returns who commissioned.
    fn origin<V: View + ?Sized>(
        &mut self,
        view: &V,
        commissions: &[u64],
    ) -> Result<BTreeSet<String>, ViewError> {
        let mut facts = Facts::default();
        let (mut makers, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        for &entry in commissions {
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
        for text in party(view, id)?.into_iter().flat_map(|p| p.sites) {
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

impl Paper {
    /// The document it is, and what it decides, as a code for people and programs.
    #[must_use]
    pub fn summary(&self) -> (String, String) {
        match &self.content.body {
            Body::ImportFiling(b) => (b.number.clone(), code(b.outcome().as_str_name(), "FILING_OUTCOME_")),
            Body::DeclareImport(b) => (b.declaration.clone(), "declared".to_owned()),
            Body::CustomsDecision(b) => {
                (b.declaration.clone(), code(b.outcome().as_str_name(), "CUSTOMS_OUTCOME_"))
            }
            Body::Sample(b) => (b.number.clone(), "sampled".to_owned()),
            Body::TestReport(b) => (b.number.clone(), code(b.verdict().as_str_name(), "TEST_VERDICT_")),
            Body::Recall(b) => (b.number.clone(), format!("level-{}", b.level)),
            Body::Hold(_) => (String::new(), "held".to_owned()),
            Body::Lift(_) => (String::new(), "lifted".to_owned()),
            _ => (String::new(), String::new()),
        }
    }
}

/// `CUSTOMS_OUTCOME_BONDED_ENTRY` → `bonded-entry`.
fn code(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase().replace('_', "-")
}
