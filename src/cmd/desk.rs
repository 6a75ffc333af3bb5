//! `yuanliu desk`: what a trader works with.

mod dossier;
mod requests;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use client::{Client, ClientError};
use proto::v1::{
    GetShipmentRequest, Holding, ListHoldingsRequest, ListInboundRequest, ListSubmittedRequest, Shipment,
    ShipmentLine, ShipmentState, StatementKind, StatementRef, Submitted,
};
use serde::Serialize;

use super::{connect, history::effect, runtime};
use crate::{
    cli::{self, Desk},
    draw::{self, Names},
    exit,
    out::Out,
};

/// Rows asked for at a time.
const PAGE: u32 = 1_000;

/// Runs the command.
pub fn run(command: &Desk, out: Out) -> Result<ExitCode> {
    match command {
        Desk::Inbound { connection, sender, limit } => inbound(connection, sender, *limit, out),
        Desk::Shipment { connection, statement } => shipment(connection, statement, out),
        Desk::Holdings { connection, lot, site, contents, limit } => {
            let request = ListHoldingsRequest {
                lot: lot.clone(),
                site: site.clone(),
                contents: *contents,
                page_size: page(*limit),
                ..ListHoldingsRequest::default()
            };
            holdings(connection, request, *limit, out)
        }
        Desk::Submitted { connection, kind, business_key, limit } => {
            let request = ListSubmittedRequest {
                kind: kind_of(kind)? as i32,
                business_key: business_key.clone(),
                page_size: page(*limit),
                ..ListSubmittedRequest::default()
            };
            submitted(connection, request, *limit, out)
        }
        Desk::Requests { connection, open, limit } => requests::run(connection, *open, *limit, out),
        Desk::Dossier { connection, lot, item } => dossier::run(connection, lot, item, out),
    }
}

fn page(limit: u32) -> u32 {
    if limit == 0 { PAGE } else { limit.min(PAGE) }
}

/// Asks one question as the reader of these flags.
fn ask<A>(
    connection: &cli::Connection,
    out: Out,
    question: impl AsyncFnOnce(&Client) -> Result<A, ClientError>,
) -> Result<A> {
    runtime()?.block_on(async {
        let client = connect::reader(connection, out).await?;
        Ok(question(&client).await?)
    })
}

/// Asks for page after page until there are `limit` rows (0 = all); whether there are more.
fn pages<R>(
    connection: &cli::Connection,
    limit: u32,
    out: Out,
    mut page: impl AsyncFnMut(&Client, String) -> Result<(Vec<R>, String), ClientError>,
) -> Result<(Vec<R>, bool)> {
    ask(connection, out, async |client| {
        let (mut rows, mut token) = (Vec::new(), String::new());
        loop {
            let (more, next) = page(client, token).await?;
            rows.extend(more);
            let enough = limit != 0 && rows.len() >= limit as usize;
            if next.is_empty() || enough {
                return Ok((rows, !next.is_empty()));
            }
            token = next;
        }
    })
}

fn kind_of(name: &str) -> Result<StatementKind> {
    if name.is_empty() {
        return Ok(StatementKind::Unspecified);
    }
    let row = statement::KINDS.iter().find(|row| row.name == name);
    row.map(|row| row.kind).ok_or_else(|| {
        let names: Vec<&str> = statement::KINDS.iter().map(|row| row.name).collect();
        let names = names.join(", ");
        exit::usage(
            format!("{name} is no kind of statement; one of {names}"),
            format!("没有名为 {name} 的声明；可用：{names}"),
        )
    })
}

/// Each row as one line of JSON, or all as a table.
fn lines<T: Serialize>(name: &str, rows: &[T], out: Out) -> Result<()> {
    for row in rows {
        out.value(&client::message_to_json(name, row)?);
    }
    Ok(())
}

fn told_more(more: bool, out: Out) {
    if more {
        out.note(out.pick("There is more; raise --limit.", "尚有更多；请提高 --limit。"));
    }
}

