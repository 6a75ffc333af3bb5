//! The state page: one table in plain HTML, Chinese and English, no scripts.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use jiff::Timestamp;

use super::{Desk, answer::trouble};
use crate::{Counts, LaneStatus, Record, State as BillState};

/// Bills shown, newest first.
const SHOWN: usize = 200;

pub(super) async fn show(State(desk): State<Arc<Desk>>) -> Response {
    let facts = desk
        .gateway
        .blocking(|g| {
            Ok((g.outbox().counts()?, g.outbox().newest(SHOWN)?, g.lane(), g.settings().bills.party.clone()))
        })
        .await;
    match facts {
        Ok((counts, bills, lane, party)) => html(&page(&party, counts, &lane, &bills)),
        Err(error) => trouble(&error),
    }
}

fn html(text: &str) -> Response {
    let mut response = Response::new(Body::from(text.to_owned()));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

const HEAD: &str = "<!doctype html><html lang=\"zh\"><head><meta charset=\"utf-8\">\
<meta http-equiv=\"refresh\" content=\"15\"><title>源流网关 Yuanliu gateway</title><style>\
body{font:15px/1.5 sans-serif;margin:2em}table{border-collapse:collapse}\
td,th{border:1px solid #bbb;padding:.2em .6em;text-align:left;vertical-align:top}\
.refused,.duplicate,.aside,.attention{color:#a00}.landed{color:#060}</style></head><body>\
<h1>源流网关 Yuanliu gateway</h1>";

/// The page as text.
pub(crate) fn page(party: &str, counts: Counts, lane: &LaneStatus, bills: &[Record]) -> String {
    let mut out = String::from(HEAD);
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "<p>{}</p><p>待发送 queued <b>{}</b> · 发送中 sending <b>{}</b> · 已搁置 aside <b>{}</b> · \
         已入账 landed <b>{}</b> · 被拒绝 refused <b>{}</b> · 重复 duplicate <b>{}</b></p>",
        escape(party),
        counts.queued,
        counts.sending,
        counts.aside,
        counts.landed,
        counts.refused,
        counts.duplicate,
    );
    if !lane.waiting_for.is_empty() {
        let (class, title) = if lane.attention {
            ("attention", "需要处理 needs attention")
        } else {
            ("waiting", "等待中 waiting")
        };
        let _ = write!(out, "<p class=\"{class}\">{title}: {}</p>", escape(&lane.waiting_for));
    }
    for bill in &lane.overtaken {
        let _ = write!(
            out,
            "<p class=\"attention\">需要处理 needs attention: {} {}: {}</p>",
            bill.seq,
            escape(&bill.number),
            escape(&bill.why),
        );
    }
    out.push_str(
        "<table><tr><th>序号 seq</th><th>单据号 number</th><th>类型 type</th><th>状态 state</th>\
         <th>条目 entry</th><th>时间 changed</th><th>来源 source</th><th>说明 remark</th></tr>",
    );
    for bill in bills {
        let (entry, remark) = remark(&bill.state);
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"{}\">{} {}</td><td>{entry}</td><td>{}</td><td>{}</td>\
             <td>{}</td></tr>",
            bill.seq,
            escape(&bill.key.number),
            escape(&bill.title),
            bill.state.name(),
            bill.state.chinese(),
            bill.state.name(),
            time(bill.changed_at),
            escape(&bill.source),
            escape(&remark),
        );
    }
    out.push_str("</table></body></html>");
    out
}

fn remark(state: &BillState) -> (String, String) {
    match state {
        BillState::Queued | BillState::Sending => (String::new(), String::new()),
        BillState::Aside { reason, .. } => (String::new(), reason.clone()),
        BillState::Landed(landed) => (landed.entry.to_string(), String::new()),
        BillState::Duplicate { entry, message } => {
            (entry.map(|e| e.to_string()).unwrap_or_default(), message.clone())
        }
        BillState::Refused(refused) => {
            let mut text = format!("{}: {}", refused.reason, refused.message);
            for v in refused.violations.iter().take(3) {
                let _ = write!(text, "; {}: {}", v.field, v.description);
            }
            (String::new(), text)
        }
    }
}

/// To the second, in UTC+8.
fn time(us: i64) -> String {
    let china = jiff::tz::Offset::constant(8);
    Timestamp::from_microsecond(us)
        .map_or_else(|_| String::new(), |t| china.to_datetime(t).strftime("%F %T").to_string())
}

/// Text that HTML takes for nothing else.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
