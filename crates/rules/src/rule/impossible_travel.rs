//! IMPOSSIBLE_TRAVEL 异地同码
//!
//! | | |
//! | --- | --- |
//! | severity | medium; low where one of the two is a public scan |
//! | visibility | investigative |
//! | register | none |
//! | opens | two sightings of one unit, one after the other, lie farther apart than `travel-kmh` allows in the time between |
//! | silent | nearer than `travel-near-km`; clocks that differ by `clock-skew-minutes` each; two public scans (a picture of a code can be scanned anywhere); places that are not told, or of sites without coordinates |
//! | resolved by | a Correct of time or place |
//!
//! A sighting is a scan with coordinates, or what somebody does with the unit itself at a site with coordinates. Distances are
//! worked out in whole numbers, within 1 %, so that every machine finds the same.

use custody::{ViewError, item::moves_items};
use proto::v1::statement::Body;
use statement::{Words, words};

use super::{Rule, RuleRow, Severity, Visibility, unknown_item::is_public};
use crate::{
    hit::Hit,
    reader::{Reader, Told},
    settings::{CLOCK_SKEW, TRAVEL_KMH, TRAVEL_NEAR},
    thing::{Thing, is_unit},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::ImpossibleTravel,
    id: "IMPOSSIBLE_TRAVEL",
    version: 1,
    severity: Severity::Medium,
    visibility: Visibility::Investigative,
    register: "",
    title: Words::of("suspected copy: seen at two places at once", "疑似异地同码"),
};

/// Latitude and longitude in 1e-7 degrees.
type Place = (i64, i64);

pub(crate) fn thing(reader: &mut Reader<'_>, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let goods = &thing.goods;
    if !goods.codes.iter().any(|code| is_unit(code)) {
        return Ok(());
    }
    let mut last: Option<(&Told, Place)> = None;
    for told in &goods.told {
        let Some(place) = place(reader, told)? else { continue };
        if let Some((before, from)) = last.filter(|(before, _)| !(is_public(before) && is_public(told))) {
            let km = kilometres(from, place);
            let day = told.day();
            let near = reader.setting(&TRAVEL_NEAR, goods.class(), day)?.max(1);
            let speed = reader.setting(&TRAVEL_KMH, goods.class(), day)?.max(1);
            let skew = reader.minutes(&CLOCK_SKEW, goods.class(), told.at)?.saturating_mul(2);
            let minutes = told.at.saturating_sub(before.at).saturating_add(skew) / 60_000_000;
            if km > near && i128::from(km) * 60 > i128::from(minutes) * i128::from(speed) {
                let (item, by) = (&goods.line, &told.actor);
                let facts = words!(
                    "{item} was seen at two places {km} km apart within {minutes} minutes",
                    "{item} 在 {minutes} 分钟内出现于相距 {km} 公里的两地"
                );
                let hit = Hit::of(&ROW, by, goods.key(), told.at, facts).line(item);
                let hit = hit.on([before.index, told.index]);
                let public = is_public(before) || is_public(told);
                hits.push(if public { hit.at_most(Severity::Low) } else { hit });
            }
        }
        last = Some((told, place));
    }
    Ok(())
}

/// Where a statement shows the unit to be.
fn place(reader: &mut Reader<'_>, told: &Told) -> Result<Option<Place>, ViewError> {
    if let Body::Observation(b) = &told.body {
        let place = (i64::from(b.latitude_e7), i64::from(b.longitude_e7));
        return Ok(Some(place).filter(|p| *p != (0, 0)));
    }
    // Who codes goods made abroad may sit elsewhere; papers are not where the goods are.
    if !moves_items(told.kind) || matches!(told.body, Body::Commission(_)) {
        return Ok(None);
    }
    let row = reader.site(&told.site)?;
    let site = row.as_ref().as_ref().and_then(|row| row.site.as_ref());
    Ok(site.map(|s| (i64::from(s.latitude_e7), i64::from(s.longitude_e7))).filter(|p| *p != (0, 0)))
}

/// Distance on the ground, by degrees of the latitude between the two.
fn kilometres(a: Place, b: Place) -> i64 {
    let north = (a.0 - b.0).abs();
    let mut east = (a.1 - b.1).abs();
    if east > 1_800_000_000 {
        east = 3_600_000_000 - east;
    }
    // Cosine of degrees after Bhaskara: (32400 − 4x²) / (32400 + x²), here in tenths of a degree.
    let tenths = i64::midpoint(a.0, b.0).abs() / 1_000_000;
    let square = tenths * tenths;
    let east = i128::from(east) * i128::from(3_240_000 - 4 * square) / i128::from(3_240_000 + square);
    let square = i128::from(north) * i128::from(north) + east * east;
    // 111.2 km a degree.
    (square.isqrt() * 1_112 / 100_000_000) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_right_within_a_hundredth() {
        let place = |lat: f64, lon: f64| ((lat * 1e7) as i64, (lon * 1e7) as i64);
        for (a, b, km) in [
            (place(39.9042, 116.4074), place(31.2304, 121.4737), 1_067),
            (place(31.2304, 121.4737), place(23.1291, 113.2644), 1_213),
            (place(39.9042, 116.4074), place(39.9042, 117.4074), 85),
            (place(22.5431, 114.0579), place(22.3193, 114.1694), 27),
        ] {
            let found = kilometres(a, b);
            assert!((found - km).abs() * 100 <= km.max(100), "{found} for {km}");
        }
        assert_eq!(kilometres(place(0.0, 179.5), place(0.0, -179.5)), 111);
    }
}
