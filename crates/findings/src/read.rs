//! What is asked: pages of findings, what changed since, what is found of single things.

use std::{collections::BTreeSet, ops::RangeInclusive};

use gs1::ItemRef;
use merkle::Hash;
use rules::{FindingKey, Hit, MAX_SAMPLES, Rule, Severity, State, Subject};
use store::ProjectionSnapshot;

use crate::{
    Findings, FindingsError, key,
    row::{self, Member, Record, Tally},
};

/// Findings looked at for one page; one that is cut short says where to go on.
pub const MAX_LOOKED_AT: usize = 16_384;

/// Members of a finding that are looked at for its samples.
const MAX_MEMBERS: usize = 1_024;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience<'a> {
    /// All that is found.
    Authority,
    /// What a party is told of its own acts.
    Party(&'a str),
}

/// Which findings are wanted. Everything that is set must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// By this rule.
    pub rule: Option<Rule>,
    /// At least as grave; resolved ones have no severity and fit the least.
    pub severity: Option<Severity>,
    /// Open or resolved ones; `None`: both.
    pub state: Option<State>,
    /// About this party; empty = any.
    pub party: String,
    /// About this lot, or this product and its lots; empty = any.
    pub goods: String,
    /// Of these weeks.
    pub weeks: Option<RangeInclusive<i32>>,
}

/// A finding as an audience sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its id.
    pub id: Hash,
    /// What its hits have in common.
    pub key: FindingKey,
    /// Open or resolved.
    pub state: State,
    /// The gravest of its hits; of a resolved one the rule's least.
    pub severity: Severity,
    /// Hits that are due.
    pub count: u64,
    /// The first of them, at most [`MAX_SAMPLES`].
    pub samples: Vec<Hit>,
    /// µs since the Unix epoch: first shown.
    pub opened_at: i64,
    /// Last changed.
    pub changed_at: i64,
    /// Resolved; 0 while it is open.
    pub resolved_at: i64,
    /// Its number in the audience's list.
    pub number: u64,
}

/// Findings, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In descending order of their numbers.
    pub findings: Vec<Shown>,
    /// Number below which to go on; 0 = that was all.
    pub next: u64,
}

/// Findings that changed, in the order of their last changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// As they are now.
    pub findings: Vec<Shown>,
    /// Number of the last change looked at: go on behind it.
    pub upto: u64,
    /// There is more.
    pub more: bool,
}

/// The lists in which authorities find a finding.
pub(crate) fn lists_of(of: &FindingKey) -> Result<Vec<String>, FindingsError> {
    let mut lists = vec![String::new()];
    if !of.party.is_empty() {
        lists.push(format!("p{}", of.party));
    }
    if !of.goods.is_empty() {
        lists.push(format!("g{}", of.goods));
    }
    if let Ok(item) = ItemRef::parse(&of.goods)
        && let Some(product) = item.lot_product()
    {
        lists.push(format!("g{product}"));
    }
    Ok(lists)
}

impl Audience<'_> {
    /// The list that holds all that the filter asks for.
    fn list(self, filter: &Filter) -> String {
        match self {
            Self::Party(party) => key::told_to(party),
            Self::Authority if !filter.party.is_empty() => format!("p{}", filter.party),
            Self::Authority if !filter.goods.is_empty() => format!("g{}", filter.goods),
            Self::Authority => String::new(),
        }
    }

    /// By whose numbers changes go.
    fn changes(self) -> String {
        match self {
            Self::Party(party) => key::told_to(party),
            Self::Authority => String::new(),
        }
    }

    const fn tally(self, record: &Record) -> &Tally {
        match self {
            Self::Authority => &record.all,
            Self::Party(_) => &record.told,
        }
    }
}

impl Shown {
    /// Whether it is one of those wanted.
    #[must_use]
    pub fn fits(&self, filter: &Filter) -> bool {
        filter.fits_key(&self.key)
            && filter.state.is_none_or(|wanted| self.state == wanted)
            && filter.severity.is_none_or(|least| self.severity >= least)
    }
}

