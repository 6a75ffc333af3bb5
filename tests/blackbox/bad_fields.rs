//! Sound protobuf with contents that cannot be: reason and path of every sort of field, and several
//! faults at once.

use proto::v1::{
    self, Attachment, AuthorityField, Header, LotAmount, Quantity, Role, RoleGrant, SignedStatement,
    StatementKind, StatementRef, Temperature, UseLine, statement::Body,
};
use tonic::Code::{self, InvalidArgument, PermissionDenied};
use tonic_types::StatusExt as _;

use crate::{
    kit::{Actor, Stage, commission, lot, now_us, ship, unit, violated_fields},
    refusals::{Row, check_refused, row},
};

const US_PER_MINUTE: i64 = 60_000_000;
const US_PER_DAY: i64 = 86_400_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_cannot_be_are_refused_with_the_path() {
    let stage = Stage::set().await;
    let r = |name: &str, change: fn(&mut Header), code: Code, reason, field| -> Row {
        let signed = stage.maker.sign_with(Body::Commission(commission(vec![unit(1)])), change);
        row(name, signed, code, reason, field)
    };
    let now = i64::try_from(now_us()).unwrap();
    let at = |us: i64| {
        stage.maker.sign_with(Body::Commission(commission(vec![unit(1)])), |h| h.id = Actor::id_at(us))
    };
    let happened =
        |us: i64| stage.maker.sign_with(Body::Commission(commission(vec![unit(1)])), |h| h.occurred_at = us);
    let paper = || Attachment {
        digest: vec![1; 32],
        role: "invoice".into(),
        media_type: "application/pdf".into(),
        size: 1,
    };
    let with_papers = |papers: Vec<Attachment>| {
        stage.maker.sign_with(Body::Commission(commission(vec![unit(1)])), |h| h.attachments = papers)
    };
    let rows = [
        r("no ledger", |h| h.ledger.clear(), InvalidArgument, "MISSING_FIELD", "header.ledger"),
        r("short ledger", |h| h.ledger.truncate(31), InvalidArgument, "INVALID_FIELD", "header.ledger"),
        r("another ledger", |h| h.ledger[0] ^= 1, InvalidArgument, "WRONG_LEDGER", "header.ledger"),
        r("no id", |h| h.id.clear(), InvalidArgument, "MISSING_FIELD", "header.id"),
        r("long id", |h| h.id.push(0), InvalidArgument, "INVALID_FIELD", "header.id"),
        r("UUID of version 4", |h| h.id[6] = 0x4f, InvalidArgument, "INVALID_FIELD", "header.id"),
        r("no salt", |h| h.salt.clear(), InvalidArgument, "MISSING_FIELD", "header.salt"),
        r("short salt", |h| h.salt.truncate(15), InvalidArgument, "INVALID_FIELD", "header.salt"),
        r("no party", |h| h.party.clear(), InvalidArgument, "MISSING_FIELD", "header.party"),
        r(
            "party without scheme",
            |h| h.party = "Maker".into(),
            InvalidArgument,
            "NOT_CANONICAL",
            "header.party",
        ),
        r("site without scheme", |h| h.site = "here".into(), InvalidArgument, "NOT_CANONICAL", "header.site"),
        r(
            "principal is the signer",
            |h| h.on_behalf_of = h.party.clone(),
            InvalidArgument,
            "INVALID_FIELD",
            "header.on_behalf_of",
        ),
        r("never happened", |h| h.occurred_at = 0, InvalidArgument, "MISSING_FIELD", "header.occurred_at"),
        r("before 1970", |h| h.occurred_at = -1, InvalidArgument, "INVALID_FIELD", "header.occurred_at"),
        r("after 9999", |h| h.occurred_at = i64::MAX, InvalidArgument, "INVALID_FIELD", "header.occurred_at"),
        r(
            "offset beyond a day",
            |h| h.offset_minutes = 841,
            InvalidArgument,
            "INVALID_FIELD",
            "header.offset_minutes",
        ),
        r(
            "long business key",
            |h| h.business_key = "k".repeat(81),
            InvalidArgument,
            "INVALID_FIELD",
            "header.business_key",
        ),
        r(
            "business key with a space before",
            |h| h.business_key = " k".into(),
            InvalidArgument,
            "INVALID_FIELD",
            "header.business_key",
        ),
        r(
            "business key not NFC",
            |h| h.business_key = "e\u{301}".into(),
            InvalidArgument,
            "NOT_CANONICAL",
            "header.business_key",
        ),
        r(
            "confidential",
            |h| h.confidential = true,
            InvalidArgument,
            "CONFIDENTIAL_REFUSED",
            "header.confidential",
        ),
        row(
            "short digest",
            with_papers(vec![Attachment { digest: vec![1; 31], ..paper() }]),
            InvalidArgument,
            "INVALID_FIELD",
            "header.attachments[0].digest",
        ),
        row(
            "65 papers",
            with_papers(vec![paper(); 65]),
            InvalidArgument,
            "INVALID_FIELD",
            "header.attachments",
        ),
        row(
            "id six minutes ahead",
            at(now + 6 * US_PER_MINUTE),
            InvalidArgument,
            "ID_OUT_OF_WINDOW",
            "header.id",
        ),
        row("id of 31 days ago", at(now - 31 * US_PER_DAY), InvalidArgument, "ID_OUT_OF_WINDOW", "header.id"),
        row(
            "happens in six minutes",
            happened(now + 6 * US_PER_MINUTE),
            InvalidArgument,
            "OCCURRED_AHEAD",
            "header.occurred_at",
        ),
    ];
    check_refused(&stage, &rows).await;

    // The edges of the windows are inside them.
    stage.submit(&at(now + 4 * US_PER_MINUTE)).await;
    stage.submit(&at(now - 29 * US_PER_DAY)).await;
    stage.submit(&happened(now + 4 * US_PER_MINUTE)).await;
    stage.submit(&happened(1)).await;
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_cannot_be_are_refused_with_the_path() {
    let stage = Stage::set().await;
    let (maker, dealer, clinic, office) = (&stage.maker, &stage.dealer, &stage.clinic, &stage.office);
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
    let most: SignedStatement = maker.sign(made(|b| b.items = (0..4_000).map(unit).collect()));
    stage.submit(&most).await;
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_are_told_at_once_in_the_language_asked_for() {
    let stage = Stage::set().await;
    let size = stage.size().await;
    let mut body = commission(vec![unit(1), unit(1)]);
    (body.units_per_code, body.made_on) = (0, "yesterday".into());
    let signed = stage.maker.sign_with(Body::Commission(body), |h| h.salt.truncate(3));
    for (language, chinese) in
        [("en", false), ("zh", true), ("fr, zh-CN;q=0.5", true), ("en-US, zh;q=0.3", false)]
    {
        let message = v1::SubmitStatementRequest { statement: Some(signed.clone()), without_proof: false };
        let mut request = tonic::Request::new(message);
        request.metadata_mut().insert("accept-language", language.parse().unwrap());
        let status = stage.log().submit_statement(request).await.unwrap_err();
        let expect =
            ["header.salt", "commission.items[1]", "commission.made_on", "commission.units_per_code"];
        assert_eq!(violated_fields(&status), expect);
        assert_eq!(!status.message().is_ascii(), chinese, "{language}: {}", status.message());
        let details = status.get_details_bad_request().unwrap().field_violations;
        for v in &details {
            assert_eq!(!v.description.is_ascii(), chinese, "{language}: {}: {}", v.field, v.description);
        }

        let batch = v1::SubmitStatementsRequest { statements: vec![signed.clone()], without_proofs: false };
        let mut request = tonic::Request::new(futures::stream::iter([batch]));
        request.metadata_mut().insert("accept-language", language.parse().unwrap());
        let mut answers = stage.log().submit_statements(request).await.unwrap().into_inner();
        let result = answers.message().await.unwrap().unwrap().results.remove(0).result.unwrap();
        let v1::statement_result::Result::Rejection(rejection) = result else { panic!("{result:?}") };
        assert!(rejection.violations.iter().map(|v| &v.field).eq(expect));
        let descriptions = rejection.violations.iter().map(|v| &v.description);
        assert!(descriptions.eq(details.iter().map(|v| &v.description)), "{rejection:?}");
        assert_eq!(rejection.message, status.message(), "the same words on both ways");
    }
    assert_eq!(stage.size().await, size);
    stage.end(size);
}
