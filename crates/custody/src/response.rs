//! Which Receive answers which Ship. The two name each other by reference, or meet over a bill or
//! waybill when one side's upload is late; the pairing does not depend on who came first.
//!
//! A pair follows from what counts of both sides: a Receive that names a shipment answers that statement;
//! one that names documents only answers the Ships that carry one of them and are addressed to it. A
//! Correct of either side therefore pairs them anew.
//!
//! A bill is its sender's, so its Ships count whenever they come. A waybill anybody can read off a parcel: of Ships
//! that come under it after the Receive only those count that name a line of it, or whose sender it names. And of
//! those that count over a waybill alone only the first to have shipped a line before the Receive is its other side:
//! told of it, and asked before it is taken back.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use proto::v1::{Receive, Ship, StatementRef, replacement, statement::Body};
use statement::{Statement, SubjectKind, bill_party, id_bytes};

use crate::{
    Table, View, ViewError,
    control::{content, control_of, find, recorded},
    draft::Draft,
    tables::{
        AwaitingRow, DocumentRow, MAX_ANSWERS, MAX_STRANGERS, MeetingRow, WaitingRow, damaged, decode_row,
        decode_u64, short_hash, subject_by_text,
    },
};

/// How the two sides of a pair found each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Met {
    /// They did, until a Correct.
    NoLonger = 0,
    /// The Receive names the Ship.
    ByReference = 1,
    /// Both name a document: the sender's bill, or a waybill under which the Ship came before the Receive, or
    /// whose sender the Receive names.
    ByDocument = 2,
    /// The Ship came under the waybill after the Receive, and both name a line.
    ByLine = 3,
}

/// One side of a pair as seen from the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Entry of the other side.
    pub index: u64,
    pub met: Met,
    /// Activity number of who receives.
    pub receiver: u64,
}

const ANSWERED: u8 = 0;
const ANSWERS: u8 = 1;
const AWAITING: u8 = 2;
const TAKEN: u8 = 3;

fn pair_key(side: u8, first: u64, second: u64) -> Vec<u8> {
    [&[side][..], &first.to_be_bytes(), &second.to_be_bytes()].concat()
}

/// Row key of the Receives that named a shipment before it was recorded.
fn awaiting_key(party: &str, id: &[u8; 16]) -> Vec<u8> {
    [&[AWAITING][..], &short_hash(&[party.as_bytes(), &[0], id])].concat()
}

fn answers<V: View + ?Sized>(view: &V, side: u8, index: u64) -> Result<Vec<Answer>, ViewError> {
    let prefix = &pair_key(side, index, 0)[..9];
    let mut all = Vec::new();
    view.scan(Table::Response, prefix, prefix, &mut |key, value| {
        let (&met, receiver) = value.split_first().ok_or_else(|| damaged("response"))?;
        let met = match met {
            0 => Met::NoLonger,
            1 => Met::ByReference,
            2 => Met::ByDocument,
            3 => Met::ByLine,
            _ => return Err(damaged("response")),
        };
        all.push(Answer { index: decode_u64(&key[prefix.len()..])?, met, receiver: decode_u64(receiver)? });
        Ok(true)
    })?;
    Ok(all)
}

fn living(answers: Vec<Answer>) -> Vec<u64> {
    answers.into_iter().filter(|a| a.met != Met::NoLonger).map(|a| a.index).collect()
}

/// Receives that answer a Ship (entries of the originals), ascending; at most 256.
///
/// # Errors
/// The view cannot be read.
pub fn receives_of<V: View + ?Sized>(view: &V, ship: u64) -> Result<Vec<u64>, ViewError> {
    answers(view, ANSWERED, ship).map(living)
}

/// Ships that a Receive answers (entries of the originals), ascending; at most 128 at a time.
///
/// # Errors
/// The view cannot be read.
pub fn ships_of<V: View + ?Sized>(view: &V, receive: u64) -> Result<Vec<u64>, ViewError> {
    answers(view, ANSWERS, receive).map(living)
}

/// Most Ships under one waybill whose lines are compared before that which is asked about.
const MAX_EARLIER: usize = 16;

