//! Rows of the view kept ready for the apply thread: hot subjects are asked for in every statement.

use std::{cell::RefCell, collections::HashMap};

use custody::Table;
use prost::bytes::Bytes;

use crate::hashing::KeyHash;

/// What a cached row costs beside key and value.
const OVERHEAD: usize = 112;

/// The newest committed value of rows asked for lately; `None` where there is no such row.
///
/// Two generations: when the young one is full it becomes the old one, whose rows come back when they are
/// asked for and are dropped otherwise. Owned by one thread.
#[derive(Debug)]
pub(crate) struct RowCache {
    generations: RefCell<Generations>,
    /// Most bytes of a generation.
    limit: usize,
}

type Rows = [HashMap<Vec<u8>, Option<Bytes>, KeyHash>; Table::ALL.len()];

#[derive(Debug, Default)]
struct Generations {
    young: Rows,
    old: Rows,
    bytes: usize,
}

/// Tables whose rows are asked for again and again. Of the others most rows are asked for once.
const fn is_cached(table: Table) -> bool {
    matches!(table, Table::Subject | Table::Name | Table::Meta | Table::Register)
}

/// Position of a table in arrays.
pub(crate) const fn slot(table: Table) -> usize {
    table as usize - 1
}

const _: () = {
    let mut i = 0;
    while i < Table::ALL.len() {
        assert!(slot(Table::ALL[i]) == i, "tables are numbered from 1 without a gap");
        i += 1;
    }
};

impl RowCache {
    /// A cache of at most about `bytes`.
    pub(crate) fn new(bytes: usize) -> Self {
        Self { generations: RefCell::default(), limit: bytes / 2 }
    }

    /// The cached value; the outer `None` says that nothing is known.
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Option<Option<Bytes>> {
        if !is_cached(table) {
            return None;
        }
        let mut generations = self.generations.borrow_mut();
        if let Some(value) = generations.young[slot(table)].get(key) {
            return Some(value.clone());
        }
        let (key, value) = generations.old[slot(table)].remove_entry(key)?;
        generations.insert(table, key, value.clone(), self.limit);
        Some(value)
    }

    /// Remembers what was read.
    pub(crate) fn insert(&self, table: Table, key: &[u8], value: Option<Bytes>) {
        if is_cached(table) {
            self.generations.borrow_mut().insert(table, key.to_vec(), value, self.limit);
        }
    }

    /// Tells of a row that was written, or with an empty value taken away; remembered only if it was asked
    /// for lately.
    pub(crate) fn refresh(&self, table: Table, key: &[u8], value: &Bytes) {
        if !is_cached(table) {
            return;
        }
        let mut generations = self.generations.borrow_mut();
        let Generations { young, old, .. } = &mut *generations;
        for rows in [young, old] {
            if let Some(row) = rows[slot(table)].get_mut(key) {
                *row = (!value.is_empty()).then(|| value.clone());
                return;
            }
        }
    }
}

impl Generations {
    fn insert(&mut self, table: Table, key: Vec<u8>, value: Option<Bytes>, limit: usize) {
        self.bytes += OVERHEAD + key.len() + value.as_ref().map_or(0, Bytes::len);
        self.young[slot(table)].insert(key, value);
        if self.bytes > limit {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(cache: &RowCache, key: u8) -> Option<Option<Bytes>> {
        cache.get(Table::Subject, &[key])
    }

    #[test]
    fn what_is_asked_for_again_and_again_stays_and_the_rest_goes() {
        let cache = RowCache::new(8 * (OVERHEAD + 1));
        cache.insert(Table::Subject, &[0], Some(Bytes::from_static(b"hot")));
        for key in 1..100 {
            cache.insert(Table::Subject, &[key], None);
            assert_eq!(get(&cache, 0), Some(Some(Bytes::from_static(b"hot"))), "after {key}");
        }
        assert_eq!(get(&cache, 1), None);
        assert_eq!(get(&cache, 99), Some(None));
        let generations = cache.generations.borrow();
        assert!(generations.young[0].len() + generations.old[0].len() <= 12);
    }

    #[test]
    fn a_written_row_replaces_what_was_read_in_either_generation() {
        let cache = RowCache::new(4 * (OVERHEAD + 1));
        (1..=4).for_each(|key| cache.insert(Table::Subject, &[key], None));
        let generations = cache.generations.borrow();
        assert!(
            generations.old[0].contains_key([1].as_slice())
                && generations.young[0].contains_key([4].as_slice())
        );
        drop(generations);
        let new = Bytes::from_static(b"new");
        [1, 4, 5].iter().for_each(|key| cache.refresh(Table::Subject, &[*key], &new));
        assert_eq!([1, 4].map(|key| get(&cache, key)), [Some(Some(new.clone())), Some(Some(new))]);
        assert_eq!(get(&cache, 5), None, "rows nobody asked for are not remembered");
    }

    #[test]
    fn tables_do_not_mix() {
        let cache = RowCache::new(1 << 20);
        for table in Table::ALL {
            cache.insert(table, b"k", Some(Bytes::copy_from_slice(&[table as u8])));
        }
        for table in Table::ALL {
            let expected = is_cached(table).then(|| Some(Bytes::copy_from_slice(&[table as u8])));
            assert_eq!(cache.get(table, b"k"), expected, "{table:?}");
        }
    }
}
