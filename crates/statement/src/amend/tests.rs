use proto::v1::{self, Correct, Replacement, replacement};

use super::*;

const UNIT: &str = "sgtin:09521234543213.";

fn units(serials: &str) -> Vec<String> {
    serials.chars().map(|s| format!("{UNIT}{s}")).collect()
}

fn serials(items: &[String]) -> String {
    items.iter().map(|i| i.trim_start_matches(UNIT)).collect()
}

fn receive(items: &str, exceptions: &str) -> v1::Receive {
    let exception = |item| v1::ReceiveException { outcome: 1, item, ..v1::ReceiveException::default() };
    v1::Receive {
        bill: "bill:gln:9521234567011/B-1".into(),
        items: units(items),
        exceptions: units(exceptions).into_iter().map(exception).collect(),
        ..v1::Receive::default()
    }
}

/// `items 2, exceptions 0`
fn refs(text: &str) -> Vec<LineRef> {
    let one = |part: &str| {
        let (field, index) = part.trim().split_once(' ').expect("field and place");
        LineRef { field: field.into(), index: index.parse().expect("a number") }
    };
    text.split(',').filter(|p| !p.is_empty()).map(one).collect()
}

fn paths(refusal: Refusal) -> Vec<(Reason, String)> {
    refusal.violations.into_iter().map(|v| (v.reason, v.field.into_owned())).collect()
}

fn faults(before: &v1::Receive, removed: &str, added: Option<&v1::Receive>) -> Vec<(Reason, String)> {
    let result = GoodsAct::Receive(before).amended_checked(&refs(removed), added.map(GoodsAct::Receive));
    result.err().map(paths).unwrap_or_default()
}

#[test]
fn lines_go_and_come_at_the_end_and_the_rest_stays() {
    // items, exceptions | removed | added items | items, exceptions after
    let table = [
        ("ABC", "X", "items 1", "D", "ACD", "X"),
        ("ABC", "X", "items 2, items 0", "", "B", "X"),
        ("ABC", "X", "exceptions 0", "X", "ABCX", ""),
        ("ABC", "XYZ", "items 0, exceptions 1", "", "BC", "XZ"),
        ("A", "", "items 0", "B", "B", ""),
    ];
    for (items, exceptions, removed, added, items_after, exceptions_after) in table {
        let before = receive(items, exceptions);
        let added = v1::Receive { items: units(added), ..v1::Receive::default() };
        let body = GoodsAct::Receive(&before)
            .amended_checked(&refs(removed), Some(GoodsAct::Receive(&added)))
            .unwrap_or_else(|e| panic!("{items} {removed}: {e}"));
        let Body::Receive(after) = body else { panic!("another kind") };
        assert_eq!(serials(&after.items), items_after, "{removed}");
        let exceptions: Vec<String> = after.exceptions.iter().map(|e| e.item.clone()).collect();
        assert_eq!(serials(&exceptions), exceptions_after, "{removed}");
        assert_eq!(after.bill, before.bill);
    }
}

#[test]
fn what_cannot_be_removed_is_named_each_with_its_path() {
    use Reason::{InvalidField, LineUnknown, MissingField};
    let before = receive("AB", "");
    let table = [
        ("items 2", LineUnknown, "correct.removed[0].index"),
        ("items 0, exceptions 0", LineUnknown, "correct.removed[1].index"),
        ("bill 0", InvalidField, "correct.removed[0].field"),
        ("lines 0", InvalidField, "correct.removed[0].field"),
        ("items 1, items 1", InvalidField, "correct.removed[1]"),
        (" 0", MissingField, "correct.removed[0].field"),
    ];
    for (removed, reason, path) in table {
        let removed = match removed.strip_prefix(' ') {
            Some(_) => vec![LineRef::default()],
            None => refs(removed),
        };
        let refusal = GoodsAct::Receive(&before).amended(&removed, None).unwrap_err();
        assert_eq!(paths(refusal), [(reason, path.to_owned())], "{removed:?}");
    }
}

#[test]
fn what_stands_beside_the_lines_is_refused() {
    let before = receive("AB", "");
    let added = v1::Receive {
        waybill: "waybill:gln:9521234567042/W".into(),
        check: Some(v1::PurchaseCheck::default()),
        ..receive("C", "")
    };
    let expected = ["bill", "waybill", "check"].map(|f| format!("correct.replacement.receive.{f}"));
    let found: Vec<_> = faults(&before, "", Some(&added)).into_iter().map(|(_, path)| path).collect();
    assert_eq!(found, expected);
    let ship = v1::Ship { items: units("C"), ..v1::Ship::default() };
    let refusal = GoodsAct::Receive(&before).amended(&[], Some(GoodsAct::Ship(&ship))).unwrap_err();
    assert_eq!(paths(refusal), [(Reason::TargetKind, "correct.replacement".into())]);
    let figure = v1::ActivityFigure::default();
    let refusal = GoodsAct::ActivityFigure(&figure).amended(&refs("items 0"), None).unwrap_err();
    assert_eq!(paths(refusal), [(Reason::InvalidField, "correct.by_line".into())]);
}

