//! What an audit is told to expect of a ledger.

use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use audit::Auditor;
use merkle::{Checkpoint, Hash, Note, VerifierKey};

use crate::{cmd::keygen::parse_ledger, exit, lang::Lang, out::Out, reasons};

/// What a ledger must be, known from elsewhere: whoever has the log's key can write another log that holds
/// together as well.
#[derive(Debug, Default)]
pub struct Expected {
    ledger: Option<Hash>,
    log_key: Option<VerifierKey>,
    checkpoints: Vec<Kept>,
}

/// A checkpoint kept outside of the ledger.
#[derive(Debug)]
struct Kept {
    name: String,
    note: Note,
    checkpoint: Checkpoint,
    /// Whether the entries have its root; `None` until there are as many.
    fits: Option<bool>,
}

impl Expected {
    /// From the flags.
    pub fn read(ledger: Option<&str>, log_key: Option<&str>, checkpoints: &[PathBuf]) -> Result<Self> {
        let ledger = ledger.map(parse_ledger).transpose()?;
        let log_key = log_key.map(|text| {
            text.parse().map_err(|e| {
                exit::usage(
                    format!("--log-key {text}: {e}"),
                    format!("--log-key {text}：不是日志公钥（{e}）"),
                )
            })
        });
        let checkpoints = checkpoints.iter().map(|file| Kept::read(file)).collect::<Result<_>>()?;
        Ok(Self { ledger, log_key: log_key.transpose()?, checkpoints })
    }

    /// The ledger's id.
    pub const fn ledger(&self) -> Option<&Hash> {
        self.ledger.as_ref()
    }

    /// The log's key.
    pub const fn log_key(&self) -> Option<&VerifierKey> {
        self.log_key.as_ref()
    }

    /// Size and root of checkpoints below a size that have not been looked at, and where to say whether they fit.
    pub fn open_below(&mut self, size: u64) -> impl Iterator<Item = ((u64, Hash), &mut Option<bool>)> {
        let open = move |kept: &&mut Kept| kept.fits.is_none() && kept.checkpoint.size() <= size;
        self.checkpoints.iter_mut().filter(open).map(|kept| {
            let Kept { checkpoint, fits, .. } = kept;
            ((checkpoint.size(), *checkpoint.root()), fits)
        })
    }

    /// Holds the checkpoints against leaves alone.
    pub fn look_at(&mut self, size: u64, root: impl Fn() -> Hash) {
        for kept in &mut self.checkpoints {
            if kept.fits.is_none() && kept.checkpoint.size() == size {
                kept.fits = Some(*kept.checkpoint.root() == root());
            }
        }
    }

    /// Looks at the entries checked so far.
    pub fn look(&mut self, auditor: &Auditor) {
        self.look_at(auditor.size(), || auditor.root());
    }

    /// The first checkpoint that does not go with the leaves, of which those below `looked_from` were not looked at.
    pub fn unmet_checkpoint(
        &self,
        log_key: &VerifierKey,
        looked_from: u64,
        out: Out,
    ) -> Option<(&'static str, String)> {
        let told =
            self.checkpoints.iter().filter(|kept| kept.checkpoint.size() > looked_from || looked_from == 0);
        let fault = told.into_iter().find_map(|kept| kept.fault(log_key, out));
        fault.map(|fault| (reasons::CHECKPOINT_DIFFERS, fault))
    }

    /// The first thing that is not as expected: a stable reason, and words.
    pub fn unmet(&self, names: Option<&(Hash, VerifierKey)>, out: Out) -> Option<(&'static str, String)> {
        let (ledger, log_key) = names?;
        if let Some(expected) = self.ledger.filter(|expected| expected != ledger) {
            let what = out.pick("another ledger than expected:", "不是所期望的账本，而是");
            return Some((
                client::reason::OTHER_LEDGER,
                format!("{what} {} ≠ {}", hex::encode(ledger), hex::encode(expected)),
            ));
        }
        if let Some(expected) = self.log_key.as_ref().filter(|expected| *expected != log_key) {
            let what = out.pick("another log key than expected:", "日志公钥不是所期望的：");
            return Some((reasons::OTHER_LOG_KEY, format!("{what} {log_key} ≠ {expected}")));
        }
        let fault = self.checkpoints.iter().find_map(|kept| kept.fault(log_key, out));
        fault.map(|fault| (reasons::CHECKPOINT_DIFFERS, fault))
    }
}

impl Kept {
    fn read(file: &Path) -> Result<Self> {
        let name = file.display().to_string();
        let bytes = fs::read(file)
            .map_err(|e| exit::machine(format!("cannot read {name}"), format!("无法读取 {name}"), e))?;
        let note = Note::parse(&bytes).map_err(|e| not_a_checkpoint(&name, e))?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(|e| not_a_checkpoint(&name, e))?;
        Ok(Self { name, note, checkpoint, fits: None })
    }

    fn fault(&self, key: &VerifierKey, out: Out) -> Option<String> {
        let Self { name, note, checkpoint, fits } = self;
        let size = checkpoint.size();
        if let Err(error) = Checkpoint::open(note, key) {
            return Some(format!(
                "{name}: {} {error}",
                out.pick("not signed by this log:", "非此日志所签：")
            ));
        }
        match fits {
            Some(true) => None,
            Some(false) => Some(match out.lang {
                Lang::En => format!("{name}: the first {size} entries are not those that it was signed for"),
                Lang::Zh => format!("{name}：前 {size} 条与检查点所签的不符"),
            }),
            None => Some(match out.lang {
                Lang::En => format!("{name}: it was signed for {size} entries, of which some are missing"),
                Lang::Zh => format!("{name}：检查点签署时有 {size} 条，现有条目缺失"),
            }),
        }
    }
}

fn not_a_checkpoint(name: &str, error: impl Display) -> anyhow::Error {
    exit::usage(
        format!("{name} is not a signed checkpoint: {error}"),
        format!("{name} 不是已签署的检查点：{error}"),
    )
}
