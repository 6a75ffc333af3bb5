//! One engine for all: entries out of a derivation's own log or from elsewhere, prepared ahead on several threads,
//! checked in turn, and what they lead to carried on.

use std::{num::NonZeroUsize, thread};

use anyhow::Result;
use audit::{Auditor, Defect, Fault, KnownKeys, Position, Prepared, in_order};
use custody::{RecordedEntry, View};
use ledger::{Derivation, Steps, ViewCheck};
use merkle::{Hash, VerifierKey};
use statement::{Leaf, LeafType, MINUTE, Seal};
use store::StoreError;

use super::{
    expected::Expected,
    times::{Times, Told},
};
use crate::{lang::Lang, out::Out};

/// What the checks of a log came to.
#[derive(Debug)]
pub struct Audited {
    /// Entries checked, by this run and those that it went on from.
    pub entries: u64,
    /// Of them, those that an earlier run had checked.
    pub resumed: u64,
    /// What was looked at of those again.
    pub again: Again,
    /// The ledger's id and the log's key, as the first entry gives them.
    pub names: Option<(Hash, VerifierKey)>,
    /// Root over the leaves.
    pub root: Hash,
    /// Chain hash after the last.
    pub chain: Hash,
    /// Signed checkpoints that were held against the entries.
    pub checkpoints: u64,
    /// The first thing that does not fit.
    pub defect: Option<Found>,
    /// How the view in use compares with what the entries give.
    pub view: ViewCheck,
    /// Digest over the view that was derived.
    pub digest: Option<Hash>,
    /// Where it is not the ledger that was expected: a stable reason, and words.
    pub unexpected: Option<(&'static str, String)>,
    /// How recorded times go with cosignatures and time stamps.
    pub times: Told,
}

impl Audited {
    /// Neither log nor view has a defect, no time is false, and it is the ledger that was expected.
    pub const fn is_sound(&self) -> bool {
        self.defect.is_none()
            && self.unexpected.is_none()
            && self.times.is_sound()
            && !matches!(self.view, ViewCheck::Differs(_))
    }

    /// Whether the view in use is the right one, where there is one to tell of.
    pub const fn view_ok(&self) -> Option<bool> {
        match self.view {
            ViewCheck::Absent | ViewCheck::NotReached => None,
            ViewCheck::Same => Some(true),
            ViewCheck::Differs(_) => Some(false),
        }
    }
}

/// What is looked at again of entries that an earlier run has checked. What follows from them is taken from its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Every byte of them, where they lie.
    Bytes,
    /// That the last of them is still the same, by its chain hash, which all before it go into; contents are those of
    /// the copy.
    Chain,
    /// That the log's root goes on from theirs.
    Root,
}

/// A defect: an entry and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The entry.
    pub index: u64,
    /// What is wrong.
    pub fault: String,
}

impl Found {
    pub fn of(defect: &Defect, out: Out) -> Self {
        let fault = match out.lang {
            Lang::En => defect.fault.to_string(),
            Lang::Zh => defect.fault.to_chinese(),
        };
        Self { index: defect.index, fault }
    }
}

/// Entries of which the subjects are looked up together, and most subjects looked up at a time.
const TOGETHER: usize = 128;
const MAX_PREFETCH: usize = 2_048;

/// Signed checkpoints of a log, ascending by size.
pub trait Notes {
    /// Those for `size`, and any of smaller sizes that have not been given. `entry` is the last below `size`.
    ///
    /// # Errors
    /// They cannot be read.
    fn up_to(&mut self, size: u64, entry: LeafType) -> Result<Vec<(u64, String)>>;

    /// That of a size that was passed without one: it may have come since.
    ///
    /// # Errors
    /// It cannot be read.
    fn behind(&mut self, size: u64) -> Result<Option<String>>;

    /// Those of more entries than there are.
    ///
    /// # Errors
    /// They cannot be read.
    fn rest(&mut self) -> Result<Vec<(u64, String)>>;
}

/// Why checking ended before the end of the entries.
enum End {
    Defect(Defect),
    Failed(anyhow::Error),
}