#[test]
fn a_fault_of_the_result_is_shown_where_its_line_came_from() {
    let before = receive("ABC", "X");
    let items = |text| v1::Receive { items: units(text), ..v1::Receive::default() };
    let twice = Reason::ItemTwice;
    let at = |path: &str| vec![(twice, path.to_owned())];
    assert_eq!(faults(&before, "items 0", Some(&items("DB"))), at("correct.replacement.receive.items[1]"));
    assert_eq!(faults(&before, "items 0", Some(&items("A"))), []);
    // The item added stood among the exceptions: those come later in the check.
    assert_eq!(
        faults(&receive("ABC", "YX"), "exceptions 0", Some(&items("X"))),
        at("correct.target.exceptions[1].item")
    );
    let full = v1::Receive { items: (0..4_000).map(|i| format!("{UNIT}S{i}")).collect(), ..receive("", "") };
    let path = "correct.replacement.receive.items[0]".to_owned();
    assert_eq!(faults(&full, "", Some(&items("X"))), [(Reason::TooManyItems, path)]);
    assert_eq!(faults(&full, "items 7", Some(&items("X"))), []);
}

#[test]
fn everything_never_becomes_nothing_by_line() {
    let expected = vec![(Reason::InvalidField, "correct.removed".to_owned())];
    assert_eq!(faults(&receive("A", ""), "items 0", None), expected);
    assert_eq!(
        faults(&receive("", ""), "", Some(&v1::Receive { bill: String::new(), ..receive("A", "") })),
        expected
    );
    let ship = v1::Ship { items: units("A"), ..v1::Ship::default() };
    let refusal = GoodsAct::Ship(&ship).amended_checked(&refs("items 0"), None).unwrap_err();
    assert!(paths(refusal).contains(&(Reason::MissingField, "correct.replacement.ship.items".into())));
}

/// Faults of a Correct by line in itself.
fn alone(correct: &Correct) -> Vec<(Reason, String)> {
    let mut all = check::correct(correct).err().map(paths).unwrap_or_default();
    all.retain(|(_, path)| !path.starts_with("correct.target") && path != "correct.reason");
    all
}

#[test]
fn a_correction_by_line_is_validated_before_its_target_is_known() {
    let body = |b| Some(Replacement { body: Some(b), ..Replacement::default() });
    let ship = |items| replacement::Body::Ship(v1::Ship { items, ..v1::Ship::default() });
    let by_line = |removed: &str, replacement| Correct {
        removed: refs(removed),
        by_line: true,
        replacement,
        ..Correct::default()
    };
    let sound = [
        by_line("items 3", None),
        by_line("", body(ship(units("A")))),
        by_line("lots 0, items 0", body(ship(vec![]))),
        by_line("", Some(Replacement { occurred_at: 1, ..Replacement::default() })),
    ];
    for correct in sound {
        assert_eq!(alone(&correct), [], "{correct:?}");
    }
    let table = [
        (by_line("", None), Reason::MissingField, "correct.removed"),
        (by_line("", body(ship(vec![]))), Reason::MissingField, "correct.removed"),
        (by_line("children 0", body(ship(units("A")))), Reason::InvalidField, "correct.removed[0].field"),
        (by_line("bills 0", None), Reason::InvalidField, "correct.removed[0].field"),
        (
            by_line("", body(ship(vec!["x".into()]))),
            Reason::NotCanonical,
            "correct.replacement.ship.items[0]",
        ),
        (by_line("", body(ship(units("AA")))), Reason::ItemTwice, "correct.replacement.ship.items[1]"),
        (
            Correct { by_line: false, ..by_line("items 0", body(ship(units("A")))) },
            Reason::InvalidField,
            "correct.removed",
        ),
    ];
    for (correct, reason, path) in table {
        let found = alone(&correct);
        assert!(found.contains(&(reason, path.to_owned())), "{path}: {found:?}");
    }
}

#[test]
fn every_repeated_field_of_a_kind_is_one_of_lines_or_known_not_to_be() {
    // Whole lists that are stated anew: who looked, what a filing or an opinion rests on, what shows an answer or a case.
    const NOT_LINES: &[&str] =
        &["officers", "reports", "grounds", "documents", "takers", "photos", "entries", "leads", "copies"];
    for row in crate::KINDS.iter().filter(|row| row.correctable) {
        let field =
            MESSAGES[STATEMENT].fields.iter().find(|f| f.number == row.kind as u32).expect("declared");
        let schema::Kind::Message(message) = field.kind else { panic!("{} is a message", row.name) };
        let repeated: Vec<&str> = MESSAGES[message]
            .fields
            .iter()
            .filter(|f| f.repeated && !NOT_LINES.contains(&f.name))
            .map(|f| f.name)
            .collect();
        let mut lines = line_fields(row.kind).to_vec();
        lines.sort_unstable();
        let mut repeated = repeated;
        repeated.sort_unstable();
        assert_eq!(lines, repeated, "{}", row.name);
    }
}
