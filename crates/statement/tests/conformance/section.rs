//! docs/ERRORS.md has a part for each table that it is made from, between marks of its own: tests of several
//! crates compare them, or write them where `YUANLIU_RENEW` is set, and none touches another's.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests write what is renewed")]

use std::{
    env, fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

/// One part at a time: renewing one rewrites the page.
static PAGE: Mutex<()> = Mutex::new(());

/// Compares the part of this name with what the table gives. `command` renews it.
pub fn check(name: &str, text: &str, command: &str) {
    let _alone = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    // Of the root package, or of a crate.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = if package.join("docs").exists() { package.to_owned() } else { package.join("../..") };
    let path = root.join("docs/ERRORS.md");
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->\n"));
    let marks = (page.matches(&begin).count(), page.matches(&end).count());
    assert_eq!(marks, (1, 1), "docs/ERRORS.md has the marks of {name} once");
    let from = page.find(&begin).unwrap() + begin.len();
    let to = page.find(&end).unwrap();
    assert!(from <= to, "docs/ERRORS.md ends {name} before it begins");
    let text = format!("\n{text}\n");
    if env::var_os("YUANLIU_RENEW").is_some() {
        let renewed = [&page[..from], &text, &page[to..]].concat();
        return fs::write(&path, renewed).unwrap();
    }
    let differs = page[from..to].lines().zip(text.lines()).find(|(a, b)| a != b);
    let renew = format!("renew it with YUANLIU_RENEW=1 {command}");
    assert!(page[from..to] == text, "docs/ERRORS.md is stale in {name}, from {differs:?}; {renew}");
}
