//! CSV: comma, semicolon or tab; UTF-8 with or without BOM, UTF-16 with BOM, or GB18030.

use csv::{ReaderBuilder, StringRecord};

use super::{
    Reading,
    encoding::{self, Declared},
    table::Table,
};
use crate::{
    bill::Sheet,
    fault::{Fault, Reason},
};

pub(super) fn read(bytes: &[u8], reading: Reading<'_>) -> Result<Sheet, Vec<Fault>> {
    let text = encoding::text(bytes, Declared::Nothing).map_err(|fault| vec![fault])?;
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let mut table: Option<Table<'_>> = None;
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(vec![broken(&error)]),
        }
        let line = record.position().map_or(0, |p| u32::try_from(p.line()).unwrap_or(u32::MAX));
        match &mut table {
            None if record.iter().all(|cell| cell.trim().is_empty()) => {}
            None => table = Some(Table::new(reading, line, record.iter())),
            Some(table) => table.line(line, record.iter())?,
        }
    }
    table.map_or_else(
        || Err(vec![Fault::whole(Reason::Empty, "the file is empty", "文件为空")]),
        Table::finish,
    )
}

/// The separator that the head line has most of.
fn delimiter(text: &str) -> u8 {
    let head = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |separator: char| head.matches(separator).count();
    let best = [',', '\t', ';'].into_iter().rev().max_by_key(|s| count(*s)).unwrap_or(',');
    best as u8
}

fn broken(error: &csv::Error) -> Fault {
    let line = error.position().map_or(0, |p| u32::try_from(p.line()).unwrap_or(u32::MAX));
    Fault::at(line, "", Reason::BrokenCsv, format!("cannot be read as CSV: {error}"), "无法按 CSV 读取")
}
