//! Pages of docs/ that are made from tables of the code. A page that is stale fails its test; renew them
//! with `YUANLIU_RENEW=1 cargo test --release -p statement --test conformance pages`.

#![allow(clippy::disallowed_methods, reason = "the crate does no I/O; tests write pages that are renewed")]

use std::{collections::BTreeMap, env, fmt::Write as _, fs, path::Path};

use statement::{Reason, policy};

use crate::{
    samples::{kinds, parse, sample},
    section,
};

/// Renews what this file makes.
const RENEW: &str = "cargo test --release -p statement --test conformance pages";

/// Compares a page with what the tables give, or writes it.
fn check(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if env::var_os("YUANLIU_RENEW").is_some() {
        fs::write(&path, text).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    let differs = page.lines().zip(text.lines()).find(|(a, b)| a != b);
    let renew = "renew it with YUANLIU_RENEW=1 cargo test --release -p statement --test conformance pages";
    assert!(page == text, "docs/{name} is stale, from {differs:?}; {renew}");
}

fn without_indices(path: &str) -> String {
    let mut depth = 0;
    path.chars()
        .filter(|c| {
            depth += i32::from(*c == '[');
            let keep = depth == 0;
            depth -= i32::from(*c == ']');
            keep
        })
        .collect()
}

/// Which fields go by which list, from the samples, in which every field is set.
fn fields() -> BTreeMap<&'static str, Vec<String>> {
    let mut fields: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for kind in kinds().filter(|k| *k != statement::Kind::Correct) {
        let statement = parse(&sample(kind)).unwrap();
        policy::visit_codes(&statement, &mut |path, list, _| {
            let path = without_indices(&path.to_string());
            let paths = fields.entry(list).or_default();
            if !paths.contains(&path) {
                paths.push(path);
            }
        });
    }
    fields
}

#[test]
fn policy_page_is_up_to_date() {
    let fields = fields();
    let mut text = String::from(POLICY_HEAD);
    for list in policy::LISTS {
        let _ = write!(text, "\n## `{}`\n\n{} · {}\n\n", list.name, list.english, list.chinese);
        let paths: Vec<String> = fields[list.name].iter().map(|p| format!("`{p}`")).collect();
        let _ = write!(
            text,
            "Fields · 字段: {}\n\n| code | English | 中文 |\n| --- | --- | --- |\n",
            paths.join(", ")
        );
        for code in list.codes {
            let _ = writeln!(text, "| `{}` | {} | {} |", code.code, code.english, code.chinese);
        }
    }
    text += SETTINGS_HEAD;
    for group in policy::SETTINGS {
        let _ = write!(text, "\n## `{}`\n\n{} · {}\n\n", group.name, group.english, group.chinese);
        text += "| key | default | unit | 单位 |\n| --- | --- | --- | --- |\n";
        for s in group.settings {
            let _ = writeln!(text, "| `{}` | {} | {} | {} |", s.key, s.default, s.english, s.chinese);
        }
    }
    check("POLICY.md", &text);
}

#[test]
fn errors_page_is_up_to_date() {
    let mut text = String::from(ERRORS_HEAD);
    for r in Reason::ALL {
        let _ = writeln!(
            text,
            "| `{r}` | {} | {} | {} | {} | {} |",
            r.class().code_name(),
            r.cause_en(),
            r.remedy_en(),
            r.cause_zh(),
            r.remedy_zh()
        );
    }
    section::check("refusals", &text, RENEW);
}

#[test]
fn warnings_part_of_the_errors_page_is_up_to_date() {
    let mut text = String::from(WARNINGS_HEAD);
    for row in gs1::CAUTIONS {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {} |",
            row.name.to_ascii_uppercase(),
            match (row.canonical, row.scanned) {
                (true, true) => "ValidateStatement, scan",
                (true, false) => "ValidateStatement",
                (false, _) => "scan",
            },
            row.cause,
            row.remedy,
            row.cause_chinese,
            row.remedy_chinese
        );
    }
    section::check("warnings", &text, RENEW);
}

/// Every name stands in one part of the page only.
#[test]
fn no_two_parts_of_the_errors_page_use_one_name_for_two_things() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ERRORS.md");
    let page = fs::read_to_string(path).unwrap();
    let mut names: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let count = names.len();
    assert!(count > 100, "{count}");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "a name stands twice");
}

