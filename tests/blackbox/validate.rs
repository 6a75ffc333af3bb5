//! Every fault of a bill at once, and nothing recorded.

use proto::v1::{
    self, SignedStatement, ValidateStatementRequest, ValidateStatementResponse, statement::Body,
};

use crate::kit::{Actor, Stage, commission, run_in, ship, unit, yuanliu};

async fn validate(stage: &Stage, signed: SignedStatement) -> ValidateStatementResponse {
    let request = ValidateStatementRequest { statement: Some(signed) };
    stage.log().validate_statement(request).await.unwrap().into_inner()
}

fn told(answer: &ValidateStatementResponse) -> Vec<(&str, &str)> {
    answer.violations.iter().map(|v| (v.field.as_str(), v.reason.as_str())).collect()
}

/// A bill with twelve different faults: of form, of codes, and against what is recorded.
fn faulty(stage: &Stage) -> SignedStatement {
    let ship = v1::Ship {
        items: vec![
            unit(1),
            "sgtin:09521234543210.A1".into(), // check digit
            unit(1),                          // twice
            "sgtin:9521234543213.A1".into(),  // not padded to 14
            "bag:E1".into(),                  // no evidence bags here
        ],
        lots: vec![v1::LotAmount {
            lot: "lot:gtin:09521234543213.L1".into(),
            quantity: Some(v1::Quantity { amount: 0, unit: "boxes of 3".into() }),
        }],
        addressee: "Dealer".into(),
        ship_to: "site:nowhere".into(),
        reason: "because".into(),
        waybill: "bill:org:Maker/1".into(),
        ..v1::Ship::default()
    };
    stage.maker.sign_with(Body::Ship(ship), |h| {
        h.on_behalf_of = "org:Nobody".into();
        h.offset_minutes = 900;
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_with_twelve_faults_gets_twelve_errors_by_line_and_nothing_is_recorded() {
    let stage = Stage::set().await;
    let before = stage.size().await;
    let answer = validate(&stage, faulty(&stage)).await;
    let expected = [
        ("header.offset_minutes", "INVALID_FIELD"),
        ("ship.items[1]", "NOT_CANONICAL"),
        ("ship.items[2]", "ITEM_TWICE"),
        ("ship.items[3]", "NOT_CANONICAL"),
        ("ship.items[4]", "INVALID_FIELD"),
        ("ship.lots[0].quantity.amount", "INVALID_FIELD"),
        ("ship.lots[0].quantity.unit", "INVALID_FIELD"),
        ("ship.addressee", "NOT_CANONICAL"),
        ("ship.ship_to", "NOT_CANONICAL"),
        ("ship.waybill", "INVALID_FIELD"),
        ("header.on_behalf_of", "NO_MANDATE"),
        ("ship.reason", "UNKNOWN_CODE"),
    ];
    let mut found = told(&answer);
    found.sort_unstable();
    let mut wanted = expected.to_vec();
    wanted.sort_unstable();
    assert_eq!(found, wanted, "{answer:#?}");
    assert!(!answer.admissible && answer.reviewed && !answer.truncated);
    assert!(answer.violations.iter().all(|v| !v.description.is_empty() && !v.remedy.is_empty()));
    assert_eq!(stage.size().await, before);
    stage.end(before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_validates_is_recorded_and_what_is_recorded_still_validates() {
    let stage = Stage::set().await;
    let signed = stage.maker.sign(Body::Commission(commission(vec![unit(1)])));
    for _ in 0..2 {
        let answer = validate(&stage, signed.clone()).await;
        assert!(answer.admissible && answer.violations.is_empty(), "{answer:?}");
        stage.submit(&signed).await;
    }
    // The same id under other bytes.
    let header = {
        use prost::Message as _;
        v1::Statement::decode(signed.payload.clone()).unwrap().header.unwrap()
    };
    let other = stage.maker.sign_under(header, Body::Commission(commission(vec![unit(2)])));
    assert_eq!(told(&validate(&stage, other).await), [("header.id", "ID_TAKEN")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_signer_learns_what_the_ledger_knows() {
    let stage = Stage::set().await;
    let body = || Body::Ship(ship(vec![unit(1)], &stage.dealer));
    // A bill number that is taken.
    let first = stage.maker.sign_with(body(), |h| h.business_key = "CK-1".into());
    stage.submit(&first).await;
    let again = stage.maker.sign_with(body(), |h| h.business_key = "CK-1".into());
    let taken = [("header.business_key", "BUSINESS_KEY_TAKEN")];
    let answer = validate(&stage, again.clone()).await;
    assert_eq!((told(&answer), answer.reviewed), (taken.to_vec(), true));
    // Unsigned: form only, unless the signer's read token comes along.
    let unsigned = SignedStatement { payload: again.payload.clone(), ..SignedStatement::default() };
    let answer = validate(&stage, unsigned.clone()).await;
    assert_eq!((told(&answer), answer.reviewed, answer.admissible), (vec![], false, false));
    for (reader, expected, reviewed) in [(&stage.maker, taken.to_vec(), true), (&stage.dealer, vec![], false)]
    {
        let request = reader.ask(ValidateStatementRequest { statement: Some(unsigned.clone()) });
        let answer = stage.log().validate_statement(request).await.unwrap().into_inner();
        assert_eq!((told(&answer), answer.reviewed), (expected, reviewed), "{}", reader.party);
    }
    // Somebody else's key, and a spoilt signature, learn nothing but that.
    let thief = Actor::new(&stage.maker.party, stage.ledger());
    let stolen = thief.sign_bytes(again.payload.to_vec());
    let answer = validate(&stage, stolen).await;
    assert_eq!((told(&answer), answer.reviewed), (vec![("key_id", "UNKNOWN_KEY")], false));
    let mut spoilt = again;
    spoilt.signature[5] ^= 1;
    let answer = validate(&stage, spoilt).await;
    assert_eq!((told(&answer), answer.reviewed), (vec![("signature", "BAD_SIGNATURE")], false));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_lists_the_faults_of_every_statement() {
    let stage = Stage::set().await;
    let before = stage.size().await;
    let temp = tempfile::tempdir().unwrap();
    let key = temp.path().join("maker.pem");
    client::KeyFile::create(&key, &stage.maker.key, client::Protection::Plain).unwrap();
    let file = temp.path().join("bills.jsonl");
    let line = |reason: &str, addressee: &str| {
        format!(r#"{{"ship":{{"items":["{}"],"addressee":"{addressee}","reason":"{reason}"}}}}"#, unit(7))
    };
    let sound = line("sale", "org:Dealer");
    let foreign = sound.replacen('{', r#"{"header":{"party":"org:Dealer"},"#, 1);
    std::fs::write(
        &file,
        [&sound, &line("because", "Dealer"), &foreign, &sound].map(|l| format!("{l}\n")).concat(),
    )
    .unwrap();
    let mut command = yuanliu();
    command.args(["validate", file.to_str().unwrap(), "--server", &stage.server.url()]);
    command.args(["--ca", stage.server.ca.to_str().unwrap(), "--key", key.to_str().unwrap()]);
    command.args(["--party", &stage.maker.party]);
    let done = run_in(&mut command);
    assert_eq!(done.code, Some(1), "{done:?}");
    for text in [
        ": line 1: would be recorded",
        ": line 2: 2 faults",
        "ship.addressee",
        "UNKNOWN_CODE",
        ": line 3: header.party is org:Dealer, this signer signs for",
        ": line 4: would be recorded",
    ] {
        assert!(done.stdout.contains(text), "{text} in {done:?}");
    }
    // For programs the last line is the failure, as of every command.
    let done = run_in(command.arg("--json"));
    let last: serde_json::Value = serde_json::from_str(done.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((&last["ok"], &last["error"]["exit"]), (&false.into(), &1.into()), "{done:?}");
    assert_eq!(stage.size().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_about_any_identifier_is_told_with_its_line() {
    let stage = Stage::set().await;
    let early = "uscc:91350100M0001TGQXM";
    let ship = v1::Ship {
        items: vec!["sgtin:06901234567892.A1".into(), unit(7)],
        addressee: early.into(),
        ship_to: format!("site:{early}/W1"),
        reason: "sale".into(),
        ..v1::Ship::default()
    };
    let answer = validate(&stage, stage.maker.sign(Body::Ship(ship.clone()))).await;
    let told: Vec<(&str, &str)> =
        answer.warnings.iter().map(|w| (w.field.as_str(), w.reason.as_str())).collect();
    let expected = [
        ("ship.items[1]", "DEMONSTRATION_NUMBER"),
        ("ship.addressee", "USCC_CHECK"),
        ("ship.ship_to", "USCC_CHECK"),
    ];
    assert_eq!(told, expected, "{answer:#?}");
    assert!(answer.warnings.iter().all(|w| !w.remedy.is_empty() && w.description.contains(": ")));
    // On the command line, in Chinese, and not without end.
    let temp = tempfile::tempdir().unwrap();
    let (key, file) = (temp.path().join("maker.pem"), temp.path().join("bill.json"));
    client::KeyFile::create(&key, &stage.maker.key, client::Protection::Plain).unwrap();
    let items: Vec<String> = (0..60).map(|n| format!("\"{}\"", unit(n))).collect();
    let bill =
        format!(r#"{{"ship":{{"items":[{}],"addressee":"org:Dealer","reason":"sale"}}}}"#, items.join(","));
    std::fs::write(&file, bill).unwrap();
    let mut command = yuanliu();
    command.args(["validate", file.to_str().unwrap(), "--lang", "zh", "--server", &stage.server.url()]);
    command.args(["--ca", stage.server.ca.to_str().unwrap(), "--key", key.to_str().unwrap()]);
    command.args(["--party", &stage.maker.party]);
    let done = run_in(&mut command);
    for text in ["! ship.items[0]: sgtin:", "952开头的编码仅供演示", "40 条其他提示"] {
        assert!(done.stdout.contains(text), "{text} in {done:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_without_a_known_form_is_told_and_recorded() {
    let stage = Stage::set().await;
    for (registration, odd) in [("国械注进20153131313", false), ("MFDS 12-345", true)] {
        let body = v1::Commission { registration: registration.into(), ..commission(vec![unit(1)]) };
        let signed = stage.maker.sign(Body::Commission(body));
        let answer = validate(&stage, signed.clone()).await;
        assert!(answer.admissible, "{answer:#?}");
        let about = |w: &&v1::FieldViolation| w.reason == "REGISTRATION_NUMBER";
        let fields: Vec<&str> = answer.warnings.iter().filter(about).map(|w| w.field.as_str()).collect();
        let expected: Vec<&str> = odd.then_some("commission.registration").into_iter().collect();
        assert_eq!(fields, expected, "{registration}");
        stage.submit(&signed).await;
    }
}
