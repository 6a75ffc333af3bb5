//! Pairs a Ship with the Receives that answer it, when either is recorded and when a Correct has changed
//! either.

use std::collections::BTreeMap;

use prost::Message;
use proto::v1::{Receive, Ship, statement::Body};
use statement::{Kind, Statement, SubjectKind, subject_key};

use crate::{
    View, ViewError,
    control::{content, find, recorded},
    draft::Draft,
    response::{
        Answer, Met, Pair, document, listed, met_late, put_awaiting, put_pair, receive_documents,
        receives_met, ship_documents, ships_met, waiting_by_reference,
    },
    tables::{DocumentRow, MAX_PER_DOCUMENT, MAX_PER_RECEIVER, MeetingRow},
};

/// An original with the body that counts now.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub index: u64,
    pub original: &'a Statement,
    pub body: &'a Body,
    /// Entry since which it says this: of a Ship the one by which that takes effect, of a Receive the statement.
    pub since: u64,
}

/// Pairs a Ship or Receive whose body was `before` until now (`None` when it is being recorded). True
/// where a Ship is answered by Receives already.
pub(super) fn meet<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    before: Option<&Body>,
    side: Side<'_>,
) -> Result<bool, ViewError> {
    match (side.body, before) {
        (Body::Ship(ship), None) => meet_ship(draft, side, None, ship),
        (Body::Ship(ship), Some(Body::Ship(before))) => meet_ship(draft, side, Some(before), ship),
        (Body::Receive(receive), None) => meet_receive(draft, side, None, receive).map(|()| false),
        (Body::Receive(receive), Some(Body::Receive(before))) => {
            meet_receive(draft, side, Some(before), receive).map(|()| false)
        }
        _ => Ok(false),
    }
}

fn meet_ship<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    side: Side<'_>,
    before: Option<&Ship>,
    ship: &Ship,
) -> Result<bool, ViewError> {
    let Side { index, original, since, .. } = side;
    let receiver = draft.number(SubjectKind::Activity, &ship.addressee)?;
    let left = before.map(|b| ship_documents(original, b)).unwrap_or_default();
    let new = MeetingRow { index, receiver, since };
    let open = settle(draft, &left, &ship_documents(original, ship), new, |row| &mut row.ships)?;
    let over_documents = receives_under(draft, side, ship, (&open, receiver))?;
    // A Ship that is only being recorded has met nobody before.
    let known = if before.is_some() { receives_met(draft, index)? } else { Vec::new() };
    let over = |a: &&Answer| matches!(a.met, Met::ByDocument | Met::ByLine);
    for answer in known.iter().filter(over).filter(|a| !over_documents.contains_key(&a.index)) {
        let pair = Pair { ship: index, receive: answer.index, receiver: answer.receiver, met: Met::NoLonger };
        put_pair(draft, pair, true)?;
    }
    let waiting = if before.is_none() { waiting_by_reference(draft, original)? } else { Vec::new() };
    for &receive in &waiting {
        let actor = recorded(draft, receive)?.actor().to_string();
        let receiver = draft.number(SubjectKind::Activity, &actor)?;
        let pair = Pair { ship: index, receive, receiver, met: Met::ByReference };
        put_pair(draft, pair, actor == ship.addressee)?;
    }
    let found = !over_documents.is_empty() || !waiting.is_empty();
    for (receive, met) in over_documents {
        put_pair(draft, Pair { ship: index, receive, receiver, met }, true)?;
    }
    Ok(found || known.iter().any(|a| a.met != Met::NoLonger))
}

/// Receives of the addressee that a Ship meets over documents, and how.
fn receives_under<V: View + ?Sized>(
    draft: &Draft<'_, V>,
    side: Side<'_>,
    ship: &Ship,
    (documents, receiver): (&[&str], u64),
) -> Result<BTreeMap<u64, Met>, ViewError> {
    let mut found = BTreeMap::new();
    for text in documents {
        let row = document(draft, text)?;
        let since = since(&row.ships, side.index);
        for receive in listed(&row.receives, receiver) {
            let met = if side.original.bill() == Some(*text) || since < receive.since {
                Some(Met::ByDocument)
            } else {
                match content(draft, receive.index)?.map(|c| c.body) {
                    Some(Body::Receive(b)) => met_late(&b, ship, side.original.actor()),
                    _ => None,
                }
            };
            add_met(&mut found, receive.index, met);
        }
    }
    Ok(found)
}

/// Since when an entry has been under a document.
fn since(list: &[MeetingRow], index: u64) -> u64 {
    list.iter().find(|row| row.index == index).map_or(u64::MAX, |row| row.since)
}

/// Of two ways to meet, that over a document counts.
fn add_met(found: &mut BTreeMap<u64, Met>, index: u64, met: Option<Met>) {
    match met {
        Some(Met::ByLine) => drop(found.entry(index).or_insert(Met::ByLine)),
        Some(met) => drop(found.insert(index, met)),
        None => {}
    }
}

