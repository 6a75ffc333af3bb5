//! A log in memory, recorded by `custody`, sealed by `runs`, as a source of bundles.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

use custody::{
    Admission, Input, Limits, MemoryView, Outcome, Put, RecordedEntry, Signed, View as _, admit, apply,
    apply_genesis,
};
use evidence::bundle::{
    Bundle, Extent, Extraction, Query, QueryKind, Request, Source, SourceEntry, StampedNote, Trust, Witness,
    collect,
};
use merkle::{
    Checkpoint, Cosigner, Hash, Leaves, SignerKey, SigningKey, consistency_proof, inclusion_proof, leaf_hash,
    root_of, sha256,
};
use prost::{Message as _, bytes::Bytes};
use proto::v1::{self, statement::Body};
use runs::{Record, RunFile, RunWriter};
use statement::{
    ALG_ED25519, AccessDigest, Envelope, Genesis, Leaf, LeafType, Link, POSSESSION_TYPE, STATEMENT_TYPE,
    Seal, Statement, SubjectKey, SubjectState, chain_hash, content_hash, genesis_scope, key_id, links_hash,
    own_subjects, possession_payload, sign,
};

/// 2026-03-02T04:00:00Z, µs.
pub const NOON: u64 = 1_772_424_000_000_000;
const SECOND: u64 = 1_000_000;
pub const ORIGIN: &str = "log.example/evidence";

/// The key that stands for a name.
pub fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(&sha256(&[b"seed of ", name.as_bytes()]))
}

/// Key id of the key that stands for a name.
pub fn id_of(name: &str) -> Hash {
    key_id(ALG_ED25519, key(name).public().as_bytes())
}

/// Party id of a short name.
pub fn org(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("org:{name}") }
}

pub fn log_key() -> SignerKey {
    SignerKey::new(ORIGIN, key("log")).unwrap()
}

pub fn cosigner(name: &str) -> Cosigner {
    Cosigner::new(&format!("{name}.example/w"), key(name)).unwrap()
}

/// What somebody says.
#[derive(Clone, Debug)]
pub struct Say {
    pub by: String,
    /// Name of the key that signs.
    pub key: String,
    pub bill: String,
    pub body: Body,
}

impl Say {
    pub fn new(by: &str, body: Body) -> Self {
        Self { by: by.into(), key: by.into(), bill: String::new(), body }
    }
}

/// The log.
pub struct Log {
    pub view: MemoryView,
    pub links: Vec<Vec<Link>>,
    pub leaves: Vec<Hash>,
    chain: Hash,
    heads: BTreeMap<SubjectKey, SubjectState>,
    limits: Limits,
    now: u64,
    runs: Vec<RunFile>,
    folder: tempfile::TempDir,
    /// Index of the newest seal.
    pub seal: u64,
    /// Entries whose contents the exporter may not show.
    pub withheld: BTreeSet<u64>,
    /// Tokens by size of the checkpoint that they are over.
    pub stamps: BTreeMap<u64, Vec<Vec<u8>>>,
}

fn root(name: &str, random: &[u8; 32]) -> v1::RootAuthority {
    let public = *key(name).public().as_bytes();
    let scope = genesis_scope(ORIGIN, random);
    let payload = possession_payload(&scope, &key_id(ALG_ED25519, &public), &org(name));
    v1::RootAuthority {
        party: org(name),
        name: name.into(),
        algorithm: v1::Algorithm::Ed25519 as i32,
        public_key: public.to_vec(),
        possession: sign(&key(name), POSSESSION_TYPE, &payload).to_vec(),
    }
}

fn genesis(random: u8) -> Genesis {
    let random = [random; 32];
    let message = v1::Genesis {
        origin: ORIGIN.into(),
        random: random.to_vec(),
        log_key: log_key().verifier().to_string(),
        answer_key: SignerKey::new("log.example/answers", key("answers")).unwrap().verifier().to_string(),
        witness_keys: vec![
            cosigner("witness").witness().to_string(),
            cosigner("auditor").witness().to_string(),
        ],
        roots: vec![root("root1", &random), root("root2", &random)],
        threshold: 2,
        settings: None,
        predecessor: None,
    };
    Genesis::parse(&message.encode_to_vec()).unwrap()
}

