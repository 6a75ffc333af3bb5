//! A new ledger's directory: whole, or none.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    StoreError,
    backup::{mark, remove},
    dir::{locked, make_private, require_empty, require_ledger, sync_dir},
};

/// Below the directory and not beside it: that may be a mount point.
const DRAFT: &str = "founding";
/// Says that the draft is ours, and its lock that somebody is at it.
const MARK: &str = "yuanliu-init";
/// In the draft before the first key is moved: the names of all.
const MOVING: &str = "moving";
const KEYS: &str = "keys";

/// Lets `make` make keys (in `keys`) and log of a ledger in a draft, which is put in place when it is whole: the keys
/// beside those that are there, the log last. After an error nothing of it is left; what one left that was killed
/// goes when the next begins.
///
/// # Errors
/// `dir` holds something else than keys and certificates, or a key of a name that `make` has given; the disk failed, or
/// `make` did.
pub fn found<T, E: From<StoreError>>(dir: &Path, make: impl FnOnce(&Path) -> Result<T, E>) -> Result<T, E> {
    let made = !dir.exists();
    let draft = dir.join(DRAFT);
    remove_leftover(&draft, dir)?;
    require_empty(dir)?;
    let ledger = draft.join("ledger");
    let build = || {
        make_private(&ledger)?;
        let _mark = mark(&draft, MARK)?;
        let told = make(&ledger)?;
        put_in_place(&draft, &ledger, dir)?;
        Ok(told)
    };
    build().inspect_err(|_: &E| {
        // What cannot be removed either goes when the next one begins.
        let _ = take_back(&draft, dir);
        if made {
            let _ = fs::remove_dir(dir);
        }
    })
}

fn remove_leftover(draft: &Path, dir: &Path) -> Result<(), StoreError> {
    let file = match File::open(draft.join(MARK)) {
        Ok(file) => file,
        // Killed before it could mark it: nothing but empty folders. Else it is not ours, and in the way.
        Err(_) => {
            let _ = fs::remove_dir(draft.join("ledger"));
            return fs::remove_dir(draft).or(Ok(()));
        }
    };
    match file.try_lock() {
        Ok(()) => take_back(draft, dir),
        Err(TryLockError::WouldBlock) => Err(locked(dir, file)),
        Err(TryLockError::Error(e)) => Err(StoreError::io(draft)(e)),
    }
}

/// Removes a draft, and the keys that came out of it for a log that never did.
fn take_back(draft: &Path, dir: &Path) -> Result<(), StoreError> {
    if require_ledger(dir).is_err() {
        let names = fs::read_to_string(draft.join(MOVING)).unwrap_or_default();
        let is_moved = |name: &&str| !draft.join("ledger").join(KEYS).join(name).exists();
        for name in names.lines().filter(is_moved) {
            let key = dir.join(KEYS).join(name);
            match fs::remove_file(&key) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(StoreError::io(&key)(e)),
                _ => {}
            }
        }
        // Where others lie in it, it stays.
        let _ = fs::remove_dir(dir.join(KEYS));
    }
    remove(draft)
}

fn put_in_place(draft: &Path, ledger: &Path, dir: &Path) -> Result<(), StoreError> {
    let (from, to) = (ledger.join(KEYS), dir.join(KEYS));
    let names = names(&from)?;
    if let Some(taken) = names.iter().map(|name| to.join(name)).find(|key| key.exists()) {
        return Err(StoreError::Taken(taken));
    }
    write_names(&draft.join(MOVING), &names)?;
    sync_dir(draft)?;
    make_private(&to)?;
    let moved = |from: PathBuf, to: PathBuf| fs::rename(&from, &to).map_err(StoreError::io(&to));
    names.iter().try_for_each(|name| moved(from.join(name), to.join(name)))?;
    sync_dir(&to)?;
    sync_dir(dir)?;
    moved(ledger.join("log"), dir.join("log"))?;
    sync_dir(dir)?;
    remove(draft)?;
    sync_dir(dir)
}

