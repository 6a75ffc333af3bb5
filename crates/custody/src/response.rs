//! Which Receive answers which Ship. The two name each other by reference, or meet over a bill or
//! waybill when one side's upload is late; the pairing does not depend on who came first.

use proto::v1::{Receive, statement::Body};
use statement::{Statement, SubjectKind, id_bytes};

use crate::{
    Table, View, ViewError,
    control::{content, find, root_of},
    tables::{DocumentRow, decode_row, decode_u64, short_hash, subject_by_text},
};

/// Row key of "`ship` is answered by `receive`".
pub(crate) fn answered_key(ship: u64, receive: u64) -> Vec<u8> {
    [&[0u8][..], &ship.to_be_bytes(), &receive.to_be_bytes()].concat()
}

/// Row key of "`receive` answers `ship`".
pub(crate) fn answers_key(receive: u64, ship: u64) -> Vec<u8> {
    [&[1u8][..], &receive.to_be_bytes(), &ship.to_be_bytes()].concat()
}

/// Row prefix of Receives that named a shipment before it was recorded.
pub(crate) fn awaiting_prefix(party: &str, id: &[u8; 16]) -> Vec<u8> {
    [&[2u8][..], &short_hash(&[party.as_bytes(), &[0], id])].concat()
}

/// The numbers in which the keys under a prefix end, ascending.
fn tails<V: View + ?Sized>(view: &V, prefix: &[u8]) -> Result<Vec<u64>, ViewError> {
    let mut all = Vec::new();
    view.scan(Table::Response, prefix, prefix, &mut |key, _| {
        all.push(decode_u64(&key[prefix.len()..])?);
        Ok(true)
    })?;
    Ok(all)
}

/// Receives that answer a Ship (entries of the originals).
///
/// # Errors
/// The view cannot be read.
pub fn receives_of<V: View + ?Sized>(view: &V, ship: u64) -> Result<Vec<u64>, ViewError> {
    tails(view, &answered_key(ship, 0)[..9])
}

/// Ships that a Receive answers (entries of the originals).
///
/// # Errors
/// The view cannot be read.
pub fn ships_of<V: View + ?Sized>(view: &V, receive: u64) -> Result<Vec<u64>, ViewError> {
    tails(view, &answers_key(receive, 0)[..9])
}

/// State of a document; the default where nothing names it.
///
/// # Errors
/// The view cannot be read.
pub fn document<V: View + ?Sized>(view: &V, text: &str) -> Result<DocumentRow, ViewError> {
    match subject_by_text(view, SubjectKind::Document, text)? {
        Some(record) if !record.state.is_empty() => decode_row(&record.state, "document"),
        _ => Ok(DocumentRow::default()),
    }
}

/// The recorded Ships that a Receive by `actor` names now: by reference, else by bill and waybill.
pub(crate) fn named_ships<V: View + ?Sized>(
    view: &V,
    receive: &Receive,
    actor: &str,
) -> Result<Vec<u64>, ViewError> {
    if let Some(shipment) = &receive.shipment {
        return Ok(find(view, shipment)?.into_iter().collect());
    }
    let mut ships = Vec::new();
    for text in [&receive.bill, &receive.waybill].into_iter().filter(|t| !t.is_empty()) {
        for ship in document(view, text)?.ships {
            if !ships.contains(&ship) && addressed_to(view, ship, actor)? {
                ships.push(ship);
            }
        }
    }
    ships.sort_unstable();
    Ok(ships)
}

/// Whether the original Ship at `index` names `party` as addressee.
fn addressed_to<V: View + ?Sized>(view: &V, index: u64, party: &str) -> Result<bool, ViewError> {
    let ship = crate::control::recorded(view, index)?;
    Ok(matches!(ship.body(), Body::Ship(b) if b.addressee == party))
}

/// Recorded Receives that a Ship arriving now turns out to answer to.
pub(crate) fn waiting_receives<V: View + ?Sized>(view: &V, ship: &Statement) -> Result<Vec<u64>, ViewError> {
    let Body::Ship(body) = ship.body() else { return Ok(Vec::new()) };
    let mut found = tails(view, &awaiting_prefix(&ship.header().party, &id_bytes(&ship.header().id)))?;
    for text in [ship.bill().unwrap_or_default(), &body.waybill].into_iter().filter(|t| !t.is_empty()) {
        for index in document(view, text)?.receives {
            let receive = crate::control::recorded(view, index)?;
            if receive.actor() == body.addressee {
                found.push(index);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Whether a Receive says nothing of single goods, and so takes in all that was shipped.
pub(crate) fn takes_all(receive: &Receive) -> bool {
    receive.items.is_empty() && receive.lots.is_empty() && receive.exceptions.is_empty()
}

/// The other sides of a two-sided act: for a Ship who received it, for a Receive who shipped.
pub(crate) fn counterparties<V: View + ?Sized>(view: &V, root: u64) -> Result<Vec<String>, ViewError> {
    let original = crate::control::recorded(view, root)?;
    let others = match original.body() {
        Body::Ship(_) => receives_of(view, root)?,
        Body::Receive(_) => ships_of(view, root)?,
        _ => Vec::new(),
    };
    let mut parties = Vec::new();
    for other in others {
        let Some(content) = content(view, root_of(view, other)?)? else { continue };
        let party = content.root.actor().to_string();
        if party != original.actor() && !parties.contains(&party) {
            parties.push(party);
        }
    }
    parties.sort();
    Ok(parties)
}
