//! Element strings: as transmitted, and as printed with brackets.

use super::FNC1;
use super::ai::Ai;
use crate::error::{Error, Fault};

/// An application identifier with its value, which has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The application identifier.
    pub ai: Ai,
    /// Its value, without separators.
    pub value: String,
    /// Offset of the value in the scan, in bytes.
    pub at: usize,
}

/// The elements read so far.
struct Elements {
    list: Vec<Element>,
    reference_year: u16,
}

impl Elements {
    fn new(reference_year: u16) -> Self {
        Self { list: Vec::new(), reference_year }
    }

    /// Checks a value and adds it. The same element twice is kept once; two values of one
    /// application identifier contradict each other.
    fn push(&mut self, ai: Ai, value: String, at: usize) -> Result<(), Error> {
        ai.check(&value, self.reference_year)?;
        match self.list.iter().find(|known| known.ai == ai) {
            Some(known) if known.value == value => {}
            Some(_) => return Err(Error::new(ai.part(), 0, Fault::Repeated)),
            None => self.list.push(Element { ai, value, at }),
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<Element>, Error> {
        match self.list.is_empty() {
            true => Err(Error::new("element string", 0, Fault::Empty)),
            false => Ok(self.list),
        }
    }
}

/// Reads an element string as a scanner transmits it.
///
/// A value of predefined length ends by itself, and a separator after it is harmless; any other
/// ends at the next separator or at the end.
pub(super) fn raw(text: &str, reference_year: u16) -> Result<Vec<Element>, Error> {
    let mut elements = Elements::new(reference_year);
    // Some scanners transmit the FNC1 that marks the symbol.
    let mut at = usize::from(text.starts_with(FNC1));
    while at < text.len() {
        let rest = &text[at..];
        let ai = Ai::leading(rest).ok_or(Error::new("ai", at, Fault::UnknownAi))?;
        at += ai.as_str().len();
        let rest = &text[at..];
        let end = match ai.predefined_len() {
            Some(len) => rest.floor_char_boundary(len),
            None => rest.find(FNC1).unwrap_or(rest.len()),
        };
        let value = rest[..end].to_owned();
        elements.push(ai, value, at).map_err(|error| error.shifted(at))?;
        at += end;
        at += usize::from(text[at..].starts_with(FNC1));
    }
    elements.finish()
}

/// Reads an element string as printed under a symbol: `(01)…(10)…`, with `\(` for a bracket
/// that belongs to a value.
pub(super) fn bracketed(text: &str, reference_year: u16) -> Result<Vec<Element>, Error> {
    let mut elements = Elements::new(reference_year);
    let mut at = 0;
    while at < text.len() {
        let (ai, start) = bracketed_ai(text, at)?;
        let (value, end) = bracketed_value(text, start);
        elements
            .push(ai, value, start)
            .map_err(|error| Error { at: source_offset(text, start, error.at), ..error })?;
        at = end;
    }
    elements.finish()
}

/// The application identifier in brackets at `at`, and where its value starts.
fn bracketed_ai(text: &str, at: usize) -> Result<(Ai, usize), Error> {
    let unknown = Error::new("ai", at, Fault::UnknownAi);
    let inside = text[at..].strip_prefix('(').ok_or(unknown)?;
    let (code, _) = inside.split_once(')').ok_or(unknown)?;
    let ai = Ai::from_code(code).ok_or(Error::new("ai", at + 1, Fault::UnknownAi))?;
    Ok((ai, at + code.len() + 2))
}

/// The value from `start` to the next bracket that opens, and where it ends.
fn bracketed_value(text: &str, start: usize) -> (String, usize) {
    let mut value = String::new();
    let mut chars = text[start..].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '(' => return (value, start + at),
            '\\' if chars.next_if(|(_, next)| *next == '(').is_some() => value.push('('),
            _ => value.push(c),
        }
    }
    (value, text.len())
}

/// Where offset `wanted` of an unescaped value lies in the text it began in at `start`.
fn source_offset(text: &str, start: usize, wanted: usize) -> usize {
    let mut at = start;
    let mut passed = 0;
    while passed < wanted {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else {
            break;
        };
        if rest.starts_with("\\(") {
            at += 2;
            passed += 1;
        } else {
            at += c.len_utf8();
            passed += c.len_utf8();
        }
    }
    at
}
