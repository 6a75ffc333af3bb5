//! Proofs about subjects.

use gs1::{DocumentRef, ItemRef, PartyRef, ProductRef, SiteRef};
use ledger::{Ledger, link_proof};
use merkle::Hash;
use proto::v1::{
    GetSubjectProofRequest, GetSubjectProofResponse, RunNeighbour, RunProof, RunState, SubjectEntry,
};
use statement::{SubjectKey, SubjectKind, Words, subject_key, words};

use crate::{
    access::Sight,
    status::{Fault, Kind},
};

/// Entries in an answer: usually, and at most.
const ENTRIES: (u32, u32) = (100, 1_000);

pub(super) fn proof(
    ledger: &Ledger,
    sight: &Sight,
    query: &GetSubjectProofRequest,
) -> Result<GetSubjectProofResponse, Fault> {
    // Whether a code exists is what a trader must not learn: the refusal says nothing of the subject.
    if !sight.is_everything() {
        return Err(Kind::SeesAllOnly.into());
    }
    let key = key(&query.kind, &query.subject)?;
    let most = ENTRIES.1;
    let max = match query.max_entries {
        0 => ENTRIES.0,
        n if n <= most => n,
        n => return Err(Fault::field("max_entries", words!("{n}, at most {most}", "{n}，至多 {most}"))),
    };
    let answer = match ledger.subject_proof(&key) {
        Err(ledger::Error::NoSeal) => return Err(Kind::NotSealedYet.into()),
        answer => answer?,
    };
    let covered = answer.seal.covered;
    let mut indices = ledger.subject_entries(&key, query.start, covered, max as usize + 1)?;
    let next = if indices.len() > max as usize { indices.pop().unwrap_or(0) } else { 0 };
    let entries = indices.into_iter().map(|index| entry(ledger, &key, index)).collect::<Result<_, _>>()?;
    let seal = ledger.entry(answer.seal_index)?.ok_or(Kind::NotFound)?;
    Ok(GetSubjectProofResponse {
        seal_index: answer.seal_index,
        seal_leaf: seal.leaf.to_vec(),
        seal: seal.payload.to_vec(),
        runs: answer.proof.into_iter().map(run).collect(),
        entries,
        next,
    })
}

/// S of a canonical text. Of another spelling, absence would be proven and believed.
fn key(kind: &str, text: &str) -> Result<SubjectKey, Fault> {
    let Some(kind) = SubjectKind::ALL.into_iter().find(|known| known.as_str() == kind) else {
        let known = SubjectKind::ALL.map(SubjectKind::as_str).join(", ");
        return Err(Fault::field("kind", words!("is none of {known}", "不是 {known} 之一")));
    };
    let parsed = match kind {
        SubjectKind::Item => ItemRef::parse(text).map(drop),
        SubjectKind::Document => DocumentRef::parse(text).map(drop),
        SubjectKind::Party | SubjectKind::Activity => PartyRef::parse(text).map(drop),
        SubjectKind::Site => SiteRef::parse(text).map(drop),
        SubjectKind::Product => ProductRef::parse(text).map(drop),
        SubjectKind::Key => {
            let is_id = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            return if is_id { Ok(subject_key(kind, text)) } else { Err(not_a_key()) };
        }
        SubjectKind::Exhibit | SubjectKind::Case => Ok(()),
    };
    parsed.map_err(|e| Fault::field("subject", Words::from(e)))?;
    Ok(subject_key(kind, text))
}

fn not_a_key() -> Fault {
    let (en, zh) = ("is not a key id in 64 hex digits (0-9, a-f)", "不是 64 位十六进制密钥 id（0-9、a-f）");
    Fault::field("subject", Words::of(en, zh))
}

fn run(shown: evidence::RunProof) -> RunProof {
    let neighbour = |record: evidence::PlacedRecord| RunNeighbour {
        place: record.at,
        record: record.record.to_vec(),
        path: bytes(record.proof),
    };
    match shown {
        evidence::RunProof::Absent { left, right } => {
            RunProof { present: None, left: left.map(neighbour), right: right.map(neighbour) }
        }
        evidence::RunProof::Present { state, at, proof } => {
            let (head, path) = (state.head.to_vec(), bytes(proof));
            let state = RunState { head, count: state.count, last: state.last, place: at, path };
            RunProof { present: Some(state), left: None, right: None }
        }
    }
}

fn entry(ledger: &Ledger, key: &SubjectKey, index: u64) -> Result<SubjectEntry, Fault> {
    let leaf = ledger.entry(index)?.ok_or(Kind::NotFound)?.leaf.to_vec();
    let link = link_proof(&ledger.links(index)?, key)?.ok_or(Kind::NotFound)?;
    Ok(SubjectEntry {
        index,
        leaf,
        previous: link.previous.to_vec(),
        blind: link.blind.to_vec(),
        // At most 16,384 links an entry.
        place: link.at as u32,
        links: link.count,
        path: bytes(link.proof),
    })
}

fn bytes(path: Vec<Hash>) -> Vec<u8> {
    path.into_flattened()
}
