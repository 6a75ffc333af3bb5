//! Stories: one statement a line, recorded without admission, as trace does not care who may sign.
//!
//! ```text
//! [label:] who verb … [@minute] [site=CODE]
//!
//! commission A,B [lot=L2]      pack P A,B        unpack P [A,B]       use A,B        finish A
//! ship A,P to clinic [way=W]   receive of=label | way=W [A,B] [short=C] [refused=D]
//! correct LABEL [at=minute] verb …               void LABEL           endorse LABEL
//! ```
//! The entry is the number of the line, from 1; it happens that many minutes after noon, and its label,
//! where none is given, is `eN`.

use std::{cell::RefCell, collections::BTreeMap};

use custody::{Input, MemoryView, RecordedEntry, Table, View, ViewError, Visit, apply, item::Status};
use merkle::sha256;
use prost::{Message as _, bytes::Bytes};
use proto::v1::{self, ReceiveOutcome, replacement, statement::Body};
use statement::{Statement, own_subjects};

use crate::{Certainty, Hop, HopKind, ItemReport, item, source};

pub(super) const NOON: i64 = 1_772_424_000_000_000;
pub(super) const MINUTE: i64 = 60_000_000;

/// Canonical item of a short name.
pub(super) fn sgtin(name: &str) -> String {
    format!("sgtin:09521234543213.{name}")
}

pub(super) fn lot(name: &str) -> String {
    format!("lot:gtin:09521234543213.{name}")
}

fn org(name: &str) -> String {
    format!("org:{name}")
}

pub(super) fn short(text: &str) -> &str {
    text.strip_prefix("org:").or_else(|| text.strip_prefix("sgtin:09521234543213.")).unwrap_or(text)
}

/// A ledger in memory, and what was said in it by label.
#[derive(Clone)]
pub(super) struct Story {
    pub(super) view: MemoryView,
    said: BTreeMap<String, Statement>,
}

impl Story {
    /// Entry 0 is no statement.
    pub(super) fn new() -> Self {
        let mut view = MemoryView::default();
        let nothing = Bytes::new();
        let entry =
            RecordedEntry { leaf: [0; 80], chain: [0; 32], envelope: nothing.clone(), payload: nothing };
        view.record(entry, Vec::new());
        Self { view, said: BTreeMap::new() }
    }

