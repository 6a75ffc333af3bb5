//! Published vectors of the GS1 Syntax Engine about element strings.

use serde_json::Value;

use super::{ElementString, Leniency};
use crate::conformance::load;
use crate::error::Error;

/// The vectors of one list, each with its number.
pub(crate) fn list(name: &str) -> Option<Vec<Value>> {
    let all = load("syntax-engine-vectors.json")?;
    Some(all[name].as_array().expect("a list").clone())
}

/// Compares verdict and message of one vector.
#[track_caller]
fn judge(vector: &Value, ok: bool, expect: Option<&str>, read: Result<String, Error>) {
    assert_eq!(read.is_ok(), ok, "{vector}: {read:?}");
    if let (Some(expect), Ok(message)) = (expect, read) {
        assert_eq!(message, expect, "{vector}");
    }
}

/// Runs each vector that is a text, and says how many were; `others` are expressions of the test they
/// were taken from: buffers filled to overflow.
fn finish(name: &str, run: usize, others: usize, (want, allowed): (usize, usize)) {
    eprintln!("{name}: {run} vectors run, {others} without a text");
    assert_eq!((run, others), (want, allowed), "{name}");
}

#[test]
fn bracketed_element_strings_agree_with_the_syntax_engine() {
    let Some(vectors) = list("test_parseAIdata") else {
        return;
    };
    let mut run = 0;
    for vector in &vectors {
        let Some(text) = vector["in"].as_str() else {
            continue;
        };
        let read = ElementString::parse_bracketed(text).map(|elements| elements.to_message());
        judge(vector, vector["ok"] == true, vector["expect"].as_str(), read);
        run += 1;
    }
    finish("test_parseAIdata", run, vectors.len() - run, (14, 1));
}

#[test]
fn raw_element_strings_agree_with_the_syntax_engine() {
    let Some(vectors) = list("test_processAIdata") else {
        return;
    };
    let mut run = 0;
    for vector in &vectors {
        let Some(text) = vector[1].as_str() else {
            continue;
        };
        let raw = text.replace('^', "\u{1d}");
        let read = ElementString::parse_raw(&raw).map(|elements| elements.to_message());
        // A separator at the end, where none is needed, is not written again.
        judge(vector, vector[0] == true, Some(text.trim_end_matches('^')), read);
        run += 1;
    }
    finish("test_processAIdata", run, vectors.len() - run, (39, 2));
}

#[test]
fn pairs_and_repeats_agree_with_the_syntax_engine() {
    let Some(vectors) = list("test_validateAIs") else {
        return;
    };
    for vector in &vectors {
        let text = vector[2].as_str().expect("a text");
        let leniency = Leniency { unknown_ais: true, ..Leniency::default() };
        let checked = ElementString::parse_bracketed_with(text, leniency).and_then(|elements| {
            let fault = match vector[1]["expr"].as_str().expect("a check") {
                "validateAIrepeats" => None,
                "validateAImutex" => elements.exclusions().next(),
                "validateAIrequisites" => elements.omissions().next(),
                "validateDigSigRequiresSerialisedKey" => elements.unserialised().next(),
                other => panic!("no check {other}"),
            };
            fault.map_or(Ok(()), Err)
        });
        assert_eq!(checked.is_ok(), vector[0] == true, "{vector}: {checked:?}");
    }
    finish("test_validateAIs", vectors.len(), 0, (39, 0));
}
