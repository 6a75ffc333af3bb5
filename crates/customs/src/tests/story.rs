//! The story of one sound import, as a list of statements that a test changes before it is told.
//!
//! The agent of a maker abroad codes ten boxes of a toxin, packs them into two cases and ships these to the importer; a
//! logger rides along. The lot is sampled, tested and cleared at the port, then declared.

use std::collections::BTreeMap;

use custody::{Input, MemoryView, RecordedEntry, View as _, apply};
use merkle::sha256;
use prost::{Message as _, bytes::Bytes};
use proto::v1::{self, AuthorityField, Role, statement::Body};
use statement::{ALG_ED25519, Envelope, Statement, key_id, own_subjects};

use crate::{Answer, ImportLot, Question, Watched, verify};

/// Noon of Monday 2026-03-02 in China, µs.
pub const NOON: i64 = 1_772_424_000_000_000;
pub const HOUR: i64 = 3_600_000_000;
pub const DAY: i64 = 24 * HOUR;
pub const NUMBER: &str = "国药准字SJ20171003";
pub const NOTE: &str = "cert:org:drug/TGD-1";
pub const WAYBILL: &str = "waybill:org:carrier/AWB-1";

pub fn org(name: &str) -> String {
    format!("org:{name}")
}

fn gtin() -> String {
    let body = "0952123454322";
    format!("{body}{}", char::from(gs1::check_digit(body.as_bytes()).unwrap()))
}

pub fn product() -> String {
    format!("gtin:{}", gtin())
}

pub fn lot(name: &str) -> String {
    format!("lot:gtin:{}.{name}", gtin())
}

pub fn unit(number: u32) -> String {
    format!("sgtin:{}.B{number:03}", gtin())
}

/// A case.
pub fn case(number: u32) -> String {
    let body = format!("0952123450000{number:04}");
    format!("sscc:{body}{}", char::from(gs1::check_digit(body.as_bytes()).unwrap()))
}

/// Declaration of an office.
pub fn declaration(office: &str, serial: u32) -> String {
    format!("decl:{office}20261{serial:09}")
}

/// The one of the story.
pub fn ours() -> String {
    declaration("2248", 1)
}

pub fn quantity(amount: u64, unit: &str) -> Option<v1::Quantity> {
    Some(v1::Quantity { amount, unit: unit.into() })
}

pub fn boxes(name: &str, amount: u64) -> v1::LotAmount {
    v1::LotAmount { lot: lot(name), quantity: quantity(amount, "box") }
}

/// A statement to be told.
#[derive(Clone, Debug)]
pub struct Line {
    pub label: String,
    pub by: &'static str,
    pub principal: &'static str,
    pub at: i64,
    pub attached: Vec<&'static str>,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub struct Story(pub Vec<Line>);

/// The ledger in which it was told, and the entries by label.
pub struct Told {
    pub view: MemoryView,
    pub entries: BTreeMap<String, u64>,
}

fn id_of(label: &str) -> Vec<u8> {
    let mut id = sha256(&[label.as_bytes()])[..16].to_vec();
    id[6] = 0x70 | id[6] & 0x0f;
    id[8] = 0x80 | id[8] & 0x3f;
    id
}

/// How a statement is named by its label.
pub fn reference(by: &str, label: &str) -> Option<v1::StatementRef> {
    Some(v1::StatementRef { party: org(by), id: id_of(label), digest: Vec::new() })
}

/// Gives the changeable body of a kind.
macro_rules! edit {
    ($story:expr, $label:literal, $kind:ident, |$b:ident| $change:expr) => {{
        let line = $story.line($label);
        let ::proto::v1::statement::Body::$kind($b) = &mut line.body else {
            panic!("{} is another kind", $label)
        };
        $change;
    }};
}
pub(super) use edit;

impl Story {
    pub fn line(&mut self, label: &str) -> &mut Line {
        self.0.iter_mut().find(|line| line.label == label).unwrap_or_else(|| panic!("no {label}"))
    }

    pub fn without(&mut self, label: &str) {
        let before = self.0.len();
        self.0.retain(|line| line.label != label);
        assert!(self.0.len() < before, "no {label}");
    }

