//! Digital Links in.

use core::ops::Range;

use super::percent::{self, Place, may_occur};
use super::{DigitalLink, MAX_BYTES, in_order, is_attribute, words};
use crate::dictionary::Ai;
use crate::element::{ElementString, Gathered, Leniency};
use crate::error::Error;
use crate::fault::{Fault, Form};

const PART: &str = "digital link";

/// Schemes, as they are and in the capitals that make smaller symbols.
const SCHEMES: [&str; 4] = ["https://", "http://", "HTTPS://", "HTTP://"];

/// The scheme a text begins with.
pub(super) fn scheme(text: &str) -> Option<&'static str> {
    SCHEMES.into_iter().find(|scheme| text.starts_with(scheme))
}

/// An application identifier and the place of its value, still escaped.
type Pair = (Ai, Range<usize>);

pub(super) fn link(text: &str, leniency: Leniency) -> Result<DigitalLink, Error> {
    check_characters(text)?;
    let path = authority(text)?;
    let end = text.find('#').unwrap_or(text.len()).max(path);
    let query = text.get(path..end).and_then(|rest| rest.find('?')).map_or(end, |at| path + at);
    let (stem, pairs) = path_pairs(text, path..query, leniency)?;
    let mut gathered = Gathered::default();
    for (ai, value) in &pairs {
        push(&mut gathered, text, *ai, value.clone(), Place::Path, leniency)?;
    }
    let key = pairs.first().map_or(Ai::GTIN, |(ai, _)| *ai);
    attributes(&mut gathered, text, query..end, key, leniency)?;
    let elements = gathered.finish()?;
    check_order(&elements, pairs.len())?;
    let stem = text.get(..stem).unwrap_or_default().into();
    Ok(DigitalLink { stem, elements, path: pairs.len() })
}

/// A stem is an address without query and fragment, and without a slash at its end.
pub(super) fn check_stem(stem: &str) -> Result<(), Error> {
    check_characters(stem)?;
    let surplus = stem.find(['?', '#']).or_else(|| stem.ends_with('/').then(|| stem.len() - 1));
    match surplus {
        Some(at) => Err(Error::new("stem", at, Fault::Trailing)),
        None => authority(&format!("{stem}/")).map(drop),
    }
}

fn check_characters(text: &str) -> Result<(), Error> {
    if text.len() > MAX_BYTES {
        let fault = Fault::TooManyBytes { max: MAX_BYTES };
        return Err(Error::new(PART, text.floor_char_boundary(MAX_BYTES), fault));
    }
    crate::steps::count(text.len());
    match text.char_indices().find(|(_, c)| !u8::try_from(*c).is_ok_and(may_occur)) {
        Some((at, c)) => Err(Error { part: PART, ..Error::span(at, c.len_utf8(), Fault::Character) }),
        None => Ok(()),
    }
}

/// Checks scheme and domain, and says where the path begins.
fn authority(text: &str) -> Result<usize, Error> {
    let scheme = scheme(text).ok_or(Error::new(
        PART,
        0,
        Fault::Expected(Form::of("https:// or http://", "https:// 或 http://")),
    ))?;
    let base = scheme.len();
    let rest = text.get(base..).unwrap_or_default();
    let len = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let domain = rest.get(..len).unwrap_or_default();
    // Names, addresses of four numbers, and those in square brackets; a port may follow.
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    if domain.is_empty() {
        return Err(Error::new("domain", base, Fault::Empty));
    }
    if let Some(at) = domain.bytes().position(|byte| !belongs(byte)) {
        return Err(Error { part: "domain", ..Error::span(base + at, 1, Fault::Character) });
    }
    match rest.as_bytes().get(len) {
        Some(b'/') => Ok(base + len),
        _ => Err(Error::new(PART, base + len, Fault::Expected(Form::of("a slash and a path", "斜杠和路径")))),
    }
}

