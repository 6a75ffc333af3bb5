//! Stories: one statement a line, as `[label:] who[>principal] verb … [option=value]`.
//!
//! ```text
//! commission A,B [lot=L2] [made=DAY] [expires=DAY] [no=NUMBER] [units=3] [market=CN] [opening=1]
//! commissionlot 100 box [lot=L2] …            (an amount without serials)
//! pack P A,B        unpack P [A,B]            use A [vial=1] [used=20U] [wasted=5U] [with=T] [counter=7]
//! finish A [vial=3] (nothing is left)
//! ship A,P to clinic [reason=sale] [way=W] [lots=L1:5box] [goes=SITE]
//! receive of=LABEL | way=W [A,B] [lots=L1:5box] [short=C] [refused=D] [temp=5000]
//! adjust found=A lost=B opening=C destroyed=D [expires=DAY] [lot=L2]
//! alias A,A2        transform A into C        service A [action=repair] [before=9] [after=0]
//! observe A [scan=TEXT] [channel=consumer] [named=clinic] [place=30.1,120.2]
//! sample A from clinic    recall A | lots=L1    hold A | lots=L1 | product=t [party=P] [until=DAY]
//! lift LABEL [A] [lots=L1]
//! drug cover REGISTER [class=C] [region=R] [since=DAY] [until=DAY]      drug policy NAME set=KEY:VALUE [from=DAY]
//! site WHO CODE [region=R] [place=30.1,120.2] [bonded=1]
//! licence WHO CODE KIND [no=N] [from=DAY] [until=DAY] [scope=S] [suspended=DAY] [resumed=DAY] [revoked=DAY]
//! registration LETTER. [no=NUMBER] [from=DAY] [until=DAY] [most=USES] [single=1]
//! designate LETTER. W,W [from=DAY] [until=DAY] [region=R]   mandate AGENT [from=DAY] [until=DAY]
//! list NAME SUBJECT,… [version=2] [whole=1] [from=DAY] [until=DAY] [removed=DAY]   (party, product:LETTER, brand:NAME)
//! declare NO LOT:5box+ITEM,… [hs=H] [origin=KR] [bonded=1]
//! decide NO released|partial|held|returned|bonded-in|bonded-out LOT:5box+ITEM,… [line=OUTCOME] [hs=H] [origin=KR]
//! clear lots=LOT:5box        refuse lots=LOT:5box       report lots=LOT [purpose=P] [verdict=fail]
//! condition [A] [of=LABEL] [way=W] [started=OFFSET] [ended=OFFSET] [min=3000] [max=6000] [over=MINUTES]
//! inspect WHO [A,B] [empty=C] [lots=L1:5box]     figure WHO 40treatment [measure=M] [class=C] [from=DAY] [to=DAY]
//! parcel NO [A] [sender=S] [reason=R] [hit=1]    enrol WHO    revoke WHO [since=OFFSET]
//! listing [seller=W] [product=LETTER] [brand=NAME]
//! correct LABEL verb …    void LABEL    endorse LABEL
//! ```
//! Every line may have `@OFFSET` (when it happened: `@-30d`, `@5h`, `@10m` from noon on Monday 2026-03-02 in
//! China; else as many minutes after it as the line's number), `rec=OFFSET` (when it was recorded; else when
//! it happened, or when the line before was recorded, if that is later) and `site=CODE`. A unit `A` is of the toxin
//! made at home; `i.A` of the imported toxin, `f.A` of a filler, `t.A` of a radio-frequency tip, `c.A` of a console;
//! `P…` in capitals followed by digits is a pallet. The label of a line without one is `eN` by its number.

use std::collections::{BTreeMap, BTreeSet};

use custody::{Input, MemoryView, RecordedEntry, View as _, apply};
use merkle::{SigningKey, sha256};
use prost::{Message as _, bytes::Bytes};
use proto::v1::{self, AdjustOutcome, AuthorityField, ReceiveOutcome, Role, replacement, statement::Body};
use statement::{Envelope, POSSESSION_TYPE, Statement, SubjectKind, own_subjects, possession_payload};

use crate::{Examiner, Hit, Rule, Subject, Week};

/// Noon of Monday 2026-03-02 in China, µs.
pub(super) const NOON: i64 = 1_772_424_000_000_000;
const LEDGER: merkle::Hash = [7; 32];
pub(super) const MINUTE: i64 = 60_000_000;
pub(super) const DAY: i64 = 1_440 * MINUTE;

/// Letter, GTIN without check digit, number, class, device class, origin.
const PRODUCTS: [(&str, &str, &str, &str, u32, &str); 5] = [
    ("", "0952123454321", "国药准字S20240001", "toxin", 0, "CN"),
    ("i", "0952123454322", "国药准字SJ20171003", "toxin", 0, "KR"),
    ("f", "0952123454323", "国械注准20203130001", "filler", 3, "CN"),
    ("t", "0952123454324", "国械注准20203090002", "rf-tip", 3, "CN"),
    ("c", "0952123454325", "国械注准20203090003", "rf-console", 3, "CN"),
];