    pub fn say(&mut self, label: &str, by: &'static str, at: i64, body: Body) -> &mut Line {
        let line = Line { label: label.into(), by, principal: "", at, attached: Vec::new(), body };
        self.0.push(line);
        self.0.last_mut().unwrap()
    }

    fn cast(&mut self) {
        for (name, role, field, country) in [
            ("drug", Role::Authority, AuthorityField::Drug, "CN"),
            ("customs", Role::Authority, AuthorityField::Customs, "CN"),
            ("police", Role::Authority, AuthorityField::Police, "CN"),
            ("foreign", Role::Manufacturer, AuthorityField::Unspecified, "KR"),
            ("agent", Role::DomesticAgent, AuthorityField::Unspecified, "CN"),
            ("importer", Role::Importer, AuthorityField::Unspecified, "CN"),
            ("rival", Role::Importer, AuthorityField::Unspecified, "CN"),
            ("broker", Role::Logistics, AuthorityField::Unspecified, "CN"),
            ("carrier", Role::Carrier, AuthorityField::Unspecified, "CN"),
            ("lab", Role::Laboratory, AuthorityField::Unspecified, "CN"),
        ] {
            let grant = v1::RoleGrant { role: role as i32, field: field as i32, ..v1::RoleGrant::default() };
            let party = v1::Party {
                party: org(name),
                name: name.into(),
                country: country.into(),
                roles: vec![grant],
                ..v1::Party::default()
            };
            self.say(&format!("party {name}"), "root", NOON - 900 * DAY, Body::Party(party));
        }
    }

    fn registers(&mut self) {
        let long_ago = NOON - 800 * DAY;
        for register in ["registrations", "licences", "clearance", "test-release", "cold-chain", "parties"] {
            let coverage = v1::Coverage {
                register: register.into(),
                since: "2024-01-01".into(),
                ..v1::Coverage::default()
            };
            self.say(&format!("cover {register}"), "drug", long_ago, Body::Coverage(coverage));
        }
        self.say("registration", "drug", long_ago, Body::Registration(registration()));
        self.say("ports", "drug", long_ago, ports(&["2248", "CNSHA"]));
        let site = v1::Site {
            site: "site:org:importer/MAIN".into(),
            party: org("importer"),
            name: "office".into(),
            address: "1 Example Road".into(),
            region: "310115".into(),
            country: "CN".into(),
            ..v1::Site::default()
        };
        self.say("site", "importer", long_ago, Body::Site(site));
        let licence = v1::Licence {
            site: "site:org:importer/MAIN".into(),
            kind: "drug-wholesale".into(),
            number: "沪AA0001".into(),
            issuer: org("drug"),
            valid_from: "2022-01-01".into(),
            valid_to: "2026-12-31".into(),
            ..v1::Licence::default()
        };
        self.say("licence", "drug", long_ago, Body::Licence(licence));
    }

    fn goods(&mut self) {
        self.commission("made", "L1", 1..=10);
        for (number, units) in [(1, 1..=5), (2, 6..=10)] {
            let pack = v1::Pack { parent: case(number), children: units.map(unit).collect() };
            let at = NOON - 21 * DAY + i64::from(number) * HOUR;
            self.say(&format!("packed {number}"), "agent", at, Body::Pack(pack));
        }
        let ship = v1::Ship {
            items: vec![case(1), case(2)],
            addressee: org("importer"),
            reason: "sale".into(),
            carrier: org("carrier"),
            waybill: WAYBILL.into(),
            ..v1::Ship::default()
        };
        self.say("shipped", "agent", NOON - 12 * DAY, Body::Ship(ship));
        let celsius = |millicelsius| Some(v1::Temperature { millicelsius });
        let condition = v1::Condition {
            shipment: reference("agent", "shipped"),
            waybill: WAYBILL.into(),
            started_at: NOON - 12 * DAY,
            ended_at: NOON - 10 * DAY,
            min: celsius(3_000),
            max: celsius(6_000),
            readings: 9,
            ..v1::Condition::default()
        };
        self.say("logged", "carrier", NOON - 10 * DAY, Body::Condition(condition));
    }

