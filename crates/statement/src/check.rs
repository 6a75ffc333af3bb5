//! Validation of every field: what it may hold, each fault with its path. Nothing is looked up here.

mod assistance;
mod cases;
mod change;
mod custody;
mod field;
mod goods;
mod import;
mod oversight;
mod part;
mod personal;
mod policy;
mod quality;
mod registry;
mod seizure;

use std::{collections::BTreeSet, fmt::Display};

use gs1::PartyRef;
use proto::v1::{Header, statement::Body};

pub use self::field::is_nfc;
pub(crate) use self::field::text_fault;
use self::field::{Accept, End};
use crate::{GoodsAct, Reason, Refusal, Signers, Violation, Words, kind_of, kind_row, model::actor};

/// Most items a statement may name, every naming counted (a container and what it is paired with too).
pub const MAX_ITEMS: usize = 4_000;
/// Most lot amounts a statement may name.
pub const MAX_LOTS: usize = 256;
/// Most faults reported of one statement; the rest is found after these are mended.
const MAX_VIOLATIONS: usize = 100;

/// Most attachments of a statement.
const MAX_ATTACHMENTS: usize = 64;

/// Most bytes of an attachment: 1 TiB.
const MAX_ATTACHMENT: u64 = 1 << 40;

/// Validates a statement; `bill` is what its business key makes, `None` where that is impossible.
pub(crate) fn statement(header: &Header, body: &Body, bill: Option<&str>) -> Result<(), Refusal> {
    let mut check = Check::default();
    check.header(header, body, bill);
    check.body(header, body);
    check.finish()
}

/// Validates the content that a correction by line leads to, under the path `correct.replacement.…`.
pub(crate) fn amended(act: GoodsAct<'_>) -> Result<(), Refusal> {
    let mut check = Check { stage: Stage::Amended, ..Check::default() };
    check.act(act, act.path(true));
    check.finish()
}

/// Validates a Correct by itself.
#[cfg(test)]
pub(crate) fn correct(correct: &proto::v1::Correct) -> Result<(), Refusal> {
    let mut check = Check::default();
    check.correct(correct);
    check.finish()
}

/// Collects faults, and the items named so far.
#[derive(Default)]
pub(crate) struct Check<'a> {
    violations: Vec<Violation>,
    items: BTreeSet<&'a str>,
    item_count: usize,
    stage: Stage,
}

/// What a body is that is looked at.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    /// The whole content as its signer wrote it.
    #[default]
    Whole,
    /// Lines to be added to another content: nothing else is set.
    Lines,
    /// The content that lines were removed from and added to.
    Amended,
}

