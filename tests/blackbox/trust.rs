//! The page that says who catches which cheat names tests that there are.

use std::{fs, path::Path};

/// Names in backticks that are those of tests: words joined by `_`, more than four of them.
fn named(page: &str) -> Vec<&str> {
    let quoted = page.split('`').skip(1).step_by(2);
    quoted
        .filter(|name| {
            name.matches('_').count() > 3 && !name.contains(|c: char| !c.is_ascii_lowercase() && c != '_')
        })
        .collect()
}

fn sources(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            all.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_cheat_of_the_page_is_shown_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/TRUST.md")).unwrap();
    let names = named(&page);
    assert!(names.len() > 20, "{names:?}");
    let mut all = String::new();
    for folder in ["crates", "tests"] {
        sources(&root.join(folder), &mut all);
    }
    let missing: Vec<_> = names.into_iter().filter(|name| !all.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| cheat") && !line.starts_with("| ---"));
    rows.for_each(|row| assert!(!named(row).is_empty(), "shown by nothing: {row}"));
}