    /// Another lot, coded.
    pub fn commission(&mut self, label: &str, name: &str, units: std::ops::RangeInclusive<u32>) {
        let made = v1::Commission {
            items: units.map(unit).collect(),
            lot: lot(name),
            registration: NUMBER.into(),
            made_on: "2025-06-01".into(),
            expires_on: "2027-05-31".into(),
            units_per_code: 1,
            market: "CN".into(),
            ..v1::Commission::default()
        };
        self.say(label, "agent", NOON - 22 * DAY, Body::Commission(made)).attached = vec!["factory-report"];
    }

    /// Sample, report and note of a lot.
    pub fn clear(&mut self, name: &str, amount: u64) {
        let (sampled, tested, cleared) =
            (format!("sampled {name}"), format!("tested {name}"), format!("cleared {name}"));
        let sample = v1::Sample {
            number: format!("cert:org:lab/S-{name}"),
            purpose: "port-test".into(),
            lots: vec![boxes(name, 1)],
            holder: org("importer"),
            declaration: String::new(),
            ..v1::Sample::default()
        };
        self.say(&sampled, "lab", NOON - 8 * DAY, Body::Sample(sample));
        let report = v1::TestReport {
            number: format!("cert:org:lab/T-{name}"),
            sample: reference("lab", &sampled),
            lots: vec![lot(name)],
            purpose: "port-test".into(),
            verdict: v1::TestVerdict::Pass as i32,
            method: "pharmacopoeia".into(),
            issued_on: "2026-02-27".into(),
            ..v1::TestReport::default()
        };
        self.say(&tested, "lab", NOON - 3 * DAY, Body::TestReport(report));
        let filing = v1::ImportFiling {
            number: NOTE.into(),
            outcome: v1::FilingOutcome::Cleared as i32,
            registration: NUMBER.into(),
            lots: vec![boxes(name, amount)],
            importer: org("importer"),
            port: "CNSHA".into(),
            valid_to: "2026-06-30".into(),
            ..v1::ImportFiling::default()
        };
        self.say(&cleared, "drug", NOON - 2 * DAY, Body::ImportFiling(filing));
    }

    /// A declaration with all its documents.
    pub fn declare(&mut self, label: &str, number: &str, lines: Vec<v1::DeclarationLine>) -> &mut Line {
        let declare = v1::DeclareImport {
            declaration: number.into(),
            lines,
            waybill: WAYBILL.into(),
            consignor: org("foreign"),
            clearance: NOTE.into(),
            permit: "cert:org:customs/TW-1".into(),
            dispatched_from: "KR".into(),
            bonded: false,
        };
        let line = self.say(label, "importer", NOON - DAY, Body::DeclareImport(declare));
        line.attached = vec![
            "contract",
            "packing-list",
            "bill-of-lading",
            "invoice",
            "origin-certificate",
            "special-permit",
        ];
        line
    }

    pub fn decide(&mut self, label: &str, decision: v1::CustomsDecision) {
        self.say(label, "customs", NOON, Body::CustomsDecision(decision));
    }

    /// A sound import.
    pub fn sound() -> Self {
        let mut story = Self(Vec::new());
        story.cast();
        story.registers();
        story.goods();
        story.clear("L1", 10);
        story.declare("declared", &ours(), vec![line(1, "L1", &[1, 2], 10)]);
        story
    }

    /// Records it, in order of occurrence, as who admits has let it through.
    pub fn tell(&self) -> Told {
        let mut lines: Vec<&Line> = self.0.iter().collect();
        lines.sort_by_key(|line| line.at);
        let mut told = Told { view: MemoryView::default(), entries: BTreeMap::new() };
        let genesis = statement::Leaf {
            leaf_type: statement::LeafType::Genesis,
            recorded_at: 0,
            content: [0; 32],
            links: [0; 32],
        };
        let entry = RecordedEntry {
            leaf: genesis.encode(),
            chain: [0; 32],
            envelope: Bytes::new(),
            payload: Bytes::new(),
        };
        told.view.record(entry, Vec::new());
        for line in lines {
            told.record(line);
        }
        told
    }

    /// The answer about the declaration of the story.
    pub fn verify(&self) -> ImportLot {
        self.verify_under(&ours(), &[])
    }

