//! Check digits and check characters.

use crate::charset;

/// GS1 mod-10 check digit for the digits that precede it, as ASCII: weights 3, 1, 3 … from the
/// right (GS1 General Specifications, section 7.9.1). `None` if a byte is no digit.
pub fn check_digit(body: &[u8]) -> Option<u8> {
    let mut sum = 0u32;
    for (place, byte) in body.iter().rev().enumerate() {
        if !byte.is_ascii_digit() {
            return None;
        }
        let weight = if place % 2 == 0 { 3 } else { 1 };
        // At most 27 a digit; the remainder keeps the sum small for a body of any length.
        sum = (sum + u32::from(byte - b'0') * weight) % 10;
    }
    u8::try_from((10 - sum) % 10).ok().map(|digit| b'0' + digit)
}

/// Whether the last digit is the right mod-10 check digit of those before it.
///
/// False for an empty text, and for one that holds anything but digits.
pub fn check_digit_ok(digits: &str) -> bool {
    digits.as_bytes().split_last().is_some_and(|(last, body)| check_digit(body) == Some(*last))
}

/// Primes that weigh the characters before a check pair; their number bounds the text.
const PAIR_WEIGHTS: [u32; 97] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223,
    227, 229, 233, 239, 241, 251, 257, 263, 269, 271, 277, 281, 283, 293, 307, 311, 313, 317, 331, 337, 347,
    349, 353, 359, 367, 373, 379, 383, 389, 397, 401, 409, 419, 421, 431, 433, 439, 443, 449, 457, 461, 463,
    467, 479, 487, 491, 499, 503, 509,
];

/// The most characters a text with its check pair may have.
pub(crate) const PAIR_TEXT_MAX: usize = PAIR_WEIGHTS.len() + 2;

/// Alphabet of the check pair: digits and capitals without 0, 1, I and O.
const PAIR_ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Modulus of the check pair. 1021 is the largest prime below 32 × 32, so a remainder always fits
/// two characters of 32.
const PAIR_MODULUS: u32 = 1021;
const _: () = assert!(PAIR_MODULUS < 32 * 32);

/// GS1 check character pair of the characters that precede it (GS1 General Specifications,
/// section 7.9.5): the sum of set-82 values times primes from the right, modulo 1021, in base 32.
///
/// `None` if a character lies outside set 82 or there are more than 97.
pub fn check_pair(body: &str) -> Option<[u8; 2]> {
    if body.len() > PAIR_WEIGHTS.len() {
        return None;
    }
    let mut sum = 0;
    for (byte, weight) in body.bytes().rev().zip(PAIR_WEIGHTS) {
        sum += charset::ai82_value(byte)? * weight;
    }
    let rest = sum % PAIR_MODULUS;
    let symbol = |index: u32| PAIR_ALPHABET.get(index as usize).copied();
    Some([symbol(rest / 32)?, symbol(rest % 32)?])
}

/// Whether the last two characters are the right check pair of those before them.
pub fn check_pair_ok(text: &str) -> bool {
    text.len()
        .checked_sub(2)
        .and_then(|cut| text.split_at_checked(cut))
        .is_some_and(|(body, pair)| check_pair(body).is_some_and(|want| pair.as_bytes() == want))
}
