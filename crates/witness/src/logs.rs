//! The logs that a witness knows, by origin.

use std::collections::BTreeMap;

use merkle::{Hash, VerifierKey, sha256};

/// Most logs that one witness follows.
pub const MAX_LOGS: usize = 1_024;
/// Most keys of one log.
pub const MAX_KEYS: usize = 8;

/// Why a list of logs cannot be used. Correct the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogsError {
    /// There is nothing to witness.
    #[error("no log is named: give the verifier key of at least one (`--log VKEY`)")]
    None,
    /// More than [`MAX_LOGS`].
    #[error("more than {MAX_LOGS} logs are named")]
    TooMany,
    /// More than [`MAX_KEYS`] of one origin.
    #[error("the log {0} has more than {MAX_KEYS} keys")]
    TooManyKeys(String),
}

/// The logs to witness: of each origin, the keys that may sign for it.
#[derive(Clone, Debug)]
pub struct Logs {
    keys: BTreeMap<String, Vec<VerifierKey>>,
    ids: BTreeMap<Hash, String>,
}

impl Logs {
    /// Keys of the same name are keys of one log; a key named twice counts once.
    ///
    /// # Errors
    /// None, or too many.
    pub fn new(keys: impl IntoIterator<Item = VerifierKey>) -> Result<Self, LogsError> {
        let mut this = Self { keys: BTreeMap::new(), ids: BTreeMap::new() };
        for key in keys {
            let origin = key.name().to_owned();
            this.ids.insert(origin_id(&origin), origin.clone());
            if this.ids.len() > MAX_LOGS {
                return Err(LogsError::TooMany);
            }
            let of_log = this.keys.entry(origin).or_default();
            if of_log.contains(&key) {
                continue;
            }
            if of_log.len() == MAX_KEYS {
                return Err(LogsError::TooManyKeys(key.name().to_owned()));
            }
            of_log.push(key);
        }
        if this.keys.is_empty() {
            return Err(LogsError::None);
        }
        Ok(this)
    }

    /// Keys of a log; none = it is not known.
    #[must_use]
    pub fn keys(&self, origin: &str) -> Option<&[VerifierKey]> {
        self.keys.get(origin).map(Vec::as_slice)
    }

    /// All origins, ascending.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// The origin with this [`origin_id`].
    #[must_use]
    pub fn by_id(&self, id: &Hash) -> Option<&str> {
        self.ids.get(id).map(String::as_str)
    }
}

/// How a log is named in a path: SHA-256 of its origin.
#[must_use]
pub fn origin_id(origin: &str) -> Hash {
    sha256(&[origin.as_bytes()])
}

#[cfg(test)]
mod tests {
    use merkle::{SignerKey, SigningKey};

    use super::*;

    fn key(origin: &str, seed: u8) -> VerifierKey {
        SignerKey::new(origin, SigningKey::from_seed(&[seed; 32])).unwrap().verifier().clone()
    }

    #[test]
    fn keys_of_one_name_are_keys_of_one_log() {
        let logs = Logs::new([key("b", 1), key("a", 2), key("b", 3), key("b", 1)]).unwrap();
        assert_eq!(logs.origins().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(logs.keys("b"), Some([key("b", 1), key("b", 3)].as_slice()));
        assert_eq!((logs.keys("c"), logs.by_id(&origin_id("a"))), (None, Some("a")));
    }

    #[test]
    fn none_and_too_many_are_refused() {
        assert_eq!(Logs::new([]).unwrap_err(), LogsError::None);
        let many = (0..9).map(|seed| key("a", seed));
        assert_eq!(Logs::new(many).unwrap_err(), LogsError::TooManyKeys("a".into()));
        let public = *key("a", 1).public();
        let many = (0..=MAX_LOGS).map(|i| VerifierKey::new(&format!("log{i}"), public).unwrap());
        assert_eq!(Logs::new(many).unwrap_err(), LogsError::TooMany);
    }
}