impl Filter {
    fn fits(&self, key: &FindingKey, tally: &Tally) -> bool {
        let state = State::of(tally.due(), tally.opened > 0);
        state.is_some()
            && self.state.is_none_or(|wanted| state == Some(wanted))
            && self.severity.is_none_or(|least| tally.severity().unwrap_or(Severity::Low) >= least)
            && self.fits_key(key)
    }

    fn fits_key(&self, key: &FindingKey) -> bool {
        let lot_of = |goods: &str| {
            let rest = goods.strip_prefix("lot:").and_then(|rest| rest.strip_prefix(self.goods.as_str()));
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        self.rule.is_none_or(|rule| key.rule == rule)
            && (self.party.is_empty() || key.party == self.party)
            && (self.goods.is_empty() || key.goods == self.goods || lot_of(&key.goods))
            && self.weeks.as_ref().is_none_or(|weeks| weeks.contains(&key.week.0))
    }
}

impl Findings {
    /// A page of at most `limit` findings, newest first, with numbers below `before` (0 = from the newest on). Numbers
    /// never change, so pages neither repeat nor miss what was there when the first was read; what a finding says is as
    /// it is now.
    ///
    /// # Errors
    /// The rows cannot be read.
    pub fn list(
        &self,
        audience: Audience<'_>,
        filter: &Filter,
        before: u64,
        limit: usize,
    ) -> Result<Page, FindingsError> {
        let rows = self.rows.snapshot();
        let list = audience.list(filter);
        let from = if before == 0 { Vec::new() } else { key::opened_at(&list, before.saturating_sub(1)) };
        let mut page = Page::default();
        let (mut looked_at, mut last, mut fault) = (0, 0, None);
        rows.scan(&key::opened(&list), &from, &mut |row, id| {
            if looked_at == MAX_LOOKED_AT || page.findings.len() == limit {
                page.next = last;
                return false;
            }
            looked_at += 1;
            last = key::tail(row).map_or(0, |number| !number);
            match shown(&rows, audience, filter, id) {
                Ok(found) => page.findings.extend(found),
                Err(error) => fault = Some(error),
            }
            fault.is_none()
        })?;
        fault.map_or(Ok(page), Err)
    }

    /// At most `limit` findings that changed after the change numbered `since`, each as it is now and once, oldest
    /// change first.
    ///
    /// # Errors
    /// The rows cannot be read.
    pub fn changes(
        &self,
        audience: Audience<'_>,
        filter: &Filter,
        since: u64,
        limit: usize,
    ) -> Result<Changed, FindingsError> {
        let rows = self.rows.snapshot();
        let list = audience.changes();
        let from = key::changed_at(&list, since.saturating_add(1));
        let mut changed = Changed { upto: since, ..Changed::default() };
        let (mut looked_at, mut fault) = (0, None);
        rows.scan(&key::changed(&list), &from, &mut |row, id| {
            if looked_at == MAX_LOOKED_AT || changed.findings.len() == limit {
                changed.more = true;
                return false;
            }
            looked_at += 1;
            match shown(&rows, audience, filter, id) {
                Ok(found) => changed.findings.extend(found),
                Err(error) => fault = Some(error),
            }
            changed.upto = key::tail(row).unwrap_or(changed.upto);
            fault.is_none()
        })?;
        fault.map_or(Ok(changed), Err)
    }

