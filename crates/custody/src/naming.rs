//! Statements that statements about goods name beside a shipment: samples, reports, recalls, holds. Where
//! they are recorded, whoever names them links their goods.

use proto::v1::{StatementRef, statement::Body};
use statement::{GoodsAct, Kind, Statement};

/// One of them.
pub(crate) struct Naming<'s> {
    pub named: &'s StatementRef,
    /// Kinds it may be of.
    pub kinds: &'static [Kind],
    /// Path of the body, field in it, and place in a list.
    root: &'static str,
    field: &'static str,
    place: Option<usize>,
}

impl Naming<'_> {
    pub(crate) fn path(&self) -> String {
        let Self { root, field, .. } = self;
        self.place.map_or_else(|| format!("{root}.{field}"), |at| format!("{root}.{field}[{at}]"))
    }
}

/// The statements that a statement names, or a Correct in what it puts in place of another.
pub(crate) fn namings(statement: &Statement) -> Vec<Naming<'_>> {
    let (act, in_correct) = match statement.body() {
        Body::Correct(b) => {
            let body = b.replacement.as_ref().and_then(|r| r.body.as_ref());
            (body.map(GoodsAct::replacing), true)
        }
        body => (GoodsAct::of(body), false),
    };
    let Some(act) = act else { return Vec::new() };
    let root = act.path(in_correct);
    match act {
        GoodsAct::Condition(b) => {
            single(root, b.shipment.as_ref(), "shipment", &[Kind::Ship]).into_iter().collect()
        }
        GoodsAct::TestReport(b) => {
            let sample = single(root, b.sample.as_ref(), "sample", &[Kind::Sample]);
            let first = single(root, b.retest_of.as_ref(), "retest_of", &[Kind::TestReport]);
            sample.into_iter().chain(first).collect()
        }
        GoodsAct::RecallResponse(b) => {
            single(root, b.recall.as_ref(), "recall", &[Kind::Recall]).into_iter().collect()
        }
        GoodsAct::Lift(b) => single(root, b.hold.as_ref(), "hold", &[Kind::Hold]).into_iter().collect(),
        GoodsAct::ImportFiling(b) => b
            .reports
            .iter()
            .enumerate()
            .map(|(at, named)| Naming {
                named,
                kinds: &[Kind::TestReport, Kind::Sample],
                root,
                field: "reports",
                place: Some(at),
            })
            .collect(),
        GoodsAct::LeadStep(b) => single(root, b.lead.as_ref(), "lead", &[Kind::Lead]).into_iter().collect(),
        GoodsAct::TransferReply(b) => {
            single(root, b.transfer.as_ref(), "transfer", &[Kind::CaseTransfer]).into_iter().collect()
        }
        GoodsAct::CaseOpen(b) => b
            .leads
            .iter()
            .enumerate()
            .map(|(at, named)| Naming { named, kinds: &[Kind::Lead], root, field: "leads", place: Some(at) })
            .collect(),
        GoodsAct::Seize(b) => {
            single(root, b.follows.as_ref(), "follows", &[Kind::Seize]).into_iter().collect()
        }
        GoodsAct::AuthenticityReply(b) => request(root, b.request.as_ref()).into_iter().collect(),
        GoodsAct::AssistReply(b) => request(root, b.request.as_ref()).into_iter().collect(),
        GoodsAct::Opinion(b) => {
            let grounds = b.grounds.iter().enumerate().map(|(at, named)| Naming {
                named,
                kinds: &[Kind::TestReport, Kind::Inspection, Kind::AuthenticityReply, Kind::AssistReply],
                root,
                field: "grounds",
                place: Some(at),
            });
            request(root, b.request.as_ref()).into_iter().chain(grounds).collect()
        }
        _ => Vec::new(),
    }
}

fn request<'s>(root: &'static str, named: Option<&'s StatementRef>) -> Option<Naming<'s>> {
    single(root, named, "request", &[Kind::AssistRequest])
}

fn single<'s>(
    root: &'static str,
    named: Option<&'s StatementRef>,
    field: &'static str,
    kinds: &'static [Kind],
) -> Option<Naming<'s>> {
    named.map(|named| Naming { named, kinds, root, field, place: None })
}