impl From<Defect> for End {
    fn from(defect: Defect) -> Self {
        Self::Defect(defect)
    }
}

impl From<anyhow::Error> for End {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<ledger::Error> for End {
    fn from(error: ledger::Error) -> Self {
        match error {
            ledger::Error::Seal { index, fault } => Self::Defect(Defect { index, fault: Fault::Seal(fault) }),
            ledger::Error::Access { index, fault } => {
                Self::Defect(Defect { index, fault: Fault::Digest(fault) })
            }
            ledger::Error::Unsealed { index, most } => {
                Self::Defect(Defect { index, fault: Fault::Unsealed(most) })
            }
            other => Self::Failed(other.into()),
        }
    }
}

/// Checks of one log, from where its derivation stands.
pub struct Engine<'e> {
    derivation: &'e Derivation,
    steps: Steps<'e>,
    keys: KnownKeys,
    auditor: Auditor,
    resumed: u64,
    /// What an earlier run has checked has been looked at again.
    begun: bool,
    checkpoints: u64,
    expected: Expected,
    times: Times,
    out: Out,
}

impl<'e> Engine<'e> {
    /// `times`: moments at which others have seen checkpoints of it.
    ///
    /// # Errors
    /// The derivation cannot be read, or stands where the log does not lead.
    pub fn new(derivation: &'e Derivation, expected: Expected, times: Times, out: Out) -> Result<Self> {
        let derived = derivation.derived()?;
        let resumed = derived.tree.size();
        let steps = derivation.steps()?;
        let auditor = match resumed.checked_sub(1) {
            None => Auditor::default(),
            Some(last) => {
                let missing = || anyhow::anyhow!("the log has fewer entries than were audited");
                let genesis = derivation.entry(0)?.ok_or_else(missing)?;
                let last = derivation.entry(last)?.ok_or_else(missing)?;
                let undigested = undigested(derivation, steps.view(), resumed)?;
                let position = Position { chain: derived.chain, tree: derived.tree, undigested };
                Auditor::resume(position, &genesis, &last)?
            }
        };
        let mut this = Self {
            derivation,
            steps,
            keys: KnownKeys::default(),
            auditor,
            resumed,
            begun: false,
            checkpoints: 0,
            expected,
            times,
            out,
        };
        this.expected.look(&this.auditor);
        Ok(this)
    }

    /// Entries checked.
    pub const fn size(&self) -> u64 {
        self.auditor.size()
    }

    /// Whether it has advanced once: checkpoints up to its size have been looked at then.
    pub const fn has_begun(&self) -> bool {
        self.begun
    }

    /// Checks `entries`, which go on from where this stands, and `notes`; tells `progress` the size reached. What was
    /// checked is written, also where something is found: then this must not be used any more.
    ///
    /// # Errors
    /// Not what is wrong with the log, but what keeps from telling.
    pub fn advance<I>(
        &mut self,
        entries: I,
        notes: &mut dyn Notes,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Option<Found>>
    where
        I: Iterator<Item = Result<RecordedEntry>>,
    {
        let ended = match self.earlier(notes) {
            Ok(()) => self.all(entries, notes, progress),
            Err(end) => Err(end),
        };
        match ended {
            Ok(()) => Ok(None),
            Err(End::Defect(defect)) => Ok(Some(Found::of(&defect, self.out))),
            Err(End::Failed(error)) => unreadable(error, self.auditor.size(), self.out).map(Some),
        }
    }

    /// What it came to; makes durable what was derived.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    pub fn finish(mut self, found: Option<Found>) -> Result<Audited> {
        self.steps.flush()?;
        let mut defect = found;
        let derived = self.auditor.ledger();
        if defect.is_none() && derived.is_some_and(|derived| derived != self.derivation.ledger()) {
            let fault = self.out.pick(
                "the ledger id kept beside the log is not that of this entry",
                "日志旁所存的账本标识与此条目不符",
            );
            defect = Some(Found { index: 0, fault: fault.into() });
        } else if self.auditor.size() == 0 && defect.is_none() {
            let what =
                self.out.pick("it is missing: a ledger begins with its genesis", "缺失：账本须始于首条目");
            defect = Some(Found { index: 0, fault: what.into() });
        }
        let (times, false_word) = self.times.finish();
        let defect = defect.or(false_word);
        let names = self.auditor.ledger().copied().zip(self.auditor.log_key().cloned());
        let unexpected = self.expected.unmet(names.as_ref(), self.out);
        let digest = if defect.is_none() { Some(self.steps.digest()?) } else { None };
        Ok(Audited {
            entries: self.auditor.size(),
            resumed: self.resumed,
            again: if self.derivation.is_copy() { Again::Chain } else { Again::Bytes },
            names,
            root: self.auditor.root(),
            chain: *self.auditor.chain(),
            checkpoints: self.checkpoints,
            defect,
            view: self.steps.view_check().clone(),
            digest,
            unexpected,
            times,
        })
    }

