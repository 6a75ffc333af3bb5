use std::collections::BTreeSet;

use super::*;

const PROTOS: &[&str] = &[
    include_str!("../../../../proto/yuanliu/v1/custody.proto"),
    include_str!("../../../../proto/yuanliu/v1/goods.proto"),
    include_str!("../../../../proto/yuanliu/v1/quality.proto"),
    include_str!("../../../../proto/yuanliu/v1/oversight.proto"),
    include_str!("../../../../proto/yuanliu/v1/assistance.proto"),
    include_str!("../../../../proto/yuanliu/v1/seizure.proto"),
    include_str!("../../../../proto/yuanliu/v1/case.proto"),
    include_str!("../../../../proto/yuanliu/v1/policy.proto"),
];

#[test]
fn lists_and_their_codes_have_names_of_their_own_in_two_languages() {
    let names: BTreeSet<&str> = LISTS.iter().map(|l| l.name).collect();
    assert_eq!(names.len(), LISTS.len());
    for list in LISTS {
        assert!(!list.english.is_empty() && !list.chinese.is_ascii(), "{}", list.name);
        let codes: BTreeSet<&str> = list.codes.iter().map(|c| c.code).collect();
        assert_eq!(codes.len(), list.codes.len(), "{}", list.name);
        for code in list.codes {
            assert!(!code.english.is_empty() && !code.chinese.is_ascii(), "{} {}", list.name, code.code);
        }
    }
}

#[test]
fn codes_are_short_and_units_are_what_a_quantity_may_have() {
    for list in LISTS {
        for Code { code, .. } in list.codes {
            let sound = match list.name {
                "unit" => code.len() <= 16 && code.bytes().all(|b| b.is_ascii_alphanumeric()),
                "market" => code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'),
                _ => code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
            };
            assert!(sound && (1..=40).contains(&code.len()), "{} {code}", list.name);
        }
    }
}

/// Lines of comments that name a list, each with what follows up to the field.
fn comments() -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for proto in PROTOS {
        let mut lines = proto.lines();
        while let Some(line) = lines.next() {
            let Some((_, rest)) = line.split_once("Policy list \"") else { continue };
            let (name, rest) = rest.split_once('"').expect("a quoted name");
            let mut text = rest.to_owned();
            text.extend(lines.by_ref().take_while(|l| l.trim_start().starts_with("//")));
            found.push((name, text));
        }
    }
    found
}

#[test]
fn codes_that_the_protos_mention_are_defaults() {
    let comments = comments();
    assert!(comments.len() > 8);
    for (name, text) in comments {
        let list = list(name).unwrap_or_else(|| panic!("no list {name}"));
        for code in text.split('"').skip(1).step_by(2) {
            assert!(list.holds(code), "{name}: {code}");
        }
    }
}
