//! 备案: port, remaining life, test and clearance note. Goods that go into bond are filed when they leave it.

use custody::{ViewError, tables::statement_index};
use proto::v1::{FilingOutcome, Sample, TestReport, TestVerdict, statement::Body};
use rules::read::{
    Amounts, CLEARANCE_REQUIRED, Reader, SHORT_DATED, SHORT_DATED_SHORT, TEST_REQUIRED, Told, add,
    is_sent_back, plus_months, releases,
};
use statement::{Words, id_bytes, within, words};

use super::{absent, policy_list};
use crate::{
    answer::{Answer, Note},
    case::{Case, Lot},
};

/// Policy list of ports through which products may come: customs offices of four digits, UN/LOCODEs.
const PORTS: &str = "import-ports";
/// Months of whole life from which the longer limit counts.
const YEAR: i32 = 12;

fn into_bond() -> Note {
    Note::not_applicable(Words::of("into bond; asked on the way out", "入区货物，出区时核查"))
}

/// The port of the filing, else the declaring office, is one through which such goods may come. In transit 转关 the
/// declaring office is another than the port.
pub(super) fn port(reader: &mut Reader<'_>, case: &Case, lot: &Lot) -> Result<Note, ViewError> {
    let filing = case.filing(lot).filter(|(_, b)| !b.port.is_empty());
    let port = filing.map_or_else(|| case.office(), |(_, b)| b.port.as_str());
    let entries = || filing.map(|(told, _)| told.index).into_iter().chain(case.entry());
    match policy_list(reader, case, PORTS, lot.class())? {
        Some(ports) if ports.iter().any(|approved| approved == port) => {
            Ok(Note::pass(words!("{port}", "{port}")).on(entries()))
        }
        Some(ports) => {
            let ports = ports.join(", ");
            let facts = words!("{port} is none of {ports}", "{port} 不在准予进口的口岸（{ports}）之列");
            Ok(Note::fail(facts).on(entries()))
        }
        // The law limits ports for drugs only.
        None if lot.device_class() > 0 => {
            Ok(Note::not_applicable(Words::of("no policy limits the ports of devices", "器械进口口岸无限制")))
        }
        None => {
            let facts = words!(
                "{port}; no policy {PORTS} says which ports are approved",
                "{port}；规则参数 {PORTS} 未载明准予进口的口岸"
            );
            Ok(Note::missing(facts).on(entries()))
        }
    }
}

/// At filing a lot has months of life left: as many as for its whole life the policy says.
pub(super) fn shelf_life(reader: &mut Reader<'_>, case: &Case, lot: &Lot) -> Result<Note, ViewError> {
    if case.body.bonded {
        return Ok(into_bond());
    }
    let Some(last) = lot.facts.expires_on else {
        return Ok(Note::missing(Words::of("nobody has said when it expires", "有效期无记录")));
    };
    let filed = case.filed_on(lot);
    let short = lot.facts.made_on.is_some_and(|made| last < plus_months(made, YEAR));
    let setting = if short { &SHORT_DATED_SHORT } else { &SHORT_DATED };
    let months = reader.setting(setting, lot.class(), filed)?.clamp(0, 1_200) as i32;
    let filing = case.filing(lot).map(|(told, _)| told.index);
    let entries = || filing.into_iter().chain(case.entry()).chain(lot.origin());
    let left = last.0.saturating_sub(filed.0).max(0);
    Ok(if months == 0 {
        Note::not_applicable(Words::of("not asked of this class", "该类产品不作要求"))
    } else if last < plus_months(filed, months) {
        let facts = words!(
            "{left} days left on {filed}, until {last}; {months} months are asked",
            "{filed} 剩余 {left} 天（至 {last}），要求 {months} 个月"
        );
        Note::fail(facts).on(entries())
    } else {
        Note::pass(words!("{left} days left on {filed}", "{filed} 剩余 {left} 天")).on(entries())
    })
}

