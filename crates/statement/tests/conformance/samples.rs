//! One statement of each kind with every field set, and helpers to change it.

mod assistance;
mod cases;
mod goods;
mod papers;
mod register;
mod seizure;

use merkle::SigningKey;
use prost::{Message as _, bytes::Bytes};
use proto::v1::{
    self, Attachment, Commission, Correct, Endorse, Erase, Header, LineRef, LotAmount, Pack, Quantity,
    Replacement, RevokeKey, Ship, StatementRef, Unpack, Void, replacement, statement::Body,
};
use statement::{GoodsAct, Kind, Refusal, Secrecy, Statement};

pub use self::{
    assistance::CASE_ID,
    register::enrolment,
    seizure::{BAG, OTHER_BAG},
};

pub const ROOT: &str = "org:Example Root Authority";
pub const MAKER: &str = "gln:9521234567011";
pub const TRADER: &str = "gln:9521234567028";
pub const CLINIC: &str = "gln:9521234567035";
pub const CARRIER: &str = "gln:9521234567042";
pub const ITEM: &str = "sgtin:09521234543213.A1";
pub const OTHER_ITEM: &str = "sgtin:09521234543213.A2";
pub const CASE: &str = "sscc:095212340000000013";
pub const LOT: &str = "lot:gtin:09521234543213.L7";
pub const OTHER_LOT: &str = "lot:gtin:09521234543213.L8";
pub const TIP: &str = "ma:MA.156.M0.100221.10000019.ST1";
pub const SITE: &str = "site:gln:9521234567059";
pub const DECLARATION: &str = "decl:222520261000000017";
pub const WAYBILL: &str = "waybill:gln:9521234567042/W-1";
pub const LEDGER: [u8; 32] = [0x11; 32];
/// 2026-01-15T00:00:00Z, µs.
pub const NOON: i64 = 1_768_435_200_000_000;

/// A seeded key: the same byte 32 times.
pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

/// A UUIDv7 of a time (µs) with a fixed random part.
pub fn uuid(us: i64, tail: u8) -> Vec<u8> {
    let mut id = [tail; 16];
    id[..6].copy_from_slice(&(us / 1_000).to_be_bytes()[2..]);
    id[6] = 0x70;
    id[8] = 0x80;
    id.to_vec()
}

pub fn target(with_digest: bool) -> Option<StatementRef> {
    let digest = if with_digest { vec![0x44; 32] } else { Vec::new() };
    Some(StatementRef { party: TRADER.into(), id: uuid(NOON, 9), digest })
}

pub fn quantity(amount: u64, unit: &str) -> Option<Quantity> {
    Some(Quantity { amount, unit: unit.into() })
}

pub fn lot_amount(lot: &str) -> LotAmount {
    LotAmount { lot: lot.into(), quantity: quantity(12, "box") }
}

/// A document that the root authority numbers.
pub fn certificate(number: &str) -> String {
    let root = gs1::PartyRef::parse(ROOT).unwrap();
    gs1::Document::certificate(gs1::Source::Party(root), number).unwrap().into()
}

pub fn pseudonym(digit: char) -> String {
    digit.to_string().repeat(64)
}

/// A statement with every field of its header set that its kind may set.
pub fn with_body(body: Body) -> v1::Statement {
    let kind = statement::kind_of(&body);
    let row = statement::kind_row(kind).unwrap();
    let hidden = match &body {
        Body::Correct(b) => {
            b.replacement.as_ref().and_then(|r| r.body.as_ref()).map(|b| GoodsAct::replacing(b).kind())
        }
        _ => Some(kind),
    };
    let hidden = hidden.and_then(statement::kind_row).is_some_and(|row| row.confidential == Secrecy::Always);
    let principal = !hidden && (row.delegable || matches!(kind, Kind::Correct | Kind::Void | Kind::Erase));
    let attachment = Attachment {
        digest: vec![7; 32],
        role: "invoice".into(),
        media_type: "application/pdf".into(),
        size: 9,
    };
    v1::Statement {
        header: Some(Header {
            ledger: LEDGER.to_vec(),
            id: uuid(NOON, 1),
            salt: vec![0x22; 16],
            party: MAKER.into(),
            on_behalf_of: if principal { TRADER.into() } else { String::new() },
            site: SITE.into(),
            occurred_at: NOON,
            offset_minutes: 480,
            business_key: if hidden { String::new() } else { "B-1".into() },
            confidential: hidden,
            attachments: vec![attachment],
        }),
        body: Some(body),
    }
}

