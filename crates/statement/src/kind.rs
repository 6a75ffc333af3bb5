//! The kind table: who may sign a kind of statement, which subjects it links, where it stands among
//! causes, and which of its subjects belong to an item's closure. The table is data; `subjects.rs`
//! reads statements by it and `custody` admits by it.

use proto::v1::{Role, StatementKind as Kind};

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
}

impl Relation {
    /// All relations, by code.
    pub const ALL: [Self; 14] = [
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
            Self::Item | Self::Lot | Self::Parent | Self::Child | Self::Paired => SubjectKind::Item,
            Self::Document => SubjectKind::Document,
            Self::Target => return None,
        })
    }
}

/// Who may sign a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signers {
    /// A party holding one of these roles on the day it happened (the principal, where there is one).
    Roles(&'static [Role]),
    /// The party the body names, or an authority.
    SelfOrAuthority,
    /// Any registered party with a role in force.
    AnyParty,
    /// The signer of the statement named.
    TargetSigner,
    /// A party whose signature the statement named waits for.
    Asked,
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
    /// May be signed for a principal under a mandate. Correct and Void repeat the principal of the
    /// statement they name without one.
    pub delegable: bool,
    /// May be corrected and voided.
    pub correctable: bool,
    /// Order among statements of one instant: causes before effects.
    pub cause: u8,
    /// How it names subjects, and whether such a subject belongs to the closure of an item's history.
    pub subjects: &'static [(Relation, bool)],
}

use Relation::{
    Child, Counterparty, Document, Item, Key, Lot, Paired, Parent, Principal, Product, Signer, Site, Target,
};

const MAKERS: &[Role] = &[Role::Manufacturer, Role::DomesticAgent];
const CLINICS: &[Role] = &[Role::Clinic];
const AUTHORITIES: &[Role] = &[Role::Authority];
const HOLDERS: &[Role] = &[
    Role::Manufacturer,
    Role::DomesticAgent,
    Role::Importer,
    Role::Distributor,
    Role::Logistics,
    Role::Carrier,
    Role::Clinic,
    Role::Laboratory,
    Role::Authority,
];

const fn row(kind: Kind, name: &'static str, chinese: &'static str, cause: u8) -> KindRow {
    KindRow {
        kind,
        name,
        chinese,
        cause,
        signers: Signers::AnyParty,
        delegable: false,
        correctable: false,
        subjects: &[],
    }
}

/// All kinds, ascending by number.
pub static KINDS: &[KindRow] = &[
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        subjects: &[(Signer, false), (Relation::Party, false), (Document, true)],
        ..row(Kind::Party, "party", "主体登记", 1)
    },
    KindRow {
        signers: Signers::SelfOrAuthority,
        subjects: &[(Signer, false), (Relation::Party, false), (Site, false), (Document, true)],
        ..row(Kind::Site, "site", "场所登记", 2)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        subjects: &[(Signer, false), (Relation::Party, false), (Site, false), (Document, true)],
        ..row(Kind::Licence, "licence", "许可", 3)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        subjects: &[(Signer, false), (Relation::Party, false), (Product, false), (Document, true)],
        ..row(Kind::Registration, "registration", "产品注册", 4)
    },
    KindRow {
        signers: Signers::SelfOrAuthority,
        subjects: &[(Signer, false), (Relation::Party, false), (Key, true), (Document, true)],
        ..row(Kind::EnrolKey, "enrol_key", "密钥登记", 5)
    },
    KindRow {
        signers: Signers::SelfOrAuthority,
        subjects: &[(Signer, false), (Relation::Party, false), (Key, true), (Document, true)],
        ..row(Kind::RevokeKey, "revoke_key", "密钥吊销", 6)
    },
    KindRow {
        subjects: &[(Signer, false), (Relation::Party, false), (Document, true)],
        ..row(Kind::Mandate, "mandate", "委托授权", 7)
    },
    KindRow {
        signers: Signers::Roles(MAKERS),
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Item, false), (Lot, true), (Document, true)],
        ..row(Kind::Commission, "commission", "赋码入库", 10)
    },
    KindRow {
        signers: Signers::Roles(HOLDERS),
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Parent, true), (Child, false), (Document, true)],
        ..row(Kind::Pack, "pack", "装箱", 20)
    },
    KindRow {
        signers: Signers::Roles(HOLDERS),
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Parent, true), (Child, false), (Document, true)],
        ..row(Kind::Unpack, "unpack", "拆箱", 50)
    },
    KindRow {
        signers: Signers::Roles(HOLDERS),
        delegable: true,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Item, false),
            (Lot, false),
            (Document, true),
        ],
        ..row(Kind::Ship, "ship", "出库", 30)
    },
    KindRow {
        signers: Signers::Roles(HOLDERS),
        delegable: true,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Item, false),
            (Lot, false),
            (Document, true),
            (Target, false),
        ],
        ..row(Kind::Receive, "receive", "入库", 40)
    },
    KindRow {
        signers: Signers::Roles(CLINICS),
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Item, false), (Paired, false), (Document, true)],
        ..row(Kind::Use, "use", "使用", 60)
    },
    KindRow {
        signers: Signers::TargetSigner,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Item, false),
            (Lot, true),
            (Parent, true),
            (Child, false),
            (Paired, false),
            (Document, true),
            (Target, false),
        ],
        ..row(Kind::Correct, "correct", "更正", 70)
    },
    KindRow {
        signers: Signers::TargetSigner,
        subjects: &[(Signer, false), (Principal, false), (Document, true), (Target, false)],
        ..row(Kind::Void, "void", "作废", 71)
    },
    KindRow {
        signers: Signers::Asked,
        subjects: &[(Signer, false), (Document, true), (Target, false)],
        ..row(Kind::Endorse, "endorse", "会签", 72)
    },
];

/// The row of a kind; `None` only for `Unspecified`.
#[must_use]
pub fn kind_row(kind: Kind) -> Option<&'static KindRow> {
    KINDS.iter().find(|row| row.kind == kind)
}
