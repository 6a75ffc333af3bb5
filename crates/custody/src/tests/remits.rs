//! What authorities may put into registers: in their field, about their region.

use proto::v1::{
    self,
    AuthorityField::{Customs, Drug, Health, Market, Police, Post},
    Role,
    statement::Body,
};

use super::{
    admission::{party, revoke, site},
    ledger::{NOON, Say, TestLedger, facts, org},
};

const SITE: &str = "site:org:trader/W1";
const GLN_SITE: &str = "site:gln:9521234567059";
/// A firm of Shanghai, one of Zhejiang, and one of the national register.
const SHANGHAI: &str = "uscc:91310104MAYL90023C";
const ZHEJIANG: &str = "uscc:91330106MAYL9004X4";
const NATIONAL: &str = "uscc:91100000100003962T";

fn licence_of(site: &str, kind: &str) -> Body {
    Body::Licence(v1::Licence {
        site: site.into(),
        kind: kind.into(),
        number: "MAYL90082320508D154201".into(),
        issuer: org("office"),
        valid_from: "2024-01-01".into(),
        ..v1::Licence::default()
    })
}

fn registration(number: &str, holder: &str) -> Body {
    Body::Registration(v1::Registration {
        number: number.into(),
        name: "Product".into(),
        holder: holder.into(),
        product_class: "toxin".into(),
        valid_from: "2020-01-01".into(),
        valid_to: "2030-01-01".into(),
        units_per_code: 1,
        origin: "CN".into(),
        ..v1::Registration::default()
    })
}

fn succession(from: &str) -> Body {
    Body::Succession(v1::Succession {
        predecessor: from.into(),
        successor: org("firm"),
        kind: "merger".into(),
        effective_on: "2026-03-02".into(),
        ..v1::Succession::default()
    })
}

fn coverage(register: &str, region: &str) -> Body {
    Body::Coverage(v1::Coverage {
        register: register.into(),
        region: region.into(),
        since: "2026-01-01".into(),
        ..v1::Coverage::default()
    })
}

fn list(name: &str, subject: &str, whole: bool) -> Body {
    Body::NamedList(v1::NamedList {
        list: name.into(),
        version: 1,
        title: "List".into(),
        whole,
        entries: vec![v1::ListEntry {
            subject: subject.into(),
            reason: "known".into(),
            legal_basis: "decision 1".into(),
            valid_from: "2026-01-01".into(),
            ..v1::ListEntry::default()
        }],
    })
}

fn policy() -> Body {
    let setting = v1::PolicySetting { key: "hours".into(), value: 48 };
    Body::Policy(v1::Policy {
        policy: "time-limits".into(),
        effective_on: "2026-03-02".into(),
        settings: vec![setting],
        ..v1::Policy::default()
    })
}

fn closed(name: &str) -> Body {
    Body::Party(v1::Party { closed_on: "2026-04-01".into(), ..facts(name, Vec::new()) })
}

/// Registered under its id, with a role.
fn party_of(id: &str, role: Role) -> Body {
    let grant = v1::RoleGrant { role: role as i32, ..v1::RoleGrant::default() };
    Body::Party(v1::Party { party: id.into(), ..facts("Firm", vec![grant]) })
}

fn verdict(ledger: &mut TestLedger, by: &str, body: Body) -> String {
    let say = ledger.say(by, body);
    ledger.verdict_of(&say)
}

/// With an authority of each of some fields, and a registered site.
fn offices() -> TestLedger {
    let mut ledger = TestLedger::new();
    for (name, field) in
        [("customs", Customs), ("health", Health), ("market", Market), ("post", Post), ("police", Police)]
    {
        ledger.found_authority(name, field);
    }
    for name in [SITE, GLN_SITE] {
        let place = ledger.say("trader", site(name, "trader"));
        ledger.must(&place);
    }
    ledger
}

