use crate::Form;
use proptest::prelude::*;

use super::*;
use crate::tests::{noise, refused};

#[test]
fn uscc_has_an_alphabet_and_a_check_character_that_only_warns() {
    for (text, fits) in
        [("91110000600037341L", true), ("91440300708461136T", true), ("91350100M0001TGQXM", false)]
    {
        let code = Uscc::parse(text).unwrap();
        assert_eq!((code.as_str(), code.check_ok()), (text, fits));
    }
    assert_eq!(Uscc::parse("91440300708461136T").unwrap().region(), "440300");

    let length = Fault::Length { allowed: Form::of("18 characters", "18个字符") };
    refused(Uscc::parse(""), "uscc", 0, Fault::Empty);
    refused(Uscc::parse("91440300708461136"), "uscc", 17, length);
    refused(Uscc::parse("91440300708461136TT"), "uscc", 18, length);
    refused(Uscc::parse("91A40300708461136T"), "uscc", 2, Fault::NotADigit);
    refused(Uscc::parse("9144030070846113IT"), "uscc", 16, Fault::Character);
    refused(Uscc::parse("91440300708461136t"), "uscc", 17, Fault::Character);
    refused(Uscc::parse("91440300７08461136"), "uscc", 8, Fault::Character);
}

#[test]
fn trace_codes_are_twenty_digits_whatever_the_last() {
    for last in '0'..='9' {
        let text = format!("8123456000000000000{last}");
        assert_eq!(Cdtc::parse(&text).unwrap().product_prefix(), "8123456");
    }
    let length = Fault::Length { allowed: Form::of("20 digits", "20位数字") };
    refused(Cdtc::parse("8123456000000000000"), "cdtc", 19, length);
    refused(Cdtc::parse("812345600000000000 1"), "cdtc", 18, Fault::NotADigit);
}

#[test]
fn national_drug_code_begins_with_869_and_has_a_check_digit() {
    const PART: &str = "national drug code";
    let expected = Fault::Expected(Form::of("869 at its beginning", "以869开头"));
    assert!(NationalDrugCode::parse("86900001000019").is_ok());
    refused(NationalDrugCode::parse("86900001000012"), PART, 13, Fault::CheckDigit);
    refused(NationalDrugCode::parse("06901234567892"), PART, 0, expected);
}

#[test]
fn drug_approvals_tell_where_the_drug_is_made() {
    use ApprovalForm::{Abroad, Domestic, HongKongMacauTaiwan, LegacyImport};
    for (text, form, kind) in [
        ("国药准字SJ20171003", Abroad, 'S'),
        ("国药准字HC20150001", HongKongMacauTaiwan, 'H'),
        ("国药准字S10970037", Domestic, 'S'),
        ("国药准字Z20050001", Domestic, 'Z'),
        ("国药准字J20171003", Domestic, 'J'),
        ("国药准字F20050001", Domestic, 'F'),
        ("H20150001", LegacyImport, 'H'),
        ("S20171003", LegacyImport, 'S'),
    ] {
        let approval = DrugApproval::parse(text).unwrap();
        assert_eq!((approval.form(), approval.kind()), (form, kind), "{text}");
        assert_eq!(approval.to_string(), text);
    }
    const PART: &str = "drug approval";
    refused(DrugApproval::parse(""), PART, 0, Fault::Empty);
    refused(DrugApproval::parse("国药准字X20171003"), PART, 12, Fault::Character);
    refused(DrugApproval::parse("国药准字JJ2017100"), PART, 13, Fault::NotADigit);
    refused(DrugApproval::parse("国药准字SJ2017100"), PART, 21, Fault::NotADigit);
    refused(DrugApproval::parse("国药准字SJ201710031"), PART, 22, Fault::Trailing);
    refused(DrugApproval::parse("HJ20150001"), PART, 1, Fault::NotADigit);
    refused(DrugApproval::parse("J20150001"), PART, 0, Fault::Character);
}