/// Where the class needs one: the last test that lets lots go has passed, of a sample that was taken of this lot and,
/// where it names a declaration, under this one, no more than was declared.
pub(super) fn port_test(reader: &mut Reader<'_>, case: &Case, lot: &Lot) -> Result<Note, ViewError> {
    if case.body.bonded {
        return Ok(into_bond());
    }
    if reader.setting(&TEST_REQUIRED, lot.class(), case.day())? != 1 {
        return Ok(Note::not_applicable(Words::of("not needed for this class", "该类产品无须口岸检验")));
    }
    let last = lot.told.iter().rev().find_map(|told| match &told.body {
        Body::TestReport(b) if releases(&b.purpose) && b.lots.contains(&lot.lot) => Some((told, b)),
        _ => None,
    });
    let Some((told, report)) = last else {
        let facts = Words::of("no port test or lot release is recorded", "无口岸检验或批签发记录");
        return absent(reader, case, lot, "test-release", facts);
    };
    let number = &report.number;
    let note = match report.verdict() {
        TestVerdict::Fail => Note::fail(words!("{number}: not up to standard", "{number}：不合格")),
        TestVerdict::Pass => match sample_of(lot, report) {
            Some((sampled, sample)) => sampled_right(case, lot, number, sample).on([sampled.index]),
            None if report.sample.is_some() => unsampled(reader, report)?,
            None => Note::pass(words!("{number}: up to standard", "{number}：合格")),
        },
        _ => Note::missing(words!("{number} comes to no verdict", "{number} 未作结论")),
    };
    Ok(note.on([told.index]))
}

/// The Sample of this lot that a report names.
fn sample_of<'l>(lot: &'l Lot, report: &TestReport) -> Option<(&'l Told, &'l Sample)> {
    let named = report.sample.as_ref()?;
    lot.told.iter().find_map(|told| match &told.body {
        Body::Sample(b) if told.reference() == (named.party.as_str(), &id_bytes(&named.id)[..]) => {
            Some((&**told, b))
        }
        _ => None,
    })
}

/// Of a report about a sample that is not of this lot, or that nobody has recorded.
fn unsampled(reader: &Reader<'_>, report: &TestReport) -> Result<Note, ViewError> {
    let number = &report.number;
    let named = report.sample.clone().unwrap_or_default();
    let known = statement_index(reader.view, &named.party, &id_bytes(&named.id))?;
    Ok(match known {
        Some(sampled) => {
            Note::fail(words!("{number} is about a sample of other goods", "{number} 所检样品并非本批"))
                .on([sampled])
        }
        None => Note::missing(words!(
            "{number} names a sample that is not recorded",
            "{number} 所列样品无抽样记录"
        )),
    })
}

fn sampled_right(case: &Case, lot: &Lot, number: &str, sample: &Sample) -> Note {
    if !sample.declaration.is_empty() && sample.declaration != case.declaration {
        let other = &sample.declaration;
        return Note::fail(words!("{number}: sampled under {other}", "{number}：样品抽自 {other}"));
    }
    let ours = sample.lots.iter().filter(|l| l.lot == lot.lot);
    // Items that were taken name no lot; who took them knows.
    if sample.items.is_empty() && ours.clone().next().is_none() {
        return Note::fail(words!("{number}: another lot was sampled", "{number}：所抽批次不符"));
    }
    let (mut taken, mut declared) = (Amounts::new(), Amounts::new());
    ours.for_each(|l| add(&mut taken, l.quantity.as_ref()));
    lot.lines.iter().for_each(|line| add(&mut declared, line.quantity.as_ref()));
    match taken.iter().find(|(unit, sum)| declared.get(*unit).is_some_and(|most| *sum > most)) {
        Some((unit, sum)) => {
            let facts = words!(
                "{number}: {sum} {unit} sampled, more than was declared",
                "{number}：抽样 {sum} {unit}，多于申报数量"
            );
            Note::fail(facts)
        }
        None => Note::pass(words!(
            "{number}: up to standard, sampled of this lot",
            "{number}：合格，样品抽自本批"
        )),
    }
}

