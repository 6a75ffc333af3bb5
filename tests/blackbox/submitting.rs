//! `yuanliu sign` and `submit` over files with faults in them, cut short, and with nowhere to write.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::kit::{Done, Stage, run_in, yuanliu};

fn site(name: &str, country: &str) -> String {
    let id = format!("site:org:Maker/{name}");
    format!(
        r#"{{"site":{{"site":"{id}","party":"org:Maker","name":"{name}","address":"B","country":"{country}"}}}}"#
    )
}

/// Six lines: the second is no JSON, the fourth is empty, the fifth is refused here, the sixth is sound.
fn faulty() -> String {
    let lines = [site("A", "KR"), "{\"site\":".into(), site("B", "KR"), String::new(), site("C", "Korea")];
    format!("{}\n{}\n", lines.join("\n"), site("D", "KR"))
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    fs::write(folder.join(name), text).unwrap();
    folder.join(name)
}

/// A command as the root authority.
fn root(stage: &Stage, command: &str) -> Command {
    let mut yuanliu = yuanliu();
    yuanliu.args([command, "--server", &stage.server.url(), "--party", "org:Root Authority", "--ca"]);
    yuanliu.arg(&stage.server.ca).arg("--key").arg(stage.server.data.join("keys/root-1.pem"));
    yuanliu
}

