//! A statement that has been scanned, decoded and validated.

use merkle::{Hash, sha256};
use prost::{Message as _, bytes::Bytes};
use proto::v1::{self, Header, StatementKind as Kind, statement::Body};

use crate::{
    Words, check,
    reason::{Reason, Refusal},
    scan::{ScanError, ScanFault, scan},
    words,
};

/// Most bytes of a payload.
pub const MAX_PAYLOAD: usize = 512 * 1024;

/// A statement whose bytes are strictly encoded and whose fields hold what they may hold.
///
/// Invariants: `header` and `body` are set; the kind is declared; every identifier in it is canonical.
/// The payload bytes are the record; the decoded form only helps to read them.
#[derive(Clone, Debug)]
pub struct Statement {
    payload: Bytes,
    digest: Hash,
    header: Header,
    body: Body,
    kind: Kind,
    bill: Option<String>,
}

/// Names a statement: signer and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference<'a> {
    /// Signer.
    pub party: &'a str,
    /// UUIDv7.
    pub id: [u8; 16],
}

impl Statement {
    /// Scans, decodes and validates a payload that a client sent.
    ///
    /// # Errors
    /// A [`Refusal`] with every fault found: the first fault of the wire form, else all faulty fields.
    pub fn parse(payload: Bytes) -> Result<Self, Refusal> {
        if payload.len() > MAX_PAYLOAD {
            return Err(Refusal::at(
                Reason::PayloadTooLarge,
                "payload",
                words!("{} bytes, at most {MAX_PAYLOAD}", "{} 字节，至多 {MAX_PAYLOAD}", payload.len()),
            ));
        }
        scan(&payload, proto::schema::STATEMENT).map_err(|e| wire_refusal(&e))?;
        let statement = Self::decode(payload)?;
        check::statement(&statement.header, &statement.body, statement.bill())?;
        Ok(statement)
    }

    /// Decodes a payload that is recorded already: wire form scanned, fields not validated again, so
    /// that what an earlier version accepted stays readable.
    ///
    /// # Errors
    /// The wire form is broken: the record is damaged.
    pub fn recorded(payload: Bytes) -> Result<Self, Refusal> {
        scan(&payload, proto::schema::STATEMENT).map_err(|e| wire_refusal(&e))?;
        Self::decode(payload)
    }

    fn decode(payload: Bytes) -> Result<Self, Refusal> {
        let message = v1::Statement::decode(payload.clone())
            .map_err(|e| Refusal::at(Reason::Malformed, "payload", words!("{e}", "无法解码：{e}")))?;
        let header = message.header.ok_or_else(|| missing("header"))?;
        let body = message.body.ok_or_else(|| missing("body"))?;
        let digest = sha256(&[&payload]);
        let kind = kind_of(&body);
        let key = &header.business_key;
        let bill = if key.is_empty() { None } else { bill_text(actor(&header), key) };
        Ok(Self { payload, digest, header, body, kind, bill })
    }

    /// The signed bytes.
    #[must_use]
    pub const fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// `H(payload)`.
    #[must_use]
    pub const fn digest(&self) -> &Hash {
        &self.digest
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The body.
    #[must_use]
    pub const fn body(&self) -> &Body {
        &self.body
    }

    /// The kind of its body.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Its name.
    #[must_use]
    pub fn reference(&self) -> Reference<'_> {
        Reference { party: &self.header.party, id: id_bytes(&self.header.id) }
    }

    /// Who acts: the principal where there is one, else the signer.
    #[must_use]
    pub fn actor(&self) -> &str {
        actor(&self.header)
    }

    /// The document that its business key makes: `bill:ACTOR/KEY`.
    #[must_use]
    pub fn bill(&self) -> Option<&str> {
        self.bill.as_deref()
    }
}

pub(crate) fn actor(header: &Header) -> &str {
    if header.on_behalf_of.is_empty() { &header.party } else { &header.on_behalf_of }
}

/// `bill:PARTY/NO` in canonical form; `None` where the number is empty or cannot be a bill's.
#[must_use]
pub fn bill_text(party: &str, number: &str) -> Option<String> {
    if is_plain(party) && is_plain(number) {
        // Nothing to escape: what the parser accepts is what assembling the parts would give.
        let text = ["bill:", party, "/", number].concat();
        return gs1::DocumentRef::parse(&text).is_ok().then_some(text);
    }
    let party = gs1::PartyRef::parse(party).ok()?;
    gs1::Document::bill(party, number).ok().map(String::from)
}

/// Whether a text holds nothing that canonical texts escape.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| (b.is_ascii_graphic() || b == b' ') && !matches!(b, b'%' | b'.' | b'/'))
}

/// The 16 bytes of an id; zeros where the field has another length (then validation has refused it).
#[must_use]
pub fn id_bytes(id: &[u8]) -> [u8; 16] {
    id.try_into().unwrap_or_default()
}

