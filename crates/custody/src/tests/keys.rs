//! Keys, mandates and roles: who may sign what, when.

use proto::v1::{self, statement::Body};

use super::ledger::{TestLedger, org};

/// `principal` lets `agent` sign these kinds from 2026-03-01 on.
pub fn mandate(ledger: &mut TestLedger, principal: &str, agent: &str, acts: &[StatementKind]) {
    let body = Body::Mandate(v1::Mandate {
        number: format!("M-{agent}"),
        agent: org(agent),
        acts: acts.iter().map(|a| *a as i32).collect(),
        sites: Vec::new(),
        valid_from: "2026-03-01".into(),
        valid_to: String::new(),
    });
    let say = ledger.say(principal, body);
    ledger.must(&say);
}

use proto::v1::{KeyUse, Role, StatementKind};

use super::{
    admission::{commission, party, revoke, ship, site},
    ledger::{DAY, NOON, SECOND, Say, endorse_of, facts, id_of, reference_to, void_of},
};
use statement::Statement;

use crate::registry::{self, MAX_MANDATES, MAX_ROWS, roles_on};

fn enrol_with(ledger: &mut TestLedger, name: &str, change: impl FnOnce(&mut v1::EnrolKey)) {
    let mut enrolment = ledger.enrolment("maker", name);
    change(&mut enrolment);
    let say = ledger.say("maker", Body::EnrolKey(enrolment));
    ledger.must(&say);
}

fn signed_with(ledger: &mut TestLedger, key: &str, body: Body) -> Say {
    Say { key: key.into(), ..ledger.say("maker", body) }
}

#[test]
fn revocation_acts_by_index() {
    let mut ledger = TestLedger::new();
    enrol_with(&mut ledger, "second", |_| {});
    let before = signed_with(&mut ledger, "second", commission(&["A"]));
    ledger.must(&before);
    let after = signed_with(&mut ledger, "second", commission(&["B"]));
    assert_eq!(ledger.verdict_of(&after), "OK");
    let lost = ledger.say("maker", revoke("maker", "second"));
    let index = ledger.must(&lost);
    assert_eq!(ledger.verdict_of(&after), "KEY_REVOKED key_id", "whatever time it names");
    assert_eq!(registry::key(&ledger.view, &id_of("second")).unwrap().unwrap().revoked_index, Some(index));
}

#[test]
fn expiry_goes_by_the_time_of_recording() {
    let mut ledger = TestLedger::new();
    let last = ledger.now + 10 * SECOND;
    enrol_with(&mut ledger, "second", |e| e.expires_at = last);
    let say = signed_with(&mut ledger, "second", commission(&["A"]));
    ledger.now = last;
    assert_eq!(ledger.verdict_of(&say), "OK");
    ledger.now = last + 1;
    assert_eq!(ledger.verdict_of(&say), "KEY_EXPIRED key_id");
}

#[test]
fn keys_do_what_they_are_enrolled_for() {
    let mut ledger = TestLedger::new();
    enrol_with(&mut ledger, "reader", |e| e.uses = vec![KeyUse::Read as i32]);
    enrol_with(&mut ledger, "signer", |e| e.uses = vec![KeyUse::Sign as i32]);
    enrol_with(&mut ledger, "admin", |e| e.uses = vec![KeyUse::Administer as i32]);
    enrol_with(&mut ledger, "shipper", |e| e.kinds = vec![StatementKind::Ship as i32]);
    enrol_with(&mut ledger, "counter", |e| e.site = "site:org:maker/W1".into());
    let new = Body::EnrolKey(ledger.enrolment("maker", "third"));
    for (key, body, expected) in [
        ("reader", commission(&["A"]), "KEY_NOT_FOR_THIS key_id"),
        ("reader", new.clone(), "KEY_NOT_FOR_THIS key_id"),
        ("signer", commission(&["A"]), "OK"),
        ("signer", new.clone(), "KEY_NOT_FOR_THIS key_id"),
        ("signer", revoke("maker", "admin"), "KEY_NOT_FOR_THIS key_id"),
        ("admin", commission(&["A"]), "KEY_NOT_FOR_THIS key_id"),
        ("admin", new, "OK"),
        ("admin", revoke("maker", "signer"), "OK"),
        ("shipper", ship(&["A"], "clinic"), "OK"),
        ("shipper", commission(&["A"]), "KEY_NOT_FOR_THIS key_id"),
        ("counter", commission(&["A"]), "KEY_NOT_FOR_THIS header.site"),
    ] {
        let say = signed_with(&mut ledger, key, body);
        assert_eq!(ledger.verdict_of(&say), expected, "{key}");
    }
    let at_site = signed_with(&mut ledger, "counter", commission(&["A"]));
    let at_site = Say { site: "site:org:maker/W1".into(), ..at_site };
    assert_eq!(ledger.verdict_of(&at_site), "OK");
}

