//! Privileged reads: recorded before they are answered; the record goes with the answer.

use ledger::{Access, AccessError, Ledger};
use prost::Message;
use tonic::codegen::http::{HeaderMap, HeaderValue};

use crate::{
    access::Sight,
    observe::Note,
    status::{Fault, Kind},
};

/// Response metadata that holds the record, signed by the ledger's answer key; binary, so base64 on the wire.
pub const ACCESS_RECORD: &str = "yuanliu-access-record-bin";

impl Note {
    /// Names the reader. What only its role shows it is not read before this: if it sees more than a trader, the read
    /// is recorded, durably, once a call. Blocks.
    pub(crate) fn reads(&self, ledger: &Ledger, sight: &Sight, question: &impl Message) -> Result<(), Fault> {
        self.reader(sight);
        if !sight.is_privileged() {
            return Ok(());
        }
        match self.record() {
            None => {}
            // The role came while the answer was under way, which can no longer carry the record: to be asked anew.
            Some([]) => return Err(Kind::TokenExpired.into()),
            Some(_) => return Ok(()),
        }
        let signed = ledger.record_access(access(self.method(), sight, question)).map_err(fault)?;
        self.set_record(signed.encode());
        Ok(())
    }
}

fn access(method: &str, sight: &Sight, question: &impl Message) -> Access {
    let reason = sight.reason.clone();
    Access {
        party: sight.party.clone(),
        key: sight.key,
        method: method.to_owned(),
        purpose: reason.purpose.unwrap_or_default(),
        case: reason.case.unwrap_or_default(),
        question: question.encode_to_vec(),
    }
}

fn fault(error: AccessError) -> Fault {
    match error {
        AccessError::Busy => Kind::AccessBusy.into(),
        AccessError::NotKept(fault) => {
            tracing::error!(fault, "a privileged read could not be recorded");
            Kind::AccessNotRecorded.into()
        }
    }
}

/// Puts the record to the head of an answer.
pub(crate) fn put(headers: &mut HeaderMap, record: &[u8]) {
    use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
    if let Ok(value) = HeaderValue::from_str(&STANDARD_NO_PAD.encode(record)) {
        headers.insert(ACCESS_RECORD, value);
    }
}
