//! The files in examples/gateway are what the manual says they are.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{fs, path::Path};

use gateway::{Input, Reading, Settings};
use proto::v1::statement::Body;

fn example(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/gateway").join(name)
}

fn read(name: &str) -> Input {
    let settings = Settings::read(&example("gateway.toml")).unwrap();
    let reading = Reading { mapping: &settings.bills, limits: &settings.limits };
    let bytes = fs::read(example(name)).unwrap();
    let input = if name.ends_with(".json") { reading.json(&bytes) } else { reading.file(&bytes) };
    assert!(input.faults.is_empty(), "{name}: {:#?}", input.faults);
    input
}

/// Kind, items, lots of each bill.
fn shape(input: &Input) -> Vec<(String, &'static str, usize, usize)> {
    let shape = |body: &Body| match body {
        Body::Ship(ship) => ("ship", ship.items.len(), ship.lots.len()),
        Body::Receive(receive) => ("receive", receive.items.len(), receive.exceptions.len()),
        other => panic!("{other:?}"),
    };
    let bills = input.bills.iter().map(|bill| {
        let (kind, items, others) = shape(bill.statement.body.as_ref().unwrap());
        (bill.number.clone(), kind, items, others)
    });
    bills.collect()
}

#[test]
fn every_example_is_read_without_a_fault() {
    let expect = [
        ("goods-out.csv", vec![("XS20261120001", "ship", 2, 1), ("XS20261120002", "ship", 1, 0)]),
        ("goods-in.csv", vec![("RK20261118001", "receive", 1, 1)]),
        ("sale.json", vec![("XS20261120003", "ship", 1, 1)]),
        ("msfx-sale.xml", vec![("XS20261120004", "ship", 2, 0)]),
        ("msfx-recall.xml", vec![("ZH20261121001", "ship", 1, 0)]),
    ];
    for (name, bills) in &expect {
        let bills: Vec<_> = bills.iter().map(|(n, k, i, o)| ((*n).to_owned(), *k, *i, *o)).collect();
        assert_eq!(shape(&read(name)), bills, "{name}");
    }
    let on_disk = fs::read_dir(example("")).unwrap().count();
    assert_eq!(on_disk, expect.len() + 2, "every example has a test; settings and README beside them");
}

#[test]
fn the_manual_shows_the_examples_as_they_are() {
    let manual = fs::read_to_string(example("../../docs/GATEWAY.md")).unwrap();
    for name in
        ["gateway.toml", "goods-out.csv", "goods-in.csv", "sale.json", "msfx-sale.xml", "msfx-recall.xml"]
    {
        let text = fs::read_to_string(example(name)).unwrap();
        assert!(manual.contains(text.trim_end()), "docs/GATEWAY.md does not show {name} as it is");
    }
}

#[test]
fn settings_that_cannot_be_are_refused_by_name() {
    let good = fs::read_to_string(example("gateway.toml")).unwrap();
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("gateway.toml");
    let table = [
        ("party = \"org:Example Trading\"", "party = \"Example Trading\"", "bills.party"),
        ("KH0001 = \"org:Example Clinic\"", "KH0001 = \"Clinic\"", "bills.partners.KH0001"),
        ("CK01 = \"site:org:Example Trading/CK01\"", "CK01 = \"CK01\"", "bills.sites.CK01"),
        ("product = \"gtin:09521234543213\"", "product = \"gtin:1\"", "bills.products.BTX100"),
        ("= \"quantity\"", "= \"amount\"", "bills.columns.出库数量"),
        ("utc-offset-minutes = 480", "utc-offset-minutes = 841", "bills.utc-offset-minutes"),
        ("utc-offset-minutes = 480", "day-means = { out = \"18:00\", in = \"18:00\" }", "bills.day-means"),
        ("utc-offset-minutes = 480", "day-means = { out = \"noon\" }", "noon"),
        ("utc-offset-minutes = 480", "day-means = \"12:00\"", "day-means"),
        ("listen = \"127.0.0.1:7485\"", "listen = \"0.0.0.0:7485\"", "listen"),
        ("file = \"signer.pem\"", "", "key"),
        ("inbox = \"inbox\"", "inbux = \"inbox\"", "inbux"),
        ("keep-days = 400", "keep-days = \"long\"", "keep-days"),
    ];
    for (from, to, named) in table {
        assert!(good.contains(from), "{from}");
        fs::write(&path, good.replace(from, to)).unwrap();
        let error = Settings::read(&path).unwrap_err().to_string();
        assert!(error.contains(named), "{to}: {error}");
    }
    fs::write(&path, &good).unwrap();
    let settings = Settings::read(&path).unwrap();
    assert_eq!(settings.data, temp.path().join("gateway-data"), "paths count from the file");
}
