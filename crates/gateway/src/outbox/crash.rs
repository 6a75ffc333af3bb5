//! A disk that crashes, and the law that the whole gateway keeps on it: whatever happens in whatever order,
//! every accepted bill lands exactly once, those of one number in order, and nothing that has a receipt is
//! sent again. What people put aside stays, and lands once they take it up.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use client::{ClientError, Failure};
use merkle::SigningKey;
use proptest::prelude::*;
use prost::Message as _;
use proto::v1::{self, Receipt, SignedStatement};
use redb::{Builder, StorageBackend};
use tokio::sync::watch;
use tonic::Code;

use crate::{
    Gateway, Key, Limits, Mapping, Outbox, Record, Settings, State, Which, gateway::GatewayError, lane::Wire,
};

/// What of it is on the medium, and what the system only holds in memory.
#[derive(Debug, Default)]
struct Medium {
    durable: Vec<u8>,
    current: Vec<u8>,
    /// Writes since the last sync.
    unsynced: Vec<(usize, Vec<u8>)>,
    /// Handles of an earlier life do nothing more.
    life: u32,
    /// Writes until the power fails.
    fuse: Option<u32>,
}

/// A disk on which a crash keeps what was synced, and any part of the rest.
#[derive(Clone, Debug, Default)]
pub(crate) struct CrashDisk(Arc<Mutex<Medium>>);

#[derive(Debug)]
struct Handle {
    disk: CrashDisk,
    life: u32,
}

impl CrashDisk {
    fn medium(&self) -> MutexGuard<'_, Medium> {
        self.0.lock().unwrap()
    }

    pub(crate) fn outbox(&self, limits: Limits) -> Result<Outbox, crate::OutboxError> {
        let disk = self.clone();
        let open = move || {
            let life = disk.medium().life;
            Builder::new().create_with_backend(Handle { disk: disk.clone(), life })
        };
        Outbox::with(Path::new("crash-disk"), Box::new(open), limits)
    }

    /// The power fails after so many more writes.
    fn arm(&self, writes: u32) {
        self.medium().fuse = Some(writes);
    }

    /// The machine starts again. `kept` says which unsynced writes had reached the medium.
    fn crash(&self, kept: u64) {
        let mut medium = self.medium();
        let mut bytes = medium.durable.clone();
        for (i, (at, data)) in medium.unsynced.iter().enumerate() {
            if kept >> (i % 64) & 1 == 1 {
                bytes.resize(bytes.len().max(at + data.len()), 0);
                bytes[*at..at + data.len()].copy_from_slice(data);
            }
        }
        *medium =
            Medium { durable: bytes.clone(), current: bytes, life: medium.life + 1, ..Medium::default() };
    }
}

impl Handle {
    fn alive(&self) -> io::Result<MutexGuard<'_, Medium>> {
        let medium = self.disk.medium();
        if medium.life != self.life || medium.fuse == Some(0) {
            return Err(io::Error::other("the power is off"));
        }
        Ok(medium)
    }

    /// A step that may be the last one.
    fn burn(&self) -> io::Result<MutexGuard<'_, Medium>> {
        let mut medium = self.alive()?;
        if let Some(left) = &mut medium.fuse {
            *left -= 1;
        }
        Ok(medium)
    }
}

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        Ok(self.alive()?.current.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let medium = self.alive()?;
        let at = offset as usize;
        let bytes = medium.current.get(at..at + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut medium = self.burn()?;
        medium.current.resize(len as usize, 0);
        // Sizes are kept by the file system's journal.
        medium.durable.resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut medium = self.burn()?;
        medium.durable = medium.current.clone();
        medium.unsynced.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut medium = self.burn()?;
        let at = offset as usize;
        medium.current[at..at + data.len()].copy_from_slice(data);
        medium.unsynced.push((at, data.to_vec()));
        Ok(())
    }
}

/// How the next sending goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Recorded and answered.
    Good,
    /// Recorded, and the answer does not arrive.
    AnswerLost,
    /// Nothing arrives.
    Lost,
    /// Refused, unless it is recorded already.
    Refused,
    /// The same, for a role that is missing.
    Missing,
}