#[test]
fn each_authority_fills_registers_in_its_own_field() {
    let mut ledger = offices();
    let key = |l: &TestLedger| Body::EnrolKey(l.enrolment("trader", "second"));
    let enrolment = key(&ledger);
    let grant = |role| party("shop", role);
    let rows: Vec<(Body, &str, &str)> = vec![
        (registration("国药准字SJ20171003", "org:maker"), "header.party", "drug root1"),
        (policy(), "header.party", "drug root1"),
        (succession("org:trader"), "header.party", "drug health market root1"),
        (grant(Role::Manufacturer), "party.roles[0].role", "drug root1"),
        (grant(Role::DomesticAgent), "party.roles[0].role", "drug root1"),
        (grant(Role::Importer), "party.roles[0].role", "drug customs root1"),
        (grant(Role::Distributor), "party.roles[0].role", "drug market root1"),
        (grant(Role::Carrier), "party.roles[0].role", "drug post root1"),
        (grant(Role::Clinic), "party.roles[0].role", "drug health root1"),
        (closed("trader"), "party.closed_on", "drug health market root1"),
        (licence_of(SITE, "drug-wholesale"), "licence.kind", "drug root1"),
        (licence_of(SITE, "medical-institution"), "licence.kind", "health root1"),
        (licence_of(SITE, "business-licence"), "licence.kind", "market root1"),
        (licence_of(SITE, "courier"), "licence.kind", "post root1"),
        (licence_of(SITE, "customs-broker"), "licence.kind", "customs root1"),
        (coverage("registrations", ""), "coverage.register", "drug root1"),
        (coverage("licences", ""), "coverage.register", "drug customs health market post root1"),
        (list("key-products", "gtin:09521234543213", false), "named_list.list", "drug health root1"),
        (list("licensed-clinics", "org:clinic", true), "named_list.list", "health market root1"),
        (list("blacklist", "org:maker", true), "", "drug customs health market post police root1"),
        (site("site:org:trader/W2", "trader"), "site.party", "drug customs health market post root1"),
        (site(GLN_SITE, "maker"), "site.party", "drug health market root1"),
        (enrolment, "enrol_key.party", "drug customs health market post root1"),
        (revoke("trader", "trader"), "revoke_key.party", "drug customs health market post root1"),
    ];
    for (body, field, who) in rows {
        for by in ["drug", "customs", "health", "market", "post", "police", "root1"] {
            let told = verdict(&mut ledger, by, body.clone());
            if who.split(' ').any(|name| name == by) {
                assert_eq!(told, "OK", "{by} {body:?}");
                continue;
            }
            // Where a field may not sign the kind at all, that is what is told.
            let reason = if told.starts_with("NOT_YOURS") { "NOT_YOURS" } else { "ROLE_MISSING" };
            let fields = [format!("{reason} {field}"), format!("{reason} header.party")];
            assert!(fields.contains(&told), "{by} {told} {body:?}");
        }
    }
}

#[test]
fn every_value_that_is_not_an_authoritys_to_state_is_named() {
    let mut ledger = offices();
    let roles = [Role::Importer, Role::Clinic, Role::Carrier, Role::Distributor];
    let grant = |role| v1::RoleGrant { role: role as i32, ..v1::RoleGrant::default() };
    let facts = v1::Party { closed_on: "2026-04-01".into(), ..facts("shop", roles.map(grant).to_vec()) };
    let expected = "ROLE_MISSING party.roles[1].role party.roles[2].role party.roles[3].role party.closed_on";
    assert_eq!(verdict(&mut ledger, "customs", Body::Party(facts.clone())), expected);
    // Two fields in one house reach what each reaches.
    ledger.found_authority_with("house", &[(Market, ""), (Post, ""), (Health, "")]);
    assert_eq!(verdict(&mut ledger, "house", Body::Party(facts)), "ROLE_MISSING party.roles[0].role");
}

/// A customs authority that until 2026-03-04 was one of drugs too.
fn found_port(ledger: &mut TestLedger) {
    let role = |field, valid_to: &str| v1::RoleGrant {
        role: Role::Authority as i32,
        field: field as i32,
        valid_to: valid_to.into(),
        ..v1::RoleGrant::default()
    };
    let grants = vec![role(Drug, "2026-03-04"), role(Customs, "")];
    let say = ledger.say("root1", Body::Party(facts("port", grants)));
    let signed = ledger.signed(&say);
    ledger.record(&signed);
    let endorse = ledger.say("root2", super::ledger::endorse_of(&signed.statement));
    ledger.must(&endorse);
    ledger.enrol("root1", "port", "port");
}

