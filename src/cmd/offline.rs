//! Commands on the directory of a ledger that no server has open.

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use audit::{Auditor, Defect};
use indicatif::{ProgressBar, ProgressStyle};
use ledger::Step;
use merkle::Hash;
use serde_json::json;
use store::StoreError;

use crate::{cli::Data, exit, out::Out};

/// Where a ledger keeps its attachments, unless told otherwise.
const ATTACHMENTS: &str = "attachments";

/// What a check of the whole ledger found.
#[derive(Debug)]
pub struct Verified {
    /// Entries checked.
    pub entries: u64,
    /// Root over them.
    pub root: Hash,
    /// Chain hash after the last.
    pub chain: Hash,
    /// The first thing that does not fit.
    pub defect: Option<Found>,
}

/// A defect: an entry and what is wrong with it.
#[derive(Debug)]
pub struct Found {
    /// The entry.
    pub index: u64,
    /// What is wrong.
    pub fault: String,
}

impl From<Defect> for Found {
    fn from(defect: Defect) -> Self {
        Self { index: defect.index, fault: defect.fault.to_string() }
    }
}

/// A row that cannot be read is a finding like any other; everything else is a failure of the check.
fn unreadable(error: ledger::Error) -> Result<Found, ledger::Error> {
    match error {
        ledger::Error::Store(StoreError::Damaged { table: "entry", key, fault }) => {
            Ok(Found { index: key, fault: fault.to_owned() })
        }
        ledger::Error::Store(StoreError::Damaged { table: "checkpoint", key, fault }) => {
            let fault = format!("the checkpoint kept for size {key} is damaged: {fault}");
            Ok(Found { index: key.saturating_sub(1), fault })
        }
        other => Err(other),
    }
}

fn bar(out: Out) -> ProgressBar {
    if out.json {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}");
    style.map_or_else(|_| ProgressBar::hidden(), |style| ProgressBar::new(0).with_style(style))
}

/// Re-derives every entry from its bytes, and every kept checkpoint from the entries.
pub fn check(data: &Path, out: Out) -> Result<Verified> {
    let mut auditor = Auditor::default();
    let mut defect = None;
    let bar = bar(out);
    let walked = ledger::walk(
        data,
        &ledger::Config::default(),
        &mut |view, step| {
            let rows = match step {
                Step::Entry(entry) => auditor.check(view, entry).map(|outcome| outcome.puts),
                Step::Checkpoint { size, note } => auditor.checkpoint(size, note).map(|()| Vec::new()),
            };
            rows.map_err(|found| defect = Some(Found::from(found))).ok()
        },
        &mut |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        },
    );
    bar.finish_and_clear();
    let named = match walked {
        Ok(named) => Some(named),
        Err(error) => {
            defect = Some(unreadable(error)?);
            None
        }
    };
    if defect.is_none() && auditor.ledger().zip(named).is_some_and(|(derived, named)| *derived != named) {
        let fault = "the ledger id kept beside the log is not that of this entry".into();
        defect = Some(Found { index: 0, fault });
    } else if auditor.size() == 0 && defect.is_none() {
        defect = Some(Found { index: 0, fault: "it is missing: a ledger begins with its genesis".into() });
    }
    Ok(Verified { entries: auditor.size(), root: auditor.root(), chain: *auditor.chain(), defect })
}

/// `yuanliu verify`
pub fn verify(args: &Data, out: Out) -> Result<ExitCode> {
    let found = check(&args.data, out)?;
    let ok = found.defect.is_none();
    if out.json {
        let mut report = json!({
            "ok": ok,
            "entries": found.entries,
            "root": hex::encode(found.root),
            "chain": hex::encode(found.chain),
        });
        if let Some(defect) = &found.defect {
            report["index"] = defect.index.into();
            report["fault"] = defect.fault.clone().into();
        }
        out.value(&report);
    } else if let Some(defect) = &found.defect {
        let what = out.pick("DEFECT: entry", "发现缺陷：条目");
        out.line(format!("{what} {}: {}", defect.index, defect.fault));
    } else {
        out.line(format!(
            "{} {} {}",
            out.pick("Whole and unaltered:", "完整且未被改动："),
            found.entries,
            out.pick("entries", "条目")
        ));
        out.line(format!("{} {}", out.pick("root ", "根哈希"), hex::encode(found.root)));
        out.line(format!("{} {}", out.pick("chain", "链哈希"), hex::encode(found.chain)));
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(exit::REFUSED) })
}

/// `yuanliu rebuild`
pub fn rebuild(args: &Data, out: Out) -> Result<ExitCode> {
    let bar = bar(out);
    let rebuilt = ledger::rebuild(&args.data, &ledger::Config::default(), &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let rebuilt = rebuilt?;
    tell_rebuilt(&rebuilt, out);
    let differed = rebuilt.digest_before.is_some_and(|before| before != rebuilt.digest);
    Ok(if differed { ExitCode::from(exit::REFUSED) } else { ExitCode::SUCCESS })
}

fn tell_rebuilt(rebuilt: &ledger::Rebuilt, out: Out) {
    let same = rebuilt.digest_before.map(|before| before == rebuilt.digest);
    if out.json {
        out.value(&json!({
            "entries": rebuilt.entries,
            "digest": hex::encode(rebuilt.digest),
            "digest_before": rebuilt.digest_before.map(hex::encode),
            "same": same,
        }));
        return;
    }
    out.line(format!("{} {}", rebuilt.entries, out.pick("entries replayed", "条目已重放")));
    out.line(format!("{} {}", out.pick("view digest", "视图摘要"), hex::encode(rebuilt.digest)));
    match same {
        Some(true) => out.line(out.pick("the same as before", "与原视图一致")),
        Some(false) => out.line(out.pick(
            "NOT the same as before: the old view was damaged or made by another version",
            "与原视图不一致：原视图已损坏或由其他版本生成",
        )),
        None => {}
    }
}

/// `yuanliu backup`
pub fn backup(args: &Data, output: &Path, out: Out) -> Result<ExitCode> {
    let entries = ledger::backup(&args.data, output, &ledger::Config::default())?;
    let documents = attachments::copy(&args.data.join(ATTACHMENTS), &output.join(ATTACHMENTS))?;
    if out.json {
        out.value(&json!({ "entries": entries, "attachments": documents, "backup": output }));
    } else {
        out.line(format!("{entries} {} {}", out.pick("entries copied to", "条目已备份至"), output.display()));
        out.line(format!("{documents} {}", out.pick("attachments too, encrypted", "个附件一并备份（加密）")));
        out.note(out.pick(
            "Keys are not in the backup: keep DIR/keys safe as well.",
            "备份不含密钥：请另行妥善保存 DIR/keys。",
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// `yuanliu restore`
pub fn restore(backup: &Path, args: &Data, out: Out) -> Result<ExitCode> {
    let bar = bar(out);
    let rebuilt = ledger::restore(backup, &args.data, &ledger::Config::default(), &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let rebuilt = rebuilt?;
    attachments::copy(&backup.join(ATTACHMENTS), &args.data.join(ATTACHMENTS))?;
    tell_rebuilt(&rebuilt, out);
    if !out.json {
        out.note(out.pick(
            "Put the keys back into DIR/keys before you start the server.",
            "启动服务前请将密钥放回 DIR/keys。",
        ));
    }
    Ok(ExitCode::SUCCESS)
}
