//! What stands open at parties after a statement about goods: shipments to be answered, containers emptied.
//!
//! A shipment is fully answered when Receives in effect by its addressee that answer it, by reference or
//! over a document, name each of its lines (an item, or a lot whatever the amount) as taken in or as an
//! exception, or when one of them takes in everything. A line is named by any code of the thing, and a
//! container by all that was in it (`stock::answered_by`): so Packs and Aliases that come late count too.

use std::collections::BTreeSet;

use proto::v1::statement::Body;
use statement::{Kind, Relation, SubjectKey, SubjectKind, subject_key};

use super::{
    cuts::MAX_LOOK,
    reader::{Halt, LOOKS_PER_WORK, Reader, Reading, unless_spent},
};
use crate::{
    View, ViewError,
    control::root_of,
    draft::Draft,
    item::{Act, Acts, ItemState, deeds::Deed as _},
    response::{Met, receives_met, ships_met},
    stock,
    tables::{subject, touches},
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
    note_emptied(draft, acts)
}

/// Of an original whose content was `before` and is `after` by a Correct or Void.
pub(super) fn change<V: View + ?Sized>(
    reader: &mut Reader,
    draft: &mut Draft<'_, V>,
    root: u64,
    before: Option<&Body>,
    after: Option<&Body>,
) -> Result<(), ViewError> {
    let was_to = match before {
        Some(Body::Ship(b)) => draft.number(SubjectKind::Activity, &b.addressee)?,
        _ => 0,
    };
    settle(reader, draft, root, was_to)?;
    for answer in ships_met(draft, root)? {
        settle(reader, draft, answer.index, 0)?;
    }
    let mut starts = BTreeSet::new();
    for container in [before, after].into_iter().filter_map(container) {
        starts.extend(stock::codes(draft, &container)?);
    }
    resettle(reader, draft, Reach { starts, own: true, named: false }, None)?;
    match unless_spent(reader.acts(draft, root))?.flatten() {
        Some(acts) => note_emptied(draft, &acts),
        None => Ok(()),
    }
}

/// The container that a Pack or Unpack names.
fn container(body: Option<&Body>) -> Option<SubjectKey> {
    match body? {
        Body::Pack(b) => Some(subject_key(SubjectKind::Item, &b.parent)),
        Body::Unpack(b) => Some(subject_key(SubjectKind::Item, &b.parent)),
        _ => None,
    }
}

/// A container that was named before a Pack or Unpack of it is recorded.
pub(super) struct Handled<'a> {
    container: SubjectKey,
    /// Something later has happened to it already.
    late: bool,
    acts: &'a Acts,
}

/// The container of a Pack or Unpack that is being recorded, before it is folded; `None` for one that
/// nothing has named before: no shipment can have it.
pub(super) fn handled<'a, V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    body: &Body,
    acts: &'a Acts,
) -> Result<Option<Handled<'a>>, ViewError> {
    let Some(container) = container(Some(body)) else { return Ok(None) };
    if draft.load(container)?.0.count <= 1 {
        return Ok(None);
    }
    let state = ItemState::decode(&draft.state(&container))?;
    // A state that is marked may not have seen all that happened later.
    let late = state.overflow || !state.precedes(acts);
    Ok(Some(Handled { container, late, acts }))
}

/// What was in a container may be other than was known: shipments of it, and of those it was in, are looked
/// at anew.
pub(super) fn refill<V: View + ?Sized>(
    reader: &mut Reader,
    draft: &mut Draft<'_, V>,
    handled: Option<Handled<'_>>,
) -> Result<(), ViewError> {
    let Some(Handled { container, late, acts }) = handled else { return Ok(()) };
    let starts = stock::codes(draft, &container)?;
    resettle(reader, draft, Reach { starts, own: late, named: false }, Some(acts))
}

/// The same for codes whose thing may have become another.
pub(super) fn rename<V: View + ?Sized>(
    reader: &mut Reader,
    draft: &mut Draft<'_, V>,
    codes: &BTreeSet<SubjectKey>,
) -> Result<(), ViewError> {
    resettle(reader, draft, Reach { starts: codes.clone(), own: true, named: true }, None)
}

/// Settles the Ships within reach, the newest first; `before`: only those that happened after it.
fn resettle<V: View + ?Sized>(
    reader: &mut Reader,
    draft: &mut Draft<'_, V>,
    reach: Reach,
    before: Option<&Acts>,
) -> Result<(), ViewError> {
    let mut ships = BTreeSet::new();
    unless_spent(reach.walk(reader, draft, &mut ships))?;
    for ship in ships.into_iter().rev() {
        let acts = unless_spent(reader.acts(draft, ship))?.flatten();
        if acts.is_some_and(|acts| before.is_none_or(|b| b.fold_key() < acts.fold_key())) {
            settle(reader, draft, ship, 0)?;
        }
    }
    Ok(())
}

