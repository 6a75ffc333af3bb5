//! STOCK_MISMATCH 账物不符
//!
//! | | |
//! | --- | --- |
//! | severity | medium |
//! | visibility | investigative |
//! | register | none |
//! | opens | an inspection sees a unit at a party that by its story was elsewhere, or no more, at that time; it sees the empty of a unit of which no use is told; it counts another amount of a lot than the party's books had then |
//! | shown | when the hours for late uploads are over: what happened before the count may still come |
//! | silent | units on their way to the party; who keeps goods under a mandate; what happens after the count; units and lots of which nothing else is told (UNKNOWN_ITEM) |
//! | resolved by | the missing Ship, Receive, Use or Adjust, whenever it comes; a Correct of the inspection |

use std::{collections::BTreeMap, rc::Rc};

use custody::{ViewError, response::{receives_of, takes_all}};
use proto::v1::{AdjustOutcome, LotAmount, ReceiveOutcome, statement::Body};
use statement::{Kind, SubjectKind, Words, words};
use trace::HopKind;

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::{Reader, Told},
    settings::UPLOAD_LAG,
    thing::{Goods, Thing},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::StockMismatch,
    id: "STOCK_MISMATCH",
    version: 1,
    severity: Severity::Medium,
    visibility: Visibility::Investigative,
    register: "",
    title: Words::of("suspected difference between books and shelf", "疑似账物不符"),
};

pub(crate) fn thing(reader: &mut Reader<'_>, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let goods = &thing.goods;
    for told in &goods.told {
        let Body::Inspection(b) = &told.body else { continue };
        for line in b.shelf.iter().filter(|l| goods.codes.contains(&l.item)) {
            let Some(facts) = seen(reader, thing, &b.party, told, line.empty)? else { continue };
            let due = told.at.saturating_add(reader.hours(&UPLOAD_LAG, goods.class(), told.at)?);
            let last = thing.hops.iter().rev().find(|h| began(h) <= told.at).and_then(|h| h.entries.first());
            let hit = Hit::of(&ROW, &b.party, goods.key(), told.at, facts).line(&goods.line).due(due);
            hits.push(hit.on([told.index].into_iter().chain(last.copied())));
        }
    }
    Ok(())
}

const fn began(hop: &trace::Hop) -> i64 {
    if hop.departed_at == 0 { hop.arrived_at } else { hop.departed_at }
}

/// What does not fit with a unit having been seen at a party.
fn seen(
    reader: &mut Reader<'_>,
    thing: &Thing,
    party: &str,
    told: &Told,
    empty: bool,
) -> Result<Option<Words>, ViewError> {
    let (item, codes) = (&thing.goods.line, &thing.goods.codes);
    let before = || thing.goods.told.iter().filter(|t| t.at <= told.at);
    let used = before().any(|t| matches!(&t.body, Body::Use(b) if b.lines.iter().any(|l| codes.contains(&l.item))));
    let ended = before().any(|t| match &t.body {
        Body::Use(b) => b.lines.iter().any(|l| codes.contains(&l.item) && l.finished),
        Body::Transform(b) => b.inputs.iter().any(|i| codes.contains(i)),
        Body::Adjust(b) => b.lines.iter().any(|l| {
            codes.contains(&l.item)
                && matches!(l.outcome(), AdjustOutcome::Destroyed | AdjustOutcome::Lost | AdjustOutcome::Stolen)
        }),
        _ => false,
    });
    if empty && !used {
        return Ok(Some(words!(
            "the empty of {item} was found at {party}, of which no use is stated",
            "在 {party} 发现 {item} 的空包装，但无使用记录"
        )));
    }
    if !empty && ended {
        return Ok(Some(words!(
            "{item} was found at {party} though it was stated to be used up, gone or made into something else",
            "在 {party} 发现 {item}，但其已申报用尽、灭失或转换"
        )));
    }
    let mut holders: Vec<&str> = Vec::new();
    for hop in thing.hops.iter().filter(|h| began(h) <= told.at) {
        holders = match hop.kind {
            // On its way it may be at either.
            HopKind::Transfer if hop.arrived_at == 0 || hop.arrived_at > told.at || hop.declined => vec![&hop.from, &hop.to],
            _ => vec![&hop.to],
        };
    }
    holders.retain(|h| !h.is_empty());
    if holders.is_empty() || holders.contains(&party) {
        return Ok(None);
    }
    for holder in &holders {
        if reader.acts_for(party, holder, Kind::Receive, "", told.day())? {
            return Ok(None);
        }
    }
    let holder = holders.last().copied().unwrap_or_default();
    Ok(Some(words!(
        "{item} was found at {party}; by what is stated it was at {holder}",
        "在 {party} 发现 {item}，而账面持有人为 {holder}"
    )))
}

