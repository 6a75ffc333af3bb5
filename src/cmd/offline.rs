//! Commands on the directory of a ledger that no server has open.

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use audit::{Auditor, Defect};
use indicatif::{ProgressBar, ProgressStyle};
use ledger::{Step, ViewCheck};
use merkle::{Hash, VerifierKey};
use serde_json::{Value, json};
use store::StoreError;
use tempfile::TempDir;

use super::expected::Expected;
use crate::{
    cli::{self, Data},
    exit,
    lang::Lang,
    out::{Out, failed},
};

/// Where attachments lie in a backup.
const ATTACHMENTS: &str = "attachments";

/// What a check of the whole ledger found.
#[derive(Debug)]
pub struct Verified {
    /// Entries checked.
    pub entries: u64,
    /// The ledger's id and the log's key, as the first entry gives them.
    pub names: Option<(Hash, VerifierKey)>,
    /// Root over them.
    pub root: Hash,
    /// Chain hash after the last.
    pub chain: Hash,
    /// The first thing that does not fit.
    pub defect: Option<Found>,
    /// How the view in use compares with what the entries give.
    pub view: ViewCheck,
    /// Where it is not the ledger that was expected: a stable reason, and words.
    pub unexpected: Option<(&'static str, String)>,
}

impl Verified {
    /// Neither log nor view has a defect, and it is the ledger that was expected.
    pub const fn is_sound(&self) -> bool {
        self.defect.is_none() && self.unexpected.is_none() && !matches!(self.view, ViewCheck::Differs(_))
    }