/// Who takes part: name, role, field, country.
const CAST: [(&str, Role, AuthorityField, &str); 18] = [
    ("drug", Role::Authority, AuthorityField::Drug, "CN"),
    ("customs", Role::Authority, AuthorityField::Customs, "CN"),
    ("health", Role::Authority, AuthorityField::Health, "CN"),
    ("maker", Role::Manufacturer, AuthorityField::Unspecified, "CN"),
    ("foreign", Role::Manufacturer, AuthorityField::Unspecified, "KR"),
    ("agent", Role::DomesticAgent, AuthorityField::Unspecified, "CN"),
    ("importer", Role::Importer, AuthorityField::Unspecified, "CN"),
    ("trader", Role::Distributor, AuthorityField::Unspecified, "CN"),
    ("trader2", Role::Distributor, AuthorityField::Unspecified, "CN"),
    ("firm", Role::Logistics, AuthorityField::Unspecified, "CN"),
    ("carrier", Role::Carrier, AuthorityField::Unspecified, "CN"),
    ("clinic", Role::Clinic, AuthorityField::Unspecified, "CN"),
    ("clinic2", Role::Clinic, AuthorityField::Unspecified, "CN"),
    ("clinic3", Role::Clinic, AuthorityField::Unspecified, "CN"),
    ("lab", Role::Laboratory, AuthorityField::Unspecified, "CN"),
    ("police", Role::Authority, AuthorityField::Police, "CN"),
    ("tax", Role::Authority, AuthorityField::Tax, "CN"),
    ("post", Role::Authority, AuthorityField::Post, "CN"),
];

fn product_of(letter: &str) -> (&'static str, &'static str, &'static str, u32, &'static str) {
    let found = PRODUCTS.iter().find(|p| p.0 == letter).unwrap_or_else(|| panic!("no product {letter}"));
    (found.1, found.2, found.3, found.4, found.5)
}

fn gtin(letter: &str) -> String {
    let body = product_of(letter).0;
    format!("{body}{}", char::from(gs1::check_digit(body.as_bytes()).unwrap()))
}

/// Letter and rest of a name.
fn split(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or(("", name))
}

/// Canonical item of a short name.
pub(super) fn item(name: &str) -> String {
    if let Some(number) =
        name.strip_prefix('P').filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    {
        let body = format!("0952123450000{:04}", number.parse::<u32>().unwrap());
        return format!("sscc:{body}{}", char::from(gs1::check_digit(body.as_bytes()).unwrap()));
    }
    let (letter, serial) = split(name);
    format!("sgtin:{}.{serial}", gtin(letter))
}

pub(super) fn product(letter: &str) -> String {
    format!("gtin:{}", gtin(if letter == "-" { "" } else { letter }))
}

pub(super) fn lot(name: &str) -> String {
    let (letter, number) = split(name);
    format!("lot:{}.{number}", product(letter))
}

pub(super) fn org(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("org:{name}") }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|n| !n.is_empty())
}

fn items(names: &str) -> Vec<String> {
    list(names).map(item).collect()
}

/// `L1:5box` and the like.
fn amounts(text: &str) -> Vec<v1::LotAmount> {
    let amount = |text: &str| {
        let (name, much) = text.split_once(':').unwrap_or_else(|| panic!("{text}: LOT:AMOUNTunit"));
        v1::LotAmount { lot: lot(name), quantity: quantity(much) }
    };
    list(text).map(amount).collect()
}

/// `5box`; none of an empty text.
pub(super) fn quantity(text: &str) -> Option<v1::Quantity> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let amount = text[..end].parse().ok()?;
    Some(v1::Quantity { amount, unit: text[end..].into() })
}

/// µs from noon: `-30d`, `5h`, `10m`.
pub(super) fn offset(text: &str) -> i64 {
    let (number, unit) = text.split_at(text.len() - 1);
    let number: i64 = number.parse().unwrap_or_else(|_| panic!("not an offset: {text}"));
    number
        * match unit {
            "d" => DAY,
            "h" => 60 * MINUTE,
            "m" => MINUTE,
            _ => panic!("not an offset: {text}"),
        }
}

/// Words of a line with their options.
pub(super) struct Words<'l> {
    plain: Vec<&'l str>,
    options: BTreeMap<&'l str, &'l str>,
}

impl<'l> Words<'l> {
    fn of(words: &[&'l str]) -> Self {
        let (mut plain, mut options) = (Vec::new(), BTreeMap::new());
        for word in words {
            match word.split_once('=') {
                Some((name, value)) => drop(options.insert(name, value)),
                None => plain.push(*word),
            }
        }
        Self { plain, options }
    }

    pub(super) fn text(&self, name: &str) -> &'l str {
        self.options.get(name).copied().unwrap_or("")
    }

    fn or(&self, name: &str, other: &'l str) -> String {
        self.options.get(name).copied().unwrap_or(other).into()
    }

    pub(super) fn number<T: std::str::FromStr + Default>(&self, name: &str) -> T {
        self.options.get(name).and_then(|v| v.parse().ok()).unwrap_or_default()
    }

    fn at(&self, place: usize) -> &'l str {
        self.plain.get(place).copied().unwrap_or("")
    }
}

/// A statement that is to be recorded.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) label: String,
    pub(super) statement: Statement,
    pub(super) recorded_at: i64,
    /// Labels of what must be recorded before.
    pub(super) after: Vec<String>,
}

