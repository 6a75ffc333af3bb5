//! Subjects (docs/FORMAT.md §5): whatever has a history of its own.

use std::{borrow::Cow, fmt};

use merkle::{Hash, sha256};

/// Kinds of subject, with their place in the preimage of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// A traced thing or a lot.
    Item,
    /// Declaration, waybill, bill, certificate.
    Document,
    /// A key: enrolment and revocation.
    Key,
    /// Registry facts of a party.
    Party,
    /// What a party signed or was counterparty to.
    Activity,
    /// Registry facts of a site.
    Site,
    /// A product.
    Product,
    /// Seized goods.
    Exhibit,
    /// A case.
    Case,
}

impl SubjectKind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Item,
        Self::Document,
        Self::Key,
        Self::Party,
        Self::Activity,
        Self::Site,
        Self::Product,
        Self::Exhibit,
        Self::Case,
    ];

    /// Its name in the preimage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Document => "document",
            Self::Key => "key",
            Self::Party => "party",
            Self::Activity => "activity",
            Self::Site => "site",
            Self::Product => "product",
            Self::Exhibit => "exhibit",
            Self::Case => "case",
        }
    }

    /// Its number in stored records.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind of a [`code`](Self::code).
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

/// `S = H("yuanliu/subject/v1" ‖ 0x00 ‖ kind ‖ 0x00 ‖ canonical text)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectKey(pub Hash);

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(6).try_for_each(|b| write!(f, "{b:02x}"))?;
        f.write_str("…")
    }
}

/// A subject by kind and canonical text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject<'a> {
    /// What it is.
    pub kind: SubjectKind,
    /// Canonical text; for keys the hex key id.
    pub text: Cow<'a, str>,
}

impl<'a> Subject<'a> {
    /// A subject whose text is known to be canonical.
    #[must_use]
    pub fn new(kind: SubjectKind, text: impl Into<Cow<'a, str>>) -> Self {
        Self { kind, text: text.into() }
    }

    /// The subject of a key.
    #[must_use]
    pub fn of_key(id: &Hash) -> Self {
        Self::new(SubjectKind::Key, hex_text(id))
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> SubjectKey {
        subject_key(self.kind, &self.text)
    }

    /// The same with a text of its own.
    #[must_use]
    pub fn into_owned(self) -> Subject<'static> {
        Subject { kind: self.kind, text: Cow::Owned(self.text.into_owned()) }
    }
}

/// `S` of a kind and canonical text.
#[must_use]
pub fn subject_key(kind: SubjectKind, text: &str) -> SubjectKey {
    SubjectKey(sha256(&[b"yuanliu/subject/v1\0", kind.as_str().as_bytes(), &[0], text.as_bytes()]))
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex_text(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        text.push(char::from(DIGITS[usize::from(b >> 4)]));
        text.push(char::from(DIGITS[usize::from(b & 15)]));
    }
    text
}
