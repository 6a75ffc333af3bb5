//! What customs ask of imports, over the wire and on the command line.

use std::path::PathBuf;

use client::{Client, KeyFile, Protection};
use proto::v1::{
    self, AuthorityField, CustomsOutcome, ImportAnswer, ImportState, ImportVerdict, KeyUse,
    ListImportLotsRequest, Role, RoleGrant, VerifyImportLotRequest, VerifyImportLotResponse, statement::Body,
};
use statement::Day;
use tempfile::TempDir;

use crate::kit::{Actor, Done, Stage, lot, now_us, reference, run_in, unit, yuanliu};

const NUMBER: &str = "国药准字SJ20171003";
const CASE: &str = "00112233445566778899aabbccddeeff";
const DAY_US: i64 = 86_400_000_000;

fn declaration(serial: u32) -> String {
    format!("decl:224820261{serial:09}")
}

/// A day so many days from now.
fn day(offset: i32) -> String {
    let today = Day::of_instant(i64::try_from(now_us()).unwrap());
    Day(today.0 + offset).to_string()
}

/// An import at its port: everything is there.
struct Port {
    stage: Stage,
    customs: Actor,
    importer: Actor,
    temp: TempDir,
}

impl Port {
    async fn open() -> Self {
        let stage = Stage::set().await;
        let actor = |party: &str| Actor::new(party, stage.ledger());
        let [customs, importer, agent, lab] =
            ["org:Customs", "org:Importer", "org:Agent", "org:Laboratory"].map(actor);
        let grant = RoleGrant {
            role: Role::Authority as i32,
            field: AuthorityField::Customs as i32,
            ..RoleGrant::default()
        };
        stage.register_party(&customs.party, grant).await;
        stage.enrol(&customs, &[KeyUse::Sign, KeyUse::Read], |_| {}).await;
        stage.register(&importer, Role::Importer).await;
        stage.register(&agent, Role::DomesticAgent).await;
        stage.register(&lab, Role::Laboratory).await;
        let port = Self { stage, customs, importer, temp: tempfile::tempdir().unwrap() };
        port.registers(&agent).await;
        port.goods(&agent, &lab).await;
        port
    }

    async fn say(&self, by: &Actor, days_ago: i64, body: Body) -> v1::SignedStatement {
        let signed = by.sign_with(body, |h| h.occurred_at -= days_ago * DAY_US);
        self.stage.submit(&signed).await;
        signed
    }

    async fn registers(&self, agent: &Actor) {
        let office = &self.stage.office;
        let celsius = |millicelsius| Some(v1::Temperature { millicelsius });
        let registration = v1::Registration {
            number: NUMBER.into(),
            products: vec!["gtin:09521234543213".into()],
            holder: self.stage.maker.party.clone(),
            agent: agent.party.clone(),
            name: "Sample toxin".into(),
            product_class: "toxin".into(),
            storage_min: celsius(2_000),
            storage_max: celsius(8_000),
            units_per_code: 1,
            valid_from: day(-2_000),
            valid_to: day(2_000),
            origin: "KR".into(),
            ..v1::Registration::default()
        };
        self.say(office, 0, Body::Registration(registration)).await;
        let code = v1::PolicyCode {
            code: "2248".into(),
            name: "Shanghai".into(),
            name_zh: "上海".into(),
            retired: false,
        };
        let policy = v1::Policy {
            policy: "import-ports-toxin".into(),
            effective_on: day(-500),
            codes: vec![code],
            ..v1::Policy::default()
        };
        self.say(office, 0, Body::Policy(policy)).await;
        let site = format!("site:{}/MAIN", self.importer.party);
        let place = v1::Site {
            site: site.clone(),
            party: self.importer.party.clone(),
            name: "office".into(),
            address: "1 Main Street".into(),
            region: "310115".into(),
            country: "CN".into(),
            ..v1::Site::default()
        };
        self.say(&self.importer, 0, Body::Site(place)).await;
        let licence = v1::Licence {
            site,
            kind: "drug-wholesale".into(),
            number: "沪AA0001".into(),
            issuer: office.party.clone(),
            valid_from: day(-500),
            valid_to: day(500),
            ..v1::Licence::default()
        };
        self.say(office, 0, Body::Licence(licence)).await;
    }

