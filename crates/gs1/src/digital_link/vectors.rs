//! Published vectors of the GS1 Syntax Engine about Digital Links.

use super::percent::{Place, push_escaped, unescaped};
use super::*;
use crate::element::vectors::list;

/// What each of these needs that is no default: the vectors do not say which setting was on.
const LENIENT: [(&str, Leniency); 6] = [
    ("https://a/gtin/12312312312333/ser/ABC123", Leniency { words: true, ..STRICT }),
    ("https://a/01/2112345678900", SHORT),
    ("https://a/01/416000336108", SHORT),
    ("https://a/01/02345673", SHORT),
    ("https://a/8004/9520614141234567?01=2112345678900", SHORT),
    ("https://a/8004/9520614141234567?01=02345673", SHORT),
];
const STRICT: Leniency = Leniency { unknown_ais: false, short_gtins: false, words: false };
const SHORT: Leniency = Leniency { short_gtins: true, ..STRICT };
/// Comes twice: refused by default, read where unknown identifiers pass.
const UNKNOWN: &str = "https://example.com/01/09520123456788?99=XYZ&89=ABC123";
/// Has a GTIN of 13 digits besides.
const BRAND: &str = "https://brand.example.com/01/9520123456788";

fn leniency(uri: &str, ok: bool) -> Leniency {
    match uri {
        UNKNOWN if ok => Leniency { unknown_ais: true, ..STRICT },
        BRAND => SHORT,
        _ => LENIENT.iter().find(|(known, _)| *known == uri).map_or(STRICT, |(_, leniency)| *leniency),
    }
}

#[test]
fn links_are_read_as_the_syntax_engine_reads_them() {
    let Some(vectors) = list("test_parseDLuri") else {
        return;
    };
    for vector in &vectors {
        let (uri, ok) = (vector["in"].as_str().expect("a text"), vector["ok"] == true);
        let read = DigitalLink::parse_with(uri, leniency(uri, ok));
        assert_eq!(read.is_ok(), ok, "{vector}: {read:?}");
        if let Ok(link) = read {
            assert_eq!(link.elements().to_message(), vector["expect"].as_str().expect("a message"), "{uri}");
            assert_eq!(leniency(uri, ok) == STRICT, DigitalLink::parse(uri).is_ok(), "{uri}");
        }
    }
    eprintln!("test_parseDLuri: {} vectors run", vectors.len());
    assert_eq!(vectors.len(), 59);
}

#[test]
fn links_are_written_as_the_syntax_engine_writes_them() {
    let Some(vectors) = list("test_testGenerateDLuri") else {
        return;
    };
    for vector in &vectors {
        let text = vector["ai"].as_str().expect("elements");
        let made = ElementString::parse_bracketed(text).and_then(|elements| DigitalLink::of(&elements));
        let made = made.and_then(|link| match vector["stem"].as_str() {
            Some(stem) => link.with_stem(stem),
            None => Ok(link),
        });
        assert_eq!(made.is_ok(), vector["ok"] == true, "{vector}: {made:?}");
        if let Ok(link) = made {
            assert_eq!(link.to_string(), vector["expect"].as_str().expect("an address"));
        }
    }
    eprintln!("test_testGenerateDLuri: {} vectors run", vectors.len());
    assert_eq!(vectors.len(), 11);
}

#[test]
fn escapes_agree_with_the_syntax_engine() {
    let (Some(unescape), Some(escape)) = (list("test_URIunescape"), list("test_URIescape")) else {
        return;
    };
    for (place, name) in [(Place::Path, "path"), (Place::Query, "query")] {
        for vector in &unescape {
            let text = vector["in"].as_str().expect("a text");
            assert_eq!(unescaped(text, place), vector[name].as_str().expect("a text"), "{vector}");
        }
        for vector in &escape {
            let mut text = String::new();
            push_escaped(&mut text, vector["in"].as_str().expect("a text"), place);
            assert_eq!(text, vector[name].as_str().expect("a text"), "{vector}");
        }
    }
    eprintln!("test_URIunescape: {} vectors run, test_URIescape: {}", unescape.len(), escape.len());
    assert_eq!((unescape.len(), escape.len()), (11, 5));
}
