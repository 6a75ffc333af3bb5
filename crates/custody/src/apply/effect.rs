//! What a statement brings about once it counts: at once, or with the last signature it waits for.

use std::collections::BTreeSet;

use prost::Message;
use proto::v1::statement::Body;
use statement::{Statement, SubjectKey};

use super::{
    books, exhibits,
    fold::Folder,
    history::Change,
    open,
    pairing::{Side, edit_document, meet},
    reader::Reader,
};
use crate::{
    Table, View, ViewError, confidential,
    control::{content, control_of, find, inherits_slot, recorded, root_of, signatures_missing, target_of},
    draft::Draft,
    item::moves_items,
    registry, stock,
    tables::{ControlRow, SlotRow, damaged},
};

/// Records the effects of the entry; returns how many signatures it still waits for.
pub(super) fn record<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
) -> Result<u32, ViewError> {
    take_slot(draft, statement, index)?;
    let (asked, needed) = signatures_missing(draft, statement)?;
    if needed > 0 {
        wait(draft, statement, index, asked, needed)?;
        return Ok(needed);
    }
    if let Body::Endorse(_) = statement.body() {
        endorse(draft, statement, index)?;
    } else {
        take_effect(draft, statement, index, index)?;
    }
    Ok(0)
}

fn put_control<V: View + ?Sized>(draft: &mut Draft<'_, V>, index: u64, row: &ControlRow) {
    draft.put(Table::Control, index.to_be_bytes().to_vec(), row.encode_to_vec());
}

/// A business key is taken from recording on, whether or not the statement waits.
fn take_slot<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
) -> Result<(), ViewError> {
    let Some(bill) = statement.bill() else { return Ok(()) };
    if inherits_slot(draft, statement)? {
        return Ok(());
    }
    let header = statement.header();
    let slot = SlotRow {
        party: header.party.clone(),
        principal: header.on_behalf_of.clone(),
        kind: statement.kind() as u32,
        index,
        freed: false,
    };
    edit_document(draft, bill, |row| row.slots.push(slot))
}

/// The statement named, and its index; admission has made sure that it is recorded.
fn target<V: View + ?Sized>(view: &V, statement: &Statement) -> Result<u64, ViewError> {
    let named = target_of(statement).ok_or_else(|| damaged("statement"))?;
    find(view, named)?.ok_or_else(|| ViewError("the statement named is not recorded".into()))
}

/// Keeps what the statement waits for.
fn wait<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
    asked: Vec<String>,
    needed: u32,
) -> Result<(), ViewError> {
    let mut own = ControlRow { asked, needed, ..ControlRow::default() };
    if target_of(statement).is_some() {
        let root = root_of(draft, target(draft, statement)?)?;
        own.root = Some(root);
        let row = ControlRow { waiting: Some(index), ..control_of(draft, root)? };
        put_control(draft, root, &row);
    }
    put_control(draft, index, &own);
    Ok(())
}

/// One more signature; the last one brings the effect.
fn endorse<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
) -> Result<(), ViewError> {
    let target_index = target(draft, statement)?;
    let mut row = control_of(draft, target_index)?;
    row.signed.push(statement.header().party.clone());
    row.needed = row.needed.saturating_sub(1);
    if row.needed == 0 {
        row.effective = Some(index);
    }
    put_control(draft, target_index, &row);
    if row.needed == 0 {
        let named = recorded(draft, target_index)?;
        take_effect(draft, &named, target_index, index)?;
    }
    Ok(())
}

/// Brings about what `statement` (entry `index`) says, at entry `at`.
fn take_effect<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
    at: u64,
) -> Result<(), ViewError> {
    match statement.body() {
        Body::Correct(_) | Body::Void(_) => change(draft, statement, index, at),
        Body::Endorse(_) => Ok(()),
        Body::Alias(b) => Folder::default().join(draft, index, &[], &b.codes),
        body @ (Body::Hold(_) | Body::Recall(_) | Body::Lift(_)) => {
            stock::put_restrictions(draft, index, None, Some(body))
        }
        _ if moves_items(statement.kind()) => moves(draft, statement, index, at),
        Body::Keep(_) => exhibits::arrive(draft, statement, index, at),
        _ => registry::apply(draft, statement, at),
    }
}

/// Pairs Ships with Receives, then folds the statement into the items it acts on.
fn moves<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
    at: u64,
) -> Result<(), ViewError> {
    let side = Side { index, original: statement, body: statement.body() };
    let answered = meet(draft, None, side)?;
    // What waited for a signature stands behind entries that were folded meanwhile: its place is looked for anew.
    Folder::default().arrive(draft, statement, index, answered || at != index)?;
    exhibits::arrive(draft, statement, index, at)
}

