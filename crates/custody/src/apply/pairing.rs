//! Pairs a Ship with the Receives that answer it, when either is recorded and when a Correct has changed
//! either.

use prost::Message;
use proto::v1::{Receive, Ship, statement::Body};
use statement::{Kind, Statement, SubjectKind, subject_key};

use crate::{
    View, ViewError,
    control::{content, find, recorded},
    draft::Draft,
    response::{
        Met, Pair, document, meeting, put_awaiting, put_pair, receive_documents, receives_met,
        ship_documents, ships_met, waiting_by_reference,
    },
    tables::{DocumentRow, MAX_PER_DOCUMENT, MAX_PER_RECEIVER, MeetingRow},
};

/// An original with the body that counts now.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub index: u64,
    pub original: &'a Statement,
    pub body: &'a Body,
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
    let Side { index, original, .. } = side;
    let receiver = draft.number(SubjectKind::Activity, &ship.addressee)?;
    let left = before.map(|b| ship_documents(original, b)).unwrap_or_default();
    let open = settle(draft, &left, &ship_documents(original, ship), index, receiver, |r| &mut r.ships)?;
    let over_documents = meeting(draft, &open, receiver, |row| row.receives)?;
    // A Ship that is only being recorded has met nobody before.
    let known = if before.is_some() { receives_met(draft, index)? } else { Vec::new() };
    for answer in known.iter().filter(|a| a.met == Met::ByDocument && !over_documents.contains(&a.index)) {
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
    for receive in over_documents {
        put_pair(draft, Pair { ship: index, receive, receiver, met: Met::ByDocument }, true)?;
    }
    Ok(found || known.iter().any(|a| a.met != Met::NoLonger))
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
    let open = settle(draft, &left, &receive_documents(receive), index, receiver, |r| &mut r.receives)?;
    if let Some(shipment) = before.and_then(|b| b.shipment.as_ref()) {
        put_awaiting(draft, shipment, index, false)?;
    }
    let mut wanted = Vec::new();
    match &receive.shipment {
        Some(shipment) => match find(draft, shipment)? {
            None => put_awaiting(draft, shipment, index, true)?,
            // Anything but a Ship: the Receive has named itself.
            Some(ship) if recorded(draft, ship)?.kind() != Kind::Ship => {}
            Some(ship) => wanted.push((ship, Met::ByReference)),
        },
        None => {
            let found = meeting(draft, &open, receiver, |row| row.ships)?;
            wanted.extend(found.into_iter().map(|ship| (ship, Met::ByDocument)));
        }
    }
    let known = if before.is_some() { ships_met(draft, index)? } else { Vec::new() };
    for answer in known {
        if !wanted.iter().any(|(ship, _)| *ship == answer.index) {
            put_pair(draft, Pair { ship: answer.index, receive: index, receiver, met: Met::NoLonger }, true)?;
        }
    }
    for (ship, met) in wanted {
        let is_addressee = met == Met::ByDocument || is_addressed(draft, ship, actor)?;
        put_pair(draft, Pair { ship, receive: index, receiver, met }, is_addressee)?;
    }
    Ok(())
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
    index: u64,
    receiver: u64,
    list: impl Fn(&mut DocumentRow) -> &mut Vec<MeetingRow>,
) -> Result<Vec<&'d str>, ViewError> {
    for text in left.iter().filter(|t| !named.contains(t)) {
        edit_document(draft, text, |row| note(list(row), index, 0))?;
    }
    let mut open = Vec::new();
    for &text in named {
        if edit_document(draft, text, |row| note(list(row), index, receiver))? {
            open.push(text);
        }
    }
    Ok(open)
}

/// Notes an entry for a receiver (0: for nobody); false where there is no room.
fn note(list: &mut Vec<MeetingRow>, index: u64, receiver: u64) -> bool {
    let of_receiver = list.iter().filter(|r| r.receiver == receiver && r.index != index).count();
    let room = receiver != 0 && of_receiver < MAX_PER_RECEIVER;
    let full = list.len() >= MAX_PER_DOCUMENT;
    match list.iter_mut().find(|r| r.index == index) {
        Some(row) => row.receiver = if room { receiver } else { 0 },
        None if room && !full => list.push(MeetingRow { index, receiver }),
        None => return false,
    }
    room
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
