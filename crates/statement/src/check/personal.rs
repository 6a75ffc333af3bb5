//! Free text must not name people by number: identity cards and mobile phones are found and refused.

use crate::Words;

/// The last digits of an identity-card number, by the weighted sum of the first seventeen modulo 11
/// (GB 11643, ISO 7064 mod 11-2).
const CHECK: &[u8; 11] = b"10X98765432";
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// What number of a person a text holds, if any.
///
/// Only whole runs of ASCII letters and digits count, full-width digits read as such: what is part of
/// a longer number (a serial, a trace code, a registration number) is none.
pub(super) fn personal_number(text: &str) -> Option<Words> {
    if text.bytes().filter(u8::is_ascii_digit).count() < 11 && !text.chars().any(is_wide_digit) {
        return None;
    }
    let runs = runs(text);
    runs.iter().enumerate().find_map(|(i, run)| {
        if is_identity_card(&run.text) {
            Some(Words::of("an identity-card number", "身份证号"))
        } else if is_mobile(&run.text) || (i + 3 <= runs.len() && is_grouped_mobile(&runs[i..i + 3])) {
            Some(Words::of("a mobile-phone number", "手机号"))
        } else {
            None
        }
    })
}

/// A run of letters and digits, and what stands between it and the next.
struct Run {
    text: String,
    /// One space or hyphen.
    joined: bool,
}

const fn is_wide_digit(c: char) -> bool {
    matches!(c, '０'..='９')
}

/// Full-width letters and digits as ASCII.
fn narrow(c: char) -> char {
    match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            char::from_u32(u32::from(c) - u32::from('！') + u32::from('!')).unwrap_or(c)
        }
        _ => c,
    }
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut gap = 0usize;
    for c in text.chars().map(narrow) {
        if c.is_ascii_alphanumeric() {
            match runs.last_mut() {
                Some(run) if gap == 0 => run.text.push(c),
                _ => runs.push(Run { text: c.to_string(), joined: false }),
            }
            gap = 0;
        } else {
            gap += 1;
            if let Some(run) = runs.last_mut() {
                run.joined = gap == 1 && matches!(c, ' ' | '-');
            }
        }
    }
    runs
}

fn digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// Eleven digits from 13 to 19, with the country's number before it or without.
fn is_mobile(run: &str) -> bool {
    let number = match run.len() {
        11 => run,
        13 => run.strip_prefix("86").unwrap_or_default(),
        15 => run.strip_prefix("0086").unwrap_or_default(),
        _ => return false,
    };
    digits(number) && number.len() == 11 && matches!(number.as_bytes(), [b'1', b'3'..=b'9', ..])
}

/// `138 0000 0000` or `138-0000-0000`.
fn is_grouped_mobile(runs: &[Run]) -> bool {
    let lengths = runs.iter().map(|r| r.text.len()).eq([3, 4, 4]);
    let joined = runs[..runs.len() - 1].iter().all(|r| r.joined);
    lengths && joined && is_mobile(&runs.iter().map(|r| r.text.as_str()).collect::<String>())
}

/// Region, birthday, sequence, check character.
fn is_identity_card(run: &str) -> bool {
    let bytes = run.as_bytes();
    let Some((last, number)) = bytes.split_last().filter(|(_, n)| n.len() == 17 && digits(&run[..17])) else {
        return false;
    };
    let day = format!("{}-{}-{}", &run[6..10], &run[10..12], &run[12..14]);
    let sum: u32 = number.iter().zip(WEIGHTS).map(|(d, w)| u32::from(d - b'0') * w).sum();
    bytes[0] != b'0'
        && crate::Day::parse(&day).is_some()
        && CHECK[(sum % 11) as usize] == last.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::personal_number;
    use crate::Words;

    /// A well-formed number of nobody: region 110101, birthday 1949-10-01, sequence 000.
    const CARD: &str = "11010119491001000";

    fn card() -> String {
        let sum: u32 = CARD.bytes().zip(super::WEIGHTS).map(|(d, w)| u32::from(d - b'0') * w).sum();
        format!("{CARD}{}", char::from(super::CHECK[(sum % 11) as usize]))
    }

    #[test]
    fn the_published_example_of_the_standard_is_a_card() {
        // GB 11643-1999, annex A.
        assert!(super::is_identity_card("11010519491231002X"));
    }

    #[test]
    fn numbers_of_people_are_found_where_they_stand_alone() {
        for text in [
            "13800000000",
            "电话13800000000。",
            "call 138 0000 0000 now",
            "call 138-0000-0000",
            "+86 13800000000",
            "8613800000000",
            "手机１３８００００００００",
            "a,19900000000;b",
        ] {
            assert_eq!(personal_number(text), Some(Words::of("a mobile-phone number", "手机号")), "{text}");
        }
        let card = card();
        for text in [card.clone(), format!("身份证{card}"), format!("({card})"), card.replace('0', "０")]
        {
            assert_eq!(
                personal_number(&text),
                Some(Words::of("an identity-card number", "身份证号")),
                "{text}"
            );
        }
    }

    #[test]
    fn parts_of_longer_numbers_and_numbers_of_things_are_no_people() {
        let mut wrong_check = card();
        let last = if wrong_check.ends_with('5') { "6" } else { "5" };
        wrong_check.replace_range(17.., last);
        for text in [
            "国药准字SJ20171003".to_owned(),
            "81234567890123456789".to_owned(),
            "SN13800000000".to_owned(),
            "138000000001".to_owned(),
            "12800000000".to_owned(),
            "138 0000 00001".to_owned(),
            "138  0000 0000".to_owned(),
            "1380000 0000".to_owned(),
            "lot 138, 0000, 0000".to_owned(),
            "91440300708461136T".to_owned(),
            "310120231000000001".to_owned(),
            wrong_check,
            format!("{}1", card()),
            format!("A{}", card()),
            "110105194912320021".to_owned(),
        ] {
            assert_eq!(personal_number(&text), None, "{text}");
        }
    }
}
