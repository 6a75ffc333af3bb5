//! The admission table: what is refused, for which reason, at which field. What is refused is not
//! recorded: [`admit`](crate::admit) reads only.

use proto::v1::{self, KeyUse, Role, StatementKind, statement::Body};
use statement::Envelope;

use super::{
    keys::mandate,
    ledger::{
        DAY, LATER, NOON, SECOND, Say, TestLedger, endorse_of, facts, id_of, key, org, reference_to, uuid,
        void_of,
    },
    story::{bill, item, lot},
};
use crate::{MemoryView, Put, RecordedEntry, Table, View as _};

pub fn commission(names: &[&str]) -> Body {
    Body::Commission(v1::Commission {
        items: names.iter().map(|n| item(n)).collect(),
        lot: lot(),
        registration: "国药准字SJ20171003".into(),
        made_on: "2025-06-01".into(),
        expires_on: "2027-05-31".into(),
        units_per_code: 1,
        ..v1::Commission::default()
    })
}

pub fn ship(names: &[&str], to: &str) -> Body {
    Body::Ship(v1::Ship {
        items: names.iter().map(|n| item(n)).collect(),
        addressee: org(to),
        reason: "sale".into(),
        ..v1::Ship::default()
    })
}

pub fn site(code: &str, of: &str) -> Body {
    Body::Site(v1::Site {
        site: code.into(),
        party: org(of),
        name: "Warehouse".into(),
        address: "1 Example Road".into(),
        region: "310115".into(),
        country: "CN".into(),
        ..v1::Site::default()
    })
}

fn licence(site: &str) -> Body {
    Body::Licence(v1::Licence {
        site: site.into(),
        kind: "drug-making".into(),
        number: "L1".into(),
        issuer: org("drug"),
        valid_from: "2024-01-01".into(),
        ..v1::Licence::default()
    })
}

pub fn party(name: &str, role: Role) -> Body {
    let field = if role == Role::Authority { v1::AuthorityField::Customs as i32 } else { 0 };
    Body::Party(facts(name, vec![v1::RoleGrant { role: role as i32, field, ..v1::RoleGrant::default() }]))
}

pub fn revoke(of: &str, key_name: &str) -> Body {
    Body::RevokeKey(v1::RevokeKey {
        party: org(of),
        key_id: id_of(key_name).to_vec(),
        compromised_since: 0,
        reason: "lost".into(),
    })
}

fn receive(shipment: Option<v1::StatementRef>) -> v1::Receive {
    v1::Receive { shipment, ..v1::Receive::default() }
}

/// A reference to something that was never recorded.
fn nowhere() -> v1::StatementRef {
    v1::StatementRef { party: org("maker"), id: uuid(NOON, 77).to_vec(), digest: Vec::new() }
}

fn with(mut say: Say, change: impl FnOnce(&mut Say)) -> Say {
    change(&mut say);
    say
}

type Row = (&'static str, &'static str, fn(&mut TestLedger) -> Say);

fn check(rows: &[Row]) {
    let ledger = TestLedger::new();
    for (what, expected, say) in rows {
        let mut ledger = ledger.clone();
        let say = say(&mut ledger);
        let signed = ledger.unchecked(&say);
        assert_eq!(ledger.verdict(&signed), *expected, "{what}");
    }
}

#[test]
fn who_signs_for_what_ledger() {
    check(&[
        ("a sound statement", "OK", |l| l.say("maker", commission(&["A"]))),
        ("another ledger", "WRONG_LEDGER header.ledger", |l| {
            with(l.say("maker", commission(&["A"])), |s| s.ledger = Some([1; 32]))
        }),
        ("another party's key", "KEY_OF_ANOTHER_PARTY header.party", |l| {
            with(l.say("maker", commission(&["A"])), |s| s.key = "trader".into())
        }),
        ("confidential", "CONFIDENTIAL_REFUSED header.confidential", |l| {
            with(l.say("maker", commission(&["A"])), |s| s.confidential = true)
        }),
        ("a role that may not", "ROLE_MISSING header.party", |l| l.say("trader", commission(&["A"]))),
        ("an authority uses nothing up", "ROLE_MISSING header.party", |l| {
            l.found_authority("tax", v1::AuthorityField::Tax);
            l.say("tax", Body::Use(v1::Use::default()))
        }),
        ("no role any longer", "ROLE_MISSING header.party", |l| {
            let empty = l.say("drug", Body::Party(facts("trader", Vec::new())));
            l.must(&empty);
            l.say("trader", ship(&["A"], "clinic"))
        }),
        ("the party is closed", "ROLE_MISSING header.party", |l| {
            let role = v1::RoleGrant { role: Role::Distributor as i32, ..v1::RoleGrant::default() };
            let closed = v1::Party { closed_on: "2026-03-01".into(), ..facts("trader", vec![role]) };
            let closed = l.say("drug", Body::Party(closed));
            l.must(&closed);
            l.say("trader", ship(&["A"], "clinic"))
        }),
    ]);
}