/// A ledger that knows bytes again and nothing else: two statements for one bill would be two entries.
#[derive(Debug, Default)]
struct World {
    entries: BTreeMap<Vec<u8>, u64>,
    next: u64,
    fate: Option<Fate>,
    sent: Vec<Vec<u8>>,
    refused: BTreeSet<Vec<u8>>,
}

#[derive(Clone, Debug, Default)]
struct FakeWire(Arc<Mutex<World>>);

fn failure(code: Code, reason: &str) -> Box<Failure> {
    Box::new(Failure {
        code,
        reason: reason.into(),
        message: reason.into(),
        violations: Vec::new(),
        retry_after: None,
    })
}

impl Wire for FakeWire {
    async fn submit(&self, signed: &SignedStatement) -> Result<Receipt, ClientError> {
        let mut world = self.0.lock().unwrap();
        let payload = signed.payload.to_vec();
        world.sent.push(payload.clone());
        let fate = world.fate.unwrap_or(Fate::Good);
        if fate == Fate::Refused && !world.entries.contains_key(&payload) {
            world.refused.insert(payload);
            return Err(ClientError::Fix(failure(Code::InvalidArgument, "INVALID_FIELD")));
        }
        if fate == Fate::Missing && !world.entries.contains_key(&payload) {
            return Err(ClientError::Fix(failure(Code::PermissionDenied, "ROLE_MISSING")));
        }
        if fate != Fate::Lost && !world.entries.contains_key(&payload) {
            let index = world.next;
            world.next += 1;
            world.entries.insert(payload.clone(), index);
        }
        match fate {
            Fate::Lost | Fate::AnswerLost => Err(ClientError::Retry(failure(Code::Unavailable, ""))),
            Fate::Good | Fate::Refused | Fate::Missing => {
                Ok(Receipt { index: world.entries[&payload], ..Receipt::default() })
            }
        }
    }
}

/// What may happen.
#[derive(Clone, Copy, Debug)]
enum Op {
    /// A bill of this number, of this kind and with this content is handed in.
    HandIn(u8, u8, u8),
    /// The lane takes a step, so many seconds after the last one.
    Step(Fate, u32),
    /// Somebody puts a bill of this number aside.
    PutAside(u8, u8),
    /// Somebody takes it up again.
    TakeUp(u8, u8),
    /// Somebody gives it up.
    GiveUp(u8, u8),
    /// The machine crashes now.
    Crash(u64),
    /// The power fails within the next operations, after so many writes; then the machine starts again.
    Fail(u32, u64),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let fate = prop_oneof![
        4 => Just(Fate::Good), 2 => Just(Fate::AnswerLost), 2 => Just(Fate::Lost), 1 => Just(Fate::Refused),
        2 => Just(Fate::Missing)
    ];
    let op = prop_oneof![
        6 => (0..6u8, 0..2u8, 0..2u8).prop_map(|(n, k, c)| Op::HandIn(n, k, c)),
        8 => (fate, prop_oneof![Just(0), Just(1), Just(60)]).prop_map(|(f, wait)| Op::Step(f, wait)),
        1 => (0..6u8, 0..2u8).prop_map(|(n, k)| Op::PutAside(n, k)),
        1 => (0..6u8, 0..2u8).prop_map(|(n, k)| Op::TakeUp(n, k)),
        1 => (0..6u8, 0..2u8).prop_map(|(n, k)| Op::GiveUp(n, k)),
        1 => any::<u64>().prop_map(Op::Crash),
        2 => (0..40u32, any::<u64>()).prop_map(|(w, k)| Op::Fail(w, k)),
    ];
    proptest::collection::vec(op, 1..60)
}

const PARTY: &str = "org:Maker";

