//! Fields of registry statements.

use std::{collections::BTreeSet, fmt::Display};

use merkle::{KeyError, PublicKey};
use proto::v1::{
    Algorithm, AuthorityField, EnrolKey, Header, KeyUse, Licence, Mandate, Party, Registration, RevokeKey,
    Role, RoleGrant, Site, StatementKind,
};

use super::{Check, End};
use crate::{
    ALG_ED25519, POSSESSION_TYPE, Reason, Words, key_id, kind_row, possession_payload, verify, words,
};

impl<'a> Check<'a> {
    pub(super) fn body_party(&mut self, b: &'a Party) {
        self.party("party.party", &b.party);
        self.prose("party.name", &b.name, 200);
        self.optional(&b.name_latin, |c, t| c.prose("party.name_latin", t, 200));
        self.country("party.country", &b.country);
        self.count("party.roles", b.roles.len(), 16);
        for (i, role) in b.roles.iter().enumerate().take(16) {
            self.role(format_args!("party.roles[{i}]"), role);
        }
        self.day_or_none("party.closed_on", &b.closed_on);
    }

    fn role(&mut self, path: impl Display, grant: &RoleGrant) {
        if grant.role() == Role::Unspecified {
            self.fault(Reason::MissingField, format_args!("{path}.role"), Words::of("not set", "未填写"));
        }
        let authority = grant.role() == Role::Authority;
        if authority != (grant.field() != AuthorityField::Unspecified) {
            self.fault(
                Reason::InvalidField,
                format_args!("{path}.field"),
                Words::of("goes with ROLE_AUTHORITY, and only with it", "须且仅可与 ROLE_AUTHORITY 同用"),
            );
        }
        if grant.field() == AuthorityField::Root {
            self.fault(
                Reason::InvalidField,
                format_args!("{path}.field"),
                Words::of("root authorities stand in the genesis only", "根主管部门仅由首条目设立"),
            );
        }
        self.span(
            &path,
            ("valid_from", &grant.valid_from, End::Open),
            ("valid_to", &grant.valid_to, End::Open),
        );
        self.region_prefix(format_args!("{path}.region"), &grant.region);
    }

    pub(super) fn body_site(&mut self, b: &'a Site) {
        self.site("site.site", &b.site);
        self.party("site.party", &b.party);
        let owner = gs1::SiteRef::parse(&b.site).ok().and_then(gs1::SiteRef::party);
        if owner.is_some_and(|owner| owner.as_str() != b.party) {
            self.fault(
                Reason::InvalidField,
                "site.site",
                Words::of("is named after another party than site.party", "其标识所含主体与 site.party 不同"),
            );
        }
        self.prose("site.name", &b.name, 200);
        self.prose("site.address", &b.address, 500);
        self.country("site.country", &b.country);
        let region = b.region.len() == 6 && b.region.bytes().all(|d| d.is_ascii_digit());
        if !region && (!b.region.is_empty() || b.country == "CN") {
            self.fault(
                Reason::InvalidField,
                "site.region",
                Words::of(
                    "must be 6 digits (GB/T 2260); empty only abroad",
                    "须为 6 位数字（GB/T 2260）；仅境外可空",
                ),
            );
        }
        self.point("site", b.latitude_e7, b.longitude_e7);
        self.day_or_none("site.closed_on", &b.closed_on);
    }

    pub(super) fn body_licence(&mut self, b: &'a Licence) {
        self.site("licence.site", &b.site);
        self.code("licence.kind", &b.kind);
        self.text("licence.number", &b.number, 80);
        self.party("licence.issuer", &b.issuer);
        self.span(
            "licence",
            ("valid_from", &b.valid_from, End::Required),
            ("valid_to", &b.valid_to, End::Open),
        );
        self.count("licence.scope", b.scope.len(), 64);
        for (i, scope) in b.scope.iter().enumerate().take(64) {
            self.prose(format_args!("licence.scope[{i}]"), scope, 200);
        }
        // A suspension has a first day as soon as it has a last one.
        let end = if b.suspended_to.is_empty() { End::Open } else { End::Required };
        self.span(
            "licence",
            ("suspended_from", &b.suspended_from, end),
            ("suspended_to", &b.suspended_to, End::Open),
        );
        self.day_or_none("licence.revoked_on", &b.revoked_on);
    }

    pub(super) fn body_registration(&mut self, b: &'a Registration) {
        self.registration("registration.number", &b.number);
        self.count("registration.products", b.products.len(), 256);
        for (i, product) in b.products.iter().enumerate().take(256) {
            self.product(format_args!("registration.products[{i}]"), product);
        }
        self.party("registration.holder", &b.holder);
        self.optional(&b.agent, |c, a| c.party("registration.agent", a));
        self.prose("registration.name", &b.name, 200);
        self.optional(&b.model, |c, m| c.prose("registration.model", m, 200));
        self.code("registration.product_class", &b.product_class);
        if b.device_class > 3 {
            self.fault(
                Reason::InvalidField,
                "registration.device_class",
                Words::of("must be 1 to 3, or 0 for a drug", "须为 1 至 3；药品为 0"),
            );
        }
        self.temperature("registration.storage_min", b.storage_min.as_ref());
        self.temperature("registration.storage_max", b.storage_max.as_ref());
        let range = b.storage_min.zip(b.storage_max);
        if range.is_some_and(|(min, max)| min.millicelsius > max.millicelsius) {
            self.fault(
                Reason::InvalidField,
                "registration.storage_max",
                Words::of("below registration.storage_min", "低于 registration.storage_min"),
            );
        }
        self.units_per_code("registration.units_per_code", b.units_per_code);
        if b.label_content.is_some() {
            self.quantity("registration.label_content", b.label_content.as_ref());
        }
        self.span(
            "registration",
            ("valid_from", &b.valid_from, End::Required),
            ("valid_to", &b.valid_to, End::Required),
        );
        self.country("registration.origin", &b.origin);
    }

