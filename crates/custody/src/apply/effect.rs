//! What a statement brings about once it counts: at once, or with the last signature it waits for.

use std::collections::BTreeSet;

use prost::Message;
use proto::v1::{Receive, statement::Body};
use statement::{Statement, SubjectKey, SubjectKind, id_bytes, subject_key};

use super::fold::Folder;
use crate::{
    Table, View, ViewError,
    control::{control_of, find, recorded, root_of, signatures_missing, target_of},
    draft::Draft,
    item::moves_items,
    registry,
    response::{answered_key, answers_key, awaiting_prefix, document, named_ships, waiting_receives},
    tables::{ControlRow, DocumentRow, MAX_PER_DOCUMENT, SlotRow, damaged},
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

fn edit_document<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    text: &str,
    change: impl FnOnce(&mut DocumentRow),
) -> Result<(), ViewError> {
    let mut row = document(draft, text)?;
    change(&mut row);
    draft.set_state(subject_key(SubjectKind::Document, text), row.encode_to_vec())
}

/// A business key is taken from recording on, whether or not the statement waits.
fn take_slot<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
) -> Result<(), ViewError> {
    let Some(bill) = statement.bill() else { return Ok(()) };
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
        _ if moves_items(statement.kind()) => moves(draft, statement, index),
        _ => registry::apply(draft, statement, at),
    }
}

/// Pairs Ships with Receives, then folds the statement into the items it acts on.
fn moves<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
) -> Result<(), ViewError> {
    let mut pairs = Vec::new();
    match statement.body() {
        Body::Ship(ship) => {
            let found = waiting_receives(draft, statement)?;
            pairs.extend(found.into_iter().map(|receive| (index, receive)));
            for text in [statement.bill().unwrap_or_default(), &ship.waybill] {
                remember(draft, text, |row| &mut row.ships, index)?;
            }
        }
        Body::Receive(receive) => {
            let found = named_ships(draft, receive, statement.actor())?;
            pairs.extend(found.into_iter().map(|ship| (ship, index)));
            await_ships(draft, receive, index, pairs.is_empty())?;
        }
        _ => {}
    }
    for &(ship, receive) in &pairs {
        draft.put(Table::Response, answered_key(ship, receive), Vec::new());
        draft.put(Table::Response, answers_key(receive, ship), Vec::new());
    }
    let late_match = matches!(statement.body(), Body::Ship(_)) && !pairs.is_empty();
    let mut folder = Folder::default();
    folder.arrive(draft, index, late_match)
}

/// Notes a Receive where Ships that come later will look for it.
fn await_ships<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    receive: &Receive,
    index: u64,
    unmatched: bool,
) -> Result<(), ViewError> {
    match &receive.shipment {
        Some(shipment) if unmatched => {
            let prefix = awaiting_prefix(&shipment.party, &id_bytes(&shipment.id));
            draft.put(Table::Response, [&prefix[..], &index.to_be_bytes()].concat(), Vec::new());
            Ok(())
        }
        Some(_) => Ok(()),
        None => {
            remember(draft, &receive.bill, |row| &mut row.receives, index)?;
            remember(draft, &receive.waybill, |row| &mut row.receives, index)
        }
    }
}

fn remember<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    document: &str,
    list: impl FnOnce(&mut DocumentRow) -> &mut Vec<u64>,
    index: u64,
) -> Result<(), ViewError> {
    if document.is_empty() {
        return Ok(());
    }
    edit_document(draft, document, |row| {
        let list = list(row);
        if list.len() < MAX_PER_DOCUMENT && !list.contains(&index) {
            list.push(index);
        }
    })
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
    let mut items = touched(draft, root)?;
    let mut row = ControlRow { waiting: None, ..control_of(draft, root)? };
    if let Body::Void(_) = statement.body() {
        row.voided = Some(at);
        free_slot(draft, &recorded(draft, root)?, root)?;
    } else {
        row.newest = Some(index);
        row.corrections += 1;
    }
    put_control(draft, root, &row);
    let own = ControlRow { root: Some(root), ..control_of(draft, index)? };
    put_control(draft, index, &own);
    items.extend(touched(draft, root)?);
    let mut folder = Folder::default();
    items.into_iter().try_for_each(|item| folder.refold(draft, item))
}

/// Items that the content in effect of an original acts on.
fn touched<V: View + ?Sized>(draft: &Draft<'_, V>, root: u64) -> Result<BTreeSet<SubjectKey>, ViewError> {
    let mut folder = Folder::default();
    Ok(folder.items(draft, root)?.into_iter().collect())
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
    Ok(())
}

fn free_slot<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    original: &Statement,
    root: u64,
) -> Result<(), ViewError> {
    let Some(bill) = original.bill() else { return Ok(()) };
    edit_document(draft, bill, |row| {
        row.slots.iter_mut().filter(|s| s.index == root).for_each(|s| s.freed = true);
    })
}
