//! `yuanliu case`: cases, their duties, their summary and their alerts, for who has them.

use std::process::ExitCode;

use anyhow::Result;
use proto::v1::{
    CaseDeadline, CaseDuty, CaseStanding, GetCaseRequest, GetCaseResponse, GetCaseSummaryRequest,
    GetCaseSummaryResponse, ListCasesRequest, StatementKind, WatchCaseRequest,
};

use super::{connect, runtime};
use crate::{
    cli::{self, Connection},
    draw::{self, Names},
    exit,
    out::Out,
};

/// Cases asked for at a time.
const PAGE: u32 = 100;

/// Runs the command.
pub fn run(command: &cli::Case, out: Out) -> Result<ExitCode> {
    match command {
        cli::Case::Show { connection, case } => show(connection, case, out),
        cli::Case::List { connection, open, limit } => list(connection, *open, *limit, out),
        cli::Case::Summary { connection, from, to, csv } => summary(connection, from, to, *csv, out),
        cli::Case::Watch { connection, case, start, follow } => watch(connection, case, *start, *follow, out),
    }
}

fn show(connection: &Connection, case: &str, out: Out) -> Result<ExitCode> {
    let answer = runtime()?.block_on(async {
        let client = connect::reader_for(connection, case, out).await?;
        anyhow::Ok(client.get_case(GetCaseRequest { case_id: case.to_owned() }).await?)
    })?;
    if out.json {
        out.value(&client::message_to_json("GetCaseResponse", &answer)?);
        return Ok(ExitCode::SUCCESS);
    }
    let names = Names::new(&answer.names);
    let holders: Vec<String> = answer.holders.iter().map(|party| names.of(party)).collect();
    out.line(format!("{} {}", out.pick("case", "案件"), answer.case_id));
    out.line(format!("{} {}", out.pick("held by", "承办单位"), holders.join(", ")));
    out.line(draw::table(
        [
            out.pick("entry", "条目"),
            out.pick("happened", "发生"),
            out.pick("statement", "声明"),
            out.pick("signed by", "签署方"),
        ],
        entries(&answer, &names, out),
    ));
    if !answer.deadlines.is_empty() {
        out.line(draw::table(
            [
                out.pick("duty", "事项"),
                out.pick("of", "责任单位"),
                out.pick("until", "期限"),
                out.pick("stands", "情况"),
                out.pick("by entry", "依据条目"),
            ],
            answer.deadlines.iter().map(|d| duty(d, &names, out)),
        ));
    }
    if answer.truncated {
        out.note(out.pick("More belongs to this case than was read.", "该案内容超出一次查询的范围。"));
    }
    Ok(ExitCode::SUCCESS)
}

fn entries(answer: &GetCaseResponse, names: &Names, out: Out) -> Vec<[String; 4]> {
    let row = |e: &proto::v1::CaseEntry| {
        let statement = e.statement.as_ref()?;
        let header = statement.header.as_ref()?;
        let kind = statement.body.as_ref().map(statement::kind_of).unwrap_or_default();
        let kind = draw::kind(kind, out.lang).to_owned();
        Some([e.entry.to_string(), draw::time(header.occurred_at), kind, names.of(&header.party)])
    };
    answer.entries.iter().filter_map(row).collect()
}

fn duty(d: &CaseDeadline, names: &Names, out: Out) -> [String; 5] {
    let until = if d.due_at > 0 { draw::time(d.due_at) } else { d.due_on.clone() };
    [
        duty_name(d.duty(), out).to_owned(),
        names.of(&d.who),
        until,
        standing(d.standing(), out).to_owned(),
        d.entry.to_string(),
    ]
}

