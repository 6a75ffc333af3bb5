//! What the log says of documents and could not be done: a damaged file or entry stops nothing else.
//!
//! | what failed | until it is done |
//! | --- | --- |
//! | erasing a document | nobody gets it |
//! | naming one | it is not dropped for having waited too long |
//! | reading the entry | nobody gets a document of a party whose statement it may erase; nothing is dropped |
//!
//! It is tried again every minute, and after a restart: the cursor that is kept does not pass it.

use std::collections::{BTreeMap, BTreeSet};

use custody::{View, ViewError, tables};
use merkle::Hash;
use statement::{Kind, SubjectKind};

/// Entries that may be undone; with more the whole disk is at fault, and the follower stops.
pub(crate) const MOST: usize = 256;

/// An entry that could not be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Undone {
    /// It cannot be told what it says.
    pub(crate) unread: bool,
    /// What it erases, and is there.
    pub(crate) erased: BTreeSet<Hash>,
    /// What it names, and may wait.
    pub(crate) named: BTreeSet<Hash>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct UndoneEntries(BTreeMap<u64, Undone>);

impl UndoneEntries {
    /// Notes an entry; whether it is new, or `None` where there are too many.
    pub(crate) fn note(&mut self, entry: u64, undone: Undone) -> Option<bool> {
        if self.0.len() >= MOST && !self.0.contains_key(&entry) {
            return None;
        }
        Some(self.0.insert(entry, undone).is_none())
    }

    /// It is done now; whether it was not before.
    pub(crate) fn done(&mut self, entry: u64) -> bool {
        self.0.remove(&entry).is_some()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn first(&self) -> Option<u64> {
        self.0.keys().next().copied()
    }

    pub(crate) fn entries(&self) -> Vec<u64> {
        self.0.keys().copied().collect()
    }

    /// Documents that are not to be dropped; `None` = none is.
    pub(crate) fn kept(&self) -> Option<BTreeSet<Hash>> {
        if self.0.values().any(|u| u.unread) {
            return None;
        }
        Some(self.0.values().flat_map(|u| u.named.iter().copied()).collect())
    }

    /// Whether a document is to be withheld.
    pub(crate) fn withholds(&self, digest: &Hash) -> bool {
        self.0.values().any(|u| u.erased.contains(digest))
    }

    /// Entries of which nobody knows what they erase.
    pub(crate) fn unread(&self) -> Vec<u64> {
        self.0.iter().filter(|(_, u)| u.unread).map(|(entry, _)| *entry).collect()
    }
}

/// Whether one of these entries erases something of a statement that `signer` signed: an Erase touches all
/// subjects of the statement it names, and the view knows of what kind each touch is.
pub(crate) fn may_erase<V: View>(view: &V, signer: &str, entries: &[u64]) -> Result<bool, ViewError> {
    if entries.is_empty() {
        return Ok(false);
    }
    let Some(record) = tables::subject_by_text(view, SubjectKind::Activity, signer)? else {
        return Ok(false);
    };
    for &entry in entries {
        let mut erases = false;
        // The first touch not before the entry tells.
        tables::touches(view, record.number, entry, &mut |touch| {
            erases = touch.index == entry && touch.kind == Kind::Erase as u8;
            Ok(false)
        })?;
        if erases {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use custody::{Input, MemoryView, RecordedEntry, apply};
    use prost::Message as _;
    use proto::v1::{self, statement::Body};
    use statement::{Statement, own_subjects};

    use super::*;

    /// Records a statement without admission.
    fn say(view: &mut MemoryView, party: &str, body: Body) -> v1::StatementRef {
        let index = view.size();
        let id = [&[0; 6][..], &[0x70, 0, 0x80], &index.to_be_bytes()[1..]].concat();
        let header = v1::Header {
            ledger: vec![7; 32],
            id: id.clone(),
            salt: vec![8; 16],
            party: party.into(),
            occurred_at: 1_772_424_000_000_000,
            ..v1::Header::default()
        };
        let payload = v1::Statement { header: Some(header), body: Some(body) }.encode_to_vec();
        let statement = Statement::parse(payload.into()).unwrap();
        let (envelope, own) = (Bytes::from_static(b"envelope"), own_subjects(&statement));
        let input =
            Input { index, recorded_at: index, envelope: &envelope, statement: &statement, own: &own };
        let outcome = apply(view, &input).unwrap();
        let (leaf, payload) = (outcome.leaf.encode(), statement.payload().clone());
        view.record(RecordedEntry { leaf, chain: [0; 32], envelope, payload }, outcome.puts);
        v1::StatementRef { party: party.into(), id, digest: statement.digest().to_vec() }
    }

    #[test]
    fn an_entry_that_cannot_be_read_withholds_what_it_may_erase_and_nothing_else() {
        let mut view = MemoryView::default();
        let unpack = |n: u32| {
            Body::Unpack(v1::Unpack { parent: format!("sgtin:09521234543213.P{n}"), ..v1::Unpack::default() })
        };
        let papers = say(&mut view, "org:Maker", unpack(1));
        say(&mut view, "org:Dealer", unpack(2));
        let erase = v1::Erase { target: Some(papers), reason: "asked for".into(), ..v1::Erase::default() };
        say(&mut view, "org:Office", Body::Erase(erase));
        say(&mut view, "org:Maker", unpack(3));
        for (signer, entries, expect) in [
            ("org:Maker", &[2][..], true),
            ("org:Maker", &[1, 2], true),
            // Its own entry, and one that is no Erase.
            ("org:Maker", &[0, 1, 3], false),
            ("org:Dealer", &[2, 3], false),
            ("org:Nobody", &[2], false),
            ("org:Maker", &[], false),
        ] {
            assert_eq!(may_erase(&view, signer, entries).unwrap(), expect, "{signer} {entries:?}");
        }
    }

    fn erases(digest: u8) -> Undone {
        Undone { erased: BTreeSet::from([[digest; 32]]), ..Undone::default() }
    }

    #[test]
    fn what_could_not_be_erased_is_withheld_until_it_is() {
        let mut undone = UndoneEntries::default();
        assert_eq!(undone.note(7, erases(1)), Some(true));
        assert_eq!(undone.note(7, erases(1)), Some(false));
        assert!(undone.withholds(&[1; 32]) && !undone.withholds(&[2; 32]));
        assert!(undone.done(7) && !undone.done(7));
        assert!(!undone.withholds(&[1; 32]));
    }

    #[test]
    fn what_could_not_be_named_is_not_dropped_and_nothing_is_while_an_entry_is_unread() {
        let mut undone = UndoneEntries::default();
        let named = Undone { named: BTreeSet::from([[3; 32]]), ..Undone::default() };
        assert_eq!(undone.note(5, named), Some(true));
        assert_eq!(undone.kept(), Some(BTreeSet::from([[3; 32]])));
        assert_eq!(undone.note(9, Undone { unread: true, ..Undone::default() }), Some(true));
        assert_eq!((undone.kept(), undone.unread(), undone.first()), (None, vec![9], Some(5)));
    }

    #[test]
    fn they_are_bounded() {
        let mut undone = UndoneEntries::default();
        for entry in 0..MOST as u64 {
            assert!(undone.note(entry, erases(1)).is_some());
        }
        assert_eq!(undone.note(MOST as u64, erases(1)), None);
        assert_eq!(undone.note(0, erases(1)), Some(false), "one that is known may fail again");
    }
}