    /// Whether the view is the right one, where there is one to tell of.
    const fn view_ok(&self) -> Option<bool> {
        match self.view {
            ViewCheck::Absent | ViewCheck::NotReached => None,
            ViewCheck::Same => Some(true),
            ViewCheck::Differs(_) => Some(false),
        }
    }
}

/// A defect: an entry and what is wrong with it.
#[derive(Debug)]
pub struct Found {
    /// The entry.
    pub index: u64,
    /// What is wrong.
    pub fault: String,
}

impl Found {
    fn of(defect: &Defect, out: Out) -> Self {
        let fault = match out.lang {
            Lang::En => defect.fault.to_string(),
            Lang::Zh => defect.fault.to_chinese(),
        };
        Self { index: defect.index, fault }
    }
}

/// What cannot be read in the log is a finding like any other, at `next`, the entry that was due;
/// everything else is a failure of the check.
fn unreadable(error: ledger::Error, next: u64, out: Out) -> Result<Found, ledger::Error> {
    match error {
        ledger::Error::Store(StoreError::Damaged { table: "entry", key, fault }) => {
            Ok(Found { index: key, fault: fault.to_owned() })
        }
        ledger::Error::Store(StoreError::Damaged { table: "checkpoint", key, fault }) => {
            let what =
                out.pick("the checkpoint kept for this size is damaged:", "所存的该条目数的检查点已损坏：");
            Ok(Found { index: key.saturating_sub(1), fault: format!("{what} {key}, {fault}") })
        }
        ledger::Error::Store(StoreError::RocksDb { doing: "cannot read the log", source }) => {
            let what = out.pick("it cannot be read:", "无法读取：");
            Ok(Found { index: next, fault: format!("{what} {source}") })
        }
        ledger::Error::Store(StoreError::RocksDb { doing: "cannot read the checkpoint", source }) => {
            let what = out.pick("a checkpoint cannot be read:", "检查点无法读取：");
            Ok(Found { index: next.saturating_sub(1), fault: format!("{what} {source}") })
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

/// A folder of its own for the scratch view, which goes when this is dropped.
fn scratch(below: Option<&Path>) -> Result<TempDir> {
    let mut named = tempfile::Builder::new();
    let named = named.prefix("yuanliu-verify-");
    let made = below.map_or_else(|| named.tempdir(), |below| named.tempdir_in(below));
    made.map_err(|e| {
        exit::machine(
            "cannot make a folder for the scratch view (--scratch, TMPDIR)",
            "无法创建临时视图的目录（--scratch、TMPDIR）",
            e,
        )
    })
}

/// Re-derives every entry from its bytes, every kept checkpoint from the entries, and the view from them.
/// Nothing in `data` is changed; the scratch view lies below `below`, or in the system's place for such.
pub fn check(data: &Path, below: Option<&Path>, mut expected: Expected, out: Out) -> Result<Verified> {
    let scratch = scratch(below)?;
    let mut auditor = Auditor::default();
    expected.look(&auditor);
    let mut defect = None;
    let bar = bar(out);
    let walked = ledger::walk(
        data,
        &scratch.path().join("view"),
        &ledger::Config::default(),
        &mut |view, step| {
            let rows = match step {
                Step::Entry(entry) => auditor.check(view, entry).map(|outcome| {
                    expected.look(&auditor);
                    outcome.puts
                }),
                Step::Checkpoint { size, note } => auditor.checkpoint(size, note).map(|()| Vec::new()),
            };
            rows.map_err(|found| defect = Some(Found::of(&found, out))).ok()
        },
        &mut |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        },
    );
    bar.finish_and_clear();
    let (named, view) = match walked {
        Ok(walked) => (Some(walked.ledger), walked.view),
        Err(error) => {
            defect = Some(unreadable(error, auditor.size(), out)?);
            (None, ViewCheck::NotReached)
        }
    };
    if defect.is_none() && auditor.ledger().zip(named).is_some_and(|(derived, named)| *derived != named) {
        let fault = out.pick(
            "the ledger id kept beside the log is not that of this entry",
            "日志旁所存的账本标识与此条目不符",
        );
        defect = Some(Found { index: 0, fault: fault.into() });
    } else if auditor.size() == 0 && defect.is_none() {
        let fault = out.pick("it is missing: a ledger begins with its genesis", "缺失：账本须始于首条目");
        defect = Some(Found { index: 0, fault: fault.into() });
    }
    let names = auditor.ledger().copied().zip(auditor.log_key().cloned());
    let unexpected = expected.unmet(names.as_ref(), out);
    let (entries, root, chain) = (auditor.size(), auditor.root(), *auditor.chain());
    Ok(Verified { entries, names, root, chain, defect, view, unexpected })
}

/// `yuanliu verify`
pub fn verify(args: &cli::Verify, out: Out) -> Result<ExitCode> {
    let found = check(&args.data.data, args.scratch.as_deref(), Expected::read(args)?, out)?;
    if out.json {
        out.value(&report(&found, out));
    } else {
        tell(&found, args, out);
    }
    Ok(if found.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(exit::REFUSED) })
}

fn tell(found: &Verified, args: &cli::Verify, out: Out) {
    if let Some(defect) = &found.defect {
        let what = out.pick("DEFECT: entry", "发现缺陷：条目");
        return out.line(format!("{what} {}: {}", defect.index, defect.fault));
    }
    if let Some((_, why)) = &found.unexpected {
        return out.line(format!("{} {why}", out.pick("DEFECT:", "发现缺陷：")));
    }
    if let ViewCheck::Differs(why) = &found.view {
        return out.line(view_differs(why, out));
    }
    let what = out.pick("Whole and unaltered:", "完整且未被改动：");
    out.line(format!("{what} {} {}", found.entries, out.pick("entries", "条目")));
    out.line(format!("{} {}", out.pick("root ", "根哈希"), hex::encode(found.root)));
    out.line(format!("{} {}", out.pick("chain", "链哈希"), hex::encode(found.chain)));
    if let Some((ledger, log_key)) = &found.names {
        out.line(format!("{} {}", out.pick("ledger", "账本标识"), hex::encode(ledger)));
        out.line(format!("{} {log_key}", out.pick("log key", "日志公钥")));
    }
    if args.log_key.is_none() || args.checkpoint.is_empty() {
        out.note(out.pick(
            "Whoever has the log's key could have written all of it anew. Name what you know from elsewhere: \
             --ledger, --log-key, --checkpoint.",
            "持有日志密钥者可另写整本账。请指定您从别处得知的内容：--ledger、--log-key、--checkpoint。",
        ));
    }
}

fn view_differs(why: &str, out: Out) -> String {
    let (what, todo) = (
        out.pick("DEFECT: the log is whole, but not the view:", "发现缺陷：日志完整，但视图不符："),
        out.pick("run `yuanliu rebuild`", "请运行 `yuanliu rebuild`"),
    );
    // Some faults of a view say it themselves.
    if why.contains("yuanliu rebuild") { format!("{what} {why}") } else { format!("{what} {why}; {todo}") }
}

/// What `--json` says of a check.
fn report(found: &Verified, out: Out) -> Value {
    let mut report = json!({
        "ok": true,
        "entries": found.entries,
        "root": hex::encode(found.root),
        "chain": hex::encode(found.chain),
        "view_ok": found.view_ok(),
    });
    if let Some((ledger, log_key)) = &found.names {
        report["ledger"] = hex::encode(ledger).into();
        report["log_key"] = log_key.to_string().into();
    }
    if let Some(defect) = &found.defect {
        report["index"] = defect.index.into();
        report["fault"] = defect.fault.clone().into();
        return failed(report, exit::REFUSED, "DEFECT", &defect.fault);
    }
    if let Some((reason, why)) = &found.unexpected {
        return failed(report, exit::REFUSED, reason, why);
    }
    match &found.view {
        ViewCheck::Differs(why) => failed(report, exit::REFUSED, "VIEW_DIFFERS", &view_differs(why, out)),
        _ => report,
    }
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
        let report = json!({
            "entries": rebuilt.entries,
            "digest": hex::encode(rebuilt.digest),
            "digest_before": rebuilt.digest_before.map(hex::encode),
            "same": same,
        });
        out.value(&match same {
            Some(false) => failed(report, exit::REFUSED, "VIEW_DIFFERED", not_the_same(out)),
            _ => report,
        });
        return;
    }
    out.line(format!("{} {}", rebuilt.entries, out.pick("entries replayed", "条目已重放")));
    out.line(format!("{} {}", out.pick("view digest", "视图摘要"), hex::encode(rebuilt.digest)));
    match same {
        Some(true) => out.line(out.pick("the same as before", "与原视图一致")),
        Some(false) => out.line(not_the_same(out)),
        None => {}
    }
}

const fn not_the_same(out: Out) -> &'static str {
    out.pick(
        "NOT the same as before: the old view was damaged or made by another version",
        "与原视图不一致：原视图已损坏或由其他版本生成",
    )
}

