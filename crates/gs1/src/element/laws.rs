//! Laws of element strings.
use proptest::prelude::*;

use super::*;
use crate::dictionary::Component;
use crate::linter::Linter;
use crate::tests::{keyed, noise};

/// A text of one component: its alphabet, its length, and what its linters want.
fn component(component: &'static Component) -> BoxedStrategy<String> {
    let (min, max) = (usize::from(component.min), usize::from(component.max));
    let pattern = |pattern: &str| proptest::string::string_regex(pattern).unwrap().boxed();
    let pick = |list: &'static [&'static str]| prop::sample::select(list).prop_map(str::to_owned).boxed();
    let linters = component.linters;
    match linters.first() {
        Some(Linter::Csum) => keyed(max).boxed(),
        Some(Linter::Yymmd0) => pattern("[0-9]{2}(0[1-9]|1[0-2])(0[0-9]|1[0-9]|2[0-8])"),
        Some(Linter::Yymmdd) => pattern("[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])"),
        Some(Linter::Yyyymmdd) => pattern("(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])"),
        Some(Linter::Hhmi) => pattern("([01][0-9]|2[0-3])[0-5][0-9]"),
        Some(Linter::Hh) => pattern("[01][0-9]|2[0-3]"),
        Some(Linter::Mi | Linter::Ss) => pattern("[0-5][0-9]"),
        Some(Linter::Iso3166 | Linter::Iso3166Or999) => pick(&["156", "410", "840"]),
        Some(Linter::Iso3166Alpha2) => pick(&["CN", "KR", "US"]),
        Some(Linter::Iso4217) => pick(&["156", "978", "840"]),
        Some(Linter::Iban) => pick(&["GB82WEST12345698765432", "DE89370400440532013000"]),
        Some(Linter::Latitude) => pattern("[01][0-7][0-9]{8}"),
        Some(Linter::Longitude) => pattern("[0-2][0-9]{9}"),
        Some(Linter::YesNo) => pattern("[01]"),
        Some(Linter::Winding) => pattern("[019]"),
        Some(Linter::Iso5218) => pattern("[0129]"),
        Some(Linter::Hyphen) => pick(&["-"]),
        Some(Linter::MediaType) => pick(&["01", "10", "80", "99"]),
        Some(Linter::PackageType) => pick(&["8", "PX", "X11"]),
        Some(Linter::ImporterIdx) => pattern("[A-Za-z0-9_-]"),
        Some(Linter::PosInSeqSlash) => pick(&["1/1", "2/3", "8/9"]),
        Some(Linter::PieceOfTotal) => pick(&["0101", "0203", "9999"]),
        Some(Linter::CouponCode) => pick(&["012345612345611110123"]),
        Some(Linter::CouponPosOffer) => pick(&["001234561234560123456"]),
        Some(Linter::CsumAlpha) => pick(&["1987654Ad4X4bL5ttr2310c2K", "7907665Bm8v2AB"]),
        Some(Linter::Zero) => pattern("0"),
        Some(Linter::NonZero) => pattern(&format!("[1-9]{{{max}}}")),
        Some(Linter::NoZeroPrefix) => pattern("[1-9][0-9]{0,11}"),
        Some(Linter::GcpPos1) => pattern(&format!("[0-9]{{4}}[0-9A-Z]{{0,{}}}", max - 4)),
        Some(Linter::PcEnc) => pattern(&format!("[A-Z ]{{{min},{max}}}").replace(' ', "+")),
        Some(other) => panic!("no texts for {other}"),
        None => match component.set.text() {
            "N" => pattern(&format!("[0-9]{{{min},{max}}}")),
            "Z" => pattern(&format!("[A-Za-z0-9_-]{{{min},{max}}}")),
            _ => pattern(&format!("[!\"%-?A-Z_a-z]{{{min},{max}}}")),
        },
    }
}

/// Any identifier of the dictionary with a value that it allows.
fn pair() -> impl Strategy<Value = (Ai, String)> {
    let all: Vec<Ai> = Ai::all().collect();
    (prop::sample::select(all), any::<bool>()).prop_flat_map(|(ai, whole)| {
        let components = ai.row().components.iter().filter(move |part| whole || !part.optional);
        let parts: Vec<_> = components.map(component).collect();
        parts.prop_map(move |parts| (ai, parts.concat()))
    })
}

pub(crate) fn elements() -> impl Strategy<Value = ElementString> {
    prop::collection::vec(pair(), 1..12).prop_map(|pairs| {
        let mut gathered = Gathered::default();
        for (ai, value) in pairs {
            if !gathered.has(ai) {
                gathered.push(ai, &value, 0).unwrap_or_else(|error| panic!("({ai}){value}: {error}"));
            }
        }
        gathered.finish().unwrap()
    })
}

proptest! {
    #[test]
    fn element_strings_read_back_from_every_form(elements in elements()) {
        prop_assert_eq!(ElementString::parse_raw(&elements.to_raw()), Ok(elements.clone()));
        prop_assert_eq!(ElementString::parse_bracketed(&elements.to_bracketed()), Ok(elements.clone()));
        let raw = elements.to_message().replace('^', "\u{1d}");
        prop_assert_eq!(ElementString::parse_raw(&raw), Ok(elements.clone()));
        let pairs = elements.elements().iter().map(|element| (element.ai(), element.value()));
        prop_assert_eq!(ElementString::new(pairs), Ok(elements));
    }

    #[test]
    fn different_elements_have_different_texts(a in elements(), b in elements()) {
        prop_assert_eq!(a == b, a.to_raw() == b.to_raw());
        prop_assert_eq!(a == b, a.to_bracketed() == b.to_bracketed());
    }

    #[test]
    fn the_place_of_an_element_is_where_its_value_stands(elements in elements()) {
        let raw = elements.to_raw();
        for element in ElementString::parse_raw(&raw).unwrap().elements() {
            prop_assert!(raw[element.at()..].starts_with(element.value()));
        }
    }

    #[test]
    fn noise_is_refused_inside_the_text(text in noise()) {
        for text in [text.clone(), format!("01{text}"), format!("(10){text}"), format!("10{text}\u{1d}21A")] {
            for read in [ElementString::parse_raw(&text), ElementString::parse_bracketed(&text)] {
                match read {
                    Err(error) => prop_assert!(text.is_char_boundary(error.at), "{error} in {text:?}"),
                    Ok(elements) => prop_assert_eq!(ElementString::parse_raw(&elements.to_raw()), Ok(elements)),
                }
            }
        }
    }
}