#[test]
fn an_unknown_key_is_named() {
    let mut ledger = TestLedger::new();
    let say = with(ledger.say("maker", commission(&["A"])), |s| s.key = "nobody".into());
    assert_eq!(ledger.verdict_of(&say), "UNKNOWN_KEY key_id");
}

#[test]
fn a_key_of_a_party_that_is_not_registered_signs_nothing() {
    let mut ledger = TestLedger::new();
    let say = with(ledger.say("ghost", commission(&["A"])), |s| s.key = "ghost".into());
    // No statement leads there: the row is planted.
    let row = crate::tables::KeyRow {
        party: org("ghost"),
        public_key: key("ghost").public().as_bytes().to_vec(),
        uses: vec![KeyUse::Sign as i32],
        ..crate::tables::KeyRow::default()
    };
    let record = crate::tables::SubjectRecord {
        number: 9_999,
        head: [0; 32],
        count: 1,
        last: 0,
        state: prost::Message::encode_to_vec(&row).into(),
    };
    let subject = statement::subject_key(statement::SubjectKind::Key, &statement::hex_text(&id_of("ghost")));
    let put = Put { table: Table::Subject, key: subject.0.to_vec(), value: record.encode() };
    let entry: RecordedEntry = ledger.view.entry(0).unwrap().unwrap();
    ledger.view.record(entry, vec![put]);
    assert_eq!(ledger.verdict_of(&say), "UNKNOWN_PARTY header.party");
}

#[test]
fn the_signature_is_checked_unless_somebody_has() {
    let mut ledger = TestLedger::new();
    let say = ledger.say("maker", commission(&["A"]));
    let sound = ledger.signed(&say);
    let sealed = |change: fn(&mut Envelope)| {
        let mut envelope = Envelope::decode(&sound.envelope).unwrap();
        change(&mut envelope);
        let mut signed = sound.clone();
        signed.envelope = envelope.encode().to_vec().into();
        signed
    };
    let other_key = sealed(|e| e.key_id[0] ^= 1);
    let other_digest = sealed(|e| e.digest[0] ^= 1);
    let other_signature = sealed(|e| e.signature[40] ^= 1);
    for signed in [&other_key, &other_digest, &other_signature] {
        assert_eq!(ledger.verdict(signed), "BAD_SIGNATURE signature");
    }
    let verified = |signed| crate::admit(&ledger.view, signed, true, ledger.now, &ledger.limits);
    assert!(verified(&other_signature).is_ok(), "the caller vouches for it");
    assert!(verified(&other_digest).is_err(), "the envelope is what gets recorded");
}

#[test]
fn times_lie_within_their_window() {
    check(&[
        ("an id of 30 days", "OK", |l| {
            with(l.say("maker", commission(&["A"])), |s| s.id = uuid(LATER - 30 * DAY + 60 * SECOND, 1))
        }),
        ("an older id", "ID_OUT_OF_WINDOW header.id", |l| {
            with(l.say("maker", commission(&["A"])), |s| s.id = uuid(LATER - 30 * DAY - SECOND, 1))
        }),
        ("an id 5 minutes ahead", "OK", |l| {
            with(l.say("maker", commission(&["A"])), |s| s.id = uuid(LATER + 299 * SECOND, 1))
        }),
        ("an id further ahead", "ID_OUT_OF_WINDOW header.id", |l| {
            let id = uuid(l.now + 301 * SECOND, 1);
            with(l.say("maker", commission(&["A"])), |s| s.id = id)
        }),
        ("happens in 5 minutes", "OK", |l| {
            let at = l.now + 300 * SECOND;
            with(l.say("maker", commission(&["A"])), |s| s.at = at)
        }),
        ("happens later", "OCCURRED_AHEAD header.occurred_at", |l| {
            let at = l.now + 300 * SECOND + 1;
            with(l.say("maker", commission(&["A"])), |s| s.at = at)
        }),
        ("happened long ago", "OK", |l| with(l.say("maker", commission(&["A"])), |s| s.at = 1)),
        ("is corrected to later", "OCCURRED_AHEAD correct.replacement.occurred_at", |l| {
            let first = l.say("maker", commission(&["A"]));
            let first = l.signed(&first);
            l.record(&first);
            let replacement = v1::Replacement {
                occurred_at: l.now + 301 * SECOND,
                body: match commission(&["B"]) {
                    Body::Commission(b) => Some(v1::replacement::Body::Commission(b)),
                    _ => None,
                },
                ..v1::Replacement::default()
            };
            let target = Some(reference_to(&first.statement));
            let correct = v1::Correct {
                target,
                reason: "mistake".into(),
                replacement: Some(replacement),
                ..v1::Correct::default()
            };
            l.say("maker", Body::Correct(correct))
        }),
    ]);
}