/// What was said so far, by label.
#[derive(Clone, Default)]
pub(super) struct Script {
    said: BTreeMap<String, Statement>,
    pub(super) lines: Vec<Line>,
}

impl Script {
    /// The cast and the products, and the lines of a story.
    pub(super) fn of(story: &str) -> Self {
        let mut script = Self::default();
        for (name, role, field, country) in CAST {
            script.line(&format!(
                "root: registrar register {name} {} {} {country} @-900d",
                role as i32, field as i32
            ));
        }
        for (letter, ..) in PRODUCTS {
            script.line(&format!("drug registration {letter}. @-900d"));
        }
        let skipped = script.lines.len();
        for line in story.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            script.number(line, script.lines.len() - skipped + 1);
        }
        script
    }

    fn line(&mut self, line: &str) {
        self.number(line, 0);
    }

    fn number(&mut self, line: &str, number: usize) {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let label = match words[0].strip_suffix(':') {
            Some(label) => {
                words.remove(0);
                label.to_string()
            }
            None => format!("e{number}"),
        };
        let (who, principal) = words[0].split_once('>').unwrap_or((words[0], ""));
        let verb = words[1];
        let mut at = NOON + number as i64 * MINUTE;
        if let Some(word) = words.iter().find_map(|w| w.strip_prefix('@')) {
            at = NOON + offset(word);
        }
        words.retain(|w| !w.starts_with('@'));
        let words = Words::of(&words[2..]);
        let (body, after) = self.body(verb, &words);
        let mut id = [0; 16];
        (id[6], id[8]) = (0x70, 0x80);
        id[9..].copy_from_slice(&(self.lines.len() as u64).to_be_bytes()[1..]);
        let site = words.text("site");
        let header = v1::Header {
            ledger: LEDGER.to_vec(),
            id: id.to_vec(),
            salt: vec![8; 16],
            party: org(who),
            on_behalf_of: org(principal),
            site: if site.is_empty() { String::new() } else { site_of(who, principal, site) },
            occurred_at: at,
            offset_minutes: 480,
            business_key: words.text("key").into(),
            ..v1::Header::default()
        };
        let payload = v1::Statement { header: Some(header), body: Some(body) }.encode_to_vec();
        let statement = Statement::parse(payload.into()).unwrap_or_else(|e| panic!("{line}: {e:?}"));
        self.said.insert(label.clone(), statement.clone());
        let recorded_at = if words.text("rec").is_empty() { at } else { NOON + offset(words.text("rec")) };
        self.lines.push(Line { label, statement, recorded_at, after });
    }

    fn reference(&self, label: &str) -> v1::StatementRef {
        let said = self.said.get(label).unwrap_or_else(|| panic!("{label} has not been said"));
        let header = said.header();
        v1::StatementRef {
            party: header.party.clone(),
            id: header.id.clone(),
            digest: said.digest().to_vec(),
        }
    }

    fn body(&self, verb: &str, w: &Words<'_>) -> (Body, Vec<String>) {
        let mut after = Vec::new();
        let mut named = |label: &str| {
            after.push(label.to_string());
            Some(self.reference(label))
        };
        let body = match verb {
            "correct" => {
                let (label, verb) = (w.at(0), w.at(1));
                let rest = Words { plain: w.plain[2..].to_vec(), options: w.options.clone() };
                let (body, _) = self.body(verb, &rest);
                let body = statement::GoodsAct::of(&body).expect("is about goods").to_replacement();
                let moved = w.text("to-time");
                Body::Correct(v1::Correct {
                    target: named(label),
                    reason: "mistake".into(),
                    replacement: Some(v1::Replacement {
                        occurred_at: if moved.is_empty() { 0 } else { NOON + offset(moved) },
                        body: Some::<replacement::Body>(body),
                        ..v1::Replacement::default()
                    }),
                    ..v1::Correct::default()
                })
            }
            "void" => Body::Void(v1::Void { target: named(w.at(0)), reason: "mistake".into() }),
            "endorse" => Body::Endorse(v1::Endorse { target: named(w.at(0)) }),
            "lift" => Body::Lift(v1::Lift {
                hold: named(w.at(0)),
                items: items(w.at(1)),
                lots: list(w.text("lots")).map(lot).collect(),
                reason: "over".into(),
            }),
            _ => return (self.plain_body(verb, w), self.follows(w)),
        };
        (body, after)
    }

    /// A shipment that is named need not come first; nothing else is named here.
    fn follows(&self, _: &Words<'_>) -> Vec<String> {
        Vec::new()
    }

    fn plain_body(&self, verb: &str, w: &Words<'_>) -> Body {
        match verb {
            "register" => Body::Party(v1::Party {
                party: org(w.at(0)),
                name: w.at(0).into(),
                country: w.at(3).into(),
                roles: vec![v1::RoleGrant {
                    role: w.at(1).parse().unwrap(),
                    field: w.at(2).parse().unwrap(),
                    ..v1::RoleGrant::default()
                }],
                ..v1::Party::default()
            }),
            "registration" => Body::Registration(registration(w)),
            "cover" => Body::Coverage(v1::Coverage {
                register: w.at(0).into(),
                region: w.text("region").into(),
                product_class: w.text("class").into(),
                since: w.or("since", "2024-01-01"),
                until: w.text("until").into(),
                ..v1::Coverage::default()
            }),
            "policy" => Body::Policy(v1::Policy {
                policy: w.at(0).into(),
                effective_on: w.or("from", "2024-01-01"),
                settings: list(w.text("set"))
                    .map(|s| s.split_once(':').unwrap())
                    .map(|(key, value)| v1::PolicySetting { key: key.into(), value: value.parse().unwrap() })
                    .collect(),
                ..v1::Policy::default()
            }),
            "mandate" => Body::Mandate(v1::Mandate {
                number: "M1".into(),
                agent: org(w.at(0)),
                acts: [v1::StatementKind::Ship, v1::StatementKind::Receive, v1::StatementKind::Use]
                    .map(|k| k as i32)
                    .to_vec(),
                valid_from: w.or("from", "2024-01-01"),
                valid_to: w.text("until").into(),
                ..v1::Mandate::default()
            }),
            "commission" | "commissionlot" => Body::Commission(commission(verb, w)),
            "pack" => Body::Pack(v1::Pack { parent: item(w.at(0)), children: items(w.at(1)) }),
            "unpack" => Body::Unpack(v1::Unpack { parent: item(w.at(0)), children: items(w.at(1)) }),
            "ship" => Body::Ship(self.ship(w)),
            "receive" => Body::Receive(self.receive(w)),
            "use" | "finish" => Body::Use(v1::Use {
                lines: items(w.at(0)).into_iter().map(|item| use_line(item, verb == "finish", w)).collect(),
            }),
            "adjust" => Body::Adjust(adjust(w)),
            "alias" => {
                Body::Alias(v1::Alias { codes: items(w.at(0)), reason: w.or("reason", "second-code") })
            }
            "transform" => Body::Transform(v1::Transform {
                inputs: items(w.at(0)),
                outputs: items(w.at(2)),
                lot: lot(&w.or("lot", "L9")),
                expires_on: w.or("expires", "2027-05-31"),
                units_per_code: 1,
                reason: "repack".into(),
                ..v1::Transform::default()
            }),
            "service" => Body::Service(v1::Service {
                lines: vec![v1::ServiceLine {
                    item: item(w.at(0)),
                    action: w.or("action", "repair"),
                    counter_before: w.number("before"),
                    counter_after: w.number("after"),
                    ..v1::ServiceLine::default()
                }],
            }),
            "observe" => Body::Observation(observation(w)),
            "sample" => Body::Sample(v1::Sample {
                number: "cert:org:lab/S1".into(),
                purpose: w.or("purpose", "inspection"),
                items: items(w.at(0)),
                holder: org(w.at(2)),
                lots: amounts(w.text("lots")),
                ..v1::Sample::default()
            }),
            "recall" => Body::Recall(v1::Recall {
                number: "cert:org:maker/R1".into(),
                lots: list(w.text("lots")).map(lot).collect(),
                items: items(w.at(0)),
                level: 1,
                reason: "particles".into(),
                instruction: "send back".into(),
                ..v1::Recall::default()
            }),
            "hold" => Body::Hold(v1::Hold {
                items: items(w.at(0)),
                lots: list(w.text("lots")).map(lot).collect(),
                products: list(w.text("product")).map(product).collect(),
                party: org(w.text("party")),
                legal_basis: "Article 100".into(),
                reason: "under test".into(),
                until: w.text("until").into(),
            }),
            "site" => Body::Site(v1::Site {
                site: format!("site:{}/{}", org(w.at(0)), w.at(1)),
                party: org(w.at(0)),
                name: "place".into(),
                address: "1 Example Road".into(),
                region: w.or("region", "110105"),
                country: "CN".into(),
                latitude_e7: degrees(w.text("place"), 0),
                longitude_e7: degrees(w.text("place"), 1),
                bonded: w.text("bonded") == "1",
                ..v1::Site::default()
            }),
            "licence" => Body::Licence(v1::Licence {
                site: format!("site:{}/{}", org(w.at(0)), w.at(1)),
                kind: w.at(2).into(),
                number: w.or("no", "L1"),
                issuer: org("drug"),
                valid_from: w.or("from", "2020-01-01"),
                valid_to: w.or("until", "2029-12-31"),
                scope: list(w.text("scope")).map(Into::into).collect(),
                suspended_from: w.text("suspended").into(),
                suspended_to: w.text("resumed").into(),
                revoked_on: w.text("revoked").into(),
            }),
            "designate" => Body::Designation(v1::Designation {
                number: w.or("number", "D1"),
                registration: product_of(split(w.at(0)).0).1.into(),
                wholesalers: list(w.at(1)).map(org).collect(),
                valid_from: w.or("from", "2020-01-01"),
                valid_to: w.text("until").into(),
                region: w.text("region").into(),
            }),
            "list" => Body::NamedList(v1::NamedList {
                list: w.at(0).into(),
                version: w.or("version", "1").parse().unwrap(),
                title: "list".into(),
                whole: w.text("whole") == "1",
                entries: list(w.at(1))
                    .map(|subject| v1::ListEntry {
                        subject: match subject.split_once(':') {
                            Some(("product", letter)) => product(letter),
                            Some(_) => subject.into(),
                            None => org(subject),
                        },
                        reason: "reason".into(),
                        legal_basis: "Article 1".into(),
                        valid_from: w.or("from", "2024-01-01"),
                        valid_to: w.text("until").into(),
                        removed_on: w.text("removed").into(),
                    })
                    .collect(),
            }),
            "declare" => Body::DeclareImport(v1::DeclareImport {
                declaration: declaration(w.at(0)),
                lines: lines(w)
                    .map(|(number, lot, items, quantity)| v1::DeclarationLine {
                        number,
                        lot,
                        items,
                        quantity,
                        hs: w.or("hs", "3002491000"),
                        origin: w.or("origin", "KR"),
                        registration: String::new(),
                    })
                    .collect(),
                bonded: w.text("bonded") == "1",
                ..v1::DeclareImport::default()
            }),
            "decide" => Body::CustomsDecision(v1::CustomsDecision {
                declaration: declaration(w.at(0)),
                outcome: outcome(w.at(1)) as i32,
                lines: lines(w)
                    .map(|(number, lot, items, quantity)| v1::CustomsLine {
                        number,
                        lot,
                        items,
                        quantity,
                        hs: w.or("hs", "3002491000"),
                        origin: w.or("origin", "KR"),
                        outcome: if w.text("line").is_empty() { 0 } else { outcome(w.text("line")) as i32 },
                    })
                    .collect(),
                legal_basis: "Article 1".into(),
                ..v1::CustomsDecision::default()
            }),
            "clear" | "refuse" => Body::ImportFiling(v1::ImportFiling {
                number: "cert:org:drug/C1".into(),
                outcome: if verb == "clear" { v1::FilingOutcome::Cleared } else { v1::FilingOutcome::Refused }
                    as i32,
                registration: product_of(split(w.text("lots")).0).1.into(),
                lots: amounts(w.text("lots")),
                importer: org("importer"),
                reason: if verb == "clear" { String::new() } else { "no report".into() },
                ..v1::ImportFiling::default()
            }),
            "report" => Body::TestReport(v1::TestReport {
                number: "cert:org:lab/T1".into(),
                lots: list(w.text("lots")).map(lot).collect(),
                purpose: w.or("purpose", "port-test"),
                verdict: if w.text("verdict") == "fail" {
                    v1::TestVerdict::Fail
                } else {
                    v1::TestVerdict::Pass
                } as i32,
                method: "method".into(),
                issued_on: "2026-03-01".into(),
                ..v1::TestReport::default()
            }),
            "condition" => {
                let (of, way) = (w.text("of"), w.text("way"));
                let temperature = |name: &str| {
                    (!w.text(name).is_empty()).then(|| v1::Temperature { millicelsius: w.number(name) })
                };
                Body::Condition(v1::Condition {
                    shipment: (!of.is_empty()).then(|| self.reference(of)),
                    waybill: if way.is_empty() { String::new() } else { waybill(way) },
                    items: items(w.at(0)),
                    started_at: NOON + offset(&w.or("started", "0m")),
                    ended_at: NOON + offset(&w.or("ended", "3h")),
                    min: temperature("min").or(Some(v1::Temperature { millicelsius: 3_000 })),
                    max: temperature("max").or(Some(v1::Temperature { millicelsius: 6_000 })),
                    excursion_minutes: w.number("over"),
                    readings: 9,
                    ..v1::Condition::default()
                })
            }
            "inspect" => Body::Inspection(v1::Inspection {
                number: "cert:org:drug/I1".into(),
                kind: "random".into(),
                party: org(w.at(0)),
                shelf: {
                    let seen = |names: &str, empty: bool| -> Vec<v1::ShelfLine> {
                        let line = |item| v1::ShelfLine { item, empty, ..v1::ShelfLine::default() };
                        items(names).into_iter().map(line).collect()
                    };
                    let counted = amounts(w.text("lots"));
                    let lot = |lot| v1::ShelfLine { lot: Some(lot), ..v1::ShelfLine::default() };
                    [
                        seen(w.at(1), false),
                        seen(w.text("empty"), true),
                        counted.into_iter().map(lot).collect(),
                    ]
                    .concat()
                },
                officers: [1, 2].map(|n| format!("{n:064}")).to_vec(),
                result: "seen".into(),
                ..v1::Inspection::default()
            }),
            "figure" => Body::ActivityFigure(v1::ActivityFigure {
                party: org(w.at(0)),
                source: "tax".into(),
                measure: w.or("measure", "treatments"),
                from: w.or("from", "2026-03-01"),
                to: w.or("to", "2026-03-31"),
                quantity: quantity(w.at(1)),
                product_class: w.or("class", "toxin"),
            }),
            "parcel" => Body::PostalCheck(v1::PostalCheck {
                waybill: waybill(w.at(0)),
                identified: true,
                opened: true,
                scanned: true,
                hit: w.text("hit") == "1",
                reason: w.or("reason", "hit"),
                sender: if w.text("sender").is_empty() {
                    String::new()
                } else {
                    format!("{:0>64}", w.text("sender"))
                },
                items: items(w.at(1)),
                contents: "small boxes".into(),
            }),
            "enrol" => Body::EnrolKey(v1::EnrolKey {
                party: org(w.at(0)),
                algorithm: v1::Algorithm::Ed25519 as i32,
                public_key: public_key(w.at(0)),
                possession: {
                    let payload = possession_payload(&LEDGER, &key_id(&org(w.at(0))), &org(w.at(0)));
                    statement::sign(&signing_key(w.at(0)), POSSESSION_TYPE, &payload).to_vec()
                },
                uses: vec![v1::KeyUse::Sign as i32],
                label: "key".into(),
                ..v1::EnrolKey::default()
            }),
            "revoke" => Body::RevokeKey(v1::RevokeKey {
                party: org(w.at(0)),
                key_id: key_id(&org(w.at(0))).to_vec(),
                compromised_since: if w.text("since").is_empty() {
                    0
                } else {
                    NOON + offset(w.text("since"))
                },
                reason: "lost".into(),
            }),
            "listing" => Body::Listing(v1::Listing {
                platform: org("platform"),
                number: "N1".into(),
                seller: org(w.text("seller")),
                products: list(w.text("product")).map(product).collect(),
                brand: w.text("brand").into(),
                seen_from: "2026-03-01".into(),
                ..v1::Listing::default()
            }),
            _ => panic!("not in the language: {verb}"),
        }
    }

    fn ship(&self, w: &Words<'_>) -> v1::Ship {
        assert_eq!(w.at(1), "to");
        let way = w.text("way");
        v1::Ship {
            items: items(w.at(0).trim_matches('-')),
            lots: amounts(w.text("lots")),
            addressee: org(w.at(2)),
            reason: w.or("reason", "sale"),
            waybill: if way.is_empty() { String::new() } else { waybill(way) },
            ship_to: w.text("goes").into(),
            ..v1::Ship::default()
        }
    }

    fn receive(&self, w: &Words<'_>) -> v1::Receive {
        let mut exceptions = Vec::new();
        for (name, outcome) in [
            ("short", ReceiveOutcome::Short),
            ("refused", ReceiveOutcome::Refused),
            ("damaged", ReceiveOutcome::Damaged),
        ] {
            exceptions.extend(items(w.text(name)).into_iter().map(|item| v1::ReceiveException {
                outcome: outcome as i32,
                item,
                ..v1::ReceiveException::default()
            }));
        }
        let of = w.text("of");
        let shipment = (!of.is_empty()).then(|| self.reference(of));
        let way = w.text("way");
        // Something must be named; this waybill nobody else has.
        let waybill = match (way.is_empty(), shipment.is_some()) {
            (false, _) => waybill(way),
            (true, true) => String::new(),
            (true, false) => waybill("NOBODYS"),
        };
        let temperature: i32 = w.number("temp");
        v1::Receive {
            shipment,
            waybill,
            items: items(w.at(0)),
            lots: amounts(w.text("lots")),
            exceptions,
            arrival: (!w.text("temp").is_empty()).then_some(v1::Temperature { millicelsius: temperature }),
            ..v1::Receive::default()
        }
    }
}

