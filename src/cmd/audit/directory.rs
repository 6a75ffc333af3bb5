//! The directory of a stopped ledger, in which nothing is changed.

use std::{
    iter::Peekable,
    path::{Path, PathBuf},
};

use anyhow::Result;
use audit::{Defect, Fault};
use ledger::{Change, Derivation, ViewCheck};
use statement::LeafType;
use tempfile::TempDir;

use super::{
    bar,
    engine::{Again, Audited, Engine, Found, Notes},
    expected::Expected,
    times::{TimeTrust, Times},
};
use crate::{exit, out::Out};

/// Where what is derived lies.
#[derive(Clone, Copy, Debug)]
pub enum Scratch<'p> {
    /// In a folder that is removed, below this one or in the system's place for such.
    Passing(Option<&'p Path>),
    /// Here, for later runs to go on from.
    Kept(&'p Path),
}

/// A folder for what is derived; one that is not kept goes when this is dropped.
pub(super) enum Folder {
    Passing(TempDir),
    Kept(PathBuf),
}

impl Folder {
    pub(super) fn make(scratch: Scratch<'_>) -> Result<Self> {
        let below = match scratch {
            Scratch::Kept(path) => return Ok(Self::Kept(path.to_owned())),
            Scratch::Passing(below) => below,
        };
        let mut named = tempfile::Builder::new();
        let named = named.prefix("yuanliu-audit-");
        let made = below.map_or_else(|| named.tempdir(), |below| named.tempdir_in(below));
        made.map(Self::Passing).map_err(|e| {
            exit::machine(
                "cannot make a folder for the scratch view (--scratch, TMPDIR)",
                "无法创建临时视图的目录（--scratch、TMPDIR）",
                e,
            )
        })
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Passing(dir) => dir.path(),
            Self::Kept(path) => path,
        }
    }
}

/// Checkpoints that are kept with a log.
struct Kept<I: Iterator<Item = Result<(u64, String), ledger::Error>>>(Peekable<I>);

impl<I: Iterator<Item = Result<(u64, String), ledger::Error>>> Notes for Kept<I> {
    fn up_to(&mut self, size: u64, _entry: LeafType) -> Result<Vec<(u64, String)>> {
        let mut found = Vec::new();
        while let Some(row) = self.0.next_if(|row| row.as_ref().map_or(true, |(kept, _)| *kept <= size)) {
            found.push(row?);
        }
        Ok(found)
    }

    /// All that are kept have been given in their turn.
    fn behind(&mut self, _size: u64) -> Result<Option<String>> {
        Ok(None)
    }

    fn rest(&mut self) -> Result<Vec<(u64, String)>> {
        // One suffices: it is a defect.
        Ok(self.0.next().transpose()?.into_iter().collect())
    }
}

/// Re-derives every entry from its bytes, every kept checkpoint from the entries, and the view from them.
pub fn check(
    data: &Path,
    scratch: Scratch<'_>,
    (expected, trust): (Expected, &TimeTrust),
    out: Out,
) -> Result<Audited> {
    let folder = Folder::make(scratch)?;
    let derivation = Derivation::beside(data, &folder.path().join("derived"), &ledger::Config::default())?;
    let derivation = if matches!(folder, Folder::Passing(_)) { derivation.passing() } else { derivation };
    let bar = bar(out);
    bar.set_length(derivation.log_size());
    if let Some(defect) = no_longer(&derivation)? {
        let found = Found::of(&defect, out);
        return Ok(Audited { defect: Some(found), ..nothing(&derivation)? });
    }
    let mut notes = Kept(derivation.checkpoints()?.peekable());
    let times = Times::collect(data, trust, out);
    let mut engine = Engine::new(&derivation, expected, times, out)?;
    let entries = derivation.entries(engine.size())?.map(|entry| Ok(entry?));
    let found = engine.advance(entries, &mut notes, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    engine.finish(found?)
}

/// Whether the log does not go on from what was audited before.
fn no_longer(derivation: &Derivation) -> Result<Option<Defect>> {
    let audited = derivation.derived()?.tree.size();
    if audited == 0 {
        return Ok(None);
    }
    let changed = derivation.first_changed(&mut |_| {})?;
    Ok(changed.map(|(index, change)| {
        let fault = match change {
            Change::Replaced if index == derivation.log_size() => Fault::Cut(audited),
            Change::Replaced => Fault::Replaced,
            Change::Damaged => Fault::Altered,
        };
        Defect { index, fault }
    }))
}

/// An audit that has not come to look at anything.
pub(super) fn nothing(derivation: &Derivation) -> Result<Audited> {
    let derived = derivation.derived()?;
    Ok(Audited {
        entries: derived.tree.size(),
        resumed: derived.tree.size(),
        again: if derivation.is_copy() { Again::Chain } else { Again::Bytes },
        names: None,
        root: derived.tree.root(),
        chain: derived.chain,
        checkpoints: 0,
        defect: None,
        view: ViewCheck::NotReached,
        digest: None,
        unexpected: None,
        times: Default::default(),
    })
}