impl Log {
    /// With the genesis only; ledgers of another `random` are other ledgers.
    pub fn new(random: u8) -> Self {
        let genesis = genesis(random);
        let outcome = apply_genesis(&genesis, NOON).unwrap();
        let limits = Limits {
            ledger: leaf_hash(&outcome.leaf.encode()),
            max_id_age: genesis.max_id_age(),
            max_ahead: genesis.max_ahead(),
        };
        let mut log = Self {
            view: MemoryView::default(),
            links: Vec::new(),
            leaves: Vec::new(),
            chain: [0; 32],
            heads: BTreeMap::new(),
            limits,
            now: NOON,
            runs: Vec::new(),
            folder: tempfile::tempdir().unwrap(),
            seal: 0,
            withheld: BTreeSet::new(),
            stamps: BTreeMap::new(),
        };
        let payload = Bytes::copy_from_slice(genesis.payload());
        log.keep(&outcome.leaf, outcome.links, outcome.puts, Bytes::new(), payload);
        log
    }

    pub fn ledger(&self) -> Hash {
        self.limits.ledger
    }

    pub fn size(&self) -> u64 {
        self.view.size()
    }

    fn keep(&mut self, leaf: &Leaf, links: Vec<Link>, puts: Vec<Put>, envelope: Bytes, payload: Bytes) {
        let index = self.size();
        let leaf = leaf.encode();
        let hash = leaf_hash(&leaf);
        for link in &links {
            let count = self.heads.get(&link.subject).map_or(0, |s| s.count) + 1;
            let state = SubjectState { head: link.head(index, &hash), count, last: index };
            self.heads.insert(link.subject, state);
        }
        self.chain = chain_hash(&self.chain, &leaf);
        self.leaves.push(hash);
        self.links.push(links);
        self.view.record(RecordedEntry { leaf, chain: self.chain, envelope, payload }, puts);
        self.now += SECOND;
    }

    /// Sets the clock back by so many seconds.
    pub fn set_clock_back(&mut self, seconds: u64) {
        self.now -= seconds * SECOND;
    }

    pub fn signed(&self, say: &Say) -> Signed {
        let signed = self.unchecked(say);
        Statement::parse(signed.statement.payload().clone()).unwrap_or_else(|e| panic!("{say:?}: {e}"));
        signed
    }

    /// The same without validation.
    pub fn unchecked(&self, say: &Say) -> Signed {
        let number = self.size() as u32;
        let mut id = [0; 16];
        id[..6].copy_from_slice(&(self.now / 1_000).to_be_bytes()[2..]);
        id[6] = 0x70;
        id[8] = 0x80;
        id[12..].copy_from_slice(&number.to_be_bytes());
        let header = v1::Header {
            ledger: self.limits.ledger.to_vec(),
            id: id.to_vec(),
            salt: sha256(&[&id])[..16].to_vec(),
            party: org(&say.by),
            occurred_at: (self.now - SECOND / 2) as i64,
            offset_minutes: 480,
            business_key: say.bill.clone(),
            ..v1::Header::default()
        };
        let payload = v1::Statement { header: Some(header), body: Some(say.body.clone()) }.encode_to_vec();
        let statement = Statement::recorded(payload.into()).unwrap();
        let signature = sign(&key(&say.key), STATEMENT_TYPE, statement.payload());
        let key_id = id_of(&say.key);
        let envelope = Envelope { key_id, digest: *statement.digest(), signature }.encode();
        let own = own_subjects(&statement);
        Signed { statement, key_id, envelope: Bytes::copy_from_slice(&envelope), own }
    }

    fn outcome(&self, signed: &Signed) -> Outcome {
        let input = Input {
            index: self.size(),
            recorded_at: self.now,
            envelope: &signed.envelope,
            statement: &signed.statement,
            own: &signed.own,
        };
        apply(&self.view, &input).unwrap()
    }

