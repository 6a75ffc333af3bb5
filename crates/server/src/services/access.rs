//! `AccessService`: who read what, and what the log commits to of it.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use custody::{View, registry};
use ledger::Ledger;
use proto::v1::{
    AccessDigestEntry, GetAccessDigestRequest, GetAccessDigestResponse, ListAccessRecordsRequest,
    ListAccessRecordsResponse, Role,
};
use rpc::access_service_server::AccessService;
use statement::{Day, KeptAccess, MAX_MINUTE_RECORDS};
use tonic::{Request, Response, Status};

use super::{
    Shared,
    page::{bad_token, page_size, page_start, page_token},
};
use crate::{
    access::Sight,
    status::{Fault, Kind},
};

/// The service.
pub(crate) struct AccessApi(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl AccessService for AccessApi {
    async fn get_access_digest(
        &self,
        request: Request<GetAccessDigestRequest>,
    ) -> Result<Response<GetAccessDigestResponse>, Status> {
        let read = self.0.read(request, |ledger, _, sight, query| {
            if !sight.is_privileged() {
                return Err(Kind::SeesAllOnly.into());
            }
            let rows = ledger.access_rows(query.minute, 0, MAX_MINUTE_RECORDS as usize)?;
            let records = rows.iter().flat_map(|row| KeptAccess::hash_of(&row.leaf)).collect();
            Ok(GetAccessDigestResponse { digest: digest(ledger, query.minute)?, records })
        });
        read.await
    }

    async fn list_access_records(
        &self,
        request: Request<ListAccessRecordsRequest>,
    ) -> Result<Response<ListAccessRecordsResponse>, Status> {
        let read = self.0.read(request, |ledger, view, sight, query| {
            if !is_auditor(view, sight)? {
                return Err(Kind::AuditorsOnly.into());
            }
            records(ledger, &query)
        });
        read.await
    }
}

fn records(ledger: &Ledger, query: &ListAccessRecordsRequest) -> Result<ListAccessRecordsResponse, Fault> {
    let most = page_size(query.page_size)?;
    let from = u32::try_from(page_start(&query.page_token, 0)?).map_err(|_| bad_token())?;
    // Before the records: none can come to a minute that has its digest.
    let digest = digest(ledger, query.minute)?;
    let mut rows = ledger.access_rows(query.minute, from, most + 1)?;
    let next = if rows.len() > most { rows.pop().map(|row| row.number.into()) } else { None };
    let records = rows.into_iter().map(|row| row.leaf.to_vec()).collect();
    Ok(ListAccessRecordsResponse { digest, records, next_page_token: page_token(next) })
}

fn digest(ledger: &Ledger, minute: u64) -> Result<Option<AccessDigestEntry>, Fault> {
    let Some((index, entry)) = ledger.access_digest(minute)? else { return Ok(None) };
    // One that no checkpoint covers yet is not there yet.
    let Some(shown) = ledger.inclusion(index)? else { return Ok(None) };
    Ok(Some(AccessDigestEntry {
        index,
        leaf: entry.leaf.to_vec(),
        payload: entry.payload.to_vec(),
        checkpoint: shown.checkpoint.note,
        inclusion: shown.proof.into_flattened(),
    }))
}

/// Whether the reader is an auditor today.
fn is_auditor<V: View>(view: &V, sight: &Sight) -> Result<bool, Fault> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let today = Day::of_instant(i64::try_from(now.as_micros()).unwrap_or(i64::MAX));
    let row = registry::party(view, &sight.party)?;
    Ok(row.is_some_and(|row| registry::roles_on(&row, today).iter().any(|(role, _)| *role == Role::Auditor)))
}
