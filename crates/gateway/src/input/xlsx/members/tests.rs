use std::io::Write as _;

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::*;

/// A member by name, with text that is written so many times.
type Member<'a> = (&'a str, &'a str, usize);

fn archive(members: &[Member<'_>]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text, times) in members {
        writer.start_file(*name, options).unwrap();
        let block = text.repeat((1 << 16) / text.len() + 1);
        let per_block = block.len() / text.len();
        for _ in 0..times / per_block {
            writer.write_all(block.as_bytes()).unwrap();
        }
        writer.write_all(text.repeat(times % per_block).as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn verdict(members: &[Member<'_>]) -> &'static str {
    check(&archive(members)).map_or_else(|fault| fault.reason, |()| "fine")
}

#[test]
fn what_inflates_beyond_the_bounds_is_refused_wherever_it_is() {
    let mib = 1 << 20;
    for name in ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "docProps/x.bin"] {
        assert_eq!(verdict(&[(name, " ", 129 * mib)]), "TOO_LARGE", "{name}");
    }
    let bomb = archive(&[("a.xml", " ", 129 * mib)]);
    assert!(bomb.len() < 200_000, "a bomb of {} bytes", bomb.len());
    assert_eq!(verdict(&[("a.xml", " ", 100 * mib), ("b.xml", " ", 90 * mib)]), "fine");
    assert_eq!(verdict(&[("a.xml", " ", 100 * mib), ("b.xml", " ", 93 * mib)]), "TOO_LARGE");
}

#[test]
fn a_declared_size_is_not_believed() {
    let name = "a.xml";
    let mut bomb = archive(&[(name, " ", 129 << 20)]);
    let honest = (129u32 << 20).to_le_bytes();
    let mut lies = 0;
    for at in 0..bomb.len() - 4 {
        if bomb[at..at + 4] == honest {
            bomb[at..at + 4].copy_from_slice(&1u32.to_le_bytes());
            lies += 1;
        }
    }
    assert!(lies >= 1, "the size stands in the headers");
    assert!(check(&bomb).is_err());
}

#[test]
fn elements_that_are_kept_one_by_one_are_counted_under_any_prefix() {
    let table: &[(&str, &str, usize, &str)] = &[
        ("xl/sharedStrings.xml", "<si/>", 1_000_000, "fine"),
        ("xl/sharedStrings.xml", "<si/>", 1_000_001, "TOO_LARGE"),
        ("xl/sharedStrings.xml", "<x:si >", 1_000_001, "TOO_LARGE"),
        ("xl/sharedStrings.xml", "<a-long-long-long-prefix:si>", 1_000_001, "TOO_LARGE"),
        ("xl/sharedStrings.xml", "</si>", 1_000_001, "fine"),
        ("xl/sharedStrings.xml", "<sit>", 1_000_001, "fine"),
        ("xl/styles.xml", "<xf\n>", 66_001, "TOO_LARGE"),
        ("xl/workbook.xml", "<sheet name='x'/>", 1_001, "TOO_LARGE"),
        ("xl/media/picture.png", "<si/>", 1_000_001, "fine"),
    ];
    for (name, text, times, expect) in table {
        assert_eq!(verdict(&[(name, text, *times)]), *expect, "{times} × {text}");
    }
}

#[test]
fn room_is_not_made_for_more_texts_than_there_may_be() {
    let table = [
        ("<sst uniqueCount=\"12\">", "fine"),
        ("<sst uniqueCount = '1000000'>", "fine"),
        ("<sst uniqueCount=\"1000001\">", "TOO_LARGE"),
        ("<sst uniqueCount='9999999999999999999999999'>", "TOO_LARGE"),
        ("<sst uniqueCount=\"&#57;99999999999\">", "TOO_LARGE"),
        ("<sst uuniqueCount=\"9999999999\">", "TOO_LARGE"),
        ("<sst uniqueuniqueCount=\"9999999999\">", "TOO_LARGE"),
    ];
    for (text, expect) in table {
        assert_eq!(verdict(&[("xl/sharedStrings.xml", text, 1)]), expect, "{text}");
    }
    assert_eq!(verdict(&[("xl/sharedStrings.xml", "<\0s\0i\0", 1)]), "BROKEN_XLSX", "UTF-16");
    assert_eq!(check(b"PK\x03\x04nothing").unwrap_err().reason, "BROKEN_XLSX");
    let many: Vec<String> = (0..=MAX_MEMBERS).map(|i| format!("{i}")).collect();
    let many: Vec<Member<'_>> = many.iter().map(|name| (name.as_str(), "x", 1)).collect();
    assert_eq!(verdict(&many), "TOO_LARGE");
}