impl<'a> Check<'a> {
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        match self.violations.first() {
            None => Ok(()),
            Some(first) => Err(Refusal { reason: first.reason, violations: self.violations }),
        }
    }

    /// Takes the path as something to display, so that naming a sound field costs nothing.
    fn fault(&mut self, reason: Reason, field: impl Display, description: Words) {
        if self.violations.len() < MAX_VIOLATIONS {
            self.violations.push(Violation { reason, field: field.to_string().into(), description });
        }
    }

    fn header(&mut self, h: &'a Header, body: &Body, bill: Option<&str>) {
        self.bytes("header.ledger", &h.ledger, 32);
        self.id("header.id", &h.id);
        self.bytes("header.salt", &h.salt, 16);
        self.party("header.party", &h.party);
        self.principal(h, body);
        self.optional(&h.site, |c, s| c.site("header.site", s));
        self.instant("header.occurred_at", h.occurred_at);
        if !(-840..=840).contains(&h.offset_minutes) {
            self.fault(
                Reason::InvalidField,
                "header.offset_minutes",
                Words::of("outside −840…840", "超出 −840 至 840"),
            );
        }
        self.business_key(h, bill);
        self.confidential(h, body);
        self.attachments(h);
    }

    fn principal(&mut self, h: &'a Header, body: &Body) {
        let field = "header.on_behalf_of";
        if h.on_behalf_of.is_empty() {
            return;
        }
        self.party(field, &h.on_behalf_of);
        if h.on_behalf_of == h.party {
            self.fault(
                Reason::InvalidField,
                field,
                Words::of("is the signer itself; leave it empty", "即签署方自身；请留空"),
            );
        }
        // Correct, Void and Erase repeat the principal of the statement they name: no new act.
        let may = kind_row(kind_of(body)).is_some_and(|r| {
            r.delegable || matches!(r.signers, Signers::TargetSigner | Signers::TargetSignerOrAuthority)
        });
        if !may {
            self.fault(
                Reason::NoMandate,
                field,
                Words::of("this kind cannot be signed for somebody else", "此类声明不能代他人签署"),
            );
        }
    }

    fn business_key(&mut self, h: &Header, bill: Option<&str>) {
        let (field, key) = ("header.business_key", &h.business_key);
        if key.is_empty() {
            return;
        }
        if let Some((reason, description)) = text_fault(key, 80) {
            self.fault(reason, field, description);
        } else if bill.is_none() && PartyRef::parse(actor(h)).is_ok() {
            self.fault(
                Reason::InvalidField,
                field,
                Words::of(
                    "too long beside the party's name (together 256 bytes)",
                    "与主体标识合计过长（至多 256 字节）",
                ),
            );
        }
    }

    fn attachments(&mut self, h: &'a Header) {
        self.count("header.attachments", h.attachments.len(), MAX_ATTACHMENTS);
        for (i, a) in h.attachments.iter().enumerate().take(MAX_ATTACHMENTS) {
            self.bytes(format_args!("header.attachments[{i}].digest"), &a.digest, 32);
            self.code(format_args!("header.attachments[{i}].role"), &a.role);
            self.text(format_args!("header.attachments[{i}].media_type"), &a.media_type, 100);
            if a.size > MAX_ATTACHMENT {
                self.fault(
                    Reason::InvalidField,
                    format_args!("header.attachments[{i}].size"),
                    Words::of("above 1 TiB", "超过 1 TiB"),
                );
            }
        }
    }

    fn body(&mut self, header: &Header, body: &'a Body) {
        match body {
            Body::Party(b) => self.body_party(b),
            Body::Site(b) => self.body_site(b),
            Body::Licence(b) => self.body_licence(b),
            Body::Registration(b) => self.body_registration(b),
            Body::EnrolKey(b) => self.body_enrol_key(header, b),
            Body::RevokeKey(b) => self.body_revoke_key(b),
            Body::Mandate(b) => self.body_mandate(header, b),
            Body::Succession(b) => self.succession(b),
            Body::Designation(b) => self.designation(b),
            Body::Coverage(b) => self.coverage(b),
            Body::NamedList(b) => self.named_list(b),
            Body::Policy(b) => self.policy(b),
            Body::Correct(b) => self.correct(b),
            Body::Void(b) => self.void(b),
            Body::Erase(b) => self.erase(b),
            Body::Endorse(b) => self.target("endorse.target", b.target.as_ref(), true),
            _ => {
                if let Some(act) = GoodsAct::of(body) {
                    self.act(act, act.path(false));
                }
            }
        }
    }

    fn act(&mut self, act: GoodsAct<'a>, path: &'static str) {
        match act {
            GoodsAct::Commission(b) => self.commission(path, b),
            GoodsAct::Pack(b) => self.pack(path, b),
            GoodsAct::Unpack(b) => self.unpack(path, b),
            GoodsAct::Ship(b) => self.ship(path, b),
            GoodsAct::Receive(b) => self.receive(path, b),
            GoodsAct::Use(b) => self.using(path, b),
            GoodsAct::Alias(b) => self.alias(path, b),
            GoodsAct::Transform(b) => self.transform(path, b),
            GoodsAct::Adjust(b) => self.adjust(path, b),
            GoodsAct::Service(b) => self.service(path, b),
            GoodsAct::Condition(b) => self.condition(path, b),
            GoodsAct::ImportFiling(b) => self.import_filing(path, b),
            GoodsAct::DeclareImport(b) => self.declare_import(path, b),
            GoodsAct::CustomsDecision(b) => self.customs_decision(path, b),
            GoodsAct::Sample(b) => self.sample(path, b),
            GoodsAct::TestReport(b) => self.test_report(path, b),
            GoodsAct::Recall(b) => self.recall(path, b),
            GoodsAct::RecallResponse(b) => self.recall_response(path, b),
            GoodsAct::Hold(b) => self.hold(path, b),
            GoodsAct::Lift(b) => self.lift(path, b),
            GoodsAct::Inspection(b) => self.inspection(path, b),
            GoodsAct::SelfInspection(b) => self.self_inspection(path, b),
            GoodsAct::AdverseEvent(b) => self.adverse_event(path, b),
            GoodsAct::Listing(b) => self.listing(path, b),
            GoodsAct::ActivityFigure(b) => self.activity_figure(path, b),
            GoodsAct::PostalCheck(b) => self.postal_check(path, b),
            GoodsAct::Observation(b) => self.observation(path, b),
            GoodsAct::Opinion(b) => self.opinion(path, b),
            GoodsAct::AuthenticityReply(b) => self.authenticity_reply(path, b),
            GoodsAct::AssistRequest(b) => self.assist_request(path, b),
            GoodsAct::AssistReply(b) => self.assist_reply(path, b),
            GoodsAct::Seize(b) => self.seize(path, b),
            GoodsAct::Keep(b) => self.keep(path, b),
            GoodsAct::HandOver(b) => self.hand_over(path, b),
            GoodsAct::EvidenceReturn(b) => self.evidence_return(path, b),
            GoodsAct::Destroy(b) => self.destroy(path, b),
            GoodsAct::Lead(b) => self.lead(path, b),
            GoodsAct::LeadStep(b) => self.lead_step(path, b),
            GoodsAct::CaseOpen(b) => self.case_open(path, b),
            GoodsAct::CaseLink(b) => self.case_link(path, b),
            GoodsAct::CaseTransfer(b) => self.case_transfer(path, b),
            GoodsAct::TransferReply(b) => self.transfer_reply(path, b),
            GoodsAct::CaseOutcome(b) => self.case_outcome(path, b),
            GoodsAct::CaseClose(b) => self.case_close(path, b),
            GoodsAct::Watch(b) => self.watch(path, b),
        }
    }
}
