//! Documents through the program: put, named, got, erased, and what lies on disk meanwhile.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use client::{AttachmentFile, ClientError};
use futures::stream;
use proto::v1::{
    AttachmentHead, AttachmentState, Erase, GetAttachmentRequest, SignedStatement, StatementRef,
    UploadAttachmentRequest, statement::Body, upload_attachment_request::Part,
};
use rpc::attachment_service_client::AttachmentServiceClient;
use serde_json::Value;

use crate::kit::{Actor, Done, Server, Stage, copy_dir, reference, run, run_in, ship, unit, yuanliu};

pub(crate) const SECRET: &str = "patient Z. of room 7";

pub(crate) fn document(length: usize) -> Vec<u8> {
    (0..).flat_map(|n: u32| format!("{n}: {SECRET}\n").into_bytes()).take(length).collect()
}

/// Whether bytes stand in any file below, the server's own log of calls included.
fn on_disk(dir: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).any(|path| {
        if path.is_dir() {
            on_disk(&path, bytes)
        } else {
            // Databases rename their files while they run.
            fs::read(&path).is_ok_and(|f| f.windows(bytes.len()).any(|w| w == bytes))
        }
    })
}

/// Files of documents, and what is left of erased ones.
pub(crate) fn kept(dir: &Path) -> Vec<(PathBuf, u64)> {
    let mut all = Vec::new();
    for path in fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
        if path.is_dir() {
            all.extend(kept(&path));
        } else if path.file_name().unwrap().len() == 64 {
            all.push((path.clone(), fs::metadata(&path).unwrap().len()));
        }
    }
    all
}

/// The program as a party; its key file lies in `dir`.
struct Desk<'s> {
    stage: &'s Stage,
    dir: &'s Path,
    actor: &'s Actor,
}

impl Desk<'_> {
    fn run(&self, args: &[&str]) -> Done {
        let key = self.dir.join(format!("{}.pem", self.actor.party.replace(':', "-")));
        if !key.exists() {
            client::KeyFile::create(&key, &self.actor.key, client::Protection::Plain).unwrap();
        }
        let mut command = yuanliu();
        command.args(args).args([
            "--server",
            &self.stage.server.url(),
            "--party",
            &self.actor.party,
            "--json",
        ]);
        command.arg("--ca").arg(&self.stage.server.ca).arg("--key").arg(key);
        run_in(&mut command)
    }
}

