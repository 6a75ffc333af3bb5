//! The kind table: who may sign a kind of statement, which subjects it links, where it stands among
//! causes, and which of its subjects belong to an item's closure. The table is data; `subjects.rs`
//! reads statements by it and `custody` admits by it.

mod remit;
mod table;

use proto::v1::{AuthorityField, Role, StatementKind as Kind};

pub use self::{
    remit::{REMITS, Remit, remit, visit_remits},
    table::KINDS,
};
use crate::SubjectKind;

/// How a statement names a subject. The order is the order in which a subject named twice keeps its
/// first relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Relation {
    /// The party that signed.
    Signer = 0,
    /// The party it signed for.
    Principal = 1,
    /// The other side: addressee, owner, payer, carrier, sender.
    Counterparty = 2,
    /// A party whose registry facts are stated.
    Party = 3,
    /// A site whose registry facts are stated.
    Site = 4,
    /// A product whose registry facts are stated.
    Product = 5,
    /// A key that is enrolled or revoked.
    Key = 6,
    /// An item acted upon.
    Item = 7,
    /// A lot, of which items or an amount are acted upon.
    Lot = 8,
    /// A container.
    Parent = 9,
    /// What goes into or out of a container.
    Child = 10,
    /// An item used together with another.
    Paired = 11,
    /// A bill, waybill, declaration.
    Document = 12,
    /// A subject of the statement that this one names.
    Target = 13,
    /// An item that ends in a transformation.
    Input = 14,
    /// The case that something belongs to.
    Case = 15,
    /// An evidence bag.
    Exhibit = 16,
}

impl Relation {
    /// All relations, by code.
    pub const ALL: [Self; 17] = [
        Self::Signer,
        Self::Principal,
        Self::Counterparty,
        Self::Party,
        Self::Site,
        Self::Product,
        Self::Key,
        Self::Item,
        Self::Lot,
        Self::Parent,
        Self::Child,
        Self::Paired,
        Self::Document,
        Self::Target,
        Self::Input,
        Self::Case,
        Self::Exhibit,
    ];

    /// Its number in stored records.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The relation of a [`code`](Self::code).
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The kind of subject it names; a target's subjects are of any kind.
    #[must_use]
    pub const fn subject_kind(self) -> Option<SubjectKind> {
        Some(match self {
            Self::Signer | Self::Principal | Self::Counterparty => SubjectKind::Activity,
            Self::Party => SubjectKind::Party,
            Self::Site => SubjectKind::Site,
            Self::Product => SubjectKind::Product,
            Self::Key => SubjectKind::Key,
            Self::Item | Self::Lot | Self::Parent | Self::Child | Self::Paired | Self::Input => {
                SubjectKind::Item
            }
            Self::Document => SubjectKind::Document,
            Self::Case => SubjectKind::Case,
            Self::Exhibit => SubjectKind::Exhibit,
            Self::Target => return None,
        })
    }
}

/// Who may sign a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signers {
    /// A party holding one of these roles on the day it happened (the principal, where there is one).
    Roles(&'static [Role]),
    /// The party the body names, or an authority in one of the fields.
    SelfOrAuthority,
    /// Any registered party with a role in force.
    AnyParty,
    /// The signer of the statement named.
    TargetSigner,
    /// The signer of the statement named, or an authority.
    TargetSignerOrAuthority,
    /// A party whose signature the statement named waits for.
    Asked,
}

/// Whether statements of a kind are confidential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// They are for all to see whom they concern.
    Never,
    /// As the signer says, an authority.
    Optional,
    /// They are: statements of cases.
    Always,
}

/// What the ledger knows about one kind.
#[derive(Debug)]
pub struct KindRow {
    /// The kind.
    pub kind: Kind,
    /// Its name in JSON and paths, equal to the field name in `Statement`.
    pub name: &'static str,
    /// 中文名.
    pub chinese: &'static str,
    /// Who may sign.
    pub signers: Signers,
    /// Fields in which an authority must act to sign; empty = in any. What a register says narrows them
    /// further: see [`REMITS`].
    pub fields: &'static [AuthorityField],
    /// May be signed for a principal under a mandate. Correct and Void repeat the principal of the
    /// statement they name without one.
    pub delegable: bool,
    /// May be corrected and voided.
    pub correctable: bool,
    /// Whether it is confidential: then it links its case and nothing else. A Correct, Void or Erase is so exactly
    /// where the statement is that it names.
    pub confidential: Secrecy,
    /// Order among statements of one instant: causes before effects.
    pub cause: u8,
    /// How it names subjects, and whether such a subject belongs to the closure of an item's history. In a
    /// Correct it does where it does for the kind that is replaced: see [`in_closure`].
    pub subjects: &'static [(Relation, bool)],
}

/// The row of a kind; `None` only for `Unspecified`.
#[must_use]
pub fn kind_row(kind: Kind) -> Option<&'static KindRow> {
    KINDS.iter().find(|row| row.kind == kind)
}

/// Whether what a statement of a kind names in a relation belongs to the closure of an item's history: who
/// follows an item follows it too. `replaced` is the kind of a Correct's replacement, if it has one.
#[must_use]
pub fn in_closure(kind: Kind, replaced: Option<Kind>, relation: Relation) -> bool {
    let of = |kind| {
        let row: Option<&KindRow> = kind_row(kind);
        row.is_some_and(|row| row.subjects.contains(&(relation, true)))
    };
    match (kind, replaced) {
        (Kind::Correct, Some(replaced)) => of(replaced),
        (Kind::Correct, None) => relation == Relation::Document,
        (kind, _) => of(kind),
    }
}