/// Milliseconds since the Unix epoch in a UUIDv7.
#[must_use]
pub fn id_millis(id: &[u8; 16]) -> u64 {
    id[..6].iter().fold(0, |n, b| n << 8 | u64::from(*b))
}

/// The kind of a body.
#[must_use]
pub const fn kind_of(body: &Body) -> Kind {
    match body {
        Body::Party(_) => Kind::Party,
        Body::Site(_) => Kind::Site,
        Body::Licence(_) => Kind::Licence,
        Body::Registration(_) => Kind::Registration,
        Body::EnrolKey(_) => Kind::EnrolKey,
        Body::RevokeKey(_) => Kind::RevokeKey,
        Body::Mandate(_) => Kind::Mandate,
        Body::Succession(_) => Kind::Succession,
        Body::Designation(_) => Kind::Designation,
        Body::Coverage(_) => Kind::Coverage,
        Body::NamedList(_) => Kind::NamedList,
        Body::Policy(_) => Kind::Policy,
        Body::Commission(_) => Kind::Commission,
        Body::Pack(_) => Kind::Pack,
        Body::Unpack(_) => Kind::Unpack,
        Body::Ship(_) => Kind::Ship,
        Body::Receive(_) => Kind::Receive,
        Body::Use(_) => Kind::Use,
        Body::Alias(_) => Kind::Alias,
        Body::Transform(_) => Kind::Transform,
        Body::Adjust(_) => Kind::Adjust,
        Body::Service(_) => Kind::Service,
        Body::Condition(_) => Kind::Condition,
        Body::ImportFiling(_) => Kind::ImportFiling,
        Body::DeclareImport(_) => Kind::DeclareImport,
        Body::CustomsDecision(_) => Kind::CustomsDecision,
        Body::Sample(_) => Kind::Sample,
        Body::TestReport(_) => Kind::TestReport,
        Body::Recall(_) => Kind::Recall,
        Body::RecallResponse(_) => Kind::RecallResponse,
        Body::Hold(_) => Kind::Hold,
        Body::Lift(_) => Kind::Lift,
        Body::Inspection(_) => Kind::Inspection,
        Body::SelfInspection(_) => Kind::SelfInspection,
        Body::AdverseEvent(_) => Kind::AdverseEvent,
        Body::Listing(_) => Kind::Listing,
        Body::ActivityFigure(_) => Kind::ActivityFigure,
        Body::PostalCheck(_) => Kind::PostalCheck,
        Body::Observation(_) => Kind::Observation,
        Body::Opinion(_) => Kind::Opinion,
        Body::AuthenticityReply(_) => Kind::AuthenticityReply,
        Body::AssistRequest(_) => Kind::AssistRequest,
        Body::AssistReply(_) => Kind::AssistReply,
        Body::Seize(_) => Kind::Seize,
        Body::Keep(_) => Kind::Keep,
        Body::HandOver(_) => Kind::HandOver,
        Body::EvidenceReturn(_) => Kind::EvidenceReturn,
        Body::Destroy(_) => Kind::Destroy,
        Body::Lead(_) => Kind::Lead,
        Body::LeadStep(_) => Kind::LeadStep,
        Body::CaseOpen(_) => Kind::CaseOpen,
        Body::CaseLink(_) => Kind::CaseLink,
        Body::CaseTransfer(_) => Kind::CaseTransfer,
        Body::TransferReply(_) => Kind::TransferReply,
        Body::CaseOutcome(_) => Kind::CaseOutcome,
        Body::CaseClose(_) => Kind::CaseClose,
        Body::Watch(_) => Kind::Watch,
        Body::Correct(_) => Kind::Correct,
        Body::Void(_) => Kind::Void,
        Body::Endorse(_) => Kind::Endorse,
        Body::Erase(_) => Kind::Erase,
    }
}

fn missing(field: &'static str) -> Refusal {
    Refusal::at(Reason::MissingField, field, Words::of("not set", "未填写"))
}

fn wire_refusal(e: &ScanError) -> Refusal {
    let reason = match e.fault {
        ScanFault::UnknownField => Reason::UnknownField,
        ScanFault::FieldTwice | ScanFault::OneofTwice => Reason::FieldTwice,
        ScanFault::UnknownEnumValue => Reason::UnknownEnumValue,
        ScanFault::InvalidUtf8 => Reason::InvalidUtf8,
        ScanFault::TooMany => Reason::TooManyItems,
        _ => Reason::Malformed,
    };
    let path = if e.path.is_empty() { "payload".to_string() } else { e.path.clone() };
    Refusal::at(
        reason,
        path,
        Words::made(
            format!("{} at byte {}", e.fault, e.offset),
            format!("{}（第 {} 字节）", e.fault.chinese(), e.offset),
        ),
    )
}
