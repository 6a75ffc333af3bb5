//! Evidence bundles: one file that answers a question about the ledger and is checked offline (docs/FORMAT.md §9).
//!
//! A bundle shows entries with their payloads and envelopes, that they are under a signed checkpoint, and, against
//! one seal, that the entries shown of a subject are all of them, or that there are none. Which subjects it must
//! show follows from what it shows (its *closure*): [`collect`] and [`verify`] work that out with one function, so
//! that nothing can be left out of it.
//!
//! The file is a DSSE envelope over JSON. Both have one accepted byte form: what is decoded and encoded again must
//! be the same bytes.

mod closure;
mod collect;
mod defect;
mod file;
mod keys;
pub(crate) mod read;
mod shown;
mod stamps;
mod verdict;
mod verify;
pub(crate) mod wire;

use merkle::Hash;
use statement::{ENVELOPE_LEN, LEAF_LEN, Subject, SubjectKind};

pub use collect::{CollectError, Request, Source, SourceEntry, StampedNote, collect};
pub use defect::{Defect, Part};
pub use file::{open_unchecked, seal_with, sign, to_be_signed};
pub use stamps::{Authorities, ShownStamped, Stamp, Stamps};
pub(crate) use verdict::instant;
pub use verdict::{Act, EntryFact, GoodsFact, KeyFact, SubjectFact, Verdict, Voucher, Warning};
pub(crate) use verify::check_seal;
pub use verify::{Trust, Witness, verify};

use crate::SubjectProof;

/// Payload type of the envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.yuanliu.evidence.v1+json";
/// Most bytes of a file.
pub const MAX_FILE: usize = 32 << 20;
/// Most entries in a bundle.
pub const MAX_ENTRIES: usize = 16_384;
/// Most subjects in a bundle.
pub const MAX_SUBJECTS: usize = 4_096;
/// Most links in a bundle, over all subjects.
pub const MAX_BUNDLE_LINKS: usize = 131_072;
/// Most hashes in all proofs together, each counted as often as it is used.
pub const MAX_HASHES: usize = 1 << 21;
/// Most RFC 3161 tokens, and bytes of each.
pub const MAX_TOKENS: (usize, usize) = (16, 65_536);
/// Most bytes of a purpose or case.
pub const MAX_REASON: usize = 512;
/// Largest number in a bundle, 2^53 − 1: what every JSON library reads exactly.
pub const MAX_NUMBER: u64 = (1 << 53) - 1;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QueryKind {
    /// The history of a unit, a container or a bag.
    Item,
    /// That of a lot.
    Lot,
    /// What the registers say of a party, and what it signed or was named in.
    Party,
    /// Statements under the number of a document.
    Document,
    /// That an entry is in the log and was signed by who was entitled to.
    Entry,
    /// That an item, document or party was never named.
    Absent,
}

impl QueryKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Item, Self::Lot, Self::Party, Self::Document, Self::Entry, Self::Absent];

    /// Its name in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Lot => "lot",
            Self::Party => "party",
            Self::Document => "document",
            Self::Entry => "entry",
            Self::Absent => "absent",
        }
    }
}

/// The question a bundle answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// What is asked.
    pub kind: QueryKind,
    /// Of whom or what, as a canonical text; an entry by its index in decimal.
    pub text: String,
    /// As of how many entries, 1 to the seal's `covered`: later ones are shown, for chains are whole, but are no
    /// part of the answer.
    pub as_of: u64,
}

impl Query {
    /// The subjects that are asked for; `None` where the text is not the canonical one of its kind.
    #[must_use]
    pub fn roots(&self) -> Option<Vec<Subject<'static>>> {
        let text = self.text.as_str();
        let one = |kind| vec![Subject::new(kind, text.to_owned())];
        let party = || [one(SubjectKind::Activity), one(SubjectKind::Party)].concat();
        // What is done with a bag is said of the exhibit, whatever is inside.
        let item = || match text.starts_with("bag:") {
            true => [one(SubjectKind::Exhibit), one(SubjectKind::Item)].concat(),
            false => one(SubjectKind::Item),
        };
        let is_item = || gs1::ItemRef::parse(text).is_ok();
        let is_party = || gs1::PartyRef::parse(text).is_ok();
        let is_document = || gs1::DocumentRef::parse(text).is_ok();
        if !statement::is_nfc(text) {
            return None;
        }
        match self.kind {
            QueryKind::Item => (is_item() && !text.starts_with("lot:")).then(item),
            QueryKind::Lot => (is_item() && text.starts_with("lot:")).then(|| one(SubjectKind::Item)),
            QueryKind::Party => is_party().then(party),
            QueryKind::Document => is_document().then(|| one(SubjectKind::Document)),
            QueryKind::Entry => self.entry().map(|_| Vec::new()),
            QueryKind::Absent if is_item() => Some(item()),
            QueryKind::Absent if is_document() => Some(one(SubjectKind::Document)),
            QueryKind::Absent => is_party().then(party),
        }
    }

    /// How many entries a seal must cover to answer it; 0 = whichever it covers.
    #[must_use]
    pub fn needs(&self) -> u64 {
        self.entry().map_or(0, |entry| entry + 1).max(self.as_of)
    }

    /// The index of the entry asked for.
    #[must_use]
    pub fn entry(&self) -> Option<u64> {
        let index: u64 = self.text.parse().ok().filter(|_| self.kind == QueryKind::Entry)?;
        (index <= MAX_NUMBER && index.to_string() == self.text).then_some(index)
    }
}