fn correct_to(target: &Statement, site: &str, at: i64) -> Body {
    let Body::Ship(ship) = target.body() else { panic!("a Ship") };
    let body = Some(v1::replacement::Body::Ship(ship.clone()));
    Body::Correct(v1::Correct {
        target: Some(reference_to(target)),
        reason: "mistake".into(),
        replacement: Some(v1::Replacement { body, site: site.into(), occurred_at: at }),
        ..v1::Correct::default()
    })
}

#[test]
fn a_key_for_one_site_changes_nothing_that_was_said_at_another() {
    let (here, there) = ("site:org:maker/W1", "site:org:maker/W2");
    let mut ledger = TestLedger::new();
    enrol_with(&mut ledger, "counter", |e| e.site = here.into());
    let mut ship_at = |site: &str| {
        let say =
            Say { site: site.into(), attached: vec![[1; 32]], ..ledger.say("maker", ship(&["A"], "clinic")) };
        let signed = ledger.signed(&say);
        ledger.record(&signed);
        signed.statement
    };
    let [ours, theirs, nowhere] = [here, there, ""].map(&mut ship_at);
    let erase = |of: &Statement| {
        Body::Erase(v1::Erase {
            target: Some(reference_to(of)),
            reason: "asked to".into(),
            ..v1::Erase::default()
        })
    };
    for (body, expected) in [
        (void_of(&ours), "OK"),
        (void_of(&theirs), "KEY_NOT_FOR_THIS void.target"),
        (void_of(&nowhere), "KEY_NOT_FOR_THIS void.target"),
        (correct_to(&ours, "", 0), "OK"),
        (correct_to(&ours, here, 0), "OK"),
        (correct_to(&ours, there, 0), "KEY_NOT_FOR_THIS correct.target"),
        (correct_to(&theirs, here, 0), "KEY_NOT_FOR_THIS correct.target"),
        (erase(&ours), "OK"),
        (erase(&theirs), "KEY_NOT_FOR_THIS erase.target"),
    ] {
        let say = Say { site: here.into(), ..signed_with(&mut ledger, "counter", body) };
        assert_eq!(ledger.verdict_of(&say), expected, "{say:?}");
    }
}

#[test]
fn a_correct_moves_an_act_only_where_a_mandate_reaches() {
    let (here, there) = ("site:org:maker/W1", "site:org:maker/W2");
    let mut ledger = TestLedger::new();
    let body = Body::Mandate(v1::Mandate {
        number: "M".into(),
        agent: org("firm"),
        acts: vec![StatementKind::Ship as i32],
        sites: vec![here.into()],
        valid_from: "2026-03-01".into(),
        valid_to: "2026-03-03".into(),
    });
    let say = ledger.say("maker", body);
    ledger.must(&say);
    let for_maker = |say: Say| Say { principal: "maker".into(), site: here.into(), ..say };
    let shipped = for_maker(ledger.say("firm", ship(&["A"], "clinic")));
    let shipped = ledger.signed(&shipped);
    ledger.record(&shipped);
    for (site, at, expected) in [
        ("", 0, "OK"),
        (here, NOON + DAY, "OK"),
        ("", NOON + 2 * DAY, "NO_MANDATE correct.replacement"),
        (there, 0, "NO_MANDATE correct.replacement"),
    ] {
        let say = for_maker(ledger.say("firm", correct_to(&shipped.statement, site, at)));
        assert_eq!(ledger.verdict_of(&say), expected, "{site} {at}");
    }
}