/// The key that stands for a party.
fn signing_key(name: &str) -> SigningKey {
    SigningKey::from_seed(&sha256(&[b"key of ", org(name).as_bytes()]))
}

fn public_key(name: &str) -> Vec<u8> {
    signing_key(name).public().as_bytes().to_vec()
}

/// Id of the key under which a party signs.
fn key_id(party: &str) -> merkle::Hash {
    statement::key_id(statement::ALG_ED25519, &public_key(party.trim_start_matches("org:")))
}

/// A declaration of a short number.
pub(super) fn declaration(number: &str) -> String {
    format!("decl:2248202610{:08}", number.parse::<u32>().unwrap())
}

fn outcome(name: &str) -> v1::CustomsOutcome {
    use v1::CustomsOutcome as O;
    match name {
        "released" => O::Released,
        "partial" => O::Partial,
        "held" => O::Held,
        "refused" => O::Refused,
        "returned" => O::Returned,
        "bonded-in" => O::BondedEntry,
        "bonded-out" => O::BondedExit,
        _ => panic!("no outcome {name}"),
    }
}

/// Lines of an import: number, lot, items, quantity; as `LOT:5box[+ITEM+ITEM]` each.
fn lines(w: &Words<'_>) -> impl Iterator<Item = (u32, String, Vec<String>, Option<v1::Quantity>)> {
    let all = list(w.plain.last().copied().unwrap_or(""));
    let line = |(number, text): (u32, &str)| {
        let mut parts = text.split('+');
        let amount = amounts(parts.next().unwrap()).remove(0);
        (number, amount.lot, parts.map(item).collect(), amount.quantity)
    };
    (1..).zip(all).map(line).collect::<Vec<_>>().into_iter()
}

