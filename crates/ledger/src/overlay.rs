//! The view as the apply thread sees it: committed rows, under the batch that is being committed, under
//! the batch that is being made.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use custody::{Put, RecordedEntry, Table, View, ViewError, Visit};
use prost::bytes::Bytes;
use store::{Log, StoredView, ViewBatch};

use crate::{
    cache::{RowCache, slot},
    hashing::KeyHash,
};

/// Entries of one batch and the rows they lead to.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    /// Index of the first entry.
    pub start: u64,
    /// The entries, in order.
    pub entries: Vec<RecordedEntry>,
    /// An empty value says that the row was taken away.
    rows: [Rows; Table::ALL.len()],
}

/// Rows of one table: in order where rules scan the table, else hashed.
#[derive(Debug)]
enum Rows {
    Hashed(HashMap<Vec<u8>, Bytes, KeyHash>),
    Sorted(BTreeMap<Vec<u8>, Bytes>),
}

impl Default for Rows {
    fn default() -> Self {
        Self::Hashed(HashMap::default())
    }
}

/// Tables that recording a statement scans, some once for each of its items: hashed, each scan would look at every
/// row of the batch.
const fn is_scanned(table: Table) -> bool {
    matches!(
        table,
        Table::Touch | Table::Response | Table::Mandate | Table::Holding | Table::Alias | Table::Register
    )
}

impl Layer {
    fn after(size: u64) -> Self {
        let rows =
            Table::ALL.map(|t| if is_scanned(t) { Rows::Sorted(BTreeMap::new()) } else { Rows::default() });
        Self { start: size, entries: Vec::new(), rows }
    }

    fn put(&mut self, put: Put) {
        let (key, value) = (put.key, Bytes::from(put.value));
        match &mut self.rows[slot(put.table)] {
            Rows::Hashed(rows) => rows.insert(key, value),
            Rows::Sorted(rows) => rows.insert(key, value),
        };
    }

    fn get(&self, table: Table, key: &[u8]) -> Option<&Bytes> {
        match &self.rows[slot(table)] {
            Rows::Hashed(rows) => rows.get(key),
            Rows::Sorted(rows) => rows.get(key),
        }
    }

    /// Adds to `found` the rows whose key begins with `prefix` and is not below `from`.
    fn collect<'l>(
        &'l self,
        table: Table,
        prefix: &[u8],
        from: &[u8],
        found: &mut BTreeMap<&'l [u8], &'l Bytes>,
    ) {
        match &self.rows[slot(table)] {
            Rows::Hashed(rows) => {
                let wanted = rows.iter().filter(|(key, _)| key.starts_with(prefix) && key.as_slice() >= from);
                found.extend(wanted.map(|(key, value)| (key.as_slice(), value)));
            }
            Rows::Sorted(rows) => {
                let wanted =
                    rows.range(prefix.max(from).to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
                found.extend(wanted.map(|(key, value)| (key.as_slice(), value)));
            }
        }
    }

    fn entry(&self, index: u64) -> Option<&RecordedEntry> {
        let offset = index.checked_sub(self.start)?;
        self.entries.get(usize::try_from(offset).ok()?)
    }

    fn for_each_row(&self, mut visit: impl FnMut(Table, &[u8], &Bytes)) {
        for table in Table::ALL {
            match &self.rows[slot(table)] {
                Rows::Hashed(rows) => rows.iter().for_each(|(key, value)| visit(table, key, value)),
                Rows::Sorted(rows) => rows.iter().for_each(|(key, value)| visit(table, key, value)),
            }
        }
    }

    /// The rows as the store takes them. Their order does not matter: each key comes once.
    pub(crate) fn batch(&self) -> ViewBatch {
        let mut batch = ViewBatch::default();
        self.for_each_row(|table, key, value| batch.put(table, key, value));
        batch
    }
}

/// Reads through both layers to the store. Owned by the one thread that writes.
///
/// Invariant: the store holds at least everything below `in_flight`; of `in_flight` itself it may hold
/// everything or nothing, which makes no difference to what is read here.
pub(crate) struct Overlay<'s> {
    log: &'s Log,
    view: &'s StoredView,
    cache: RowCache,
    in_flight: Option<Arc<Layer>>,
    current: Layer,
}

