//! Stories as aligned tables: one statement a line, what is expected beside it.
//!
//! ```text
//! [label:] who[>principal] verb … [@minute] [key=NO] [site=CODE] | outcome
//!
//! commission A,B                 pack P A,B        unpack P [A,B]       use A,B [with C]   finish A
//! ship A,P to clinic [way=W] [lots=1,2]
//! receive of=label | bill=who/NO | way=W [A,B] [lots=1] [short=C] [refused=D] [over=E] [damaged=F] [shortlot=2]
//! alias A,A2      transform A,B into C,D      service D [removed=T] [fitted=U]      sample A from trader
//! adjust [found=A] [lost=B] [damaged=C] [stolen=D] [destroyed=E] [opening=F]
//! seize A from trader bags=B1     keep B1 seals=1,2 [cond=opened]     handover A to lab [bags=B1] [seals=1,2]
//! giveback A to trader [bags=B1]  burn A [from=trader] [bags=B1]      (`-` names no items)
//! correct LABEL verb …           void LABEL        endorse LABEL
//! lines LABEL [drop=items.0,lots.1] [verb …]    (a Correct by line: of what is said, the lines are added)
//! ```
//! A statement without label is called `eN` by its line, counted from 1; without `@minute` it happens N
//! minutes after noon. Outcomes, joined by `;`: a refusal `REASON field`; `pending N`; the state of an
//! bag, `bag:B1 kept drug seals 1,2 NotHolder!label`; the state of an
//! item, `A held maker in P !label` (`!label` for each statement that does not fit).

use std::collections::{BTreeMap, BTreeSet};

use proto::v1::{self, AdjustOutcome, ReceiveOutcome, replacement, statement::Body};
use statement::{Statement, SubjectKind};

use super::ledger::{LATER, NOON, Say, TestLedger, endorse_of, org, uuid};
use crate::{
    Signed, View as _, control_of,
    exhibit::exhibit_state,
    item::{ItemState, Status, item_state},
    registry::party_by_number,
    response::receives_of,
    tables::subject_by_text,
};

const MINUTE: i64 = 60_000_000;

/// Canonical item of a short name.
pub fn item(name: &str) -> String {
    format!("sgtin:09521234543213.{name}")
}

pub fn waybill(number: &str) -> String {
    format!("waybill:gln:9521234567042/{number}")
}

pub fn bill(of: &str, number: &str) -> String {
    statement::bill_text(&org(of), number).unwrap()
}

pub fn lot() -> String {
    "lot:gtin:09521234543213.L7".into()
}

/// One statement of a story, and what is expected of it.
#[derive(Clone, Debug)]
pub struct Line {
    pub label: String,
    pub signed: Signed,
    pub expect: Vec<String>,
}

/// What was said so far, by label.
pub type Said = BTreeMap<String, Statement>;

/// Writes the statements of a story.
pub fn write(ledger: &TestLedger, story: &str) -> Vec<Line> {
    let mut said = Said::new();
    let lines = story.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
    lines.enumerate().map(|(i, line)| write_line(ledger, &mut said, i as u32 + 1, line)).collect()
}

fn write_line(ledger: &TestLedger, said: &mut Said, number: u32, line: &str) -> Line {
    let (what, expect) = line.split_once('|').unwrap_or((line, ""));
    let mut words: Vec<&str> = what.split_whitespace().collect();
    let label = match words[0].strip_suffix(':') {
        Some(label) => {
            words.remove(0);
            label.to_string()
        }
        None => format!("e{number}"),
    };
    let (by, principal) = words[0].split_once('>').unwrap_or((words[0], ""));
    let rest: Vec<&str> = words[1..].iter().copied().filter(|w| !is_header(w)).collect();
    let mut say = Say::new(by, number, body_of(said, &rest));
    say.principal = principal.into();
    say.at = NOON + i64::from(number) * MINUTE;
    say.id = uuid(LATER, number);
    for word in &words[1..] {
        if let Some(minute) = word.strip_prefix('@') {
            say.at = NOON + minute.parse::<i64>().unwrap() * MINUTE;
        } else if let Some(no) = word.strip_prefix("key=") {
            say.bill = no.into();
        } else if let Some(code) = word.strip_prefix("site=") {
            say.site = format!("site:{}/{code}", org(by));
        }
    }
    let signed = ledger.signed(&say);
    said.insert(label.clone(), signed.statement.clone());
    let expect = expect.split(';').map(|e| e.trim().to_string()).filter(|e| !e.is_empty()).collect();
    Line { label, signed, expect }
}