pub(super) fn waybill(number: &str) -> String {
    format!("waybill:gln:9521234567042/{number}")
}

fn site_of(who: &str, principal: &str, code: &str) -> String {
    let of = if principal.is_empty() { who } else { principal };
    format!("site:{}/{code}", org(of))
}

fn registration(w: &Words<'_>) -> v1::Registration {
    let (letter, _) = split(w.at(0));
    let (_, number, class, device_class, origin) = product_of(letter);
    let temperature = |millicelsius| Some(v1::Temperature { millicelsius });
    v1::Registration {
        number: w.or("no", number),
        products: vec![product(letter)],
        holder: org(if origin == "CN" { "maker" } else { "foreign" }),
        agent: org(if origin == "CN" { "" } else { "agent" }),
        name: class.into(),
        model: "100 U".into(),
        product_class: class.into(),
        device_class,
        storage_min: temperature(2_000),
        storage_max: temperature(if class == "toxin" { 8_000 } else { 30_000 }),
        units_per_code: 3,
        label_content: quantity(if class == "toxin" { "100U" } else { "" }),
        maximum_uses: w.number("most"),
        single_use: w.text("single") == "1",
        valid_from: w.or("from", "2020-01-01"),
        valid_to: w.or("until", "2030-12-31"),
        origin: origin.into(),
    }
}