/// An amount that was counted differs from the books of that time.
pub(crate) fn stock(
    reader: &mut Reader<'_>,
    goods: &Goods,
    party: &str,
    hits: &mut Vec<Hit>,
) -> Result<(), ViewError> {
    let lot = &goods.line;
    let counts = reader.about(SubjectKind::Item, lot, &|k| k == Kind::Inspection)?.unwrap_or_default();
    for told in counts {
        let Body::Inspection(b) = &told.body else { continue };
        let lines = b.shelf.iter().filter(|_| b.party == party).filter_map(|l| l.lot.as_ref());
        let counted = sum(lines.filter(|l| l.lot == *lot));
        if counted.is_empty() {
            continue;
        }
        let Some(books) = books(reader, goods, party, told.at)? else { continue };
        for (unit, counted) in counted {
            let booked = books.get(&unit).copied().unwrap_or_default();
            if booked == counted {
                continue;
            }
            let facts = words!(
                "{counted} {unit} of {lot} were counted at {party}, whose books had {booked}",
                "在 {party} 清点 {lot} {counted} {unit}，账面为 {booked}"
            );
            let due = told.at.saturating_add(reader.hours(&UPLOAD_LAG, goods.class(), told.at)?);
            hits.push(Hit::of(&ROW, party, lot, told.at, facts).line(lot).on([told.index]).due(due));
        }
    }
    Ok(())
}

type Amounts = BTreeMap<String, i128>;

fn sum<'a>(amounts: impl IntoIterator<Item = &'a LotAmount>) -> Amounts {
    let mut sums = Amounts::new();
    for q in amounts.into_iter().filter_map(|a| a.quantity.as_ref()) {
        *sums.entry(q.unit.clone()).or_default() += i128::from(q.amount);
    }
    sums
}

/// What the party had of the lot at an instant, by what had happened; `None` where it never had any.
fn books(reader: &mut Reader<'_>, goods: &Goods, party: &str, until: i64) -> Result<Option<Amounts>, ViewError> {
    let lot = &goods.line;
    let (mut books, mut any) = (Amounts::new(), false);
    let mut book = |amounts: Amounts, sign: i128| {
        any |= !amounts.is_empty();
        for (unit, amount) in amounts {
            *books.entry(unit).or_default() += sign * amount;
        }
    };
    let of = |amounts: &[LotAmount]| sum(amounts.iter().filter(|a| a.lot == *lot));
    let told: Vec<Rc<Told>> = goods.told.iter().filter(|t| t.at <= until).cloned().collect();
    for t in told {
        let ours = t.actor == party;
        match &t.body {
            Body::Commission(b) if ours && b.lot == *lot => {
                let amount = LotAmount { lot: lot.clone(), quantity: b.quantity.clone() };
                book(sum([&amount]), 1);
            }
            Body::Transform(b) if ours => {
                book(of(&b.input_lots), -1);
                book(of(&b.output_lots), 1);
            }
            Body::Adjust(b) if ours => {
                for line in &b.lines {
                    let sign = match line.outcome() {
                        AdjustOutcome::Found | AdjustOutcome::Opening => 1,
                        AdjustOutcome::Lost | AdjustOutcome::Stolen | AdjustOutcome::Destroyed => -1,
                        _ => continue,
                    };
                    book(of(line.lot.as_slice()), sign);
                }
            }
            Body::Sample(b) => {
                let sign = i128::from(ours) - i128::from(b.holder == party);
                book(of(&b.lots), sign);
            }
            Body::Receive(b) if ours => {
                book(of(&b.lots), 1);
                for e in &b.exceptions {
                    if matches!(e.outcome(), ReceiveOutcome::Over | ReceiveOutcome::Damaged) {
                        book(of(e.lot.as_slice()), 1);
                    }
                }
            }
            Body::Ship(b) => {
                if ours {
                    book(of(&b.lots), -1);
                }
                if b.addressee == party {
                    for receive in receives_of(reader.view, t.index)? {
                        let taken = reader.told(receive)?.filter(|r| r.actor == party && r.at <= until);
                        let all = taken.is_some_and(|r| matches!(&r.body, Body::Receive(b) if takes_all(b)));
                        if all {
                            book(of(&b.lots), 1);
                            break;
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Ok(any.then_some(books))
}