    pub fn verify_under(&self, declaration: &str, watches: &[Watched]) -> ImportLot {
        let told = self.tell();
        verify(&told.view, &Question { declaration, as_of: NOON, watches }).unwrap()
    }
}

/// A line of a declaration.
pub fn line(number: u32, name: &str, cases: &[u32], amount: u64) -> v1::DeclarationLine {
    v1::DeclarationLine {
        number,
        lot: lot(name),
        items: cases.iter().map(|number| case(*number)).collect(),
        quantity: quantity(amount, "box"),
        hs: "3002491000".into(),
        origin: "KR".into(),
        registration: NUMBER.into(),
    }
}

pub fn registration() -> v1::Registration {
    v1::Registration {
        number: NUMBER.into(),
        products: vec![product()],
        holder: org("foreign"),
        agent: org("agent"),
        name: "toxin for injection".into(),
        model: "100 U".into(),
        product_class: "toxin".into(),
        storage_min: Some(v1::Temperature { millicelsius: 2_000 }),
        storage_max: Some(v1::Temperature { millicelsius: 8_000 }),
        units_per_code: 1,
        label_content: quantity(100, "U"),
        valid_from: "2020-01-01".into(),
        valid_to: "2030-12-31".into(),
        origin: "KR".into(),
        ..v1::Registration::default()
    }
}

/// A policy that names ports.
pub fn ports(codes: &[&str]) -> Body {
    let code = |code: &&str| v1::PolicyCode {
        code: (*code).into(),
        name: (*code).into(),
        name_zh: "口岸".into(),
        retired: false,
    };
    Body::Policy(v1::Policy {
        policy: "import-ports-toxin".into(),
        effective_on: "2024-01-01".into(),
        codes: codes.iter().map(code).collect(),
        ..v1::Policy::default()
    })
}

impl Told {
    fn record(&mut self, line: &Line) {
        let index = self.view.size();
        let principal = if line.principal.is_empty() { String::new() } else { org(line.principal) };
        let attachment = |role: &&str| v1::Attachment {
            digest: sha256(&[line.label.as_bytes(), role.as_bytes()]).to_vec(),
            role: (*role).into(),
            media_type: "application/pdf".into(),
            size: 900,
        };
        let header = v1::Header {
            ledger: vec![7; 32],
            id: id_of(&line.label),
            salt: vec![8; 16],
            party: org(line.by),
            on_behalf_of: principal,
            occurred_at: line.at,
            offset_minutes: 480,
            attachments: line.attached.iter().map(attachment).collect(),
            ..v1::Header::default()
        };
        let payload = v1::Statement { header: Some(header), body: Some(line.body.clone()) }.encode_to_vec();
        let statement = Statement::parse(payload.into()).unwrap_or_else(|e| panic!("{}: {e:?}", line.label));
        let key_id = key_id(ALG_ED25519, &sha256(&[line.by.as_bytes()]));
        let envelope = Envelope { key_id, digest: *statement.digest(), signature: [0; 64] }.encode();
        let envelope = Bytes::copy_from_slice(&envelope);
        let own = own_subjects(&statement);
        let recorded_at = line.at as u64;
        let input = Input { index, recorded_at, envelope: &envelope, statement: &statement, own: &own };
        let outcome = apply(&self.view, &input).unwrap_or_else(|e| panic!("{}: {e}", line.label));
        let payload = statement.payload().clone();
        let leaf = outcome.leaf.encode();
        self.view.record(RecordedEntry { leaf, chain: [0; 32], envelope, payload }, outcome.puts);
        self.entries.insert(line.label.clone(), index);
    }
}

/// Checks that hold goods back, as `id answer`, in the order of the page.
pub fn open(answer: &ImportLot) -> Vec<String> {
    let open = answer.checks.iter().filter(|check| check.answer.holds_back());
    open.map(|check| format!("{} {}", check.kind.id(), check.answer.as_str())).collect()
}

/// What a check answers, with its first words.
pub fn said(answer: &ImportLot, id: &str) -> (Answer, String) {
    let check = answer.checks.iter().find(|check| check.kind.id() == id).unwrap();
    (check.answer, check.notes.first().map(|note| note.facts.english().to_owned()).unwrap_or_default())
}