#[test]
fn device_registrations_follow_who_may_register_what() {
    use DeviceClass::{Second, Third};
    use DeviceOrigin::{Domestic, HongKongMacauTaiwan, Imported};
    for (text, origin, class, year) in [
        ("国械注准20173131234", Domestic, Third, 2017),
        ("国械注进20152130001", Imported, Second, 2015),
        ("国械注许20163130001", HongKongMacauTaiwan, Third, 2016),
        ("粤械注准20202130001", Domestic, Second, 2020),
        ("滇械注准20202130001", Domestic, Second, 2020),
    ] {
        let number = DeviceRegistration::parse(text).unwrap();
        let read = (number.origin(), number.class(), number.first_year());
        assert_eq!(read, (origin, class, year), "{text}");
        assert_eq!(number.to_string(), text);
    }
    const PART: &str = "device registration";
    let check = |text, at, fault| refused(DeviceRegistration::parse(text), PART, at, fault);
    check("", 0, Fault::Empty);
    check("美械注准20173131234", 0, Fault::Expected(Form::of("国 or a province", "国或省级简称")));
    check("国药注准20173131234", 3, Fault::Expected(Form::same("械注")));
    check("国械注备20173131234", 9, Fault::Expected(Form::of("准, 进 or 许", "准、进或许")));
    check("粤械注进20202130001", 9, Fault::Expected(Form::of("准, or 国 before 械", "准，或械前为国")));
    check(
        "粤械注准20203130001",
        16,
        Fault::Expected(Form::of("class 2, or 国 before 械", "类别2，或械前为国")),
    );
    check("国械注准20171131234", 16, Fault::Expected(Form::of("class 2 or 3", "类别2或3")));
    check("国械注准2017313123", 22, Fault::NotADigit);
    check("国械注准20173131234号", 23, Fault::Trailing);
}

#[test]
fn device_filings_may_name_a_city() {
    for (text, year) in [
        ("国械备20150001", 2015),
        ("粤穗械备20150001", 2015),
        ("沪浦械备20200123", 2020),
        ("粤械备20201", 2020),
    ] {
        assert_eq!(DeviceFiling::parse(text).unwrap().year(), year, "{text}");
    }
    const PART: &str = "device filing";
    let check = |text, at, fault| refused(DeviceFiling::parse(text), PART, at, fault);
    check("穗械备20150001", 0, Fault::Expected(Form::of("国 or a province", "国或省级简称")));
    check("国京械备20150001", 3, Fault::Expected(Form::same("械备")));
    check("粤广州市械备20150001", 9, Fault::Expected(Form::same("械备")));
    check("粤械备2015", 13, Fault::NotADigit);
    check("国械备20150001号", 17, Fault::Trailing);
    check("国械备2015123456789", 21, Fault::Trailing);
}

#[test]
fn declarations_carry_office_year_and_direction() {
    let number = DeclarationNumber::parse("531620241168000123").unwrap();
    assert_eq!((number.office(), number.year()), ("5316", 2024));
    assert_eq!(number.direction(), Direction::Import);
    let out = DeclarationNumber::parse("531620240168000123").unwrap();
    assert_eq!(out.direction(), Direction::Export);

    let check = |text, at, fault| refused(DeclarationNumber::parse(text), "declaration", at, fault);
    check("53162024116800012", 17, Fault::Length { allowed: Form::of("18 digits", "18位数字") });
    check("531621241168000123", 4, Fault::Expected(Form::of("a year 19xx or 20xx", "年份19xx或20xx")));
    check(
        "531620242168000123",
        8,
        Fault::Expected(Form::of("1 for import or 0 for export", "1（进口）或0（出口）")),
    );
    check("5316202411680001Z3", 16, Fault::NotADigit);
}

#[test]
fn institution_licences_have_one_of_three_lengths() {
    for text in ["PDY123456789012345678D", "440300123456789012", "PDY000010001"] {
        assert_eq!(InstitutionLicence::parse(text).unwrap().as_str(), text);
    }
    const PART: &str = "institution licence";
    let allowed = Form::of("22 characters, or 18 or 12 of older licences", "22个字符，旧证为18或12个字符");
    let check = |text, at, fault| refused(InstitutionLicence::parse(text), PART, at, fault);
    check("", 0, Fault::Empty);
    check("PDY00001000", 11, Fault::Length { allowed });
    check("PDY123456789012345678D1", 22, Fault::Length { allowed });
    check("PDY00001000d", 11, Fault::Character);
    check("PDY0000批0001", 7, Fault::Character);
}

