//! `TraceService`. Authorities and auditors see everything; other parties one step up and one down.

use std::{collections::BTreeSet, sync::Arc};

use custody::{Effect as Counts, View as _, item::Status as Condition, registry};
use proto::v1::{
    Certainty, Effect, Entry, GetItemHistoryRequest, GetItemHistoryResponse, GetItemRequest, GetItemResponse,
    HistoryEvent, HistoryRelation, Hop, HopKind, Item, PartyName, Place, Quantity, TraceFlowRequest,
    TraceFlowResponse, TraceSourceRequest, TraceSourceResponse, VerifyItemRequest, VerifyItemResponse,
    VerifyItemsRequest, VerifyItemsResponse,
};
use rpc::trace_service_server::TraceService;
use statement::{Words, words};
use tonic::{Request, Response, Status};
use trace::{Admitted, PageStart, Scope, Sees};

use super::{Shared, Snapshot, entries::shown, verify};
use crate::{
    access::Sight,
    language::Language,
    status::{Fault, Kind},
};

/// Events or hops where no limit is asked for, and at most.
const LIMIT: (u32, u32) = (1_000, 10_000);
/// Bytes of payload after which a page of history ends.
const PAGE_BYTES: usize = 4 << 20;

/// The service.
pub(crate) struct TraceApi(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl TraceService for TraceApi {
    async fn verify_item(
        &self,
        r: Request<VerifyItemRequest>,
    ) -> Result<Response<VerifyItemResponse>, Status> {
        let (language, finder) = (Language::of(r.metadata()), self.0.finder.clone());
        let read = self.0.read(r, move |_, view, sight, query| {
            verify::Desk { view, sight, finder: finder.as_ref(), language }.one(&query.scan)
        });
        read.await
    }

    async fn verify_items(
        &self,
        r: Request<VerifyItemsRequest>,
    ) -> Result<Response<VerifyItemsResponse>, Status> {
        let (language, finder) = (Language::of(r.metadata()), self.0.finder.clone());
        let read = self.0.read(r, move |_, view, sight, query| {
            verify::Desk { view, sight, finder: finder.as_ref(), language }.many(&query)
        });
        read.await
    }

    async fn get_item(&self, r: Request<GetItemRequest>) -> Result<Response<GetItemResponse>, Status> {
        let read = self.0.read(r, |_, view, sight, query| {
            let sees = sight.over(view);
            let Admitted { scope, hops } = admit(view, &sees, &query.item)?;
            let report = trace::item_in(view, &query.item, &scope).map_err(fault)?;
            let (truncated, late) = (report.truncated, report.late);
            let mut item = item_message(report);
            let withheld = withhold(sight, &hops, &mut item);
            let names = names(view, [&item.holder, &item.addressee, &item.maker])?;
            Ok(GetItemResponse { item: Some(item), size: view.size(), names, truncated, late, withheld })
        });
        read.await
    }

    async fn get_item_history(
        &self,
        r: Request<GetItemHistoryRequest>,
    ) -> Result<Response<GetItemHistoryResponse>, Status> {
        self.0.read(r, |_, view, sight, query| history(view, sight, &query)).await
    }

    async fn trace_source(
        &self,
        r: Request<TraceSourceRequest>,
    ) -> Result<Response<TraceSourceResponse>, Status> {
        let read = self.0.read(r, |_, view, sight, query| {
            let sees = sight.over(view);
            let scope = admit(view, &sees, &query.item)?.scope;
            let limit = limit(query.limit)?;
            let source = trace::source_in(view, &query.item, limit, &scope).map_err(fault)?;
            let all = source.hops.len() + source.origins.len();
            let hops = source.hops.into_iter().filter(|h| sight.hop(h));
            let hops: Vec<Hop> = hops.map(|h| hop(h, 1)).collect();
            let mut origins = source.origins;
            origins.retain(|o| sight.is_everything() || *o == sight.party);
            let withheld = hops.len() + origins.len() < all;
            let names = names(view, sides(&hops).chain(&origins))?;
            let (size, truncated) = (view.size(), source.truncated);
            Ok(TraceSourceResponse { hops, origins, size, truncated, names, withheld })
        });
        read.await
    }

    async fn trace_flow(&self, r: Request<TraceFlowRequest>) -> Result<Response<TraceFlowResponse>, Status> {
        let read = self.0.read(r, |_, view, sight, query| {
            let sees = sight.over(view);
            let scope = admit(view, &sees, &query.item)?.scope;
            let limit = limit(query.limit)?;
            let flow = trace::flow_in(view, &query.item, limit, &scope, &sees).map_err(fault)?;
            let all = flow.hops.len() + flow.places.len();
            let hops = flow.hops.into_iter().zip(flow.counts).filter(|(h, _)| sight.hop(h));
            let hops: Vec<Hop> = hops.map(|(h, count)| hop(h, count)).collect();
            let places = flow.places.into_iter().filter(|p| sight.is_everything() || p.party == sight.party);
            let places: Vec<Place> = places.map(place).collect();
            let withheld = hops.len() + places.len() < all;
            let names = names(view, sides(&hops).chain(places.iter().map(|p| &p.party)))?;
            let (size, truncated) = (view.size(), flow.truncated);
            Ok(TraceFlowResponse { hops, places, size, truncated, names, withheld })
        });
        read.await
    }
}

pub(super) fn fault(error: trace::Error) -> Fault {
    match error {
        trace::Error::View(e) => e.into(),
        trace::Error::NotAnItem(e) => Fault::field("item", Words::from(e)),
        trace::Error::Unknown => Kind::NotFound.into(),
        trace::Error::PageToken => Fault::field(
            "page_token",
            Words::of("is not one this ledger gave for this item", "不是本账本就此物品给出的翻页标记"),
        ),
    }
}

fn limit(asked: u32) -> Result<usize, Fault> {
    let (usual, most) = LIMIT;
    match asked {
        0 => Ok(usual as usize),
        n if n <= most => Ok(n as usize),
        n => Err(Fault::field("limit", words!("{n}, at most {most}", "{n}，至多 {most}"))),
    }
}

/// For a reader that may not ask about an item, the item does not exist. For readers that see everything without
/// hops.
pub(super) fn admit<'s>(view: &Snapshot<'_>, sees: &'s dyn Sees, item: &str) -> Result<Admitted<'s>, Fault> {
    if sees.is_everything() {
        return Ok(Admitted { scope: Scope::all(), hops: Vec::new() });
    }
    Ok(trace::admit(view, item, sees).map_err(fault)?.ok_or(Kind::NotFound)?)
}

/// Takes out of an item's state what is more than one step away from the reader; whether that was anything.
pub(super) fn withhold(sight: &Sight, hops: &[trace::Hop], item: &mut Item) -> bool {
    let sees = |party: &str| party.is_empty() || sight.is_near(hops, party);
    if !sees(&item.holder) {
        *item = Item {
            item: std::mem::take(&mut item.item),
            lot: std::mem::take(&mut item.lot),
            registration: std::mem::take(&mut item.registration),
            made_on: std::mem::take(&mut item.made_on),
            expires_on: std::mem::take(&mut item.expires_on),
            units_per_code: item.units_per_code,
            maker: std::mem::take(&mut item.maker),
            codes: std::mem::take(&mut item.codes),
            ..Item::default()
        };
        return true;
    }
    // Its own addressee the sender knows.
    let hidden = item.holder != sight.party && !sees(&item.addressee);
    if hidden {
        item.addressee.clear();
    }
    hidden
}

/// Both sides of every hop.
fn sides(hops: &[Hop]) -> impl Iterator<Item = &String> {
    hops.iter().flat_map(|h| [&h.from, &h.to])
}

/// The registered names of parties, each party once, in order of id.
pub(super) fn names<'p>(
    view: &Snapshot<'_>,
    parties: impl IntoIterator<Item = &'p String>,
) -> Result<Vec<PartyName>, Fault> {
    let parties: BTreeSet<&String> = parties.into_iter().filter(|p| !p.is_empty()).collect();
    let named = parties.into_iter().map(|party| {
        let row = registry::party(view, party)?;
        let name = row.and_then(|r| r.facts.map(|f| f.name).or(r.root_name)).unwrap_or_default();
        Ok(PartyName { party: party.clone(), name })
    });
    named.collect()
}

