//! A ledger with a server over real TLS on loopback, and parties that sign.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ledger::{Config, Keys, Ledger, SystemClock};
use merkle::{Hash, SignerKey, SigningKey};
use prost::Message as _;
use proto::v1::{self, statement::Body};
use rpc::{
    attachment_service_client::AttachmentServiceClient, ledger_service_client::LedgerServiceClient,
    registry_service_client::RegistryServiceClient, trace_service_client::TraceServiceClient,
};
use server::{Limits, ServeError, ServerConfig, TlsConfig};
use statement::{ALG_ED25519, POSSESSION_TYPE, STATEMENT_TYPE, key_id, possession_payload};
use tokio::{sync::oneshot, task::JoinHandle};
use tonic::{
    Request,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

const ORIGIN: &str = "log.example/end-to-end";

/// Somebody with a key.
#[derive(Clone)]
pub struct Actor {
    pub party: String,
    pub key: SigningKey,
}

impl Actor {
    pub fn new(party: &str, seed: u8) -> Self {
        Self { party: party.into(), key: SigningKey::from_seed(&[seed; 32]) }
    }

    pub fn key_id(&self) -> Hash {
        key_id(ALG_ED25519, self.key.public().as_bytes())
    }

    fn possession(&self, scope: &Hash) -> Vec<u8> {
        let payload = possession_payload(scope, &self.key_id(), &self.party);
        statement::sign(&self.key, POSSESSION_TYPE, &payload).to_vec()
    }

    /// A signed statement of this moment.
    pub fn sign(&self, ledger: &Hash, body: Body) -> v1::SignedStatement {
        self.sign_with(ledger, body, |_| {})
    }

    /// The same, with its header changed before.
    pub fn sign_with(
        &self,
        ledger: &Hash,
        body: Body,
        change: impl FnOnce(&mut v1::Header),
    ) -> v1::SignedStatement {
        let mut header = v1::Header {
            ledger: ledger.to_vec(),
            id: new_id(),
            salt: vec![9; 16],
            party: self.party.clone(),
            occurred_at: i64::try_from(now_us()).unwrap(),
            ..v1::Header::default()
        };
        change(&mut header);
        let payload = v1::Statement { header: Some(header), body: Some(body) }.encode_to_vec();
        v1::SignedStatement {
            signature: statement::sign(&self.key, STATEMENT_TYPE, &payload).to_vec(),
            payload: payload.into(),
            key_id: self.key_id().to_vec(),
            algorithm: v1::Algorithm::Ed25519 as i32,
        }
    }

    /// A read token of this moment.
    pub fn token(&self, ledger: &Hash) -> String {
        let now = now_us() / 1_000_000;
        let header = serde_json::json!({
            "alg": "EdDSA", "typ": server::TOKEN_TYPE, "kid": statement::hex_text(&self.key_id()),
        });
        let claims = serde_json::json!({
            "iss": self.party, "aud": statement::hex_text(ledger), "iat": now, "exp": now + 60,
            "jti": "018f2f6e-0000-7000-8000-000000000001", "purpose": "test",
        });
        let part = |v: &serde_json::Value| URL_SAFE_NO_PAD.encode(v.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(self.key.sign(message.as_bytes())))
    }
}

pub fn now_us() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

/// A UUIDv7 of now, different from all others of this process.
fn new_id() -> Vec<u8> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut id = [0; 16];
    id[..6].copy_from_slice(&(now_us() / 1_000).to_be_bytes()[2..]);
    id[6] = 0x70;
    id[8..].copy_from_slice(&NEXT.fetch_add(1, Relaxed).to_be_bytes());
    id[8] = 0x80;
    id.to_vec()
}

pub struct World {
    pub ledger: Ledger,
    pub id: Hash,
    pub root: Actor,
    pub address: SocketAddr,
    pub http: SocketAddr,
    pub channel: Channel,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<Result<(), ServeError>>,
    _dir: tempfile::TempDir,
}

impl World {
    pub async fn start() -> Self {
        Self::with(Limits::default(), Config::default()).await
    }

