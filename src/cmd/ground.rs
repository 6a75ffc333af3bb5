//! A new ledger of a made-up world: what demo, sandbox and benchmark begin with.

use std::path::{Path, PathBuf};

use anyhow::Result;
use merkle::{Hash, SignerKey};
use sim::{Plan, World};
use tempfile::TempDir;

use crate::keys;

/// A directory that was named, or one that goes when this does.
pub struct Place {
    path: PathBuf,
    _temporary: Option<TempDir>,
}

impl Place {
    /// The directory named, or a new temporary one.
    pub fn of(named: Option<&Path>) -> Result<Self> {
        if let Some(named) = named {
            return Ok(Self { path: named.to_path_buf(), _temporary: None });
        }
        let temporary = tempfile::tempdir()?;
        Ok(Self { path: temporary.path().to_path_buf(), _temporary: Some(temporary) })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The plan of a trade that ends now.
pub fn plan(seed: u64, statements: usize) -> Plan {
    Plan { seed, statements, end_at: jiff::Timestamp::now().as_microsecond() }
}

/// A ledger that has its first entry, and the world that will play on it.
pub struct Ground {
    pub world: World,
    pub ledger: Hash,
    /// Verifier key of checkpoints.
    pub log_key: String,
}

impl Ground {
    /// Makes keys and ledger in a directory that holds none.
    pub fn make(data: &Path, origin: &str, plan: Plan) -> Result<Self> {
        if data.join("log").exists() {
            return Err(keys::occupied(data));
        }
        let folder = keys::folder(data);
        keys::make_folder(&folder)?;
        let world = World::new(plan);
        let log = SignerKey::new(origin, client::generate_key()?)?;
        let answer = SignerKey::new(origin, client::generate_key()?)?;
        keys::write_log_key(&folder.join("log.key"), &log)?;
        keys::write_log_key(&folder.join("answer.key"), &answer)?;
        let log_key = log.verifier().to_string();
        let genesis = world.genesis(origin, &log_key, &answer.verifier().to_string());
        let ledger = ledger::Ledger::create(data, &genesis, u64::try_from(plan.end_at)?)?;
        Ok(Self { world, ledger, log_key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_place_goes_and_a_named_one_stays() {
        let named = tempfile::tempdir().unwrap();
        let place = Place::of(Some(named.path())).unwrap();
        assert_eq!(place.path(), named.path());
        drop(place);
        assert!(named.path().is_dir());
        let place = Place::of(None).unwrap();
        let path = place.path().to_path_buf();
        assert!(path.is_dir());
        drop(place);
        assert!(!path.exists());
    }

    #[test]
    fn a_ledger_is_made_once_in_a_directory() {
        let place = Place::of(None).unwrap();
        let plan = plan(1, 50);
        let ground = Ground::make(place.path(), "test.example/log", plan).unwrap();
        assert_eq!(
            ground.world.statements(ground.ledger).count(),
            World::new(plan).statements(ground.ledger).count()
        );
        assert!(Ground::make(place.path(), "test.example/log", plan).is_err());
    }
}