/// Whether a Receive tells the sender of a Ship that it answers, by their originals: it names the shipment, or a
/// bill of the sender. A waybill anybody can read off a parcel: over that alone a Receive tells nobody whose Ship
/// came after it; one of single goods who had shipped one of them, one of everything whoever had shipped first under
/// the waybill; of several that had shipped the same, it tells the first to have come under the waybill.
///
/// # Errors
/// The view cannot be read.
pub fn tells_sender<V: View + ?Sized>(view: &V, receive: u64, ship: u64) -> Result<bool, ViewError> {
    let answers = answers(view, ANSWERS, receive)?;
    match answers.iter().find(|a| a.index == ship).map(|a| a.met) {
        Some(Met::ByReference) => return Ok(true),
        Some(Met::ByDocument | Met::ByLine) => {}
        Some(Met::NoLonger) | None => return Ok(false),
    }
    let (shipped, received) = (recorded(view, ship)?, recorded(view, receive)?);
    let now = content(view, receive)?.map(|c| c.body);
    let said = [Some(received.body()), now.as_ref()];
    let said: Vec<&Receive> = said.into_iter().flatten().filter_map(of_receive).collect();
    if said.iter().any(|b| names_sender(b, shipped.actor())) {
        return Ok(true);
    }
    let came = came_under(view, &said)?;
    let place = |index: u64| (came.get(&index).copied().unwrap_or(index), index);
    let before = answers.iter().filter(|a| a.met == Met::ByDocument);
    if !before.clone().any(|a| a.index == ship) {
        return Ok(false);
    }
    let earlier: Vec<u64> = before.map(|a| a.index).filter(|index| place(*index) < place(ship)).collect();
    let taken: BTreeSet<&str> = said.iter().flat_map(|b| named_lines(b)).collect();
    if taken.is_empty() || earlier.len() > MAX_EARLIER {
        return Ok(earlier.is_empty());
    }
    let mut ours = lines_of(&shipped);
    ours.retain(|line| taken.contains(line.as_str()));
    for other in earlier {
        if ours.is_empty() {
            break;
        }
        let theirs = lines_of(&recorded(view, other)?);
        ours.retain(|line| !theirs.contains(line));
    }
    Ok(!ours.is_empty())
}

/// Since which entry Ships have been under the waybills that a Receive names, by their originals.
fn came_under<V: View + ?Sized>(view: &V, said: &[&Receive]) -> Result<BTreeMap<u64, u64>, ViewError> {
    let mut came = BTreeMap::new();
    for text in said.iter().map(|b| b.waybill.as_str()).filter(|text| !text.is_empty()) {
        came.extend(document(view, text)?.ships.iter().map(|row| (row.index, row.since)));
    }
    Ok(came)
}

/// Whether a Receive says from whom the goods came: it names a bill of that party.
fn names_sender(receive: &Receive, sender: &str) -> bool {
    bill_party(&receive.bill).is_some_and(|party| party == sender)
}

/// Whether a Receive and a Ship name the same item or lot.
fn share_a_line(receive: &Receive, ship: &Ship) -> bool {
    let taken: BTreeSet<&str> = named_lines(receive).collect();
    ship.items.iter().chain(ship.lots.iter().map(|l| &l.lot)).any(|line| taken.contains(line.as_str()))
}

/// How the two sides are met where the Ship has come under the waybill after the Receive; `None` where they are not.
pub(crate) fn met_late(receive: &Receive, ship: &Ship, sender: &str) -> Option<Met> {
    match (names_sender(receive, sender), share_a_line(receive, ship)) {
        (true, _) => Some(Met::ByDocument),
        (false, true) => Some(Met::ByLine),
        (false, false) => None,
    }
}

fn of_receive(body: &Body) -> Option<&Receive> {
    if let Body::Receive(b) = body { Some(b) } else { None }
}

/// Items and lots of which a Receive says something.
fn named_lines(b: &Receive) -> impl Iterator<Item = &str> {
    let exceptions = b.exceptions.iter().map(|e| e.lot.as_ref().map_or(&e.item, |l| &l.lot));
    b.items.iter().chain(b.lots.iter().map(|l| &l.lot)).chain(exceptions).map(String::as_str)
}

/// Items and lots of a Ship, as it was signed: what a Correct adds may have been read off elsewhere.
fn lines_of(ship: &Statement) -> BTreeSet<String> {
    match ship.body() {
        Body::Ship(b) => b.items.iter().chain(b.lots.iter().map(|l| &l.lot)).cloned().collect(),
        _ => BTreeSet::new(),
    }
}