    /// What was checked by an earlier run: its checkpoints, which may have become more since, and its times.
    fn earlier(&mut self, notes: &mut dyn Notes) -> Result<(), End> {
        if std::mem::replace(&mut self.begun, true) || self.resumed == 0 {
            return Ok(());
        }
        let last = self.derivation.entry(self.resumed - 1)?;
        let leaf_type = last.and_then(|entry| Leaf::decode(&entry.leaf).ok()).map(|leaf| leaf.leaf_type);
        let kept = notes.up_to(self.resumed, leaf_type.unwrap_or(LeafType::Statement))?;
        for (size, note) in &kept {
            self.earlier_checkpoint(*size, note)?;
        }
        self.earlier_seals(&kept, notes)?;
        for ((size, root), fits) in self.expected.open_below(self.resumed) {
            *fits = Some(self.derivation.root_at(size)? == root);
        }
        Ok(())
    }

    /// Behind every seal that was checked by an earlier run a checkpoint is kept.
    fn earlier_seals(&mut self, kept: &[(u64, String)], notes: &mut dyn Notes) -> Result<(), End> {
        let mut seal = custody::sealed(self.steps.view()).map_err(anyhow::Error::from)?.index;
        while seal > 0 {
            let size = seal + 1;
            if kept.binary_search_by_key(&size, |(size, _)| *size).is_err() {
                let defect = Defect { index: seal, fault: Fault::Unsigned };
                let note = notes.behind(size)?.ok_or(defect)?;
                self.earlier_checkpoint(size, &note)?;
            }
            let entry = self.derivation.entry(seal)?;
            let read = entry.and_then(|entry| Seal::decode(&entry.payload).ok());
            // It names one before it, or was not the one that was checked.
            let previous = read.map(|read| read.previous).filter(|previous| *previous < seal);
            seal = previous.ok_or(Defect { index: seal, fault: Fault::Altered })?;
        }
        Ok(())
    }

    fn earlier_checkpoint(&mut self, size: u64, note: &str) -> Result<(), End> {
        let fault = |fault: String| Defect { index: size.saturating_sub(1), fault: Fault::Checkpoint(fault) };
        let key = self.auditor.log_key().ok_or_else(|| fault("there is no genesis".into()))?;
        let checkpoint = evidence::open_checkpoint(note, key).map_err(|e| fault(e.to_string()))?;
        if checkpoint.size() != size {
            return Err(fault(format!("it is for size {}, kept for {size}", checkpoint.size())).into());
        }
        if *checkpoint.root() != self.derivation.root_at(size)? {
            return Err(fault("it was signed for another root".into()).into());
        }
        self.checkpoints += 1;
        Ok(())
    }

