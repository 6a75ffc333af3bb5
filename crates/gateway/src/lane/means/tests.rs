use std::{fs, path::Path};

use statement::Reason;

use super::*;

/// What each reason means, in words: every reason of the ledger stands here once.
#[test]
fn every_reason_of_the_ledger_means_one_thing_to_the_lane() {
    #[rustfmt::skip]
    let table = [
        ("refused", "MALFORMED UNKNOWN_FIELD FIELD_TWICE UNKNOWN_ENUM_VALUE INVALID_UTF8 PAYLOAD_TOO_LARGE \
                     TOO_MANY_ITEMS ITEM_TWICE MISSING_FIELD INVALID_FIELD PERSONAL_DATA NOT_CANONICAL WEAK_KEY \
                     BAD_POSSESSION CONFIDENTIAL_REFUSED CONFIDENTIAL_NEEDED OTHER_CASE BAD_SIGNATURE NOT_YOURS NOT_ADDRESSED NOT_YOUR_CASE \
                     ID_TAKEN KEY_TAKEN \
                     TARGET_UNKNOWN TARGET_KIND TARGET_DIGEST TARGET_NOT_NEWEST TARGET_VOIDED TARGET_BUSY \
                     LINE_UNKNOWN UNKNOWN_CODE NOT_PENDING NOT_ASKED ENDORSED_ALREADY SHIPMENT_UNKNOWN \
                     TOO_MANY_SUBJECTS TOO_MANY_CORRECTIONS REGISTER_FULL BATCH_TOO_LARGE"),
        ("everybody", "WRONG_LEDGER OCCURRED_AHEAD UNKNOWN_ALGORITHM UNKNOWN_PARTY"),
        ("kind", "KEY_NOT_FOR_THIS"),
        ("kind and principal", "ROLE_MISSING"),
        ("mandate", "NO_MANDATE"),
        ("key", "UNKNOWN_KEY KEY_REVOKED KEY_EXPIRED KEY_OF_ANOTHER_PARTY"),
        ("clock", "ID_OUT_OF_WINDOW"),
        ("taken", "BUSINESS_KEY_TAKEN"),
        ("later", "QUEUE_FULL WRITER_STOPPED"),
    ];
    let word = |means| match means {
        Means::Bill => "refused",
        Means::Taken => "taken",
        Means::Later => "later",
        Means::Clock => "clock",
        Means::Key => "key",
        Means::Mandate => "mandate",
        Means::SetUp(Scope::Everybody) => "everybody",
        Means::SetUp(Scope::Kind) => "kind",
        Means::SetUp(Scope::KindOfPrincipal) => "kind and principal",
    };
    let mut seen = Vec::new();
    for (expect, reasons) in table {
        for reason in reasons.split_whitespace() {
            let row = row_of(reason).unwrap_or_else(|| panic!("{reason} is none"));
            assert_eq!(word(row.means), expect, "{reason}");
            seen.push(reason);
        }
    }
    let mut all: Vec<&str> = Reason::ALL.iter().map(|r| r.as_str()).collect();
    all.sort_unstable();
    seen.sort_unstable();
    assert_eq!(seen, all);
}

#[test]
fn whatever_holds_bills_says_in_two_languages_what_to_mend_and_nothing_else_does() {
    for reason in Reason::ALL {
        let Row { means, mend: (en, zh) } = row(*reason);
        let holds = matches!(means, Means::SetUp(_) | Means::Mandate | Means::Key | Means::Clock);
        assert_eq!((!en.is_empty(), !zh.is_empty()), (holds, holds), "{reason}");
        assert!(en.is_ascii() && (zh.is_empty() || !zh.is_ascii()), "{reason}: {en} {zh}");
    }
}

#[test]
fn every_reason_of_a_failed_call_is_known_as_none_of_a_bill() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ERRORS.md");
    let page = fs::read_to_string(path).unwrap();
    let part = page.split("\n## ").find(|part| part.starts_with("When a call fails")).unwrap();
    let names: Vec<&str> =
        part.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(names, CALLS);
    assert!(CALLS.iter().all(|name| row_of(name).is_none()));
}

#[test]
fn a_group_is_of_its_scope() {
    let key = |kind: &str, principal: &str| BillKey {
        number: "N".into(),
        kind: kind.into(),
        principal: principal.into(),
    };
    let others = [key("ship", "org:P"), key("ship", ""), key("receive", "org:P"), key("receive", "")];
    let table =
        [(Scope::Kind, [true, true, false, false]), (Scope::KindOfPrincipal, [true, false, false, false])];
    for (scope, expect) in table {
        let alike = Alike::of(scope, &key("ship", "org:P")).unwrap();
        assert_eq!(others.each_ref().map(|other| alike.fits(other)), expect, "{scope:?}");
    }
    assert_eq!(Alike::of(Scope::Everybody, &others[0]), None);
}
