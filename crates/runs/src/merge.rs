//! Merging runs over adjoining ranges into one.

use std::{iter::Peekable, path::Path};

use statement::RunRef;

use crate::{Durability, Record, Records, RunError, RunFile, RunWriter};

/// Writes the run over the joined range of `runs`, which must adjoin in this order, to `path`. Of a subject that
/// several have, the last one's state counts. `go_on` is asked after every few thousand records.
///
/// # Errors
/// The ranges do not join, reading or writing failed; `Ok(None)` where `go_on` said no.
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
    let mut sources =
        runs.iter().map(|run| Ok(run.records()?.peekable())).collect::<Result<Vec<_>, RunError>>()?;
    let mut written = 0u64;
    while let Some(record) = next(&mut sources)? {
        writer.push(&record)?;
        written += 1;
        if written.is_multiple_of(STRIDE) && !go_on() {
            return Ok(None);
        }
    }
    writer.finish().map(Some)
}

/// The least record of all sources; the last source's where several have its subject.
fn next(sources: &mut [Peekable<Records>]) -> Result<Option<Record>, RunError> {
    let mut least: Option<Record> = None;
    for source in &mut *sources {
        match source.peek() {
            Some(Ok(record)) if least.is_none_or(|least| record.subject <= least.subject) => {
                least = Some(*record)
            }
            Some(Err(_)) => return source.next().transpose(),
            _ => {}
        }
    }
    let Some(record) = least else { return Ok(None) };
    for source in sources {
        source.next_if(|r| r.as_ref().is_ok_and(|r| r.subject == record.subject));
    }
    Ok(Some(record))
}