#[test]
fn the_first_receipt_is_the_answer_whatever_has_happened_since() {
    let mut ledger = TestLedger::new();
    let say = with(ledger.say("maker", commission(&["A"])), |s| s.bill = "B1".into());
    let signed = ledger.signed(&say);
    let index = ledger.record(&signed);
    let again = format!("RECORDED {index}");
    assert_eq!(ledger.verdict(&signed), again);
    let lost = ledger.say("maker", revoke("maker", "maker"));
    ledger.must(&lost);
    ledger.now += 400 * DAY;
    assert_eq!(ledger.verdict(&signed), again, "the key is revoked, the id is old, the bill is taken");
    let mut forged = signed.clone();
    let mut envelope = Envelope::decode(&forged.envelope).unwrap();
    envelope.signature[0] ^= 1;
    forged.envelope = envelope.encode().to_vec().into();
    assert_eq!(ledger.verdict(&forged), "BAD_SIGNATURE signature", "only the signer is told");
    let other = with(say, |s| s.body = commission(&["B"]));
    assert_eq!(ledger.verdict_of(&other), "ID_TAKEN header.id");
}

#[test]
fn a_statement_signed_by_another_key_of_the_party_is_the_same_statement() {
    let mut ledger = TestLedger::new();
    ledger.enrol("maker", "maker", "second");
    let say = ledger.say("maker", commission(&["A"]));
    let index = ledger.must(&say);
    let again = with(say, |s| s.key = "second".into());
    assert_eq!(ledger.verdict_of(&again), format!("RECORDED {index}"));
}

#[test]
fn registers_take_what_fits_what_they_hold() {
    check(&[
        ("a site of nobody known", "TARGET_UNKNOWN site.party", |l| {
            l.say("drug", site("site:org:ghost/W1", "ghost"))
        }),
        ("a site of its own", "OK", |l| l.say("maker", site("site:org:maker/W1", "maker"))),
        ("a site of another", "NOT_YOURS site.party", |l| {
            l.say("trader", site("site:org:maker/W1", "maker"))
        }),
        ("a site by an authority", "OK", |l| l.say("drug", site("site:org:maker/W1", "maker"))),
        ("a GLN that is another's site", "NOT_YOURS site.site", |l| {
            let first = l.say("maker", site("site:gln:9521234567059", "maker"));
            l.must(&first);
            l.say("trader", site("site:gln:9521234567059", "trader"))
        }),
        ("a licence for no site", "TARGET_UNKNOWN licence.site", |l| {
            l.say("drug", licence("site:org:maker/W1"))
        }),
        ("a licence by a trader", "ROLE_MISSING header.party", |l| {
            l.say("maker", licence("site:org:maker/W1"))
        }),
        ("a mandate for nobody known", "TARGET_UNKNOWN mandate.agent", |l| mandate_to(l, "maker", "ghost")),
        ("a key of nobody known", "TARGET_UNKNOWN enrol_key.party", |l| {
            let body = Body::EnrolKey(l.enrolment("ghost", "new"));
            l.say("drug", body)
        }),
        ("a key enrolled before", "KEY_TAKEN enrol_key.public_key", |l| {
            let body = Body::EnrolKey(l.enrolment("trader", "maker"));
            l.say("drug", body)
        }),
        ("a key revoked before", "KEY_TAKEN enrol_key.public_key", |l| {
            let lost = l.say("drug", revoke("trader", "trader"));
            l.must(&lost);
            let body = Body::EnrolKey(l.enrolment("trader", "trader"));
            l.say("drug", body)
        }),
        ("the log's key", "KEY_TAKEN enrol_key.public_key", |l| {
            let body = Body::EnrolKey(l.enrolment("trader", "log"));
            l.say("drug", body)
        }),
        ("a witness's key", "KEY_TAKEN enrol_key.public_key", |l| {
            let body = Body::EnrolKey(l.enrolment("trader", "witness"));
            l.say("drug", body)
        }),
        ("a cosigner's key", "KEY_TAKEN enrol_key.public_key", |l| {
            let body = Body::EnrolKey(l.enrolment("trader", "cosigner"));
            l.say("drug", body)
        }),
        ("a weak key", "WEAK_KEY enrol_key.public_key", |l| {
            let weak = v1::EnrolKey { public_key: vec![0; 32], ..l.enrolment("trader", "new") };
            l.say("drug", Body::EnrolKey(weak))
        }),
        ("possession for another party", "BAD_POSSESSION enrol_key.possession", |l| {
            let stolen = v1::EnrolKey { party: org("trader"), ..l.enrolment("clinic", "new") };
            l.say("drug", Body::EnrolKey(stolen))
        }),
        ("revoking no key", "TARGET_UNKNOWN revoke_key.key_id", |l| l.say("drug", revoke("trader", "new"))),
        ("revoking under a wrong name", "TARGET_UNKNOWN revoke_key.key_id", |l| {
            l.say("drug", revoke("trader", "maker"))
        }),
        ("revoking twice", "KEY_REVOKED revoke_key.key_id", |l| {
            let lost = l.say("drug", revoke("trader", "trader"));
            l.must(&lost);
            l.say("drug", revoke("trader", "trader"))
        }),
    ]);
}

