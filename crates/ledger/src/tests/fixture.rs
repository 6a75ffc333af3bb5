//! A small trade: a root authority, a maker and a clinic, with keys, and statements they sign.

use std::{
    fs,
    future::Future,
    path::Path,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use merkle::{Hash, SignerKey, SigningKey};
use prost::Message;
use proto::v1::{self, statement::Body};
use statement::{
    ALG_ED25519, POSSESSION_TYPE, Refusal, STATEMENT_TYPE, genesis_scope, key_id, possession_payload, sign,
};
use tempfile::TempDir;

use crate::{Clock, Config, Error, Keys, Ledger, Prepared, Receipt, Submission};

pub const ROOT: &str = "org:Root";
pub const MAKER: &str = "org:Maker";
pub const CLINIC: &str = "org:Clinic";
pub const START: u64 = 1_800_000_000_000_000;
const ORIGIN: &str = "ledger.example/test";

/// Clocks set by hand.
#[derive(Default)]
pub struct TestClock {
    pub wall: AtomicU64,
    pub monotonic: AtomicU64,
}

impl TestClock {
    pub fn advance(&self, us: u64) {
        self.wall.fetch_add(us, SeqCst);
        self.monotonic.fetch_add(us, SeqCst);
    }
}

impl Clock for TestClock {
    fn wall_us(&self) -> u64 {
        self.wall.load(SeqCst)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.monotonic.load(SeqCst))
    }
}

/// The parties' secrets, and numbers that are used once.
pub struct Trade {
    pub ledger: Hash,
    pub clock: Arc<TestClock>,
    next: u64,
}

pub fn party_key(party: &str) -> SigningKey {
    SigningKey::from_seed(&merkle::sha256(&[party.as_bytes()]))
}

pub fn party_key_id(party: &str) -> Hash {
    key_id(ALG_ED25519, party_key(party).public().as_bytes())
}

pub fn log_key() -> SignerKey {
    SignerKey::new(ORIGIN, SigningKey::from_seed(&[1; 32])).unwrap()
}

pub fn answer_key() -> SignerKey {
    SignerKey::new("answers.example", SigningKey::from_seed(&[2; 32])).unwrap()
}

pub fn keys() -> Keys {
    Keys { log: log_key(), answer: answer_key() }
}

pub fn genesis() -> Vec<u8> {
    let random = vec![3; 32];
    let scope = genesis_scope(ORIGIN, &random);
    let root = party_key(ROOT);
    let answer = answer_key();
    v1::Genesis {
        origin: ORIGIN.into(),
        random,
        log_key: log_key().verifier().to_string(),
        answer_key: answer.verifier().to_string(),
        roots: vec![v1::RootAuthority {
            party: ROOT.into(),
            name: "Root".into(),
            algorithm: v1::Algorithm::Ed25519.into(),
            public_key: root.public().as_bytes().to_vec(),
            possession: sign(&root, POSSESSION_TYPE, &possession_payload(&scope, &party_key_id(ROOT), ROOT))
                .into(),
        }],
        threshold: 1,
        ..Default::default()
    }
    .encode_to_vec()
}

pub fn config() -> Config {
    let store = store::Config { block_cache: 1 << 20, ..store::Config::default() };
    Config { store, checkpoint_interval: Duration::from_millis(1), cached_rows: 1 << 16, ..Config::default() }
}

/// A new ledger, empty but for its genesis.
pub fn create() -> (TempDir, Trade) {
    let temp = tempfile::tempdir().unwrap();
    let ledger = Ledger::create(temp.path(), &genesis(), START).unwrap();
    let clock = Arc::new(TestClock { wall: START.into(), ..TestClock::default() });
    (temp, Trade { ledger, clock, next: 0 })
}

/// A new ledger, open, with the parties registered.
pub fn started() -> (TempDir, Trade, Ledger) {
    let (temp, mut trade) = create();
    let ledger = trade.open(temp.path()).unwrap();
    assert!(submit(&ledger, trade.setup()).iter().all(Result::is_ok));
    (temp, trade, ledger)
}

impl Trade {
    pub fn open(&self, dir: &Path) -> Result<Ledger, Error> {
        self.open_with(dir, config())
    }

