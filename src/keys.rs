//! Key files and the log's own keys in a ledger's directory.

use std::{
    fs,
    io::{ErrorKind, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Result;
use client::{KeyFile, Protection};
use merkle::{Cosigner, SignerKey, SigningKey};
use zeroize::Zeroizing;

use crate::{exit, out::Out};

/// Environment variable that holds a passphrase, for programs.
pub const PASSPHRASE: &str = "YUANLIU_PASSPHRASE";

fn passphrase_from_env() -> Option<Zeroizing<String>> {
    std::env::var(PASSPHRASE).ok().map(Zeroizing::new)
}

fn ask(prompt: &str) -> Result<Zeroizing<String>> {
    if !std::io::stdin().is_terminal() {
        return Err(exit::usage(
            format!("a passphrase is needed: set {PASSPHRASE}, or run this in a terminal"),
            format!("需要口令：请设置 {PASSPHRASE}，或在终端中运行"),
        ));
    }
    Ok(Zeroizing::new(rpassword::prompt_password(prompt)?))
}

fn ask_for(path: &Path, out: Out) -> Result<Zeroizing<String>> {
    ask(&format!("{} {}{}", out.pick("Passphrase for", "密钥口令"), path.display(), out.pick(": ", "：")))
}

/// Makes a key and writes it to a new file; asks for a passphrase twice unless told not to.
pub fn make(path: &Path, plain: bool, out: Out) -> Result<SigningKey> {
    make_for(path, path, plain, out)
}

/// The same with the name that it will have in the end.
pub fn make_for(path: &Path, shown: &Path, plain: bool, out: Out) -> Result<SigningKey> {
    let key = client::generate_key()?;
    let passphrase = if plain { None } else { Some(new_passphrase(shown, out)?) };
    KeyFile::create(path, &key, protection(passphrase.as_ref()))?;
    Ok(key)
}

/// The same for a witness of this name.
pub fn make_witness(path: &Path, name: &str, plain: bool, out: Out) -> Result<Cosigner> {
    let key = client::generate_key()?;
    let cosigner = Cosigner::new(name, key.clone()).map_err(|e| {
        exit::usage(
            format!("--witness {name}: {e}"),
            format!("--witness {name}：名称须为 1 至 255 字节，不含空白、加号与控制字符"),
        )
    })?;
    let passphrase = if plain { None } else { Some(new_passphrase(path, out)?) };
    KeyFile::create_witness(path, &key, name, protection(passphrase.as_ref()))?;
    Ok(cosigner)
}

fn protection(passphrase: Option<&Zeroizing<String>>) -> Protection<'_> {
    passphrase.map_or(Protection::Plain, |passphrase| Protection::Passphrase(passphrase))
}

fn new_passphrase(path: &Path, out: Out) -> Result<Zeroizing<String>> {
    if let Some(passphrase) = passphrase_from_env() {
        return Ok(passphrase);
    }
    let first = ask_for(path, out)?;
    let second = ask(out.pick("Once more: ", "再输入一次："))?;
    if first != second {
        return Err(exit::usage("the two passphrases differ", "两次口令不一致"));
    }
    Ok(first)
}

/// Environment variable that holds the PIN of a token, for programs.
pub const PIN: &str = "YUANLIU_PIN";

/// The PIN of a token, from the environment or typed.
pub fn pin(token: &str, out: Out) -> Result<Zeroizing<String>> {
    match std::env::var(PIN) {
        Ok(pin) => Ok(Zeroizing::new(pin)),
        Err(_) => ask(&format!("{} {token}: ", out.pick("PIN of the token", "令牌 PIN"))),
    }
}

/// Opens a key file, asking for its passphrase where one is needed. A witness's key is refused: it signs
/// checkpoints and nothing else.
pub fn open(path: &Path, out: Out) -> Result<SigningKey> {
    let file = KeyFile::read(path)?;
    if let Some(witness) = file.witness() {
        let name = path.display();
        return Err(exit::usage(
            format!("{name} is the key of the witness {witness} and of use for `yuanliu witness` only"),
            format!("{name} 是见证者 {witness} 的密钥，只能用于 `yuanliu witness`"),
        ));
    }
    unlock(&file, path, out)
}

/// Opens the key file of a witness.
pub fn open_witness(path: &Path, out: Out) -> Result<Cosigner> {
    let file = KeyFile::read(path)?;
    let name = path.display();
    let Some(witness) = file.witness() else {
        return Err(exit::usage(
            format!("{name} is not the key of a witness: make one with `yuanliu keygen --witness NAME`"),
            format!("{name} 不是见证者的密钥：请用 `yuanliu keygen --witness NAME` 生成"),
        ));
    };
    let key = unlock(&file, path, out)?;
    Cosigner::new(witness, key).map_err(|e| {
        exit::usage(
            format!("{name}: witness {witness}: {e}"),
            format!("{name}：见证者名称 {witness} 不合格式"),
        )
    })
}

fn unlock(file: &KeyFile, path: &Path, out: Out) -> Result<SigningKey> {
    if let Some(warning) = too_open(path, out) {
        out.note(warning);
    }
    if !file.is_encrypted() {
        return Ok(file.open(None)?);
    }
    let passphrase = match passphrase_from_env() {
        Some(passphrase) => passphrase,
        None => ask_for(path, out)?,
    };
    Ok(file.open(Some(&passphrase))?)
}

/// What to say of a key file that others than its owner can read or change.
fn too_open(path: &Path, out: Out) -> Option<String> {
    let mode = shared(path)?;
    Some(format!(
        "{} ({mode:04o}); chmod 600 {}",
        out.pick("warning: others can read or change this key file", "警告：他人可读取或改动此密钥文件"),
        path.display()
    ))
}

/// What to say of a ledger whose records others than its owner can reach.
pub fn records_too_open(data: &Path, out: Out) -> Option<String> {
    let mode = shared(data)?;
    let records = ["log", "view"].iter().any(|name| shared(&data.join(name)).is_some());
    records.then(|| {
        format!(
            "{} ({mode:04o}); chmod 700 {}",
            out.pick(
                "warning: others can read the records in this directory",
                "警告：他人可读取此目录中的记录"
            ),
            data.display()
        )
    })
}

/// The permissions of what others than its owner have a right to.
#[cfg(unix)]
fn shared(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Permissions of other systems are not judged.
#[cfg(not(unix))]
const fn shared(_: &Path) -> Option<u32> {
    None
}

/// Where a ledger keeps the keys that its server needs.
pub fn folder(data: &Path) -> PathBuf {
    data.join("keys")
}

/// Makes that folder, and that of the ledger around it, for their owner only.
pub fn make_folder(folder: &Path) -> Result<()> {
    let name = folder.display();
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|e| exit::machine(format!("cannot create {name}"), format!("无法创建 {name}"), e))
}

/// There is a ledger where one was to be made.
pub fn occupied(data: &Path) -> anyhow::Error {
    let name = data.display();
    exit::usage(format!("{name} holds a ledger already"), format!("{name} 中已有账本"))
}

/// Writes a log key: read by the server without anybody to ask, so without a passphrase, for its owner only.
pub fn write_log_key(path: &Path, key: &SignerKey) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let name = path.display();
    let write = || {
        let mut file = options.open(path)?;
        let text = Zeroizing::new(key.expose_text());
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    };
    write().map_err(|e| exit::machine(format!("cannot create {name}"), format!("无法创建 {name}"), e))
}

