//! Requests for assistance reach whom they are addressed to, and confidential ones nobody else.

use futures::StreamExt as _;
use proto::v1::{
    self, ExportEvidenceRequest, GetEntryRequest, GetReceiptRequest, ListEntriesRequest, ListRequestsRequest,
    Role, StatementRef, statement::Body,
};
use rpc::case_service_client::CaseServiceClient;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::world::{Actor, World, unit};

const CASE: &str = "00112233445566778899aabbccddeeff";

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|i| i.reason.clone()).unwrap_or_default()
}

fn request(to: &Actor, case: &str) -> Body {
    Body::AssistRequest(v1::AssistRequest {
        number: "cert:XC/1".into(),
        addressee: to.party.clone(),
        purpose: "source".into(),
        question: "whose are these?".into(),
        lines: vec![v1::GoodsLine { item: unit(1), ..v1::GoodsLine::default() }],
        due_on: "2099-01-01".into(),
        legal_basis: "article 100".into(),
        case_id: case.into(),
    })
}

fn reply(to: StatementRef, case: &str) -> Body {
    Body::AssistReply(v1::AssistReply {
        request: Some(to),
        outcome: "nothing-found".into(),
        findings: "not on our books".into(),
        case_id: case.into(),
        ..v1::AssistReply::default()
    })
}

/// Indices of the entries whose contents a reader sees, from 1 on.
async fn seen(world: &World, reader: &Actor) -> Vec<u64> {
    let request = world.by(reader, ListEntriesRequest { start: 1, limit: 0, follow: false });
    let pages = world.log().list_entries(request).await.unwrap().into_inner();
    let pages: Vec<_> = pages.map(Result::unwrap).collect().await;
    let entries = pages.into_iter().flat_map(|page| page.entries);
    entries.filter(|e| !e.withheld).map(|e| e.index).collect()
}

/// Requests addressed to a reader: entry, whether confidential, answers.
async fn asked_of(world: &World, reader: &Actor, open_only: bool) -> Vec<(u64, bool, Vec<u64>)> {
    let request = ListRequestsRequest { open_only, ..ListRequestsRequest::default() };
    let answer = world.desk().list_requests(world.by(reader, request)).await.unwrap().into_inner();
    assert_eq!(answer.next_page_token, "");
    answer.requests.into_iter().map(|r| (r.index, r.confidential, r.answered_by)).collect()
}

fn reference(signed: &v1::SignedStatement) -> StatementRef {
    use prost::Message as _;
    let header = v1::Statement::decode(signed.payload.clone()).unwrap().header.unwrap();
    StatementRef { party: header.party, id: header.id, digest: Vec::new() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trader_reads_what_it_is_asked_and_the_asker_what_it_answers() {
    let world = World::start().await;
    let (drug, dealer, bystander) =
        (Actor::new("org:Drug", 2), Actor::new("org:Dealer", 3), Actor::new("org:Bystander", 4));
    world.register(&drug, Role::Authority).await;
    world.register(&dealer, Role::Distributor).await;
    world.register(&bystander, Role::Distributor).await;
    let asked = drug.sign(&world.id, request(&dealer, ""));
    let at = world.submit(asked.clone()).await.unwrap().index;
    assert!(seen(&world, &dealer).await.contains(&at));
    assert!(!seen(&world, &bystander).await.contains(&at));
    assert_eq!(asked_of(&world, &dealer, true).await, [(at, false, vec![])]);
    assert_eq!(asked_of(&world, &bystander, false).await, []);
    let other = bystander.sign(&world.id, reply(reference(&asked), ""));
    let status = world.submit(other).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "NOT_ADDRESSED"));
    let answer = dealer.sign(&world.id, reply(reference(&asked), ""));
    let answered = world.submit(answer).await.unwrap().index;
    assert!(seen(&world, &drug).await.contains(&answered));
    assert!(!seen(&world, &bystander).await.contains(&answered));
    assert_eq!(asked_of(&world, &dealer, false).await, [(at, false, vec![answered])]);
    assert_eq!(asked_of(&world, &dealer, true).await, []);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confidential_request_is_read_by_its_two_sides_and_auditors_alone() {
    let world = World::start().await;
    let (drug, customs) = (Actor::new("org:Drug", 2), Actor::new("org:Customs", 3));
    let (third, auditor) = (Actor::new("org:Third", 4), Actor::new("org:Auditor", 5));
    world.register(&drug, Role::Authority).await;
    world.register(&customs, Role::Authority).await;
    world.register(&third, Role::Authority).await;
    world.register(&auditor, Role::Auditor).await;
    let hidden = |by: &Actor, body| by.sign_with(&world.id, body, |h| h.confidential = true);
    let asked = hidden(&drug, request(&customs, CASE));
    let first = world.submit(asked.clone()).await.unwrap().index;
    // Neither has said anything before: the answer finds the request all the same, and sent again it is the same.
    assert_eq!(world.submit(asked.clone()).await.unwrap().index, first);
    let open = customs.sign(&world.id, reply(reference(&asked), CASE));
    assert_eq!(reason(&world.submit(open).await.unwrap_err()), "CONFIDENTIAL_NEEDED");
    let answered = world.submit(hidden(&customs, reply(reference(&asked), CASE))).await.unwrap().index;
    for (reader, expect) in
        [(&drug, true), (&customs, true), (&auditor, true), (&third, false), (&world.root, false)]
    {
        let seen = seen(&world, reader).await;
        assert_eq!([first, answered].map(|i| seen.contains(&i)), [expect; 2], "{} {seen:?}", reader.party);
        let entry = world.by(reader, GetEntryRequest { index: first });
        let entry = world.log().get_entry(entry).await.unwrap().into_inner().entry.unwrap();
        assert_eq!((entry.withheld, entry.leaf.len()), (!expect, 80));
        let receipt = world.by(reader, GetReceiptRequest { statement: Some(reference(&asked)) });
        assert_eq!(world.log().get_receipt(receipt).await.is_ok(), expect, "{}", reader.party);
    }
    assert_eq!(asked_of(&world, &customs, false).await, [(first, true, vec![answered])]);
    assert_eq!(asked_of(&world, &third, false).await, []);
    // Nor does it leave in a bundle.
    let wanted = ExportEvidenceRequest {
        kind: "entry".into(),
        text: first.to_string(),
        key_id: third.key_id().to_vec(),
        ..ExportEvidenceRequest::default()
    };
    let mut cases = CaseServiceClient::new(world.channel.clone());
    let status = cases.export_evidence(world.by(&third, wanted)).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "{status}");
    world.stop().await.unwrap();
}
