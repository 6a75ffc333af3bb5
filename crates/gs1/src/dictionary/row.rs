//! How a row of the dictionary is put down, and what its columns are.

use crate::charset;
use crate::error::Error;
use crate::fault::Fault;
use crate::linter::Linter;

/// One application identifier, or a run of them that differ in the last digit alone.
#[derive(Debug)]
pub(crate) struct Row {
    /// First and last identifier of the run.
    pub(crate) first: &'static str,
    pub(crate) last: &'static str,
    /// Whether the length of the value is predefined, so that no separator need follow.
    pub(crate) predefined: bool,
    /// Whether a Digital Link may carry it as an attribute.
    pub(crate) attribute: bool,
    /// What the value is made of, from left to right.
    pub(crate) components: &'static [Component],
    /// Needs one of these groups: `,` parts groups, `+` what a group needs together, and `n` is any digit.
    pub(crate) needs: &'static str,
    /// Excludes each of these; `n` is any digit.
    pub(crate) excludes: &'static str,
    /// The qualifiers of a key of a Digital Link in order, `|` between alternatives. `None`: no key.
    pub(crate) key: Option<&'static str>,
    /// What GS1 prints beside the value.
    pub(crate) title: &'static str,
}

/// A stretch of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Component {
    /// Characters it may hold.
    pub(crate) set: Set,
    /// Fewest and most characters.
    pub(crate) min: u8,
    pub(crate) max: u8,
    /// Whether the value may end before it.
    pub(crate) optional: bool,
    /// What else it must be.
    pub(crate) linters: &'static [Linter],
}

/// Alphabet of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Set {
    /// `N`: digits.
    Digits,
    /// `X`: GS1 AI-encodable character set 82.
    Set82,
    /// `Y`: GS1 AI-encodable character set 39.
    Set39,
    /// `Z`: file-safe, URI-safe base 64.
    Set64,
}

/// A row; `ais` is one identifier or `first-last`.
pub(super) const fn r(
    ais: &'static str,
    (predefined, attribute): (bool, bool),
    components: &'static [Component],
    needs: &'static str,
    excludes: &'static str,
    key: Option<&'static str>,
    title: &'static str,
) -> Row {
    let (first, last) = match ais.as_bytes() {
        // Runs have four digits, or two: nothing else has a hyphen.
        [_, _, _, _, b'-', ..] => (ais.split_at(4).0, ais.split_at(5).1),
        [_, _, b'-', ..] => (ais.split_at(2).0, ais.split_at(3).1),
        _ => (ais, ais),
    };
    Row { first, last, predefined, attribute, components, needs, excludes, key, title }
}

const fn part(set: Set, min: u8, max: u8, linters: &'static [Linter]) -> Component {
    Component { set, min, max, optional: false, linters }
}

/// Exactly `len` digits.
pub(super) const fn n(len: u8, linters: &'static [Linter]) -> Component {
    part(Set::Digits, len, len, linters)
}

/// One to `max` digits.
pub(super) const fn nv(max: u8, linters: &'static [Linter]) -> Component {
    part(Set::Digits, 1, max, linters)
}

/// Exactly `len` characters of set 82.
pub(super) const fn x(len: u8, linters: &'static [Linter]) -> Component {
    part(Set::Set82, len, len, linters)
}

/// One to `max` characters of set 82.
pub(super) const fn xv(max: u8, linters: &'static [Linter]) -> Component {
    part(Set::Set82, 1, max, linters)
}

/// One to `max` characters of set 39.
pub(super) const fn yv(max: u8, linters: &'static [Linter]) -> Component {
    part(Set::Set39, 1, max, linters)
}

/// One to `max` characters of base 64.
pub(super) const fn zv(max: u8, linters: &'static [Linter]) -> Component {
    part(Set::Set64, 1, max, linters)
}

/// The same component, optional.
pub(super) const fn opt(component: Component) -> Component {
    Component { optional: true, ..component }
}

impl Set {
    /// Its letter in the dictionary.
    #[cfg(test)]
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Digits => "N",
            Self::Set82 => "X",
            Self::Set39 => "Y",
            Self::Set64 => "Z",
        }
    }

    /// Whether a byte belongs to it.
    fn holds(self, byte: u8) -> bool {
        match self {
            Self::Digits => byte.is_ascii_digit(),
            Self::Set82 => charset::ai82_value(byte).is_some(),
            Self::Set39 => charset::is_ai39(byte),
            Self::Set64 => charset::is_ai64(byte),
        }
    }
}

impl Row {
    /// The most bytes a value may have.
    pub(crate) fn max_len(&self) -> usize {
        self.components.iter().map(|component| usize::from(component.max)).sum()
    }

    /// Checks a value, component by component. Offsets in the error count from its start.
    pub(crate) fn check(&self, value: &str) -> Result<(), Error> {
        if value.is_empty() {
            return Err(Error::new(self.title, 0, Fault::Empty));
        }
        let mut at = 0;
        for component in self.components {
            let rest = value.get(at..).unwrap_or_default();
            if rest.is_empty() && component.optional {
                break;
            }
            at += component.check(rest).map_err(|error| error.shifted(at))?;
        }
        if at == value.len() {
            return Ok(());
        }
        let surplus = value.len() - at;
        Err(Error::span(at, surplus, Fault::TooManyChars { max: self.max_len() }))
    }
}

impl Component {
    /// Checks the front of `rest`, and says how many bytes of it this component takes.
    fn check(&self, rest: &str) -> Result<usize, Error> {
        // All alphabets are ASCII: a longer character is caught where it begins.
        let taken = rest.ceil_char_boundary(usize::from(self.max).min(rest.len()));
        let value = rest.get(..taken).unwrap_or_default();
        if let Some(at) = value.bytes().position(|byte| !self.set.holds(byte)) {
            let fault = if self.set == Set::Digits { Fault::NotADigit } else { Fault::Character };
            let len = value.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            return Err(Error::span(at, len, fault));
        }
        let min = usize::from(self.min);
        if taken < min {
            return Err(Error::span(taken, 0, Fault::TooFewChars { min }));
        }
        self.linters.iter().try_for_each(|linter| linter.lint(value))?;
        Ok(taken)
    }
}
