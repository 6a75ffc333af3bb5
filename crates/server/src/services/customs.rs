//! `CustomsService`. Authorities and auditors only; what is watched for shows to who may read the watch.

use std::{collections::BTreeMap, sync::Arc};

use ::customs::{Answer, Check, Error, ImportLot, Leg, Listed, Listing, Question, State, Verdict, Watched};
use custody::{View as _, confidential::cases_of};
use proto::v1::{
    self, ImportAnswer, ImportState, ImportVerdict, ListImportLotsRequest, ListImportLotsResponse,
    VerifyImportLotRequest, VerifyImportLotResponse,
};
use rpc::customs_service_server::CustomsService;
use statement::{Day, Words, words};
use tonic::{Request, Response, Status};

use super::{
    Shared, Snapshot,
    page::{bad_token, page_size},
    trace::names,
};
use crate::{
    access::Sight,
    finder::now,
    status::{Fault, Kind},
};

/// Digits of a declaration's number.
const DIGITS: usize = 18;
/// Cases of the reader whose watches are looked at.
const MAX_CASES: usize = 1_024;
const DAY_US: i64 = 86_400_000_000;

/// The service.
pub(crate) struct CustomsApi(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl CustomsService for CustomsApi {
    async fn verify_import_lot(
        &self,
        r: Request<VerifyImportLotRequest>,
    ) -> Result<Response<VerifyImportLotResponse>, Status> {
        self.0.read(r, |_, view, sight, query| verify(view, sight, &query)).await
    }

    async fn list_import_lots(
        &self,
        r: Request<ListImportLotsRequest>,
    ) -> Result<Response<ListImportLotsResponse>, Status> {
        self.0.read(r, |_, view, sight, query| list(view, sight, &query)).await
    }
}

fn is_declaration(text: &str) -> bool {
    let number = text.strip_prefix("decl:");
    number.is_some_and(|number| number.len() == DIGITS && number.bytes().all(|b| b.is_ascii_digit()))
}

fn verify(
    view: &Snapshot<'_>,
    sight: &Sight,
    query: &VerifyImportLotRequest,
) -> Result<VerifyImportLotResponse, Fault> {
    if !sight.is_everything() {
        return Err(Kind::SeesAllOnly.into());
    }
    if !is_declaration(&query.declaration) {
        let words =
            Words::of("is no declaration: \"decl:\" and 18 digits", "不是报关单号：\"decl:\" 加 18 位数字");
        return Err(Fault::field("declaration", words));
    }
    let (as_of, watches) = (now(), watches(view, sight)?);
    let question = Question { declaration: &query.declaration, as_of, watches: &watches };
    let found = ::customs::verify(view, &question).map_err(|error| match error {
        Error::View(error) => Fault::from(error),
        Error::Unknown => Kind::NotFound.into(),
    })?;
    let mut answer = page(found);
    (answer.asked_at, answer.size) = (as_of, view.size());
    let source = answer.source.clone().unwrap_or_default();
    let sides = source.legs.iter().flat_map(|leg| [&leg.sender, &leg.addressee, &leg.carrier]);
    let many = [&source.makers, &source.holders, &source.agents].into_iter().flatten();
    let one = [&source.consignor, &source.importer, &source.broker];
    answer.names = names(view, many.chain(one).chain(sides))?;
    Ok(answer)
}

/// The watches in cases that the reader has or had, as far as it may read them.
fn watches(view: &Snapshot<'_>, sight: &Sight) -> Result<Vec<Watched>, Fault> {
    let mut found = BTreeMap::new();
    for (case, _) in cases_of(view, &sight.party, MAX_CASES)? {
        let seen = ::trace::case::case_in(view, &case, Some(&sight.party))?;
        for said in seen.map(|seen| seen.watches).unwrap_or_default() {
            if sight.statement(view, said.entry)? {
                found.insert(said.entry, said.body);
            }
        }
    }
    Ok(found.into_iter().map(|(entry, watch)| Watched { entry, watch }).collect())
}

const fn state(state: State) -> ImportState {
    match state {
        State::Declared => ImportState::Declared,
        State::Filed => ImportState::Filed,
        State::Cleared => ImportState::Cleared,
        State::ClearanceRefused => ImportState::ClearanceRefused,
        State::Released => ImportState::Released,
        State::Partial => ImportState::Partial,
        State::Held => ImportState::Held,
        State::Refused => ImportState::Refused,
        State::Returned => ImportState::Returned,
        State::Seized => ImportState::Seized,
        State::Destroyed => ImportState::Destroyed,
        State::Bonded => ImportState::Bonded,
        State::BondedExit => ImportState::BondedExit,
    }
}

const fn answer(answer: Answer) -> ImportAnswer {
    match answer {
        Answer::NotApplicable => ImportAnswer::NotApplicable,
        Answer::Pass => ImportAnswer::Pass,
        Answer::Missing => ImportAnswer::Missing,
        Answer::Fail => ImportAnswer::Fail,
    }
}

const fn verdict(verdict: Verdict) -> ImportVerdict {
    match verdict {
        Verdict::Clear => ImportVerdict::Clear,
        Verdict::Incomplete => ImportVerdict::Incomplete,
        Verdict::Blocked => ImportVerdict::Blocked,
    }
}

fn page(found: ImportLot) -> VerifyImportLotResponse {
    let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let lots = found.lots.into_iter().map(|lot| v1::ImportLot {
        lot: lot.lot,
        product: lot.product,
        registration: lot.registration,
        name: lot.name,
        product_class: lot.class,
        made_on: day(lot.made_on),
        expires_on: day(lot.expires_on),
    });
    let source = found.source;
    VerifyImportLotResponse {
        declaration: found.declaration,
        office: found.office,
        state: state(found.state) as i32,
        verdict: verdict(found.verdict) as i32,
        checks: found.checks.into_iter().map(check).collect(),
        lots: lots.collect(),
        lines: found.lines,
        source: Some(v1::ImportSource {
            makers: source.makers,
            holders: source.holders,
            agents: source.agents,
            consignor: source.consignor,
            importer: source.importer,
            broker: source.broker,
            waybill: source.waybill,
            dispatched_from: source.dispatched_from,
            legs: source.legs.into_iter().map(leg).collect(),
            bonded_by: source.bonded,
            truncated: source.truncated,
        }),
        draft: found.draft,
        declared_by: found.declared.unwrap_or_default(),
        declared_at: found.declared_at,
        bonded: found.bonded,
        decided_by: found.decisions,
        truncated: !found.whole,
        ..VerifyImportLotResponse::default()
    }
}

fn check(check: Check) -> v1::ImportCheck {
    let title = check.kind.title();
    let notes = check.notes.into_iter().map(|note| v1::ImportCheckNote {
        lot: note.lot,
        answer: answer(note.answer) as i32,
        facts: note.facts.english().to_owned(),
        facts_zh: note.facts.chinese().to_owned(),
        entries: note.entries,
    });
    v1::ImportCheck {
        check: check.kind.id().to_owned(),
        title: title.english().to_owned(),
        title_zh: title.chinese().to_owned(),
        answer: answer(check.answer) as i32,
        notes: notes.collect(),
        left_out: u32::try_from(check.left_out).unwrap_or(u32::MAX),
    }
}

fn leg(leg: Leg) -> v1::ImportLeg {
    let quantity = |(unit, amount)| v1::Quantity { amount, unit };
    v1::ImportLeg {
        entry: leg.entry,
        lot: leg.lot,
        sender: leg.from,
        addressee: leg.to,
        reason: leg.reason,
        carrier: leg.carrier,
        waybill: leg.waybill,
        ship_to: leg.ship_to,
        departed_at: leg.departed_at,
        arrived_at: leg.arrived_at,
        received_by: leg.answers,
        bonded: leg.bonded,
        items: leg.items,
        quantities: leg.amounts.into_iter().map(quantity).collect(),
    }
}

/// The token of a page names the last declaration of the page before.
fn list(
    view: &Snapshot<'_>,
    sight: &Sight,
    query: &ListImportLotsRequest,
) -> Result<ListImportLotsResponse, Fault> {
    if !sight.is_everything() {
        return Err(Kind::SeesAllOnly.into());
    }
    if query.office.len() > 4 || !query.office.bytes().all(|b| b.is_ascii_digit()) {
        let words = Words::of("is no customs office: up to four digits", "不是关区代码：至多四位数字");
        return Err(Fault::field("office", words));
    }
    let after = match query.page_token.as_str() {
        "" => None,
        token if is_declaration(token) => Some(token),
        _ => return Err(bad_token()),
    };
    let states = query.states.iter().map(|number| wanted(*number)).collect::<Result<Vec<State>, Fault>>()?;
    let now = now();
    let asked = Listing {
        office: &query.office,
        port: &query.port,
        states: &states,
        until: now.saturating_sub(i64::from(query.min_age_days).saturating_mul(DAY_US)),
        after,
        limit: page_size(query.page_size)?,
    };
    // What is said to happen a little later is told as well.
    let asked = if query.min_age_days == 0 { Listing { until: i64::MAX, ..asked } } else { asked };
    let found = ::customs::list(view, &asked)?;
    let names = names(view, found.declarations.iter().map(|listed| &listed.importer))?;
    Ok(ListImportLotsResponse {
        lots: found.declarations.into_iter().map(|listed| summary(listed, now)).collect(),
        next_page_token: found.next.unwrap_or_default(),
        size: view.size(),
        names,
    })
}

fn wanted(number: i32) -> Result<State, Fault> {
    State::ALL.into_iter().find(|known| state(*known) as i32 == number).ok_or_else(|| {
        Fault::field("states", words!("{number} is no state of a declaration", "{number} 不是报关单状态"))
    })
}

fn summary(listed: Listed, now: i64) -> v1::ImportLotSummary {
    let age = now.saturating_sub(listed.declared_at).max(0) / DAY_US;
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    v1::ImportLotSummary {
        declaration: listed.declaration,
        office: listed.office,
        state: state(listed.state) as i32,
        importer: listed.importer,
        declared_at: listed.declared_at,
        age_days: u32::try_from(age).unwrap_or(u32::MAX),
        decided_at: listed.decided_at,
        index: listed.index,
        bonded: listed.bonded,
        line_count: count(listed.lines),
        lots: listed.lots,
        lot_count: count(listed.lot_count),
        ports: listed.ports,
        truncated: !listed.whole,
    }
}
