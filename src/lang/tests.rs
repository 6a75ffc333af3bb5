#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeSet, ffi::OsString};

use clap::{Command, CommandFactory as _};
use client::{AttachmentError, ClientError, Failure, JsonError, JsonFault, KeyFileError, reason};
use store::StoreError;
use witness::StateError;

use super::{help, *};
use crate::{cli::Cli, exit};

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// Whether a Chinese text runs English words: two in small letters, one after the other. What stands in
/// backquotes is to be typed.
fn has_english(text: &str) -> bool {
    let plain: String = text.split('`').step_by(2).collect::<Vec<_>>().join("，");
    let ends = |word: &str| {
        let latin = word.rsplit(|c: char| !c.is_ascii()).next().unwrap_or_default();
        !latin.is_empty() && latin.bytes().all(|b| b.is_ascii_lowercase())
    };
    let words: Vec<&str> = plain.split(' ').collect();
    let begins = |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase());
    words.windows(2).any(|pair| matches!(pair, [a, b] if ends(a) && begins(b)))
}

#[test]
fn who_has_the_directory_is_told_in_chinese() {
    for (owner, expect) in [("process 30606", "正被进程 30606使用"), ("another process", "正被另一进程使用")]
    {
        let error = StoreError::Locked { dir: "d".into(), owner: owner.into() };
        let chinese = causes(&error.into(), Lang::Zh);
        assert!(chinese.contains(expect) && !chinese.contains("process"), "{chinese}");
    }
}

/// Every command with its path.
fn walk(command: &Command, path: &str, visit: &mut dyn FnMut(&str, &Command)) {
    visit(path, command);
    for sub in command.get_subcommands() {
        let path = if path.is_empty() { sub.get_name().into() } else { format!("{path} {}", sub.get_name()) };
        walk(sub, &path, visit);
    }
}