pub fn commission() -> Commission {
    Commission {
        items: vec![ITEM.into(), OTHER_ITEM.into()],
        lot: LOT.into(),
        quantity: None,
        registration: "国药准字SJ20171003".into(),
        made_on: "2025-06-01".into(),
        expires_on: "2027-05-31".into(),
        units_per_code: 3,
        market: "CN".into(),
        opening_stock: true,
    }
}

/// The body of a kind: every field set that can be set together.
pub fn body_of(kind: Kind) -> Body {
    match kind {
        Kind::Unspecified => unreachable!("no statement is of no kind"),
        Kind::Party => Body::Party(register::party()),
        Kind::Site => Body::Site(register::site()),
        Kind::Licence => Body::Licence(register::licence()),
        Kind::Registration => Body::Registration(register::registration()),
        Kind::EnrolKey => Body::EnrolKey(enrolment(&LEDGER, TRADER, 8)),
        Kind::RevokeKey => Body::RevokeKey(RevokeKey {
            party: TRADER.into(),
            key_id: vec![0x33; 32],
            compromised_since: NOON,
            reason: "lost".into(),
        }),
        Kind::Mandate => Body::Mandate(register::mandate()),
        Kind::Succession => Body::Succession(register::succession()),
        Kind::Designation => Body::Designation(register::designation()),
        Kind::Coverage => Body::Coverage(register::coverage()),
        Kind::NamedList => Body::NamedList(register::named_list()),
        Kind::Policy => Body::Policy(register::policy()),
        Kind::Commission => Body::Commission(commission()),
        Kind::Pack => {
            Body::Pack(Pack { parent: CASE.into(), children: vec![ITEM.into(), OTHER_ITEM.into()] })
        }
        Kind::Unpack => Body::Unpack(Unpack { parent: CASE.into(), children: vec![ITEM.into()] }),
        Kind::Ship => Body::Ship(goods::ship()),
        Kind::Receive => Body::Receive(goods::receive()),
        Kind::Use => Body::Use(goods::using()),
        Kind::Alias => Body::Alias(goods::alias()),
        Kind::Transform => Body::Transform(goods::transform()),
        Kind::Adjust => Body::Adjust(goods::adjust()),
        Kind::Service => Body::Service(goods::service()),
        Kind::Condition => Body::Condition(goods::condition()),
        Kind::ImportFiling => Body::ImportFiling(goods::import_filing()),
        Kind::DeclareImport => Body::DeclareImport(goods::declare_import()),
        Kind::CustomsDecision => Body::CustomsDecision(goods::customs_decision()),
        Kind::Sample => Body::Sample(papers::sample()),
        Kind::TestReport => Body::TestReport(papers::test_report()),
        Kind::Recall => Body::Recall(papers::recall()),
        Kind::RecallResponse => Body::RecallResponse(papers::recall_response()),
        Kind::Hold => Body::Hold(papers::hold()),
        Kind::Lift => Body::Lift(papers::lift()),
        Kind::Inspection => Body::Inspection(papers::inspection()),
        Kind::SelfInspection => Body::SelfInspection(papers::self_inspection()),
        Kind::AdverseEvent => Body::AdverseEvent(papers::adverse_event()),
        Kind::Listing => Body::Listing(papers::listing()),
        Kind::ActivityFigure => Body::ActivityFigure(papers::activity_figure()),
        Kind::PostalCheck => Body::PostalCheck(papers::postal_check()),
        Kind::Observation => Body::Observation(papers::observation()),
        Kind::Opinion => Body::Opinion(assistance::opinion()),
        Kind::AuthenticityReply => Body::AuthenticityReply(assistance::authenticity_reply()),
        Kind::AssistRequest => Body::AssistRequest(assistance::assist_request()),
        Kind::AssistReply => Body::AssistReply(assistance::assist_reply()),
        Kind::Seize => Body::Seize(seizure::seize()),
        Kind::Keep => Body::Keep(seizure::keep()),
        Kind::HandOver => Body::HandOver(seizure::hand_over()),
        Kind::EvidenceReturn => Body::EvidenceReturn(seizure::evidence_return()),
        Kind::Destroy => Body::Destroy(seizure::destroy()),
        Kind::Lead => Body::Lead(cases::lead()),
        Kind::LeadStep => Body::LeadStep(cases::lead_step()),
        Kind::CaseOpen => Body::CaseOpen(cases::case_open()),
        Kind::CaseLink => Body::CaseLink(cases::case_link()),
        Kind::CaseTransfer => Body::CaseTransfer(cases::case_transfer()),
        Kind::TransferReply => Body::TransferReply(cases::transfer_reply()),
        Kind::CaseOutcome => Body::CaseOutcome(cases::case_outcome()),
        Kind::CaseClose => Body::CaseClose(cases::case_close()),
        Kind::Watch => Body::Watch(cases::watch()),
        Kind::Correct => correct(Kind::Ship),
        Kind::Void => Body::Void(Void { target: target(true), reason: "wrong lot".into() }),
        Kind::Endorse => Body::Endorse(Endorse { target: target(true) }),
        Kind::Erase => Body::Erase(Erase {
            target: target(true),
            digests: vec![vec![7; 32]],
            reason: "asked for by the person shown".into(),
            legal_basis: "PIPL, article 47".into(),
        }),
    }
}