fn commission(verb: &str, w: &Words<'_>) -> v1::Commission {
    let named = w.at(0);
    let letter =
        if verb == "commission" { split(list(named).next().unwrap_or("")).0 } else { split(w.text("lot")).0 };
    let with_letter =
        |number: &str| if letter.is_empty() { number.into() } else { format!("{letter}.{number}") };
    let lot_name = if w.text("lot").is_empty() { with_letter("L1") } else { w.text("lot").into() };
    v1::Commission {
        items: if verb == "commission" { items(named) } else { Vec::new() },
        lot: lot(&lot_name),
        quantity: if verb == "commission" { None } else { quantity(&format!("{}{}", w.at(0), w.at(1))) },
        registration: w.or("no", product_of(letter).1),
        made_on: w.or("made", "2025-06-01"),
        expires_on: w.or("expires", "2027-05-31"),
        units_per_code: w.options.get("units").map_or(1, |u| u.parse().unwrap()),
        market: w.text("market").into(),
        opening_stock: w.text("opening") == "1",
    }
}

fn use_line(item: String, finished: bool, w: &Words<'_>) -> v1::UseLine {
    let paired = w.text("with");
    v1::UseLine {
        item,
        vial: w.number("vial"),
        used: quantity(&w.or("used", "20U")),
        wasted: quantity(w.text("wasted")),
        finished,
        counter: w.number("counter"),
        paired: if paired.is_empty() { String::new() } else { self::item(paired) },
        ..v1::UseLine::default()
    }
}

