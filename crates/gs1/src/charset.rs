//! Alphabets.

/// Place of a byte in the GS1 AI-encodable character set 82, in the order of its table
/// (GS1 General Specifications, figure 7.11-1). `None` outside it.
pub(crate) fn ai82_value(byte: u8) -> Option<u32> {
    let place = match byte {
        b'!' | b'"' => byte - b'!',
        b'%'..=b'?' => byte - b'%' + 2,
        b'A'..=b'Z' => byte - b'A' + 29,
        b'_' => 55,
        b'a'..=b'z' => byte - b'a' + 56,
        _ => return None,
    };
    Some(u32::from(place))
}

/// Whether a character belongs to the GS1 AI-encodable character set 82.
pub(crate) fn is_ai82(c: char) -> bool {
    u8::try_from(c).is_ok_and(|byte| ai82_value(byte).is_some())
}

/// Whether a person sees this character where it stands.
///
/// Out are controls, line and paragraph separators, and the characters that only steer others:
/// joiners, marks and overrides of direction, the soft hyphen, the byte order mark. Two texts that
/// look the same on a label or in an order must not name two things.
pub(crate) fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
        )
}

/// Whether a byte belongs to the GS1 AI-encodable character set 39 (figure 7.11-2).
pub(crate) fn is_ai39(byte: u8) -> bool {
    matches!(byte, b'#' | b'-' | b'/' | b'0'..=b'9' | b'A'..=b'Z')
}

/// Whether a byte belongs to the file-safe, URI-safe base 64 alphabet (RFC 4648, section 5), its padding
/// included.
pub(crate) fn is_ai64(byte: u8) -> bool {
    matches!(byte, b'-' | b'_' | b'=' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z')
}
