use futures::StreamExt as _;
use proto::v1::{
    self, Effect, GetEntryRequest, GetItemHistoryRequest, GetItemRequest, GetKeyRequest, GetLedgerRequest,
    GetNamedListRequest, GetPartyRequest, GetPolicyRequest, GetReceiptRequest, HopKind, ItemStatus,
    ListCoverageRequest, ListDesignationsRequest, ListEntriesRequest, ListPartiesRequest,
    ListPoliciesRequest, ListSuccessionsRequest, Role, StatementRef, TraceFlowRequest, TraceSourceRequest,
    statement::Body,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::world::{Actor, World, commission, ship, unit};

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|i| i.reason.clone()).unwrap_or_default()
}

/// Maker commissions two units and ships one to the dealer; a bystander does nothing.
struct Story {
    world: World,
    maker: Actor,
    dealer: Actor,
    bystander: Actor,
    /// Entries: commission, shipment.
    entries: [u64; 2],
}

async fn story() -> Story {
    let world = World::start().await;
    let (maker, dealer, bystander) =
        (Actor::new("org:Maker", 2), Actor::new("org:Dealer", 3), Actor::new("org:Bystander", 4));
    world.register(&maker, Role::Manufacturer).await;
    world.register(&dealer, Role::Distributor).await;
    world.register(&bystander, Role::Distributor).await;
    let made = world.submit(maker.sign(&world.id, commission(vec![unit(1), unit(2)]))).await.unwrap();
    let sent = world.submit(maker.sign(&world.id, ship(vec![unit(1)], &dealer))).await.unwrap();
    Story { world, maker, dealer, bystander, entries: [made.index, sent.index] }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_public_sees_leaves_and_the_genesis_and_nothing_else() {
    let Story { world, entries, .. } = story().await;
    let facts = world.log().get_ledger(GetLedgerRequest {}).await.unwrap().into_inner();
    assert_eq!((facts.ledger.as_slice(), facts.size), (world.id.as_slice(), 9));
    for index in 0..facts.size {
        let entry =
            world.log().get_entry(GetEntryRequest { index }).await.unwrap().into_inner().entry.unwrap();
        assert_eq!(entry.leaf.len(), 80);
        let genesis = index == 0;
        assert_eq!(
            (entry.withheld, entry.payload.is_empty(), entry.envelope.is_empty()),
            (!genesis, !genesis, true)
        );
    }
    let status = world.log().get_entry(GetEntryRequest { index: facts.size }).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);

    let item = GetItemRequest { item: unit(1) };
    let status = world.trace().get_item(item).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "TOKEN_MISSING"));
    assert!(status.message().contains("yuanliu-read+jwt"), "says how to make one");
    let receipt = GetReceiptRequest { statement: Some(StatementRef::default()) };
    assert_eq!(reason(&world.log().get_receipt(receipt).await.unwrap_err()), "TOKEN_MISSING");
    assert_eq!(entries, [7, 8]);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_party_reads_the_entries_that_concern_it() {
    let Story { world, maker, dealer, bystander, entries: [made, sent] } = story().await;
    // Entries 1 to 6 register maker, dealer and bystander, party and key each.
    let table = [
        (&world.root, vec![0, 1, 2, 3, 4, 5, 6, made, sent]),
        (&maker, vec![0, 1, 2, made, sent]),
        (&dealer, vec![0, 3, 4, sent]),
        (&bystander, vec![0, 5, 6]),
    ];
    for (reader, expect) in table {
        let request = world.by(reader, ListEntriesRequest { start: 0, limit: 0, follow: false });
        let pages = world.log().list_entries(request).await.unwrap().into_inner();
        let entries: Vec<_> = pages.flat_map(|p| futures::stream::iter(p.unwrap().entries)).collect().await;
        assert!(entries.iter().map(|e| e.index).eq(0..9));
        let open: Vec<u64> = entries.iter().filter(|e| !e.withheld).map(|e| e.index).collect();
        assert_eq!(open, expect, "{}", reader.party);
    }
    let stranger = Actor::new("org:Stranger", 9);
    let status = world.log().get_entry(world.by(&stranger, GetEntryRequest { index: 0 })).await.unwrap_err();
    assert_eq!(reason(&status), "TOKEN_KEY", "a bad token is never taken for none");
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_item_of_others_looks_like_none_at_all() {
    let Story { world, maker, dealer, bystander, .. } = story().await;
    let get = async |reader: &Actor, item: String| {
        let answer = world.trace().get_item(world.by(reader, GetItemRequest { item })).await;
        answer.map(|a| a.into_inner().item.unwrap())
    };
    let seen = get(&dealer, unit(1)).await.unwrap();
    assert_eq!(seen.status, ItemStatus::InTransit as i32);
    assert_eq!((seen.holder.as_str(), seen.addressee.as_str()), ("org:Maker", "org:Dealer"));
    assert_eq!(get(&world.root, unit(2)).await.unwrap().status, ItemStatus::Held as i32);
    assert!(get(&maker, unit(2)).await.is_ok());

    let nothing = get(&dealer, unit(999)).await.unwrap_err();
    for (reader, serial) in [(&dealer, 2), (&bystander, 1), (&bystander, 2), (&world.root, 999)] {
        let status = get(reader, unit(serial)).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (nothing.code(), nothing.message()));
        assert_eq!(status.details(), nothing.details());
    }
    assert_eq!(nothing.code(), Code::NotFound);
    let malformed = get(&dealer, "sgtin:1.2".into()).await.unwrap_err();
    assert_eq!((malformed.code(), reason(&malformed).as_str()), (Code::InvalidArgument, "INVALID_REQUEST"));

    let history = GetItemHistoryRequest { item: unit(1), ..GetItemHistoryRequest::default() };
    let history = world.trace().get_item_history(world.by(&dealer, history)).await.unwrap().into_inner();
    let [made, sent] = history.events.try_into().unwrap();
    assert!(made.entry.as_ref().unwrap().withheld && made.party.is_empty() && made.kind == 0);
    assert!(!sent.entry.as_ref().unwrap().payload.is_empty());
    assert_eq!((sent.party.as_str(), sent.effect()), ("org:Maker", Effect::Effective));
    assert_eq!(history.names, [v1::PartyName { party: "org:Maker".into(), name: "org:Maker Co.".into() }]);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traces_show_authorities_all_and_traders_one_step() {
    let Story { world, maker, dealer, bystander, .. } = story().await;
    let clinic = Actor::new("org:Clinic", 5);
    world.register(&clinic, Role::Clinic).await;
    world.submit(dealer.sign(&world.id, ship(vec![unit(1)], &clinic))).await.unwrap();
    let flow = async |reader: &Actor| {
        let request = world.by(reader, TraceFlowRequest { item: unit(1), limit: 0 });
        let answer = world.trace().trace_flow(request).await.map(tonic::Response::into_inner);
        answer.map(|a| a.hops.iter().map(|h| format!("{}>{}", h.from, h.to)).collect::<Vec<_>>().join(" "))
    };
    let all = flow(&world.root).await.unwrap();
    assert!(all.contains("org:Maker>org:Dealer") && all.contains("org:Dealer>org:Clinic"), "{all}");
    assert_eq!(flow(&clinic).await.unwrap(), "org:Dealer>org:Clinic");
    assert_eq!(flow(&maker).await.unwrap(), ">org:Maker org:Maker>org:Dealer");
    assert_eq!(flow(&bystander).await.unwrap_err().code(), Code::NotFound);

    let request = world.by(&world.root, TraceSourceRequest { item: unit(1), limit: 0 });
    let source = world.trace().trace_source(request).await.unwrap().into_inner();
    assert_eq!(source.origins, ["org:Maker"]);
    assert_eq!(source.hops.last().unwrap().kind(), HopKind::Origin);
    world.stop().await.unwrap();
}

/// A unit that went from the maker over the dealer to a clinic, which has used some of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_an_item_is_now_is_told_one_step_up_and_one_down() {
    let Story { world, maker, dealer, entries: [_, sent], .. } = story().await;
    let clinic = Actor::new("org:Clinic", 5);
    world.register(&clinic, Role::Clinic).await;
    let receive = async |index| {
        let request = world.by(&world.root, GetEntryRequest { index });
        let ship = world.log().get_entry(request).await.unwrap().into_inner().entry.unwrap().payload;
        let digest = merkle::sha256(&[&ship]).to_vec();
        let header = <v1::Statement as prost::Message>::decode(ship).unwrap().header.unwrap();
        let shipment = Some(StatementRef { party: header.party, id: header.id, digest });
        Body::Receive(v1::Receive { shipment, ..v1::Receive::default() })
    };
    let used = |serial| {
        let used = v1::Quantity { amount: 40, unit: "U".into() };
        let line = v1::UseLine { item: unit(serial), vial: 1, used: Some(used), ..v1::UseLine::default() };
        Body::Use(v1::Use { lines: vec![line] })
    };
    let get = async |reader: &Actor| {
        let request = world.by(reader, GetItemRequest { item: unit(1) });
        world.trace().get_item(request).await.unwrap().into_inner()
    };
    world.submit(dealer.sign(&world.id, receive(sent).await)).await.unwrap();
    let sent_on = world.submit(dealer.sign(&world.id, ship(vec![unit(1)], &clinic))).await.unwrap();

    // Under way: the maker learns that the dealer has passed it on, not to whom.
    for (reader, addressee) in [(&maker, ""), (&dealer, "org:Clinic"), (&world.root, "org:Clinic")] {
        let answer = get(reader).await;
        let item = answer.item.unwrap();
        let found = (item.status(), item.holder.as_str(), item.addressee.as_str(), answer.withheld);
        let expect = (ItemStatus::InTransit, "org:Dealer", addressee, addressee.is_empty());
        assert_eq!(found, expect, "{}", reader.party);
    }

    world.submit(clinic.sign(&world.id, receive(sent_on.index).await)).await.unwrap();
    world.submit(clinic.sign(&world.id, used(1))).await.unwrap();
    for (reader, sees) in [(&maker, false), (&dealer, true), (&clinic, true), (&world.root, true)] {
        let answer = get(reader).await;
        let item = answer.item.unwrap();
        assert_eq!(answer.withheld, !sees, "{}", reader.party);
        assert_eq!((item.maker.as_str(), item.lot.is_empty()), ("org:Maker", false), "what is printed on it");
        let state = (item.status(), item.holder.as_str(), item.used.len(), item.last_occurred_at != 0);
        let expect = match sees {
            true => (ItemStatus::Opened, "org:Clinic", 1, true),
            false => (ItemStatus::Unspecified, "", 0, false),
        };
        assert_eq!(state, expect, "{}", reader.party);
        let known = answer.names.iter().any(|n| n.party == "org:Clinic");
        assert_eq!((known, item.events != 0, item.last_index != 0), (sees, sees, sees), "{}", reader.party);
    }

    // Who alone says that it sent it there is no nearer for that.
    world.submit(maker.sign(&world.id, ship(vec![unit(1)], &clinic))).await.unwrap();
    world.submit(clinic.sign(&world.id, used(1))).await.unwrap();
    assert!(get(&maker).await.withheld);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_says_whether_something_was_left_out_of_it() {
    let Story { world, maker, dealer, .. } = story().await;
    let clinic = Actor::new("org:Clinic", 5);
    world.register(&clinic, Role::Clinic).await;
    world.submit(dealer.sign(&world.id, ship(vec![unit(1)], &clinic))).await.unwrap();
    world.submit(dealer.sign(&world.id, ship(vec![unit(77)], &clinic))).await.unwrap();
    let source = async |reader: &Actor, item: String| {
        let request = world.by(reader, TraceSourceRequest { item, limit: 0 });
        let answer = world.trace().trace_source(request).await.unwrap().into_inner();
        (answer.hops.len(), answer.origins, answer.withheld)
    };
    let origin = vec!["org:Maker".to_string()];
    assert_eq!(source(&world.root, unit(1)).await, (3, origin.clone(), false));
    assert_eq!(source(&maker, unit(1)).await, (2, origin, true));
    assert_eq!(source(&dealer, unit(1)).await, (2, vec![], true));
    assert_eq!(source(&clinic, unit(1)).await, (1, vec![], true));
    // Of this one nobody has told an origin: to its sender that is no secret.
    assert_eq!(source(&world.root, unit(77)).await, (2, vec![], false));
    assert_eq!(source(&dealer, unit(77)).await, (2, vec![], false));
    assert_eq!(source(&clinic, unit(77)).await, (1, vec![], true));
    let flow = async |reader: &Actor| {
        let request = world.by(reader, TraceFlowRequest { item: unit(1), limit: 0 });
        let answer = world.trace().trace_flow(request).await.unwrap().into_inner();
        (answer.hops.len(), answer.places.len(), answer.withheld)
    };
    assert_eq!(flow(&world.root).await, (3, 1, false));
    assert_eq!(flow(&maker).await, (2, 0, true));
    assert_eq!(flow(&dealer).await, (2, 1, true));
    assert_eq!(flow(&clinic).await, (1, 0, true));
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registers_and_receipts_are_read_back() {
    let Story { world, maker, dealer, bystander, .. } = story().await;
    let party = GetPartyRequest { party: "org:Dealer".into() };
    let record =
        world.registry().get_party(world.by(&maker, party)).await.unwrap().into_inner().party.unwrap();
    assert_eq!((record.name.as_str(), record.keys), ("org:Dealer Co.", vec![dealer.key_id().to_vec()]));
    assert_eq!(record.roles[0].granter, "org:Authority");

    let mut names = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = world.by(&maker, ListPartiesRequest { page_size: 3, page_token });
        let page = world.registry().list_parties(request).await.unwrap().into_inner();
        names.extend(page.parties.into_iter().map(|p| p.party));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(names, ["org:Authority", "org:Maker", "org:Dealer", "org:Bystander"]);

    let key = GetKeyRequest { key_id: maker.key_id().to_vec() };
    let key = world.registry().get_key(world.by(&dealer, key)).await.unwrap().into_inner();
    assert_eq!((key.party.as_str(), key.public_key), ("org:Maker", maker.key.public().as_bytes().to_vec()));

    let signed = maker.sign(&world.id, ship(vec![unit(2)], &dealer));
    let receipt = world.submit(signed.clone()).await.unwrap();
    let header = <v1::Statement as prost::Message>::decode(signed.payload.clone()).unwrap().header.unwrap();
    let name = |digest: Vec<u8>| GetReceiptRequest {
        statement: Some(StatementRef { party: "org:Maker".into(), id: header.id.clone(), digest }),
    };
    let digest = merkle::sha256(&[&signed.payload]).to_vec();
    for reader in [&maker, &dealer, &world.root] {
        let found =
            world.log().get_receipt(world.by(reader, name(digest.clone()))).await.unwrap().into_inner();
        assert_eq!(found.receipt.unwrap(), v1::Receipt { recorded_before: true, ..receipt.clone() });
    }
    let status = world.log().get_receipt(world.by(&bystander, name(digest))).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let status = world.log().get_receipt(world.by(&maker, name(vec![0; 32]))).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_gets_what_comes_and_is_told_when_the_server_stops() {
    let Story { mut world, maker, .. } = story().await;
    let request = ListEntriesRequest { start: 8, limit: 0, follow: true };
    let mut pages = world.log().list_entries(request).await.unwrap().into_inner();
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!((first.entries[0].index, first.size), (8, 9));
    for serial in 10..13 {
        let receipt = world.submit(maker.sign(&world.id, commission(vec![unit(serial)]))).await.unwrap();
        let page = pages.next().await.unwrap().unwrap();
        assert_eq!(page.entries[0].index, receipt.index);
    }
    let limited = ListEntriesRequest { start: 0, limit: 4, follow: true };
    let limited = world.log().list_entries(limited).await.unwrap().into_inner();
    let counts: Vec<usize> = limited.map(|p| p.unwrap().entries.len()).collect().await;
    assert_eq!(counts.iter().sum::<usize>(), 4);
    let beyond = ListEntriesRequest { start: 1_000, limit: 0, follow: false };
    let beyond = world.log().list_entries(beyond).await.unwrap().into_inner();
    let beyond: Vec<_> = beyond.map(|p| p.unwrap()).collect().await;
    assert_eq!((beyond.len(), beyond[0].entries.len(), beyond[0].size), (1, 0, 12));

    world.ask_to_stop();
    let status = pages.next().await.unwrap().unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "STOPPING"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_about_the_goods_of_others_opens_nothing() {
    let Story { world, maker, dealer, bystander, .. } = story().await;
    let get = async |reader: &Actor| {
        let request = world.by(reader, GetItemRequest { item: unit(1) });
        let item = world.trace().get_item(request).await.unwrap().into_inner().item.unwrap();
        (item.lot.is_empty(), item.maker.is_empty(), item.events)
    };
    let friend = Actor::new("org:Friend", 6);
    world.register(&friend, Role::Clinic).await;
    world.submit(bystander.sign(&world.id, ship(vec![unit(1)], &friend))).await.unwrap();
    for reader in [&maker, &dealer] {
        let (no_lot, no_maker, _) = get(reader).await;
        assert!(!no_lot && !no_maker, "{}", reader.party);
    }
    // Of what it has said itself it is told that.
    for reader in [&bystander, &friend] {
        assert_eq!(get(reader).await, (true, true, 1), "{}", reader.party);
    }
    // Nor does it once the goods are used up, when nothing that is said of them fits any longer.
    let used = Some(v1::Quantity { amount: 100, unit: "U".into() });
    let line = v1::UseLine { item: unit(1), vial: 1, used, finished: true, ..v1::UseLine::default() };
    let clinic = Actor::new("org:Clinic", 5);
    world.register(&clinic, Role::Clinic).await;
    world.submit(dealer.sign(&world.id, ship(vec![unit(1)], &clinic))).await.unwrap();
    world.submit(clinic.sign(&world.id, Body::Use(v1::Use { lines: vec![line] }))).await.unwrap();
    world.submit(bystander.sign(&world.id, ship(vec![unit(1)], &friend))).await.unwrap();
    let (no_lot, no_maker, _) = get(&clinic).await;
    assert!(!no_lot && !no_maker);
    for reader in [&bystander, &friend] {
        assert_eq!(get(reader).await, (true, true, 2), "{}", reader.party);
    }
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_of_guessed_codes_tells_nothing_of_them() {
    let Story { world, maker, dealer, bystander, entries: [_, sent] } = story().await;
    let facts = async |reader: &Actor, index| {
        let request = world.by(&world.root, GetEntryRequest { index });
        let payload = world.log().get_entry(request).await.unwrap().into_inner().entry.unwrap().payload;
        let header = <v1::Statement as prost::Message>::decode(payload).unwrap().header.unwrap();
        let statement = Some(StatementRef { party: header.party, id: header.id, digest: Default::default() });
        let request = world.by(reader, v1::GetShipmentRequest { statement });
        let lines = world.desk().get_shipment(request).await.unwrap().into_inner().lines;
        lines.into_iter().map(|line| (line.item, !line.item_lot.is_empty())).collect::<Vec<_>>()
    };
    for reader in [&maker, &dealer, &world.root] {
        assert_eq!(facts(reader, sent).await, [(unit(1), true)], "{}", reader.party);
    }
    let guessed = bystander.sign(&world.id, ship(vec![unit(1), unit(2), unit(77)], &dealer));
    let guessed = world.submit(guessed).await.unwrap().index;
    let nothing = [(unit(1), false), (unit(2), false), (unit(77), false)];
    assert_eq!(facts(&bystander, guessed).await, nothing, "real and invented ones look the same");
    assert_eq!(facts(&dealer, guessed).await, [(unit(1), true), (unit(2), false), (unit(77), false)]);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_and_lists_are_read_as_they_stand_on_a_day() {
    let Story { world, dealer, .. } = story().await;
    let code = |code: &str| v1::PolicyCode {
        code: code.into(),
        name: code.into(),
        name_zh: "码".into(),
        retired: false,
    };
    let stated = [
        Body::Policy(v1::Policy {
            policy: "ship-reason".into(),
            effective_on: "2026-01-01".into(),
            codes: vec![code("sale"), code("barter")],
            ..v1::Policy::default()
        }),
        Body::NamedList(v1::NamedList {
            list: "blacklist".into(),
            version: 1,
            title: "Blacklist".into(),
            entries: ["org:Maker", "org:Dealer"]
                .map(|subject| v1::ListEntry {
                    subject: subject.into(),
                    reason: "smuggled goods".into(),
                    legal_basis: "decision 1".into(),
                    valid_from: "2026-01-01".into(),
                    ..v1::ListEntry::default()
                })
                .to_vec(),
            ..v1::NamedList::default()
        }),
        Body::Coverage(v1::Coverage {
            register: "licences".into(),
            region: "31".into(),
            since: "2026-01-01".into(),
            ..v1::Coverage::default()
        }),
        Body::Succession(v1::Succession {
            predecessor: "org:Dealer".into(),
            successor: "org:Bystander".into(),
            kind: "merger".into(),
            effective_on: "2026-01-01".into(),
            ..v1::Succession::default()
        }),
    ];
    for body in stated {
        world.submit(world.root.sign(&world.id, body)).await.unwrap();
    }
    let registry = || world.registry();

    let query = |day: &str| GetPolicyRequest { policy: "ship-reason".into(), day: day.into() };
    let before = registry().get_policy(world.by(&dealer, query("2025-12-31"))).await.unwrap().into_inner();
    assert!(before.policy.is_none() && before.codes.len() > 2, "those a ledger starts with");
    let now = registry().get_policy(world.by(&dealer, query(""))).await.unwrap().into_inner();
    assert_eq!(now.codes.iter().map(|c| c.code.as_str()).collect::<Vec<_>>(), ["sale", "barter"]);
    assert_eq!(now.policy.unwrap().signer, "org:Authority");
    let wrong = registry().get_policy(world.by(&dealer, query("1 May"))).await.unwrap_err();
    assert_eq!(wrong.code(), Code::InvalidArgument);
    let all = ListPoliciesRequest::default();
    let all = registry().list_policies(world.by(&dealer, all)).await.unwrap().into_inner();
    assert_eq!((all.policies.len(), all.next_page_token.as_str()), (1, ""));

    let mut listed = Vec::new();
    let mut page_token = String::new();
    loop {
        let query =
            GetNamedListRequest { list: "blacklist".into(), page_size: 1, page_token, ..Default::default() };
        let page = registry().get_named_list(world.by(&dealer, query)).await.unwrap().into_inner();
        assert_eq!((page.version, page.title.as_str()), (1, "Blacklist"));
        listed.extend(page.entries.into_iter().map(|e| e.entry.unwrap().subject));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    listed.sort();
    assert_eq!(listed, ["org:Dealer", "org:Maker"]);
    let one =
        GetNamedListRequest { list: "blacklist".into(), subject: "org:Maker".into(), ..Default::default() };
    let one = registry().get_named_list(world.by(&dealer, one)).await.unwrap().into_inner();
    assert_eq!(one.entries.len(), 1);

    let covers = |region: &str| ListCoverageRequest {
        register: "licences".into(),
        day: "2026-06-01".into(),
        region: region.into(),
        ..Default::default()
    };
    for (region, count) in [("310115", 1), ("110000", 0)] {
        let found = registry().list_coverage(world.by(&dealer, covers(region))).await.unwrap().into_inner();
        assert_eq!(found.coverage.len(), count, "{region}");
    }
    let next = ListSuccessionsRequest { predecessor: "org:Dealer".into(), day: String::new() };
    let next = registry().list_successions(world.by(&dealer, next)).await.unwrap().into_inner();
    assert_eq!(next.successions[0].succession.as_ref().unwrap().successor, "org:Bystander");
    let none = ListDesignationsRequest { registration: "国药准字SJ20171003".into(), day: String::new() };
    let none = registry().list_designations(world.by(&dealer, none)).await.unwrap().into_inner();
    assert!(none.designations.is_empty());
    world.stop().await.unwrap();
}