    fn all<I>(&mut self, entries: I, notes: &mut dyn Notes, progress: &mut dyn FnMut(u64)) -> Result<(), End>
    where
        I: Iterator<Item = Result<RecordedEntry>>,
    {
        let keys = std::mem::take(&mut self.keys);
        let ended = in_order(entries, &keys, threads(), |ready| {
            loop {
                let some: Vec<_> = (&mut *ready).take(TOGETHER).collect();
                if some.is_empty() {
                    break;
                }
                let sound = some.iter().filter_map(|prepared| prepared.as_ref().ok());
                self.steps.prefetch(sound.flat_map(Prepared::subjects).take(MAX_PREFETCH))?;
                for prepared in some {
                    self.one(&keys, prepared?, notes)?;
                }
                progress(self.size());
            }
            for (size, note) in notes.rest()? {
                self.auditor.checkpoint(size, &note)?;
            }
            Ok(())
        });
        self.keys = keys;
        // What was found sound stays derived, whatever comes after it.
        let written = self.steps.write();
        ended.and_then(|()| Ok(written?))
    }

    fn one(&mut self, keys: &KnownKeys, prepared: Prepared, notes: &mut dyn Notes) -> Result<(), End> {
        let index = self.size();
        let outcome = self.auditor.check_prepared(self.steps.view(), keys, &prepared)?;
        self.times.entry(index, outcome.leaf.recorded_at);
        self.expected.look(&self.auditor);
        let leaf_type = outcome.leaf.leaf_type;
        self.steps.record(prepared.into_entry(), outcome.into())?;
        let kept = notes.up_to(index + 1, leaf_type)?;
        for (size, note) in &kept {
            self.auditor.checkpoint(*size, note)?;
            self.checkpoints += 1;
        }
        if leaf_type == LeafType::Seal && kept.iter().all(|(size, _)| *size != index + 1) {
            return Err(Defect { index, fault: Fault::Unsigned }.into());
        }
        Ok(())
    }
}

/// Minutes in which entries were recorded after the newest access digest, ascending; `None` before the first digest.
fn undigested(derivation: &Derivation, view: &impl View, size: u64) -> Result<Option<Vec<u64>>> {
    let Some(newest) = custody::digested(view)? else { return Ok(None) };
    let mut minutes = Vec::new();
    for index in (0..size).rev() {
        let Some(entry) = derivation.entry(index)? else { break };
        let Ok(leaf) = Leaf::decode(&entry.leaf) else { break };
        let minute = leaf.recorded_at / MINUTE;
        if minute <= newest.minute {
            break;
        }
        let counts = matches!(leaf.leaf_type, LeafType::Statement | LeafType::Seal);
        if counts && minutes.last() != Some(&minute) {
            minutes.push(minute);
        }
    }
    minutes.reverse();
    Ok(Some(minutes))
}

/// One thread checks in turn, the others ahead of it.
fn threads() -> NonZeroUsize {
    let all = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    NonZeroUsize::new(all.saturating_sub(1)).unwrap_or(NonZeroUsize::MIN)
}

/// What cannot be read in the log is a finding like any other, at `next`, the entry that was due;
/// everything else is a failure of the check.
fn unreadable(error: anyhow::Error, next: u64, out: Out) -> Result<Found> {
    let store = match error.downcast_ref() {
        Some(ledger::Error::Store(store)) => store,
        _ => return Err(error),
    };
    match store {
        StoreError::Damaged { table: "entry", key, fault } => {
            Ok(Found { index: *key, fault: (*fault).to_owned() })
        }
        StoreError::Damaged { table: "checkpoint", key, fault } => {
            let what =
                out.pick("the checkpoint kept for this size is damaged:", "所存的该条目数的检查点已损坏：");
            Ok(Found { index: key.saturating_sub(1), fault: format!("{what} {key}, {fault}") })
        }
        StoreError::RocksDb { doing: "cannot read the log", source } => {
            let what = out.pick("it cannot be read:", "无法读取：");
            Ok(Found { index: next, fault: format!("{what} {source}") })
        }
        StoreError::RocksDb { doing: "cannot read the checkpoint", source } => {
            let what = out.pick("a checkpoint cannot be read:", "检查点无法读取：");
            Ok(Found { index: next.saturating_sub(1), fault: format!("{what} {source}") })
        }
        _ => Err(error),
    }
}
