//! All that belongs to a case: leads, what is linked to it, transfers, outcomes; and, over many, a summary.
//!
//! Reading is bounded by entries of the case. Whether the reader may see them is asked of each ([`case_in`]); what it
//! may not see is not counted either.

use std::collections::{BTreeMap, BTreeSet};

use custody::{
    Content, View, ViewError,
    case::{CaseFacts, LeadFacts, MeasureFacts, Terms, TransferFacts, TransferLeg, default_terms},
    confidential, content,
    exhibit::{BagAct, Chain, chain},
    registry::{self, policy_on},
    root_of,
    tables::{statement_index, subject_by_text, touches},
};
use proto::v1::{
    AuthorityField, CaseClose, CaseLink, CaseOpen, CaseOutcome, CaseTransfer, LeadAction, LeadStep, Role,
    StatementRef, TransferDecision, TransferReply, Watch, statement::Body,
};
use statement::{Day, Kind, SubjectKind, id_bytes};

/// Most entries of one case that are read.
pub const MAX_ENTRIES: usize = 4_096;
/// Most bags of one case whose chains are read.
const MAX_BAGS: usize = 1_024;

/// Something said in a case, as it counts now.
#[derive(Clone, Debug, PartialEq)]
pub struct Said<T> {
    /// Entry of the original.
    pub entry: u64,
    /// Who said it.
    pub by: String,
    /// When it happened, µs.
    pub at: i64,
    /// What.
    pub body: T,
}

/// A case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CaseView {
    /// Who has it now, ascending.
    pub holders: Vec<String>,
    /// Entries of the originals that belong to it and count, in order of occurrence.
    pub entries: Vec<u64>,
    /// Openings.
    pub opened: Vec<Said<CaseOpen>>,
    /// What is linked to it.
    pub links: Vec<Said<CaseLink>>,
    /// What is watched for.
    pub watches: Vec<Said<Watch>>,
    /// What it has come to.
    pub outcomes: Vec<Said<CaseOutcome>>,
    /// Closings.
    pub closed: Vec<Said<CaseClose>>,
    /// Entries of requests for assistance, answers and opinions in it, ascending.
    pub papers: Vec<u64>,
    /// What deadlines are worked out from: leads, transfers and measures, in order of occurrence.
    pub facts: CaseFacts,
    /// There is more than one answer reads.
    pub truncated: bool,
}

/// A case as who sees everything sees it; `None` where nothing belongs to it.
///
/// # Errors
/// The view failed.
pub fn case<V: View + ?Sized>(view: &V, case: &str) -> Result<Option<CaseView>, ViewError> {
    case_in(view, case, None)
}

/// The same as a party sees it: by what it may read of what is confidential, and by all that is not; `None` where
/// nothing confidential in it is for the party, which then learns nothing of the case.
///
/// # Errors
/// The view failed.
pub fn case_in<V: View + ?Sized>(
    view: &V,
    case: &str,
    reader: Option<&str>,
) -> Result<Option<CaseView>, ViewError> {
    let Some(record) = subject_by_text(view, SubjectKind::Case, case)? else { return Ok(None) };
    let (mut found, mut truncated) = (Vec::new(), false);
    touches(view, record.number, 0, &mut |touch| {
        truncated = found.len() == MAX_ENTRIES;
        if !truncated {
            found.push(touch);
        }
        Ok(!truncated)
    })?;
    let mut roots = BTreeSet::new();
    for touch in found {
        let kind = Kind::try_from(i32::from(touch.kind)).unwrap_or_default();
        if !matches!(kind, Kind::Void | Kind::Erase | Kind::Endorse) {
            roots.insert(root_of(view, touch.index)?);
        }
    }
    let (mut contents, mut concerned) = (Vec::new(), reader.is_none());
    for root in roots {
        let readers = confidential::readers(view, root)?;
        let seen = match (reader, readers) {
            (Some(reader), Some(readers)) => {
                let seen = readers.iter().any(|party| party == reader);
                concerned |= seen;
                seen
            }
            _ => true,
        };
        if seen {
            contents.extend(content(view, root)?);
        }
    }
    if contents.is_empty() || !concerned {
        return Ok(None);
    }
    contents.sort_by_key(|c| (c.occurred_at, c.root_index));
    let holders = confidential::holders(view, case)?;
    let entries = contents.iter().map(|content| content.root_index).collect();
    let seen = CaseView { holders, entries, truncated, ..CaseView::default() };
    let mut told = Telling { view, seen };
    for content in &contents {
        told.add(content)?;
    }
    // Answers in order of occurrence after all that they answer.
    for content in &contents {
        told.answer(content)?;
    }
    told.goods(&contents)?;
    Ok(Some(told.seen))
}

