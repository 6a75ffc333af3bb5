//! A ledger in memory: admission and application as the real one does them, without threads or disks.

use custody::{Admission, AdmitError, Input, Limits, MemoryView, RecordedEntry, admit, apply, apply_genesis};
use merkle::{Hash, SignerKey, SigningKey};
use proto::v1::SignedStatement;
use statement::{Envelope, Genesis, Statement, chain_hash, own_subjects};

use crate::World;

/// A verifier key.
pub(super) fn verifier(name: &str, seed: u8) -> String {
    SignerKey::new(name, SigningKey::from_seed(&[seed; 32])).unwrap().verifier().to_string()
}

/// What is recorded, and when: everything at one instant.
pub(super) struct Memory {
    pub(super) view: MemoryView,
    limits: Limits,
    chain: Hash,
    now: i64,
}

impl Memory {
    /// The ledger of a world, at the end of its plan.
    pub(super) fn of(world: &World) -> Self {
        let origin = "sim.example/trade";
        let genesis = world.genesis(origin, &verifier(origin, 1), &verifier("answers.example", 2));
        Self::begin(&genesis, world.plan().end_at)
    }

    /// A ledger that begins with this genesis.
    pub(super) fn begin(genesis: &[u8], now: i64) -> Self {
        let genesis = Genesis::parse(genesis).unwrap();
        let outcome = apply_genesis(&genesis, now.unsigned_abs()).unwrap();
        let leaf = outcome.leaf.encode();
        let limits = Limits {
            ledger: merkle::leaf_hash(&leaf),
            max_id_age: genesis.max_id_age(),
            max_ahead: genesis.max_ahead(),
        };
        let chain = chain_hash(&[0; 32], &leaf);
        let payload = genesis.payload().to_vec().into();
        let mut view = MemoryView::default();
        view.record(
            RecordedEntry { leaf, chain, envelope: prost::bytes::Bytes::new(), payload },
            outcome.puts,
        );
        Self { view, limits, chain, now }
    }

    pub(super) fn ledger(&self) -> Hash {
        self.limits.ledger
    }

    /// Lets time pass, µs.
    pub(super) fn wait(&mut self, span: i64) -> i64 {
        self.now += span;
        self.now
    }

    /// Records a statement; the number of signatures it still waits for.
    pub(super) fn submit(&mut self, signed: &SignedStatement) -> Result<u32, AdmitError> {
        let statement = Statement::parse(signed.payload.clone()).map_err(AdmitError::Refused)?;
        let envelope = Envelope {
            key_id: signed.key_id.as_slice().try_into().unwrap(),
            digest: *statement.digest(),
            signature: signed.signature.as_slice().try_into().unwrap(),
        };
        let envelope = prost::bytes::Bytes::copy_from_slice(&envelope.encode());
        let own = own_subjects(&statement);
        let key_id = signed.key_id.as_slice().try_into().unwrap();
        let signed = custody::Signed { statement, key_id, envelope, own };
        let admission = admit(&self.view, &signed, false, self.now, &self.limits)?;
        assert_eq!(admission, Admission::New);
        let index = custody::View::size(&self.view);
        let input = Input {
            index,
            recorded_at: self.now.unsigned_abs(),
            envelope: &signed.envelope,
            statement: &signed.statement,
            own: &signed.own,
        };
        let outcome = apply(&self.view, &input)?;
        let leaf = outcome.leaf.encode();
        self.chain = chain_hash(&self.chain, &leaf);
        let payload = signed.statement.payload().clone();
        let entry = RecordedEntry { leaf, chain: self.chain, envelope: signed.envelope.clone(), payload };
        self.view.record(entry, outcome.puts);
        Ok(outcome.signatures_missing)
    }
}
