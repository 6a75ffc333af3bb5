//! DEVICE_USAGE 设备使用异常
//!
//! | | |
//! | --- | --- |
//! | severity | medium |
//! | visibility | operational |
//! | register | none |
//! | opens | a device's counter goes backwards; a tip is used more often, or for more shots, than its registration allows; a tip is used with two consoles within `pairing-minutes`; a console that has been used is sold without service in between (no file of a used device) |
//! | silent | counters after service (board changed, counter reset, refurbished), as the service states them; consoles lent, hired out, transferred, sent for service or back |
//! | resolved by | the Service statement; a Correct of the counter |

use custody::ViewError;
use proto::v1::statement::Body;
use statement::{Words, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::Reader,
    settings::PAIRING_MINUTES,
    thing::{Deed, Goods, Thing},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::DeviceUsage,
    id: "DEVICE_USAGE",
    version: 1,
    severity: Severity::Medium,
    visibility: Visibility::Operational,
    register: "",
    title: Words::of("suspected use of a device beyond what is allowed", "疑似设备、耗材使用异常"),
};

pub(crate) fn thing(reader: &mut Reader<'_>, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let goods = &thing.goods;
    counter(goods, hits);
    worn_out(goods, hits);
    two_consoles(reader, goods, hits)?;
    sold_used(goods, hits);
    Ok(())
}

/// Readings in order of occurrence: a counter only grows, unless service says what it is from then on.
fn counter(goods: &Goods, hits: &mut Vec<Hit>) {
    let mut last: Option<(u64, u64)> = None;
    for told in &goods.told {
        // What it reads, and what it stands at from then on.
        let mut readings: Vec<(u64, u64)> = Vec::new();
        match &told.body {
            Body::Use(b) => {
                let ours = b.lines.iter().filter(|l| goods.codes.contains(&l.item) && l.counter > 0);
                readings.extend(ours.map(|l| (l.counter, l.counter)));
            }
            Body::Service(b) => {
                let ours = b.lines.iter().filter(|l| goods.codes.contains(&l.item));
                for line in ours {
                    let read = line.counter_before;
                    let set = matches!(
                        line.action.as_str(),
                        "counter-reset" | "board-swap" | "refurbishment" | "repair"
                    );
                    if set || line.counter_after > 0 {
                        readings.push((read, line.counter_after));
                    } else if read > 0 {
                        readings.push((read, read));
                    }
                }
            }
            _ => continue,
        }
        for (read, then) in readings {
            if let Some((before, entry)) = last.filter(|(before, _)| read > 0 && read < *before) {
                let (item, by) = (&goods.line, &told.actor);
                let facts = words!(
                    "the counter of {item} read {before}, and later {read}, with no service in between",
                    "{item} 计数由 {before} 变为 {read}，其间无维修记录"
                );
                hits.push(
                    Hit::of(&ROW, by, goods.key(), told.at, facts).line(item).on([entry, told.index]),
                );
            }
            last = Some((then, told.index));
        }
    }
}

/// More uses than the registration allows; where shots are counted, more shots.
fn worn_out(goods: &Goods, hits: &mut Vec<Hit>) {
    let Some(most) = goods.facts.registration.as_ref().map(|r| r.maximum_uses).filter(|m| *m > 0) else {
        return;
    };
    let uses = goods.told.iter().filter_map(|told| match &told.body {
        Body::Use(b) => Some((told, b.lines.iter().filter(|l| goods.codes.contains(&l.item)))),
        _ => None,
    });
    let (mut times, mut shots, mut entries) = (0u64, 0u64, Vec::new());
    for (told, lines) in uses {
        for line in lines {
            times += 1;
            let used = line.used.as_ref().filter(|q| matches!(q.unit.as_str(), "shot" | "pulse"));
            shots = shots.saturating_add(used.map_or(0, |q| q.amount));
        }
        entries.push(told.index);
        let count = if shots > 0 { shots } else { times };
        if count > most {
            let (item, by) = (&goods.line, &told.actor);
            let facts = words!(
                "{item} was used {count} times or shots; its registration allows {most}",
                "{item} 累计使用 {count} 次（发），注册规定上限为 {most}"
            );
            let last = entries.iter().rev().copied().take(crate::MAX_EVIDENCE).collect::<Vec<_>>();
            hits.push(Hit::of(&ROW, by, goods.key(), told.at, facts).line(item).on(last));
            return;
        }
    }
}

/// A tip is on one console at a time.
fn two_consoles(reader: &mut Reader<'_>, goods: &Goods, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    if !goods.class().ends_with("-tip") {
        return Ok(());
    }
    let mut last: Option<(String, i64, u64)> = None;
    for told in &goods.told {
        let Body::Use(b) = &told.body else { continue };
        let span = reader.minutes(&PAIRING_MINUTES, goods.class(), told.at)?;
        let consoles = b.lines.iter().filter_map(|l| match goods.codes.contains(&l.item) {
            true => Some(&l.paired).filter(|p| !p.is_empty()),
            false => Some(&l.item).filter(|_| goods.codes.contains(&l.paired)),
        });
        for console in consoles {
            if let Some((other, at, entry)) = &last
                && other != console
                && told.at.saturating_sub(*at) < span
            {
                let (item, by) = (&goods.line, &told.actor);
                let facts = words!(
                    "{item} was used with {other} and with {console} at about the same time",
                    "{item} 几乎同时与 {other} 和 {console} 配对使用"
                );
                let hit = Hit::of(&ROW, by, goods.key(), told.at, facts).line(item);
                hits.push(hit.on([*entry, told.index]));
            }
            last = Some((console.clone(), told.at, told.index));
        }
    }
    Ok(())
}

/// A console is looked over and put on file before it is sold used.
fn sold_used(goods: &Goods, hits: &mut Vec<Hit>) {
    if !(goods.class().ends_with("-console") || goods.class() == "laser") {
        return;
    }
    let sales = goods.moves.iter().filter(|m| m.deed == Deed::Shipped && m.reason == "sale");
    for sale in sales {
        let before = || goods.told.iter().rev().filter(|t| t.at < sale.at);
        let used = before().find(|t| matches!(&t.body, Body::Use(_)));
        let served = before().find(|t| matches!(&t.body, Body::Service(_)));
        let Some(used) = used.filter(|used| served.is_none_or(|s| s.order() < used.order())) else { continue };
        let (item, by) = (&goods.line, &sale.by);
        let facts = words!(
            "{item}, which has been used, was sold by {by} without service since",
            "{item} 为使用过的设备，由 {by} 销售，其间无检修记录"
        );
        hits.push(Hit::of(&ROW, by, goods.key(), sale.at, facts).line(item).on([used.index, sale.entry]));
    }
}
