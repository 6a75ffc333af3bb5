use merkle::{EMPTY_ROOT, Leaves, inclusion_proof, leaf_hash, root_of};
use proptest::prelude::*;
use statement::{links_hash, secret};

use super::*;

/// A run in memory.
struct Run {
    start: u64,
    end: u64,
    records: Vec<(SubjectKey, SubjectState)>,
}

fn key(n: u8) -> SubjectKey {
    SubjectKey([n; 32])
}

impl Run {
    fn new(start: u64, end: u64, subjects: impl IntoIterator<Item = u8>) -> Self {
        let state = |n: u8| SubjectState {
            head: [n ^ 0x55; 32],
            count: 1,
            last: start + u64::from(n) % (end - start),
        };
        Self { start, end, records: subjects.into_iter().map(|n| (key(n), state(n))).collect() }
    }

    fn record(&self, at: usize) -> RunRecord {
        RunRecord::of(self.records[at].0, &self.records[at].1)
    }

    fn hashes(&self) -> Vec<Hash> {
        (0..self.records.len()).map(|at| self.record(at).leaf_hash()).collect()
    }

    fn named(&self) -> RunRef {
        let (start, end, subjects) = (self.start, self.end, self.records.len() as u64);
        RunRef { start, end, subjects, root: root_of(&self.hashes()) }
    }

    fn path(&self, at: usize) -> Vec<Hash> {
        inclusion_proof(&Leaves(&self.hashes()), at as u64, self.records.len() as u64).unwrap()
    }

    fn placed(&self, at: usize) -> PlacedRecord {
        PlacedRecord { at: at as u64, record: self.record(at).encode(), proof: self.path(at) }
    }

    fn prove(&self, subject: &SubjectKey) -> RunProof {
        match self.records.binary_search_by_key(&subject.0, |(key, _)| key.0) {
            Ok(at) => RunProof::Present { state: self.records[at].1, at: at as u64, proof: self.path(at) },
            Err(at) => RunProof::Absent {
                left: at.checked_sub(1).map(|left| self.placed(left)),
                right: (at < self.records.len()).then(|| self.placed(at)),
            },
        }
    }
}

fn runs() -> [Run; 3] {
    [Run::new(0, 100, [10, 20, 30, 40, 50]), Run::new(100, 120, []), Run::new(120, 200, [20, 60])]
}

fn seal() -> Seal {
    let runs = runs().iter().map(Run::named).collect();
    Seal { covered: 200, root: [1; 32], chain: [2; 32], previous: 0, runs }
}

fn proof(subject: &SubjectKey) -> SubjectProof {
    let mut proof = Vec::new();
    for run in runs().iter().rev() {
        proof.push(run.prove(subject));
        if matches!(proof.last(), Some(RunProof::Present { .. })) {
            break;
        }
    }
    proof
}

#[test]
fn the_newest_run_that_has_a_subject_says_its_state() {
    assert_eq!(runs()[1].named().root, EMPTY_ROOT);
    for (n, run) in [(20, 2), (60, 2), (10, 0), (50, 0)] {
        let found = check_subject(&seal(), &key(n), &proof(&key(n))).unwrap().unwrap();
        let run = &runs()[run];
        let at = run.records.iter().position(|(k, _)| *k == key(n)).unwrap();
        assert_eq!(found, run.records[at].1, "subject {n}");
    }
}

#[test]
fn a_subject_that_was_never_named_is_shown_to_be_absent_everywhere() {
    for n in [0, 5, 15, 25, 45, 55, 61, 255] {
        let proof = proof(&key(n));
        assert_eq!((check_subject(&seal(), &key(n), &proof), proof.len()), (Ok(None), 3), "subject {n}");
    }
}

/// What an operator would try who wants to hide a subject, or an entry of it.
#[test]
fn hiding_a_subject_takes_a_proof_that_does_not_hold() {
    let subject = key(20);
    let [old, empty, new] = runs();
    let honest = proof(&subject);
    // An older state: the newest run said to be without it.
    let neighbour = RunProof::Absent { left: None, right: Some(new.placed(1)) };
    let stale = vec![neighbour.clone(), empty.prove(&subject), old.prove(&subject)];
    assert_eq!(check_subject(&seal(), &subject, &stale), Err(SubjectError::Neighbours { run: 2 }));
    // Left out.
    let skipped = vec![empty.prove(&subject), old.prove(&subject)];
    assert!(check_subject(&seal(), &subject, &skipped).is_err());
    // Ended early.
    let absent = proof(&key(25));
    for end in 0..absent.len() {
        assert!(matches!(check_subject(&seal(), &key(25), &absent[..end]), Err(SubjectError::Runs { .. })));
    }
    // Neighbours that are none.
    for (left, right) in
        [(Some(0), Some(2)), (Some(1), None), (None, Some(2)), (None, None), (Some(2), Some(1))]
    {
        let apart =
            RunProof::Absent { left: left.map(|l| old.placed(l)), right: right.map(|r| old.placed(r)) };
        let shown = vec![new.prove(&key(25)), empty.prove(&key(25)), apart];
        let found = check_subject(&seal(), &key(25), &shown);
        assert_eq!(found, Err(SubjectError::Neighbours { run: 0 }), "{left:?} {right:?}");
    }
    // Runs after it was found.
    let long = [honest.as_slice(), &[empty.prove(&subject)]].concat();
    assert!(matches!(check_subject(&seal(), &subject, &long), Err(SubjectError::Runs { .. })));
}

