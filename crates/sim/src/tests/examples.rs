//! The files of `examples/`: read as the client reads them, admitted as the ledger admits them.

use std::{collections::BTreeMap, fs, path::PathBuf};

use client::{Signer, root_authority, statement_from_json};
use custody::item::{Status, item_state};
use merkle::SigningKey;
use prost::Message as _;
use proto::v1::{EnrolKey, Genesis, Header, KeyUse, Statement, statement::Body};

use super::memory::{Memory, verifier};

/// 2026-10-01 in UTC+8, when somebody tries the story, in µs.
const NOW: i64 = 1_790_784_000_000_000;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/imported-toxin-lot")
}

/// The files of the story in their order.
fn story() -> Vec<(String, Statement)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "json"));
    files.sort();
    let read = |file: &PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(file).unwrap();
        let statement = statement_from_json(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        (name, statement)
    };
    files.iter().map(read).collect()
}

/// Plays the story with a key for every party that signs, enrolled as the README says.
struct Play {
    memory: Memory,
    keys: BTreeMap<String, SigningKey>,
    root: String,
    count: u8,
}

impl Play {
    fn begin(root: &str) -> Self {
        let (origin, random, key) = ("example.com/yuanliu", [9; 32], SigningKey::from_seed(&[100; 32]));
        let genesis = Genesis {
            origin: origin.into(),
            random: random.to_vec(),
            log_key: verifier(origin, 1),
            answer_key: verifier(origin, 2),
            roots: vec![root_authority(root, "root", &key, origin, &random)],
            threshold: 1,
            ..Genesis::default()
        };
        let memory = Memory::begin(&genesis.encode_to_vec(), NOW);
        Self { memory, keys: BTreeMap::from([(root.to_owned(), key)]), root: root.to_owned(), count: 0 }
    }

    fn submit(&mut self, name: &str, by: &str, statement: Statement) {
        self.count += 1;
        let header = statement.header.unwrap_or_default();
        let mut id = [0; 16];
        id[..6].copy_from_slice(&(NOW.unsigned_abs() / 1_000).to_be_bytes()[2..]);
        (id[6], id[8], id[15]) = (0x70, 0x80, self.count);
        let occurred_at = if header.occurred_at == 0 { NOW } else { header.occurred_at };
        let header = Header { id: id.to_vec(), salt: vec![self.count; 16], occurred_at, ..header };
        let signer = Signer::new(by, self.keys[by].clone(), self.memory.ledger());
        let signed = signer.sign(Statement { header: Some(header), ..statement });
        let signed = signed.unwrap_or_else(|e| panic!("{name}: {e}"));
        let missing = self.memory.submit(&signed).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert_eq!(missing, 0, "{name} waits for signatures");
    }

    /// The regulator enrols everybody's key, and the root authority the regulator's.
    fn enrol(&mut self, party: &str, regulator: &str) {
        let registrar = if party == regulator { self.root.clone() } else { regulator.to_owned() };
        let key = SigningKey::from_seed(&[50 + self.keys.len() as u8; 32]);
        let signer = Signer::new(registrar.as_str(), key.clone(), self.memory.ledger());
        let body: EnrolKey = signer.enrol(party, &key, &[KeyUse::Sign, KeyUse::Read]);
        let statement = Statement { header: None, body: Some(Body::EnrolKey(body)) };
        self.submit("enrolment", &registrar, statement);
        self.keys.insert(party.to_owned(), key);
    }
}

#[test]
fn the_story_of_the_imported_lot_is_recorded_step_by_step() {
    let story = story();
    assert!(story.len() > 30);
    let signer = |s: &Statement| s.header.as_ref().unwrap().party.clone();
    let (root, regulator) = (signer(&story[0].1), signer(&story[1].1));
    let mut play = Play::begin(&root);
    let mut used = String::new();
    for (name, statement) in story {
        let by = signer(&statement);
        if !play.keys.contains_key(&by) {
            play.enrol(&by, &regulator);
        }
        if let Some(Body::Use(b)) = &statement.body {
            used.clone_from(&b.lines[0].item);
        }
        play.submit(&name, &by, statement);
    }
    let (_, state) = item_state(&play.memory.view, &used).unwrap().unwrap();
    assert_eq!(state.status, Status::Opened, "two of three vials are left");
    assert_eq!(state.conflicts, Vec::<u64>::new());
}

#[test]
fn every_scan_names_what_stands_under_it() {
    let text = fs::read_to_string(folder().join("scans.txt")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    assert!(lines.len() >= 16 && lines.len().is_multiple_of(2));
    for pair in lines.chunks(2) {
        let scan = gs1::ScanData::parse(&pair[0].replace("<GS>", "\u{1d}"), 2026).unwrap();
        let item = scan.item().map(String::from).unwrap_or_default();
        assert_eq!(format!("= {item}"), pair[1], "{}", pair[0]);
    }
}
