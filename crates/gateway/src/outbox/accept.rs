//! The way in: bills are stored in order, once for each business key.

use proto::v1::SignedStatement;
use redb::{ReadableTable as _, WriteTransaction};

use super::{
    BYTES, Outbox, OutboxError, Work,
    rows::{COUNT, current, insert},
};
use crate::record::{Record, State};

/// A signed bill on its way into the outbox.
#[derive(Clone, Debug)]
pub struct NewBill {
    /// All but `seq`, which the outbox gives.
    pub record: Record,
    /// What is sent.
    pub signed: SignedStatement,
}

/// What became of a bill at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It was stored and will be sent.
    New(Record),
    /// The same bill is here already.
    Same(Record),
    /// A bill with the same business key and other content is here already.
    Conflict(Record),
}

impl Outbox {
    /// Stores bills in order, all in one synced transaction: either the answer is given and they are there,
    /// or none is. A bill whose business key is here already is not stored again, unless the ledger refused
    /// the earlier one.
    ///
    /// # Errors
    /// [`OutboxError::Full`] where not all new ones fit, [`OutboxError::Storage`].
    pub fn accept(&self, bills: &[NewBill]) -> Work<Vec<Accepted>> {
        self.write(|t| {
            let mut answers = Vec::with_capacity(bills.len());
            for bill in bills {
                let first = current(t, &bill.record.key)?;
                answers.push(match first {
                    Some(first) if !matches!(first.state, State::Refused(_)) => {
                        Accepted::known(first, &bill.record.content)
                    }
                    _ => Accepted::New(insert(t, bill)?),
                });
            }
            Ok(self.bounded(t)?.map(|()| answers))
        })
    }

    /// Whether what would wait now is within the bounds.
    fn bounded(&self, t: &WriteTransaction) -> Result<Work<()>, redb::Error> {
        let counts = t.open_table(COUNT)?;
        let get = |name| Ok::<_, redb::Error>(counts.get(name)?.map_or(0, |v| v.value()));
        // What is put aside counts: it is still to be sent, and takes room.
        let bills = get("queued")? + get("sending")? + get("aside")?;
        let bytes = get(BYTES)?;
        let full = |what, waiting, most| Ok(Err(OutboxError::Full { what, waiting, most }));
        if bills > self.limits.waiting_bills {
            return full("bills", bills, self.limits.waiting_bills);
        }
        if bytes > self.limits.waiting_bytes {
            return full("bytes", bytes, self.limits.waiting_bytes);
        }
        Ok(Ok(()))
    }
}

impl Accepted {
    /// What a bill is beside the one that is here under its business key.
    pub(crate) fn known(first: Record, content: &str) -> Self {
        if first.content == content { Self::Same(first) } else { Self::Conflict(first) }
    }
}
