//! A trader's desk over the wire, and on the command line.

use client::Client;
use proto::v1::{
    self, GetLotDossierRequest, GetShipmentRequest, ListHoldingsRequest, ListInboundRequest,
    ListSubmittedRequest, ShipmentState, StatementKind, TestVerdict, statement::Body,
};

use crate::kit::{Actor, Stage, commission, lot, reference, run_in, ship, unit, yuanliu};

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
async fn who_is_asked_finds_the_request_and_answers_it_from_the_command_line() {
    let stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let key = temp.path().join("maker.pem");
    client::KeyFile::create(&key, &stage.maker.key, client::Protection::Plain).unwrap();
    let request = v1::AssistRequest {
        number: "cert:XC/1".into(),
        addressee: stage.maker.party.clone(),
        purpose: "authenticity".into(),
        question: "are these yours?".into(),
        lines: vec![v1::GoodsLine { item: unit(1), ..v1::GoodsLine::default() }],
        due_on: "2099-01-01".into(),
        legal_basis: "article 100".into(),
        case_id: String::new(),
    };
    let asked = stage.office.sign(Body::AssistRequest(request));
    let entry = stage.submit(&asked).await.index;
    let by_maker = |args: &[&str]| {
        let mut command = yuanliu();
        command.args(args).args(["--server", &stage.server.url(), "--party", &stage.maker.party]);
        command.arg("--ca").arg(&stage.server.ca).arg("--key").arg(&key);
        run_in(&mut command)
    };
    let found = by_maker(&["desk", "requests", "--open", "--json"]).ok();
    assert_eq!((found["index"].as_u64(), found["dueOn"].as_str()), (Some(entry), Some("2099-01-01")));
    let named = found["statement"].to_string();
    let told = by_maker(&["desk", "requests", "--lang", "zh"]);
    assert!(told.stdout.contains("are these yours?") && told.stdout.contains("期限"), "{told:?}");

    let file = temp.path().join("reply.json");
    let reply = format!(
        r#"{{"authenticityReply":{{"request":{named},"lines":[{{"goods":{{"item":"{}"}},"verdict":"not-ours"}}]}}}}"#,
        unit(1)
    );
    std::fs::write(&file, reply).unwrap();
    by_maker(&["submit", file.to_str().unwrap(), "--json"]).ok();
    assert_eq!(by_maker(&["desk", "requests", "--open", "--json"]).ok(), serde_json::Value::Null);
    let found = by_maker(&["desk", "requests", "--json"]).ok();
    assert_eq!(found["answeredBy"], serde_json::json!([entry + 1]));
    let size = stage.size().await;
    stage.end(size);
}