/// All Ships that a Receive answers or, before a Correct, answered.
pub(crate) fn ships_met<V: View + ?Sized>(view: &V, receive: u64) -> Result<Vec<Answer>, ViewError> {
    answers(view, ANSWERS, receive)
}

/// All Receives that answer a Ship or, before a Correct, answered it.
pub(crate) fn receives_met<V: View + ?Sized>(view: &V, ship: u64) -> Result<Vec<Answer>, ViewError> {
    answers(view, ANSWERED, ship)
}

/// A Ship and a Receive by their entries, and who receives by its activity number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub ship: u64,
    pub receive: u64,
    pub receiver: u64,
    pub met: Met,
}

/// Writes a pair, or that it is none any longer. Beyond [`MAX_ANSWERS`] a Ship takes no further ones;
/// who is not its addressee finds fewer places, so that strangers cannot shut out the addressee.
pub(crate) fn put_pair<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    pair: Pair,
    is_addressee: bool,
) -> Result<(), ViewError> {
    let Pair { ship, receive, receiver, met } = pair;
    let key = pair_key(ANSWERED, ship, receive);
    if draft.get(Table::Response, &key)?.is_none() {
        let limit = if is_addressee { MAX_ANSWERS } else { MAX_STRANGERS };
        if met == Met::NoLonger || answers(draft, ANSWERED, ship)?.len() >= limit {
            return Ok(());
        }
    }
    let value = [&[met as u8][..], &receiver.to_be_bytes()].concat();
    draft.put(Table::Response, key, value.clone());
    draft.put(Table::Response, pair_key(ANSWERS, receive, ship), value);
    Ok(())
}

/// Notes a Receive under the shipment that it names and that is not recorded yet, or takes the note away.
pub(crate) fn put_awaiting<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    shipment: &StatementRef,
    receive: u64,
    waits: bool,
) -> Result<(), ViewError> {
    let key = awaiting_key(&shipment.party, &id_bytes(&shipment.id));
    let mut row = awaiting(draft, &key)?;
    if !waits && row.waiting.is_empty() {
        return Ok(());
    }
    row.waiting.retain(|w| w.receive != receive);
    if waits && row.waiting.len() < MAX_STRANGERS {
        row.waiting.push(WaitingRow { receive, digest: shipment.digest.clone() });
    }
    draft.put(Table::Response, key, row.encode_to_vec());
    Ok(())
}

fn taken_key(ship: u64) -> Vec<u8> {
    [&[TAKEN][..], &ship.to_be_bytes()].concat()
}

/// Number of the activity of who has taken in all lots of a Ship, as counted in its balances.
pub(crate) fn taken_by<V: View + ?Sized>(view: &V, ship: u64) -> Result<Option<u64>, ViewError> {
    view.get(Table::Response, &taken_key(ship))?.map(|row| decode_u64(&row)).transpose()
}

/// Writes that.
pub(crate) fn put_taken<V: View + ?Sized>(draft: &mut Draft<'_, V>, ship: u64, by: Option<u64>) {
    let row = by.map_or_else(Vec::new, |by| by.to_be_bytes().to_vec());
    draft.put(Table::Response, taken_key(ship), row);
}

/// Receives that named a shipment before it was recorded.
fn awaiting<V: View + ?Sized>(view: &V, key: &[u8]) -> Result<AwaitingRow, ViewError> {
    let row = view.get(Table::Response, key)?;
    Ok(row.map(|r| decode_row(&r, "response")).transpose()?.unwrap_or_default())
}

