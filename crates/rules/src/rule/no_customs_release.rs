//! NO_CUSTOMS_RELEASE 未经海关放行
//!
//! | | |
//! | --- | --- |
//! | severity | high |
//! | visibility | investigative |
//! | register | `customs`, for class and region of who moves the goods; one package in two declarations rests on none |
//! | opens | imported goods are shipped or used inland without a customs release of their lot and, where customs list packages, of their package; more of a lot is shipped than customs released; one package stands in two declarations |
//! | shown | when the hours for late uploads are over |
//! | silent | bonded moves, from and to bonded places (transit 转关); goods that go back, abroad, to destruction, as sample or evidence; approved urgent import, donations, trials and pilot zones (the market that the Commission names); stock older than the duty to code; a package that went into bond under one declaration and out under another, or whose first declaration was refused or sent back |
//! | resolved by | the CustomsDecision, whenever it comes, if it happened before |

use std::{collections::BTreeMap, rc::Rc};

use custody::ViewError;
use proto::v1::{CustomsDecision, CustomsLine, CustomsOutcome, statement::Body};
use statement::{Kind, SubjectKind, Words, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::{Reader, Told},
    settings::{CLOCK_SKEW, UPLOAD_LAG},
    thing::{Deed, Goods, Move, Thing, names},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::NoCustomsRelease,
    id: "NO_CUSTOMS_RELEASE",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Investigative,
    register: "customs",
    title: Words::of("suspected lack of a customs release", "疑似缺少海关放行"),
};

pub(crate) fn goods(reader: &mut Reader<'_>, goods: &Goods, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let moves = inland(reader, goods, ROW.register)?;
    if moves.is_empty() {
        return Ok(());
    }
    let decisions = decisions(reader, goods)?;
    for made in moves {
        let until = made.at.saturating_add(reader.minutes(&CLOCK_SKEW, goods.class(), made.at)?);
        if is_released(goods, &decisions, until) {
            continue;
        }
        let (line, by) = (&goods.line, &made.by);
        let facts = words!(
            "{line}, which was made abroad, was moved or used by {by} inland; no customs release of it is recorded",
            "{line} 为进口产品，由 {by} 在境内流转或使用，但无海关放行记录"
        );
        let due = made.at.saturating_add(reader.hours(&UPLOAD_LAG, goods.class(), made.at)?);
        hits.push(Hit::of(&ROW, by, goods.key(), made.at, facts).line(line).on([made.entry]).due(due));
    }
    Ok(())
}

/// Moves of imported goods by parties inland that need what a register tells.
pub(crate) fn inland<'g>(
    reader: &mut Reader<'_>,
    goods: &'g Goods,
    register: &'static str,
) -> Result<Vec<&'g Move>, ViewError> {
    let exempt = matches!(goods.facts.market.as_str(), "pilot-zone" | "clinical-trial" | "donation");
    if !goods.facts.is_imported() || goods.facts.opening || exempt {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for made in goods.moves.iter().filter(|m| matches!(m.deed, Deed::Shipped | Deed::Used) && !m.goes_back()) {
        let bonded = matches!(made.reason.as_str(), "bonded-move" | "export");
        // What is sent here from abroad is the import itself.
        if bonded || is_bonded(reader, &made.ship_to)? || reader.is_abroad(&made.by)? || is_agents(goods, made) {
            continue;
        }
        let region = reader.region(&made.by)?;
        if reader.covered(register, &region, goods.class(), made.day())? {
            found.push(made);
        }
    }
    Ok(found)
}

/// Whether it is what an agent ships in the name of the maker abroad whose goods it coded.
fn is_agents(goods: &Goods, made: &Move) -> bool {
    made.by == goods.facts.maker && goods.facts.registration.as_ref().is_some_and(|r| r.agent == made.by)
}

fn is_bonded(reader: &mut Reader<'_>, site: &str) -> Result<bool, ViewError> {
    let row = reader.site(site)?;
    Ok(row.as_ref().as_ref().and_then(|row| row.site.as_ref()).is_some_and(|site| site.bonded))
}

/// What customs have decided on the lot or its packages, in fold order.
fn decisions(reader: &mut Reader<'_>, goods: &Goods) -> Result<Vec<Rc<Told>>, ViewError> {
    let mut all: Vec<Rc<Told>> =
        goods.told.iter().filter(|t| t.kind == Kind::CustomsDecision).cloned().collect();
    if !goods.facts.lot.is_empty() {
        let of_lot = reader.about(SubjectKind::Item, &goods.facts.lot, &|k| k == Kind::CustomsDecision)?;
        all.extend(of_lot.unwrap_or_default());
    }
    all.sort_by(|a, b| a.order().cmp(&b.order()));
    all.dedup_by_key(|t| t.index);
    Ok(all)
}

/// What customs decided on a line.
pub fn outcome_of(decision: &CustomsDecision, line: &CustomsLine) -> CustomsOutcome {
    if decision.outcome() == CustomsOutcome::Partial { line.outcome() } else { decision.outcome() }
}

const fn lets_in(outcome: CustomsOutcome) -> bool {
    matches!(outcome, CustomsOutcome::Released | CustomsOutcome::BondedExit)
}