impl<'s> Overlay<'s> {
    /// Nothing over a store whose view has `size` entries.
    pub(crate) fn new(log: &'s Log, view: &'s StoredView, size: u64, cached: usize) -> Self {
        Self { log, view, cache: RowCache::new(cached), in_flight: None, current: Layer::after(size) }
    }

    /// Adds an entry with its rows.
    pub(crate) fn record(&mut self, entry: RecordedEntry, puts: Vec<Put>) {
        self.current.entries.push(entry);
        for put in puts {
            self.current.put(put);
        }
    }

    /// Number of entries in the batch that is being made.
    pub(crate) const fn pending(&self) -> usize {
        self.current.entries.len()
    }

    /// Ends the batch that was being made and begins another. The one before it must be written by now; it
    /// is given too, and must go to [`retire`](Self::retire) before anything is read.
    pub(crate) fn hand_over(&mut self) -> (Arc<Layer>, Option<Arc<Layer>>) {
        let size = self.size();
        let layer = Arc::new(std::mem::replace(&mut self.current, Layer::after(size)));
        let written = self.in_flight.replace(Arc::clone(&layer));
        (layer, written)
    }

    /// Brings the cache up to a written batch. Apart from [`hand_over`](Self::hand_over), since it takes a while in
    /// which the commit thread need not wait.
    pub(crate) fn retire(&self, written: Option<Arc<Layer>>) {
        if let Some(written) = written {
            written.for_each_row(|table, key, value| self.cache.refresh(table, key, value));
        }
    }

    /// Reads rows ahead, together, which costs less than one by one.
    pub(crate) fn prefetch(&self, table: Table, mut keys: Vec<&[u8]>) -> Result<(), ViewError> {
        keys.retain(|key| {
            self.current.get(table, key).is_none()
                && self.in_flight.as_ref().is_none_or(|layer| layer.get(table, key).is_none())
                && self.cache.get(table, key).is_none()
        });
        keys.sort_unstable();
        keys.dedup();
        for (key, row) in keys.iter().zip(self.view.multi_get(table, &keys)?) {
            self.cache.insert(table, key, row);
        }
        Ok(())
    }
}

impl View for Overlay<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, ViewError> {
        let newer = self.current.get(table, key);
        if let Some(value) = newer.or_else(|| self.in_flight.as_ref()?.get(table, key)) {
            return Ok((!value.is_empty()).then(|| value.clone()));
        }
        if let Some(value) = self.cache.get(table, key) {
            return Ok(value);
        }
        let value = self.view.get(table, key)?;
        self.cache.insert(table, key, value.clone());
        Ok(value)
    }

    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), ViewError> {
        let mut newer = BTreeMap::new();
        for layer in self.in_flight.as_deref().into_iter().chain([&self.current]) {
            layer.collect(table, prefix, from, &mut newer);
        }
        let mut newer = newer.into_iter().peekable();
        let mut go_on = true;
        self.view.scan(table, prefix, from, &mut |key, value| {
            while let Some((k, v)) = newer.next_if(|(k, _)| *k < key) {
                go_on = v.is_empty() || visit(k, v)?;
                if !go_on {
                    return Ok(false);
                }
            }
            go_on = match newer.next_if(|(k, _)| *k == key) {
                Some((k, v)) => v.is_empty() || visit(k, v)?,
                None => visit(key, value)?,
            };
            Ok(go_on)
        })?;
        while go_on && let Some((k, v)) = newer.next() {
            go_on = v.is_empty() || visit(k, v)?;
        }
        Ok(())
    }

    fn entry(&self, index: u64) -> Result<Option<RecordedEntry>, ViewError> {
        let newer = self.current.entry(index);
        match newer.or_else(|| self.in_flight.as_ref()?.entry(index)) {
            Some(entry) => Ok(Some(entry.clone())),
            None if index < self.current.start => Ok(self.log.entry(index)?),
            None => Ok(None),
        }
    }

    fn size(&self) -> u64 {
        self.current.start + self.current.entries.len() as u64
    }
}
