//! Evidence bundles out of a ledger.

use evidence::bundle::{Bundle, MAX_FILE, QueryKind, sign};
use merkle::{Hash, SigningKey};
use proto::v1::ExportEvidenceRequest;
use rpc::case_service_client::CaseServiceClient;

use crate::{Client, ClientError, read::broken};

/// What a bundle is to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceQuery {
    /// What is asked.
    pub kind: QueryKind,
    /// Of whom or what: a canonical text; an entry by its index in decimal.
    pub text: String,
    /// As of how many entries; 0 = all that the newest seal covers.
    pub as_of: u64,
    /// Only the subjects asked for and the keys of signers.
    pub named_only: bool,
}

impl Client {
    /// Takes an evidence bundle out of the ledger and signs it. `key`, with this id, must be an enrolled key of the
    /// party that reads. Check the file before you rely on it: `evidence::bundle::verify`.
    ///
    /// # Errors
    /// See [`ClientError`]; `PROTOCOL` where the server gives no bundle, or one of another question.
    pub async fn export_evidence(
        &self,
        query: &EvidenceQuery,
        key_id: &Hash,
        key: &SigningKey,
    ) -> Result<Vec<u8>, ClientError> {
        let message = ExportEvidenceRequest {
            kind: query.kind.as_str().to_owned(),
            text: query.text.clone(),
            as_of: query.as_of,
            named_only: query.named_only,
            key_id: key_id.to_vec(),
        };
        let mut stream = self
            .read(message, |channel, request| async move {
                CaseServiceClient::new(channel).export_evidence(request).await
            })
            .await?;
        let mut json = Vec::new();
        while let Some(part) = stream.message().await.map_err(ClientError::from)? {
            json.extend_from_slice(&part.chunk);
            if json.len() > MAX_FILE {
                return Err(broken("a bundle longer than there may be"));
            }
        }
        let bundle = Bundle::decode(&json).map_err(broken)?;
        if bundle.query.kind != query.kind
            || bundle.query.text != query.text
            || bundle.extraction.key != *key_id
        {
            return Err(broken("a bundle of another question"));
        }
        sign(&bundle, key).map_err(broken)
    }
}
