//! Deadlines of a case: which duties its statements bring about, until when, and whether they were met as of a day.
//!
//! Nothing here knows what time it is: days are given. Days are calendar days in UTC+8, the last one counts as a
//! whole; hours count from instant to instant.

use proto::v1::TransferDecision;
use statement::{Day, policy};

const HOUR_US: i64 = 3_600_000_000;

/// What somebody has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Duty {
    /// 分办: give a lead to somebody who looks into it.
    AssignLead,
    /// 核查: look into it.
    VerifyLead,
    /// 答复: answer who reported.
    AnswerLead,
    /// 批准: decide on a transfer that officers propose.
    DecideTransfer,
    /// 移送: send the case on.
    SendTransfer,
    /// 抄送: let the procuratorate have a copy.
    CopyTransfer,
    /// 审查决定: take the case or decline it.
    AnswerTransfer,
    /// 转送: send it on to the authority in charge.
    ForwardTransfer,
    /// 移交涉案物品: hand the goods over.
    HandOverGoods,
    /// 解除或处理: end a measure, or prolong it.
    EndMeasure,
}

/// Until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// To the end of a day in UTC+8.
    Day(Day),
    /// To an instant, µs.
    At(i64),
}

impl Due {
    fn days(since: i64, days: i64) -> Self {
        let Day(day) = Day::of_instant(since);
        // Settings are whole numbers of any size; beyond the calendar nothing is due.
        let days = if days > 1_000_000 { 1_000_000 } else { days as i32 };
        Self::Day(Day(day.saturating_add(days)))
    }

    const fn hours(since: i64, hours: i64) -> Self {
        Self::At(since.saturating_add(hours.saturating_mul(HOUR_US)))
    }

    /// The day in which it falls.
    #[must_use]
    pub fn day(self) -> Day {
        match self {
            Self::Day(day) => day,
            Self::At(at) => Day::of_instant(at),
        }
    }

    fn allows(self, at: i64) -> bool {
        match self {
            Self::Day(day) => Day::of_instant(at) <= day,
            Self::At(due) => at <= due,
        }
    }
}

/// How a duty stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Done in time.
    Met,
    /// Done, and too late.
    Late,
    /// Not done, and its time is not over.
    Open,
    /// Not done, and its time is over.
    Missed,
}

/// A duty with its term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// What.
    pub duty: Duty,
    /// The statement that brings it about: a Lead, CaseTransfer or Seize.
    pub entry: u64,
    /// Who has to do it.
    pub who: String,
    /// Since when, µs.
    pub since: i64,
    /// Until when.
    pub due: Due,
    /// When it was done, µs.
    pub done_at: Option<i64>,
    /// How it stands.
    pub standing: Standing,
}

/// What deadlines need of a lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadFacts {
    /// The Lead.
    pub entry: u64,
    /// For whom it is.
    pub addressee: String,
    /// When it was filed, µs.
    pub at: i64,
    /// To whom it was given, when, and until when as that says.
    pub assigned: Vec<(String, i64, Option<Day>)>,
    /// Who has looked into it, and when.
    pub verified: Vec<(String, i64)>,
    /// When who reported was answered.
    pub answered: Vec<i64>,
}

/// What deadlines need of one hand that a transfer comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferLeg {
    /// To whom.
    pub to: String,
    /// When it arrived, µs: as the receiver says, else when it was sent.
    pub since: i64,
    /// What it has decided, and when.
    pub decided: Option<(TransferDecision, i64)>,
}

/// What deadlines need of a transfer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferFacts {
    /// The CaseTransfer.
    pub entry: u64,
    /// Code of its basis.
    pub basis: String,
    /// Who sends it.
    pub from: String,
    /// When officers proposed it, µs; 0 = not told.
    pub proposed_at: i64,
    /// When it was decided.
    pub decided_at: i64,
    /// When it was sent.
    pub sent_at: i64,
    /// The procuratorate has a copy.
    pub copied: bool,
    /// To whom it has come, in this order.
    pub legs: Vec<TransferLeg>,
    /// Bags that go with it.
    pub bags: usize,
    /// When all of them were handed over, µs.
    pub handed_over_at: Option<i64>,
}

/// What deadlines need of a measure against goods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeasureFacts {
    /// The Seize.
    pub entry: u64,
    /// Who ordered it.
    pub by: String,
    /// Code of the measure.
    pub kind: String,
    /// When it was taken, µs.
    pub at: i64,
    /// Its last day, where the document says one.
    pub until: Option<Day>,
    /// When nothing was under it any longer: given back, destroyed, or under a measure that follows.
    pub ended_at: Option<i64>,
}

