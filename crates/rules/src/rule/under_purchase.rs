//! UNDER_PURCHASE 采购量明显低于业务量
//!
//! | | |
//! | --- | --- |
//! | severity | medium |
//! | visibility | investigative |
//! | register | `coding`, for class and region of the party: purchases are recorded by unit |
//! | opens | a figure from elsewhere (tax, platform, insurance, health) states treatments, or what a party bought or sold of a class, and the units that it took in from `purchase-lookback-days` before the period until its end are less than `under-purchase-percent` of that |
//! | silent | stock from before within the days looked back; a unit that serves several treatments (`treatments-per-unit`); figures in money or in units that cannot be compared; parties of which more is recorded than can be judged |
//! | resolved by | the missing Receives, whenever they come; a Correct of the figure |

use std::collections::BTreeSet;

use custody::{
    ViewError,
    response::{ships_of, takes_all},
    tables::{subject_by_text, touches},
};
use proto::v1::{ActivityFigure, LotAmount, statement::Body};
use statement::{Day, Kind, Relation, SubjectKind, Words, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::{MAX_HISTORY, Reader, Told},
    settings::{PURCHASE_LOOKBACK, TREATMENTS_PER_UNIT, UNDER_PURCHASE_PERCENT},
    thing::is_unit,
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::UnderPurchase,
    id: "UNDER_PURCHASE",
    version: 1,
    severity: Severity::Medium,
    visibility: Visibility::Investigative,
    register: "coding",
    title: Words::of("suspected gap between purchases and activity", "疑似采购量低于业务量"),
};

/// µs of a day, and of the offset of China.
const DAY_US: i64 = 86_400_000_000;
const CHINA_US: i64 = 8 * 3_600_000_000;
/// Things looked at in containers that were taken in.
const MAX_INSIDE: usize = 16_384;

pub(crate) fn act(reader: &mut Reader<'_>, told: &Told, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let Body::ActivityFigure(b) = &told.body else { return Ok(()) };
    let (Some(from), Some(to), Some(figure)) = (Day::parse(&b.from), Day::parse(&b.to), b.quantity.as_ref())
    else {
        return Ok(());
    };
    let class = &b.product_class;
    let region = reader.region(&b.party)?;
    let Some(per_unit) = comparable(reader, b, to)? else { return Ok(()) };
    if !reader.covered(ROW.register, &region, class, to)? {
        return Ok(());
    }
    let back = reader.setting(&PURCHASE_LOOKBACK, class, to)?.clamp(0, 3_660);
    let percent = reader.setting(&UNDER_PURCHASE_PERCENT, class, to)?.clamp(0, 10_000);
    let instant = |day: i64| day * DAY_US - CHINA_US;
    let span = (instant(i64::from(from.0) - back), instant(i64::from(to.0) + 1));
    let Some(units) = purchases(reader, &b.party, class, span)? else { return Ok(()) };
    let had = u128::from(units) * u128::from(per_unit) * 100;
    if had >= u128::from(figure.amount) * u128::from(percent.unsigned_abs()) {
        return Ok(());
    }
    let (party, stated) = (&b.party, figure.amount);
    let facts = words!(
        "{party} is stated to have had {stated} {} in {} to {}; it has taken in {units} units since {back} days before",
        "{party} 在 {1} 至 {2} 的业务量为 {stated} {0}，而自此前 {back} 天起仅购进 {units} 支（件）",
        figure.unit,
        b.from,
        b.to
    );
    hits.push(Hit::of(&ROW, party, class, instant(i64::from(to.0)), facts).line(&b.source).on([told.index]));
    Ok(())
}

/// How many of what the figure counts one unit may serve; `None` where the two cannot be compared.
fn comparable(reader: &mut Reader<'_>, b: &ActivityFigure, day: Day) -> Result<Option<u64>, ViewError> {
    let unit = b.quantity.as_ref().map_or("", |q| q.unit.as_str());
    let counted = matches!(unit, "vial" | "ampoule" | "syringe" | "piece" | "shot" | "treatment");
    Ok(match b.measure.as_str() {
        "treatments" => {
            let most = reader.setting(&TREATMENTS_PER_UNIT, &b.product_class, day)?;
            Some(most.clamp(1, 1 << 30).unsigned_abs())
        }
        "purchases" | "sales" if counted && !matches!(unit, "shot" | "treatment") => Some(1),
        _ => None,
    })
}

/// Vials or pieces of a class that a party has taken in within a span of time; `None` where that cannot be said.
fn purchases(
    reader: &mut Reader<'_>,
    party: &str,
    class: &str,
    (from, to): (i64, i64),
) -> Result<Option<u64>, ViewError> {
    let Some(record) = subject_by_text(reader.view, SubjectKind::Activity, party)? else { return Ok(Some(0)) };
    let first = reader.entry_at(from)?;
    let (mut found, mut seen) = (Vec::new(), 0);
    touches(reader.view, record.number, first, &mut |touch| {
        seen += 1;
        let acts = matches!(touch.relation, Relation::Signer | Relation::Principal | Relation::Target);
        if acts {
            found.push(touch);
        }
        Ok(seen <= MAX_HISTORY)
    })?;
    if seen > MAX_HISTORY {
        return Ok(None);
    }
    let (mut items, mut lots): (BTreeSet<String>, Vec<LotAmount>) = Default::default();
    for told in reader.of_touches(&found, &|k| k == Kind::Receive)? {
        let Body::Receive(b) = &told.body else { continue };
        if told.actor != party || told.at < from || told.at >= to {
            continue;
        }
        items.extend(b.items.iter().cloned());
        lots.extend(b.lots.iter().cloned());
        for ship in ships_of(reader.view, told.index)? {
            if let Some(ship) = reader.told(ship)?.filter(|_| takes_all(b) || b.items.is_empty())
                && let Body::Ship(s) = &ship.body
            {
                let short: BTreeSet<&String> = b.exceptions.iter().map(|e| &e.item).collect();
                items.extend(s.items.iter().filter(|i| !short.contains(i)).cloned());
                lots.extend(s.lots.iter().filter(|_| takes_all(b)).cloned());
            }
        }
    }
    let mut units = 0u64;
    let mut next: Vec<String> = items.iter().cloned().collect();
    while let Some(item) = next.pop() {
        if items.len() > MAX_INSIDE {
            return Ok(None);
        }
        if is_unit(&item) {
            units = units.saturating_add(units_of(reader, &item, class)?);
        } else {
            let inside = reader.packed_into(&item)?;
            next.extend(inside.into_iter().filter(|child| items.insert(child.clone())));
        }
    }
    for amount in lots {
        let facts = reader.lot_facts(&amount.lot)?;
        if class.is_empty() || facts.class() == class {
            let each = if amount.quantity.as_ref().is_some_and(|q| q.unit == "box") { facts.units_per_code.max(1) } else { 1 };
            let count = amount.quantity.map_or(0, |q| q.amount);
            units = units.saturating_add(count.saturating_mul(u64::from(each)));
        }
    }
    Ok(Some(units))
}

/// Vials or pieces under a code of the class.
fn units_of(reader: &mut Reader<'_>, item: &str, class: &str) -> Result<u64, ViewError> {
    let facts = reader.facts_of(item)?;
    Ok(if class.is_empty() || facts.class() == class { u64::from(facts.units_per_code.max(1)) } else { 0 })
}

