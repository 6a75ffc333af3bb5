//! Questions to a server: ledger, item, trace.

use std::process::ExitCode;

use anyhow::Result;
use proto::v1::{GetItemRequest, Item, ItemStatus, TraceFlowRequest, TraceSourceRequest};
use serde_json::json;

use super::{connect, runtime};
use crate::{
    cli,
    draw::{self, Names},
    out::Out,
};

/// `yuanliu ledger`
pub fn ledger(args: &cli::Connection, out: Out) -> Result<ExitCode> {
    let (info, checkpoint) = runtime()?.block_on(async {
        let client = connect::public(args, out).await?;
        let info = client.ledger().await?;
        let checkpoint = client.checkpoint(0, &info.log_key).await?;
        anyhow::Ok((info, checkpoint))
    })?;
    let (checkpoint, note) = checkpoint;
    if out.json {
        out.value(&json!({
            "ledger": hex::encode(info.id),
            "origin": info.origin,
            "log_key": info.log_key.to_string(),
            "size": info.size,
            "root": hex::encode(info.root),
            "chain": hex::encode(info.chain),
            "checkpoint": note,
            "version": info.version,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    let rows = [
        (out.pick("ledger id", "账本标识"), hex::encode(info.id)),
        (out.pick("origin", "日志名称"), info.origin),
        (out.pick("log key", "日志公钥"), info.log_key.to_string()),
        (out.pick("entries", "条目数"), info.size.to_string()),
        (out.pick("root", "根哈希"), hex::encode(info.root)),
        (out.pick("chain", "链哈希"), hex::encode(info.chain)),
        (out.pick("signed up to", "已签名至"), checkpoint.size().to_string()),
        (out.pick("server", "服务端版本"), info.version),
    ];
    for (name, value) in rows {
        out.line(format!("{name}: {value}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// `yuanliu item`
pub fn item(args: &cli::Question, out: Out) -> Result<ExitCode> {
    let answer = runtime()?.block_on(async {
        let client = connect::reader(&args.connection, out).await?;
        anyhow::Ok(client.get_item(GetItemRequest { item: args.item.clone() }).await?)
    })?;
    if out.json {
        out.value(&client::message_to_json("GetItemResponse", &answer)?);
        return Ok(ExitCode::SUCCESS);
    }
    let names = Names::new(&answer.names);
    if let Some(item) = &answer.item {
        draw_item(item, &names, out);
    }
    incomplete(answer.truncated, out);
    if answer.withheld {
        out.line(out.pick(
            "Where it is now is more than one step from you: what concerns others is not shown.",
            "现持有方与您相隔不止一手：涉及他方的内容不予显示。",
        ));
    }
    if answer.late {
        out.line(out.pick(
            "Something was uploaded too late to be taken up in order: holder and condition may be out of date.",
            "有声明上传过迟，未能按发生先后计入：持有方与状态可能不是最新。",
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn draw_item(item: &Item, names: &Names, out: Out) {
    let used: Vec<String> = item.used.iter().map(|q| format!("{} {}", q.amount, q.unit)).collect();
    let conflicts: Vec<String> = item.conflicts.iter().map(u64::to_string).collect();
    let rows = [
        (out.pick("item", "物品"), item.item.clone()),
        (out.pick("condition", "状态"), condition(item, out)),
        (out.pick("holder", "持有方"), named(names, &item.holder)),
        (out.pick("addressee", "收货方"), named(names, &item.addressee)),
        (out.pick("site", "场所"), item.site.clone()),
        (out.pick("inside", "所在包装"), item.containers.join(" ⊂ ")),
        (out.pick("commissioned by", "赋码方"), named(names, &item.maker)),
        (out.pick("lot", "批"), item.lot.clone()),
        (out.pick("registration", "注册证号"), item.registration.clone()),
        (out.pick("made on", "生产日期"), item.made_on.clone()),
        (out.pick("expires on", "有效期至"), item.expires_on.clone()),
        (out.pick("used", "已使用"), used.join(", ")),
        (out.pick("last event", "最近事件"), last_event(item)),
        (out.pick("entries that do not fit", "矛盾条目"), conflicts.join(", ")),
    ];
    for (name, value) in rows {
        if !value.is_empty() {
            out.line(format!("{name}: {value}"));
        }
    }
}

/// Nothing where it is withheld.
fn condition(item: &Item, out: Out) -> String {
    match item.status() {
        ItemStatus::Unspecified => String::new(),
        status => draw::status(status, out.lang).to_string(),
    }
}

/// "—" says nothing in a row that is left out.
fn last_event(item: &Item) -> String {
    if item.last_occurred_at == 0 { String::new() } else { draw::time(item.last_occurred_at) }
}

fn named(names: &Names, party: &str) -> String {
    if party.is_empty() { String::new() } else { names.of(party) }
}

/// `yuanliu trace source`
pub fn source(args: &cli::Question, out: Out) -> Result<ExitCode> {
    let answer = runtime()?.block_on(async {
        let client = connect::reader(&args.connection, out).await?;
        let request = TraceSourceRequest { item: args.item.clone(), limit: args.limit };
        anyhow::Ok(client.trace_source(request).await?)
    })?;
    if out.json {
        out.value(&client::message_to_json("TraceSourceResponse", &answer)?);
        return Ok(ExitCode::SUCCESS);
    }
    let names = Names::new(&answer.names);
    out.line(format!("{} {}", out.pick("Source of", "追源："), args.item));
    out.line(draw::path(&answer.hops, &names, out.lang).trim_end());
    let origins: Vec<String> = answer.origins.iter().map(|o| names.of(o)).collect();
    if !origins.is_empty() {
        out.line(format!("{} {}", out.pick("Origin:", "源头："), origins.join(", ")));
        if answer.withheld {
            out.line(out.pick("  Some steps are not shown to you.", "  部分环节不向您显示。"));
        }
    } else if answer.withheld {
        out.line(out.pick("  Earlier steps are not shown to you.", "  更早的环节不向您显示。"));
    } else if !answer.truncated {
        out.line(out.pick("  No origin is recorded: the chain breaks here.", "  未记录源头：链条在此中断。"));
    }
    truncated(answer.truncated, out);
    Ok(ExitCode::SUCCESS)
}

/// `yuanliu trace flow`
pub fn flow(args: &cli::Question, out: Out) -> Result<ExitCode> {
    let answer = runtime()?.block_on(async {
        let client = connect::reader(&args.connection, out).await?;
        let request = TraceFlowRequest { item: args.item.clone(), limit: args.limit };
        anyhow::Ok(client.trace_flow(request).await?)
    })?;
    if out.json {
        out.value(&client::message_to_json("TraceFlowResponse", &answer)?);
        return Ok(ExitCode::SUCCESS);
    }
    let names = Names::new(&answer.names);
    out.line(format!("{} {}", out.pick("Flow of", "查流："), args.item));
    out.line(draw::path(&answer.hops, &names, out.lang).trim_end());
    if !answer.places.is_empty() {
        out.line(draw::places(&answer.places, &names, out.lang));
    }
    if answer.withheld {
        out.line(
            out.pick("  Further steps and places are not shown to you.", "  其余环节与去处不向您显示。"),
        );
    }
    truncated(answer.truncated, out);
    Ok(ExitCode::SUCCESS)
}

/// The server did not read everything: its bounds, not the caller's.
pub(super) fn incomplete(truncated: bool, out: Out) {
    if truncated {
        out.note(out.pick(
            "Not everything about this item was read: it is in more statements than one answer may cost.",
            "结果不完整：涉及该物品的声明过多，超出单次查询的上限。",
        ));
    }
}

fn truncated(truncated: bool, out: Out) {
    if truncated {
        out.note(out.pick("There is more than was shown; raise --limit.", "结果不完整；请提高 --limit。"));
    }
}