/// Reads the keys of the log itself: that for checkpoints, and that for answers.
pub fn read_log_keys(data: &Path, out: Out) -> Result<ledger::Keys> {
    if !data.join("log").join("CURRENT").exists() {
        // There is nothing that a key could be for.
        return Err(store::StoreError::NoLedger(data.to_owned()).into());
    }
    let key = |file| read_log_key(&folder(data).join(file), out);
    Ok(ledger::Keys { log: key("log.key")?, answer: key("answer.key")? })
}

fn read_log_key(path: &Path, out: Out) -> Result<SignerKey> {
    let name = path.display();
    let text = fs::read_to_string(path).map_err(|e| match e.kind() {
        ErrorKind::NotFound => exit::machine(
            format!(
                "there is no log key {name}: put DIR/keys back from where you keep it (backups hold no keys)"
            ),
            format!("没有日志密钥 {name}：请将另行保存的 DIR/keys 放回（备份不含密钥）"),
            e,
        ),
        _ => exit::machine(format!("cannot read the log key {name}"), format!("无法读取日志密钥 {name}"), e),
    })?;
    let text = Zeroizing::new(text);
    if let Some(warning) = too_open(path, out) {
        tracing::warn!("{warning}");
    }
    text.trim().parse().map_err(|e| {
        exit::usage(format!("{name} is not a log key: {e}"), format!("{name} 不是日志密钥：{e}"))
    })
}
