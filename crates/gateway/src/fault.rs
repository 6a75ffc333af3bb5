//! What is wrong with an input, where, and what to do: in English and Chinese.

mod reason;

use std::fmt;

use serde::Serialize;

pub(crate) use reason::Reason;

/// Most faults reported of one file; the rest is found after these are mended.
pub const MAX_FAULTS: usize = 1_000;

/// One thing wrong with one place of an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Line of the file from 1 (of a spreadsheet: the row; of a JSON bill: the place among its lines);
    /// 0 = no single line.
    pub line: u32,
    /// Column as the file names it, else its English name; empty = the whole line.
    pub column: String,
    /// Stable reason in capitals; a ledger's reason where its rules refuse a value.
    pub reason: &'static str,
    /// What is wrong and what to do.
    pub message: String,
    /// The same in Chinese.
    pub message_zh: String,
}

impl Fault {
    /// A fault of a cell.
    pub(crate) fn at(
        line: u32,
        column: impl Into<String>,
        reason: Reason,
        message: impl Into<String>,
        message_zh: impl Into<String>,
    ) -> Self {
        let (column, message, message_zh) = (column.into(), message.into(), message_zh.into());
        Self { line, column, reason: reason.as_str(), message, message_zh }
    }

    /// A fault of a cell of which there is no more to say than the table does.
    pub(crate) fn plain(line: u32, column: impl Into<String>, reason: Reason) -> Self {
        Self::at(line, column, reason, reason.english(), reason.chinese())
    }

    /// A fault by the ledger's own rules, with its reason.
    pub(crate) fn of_ledger(
        line: u32,
        column: impl Into<String>,
        reason: statement::Reason,
        message: impl Into<String>,
        message_zh: impl Into<String>,
    ) -> Self {
        let (column, message, message_zh) = (column.into(), message.into(), message_zh.into());
        Self { line, column, reason: reason.as_str(), message, message_zh }
    }

    /// A fault of the whole input.
    pub(crate) fn whole(reason: Reason, message: impl Into<String>, message_zh: impl Into<String>) -> Self {
        Self::at(0, "", reason, message, message_zh)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        if !self.column.is_empty() {
            write!(f, "{}: ", self.column)?;
        }
        write!(f, "{} [{}] {}", self.message, self.reason, self.message_zh)
    }
}

/// Faults collected up to [`MAX_FAULTS`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    list: Vec<Fault>,
}

impl Faults {
    pub(crate) fn push(&mut self, fault: Fault) {
        if self.list.len() < MAX_FAULTS {
            self.list.push(fault);
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether one is about this column.
    pub(crate) fn names(&self, column: &str) -> bool {
        self.list.iter().any(|fault| fault.column == column)
    }

    /// In order of lines.
    pub(crate) fn into_sorted(mut self) -> Vec<Fault> {
        self.list.sort_by_key(|fault| fault.line);
        self.list
    }
}

#[cfg(test)]
mod tests;
