//! Golden bundles, good and bad, with their verdicts: examples/vectors/evidence. Verifiers in other languages must
//! say the same of them. They are written anew with
//! `YUANLIU_RENEW=1 cargo test --release -p evidence --test bundles golden`.

use std::{env, fs, path::PathBuf};

use evidence::bundle::{self, Bundle, Content, Extent, QueryKind, Trust, collect, sign, verify};
use evidence::fraud::verify_fraud;
use proto::v1::statement::Body;
use serde_json::{Value, json};
use statement::{SubjectKind, hex_text};

use crate::{
    attacks, frauds,
    log::{Log, Say, key, org, signed},
    records, stamps,
    story::{BAG, CASE, DECLARATION, LOT, registers, seized, ship, trade, vial},
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/vectors/evidence")
}

type Files = Vec<(&'static str, Vec<u8>)>;

/// Changed, and signed anew by the exporter.
fn changed(honest: &Bundle, change: impl FnOnce(&mut Bundle)) -> Vec<u8> {
    let mut bundle = honest.clone();
    change(&mut bundle);
    signed(&bundle)
}

fn good(log: &mut Log, pack: u64, received: u64) -> Files {
    let mut files: Files = [
        ("item", QueryKind::Item, vial(3)),
        ("case", QueryKind::Item, CASE.to_owned()),
        ("lot", QueryKind::Lot, LOT.to_owned()),
        ("party", QueryKind::Party, org("clinic")),
        ("declaration", QueryKind::Document, DECLARATION.to_owned()),
        ("entry", QueryKind::Entry, pack.to_string()),
        ("absent", QueryKind::Absent, vial(77)),
        ("absent-party", QueryKind::Absent, "org:无此单位".to_owned()),
    ]
    .map(|(name, kind, text)| (name, log.export(kind, &text)))
    .into();
    let mut request = log.request(QueryKind::Item, &vial(1));
    request.extent = Extent::Named;
    request.query.as_of = received;
    let size = log.size();
    log.stamps.insert(size, vec![vec![0x30, 0x03, 0x02, 0x01, 0x00]]);
    files.push(("named", signed(&collect(log, &request).unwrap())));
    log.withheld.insert(received);
    files.push(("withheld", signed(&collect(log, &request).unwrap())));
    log.withheld.clear();
    log.stamps = stamps::published(log, received);
    files.push(("stamped", log.export(QueryKind::Item, &vial(3))));
    files.push(("stamped-earlier", log.export(QueryKind::Document, DECLARATION)));
    log.stamps.clear();
    files
}

fn bad(log: &Log, pack: u64) -> Files {
    let named = |kind, text: &str| {
        let mut request = log.request(kind, text);
        request.extent = Extent::Named;
        collect(log, &request).unwrap()
    };
    let absent = named(QueryKind::Absent, &vial(77));
    let item = named(QueryKind::Item, &vial(1));
    let entry = named(QueryKind::Entry, &pack.to_string());
    let at = |bundle: &Bundle, kind, text: &str| {
        bundle.subjects.iter().position(|s| s.subject.kind == kind && s.subject.text == text).unwrap()
    };
    let root = at(&item, SubjectKind::Item, &vial(1));
    let mut other = registers(8);
    other.seal_up(None);
    let foreign = other.collect(QueryKind::Absent, &vial(77));
    let size = format!("\n{}\n", log.size());
    let mut flipped = signed(&absent);
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    vec![
        ("bad-flipped", flipped),
        ("bad-padding", [signed(&absent), b"\n".to_vec()].concat()),
        ("bad-foreign", signed(&foreign)),
        ("bad-foreign-seal", changed(&absent, |b| b.seal = foreign.seal.clone())),
        ("bad-checkpoint", changed(&absent, |b| b.checkpoint = b.checkpoint.replacen(&size, "\n99\n", 1))),
        ("bad-uncosigned", changed(&absent, |b| b.checkpoint = log.note(log.size(), &["witness"]))),
        ("bad-leaf", changed(&entry, |b| b.entries[3].leaf[11] ^= 1)),
        (
            "bad-swapped",
            changed(&entry, |b| {
                let content = b.entries[1].content.clone();
                b.entries[1].content = b.entries[2].content.clone();
                b.entries[2].content = content;
            }),
        ),
        ("bad-payload-left-out", changed(&item, |b| b.entries[5].content = Content::Withheld)),
        ("bad-dropped-middle", changed(&item, |b| drop(b.subjects[root].links.remove(2)))),
        ("bad-dropped-last", changed(&item, |b| drop(b.subjects[root].links.pop()))),
        (
            "bad-link-of-another",
            changed(&item, |b| {
                let foreign = b.subjects[root].links[3].clone();
                let link = &mut b.subjects[root].links[1];
                (link.at, link.count, link.proof) = (foreign.at, foreign.count, foreign.proof);
            }),
        ),
        ("bad-said-whole", changed(&item, |b| b.extent = Extent::Whole)),
        (
            "bad-more-than-asked",
            changed(&item, |b| {
                (b.query.kind, b.query.text) = (QueryKind::Entry, pack.to_string());
            }),
        ),
        ("bad-not-absent", changed(&item, |b| b.query.kind = QueryKind::Absent)),
        ("bad-as-of", changed(&absent, |b| b.query.as_of += 1)),
        ("bad-text", signed(&attacks::renamed(log, &absent, "sgtin:9521234543213.V77"))),
        ("bad-exporter", sign(&absent, &key("customs")).unwrap()),
        ("bad-exporter-party", changed(&absent, |b| b.extraction.party = org("customs"))),
        ("bad-stamped", changed(&stamps::earlier(log), |b| b.stamped.as_mut().unwrap().consistency.clear())),
        ("bad-ahead", changed(&absent, |b| b.extraction.at += 3_600_000_000)),
    ]
}

/// What only a dishonest ledger can make.
fn dishonest() -> Files {
    let revoked = {
        let (mut log, ..) = attacks::with_revoked_key();
        log.seal_up(None);
        log.export(QueryKind::Item, &vial(8))
    };
    let left_out = {
        let mut log = registers(9);
        let way = "waybill:org:carrier/W-9";
        let shipped = |numbers: [u32; 2]| ship(numbers.map(vial).into(), "clinic", way);
        log.say(&Say::new("distributor", Body::Ship(shipped([8, 10]))));
        let second = log.signed(&Say::new("distributor", Body::Ship(shipped([8, 9]))));
        log.force_without(&second, statement::Subject::new(SubjectKind::Item, vial(8)).key());
        log.seal_up(None);
        log.export(QueryKind::Item, &vial(8))
    };
    vec![("bad-revoked-key", revoked), ("bad-link-left-out", left_out)]
}

/// A bag is an exhibit: its history, and that there is none.
fn bags() -> Files {
    let log = seized();
    let (bag, absent) = (log.collect(QueryKind::Item, BAG), log.collect(QueryKind::Absent, "bag:drug-2"));
    vec![
        ("bag", signed(&bag)),
        ("absent-bag", signed(&absent)),
        ("bad-not-absent-bag", changed(&bag, |b| b.query.kind = QueryKind::Absent)),
        (
            "bad-absent-bag-without-exhibit",
            changed(&absent, |b| b.subjects.retain(|s| s.subject.kind != SubjectKind::Exhibit)),
        ),
    ]
}

fn verdict(name: &str, file: &[u8], trust: &Trust) -> Value {
    let found = match name.contains("fraud") {
        true => verify_fraud(file, &trust.log_key).map(|verdict| verdict.json),
        false => verify(file, trust).map(|verdict| verdict.to_json()),
    };
    match found {
        Ok(verdict) => verdict,
        // Texts are each verifier's own.
        Err(defect) => json!({"verdict": "refused", "part": defect.part.as_str()}),
    }
}

#[test]
fn golden_bundles_and_their_verdicts_have_not_changed() {
    let mut trade = trade();
    let (pack, received) = (trade.pack, trade.received);
    let mut files = good(&mut trade.log, pack, received);
    files.extend(bad(&trade.log, pack));
    files.extend(dishonest());
    files.extend(bags());
    files.extend(frauds::golden());
    files.extend(records::golden());
    let trust = trade.log.trust();
    let verdicts: Vec<Value> = files
        .iter()
        .map(|(name, file)| json!({"file": format!("{name}.json"), "verdict": verdict(name, file, &trust)}))
        .collect();
    for (name, one) in files.iter().zip(&verdicts) {
        let proven = one["verdict"]["verdict"] != "refused";
        assert_eq!(proven, !name.0.starts_with("bad-"), "{}: {one}", name.0);
    }
    let witnesses: Vec<Value> =
        trust.witnesses.iter().map(|w| json!({"key": w.key.to_string(), "auditing": w.auditing})).collect();
    let with_roots = Trust { authorities: Some(stamps::authorities("root.pem")), ..trust.clone() };
    let stamped = files.iter().filter(|(name, _)| name.starts_with("stamped") || *name == "named");
    let stamped: Vec<Value> = stamped
        .map(|(name, file)| {
            json!({"file": format!("{name}.json"), "verdict": verdict(name, file, &with_roots)})
        })
        .collect();
    let index = json!({
        "trust": {
            "ledger": hex_text(&trust.ledger),
            "log_key": trust.log_key.to_string(),
            "witnesses": witnesses,
            "quorum": trust.quorum,
            "max_age": trust.max_age,
            "now": trust.now,
        },
        "files": verdicts,
        // With the root of examples/vectors/timestamps.
        "stamped": stamped,
    });
    let mut index = serde_json::to_vec_pretty(&index).unwrap();
    index.push(b'\n');
    let all = files
        .into_iter()
        .map(|(name, file)| (format!("{name}.json"), file))
        .chain([("index.json".into(), index)]);
    for (name, bytes) in all {
        let path = folder().join(&name);
        if env::var_os("YUANLIU_RENEW").is_some() {
            fs::create_dir_all(folder()).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        assert!(fs::read(&path).is_ok_and(|there| there == bytes), "{name} differs from what is made now");
    }
}

#[test]
fn the_document_gives_the_limits_of_the_code() {
    let document = include_str!("../../../../docs/FORMAT.md");
    for (what, limit) in [
        ("bytes of a file", bundle::MAX_FILE),
        ("entries", bundle::MAX_ENTRIES),
        ("subjects", bundle::MAX_SUBJECTS),
        ("links, over all subjects", bundle::MAX_BUNDLE_LINKS),
        ("hashes in all proofs, each counted as often as it is used", bundle::MAX_HASHES),
        ("hashes in a proof", merkle::MAX_PROOF_LEN),
        ("bytes of a purpose, of a case", bundle::MAX_REASON),
    ] {
        let row = document.lines().find(|l| l.starts_with(&format!("| {what} | "))).expect(what);
        assert_eq!(row.replace(',', ""), format!("| {} | {limit} |", what.replace(',', "")));
    }
}
