//! The published vectors of the linters, and what they leave out.

use serde_json::Value;

use super::*;
use crate::conformance::load;

/// Vectors that are not run, and why.
const LEFT_OUT: [(&str, &str, &str); 2] = [
    ("gcppos1", "1234567", "the answer of a register of company prefixes that is down; none is asked here"),
    ("gcppos2", "I1234567", "the answer of a register of company prefixes; none is asked here"),
];

/// The published name of a fault.
fn published_name(linter: Linter, fault: Fault) -> &'static str {
    match (linter, fault) {
        (_, Fault::NotADigit) => "NON_DIGIT_CHARACTER",
        (Linter::Cset39, Fault::Character) => "INVALID_CSET39_CHARACTER",
        (Linter::Cset82 | Linter::CsumAlpha, Fault::Character) => "INVALID_CSET82_CHARACTER",
        (Linter::Csum, Fault::Empty) => "TOO_SHORT_FOR_CHECK_DIGIT",
        (Linter::Csum, Fault::CheckDigit) => "INCORRECT_CHECK_DIGIT",
        (Linter::CsumAlpha, Fault::CheckPair) => "INCORRECT_CHECK_PAIR",
        (Linter::CsumAlpha, Fault::TooFewChars { .. }) => "TOO_SHORT_FOR_CHECK_PAIR",
        (Linter::CsumAlpha, Fault::TooManyChars { .. }) => "TOO_LONG_FOR_CHECK_PAIR_IMPLEMENTATION",
        (Linter::HasNonDigit, Fault::Expected(_)) => "REQUIRES_NON_DIGIT_CHARACTER",
        (Linter::Hhmi, Fault::TooFewChars { .. }) => "HOUR_WITH_MINUTE_TOO_SHORT",
        (Linter::Hhmi, Fault::TooManyChars { .. }) => "HOUR_WITH_MINUTE_TOO_LONG",
        (Linter::Iso3166, Fault::NotListed(_)) => "NOT_ISO3166",
        (Linter::Iso3166Or999, Fault::NotListed(_)) => "NOT_ISO3166_OR_999",
        (Linter::Iso4217, Fault::NotListed(_)) => "NOT_ISO4217",
        (Linter::MediaType, Fault::NotListed(_)) => "INVALID_MEDIA_TYPE",
        (Linter::Latitude, Fault::TooGreat { .. }) => "INVALID_LATITUDE",
        (Linter::Latitude, Fault::Length { .. }) => "LATITUDE_INVALID_LENGTH",
        (Linter::Longitude, Fault::TooGreat { .. }) => "INVALID_LONGITUDE",
        (Linter::Longitude, Fault::Length { .. }) => "LONGITUDE_INVALID_LENGTH",
        (Linter::NonZero, Fault::Zero) => "ILLEGAL_ZERO_VALUE",
        (Linter::PcEnc, Fault::PercentSequence) => "INVALID_PERCENT_SEQUENCE",
        (Linter::PieceOfTotal, Fault::Length { .. }) => "INVALID_LENGTH_FOR_PIECE_OF_TOTAL",
        (Linter::PieceOfTotal, Fault::BeyondTotal) => "PIECE_NUMBER_EXCEEDS_TOTAL",
        (Linter::PieceOfTotal, Fault::Zero) => "ZERO_PIECE_NUMBER",
        (Linter::PosInSeqSlash, Fault::LeadingZero) => "ILLEGAL_ZERO_PREFIX",
        (Linter::PosInSeqSlash, Fault::BeyondTotal) => "POSITION_EXCEEDS_END",
        (Linter::PosInSeqSlash, Fault::Expected(_)) => "POSITION_IN_SEQUENCE_MALFORMED",
        (Linter::Winding, Fault::Expected(_)) => "INVALID_WINDING_DIRECTION",
        (Linter::YesNo, Fault::Expected(_)) => "NOT_ZERO_OR_ONE",
        (Linter::Zero, Fault::NotZero) => "NOT_ZERO",
        (_, Fault::Month) => "ILLEGAL_MONTH",
        (_, Fault::Day) => "ILLEGAL_DAY",
        (_, Fault::TooFewChars { .. }) => "DATE_TOO_SHORT",
        (_, Fault::TooManyChars { .. }) => "DATE_TOO_LONG",
        _ => "none",
    }
}

