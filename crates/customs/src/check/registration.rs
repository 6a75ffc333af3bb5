//! 注册证: what the registration of a lot's product says.

use custody::ViewError;
use proto::v1::Role;
use rules::read::Reader;
use statement::{Day, Words, within, words};

use super::absent;
use crate::{
    answer::Note,
    case::{Case, Lot},
};

const REGISTER: &str = "registrations";

/// Made within the validity of its registration: what became of that later does not matter.
pub(super) fn when_made(reader: &mut Reader<'_>, case: &Case, lot: &Lot) -> Result<Note, ViewError> {
    let Some(made) = lot.facts.made_on else {
        return Ok(Note::missing(Words::of("nobody has said when it was made", "生产日期无记录")));
    };
    let what = words!("made on {made}", "{made} 生产");
    Ok(valid_on(reader, case, lot, made, &what)?.on(lot.origin()))
}

/// An import must be registered when it is filed, too.
pub(super) fn when_filed(reader: &mut Reader<'_>, case: &Case, lot: &Lot) -> Result<Note, ViewError> {
    let day = case.filed_on(lot);
    let filing = case.filing(lot).map(|(told, _)| told.index);
    let what = match filing {
        Some(_) => words!("filed on {day}", "{day} 备案"),
        None => words!("declared on {day}", "{day} 申报"),
    };
    Ok(valid_on(reader, case, lot, day, &what)?.on(filing.into_iter().chain(case.entry())))
}

fn valid_on(
    reader: &mut Reader<'_>,
    case: &Case,
    lot: &Lot,
    day: Day,
    what: &Words,
) -> Result<Note, ViewError> {
    let (did, did_zh, number) = (what.english(), what.chinese(), &lot.number);
    if number.is_empty() {
        let facts = Words::of("nobody has said under which registration", "无人说明其注册证号");
        return Ok(Note::missing(facts));
    }
    if let Some(other) = lot.lines.iter().map(|l| &l.registration).find(|n| !n.is_empty() && *n != number) {
        let facts = words!(
            "declared under {other}, made under {number}",
            "申报的注册证号为 {other}，生产所用为 {number}"
        );
        return Ok(Note::fail(facts).on(case.entry()));
    }
    let Some(row) = &lot.registration else {
        let facts = words!("{number} is not registered", "{number} 未登记");
        return absent(reader, case, lot, REGISTER, facts);
    };
    let r = &row.registration;
    let (from, to) = (&r.valid_from, if r.valid_to.is_empty() { "…" } else { &r.valid_to });
    if within(day, &r.valid_from, &r.valid_to) {
        let facts =
            words!("{did}; {number} valid from {from} to {to}", "{did_zh}；{number} 有效期 {from} 至 {to}");
        return Ok(Note::pass(facts).on([row.index]));
    }
    let facts = words!(
        "{did}, when {number} was not valid: it was from {from} to {to}",
        "{did_zh}，{number} 当日无效：有效期 {from} 至 {to}"
    );
    // A renewal that nobody has recorded is as absent as a registration that nobody has.
    Ok(absent(reader, case, lot, REGISTER, facts)?.on([row.index]))
}

/// Who states the lot is who the registration says answers for it here: its holder, or the agent that it names.
pub(super) fn agent(reader: &mut Reader<'_>, case: &Case, lot: &Lot) -> Result<Note, ViewError> {
    let Some(row) = &lot.registration else {
        return Ok(Note::missing(Words::of("no registration names an agent", "无注册证写明境内代理人")));
    };
    let (holder, agent, maker) = (&row.registration.holder, &row.registration.agent, &lot.facts.maker);
    let entries = || [row.index].into_iter().chain(lot.origin());
    if maker.is_empty() {
        return Ok(
            Note::missing(Words::of("nobody has commissioned the lot", "该批次无赋码记录")).on(entries())
        );
    }
    if maker != holder && maker != agent {
        let facts = words!(
            "stated by {maker}, whom the registration names neither as holder nor as agent ({agent})",
            "由 {maker} 赋码，注册证所载持有人、代理人（{agent}）均非该主体"
        );
        return Ok(Note::fail(facts).on(entries()));
    }
    if agent.is_empty() {
        let abroad = reader.is_abroad(holder)?;
        let facts =
            words!("{holder} holds the registration; it names no agent", "{holder} 持有注册证，未载代理人");
        return Ok(if abroad { Note::missing(facts) } else { Note::pass(facts) }.on(entries()));
    }
    if !reader.has_role(agent, Role::DomesticAgent, case.filed_on(lot))? {
        let facts = words!(
            "the agent {agent} is not registered as one on the day of filing",
            "代理人 {agent} 备案当日未登记为境内代理人"
        );
        return Ok(absent(reader, case, lot, "parties", facts)?.on(entries()));
    }
    Ok(Note::pass(words!("agent: {agent}", "境内代理人：{agent}")).on(entries()))
}

/// The country that the lines name is the one that the registration does.
pub(super) fn origin(_: &mut Reader<'_>, case: &Case, lot: &Lot) -> Result<Note, ViewError> {
    let row = lot.registration.as_ref().filter(|row| !row.registration.origin.is_empty());
    let Some(row) = row else {
        return Ok(Note::missing(Words::of("no registration names the origin", "无注册证写明原产国")));
    };
    let registered = &row.registration.origin;
    let entries = || [row.index].into_iter().chain(case.entry());
    Ok(match lot.lines.iter().map(|line| &line.origin).find(|origin| *origin != registered) {
        Some(declared) => {
            let facts = words!(
                "declared as of {declared}, registered as of {registered}",
                "申报原产国 {declared}，注册证为 {registered}"
            );
            Note::fail(facts).on(entries())
        }
        None => Note::pass(words!("{registered}, as registered", "{registered}，与注册证一致")).on(entries()),
    })
}