#[test]
fn a_state_is_believed_only_as_the_run_has_it() {
    let subject = key(60);
    let RunProof::Present { state, at, proof } = proof(&subject).remove(0) else { panic!("it is there") };
    let spoilt: [fn(&mut SubjectState); 6] = [
        |s| s.head[0] ^= 1,
        |s| s.count += 1,
        |s| s.count = 0,
        |s| s.last += 1,
        |s| s.last = 119,
        |s| s.last = 200,
    ];
    for spoil in spoilt {
        let mut state = state;
        spoil(&mut state);
        let shown = [RunProof::Present { state, at, proof: proof.clone() }];
        assert!(check_subject(&seal(), &subject, &shown).is_err(), "{state:?}");
    }
    let moved = [RunProof::Present { state, at: 0, proof: proof.clone() }];
    assert!(check_subject(&seal(), &subject, &moved).is_err());
}

/// The chain of one subject over these entries, each of which names some others too.
fn chain(subject: SubjectKey, indices: &[u64]) -> (SubjectState, Vec<ChainedEntry>) {
    let mut state = SubjectState { head: [0; 32], count: 0, last: 0 };
    let mut entries = Vec::new();
    for &index in indices {
        let secret = secret(&index.to_be_bytes());
        let mut links: Vec<Link> = (0..5u8).map(|n| Link::new(&secret, key(n * 40 + 3), [n; 32])).collect();
        links.push(Link::new(&secret, subject, state.head));
        links.sort_by_key(|link| link.subject);
        let at = links.iter().position(|link| link.subject == subject).unwrap();
        let hashes: Vec<Hash> = links.iter().map(Link::leaf_hash).collect();
        let leaf = leaf_hash(&index.to_be_bytes());
        entries.push(ChainedEntry {
            index,
            leaf_hash: leaf,
            links: links_hash(&links),
            link: LinkProof {
                previous: state.head,
                blind: links[at].blind,
                at: at as u64,
                count: links.len() as u32,
                proof: inclusion_proof(&Leaves(&hashes), at as u64, hashes.len() as u64).unwrap(),
            },
        });
        state = SubjectState { head: links[at].head(index, &leaf), count: state.count + 1, last: index };
    }
    (state, entries)
}

#[test]
fn a_whole_chain_passes() {
    let (state, entries) = chain(key(77), &[3, 4, 90, 1_000]);
    assert_eq!(check_chain(&key(77), &state, &entries), Ok(()));
}

proptest! {
    /// Dropped from the beginning, the middle or the end, swapped, doubled, or taken from another subject: refused.
    #[test]
    fn no_other_list_of_entries_passes(
        indices in prop::collection::btree_set(0u64..10_000, 2..12), a: prop::sample::Index, b: prop::sample::Index,
    ) {
        let indices: Vec<u64> = indices.into_iter().collect();
        let (state, entries) = chain(key(77), &indices);
        let (a, b) = (a.index(entries.len()), b.index(entries.len()));
        let mut dropped = entries.clone();
        dropped.remove(a);
        prop_assert!(check_chain(&key(77), &state, &dropped).is_err());
        let mut doubled = entries.clone();
        doubled.insert(a, entries[a].clone());
        prop_assert!(check_chain(&key(77), &state, &doubled).is_err());
        if a != b {
            let mut swapped = entries.clone();
            swapped.swap(a, b);
            prop_assert!(check_chain(&key(77), &state, &swapped).is_err());
            let mut mixed = entries.clone();
            mixed[a].link = entries[b].link.clone();
            prop_assert!(check_chain(&key(77), &state, &mixed).is_err());
        }
        prop_assert!(check_chain(&key(78), &state, &entries).is_err());
        let (_, others) = chain(key(78), &indices);
        prop_assert!(check_chain(&key(77), &state, &others).is_err());
        let shorter = SubjectState { count: state.count - 1, ..state };
        prop_assert_eq!(check_chain(&key(77), &shorter, &entries), Err(ChainError::End));
    }
}
