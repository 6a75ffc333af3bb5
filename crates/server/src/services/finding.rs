//! `FindingService`: what rules find, for those who may know it.

use std::{ops::RangeInclusive, pin::Pin, sync::Arc};

use custody::View as _;
use findings::{Audience, Filter, Findings, Page, Shown};
use futures::{Stream, stream};
use gs1::ItemRef;
use proto::v1::{
    self, FindingFilter, FindingLine, FindingSeverity, FindingState, FindingVisibility, ListFindingsRequest,
    ListFindingsResponse, PartyName, WatchFindingsRequest, WatchFindingsResponse,
};
use rpc::finding_service_server::FindingService;
use rules::{Hit, Rule, Severity, State, Subject, Visibility, Week, affected};
use statement::{Day, Words, words};
use tokio::sync::watch;
use tonic::{Request, Response, Status};

use super::{
    Shared, Snapshot,
    page::{bad_token, page_size, page_start, page_token},
    trace::names,
};
use crate::{
    access::{Credentials, Sight},
    finder::Finder,
    language::Language,
    observe::Note,
    status::{Fault, Kind},
};

/// Findings in one message of a stream.
const STRETCH: usize = 100;

/// The service.
pub(crate) struct FindingApi(pub(crate) Arc<Shared>);

/// The answer to `WatchFindings`.
type Changes = Pin<Box<dyn Stream<Item = Result<WatchFindingsResponse, Status>> + Send>>;

#[tonic::async_trait]
impl FindingService for FindingApi {
    type WatchFindingsStream = Changes;

    async fn list_findings(
        &self,
        request: Request<ListFindingsRequest>,
    ) -> Result<Response<ListFindingsResponse>, Status> {
        let language = Language::of(request.metadata());
        let finder = finder(&self.0).map_err(|fault| fault.status(language))?;
        self.0.read(request, move |_, view, sight, query| list(&finder, view, sight, language, &query)).await
    }

    async fn watch_findings(
        &self,
        request: Request<WatchFindingsRequest>,
    ) -> Result<Response<Changes>, Status> {
        let (language, note) = (Language::of(request.metadata()), Note::of(&request));
        let fault = |fault: Fault| fault.status(language);
        let credentials = Credentials::of(&request).map_err(fault)?;
        let watch = Watch::new(&self.0, credentials, note, language, request.into_inner()).map_err(fault)?;
        // The first message is read before the answer begins: it carries the record of a privileged read.
        let first = watch.first().await.map_err(fault)?;
        Ok(Response::new(watch.go_on(first)))
    }
}

fn finder(shared: &Shared) -> Result<Finder, Fault> {
    shared.finder.clone().ok_or_else(|| Kind::FindingsOff.into())
}

/// As whom a reader is told of findings.
fn audience(sight: &Sight) -> Audience<'_> {
    if sight.is_everything() { Audience::Authority } else { Audience::Party(&sight.party) }
}

fn list(
    finder: &Finder,
    view: &Snapshot<'_>,
    sight: &Sight,
    language: Language,
    query: &ListFindingsRequest,
) -> Result<ListFindingsResponse, Fault> {
    let kept = finder.kept();
    let mut filter = filter(query.filter.as_ref())?;
    if query.filter.as_ref().is_none_or(|f| f.states.is_empty()) {
        filter.state = Some(State::Open);
    }
    let limit = page_size(query.page_size)?;
    let before = page_start(&query.page_token, 0)?;
    let page = if query.item.is_empty() {
        kept.list(audience(sight), &filter, before, limit)?
    } else {
        if !query.page_token.is_empty() {
            return Err(bad_token());
        }
        of_item(kept, view, sight, &filter, &query.item)?
    };
    let names = names(view, page.findings.iter().map(|f| &f.key.party))?;
    let findings = page.findings.into_iter().map(|shown| message(shown, language)).collect();
    let next_page_token = page_token((page.next > 0).then_some(page.next));
    Ok(ListFindingsResponse { findings, next_page_token, judged: kept.judged(), size: view.size(), names })
}

/// What is found of a unit or container.
fn of_item(
    kept: &Findings,
    view: &Snapshot<'_>,
    sight: &Sight,
    filter: &Filter,
    item: &str,
) -> Result<Page, Fault> {
    ItemRef::parse(item).map_err(|error| Fault::field("item", Words::from(error)))?;
    let subject = Subject::of_item(view, item)?;
    let found = kept.of_subjects(audience(sight), [&subject], &|_| true)?;
    let findings = found.into_iter().filter(|shown| shown.fits(filter)).collect();
    Ok(Page { findings, next: 0 })
}

