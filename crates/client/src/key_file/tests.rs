use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::*;

const SEED: [u8; 32] = [11; 32];

fn key() -> SigningKey {
    SigningKey::from_seed(&SEED)
}

/// A directory with a key file in it.
fn file(protection: Protection<'_>) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("party.key");
    KeyFile::create(&path, &key(), protection).unwrap();
    (dir, path)
}

fn open(path: &Path, passphrase: Option<&str>) -> Result<[u8; 32], KeyFileError> {
    KeyFile::read(path)?.open(passphrase).map(|k| *k.expose_seed())
}

#[test]
fn a_plain_file_gives_its_key_back() {
    let (_dir, path) = file(Protection::Plain);
    assert!(!KeyFile::read(&path).unwrap().is_encrypted());
    assert_eq!(open(&path, None).unwrap(), SEED);
    assert_eq!(open(&path, Some("not needed")).unwrap(), SEED);
}

#[test]
fn an_encrypted_file_opens_with_its_passphrase_only() {
    let (_dir, path) = file(Protection::Passphrase("源流 pass"));
    assert!(KeyFile::read(&path).unwrap().is_encrypted());
    assert_eq!(open(&path, Some("源流 pass")).unwrap(), SEED);
    assert!(matches!(open(&path, Some("other")), Err(KeyFileError::WrongPassphrase(_))));
    assert!(matches!(open(&path, None), Err(KeyFileError::PassphraseNeeded(_))));
}

#[test]
fn the_seed_does_not_lie_in_an_encrypted_file() {
    let (_dir, path) = file(Protection::Passphrase("p"));
    let (_, der) = SecretDocument::from_pem(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(!der.as_bytes().windows(32).any(|w| w == SEED));
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let (_dir, path) = file(Protection::Plain);
    let other = SigningKey::from_seed(&[12; 32]);
    let error = KeyFile::create(&path, &other, Protection::Plain).unwrap_err();
    assert!(matches!(error, KeyFileError::Exists(_)));
    assert_eq!(open(&path, None).unwrap(), SEED);
}

#[test]
fn the_key_file_of_a_witness_says_whose_it_is_before_the_pem_part() {
    let dir = tempfile::tempdir().unwrap();
    for (i, protection) in [Protection::Plain, Protection::Passphrase("p")].into_iter().enumerate() {
        let path = dir.path().join(format!("{i}.pem"));
        KeyFile::create_witness(&path, &key(), "见证.example/1", protection).unwrap();
        let file = KeyFile::read(&path).unwrap();
        assert_eq!(file.witness(), Some("见证.example/1"));
        assert_eq!(*file.open(Some("p")).unwrap().expose_seed(), SEED);
        assert!(fs::read_to_string(&path).unwrap().contains("\n-----BEGIN"));
    }
    let (_dir, path) = file(Protection::Plain);
    assert_eq!(KeyFile::read(&path).unwrap().witness(), None);
    let path = dir.path().join("x.pem");
    let two_lines = KeyFile::create_witness(&path, &key(), "a\nWitness: b", Protection::Plain);
    assert!(matches!(two_lines, Err(KeyFileError::NotAKey { .. })) && !path.exists());
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_dir, path) = file(Protection::Plain);
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_empty_passphrase_is_not_taken_for_a_wish_for_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("k");
    let error = KeyFile::create(&path, &key(), Protection::Passphrase("")).unwrap_err();
    assert!(matches!(error, KeyFileError::EmptyPassphrase));
    assert!(!path.exists());
}

#[test]
fn other_contents_are_not_a_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("k");
    let (_keep, good) = file(Protection::Plain);
    let good = fs::read_to_string(good).unwrap();
    let bad: [Vec<u8>; 6] = [
        Vec::new(),
        b"hello\n".to_vec(),
        vec![0xff; 100],
        good.replace("PRIVATE KEY", "PUBLIC KEY").into_bytes(),
        // An X25519 key: one arc of the algorithm's identifier differs (1.3.101.110).
        good.replace("K2Vw", "K2Vu").into_bytes(),
        vec![b'a'; 100_000],
    ];
    for contents in bad {
        fs::write(&path, &contents).unwrap();
        assert!(matches!(open(&path, None), Err(KeyFileError::NotAKey { .. })), "{contents:?}");
    }
}

#[test]
fn a_missing_file_is_unreadable() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(open(&dir.path().join("none"), None), Err(KeyFileError::Io { action: "read", .. })));
}

#[test]
fn a_file_cannot_ask_for_unbounded_work() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("k");
    let plain = KeypairBytes { secret_key: SEED, public_key: None }.to_pkcs8_der().unwrap();
    let info = PrivateKeyInfoRef::try_from(plain.as_bytes()).unwrap();
    let mut cheap = parameters(&path).unwrap();
    let sealed = info.encrypt_with_params(cheap.clone(), "p").unwrap();
    for cost_parameter in [0, 3, 1 << 40] {
        let sealed = EncryptedPrivateKeyInfoRef::try_from(sealed.as_bytes()).unwrap();
        let pbes2::Kdf::Scrypt(scrypt) = &mut cheap.kdf else { panic!("scrypt was asked for") };
        scrypt.cost_parameter = cost_parameter;
        let info = EncryptedPrivateKeyInfoRef {
            encryption_algorithm: cheap.clone().into(),
            encrypted_data: sealed.encrypted_data,
        };
        let document = SecretDocument::try_from(&info).unwrap();
        fs::write(&path, document.to_pem(ENCRYPTED_LABEL, LineEnding::LF).unwrap().as_bytes()).unwrap();
        assert!(matches!(open(&path, Some("p")), Err(KeyFileError::NotAKey { .. })), "{cost_parameter}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let (_dir, path) = file(Protection::Plain);
    let text = format!("{:?}", KeyFile::read(&path).unwrap());
    assert!(text.contains("encrypted: false") && !text.contains("der"), "{text}");
}

/// Runs `openssl`; `None` where it is not installed.
fn openssl(args: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new("openssl").args(args).stdin(Stdio::null()).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

#[test]
fn openssl_reads_our_files_and_we_read_its() {
    for (protection, args) in
        [(Protection::Plain, &[][..]), (Protection::Passphrase("geheim"), &["-passin", "pass:geheim"][..])]
    {
        let (_dir, path) = file(protection);
        let public = [&["pkey", "-in", path.to_str().unwrap(), "-pubout", "-outform", "DER"], args].concat();
        let Some(spki) = openssl(&public) else { return };
        // RFC 8410: the key is the last 32 bytes.
        assert_eq!(spki[spki.len() - 32..], *key().public().as_bytes());
    }
    let (dir, plain) = file(Protection::Plain);
    let theirs = dir.path().join("theirs.key");
    let (plain, out) = (plain.to_str().unwrap(), theirs.to_str().unwrap());
    openssl(&["pkey", "-in", plain, "-aes256", "-passout", "pass:x", "-out", out]);
    assert_eq!(open(&theirs, Some("x")).unwrap(), SEED);
}
