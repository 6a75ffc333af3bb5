//! Laws of scans.
use proptest::prelude::*;

use super::ScanData;
use crate::tests::{keyed, noise};
use crate::{Gtin, Item};

/// Whatever is refused is refused at a place inside the text; whatever is accepted has an item
/// that is canonical, if it has one.
fn reads_or_refuses(text: &str, year: u16) {
    match ScanData::parse(text, year) {
        Err(error) => {
            assert!(text.is_char_boundary(error.at), "{error} in {text:?}");
            assert!(!error.marked(text).is_empty() && error.caret(text).ends_with('^'));
        }
        Ok(data) => {
            if let Some(item) = data.item() {
                assert_eq!(Item::parse(item.as_str()).unwrap(), item);
            }
            assert!(data.warnings().iter().all(|warning| warning.caution.row().scanned), "{text:?}");
            for element in data.elements() {
                assert!(element.at() <= text.len());
                assert_eq!(data.date(element.ai()).is_some(), element.ai().is_date());
            }
        }
    }
}

proptest! {
    #[test]
    fn noise_is_refused_without_panic(text in noise(), year: u16) {
        reads_or_refuses(&text, year);
        for prefix in ["]C1", "]d2", "]E0", "]C0", "(", "(10)", "01", "\u{1d}", "MA.156.M0."] {
            reads_or_refuses(&format!("{prefix}{text}"), year);
        }
    }

    #[test]
    fn near_element_strings_are_read_or_refused(
        text in "(\\]d2|\\]C1|\u{1d})?((01|02|10|17|21|37|414|421|422|7004|710|8014)[0-9A-Z(批]{0,20}\u{1d}?){0,5}",
        year: u16,
    ) {
        reads_or_refuses(&text, year);
    }

    #[test]
    fn near_printed_strings_are_read_or_refused(
        text in "(\\((01|10|17|21|99)\\)[0-9A-Z\\\\(批]{0,16}){0,5}",
        year: u16,
    ) {
        reads_or_refuses(&text, year);
    }

    #[test]
    fn transmitted_and_printed_forms_name_one_item(
        gtin in keyed(14),
        lot in "[!\"%-'*-?A-Z_a-z]{1,20}",
        serial in "[!\"%-'*-?A-Z_a-z]{1,20}",
    ) {
        let raw = format!("]d201{gtin}1727040010{lot}\u{1d}21{serial}");
        let printed = format!("(01){gtin}(17)270400(10){lot}(21){serial}");
        let want = Item::sgtin(&Gtin::parse(&gtin).unwrap(), &serial).unwrap();
        for text in [raw, printed] {
            let data = ScanData::parse(&text, 2026).unwrap();
            prop_assert_eq!(data.lot(), Some(lot.as_str()));
            prop_assert_eq!(data.item(), Some(want.clone()));
            prop_assert_eq!(data.expiry().unwrap().to_string(), "2027-04-30");
        }
    }
}
