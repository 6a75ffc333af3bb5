//! Answers drawn for people: tables and custody paths.

use std::{collections::BTreeMap, fmt::Write as _};

use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use jiff::{Timestamp, tz::TimeZone};
use proto::v1::{Certainty, Hop, HopKind, ItemStatus, PartyName, Place, StatementKind};

use crate::lang::Lang;

/// A table with a head.
pub fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(head);
    for row in rows {
        table.add_row(row);
    }
    table.to_string()
}

/// An instant (µs) in local time, to the second, with how far that is from UTC; "—" where it is not told.
pub fn time(us: i64) -> String {
    match Timestamp::from_microsecond(us) {
        Ok(t) if us != 0 => t.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S%:z").to_string(),
        _ => "—".into(),
    }
}

/// Condition of an item in words.
pub const fn status(status: ItemStatus, lang: Lang) -> &'static str {
    let (english, chinese) = match status {
        ItemStatus::Unspecified | ItemStatus::Unknown => ("unknown", "未知"),
        ItemStatus::Held => ("held", "在库"),
        ItemStatus::InTransit => ("in transit", "在途"),
        ItemStatus::Opened => ("opened", "已开封"),
        ItemStatus::Used => ("used up", "已用完"),
        ItemStatus::Missing => ("missing on arrival", "到货缺失"),
        ItemStatus::Refused => ("refused", "拒收"),
        ItemStatus::Lost => ("lost", "盘亏"),
        ItemStatus::Stolen => ("stolen", "被盗"),
        ItemStatus::Destroyed => ("destroyed", "已销毁"),
        ItemStatus::Transformed => ("made into something else", "已返工分装"),
        ItemStatus::Seized => ("seized", "查封扣押"),
    };
    lang.pick(english, chinese)
}

/// The kind of a statement in words.
pub fn kind(kind: StatementKind, lang: Lang) -> &'static str {
    statement::kind_row(kind).map_or("?", |row| lang.pick(row.name, row.chinese))
}

/// How sure a hop is, as a mark and a word.
const fn certainty(certainty: Certainty, lang: Lang) -> (&'static str, &'static str) {
    let (mark, english, chinese) = match certainty {
        Certainty::Confirmed => ("●", "both sides signed", "双方签署"),
        Certainty::OneSided => ("◐", "one side signed", "单方签署"),
        Certainty::Gap => ("○", "GAP: nobody signed", "断链：无人签署"),
        Certainty::Conflict => ("✖", "CONFLICT", "冲突"),
        Certainty::Unspecified => ("?", "?", "?"),
    };
    (mark, lang.pick(english, chinese))
}

/// Parties by id, as people know them.
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// From an answer.
    pub fn new(names: &[PartyName]) -> Self {
        Self(names.iter().map(|n| (n.party.clone(), n.name.clone())).collect())
    }

    /// Name and id, or the id alone.
    pub fn of(&self, party: &str) -> String {
        match self.0.get(party) {
            _ if party.is_empty() => "—".into(),
            Some(name) if !name.is_empty() && !party.ends_with(name.as_str()) => format!("{name} ({party})"),
            _ => party.to_string(),
        }
    }
}

/// A custody path: one line a hop, with how sure it is and the entries it rests on.
pub fn path(hops: &[Hop], names: &Names, lang: Lang) -> String {
    let mut out = String::new();
    for hop in hops {
        let (mark, sure) = match (hop.kind(), hop.certainty()) {
            // Only a transfer has two sides.
            (HopKind::Transfer, sure) => certainty(sure, lang),
            (_, Certainty::Confirmed) => ("●", lang.pick("signed", "已签署")),
            (_, sure) => certainty(sure, lang),
        };
        let line = match hop.kind() {
            HopKind::Origin => format!("{} {}", lang.pick("commissioned by", "赋码入库"), names.of(&hop.to)),
            HopKind::Transfer => format!("{}  →  {}", names.of(&hop.from), names.of(&hop.to)),
            HopKind::Use => format!("{} {}", lang.pick("used at", "使用于"), names.of(&hop.to)),
            HopKind::Packing => format!("{} {}", lang.pick("packed at", "装箱于"), names.of(&hop.to)),
            HopKind::Unpacking => format!("{} {}", lang.pick("unpacked at", "拆箱于"), names.of(&hop.to)),
            HopKind::Unspecified => names.of(&hop.to),
        };
        let entries: Vec<String> = hop.entries.iter().map(u64::to_string).collect();
        let _ = writeln!(out, "  {mark} {line}");
        let mut detail = vec![when(hop), sure.to_string()];
        if !hop.via.is_empty() {
            detail.push(format!("{} {}", lang.pick("inside", "箱内"), hop.via));
        }
        if hop.items > 1 {
            detail.push(format!("{} {}", hop.items, lang.pick("items", "件")));
        }
        detail.push(format!("{} {}", lang.pick("entries", "条目"), entries.join(", ")));
        let _ = writeln!(out, "  │   {}", detail.join(" · "));
    }
    out
}

fn when(hop: &Hop) -> String {
    match (hop.departed_at, hop.arrived_at) {
        (0, at) | (at, 0) => time(at),
        (from, to) => format!("{} → {}", time(from), time(to)),
    }
}

/// Where goods are now, as a table.
pub fn places(places: &[Place], names: &Names, lang: Lang) -> String {
    let head = [lang.pick("where", "何处"), lang.pick("condition", "状态"), lang.pick("items", "件数")];
    let rows = places
        .iter()
        .map(|p| [names.of(&p.party), status(p.status(), lang).to_string(), p.items.to_string()]);
    table(head, rows)
}