#[test]
fn a_field_counts_on_the_day_of_recording_too() {
    let mut ledger = offices();
    found_port(&mut ledger);
    // Recording is at 2026-03-07.
    let wholesale = Say { at: NOON, ..ledger.say("port", licence_of(SITE, "drug-wholesale")) };
    assert_eq!(ledger.verdict_of(&wholesale), "ROLE_MISSING licence.kind");
    let broker = Say { at: NOON, ..ledger.say("port", licence_of(SITE, "customs-broker")) };
    assert_eq!(ledger.verdict_of(&broker), "OK");
}

#[test]
fn a_regional_authority_fills_registers_about_its_region_only() {
    let mut ledger = offices();
    ledger.found_authority_with("sh", &[(Drug, "31")]);
    ledger.found_authority_with("zj", &[(Drug, "33")]);
    for id in [SHANGHAI, ZHEJIANG, NATIONAL] {
        let say = ledger.say("drug", party_of(id, Role::Distributor));
        ledger.must(&say);
    }
    let enrolment = |id: &str| {
        let body = v1::RevokeKey { party: id.into(), key_id: vec![3; 32], ..v1::RevokeKey::default() };
        Body::RevokeKey(v1::RevokeKey { reason: "lost".into(), ..body })
    };
    let here = |region: &str| {
        let Body::Site(b) = site("site:org:trader/W3", "trader") else { unreachable!() };
        Body::Site(v1::Site { region: region.into(), ..b })
    };
    let abroad = v1::Site { region: String::new(), country: "KR".into(), ..site_facts("site:org:trader/W4") };
    // The site of `offices` is in Pudong, 310115.
    let rows: Vec<(Body, &str, &str)> = vec![
        (party_of(SHANGHAI, Role::Distributor), "OK", "ROLE_MISSING party.party"),
        (party_of(ZHEJIANG, Role::Distributor), "ROLE_MISSING party.party", "OK"),
        // Where a party is not known to be, anybody may.
        (party_of(NATIONAL, Role::Distributor), "OK", "OK"),
        (party("trader", Role::Distributor), "OK", "OK"),
        (here("310115"), "OK", "ROLE_MISSING site.region"),
        (here("330106"), "ROLE_MISSING site.region", "OK"),
        (Body::Site(abroad), "OK", "OK"),
        // What stands in one province is not moved into another by the other.
        (
            Body::Site(v1::Site { region: "330106".into(), ..site_facts(SITE) }),
            "ROLE_MISSING site.region",
            "ROLE_MISSING site.site",
        ),
        (licence_of(SITE, "drug-wholesale"), "OK", "ROLE_MISSING licence.site"),
        (
            registration("沪械注准20202140001", SHANGHAI),
            "OK",
            "ROLE_MISSING registration.number registration.holder",
        ),
        (
            registration("沪械注准20202140001", ZHEJIANG),
            "ROLE_MISSING registration.holder",
            "ROLE_MISSING registration.number",
        ),
        (registration("沪械注准20202140001", "org:maker"), "OK", "ROLE_MISSING registration.number"),
        (registration("浙杭械备20150001", "org:maker"), "ROLE_MISSING registration.number", "OK"),
        (
            registration("国药准字S20209904", SHANGHAI),
            "ROLE_MISSING registration.number",
            "ROLE_MISSING registration.number",
        ),
        (enrolment(SHANGHAI), "TARGET_UNKNOWN revoke_key.key_id", "ROLE_MISSING revoke_key.party"),
        (succession(SHANGHAI), "OK", "ROLE_MISSING succession.predecessor"),
        (coverage("licences", "31"), "OK", "ROLE_MISSING coverage.region"),
        (coverage("licences", "310115"), "OK", "ROLE_MISSING coverage.region"),
        (coverage("licences", ""), "ROLE_MISSING coverage.region", "ROLE_MISSING coverage.region"),
        (list("blacklist", SHANGHAI, false), "OK", "ROLE_MISSING named_list.entries[0].subject"),
        (list("blacklist", SITE, false), "OK", "ROLE_MISSING named_list.entries[0].subject"),
        (list("blacklist", "brand:Specimen", false), "OK", "OK"),
        (list("blacklist", SHANGHAI, true), "ROLE_MISSING named_list.whole", "ROLE_MISSING named_list.whole"),
        (policy(), "ROLE_MISSING policy.policy", "ROLE_MISSING policy.policy"),
    ];
    for (body, of_shanghai, of_zhejiang) in rows {
        assert_eq!(verdict(&mut ledger, "sh", body.clone()), of_shanghai, "sh {body:?}");
        assert_eq!(verdict(&mut ledger, "zj", body.clone()), of_zhejiang, "zj {body:?}");
        let national = verdict(&mut ledger, "drug", body.clone());
        assert!(!national.starts_with("ROLE_MISSING"), "{national} {body:?}");
    }
}

