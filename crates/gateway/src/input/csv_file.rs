//! CSV: comma, semicolon or tab; UTF-8 with or without BOM, or GB18030.

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord};

use super::{Reading, table::Table};
use crate::{bill::Sheet, fault::Fault};

pub(super) fn read(bytes: &[u8], reading: Reading<'_>) -> Result<Sheet, Vec<Fault>> {
    let text = decode(bytes)?;
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
    table.map_or_else(|| Err(vec![Fault::whole("EMPTY", "the file is empty", "文件为空")]), Table::finish)
}

/// UTF-8 is tried first: text in GB18030 is hardly ever valid UTF-8 by chance.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Vec<Fault>> {
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(plain) {
        return Ok(text.into());
    }
    let (text, broken) = encoding_rs::GB18030.decode_without_bom_handling(bytes);
    if broken || text.contains('\0') {
        let en = "the file is neither UTF-8 nor GB18030 text, nor XLSX; save it as CSV UTF-8";
        let zh = "文件既不是 UTF-8 或 GB18030 文本，也不是 XLSX；请另存为 CSV UTF-8";
        return Err(vec![Fault::whole("ENCODING", en, zh)]);
    }
    Ok(text)
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
    Fault::at(line, "", "BROKEN_CSV", format!("cannot be read as CSV: {error}"), "无法按 CSV 读取")
}
