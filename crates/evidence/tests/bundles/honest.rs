//! What the ledger exports is proven, and the verdict says of what it is.

use std::collections::BTreeSet;

use evidence::bundle::{
    Bundle, CollectError, Extent, Part, QueryKind, Trust, Verdict, Warning, collect, verify,
};
use statement::SubjectKind;

use crate::{
    log::{id_of, org, signed},
    story::{AIR, BAG, CASE, DECLARATION, LOT, Trade, seized, trade, vial},
};

fn proven(trade: &Trade, kind: QueryKind, text: &str) -> Verdict {
    verify(&trade.log.export(kind, text), &trade.log.trust()).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn shown(verdict: &Verdict) -> BTreeSet<&str> {
    verdict.subjects.iter().map(|s| s.subject.text.as_ref()).collect()
}

#[test]
fn a_unit_sold_to_a_clinic_is_followed_into_its_case_lot_and_papers() {
    let trade = trade();
    let verdict = proven(&trade, QueryKind::Item, &vial(1));
    let answer: Vec<u64> = verdict.answer().iter().map(|e| e.index).collect();
    assert_eq!((answer.first(), answer.last()), (Some(&trade.commission), Some(&trade.use_of_1)));
    let texts = shown(&verdict);
    for text in [CASE, LOT, DECLARATION, AIR, "bill:org:distributor/D-1"] {
        assert!(texts.contains(text), "{text}");
    }
    // Not followed: what was in the case beside it, and what the parties did otherwise.
    assert!(!texts.contains(vial(3).as_str()) && !texts.contains(org("clinic").as_str()));
    let keys: BTreeSet<_> = verdict.keys.iter().map(|k| k.id).collect();
    let signers = ["root1", "drug", "customs", "maker", "importer", "distributor", "clinic"];
    assert_eq!(keys, signers.map(id_of).into());
    assert_eq!((verdict.extent, verdict.withheld, verdict.is_audited()), (Extent::Whole, 0, true));
    assert_eq!(verdict.warnings, []);
}

#[test]
fn a_lot_a_party_a_declaration_an_entry_and_what_was_never_seen_are_proven() {
    let trade = trade();
    for (kind, text, entries) in [
        (QueryKind::Lot, LOT.to_owned(), 3),
        (QueryKind::Item, CASE.to_owned(), 7),
        (QueryKind::Document, DECLARATION.to_owned(), 2),
        (QueryKind::Party, org("clinic"), 8),
        (QueryKind::Entry, trade.pack.to_string(), 1),
        (QueryKind::Absent, vial(77), 0),
        (QueryKind::Absent, "decl:220120261000000002".to_owned(), 0),
        (QueryKind::Absent, "org:nobody".to_owned(), 0),
    ] {
        let verdict = proven(&trade, kind, &text);
        assert_eq!(verdict.answer().len(), entries, "{text}");
        let extent = if kind == QueryKind::Entry { Extent::Named } else { Extent::Whole };
        assert_eq!(verdict.extent, extent, "{text}");
        let both = verdict.lines();
        assert!(both.iter().all(|line| !line.english().is_empty() && !line.chinese().is_empty()));
    }
}

#[test]
fn a_bag_is_asked_for_as_the_exhibit_it_is() {
    let log = seized();
    let verdict = verify(&log.export(QueryKind::Item, BAG), &log.trust()).unwrap();
    let kinds: Vec<_> = verdict.subjects.iter().map(|s| (s.subject.kind, s.subject.text.as_ref())).collect();
    assert!(kinds.contains(&(SubjectKind::Exhibit, BAG)) && kinds.contains(&(SubjectKind::Item, BAG)));
    assert_eq!(verdict.answer().len(), 1);
    assert!(verify(&log.export(QueryKind::Absent, "bag:drug-2"), &log.trust()).is_ok());
    // A bag that was taken, or of which the exhibit is not told, is not absent.
    let claim = |change: &dyn Fn(&mut Bundle), text| {
        let kind = if text == BAG { QueryKind::Item } else { QueryKind::Absent };
        let mut bundle = log.collect(kind, text);
        change(&mut bundle);
        verify(&signed(&bundle), &log.trust()).unwrap_err().part
    };
    assert_eq!(claim(&|b| b.query.kind = QueryKind::Absent, BAG), Part::Query);
    let without = |b: &mut Bundle| b.subjects.retain(|s| s.subject.kind != SubjectKind::Exhibit);
    assert_eq!(claim(&without, "bag:drug-2"), Part::Closure);
}

#[test]
fn goods_are_those_that_the_answer_names() {
    let trade = trade();
    let goods = |kind, text: &str| -> Vec<String> {
        proven(&trade, kind, text).goods.into_iter().map(|g| g.item).collect()
    };
    assert_eq!(goods(QueryKind::Document, DECLARATION), [LOT, CASE]);
    assert_eq!(goods(QueryKind::Absent, &vial(77)), [""; 0]);
}

#[test]
fn a_key_said_to_be_compromised_is_pointed_out() {
    let trade = trade();
    let verdict = proven(&trade, QueryKind::Item, &vial(3));
    assert_eq!(verdict.warnings, [Warning::KeyCompromised(vec![trade.doubtful])]);
    let key = verdict.keys.iter().find(|k| k.id == id_of("distributor-2")).unwrap();
    assert_eq!(key.revoked, Some(trade.revocation));
}

#[test]
fn a_correction_belongs_to_the_history() {
    let trade = trade();
    let verdict = proven(&trade, QueryKind::Item, &vial(4));
    assert_eq!(verdict.answer().last().unwrap().index, trade.correction);
}

#[test]
fn the_named_closure_says_that_it_is_not_whole() {
    let trade = trade();
    let mut request = trade.log.request(QueryKind::Item, &vial(1));
    request.extent = Extent::Named;
    let verdict = verify(&signed(&collect(&trade.log, &request).unwrap()), &trade.log.trust()).unwrap();
    assert_eq!(verdict.extent, Extent::Named);
    assert!(!shown(&verdict).contains(LOT));
    assert!(verdict.lines().iter().any(|l| l.english().starts_with("NOT the whole closure")));
    assert_eq!(verdict.to_json()["closure"], "named");
}

#[test]
fn what_is_withheld_is_counted() {
    let mut trade = trade();
    trade.log.withheld.insert(trade.received);
    let verdict = proven(&trade, QueryKind::Item, &vial(1));
    assert_eq!(verdict.withheld, 1);
    assert!(verdict.lines().iter().any(|l| l.english().starts_with("1 entries are withheld")));
    let shown = verdict.entries.iter().find(|e| e.index == trade.received).unwrap();
    assert_eq!(shown.said, None);
}

#[test]
fn who_vouches_follows_from_the_witnesses_trusted() {
    let trade = trade();
    let file = trade.log.export(QueryKind::Item, &vial(1));
    let alone = Trust { witnesses: Vec::new(), quorum: 0, ..trade.log.trust() };
    let verdict = verify(&file, &alone).unwrap();
    assert!(!verdict.is_audited() && verdict.vouchers.is_empty());
    assert_eq!(verdict.to_json()["completeness"], "operator");
    let mut one = trade.log.trust();
    one.witnesses.truncate(1);
    one.quorum = 1;
    let verdict = verify(&file, &one).unwrap();
    assert!(!verdict.is_audited() && verdict.vouchers.len() == 1);
}

#[test]
fn the_answer_is_as_of_the_size_asked_for() {
    let trade = trade();
    let mut request = trade.log.request(QueryKind::Item, &vial(1));
    request.query.as_of = trade.received;
    let verdict = verify(&signed(&collect(&trade.log, &request).unwrap()), &trade.log.trust()).unwrap();
    assert!(verdict.answer().iter().all(|e| e.index < trade.received));
    assert!(verdict.entries.iter().any(|e| e.index == trade.use_of_1), "the chain is shown whole");
}

#[test]
fn what_the_seal_does_not_cover_is_not_collected() {
    let trade = trade();
    let last = trade.log.size() - 1;
    let request = trade.log.request(QueryKind::Entry, &last.to_string());
    assert!(matches!(collect(&trade.log, &request), Err(CollectError::NotSealed { .. })));
    let request = trade.log.request(QueryKind::Item, "sgtin:9521234543213.V1");
    assert!(matches!(collect(&trade.log, &request), Err(CollectError::Query)));
}

#[test]
fn the_page_for_print_draws_the_path_and_shows_every_entry() {
    let trade = trade();
    let file = trade.log.export(QueryKind::Item, &vial(4));
    let verdict = verify(&file, &trade.log.trust()).unwrap();
    let page = evidence::report::html(&verdict, &file);
    for entry in &verdict.entries {
        assert!(page.contains(&format!("<td>{}</td>", entry.index)), "entry {}", entry.index);
    }
    // Maker, importer, distributor, clinic: each has a column; the shipment that was corrected is dashed.
    for party in ["maker", "importer", "distributor", "clinic"] {
        assert!(page.contains(&format!("<title>{}</title>", org(party))), "{party}");
    }
    assert_eq!(page.matches("stroke-dasharray").count(), 1);
    assert!(page.contains("更正 correct"));
    assert_eq!(page, evidence::report::html(&verdict, &file), "a function of the bundle");
    if let Some(path) = std::env::var_os("YUANLIU_REPORT") {
        std::fs::write(path, page).unwrap();
    }
}