/// What deadlines need of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFacts {
    /// Leads.
    pub leads: Vec<LeadFacts>,
    /// Transfers.
    pub transfers: Vec<TransferFacts>,
    /// Measures.
    pub measures: Vec<MeasureFacts>,
}

/// Gives a setting (group, key) in force for the case.
pub type Terms<'t> = &'t dyn Fn(&str, &str) -> i64;

/// The settings that a ledger starts with; 0 for what it starts without.
#[must_use]
pub fn default_terms(group: &str, key: &str) -> i64 {
    policy::setting(group, key).unwrap_or_default()
}

/// All duties of a case and how they stand at the end of a day: what happened later is not looked at. In the order of
/// leads, transfers and measures, and of what is due in each.
#[must_use]
pub fn deadlines(facts: &CaseFacts, terms: Terms<'_>, today: Day) -> Vec<Deadline> {
    let mut list = List { today, all: Vec::new() };
    facts.leads.iter().for_each(|lead| list.lead(lead, terms));
    facts.transfers.iter().for_each(|transfer| list.transfer(transfer, terms));
    facts.measures.iter().for_each(|measure| list.measure(measure, terms));
    list.all
}

struct List {
    today: Day,
    all: Vec<Deadline>,
}

impl List {
    fn add(&mut self, duty: Duty, (entry, who): (u64, &str), since: i64, due: Due, done_at: Option<i64>) {
        if Day::of_instant(since) > self.today {
            return;
        }
        let done_at = done_at.filter(|at| Day::of_instant(*at) <= self.today);
        let standing = match done_at {
            Some(at) if due.allows(at) => Standing::Met,
            Some(_) => Standing::Late,
            None if self.today > due.day() => Standing::Missed,
            None => Standing::Open,
        };
        self.all.push(Deadline { duty, entry, who: who.to_owned(), since, due, done_at, standing });
    }

    fn in_days(&mut self, duty: Duty, who: (u64, &str), (since, days): (i64, i64), done_at: Option<i64>) {
        if days > 0 {
            self.add(duty, who, since, Due::days(since, days), done_at);
        }
    }

    fn in_hours(&mut self, duty: Duty, who: (u64, &str), (since, hours): (i64, i64), done_at: Option<i64>) {
        if hours > 0 {
            self.add(duty, who, since, Due::hours(since, hours), done_at);
        }
    }

    fn lead(&mut self, lead: &LeadFacts, terms: Terms<'_>) {
        let term = |key| terms("lead-days", key);
        let who = (lead.entry, lead.addressee.as_str());
        let verified = lead.verified.iter().map(|(_, at)| *at).min();
        let answered = lead.answered.iter().copied().min();
        let assigned = lead.assigned.iter().map(|(_, at, _)| *at).min();
        // Who looks into it or answers it at once need not give it to anybody.
        let first = [assigned, verified, answered].into_iter().flatten().min();
        self.in_days(Duty::AssignLead, who, (lead.at, term("assign")), first);
        for (to, at, until) in &lead.assigned {
            let theirs =
                lead.verified.iter().filter(|(by, when)| by == to && when >= at).map(|(_, at)| *at).min();
            let who = (lead.entry, to.as_str());
            match until {
                Some(day) => self.add(Duty::VerifyLead, who, *at, Due::Day(*day), theirs),
                None => self.in_days(Duty::VerifyLead, who, (*at, term("verify")), theirs),
            }
        }
        self.in_days(Duty::AnswerLead, who, (lead.at, term("answer")), answered);
    }

