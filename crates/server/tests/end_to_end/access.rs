//! What a hostile trader learns by statements of its own about the goods of others: nothing.

use proto::v1::{
    self, GetEntryRequest, GetItemHistoryRequest, GetItemRequest, GetLotDossierRequest, GetShipmentRequest,
    ListHoldingsRequest, Role, ShipmentState, StatementRef, TraceFlowRequest, TraceSourceRequest,
    statement::Body,
};
use tonic::{Code, Status};

use crate::world::{Actor, LOT, World, commission, now_us, ship, unit};

/// A maker that sells to a dealer; a thief and its friend, of whom the thief has bought one unit too.
struct Town {
    world: World,
    maker: Actor,
    dealer: Actor,
    thief: Actor,
    friend: Actor,
}

/// Units: 1 the dealer has, 2 the thief has been sold, 3 the maker keeps. 900 and on nobody has ever named.
async fn town() -> Town {
    let world = World::start().await;
    let [maker, dealer, thief, friend] =
        [("org:Maker", 2), ("org:Dealer", 3), ("org:Thief", 4), ("org:Friend", 5)]
            .map(|(party, seed)| Actor::new(party, seed));
    world.register(&maker, Role::Manufacturer).await;
    for trader in [&dealer, &thief, &friend] {
        world.register(trader, Role::Distributor).await;
    }
    let town = Town { world, maker, dealer, thief, friend };
    town.say(&town.maker, commission(vec![unit(1), unit(2), unit(3)])).await;
    let sold = town.say(&town.maker, ship(vec![unit(1)], &town.dealer)).await;
    town.say(&town.dealer, received(&sold)).await;
    let sold = town.say(&town.maker, ship(vec![unit(2)], &town.thief)).await;
    town.say(&town.thief, received(&sold)).await;
    town
}

/// A recorded statement.
struct Said {
    index: u64,
    reference: StatementRef,
    /// Signatures it waits for.
    missing: u32,
}

fn received(ship: &Said) -> Body {
    let shipment = Some(ship.reference.clone());
    Body::Receive(v1::Receive { shipment, ..v1::Receive::default() })
}

impl Town {
    async fn say(&self, who: &Actor, body: Body) -> Said {
        self.say_ago(who, body, 0).await
    }

    /// Of something that happened so many seconds ago.
    async fn say_ago(&self, who: &Actor, body: Body, seconds: u64) -> Said {
        let at = i64::try_from(now_us() - seconds * 1_000_000).unwrap();
        let signed = who.sign_with(&self.world.id, body, |header| header.occurred_at = at);
        let header =
            <v1::Statement as prost::Message>::decode(signed.payload.clone()).unwrap().header.unwrap();
        let digest = merkle::sha256(&[&signed.payload]).to_vec();
        let receipt = self.world.submit(signed).await.unwrap();
        let reference = StatementRef { party: header.party, id: header.id, digest };
        Said { index: receipt.index, reference, missing: receipt.signatures_missing }
    }

    /// All that `TraceService` and the dossier tell a reader of an item, without the code that it asked by.
    async fn told(&self, reader: &Actor, item: &str) -> String {
        let (world, text) = (&self.world, item.to_owned());
        let state = world.trace().get_item(world.by(reader, GetItemRequest { item: text.clone() })).await;
        let history = GetItemHistoryRequest { item: text.clone(), ..GetItemHistoryRequest::default() };
        let history = world.trace().get_item_history(world.by(reader, history)).await;
        let source = TraceSourceRequest { item: text.clone(), limit: 0 };
        let source = world.trace().trace_source(world.by(reader, source)).await;
        let flow = TraceFlowRequest { item: text.clone(), limit: 0 };
        let flow = world.trace().trace_flow(world.by(reader, flow)).await;
        let papers = GetLotDossierRequest { item: text, ..GetLotDossierRequest::default() };
        let papers = world.desk().get_lot_dossier(world.by(reader, papers)).await;
        let all = [
            shown(state.map(tonic::Response::into_inner)),
            shown(history.map(|answer| without_payloads(answer.into_inner()))),
            shown(source.map(tonic::Response::into_inner)),
            shown(flow.map(tonic::Response::into_inner)),
            shown(papers.map(tonic::Response::into_inner)),
        ];
        all.join("\n").replace(item, "ITEM")
    }

