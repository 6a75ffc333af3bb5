//! Where the goods come from: who made, registered, sent and declared them, and how they travelled.

use std::{collections::BTreeMap, rc::Rc};

use custody::{ViewError, response::receives_of};
use proto::v1::statement::Body;
use rules::read::{Amounts, Reader, Told, add};
use trace::{HopKind, Word};

use crate::{
    Error,
    case::{Case, Lot},
};

/// Legs told of one declaration.
pub const MAX_LEGS: usize = 32;
/// Hops that are read of one lot.
const MAX_HOPS: usize = 256;

/// One shipment of a lot on its way to the importer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leg {
    /// Entry of the Ship.
    pub entry: u64,
    /// "lot:…".
    pub lot: String,
    /// Who sent it.
    pub from: String,
    /// To whom.
    pub to: String,
    /// Why it left.
    pub reason: String,
    /// Who carries it; may be empty.
    pub carrier: String,
    /// "waybill:CARRIER/NO"; may be empty.
    pub waybill: String,
    /// Site that it goes to; may be empty.
    pub ship_to: String,
    /// When it left, µs.
    pub departed_at: i64,
    /// When it was taken in, µs; 0 = not told.
    pub arrived_at: i64,
    /// Entries of the Receives that answer it, ascending.
    pub answers: Vec<u64>,
    /// Under customs supervision: a bonded move, or to a bonded site.
    pub bonded: bool,
    /// Codes of the lot that went this way; 0 where amounts did.
    pub items: u64,
    /// Amounts of the lot that went this way, by unit; none where codes did.
    pub amounts: Amounts,
}

impl Leg {
    /// Whether goods go back, to an authority or laboratory, or to be destroyed.
    pub(crate) fn goes_back(&self) -> bool {
        matches!(self.reason.as_str(), "return" | "rejected" | "recall" | "disposal" | "evidence" | "sample")
    }
}

/// Where an import comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Who made the lots or stated them in the maker's name, ascending.
    pub makers: Vec<String>,
    /// Holders of their registrations, ascending.
    pub holders: Vec<String>,
    /// Agents in China that the registrations name, ascending.
    pub agents: Vec<String>,
    /// Who sent the goods, abroad; may be empty.
    pub consignor: String,
    /// Importer of record; empty where nobody has declared.
    pub importer: String,
    /// Who declared for the importer; empty where it did so itself.
    pub broker: String,
    /// Air waybill or bill of lading; may be empty.
    pub waybill: String,
    /// Country of dispatch; may be empty.
    pub dispatched_from: String,
    /// Until the importer has them, and under customs supervision; oldest first, at most [`MAX_LEGS`].
    pub legs: Vec<Leg>,
    /// Decisions by which the lots went into bond or out of it, under whatever declaration; ascending.
    pub bonded: Vec<u64>,
    /// There are more legs.
    pub truncated: bool,
}

/// All shipments of a lot, oldest first.
#[derive(Default)]
pub(crate) struct Legs(pub(crate) Vec<Leg>);

impl Legs {
    pub(crate) fn parties(&self) -> impl Iterator<Item = String> {
        let sides = self.0.iter().filter(|leg| !leg.goes_back());
        sides.flat_map(|leg| [leg.from.clone(), leg.carrier.clone()])
    }
}

/// The shipments of a lot: of its codes, in whatever they were packed, and of amounts.
pub(crate) fn legs(reader: &mut Reader<'_>, lot: &str, told: &[Rc<Told>]) -> Result<(Legs, bool), Error> {
    let mut by_entry: BTreeMap<u64, Leg> = BTreeMap::new();
    let mut whole = true;
    match trace::flow(reader.view, lot, MAX_HOPS) {
        Ok(flow) => {
            whole &= !flow.truncated;
            for (hop, count) in flow.hops.iter().zip(flow.counts) {
                let told_by_giver =
                    hop.kind == HopKind::Transfer && matches!(hop.word, Word::Giver | Word::Both);
                let Some((entry, answers)) = hop.entries.split_first().filter(|_| told_by_giver) else {
                    continue;
                };
                let leg = by_entry.entry(*entry).or_default();
                leg.items = leg.items.saturating_add(count);
                leg.arrived_at = leg.arrived_at.max(hop.arrived_at);
                leg.answers.extend(answers);
            }
        }
        Err(trace::Error::Unknown) => {}
        Err(error) => return Err(error.into()),
    }
    for ship in told {
        let Body::Ship(b) = &ship.body else { continue };
        let amounts = b.lots.iter().filter(|l| l.lot == lot);
        let leg = by_entry.entry(ship.index).or_default();
        amounts.for_each(|l| add(&mut leg.amounts, l.quantity.as_ref()));
    }
    let mut legs = Vec::with_capacity(by_entry.len());
    for (entry, leg) in by_entry {
        legs.extend(shipment(reader, lot, entry, leg)?);
    }
    legs.sort_by_key(|leg| (leg.departed_at, leg.entry));
    Ok((Legs(legs), whole))
}