fn mandate_to(ledger: &mut TestLedger, principal: &str, agent: &str) -> Say {
    let body = Body::Mandate(v1::Mandate {
        number: "M".into(),
        agent: org(agent),
        acts: vec![StatementKind::Ship as i32],
        valid_from: "2026-01-01".into(),
        ..v1::Mandate::default()
    });
    ledger.say(principal, body)
}

#[test]
fn a_receive_names_a_ship_or_something_to_find_it_by() {
    check(&[
        ("nothing recorded, nothing else", "SHIPMENT_UNKNOWN receive.shipment", |l| {
            l.say("clinic", Body::Receive(receive(Some(nowhere()))))
        }),
        ("nothing recorded, but a bill", "OK", |l| {
            let body = v1::Receive { bill: bill("maker", "B1"), ..receive(Some(nowhere())) };
            l.say("clinic", Body::Receive(body))
        }),
        ("nothing recorded, but items", "OK", |l| {
            let body = v1::Receive { items: vec![item("A")], ..receive(Some(nowhere())) };
            l.say("clinic", Body::Receive(body))
        }),
        ("something that is no Ship", "TARGET_KIND receive.shipment", |l| {
            let first = l.say("maker", commission(&["A"]));
            let first = l.signed(&first);
            l.record(&first);
            l.say("clinic", Body::Receive(receive(Some(reference_to(&first.statement)))))
        }),
        ("a Ship with another digest", "TARGET_DIGEST receive.shipment.digest", |l| {
            let first = l.say("maker", ship(&["A"], "clinic"));
            let first = l.signed(&first);
            l.record(&first);
            let target = v1::StatementRef { digest: vec![1; 32], ..reference_to(&first.statement) };
            l.say("clinic", Body::Receive(receive(Some(target))))
        }),
        ("no shipment, only a document", "OK", |l| {
            let body = v1::Receive { bill: bill("maker", "B1"), ..receive(None) };
            l.say("clinic", Body::Receive(body))
        }),
    ]);
}

