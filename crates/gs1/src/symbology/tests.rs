use proptest::prelude::*;

use super::*;
use crate::fault::{Fault, Form};
use crate::tests::{keyed, noise, refused};

#[test]
fn a_composite_belongs_to_the_number_below_it() {
    let sent = Transmission::parse("]E09521234543213|]e010A\u{1d}21B").unwrap();
    assert_eq!(sent.to_message(), "9521234543213|^10A^21B");
    let Data::Number { digits, gtin, composite: Some(above) } = sent.data() else {
        panic!("{sent:?}");
    };
    assert_eq!((*digits, gtin.as_str()), ("9521234543213", "09521234543213"));
    assert_eq!(above.elements().iter().map(|one| one.at()).collect::<Vec<_>>(), [22, 26]);
}

#[test]
fn a_message_that_its_symbol_cannot_hold_is_refused_at_its_place() {
    let check = |symbology: Symbology, message: &str, part, at, fault| {
        refused(symbology.transmit(message), part, at, fault);
    };
    check(Symbology::Gs1128, "10A", "message", 0, Fault::Expected(Form::same("^")));
    check(Symbology::DataMatrix, "^10A B", "BATCH/LOT", 4, Fault::Character);
    check(Symbology::DataBarExpanded, "^10A|99B", "composite", 5, Fault::Expected(Form::same("^")));
    check(Symbology::DataBarExpanded, "^10A|^99B C", "INTERNAL", 9, Fault::Character);
    check(Symbology::Ean13, "9521234543214", "gtin", 12, Fault::CheckDigit);
    check(Symbology::Ean13, "952123454321x", "gtin", 12, Fault::NotADigit);
    check(
        Symbology::DataBarLimited,
        "29521234543217",
        "gtin",
        0,
        Fault::TooGreat { max: 19_999_999_999_999 },
    );
}

#[test]
fn a_gtin_as_an_element_goes_into_its_bars() {
    for (symbology, message, sent) in [
        (Symbology::Ean13, "^0109521234543213", "]E09521234543213"),
        (Symbology::Ean8, "^0100000095200002", "]E495200002"),
        (Symbology::UpcA, "^0100952123456786", "]E00952123456786"),
        (Symbology::DataBarOmni, "^0119521234543210", "]e00119521234543210"),
    ] {
        assert_eq!(symbology.transmit(message).as_deref(), Ok(sent));
        let gtin = match Transmission::parse(sent).unwrap().into_data() {
            Data::Number { gtin, .. } => gtin.to_string(),
            Data::Elements(elements) => elements.get(crate::Ai::GTIN).unwrap().to_owned(),
            Data::Plain(text) => panic!("{text}"),
        };
        assert_eq!(gtin, message[3..]);
    }
}

proptest! {
    #[test]
    fn element_strings_read_back_from_every_symbol(elements in crate::element::tests_elements()) {
        for symbology in [
            Symbology::QrCode,
            Symbology::DataMatrix,
            Symbology::DotCode,
            Symbology::HanXin,
            Symbology::Gs1128,
            Symbology::DataBarExpanded,
        ] {
            let scan = symbology.transmit(&elements.to_message()).unwrap();
            let sent = Transmission::parse(&scan).unwrap();
            prop_assert_eq!(sent.symbology(), Some(symbology));
            prop_assert_eq!(sent.to_message(), elements.to_message());
            prop_assert_eq!(sent.data(), &Data::Elements(elements.clone()));
        }
    }

    #[test]
    fn plain_texts_read_back(text in "[\\\\^a-z]{0,12}") {
        let sent = format!("]Q1{text}");
        let read = Transmission::parse(&sent).unwrap();
        prop_assert_eq!(Symbology::QrCode.transmit(&read.to_message()), Ok(sent.clone()));
    }

    #[test]
    fn numbers_read_back_with_their_composite(number in keyed(13), elements in crate::element::tests_elements()) {
        let message = format!("{number}|{}", elements.to_message());
        let scan = Symbology::Ean13.transmit(&message).unwrap();
        prop_assert_eq!(Transmission::parse(&scan).unwrap().to_message(), message);
    }

    #[test]
    fn noise_is_refused_inside_the_text(text in noise()) {
        for (prefix, ..) in IDENTIFIERS {
            let text = format!("{prefix}{text}");
            if let Err(error) = Transmission::parse(&text) {
                prop_assert!(text.is_char_boundary(error.at), "{error} in {text:?}");
            }
        }
        for symbology in [Symbology::QrCode, Symbology::Gs1128, Symbology::DataBarLimited, Symbology::UpcE] {
            for text in [text.clone(), format!("^{text}"), format!("9521234543213|{text}")] {
                if let Err(error) = symbology.transmit(&text) {
                    prop_assert!(text.is_char_boundary(error.at), "{error} in {text:?}");
                }
            }
        }
    }
}
