//! Who learns what from which method: docs/ACCESS.md is the table, and every cell of it is asked here.
//!
//! A cell about something (a unit, a lot, a case …) is asked twice: about the real one, and about one that nobody ever
//! named. Only where the two answers differ in anything but that name, status, details and bytes, has the reader learnt
//! something. A list is searched for the names.

#![allow(clippy::needless_update)] // a question sets all fields of some messages

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
    time::Duration,
};

use prost::Message;
use prost::bytes::{Buf as _, BufMut as _};
use proto::v1::{self, AuthorityField, KeyUse, Role, RoleGrant, StatementRef, statement::Body};
use tonic::{
    Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
};

use crate::kit::{
    Actor, Server, Stage, channel, commission, error_reason, lot, reference, ship, unit, yuanliu,
};

const CASE: &str = "00112233445566778899aabbccddeeff";
const DECLARATION: &str = "decl:224820261000000001";
const BILL: &str = "BILL-0001";
const DAY: i64 = 86_400_000_000;

/// Messages as they stand on the wire.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut message = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut message);
        Ok(Some(message))
    }
}

/// What is asked about: names of what there is, or of what nobody ever named; each as long as the other.
#[derive(Clone)]
struct Names {
    unit: String,
    lot: String,
    bill: StatementRef,
    case: String,
    declaration: String,
    entry: u64,
    party: String,
    /// Id of the reader's key.
    key: Vec<u8>,
}

impl Names {
    fn asked_with(&self, key: &[u8]) -> Self {
        Self { key: key.to_vec(), ..self.clone() }
    }
}