fn site_facts(name: &str) -> v1::Site {
    match site(name, "trader") {
        Body::Site(b) => b,
        other => panic!("{other:?}"),
    }
}

#[test]
fn field_and_region_are_those_of_one_grant() {
    let mut ledger = offices();
    ledger.found_authority_with("house", &[(Drug, "33"), (Market, "31"), (Customs, "")]);
    // The site is in Pudong, where this house is the market authority, and as everywhere the customs.
    for (kind, expected) in [
        ("business-licence", "OK"),
        ("device-trade", "OK"),
        ("customs-broker", "OK"),
        ("drug-wholesale", "ROLE_MISSING licence.kind"),
    ] {
        assert_eq!(verdict(&mut ledger, "house", licence_of(SITE, kind)), expected, "{kind}");
    }
}

#[test]
fn a_review_tells_field_and_region_with_everything_else() {
    let mut ledger = offices();
    ledger.found_authority_with("zj", &[(Health, "33")]);
    let say = ledger.say("zj", licence_of(SITE, "drug-wholesale"));
    let signed = ledger.signed(&say);
    let found = crate::review(&ledger.view, &signed.statement, None, ledger.now, &ledger.limits).unwrap();
    let fields: Vec<&str> = found.iter().map(|v| v.field.as_ref()).collect();
    assert_eq!(fields, ["licence.site", "licence.kind"]);
    assert!(found[0].description.english().contains("310115"), "{:?}", found[0]);
    assert!(found[0].description.chinese().contains("33"), "{:?}", found[0]);
}

/// What is recorded of a party: closed on, name.
fn known(ledger: &TestLedger, name: &str) -> (String, String) {
    let row = crate::registry::party(&ledger.view, &org(name)).unwrap().unwrap();
    let facts = row.facts.unwrap();
    (facts.closed_on, facts.name)
}

#[test]
fn a_closed_party_stays_closed_until_who_closed_it_says_otherwise() {
    for (by, opens) in
        [("customs", false), ("post", false), ("drug", true), ("market", false), ("root1", true)]
    {
        let mut ledger = offices();
        for role in [Role::Manufacturer, Role::Carrier] {
            let grant = ledger.say("drug", party("shop", role));
            ledger.must(&grant);
        }
        let closing = ledger.say("drug", closed("shop"));
        ledger.must(&closing);
        let role = if by == "post" { Role::Carrier } else { Role::Importer };
        let role = if by == "market" { Role::Distributor } else { role };
        let anew = ledger.say(by, party("shop", role));
        ledger.must(&anew);
        let day = if opens { "" } else { "2026-04-01" };
        assert_eq!(known(&ledger, "shop").0, day, "{by}");
    }
}

#[test]
fn a_closing_holds_though_another_field_spoke_of_a_later_day() {
    let mut ledger = offices();
    let closing = ledger.say("drug", closed("shop"));
    let later = ledger.say("customs", party("shop", Role::Importer));
    ledger.must(&later);
    ledger.must(&Say { at: later.at - 1, ..closing });
    assert_eq!(known(&ledger, "shop").0, "2026-04-01");
    // What it takes back later holds, in whichever order they are recorded.
    let opening = ledger.say("drug", party("shop", Role::Distributor));
    let closing = ledger.say("drug", closed("shop"));
    ledger.must(&Say { at: closing.at + 1, ..opening });
    ledger.must(&closing);
    assert_eq!(known(&ledger, "shop").0, "");
}