const fn duty_name(duty: CaseDuty, out: Out) -> &'static str {
    match duty {
        CaseDuty::AssignLead => out.pick("assign the lead", "分办线索"),
        CaseDuty::VerifyLead => out.pick("look into it", "核查线索"),
        CaseDuty::AnswerLead => out.pick("answer who reported", "答复"),
        CaseDuty::DecideTransfer => out.pick("decide on the transfer", "批准移送"),
        CaseDuty::SendTransfer => out.pick("send the case on", "移送"),
        CaseDuty::CopyTransfer => out.pick("copy to the procuratorate", "抄送检察院"),
        CaseDuty::AnswerTransfer => out.pick("take the case or decline", "审查决定"),
        CaseDuty::ForwardTransfer => out.pick("forward to who is in charge", "转送"),
        CaseDuty::HandOverGoods => out.pick("hand the goods over", "移交涉案物品"),
        CaseDuty::EndMeasure => out.pick("end or prolong the measure", "解除或延长措施"),
        CaseDuty::Unspecified => "?",
    }
}

const fn standing(standing: CaseStanding, out: Out) -> &'static str {
    match standing {
        CaseStanding::Met => out.pick("done", "已办结"),
        CaseStanding::Late => out.pick("done late", "逾期办结"),
        CaseStanding::Open => out.pick("open", "办理中"),
        CaseStanding::Missed => out.pick("OVERDUE", "已逾期"),
        CaseStanding::Unspecified => "?",
    }
}