    pub(super) fn of(lines: &str) -> Self {
        let mut story = Self::new();
        for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
            story.tell(line);
        }
        story
    }

    /// Records one line; its entry.
    pub(super) fn tell(&mut self, line: &str) -> u64 {
        let index = self.view.size();
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let label = words[0].strip_suffix(':').map(ToString::to_string);
        if label.is_some() {
            words.remove(0);
        }
        let who = words.remove(0);
        let minute =
            words.iter().find_map(|w| w.strip_prefix('@')).map_or(index as i64, |m| m.parse().unwrap());
        let site = option(&words, "site").map_or_else(String::new, |s| format!("site:{}/{s}", org(who)));
        words.retain(|w| !w.starts_with('@') && !w.starts_with("site="));
        let body = self.body(&words);
        self.say(who, label.unwrap_or_else(|| format!("e{index}")), NOON + minute * MINUTE, site, body)
    }

    pub(super) fn say(&mut self, who: &str, label: String, at: i64, site: String, body: Body) -> u64 {
        self.say_with(who, label, at, body, |header| header.site = site)
    }

    /// The same, with the header as one likes.
    pub(super) fn say_with(
        &mut self,
        who: &str,
        label: String,
        at: i64,
        body: Body,
        change: impl FnOnce(&mut v1::Header),
    ) -> u64 {
        let index = self.view.size();
        let mut id = [0; 16];
        (id[6], id[8]) = (0x70, 0x80);
        id[9..].copy_from_slice(&index.to_be_bytes()[1..]);
        let mut header = v1::Header {
            ledger: vec![7; 32],
            id: id.to_vec(),
            salt: vec![8; 16],
            party: org(who),
            occurred_at: at,
            offset_minutes: 480,
            ..v1::Header::default()
        };
        change(&mut header);
        let payload = v1::Statement { header: Some(header), body: Some(body) }.encode_to_vec();
        let statement = Statement::parse(payload.into()).unwrap_or_else(|e| panic!("{label}: {e}"));
        let envelope = Bytes::copy_from_slice(&sha256(&[statement.payload()]));
        let own = own_subjects(&statement);
        let recorded_at = (NOON as u64) + index;
        let input = Input { index, recorded_at, envelope: &envelope, statement: &statement, own: &own };
        let outcome = apply(&self.view, &input).unwrap();
        let leaf = outcome.leaf.encode();
        let payload = statement.payload().clone();
        self.view.record(RecordedEntry { leaf, chain: [0; 32], envelope, payload }, outcome.puts);
        self.said.insert(label, statement);
        index
    }

    pub(super) fn reference(&self, label: &str) -> v1::StatementRef {
        let said = self.said.get(label).unwrap_or_else(|| panic!("{label} has not been said"));
        let header = said.header();
        v1::StatementRef {
            party: header.party.clone(),
            id: header.id.clone(),
            digest: said.digest().to_vec(),
        }
    }

    fn body(&self, words: &[&str]) -> Body {
        let reason = || "mistake".to_string();
        match words {
            ["commission", names, rest @ ..] => Body::Commission(v1::Commission {
                items: items(names),
                lot: lot(option(rest, "lot").unwrap_or("L1")),
                registration: "国药准字SJ20171003".into(),
                made_on: "2025-06-01".into(),
                expires_on: "2027-05-31".into(),
                units_per_code: 1,
                ..v1::Commission::default()
            }),
            ["pack", parent, children] => {
                Body::Pack(v1::Pack { parent: sgtin(parent), children: items(children) })
            }
            ["unpack", parent, rest @ ..] => Body::Unpack(v1::Unpack {
                parent: sgtin(parent),
                children: rest.iter().flat_map(|w| items(w)).collect(),
            }),
            ["ship", names, "to", addressee, rest @ ..] => Body::Ship(v1::Ship {
                items: items(names),
                addressee: org(addressee),
                reason: "sale".into(),
                waybill: option(rest, "way").map(waybill).unwrap_or_default(),
                ..v1::Ship::default()
            }),
            ["receive", rest @ ..] => Body::Receive(self.receive(rest)),
            ["use" | "finish", names] => {
                let line = |item| v1::UseLine {
                    item,
                    used: Some(v1::Quantity { amount: 20, unit: "U".into() }),
                    finished: words[0] == "finish",
                    ..v1::UseLine::default()
                };
                Body::Use(v1::Use { lines: items(names).into_iter().map(line).collect() })
            }
            ["correct", label, rest @ ..] => {
                let at = option(rest, "at").map_or(0, |m| NOON + m.parse::<i64>().unwrap() * MINUTE);
                let rest: Vec<&str> = rest.iter().copied().filter(|w| !w.starts_with("at=")).collect();
                let body = Some(replacement_of(self.body(&rest)));
                let replacement =
                    Some(v1::Replacement { occurred_at: at, body, ..v1::Replacement::default() });
                Body::Correct(v1::Correct {
                    target: Some(self.reference(label)),
                    reason: reason(),
                    replacement,
                    ..v1::Correct::default()
                })
            }
            ["alias", names] => Body::Alias(v1::Alias { codes: items(names), reason: "second-code".into() }),
            ["lose", names] => self.adjust(names, v1::AdjustOutcome::Lost),
            ["find", names] => self.adjust(names, v1::AdjustOutcome::Found),
            ["destroy", names] => self.adjust(names, v1::AdjustOutcome::Destroyed),
            ["open-with", names] => self.adjust(names, v1::AdjustOutcome::Opening),
            ["transform", inputs, "into", outputs] => Body::Transform(v1::Transform {
                inputs: items(inputs),
                outputs: items(outputs),
                lot: lot("L2"),
                expires_on: "2027-05-31".into(),
                units_per_code: 1,
                reason: "repack".into(),
                ..v1::Transform::default()
            }),
            ["service", names] => {
                let line = |item| v1::ServiceLine { item, action: "inspection".into(), ..Default::default() };
                Body::Service(v1::Service { lines: items(names).into_iter().map(line).collect() })
            }
            ["sample", names, rest @ ..] => Body::Sample(v1::Sample {
                number: "cert:org:lab/S1".into(),
                purpose: "inspection".into(),
                items: items(names),
                holder: org(option(rest, "from").unwrap_or("maker")),
                ..v1::Sample::default()
            }),
            ["void", label] => Body::Void(v1::Void { target: Some(self.reference(label)), reason: reason() }),
            ["endorse", label] => Body::Endorse(v1::Endorse { target: Some(self.reference(label)) }),
            _ => panic!("not in the language: {words:?}"),
        }
    }

    fn adjust(&self, names: &str, outcome: v1::AdjustOutcome) -> Body {
        let line = |item| v1::AdjustLine { outcome: outcome as i32, item, ..v1::AdjustLine::default() };
        Body::Adjust(v1::Adjust {
            lines: items(names).into_iter().map(line).collect(),
            reason: "stock-taking".into(),
        })
    }

    fn receive(&self, words: &[&str]) -> v1::Receive {
        let mut exceptions = Vec::new();
        for (name, outcome) in [("short", ReceiveOutcome::Short), ("refused", ReceiveOutcome::Refused)] {
            exceptions.extend(items(option(words, name).unwrap_or_default()).into_iter().map(|item| {
                v1::ReceiveException { outcome: outcome as i32, item, ..v1::ReceiveException::default() }
            }));
        }
        let shipment = option(words, "of").map(|label| self.reference(label));
        // Something must be named; this waybill nobody else has.
        let nobodys = || if shipment.is_some() { String::new() } else { waybill("NOBODYS") };
        v1::Receive {
            waybill: option(words, "way").map_or_else(nobodys, waybill),
            shipment,
            items: words.iter().filter(|w| !w.contains('=')).flat_map(|w| items(w)).collect(),
            exceptions,
            ..v1::Receive::default()
        }
    }

    pub(super) fn report(&self, name: &str) -> ItemReport {
        item(&self.view, &sgtin(name)).unwrap()
    }

    /// Where an item is: `held maker in P Q`, `transit maker>trader`.
    pub(super) fn place(&self, name: &str) -> String {
        describe(&self.report(name))
    }

    /// The hops of an item, oldest first.
    pub(super) fn hops(&self, name: &str) -> Vec<String> {
        let found = source(&self.view, &sgtin(name), 1_000).unwrap();
        assert!(!found.truncated);
        found.hops.iter().rev().map(hop).collect()
    }
}

