//! Published conformance data: dictionary and vectors of GS1.
//!
//! They are not part of this repository. Without them the tests say on standard error that they were
//! skipped; with `YUANLIU_CONFORMANCE` set they insist on them.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::Value;

/// Reads a file of the conformance data, or says that there is none.
#[allow(
    clippy::disallowed_methods,
    reason = "these data lie outside the repository and may be missing, which include_bytes! cannot say"
)]
#[allow(clippy::explicit_write, reason = "print macros are captured; a skip must not look like a pass")]
pub(crate) fn load_text(name: &str) -> Option<String> {
    let asked = std::env::var_os("YUANLIU_CONFORMANCE").map(PathBuf::from);
    let usual = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let file = asked.clone().unwrap_or_else(usual).join("gs1").join(name);
    match std::fs::read_to_string(&file) {
        Ok(text) => Some(text),
        Err(error) => {
            assert_eq!(asked, None, "{}: {error}", file.display());
            writeln!(std::io::stderr(), "SKIPPED: {}: {error}", file.display()).unwrap();
            None
        }
    }
}

/// Reads a file of vectors, or says that there is none.
pub(crate) fn load(name: &str) -> Option<Value> {
    load_text(name).map(|text| serde_json::from_str(&text).expect("vectors are JSON"))
}