#[test]
fn every_code_of_a_sample_is_a_default_of_its_list() {
    let mut seen = 0;
    for kind in kinds() {
        let statement = parse(&sample(kind)).unwrap();
        policy::visit_codes(&statement, &mut |path, list, code| {
            let list = policy::list(list).unwrap_or_else(|| panic!("{path}: no list {list}"));
            assert!(list.holds(code), "{path}: {code} is not in {}", list.name);
            seen += 1;
        });
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn settings_have_names_of_their_own_and_go_with_the_lists_they_are_about() {
    for group in policy::SETTINGS {
        assert!(policy::list(group.name).is_none(), "{} is a list", group.name);
        for s in group.settings {
            assert!(s.key.len() <= 40 && s.default >= 0 && !s.chinese.is_ascii(), "{}", s.key);
            assert_eq!(policy::setting(group.name, s.key), Some(s.default), "{} stands twice", s.key);
        }
    }
    let known = |code: &str| policy::setting("measure-days", code).is_some();
    assert!(policy::list("measure").unwrap().codes.iter().all(|c| known(c.code)));
    assert_eq!(policy::setting("measure-days", "none"), None);
    assert_eq!(policy::setting("none", "seizure"), None);
}

#[test]
fn every_list_has_a_field_that_goes_by_it() {
    let fields = fields();
    let lists: Vec<&str> = policy::LISTS.iter().map(|l| l.name).collect();
    for list in fields.keys() {
        assert!(lists.contains(list), "{list}");
    }
    for list in lists {
        assert!(fields.contains_key(list), "{list}");
    }
}

#[test]
fn reasons_say_what_happened_and_what_to_do_in_two_languages() {
    for r in Reason::ALL {
        assert_eq!(r.english(), format!("{}; {}", r.cause_en(), r.remedy_en()));
        assert_eq!(r.chinese(), format!("{}；{}", r.cause_zh(), r.remedy_zh()));
        for text in [r.cause_en(), r.remedy_en(), r.cause_zh(), r.remedy_zh()] {
            let one_sentence =
                !text.is_empty() && !text.ends_with(['.', '。', ';', '；']) && !text.contains('|');
            assert!(one_sentence, "{r}: {text}");
        }
        assert!(!r.cause_zh().is_ascii() && !r.remedy_zh().is_ascii(), "{r}");
    }
}

const POLICY_HEAD: &str = "\
# Policy lists · 规则码表

Reasons, units, kinds and other codes in statements go by lists. A ledger starts with the lists below. An
authority's Policy statement that names a list (`policy.policy`) states all its codes anew from a day on
(`policy.effective_on`); for what happened on a day, the statement with the latest such day up to it counts,
among several of one day the newest. A statement with a code that its day's list does not hold, or holds as
`retired`, is refused (`UNKNOWN_CODE`); what is recorded stays. Settings of rules are stated in the same way,
under a name of their own.

声明中的原因、单位、类别等代码由码表规定。账本以下列码表为初始值；主管部门可用规则参数（Policy）声明自某日起重新规定某一码表的
全部代码，按事件发生日适用。代码不在当日码表中或已停用的声明会被拒绝（`UNKNOWN_CODE`），已记录的不受影响。

This page is made from the tables in `crates/statement/src/policy/lists.rs`; a test compares it.
本页由代码中的码表生成，并由测试核对。
";

const SETTINGS_HEAD: &str = "
# Settings · 参数

Numbers that deadlines go by. A Policy statement that names a group (`policy.policy`) sets its numbers anew
from a day on (`policy.settings`); what it leaves out keeps the default. 0 = there is no such term. Days are
calendar days in UTC+8, and the last one counts as a whole.

期限类参数。规则参数（Policy）声明可自某日起重新设定一组参数（`policy.settings`），未列出的保持默认值。0 表示无此期限。
日为 UTC+8 的自然日，末日整日计入。
";

const WARNINGS_HEAD: &str = "\
## What is only odd · 提示

Warnings refuse nothing. `ValidateStatement` (`yuanliu validate`) gives them in `warnings`, one for each identifier that is allowed and unusual, with
the path of its field; `yuanliu scan` gives them of what a scanner read, as `code` in lower case.

提示不导致拒绝。`ValidateStatement`（`yuanliu validate`）在 `warnings` 中对合法但少见的标识逐一提示并注明字段；`yuanliu scan` 对扫描内容给出提示，`code` 为小写。

This part is made from the table in `crates/gs1/src/warning.rs`; a test compares it.
本部分由代码中的表生成，并由测试核对。

| reason | given by | cause | remedy | 原因 | 处理办法 |
| --- | --- | --- | --- | --- | --- |
";

const ERRORS_HEAD: &str = "\
## Why a statement is refused · 声明被拒绝的原因

A refused statement leaves nothing in the log. The answer has a gRPC status with `google.rpc` details: an
`ErrorInfo` whose `reason` is the stable name below, and a `BadRequest` that names every field at fault by
its path (`ship.items[3]`), with a description in the language asked for (`accept-language`: en, zh).
`ValidateStatement` gives the same for a statement that is not to be recorded yet. Descriptions and the sentences below may be reworded; names and codes may not.

被拒绝的声明不在账本中留下任何内容。应答为带 `google.rpc` 详情的 gRPC 状态：`ErrorInfo.reason` 是下表中的固定名称，
`BadRequest` 按路径（如 `ship.items[3]`）逐一列出有误字段及说明（语言按 `accept-language`：en、zh）。`ValidateStatement` 可在不记录的情况下得到同样的结果。
说明文字可能调整，名称与状态码不变。

This part is made from the table in `crates/statement/src/reason.rs`; a test compares it.
本部分由代码中的表生成，并由测试核对。

| reason | gRPC code | cause | remedy | 原因 | 处理办法 |
| --- | --- | --- | --- | --- | --- |
";