#[test]
fn each_field_takes_back_its_own_closing_and_the_roots_all() {
    // Who says what at which minute; recorded in this order. The day on which it is closed then.
    let table = [
        ("drug 2026-04-01 @1 | market 2026-03-01 @2", "2026-03-01"),
        ("drug 2026-04-01 @1 | market 2026-03-01 @2 | market - @3", "2026-04-01"),
        ("drug 2026-04-01 @1 | market 2026-03-01 @2 | drug - @3", "2026-03-01"),
        ("drug 2026-04-01 @1 | market 2026-03-01 @2 | drug - @3 | market - @4", ""),
        ("drug 2026-04-01 @1 | health - @2", "2026-04-01"),
        ("drug 2026-04-01 @1 | drug 2026-05-01 @2", "2026-05-01"),
        ("drug 2026-04-01 @1 | market 2026-03-01 @2 | root1 - @3", ""),
        ("drug 2026-04-01 @1 | root1 2026-06-01 @2", "2026-06-01"),
        ("root1 2026-06-01 @2 | drug - @3 | market - @3", "2026-06-01"),
        ("root1 2026-06-01 @2 | drug 2026-05-01 @3", "2026-05-01"),
        // Late ones change nothing that was stated to hold after them.
        ("root1 - @3 | drug 2026-04-01 @1", ""),
        ("market - @3 | drug 2026-04-01 @1", "2026-04-01"),
        ("drug - @3 | drug 2026-04-01 @1", ""),
        ("market 2026-03-01 @4 | root1 - @3 | drug 2026-04-01 @1", "2026-03-01"),
        ("customs - @1 | post - @2 | drug 2026-04-01 @3", "2026-04-01"),
    ];
    for (said, expect) in table {
        let mut ledger = offices();
        for one in said.split(" | ") {
            let [by, day, minute] = one.split(' ').collect::<Vec<_>>().try_into().unwrap();
            let day = if day == "-" { "" } else { day };
            let stated = v1::Party { closed_on: day.into(), ..facts("shop", Vec::new()) };
            let at = NOON + minute[1..].parse::<i64>().unwrap() * 60_000_000;
            let say = ledger.say(by, Body::Party(stated));
            ledger.must(&Say { at, ..say });
        }
        assert_eq!(known(&ledger, "shop").0, expect, "{said}");
    }
}

#[test]
fn name_and_country_are_changed_by_who_keeps_them() {
    // Who states which name at which minute; recorded in this order. The name that holds then.
    let table = [
        ("drug A @1", "A"),
        // The field that was first corrects itself; others do not.
        ("drug A @1 | drug B @2", "B"),
        ("drug B @2 | drug A @1", "B"),
        ("drug A @1 | customs X @2", "A"),
        ("customs A @1 | drug X @2 | post X @3", "A"),
        // The register of business names, and the root authorities, whenever they speak.
        ("drug A @1 | market B @2 | drug X @3", "B"),
        ("drug A @2 | market B @1", "B"),
        ("market A @1 | market B @2", "B"),
        ("market B @2 | market A @1", "B"),
        ("drug A @1 | root1 B @2 | drug X @3", "B"),
        ("root1 A @1 | market B @2 | root1 C @3", "C"),
    ];
    for (said, expect) in table {
        let mut ledger = offices();
        for one in said.split(" | ") {
            let [by, name, minute] = one.split(' ').collect::<Vec<_>>().try_into().unwrap();
            let country = if name == "X" { "KR" } else { "CN" };
            let known = facts("shop", Vec::new());
            let stated = v1::Party { name: name.into(), country: country.into(), ..known };
            let at = NOON + minute[1..].parse::<i64>().unwrap() * 60_000_000;
            let say = ledger.say(by, Body::Party(stated));
            ledger.must(&Say { at, ..say });
        }
        let row = crate::registry::party(&ledger.view, &org("shop")).unwrap().unwrap().facts.unwrap();
        assert_eq!((row.name.as_str(), row.country.as_str()), (expect, "CN"), "{said}");
    }
    // Of its own region: it registers nobody elsewhere, and has no say in the past.
    let mut ledger = offices();
    ledger.found_authority_with("zj", &[(Market, "33"), (Customs, "")]);
    let named = |name: &str, role| match party_of(SHANGHAI, role) {
        Body::Party(b) => Body::Party(v1::Party { name: name.into(), ..b }),
        other => panic!("{other:?}"),
    };
    for (by, name, role) in [("drug", "A", Role::Importer), ("zj", "X", Role::Importer)] {
        let say = ledger.say(by, named(name, role));
        ledger.must(&say);
    }
    let row = crate::registry::party(&ledger.view, SHANGHAI).unwrap().unwrap();
    assert_eq!(row.facts.unwrap().name, "A");
}

