//! `yuanliu history`: every statement about an item.

use std::process::ExitCode;

use anyhow::Result;
use client::Client;
use proto::v1::{Effect, GetItemHistoryRequest, GetItemHistoryResponse, HistoryEvent, StatementKind};

use super::{ask::incomplete, connect, runtime};
use crate::{
    cli,
    draw::{self, Names},
    out::Out,
};

/// Statements of a history asked for at a time.
const PAGE: u32 = 1_000;

/// All pages of a history up to a limit, as one answer; its page token says whether there is more.
async fn pages(client: &Client, item: &str, limit: Option<u32>) -> Result<GetItemHistoryResponse> {
    let mut all = GetItemHistoryResponse::default();
    loop {
        let left = limit.map(|n| n.saturating_sub(u32::try_from(all.events.len()).unwrap_or(u32::MAX)));
        let limit = left.map_or(PAGE, |n| n.min(PAGE));
        let page_token = std::mem::take(&mut all.next_page_token);
        let request = GetItemHistoryRequest { item: item.to_owned(), limit, page_token };
        let page = client.get_item_history(request).await?;
        // A page without events would be asked for again and again.
        let done = page.next_page_token.is_empty()
            || page.events.is_empty()
            || left.is_some_and(|left| page.events.len() >= left as usize);
        all.size = page.size;
        all.truncated |= page.truncated;
        all.events.extend(page.events);
        all.names.extend(page.names);
        all.next_page_token = page.next_page_token;
        if done {
            all.names.sort_by(|a, b| a.party.cmp(&b.party));
            all.names.dedup_by(|a, b| a.party == b.party);
            return Ok(all);
        }
    }
}

/// `yuanliu history`
pub fn run(args: &cli::History, out: Out) -> Result<ExitCode> {
    let answer = runtime()?.block_on(async {
        let client = connect::reader(&args.connection, out).await?;
        pages(&client, &args.item, args.limit).await
    })?;
    if out.json {
        out.value(&client::message_to_json("GetItemHistoryResponse", &answer)?);
        return Ok(ExitCode::SUCCESS);
    }
    let names = Names::new(&answer.names);
    let head = [
        out.pick("entry", "条目"),
        out.pick("happened", "发生"),
        out.pick("statement", "声明"),
        out.pick("signed by", "签署方"),
        out.pick("about", "对象"),
        out.pick("counts", "效力"),
    ];
    let rows = answer.events.iter().map(|event| row(event, &names, out));
    out.line(draw::table(head, rows));
    if answer.events.iter().any(is_withheld) {
        out.note(out.pick(
            "Some statements are not shown to you: they concern goods and parties outside your own dealings.",
            "部分声明未向您出示：其内容不在您的业务往来范围之内。",
        ));
    }
    if !answer.next_page_token.is_empty() {
        out.note(out.pick("There is more; raise --limit.", "尚有更多条目；请提高 --limit。"));
    }
    incomplete(answer.truncated, out);
    Ok(ExitCode::SUCCESS)
}

/// Whether there is a statement whose contents are not for this reader.
fn is_withheld(event: &HistoryEvent) -> bool {
    event.entry.as_ref().is_some_and(|entry| entry.withheld)
}

fn row(event: &HistoryEvent, names: &Names, out: Out) -> [String; 6] {
    let withheld = out.pick("withheld", "未向您出示");
    // What the server leaves out is empty: that is not the same as not known.
    let shown = |known: bool, text: String| if known || !is_withheld(event) { text } else { withheld.into() };
    [
        event.index.to_string(),
        shown(event.occurred_at != 0, draw::time(event.occurred_at)),
        shown(event.kind() != StatementKind::Unspecified, draw::kind(event.kind(), out.lang).to_string()),
        shown(!event.party.is_empty(), names.of(&event.party)),
        event.subject.clone(),
        shown(event.effect() != Effect::Unspecified, effect(event.effect(), out).to_string()),
    ]
}

pub(super) const fn effect(effect: Effect, out: Out) -> &'static str {
    match effect {
        Effect::Unspecified => "?",
        Effect::Effective => out.pick("yes", "有效"),
        Effect::Pending => out.pick("waits for signatures", "待会签"),
        Effect::Corrected => out.pick("corrected", "已更正"),
        Effect::Voided => out.pick("voided", "已作废"),
    }
}

#[cfg(test)]
mod tests {
    use proto::v1::Entry;

    use super::*;
    use crate::lang::Lang;

    #[test]
    fn a_withheld_statement_says_so_in_every_column_that_is_left_out() {
        let entry = |withheld| Some(Entry { index: 7, withheld, ..Entry::default() });
        let names = Names::new(&[]);
        let hidden = HistoryEvent {
            index: 7,
            subject: "sscc:1".into(),
            entry: entry(true),
            ..HistoryEvent::default()
        };
        for (lang, word) in [(Lang::En, "withheld"), (Lang::Zh, "未向您出示")] {
            let out = Out { json: false, lang };
            assert_eq!(row(&hidden, &names, out), ["7", word, word, word, "sscc:1", word]);
            // A time that is told is not hidden; what is open and unknown is not called withheld.
            let timed = HistoryEvent { occurred_at: 1_800_000_000_000_000, ..hidden.clone() };
            assert!(row(&timed, &names, out)[1].starts_with("2027-01-1"));
            let open = HistoryEvent { entry: entry(false), ..hidden.clone() };
            assert!(!row(&open, &names, out).iter().any(|cell| cell == word));
        }
    }
}
