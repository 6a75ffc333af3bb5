//! `RegistryService`: what is registered now. Any party with a token may ask.

use std::sync::Arc;

use custody::{
    registry::{self, parties},
    tables::{GrantRow, KeyRow, LicenceRow, PartyRow, TenureRow},
};
use merkle::Hash;
use proto::v1::{
    Algorithm, AuthorityField, GetKeyRequest, GetKeyResponse, GetNamedListRequest, GetNamedListResponse,
    GetPartyRequest, GetPartyResponse, GetPolicyRequest, GetPolicyResponse, GetProductRequest,
    GetProductResponse, GetSiteRequest, GetSiteResponse, GrantedRole, ListCoverageRequest,
    ListCoverageResponse, ListDesignationsRequest, ListDesignationsResponse, ListMandatesRequest,
    ListMandatesResponse, ListPartiesRequest, ListPartiesResponse, ListPoliciesRequest, ListPoliciesResponse,
    ListSuccessionsRequest, ListSuccessionsResponse, PartyRecord, Role, RoleGrant, SiteTenure,
};
use rpc::registry_service_server::RegistryService;
use statement::words;
use tonic::{Request, Response, Status};

use super::{
    Shared, Snapshot,
    page::{page_size, page_start, page_token},
    standing,
};
use crate::status::{Fault, Kind};