#[test]
fn roles_hold_on_days_of_occurrence_in_utc_plus_8() {
    let mut ledger = TestLedger::new();
    let grant = v1::RoleGrant {
        role: Role::Manufacturer as i32,
        valid_from: "2026-03-02".into(),
        valid_to: "2026-03-02".into(),
        ..v1::RoleGrant::default()
    };
    let say = ledger.say("drug", Body::Party(facts("maker", vec![grant])));
    ledger.must(&say);
    let midnight = NOON - DAY / 2;
    for (at, expected) in [
        (midnight - 1, "ROLE_MISSING header.party"),
        (midnight, "OK"),
        (midnight + DAY - 1, "OK"),
        (midnight + DAY, "ROLE_MISSING header.party"),
    ] {
        let say = Say { at, ..ledger.say("maker", commission(&["A"])) };
        assert_eq!(ledger.verdict_of(&say), expected, "{at}");
    }
}

#[test]
fn nobody_but_the_roots_makes_authorities_or_touches_them() {
    let mut ledger = TestLedger::new();
    ledger.found_authority("customs", v1::AuthorityField::Customs);
    ledger.register("drug", "shop", &[]);
    let key_for = |l: &TestLedger, of: &str| Body::EnrolKey(l.enrolment(of, "planted"));
    let own_root_key = key_for(&ledger, "root1");
    let rows: Vec<(&str, Body, &str)> = vec![
        // An authority makes no authority: neither a friend nor itself, nor unmakes one.
        ("drug", party("shop", Role::Authority), "ROLE_MISSING party.roles"),
        ("drug", party("shop", Role::Auditor), "ROLE_MISSING party.roles"),
        ("drug", party("drug", Role::Authority), "ROLE_MISSING party.roles"),
        ("drug", party("drug", Role::Clinic), "ROLE_MISSING party.roles"),
        ("drug", party("customs", Role::Clinic), "ROLE_MISSING party.roles"),
        ("drug", party("root1", Role::Clinic), "ROLE_MISSING party.roles"),
        ("maker", party("shop", Role::Clinic), "ROLE_MISSING header.party"),
        ("maker", party("maker", Role::Authority), "ROLE_MISSING header.party"),
        // Keys: of traders by authorities, of authorities by roots, of roots by themselves.
        ("drug", key_for(&ledger, "trader"), "OK"),
        ("trader", key_for(&ledger, "trader"), "OK"),
        ("maker", key_for(&ledger, "trader"), "NOT_YOURS enrol_key.party"),
        ("drug", key_for(&ledger, "customs"), "NOT_YOURS enrol_key.party"),
        ("customs", key_for(&ledger, "customs"), "OK"),
        // Two of the roots make an authority; one alone gives it its first key and no other to sign with.
        ("root1", key_for(&ledger, "customs"), "NOT_YOURS enrol_key.party"),
        ("root3", key_for(&ledger, "drug"), "NOT_YOURS enrol_key.party"),
        ("drug", key_for(&ledger, "root1"), "NOT_YOURS enrol_key.party"),
        ("root2", key_for(&ledger, "root1"), "NOT_YOURS enrol_key.party"),
        ("root1", own_root_key, "OK"),
        ("drug", revoke("customs", "customs"), "NOT_YOURS revoke_key.party"),
        ("drug", revoke("root1", "root1"), "NOT_YOURS revoke_key.party"),
        ("root2", revoke("root1", "root1"), "NOT_YOURS revoke_key.party"),
        ("root2", revoke("customs", "customs"), "OK"),
        ("maker", revoke("trader", "trader"), "NOT_YOURS revoke_key.party"),
        ("drug", revoke("trader", "trader"), "OK"),
        // Sites.
        ("maker", site("site:org:trader/W1", "trader"), "NOT_YOURS site.party"),
    ];
    for (by, body, expected) in rows {
        let say = ledger.say(by, body.clone());
        assert_eq!(ledger.verdict_of(&say), expected, "{by} {body:?}");
    }
}

#[test]
fn an_authority_stays_guarded_after_its_role_is_gone() {
    let mut ledger = TestLedger::new();
    ledger.found_authority("customs", v1::AuthorityField::Customs);
    let demote = ledger.say("root3", Body::Party(facts("customs", Vec::new())));
    let demote = ledger.signed(&demote);
    ledger.record(&demote);
    let roles = |l: &TestLedger| {
        let row = registry::party(&l.view, &org("customs")).unwrap().unwrap();
        roles_on(&row, statement::Day::of_instant(NOON)).len()
    };
    assert_eq!(roles(&ledger), 1, "one root alone takes nothing away");
    let endorse = ledger.say("root2", endorse_of(&demote.statement));
    ledger.must(&endorse);
    assert_eq!(roles(&ledger), 0, "two roots take back what two other roots gave");
    let planted = Body::EnrolKey(ledger.enrolment("customs", "planted"));
    let planted = ledger.say("drug", planted);
    assert_eq!(ledger.verdict_of(&planted), "NOT_YOURS enrol_key.party");
    let back = ledger.say("drug", party("customs", Role::Clinic));
    assert_eq!(ledger.verdict_of(&back), "ROLE_MISSING party.roles");
}