#[test]
fn ma_identifiers_keep_their_parts_as_printed() {
    let text = "MA.156.M0.100221.10000019.M20240101.V20270101.LA-7.S0001.C2";
    let udi = MaUdi::parse(text).unwrap();
    assert_eq!(udi.di(), "MA.156.M0.100221.10000019");
    assert_eq!((udi.lot(), udi.serial()), (Some("A-7"), Some("0001")));
    assert_eq!(udi.part(MaPart::Made), Some("20240101"));
    assert_eq!(udi.part(MaPart::ValidUntil), Some("20270101"));
    assert_eq!(udi.part(MaPart::Check), Some("2"));
    assert_eq!((udi.part(MaPart::Expiry), udi.part(MaPart::SterilisationLot)), (None, None));
    assert_eq!(MaUdi::parse("MA.156.M0.100221.10000019").unwrap().serial(), None);

    let check = |text, at, fault| refused(MaUdi::parse(text), "ma", at, fault);
    let letter = Fault::Expected(Form::of(
        "S, L, M, P, D, E, V or C after the dot",
        "点后的 S、L、M、P、D、E、V 或 C",
    ));
    check("", 0, Fault::Empty);
    check(
        "MA.840.M0.100221.10000019",
        0,
        Fault::Expected(Form::of("MA.156.M0. at its beginning", "以 MA.156.M0. 开头")),
    );
    check(
        "MA.156.M0.10022.10000019",
        10,
        Fault::Length { allowed: Form::of("6 characters of a maker", "6个字符的厂商代码") },
    );
    let product = Fault::Length {
        allowed: Form::of("8 to 20 characters of a product", "8至20个字符的产品代码"),
    };
    check("MA.156.M0.100221.1000001", 17, product);
    check("MA.156.M0.100221.100000000000000000001", 17, product);
    check("MA.156.M0.100221", 16, product);
    check("MA.156.M0.100221.10000019.X1", 26, letter);
    check("MA.156.M0.100221.10000019.", 26, letter);
    check("MA.156.M0.100221.10000019.S", 26, Fault::Empty);
    check(
        "MA.156.M0.100221.10000019.S1.S2",
        29,
        Fault::Expected(Form::of("each part once", "每一部分只出现一次")),
    );
    check("MA.156.M0.100221.10000019.S批", 27, Fault::Character);
    check("MA.156.M0.100221.1000 0019", 21, Fault::Character);
}

#[test]
fn ahm_identifiers_are_opaque_but_bounded() {
    assert!(AhmUdi::parse(&"9".repeat(64)).is_ok());
    refused(AhmUdi::parse(&"9".repeat(65)), "ahm", 64, Fault::TooManyChars { max: 64 });
    refused(AhmUdi::parse("8\u{7}"), "ahm", 1, Fault::Character);
    refused(AhmUdi::parse("8\u{202e}"), "ahm", 1, Fault::Character);
    refused(AhmUdi::parse("8 "), "ahm", 1, Fault::Surrounded);
}

/// Runs every parser of this module; what counts is that none panics and that each error lies
/// inside the text.
fn parse_all(text: &str) {
    let results = [
        Uscc::parse(text).map(drop),
        Cdtc::parse(text).map(drop),
        NationalDrugCode::parse(text).map(drop),
        DrugApproval::parse(text).map(drop),
        DeviceRegistration::parse(text).map(drop),
        DeviceFiling::parse(text).map(drop),
        DeclarationNumber::parse(text).map(drop),
        InstitutionLicence::parse(text).map(drop),
        MaUdi::parse(text).map(drop),
        AhmUdi::parse(text).map(drop),
        crate::Gtin::parse(text).map(drop),
        crate::Gln::parse(text).map(drop),
        crate::Sscc::parse(text).map(drop),
    ];
    for error in results.into_iter().filter_map(Result::err) {
        assert!(text.is_char_boundary(error.at), "{error} in {text:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in noise()) {
        parse_all(&text);
    }

    #[test]
    fn no_text_like_a_code_makes_a_parser_panic(text in "[国粤械注备准进药字HSJC0-9MA.]{0,24}") {
        parse_all(&text);
    }
}

#[test]
fn a_single_changed_character_breaks_the_check_of_a_uscc() {
    const RIGHT: &str = "91110000600037341L";
    for place in 0..RIGHT.len() {
        for new in "0123456789ABCDEFGHJKLMNPQRTUWXY".chars() {
            let mut text = String::from(RIGHT);
            text.replace_range(place..=place, &new.to_string());
            // A letter in the region is refused outright.
            let fits = Uscc::parse(&text).is_ok_and(|code| code.check_ok());
            assert_eq!(fits, text == RIGHT, "{text}");
        }
    }
}

#[test]
fn numbers_of_papers_are_odd_without_a_known_form() {
    use Caution::{InstitutionLicenceNumber, RegistrationNumber};
    for (number, odd) in [
        ("国药准字SJ20171003", false),
        ("H20150001", false),
        ("国械注进20153131313", false),
        ("粤穗械备20150001", false),
        ("国械注进20153131313号", true),
        ("国药准字SJ2017100", true),
        ("沪械注进20153131313", true),
        ("MFDS 12-345", true),
        ("", true),
    ] {
        assert_eq!(registration_caution(number), odd.then_some(RegistrationNumber), "{number}");
    }
    for (number, odd) in [
        ("MAYL90082320508D154201", false),
        ("320508D15420", false),
        ("MAYL90082320508D15420", true),
        ("MAYL90082320508d154201", true),
        ("备2024-001", true),
    ] {
        let expected = odd.then_some(InstitutionLicenceNumber);
        assert_eq!(institution_licence_caution(number), expected, "{number}");
    }
}
