//! Element strings in: as transmitted, and as printed with brackets.

use super::{ElementString, FNC1, Gathered, Leniency};
use crate::dictionary::Ai;
use crate::error::Error;
use crate::fault::{Fault, Form};

/// Digits of the longest application identifier.
const CODE_MAX: usize = 4;

/// Reads an element string as a scanner transmits it.
///
/// A value of predefined length ends by itself, and a separator after it is harmless; any other
/// ends at the next separator or at the end.
pub(super) fn raw(text: &str) -> Result<ElementString, Error> {
    let mut gathered = Gathered::default();
    // Some scanners transmit the FNC1 that marks the symbol.
    let mut at = usize::from(text.starts_with(FNC1));
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let ai = Ai::leading(rest).ok_or_else(|| unknown(rest, at))?;
        at += ai.as_str().len();
        let rest = text.get(at..).unwrap_or_default();
        let end = match ai.predefined_len() {
            Some(len) => rest.floor_char_boundary(len),
            None => rest.find(FNC1).unwrap_or(rest.len()),
        };
        gathered.push(ai, rest.get(..end).unwrap_or_default(), at).map_err(|error| error.shifted(at))?;
        at += end;
        at += usize::from(text.get(at..).is_some_and(|rest| rest.starts_with(FNC1)));
    }
    gathered.finish()
}

/// What stands at `at` is no application identifier of the dictionary.
fn unknown(rest: &str, at: usize) -> Error {
    let digits = rest.bytes().take(CODE_MAX).take_while(u8::is_ascii_digit).count();
    Error { part: "ai", ..Error::span(at, digits, Fault::UnknownAi) }
}

/// Reads an element string as printed under a symbol.
pub(super) fn bracketed(text: &str, leniency: Leniency) -> Result<ElementString, Error> {
    let mut gathered = Gathered::default();
    let mut value = String::new();
    let mut at = 0;
    while at < text.len() {
        let (ai, start) = code(text, at, leniency)?;
        let end = plain_value(text, start, &mut value);
        gathered
            .push(ai, &value, start)
            .map_err(|error| Error { at: source_offset(text, start, error.at), ..error })?;
        at = end;
    }
    gathered.finish()
}

/// The application identifier in brackets at `at`, and where its value starts.
fn code(text: &str, at: usize, leniency: Leniency) -> Result<(Ai, usize), Error> {
    let rest = text.get(at..).unwrap_or_default();
    let Some(inside) = rest.strip_prefix('(') else {
        let wanted = Fault::Expected(Form::of("an application identifier in brackets", "括号中的应用标识符"));
        return Err(Error { part: "ai", ..Error::span(at, 0, wanted) });
    };
    let close = inside.bytes().take(CODE_MAX + 1).position(|byte| byte == b')');
    let code = close.and_then(|close| inside.get(..close)).ok_or_else(|| unknown(inside, at + 1))?;
    let known = Ai::from_code(code).or_else(|| Ai::unknown(code).filter(|_| leniency.unknown_ais));
    let ai = known.ok_or(Error { part: "ai", ..Error::span(at + 1, code.len(), Fault::UnknownAi) })?;
    Ok((ai, at + code.len() + 2))
}

/// Puts the value that starts at `start` into `value`, unescaped, and returns where it ends: at the
/// next bracket that opens.
fn plain_value(text: &str, start: usize, value: &mut String) -> usize {
    value.clear();
    let mut chars = text.get(start..).unwrap_or_default().char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        crate::steps::count(1);
        match c {
            '(' => return start + at,
            '\\' if chars.next_if(|(_, next)| *next == '(').is_some() => value.push('('),
            _ => value.push(c),
        }
    }
    text.len()
}

/// Where offset `wanted` of an unescaped value lies in the text it began in at `start`.
fn source_offset(text: &str, start: usize, wanted: usize) -> usize {
    let mut at = start;
    let mut passed = 0;
    while passed < wanted {
        let rest = text.get(at..).unwrap_or_default();
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
