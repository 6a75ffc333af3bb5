#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn seal() -> Seal {
    let run = |start, end, subjects| RunRef { start, end, subjects, root: [subjects as u8; 32] };
    Seal {
        covered: 900,
        root: [1; 32],
        chain: [2; 32],
        previous: 600,
        runs: vec![run(0, 512, 70), run(512, 900, 3)],
    }
}

#[test]
fn a_seal_reads_back_as_it_was_written() {
    let bytes = seal().encode().unwrap();
    assert_eq!((bytes.len(), bytes[0], bytes[81]), (82 + 2 * 56, 1, 2));
    assert_eq!(Seal::decode(&bytes), Ok(seal()));
    for cut in 0..bytes.len() {
        assert_eq!(Seal::decode(&bytes[..cut]), Err(FormatError("seal")), "cut to {cut}");
    }
    assert_eq!(Seal::decode(&[bytes.as_slice(), &[0]].concat()), Err(FormatError("seal")));
    let mut other = bytes;
    other[0] = 2;
    assert_eq!(Seal::decode(&other), Err(FormatError("seal")));
}

#[test]
fn ranges_join_from_zero_to_what_is_covered() {
    type Spoil = fn(&mut Seal);
    let spoilt: [(&str, Spoil); 10] = [
        ("a gap", |s| s.runs[1].start = 513),
        ("an overlap", |s| s.runs[1].start = 511),
        ("not from zero", |s| s.runs[0].start = 1),
        ("an empty range", |s| (s.runs[0].end, s.runs[1].start) = (0, 0)),
        ("short of covered", |s| s.covered = 901),
        ("beyond covered", |s| s.covered = 899),
        ("no runs", |s| s.runs.clear()),
        ("a later previous seal", |s| s.previous = 900),
        ("a root without subjects", |s| s.runs[1].subjects = 0),
        ("subjects without a root", |s| s.runs[1].root = EMPTY_ROOT),
    ];
    for (what, spoil) in spoilt {
        let mut seal = seal();
        spoil(&mut seal);
        assert_eq!(seal.encode(), Err(FormatError("seal")), "{what}");
    }
    let many = |n: u64| {
        let run = |i| RunRef { start: i, end: i + 1, subjects: 1, root: [1; 32] };
        Seal { covered: n, previous: 0, runs: (0..n).map(run).collect(), ..seal() }
    };
    assert!(many(64).encode().is_ok());
    assert!(many(65).encode().is_err());
}

#[test]
fn a_record_commits_to_subject_head_count_and_last() {
    let state = SubjectState { head: [4; 32], count: 5, last: 6 };
    let expected = [[0x17u8].as_slice(), &[4; 32], &5u64.to_be_bytes(), &6u64.to_be_bytes()].concat();
    assert_eq!(state.hash(), sha256(&[&expected]));
    let record = RunRecord::of(SubjectKey([3; 32]), &state);
    assert_eq!(record.encode(), *[[3; 32], state.hash()].as_flattened());
    assert_eq!(RunRecord::decode(&record.encode()), record);
    assert_eq!(record.leaf_hash(), leaf_hash(&record.encode()));
}