/// Whether the last decision on one of its declarations until an instant lets goods in.
fn is_released(goods: &Goods, decisions: &[Rc<Told>], until: i64) -> bool {
    let packages = packages(goods);
    let mut last: BTreeMap<&str, bool> = BTreeMap::new();
    for told in decisions.iter().filter(|t| t.at <= until) {
        let Body::CustomsDecision(b) = &told.body else { continue };
        let ours = b.lines.iter().filter(|line| {
            let listed = line.items.is_empty() || names(&line.items, &packages);
            listed && (line.lot == goods.facts.lot || names(&line.items, &packages))
        });
        for line in ours {
            last.insert(&b.declaration, lets_in(outcome_of(b, line)));
        }
    }
    last.values().any(|released| *released)
}

/// Codes of the goods, and of containers that they were in.
fn packages(goods: &Goods) -> Vec<String> {
    let mut all = goods.codes.clone();
    all.extend(goods.moves.iter().filter_map(|m| m.via.as_ref()).map(ToString::to_string));
    all.extend(goods.told.iter().filter_map(|t| match &t.body {
        Body::Pack(b) if t.names(&goods.codes) => Some(b.parent.clone()),
        _ => None,
    }));
    all
}

/// Whether customs have let in goods that are not meant for here, before an instant.
pub(crate) fn is_let_in(reader: &mut Reader<'_>, goods: &Goods, until: i64) -> Result<bool, ViewError> {
    let decisions = decisions(reader, goods)?;
    Ok(is_released(goods, &decisions, until))
}

/// More of a lot goes inland than was released.
pub(crate) fn stock(
    reader: &mut Reader<'_>,
    goods: &Goods,
    party: &str,
    hits: &mut Vec<Hit>,
) -> Result<(), ViewError> {
    let lot = &goods.line;
    let decisions = decisions(reader, goods)?;
    let mut left: BTreeMap<String, i128> = BTreeMap::new();
    for told in &decisions {
        let Body::CustomsDecision(b) = &told.body else { continue };
        for line in b.lines.iter().filter(|l| l.lot == *lot && lets_in(outcome_of(b, l))) {
            if let Some(q) = &line.quantity {
                *left.entry(q.unit.clone()).or_default() += i128::from(q.amount);
            }
        }
    }
    let declares = |told: &Rc<Told>| matches!(&told.body, Body::DeclareImport(b) if told.actor == party && b.lines.iter().any(|l| l.lot == *lot));
    let declarations = reader.about(SubjectKind::Item, lot, &|k| k == Kind::DeclareImport)?.unwrap_or_default();
    // Who has not declared it may have come by it from several importers.
    if left.is_empty() || !declarations.iter().any(declares) {
        return Ok(());
    }
    let mut shipped = Vec::new();
    for made in inland(reader, goods, ROW.register)? {
        let Some(told) = reader.told(made.entry)? else { continue };
        let Body::Ship(b) = &told.body else { continue };
        shipped.push(made.entry);
        for q in b.lots.iter().filter(|l| l.lot == *lot).filter_map(|l| l.quantity.as_ref()) {
            let Some(rest) = left.get_mut(&q.unit) else { continue };
            *rest -= i128::from(q.amount);
            if *rest >= 0 {
                continue;
            }
            let (over, unit) = (rest.unsigned_abs(), &q.unit);
            let facts = words!(
                "{party} shipped {over} {unit} more of {lot} inland than customs have released",
                "{party} 在境内出库的 {lot} 比海关放行数量多 {over} {unit}"
            );
            let due = made.at.saturating_add(reader.hours(&UPLOAD_LAG, goods.class(), made.at)?);
            let entries = shipped.iter().rev().copied().take(crate::MAX_EVIDENCE).collect::<Vec<_>>();
            hits.push(Hit::of(&ROW, party, lot, made.at, facts).line(lot).on(entries).due(due));
        }
    }
    Ok(())
}

/// One package stands in two declarations.
pub(crate) fn thing(reader: &mut Reader<'_>, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let goods = &thing.goods;
    let mut first: Option<(Rc<Told>, String)> = None;
    for told in &goods.told {
        let Body::DeclareImport(b) = &told.body else { continue };
        let named = b.lines.iter().any(|l| names(&l.items, &goods.codes));
        if !named || b.bonded || is_refused(reader, &b.declaration)? {
            continue;
        }
        match &first {
            Some((before, other)) if *other != b.declaration => {
                let (item, by, declaration) = (&goods.line, &told.actor, &b.declaration);
                let facts = words!(
                    "{item} was declared by {by} under {declaration}, and stands in {other} too",
                    "{item} 由 {by} 在 {declaration} 中申报，同时已列于 {other}"
                );
                let hit = Hit::of(&ROW, by, goods.key(), told.at, facts).line(item);
                hits.push(hit.on([before.index, told.index]));
            }
            Some(_) => {}
            None => first = Some((Rc::clone(told), b.declaration.clone())),
        }
    }
    Ok(())
}

/// Whether customs have refused or sent back, or destroyed, what was declared, by their last word.
pub fn is_refused(reader: &mut Reader<'_>, declaration: &str) -> Result<bool, ViewError> {
    let told = reader.about(SubjectKind::Document, declaration, &|k| k == Kind::CustomsDecision)?;
    let last = told.unwrap_or_default().last().and_then(|t| match &t.body {
        Body::CustomsDecision(b) => Some(b.outcome()),
        _ => None,
    });
    Ok(last.is_some_and(|o| {
        matches!(o, CustomsOutcome::Returned | CustomsOutcome::Refused | CustomsOutcome::Destroyed)
    }))
}
