//! Successions, designations, coverage, lists and policies: what counts on a day, and who may state it.

use proto::v1::{self, Role, statement::Body};
use statement::Day;

use super::{
    admission::{ship, site},
    ledger::{DAY, NOON, Say, TestLedger, facts, org, void_of},
};
use crate::registry::{
    codes_on, coverage_on, designations_on, is_code_on, list_on, listed_on, policy_on, successor_on,
};

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn policy(name: &str, from: &str, codes: &[(&str, bool)]) -> Body {
    let code = |(code, retired): &(&str, bool)| v1::PolicyCode {
        code: (*code).into(),
        name: (*code).into(),
        name_zh: "代码".into(),
        retired: *retired,
    };
    Body::Policy(v1::Policy {
        policy: name.into(),
        effective_on: from.into(),
        codes: codes.iter().map(code).collect(),
        settings: if codes.is_empty() {
            vec![v1::PolicySetting { key: "hours".into(), value: 48 }]
        } else {
            vec![]
        },
        note: String::new(),
    })
}

fn list(version: u64, whole: bool, entries: &[(&str, &str, &str)]) -> Body {
    let entry = |(subject, from, removed): &(&str, &str, &str)| v1::ListEntry {
        subject: (*subject).into(),
        reason: "smuggled goods".into(),
        legal_basis: "decision 1".into(),
        valid_from: (*from).into(),
        valid_to: String::new(),
        removed_on: (*removed).into(),
    };
    Body::NamedList(v1::NamedList {
        list: "blacklist".into(),
        version,
        title: "Blacklist".into(),
        whole,
        entries: entries.iter().map(entry).collect(),
    })
}

fn succession(from: &str, to: &str, on: &str, sites: &[&str]) -> Body {
    Body::Succession(v1::Succession {
        predecessor: org(from),
        successor: org(to),
        kind: "merger".into(),
        effective_on: on.into(),
        sites: sites.iter().map(ToString::to_string).collect(),
        number: String::new(),
    })
}

fn designation(number: &str, wholesalers: &[&str], to: &str) -> Body {
    Body::Designation(v1::Designation {
        number: number.into(),
        registration: "国药准字SJ20171003".into(),
        wholesalers: wholesalers.iter().map(|w| org(w)).collect(),
        region: String::new(),
        valid_from: "2026-01-01".into(),
        valid_to: to.into(),
    })
}

fn registration(ledger: &mut TestLedger) {
    let body = Body::Registration(v1::Registration {
        number: "国药准字SJ20171003".into(),
        name: "Toxin".into(),
        holder: org("abroad"),
        agent: org("maker"),
        product_class: "toxin".into(),
        valid_from: "2020-01-01".into(),
        units_per_code: 1,
        ..v1::Registration::default()
    });
    let say = ledger.say("drug", body);
    let signed = ledger.unchecked(&say);
    ledger.record(&signed);
}

fn record(ledger: &mut TestLedger, by: &str, at: i64, body: Body) -> u64 {
    let say = Say { at, ..ledger.say(by, body) };
    ledger.must(&say)
}

fn refused(ledger: &mut TestLedger, by: &str, at: i64, body: Body) -> String {
    let say = Say { at, ..ledger.say(by, body) };
    let signed = ledger.unchecked(&say);
    ledger.verdict(&signed)
}

