//! The work done grows with the input and no faster, whatever the input: steps are counted, not timed.

use crate::{DigitalLink, ElementString, Leniency, MAX_SCAN_BYTES, ScanData, Symbology, Transmission, steps};

/// Inputs that would make a careless parser go back over what it has read: many elements, many brackets,
/// many escapes, many slashes, many parameters, separators alone.
const FAMILIES: [(&str, &str); 16] = [
    ("", "(10)A"),
    ("", "(10"),
    ("", "((((("),
    ("(10)", "\\("),
    ("]d2", "2001"),
    ("]d2", "10A\u{1d}"),
    ("]d2", "\u{1d}"),
    ("]d210", "A"),
    ("https://a/01/09521234543213/10/", "%41"),
    ("https://a/01/09521234543213/10/", "%"),
    ("https://a", "/10/A"),
    ("https://a", "//"),
    ("https://a/01/09521234543213?", "x=1&"),
    ("https://a/01/09521234543213?", "&&&&"),
    ("https://a/01/09521234543213?99=", "+%2B"),
    ("MA.156.M0.100221.10000019", ".S1"),
];

/// The input of a family that has about this many bytes.
fn input((head, body): (&str, &str), bytes: usize) -> String {
    let times = bytes.saturating_sub(head.len()) / body.len();
    format!("{head}{}", body.repeat(times))
}

/// Everything that reads text, whatever comes of it.
fn read(text: &str) {
    let _ = ScanData::parse(text, 2026);
    let _ = Transmission::parse(text);
    let _ = ElementString::parse_raw(text);
    let _ = ElementString::parse_bracketed_with(text, Leniency::ALL);
    let _ = DigitalLink::parse_with(text, Leniency::ALL);
    let _ = Symbology::QrCode.transmit(text);
}

#[test]
fn twice_the_input_takes_no_more_than_twice_the_steps() {
    let mut most = 0;
    for family in FAMILIES {
        let steps: Vec<usize> =
            [512, 1024, 2048, MAX_SCAN_BYTES].map(|bytes| steps::of(|| read(&input(family, bytes)))).into();
        for pair in steps.windows(2) {
            assert!(pair[1] <= 2 * pair[0] + 256, "{family:?}: {steps:?}");
        }
        most = most.max(steps[3]);
    }
    // Something was counted: the longest inputs are read to their end, more than once.
    assert!(most > 2 * MAX_SCAN_BYTES, "{most}");
}

#[test]
fn no_input_takes_more_steps_than_a_fixed_number_a_byte() {
    for family in FAMILIES {
        for bytes in [16, 64, 256, 1024, MAX_SCAN_BYTES] {
            let text = input(family, bytes);
            let steps = steps::of(|| read(&text));
            assert!(steps <= 200 * (text.len() + 16), "{family:?}: {steps} for {} bytes", text.len());
        }
    }
}

#[test]
fn the_rules_of_pairs_are_bounded_by_the_number_of_elements() {
    // One of each identifier with a text for a value: as many as may stand in one message.
    let codes: Vec<String> =
        (7230..=7239).chain(4300..=4320).chain(90..=99).map(|code| code.to_string()).collect();
    let texts = codes.iter().filter_map(|code| Some((crate::Ai::from_code(code)?, "AB123")));
    let elements: Vec<_> = texts.filter(|(ai, value)| ai.check(value).is_ok()).collect();
    assert!(elements.len() > 30);
    let all = ElementString::new(elements.iter().copied()).unwrap();
    let half = ElementString::new(elements.iter().copied().take(elements.len() / 2)).unwrap();
    let count = |elements: &ElementString| steps::of(|| drop(elements.pair_faults().collect::<Vec<_>>()));
    // Every element against every other: four times as much for twice as many, of which there are 64.
    assert!(count(&all) <= 5 * count(&half) && count(&all) < 20_000, "{} {}", count(&all), count(&half));
}
