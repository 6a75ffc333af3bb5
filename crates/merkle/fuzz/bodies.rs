//! What each fuzz target does with its bytes. libFuzzer runs these (`fuzz_targets/`), and so does a test
//! of the crate on stable Rust, over mutated seeds (`tests/fuzz.rs`).

use merkle::{
    AddCheckpoint, Checkpoint, Cosigner, Hash, Note, SignerKey, SigningKey, TileId, VerifierKey, WitnessKey,
    parse_conflict, parse_signatures, root_from_inclusion, verify_consistency,
};

/// A target: its name, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 6] = [
    ("note", note),
    ("checkpoint", checkpoint),
    ("note_key", note_key),
    ("tile", tile),
    ("witness", witness),
    ("proof", proof),
];

/// Name of the log whose notes are seeds.
pub const ORIGIN: &str = "log.example/fuzz";

/// Its key.
pub fn signer() -> SignerKey {
    SignerKey::new(ORIGIN, SigningKey::from_seed(&[7; 32])).expect("a name that may be")
}

/// A note that is read is written as it was read, and nobody signed it but who did.
pub fn note(data: &[u8]) {
    let Ok(note) = Note::parse(data) else {
        return;
    };
    assert_eq!(note.to_string().as_bytes(), data);
    assert!(note.text().ends_with('\n') && !note.signatures().is_empty());
    let signer = signer();
    if note.verify(signer.verifier()).is_ok() {
        let again = Note::sign(note.text(), &signer).expect("a text that was signed");
        let ours = |line: &&merkle::NoteSignature| line.names(signer.verifier());
        for line in note.signatures().iter().filter(ours) {
            assert_eq!(line.signature(), again.signatures()[0].signature());
        }
    }
    if let Ok(more) = note.clone().countersign(&signer) {
        assert_eq!(more.verify(signer.verifier()), Ok(()));
        assert_eq!(Note::parse(more.to_string().as_bytes()), Ok(more));
    }
    if let Ok(checkpoint) = Checkpoint::open(&note, signer.verifier()) {
        assert_eq!(checkpoint.to_string(), note.text());
    }
}

/// A checkpoint that is read is written as it was read.
pub fn checkpoint(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(read) = Checkpoint::parse(&text) {
        assert_eq!(read.to_string(), text);
        assert_eq!(Checkpoint::new(read.origin(), read.size(), *read.root()), Ok(read));
    }
}

/// A key that is read is written as it was read.
pub fn note_key(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
        assert_eq!(VerifierKey::new(key.name(), *key.public()), Ok(key));
    }
    if let Ok(key) = text.parse::<SignerKey>() {
        assert_eq!(key.expose_text(), text);
    }
    if let Ok(key) = text.parse::<WitnessKey>() {
        assert_eq!(key.to_string(), text);
        assert!(text.parse::<VerifierKey>().is_err());
    }
    if let Ok(key) = text.parse::<Cosigner>() {
        assert_eq!(key.expose_text(), text);
    }
}

/// A path that is read is written as it was read.
pub fn tile(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(tile) = text.parse::<TileId>() {
        assert_eq!(tile.to_string(), text);
        assert_eq!(TileId::new(tile.kind(), tile.index(), tile.width()), Some(tile));
    }
}

/// A request is written so that it reads the same, and answers do not panic.
pub fn witness(data: &[u8]) {
    if let Ok(request) = AddCheckpoint::parse(data) {
        assert_eq!(request.to_string().as_bytes(), data);
    }
    let text = String::from_utf8_lossy(data);
    if let Ok(lines) = parse_signatures(&text) {
        assert_eq!(lines.iter().map(|line| format!("{line}\n")).collect::<String>(), text);
    }
    if let Some(size) = parse_conflict(&text) {
        assert_eq!(format!("{size}\n"), text);
    }
}

/// Whatever is claimed, a check ends and does not panic, and bytes nobody hashed prove nothing.
pub fn proof(data: &[u8]) {
    let (numbers, hashes) = data.split_at(data.len().min(16));
    let number =
        |i: usize| numbers.get(i..i + 8).map_or(0, |b| b.iter().fold(0u64, |n, b| n << 8 | u64::from(*b)));
    let (small, large) = (number(0), number(8));
    let (hashes, _): (&[Hash], _) = hashes.as_chunks();
    if let [first, second, proof @ ..] = hashes {
        let _ = root_from_inclusion(first, small, large, proof);
        if small > 0 && small < large {
            assert!(verify_consistency(small, first, large, second, proof).is_err());
        }
    }
}
