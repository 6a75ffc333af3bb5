//! Bounds.

use std::time::Duration;

/// What is taken, and how much of it may wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of a document.
    pub max_bytes: u64,
    /// Media types that are taken.
    pub media_types: Vec<String>,
    /// Most bytes of one party that wait to be named, uploads under way included.
    pub waiting_per_party: u64,
    /// The same of all parties together.
    pub waiting_in_all: u64,
    /// How long a document waits to be named.
    pub keep: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let types = [
            "application/pdf",
            "application/json",
            "application/xml",
            "application/ofd",
            "application/pkix-cert",
            "application/pem-certificate-chain",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "image/jpeg",
            "image/png",
            "image/webp",
            "text/csv",
            "text/plain",
            "text/xml",
            "video/mp4",
        ];
        Self {
            max_bytes: 32 << 20,
            media_types: types.map(str::to_owned).to_vec(),
            waiting_per_party: 256 << 20,
            waiting_in_all: 4 << 30,
            keep: Duration::from_secs(24 * 3_600),
        }
    }
}

/// What the smallest document counts as: bounds the number of those that wait, and what their files cost.
pub(crate) const LEAST_CHARGE: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::Limits;

    #[test]
    fn every_sort_of_paper_that_statements_name_has_a_media_type() {
        // Films of inspections, and certificates of a licensed CA beside an EnrolKey.
        for wanted in ["video/mp4", "application/pkix-cert", "application/pem-certificate-chain"] {
            assert!(Limits::default().media_types.iter().any(|t| t == wanted), "{wanted}");
        }
    }
}
