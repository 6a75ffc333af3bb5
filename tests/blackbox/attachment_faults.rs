//! Documents that are damaged, lie elsewhere, or are read by an authority.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use client::{AttachmentFile, ClientError};
use proto::v1::{AttachmentState, SignedStatement};

use crate::{
    attachments::{document, erasure, kept, shipped_with, until},
    kit::{Server, Stage, channel, copy_dir, reference, run, yuanliu},
};

type Named = (SignedStatement, proto::v1::Attachment);

fn file_of(stage: &Stage, of: &Named) -> PathBuf {
    let name = hex::encode(&of.1.digest);
    stage.server.data.join("attachments").join(&name[..2]).join(&name[2..4]).join(name)
}

async fn download(client: &client::Client, of: &Named) -> Result<Vec<u8>, ClientError> {
    let mut got = Vec::new();
    let digest = of.1.digest.as_slice().try_into().unwrap();
    client.download(reference(&of.0), &digest, &mut got).await?;
    Ok(got)
}

async fn until_file(path: &Path) {
    for _ in 0..1_000 {
        if path.exists() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{} is not there in time", path.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_document_stops_no_other_and_is_erased_once_it_is_mended() {
    let mut stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let paper = temp.path().join("a.txt");
    fs::write(&paper, document(50_000)).unwrap();
    let (bad, good) = (shipped_with(&stage, &paper).await, shipped_with(&stage, &paper).await);
    let (bad_file, client) = (file_of(&stage, &bad), stage.client(&stage.dealer).await);
    until_file(&bad_file).await;
    until_file(&file_of(&stage, &good)).await;
    // Cut within its key slots: whose it is cannot be told any more, so it cannot be erased.
    let whole = fs::read(&bad_file).unwrap();
    fs::write(&bad_file, &whole[..700]).unwrap();
    let mut file = fs::read(&bad_file).unwrap();
    file[30] ^= 1;
    fs::write(&bad_file, file).unwrap();
    stage.submit(&stage.maker.sign(erasure(&bad.0))).await;
    let size = stage.size().await;

    // Everybody else is served, and what comes later is followed.
    let later = shipped_with(&stage, &paper).await;
    until_file(&file_of(&stage, &later)).await;
    stage.submit(&stage.maker.sign(erasure(&good.0))).await;
    until(&client, &good, AttachmentState::Erased).await;
    assert!(download(&client, &later).await.unwrap() == document(50_000));
    let ready = stage.server.get("/readyz");
    assert!(ready.starts_with("HTTP/1.1 200") && ready.contains("attachments: 1 entries"), "{ready}");
    assert!(ready.contains(&format!("the first is {}", size - 1)), "{ready}");
    let metrics = stage.server.get("/metrics");
    for line in
        ["yuanliu_attachments_undone 1", "yuanliu_attachments_behind 0", "yuanliu_attachments_waiting 0"]
    {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    let log = fs::read_to_string(stage.server.data.join("serve.log")).unwrap();
    assert!(log.contains("could not be done") && log.contains("is damaged"), "{log}");

    // Somebody puts the file back as it was: it is not handed out, whether the server goes on or starts anew.
    fs::write(&bad_file, &whole).unwrap();
    let error = download(&client, &bad).await.unwrap_err();
    let ClientError::Fix(failure) = error else { panic!("{error}") };
    assert_eq!(failure.reason, "ATTACHMENT_WITHHELD");
    let (data, size) = (stage.server.data.clone(), stage.size().await);
    stage.server.terminate();
    assert_eq!(stage.server.wait(), 0);
    stage.server = Server::start(&data);
    stage.channel = channel(&stage.server).await;
    let client = stage.client(&stage.dealer).await;
    until(&client, &bad, AttachmentState::Erased).await;
    assert_eq!(fs::metadata(&bad_file).unwrap().len(), 512, "a tombstone");
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_counted_and_a_damaged_one_keeps_no_server_from_starting() {
    let mut stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let paper = temp.path().join("a.txt");
    fs::write(&paper, document(200_000)).unwrap();
    let client = stage.client(&stage.maker).await;
    for _ in 0..2 {
        client.upload(&AttachmentFile::read(&paper, None).unwrap(), None).await.unwrap();
    }
    let metrics = stage.server.get("/metrics");
    for line in ["yuanliu_attachments_waiting 2", "yuanliu_attachments_waiting_bytes 400000"] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    let (data, size) = (stage.server.data.clone(), stage.size().await);
    stage.server.kill();
    let waiting = data.join("attachments/waiting");
    let first = fs::read_dir(&waiting).unwrap().next().unwrap().unwrap().path();
    fs::write(&first, b"cut").unwrap();
    stage.server = Server::start(&data);
    stage.channel = channel(&stage.server).await;
    assert!(stage.server.get("/metrics").contains("yuanliu_attachments_set_aside 1"));
    assert!(stage.server.get("/readyz").contains("1 damaged files were set aside"));
    assert!(data.join("attachments/damaged").join(first.file_name().unwrap()).exists());
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_takes_documents_along_that_lie_elsewhere() {
    let mut stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let (elsewhere, backup) = (temp.path().join("papers"), temp.path().join("backup"));
    let data = stage.server.data.clone();
    stage.server.kill();
    let mut command = yuanliu();
    command.arg("serve").env("YUANLIU_SERVER__ATTACHMENTS__DIRECTORY", &elsewhere);
    stage.server = Server::try_start(command, &data, SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    stage.channel = channel(&stage.server).await;
    let paper = temp.path().join("a.txt");
    fs::write(&paper, document(9_000)).unwrap();
    let named = shipped_with(&stage, &paper).await;
    until(&stage.client(&stage.dealer).await, &named, AttachmentState::Present).await;
    let size = stage.size().await;
    stage.server.terminate();
    assert_eq!(stage.server.wait(), 0);
    assert_eq!(kept(&elsewhere).len(), 1);
    let args = ["backup", "--data", data.to_str().unwrap(), "-o", backup.to_str().unwrap()];
    let made = run(args).ok();
    assert_eq!(
        (made["attachments"].as_u64(), made["attachments_from"].as_str()),
        (Some(1), elsewhere.to_str())
    );
    assert_eq!(kept(&backup.join("attachments")).len(), 1);
    // A new key for them is made where they lie.
    assert_eq!(run(["attach", "rewrap", "--data", data.to_str().unwrap()]).ok()["attachments"], 1);
    // What is not there is not taken for nothing.
    fs::rename(&elsewhere, temp.path().join("unmounted")).unwrap();
    let failed = run(["backup", "--data", data.to_str().unwrap(), "-o", &format!("{}-2", backup.display())]);
    assert!(failed.code == Some(4) && failed.stderr.contains("papers"), "{failed:?}");

    // In the usual place again.
    copy_dir(&temp.path().join("unmounted"), &data.join("attachments"));
    stage.server = Server::start(&data);
    stage.channel = channel(&stage.server).await;
    assert!(download(&stage.client(&stage.dealer).await, &named).await.unwrap() == document(9_000));
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_a_document_by_its_role_alone_is_in_the_log_whatever_its_filter() {
    let mut stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let data = stage.server.data.clone();
    stage.server.kill();
    let mut command = yuanliu();
    command.arg("serve").env("YUANLIU_LOGS__FILTER", "error");
    stage.server = Server::try_start(command, &data, SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    stage.channel = channel(&stage.server).await;
    let paper = temp.path().join("a.txt");
    fs::write(&paper, document(9_000)).unwrap();
    let named = shipped_with(&stage, &paper).await;
    for reader in [&stage.maker, &stage.dealer, &stage.office] {
        assert!(download(&stage.client(reader).await, &named).await.unwrap() == document(9_000));
    }
    let log = fs::read_to_string(data.join("serve.log")).unwrap();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &serde_json::Value| line["target"] == "yuanliu::access")
        .collect();
    assert_eq!(lines.len(), 1, "{log}");
    let line = &lines[0];
    assert_eq!(line["party"], stage.office.party);
    assert_eq!(line["digest"], hex::encode(&named.1.digest));
    assert!(line["purpose"].is_string() && line["entry"].is_u64(), "{line}");
    let size = stage.size().await;
    stage.end(size);
}
