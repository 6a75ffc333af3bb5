//! 数量: what is declared was shipped, what was shipped was made, and no package comes twice.

use std::collections::BTreeMap;

use custody::ViewError;
use proto::v1::{Quantity, statement::Body};
use rules::read::{Amounts, Reader, add, is_refused, is_sent_back, made};
use statement::{Kind, SubjectKind, Words, words};

use crate::{
    Error,
    answer::{Answer, Note},
    case::{Case, Lot, MAX_PACKAGES},
};

/// What all declarations of a lot come to that count as this one does, by unit: into bond by itself. What was refused
/// or sent back does not count.
fn declared_of(case: &Case, lot: &Lot) -> (Amounts, Vec<u64>) {
    let (mut sums, mut entries) = (Amounts::new(), Vec::new());
    for told in &lot.told {
        let Body::DeclareImport(b) = &told.body else { continue };
        let counts = b.bonded == case.body.bonded && !is_sent_back(&lot.told, &b.declaration);
        let lines: Vec<_> = b.lines.iter().filter(|line| counts && line.lot == lot.lot).collect();
        if !lines.is_empty() {
            entries.push(told.index);
        }
        lines.iter().for_each(|line| add(&mut sums, line.quantity.as_ref()));
    }
    (sums, entries)
}

/// What who made the lot has shipped of it, by every unit in which that can be counted; where the maker has shipped
/// nothing, what the consignor has.
fn shipped_of(case: &Case, lot: &Lot) -> (Amounts, Vec<u64>) {
    let sent_by = |party: &str| {
        let (mut codes, mut sums, mut entries) = (0u64, Amounts::new(), Vec::new());
        for leg in lot.legs.0.iter().filter(|leg| leg.from == party && !party.is_empty() && !leg.goes_back())
        {
            codes = codes.saturating_add(leg.items);
            for (unit, amount) in &leg.amounts {
                add(&mut sums, Some(&Quantity { amount: *amount, unit: unit.clone() }));
            }
            entries.push(leg.entry);
        }
        if codes > 0 && sums.is_empty() {
            let inner = codes.saturating_mul(u64::from(lot.facts.units_per_code.max(1)));
            sums.extend(["box", "set"].map(|unit| (unit.to_owned(), codes)));
            sums.extend(["vial", "syringe", "ampoule", "piece"].map(|unit| (unit.to_owned(), inner)));
        }
        (sums, entries)
    };
    let by_maker = sent_by(&lot.facts.maker);
    if by_maker.1.is_empty() { sent_by(&case.body.consignor) } else { by_maker }
}

