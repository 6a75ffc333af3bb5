use crate::{BillKey, Limits, Mapping, Outbox, Record, Settings, State, Told, key::Key};

use super::*;
use crate::{Fault, fault::Reason};

fn gateway(dir: &Path) -> Gateway {
    let settings = Settings {
        data: dir.to_path_buf(),
        listen: crate::DEFAULT_LISTEN,
        hosts: Vec::new(),
        allow_remote: false,
        inbox: None,
        ledger: crate::LedgerSettings { server: "https://localhost:1".into(), ca: None, id: None },
        key: crate::KeySettings { file: None, pkcs11: None },
        bills: Mapping::of("org:Maker"),
        limits: Limits { file_bytes: 500, ..Limits::default() },
    };
    let outbox = Outbox::open(&dir.join("outbox"), settings.limits).unwrap();
    let key = Key::File(merkle::SigningKey::from_seed(&[1; 32]));
    Gateway::new(settings, outbox, key, [7; 32]).unwrap()
}

const GOOD: &str =
    "number,type,time,partner,code\nS-1,201,2026-01-12 08:30,org:Dealer,81234567890123456789\n";

#[test]
fn a_file_is_taken_once_it_has_come_to_rest() {
    let temp = tempfile::tempdir().unwrap();
    let gateway = gateway(temp.path());
    let dir = temp.path().join("inbox");
    let mut inbox = Inbox::open(&dir).unwrap();
    let mut look = || inbox.look(&gateway).unwrap();
    fs::write(dir.join("a.csv"), &GOOD[..40]).unwrap();
    look();
    assert!(dir.join("a.csv").exists(), "seen for the first time");
    fs::write(dir.join("a.csv"), GOOD).unwrap();
    look();
    assert!(dir.join("a.csv").exists(), "still growing");
    look();
    look();
    assert!(dir.join("done/a.csv").exists());
    assert!(
        fs::read_to_string(dir.join("done/a.csv.report.txt")).unwrap().contains("accepted, will be sent")
    );
    assert_eq!(gateway.outbox().find("S-1").unwrap()[0].source, "a.csv");
    // The same file again is recognised, and does not overwrite the first one's report.
    fs::write(dir.join("a.csv"), GOOD).unwrap();
    (0..RESTED).for_each(|_| look());
    assert!(fs::read_to_string(dir.join("done/1-a.csv.report.txt")).unwrap().contains("was here already"));
    assert_eq!(gateway.outbox().counts().unwrap().queued, 1);
}

