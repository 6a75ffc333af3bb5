//! Element strings: application identifiers with their values.

mod pairs;
mod read;
mod write;

use crate::dictionary::Ai;
use crate::error::Error;
use crate::fault::Fault;

/// The most elements one message may have. No carrier holds more; it bounds every comparison of
/// elements with each other.
pub const MAX_ELEMENTS: usize = 64;

/// FNC1 as a scanner transmits it: the ASCII group separator.
pub(crate) const FNC1: char = '\u{1d}';

/// What may pass where the standard allows it only by agreement. By default nothing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leniency {
    /// Application identifiers that the dictionary lacks, where brackets or slashes show where they
    /// end: 1–90 characters of set 82.
    pub unknown_ais: bool,
    /// In Digital Links, GTINs of 8, 12 or 13 digits: they are padded to 14.
    pub short_gtins: bool,
    /// In Digital Links, words in place of application identifiers: `/gtin/…/ser/…`. The standard
    /// has withdrawn them.
    pub words: bool,
}

impl Leniency {
    /// Everything passes.
    pub const ALL: Self = Self { unknown_ais: true, short_gtins: true, words: true };
}

/// An application identifier with a value that its row of the dictionary allows.
///
/// Two elements are equal if identifier and value are; where they were read does not count.
#[derive(Debug, Clone)]
pub struct Element {
    ai: Ai,
    value: Box<str>,
    at: usize,
}

impl Element {
    /// An element with this value. Offsets in the error count from the start of the value.
    pub fn new(ai: Ai, value: &str) -> Result<Self, Error> {
        Self::read(ai, value, 0)
    }

    /// The same, read at `at` of a text.
    fn read(ai: Ai, value: &str, at: usize) -> Result<Self, Error> {
        ai.check(value)?;
        Ok(Self { ai, value: value.into(), at })
    }

    /// The application identifier.
    pub const fn ai(&self) -> Ai {
        self.ai
    }

    /// Its value, without separators, brackets or escapes.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Offset of the value in the text it was read from, in bytes.
    pub const fn at(&self) -> usize {
        self.at
    }
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        (self.ai, &self.value) == (other.ai, &other.value)
    }
}

impl Eq for Element {}

/// Elements in the order of their message: at least one, at most [`MAX_ELEMENTS`], each application
/// identifier once.
///
/// ```
/// use gs1::{Ai, ElementString};
///
/// let read = ElementString::parse_bracketed("(01)09521234543213(10)A\\(1)(21)S7")?;
/// assert_eq!(read.get(Ai::LOT), Some("A(1)"));
/// assert_eq!(read.to_raw(), "010952123454321310A(1)\u{1d}21S7");
/// assert_eq!(ElementString::parse_raw(&read.to_raw())?, read);
/// # Ok::<(), gs1::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementString {
    list: Vec<Element>,
}

impl ElementString {
    /// Puts elements together. Offsets in the error count from the start of the value at fault.
    pub fn new<'a>(elements: impl IntoIterator<Item = (Ai, &'a str)>) -> Result<Self, Error> {
        let mut gathered = Gathered::default();
        for (ai, value) in elements {
            gathered.push(ai, value, 0)?;
        }
        gathered.finish()
    }

    /// Reads an element string as a scanner transmits it, FNC1 as 0x1D, without its symbology
    /// identifier. Offsets in the error count from the start of `text`.
    pub fn parse_raw(text: &str) -> Result<Self, Error> {
        read::raw(text)
    }

    /// Reads an element string as printed under a symbol: `(01)…(10)…`, with `\(` for a bracket that
    /// belongs to a value. Offsets in the error count from the start of `text`.
    pub fn parse_bracketed(text: &str) -> Result<Self, Error> {
        read::bracketed(text, Leniency::default())
    }

    /// The same, letting pass what `leniency` says.
    pub fn parse_bracketed_with(text: &str, leniency: Leniency) -> Result<Self, Error> {
        read::bracketed(text, leniency)
    }

    /// The elements, in order.
    pub fn elements(&self) -> &[Element] {
        &self.list
    }

    /// The value of an application identifier.
    pub fn get(&self, ai: Ai) -> Option<&str> {
        self.find(ai).map(Element::value)
    }

    /// The element of an application identifier.
    pub fn find(&self, ai: Ai) -> Option<&Element> {
        self.list.iter().find(|element| element.ai == ai)
    }

    /// The same elements seen from a text in which theirs begins at `base`.
    pub(crate) fn shifted(mut self, base: usize) -> Self {
        for element in &mut self.list {
            element.at += base;
        }
        self
    }
}

/// The elements read so far.
#[derive(Default)]
pub(crate) struct Gathered {
    list: Vec<Element>,
    /// How many were read, those that only repeat another too.
    count: usize,
}

impl Gathered {
    /// Checks a value and adds it. The same element twice is kept once; two values of one
    /// application identifier contradict each other. Offsets in the error count from the value's start.
    pub(crate) fn push(&mut self, ai: Ai, value: &str, at: usize) -> Result<(), Error> {
        let element = Element::read(ai, value, at)?;
        crate::steps::count(value.len() + self.list.len());
        self.count += 1;
        if self.count > MAX_ELEMENTS {
            let fault = Fault::TooManyElements { max: MAX_ELEMENTS };
            return Err(Error::new(ai.title(), 0, fault).of(ai));
        }
        match self.list.iter().find(|known| known.ai == ai) {
            Some(known) if known.value == element.value => {}
            Some(_) => return Err(Error::span(0, value.len(), Fault::Repeated).of(ai)),
            None => self.list.push(element),
        }
        Ok(())
    }

    /// Whether an application identifier came already.
    pub(crate) fn has(&self, ai: Ai) -> bool {
        self.list.iter().any(|known| known.ai == ai)
    }

    pub(crate) fn finish(self) -> Result<ElementString, Error> {
        match self.list.is_empty() {
            true => Err(Error::new("element string", 0, Fault::Empty)),
            false => Ok(ElementString { list: self.list }),
        }
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
pub(crate) use laws::elements as tests_elements;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod vectors;
