//! What stands open: differences between two copies of the lines, findings, holds and recalls.

use std::collections::BTreeSet;

use custody::ViewError;
use proto::v1::statement::Body;
use rules::{Examiner, Hit, Rule, Severity, Subject, read::Reader};
use statement::{Words, words};

use crate::{
    Error,
    answer::Note,
    case::{Case, MAX_EXAMINED, MAX_PACKAGES},
};

/// Rules whose question another check of the page asks.
const ASKED_ELSEWHERE: [Rule; 4] =
    [Rule::CustomsMismatch, Rule::QuantityExcess, Rule::ShortDatedImport, Rule::UnregisteredProduct];

/// Customs' own copy of the lines is the importer's, as far as customs have entered one.
pub(super) fn lines(reader: &mut Reader<'_>, case: &Case) -> Result<(Vec<Note>, bool), Error> {
    if case.decisions.is_empty() {
        let facts = Words::of("customs have entered no lines of their own yet", "海关尚未录入自己的各项");
        return Ok((vec![Note::not_applicable(facts)], true));
    }
    if case.declared.is_none() {
        let facts = Words::of("there are no importer's lines to compare with", "无进口单位申报可供比对");
        return Ok((vec![Note::missing(facts)], true));
    }
    let examined = Examiner::new(reader.view).examine(&Subject::Declaration(case.declaration.clone()))?;
    let mismatch = examined.hits.into_iter().filter(|hit| hit.rule == Rule::CustomsMismatch);
    let newest = case.decisions.last().map(|told| told.index);
    // An earlier decision may have been about other lines; what customs say last counts.
    let mut notes: Vec<Note> = mismatch
        .filter(|hit| newest.is_none_or(|newest| hit.evidence.contains(&newest)))
        .map(|hit| Note::fail(hit.facts.0).about(&hit.goods).on(hit.evidence))
        .collect();
    if notes.is_empty() {
        notes.push(Note::pass(Words::of("they agree", "一致")).on(case.entry().chain(newest)));
    }
    Ok((notes, examined.whole))
}

/// No rule says anything grave that is due of the declaration, its lots, their stock at the importer, its packages and
/// what is in them, or the statements that declare them.
pub(super) fn findings(reader: &mut Reader<'_>, case: &Case) -> Result<(Vec<Note>, bool), Error> {
    let (subjects, mut whole) = subjects(reader, case)?;
    let mut examiner = Examiner::new(reader.view);
    let mut severe: BTreeSet<Hit> = BTreeSet::new();
    for subject in &subjects {
        let examined = examiner.examine(subject)?;
        whole &= examined.whole;
        severe.extend(examined.hits.into_iter().filter(|hit| {
            hit.severity >= Severity::High && hit.is_due(case.as_of) && !ASKED_ELSEWHERE.contains(&hit.rule)
        }));
    }
    // One finding stands for all of one rule, party, lot or product, and week.
    let mut notes: Vec<Note> = rules::findings(&severe, case.as_of)
        .into_iter()
        .map(|(key, finding)| {
            let (rule, count, first) = (key.rule, finding.count, finding.samples.first());
            let (english, chinese) =
                first.map_or(("", ""), |hit| (hit.facts.0.english(), hit.facts.0.chinese()));
            let lot = case.lots.iter().find(|lot| lot.lot == key.goods).map_or("", |lot| lot.lot.as_str());
            let facts = match count {
                1 => words!("{rule}: {english}", "{rule}：{chinese}"),
                _ => words!("{rule}, {count} lines: {english}", "{rule}，{count} 项：{chinese}"),
            };
            Note::fail(facts).about(lot).on(finding.samples.iter().flat_map(|hit| hit.evidence.clone()))
        })
        .collect();
    if notes.is_empty() {
        let count = subjects.len();
        notes.push(Note::pass(words!("none, of {count} things examined", "核查 {count} 个对象，均无")));
    }
    Ok((notes, whole))
}

/// What rules are asked about, and whether that is all.
fn subjects(reader: &mut Reader<'_>, case: &Case) -> Result<(BTreeSet<Subject>, bool), ViewError> {
    let mut all = BTreeSet::from([Subject::Declaration(case.declaration.clone())]);
    all.extend(case.entry().map(Subject::Act));
    for lot in &case.lots {
        all.insert(Subject::Lot(lot.lot.clone()));
        all.insert(Subject::Stock { lot: lot.lot.clone(), party: case.importer.clone() });
        all.extend(lot.filings().map(|(told, _)| Subject::Act(told.index)));
    }
    let mut next: Vec<String> = case.body.lines.iter().flat_map(|line| line.items.clone()).collect();
    next.reverse();
    let mut seen = BTreeSet::new();
    while let Some(item) = next.pop() {
        if all.len() >= MAX_EXAMINED {
            return Ok((all, false));
        }
        if seen.insert(item.clone()) {
            next.extend(reader.packed_into(&item)?);
            all.insert(Subject::Item(item));
        }
    }
    Ok((all, true))
}

/// No Hold or Recall is in force over the lots, their products or the packages.
pub(super) fn restrictions(reader: &mut Reader<'_>, case: &Case) -> Result<(Vec<Note>, bool), Error> {
    let (mut notes, mut whole) = (Vec::new(), true);
    for lot in &case.lots {
        let items: Vec<String> = lot.packages().take(MAX_PACKAGES).cloned().collect();
        let (mut entries, all) =
            trace::desk::restrictions_of_items(reader.view, &items, &lot.lot, case.today())?;
        whole &= all;
        entries.extend(trace::desk::restrictions(reader.view, &lot.lot, case.today(), None)?);
        entries.sort_unstable();
        entries.dedup();
        for entry in entries {
            notes.extend(restriction(reader, entry)?.map(|note| note.about(&lot.lot)));
        }
    }
    if notes.is_empty() {
        notes.push(Note::pass(Words::of("none in force", "无生效的暂停、召回")));
    }
    Ok((notes, whole))
}

fn restriction(reader: &mut Reader<'_>, entry: u64) -> Result<Option<Note>, ViewError> {
    let Some(told) = reader.told(entry)? else { return Ok(None) };
    let by = &told.actor;
    let facts = match &told.body {
        Body::Hold(b) => {
            let reason = &b.reason;
            words!("held by {by}: {reason}", "{by} 暂停：{reason}")
        }
        Body::Recall(b) => {
            let (level, reason) = (b.level, &b.reason);
            words!("recalled by {by}, level {level}: {reason}", "{by} {level} 级召回：{reason}")
        }
        _ => return Ok(None),
    };
    Ok(Some(Note::fail(facts).on([entry])))
}
