//! Named lists: versions, and what they say of each subject on a day.

use prost::Message;
use proto::v1::{ListEntry, NamedList};
use statement::{Day, Words, within, words};

use crate::{
    Table, View, ViewError,
    draft::Draft,
    tables::{ListRow, ListedEntryRow, ListedRow, VersionRow, decode_row, short_hash},
};

/// Most versions of a list that state it as a whole.
pub const MAX_WHOLES: usize = 1_024;
/// Most versions that speak of one subject.
pub const MAX_LISTED: usize = 64;

const LIST: u8 = 4;
const LISTED: u8 = 5;

fn list_key(list: &str) -> Vec<u8> {
    [&[LIST], list.as_bytes()].concat()
}

fn listed_prefix(list: &str) -> Vec<u8> {
    [&[LISTED], list.as_bytes(), &[0]].concat()
}

fn listed_key(list: &str, subject: &str) -> Vec<u8> {
    [&listed_prefix(list)[..], &short_hash(&[subject.as_bytes()])].concat()
}

/// A list; the default (version 0) where nobody has stated it.
///
/// # Errors
/// The view cannot be read.
pub fn named_list<V: View + ?Sized>(view: &V, list: &str) -> Result<ListRow, ViewError> {
    let row = view.get(Table::Register, &list_key(list))?;
    Ok(row.map(|r| decode_row(&r, "list")).transpose()?.unwrap_or_default())
}

/// What of a list's statements about one subject is in force on a day: the newest version stated to hold
/// by then, unless a later whole list by then leaves the subject out, within its dates.
fn in_force(list: &ListRow, listed: &ListedRow, day: Day) -> Option<ListedEntryRow> {
    let by_then = |v: &VersionRow| Day::of_instant(v.occurred_at) <= day;
    let newest = listed.entries.iter().filter(|e| by_then(&e.version)).max_by_key(|e| e.version.version)?;
    let left_out = list.wholes.iter().any(|w| w.version > newest.version.version && by_then(w));
    let ListEntry { valid_from, valid_to, removed_on, .. } = &newest.entry;
    let removed = Day::parse(removed_on).is_some_and(|on| on <= day);
    (!left_out && !removed && within(day, valid_from, valid_to)).then(|| newest.clone())
}

/// A page of the entries of a list in force on a day, in no particular order, and the place to go on from.
///
/// # Errors
/// The view cannot be read.
pub fn list_on<V: View + ?Sized>(
    view: &V,
    list: &str,
    day: Day,
    from: &[u8],
    limit: usize,
) -> Result<(Vec<ListedEntryRow>, Option<Vec<u8>>), ViewError> {
    let row = named_list(view, list)?;
    let prefix = listed_prefix(list);
    let start = [&prefix[..], from].concat();
    let (mut entries, mut next) = (Vec::new(), None);
    view.scan(Table::Register, &prefix, &start, &mut |key, value| {
        let Some(entry) = in_force(&row, &decode_row(value, "list")?, day) else { return Ok(true) };
        if entries.len() == limit {
            next = key.get(prefix.len()..).map(<[u8]>::to_vec);
            return Ok(false);
        }
        entries.push(entry);
        Ok(true)
    })?;
    Ok((entries, next))
}

/// What a list says of a subject on a day; `None` where it is not on it.
///
/// # Errors
/// The view cannot be read.
pub fn listed_on<V: View + ?Sized>(
    view: &V,
    list: &str,
    subject: &str,
    day: Day,
) -> Result<Option<ListedEntryRow>, ViewError> {
    let Some(row) = view.get(Table::Register, &listed_key(list, subject))? else { return Ok(None) };
    Ok(in_force(&named_list(view, list)?, &decode_row(&row, "list")?, day))
}

/// What a list says now of a subject's standing on an earlier day: lists of suspensions say afterwards from when
/// they hold. By the newest version that speaks of the subject, whenever it was stated, unless a later whole list
/// that held by that day leaves it out.
///
/// # Errors
/// The view cannot be read.
pub fn listed_since<V: View + ?Sized>(
    view: &V,
    list: &str,
    subject: &str,
    day: Day,
) -> Result<Option<ListedEntryRow>, ViewError> {
    let Some(row) = view.get(Table::Register, &listed_key(list, subject))? else { return Ok(None) };
    let mut row: ListedRow = decode_row(&row, "list")?;
    // Stated to hold from then on.
    let from = |e: &ListedEntryRow| Day::parse(&e.entry.valid_from).unwrap_or(day);
    row.entries.retain(|e| from(e) <= day);
    let Some(newest) = row.entries.iter().max_by_key(|e| e.version.version) else { return Ok(None) };
    let list = named_list(view, list)?;
    let by_then = |w: &VersionRow| Day::of_instant(w.occurred_at) <= day;
    let left_out = list.wholes.iter().any(|w| w.version > newest.version.version && by_then(w));
    let removed = Day::parse(&newest.entry.removed_on).is_some_and(|on| on <= day);
    let holds = !left_out && !removed && within(day, &newest.entry.valid_from, &newest.entry.valid_to);
    Ok(holds.then(|| newest.clone()))
}

/// Whether a list, and each of its subjects, has room for one more version; else which subject has none.
pub(crate) fn full<V: View + ?Sized>(view: &V, list: &NamedList) -> Result<Option<Words>, ViewError> {
    if list.whole && named_list(view, &list.list)?.wholes.len() >= MAX_WHOLES {
        return Ok(Some(words!(
            "the list has been stated as a whole {MAX_WHOLES} times",
            "名单已整体发布 {MAX_WHOLES} 次"
        )));
    }
    for entry in &list.entries {
        let row = view.get(Table::Register, &listed_key(&list.list, &entry.subject))?;
        let row: ListedRow = row.map(|r| decode_row(&r, "list")).transpose()?.unwrap_or_default();
        if row.entries.len() >= MAX_LISTED {
            return Ok(Some(words!(
                "{} has been listed {MAX_LISTED} times",
                "{} 已列入 {MAX_LISTED} 次",
                entry.subject
            )));
        }
    }
    Ok(None)
}

pub(super) fn apply<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    list: &NamedList,
    signer: &str,
    occurred_at: i64,
    index: u64,
) -> Result<(), ViewError> {
    let version = VersionRow { version: list.version, occurred_at };
    let mut row = named_list(draft, &list.list)?;
    row = ListRow {
        version: list.version,
        title: list.title.clone(),
        signer: signer.to_string(),
        index,
        wholes: row.wholes.drain(..).chain(list.whole.then_some(version)).collect(),
    };
    draft.put(Table::Register, list_key(&list.list), row.encode_to_vec());
    for entry in &list.entries {
        let key = listed_key(&list.list, &entry.subject);
        let old = draft.get(Table::Register, &key)?;
        let mut row: ListedRow = old.map(|r| decode_row(&r, "list")).transpose()?.unwrap_or_default();
        row.entries.push(ListedEntryRow { entry: entry.clone(), version, index });
        draft.put(Table::Register, key, row.encode_to_vec());
    }
    Ok(())
}

/// All lists stated, by name; at most `limit`, with their names.
///
/// # Errors
/// The view cannot be read.
pub fn lists<V: View + ?Sized>(view: &V, limit: usize) -> Result<Vec<(String, ListRow)>, ViewError> {
    let mut all = Vec::new();
    view.scan(Table::Register, &[LIST], &[LIST], &mut |key, value| {
        let name = String::from_utf8_lossy(key.get(1..).unwrap_or_default()).into_owned();
        all.push((name, decode_row(value, "list")?));
        Ok(all.len() < limit)
    })?;
    Ok(all)
}