    /// What a reader is told of the papers of a lot, or how it is refused.
    async fn papers(&self, reader: &Actor, lot: &str) -> Result<v1::GetLotDossierResponse, Status> {
        let request = GetLotDossierRequest { lot: lot.into(), ..GetLotDossierRequest::default() };
        let answer = self.world.desk().get_lot_dossier(self.world.by(reader, request)).await;
        answer.map(tonic::Response::into_inner)
    }

    async fn lines(&self, reader: &Actor, said: &Said) -> v1::GetShipmentResponse {
        let request = GetShipmentRequest { statement: Some(said.reference.clone()) };
        self.world.desk().get_shipment(self.world.by(reader, request)).await.unwrap().into_inner()
    }
}

/// The statements themselves name whatever their signer has named.
fn without_payloads(mut history: v1::GetItemHistoryResponse) -> v1::GetItemHistoryResponse {
    for entry in history.events.iter_mut().filter_map(|event| event.entry.as_mut()) {
        entry.payload.clear();
    }
    history
}

fn shown<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        Err(status) => format!("{:?} {} {:?}", status.code(), status.message(), status.details()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packing_goods_of_others_into_ones_own_lends_them_no_way() {
    let town = town().await;
    let (maker, dealer, thief, friend) = (&town.maker, &town.dealer, &town.thief, &town.friend);
    // Just before the maker shipped it the thief's unit, the thief says, it packed these into it.
    let children = vec![unit(1), unit(3), unit(901), unit(903)];
    let pack = Body::Pack(v1::Pack { parent: unit(2), children });
    town.say_ago(thief, pack, 3_600).await;
    let on = town.say(thief, ship(vec![unit(2)], friend)).await;
    town.say(friend, received(&on)).await;
    for reader in [thief, friend] {
        for (theirs, nobodys) in [(1, 901), (3, 903)] {
            let (known, unknown) =
                (town.told(reader, &unit(theirs)).await, town.told(reader, &unit(nobodys)).await);
            assert!(!known.contains(LOT) && !known.contains("org:Dealer"), "{known}");
            // What was in the box, the friend knows from the thief at most.
            assert!(known == unknown || reader.party == friend.party, "{known}\n{unknown}");
        }
        // Its own goods it sees all the same.
        let own = town.told(reader, &unit(2)).await;
        assert!(own.contains(LOT), "{own}");
    }
    for (reader, item) in [(maker, unit(1)), (maker, unit(3)), (dealer, unit(1))] {
        let told = town.told(reader, &item).await;
        assert!(told.contains(LOT) && !told.contains("org:Friend"), "{told}");
    }
    town.world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn naming_codes_in_whatever_way_does_not_tell_which_of_them_exist() {
    let town = town().await;
    let (thief, friend) = (&town.thief, &town.friend);
    let codes = vec![unit(1), unit(3), unit(901), unit(903)];
    let used_up = Some(v1::Quantity { amount: 100, unit: "U".into() });
    let line =
        v1::UseLine { item: unit(3), vial: 1, used: used_up, finished: true, ..v1::UseLine::default() };
    let adjust = |item: &String| v1::AdjustLine {
        outcome: v1::AdjustOutcome::Opening as i32,
        item: item.clone(),
        ..v1::AdjustLine::default()
    };
    let lines = codes.iter().map(adjust).collect();
    let clinic = Actor::new("org:Clinic", 6);
    town.world.register(&clinic, Role::Clinic).await;
    let acts = [
        Body::Adjust(v1::Adjust { lines, reason: "stock-taking".into() }),
        ship(codes.clone(), friend),
        Body::Pack(v1::Pack { parent: unit(999), children: codes.clone() }),
        ship(vec![unit(999)], friend),
        Body::Receive(v1::Receive {
            waybill: "waybill:gln:9521234567042/NOBODYS".into(),
            items: codes.clone(),
            ..v1::Receive::default()
        }),
    ];
    for act in acts {
        let said = town.say(thief, act.clone()).await;
        if let Body::Ship(_) = &act {
            town.say(friend, received(&said)).await;
            let lines = town.lines(thief, &said).await.lines;
            let plain = |line: &v1::ShipmentLine| v1::ShipmentLine { item: String::new(), ..line.clone() };
            assert!(lines.iter().all(|line| plain(line) == plain(&lines[0])), "{lines:?}");
        }
        for reader in [thief, friend] {
            let box_of_them = town.told(reader, &unit(999)).await;
            assert!(!box_of_them.contains("org:Dealer"), "{box_of_them}");
            for (theirs, nobodys) in [(1, 901), (3, 903)] {
                let (known, unknown) =
                    (town.told(reader, &unit(theirs)).await, town.told(reader, &unit(nobodys)).await);
                assert_eq!(known, unknown, "{} {theirs} {act:?}", reader.party);
            }
        }
        // Whoever has the goods goes on with them.
        town.say(&town.dealer, ship(vec![unit(1)], &clinic)).await;
    }
    town.say(&clinic, Body::Use(v1::Use { lines: vec![line] })).await;
    assert_eq!(town.told(thief, &unit(3)).await, town.told(thief, &unit(903)).await);
    town.world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn naming_a_lot_does_not_open_its_papers_nor_tell_what_it_is() {
    let town = town().await;
    let (maker, thief, friend) = (&town.maker, &town.thief, &town.friend);
    let lots = [LOT, "lot:gtin:09521234543213.NEVER"];
    let amount = |lot: &str| v1::LotAmount {
        lot: lot.into(),
        quantity: Some(v1::Quantity { amount: 1, unit: "box".into() }),
    };
    assert_eq!(town.papers(maker, LOT).await.unwrap().maker, "org:Maker");
    let refused = async |reader: &Actor| {
        let told = [town.papers(reader, lots[0]).await, town.papers(reader, lots[1]).await].map(shown);
        assert!(told[0].starts_with(&format!("{:?}", Code::NotFound)), "{}", told[0]);
        assert_eq!(told[0], told[1]);
    };
    let inputs = Body::Transform(v1::Transform {
        input_lots: lots.map(amount).to_vec(),
        output_lots: vec![amount("lot:gtin:09521234543213.MINE")],
        reason: "repack".into(),
        ..v1::Transform::default()
    });
    let shipped = |to: &Actor| Body::Ship(v1::Ship { lots: lots.map(amount).to_vec(), ..ship_of_lots(to) });
    town.say(thief, inputs).await;
    let sent = town.say(thief, shipped(friend)).await;
    town.say(friend, received(&sent)).await;
    let back = town.say(friend, shipped(thief)).await;
    town.say(thief, received(&back)).await;
    for reader in [thief, friend] {
        refused(reader).await;
        for said in [&sent, &back] {
            let lines = town.lines(reader, said).await.lines;
            let told: Vec<(&str, &str)> =
                lines.iter().map(|l| (l.expires_on.as_str(), l.registration.as_str())).collect();
            assert_eq!(told, [("", ""), ("", "")], "{}", reader.party);
        }
        let query = ListHoldingsRequest::default();
        let held = town.world.desk().list_holdings(town.world.by(reader, query)).await.unwrap().into_inner();
        for row in held.holdings.iter().filter(|row| lots.contains(&row.lot.as_str()) && row.item.is_empty())
        {
            assert_eq!((row.expires_on.as_str(), row.registration.as_str()), ("", ""), "{}", reader.party);
        }
    }
    // Of what it says it has made of a lot it reads its own words.
    for (serial, lot) in [(911, lots[0]), (912, lots[1])] {
        let made = Body::Transform(v1::Transform {
            input_lots: vec![amount("lot:gtin:09521234543213.MINE")],
            outputs: vec![unit(serial)],
            lot: lot.into(),
            expires_on: "2029-01-31".into(),
            units_per_code: 1,
            reason: "repack".into(),
            ..v1::Transform::default()
        });
        town.say(thief, made).await;
        let told = town.papers(thief, lot).await.unwrap();
        let facts = (told.maker.as_str(), told.expires_on.as_str(), told.papers.len());
        assert_eq!(facts, ("org:Thief", "2029-01-31", 0), "{lot}");
        assert!(told.registrations.is_empty(), "{lot}");
    }
    // Whom it has told so knows of the lots that there are no more than before; of one that nobody else has made it takes the
    // thief's word.
    assert!(shown(town.papers(friend, LOT).await).starts_with(&format!("{:?}", Code::NotFound)));
    // Who is sold some of it by its maker reads all.
    town.say(maker, shipped(&town.dealer)).await;
    assert_eq!(town.papers(&town.dealer, LOT).await.unwrap().maker, "org:Maker");
    town.world.stop().await.unwrap();
}

fn ship_of_lots(to: &Actor) -> v1::Ship {
    v1::Ship { addressee: to.party.clone(), reason: "sale".into(), ..v1::Ship::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_false_shipment_under_the_waybill_of_others_does_not_open_what_answers_it() {
    let town = town().await;
    let (maker, dealer, thief) = (&town.maker, &town.dealer, &town.thief);
    let waybill = "waybill:gln:9521234567042/W1";
    let under = |items: Vec<String>| match ship(items, dealer) {
        Body::Ship(b) => Body::Ship(v1::Ship { waybill: waybill.into(), ..b }),
        other => panic!("{other:?}"),
    };
    let sent = town.say(maker, under(vec![unit(3)])).await;
    let false_one = town.say(thief, under(vec![unit(3), unit(901)])).await;
    let opens = async |reader: &Actor, index| {
        let request = town.world.by(reader, GetEntryRequest { index });
        let entry = town.world.log().get_entry(request).await.unwrap().into_inner().entry.unwrap();
        !entry.withheld
    };
    let take = |items: Vec<String>| {
        Body::Receive(v1::Receive { waybill: waybill.into(), items, ..v1::Receive::default() })
    };
    let (one, all) = (town.say(dealer, take(vec![unit(3)])).await, town.say(dealer, take(vec![])).await);
    for answer in [&one, &all] {
        let open = (opens(maker, answer.index).await, opens(thief, answer.index).await);
        assert_eq!(open, (true, false), "entry {}", answer.index);
        assert!(opens(dealer, answer.index).await);
    }
    let of = async |reader: &Actor, said: &Said| {
        let told = town.lines(reader, said).await;
        let outcomes: Vec<String> = told.lines.iter().map(|line| line.outcome.clone()).collect();
        let shipment = told.shipment.unwrap();
        (shipment.state(), shipment.received_by.len(), outcomes.join(","))
    };
    assert_eq!(of(maker, &sent).await, (ShipmentState::Received, 2, "received".into()));
    assert_eq!(of(thief, &false_one).await, (ShipmentState::Open, 0, ",".into()));
    assert_eq!(town.told(thief, &unit(3)).await, town.told(thief, &unit(901)).await);
    // What comes under a waybill after the Receive opens nothing, and nobody has to sign for it.
    let waybill = "waybill:gln:9521234567042/W2";
    let take = Body::Receive(v1::Receive {
        waybill: waybill.into(),
        items: vec![unit(3)],
        ..v1::Receive::default()
    });
    let taken = town.say(dealer, take).await;
    let Body::Ship(late) = under(vec![unit(3), unit(901)]) else { panic!("a Ship") };
    let late = town.say(thief, Body::Ship(v1::Ship { waybill: waybill.into(), ..late })).await;
    assert!(!opens(thief, taken.index).await);
    assert_eq!(of(thief, &late).await, (ShipmentState::Open, 0, ",".into()));
    let void = v1::Void { target: Some(taken.reference.clone()), reason: "mistake".into() };
    assert_eq!(town.say(dealer, Body::Void(void)).await.missing, 0);
    // What names the shipment, or the bill, is told to whose they are.
    let named = town.say(dealer, received(&false_one)).await;
    assert!(opens(thief, named.index).await && !opens(maker, named.index).await);
    town.world.stop().await.unwrap();
}
