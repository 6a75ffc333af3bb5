//! Published vectors of the GS1 syntax engine, as far as they stay within the table of AIs.

use serde_json::Value;

use super::{FNC1, ScanData, ai};
use crate::conformance::{load, load_text};
use crate::{Error, Fault};

const YEAR: u16 = 2026;

/// The elements as the vectors write them: `^` before the first and after every value whose
/// length is not predefined, but not at the end.
fn message(data: &ScanData) -> String {
    let mut text = String::from("^");
    let mut open = false;
    for element in data.elements() {
        if open {
            text.push('^');
        }
        text.push_str(element.ai.as_str());
        text.push_str(&element.value);
        open = element.ai.predefined_len().is_none();
    }
    text
}

/// What came of a vector.
#[derive(Default)]
struct Tally {
    run: usize,
    /// Right by the standard, but with an AI outside the table.
    unknown: usize,
}

impl Tally {
    fn judge(&mut self, vector: &Value, ok: bool, result: Result<ScanData, Error>) -> Option<ScanData> {
        match result {
            Err(error) if ok && error.fault == Fault::UnknownAi => self.unknown += 1,
            Err(error) => {
                assert!(!ok, "{vector}: {error}");
                self.run += 1;
            }
            Ok(data) => {
                assert!(ok, "{vector}: {data:?}");
                self.run += 1;
                return Some(data);
            }
        }
        None
    }

    fn finish(self, name: &str, least: usize) {
        eprintln!("{name}: {} vectors run, {} with AIs outside the table", self.run, self.unknown);
        assert!(self.run >= least, "{name}: only {} vectors were run", self.run);
    }
}

#[test]
fn bracketed_element_strings_agree_with_the_syntax_engine() {
    let Some(all) = load("syntax-engine-vectors.json") else {
        return;
    };
    let mut tally = Tally::default();
    for vector in all["test_parseAIdata"].as_array().expect("a list") {
        let Some(text) = vector["in"].as_str() else {
            continue;
        };
        let ok = vector["ok"] == true;
        if let Some(data) = tally.judge(vector, ok, ScanData::parse(text, YEAR)) {
            assert_eq!(vector["expect"], message(&data));
        }
    }
    tally.finish("test_parseAIdata", 12);
}

#[test]
fn raw_element_strings_agree_with_the_syntax_engine() {
    let Some(all) = load("syntax-engine-vectors.json") else {
        return;
    };
    let mut tally = Tally::default();
    for vector in all["test_processAIdata"].as_array().expect("a list") {
        let (Some(ok), Some(text)) = (vector[0].as_bool(), vector[1].as_str()) else {
            continue;
        };
        let scan = text.replace('^', &FNC1.to_string());
        tally.judge(vector, ok, ScanData::parse(&scan, YEAR));
    }
    tally.finish("test_processAIdata", 8);
}

#[test]
fn scans_agree_with_the_syntax_engine() {
    let Some(all) = load("syntax-engine-vectors.json") else {
        return;
    };
    let mut tally = Tally::default();
    for vector in all["test_testProcessScanData"].as_array().expect("a list") {
        let (Some(scan), Some(expect)) = (vector["scan"].as_str(), vector["expect"].as_str()) else {
            continue;
        };
        let ok = vector["ok"] == true;
        // Plain symbols may say anything, and composites add a second symbol: neither is read.
        let plain = ok && !expect.starts_with('^') && !expect.bytes().all(|b| b.is_ascii_digit());
        if expect.contains('|') || plain || (ok && expect.is_empty()) {
            continue;
        }
        let Some(data) = tally.judge(vector, ok, ScanData::parse(scan, YEAR)) else {
            continue;
        };
        match data.elements() {
            [] => assert!(data.gtin().unwrap().as_str().ends_with(expect), "{vector}"),
            _ => assert_eq!(message(&data), expect),
        }
    }
    tally.finish("test_testProcessScanData", 10);
}

#[test]
fn repeated_elements_agree_with_the_syntax_engine() {
    let Some(all) = load("syntax-engine-vectors.json") else {
        return;
    };
    let mut tally = Tally::default();
    for vector in all["test_validateAIs"].as_array().expect("a list") {
        if vector[1]["expr"] != "validateAIrepeats" {
            continue;
        }
        let (ok, text) = (vector[0].as_bool().unwrap(), vector[2].as_str().unwrap());
        tally.judge(vector, ok, ScanData::parse(text, YEAR));
    }
    tally.finish("test_validateAIs", 4);
}

/// A value as the dictionary writes it.
fn specification(value: ai::Value) -> String {
    use ai::Value;
    match value {
        Value::Sscc => "N18,csum,gcppos2".to_owned(),
        Value::Gtin => "N14,csum,gcppos2".to_owned(),
        Value::Gln => "N13,csum,gcppos1".to_owned(),
        Value::Date => "N6,yymmd0".to_owned(),
        Value::Digits(max) => format!("N..{max}"),
        Value::Country => "N3,iso3166".to_owned(),
        Value::CountryAndText => "N3,iso3166 X..9".to_owned(),
        Value::Text(max) => format!("X..{max}"),
        Value::Model => "X..25,csumalpha,gcppos1,hasnondigit".to_owned(),
    }
}

/// Whether a line of the dictionary is about an application identifier, alone or in a range.
fn is_about(line: &str, code: &str) -> bool {
    let codes = line.split_whitespace().next().unwrap_or_default();
    let (first, last) = codes.split_once('-').unwrap_or((codes, codes));
    first.len() == code.len() && (first..=last).contains(&code)
}

#[test]
fn the_table_agrees_with_the_dictionary() {
    let Some(dictionary) = load_text("gs1-syntax-dictionary.txt") else {
        return;
    };
    for ai in ai::all() {
        let line = dictionary.lines().find(|line| is_about(line, ai.as_str()));
        let line = line.unwrap_or_else(|| panic!("{ai:?} is not in the dictionary"));
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        let flags = words.first().filter(|word| word.starts_with(['*', '?']));
        let predefined = flags.is_some_and(|flags| flags.contains('*'));
        assert_eq!(ai.predefined_len().is_some(), predefined, "{line}");
        let words = words.iter().filter(|word| word.starts_with(['N', 'X']) && !word.contains('='));
        let title = |word: &&&str| {
            let mut rest = word.chars().skip(1);
            rest.next().is_some_and(|c| c == '.' || c.is_ascii_digit())
        };
        let spec: Vec<&str> = words.filter(title).copied().collect();
        assert_eq!(spec.join(" "), specification(ai.value()), "{line}");
    }
}