fn is_header(word: &str) -> bool {
    word.starts_with('@') || word.starts_with("key=") || word.starts_with("site=")
}

const ADJUSTMENTS: [(&str, AdjustOutcome); 6] = [
    ("found", AdjustOutcome::Found),
    ("lost", AdjustOutcome::Lost),
    ("damaged", AdjustOutcome::Damaged),
    ("stolen", AdjustOutcome::Stolen),
    ("destroyed", AdjustOutcome::Destroyed),
    ("opening", AdjustOutcome::Opening),
];

/// Canonical lot of a short name.
pub fn lot_of(name: &str) -> String {
    format!("lot:gtin:09521234543213.L{name}")
}

fn lots(names: &str) -> Vec<v1::LotAmount> {
    let amount = |name: &str| v1::LotAmount {
        lot: lot_of(name),
        quantity: Some(v1::Quantity { amount: 5, unit: "box".into() }),
    };
    names.split(',').filter(|n| !n.is_empty()).map(amount).collect()
}

fn items(names: &str) -> Vec<String> {
    names.split(',').filter(|n| !n.is_empty()).map(item).collect()
}

/// Canonical bag of a short name.
pub fn bag(name: &str) -> String {
    format!("bag:{name}")
}

fn bags(names: &str) -> Vec<String> {
    names.split(',').filter(|n| !n.is_empty()).map(bag).collect()
}

fn checked(words: &[&str]) -> Vec<v1::BagCheck> {
    let condition = option(words, "cond");
    let seals = option(words, "seals").split(',').filter(|s| !s.is_empty()).map(ToOwned::to_owned);
    let check = |bag| v1::BagCheck {
        bag,
        seals: seals.clone().collect(),
        condition: if condition.is_empty() { "intact".into() } else { condition.into() },
        note: String::new(),
    };
    bags(option(words, "bags")).into_iter().map(check).collect()
}

/// Of the goods taken one line for each bag: items in the first, amounts of lots in the second, or without codes.
fn seized(items: Vec<String>, words: &[&str]) -> Vec<v1::SeizedLine> {
    let mut items = Some(items).filter(|items| !items.is_empty());
    let mut lots = lots(option(words, "lots")).into_iter();
    let line = |bag| {
        let items = items.take().unwrap_or_default();
        let lot = if items.is_empty() { lots.next() } else { None };
        let coded = !items.is_empty() || lot.is_some();
        let quantity = (!coded).then(|| v1::Quantity { amount: 3, unit: "vial".into() });
        v1::SeizedLine { bag, items, lot, quantity, description: "boxes".into(), ..v1::SeizedLine::default() }
    };
    bags(option(words, "bags")).into_iter().map(line).collect()
}

fn option<'a>(words: &[&'a str], name: &str) -> &'a str {
    words.iter().find_map(|w| w.strip_prefix(name)?.strip_prefix('=')).unwrap_or("")
}

fn reference(said: &Said, label: &str) -> v1::StatementRef {
    let statement = said.get(label).unwrap_or_else(|| panic!("{label} has not been said"));
    v1::StatementRef {
        party: statement.header().party.clone(),
        id: statement.header().id.clone(),
        digest: Vec::new(),
    }
}