/// How two sums compare: the first unit in which more is than may be, whether all could be compared.
fn over<'a>(sums: &'a Amounts, most: &Amounts) -> (Option<(&'a String, u64, u64)>, bool) {
    let found = sums.iter().find_map(|(unit, sum)| {
        let most = *most.get(unit)?;
        (*sum > most).then_some((unit, *sum, most))
    });
    (found, sums.keys().all(|unit| most.contains_key(unit)))
}

/// "5 box", by unit.
fn text(sums: &Amounts) -> String {
    let all: Vec<String> = sums.iter().map(|(unit, amount)| format!("{amount} {unit}")).collect();
    all.join(", ")
}

/// Σ declared ≤ shipped, and ≤ made where nobody has said what was shipped.
pub(super) fn declared(_: &mut Reader<'_>, case: &Case, lot: &Lot) -> Result<Note, ViewError> {
    let ((sums, entries), (shipped, ships)) = (declared_of(case, lot), shipped_of(case, lot));
    let made = made(&lot.told, &lot.lot);
    let all = text(&sums);
    if entries.is_empty() {
        return Ok(Note::missing(Words::of("nobody has declared", "无人申报")));
    }
    for (most, english, chinese, by) in
        [(&shipped, "shipped", "发运", ships.clone()), (&made, "made", "生产", lot.origin().collect())]
    {
        if let (Some((unit, sum, most)), _) = over(&sums, most) {
            let facts = words!(
                "{sum} {unit} declared in all, {most} {english}",
                "累计申报 {sum} {unit}，{chinese} {most}"
            );
            return Ok(Note::fail(facts).on(by.into_iter().chain(entries)));
        }
    }
    if shipped.is_empty() {
        let facts = words!(
            "{all} declared in all; nobody has said how much was shipped",
            "累计申报 {all}；发运数量无记录"
        );
        return Ok(Note::missing(facts).on(entries));
    }
    if !over(&sums, &shipped).1 {
        let facts = words!(
            "{all} declared in all; what was shipped is told in other units",
            "累计申报 {all}；发运数量单位不同，无法比较"
        );
        return Ok(Note::missing(facts).on(entries.into_iter().chain(ships)));
    }
    let count = entries.len();
    let facts = words!(
        "{all} in {count} declarations, no more than shipped",
        "{count} 份报关单累计 {all}，不超过发运数量"
    );
    Ok(Note::pass(facts).on(entries.into_iter().chain(ships)))
}

/// Shipped ≤ made.
pub(super) fn shipped(_: &mut Reader<'_>, case: &Case, lot: &Lot) -> Result<Note, ViewError> {
    let (sums, ships) = shipped_of(case, lot);
    let made = made(&lot.told, &lot.lot);
    let entries = || lot.origin().chain(ships.iter().copied());
    if made.is_empty() {
        return Ok(
            Note::missing(Words::of("nobody has said how much was made", "生产数量无记录")).on(entries())
        );
    }
    if sums.is_empty() {
        return Ok(
            Note::missing(Words::of("nobody has said how much was shipped", "发运数量无记录")).on(entries())
        );
    }
    Ok(match over(&sums, &made) {
        (Some((unit, sum, most)), _) => {
            let facts = words!("{sum} {unit} shipped, {most} made", "发运 {sum} {unit}，生产 {most}");
            Note::fail(facts).on(entries())
        }
        (None, false) => {
            Note::missing(Words::of("made and shipped in units that differ", "生产与发运单位不同，无法比较"))
                .on(entries())
        }
        (None, true) => Note::pass(Words::of("no more than made", "不超过生产数量")).on(entries()),
    })
}

/// No package stands in another declaration that was not refused or sent back, or went into bond: what leaves bond is
/// declared anew.
pub(super) fn packages(reader: &mut Reader<'_>, case: &Case) -> Result<(Vec<Note>, bool), Error> {
    let items: Vec<&String> = case.body.lines.iter().flat_map(|line| &line.items).collect();
    if items.is_empty() {
        let facts = Words::of("the lines name no packages", "申报各项未列箱码");
        return Ok((vec![Note::not_applicable(facts)], true));
    }
    if case.body.bonded {
        let facts = Words::of("into bond; declared anew on the way out", "入区货物，出区时重新申报");
        return Ok((vec![Note::not_applicable(facts)], true));
    }
    let mut whole = items.len() <= MAX_PACKAGES;
    let mut twice: BTreeMap<String, (Vec<&String>, u64)> = BTreeMap::new();
    for item in items.iter().take(MAX_PACKAGES) {
        let told = reader.about(SubjectKind::Item, item, &|k| k == Kind::DeclareImport)?;
        whole &= told.is_some();
        for told in told.unwrap_or_default() {
            let Body::DeclareImport(b) = &told.body else { continue };
            let named = b.lines.iter().any(|line| line.items.contains(item));
            let ours = b.declaration == case.declaration || b.bonded || !named;
            if !ours && !is_refused(reader, &b.declaration)? {
                let other = twice.entry(b.declaration.clone()).or_insert((Vec::new(), told.index));
                other.0.push(item);
            }
        }
    }
    let mut notes: Vec<Note> = twice
        .into_iter()
        .map(|(other, (items, entry))| {
            let (first, count) = (items.first().copied().cloned().unwrap_or_default(), items.len());
            let facts = words!(
                "{count} packages, such as {first}, stand in {other} too",
                "{count} 个箱码（如 {first}）同时列于 {other}"
            );
            Note::of(Answer::Fail, facts).on([entry].into_iter().chain(case.entry()))
        })
        .collect();
    if notes.is_empty() {
        let count = items.len();
        let facts = words!("{count} packages, each declared once", "{count} 个箱码，均仅申报一次");
        notes.push(Note::pass(facts).on(case.entry()));
    }
    Ok((notes, whole))
}