    pub(super) fn body_enrol_key(&mut self, header: &Header, b: &'a EnrolKey) {
        self.party("enrol_key.party", &b.party);
        match b.algorithm() {
            Algorithm::Unspecified => {
                self.fault(Reason::MissingField, "enrol_key.algorithm", Words::of("not set", "未填写"))
            }
            Algorithm::Ed25519 => {}
        }
        self.bytes("enrol_key.public_key", &b.public_key, 32);
        self.bytes("enrol_key.possession", &b.possession, 64);
        self.possession(header, b);
        self.count("enrol_key.uses", b.uses.len(), 3);
        if b.uses.is_empty() {
            self.fault(
                Reason::MissingField,
                "enrol_key.uses",
                Words::of("says what the key may do", "请写明密钥用途"),
            );
        }
        self.set("enrol_key.uses", &b.uses, KeyUse::Unspecified as i32);
        self.kinds("enrol_key.kinds", &b.kinds);
        self.optional(&b.site, |c, s| c.site("enrol_key.site", s));
        self.instant_or_none("enrol_key.expires_at", b.expires_at);
        self.optional(&b.label, |c, t| c.prose("enrol_key.label", t, 100));
    }

    /// The key is one that may be enrolled, and has signed for this party and this ledger.
    fn possession(&mut self, header: &Header, b: &EnrolKey) {
        let Ok(bytes) = <&[u8; 32]>::try_from(b.public_key.as_slice()) else { return };
        let key = match PublicKey::enrol(bytes) {
            Ok(key) => key,
            Err(e) => return self.fault(Reason::WeakKey, "enrol_key.public_key", unfit(e)),
        };
        let (Ok(ledger), 64) = (<&[u8; 32]>::try_from(header.ledger.as_slice()), b.possession.len()) else {
            return;
        };
        let payload = possession_payload(ledger, &key_id(ALG_ED25519, bytes), &b.party);
        if !verify(&key, POSSESSION_TYPE, &payload, &b.possession) {
            let description =
                Words::of("does not verify for this key, party and ledger", "对此密钥、主体与账本验签失败");
            self.fault(Reason::BadPossession, "enrol_key.possession", description);
        }
    }

    fn kinds(&mut self, field: &'static str, kinds: &[i32]) {
        self.count(field, kinds.len(), 64);
        self.set(field, kinds, StatementKind::Unspecified as i32);
    }

    /// Enum values that say something, each once.
    fn set(&mut self, field: &'static str, values: &[i32], unspecified: i32) {
        let distinct: BTreeSet<&i32> = values.iter().collect();
        if distinct.contains(&unspecified) {
            self.fault(
                Reason::InvalidField,
                field,
                Words::of("holds an unspecified value", "含有未指明的取值"),
            );
        }
        if distinct.len() != values.len() {
            self.fault(Reason::InvalidField, field, Words::of("holds a value twice", "取值重复"));
        }
    }

    pub(super) fn body_revoke_key(&mut self, b: &'a RevokeKey) {
        self.party("revoke_key.party", &b.party);
        self.bytes("revoke_key.key_id", &b.key_id, 32);
        self.instant_or_none("revoke_key.compromised_since", b.compromised_since);
        self.prose("revoke_key.reason", &b.reason, 500);
    }

    pub(super) fn body_mandate(&mut self, header: &Header, b: &'a Mandate) {
        self.text("mandate.number", &b.number, 80);
        self.party("mandate.agent", &b.agent);
        if !b.agent.is_empty() && b.agent == header.party {
            self.fault(
                Reason::InvalidField,
                "mandate.agent",
                Words::of("is the principal itself", "即委托人自身"),
            );
        }
        if b.acts.is_empty() {
            self.fault(
                Reason::MissingField,
                "mandate.acts",
                Words::of("says what the agent may sign", "请写明代理人可签署的声明类型"),
            );
        }
        self.kinds("mandate.acts", &b.acts);
        if let Some(row) = b.acts().filter_map(kind_row).find(|row| !row.delegable) {
            let description =
                words!("{} is not signed for somebody else", "{} 类声明不能代他人签署", row.name);
            self.fault(Reason::InvalidField, "mandate.acts", description);
        }
        self.count("mandate.sites", b.sites.len(), 256);
        for (i, site) in b.sites.iter().enumerate().take(256) {
            self.site(format_args!("mandate.sites[{i}]"), site);
        }
        self.span(
            "mandate",
            ("valid_from", &b.valid_from, End::Required),
            ("valid_to", &b.valid_to, End::Open),
        );
    }
}

/// Why a public key may not be enrolled.
fn unfit(error: KeyError) -> Words {
    let chinese = match error {
        KeyError::NotAPoint => "公钥不是曲线上的点",
        KeyError::NonCanonical => "公钥的编码不规范",
        KeyError::Identity => "公钥为单位元",
        KeyError::Torsion => "公钥不在素数阶子群内",
    };
    Words::made(error.to_string(), chinese.into())
}
