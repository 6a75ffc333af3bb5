//! Codes that are one thing: the connected components of the Aliases in effect. Every code of a thing
//! carries the same state, folded from what names any of them.
//!
//! Containers with several codes: what was packed under one of them stands under that code; emptying the
//! container under another empties it all the same, taking single goods out under another counts, and is
//! marked as not fitting.

use std::collections::{BTreeMap, BTreeSet};

use proto::v1::statement::Body;
use statement::{SubjectKey, SubjectKind, subject_key};

use crate::{
    Table, View, ViewError,
    control::content,
    draft::Draft,
    tables::{damaged, decode_u64},
};

/// Most codes of one thing; admission refuses an Alias that would join more.
pub const MAX_CODES: usize = 32;

/// Aliases in effect that name one code; admission refuses more. All of them are looked through for the codes of
/// the thing, and a hundred thousand that say the same would be too.
pub const MAX_ALIASES: usize = 64;

const KEY_LEN: usize = 32;

fn item_key(code: &str) -> SubjectKey {
    subject_key(SubjectKind::Item, code)
}

fn row_key(code: &SubjectKey, alias: u64) -> Vec<u8> {
    [&code.0[..], &alias.to_be_bytes()].concat()
}

/// Which Aliases are to count, by their entries.
pub type Counts<'c> = &'c mut dyn FnMut(u64) -> Result<bool, ViewError>;

/// All codes of the thing that bears `code`, itself among them; at most [`MAX_CODES`].
///
/// # Errors
/// The view cannot be read.
pub fn codes_of<V: View + ?Sized>(view: &V, code: &SubjectKey) -> Result<BTreeSet<SubjectKey>, ViewError> {
    codes_joined(view, code, &mut |_| Ok(true))
}

/// The same by some of the Aliases only.
///
/// # Errors
/// The view cannot be read.
pub fn codes_joined<V: View + ?Sized>(
    view: &V,
    code: &SubjectKey,
    counts: Counts<'_>,
) -> Result<BTreeSet<SubjectKey>, ViewError> {
    joined(view, [*code].into(), counts)
}

/// All codes of the things that bear one of `codes`.
fn joined<V: View + ?Sized>(
    view: &V,
    codes: BTreeSet<SubjectKey>,
    counts: Counts<'_>,
) -> Result<BTreeSet<SubjectKey>, ViewError> {
    let mut next: Vec<SubjectKey> = codes.iter().copied().collect();
    let mut found = codes;
    while let Some(code) = next.pop() {
        view.scan(Table::Alias, &code.0, &code.0, &mut |key, row| {
            let (others, rest) = row.as_chunks::<KEY_LEN>();
            if !rest.is_empty() {
                return Err(damaged("alias"));
            }
            if !counts(alias_of(key)?)? {
                return Ok(true);
            }
            for other in others.iter().map(|o| SubjectKey(*o)) {
                if found.len() < MAX_CODES && found.insert(other) {
                    next.push(other);
                }
            }
            Ok(found.len() < MAX_CODES)
        })?;
    }
    Ok(found)
}

fn alias_of(key: &[u8]) -> Result<u64, ViewError> {
    decode_u64(key.get(KEY_LEN..).unwrap_or_default())
}

/// Whether an Alias of these codes would join more than [`MAX_CODES`].
pub(crate) fn joins_too_many<V: View + ?Sized>(view: &V, codes: &[String]) -> Result<bool, ViewError> {
    let mut all = BTreeSet::new();
    for code in codes {
        all.extend(codes_of(view, &item_key(code))?);
    }
    Ok(all.len() > MAX_CODES)
}

/// Whether as many Aliases name a code as may.
pub(crate) fn is_crowded<V: View + ?Sized>(view: &V, code: &str) -> Result<bool, ViewError> {
    let key = item_key(code);
    let mut aliases = 0;
    view.scan(Table::Alias, &key.0, &key.0, &mut |_, _| {
        aliases += 1;
        Ok(aliases < MAX_ALIASES)
    })?;
    Ok(aliases >= MAX_ALIASES)
}

/// The codes of the thing that bears `code` as texts, ascending, itself among them.
///
/// # Errors
/// The view cannot be read.
pub fn code_texts<V: View + ?Sized>(view: &V, code: &str) -> Result<Vec<String>, ViewError> {
    code_texts_joined(view, code, &mut |_| Ok(true))
}

/// The same by some of the Aliases only.
///
/// # Errors
/// The view cannot be read.
pub fn code_texts_joined<V: View + ?Sized>(
    view: &V,
    code: &str,
    counts: Counts<'_>,
) -> Result<Vec<String>, ViewError> {
    let mut found: BTreeMap<SubjectKey, String> = [(item_key(code), code.to_string())].into();
    let mut next = vec![item_key(code)];
    while let Some(key) = next.pop() {
        let mut aliases = Vec::new();
        view.scan(Table::Alias, &key.0, &key.0, &mut |row, _| {
            aliases.push(alias_of(row)?);
            Ok(aliases.len() < MAX_CODES)
        })?;
        for alias in aliases {
            if !counts(alias)? {
                continue;
            }
            let Some(content) = content(view, alias)? else { continue };
            let Body::Alias(b) = content.body else { return Err(damaged("alias")) };
            for text in b.codes {
                let key = item_key(&text);
                if found.len() < MAX_CODES && found.insert(key, text).is_none() {
                    next.push(key);
                }
            }
        }
    }
    let mut texts: Vec<String> = found.into_values().collect();
    texts.sort();
    Ok(texts)
}

/// Puts the codes that the Alias at `alias` joins now in place of those it joined before; all codes whose
/// thing may have become another.
pub(crate) fn replace<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    alias: u64,
    before: &[String],
    after: &[String],
) -> Result<BTreeSet<SubjectKey>, ViewError> {
    let [before, after] =
        [before, after].map(|codes| codes.iter().map(|c| item_key(c)).collect::<BTreeSet<_>>());
    let mut affected = joined(draft, &before | &after, &mut |_| Ok(true))?;
    for code in &before {
        draft.delete(Table::Alias, row_key(code, alias));
    }
    for code in &after {
        let others = after.iter().filter(|c| *c != code).flat_map(|c| c.0).collect();
        draft.put(Table::Alias, row_key(code, alias), others);
    }
    affected.extend(joined(draft, after, &mut |_| Ok(true))?);
    Ok(affected)
}