/// The value with the fault between stars, as the vectors mark it.
fn marked(value: &str, error: &Error) -> String {
    let end = error.at + usize::from(error.len);
    format!("{}*{}*{}", &value[..error.at], &value[error.at..end], &value[end..])
}

fn run(linter: Linter, value: &str, vector: &Value) {
    match linter.lint(value) {
        Ok(()) => assert_eq!(vector["ok"], true, "{linter}: {vector}"),
        Err(error) => {
            assert_eq!(vector["ok"], false, "{linter}: {vector}: {error}");
            // A second zero, of the total, has a name of its own.
            let total = linter == Linter::PieceOfTotal && error.fault == Fault::Zero && error.at > 0;
            let name = if total { "ZERO_TOTAL_PIECES" } else { published_name(linter, error.fault) };
            assert_eq!(vector["err"].as_str().unwrap(), format!("GS1_LINTER_{name}"), "{linter}: {vector}");
            assert_eq!(vector["mark"].as_str().unwrap(), marked(value, &error), "{linter}: {vector}");
        }
    }
}

#[test]
fn verdict_fault_and_place_agree_with_every_published_vector() {
    let Some(all) = load("linter-vectors.json") else {
        return;
    };
    let (mut count, mut without_text) = (0, 0);
    for (name, vectors) in all.as_object().expect("an object").iter().filter(|(_, list)| list.is_array()) {
        let linter = Linter::from_name(name).unwrap_or_else(|| panic!("no linter {name}"));
        for vector in vectors.as_array().expect("a list") {
            // Six vectors of company prefixes name a variable of the test they were taken from, not a text: what
            // they are about stands in `company_prefixes_are_four_digits_at_least`.
            let Some(value) = vector["in"].as_str() else {
                without_text += 1;
                continue;
            };
            if !LEFT_OUT.iter().any(|(left, text, _)| left == name && *text == value) {
                run(linter, value, vector);
                count += 1;
            }
        }
    }
    eprintln!("{count} vectors of linters run; left out: {LEFT_OUT:?}; without a text: {without_text}");
    assert!(count > 1600 && without_text == 6, "{count} run, {without_text} without a text");
}

/// Values that pass, and values that fail at (offset, length).
#[track_caller]
fn table(linter: Linter, pass: &[&str], fail: &[(&str, usize, u16)]) {
    for value in pass {
        assert_eq!(linter.lint(value), Ok(()), "{linter}: {value}");
    }
    for (value, at, len) in fail {
        let error = linter.lint(value).expect_err(value);
        assert_eq!((error.at, error.len), (*at, *len), "{linter}: {value}: {error}");
    }
}

#[test]
fn company_prefixes_are_four_digits_at_least() {
    table(
        Linter::GcpPos1,
        &["1234", "1234A"],
        &[("", 0, 0), ("123", 0, 3), ("123A5", 3, 1), ("12批45", 2, 3)],
    );
    table(
        Linter::GcpPos2,
        &["A1234", "01234"],
        &[("", 0, 0), ("1234", 0, 4), ("0A234", 1, 1), ("批123", 0, 6)],
    );
}

#[test]
fn times_have_their_bounds() {
    table(Linter::Hh, &["00", "23"], &[("24", 0, 2), ("1", 0, 1), ("001", 0, 3), ("0x", 1, 1)]);
    table(Linter::Mi, &["00", "59"], &[("60", 0, 2)]);
    table(Linter::Ss, &["00", "59"], &[("60", 0, 2)]);
    table(Linter::Hhmi, &["2359"], &[("2400", 0, 2), ("2360", 2, 2)]);
}

#[test]
fn account_numbers_have_country_alphabet_and_check_digits() {
    let valid = ["GB82WEST12345698765432", "DE89370400440532013000", "NO9386011117947"];
    let bad = [
        ("GB83WEST12345698765432", 2, 2),
        ("XX82WEST12345698765432", 0, 2),
        ("GB82WESt12345698765432", 7, 1),
        ("GB82WEST12", 0, 10),
        ("", 0, 0),
    ];
    table(Linter::Iban, &valid, &bad);
}