fn inbound(connection: &cli::Connection, sender: &str, limit: u32, out: Out) -> Result<ExitCode> {
    let request =
        ListInboundRequest { sender: sender.to_owned(), page_size: page(limit), ..Default::default() };
    let mut names = Vec::new();
    let (rows, more) = pages(connection, limit, out, async |client, page_token| {
        let answer = client.list_inbound(ListInboundRequest { page_token, ..request.clone() }).await?;
        names.extend(answer.names);
        Ok((answer.shipments, answer.next_page_token))
    })?;
    if out.json {
        lines("Shipment", &rows, out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let names = Names::new(&names);
    let head = [
        out.pick("entry", "条目"),
        out.pick("sent", "发出"),
        out.pick("from", "发货方"),
        out.pick("bill", "单号"),
        out.pick("waybill", "运单"),
        out.pick("lines", "行数"),
        out.pick("state", "状态"),
        out.pick("statement", "声明"),
    ];
    out.line(draw::table(head, rows.iter().map(|s| shipment_row(s, &names, out))));
    told_more(more, out);
    Ok(ExitCode::SUCCESS)
}

fn shipment_row(s: &Shipment, names: &Names, out: Out) -> [String; 8] {
    [
        s.index.to_string(),
        draw::time(s.occurred_at),
        names.of(&s.sender),
        s.bill.clone(),
        s.waybill.clone(),
        (s.item_count + s.lot_count).to_string(),
        state(s.state(), out).to_owned(),
        s.statement.as_ref().map(reference).unwrap_or_default(),
    ]
}

const fn state(state: ShipmentState, out: Out) -> &'static str {
    match state {
        ShipmentState::Unspecified => "?",
        ShipmentState::Open => out.pick("open", "待收"),
        ShipmentState::PartlyReceived => out.pick("partly received", "部分收货"),
        ShipmentState::Received => out.pick("received", "已收"),
    }
}

/// PARTY#UUID, as `desk shipment` takes it.
fn reference(named: &StatementRef) -> String {
    let id = uuid::Uuid::from_slice(&named.id).map(|id| id.to_string()).unwrap_or_default();
    format!("{}#{id}", named.party)
}

fn parse_reference(text: &str) -> Result<StatementRef> {
    let parts = text.rsplit_once('#').and_then(|(party, id)| Some((party, uuid::Uuid::parse_str(id).ok()?)));
    let (party, id) = parts.ok_or_else(|| {
        exit::usage(
            format!("{text}: a statement is named PARTY#UUID, see desk inbound"),
            format!("{text}：声明须写作 PARTY#UUID，见 desk inbound"),
        )
    })?;
    Ok(StatementRef { party: party.to_owned(), id: id.as_bytes().to_vec(), digest: Vec::new() })
}

fn shipment(connection: &cli::Connection, statement: &str, out: Out) -> Result<ExitCode> {
    let request = GetShipmentRequest { statement: Some(parse_reference(statement)?) };
    let answer = ask(connection, out, async |client| client.get_shipment(request).await)?;
    if out.json {
        out.value(&client::message_to_json("GetShipmentResponse", &answer)?);
        return Ok(ExitCode::SUCCESS);
    }
    let names = Names::new(&answer.names);
    let s = answer.shipment.context("an answer without a shipment")?;
    out.line(format!(
        "{} {} → {}  {}  {}",
        draw::time(s.occurred_at),
        names.of(&s.sender),
        names.of(&s.addressee),
        s.bill,
        state(s.state(), out)
    ));
    let head = [
        out.pick("item or lot", "物品或批"),
        out.pick("amount", "数量"),
        out.pick("lot", "批"),
        out.pick("expires on", "有效期至"),
        out.pick("received", "收货"),
        out.pick("entries", "条目"),
    ];
    out.line(draw::table(head, answer.lines.iter().map(line_row)));
    Ok(ExitCode::SUCCESS)
}

fn line_row(l: &ShipmentLine) -> [String; 6] {
    let (text, amount) = match &l.lot {
        Some(lot) => {
            let quantity = lot.quantity.clone().unwrap_or_default();
            (lot.lot.clone(), format!("{} {}", quantity.amount, quantity.unit))
        }
        None => (l.item.clone(), "1".to_owned()),
    };
    let entries: Vec<String> = l.received_by.iter().map(u64::to_string).collect();
    [text, amount, l.item_lot.clone(), l.expires_on.clone(), l.outcome.clone(), entries.join(", ")]
}

fn holdings(
    connection: &cli::Connection,
    request: ListHoldingsRequest,
    limit: u32,
    out: Out,
) -> Result<ExitCode> {
    let mut truncated = false;
    let (rows, more) = pages(connection, limit, out, async |client, page_token| {
        let answer = client.list_holdings(ListHoldingsRequest { page_token, ..request.clone() }).await?;
        truncated |= answer.truncated;
        Ok((answer.holdings, answer.next_page_token))
    })?;
    if out.json {
        lines("Holding", &rows, out)?;
    } else {
        let head = [
            out.pick("item", "物品"),
            out.pick("lot", "批"),
            out.pick("amount", "数量"),
            out.pick("expires on", "有效期至"),
            out.pick("condition", "状态"),
            out.pick("inside", "所在包装"),
            out.pick("contains", "内含"),
            out.pick("held by entries", "暂停或召回条目"),
        ];
        out.line(draw::table(head, rows.iter().map(|h| holding_row(h, out))));
    }
    if truncated {
        out.note(out.pick(
            "Of some goods there was too much to look into: not all contents, holds and recalls are told.",
            "部分货物记录过多，未能全部查看：其内含物、暂停与召回未全部列出。",
        ));
    }
    told_more(more, out);
    Ok(ExitCode::SUCCESS)
}

fn holding_row(h: &Holding, out: Out) -> [String; 8] {
    let balances: Vec<String> = h.balances.iter().map(|b| format!("{} {}", b.amount, b.unit)).collect();
    let held_by: Vec<String> = h.held_by.iter().map(u64::to_string).collect();
    let condition = match h.condition.as_str() {
        "held" => out.pick("held", "在库"),
        "opened" => out.pick("opened", "已开封"),
        "damaged" => out.pick("damaged", "破损"),
        other => other,
    };
    let contents = if h.contents == 0 { String::new() } else { h.contents.to_string() };
    [
        h.item.clone(),
        h.lot.clone(),
        balances.join(", "),
        h.expires_on.clone(),
        condition.to_owned(),
        h.container.clone(),
        contents,
        held_by.join(", "),
    ]
}

fn submitted(
    connection: &cli::Connection,
    request: ListSubmittedRequest,
    limit: u32,
    out: Out,
) -> Result<ExitCode> {
    let (rows, more) = pages(connection, limit, out, async |client, page_token| {
        let answer = client.list_submitted(ListSubmittedRequest { page_token, ..request.clone() }).await?;
        Ok((answer.statements, answer.next_page_token))
    })?;
    if out.json {
        lines("Submitted", &rows, out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let head = [
        out.pick("entry", "条目"),
        out.pick("happened", "发生"),
        out.pick("statement", "声明"),
        out.pick("business key", "单号"),
        out.pick("counts", "效力"),
        out.pick("changed by", "变更条目"),
    ];
    let row = |s: &Submitted| {
        let changed = if s.changed_by == 0 { String::new() } else { s.changed_by.to_string() };
        [
            s.receipt.as_ref().map(|r| r.index.to_string()).unwrap_or_default(),
            draw::time(s.occurred_at),
            draw::kind(s.kind(), out.lang).to_owned(),
            s.business_key.clone(),
            effect(s.effect(), out).to_owned(),
            changed,
        ]
    };
    out.line(draw::table(head, rows.iter().map(row)));
    told_more(more, out);
    Ok(ExitCode::SUCCESS)
}
