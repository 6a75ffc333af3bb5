use std::io::{Read as _, Write as _};

use rust_xlsxwriter::Workbook;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::settings::{Limits, Mapping};

/// A spreadsheet of one bill, one member of which is changed.
fn book(member: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let lines =
        [["number", "type", "time", "partner", "code"], ["S-1", "201", "2026-01-12 8:30", "org:D", "x"]];
    for (row, line) in lines.iter().enumerate() {
        for (column, cell) in line.iter().enumerate() {
            sheet.write_string(row as u32, column as u16, *cell).unwrap();
        }
    }
    let mut archive = ZipArchive::new(Cursor::new(book.save_to_buffer().unwrap())).unwrap();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut changed = false;
    for i in 0..archive.len() {
        let mut file = archive.by_index(i).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        if file.name().unwrap() == member {
            let after = change(&text);
            changed = after != text;
            text = after;
        }
        writer.start_file(file.name().unwrap(), SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    assert!(changed || member.is_empty(), "{member} is as it was");
    writer.finish().unwrap().into_inner()
}

fn faults(bytes: &[u8]) -> Vec<(u32, String, &'static str)> {
    let (mapping, limits) = (Mapping::of("org:Maker"), Limits::default());
    let sheet = read(bytes, Reading { mapping: &mapping, limits: &limits });
    let faults = sheet.err().unwrap_or_default();
    faults.into_iter().map(|f| (f.line, f.column, f.reason)).collect()
}

const SHEET: &str = "xl/worksheets/sheet1.xml";

#[test]
fn a_spreadsheet_that_contradicts_itself_is_a_broken_file_and_nothing_more() {
    assert_eq!(faults(&book("", str::to_owned)), []);
    let broken = [(0, String::new(), "BROKEN_XLSX")];
    // The library subtracts the corners of the span.
    assert_eq!(faults(&book(SHEET, |t| t.replace("ref=\"A1:E2\"", "ref=\"G67:A6\""))), broken);
    assert_eq!(faults(&book(SHEET, |t| t.replace("r=\"A2\"", "r=\"A0\""))), broken);
    assert_eq!(
        faults(&book(SHEET, |t| t.replace("<row r=\"1\"", "<row r=\"9\"").replace("r=\"A1\"", "r=\"A9\""))),
        broken
    );
    assert_eq!(faults(&book("xl/sharedStrings.xml", |t| t.replace("</sst>", ""))), broken);
}

#[test]
fn a_long_text_that_many_cells_share_is_not_copied_into_each() {
    // 20,000 cells of one text of 4 MB would be 80 GB.
    let cells: String = (0..20_000).map(|i| format!("<c r=\"A{}\" t=\"s\"><v>0</v></c>", i + 3)).collect();
    let long = "9".repeat(4 << 20);
    let bytes = book(SHEET, |t| t.replace("</sheetData>", &format!("{cells}</sheetData>")));
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for i in 0..archive.len() {
        let mut file = archive.by_index(i).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        let text = text.replace("<t>number</t>", &format!("<t>{long}</t>"));
        writer.start_file(file.name().unwrap(), SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    let found = faults(&writer.finish().unwrap().into_inner());
    assert!(found.contains(&(1, "9".repeat(40), "COLUMN_UNKNOWN")), "{found:?}");
}