/// The pairs of the path from the key on, and where the stem before them ends.
///
/// Read from the end: the last pair whose identifier is a key begins what the link is about.
fn path_pairs(text: &str, path: Range<usize>, leniency: Leniency) -> Result<(usize, Vec<Pair>), Error> {
    let mut pairs = Vec::new();
    let mut end = path.end;
    loop {
        let before = text.get(path.start..end).unwrap_or_default();
        let found = before.rfind('/').and_then(|slash| {
            let code = before.get(..slash)?.rfind('/')?;
            let ai = identifier(before.get(code + 1..slash)?, leniency)?;
            Some((path.start + code, path.start + slash + 1, ai))
        });
        let Some((start, value, ai)) = found else {
            return Err(Error::new(PART, path.start, Fault::NoKey));
        };
        crate::steps::count(end - start);
        pairs.push((ai, value..end));
        end = start;
        if ai.is_key() {
            pairs.reverse();
            return Ok((start, pairs));
        }
        if pairs.len() > crate::element::MAX_ELEMENTS {
            let fault = Fault::TooManyElements { max: crate::element::MAX_ELEMENTS };
            return Err(Error::new(PART, start, fault));
        }
    }
}

/// The application identifier that a segment of the path or a name in the query stands for.
fn identifier(name: &str, leniency: Leniency) -> Option<Ai> {
    Ai::from_code(name)
        .or_else(|| Ai::unknown(name).filter(|_| leniency.unknown_ais))
        .or_else(|| words::identifier(name).filter(|_| leniency.words))
}

/// Adds the attributes of the query, which begins with `?` if there is one.
fn attributes(
    gathered: &mut Gathered,
    text: &str,
    query: Range<usize>,
    key: Ai,
    leniency: Leniency,
) -> Result<(), Error> {
    let mut at = query.start + 1;
    for parameter in text.get(at..query.end).unwrap_or_default().split('&') {
        let start = at;
        at += parameter.len() + 1;
        crate::steps::count(parameter.len() + 1);
        let Some((name, value)) = parameter.split_once('=') else {
            continue;
        };
        let numeric = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        let Some(ai) = identifier(name, leniency) else {
            // Numbers are kept for application identifiers; other names belong to somebody else.
            match numeric {
                true => return Err(Error { part: "ai", ..Error::span(start, name.len(), Fault::UnknownAi) }),
                false => continue,
            }
        };
        let fault = if gathered.has(ai) { Some(Fault::Repeated) } else { None };
        let fault = fault.or((!is_attribute(key, ai)).then_some(Fault::NotAnAttribute));
        if let Some(fault) = fault {
            return Err(Error::span(start, name.len(), fault).of(ai));
        }
        let from = start + name.len() + 1;
        push(gathered, text, ai, from..from + value.len(), Place::Query, leniency)?;
    }
    Ok(())
}

/// Unescapes a value and adds it.
fn push(
    gathered: &mut Gathered,
    text: &str,
    ai: Ai,
    place: Range<usize>,
    part: Place,
    leniency: Leniency,
) -> Result<(), Error> {
    let escaped = text.get(place.clone()).unwrap_or_default();
    let value = percent::unescaped(escaped, part);
    let short = leniency.short_gtins && ai == Ai::GTIN && matches!(value.len(), 8 | 12 | 13);
    let missing = if short { 14 - value.len() } else { 0 };
    let padded = format!("{}{value}", "0".repeat(missing));
    gathered.push(ai, &padded, place.start).map_err(|error| {
        let at = percent::source_offset(escaped, part, error.at.saturating_sub(missing));
        error_at(error, place.start + at)
    })
}

fn error_at(error: Error, at: usize) -> Error {
    Error { at, ..error }
}

/// Checks that the path has the qualifiers of its key, in order.
fn check_order(elements: &ElementString, path: usize) -> Result<(), Error> {
    let list = elements.elements();
    let (Some(key), Some(qualifiers)) = (list.first(), list.get(1..path)) else {
        // An identifier twice in the path with one value is kept once.
        return Err(Error::new(PART, 0, Fault::Repeated));
    };
    for (number, qualifier) in qualifiers.iter().enumerate() {
        if !in_order(key.ai(), qualifiers.get(..=number).unwrap_or_default()) {
            return Err(
                Error::span(qualifier.at(), qualifier.value().len(), Fault::Qualifier).of(qualifier.ai())
            );
        }
    }
    Ok(())
}
