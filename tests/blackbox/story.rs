//! The example works as its README says, word by word.

use std::{fs, os::unix::fs::symlink, path::PathBuf, process::Command};

use serde_json::Value;

use crate::kit::{Done, copy_dir, run, run_in};

fn example() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/imported-toxin-lot")
}

/// Lines of the README's `sh` blocks, in order.
fn commands(readme: &str) -> Vec<&str> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in readme.lines() {
        match (inside, line) {
            (false, "```sh") => inside = true,
            (true, "```") => inside = false,
            (true, line) => lines.push(line),
            _ => {}
        }
    }
    lines
}

/// Waits for the server that was just put into the background, and ends it with the script.
const AFTER_SERVE: &str = r#"
trap 'kill $SERVER; wait $SERVER' EXIT
for _ in $(seq 300); do [ -f ready.json ] && break; sleep 0.1; done
export YUANLIU_SERVER="https://localhost:$(sed 's/.*"address":"127.0.0.1:\([0-9]*\)".*/\1/' ready.json)"
"#;

/// The README as a script. Differences from what it says: ports are free ones, and what the reader copies
/// from the output of `init` is taken from there.
fn script(readme: &str) -> String {
    let mut script = String::from("set -eu\n");
    let mut changed = 0;
    for line in commands(readme) {
        if let Some(serve) = line.strip_suffix('&').filter(|l| l.starts_with("yuanliu serve ")) {
            script += &format!("{serve} --listen 127.0.0.1:0 --http 127.0.0.1:0 --ready-file ready.json &\nSERVER=$!\n");
            script += AFTER_SERVE;
        } else if line.starts_with("export YUANLIU_LEDGER=…") {
            script += "export YUANLIU_LEDGER=$(grep -o '[0-9a-f]\\{64\\}' init.txt | head -n 1)\n";
        } else if line.starts_with("yuanliu init ") {
            script += &format!("{line} > init.txt\n");
        } else {
            script += &format!("{line}\n");
            continue;
        }
        changed += 1;
    }
    assert_eq!(changed, 3, "init, serve and the ledger's id stand in the README");
    script
}

/// What the README tells the reader to try at the end, and questions whose answers it gives in words.
const ENCORE: &str = r#"
echo ENCORE
yuanliu item $BOX --json --key regulator.pem --party $REGULATOR
yuanliu trace source $BOX --json --key regulator.pem --party $REGULATOR
yuanliu trace flow lot:gtin:09520000030018.B2605181 --json --key regulator.pem --party $REGULATOR
yuanliu submit 33-use-vial-1.json --key clinic.pem --party $CLINIC && exit 9 || echo "{\"again\":$?}"
yuanliu submit 31-ship-to-clinic.json --key clinic.pem --party $CLINIC && exit 9 || echo "{\"foreign\":$?}"
OTHER=sgtin:09520000030018.P6D1RZC27J
sed "s/$BOX/$OTHER/; s/SY260915-01/SY260915-02/" 33-use-vial-1.json > spoilt.json
yuanliu submit spoilt.json --json --key clinic.pem --party $CLINIC
yuanliu item $OTHER --json --key regulator.pem --party $REGULATOR
yuanliu history $OTHER --json --key regulator.pem --party $REGULATOR
"#;

#[test]
fn the_example_s_readme_followed_word_by_word_leads_back_to_the_maker() {
    let temp = tempfile::tempdir().unwrap();
    let (folder, bin) = (temp.path().join("example"), temp.path().join("bin"));
    copy_dir(&example(), &folder);
    fs::create_dir(&bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_yuanliu"), bin.join("yuanliu")).unwrap();
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", &(script(&readme) + ENCORE)]).current_dir(&folder).env("PATH", path);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("YUANLIU_")) {
        shell.env_remove(name);
    }
    let done = run_in(shell.env("LC_ALL", "C"));
    assert_eq!(done.code, Some(0), "{}\n{}", done.stdout, done.stderr);
    let (told, encore) = done.stdout.split_once("ENCORE\n").unwrap();
    check_told(told);
    check_encore(encore, &done);
    let data = folder.join("story");
    let report = run(["verify".as_ref(), "--data".as_ref(), data.as_os_str()]).ok();
    // 33 files, 6 enrolments, genesis, and the spoilt one.
    assert_eq!((&report["ok"], &report["entries"]), (&true.into(), &41.into()), "{report}");
}

/// What people read at the end of the README's questions.
fn check_told(told: &str) {
    let source = told.split("Source of").nth(1).unwrap().split("Flow of").next().unwrap();
    for step in ["Specimen Biologics Co., Ltd.", "Origin:"] {
        assert!(source.contains(step), "{source}");
    }
    let origin = source.lines().find(|l| l.starts_with("Origin:")).unwrap();
    assert!(origin.contains("Biotech") || origin.contains("Specimen") || origin.contains("代理"), "{origin}");
}

fn check_encore(encore: &str, done: &Done) {
    let mut lines = encore.lines().map(|line| {
        serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{e}: {line}"))
    });
    let mut next = || lines.next().unwrap();
    let (importer, logistics, clinic) =
        ("uscc:91310104MAYL900317", "uscc:91330106MAYL900584", "uscc:91320508MAYL900822");
    let item = next()["item"].clone();
    assert_eq!((&item["status"], &item["holder"]), (&"opened".into(), &clinic.into()), "{item}");

    let source = next();
    let hops = source["hops"].as_array().unwrap();
    let froms: Vec<&str> = hops.iter().filter_map(|h| h["from"].as_str()).collect();
    assert!(froms.contains(&importer), "{source}");
    assert!(!source["origins"].as_array().unwrap().is_empty(), "{source}");
    let names = source["names"].to_string();
    assert!(names.contains("Specimen Biologics") || source.to_string().contains("MAYL90023C"), "{source}");

    let flow = next();
    let at = |party: &str| {
        let places = flow["places"].as_array().unwrap().iter();
        let there = places.filter(|p| p["party"] == party).map(|p| number(&p["items"]));
        there.sum::<u64>()
    };
    assert_eq!((at(importer), at(clinic)), (4, 1), "{flow}");
    assert_eq!(flow["places"].as_array().unwrap().iter().map(|p| number(&p["items"])).sum::<u64>(), 8, "{flow}");
    let _ = logistics;

    assert_eq!(next()["again"], 1);
    assert!(done.stderr.contains("BUSINESS_KEY_TAKEN"), "{}", done.stderr);
    assert_eq!(next()["foreign"], 1);
    let spoilt = next();
    assert!(spoilt["index"].is_number(), "what looks wrong is recorded: {spoilt}");
    let item = next()["item"].clone();
    assert!(!item["conflicts"].as_array().unwrap().is_empty(), "and shows: {item}");
    let history = next();
    let events = history["events"].as_array().unwrap();
    assert!(events.iter().any(|e| number(&e["index"]) == number(&spoilt["index"])), "{history}");
}

/// 64-bit numbers are texts in protobuf's JSON.
fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn every_scan_of_the_example_names_what_stands_under_it() {
    let text = fs::read_to_string(example().join("scans.txt")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    assert!(lines.len() >= 16 && lines.len() % 2 == 0);
    for pair in lines.chunks(2) {
        let item = pair[1].strip_prefix("= ").unwrap();
        assert_eq!(run(["scan", pair[0]]).ok()["item"], item, "{}", pair[0]);
    }
    let nonsense = run(["scan", "(01)123"]);
    assert_eq!(nonsense.code, Some(1), "{nonsense:?}");
}
