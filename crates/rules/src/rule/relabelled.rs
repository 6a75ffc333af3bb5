//! RELABELLED 变造批号或效期
//!
//! | | |
//! | --- | --- |
//! | severity | high; low where nothing but a public scan tells of it |
//! | visibility | investigative |
//! | register | none |
//! | opens | a scan of the label shows another lot or a later or earlier last day than the Commission; a count of opening stock, a declaration or customs' copy names a unit under another lot; a device code carries another lot in itself |
//! | silent | day 00 of a label is the last of its month; any Commission of one of its codes agrees (a Chinese label by a mandated labeller is a code joined by Alias, with its own Commission); what the label does not show |
//! | resolved by | an Alias with a code commissioned so; a Correct of the Commission or of the slip |

use std::rc::Rc;

use custody::ViewError;
use gs1::{ItemRef, LotRef, ScanData};
use proto::v1::statement::Body;
use statement::{Day, Words, words};

use super::{Rule, RuleRow, Severity, Visibility, unknown_item::is_public};
use crate::{
    hit::Hit,
    reader::{Reader, Told},
    thing::{Goods, Thing, names},
    week::year_and_day,
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::Relabelled,
    id: "RELABELLED",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Investigative,
    register: "",
    title: Words::of("suspected difference between label and Commission", "疑似标签与赋码记录不符"),
};

/// Lot as printed, and last day, of one source; `None` where it does not tell.
struct Label {
    lot: Option<String>,
    expires_on: Option<Day>,
}

pub(crate) fn thing(_: &mut Reader<'_>, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let goods = &thing.goods;
    let made: Vec<(Label, u64)> = goods.told.iter().filter_map(|told| commissioned(told, goods)).collect();
    let Some((_, first)) = made.first() else { return Ok(()) };
    let agrees = |label: &Label| {
        let fits = |m: &Label| {
            label.lot.as_ref().is_none_or(|lot| m.lot.as_ref().is_none_or(|known| known == lot))
                && label.expires_on.is_none_or(|day| m.expires_on.is_none_or(|known| known == day))
        };
        made.iter().any(|(m, _)| fits(m))
    };
    let printed = goods.codes.iter().filter_map(|code| {
        let lot = ItemRef::parse(code).ok()?.ma()?.lot()?.to_owned();
        Some(Label { lot: Some(lot), expires_on: None })
    });
    if let Some(told) = goods.told.iter().find(|t| t.index == *first)
        && printed.into_iter().any(|label| !agrees(&label))
    {
        push(goods, told, *first, hits);
    }
    for told in &goods.told {
        if shown(told, goods).iter().any(|label| !agrees(label)) {
            push(goods, told, *first, hits);
        }
    }
    Ok(())
}

fn push(goods: &Goods, told: &Rc<Told>, first: u64, hits: &mut Vec<Hit>) {
    let (item, by) = (&goods.line, &told.actor);
    let facts = words!(
        "{item}, as stated by {by}, has another lot or last day of use than its Commission says",
        "{by} 申报的 {item} 批号或有效期与赋码记录不一致"
    );
    let hit = Hit::of(&ROW, by, goods.key(), told.at, facts).line(item).on([first, told.index]);
    hits.push(if is_public(told) { hit.at_most(Severity::Low) } else { hit });
}

fn lot_number(lot: &str) -> Option<String> {
    LotRef::parse(lot).ok().map(|lot| lot.lot().into_owned())
}

fn commissioned(told: &Told, goods: &Goods) -> Option<(Label, u64)> {
    let (lot, expires_on) = match &told.body {
        Body::Commission(b) if told.names(&goods.codes) => (&b.lot, &b.expires_on),
        Body::Transform(b) if told.names(&goods.codes) => (&b.lot, &b.expires_on),
        _ => return None,
    };
    Some((Label { lot: lot_number(lot), expires_on: Day::parse(expires_on) }, told.index))
}

/// What a statement shows of the labels of one thing.
fn shown(told: &Told, goods: &Goods) -> Vec<Label> {
    let under = |lot: &str| Label { lot: lot_number(lot), expires_on: None };
    match &told.body {
        Body::Observation(b) => label_of(&b.scan, told.day()).into_iter().collect(),
        Body::Adjust(b) => b
            .lines
            .iter()
            .filter(|line| goods.codes.contains(&line.item))
            .map(|line| Label { lot: lot_number(&line.item_lot), expires_on: Day::parse(&line.expires_on) })
            .collect(),
        Body::DeclareImport(b) => {
            b.lines.iter().filter(|l| names(&l.items, &goods.codes)).map(|l| under(&l.lot)).collect()
        }
        Body::CustomsDecision(b) => {
            b.lines.iter().filter(|l| names(&l.items, &goods.codes)).map(|l| under(&l.lot)).collect()
        }
        _ => Vec::new(),
    }
}

/// Lot and last day on a label that was scanned.
fn label_of(scan: &str, day: Day) -> Option<Label> {
    let (year, _) = year_and_day(day.0);
    let data = ScanData::parse(scan, u16::try_from(year).ok()?).ok()?;
    let expires_on = data.expiry().and_then(|date| Day::parse(&date.to_string()));
    Some(Label { lot: data.lot().map(ToOwned::to_owned), expires_on })
}