pub(super) fn status(status: Status) -> &'static str {
    match status {
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
    }
}

pub(super) fn describe(report: &ItemReport) -> String {
    let mut text = format!("{} {}", status(report.status), short(&report.holder));
    if !report.addressee.is_empty() {
        text += &format!(">{}", short(&report.addressee));
    }
    if !report.containers.is_empty() {
        let containers: Vec<&str> = report.containers.iter().map(|c| short(c)).collect();
        text += &format!(" in {}", containers.join(" "));
    }
    text.trim().to_string()
}

/// `transfer maker>trader confirmed 3,4 3-4 in P`: kind, sides, how sure, entries, minutes, container.
pub(super) fn hop(hop: &Hop) -> String {
    let kind = match hop.kind {
        HopKind::Origin => "origin",
        HopKind::Transfer => "transfer",
        HopKind::Use => "use",
        HopKind::Packing => "packing",
        HopKind::Unpacking => "unpacking",
    };
    let sure = match hop.certainty {
        Certainty::Confirmed => "confirmed",
        Certainty::OneSided => "one-sided",
        Certainty::Gap => "gap",
        Certainty::Conflict => "conflict",
    };
    let sides = match hop.kind {
        HopKind::Transfer => format!("{}>{}", short(&hop.from), short(&hop.to)),
        _ => short(&hop.to).to_string(),
    };
    let entries: Vec<String> = hop.entries.iter().map(u64::to_string).collect();
    let minute = |at: i64| if at == 0 { String::new() } else { ((at - NOON) / MINUTE).to_string() };
    let when = format!("{}-{}", minute(hop.departed_at), minute(hop.arrived_at));
    let mut text = format!("{kind} {sides} {sure} {} {when}", entries.join(","));
    if let Some(via) = &hop.via {
        text += &format!(" in {}", short(via));
    }
    text
}

/// Compares lines with a table whose columns may be padded.
pub(super) fn expect(found: &[String], table: &str) {
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let table: Vec<String> = table.lines().map(squeezed).filter(|l| !l.is_empty()).collect();
    assert_eq!(found.iter().map(|l| squeezed(l)).collect::<Vec<_>>(), table);
}

fn option<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words.iter().find_map(|w| w.strip_prefix(name)?.strip_prefix('='))
}

fn items(names: &str) -> Vec<String> {
    names.split(',').filter(|n| !n.is_empty()).map(sgtin).collect()
}

fn waybill(number: &str) -> String {
    format!("waybill:gln:9521234567042/{number}")
}

fn replacement_of(body: Body) -> replacement::Body {
    statement::GoodsAct::of(&body).expect("is about goods").to_replacement()
}

/// A view that counts what is read.
pub(super) struct Counting<'v> {
    pub(super) view: &'v MemoryView,
    /// Entries, rows by key, rows by scan.
    pub(super) reads: RefCell<[usize; 3]>,
}

impl<'v> Counting<'v> {
    pub(super) fn new(view: &'v MemoryView) -> Self {
        Self { view, reads: RefCell::default() }
    }
}

impl View for Counting<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, ViewError> {
        self.reads.borrow_mut()[1] += 1;
        self.view.get(table, key)
    }

    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), ViewError> {
        self.view.scan(table, prefix, from, &mut |key, value| {
            self.reads.borrow_mut()[2] += 1;
            visit(key, value)
        })
    }

    fn entry(&self, index: u64) -> Result<Option<RecordedEntry>, ViewError> {
        self.reads.borrow_mut()[0] += 1;
        self.view.entry(index)
    }

    fn size(&self) -> u64 {
        self.view.size()
    }
}