#[test]
fn codes_come_from_their_lists() {
    table(
        Linter::Iso3166Alpha2,
        &["CN", "KR", "DE"],
        &[("XX", 0, 2), ("cn", 0, 2), ("C", 0, 1), ("CN KR", 0, 5)],
    );
    table(Linter::Iso3166, &["156", "410", "380"], &[("155", 0, 3), ("156 ", 0, 4), (" ", 0, 1)]);
    table(
        Linter::PackageType,
        &["8", "9", "1A", "PX", "X11", "ZZ"],
        &[("", 0, 0), ("0", 0, 1), ("1a", 0, 2)],
    );
    table(Linter::Iso5218, &["0", "1", "2", "9"], &[("3", 0, 1), ("", 0, 0), ("11", 0, 2)]);
    table(
        Linter::ImporterIdx,
        &["A", "z", "0", "-", "_"],
        &[("=", 0, 1), ("", 0, 0), ("AB", 0, 2), ("批", 0, 3)],
    );
    table(Linter::Hyphen, &["-", ""], &[("+", 0, 1), ("-x", 1, 1)]);
    table(Linter::NoZeroPrefix, &["0", "10", ""], &[("01", 0, 1), ("00", 0, 1)]);
    table(
        Linter::Cset64,
        &["", "Az-_", "A=", "A=="],
        &[("=", 0, 1), ("A===", 1, 3), ("A=B", 1, 1), ("A+", 1, 1)],
    );
    for list in [lists::COUNTRIES, lists::COUNTRIES_ALPHA2, lists::CURRENCIES, lists::PACKAGES] {
        let words: Vec<&str> = list.split(' ').collect();
        assert!(words.is_sorted() && words.iter().all(|word| (1..=3).contains(&word.len())), "{list}");
    }
    assert_eq!(lists::COUNTRIES.split(' ').count(), lists::COUNTRIES_ALPHA2.split(' ').count());
}

#[test]
fn coupon_codes_are_walked_field_by_field() {
    let base = "012345612345611110123";
    for (rest, fits) in [
        ("", true),
        ("101101230123456", true),
        ("1011012339", false),
        ("101101239", true),
        ("141101239", false),
        ("211012390", false),
        ("21101239", true),
        ("3281231", true),
        ("4281231", true),
        ("32812314281230", true),
        ("32812324281231", false),
        ("50123456", true),
        ("511234567", true),
        ("611234567", true),
        ("61A", false),
        ("90000", true),
        ("96291", true),
        ("93001", false),
        ("90301", false),
        ("90002", false),
        ("9000", false),
    ] {
        let value = format!("{base}{rest}");
        let verdict = Linter::CouponCode.lint(&value);
        assert_eq!(verdict.is_ok(), fits, "{rest}: {verdict:?}");
    }
    table(
        Linter::CouponCode,
        &[base, "612345678901212345611110123"],
        &[
            ("", 0, 0),
            ("a12", 0, 1),
            ("712", 0, 1),
            ("01", 1, 1),
            ("0123456", 0, 7),
            ("01234561", 7, 1),
            ("01234561234560", 13, 1),
            ("012345612345611115", 17, 1),
            ("0123456123456111101230", 21, 1),
            ("0123456123456111101233281331", 22, 6),
            ("01234561234561111012332812314281232", 29, 6),
        ],
    );
    table(
        Linter::CouponPosOffer,
        &["001234561234560123456", "061234567890121234569123456789012345"],
        &[
            ("", 0, 0),
            ("2", 0, 1),
            ("07", 1, 1),
            ("001", 2, 1),
            ("00123456", 0, 8),
            ("0012345612345601", 15, 1),
            ("0012345612345601234567", 21, 1),
        ],
    );
}

#[test]
fn no_text_makes_a_linter_panic_and_every_fault_lies_inside() {
    use proptest::prelude::*;
    proptest!(|(text in crate::tests::noise(), near in "[0-9/%=A批-]{0,40}")| {
        for value in [&text, &near] {
            for linter in Linter::ALL {
                if let Err(error) = linter.lint(value) {
                    let end = error.at + usize::from(error.len);
                    prop_assert!(value.is_char_boundary(error.at), "{linter}: {error} in {value:?}");
                    prop_assert!(error.len == u16::MAX || value.is_char_boundary(end), "{linter}: {error} in {value:?}");
                }
            }
        }
    });
}
