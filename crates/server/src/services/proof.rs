//! Proofs about the tree: of receipts, of entries, of the log's growth.

use std::sync::Arc;

use ledger::{Ledger, Receipt, SignedCheckpoint, Submitted};
use merkle::Hash;
use proto::v1::{
    self, GetConsistencyProofRequest, GetConsistencyProofResponse, GetInclusionProofRequest,
    GetInclusionProofResponse,
};
use statement::{Refusal, words};

use super::{Shared, submit::receipt_message};
use crate::status::{Fault, Kind};

/// What is told of submitted statements: results in order, and the checkpoint that the receipts' proofs lead
/// to; empty where there is no receipt, or no proof is wanted.
pub(super) struct Told {
    pub results: Vec<Result<v1::Receipt, Refusal>>,
    pub checkpoint: String,
}

/// Adds proofs to receipts, where they are wanted.
pub(super) async fn tell(shared: &Shared, submitted: Submitted, wanted: bool) -> Result<Told, Fault> {
    let Submitted { results, covering } = submitted;
    let told = |result: Result<Receipt, Refusal>| result.map(receipt_message);
    if !wanted || results.iter().all(Result::is_err) {
        return Ok(Told { results: results.into_iter().map(told).collect(), checkpoint: String::new() });
    }
    // Of entries just recorded, memory knows the proofs; of older ones, the tiles on disk.
    if let Some(covering) = covering {
        let proofs: Option<Vec<Option<Vec<Hash>>>> = results
            .iter()
            .map(|result| match result {
                Ok(receipt) => covering.inclusion(receipt.index).map(Some),
                Err(_) => Some(None),
            })
            .collect();
        if let Some(proofs) = proofs {
            let proven = results.into_iter().zip(proofs).map(|(result, proof)| proven(result, proof));
            return Ok(Told { results: proven.collect(), checkpoint: covering.checkpoint.note.clone() });
        }
    }
    let ledger = shared.ledger.clone();
    shared.readers.read(move || from_tiles(&ledger, results)).await
}

fn from_tiles(ledger: &Ledger, results: Vec<Result<Receipt, Refusal>>) -> Result<Told, Fault> {
    let checkpoint = newest(ledger)?;
    let one = |result: Result<Receipt, Refusal>| {
        let proof = match &result {
            Ok(receipt) => Some(ledger.inclusion_proof(receipt.index, checkpoint.size)?),
            Err(_) => None,
        };
        Ok::<_, Fault>(proven(result, proof))
    };
    let results = results.into_iter().map(one).collect::<Result<_, _>>()?;
    Ok(Told { results, checkpoint: checkpoint.note })
}

fn proven(result: Result<Receipt, Refusal>, proof: Option<Vec<Hash>>) -> Result<v1::Receipt, Refusal> {
    let receipt = receipt_message(result?);
    Ok(v1::Receipt { inclusion: proof.unwrap_or_default().into_flattened(), ..receipt })
}

/// A receipt that stands by itself.
pub(super) fn receipt(ledger: &Ledger, receipt: Receipt) -> Result<v1::Receipt, Fault> {
    let checkpoint = newest(ledger)?;
    let proof = ledger.inclusion_proof(receipt.index, checkpoint.size)?;
    let message = receipt_message(receipt);
    Ok(v1::Receipt { checkpoint: checkpoint.note, inclusion: proof.into_flattened(), ..message })
}

/// The newest checkpoint. There is one from the first moment on.
fn newest(ledger: &Ledger) -> Result<SignedCheckpoint, Fault> {
    Ok(ledger.checkpoint(None)?.ok_or(Kind::NotFound)?)
}

/// The size asked for (0 = that of the newest checkpoint), and the note of that size if it is kept.
fn tree(ledger: &Ledger, field: &'static str, size: u64) -> Result<(u64, String), Fault> {
    let newest = newest(ledger)?;
    if size == 0 || size == newest.size {
        return Ok((newest.size, newest.note));
    }
    if size > newest.size {
        let fault =
            words!("above {}, the size of the newest checkpoint", "大于最新检查点的大小 {}", newest.size);
        return Err(Fault::field(field, fault));
    }
    Ok((size, ledger.checkpoint(Some(size))?.map(|kept| kept.note).unwrap_or_default()))
}

fn bytes(hashes: Vec<Hash>) -> Vec<Vec<u8>> {
    hashes.into_iter().map(Vec::from).collect()
}

pub(super) fn inclusion(
    shared: &Arc<Shared>,
    query: &GetInclusionProofRequest,
) -> Result<GetInclusionProofResponse, Fault> {
    let ledger = &shared.ledger;
    let (size, checkpoint) = tree(ledger, "size", query.size)?;
    if query.index >= size {
        return Err(Fault::field(
            "index",
            words!("not below the size of the tree, {size}", "不小于树的大小 {size}"),
        ));
    }
    let leaf = ledger.entry(query.index)?.ok_or(Kind::NotFound)?.leaf.to_vec();
    let hashes = bytes(ledger.inclusion_proof(query.index, size)?);
    Ok(GetInclusionProofResponse { size, leaf, hashes, checkpoint })
}

pub(super) fn consistency(
    shared: &Arc<Shared>,
    query: &GetConsistencyProofRequest,
) -> Result<GetConsistencyProofResponse, Fault> {
    let ledger = &shared.ledger;
    let (new_size, checkpoint) = tree(ledger, "new_size", query.new_size)?;
    if query.old_size > new_size {
        return Err(Fault::field(
            "old_size",
            words!("above the size of the larger tree, {new_size}", "大于较大树的大小 {new_size}"),
        ));
    }
    let hashes = bytes(ledger.consistency_proof(query.old_size, new_size)?);
    Ok(GetConsistencyProofResponse { new_size, hashes, checkpoint })
}
