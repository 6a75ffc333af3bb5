//! What each fuzz target does with its bytes. libFuzzer runs these (`fuzz_targets/`), and so does a test
//! of the crate on stable Rust, over mutated seeds (`tests/fuzz.rs`).
//!
//! Each body holds laws, not only that nothing panics: whatever comes in becomes bills or faults, never
//! neither; every fault is told in both languages, and there are not too many; a bill has the number that
//! its statement has; and the same bytes are read alike each time.

use std::io::{Cursor, Write as _};

use gateway::{Input, Limits, MAX_FAULTS, Mapping, Product, Reading, statement_bill};
use zip::{ZipWriter, write::SimpleFileOptions};

/// A target: its name, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 7] = [
    ("csv", csv),
    ("xml", xml),
    ("xlsx", xlsx),
    ("sheet", sheet),
    ("strings", strings),
    ("json", json),
    ("statement", statement),
];

fn holds(read: impl Fn(Reading<'_>) -> Input) {
    let mut mapping = Mapping::of("org:Maker");
    mapping.partners.insert("KH0001".into(), "org:Dealer".into());
    let product = Product { product: "gtin:09521234543213".into(), ..Product::default() };
    mapping.products.insert("BTX100".into(), product);
    let limits = Limits { file_bytes: 1 << 20, file_lines: 1_000, ..Limits::default() };
    let reading = Reading { mapping: &mapping, limits: &limits };
    let input = read(reading);
    assert!(!input.bills.is_empty() || !input.faults.is_empty(), "neither bills nor faults");
    assert!(input.faults.len() <= MAX_FAULTS);
    for fault in &input.faults {
        assert!(!fault.message.is_empty() && !fault.message_zh.is_empty(), "{fault:?}");
        assert!(fault.reason.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{fault:?}");
    }
    for bill in &input.bills {
        let header = bill.statement.header.clone().unwrap_or_default();
        assert!(!bill.number.is_empty() && bill.number == header.business_key);
        assert!(bill.statement.body.is_some() && bill.lines <= limits.file_lines);
    }
    let again = read(reading);
    assert_eq!(input.faults, again.faults);
    let statements = |input: &Input| input.bills.iter().map(|b| b.statement.clone()).collect::<Vec<_>>();
    assert_eq!(statements(&input), statements(&again));
}

/// Files as they come: mostly CSV.
pub fn csv(data: &[u8]) {
    holds(|reading| reading.file(data));
    let head = b"number,type,time,partner,code,product,lot,quantity,unit,waybill,carrier\n".as_slice();
    holds(|reading| reading.file(&[head, data].concat()));
}

/// The inside of an XML file.
pub fn xml(data: &[u8]) {
    holds(|reading| reading.file(data));
    holds(|reading| reading.file(&[b"<Document><Events>", data, b"</Events></Document>"].concat()));
}

/// Whole spreadsheets.
pub fn xlsx(data: &[u8]) {
    holds(|reading| reading.file(data));
    holds(|reading| reading.file(&[b"PK\x03\x04", data].concat()));
}

/// A spreadsheet with this sheet.
pub fn sheet(data: &[u8]) {
    let strings = b"<sst><si><t>number</t></si><si><t>type</t></si><si><t>time</t></si></sst>";
    let bytes = book(data, strings);
    holds(|reading| reading.file(&bytes));
}

/// A spreadsheet whose cells share these texts.
pub fn strings(data: &[u8]) {
    let cells: String = (0..4).map(|i| format!("<c t=\"s\"><v>{i}</v></c>")).collect();
    let rows = format!("<worksheet><sheetData><row>{cells}</row><row>{cells}</row></sheetData></worksheet>");
    let bytes = book(rows.as_bytes(), data);
    holds(|reading| reading.file(&bytes));
}

fn book(sheet: &[u8], strings: &[u8]) -> Vec<u8> {
    let rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let workbook = format!(
        "<workbook xmlns:r=\"{rels}\"><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let parts = format!(
        "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{rels}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         </Relationships>"
    );
    let root = format!(
        "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{rels}/officeDocument\" Target=\"xl/workbook.xml\"/>\
         </Relationships>"
    );
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let members: [(&str, &[u8]); 5] = [
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", parts.as_bytes()),
        ("xl/sharedStrings.xml", strings),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    for (name, bytes) in members {
        // Writing to memory does not fail.
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        let _ = writer.start_file(name, options);
        let _ = writer.write_all(bytes);
    }
    writer.finish().map(Cursor::into_inner).unwrap_or_default()
}

/// Bills as JSON.
pub fn json(data: &[u8]) {
    holds(|reading| reading.json(data));
}

/// Statements as JSON.
pub fn statement(data: &[u8]) {
    match statement_bill(&String::from_utf8_lossy(data)) {
        Ok(bill) => assert!(!bill.number.is_empty() && bill.statement.header.is_some()),
        Err(faults) => {
            assert!((1..=MAX_FAULTS).contains(&faults.len()));
            assert!(faults.iter().all(|f| !f.message.is_empty() && !f.message_zh.is_empty()));
        }
    }
}
