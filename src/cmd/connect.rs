//! From flags to a connection.

use std::path::PathBuf;

use anyhow::Result;
use client::{Client, ConnectOptions, Purpose, ReadSigner, Signer, Trust};
use merkle::{Hash, SigningKey};

use super::keygen::parse_ledger;
use crate::{cli::Connection, exit, keys, out::Out};

/// Where Debian and its kin keep the certificates that the system trusts.
pub const SYSTEM_TRUST: &str = "/etc/ssl/certs/ca-certificates.crt";

fn options(flags: &Connection, out: Out) -> ConnectOptions {
    let trust = Trust::File(flags.ca.clone().unwrap_or_else(|| SYSTEM_TRUST.into()));
    ConnectOptions {
        memory: memory(flags),
        access_records: flags.access_records.clone(),
        // Who keeps records wants to be able to show every read.
        insist_on_records: flags.access_records.is_some(),
        language: Some(out.pick("en", "zh")),
        ..ConnectOptions::new(flags.server.clone(), trust)
    }
}

/// Where the largest checkpoints seen are kept.
fn memory(flags: &Connection) -> Option<PathBuf> {
    let given = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let usual = || {
        let state = given("XDG_STATE_HOME").filter(|path| path.is_absolute());
        Some(state.or_else(|| Some(given("HOME")?.join(".local/state")))?.join("yuanliu"))
    };
    if flags.no_memory { None } else { flags.memory.clone().or_else(usual) }
}

/// Connects. Where a ledger was named, it has to be there; and it must go on from what was seen of it before.
async fn connect(flags: &Connection, options: ConnectOptions) -> Result<Client> {
    let client = Client::connect(options).await?;
    if flags.ledger.is_some() && client.expected_ledger().is_some() {
        client.ledger().await?;
    }
    if !flags.no_memory {
        client.check_log().await?;
    }
    Ok(client)
}

/// The party and its key.
pub fn identity(flags: &Connection, out: Out) -> Result<(String, SigningKey)> {
    let key = flags.key.as_deref().ok_or_else(|| {
        exit::usage(
            "name your key file: --key FILE or YUANLIU_KEY",
            "请指定密钥文件：--key FILE 或 YUANLIU_KEY",
        )
    })?;
    let party = flags.party.clone().ok_or_else(|| {
        exit::usage("name your party: --party ID or YUANLIU_PARTY", "请指定主体：--party ID 或 YUANLIU_PARTY")
    })?;
    parse_party("--party", &party)?;
    Ok((party, keys::open(key, out)?))
}

/// The party of a flag.
pub fn parse_party<'t>(flag: &str, text: &'t str) -> Result<gs1::PartyRef<'t>> {
    gs1::PartyRef::parse(text).map_err(|e| {
        exit::usage(format!("{flag} {text}: {e}"), format!("{flag} {text}：不是主体标识（{e}）"))
    })
}

/// The ledger expected, else the one the server keeps.
async fn ledger_id(flags: &Connection, out: Out) -> Result<Hash> {
    match &flags.ledger {
        Some(text) => parse_ledger(text),
        None => Ok(connect(flags, options(flags, out)).await?.ledger().await?.id),
    }
}

/// A connection that needs no rights.
pub async fn public(flags: &Connection, out: Out) -> Result<Client> {
    let mut options = options(flags, out);
    options.ledger = flags.ledger.as_deref().map(parse_ledger).transpose()?;
    connect(flags, options).await
}

/// A connection that reads as a party.
pub async fn reader(flags: &Connection, out: Out) -> Result<Client> {
    reader_for(flags, "", out).await
}

/// The same for a case, where one is named.
pub async fn reader_for(flags: &Connection, case: &str, out: Out) -> Result<Client> {
    let (party, key) = identity(flags, out)?;
    let ledger = ledger_id(flags, out).await?;
    let mut options = options(flags, out);
    options.ledger = Some(ledger);
    let purpose = match case {
        "" => Purpose::Purpose(flags.purpose.clone()),
        case => Purpose::Of { purpose: flags.purpose.clone(), case: case.to_owned() },
    };
    options.reader = Some(ReadSigner::new(party, key, ledger, purpose));
    connect(flags, options).await
}

/// A signer; asks the server for the ledger's id where none is given.
pub async fn signer(flags: &Connection, out: Out) -> Result<Signer> {
    let (party, key) = identity(flags, out)?;
    Ok(Signer::new(party, key, ledger_id(flags, out).await?))
}
