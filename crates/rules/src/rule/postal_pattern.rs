//! POSTAL_PATTERN 化整为零寄递
//!
//! | | |
//! | --- | --- |
//! | severity | medium |
//! | visibility | investigative |
//! | register | none |
//! | opens | one sender, or goods of one lot, stand in `postal-parcels` or more parcels that a carrier has checked and reported in one week |
//! | silent | fewer parcels; parcels of shippers registered for medical goods in which nothing was found; a waybill reported twice is one parcel |
//! | resolved by | a Void or Correct of the checks |
//!
//! Checks are put together by carrier: a sender who goes to several is seen at each of them by itself.

use std::collections::{BTreeMap, BTreeSet};

use custody::{
    ViewError,
    tables::{subject_by_text, touches},
};
use proto::v1::statement::Body;
use statement::{Kind, Relation, SubjectKind, Words, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::{MAX_HISTORY, Reader},
    settings::POSTAL_PARCELS,
    week::Week,
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::PostalPattern,
    id: "POSTAL_PATTERN",
    version: 1,
    severity: Severity::Medium,
    visibility: Visibility::Investigative,
    register: "",
    title: Words::of("suspected pattern of small parcels", "疑似化整为零寄递"),
};

/// Parcels by what they have in common.
#[derive(Default)]
struct Parcels {
    waybills: BTreeSet<String>,
    entries: Vec<u64>,
    last: i64,
}

/// What a party has reported in a week; whether all of it could be judged.
pub(crate) fn week(
    reader: &mut Reader<'_>,
    party: &str,
    week: Week,
    hits: &mut Vec<Hit>,
) -> Result<bool, ViewError> {
    let Some(record) = subject_by_text(reader.view, SubjectKind::Activity, party)? else { return Ok(true) };
    let first = reader.entry_at(week.begin())?;
    let (mut found, mut seen) = (Vec::new(), 0);
    touches(reader.view, record.number, first, &mut |touch| {
        seen += 1;
        let kind = Kind::try_from(i32::from(touch.kind)).unwrap_or_default();
        if matches!(touch.relation, Relation::Signer | Relation::Target)
            && matches!(kind, Kind::PostalCheck | Kind::Correct)
        {
            found.push(touch);
        }
        Ok(seen <= MAX_HISTORY)
    })?;
    let mut groups: BTreeMap<(bool, String), Parcels> = BTreeMap::new();
    for told in reader.of_touches(&found, &|k| k == Kind::PostalCheck)? {
        let Body::PostalCheck(b) = &told.body else { continue };
        if told.actor != party || Week::of(told.at) != week || (b.reason == "medical-shipper" && !b.hit) {
            continue;
        }
        let mut common: BTreeSet<(bool, String)> = BTreeSet::new();
        if !b.sender.is_empty() {
            common.insert((true, b.sender.clone()));
        }
        for item in &b.items {
            let facts = reader.facts_of(item)?;
            if !facts.goods().is_empty() {
                common.insert((false, facts.goods().to_owned()));
            }
        }
        for key in common {
            let parcels = groups.entry(key).or_default();
            if parcels.waybills.insert(b.waybill.clone()) {
                parcels.entries.push(told.index);
            }
            parcels.last = parcels.last.max(told.at);
        }
    }
    for ((by_sender, what), parcels) in groups {
        let most = reader.setting(&POSTAL_PARCELS, "", statement::Day::of_instant(parcels.last))?.max(2);
        let count = parcels.waybills.len();
        if (count as i64) < most {
            continue;
        }
        let (goods, facts) = if by_sender {
            ("", words!(
                "one sender sent {count} parcels that {party} reported in a week",
                "同一寄件人一周内经 {party} 寄出 {count} 件被报告的包裹"
            ))
        } else {
            (what.as_str(), words!(
                "goods of {what} were in {count} parcels that {party} reported in a week",
                "{what} 一周内见于 {party} 报告的 {count} 件包裹"
            ))
        };
        hits.push(Hit::of(&ROW, party, goods, parcels.last, facts).line(&what).on(parcels.entries));
    }
    Ok(seen <= MAX_HISTORY)
}
