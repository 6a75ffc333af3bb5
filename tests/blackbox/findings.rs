//! Findings over the wire: who is told what, in receipts, lists and streams; and what is left of them after a crash.

use std::time::Duration;

use futures::StreamExt as _;
use proto::v1::{
    self, Finding, FindingFilter, FindingSeverity, FindingState, ListFindingsRequest, ListFindingsResponse,
    Receipt, Role, SignedStatement, SubmitStatementRequest, WatchFindingsRequest, WatchFindingsResponse,
    statement::Body,
};
use rpc::finding_service_client::FindingServiceClient;
use tonic::{Code, Status, Streaming, transport::Channel};

use crate::kit::{
    Actor, Server, Stage, channel, commission, error_reason, lot, reference, run_in, ship, unit,
    violated_fields, yuanliu,
};

const DAY: i64 = 86_400_000_000;

fn service(channel: &Channel) -> FindingServiceClient<Channel> {
    FindingServiceClient::new(channel.clone())
}

/// Records a statement and waits until rules have judged it.
async fn judged(stage: &Stage, signed: &SignedStatement) -> Receipt {
    let request = SubmitStatementRequest {
        statement: Some(signed.clone()),
        without_proof: true,
        findings_wait_ms: 10_000,
    };
    let receipt = stage.log().submit_statement(request).await.unwrap().into_inner().receipt.unwrap();
    assert!(receipt.judged || receipt.recorded_before, "{receipt:?}");
    receipt
}

async fn list(
    channel: &Channel,
    who: &Actor,
    request: ListFindingsRequest,
) -> Result<ListFindingsResponse, Status> {
    Ok(service(channel).list_findings(who.ask(request)).await?.into_inner())
}

async fn all(channel: &Channel, who: &Actor) -> Vec<Finding> {
    list(channel, who, ListFindingsRequest::default()).await.unwrap().findings
}

async fn watch(channel: &Channel, who: &Actor, cursor: &str) -> Streaming<WatchFindingsResponse> {
    let request = WatchFindingsRequest { cursor: cursor.into(), ..WatchFindingsRequest::default() };
    service(channel).watch_findings(who.ask(request)).await.unwrap().into_inner()
}

async fn next(stream: &mut Streaming<WatchFindingsResponse>) -> WatchFindingsResponse {
    let next = tokio::time::timeout(Duration::from_secs(20), stream.next()).await.expect("in time");
    next.expect("a message").unwrap()
}

fn told(findings: &[Finding]) -> Vec<(&str, &str, FindingSeverity, u64)> {
    findings.iter().map(|f| (f.rule.as_str(), f.party.as_str(), f.severity(), f.count)).collect()
}

fn used(serial: usize) -> Body {
    let line = v1::UseLine { item: unit(serial), finished: true, ..v1::UseLine::default() };
    Body::Use(v1::Use { lines: vec![line] })
}

/// Goods that expired before they were sold, and what everybody did with them.
struct Story {
    stage: Stage,
    stranger: Actor,
    made: SignedStatement,
}

impl Story {
    async fn tell() -> Self {
        let stage = Stage::set().await;
        let stranger = Actor::new("org:Stranger", stage.ledger());
        stage.register(&stranger, Role::Clinic).await;
        let goods = v1::Commission { expires_on: "2026-02-01".into(), ..commission(vec![unit(1), unit(2)]) };
        let made = stage.maker.sign_with(Body::Commission(goods), |h| h.occurred_at -= 300 * DAY);
        assert_eq!(judged(&stage, &made).await.findings, []);
        Self { stage, stranger, made }
    }