fn names(folder: &Path) -> Result<Vec<OsString>, StoreError> {
    let entries = fs::read_dir(folder).map_err(StoreError::io(folder))?;
    entries.map(|entry| Ok(entry.map_err(StoreError::io(folder))?.file_name())).collect()
}

fn write_names(file: &Path, names: &[OsString]) -> Result<(), StoreError> {
    let text: String = names.iter().map(|name| format!("{}\n", name.display())).collect();
    let write = || {
        let mut file = File::create_new(file)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(StoreError::io(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands for a ledger.
    fn make(ledger: &Path) -> Result<(), StoreError> {
        for name in [KEYS, "log"] {
            fs::create_dir_all(ledger.join(name)).unwrap();
        }
        fs::write(ledger.join("keys/log.key"), "k").unwrap();
        fs::write(ledger.join("keys/root-1.pem"), "r").unwrap();
        fs::write(ledger.join("log/CURRENT"), "c").unwrap();
        Ok(())
    }

    fn files(dir: &Path) -> Vec<String> {
        let mut all: Vec<String> = fs::read_dir(dir)
            .map(|entries| entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default();
        all.sort();
        all
    }

    #[test]
    fn a_ledger_is_founded_beside_the_keys_that_are_there() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("data");
        fs::create_dir_all(dir.join(KEYS)).unwrap();
        fs::write(dir.join("keys/own.pem"), "o").unwrap();
        found(&dir, make).unwrap();
        assert_eq!(files(&dir), ["keys", "log"]);
        assert_eq!(files(&dir.join(KEYS)), ["log.key", "own.pem", "root-1.pem"]);
        assert!(matches!(found(&dir, make), Err(StoreError::NotEmpty(_))));
    }

    #[test]
    fn one_that_fails_leaves_nothing_and_no_key_is_replaced() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("data");
        let fail = |ledger: &Path| {
            make(ledger)?;
            Err::<(), _>(StoreError::NoLedger(ledger.to_owned()))
        };
        assert!(found(&dir, fail).is_err() && !dir.exists());
        fs::create_dir_all(dir.join(KEYS)).unwrap();
        fs::write(dir.join("keys/root-1.pem"), "mine").unwrap();
        assert!(matches!(found(&dir, make), Err(StoreError::Taken(key)) if key.ends_with("root-1.pem")));
        assert_eq!((files(&dir), files(&dir.join(KEYS))), (vec!["keys".into()], vec!["root-1.pem".into()]));
        assert_eq!(fs::read_to_string(dir.join("keys/root-1.pem")).unwrap(), "mine");
    }

    #[test]
    fn what_a_killed_one_left_goes_and_nothing_else() {
        for moved in 0..4 {
            let temp = tempfile::tempdir().unwrap();
            let dir = temp.path().join("data");
            let (draft, ledger) = (dir.join(DRAFT), dir.join(DRAFT).join("ledger"));
            fs::create_dir_all(dir.join(KEYS)).unwrap();
            fs::write(dir.join("keys/own.pem"), "o").unwrap();
            // As far as it may have come.
            fs::create_dir_all(&ledger).unwrap();
            if moved > 0 {
                make(&ledger).unwrap();
                drop(mark(&draft, MARK).unwrap());
                write_names(&draft.join(MOVING), &names(&ledger.join(KEYS)).unwrap()).unwrap();
            }
            for name in ["log.key", "root-1.pem"].into_iter().take(moved.max(1) - 1) {
                fs::rename(ledger.join(KEYS).join(name), dir.join(KEYS).join(name)).unwrap();
            }
            found(&dir, make).unwrap();
            assert_eq!(files(&dir), ["keys", "log"], "{moved}");
            assert_eq!(files(&dir.join(KEYS)), ["log.key", "own.pem", "root-1.pem"], "{moved}");
        }
    }

    #[test]
    fn two_at_once_do_not_meet() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("data");
        found(&dir, |ledger| {
            assert!(found(&dir, make).is_err(), "the other is at it");
            make(ledger)
        })
        .unwrap();
        assert_eq!(files(&dir), ["keys", "log"]);
    }
}