    async fn goods(&self, agent: &Actor, lab: &Actor) {
        let made = v1::Commission {
            items: (1..=10).map(unit).collect(),
            lot: lot(),
            registration: NUMBER.into(),
            made_on: day(-90),
            expires_on: day(900),
            units_per_code: 1,
            ..v1::Commission::default()
        };
        let signed = agent.sign_with(Body::Commission(made), |h| {
            h.occurred_at -= 20 * DAY_US;
            h.attachments = attached(&["factory-report"]);
        });
        self.stage.submit(&signed).await;
        let ship = v1::Ship {
            items: (1..=10).map(unit).collect(),
            addressee: self.importer.party.clone(),
            reason: "sale".into(),
            ..v1::Ship::default()
        };
        let shipped = self.say(agent, 12, Body::Ship(ship)).await;
        let receive = v1::Receive {
            shipment: Some(reference(&shipped)),
            arrival: Some(v1::Temperature { millicelsius: 5_000 }),
            ..v1::Receive::default()
        };
        self.say(&self.importer, 10, Body::Receive(receive)).await;
        let report = v1::TestReport {
            number: format!("cert:{}/JY-1", lab.party),
            lots: vec![lot()],
            purpose: "port-test".into(),
            verdict: v1::TestVerdict::Pass as i32,
            method: "pharmacopoeia".into(),
            issued_on: day(-3),
            ..v1::TestReport::default()
        };
        self.say(lab, 3, Body::TestReport(report)).await;
        let filing = v1::ImportFiling {
            number: format!("cert:{}/TGD-1", self.stage.office.party),
            outcome: v1::FilingOutcome::Cleared as i32,
            registration: NUMBER.into(),
            lots: vec![v1::LotAmount { lot: lot(), quantity: boxes(10) }],
            importer: self.importer.party.clone(),
            port: "2248".into(),
            ..v1::ImportFiling::default()
        };
        self.say(&self.stage.office, 2, Body::ImportFiling(filing)).await;
    }

    /// The importer declares; what it names goes with the statement.
    async fn declare(&self, serial: u32, amount: u64, roles: &[&str]) -> u64 {
        let line = v1::DeclarationLine {
            number: 1,
            lot: lot(),
            quantity: boxes(amount),
            hs: "3002491000".into(),
            origin: "KR".into(),
            registration: NUMBER.into(),
            ..v1::DeclarationLine::default()
        };
        let declare = v1::DeclareImport {
            declaration: declaration(serial),
            lines: vec![line],
            consignor: self.stage.maker.party.clone(),
            permit: "cert:org:Customs/TW-1".into(),
            dispatched_from: "KR".into(),
            ..v1::DeclareImport::default()
        };
        let signed = self.importer.sign_with(Body::DeclareImport(declare), |h| {
            h.occurred_at -= DAY_US;
            h.attachments = attached(roles);
        });
        self.stage.submit(&signed).await.index
    }

    async fn client(&self) -> Client {
        self.stage.client(&self.customs).await
    }

    async fn verify(&self, client: &Client, serial: u32) -> VerifyImportLotResponse {
        let request = VerifyImportLotRequest { declaration: declaration(serial) };
        let answer = client.verify_import_lot(request).await.unwrap();
        assert!(answer.size > 1 && answer.asked_at > 0 && !answer.truncated);
        answer
    }

    /// The program, as customs.
    fn by_customs(&self, args: &[&str]) -> Done {
        let key = self.key();
        let mut command = yuanliu();
        command.args(args).args(["--server", &self.stage.server.url(), "--party", &self.customs.party]);
        command.arg("--ca").arg(&self.stage.server.ca).arg("--key").arg(&key);
        run_in(&mut command)
    }

    fn key(&self) -> PathBuf {
        let key = self.temp.path().join("customs.pem");
        if !key.exists() {
            KeyFile::create(&key, &self.customs.key, Protection::Plain).unwrap();
        }
        key
    }

    async fn end(self) {
        let size = self.stage.size().await;
        self.stage.end(size);
    }
}

const PAPERS: [&str; 6] =
    ["contract", "packing-list", "bill-of-lading", "invoice", "origin-certificate", "special-permit"];

fn attached(roles: &[&str]) -> Vec<v1::Attachment> {
    let attachment = |(n, role): (u8, &&str)| v1::Attachment {
        digest: vec![n; 32],
        role: (*role).into(),
        media_type: "application/pdf".into(),
        size: 900,
    };
    (1..).zip(roles).map(attachment).collect()
}

fn boxes(amount: u64) -> Option<v1::Quantity> {
    Some(v1::Quantity { amount, unit: "box".into() })
}

