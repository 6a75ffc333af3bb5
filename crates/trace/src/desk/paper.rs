//! One paper of a lot: what it is, what it decides, and whether a supplier hands it over.

use custody::Content;
use proto::v1::statement::Body;
use statement::Kind;

/// A statement about the lot that counts.
#[derive(Clone, Debug)]
pub struct Paper {
    /// Its content.
    pub content: Content,
    /// Its kind.
    pub kind: Kind,
}

impl Paper {
    /// Whether suppliers hand it over. What is about one party, or between importer and customs, or belongs
    /// to a case, is none of a buyer's.
    #[must_use]
    pub fn is_handed_over(&self) -> bool {
        match &self.content.body {
            Body::DeclareImport(_) | Body::Lift(_) => false,
            Body::Hold(b) => b.party.is_empty(),
            Body::Sample(b) => b.purpose != "case",
            Body::TestReport(b) => b.purpose != "case",
            _ => true,
        }
    }

    /// The document it is, and what it decides, as a code for people and programs.
    #[must_use]
    pub fn summary(&self) -> (String, String) {
        match &self.content.body {
            Body::ImportFiling(b) => (b.number.clone(), code(b.outcome().as_str_name(), "FILING_OUTCOME_")),
            Body::DeclareImport(b) => (b.declaration.clone(), "declared".to_owned()),
            Body::CustomsDecision(b) => {
                (b.declaration.clone(), code(b.outcome().as_str_name(), "CUSTOMS_OUTCOME_"))
            }
            Body::Sample(b) => (b.number.clone(), "sampled".to_owned()),
            Body::TestReport(b) => (b.number.clone(), code(b.verdict().as_str_name(), "TEST_VERDICT_")),
            Body::Recall(b) => (b.number.clone(), format!("level-{}", b.level)),
            Body::Hold(_) => (String::new(), "held".to_owned()),
            Body::Lift(_) => (String::new(), "lifted".to_owned()),
            _ => (String::new(), String::new()),
        }
    }
}

/// `CUSTOMS_OUTCOME_BONDED_ENTRY` → `bonded-entry`.
fn code(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase().replace('_', "-")
}
