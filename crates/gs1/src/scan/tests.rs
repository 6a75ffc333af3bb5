use super::*;
use crate::Form;
use crate::tests::refused;
use crate::{Ai, Caution, Fault, ItemKind, Symbology};

const YEAR: u16 = 2026;

#[track_caller]
fn scan(text: &str) -> ScanData {
    ScanData::parse(text, YEAR).unwrap()
}

fn item(text: &str) -> Option<String> {
    scan(text).item().map(String::from)
}

#[test]
fn a_scan_names_its_item() {
    for (text, named) in [
        ("]d20109521234543213172812311012C\u{1d}21S.1", Some("sgtin:09521234543213.S%2E1")),
        ("]C1010952123454321310C1234C3", Some("lot:gtin:09521234543213.C1234C3")),
        ("]Q3010952123454321310A/1\u{1d}17281200", Some("lot:gtin:09521234543213.A%2F1")),
        ("]e00109521234543213\u{1d}21 ", None),
        ("\u{1d}010952123454321321A\r\n", Some("sgtin:09521234543213.A")),
        ("010952123454321321A", Some("sgtin:09521234543213.A")),
        ("(01)09521234543213(10)A\\(1)(21)B", Some("sgtin:09521234543213.B")),
        ("(01)09521234543213(10)A\\(1)", Some("lot:gtin:09521234543213.A(1)")),
        ("(10)A(01)09521234543213", Some("lot:gtin:09521234543213.A")),
        ("(00)395212345678901236(02)09521234543213(37)12(10)A", Some("sscc:395212345678901236")),
        ("]C100395212345678901236", Some("sscc:395212345678901236")),
        ("(02)09521234543213(37)12(10)A", None),
        ("(21)A", None),
        ("(01)09521234543213", None),
        ("09521234543213", None),
        ("9521234543213", None),
        ("]E09521234543213", None),
        ("]E495200002", None),
        ("81234560000000000001", Some("cdtc:81234560000000000001")),
        ("]C081234560000000000001", Some("cdtc:81234560000000000001")),
        ("00395212345678901236", Some("cdtc:00395212345678901236")),
        ("MA.156.M0.100221.10000019.LA.S1", Some("ma:MA.156.M0.100221.10000019.LA.S1")),
        ("]Q1MA.156.M0.100221.10000019.LA.1", None),
        ("MA.156.M0.100221.10000019.LA-1", Some("lot:ma:MA%2E156%2EM0%2E100221%2E10000019.A-1")),
        ("MA.156.M0.100221.10000019", None),
        (
            "]Q1https://id.gs1.org/01/09521234543213/10/A/21/S%2E1?17=281231",
            Some("sgtin:09521234543213.S%2E1"),
        ),
        ("HTTPS://EXAMPLE.COM/01/09521234543213/10/A", Some("lot:gtin:09521234543213.A")),
        ("https://id.gs1.org/00/395212345678901236?02=09521234543213&37=12", Some("sscc:395212345678901236")),
        ("https://id.gs1.org/01/09521234543213", None),
        ("]E09521234543213|]e010A\u{1d}21B", Some("sgtin:09521234543213.B")),
        ("395212345678901236", Some("sscc:395212345678901236")),
        ("952123456786", None),
        ("95200002", None),
    ] {
        let read = ScanData::parse(text, YEAR);
        let found = read.ok().and_then(|data| data.item()).map(String::from);
        assert_eq!(found.as_deref(), named, "{text:?}");
    }
}

#[test]
fn a_scan_gives_its_values() {
    let data = scan("]d2010952123454321311280100172812003005\u{1d}10L1\u{1d}21S1\u{1d}7127.1");
    assert_eq!(data.gtin().unwrap().as_str(), "09521234543213");
    assert_eq!((data.lot(), data.serial()), (Some("L1"), Some("S1")));
    assert_eq!(data.expiry().unwrap().to_string(), "2028-12-31");
    assert_eq!(data.get(Ai::VARIABLE_COUNT), Some("05"));
    assert_eq!(data.count(), Some(5));
    assert_eq!(data.get(Ai::from_code("712").unwrap()), Some("7.1"));
    assert_eq!((data.date(Ai::LOT), data.sscc()), (None, None));
    assert_eq!(data.product().unwrap().as_str(), "gtin:09521234543213");
    let places: Vec<_> = data.elements().iter().map(|element| element.at()).collect();
    assert_eq!(places, [5, 21, 29, 37, 42, 47, 53]);

    let pallet = scan("(00)395212345678901236(02)09521234543213(37)0012");
    assert_eq!(pallet.sscc(), Sscc::parse("395212345678901236").ok());
    assert_eq!((pallet.gtin(), pallet.count()), (None, Some(12)));
    assert_eq!(pallet.content_gtin().unwrap().as_str(), "09521234543213");

    let bare = scan("9521234543213");
    assert_eq!(bare.product().unwrap().as_str(), "gtin:09521234543213");
    assert!(bare.elements().is_empty());
    let trace = scan("81234560000000000001");
    assert_eq!((trace.cdtc().unwrap().product_prefix(), trace.product()), ("8123456", None));
    let ma = scan("MA.156.M0.100221.10000019.LA.S1");
    assert_eq!((ma.lot(), ma.serial(), ma.gtin()), (Some("A"), Some("1"), None));
    assert_eq!(ma.item().unwrap().kind(), ItemKind::Ma);
}

