use proptest::prelude::*;

use super::*;
use crate::fault::{Fault, Form};
use crate::tests::{noise, refused};

#[test]
fn a_link_has_stem_key_qualifiers_and_attributes() {
    let text = "https://example.com:8443/a/b/01/09521234543213/22/V/21/S%2F1?x=1&17=281231&&3103=000195#frag";
    let link = DigitalLink::parse(text).unwrap();
    assert_eq!(link.stem(), "https://example.com:8443/a/b");
    assert_eq!((link.key().ai(), link.key().value()), (Ai::GTIN, "09521234543213"));
    let codes = |list: &[Element]| list.iter().map(|one| one.ai().to_string()).collect::<Vec<_>>();
    assert_eq!(codes(link.qualifiers()), ["22", "21"]);
    assert_eq!(codes(link.attributes()), ["17", "3103"]);
    assert_eq!(link.get(Ai::SERIAL), Some("S/1"));
    assert_eq!(link.elements().elements()[2].at(), text.find("S%2F1").unwrap());
    let again = "https://example.com:8443/a/b/01/09521234543213/22/V/21/S%2F1?17=281231&3103=000195";
    assert_eq!(link.to_string(), again);
    assert_eq!(link.canonical(), "https://id.gs1.org/01/09521234543213/22/V/21/S%2F1?17=281231&3103=000195");
    assert_eq!(link.with_stem("http://b").unwrap().stem(), "http://b");
}

#[test]
fn a_refused_link_says_where() {
    let check = |text: &str, part, at, fault| refused(DigitalLink::parse(text), part, at, fault);
    let gtin = "https://a/01/09521234543213";
    check("", "digital link", 0, Fault::Expected(Form::of("https:// or http://", "https:// 或 http://")));
    check(
        "ftp://a/01/09521234543213",
        "digital link",
        0,
        Fault::Expected(Form::of("https:// or http://", "https:// 或 http://")),
    );
    check("https:///01/09521234543213", "domain", 8, Fault::Empty);
    check("https://a@b/01/09521234543213", "domain", 9, Fault::Character);
    check("https://a", "digital link", 9, Fault::Expected(Form::of("a slash and a path", "斜杠和路径")));
    check(
        "https://a?01=1/01/09521234543213",
        "digital link",
        9,
        Fault::Expected(Form::of("a slash and a path", "斜杠和路径")),
    );
    check("https://a/批", "digital link", 10, Fault::Character);
    check("https://a/10/A", "digital link", 9, Fault::NoKey);
    check("https://a/01/09521234543214", "GTIN", 26, Fault::CheckDigit);
    check("https://a/01/9521234543213", "GTIN", 26, Fault::TooFewChars { min: 14 });
    check(&format!("{gtin}/10/A%20B"), "BATCH/LOT", 32, Fault::Character);
    check(&format!("{gtin}/10/%2F%2F%FF"), "BATCH/LOT", 37, Fault::Character);
    check(&format!("{gtin}/21/A/10/B"), "BATCH/LOT", 36, Fault::Qualifier);
    check(&format!("{gtin}/17/281231"), "USE BY or EXPIRY", 31, Fault::Qualifier);
    check(&format!("{gtin}/10/A/10/A"), "digital link", 0, Fault::Repeated);
    check(&format!("{gtin}/10/A/10/A?17=281231"), "USE BY or EXPIRY", 41, Fault::Qualifier);
    check(&format!("{gtin}?10=A"), "BATCH/LOT", 28, Fault::NotAnAttribute);
    check(&format!("{gtin}?21=A"), "SERIAL", 28, Fault::NotAnAttribute);
    check(&format!("{gtin}?254=A"), "GLN EXTENSION COMPONENT", 28, Fault::NotAnAttribute);
    check(&format!("{gtin}?17=281231&17=281231"), "USE BY or EXPIRY", 38, Fault::Repeated);
    check(&format!("{gtin}?17=2813%331"), "USE BY or EXPIRY", 33, Fault::Month);
    check(&format!("{gtin}?89=A"), "ai", 28, Fault::UnknownAi);
    let long = format!("{gtin}?x={}", "1".repeat(4096));
    check(&long, "digital link", 4096, Fault::TooManyBytes { max: 4096 });
    for stem in ["", "https://", "https://a/", "https://a?b", "https://a b", "a"] {
        assert!(DigitalLink::parse(gtin).unwrap().with_stem(stem).is_err(), "{stem}");
    }
}

