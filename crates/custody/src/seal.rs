//! Seals in their place, and the links that entries have: what proofs of completeness are made of.

use merkle::Hash;
use statement::{
    Genesis, Leaf, LeafType, Link, Seal, SubjectKey, content_hash, genesis_subjects, links_hash,
    own_subjects, secret,
};

use crate::{
    Outcome, Put, RecordedEntry, Table, View, ViewError,
    control::recorded,
    tables::{damaged, decode_u64},
};

/// Key of the row that tells the newest seal, in table `Meta`: index u64 ‖ covered u64.
const NEWEST: &[u8] = b"seal";

/// The newest seal of a state of the view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Its index; 0 = there is none yet.
    pub index: u64,
    /// Its runs speak of the entries below this.
    pub covered: u64,
}

/// Why a seal may not stand in its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It names another seal as the one before.
    #[error("it names the seal at {named} as the one before it, which is at {found}")]
    Previous {
        /// Index that it names.
        named: u64,
        /// Index of the seal before it.
        found: u64,
    },
    /// It covers no more than the one before, or itself.
    #[error("it covers {covered} entries: it stands at {index}, and the seal before covers {before}")]
    Covered {
        /// What it covers.
        covered: u64,
        /// Its index.
        index: u64,
        /// What the seal before covers.
        before: u64,
    },
    /// The chain hash is another.
    #[error("its chain hash is not that of the entries it covers")]
    Chain,
    /// The view cannot be read.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// The newest seal below the view's size.
///
/// # Errors
/// The view cannot be read.
pub fn sealed<V: View + ?Sized>(view: &V) -> Result<Sealed, ViewError> {
    let Some(row) = view.get(Table::Meta, NEWEST)? else { return Ok(Sealed::default()) };
    match row.split_at_checked(8) {
        Some((index, covered)) => Ok(Sealed { index: decode_u64(index)?, covered: decode_u64(covered)? }),
        None => Err(damaged("seal")),
    }
}

/// Works out the entry of a seal that is to stand next. Its tree root and its runs are the caller's to check:
/// rows of the view do not tell them.
///
/// # Errors
/// It may not stand there.
pub fn apply_seal<V: View + ?Sized>(
    view: &V,
    seal: &Seal,
    payload: &[u8],
    recorded_at: u64,
) -> Result<Outcome, SealError> {
    let (before, index, covered) = (sealed(view)?, view.size(), seal.covered);
    if seal.previous != before.index {
        return Err(SealError::Previous { named: seal.previous, found: before.index });
    }
    if covered <= before.covered || covered > index {
        return Err(SealError::Covered { covered, index, before: before.covered });
    }
    if view.entry(covered - 1)?.is_none_or(|entry| entry.chain != seal.chain) {
        return Err(SealError::Chain);
    }
    let row = [index.to_be_bytes(), covered.to_be_bytes()].concat();
    Ok(Outcome {
        leaf: seal_leaf(payload, recorded_at),
        links: Vec::new(),
        states: Vec::new(),
        puts: vec![Put { table: Table::Meta, key: NEWEST.to_vec(), value: row }],
        signatures_missing: 0,
    })
}

/// The leaf of a seal.
fn seal_leaf(payload: &[u8], recorded_at: u64) -> Leaf {
    let (content, links) = (content_hash(payload), links_hash(&[]));
    Leaf { leaf_type: LeafType::Seal, recorded_at, content, links }
}

/// Keeps what the links of an entry cannot be told from its own bytes: the heads before it, and the subjects
/// that it names through other statements.
pub(crate) fn link_row(index: u64, links: &[Link], own: &[SubjectKey]) -> Put {
    let mut value = Vec::with_capacity(links.len() * 32);
    links.iter().for_each(|link| value.extend_from_slice(&link.previous));
    if links.len() > own.len() {
        let named = |link: &&Link| own.binary_search(&link.subject).is_err();
        links.iter().filter(named).for_each(|link| value.extend_from_slice(&link.subject.0));
    }
    Put { table: Table::Link, key: index.to_be_bytes().to_vec(), value }
}

/// Links of an entry, those through other statements counted twice: what its row tells by its length alone.
pub(crate) fn links_at_most<V: View + ?Sized>(view: &V, index: u64) -> Result<usize, ViewError> {
    let row = view.get(Table::Link, &index.to_be_bytes())?;
    Ok(row.map_or(0, |row| row.len() / size_of::<Hash>()))
}

/// The links of an entry, ascending by subject; none for a seal or a digest.
///
/// # Errors
/// The view cannot be read, or there is no such entry.
pub fn links_of<V: View + ?Sized>(view: &V, index: u64) -> Result<Vec<Link>, ViewError> {
    let entry = view.entry(index)?.ok_or_else(|| ViewError(format!("entry {index} is missing")))?;
    let leaf = Leaf::decode(&entry.leaf).map_err(|e| ViewError(format!("entry {index}: {e}")))?;
    let (secret, mut subjects) = match leaf.leaf_type {
        LeafType::Genesis => (secret(&entry.payload), genesis_keys(&entry)?),
        LeafType::Statement => (secret(&entry.envelope), own_keys(view, index)?),
        LeafType::Seal | LeafType::AccessDigest => return Ok(Vec::new()),
    };
    let row = view.get(Table::Link, &index.to_be_bytes())?.unwrap_or_default();
    let (rows, rest): (&[Hash], _) = row.as_chunks();
    let others = rows.len().checked_sub(subjects.len()).filter(|n| n.is_multiple_of(2) && rest.is_empty());
    let others = others.ok_or_else(|| damaged("link"))? / 2;
    let (heads, others) = rows.split_at(rows.len() - others);
    subjects.extend(others.iter().map(|key| SubjectKey(*key)));
    subjects.sort_unstable();
    Ok(subjects.iter().zip(heads).map(|(key, head)| Link::new(&secret, *key, *head)).collect())
}

fn own_keys<V: View + ?Sized>(view: &V, index: u64) -> Result<Vec<SubjectKey>, ViewError> {
    Ok(own_subjects(&recorded(view, index)?).into_iter().map(|named| named.key).collect())
}

fn genesis_keys(entry: &RecordedEntry) -> Result<Vec<SubjectKey>, ViewError> {
    let genesis = Genesis::parse(&entry.payload).map_err(|e| ViewError(format!("entry 0: {e}")))?;
    Ok(genesis_subjects(genesis.message()).into_iter().map(|named| named.key).collect())
}
