//! `yuanliu rebuild`, `backup` and `restore`: what is done to a ledger that no server has open.

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use serde_json::json;

use super::audit::bar;
use crate::{
    cli::Data,
    exit,
    out::{Out, failed},
    reasons,
};

/// Where attachments lie in a backup.
const ATTACHMENTS: &str = "attachments";

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
            Some(false) => failed(report, exit::REFUSED, reasons::VIEW_DIFFERED, not_the_same(out)),
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
