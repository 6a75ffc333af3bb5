//! `yuanliu finding`: what rules find, for those who may know it.

use std::process::ExitCode;

use anyhow::Result;
use client::Client;
use proto::v1::{
    Finding, FindingFilter, FindingSeverity, FindingState, FindingVisibility, ListFindingsRequest,
    WatchFindingsRequest,
};

use super::{connect, runtime};
use crate::{
    cli::{self, FindingFlags, FindingStates},
    draw::{self, Names},
    exit,
    lang::Lang,
    out::Out,
};

/// Findings asked for at a time.
const PAGE: u32 = 1_000;

/// Runs the command.
pub fn run(command: &cli::Finding, out: Out) -> Result<ExitCode> {
    match command {
        cli::Finding::List { flags, states, item, limit } => list(flags, *states, item, *limit, out),
        cli::Finding::Watch { flags, cursor, only_new } => watch(flags, cursor, *only_new, out),
    }
}

fn filter(flags: &FindingFlags, states: Vec<FindingState>) -> FindingFilter {
    FindingFilter {
        rule: flags.rule.clone(),
        min_severity: flags.severity.map_or(FindingSeverity::Unspecified, FindingSeverity::from).into(),
        states: states.into_iter().map(i32::from).collect(),
        party: flags.about.clone(),
        goods: flags.goods.clone(),
        since: flags.since.clone(),
        until: flags.until.clone(),
    }
}

fn list(flags: &FindingFlags, states: FindingStates, item: &str, limit: u32, out: Out) -> Result<ExitCode> {
    let states = match states {
        FindingStates::Open => vec![FindingState::Open],
        FindingStates::Resolved => vec![FindingState::Resolved],
        FindingStates::All => vec![FindingState::Open, FindingState::Resolved],
    };
    let request = ListFindingsRequest {
        filter: Some(filter(flags, states)),
        item: item.to_owned(),
        page_size: if limit == 0 { PAGE } else { limit.min(PAGE) },
        page_token: String::new(),
    };
    runtime()?.block_on(async {
        let client = connect::reader(&flags.connection, out).await?;
        let (mut shown, mut request) = (0, request);
        loop {
            let answer = client.list_findings(request.clone()).await?;
            let names = Names::new(&answer.names);
            for finding in &answer.findings {
                tell(finding, &names, out)?;
                shown += 1;
                if shown == limit {
                    break;
                }
            }
            let enough = limit != 0 && shown >= limit;
            if enough || answer.next_page_token.is_empty() {
                let more = !answer.next_page_token.is_empty();
                told_end(shown, more, answer.size.saturating_sub(answer.judged), out);
                return Ok(ExitCode::SUCCESS);
            }
            request.page_token = answer.next_page_token;
        }
    })
}

/// How much there was, and what has not been judged yet.
fn told_end(shown: u32, more: bool, behind: u64, out: Out) {
    if behind > 0 {
        out.note(match out.lang {
            Lang::En => format!("{behind} entries are not judged yet: ask again in a moment"),
            Lang::Zh => format!("尚有 {behind} 个条目未判定，请稍后再查"),
        });
    }
    if out.json {
        return;
    }
    out.note(match out.lang {
        Lang::En if shown == 1 => "1 finding".to_owned(),
        Lang::En => format!("{shown} findings"),
        Lang::Zh => format!("{shown} 条"),
    });
    if more {
        out.note(out.pick("There is more; raise --limit.", "尚有更多；请提高 --limit。"));
    }
}

fn watch(flags: &FindingFlags, cursor: &str, only_new: bool, out: Out) -> Result<ExitCode> {
    let request =
        WatchFindingsRequest { filter: Some(filter(flags, Vec::new())), cursor: cursor.to_owned(), only_new };
    runtime()?.block_on(async {
        let client = connect::reader(&flags.connection, out).await?;
        tokio::select! {
            ended = follow(&client, request, out) => ended,
            () = server::asked_to_end() => Err(exit::interrupted()),
        }
    })
}

async fn follow(client: &Client, request: WatchFindingsRequest, out: Out) -> Result<ExitCode> {
    let mut changes = client.watch_findings(request);
    while let Some(message) = changes.next().await? {
        if out.json {
            out.value(&client::message_to_json("WatchFindingsResponse", &message)?);
            continue;
        }
        if message.reset {
            out.note(
                out.pick("findings were made anew: all of them follow", "规则发现已重新生成：以下为全部内容"),
            );
        }
        let names = Names::new(&message.names);
        for finding in &message.findings {
            tell(finding, &names, out)?;
        }
        out.note(format!("{} {}", out.pick("cursor", "游标"), message.cursor));
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(finding: &Finding, names: &Names, out: Out) -> Result<()> {
    if out.json {
        out.value(&client::message_to_json("Finding", finding)?);
    } else {
        out.line(text(finding, names, out));
    }
    Ok(())
}

/// A finding for people: what, about whom and what, and its first lines.
pub fn text(finding: &Finding, names: &Names, out: Out) -> String {
    let state = match finding.state() {
        FindingState::Resolved => out.pick("  resolved", "  已消除"),
        _ => "",
    };
    let mut head = format!(
        "{} {}  {}  {} × {}{state}",
        mark(finding.severity()),
        severity(finding.severity(), out),
        finding.rule,
        finding.title,
        finding.count,
    );
    if finding.visibility() == FindingVisibility::Investigative {
        head += out.pick("  (authorities only)", "（仅限主管部门）");
    }
    let about: Vec<String> = [names.of(&finding.party), finding.goods.clone(), finding.week.clone()]
        .into_iter()
        .filter(|part| !part.is_empty() && part != "—")
        .collect();
    let mut lines = vec![head, format!("    {}", about.join(" · "))];
    for line in &finding.lines {
        let entries: Vec<String> = line.entries.iter().map(u64::to_string).collect();
        let entries = match entries.len() {
            0 => String::new(),
            1 => format!("  ({} {})", out.pick("entry", "条目"), entries[0]),
            _ => format!("  ({} {})", out.pick("entries", "条目"), entries.join(", ")),
        };
        lines.push(format!("    {}  {}{entries}", draw::time(line.occurred_at), line.facts));
    }
    let rest = finding.count.saturating_sub(finding.lines.len() as u64);
    if rest > 0 {
        lines.push(match out.lang {
            Lang::En => format!("    … and {rest} more"),
            Lang::Zh => format!("    …… 另有 {rest} 项"),
        });
    }
    lines.join("\n")
}

const fn mark(severity: FindingSeverity) -> &'static str {
    match severity {
        FindingSeverity::Critical => "‼",
        FindingSeverity::High => "!",
        FindingSeverity::Medium => "▲",
        _ => "·",
    }
}

const fn severity(severity: FindingSeverity, out: Out) -> &'static str {
    match severity {
        FindingSeverity::Critical => out.pick("critical", "严重"),
        FindingSeverity::High => out.pick("high", "高"),
        FindingSeverity::Medium => out.pick("medium", "中"),
        _ => out.pick("low", "低"),
    }
}
