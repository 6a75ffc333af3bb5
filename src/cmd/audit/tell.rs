//! What an audit came to, for people and for programs.

use std::process::ExitCode;

use audit::TimeFindings;
use ledger::ViewCheck;
use serde_json::{Value, json};

use super::{
    Leaves,
    engine::{Again, Audited, Found},
    times::{ahead, behind, json_of},
};
use crate::{
    exit,
    lang::Lang,
    out::{Out, failed},
    reasons,
};

/// Of contents alone.
pub(super) fn contents(found: &Audited, whole: bool, out: Out) -> ExitCode {
    found.times.warnings(out).into_iter().for_each(|warning| out.note(warning));
    if out.json {
        out.value(&report(found, out));
    } else {
        tell(found, whole, out);
    }
    code(found.is_sound())
}

/// Of what is published alone, and why nothing else was looked at.
pub(super) fn leaves(leaves: &Leaves, whole: bool, out: Out) -> ExitCode {
    let sound = leaves.is_sound();
    if out.json {
        out.value(&report_leaves(leaves, out));
        return code(sound);
    }
    tell_leaves(leaves, out);
    if sound {
        let unchecked = "Not looked at: contents, signatures of parties, links, seals, rules. That takes an auditor's or \
                         authority's key (--key, --party, --server).";
        out.line(out.pick(
            unchecked,
            "未查验：内容、各方签名、链接、封印与规则；为此须有审计方或主管部门的密钥（--key、--party、--server）。",
        ));
        hint(whole, out);
    }
    code(sound)
}

/// Of both, where what is published was sound.
pub(super) fn both(published: &Leaves, found: &Audited, whole: bool, out: Out) -> ExitCode {
    if out.json {
        let mut report = report(found, out);
        let mut of_published = report_leaves(published, out);
        of_published["contents_checked"] = true.into();
        report["published"] = of_published;
        out.value(&report);
    } else {
        tell_leaves(published, out);
        tell(found, whole, out);
    }
    code(found.is_sound())
}

fn code(sound: bool) -> ExitCode {
    if sound { ExitCode::SUCCESS } else { ExitCode::from(exit::REFUSED) }
}

