//! Ledgers to play on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use client::{Client, ConnectOptions, KeyFile, Outcome, Purpose, ReadSigner, SubmitOptions, Trust};
use merkle::{Hash, SignerKey, SigningKey};
use proto::v1::{
    self, AuthorityField, GetLedgerRequest, KeyUse, Receipt, Role, RoleGrant, SignedStatement,
    SubmitStatementRequest, statement::Body,
};
use rpc::{ledger_service_client::LedgerServiceClient, trace_service_client::TraceServiceClient};
use sim::{Plan, Signed, World};
use tempfile::TempDir;
use tonic::{
    Status,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};
use tonic_types::StatusExt as _;

use super::{Actor, Server, now_us, run};

const ORIGIN: &str = "blackbox.example/log";

/// A raw channel: what it sends is not checked by the client library.
pub async fn channel(server: &Server) -> Channel {
    let ca = Certificate::from_pem(fs::read(&server.ca).unwrap());
    let tls = ClientTlsConfig::new().ca_certificate(ca).domain_name("localhost");
    let endpoint = Endpoint::from_shared(server.url()).unwrap().tls_config(tls).unwrap();
    endpoint.connect().await.unwrap()
}

/// `ErrorInfo.reason` of a status.
pub fn error_reason(status: &Status) -> String {
    status.get_details_error_info().map(|i| i.reason).unwrap_or_default()
}

/// Field paths of its `BadRequest`.
pub fn violated_fields(status: &Status) -> Vec<String> {
    let details = status.get_details_bad_request().map(|b| b.field_violations).unwrap_or_default();
    details.into_iter().map(|v| v.field).collect()
}

/// Copies a directory with all that is in it.
pub fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A ledger that `yuanliu init` made, with a server, one root authority and a small cast.
pub struct Stage {
    pub server: Server,
    pub channel: Channel,
    pub root: Actor,
    /// Drug regulator.
    pub office: Actor,
    pub maker: Actor,
    pub dealer: Actor,
    pub clinic: Actor,
    _temp: TempDir,
}

impl Stage {
    pub async fn set() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let data = temp.path().join("ledger");
        let root = "org:Root Authority";
        let made = run([
            "init",
            "--data",
            data.to_str().unwrap(),
            "--origin",
            ORIGIN,
            "--root",
            root,
            "--no-passphrase",
        ]);
        let ledger: Hash = hex::decode(made.ok()["ledger"].as_str().unwrap()).unwrap().try_into().unwrap();
        let key = KeyFile::read(&data.join("keys/root-1.pem")).unwrap().open(None).unwrap();
        let server = Server::start(&data);
        let channel = channel(&server).await;
        let actor = |party| Actor::new(party, ledger);
        let stage = Self {
            root: Actor { party: root.into(), key, ledger },
            office: actor("org:Drug Office"),
            maker: actor("org:Maker"),
            dealer: actor("org:Dealer"),
            clinic: actor("org:Clinic"),
            server,
            channel,
            _temp: temp,
        };
        stage.register(&stage.office, Role::Authority).await;
        stage.register(&stage.maker, Role::Manufacturer).await;
        stage.register(&stage.dealer, Role::Distributor).await;
        stage.register(&stage.clinic, Role::Clinic).await;
        stage
    }

    pub const fn ledger(&self) -> Hash {
        self.root.ledger
    }

    pub fn log(&self) -> LedgerServiceClient<Channel> {
        let client = LedgerServiceClient::new(self.channel.clone());
        client.max_decoding_message_size(16 << 20).max_encoding_message_size(16 << 20)
    }

    pub fn trace(&self) -> TraceServiceClient<Channel> {
        TraceServiceClient::new(self.channel.clone())
    }

    pub async fn size(&self) -> u64 {
        self.log().get_ledger(GetLedgerRequest {}).await.unwrap().into_inner().size
    }

    pub async fn try_submit(&self, signed: &SignedStatement) -> Result<Receipt, Status> {
        let request = SubmitStatementRequest {
            statement: Some(signed.clone()),
            without_proof: false,
            findings_wait_ms: 0,
        };
        Ok(self.log().submit_statement(request).await?.into_inner().receipt.unwrap())
    }

    /// Submits what must be recorded.
    pub async fn submit(&self, signed: &SignedStatement) -> Receipt {
        self.try_submit(signed).await.unwrap_or_else(|s| {
            panic!("{} {}: {:?}", error_reason(&s), s.message(), s.get_details_bad_request())
        })
    }

    /// Registers a party with a role on all days; an authority is one for drugs.
    pub async fn register_party(&self, party: &str, grant: RoleGrant) {
        let party = v1::Party {
            party: party.into(),
            name: format!("{party} Co."),
            country: "CN".into(),
            roles: vec![grant],
            ..v1::Party::default()
        };
        self.submit(&self.root.sign(Body::Party(party))).await;
    }

    /// Enrols a key; the change is made to the enrolment before it is signed.
    pub async fn enrol(&self, actor: &Actor, uses: &[KeyUse], change: impl FnOnce(&mut v1::EnrolKey)) {
        let mut enrolment = actor.enrolment(uses);
        change(&mut enrolment);
        self.submit(&self.root.sign(Body::EnrolKey(enrolment))).await;
    }

    /// Registers an actor and enrols its key for signing and reading.
    pub async fn register(&self, actor: &Actor, role: Role) {
        let field = if role == Role::Authority { AuthorityField::Drug } else { AuthorityField::Unspecified };
        let grant = RoleGrant { role: role as i32, field: field as i32, ..RoleGrant::default() };
        self.register_party(&actor.party, grant).await;
        self.enrol(actor, &[KeyUse::Sign, KeyUse::Read], |_| {}).await;
    }

    /// The client library, reading as an actor.
    pub async fn client(&self, actor: &Actor) -> Client {
        connect(&self.server, self.ledger(), (actor.party.clone(), actor.key.clone())).await
    }

    /// Kills the server. The ledger's directory lasts as long as what this gives.
    pub fn kill(self) -> TempDir {
        drop(self.server);
        self._temp
    }

    /// Stops the server, which must end well, and verifies the ledger, which must hold `entries`.
    pub fn end(self, entries: u64) {
        let data = self.server.data.clone();
        assert_eq!(self.server.stop(), 0);
        let report = run(["verify".as_ref(), "--data".as_ref(), data.as_os_str()]).ok();
        assert_eq!((&report["ok"], report["entries"].as_u64()), (&true.into(), Some(entries)), "{report}");
    }
}

