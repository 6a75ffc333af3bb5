//! Files that are not as they were written.

use proptest::prelude::*;

use super::*;
use crate::format::{BLOCK, BODY, HEAD, SEGMENT, TAG};

const FIRST: usize = BODY as usize + HEAD + TAG;

/// A named document of three segments and the file it lies in.
fn three_segments(play: &Play) -> (Vec<u8>, PathBuf) {
    let store = play.open();
    let bytes = text(2 * SEGMENT + 1_000);
    put(&store, &bytes).unwrap();
    let digest = attachment_digest(&SALT, &bytes);
    store.name(&digest, MAKER).unwrap();
    (bytes, store.named(&digest))
}

/// Whether the file, changed like this, is refused rather than read.
fn is_refused(change: impl FnOnce(&mut Vec<u8>)) -> bool {
    let play = Play::new();
    let (bytes, path) = three_segments(&play);
    let mut file = fs::read(&path).unwrap();
    let before = file.clone();
    change(&mut file);
    assert_ne!(file, before, "changed at all");
    fs::write(&path, file).unwrap();
    let store = play.open();
    match store.find(&attachment_digest(&SALT, &bytes), MAKER) {
        Err(_) => true,
        // Another owner: to this one it is not there.
        Ok(Found::Missing | Found::Erased(_)) => false,
        Ok(Found::Present(mut blob)) => loop {
            match blob.next(&store) {
                Ok(Some(_)) => {}
                Ok(None) => return false,
                Err(_) => return true,
            }
        },
    }
}

#[test]
fn cut_extended_reordered_and_doubled_segments_are_refused() {
    let sealed = SEGMENT + TAG;
    assert!(is_refused(|f| f.truncate(f.len() - 1)), "cut");
    assert!(is_refused(|f| f.truncate(FIRST + 2 * sealed)), "last segment cut off");
    assert!(is_refused(|f| f.truncate(FIRST)), "all segments cut off");
    assert!(is_refused(|f| f.truncate(600)), "cut within a key slot");
    assert!(is_refused(|f| f.truncate(0)), "empty");
    assert!(is_refused(|f| f.push(0)), "extended");
    assert!(is_refused(|f| f[FIRST..FIRST + 2 * sealed].rotate_left(sealed)), "two segments exchanged");
    assert!(is_refused(|f| f.copy_within(FIRST..FIRST + sealed, FIRST + sealed)), "one segment twice");
}