    fn transfer(&mut self, t: &TransferFacts, terms: Terms<'_>) {
        let term = |step: &str| terms("transfer-terms", &format!("{}-{step}", t.basis));
        let from = (t.entry, t.from.as_str());
        if t.proposed_at > 0 {
            let proposed = (t.proposed_at, term("decide-days"));
            self.in_days(Duty::DecideTransfer, from, proposed, Some(t.decided_at));
        }
        self.in_hours(Duty::SendTransfer, from, (t.decided_at, term("transfer-hours")), Some(t.sent_at));
        if t.basis == "suspected-crime" {
            let due = Due::Day(Day::of_instant(t.sent_at));
            self.add(Duty::CopyTransfer, from, t.sent_at, due, t.copied.then_some(t.sent_at));
        }
        for leg in &t.legs {
            let to = (t.entry, leg.to.as_str());
            match leg.decided {
                Some((TransferDecision::Forwarded, at)) => {
                    self.in_hours(Duty::ForwardTransfer, to, (leg.since, term("forward-hours")), Some(at));
                }
                decided => {
                    let at = decided.map(|(_, at)| at);
                    self.in_days(Duty::AnswerTransfer, to, (leg.since, term("reply-days")), at);
                }
            }
        }
        let accepted =
            t.legs.iter().filter_map(|leg| leg.decided).find(|(d, _)| *d == TransferDecision::Accepted);
        if let Some((_, at)) = accepted.filter(|_| t.bags > 0) {
            self.in_days(Duty::HandOverGoods, from, (at, term("goods-days")), t.handed_over_at);
        }
    }

