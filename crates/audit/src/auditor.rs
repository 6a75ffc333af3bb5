//! The checks that take turns.

use custody::{AdmitError, DigestError, Input, Limits, Outcome, RecordedEntry, SealError, View};
use merkle::{CompactRange, Hash, PublicKey, VerifierKey, leaf_hash};
use statement::{AccessDigest, Genesis, Leaf, LeafType, Seal, chain_hash};

use crate::{
    Defect, Fault, KnownKeys, Prepared,
    owed::Owed,
    prepare,
    prepare::{Content, SignedStatement},
};

/// Where an auditor stands, for another one to go on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Chain hash after the last entry checked.
    pub chain: Hash,
    /// The tree over the leaves checked.
    pub tree: CompactRange,
    /// Minutes, ascending, in which statements or seals were recorded and whose access digest is still to come;
    /// `None` before the first digest.
    pub undigested: Option<Vec<u64>>,
}

/// Checks entries in order.
#[derive(Clone, Debug)]
pub struct Auditor {
    chain: Hash,
    tree: CompactRange,
    recorded_at: u64,
    limits: Option<Limits>,
    log_key: Option<VerifierKey>,
    owed: Owed,
}

impl Default for Auditor {
    fn default() -> Self {
        Self {
            chain: [0; 32],
            tree: CompactRange::new(),
            recorded_at: 0,
            limits: None,
            log_key: None,
            owed: Owed::default(),
        }
    }
}

impl Auditor {
    /// Goes on where another one has come to: all entries up to `last` have been checked, of which `genesis` is
    /// the first. The caller vouches for that; that they lead up to the position is looked at here.
    ///
    /// # Errors
    /// Genesis or last entry are not those of the position.
    pub fn resume(position: Position, genesis: &RecordedEntry, last: &RecordedEntry) -> Result<Self, Defect> {
        let index = position.tree.size().saturating_sub(1);
        let at = |index| move |fault| Defect { index, fault };
        let mut this = Self::default();
        let first = Genesis::parse(&genesis.payload).map_err(|e| at(0)(Fault::Genesis(e.to_string())))?;
        this.begin(&first, &genesis.leaf).map_err(at(0))?;
        let leaf = Leaf::decode(&last.leaf).map_err(|_| at(index)(Fault::Leaf))?;
        if last.chain != position.chain {
            return Err(at(index)(Fault::Chain));
        }
        (this.chain, this.tree, this.recorded_at) = (position.chain, position.tree, leaf.recorded_at);
        this.owed = Owed::resume(position.undigested);
        Ok(this)
    }

    /// Number of entries checked.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// RFC 6962 root over the leaves checked.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Chain hash after the last entry checked.
    #[must_use]
    pub const fn chain(&self) -> &Hash {
        &self.chain
    }

    /// When the last entry checked was recorded, µs since the Unix epoch.
    #[must_use]
    pub const fn recorded_at(&self) -> u64 {
        self.recorded_at
    }

    /// The ledger's id, once entry 0 has been checked.
    #[must_use]
    pub fn ledger(&self) -> Option<&Hash> {
        self.limits.as_ref().map(|l| &l.ledger)
    }

    /// The log's key that entry 0 names, once that has been checked.
    #[must_use]
    pub const fn log_key(&self) -> Option<&VerifierKey> {
        self.log_key.as_ref()
    }

    /// Checks the next entry against the view made from those before it.
    ///
    /// # Errors
    /// The first [`Defect`]; the auditor must not be used after it.
    pub fn check<V: View + ?Sized>(&mut self, view: &V, entry: &RecordedEntry) -> Result<Outcome, Defect> {
        let keys = KnownKeys::default();
        let prepared = prepare(&keys, entry.clone());
        self.check_prepared(view, &keys, &prepared)
    }

