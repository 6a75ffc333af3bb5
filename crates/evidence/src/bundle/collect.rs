//! Putting a bundle together from a log.

use std::{collections::BTreeMap, error::Error};

use merkle::{Checkpoint, CheckpointError, Hash, Leaves, Note, inclusion_proof};
use prost::bytes::Bytes;
use statement::{Envelope, LEAF_LEN, Link, Seal, Statement, Subject, SubjectKey};

use super::{
    Bundle, Content, Extent, Extraction, MAX_BUNDLE_LINKS, MAX_ENTRIES, MAX_FILE, MAX_HASHES, MAX_SUBJECTS,
    MAX_TOKENS, Query, QueryKind, ShownEntry, ShownLink, ShownSeal, ShownStamped, ShownSubject,
    closure::{Follows, Graph, Seeds, members},
    order,
};
use crate::{SubjectError, SubjectProof, check_subject};

/// An entry as a log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceEntry {
    /// Its public bytes.
    pub leaf: [u8; LEAF_LEN],
    /// Its envelope; empty for the genesis and for seals.
    pub envelope: Bytes,
    /// Its payload; `None` where the exporter may not show it.
    pub payload: Option<Bytes>,
}

/// A checkpoint that time-stamping authorities have stamped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampedNote {
    /// Signed note.
    pub note: String,
    /// RFC 3161 tokens over its text.
    pub tokens: Tokens,
}

type Tokens = Vec<Vec<u8>>;

/// A log that bundles are taken from: one state of it, with one seal and one checkpoint chosen.
///
/// Nothing it answers is believed by whoever checks the bundle, so a faulty source makes a bundle that is refused.
/// Every method reads; none is asked for an entry at or above the checkpoint's size.
pub trait Source {
    /// Why it cannot be read.
    type Error: Error;

    /// Checkpoint with its cosignatures; its size is above the seal's index.
    ///
    /// # Errors
    /// The log cannot be read.
    fn checkpoint(&self) -> Result<String, Self::Error>;

    /// A checkpoint that was stamped, and its RFC 3161 tokens: of those not above the checkpoint chosen the smallest of
    /// `size` entries or more, else the largest; `None` where there is none.
    ///
    /// # Errors
    /// The log cannot be read.
    fn stamped(&self, size: u64) -> Result<Option<StampedNote>, Self::Error>;

    /// Index of the seal chosen.
    ///
    /// # Errors
    /// The log cannot be read.
    fn seal(&self) -> Result<u64, Self::Error>;

    /// An entry.
    ///
    /// # Errors
    /// The log cannot be read.
    fn entry(&self, index: u64) -> Result<SourceEntry, Self::Error>;

    /// Inclusion proof of an entry in the tree of `size` entries.
    ///
    /// # Errors
    /// The log cannot be read.
    fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, Self::Error>;

    /// Consistency proof between trees of `old` and `new` entries.
    ///
    /// # Errors
    /// The log cannot be read.
    fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, Self::Error>;

    /// All links of an entry, ascending by subject.
    ///
    /// # Errors
    /// The log cannot be read.
    fn links(&self, index: u64) -> Result<Vec<Link>, Self::Error>;

    /// The first `limit` entries below `below` that name a subject, ascending.
    ///
    /// # Errors
    /// The log cannot be read.
    fn subject_entries(
        &self,
        subject: &SubjectKey,
        below: u64,
        limit: usize,
    ) -> Result<Vec<u64>, Self::Error>;

    /// What the seal chosen says of a subject.
    ///
    /// # Errors
    /// The log cannot be read.
    fn subject_proof(&self, subject: &SubjectKey) -> Result<SubjectProof, Self::Error>;
}