/// A Correct or Void takes effect: what counts of the original changes, and so do its items.
fn change<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
    at: u64,
) -> Result<(), ViewError> {
    let target_index = target(draft, statement)?;
    let waiting = control_of(draft, target_index)?;
    if waiting.needed > 0 {
        return withdraw(draft, target_index, waiting, index);
    }
    let root = root_of(draft, target_index)?;
    let (mut items, was) = touched(draft, root)?;
    let before = content(draft, root)?;
    let mut row = ControlRow { waiting: None, ..control_of(draft, root)? };
    if let Body::Void(_) = statement.body() {
        row.voided = Some(at);
        free_slots(draft, target_index)?;
    } else {
        row.newest = Some(index);
        row.corrections = row.corrections.saturating_add(1);
    }
    put_control(draft, root, &row);
    let own = ControlRow { root: Some(root), ..control_of(draft, index)? };
    put_control(draft, index, &own);
    let [before, after] = [before, content(draft, root)?].map(|c| c.map(|c| (c.root, c.body)));
    if let (Some((_, before)), Some((original, after))) = (&before, &after) {
        meet(draft, Some(before), Side { index: root, original, body: after })?;
    }
    let (after_items, is) = touched(draft, root)?;
    items.extend(after_items);
    let mut folder = Folder::default();
    folder.reader.allow(items.len());
    folder.refold(draft, &items, &was.and(is))?;
    let actor = before.as_ref().or(after.as_ref()).map_or_else(String::new, |(o, _)| o.actor().to_owned());
    let [before, after] = [&before, &after].map(|c| c.as_ref().map(|(_, body)| body));
    if let Some(Body::Alias(_)) = before.or(after) {
        return folder.join(draft, root, codes(before), codes(after));
    }
    confidential::change(draft, (root, at), before, after)?;
    exhibits::change(draft, before, after)?;
    stock::put_restrictions(draft, root, before, after)?;
    let linked = items.len() + folder.reader.lines_met(draft, root)?;
    folder.reader.allow(linked);
    books::change(&mut folder.reader, draft, (root, &actor), before, after)?;
    open::change(&mut folder.reader, draft, root, before, after)
}

/// The codes that an Alias joins.
fn codes(body: Option<&Body>) -> &[String] {
    match body {
        Some(Body::Alias(b)) => &b.codes,
        _ => &[],
    }
}

/// Items that the content in effect of an original acts on, and where that stands in their histories.
fn touched<V: View + ?Sized>(
    draft: &Draft<'_, V>,
    root: u64,
) -> Result<(BTreeSet<SubjectKey>, Change), ViewError> {
    let mut reader = Reader::new(0);
    let items = reader.items(draft, root)?;
    Ok((items, Change::of(&mut reader, draft, root)?))
}

/// Takes back a Correct, Void or Party that still waits for signatures.
fn withdraw<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    target: u64,
    waiting: ControlRow,
    index: u64,
) -> Result<(), ViewError> {
    let root = waiting.root.unwrap_or(target);
    put_control(draft, target, &ControlRow { needed: 0, withdrawn: true, ..waiting });
    if root != target {
        let row = ControlRow { waiting: None, ..control_of(draft, root)? };
        put_control(draft, root, &row);
    }
    put_control(draft, index, &ControlRow { root: Some(root), ..ControlRow::default() });
    free_slot(draft, target)
}

/// Frees the business keys of a Correct and of all it corrects, down to the original.
fn free_slots<V: View + ?Sized>(draft: &mut Draft<'_, V>, newest: u64) -> Result<(), ViewError> {
    let mut index = newest;
    loop {
        free_slot(draft, index)?;
        let statement = recorded(draft, index)?;
        match (statement.body(), find_target(draft, &statement)?) {
            // A Correct stands after what it names, so this ends.
            (Body::Correct(_), Some(target)) if target < index => index = target,
            _ => return Ok(()),
        }
    }
}

fn find_target<V: View + ?Sized>(view: &V, statement: &Statement) -> Result<Option<u64>, ViewError> {
    target_of(statement).map_or(Ok(None), |named| find(view, named))
}

/// Frees the business key that an entry has taken, if any.
fn free_slot<V: View + ?Sized>(draft: &mut Draft<'_, V>, index: u64) -> Result<(), ViewError> {
    let statement = recorded(draft, index)?;
    let Some(bill) = statement.bill() else { return Ok(()) };
    edit_document(draft, bill, |row| {
        row.slots.iter_mut().filter(|s| s.index == index).for_each(|s| s.freed = true);
    })
}