#[test]
fn the_century_is_the_one_nearest_to_the_reference_year() {
    for (yy, year, full) in [
        ("26", 2026, 2026),
        ("76", 2026, 2076),
        ("77", 2026, 1977),
        ("99", 2026, 1999),
        ("00", 2026, 2000),
        ("49", 2099, 2149),
        ("50", 2099, 2050),
        ("00", 1950, 2000),
        ("00", 1949, 1900),
    ] {
        let data = ScanData::parse(&format!("(17){yy}0115"), year).unwrap();
        assert_eq!(data.expiry().unwrap().year(), full, "{yy} in {year}");
    }
    for year in [0, 50, u16::MAX] {
        assert!(ScanData::parse("(17)990115", year).is_ok());
    }
}

#[test]
fn day_zero_is_the_end_of_the_month() {
    for (text, day, date) in [
        ("280200", 29, "2028-02-29"),
        ("270200", 28, "2027-02-28"),
        ("000200", 29, "2000-02-29"),
        ("270400", 30, "2027-04-30"),
        ("271200", 31, "2027-12-31"),
    ] {
        let read = scan(&format!("(17){text}")).expiry().unwrap();
        assert_eq!((read.day(), read.to_string().as_str()), (day, date));
        assert!(read.is_whole_month());
    }
    let exact = scan("(17)270430").expiry().unwrap();
    assert!(!exact.is_whole_month());
    assert!(scan("(17)270429").expiry().unwrap() < exact);
    assert_eq!((exact.year(), exact.month(), exact.day()), (2027, 4, 30));
}

#[test]
fn a_refused_scan_says_where() {
    let check = |text: &str, part, at, fault| refused(ScanData::parse(text, YEAR), part, at, fault);
    check("", "scan", 0, Fault::Empty);
    check("\r\n", "scan", 0, Fault::Empty);
    check("]C1", "element string", 3, Fault::Empty);
    check("]C0", "scan", 3, Fault::Empty);
    check("]X0123", "symbology", 0, Fault::Symbology);
    check("hello", "scan", 0, Fault::Unrecognised);
    check("]Q1hello", "scan", 3, Fault::Unrecognised);
    check("https://example.com/login", "digital link", 19, Fault::NoKey);
    check("]Q1https://id.gs1.org/01/09521234543214", "GTIN", 38, Fault::CheckDigit);
    check("]d20109521234543213310900019", "ai", 19, Fault::UnknownAi);
    check("]d2010952123454321310A\u{1d}\u{1d}21B", "ai", 23, Fault::UnknownAi);
    check("]d20109521234543214", "GTIN", 18, Fault::CheckDigit);
    check("]d2010952123454321", "GTIN", 18, Fault::TooFewChars { min: 14 });
    check("]d217281301", "USE BY or EXPIRY", 7, Fault::Month);
    check("]d217270229", "USE BY or EXPIRY", 9, Fault::Day);
    check("]d21728\u{1d}", "USE BY or EXPIRY", 7, Fault::NotADigit);
    check("]d210A B", "BATCH/LOT", 6, Fault::Character);
    check("]d210批", "BATCH/LOT", 5, Fault::Character);
    check("]d2171批", "USE BY or EXPIRY", 6, Fault::NotADigit);
    check("]d210", "BATCH/LOT", 5, Fault::Empty);
    check("]d210123456789012345678901", "BATCH/LOT", 25, Fault::TooManyChars { max: 20 });
    check("]d237123456789", "COUNT", 13, Fault::TooManyChars { max: 8 });
    check("]d242215", "ORIGIN", 8, Fault::TooFewChars { min: 3 });
    check(
        "]d2422999",
        "ORIGIN",
        6,
        Fault::NotListed(Form::of("a country of ISO 3166-1", "ISO 3166-1 国家代码")),
    );
    check("]d2421156", "SHIP TO POST", 9, Fault::TooFewChars { min: 1 });
    check("]d280141987654Ad4X4bL5ttr2310c2X", "MUDI", 30, Fault::CheckPair);
    check("(01)09521234543213(10)A(B", "ai", 24, Fault::UnknownAi);
    check("(01)09521234543213(89)A", "ai", 19, Fault::UnknownAi);
    check("(10)A\\(\\( B", "BATCH/LOT", 9, Fault::Character);
    check("(10)A(10)B", "BATCH/LOT", 9, Fault::Repeated);
    check("9521234543214", "gtin", 12, Fault::CheckDigit);
    check("395212345678901237", "sscc", 17, Fault::CheckDigit);
    check(
        "]E0952123454321",
        "gtin",
        15,
        Fault::Length {
            allowed: Form::of("13 digits in EAN-13, 8 in EAN-8", "EAN-13为13位数字，EAN-8为8位"),
        },
    );
    check("]E09521234543213|]e010A B", "BATCH/LOT", 23, Fault::Character);
    check(&"1".repeat(5000), "scan", 4096, Fault::TooManyBytes { max: 4096 });
}

