//! Fraud proofs: against a ledger that cheats they hold, against an honest one nothing does.

use evidence::{
    Fork, LinkProof,
    bundle::{Part, QueryKind, Source as _, verify},
    check_subject,
    fraud::{Contradiction, Fraud, LinkingEntry, verify_fraud},
};
use merkle::{Leaves, inclusion_proof};
use proto::v1::statement::Body;
use statement::{Link, Subject, SubjectKind};

use crate::{
    log::{Log, Say, log_key},
    story::{registers, ship, vial},
};

/// Ships vial 8 twice, and seals without knowing it the second time.
fn sealed(leave_out: bool) -> (Log, Vec<u64>) {
    let mut log = registers(9);
    let say = |bill: &str| Say {
        bill: bill.into(),
        ..Say::new("distributor", Body::Ship(ship(vec![vial(8)], "clinic", "")))
    };
    let one = log.say(&say("B-1"));
    log.seal_up(None);
    let two = log.say(&say("B-2"));
    log.seal_up(leave_out.then(|| item().key()));
    (log, vec![one, two])
}

fn item() -> Subject<'static> {
    Subject::new(SubjectKind::Item, vial(8))
}

fn linking(log: &Log, index: u64) -> LinkingEntry {
    let links = &log.links[index as usize];
    let at = links.iter().position(|l| l.subject == item().key()).unwrap();
    let hashes: Vec<_> = links.iter().map(Link::leaf_hash).collect();
    let proof = inclusion_proof(&Leaves(&hashes), at as u64, hashes.len() as u64).unwrap();
    let Link { previous, blind, .. } = links[at];
    let Ok(entry) = log.entry(index);
    let Ok(inclusion) = log.inclusion(index, log.size());
    let link = LinkProof { previous, blind, at: at as u64, count: links.len() as u32, proof };
    LinkingEntry { index, leaf: entry.leaf, inclusion, link }
}

fn contradiction(log: &Log, entries: &[u64]) -> Contradiction {
    let bundle = log.collect(QueryKind::Absent, &vial(77));
    let Ok(proof) = log.subject_proof(&item().key());
    Contradiction {
        checkpoint: log.note(log.size(), &[]),
        seal: bundle.seal,
        subject: item(),
        proof,
        entries: entries.iter().map(|index| linking(log, *index)).collect(),
    }
}

fn part(fraud: Contradiction) -> Option<Part> {
    let file = Fraud::Contradiction(Box::new(fraud)).encode().unwrap();
    verify_fraud(&file, log_key().verifier()).err().map(|e| e.part)
}

/// Files for verifiers in other languages.
pub fn golden() -> Vec<(&'static str, Vec<u8>)> {
    let ((cheat, shipped), (honest, _)) = (sealed(true), sealed(false));
    let of = |log: &Log, entries: &[u64]| {
        Fraud::Contradiction(Box::new(contradiction(log, entries))).encode().unwrap()
    };
    let size = cheat.size();
    let fork = |other: String| Fraud::Fork(Fork { one: cheat.note(size, &[]), other }).encode().unwrap();
    vec![
        ("fraud-contradiction", of(&cheat, &shipped)),
        ("fraud-fork", fork(honest.note(size, &[]))),
        ("bad-fraud-honest", of(&honest, &shipped)),
        ("bad-fraud-fork", fork(cheat.note(size, &["witness"]))),
    ]
}

#[test]
fn a_seal_that_leaves_an_entry_out_is_convicted_by_that_entry() {
    let (log, shipped) = sealed(true);
    // The bundle shows the history without its end, and is proven by the operator's word.
    let cut = verify(&log.export(QueryKind::Item, &vial(8)), &log.trust()).unwrap();
    assert_eq!(cut.answer().len(), 1);
    assert_eq!(part(contradiction(&log, &shipped[1..])), None, "a later entry than the last");
    assert_eq!(part(contradiction(&log, &shipped)), None, "more entries than are counted");
    assert_eq!(part(contradiction(&log, &shipped[..1])), Some(Part::Query), "the entry that it knows");
}

#[test]
fn a_false_absence_is_convicted() {
    let mut log = registers(9);
    let say = Say::new("distributor", Body::Ship(ship(vec![vial(8)], "clinic", "")));
    let index = log.say(&say);
    log.seal_up(Some(item().key()));
    assert!(verify(&log.export(QueryKind::Absent, &vial(8)), &log.trust()).is_ok(), "by the operator's word");
    let fraud = contradiction(&log, &[index]);
    assert_eq!(part(fraud.clone()), None);
    let verdict =
        verify_fraud(&Fraud::Contradiction(Box::new(fraud)).encode().unwrap(), log_key().verifier());
    assert_eq!(verdict.unwrap().json["entries"], serde_json::json!([index]));
}

#[test]
fn an_honest_ledger_cannot_be_convicted() {
    let (log, shipped) = sealed(false);
    for entries in [&shipped[..], &shipped[..1], &shipped[1..], &[]] {
        assert_eq!(part(contradiction(&log, entries)), Some(Part::Query));
    }
    let Ok(proof) = log.subject_proof(&item().key());
    let Ok(payload) = log.entry(log.seal).map(|e| e.payload.unwrap());
    assert!(check_subject(&statement::Seal::decode(&payload).unwrap(), &item().key(), &proof).is_ok());
    // The proof of another subject's absence, an entry that links another, one twice, one after the seal.
    let mut foreign = contradiction(&log, &shipped);
    let Ok(proof) = log.subject_proof(&Subject::new(SubjectKind::Item, vial(77)).key());
    foreign.proof = proof;
    assert_eq!(part(foreign), Some(Part::Subject));
    let mut renamed = contradiction(&log, &shipped);
    renamed.subject = Subject::new(SubjectKind::Item, vial(77));
    assert_eq!(part(renamed), Some(Part::Entry));
    assert_eq!(part(contradiction(&log, &[shipped[1], shipped[1]])), Some(Part::Entry));
    let mut early = contradiction(&log, &shipped);
    early.entries[0].link.previous[0] ^= 1;
    assert_eq!(part(early), Some(Part::Entry));
}

#[test]
fn a_fork_convicts_and_one_history_does_not() {
    let ((one, _), (other, _)) = (sealed(true), sealed(false));
    let file = |one: String, other: String| Fraud::Fork(Fork { one, other }).encode().unwrap();
    let size = one.size();
    let fork = file(one.note(size, &[]), other.note(size, &[]));
    let verdict = verify_fraud(&fork, log_key().verifier()).unwrap();
    assert_eq!(verdict.json["size"], size);
    let check = |file: Vec<u8>| verify_fraud(&file, log_key().verifier()).map_err(|e| e.part).err();
    assert_eq!(check(file(one.note(size, &[]), one.note(size, &["witness"]))), Some(Part::Query));
    assert_eq!(check(file(one.note(size, &[]), one.note(size - 1, &[]))), Some(Part::Query));
    assert_eq!(check([fork, b" ".to_vec()].concat()), Some(Part::Format));
}

#[test]
fn no_changed_byte_convicts() {
    let (log, shipped) = sealed(true);
    let honest = Fraud::Contradiction(Box::new(contradiction(&log, &shipped))).encode().unwrap();
    assert!(verify_fraud(&honest, log_key().verifier()).is_ok());
    for at in 0..honest.len() {
        let mut changed = honest.clone();
        changed[at] ^= 1 << (at % 7);
        assert!(verify_fraud(&changed, log_key().verifier()).is_err(), "byte {at}");
    }
}
