//! Time stamps in bundles: which one is taken along, and what it proves to whom.

use std::{collections::BTreeMap, env, fs, path::PathBuf, sync::Arc};

use evidence::bundle::{
    Authorities, Bundle, Defect, Part, QueryKind, Stamp, Trust, Verdict, Warning, verify,
};
use merkle::{Hash, Note};
use statement::Words;

use crate::{
    log::{Log, signed},
    story::{DECLARATION, Trade, trade, vial},
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/vectors/timestamps")
}

#[derive(Debug)]
struct Trusted(timestamp::Roots);

impl Authorities for Trusted {
    fn check(&self, token: &[u8], imprint: &Hash) -> Result<Stamp, Words> {
        let stamp = self.0.check(token, imprint).map_err(|e| Words::made(e.to_string(), e.to_chinese()))?;
        let timestamp::Stamp { at, accuracy, authority, certificate, policy } = stamp;
        Ok(Stamp { at, accuracy, authority, certificate, policy })
    }
}

/// The authorities below a published root.
pub fn authorities(root: &str) -> Arc<dyn Authorities> {
    let pem = fs::read(folder().join(root)).unwrap();
    Arc::new(Trusted(timestamp::Roots::from_pem(&pem).unwrap()))
}

/// The published token over the checkpoint of a size. `examples/vectors/timestamps/make.py` makes it from the text
/// that is written beside it when vectors are renewed.
fn token(log: &Log, size: u64, name: &str) -> Vec<u8> {
    let note = log.note(size, &[]);
    let text = Note::parse(note.as_bytes()).unwrap().text().to_owned();
    let file = folder().join(format!("{name}.txt"));
    if env::var_os("YUANLIU_RENEW").is_some() {
        fs::write(&file, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(file).unwrap(), text, "the log has changed: renew, make.py, renew");
    fs::read(folder().join(format!("{name}.der"))).unwrap_or_default()
}

/// Stamps over the newest checkpoint and over an earlier one.
pub fn published(log: &Log, earlier: u64) -> BTreeMap<u64, Vec<Vec<u8>>> {
    let of = |size, name| (size, vec![token(log, size, name)]);
    [of(log.size(), "evidence"), of(earlier, "evidence-earlier")].into()
}

/// Over an earlier checkpoint than its own; the token is not a token.
pub fn earlier(log: &Log) -> Bundle {
    let mut log_and_stamp = trade().log;
    assert_eq!(log_and_stamp.size(), log.size());
    log_and_stamp.stamps.insert(log.size() / 2, vec![vec![0x30, 0]]);
    log_and_stamp.collect(QueryKind::Document, DECLARATION)
}

fn stamped() -> Trade {
    let mut trade = trade();
    trade.log.stamps = published(&trade.log, trade.received);
    trade
}

fn with_roots(trade: &Trade) -> Trust {
    Trust { authorities: Some(authorities("root.pem")), ..trade.log.trust() }
}

fn checked(trade: &Trade, bundle: &Bundle) -> Result<Verdict, Defect> {
    verify(&signed(bundle), &with_roots(trade))
}

fn part(found: Result<Verdict, Defect>) -> Part {
    found.unwrap_err().part
}

#[test]
fn the_earliest_stamp_that_covers_the_answer_is_taken_along() {
    let trade = stamped();
    // The declaration was there before; the vial was sold later.
    let before = trade.log.collect(QueryKind::Document, DECLARATION);
    let verdict = checked(&trade, &before).unwrap();
    assert!(before.stamped.is_some());
    assert_eq!(verdict.stamps.size, trade.received);
    let after = trade.log.collect(QueryKind::Item, &vial(1));
    assert!(after.stamped.is_none());
    let verdict = checked(&trade, &after).unwrap();
    assert_eq!(verdict.stamps.size, trade.log.size());
    let stamp = &verdict.stamps.checked.as_ref().unwrap()[0];
    assert_eq!((stamp.authority.as_str(), stamp.policy.as_str()), ("示例时间戳 TSA", "1.2.3.4.1"));
    let lines = verdict.lines();
    let told = lines.iter().find(|l| l.english().contains("existed before")).unwrap();
    assert!(told.english().contains("示例时间戳 TSA") && told.chinese().contains("之前即已存在"));
    assert_eq!(verdict.to_json()["tokens_not_checked"], 0);
}

#[test]
fn where_none_covers_the_answer_the_latest_is_taken_along() {
    let mut trade = stamped();
    let size = trade.log.size();
    trade.log.stamps.remove(&size);
    let bundle = trade.log.collect(QueryKind::Item, &vial(1));
    let verdict = checked(&trade, &bundle).unwrap();
    assert!(verdict.answer().iter().any(|e| e.index >= verdict.stamps.size));
    assert_eq!(verdict.stamps.size, trade.received);
    // That a code is absent is as of everything that is covered.
    let absent = stamped().log.collect(QueryKind::Absent, &vial(77));
    assert!(absent.stamped.is_none() && absent.tokens.len() == 1);
}

#[test]
fn who_trusts_no_authority_is_told_that_stamps_are_carried() {
    let trade = stamped();
    let file = trade.log.export(QueryKind::Item, &vial(1));
    let verdict = verify(&file, &trade.log.trust()).unwrap();
    assert_eq!(verdict.to_json()["tokens_not_checked"], 1);
    assert!(verdict.to_json()["stamps"].is_null());
    let told = |verdict: &Verdict, words: &str| verdict.lines().iter().any(|l| l.english().contains(words));
    assert!(told(&verdict, "carried, not checked"));
    let none =
        verify(&super::story::trade().log.export(QueryKind::Item, &vial(1)), &with_roots(&trade)).unwrap();
    assert!(told(&none, "no time stamp") && none.to_json()["stamps"] == serde_json::json!([]));
}

#[test]
fn a_stamp_that_does_not_hold_is_a_defect() {
    let trade = stamped();
    let bundle = trade.log.collect(QueryKind::Document, DECLARATION);
    let changed = |change: &dyn Fn(&mut Bundle)| {
        let mut bundle = bundle.clone();
        change(&mut bundle);
        part(checked(&trade, &bundle))
    };
    let own = trade.log.collect(QueryKind::Item, &vial(1)).tokens;
    assert_eq!(changed(&|b| b.tokens[0][40] ^= 1), Part::Stamp);
    assert_eq!(changed(&|b| b.tokens = own.clone()), Part::Stamp, "of another checkpoint");
    assert_eq!(changed(&|b| b.tokens.extend(own.clone())), Part::Stamp, "one of two");
    assert_eq!(changed(&|b| b.stamped = None), Part::Stamp);
    assert_eq!(changed(&|b| b.tokens.clear()), Part::Format);
    let other = Trust { authorities: Some(authorities("other-root.pem")), ..trade.log.trust() };
    assert_eq!(part(verify(&signed(&bundle), &other)), Part::Stamp);
    let early = Trust { now: trade.log.trust().now - 3_600_000_000, ..with_roots(&trade) };
    assert_eq!(part(verify(&signed(&bundle), &early)), Part::Stamp, "ahead of the clock");
}

#[test]
fn what_was_stamped_is_a_checkpoint_of_the_log_before_this_one() {
    let trade = stamped();
    let bundle = trade.log.collect(QueryKind::Document, DECLARATION);
    let changed = |change: &dyn Fn(&mut evidence::bundle::ShownStamped)| {
        let mut bundle = bundle.clone();
        change(bundle.stamped.as_mut().unwrap());
        part(verify(&signed(&bundle), &trade.log.trust()))
    };
    let mut other = crate::story::registers(8);
    while other.size() < 4 {
        other.seal_up(None);
    }
    assert_eq!(changed(&|s| s.checkpoint = other.note(4, &[])), Part::Stamp, "another log");
    assert_eq!(changed(&|s| s.checkpoint = trade.log.note(trade.log.size(), &[])), Part::Stamp, "not before");
    assert_eq!(changed(&|s| s.checkpoint.push('x')), Part::Stamp, "no note");
    assert_eq!(changed(&|s| s.consistency.clear()), Part::Stamp);
}

#[test]
fn what_was_recorded_after_its_stamp_is_pointed_out() {
    #[derive(Debug)]
    struct Early(u64);
    impl Authorities for Early {
        fn check(&self, _: &[u8], _: &Hash) -> Result<Stamp, Words> {
            let (authority, policy) = (String::new(), "1.2".to_owned());
            Ok(Stamp { at: self.0, accuracy: 1_000_000, authority, certificate: [7; 32], policy })
        }
    }
    let trade = stamped();
    let file = trade.log.export(QueryKind::Document, DECLARATION);
    let recorded = verify(&file, &trade.log.trust()).unwrap().entries;
    let entry = &recorded[recorded.len() - 2];
    let before = |by: u64| {
        let trust = Trust {
            authorities: Some(Arc::new(Early(entry.recorded_at - 6_000_000 - by))),
            ..trade.log.trust()
        };
        verify(&file, &trust).unwrap()
    };
    let late = |verdict: &Verdict| match verdict.warnings.as_slice() {
        [Warning::RecordedAfterStamp(late)] => late.clone(),
        _ => Vec::new(),
    };
    assert!(!late(&before(0)).contains(&entry.index));
    let verdict = before(1);
    assert!(late(&verdict).contains(&entry.index));
    assert!(late(&verdict).iter().all(|index| *index < verdict.stamps.size));
    assert!(
        verdict.lines().iter().any(|l| l.english().contains(&"07".repeat(32))),
        "named by its certificate"
    );
}
