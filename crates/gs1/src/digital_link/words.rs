//! The words that early editions of the standard let stand in place of application identifiers.

use crate::dictionary::Ai;

/// Sorted by application identifier.
const WORDS: [(&str, &str); 25] = [
    ("sscc", "00"),
    ("gtin", "01"),
    ("lot", "10"),
    ("exp", "17"),
    ("ser", "21"),
    ("cpv", "22"),
    ("tpx", "235"),
    ("gdti", "253"),
    ("glnx", "254"),
    ("gcn", "255"),
    ("ginc", "401"),
    ("gsin", "402"),
    ("gln", "414"),
    ("payTo", "415"),
    ("party", "417"),
    ("grai", "8003"),
    ("giai", "8004"),
    ("itip", "8006"),
    ("cpid", "8010"),
    ("cpsn", "8011"),
    ("gmn", "8013"),
    ("gsrnp", "8017"),
    ("gsrn", "8018"),
    ("srin", "8019"),
    ("refno", "8020"),
];

/// The application identifier that a word stands for.
pub(super) fn identifier(word: &str) -> Option<Ai> {
    let (_, code) = WORDS.iter().find(|(known, _)| *known == word)?;
    Ai::from_code(code)
}
