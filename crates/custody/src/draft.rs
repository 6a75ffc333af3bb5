//! An entry in the making: the view with the changes of this entry over it.

use std::collections::BTreeMap;

use prost::bytes::Bytes;
use statement::{Leaf, SubjectKey, SubjectKind, subject_key};

use crate::{
    Put, RecordedEntry, Table, View, ViewError, Visit,
    tables::{self, SubjectRecord, decode_u64},
};

/// The view as it will be after the entry. Subject records stand apart until [`Draft::finish`], since
/// their state changes while the entry is worked out.
pub(crate) struct Draft<'a, V: ?Sized> {
    base: &'a V,
    index: u64,
    entry: RecordedEntry,
    /// Rows written; empty = taken away.
    rows: BTreeMap<(Table, Vec<u8>), Vec<u8>>,
    subjects: BTreeMap<SubjectKey, SubjectRecord>,
    next: Option<u64>,
}

impl<'a, V: View + ?Sized> Draft<'a, V> {
    pub(crate) fn new(base: &'a V, index: u64, entry: RecordedEntry) -> Self {
        Self { base, index, entry, rows: BTreeMap::new(), subjects: BTreeMap::new(), next: None }
    }

    /// Sets the leaf once it is known.
    pub(crate) fn set_leaf(&mut self, leaf: [u8; 80]) {
        self.entry.leaf = leaf;
    }

    /// When the entry is recorded, µs since 1970.
    pub(crate) fn recorded_at(&self) -> Result<i64, ViewError> {
        let leaf = Leaf::decode(&self.entry.leaf).map_err(|_| tables::damaged("leaf"))?;
        i64::try_from(leaf.recorded_at).map_err(|_| tables::damaged("leaf"))
    }

    /// The record of a subject; a new one gets the next number.
    pub(crate) fn load(&mut self, key: SubjectKey) -> Result<(&mut SubjectRecord, bool), ViewError> {
        if !self.subjects.contains_key(&key) {
            let found = tables::subject(self.base, &key)?;
            let record = match found {
                Some(record) => record,
                None => {
                    let number = self.take_number()?;
                    SubjectRecord { number, head: [0; 32], count: 0, last: 0, state: Bytes::new() }
                }
            };
            self.subjects.insert(key, record);
        }
        let record = self.subjects.get_mut(&key).ok_or_else(|| tables::damaged("subject"))?;
        let new = record.count == 0;
        Ok((record, new))
    }

    fn take_number(&mut self) -> Result<u64, ViewError> {
        let next = match self.next {
            Some(next) => next,
            None => self.base.get(Table::Meta, b"next")?.map_or(Ok(1), |v| decode_u64(&v))?,
        };
        self.next = Some(next.checked_add(1).ok_or_else(|| tables::damaged("next"))?);
        Ok(next)
    }

    /// Number of a subject that some entry names, this one included.
    pub(crate) fn number(&self, kind: SubjectKind, text: &str) -> Result<u64, ViewError> {
        let key = subject_key(kind, text);
        match self.subjects.get(&key) {
            Some(record) => Ok(record.number),
            None => Ok(tables::subject(self.base, &key)?.map_or(0, |r| r.number)),
        }
    }

    /// State of a subject loaded before.
    pub(crate) fn state(&self, key: &SubjectKey) -> Bytes {
        self.subjects.get(key).map(|r| r.state.clone()).unwrap_or_default()
    }

    pub(crate) fn set_state(&mut self, key: SubjectKey, state: Vec<u8>) -> Result<(), ViewError> {
        self.load(key)?.0.state = Bytes::from(state);
        Ok(())
    }

    pub(crate) fn put(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.rows.insert((table, key), value);
    }

    /// Takes a row away.
    pub(crate) fn delete(&mut self, table: Table, key: Vec<u8>) {
        self.put(table, key, Vec::new());
    }

    /// All rows of the entry, ascending by table and key.
    pub(crate) fn finish(mut self) -> Vec<Put> {
        if let Some(next) = self.next {
            self.put(Table::Meta, b"next".to_vec(), next.to_be_bytes().to_vec());
        }
        let subjects = self.subjects.iter().filter(|(_, record)| record.count > 0);
        let mut puts: Vec<Put> = subjects
            .map(|(key, record)| Put { table: Table::Subject, key: key.0.to_vec(), value: record.encode() })
            .collect();
        puts.extend(self.rows.into_iter().map(|((table, key), value)| Put { table, key, value }));
        puts
    }
}

impl<V: View + ?Sized> View for Draft<'_, V> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, ViewError> {
        if table == Table::Subject {
            let loaded = <[u8; 32]>::try_from(key).ok().and_then(|k| self.subjects.get(&SubjectKey(k)));
            if let Some(record) = loaded {
                return Ok((record.count > 0).then(|| Bytes::from(record.encode())));
            }
        }
        match self.rows.get(&(table, key.to_vec())) {
            Some(value) => Ok((!value.is_empty()).then(|| Bytes::copy_from_slice(value))),
            None => self.base.get(table, key),
        }
    }

    /// Merges own rows into the base's; subject records are never scanned.
    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), ViewError> {
        let start = (table, prefix.max(from).to_vec());
        let mut own = self
            .rows
            .range(start..)
            .take_while(|((t, key), _)| *t == table && key.starts_with(prefix))
            .map(|((_, key), value)| (key, value))
            .peekable();
        let mut open = true;
        self.base.scan(table, prefix, from, &mut |key, value| {
            while let Some((k, v)) = own.next_if(|(k, _)| k.as_slice() < key) {
                open = v.is_empty() || visit(k, v)?;
                if !open {
                    return Ok(false);
                }
            }
            open = match own.next_if(|(k, _)| k.as_slice() == key) {
                Some((k, v)) => v.is_empty() || visit(k, v)?,
                None => visit(key, value)?,
            };
            Ok(open)
        })?;
        while open {
            let Some((key, value)) = own.next() else { break };
            open = value.is_empty() || visit(key, value)?;
        }
        Ok(())
    }

    fn entry(&self, index: u64) -> Result<Option<RecordedEntry>, ViewError> {
        if index == self.index { Ok(Some(self.entry.clone())) } else { self.base.entry(index) }
    }

    fn size(&self) -> u64 {
        self.index + 1
    }
}
