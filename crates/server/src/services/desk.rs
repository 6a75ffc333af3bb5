//! `DeskService`: what a trader works with. Every method answers for the party of the token.

mod messages;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use custody::{View as _, registry};
use proto::v1::{
    GetLotDossierRequest, GetLotDossierResponse, GetShipmentRequest, GetShipmentResponse,
    ListHoldingsRequest, ListHoldingsResponse, ListInboundRequest, ListInboundResponse, ListRequestsRequest,
    ListRequestsResponse, ListSubmittedRequest, ListSubmittedResponse,
};
use rpc::desk_service_server::DeskService;
use statement::{Day, Kind as StatementKind, LeafType, Words, id_bytes, words};
use tonic::{Request, Response, Status};
use trace::{
    Admitted, Sees,
    desk::{self, HoldingsQuery, HoldingsStart, Wanted},
};

use super::{
    Shared, Snapshot,
    page::{bad_token, page_size, page_start, page_token},
    trace::{admit, fault, names},
};
use crate::{
    access::Sight,
    status::{Fault, Kind, not_set},
};

/// The service.
pub(crate) struct DeskApi(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl DeskService for DeskApi {
    async fn list_inbound(
        &self,
        r: Request<ListInboundRequest>,
    ) -> Result<Response<ListInboundResponse>, Status> {
        self.0.read(r, |_, view, sight, query| inbound(view, sight, &query)).await
    }

    async fn get_shipment(
        &self,
        r: Request<GetShipmentRequest>,
    ) -> Result<Response<GetShipmentResponse>, Status> {
        self.0.read(r, |_, view, sight, query| shipment(view, sight, &query)).await
    }

    async fn list_holdings(
        &self,
        r: Request<ListHoldingsRequest>,
    ) -> Result<Response<ListHoldingsResponse>, Status> {
        self.0.read(r, |_, view, sight, query| holdings(view, sight, &query)).await
    }

    async fn list_submitted(
        &self,
        r: Request<ListSubmittedRequest>,
    ) -> Result<Response<ListSubmittedResponse>, Status> {
        self.0.read(r, submitted).await
    }

    async fn list_requests(
        &self,
        r: Request<ListRequestsRequest>,
    ) -> Result<Response<ListRequestsResponse>, Status> {
        self.0.read(r, |_, view, sight, query| requests(view, sight, &query)).await
    }

    async fn get_lot_dossier(
        &self,
        r: Request<GetLotDossierRequest>,
    ) -> Result<Response<GetLotDossierResponse>, Status> {
        self.0.read(r, |_, view, sight, query| dossier(view, sight, &query)).await
    }
}

/// Reads a page token of holdings: part and number.
fn holdings_start(token: &str) -> Result<HoldingsStart, Fault> {
    if token.is_empty() {
        return Ok(HoldingsStart::default());
    }
    let parts = token.split_once('.');
    let read = parts.and_then(|(part, number)| {
        Some(HoldingsStart { part: part.parse().ok()?, number: u64::from_str_radix(number, 16).ok()? })
    });
    read.ok_or_else(bad_token)
}

/// The day by which holds are judged: a hold ends with its last day.
fn today() -> Day {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Day::of_instant(i64::try_from(now.as_micros()).unwrap_or(i64::MAX))
}

fn inbound(
    view: &Snapshot<'_>,
    sight: &Sight,
    query: &ListInboundRequest,
) -> Result<ListInboundResponse, Fault> {
    let (start, limit) = (page_start(&query.page_token, 0)?, page_size(query.page_size)?);
    let (found, next) = desk::inbound(view, &sight.party, &query.sender, start, limit).map_err(fault)?;
    let mut shipments = Vec::with_capacity(found.len());
    for shipment in &found {
        shipments.push(messages::shipment(view, shipment)?);
    }
    let parties = shipments.iter().flat_map(|s| [&s.sender, &s.carrier]);
    let names = names(view, parties)?;
    Ok(ListInboundResponse { shipments, next_page_token: page_token(next), size: view.size(), names })
}

fn shipment(
    view: &Snapshot<'_>,
    sight: &Sight,
    query: &GetShipmentRequest,
) -> Result<GetShipmentResponse, Fault> {
    let named = query.statement.as_ref().ok_or_else(|| Fault::field("statement", not_set()))?;
    if named.id.len() != 16 {
        return Err(Fault::field(
            "statement.id",
            words!("{} bytes, must be 16", "{} 字节，须为 16", named.id.len()),
        ));
    }
    let index = custody::tables::statement_index(view, &named.party, &id_bytes(&named.id))?;
    let index = index.ok_or(Kind::NotFound)?;
    if !sight.entry(view, index, LeafType::Statement)? {
        return Err(Kind::NotFound.into());
    }
    let (shipment, lines) =
        desk::shipment_lines(view, index, &sight.over(view)).map_err(fault)?.ok_or(Kind::NotFound)?;
    let message = messages::shipment(view, &shipment)?;
    let names = names(view, [&message.sender, &message.addressee, &message.carrier])?;
    let lines = lines.into_iter().map(messages::line).collect();
    Ok(GetShipmentResponse { shipment: Some(message), lines, size: view.size(), names })
}

fn holdings(
    view: &Snapshot<'_>,
    sight: &Sight,
    query: &ListHoldingsRequest,
) -> Result<ListHoldingsResponse, Fault> {
    let page = desk::holdings(
        view,
        &HoldingsQuery {
            party: &sight.party,
            lot: &query.lot,
            site: &query.site,
            contents: query.contents,
            start: holdings_start(&query.page_token)?,
            limit: page_size(query.page_size)?,
            today: today(),
        },
        &sight.over(view),
    )
    .map_err(fault)?;
    Ok(ListHoldingsResponse {
        holdings: page.holdings.into_iter().map(messages::holding).collect(),
        next_page_token: page.next.map_or_else(String::new, |n| format!("{:x}.{:x}", n.part, n.number)),
        size: view.size(),
        truncated: page.truncated,
    })
}

fn submitted(
    ledger: &::ledger::Ledger,
    view: &Snapshot<'_>,
    sight: &Sight,
    query: ListSubmittedRequest,
) -> Result<ListSubmittedResponse, Fault> {
    let kind = StatementKind::try_from(query.kind).map_err(|_| {
        Fault::field("kind", words!("{} is no kind of statement", "{} 不是声明种类", query.kind))
    })?;
    let wanted = Wanted {
        kind: (kind != StatementKind::Unspecified).then_some(kind),
        business_key: &query.business_key,
        before: page_start(&query.page_token, u64::MAX)?,
        limit: page_size(query.page_size)?,
    };
    let (found, next) = desk::submitted(view, &sight.party, &wanted).map_err(fault)?;
    let mut statements = Vec::with_capacity(found.len());
    for one in found {
        let receipt = ledger.receipt(one.index)?.ok_or(Kind::NotFound)?;
        statements.push(messages::submitted(view, one, receipt)?);
    }
    Ok(ListSubmittedResponse { statements, next_page_token: page_token(next), size: view.size() })
}

fn requests(
    view: &Snapshot<'_>,
    sight: &Sight,
    query: &ListRequestsRequest,
) -> Result<ListRequestsResponse, Fault> {
    let (start, limit) = (page_start(&query.page_token, 0)?, page_size(query.page_size)?);
    let (found, next) = desk::requests(view, &sight.party, query.open_only, start, limit).map_err(fault)?;
    let mut requests = Vec::with_capacity(found.len());
    for asked in &found {
        requests.push(messages::asked(view, asked)?);
    }
    let names = names(view, requests.iter().map(|r| &r.asked_by))?;
    Ok(ListRequestsResponse { requests, next_page_token: page_token(next), size: view.size(), names })
}

/// A trader sees the papers of a lot in which it has a part (what it says by itself of any lot opens nothing), or of
/// an item in whose chain of custody it stands, by the word of who answers for the lot. Of a lot that it says it has
/// made it sees its own statements.
fn dossier(
    view: &Snapshot<'_>,
    sight: &Sight,
    query: &GetLotDossierRequest,
) -> Result<GetLotDossierResponse, Fault> {
    let sees = sight.over(view);
    let (lot, papers, (suppliers, whole)) = match (query.lot.as_str(), query.item.as_str()) {
        ("", "") => {
            return Err(Fault::field(
                "lot",
                Words::of("name the lot, or an item of it", "请给出批次，或其中一件物品"),
            ));
        }
        (lot, "") => {
            let papers = admit_lot(view, &sees, lot)?;
            (lot.to_owned(), papers, desk::suppliers(view, lot, &sight.party).map_err(fault)?)
        }
        (lot, item) => {
            let Admitted { scope, hops } = admit(view, &sees, item)?;
            let report = trace::item_in(view, item, &scope).map_err(fault)?;
            let of = report.commission.unwrap_or_default().lot;
            if of.is_empty() {
                return Err(Fault::field(
                    "item",
                    Words::of(
                        "nobody has said which lot it belongs to; name the lot",
                        "无人声明其所属批次；请直接给出批次",
                    ),
                ));
            }
            if !lot.is_empty() && lot != of {
                return Err(Fault::field("lot", words!("the item belongs to {of}", "该物品属于 {of}")));
            }
            // Of opening stock, and of new goods, who has them alone has said which lot they are of.
            let vouched = scope.is_all() && desk::answers_for(view, &of, &report.maker)?;
            let papers = if vouched { Papers::All } else { admit_lot(view, &sees, &of)? };
            let suppliers =
                if sight.is_everything() { suppliers_of(view, item)? } else { sent_by(sight, &hops) };
            (of, papers, (suppliers, true))
        }
    };
    let dossier = match papers {
        Papers::All => desk::dossier(view, &lot, &suppliers),
        Papers::Own => desk::dossier_seen(view, &lot, &sees),
    };
    let dossier = dossier.map_err(fault)?;
    let whose = (!sight.is_everything()).then_some(sight.party.as_str());
    let mut held_by = desk::restrictions(view, &lot, today(), whose).map_err(fault)?;
    if papers == Papers::Own {
        let mut seen = Vec::with_capacity(held_by.len());
        for entry in held_by {
            seen.extend(sight.statement(view, entry)?.then_some(entry));
        }
        held_by = seen;
    }
    let mut message = messages::dossier(view, sight, dossier)?;
    message.held_by = held_by;
    message.truncated |= !whole;
    let parties = message.papers.iter().map(|p| &p.issuer).chain(message.licences.iter().map(|l| &l.party));
    message.names = names(view, parties.chain([&message.maker]))?;
    message.size = view.size();
    Ok(message)
}

/// Everybody who passed an item on.
fn suppliers_of(view: &Snapshot<'_>, item: &str) -> Result<BTreeSet<String>, Fault> {
    let hops = trace::source(view, item, usize::MAX).map_err(fault)?.hops;
    Ok(hops.iter().filter_map(|hop| hop.supplier().map(str::to_owned)).collect())
}

/// Who delivered an item with these hops to a trader.
fn sent_by(sight: &Sight, hops: &[trace::Hop]) -> BTreeSet<String> {
    let up = trace::chain(hops).into_iter().filter(|hop| hop.to == sight.party);
    up.filter_map(|hop| hop.supplier().map(str::to_owned)).collect()
}

/// Which papers of a lot a reader is told of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Papers {
    All,
    /// Those that it may see by themselves.
    Own,
}

fn admit_lot(view: &Snapshot<'_>, sees: &dyn Sees, lot: &str) -> Result<Papers, Fault> {
    if sees.lot(lot)?.is_whole() {
        Ok(Papers::All)
    } else if desk::sees_making(view, lot, sees)? {
        Ok(Papers::Own)
    } else {
        Err(Kind::NotFound.into())
    }
}

/// Whether the key of an entry was compromised before the entry was recorded.
fn compromised(view: &Snapshot<'_>, envelope: &[u8], recorded_at: i64) -> Result<bool, Fault> {
    let envelope = statement::Envelope::decode(envelope).map_err(|e| Fault::internal(&e))?;
    let key = registry::key(view, &envelope.key_id)?;
    Ok(key.is_some_and(|k| k.compromised_since != 0 && k.compromised_since <= recorded_at))
}
