use std::fmt::Write as _;

use super::*;
use crate::exit;

#[path = "../../crates/statement/tests/conformance/section.rs"]
mod section;

const HEAD: &str = "\
## What the command line finds itself · 命令行自行发现的问题

With `--json`, `error.reason` is a reason of the tables above where a server or the ledger's rules refused, else one of
these. `audit` and `verify` end with 1 whatever they find. The Rust client gives the first eight as `Failure::reason`. 使用 `--json` 时，`error.reason` 为上文各表的原因，或为下表之一；`audit` 与 `verify` 发现差异时退出码均为 1；前八项亦由 Rust 客户端给出。

This part is made from the table in `src/reasons.rs`; a test compares it.
本部分由代码中的表生成，并由测试核对。

| reason | exit code | cause | remedy | 原因 | 处理办法 |
| --- | --- | --- | --- | --- | --- |
";

#[test]
fn errors_page_is_up_to_date() {
    let mut text = HEAD.to_owned();
    for Row { reason, exit, parts: [cause, remedy, cause_zh, remedy_zh] } in ROWS {
        let _ = writeln!(text, "| `{reason}` | {exit} | {cause} | {remedy} | {cause_zh} | {remedy_zh} |");
    }
    section::check("command", &text, "cargo t --bin yuanliu reasons");
}

#[test]
fn each_reason_has_one_row_and_texts_in_two_languages() {
    for (i, row) in ROWS.iter().enumerate() {
        assert!(ROWS[..i].iter().all(|earlier| earlier.reason != row.reason), "{} twice", row.reason);
        let [cause, remedy, cause_zh, remedy_zh] = row.parts;
        assert!(cause.is_ascii() && remedy.is_ascii(), "{}", row.reason);
        assert!(!cause_zh.is_ascii() && !remedy_zh.is_ascii(), "{}", row.reason);
        for text in row.parts {
            assert!(!text.ends_with(['.', '。']) && !text.contains('|'), "{}: {text}", row.reason);
        }
    }
}

#[test]
fn every_exit_code_has_the_row_of_its_name() {
    for code in [REFUSED, USAGE, UNREACHABLE, MACHINE, INTERRUPTED] {
        assert_eq!(of(exit::name(code)).map(|row| row.exit), Some(code));
    }
}

#[test]
fn reasons_of_the_client_lead_to_the_exit_code_of_their_row() {
    for row in &ROWS[..7] {
        let failure = ::client::Failure {
            code: tonic::Code::Unknown,
            reason: row.reason.to_owned(),
            message: String::new(),
            violations: Vec::new(),
            retry_after: None,
        };
        let error = match row.exit {
            UNREACHABLE => ::client::ClientError::Retry(Box::new(failure)),
            _ => ::client::ClientError::Stop(Box::new(failure)),
        };
        assert_eq!(exit::code(&error.into()), row.exit, "{}", row.reason);
    }
}