#[test]
fn a_refusal_can_be_drawn() {
    let text = "(01)09521234543214(10)A";
    let error = ScanData::parse(text, YEAR).unwrap_err();
    assert_eq!(error.to_string(), "(01) GTIN: has a wrong check digit (byte 17)");
    assert_eq!(error.chinese(), "(01) GTIN：校验位错误（第17字节）");
    assert_eq!(error.marked(text), "(01)0952123454321*4*(10)A");
    assert_eq!(error.caret(text), "(01)09521234543214(10)A\n                 ^");
    let coupon = ScanData::parse("(8110)7", YEAR).unwrap_err();
    assert_eq!(coupon.to_string(), "(8110): has no valid company prefix (byte 6)");
    let text = "]d2010952123454321317281301\u{1d}10批号";
    let error = ScanData::parse(text, YEAR).unwrap_err();
    assert_eq!(error.marked(text), "]d201095212345432131728*13*01␝10批号");
    let error = ScanData::parse("]d210批号", YEAR).unwrap_err();
    assert_eq!(error.caret("]d210批号"), "]d210批号\n     ^^");
    let error = ScanData::parse("]d210", YEAR).unwrap_err();
    assert_eq!((error.marked("]d210"), error.caret("]d210")), ("]d210**".into(), "]d210\n     ^".into()));
    let long = format!("(01)09521234543213(10)A(21){}", "B".repeat(200));
    let drawn = ScanData::parse(&long, YEAR).unwrap_err().caret(&long);
    assert!(
        drawn.starts_with('…')
            && drawn.contains("BB…\n")
            && drawn.lines().all(|line| line.chars().count() < 120),
        "{drawn}"
    );
}

#[test]
fn the_same_element_twice_counts_once() {
    assert_eq!(scan("(10)A(21)B(10)A").elements().len(), 2);
    assert!(scan("]d280141987654Ad4X4bL5ttr2310c2K").get(Ai::MUDI).is_some());
    assert_eq!(item("(10)A(21)B(10)A"), None);
}

#[test]
fn a_scan_tells_what_kind_of_code_it_is() {
    let ahm = ScanSettings { opaque_as_ahm: true, ..ScanSettings::new(YEAR) };
    for (text, kind, symbology) in [
        ("]d20109521234543213", CodeKind::ElementString, Some(Symbology::DataMatrix)),
        ("]e00109521234543213", CodeKind::ElementString, Some(Symbology::DataBarExpanded)),
        ("(10)A", CodeKind::ElementString, None),
        ("]Q1https://a.example/01/09521234543213", CodeKind::DigitalLink, Some(Symbology::QrCode)),
        ("]E09521234543213", CodeKind::Gtin, Some(Symbology::Ean13)),
        ("]I119521234543210", CodeKind::Gtin, Some(Symbology::Itf)),
        ("395212345678901236", CodeKind::Sscc, None),
        ("]C081234560000000000001", CodeKind::Cdtc, Some(Symbology::Code128)),
        ("MA.156.M0.100221.10000019.LA", CodeKind::Ma, None),
        ("]C0hello", CodeKind::Ahm, Some(Symbology::Code128)),
    ] {
        let data = ScanData::parse_with(text, &ahm).unwrap();
        assert_eq!((data.kind(), data.symbology()), (kind, symbology), "{text}");
    }
    let data = ScanData::parse_with("hello", &ahm).unwrap();
    assert_eq!(data.item().unwrap().as_str(), "ahm:hello");
    assert_eq!(data.ahm().unwrap().as_str(), "hello");
}

