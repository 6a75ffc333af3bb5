//! Merging runs over adjoining ranges into one.

use std::{iter::Peekable, path::Path};

use merkle::{CompactRange, Hash};
use statement::{RunRef, SubjectKey};

use crate::{Durability, Record, Records, RunError, RunFile, RunWriter};

/// Writes the run over the joined range of `runs`, which must adjoin in this order, to `path`. Of a subject that
/// several have, the last one's state counts. `go_on` is asked after every few thousand records.
///
/// What is read is compared with the root of its run before the new one gets its name: a root commits to what the log
/// says, and not to what a disk made of it. That costs one hash a record beside the two of writing it.
///
/// # Errors
/// The ranges do not join, a run is not what was written, reading or writing failed; `Ok(None)` where `go_on` said no.
pub fn merge(
    runs: &[&RunFile],
    path: &Path,
    durability: Durability,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Option<RunRef>, RunError> {
    /// Records between two questions.
    const STRIDE: u64 = 4_096;
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else {
        return Err(RunError::Input("there is nothing to merge"));
    };
    if runs.windows(2).any(|pair| pair[0].run().end != pair[1].run().start) {
        return Err(RunError::Input("the ranges do not join"));
    }
    let mut writer = RunWriter::create(path, (first.run().start, last.run().end), durability)?;
    let mut sources = runs.iter().map(|run| Source::new(run)).collect::<Result<Vec<_>, RunError>>()?;
    let mut written = 0u64;
    while let Some((record, leaf)) = next(&mut sources)? {
        writer.push_leaf(&record, leaf)?;
        written += 1;
        if written.is_multiple_of(STRIDE) && !go_on() {
            return Ok(None);
        }
    }
    sources.iter().try_for_each(Source::compare)?;
    writer.finish().map(Some)
}

/// The least record of all sources with the hash of its leaf; the last source's where several have its subject.
fn next(sources: &mut [Source<'_>]) -> Result<Option<(Record, Hash)>, RunError> {
    let mut least: Option<SubjectKey> = None;
    for source in &mut *sources {
        if let Some(subject) = source.peek()?
            && least.is_none_or(|least| subject < least)
        {
            least = Some(subject);
        }
    }
    let Some(subject) = least else { return Ok(None) };
    let mut newest = None;
    for source in sources {
        newest = source.take(&subject)?.or(newest);
    }
    Ok(newest)
}

/// A run that is being read, and the root of what was read of it.
struct Source<'r> {
    run: &'r RunFile,
    records: Peekable<Records>,
    last: Option<SubjectKey>,
    tree: CompactRange,
}

impl<'r> Source<'r> {
    fn new(run: &'r RunFile) -> Result<Self, RunError> {
        Ok(Self { run, records: run.records()?.peekable(), last: None, tree: CompactRange::new() })
    }

    fn peek(&mut self) -> Result<Option<SubjectKey>, RunError> {
        if let Some(Err(error)) = self.records.next_if(Result::is_err) {
            return Err(error);
        }
        Ok(self.records.peek().and_then(|record| record.as_ref().ok()).map(|record| record.subject))
    }

    /// Its next record, if that is of the subject.
    fn take(&mut self, subject: &SubjectKey) -> Result<Option<(Record, Hash)>, RunError> {
        let its = |record: &Result<Record, RunError>| record.as_ref().is_ok_and(|r| r.subject == *subject);
        let Some(record) = self.records.next_if(its).transpose()? else { return Ok(None) };
        if self.last.is_some_and(|last| last >= record.subject) {
            return Err(self.run.damaged("its subjects do not ascend"));
        }
        if !(self.run.run().start..self.run.run().end).contains(&record.state.last) || record.state.count == 0
        {
            return Err(self.run.damaged("a state lies outside of its range"));
        }
        self.last = Some(record.subject);
        let leaf = record.committed().leaf_hash();
        self.tree.append(leaf);
        Ok(Some((record, leaf)))
    }

    fn compare(&self) -> Result<(), RunError> {
        match self.tree.root() == self.run.run().root {
            true => Ok(()),
            false => Err(self.run.damaged("its records do not have its root")),
        }
    }
}
