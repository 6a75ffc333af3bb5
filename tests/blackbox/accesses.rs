//! Who read what: recorded before it is answered, digested within the minute, and shown where it is left out.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use client::{KeyFile, Protection};
use merkle::SignerKey;
use proto::v1::{GetAccessDigestRequest, GetEntryRequest, GetItemRequest, ListAccessRecordsRequest, Role};
use rocksdb::{DB, Direction, IteratorMode, Options};
use rpc::{access_service_client::AccessServiceClient, ledger_service_client::LedgerServiceClient};
use serde_json::Value;
use statement::{AccessLeaf, MINUTE, SignedAccess};
use tonic::{Code, Request};

use crate::kit::{Actor, Done, Server, Stage, channel, error_reason, run, run_in, yuanliu};

const RECORD: &str = "yuanliu-access-record-bin";
const ITEM: &str = "sgtin:09521234567899.NEVER-SEEN";

fn start(data: &Path) -> Server {
    let mut command = yuanliu();
    command.env("YUANLIU_LEDGER__ACCESS_DIGEST_DELAY_MS", "0").arg("serve");
    Server::try_start(command, data, SocketAddr::from(([127, 0, 0, 1], 0))).unwrap()
}

/// Runs a command as a party whose key lies in a file.
fn as_party(server: &Server, (actor, key): (&Actor, &Path), args: &[&str]) -> Done {
    let mut command = yuanliu();
    command.args(args).arg("--json").arg("--server").arg(server.url()).arg("--ca").arg(&server.ca);
    command.args(["--party", &actor.party, "--purpose", "lead 17", "--key"]).arg(key);
    run_in(&mut command)
}