fn tell(found: &Audited, whole: bool, out: Out) {
    if let Some(defect) = &found.defect {
        return tell_defect(defect, out);
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
    resumed(found.resumed, found.again, out);
    out.line(format!("{} {}", out.pick("root ", "根哈希"), hex::encode(found.root)));
    out.line(format!("{} {}", out.pick("chain", "链哈希"), hex::encode(found.chain)));
    if let Some((ledger, log_key)) = &found.names {
        out.line(format!("{} {}", out.pick("ledger", "账本标识"), hex::encode(ledger)));
        out.line(format!("{} {log_key}", out.pick("log key", "日志公钥")));
    }
    if let Some(digest) = &found.digest {
        out.line(format!("{} {}", out.pick("view ", "视图摘要"), hex::encode(digest)));
    }
    out.line(found.times.summary(out));
    hint(whole, out);
}

fn hint(whole: bool, out: Out) {
    if !whole {
        out.note(out.pick(
            "Whoever has the log's key could have written all of it anew. Name what you know from elsewhere: \
             --ledger, --log-key, --checkpoint.",
            "持有日志密钥者可另写整本账。请指定您从别处得知的内容：--ledger、--log-key、--checkpoint。",
        ));
    }
}

fn tell_defect(defect: &Found, out: Out) {
    let what = out.pick("DEFECT: entry", "发现缺陷：条目");
    out.line(format!("{what} {}: {}", defect.index, defect.fault));
}

fn resumed(resumed: u64, again: Again, out: Out) {
    if resumed == 0 {
        return;
    }
    let looked = match again {
        Again::Bytes => out.pick("every byte of them was read again", "其字节已全部重读，未变"),
        Again::Chain => out.pick(
            "the chain hash of the last is the same; contents are those copied then",
            "末条链哈希未变，内容以当时的副本为准",
        ),
        Again::Root => out.pick("the root goes on from theirs", "根哈希由其延续而来"),
    };
    out.line(match out.lang {
        Lang::En => {
            format!("of which {resumed} were checked by an earlier run, whose state is trusted: {looked}")
        }
        Lang::Zh => format!("其中 {resumed} 条由先前的运行查验，沿用其状态：{looked}"),
    });
}

fn tell_leaves(leaves: &Leaves, out: Out) {
    if let Some(defect) = &leaves.defect {
        return tell_defect(defect, out);
    }
    if let Some((_, why)) = &leaves.unexpected {
        return out.line(format!("{} {why}", out.pick("DEFECT:", "发现缺陷：")));
    }
    if let Some(misfit) = leaves.found.times.ahead.first() {
        return out.line(format!("{} {}", out.pick("DEFECT:", "发现缺陷："), ahead(misfit, out)));
    }
    let found = &leaves.found;
    let what = out.pick("Leaves, tiles and checkpoint go together:", "叶、哈希块与检查点相符：");
    out.line(format!("{what} {} {}", found.entries, out.pick("entries", "条目")));
    resumed(found.resumed, Again::Root, out);
    found.times.behind.iter().for_each(|misfit| out.note(behind(misfit, out)));
}

fn view_differs(why: &str, out: Out) -> String {
    let (what, todo) = (
        out.pick("DEFECT: the log is whole, but not the view:", "发现缺陷：日志完整，但视图不符："),
        out.pick("run `yuanliu rebuild`", "请运行 `yuanliu rebuild`"),
    );
    // Some faults of a view say it themselves.
    if why.contains("yuanliu rebuild") { format!("{what} {why}") } else { format!("{what} {why}; {todo}") }
}

fn times(found: &TimeFindings) -> Value {
    let list = |all: &[audit::Misfit]| all.iter().map(json_of).collect::<Vec<_>>();
    json!({ "ahead": list(&found.ahead), "behind": list(&found.behind) })
}

/// What `--json` says of a check.
fn report(found: &Audited, out: Out) -> Value {
    let mut report = json!({
        "ok": true,
        "entries": found.entries,
        "root": hex::encode(found.root),
        "chain": hex::encode(found.chain),
        "view_ok": found.view_ok(),
        "checkpoints": found.checkpoints,
        "resumed": found.resumed,
        "times": found.times.to_json(),
    });
    if let Some((ledger, log_key)) = &found.names {
        report["ledger"] = hex::encode(ledger).into();
        report["log_key"] = log_key.to_string().into();
    }
    if let Some(digest) = &found.digest {
        report["view"] = hex::encode(digest).into();
    }
    if let Some(defect) = &found.defect {
        return with_defect(report, defect);
    }
    if let Some((reason, why)) = &found.unexpected {
        return failed(report, exit::REFUSED, reason, why);
    }
    if let Some(why) = found.times.fault(out) {
        return failed(report, exit::REFUSED, reasons::TIMES_DIFFER, &why);
    }
    match &found.view {
        ViewCheck::Differs(why) => {
            failed(report, exit::REFUSED, reasons::VIEW_DIFFERS, &view_differs(why, out))
        }
        _ => report,
    }
}

fn with_defect(mut report: Value, defect: &Found) -> Value {
    report["index"] = defect.index.into();
    report["fault"] = defect.fault.clone().into();
    failed(report, exit::REFUSED, reasons::DEFECT, &defect.fault)
}

fn report_leaves(leaves: &Leaves, out: Out) -> Value {
    let found = &leaves.found;
    let report = json!({
        "ok": true,
        "entries": found.entries,
        "root": hex::encode(found.root),
        "resumed": found.resumed,
        "contents_checked": false,
        "times": times(&found.times),
    });
    if let Some(defect) = &leaves.defect {
        return with_defect(report, defect);
    }
    if let Some((reason, why)) = &leaves.unexpected {
        return failed(report, exit::REFUSED, reason, why);
    }
    match leaves.found.times.ahead.first() {
        Some(misfit) => failed(report, exit::REFUSED, reasons::TIMES_DIFFER, &ahead(misfit, out)),
        None => report,
    }
}
