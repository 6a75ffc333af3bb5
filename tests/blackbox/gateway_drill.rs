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

/// How many bills waited at each kill of a process: a drill in which nothing was at stake shows nothing.
#[derive(Debug, Default)]
struct Kills {
    /// Of the gateway, while bills were handed in.
    door: Vec<u64>,
    /// Of the server, while bills were handed in.
    network: Vec<u64>,
    /// Of the server, while bills were leaving.
    server: Vec<u64>,
    /// Of the gateway, while bills were leaving.
    gateway: Vec<u64>,
}

/// Bills that wait in a gateway.
fn waiting(gateway: &Gateway) -> u64 {
    let (_, health) = gateway.get("/v1/health");
    ["queued", "sending"].iter().map(|state| health["bills"][state].as_u64().unwrap()).sum()
}

/// Bills of it that have landed.
fn landed(gateway: &Gateway) -> u64 {
    let (_, health) = gateway.get("/v1/health");
    health["bills"]["landed"].as_u64().unwrap()
}

/// Hands a bill in as an ERP system does: again until it is answered. `dies`: the gateway is killed meanwhile.
fn hand_in(
    place: &Place,
    gateway: &mut Gateway,
    (path, body): (&str, &[u8]),
    mut dies: bool,
    dice: &mut Dice,
    kills: &mut Kills,
) {
    loop {
        // Before, while or after it answers.
        let killer = dies.then(|| {
            kills.door.push(waiting(gateway));
            gateway.kill_in(Duration::from_micros(dice.between(0, 6_000) as u64))
        });
        let answer = gateway.call("POST", path, body);
        if let Some(killer) = killer {
            killer.join().unwrap();
            gateway.kill();
            *gateway = place.start();
        }
        dies = false;
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
    let mut kills = Kills::default();
    for i in 0..NUMBERS {
        for kind in KINDS {
            // Four times for sure, and now and then.
            let dies = (i % 12 == 7 && kind == "pack") || dice.between(0, 25) == 0;
            if kind == "ship" && i % 3 == 0 {
                // Goods out come as files, some over the inbox.
                if i % 2 == 0 {
                    let (aside, inbox) = (place.dir.join("aside"), place.dir.join("inbox"));
                    fs::write(&aside, csv(i)).unwrap();
                    fs::rename(&aside, inbox.join(format!("{i:03}.csv"))).unwrap();
                } else {
                    let file = csv(i);
                    let order = ("/v1/files?name=x.csv", file.as_bytes());
                    hand_in(&place, &mut gateway, order, dies, &mut dice, &mut kills);
                }
            } else {
                let body = bill(i, kind, &stage.dealer.party).to_string();
                let order = ("/v1/bills", body.as_bytes());
                hand_in(&place, &mut gateway, order, dies, &mut dice, &mut kills);
            }
        }
        if i % 10 == 5 && i < 40 {
            // The network comes back for a moment. What is handed in after the last time leaves below.
            stage.server = Server::start_at(&data, address);
            std::thread::sleep(Duration::from_millis(dice.between(20, 250) as u64));
            kills.network.push(waiting(&gateway));
            stage.server.kill();
        }
    }
    // The gateway dies once while the server is away.
    kills.door.push(waiting(&gateway));
    gateway.kill();
    gateway = place.start();
    let mut seen = landed(&gateway);
    stage.server = Server::start_at(&data, address);
    let states = loop {
        std::thread::sleep(Duration::from_millis(dice.between(1, 10) as u64));
        let (_, page) = gateway.get("/v1/bills?limit=1000");
        let bills = page["bills"].as_array().unwrap().clone();
        let landed = bills.iter().filter(|b| b["state"] == "landed").count() as u64;
        if landed == 4 * NUMBERS as u64 {
            break bills;
        }
        assert!(begin.elapsed() < Duration::from_secs(150), "{kills:?} {:?}", gateway.get("/v1/health"));
        // Killed only in the middle: some bills have left since the last time, and some have not.
        let waits = bills.iter().filter(|b| b["state"] == "queued" || b["state"] == "sending").count() as u64;
        if landed > seen && waits > 0 && kills.server.len() < 8 {
            seen = landed;
            stage.server.kill();
            kills.server.push(waits);
            if kills.server.len() % 2 == 1 {
                gateway.kill();
                kills.gateway.push(waits);
                gateway = place.start();
            }
            stage.server = Server::start_at(&data, address);
        }
    };
    println!("landed after {:.1} s: {kills:?}", begin.elapsed().as_secs_f32());
    // Every kill was one with bills at stake, in every phase; the first bill of all may die alone at the door.
    assert!(kills.door.len() >= 5 && kills.door.iter().filter(|waits| **waits > 0).count() >= 5, "{kills:?}");
    assert!(kills.network.len() == 4 && kills.network.iter().any(|waits| *waits > 0), "{kills:?}");
    assert!(!kills.server.is_empty() && kills.server.iter().all(|waits| *waits > 0), "{kills:?}");
    assert!(!kills.gateway.is_empty() && kills.gateway.iter().all(|waits| *waits > 0), "{kills:?}");

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
