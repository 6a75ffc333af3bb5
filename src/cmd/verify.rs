//! `yuanliu verify`: a whole ledger, checked from its bytes while no server has it open.

mod times;

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use audit::{Auditor, Defect};
use indicatif::{ProgressBar, ProgressStyle};
use ledger::{Changes, Step, ViewCheck};
use merkle::{Hash, VerifierKey};
use serde_json::{Value, json};
use statement::Leaf;
use store::StoreError;
use tempfile::TempDir;

pub use self::times::TimeTrust;
use self::times::{Times, Told};
use super::expected::Expected;
use crate::{
    cli, exit,
    lang::Lang,
    out::{Out, failed},
};

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
    /// How recorded times go with cosignatures and time stamps.
    pub times: Told,
}

impl Verified {
    /// Neither log nor view has a defect, no time is false, and it is the ledger that was expected.
    pub const fn is_sound(&self) -> bool {
        self.defect.is_none()
            && self.unexpected.is_none()
            && self.times.is_sound()
            && !matches!(self.view, ViewCheck::Differs(_))
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
        ledger::Error::Seal { index, fault } => {
            let what = out.pick("the seal does not fit:", "封印不符：");
            Ok(Found { index, fault: format!("{what} {fault}") })
        }
        ledger::Error::Access { index, fault } => {
            let what = out.pick("the access digest does not fit:", "访问摘要不符：");
            Ok(Found { index, fault: format!("{what} {fault}") })
        }
        other => Err(other),
    }
}

pub(super) fn bar(out: Out) -> ProgressBar {
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
pub fn check(
    data: &Path,
    below: Option<&Path>,
    (mut expected, trust): (Expected, &TimeTrust),
    out: Out,
) -> Result<Verified> {
    let scratch = scratch(below)?;
    let mut times = Times::collect(data, trust, out);
    let mut auditor = Auditor::default();
    expected.look(&auditor);
    let mut defect = None;
    let bar = bar(out);
    let walked = ledger::walk(
        data,
        scratch.path(),
        &ledger::Config::default(),
        &mut |view, step| {
            let rows = match step {
                Step::Entry(entry) => auditor.check(view, entry).map(|outcome| {
                    expected.look(&auditor);
                    if let Ok(leaf) = Leaf::decode(&entry.leaf) {
                        times.entry(auditor.size() - 1, leaf.recorded_at);
                    }
                    Changes::from(outcome)
                }),
                Step::Checkpoint { size, note } => {
                    auditor.checkpoint(size, note).map(|()| Changes::default())
                }
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
    let (times, false_word) = times.finish();
    let defect = defect.or(false_word);
    let names = auditor.ledger().copied().zip(auditor.log_key().cloned());
    let unexpected = expected.unmet(names.as_ref(), out);
    let (entries, root, chain) = (auditor.size(), auditor.root(), *auditor.chain());
    Ok(Verified { entries, names, root, chain, defect, view, unexpected, times })
}

/// `yuanliu verify`
pub fn run(args: &cli::Verify, out: Out) -> Result<ExitCode> {
    let trust = TimeTrust::read(args)?;
    let found = check(&args.data.data, args.scratch.as_deref(), (Expected::read(args)?, &trust), out)?;
    found.times.warnings(out).into_iter().for_each(|warning| out.note(warning));
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
    if let Some(why) = found.times.fault(out) {
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
    out.line(found.times.summary(out));
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
        "times": found.times.to_json(),
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
    if let Some(why) = found.times.fault(out) {
        return failed(report, exit::REFUSED, "TIMES_DIFFER", &why);
    }
    match &found.view {
        ViewCheck::Differs(why) => failed(report, exit::REFUSED, "VIEW_DIFFERS", &view_differs(why, out)),
        _ => report,
    }
}