/// What operational rules say to the party of a statement about it, as far as it has been judged.
pub(super) fn of_statement(
    kept: &Findings,
    view: &Snapshot<'_>,
    index: u64,
    language: Language,
) -> Result<Vec<v1::Finding>, Fault> {
    let Some(entry) = view.entry(index)? else { return Ok(Vec::new()) };
    let Ok(statement) = statement::Statement::recorded(entry.payload) else { return Ok(Vec::new()) };
    let root = custody::root_of(view, index)?;
    let subjects = affected(view, index)?.subjects;
    let rests = |hit: &Hit| hit.evidence.contains(&root);
    let found = kept.of_subjects(Audience::Party(statement.actor()), &subjects, &rests)?;
    Ok(found.into_iter().map(|shown| message(shown, language)).collect())
}

/// What is to be found, by the words of a request.
fn filter(asked: Option<&FindingFilter>) -> Result<Filter, Fault> {
    let Some(asked) = asked else { return Ok(Filter::default()) };
    let rule = match asked.rule.as_str() {
        "" => None,
        id => Some(Rule::of_id(id).ok_or_else(|| {
            let fault = words!("is no rule; docs/RULES.md lists them", "没有这一规则，见 docs/RULES.md");
            Fault::field("filter.rule", fault)
        })?),
    };
    let states: Vec<State> = asked.states().filter_map(state).collect();
    let unknown = || Fault::field("filter.states", Words::of("has an unknown value", "取值未知"));
    if states.len() < asked.states.len() {
        return Err(unknown());
    }
    let both = states.contains(&State::Open) && states.contains(&State::Resolved);
    Ok(Filter {
        rule,
        severity: severity(asked.min_severity)?,
        state: if both { None } else { states.first().copied() },
        party: asked.party.clone(),
        goods: asked.goods.clone(),
        weeks: weeks(asked)?,
    })
}

fn severity(asked: i32) -> Result<Option<Severity>, Fault> {
    Ok(match FindingSeverity::try_from(asked) {
        Ok(FindingSeverity::Unspecified) => None,
        Ok(FindingSeverity::Low) => Some(Severity::Low),
        Ok(FindingSeverity::Medium) => Some(Severity::Medium),
        Ok(FindingSeverity::High) => Some(Severity::High),
        Ok(FindingSeverity::Critical) => Some(Severity::Critical),
        Err(_) => {
            return Err(Fault::field(
                "filter.min_severity",
                Words::of("is none of the severities", "取值未知"),
            ));
        }
    })
}

const fn state(asked: FindingState) -> Option<State> {
    match asked {
        FindingState::Unspecified => None,
        FindingState::Open => Some(State::Open),
        FindingState::Resolved => Some(State::Resolved),
    }
}

fn weeks(asked: &FindingFilter) -> Result<Option<RangeInclusive<i32>>, Fault> {
    let week = |field: &'static str, text: &str, open: i32| match text {
        "" => Ok::<_, Fault>(open),
        text => {
            let day = Day::parse(text).ok_or_else(|| {
                Fault::field(field, Words::of("is no day such as 2026-03-01", "不是形如 2026-03-01 的日期"))
            })?;
            Ok(Week::of_day(day).0)
        }
    };
    let (since, until) =
        (week("filter.since", &asked.since, i32::MIN)?, week("filter.until", &asked.until, i32::MAX)?);
    Ok((!asked.since.is_empty() || !asked.until.is_empty()).then_some(since..=until))
}

const fn severity_message(severity: Severity) -> FindingSeverity {
    match severity {
        Severity::Low => FindingSeverity::Low,
        Severity::Medium => FindingSeverity::Medium,
        Severity::High => FindingSeverity::High,
        Severity::Critical => FindingSeverity::Critical,
    }
}

fn message(shown: Shown, language: Language) -> v1::Finding {
    let row = shown.key.rule.row();
    let line = |hit: Hit| FindingLine {
        occurred_at: hit.at,
        severity: severity_message(hit.severity).into(),
        facts: language.of_words(&hit.facts.0).to_owned(),
        line: hit.line,
        entries: hit.evidence,
    };
    let state = match shown.state {
        State::Open => FindingState::Open,
        State::Resolved => FindingState::Resolved,
    };
    let visibility = match row.visibility {
        Visibility::Operational => FindingVisibility::Operational,
        Visibility::Investigative => FindingVisibility::Investigative,
    };
    v1::Finding {
        id: shown.id.to_vec(),
        rule: row.id.to_owned(),
        rule_version: row.version,
        title: language.of_words(&row.title).to_owned(),
        severity: severity_message(shown.severity).into(),
        visibility: visibility.into(),
        state: state.into(),
        week: shown.key.week.to_string(),
        party: shown.key.party,
        goods: shown.key.goods,
        count: shown.count,
        lines: shown.samples.into_iter().map(line).collect(),
        opened_at: shown.opened_at,
        changed_at: shown.changed_at,
        resolved_at: shown.resolved_at,
    }
}