/// What a Ship says of a leg; `None` where it does not count.
fn shipment(reader: &mut Reader<'_>, lot: &str, entry: u64, leg: Leg) -> Result<Option<Leg>, ViewError> {
    let Some(told) = reader.told(entry)? else { return Ok(None) };
    let Body::Ship(b) = &told.body else { return Ok(None) };
    let (mut answers, mut arrived_at) = (leg.answers.clone(), leg.arrived_at);
    for receive in receives_of(reader.view, entry)? {
        if let Some(answer) = reader.told(receive)?.filter(|answer| answer.actor == b.addressee) {
            arrived_at = arrived_at.max(answer.at);
            answers.push(receive);
        }
    }
    answers.sort_unstable();
    answers.dedup();
    let site = reader.site(&b.ship_to)?;
    let at_bonded = site.as_ref().as_ref().and_then(|row| row.site.as_ref()).is_some_and(|site| site.bonded);
    Ok(Some(Leg {
        entry,
        lot: lot.to_owned(),
        from: told.actor.clone(),
        to: b.addressee.clone(),
        reason: b.reason.clone(),
        carrier: b.carrier.clone(),
        waybill: b.waybill.clone(),
        ship_to: b.ship_to.clone(),
        departed_at: told.at,
        arrived_at,
        answers,
        bonded: at_bonded || b.reason == "bonded-move",
        ..leg
    }))
}

/// Legs on which a lot came: to the importer, from who made or sent it or from abroad, and under customs supervision.
pub(crate) fn inbound<'l>(
    reader: &mut Reader<'_>,
    case: &Case,
    lot: &'l Lot,
) -> Result<Vec<&'l Leg>, ViewError> {
    let holder = lot.registration.as_ref().map_or("", |row| row.registration.holder.as_str());
    let senders = [lot.facts.maker.as_str(), holder, case.body.consignor.as_str()];
    let mut found = Vec::new();
    for leg in lot.legs.0.iter().filter(|leg| !leg.goes_back()) {
        let sent = senders.contains(&leg.from.as_str()) || leg.to == case.importer;
        if leg.bonded || sent || reader.is_abroad(&leg.from)? {
            found.push(leg);
        }
    }
    Ok(found)
}

pub(crate) fn of(reader: &mut Reader<'_>, case: &Case) -> Result<Source, ViewError> {
    let mut source = Source {
        consignor: case.body.consignor.clone(),
        importer: case.importer.clone(),
        waybill: case.body.waybill.clone(),
        dispatched_from: case.body.dispatched_from.clone(),
        ..Source::default()
    };
    let signer = case.declared.as_ref().map(|told| told.party.clone()).unwrap_or_default();
    source.broker = if signer == case.importer { String::new() } else { signer };
    for lot in &case.lots {
        source.makers.push(lot.facts.maker.clone());
        if let Some(row) = &lot.registration {
            source.holders.push(row.registration.holder.clone());
            source.agents.push(row.registration.agent.clone());
        }
        source.legs.extend(inbound(reader, case, lot)?.into_iter().cloned());
        source.bonded.extend(lot.told.iter().filter(|t| moves_bond(t, &lot.lot)).map(|t| t.index));
    }
    for parties in [&mut source.makers, &mut source.holders, &mut source.agents] {
        parties.retain(|party| !party.is_empty());
        parties.sort_unstable();
        parties.dedup();
    }
    source.bonded.sort_unstable();
    source.bonded.dedup();
    source.legs.sort_by_key(|leg| (leg.departed_at, leg.entry));
    source.truncated = source.legs.len() > MAX_LEGS;
    source.legs.truncate(MAX_LEGS);
    Ok(source)
}

/// Whether customs let a lot into bond or out of it by this.
fn moves_bond(told: &Told, lot: &str) -> bool {
    use proto::v1::CustomsOutcome::{BondedEntry, BondedExit};
    let Body::CustomsDecision(b) = &told.body else { return false };
    let mut ours = b.lines.iter().filter(|line| line.lot == lot);
    ours.any(|line| matches!(rules::read::outcome_of(b, line), BondedEntry | BondedExit))
}
