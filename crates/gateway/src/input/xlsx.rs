//! XLSX: the first sheet that holds anything.
//!
//! Codes have to be text cells. A number cell of more than 15 digits has lost digits before it came
//! here (spreadsheets calculate in binary floating point), so it is refused rather than guessed.

use std::io::Cursor;

use calamine::{Data, DataType as _, Range, Reader as _, Xlsx};

use super::{Reading, table::Table};
use crate::{bill::Sheet, fault::Fault};

/// Most columns that are looked at.
const MAX_COLUMNS: usize = 200;
/// Most cells that a sheet may span: 100,000 lines of 30 columns.
const MAX_CELLS: u64 = 3_000_000;
/// Largest whole number that a spreadsheet keeps exactly (15 digits).
const EXACT: f64 = 999_999_999_999_999.0;

pub(super) fn read(bytes: &[u8], reading: Reading<'_>) -> Result<Sheet, Vec<Fault>> {
    let range = first_sheet(bytes)?;
    let begin = range.start().map_or(0, |(row, _)| row);
    let mut table: Option<Table<'_>> = None;
    for (i, cells) in range.rows().enumerate() {
        let line = begin.saturating_add(u32::try_from(i).unwrap_or(u32::MAX)).saturating_add(1);
        let texts: Vec<String> =
            cells.iter().take(MAX_COLUMNS).map(|cell| text(cell).unwrap_or_default()).collect();
        match &mut table {
            None if texts.iter().all(|cell| cell.trim().is_empty()) => {}
            None => table = Some(Table::new(reading, line, texts.iter().map(String::as_str))),
            Some(table) => {
                for (at, cell) in cells.iter().take(MAX_COLUMNS).enumerate() {
                    if text(cell).is_none() {
                        table.fault(unreadable(line, at));
                    }
                }
                table.line(line, texts.iter().map(String::as_str))?;
            }
        }
    }
    table.map_or_else(|| Err(vec![Fault::whole("EMPTY", "the file is empty", "文件为空")]), Table::finish)
}

fn first_sheet(bytes: &[u8]) -> Result<Range<Data>, Vec<Fault>> {
    let broken = |error: calamine::XlsxError| {
        let en = format!("cannot be read as XLSX: {error}");
        vec![Fault::whole("BROKEN_XLSX", en, "无法按 XLSX 读取")]
    };
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    for name in book.sheet_names() {
        bounded(&mut book, &name).map_err(broken)?.map_err(|fault| vec![fault])?;
        let range = book.worksheet_range(&name).map_err(broken)?;
        if !range.is_empty() {
            return Ok(range);
        }
    }
    Err(vec![Fault::whole("EMPTY", "the file has no sheet with cells", "文件没有含数据的工作表")])
}

/// Whether what a sheet spans can be held: it is read as a rectangle, however few of its cells are filled.
fn bounded(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Result<(), Fault>, calamine::XlsxError> {
    let mut cells = book.worksheet_cells_reader(name)?;
    let (mut rows, mut columns) = (0u64, 0u64);
    while let Some(cell) = cells.next_cell()? {
        let (row, column) = cell.get_position();
        rows = rows.max(u64::from(row) + 1);
        columns = columns.max(u64::from(column) + 1);
        if rows.saturating_mul(columns) > MAX_CELLS {
            let en = format!(
                "a sheet spans {rows} rows × {columns} columns, more than {MAX_CELLS} cells; delete what lies far outside"
            );
            let zh =
                format!("工作表跨 {rows} 行 × {columns} 列，超过 {MAX_CELLS} 个单元格；请删除远处的内容");
            return Ok(Err(Fault::whole("TOO_LARGE", en, zh)));
        }
    }
    Ok(Ok(()))
}

/// A cell as text; `None` where it cannot be told what was meant.
fn text(cell: &Data) -> Option<String> {
    match cell {
        Data::Empty => Some(String::new()),
        Data::String(text) | Data::DateTimeIso(text) => Some(text.clone()),
        Data::Bool(value) => Some(if *value { "yes" } else { "no" }.to_owned()),
        Data::Int(n) => Some(n.to_string()),
        Data::Float(n) if n.fract() == 0.0 && n.abs() <= EXACT => Some(format!("{n:.0}")),
        Data::Float(n) if n.fract() != 0.0 => Some(n.to_string()),
        Data::DateTime(at) if !at.is_duration() => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            Some(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"))
        }
        _ if cell.is_empty() => Some(String::new()),
        _ => None,
    }
}

fn unreadable(line: u32, at: usize) -> Fault {
    let en = "a number with more than 15 digits, a duration or an error; format the column as text and fill it \
              in again";
    let zh = "该单元格是超过 15 位的数字、时长或错误值；请将列设为文本格式后重新填写";
    Fault::at(line, format!("#{}", at + 1), "CELL_UNREADABLE", en, zh)
}
