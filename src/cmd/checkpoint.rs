//! `yuanliu checkpoint`: what a log has signed last, and the key that verifies it.

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use merkle::{Hash, VerifierKey};
use serde_json::json;

use super::{connect, runtime};
use crate::{cli, exit, out::Out};

struct Newest {
    ledger: Hash,
    log_key: VerifierKey,
    size: u64,
    root: Hash,
    note: String,
}

/// Prints the newest checkpoint, or the verifier key.
pub fn run(args: &cli::Checkpoint, out: Out) -> Result<ExitCode> {
    let newest = match &args.data {
        Some(data) => of_directory(data)?,
        None => runtime()?.block_on(of_server(&args.connection, out))?,
    };
    if out.json {
        out.value(&json!({
            "ledger": hex::encode(newest.ledger),
            "log_key": newest.log_key.to_string(),
            "size": newest.size,
            "root": hex::encode(newest.root),
            "checkpoint": newest.note,
        }));
    } else if args.vkey {
        out.line(newest.log_key.to_string());
    } else {
        out.line(newest.note.trim_end_matches('\n'));
    }
    Ok(ExitCode::SUCCESS)
}

async fn of_server(flags: &cli::Connection, out: Out) -> Result<Newest> {
    let client = connect::public(flags, out).await?;
    let info = client.ledger().await?;
    let (checkpoint, note) = client.checkpoint(0, &info.log_key).await?;
    let (size, root) = (checkpoint.size(), *checkpoint.root());
    Ok(Newest { ledger: info.id, log_key: info.log_key, size, root, note })
}

fn of_directory(data: &Path) -> Result<Newest> {
    let facts = ledger::facts(data, &ledger::Config::default())?;
    let signed = facts.checkpoint.ok_or_else(|| {
        exit::refused(
            "no checkpoint has been signed yet: start the server once",
            "尚未签署检查点：请先启动一次服务端",
        )
    })?;
    let (size, root, note) = (signed.size, signed.root, signed.note);
    Ok(Newest { ledger: facts.ledger, log_key: facts.log_key, size, root, note })
}
