//! Erasing, and who cannot.

use super::*;

fn named(store: &Arc<Store>, bytes: &[u8]) -> Hash {
    put(store, bytes).unwrap();
    let digest = attachment_digest(&SALT, bytes);
    assert!(store.name(&digest, MAKER).unwrap());
    digest
}

#[test]
fn nothing_but_a_tombstone_is_left() {
    let play = Play::new();
    let store = play.open();
    let bytes = text(100_000);
    let digest = named(&store, &bytes);
    store.erase(&digest, MAKER, 12).unwrap();
    assert_eq!(state(&store, &bytes), "erased by 12");
    assert_eq!(refused(put(&store, &bytes)), Refused::Erased(12));
    assert!(!store.name(&digest, MAKER).unwrap());
    store.erase(&digest, MAKER, 99).unwrap();
    assert_eq!(state(&store, &bytes), "erased by 12", "the first one counts");
    drop(store);
    assert_eq!(state(&play.open(), &bytes), "erased by 12");
    let documents: Vec<_> =
        files_in(&play.dir()).into_iter().filter(|f| f.metadata().unwrap().len() > 512).collect();
    assert!(documents.is_empty(), "{documents:?}");
}

#[test]
fn a_file_that_was_kept_open_or_linked_cannot_be_read_any_more() {
    let play = Play::new();
    let store = play.open();
    let bytes = text(1_000);
    let digest = named(&store, &bytes);
    let path = store.named(&digest);
    let link = play.temp.path().join("link");
    fs::hard_link(&path, &link).unwrap();
    store.erase(&digest, MAKER, 12).unwrap();
    fs::remove_file(&path).unwrap();
    fs::rename(&link, &path).unwrap();
    let error = store.find(&digest, MAKER).unwrap_err();
    assert!(error.to_string().contains("no key slot opens"), "{error}");
}

#[test]
fn a_strangers_statement_erases_and_blocks_nothing() {
    let play = Play::new();
    let store = play.open();
    let bytes = text(100);
    let digest = attachment_digest(&SALT, &bytes);
    // Before it is uploaded, while it waits, once it is named.
    store.erase(&digest, DEALER, 3).unwrap();
    assert!(!put(&store, &bytes).unwrap().known);
    store.erase(&digest, DEALER, 4).unwrap();
    assert_eq!(state(&store, &bytes), "waits");
    assert!(store.name(&digest, MAKER).unwrap());
    store.erase(&digest, DEALER, 5).unwrap();
    assert_eq!(get(&store, &bytes).unwrap(), bytes);
    // And theirs does not undo the owner's.
    store.erase(&digest, MAKER, 6).unwrap();
    store.erase(&digest, DEALER, 7).unwrap();
    assert_eq!(state(&store, &bytes), "erased by 6");
    assert_eq!(refused(put(&store, &bytes)), Refused::Erased(6));
}

#[test]
fn what_is_erased_before_it_came_is_not_taken() {
    let play = Play::new();
    let store = play.open();
    let bytes = text(100);
    let digest = attachment_digest(&SALT, &bytes);
    let Begun::Fresh(mut upload) = store.begin(document(&bytes), at(0)).unwrap() else { panic!() };
    upload.write(&bytes).unwrap();
    store.erase(&digest, MAKER, 8).unwrap();
    assert_eq!(refused(upload.finish(at(0))), Refused::Erased(8));
    assert_eq!(store.waiting_bytes(), 0);
}

#[test]
fn whoever_is_reading_gets_no_further() {
    let play = Play::new();
    let store = play.open();
    let (bytes, other) = (text(200_000), text(150_000));
    let digest = named(&store, &bytes);
    let other_digest = attachment_digest(&SALT, &other);
    put(&store, &other).unwrap();
    let open = |digest| {
        let Found::Present(mut blob) = store.find(digest, MAKER).unwrap() else { panic!() };
        assert!(blob.next(&store).unwrap().is_some());
        blob
    };
    let (mut reading, mut elsewhere) = (open(&digest), open(&other_digest));
    // The other one moves meanwhile, and is not erased.
    store.name(&other_digest, MAKER).unwrap();
    store.erase(&digest, MAKER, 9).unwrap();
    assert!(matches!(reading.next(&store), Err(Error::Gone)));
    assert!(elsewhere.next(&store).unwrap().is_some());
}

#[test]
fn an_erasure_is_repeated_on_a_copy_made_before_it() {
    let play = Play::new();
    let store = play.open();
    let (gone, stays) = (text(100), text(200));
    let digest = named(&store, &gone);
    named(&store, &stays);
    store.keep_cursor(&crate::Cursor { ledger: [1; 32], next: 7 }).unwrap();
    let (backup, restored) = (play.temp.path().join("backup"), play.temp.path().join("restored"));
    assert!(matches!(crate::copy(&play.dir(), &backup), Err(Error::InUse(_))));
    drop(store);
    assert_eq!(crate::copy(&play.dir(), &backup).unwrap(), 2);
    assert!(matches!(crate::copy(&play.dir(), &backup), Err(Error::Exists(_))));
    play.open().erase(&digest, MAKER, 9).unwrap();
    assert_eq!(crate::copy(&backup, &restored).unwrap(), 2);
    let store = Arc::new(Store::open(&restored, &play.key(), Limits::default()).unwrap());
    assert_eq!(store.cursor().unwrap(), None, "the log is followed from its beginning");
    store.erase(&digest, MAKER, 9).unwrap();
    assert_eq!((state(&store, &gone).as_str(), get(&store, &stays).unwrap()), ("erased by 9", stays));
    assert_eq!(crate::copy(Path::new("/nowhere/attachments"), &restored).unwrap(), 0);
}