#[test]
fn codes_go_by_the_policy_of_the_day() {
    let mut ledger = TestLedger::new();
    let holds =
        |l: &TestLedger, code: &str, on: &str| is_code_on(&l.view, "ship-reason", code, day(on)).unwrap();
    assert!(holds(&ledger, "sale", "2026-03-01") && !holds(&ledger, "barter", "2026-03-01"));
    assert!(!is_code_on(&ledger.view, "no-such-list", "sale", day("2026-03-01")).unwrap());
    assert_eq!(policy_on(&ledger.view, "ship-reason", day("2026-03-01")).unwrap(), None);
    record(
        &mut ledger,
        "drug",
        NOON,
        policy("ship-reason", "2026-03-02", &[("barter", false), ("sale", true)]),
    );
    record(&mut ledger, "drug", NOON, policy("time-limits", "2026-03-04", &[]));
    let table = [("2026-03-01", "sale"), ("2026-03-02", "barter"), ("2026-03-05", "barter")];
    for (on, known) in table {
        let found: Vec<&str> = ["sale", "barter"].into_iter().filter(|c| holds(&ledger, c, on)).collect();
        assert_eq!(found, [known], "{on}");
    }
    let limits = |on: &str| policy_on(&ledger.view, "time-limits", day(on)).unwrap();
    assert_eq!(limits("2026-03-03"), None);
    assert_eq!(limits("2026-03-05").unwrap().policy.settings[0].value, 48);
    assert_eq!(codes_on(&ledger.view, "ship-reason", day("2026-03-05")).unwrap().len(), 2);

    let (before, after) = (NOON - DAY, NOON + 5);
    assert_eq!(refused(&mut ledger, "maker", before, ship(&["A"], "clinic")), "OK");
    assert_eq!(refused(&mut ledger, "maker", after, ship(&["A"], "clinic")), "UNKNOWN_CODE ship.reason");
    // Stated to hold later, the second of one day counts; its codes replace the first's.
    record(&mut ledger, "drug", NOON + 1, policy("ship-reason", "2026-03-02", &[("sale", false)]));
    record(&mut ledger, "drug", NOON - 1, policy("ship-reason", "2026-03-02", &[("gift", false)]));
    let found: Vec<&str> =
        ["sale", "barter", "gift"].into_iter().filter(|c| holds(&ledger, c, "2026-03-02")).collect();
    assert_eq!(found, ["sale"]);
}

#[test]
fn a_refusal_names_the_list_and_codes_like_it() {
    let mut ledger = TestLedger::new();
    let body = |reason: &str| {
        let Body::Ship(b) = ship(&["A"], "clinic") else { unreachable!() };
        Body::Ship(v1::Ship { reason: reason.into(), ..b })
    };
    let cases = [
        ("sael", "\"sael\" is not in the list ship-reason; sale"),
        ("retrun", "\"retrun\" is not in the list ship-reason; return"),
    ];
    for (reason, expected) in cases {
        let say = ledger.say("maker", body(reason));
        let Err(crate::AdmitError::Refused(refusal)) = ledger.ask(&ledger.signed(&say)) else {
            panic!("{reason}")
        };
        assert_eq!(refusal.violations[0].description.english(), expected);
    }
    let say = ledger.say("maker", body("zzzzzzzzzz"));
    let Err(crate::AdmitError::Refused(refusal)) = ledger.ask(&ledger.signed(&say)) else { panic!() };
    assert!(
        refusal.violations[0].description.english().ends_with(", …"),
        "{}",
        refusal.violations[0].description
    );
}

#[test]
fn versions_of_a_list_follow_each_other() {
    let mut ledger = TestLedger::new();
    let [maker, trader, clinic] = ["maker", "trader", "clinic"].map(org);
    let at = |n: i64| NOON + (n - 1) * DAY;
    record(
        &mut ledger,
        "drug",
        at(1),
        list(1, false, &[(&maker, "2026-01-01", ""), (&trader, "2026-01-01", "")]),
    );
    assert_eq!(
        refused(&mut ledger, "drug", at(1), list(1, false, &[(&maker, "2026-01-01", "")])),
        "INVALID_FIELD named_list.version"
    );
    record(&mut ledger, "drug", at(2), list(2, false, &[(&trader, "2026-01-01", "2026-03-03")]));
    record(&mut ledger, "drug", at(3), list(3, true, &[(&clinic, "2026-03-05", "")]));
    // NOON is 2026-03-02.
    let table = [
        ("2026-03-01", vec![]),
        ("2026-03-02", vec!["maker", "trader"]),
        ("2026-03-03", vec!["maker"]),
        ("2026-03-04", vec![]),
        ("2026-03-05", vec!["clinic"]),
    ];
    for (on, expected) in table {
        let (entries, next) = list_on(&ledger.view, "blacklist", day(on), &[], 100).unwrap();
        let mut found: Vec<String> =
            entries.into_iter().map(|e| e.entry.subject.replace("org:", "")).collect();
        found.sort();
        assert_eq!((found, next), (expected.iter().map(ToString::to_string).collect(), None), "{on}");
        for name in ["maker", "trader", "clinic"] {
            let listed = listed_on(&ledger.view, "blacklist", &org(name), day(on)).unwrap();
            assert_eq!(listed.is_some(), expected.contains(&name), "{name} {on}");
        }
    }
    let (first, next) = list_on(&ledger.view, "blacklist", day("2026-03-02"), &[], 1).unwrap();
    let (second, end) = list_on(&ledger.view, "blacklist", day("2026-03-02"), &next.unwrap(), 1).unwrap();
    assert!(first[0].entry.subject != second[0].entry.subject && end.is_none());
}

