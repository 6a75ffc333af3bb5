//! What an XLSX file inflates to: looked at before anything of it is kept.
//!
//! Sizes that the file itself declares are not believed. Every member is inflated once through a small
//! buffer that counts bytes, and those elements of which the reader keeps one each.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use super::broken;
use crate::fault::{Fault, Reason};

/// Most members: sheets, pictures, and what goes with them.
const MAX_MEMBERS: usize = 2_000;
/// Most bytes that a member inflates to: 100,000 lines of 30 short cells are 110 MB of XML.
const MAX_MEMBER: u64 = 128 << 20;
/// Most bytes that all members inflate to.
const MAX_TOTAL: u64 = 192 << 20;
/// Most texts that cells share: as many as a large sheet has cells with text of their own.
const MAX_STRINGS: u64 = 1_000_000;

/// Elements of which the reader keeps one each, and how many of each a member may have. A spreadsheet
/// program stops at 65,490 formats.
const KEPT: &[(&[u8], u64)] = &[
    (b"si", MAX_STRINGS),
    (b"xf", 66_000),
    (b"dxf", 66_000),
    (b"numFmt", 66_000),
    (b"font", 66_000),
    (b"fill", 66_000),
    (b"border", 66_000),
    (b"cellStyle", 66_000),
    (b"sheet", 1_000),
    (b"definedName", 20_000),
    (b"Relationship", 20_000),
];
/// Longest name that is told apart.
const NAME: usize = 16;
/// Announces how many texts follow; the reader makes room for as many at once.
const ANNOUNCED: &[u8] = b"uniqueCount";

/// Refuses what inflates beyond the bounds.
pub(super) fn check(bytes: &[u8]) -> Result<(), Fault> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.len() > MAX_MEMBERS {
        return Err(too_large(
            format!("it has {} members, more than {MAX_MEMBERS}", archive.len()),
            format!("含 {} 个成员，超过 {MAX_MEMBERS}", archive.len()),
        ));
    }
    let mut total = 0;
    for i in 0..archive.len() {
        let mut member = archive.by_index(i).map_err(broken)?;
        let name = member.name().map_err(broken)?;
        let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
        let mut scan = Scan::default();
        let (mut size, mut buffer) = (0u64, vec![0; 64 << 10]);
        loop {
            let read = member.read(&mut buffer).map_err(broken)?;
            if read == 0 {
                break;
            }
            size += read as u64;
            total += read as u64;
            if size > MAX_MEMBER || total > MAX_TOTAL {
                return Err(inflates(&name));
            }
            scan.bytes(&buffer[..read]);
        }
        scan.verdict(&name)?;
    }
    Ok(())
}

fn inflates(name: &str) -> Fault {
    let (member, total) = (MAX_MEMBER >> 20, MAX_TOTAL >> 20);
    too_large(
        format!("it inflates to more than {member} MiB in {name}, or {total} MiB in all"),
        format!("{name} 解压后超过 {member} MiB，或全部超过 {total} MiB"),
    )
}

fn too_large(en: String, zh: String) -> Fault {
    Fault::whole(Reason::TooLarge, format!("{en}; split the file"), format!("{zh}；请拆分文件"))
}

/// Counts elements by their names without prefix, over chunks that may end anywhere.
#[derive(Default)]
struct Scan {
    counts: [u64; KEPT.len()],
    /// Within a start tag's name: what of it has come. `None` = elsewhere.
    name: Option<Vec<u8>>,
    /// How many bytes of [`ANNOUNCED`] have come.
    announced: usize,
    /// Digits of the announced number, after its name.
    number: Option<Vec<u8>>,
    wrong: bool,
    zero: bool,
}

impl Scan {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.zero |= *byte == 0;
            self.element(*byte);
            self.announcement(*byte);
        }
    }

    fn element(&mut self, byte: u8) {
        let Some(name) = &mut self.name else {
            if byte == b'<' {
                self.name = Some(Vec::with_capacity(NAME));
            }
            return;
        };
        match byte {
            b':' | b'<' => name.clear(),
            b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n' => {
                for ((kept, _), count) in KEPT.iter().zip(&mut self.counts) {
                    *count += u64::from(name == kept);
                }
                self.name = None;
            }
            _ if name.len() < NAME => name.push(byte),
            // Longer than any that counts; a colon may still begin one that does.
            _ => name[0] = b'!',
        }
    }

    /// `uniqueCount="123"`: anything but a few digits in quotes is refused.
    fn announcement(&mut self, byte: u8) {
        let Some(number) = &mut self.number else {
            self.announced = match byte {
                b if b == ANNOUNCED[self.announced] => self.announced + 1,
                b if b == ANNOUNCED[0] => 1,
                _ => 0,
            };
            if self.announced == ANNOUNCED.len() {
                self.announced = 0;
                self.number = Some(Vec::new());
            }
            return;
        };
        match byte {
            b'0'..=b'9' if number.len() < 20 => number.push(byte),
            b'=' | b' ' | b'\t' | b'\r' | b'\n' => {}
            b'"' | b'\'' if number.is_empty() => {}
            b'"' | b'\'' => {
                let announced = std::str::from_utf8(number).ok().and_then(|n| n.parse::<u64>().ok());
                self.wrong |= announced.is_none_or(|n| n > MAX_STRINGS);
                self.number = None;
            }
            _ => {
                self.wrong = true;
                self.number = None;
            }
        }
    }

    fn verdict(&self, name: &str) -> Result<(), Fault> {
        let xml = name.ends_with(".xml") || name.ends_with(".rels");
        if xml && self.zero {
            return Err(broken(format!("{name} is not UTF-8")));
        }
        for ((element, most), count) in KEPT.iter().zip(self.counts) {
            if xml && count > *most {
                let element = String::from_utf8_lossy(element);
                return Err(too_large(
                    format!("{name} has {count} elements {element}, more than {most}"),
                    format!("{name} 含 {count} 个 {element} 元素，超过 {most}"),
                ));
            }
        }
        if xml && self.wrong {
            return Err(too_large(
                format!("{name} announces more than {MAX_STRINGS} texts"),
                format!("{name} 声明的文本超过 {MAX_STRINGS} 条"),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
