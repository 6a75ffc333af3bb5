//! An entry in the making reads like the view it leads to, rows taken away included.

use proptest::prelude::*;
use prost::bytes::Bytes;

use crate::{MemoryView, Put, RecordedEntry, Table, View, draft::Draft};

fn entry() -> RecordedEntry {
    RecordedEntry { leaf: [0; 80], chain: [0; 32], envelope: Bytes::new(), payload: Bytes::new() }
}

/// Few keys, with prefixes of each other among them.
fn key(n: u8) -> Vec<u8> {
    vec![n % 3; usize::from(n / 3) + 1]
}

fn scan(view: &impl View, prefix: &[u8], from: &[u8], most: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    let collect = &mut |key: &[u8], value: &[u8]| {
        found.push((key.to_vec(), value.to_vec()));
        Ok(found.len() < most)
    };
    view.scan(Table::Mandate, prefix, from, collect).unwrap();
    found
}

fn rows(all: &[(u8, u8)]) -> Vec<Put> {
    // One in four takes a row away.
    let value = |v: u8| vec![v; usize::from(!v.is_multiple_of(4))];
    all.iter().map(|(k, v)| Put { table: Table::Mandate, key: key(*k), value: value(*v) }).collect()
}

proptest! {
    #[test]
    fn a_draft_reads_like_the_view_it_leads_to(
        before in proptest::collection::vec((0u8..9, any::<u8>()), 0..9),
        own in proptest::collection::vec((0u8..9, any::<u8>()), 0..9),
    ) {
        let mut base = MemoryView::default();
        base.record(entry(), rows(&before));
        let mut draft = Draft::new(&base, 1, entry());
        for put in rows(&own) {
            draft.put(put.table, put.key, put.value);
        }
        let mut after = base.clone();
        after.record(entry(), rows(&own));
        for n in 0..9 {
            prop_assert_eq!(draft.get(Table::Mandate, &key(n)).unwrap(), after.get(Table::Mandate, &key(n)).unwrap());
            for from in 0..9 {
                for most in [1, 2, 100] {
                    prop_assert_eq!(
                        scan(&draft, &key(n), &key(from), most),
                        scan(&after, &key(n), &key(from), most)
                    );
                }
            }
        }
        let mut led = base.clone();
        led.record(entry(), draft.finish());
        prop_assert!(led.rows().eq(after.rows()));
        prop_assert!(led.rows().all(|(_, _, value)| !value.is_empty()), "no table holds empty values");
    }
}