#[test]
fn coverage_reaches_into_its_region_and_class() {
    let mut ledger = TestLedger::new();
    let coverage = |region: &str, class: &str, since: &str| {
        Body::Coverage(v1::Coverage {
            register: "licences".into(),
            region: region.into(),
            product_class: class.into(),
            since: since.into(),
            until: String::new(),
            note: String::new(),
        })
    };
    record(&mut ledger, "drug", NOON, coverage("31", "", "2026-01-01"));
    record(&mut ledger, "drug", NOON, coverage("", "filler", "2026-02-01"));
    for (region, class, on, count) in [
        ("310115", "", "2026-03-01", 1),
        ("310115", "filler", "2026-03-01", 2),
        ("310115", "filler", "2026-01-15", 1),
        ("110000", "filler", "2026-03-01", 1),
        ("110000", "toxin", "2026-03-01", 0),
        ("310115", "", "2025-12-31", 0),
    ] {
        let found = coverage_on(&ledger.view, "licences", region, class, day(on)).unwrap();
        assert_eq!(found.len(), count, "{region} {class} {on}");
    }
    record(&mut ledger, "drug", NOON + 1, coverage("31", "", "2026-03-10"));
    assert!(coverage_on(&ledger.view, "licences", "310115", "", day("2026-03-01")).unwrap().is_empty());
}

#[test]
fn the_holder_of_a_registration_designates() {
    let mut ledger = TestLedger::new();
    assert_eq!(
        refused(&mut ledger, "maker", NOON, designation("D1", &["trader"], "")),
        "TARGET_UNKNOWN designation.registration"
    );
    registration(&mut ledger);
    assert_eq!(
        refused(&mut ledger, "trader", NOON, designation("D1", &["trader"], "")),
        "ROLE_MISSING header.party"
    );
    ledger.register("drug", "maker2", &[Role::Manufacturer]);
    assert_eq!(
        refused(&mut ledger, "maker2", NOON, designation("D1", &["ghost"], "")),
        "NOT_YOURS designation.registration designation.wholesalers[0]"
    );
    record(&mut ledger, "maker", NOON, designation("D1", &["trader"], ""));
    record(&mut ledger, "maker", NOON, designation("D2", &["importer"], "2026-03-31"));
    let on = |l: &TestLedger, text| designations_on(&l.view, "国药准字SJ20171003", day(text)).unwrap().len();
    assert_eq!(["2025-12-31", "2026-03-01", "2026-04-01"].map(|text| on(&ledger, text)), [0, 2, 1]);
    record(&mut ledger, "maker", NOON + 1, designation("D1", &[], ""));
    assert_eq!(on(&ledger, "2026-04-01"), 0, "ended");
}