/// From which codes on shipments are looked for.
struct Reach {
    starts: BTreeSet<SubjectKey>,
    /// Shipments of the codes themselves too, not only of the containers they were in.
    own: bool,
    /// And those answered by Receives that name one of them.
    named: bool,
}

impl Reach {
    /// Ends, with what it has found, where the allowance does.
    fn walk<V: View + ?Sized>(
        self,
        reader: &mut Reader,
        draft: &Draft<'_, V>,
        ships: &mut BTreeSet<u64>,
    ) -> Result<(), Halt> {
        let mut next: Vec<(SubjectKey, bool)> = self.starts.iter().map(|code| (*code, self.own)).collect();
        let mut seen = self.starts;
        while let Some((code, own)) = next.pop() {
            let touched = entries(draft, &code, own, self.named)?;
            reader.spend(1 + touched.looked / LOOKS_PER_WORK)?;
            for (index, kind) in touched.entries {
                match kind {
                    Kind::Ship => drop(ships.insert(index)),
                    Kind::Receive => ships.extend(reader.ships(draft, index)?.iter()),
                    _ => {
                        let root = if kind == Kind::Correct { root_of(draft, index)? } else { index };
                        let Some(acts) = reader.acts(draft, root)? else { continue };
                        match acts.kind {
                            Kind::Ship if own => drop(ships.insert(root)),
                            Kind::Receive if self.named => ships.extend(reader.ships(draft, root)?.iter()),
                            _ => next.extend(parents(draft, &acts, &mut seen)?),
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// Entries that name a code and may lead to shipments.
struct Touched {
    entries: Vec<(u64, Kind)>,
    looked: usize,
}

fn entries<V: View + ?Sized>(
    draft: &Draft<'_, V>,
    code: &SubjectKey,
    own: bool,
    named: bool,
) -> Result<Touched, ViewError> {
    let mut touched = Touched { entries: Vec::new(), looked: 0 };
    let Some(record) = subject(draft, code)? else { return Ok(touched) };
    touches(draft, record.number, 0, &mut |touch| {
        let kind = Kind::try_from(i32::from(touch.kind)).unwrap_or_default();
        if match kind {
            Kind::Pack | Kind::Unpack => touch.relation == Relation::Child,
            Kind::Ship => own,
            Kind::Receive => named,
            _ => kind == Kind::Correct,
        } {
            touched.entries.push((touch.index, kind));
        }
        touched.looked += 1;
        Ok(touched.looked < MAX_LOOK)
    })?;
    Ok(touched)
}

/// Codes, not seen before, of the container that a Pack or Unpack names.
fn parents<V: View + ?Sized>(
    draft: &Draft<'_, V>,
    acts: &Acts,
    seen: &mut BTreeSet<SubjectKey>,
) -> Result<Vec<(SubjectKey, bool)>, ViewError> {
    let mut found = Vec::new();
    for (item, act) in &acts.by_item {
        if matches!(acts.kind, Kind::Pack | Kind::Unpack) && matches!(act, Act::Handled | Act::Emptied) {
            let new = stock::codes(draft, item)?.into_iter().filter(|code| seen.insert(*code));
            found.extend(new.map(|code| (code, true)));
        }
    }
    Ok(found)
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

/// Lines of a Ship that no Receive in effect by its addressee answers.
fn open_lines<V: View + ?Sized>(reader: &mut Reader, draft: &Draft<'_, V>, ship: &Acts) -> Result<u32, Halt> {
    let mut open: BTreeSet<_> = ship.by_item.keys().chain(&ship.lots).copied().collect();
    let mut named = BTreeSet::new();
    let answers = receives_met(draft, ship.index)?;
    for answer in answers.iter().filter(|a| a.met != Met::NoLonger && a.receiver == ship.addressee) {
        let Some(receive) = reader.acts(draft, answer.index)? else { continue };
        if receive.takes_all {
            return Ok(0);
        }
        for line in receive.by_item.keys().chain(&receive.lots) {
            open.remove(line);
        }
        named.extend(receive.by_item.keys().copied());
    }
    open.retain(|line| !named.contains(line));
    let goods: BTreeSet<_> = open.iter().filter(|line| ship.by_item.contains_key(line)).copied().collect();
    // Lines by another name.
    if !goods.is_empty() && !named.is_empty() {
        let answered = stock::answered_within(Reading { reader, draft }, ship, &goods, &named)?;
        open.retain(|line| !answered.contains_key(line));
    }
    Ok(u32::try_from(open.len()).unwrap_or(u32::MAX))
}

/// Notes who has emptied which container.
fn note_emptied<V: View + ?Sized>(draft: &mut Draft<'_, V>, acts: &Acts) -> Result<(), ViewError> {
    for (item, _) in acts.by_item.iter().filter(|(_, act)| **act == Act::Emptied) {
        stock::emptied(draft, acts.actor, item, acts.index)?;
    }
    Ok(())
}