/// Recorded Receives that have named this Ship, which arrives only now, by reference.
pub(crate) fn waiting_by_reference<V: View + ?Sized>(
    view: &V,
    ship: &Statement,
) -> Result<Vec<u64>, ViewError> {
    let name = ship.reference();
    let noted = awaiting(view, &awaiting_key(name.party, &name.id))?;
    let meant = noted
        .waiting
        .into_iter()
        .filter(|w| w.digest.is_empty() || w.digest.as_slice() == ship.digest().as_slice());
    Ok(meant.map(|w| w.receive).collect())
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

/// Documents over which a Ship can be found.
pub(crate) fn ship_documents<'s>(original: &'s Statement, ship: &'s Ship) -> Vec<&'s str> {
    let all = [original.bill().unwrap_or_default(), ship.waybill.as_str()];
    all.into_iter().filter(|t| !t.is_empty()).collect()
}

/// Documents over which a Receive looks for Ships; none where it names the shipment itself.
pub(crate) fn receive_documents(receive: &Receive) -> Vec<&str> {
    let all = [receive.bill.as_str(), receive.waybill.as_str()];
    all.into_iter().filter(|t| receive.shipment.is_none() && !t.is_empty()).collect()
}

/// What a list of a document holds for a receiver.
pub(crate) fn listed(rows: &[MeetingRow], receiver: u64) -> impl Iterator<Item = &MeetingRow> {
    rows.iter().filter(move |row| row.receiver == receiver && receiver != 0)
}

/// The recorded Ships that a Receive by `actor` names now: by reference, else by bill and waybill. `before`: the
/// statement that named the waybill, where that is recorded; Ships that came under it later are not named by it, unless it
/// names their sender.
pub(crate) fn named_ships<V: View + ?Sized>(
    view: &V,
    receive: &Receive,
    actor: &str,
    before: Option<u64>,
) -> Result<Vec<u64>, ViewError> {
    if let Some(shipment) = &receive.shipment {
        return Ok(find(view, shipment)?.into_iter().collect());
    }
    let number = subject_by_text(view, SubjectKind::Activity, actor)?.map_or(0, |r| r.number);
    let mut found = Vec::new();
    for text in receive_documents(receive) {
        let ships = document(view, text)?.ships;
        for row in listed(&ships, number) {
            let is_named = text == receive.bill
                || before.is_none_or(|b| row.since < b)
                || (!receive.bill.is_empty() && names_sender(receive, recorded(view, row.index)?.actor()));
            found.extend(is_named.then_some(row.index));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Whether a Receive says nothing of single goods, and so takes in all that was shipped.
#[must_use]
pub fn takes_all(receive: &Receive) -> bool {
    receive.items.is_empty() && receive.lots.is_empty() && receive.exceptions.is_empty()
}

/// The Receive that a statement is or puts in place of another.
pub(crate) fn receive_in(statement: &Statement) -> Option<&Receive> {
    match statement.body() {
        Body::Receive(b) => Some(b),
        Body::Correct(b) => match b.replacement.as_ref()?.body.as_ref()? {
            replacement::Body::Receive(b) => Some(b),
            _ => None,
        },
        _ => None,
    }
}

/// The other sides that have put their name to a two-sided act: who received a Ship addressed to it, who
/// shipped what a Receive took in as addressee, where it tells who that was. A Receive by anybody else is no
/// counter-signature, nor is a Ship that somebody has laid under the waybill: that would let strangers keep a
/// statement from being corrected.
pub(crate) fn counterparties<V: View + ?Sized>(view: &V, root: u64) -> Result<Vec<String>, ViewError> {
    let original = recorded(view, root)?;
    let mut parties = Vec::new();
    match original.body() {
        Body::Ship(own) => {
            let now = content(view, root)?.map(|c| c.body);
            let now = if let Some(Body::Ship(b)) = now { b.addressee } else { String::new() };
            let answers = receives_met(view, root)?;
            for addressee in [&own.addressee, &now] {
                let number = subject_by_text(view, SubjectKind::Activity, addressee)?.map_or(0, |r| r.number);
                if any_counts(view, answers.iter().filter(|a| a.receiver == number && number != 0))? {
                    parties.push(addressee.clone());
                }
            }
        }
        Body::Receive(_) => {
            for ship in ships_of(view, root)? {
                let Some(content) = content(view, ship)? else { continue };
                let addressed = matches!(&content.body, Body::Ship(b) if b.addressee == original.actor());
                if addressed && tells_sender(view, root, ship)? {
                    parties.push(content.root.actor().to_string());
                }
            }
        }
        Body::HandOver(own) => {
            let now = content(view, root)?.map(|c| c.body);
            parties.push(own.receiver.clone());
            if let Some(Body::HandOver(b)) = now {
                parties.push(b.receiver);
            }
        }
        _ => {}
    }
    parties.retain(|p| p != original.actor());
    parties.sort();
    parties.dedup();
    Ok(parties)
}

fn any_counts<'a, V: View + ?Sized>(
    view: &V,
    answers: impl Iterator<Item = &'a Answer>,
) -> Result<bool, ViewError> {
    for answer in answers.filter(|a| a.met != Met::NoLonger) {
        if control_of(view, answer.index)?.voided.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}