fn history(
    view: &Snapshot<'_>,
    sight: &Sight,
    query: &GetItemHistoryRequest,
) -> Result<GetItemHistoryResponse, Fault> {
    let token = || {
        Fault::field(
            "page_token",
            Words::of("is not one this ledger gave for this item", "不是本账本就此物品给出的翻页标记"),
        )
    };
    let start = match query.page_token.as_str() {
        "" => None,
        text => Some(page_start(text).ok_or_else(token)?),
    };
    let sees = sight.over(view);
    let scope = admit(view, &sees, &query.item)?.scope;
    let page = trace::history_in(view, &query.item, start, limit(query.limit)?, &scope).map_err(fault)?;
    let start = start.unwrap_or(PageStart { skip: 0, size: view.size() });
    let (mut events, mut bytes, mut next) = (Vec::with_capacity(page.events.len()), 0, page.next);
    for event in page.events {
        if bytes > PAGE_BYTES {
            next = Some(PageStart { skip: start.skip + events.len(), ..start });
            break;
        }
        let event = history_event(view, sight, event)?;
        bytes += event.entry.as_ref().map_or(0, |e| e.payload.len());
        events.push(event);
    }
    let next_page_token = next.map_or_else(String::new, |n| format!("{}.{}", n.skip, n.size));
    let names = names(view, events.iter().map(|e| &e.party))?;
    let truncated = page.truncated;
    Ok(GetItemHistoryResponse { events, size: view.size(), next_page_token, names, truncated })
}