/// How far the closure goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Over every entry shown: containers, inputs, aliases, lots, documents, keys of signers and their enrollers.
    Whole,
    /// The subjects asked for, and keys of signers and their enrollers; nothing else is claimed to be whole.
    Named,
}

/// Who took the bundle out of the ledger, and why: the exporter's word, under the exporter's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extraction {
    /// The party.
    pub party: String,
    /// Its key, which signs the file.
    pub key: Hash,
    /// When, µs since the Unix epoch, by the exporter's clock.
    pub at: u64,
    /// What for.
    pub purpose: String,
    /// In which case; at least one of the two is not empty.
    pub case: String,
}

/// What is shown of an entry besides its leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The genesis.
    Genesis {
        /// Its payload.
        payload: Vec<u8>,
    },
    /// A statement.
    Statement {
        /// Its envelope.
        envelope: [u8; ENVELOPE_LEN],
        /// Its payload.
        payload: Vec<u8>,
    },
    /// A statement that the exporter may not show.
    Withheld,
}

/// An entry in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownEntry {
    /// Its index.
    pub index: u64,
    /// Its public bytes.
    pub leaf: [u8; LEAF_LEN],
    /// What it says.
    pub content: Content,
    /// Proof that it is under the checkpoint.
    pub inclusion: Vec<Hash>,
}

/// The seal of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownSeal {
    /// Its index.
    pub index: u64,
    /// Its public bytes.
    pub leaf: [u8; LEAF_LEN],
    /// Its payload.
    pub payload: Vec<u8>,
    /// Proof that it is under the checkpoint.
    pub inclusion: Vec<Hash>,
    /// Proof that the tree of the entries it covers is the beginning of the checkpoint's.
    pub consistency: Vec<Hash>,
}

/// Where an entry shown links a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownLink {
    /// The entry.
    pub entry: u64,
    /// Place among its links.
    pub at: u64,
    /// Number of its links.
    pub count: u32,
    /// `H(0x18 ‖ secret ‖ S)` where the entry is withheld; else it is computed.
    pub blind: Option<Hash>,
    /// Inclusion proof under the root over the links.
    pub proof: Vec<Hash>,
}

/// A subject with all entries that name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownSubject {
    /// The subject.
    pub subject: Subject<'static>,
    /// What the seal says of it.
    pub proof: SubjectProof,
    /// Its links, ascending by entry; none where it was never named.
    pub links: Vec<ShownLink>,
}

/// An evidence bundle, without the exporter's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Ledger id.
    pub ledger: Hash,
    /// The question.
    pub query: Query,
    /// How far the closure goes.
    pub extent: Extent,
    /// Who took it out.
    pub extraction: Extraction,
    /// Signed note with cosignatures.
    pub checkpoint: String,
    /// RFC 3161 tokens, over the text of `stamped`, or of `checkpoint` where that is `None`.
    pub tokens: Vec<Vec<u8>>,
    /// An earlier checkpoint that the tokens are over.
    pub stamped: Option<ShownStamped>,
    /// The seal that everything is shown against.
    pub seal: ShownSeal,
    /// Entries, ascending by index; the genesis first.
    pub entries: Vec<ShownEntry>,
    /// Subjects, ascending by name of kind and text.
    pub subjects: Vec<ShownSubject>,
}

impl Bundle {
    /// Entries whose content is not shown.
    #[must_use]
    pub fn withheld(&self) -> u64 {
        self.entries.iter().filter(|e| e.content == Content::Withheld).count() as u64
    }

    /// Hashes in all proofs, each counted as often as it is used.
    #[must_use]
    pub fn hashes(&self) -> usize {
        wire::proofs(self).map(Vec::len).sum()
    }

    /// The JSON that is signed.
    ///
    /// # Errors
    /// A number, list or text is beyond what a bundle holds.
    pub fn encode(&self) -> Result<Vec<u8>, Defect> {
        wire::encode(self)
    }

    /// Reads it back.
    ///
    /// # Errors
    /// It is not the one byte form of a bundle, or too large.
    pub fn decode(json: &[u8]) -> Result<Self, Defect> {
        wire::decode(json)
    }
}

/// The order of subjects in a bundle.
pub(crate) fn order<'s>(subject: &'s Subject<'_>) -> (&'static str, &'s str) {
    (subject.kind.as_str(), &subject.text)
}