/// Checks that hold something back.
fn open(answer: &VerifyImportLotResponse) -> Vec<(&str, ImportAnswer)> {
    let checks = answer.checks.iter().map(|check| (check.check.as_str(), check.answer()));
    checks.filter(|(_, answer)| *answer > ImportAnswer::Pass).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn customs_release_a_sound_import_by_the_draft_of_the_page() {
    let port = Port::open().await;
    let declared = port.declare(1, 10, &PAPERS).await;
    let client = port.client().await;
    let answer = port.verify(&client, 1).await;
    assert_eq!(open(&answer), [], "{:#?}", answer.checks);
    assert_eq!((answer.verdict(), answer.state()), (ImportVerdict::Clear, ImportState::Cleared));
    assert_eq!((answer.declared_by, answer.office.as_str()), (declared, "2248"));
    assert_eq!(answer.source.as_ref().unwrap().legs.len(), 1);

    let page = port.by_customs(&["import-lot", &declaration(1), "--lang", "en"]);
    assert_eq!(page.code, Some(0), "{page:?}");
    for words in ["CLEAR: nothing keeps it", "clearance note", "org:Importer Co.", "--draft > decision.json"]
    {
        assert!(page.stdout.contains(words), "{words}: {}", page.stdout);
    }
    let page = port.by_customs(&["import-lot", &declaration(1), "--lang", "zh"]);
    for words in ["可放行", "进口通关单", "口岸检验", "决定草稿"] {
        assert!(page.stdout.contains(words), "{words}: {}", page.stdout);
    }
    // The number as it is printed does as well.
    let bare = declaration(1).trim_start_matches("decl:").to_owned();
    let json = port.by_customs(&["import-lot", &bare, "--json"]).ok();
    assert_eq!((&json["verdict"], &json["state"]), (&"clear".into(), &"cleared".into()));

    let draft = port.by_customs(&["import-lot", &bare, "--draft"]);
    let file = port.temp.path().join("decision.json");
    std::fs::write(&file, &draft.stdout).unwrap();
    let submitted = port.by_customs(&["submit", file.to_str().unwrap(), "--json"]);
    assert_eq!(submitted.code, Some(0), "{submitted:?}");
    let answer = port.verify(&client, 1).await;
    assert_eq!((answer.state(), answer.draft.clone()), (ImportState::Released, None));
    assert_eq!((open(&answer), answer.decided_by.len()), (vec![], 1));
    assert_eq!(port.by_customs(&["import-lot", &bare, "--draft"]).code, Some(2));
    port.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_with_a_defect_is_held_with_its_reasons() {
    let port = Port::open().await;
    port.declare(1, 11, &PAPERS[1..]).await;
    let client = port.client().await;
    let answer = port.verify(&client, 1).await;
    let found = [
        ("declared-quantity", ImportAnswer::Fail),
        ("documents", ImportAnswer::Missing),
        ("clearance", ImportAnswer::Fail),
    ];
    assert_eq!(open(&answer), found);
    let draft = answer.draft.unwrap();
    assert_eq!((draft.outcome(), draft.legal_basis.as_str()), (CustomsOutcome::Held, ""));
    let page = port.by_customs(&["import-lot", &declaration(1), "--lang", "en"]);
    assert_eq!(page.code, Some(1), "{page:?}");
    for words in ["BLOCKED", "11 box declared in all, 10 shipped", "contract: not named", "legalBasis"] {
        assert!(page.stdout.contains(words), "{words}: {}", page.stdout);
    }
    // As drafted it cannot be signed: by which law is the officer's to say.
    let file = port.temp.path().join("decision.json");
    let text = port.by_customs(&["import-lot", &declaration(1), "--draft"]).stdout;
    std::fs::write(&file, &text).unwrap();
    let refused = port.by_customs(&["submit", file.to_str().unwrap(), "--json"]);
    assert!(refused.code != Some(0) && refused.stdout.contains("legal"), "{refused:?}");
    let mut decision: serde_json::Value = serde_json::from_str(&text).unwrap();
    decision["customsDecision"]["legalBasis"] = "article 1".into();
    std::fs::write(&file, decision.to_string()).unwrap();
    port.by_customs(&["submit", file.to_str().unwrap(), "--json"]).ok();
    assert_eq!(port.verify(&client, 1).await.state(), ImportState::Held);
    port.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_are_listed_for_authorities_by_office_state_and_age() {
    let port = Port::open().await;
    for serial in [3, 1, 2] {
        port.declare(serial, 1, &PAPERS).await;
    }
    let client = port.client().await;
    let all =
        ListImportLotsRequest { page_size: 2, office: "2248".into(), ..ListImportLotsRequest::default() };
    let first = client.list_import_lots(all.clone()).await.unwrap();
    let numbers: Vec<&str> = first.lots.iter().map(|l| l.declaration.as_str()).collect();
    assert_eq!(numbers, [declaration(1), declaration(2)]);
    assert_eq!((first.lots[0].state(), first.lots[0].age_days), (ImportState::Cleared, 1));
    assert_eq!((&first.lots[0].ports[..], first.names.len()), (&["2248".to_owned()][..], 1));
    let next = ListImportLotsRequest { page_token: first.next_page_token, ..all.clone() };
    let rest = client.list_import_lots(next).await.unwrap();
    assert_eq!((rest.lots.len(), rest.next_page_token.as_str()), (1, ""));
    for none in [
        ListImportLotsRequest { min_age_days: 9, ..all.clone() },
        ListImportLotsRequest { states: vec![ImportState::Held as i32], ..all.clone() },
        ListImportLotsRequest { office: "5301".into(), ..all.clone() },
        ListImportLotsRequest { port: "CNSHA".into(), ..all.clone() },
    ] {
        assert_eq!(client.list_import_lots(none).await.unwrap().lots, []);
    }
    for wrong in [
        ListImportLotsRequest { office: "shanghai".into(), ..all.clone() },
        ListImportLotsRequest { states: vec![77], ..all.clone() },
        ListImportLotsRequest { page_token: "x".into(), ..all.clone() },
    ] {
        assert!(client.list_import_lots(wrong).await.is_err());
    }
    let table = port.by_customs(&["import-lots", "--office", "2248", "--lang", "zh"]);
    assert!(table.stdout.contains("已备案") && table.stdout.contains("已过天数"), "{table:?}");
    let one = port.by_customs(&["import-lots", "--state", "cleared", "--limit", "1", "--json"]).ok();
    assert_eq!((&one["declaration"], &one["ageDays"]), (&declaration(1).into(), &1.into()));

    // Not for traders, not even about what is their own.
    let importer = port.stage.client(&port.importer).await;
    assert!(importer.list_import_lots(all).await.is_err());
    let own = VerifyImportLotRequest { declaration: declaration(1) };
    assert!(importer.verify_import_lot(own).await.is_err());
    for wrong in [declaration(9), "decl:1".into(), String::new()] {
        assert!(client.verify_import_lot(VerifyImportLotRequest { declaration: wrong }).await.is_err());
    }
    port.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_shows_to_who_has_its_case_and_to_no_other_authority() {
    let port = Port::open().await;
    port.declare(1, 10, &PAPERS).await;
    let officers: Vec<String> = [1, 2].map(|n| format!("{n:064}")).to_vec();
    let opened = v1::CaseOpen {
        case_id: CASE.into(),
        number: "cert:org:Customs/LA1".into(),
        kind: "administrative".into(),
        cause: "counterfeit".into(),
        summary: "vials".into(),
        officers,
        legal_basis: "article 54".into(),
        ..v1::CaseOpen::default()
    };
    let watch = v1::Watch {
        case_id: CASE.into(),
        parties: vec![port.importer.party.clone()],
        valid_from: day(-30),
        valid_to: day(30),
        reason: "more to come".into(),
        ..v1::Watch::default()
    };
    for body in [Body::CaseOpen(opened), Body::Watch(watch)] {
        let signed = port.customs.sign_with(body, |h| h.confidential = true);
        port.stage.submit(&signed).await;
    }
    let own = port.verify(&port.client().await, 1).await;
    assert_eq!((open(&own), own.verdict()), (vec![("watch", ImportAnswer::Fail)], ImportVerdict::Blocked));
    assert!(own.checks.last().unwrap().notes[0].facts.contains(CASE));
    assert_eq!(own.draft.unwrap().outcome(), CustomsOutcome::Released);
    let office = port.stage.client(&port.stage.office).await;
    let other = port.verify(&office, 1).await;
    assert_eq!((open(&other), other.verdict()), (vec![], ImportVerdict::Clear));
    assert!(other.checks.iter().all(|check| check.check != "watch"));
    assert!(!format!("{other:?}").contains(CASE));
    port.end().await;
}