/// Number and kind.
type Name = (String, &'static str);

const KINDS: [&str; 2] = ["ship", "receive"];

struct Run {
    disk: CrashDisk,
    wire: FakeWire,
    gateway: Arc<Gateway>,
    /// What the ERP system was told is accepted: number and kind → content.
    told: BTreeMap<Name, String>,
    /// Numbers of which somebody put a bill aside: their order is that person's affair.
    touched: BTreeSet<String>,
    now: Instant,
    armed: Option<u64>,
    /// Payloads that were seen landed.
    landed: BTreeSet<Vec<u8>>,
}

fn gateway(disk: &CrashDisk) -> Result<Arc<Gateway>, crate::OutboxError> {
    let settings = Settings {
        data: "nowhere".into(),
        listen: crate::DEFAULT_LISTEN,
        hosts: Vec::new(),
        allow_remote: false,
        inbox: None,
        ledger: crate::LedgerSettings { server: "https://localhost:1".into(), ca: None, id: None },
        key: crate::KeySettings { file: None, pkcs11: None },
        bills: Mapping::of(PARTY),
        limits: Limits::default(),
    };
    let outbox = disk.outbox(settings.limits)?;
    let key = Key::File(SigningKey::from_seed(&[1; 32]));
    Ok(Arc::new(Gateway::new(settings, outbox, key, [7; 32])?))
}

fn bill((number, kind): &Name, content: u8) -> String {
    let code = if *kind == "ship" { 201 } else { 102 };
    format!(
        r#"{{"number":"{number}","type":{code},"time":"2026-01-12 08:30","partner":"org:Dealer",
            "lines":[{{"code":"(01)09521234543213(21)U{content}"}}]}}"#
    )
}

fn name(number: u8, kind: u8) -> Name {
    (format!("N{number}"), KINDS[usize::from(kind)])
}

fn which((number, kind): &Name) -> Which {
    Which { number: number.clone(), kind: Some((*kind).to_owned()), principal: None }
}

impl Run {
    fn new() -> Self {
        let disk = CrashDisk::default();
        let gateway = gateway(&disk).unwrap();
        Self {
            disk,
            wire: FakeWire::default(),
            gateway,
            told: BTreeMap::new(),
            touched: BTreeSet::new(),
            now: Instant::now(),
            armed: None,
            landed: BTreeSet::new(),
        }
    }

    async fn apply(&mut self, op: Op) {
        match op {
            Op::HandIn(number, kind, content) => self.hand_in(&name(number, kind), content),
            Op::Step(fate, wait) => {
                self.now += Duration::from_secs(wait.into());
                self.step(fate).await;
            }
            Op::PutAside(number, kind) => {
                let name = name(number, kind);
                // Refused where there is none, or the power fails.
                let _ = self.gateway.put_aside(&which(&name), "test");
                self.touched.insert(name.0);
            }
            Op::GiveUp(number, kind) => drop(self.gateway.give_up(&which(&name(number, kind)))),
            Op::TakeUp(number, kind) => drop(self.gateway.take_up(&which(&name(number, kind)))),
            Op::Crash(kept) => self.restart(kept),
            Op::Fail(writes, kept) => {
                self.disk.arm(writes);
                self.armed = Some(kept);
            }
        }
        if self.disk.medium().fuse == Some(0) {
            let kept = self.armed.take().unwrap_or(0);
            self.restart(kept);
        }
        self.check();
    }

    fn restart(&mut self, kept: u64) {
        self.disk.crash(kept);
        self.armed = None;
        self.gateway = gateway(&self.disk).expect("what was synced opens again");
    }