fn body_of(said: &Said, words: &[&str]) -> Body {
    match words {
        ["correct", label, rest @ ..] => {
            let minute = rest.iter().find_map(|w| w.strip_prefix("at=")).map(|m| m.parse::<i64>().unwrap());
            Body::Correct(v1::Correct {
                target: Some(reference(said, label)),
                reason: "mistake".into(),
                replacement: Some(v1::Replacement {
                    occurred_at: minute.map_or(0, |m| NOON + m * MINUTE),
                    body: Some(replacement_of(body_of(said, rest))),
                    ..v1::Replacement::default()
                }),
                ..v1::Correct::default()
            })
        }
        ["lines", label, rest @ ..] => {
            let dropped = option(rest, "drop");
            let added: Vec<&str> = rest.iter().copied().filter(|w| !w.starts_with("drop=")).collect();
            let added = (!added.is_empty()).then(|| replacement_of(only_lines(body_of(said, &added))));
            Body::Correct(v1::Correct {
                target: Some(reference(said, label)),
                reason: "mistake".into(),
                replacement: added.map(|body| v1::Replacement { body: Some(body), ..Default::default() }),
                by_line: true,
                removed: dropped
                    .split(',')
                    .filter_map(|line| line.split_once('.'))
                    .map(|(field, index)| v1::LineRef { field: field.into(), index: index.parse().unwrap() })
                    .collect(),
            })
        }
        ["void", label] => {
            Body::Void(v1::Void { target: Some(reference(said, label)), reason: "mistake".into() })
        }
        ["endorse", label] => endorse_of(&said[*label]),
        ["commission", names, ..] => Body::Commission(v1::Commission {
            items: items(names),
            lot: lot(),
            registration: "国药准字SJ20171003".into(),
            made_on: "2025-06-01".into(),
            expires_on: "2027-05-31".into(),
            units_per_code: 3,
            ..v1::Commission::default()
        }),
        ["pack", parent, children, ..] => {
            Body::Pack(v1::Pack { parent: item(parent), children: items(children) })
        }
        ["unpack", parent, rest @ ..] => {
            let children = rest.first().filter(|w| !w.contains('=')).map(|w| items(w)).unwrap_or_default();
            Body::Unpack(v1::Unpack { parent: item(parent), children })
        }
        ["ship", names, "to", addressee, rest @ ..] => {
            let way = option(rest, "way");
            Body::Ship(v1::Ship {
                items: items(names.trim_matches('-')),
                addressee: org(addressee),
                reason: "sale".into(),
                lots: lots(option(rest, "lots")),
                waybill: if way.is_empty() { String::new() } else { waybill(way) },
                ..v1::Ship::default()
            })
        }
        ["receive", rest @ ..] => Body::Receive(receive_of(said, rest)),
        ["alias", names, ..] => Body::Alias(v1::Alias { codes: items(names), reason: "second-code".into() }),
        ["transform", inputs, "into", outputs, ..] => Body::Transform(v1::Transform {
            inputs: items(inputs),
            outputs: items(outputs),
            lot: lot(),
            expires_on: "2027-05-31".into(),
            units_per_code: 1,
            reason: "repack".into(),
            ..v1::Transform::default()
        }),
        ["adjust", rest @ ..] => Body::Adjust(v1::Adjust {
            lines: ADJUSTMENTS
                .iter()
                .flat_map(|(name, outcome)| {
                    items(option(rest, name)).into_iter().map(|item| v1::AdjustLine {
                        outcome: *outcome as i32,
                        item,
                        ..v1::AdjustLine::default()
                    })
                })
                .collect(),
            reason: "stock-taking".into(),
        }),
        ["service", name, rest @ ..] => {
            let other = |name| items(option(rest, name)).pop().unwrap_or_default();
            let line = v1::ServiceLine {
                item: item(name),
                action: "tip-exchange".into(),
                removed: other("removed"),
                fitted: other("fitted"),
                ..v1::ServiceLine::default()
            };
            Body::Service(v1::Service { lines: vec![line] })
        }
        ["sample", names, "from", holder, ..] => Body::Sample(v1::Sample {
            number: "cert:org:lab/S1".into(),
            purpose: "inspection".into(),
            items: items(names),
            holder: org(holder),
            ..v1::Sample::default()
        }),
        ["seize", names, "from", holder, rest @ ..] => Body::Seize(v1::Seize {
            number: "cert:org:drug/KY1".into(),
            kind: "seizure".into(),
            holder: org(if *holder == "-" { "" } else { holder }),
            witness: "d".repeat(64),
            officers: vec!["a".repeat(64), "b".repeat(64)],
            place: "shop".into(),
            channel: "premises".into(),
            legal_basis: "article 100".into(),
            reason: "doubts".into(),
            lines: seized(items(names.trim_matches('-')), rest),
            ..v1::Seize::default()
        }),
        ["keep", bags, rest @ ..] => Body::Keep(v1::Keep {
            bags: checked(&[&[format!("bags={bags}").as_str()][..], rest].concat()),
            place: "store".into(),
            ..v1::Keep::default()
        }),
        ["handover", names, "to", receiver, rest @ ..] => Body::HandOver(v1::HandOver {
            number: "cert:org:drug/YJ1".into(),
            receiver: org(receiver),
            purpose: "test".into(),
            bags: checked(rest),
            items: items(names.trim_matches('-')),
            lots: lots(option(rest, "lots")),
            officers: vec!["a".repeat(64)],
            ..v1::HandOver::default()
        }),
        ["giveback", names, "to", to, rest @ ..] => Body::EvidenceReturn(v1::EvidenceReturn {
            number: "cert:org:drug/FH1".into(),
            to: org(if *to == "-" { "" } else { to }),
            person: "c".repeat(64),
            reason: "unfounded".into(),
            bags: bags(option(rest, "bags")),
            items: items(names.trim_matches('-')),
            lots: lots(option(rest, "lots")),
            officers: vec!["a".repeat(64), "b".repeat(64)],
            legal_basis: "article 28".into(),
        }),
        ["burn", names, rest @ ..] => Body::Destroy(v1::Destroy {
            number: "cert:org:drug/XH1".into(),
            holder: org(option(rest, "from")),
            reason: "confiscated".into(),
            method: "incineration".into(),
            place: "furnace".into(),
            bags: bags(option(rest, "bags")),
            items: items(names.trim_matches('-')),
            lots: lots(option(rest, "lots")),
            officers: vec!["a".repeat(64), "b".repeat(64)],
            legal_basis: "article 74".into(),
            ..v1::Destroy::default()
        }),
        ["use" | "finish", names, rest @ ..] => {
            let paired = if let ["with", tip, ..] = rest { item(tip) } else { String::new() };
            let line = |name: String| v1::UseLine {
                item: name,
                used: Some(v1::Quantity { amount: 20, unit: "U".into() }),
                finished: words[0] == "finish",
                paired: paired.clone(),
                ..v1::UseLine::default()
            };
            Body::Use(v1::Use { lines: items(names).into_iter().map(line).collect() })
        }
        _ => panic!("not in the language: {words:?}"),
    }
}

