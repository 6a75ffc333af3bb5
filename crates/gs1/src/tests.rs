//! Check digits, GS1 keys and the escape.
use crate::Form;
use proptest::prelude::*;

use crate::{Caution, Error, Fault, Gln, Gtin, Sscc, check_digit, check_digit_ok, check_pair, escape};

/// Compares `part`, place and fault of a refusal.
#[track_caller]
pub(crate) fn refused<T: core::fmt::Debug>(result: Result<T, Error>, part: &str, at: usize, fault: Fault) {
    let error = result.expect_err("must be refused");
    assert_eq!((error.part, error.at, error.fault), (part, at, fault), "{error}");
    assert!(!has_english(&error.chinese()), "{}", error.chinese());
}

/// Whether a text runs English words: two in small letters, one after the other.
fn has_english(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let small = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    let end = |word: &str| word.rsplit(|c: char| !c.is_ascii()).next().is_some_and(small);
    let begin = |word: &str| word.split(|c: char| !c.is_ascii_alphabetic()).next().is_some_and(small);
    words.windows(2).any(|pair| matches!(pair, [a, b] if end(a) && begin(b)))
}

#[test]
fn a_run_of_english_words_is_told_from_names() {
    for (text, expect) in [
        ("serial：此处应为：a dot and the serial after the GTIN（第7字节）", true),
        ("此处应为：gln: and a GLN", true),
        ("正被 process 30606 使用", false),
        ("没有Digital Link主键", false),
        ("此处应为：sgtin:、lot:、sscc: 或 bag:", false),
        ("(01) GTIN：校验位错误", false),
    ] {
        assert_eq!(has_english(text), expect, "{text}");
    }
}

/// Digits with their mod-10 check digit.
pub(crate) fn keyed(len: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(0..10u8, len - 1).prop_map(|digits| {
        let mut text: Vec<u8> = digits.into_iter().map(|digit| b'0' + digit).collect();
        text.push(check_digit(&text).unwrap());
        String::from_utf8(text).unwrap()
    })
}

/// Text that comes from outside: bytes, read as UTF-8 as far as they are.
pub(crate) fn noise() -> impl Strategy<Value = String> {
    let bytes = prop::collection::vec(any::<u8>(), 0..300)
        .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let chars = prop::collection::vec(any::<char>(), 0..80).prop_map(|chars| chars.into_iter().collect());
    prop_oneof![bytes, chars]
}

#[test]
fn gtin_of_every_length_is_padded_to_fourteen() {
    for (text, padded) in [
        ("95200002", "00000095200002"),
        ("952123456786", "00952123456786"),
        ("9521234543213", "09521234543213"),
        ("09521234543213", "09521234543213"),
        ("06901234567892", "06901234567892"),
        ("19521234543210", "19521234543210"),
    ] {
        assert_eq!(Gtin::parse(text).map(|gtin| gtin.to_string()).as_deref(), Ok(padded));
    }
    assert_eq!(Gtin::parse("19521234543210").unwrap().indicator(), 1);
}

#[test]
fn odd_prefixes_of_a_gtin_are_told() {
    let number = |body: &str| {
        let check = char::from(check_digit(body.as_bytes()).unwrap());
        Gtin::parse(&format!("{body}{check}")).unwrap()
    };
    use Caution::{CouponNumber, DemonstrationNumber, RestrictedNumber};
    for (body, caution) in [
        ("690123456789", None),
        ("1690123456789", None),
        ("952123454321", Some(DemonstrationNumber)),
        ("1952123454321", Some(DemonstrationNumber)),
        ("9520000", Some(DemonstrationNumber)),
        ("200123456789", Some(RestrictedNumber)),
        ("299123456789", Some(RestrictedNumber)),
        ("020123456789", Some(RestrictedNumber)),
        ("049123456789", Some(RestrictedNumber)),
        ("30123456789", None),
        ("2001234", Some(RestrictedNumber)),
        ("0123456", Some(RestrictedNumber)),
        ("6901234", None),
        ("978012345678", None),
        ("980123456789", Some(CouponNumber)),
        ("985123456789", None),
        ("990123456789", Some(CouponNumber)),
        ("050123456789", Some(CouponNumber)),
    ] {
        assert_eq!(number(body).caution(), caution, "{body}");
    }
}

