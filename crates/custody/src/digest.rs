//! Access digests in their place: one for each minute, in ascending order, after the minute has ended.

use statement::{AccessDigest, Leaf, LeafType, content_hash, links_hash, minute_end};

use crate::{
    Outcome, Put, Table, View, ViewError,
    tables::{damaged, decode_u64},
};

/// Key of the row that tells the newest digest, in table `Meta`: index u64 ‖ minute u64; and what the keys of the
/// rows begin with that tell the digest of a minute: minute u64 → index u64.
const DIGEST: &[u8] = b"digest";

/// The newest access digest of a state of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digested {
    /// Its index.
    pub index: u64,
    /// Its minute.
    pub minute: u64,
}

/// Why an access digest may not stand in its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Its minute does not come after that of the digest before.
    #[error("it is of minute {minute}, and the digest before it of minute {before}")]
    Minute {
        /// Its minute.
        minute: u64,
        /// The minute before.
        before: u64,
    },
    /// Its minute had not ended.
    #[error("it is recorded before its minute {minute} has ended")]
    Early {
        /// Its minute.
        minute: u64,
    },
    /// The view cannot be read.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// The newest access digest below the view's size.
///
/// # Errors
/// The view cannot be read.
pub fn digested<V: View + ?Sized>(view: &V) -> Result<Option<Digested>, ViewError> {
    let Some(row) = view.get(Table::Meta, DIGEST)? else { return Ok(None) };
    match row.split_at_checked(8) {
        Some((index, minute)) => {
            Ok(Some(Digested { index: decode_u64(index)?, minute: decode_u64(minute)? }))
        }
        None => Err(damaged("digest")),
    }
}

/// Index of the access digest of a minute.
///
/// # Errors
/// The view cannot be read.
pub fn digest_of<V: View + ?Sized>(view: &V, minute: u64) -> Result<Option<u64>, ViewError> {
    view.get(Table::Meta, &minute_key(minute))?.map(|row| decode_u64(&row)).transpose()
}

fn minute_key(minute: u64) -> Vec<u8> {
    [DIGEST, &minute.to_be_bytes()].concat()
}

/// Works out the entry of an access digest that is to stand next. Whether it is that of the records kept is the
/// caller's to check: they are no part of the view.
///
/// # Errors
/// It may not stand there.
pub fn apply_digest<V: View + ?Sized>(
    view: &V,
    digest: &AccessDigest,
    payload: &[u8],
    recorded_at: u64,
) -> Result<Outcome, DigestError> {
    let minute = digest.minute;
    if let Some(before) = digested(view)?.filter(|newest| newest.minute >= minute) {
        return Err(DigestError::Minute { minute, before: before.minute });
    }
    if recorded_at < minute_end(minute) {
        return Err(DigestError::Early { minute });
    }
    let index = view.size().to_be_bytes();
    let newest = [index, minute.to_be_bytes()].concat();
    let (content, links) = (content_hash(payload), links_hash(&[]));
    Ok(Outcome {
        leaf: Leaf { leaf_type: LeafType::AccessDigest, recorded_at, content, links },
        links: Vec::new(),
        states: Vec::new(),
        puts: vec![
            Put { table: Table::Meta, key: DIGEST.to_vec(), value: newest },
            Put { table: Table::Meta, key: minute_key(minute), value: index.to_vec() },
        ],
        signatures_missing: 0,
    })
}

#[cfg(test)]
mod tests {
    use merkle::EMPTY_ROOT;
    use statement::MINUTE;

    use super::*;
    use crate::{MemoryView, RecordedEntry};

    fn apply(view: &mut MemoryView, minute: u64, recorded_at: u64) -> Result<(), DigestError> {
        let digest = AccessDigest { minute, count: 0, root: EMPTY_ROOT, nonce: [7; 32] };
        let payload = digest.encode();
        let outcome = apply_digest(view, &digest, &payload, recorded_at)?;
        let entry = RecordedEntry {
            leaf: outcome.leaf.encode(),
            chain: [0; 32],
            envelope: Vec::new().into(),
            payload: payload.to_vec().into(),
        };
        view.record(entry, outcome.puts);
        Ok(())
    }

    #[test]
    fn digests_ascend_by_minute_and_come_after_their_minutes() {
        let mut view = MemoryView::default();
        assert_eq!(digested(&view), Ok(None));
        assert_eq!(apply(&mut view, 5, 6 * MINUTE - 1), Err(DigestError::Early { minute: 5 }));
        assert_eq!(apply(&mut view, 5, 6 * MINUTE), Ok(()));
        assert_eq!(apply(&mut view, 5, 9 * MINUTE), Err(DigestError::Minute { minute: 5, before: 5 }));
        assert_eq!(apply(&mut view, 4, 9 * MINUTE), Err(DigestError::Minute { minute: 4, before: 5 }));
        assert_eq!(apply(&mut view, 8, 9 * MINUTE), Ok(()));
        assert_eq!(digested(&view), Ok(Some(Digested { index: 1, minute: 8 })));
        assert_eq!(digest_of(&view, 5), Ok(Some(0)));
        assert_eq!((digest_of(&view, 6), digest_of(&view, 8)), (Ok(None), Ok(Some(1))));
    }
}