/// Reads a page token: events before the page, and the entries that the first page was taken from.
fn page_start(token: &str) -> Option<PageStart> {
    let (skip, size) = token.split_once('.')?;
    Some(PageStart { skip: skip.parse().ok()?, size: size.parse().ok()? })
}

/// An event; where its contents are withheld, so is everything that is taken from them.
fn history_event(view: &Snapshot<'_>, sight: &Sight, e: trace::HistoryEvent) -> Result<HistoryEvent, Fault> {
    let recorded = view.entry(e.index)?.ok_or(Kind::NotFound)?;
    let entry: Entry = shown(view, sight, e.index, recorded)?;
    let recorded_at = i64::try_from(e.recorded_at).unwrap_or(i64::MAX);
    if entry.withheld {
        return Ok(HistoryEvent {
            index: e.index,
            recorded_at,
            entry: Some(entry),
            ..HistoryEvent::default()
        });
    }
    let relation = match e.relation {
        trace::Relation::Item => HistoryRelation::Item,
        trace::Relation::Shipment => HistoryRelation::Shipment,
        trace::Relation::Container => HistoryRelation::Container,
    };
    Ok(HistoryEvent {
        index: e.index,
        kind: e.kind as i32,
        relation: relation as i32,
        subject: e.subject,
        occurred_at: e.occurred_at,
        recorded_at,
        party: e.party,
        effect: effect_message(e.effect) as i32,
        entry: Some(entry),
    })
}

pub(super) const fn effect_message(effect: Counts) -> Effect {
    match effect {
        Counts::Effective => Effect::Effective,
        Counts::Pending => Effect::Pending,
        Counts::Corrected => Effect::Corrected,
        Counts::Voided => Effect::Voided,
    }
}

/// `ItemStatus` has the numbers of `custody`.
const fn condition(status: Condition) -> i32 {
    status as i32
}

pub(super) fn item_message(r: trace::ItemReport) -> Item {
    let made = r.commission.unwrap_or_default();
    Item {
        item: r.item,
        status: condition(r.status),
        holder: r.holder,
        addressee: r.addressee,
        site: r.site,
        container: r.containers.first().cloned().unwrap_or_default(),
        containers: r.containers,
        lot: made.lot,
        registration: made.registration,
        made_on: made.made_on,
        expires_on: made.expires_on,
        units_per_code: made.units_per_code,
        maker: r.maker,
        last_occurred_at: r.last_occurred_at,
        last_index: r.last_index,
        events: r.events,
        used: r.used.into_iter().map(|(unit, amount)| Quantity { amount, unit }).collect(),
        conflicts: r.conflicts,
        damaged: r.damaged,
        codes: r.codes,
    }
}

fn hop(h: trace::Hop, count: u64) -> Hop {
    let kind = match h.kind {
        trace::HopKind::Origin => HopKind::Origin,
        trace::HopKind::Transfer => HopKind::Transfer,
        trace::HopKind::Use => HopKind::Use,
        trace::HopKind::Packing => HopKind::Packing,
        trace::HopKind::Unpacking => HopKind::Unpacking,
    };
    let certainty = match h.certainty {
        trace::Certainty::Confirmed => Certainty::Confirmed,
        trace::Certainty::OneSided => Certainty::OneSided,
        trace::Certainty::Gap => Certainty::Gap,
        trace::Certainty::Conflict => Certainty::Conflict,
    };
    Hop {
        kind: kind as i32,
        certainty: certainty as i32,
        item: h.item.to_string(),
        via: h.via.map_or_else(String::new, |v| v.to_string()),
        from: h.from,
        to: h.to,
        departed_at: h.departed_at,
        arrived_at: h.arrived_at,
        entries: h.entries,
        items: count,
    }
}

fn place(p: trace::Place) -> Place {
    Place { status: condition(p.status), party: p.party, items: p.items }
}

#[cfg(test)]
mod tests {
    use proto::v1::ItemStatus;

    use super::*;

    #[test]
    fn conditions_have_the_same_numbers_here_and_there() {
        for status in Condition::ALL {
            let sent = ItemStatus::try_from(condition(status)).unwrap();
            assert_eq!(format!("{sent:?}"), format!("{status:?}"));
        }
    }

    #[test]
    fn limits_are_filled_in_and_capped() {
        assert_eq!(limit(0), Ok(1_000));
        assert_eq!(limit(10_000), Ok(10_000));
        assert_eq!(limit(10_001).unwrap_err().kind, Kind::InvalidRequest);
    }
}