/// The service.
pub(crate) struct RegistryApi(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl RegistryService for RegistryApi {
    async fn get_party(&self, r: Request<GetPartyRequest>) -> Result<Response<GetPartyResponse>, Status> {
        let read = self.0.read(r, |_, view, _, query| {
            let row = registry::party(view, &query.party)?.ok_or(Kind::NotFound)?;
            Ok(GetPartyResponse { party: Some(party_record(view, row)?) })
        });
        read.await
    }

    async fn list_parties(
        &self,
        r: Request<ListPartiesRequest>,
    ) -> Result<Response<ListPartiesResponse>, Status> {
        let read = self.0.read(r, |_, view, _, query| {
            let limit = page_size(query.page_size)?;
            let (rows, next) = parties(view, page_start(&query.page_token, 0)?, limit)?;
            let parties = rows.into_iter().map(|row| party_record(view, row));
            Ok(ListPartiesResponse {
                parties: parties.collect::<Result<_, Fault>>()?,
                next_page_token: page_token(next),
            })
        });
        read.await
    }

    async fn get_site(&self, r: Request<GetSiteRequest>) -> Result<Response<GetSiteResponse>, Status> {
        let read = self.0.read(r, |_, view, _, query| {
            let row = registry::site(view, &query.site)?.ok_or(Kind::NotFound)?;
            let licences = |rows: Vec<LicenceRow>| rows.into_iter().map(|l| l.licence).collect();
            let tenure = |t: TenureRow| SiteTenure {
                site: t.site,
                licences: licences(t.licences),
                until: t.until,
                index: t.index,
            };
            Ok(GetSiteResponse {
                site: row.site,
                licences: licences(row.licences),
                last_index: row.last_index,
                before: row.before.into_iter().map(tenure).collect(),
            })
        });
        read.await
    }

    async fn get_product(
        &self,
        r: Request<GetProductRequest>,
    ) -> Result<Response<GetProductResponse>, Status> {
        let read = self.0.read(r, |_, view, _, query| {
            let row = registry::product(view, &query.product)?.ok_or(Kind::NotFound)?;
            let registrations = row.registrations.into_iter().map(|r| r.registration).collect();
            Ok(GetProductResponse { registrations })
        });
        read.await
    }

    async fn get_key(&self, r: Request<GetKeyRequest>) -> Result<Response<GetKeyResponse>, Status> {
        let read = self.0.read(r, |_, view, _, query| {
            let id: Hash = query.key_id.as_slice().try_into().map_err(|_| {
                Fault::field("key_id", words!("{} bytes, must be 32", "{} 字节，须为 32", query.key_id.len()))
            })?;
            let row = registry::key(view, &id)?.ok_or(Kind::NotFound)?;
            Ok(key_record(row))
        });
        read.await
    }

    async fn list_mandates(
        &self,
        r: Request<ListMandatesRequest>,
    ) -> Result<Response<ListMandatesResponse>, Status> {
        // A mandate concerns who gave it and who got it.
        let read = self.0.read(r, |_, view, sight, query| {
            let all = sight.is_everything() || sight.party == query.principal;
            let rows = registry::mandates(view, &query.principal)?;
            let mandates = rows.into_iter().map(|r| r.mandate).filter(|m| all || m.agent == sight.party);
            Ok(ListMandatesResponse { mandates: mandates.collect() })
        });
        read.await
    }

    async fn get_policy(&self, r: Request<GetPolicyRequest>) -> Result<Response<GetPolicyResponse>, Status> {
        self.0.read(r, |_, view, _, query| standing::policy(view, &query)).await
    }

    async fn list_policies(
        &self,
        r: Request<ListPoliciesRequest>,
    ) -> Result<Response<ListPoliciesResponse>, Status> {
        self.0.read(r, |_, view, _, query| standing::policy_list(view, &query)).await
    }

    async fn get_named_list(
        &self,
        r: Request<GetNamedListRequest>,
    ) -> Result<Response<GetNamedListResponse>, Status> {
        self.0.read(r, |_, view, _, query| standing::named_list(view, &query)).await
    }

    async fn list_designations(
        &self,
        r: Request<ListDesignationsRequest>,
    ) -> Result<Response<ListDesignationsResponse>, Status> {
        self.0.read(r, |_, view, _, query| standing::designations(view, &query)).await
    }

    async fn list_coverage(
        &self,
        r: Request<ListCoverageRequest>,
    ) -> Result<Response<ListCoverageResponse>, Status> {
        self.0.read(r, |_, view, _, query| standing::coverage(view, &query)).await
    }

    async fn list_successions(
        &self,
        r: Request<ListSuccessionsRequest>,
    ) -> Result<Response<ListSuccessionsResponse>, Status> {
        self.0.read(r, |_, view, _, query| standing::successions(view, &query)).await
    }
}

fn party_record(view: &Snapshot<'_>, row: PartyRow) -> Result<PartyRecord, Fault> {
    let sites = registry::sites_of(view, &row)?;
    let facts = row.facts.unwrap_or_default();
    let root = row.root_name.is_some().then(root_role);
    let granted = row.grants.into_iter().flat_map(granted_roles);
    Ok(PartyRecord {
        party: row.party,
        name: if facts.name.is_empty() { row.root_name.unwrap_or_default() } else { facts.name },
        name_latin: facts.name_latin,
        country: facts.country,
        roles: root.into_iter().chain(granted).collect(),
        closed_on: facts.closed_on,
        keys: row.keys,
        sites,
        last_index: row.last_index,
    })
}

/// What the genesis entry makes of a root authority.
fn root_role() -> GrantedRole {
    let grant = RoleGrant {
        role: Role::Authority as i32,
        field: AuthorityField::Root as i32,
        ..RoleGrant::default()
    };
    GrantedRole { grant: Some(grant), granter: String::new(), index: 0 }
}

fn granted_roles(row: GrantRow) -> impl Iterator<Item = GrantedRole> {
    let GrantRow { granter, roles, index, .. } = row;
    roles.into_iter().map(move |grant| GrantedRole { grant: Some(grant), granter: granter.clone(), index })
}

fn key_record(row: KeyRow) -> GetKeyResponse {
    GetKeyResponse {
        party: row.party,
        algorithm: Algorithm::Ed25519 as i32,
        public_key: row.public_key,
        uses: row.uses,
        kinds: row.kinds,
        site: row.site,
        expires_at: row.expires_at,
        label: row.label,
        enrolled_index: row.enrolled_index,
        revoked_index: row.revoked_index,
        compromised_since: row.compromised_since,
    }
}
