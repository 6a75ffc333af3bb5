//! Keys, mandates and roles: who may sign what, when.

use proto::v1::{self, statement::Body};

use super::ledger::{TestLedger, org};

/// `principal` lets `agent` sign these kinds from 2026-03-01 on.
pub fn mandate(ledger: &mut TestLedger, principal: &str, agent: &str, acts: &[v1::StatementKind]) {
    let body = Body::Mandate(v1::Mandate {
        number: format!("M-{agent}"),
        agent: org(agent),
        acts: acts.iter().map(|a| *a as i32).collect(),
        sites: Vec::new(),
        valid_from: "2026-03-01".into(),
        valid_to: String::new(),
    });
    let say = ledger.say(principal, body);
    ledger.must(&say);
}