#[test]
fn a_root_act_takes_effect_with_the_last_signature() {
    let mut ledger = TestLedger::new();
    ledger.register("drug", "shop", &[]);
    let act = ledger.say("root1", party("shop", Role::Authority));
    let act = ledger.signed(&act);
    ledger.record(&act);
    let inspect = ledger.say("shop", party("other", Role::Importer));
    assert_eq!(ledger.verdict_of(&inspect), "ROLE_MISSING header.party", "it waits");
    for (by, expected) in [
        ("root1", "NOT_ASKED header.party"),
        ("drug", "NOT_ASKED header.party"),
        ("root2", "OK"),
        ("root3", "OK"),
    ] {
        let endorse = ledger.say(by, endorse_of(&act.statement));
        assert_eq!(ledger.verdict_of(&endorse), expected, "{by}");
    }
    let endorse = ledger.say("root3", endorse_of(&act.statement));
    ledger.must(&endorse);
    assert_eq!(ledger.verdict_of(&inspect), "OK");
    let late = ledger.say("root2", endorse_of(&act.statement));
    assert_eq!(ledger.verdict_of(&late), "NOT_PENDING endorse.target");
}

#[test]
fn a_root_act_can_be_withdrawn_while_it_waits() {
    let mut ledger = TestLedger::new();
    let act = ledger.say("root1", party("shop", Role::Authority));
    let act = Say { bill: "ACT-1".into(), ..act };
    let act = ledger.signed(&act);
    ledger.record(&act);
    let again = Say { bill: "ACT-1".into(), ..ledger.say("root1", party("shop", Role::Authority)) };
    assert_eq!(ledger.verdict_of(&again), "BUSINESS_KEY_TAKEN header.business_key");
    let other_root = ledger.say("root2", void_of(&act.statement));
    assert_eq!(ledger.verdict_of(&other_root), "NOT_YOURS void.target.party");
    let withdraw = ledger.say("root1", void_of(&act.statement));
    ledger.must(&withdraw);
    let endorse = ledger.say("root2", endorse_of(&act.statement));
    assert_eq!(ledger.verdict_of(&endorse), "NOT_PENDING endorse.target");
    assert!(registry::party(&ledger.view, &org("shop")).unwrap().is_none(), "nothing came of it");
    assert_eq!(ledger.verdict_of(&again), "OK", "its business key is free again");
}

#[test]
fn registers_are_bounded() {
    let mut ledger = TestLedger::new();
    let mandate = |n: usize| {
        Body::Mandate(v1::Mandate {
            number: format!("M{n}"),
            agent: org("firm"),
            acts: vec![StatementKind::Ship as i32],
            valid_from: "2026-01-01".into(),
            ..v1::Mandate::default()
        })
    };
    for n in 0..MAX_MANDATES {
        let say = ledger.say("maker", mandate(n));
        let signed = ledger.signed(&say);
        ledger.apply(&signed);
    }
    let more = ledger.say("maker", mandate(MAX_MANDATES));
    assert_eq!(ledger.verdict_of(&more), "REGISTER_FULL mandate.number");
    let again = ledger.say("maker", mandate(7));
    assert_eq!(ledger.verdict_of(&again), "OK", "an old one can be stated anew");
    for n in 0..MAX_ROWS {
        let say = ledger.say("maker", site(&format!("site:org:maker/W{n}"), "maker"));
        let signed = ledger.signed(&say);
        ledger.apply(&signed);
    }
    let more = ledger.say("maker", site("site:org:maker/MORE", "maker"));
    assert_eq!(ledger.verdict_of(&more), "REGISTER_FULL site.party");
    let again = ledger.say("maker", site("site:org:maker/W7", "maker"));
    assert_eq!(ledger.verdict_of(&again), "OK");
}
