//! XLSX: the first sheet that holds anything, read cell by cell.
//!
//! Codes have to be text cells. A number cell of more than 15 digits has lost digits before it came
//! here (spreadsheets calculate in binary floating point), so it is refused rather than guessed.
//!
//! A few kilobytes of XLSX can stand for gigabytes: what its members inflate to and how many things they
//! name is bounded first (`members`), a text that many cells share is copied into none of them before its
//! length is known, and what the library panics over is a broken file and nothing more.

mod members;

use std::{
    borrow::Cow,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use calamine::{DataRef, Reader as _, Xlsx, XlsxError};

use super::{
    Reading,
    table::{MAX_CELL, MAX_COLUMNS, Table},
};
use crate::{
    bill::Sheet,
    fault::{Fault, Reason},
};

/// Most cells of a sheet: 100,000 lines of 30 columns.
const MAX_CELLS: u64 = 3_000_000;
/// Most sheets that are looked at for one that holds anything.
const MAX_SHEETS: usize = 16;
/// Largest whole number that a spreadsheet keeps exactly (15 digits).
const EXACT: f64 = 999_999_999_999_999.0;

pub(super) fn read(bytes: &[u8], reading: Reading<'_>) -> Result<Sheet, Vec<Fault>> {
    members::check(bytes).map_err(|fault| vec![fault])?;
    // Nothing outlives the closure, so nothing half done is seen after a panic.
    catch_unwind(AssertUnwindSafe(|| first_sheet(bytes, reading)))
        .unwrap_or_else(|_| Err(vec![broken("its parts contradict each other")]))
}

fn broken(why: impl std::fmt::Display) -> Fault {
    let en = format!("cannot be read as XLSX: {why}; open it and save it again, or save it as CSV UTF-8");
    Fault::whole(Reason::BrokenXlsx, en, "无法按 XLSX 读取；请打开后重新保存，或另存为 CSV UTF-8")
}

fn first_sheet(bytes: &[u8], reading: Reading<'_>) -> Result<Sheet, Vec<Fault>> {
    let failed = |error: XlsxError| vec![broken(error)];
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(failed)?;
    for name in book.sheet_names().iter().take(MAX_SHEETS) {
        let mut lines = Lines { reading, table: None, row: None, texts: Vec::new(), faults: Vec::new() };
        let mut cells = book.worksheet_cells_reader(name).map_err(failed)?;
        let mut count = 0;
        while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(failed)? {
            count += 1;
            if count > MAX_CELLS {
                return Err(vec![too_many_cells()]);
            }
            let (row, column) = cell.get_position();
            // Most cells are no dates, of which the format is all that says whether midnight is meant.
            let clock = matches!(cell.get_value(), DataRef::DateTime(_))
                && cells.styles().get(style).is_some_and(|s| {
                    s.number_format.as_ref().is_some_and(|format| shows_clock(&format.format_code))
                });
            lines.cell(row, column as usize, cell.get_value(), clock)?;
        }
        lines.end_row()?;
        if let Some(table) = lines.table {
            return table.finish();
        }
    }
    Err(vec![Fault::whole(Reason::Empty, "the file has no sheet with cells", "文件没有含数据的工作表")])
}

fn too_many_cells() -> Fault {
    let en = format!("a sheet has more than {MAX_CELLS} cells; split it, and delete formatted empty cells");
    let zh = format!("工作表超过 {MAX_CELLS} 个单元格；请拆分，并删除带格式的空单元格");
    Fault::whole(Reason::TooLarge, en, zh)
}

/// Puts cells together to lines.
struct Lines<'a> {
    reading: Reading<'a>,
    /// From the head line on.
    table: Option<Table<'a>>,
    /// The row that is being put together, from 0.
    row: Option<u32>,
    texts: Vec<String>,
    /// What is wrong with cells of this row.
    faults: Vec<Fault>,
}

