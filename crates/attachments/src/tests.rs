//! A directory to play on.

#![allow(clippy::unwrap_used, clippy::expect_used)]

pub(crate) mod crash;
mod damage;
mod erasing;
mod keeping;
mod keys;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use merkle::Hash;
use statement::attachment_digest;

use crate::{Begun, Error, Found, Kept, Limits, NewDocument, Refused, Store, UploadError};

const SALT: Hash = [7; 32];
const MAKER: &str = "org:Maker";
const DEALER: &str = "org:Dealer";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

/// Text of a length, unlike itself anywhere.
fn text(length: usize) -> Vec<u8> {
    (0..).flat_map(|n: u32| format!("line {n} of a secret paper\n").into_bytes()).take(length).collect()
}

struct Play {
    temp: tempfile::TempDir,
}

impl Play {
    fn new() -> Self {
        Self { temp: tempfile::tempdir().unwrap() }
    }

    fn dir(&self) -> PathBuf {
        self.temp.path().join("attachments")
    }

    fn key(&self) -> PathBuf {
        self.temp.path().join("keys/attachments.key")
    }

    fn try_open(&self) -> Result<Arc<Store>, Error> {
        Store::open(&self.dir(), &self.key(), Limits::default()).map(Arc::new)
    }

    fn open(&self) -> Arc<Store> {
        self.try_open().unwrap()
    }

    fn with(&self, limits: Limits) -> Arc<Store> {
        Arc::new(Store::open(&self.dir(), &self.key(), limits).unwrap())
    }
}

fn document(bytes: &[u8]) -> NewDocument {
    NewDocument {
        owner: MAKER.into(),
        salt: SALT,
        digest: attachment_digest(&SALT, bytes),
        size: bytes.len() as u64,
        media_type: "text/plain".into(),
    }
}

/// Uploads in pieces of a length.
fn send(store: &Arc<Store>, what: NewDocument, bytes: &[u8], piece: usize) -> Result<Kept, UploadError> {
    let mut upload = match store.begin(what, at(0))? {
        Begun::Known(kept) => return Ok(kept),
        Begun::Fresh(upload) => upload,
    };
    for piece in bytes.chunks(piece) {
        upload.write(piece)?;
    }
    upload.finish(at(0))
}

fn put(store: &Arc<Store>, bytes: &[u8]) -> Result<Kept, UploadError> {
    send(store, document(bytes), bytes, 10_000)
}

fn refused(result: Result<Kept, UploadError>) -> Refused {
    match result {
        Err(UploadError::Refused(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

fn get(store: &Arc<Store>, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let Found::Present(mut blob) = store.find(&attachment_digest(&SALT, bytes), MAKER)? else {
        panic!("not there")
    };
    let mut all = Vec::new();
    while let Some(piece) = blob.next(store)? {
        all.extend(piece);
    }
    Ok(all)
}

/// How the maker's document stands: "here", "waits", "erased by 5", "missing".
fn state(store: &Store, bytes: &[u8]) -> String {
    match store.find(&attachment_digest(&SALT, bytes), MAKER).unwrap() {
        Found::Present(blob) if blob.waits() => "waits".into(),
        Found::Present(_) => "here".into(),
        Found::Erased(by) => format!("erased by {by}"),
        Found::Missing => "missing".into(),
    }
}

/// All files below, sorted.
fn files_in(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() { all.extend(files_in(&entry)) } else { all.push(entry) }
    }
    all.sort();
    all
}

/// Whether bytes stand in any file below.
fn on_disk(dir: &Path, bytes: &[u8]) -> bool {
    files_in(dir).iter().any(|f| fs::read(f).unwrap().windows(bytes.len()).any(|w| w == bytes))
}
