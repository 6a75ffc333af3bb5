//! UNLICENSED_PARTY 无证或超范围经营、使用
//!
//! | | |
//! | --- | --- |
//! | severity | high |
//! | visibility | investigative |
//! | register | `licences`, for the region of the party |
//! | opens | who makes, sells or uses goods has no licence for that on that day: none, expired, suspended, revoked, or of another scope; a medical institution takes in goods without one |
//! | silent | renewal that is recorded late (`licence-renewal-days`); a clinic under the filing regime; makers abroad, and what their agent states for them; devices of class 1; goods that go back or are moved otherwise than by sale; authorities, laboratories, carriers |
//! | resolved by | the Licence, its renewal, or the end of a suspension stated for the day |
//!
//! Which licence is needed:
//!
//! | act | drugs | devices |
//! | --- | --- | --- |
//! | Commission by a manufacturer | `drug-making` | `device-making` |
//! | sale by its maker | as above | as above |
//! | sale by others | `drug-wholesale`, `toxic-drug` | class 3 `device-trade`, class 2 also `device-filing` |
//! | use, and purchase by a medical institution | `medical-institution`, `clinic-filing` | the same |
//!
//! A licence for drugs whose scope as printed names 医疗器械 holds for devices too. Where the registration of the goods is
//! not known, a licence for either will do. That an agent has a mandate is seen to by admission.

use custody::ViewError;
use proto::v1::{Licence, Role};
use statement::{Day, Words, within, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::Reader,
    settings::LICENCE_RENEWAL,
    thing::{Deed, Goods, Move},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::UnlicensedParty,
    id: "UNLICENSED_PARTY",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Investigative,
    register: "licences",
    title: Words::of("suspected lack of the licence for what was done", "疑似缺少相应许可"),
};

/// What somebody does that needs a licence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trade {
    Making,
    Selling,
    Practice,
}

/// What needs a licence, and whose.
struct Act<'g> {
    trade: Trade,
    party: &'g str,
    at: i64,
    site: &'g str,
    entries: Vec<u64>,
}

pub(crate) fn goods(reader: &mut Reader<'_>, goods: &Goods, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    for made in &goods.moves {
        for act in acts(reader, goods, made)? {
            judge(reader, goods, &act, hits)?;
        }
    }
    Ok(())
}

fn acts<'g>(reader: &mut Reader<'_>, goods: &'g Goods, made: &'g Move) -> Result<Vec<Act<'g>>, ViewError> {
    let own = |trade| Act { trade, party: &made.by, at: made.at, site: &made.site, entries: vec![made.entry] };
    let sold =
        matches!(made.reason.as_str(), "sale" | "supply" | "drop-shipment" | "consignment" | "gift" | "rental");
    Ok(match made.deed {
        Deed::Made if reader.has_role(&made.by, Role::Manufacturer, made.day())? => vec![own(Trade::Making)],
        Deed::Made => Vec::new(),
        Deed::Used => vec![own(Trade::Practice)],
        Deed::Arrived if reader.has_role(&made.by, Role::Clinic, made.day())? => vec![own(Trade::Practice)],
        Deed::Arrived => Vec::new(),
        Deed::Shipped if !sold => Vec::new(),
        Deed::Shipped => {
            let agent = goods.facts.registration.as_ref().is_some_and(|r| r.agent == made.by);
            let by_maker = made.by == goods.facts.maker || agent;
            let mut all = vec![own(if by_maker { Trade::Making } else { Trade::Selling })];
            let taken = made.arrived_at != 0 && reader.has_role(&made.to, Role::Clinic, made.day())?;
            if taken {
                let entries = made.answers.clone();
                all.push(Act { trade: Trade::Practice, party: &made.to, at: made.arrived_at, site: &made.ship_to, entries });
            }
            all
        }
    })
}