    async fn sell(&self) -> [Receipt; 3] {
        let stage = &self.stage;
        let out = stage.maker.sign(Body::Ship(ship(vec![unit(1)], &stage.dealer)));
        let first = judged(stage, &out).await;
        let take = |out: &SignedStatement| {
            Body::Receive(v1::Receive { shipment: Some(reference(out)), ..v1::Receive::default() })
        };
        judged(stage, &stage.dealer.sign(take(&out))).await;
        let on = stage.dealer.sign(Body::Ship(ship(vec![unit(1)], &stage.clinic)));
        let second = judged(stage, &on).await;
        judged(stage, &stage.clinic.sign(take(&on))).await;
        let third = judged(stage, &stage.clinic.sign(used(1))).await;
        [first, second, third]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_party_is_told_of_its_own_acts_and_authorities_of_all() {
    let story = Story::tell().await;
    let receipts = story.sell().await;
    let stage = &story.stage;
    let (medium, high) = (FindingSeverity::Medium, FindingSeverity::High);
    for (receipt, (who, severity)) in
        receipts.iter().zip([(&stage.maker, medium), (&stage.dealer, medium), (&stage.clinic, high)])
    {
        assert_eq!(told(&receipt.findings), [("EXPIRED", who.party.as_str(), severity, 1)]);
        let own = all(&stage.channel, who).await;
        assert_eq!(own, receipt.findings, "the list says what the receipt said");
        assert!(own[0].lines[0].entries.contains(&receipt.index) && own[0].goods == lot());
    }
    // Who has no part in goods learns nothing about them, whatever it states.
    for serial in [2, 3] {
        let receipt = judged(stage, &story.stranger.sign(used(serial))).await;
        assert_eq!(receipt.findings, [], "unit {serial}");
    }
    let of_item = |item: String| ListFindingsRequest { item, ..ListFindingsRequest::default() };
    for request in [ListFindingsRequest::default(), of_item(unit(1)), of_item(unit(2)), of_item(unit(9))] {
        assert_eq!(list(&stage.channel, &story.stranger, request).await.unwrap().findings, []);
    }
    // Authorities: everything, newest first, page by page.
    let office = all(&stage.channel, &stage.office).await;
    let expired: Vec<_> = office.iter().filter(|f| f.rule == "EXPIRED").cloned().collect();
    assert_eq!(
        told(&expired),
        [
            ("EXPIRED", "org:Stranger", high, 1),
            ("EXPIRED", "org:Clinic", high, 1),
            ("EXPIRED", "org:Dealer", medium, 1),
            ("EXPIRED", "org:Maker", medium, 1),
        ]
    );
    let (mut paged, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListFindingsRequest { page_size: 1, page_token, ..ListFindingsRequest::default() };
        let page = list(&stage.channel, &stage.office, request).await.unwrap();
        assert!(page.findings.len() <= 1 && page.judged == page.size);
        paged.extend(page.findings);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, office);
    let filtered = |filter| ListFindingsRequest { filter: Some(filter), ..ListFindingsRequest::default() };
    let table = [
        (FindingFilter { rule: "EXPIRED".into(), min_severity: high.into(), ..Default::default() }, 2),
        (FindingFilter { party: "org:Dealer".into(), ..Default::default() }, 1),
        (
            FindingFilter {
                goods: "gtin:09521234543213".into(),
                rule: "EXPIRED".into(),
                ..Default::default()
            },
            4,
        ),
        (FindingFilter { until: "2020-01-01".into(), ..Default::default() }, 0),
    ];
    for (filter, count) in table {
        let found = list(&stage.channel, &stage.office, filtered(filter.clone())).await.unwrap().findings;
        assert_eq!(found.len(), count, "{filter:?}");
    }
    let found = list(&stage.channel, &stage.office, of_item(unit(1))).await.unwrap().findings;
    assert_eq!(found.iter().filter(|f| f.rule == "EXPIRED").count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_told_by_field_and_nobody_asks_without_a_token() {
    let stage = Stage::set().await;
    let filtered = |filter| ListFindingsRequest { filter: Some(filter), ..ListFindingsRequest::default() };
    let table = [
        (filtered(FindingFilter { rule: "NO_RULE".into(), ..Default::default() }), "filter.rule"),
        (filtered(FindingFilter { min_severity: 9, ..Default::default() }), "filter.min_severity"),
        (filtered(FindingFilter { states: vec![7], ..Default::default() }), "filter.states"),
        (filtered(FindingFilter { since: "2026-02-30".into(), ..Default::default() }), "filter.since"),
        (filtered(FindingFilter { until: "soon".into(), ..Default::default() }), "filter.until"),
        (ListFindingsRequest { item: "sgtin:1".into(), ..Default::default() }, "item"),
        (ListFindingsRequest { page_size: 1_001, ..Default::default() }, "page_size"),
        (ListFindingsRequest { page_token: "x".into(), ..Default::default() }, "page_token"),
        (ListFindingsRequest { item: unit(1), page_token: "1".into(), ..Default::default() }, "page_token"),
    ];
    for (request, field) in table {
        let fault = list(&stage.channel, &stage.office, request).await.unwrap_err();
        assert_eq!((fault.code(), error_reason(&fault).as_str()), (Code::InvalidArgument, "INVALID_REQUEST"));
        assert_eq!(violated_fields(&fault), [field]);
    }
    let bad = WatchFindingsRequest { cursor: "12".into(), ..WatchFindingsRequest::default() };
    let fault = service(&stage.channel).watch_findings(stage.office.ask(bad)).await.unwrap_err();
    assert_eq!(violated_fields(&fault), ["cursor"]);
    let fault = service(&stage.channel).list_findings(ListFindingsRequest::default()).await.unwrap_err();
    assert_eq!(error_reason(&fault), "TOKEN_MISSING");
    let request = WatchFindingsRequest::default();
    let fault = service(&stage.channel).watch_findings(request).await.unwrap_err();
    assert_eq!(error_reason(&fault), "TOKEN_MISSING");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_sees_findings_open_and_go_and_resumes_where_it_was() {
    let story = Story::tell().await;
    let (stage, dealer) = (&story.stage, &story.stage.dealer);
    let (mut office, mut own) =
        (watch(&stage.channel, &stage.office, "").await, watch(&stage.channel, dealer, "").await);
    let first = next(&mut own).await;
    assert!(first.findings.is_empty() && !first.reset);
    next(&mut office).await;
    story.sell().await;
    let told_dealer = next(&mut own).await;
    assert_eq!(told(&told_dealer.findings), [("EXPIRED", "org:Dealer", FindingSeverity::Medium, 1)]);
    drop(own);
    let mut seen = Vec::new();
    while seen.iter().filter(|f: &&Finding| f.rule == "EXPIRED").count() < 3 {
        seen.extend(next(&mut office).await.findings);
    }
    // The maker corrects the day: there was nothing to find.
    let mut goods = commission(vec![unit(1), unit(2)]);
    goods.expires_on = "2028-02-01".into();
    let correct = v1::Correct {
        target: Some(reference(&story.made)),
        reason: "typo".into(),
        replacement: Some(v1::Replacement {
            body: Some(v1::replacement::Body::Commission(goods)),
            ..v1::Replacement::default()
        }),
        ..v1::Correct::default()
    };
    judged(stage, &stage.maker.sign(Body::Correct(correct))).await;
    let mut resolved = Vec::new();
    while resolved.len() < 3 {
        let message = next(&mut office).await;
        resolved.extend(message.findings.into_iter().filter(|f| f.rule == "EXPIRED"));
    }
    for finding in &resolved {
        let open = seen.iter().find(|f| f.id == finding.id).expect("known from before");
        assert_eq!((open.state(), finding.state()), (FindingState::Open, FindingState::Resolved));
        assert_eq!((finding.count, &finding.lines[..]), (0, &[][..]));
        assert!(finding.resolved_at >= finding.opened_at && finding.opened_at == open.opened_at);
    }
    // Who was away goes on where it was.
    let mut own = watch(&stage.channel, dealer, &told_dealer.cursor).await;
    let message = next(&mut own).await;
    assert!(!message.reset && message.findings.len() == 1, "{message:?}");
    assert_eq!(message.findings[0].state(), FindingState::Resolved);
    assert_eq!(all(&stage.channel, dealer).await, []);
    // The command line tells the same.
    let key = stage.server.data.join("office.pem");
    client::KeyFile::create(&key, &stage.office.key, client::Protection::Plain).unwrap();
    let ask = |more: &[&str]| {
        let mut command = yuanliu();
        command.args(["finding", "list", "--state", "all", "--server", &stage.server.url(), "--ca"]);
        command.arg(&stage.server.ca).arg("--key").arg(&key).args(["--party", &stage.office.party]);
        run_in(command.args(["--rule", "EXPIRED"]).args(more))
    };
    let english = ask(&["--lang", "en"]);
    assert!(
        english.stdout.contains("suspected trade in or use of expired goods × 0  resolved"),
        "{english:?}"
    );
    let chinese = ask(&["--lang", "zh"]);
    assert!(chinese.stdout.contains("疑似经营、使用过期产品 × 0  已消除"), "{chinese:?}");
    let lines = ask(&["--json"]).stdout.lines().count();
    assert_eq!(lines, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_survive_a_kill_can_be_taken_away_and_switched_off() {
    let story = Story::tell().await;
    story.sell().await;
    let office = story.stage.office.clone();
    let before = all(&story.stage.channel, &office).await;
    assert!(before.len() >= 3, "{before:?}");
    let mut stream = watch(&story.stage.channel, &office, "").await;
    let cursor = next(&mut stream).await.cursor;
    let data = story.stage.server.data.clone();
    let Story { stage, .. } = story;
    let kept = stage.kill();

    let server = Server::start(&data);
    let there = channel(&server).await;
    assert_eq!(all(&there, &office).await, before);
    let mut stream = watch(&there, &office, &cursor).await;
    let message = next(&mut stream).await;
    assert!(!message.reset && message.findings.is_empty(), "{message:?}");
    drop(stream);
    assert_eq!(server.stop(), 0);

    // Taken away, they are made again: the same findings under other numbers.
    std::fs::remove_dir_all(data.join("findings")).unwrap();
    let server = Server::start(&data);
    let there = channel(&server).await;
    let mut stream = watch(&there, &office, &cursor).await;
    let mut message = next(&mut stream).await;
    assert!(message.reset);
    let mut again = std::mem::take(&mut message.findings);
    while again.len() < before.len() {
        again.extend(next(&mut stream).await.findings);
    }
    let facts = |f: &Finding| (f.id.clone(), f.count, f.lines.clone());
    let (mut was, mut is): (Vec<_>, Vec<_>) =
        (before.iter().map(facts).collect(), again.iter().map(facts).collect());
    was.sort_by(|a, b| a.0.cmp(&b.0));
    is.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(is, was);
    drop(stream);
    assert_eq!(server.stop(), 0);

    let mut command = yuanliu();
    command.arg("serve").env("YUANLIU_SERVER__FINDINGS__ENABLED", "false");
    let server = Server::try_start(command, &data, ([127, 0, 0, 1], 0).into()).unwrap();
    let there = channel(&server).await;
    let fault = list(&there, &office, ListFindingsRequest::default()).await.unwrap_err();
    assert_eq!((fault.code(), error_reason(&fault).as_str()), (Code::FailedPrecondition, "FINDINGS_OFF"));
    assert_eq!(server.stop(), 0);
    drop(kept);
}

async fn verified(stage: &Stage, who: &Actor, scan: &str) -> v1::Verification {
    let request = who.ask(v1::VerifyItemRequest { scan: scan.into() });
    stage.trace().verify_item(request).await.unwrap().into_inner().verification.unwrap()
}

fn reasons(v: &v1::Verification) -> (v1::Verdict, Vec<&str>) {
    let mut codes: Vec<&str> = v.reasons.iter().map(|r| r.code.as_str()).collect();
    codes.sort_unstable();
    (v.verdict(), codes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_is_judged_within_the_askers_rights() {
    use v1::Verdict::{Consistent, Suspected, Unknown};

    let stage = Stage::set().await;
    let stranger = Actor::new("org:Stranger", stage.ledger());
    stage.register(&stranger, Role::Clinic).await;
    let made = Body::Commission(commission(vec![unit(1), unit(2)]));
    judged(&stage, &stage.maker.sign_with(made, |h| h.occurred_at -= DAY)).await;
    judged(&stage, &stage.maker.sign(Body::Ship(ship(vec![unit(1)], &stage.dealer)))).await;
    let scan =
        |serial: usize, lot: &str, day: &str| format!("(01)09521234543213(17){day}(10){lot}(21)U{serial:06}");
    let sound = scan(1, "C1234C3", "280109");
    // Whoever sent it, gets it, or may know all.
    for who in [&stage.maker, &stage.dealer, &stage.office] {
        let v = verified(&stage, who, &sound).await;
        assert_eq!(reasons(&v), (Consistent, vec![]), "{}: {v:?}", who.party);
        assert_eq!((v.item, v.lot, v.expires_on.as_str()), (unit(1), lot(), "2028-01-09"));
    }
    let table: [(&Actor, String, v1::Verdict, &[&str]); 10] = [
        (&stage.dealer, scan(1, "C1234C4", "280109"), Suspected, &["LOT_DIFFERS"]),
        (&stage.dealer, scan(1, "C1234C3", "290109"), Suspected, &["EXPIRY_DIFFERS"]),
        (&stage.dealer, unit(1), Consistent, &[]),
        (&stage.dealer, "(01)09521234543213".into(), Unknown, &["NO_ITEM"]),
        (&stage.dealer, "not a scan".into(), Unknown, &["UNREADABLE"]),
        (&stage.dealer, scan(2, "C1234C3", "280109"), Unknown, &["NOT_KNOWN"]),
        (&stage.dealer, scan(9, "C1234C3", "280109"), Unknown, &["NOT_KNOWN"]),
        (&stranger, sound.clone(), Unknown, &["NOT_KNOWN"]),
        (&stranger, scan(9, "C1234C3", "280109"), Unknown, &["NOT_KNOWN"]),
        (&stage.office, unit(9), Unknown, &["NOT_KNOWN"]),
    ];
    for (who, scan, verdict, codes) in &table {
        let v = verified(&stage, who, scan).await;
        assert_eq!(reasons(&v), (*verdict, codes.to_vec()), "{} {scan}: {v:?}", who.party);
    }
    // Nothing tells a stranger goods of others from goods of nobody, but the code that it asks for.
    let (theirs, nobodys) =
        (verified(&stage, &stranger, &unit(1)).await, verified(&stage, &stranger, &unit(9)).await);
    let blank = |mut v: v1::Verification| {
        v.item.clear();
        v.reasons.iter_mut().for_each(|r| r.text.clear());
        v
    };
    assert_eq!(blank(theirs), blank(nobodys));
    // Once used up it is nothing to be used.
    judged(&stage, &stage.dealer.sign(Body::Ship(ship(vec![unit(1)], &stage.clinic)))).await;
    judged(&stage, &stage.clinic.sign(used(1))).await;
    let v = verified(&stage, &stage.clinic, &sound).await;
    assert!(v.verdict() == Suspected && reasons(&v).1.contains(&"FINISHED"), "{v:?}");
    let many = v1::VerifyItemsRequest { scans: vec![sound.clone(), "?".into()] };
    let both = stage.trace().verify_items(stage.office.ask(many)).await.unwrap().into_inner();
    assert_eq!(both.verifications.len(), 2);
    for scans in [vec![], vec![sound; 101], vec!["x".repeat(2_049)]] {
        let fault = stage.trace().verify_items(stage.office.ask(v1::VerifyItemsRequest { scans })).await;
        assert_eq!(violated_fields(&fault.unwrap_err()), ["scans"]);
    }
}
