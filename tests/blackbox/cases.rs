//! Cases over the wire: who sees them, how their duties stand, and what their watches notice in silence.

use std::time::Duration;

use futures::StreamExt as _;
use proto::v1::{
    self, AuthorityField, CaseDuty, CaseStanding, GetCaseRequest, GetCaseResponse, GetCaseSummaryRequest,
    KeyUse, ListCasesRequest, Role, RoleGrant, SignedStatement, StatementKind, TransferDecision,
    WatchCaseRequest, WatchCaseResponse, statement::Body,
};
use rpc::case_service_client::CaseServiceClient;
use tonic::{Code, Status};

use crate::kit::{
    Actor, Done, Stage, commission, error_reason, reference, run_in, ship, unit, violated_fields, yuanliu,
};

const CASE: &str = "00112233445566778899aabbccddeeff";

fn officers() -> Vec<String> {
    vec!["a".repeat(64), "b".repeat(64)]
}

fn said(who: &Actor, body: Body) -> SignedStatement {
    who.sign_with(body, |header| header.confidential = true)
}

/// A regulator with a case, the police that gets it, another regulator, and an auditor.
struct Office {
    stage: Stage,
    police: Actor,
    other: Actor,
    auditor: Actor,
    watch: u64,
}

impl Office {
    async fn open() -> Self {
        let stage = Stage::set().await;
        let [police, other, auditor] =
            ["org:Police", "org:Other Office", "org:Auditor"].map(|party| Actor::new(party, stage.ledger()));
        let authority = |field: AuthorityField| RoleGrant {
            role: Role::Authority.into(),
            field: field.into(),
            ..RoleGrant::default()
        };
        for (actor, grant) in [
            (&police, authority(AuthorityField::Police)),
            (&other, authority(AuthorityField::Drug)),
            (&auditor, RoleGrant { role: Role::Auditor.into(), ..RoleGrant::default() }),
        ] {
            stage.register_party(&actor.party, grant).await;
            stage.enrol(actor, &[KeyUse::Sign, KeyUse::Read], |_| {}).await;
        }
        let open = v1::CaseOpen {
            case_id: CASE.into(),
            number: "cert:org:Drug Office/LA1".into(),
            kind: "administrative".into(),
            cause: "counterfeit".into(),
            summary: "vials".into(),
            officers: officers(),
            legal_basis: "article 54".into(),
            ..v1::CaseOpen::default()
        };
        stage.submit(&said(&stage.office, Body::CaseOpen(open))).await;
        let watch = v1::Watch {
            case_id: CASE.into(),
            items: vec![unit(1)],
            parties: vec!["org:Clinic".into()],
            valid_from: "2020-01-01".into(),
            valid_to: "2999-12-31".into(),
            reason: "seized elsewhere".into(),
            ..v1::Watch::default()
        };
        let watch = stage.submit(&said(&stage.office, Body::Watch(watch))).await.index;
        Self { stage, police, other, auditor, watch }
    }

    fn service(&self) -> CaseServiceClient<tonic::transport::Channel> {
        CaseServiceClient::new(self.stage.channel.clone())
    }

    async fn get(&self, who: &Actor, case: &str) -> Result<GetCaseResponse, Status> {
        let request = who.ask(GetCaseRequest { case_id: case.into() });
        Ok(self.service().get_case(request).await?.into_inner())
    }

    async fn transfer(&self) -> SignedStatement {
        let now = i64::try_from(crate::kit::now_us()).unwrap();
        let transfer = v1::CaseTransfer {
            case_id: CASE.into(),
            number: "cert:org:Drug Office/YS1".into(),
            addressee: self.police.party.clone(),
            basis: "suspected-crime".into(),
            decided_at: now - 3_600_000_000,
            officers: officers(),
            summary: "a crime".into(),
            legal_basis: "article 5".into(),
            ..v1::CaseTransfer::default()
        };
        let signed = said(&self.stage.office, Body::CaseTransfer(transfer));
        self.stage.submit(&signed).await;
        signed
    }

