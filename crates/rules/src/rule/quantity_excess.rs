//! QUANTITY_EXCESS 数量超出
//!
//! | | |
//! | --- | --- |
//! | severity | high where more was declared than made; else medium |
//! | visibility | operational |
//! | register | none |
//! | opens | a party has stated that more of a lot left it than came in; an addressee took in more of a lot than was shipped; more of a lot was declared than commissioned; more was used and wasted of a code than its units hold |
//! | shown | when the hours for late uploads are over |
//! | silent | rework, remainders, samples and stock-taking, which are counted; several declarations of one lot that together stay within it; what was refused or sent back, or went into bond before it was declared for free circulation; units that cannot be compared; parties abroad |
//! | resolved by | the missing Commission, Receive or count; a Correct of the amount |

use std::collections::{BTreeMap, BTreeSet};

use custody::{
    ViewError,
    response::{receives_of, ships_of},
    stock::balances,
    tables::subject_by_text,
};
use proto::v1::{AdjustOutcome, CustomsOutcome, LotAmount, Quantity, ReceiveOutcome, statement::Body};
use statement::{Kind, SubjectKind, Words, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::{Reader, Told},
    settings::UPLOAD_LAG,
    thing::{Goods, Thing},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::QuantityExcess,
    id: "QUANTITY_EXCESS",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Operational,
    register: "",
    title: Words::of("suspected excess of quantity", "疑似数量超出"),
};

/// Sums by unit.
pub type Amounts = BTreeMap<String, u64>;

/// Adds a quantity to sums by unit.
pub fn add(sums: &mut Amounts, quantity: Option<&Quantity>) {
    if let Some(q) = quantity {
        let sum = sums.entry(q.unit.clone()).or_default();
        *sum = sum.saturating_add(q.amount);
    }
}

fn of_lot<'a>(amounts: impl IntoIterator<Item = &'a LotAmount>, lot: &str) -> Amounts {
    let mut sums = Amounts::new();
    amounts.into_iter().filter(|a| a.lot == lot).for_each(|a| add(&mut sums, a.quantity.as_ref()));
    sums
}

/// More went out than came in.
pub(crate) fn stock(
    reader: &mut Reader<'_>,
    goods: &Goods,
    party: &str,
    hits: &mut Vec<Hit>,
) -> Result<(), ViewError> {
    let lot = &goods.line;
    let Some(record) = subject_by_text(reader.view, SubjectKind::Item, lot)? else { return Ok(()) };
    if !reader.without.is_empty() || reader.is_abroad(party)? {
        return Ok(());
    }
    for (unit, left) in balances(reader.view, party, record.number)?.into_iter().filter(|(_, left)| *left < 0) {
        let out: Vec<_> = goods.told.iter().filter(|t| t.actor == party && takes_out(&t.body, lot)).collect();
        let Some(last) = out.last() else { continue };
        let over = left.unsigned_abs();
        let facts = words!(
            "{party} has stated {over} {unit} more of {lot} going out than coming in",
            "{party} 申报的 {lot} 出库多于入库 {over} {unit}"
        );
        let due = last.at.saturating_add(reader.hours(&UPLOAD_LAG, goods.class(), last.at)?);
        let evidence = out.iter().rev().map(|t| t.index).take(crate::MAX_EVIDENCE);
        let hit = Hit::of(&ROW, party, lot, last.at, facts).line(lot).on(evidence).due(due);
        hits.push(hit.at_most(Severity::Medium));
    }
    Ok(())
}

fn takes_out(body: &Body, lot: &str) -> bool {
    match body {
        Body::Ship(b) => b.lots.iter().any(|l| l.lot == lot),
        Body::Transform(b) => b.input_lots.iter().any(|l| l.lot == lot),
        Body::Adjust(b) => b.lines.iter().any(|line| {
            let ends = matches!(
                line.outcome(),
                AdjustOutcome::Lost | AdjustOutcome::Stolen | AdjustOutcome::Destroyed
            );
            ends && line.lot.as_ref().is_some_and(|l| l.lot == lot)
        }),
        _ => false,
    }
}

/// More was used of a code than its units hold.
pub(crate) fn thing(reader: &mut Reader<'_>, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let goods = &thing.goods;
    let Some(label) = goods.facts.registration.as_ref().and_then(|r| r.label_content.clone()) else {
        return Ok(());
    };
    let most = label.amount.saturating_mul(u64::from(goods.facts.units_per_code.max(1)));
    let (mut sum, mut entries) = (0u64, Vec::new());
    for told in &goods.told {
        let Body::Use(b) = &told.body else { continue };
        let lines = b.lines.iter().filter(|l| goods.codes.contains(&l.item));
        let amounts = lines.flat_map(|l| [&l.used, &l.wasted]).flatten().filter(|q| q.unit == label.unit);
        sum = amounts.fold(sum, |sum, q| sum.saturating_add(q.amount));
        entries.push(told.index);
        if sum > most {
            let (item, by, unit) = (&goods.line, &told.actor, &label.unit);
            let facts = words!(
                "{sum} {unit} of {item} were used or wasted; it holds {most}",
                "{item} 累计使用与废弃 {sum} {unit}，标示总量为 {most}"
            );
            let due = told.at.saturating_add(reader.hours(&UPLOAD_LAG, goods.class(), told.at)?);
            let hit = Hit::of(&ROW, by, goods.key(), told.at, facts).line(item).on(entries).due(due);
            hits.push(hit.at_most(Severity::Medium));
            break;
        }
    }
    Ok(())
}

