//! What is taken, what is not, and how long it stays.

use super::*;

#[test]
fn what_comes_out_is_what_went_in_whatever_the_pieces() {
    let play = Play::new();
    let store = play.open();
    for length in [1, 2, 65_535, 65_536, 65_537, 131_072, 200_001] {
        for piece in [1, 1_000, 65_536, 1 << 20] {
            if length / piece > 10_000 {
                continue;
            }
            // A document of its own for each pair.
            let bytes = [&text(length)[..length - 1], &[b'a' + (piece % 26) as u8]].concat();
            assert!(!send(&store, document(&bytes), &bytes, piece).unwrap().known);
            assert!(get(&store, &bytes).unwrap() == bytes, "{length} by {piece}");
        }
    }
}

#[test]
fn nothing_of_a_document_is_on_disk_in_the_clear_at_any_time() {
    let play = Play::new();
    let store = play.open();
    let bytes = text(200_000);
    let Begun::Fresh(mut upload) = store.begin(document(&bytes), at(0)).unwrap() else { panic!() };
    let clear =
        |dir: &Path| [&b"secret paper"[..], &SALT[..8], b"text/plain"].iter().any(|part| on_disk(dir, part));
    for piece in bytes.chunks(50_000) {
        upload.write(piece).unwrap();
        assert!(!clear(play.temp.path()));
    }
    upload.finish(at(0)).unwrap();
    assert!(!clear(play.temp.path()));
    store.name(&document(&bytes).digest, MAKER).unwrap();
    assert!(!clear(play.temp.path()));
    assert!(on_disk(play.temp.path(), MAKER.as_bytes()), "whose it is may be seen, so the search works");
}

#[test]
fn what_is_not_as_announced_is_refused_and_leaves_nothing() {
    let play = Play::new();
    let store = play.with(Limits { max_bytes: 1_000, ..Limits::default() });
    let bytes = text(1_000);
    let good = || document(&bytes);
    let table: [(&str, NewDocument, &[u8], Refused); 8] = [
        ("empty", NewDocument { size: 0, ..good() }, b"", Refused::Empty),
        ("too large", NewDocument { size: 1_001, ..good() }, &bytes, Refused::TooLarge(1_000)),
        ("short", good(), &bytes[..999], Refused::WrongSize),
        ("long", NewDocument { size: 999, ..good() }, &bytes, Refused::WrongSize),
        ("other salt", NewDocument { salt: [8; 32], ..good() }, &bytes, Refused::WrongDigest),
        ("other digest", NewDocument { digest: [8; 32], ..good() }, &bytes, Refused::WrongDigest),
        ("other type", NewDocument { media_type: "text/html".into(), ..good() }, &bytes, Refused::MediaType),
        (
            "not a PDF",
            NewDocument { media_type: "application/pdf".into(), ..good() },
            &bytes,
            Refused::Contradiction("data without its signature"),
        ),
    ];
    for (name, what, bytes, reason) in table {
        assert_eq!(refused(send(&store, what, bytes, 100)), reason, "{name}");
        assert_eq!(store.waiting_bytes(), 0, "{name}");
        assert!(
            files_in(&play.dir().join("new")).is_empty() && files_in(&play.dir().join("waiting")).is_empty()
        );
    }
    assert!(put(&store, &bytes).is_ok());
}

#[test]
fn the_same_again_begins_its_day_anew_and_a_strangers_is_refused() {
    let play = Play::new();
    let store = play.open();
    let bytes = text(10);
    let first = put(&store, &bytes).unwrap();
    let Begun::Known(again) = store.begin(document(&bytes), at(60)).unwrap() else { panic!() };
    assert!(!first.known && again.known);
    assert_eq!(again.expires_at.unwrap() - first.expires_at.unwrap(), 60_000_000);
    let theirs = || NewDocument { owner: DEALER.into(), ..document(&bytes) };
    assert_eq!(refused(send(&store, theirs(), &bytes, 10)), Refused::Taken);
    store.name(&document(&bytes).digest, MAKER).unwrap();
    assert_eq!(put(&store, &bytes).unwrap(), Kept { known: true, expires_at: None });
    assert_eq!(refused(send(&store, theirs(), &bytes, 10)), Refused::Taken);
    // Whether somebody has a document is told to nobody who does not have it too.
    let guess = NewDocument { salt: [9; 32], ..theirs() };
    assert_eq!(refused(send(&store, guess, &bytes, 10)), Refused::WrongDigest);
}

#[test]
fn what_no_statement_names_goes_after_its_day_and_what_one_names_stays() {
    let play = Play::new();
    let store = play.open();
    let (named, waits) = (text(50), text(60));
    put(&store, &named).unwrap();
    put(&store, &waits).unwrap();
    assert!(store.name(&document(&named).digest, MAKER).unwrap());
    assert!(!store.name(&document(&waits).digest, DEALER).unwrap(), "a stranger's statement names nothing");
    drop(store);
    // Time is counted from the upload, over a restart.
    let store = play.open();
    let day = 24 * 3_600;
    assert_eq!(store.sweep(at(day), &BTreeSet::new()).unwrap(), 0);
    assert_eq!(state(&store, &waits), "waits");
    assert_eq!(store.sweep(at(day + 1), &BTreeSet::new()).unwrap(), 1);
    assert_eq!((state(&store, &waits).as_str(), state(&store, &named).as_str()), ("missing", "here"));
    assert_eq!(store.waiting_bytes(), 0);
    assert!(!put(&store, &waits).unwrap().known, "it may come again");
}

#[test]
fn what_waits_is_bounded_for_each_party_and_in_all() {
    const KIB: u64 = 1_024;
    let play = Play::new();
    let limits = Limits { waiting_per_party: 128 * KIB, waiting_in_all: 192 * KIB, ..Limits::default() };
    let store = play.with(limits.clone());
    let of = |owner: &str, n: usize| NewDocument { owner: owner.into(), ..document(&text(n)) };
    // Small ones count as 64 KiB each.
    send(&store, of(MAKER, 10), &text(10), 100).unwrap();
    let Begun::Fresh(running) = store.begin(of(MAKER, 20), at(0)).unwrap() else { panic!() };
    assert_eq!(refused(send(&store, of(MAKER, 30), &text(30), 100)), Refused::PartyFull);
    send(&store, of(DEALER, 40), &text(40), 100).unwrap();
    assert_eq!(refused(send(&store, of(DEALER, 50), &text(50), 100)), Refused::Full);
    drop(running);
    send(&store, of(MAKER, 30), &text(30), 100).unwrap();
    let before = store.waiting_bytes();
    drop(store);
    let store = play.with(limits);
    assert_eq!(store.waiting_bytes(), before, "counted again on opening");
    assert_eq!(refused(send(&store, of(MAKER, 60), &text(60), 100)), Refused::PartyFull);
    // What is named waits no more.
    store.name(&of(MAKER, 10).digest, MAKER).unwrap();
    send(&store, of(MAKER, 60), &text(60), 100).unwrap();
}
