//! The fuzz targets on stable Rust: their bodies over mutated seeds, the same every time.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "helpers of tests, and what was run must show"
)]

#[path = "../fuzz/bodies.rs"]
mod bodies;
#[path = "../../merkle/fuzz/mutate.rs"]
mod mutate;

use std::{fs, path::Path};

use mutate::{Numbers, mutated};
use rust_xlsxwriter::Workbook;

/// Runs of each target: spreadsheets take longer.
fn runs(name: &str) -> usize {
    if matches!(name, "xlsx" | "sheet" | "strings") { 3_000 } else { 10_000 }
}

/// Bytes that mean something to some reader.
const TELLING: &[u8] = b"<>/=\"'&;,\t\n\r{}[]:!-+.0123456789eEABYZ()\x1d\x00\x7f\xc2\xd6\xa7\xff ";

/// The examples, a spreadsheet, and what is in neither.
fn seeds() -> Vec<Vec<u8>> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/gateway");
    let mut files: Vec<_> = fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut seeds: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, (head, cell)) in [
        ("number", "S-1"),
        ("type", "201"),
        ("time", "2026-01-12 8:30"),
        ("partner", "KH0001"),
        ("lot", "C1"),
    ]
    .into_iter()
    .enumerate()
    {
        sheet.write(0, column as u16, head).unwrap().write(1, column as u16, cell).unwrap();
    }
    sheet.write(1, 5, 46_034.354).unwrap().write(1, 6, 12).unwrap();
    seeds.push(book.save_to_buffer().unwrap());
    let texts = [
        "S-1,201,2026-01-12 8:30,KH0001,(01)09521234543213(21)A1,,,,,W1,org:Express\nS-1,,,,,BTX100,C1,12,盒,,\n",
        "<worksheet><dimension ref=\"A1:C2\"/><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c>\
         <c t=\"inlineStr\"><is><t>time</t></is></c></row><row r=\"2\"><c r=\"A2\"><v>46034.354</v></c><c r=\"B2\" t=\"b\"><v>1</v></c>\
         <c r=\"C2\" t=\"d\"><v>2026-01-12</v></c></row></sheetData></worksheet>",
        "<sst count=\"4\" uniqueCount=\"4\"><si><t>number</t></si><si><r><t>ty</t></r><r><t>pe</t></r></si><si><t>time</t></si>\
         <si><t xml:space=\"preserve\"> partner</t></si></sst>",
        "{\"header\":{\"businessKey\":\"V-1\"},\"unpack\":{\"parent\":\"sscc:095200000000000011\"}}",
    ];
    seeds.extend(texts.map(|text| text.as_bytes().to_vec()));
    seeds
}

#[test]
fn every_target_holds_over_its_seeds_and_their_mutations() {
    let seeds = seeds();
    for (number, (name, body)) in bodies::TARGETS.into_iter().enumerate() {
        seeds.iter().for_each(|seed| body(seed));
        let mut numbers = Numbers(0x9521_2345 + number as u64);
        for _ in 0..runs(name) {
            body(&mutated(&seeds, TELLING, &mut numbers));
        }
        eprintln!("{name}: {} seeds, {} mutations", seeds.len(), runs(name));
    }
}

#[test]
fn every_target_has_its_binary() {
    let manifest = include_str!("../fuzz/Cargo.toml");
    for (name, _) in bodies::TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), bodies::TARGETS.len());
}