fn lines(done: &Done) -> Vec<Value> {
    done.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_refused_here_is_named_by_its_line_and_those_behind_it_are_sent() {
    let stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let before = stage.size().await;
    let file = write(temp.path(), "bills.jsonl", &faulty());

    let done = run_in(root(&stage, "submit").arg("--json").arg(&file));
    assert_eq!(done.code, Some(1), "{done:?}");
    let told = lines(&done);
    assert_eq!(told.len(), 6, "{done:?}");
    assert!(told.last().unwrap()["error"]["message"].as_str().unwrap().contains("2 / 5"), "{done:?}");
    let mut places: Vec<_> = told[..5].iter().map(|t| (t["line"].as_u64().unwrap(), t)).collect();
    places.sort_by_key(|(line, _)| *line);
    let outcome = |t: &Value| t["refused"].as_str().unwrap_or("recorded").to_owned();
    let seen: Vec<_> = places.iter().map(|(line, t)| (*line, outcome(t))).collect();
    let due = [(1, "recorded"), (2, "REFUSED"), (3, "recorded"), (5, "INVALID_FIELD"), (6, "recorded")];
    assert_eq!(seen, due.map(|(line, what)| (line, what.to_owned())), "{done:?}");
    assert_eq!(places[3].1["violations"][0]["field"], "site.country", "{done:?}");
    assert_eq!(stage.size().await, before + 3);

    let people = run_in(root(&stage, "submit").arg(&file));
    assert!(people.stderr.contains("bills.jsonl: line 5: INVALID_FIELD"), "{people:?}");
    assert!(people.stderr.contains("3 recorded, 2 refused"), "{people:?}");

    let chinese = run_in(root(&stage, "submit").args(["--lang", "zh"]).arg(&file)).stderr;
    for text in
        ["bills.jsonl 第 5 行: INVALID_FIELD", "site.country: 须为两个大写字母", "JSON 不完整（第 8 列）"]
    {
        assert!(chinese.contains(text), "{text} in {chinese}");
    }
    assert!(!chinese.contains("EOF") && !chinese.contains("must be"), "{chinese}");

    // Checking names the same lines, and signing says which one stopped it.
    let checked = run_in(root(&stage, "validate").arg(&file));
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(checked.stdout.contains("bills.jsonl: line 2: "), "{checked:?}");
    assert!(checked.stdout.contains("bills.jsonl: line 5: 1 faults"), "{checked:?}");
    let signed = run_in(root(&stage, "sign").arg(&file));
    assert_eq!((signed.code, signed.stdout.lines().count()), (Some(1), 1), "{signed:?}");
    assert!(signed.stderr.contains("bills.jsonl: line 2: "), "{signed:?}");
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_first_line_makes_not_one_statement_of_all() {
    let stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    for (name, damaged) in [("a.jsonl", 1), ("b.txt", 1), ("c.jsonl", 2)] {
        let before = stage.size().await;
        let lines = [&r#"{"header":{"offset"#.repeat(damaged), &site("A", "KR"), &site("B", "KR")];
        let mut text = lines.map(|l| format!("{l}\n")).concat();
        if damaged == 2 {
            text.insert_str(0, "{\n");
        }
        let done = run_in(root(&stage, "submit").arg(write(temp.path(), name, &text)));
        assert!(done.stderr.contains(&format!("2 recorded, {damaged} refused")), "{name}: {done:?}");
        assert!(done.stderr.contains(&format!("{name}: line 1: ")), "{name}: {done:?}");
        assert_eq!(stage.size().await, before + 2, "{name}");
    }
    // One statement over several lines is one all the same.
    let statement: Value = serde_json::from_str(&site("C", "KR")).unwrap();
    let pretty = serde_json::to_string_pretty(&statement).unwrap();
    let done = run_in(root(&stage, "submit").arg(write(temp.path(), "one.txt", &pretty)));
    assert_eq!(done.code, Some(0), "{done:?}");
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_lines_are_counted_as_an_editor_counts_them() {
    let stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let sound = write(temp.path(), "sound.jsonl", &format!("{}\n{}\n", site("A", "KR"), site("B", "KR")));
    let signed = run_in(root(&stage, "sign").arg(&sound));
    assert_eq!(signed.code, Some(0), "{signed:?}");
    let mut rows: Vec<&str> = signed.stdout.lines().collect();
    rows.insert(1, "");
    rows.insert(2, r#"{"payload":"00""#);
    let file = write(temp.path(), "signed.jsonl", &(rows.join("\n") + "\n"));
    let done = run_in(root(&stage, "submit").arg("--signed").arg(&file));
    assert_eq!(done.code, Some(1), "{done:?}");
    let told = done.stderr.lines().find(|l| l.contains("signed.jsonl")).unwrap_or_default();
    assert!(told.contains("signed.jsonl: line 3: ") && told.contains("column 15"), "{done:?}");
    assert!(!told.contains("line 1") && !told.contains("line 2"), "one line is named: {told}");
    assert!(done.stderr.contains("2 recorded, 1 refused"), "{done:?}");
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_end_says_how_far_it_came_and_how_to_go_on() {
    let stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let file = write(temp.path(), "bills.jsonl", &format!("{}\n", site("A", "KR")));
    let gone = temp.path().join("gone.jsonl");

    let done = run_in(root(&stage, "submit").arg(&file).arg(&gone));
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(done.stderr.contains("1 recorded, 0 refused; next is "), "{done:?}");
    assert!(done.stderr.contains("gone.jsonl; to repeat safely, sign first"), "{done:?}");
    let done = run_in(root(&stage, "submit").arg("--json").arg(&file).arg(&gone));
    let told = lines(&done);
    assert_eq!((&told[1]["recorded"], &told[1]["next"]["position"]), (&1.into(), &1.into()), "{done:?}");
    assert_eq!(told[2]["error"]["exit"], 4, "{done:?}");

    // What comes through a pipe is recorded as it comes, and Ctrl-C tells where it stood.
    let mut child = root(&stage, "submit")
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let mut receipts = BufReader::new(child.stdout.take().unwrap()).lines();
    for name in ["C", "D"] {
        writeln!(pipe, "{}", site(name, "KR")).unwrap();
        assert!(receipts.next().unwrap().unwrap().starts_with("entry "));
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", "--", &id]).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    let told = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(130), "{told}");
    assert!(told.contains("2 recorded, 0 refused; next is what follows -: line 2"), "{told}");
    drop(pipe);
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_could_not_be_written_is_a_failure() {
    let stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let file = write(temp.path(), "bills.jsonl", &format!("{}\n", site("A", "KR")));
    let before = stage.size().await;
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let data = temp.path().join("ledger");
    let made = run_in(
        yuanliu()
            .args(["init", "--origin", "a.example", "--root", "org:A", "--no-passphrase", "--data"])
            .arg(&data),
    );
    assert_eq!(made.code, Some(0), "{made:?}");
    let mut verify = yuanliu();
    verify.args(["verify", "--json", "--data"]).arg(&data);
    let (mut sign, mut submit) = (root(&stage, "sign"), root(&stage, "submit"));
    for command in [&mut verify, sign.arg(&file), submit.arg("--json").arg(&file)] {
        let done = command.stdout(full()).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        let told = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(4), "{command:?}: {told}");
        assert!(told.contains("cannot write to standard output"), "{command:?}: {told}");
    }
    assert_eq!(stage.size().await, before + 1, "it was recorded, and its receipt lost");

    // Whoever closes the pipe has read enough.
    let mut child = root(&stage, "sign").arg(&file).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let size = stage.size().await;
    stage.end(size);
}