/// One who watches: reads a stretch of changes when it has taken the last.
#[derive(Clone)]
struct Watch {
    shared: Arc<Shared>,
    finder: Finder,
    credentials: Credentials,
    note: Note,
    language: Language,
    asked: Arc<WatchFindingsRequest>,
    filter: Arc<Filter>,
    /// Epoch and number of a cursor.
    from: Option<(u64, u64)>,
    stop: watch::Receiver<bool>,
}

/// A stretch of changes, and where the next begins.
struct Stretch {
    message: WatchFindingsResponse,
    next: (u64, u64),
    more: bool,
}

impl Watch {
    fn new(
        shared: &Arc<Shared>,
        credentials: Credentials,
        note: Note,
        language: Language,
        asked: WatchFindingsRequest,
    ) -> Result<Self, Fault> {
        let from = match asked.cursor.as_str() {
            "" => None,
            text => Some(cursor(text).ok_or_else(|| {
                Fault::field("cursor", Words::of("is not one this ledger gave", "不是本账本给出的游标"))
            })?),
        };
        Ok(Self {
            finder: finder(shared)?,
            shared: Arc::clone(shared),
            credentials,
            note,
            language,
            filter: Arc::new(filter(asked.filter.as_ref())?),
            asked: Arc::new(asked),
            from,
            stop: shared.stop.clone(),
        })
    }

    async fn first(&self) -> Result<Stretch, Fault> {
        let known = self.from.filter(|(epoch, _)| *epoch == self.finder.kept().epoch());
        let reset = self.from.is_some() && known.is_none();
        let only_new = self.from.is_none() && self.asked.only_new;
        let mut stretch = self.read(known.map_or(0, |(_, number)| number), only_new).await?;
        stretch.message.reset = reset;
        Ok(stretch)
    }

    async fn read(&self, since: u64, only_new: bool) -> Result<Stretch, Fault> {
        let watch = self.clone();
        self.shared.readers.read(move || watch.stretch(since, only_new)).await
    }

    fn stretch(&self, since: u64, only_new: bool) -> Result<Stretch, Fault> {
        let view = self.shared.ledger.snapshot()?;
        let sight = self.credentials.party_sight(&view, &self.shared.ledger.id())?;
        self.note.reads(&self.shared.ledger, &sight, self.asked.as_ref())?;
        let kept = self.finder.kept();
        let audience = audience(&sight);
        let newest = kept.newest(audience)?;
        // A number beyond all there are is that of another reader.
        let since = if only_new { newest } else { since.min(newest) };
        let changed = kept.changes(audience, &self.filter, since, STRETCH)?;
        let next = (kept.epoch(), changed.upto);
        let names: Vec<PartyName> = names(&view, changed.findings.iter().map(|f| &f.key.party))?;
        let message = WatchFindingsResponse {
            findings: changed.findings.into_iter().map(|shown| message(shown, self.language)).collect(),
            cursor: format!("{:016x}.{:x}", next.0, next.1),
            reset: false,
            judged: kept.judged(),
            names,
        };
        Ok(Stretch { message, next, more: changed.more })
    }

    /// The stream after its first message.
    fn go_on(self, first: Stretch) -> Changes {
        let language = self.language;
        let rest = stream::unfold(Some((self, first.next.1)), move |state| async move {
            let (mut watch, since) = state?;
            match watch.next(since).await {
                Ok(stretch) => Some((Ok(stretch.message), Some((watch, stretch.next.1)))),
                Err(fault) => Some((Err(fault.status(language)), None)),
            }
        });
        Box::pin(futures::StreamExt::chain(stream::iter([Ok(first.message)]), rest))
    }

    /// The next stretch that holds something.
    async fn next(&mut self, mut since: u64) -> Result<Stretch, Fault> {
        let mut steps = self.finder.steps();
        loop {
            steps.borrow_and_update();
            let stretch = self.read(since, false).await?;
            if !stretch.message.findings.is_empty() {
                return Ok(stretch);
            }
            since = stretch.next.1;
            if stretch.more {
                continue;
            }
            tokio::select! {
                step = steps.changed() => step.map_err(|_| Fault::from(Kind::Stopping))?,
                _ = self.stop.wait_for(|stop| *stop) => return Err(Kind::Stopping.into()),
            }
        }
    }
}

/// Reads a cursor: epoch and number.
fn cursor(text: &str) -> Option<(u64, u64)> {
    let (epoch, number) = text.split_once('.')?;
    let read = |text: &str| u64::from_str_radix(text, 16).ok();
    (epoch.len() == 16).then_some((read(epoch)?, read(number)?))
}
