//! What `RegistryService` says of policies, named lists and what stands between parties, on a day.

use std::time::{SystemTime, UNIX_EPOCH};

use custody::{
    View,
    registry::{self, codes_on, policies, policy_on},
    tables::{CoverageRow, DesignationRow, ListedEntryRow, PolicyRow, SuccessionRow},
};
use proto::v1::{
    CoverageRecord, DesignationRecord, GetNamedListRequest, GetNamedListResponse, GetPolicyRequest,
    GetPolicyResponse, ListCoverageRequest, ListCoverageResponse, ListDesignationsRequest,
    ListDesignationsResponse, ListPoliciesRequest, ListPoliciesResponse, ListSuccessionsRequest,
    ListSuccessionsResponse, ListedEntry, PolicyRecord, SuccessionRecord,
};
use statement::{Day, Words};

use super::page::{bad_token, page_size};
use crate::status::Fault;

/// The day asked for; `None` where none is.
fn day(text: &str) -> Result<Option<Day>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    Day::parse(text)
        .map(Some)
        .ok_or_else(|| Fault::field("day", Words::of("is no day \"YYYY-MM-DD\"", "不是日期“YYYY-MM-DD”")))
}

fn day_or_today(text: &str) -> Result<Day, Fault> {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    Ok(day(text)?.unwrap_or_else(|| Day::of_instant(i64::try_from(now()).unwrap_or(i64::MAX))))
}

fn policy_record(row: PolicyRow) -> PolicyRecord {
    PolicyRecord { policy: Some(row.policy), signer: row.signer, index: row.index }
}

pub(super) fn policy<V: View + ?Sized>(view: &V, q: &GetPolicyRequest) -> Result<GetPolicyResponse, Fault> {
    let day = day_or_today(&q.day)?;
    let stated = policy_on(view, &q.policy, day)?;
    let codes = codes_on(view, &q.policy, day)?;
    Ok(GetPolicyResponse { policy: stated.map(policy_record), codes })
}

/// The token of a page names the last policy of the page before: `day:policy`.
pub(super) fn policy_list<V: View + ?Sized>(
    view: &V,
    q: &ListPoliciesRequest,
) -> Result<ListPoliciesResponse, Fault> {
    let limit = page_size(q.page_size)?;
    let after = match q.page_token.as_str() {
        "" => None,
        token => Some(token.split_once(':').map(|(day, name)| (name, day)).ok_or_else(bad_token)?),
    };
    let mut rows = policies(view, after, limit + 1)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more).map(|r| format!("{}:{}", r.policy.effective_on, r.policy.policy));
    Ok(ListPoliciesResponse {
        policies: rows.into_iter().map(policy_record).collect(),
        next_page_token: last.unwrap_or_default(),
    })
}

fn listed(row: ListedEntryRow) -> ListedEntry {
    ListedEntry { entry: Some(row.entry), version: row.version.version, index: row.index }
}

pub(super) fn named_list<V: View + ?Sized>(
    view: &V,
    q: &GetNamedListRequest,
) -> Result<GetNamedListResponse, Fault> {
    let day = day_or_today(&q.day)?;
    let row = registry::named_list(view, &q.list)?;
    let (entries, next) = if q.subject.is_empty() {
        let from = from_hex(&q.page_token).ok_or_else(bad_token)?;
        registry::list_on(view, &q.list, day, &from, page_size(q.page_size)?)?
    } else {
        (registry::listed_on(view, &q.list, &q.subject, day)?.into_iter().collect(), None)
    };
    Ok(GetNamedListResponse {
        list: q.list.clone(),
        version: row.version,
        title: row.title,
        signer: row.signer,
        index: row.index,
        entries: entries.into_iter().map(listed).collect(),
        next_page_token: next.map_or_else(String::new, |n| n.iter().map(|b| format!("{b:02x}")).collect()),
    })
}

/// Bytes of a token; `None` where it is not hex of 16 bytes or nothing.
fn from_hex(token: &str) -> Option<Vec<u8>> {
    if !token.is_empty() && token.len() != 32 {
        return None;
    }
    token
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

pub(super) fn designations<V: View + ?Sized>(
    view: &V,
    q: &ListDesignationsRequest,
) -> Result<ListDesignationsResponse, Fault> {
    let rows = match day(&q.day)? {
        Some(day) => registry::designations_on(view, &q.registration, day)?,
        None => registry::designations(view, &q.registration)?,
    };
    let record = |r: DesignationRow| DesignationRecord {
        designation: Some(r.designation),
        signer: r.signer,
        index: r.index,
    };
    Ok(ListDesignationsResponse { designations: rows.into_iter().map(record).collect() })
}

pub(super) fn coverage<V: View + ?Sized>(
    view: &V,
    q: &ListCoverageRequest,
) -> Result<ListCoverageResponse, Fault> {
    let rows = match day(&q.day)? {
        Some(day) => registry::coverage_on(view, &q.register, &q.region, &q.product_class, day)?,
        None => registry::coverage(view, &q.register)?,
    };
    let record =
        |r: CoverageRow| CoverageRecord { coverage: Some(r.coverage), signer: r.signer, index: r.index };
    Ok(ListCoverageResponse { coverage: rows.into_iter().map(record).collect() })
}

pub(super) fn successions<V: View + ?Sized>(
    view: &V,
    q: &ListSuccessionsRequest,
) -> Result<ListSuccessionsResponse, Fault> {
    let rows = match day(&q.day)? {
        Some(day) => registry::successor_on(view, &q.predecessor, day)?,
        None => registry::successors(view, &q.predecessor)?,
    };
    let record = |r: SuccessionRow| SuccessionRecord {
        succession: Some(r.succession),
        signer: r.signer,
        index: r.index,
    };
    Ok(ListSuccessionsResponse { successions: rows.into_iter().map(record).collect() })
}