fn adjust(w: &Words<'_>) -> v1::Adjust {
    let mut lines = Vec::new();
    for (name, outcome) in [
        ("found", AdjustOutcome::Found),
        ("lost", AdjustOutcome::Lost),
        ("destroyed", AdjustOutcome::Destroyed),
        ("opening", AdjustOutcome::Opening),
    ] {
        lines.extend(items(w.text(name)).into_iter().map(|item| v1::AdjustLine {
            outcome: outcome as i32,
            item,
            item_lot: if w.text("lot").is_empty() { String::new() } else { lot(w.text("lot")) },
            made_on: w.text("made").into(),
            expires_on: w.text("expires").into(),
            ..v1::AdjustLine::default()
        }));
    }
    v1::Adjust { lines, reason: "stock-taking".into() }
}

fn observation(w: &Words<'_>) -> v1::Observation {
    v1::Observation {
        item: item(w.at(0)),
        scan: w.text("scan").replace('~', "\u{1d}"),
        named: org(w.text("named")),
        channel: w.or("channel", "consumer"),
        latitude_e7: degrees(w.text("place"), 0),
        longitude_e7: degrees(w.text("place"), 1),
        ..v1::Observation::default()
    }
}

/// Latitude (0) or longitude (1) of `30.1,120.2`, in 1e-7 degrees.
fn degrees(place: &str, which: usize) -> i32 {
    place.split(',').nth(which).and_then(|d| d.parse::<f64>().ok()).map_or(0, |d| (d * 1e7) as i32)
}

/// A ledger in memory on which a story was told.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) view: MemoryView,
    labels: BTreeMap<u64, String>,
    items: BTreeSet<String>,
    lots: BTreeSet<String>,
    documents: BTreeSet<String>,
    parties: BTreeSet<String>,
    weeks: BTreeSet<Week>,
}

impl Told {
    /// Tells a story line by line.
    pub(super) fn of(story: &str) -> Self {
        let lines = Script::of(story).lines;
        Self::in_order(&lines.iter().collect::<Vec<_>>())
    }

    /// Records statements in this order.
    pub(super) fn in_order(lines: &[&Line]) -> Self {
        let mut view = MemoryView::default();
        let nothing = Bytes::new();
        let leaf = statement::Leaf {
            leaf_type: statement::LeafType::Genesis,
            recorded_at: 0,
            content: [0; 32],
            links: [0; 32],
        };
        let entry = RecordedEntry {
            leaf: leaf.encode(),
            chain: [0; 32],
            envelope: nothing.clone(),
            payload: nothing,
        };
        view.record(entry, Vec::new());
        let mut told = Self {
            view,
            labels: BTreeMap::new(),
            items: BTreeSet::new(),
            lots: BTreeSet::new(),
            documents: BTreeSet::new(),
            parties: BTreeSet::new(),
            weeks: BTreeSet::new(),
        };
        let mut now = 0;
        for line in lines {
            now = line.recorded_at.max(now);
            told.record(line, now);
        }
        told
    }