#[test]
fn a_successor_may_correct_and_take_back() {
    let mut ledger = TestLedger::new();
    let sites = [site("site:org:trader/W1", "trader"), site("site:org:trader/W2", "trader")];
    for body in sites {
        record(&mut ledger, "drug", NOON, body);
    }
    assert_eq!(
        refused(
            &mut ledger,
            "drug",
            NOON,
            succession("ghost", "nobody", "2026-03-02", &["site:org:maker/W1"])
        ),
        "TARGET_UNKNOWN succession.predecessor succession.successor succession.sites[0]"
    );
    let first = ledger.say("trader", ship(&["A"], "clinic"));
    let first = Say { site: "site:org:trader/W1".into(), ..first };
    ledger.must(&first);
    let second = ledger.say("trader", ship(&["B"], "clinic"));
    ledger.must(&second);
    let [first, second] = [first, second].map(|say| ledger.signed(&say).statement);
    let late = NOON + DAY;
    let void = |l: &mut TestLedger, by: &str, at, of| refused(l, by, at, void_of(of));
    assert_eq!(void(&mut ledger, "importer", late, &first), "NOT_YOURS void.target.party");
    record(&mut ledger, "drug", NOON, succession("trader", "firm", "2026-03-03", &["site:org:trader/W1"]));
    record(&mut ledger, "drug", NOON, succession("firm", "importer", "2026-03-03", &[]));
    assert_eq!(successor_on(&ledger.view, &org("trader"), day("2026-03-02")).unwrap().len(), 0);
    assert_eq!(successor_on(&ledger.view, &org("trader"), day("2026-03-03")).unwrap().len(), 1);
    for (by, at, of, expected) in [
        ("firm", late, &first, "OK"),
        ("importer", late, &first, "OK"),
        ("firm", NOON, &first, "NOT_YOURS void.target.party"),
        ("firm", late, &second, "NOT_YOURS void.target.party"),
        ("maker", late, &first, "NOT_YOURS void.target.party"),
        ("trader", late, &first, "OK"),
    ] {
        assert_eq!(void(&mut ledger, by, at, of), expected, "{by}");
    }
    record(&mut ledger, "firm", late, void_of(&first));
    assert_eq!(void(&mut ledger, "trader", late, &first), "TARGET_VOIDED void.target");
}

const GLN: &str = "site:gln:9521234567059";

fn licence(number: &str) -> Body {
    Body::Licence(v1::Licence {
        site: GLN.into(),
        kind: "drug-wholesale".into(),
        number: number.into(),
        issuer: org("drug"),
        valid_from: "2024-01-01".into(),
        ..v1::Licence::default()
    })
}

/// Whose the site is, with its licences; before that, the same of each earlier tenure.
fn tenures(ledger: &TestLedger) -> String {
    let row = crate::registry::site(&ledger.view, GLN).unwrap().unwrap();
    let tell = |site: Option<v1::Site>, licences: Vec<crate::tables::LicenceRow>| {
        let numbers: Vec<String> = licences.into_iter().map(|l| l.licence.number).collect();
        format!("{} [{}]", site.unwrap().party.replace("org:", ""), numbers.join(" "))
    };
    let before = row.before.into_iter().map(|t| tell(t.site, t.licences));
    let all: Vec<String> = before.chain([tell(row.site, row.licences)]).collect();
    all.join(", ")
}

fn sites_of(ledger: &TestLedger, party: &str) -> Vec<String> {
    let row = crate::registry::party(&ledger.view, &org(party)).unwrap().unwrap();
    crate::registry::sites_of(&ledger.view, &row).unwrap()
}