#[test]
fn statements_about_statements_name_what_is_recorded() {
    let correct = |target| {
        let body = match commission(&["A"]) {
            Body::Commission(b) => Some(v1::replacement::Body::Commission(b)),
            _ => None,
        };
        let replacement = Some(v1::Replacement { body, ..v1::Replacement::default() });
        Body::Correct(v1::Correct {
            target: Some(target),
            reason: "mistake".into(),
            replacement,
            ..v1::Correct::default()
        })
    };
    let void = |target| Body::Void(v1::Void { target: Some(target), reason: "mistake".into() });
    let endorse = |target| Body::Endorse(v1::Endorse { target: Some(target) });
    let mut ledger = TestLedger::new();
    let first = ledger.say("maker", ship(&["A"], "clinic"));
    let first = ledger.signed(&first);
    ledger.record(&first);
    let target = reference_to(&first.statement);
    let other_digest = v1::StatementRef { digest: vec![1; 32], ..target.clone() };
    let unknown = v1::StatementRef { digest: vec![1; 32], ..nowhere() };
    for (by, body, expected) in [
        ("maker", correct(nowhere()), "TARGET_UNKNOWN correct.target"),
        ("maker", void(nowhere()), "TARGET_UNKNOWN void.target"),
        ("maker", endorse(unknown), "TARGET_UNKNOWN endorse.target"),
        ("maker", correct(other_digest.clone()), "TARGET_DIGEST correct.target.digest"),
        ("maker", void(other_digest.clone()), "TARGET_DIGEST void.target.digest"),
        ("clinic", endorse(other_digest), "TARGET_DIGEST endorse.target.digest"),
        ("maker", correct(target.clone()), "TARGET_KIND correct.replacement"),
        ("trader", void(target.clone()), "NOT_YOURS void.target.party"),
        ("trader", correct(target), "NOT_YOURS correct.target.party"),
        ("clinic", endorse_of(&first.statement), "NOT_PENDING endorse.target"),
    ] {
        let say = ledger.say(by, body);
        assert_eq!(ledger.verdict_of(&say), expected);
    }
    let party = ledger.say("drug", party("shop", Role::Clinic));
    let party = ledger.signed(&party);
    ledger.record(&party);
    let take_back = ledger.say("drug", void_of(&party.statement));
    assert_eq!(ledger.verdict_of(&take_back), "TARGET_KIND void.target");
}

#[test]
fn mandates_cover_kind_site_and_day() {
    let ship_for =
        |l: &mut TestLedger| with(l.say("firm", ship(&["A"], "clinic")), |s| s.principal = "maker".into());
    let mut ledger = TestLedger::new();
    assert_eq!(ledger.clone().verdict_of(&ship_for(&mut ledger)), "NO_MANDATE header.on_behalf_of");
    mandate(&mut ledger, "maker", "firm", &[StatementKind::Ship]);
    let day = 86_400 * SECOND;
    // NOON is noon of 2026-03-02 in UTC+8; the mandate begins on 2026-03-01.
    let first_instant = NOON - day - day / 2;
    type Case = (&'static str, fn(&mut Say), &'static str);
    let cases: [Case; 5] = [
        ("covered", |_| {}, "OK"),
        ("another kind", |s| s.body = commission(&["A"]), "NO_MANDATE header.on_behalf_of"),
        ("an unknown principal", |s| s.principal = "ghost".into(), "NO_MANDATE header.on_behalf_of"),
        ("another's principal", |s| s.principal = "trader".into(), "NO_MANDATE header.on_behalf_of"),
        ("without principal", |s| s.principal = String::new(), "OK"),
    ];
    for (what, change, expected) in cases {
        let say = with(ship_for(&mut ledger), change);
        assert_eq!(ledger.verdict_of(&say), expected, "{what}");
    }
    for (at, expected) in [(first_instant, "OK"), (first_instant - 1, "NO_MANDATE header.on_behalf_of")] {
        let say = with(ship_for(&mut ledger), |s| s.at = at);
        assert_eq!(ledger.verdict_of(&say), expected, "{at}");
    }
    let kind = with(
        ledger.say("firm", endorse_of(ledger.signed(&ship_for(&mut ledger.clone())).statement())),
        |s| {
            s.principal = "maker".into();
        },
    );
    let signed = ledger.unchecked(&kind);
    assert_eq!(ledger.verdict(&signed), "NO_MANDATE header.on_behalf_of", "no kind for others");
}

impl crate::Signed {
    fn statement(&self) -> &statement::Statement {
        &self.statement
    }
}

#[test]
fn an_empty_view_knows_no_key() {
    let ledger = TestLedger::new();
    let mut other = ledger.clone();
    let say = other.say("maker", commission(&["A"]));
    let signed = other.signed(&say);
    let answer = crate::admit(&MemoryView::default(), &signed, false, LATER, &ledger.limits);
    assert!(
        matches!(answer, Err(crate::AdmitError::Refused(r)) if r.reason == statement::Reason::UnknownKey)
    );
}
