//! What was read of a state of the view, kept for as long as it is judged.
//!
//! Rules ask the same things of it again and again: who named an item, what a lot is, who holds a product. A read of
//! RocksDB costs some 3 µs and a scan some 10; from here they cost a tenth of one.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use custody::{RecordedEntry, Table, View, ViewError, Visit};
use prost::bytes::Bytes;

/// Bytes kept at a time, about; then all is forgotten.
const MAX_BYTES: usize = 48 << 20;
/// Rows, and bytes, of a scan that is kept; a longer one is read each time.
const MAX_SCAN: (usize, usize) = (16, 4_096);
/// What a kept row costs beside its bytes.
const OVERHEAD: usize = 96;

type Rows = Rc<[(Box<[u8]>, Bytes)]>;
/// By table, for each key or prefix in it: looked up without a copy of that.
type Places<T> = RefCell<HashMap<Table, HashMap<Box<[u8]>, T>>>;

fn known<T: Clone>(places: &Places<T>, table: Table, key: &[u8]) -> Option<T> {
    places.borrow().get(&table)?.get(key).cloned()
}

fn keep<T>(places: &Places<T>, table: Table, key: &[u8], value: T) {
    places.borrow_mut().entry(table).or_default().insert(key.into(), value);
}

/// A view that remembers. It answers as the one behind it does, which must not change.
pub(crate) struct Memo<'v> {
    view: &'v dyn View,
    got: Places<Option<Bytes>>,
    /// By prefix; `None` where there is too much.
    scanned: Places<Option<Rows>>,
    entries: RefCell<HashMap<u64, RecordedEntry>>,
    bytes: Cell<usize>,
}

impl<'v> Memo<'v> {
    pub fn new(view: &'v dyn View) -> Self {
        Self {
            view,
            got: RefCell::default(),
            scanned: RefCell::default(),
            entries: RefCell::default(),
            bytes: Cell::new(0),
        }
    }

    /// Makes room for what is about to be kept.
    fn spend(&self, bytes: usize) {
        let all = self.bytes.get() + bytes + OVERHEAD;
        if all <= MAX_BYTES {
            return self.bytes.set(all);
        }
        self.got.borrow_mut().clear();
        self.scanned.borrow_mut().clear();
        self.entries.borrow_mut().clear();
        self.bytes.set(bytes + OVERHEAD);
    }

    /// The rows of a prefix, where they are few; `None` where they are not.
    fn rows(&self, table: Table, prefix: &[u8]) -> Result<Option<Rows>, ViewError> {
        let (mut rows, mut bytes, mut few) = (Vec::new(), 0, true);
        self.view.scan(table, prefix, prefix, &mut |key, value| {
            bytes += key.len() + value.len();
            few = rows.len() < MAX_SCAN.0 && bytes <= MAX_SCAN.1;
            if few {
                rows.push((key.into(), Bytes::copy_from_slice(value)));
            }
            Ok(few)
        })?;
        Ok(few.then(|| rows.into()))
    }
}

impl View for Memo<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, ViewError> {
        if let Some(known) = known(&self.got, table, key) {
            return Ok(known);
        }
        let value = self.view.get(table, key)?;
        self.spend(key.len() + value.as_ref().map_or(0, Bytes::len));
        keep(&self.got, table, key, value.clone());
        Ok(value)
    }

    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), ViewError> {
        let rows = match known(&self.scanned, table, prefix) {
            Some(known) => known,
            None => {
                let rows = self.rows(table, prefix)?;
                let kept = rows.iter().flat_map(|rows| rows.iter());
                self.spend(kept.map(|(key, value)| key.len() + value.len() + OVERHEAD).sum());
                keep(&self.scanned, table, prefix, rows.clone());
                rows
            }
        };
        let Some(rows) = rows else { return self.view.scan(table, prefix, from, visit) };
        for (key, value) in rows.iter().filter(|(key, _)| **key >= *from) {
            if !visit(key, value)? {
                break;
            }
        }
        Ok(())
    }

    fn entry(&self, index: u64) -> Result<Option<RecordedEntry>, ViewError> {
        if let Some(known) = self.entries.borrow().get(&index) {
            return Ok(Some(known.clone()));
        }
        let entry = self.view.entry(index)?;
        if let Some(entry) = &entry {
            self.spend(entry.payload.len() + entry.envelope.len() + entry.leaf.len());
            self.entries.borrow_mut().insert(index, entry.clone());
        }
        Ok(entry)
    }

    fn size(&self) -> u64 {
        self.view.size()
    }
}

#[cfg(test)]
mod tests {
    use custody::{MemoryView, Put};
    use proptest::prelude::*;

    use super::*;

    fn all(
        view: &dyn View,
        table: Table,
        prefix: &[u8],
        from: &[u8],
        most: usize,
    ) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut rows = Vec::new();
        view.scan(table, prefix, from, &mut |key, value| {
            rows.push((key.to_vec(), value.to_vec()));
            Ok(rows.len() < most)
        })
        .unwrap();
        rows
    }

    proptest! {
        #[test]
        fn it_answers_as_the_view_behind_it_does(
            rows in prop::collection::vec((0..3_u8, prop::collection::vec(0..3_u8, 0..5), 1..200_usize), 0..60),
            asked in prop::collection::vec(
                (0..3_u8, prop::collection::vec(0..3_u8, 0..3), prop::collection::vec(0..3_u8, 0..5), 1..30_usize),
                1..40,
            ),
        ) {
            const TABLES: [Table; 3] = [Table::Subject, Table::Touch, Table::Statement];
            let mut view = MemoryView::default();
            let puts = rows.iter().map(|(table, key, length)| Put {
                table: TABLES[usize::from(*table)],
                key: key.clone(),
                value: vec![7; *length],
            });
            let entry = RecordedEntry {
                leaf: [1; 80], chain: [0; 32], envelope: Bytes::new(), payload: Bytes::from_static(b"x"),
            };
            view.record(entry, puts.collect());
            let memo = Memo::new(&view);
            for (table, prefix, from, most) in asked {
                let table = TABLES[usize::from(table)];
                prop_assert_eq!(memo.get(table, &from).unwrap(), view.get(table, &from).unwrap());
                let (mine, theirs) =
                    (all(&memo, table, &prefix, &from, most), all(&view, table, &prefix, &from, most));
                prop_assert_eq!(mine, theirs);
            }
            for index in [0, 0, 1] {
                let payload = |view: &dyn View| view.entry(index).unwrap().map(|entry| entry.payload);
                prop_assert_eq!(payload(&memo), payload(&view));
            }
        }
    }
}