fn judge(reader: &mut Reader<'_>, goods: &Goods, act: &Act<'_>, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let day = Day::of_instant(act.at);
    let party = act.party;
    let first_class = goods.facts.registration.as_ref().is_some_and(|r| r.device_class == 1);
    if first_class || reader.is_abroad(party)? || is_exempt(reader, act, day)? {
        return Ok(());
    }
    let region = reader.region(party)?;
    if !reader.covered(ROW.register, &region, goods.class(), day)? {
        return Ok(());
    }
    let renewal = reader.setting(&LICENCE_RENEWAL, goods.class(), day)?.clamp(0, 3_660) as i32;
    let licences = licences(reader, party, act.site)?;
    if licences.iter().any(|l| covers(l, act.trade, goods) && is_in_force(l, day, renewal)) {
        return Ok(());
    }
    let line = &goods.line;
    let known = licences.iter().any(|l| covers(l, act.trade, goods));
    let facts = match (act.trade, known) {
        (_, true) => words!(
            "{party} handled {line} on a day on which its licence for that was not in force",
            "{party} 经手 {line} 当日相应许可证不在有效期内"
        ),
        (Trade::Making, _) => words!(
            "{party} made or sold {line}; no licence to make such goods is registered",
            "{party} 生产或销售 {line}，未登记相应生产许可"
        ),
        (Trade::Selling, _) => words!(
            "{party} sold {line}; no licence to trade in such goods is registered",
            "{party} 销售 {line}，未登记相应经营许可"
        ),
        (Trade::Practice, _) => words!(
            "{party} took in or used {line}; it is not registered as a medical institution",
            "{party} 购进或使用 {line}，未登记医疗机构执业许可或备案"
        ),
    };
    let hit = Hit::of(&ROW, party, goods.key(), act.at, facts).line(line);
    hits.push(hit.on(act.entries.iter().copied()));
    Ok(())
}

/// Agents state what makers abroad do; authorities, laboratories and carriers act in another right.
fn is_exempt(reader: &mut Reader<'_>, act: &Act<'_>, day: Day) -> Result<bool, ViewError> {
    let mut roles = vec![Role::Authority, Role::Laboratory, Role::Carrier];
    if act.trade == Trade::Making {
        roles.push(Role::DomesticAgent);
    }
    for role in roles {
        if reader.has_role(act.party, role, day)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Licences of the place where it happened, if that is the party's own; else of all its places.
fn licences(reader: &mut Reader<'_>, party: &str, site: &str) -> Result<Vec<Licence>, ViewError> {
    let row = reader.party(party)?;
    let sites: Vec<String> = row.iter().flat_map(|row| row.sites.clone()).collect();
    let asked = if sites.iter().any(|s| s == site) { vec![site.to_owned()] } else { sites };
    let mut all = Vec::new();
    for site in asked {
        let row = reader.site(&site)?;
        all.extend(row.iter().flat_map(|row| &row.licences).map(|l| l.licence.clone()));
    }
    Ok(all)
}

fn covers(licence: &Licence, trade: Trade, goods: &Goods) -> bool {
    let kind = licence.kind.as_str();
    let class = goods.facts.registration.as_ref().filter(|r| !r.number.is_empty()).map(|r| r.device_class);
    let devices = licence.scope.iter().any(|s| s.contains("医疗器械"));
    let drug = |kinds: &[&str]| class.is_none_or(|c| c == 0 || devices) && kinds.contains(&kind);
    let device = |kinds: &[&str]| class.is_none_or(|c| c > 0) && kinds.contains(&kind);
    match trade {
        Trade::Making => drug(&["drug-making"]) || device(&["device-making"]),
        Trade::Selling => {
            drug(&["drug-wholesale", "toxic-drug"])
                || device(&["device-trade"])
                || (class == Some(2) && kind == "device-filing")
        }
        Trade::Practice => matches!(kind, "medical-institution" | "clinic-filing"),
    }
}

/// Whether a licence holds on a day, or ended no longer ago than it takes to renew it.
pub fn is_in_force(licence: &Licence, day: Day, renewal: i32) -> bool {
    let revoked = Day::parse(&licence.revoked_on).is_some_and(|on| on <= day);
    let suspended = !licence.suspended_from.is_empty()
        && within(day, &licence.suspended_from, &licence.suspended_to);
    let begun = within(day, &licence.valid_from, "");
    let over = Day::parse(&licence.valid_to).is_some_and(|to| to.0.saturating_add(renewal) < day.0);
    begun && !over && !revoked && !suspended
}