#[test]
fn what_is_odd_is_told_beside_what_is_read() {
    let mut told = std::collections::BTreeSet::new();
    for (text, odd) in [
        ("(01)06901234567892(10)A(17)281231", vec![]),
        ("(01)09912345678909", vec![(Caution::CouponNumber, 4)]),
        ("(01)09521234543213(10)A", vec![(Caution::DemonstrationNumber, 4)]),
        ("9521234543213", vec![(Caution::DemonstrationNumber, 0)]),
        ("(01)02012345678903", vec![(Caution::RestrictedNumber, 4)]),
        ("(01)06901234567892(17)281200", vec![(Caution::WholeMonth, 22)]),
        ("(01)06901234567892(17)701231", vec![(Caution::FarYear { year: 2070 }, 22)]),
        ("(10)A", vec![(Caution::Pair(Fault::Requires("01,02,03,8006,8026")), 4)]),
        (
            "(01)06901234567892(37)1(00)395212345678901236",
            vec![
                (Caution::Pair(Fault::Excluded(Ai::COUNT)), 4),
                (Caution::Pair(Fault::Requires("00+02,00+8026")), 22),
            ],
        ),
        ("MA.156.M0.100221.10000019.LA.C2", vec![(Caution::CheckUnverified, 0)]),
        ("00395212345678901236", vec![(Caution::TraceCodeOrSscc, 0)]),
        ("00395212345678901237", vec![]),
        ("https://a.example/01/06901234567892?17=281200", vec![(Caution::WholeMonth, 39)]),
        ("]E06901234567892|]e010A", vec![]),
    ] {
        let data = scan(text);
        let found: Vec<_> = data.warnings().iter().map(|warning| (warning.caution, warning.at)).collect();
        assert_eq!(found, odd, "{text}");
        for warning in data.warnings() {
            assert!(!warning.to_string().is_empty() && !warning.caution.chinese().is_empty());
            told.insert(warning.caution.as_str());
        }
    }
    let scanned = crate::CAUTIONS.iter().filter(|row| row.scanned).map(|row| row.name);
    assert_eq!(told, scanned.collect(), "what scans are said to give is what they give");
}

#[test]
fn a_device_identifier_of_each_agency_is_taken_apart() {
    let settings = ScanSettings { opaque_as_ahm: true, ..ScanSettings::new(YEAR) };
    for (text, agency, device, lot, serial, produced, expiry) in [
        (
            "]d201095212345432131124010117261231100L1\u{1d}21S1",
            UdiAgency::Gs1,
            "09521234543213",
            Some("0L1"),
            Some("S1"),
            Some("2024-01-01"),
            Some("2026-12-31"),
        ),
        (
            "MA.156.M0.100221.10000019.M20240101.V261231.LA.S1",
            UdiAgency::Ma,
            "MA.156.M0.100221.10000019",
            Some("A"),
            Some("1"),
            Some("2024-01-01"),
            Some("2026-12-31"),
        ),
        (
            "MA.156.M0.100221.10000019.P240100.E20270230",
            UdiAgency::Ma,
            "MA.156.M0.100221.10000019",
            None,
            None,
            Some("2024-01-31"),
            None,
        ),
        ("9521234543213", UdiAgency::Gs1, "09521234543213", None, None, None, None),
        ("84000123456", UdiAgency::Ahm, "84000123456", None, None, None, None),
    ] {
        let data = ScanData::parse_with(text, &settings).unwrap();
        let udi = data.udi().unwrap();
        assert_eq!((udi.agency, udi.device.as_str(), udi.lot, udi.serial), (agency, device, lot, serial));
        let [made, until] = [udi.produced, udi.expiry].map(|date| date.map(|date| date.to_string()));
        assert_eq!((made.as_deref(), until.as_deref()), (produced, expiry), "{text}");
    }
    assert_eq!(scan("395212345678901236").udi(), None);
    assert_eq!(scan("81234560000000000001").udi(), None);
}

#[test]
fn a_leap_day_is_judged_in_its_century() {
    assert!(ScanData::parse("(17)000229", 2026).is_ok());
    refused(ScanData::parse("(17)000229", 2099), "USE BY or EXPIRY", 8, Fault::Day);
}