pub(crate) fn erasure(target: &SignedStatement) -> Body {
    Body::Erase(Erase {
        target: Some(reference(target)),
        digests: Vec::new(),
        reason: "asked for by the person concerned".into(),
        legal_basis: "个人信息保护法 47".into(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_put_named_got_by_the_other_side_and_erased_for_good() {
    let stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let desk = |actor| Desk { stage: &stage, dir: temp.path(), actor };
    let (maker, dealer, clinic) = (desk(&stage.maker), desk(&stage.dealer), desk(&stage.clinic));
    let bytes = document(300_000);
    let paper = temp.path().join("delivery note.txt");
    fs::write(&paper, &bytes).unwrap();
    let bill = temp.path().join("ship.json");
    let body = format!(r#"{{"ship":{{"items":["{}"],"addressee":"org:Dealer","reason":"sale"}}}}"#, unit(1));
    fs::write(&bill, body).unwrap();

    let attach = format!("{}:delivery-note", paper.display());
    let receipt = maker.run(&["submit", bill.to_str().unwrap(), "--attach", &attach]).ok();
    let entry = receipt["index"].as_u64().unwrap().to_string();
    let info = dealer.run(&["attach", "info", &entry]).ok();
    assert_eq!((&info["state"], &info["role"]), (&"present".into(), &"delivery-note".into()), "{info}");
    let got = temp.path().join("got.txt");
    let get = |who: &Desk<'_>| who.run(&["attach", "get", &entry, "-o", got.to_str().unwrap()]);
    assert_eq!(get(&dealer).ok()["digest"], info["digest"]);
    assert!(fs::read(&got).unwrap() == bytes);
    assert_eq!(get(&dealer).code, Some(2), "what is there is not overwritten");
    fs::remove_file(&got).unwrap();
    let stranger = get(&clinic);
    assert!(stranger.code == Some(1) && !got.exists(), "{stranger:?}");

    // Nothing of it lies on the server's disk in the clear; of the salt neither.
    let data = stage.server.data.clone();
    let salt = salt_of(&stage, entry.parse().unwrap()).await;
    assert!(on_disk(&data, b"delivery-note"), "the search finds what is there: the role is in the payload");
    assert!(!on_disk(&data, SECRET.as_bytes()) && !on_disk(&data, &salt));
    assert_eq!(kept(&data.join("attachments")).len(), 1);

    let statement = statement_at(&stage, entry.parse().unwrap()).await;
    let erased = stage.submit(&stage.maker.sign(erasure(&statement))).await.index;
    let begin = Instant::now();
    let gone = loop {
        let info = dealer.run(&["attach", "info", &entry]).ok();
        if info["state"] == "erased" {
            break info;
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "{info}");
    };
    assert_eq!(gone["erased_by"], erased);
    let refused = get(&dealer);
    assert!(refused.code == Some(1) && refused.stderr.contains("ATTACHMENT_ERASED"), "{refused:?}");
    assert!(refused.stderr.contains(&format!("entry {erased}")) && !got.exists(), "{refused:?}");
    assert!(!on_disk(&data, SECRET.as_bytes()) && !on_disk(&data, &salt));
    assert!(kept(&data.join("attachments")).iter().all(|(_, size)| *size == 512), "a tombstone is left");

    // For a new document of the same bytes there is a new salt, and so another digest.
    let put = maker.run(&["attach", "put", paper.to_str().unwrap(), "--role", "delivery-note"]).ok();
    assert_ne!(put["attachment"]["digest"], info["digest"]);
    assert!(put["expires_at"].as_i64().unwrap() > 0, "{put}");
    let none = maker.run(&["attach", "put", "/nowhere/a.pdf"]);
    assert_eq!(none.code, Some(4), "{none:?}");
    let size = stage.size().await;
    stage.end(size);
}

async fn statement_at(stage: &Stage, index: u64) -> SignedStatement {
    let client = stage.client(&stage.office).await;
    let entry = client.get_entry(proto::v1::GetEntryRequest { index }).await.unwrap().entry.unwrap();
    SignedStatement { payload: entry.payload, ..SignedStatement::default() }
}

/// The salt of the only attachment of an entry.
async fn salt_of(stage: &Stage, index: u64) -> Vec<u8> {
    let statement = statement_at(stage, index).await;
    let header = statement::Statement::recorded(statement.payload.clone()).unwrap().header().clone();
    let digest = header.attachments[0].digest.as_slice().try_into().unwrap();
    let named = StatementRef { party: header.party, id: header.id, digest: Vec::new() };
    let client = stage.client(&stage.office).await;
    client.download(named, &digest, &mut std::io::sink()).await.unwrap().salt
}

/// Put, and named by a Ship of the maker.
pub(crate) async fn shipped_with(stage: &Stage, path: &Path) -> (SignedStatement, proto::v1::Attachment) {
    let client = stage.client(&stage.maker).await;
    let file = AttachmentFile::read(path, None).unwrap();
    client.upload(&file, None).await.unwrap();
    let named = file.named("invoice");
    let body = Body::Ship(ship(vec![unit(1)], &stage.dealer));
    let signed = stage.maker.sign_with(body, |h| h.attachments = vec![named.clone()]);
    stage.submit(&signed).await;
    (signed, named)
}

pub(crate) async fn state(
    client: &client::Client,
    of: &(SignedStatement, proto::v1::Attachment),
) -> AttachmentState {
    let statement = StatementRef { digest: Vec::new(), ..reference(&of.0) };
    let request = GetAttachmentRequest { statement: Some(statement), digest: of.1.digest.clone() };
    client.get_attachment(request).await.unwrap().state()
}

/// Until the log has been followed so far.
pub(crate) async fn until(
    client: &client::Client,
    of: &(SignedStatement, proto::v1::Attachment),
    is: AttachmentState,
) {
    let begin = Instant::now();
    while state(client, of).await != is {
        assert!(begin.elapsed() < Duration::from_secs(10), "not {is:?} in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_an_upload_it_keeps_nothing_of_it_and_all_else() {
    let mut stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let paper = temp.path().join("a.txt");
    fs::write(&paper, document(100_000)).unwrap();
    let whole = shipped_with(&stage, &paper).await;

    // Half of a document has come when the power goes.
    let bytes = document(2 << 20);
    let head = AttachmentHead {
        salt: vec![5; 32],
        digest: statement::attachment_digest(&[5; 32], &bytes).to_vec(),
        size: bytes.len() as u64,
        media_type: "text/plain".into(),
    };
    let first = UploadAttachmentRequest { part: Some(Part::Head(head.clone())), statement: None };
    let half = bytes[..1 << 20].to_vec();
    let half = UploadAttachmentRequest { part: Some(Part::Chunk(half.into())), statement: None };
    let (send, messages) = tokio::sync::mpsc::channel(2);
    let mut raw = AttachmentServiceClient::new(stage.channel.clone());
    let request = stage.maker.ask(tokio_stream::wrappers::ReceiverStream::new(messages));
    let running = tokio::spawn(async move { raw.upload_attachment(request).await });
    send.send(first.clone()).await.unwrap();
    send.send(half.clone()).await.unwrap();
    let new = stage.server.data.join("attachments/new");
    let begin = Instant::now();
    while fs::read_dir(&new).unwrap().all(|f| f.unwrap().metadata().unwrap().len() < 900_000) {
        assert!(begin.elapsed() < Duration::from_secs(10), "the half has not arrived");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!on_disk(&new, SECRET.as_bytes()));
    stage.server.kill();
    assert!(running.await.unwrap().is_err());
    stage.server = Server::start_at(&stage.server.data.clone(), stage.server.address);
    stage.channel = crate::kit::channel(&stage.server).await;
    assert_eq!(fs::read_dir(&new).unwrap().count(), 0, "half a document is not kept");

    let client = stage.client(&stage.dealer).await;
    until(&client, &whole, AttachmentState::Present).await;
    let mut got = Vec::new();
    let digest = whole.1.digest.as_slice().try_into().unwrap();
    client.download(reference(&whole.0), &digest, &mut got).await.unwrap();
    assert!(got == document(100_000));
    // The same upload again, from its beginning.
    let rest = UploadAttachmentRequest {
        part: Some(Part::Chunk(bytes[1 << 20..].to_vec().into())),
        statement: None,
    };
    let mut raw = AttachmentServiceClient::new(stage.channel.clone());
    let told = raw.upload_attachment(stage.maker.ask(stream::iter([first, half, rest]))).await.unwrap();
    assert!(!told.into_inner().known);
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_repeated_on_a_backup_that_was_made_before_it() {
    let mut stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let paper = temp.path().join("a.txt");
    fs::write(&paper, document(50_000)).unwrap();
    let (gone, stays) = (shipped_with(&stage, &paper).await, shipped_with(&stage, &paper).await);
    let client = stage.client(&stage.dealer).await;
    until(&client, &gone, AttachmentState::Present).await;
    let data = stage.server.data.clone();
    stage.server.terminate();
    assert_eq!(stage.server.wait(), 0);
    let backup = temp.path().join("backup");
    let made = run([
        "backup".as_ref(),
        "--data".as_ref(),
        data.as_os_str(),
        "--output".as_ref(),
        backup.as_os_str(),
    ]);
    assert_eq!(made.ok()["attachments"], 2);
    assert!(!on_disk(&backup, SECRET.as_bytes()) && !backup.join("keys").exists());
    // Documents as they were before the erasure, on the log as it is after it: as if they had been
    // copied back from an old disk.
    stage.server = Server::start(&data);
    stage.channel = crate::kit::channel(&stage.server).await;
    stage.submit(&stage.maker.sign(erasure(&gone.0))).await;
    until(&stage.client(&stage.dealer).await, &gone, AttachmentState::Erased).await;
    stage.server.kill();
    fs::remove_dir_all(data.join("attachments")).unwrap();
    copy_dir(&backup.join("attachments"), &data.join("attachments"));
    stage.server = Server::start(&data);
    stage.channel = crate::kit::channel(&stage.server).await;
    let client = stage.client(&stage.dealer).await;
    // The first answer of all says so already: until the log has been followed, there is none.
    let digest: [u8; 32] = gone.1.digest.as_slice().try_into().unwrap();
    let error = client.download(reference(&gone.0), &digest, &mut std::io::sink()).await.unwrap_err();
    let ClientError::Fix(failure) = error else { panic!("{error}") };
    assert_eq!(failure.reason, "ATTACHMENT_ERASED");
    assert_eq!(state(&client, &stays).await, AttachmentState::Present);
    assert_eq!(kept(&data.join("attachments")).iter().filter(|(_, size)| *size > 512).count(), 1);

    // The whole ledger out of the backup; its key lies elsewhere.
    let restored = temp.path().join("restored");
    run(["restore".as_ref(), backup.as_os_str(), "--data".as_ref(), restored.as_os_str()]).ok();
    fs::create_dir_all(restored.join("keys")).unwrap();
    for key in ["keys/log.key", "keys/answer.key"] {
        fs::copy(data.join(key), restored.join(key)).unwrap();
    }
    let serve = || {
        let mut command = yuanliu();
        command.args(["serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data"]).arg(&restored);
        command
    };
    let keyless = run_in(&mut serve());
    assert!(keyless.code == Some(4) && keyless.stderr.contains("attachments.key"), "{keyless:?}");
    fs::copy(data.join("keys/attachments.key"), restored.join("keys/attachments.key")).unwrap();
    // Under another key from now on.
    let count: Value = run(["attach", "rewrap", "--data", restored.to_str().unwrap()]).ok();
    assert_eq!(count["attachments"], 2);
    assert_ne!(
        fs::read(data.join("keys/attachments.key")).unwrap(),
        fs::read(restored.join("keys/attachments.key")).unwrap()
    );
    let size = stage.size().await;
    stage.server.kill();
    stage.server = Server::start(&restored);
    stage.channel = crate::kit::channel(&stage.server).await;
    let client = stage.client(&stage.dealer).await;
    let mut got = Vec::new();
    client.download(reference(&gone.0), &digest, &mut got).await.unwrap();
    assert!(got == document(50_000), "this log has not heard of the erasure yet");
    stage.end(size - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_settings_do_not_allow_is_refused_by_its_reason() {
    let stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let desk = Desk { stage: &stage, dir: temp.path(), actor: &stage.maker };
    let file = |name: &str, bytes: &[u8]| {
        fs::write(temp.path().join(name), bytes).unwrap();
        temp.path().join(name).display().to_string()
    };
    let large = file("large.txt", &vec![b'x'; (32 << 20) + 1]);
    let disguised = file("photo.jpg", b"MZ\x90\0\x03\0\0\0");
    let web = file("page.txt", b"<html>");
    let table = [
        (vec![large.as_str()], 1, "ATTACHMENT_TOO_LARGE"),
        (vec![disguised.as_str()], 1, "ATTACHMENT_TYPE"),
        (vec![web.as_str(), "--media-type", "text/html"], 1, "ATTACHMENT_TYPE"),
        (vec![web.as_str(), "--entry", "999"], 1, "NOT_FOUND"),
    ];
    for (args, code, told) in table {
        let done = desk.run(&[&["attach", "put"], &args[..]].concat());
        assert!(done.code == Some(code) && done.stderr.contains(told), "{told}: {done:?}");
    }
    assert!(kept(&stage.server.data.join("attachments")).is_empty());
    let size = stage.size().await;
    stage.end(size);
}
