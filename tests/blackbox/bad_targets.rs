//! Roles, mandates, and statements about statements: what the signer may not say, and what does not fit
//! the record.

use proto::v1::{
    self, Header, Replacement, Role, RoleGrant, SignedStatement, StatementKind, StatementRef, replacement,
    statement::Body,
};
use tonic::Code::{AlreadyExists, FailedPrecondition, InvalidArgument, PermissionDenied};

use crate::{
    kit::{Actor, Stage, commission, now_us, reference, ship, unit},
    refusals::{check_refused, row},
};

fn corrected(target: StatementRef, body: replacement::Body) -> Body {
    let replacement = Some(Replacement { body: Some(body), ..Replacement::default() });
    Body::Correct(v1::Correct {
        target: Some(target),
        reason: "typo".into(),
        replacement,
        ..v1::Correct::default()
    })
}

fn voided(target: StatementRef) -> Body {
    Body::Void(v1::Void { target: Some(target), reason: "twice".into() })
}

fn endorsed(target: StatementRef) -> Body {
    Body::Endorse(v1::Endorse { target: Some(target) })
}

/// Days from today, "YYYY-MM-DD" in UTC+8.
fn day(offset: i64) -> String {
    let us = i64::try_from(now_us()).unwrap() + 8 * 3_600_000_000 + offset * 86_400_000_000;
    jiff::Timestamp::from_microsecond(us).unwrap().strftime("%Y-%m-%d").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_says_what_it_has_no_role_or_mandate_for() {
    let stage = Stage::set().await;
    let (maker, dealer, office) = (&stage.maker, &stage.dealer, &stage.office);
    let made = || Body::Commission(commission(vec![unit(1)]));
    let sent = || Body::Ship(ship(vec![unit(1)], &stage.clinic));
    let grant = |from: String, to: String| RoleGrant {
        role: Role::Manufacturer as i32,
        valid_from: from,
        valid_to: to,
        ..RoleGrant::default()
    };
    let [late, early, idle] =
        ["org:Late", "org:Early", "org:Idle"].map(|party| Actor::new(party, stage.ledger()));
    stage.register_party(&late.party, grant(String::new(), day(-2))).await;
    stage.register_party(&early.party, grant(day(2), String::new())).await;
    stage.register(&idle, Role::Carrier).await;
    for actor in [&late, &early] {
        stage.enrol(actor, &[v1::KeyUse::Sign], |_| {}).await;
    }
    let second = Actor::new("org:Second Office", stage.ledger());
    stage.register(&second, Role::Authority).await;
    // The dealer lets the carrier ship for it, from one site and since yesterday.
    let mandate = v1::Mandate {
        number: "1".into(),
        agent: idle.party.clone(),
        acts: vec![StatementKind::Ship as i32],
        sites: vec!["site:org:Idle/A".into()],
        valid_from: day(-1),
        ..v1::Mandate::default()
    };
    stage.submit(&dealer.sign(Body::Mandate(mandate.clone()))).await;

    let acting = |body: Body, change: fn(&mut Header)| {
        idle.sign_with(body, |h| {
            h.on_behalf_of = "org:Dealer".into();
            h.site = "site:org:Idle/A".into();
            change(h);
        })
    };
    let denied = PermissionDenied;
    let new = |role: RoleGrant| {
        let (party, name, country) = ("org:New".into(), "New".into(), "CN".into());
        Body::Party(v1::Party { party, name, country, roles: vec![role], ..v1::Party::default() })
    };
    let authority = RoleGrant { role: Role::Authority as i32, field: 2, ..RoleGrant::default() };
    let clinic = RoleGrant { role: Role::Clinic as i32, ..RoleGrant::default() };
    let enrol = |of: &Actor| Body::EnrolKey(of.with_new_key().enrolment(&[v1::KeyUse::Sign]));
    let unregistered = Actor::new("org:Nobody", stage.ledger());
    let place = v1::Site {
        site: "site:org:Dealer/A".into(),
        party: "org:Dealer".into(),
        name: "A".into(),
        address: "Example Road 1".into(),
        country: "KR".into(),
        ..v1::Site::default()
    };
    let rows = [
        row("a dealer makes", dealer.sign(made()), denied, "ROLE_MISSING", "header.party"),
        row("a clinic registers", stage.clinic.sign(new(clinic)), denied, "ROLE_MISSING", "header.party"),
        row("a maker whose role has ended", late.sign(made()), denied, "ROLE_MISSING", "header.party"),
        row("a maker whose role begins later", early.sign(made()), denied, "ROLE_MISSING", "header.party"),
        row(
            "an office makes an authority",
            office.sign(new(authority)),
            denied,
            "ROLE_MISSING",
            "party.roles",
        ),
        row(
            "an office enrols for another",
            office.sign(enrol(&second)),
            denied,
            "NOT_YOURS",
            "enrol_key.party",
        ),
        row("a maker enrols for a dealer", maker.sign(enrol(dealer)), denied, "NOT_YOURS", "enrol_key.party"),
        row(
            "a maker states a dealer's site",
            maker.sign(Body::Site(place)),
            denied,
            "NOT_YOURS",
            "site.party",
        ),
        row(
            "a key of nobody",
            office.sign(enrol(&unregistered)),
            FailedPrecondition,
            "TARGET_UNKNOWN",
            "enrol_key.party",
        ),
        row(
            "no mandate",
            maker.sign_with(sent(), |h| h.on_behalf_of = "org:Dealer".into()),
            denied,
            "NO_MANDATE",
            "header.on_behalf_of",
        ),
        row(
            "principal of no name",
            maker.sign_with(sent(), |h| h.on_behalf_of = "org:Nobody".into()),
            denied,
            "NO_MANDATE",
            "header.on_behalf_of",
        ),
        row(
            "mandate of another kind",
            acting(Body::Unpack(v1::Unpack { parent: unit(1), children: vec![] }), |_| {}),
            denied,
            "NO_MANDATE",
            "header.on_behalf_of",
        ),
        row(
            "mandate of another site",
            acting(sent(), |h| h.site = "site:org:Idle/B".into()),
            denied,
            "NO_MANDATE",
            "header.on_behalf_of",
        ),
        row(
            "before the mandate",
            acting(sent(), |h| h.occurred_at -= 3 * 86_400_000_000),
            denied,
            "NO_MANDATE",
            "header.on_behalf_of",
        ),
        row(
            "mandate to nobody",
            dealer.sign(Body::Mandate(v1::Mandate { agent: "org:Nobody".into(), ..mandate })),
            FailedPrecondition,
            "TARGET_UNKNOWN",
            "mandate.agent",
        ),
    ];
    check_refused(&stage, &rows).await;
    stage.submit(&acting(sent(), |_| {})).await;
    stage.submit(&late.sign_with(made(), |h| h.occurred_at -= 4 * 86_400_000_000)).await;
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_about_statements_must_fit_the_record() {
    let stage = Stage::set().await;
    let (maker, dealer, clinic) = (&stage.maker, &stage.dealer, &stage.clinic);
    let sent = |unit_no: usize| Body::Ship(ship(vec![unit(unit_no)], dealer));
    let submit = async |signed: SignedStatement| {
        stage.submit(&signed).await;
        reference(&signed)
    };
    let made = submit(maker.sign(Body::Commission(commission(vec![unit(1), unit(2), unit(3)])))).await;
    let first = submit(maker.sign(sent(1))).await;
    let second = submit(maker.sign(sent(2))).await;
    let third = submit(maker.sign(sent(3))).await;
    let receipt = v1::Receive { shipment: Some(first.clone()), ..v1::Receive::default() };
    submit(dealer.sign(Body::Receive(receipt.clone()))).await;
    // The dealer has received the first, so its correction waits for the dealer; the second's does not.
    let waiting =
        submit(maker.sign(corrected(first.clone(), replacement::Body::Ship(ship(vec![unit(2)], dealer)))))
            .await;
    let newest =
        submit(maker.sign(corrected(second.clone(), replacement::Body::Ship(ship(vec![unit(2)], clinic)))))
            .await;
    submit(maker.sign(voided(third.clone()))).await;
    let registered = submit(stage.root.sign(Body::Party(v1::Party {
        party: "org:New".into(),
        name: "New".into(),
        country: "CN".into(),
        ..v1::Party::default()
    })))
    .await;

    let sent_first = first.clone();
    let unknown = StatementRef { id: Actor::id_at(1_800_000_000_000_000), ..made.clone() };
    let altered = |r: &StatementRef| StatementRef { digest: vec![7; 32], ..r.clone() };
    let to_clinic = || replacement::Body::Ship(ship(vec![unit(2)], clinic));
    let receive = |shipment: StatementRef| {
        dealer.sign(Body::Receive(v1::Receive { shipment: Some(shipment), ..receipt.clone() }))
    };
    let ahead = Body::Correct(v1::Correct {
        target: Some(newest.clone()),
        reason: "typo".into(),
        replacement: Some(Replacement {
            occurred_at: i64::try_from(now_us()).unwrap() + 600_000_000,
            body: Some(to_clinic()),
            ..Replacement::default()
        }),
        ..v1::Correct::default()
    });
    let not_now = FailedPrecondition;
    let rows = [
        row(
            "correct what is not there",
            maker.sign(corrected(unknown.clone(), to_clinic())),
            not_now,
            "TARGET_UNKNOWN",
            "correct.target",
        ),
        row(
            "void what is not there",
            maker.sign(voided(unknown.clone())),
            not_now,
            "TARGET_UNKNOWN",
            "void.target",
        ),
        row(
            "endorse what is not there",
            dealer.sign(endorsed(unknown.clone())),
            not_now,
            "TARGET_UNKNOWN",
            "endorse.target",
        ),
        row(
            "correct with another digest",
            maker.sign(corrected(altered(&newest), to_clinic())),
            not_now,
            "TARGET_DIGEST",
            "correct.target.digest",
        ),
        row(
            "correct what has been corrected",
            maker.sign(corrected(second.clone(), to_clinic())),
            not_now,
            "TARGET_NOT_NEWEST",
            "correct.target",
        ),
        row(
            "void what has been corrected",
            maker.sign(voided(second)),
            not_now,
            "TARGET_NOT_NEWEST",
            "void.target",
        ),
        row(
            "correct what has been voided",
            maker.sign(corrected(third.clone(), to_clinic())),
            not_now,
            "TARGET_VOIDED",
            "correct.target",
        ),
        row("void what has been voided", maker.sign(voided(third)), not_now, "TARGET_VOIDED", "void.target"),
        row(
            "correct a shipment to a making",
            maker.sign(corrected(newest.clone(), replacement::Body::Commission(commission(vec![unit(1)])))),
            not_now,
            "TARGET_KIND",
            "correct.replacement",
        ),
        row(
            "correct another's statement",
            dealer.sign(corrected(newest.clone(), to_clinic())),
            PermissionDenied,
            "NOT_YOURS",
            "correct.target.party",
        ),
        row(
            "void another's statement",
            dealer.sign(voided(made.clone())),
            PermissionDenied,
            "NOT_YOURS",
            "void.target.party",
        ),
        row(
            "correct while another waits",
            maker.sign(corrected(first.clone(), to_clinic())),
            not_now,
            "TARGET_BUSY",
            "correct.target",
        ),
        row(
            "void while a correction waits",
            maker.sign(voided(first)),
            not_now,
            "TARGET_BUSY",
            "void.target",
        ),
        row(
            "correct what waits",
            maker.sign(corrected(waiting.clone(), to_clinic())),
            not_now,
            "TARGET_BUSY",
            "correct.target",
        ),
        row(
            "void a registration",
            stage.root.sign(voided(registered)),
            not_now,
            "TARGET_KIND",
            "void.target",
        ),
        row(
            "correct into the future",
            maker.sign(ahead),
            InvalidArgument,
            "OCCURRED_AHEAD",
            "correct.replacement.occurred_at",
        ),
        row(
            "endorse what does not wait",
            dealer.sign(endorsed(made.clone())),
            not_now,
            "NOT_PENDING",
            "endorse.target",
        ),
        row(
            "endorse unasked",
            clinic.sign(endorsed(waiting.clone())),
            PermissionDenied,
            "NOT_ASKED",
            "header.party",
        ),
        row(
            "endorse one's own",
            maker.sign(endorsed(waiting.clone())),
            PermissionDenied,
            "NOT_ASKED",
            "header.party",
        ),
        row(
            "endorse other bytes",
            dealer.sign(endorsed(altered(&waiting))),
            not_now,
            "TARGET_DIGEST",
            "endorse.target.digest",
        ),
        row("receive what is not there", receive(unknown), not_now, "SHIPMENT_UNKNOWN", "receive.shipment"),
        row("receive what is no shipment", receive(made), not_now, "TARGET_KIND", "receive.shipment"),
        row(
            "receive other bytes",
            receive(altered(&sent_first)),
            not_now,
            "TARGET_DIGEST",
            "receive.shipment.digest",
        ),
    ];
    check_refused(&stage, &rows).await;
    stage.submit(&dealer.sign(endorsed(waiting.clone()))).await;
    let again = dealer.sign(endorsed(waiting));
    check_refused(&stage, &[row("endorse twice", again, not_now, "NOT_PENDING", "endorse.target")]).await;
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_business_key_is_taken_once_and_freed_by_a_void() {
    let stage = Stage::set().await;
    let maker = &stage.maker;
    let bill = |n: usize| {
        maker.sign_with(Body::Commission(commission(vec![unit(n)])), |h| h.business_key = "FM-1".into())
    };
    let first = bill(1);
    stage.submit(&first).await;
    let taken = |n| row("taken", bill(n), AlreadyExists, "BUSINESS_KEY_TAKEN", "header.business_key");
    check_refused(&stage, &[taken(2)]).await;
    // Another kind and another party have numbers of their own.
    let body = Body::Ship(ship(vec![unit(1)], &stage.dealer));
    stage.submit(&maker.sign_with(body, |h| h.business_key = "FM-1".into())).await;
    let body = Body::Ship(ship(vec![unit(1)], &stage.clinic));
    stage.submit(&stage.dealer.sign_with(body, |h| h.business_key = "FM-1".into())).await;
    stage.submit(&maker.sign(voided(reference(&first)))).await;
    stage.submit(&bill(3)).await;
    check_refused(&stage, &[taken(4)]).await;
    let size = stage.size().await;
    stage.end(size);
}