#[test]
fn every_command_and_argument_has_help_in_both_languages_and_no_row_is_left_over() {
    let (mut commands, mut rows) = (BTreeSet::new(), BTreeSet::new());
    walk(&Cli::command(), "", &mut |path, command| {
        assert!(command.get_about().is_some(), "{path}: no English");
        assert!(help::of_command(path).is_some_and(is_chinese), "{path}: no Chinese");
        commands.insert(path.to_owned());
        for arg in command.get_arguments() {
            let id = arg.get_id().as_str();
            assert!(arg.get_help().is_some(), "{path} {id}: no English");
            let row = help::of_argument(path, id);
            assert!(row.is_some_and(|(_, t)| is_chinese(t)), "{path} {id}: no Chinese");
            rows.extend(row.map(|(name, _)| *name));
        }
    });
    let unused: Vec<_> = help::COMMANDS.iter().filter(|(path, _)| !commands.contains(*path)).collect();
    assert!(unused.is_empty(), "{unused:?}");
    rows.extend(["help", "version"]);
    let unused: Vec<_> = help::ARGUMENTS.iter().filter(|(name, _)| !rows.contains(*name)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn the_chinese_help_is_chinese_throughout() {
    let mut all = help::chinese(Cli::command());
    all.build();
    walk(&all, "", &mut |path, command| {
        let text = command.clone().render_long_help().to_string();
        for english in ["Usage", "Options", "Commands", "Arguments", "Print ", " the "] {
            assert!(!text.contains(english), "{path}: {english}\n{text}");
        }
        assert!(text.contains("用法：") && text.contains("选项"), "{path}\n{text}");
    });
}

fn words(line: &str) -> Vec<OsString> {
    line.split(' ').map(OsString::from).collect()
}

#[test]
fn both_languages_read_the_same_command_lines() {
    for lang in ["en", "zh"] {
        let line = format!("yuanliu --lang {lang} --json verify --data d");
        let (cli, out) = parse(&words(&line)).unwrap();
        assert!(out.json && matches!(cli.command, crate::cli::Command::Verify(_)));
        assert_eq!(out.lang == Lang::Zh, lang == "zh");
        assert!(parse(&words(&format!("yuanliu history i --lang={lang} --limit 0"))).is_err());
        assert!(parse(&words(&format!("yuanliu demo --statements 299 --lang {lang}"))).is_err());
        assert!(parse(&words(&format!("yuanliu bench --statements 999 --lang {lang}"))).is_err());
    }
}

fn failure(reason: &str) -> Box<Failure> {
    Box::new(Failure {
        code: tonic::Code::Unavailable,
        reason: reason.into(),
        message: "detail".into(),
        violations: Vec::new(),
        retry_after: None,
    })
}

#[test]
fn errors_have_their_documented_exit_code_and_speak_chinese() {
    let path = || std::path::PathBuf::from("p");
    let json = client::statement_from_json("{").unwrap_err();
    let io = || std::io::Error::from(std::io::ErrorKind::StorageFull);
    let table: Vec<(anyhow::Error, u8)> = vec![
        (exit::usage("wrong", "用法有误"), 2),
        (exit::refused("no", "不行"), 1),
        (exit::machine("cannot", "无法", io()), 4),
        (json.into(), 1),
        (KeyFileError::WrongPassphrase(path()).into(), 2),
        (KeyFileError::NotAKey { path: path(), fault: "x".into() }.into(), 2),
        (KeyFileError::Exists(path()).into(), 2),
        (KeyFileError::Io { action: "read", path: path(), source: io() }.into(), 4),
        (
            KeyFileError::Io { action: "read", path: path(), source: std::io::ErrorKind::NotFound.into() }
                .into(),
            2,
        ),
        (AttachmentError::Empty(path()).into(), 2),
        (AttachmentError::MediaType(path()).into(), 2),
        (StoreError::NotEmpty(path()).into(), 2),
        (StoreError::Taken(path()).into(), 2),
        (StoreError::NotADirectory(path()).into(), 2),
        (StoreError::NoLedger(path()).into(), 2),
        (StoreError::Inside { to: path(), dir: path() }.into(), 2),
        (StoreError::Locked { dir: path(), owner: "process 1".into() }.into(), 4),
        (ledger::Error::Store(StoreError::NotEmpty(path())).into(), 2),
        (ledger::Error::WrongLogKey { given: "a".into(), named: "b".into() }.into(), 2),
        (ledger::Error::ClockLeap { behind_s: 9, most_s: 8 }.into(), 4),
        (server::ServeError::Origin("x".into()).into(), 2),
        (server::ServeError::Tls(server::TlsError::HalfConfigured).into(), 2),
        (StateError::Absent(path()).into(), 2),
        (StateError::Foreign { path: path(), found: "a".into(), expected: "b".into() }.into(), 2),
        (StateError::InUse(path()).into(), 4),
        (StateError::Damaged { path: path(), fault: "x".into() }.into(), 4),
        (witness::ServeError::from(StateError::Exists(path())).into(), 2),
        (witness::SettingsError::Missing("key").into(), 2),
        (ClientError::Retry(failure(reason::UNREACHABLE)).into(), 3),
        (ClientError::Stop(failure(reason::CERTIFICATE)).into(), 2),
        (ClientError::Stop(failure(reason::OTHER_LEDGER)).into(), 2),
        (ClientError::Stop(failure(reason::SETTINGS)).into(), 2),
        (ClientError::Stop(failure(reason::PROTOCOL)).into(), 4),
    ];
    for (error, code) in table {
        assert_eq!(exit::code(&error), code, "{error}");
        let chinese = causes(&error, Lang::Zh);
        assert!(is_chinese(&chinese), "{error}: {chinese}");
        // What the system says inside of an error stays as it is.
        let ours = chinese.replace("no storage space", "").replace("entity not found", "");
        assert!(!has_english(&ours), "{error}: {chinese}");
        let error = error.context("around it");
        assert_eq!(exit::code(&error), code, "{error}");
        assert!(causes(&error, Lang::En).starts_with("around it: "));
    }
}

#[test]
fn what_an_error_says_of_its_cause_is_not_said_again() {
    let io = std::io::Error::other("the reason");
    let error: anyhow::Error = StoreError::Io { path: "file".into(), source: io }.into();
    assert_eq!(causes(&error, Lang::En), "file: the reason");
    assert_eq!(causes(&error, Lang::Zh), "file：the reason");
    let odd = JsonFault { path: "ship".into(), fault: "odd".into(), chinese: "有误".into(), reason: None };
    let error = anyhow::Error::from(JsonError { line: 2, ..odd.into() });
    let error = error.context("bills.json");
    assert_eq!(causes(&error, Lang::En), "bills.json: line 2: ship: odd");
    assert_eq!(causes(&error, Lang::Zh), "bills.json：第 2 行：ship：有误");
    let told = exit::Told::of(&error, Lang::Zh);
    let fields: Vec<_> = told.violations.iter().map(|v| (v.field.as_str(), v.description.as_str())).collect();
    assert_eq!((told.code, told.reason.as_str(), fields), (1, "REFUSED", vec![("ship", "有误")]));
}

#[test]
fn what_is_wrong_with_a_proof_is_told_in_chinese() {
    use client::{BadCheckpoint, BadHistory, BadReceipt, HistoryFault};
    use evidence::{GrowthError, InclusionError, NoteFault, ReceiptError};
    use merkle::{CheckpointError, NoteError, ProofError};

    let (statement, receipt) = Default::default();
    let base = BadReceipt { statement, receipt, fault: None };
    let receipt =
        |fault| ClientError::BadReceipt(Box::new(BadReceipt { fault: Some(fault), ..base.clone() }));
    let history = |fault| {
        let (seen, given) = Default::default();
        let fault = HistoryFault::Growth(fault);
        ClientError::BadHistory(Box::new(BadHistory { seen, given, saved: None, fault }))
    };
    let note = |fault: CheckpointError| {
        ClientError::BadCheckpoint(Box::new(BadCheckpoint { note: String::new(), fault: NoteFault(fault) }))
    };
    let errors = [
        (receipt(ReceiptError::Chain), "链哈希"),
        (receipt(ReceiptError::Length { field: "leaf", len: 79, expected: 80 }), "leaf 有 79 字节，应为 80"),
        (receipt(InclusionError::Proof(ProofError::Root).into()), "证明导向另一根哈希"),
        (history(GrowthError::Fork { size: 7 }), "两个 7 条的检查点"),
        (
            history(GrowthError::Inconsistent { old: 3, new: 9, fault: ProofError::Length }),
            "3 条的日志是 9 条",
        ),
        (note(CheckpointError::Note(NoteError::Forged)), "假的"),
        (note(CheckpointError::Size), "条目数格式有误"),
    ];
    for (error, said) in errors {
        let chinese = causes(&error.into(), Lang::Zh);
        assert!(chinese.contains(said), "{chinese}");
        assert!(!chinese.contains(" the "), "{chinese}");
    }
}
