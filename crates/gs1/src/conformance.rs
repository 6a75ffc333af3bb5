//! Published vectors of the linters: check digits, check pairs, character sets, dates.
//!
//! The vectors are not part of this repository. Where they are missing the tests say so.

use std::path::PathBuf;

use serde_json::Value;

use crate::ascii::all_digits;
use crate::{Error, Gln, Gtin, Sscc, charset, check_digit_ok, check_pair_ok};

/// Reads a file of the conformance data, or says that there is none.
#[allow(
    clippy::disallowed_methods,
    reason = "these data lie outside the repository and may be missing, which include_bytes! cannot say"
)]
pub(crate) fn load_text(name: &str) -> Option<String> {
    let folder = std::env::var_os("YUANLIU_CONFORMANCE").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let file = folder.join("gs1").join(name);
    match std::fs::read_to_string(&file) {
        Ok(text) => Some(text),
        Err(error) => {
            eprintln!("SKIPPED: {}: {error}", file.display());
            None
        }
    }
}

/// Reads a file of vectors, or says that there is none.
pub(crate) fn load(name: &str) -> Option<Value> {
    load_text(name).map(|text| serde_json::from_str(&text).expect("vectors are JSON"))
}

/// Runs the vectors of one linter: what it says of a text, `Ok` or the offset at fault.
///
/// The place is compared for the faults in `places`, where the vectors mark one character and not
/// the whole text.
fn linter(name: &str, least: usize, places: &[&str], lint: impl Fn(&str) -> Result<(), usize>) {
    let Some(all) = load("linter-vectors.json") else {
        return;
    };
    let mut run = 0;
    for vector in all[name].as_array().expect("a list") {
        let Some(text) = vector["in"].as_str() else {
            continue;
        };
        let result = lint(text);
        assert_eq!(result.is_ok(), vector["ok"] == true, "{name}: {vector}");
        let fault = vector["err"].as_str().unwrap_or_default();
        if let (Err(at), Some(mark)) = (result, vector["mark"].as_str())
            && places.iter().any(|place| fault.ends_with(place))
        {
            assert_eq!(Some(at), mark.find('*'), "{name}: {vector}");
        }
        run += 1;
    }
    assert!(run >= least, "{name}: only {run} vectors were run");
}

fn each(text: &str, holds: impl Fn(char) -> bool) -> Result<(), usize> {
    match text.char_indices().find(|(_, c)| !holds(*c)) {
        Some((at, _)) => Err(at),
        None => Ok(()),
    }
}

fn key(text: &str) -> Result<(), Error> {
    match text.len() {
        13 => Gln::parse(text).map(drop),
        18 => Sscc::parse(text).map(drop),
        _ => Gtin::parse(text).map(drop),
    }
}

#[test]
fn check_digits_agree_with_the_published_linter() {
    linter("csum", 7, &["CHECK_DIGIT", "CHARACTER"], |text| {
        let result = key(text);
        assert_eq!(result.is_ok(), check_digit_ok(text));
        result.map_err(|error| error.at)
    });
}

#[test]
fn check_pairs_agree_with_the_published_linter() {
    linter("csumalpha", 22, &["INCORRECT_CHECK_PAIR"], |text| match check_pair_ok(text) {
        true => Ok(()),
        false => Err(text.len().saturating_sub(2)),
    });
}

#[test]
fn set_82_agrees_with_the_published_linter() {
    linter("cset82", 132, &["CHARACTER"], |text| each(text, charset::is_ai82));
}

#[test]
fn digits_agree_with_the_published_linter() {
    linter("csetnumeric", 6, &["CHARACTER"], |text| all_digits("digits", text).map_err(|error| error.at));
}

#[test]
fn dates_agree_with_the_published_linter() {
    linter("yymmd0", 31, &["CHARACTER", "MONTH", "DAY"], |text| {
        crate::scan::date_fault(text).map_err(|error| error.at)
    });
}
