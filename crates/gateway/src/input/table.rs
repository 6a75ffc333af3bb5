//! What CSV and XLSX have in common: a head line, then lines of cells.

use std::collections::BTreeMap;

use super::{Reading, too_many_lines};
use crate::{
    bill::{Row, Sheet},
    columns::Column,
    fault::{Fault, Faults},
};

/// Longest cell in bytes.
const MAX_CELL: usize = 2_000;

/// Builds a sheet line by line.
pub(super) struct Table<'a> {
    reading: Reading<'a>,
    columns: Vec<Option<Column>>,
    sheet: Sheet,
    faults: Faults,
}

impl<'a> Table<'a> {
    /// Begins with the head line.
    pub(super) fn new<'h>(reading: Reading<'a>, line: u32, heads: impl Iterator<Item = &'h str>) -> Self {
        let (columns, sheet, faults) = (Vec::new(), Sheet::default(), Faults::default());
        let mut table = Self { reading, columns, sheet, faults };
        for head in heads {
            let column = table.head(line, head.trim());
            table.columns.push(column);
        }
        for needed in [Column::Number, Column::Type, Column::Time] {
            if !table.sheet.heads.contains_key(&needed) {
                let row = needed.row();
                let en = format!("the file has no column {} ({})", row.name, row.chinese[0]);
                let zh = format!("文件缺少列 {}（{}）", row.chinese[0], row.name);
                table.faults.push(Fault::at(line, row.name, "COLUMN_MISSING", en, zh));
            }
        }
        table
    }

    fn head(&mut self, line: u32, head: &str) -> Option<Column> {
        if head.is_empty() || self.reading.mapping.ignores(head) {
            return None;
        }
        let Some(column) = self.reading.mapping.column(head) else {
            let en = "is no column of a bill; give its meaning under [bills.columns], or list it in \
                      ignore-columns";
            let zh = "不是单据的列；请在 [bills.columns] 中说明其含义，或列入 ignore-columns";
            self.faults.push(Fault::at(line, head, "COLUMN_UNKNOWN", en, zh));
            return None;
        };
        if let Some(other) = self.sheet.heads.insert(column, head.to_owned()) {
            let en = format!("means the same as the column {other}; leave one out");
            self.faults.push(Fault::at(
                line,
                head,
                "COLUMN_TWICE",
                en,
                format!("与列 {other} 含义相同，请删去一列"),
            ));
        }
        Some(column)
    }

    /// Adds a line; empty ones are passed over.
    ///
    /// # Errors
    /// There are too many.
    pub(super) fn line<'c>(
        &mut self,
        line: u32,
        cells: impl Iterator<Item = &'c str>,
    ) -> Result<(), Vec<Fault>> {
        let mut row = Row { line, cells: BTreeMap::new() };
        for (i, cell) in cells.enumerate() {
            let text = cell.trim();
            if text.is_empty() {
                continue;
            }
            match self.columns.get(i) {
                Some(Some(column)) => self.cell(&mut row, *column, text),
                // A column that is passed over.
                Some(None) => {}
                None => {
                    let en = format!("“{}” stands beyond the last column", shown(text));
                    let zh = format!("“{}”超出最后一列", shown(text));
                    self.faults.push(Fault::at(line, "", "CELL_TOO_MANY", en, zh));
                }
            }
        }
        if row.cells.is_empty() {
            return Ok(());
        }
        if self.sheet.rows.len() >= self.reading.limits.file_lines {
            return Err(too_many_lines(self.reading.limits.file_lines));
        }
        self.sheet.rows.push(row);
        Ok(())
    }

    fn cell(&mut self, row: &mut Row, column: Column, text: &str) {
        if text.len() > MAX_CELL {
            let en = format!("longer than {MAX_CELL} bytes");
            let head = self.sheet.head(column);
            self.faults.push(Fault::at(row.line, head, "CELL_TOO_LONG", en, format!("超过 {MAX_CELL} 字节")));
            return;
        }
        // Spreadsheets keep codes as text by a leading apostrophe, which exports sometimes write out.
        row.cells.insert(column, text.strip_prefix('\'').unwrap_or(text).to_owned());
    }

    /// Reports a fault of a line.
    pub(super) fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// The sheet; a fault in heads or shape spoils the whole file, for no line can be trusted then.
    pub(super) fn finish(self) -> Result<Sheet, Vec<Fault>> {
        if !self.faults.is_empty() {
            return Err(self.faults.into_sorted());
        }
        if self.sheet.rows.is_empty() {
            return Err(vec![Fault::whole("EMPTY", "the file has no lines", "文件没有数据行")]);
        }
        Ok(self.sheet)
    }
}

/// The beginning of a text that may be long.
fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(40)]
}
