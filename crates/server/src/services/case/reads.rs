//! Cases, their duties and their summary, for who has them.

use custody::{
    View as _,
    case::{Deadline, Due, Duty, Standing},
    confidential, content,
};
use proto::v1::{
    self, CaseCount, CaseDeadline, CaseDuty, CaseEntry, CaseOverview, CaseStanding, CaseSum, GetCaseRequest,
    GetCaseResponse, GetCaseSummaryRequest, GetCaseSummaryResponse, ListCasesRequest, ListCasesResponse,
};
use statement::{Day, Words, words};
use std::collections::BTreeMap;
use trace::case::{CaseView, Summary, case_deadlines, case_in, summary};

use super::super::{Snapshot, page::bad_token, trace::names};
use crate::{
    access::Sight,
    finder::now,
    status::{Fault, Kind},
};

/// Cases of a party that are known to one answer.
const MAX_CASES: usize = 4_096;
/// Cases of a page where no number is asked for, and at most: each is read whole.
const PAGE: (u32, u32) = (20, 100);
/// Cases read for one summary.
const MAX_SUMMED: usize = 1_000;

/// A case as this reader may see it; to all others there is none.
pub(super) fn seen(view: &Snapshot<'_>, sight: &Sight, case: &str) -> Result<CaseView, Fault> {
    let reader = if sight.is_auditor() { None } else { Some(sight.party.as_str()) };
    case_in(view, case, reader)?.ok_or_else(|| Kind::NotFound.into())
}

/// The number of a case in a request.
pub(super) fn case_id(text: &str) -> Result<&str, Fault> {
    let sound = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let fault =
        || Fault::field("case_id", Words::of("is not 32 lower-case hex digits", "不是 32 位小写十六进制"));
    if sound { Ok(text) } else { Err(fault()) }
}

pub(super) fn get(
    view: &Snapshot<'_>,
    sight: &Sight,
    query: &GetCaseRequest,
) -> Result<GetCaseResponse, Fault> {
    let case = case_id(&query.case_id)?;
    let seen = seen(view, sight, case)?;
    let mut entries = Vec::with_capacity(seen.entries.len());
    for &entry in &seen.entries {
        // Of what is not confidential the reader's own rights decide.
        if let Some(content) = content(view, entry)?
            && sight.statement(view, entry)?
        {
            let header = Some(content.root.header().clone());
            let statement = v1::Statement { header, body: Some(content.body) };
            entries.push(CaseEntry { entry, statement: Some(statement) });
        }
    }
    let deadlines = case_deadlines(view, &seen, Day::of_instant(now()))?;
    let deadlines: Vec<CaseDeadline> = deadlines.iter().map(deadline).collect();
    let signers = entries.iter().filter_map(|e| Some(&e.statement.as_ref()?.header.as_ref()?.party));
    let named = signers.chain(&seen.holders).chain(deadlines.iter().map(|d| &d.who));
    let names = names(view, named)?;
    Ok(GetCaseResponse {
        case_id: case.to_owned(),
        holders: seen.holders,
        entries,
        deadlines,
        truncated: seen.truncated,
        size: view.size(),
        names,
    })
}

fn deadline(d: &Deadline) -> CaseDeadline {
    let duty = match d.duty {
        Duty::AssignLead => CaseDuty::AssignLead,
        Duty::VerifyLead => CaseDuty::VerifyLead,
        Duty::AnswerLead => CaseDuty::AnswerLead,
        Duty::DecideTransfer => CaseDuty::DecideTransfer,
        Duty::SendTransfer => CaseDuty::SendTransfer,
        Duty::CopyTransfer => CaseDuty::CopyTransfer,
        Duty::AnswerTransfer => CaseDuty::AnswerTransfer,
        Duty::ForwardTransfer => CaseDuty::ForwardTransfer,
        Duty::HandOverGoods => CaseDuty::HandOverGoods,
        Duty::EndMeasure => CaseDuty::EndMeasure,
    };
    let standing = match d.standing {
        Standing::Met => CaseStanding::Met,
        Standing::Late => CaseStanding::Late,
        Standing::Open => CaseStanding::Open,
        Standing::Missed => CaseStanding::Missed,
    };
    CaseDeadline {
        duty: duty.into(),
        entry: d.entry,
        who: d.who.clone(),
        since: d.since,
        due_on: d.due.day().to_string(),
        due_at: match d.due {
            Due::At(at) => at,
            Due::Day(_) => 0,
        },
        done_at: d.done_at.unwrap_or_default(),
        standing: standing.into(),
    }
}

