//! Sound protobuf with bodies that cannot be: reason and path of every sort of field.

use proto::v1::{
    self, AuthorityField, LotAmount, Quantity, Role, RoleGrant, SignedStatement, StatementKind, StatementRef,
    Temperature, UseLine, statement::Body,
};
use tonic::Code::{InvalidArgument, PermissionDenied};

use crate::{
    kit::{Actor, Stage, commission, lot, ship, unit},
    refusals::{check_refused, row},
};

#[tokio::test(flavor = "multi_thread")]
async fn custody_that_cannot_be_is_refused_with_the_path() {
    let stage = Stage::set().await;
    let (maker, dealer, clinic) = (&stage.maker, &stage.dealer, &stage.clinic);
    let invalid = |name: &'static str, actor: &Actor, body: Body, reason, field| {
        row(name, actor.sign(body), InvalidArgument, reason, field)
    };
    let made = |change: fn(&mut v1::Commission)| {
        let mut body = commission(vec![unit(1), unit(2)]);
        change(&mut body);
        Body::Commission(body)
    };
    let sent = |change: fn(&mut v1::Ship)| {
        let mut body = ship(vec![unit(1)], dealer);
        change(&mut body);
        Body::Ship(body)
    };
    let taken = |change: fn(&mut v1::Receive)| {
        let mut body = v1::Receive { bill: "bill:org:Maker/1".into(), ..v1::Receive::default() };
        change(&mut body);
        Body::Receive(body)
    };
    let used = |line: UseLine| Body::Use(v1::Use { lines: vec![UseLine { item: unit(1), ..line }] });
    let some = |amount, unit: &str| Some(Quantity { amount, unit: unit.into() });
    let target = || Some(StatementRef { party: "org:Maker".into(), id: Actor::id_at(1), digest: vec![] });
    let rows = [
        invalid("nothing made", maker, made(|b| b.items.clear()), "MISSING_FIELD", "commission.items"),
        invalid("no lot", maker, made(|b| b.lot.clear()), "MISSING_FIELD", "commission.lot"),
        invalid(
            "lot of no scheme",
            maker,
            made(|b| b.lot = "lot:C1234C3".into()),
            "NOT_CANONICAL",
            "commission.lot",
        ),
        invalid(
            "wrong check digit",
            maker,
            made(|b| b.items[1] = "sgtin:09521234543214.U1".into()),
            "NOT_CANONICAL",
            "commission.items[1]",
        ),
        invalid(
            "lot as an item",
            maker,
            made(|b| b.items[0] = lot()),
            "INVALID_FIELD",
            "commission.items[0]",
        ),
        invalid("item twice", maker, made(|b| b.items[1] = unit(1)), "ITEM_TWICE", "commission.items[1]"),
        invalid(
            "4,001 items",
            maker,
            made(|b| b.items = (0..4_001).map(unit).collect()),
            "TOO_MANY_ITEMS",
            "commission.items[4000]",
        ),
        invalid(
            "amount beside items",
            maker,
            made(|b| b.quantity = Some(Quantity { amount: 1, unit: "box".into() })),
            "INVALID_FIELD",
            "commission.quantity",
        ),
        invalid(
            "no registration",
            maker,
            made(|b| b.registration.clear()),
            "MISSING_FIELD",
            "commission.registration",
        ),
        invalid(
            "30 February",
            maker,
            made(|b| b.made_on = "2026-02-30".into()),
            "INVALID_FIELD",
            "commission.made_on",
        ),
        invalid(
            "expires before it is made",
            maker,
            made(|b| b.expires_on = "2026-01-09".into()),
            "INVALID_FIELD",
            "commission.expires_on",
        ),
        invalid(
            "no units in a code",
            maker,
            made(|b| b.units_per_code = 0),
            "INVALID_FIELD",
            "commission.units_per_code",
        ),
        invalid(
            "packed into nothing",
            maker,
            Body::Pack(v1::Pack { parent: String::new(), children: vec![unit(1)] }),
            "MISSING_FIELD",
            "pack.parent",
        ),
        invalid(
            "nothing packed",
            maker,
            Body::Pack(v1::Pack { parent: unit(1), children: vec![] }),
            "MISSING_FIELD",
            "pack.children",
        ),
        invalid(
            "packed into itself",
            maker,
            Body::Pack(v1::Pack { parent: unit(1), children: vec![unit(1)] }),
            "ITEM_TWICE",
            "pack.children[0]",
        ),
        invalid("nothing shipped", maker, sent(|b| b.items.clear()), "MISSING_FIELD", "ship.items"),
        invalid("shipped to nobody", maker, sent(|b| b.addressee.clear()), "MISSING_FIELD", "ship.addressee"),
        invalid(
            "reason that is no code",
            maker,
            sent(|b| b.reason = "Sale".into()),
            "INVALID_FIELD",
            "ship.reason",
        ),
        invalid(
            "waybill of nobody",
            maker,
            sent(|b| b.waybill = "952-1".into()),
            "NOT_CANONICAL",
            "ship.waybill",
        ),
        invalid(
            "bill as a waybill",
            maker,
            sent(|b| b.waybill = "bill:org:Maker/1".into()),
            "INVALID_FIELD",
            "ship.waybill",
        ),
        invalid(
            "none of a lot",
            maker,
            sent(|b| {
                b.lots =
                    vec![LotAmount { lot: lot(), quantity: Some(Quantity { amount: 0, unit: "box".into() }) }]
            }),
            "INVALID_FIELD",
            "ship.lots[0].quantity.amount",
        ),
        invalid(
            "lot twice",
            maker,
            sent(|b| {
                b.lots =
                    vec![
                        LotAmount { lot: lot(), quantity: Some(Quantity { amount: 1, unit: "box".into() }) };
                        2
                    ]
            }),
            "ITEM_TWICE",
            "ship.lots[1].lot",
        ),
        invalid(
            "257 lots",
            maker,
            sent(|b| {
                b.lots = (0..257)
                    .map(|i| LotAmount {
                        lot: format!("lot:reg:X.{i}"),
                        quantity: Some(Quantity { amount: 1, unit: "box".into() }),
                    })
                    .collect()
            }),
            "INVALID_FIELD",
            "ship.lots",
        ),
        invalid("receipt of nothing", dealer, taken(|b| b.bill.clear()), "MISSING_FIELD", "receive.shipment"),
        invalid(
            "difference of no kind",
            dealer,
            taken(|b| b.exceptions = vec![v1::ReceiveException { item: unit(1), ..Default::default() }]),
            "MISSING_FIELD",
            "receive.exceptions[0].outcome",
        ),
        invalid(
            "colder than possible",
            dealer,
            taken(|b| b.arrival = Some(Temperature { millicelsius: -273_151 })),
            "INVALID_FIELD",
            "receive.arrival",
        ),
        invalid("nothing used", clinic, Body::Use(v1::Use { lines: vec![] }), "MISSING_FIELD", "use.lines"),
        invalid(
            "used without an amount",
            clinic,
            used(UseLine::default()),
            "MISSING_FIELD",
            "use.lines[0].used",
        ),
        invalid(
            "paired with itself",
            clinic,
            used(UseLine { finished: true, paired: unit(1), ..UseLine::default() }),
            "ITEM_TWICE",
            "use.lines[0].paired",
        ),
        invalid(
            "unit with a space",
            clinic,
            used(UseLine { used: some(1, "U x"), ..UseLine::default() }),
            "INVALID_FIELD",
            "use.lines[0].used.unit",
        ),
        invalid(
            "correction to nothing",
            maker,
            Body::Correct(v1::Correct { target: target(), reason: "typo".into(), ..v1::Correct::default() }),
            "MISSING_FIELD",
            "correct.replacement",
        ),
        invalid(
            "void without a reason",
            maker,
            Body::Void(v1::Void { target: target(), reason: String::new() }),
            "MISSING_FIELD",
            "void.reason",
        ),
        invalid(
            "void of nothing",
            maker,
            Body::Void(v1::Void { target: None, reason: "typo".into() }),
            "MISSING_FIELD",
            "void.target",
        ),
        invalid(
            "endorsed without a digest",
            dealer,
            Body::Endorse(v1::Endorse { target: target() }),
            "MISSING_FIELD",
            "endorse.target.digest",
        ),
    ];
    check_refused(&stage, &rows).await;
    let most: SignedStatement = maker.sign(made(|b| b.items = (0..4_000).map(unit).collect()));
    stage.submit(&most).await;
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_that_cannot_be_are_refused_with_the_path() {
    let stage = Stage::set().await;
    let (maker, office) = (&stage.maker, &stage.office);
    let invalid = |name: &'static str, actor: &Actor, body: Body, reason, field| {
        row(name, actor.sign(body), InvalidArgument, reason, field)
    };
    let registered = |change: fn(&mut v1::Party)| {
        let mut body = v1::Party {
            party: "org:New".into(),
            name: "New".into(),
            country: "CN".into(),
            ..v1::Party::default()
        };
        change(&mut body);
        Body::Party(body)
    };
    let authority = |field| RoleGrant { role: Role::Authority as i32, field, ..RoleGrant::default() };
    let mandated = |change: fn(&mut v1::Mandate)| {
        let mut body = v1::Mandate {
            number: "1".into(),
            agent: "org:Dealer".into(),
            acts: vec![StatementKind::Ship as i32],
            valid_from: "2026-01-01".into(),
            ..v1::Mandate::default()
        };
        change(&mut body);
        Body::Mandate(body)
    };
    let place = v1::Site {
        site: "site:org:Maker/A".into(),
        party: "org:Dealer".into(),
        name: "A".into(),
        address: "Example Road 1".into(),
        country: "KR".into(),
        ..v1::Site::default()
    };
    let (field_of_root, no_field) = (authority(AuthorityField::Root as i32), authority(0));
    let rows = [
        invalid(
            "country in words",
            office,
            registered(|b| b.country = "China".into()),
            "INVALID_FIELD",
            "party.country",
        ),
        invalid(
            "name not NFC",
            office,
            registered(|b| b.name = "Cafe\u{301}".into()),
            "NOT_CANONICAL",
            "party.name",
        ),
        invalid(
            "17 roles",
            office,
            registered(|b| {
                b.roles = vec![RoleGrant { role: Role::Clinic as i32, ..RoleGrant::default() }; 17]
            }),
            "INVALID_FIELD",
            "party.roles",
        ),
        invalid(
            "region of three digits",
            office,
            registered(|b| {
                b.roles = vec![RoleGrant {
                    role: Role::Clinic as i32,
                    region: "310".into(),
                    ..RoleGrant::default()
                }]
            }),
            "INVALID_FIELD",
            "party.roles[0].region",
        ),
        invalid(
            "authority without a field",
            &stage.root,
            Body::Party(v1::Party {
                party: "org:New".into(),
                name: "New".into(),
                country: "CN".into(),
                roles: vec![no_field],
                ..Default::default()
            }),
            "INVALID_FIELD",
            "party.roles[0].field",
        ),
        invalid(
            "another root authority",
            &stage.root,
            Body::Party(v1::Party {
                party: "org:New".into(),
                name: "New".into(),
                country: "CN".into(),
                roles: vec![field_of_root],
                ..Default::default()
            }),
            "INVALID_FIELD",
            "party.roles[0].field",
        ),
        invalid("site named after another party", maker, Body::Site(place), "INVALID_FIELD", "site.site"),
        invalid(
            "mandate for oneself",
            maker,
            mandated(|b| b.agent = "org:Maker".into()),
            "INVALID_FIELD",
            "mandate.agent",
        ),
        invalid("mandate for nothing", maker, mandated(|b| b.acts.clear()), "MISSING_FIELD", "mandate.acts"),
        invalid(
            "mandate to register",
            maker,
            mandated(|b| b.acts.push(StatementKind::Party as i32)),
            "INVALID_FIELD",
            "mandate.acts",
        ),
        row(
            "principal of a registration",
            office.sign_with(registered(|_| {}), |h| h.on_behalf_of = "org:Maker".into()),
            PermissionDenied,
            "NO_MANDATE",
            "header.on_behalf_of",
        ),
    ];
    check_refused(&stage, &rows).await;
    let size = stage.size().await;
    stage.end(size);
}
