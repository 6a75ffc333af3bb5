//! Bodies of statements about goods: each stands as the body of a statement, or in a Correct as what
//! replaces it. One table says both.

use proto::v1::{self, StatementKind as Kind, replacement, statement::Body};

macro_rules! acts {
    ($($name:ident: $path:literal,)*) => {
        /// What a statement about goods says, wherever it stands.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum GoodsAct<'a> {
            $(#[doc = concat!("`", $path, "`")] $name(&'a v1::$name),)*
        }

        impl<'a> GoodsAct<'a> {
            /// The act in a body; `None` for registry statements and those about other statements.
            #[must_use]
            pub const fn of(body: &'a Body) -> Option<Self> {
                match body {
                    $(Body::$name(b) => Some(Self::$name(b)),)*
                    _ => None,
                }
            }

            /// The act that a Correct puts in place of another.
            #[must_use]
            pub const fn replacing(body: &'a replacement::Body) -> Self {
                match body {
                    $(replacement::Body::$name(b) => Self::$name(b),)*
                }
            }

            /// Its kind.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self {
                    $(Self::$name(_) => Kind::$name,)*
                }
            }

            /// As the body of a statement.
            #[must_use]
            pub fn to_body(self) -> Body {
                match self {
                    $(Self::$name(b) => Body::$name(b.clone()),)*
                }
            }

            /// As what replaces another.
            #[must_use]
            pub fn to_replacement(self) -> replacement::Body {
                match self {
                    $(Self::$name(b) => replacement::Body::$name(b.clone()),)*
                }
            }

            /// The case that it says it belongs to, empty = none; `None` for kinds that belong to no case.
            #[must_use]
            pub fn case(self) -> Option<&'a str> {
                match self {
                    Self::AssistRequest(b) => Some(&b.case_id),
                    Self::AssistReply(b) => Some(&b.case_id),
                    Self::Opinion(b) => Some(&b.case_id),
                    Self::Lead(b) => Some(&b.case_id),
                    Self::LeadStep(b) => Some(&b.case_id),
                    Self::CaseOpen(b) => Some(&b.case_id),
                    Self::CaseLink(b) => Some(&b.case_id),
                    Self::CaseTransfer(b) => Some(&b.case_id),
                    Self::TransferReply(b) => Some(&b.case_id),
                    Self::CaseOutcome(b) => Some(&b.case_id),
                    Self::CaseClose(b) => Some(&b.case_id),
                    Self::Watch(b) => Some(&b.case_id),
                    _ => None,
                }
            }

            /// The path of its fields: as a statement's body, or in a Correct.
            #[must_use]
            pub const fn path(self, in_correct: bool) -> &'static str {
                match (self, in_correct) {
                    $((Self::$name(_), false) => $path,
                      (Self::$name(_), true) => concat!("correct.replacement.", $path),)*
                }
            }
        }
    };
}

acts! {
    Commission: "commission",
    Pack: "pack",
    Unpack: "unpack",
    Ship: "ship",
    Receive: "receive",
    Use: "use",
    Alias: "alias",
    Transform: "transform",
    Adjust: "adjust",
    Service: "service",
    Condition: "condition",
    ImportFiling: "import_filing",
    DeclareImport: "declare_import",
    CustomsDecision: "customs_decision",
    Sample: "sample",
    TestReport: "test_report",
    Recall: "recall",
    RecallResponse: "recall_response",
    Hold: "hold",
    Lift: "lift",
    Inspection: "inspection",
    SelfInspection: "self_inspection",
    AdverseEvent: "adverse_event",
    Listing: "listing",
    ActivityFigure: "activity_figure",
    PostalCheck: "postal_check",
    Observation: "observation",
    Opinion: "opinion",
    AuthenticityReply: "authenticity_reply",
    AssistRequest: "assist_request",
    AssistReply: "assist_reply",
    Seize: "seize",
    Keep: "keep",
    HandOver: "hand_over",
    EvidenceReturn: "evidence_return",
    Destroy: "destroy",
    Lead: "lead",
    LeadStep: "lead_step",
    CaseOpen: "case_open",
    CaseLink: "case_link",
    CaseTransfer: "case_transfer",
    TransferReply: "transfer_reply",
    CaseOutcome: "case_outcome",
    CaseClose: "case_close",
    Watch: "watch",
}