fn meet_receive<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    side: Side<'_>,
    before: Option<&Receive>,
    receive: &Receive,
) -> Result<(), ViewError> {
    let (index, actor) = (side.index, side.original.actor());
    let receiver = draft.number(SubjectKind::Activity, actor)?;
    let left = before.map(receive_documents).unwrap_or_default();
    let new = MeetingRow { index, receiver, since: side.since };
    let open = settle(draft, &left, &receive_documents(receive), new, |row| &mut row.receives)?;
    if let Some(shipment) = before.and_then(|b| b.shipment.as_ref()) {
        put_awaiting(draft, shipment, index, false)?;
    }
    let mut wanted = BTreeMap::new();
    match &receive.shipment {
        Some(shipment) => match find(draft, shipment)? {
            None => put_awaiting(draft, shipment, index, true)?,
            // Anything but a Ship: the Receive has named itself.
            Some(ship) if recorded(draft, ship)?.kind() != Kind::Ship => {}
            Some(ship) => drop(wanted.insert(ship, Met::ByReference)),
        },
        None => wanted = ships_under(draft, side, receive, (&open, receiver))?,
    }
    let known = if before.is_some() { ships_met(draft, index)? } else { Vec::new() };
    for answer in known {
        if !wanted.contains_key(&answer.index) {
            put_pair(draft, Pair { ship: answer.index, receive: index, receiver, met: Met::NoLonger }, true)?;
        }
    }
    for (ship, met) in wanted {
        let is_addressee = met != Met::ByReference || is_addressed(draft, ship, actor)?;
        put_pair(draft, Pair { ship, receive: index, receiver, met }, is_addressee)?;
    }
    Ok(())
}

/// Ships to the receiver that a Receive meets over documents, and how.
fn ships_under<V: View + ?Sized>(
    draft: &Draft<'_, V>,
    side: Side<'_>,
    receive: &Receive,
    (documents, receiver): (&[&str], u64),
) -> Result<BTreeMap<u64, Met>, ViewError> {
    let mut found = BTreeMap::new();
    for &text in documents {
        let row = document(draft, text)?;
        let since = since(&row.receives, side.index);
        for ship in listed(&row.ships, receiver) {
            let met = if text == receive.bill || ship.since < since {
                Some(Met::ByDocument)
            } else {
                let content = content(draft, ship.index)?;
                content.as_ref().and_then(|c| match &c.body {
                    Body::Ship(b) => met_late(receive, b, c.root.actor()),
                    _ => None,
                })
            };
            add_met(&mut found, ship.index, met);
        }
    }
    Ok(found)
}

/// Whether a Ship is, or was first, addressed to `party`.
fn is_addressed<V: View + ?Sized>(view: &V, ship: u64, party: &str) -> Result<bool, ViewError> {
    let to = |body: &Body| matches!(body, Body::Ship(b) if b.addressee == party);
    Ok(to(recorded(view, ship)?.body()) || content(view, ship)?.is_some_and(|c| to(&c.body)))
}

/// Takes an entry off the lists of documents it no longer names and onto those that it does; the
/// documents that had room for it.
fn settle<'d, V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    left: &[&str],
    named: &[&'d str],
    new: MeetingRow,
    list: impl Fn(&mut DocumentRow) -> &mut Vec<MeetingRow>,
) -> Result<Vec<&'d str>, ViewError> {
    for text in left.iter().filter(|t| !named.contains(t)) {
        edit_document(draft, text, |row| leave(list(row), new.index))?;
    }
    let mut open = Vec::new();
    for &text in named {
        if edit_document(draft, text, |row| note(list(row), new.clone()))? {
            open.push(text);
        }
    }
    Ok(open)
}

/// Notes an entry for a receiver; false where there is no room, or no receiver. One that is noted for it already stays
/// as it is.
fn note(list: &mut Vec<MeetingRow>, new: MeetingRow) -> bool {
    let of_receiver = list.iter().filter(|r| r.receiver == new.receiver && r.index != new.index).count();
    let room = new.receiver != 0 && of_receiver < MAX_PER_RECEIVER;
    let full = list.len() >= MAX_PER_DOCUMENT;
    match list.iter_mut().find(|r| r.index == new.index) {
        Some(row) if !room => row.receiver = 0,
        Some(row) if row.receiver == new.receiver => {}
        Some(row) => *row = new,
        None if room && !full => list.push(new),
        None => return false,
    }
    room
}

/// Notes that a Correct has taken the document from an entry.
fn leave(list: &mut [MeetingRow], index: u64) {
    list.iter_mut().filter(|r| r.index == index).for_each(|r| r.receiver = 0);
}

/// Changes the state of a document that the entry links.
pub(super) fn edit_document<V: View + ?Sized, T>(
    draft: &mut Draft<'_, V>,
    text: &str,
    change: impl FnOnce(&mut DocumentRow) -> T,
) -> Result<T, ViewError> {
    let mut row = document(draft, text)?;
    let result = change(&mut row);
    draft.set_state(subject_key(SubjectKind::Document, text), row.encode_to_vec())?;
    Ok(result)
}
