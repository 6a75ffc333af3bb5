//! Chinese, on request and by locale.

use std::process::Command;

use crate::kit::{run_in, yuanliu};

fn by_locale(args: &[&str]) -> Command {
    let mut command = yuanliu();
    command.env("LC_ALL", "zh_CN.UTF-8").args(args);
    command
}

#[test]
fn help_and_local_errors_come_in_the_language_asked_for() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("bad.json");
    std::fs::write(&file, "{\"ship\":{\"items\":[7]}}").unwrap();
    let key = temp.path().join("key.pem");
    run_in(yuanliu().args(["keygen", "--no-passphrase", "-o"]).arg(&key));
    let (file, key) = (file.to_str().unwrap(), key.to_str().unwrap());
    let ledger = "00".repeat(32);
    let sign = ["sign", file, "--key", key, "--party", "org:A", "--ledger", &ledger];
    let empty = temp.path().to_str().unwrap();
    let table: [(&[&str], i32, &str); 10] = [
        (&["--help"], 0, "用法："),
        (&["submit", "--help"], 0, "密钥文件"),
        (&["trace", "flow", "--help"], 0, "查流向"),
        (&[], 2, "命令"),
        (&["verify", "--nonsense"], 2, "没有参数 --nonsense"),
        (&["verify"], 2, "缺少必需的参数"),
        (&["verify", "--data", empty], 2, "没有账本"),
        (&["item", "x"], 2, "请指定密钥文件"),
        (&["keygen", "-o", key], 2, "需要口令"),
        (&sign, 1, "应为带引号的文本，实为 7"),
    ];
    for (args, code, expect) in table {
        for mut command in [by_locale(args), {
            let mut c = yuanliu();
            c.args(args).args(["--lang", "zh"]);
            c
        }] {
            let done = run_in(&mut command);
            assert_eq!(done.code, Some(code), "{args:?}: {done:?}");
            let said = format!("{}{}", done.stdout, done.stderr);
            assert!(said.contains(expect), "{args:?}: {said}");
        }
        let english = run_in(yuanliu().args(args));
        assert_eq!(english.code, Some(code));
        // Names of the field stand in the English help too; the words around them do not.
        for word in ["用法", "错误", "命令", "请"] {
            let said = format!("{}{}", english.stdout, english.stderr);
            assert!(!said.contains(word), "{args:?}: {said}");
        }
    }
}
