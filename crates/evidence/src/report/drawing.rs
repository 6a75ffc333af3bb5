//! The custody path as a drawing: a column for each party, a row for each act, arrows for what was sent.

use std::{collections::BTreeSet, fmt::Write as _};

use statement::SubjectKind;

use super::{escape, happened};
use crate::bundle::{Act, Verdict};

/// Most rows and columns that are drawn; the table of entries has all.
const MOST: (usize, usize) = (200, 16);
/// Measures in px: width of the times, of a column, height of the heads, of a row.
const TIMES: usize = 190;
const COLUMN: usize = 150;
const HEAD: usize = 40;
const ROW: usize = 34;

struct Step<'v> {
    index: u64,
    act: &'v Act,
    /// Corrected or voided by a later entry.
    changed: bool,
}

/// Acts about goods, of the answer and of the items and containers that the closure leads to, in the order in
/// which they are said to have happened.
fn steps(verdict: &Verdict) -> Vec<Step<'_>> {
    let of_items = |s: &&crate::bundle::SubjectFact| {
        s.subject.kind == SubjectKind::Item && !s.subject.text.starts_with("lot:")
    };
    let mut wanted: BTreeSet<u64> =
        verdict.subjects.iter().filter(of_items).flat_map(|s| s.entries.iter().copied()).collect();
    wanted.extend(verdict.answer().iter().map(|entry| entry.index));
    let changes = |act: &Act| matches!(act.kind, "correct" | "void").then_some(act.target).flatten();
    let changed: BTreeSet<u64> = verdict.entries.iter().filter_map(|e| changes(e.said.as_ref()?)).collect();
    let mut steps: Vec<Step<'_>> = verdict
        .entries
        .iter()
        .filter(|e| wanted.contains(&e.index) && e.index < verdict.query.as_of)
        .filter_map(|e| {
            Some(Step { index: e.index, act: e.said.as_ref()?, changed: changed.contains(&e.index) })
        })
        .filter(|step| is_about_goods(step.act))
        .collect();
    steps.sort_by_key(|step| (step.act.occurred_at, step.index));
    steps
}

/// Kinds from 40 on are about goods and about other statements.
fn is_about_goods(act: &Act) -> bool {
    let row = statement::KINDS.iter().find(|row| row.name == act.kind);
    row.is_some_and(|row| row.kind as i32 >= 40)
}

pub(super) fn path(verdict: &Verdict) -> String {
    let mut steps = steps(verdict);
    if steps.is_empty() {
        return "<p>—</p>".into();
    }
    let mut parties: Vec<&str> = Vec::new();
    for step in &steps {
        for party in [step.act.actor(), step.act.to.as_str()] {
            if !party.is_empty() && !parties.contains(&party) {
                parties.push(party);
            }
        }
    }
    let (rows, columns) = (steps.len(), parties.len());
    steps.truncate(MOST.0);
    parties.truncate(MOST.1);
    let mut svg = begin(&parties, steps.len());
    for (row, step) in steps.iter().enumerate() {
        draw(&mut svg, &parties, row, step);
    }
    svg.push_str("</svg>");
    if (steps.len(), parties.len()) != (rows, columns) {
        let _ = write!(
            svg,
            "<p>图中仅 {} 行 {} 列，共 {rows} 行 {columns} 列；全部条目见下表。 \
             Drawn: {} of {rows} acts, {} of {columns} parties; the table below has all.</p>",
            steps.len(),
            parties.len(),
            steps.len(),
            parties.len()
        );
    }
    svg.push_str(
        "<p>灰色虚线：其后被更正或作废。所绘内容为各签署方自述。 Grey and dashed: corrected or voided later. \
         What is drawn is the signers' word.</p>",
    );
    svg
}

const fn x(column: usize) -> usize {
    TIMES + column * COLUMN + COLUMN / 2
}

const fn y(row: usize) -> usize {
    HEAD + row * ROW + ROW / 2
}

fn begin(parties: &[&str], rows: usize) -> String {
    let (width, height) = (TIMES + parties.len() * COLUMN, HEAD + rows * ROW + 8);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         font-family=\"sans-serif\" font-size=\"11\">"
    );
    for (column, party) in parties.iter().enumerate() {
        let (x, short) = (x(column), escape(&shortened(party)));
        let _ = write!(
            svg,
            "<text x=\"{x}\" y=\"18\" text-anchor=\"middle\" font-weight=\"bold\">{short}<title>{}</title></text>\
             <line x1=\"{x}\" y1=\"26\" x2=\"{x}\" y2=\"{height}\" stroke=\"#ccc\"/>",
            escape(party)
        );
    }
    svg
}

/// At most 22 characters.
fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(22).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn draw(svg: &mut String, parties: &[&str], row: usize, step: &Step<'_>) {
    let Step { index, act, changed } = step;
    let y = y(row);
    let (stroke, dash) = if *changed { ("#999", " stroke-dasharray=\"4 3\"") } else { ("#1450a0", "") };
    let time = happened(act.occurred_at);
    let _ = write!(svg, "<text x=\"4\" y=\"{}\" fill=\"#555\">#{index} {time}</text>", y + 4);
    let column = |party: &str| parties.iter().position(|p| *p == party);
    let Some(from) = column(act.actor()) else { return };
    if let Some(to) = column(&act.to).filter(|to| *to != from) {
        let tip = if to > from { x(to) - 7 } else { x(to) + 7 };
        let back = if to > from { tip - 6 } else { tip + 6 };
        let _ = write!(
            svg,
            "<line x1=\"{}\" y1=\"{y}\" x2=\"{tip}\" y2=\"{y}\" stroke=\"{stroke}\" stroke-width=\"1.5\"{dash}/>\
             <path d=\"M{back} {} L{tip} {y} L{back} {}\" fill=\"none\" stroke=\"{stroke}\"/>",
            x(from),
            y - 4,
            y + 4
        );
    }
    let target = act.target.map_or_else(String::new, |target| format!(" #{target}"));
    let _ = write!(
        svg,
        "<circle cx=\"{cx}\" cy=\"{y}\" r=\"5\" fill=\"#fff\" stroke=\"{stroke}\" stroke-width=\"1.5\"/>\
         <text x=\"{label}\" y=\"{above}\" fill=\"{stroke}\">{} {}{target}</text>",
        act.chinese,
        act.kind,
        cx = x(from),
        label = x(from) + 8,
        above = y - 6
    );
}
