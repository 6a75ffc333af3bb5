//! A trader's desk over the wire, and on the command line.

use std::{
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use client::Client;
use proto::v1::{
    self, GetLotDossierRequest, GetShipmentRequest, ListHoldingsRequest, ListInboundRequest,
    ListSubmittedRequest, ShipmentState, StatementKind, TestVerdict, statement::Body,
};
use serde_json::Value;

use crate::kit::{Actor, Done, Stage, commission, lot, reference, run, ship, unit, yuanliu};

/// The maker makes three units and ships two to the dealer under a bill number.
async fn story() -> (Stage, v1::SignedStatement) {
    let stage = Stage::set().await;
    stage.submit(&stage.maker.sign(Body::Commission(commission((1..=3).map(unit).collect())))).await;
    let body = Body::Ship(ship(vec![unit(1), unit(2)], &stage.dealer));
    let signed = stage.maker.sign_with(body, |h| h.business_key = "CK-1".into());
    stage.submit(&signed).await;
    (stage, signed)
}

async fn held(client: &Client) -> Vec<String> {
    let mut request = ListHoldingsRequest { page_size: 1, ..ListHoldingsRequest::default() };
    let mut items = Vec::new();
    loop {
        let page = client.list_holdings(request.clone()).await.unwrap();
        assert!(page.holdings.len() <= 1 && !page.truncated);
        items.extend(page.holdings.into_iter().map(|h| h.item));
        if page.next_page_token.is_empty() {
            return items;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_finds_the_shipment_it_should_confirm_and_then_its_stock() {
    let (stage, shipped) = story().await;
    let (maker, dealer) = (stage.client(&stage.maker).await, stage.client(&stage.dealer).await);
    assert_eq!(held(&maker).await, [unit(3)]);
    assert_eq!(held(&dealer).await, Vec::<String>::new());

    let inbound = dealer.list_inbound(ListInboundRequest::default()).await.unwrap();
    let [found] = &inbound.shipments[..] else { panic!("{inbound:?}") };
    assert_eq!(found.statement.as_ref(), Some(&reference(&shipped)));
    assert_eq!((found.item_count, found.state()), (2, ShipmentState::Open));
    assert_eq!(found.bill, "bill:org:Maker/CK-1");
    assert!(maker.list_inbound(ListInboundRequest::default()).await.unwrap().shipments.is_empty());

    // What it found is enough to receive by, one unit short.
    let exception = v1::ReceiveException {
        outcome: v1::ReceiveOutcome::Short as i32,
        item: unit(2),
        ..v1::ReceiveException::default()
    };
    let receive = |items, exceptions| {
        Body::Receive(v1::Receive {
            shipment: found.statement.clone(),
            items,
            exceptions,
            ..v1::Receive::default()
        })
    };
    stage.submit(&stage.dealer.sign(receive(vec![unit(1)], vec![]))).await;
    let inbound = dealer.list_inbound(ListInboundRequest::default()).await.unwrap();
    assert_eq!(inbound.shipments[0].state(), ShipmentState::PartlyReceived);
    stage.submit(&stage.dealer.sign(receive(vec![], vec![exception]))).await;
    assert!(dealer.list_inbound(ListInboundRequest::default()).await.unwrap().shipments.is_empty());
    assert_eq!(held(&dealer).await, [unit(1)]);

    let request = GetShipmentRequest { statement: found.statement.clone() };
    let seen = dealer.get_shipment(request.clone()).await.unwrap();
    let outcomes: Vec<(&str, &str)> =
        seen.lines.iter().map(|l| (l.item.as_str(), l.outcome.as_str())).collect();
    assert_eq!(outcomes, [(unit(1).as_str(), "received"), (unit(2).as_str(), "short")]);
    assert_eq!((seen.lines[0].item_lot.as_str(), seen.lines[0].expires_on.as_str()), (&*lot(), "2028-01-09"));
    // Not for others.
    let clinic = stage.client(&stage.clinic).await;
    assert!(clinic.get_shipment(request).await.is_err());
    assert!(held(&clinic).await.is_empty());
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_submitted_is_listed_with_its_fate() {
    let (stage, shipped) = story().await;
    let void = v1::Void { target: Some(reference(&shipped)), reason: "wrong dealer".into() };
    let voided = stage.submit(&stage.maker.sign(Body::Void(void))).await;
    let maker = stage.client(&stage.maker).await;
    let all = maker.list_submitted(ListSubmittedRequest::default()).await.unwrap();
    let kinds: Vec<StatementKind> = all.statements.iter().map(|s| s.kind()).collect();
    assert_eq!(kinds, [StatementKind::Void, StatementKind::Ship, StatementKind::Commission]);
    assert_eq!(all.statements[1].effect(), v1::Effect::Voided);
    assert_eq!(all.statements[1].changed_by, voided.index);
    assert_eq!(all.statements[1].receipt.as_ref().map(|r| r.index), Some(voided.index - 1));
    let only = ListSubmittedRequest { business_key: "CK-1".into(), ..ListSubmittedRequest::default() };
    let only = maker.list_submitted(only).await.unwrap();
    assert_eq!(only.statements.len(), 1);
    assert_eq!(only.statements[0].statement.as_ref(), Some(&reference(&shipped)));
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_reads_the_papers_of_its_lot() {
    let (stage, _) = story().await;
    let registration = v1::Registration {
        number: "国药准字SJ20171003".into(),
        products: vec!["gtin:09521234543213".into()],
        holder: stage.maker.party.clone(),
        name: "Sample toxin".into(),
        product_class: "toxin".into(),
        units_per_code: 1,
        valid_from: "2025-01-01".into(),
        valid_to: "2030-01-01".into(),
        origin: "CN".into(),
        ..v1::Registration::default()
    };
    let registered = stage.submit(&stage.office.sign(Body::Registration(registration))).await;
    let lab = Actor::new("org:Laboratory", stage.ledger());
    stage.register(&lab, v1::Role::Laboratory).await;
    let report = v1::TestReport {
        number: "cert:org:Laboratory/JY-1".into(),
        lots: vec![lot()],
        purpose: "lot-release".into(),
        verdict: TestVerdict::Pass as i32,
        method: "pharmacopoeia".into(),
        issued_on: "2026-02-01".into(),
        ..v1::TestReport::default()
    };
    let scan = v1::Attachment {
        digest: vec![7; 32],
        role: "test-report".into(),
        media_type: "application/pdf".into(),
        size: 900,
    };
    let report = lab.sign_with(Body::TestReport(report), |h| h.attachments = vec![scan.clone()]);
    let reported = stage.submit(&report).await;
    let dealer = stage.client(&stage.dealer).await;
    let by_item = GetLotDossierRequest { item: unit(1), ..GetLotDossierRequest::default() };
    let dossier = dealer.get_lot_dossier(by_item.clone()).await.unwrap();
    assert_eq!((dossier.lot.as_str(), dossier.product.as_str()), (&*lot(), "gtin:09521234543213"));
    assert_eq!(
        (dossier.registrations[0].index, dossier.registrations[0].valid_when_made),
        (registered.index, true)
    );
    let [paper] = &dossier.papers[..] else { panic!("{dossier:?}") };
    assert_eq!(
        (paper.index, paper.outcome.as_str(), paper.verdict()),
        (reported.index, "pass", TestVerdict::Pass)
    );
    assert_eq!(paper.document, "cert:org:Laboratory/JY-1");
    // The scan is the laboratory's: a buyer learns that it exists.
    let attached = |d: &v1::GetLotDossierResponse| {
        let all = d.papers.iter().flat_map(|p| &p.attachments);
        all.map(|a| (a.digest.clone(), a.downloadable)).collect::<Vec<_>>()
    };
    assert_eq!(attached(&dossier), [(vec![7; 32], false)]);
    let office = stage.client(&stage.office).await.get_lot_dossier(by_item.clone()).await.unwrap();
    assert_eq!(attached(&office), [(vec![7; 32], true)]);
    // The clinic never had anything of this lot.
    let clinic = stage.client(&stage.clinic).await;
    assert!(clinic.get_lot_dossier(by_item).await.is_err());
    let by_lot = GetLotDossierRequest { lot: lot(), ..GetLotDossierRequest::default() };
    assert!(clinic.get_lot_dossier(by_lot.clone()).await.is_err());
    assert!(stage.client(&stage.maker).await.get_lot_dossier(by_lot).await.is_ok());
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_reads_the_licences_of_who_delivered_to_it() {
    let (stage, _) = story().await;
    let at = |party: &str| format!("site:{party}/W1");
    for actor in [&stage.maker, &stage.dealer] {
        let facts = v1::Site {
            site: at(&actor.party),
            party: actor.party.clone(),
            name: "store".into(),
            address: "1 Main Street".into(),
            country: "KR".into(),
            ..v1::Site::default()
        };
        stage.submit(&actor.sign(Body::Site(facts))).await;
        let licence = v1::Licence {
            site: at(&actor.party),
            kind: "drug-wholesale".into(),
            number: format!("XK-{}", actor.party),
            issuer: stage.office.party.clone(),
            valid_from: "2025-01-01".into(),
            ..v1::Licence::default()
        };
        stage.submit(&stage.office.sign(Body::Licence(licence))).await;
    }
    stage.submit(&stage.dealer.sign(Body::Ship(ship(vec![unit(1)], &stage.clinic)))).await;
    let request = GetLotDossierRequest { item: unit(1), ..GetLotDossierRequest::default() };
    let licensed = |d: v1::GetLotDossierResponse| d.licences.into_iter().map(|l| l.party).collect::<Vec<_>>();
    let clinic = stage.client(&stage.clinic).await.get_lot_dossier(request.clone()).await.unwrap();
    assert_eq!(licensed(clinic), [stage.dealer.party.clone(), stage.maker.party.clone()]);
    let dealer = stage.client(&stage.dealer).await.get_lot_dossier(request).await.unwrap();
    assert_eq!(licensed(dealer), [stage.maker.party.as_str()]);
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_delivers_and_confirms() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("sandbox");
    let sandbox = Sandbox::start(&data);
    let facts = sandbox.facts.clone();
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let player = &facts["players"][0];
    assert_eq!(player["role"], "distributor");
    let (server, ca) = (text(&facts["server"]), text(&facts["ca"]));
    let (key, party) = (text(&player["key"]), text(&player["party"]));
    let who = ["--server", &server, "--ca", &ca, "--key", &key, "--party", &party];
    let ask = |command: &[&str]| run(command.iter().chain(&who).copied().collect::<Vec<_>>());
    // Something arrives for the player.
    let mut inbound = Vec::new();
    for _ in 0..100 {
        inbound = rows(&ask(&["desk", "inbound"]));
        if inbound.iter().any(|s| s["bill"].as_str().is_some_and(|b| b.contains("-S0"))) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let delivery = inbound.iter().find(|s| s["bill"].as_str().is_some_and(|b| b.contains("-S0"))).unwrap();
    let bill = text(&delivery["bill"]);
    let receive = temp.path().join("receive.json");
    std::fs::write(&receive, serde_json::json!({ "receive": { "bill": bill } }).to_string()).unwrap();
    ask(&["submit", receive.to_str().unwrap()]).ok();
    let holdings = rows(&ask(&["desk", "holdings"]));
    let case = holdings.iter().find(|h| h["contents"] == 10).expect("the case of ten is in stock");
    // What the player ships, the other side confirms.
    let buyer = text(&facts["customers"][0]["party"]);
    let ship = temp.path().join("ship.json");
    let body =
        serde_json::json!({ "ship": { "items": [case["item"]], "addressee": buyer, "reason": "sale" } });
    std::fs::write(&ship, body.to_string()).unwrap();
    ask(&["submit", ship.to_str().unwrap()]).ok();
    let item = text(&case["item"]);
    let mut holder = String::new();
    for _ in 0..100 {
        let state = ask(&["item", &item]).ok();
        holder = state["item"]["holder"].as_str().unwrap_or_default().to_owned();
        if holder == buyer {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(holder, buyer, "the shipment was confirmed");
    drop(sandbox);
}

/// The values of JSON Lines, of a command that must have succeeded.
fn rows(done: &Done) -> Vec<Value> {
    assert_eq!(done.code, Some(0), "{done:?}");
    done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A running sandbox; killed when dropped. Its server ends with it.
struct Sandbox {
    child: Child,
    facts: Value,
}

impl Sandbox {
    fn start(data: &Path) -> Self {
        let child = yuanliu()
            .args(["demo", "--serve", "--listen", "127.0.0.1:0", "--every", "2", "--data"])
            .arg(data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut sandbox = Self { child, facts: Value::Null };
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(90) {
            let facts = std::fs::read_to_string(data.join("sandbox.json"));
            if let Some(facts) = facts.ok().and_then(|text| serde_json::from_str(&text).ok()) {
                sandbox.facts = facts;
                return sandbox;
            }
            assert_eq!(sandbox.child.try_wait().unwrap(), None, "the sandbox has ended");
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the sandbox was not ready in time");
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
