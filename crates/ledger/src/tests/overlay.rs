//! What is read through the layers is what a plain map would hold.

use custody::{MemoryView, Put, RecordedEntry, Table, View};
use proptest::prelude::*;
use prost::bytes::Bytes;
use store::Watermark;

use super::fixture::create;
use crate::{overlay::Overlay, shared::Files};

/// Puts of one entry as (table, key, value; one in four takes the row away), and what happens after it: bit 0 a new batch, bit 1 it is
/// written to the store too.
type Step = (Vec<(usize, u8, u8)>, u8);

fn entry(index: u64) -> RecordedEntry {
    RecordedEntry { leaf: [index as u8; 80], chain: [0; 32], envelope: Bytes::new(), payload: Bytes::new() }
}

/// Few keys, with prefixes of each other among them.
fn key(n: u8) -> Vec<u8> {
    vec![n % 3; usize::from(n / 3) + 1]
}

fn scan(view: &impl View, table: Table, prefix: &[u8], from: &[u8], most: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    let collect = &mut |key: &[u8], value: &[u8]| {
        found.push((key.to_vec(), value.to_vec()));
        Ok(found.len() < most)
    };
    view.scan(table, prefix, from, collect).unwrap();
    found
}

fn check(overlay: &Overlay<'_>, model: &MemoryView) {
    assert_eq!(overlay.size(), model.size() + 1);
    for table in Table::ALL {
        for n in 0..9 {
            assert_eq!(overlay.get(table, &key(n)).unwrap(), model.get(table, &key(n)).unwrap());
            for from in 0..9 {
                for most in [1, 2, 100] {
                    let [ours, theirs] = [
                        scan(overlay, table, &key(n), &key(from), most),
                        scan(model, table, &key(n), &key(from), most),
                    ];
                    assert_eq!(ours, theirs, "{table:?}");
                }
            }
        }
    }
}

fn run(steps: Vec<Step>, cached: usize) {
    let (temp, _trade) = create();
    let dir = store::Dir::open(temp.path(), &store::Config::default()).unwrap();
    let files = Files { log: dir.open_log().unwrap(), view: dir.open_view().unwrap(), dir };
    let mut model = MemoryView::default();
    let mut overlay = Overlay::new(&files.log, &files.view, 1, cached);
    let mut unwritten = None;
    for (i, (puts, then)) in steps.into_iter().enumerate() {
        let puts: Vec<Put> = puts
            .into_iter()
            .map(|(table, k, value)| Put {
                table: Table::ALL[table],
                key: key(k),
                value: vec![value; usize::from(value % 4 != 0)],
            })
            .collect();
        model.record(entry(i as u64), puts.clone());
        overlay.record(entry(i as u64), puts);
        if then & 1 == 1 {
            // The batch before is written at the latest when the next one is sealed.
            write(&files, unwritten.take());
            let (layer, written) = overlay.hand_over();
            overlay.retire(written);
            unwritten = Some(layer);
        }
        if then & 2 == 2 {
            write(&files, unwritten.take());
        }
        overlay
            .prefetch(Table::Subject, (0..9).map(key).collect::<Vec<_>>().iter().map(Vec::as_slice).collect())
            .unwrap();
        check(&overlay, &model);
    }
}

fn write(files: &Files, layer: Option<std::sync::Arc<crate::overlay::Layer>>) {
    if let Some(layer) = layer {
        files.view.write(layer.batch(), &Watermark::default()).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn layers_read_like_one_map(
        steps in proptest::collection::vec(
            (proptest::collection::vec((0..Table::ALL.len(), 0u8..9, any::<u8>()), 0..6), 0u8..4),
            1..12,
        ),
        cached in prop_oneof![Just(0usize), Just(600), Just(1 << 20)],
    ) {
        run(steps, cached);
    }
}

#[test]
fn entries_are_found_in_every_layer_and_nowhere_beyond() {
    let (temp, _trade) = create();
    let dir = store::Dir::open(temp.path(), &store::Config::default()).unwrap();
    let (log, view) = (dir.open_log().unwrap(), dir.open_view().unwrap());
    let mut overlay = Overlay::new(&log, &view, 1, 0);
    overlay.record(entry(1), Vec::new());
    let (_in_flight, none) = overlay.hand_over();
    assert!(none.is_none());
    overlay.record(entry(2), Vec::new());
    let found = [0, 1, 2, 3].map(|i| overlay.entry(i).unwrap().map(|e| e.leaf));
    assert_eq!(found, [log.entry(0).unwrap().map(|e| e.leaf), Some([1; 80]), Some([2; 80]), None]);
}