/// A body of which nothing but lines is left.
fn only_lines(body: Body) -> Body {
    match body {
        Body::Commission(b) => Body::Commission(v1::Commission { items: b.items, ..Default::default() }),
        Body::Ship(b) => Body::Ship(v1::Ship { items: b.items, lots: b.lots, ..Default::default() }),
        Body::Receive(b) => Body::Receive(v1::Receive {
            items: b.items,
            lots: b.lots,
            exceptions: b.exceptions,
            ..Default::default()
        }),
        Body::Adjust(b) => Body::Adjust(v1::Adjust { lines: b.lines, ..Default::default() }),
        Body::Alias(b) => Body::Alias(v1::Alias { codes: b.codes, ..Default::default() }),
        Body::Seize(b) => Body::Seize(v1::Seize { lines: b.lines, ..Default::default() }),
        Body::HandOver(b) => {
            Body::HandOver(v1::HandOver { bags: b.bags, items: b.items, ..Default::default() })
        }
        other => panic!("no lines are added to {other:?}"),
    }
}

fn receive_of(said: &Said, words: &[&str]) -> v1::Receive {
    let mut exceptions = Vec::new();
    for (name, outcome) in [
        ("short", ReceiveOutcome::Short),
        ("over", ReceiveOutcome::Over),
        ("damaged", ReceiveOutcome::Damaged),
        ("refused", ReceiveOutcome::Refused),
    ] {
        let outcome = outcome as i32;
        exceptions.extend(items(option(words, name)).into_iter().map(|item| v1::ReceiveException {
            outcome,
            item,
            ..v1::ReceiveException::default()
        }));
    }
    exceptions.extend(lots(option(words, "shortlot")).into_iter().map(|lot| v1::ReceiveException {
        outcome: ReceiveOutcome::Short as i32,
        lot: Some(lot),
        ..v1::ReceiveException::default()
    }));
    let (of, way) = (option(words, "of"), option(words, "way"));
    v1::Receive {
        lots: lots(option(words, "lots")),
        shipment: (!of.is_empty()).then(|| reference(said, of)),
        bill: option(words, "bill").split_once('/').map_or_else(String::new, |(by, no)| bill(by, no)),
        waybill: if way.is_empty() { String::new() } else { waybill(way) },
        items: words.iter().filter(|w| !w.contains('=')).flat_map(|w| items(w)).collect(),
        exceptions,
        ..v1::Receive::default()
    }
}