/// The settings in force on a day, as deadlines want them.
///
/// # Errors
/// The view failed.
pub fn terms_on<V: View + ?Sized>(
    view: &V,
    day: Day,
) -> Result<impl Fn(&str, &str) -> i64 + use<V>, ViewError> {
    let mut stated: BTreeMap<(String, String), i64> = BTreeMap::new();
    for group in statement::policy::SETTINGS {
        let policy = policy_on(view, group.name, day)?.map(|row| row.policy);
        for setting in policy.into_iter().flat_map(|policy| policy.settings) {
            stated.insert((group.name.to_owned(), setting.key), setting.value);
        }
    }
    Ok(move |group: &str, key: &str| {
        let known = stated.get(&(group.to_owned(), key.to_owned())).copied();
        known.unwrap_or_else(|| default_terms(group, key))
    })
}

/// All duties of a case and how they stand at the end of a day, by the settings in force on that day.
///
/// # Errors
/// The view failed.
pub fn case_deadlines<V: View + ?Sized>(
    view: &V,
    seen: &CaseView,
    today: Day,
) -> Result<Vec<custody::case::Deadline>, ViewError> {
    let terms = terms_on(view, today)?;
    let terms: Terms<'_> = &terms;
    Ok(custody::case::deadlines(&seen.facts, terms, today))
}

struct Telling<'v, V: ?Sized> {
    view: &'v V,
    seen: CaseView,
}

fn said<T: Clone>(content: &Content, body: &T) -> Said<T> {
    Said {
        entry: content.root_index,
        by: content.root.header().party.clone(),
        at: content.occurred_at,
        body: body.clone(),
    }
}