    /// What is found of subjects: hits that are due at an instant, with the findings that they belong to, each once.
    ///
    /// # Errors
    /// The rows cannot be read.
    pub fn of_subjects<'s>(
        &self,
        audience: Audience<'_>,
        subjects: impl IntoIterator<Item = &'s Subject>,
        fits: &dyn Fn(&Hit) -> bool,
    ) -> Result<Vec<Shown>, FindingsError> {
        let rows = self.rows.snapshot();
        let mut ids = BTreeSet::new();
        for subject in subjects {
            let Some(row) = rows.get(&key::of_subject(&key::subject(subject)))? else { continue };
            let hits = row::decode_hits(&row)?;
            ids.extend(hits.iter().filter(|hit| fits(hit)).map(|hit| FindingKey::of(hit).id()));
        }
        let open = Filter { state: Some(State::Open), ..Filter::default() };
        let mut found = Vec::new();
        for id in ids {
            found.extend(shown(&rows, audience, &open, &id)?);
        }
        found.sort_by(|a, b| (b.severity, &a.key).cmp(&(a.severity, &b.key)));
        Ok(found)
    }

    /// One finding; `None` where there is none for this audience.
    ///
    /// # Errors
    /// The rows cannot be read.
    pub fn get(&self, audience: Audience<'_>, id: &Hash) -> Result<Option<Shown>, FindingsError> {
        shown(&self.rows.snapshot(), audience, &Filter::default(), id)
    }

    /// Number of the last change that an audience was told.
    ///
    /// # Errors
    /// The rows cannot be read.
    pub fn newest(&self, audience: Audience<'_>) -> Result<u64, FindingsError> {
        self.last_change(&audience.changes())
    }

    pub(crate) fn last_change(&self, list: &str) -> Result<u64, FindingsError> {
        let row = self.rows.get(&key::numbers(list))?;
        Ok(row.and_then(|row| key::tail(&row)).unwrap_or_default())
    }
}

/// A finding, where it fits; of another party nothing is shown to a party.
fn shown(
    rows: &ProjectionSnapshot<'_>,
    audience: Audience<'_>,
    filter: &Filter,
    id: &[u8],
) -> Result<Option<Shown>, FindingsError> {
    let id: Hash = id.try_into().map_err(|_| FindingsError::Damaged("list"))?;
    let Some(row) = rows.get(&key::finding(&id))? else { return Ok(None) };
    let record: Record = row::decode(&row, "finding")?;
    let (key, tally) = (record.key()?, audience.tally(&record));
    let ours = match audience {
        Audience::Authority => true,
        Audience::Party(party) => key.party == party,
    };
    if !ours || !filter.fits(&key, tally) {
        return Ok(None);
    }
    let Some(state) = State::of(tally.due(), tally.opened > 0) else { return Ok(None) };
    Ok(Some(Shown {
        id,
        state,
        severity: tally.severity().unwrap_or(Severity::Low),
        count: tally.due(),
        samples: samples(rows, audience, &id)?,
        opened_at: tally.opened_at,
        changed_at: tally.changed_at,
        resolved_at: tally.resolved_at,
        number: tally.opened,
        key,
    }))
}

/// The first hits that are due, of those that the audience is told.
fn samples(
    rows: &ProjectionSnapshot<'_>,
    audience: Audience<'_>,
    id: &Hash,
) -> Result<Vec<Hit>, FindingsError> {
    let prefix = key::member(id, &[]);
    let (mut places, mut looked_at, mut fault) = (Vec::new(), 0, None);
    rows.scan(&prefix, &[], &mut |row, value| {
        looked_at += 1;
        match row::decode::<Member>(value, "member") {
            Ok(member) if member.counted && (member.told || audience == Audience::Authority) => {
                places.push((row[prefix.len()..].to_vec(), member.subject));
            }
            Ok(_) => {}
            Err(error) => fault = Some(error),
        }
        fault.is_none() && places.len() < MAX_SAMPLES && looked_at < MAX_MEMBERS
    })?;
    if let Some(fault) = fault {
        return Err(fault);
    }
    let mut samples = Vec::with_capacity(places.len());
    for (place, subject) in places {
        let Some(row) = rows.get(&key::of_subject(&subject))? else { continue };
        let hits = row::decode_hits(&row)?.into_iter();
        samples.extend(hits.filter(|hit| key::place(hit.at, &row::digest(&subject, hit)) == place[..]));
    }
    Ok(samples)
}
