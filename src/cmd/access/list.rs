//! `yuanliu access list`: who read what, minute by minute.

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use evidence::{ShownDigest, access::AccessSource as _, check_digest, open_checkpoint};
use serde_json::json;
use statement::{AccessLeaf, KeptAccess, MINUTE};

use super::{
    super::{connect, runtime},
    described,
};
use crate::{cli, draw::time, exit, out::Out};

/// A minute, its digest's entry, its records.
struct Told {
    minute: u64,
    digest: Option<u64>,
    records: Vec<KeptAccess>,
}

pub fn run(args: &cli::AccessList, out: Out) -> Result<ExitCode> {
    let first = minute(&args.minute)?;
    let minutes = first..first.saturating_add(args.minutes);
    match &args.data {
        Some(data) => of_directory(data, minutes, out)?,
        None => runtime()?.block_on(async {
            let client = connect::reader(&args.connection, out).await?;
            for minute in minutes {
                let told = client.access_minute(minute).await?;
                let digest = told.digest.map(|(entry, _)| entry);
                tell(&Told { minute, digest, records: told.records }, out);
            }
            anyhow::Ok(())
        })?,
    }
    Ok(ExitCode::SUCCESS)
}

/// An instant, or the number of a minute.
fn minute(text: &str) -> Result<u64> {
    if let Ok(number) = text.parse::<u64>() {
        return Ok(number);
    }
    let instant = text.parse::<jiff::Timestamp>().ok().and_then(|at| u64::try_from(at.as_microsecond()).ok());
    instant.map(|us| us / MINUTE).ok_or_else(|| {
        exit::usage(
            format!("--minute {text}: neither a number nor an instant such as 2026-03-02T04:05:00Z"),
            format!("--minute {text}：须为数字，或形如 2026-03-02T04:05:00Z 的时刻"),
        )
    })
}

fn of_directory(data: &Path, minutes: std::ops::Range<u64>, out: Out) -> Result<()> {
    let config = ledger::Config::default();
    ledger::with_access_log(data, &config, &mut |_, _| {}, |log| {
        let log_key = log.genesis().message().log_key.parse().map_err(|e| anyhow::anyhow!("log key: {e}"))?;
        let checkpoint = open_checkpoint(&log.checkpoint()?, &log_key)?;
        for minute in minutes {
            let (digest, rows) = log.records(minute)?;
            // One that no checkpoint covers yet is not there yet.
            let digest = digest.filter(|index| *index < checkpoint.size());
            if let Some(index) = digest {
                let leaf = log.leaves(index, index + 1, 1)?;
                let shown = ShownDigest {
                    index,
                    leaf: leaf.first().copied().unwrap_or([0; statement::LEAF_LEN]),
                    payload: log.payload(index)?,
                    inclusion: log.inclusion(index, checkpoint.size())?,
                    records: rows.iter().map(|row| KeptAccess::hash_of(&row.leaf)).collect(),
                };
                check_digest(&shown, &checkpoint).map_err(|defect| {
                    exit::refused(defect.words.english().to_owned(), defect.words.chinese().to_owned())
                })?;
            }
            let records = rows.iter().map(|row| KeptAccess::decode(&row.leaf)).collect::<Result<_, _>>()?;
            tell(&Told { minute, digest, records }, out);
        }
        Ok(())
    })?
}

fn tell(told: &Told, out: Out) {
    let Told { minute, digest, records } = told;
    let whole: Vec<&AccessLeaf> = records
        .iter()
        .filter_map(|kept| match kept {
            KeptAccess::Whole(leaf) => Some(leaf),
            KeptAccess::Pruned(_) => None,
        })
        .collect();
    let pruned = records.len() - whole.len();
    if out.json {
        let whole: Vec<_> = whole.iter().map(|leaf| described(&leaf.record)).collect();
        out.value(&json!({ "minute": minute, "digest": digest, "records": whole, "pruned": pruned }));
        return;
    }
    let at = |us: u64| time(i64::try_from(us).unwrap_or(i64::MAX));
    let count = records.len();
    out.line(match digest {
        Some(entry) => format!(
            "{} · {count} {} {entry}",
            at(minute.saturating_mul(MINUTE)),
            out.pick("reads, committed to by entry", "次读取，由条目承诺："),
        ),
        None => format!(
            "{} · {count} {}",
            at(minute.saturating_mul(MINUTE)),
            out.pick("reads, no digest yet", "次读取，尚无访问摘要"),
        ),
    });
    if pruned > 0 {
        let what = out.pick(
            "past the retention: the hash alone is kept, which the digest commits to",
            "已过保存期限：仅存摘要所承诺的哈希",
        );
        out.line(format!("  {pruned} {what}"));
    }
    for AccessLeaf { record, .. } in whole {
        let why = [&record.purpose, &record.case].into_iter().filter(|text| !text.is_empty());
        let why: Vec<String> = why.map(|text| text.chars().filter(|c| !c.is_control()).collect()).collect();
        out.line(format!("  {} {} · {} · {}", at(record.at), record.party, record.method, why.join(" · ")));
    }
}
