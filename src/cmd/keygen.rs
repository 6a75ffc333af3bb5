//! `yuanliu keygen`: a key file, and the statement that enrols it; or the key file of a witness.

use std::process::ExitCode;

use anyhow::Result;
use client::Signer;
use proto::v1::{KeyUse, Statement, statement::Body};
use serde_json::json;

use super::connect::parse_party;
use crate::{cli, exit, keys, out::Out};

/// Runs the command.
pub fn run(args: &cli::Keygen, out: Out) -> Result<ExitCode> {
    if let Some(name) = &args.witness {
        return witness(args, name, out);
    }
    let uses = args.uses.iter().map(|u| key_use(u)).collect::<Result<Vec<_>>>()?;
    let enrol = match (&args.party, &args.ledger) {
        (Some(party), Some(ledger)) => {
            parse_party("--party", party)?;
            Some((party, parse_ledger(ledger)?))
        }
        _ => None,
    };
    let key = keys::make(&args.output, args.no_passphrase, out)?;
    let id = hex::encode(client::public_key_id(&key));
    let public = hex::encode(key.public().as_bytes());
    let statement = match enrol {
        None => None,
        Some((party, ledger)) => {
            let body = Signer::new(party.as_str(), key.clone(), ledger).enrol(party.as_str(), &key, &uses);
            let statement = Statement { header: None, body: Some(Body::EnrolKey(body)) };
            Some(client::statement_to_json(&statement)?)
        }
    };
    if out.json {
        out.value(&json!({ "key_id": id, "public_key": public, "enrol": statement }));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(statement) = statement {
        // Only the statement goes to standard output: `yuanliu keygen … > enrol.json`.
        out.line(serde_json::to_string_pretty(&statement)?);
        out.note(out.pick(
            "Have this statement signed: by the party's administrator key, or by an authority.",
            "请由本主体的管理员密钥或主管部门签署此声明。",
        ));
    }
    out.note(format!("{} {id}", out.pick("key id     ", "密钥标识")));
    out.note(format!("{} {public}", out.pick("public key ", "公钥")));
    Ok(ExitCode::SUCCESS)
}

/// Makes the key of a witness and prints what its cosignatures are checked with.
fn witness(args: &cli::Keygen, name: &str, out: Out) -> Result<ExitCode> {
    let cosigner = keys::make_witness(&args.output, name, args.no_passphrase, out)?;
    let key = cosigner.witness().to_string();
    if out.json {
        out.value(&json!({ "witness": name, "witness_key": key }));
        return Ok(ExitCode::SUCCESS);
    }
    out.line(key);
    out.note(out.pick(
        "Give this key to the logs that the witness shall cosign, and to whoever checks them.",
        "请将此公钥交给由其见证的日志，以及查验者。",
    ));
    Ok(ExitCode::SUCCESS)
}

fn key_use(text: &str) -> Result<KeyUse> {
    match text {
        "sign" => Ok(KeyUse::Sign),
        "read" => Ok(KeyUse::Read),
        "administer" => Ok(KeyUse::Administer),
        other => Err(exit::usage(
            format!("--uses {other}: must be sign, read or administer"),
            format!("--uses {other}：须为 sign、read 或 administer"),
        )),
    }
}

/// A ledger id from 64 hex digits.
pub fn parse_ledger(text: &str) -> Result<[u8; 32]> {
    let bytes = hex::decode(text).ok().and_then(|b| b.try_into().ok());
    bytes.ok_or_else(|| {
        exit::usage(
            "a ledger id has 64 hex digits; see `yuanliu ledger`",
            "账本标识为 64 位十六进制；见 `yuanliu ledger`",
        )
    })
}
