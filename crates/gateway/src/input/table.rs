//! What CSV and XLSX have in common: a head line, then lines of cells.

use std::collections::BTreeMap;

use super::{Reading, too_many_lines};
use crate::{
    bill::{Row, Sheet},
    columns::Column,
    fault::{Fault, Faults, Reason},
};

/// Longest cell in bytes.
pub(super) const MAX_CELL: usize = 2_000;
/// Most columns of a file.
pub(super) const MAX_COLUMNS: usize = 200;

/// What stands in a column.
enum Slot {
    Known(Column),
    /// The settings pass it over.
    Ignored,
    /// It has no head; cells under it would get lost.
    Nameless,
}

/// Builds a sheet line by line.
pub(super) struct Table<'a> {
    reading: Reading<'a>,
    columns: Vec<Slot>,
    sheet: Sheet,
    faults: Faults,
}

impl<'a> Table<'a> {
    /// Begins with the head line.
    pub(super) fn new<'h>(reading: Reading<'a>, line: u32, heads: impl Iterator<Item = &'h str>) -> Self {
        let (columns, sheet, faults) = (Vec::new(), Sheet::default(), Faults::default());
        let mut table = Self { reading, columns, sheet, faults };
        for (i, head) in heads.enumerate() {
            if i >= MAX_COLUMNS {
                let en = format!("more than {MAX_COLUMNS} columns; leave out what no bill needs");
                let zh = format!("超过 {MAX_COLUMNS} 列；请删去单据不需要的列");
                table.faults.push(Fault::at(line, "", Reason::TooManyColumns, en, zh));
                break;
            }
            let slot = table.head(line, head.trim());
            table.columns.push(slot);
        }
        for needed in [Column::Number, Column::Type, Column::Time] {
            if !table.sheet.heads.contains_key(&needed) {
                let row = needed.row();
                let en = format!("the file has no column {} ({})", row.name, row.chinese[0]);
                let zh = format!("文件缺少列 {}（{}）", row.chinese[0], row.name);
                table.faults.push(Fault::at(line, row.name, Reason::ColumnMissing, en, zh));
            }
        }
        table
    }

    fn head(&mut self, line: u32, head: &str) -> Slot {
        if head.is_empty() {
            return Slot::Nameless;
        }
        if self.reading.mapping.ignores(head) {
            return Slot::Ignored;
        }
        let Some(column) = self.reading.mapping.column(head) else {
            let en = "is no column of a bill; give its meaning under [bills.columns], or list it in \
                      ignore-columns";
            let zh = "不是单据的列；请在 [bills.columns] 中说明其含义，或列入 ignore-columns";
            self.faults.push(Fault::at(line, shown(head), Reason::ColumnUnknown, en, zh));
            return Slot::Ignored;
        };
        if let Some(other) = self.sheet.heads.insert(column, head.to_owned()) {
            let en = format!("means the same as the column {other}; leave one out");
            self.faults.push(Fault::at(
                line,
                head,
                Reason::ColumnTwice,
                en,
                format!("与列 {other} 含义相同，请删去一列"),
            ));
        }
        Slot::Known(column)
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
                Some(Slot::Known(column)) => self.cell(&mut row, *column, text),
                Some(Slot::Ignored) => {}
                Some(Slot::Nameless) => {
                    let en = format!("“{}” stands in a column without a head", shown(text));
                    let zh = format!("“{}”所在的列没有列名", shown(text));
                    self.faults.push(Fault::at(line, format!("#{}", i + 1), Reason::ColumnNameless, en, zh));
                }
                // Told once a line: there may be millions.
                None => {
                    self.faults.push(Self::beyond(line));
                    break;
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

    /// The fault of a cell right of all heads.
    pub(super) fn beyond(line: u32) -> Fault {
        Fault::plain(line, "", Reason::CellTooMany)
    }

    fn cell(&mut self, row: &mut Row, column: Column, text: &str) {
        if text.len() > MAX_CELL {
            let en = format!("longer than {MAX_CELL} bytes");
            let head = self.sheet.head(column);
            self.faults.push(Fault::at(
                row.line,
                head,
                Reason::CellTooLong,
                en,
                format!("超过 {MAX_CELL} 字节"),
            ));
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
            return Err(vec![Fault::whole(Reason::Empty, "the file has no lines", "文件没有数据行")]);
        }
        Ok(self.sheet)
    }
}

/// The beginning of a text that may be long.
fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(40)]
}