fn lines(done: &Done) -> Vec<Value> {
    done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn states(done: &Done) -> Vec<String> {
    lines(done).iter().map(|line| line["state"].as_str().unwrap().to_owned()).collect()
}

fn key_file(folder: &Path, actor: &Actor) -> PathBuf {
    let path = folder.join(format!("{}.pem", actor.party.replace([':', ' '], "-")));
    KeyFile::create(&path, &actor.key, Protection::Plain).unwrap();
    path
}

/// Signs a leaf as the ledger's own answer key does, whether it was recorded or not.
fn forged(data: &Path, leaf: &AccessLeaf) -> String {
    let key: SignerKey = fs::read_to_string(data.join("keys/answer.key")).unwrap().trim().parse().unwrap();
    STANDARD.encode(SignedAccess::sign(leaf.encode().unwrap(), key.key()).unwrap().encode())
}

/// Takes up to a minute: digests come when their minute has ended.
#[tokio::test(flavor = "multi_thread")]
async fn privileged_reads_are_recorded_digested_and_their_omission_is_shown() {
    let stage = Stage::set().await;
    let auditor = Actor::new("org:Auditor", stage.ledger());
    stage.register(&auditor, Role::Auditor).await;
    let (data, office, maker, ledger) =
        (stage.server.data.clone(), stage.office.clone(), stage.maker.clone(), stage.ledger());
    assert_eq!(stage.server.stop(), 0);
    let temp = tempfile::tempdir().unwrap();
    let server = start(&data);
    let (office_key, auditor_key) = (key_file(temp.path(), &office), key_file(temp.path(), &auditor));

    // What an answer carries, and a refusal; nothing to a trader and to nobody.
    let file = temp.path().join("reads.txt");
    let kept = ["--access-records", file.to_str().unwrap()];
    let desk = as_party(&server, (&office, &office_key), &[&["desk", "holdings"][..], &kept].concat());
    assert_eq!(desk.code, Some(0), "{desk:?}");
    let item = as_party(&server, (&office, &office_key), &[&["item", ITEM][..], &kept].concat());
    assert_eq!(item.code, Some(1), "{item:?}");
    let records = client::read_access_records(&file).unwrap();
    let methods: Vec<&str> = records.iter().map(|signed| signed.record().method.as_str()).collect();
    assert_eq!(methods, ["/yuanliu.v1.DeskService/ListHoldings", "/yuanliu.v1.TraceService/GetItem"]);
    let record = records[1].record();
    assert_eq!((record.party.as_str(), record.purpose.as_str()), (office.party.as_str(), "lead 17"));
    assert_eq!(record.question, prost::Message::encode_to_vec(&GetItemRequest { item: ITEM.into() }));
    let channel = channel(&server).await;
    let carried = async |request: Request<GetEntryRequest>| {
        let answer = LedgerServiceClient::new(channel.clone()).get_entry(request).await.unwrap();
        answer.metadata().contains_key(RECORD)
    };
    let entry = GetEntryRequest { index: 1 };
    assert!(carried(office.ask(entry)).await);
    assert!(!carried(maker.ask(entry)).await && !carried(Request::new(entry)).await);

    // Not due yet; then an entry commits to each.
    let check =
        |file: &Path| as_party(&server, (&office, &office_key), &["access", "check", file.to_str().unwrap()]);
    let due = check(&file);
    assert!(due.code == Some(0) && states(&due).iter().all(|state| state == "not_yet_due"), "{due:?}");
    let begin = Instant::now();
    let done = loop {
        let done = check(&file);
        assert_eq!(done.code, Some(0), "{done:?}");
        if states(&done) == ["recorded", "recorded"] {
            break done;
        }
        assert!(begin.elapsed() < Duration::from_secs(90), "no digest: {done:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    let told = lines(&done);
    assert!(told[0]["entry"].as_u64().is_some() && told[1]["purpose"] == "lead 17", "{done:?}");
    let metrics = server.get("/metrics");
    assert!(
        metrics.contains("yuanliu_access_records_total") && metrics.contains("yuanliu_access_digest_lag")
    );

    // All of a minute is told to auditors only; a digest to whoever reads by role.
    let minute = record.minute();
    let list = ["access", "list", "--minute", &minute.to_string()];
    let listed = as_party(&server, (&auditor, &auditor_key), &list).ok();
    let purposes: Vec<&Value> = listed["records"].as_array().unwrap().iter().map(|r| &r["purpose"]).collect();
    assert!(listed["digest"].is_u64() && purposes.contains(&&Value::from("lead 17")), "{listed}");
    let mut access = AccessServiceClient::new(channel.clone());
    let records = ListAccessRecordsRequest { minute, ..Default::default() };
    let refused = access.list_access_records(office.ask(records)).await.unwrap_err();
    assert_eq!((refused.code(), error_reason(&refused).as_str()), (Code::PermissionDenied, "AUDITORS_ONLY"));
    let digest = GetAccessDigestRequest { minute };
    assert!(access.get_access_digest(office.ask(digest)).await.unwrap().into_inner().digest.is_some());
    let refused = access.get_access_digest(maker.ask(digest)).await.unwrap_err();
    assert_eq!(error_reason(&refused), "SEES_ALL_ONLY");

    // Records that the answer key has signed and the log leaves out: of this minute, and of one that has no digest.
    let leaf = |at: u64| {
        let record = statement::AccessRecord { at, ..record.clone() };
        AccessLeaf { salt: [9; 32], record }
    };
    let cheat = temp.path().join("cheat.txt");
    let early = (minute - 30) * MINUTE;
    fs::write(&cheat, format!("{}\n{}\n", forged(&data, &leaf(record.at)), forged(&data, &leaf(early))))
        .unwrap();
    let proofs = temp.path().join("proofs");
    fs::create_dir(&proofs).unwrap();
    let args = ["access", "check", cheat.to_str().unwrap(), "--proofs", proofs.to_str().unwrap()];
    let convicted = as_party(&server, (&office, &office_key), &args);
    assert_eq!(
        (convicted.code, states(&convicted)),
        (Some(1), vec!["left_out".to_owned(), "left_out".into()])
    );
    let log_key = run([
        "checkpoint".as_ref(),
        "--vkey".as_ref(),
        "--server".as_ref(),
        server.url().as_ref(),
        "--ca".as_ref(),
        server.ca.as_os_str(),
    ])
    .ok()["log_key"]
        .as_str()
        .unwrap()
        .to_owned();
    for (line, kind) in lines(&convicted).iter().zip(["left_out", "undigested"]) {
        let proof = line["proof"].as_str().unwrap();
        let verdict = run(["evidence", "verify", proof, "--log-key", &log_key]).ok();
        assert_eq!((&verdict["verdict"], &verdict["kind"]), (&"fraud".into(), &kind.into()));
    }
    assert_eq!(server.stop(), 0);

    // Offline the same, and the directory is whole.
    let data_arg = data.to_str().unwrap();
    let offline = run(["access", "check", file.to_str().unwrap(), "--data", data_arg]);
    assert_eq!((offline.code, states(&offline)), (Some(0), vec!["recorded".to_owned(), "recorded".into()]));
    let listed = run(["access", "list", "--minute", &minute.to_string(), "--data", data_arg]).ok();
    assert!(listed["digest"].is_u64(), "{listed}");
    let whole = run(["verify", "--data", data_arg]).ok();
    assert_eq!((&whole["ok"], &whole["ledger"]), (&true.into(), &hex::encode(ledger).into()));
    tampered(&data, minute, listed["digest"].as_u64().unwrap());
}

/// One changed byte in the records of a digested minute.
fn tampered(data: &Path, minute: u64, digest: u64) {
    let options = Options::default();
    let families = DB::list_cf(&options, data.join("log")).unwrap();
    let db = DB::open_cf(&options, data.join("log"), &families).unwrap();
    let table = db.cf_handle("access").unwrap();
    let (key, value) = db
        .iterator_cf(table, IteratorMode::From(&minute.to_be_bytes(), Direction::Forward))
        .next()
        .unwrap()
        .unwrap();
    let mut changed = value.to_vec();
    changed[40] ^= 1;
    db.put_cf(table, &key, changed).unwrap();
    drop(db);
    let done = run(["verify".as_ref(), "--data".as_ref(), data.as_os_str()]);
    let report = done.json();
    assert_eq!((done.code, report["index"].as_u64()), (Some(1), Some(digest)), "{done:?}");
    assert!(report["fault"].as_str().unwrap().contains("access digest"), "{report}");
}
