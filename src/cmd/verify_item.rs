//! `yuanliu verify-item`: whether what is at hand can be what its code says.

use std::process::ExitCode;

use anyhow::Result;
use proto::v1::{ItemStatus, Verdict, Verification, VerifyItemsRequest};

use super::{connect, runtime, scan::unescaped};
use crate::{
    cli::VerifyItem,
    draw::{self, Names},
    exit,
    out::{Out, failed},
};

/// Scans asked at a time.
const MAX_SCANS: usize = 100;

/// Runs the command. It ends with 1 where something is suspected or unknown.
pub fn run(args: &VerifyItem, out: Out) -> Result<ExitCode> {
    let scans: Vec<String> = args.scans.iter().map(|scan| unescaped(scan)).collect();
    let (mut doubts, mut first) = (0, true);
    runtime()?.block_on(async {
        let client = connect::reader(&args.connection, out).await?;
        for scans in scans.chunks(MAX_SCANS) {
            let answer = client.verify_items(VerifyItemsRequest { scans: scans.to_vec() }).await?;
            let names = Names::new(&answer.names);
            for (scan, verification) in scans.iter().zip(&answer.verifications) {
                doubts += usize::from(verification.verdict() != Verdict::Consistent);
                if out.json {
                    out.value(&client::message_to_json("Verification", verification)?);
                } else {
                    if !std::mem::take(&mut first) {
                        out.line("");
                    }
                    tell(scan, verification, &names, out);
                }
            }
        }
        anyhow::Ok(())
    })?;
    if doubts == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    if out.json {
        let all = scans.len();
        let message = format!("{} {doubts} / {all}", out.pick("suspected or unknown:", "可疑或未知："));
        out.value(&failed(serde_json::json!({}), exit::REFUSED, "", &message));
    }
    Ok(ExitCode::from(exit::REFUSED))
}

fn tell(scan: &str, v: &Verification, names: &Names, out: Out) {
    let (mark, verdict) = match v.verdict() {
        Verdict::Consistent => ("✔", out.pick("consistent", "相符")),
        Verdict::Suspected => ("✖", out.pick("SUSPECTED", "可疑")),
        _ => ("?", out.pick("unknown", "未知")),
    };
    let what = if v.item.is_empty() { scan } else { &v.item };
    out.line(format!("{mark} {verdict}  {what}"));
    let state = v.state.as_ref();
    let rows = [
        (out.pick("product", "产品"), v.product.clone()),
        (out.pick("registration", "注册证"), v.registrations.join(", ")),
        (out.pick("lot", "批次"), v.lot.clone()),
        (out.pick("expires on", "有效期至"), v.expires_on.clone()),
        (
            out.pick("maker", "赋码方"),
            state.map(|s| s.maker.clone()).map(|p| named(names, &p)).unwrap_or_default(),
        ),
        (out.pick("holder", "持有方"), state.map(|s| named(names, &s.holder)).unwrap_or_default()),
        (out.pick("condition", "状态"), state.map(|s| condition(s.status(), out)).unwrap_or_default()),
    ];
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        out.line(format!("    {name}: {value}"));
    }
    for reason in &v.reasons {
        let mark = if reason.decides { "!" } else { "·" };
        let entries: Vec<String> = reason.entries.iter().map(u64::to_string).collect();
        let entries = if entries.is_empty() {
            String::new()
        } else {
            format!("  ({} {})", out.pick("entries", "条目"), entries.join(", "))
        };
        out.line(format!("  {mark} {}  {}{entries}", reason.code, reason.text));
    }
}

fn named(names: &Names, party: &str) -> String {
    if party.is_empty() { String::new() } else { names.of(party) }
}

fn condition(status: ItemStatus, out: Out) -> String {
    draw::status(status, out.lang).to_owned()
}