    fn hand_in(&mut self, name: &Name, content: u8) {
        let input = self.gateway.reading().json(bill(name, content).as_bytes());
        assert!(input.faults.is_empty(), "{:?}", input.faults);
        match self.gateway.take(input, "test") {
            Ok(report) if report.bills[0].outcome == "new" => {
                self.told.insert(name.clone(), report.bills[0].record.content.clone());
            }
            Ok(report) if report.bills[0].outcome == "same" => {
                let content = &report.bills[0].record.content;
                // One that was stored without an answer is now told.
                assert_eq!(self.told.entry(name.clone()).or_insert_with(|| content.clone()), content);
            }
            Ok(_) | Err(GatewayError::Outbox(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }

    async fn step(&mut self, fate: Fate) {
        self.wire.0.lock().unwrap().fate = Some(fate);
        let (_keep, mut stop) = watch::channel(false);
        let step = self.gateway.step(&self.wire, &mut stop, self.now);
        // A full disk makes the lane wait for it; here the power fails instead.
        let _ = tokio::time::timeout(Duration::from_millis(20), step).await;
        // What the step had begun on a thread of its own goes on without it, and is over when that thread has let go.
        let begin = Instant::now();
        while Arc::strong_count(&self.gateway) > 1 {
            assert!(begin.elapsed() < Duration::from_secs(60), "a worker never ends");
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    }

    /// What is recorded of each bill number, with the bill's own records.
    fn check(&mut self) {
        if self.disk.medium().fuse.is_some() {
            // Reading may need a repair that the failing disk refuses.
            return;
        }
        let world = self.wire.0.lock().unwrap();
        let records = self.gateway.outbox().list(None, 0, 10_000).unwrap().bills;
        let is = |r: &Record, name: &Name| r.key.number == name.0 && r.key.kind == name.1;
        for (name, content) in &self.told {
            let found =
                records.iter().rev().find(|r| is(r, name)).unwrap_or_else(|| panic!("{name:?} is lost"));
            // After a refusal the number may have gone on to other content.
            let refused_once = records.iter().any(|r| is(r, name) && matches!(r.state, State::Refused(_)));
            assert!(found.content == *content || refused_once, "{name:?} became another bill");
        }
        let mut per_name: BTreeMap<(String, String), usize> = BTreeMap::new();
        for payload in world.entries.keys() {
            let statement = v1::Statement::decode(payload.as_slice()).unwrap();
            let kind = if matches!(statement.body, Some(v1::statement::Body::Ship(_))) { 0 } else { 1 };
            let name = (statement.header.unwrap().business_key, KINDS[kind].to_owned());
            *per_name.entry(name).or_default() += 1;
        }
        assert!(per_name.values().all(|count| *count == 1), "twice in the ledger: {per_name:?}");
        for sent in &world.sent {
            assert!(!self.landed.contains(sent), "sent again after its receipt");
        }
        drop(world);
        let mut world = self.wire.0.lock().unwrap();
        world.sent.clear();
        let mut order: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for record in &records {
            let State::Landed(landed) = &record.state else { continue };
            let id = record.id.replace('-', "");
            let payload = world.entries.iter().find(|(p, _)| {
                hex::encode(v1::Statement::decode(p.as_slice()).unwrap().header.unwrap().id) == id
            });
            let (payload, index) = payload.expect("landed and not in the ledger");
            assert_eq!(landed.entry, *index, "the receipt is another's");
            self.landed.insert(payload.clone());
            order.entry(&record.key.number).or_default().push(landed.entry);
        }
        for (number, order) in order {
            assert!(order.is_sorted() || self.touched.contains(number), "{number} out of order: {order:?}");
        }
        let counts = self.gateway.outbox().counts().unwrap();
        let count = |name: &str| records.iter().filter(|r| r.state.name() == name).count() as u64;
        assert_eq!(
            (counts.queued, counts.sending, counts.aside, counts.landed, counts.refused),
            (count("queued"), count("sending"), count("aside"), count("landed"), count("refused")),
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_accepted_bill_lands_once_and_its_number_in_order_whatever_crashes(ops in ops()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut run = Run::new();
            for op in ops {
                run.apply(op).await;
            }
            // The trouble ends: everything that was told is in the ledger, once.
            run.restart(0);
            for record in run.gateway.outbox().list(Some("aside"), 0, 100).unwrap().bills {
                let kind = KINDS.into_iter().find(|kind| *kind == record.key.kind).unwrap();
                run.gateway.take_up(&which(&(record.key.number, kind))).unwrap();
            }
            for _ in 0..1_000 {
                run.now += Duration::from_secs(1_000);
                if run.gateway.outbox().next().unwrap().is_none() {
                    break;
                }
                run.step(Fate::Good).await;
            }
            run.check();
            let found = run.gateway.outbox().list(None, 0, 10_000).unwrap().bills;
            let open = found.iter().find(|r| !matches!(r.state, State::Landed(_) | State::Refused(_)));
            assert_eq!(open, None);
        });
    }
}