    pub(super) fn record(&mut self, line: &Line, now: i64) {
        let index = self.view.size();
        let statement = &line.statement;
        let key_id = key_id(&statement.header().party);
        let envelope = Envelope { key_id, digest: *statement.digest(), signature: [0; 64] }.encode();
        let envelope = Bytes::copy_from_slice(&envelope);
        let own = own_subjects(statement);
        let input = Input { index, recorded_at: now as u64, envelope: &envelope, statement, own: &own };
        let outcome = apply(&self.view, &input).unwrap_or_else(|e| panic!("{}: {e}", line.label));
        let leaf = outcome.leaf.encode();
        let payload = statement.payload().clone();
        self.view.record(RecordedEntry { leaf, chain: [0; 32], envelope, payload }, outcome.puts);
        self.labels.insert(index, line.label.clone());
        statement::visit_subjects(statement, &mut |relation, text| match relation.subject_kind() {
            Some(SubjectKind::Item) if text.starts_with("lot:") => drop(self.lots.insert(text.into())),
            Some(SubjectKind::Item) => drop(self.items.insert(text.into())),
            Some(SubjectKind::Document) => drop(self.documents.insert(text.into())),
            Some(SubjectKind::Activity) => drop(self.parties.insert(text.into())),
            _ => {}
        });
        self.weeks.insert(Week::of(statement.header().occurred_at));
    }

    /// Everything that can be judged.
    pub(super) fn subjects(&self) -> BTreeSet<Subject> {
        let mut all: BTreeSet<Subject> = self.items.iter().cloned().map(Subject::Item).collect();
        for lot in &self.lots {
            all.insert(Subject::Lot(lot.clone()));
            let stock = |party: &String| Subject::Stock { lot: lot.clone(), party: party.clone() };
            all.extend(self.parties.iter().map(stock));
        }
        all.extend(
            self.documents.iter().filter(|d| d.starts_with("decl:")).cloned().map(Subject::Declaration),
        );
        all.extend((1..self.view.size()).map(Subject::Act));
        for party in &self.parties {
            let week = |week: &Week| Subject::PartyWeek { party: party.clone(), week: *week };
            all.extend(self.weeks.iter().map(week));
        }
        all
    }

    /// All hits of a state, by subject; those without none are left out.
    pub(super) fn everything(&self) -> BTreeMap<Subject, Vec<Hit>> {
        let mut examiner = Examiner::new(&self.view);
        let judge = |subject: Subject| {
            let hits = examiner.examine(&subject).unwrap().hits;
            (subject, hits)
        };
        self.subjects().into_iter().map(judge).filter(|(_, hits)| !hits.is_empty()).collect()
    }

    /// All hits as text, whatever the order in which it was told.
    pub(super) fn told(&self) -> Vec<String> {
        let all = self.everything();
        let mut lines: Vec<String> = all
            .values()
            .flatten()
            .map(|hit| format!("{} {} due {} {}", hit.rule, self.line(hit), hit.due, hit.facts.0.english()))
            .collect();
        lines.sort();
        lines
    }

    /// Hits of one rule that are due at an instant.
    pub(super) fn hits(&self, rule: Rule, as_of: i64) -> Vec<Hit> {
        let mut examiner = Examiner::new(&self.view);
        let mut all = Vec::new();
        for subject in self.subjects() {
            let examined = examiner.examine(&subject).unwrap();
            all.extend(examined.hits.into_iter().filter(|h| h.rule == rule && h.is_due(as_of)));
        }
        all
    }

    /// `party line severity labels`, in order of occurrence.
    pub(super) fn lines(&self, rule: Rule, as_of: i64) -> Vec<String> {
        let mut hits = self.hits(rule, as_of);
        hits.sort();
        let mut lines: Vec<String> = hits.iter().map(|hit| self.line(hit)).collect();
        lines.sort();
        lines
    }

    fn line(&self, hit: &Hit) -> String {
        let mut labels: Vec<&str> =
            hit.evidence.iter().map(|e| self.labels.get(e).map_or("?", String::as_str)).collect();
        labels.sort_unstable();
        format!(
            "{} {} {} {}",
            hit.party.trim_start_matches("org:"),
            short(&hit.line),
            hit.severity.as_str(),
            labels.join(",")
        )
    }
}

/// The short name of an item or lot.
fn short(text: &str) -> String {
    for (letter, ..) in PRODUCTS {
        let prefix = if letter.is_empty() { String::new() } else { format!("{letter}.") };
        for lead in [format!("sgtin:{}.", gtin(letter)), format!("lot:gtin:{}.", gtin(letter))] {
            if let Some(rest) = text.strip_prefix(&lead) {
                return format!("{prefix}{rest}");
            }
        }
    }
    match text.strip_prefix("sscc:0952123450000") {
        Some(rest) => format!("P{}", rest[..4].trim_start_matches('0')),
        None => text.to_string(),
    }
}

/// What a rule says about a story at the end of time: one line a hit, `party line severity labels`.
pub(super) fn fires(rule: Rule, story: &str, expected: &str) {
    let found = Told::of(story).lines(rule, i64::MAX);
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut expected: Vec<String> = expected.lines().map(squeezed).filter(|l| !l.is_empty()).collect();
    expected.sort();
    assert_eq!(found, expected, "{rule} of {story}");
}

/// A rule says nothing about a story.
pub(super) fn silent(rule: Rule, story: &str) {
    fires(rule, story, "");
}

/// Text of the key under which a party signs.
pub(super) fn key_text(name: &str) -> String {
    statement::hex_text(&key_id(&org(name)))
}