#[test]
fn an_authority_of_the_field_elsewhere_or_in_the_past_does_not_reopen() {
    let mut ledger = offices();
    ledger.found_authority_with("zj", &[(Drug, "33"), (Customs, "")]);
    let id = SHANGHAI;
    let facts_of = |role: Role, closed_on: &str| match party_of(id, role) {
        Body::Party(b) => Body::Party(v1::Party { closed_on: closed_on.into(), ..b }),
        other => panic!("{other:?}"),
    };
    let closing = ledger.say("drug", facts_of(Role::Importer, "2026-04-01"));
    ledger.must(&closing);
    let elsewhere = ledger.say("zj", facts_of(Role::Importer, ""));
    ledger.must(&elsewhere);
    found_port(&mut ledger);
    let past = ledger.say("port", facts_of(Role::Importer, ""));
    ledger.must(&Say { at: NOON, ..past });
    let row = crate::registry::party(&ledger.view, id).unwrap().unwrap();
    assert_eq!(row.facts.unwrap().closed_on, "2026-04-01");
    let opening = ledger.say("drug", facts_of(Role::Importer, ""));
    ledger.must(&opening);
    let row = crate::registry::party(&ledger.view, id).unwrap().unwrap();
    assert_eq!(row.facts.unwrap().closed_on, "");
}

#[test]
fn a_regional_authority_does_not_take_over_what_another_stands_for() {
    let mut ledger = offices();
    ledger.found_authority_with("sh", &[(Drug, "31")]);
    let number = "沪械注准20202140001";
    let moved = ledger.say("drug", registration(number, ZHEJIANG));
    ledger.must(&moved);
    for holder in [SHANGHAI, "org:maker"] {
        let told = verdict(&mut ledger, "sh", registration(number, holder));
        assert_eq!(told, "ROLE_MISSING registration.number", "{holder}");
    }
    let back = ledger.say("drug", registration(number, SHANGHAI));
    ledger.must(&back);
    assert_eq!(verdict(&mut ledger, "sh", registration(number, SHANGHAI)), "OK");
}

#[test]
fn a_code_of_city_or_province_lies_in_a_district_as_far_as_it_tells() {
    let mut ledger = offices();
    ledger.found_authority_with("nanshan", &[(Health, "440305")]);
    let rows = [
        (party_of("uscc:91440305MAYL9K0023", Role::Clinic), "OK"),
        (party_of("uscc:91440300MAYL9K0012", Role::Clinic), "OK"),
        (party_of("uscc:91440000MAYL9K0034", Role::Clinic), "OK"),
        (party_of("uscc:91440304MAYL9K0034", Role::Clinic), "ROLE_MISSING party.party"),
        (party_of("uscc:91440100MAYL9K0034", Role::Clinic), "ROLE_MISSING party.party"),
        (party_of(SHANGHAI, Role::Clinic), "ROLE_MISSING party.party"),
        // What it speaks for is all that it names.
        (coverage("licences", "440305"), "OK"),
        (coverage("licences", "440300"), "ROLE_MISSING coverage.region"),
        (coverage("licences", "4403"), "ROLE_MISSING coverage.region"),
    ];
    for (body, expected) in rows {
        assert_eq!(verdict(&mut ledger, "nanshan", body.clone()), expected, "{body:?}");
    }
}

#[test]
fn an_authority_of_two_regions_signs_one_list_about_both() {
    let mut ledger = offices();
    ledger.found_authority_with("east", &[(Drug, "31"), (Health, "33")]);
    let both = |name: &str| {
        let (Body::NamedList(mut b), Body::NamedList(more)) =
            (list(name, SHANGHAI, false), list(name, ZHEJIANG, false))
        else {
            unreachable!()
        };
        b.entries.extend(more.entries);
        Body::NamedList(b)
    };
    assert_eq!(verdict(&mut ledger, "east", both("problem-clinics")), "OK");
    // In Shanghai it is the drug authority alone.
    assert_eq!(verdict(&mut ledger, "east", both("licensed-clinics")), "ROLE_MISSING named_list.list");
}