#[test]
fn faulty_conflicting_and_too_large_files_fail_with_a_report_and_others_are_left_alone() {
    let temp = tempfile::tempdir().unwrap();
    let gateway = gateway(temp.path());
    let dir = temp.path().join("inbox");
    let mut inbox = Inbox::open(&dir).unwrap();
    let files = [
        ("1.csv", GOOD.to_owned(), "done", "S-1"),
        ("2.csv", GOOD.replace("89\n", "80\n"), "failed", "number is taken"),
        ("3.CSV", GOOD.replace("S-1", "S-3").replace("201", "999"), "failed", "line 第 2 行, type"),
        ("4.csv", "x".repeat(501), "failed", "at most 500"),
        ("5.json", r#"{"number":"S-5"}"#.to_owned(), "failed", "type"),
        ("6.txt", GOOD.to_owned(), "", ""),
        (".7.csv", GOOD.to_owned(), "", ""),
    ];
    for (name, text, _, _) in &files {
        fs::write(dir.join(name), text).unwrap();
    }
    (0..RESTED).for_each(|_| inbox.look(&gateway).unwrap());
    for (name, _, to, word) in files {
        if to.is_empty() {
            assert!(dir.join(name).exists(), "{name} is none of ours");
        } else {
            assert!(dir.join(to).join(name).exists(), "{name} goes to {to}");
            let report = fs::read_to_string(dir.join(to).join(format!("{name}.report.txt"))).unwrap();
            assert!(report.contains(word), "{name}: {report}");
        }
    }
}

#[test]
fn a_file_that_ends_in_the_middle_is_left_alone_for_longer() {
    let temp = tempfile::tempdir().unwrap();
    let gateway = gateway(temp.path());
    let dir = temp.path().join("inbox");
    let mut inbox = Inbox::open(&dir).unwrap();
    // The first bill is whole, of the second a code is missing that is still to come.
    let half = format!("{GOOD}S-2,201,2026-01-12 08:30,org:Dealer,81234567890123456780");
    fs::write(dir.join("a.csv"), &half).unwrap();
    (0..RESTED_UNENDED - 1).for_each(|_| inbox.look(&gateway).unwrap());
    assert_eq!(gateway.outbox().counts().unwrap().queued, 0);
    fs::write(dir.join("a.csv"), format!("{half}\nS-2,,,,81234567890123456781\n")).unwrap();
    (0..RESTED).for_each(|_| inbox.look(&gateway).unwrap());
    assert_eq!(gateway.outbox().find("S-2").unwrap()[0].lines, 2);
    // One without a last line feed is read in the end.
    fs::write(dir.join("b.csv"), GOOD.trim_end().replace("S-1", "S-3")).unwrap();
    (0..RESTED_UNENDED).for_each(|_| inbox.look(&gateway).unwrap());
    assert!(dir.join("done/b.csv").exists());
    let ends: [(&[u8], bool); 8] = [
        (b"a,b\n", true),
        (b"a,b", false),
        (b"<a></a>\n ", true),
        (b"<a></a", false),
        (b" {}", true),
        (b"{\"a\":1,", false),
        (b"PK\x03\x04..PK\x05\x06..", true),
        (b"PK\x03\x04..", false),
    ];
    for (bytes, whole) in ends {
        assert_eq!(has_end(bytes), whole, "{bytes:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_pipes_and_files_with_trouble_hold_back_no_other_and_nothing_is_read_through_them() {
    use std::os::unix::fs::symlink;
    let temp = tempfile::tempdir().unwrap();
    let gateway = gateway(temp.path());
    let dir = temp.path().join("inbox");
    let mut inbox = Inbox::open(&dir).unwrap();
    let secret = temp.path().join("secret.csv");
    fs::write(&secret, GOOD).unwrap();
    symlink(&secret, dir.join("a.csv")).unwrap();
    symlink("nowhere", dir.join("b.csv")).unwrap();
    assert!(read(&dir.join("a.csv"), 500).is_err(), "a link that took a file's place");
    assert!(read(&dir, 500).is_err(), "a directory");
    // Its report cannot be written: something of that name, and of every other, is in the way.
    fs::write(dir.join("c.csv"), GOOD).unwrap();
    fs::remove_dir(dir.join("failed")).unwrap();
    fs::write(dir.join("c.csv"), "nonsense\n").unwrap();
    fs::write(dir.join("d.csv"), GOOD).unwrap();
    let long = format!("{}.csv", "长".repeat(80));
    fs::write(dir.join(&long), GOOD).unwrap();
    // A report that would be written through a link.
    let planted = temp.path().join("planted");
    symlink(&planted, dir.join("done/d.csv.report.txt")).unwrap();
    (0..RESTED - 1).for_each(|_| inbox.look(&gateway).unwrap());
    assert!(inbox.look(&gateway).is_err(), "the trouble is told");
    assert!(dir.join("c.csv").exists() && !planted.exists());
    assert!(dir.join("done/1-d.csv").exists(), "the others went on");
    assert!(!dir.join(&long).exists(), "a long name is shortened");
    assert!(dir.join("a.csv").is_symlink() && dir.join("b.csv").is_symlink(), "links are none of ours");
}

#[test]
fn a_report_names_outcome_place_and_reason_in_both_languages() {
    let key = BillKey { number: "S-1".into(), kind: "ship".into(), principal: String::new() };
    let record = Record {
        seq: 3,
        key,
        title: "销售出库".into(),
        lines: 1,
        id: String::new(),
        content: String::new(),
        source: String::new(),
        accepted_at: 0,
        changed_at: 0,
        acts: Vec::new(),
        state: State::Queued,
    };
    let report = Report {
        bills: vec![Told { outcome: "conflict", record }],
        faults: vec![
            Fault::at(7, "数量", Reason::BadQuantity, "wrong", "错误"),
            Fault::whole(Reason::Empty, "none", "无"),
        ],
    };
    assert_eq!(
        text(&report),
        "1 bills without fault, 2 faults\n1 张单据无误，2 处错误\n\n\
         S-1 (销售出库, ship): NOT accepted: its number is taken by a bill with other content; \
         未接收：单号已被内容不同的单据占用 [queued, seq 3]\n\n\
         line 第 7 行, 数量: wrong 错误 [BAD_QUANTITY]\nnone 无 [EMPTY]\n"
    );
}