    /// Records a statement that the ledger's rules admit; its index.
    pub fn say(&mut self, say: &Say) -> u64 {
        let signed = self.signed(say);
        let admitted = admit(&self.view, &signed, false, self.now as i64, &self.limits);
        assert_eq!(admitted, Ok(Admission::New), "{say:?}");
        self.force(&signed)
    }

    fn keep_signed(&mut self, outcome: Outcome, signed: &Signed) -> u64 {
        let Outcome { leaf, links, puts, .. } = outcome;
        self.keep(&leaf, links, puts, signed.envelope.clone(), signed.statement.payload().clone());
        self.size() - 1
    }

    /// Records it without asking, as a dishonest sequencer does.
    pub fn force(&mut self, signed: &Signed) -> u64 {
        let outcome = self.outcome(signed);
        self.keep_signed(outcome, signed)
    }

    /// Records it without a link that it must have.
    pub fn force_without(&mut self, signed: &Signed, subject: SubjectKey) -> u64 {
        let mut outcome = self.outcome(signed);
        outcome.links.retain(|l| l.subject != subject);
        outcome.leaf.links = links_hash(&outcome.links);
        self.keep_signed(outcome, signed)
    }

    /// Writes the run since the last one, and a seal over all runs. `leave_out` drops a subject from the run.
    pub fn seal_up(&mut self, leave_out: Option<SubjectKey>) -> u64 {
        let start = self.runs.last().map_or(0, |r| r.run().end);
        let covered = self.size();
        let path = self.folder.path().join(format!("{start}-{covered}"));
        let mut writer = RunWriter::create(&path, (start, covered), runs::Durability::Later).unwrap();
        for (subject, state) in self.heads.iter().filter(|(s, _)| leave_out != Some(**s)) {
            if state.last >= start {
                writer.push(&Record { subject: *subject, state: *state }).unwrap();
            }
        }
        writer.finish().unwrap();
        self.runs.push(RunFile::open(&path).unwrap());
        let seal = Seal {
            covered,
            root: root_of(&self.leaves),
            chain: self.chain,
            previous: self.seal,
            runs: self.runs.iter().map(|r| *r.run()).collect(),
        };
        self.seal = self.push_seal(&seal);
        self.seal
    }

    pub fn push_seal(&mut self, seal: &Seal) -> u64 {
        let payload = Bytes::from(seal.encode().unwrap());
        let leaf = Leaf {
            leaf_type: LeafType::Seal,
            recorded_at: self.now,
            content: content_hash(&payload),
            links: links_hash(&[]),
        };
        self.keep(&leaf, Vec::new(), Vec::new(), Bytes::new(), payload);
        self.size() - 1
    }

    /// Sets the clock.
    pub fn set_clock(&mut self, now: u64) {
        self.now = now;
    }

    pub fn push_digest(&mut self, digest: &AccessDigest) -> u64 {
        let payload = Bytes::from(digest.encode().to_vec());
        let leaf = Leaf {
            leaf_type: LeafType::AccessDigest,
            recorded_at: self.now,
            content: content_hash(&payload),
            links: links_hash(&[]),
        };
        self.keep(&leaf, Vec::new(), Vec::new(), Bytes::new(), payload);
        self.size() - 1
    }

    /// The checkpoint of a size, cosigned by the witnesses named.
    pub fn note(&self, size: u64, witnesses: &[&str]) -> String {
        let checkpoint = Checkpoint::new(ORIGIN, size, root_of(&self.leaves[..size as usize])).unwrap();
        let mut note = checkpoint.sign(&log_key()).unwrap();
        for name in witnesses {
            let line = cosigner(name).cosign(&checkpoint, self.now / SECOND).unwrap();
            note = note.with(line).unwrap();
        }
        note.to_string()
    }

