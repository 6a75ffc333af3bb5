//! Balances of lots without serials after a statement about goods.
//!
//! What an addressee takes in as a whole is counted once for each Ship, however many of its Receives say so:
//! a row says to whom a Ship's lots were counted, and that is put right whenever either side changes.

use proto::v1::statement::Body;
use statement::SubjectKind;

use super::reader::{Halt, Reader, unless_spent};
use crate::{
    View, ViewError,
    draft::Draft,
    item::Acts,
    response::{Met, put_taken, receives_met, ships_met, taken_by},
    stock::Books,
};

/// Of a statement that is being recorded. `answered`: a Ship that has met Receives already.
pub(super) fn arrive<V: View + ?Sized>(
    reader: &mut Reader,
    draft: &mut Draft<'_, V>,
    (body, acts): (&Body, &Acts),
    answered: bool,
) -> Result<(), ViewError> {
    let mut books = Books::default();
    books.content(draft, body, acts.actor, 1)?;
    if answered {
        recount(reader, draft, &mut books, acts.index)?;
    } else if acts.kind == statement::Kind::Receive {
        for &ship in reader.ships(draft, acts.index)?.iter() {
            recount(reader, draft, &mut books, ship)?;
        }
    }
    books.write(draft)
}

/// Of an original whose content was `before` and is `after` by a Correct or Void.
pub(super) fn change<V: View + ?Sized>(
    reader: &mut Reader,
    draft: &mut Draft<'_, V>,
    (root, actor): (u64, &str),
    before: Option<&Body>,
    after: Option<&Body>,
) -> Result<(), ViewError> {
    let actor = draft.number(SubjectKind::Activity, actor)?;
    let mut books = Books::default();
    for (body, sign) in [(before, -1), (after, 1)] {
        if let Some(body) = body {
            books.content(draft, body, actor, sign)?;
        }
    }
    if let Some(Body::Ship(b)) = before
        && let Some(to) = taken_by(draft, root)?
    {
        books.shipped(to, &b.lots, -1);
        put_taken(draft, root, None);
    }
    recount(reader, draft, &mut books, root)?;
    for answer in ships_met(draft, root)? {
        recount(reader, draft, &mut books, answer.index)?;
    }
    books.write(draft)
}

/// Counts the lots of a Ship to the addressee that takes all of them in, if it does; they were counted to
/// whom the row names. Where that is too much to find out, it stays as it is.
fn recount<V: View + ?Sized>(
    reader: &mut Reader,
    draft: &mut Draft<'_, V>,
    books: &mut Books,
    ship: u64,
) -> Result<(), ViewError> {
    let acts = unless_spent(reader.acts(draft, ship))?.flatten();
    let Some(acts) = acts.filter(|a| a.addressee != 0 && !a.lots.is_empty()) else { return Ok(()) };
    let Some(taken) = unless_spent(is_taken(reader, draft, &acts))? else { return Ok(()) };
    let (was, is) = (taken_by(draft, ship)?, taken.then_some(acts.addressee));
    if was == is {
        return Ok(());
    }
    let content = unless_spent(reader.content(draft, ship))?.flatten();
    if let Some(Body::Ship(b)) = content.map(|c| c.body) {
        books.shipped(was.unwrap_or(0), &b.lots, -1);
        books.shipped(is.unwrap_or(0), &b.lots, 1);
        put_taken(draft, ship, is);
    }
    Ok(())
}

/// Whether a Receive in effect by the addressee takes in all of a Ship.
fn is_taken<V: View + ?Sized>(reader: &mut Reader, draft: &Draft<'_, V>, ship: &Acts) -> Result<bool, Halt> {
    let mut answers = receives_met(draft, ship.index)?;
    answers.retain(|answer| answer.met != Met::NoLonger && answer.receiver == ship.addressee);
    // What has been read costs nothing: the Receive that is being recorded, as a rule.
    answers.sort_by_key(|answer| !reader.knows(answer.index));
    for answer in answers {
        if reader.acts(draft, answer.index)?.is_some_and(|receive| receive.takes_all) {
            return Ok(true);
        }
    }
    Ok(false)
}
