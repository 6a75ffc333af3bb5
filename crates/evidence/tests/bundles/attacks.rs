//! Tampering, with the exporter's help: what is changed is signed anew with the exporter's own key, so that only
//! the proofs can tell.

use std::ops::Range;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use evidence::bundle::{Bundle, Content, Extent, Part, QueryKind, Source as _, Trust, collect, sign, verify};
use merkle::{SigningKey, WitnessKey};
use proptest::prelude::*;
use proto::v1::{self, statement::Body};
use statement::{Seal, Subject, SubjectKind, hex_text};

use crate::{
    log::{Log, Say, cosigner, id_of, key, log_key, org, signed},
    story::{DECLARATION, LOT, Trade, enrolment, registers, revoke, ship, trade, vial},
};

/// The part of the check at which a file fails; `None` where it is proven.
fn part_of(file: &[u8], trust: &Trust) -> Option<Part> {
    verify(file, trust).err().map(|defect| defect.part)
}

fn part(bundle: &Bundle, trust: &Trust) -> Option<Part> {
    part_of(&signed(bundle), trust)
}

/// One of each kind of question.
fn questions(trade: &Trade) -> Vec<(QueryKind, String)> {
    vec![
        (QueryKind::Item, vial(1)),
        (QueryKind::Lot, LOT.into()),
        (QueryKind::Party, org("clinic")),
        (QueryKind::Document, DECLARATION.into()),
        (QueryKind::Entry, trade.pack.to_string()),
        (QueryKind::Absent, vial(77)),
    ]
}

#[test]
fn no_file_with_a_changed_byte_is_proven() {
    let trade = trade();
    let trust = trade.log.trust();
    for (kind, text) in questions(&trade) {
        let honest = trade.log.export(kind, &text);
        assert_eq!(part_of(&honest, &trust), None);
        // Head and tail of the file whole, the middle in steps that do not fall in with base64.
        let middle = (200..honest.len().saturating_sub(300)).step_by(101);
        for at in (0..200).chain(middle).chain(honest.len() - 300..honest.len()) {
            let mut changed = honest.clone();
            changed[at] ^= 1 << (at % 8);
            assert!(part_of(&changed, &trust).is_some(), "{text}: byte {at}");
        }
    }
}

