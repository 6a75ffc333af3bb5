//! Identifiers in their real formats, with check digits; none of them belongs to anybody.
//!
//! GS1 keys stand under prefix 952, which GS1 keeps for demonstrations. Organisation codes contain
//! `MAYL`, far beyond what the register has given out.

use gs1::check_digit;

/// A number with its mod-10 check digit.
fn checked(mut digits: String) -> String {
    // Digits only, as the callers format them, so there always is a check digit.
    digits.push(char::from(check_digit(digits.as_bytes()).unwrap_or(b'0')));
    digits
}

/// GTIN of a unit, 14 digits; `n` below 10⁹.
pub(crate) fn gtin(n: u32) -> String {
    checked(format!("0952{:09}", n % 1_000_000_000))
}

/// GLN, 13 digits; `n` below 10⁹.
pub(crate) fn gln(n: u32) -> String {
    checked(format!("952{:09}", n % 1_000_000_000))
}

/// SSCC, 18 digits: `level` 1 for cases, 2 for pallets; `n` numbers the containers of a lot.
pub(crate) fn sscc(level: u8, lot: u32, n: u16) -> String {
    checked(format!("{}952{:08}{:05}", level % 10, lot % 100_000_000, n))
}

const USCC: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const ORGANISATION_WEIGHTS: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// 统一社会信用代码: `class` is two characters (`91` enterprise, `11` public body, `12` institution),
/// `region` six digits, `n` below 10,000. Both check characters fit.
pub(crate) fn uscc(class: &str, region: &str, n: u32) -> String {
    let mut body = format!("MAYL{:04}", n % 10_000);
    body.push(organisation_check(&body));
    let mut code = format!("{class}{region}{body}");
    let (mut sum, mut weight) = (0, 1);
    for byte in code.bytes() {
        sum += USCC.iter().position(|known| *known == byte).unwrap_or_default() * weight;
        weight = weight * 3 % 31;
    }
    code.push(char::from(USCC[(31 - sum % 31) % 31]));
    code
}

/// Check character of an organisation code (GB 11714-1997): mod 11, digits and capitals.
fn organisation_check(body: &str) -> char {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => usize::from(byte - b'0'),
        _ => usize::from(byte.saturating_sub(b'A')) + 10,
    };
    let sum: usize = body.bytes().zip(ORGANISATION_WEIGHTS).map(|(byte, weight)| value(byte) * weight).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from(b'0' + digit as u8),
    }
}

/// Serial of a unit: ten characters that tell nothing of lot or place in it. Units differ in 48 bits, the
/// characters hold 50, so serials differ as well.
pub(crate) fn serial(lot: u32, unit: u16) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    // An odd factor permutes the numbers below 2^50.
    let mut rest = place(lot, unit).wrapping_mul(0x2_545f_4914_f6cd) & ((1 << 50) - 1);
    let mut text = String::with_capacity(10);
    for _ in 0..10 {
        text.push(char::from(ALPHABET[(rest & 31) as usize]));
        rest >>= 5;
    }
    text
}

/// 追溯码: seven digits of product and pack level, then thirteen that tell nothing.
pub(crate) fn trace_code(product: u32, lot: u32, unit: u16) -> String {
    const SPAN: u128 = 10_000_000_000_000;
    // Ends in 3, so it shares no factor with a power of ten and permutes the numbers below it. Lots
    // below 10^8 keep the product's argument below the span.
    let scattered = u128::from(place(lot, unit)) * 2_718_281_828_453 % SPAN;
    format!("81{:05}{scattered:013}", product % 100_000)
}

fn place(lot: u32, unit: u16) -> u64 {
    u64::from(lot) << 16 | u64::from(unit)
}

/// Number of an air waybill: three digits of the airline, seven, and their remainder by seven. 952 is
/// nobody's.
pub(crate) fn air_waybill(n: u32) -> String {
    let serial = n % 10_000_000;
    format!("952-{serial:07}{}", serial % 7)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_pass_the_checks_of_their_standards() {
        for n in [0, 1, 7, 95, 4_711, 99_999] {
            gs1::Gtin::parse14(&gtin(n)).unwrap();
            gs1::Gln::parse(&gln(n)).unwrap();
            gs1::Sscc::parse(&sscc(1, n, 65_535)).unwrap();
            gs1::Cdtc::parse(&trace_code(n, n, 3)).unwrap();
            assert!(gs1::Uscc::parse(&uscc("91", "310104", n)).unwrap().check_ok());
        }
    }

    #[test]
    fn serials_of_different_units_differ() {
        let mut seen = BTreeSet::new();
        for lot in [0, 1, 2, 1_000, 99_999] {
            for unit in 0..500 {
                assert!(seen.insert(serial(lot, unit)) && seen.insert(trace_code(12, lot, unit)));
            }
        }
    }
}