pub(super) fn list(
    view: &Snapshot<'_>,
    sight: &Sight,
    query: &ListCasesRequest,
) -> Result<ListCasesResponse, Fault> {
    let (usual, most) = PAGE;
    let limit = match query.page_size {
        0 => usual,
        n if n <= most => n,
        n => return Err(Fault::field("page_size", words!("{n}, at most {most}", "{n}，至多 {most}"))),
    };
    let after = query.page_token.as_str();
    if !after.is_empty() && case_id(after).is_err() {
        return Err(bad_token());
    }
    let known = confidential::cases_of(view, &sight.party, MAX_CASES)?;
    let mut rest = known.iter().skip_while(|(case, _)| case.as_str() <= after && !after.is_empty());
    let (mut cases, mut last) = (Vec::new(), "");
    for (case, held) in rest.by_ref().take(limit as usize) {
        last = case;
        let overview = overview(view, sight, case, *held)?;
        cases.extend(overview.filter(|o| !query.open_only || (o.held && o.closed_at == 0)));
    }
    let next_page_token = rest.next().map_or_else(String::new, |_| last.to_owned());
    Ok(ListCasesResponse { cases, next_page_token, size: view.size() })
}

fn overview(
    view: &Snapshot<'_>,
    sight: &Sight,
    case: &str,
    held: bool,
) -> Result<Option<CaseOverview>, Fault> {
    let Some(seen) = case_in(view, case, Some(&sight.party))? else { return Ok(None) };
    let deadlines = case_deadlines(view, &seen, Day::of_instant(now()))?;
    let missed = deadlines.iter().filter(|d| d.standing == Standing::Missed).count();
    let next = deadlines.iter().filter(|d| d.standing == Standing::Open).min_by_key(|d| d.due.day());
    let opened = seen.opened.last().map(|opened| &opened.body);
    let begun = seen.entries.first().map_or(Ok(None), |entry| content(view, *entry))?;
    Ok(Some(CaseOverview {
        case_id: case.to_owned(),
        held,
        kind: opened.map(|o| o.kind.clone()).unwrap_or_default(),
        cause: opened.map(|o| o.cause.clone()).unwrap_or_default(),
        begun_at: begun.map_or(0, |content| content.occurred_at),
        closed_at: seen.closed.last().map_or(0, |closed| closed.at),
        missed: u32::try_from(missed).unwrap_or(u32::MAX),
        next: next.map(deadline),
    }))
}

pub(super) fn sum(
    view: &Snapshot<'_>,
    sight: &Sight,
    query: &GetCaseSummaryRequest,
) -> Result<GetCaseSummaryResponse, Fault> {
    let day = |field: &'static str, text: &str| {
        Day::parse(text).ok_or_else(|| {
            Fault::field(field, Words::of("is no day such as 2026-03-01", "不是形如 2026-03-01 的日期"))
        })
    };
    let (from, to) = (day("from", &query.from)?, day("to", &query.to)?);
    if to < from {
        return Err(Fault::field("to", Words::of("is before from", "早于 from")));
    }
    let known = confidential::cases_of(view, &sight.party, MAX_CASES)?;
    let truncated = known.len() > MAX_SUMMED;
    let mut cases = Vec::new();
    for (case, _) in known.iter().take(MAX_SUMMED) {
        cases.extend(case_in(view, case, Some(&sight.party))?);
    }
    let sum = summary(&cases, from, to);
    Ok(told(sum, cases.len() as u64, truncated || cases.iter().any(|case| case.truncated)))
}

fn told(sum: Summary, cases: u64, truncated: bool) -> GetCaseSummaryResponse {
    let counts = |map: BTreeMap<String, u64>| {
        map.into_iter().map(|(code, count)| CaseCount { code, count }).collect::<Vec<_>>()
    };
    let sums = |map: BTreeMap<String, u128>| {
        map.into_iter().map(|(unit, sum)| CaseSum { unit, amount: sum.to_string() }).collect::<Vec<_>>()
    };
    GetCaseSummaryResponse {
        cases,
        truncated,
        leads: sum.leads,
        leads_answered: sum.leads_answered,
        transferred: sum.transferred,
        accepted: sum.accepted,
        opened: counts(sum.opened),
        closed: counts(sum.closed),
        outcomes: counts(sum.outcomes),
        goods_value: sums(sum.goods_value),
        fines: sums(sum.fines),
        confiscated: sums(sum.confiscated),
        goods: sums(sum.goods),
        arrested: sum.arrested,
        charged: sum.charged,
        convicted: sum.convicted,
        dens: sum.dens,
    }
}