fn dsse(json: &[u8], key: &SigningKey, key_id: &str) -> Vec<u8> {
    let payload_type = evidence::bundle::PAYLOAD_TYPE;
    let signature = STANDARD.encode(statement::sign(key, payload_type, json));
    let json = STANDARD.encode(json);
    format!(r#"{{"payload":"{json}","payloadType":"{payload_type}","signatures":[{{"keyid":"{key_id}","sig":"{signature}"}}]}}"#)
        .into_bytes()
}

/// Where the exporter says why and when it took the bundle out, and as of when it asks: its own word.
fn own_word(json: &str) -> Vec<Range<usize>> {
    let extraction = json.find(r#","at":"#).unwrap()..json.find(r#","checkpoint":"#).unwrap();
    let as_of = json.find(r#","as_of":"#).unwrap()..json.find(r#","closure":"#).unwrap();
    vec![extraction, as_of]
}

#[test]
fn no_changed_byte_is_proven_even_if_the_exporter_signs_it_anew() {
    let trade = trade();
    let trust = trade.log.trust();
    for (kind, text) in questions(&trade) {
        let json = trade.log.collect(kind, &text).encode().unwrap();
        let own = own_word(std::str::from_utf8(&json).unwrap());
        let step = (json.len() / 1_500).max(1) | 1;
        for at in (0..json.len()).step_by(step).filter(|at| !own.iter().any(|r| r.contains(at))) {
            let mut changed = json.clone();
            changed[at] ^= 1 << (at % 7);
            let file = dsse(&changed, &key("drug"), &hex_text(&id_of("drug")));
            assert!(part_of(&file, &trust).is_some(), "{text}: byte {at}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Whatever value of the JSON is put in place of another of its kind.
    #[test]
    fn no_value_put_in_place_of_another_is_proven(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        thread_local! {
            static HONEST: (Trade, serde_json::Value) = {
                let trade = trade();
                let json = trade.log.collect(QueryKind::Item, &vial(1)).encode().unwrap();
                let value = serde_json::from_slice(&json).unwrap();
                (trade, value)
            };
        }
        HONEST.with(|(trade, honest)| {
            let places: Vec<String> = leaves(honest).into_iter().filter(|p| !is_own_word(p)).collect();
            let (from, to) = (from.get(&places), to.get(&places));
            let mut changed = honest.clone();
            let value = honest.pointer(from).unwrap().clone();
            if *changed.pointer(to).unwrap() == value {
                return Ok(());
            }
            *changed.pointer_mut(to).unwrap() = value;
            let bundle = Bundle::decode(&in_order(&changed));
            if let Ok(bundle) = bundle {
                prop_assert!(part(&bundle, &trade.log.trust()).is_some(), "{} to {}", from, to);
            }
            Ok(())
        })?;
    }
}

fn is_own_word(pointer: &str) -> bool {
    let own = ["/extraction/at", "/extraction/purpose", "/extraction/case", "/query/as_of"];
    own.contains(&pointer)
}

/// Pointers to all values that are neither list nor object.
fn leaves(value: &serde_json::Value) -> Vec<String> {
    let below = |name: String, value: &serde_json::Value| -> Vec<String> {
        leaves(value).into_iter().map(|rest| format!("/{name}{rest}")).collect()
    };
    match value {
        serde_json::Value::Array(all) => {
            all.iter().enumerate().flat_map(|(i, v)| below(i.to_string(), v)).collect()
        }
        serde_json::Value::Object(all) => all.iter().flat_map(|(k, v)| below(k.clone(), v)).collect(),
        _ => vec![String::new()],
    }
}

/// The JSON with fields in the order of the format (a map sorts them by name).
fn in_order(value: &serde_json::Value) -> Vec<u8> {
    write(value).into_bytes()
}

fn write(value: &serde_json::Value) -> String {
    // Fields of all other objects of the format, each object's in its order.
    const FIELDS: [&str; 36] = [
        "version",
        "ledger",
        "query",
        "closure",
        "withheld",
        "extraction",
        "checkpoint",
        "tokens",
        "seal",
        "entries",
        "subjects",
        "nodes",
        "kind",
        "text",
        "as_of",
        "runs",
        "links",
        "party",
        "key",
        "index",
        "leaf",
        "envelope",
        "payload",
        "inclusion",
        "consistency",
        "left",
        "right",
        "state",
        "entry",
        "head",
        "at",
        "purpose",
        "case",
        "record",
        "blind",
        "proof",
    ];
    match value {
        serde_json::Value::Array(all) => format!("[{}]", all.iter().map(write).collect::<Vec<_>>().join(",")),
        serde_json::Value::Object(all) if all.contains_key("head") => {
            object(all, &["head", "count", "last", "at", "proof"])
        }
        serde_json::Value::Object(all) if all.contains_key("entry") => {
            object(all, &["entry", "at", "count", "blind", "proof"])
        }
        serde_json::Value::Object(all) => object(all, &FIELDS),
        other => other.to_string(),
    }
}

fn object(all: &serde_json::Map<String, serde_json::Value>, order: &[&str]) -> String {
    let fields = order.iter().filter_map(|name| Some(format!("\"{name}\":{}", write(all.get(*name)?))));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

#[test]
fn the_order_of_fields_used_above_is_that_of_the_format() {
    let trade = trade();
    let json = trade.log.collect(QueryKind::Item, &vial(1)).encode().unwrap();
    assert_eq!(in_order(&serde_json::from_slice(&json).unwrap()), json);
}

#[test]
fn no_payload_can_be_left_out() {
    let trade = trade();
    let trust = trade.log.trust();
    let honest = trade.log.collect(QueryKind::Item, &vial(1));
    for at in 1..honest.entries.len() {
        let mut changed = honest.clone();
        changed.entries[at].content = Content::Withheld;
        let found = part(&changed, &trust);
        assert_eq!(found, Some(Part::Subject), "entry {}", changed.entries[at].index);
        // Without saying that one is withheld.
        let json = String::from_utf8(changed.encode().unwrap()).unwrap();
        let json = json.replacen(r#""withheld":1"#, r#""withheld":0"#, 1);
        let file = dsse(json.as_bytes(), &key("drug"), &hex_text(&id_of("drug")));
        assert_eq!(part_of(&file, &trust), Some(Part::Format));
    }
}

#[test]
fn what_is_withheld_never_hides_a_key() {
    let mut trade = trade();
    trade.log.withheld.insert(trade.revocation);
    let bundle = trade.log.collect(QueryKind::Item, &vial(3));
    assert_eq!(part(&bundle, &trade.log.trust()), Some(Part::Key));
}

#[test]
fn no_event_can_be_dropped_from_a_chain() {
    let trade = trade();
    let trust = trade.log.trust();
    for (kind, text) in questions(&trade) {
        let honest = trade.log.collect(kind, &text);
        for s in 0..honest.subjects.len() {
            for l in 0..honest.subjects[s].links.len() {
                let mut changed = honest.clone();
                let gone = changed.subjects[s].links.remove(l);
                assert_eq!(
                    part(&changed, &trust),
                    Some(Part::Subject),
                    "{text}: {:?}",
                    changed.subjects[s].subject
                );
                // The entry with it, out of all chains.
                changed.subjects.iter_mut().for_each(|s| s.links.retain(|l| l.entry != gone.entry));
                changed.entries.retain(|e| e.index == 0 || e.index != gone.entry);
                assert_eq!(part(&changed, &trust), Some(Part::Subject), "{text}: entry {}", gone.entry);
            }
        }
    }
}

#[test]
fn nothing_can_be_swapped() {
    let trade = trade();
    let trust = trade.log.trust();
    let honest = trade.log.collect(QueryKind::Item, &vial(1));
    for at in 1..honest.entries.len() - 1 {
        let mut changed = honest.clone();
        changed.entries.swap(at, at + 1);
        assert_eq!(part(&changed, &trust), Some(Part::Format), "two entries out of order");
        let (one, other) = (changed.entries[at].index, changed.entries[at + 1].index);
        (changed.entries[at].index, changed.entries[at + 1].index) = (other, one);
        assert_eq!(part(&changed, &trust), Some(Part::Entry), "each under the other's index");
        let mut changed = honest.clone();
        let content = changed.entries[at].content.clone();
        changed.entries[at].content = changed.entries[at + 1].content.clone();
        changed.entries[at + 1].content = content;
        assert_eq!(part(&changed, &trust), Some(Part::Entry), "contents");
    }
    let s = honest.subjects.iter().position(|s| s.subject.text == vial(1)).unwrap();
    let mut changed = honest.clone();
    changed.subjects[s].links.swap(1, 2);
    assert_eq!(part(&changed, &trust), Some(Part::Format));
    for s in 0..honest.subjects.len() - 1 {
        let mut changed = honest.clone();
        let proof = changed.subjects[s].proof.clone();
        changed.subjects[s].proof = changed.subjects[s + 1].proof.clone();
        changed.subjects[s + 1].proof = proof;
        assert_eq!(part(&changed, &trust), Some(Part::Subject), "proofs of two subjects");
    }
}

#[test]
fn a_link_proof_of_another_entry_proves_nothing() {
    let trade = trade();
    let trust = trade.log.trust();
    let honest = trade.log.collect(QueryKind::Item, &vial(1));
    let links: Vec<_> = honest.subjects.iter().flat_map(|s| s.links.clone()).collect();
    for s in 0..honest.subjects.len() {
        for l in 0..honest.subjects[s].links.len() {
            let own = &honest.subjects[s].links[l];
            let foreign =
                links.iter().filter(|f| (f.at, f.count, &f.proof) != (own.at, own.count, &own.proof));
            for foreign in foreign.step_by(7) {
                let mut changed = honest.clone();
                let link = &mut changed.subjects[s].links[l];
                (link.at, link.count) = (foreign.at, foreign.count);
                link.proof.clone_from(&foreign.proof);
                assert_eq!(part(&changed, &trust), Some(Part::Subject));
            }
        }
    }
}

#[test]
fn nothing_of_another_ledger_is_taken() {
    let trade = trade();
    let mut other = registers(8);
    other.seal_up(None);
    let foreign = other.collect(QueryKind::Absent, &vial(77));
    let honest = trade.log.collect(QueryKind::Absent, &vial(77));
    let trust = trade.log.trust();
    assert_eq!(part(&foreign, &trust), Some(Part::Ledger));
    assert_eq!(part(&foreign, &Trust { witnesses: vec![], quorum: 0, ..other.trust() }), None);

    let sealed = Bundle { seal: foreign.seal.clone(), ..honest.clone() };
    assert_eq!(part(&sealed, &trust), Some(Part::Seal));
    // The same log key signed both: then the entries are not under the other's checkpoint.
    let noted = Bundle { checkpoint: foreign.checkpoint.clone(), ..honest.clone() };
    assert_eq!(part(&noted, &trust), Some(Part::Seal));
    let both = Bundle { checkpoint: foreign.checkpoint.clone(), seal: foreign.seal.clone(), ..honest };
    assert_eq!(part(&both, &trust), Some(Part::Entry));
}

/// A ledger whose sequencer lets a revoked key's shipment in.
pub fn with_revoked_key() -> (Log, u64, u64) {
    let mut log = registers(9);
    let enrol = enrolment(&log, "distributor", "distributor-2");
    log.say(&Say::new("distributor", Body::EnrolKey(enrol)));
    log.seal_up(None);
    let revoked = log.say(&Say::new("distributor", Body::RevokeKey(revoke("distributor", "distributor-2"))));
    let say = Say {
        key: "distributor-2".into(),
        ..Say::new("distributor", Body::Ship(ship(vec![vial(8)], "clinic", "")))
    };
    let signed = log.signed(&say);
    let index = log.force(&signed);
    (log, revoked, index)
}

#[test]
fn a_revoked_keys_statement_is_not_passed_off_as_valid() {
    let (mut log, revoked, index) = with_revoked_key();
    let old_seal = log.seal;
    log.seal_up(None);
    let trust = log.trust();
    let bundle = log.collect(QueryKind::Item, &vial(8));
    assert_eq!(part(&bundle, &trust), Some(Part::Key));

    // The exporter leaves the revocation out.
    let hide = |bundle: &Bundle| {
        let mut hidden = bundle.clone();
        hidden.subjects.iter_mut().for_each(|s| s.links.retain(|l| l.entry != revoked));
        hidden.entries.retain(|e| e.index != revoked);
        hidden
    };
    assert_eq!(part(&hide(&bundle), &trust), Some(Part::Subject));
    // Or the key.
    let mut without = hide(&bundle);
    without.subjects.retain(|s| s.subject != Subject::of_key(&id_of("distributor-2")));
    assert_eq!(part(&without, &trust), Some(Part::Key));
    // Or takes the key's chain as of the seal before the revocation.
    log.seal = old_seal;
    let old = log.collect(QueryKind::Absent, &vial(77));
    let stale = Bundle { seal: old.seal, ..hide(&bundle) };
    assert_eq!(part(&stale, &trust), Some(Part::Entry), "entry {index} is not below that seal");
}

/// What a sequencer records without asking the rules, and the part of the check that catches it.
fn caught(what: impl Fn(&mut Log)) -> Option<Part> {
    let mut log = registers(9);
    what(&mut log);
    log.seal_up(None);
    part(&log.collect(QueryKind::Item, &vial(8)), &log.trust())
}

fn force(log: &mut Log, say: &Say) {
    let signed = log.unchecked(say);
    log.force(&signed);
}

#[test]
fn what_the_rules_would_have_refused_is_refused() {
    let goods = || Body::Ship(ship(vec![vial(8)], "clinic", ""));
    let by = |key: &str| Say { key: key.into(), ..Say::new("distributor", goods()) };
    let enrol_with = |log: &mut Log, change: fn(&mut v1::EnrolKey)| {
        let mut enrol = enrolment(log, "distributor", "distributor-2");
        change(&mut enrol);
        force(log, &Say::new("distributor", Body::EnrolKey(enrol)));
    };
    assert_eq!(caught(|log| force(log, &by("distributor"))), None);
    assert_eq!(caught(|log| force(log, &by("importer"))), Some(Part::Key), "another party's key");
    for (name, change) in [
        ("possession", (|e| e.possession[3] ^= 1) as fn(&mut v1::EnrolKey)),
        ("expired", |e| e.expires_at = 1),
        ("uses", |e| e.uses = vec![v1::KeyUse::Read as i32]),
        ("kinds", |e| e.kinds = vec![v1::StatementKind::Receive as i32]),
        ("site", |e| e.site = "site:org:distributor/W1".into()),
    ] {
        let found = caught(|log| {
            enrol_with(log, change);
            force(log, &by("distributor-2"));
        });
        assert_eq!(found, Some(Part::Key), "{name}");
    }
    let twice = caught(|log| {
        enrol_with(log, |_| {});
        enrol_with(log, |_| {});
        force(log, &by("distributor-2"));
    });
    assert_eq!(twice, Some(Part::Key), "enrolled twice");
    let late = caught(|log| {
        force(log, &by("distributor-2"));
        enrol_with(log, |_| {});
    });
    assert_eq!(late, Some(Part::Key), "enrolled later");
}

#[test]
fn a_link_that_the_ledger_left_out_is_missed() {
    let mut log = registers(9);
    let way = "waybill:org:carrier/W-9";
    let ship_of = |numbers: &[u32]| ship(numbers.iter().map(|n| vial(*n)).collect(), "clinic", way);
    log.say(&Say::new("distributor", Body::Ship(ship_of(&[8]))));
    let second = log.signed(&Say::new("distributor", Body::Ship(ship_of(&[8, 9]))));
    log.force_without(&second, Subject::new(SubjectKind::Item, vial(8)).key());
    log.seal_up(None);
    assert_eq!(part(&log.collect(QueryKind::Item, &vial(8)), &log.trust()), Some(Part::Closure));
    assert_eq!(part(&log.collect(QueryKind::Item, &vial(9)), &log.trust()), None, "nothing of 8 is claimed");
}

#[test]
fn a_void_that_does_not_link_what_it_voids_is_missed() {
    let mut log = registers(9);
    let item = Subject::new(SubjectKind::Item, vial(8)).key();
    let shipped = log.say(&Say {
        bill: "B-1".into(),
        ..Say::new("distributor", Body::Ship(ship(vec![vial(8)], "clinic", "")))
    });
    let void = v1::Void { target: Some(log.reference(shipped)), reason: "mistake".into() };
    let void = log.signed(&Say::new("distributor", Body::Void(void)));
    log.force_without(&void, item);
    log.seal_up(None);
    assert_eq!(part(&log.collect(QueryKind::Item, &vial(8)), &log.trust()), Some(Part::Closure));
}

#[test]
fn back_dating_and_false_seals_are_seen() {
    let mut log = registers(9);
    log.set_clock_back(3_600);
    log.say(&Say::new("distributor", Body::Ship(ship(vec![vial(8)], "clinic", ""))));
    log.seal_up(None);
    assert_eq!(part(&log.collect(QueryKind::Item, &vial(8)), &log.trust()), Some(Part::Entry));

    let trade = trade();
    let honest = trade.log.collect(QueryKind::Item, &vial(1));
    let payload = Seal::decode(&honest.seal.payload).unwrap();
    for change in [(|s: &mut Seal| s.root[0] ^= 1) as fn(&mut Seal), |s| s.covered += 30] {
        let mut other = crate::story::trade();
        let mut seal = payload.clone();
        change(&mut seal);
        if let Some(last) = seal.runs.last_mut() {
            last.end = seal.covered;
        }
        other.log.seal = other.log.push_seal(&seal);
        let request = other.log.request(QueryKind::Absent, &vial(77));
        let bundle = collect(&other.log, &request).unwrap();
        assert_eq!(part(&bundle, &other.log.trust()), Some(Part::Seal));
    }
}

#[test]
fn nothing_is_shown_for_nothing() {
    let trade = trade();
    let trust = trade.log.trust();
    let honest = trade.log.collect(QueryKind::Entry, &trade.pack.to_string());
    let more = trade.log.collect(QueryKind::Item, &vial(1));
    let mut changed = honest.clone();
    changed.entries.clone_from(&more.entries);
    changed.subjects.clone_from(&more.subjects);
    assert_eq!(part(&changed, &trust), Some(Part::Closure));
    // And a whole closure that calls itself the named one, or the other way round.
    let named = Bundle { extent: Extent::Named, ..more.clone() };
    assert_eq!(part(&named, &trust), Some(Part::Closure));
    let mut request = trade.log.request(QueryKind::Item, &vial(1));
    request.extent = Extent::Named;
    let whole = Bundle { extent: Extent::Whole, ..collect(&trade.log, &request).unwrap() };
    assert_eq!(part(&whole, &trust), Some(Part::Closure));
}

#[test]
fn an_answer_to_another_question_is_none() {
    let trade = trade();
    let trust = trade.log.trust();
    let ask = |bundle: &Bundle, kind, text: &str| {
        let mut changed = bundle.clone();
        (changed.query.kind, changed.query.text) = (kind, text.into());
        part(&changed, &trust)
    };
    let item = trade.log.collect(QueryKind::Item, &vial(1));
    assert_eq!(ask(&item, QueryKind::Absent, &vial(1)), Some(Part::Query));
    assert_eq!(ask(&item, QueryKind::Item, &vial(2)), Some(Part::Closure));
    let absent = trade.log.collect(QueryKind::Absent, &vial(77));
    assert_eq!(ask(&absent, QueryKind::Item, &vial(77)), Some(Part::Query));
    // A text that is not canonical was never named: that proves nothing.
    let text = "sgtin:9521234543213.V1";
    assert_eq!(part(&renamed(&trade.log, &absent, text), &trust), Some(Part::Format));
    let mut late = absent;
    late.query.as_of += 1;
    assert_eq!(part(&late, &trust), Some(Part::Query));
}

/// The absence of another text than that of vial 77, shown as the ledger would.
pub fn renamed(log: &Log, absent: &Bundle, text: &str) -> Bundle {
    let mut changed = absent.clone();
    let root = changed.subjects.iter_mut().find(|s| s.subject.text == vial(77)).unwrap();
    root.subject = Subject::new(SubjectKind::Item, text.to_owned());
    let Ok(proof) = log.subject_proof(&root.subject.key());
    root.proof = proof;
    changed.query.text = text.to_owned();
    changed
}

#[test]
fn the_exporter_must_be_who_it_says() {
    let trade = trade();
    let trust = trade.log.trust();
    let honest = trade.log.collect(QueryKind::Absent, &vial(77));
    assert_eq!(part_of(&sign(&honest, &key("customs")).unwrap(), &trust), Some(Part::Exporter));
    let json = honest.encode().unwrap();
    let file = dsse(&json, &key("customs"), &hex_text(&id_of("customs")));
    assert_eq!(part_of(&file, &trust), Some(Part::Exporter));
    let mut other = honest.clone();
    other.extraction.party = org("customs");
    assert_eq!(part(&other, &trust), Some(Part::Exporter));

    let export = |party: &str, key_name: &str| {
        let mut request = trade.log.request(QueryKind::Absent, &vial(77));
        (request.extraction.party, request.extraction.key) = (org(party), id_of(key_name));
        part_of(&sign(&collect(&trade.log, &request).unwrap(), &key(key_name)).unwrap(), &trust)
    };
    assert_eq!(export("customs", "customs"), None);
    assert_eq!(export("distributor", "distributor-2"), Some(Part::Exporter), "a revoked key");
    assert_eq!(export("drug", "nobody"), Some(Part::Key), "a key that nobody enrolled");
}

#[test]
fn trust_decides_about_ledger_key_witnesses_and_age() {
    let trade = trade();
    let trust = trade.log.trust();
    let file = trade.log.export(QueryKind::Absent, &vial(77));
    let foreign = merkle::SignerKey::new("log.example/other", key("log")).unwrap();
    let witness: WitnessKey = cosigner("stranger").witness().clone();
    let mut three = trust.clone();
    three.witnesses.push(evidence::bundle::Witness { key: witness, auditing: false });
    three.quorum = 3;
    for (name, changed, expected) in [
        ("ledger", Trust { ledger: [1; 32], ..trust.clone() }, Part::Ledger),
        ("log key", Trust { log_key: foreign.verifier().clone(), ..trust.clone() }, Part::Ledger),
        ("witnesses", three, Part::Witness),
        ("age", Trust { now: trust.now + 7_200_000_000, ..trust.clone() }, Part::Time),
        ("clock", Trust { now: trust.now - 7_200_000_000, ..trust.clone() }, Part::Time),
    ] {
        assert_eq!(part_of(&file, &changed), Some(expected), "{name}");
    }
    // A checkpoint that the log key did not sign, and a false cosignature.
    let mut changed = trade.log.collect(QueryKind::Absent, &vial(77));
    let note = changed.checkpoint.clone();
    changed.checkpoint =
        note.replacen(&format!("\n— {}", log_key().verifier().name()), "\n— log.example/x", 1);
    assert_eq!(part(&changed, &trust), Some(Part::Checkpoint));
    let line = note.lines().find(|l| l.starts_with("— auditor")).unwrap();
    let (head, data) = line.rsplit_once(' ').unwrap();
    let mut bytes = STANDARD.decode(data).unwrap();
    bytes[20] ^= 1;
    changed.checkpoint = note.replace(line, &format!("{head} {}", STANDARD.encode(bytes)));
    assert_eq!(part(&changed, &trust), Some(Part::Witness));
}