/// More was received than shipped, or declared than made.
pub(crate) fn lot(reader: &mut Reader<'_>, lot: &str, hits: &mut Vec<Hit>) -> Result<bool, ViewError> {
    let wanted =
        |k| matches!(k, Kind::Commission | Kind::Transform | Kind::Ship | Kind::DeclareImport | Kind::CustomsDecision);
    let Some(told) = reader.about(SubjectKind::Item, lot, &wanted)? else { return Ok(false) };
    for ship in told.iter().filter(|t| t.kind == Kind::Ship) {
        received(reader, lot, ship, hits)?;
    }
    declared(reader, lot, &told, hits)?;
    Ok(true)
}

fn received(reader: &mut Reader<'_>, lot: &str, ship: &Told, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let Body::Ship(b) = &ship.body else { return Ok(()) };
    let shipped = of_lot(&b.lots, lot);
    let (mut taken, mut entries, mut last) = (Amounts::new(), vec![ship.index], ship.at);
    for receive in receives_of(reader.view, ship.index)? {
        let Some(told) = reader.told(receive)?.filter(|r| r.actor == b.addressee) else { continue };
        // What answers several shipments cannot be told apart by shipment.
        if ships_of(reader.view, receive)?.len() > 1 {
            return Ok(());
        }
        let Body::Receive(r) = &told.body else { continue };
        let over = r.exceptions.iter().filter(|e| {
            matches!(e.outcome(), ReceiveOutcome::Over | ReceiveOutcome::Damaged)
        });
        for (unit, amount) in of_lot(r.lots.iter().chain(over.filter_map(|e| e.lot.as_ref())), lot) {
            add(&mut taken, Some(&Quantity { amount, unit }));
        }
        entries.push(receive);
        last = last.max(told.at);
    }
    for (unit, amount) in taken {
        let sent = shipped.get(&unit).copied().unwrap_or_default();
        if amount <= sent || shipped.is_empty() {
            continue;
        }
        let (to, from) = (&b.addressee, &ship.actor);
        let facts = words!(
            "{to} took in {amount} {unit} of {lot}, of which {from} had shipped {sent}",
            "{to} 收货 {lot} {amount} {unit}，而 {from} 出库 {sent} {unit}"
        );
        let due = last.saturating_add(reader.hours(&UPLOAD_LAG, "", last)?);
        let hit = Hit::of(&ROW, to, lot, last, facts).line(lot).on(entries.clone()).due(due);
        hits.push(hit.at_most(Severity::Medium));
    }
    Ok(())
}

/// Whether customs did not let a declaration in.
pub fn is_sent_back(told: &[std::rc::Rc<Told>], declaration: &str) -> bool {
    let mut decisions = told.iter().filter_map(|t| match &t.body {
        Body::CustomsDecision(b) if b.declaration == declaration => Some(b.outcome()),
        _ => None,
    });
    decisions.next_back().is_some_and(|last| {
        matches!(last, CustomsOutcome::Returned | CustomsOutcome::Refused | CustomsOutcome::Destroyed)
    })
}

fn declared(
    reader: &mut Reader<'_>,
    lot: &str,
    told: &[std::rc::Rc<Told>],
    hits: &mut Vec<Hit>,
) -> Result<(), ViewError> {
    let made = made(told, lot);
    if made.is_empty() {
        return Ok(());
    }
    let mut sums: BTreeMap<bool, Amounts> = BTreeMap::new();
    let mut entries: BTreeMap<bool, Vec<u64>> = BTreeMap::new();
    for t in told {
        let Body::DeclareImport(b) = &t.body else { continue };
        if is_sent_back(told, &b.declaration) {
            continue;
        }
        let sum = sums.entry(b.bonded).or_default();
        b.lines.iter().filter(|l| l.lot == lot).for_each(|l| add(sum, l.quantity.as_ref()));
        let entries = entries.entry(b.bonded).or_default();
        entries.push(t.index);
        let sum = sum.clone();
        let Some((unit, amount)) = sum.iter().find(|(unit, sum)| made.get(*unit).is_some_and(|m| *sum > m)) else {
            continue;
        };
        let (by, most) = (&t.actor, made.get(unit).copied().unwrap_or_default());
        let facts = words!(
            "{amount} {unit} of {lot} were declared for import; {most} were made",
            "{lot} 累计报关进口 {amount} {unit}，而赋码生产 {most} {unit}"
        );
        let due = t.at.saturating_add(reader.hours(&UPLOAD_LAG, "", t.at)?);
        hits.push(Hit::of(&ROW, by, lot, t.at, facts).line(lot).on(entries.clone()).due(due));
    }
    Ok(())
}

/// How much of a lot was made, by every unit in which that can be counted.
pub fn made(told: &[std::rc::Rc<Told>], lot: &str) -> Amounts {
    let (mut sums, mut codes, mut inner) = (Amounts::new(), BTreeSet::new(), 0u64);
    for t in told {
        let (items, units) = match &t.body {
            Body::Commission(b) if b.lot == lot => {
                add(&mut sums, b.quantity.as_ref());
                (&b.items, b.units_per_code)
            }
            Body::Transform(b) if b.lot == lot => (&b.outputs, b.units_per_code),
            _ => continue,
        };
        for item in items {
            if codes.insert(item.as_str()) {
                inner = inner.saturating_add(u64::from(units.max(1)));
            }
        }
    }
    // Codes are boxes or single pieces, and hold vials or syringes.
    if !codes.is_empty() && sums.is_empty() {
        for unit in ["box", "set"] {
            sums.insert(unit.into(), codes.len() as u64);
        }
        for unit in ["vial", "syringe", "ampoule", "piece"] {
            sums.insert(unit.into(), inner);
        }
    }
    sums
}
