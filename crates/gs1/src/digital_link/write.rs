//! Digital Links out.

use core::fmt;

use super::percent::{Place, push_escaped};
use super::{CANONICAL_STEM, DigitalLink, is_attribute};
use crate::element::{Element, ElementString};
use crate::error::Error;
use crate::fault::Fault;

/// Elements in the order of a link: key, qualifiers, then attributes, those of predefined length first.
pub(super) fn arranged(elements: &ElementString) -> Result<DigitalLink, Error> {
    let list = elements.elements();
    let key = list.iter().find(|element| element.ai().is_key());
    let key = key.ok_or(Error::new("digital link", 0, Fault::NoKey))?;
    let mut ordered: Vec<&Element> = vec![key];
    ordered.extend(qualifiers(elements, key));
    let path = ordered.len();
    let rest =
        || list.iter().filter(|element| !ordered.iter().take(path).any(|one| one.ai() == element.ai()));
    if let Some(other) = rest().find(|element| !is_attribute(key.ai(), element.ai())) {
        return Err(Error::span(other.at(), other.value().len(), Fault::NotAnAttribute).of(other.ai()));
    }
    let (predefined, open): (Vec<_>, Vec<_>) =
        rest().partition(|element| element.ai().predefined_len().is_some());
    ordered.extend(predefined);
    ordered.extend(open);
    let pairs = ordered.into_iter().map(|element| (element.ai(), element.value()));
    Ok(DigitalLink { stem: CANONICAL_STEM.into(), elements: ElementString::new(pairs)?, path })
}

/// The qualifiers of a key among the elements, in order: those of the alternative that has most.
fn qualifiers<'a>(elements: &'a ElementString, key: &Element) -> Vec<&'a Element> {
    let mut best: Vec<&Element> = Vec::new();
    for sequence in key.ai().row().key.unwrap_or_default().split('|') {
        let found = |code| elements.elements().iter().find(|element| element.ai().as_str() == code);
        let present: Vec<&Element> = sequence.split(',').filter_map(found).collect();
        if present.len() > best.len() {
            best = present;
        }
    }
    best
}

impl DigitalLink {
    /// The canonical address: at `https://id.gs1.org`, attributes sorted by application identifier, so
    /// links with equal elements have equal texts.
    pub fn canonical(&self) -> String {
        let mut attributes: Vec<&Element> = self.attributes().iter().collect();
        attributes.sort_unstable_by_key(|element| element.ai());
        let mut text = self.path_under(CANONICAL_STEM);
        push_query(&mut text, attributes.into_iter());
        text
    }

    /// Stem, key and qualifiers.
    fn path_under(&self, stem: &str) -> String {
        let mut text = String::from(stem);
        for element in self.elements.elements().iter().take(self.path) {
            text.push('/');
            text.push_str(element.ai().as_str());
            text.push('/');
            push_escaped(&mut text, element.value(), Place::Path);
        }
        text
    }
}

fn push_query<'a>(text: &mut String, attributes: impl Iterator<Item = &'a Element>) {
    for (number, element) in attributes.enumerate() {
        text.push(if number == 0 { '?' } else { '&' });
        text.push_str(element.ai().as_str());
        text.push('=');
        push_escaped(text, element.value(), Place::Query);
    }
}

impl fmt::Display for DigitalLink {
    /// The address under its own stem, attributes in their order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.path_under(&self.stem);
        push_query(&mut text, self.attributes().iter());
        f.pad(&text)
    }
}