/// What a question is about, and so how its answer is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    /// Asked about its twin too.
    Twin(&'static str),
    /// Whatever it is about, it shows the contents of the goods' statements or does not.
    Contents(&'static str),
    /// Public, or nothing: whether there is an answer.
    Answer(&'static str),
}
use About::{Answer, Contents, Twin};

type Question = (&'static str, About, fn(&Names) -> Vec<u8>);

fn refers(names: &Names) -> Option<StatementRef> {
    Some(names.bill.clone())
}

macro_rules! ask {
    ($type:ident { $($field:ident: $value:expr),* }) => {
        |_names| v1::$type { $($field: $value(_names)),*, ..v1::$type::default() }.encode_to_vec()
    };
    ($type:ident) => { |_| v1::$type::default().encode_to_vec() };
}

/// Every method; those about goods with each thing they can be asked about.
#[rustfmt::skip]
const QUESTIONS: &[Question] = &[
    ("AccessService/GetAccessDigest", Contents("minute 0"), ask!(GetAccessDigestRequest)),
    ("AccessService/ListAccessRecords", Contents("minute 0"), ask!(ListAccessRecordsRequest)),
    ("AttachmentService/UploadAttachment", Twin("bill"), ask!(UploadAttachmentRequest { statement: refers })),
    ("AttachmentService/DownloadAttachment", Twin("bill"), ask!(DownloadAttachmentRequest { statement: refers, digest: |_: &Names| vec![1; 32] })),
    ("AttachmentService/GetAttachment", Twin("bill"), ask!(GetAttachmentRequest { statement: refers, digest: |_: &Names| vec![1; 32] })),
    ("CaseService/GetCase", Twin("case"), ask!(GetCaseRequest { case_id: |n: &Names| n.case.clone() })),
    ("CaseService/ListCases", Contents("cases"), ask!(ListCasesRequest)),
    ("CaseService/GetCaseSummary", Answer("cases"), ask!(GetCaseSummaryRequest { from: |_: &Names| "2026-01-01".into(), to: |_: &Names| "2026-12-31".into() })),
    ("CaseService/WatchCase", Twin("case"), ask!(WatchCaseRequest { case_id: |n: &Names| n.case.clone() })),
    ("CaseService/ExportEvidence", Twin("unit"), ask!(ExportEvidenceRequest { kind: |_: &Names| "item".into(), text: |n: &Names| n.unit.clone(), key_id: |n: &Names| n.key.clone() })),
    ("CustomsService/VerifyImportLot", Twin("declaration"), ask!(VerifyImportLotRequest { declaration: |n: &Names| n.declaration.clone() })),
    ("CustomsService/ListImportLots", Contents("declarations"), ask!(ListImportLotsRequest)),
    ("DeskService/ListInbound", Contents("own goods"), ask!(ListInboundRequest)),
    ("DeskService/GetShipment", Twin("bill"), ask!(GetShipmentRequest { statement: refers })),
    ("DeskService/ListHoldings", Contents("own goods"), ask!(ListHoldingsRequest)),
    ("DeskService/ListSubmitted", Contents("own goods"), ask!(ListSubmittedRequest)),
    ("DeskService/ListRequests", Contents("own goods"), ask!(ListRequestsRequest)),
    ("DeskService/GetLotDossier", Twin("lot"), ask!(GetLotDossierRequest { lot: |n: &Names| n.lot.clone() })),
    ("DeskService/GetLotDossier", Twin("unit"), ask!(GetLotDossierRequest { item: |n: &Names| n.unit.clone() })),
    ("FindingService/ListFindings", Contents("findings"), ask!(ListFindingsRequest)),
    ("FindingService/ListFindings", Twin("unit"), ask!(ListFindingsRequest { item: |n: &Names| n.unit.clone() })),
    ("FindingService/WatchFindings", Contents("findings"), ask!(WatchFindingsRequest)),
    ("LedgerService/SubmitStatement", Answer("nothing signed"), ask!(SubmitStatementRequest)),
    ("LedgerService/SubmitStatements", Answer("nothing signed"), ask!(SubmitStatementsRequest)),
    ("LedgerService/ValidateStatement", Answer("nothing signed"), ask!(ValidateStatementRequest)),
    ("LedgerService/GetLedger", Answer("the log"), ask!(GetLedgerRequest)),
    ("LedgerService/GetEntry", Contents("entry"), ask!(GetEntryRequest { index: |n: &Names| n.entry })),
    ("LedgerService/ListEntries", Contents("entry"), ask!(ListEntriesRequest { start: |n: &Names| n.entry, limit: |_: &Names| 1 })),
    ("LedgerService/GetReceipt", Twin("bill"), ask!(GetReceiptRequest { statement: refers })),
    ("LedgerService/GetCheckpoint", Answer("the log"), ask!(GetCheckpointRequest)),
    ("LedgerService/GetInclusionProof", Answer("the log"), ask!(GetInclusionProofRequest { index: |n: &Names| n.entry })),
    ("LedgerService/GetConsistencyProof", Answer("the log"), ask!(GetConsistencyProofRequest { old_size: |n: &Names| n.entry })),
    ("LedgerService/GetSubjectProof", Twin("unit"), ask!(GetSubjectProofRequest { kind: |_: &Names| "item".into(), subject: |n: &Names| n.unit.clone() })),
    ("RegistryService/GetParty", Twin("party"), ask!(GetPartyRequest { party: |n: &Names| n.party.clone() })),
    ("RegistryService/ListParties", Answer("registers"), ask!(ListPartiesRequest)),
    ("RegistryService/GetSite", Answer("registers"), ask!(GetSiteRequest { site: |_: &Names| "site:org:Maker/MAIN".into() })),
    ("RegistryService/GetProduct", Answer("registers"), ask!(GetProductRequest { product: |_: &Names| "gtin:09521234543213".into() })),
    ("RegistryService/GetKey", Answer("registers"), ask!(GetKeyRequest { key_id: |n: &Names| n.key.clone() })),
    ("RegistryService/ListMandates", Answer("registers"), ask!(ListMandatesRequest { principal: |_: &Names| "org:Maker".into() })),
    ("RegistryService/GetPolicy", Answer("registers"), ask!(GetPolicyRequest { policy: |_: &Names| "findings".into() })),
    ("RegistryService/ListPolicies", Answer("registers"), ask!(ListPoliciesRequest)),
    ("RegistryService/GetNamedList", Answer("registers"), ask!(GetNamedListRequest { list: |_: &Names| "blacklist".into() })),
    ("RegistryService/ListDesignations", Answer("registers"), ask!(ListDesignationsRequest { registration: |_: &Names| "国药准字SJ20171003".into() })),
    ("RegistryService/ListCoverage", Answer("registers"), ask!(ListCoverageRequest { register: |_: &Names| "party".into() })),
    ("RegistryService/ListSuccessions", Answer("registers"), ask!(ListSuccessionsRequest { predecessor: |_: &Names| "org:Maker".into() })),
    ("TraceService/VerifyItem", Twin("unit"), ask!(VerifyItemRequest { scan: |n: &Names| n.unit.clone() })),
    ("TraceService/VerifyItems", Twin("unit"), ask!(VerifyItemsRequest { scans: |n: &Names| vec![n.unit.clone()] })),
    ("TraceService/GetItem", Twin("unit"), ask!(GetItemRequest { item: |n: &Names| n.unit.clone() })),
    ("TraceService/GetItem", Twin("lot"), ask!(GetItemRequest { item: |n: &Names| n.lot.clone() })),
    ("TraceService/GetItemHistory", Twin("unit"), ask!(GetItemHistoryRequest { item: |n: &Names| n.unit.clone() })),
    ("TraceService/GetItemHistory", Twin("lot"), ask!(GetItemHistoryRequest { item: |n: &Names| n.lot.clone() })),
    ("TraceService/TraceSource", Twin("unit"), ask!(TraceSourceRequest { item: |n: &Names| n.unit.clone() })),
    ("TraceService/TraceSource", Twin("lot"), ask!(TraceSourceRequest { item: |n: &Names| n.lot.clone() })),
    ("TraceService/TraceFlow", Twin("unit"), ask!(TraceFlowRequest { item: |n: &Names| n.unit.clone() })),
    ("TraceService/TraceFlow", Twin("lot"), ask!(TraceFlowRequest { item: |n: &Names| n.lot.clone() })),
];

impl About {
    const fn what(self) -> &'static str {
        match self {
            Twin(what) | Contents(what) | Answer(what) => what,
        }
    }
}

/// A trade with somebody in each relation to it.
struct Trade {
    stage: Stage,
    readers: Vec<(&'static str, Option<Actor>)>,
    real: Names,
    twin: Names,
}

impl Trade {
    async fn tell() -> Self {
        let mut stage = Stage::set().await;
        let [stranger, importer, police, auditor] =
            ["org:Stranger", "org:Importer", "org:Police", "org:Auditor"]
                .map(|p| Actor::new(p, stage.ledger()));
        stage.register(&stranger, Role::Clinic).await;
        stage.register(&importer, Role::Importer).await;
        let police_grant = RoleGrant {
            role: Role::Authority as i32,
            field: AuthorityField::Police as i32,
            ..RoleGrant::default()
        };
        let auditor_grant = RoleGrant { role: Role::Auditor as i32, ..RoleGrant::default() };
        for (actor, grant) in [(&police, police_grant), (&auditor, auditor_grant)] {
            stage.register_party(&actor.party, grant).await;
            stage.enrol(actor, &[KeyUse::Sign, KeyUse::Read], |_| {}).await;
        }
        registers(&stage).await;
        let (maker, dealer, clinic) = (&stage.maker, &stage.dealer, &stage.clinic);
        // Past their last day when they are sold: rules find something.
        let made = v1::Commission { expires_on: "2026-02-01".into(), ..commission(vec![unit(1), unit(2)]) };
        let made = maker.sign_with(Body::Commission(made), |h| h.occurred_at -= 300 * DAY);
        stage.submit(&made).await;
        let sold = maker.sign(Body::Ship(ship(vec![unit(1)], dealer)));
        let entry = stage.submit(&sold).await.index;
        let take =
            |of| Body::Receive(v1::Receive { shipment: Some(reference(of)), ..v1::Receive::default() });
        stage.submit(&dealer.sign(take(&sold))).await;
        let on = dealer.sign(Body::Ship(ship(vec![unit(1)], clinic)));
        stage.submit(&on).await;
        stage.submit(&clinic.sign(take(&on))).await;
        let waiting = Body::Ship(ship(vec![unit(2)], dealer));
        stage.submit(&maker.sign_with(waiting, |h| h.business_key = BILL.into())).await;
        let line = v1::DeclarationLine {
            number: 1,
            lot: "lot:gtin:09521234543213.IMPORTED".into(),
            quantity: Some(v1::Quantity { amount: 4, unit: "box".into() }),
            hs: "3002490090".into(),
            origin: "KR".into(),
            registration: "国药准字SJ20171003".into(),
            ..v1::DeclarationLine::default()
        };
        let declare = v1::DeclareImport {
            declaration: DECLARATION.into(),
            lines: vec![line],
            consignor: maker.party.clone(),
            ..v1::DeclareImport::default()
        };
        stage.submit(&importer.sign(Body::DeclareImport(declare))).await;
        let officers = vec!["a".repeat(64), "b".repeat(64)];
        let open = v1::CaseOpen {
            case_id: CASE.into(),
            number: "cert:org:Drug Office/LA1".into(),
            kind: "administrative".into(),
            cause: "counterfeit".into(),
            summary: "vials".into(),
            officers,
            legal_basis: "article 54".into(),
            ..v1::CaseOpen::default()
        };
        let watch = v1::Watch {
            case_id: CASE.into(),
            items: vec![unit(1)],
            valid_from: "2020-01-01".into(),
            valid_to: "2999-12-31".into(),
            reason: "seized elsewhere".into(),
            ..v1::Watch::default()
        };
        for body in [Body::CaseOpen(open), Body::Watch(watch)] {
            stage.submit(&stage.office.sign_with(body, |header| header.confidential = true)).await;
        }
        let real = Names {
            unit: unit(1),
            lot: lot(),
            bill: reference(&sold),
            case: CASE.into(),
            declaration: DECLARATION.into(),
            entry,
            party: "org:Clinic".into(),
            key: Vec::new(),
        };
        let other = |text: &str| format!("{}9", &text[..text.len() - 1]);
        let twin = Names {
            unit: unit(9),
            lot: other(&real.lot),
            bill: StatementRef { id: vec![7; 16], digest: vec![7; 32], party: real.bill.party.clone() },
            case: "f".repeat(32),
            declaration: "decl:224820261000000009".into(),
            entry,
            party: "org:Cliniq".into(),
            key: Vec::new(),
        };
        sealed(&mut stage).await;
        let readers = vec![
            ("public", None),
            ("stranger", Some(stranger)),
            ("importer", Some(importer)),
            ("maker", Some(stage.maker.clone())),
            ("dealer", Some(stage.dealer.clone())),
            ("clinic", Some(stage.clinic.clone())),
            ("office", Some(stage.office.clone())),
            ("police", Some(police)),
            ("auditor", Some(auditor)),
        ];
        Self { stage, readers, real, twin }
    }

    /// What a call answers: an error with all that it says, or its messages. A stream that waits for more has ended.
    async fn call(&self, who: Option<&Actor>, path: &str, message: Vec<u8>) -> Result<Vec<u8>, Status> {
        let mut grpc = Grpc::new(self.stage.channel.clone());
        grpc.ready().await.unwrap();
        let messages = tokio_stream::iter([message]);
        let request = match who {
            Some(actor) => actor.ask(messages),
            None => tonic::Request::new(messages),
        };
        let path = PathAndQuery::try_from(format!("/yuanliu.v1.{path}")).unwrap();
        let ask = grpc.streaming(request, path, Raw);
        let Ok(answer) = tokio::time::timeout(Duration::from_secs(2), ask).await else {
            return Ok(Vec::new());
        };
        let mut stream = answer?.into_inner();
        let mut all = Vec::new();
        while let Ok(next) = tokio::time::timeout(Duration::from_millis(500), stream.message()).await {
            let Some(message) = next? else { break };
            all.extend(message);
        }
        Ok(all)
    }

    /// The answer about the twin, with the real names in place of its own.
    fn renamed(&self, mut answer: Vec<u8>) -> Vec<u8> {
        let (real, twin) = (&self.real, &self.twin);
        for (from, to) in [
            (twin.unit.as_bytes(), real.unit.as_bytes()),
            (twin.lot.as_bytes(), real.lot.as_bytes()),
            (twin.case.as_bytes(), real.case.as_bytes()),
            (twin.declaration.as_bytes(), real.declaration.as_bytes()),
            (&twin.bill.id, &real.bill.id),
            (&twin.bill.digest, &real.bill.digest),
        ] {
            assert_eq!(from.len(), to.len());
            let places: Vec<usize> = answer
                .windows(from.len())
                .enumerate()
                .filter(|(_, w)| *w == from)
                .map(|(at, _)| at)
                .collect();
            for at in places {
                answer[at..at + to.len()].copy_from_slice(to);
            }
        }
        answer
    }

    fn names_goods(&self, answer: &[u8]) -> bool {
        let real = &self.real;
        [real.unit.as_str(), &real.lot, &real.case, &real.declaration, BILL]
            .into_iter()
            .any(|text| answer.windows(text.len()).any(|w| w == text.as_bytes()))
    }

    async fn cell(&self, who: Option<&Actor>, (path, about, question): &Question) -> String {
        let key = who.map_or([1; 32], Actor::key_id);
        let [real, twin] = [&self.real, &self.twin].map(|names| question(&names.asked_with(&key)));
        let answer = self.call(who, path, real).await;
        let told = match (about, &answer) {
            (Twin(_), _) => {
                let twin = self.call(who, path, twin).await;
                !match (&answer, twin) {
                    (Ok(answer), Ok(twin)) => *answer == self.renamed(twin),
                    (Err(answer), Err(twin)) => {
                        answer.code() == twin.code()
                            && answer.message() == twin.message()
                            && answer.details() == self.renamed(twin.details().to_vec())
                    }
                    _ => false,
                }
            }
            (Contents(_), Ok(answer)) => self.names_goods(answer),
            (Answer(_), Ok(answer)) => !answer.is_empty(),
            (_, Err(_)) => false,
        };
        match answer {
            _ if told => "told".into(),
            Ok(_) => "nothing".into(),
            Err(status) => error_reason(&status),
        }
    }
}

/// What registers hold of the trade.
async fn registers(stage: &Stage) {
    let registration = v1::Registration {
        number: "国药准字SJ20171003".into(),
        products: vec!["gtin:09521234543213".into()],
        holder: stage.maker.party.clone(),
        name: "Sample toxin".into(),
        product_class: "toxin".into(),
        units_per_code: 1,
        valid_from: "2020-01-01".into(),
        valid_to: "2999-12-31".into(),
        origin: "CN".into(),
        ..v1::Registration::default()
    };
    let site = v1::Site {
        site: "site:org:Maker/MAIN".into(),
        party: stage.maker.party.clone(),
        name: "Works".into(),
        address: "1 Example Road".into(),
        region: "310101".into(),
        country: "CN".into(),
        ..v1::Site::default()
    };
    stage.submit(&stage.office.sign(Body::Registration(registration))).await;
    stage.submit(&stage.maker.sign(Body::Site(site))).await;
}

/// The same ledger under a server that seals.
async fn sealed(stage: &mut Stage) {
    stage.server.terminate();
    assert_eq!(stage.server.wait(), 0);
    let mut command = yuanliu();
    command.arg("serve").env("YUANLIU_LEDGER__SEAL_INTERVAL_MS", "100");
    let data = stage.server.data.clone();
    stage.server = Server::try_start(command, &data, ([127, 0, 0, 1], 0).into()).unwrap();
    stage.channel = channel(&stage.server).await;
}

/// Methods of the contract, "Service/Method".
fn methods() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto/yuanliu/v1");
    let mut all = BTreeSet::new();
    for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap();
        let mut service = "";
        for line in text.lines().map(str::trim_start) {
            if let Some(name) = line.strip_prefix("service ") {
                service = name.split_whitespace().next().unwrap();
            } else if let Some(name) = line.strip_prefix("rpc ") {
                all.insert(format!("{service}/{}", name.split('(').next().unwrap()));
            }
        }
    }
    all
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    cells.into_iter().fold(String::from("|"), |mut line, cell| {
        let _ = write!(line, " {cell} |");
        line
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_tells_each_reader_what_the_table_says_and_no_more() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ACCESS.md");
    let page = fs::read_to_string(page).unwrap();
    let trade = Trade::tell().await;
    let office = trade.readers.iter().find(|(name, _)| *name == "office").unwrap().1.as_ref();
    for method in ["LedgerService/GetSubjectProof", "FindingService/ListFindings"] {
        let question = QUESTIONS.iter().find(|q| q.0 == method).unwrap();
        for tries in 0.. {
            if trade.cell(office, question).await == "told" {
                break;
            }
            assert!(tries < 200, "{method} in 20 s");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    let asked: BTreeSet<String> = QUESTIONS.iter().map(|q| q.0.to_owned()).collect();
    assert_eq!(asked, methods(), "every method has a row, and no other");

    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for question in QUESTIONS {
        let mut cells = vec![format!("`{}`", question.0), question.1.what().to_owned()];
        for (_, who) in &trade.readers {
            cells.push(trade.cell(who.as_ref(), question).await);
        }
        found.insert(cells[..2].join(" "), row(cells));
    }
    let head =
        row(["method", "about"].into_iter().chain(trade.readers.iter().map(|r| r.0)).map(str::to_owned));
    let table: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let told: Vec<&String> = found.values().collect();
    assert!(page.contains(&head), "docs/ACCESS.md has another head than\n{head}");
    let differ: Vec<String> =
        told.iter().filter(|row| !table.contains(&row.as_str())).map(|row| (*row).clone()).collect();
    assert!(
        differ.is_empty() && table.len() == told.len(),
        "docs/ACCESS.md does not say\n{}",
        differ.join("\n")
    );
}