    /// Free ports on loopback.
    pub fn config() -> ServerConfig {
        ServerConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            http_listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            ..ServerConfig::default()
        }
    }

    pub async fn of(config: ServerConfig) -> Self {
        Self::set(config, Config::default()).await
    }

    pub async fn with(limits: Limits, config: Config) -> Self {
        Self::set(ServerConfig { limits, ..Self::config() }, config).await
    }

    async fn set(server: ServerConfig, config: Config) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = Actor::new("org:Authority", 1);
        let log = SignerKey::new(ORIGIN, SigningKey::from_seed(&[101; 32])).unwrap();
        let genesis = genesis(&root, &log);
        let id = Ledger::create(&dir.path().join("ledger"), &genesis, now_us()).unwrap();
        let clock = Arc::new(SystemClock::new());
        // Tests count entries.
        let config = Config { digest_delay: std::time::Duration::from_secs(90), ..config };
        let ledger =
            Ledger::open(&dir.path().join("ledger"), Keys { log, answer: answer_key() }, config, clock)
                .unwrap();

        let tls = TlsConfig { directory: dir.path().join("tls"), ..TlsConfig::default() };
        let config = ServerConfig { tls, ..server };
        let server = server::bind(ledger.clone(), config).await.unwrap();
        let (address, http) = (server.address(), server.http_address().unwrap());
        let cert = Certificate::from_pem(&server.identity().cert);
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        let tls = ClientTlsConfig::new().ca_certificate(cert).domain_name("localhost");
        let endpoint = Endpoint::from_shared(format!("https://{address}")).unwrap().tls_config(tls).unwrap();
        let channel = endpoint.connect().await.unwrap();
        Self { ledger, id, root, address, http, channel, stop: Some(stop), server, _dir: dir }
    }

    /// Asks the server to end, and waits for it.
    pub async fn stop(mut self) -> Result<(), ServeError> {
        self.ask_to_stop();
        self.join().await
    }

    /// Waits for the server's end.
    pub async fn join(self) -> Result<(), ServeError> {
        drop(self.channel);
        self.server.await.unwrap()
    }

    pub fn ask_to_stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    pub fn log(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel.clone())
            .max_decoding_message_size(16 << 20)
            .max_encoding_message_size(16 << 20)
    }

    pub fn registry(&self) -> RegistryServiceClient<Channel> {
        RegistryServiceClient::new(self.channel.clone())
    }

    pub fn attachments(&self) -> AttachmentServiceClient<Channel> {
        AttachmentServiceClient::new(self.channel.clone())
    }

    pub fn trace(&self) -> TraceServiceClient<Channel> {
        TraceServiceClient::new(self.channel.clone())
    }

    pub fn desk(&self) -> rpc::desk_service_client::DeskServiceClient<Channel> {
        rpc::desk_service_client::DeskServiceClient::new(self.channel.clone())
    }

    /// A request with a token of `reader`.
    pub fn by<T>(&self, reader: &Actor, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", reader.token(&self.id)).parse().unwrap();
        request.metadata_mut().insert("authorization", bearer);
        request
    }

    pub async fn submit(&self, signed: v1::SignedStatement) -> Result<v1::Receipt, tonic::Status> {
        let request =
            v1::SubmitStatementRequest { statement: Some(signed), without_proof: false, findings_wait_ms: 0 };
        Ok(self.log().submit_statement(request).await?.into_inner().receipt.unwrap())
    }

    /// Registers a party with a role and enrols its key for signing and reading.
    pub async fn register(&self, actor: &Actor, role: v1::Role) {
        let field = if role == v1::Role::Authority { v1::AuthorityField::Drug as i32 } else { 0 };
        let grant = v1::RoleGrant { role: role as i32, field, ..v1::RoleGrant::default() };
        let party = v1::Party {
            party: actor.party.clone(),
            name: format!("{} Co.", actor.party),
            country: "CN".into(),
            roles: vec![grant],
            ..v1::Party::default()
        };
        let key = v1::EnrolKey {
            party: actor.party.clone(),
            algorithm: v1::Algorithm::Ed25519 as i32,
            public_key: actor.key.public().as_bytes().to_vec(),
            possession: actor.possession(&self.id),
            uses: vec![v1::KeyUse::Sign as i32, v1::KeyUse::Read as i32],
            ..v1::EnrolKey::default()
        };
        self.submit(self.root.sign(&self.id, Body::Party(party))).await.unwrap();
        self.submit(self.root.sign(&self.id, Body::EnrolKey(key))).await.unwrap();
    }
}

fn answer_key() -> SignerKey {
    SignerKey::new("answers.example", SigningKey::from_seed(&[102; 32])).unwrap()
}

fn genesis(root: &Actor, log: &SignerKey) -> Vec<u8> {
    let random = vec![5; 32];
    let answers = answer_key();
    let scope = statement::genesis_scope(ORIGIN, &random);
    let authority = v1::RootAuthority {
        party: root.party.clone(),
        name: "Authority".into(),
        algorithm: v1::Algorithm::Ed25519 as i32,
        public_key: root.key.public().as_bytes().to_vec(),
        possession: root.possession(&scope),
    };
    let genesis = v1::Genesis {
        origin: ORIGIN.into(),
        random,
        log_key: log.verifier().to_string(),
        answer_key: answers.verifier().to_string(),
        roots: vec![authority],
        threshold: 1,
        ..v1::Genesis::default()
    };
    genesis.encode_to_vec()
}

/// The unit with this serial number, of one product.
pub fn unit(serial: usize) -> String {
    format!("sgtin:09521234543213.U{serial:06}")
}

pub const LOT: &str = "lot:gtin:09521234543213.C1234C3";

/// 赋码入库 of units.
pub fn commission(items: Vec<String>) -> Body {
    Body::Commission(v1::Commission {
        items,
        lot: LOT.into(),
        registration: "国药准字SJ20171003".into(),
        made_on: "2026-01-10".into(),
        expires_on: "2028-01-09".into(),
        units_per_code: 1,
        ..v1::Commission::default()
    })
}

/// 出库 of units.
pub fn ship(items: Vec<String>, to: &Actor) -> Body {
    let addressee = to.party.clone();
    Body::Ship(v1::Ship { items, addressee, reason: "sale".into(), ..v1::Ship::default() })
}