#[test]
fn an_authority_moves_a_site_to_whose_it_is() {
    let mut ledger = TestLedger::new();
    record(&mut ledger, "trader", NOON, site(GLN, "trader"));
    record(&mut ledger, "drug", NOON + 1, licence("T1"));
    assert_eq!(refused(&mut ledger, "maker", NOON + 2, site(GLN, "maker")), "NOT_YOURS site.site");
    // Dated before what is known, it is recorded and moves nothing.
    record(&mut ledger, "drug", NOON - 1, site(GLN, "maker"));
    assert_eq!(tenures(&ledger), "trader [T1]");
    assert_eq!((sites_of(&ledger, "trader"), sites_of(&ledger, "maker")), (vec![GLN.into()], vec![]));
    record(&mut ledger, "drug", NOON + DAY, site(GLN, "maker"));
    assert_eq!(tenures(&ledger), "trader [T1], maker []");
    assert_eq!((sites_of(&ledger, "trader"), sites_of(&ledger, "maker")), (vec![], vec![GLN.into()]));
    // Licences go to whose it was then.
    record(&mut ledger, "drug", NOON + 2, licence("T2"));
    record(&mut ledger, "drug", NOON + DAY + 1, licence("M1"));
    assert_eq!(tenures(&ledger), "trader [T1 T2], maker [M1]");
    assert_eq!(refused(&mut ledger, "trader", NOON + DAY + 2, site(GLN, "trader")), "NOT_YOURS site.site");
    record(&mut ledger, "maker", NOON + DAY + 2, site(GLN, "maker"));
    assert_eq!(tenures(&ledger), "trader [T1 T2], maker [M1]");
    for n in 1..crate::registry::MAX_TENURES as i64 {
        let to = if n % 2 == 1 { "trader" } else { "maker" };
        record(&mut ledger, "drug", NOON + DAY + 2 + n, site(GLN, to));
    }
    assert_eq!(refused(&mut ledger, "drug", NOON + 2 * DAY, site(GLN, "maker")), "REGISTER_FULL site.site");
}

#[test]
fn a_successor_registers_the_sites_that_it_took_over() {
    let mut ledger = TestLedger::new();
    let other = "site:gln:9521234567042";
    record(&mut ledger, "trader", NOON, site(GLN, "trader"));
    record(&mut ledger, "trader", NOON, site(other, "trader"));
    record(&mut ledger, "drug", NOON, succession("trader", "firm", "2026-03-03", &[GLN]));
    assert_eq!(refused(&mut ledger, "firm", NOON, site(GLN, "firm")), "NOT_YOURS site.site", "not yet");
    assert_eq!(refused(&mut ledger, "firm", NOON + DAY, site(other, "firm")), "NOT_YOURS site.site");
    assert_eq!(refused(&mut ledger, "maker", NOON + DAY, site(GLN, "maker")), "NOT_YOURS site.site");
    record(&mut ledger, "firm", NOON + DAY, site(GLN, "firm"));
    assert_eq!(tenures(&ledger), "trader [], firm []");
    // All of what is left, and what that had taken over.
    record(&mut ledger, "drug", NOON, succession("firm", "importer", "2026-03-03", &[]));
    record(&mut ledger, "importer", NOON + DAY, site(GLN, "importer"));
    assert_eq!((sites_of(&ledger, "firm"), sites_of(&ledger, "importer")), (vec![], vec![GLN.into()]));
    assert_eq!(sites_of(&ledger, "trader"), [other]);
}

#[test]
fn an_authority_whose_role_has_ended_dates_nothing_back_into_a_register() {
    let mut ledger = TestLedger::new();
    let role = v1::RoleGrant {
        role: Role::Authority as i32,
        field: v1::AuthorityField::Drug as i32,
        valid_to: "2026-03-04".into(),
        ..v1::RoleGrant::default()
    };
    let say = ledger.say("root1", Body::Party(facts("port", vec![role])));
    let signed = ledger.signed(&say);
    ledger.record(&signed);
    record(&mut ledger, "root2", NOON, super::ledger::endorse_of(&signed.statement));
    ledger.enrol("root1", "port", "port");
    // Recording is at 2026-03-07.
    let closed = v1::RoleGrant { role: Role::Clinic as i32, ..v1::RoleGrant::default() };
    let party = Body::Party(facts("shop", vec![closed]));
    assert_eq!(refused(&mut ledger, "port", NOON, party), "ROLE_MISSING header.party");
    assert_eq!(refused(&mut ledger, "port", NOON, list(1, false, &[])), "ROLE_MISSING header.party");
    // What it did while it was in office, it can still tell.
    let seen = Body::Inspection(v1::Inspection {
        number: "cert:org:port/I1".into(),
        kind: "routine".into(),
        party: org("maker"),
        officers: vec!["a".repeat(32), "b".repeat(32)],
        result: "in order".into(),
        ..v1::Inspection::default()
    });
    assert_eq!(refused(&mut ledger, "port", NOON, seen), "OK");
}
