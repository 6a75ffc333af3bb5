//! `yuanliu access`: who read what, and whether the log commits to it.

mod list;

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use client::{ClientError, read_access_records};
use evidence::{
    access::{JudgeError, Judgement, judge},
    check_answer,
    fraud::Fraud,
};
use merkle::{Hash, VerifierKey};
use serde_json::{Value, json};
use statement::{AccessRecord, SignedAccess, Words, words};

use super::{connect, evidence::write_new, runtime};
use crate::{
    cli,
    draw::time,
    exit::{self, REFUSED},
    out::{Out, failed},
};

/// `yuanliu access …`
pub fn run(command: &cli::Access, out: Out) -> Result<ExitCode> {
    match command {
        cli::Access::Check(args) => check(args, out),
        cli::Access::List(args) => list::run(args, out),
    }
}

/// Whose word is checked.
struct Names {
    ledger: Hash,
    log_key: VerifierKey,
    answer_key: VerifierKey,
}

fn answer_key(text: &str) -> Result<VerifierKey> {
    text.parse().map_err(|e| anyhow::anyhow!("answer key: {e}"))
}

/// What became of one record.
struct Found {
    state: &'static str,
    words: Words,
    entry: Option<u64>,
    fraud: Option<Box<Fraud>>,
}

impl Found {
    const fn plain(state: &'static str, words: Words) -> Self {
        Self { state, words, entry: None, fraud: None }
    }
}

fn check(args: &cli::AccessCheck, out: Out) -> Result<ExitCode> {
    let name = args.file.display();
    let records = read_access_records(&args.file).map_err(|e| match e.kind() {
        std::io::ErrorKind::InvalidData => {
            exit::refused(format!("{name}: {e}"), format!("{name}：{e}（不是访问记录）"))
        }
        _ => exit::machine(format!("cannot read {name}"), format!("无法读取 {name}"), e),
    })?;
    let found = match &args.data {
        Some(data) => in_directory(data, &records)?,
        None => runtime()?.block_on(at_server(args, &records, out))?,
    };
    let mut sound = true;
    for (signed, found) in records.iter().zip(found) {
        sound &= matches!(found.state, "recorded" | "not_yet_due");
        tell(signed, &found, &args.proofs, out)?;
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
}

fn in_directory(data: &Path, records: &[SignedAccess]) -> Result<Vec<Found>> {
    let config = ledger::Config::default();
    ledger::with_access_log(data, &config, &mut |_, _| {}, |log| {
        let genesis = log.genesis().message();
        let log_key = genesis.log_key.parse().map_err(|e| anyhow::anyhow!("log key: {e}"))?;
        let names = Names { ledger: *log.ledger(), log_key, answer_key: answer_key(&genesis.answer_key)? };
        let judged = records.iter().map(|signed| match unsigned(signed, &names) {
            Some(found) => Ok(found),
            None => match judge(log, signed, &names.log_key) {
                Ok(judgement) => Ok(found(judgement)),
                Err(JudgeError::Source(error)) => Err(error.into()),
                Err(error) => Ok(unclear(&error)),
            },
        });
        judged.collect()
    })?
}

async fn at_server(args: &cli::AccessCheck, records: &[SignedAccess], out: Out) -> Result<Vec<Found>> {
    let client = connect::reader(&args.connection, out).await?;
    let info = client.ledger().await?;
    let names = Names { ledger: info.id, log_key: info.log_key, answer_key: answer_key(&info.answer_key)? };
    let mut all = Vec::with_capacity(records.len());
    for signed in records {
        all.push(match unsigned(signed, &names) {
            Some(found) => found,
            None => match client.access_standing(signed).await {
                Ok(judgement) => found(judgement),
                // What the server shows does not hold together: no word on the other records.
                Err(error @ ClientError::Stop(_)) => unclear(&error),
                Err(error) => return Err(error.into()),
            },
        });
    }
    Ok(all)
}

/// What is said of a record that is not the ledger's word.
fn unsigned(signed: &SignedAccess, names: &Names) -> Option<Found> {
    let error = check_answer(&signed.encode(), &names.ledger, &names.answer_key).err()?;
    Some(Found::plain("unsigned", words!("{error}", "不是本账本的应答密钥所签的访问记录")))
}

fn unclear(error: &dyn std::fmt::Display) -> Found {
    Found::plain("unclear", words!("{error}", "日志所示不足以判断：{error}"))
}

fn found(judgement: Judgement) -> Found {
    match judgement {
        Judgement::Recorded { entry } => {
            let words = words!("recorded: entry {entry} commits to it", "已入账：由条目 {entry} 承诺");
            Found { entry: Some(entry), ..Found::plain("recorded", words) }
        }
        Judgement::NotYetDue => Found::plain(
            "not_yet_due",
            Words::of(
                "its digest is not due yet; ask again two minutes after its minute",
                "访问摘要尚未到期；请于该分钟结束两分钟后再查",
            ),
        ),
        Judgement::LeftOut(fraud) => {
            let words = Words::of("LEFT OUT of the log", "日志漏记");
            Found { fraud: Some(fraud), ..Found::plain("left_out", words) }
        }
    }
}

fn tell(signed: &SignedAccess, found: &Found, proofs: &Path, out: Out) -> Result<()> {
    let record = signed.record();
    let id = hex::encode(signed.leaf_hash());
    let proof = match &found.fraud {
        None => None,
        Some(fraud) => {
            let path = proofs.join(format!("left-out-{}.json", &id[..16]));
            let file = fraud.encode().map_err(|defect| anyhow::anyhow!("{defect}"))?;
            write_new(&path, &file)?;
            Some(path)
        }
    };
    if out.json {
        let mut value = described(record);
        value["record"] = id.into();
        value["state"] = found.state.into();
        if let Some(entry) = found.entry {
            value["entry"] = entry.into();
        }
        if let Some(path) = &proof {
            value["proof"] = json!(path);
        }
        let bad = !matches!(found.state, "recorded" | "not_yet_due");
        let told = out.lang.of_words(&found.words);
        out.value(&if bad { failed(value, REFUSED, "DEFECT", told) } else { value });
        return Ok(());
    }
    let at = time(i64::try_from(record.at).unwrap_or(i64::MAX));
    let mut line = format!("{at} {} · {} · {}", record.method, record.party, out.lang.of_words(&found.words));
    if let Some(path) = proof {
        line = format!("{line} · {} {}", out.pick("proof:", "证明："), path.display());
    }
    out.line(line);
    Ok(())
}

/// A record for programs.
fn described(record: &AccessRecord) -> Value {
    json!({
        "minute": record.minute(),
        "at": record.at,
        "party": record.party,
        "key": hex::encode(record.key),
        "method": record.method,
        "purpose": record.purpose,
        "case": record.case,
        "entries": record.size,
        "question_sha256": hex::encode(record.question_hash),
        "question": hex::encode(&record.question),
    })
}