/// The body of each kind that can stand in a Correct.
pub fn replacement(kind: Kind) -> Option<replacement::Body> {
    match kind {
        Kind::Correct => None,
        kind => GoodsAct::of(&body_of(kind)).map(GoodsAct::to_replacement),
    }
}

pub fn correct(kind: Kind) -> Body {
    Body::Correct(Correct {
        target: target(true),
        reason: "typing error".into(),
        replacement: Some(Replacement { site: SITE.into(), occurred_at: NOON, body: replacement(kind) }),
        ..Correct::default()
    })
}

/// A Correct by line: two lines of a Ship go, one comes.
pub fn correct_by_line() -> Body {
    let removed = [("items", 0), ("lots", 1)];
    let ship = Ship { items: vec![ITEM.into()], ..Ship::default() };
    Body::Correct(Correct {
        target: target(true),
        reason: "one box too many".into(),
        replacement: Some(Replacement {
            body: Some(replacement::Body::Ship(ship)),
            ..Replacement::default()
        }),
        by_line: true,
        removed: removed.map(|(field, index)| LineRef { field: field.into(), index }).to_vec(),
    })
}

/// The sample of a kind.
pub fn sample(kind: Kind) -> v1::Statement {
    with_body(body_of(kind))
}

/// All kinds, from the table.
pub fn kinds() -> impl Iterator<Item = Kind> {
    statement::KINDS.iter().map(|row| row.kind)
}

pub fn encode(message: &v1::Statement) -> Bytes {
    message.encode_to_vec().into()
}

pub fn parse(message: &v1::Statement) -> Result<Statement, Refusal> {
    Statement::parse(encode(message))
}

/// Mutable access to a body of a known kind.
macro_rules! body {
    ($statement:expr, $kind:ident) => {
        match $statement.body.as_mut() {
            Some(proto::v1::statement::Body::$kind(body)) => body,
            other => unreachable!("sample of another kind: {other:?}"),
        }
    };
}
pub(crate) use body;
