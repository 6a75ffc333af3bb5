//! Public keys kept ready for checking signatures.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use custody::{View, ViewError};
use merkle::{Hash, PublicKey};

/// Key id → public key. A key id names one key for ever, so nothing in here goes stale; whether the key
/// may still sign is not asked here. Full, it is emptied: filling it again costs one read a key.
#[derive(Debug)]
pub(crate) struct KeyCache {
    keys: RwLock<HashMap<Hash, PublicKey>>,
    limit: usize,
}

impl KeyCache {
    pub(crate) fn new(limit: usize) -> Self {
        Self { keys: RwLock::default(), limit }
    }

    /// The key, from memory or from the view; `None` if it is not enrolled there.
    pub(crate) fn find<V: View>(
        &self,
        id: &Hash,
        view: impl FnOnce() -> Result<V, ViewError>,
    ) -> Result<Option<PublicKey>, ViewError> {
        if let Some(key) = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Ok(Some(*key));
        }
        let Some(row) = custody::key(&view()?, id)? else { return Ok(None) };
        let key =
            row.public_key.as_slice().try_into().ok().and_then(|bytes| PublicKey::from_enrolled(bytes).ok());
        let key = key.ok_or_else(|| ViewError("an enrolled key is not a point on the curve".into()))?;
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= self.limit {
            keys.clear();
        }
        keys.insert(*id, key);
        Ok(Some(key))
    }
}