fn list(connection: &Connection, open_only: bool, limit: u32, out: Out) -> Result<ExitCode> {
    let (cases, more) = runtime()?.block_on(async {
        let client = connect::reader(connection, out).await?;
        let page_size = if limit == 0 { PAGE } else { limit.min(PAGE) };
        let mut request = ListCasesRequest { open_only, page_size, page_token: String::new() };
        let mut cases = Vec::new();
        loop {
            let answer = client.list_cases(request.clone()).await?;
            cases.extend(answer.cases);
            let enough = limit != 0 && cases.len() >= limit as usize;
            if enough || answer.next_page_token.is_empty() {
                return anyhow::Ok((cases, !answer.next_page_token.is_empty()));
            }
            request.page_token = answer.next_page_token;
        }
    })?;
    if out.json {
        for case in &cases {
            out.value(&client::message_to_json("CaseOverview", case)?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let rows = cases.iter().map(|case| {
        let next = case.next.as_ref().map(|d| format!("{} {}", d.due_on, duty_name(d.duty(), out)));
        let state = match (case.closed_at, case.held) {
            (0, true) => out.pick("open", "办理中").to_owned(),
            (0, false) => out.pick("passed on", "已移交").to_owned(),
            (at, _) => format!("{} {}", out.pick("closed", "已结案"), draw::time(at)),
        };
        let kind = [case.kind.as_str(), case.cause.as_str()].join(" ");
        let missed = case.missed.to_string();
        [case.case_id.clone(), kind, state, missed, next.unwrap_or_default()]
    });
    out.line(draw::table(
        [
            out.pick("case", "案件"),
            out.pick("kind and cause", "类型与案由"),
            out.pick("state", "状态"),
            out.pick("overdue", "逾期事项"),
            out.pick("next", "下一期限"),
        ],
        rows,
    ));
    if more {
        out.note(out.pick("There is more; raise --limit.", "尚有更多；请提高 --limit。"));
    }
    Ok(ExitCode::SUCCESS)
}

fn summary(connection: &Connection, from: &str, to: &str, csv: bool, out: Out) -> Result<ExitCode> {
    let request = GetCaseSummaryRequest { from: from.to_owned(), to: to.to_owned() };
    let answer = runtime()?.block_on(async {
        let client = connect::reader(connection, out).await?;
        anyhow::Ok(client.get_case_summary(request).await?)
    })?;
    if out.json {
        out.value(&client::message_to_json("GetCaseSummaryResponse", &answer)?);
    } else if csv {
        out.line("figure,code,value");
        for [figure, code, value] in rows(&answer, |english, _| english) {
            out.line(format!("{figure},{code},{value}"));
        }
    } else {
        out.line(draw::table(
            [out.pick("figure", "项目"), out.pick("code", "代码"), out.pick("value", "数值")],
            rows(&answer, |english, chinese| out.pick(english, chinese)),
        ));
    }
    if answer.truncated {
        out.note(out.pick("There are more cases than were read.", "案件数超出一次查询的范围。"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The table, with the names of its figures in one language. Money is in units of the currency, two decimals.
fn rows(
    sum: &GetCaseSummaryResponse,
    name: impl Fn(&'static str, &'static str) -> &'static str,
) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    let mut one = |english, chinese, value: u64| {
        rows.push([name(english, chinese).to_owned(), String::new(), value.to_string()]);
    };
    one("cases", "案件", sum.cases);
    one("leads", "线索", sum.leads);
    one("leads answered", "已答复线索", sum.leads_answered);
    one("transferred", "移送", sum.transferred);
    one("transfers accepted", "受理移送", sum.accepted);
    one("arrested", "抓获", sum.arrested);
    one("charged", "起诉", sum.charged);
    one("convicted", "判决", sum.convicted);
    one("dens", "窝点", sum.dens);
    let counts = [
        ("opened", "立案", &sum.opened),
        ("closed", "结案", &sum.closed),
        ("outcomes", "处理结果", &sum.outcomes),
    ];
    for (english, chinese, list) in counts {
        rows.extend(
            list.iter().map(|c| [name(english, chinese).into(), c.code.clone(), c.count.to_string()]),
        );
    }
    let money = [
        ("goods value", "货值", &sum.goods_value),
        ("fines", "罚款", &sum.fines),
        ("confiscated", "没收违法所得", &sum.confiscated),
    ];
    for (english, chinese, list) in money {
        rows.extend(
            list.iter().map(|s| [name(english, chinese).into(), s.unit.clone(), hundredths(&s.amount)]),
        );
    }
    rows.extend(sum.goods.iter().map(|s| [name("goods", "物品").into(), s.unit.clone(), s.amount.clone()]));
    rows
}

/// "12345" → "123.45".
fn hundredths(amount: &str) -> String {
    let padded = format!("{amount:0>3}");
    let (units, rest) = padded.split_at(padded.len() - 2);
    format!("{units}.{rest}")
}

fn watch(connection: &Connection, case: &str, start: u64, follow: bool, out: Out) -> Result<ExitCode> {
    let request = WatchCaseRequest { case_id: case.to_owned(), start, follow };
    runtime()?.block_on(async {
        let client = connect::reader_for(connection, case, out).await?;
        let mut alerts = client.watch_case(request);
        let tell = async {
            while let Some(message) = alerts.next().await? {
                let names = Names::new(&message.names);
                if message.truncated {
                    out.note(out.pick(
                        "More belongs to this case than is read: not all its watches are looked at.",
                        "该案内容超出一次查询的范围，未核查其全部布控。",
                    ));
                }
                for alert in &message.alerts {
                    if out.json {
                        out.value(&client::message_to_json("CaseAlert", alert)?);
                        continue;
                    }
                    let kind = StatementKind::try_from(alert.kind).unwrap_or_default();
                    out.line(format!(
                        "{} {}  {}  {}  {}: {}",
                        out.pick("entry", "条目"),
                        alert.entry,
                        draw::time(alert.occurred_at),
                        draw::kind(kind, out.lang),
                        names.of(&alert.party),
                        alert.hits.join(", "),
                    ));
                }
            }
            anyhow::Ok(ExitCode::SUCCESS)
        };
        tokio::select! {
            ended = tell => ended,
            () = server::asked_to_end() => Err(exit::interrupted()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::hundredths;

    #[test]
    fn money_has_two_decimals() {
        let table = [("0", "0.00"), ("5", "0.05"), ("12345", "123.45"), ("100", "1.00")];
        for (amount, text) in table {
            assert_eq!(hundredths(amount), text);
        }
    }
}