    /// The command, as an actor.
    fn ask(&self, who: &Actor, args: &[&str]) -> Done {
        let key = self.stage.server.data.join(format!("{}.pem", who.party.replace([':', ' '], "-")));
        if !key.exists() {
            client::KeyFile::create(&key, &who.key, client::Protection::Plain).unwrap();
        }
        let mut command = yuanliu();
        command.arg("case").args(args).args(["--server", &self.stage.server.url(), "--ca"]);
        run_in(command.arg(&self.stage.server.ca).arg("--key").arg(&key).args(["--party", &who.party]))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_there_for_who_has_it_and_for_nobody_else() {
    let office = Office::open().await;
    let stage = &office.stage;
    let seen = office.get(&stage.office, CASE).await.unwrap();
    let kinds: Vec<StatementKind> = seen
        .entries
        .iter()
        .map(|e| statement::kind_of(e.statement.as_ref().unwrap().body.as_ref().unwrap()))
        .collect();
    assert_eq!(kinds, [StatementKind::CaseOpen, StatementKind::Watch]);
    assert_eq!((&seen.holders[..], seen.truncated), (&["org:Drug Office".to_owned()][..], false));
    assert_eq!(office.get(&office.auditor, CASE).await.unwrap().entries, seen.entries);
    // To all others it looks like a case that nobody ever opened.
    let none = "f".repeat(32);
    for who in [&office.police, &office.other, &stage.root, &stage.maker, &stage.clinic] {
        let (there, absent) = (office.get(who, CASE).await, office.get(who, &none).await);
        let told = |answer: Result<GetCaseResponse, Status>| {
            let status = answer.unwrap_err();
            (status.code(), status.message().to_owned(), status.details().to_vec())
        };
        let (there, absent) = (told(there), told(absent));
        assert!(matches!(there.0, Code::NotFound | Code::Unauthenticated), "{}: {there:?}", who.party);
        assert_eq!(there, absent, "{}", who.party);
        if there.0 == Code::NotFound {
            let request = who.ask(WatchCaseRequest { case_id: CASE.into(), ..Default::default() });
            assert_eq!(office.service().watch_case(request).await.unwrap_err().code(), Code::NotFound);
            let request = who.ask(ListCasesRequest::default());
            assert_eq!(office.service().list_cases(request).await.unwrap().into_inner().cases, []);
        }
    }
    let bad = office.get(&stage.office, "2026-17").await.unwrap_err();
    assert_eq!(
        (error_reason(&bad).as_str(), &violated_fields(&bad)[..]),
        ("INVALID_REQUEST", &["case_id".to_owned()][..])
    );
    for (from, to, field) in [("2026-13-01", "2026-01-01", "from"), ("2026-01-02", "2026-01-01", "to")] {
        let request = stage.office.ask(GetCaseSummaryRequest { from: from.into(), to: to.into() });
        let bad = office.service().get_case_summary(request).await.unwrap_err();
        assert_eq!(violated_fields(&bad), [field]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_brings_the_case_its_duties_and_their_terms() {
    let office = Office::open().await;
    let stage = &office.stage;
    let transfer = office.transfer().await;
    let duty = |seen: &GetCaseResponse, duty: CaseDuty| {
        let found = seen.deadlines.iter().find(|d| d.duty() == duty);
        found.map(|d| (d.who.clone(), d.standing()))
    };
    let seen = office.get(&office.police, CASE).await.unwrap();
    assert_eq!(duty(&seen, CaseDuty::SendTransfer), Some(("org:Drug Office".into(), CaseStanding::Met)));
    assert_eq!(duty(&seen, CaseDuty::AnswerTransfer), Some(("org:Police".into(), CaseStanding::Open)));
    assert_eq!(duty(&seen, CaseDuty::CopyTransfer).map(|d| d.1), Some(CaseStanding::Open));
    let reply = v1::TransferReply {
        case_id: CASE.into(),
        transfer: Some(reference(&transfer)),
        decision: TransferDecision::Accepted.into(),
        number: "cert:org:Police/H1".into(),
        officers: officers(),
        ..v1::TransferReply::default()
    };
    stage.submit(&said(&office.police, Body::TransferReply(reply))).await;
    let outcome = v1::CaseOutcome {
        case_id: CASE.into(),
        kind: "confiscation".into(),
        decided_on: "2026-03-02".into(),
        goods_value: 1_234_567,
        currency: "CNY".into(),
        arrested: 2,
        note: "two".into(),
        ..v1::CaseOutcome::default()
    };
    stage.submit(&said(&office.police, Body::CaseOutcome(outcome))).await;
    let seen = office.get(&stage.office, CASE).await.unwrap();
    assert_eq!(duty(&seen, CaseDuty::AnswerTransfer).map(|d| d.1), Some(CaseStanding::Met));
    assert_eq!(seen.holders, ["org:Drug Office", "org:Police"]);

    let list = office.ask(&office.police, &["list", "--json"]);
    let overview = list.ok();
    assert_eq!(
        (&overview["caseId"], &overview["held"], &overview["kind"]),
        (&CASE.into(), &true.into(), &"administrative".into())
    );
    let sum = office.ask(&office.police, &["summary", "--from", "2026-01-01", "--to", "2999-12-31", "--csv"]);
    for line in [
        "cases,,1",
        "transferred,,1",
        "transfers accepted,,1",
        "arrested,,2",
        "outcomes,confiscation,1",
        "goods value,CNY,12345.67",
    ] {
        assert!(sum.stdout.lines().any(|l| l == line), "{line}: {sum:?}");
    }
    let shown = office.ask(&stage.office, &["show", CASE, "--lang", "zh"]);
    assert!(shown.stdout.contains("审查决定") && shown.stdout.contains("抄送检察院"), "{shown:?}");
    let none = office.ask(&office.other, &["show", CASE, "--json"]);
    assert_eq!((none.code, &none.json()["error"]["reason"]), (Some(1), &"NOT_FOUND".into()), "{none:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_notice_statements_and_nobody_learns_of_it() {
    let office = Office::open().await;
    let stage = &office.stage;
    let size = stage.size().await;
    let request = WatchCaseRequest { case_id: CASE.into(), start: size, follow: true };
    let mut alerts = office.service().watch_case(stage.office.ask(request)).await.unwrap().into_inner();
    let first = alerts.next().await.unwrap().unwrap();
    assert_eq!((first.alerts.len(), first.next), (0, size));
    let made = stage.submit(&stage.maker.sign(Body::Commission(commission(vec![unit(1), unit(2)])))).await;
    stage.submit(&stage.maker.sign(Body::Ship(ship(vec![unit(2)], &stage.dealer)))).await;
    let sold = stage.submit(&stage.dealer.sign(Body::Ship(ship(vec![unit(2)], &stage.clinic)))).await;
    let mut seen: Vec<v1::CaseAlert> = Vec::new();
    while seen.len() < 2 {
        let next = tokio::time::timeout(Duration::from_secs(20), alerts.next()).await.expect("in time");
        let WatchCaseResponse { alerts, .. } = next.unwrap().unwrap();
        seen.extend(alerts);
    }
    let facts = |a: &v1::CaseAlert| (a.entry, a.watch, a.hits.clone(), a.kind(), a.party.clone());
    assert_eq!(
        seen.iter().map(facts).collect::<Vec<_>>(),
        [
            (made.index, office.watch, vec![unit(1)], StatementKind::Commission, "org:Maker".into()),
            (sold.index, office.watch, vec!["org:Clinic".into()], StatementKind::Ship, "org:Dealer".into()),
        ]
    );
    assert_eq!(stage.size().await, sold.index + 1, "nothing is recorded of it");
    drop(alerts);
    // The same from the beginning, to its end, on the command line.
    let all = office.ask(&stage.office, &["watch", CASE, "--json"]);
    let entries: Vec<String> = all
        .stdout
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["entry"].to_string().replace('"', "")
        })
        .collect();
    assert!(entries.ends_with(&[made.index.to_string(), sold.index.to_string()]), "{all:?}");
}