    /// A reference to a recorded statement, with its digest.
    pub fn reference(&self, index: u64) -> v1::StatementRef {
        let entry = self.view.entry(index).unwrap().unwrap();
        let statement = Statement::recorded(entry.payload).unwrap();
        let header = statement.header();
        v1::StatementRef {
            party: header.party.clone(),
            id: header.id.clone(),
            digest: statement.digest().to_vec(),
        }
    }

    pub fn trust(&self) -> Trust {
        let witness = |name: &str, auditing| Witness { key: cosigner(name).witness().clone(), auditing };
        Trust {
            ledger: self.ledger(),
            log_key: log_key().verifier().clone(),
            witnesses: vec![witness("witness", false), witness("auditor", true)],
            quorum: 2,
            authorities: None,
            max_age: Some(3_600 * SECOND),
            now: self.now + 60 * SECOND,
        }
    }

    pub fn request(&self, kind: QueryKind, text: &str) -> Request {
        Request {
            query: Query { kind, text: text.into(), as_of: 0 },
            extraction: Extraction {
                party: org("drug"),
                key: id_of("drug"),
                at: self.now,
                purpose: "inspection 检查".into(),
                case: String::new(),
            },
            extent: Extent::Whole,
        }
    }

    /// The bundle that answers a question.
    pub fn collect(&self, kind: QueryKind, text: &str) -> Bundle {
        collect(self, &self.request(kind, text)).unwrap()
    }

    /// The same as a file, signed by the drug authority.
    pub fn export(&self, kind: QueryKind, text: &str) -> Vec<u8> {
        signed(&self.collect(kind, text))
    }
}

/// The file, signed by the drug authority.
pub fn signed(bundle: &Bundle) -> Vec<u8> {
    evidence::bundle::sign(bundle, &key("drug")).unwrap()
}

impl Source for Log {
    type Error = Infallible;

    fn checkpoint(&self) -> Result<String, Infallible> {
        Ok(self.note(self.size(), &["witness", "auditor"]))
    }

    fn stamped(&self, size: u64) -> Result<Option<StampedNote>, Infallible> {
        let at = |size: u64| StampedNote { note: self.note(size, &[]), tokens: self.stamps[&size].clone() };
        let covering = self.stamps.range(size..).next().or_else(|| self.stamps.range(..size).next_back());
        Ok(covering.map(|(size, _)| at(*size)))
    }

    fn seal(&self) -> Result<u64, Infallible> {
        Ok(self.seal)
    }

    fn entry(&self, index: u64) -> Result<SourceEntry, Infallible> {
        let RecordedEntry { leaf, envelope, payload, .. } = self.view.entry(index).unwrap().unwrap();
        let payload = (!self.withheld.contains(&index)).then_some(payload);
        Ok(SourceEntry { leaf, envelope, payload })
    }

    fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, Infallible> {
        Ok(inclusion_proof(&Leaves(&self.leaves), index, size).unwrap())
    }

    fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, Infallible> {
        // A false seal covers what is not there.
        Ok(consistency_proof(&Leaves(&self.leaves), old, new).unwrap_or_default())
    }

    fn links(&self, index: u64) -> Result<Vec<Link>, Infallible> {
        Ok(self.links[index as usize].clone())
    }

    fn subject_entries(
        &self,
        subject: &SubjectKey,
        below: u64,
        limit: usize,
    ) -> Result<Vec<u64>, Infallible> {
        let linked = |index: &u64| self.links[*index as usize].iter().any(|l| l.subject == *subject);
        Ok((0..below).filter(linked).take(limit).collect())
    }

    fn subject_proof(&self, subject: &SubjectKey) -> Result<evidence::SubjectProof, Infallible> {
        let payload = self.view.entry(self.seal).unwrap().unwrap().payload;
        let runs = Seal::decode(&payload).unwrap().runs.len();
        let mut proof = Vec::new();
        for run in self.runs[..runs].iter().rev() {
            proof.push(run.prove(subject).unwrap());
            if matches!(proof.last(), Some(evidence::RunProof::Present { .. })) {
                break;
            }
        }
        Ok(proof)
    }
}
