//! What stands open at parties after a statement about goods: shipments to be answered, lots dealt in,
//! containers emptied.
//!
//! A shipment is fully answered when Receives in effect by its addressee that answer it, by reference or
//! over a document, name each of its lines (an item, or a lot whatever the amount) as taken in or as an
//! exception, or when one of them takes in everything.

use std::collections::BTreeSet;

use statement::Kind;

use super::reader::{Halt, Reader, unless_spent};
use crate::{
    View, ViewError,
    draft::Draft,
    item::{Act, Acts},
    response::{Met, receives_met, ships_met},
    stock::{self, StockKind},
};

/// Of a statement that is being recorded. `answered`: a Ship that has met Receives already.
pub(super) fn arrive<V: View + ?Sized>(
    reader: &mut Reader,
    draft: &mut Draft<'_, V>,
    acts: &Acts,
    answered: bool,
) -> Result<(), ViewError> {
    if acts.addressee != 0 && !answered {
        let lines = lines(acts);
        stock::put_inbound(draft, acts.addressee, acts.index, (lines, lines));
    } else if acts.addressee != 0 {
        settle(reader, draft, acts.index, 0)?;
    } else if acts.kind == Kind::Receive {
        for &ship in reader.ships(draft, acts.index)?.iter() {
            let shipped = unless_spent(reader.acts(draft, ship))?.flatten();
            match shipped.filter(|s| acts.takes_all && s.addressee == acts.actor) {
                Some(ship) => stock::put_inbound(draft, ship.addressee, ship.index, (0, 0)),
                None => settle(reader, draft, ship, 0)?,
            }
        }
    }
    note(reader, draft, acts)
}

/// Of an original that a Correct or Void has changed. `was_to`: the addressee it had, if it was a Ship
/// that counted.
pub(super) fn change<V: View + ?Sized>(
    reader: &mut Reader,
    draft: &mut Draft<'_, V>,
    root: u64,
    was_to: u64,
) -> Result<(), ViewError> {
    settle(reader, draft, root, was_to)?;
    for answer in ships_met(draft, root)? {
        settle(reader, draft, answer.index, 0)?;
    }
    match unless_spent(reader.acts(draft, root))?.flatten() {
        Some(acts) => note(reader, draft, &acts),
        None => Ok(()),
    }
}

/// Number of lines of a Ship.
fn lines(ship: &Acts) -> u32 {
    u32::try_from(ship.by_item.len() + ship.lots.len()).unwrap_or(u32::MAX)
}

/// Writes how much of the Ship at `ship` is open now. Where that is too much to work out, all of it is.
fn settle<V: View + ?Sized>(
    reader: &mut Reader,
    draft: &mut Draft<'_, V>,
    ship: u64,
    was_to: u64,
) -> Result<(), ViewError> {
    let acts = match reader.acts(draft, ship) {
        Ok(acts) => acts.filter(|a| a.addressee != 0),
        Err(Halt::View(e)) => return Err(e),
        Err(Halt::Spent) => return Ok(()),
    };
    let to = acts.as_ref().map_or(0, |a| a.addressee);
    if was_to != 0 && was_to != to {
        stock::put_inbound(draft, was_to, ship, (0, 0));
    }
    let Some(acts) = acts else { return Ok(()) };
    let lines = lines(&acts);
    let open = unless_spent(open_lines(reader, draft, &acts))?.unwrap_or(lines);
    stock::put_inbound(draft, to, ship, (open, lines));
    Ok(())
}

/// Lines of a Ship that no Receive in effect by its addressee names.
fn open_lines<V: View + ?Sized>(reader: &mut Reader, draft: &Draft<'_, V>, ship: &Acts) -> Result<u32, Halt> {
    let mut open: BTreeSet<_> = ship.by_item.keys().chain(&ship.lots).copied().collect();
    let answers = receives_met(draft, ship.index)?;
    for answer in answers.iter().filter(|a| a.met != Met::NoLonger && a.receiver == ship.addressee) {
        let Some(receive) = reader.acts(draft, answer.index)? else { continue };
        if receive.takes_all {
            return Ok(0);
        }
        for line in receive.by_item.keys().chain(&receive.lots) {
            open.remove(line);
        }
    }
    Ok(u32::try_from(open.len()).unwrap_or(u32::MAX))
}

/// Notes which parties deal in which lots, and who has emptied which container.
fn note<V: View + ?Sized>(
    reader: &mut Reader,
    draft: &mut Draft<'_, V>,
    acts: &Acts,
) -> Result<(), ViewError> {
    for (item, _) in acts.by_item.iter().filter(|(_, act)| **act == Act::Emptied) {
        stock::note(draft, acts.actor, StockKind::Emptied, item, acts.index)?;
    }
    for lot in &acts.lots {
        for party in [acts.actor, acts.addressee] {
            stock::note(draft, party, StockKind::Lot, lot, acts.index)?;
        }
    }
    if acts.takes_all {
        for &ship in reader.ships(draft, acts.index)?.iter() {
            let shipped = unless_spent(reader.acts(draft, ship))?.flatten();
            for lot in shipped.iter().flat_map(|s| &s.lots) {
                stock::note(draft, acts.actor, StockKind::Lot, lot, acts.index)?;
            }
        }
    }
    if acts.addressee != 0 && !acts.lots.is_empty() {
        for answer in receives_met(draft, acts.index)? {
            for lot in &acts.lots {
                stock::note(draft, answer.receiver, StockKind::Lot, lot, acts.index)?;
            }
        }
    }
    Ok(())
}