impl Lines<'_> {
    fn cell(&mut self, row: u32, column: usize, value: &DataRef<'_>, clock: bool) -> Result<(), Vec<Fault>> {
        match self.row {
            Some(current) if row < current => return Err(vec![broken("its rows are not in order")]),
            Some(current) if row == current => {}
            _ => self.end_row()?,
        }
        self.row = Some(row);
        let line = row.saturating_add(1);
        match text(value, clock.then_some(self.reading.mapping.utc_offset_minutes)) {
            Some(text) if text.is_empty() => {}
            Some(_) if column >= MAX_COLUMNS => self.faults.push(Table::beyond(line)),
            Some(text) => {
                if self.texts.len() <= column {
                    self.texts.resize(column + 1, String::new());
                }
                // One byte more than a cell may have: the table says that it is too long.
                let end = text.floor_char_boundary(MAX_CELL + 4);
                text[..end].clone_into(&mut self.texts[column]);
            }
            None => self.faults.push(unreadable(line, column)),
        }
        Ok(())
    }

    /// The first row that holds anything is the head.
    fn end_row(&mut self) -> Result<(), Vec<Fault>> {
        let Some(row) = self.row.take() else { return Ok(()) };
        let (texts, faults) = (std::mem::take(&mut self.texts), std::mem::take(&mut self.faults));
        let line = row.saturating_add(1);
        let cells = texts.iter().map(String::as_str);
        let table = match &mut self.table {
            None if texts.iter().all(|text| text.trim().is_empty()) && faults.is_empty() => return Ok(()),
            None => self.table.insert(Table::new(self.reading, line, cells)),
            Some(table) => {
                table.line(line, cells)?;
                table
            }
        };
        faults.into_iter().for_each(|fault| table.fault(fault));
        Ok(())
    }
}

/// A cell as text; `None` where it cannot be told what was meant. A date at midnight is a day alone, unless its
/// format shows a time of day: `clock` is then the offset that says so.
fn text<'c>(cell: &'c DataRef<'_>, clock: Option<i32>) -> Option<Cow<'c, str>> {
    Some(match cell {
        DataRef::Empty => "".into(),
        DataRef::String(text) | DataRef::DateTimeIso(text) => text.as_str().into(),
        DataRef::SharedString(text) => (*text).into(),
        DataRef::Bool(true) => "yes".into(),
        DataRef::Bool(false) => "no".into(),
        DataRef::Int(n) => n.to_string().into(),
        DataRef::Float(n) if n.fract() == 0.0 && n.abs() <= EXACT => format!("{n:.0}").into(),
        DataRef::Float(n) if n.fract() != 0.0 => n.to_string().into(),
        DataRef::DateTime(at) if !at.is_duration() => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            match clock {
                None if (hour, minute, second) == (0, 0, 0) => date.into(),
                Some(minutes) if (hour, minute, second) == (0, 0, 0) => {
                    let sign = if minutes < 0 { '-' } else { '+' };
                    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
                    format!("{date} 00:00:00{sign}{hours:02}:{minutes:02}").into()
                }
                _ => format!("{date} {hour:02}:{minute:02}:{second:02}").into(),
            }
        }
        _ => return None,
    })
}

/// Whether a number format shows hours or seconds: minutes and months have one letter. Texts in quotes, after a
/// backslash, and in brackets (locale, colour) are no parts of a time.
fn shows_clock(format: &str) -> bool {
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    for letter in format.chars() {
        match letter {
            _ if escaped => escaped = false,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '\\' | '_' | '*' => escaped = true,
            '[' => bracketed = true,
            ']' => bracketed = false,
            // The first part is the one of positive numbers.
            ';' => return false,
            'h' | 'H' | 's' | 'S' if !bracketed => return true,
            _ => {}
        }
    }
    false
}

fn unreadable(line: u32, at: usize) -> Fault {
    let en = "a number with more than 15 digits, a duration or an error; format the column as text and fill it \
              in again";
    let zh = "该单元格是超过 15 位的数字、时长或错误值；请将列设为文本格式后重新填写";
    Fault::at(line, format!("#{}", at + 1), Reason::CellUnreadable, en, zh)
}

#[cfg(test)]
mod tests;
