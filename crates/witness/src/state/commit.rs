//! Changes that last.

use redb::{Database, Durability, ReadableTable as _, WriteTransaction};

use super::{COUNT, Work};

/// A transaction that is synced in two phases.
pub(super) fn begin(database: &Database) -> Work<WriteTransaction> {
    let mut t = database.begin_write()?;
    t.set_durability(Durability::Immediate)?;
    t.set_two_phase_commit(true);
    Ok(t)
}

/// A change, on disk in both commit slots when this returns.
pub(super) fn write(database: &Database, change: impl FnOnce(&WriteTransaction) -> Work<()>) -> Work<()> {
    let t = begin(database)?;
    change(&t)?;
    {
        let mut count = t.open_table(COUNT)?;
        let stored = count.get("stored")?.map_or(0, |v| v.value());
        count.insert("stored", stored + 1)?;
    }
    t.commit()?;
    settle(database)
}

/// Commits once more, so that the older commit slot does not lack the newest change.
pub(super) fn settle(database: &Database) -> Work<()> {
    let t = begin(database)?;
    {
        let mut count = t.open_table(COUNT)?;
        let stored = count.get("stored")?.map_or(0, |v| v.value());
        if count.get("settled")?.map_or(0, |v| v.value()) == stored {
            drop(count);
            t.abort()?;
            return Ok(());
        }
        count.insert("settled", stored)?;
    }
    Ok(t.commit()?)
}
