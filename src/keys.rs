//! Key files and the log's own keys in a ledger's directory.

use std::{
    fs,
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use client::{KeyFile, Protection};
use merkle::{SignerKey, SigningKey};
use zeroize::Zeroizing;

use crate::{exit, out::Out};

/// Environment variable that holds a passphrase, for programs.
pub const PASSPHRASE: &str = "YUANLIU_PASSPHRASE";

fn passphrase_from_env() -> Option<Zeroizing<String>> {
    std::env::var(PASSPHRASE).ok().map(Zeroizing::new)
}

fn ask(prompt: &str) -> Result<Zeroizing<String>> {
    if !std::io::stdin().is_terminal() {
        return Err(exit::usage(format!(
            "a passphrase is needed: set {PASSPHRASE}, or run this in a terminal"
        )));
    }
    Ok(Zeroizing::new(rpassword::prompt_password(prompt)?))
}

/// Makes a key and writes it to a new file; asks for a passphrase twice unless told not to.
pub fn make(path: &Path, plain: bool, out: Out) -> Result<SigningKey> {
    let key = client::generate_key()?;
    if plain {
        KeyFile::create(path, &key, Protection::Plain)?;
        return Ok(key);
    }
    let passphrase = match passphrase_from_env() {
        Some(passphrase) => passphrase,
        None => {
            let first = ask(&format!("{} {}: ", out.pick("Passphrase for", "密钥口令"), path.display()))?;
            let second = ask(out.pick("Once more: ", "再输入一次："))?;
            if first != second {
                return Err(exit::usage(out.pick("the two passphrases differ", "两次口令不一致")));
            }
            first
        }
    };
    KeyFile::create(path, &key, Protection::Passphrase(&passphrase))?;
    Ok(key)
}

/// Environment variable that holds the PIN of a token, for programs.
const PIN: &str = "YUANLIU_PIN";

/// The PIN of a token, from the environment or typed.
pub fn pin(token: &str, out: Out) -> Result<Zeroizing<String>> {
    match std::env::var(PIN) {
        Ok(pin) => Ok(Zeroizing::new(pin)),
        Err(_) => ask(&format!("{} {token}: ", out.pick("PIN of the token", "令牌 PIN"))),
    }
}

/// Opens a key file, asking for its passphrase where one is needed.
pub fn open(path: &Path) -> Result<SigningKey> {
    let file = KeyFile::read(path)?;
    if !file.is_encrypted() {
        return Ok(file.open(None)?);
    }
    let passphrase = match passphrase_from_env() {
        Some(passphrase) => passphrase,
        None => ask(&format!("Passphrase for {}: ", path.display()))?,
    };
    Ok(file.open(Some(&passphrase))?)
}

/// Where a ledger keeps the keys that its server needs.
pub fn folder(data: &Path) -> PathBuf {
    data.join("keys")
}

/// Writes a log key: read by the server without anybody to ask, so without a passphrase, for its owner only.
pub fn write_log_key(path: &Path, key: &SignerKey) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(|| format!("cannot create {}", path.display()))?;
    let text = Zeroizing::new(key.expose_text());
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    Ok(())
}

/// Reads the key that signs checkpoints.
pub fn read_log_key(data: &Path) -> Result<SignerKey> {
    let path = folder(data).join("log.key");
    let text = Zeroizing::new(
        fs::read_to_string(&path).with_context(|| format!("cannot read the log key {}", path.display()))?,
    );
    text.trim().parse().with_context(|| format!("{} is not a log key", path.display()))
}
