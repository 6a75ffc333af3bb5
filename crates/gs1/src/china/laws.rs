//! Laws of codes: each reads back from its own text, and its parts are those of the text.
use proptest::prelude::*;

use super::*;
use crate::tests::keyed;
use crate::{Gln, Gtin, Sscc};

/// Reads a text, writes the value, and reads that again.
macro_rules! reads_back {
    ($type:ty, $text:expr) => {
        let text: &str = $text;
        let value = <$type>::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        prop_assert_eq!(value.as_str(), text);
        prop_assert_eq!(value.to_string(), text);
        prop_assert_eq!(text.parse::<$type>(), Ok(value));
    };
}

proptest! {
    #[test]
    fn keys_of_gs1_read_back(gtin in keyed(14), gln in keyed(13), sscc in keyed(18)) {
        reads_back!(Gtin, &gtin);
        reads_back!(Gln, &gln);
        reads_back!(Sscc, &sscc);
    }

    #[test]
    fn codes_of_parties_and_goods_read_back(
        uscc in "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}",
        cdtc in "[0-9]{20}",
        licence in "[0-9A-Z]{12}|[0-9A-Z]{18}|[0-9A-Z]{22}",
        declaration in "[0-9]{4}(19|20)[0-9]{2}[01][0-9]{9}",
        drug in "869[0-9]{10}",
    ) {
        reads_back!(Uscc, &uscc);
        reads_back!(Cdtc, &cdtc);
        reads_back!(InstitutionLicence, &licence);
        reads_back!(DeclarationNumber, &declaration);
        let check = char::from(crate::check_digit(drug.as_bytes()).unwrap());
        reads_back!(NationalDrugCode, &format!("{drug}{check}"));
    }

    #[test]
    fn numbers_of_approvals_read_back(
        approval in "国药准字([HZS][CJ]?|[JBTF])[0-9]{8}|[HZS][0-9]{8}",
        registration in "国械注[准进许][0-9]{4}[23][0-9]{6}|[京粤滇]械注准[0-9]{4}2[0-9]{6}",
        filing in "国械备[0-9]{5,12}|[粤沪][穗浦]{0,2}械备[0-9]{5,12}",
    ) {
        reads_back!(DrugApproval, &approval);
        reads_back!(DeviceRegistration, &registration);
        reads_back!(DeviceFiling, &filing);
    }

    #[test]
    fn device_identifiers_read_back_with_their_parts(
        di in "MA\\.156\\.M0\\.[0-9]{6}\\.[0-9A-Z]{8,20}",
        lot in "[!-\\-/-~]{1,30}",
        serial in "[!-\\-/-~]{1,30}",
        ahm in "[!-~]{1,64}",
    ) {
        let text = format!("{di}.L{lot}.S{serial}");
        reads_back!(MaUdi, &text);
        let udi = MaUdi::parse(&text).unwrap();
        prop_assert_eq!((udi.di(), udi.lot(), udi.serial()), (di.as_str(), Some(lot.as_str()), Some(serial.as_str())));
        reads_back!(AhmUdi, &ahm);
    }

    #[test]
    fn the_last_character_of_a_uscc_fits_in_one_case_of_31(body in "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}") {
        let fits = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars();
        let fits = fits.filter(|last| Uscc::parse(&format!("{body}{last}")).unwrap().check_ok());
        prop_assert_eq!(fits.count(), 1);
    }
}
