//! The gateway's doors: REST, files, inbox, command line, state page, and who is kept out.

use std::{
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::kit::{Gateway, Place, Server, Stage, copy_dir, raw, run, run_in, unit};

fn ship(number: &str, items: &[String], partner: &str) -> Value {
    let lines: Vec<Value> = items.iter().map(|code| json!({ "code": code })).collect();
    json!({ "number": number, "type": "sale", "time": "2026-01-12 08:30", "partner": partner, "lines": lines })
}

fn post(gateway: &Gateway, bill: &Value) -> (u16, Value) {
    gateway.post("/v1/bills", bill.to_string().as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_taken_once_reported_when_it_comes_again_and_correctable_when_refused() {
    let stage = Stage::set().await;
    let place = Place::make(&stage.server.data.join("../erp"), &stage, &stage.maker, "");
    let gateway = place.start();
    let dealer = stage.dealer.party.clone();

    // New, the same again, other content under the same number.
    let first = ship("SO-1", &[unit(1)], &dealer);
    let (status, answer) = post(&gateway, &first);
    assert_eq!((status, &answer["bills"][0]["outcome"]), (202, &json!("new")), "{answer}");
    let landed = gateway.wait_for("SO-1", "landed");
    let (status, answer) = post(&gateway, &first);
    assert_eq!((status, &answer["bills"][0]["outcome"]), (200, &json!("same")), "{answer}");
    assert_eq!(answer["bills"][0]["entry"], landed["entry"], "with the first one's entry");
    let (status, answer) = post(&gateway, &ship("SO-1", &[unit(2)], &dealer));
    assert_eq!((status, &answer["bills"][0]["outcome"]), (409, &json!("conflict")), "{answer}");
    assert_eq!(answer["bills"][0]["entry"], landed["entry"]);

    // Another installation has sent the number before.
    let other = stage
        .maker
        .sign_with(proto::v1::statement::Body::Ship(crate::kit::ship(vec![unit(3)], &stage.dealer)), |h| {
            h.business_key = "SO-2".into()
        });
    let entry = stage.submit(&other).await.index;
    post(&gateway, &ship("SO-2", &[unit(3)], &dealer));
    let duplicate = gateway.wait_for("SO-2", "duplicate");
    assert_eq!(duplicate["entry"], entry, "names the earlier entry: {duplicate}");

    // What the ledger lacks (a mandate of the dealer) holds this bill and not the others; given up, it is
    // refused in the ledger's words and its number is free.
    let mut delegated = ship("SO-3", &[unit(4)], &stage.clinic.party);
    delegated["principal"] = dealer.clone().into();
    post(&gateway, &delegated);
    post(&gateway, &ship("SO-4", &[unit(5)], &dealer));
    gateway.wait_for("SO-4", "landed");
    let (status, health) = gateway.get("/v1/health");
    assert_eq!((status, &health["lane"]["overtaken"][0]["number"]), (503, &json!("SO-3")), "{health}");
    assert!(health["lane"]["overtaken"][0]["why"].as_str().unwrap().contains("NO_MANDATE"), "{health}");
    let begin = Instant::now();
    // While it is being tried it cannot be given up.
    let given = loop {
        let done = run_in(place.command("give-up").args(["SO-3", "--kind", "ship", "--json"]));
        if done.code == Some(0) {
            break done.ok();
        }
        assert_eq!(done.code, Some(1), "{done:?}");
        assert!(begin.elapsed() < Duration::from_secs(30), "{done:?}");
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!((&given["state"], &given["number"]), (&json!("refused"), &json!("SO-3")), "{given}");
    let landed = run_in(place.command("give-up").args(["SO-4", "--lang", "zh"]));
    assert!(landed.code == Some(1) && landed.stderr.contains("没有这样的单据"), "{landed:?}");
    let refused = gateway.bill("SO-3");
    assert_eq!(
        (&refused["state"], &refused["reason"]),
        (&json!("refused"), &json!("NO_MANDATE")),
        "{refused}"
    );
    let (status, answer) = post(&gateway, &delegated);
    assert_eq!(
        (status, &answer["bills"][0]["outcome"]),
        (202, &json!("new")),
        "may be tried again: {answer}"
    );
    // Once the mandate is there it goes on by itself.
    let mandate = proto::v1::Mandate {
        number: "M-1".into(),
        agent: stage.maker.party.clone(),
        acts: vec![proto::v1::StatementKind::Ship as i32],
        valid_from: "2026-01-01".into(),
        ..proto::v1::Mandate::default()
    };
    stage.submit(&stage.dealer.sign(proto::v1::statement::Body::Mandate(mandate))).await;
    let begin = Instant::now();
    let landed = |bill: &Value| bill["state"] == "landed";
    let newest = || gateway.get("/v1/bills/SO-3").1["bills"].as_array().unwrap().iter().any(landed);
    while !newest() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", gateway.get("/v1/health"));
        thread::sleep(Duration::from_millis(50));
    }

    // A statement of any kind.
    let void = json!({
        "header": { "businessKey": "V-1", "occurredAt": "2026-01-13T08:30:00+08:00" },
        "void": { "reason": "typed twice",
                  "target": { "party": other_party(&other), "id": other_id(&other) } },
    });
    let (status, answer) = gateway.post("/v1/statements", void.to_string().as_bytes());
    assert_eq!(status, 202, "{answer}");
    gateway.wait_for("V-1", "landed");

    let (status, page) = gateway.get("/v1/bills?state=landed&limit=1");
    assert_eq!((status, page["bills"].as_array().unwrap().len()), (200, 1));
    assert!(page["next"].is_u64(), "there is more: {page}");
    let (status, health) = gateway.get("/v1/health");
    assert_eq!((status, &health["bills"]["landed"]), (200, &json!(4)), "{health}");
    let size = stage.size().await;
    assert_eq!(gateway.stop(), Some(0));
    let stopped = run_in(place.command("give-up").arg("SO-1"));
    assert!(stopped.code == Some(2) && stopped.stderr.contains("no gateway runs"), "{stopped:?}");
    stage.end(size);
}

fn header(signed: &proto::v1::SignedStatement) -> proto::v1::Header {
    use prost::Message as _;
    proto::v1::Statement::decode(signed.payload.clone()).unwrap().header.unwrap()
}

fn other_party(signed: &proto::v1::SignedStatement) -> String {
    header(signed).party
}

fn other_id(signed: &proto::v1::SignedStatement) -> String {
    uuid::Uuid::from_slice(&header(signed).id).unwrap().to_string()
}

/// Waits for a file to appear and reads it.
fn appears(path: &Path) -> String {
    let begin = Instant::now();
    loop {
        if let Ok(text) = fs::read_to_string(path) {
            return text;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{} does not appear", path.display());
        thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_by_inbox_rest_and_command_line_and_every_fault_is_told() {
    let stage = Stage::set().await;
    let partners = format!("[bills.partners]\nKH01 = \"{}\"", stage.dealer.party);
    let place = Place::make(&stage.server.data.join("../erp"), &stage, &stage.maker, &partners);
    let head = "单据号,单据类型,业务时间,往来单位,追溯码\n";

    // Nothing runs: the outbox takes it in, and says so.
    let file = place.dir.join("a.csv");
    fs::write(&file, format!("{head}A-1,201,2026-01-12 08:30,KH01,{}\n", unit(1))).unwrap();
    let done = run_in(place.command("submit").arg(&file).arg("--json")).ok();
    assert_eq!((&done["bills"][0]["outcome"], &done["bills"][0]["state"]), (&json!("new"), &json!("queued")));
    let status = run_in(place.command("status").args(["A-1", "--json"])).ok();
    assert_eq!(status["bills"][0]["state"], "queued", "{status}");

    // The gateway sends it, and takes the same file again without sending it again.
    let gateway = place.start();
    gateway.wait_for("A-1", "landed");
    let again = run_in(place.command("submit").arg(&file).arg("--json")).ok();
    assert_eq!(
        (&again["bills"][0]["outcome"], &again["bills"][0]["state"]),
        (&json!("same"), &json!("landed"))
    );
    let status = run_in(place.command("status").args(["A-1", "--json"])).ok();
    assert_eq!(status["bills"][0]["state"], "landed");
    let none = run_in(place.command("status").args(["A-9", "--json"]));
    assert_eq!((none.code, &none.json()["error"]["reason"]), (Some(1), &json!("REFUSED")), "{none:?}");

    // For people: what has not landed, how many there are of each state, and what to do.
    let told = run_in(place.command("status").args(["--lang", "zh"]));
    assert_eq!(told.stdout, "待发送 0，发送中 0，已搁置 0，已入账 1，被拒绝 0，重复 0\n", "{told:?}");
    let told = run_in(place.command("status").args(["A-1", "--lang", "en"]));
    assert!(told.stdout.starts_with("1  ship  A-1  landed  entry "), "{told:?}");

    // A second one cannot use the same outbox.
    let second = run_in(&mut place.command("run"));
    assert!(second.code != Some(0) && second.stderr.contains("in use by another process"), "{second:?}");

    // Inbox: the good bill of a file is taken, the bad one reported with line and column.
    let bad = format!(
        "{head}B-1,201,2026-01-12 08:30,KH01,{}\nB-2,201,2026-01-12 08:30,KH09,(01)09521234543214(21)X\nB-2,,,,{}\n",
        unit(2),
        unit(3)
    );
    fs::write(place.dir.join("b.tmp"), bad).unwrap();
    fs::rename(place.dir.join("b.tmp"), place.dir.join("inbox/b.csv")).unwrap();
    let report = appears(&place.dir.join("inbox/failed/b.csv.report.txt"));
    for needed in ["B-1", "line 第 3 行, 往来单位", "KH09", "line 第 3 行, 追溯码", "check digit"]
    {
        assert!(report.contains(needed), "{needed}: {report}");
    }
    appears(&place.dir.join("inbox/failed/b.csv"));
    gateway.wait_for("B-1", "landed");
    assert_eq!(gateway.get("/v1/bills/B-2").0, 404, "nothing of a faulty bill");

    // The same over REST: 422 with the faults; a good XML of 码上放心's shape: 202.
    let (status, answer) = gateway.post("/v1/files?name=x.csv", b"number,type,time\nC-1,201,soon\n");
    assert_eq!(status, 422);
    let columns: Vec<&str> =
        answer["faults"].as_array().unwrap().iter().map(|f| f["column"].as_str().unwrap()).collect();
    assert_eq!(columns, ["time", "partner", "code"], "{answer}");
    // JSON has its own place, and is told so.
    let json_bill = ship("J-1", &[unit(4)], &stage.dealer.party).to_string();
    let (status, answer) = gateway.post("/v1/files?name=x.json", json_bill.as_bytes());
    assert_eq!((status, &answer["faults"][0]["reason"]), (422, &json!("NOT_A_BILL")), "{answer}");
    assert!(answer["faults"][0]["message"].as_str().unwrap().contains("/v1/bills"), "{answer}");
    let xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?><Document><Events>\
        <Event Name=\"SalesWareHouseOut\" MainAction=\"WareHouseOut\"><DataField>\
        <Data Code=\"81234567890123456789\" CorpOrderID=\"X-1\" ActDate=\"2026-01-12 09:10:39\" ToCorpID=\"KH01\" Actor=\"u\"/>\
        <Data Code=\"81234567890123456790\" CorpOrderID=\"X-1\" ActDate=\"2026-01-12 09:11:39\" ToCorpID=\"KH01\" Actor=\"u\"/>\
        </DataField></Event></Events></Document>";
    let (status, answer) = gateway.post("/v1/files?name=x.xml", xml.as_bytes());
    assert_eq!((status, &answer["bills"][0]["lines"]), (202, &json!(2)), "{answer}");
    gateway.wait_for("X-1", "landed");
    let size = stage.size().await;
    assert_eq!(gateway.stop(), Some(0));
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doors_open_to_the_secret_and_not_to_web_pages() {
    let stage = Stage::set().await;
    let place = Place::make(&stage.server.data.join("../erp"), &stage, &stage.maker, "");
    let gateway = place.start();
    let secret_file = place.data().join("secret");
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&secret_file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let us = gateway.address;
    let (bearer, wrong) = (format!("Bearer {}", gateway.secret), "Bearer 0000");
    let basic = {
        use base64::Engine as _;
        let text = format!("erp:{}", gateway.secret);
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
    };
    let host = us.to_string();
    let local = format!("localhost:{}", us.port());
    let table = [
        ("GET", "/v1/health", &*host, &*bearer, "", 200),
        ("GET", "/v1/health", &local, &bearer, "", 200),
        ("GET", "/v1/health", &host, wrong, "", 401),
        ("GET", "/v1/health", &host, "Bearer ", "", 401),
        ("GET", "/v1/health", &host, &basic, "", 401),
        ("GET", "/v1/health", "evil.example", &bearer, "", 421),
        ("GET", "/v1/health", "", &bearer, "", 400),
        ("POST", "/v1/bills", &host, &bearer, "Origin: https://evil.example\r\n", 403),
        ("POST", "/v1/bills", &host, &bearer, "Sec-Fetch-Site: cross-site\r\n", 403),
        ("POST", "/v1/bills", &host, &basic, "", 401),
        ("POST", "/v1/bills", &host, &bearer, "", 422),
        ("GET", "/v1/bills?state=lost", &host, &bearer, "", 400),
        ("GET", "/v1/bills?after=x", &host, &bearer, "", 400),
        ("GET", "/nowhere", &host, &bearer, "", 404),
        ("GET", "/", &host, &basic, "", 200),
        ("GET", "/", &host, &bearer, "", 200),
        ("GET", "/", &host, "Basic e30=", "", 401),
    ];
    for (method, path, host, authorization, more, expect) in table {
        let host = if host.is_empty() { String::new() } else { format!("Host: {host}\r\n") };
        let head = format!("{host}Authorization: {authorization}\r\n{more}");
        let (status, body) = raw(us, method, path, &head, b"").unwrap();
        // Without any name HTTP itself refuses; 400 and 421 are both shut doors.
        let fits = status == expect || (expect == 400 && status == 421);
        assert!(fits, "{method} {path} {head}: {status}, expected {expect}: {body}");
    }
    let too_large = vec![b'x'; (16 << 20) + 1];
    let head = format!("Host: {host}\r\nAuthorization: {bearer}\r\n");
    if let Ok((status, _)) = raw(us, "POST", "/v1/files", &head, &too_large) {
        assert_eq!(status, 413);
    }
    // The page shows what bills hold as text.
    post(&gateway, &ship("<b>&1", &[unit(1)], &stage.dealer.party));
    let (_, page) = raw(us, "GET", "/", &head, b"").unwrap();
    assert!(page.contains("&lt;b&gt;&amp;1") && !page.contains("<b>&1"), "{page}");
    assert!(page.contains("待发送") && page.contains("queued"), "{page}");
    assert_eq!(gateway.stop(), Some(0));
    let text = fs::read_to_string(place.dir.join("gateway.log")).unwrap();
    assert!(!text.contains(&gateway_secret(&secret_file)), "the secret is in no log");
}

fn gateway_secret(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_enrolled_late_holds_bills_back_and_loses_none() {
    let stage = Stage::set().await;
    let late = stage.maker.with_new_key();
    let place = Place::make(&stage.server.data.join("../erp"), &stage, &late, "");
    let gateway = place.start();
    for i in 0..3 {
        assert_eq!(post(&gateway, &ship(&format!("L-{i}"), &[unit(i)], &stage.dealer.party)).0, 202);
    }
    let begin = Instant::now();
    let health = loop {
        let (status, health) = gateway.get("/v1/health");
        if health["lane"]["attention"] == true {
            assert_eq!(status, 503);
            break health;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{health}");
        thread::sleep(Duration::from_millis(50));
    };
    assert!(health["lane"]["waitingFor"].as_str().unwrap().contains("UNKNOWN_KEY"), "{health}");
    assert_eq!(gateway.bill("L-0")["state"], "sending");
    stage.enrol(&late, &[proto::v1::KeyUse::Sign], |_| {}).await;
    for i in 0..3 {
        gateway.wait_for(&format!("L-{i}"), "landed");
    }
    assert_eq!(gateway.get("/v1/health").0, 200);

    // A new key in the settings: what the old one signed and the ledger no longer takes is signed anew.
    let id = late.key_id();
    let (party, reason) = (late.party.clone(), "lost".into());
    let revoke = proto::v1::RevokeKey { party, key_id: id.to_vec(), reason, ..Default::default() };
    stage.submit(&stage.root.sign(proto::v1::statement::Body::RevokeKey(revoke))).await;
    assert_eq!(post(&gateway, &ship("L-9", &[unit(9)], &stage.dealer.party)).0, 202);
    gateway.wait_for("L-9", "sending");
    assert_eq!(gateway.stop(), Some(0));
    fs::remove_file(place.dir.join("signer.pem")).unwrap();
    client::KeyFile::create(&place.dir.join("signer.pem"), &stage.maker.key, client::Protection::Plain)
        .unwrap();
    let gateway = place.start();
    gateway.wait_for("L-9", "landed");
    assert_eq!(gateway.stop(), Some(0));
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_new_bills_clearly_and_loses_none_that_were_accepted() {
    let mut stage = Stage::set().await;
    let place = Place::make(&stage.server.data.join("../erp"), &stage, &stage.maker, "");
    stage.server.kill();
    // Made first without a limit: the limit is on the growth of the outbox.
    assert_eq!(place.start().stop(), Some(0));
    let script = r#"trap "" XFSZ; ulimit -f "$1"; shift; exec "$@""#;
    let mut limited = Command::new("sh");
    limited.args(["-c", script, "sh", "4096", env!("CARGO_BIN_EXE_yuanliu"), "gateway", "run", "--settings"]);
    limited.arg(&place.settings);
    let gateway = place.start_by(limited);
    let items: Vec<String> = (0..2_000).map(unit).collect();
    let mut accepted = 0;
    let refusal = loop {
        let (status, answer) = post(&gateway, &ship(&format!("F-{accepted}"), &items, &stage.dealer.party));
        match status {
            202 => accepted += 1,
            _ => break (status, answer),
        }
        assert!(accepted < 200, "the limit is never met");
    };
    assert_eq!((refusal.0, &refusal.1["error"]["reason"]), (507, &json!("OUTBOX_BROKEN")), "{}", refusal.1);
    let message = refusal.1["error"]["message"].as_str().unwrap();
    assert!(message.contains("free disk space"), "{message}");
    assert!(accepted > 3, "{accepted}");
    drop(gateway);

    // There is space again: all that was accepted is there, and is sent.
    stage.server = Server::start_at(&stage.server.data, stage.server.address);
    let gateway = place.start();
    for i in 0..accepted {
        gateway.wait_for(&format!("F-{i}"), "landed");
    }
    assert_eq!(post(&gateway, &ship(&format!("F-{accepted}"), &items, &stage.dealer.party)).0 / 100, 2);
    gateway.wait_for(&format!("F-{accepted}"), "landed");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_to_a_ledger_that_was_rolled_back() {
    let stage = Stage::set().await;
    let partners = format!("[bills.partners]\nKH01 = \"{}\"", stage.dealer.party);
    let place = Place::make(&stage.server.data.join("../erp"), &stage, &stage.maker, &partners);
    let bill = |number: &str, serial: usize| {
        json!({
            "number": number, "type": "201", "time": "2026-01-12 08:30", "partner": "KH01",
            "lines": [{ "code": unit(serial) }],
        })
    };
    let gateway = place.start();
    let size = stage.size().await;
    let before = stage.server.data.with_file_name("before");
    // A copy of the directory of a ledger that runs is none; its log is synced, and recovers.
    copy_dir(&stage.server.data, &before);
    for (number, serial) in [("R-1", 1), ("R-2", 2)] {
        assert_eq!(post(&gateway, &bill(number, serial)).0, 202);
        gateway.wait_for(number, "landed");
    }
    let (data, address) = (stage.server.data.clone(), stage.server.address);
    let kept = stage.kill();
    fs::remove_dir_all(&data).unwrap();
    fs::rename(&before, &data).unwrap();
    let server = Server::start_at(&data, address);
    let held = |gateway: &Gateway| {
        let begin = Instant::now();
        loop {
            let (status, health) = gateway.get("/v1/health");
            let why = health["lane"]["waitingFor"].as_str().unwrap_or_default();
            if status == 503 && why.contains("rolled back") {
                return;
            }
            assert!(begin.elapsed() < Duration::from_secs(60), "{status} {health}");
            thread::sleep(Duration::from_millis(50));
        }
    };
    assert_eq!(post(&gateway, &bill("R-3", 3)).0, 202);
    held(&gateway);
    // So it is for a gateway that is started again.
    drop(gateway);
    let gateway = place.start();
    held(&gateway);
    let (_, bills) = gateway.get("/v1/bills/R-3");
    assert_ne!(bills["bills"][0]["state"], "landed", "{bills}");
    drop(gateway);
    assert_eq!(server.stop(), 0);
    let report = run(["verify".as_ref(), "--data".as_ref(), data.as_os_str()]).ok();
    assert!(report["entries"].as_u64() <= Some(size + 1), "{report}");
    drop(kept);
}