#[test]
fn a_file_under_another_name_or_owner_is_refused() {
    let play = Play::new();
    let (bytes, path) = three_segments(&play);
    let (store, other) = (play.open(), text(5));
    put(&store, &other).unwrap();
    let target = store.waits_at(&attachment_digest(&SALT, &other));
    fs::copy(&path, target).unwrap();
    assert!(get(&store, &other).unwrap_err().to_string().contains("key slot"));
    let mut file = fs::read(&path).unwrap();
    let theirs = crate::format::Block::Blob { owner: DEALER.into() }.encode().unwrap();
    file[..BLOCK].copy_from_slice(&theirs);
    fs::write(&path, file).unwrap();
    let found = store.find(&attachment_digest(&SALT, &bytes), DEALER);
    assert!(found.unwrap_err().to_string().contains("key slot"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// The second key slot and what fills up the first hold nothing.
    #[test]
    fn any_altered_byte_that_means_something_is_noticed(
        place in prop_oneof![0..BLOCK, BLOCK..BLOCK + 60, BODY as usize..FIRST, FIRST..FIRST + 2 * SEGMENT + 1_000],
        mask in 1_u8..,
    ) {
        prop_assert!(is_refused(|f| f[place] ^= mask), "byte {place} ^ {mask}");
    }

    #[test]
    fn blocks_and_heads_of_any_bytes_are_read_without_panic(mut bytes in prop::collection::vec(any::<u8>(), BLOCK)) {
        use crate::format::{Block, Head};
        let _ = Head::decode(&bytes[..HEAD]);
        let block: [u8; BLOCK] = bytes.clone().try_into().unwrap();
        prop_assert_eq!(Block::decode(&block), None);
        // With a sum that fits.
        bytes[..8].copy_from_slice(b"YLATTCH\x01");
        let sum = merkle::sha256(&[&bytes[..BLOCK - 32]]);
        bytes[BLOCK - 32..].copy_from_slice(&sum);
        let block: [u8; BLOCK] = bytes.try_into().unwrap();
        let _ = Block::decode(&block);
    }
}

#[test]
fn strange_and_damaged_files_where_documents_wait_are_set_aside_and_all_others_stay() {
    let play = Play::new();
    let store = play.open();
    let (good, cut, altered) = (text(500), text(700), text(900));
    for bytes in [&good, &cut, &altered] {
        put(&store, bytes).unwrap();
    }
    let at = |bytes: &[u8]| store.waits_at(&attachment_digest(&SALT, bytes));
    fs::write(at(&cut), &fs::read(at(&cut)).unwrap()[..600]).unwrap();
    let mut file = fs::read(at(&altered)).unwrap();
    file[20] ^= 1;
    fs::write(at(&altered), file).unwrap();
    drop(store);
    fs::write(play.dir().join("waiting/notes.txt"), "x").unwrap();
    fs::create_dir(play.dir().join("waiting").join("aa".repeat(32))).unwrap();
    let store = play.open();
    assert_eq!(get(&store, &good).unwrap(), good);
    assert_eq!((state(&store, &cut).as_str(), state(&store, &altered).as_str()), ("missing", "missing"));
    assert_eq!((store.set_aside_files().unwrap().len(), store.waiting_count()), (4, 1));
    // What was set aside is erased as well, and a backup does not take it along.
    let digest = attachment_digest(&SALT, &altered);
    store.erase(&digest, DEALER, 4).unwrap();
    assert_eq!(store.set_aside_files().unwrap().len(), 4, "a stranger destroys nothing");
    store.erase(&digest, MAKER, 5).unwrap();
    assert_eq!(store.set_aside_files().unwrap().len(), 3);
    drop(store);
    assert_eq!(crate::copy(&play.dir(), &play.temp.path().join("copy")).unwrap(), 2, "one, and a tombstone");
}

/// A named document whose first block is altered.
fn altered(play: &Play) -> (Arc<Store>, Vec<u8>, PathBuf) {
    let (bytes, path) = three_segments(play);
    let mut file = fs::read(&path).unwrap();
    file[30] ^= 1;
    fs::write(&path, file).unwrap();
    (play.open(), bytes, path)
}

#[test]
fn a_damaged_document_is_erased_by_its_owner_and_by_nobody_else() {
    let play = Play::new();
    let (store, bytes, path) = altered(&play);
    let digest = attachment_digest(&SALT, &bytes);
    assert!(matches!(store.erase(&digest, DEALER, 3), Err(Error::Damaged { .. })), "whose it is, is open");
    assert!(fs::metadata(&path).unwrap().len() > 512);
    store.erase(&digest, MAKER, 7).unwrap();
    assert_eq!((state(&store, &bytes).as_str(), fs::metadata(&path).unwrap().len()), ("erased by 7", 512));
}

#[test]
fn an_erasure_of_a_damaged_document_that_was_interrupted_is_completed() {
    let play = Play::new();
    let (store, bytes, path) = altered(&play);
    crate::store::shred(&path).unwrap();
    store.erase(&attachment_digest(&SALT, &bytes), MAKER, 7).unwrap();
    assert_eq!(state(&store, &bytes), "erased by 7");
}

#[test]
fn what_cannot_be_dropped_holds_nothing_else_up() {
    let play = Play::new();
    let store = play.with(Limits { keep: Duration::from_secs(10), ..Limits::default() });
    let (first, second, kept) = (text(100), text(200), text(300));
    for bytes in [&first, &second, &kept] {
        put(&store, bytes).unwrap();
    }
    let mut both = [&first, &second].map(|b| attachment_digest(&SALT, b));
    both.sort();
    // The first in order cannot be written any more: a folder stands in its place.
    let stuck = store.waits_at(&both[0]);
    fs::remove_file(&stuck).unwrap();
    fs::create_dir(&stuck).unwrap();
    let spare = BTreeSet::from([attachment_digest(&SALT, &kept)]);
    assert!(store.sweep(at(100), &spare).is_err());
    assert_eq!(store.waiting_count(), 2, "the other one is gone, and what was to be kept is there");
    assert_eq!(get(&store, &kept).unwrap(), kept);
}

#[test]
fn an_altered_cursor_is_no_cursor() {
    let play = Play::new();
    let store = play.open();
    let cursor = crate::Cursor { ledger: [4; 32], next: 77 };
    assert_eq!(store.cursor().unwrap(), None);
    store.keep_cursor(&cursor).unwrap();
    assert_eq!(store.cursor().unwrap(), Some(cursor));
    let path = play.dir().join("cursor");
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, bad).unwrap();
        assert_eq!(store.cursor().unwrap(), None, "byte {at}");
    }
    fs::write(&path, &good[..71]).unwrap();
    assert_eq!(store.cursor().unwrap(), None);
}
