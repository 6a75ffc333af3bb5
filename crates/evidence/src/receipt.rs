//! Receipts: the place of a statement in the log, against the envelope its signer kept.

use merkle::{HASH_LEN, Hash};
use proto::v1::Receipt;
use statement::{Envelope, LEAF_LEN, Leaf, LeafType, chain_hash, content_hash};

use crate::InclusionError;

/// Most further signatures a statement can wait for: one side of a counter-signed statement, or all
/// but one of at most 16 root authorities.
const MAX_SIGNATURES_MISSING: u32 = 15;
/// Chain hash before entry 0.
const CHAIN_START: Hash = [0; HASH_LEN];

/// Why a receipt does not show that the statement is in the log. The signer should keep receipt and
/// statement, and stop using this server until the operator has explained it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// A field has another length than its kind of value.
    #[error("the receipt's {field} has {len} bytes instead of {expected}")]
    Length {
        /// Which field.
        field: &'static str,
        /// Its length.
        len: usize,
        /// What it should be.
        expected: usize,
    },
    /// The leaf is not a Leaf v1.
    #[error("the receipt's leaf is not a leaf of version 1")]
    Leaf,
    /// The leaf is not that of a statement.
    #[error("the receipt's leaf is of type {0:?}, not of a statement")]
    LeafType(LeafType),
    /// The leaf commits to other contents.
    #[error("the receipt's leaf commits to another envelope than the one that was signed")]
    OtherEnvelope,
    /// Index 0 belongs to the genesis, or the index is beyond any tree.
    #[error("the receipt's index {0} cannot be that of a statement")]
    Index(u64),
    /// The time outside the leaf is not the one inside.
    #[error("the receipt says it was recorded at {receipt} µs, its leaf at {leaf} µs")]
    RecordedAt {
        /// As the receipt says.
        receipt: i64,
        /// As the leaf says.
        leaf: u64,
    },
    /// The chain hash does not follow from the one before and the leaf.
    #[error("the receipt's chain hash does not follow from the one before it and the leaf")]
    Chain,
    /// The chain before the entry is not the one that the ledger's genesis begins.
    #[error("the receipt's chain does not begin with the ledger's genesis")]
    OtherLedger,
    /// More signatures are said to be missing than any statement needs.
    #[error("the receipt says that {0} signatures are missing, more than any statement needs")]
    SignaturesMissing(u32),
    /// The entry is not shown to be under a checkpoint.
    #[error(transparent)]
    Inclusion(#[from] InclusionError),
}

/// Checks that `receipt` gives a place in a log to exactly the statement signed in `envelope`.
///
/// Recomputed: the leaf's commitment to the envelope (with it to payload, key and signature), the time
/// inside the leaf, and the chain hash. With the `ledger` id, entry 1 is also tied to the genesis. That
/// the chain is the one other readers see takes a checkpoint and proofs.
///
/// # Errors
/// The first condition the receipt fails. [`ReceiptError::OtherEnvelope`] is also what the signer sees
/// after signing the same payload anew with another of its keys: the first receipt then belongs to the
/// first envelope.
pub fn check_receipt(
    receipt: &Receipt,
    envelope: &Envelope,
    ledger: Option<&Hash>,
) -> Result<(), ReceiptError> {
    let bytes: [u8; LEAF_LEN] = fixed("leaf", &receipt.leaf)?;
    let before: Hash = fixed("chain_before", &receipt.chain_before)?;
    let after: Hash = fixed("chain", &receipt.chain)?;
    let leaf = Leaf::decode(&bytes).map_err(|_| ReceiptError::Leaf)?;

    if leaf.leaf_type != LeafType::Statement {
        return Err(ReceiptError::LeafType(leaf.leaf_type));
    }
    if leaf.content != content_hash(&envelope.encode()) {
        return Err(ReceiptError::OtherEnvelope);
    }
    if u64::try_from(receipt.recorded_at) != Ok(leaf.recorded_at) {
        return Err(ReceiptError::RecordedAt { receipt: receipt.recorded_at, leaf: leaf.recorded_at });
    }
    if !(1..merkle::MAX_TREE_SIZE).contains(&receipt.index) {
        return Err(ReceiptError::Index(receipt.index));
    }
    if after != chain_hash(&before, &bytes) {
        return Err(ReceiptError::Chain);
    }
    check_place(receipt.index, &before, ledger)?;
    if receipt.signatures_missing > MAX_SIGNATURES_MISSING {
        return Err(ReceiptError::SignaturesMissing(receipt.signatures_missing));
    }
    Ok(())
}

/// The ledger id is the leaf hash of entry 0, so the chain before entry 1 is known.
fn check_place(index: u64, before: &Hash, ledger: Option<&Hash>) -> Result<(), ReceiptError> {
    let begins_here =
        ledger.is_some_and(|id| index == 1 && *before != merkle::sha256(&[&[0x10], &CHAIN_START, id]));
    // No entry but the genesis has an empty chain before it.
    if begins_here || *before == CHAIN_START {
        return Err(ReceiptError::OtherLedger);
    }
    Ok(())
}

fn fixed<const N: usize>(field: &'static str, bytes: &[u8]) -> Result<[u8; N], ReceiptError> {
    bytes.try_into().map_err(|_| ReceiptError::Length { field, len: bytes.len(), expected: N })
}

#[cfg(test)]
mod tests;
