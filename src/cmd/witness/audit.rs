//! The audits behind a witness that audits: for each log a thread that derives again what its server gives.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::Result;
use client::{Client, ConnectOptions, Purpose, ReadSigner, Trust};
use merkle::{Hash, SigningKey};
use serde::{Deserialize, Serialize};
use tokio::{runtime::Handle, sync::watch};
use witness::{AuditSettings, Audits, Derived, Logs, origin_id};

use crate::{
    cmd::{
        audit::{
            Expected, TimeTrust, Times,
            engine::{Engine, Found},
            remote::{Mirror, Remote},
        },
        connect::SYSTEM_TRUST,
    },
    keys,
    out::Out,
};

/// Rest between two looks at a log where nobody asks for a cosignature.
const REST: Duration = Duration::from_secs(1);
/// Longest wait for audits to end.
const PATIENCE: Duration = Duration::from_secs(30);
/// Rest after a failure.
const AGAIN: Duration = Duration::from_secs(5);
/// File that says that a log differs. Nothing is cosigned while it is there.
const DIFFERENCE: &str = "difference.json";

/// A log that is to be audited.
struct Log {
    settings: AuditSettings,
    key: SigningKey,
    /// Keys that the witness knows of it.
    log_keys: Vec<merkle::VerifierKey>,
    folder: PathBuf,
}

/// What was found wrong with a log.
#[derive(Debug, Serialize, Deserialize)]
struct Difference {
    index: u64,
    fault: String,
    /// The checkpoint that the log has signed over it.
    checkpoint: String,
}

/// Prepares the audits: reads keys, and what was found before.
pub(super) struct Auditors {
    pub(super) audits: Arc<Audits>,
    logs: Vec<Log>,
    out: Out,
}

impl Auditors {
    /// # Errors
    /// A key cannot be opened, or a folder not be read.
    pub(super) fn prepare(of: Vec<AuditSettings>, logs: &Logs, data: &Path, out: Out) -> Result<Self> {
        let audits = Arc::new(Audits::new(of.iter().map(|settings| settings.log.clone())));
        let mut all = Vec::new();
        for settings in of {
            let folder = data.join("audit").join(hex::encode(origin_id(&settings.log)));
            if let Some(found) = read_difference(&folder)? {
                tracing::error!(
                    origin = settings.log,
                    index = found.index,
                    found.fault,
                    "a difference was found before"
                );
                audits.differs(&settings.log, found.index);
            }
            let log_keys = logs.keys(&settings.log).unwrap_or_default().to_vec();
            all.push(Log { key: keys::open(&settings.key, out)?, settings, log_keys, folder });
        }
        Ok(Self { audits, logs: all, out })
    }

    /// Starts them; they end when `stop` says so.
    ///
    /// # Errors
    /// No thread.
    pub(super) fn start(self, runtime: &Handle, stop: &watch::Receiver<bool>) -> Result<Running> {
        let Self { audits, logs, out } = self;
        let start = |log: Log| {
            let (audits, runtime, stop) = (Arc::clone(&audits), runtime.clone(), stop.clone());
            let run = move || log.run(&audits, &runtime, &stop, out);
            Ok(thread::Builder::new().name("audit".into()).spawn(run)?)
        };
        logs.into_iter().map(start).collect::<Result<_>>().map(Running)
    }
}

/// Audits under way.
pub(super) struct Running(Vec<JoinHandle<()>>);

