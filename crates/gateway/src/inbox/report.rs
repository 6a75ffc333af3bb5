//! What became of a file, for people.

use std::fmt::Write as _;

use crate::{Fault, Report, fault::MAX_FAULTS};

/// A report for people.
pub(super) fn text(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "{} bills without fault, {} faults\n{} 张单据无误，{} 处错误\n",
        report.bills.len(),
        report.faults.len(),
        report.bills.len(),
        report.faults.len()
    );
    for told in &report.bills {
        let (en, zh) = match told.outcome {
            "new" => ("accepted, will be sent", "已接收，将发送"),
            "same" => ("was here already", "先前已接收"),
            _ => (
                "NOT accepted: its number is taken by a bill with other content",
                "未接收：单号已被内容不同的单据占用",
            ),
        };
        let r = &told.record;
        let state = r.state.name();
        let _ = writeln!(
            out,
            "{} ({}, {}): {en}; {zh} [{state}, seq {}]",
            r.key.number, r.title, r.key.kind, r.seq
        );
    }
    if report.faults.len() >= MAX_FAULTS {
        let _ = writeln!(out, "\nonly the first {MAX_FAULTS} faults are listed; 仅列出前 {MAX_FAULTS} 处");
    }
    for (i, fault) in report.faults.iter().enumerate() {
        let gap = if i == 0 { "\n" } else { "" };
        let _ = writeln!(out, "{gap}{}", line(fault));
    }
    out
}

fn line(fault: &Fault) -> String {
    let place = match (fault.line, fault.column.as_str()) {
        (0, "") => String::new(),
        (0, column) => format!("{column}: "),
        (line, "") => format!("line 第 {line} 行: "),
        (line, column) => format!("line 第 {line} 行, {column}: "),
    };
    format!("{place}{} {} [{}]", fault.message, fault.message_zh, fault.reason)
}
