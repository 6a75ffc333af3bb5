//! In which field an authority must act for what a registry statement says, beyond its kind: each authority
//! grants roles, gives licences and keeps lists in its own field.

use proto::v1::{
    AuthorityField::{self, Customs, Cyberspace, Drug, Health, Market, Police, Post},
    statement::Body,
};

/// One value of a field, and who may state it.
#[derive(Debug)]
pub struct Remit {
    /// Path of the field without indices.
    pub field: &'static str,
    /// Its value; empty = any that is set.
    pub value: &'static str,
    /// Fields of authorities that may state it; empty = any that may sign the kind. Root authorities may
    /// state everything.
    pub fields: &'static [AuthorityField],
}

macro_rules! remits {
    ($($field:literal: [$($value:literal [$($who:ident),*],)*];)*) => {
        /// All values that are not open to every authority that may sign their kind, and the default codes
        /// that are. A value that a policy has added since is open to all of these.
        pub static REMITS: &[Remit] = &[$($(Remit { field: $field, value: $value, fields: &[$($who),*] },)*)*];
    };
}

remits! {
    "party.roles.role": [
        "ROLE_MANUFACTURER" [Drug],
        "ROLE_DOMESTIC_AGENT" [Drug],
        "ROLE_IMPORTER" [Drug, Customs],
        "ROLE_DISTRIBUTOR" [Drug, Market],
        "ROLE_LOGISTICS" [Drug, Market, Post],
        "ROLE_CARRIER" [Drug, Post],
        "ROLE_CLINIC" [Drug, Health],
        "ROLE_LABORATORY" [Drug, Market],
    ];
    "party.name": [
        "" [Market],
    ];
    "party.closed_on": [
        "" [Drug, Health, Market],
    ];
    "site.party": [
        "" [Drug, Health, Market],
    ];
    "licence.kind": [
        "business-licence" [Market],
        "drug-making" [Drug],
        "drug-wholesale" [Drug],
        "drug-retail" [Drug, Market],
        "toxic-drug" [Drug],
        "device-making" [Drug],
        "device-trade" [Drug, Market],
        "device-filing" [Drug, Market],
        "online-sale" [Drug, Market],
        "medical-institution" [Health],
        "clinic-filing" [Health],
        "third-party-logistics" [Drug, Market],
        "courier" [Post],
        "customs-broker" [Customs],
        "importer" [Drug, Customs],
        "laboratory" [Drug, Market],
    ];
    "coverage.register": [
        "parties" [Drug, Customs, Health, Market, Post],
        "licences" [Drug, Customs, Health, Market, Post],
        "registrations" [Drug],
        "coding" [Drug],
        "clearance" [Drug, Customs],
        "test-release" [Drug],
        "designations" [Drug],
        "customs" [Customs],
        "cold-chain" [Drug],
        "usage" [Drug, Health],
    ];
    "named_list.list": [
        "blacklist" [],
        "key-products" [Drug, Health],
        "key-parties" [],
        "licensed-clinics" [Health, Market],
        "unlicensed-clinics" [Health, Market],
        "illegal-clinics" [Health, Market],
        "problem-clinics" [Drug, Health, Market, Police],
        "problem-products" [Drug, Customs, Health, Market, Police],
        "problem-persons" [Health, Police],
        "problem-platforms" [Drug, Market, Police, Cyberspace],
        "rectification" [],
        "unapproved-brands" [Drug, Customs, Market],
        "foreign-suspensions" [Drug],
    ];
}

/// Fields of authorities that may state a value; empty = any that may sign the kind.
#[must_use]
pub fn remit(field: &str, value: &str) -> &'static [AuthorityField] {
    let row = REMITS.iter().find(|row| row.field == field && (row.value.is_empty() || row.value == value));
    row.map_or(&[], |row| row.fields)
}

/// Receives path of a value and the fields of authorities that may state it; never none.
pub type VisitRemit<'v> = &'v mut dyn FnMut(String, &'static [AuthorityField]);

/// Calls `visit` for every value of a statement that only authorities of some fields may state. Not for those that
/// depend on what is recorded: the name of a party, the party of a site.
pub fn visit_remits(body: &Body, visit: VisitRemit<'_>) {
    let mut tell = |path: String, field: &str, value: &str| {
        let fields = remit(field, value);
        if !value.is_empty() && !fields.is_empty() {
            visit(path, fields);
        }
    };
    match body {
        Body::Party(b) => {
            for (i, grant) in b.roles.iter().enumerate() {
                tell(format!("party.roles[{i}].role"), "party.roles.role", grant.role().as_str_name());
            }
            tell("party.closed_on".into(), "party.closed_on", &b.closed_on);
        }
        Body::Licence(b) => tell("licence.kind".into(), "licence.kind", &b.kind),
        Body::Coverage(b) => tell("coverage.register".into(), "coverage.register", &b.register),
        Body::NamedList(b) => tell("named_list.list".into(), "named_list.list", &b.list),
        _ => {}
    }
}
