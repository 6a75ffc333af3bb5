//! CUSTOMS_MISMATCH 申报与海关查验不符
//!
//! | | |
//! | --- | --- |
//! | severity | high |
//! | visibility | investigative |
//! | register | none |
//! | opens | customs' own copy of a declaration has another line than the importer's: lot, packages, quantity, commodity code (first 8 digits) or origin; or a line that only one of them has |
//! | silent | what customs leave open (no origin, no code, no packages); lines that a partial decision does not speak of |
//! | resolved by | a Correct of the declaration or of the decision |

use std::collections::{BTreeMap, BTreeSet};

use custody::ViewError;
use proto::v1::{CustomsLine, CustomsOutcome, DeclarationLine, statement::Body};
use statement::{Kind, SubjectKind, Words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{hit::Hit, reader::Reader};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::CustomsMismatch,
    id: "CUSTOMS_MISMATCH",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Investigative,
    register: "",
    title: Words::of("suspected difference between declaration and goods", "疑似申报与查验不符"),
};

pub(crate) fn declaration(
    reader: &mut Reader<'_>,
    declaration: &str,
    hits: &mut Vec<Hit>,
) -> Result<bool, ViewError> {
    let wanted = |k| matches!(k, Kind::DeclareImport | Kind::CustomsDecision);
    let Some(told) = reader.about(SubjectKind::Document, declaration, &wanted)? else { return Ok(false) };
    let declared = told.iter().rev().find_map(|t| match &t.body {
        Body::DeclareImport(b) if b.declaration == declaration => Some((t, b)),
        _ => None,
    });
    let Some((by, declared)) = declared else { return Ok(true) };
    let lines: BTreeMap<u32, &DeclarationLine> = declared.lines.iter().map(|l| (l.number, l)).collect();
    for decision in &told {
        let Body::CustomsDecision(b) = &decision.body else { continue };
        if b.declaration != declaration {
            continue;
        }
        let found: BTreeMap<u32, &CustomsLine> = b.lines.iter().map(|l| (l.number, l)).collect();
        let partial = b.outcome() == CustomsOutcome::Partial;
        let numbers: BTreeSet<u32> = lines.keys().chain(found.keys()).copied().collect();
        for number in numbers {
            let what = match (lines.get(&number), found.get(&number)) {
                (Some(ours), Some(theirs)) => difference(ours, theirs),
                (Some(_), None) if partial => None,
                _ => Some(("is in one of the two only", "仅一方列有该项")),
            };
            let Some((english, chinese)) = what else { continue };
            let lot = lines.get(&number).map(|l| &l.lot).or_else(|| found.get(&number).map(|l| &l.lot));
            let facts = Words::made(
                format!("line {number} of {declaration} {english}: customs' copy and the importer's differ"),
                format!("{declaration} 第 {number} 项{chinese}：海关查验与企业申报不一致"),
            );
            let goods = lot.map_or("", String::as_str);
            let hit = Hit::of(&ROW, &by.actor, goods, decision.at, facts);
            hits.push(hit.line(&format!("{declaration}#{number}")).on([by.index, decision.index]));
        }
    }
    Ok(true)
}

/// The first thing in which two lines differ.
fn difference(ours: &DeclarationLine, theirs: &CustomsLine) -> Option<(&'static str, &'static str)> {
    let items = |items: &[String]| items.iter().cloned().collect::<BTreeSet<_>>();
    let code = |hs: &str| hs.get(..8).unwrap_or(hs).to_owned();
    if ours.lot != theirs.lot {
        return Some(("names another lot", "批号不同"));
    }
    if ours.quantity != theirs.quantity {
        return Some(("has another quantity", "数量不同"));
    }
    if !theirs.items.is_empty() && items(&ours.items) != items(&theirs.items) {
        return Some(("names other packages", "箱码不同"));
    }
    if !theirs.hs.is_empty() && code(&ours.hs) != code(&theirs.hs) {
        return Some(("has another commodity code", "商品编码不同"));
    }
    (!theirs.origin.is_empty() && ours.origin != theirs.origin).then_some(("has another origin", "原产国不同"))
}