fn replacement_of(body: Body) -> replacement::Body {
    statement::GoodsAct::of(&body).expect("is about goods").to_replacement()
}

/// Which entry holds which label, and the items of a story.
#[derive(Clone, Default)]
pub struct Recorded {
    labels: BTreeMap<u64, String>,
    items: BTreeMap<String, String>,
    bags: BTreeSet<String>,
}

impl Recorded {
    pub fn note(&mut self, index: u64, line: &Line) {
        self.labels.insert(index, line.label.clone());
        statement::visit_subjects(&line.signed.statement, &mut |relation, text| {
            if relation.subject_kind() == Some(SubjectKind::Item)
                && let Some(name) = text.strip_prefix("sgtin:09521234543213.")
            {
                self.items.insert(name.into(), text.into());
            }
            if relation == statement::Relation::Exhibit {
                self.bags.insert(text.into());
            }
        });
    }

    pub fn label(&self, index: u64) -> String {
        self.labels.get(&index).cloned().unwrap_or_else(|| format!("#{index}"))
    }

    /// Label of an entry reference (index plus one; 0 = none).
    fn label_of(&self, reference: u64) -> String {
        reference.checked_sub(1).map_or_else(|| "-".into(), |index| self.label(index))
    }

    fn container(&self, ledger: &TestLedger, number: u64) -> String {
        let known = |text: &String| subject_by_text(&ledger.view, SubjectKind::Item, text).unwrap();
        let found = self.items.iter().find(|(_, text)| known(text).is_some_and(|r| r.number == number));
        found.map_or_else(|| "-".into(), |(name, _)| name.clone())
    }

    /// The state of an item as stories put it.
    pub fn describe(&self, ledger: &TestLedger, name: &str) -> String {
        let Some((_, state)) = item_state(&ledger.view, &item(name)).unwrap() else {
            return format!("{name} unheard-of");
        };
        let party = |number| party_by_number(&ledger.view, number).unwrap().replace("org:", "");
        let status = match state.status {
            Status::Unknown => "unknown",
            Status::Held => "held",
            Status::InTransit => "transit",
            Status::Opened => "opened",
            Status::Used => "used",
            Status::Missing => "missing",
            Status::Refused => "refused",
            Status::Lost => "lost",
            Status::Stolen => "stolen",
            Status::Destroyed => "destroyed",
            Status::Transformed => "transformed",
            Status::Seized => "seized",
        };
        let mut text = format!("{name} {status} {}", party(state.holder));
        if state.addressee != 0 {
            text += &format!(">{}", party(state.addressee));
        }
        if state.container != 0 {
            let container = self.container(ledger, state.container);
            let (_, outer) = item_state(&ledger.view, &item(&container)).unwrap().unwrap();
            let word = if outer.emptied_at >= state.packed.0 { "ex" } else { "in" };
            text += &format!(" {word} {container}");
        }
        if state.damaged {
            text += " damaged";
        }
        for conflict in &state.conflicts {
            text += &format!(" !{}", self.label(*conflict));
        }
        text.trim().to_string()
    }

