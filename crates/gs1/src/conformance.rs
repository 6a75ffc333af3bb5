//! Published conformance data: dictionary and vectors of GS1.
//!
//! They are not part of this repository. Where they are missing the tests say so.

use std::path::PathBuf;

use serde_json::Value;

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
