//! The gateway drill: 200 bills while the server is stopped, killed and started again, and the gateway is
//! killed too. Each bill lands exactly once, and those of one number in the order of their acceptance.

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

use client::{ConnectOptions, EntryRange, Purpose, ReadSigner, Trust};
use prost::Message as _;
use proto::v1::Statement;
use serde_json::{Value, json};

use crate::kit::{Dice, Gateway, Place, Server, Stage, lot, unit};

/// Business numbers; each has a bill of every one of four kinds.
const NUMBERS: usize = 50;
const KINDS: [&str; 4] = ["commission", "pack", "unpack", "ship"];

fn sscc(i: usize) -> String {
    let body = format!("0952000{i:010}");
    format!("sscc:{body}{}", char::from(gs1::check_digit(body.as_bytes()).unwrap()))
}

/// The bill of a number and kind, as JSON.
fn bill(i: usize, kind: &str, dealer: &str) -> Value {
    let mut bill = json!({
        "number": format!("N-{i:03}"), "type": kind, "time": "2026-01-12 08:30:00",
        "lines": [{ "code": unit(i) }],
    });
    let more = match kind {
        "commission" => json!({
            "registration": "国药准字SJ20171003", "madeOn": "2026-01-10", "expiresOn": "2028-01-09",
        }),
        "pack" | "unpack" => json!({ "parent": sscc(i) }),
        _ => json!({ "type": "销售出库", "partner": dealer }),
    };
    bill.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    if kind == "commission" {
        bill["lines"][0]["lot"] = lot().into();
    }
    bill
}

/// A bill of goods out as CSV in Chinese, with the code as a scan.
fn csv(i: usize) -> String {
    format!(
        "单据号,单据类型,业务时间,往来单位,追溯码\nN-{i:03},201,2026/1/12 8:30,KH01,(01)09521234543213(21)U{i:06}\n"
    )
}

/// Hands a bill in as an ERP system does: again until it is answered.
fn hand_in(place: &Place, gateway: &mut Gateway, path: &str, body: &[u8], dice: &mut Dice) {
    loop {
        // Now and then the gateway dies, before, while or after it answers.
        let killer = (dice.between(0, 25) == 0)
            .then(|| gateway.kill_in(Duration::from_micros(dice.between(0, 6_000) as u64)));
        let answer = gateway.call("POST", path, body);
        if let Some(killer) = killer {
            killer.join().unwrap();
            gateway.kill();
            *gateway = place.start();
        }
        match answer {
            Ok((200 | 202, answer)) => {
                assert_eq!(answer["faults"], json!([]), "{answer}");
                return;
            }
            Ok(other) => panic!("{other:?}"),
            // No answer: whether it was taken in is not known, so the same comes again.
            Err(_) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_bills_land_exactly_once_in_order_whatever_is_killed_meanwhile() {
    let mut dice = Dice::new("gateway-drill");
    let mut stage = Stage::set().await;
    let before = stage.size().await;
    let partners = format!("[bills.partners]\nKH01 = \"{}\"", stage.dealer.party);
    let place = Place::make(&stage.server.data.join("../erp"), &stage, &stage.maker, &partners);
    stage.server.kill();

    let mut gateway = place.start();
    let (address, data) = (stage.server.address, stage.server.data.clone());
    let begin = Instant::now();
    for i in 0..NUMBERS {
        for kind in KINDS {
            if kind == "ship" && i % 3 == 0 {
                // Goods out come as files, some over the inbox.
                if i % 2 == 0 {
                    let (aside, inbox) = (place.dir.join("aside"), place.dir.join("inbox"));
                    fs::write(&aside, csv(i)).unwrap();
                    fs::rename(&aside, inbox.join(format!("{i:03}.csv"))).unwrap();
                } else {
                    hand_in(&place, &mut gateway, "/v1/files?name=x.csv", csv(i).as_bytes(), &mut dice);
                }
            } else {
                let body = bill(i, kind, &stage.dealer.party).to_string();
                hand_in(&place, &mut gateway, "/v1/bills", body.as_bytes(), &mut dice);
            }
        }
        if i % 10 == 5 {
            // The network comes back for a moment.
            stage.server = Server::start_at(&data, address);
            std::thread::sleep(Duration::from_millis(dice.between(20, 250) as u64));
            stage.server.kill();
        }
    }
    let mut kills = 0;
    stage.server = Server::start_at(&data, address);
    let states = loop {
        std::thread::sleep(Duration::from_millis(dice.between(50, 400) as u64));
        let (_, page) = gateway.get("/v1/bills?limit=1000");
        let bills = page["bills"].as_array().unwrap().clone();
        if bills.len() == 4 * NUMBERS && bills.iter().all(|b| b["state"] == "landed") {
            break bills;
        }
        assert!(begin.elapsed() < Duration::from_secs(150), "{:?}", gateway.get("/v1/health"));
        if kills < 8 {
            kills += 1;
            stage.server.kill();
            if kills % 2 == 0 {
                gateway.kill();
                gateway = place.start();
            }
            stage.server = Server::start_at(&data, address);
        }
    };
    println!("landed after {:.1} s and {kills} kills", begin.elapsed().as_secs_f32());

    // What was accepted first of a number has landed first.
    let mut entries: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for bill in &states {
        entries.entry(bill["number"].as_str().unwrap()).or_default().push(bill["entry"].as_u64().unwrap());
    }
    for (number, entries) in entries {
        assert!(entries.is_sorted(), "{number} in order of acceptance: {entries:?}");
    }

    // The ledger says the same.
    let mut options = ConnectOptions::new(stage.server.url(), Trust::File(stage.server.ca.clone()));
    options.ledger = Some(stage.ledger());
    let (party, key) = (stage.maker.party.clone(), stage.maker.key.clone());
    options.reader = Some(ReadSigner::new(party, key, stage.ledger(), Purpose::Purpose("test".into())));
    let client = client::Client::connect(options).await.unwrap();
    let mut found: BTreeMap<(String, String), Vec<u64>> = BTreeMap::new();
    let mut all = client.entries(EntryRange { start: before, limit: 0, follow: false });
    while let Some(entry) = all.next().await.unwrap() {
        let statement = statement::Statement::recorded(entry.payload.clone()).unwrap();
        assert_eq!(statement.header().party, stage.maker.party);
        let kind = statement::kind_row(statement.kind()).unwrap().name.to_owned();
        let header = Statement::decode(entry.payload).unwrap().header.unwrap();
        found.entry((header.business_key, kind)).or_default().push(entry.index);
    }
    assert_eq!(found.len(), 4 * NUMBERS);
    for i in 0..NUMBERS {
        let at = KINDS.map(|kind| found[&(format!("N-{i:03}"), kind.to_owned())].clone());
        assert!(at.iter().all(|indices| indices.len() == 1), "N-{i:03} is there once: {at:?}");
        // Files of the inbox are accepted when they are looked at; what came over REST keeps its order.
        let rest = if i % 6 == 0 { &at[..3] } else { &at[..] };
        assert!(rest.is_sorted(), "N-{i:03} in order: {at:?}");
    }
    for told in &states {
        let key = (told["number"].as_str().unwrap().to_owned(), told["kind"].as_str().unwrap().to_owned());
        assert_eq!(found[&key], [told["entry"].as_u64().unwrap()], "{told}");
    }
    assert_eq!(gateway.stop(), Some(0));
    stage.end(before + 4 * NUMBERS as u64);
}