    /// The state of a bag as stories put it: what became of it, who has it, its seals, and its gaps.
    pub fn describe_bag(&self, ledger: &TestLedger, name: &str) -> String {
        let Some((_, state)) = exhibit_state(&ledger.view, &bag(name)).unwrap() else {
            return format!("{name} unheard-of");
        };
        let fate = format!("{:?}", state.fate()).to_lowercase();
        let mut text = format!("{name} {fate} {}", state.holder.replace("org:", "")).trim().to_owned();
        if !state.seals.is_empty() {
            text += &format!(" seals {}", state.seals.join(","));
        }
        for gap in &state.gaps {
            let kind = format!("{:?}", gap.kind()).to_lowercase();
            text += &format!(" {kind}!{}", self.label(gap.entry));
        }
        text
    }

    /// All item states and pairs, by names and labels instead of numbers and indices.
    pub fn canonical(&self, ledger: &TestLedger) -> Vec<String> {
        let mut all = Vec::new();
        for (name, text) in &self.items {
            let Some((_, s)) = item_state(&ledger.view, text).unwrap() else { continue };
            let ItemState { packed, emptied_at, last, events, opened, overflow, .. } = s;
            all.push(format!(
                "{} packed={packed:?} by={} emptied={emptied_at} made={} shipped={} site={} last={last:?} {} \
                 events={events} {opened} {overflow} since={} {}",
                self.describe(ledger, name),
                self.label_of(s.packed_by),
                self.label_of(s.commissioned),
                self.label_of(s.shipped_by),
                self.label_of(s.site_by),
                if events == 0 { "-".into() } else { self.label(s.last_index) },
                self.label_of(s.since),
                s.aliased,
            ));
        }
        for name in self.bags.iter().filter_map(|text| text.strip_prefix("bag:")) {
            let Some((_, s)) = exhibit_state(&ledger.view, &bag(name)).unwrap() else { continue };
            all.push(format!(
                "{} since={} {} measure={} sealed={} placed={} last={:?} {} events={} {}",
                self.describe_bag(ledger, name),
                self.label_of(s.since),
                s.since_at,
                self.label_of(s.measure),
                self.label_of(s.sealed_by),
                self.label_of(s.placed_by),
                (s.last_at, s.last_cause),
                if s.events == 0 { "-".into() } else { self.label(s.last_index) },
                s.events,
                s.overflow,
            ));
        }
        for (index, label) in &self.labels {
            let mut receives: Vec<String> =
                receives_of(&ledger.view, *index).unwrap().into_iter().map(|r| self.label(r)).collect();
            receives.sort();
            if !receives.is_empty() {
                all.push(format!("{label} is answered by {}", receives.join(" ")));
            }
        }
        all.sort();
        all
    }
}

/// Records a story line by line and compares every outcome.
pub fn check(story: &str) -> TestLedger {
    check_on(TestLedger::new(), story)
}

/// The same on a ledger prepared for it.
pub fn check_on(mut ledger: TestLedger, story: &str) -> TestLedger {
    let mut recorded = Recorded::default();
    for line in write(&ledger, story) {
        let verdict = ledger.verdict(&line.signed);
        let refused = line.expect.first().filter(|e| e.starts_with(|c: char| c.is_ascii_uppercase()));
        let refused = refused.filter(|e| e.split_whitespace().next().is_some_and(|w| w.len() > 2));
        if verdict != "OK" {
            assert_eq!(Some(&verdict), refused, "{}", line.label);
            continue;
        }
        assert_eq!(refused, None, "{} is not refused", line.label);
        let index = ledger.view.size();
        ledger.apply(&line.signed);
        recorded.note(index, &line);
        for expected in &line.expect {
            let found = match expected.split_once(' ') {
                Some(("pending", _)) => {
                    format!("pending {}", control_of(&ledger.view, index).unwrap().needed)
                }
                Some((name, _)) if name.starts_with("bag:") => {
                    format!("bag:{}", recorded.describe_bag(&ledger, &name[4..]))
                }
                Some((name, _)) => recorded.describe(&ledger, name),
                None => recorded.describe(&ledger, expected),
            };
            assert_eq!(&found, expected, "after {}", line.label);
        }
        let waits = control_of(&ledger.view, index).unwrap().needed > 0;
        assert!(!waits || line.expect.iter().any(|e| e.starts_with("pending")), "{} waits", line.label);
    }
    ledger
}