/// `yuanliu backup`
pub fn backup(args: &Data, output: &Path, out: Out) -> Result<ExitCode> {
    let place = server::attachments_place(&args.data)?;
    let usual = place.directory == args.data.join(ATTACHMENTS);
    if !usual && !place.directory.is_dir() {
        let at = place.directory.display();
        return Err(exit::machine(
            format!("the attachments lie in {at} (server.attachments.directory), which is not there"),
            format!("附件位于 {at}（server.attachments.directory），该目录不存在"),
            std::io::Error::from(std::io::ErrorKind::NotFound),
        ));
    }
    let mut documents = 0;
    let mut copy = |to: &Path| -> Result<()> {
        documents = attachments::copy(&place.directory, &to.join(ATTACHMENTS))?;
        Ok(())
    };
    let beside = ledger::Beside { names: &[ATTACHMENTS], copy: &mut copy };
    let entries = ledger::backup_beside(&args.data, output, &ledger::Config::default(), beside)?;
    if out.json {
        out.value(&json!({
            "entries": entries, "attachments": documents, "attachments_from": place.directory, "backup": output,
        }));
    } else {
        out.line(format!("{entries} {} {}", out.pick("entries copied to", "条目已备份至"), output.display()));
        out.line(format!("{documents} {}", out.pick("attachments too, encrypted", "个附件一并备份（加密）")));
        if !usual {
            let at = place.directory.display();
            out.line(format!("{} {at}", out.pick("attachments were taken from", "附件取自")));
            out.line(format!("{} {}", out.pick("their key is", "其密钥为"), place.key.display()));
        }
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
    let mut documents = 0;
    let mut copy = |to: &Path| -> Result<()> {
        documents = attachments::copy(&backup.join(ATTACHMENTS), &to.join(ATTACHMENTS))?;
        Ok(())
    };
    let beside = ledger::Beside { names: &[ATTACHMENTS], copy: &mut copy };
    let config = ledger::Config::default();
    let rebuilt = ledger::restore_beside(backup, &args.data, &config, beside, &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let rebuilt = rebuilt?;
    tell_rebuilt(&rebuilt, out);
    if documents > 0 && !out.json {
        let at = args.data.join(ATTACHMENTS);
        out.line(format!("{documents} {} {}", out.pick("attachments are in", "个附件位于"), at.display()));
        out.note(out.pick(
            "If server.attachments.directory names another place, move them there.",
            "如 server.attachments.directory 另有设定，请移至该处。",
        ));
    }
    if !out.json {
        out.note(out.pick(
            "Put the keys back into DIR/keys before you start the server.",
            "启动服务前请将密钥放回 DIR/keys。",
        ));
    }
    Ok(ExitCode::SUCCESS)
}
