use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::*;

#[path = "../../../statement/tests/conformance/section.rs"]
mod section;

/// What the sources of this crate say outside of tests and of the table.
fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, into: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, into);
            } else if !path.ends_with("tests.rs") && !path.ends_with("fault/reason.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
                into.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 40, "{}", found.len());
    found
}

#[test]
fn every_reason_is_given_somewhere_and_nowhere_but_by_the_table() {
    let sources = sources();
    for (reason, name) in Reason::ALL {
        let (used, literal) = (format!("Reason::{name}"), format!("\"{}\"", reason.as_str()));
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric());
        let gives = |text: &str| text.split(&used).skip(1).any(ends);
        assert!(sources.iter().any(|(_, text)| gives(text)), "{name} is given nowhere");
        for (path, text) in &sources {
            assert!(!text.contains(&literal), "{} spells {literal} itself", path.display());
        }
    }
}

#[test]
fn reasons_are_told_apart_from_each_other_and_from_the_ledgers() {
    let names: BTreeSet<&str> = Reason::ALL.iter().map(|(r, _)| r.as_str()).collect();
    assert_eq!(names.len(), Reason::ALL.len());
    for reason in statement::Reason::ALL {
        assert!(!names.contains(reason.as_str()), "{reason}");
    }
    for name in names {
        assert!(name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{name}");
    }
}

#[test]
fn causes_and_remedies_are_single_sentences_in_two_languages() {
    for (reason, name) in Reason::ALL {
        let parts = reason.parts();
        for text in parts {
            let plain = !text.is_empty() && !text.ends_with(['.', '。', ';', '；']) && !text.contains('|');
            assert!(plain, "{name}: {text}");
        }
        let [cause, remedy, cause_zh, remedy_zh] = parts;
        assert_eq!(reason.english(), format!("{cause}; {remedy}"));
        assert_eq!(reason.chinese(), format!("{cause_zh}；{remedy_zh}"));
        assert!(!cause_zh.is_ascii() && !remedy_zh.is_ascii(), "{name}");
        assert!(axum::http::StatusCode::from_u16(reason.status()).is_ok_and(|s| !s.is_success()), "{name}");
    }
}

const HEAD: &str = "\
## What the gateway does not take in · 网关不接收的原因

`yuanliu gateway` reads bills before there is a statement. What is wrong with a file, a bill or a statement stands among `faults` of the answer (status
422) or in the report beside the file, each with its line and column; where the ledger's own rules refuse a value, with a reason of the first
part. A request that is not taken at all has one `error` with the status below. `TOO_LARGE` is both.

`yuanliu gateway` 在形成声明之前读取单据。文件、单据或声明中的问题列于应答的 `faults`（状态 422）或文件旁的报告中，注明行与列；违反账本规则的值使用第一部分的原因。
整个请求不被接收时，应答含一个 `error`，状态如下。`TOO_LARGE` 两者皆有。

This part is made from the table in `crates/gateway/src/fault/reason.rs`; a test compares it.
本部分由代码中的表生成，并由测试核对。

| reason | HTTP status | cause | remedy | 原因 | 处理办法 |
| --- | --- | --- | --- | --- | --- |
";

#[test]
fn errors_page_is_up_to_date() {
    let mut text = HEAD.to_owned();
    for (reason, _) in Reason::ALL {
        let [cause, remedy, cause_zh, remedy_zh] = reason.parts();
        let (name, status) = (reason.as_str(), reason.status());
        text += &format!("| `{name}` | {status} | {cause} | {remedy} | {cause_zh} | {remedy_zh} |\n");
    }
    section::check("gateway", &text, "cargo test --release -p gateway --lib errors_page");
}
