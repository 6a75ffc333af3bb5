//! Checkpoints as others than the operator have seen them: cosigned by witnesses, stamped by RFC 3161 authorities.

use std::{iter, path::Path};

use statement::Genesis;
use store::{Log, ReadOnlyDir, Stamped, StoreError};

use crate::{Config, Error, open::read_genesis};

/// Shows the newest cosigned checkpoint of a stopped ledger, without tokens, and every stamped one, each with the genesis,
/// which names the witnesses. Whose signatures and tokens they are is not checked, nor that they are the log's. Nothing
/// in `dir` is written.
///
/// # Errors
/// The directory is in use or holds no ledger, or what is read is damaged.
pub fn seen_by_others(
    dir: &Path,
    config: &Config,
    visit: &mut dyn FnMut(&Genesis, Stamped),
) -> Result<(), Error> {
    let log = ReadOnlyDir::open(dir, &config.store)?.open_log()?;
    let (_, genesis) = read_genesis(&log)?;
    if let Some((size, note)) = log.cosigned()? {
        visit(&genesis, Stamped { size, note, tokens: Vec::new() });
    }
    for stamped in log.stamps()? {
        visit(&genesis, stamped?);
    }
    Ok(())
}

type Row = Result<(u64, String), StoreError>;

/// Every checkpoint that is kept, was stamped, or is the newest cosigned: size and note, ascending by size.
pub(crate) fn notes(log: &Log) -> Result<impl Iterator<Item = Row>, StoreError> {
    let stamped = log.stamps()?.map(|row| row.map(|stamped| (stamped.size, stamped.note)));
    Ok(merged(merged(log.checkpoints()?, stamped), log.cosigned()?.map(Ok).into_iter()))
}

/// Two ascending iterators as one; errors come first.
fn merged(one: impl Iterator<Item = Row>, other: impl Iterator<Item = Row>) -> impl Iterator<Item = Row> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    let size = |row: &Row| row.as_ref().map_or(0, |(size, _)| *size);
    iter::from_fn(move || {
        let first = match (one.peek(), other.peek()) {
            (Some(a), Some(b)) => size(a) <= size(b),
            (a, _) => a.is_some(),
        };
        if first { one.next() } else { other.next() }
    })
}
