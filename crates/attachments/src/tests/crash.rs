//! Ends the process, as it were, before the n-th thing that is done to a file; what lies on disk then is
//! opened again.

use std::{cell::Cell, io};

use super::*;

thread_local! {
    /// Things that may still be done; `None` = any number.
    static LEFT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Called before anything is done to a file.
pub(crate) fn point() -> io::Result<()> {
    match LEFT.get() {
        None => Ok(()),
        Some(0) => Err(io::Error::other("the power is gone")),
        Some(n) => {
            LEFT.set(Some(n - 1));
            Ok(())
        }
    }
}

/// Runs `act` with power for `n` things; whether it was enough.
fn with_power_for<T, E>(n: u32, act: impl FnOnce() -> Result<T, E>) -> bool {
    LEFT.set(Some(n));
    let done = act().is_ok();
    LEFT.set(None);
    done
}

/// Repeats `act` on a directory that `prepare` made, with power for 0, 1, 2, … things until it is enough;
/// `check` sees each directory opened again, and whether the act was reported as done.
fn at_every_point(
    prepare: impl Fn(&Play),
    act: impl Fn(&Play) -> Result<(), Error>,
    check: impl Fn(&Play, Arc<Store>, bool),
) {
    for n in 0.. {
        let play = Play::new();
        prepare(&play);
        let done = with_power_for(n, || act(&play));
        check(&play, play.open(), done);
        if done {
            assert!(n > 2, "power has mattered");
            return;
        }
    }
}

fn store_error(error: UploadError) -> Error {
    match error {
        UploadError::Store(error) => error,
        UploadError::Refused(refused) => panic!("{refused}"),
    }
}

#[test]
fn an_upload_is_there_whole_or_not_at_all_and_can_be_repeated() {
    let bytes = text(150_000);
    at_every_point(
        |_| {},
        |play| put(&play.try_open()?, &bytes).map(drop).map_err(store_error),
        |play, store, done| {
            let before = state(&store, &bytes);
            assert!(before == "waits" || (before == "missing" && !done), "{before}");
            assert_eq!(files_in(&play.dir().join("new")), [] as [PathBuf; 0], "nothing lies about");
            let kept = put(&store, &bytes).unwrap();
            assert_eq!(kept.known, before == "waits");
            assert_eq!(get(&store, &bytes).unwrap(), bytes);
        },
    );
}

#[test]
fn naming_loses_nothing_and_can_be_repeated() {
    let bytes = text(100);
    let digest = attachment_digest(&SALT, &bytes);
    at_every_point(
        |play| assert!(put(&play.open(), &bytes).is_ok()),
        |play| play.try_open()?.name(&digest, MAKER).map(drop),
        |_, store, done| {
            let now = state(&store, &bytes);
            assert!(now == "here" || (now == "waits" && !done), "{now}");
            assert!(store.name(&digest, MAKER).unwrap());
            assert_eq!(state(&store, &bytes), "here");
            assert_eq!(get(&store, &bytes).unwrap(), bytes);
            assert_eq!(store.waiting_bytes(), 0);
        },
    );
}

#[test]
fn erasing_named_or_waiting_is_completed_by_repeating_it() {
    let bytes = text(100_000);
    let digest = attachment_digest(&SALT, &bytes);
    for named in [true, false] {
        at_every_point(
            |play| {
                let store = play.open();
                put(&store, &bytes).unwrap();
                if named {
                    store.name(&digest, MAKER).unwrap();
                }
            },
            |play| play.try_open()?.erase(&digest, MAKER, 5),
            |play, store, done| {
                // Whatever it was interrupted by, the log still says that it is erased.
                if done {
                    assert_eq!(state(&store, &bytes), "erased by 5");
                }
                store.erase(&digest, MAKER, 5).unwrap();
                assert_eq!(state(&store, &bytes), "erased by 5");
                assert_eq!(refused(put(&store, &bytes)), Refused::Erased(5));
                let left: u64 = files_in(&play.dir()).iter().map(|f| fs::metadata(f).unwrap().len()).sum();
                assert!(left < 2_000, "{left} bytes are left");
                assert_eq!(store.waiting_bytes(), 0);
            },
        );
    }
}

#[test]
fn what_was_half_dropped_is_not_taken_for_kept() {
    let bytes = text(100);
    let late = at(25 * 3_600);
    at_every_point(
        |play| assert!(put(&play.open(), &bytes).is_ok()),
        |play| play.try_open()?.sweep(late, &BTreeSet::new()).map(drop),
        |_, store, done| {
            let now = state(&store, &bytes);
            assert!(now == "missing" || (now == "waits" && !done), "{now}");
            put(&store, &bytes).unwrap();
            assert_eq!(get(&store, &bytes).unwrap(), bytes);
        },
    );
}

#[test]
fn keys_exchanged_half_way_open_everything() {
    let bytes = text(70_000);
    let digest = attachment_digest(&SALT, &bytes);
    at_every_point(
        |play| {
            let store = play.open();
            put(&store, &bytes).unwrap();
            store.name(&digest, MAKER).unwrap();
            put(&store, b"waits").unwrap();
        },
        |play| crate::rewrap(&play.dir(), &play.key()).map(drop),
        |play, store, _| {
            assert_eq!(get(&store, &bytes).unwrap(), bytes);
            assert_eq!(get(&store, b"waits").unwrap(), b"waits");
            drop(store);
            assert_eq!(crate::rewrap(&play.dir(), &play.key()).unwrap(), 2);
            assert_eq!(get(&play.open(), &bytes).unwrap(), bytes);
        },
    );
}

#[test]
fn a_cursor_is_the_old_one_or_the_new_one() {
    let [old, new] = [3, 9].map(|next| crate::Cursor { ledger: [1; 32], next });
    at_every_point(
        |play| play.open().keep_cursor(&old).unwrap(),
        |play| play.try_open()?.keep_cursor(&new),
        |_, store, done| {
            let kept = store.cursor().unwrap();
            assert!(kept == Some(new) || (kept == Some(old) && !done), "{kept:?}");
        },
    );
}