#[test]
fn a_refused_key_says_where_and_why() {
    let four = Fault::Length { allowed: Form::of("8, 12, 13 or 14 digits", "8、12、13或14位数字") };
    refused(Gtin::parse(""), "gtin", 0, Fault::Empty);
    refused(Gtin::parse("952123454321"), "gtin", 11, Fault::CheckDigit);
    refused(Gtin::parse("952123454"), "gtin", 9, four);
    refused(Gtin::parse("095212345432130"), "gtin", 14, four);
    refused(Gtin::parse("09521234543214"), "gtin", 13, Fault::CheckDigit);
    refused(Gtin::parse("0952123454321X"), "gtin", 13, Fault::NotADigit);
    refused(Gtin::parse("0952１234543213"), "gtin", 4, Fault::NotADigit);
    refused(Gln::parse("9521234567890"), "gln", 12, Fault::CheckDigit);
    refused(Gln::parse("952"), "gln", 3, Fault::Length { allowed: Form::of("13 digits", "13位数字") });
    refused(Sscc::parse("395212345678901237"), "sscc", 17, Fault::CheckDigit);
    assert!(Gln::parse("9521234567899").is_ok());
    assert!(Sscc::parse("395212345678901236").is_ok());
    refused(
        Gtin::parse14("9521234543213"),
        "gtin",
        13,
        Fault::Length { allowed: Form::of("14 digits", "14位数字") },
    );
}

#[test]
fn check_digits_of_nothing_and_of_other_text() {
    assert_eq!(check_digit(b""), Some(b'0'));
    assert_eq!(check_digit(b"12a"), None);
    assert!(!check_digit_ok(""));
    assert!(!check_digit_ok("汉字"));
    assert_eq!(check_pair(&"1".repeat(98)), None);
    assert_eq!(check_pair("no blank"), None);
    assert!(!crate::check_pair_ok("汉"));
    assert!(!crate::check_pair_ok("1"));
}

#[test]
fn only_what_must_be_escaped_is() {
    for (plain, written) in [
        ("A1", "A1"),
        ("1.2/3%", "1%2E2%2F3%25"),
        ("\u{0}\n\u{7f}", "%00%0A%7F"),
        ("\u{80}\u{9f}\u{a0}", "%C2%80%C2%9F\u{a0}"),
        ("批号 é#", "批号 é#"),
    ] {
        let mut text = String::new();
        escape::push(&mut text, plain);
        assert_eq!(text, written);
        assert_eq!(escape::Escaped::checked(&text).unescape(), plain);
        assert!(escape::Escaped::checked(&text) == *plain);
    }
}

#[test]
fn any_other_escape_is_refused() {
    for (text, at, fault) in [
        ("A.B", 1, Fault::Unescaped),
        ("A/B", 1, Fault::Unescaped),
        ("é\n", 2, Fault::Unescaped),
        ("\u{85}", 0, Fault::Unescaped),
        ("A%2", 1, Fault::BrokenEscape),
        ("A%", 1, Fault::BrokenEscape),
        ("A%2e", 1, Fault::BrokenEscape),
        ("%é", 0, Fault::BrokenEscape),
        ("%41", 0, Fault::NeedlessEscape),
        ("%2E%20", 3, Fault::NeedlessEscape),
        ("%C2%A0", 0, Fault::NeedlessEscape),
        ("%C2", 0, Fault::NeedlessEscape),
        ("%C2é", 0, Fault::NeedlessEscape),
        ("%C3%A9", 0, Fault::NeedlessEscape),
        ("%80", 0, Fault::NeedlessEscape),
        ("%FF", 0, Fault::NeedlessEscape),
    ] {
        let all: Result<Vec<_>, _> = escape::decode("part", text).collect();
        refused(all, "part", at, fault);
    }
}

proptest! {
    #[test]
    fn any_single_changed_digit_breaks_the_check_digit(
        text in prop_oneof![keyed(8), keyed(12), keyed(13), keyed(14), keyed(18)],
        place: prop::sample::Index,
        other in 1..10u8,
    ) {
        prop_assert!(check_digit_ok(&text));
        let mut digits = text.into_bytes();
        let digit = place.get(&digits) - b'0';
        let place = place.index(digits.len());
        digits[place] = b'0' + (digit + other) % 10;
        prop_assert!(!check_digit_ok(core::str::from_utf8(&digits).unwrap()));
    }

    #[test]
    fn a_gtin_reads_back_from_its_own_text(text in prop_oneof![keyed(8), keyed(12), keyed(13), keyed(14)]) {
        let gtin = Gtin::parse(&text).unwrap();
        prop_assert_eq!(Gtin::parse14(gtin.as_str()), Ok(gtin));
        prop_assert_eq!(gtin.as_str().len(), 14);
        prop_assert!(gtin.as_str().ends_with(&text));
    }

    #[test]
    fn escape_is_undone_by_unescape_and_is_canonical(plain: String) {
        let mut text = String::new();
        escape::push(&mut text, &plain);
        prop_assert!(escape::decode("part", &text).all(|step| step.is_ok()));
        prop_assert_eq!(escape::Escaped::checked(&text).unescape(), plain);
    }

    #[test]
    fn what_decodes_is_what_escaping_writes(text in "[%0-9A-F./a\u{85}]{0,12}") {
        let plain: Result<String, Error> =
            escape::decode("part", &text).map(|step| step.map(|(_, c, _)| c)).collect();
        if let Ok(plain) = plain {
            let mut again = String::new();
            escape::push(&mut again, &plain);
            prop_assert_eq!(again, text);
        }
    }
}