async fn connect(server: &Server, ledger: Hash, (party, key): (String, SigningKey)) -> Client {
    let mut options = ConnectOptions::new(server.url(), Trust::File(server.ca.clone()));
    options.ledger = Some(ledger);
    options.reader = Some(ReadSigner::new(party, key, ledger, Purpose::Purpose("test".into())));
    Client::connect(options).await.unwrap()
}

/// A ledger of a made-up trade: its directory, and all statements in order. No server runs yet.
pub struct SimLedger {
    pub data: PathBuf,
    pub ledger: Hash,
    pub log: SignerKey,
    pub reader: (String, SigningKey),
    pub example: String,
    pub statements: Vec<Signed>,
    temp: TempDir,
}

impl SimLedger {
    pub fn create(seed: u64, statements: usize) -> Self {
        let (this, world) = Self::empty(seed, statements);
        let statements = world.statements(this.ledger).collect();
        Self { statements, ..this }
    }

    /// The ledger without the statements of its trade, and the world that it began with.
    pub fn empty(seed: u64, statements: usize) -> (Self, World) {
        let temp = tempfile::tempdir().unwrap();
        let data = temp.path().join("ledger");
        let now = now_us();
        let world = World::new(Plan { seed, statements, end_at: now as i64 });
        let signer = || SignerKey::new(ORIGIN, client::generate_key().unwrap()).unwrap();
        let (log, answer) = (signer(), signer());
        fs::create_dir_all(data.join("keys")).unwrap();
        fs::write(data.join("keys/log.key"), log.expose_text()).unwrap();
        fs::write(data.join("keys/answer.key"), answer.expose_text()).unwrap();
        let genesis = world.genesis(ORIGIN, &log.verifier().to_string(), &answer.verifier().to_string());
        let ledger = ledger::Ledger::create(&data, &genesis, now).unwrap();
        let (reader, example) = (world.reader(), world.example_items().toxin);
        (Self { data, ledger, log, reader, example, statements: Vec::new(), temp }, world)
    }

    /// A place beside the ledger for copies.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    /// The client library, reading as the drug regulator.
    pub async fn client(&self, server: &Server) -> Client {
        connect(server, self.ledger, self.reader.clone()).await
    }

    /// Submits a stretch of the statements, all of which must be recorded.
    pub async fn submit(&self, client: &Client, range: std::ops::Range<usize>) {
        let part = self.statements[range].iter().map(|s| s.statement.clone());
        let outcomes = client.submit_many(part, SubmitOptions::default(), |_| {}).await.unwrap();
        for outcome in outcomes {
            assert!(matches!(outcome, Outcome::Recorded(_)), "{outcome:?}");
        }
    }

    /// Records everything with a server that is stopped again.
    pub async fn record_all(&self) {
        let server = Server::start(&self.data);
        self.submit(&self.client(&server).await, 0..self.statements.len()).await;
        assert_eq!(server.stop(), 0);
    }

    /// `yuanliu verify`, which must be content.
    pub fn verify(&self) -> serde_json::Value {
        let report = run(["verify".as_ref(), "--data".as_ref(), self.data.as_os_str()]).ok();
        assert_eq!(report["ok"], true, "{report}");
        report
    }
}