impl Running {
    /// Waits until they have ended, as long as an answer of a server may take: RocksDB must not be in use when the process
    /// goes.
    pub(super) fn wait(self) {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE && self.0.iter().any(|thread| !thread.is_finished()) {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A copy that was derived, for the witness to look roots up in.
struct Shared {
    copy: Mirror,
    folder: PathBuf,
}

impl Derived for Shared {
    fn root_at(&self, size: u64) -> Result<Hash, String> {
        self.copy.derivation().root_at(size).map_err(|e| e.to_string())
    }

    fn differs(&self, size: u64, note: &str) {
        let fault = format!("the checkpoint of {size} entries was signed for another root than they have");
        keep(&self.folder, size.saturating_sub(1), fault, note);
    }
}

impl Log {
    fn run(&self, audits: &Audits, runtime: &Handle, stop: &watch::Receiver<bool>, out: Out) {
        let origin = &self.settings.log;
        let Some(mut wanted) = audits.wanted(origin) else { return };
        while audits.difference(origin).is_none() && !*stop.borrow() {
            if let Err(error) = self.follow(audits, runtime, stop, &mut wanted, out) {
                let error = format!("{error:#}");
                tracing::warn!(origin, error, "the audit is interrupted; nothing new is cosigned meanwhile");
                rest(runtime, AGAIN, &mut wanted, stop);
            }
        }
    }

    /// Audits on as the log grows.
    fn follow(
        &self,
        audits: &Audits,
        runtime: &Handle,
        stop: &watch::Receiver<bool>,
        wanted: &mut watch::Receiver<u64>,
        out: Out,
    ) -> Result<()> {
        let origin = &self.settings.log;
        let remote = runtime.block_on(self.connect())?;
        let copy = match remote.copy(&self.folder)? {
            Ok(copy) => copy,
            Err(defect) => {
                self.found(audits, &Found::of(&defect, out), "");
                return Ok(());
            }
        };
        let shared = Arc::new(Shared { copy, folder: self.folder.clone() });
        let (copy, derived) = (&shared.copy, Arc::clone(&shared) as Arc<dyn Derived>);
        let newest = remote.newest()?;
        if let Some(defect) = remote.no_longer(copy, newest.checkpoint.size())? {
            self.found(audits, &Found::of(&defect, out), &newest.note);
            return Ok(());
        }
        let mut engine = Engine::new(
            copy.derivation(),
            Expected::default(),
            Times::of_notes([], &TimeTrust::default(), out),
            out,
        )?;
        audits.reached(origin, engine.size(), &derived);
        while audits.difference(origin).is_none() && !*stop.borrow() {
            let target = remote.newest()?;
            if target.checkpoint.size() < engine.size()
                && let Some(defect) = remote.no_longer(copy, target.checkpoint.size())?
            {
                self.found(audits, &Found::of(&defect, out), &target.note);
                return Ok(());
            }
            if target.checkpoint.size() > engine.size() {
                let (begin, before) = (Instant::now(), engine.size());
                let found = remote.advance(&mut engine, copy, &target, &mut |_| {})?;
                if let Some(defect) = found {
                    self.found(audits, &defect, &target.note);
                    return Ok(());
                }
                audits.reached(origin, engine.size(), &derived);
                let (size, ms) = (engine.size(), begin.elapsed().as_millis() as u64);
                tracing::debug!(origin, size, entries = size - before, ms, "derived again");
            }
            rest(runtime, REST, wanted, stop);
        }
        Ok(())
    }

    async fn connect(&self) -> Result<Remote> {
        let AuditSettings { log, server, ca, party, purpose, .. } = &self.settings;
        let trust = Trust::File(ca.clone().unwrap_or_else(|| SYSTEM_TRUST.into()));
        let options = ConnectOptions::new(server.clone(), trust);
        let ledger = Client::connect(options.clone()).await?.ledger().await?;
        if !self.log_keys.contains(&ledger.log_key) {
            anyhow::bail!(
                "{server} keeps a ledger with the log key {}, which is not known of {log}",
                ledger.log_key
            );
        }
        let purpose = Purpose::Purpose(purpose.clone());
        let reader = ReadSigner::new(party.clone(), self.key.clone(), ledger.id, purpose);
        let options = ConnectOptions { ledger: Some(ledger.id), reader: Some(reader), ..options };
        Remote::new(Client::connect(options).await?).await
    }

    fn found(&self, audits: &Audits, defect: &Found, note: &str) {
        let (origin, index, fault) = (&self.settings.log, defect.index, &defect.fault);
        tracing::error!(origin, index, fault, "DIFFERENCE: nothing of this log is cosigned any more");
        keep(&self.folder, index, fault.clone(), note);
        audits.differs(origin, index);
    }
}

/// Until somebody asks for more, time is up, or the process is to end.
fn rest(runtime: &Handle, time: Duration, wanted: &mut watch::Receiver<u64>, stop: &watch::Receiver<bool>) {
    let mut stop = stop.clone();
    runtime.block_on(async {
        tokio::select! {
            _ = wanted.changed() => {}
            _ = stop.wait_for(|stop| *stop) => {}
            () = tokio::time::sleep(time) => {}
        }
    });
}

fn read_difference(folder: &Path) -> Result<Option<Difference>> {
    match fs::read(folder.join(DIFFERENCE)) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Keeps a difference where the next start finds it. In this process it counts whether that succeeds or not.
fn keep(folder: &Path, index: u64, fault: String, note: &str) {
    let difference = Difference { index, fault, checkpoint: note.to_owned() };
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let draft = folder.join("difference.new");
        let mut file = fs::File::create(&draft)?;
        file.write_all(&serde_json::to_vec(&difference)?)?;
        file.sync_all()?;
        fs::rename(&draft, folder.join(DIFFERENCE))?;
        fs::File::open(folder)?.sync_all()
    };
    if let Err(error) = write() {
        tracing::error!(%error, "a difference could not be kept: the next start has to find it again");
    }
}
