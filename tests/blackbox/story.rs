//! What the READMEs tell people to type works, word by word.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

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

/// Flags of a server on free ports, in the background.
const ANYWHERE: &str = "--listen 127.0.0.1:0 --http 127.0.0.1:0 --ready-file ready.json";

/// Waits for the server that was just put into the background, and ends it with the script.
const AFTER_SERVE: &str = r#"SERVER=$!
trap 'kill $SERVER 2> /dev/null || true; wait $SERVER 2> /dev/null || true' EXIT
for _ in $(seq 600); do [ -f ready.json ] && break; sleep 0.1; done
export YUANLIU_SERVER="https://localhost:$(sed 's/.*"address":"127.0.0.1:\([0-9]*\)".*/\1/' ready.json)"
"#;

/// The README as a script. Differences from what it says: ports are free ones, and what the reader copies
/// from the output of `init` is taken from there.
fn script(readme: &str) -> String {
    let mut script = String::from("set -eu\n");
    let mut changed = 0;
    for line in commands(readme) {
        if let Some(serve) = line.strip_suffix('&').filter(|l| l.starts_with("yuanliu serve ")) {
            script += &format!("{serve} {ANYWHERE} &\n{AFTER_SERVE}");
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

/// What traders see of the same box: in words.
const TRADERS: &str = r#"
for WHO in agent:$AGENT distributor:$DISTRIBUTOR clinic:$CLINIC; do
    echo "TRADER $WHO"
    yuanliu item         $BOX --key ${WHO%%:*}.pem --party ${WHO#*:}
    yuanliu trace source $BOX --key ${WHO%%:*}.pem --party ${WHO#*:}
    yuanliu trace flow   $BOX --key ${WHO%%:*}.pem --party ${WHO#*:}
done
"#;

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
yuanliu trace source $OTHER --json --key regulator.pem --party $REGULATOR
yuanliu history $OTHER --json --key regulator.pem --party $REGULATOR
"#;

/// Runs a script in a folder, with the program in reach and no settings from outside.
fn bash(folder: &Path, script: &str) -> Done {
    let bin = folder.join("bin");
    fs::create_dir(&bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_yuanliu"), bin.join("yuanliu")).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-c", script]).current_dir(folder).env("PATH", path);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("YUANLIU_")) {
        shell.env_remove(name);
    }
    shell.env("YUANLIU_MEMORY", folder.join("memory")).env("YUANLIU_LEDGER__ACCESS_DIGEST_DELAY_MS", "90000");
    run_in(shell.env("LC_ALL", "C"))
}

/// The tour with fewer statements and on free ports; building it is done by now.
fn tour(readme: &str) -> String {
    let mut script = String::from("set -eu\n");
    let begin = commands(readme).iter().position(|l| l.starts_with("yuanliu demo ")).unwrap();
    for line in &commands(readme)[begin..] {
        if let Some(rest) = line.strip_prefix("yuanliu demo ") {
            script += &format!("yuanliu demo --statements 2500 {rest}\n");
        } else if let Some(rest) = line.strip_prefix("yuanliu serve ") {
            script += &format!("yuanliu serve {ANYWHERE} {rest}\n{AFTER_SERVE}");
        } else {
            script += &format!("{line}\n");
        }
    }
    script
}

#[test]
fn the_tour_of_the_readme_shows_what_it_says() {
    let temp = tempfile::tempdir().unwrap();
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let done = bash(temp.path(), &tour(&readme));
    assert_eq!(done.code, Some(0), "{}\n{}", done.stdout, done.stderr);
    let demo: Value = serde_json::from_str(done.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&demo["lost_after_kill"], &demo["recorded_twice"], &demo["verified"]),
        (&0.into(), &0.into(), &true.into())
    );
    let text = |field: &str| demo[field].as_str().unwrap().to_string();
    let (item, root, ledger) = (text("example_item"), text("root"), text("ledger"));
    for line in [
        format!("ledger id: {ledger}"),
        format!("item: {item}"),
        // How far it is used depends on the day that the made-up trade ends: today.
        "condition: ".into(),
        format!("Source of {item}"),
        "Flow of lot:".into(),
        format!("Whole and unaltered: {} entries", demo["entries"]),
        format!("root  {root}"),
        format!("ledger {ledger}"),
    ] {
        assert!(done.stdout.lines().any(|l| l.starts_with(&line)), "no line {line:?} in\n{}", done.stdout);
    }
}

#[test]
fn the_example_s_readme_followed_word_by_word_leads_back_to_the_maker() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("example");
    copy_dir(&example(), &folder);
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    let done = bash(&folder, &(script(&readme) + TRADERS + ENCORE));
    assert_eq!(done.code, Some(0), "{}\n{}", done.stdout, done.stderr);
    let (told, encore) = done.stdout.split_once("ENCORE\n").unwrap();
    let (told, traders) = told.split_once("TRADER ").unwrap();
    check_told(told);
    check_traders(traders);
    check_encore(encore, &done);
    let data = folder.join("story");
    let report = run(["verify".as_ref(), "--data".as_ref(), data.as_os_str()]).ok();
    // 33 files, 6 enrolments, genesis, and the spoilt one.
    assert_eq!((&report["ok"], &report["entries"]), (&true.into(), &41.into()), "{report}");
}

/// What people read at the end of the README's questions: the path back, and who told of its beginning.
fn check_told(told: &str) {
    let source = told.split("Source of").nth(1).unwrap().split("Flow of").next().unwrap();
    let position = |text: &str| source.find(text).unwrap_or_else(|| panic!("no {text} in {source}"));
    let path = ["used at", CLINIC, DISTRIBUTOR, IMPORTER, "commissioned by"].map(position);
    assert!(path.is_sorted(), "newest first: {source}");
    let origin = source.lines().find(|l| l.starts_with("Origin:")).unwrap();
    assert!(origin.contains(AGENT), "{origin}");
}

/// A sound chain breaks for nobody; each sees one step up and one down.
fn check_traders(told: &str) {
    let by_party: Vec<&str> = told.split("TRADER ").collect();
    let [agent, distributor, clinic] = by_party.try_into().unwrap();
    for (who, shown, hidden) in [
        (agent, &[AGENT, IMPORTER][..], &[DISTRIBUTOR, CLINIC][..]),
        (distributor, &[IMPORTER, DISTRIBUTOR, CLINIC], &[]),
        (clinic, &[DISTRIBUTOR, CLINIC], &[IMPORTER]),
    ] {
        assert!(!who.contains("the chain breaks here"), "{who}");
        assert!(shown.iter().all(|p| who.contains(p)) && !hidden.iter().any(|p| who.contains(p)), "{who}");
        let sees_all =
            who.contains("condition: opened") && who.contains("holder: ") && who.contains("used: ");
        let far = who.contains("more than one step from you");
        assert_eq!((sees_all, far), (!std::ptr::eq(who, agent), std::ptr::eq(who, agent)), "{who}");
        // The agent told of the origin: nothing of the source is kept from it but the steps behind its own.
        assert!(who.contains("Further steps and places are not shown to you."), "{who}");
    }
    assert!(distributor.contains("Earlier steps are not shown to you."), "{distributor}");
    assert!(distributor.contains("unpacked at"), "{distributor}");
    assert!(clinic.contains("Earlier steps are not shown to you."), "{clinic}");
    assert!(agent.contains("Origin: "), "{agent}");
    // Times say how far they are from UTC.
    let last = clinic.lines().find_map(|l| l.strip_prefix("last event: ")).unwrap();
    assert!(last.len() == 25 && matches!(last.as_bytes()[19], b'+' | b'-') && &last[22..23] == ":", "{last}");
}

const AGENT: &str = "uscc:91310104MAYL90023C";
const IMPORTER: &str = "uscc:91310104MAYL900317";
const DISTRIBUTOR: &str = "uscc:91330106MAYL9004X4";
const CLINIC: &str = "uscc:91320508MAYL900822";

fn check_encore(encore: &str, done: &Done) {
    let mut lines = encore
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{e}: {line}")));
    let mut next = || lines.next().unwrap();
    let item = next()["item"].clone();
    assert_eq!((&item["status"], &item["holder"]), (&"opened".into(), &CLINIC.into()), "{item}");
    assert_eq!((&item["maker"], &item["registration"]), (&AGENT.into(), &"国药准字SJ20239911".into()));

    let source = next();
    assert_eq!(source["origins"], serde_json::json!([AGENT]), "{source}");
    let hops = source["hops"].as_array().unwrap();
    let text = |h: &Value, field: &str| h[field].as_str().unwrap_or_default().to_string();
    let moves = hops.iter().filter(|h| h["kind"] == "transfer");
    let moves: Vec<_> = moves.map(|h| ["from", "to", "certainty"].map(|field| text(h, field))).collect();
    let expect = [(DISTRIBUTOR, CLINIC), (IMPORTER, DISTRIBUTOR), (AGENT, IMPORTER)];
    assert_eq!(moves, expect.map(|(from, to)| [from, to, "confirmed"].map(str::to_string)), "{source}");

    let flow = next();
    let at = |party: &str| {
        let places = flow["places"].as_array().unwrap().iter();
        let there = places.filter(|p| p["party"] == party).map(|p| number(&p["items"]));
        there.sum::<u64>()
    };
    assert_eq!((at(IMPORTER), at(DISTRIBUTOR), at(CLINIC)), (4, 3, 1), "{flow}");

    assert_eq!(next()["again"], 1);
    assert!(done.stderr.contains("BUSINESS_KEY_TAKEN"), "{}", done.stderr);
    assert_eq!(next()["foreign"], 1);
    let spoilt = next();
    assert!(spoilt["index"].is_number(), "what looks wrong is recorded: {spoilt}");
    let source = next();
    let entry = number(&spoilt["index"]);
    let gap = |h: &Value| h["certainty"] == "gap" && h["entries"] == serde_json::json!([entry]);
    assert!(source["hops"].as_array().unwrap().iter().any(gap), "and shows: {source}");
    let history = next();
    let events = history["events"].as_array().unwrap();
    assert!(events.iter().any(|e| number(&e["index"]) == entry), "{history}");
}

/// 64-bit numbers are texts in protobuf's JSON.
fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn every_scan_of_the_example_names_what_stands_under_it() {
    let text = fs::read_to_string(example().join("scans.txt")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    assert!(lines.len() >= 16 && lines.len().is_multiple_of(2));
    for pair in lines.chunks(2) {
        let item = pair[1].strip_prefix("= ").unwrap();
        assert_eq!(run(["scan", pair[0]]).ok()["item"], item, "{}", pair[0]);
    }
    let link = run(["scan", "https://example.com/01/09520000030018/10/B2605181?17=290500"]).ok();
    assert_eq!((&link["kind"], &link["lot"]), (&"digital_link".into(), &"B2605181".into()));
    let odd: Vec<&str> =
        link["warnings"].as_array().unwrap().iter().filter_map(|w| w["code"].as_str()).collect();
    assert_eq!(odd, ["demonstration_number", "whole_month"]);
    let nonsense = run(["scan", "(01)123"]);
    assert_eq!(nonsense.code, Some(1), "{nonsense:?}");
}