/// Where the class needs one: the note that the importer names is cleared, for this importer, this lot and at least as
/// much as all declarations that rest on it declare, and still valid.
pub(super) fn clearance(reader: &mut Reader<'_>, case: &Case, lot: &Lot) -> Result<Note, ViewError> {
    if case.body.bonded {
        return Ok(into_bond());
    }
    if reader.setting(&CLEARANCE_REQUIRED, lot.class(), case.day())? != 1 {
        return Ok(Note::not_applicable(Words::of("not needed for this class", "该类产品无须进口通关单")));
    }
    let Some((told, filing)) = case.filing(lot) else {
        let facts = Words::of("no clearance note is recorded", "无进口通关单记录");
        return absent(reader, case, lot, "clearance", facts);
    };
    let (number, importer) = (&filing.number, &filing.importer);
    let named = &case.body.clearance;
    let facts = if filing.outcome() != FilingOutcome::Cleared {
        let reason = &filing.reason;
        words!("{number} refused: {reason}", "{number} 不予通关：{reason}")
    } else if !case.importer.is_empty() && *importer != case.importer {
        words!("{number} is {importer}'s", "{number} 的进口单位为 {importer}")
    } else if !named.is_empty() && named != number {
        words!(
            "the declaration names {named}, the lot's note is {number}",
            "报关单所列为 {named}，本批通关单为 {number}"
        )
    } else if filing.registration != lot.number && !lot.number.is_empty() {
        let other = &filing.registration;
        words!("{number} is for {other}", "{number} 所列注册证号为 {other}")
    } else if !within(case.day(), "", &filing.valid_to) {
        let to = &filing.valid_to;
        words!("{number} was valid until {to}", "{number} 有效期至 {to}")
    } else {
        return Ok(cleared(case, lot, number).on([told.index].into_iter().chain(case.entry())));
    };
    Ok(Note::fail(facts).on([told.index].into_iter().chain(case.entry())))
}

/// Whether what is declared under a note fits within what it clears; a note may serve several declarations.
fn cleared(case: &Case, lot: &Lot, number: &str) -> Note {
    let (mut most, mut sums) = (Amounts::new(), Amounts::new());
    for (_, filing) in lot.filings().filter(|(_, b)| b.number == number) {
        let ours = filing.lots.iter().filter(|l| l.lot == lot.lot);
        ours.for_each(|l| add(&mut most, l.quantity.as_ref()));
    }
    for told in &lot.told {
        let Body::DeclareImport(b) = &told.body else { continue };
        let mine = b.declaration == case.declaration;
        let counts = mine || (b.clearance == number && !b.bonded && !is_sent_back(&lot.told, &b.declaration));
        let ours = b.lines.iter().filter(|line| counts && line.lot == lot.lot);
        ours.for_each(|line| add(&mut sums, line.quantity.as_ref()));
    }
    if case.declared.is_none() {
        lot.lines.iter().for_each(|line| add(&mut sums, line.quantity.as_ref()));
    }
    let compared = sums.iter().all(|(unit, _)| most.contains_key(unit));
    match sums.iter().find(|(unit, sum)| most.get(*unit).is_some_and(|most| *sum > most)) {
        Some((unit, sum)) => {
            let most = most.get(unit).copied().unwrap_or_default();
            let facts = words!(
                "{number} clears {most} {unit}; {sum} declared under it",
                "{number} 准予 {most} {unit}，据此申报 {sum}"
            );
            Note::fail(facts)
        }
        None if !compared => {
            let facts =
                words!("{number} clears the lot in other units", "{number} 所列数量单位不同，无法比较");
            Note::of(Answer::Missing, facts)
        }
        None => Note::pass(words!("{number}", "{number}")),
    }
}
