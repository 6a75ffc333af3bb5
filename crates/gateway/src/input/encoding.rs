//! From bytes to text: UTF-8, UTF-16 with its mark, GB18030 (with GBK and GB2312 in it).

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_16BE, UTF_16LE};

use crate::fault::{Fault, Reason};

/// What is known of the encoding from the file itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Declared {
    /// Nothing: UTF-8 is tried first.
    Nothing,
    /// It names GB18030, GBK or GB2312.
    Gb,
    /// It names something else, or leaves out what it would have to name: UTF-8.
    Utf8,
}

/// Reads text. What could be read in two ways is refused, for the wrong one would be signed.
pub(super) fn text(bytes: &[u8], declared: Declared) -> Result<Cow<'_, str>, Fault> {
    if let Some(plain) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return std::str::from_utf8(plain).map(Cow::from).map_err(|_| unknown());
    }
    for (mark, encoding) in [(b"\xff\xfe", UTF_16LE), (b"\xfe\xff", UTF_16BE)] {
        if let Some(plain) = bytes.strip_prefix(mark) {
            return decode(encoding, plain);
        }
    }
    match (std::str::from_utf8(bytes), declared) {
        (Ok(text), _) if text.is_ascii() => Ok(text.into()),
        (Ok(text), Declared::Utf8) => Ok(text.into()),
        (Ok(text), _) if narrow(text) => match decode(GB18030, bytes) {
            Ok(gb) if declared == Declared::Gb => Ok(gb),
            Ok(gb) if chinese(&gb) => Err(ambiguous()),
            _ => Ok(text.into()),
        },
        (Ok(_), Declared::Gb) => Err(ambiguous()),
        (Ok(text), Declared::Nothing) => Ok(text.into()),
        (Err(_), Declared::Utf8) => Err(unknown()),
        (Err(_), _) => decode(GB18030, bytes),
    }
}

fn decode<'b>(encoding: &'static Encoding, bytes: &'b [u8]) -> Result<Cow<'b, str>, Fault> {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    if broken || text.contains('\0') { Err(unknown()) } else { Ok(text) }
}

/// All that is not ASCII has two bytes, as most of GB18030 has; Chinese has three in UTF-8.
fn narrow(text: &str) -> bool {
    text.chars().all(|c| c < '\u{800}')
}

/// All that is not ASCII is what Chinese texts hold.
fn chinese(text: &str) -> bool {
    let fits =
        |c: char| matches!(c, '\u{3000}'..='\u{303f}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}');
    text.chars().all(|c| c.is_ascii() || fits(c))
}

fn unknown() -> Fault {
    let en = "the file is no text in UTF-8, in GB18030 or in what it declares; save it as CSV UTF-8";
    Fault::whole(Reason::Encoding, en, "文件不是 UTF-8、GB18030 或其所声明编码的文本；请另存为 CSV UTF-8")
}

fn ambiguous() -> Fault {
    let en = "the file can be read as UTF-8 and as GB18030, with different words; save it as UTF-8 with BOM";
    Fault::whole(Reason::Encoding, en, "文件按 UTF-8 与 GB18030 均可读但内容不同；请另存为带 BOM 的 UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gb(text: &str) -> Vec<u8> {
        GB18030.encode(text).0.into_owned()
    }

    #[test]
    fn text_is_read_in_the_one_way_it_can_be_or_not_at_all() {
        use Declared::{Gb, Nothing, Utf8};
        let utf16: Vec<u8> = "\u{feff}批号A".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16_be: Vec<u8> = "\u{feff}批号A".encode_utf16().flat_map(u16::to_be_bytes).collect();
        // 支 in GB18030 is U+05A7 in UTF-8, 瓶 is U+01BF.
        let table: &[(&[u8], Declared, Option<&str>)] = &[
            ("批号A".as_bytes(), Nothing, Some("批号A")),
            (b"\xef\xbb\xbf\xe6\x89\xb9", Gb, Some("批")),
            (b"\xef\xbb\xbf\xff", Nothing, None),
            (&utf16, Nothing, Some("批号A")),
            (&utf16_be, Nothing, Some("批号A")),
            (&utf16[..5], Nothing, None),
            (&gb("批号A"), Nothing, Some("批号A")),
            (&gb("批号A"), Utf8, None),
            (&gb("9,支"), Nothing, None),
            (&gb("9,瓶"), Nothing, None),
            (&gb("9,瓶"), Gb, Some("9,瓶")),
            (&gb("9,盒,支"), Nothing, Some("9,盒,支")),
            (&gb("𠀀"), Nothing, Some("𠀀")),
            ("批号".as_bytes(), Gb, None),
            ("批号".as_bytes(), Utf8, Some("批号")),
            ("µ".as_bytes(), Utf8, Some("µ")),
            (b"\xff\xff\xff", Nothing, None),
            (b"\x81\x30\x81", Nothing, None),
            (b"", Nothing, Some("")),
        ];
        for (bytes, declared, expect) in table {
            let found = text(bytes, *declared);
            assert_eq!(found.as_deref().ok(), *expect, "{bytes:x?} {declared:?} {found:?}");
        }
    }
}