    fn measure(&mut self, m: &MeasureFacts, terms: Terms<'_>) {
        let by = (m.entry, m.by.as_str());
        match m.until {
            Some(day) => self.add(Duty::EndMeasure, by, m.at, Due::Day(day), m.ended_at),
            None => self.in_days(Duty::EndMeasure, by, (m.at, terms("measure-days", &m.kind)), m.ended_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-02T00:00 in UTC+8, µs.
    const START: i64 = 1_772_380_800_000_000;
    const DAY_US: i64 = 24 * HOUR_US;

    fn today(n: i32) -> Day {
        Day(Day::of_instant(START).0 + n)
    }

    fn at(day: i64, hour: i64) -> i64 {
        START + day * DAY_US + hour * HOUR_US
    }

    fn transfer() -> TransferFacts {
        TransferFacts {
            entry: 7,
            basis: "suspected-crime".into(),
            from: "drug".into(),
            proposed_at: at(0, 9),
            decided_at: at(3, 17),
            sent_at: at(4, 17),
            copied: true,
            legs: vec![TransferLeg { to: "police".into(), since: at(5, 9), decided: None }],
            bags: 1,
            handed_over_at: None,
        }
    }

    /// Duty, who, standing as of a day.
    fn of(facts: CaseFacts, day: i32) -> Vec<(Duty, String, Standing)> {
        let all = deadlines(&facts, &default_terms, today(day));
        all.into_iter().map(|d| (d.duty, d.who, d.standing)).collect()
    }

    fn of_transfer(t: TransferFacts, day: i32) -> Vec<(Duty, Standing)> {
        let facts = CaseFacts { transfers: vec![t], ..CaseFacts::default() };
        of(facts, day).into_iter().map(|(duty, _, standing)| (duty, standing)).collect()
    }

    use Duty::*;
    use Standing::*;

    #[test]
    fn a_transfer_in_time_meets_every_term() {
        let expected =
            vec![(DecideTransfer, Met), (SendTransfer, Met), (CopyTransfer, Met), (AnswerTransfer, Open)];
        assert_eq!(of_transfer(transfer(), 8), expected);
        let mut done = transfer();
        done.legs[0].decided = Some((TransferDecision::Accepted, at(8, 23)));
        done.handed_over_at = Some(at(11, 23));
        let last = of_transfer(done, 11).split_off(3);
        assert_eq!(last, [(AnswerTransfer, Met), (HandOverGoods, Met)]);
    }

    #[test]
    fn each_term_is_missed_by_its_own_step() {
        let mut t = transfer();
        t.decided_at = at(4, 0);
        t.sent_at = at(5, 0) + 1;
        t.copied = false;
        t.legs[0].since = t.sent_at;
        let expected = vec![
            (DecideTransfer, Late),
            (SendTransfer, Late),
            (CopyTransfer, Missed),
            (AnswerTransfer, Missed),
        ];
        assert_eq!(of_transfer(t.clone(), 9), expected);
        t.legs[0].decided = Some((TransferDecision::Accepted, at(9, 0)));
        let last = of_transfer(t.clone(), 13).split_off(3);
        assert_eq!(last, [(AnswerTransfer, Late), (HandOverGoods, Missed)]);
        t.handed_over_at = Some(at(13, 0));
        assert_eq!(of_transfer(t.clone(), 13).pop(), Some((HandOverGoods, Late)));
        t.bags = 0;
        assert_eq!(of_transfer(t, 13).pop(), Some((AnswerTransfer, Late)));
    }

    #[test]
    fn who_is_not_in_charge_forwards_within_hours_and_the_next_decides() {
        let mut t = transfer();
        t.legs[0].decided = Some((TransferDecision::Forwarded, at(6, 9)));
        t.legs.push(TransferLeg { to: "other".into(), since: at(6, 9), decided: None });
        assert_eq!(of_transfer(t.clone(), 9).split_off(3), [(ForwardTransfer, Met), (AnswerTransfer, Open)]);
        assert_eq!(of_transfer(t.clone(), 10).pop(), Some((AnswerTransfer, Missed)));
        t.legs[0].decided = Some((TransferDecision::Forwarded, at(6, 9) + 1));
        assert_eq!(of_transfer(t, 9)[3], (ForwardTransfer, Late));
    }

    #[test]
    fn what_happens_later_is_not_known_on_a_day() {
        let mut t = transfer();
        t.legs[0].decided = Some((TransferDecision::Declined, at(6, 0)));
        assert_eq!(of_transfer(t.clone(), 0), [(DecideTransfer, Open)]);
        assert_eq!(of_transfer(t.clone(), 3), [(DecideTransfer, Met), (SendTransfer, Open)]);
        assert_eq!(of_transfer(t.clone(), 5).pop(), Some((AnswerTransfer, Open)));
        assert_eq!(of_transfer(t, 6).pop(), Some((AnswerTransfer, Met)));
    }

    #[test]
    fn a_basis_without_terms_has_no_deadlines() {
        let t = TransferFacts { basis: "superior".into(), ..transfer() };
        assert_eq!(of_transfer(t, 99), []);
    }

    #[test]
    fn a_lead_is_assigned_verified_and_answered() {
        let lead = LeadFacts {
            entry: 3,
            addressee: "drug".into(),
            at: at(0, 0),
            assigned: vec![("district".into(), at(7, 23), Some(today(20))), ("other".into(), at(8, 0), None)],
            verified: vec![("district".into(), at(21, 0))],
            answered: vec![],
        };
        let facts = |lead: &LeadFacts| CaseFacts { leads: vec![lead.clone()], ..CaseFacts::default() };
        let named = |duty, who: &str, standing| (duty, who.to_owned(), standing);
        assert_eq!(
            of(facts(&lead), 38),
            [
                named(AssignLead, "drug", Met),
                named(VerifyLead, "district", Late),
                named(VerifyLead, "other", Open),
                named(AnswerLead, "drug", Open),
            ]
        );
        let missed = of(facts(&lead), 61);
        assert_eq!(missed[2..], [named(VerifyLead, "other", Missed), named(AnswerLead, "drug", Missed)]);
        let at_once = LeadFacts { assigned: vec![], verified: vec![], answered: vec![at(2, 0)], ..lead };
        assert_eq!(of(facts(&at_once), 9), [named(AssignLead, "drug", Met), named(AnswerLead, "drug", Met)]);
    }

    #[test]
    fn measures_last_as_their_document_says_or_their_kind_does() {
        let measure = |kind: &str, until, ended_at| {
            let m = MeasureFacts {
                entry: 4,
                by: "drug".into(),
                kind: kind.into(),
                at: at(0, 8),
                until,
                ended_at,
            };
            CaseFacts { measures: vec![m], ..CaseFacts::default() }
        };
        let standing = |facts, day| of(facts, day).pop().map(|(_, _, standing)| standing);
        assert_eq!(standing(measure("preservation", None, None), 7), Some(Open));
        assert_eq!(standing(measure("preservation", None, None), 8), Some(Missed));
        assert_eq!(standing(measure("preservation", Some(today(20)), None), 20), Some(Open));
        assert_eq!(standing(measure("preservation", None, Some(at(7, 23))), 90), Some(Met));
        assert_eq!(standing(measure("preservation", None, Some(at(8, 0))), 90), Some(Late));
        assert_eq!(standing(measure("confiscation", None, None), 9_999), None);
    }

    #[test]
    fn terms_of_any_size_are_counted_without_overflow() {
        let most = |_: &str, _: &str| i64::MAX;
        let facts = CaseFacts { transfers: vec![transfer()], ..CaseFacts::default() };
        assert!(
            deadlines(&facts, &most, today(3_000))
                .iter()
                .all(|d| d.standing != Missed || d.duty == CopyTransfer)
        );
        let least = |_: &str, _: &str| i64::MIN;
        assert_eq!(deadlines(&facts, &least, today(9)).len(), 1, "the copy has no term of its own");
    }
}