    pub fn open_with(&self, dir: &Path, config: Config) -> Result<Ledger, Error> {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Ledger::open(dir, keys(), config, clock)
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub fn header(&mut self, party: &str) -> v1::Header {
        let now = self.clock.wall_us();
        let mut id = [0; 16];
        id[..6].copy_from_slice(&(now / 1_000).to_be_bytes()[2..]);
        id[8..].copy_from_slice(&self.number().to_be_bytes());
        (id[6], id[8]) = (0x70, 0x80);
        v1::Header {
            ledger: self.ledger.into(),
            id: id.into(),
            salt: vec![5; 16],
            party: party.into(),
            occurred_at: now as i64,
            ..Default::default()
        }
    }

    pub fn signed(&mut self, party: &str, body: Body) -> Submission {
        let header = Some(self.header(party));
        submission(party, &v1::Statement { header, body: Some(body) })
    }

    /// Registers maker and clinic and enrols a key of each.
    pub fn setup(&mut self) -> Vec<Submission> {
        let mut all = Vec::new();
        for (party, role) in [(MAKER, v1::Role::Manufacturer), (CLINIC, v1::Role::Clinic)] {
            let facts = v1::Party {
                party: party.into(),
                name: party.into(),
                country: "CN".into(),
                roles: vec![v1::RoleGrant { role: role.into(), ..Default::default() }],
                ..Default::default()
            };
            all.push(self.signed(ROOT, Body::Party(facts)));
            let key = party_key(party);
            let possession = possession_payload(&self.ledger, &party_key_id(party), party);
            let enrolment = v1::EnrolKey {
                party: party.into(),
                algorithm: v1::Algorithm::Ed25519.into(),
                public_key: key.public().as_bytes().to_vec(),
                possession: sign(&key, POSSESSION_TYPE, &possession).into(),
                uses: vec![v1::KeyUse::Sign.into()],
                label: "test".into(),
                ..Default::default()
            };
            all.push(self.signed(ROOT, Body::EnrolKey(enrolment)));
        }
        all
    }

    pub fn commission(&mut self, items: std::ops::Range<u32>) -> Submission {
        let body = v1::Commission {
            items: items.map(item).collect(),
            lot: "lot:gtin:09521234567899.L1".into(),
            registration: "国械注进20153131313".into(),
            made_on: "2026-01-01".into(),
            expires_on: "2028-01-01".into(),
            units_per_code: 1,
            ..Default::default()
        };
        self.signed(MAKER, Body::Commission(body))
    }

    pub fn ship(&mut self, items: &[u32]) -> Submission {
        let body = v1::Ship {
            items: items.iter().map(|n| item(*n)).collect(),
            addressee: CLINIC.into(),
            reason: "sale".into(),
            ..Default::default()
        };
        let number = self.number();
        let header = v1::Header { business_key: format!("B{number}"), ..self.header(MAKER) };
        submission(MAKER, &v1::Statement { header: Some(header), body: Some(Body::Ship(body)) })
    }

    pub fn receive(&mut self, ship: &Submission) -> Submission {
        let ship = v1::Statement::decode(ship.payload.clone()).unwrap().header.unwrap();
        let shipment = v1::StatementRef { party: ship.party, id: ship.id, digest: Vec::new() };
        self.signed(CLINIC, Body::Receive(v1::Receive { shipment: Some(shipment), ..Default::default() }))
    }

    /// A few statements of all sorts, each resting on those before.
    pub fn story(&mut self, first: u32) -> Vec<Submission> {
        let commission = self.commission(first..first + 4);
        let ship = self.ship(&[first, first + 1]);
        let receive = self.receive(&ship);
        let void = {
            let target = v1::Statement::decode(commission.payload.clone()).unwrap().header.unwrap();
            let target = v1::StatementRef { party: target.party, id: target.id, digest: Vec::new() };
            self.signed(MAKER, Body::Void(v1::Void { target: Some(target), reason: "test".into() }))
        };
        vec![commission, ship, receive, void]
    }
}

pub fn item(n: u32) -> String {
    format!("sgtin:09521234567899.S{n}")
}

pub fn submission(party: &str, statement: &v1::Statement) -> Submission {
    let payload = statement.encode_to_vec();
    let signature = sign(&party_key(party), STATEMENT_TYPE, &payload);
    Submission { payload: payload.into(), key_id: party_key_id(party), signature }
}

pub fn prepare(ledger: &Ledger, submissions: Vec<Submission>) -> Vec<Prepared> {
    submissions.into_iter().map(|s| ledger.prepare(s).unwrap()).collect()
}

pub fn submit(ledger: &Ledger, submissions: Vec<Submission>) -> Vec<Result<Receipt, Refusal>> {
    block_on(ledger.submit(prepare(ledger, submissions)))
}

/// The files as a crash would leave them now.
pub fn crash_image(dir: &Path) -> TempDir {
    let temp = tempfile::tempdir().unwrap();
    copy(dir, temp.path());
    temp
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            // The sealer may have taken a file away meanwhile that nothing asks for any more.
            false => match fs::copy(entry.path(), to) {
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                copied => drop(copied.unwrap()),
            },
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