/// What is to be collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The question. `as_of` 0 stands for all that the seal covers.
    pub query: Query,
    /// Who asks, and what for.
    pub extraction: Extraction,
    /// How far to follow. A whole closure that is too large for a bundle falls back to the named one, and the
    /// bundle says so.
    pub extent: Extent,
}

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum CollectError<E: Error> {
    /// The log cannot be read.
    #[error(transparent)]
    Source(E),
    /// The question's text is not canonical: write it as docs/FORMAT.md says.
    #[error("the text asked for is not the canonical one of its kind")]
    Query,
    /// Wait for the next seal, or ask as of an earlier size.
    #[error("the newest seal covers {covered} entries; the question needs more: wait for the next seal")]
    NotSealed {
        /// What it covers.
        covered: u64,
    },
    /// Ask for less: a single item or document instead of a party or lot.
    #[error("what is asked for has more entries than a bundle holds")]
    TooLarge,
    /// The log contradicts itself. Stop and run the audit.
    #[error("entry {index}: {fault}")]
    Damaged {
        /// Where.
        index: u64,
        /// What.
        fault: &'static str,
    },
    /// The seal's runs contradict it. Stop and run the audit.
    #[error("subject proof: {0}")]
    Subject(#[from] SubjectError),
    /// The checkpoint is none.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// Collects the bundle that answers a question. It is not signed yet: see [`sign`](super::sign).
///
/// # Errors
/// See [`CollectError`].
pub fn collect<S: Source>(source: &S, request: &Request) -> Result<Bundle, CollectError<S::Error>> {
    // An entry by itself has no other closure.
    let named = request.extent == Extent::Named || request.query.kind == QueryKind::Entry;
    match assemble(source, request, if named { Extent::Named } else { Extent::Whole }) {
        Err(CollectError::TooLarge) if !named => assemble(source, request, Extent::Named),
        bundle => bundle,
    }
}

fn assemble<S: Source>(
    source: &S,
    request: &Request,
    extent: Extent,
) -> Result<Bundle, CollectError<S::Error>> {
    let checkpoint = source.checkpoint().map_err(CollectError::Source)?;
    let note = Note::parse(checkpoint.as_bytes()).map_err(CheckpointError::from)?;
    let size = Checkpoint::parse(note.text())?.size();
    let (seal, shown) = read_seal(source, size)?;
    let query = settle(&request.query, &seal)?;
    let roots = query.roots().ok_or(CollectError::Query)?;
    let seeds = Seeds { roots, entry: query.entry(), exporter: request.extraction.key };
    let mut gathered = Gathered::new(source, &seal);
    members(&mut gathered, &seeds, extent)?;
    let genesis = merkle::leaf_hash(&gathered.fetch(0)?.leaf);
    let (tokens, stamped) = read_stamps(source, (&note, size), gathered.answered(&query))?;
    let bundle = Bundle {
        ledger: genesis,
        query,
        extent,
        extraction: request.extraction.clone(),
        checkpoint,
        tokens,
        stamped,
        seal: shown,
        subjects: gathered.subjects()?,
        entries: gathered.entries(size)?,
    };
    // Base64 takes four bytes for three.
    let fits = bundle.encode().is_ok_and(|json| json.len() <= MAX_FILE / 4 * 3 - 1_024);
    if fits && bundle.hashes() <= MAX_HASHES { Ok(bundle) } else { Err(CollectError::TooLarge) }
}

fn read_seal<S: Source>(source: &S, size: u64) -> Result<(Seal, ShownSeal), CollectError<S::Error>> {
    let index = source.seal().map_err(CollectError::Source)?;
    let entry = source.entry(index).map_err(CollectError::Source)?;
    let payload = entry.payload.unwrap_or_default().to_vec();
    let seal = Seal::decode(&payload).map_err(|_| CollectError::Damaged { index, fault: "is no seal" })?;
    let inclusion = source.inclusion(index, size).map_err(CollectError::Source)?;
    let consistency = source.consistency(seal.covered, size).map_err(CollectError::Source)?;
    Ok((seal, ShownSeal { index, leaf: entry.leaf, payload, inclusion, consistency }))
}

/// The tokens, and the earlier checkpoint that they are over, if they are not over this one. Of a checkpoint with all
/// entries of the answer the earliest stamp says most: since when nobody can have made it up.
fn read_stamps<S: Source>(
    source: &S,
    (note, size): (&Note, u64),
    answered: u64,
) -> Result<(Tokens, Option<ShownStamped>), CollectError<S::Error>> {
    let Some(StampedNote { note: checkpoint, mut tokens }) =
        source.stamped(answered).map_err(CollectError::Source)?
    else {
        return Ok((Vec::new(), None));
    };
    tokens.truncate(MAX_TOKENS.0);
    let stamped = Note::parse(checkpoint.as_bytes()).map_err(CheckpointError::from)?;
    if stamped.text() == note.text() {
        return Ok((tokens, None));
    }
    let old = Checkpoint::parse(stamped.text())?.size();
    if old >= size {
        return Err(CollectError::Damaged { index: old, fault: "a stamped checkpoint is not the log's" });
    }
    let consistency = source.consistency(old, size).map_err(CollectError::Source)?;
    Ok((tokens, Some(ShownStamped { checkpoint, consistency })))
}

/// The question with its point in time.
fn settle<E: Error>(query: &Query, seal: &Seal) -> Result<Query, CollectError<E>> {
    let mut query = query.clone();
    if query.as_of == 0 {
        query.as_of = seal.covered;
    }
    if query.as_of > seal.covered || query.entry().is_some_and(|entry| entry >= seal.covered) {
        return Err(CollectError::NotSealed { covered: seal.covered });
    }
    Ok(query)
}

/// Most bytes of payloads that are gathered: half of what fits, in base64 twice.
const MAX_GATHERED: usize = MAX_FILE / 2;

/// What has been read so far.
struct Gathered<'s, S> {
    source: &'s S,
    seal: &'s Seal,
    subjects: BTreeMap<Subject<'static>, (SubjectProof, Vec<u64>)>,
    entries: BTreeMap<u64, SourceEntry>,
    links: usize,
    bytes: usize,
}

impl<'s, S: Source> Gathered<'s, S> {
    const fn new(source: &'s S, seal: &'s Seal) -> Self {
        Self { source, seal, subjects: BTreeMap::new(), entries: BTreeMap::new(), links: 0, bytes: 0 }
    }

    /// How many entries a log must have for the answer to be in it.
    fn answered(&self, query: &Query) -> u64 {
        let roots = query.roots().unwrap_or_default();
        let of_roots = roots.iter().filter_map(|root| self.subjects.get(root)).flat_map(|(_, chain)| chain);
        let last = of_roots.copied().chain(query.entry()).filter(|index| *index < query.as_of).max();
        // That something is absent shows only once everything asked about is there.
        last.map_or(query.as_of, |last| last + 1)
    }

    fn fetch(&mut self, index: u64) -> Result<&SourceEntry, CollectError<S::Error>> {
        if !self.entries.contains_key(&index) {
            let entry = self.source.entry(index).map_err(CollectError::Source)?;
            self.bytes += entry.payload.as_ref().map_or(0, Bytes::len);
            if self.entries.len() >= MAX_ENTRIES || self.bytes > MAX_GATHERED {
                return Err(CollectError::TooLarge);
            }
            self.entries.insert(index, entry);
        }
        self.entries.get(&index).ok_or(CollectError::Damaged { index, fault: "cannot be read" })
    }

    /// The subjects with their links, entry by entry: the links of one are in memory at a time.
    fn subjects(&self) -> Result<Vec<ShownSubject>, CollectError<S::Error>> {
        let mut shown: Vec<ShownSubject> = self
            .subjects
            .iter()
            .map(|(subject, (proof, _))| ShownSubject {
                subject: subject.clone(),
                proof: proof.clone(),
                links: Vec::new(),
            })
            .collect();
        let mut wanted: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (at, (_, chain)) in self.subjects.values().enumerate() {
            chain.iter().for_each(|index| wanted.entry(*index).or_default().push(at));
        }
        for (index, subjects) in wanted {
            let links = self.source.links(index).map_err(CollectError::Source)?;
            let hashes: Vec<Hash> = links.iter().map(Link::leaf_hash).collect();
            for at in subjects {
                if let Some(subject) = shown.get_mut(at) {
                    subject.links.push(self.link(index, &subject.subject.key(), &links, &hashes)?);
                }
            }
        }
        shown.sort_by(|a, b| order(&a.subject).cmp(&order(&b.subject)));
        Ok(shown)
    }

    fn link(
        &self,
        index: u64,
        key: &SubjectKey,
        links: &[Link],
        hashes: &[Hash],
    ) -> Result<ShownLink, CollectError<S::Error>> {
        let damaged =
            || CollectError::Damaged { index, fault: "does not link a subject whose chain names it" };
        let at = links.binary_search_by_key(key, |l| l.subject).map_err(|_| damaged())?;
        let withheld = self.entries.get(&index).is_some_and(|e| e.payload.is_none());
        let proof =
            inclusion_proof(&Leaves(hashes), at as u64, hashes.len() as u64).map_err(|_| damaged())?;
        Ok(ShownLink {
            entry: index,
            at: at as u64,
            count: u32::try_from(links.len()).map_err(|_| damaged())?,
            blind: links.get(at).filter(|_| withheld).map(|l| l.blind),
            proof,
        })
    }

    fn entries(&self, size: u64) -> Result<Vec<ShownEntry>, CollectError<S::Error>> {
        let show = |(index, entry): (&u64, &SourceEntry)| {
            let inclusion = self.source.inclusion(*index, size).map_err(CollectError::Source)?;
            let content = match &entry.payload {
                None => Content::Withheld,
                Some(payload) if *index == 0 => Content::Genesis { payload: payload.to_vec() },
                Some(payload) => {
                    let envelope = entry.envelope.as_ref().try_into();
                    let damaged = |_| CollectError::Damaged { index: *index, fault: "has no envelope" };
                    Content::Statement { envelope: envelope.map_err(damaged)?, payload: payload.to_vec() }
                }
            };
            Ok(ShownEntry { index: *index, leaf: entry.leaf, content, inclusion })
        };
        self.entries.iter().map(show).collect()
    }
}

impl<S: Source> Graph for Gathered<'_, S> {
    type Error = CollectError<S::Error>;

    fn chain(&mut self, subject: &Subject<'static>) -> Result<Vec<u64>, Self::Error> {
        if self.subjects.len() >= MAX_SUBJECTS {
            return Err(CollectError::TooLarge);
        }
        let key = subject.key();
        let proof = self.source.subject_proof(&key).map_err(CollectError::Source)?;
        let count = check_subject(self.seal, &key, &proof)?.map_or(0, |state| state.count);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.links = self.links.saturating_add(count);
        if count > MAX_ENTRIES || self.links > MAX_BUNDLE_LINKS {
            return Err(CollectError::TooLarge);
        }
        let chain = match count {
            0 => Vec::new(),
            _ => self.source.subject_entries(&key, self.seal.covered, count).map_err(CollectError::Source)?,
        };
        self.subjects.insert(subject.clone(), (proof, chain.clone()));
        Ok(chain)
    }

    fn follows(&mut self, index: u64) -> Result<Follows, Self::Error> {
        let entry = self.fetch(index)?;
        let Some(payload) = entry.payload.clone().filter(|_| index != 0) else {
            return Ok(Follows::default());
        };
        let damaged = |fault| CollectError::Damaged { index, fault };
        let envelope = Envelope::decode(&entry.envelope).map_err(|_| damaged("has a malformed envelope"))?;
        let statement = Statement::recorded(payload).map_err(|_| damaged("has a malformed payload"))?;
        Ok(Follows::of(&statement, &envelope))
    }
}
