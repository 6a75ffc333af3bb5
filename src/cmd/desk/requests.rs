//! `yuanliu desk requests`: what authorities ask.

use std::process::ExitCode;

use anyhow::Result;
use proto::v1::{AssistanceAsked, ListRequestsRequest};

use super::{lines, page, pages, reference, told_more};
use crate::{
    cli,
    draw::{self, Names},
    out::Out,
};

/// Lists the requests addressed to the reader.
pub(super) fn run(connection: &cli::Connection, open: bool, limit: u32, out: Out) -> Result<ExitCode> {
    let request = ListRequestsRequest { open_only: open, page_size: page(limit), ..Default::default() };
    let mut names = Vec::new();
    let (rows, more) = pages(connection, limit, out, async |client, page_token| {
        let answer = client.list_requests(ListRequestsRequest { page_token, ..request.clone() }).await?;
        names.extend(answer.names);
        Ok((answer.requests, answer.next_page_token))
    })?;
    if out.json {
        lines("AssistanceAsked", &rows, out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let names = Names::new(&names);
    let head = [
        out.pick("entry", "条目"),
        out.pick("due on", "期限"),
        out.pick("from", "发函方"),
        out.pick("purpose", "事项"),
        out.pick("question", "内容"),
        out.pick("lines", "行数"),
        out.pick("answered by", "答复"),
        out.pick("statement", "声明"),
    ];
    out.line(draw::table(head, rows.iter().map(|r| row(r, &names))));
    told_more(more, out);
    Ok(ExitCode::SUCCESS)
}

fn row(r: &AssistanceAsked, names: &Names) -> [String; 8] {
    let answers: Vec<String> = r.answered_by.iter().map(u64::to_string).collect();
    [
        r.index.to_string(),
        r.due_on.clone(),
        names.of(&r.asked_by),
        r.purpose.clone(),
        r.question.clone(),
        r.line_count.to_string(),
        answers.join(", "),
        r.statement.as_ref().map(reference).unwrap_or_default(),
    ]
}
