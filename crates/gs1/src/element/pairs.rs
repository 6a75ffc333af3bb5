//! Which elements go together.
//!
//! The rules hold for all carriers on one thing taken together, so what one scan violates another may
//! mend: a reader of single scans warns, see [`ScanData::warnings`](crate::ScanData::warnings).

use super::{Element, ElementString};
use crate::dictionary::Ai;
use crate::error::Error;
use crate::fault::Fault;

/// Keys whose serial part is optional, and the length of the rest.
const SERIALISED: [(&str, usize); 3] = [("253", 13), ("255", 13), ("8003", 14)];

impl ElementString {
    /// Checks that no elements exclude each other, that each has beside it what it needs, and that a
    /// digital signature has a key with its serial part.
    pub fn check_pairs(&self) -> Result<(), Error> {
        self.pair_faults().next().map_or(Ok(()), Err)
    }

    /// Every violation of the rules, at the element that it concerns.
    pub fn pair_faults(&self) -> impl Iterator<Item = Error> + '_ {
        self.exclusions().chain(self.omissions()).chain(self.unserialised())
    }

    /// Elements that another excludes.
    pub fn exclusions(&self) -> impl Iterator<Item = Error> + '_ {
        self.elements().iter().filter_map(|element| {
            let mut patterns = element.ai.row().excludes.split(',');
            let other = patterns.find_map(|pattern| self.fitting(pattern, element))?;
            Some(fault(element, Fault::Excluded(other)))
        })
    }

    /// Elements that need another which is not here.
    pub fn omissions(&self) -> impl Iterator<Item = Error> + '_ {
        self.elements().iter().filter_map(|element| {
            let needs = element.ai.row().needs;
            let mut groups = needs.split(',');
            let met = groups.any(|group| group.split('+').all(|one| self.fitting(one, element).is_some()));
            (!needs.is_empty() && !met).then(|| fault(element, Fault::Requires(needs)))
        })
    }

    /// Keys beside a digital signature (8030) that lack their serial part.
    pub fn unserialised(&self) -> impl Iterator<Item = Error> + '_ {
        let signature = self.find(Ai::SIGNATURE);
        self.elements().iter().filter_map(move |element| {
            let signature = signature?;
            let key = SERIALISED.iter().find(|(code, _)| *code == element.ai.as_str());
            let bare = key.is_some_and(|(_, len)| element.value.len() <= *len);
            bare.then(|| fault(signature, Fault::Unserialised(element.ai)))
        })
    }

    /// An application identifier other than that of `element` that fits a pattern.
    fn fitting(&self, pattern: &str, element: &Element) -> Option<Ai> {
        crate::steps::count(self.list.len());
        let mut others = self.list.iter().map(|other| other.ai).filter(|ai| *ai != element.ai);
        others.find(|ai| ai.fits(pattern))
    }
}

fn fault(element: &Element, fault: Fault) -> Error {
    Error::span(element.at, element.value.len(), fault).of(element.ai)
}