    /// The same for an entry that was prepared with these keys.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_prepared<V: View + ?Sized>(
        &mut self,
        view: &V,
        keys: &KnownKeys,
        prepared: &Prepared,
    ) -> Result<Outcome, Defect> {
        let index = self.tree.size();
        self.entry(view, keys, prepared, index).map_err(|fault| Defect { index, fault })
    }

    /// Checks a checkpoint that the operator kept for `size`, when just the entries below `size` have been
    /// checked, or all that there are.
    ///
    /// # Errors
    /// The log's key has not signed it for this size and root, or more entries have been checked since; the
    /// defect names the last entry it covers.
    /// [`Fault::Missing`] with the first entry that is not there, where it speaks of more.
    pub fn checkpoint(&self, size: u64, note: &str) -> Result<(), Defect> {
        let (entries, index) = (self.size(), size.saturating_sub(1));
        let defect = |fault: String| Defect { index, fault: Fault::Checkpoint(fault) };
        let key = self.log_key.as_ref().ok_or_else(|| defect("there is no genesis".into()))?;
        let checkpoint = evidence::open_checkpoint(note, key).map_err(|e| defect(e.to_string()))?;
        if checkpoint.size() != size {
            return Err(defect(format!("it is for size {}, kept for {size}", checkpoint.size())));
        }
        if size > entries {
            return Err(Defect { index: entries, fault: Fault::Missing(size) });
        }
        if size < entries {
            // Its root can no longer be told; what cannot be checked does not pass.
            return Err(defect(format!("it came after entry {}, too late to be checked", entries - 1)));
        }
        if *checkpoint.root() != self.root() {
            return Err(defect("it was signed for another root".into()));
        }
        Ok(())
    }

    fn entry<V: View + ?Sized>(
        &mut self,
        view: &V,
        keys: &KnownKeys,
        prepared: &Prepared,
        index: u64,
    ) -> Result<Outcome, Fault> {
        let (entry, leaf) = (&prepared.entry, prepared.leaf.clone()?);
        if (leaf.leaf_type == LeafType::Genesis) != (index == 0) {
            return Err(Fault::Leaf);
        }
        if leaf.recorded_at < self.recorded_at {
            return Err(Fault::Time);
        }
        let chain = chain_hash(&self.chain, &entry.leaf);
        if chain != entry.chain {
            return Err(Fault::Chain);
        }
        let outcome = match prepared.content.as_ref().map_err(Clone::clone)? {
            Content::Genesis(genesis) => {
                self.begin(genesis, &entry.leaf)?;
                custody::apply_genesis(genesis, leaf.recorded_at)?
            }
            Content::Statement(statement) => self.statement(view, keys, statement, &leaf, index)?,
            Content::Seal(seal) => apply_seal(view, seal, entry, &leaf)?,
            Content::Digest(digest) => apply_digest(view, digest, entry, &leaf)?,
        };
        if outcome.leaf != leaf {
            return Err(Fault::Derivation);
        }
        self.owed.see(&leaf, &entry.payload).map_err(Fault::Undigested)?;
        self.chain = chain;
        self.recorded_at = leaf.recorded_at;
        self.tree.append(leaf_hash(&entry.leaf));
        Ok(outcome)
    }

    fn begin(&mut self, genesis: &Genesis, leaf: &[u8]) -> Result<(), Fault> {
        let log_key = genesis.message().log_key.parse::<VerifierKey>();
        self.log_key = Some(log_key.map_err(|e| Fault::Genesis(e.to_string()))?);
        self.limits = Some(Limits {
            ledger: leaf_hash(leaf),
            max_id_age: genesis.max_id_age(),
            max_ahead: genesis.max_ahead(),
        });
        Ok(())
    }

    fn statement<V: View + ?Sized>(
        &self,
        view: &V,
        keys: &KnownKeys,
        prepared: &SignedStatement,
        leaf: &Leaf,
        index: u64,
    ) -> Result<Outcome, Fault> {
        let limits = self.limits.as_ref().ok_or(Fault::Leaf)?;
        let signed = &prepared.signed;
        // A key that is known was enrolled in an earlier entry: else it would not be known.
        let verified = match prepared.verified {
            Some(verified) => verified,
            None => {
                let key = enrolled(view, &signed.key_id)?;
                keys.learn(&signed.key_id, key);
                prepared.verifies(&key)
            }
        };
        if !verified {
            return Err(Fault::Signature);
        }
        // Times of statements are far below i64::MAX µs.
        let now = i64::try_from(leaf.recorded_at).map_err(|_| Fault::Time)?;
        match custody::admit(view, signed, true, now, limits) {
            Ok(custody::Admission::New) => {}
            Ok(custody::Admission::Recorded(first)) => return Err(Fault::Twice(first)),
            Err(AdmitError::Refused(refusal)) => return Err(Fault::Inadmissible(refusal)),
            Err(AdmitError::View(e)) => return Err(Fault::View(e)),
        }
        let input = Input {
            index,
            recorded_at: leaf.recorded_at,
            envelope: &signed.envelope,
            statement: &signed.statement,
            own: &signed.own,
        };
        Ok(custody::apply(view, &input)?)
    }
}

/// The key with an id, if an entry before has enrolled it; whether it may sign now is for admission to say.
fn enrolled<V: View + ?Sized>(view: &V, id: &Hash) -> Result<PublicKey, Fault> {
    let key = custody::key(view, id)?.ok_or(Fault::UnknownKey)?;
    let public = <&[u8; 32]>::try_from(key.public_key.as_slice()).map_err(|_| Fault::UnknownKey)?;
    PublicKey::from_enrolled(public).map_err(|_| Fault::UnknownKey)
}

fn apply_seal<V: View + ?Sized>(
    view: &V,
    seal: &Seal,
    entry: &RecordedEntry,
    leaf: &Leaf,
) -> Result<Outcome, Fault> {
    custody::apply_seal(view, seal, &entry.payload, leaf.recorded_at).map_err(|e| match e {
        SealError::View(e) => Fault::View(e),
        e => Fault::Seal(e.to_string()),
    })
}

fn apply_digest<V: View + ?Sized>(
    view: &V,
    digest: &AccessDigest,
    entry: &RecordedEntry,
    leaf: &Leaf,
) -> Result<Outcome, Fault> {
    custody::apply_digest(view, digest, &entry.payload, leaf.recorded_at).map_err(|e| match e {
        DigestError::View(e) => Fault::View(e),
        e => Fault::Digest(e.to_string()),
    })
}