#[test]
fn short_numbers_words_and_unknown_identifiers_pass_by_agreement_alone() {
    for (text, canonical) in [
        ("https://a/01/95200002", "https://id.gs1.org/01/00000095200002"),
        (
            "https://a/gtin/09521234543213/lot/A?exp=281231",
            "https://id.gs1.org/01/09521234543213/10/A?17=281231",
        ),
        ("https://a/01/09521234543213?89=x", "https://id.gs1.org/01/09521234543213?89=x"),
    ] {
        let strict = DigitalLink::parse(text);
        assert!(strict.is_err() || strict.unwrap().canonical() != canonical, "{text}");
        assert_eq!(DigitalLink::parse_with(text, Leniency::ALL).unwrap().canonical(), canonical);
    }
    let short = Leniency { short_gtins: true, ..Leniency::default() };
    // The fault of a padded number is told where it stands.
    refused(DigitalLink::parse_with("https://a/01/95200003", short), "GTIN", 20, Fault::CheckDigit);
}

proptest! {
    #[test]
    fn links_read_back(elements in crate::element::tests_elements()) {
        let Ok(link) = DigitalLink::of(&elements) else {
            return Ok(());
        };
        prop_assert_eq!(DigitalLink::parse(&link.to_string()), Ok(link.clone()));
        let canonical = DigitalLink::parse(&link.canonical()).unwrap();
        prop_assert_eq!(canonical.canonical(), link.canonical());
        prop_assert_eq!(DigitalLink::of(canonical.elements()).unwrap().canonical(), link.canonical());
        let mut all: Vec<_> = link.elements().elements().iter().map(|one| (one.ai(), one.value())).collect();
        let mut given: Vec<_> = elements.elements().iter().map(|one| (one.ai(), one.value())).collect();
        all.sort_unstable();
        given.sort_unstable();
        prop_assert_eq!(all, given);
        let other = link.with_stem("http://example.com/x/y").unwrap();
        prop_assert_eq!(DigitalLink::parse(&other.to_string()), Ok(other));
    }

    #[test]
    fn order_of_elements_does_not_change_the_canonical_text(
        elements in crate::element::tests_elements(),
        turn: prop::sample::Index,
    ) {
        let Ok(link) = DigitalLink::of(&elements) else {
            return Ok(());
        };
        let mut list: Vec<_> = elements.elements().iter().map(|one| (one.ai(), one.value())).collect();
        let middle = turn.index(list.len());
        list.rotate_left(middle);
        let turned = DigitalLink::of(&ElementString::new(list).unwrap());
        // Of several keys the first counts: then it is another link.
        if elements.elements().iter().filter(|one| one.ai().is_key()).count() == 1 {
            prop_assert_eq!(turned.unwrap().canonical(), link.canonical());
        }
    }

    #[test]
    fn escapes_read_back(value: String) {
        for place in [percent::Place::Path, percent::Place::Query] {
            let mut text = String::new();
            percent::push_escaped(&mut text, &value, place);
            let latin: String = value.bytes().map(char::from).collect();
            prop_assert_eq!(percent::unescaped(&text, place), latin);
        }
    }

    #[test]
    fn noise_is_refused_inside_the_text(text in noise(), near in "[a-z0-9/%?=&#.01]{0,60}") {
        for tail in [&text, &near] {
            for head in ["", "https://", "https://a/01/09521234543213", "https://a/01/09521234543213/10/"] {
                let text = format!("{head}{tail}");
                match DigitalLink::parse_with(&text, Leniency::ALL) {
                    Err(error) => prop_assert!(text.is_char_boundary(error.at), "{error} in {text:?}"),
                    Ok(link) => {
                        let again = DigitalLink::parse_with(&link.to_string(), Leniency::ALL);
                        prop_assert_eq!(again, Ok(link));
                    }
                }
            }
        }
    }
}