impl<V: View + ?Sized> Telling<'_, V> {
    fn add(&mut self, content: &Content) -> Result<(), ViewError> {
        let seen = &mut self.seen;
        match &content.body {
            Body::Lead(b) => seen.facts.leads.push(LeadFacts {
                entry: content.root_index,
                addressee: b.addressee.clone(),
                at: content.occurred_at,
                ..LeadFacts::default()
            }),
            Body::CaseOpen(b) => seen.opened.push(said(content, b)),
            Body::CaseLink(b) => seen.links.push(said(content, b)),
            Body::Watch(b) => seen.watches.push(said(content, b)),
            Body::CaseOutcome(b) => seen.outcomes.push(said(content, b)),
            Body::CaseClose(b) => seen.closed.push(said(content, b)),
            Body::CaseTransfer(b) => {
                let facts = self.transfer(content, b)?;
                self.seen.facts.transfers.push(facts);
            }
            Body::LeadStep(_) | Body::TransferReply(_) => {}
            _ => seen.papers.push(content.root_index),
        }
        self.seen.papers.sort_unstable();
        Ok(())
    }

    fn transfer(&self, content: &Content, b: &CaseTransfer) -> Result<TransferFacts, ViewError> {
        let mut copied = false;
        for copy in &b.copies {
            copied |= self.is_procuratorate(copy, Day::of_instant(content.occurred_at))?;
        }
        let since = content.occurred_at;
        Ok(TransferFacts {
            entry: content.root_index,
            basis: b.basis.clone(),
            from: content.root.header().party.clone(),
            proposed_at: b.proposed_at,
            decided_at: b.decided_at,
            sent_at: since,
            copied,
            legs: vec![TransferLeg { to: b.addressee.clone(), since, decided: None }],
            bags: b.bags.len(),
            handed_over_at: None,
        })
    }

    fn is_procuratorate(&self, party: &str, day: Day) -> Result<bool, ViewError> {
        let row = registry::party(self.view, party)?;
        let roles = row.map(|row| registry::roles_on(&row, day)).unwrap_or_default();
        Ok(roles.contains(&(Role::Authority, AuthorityField::Procuratorate)))
    }

    fn root(&self, named: Option<&StatementRef>) -> Result<Option<u64>, ViewError> {
        let Some(named) = named else { return Ok(None) };
        let index = statement_index(self.view, &named.party, &id_bytes(&named.id))?;
        index.map_or(Ok(None), |index| root_of(self.view, index).map(Some))
    }

    fn answer(&mut self, content: &Content) -> Result<(), ViewError> {
        let by = &content.root.header().party;
        match &content.body {
            Body::LeadStep(b) => {
                let lead = self.root(b.lead.as_ref())?;
                let lead = self.seen.facts.leads.iter_mut().find(|facts| Some(facts.entry) == lead);
                if let Some(lead) = lead {
                    step(lead, by, content.occurred_at, b);
                }
            }
            Body::TransferReply(b) => {
                let transfer = self.root(b.transfer.as_ref())?;
                let transfer = self.seen.facts.transfers.iter_mut().find(|t| Some(t.entry) == transfer);
                if let Some(transfer) = transfer {
                    reply(transfer, by, content.occurred_at, b);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What became of the goods: of measures against them, and of those that were to be handed over.
    fn goods(&mut self, contents: &[Content]) -> Result<(), ViewError> {
        let mut bags = BTreeSet::new();
        let mut seizures = BTreeSet::new();
        for content in contents {
            match &content.body {
                Body::CaseLink(b) => {
                    bags.extend(b.bags.iter().cloned());
                    for named in &b.entries {
                        seizures.extend(self.root(Some(named))?);
                    }
                }
                Body::CaseTransfer(b) => bags.extend(b.bags.iter().cloned()),
                _ => {}
            }
        }
        for seizure in &seizures {
            if let Some(Content { body: Body::Seize(b), .. }) = content(self.view, *seizure)? {
                bags.extend(b.lines.into_iter().map(|line| line.bag));
            }
        }
        self.seen.truncated |= bags.len() > MAX_BAGS;
        let mut chains = BTreeMap::new();
        for bag in bags.into_iter().take(MAX_BAGS) {
            if let Some(chain) = chain(self.view, &bag)? {
                self.seen.truncated |= chain.truncated;
                chains.insert(bag, chain);
            }
        }
        self.measures(&chains)?;
        for content in contents {
            if let Body::CaseTransfer(b) = &content.body {
                let facts = self.seen.facts.transfers.iter_mut().find(|t| t.entry == content.root_index);
                if let Some(facts) = facts {
                    facts.handed_over_at = handed_over(facts, &b.bags, &chains);
                }
            }
        }
        Ok(())
    }

    fn measures(&mut self, chains: &BTreeMap<String, Chain>) -> Result<(), ViewError> {
        // Of each Seize when each of its bags was under it no longer.
        let mut ended: BTreeMap<u64, Vec<Option<i64>>> = BTreeMap::new();
        for chain in chains.values() {
            for (i, link) in chain.links.iter().enumerate() {
                if link.event.act == BagAct::Seized {
                    let mut end = None;
                    for later in chain.links.iter().skip(i + 1) {
                        if end.is_none() && self.ends(&later.event.act, later.event.index)? {
                            end = Some(later.event.at);
                        }
                    }
                    ended.entry(link.event.index).or_default().push(end);
                }
            }
        }
        for (entry, ends) in ended {
            let Some(content) = content(self.view, entry)? else { continue };
            let Body::Seize(b) = &content.body else { continue };
            let all: Option<Vec<i64>> = ends.into_iter().collect();
            self.seen.facts.measures.push(MeasureFacts {
                entry,
                by: content.root.header().party.clone(),
                kind: b.kind.clone(),
                at: content.occurred_at,
                until: Day::parse(&b.until),
                ended_at: all.and_then(|all| all.into_iter().max()),
            });
        }
        self.seen.facts.measures.sort_by_key(|measure| (measure.at, measure.entry));
        Ok(())
    }

    /// Whether an act ends the measure that a bag is under: another takes its place, it goes for good, or nobody
    /// has it any longer.
    fn ends(&self, act: &BagAct, root: u64) -> Result<bool, ViewError> {
        Ok(match act {
            BagAct::Seized | BagAct::Returned(_) | BagAct::Destroyed(_) => true,
            BagAct::Kept(_) => false,
            BagAct::HandedOver(..) => matches!(
                content(self.view, root)?.map(|content| content.body),
                Some(Body::HandOver(b)) if matches!(b.purpose.as_str(), "transfer" | "court" | "disposal")
            ),
        })
    }
}

fn step(lead: &mut LeadFacts, by: &str, at: i64, b: &LeadStep) {
    match b.action() {
        LeadAction::Assigned => lead.assigned.push((b.assignee.clone(), at, Day::parse(&b.due_on))),
        LeadAction::Verified => lead.verified.push((by.to_owned(), at)),
        LeadAction::Answered => lead.answered.push(at),
        LeadAction::Unspecified => {}
    }
}

fn reply(transfer: &mut TransferFacts, by: &str, at: i64, b: &TransferReply) {
    let Some(leg) = transfer.legs.iter_mut().rev().find(|leg| leg.to == by) else { return };
    match b.decision() {
        TransferDecision::Unspecified => {}
        TransferDecision::Received => leg.since = at,
        decision => {
            if leg.decided.is_none() {
                leg.decided = Some((decision, at));
            }
            if decision == TransferDecision::Forwarded {
                transfer.legs.push(TransferLeg { to: b.forward_to.clone(), since: at, decided: None });
            }
        }
    }
}

/// When the last of these bags was handed to who took the case, if all were.
fn handed_over(facts: &TransferFacts, bags: &[String], chains: &BTreeMap<String, Chain>) -> Option<i64> {
    let accepted = |leg: &&TransferLeg| matches!(leg.decided, Some((TransferDecision::Accepted, _)));
    let taker = &facts.legs.iter().find(accepted)?.to;
    let when = |bag: &String| {
        let links = &chains.get(bag)?.links;
        let given = links.iter().filter(|l| matches!(&l.event.act, BagAct::HandedOver(to, _) if to == taker));
        given.map(|link| link.event.at).min()
    };
    bags.iter().map(when).collect::<Option<Vec<i64>>>()?.into_iter().max()
}

/// What a body of cases has come to in a stretch of days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Leads filed.
    pub leads: u64,
    /// Of these those that have been answered, whenever.
    pub leads_answered: u64,
    /// Cases opened, by kind.
    pub opened: BTreeMap<String, u64>,
    /// Transfers sent.
    pub transferred: u64,
    /// Of these those that somebody has taken.
    pub accepted: u64,
    /// Cases closed, by reason.
    pub closed: BTreeMap<String, u64>,
    /// Outcomes, by kind.
    pub outcomes: BTreeMap<String, u64>,
    /// Hundredths by currency: value of goods.
    pub goods_value: BTreeMap<String, u128>,
    /// Fines.
    pub fines: BTreeMap<String, u128>,
    /// Gains confiscated.
    pub confiscated: BTreeMap<String, u128>,
    /// Goods by unit.
    pub goods: BTreeMap<String, u128>,
    /// People detained or arrested.
    pub arrested: u64,
    /// People charged.
    pub charged: u64,
    /// People convicted.
    pub convicted: u64,
    /// Hidden workshops and stores closed.
    pub dens: u64,
}

impl Summary {
    /// Leads answered of leads filed, in thousandths; `None` without leads.
    #[must_use]
    pub const fn answered_permille(&self) -> Option<u64> {
        match self.leads {
            0 => None,
            leads => Some(self.leads_answered.saturating_mul(1_000) / leads),
        }
    }
}

/// The summary table of cases over days, both ends counted: by when a Lead was filed, a case opened, transferred or
/// closed; outcomes by the day they name.
#[must_use]
pub fn summary<'c>(cases: impl IntoIterator<Item = &'c CaseView>, from: Day, to: Day) -> Summary {
    let mut sum = Summary::default();
    let within = |day: Day| from <= day && day <= to;
    let happened = |at: i64| within(Day::of_instant(at));
    for case in cases {
        for lead in case.facts.leads.iter().filter(|lead| happened(lead.at)) {
            sum.leads += 1;
            sum.leads_answered += u64::from(!lead.answered.is_empty());
        }
        for transfer in case.facts.transfers.iter().filter(|t| happened(t.sent_at)) {
            let accepted = |leg: &TransferLeg| matches!(leg.decided, Some((TransferDecision::Accepted, _)));
            sum.transferred += 1;
            sum.accepted += u64::from(transfer.legs.iter().any(accepted));
        }
        for opened in case.opened.iter().filter(|opened| happened(opened.at)) {
            *sum.opened.entry(opened.body.kind.clone()).or_default() += 1;
        }
        for closed in case.closed.iter().filter(|closed| happened(closed.at)) {
            *sum.closed.entry(closed.body.reason.clone()).or_default() += 1;
        }
        let outcomes = case.outcomes.iter().map(|outcome| &outcome.body);
        for outcome in outcomes.filter(|o| Day::parse(&o.decided_on).is_some_and(within)) {
            sum.add(outcome);
        }
    }
    sum
}

impl Summary {
    fn add(&mut self, outcome: &CaseOutcome) {
        *self.outcomes.entry(outcome.kind.clone()).or_default() += 1;
        let sums = [&mut self.goods_value, &mut self.fines, &mut self.confiscated];
        for (sum, amount) in sums.into_iter().zip([outcome.goods_value, outcome.fines, outcome.confiscated]) {
            if amount > 0 {
                *sum.entry(outcome.currency.clone()).or_default() += u128::from(amount);
            }
        }
        for goods in &outcome.goods {
            *self.goods.entry(goods.unit.clone()).or_default() += u128::from(goods.amount);
        }
        self.arrested += u64::from(outcome.arrested);
        self.charged += u64::from(outcome.charged);
        self.convicted += u64::from(outcome.convicted);
        self.dens += u64::from(outcome.dens);
    }
}
